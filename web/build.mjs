// Bundles the script that the server embeds; with --check compares, with --tests bundles the tests. `cargo xtask web` runs it.
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const root = path.dirname(fileURLToPath(import.meta.url));
const committed = path.join(root, '../serve/assets/generated/wallet.js');

// The sources of clients/js take their packages from here, so that the bundle depends on one lock file.
const client = path.join(root, '../clients/js');
const packages = {
    name: 'packages',
    setup: ({ onResolve, resolve }) =>
        onResolve({ filter: /^@solana\// }, ({ path: name, importer, kind, pluginData }) =>
            importer.startsWith(client) && !pluginData
                ? resolve(name, { resolveDir: root, kind, pluginData: 'resolved' })
                : undefined,
        ),
};
const options = { absWorkingDir: root, bundle: true, format: 'esm', target: 'es2022', plugins: [packages], logLevel: 'warning' };

if (process.argv.includes('--tests')) {
    rmSync(path.join(root, 'dist'), { recursive: true, force: true });
    const tests = ['test', 'e2e'].flatMap(folder =>
        readdirSync(path.join(root, folder))
            .filter(name => name.endsWith('.test.ts'))
            .map(name => `${folder}/${name}`),
    );
    // The test wallet runs in the page.
    await build({ ...options, entryPoints: ['e2e/wallet.ts'], outdir: 'dist/e2e', format: 'iife' });
    await build({
        ...options,
        entryPoints: tests,
        outdir: 'dist',
        outbase: '.',
        platform: 'node',
        external: ['playwright-core', 'axe-core'],
        // For packages that are not modules.
        banner: { js: "import * as modules from 'node:module'; const require = modules.createRequire(import.meta.url);" },
        sourcemap: 'inline',
    });
} else {
    const { outputFiles, metafile } = await build({
        ...options,
        entryPoints: ['src/main.ts'],
        platform: 'browser',
        conditions: ['browser'],
        define: { __DEV__: 'false', 'process.env.NODE_ENV': '"production"' },
        minify: true,
        legalComments: 'none',
        write: false,
        metafile: true,
    });
    const bytes = Buffer.from(outputFiles[0].contents);
    if (process.argv.includes('--sizes')) {
        const [output] = Object.values(metafile.outputs);
        const inputs = Object.entries(output.inputs).sort(([, a], [, b]) => b.bytesInOutput - a.bytesInOutput);
        for (const [name, { bytesInOutput }] of inputs.slice(0, 40)) console.log(bytesInOutput, name);
    }
    if (process.argv.includes('--check')) {
        if (!readFileSync(committed).equals(bytes)) {
            console.error('serve/assets/generated/wallet.js is stale: run `cargo xtask web --build`');
            process.exit(1);
        }
        console.log(`serve/assets/generated/wallet.js: ${bytes.length} bytes follow web/src`);
    } else {
        mkdirSync(path.dirname(committed), { recursive: true });
        writeFileSync(committed, bytes);
        console.log(`serve/assets/generated/wallet.js: ${bytes.length} bytes`);
    }
}
