// Generates src/generated from the IDL, and with --check only compares. `cargo xtask js` runs it.
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { renderVisitor } from '@codama/renderers-js';
import { createFromJson } from 'codama';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const idl = path.join(root, '../../idl/tidepool.codama.json');
const committed = path.join(root, 'src/generated');

// The IDL leaves empty lists out, as Codama's specification has it from 1.10 on. The renderer wants them.
const LISTS = {
    rootNode: ['additionalPrograms'],
    programNode: ['accounts', 'instructions', 'definedTypes', 'pdas', 'events', 'errors', 'constants'],
    instructionNode: ['accounts', 'arguments'],
    structTypeNode: ['fields'],
    tupleTypeNode: ['items'],
    enumTypeNode: ['variants'],
    pdaNode: ['seeds'],
    pdaValueNode: ['seeds'],
};
const fill = (_, value) =>
    value?.kind in LISTS ? { ...Object.fromEntries(LISTS[value.kind].map(list => [list, []])), ...value } : value;

const filesOf = folder =>
    readdirSync(folder, { recursive: true })
        .map(name => name.toString())
        .filter(name => statSync(path.join(folder, name)).isFile())
        .sort();

/** The path that a module without an extension stands for: Node resolves no folders. */
function withExtension(file, specifier) {
    const target = path.join(path.dirname(file), specifier);
    const isFolder = statSync(target, { throwIfNoEntry: false })?.isDirectory();
    return isFolder ? `${specifier.replace(/\/$/, '')}/index.js` : `${specifier}.js`;
}

async function generate(folder) {
    const json = readFileSync(idl, 'utf8');
    const codama = createFromJson(JSON.stringify(JSON.parse(json, fill)));
    const options = { generatedFolder: '.', syncPackageJson: false, kitImportStrategy: 'rootOnly' };
    await codama.accept(renderVisitor(folder, options));
    for (const name of filesOf(folder)) {
        const file = path.join(folder, name);
        const text = readFileSync(file, 'utf8')
            .replace(/(from\s+['"])(\.[^'"]*)(['"])/g, (_, from, specifier, quote) =>
                from + withExtension(file, specifier) + quote,
            )
            // The renderer is written for an earlier kit, whose `extendClient` has another type. Without the annotation it checks.
            .replace(/\): Omit<T, "\w+"> & \{ \w+: \w+ \} => \{/, ') => {');
        writeFileSync(file, text);
    }
    const { errors = [] } = JSON.parse(json).program;
    const rows = errors.map(({ code, name, message }) => {
        const kind = name[0].toUpperCase() + name.slice(1);
        return `    ${code}: [${JSON.stringify(kind)}, ${JSON.stringify(message)}],\n`;
    });
    writeFileSync(
        path.join(folder, 'messages.ts'),
        '/** Name and message of each error of the program, by its code. Generated from the IDL. */\n' +
            `export const PROGRAM_ERRORS: Readonly<Record<number, readonly [string, string]>> = {\n${rows.join('')}};\n`,
    );
    writeFileSync(path.join(folder, 'sentences.ts'), sentences(JSON.parse(json).program.instructions));
}

/** The module with what each instruction does, in a sentence. One constant each: a page takes only those that it shows. */
function sentences(instructions) {
    const blocks = instructions.map(({ name, accounts, arguments: fields, display }) => {
        const units = fields.flatMap(({ name, type }) => {
            const { kind, decimals, unit } = type.display ?? {};
            return kind === 'amountNumberDisplayNode' && decimals?.number === 9 ? [[name, unit.string]] : [];
        });
        const sentence = {
            text: display.interpolatedIntent,
            accounts: (accounts ?? []).map(account => account.name),
            units: Object.fromEntries(units),
        };
        return `export const ${name}Sentence: Sentence = ${JSON.stringify(sentence, null, 4)};\n`;
    });
    return (
        '/** What an instruction does, for the person who signs. Generated from the IDL. */\n' +
        'export interface Sentence {\n' +
        '    /** The sentence, with `${data.NAME}` for arguments and `${accounts.NAME}` for accounts. */\n' +
        '    readonly text: string;\n' +
        '    /** Names of the accounts, in their order. */\n' +
        '    readonly accounts: readonly string[];\n' +
        '    /** Units of arguments that are amounts with nine decimals. */\n' +
        '    readonly units: Readonly<Record<string, string>>;\n' +
        '}\n\n' +
        blocks.join('\n')
    );
}

if (process.argv.includes('--check')) {
    const folder = mkdtempSync(path.join(tmpdir(), 'tidepool-js-'));
    try {
        await generate(folder);
        const [found, expected] = [filesOf(committed), filesOf(folder)];
        const differs = name =>
            !found.includes(name) ||
            readFileSync(path.join(folder, name), 'utf8') !== readFileSync(path.join(committed, name), 'utf8');
        const stale = [...expected.filter(differs), ...found.filter(name => !expected.includes(name))];
        if (stale.length > 0) {
            console.error(`src/generated is stale (${stale.join(', ')}): run \`npm run generate\``);
            process.exit(1);
        }
        console.log(`src/generated: ${expected.length} files follow the IDL`);
    } finally {
        rmSync(folder, { recursive: true });
    }
} else {
    rmSync(committed, { recursive: true, force: true });
    await generate(committed);
}
