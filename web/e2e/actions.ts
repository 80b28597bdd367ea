/** Answers of Solana Actions against the types that `@solana/actions-spec` publishes. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Json } from '../../clients/js/e2e/localnet.js';

/** A type of the specification, and an answer that should have it. */
export type Typed = readonly [type: 'ActionsJson' | 'ActionGetResponse' | 'ActionPostResponse' | 'ActionError', answer: Json];

/** What the compiler says of answers as literals of their types: an unknown field is an error too. */
export async function complaints(answers: readonly Typed[]): Promise<string> {
    const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..');
    // Where the compiler finds the package.
    const folder = mkdtempSync(path.join(root, 'dist/actions-'));
    try {
        const lines = answers.map(([type, answer], at) => `export const a${at}: spec.${type} = ${JSON.stringify(answer)};\n`);
        const file = path.join(folder, 'answers.ts');
        writeFileSync(file, `import type * as spec from '@solana/actions-spec';\n${lines.join('')}`);
        const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext', '--types', 'node'];
        const compiler = path.join(root, 'node_modules/typescript/bin/tsc');
        return await new Promise((resolve, reject) => {
            execFile('node', [compiler, ...options, file], { cwd: root }, (error, stdout) =>
                error && !stdout ? reject(error) : resolve(stdout),
            );
        });
    } finally {
        rmSync(folder, { recursive: true });
    }
}
