/** The server and a browser with the test wallet, for tests on a real validator. */
import {
    type Address,
    getBase64Decoder,
    getBase64Encoder,
    getTransactionDecoder,
    getTransactionEncoder,
    signBytes,
} from '@solana/kit';
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';

import type { Localnet } from '../../clients/js/e2e/localnet.js';

const WALLET = path.join(path.dirname(fileURLToPath(import.meta.url)), 'wallet.js');

/** Time for a trade on a busy machine, in milliseconds. */
export const LONG = 60_000;

/** `tidepool serve` in front of a local network. */
export class Server {
    private constructor(
        private readonly process: ChildProcess,
        readonly url: string,
    ) {}

    static async start(localnet: Localnet): Promise<Server> {
        const config = ['--config', path.join(localnet.folder, 'config.yml')];
        const child = spawn(
            process.env['E2E_TIDEPOOL']!,
            [...config, 'serve', localnet.pool, '--listen', '127.0.0.1:0', '--refresh', '1'],
            { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, TIDEPOOL_CONFIG: path.join(localnet.folder, 'tidepool.yml') } },
        );
        let said = '';
        const url = await new Promise<string>((resolve, reject) => {
            child.stderr.on('data', (data: Buffer) => {
                said += data.toString();
                const found = /at (http:\/\/[0-9.:]+)/.exec(said);
                if (found) resolve(found[1]!);
            });
            child.once('exit', code => reject(new Error(`the server ended (${code}): ${said}`)));
        });
        return new Server(child, url);
    }

    async stop(): Promise<void> {
        const ended = new Promise(resolve => this.process.once('exit', resolve));
        this.process.kill('SIGTERM');
        await ended;
    }

    async json(route: string): Promise<Record<string, unknown>> {
        return (await fetch(`${this.url}${route}`)).json() as Promise<Record<string, unknown>>;
    }

    /** Waits until the server has read the pool in `epoch`, up to date or not. */
    async until(is: (pool: Record<string, unknown>) => boolean): Promise<void> {
        for (const began = Date.now(); ; ) {
            const pool = await this.json('/api/pool');
            if (is(pool)) return;
            assert.ok(Date.now() - began < LONG, `the server does not follow the pool: ${JSON.stringify(pool)}`);
            await new Promise(resolve => setTimeout(resolve, 100));
        }
    }
}

/** What the test wallet does with a transaction, instead of signing it as it is. */
export type Twist =
    | { readonly kind: 'refuse' }
    /** Runs before the signature. */
    | { readonly kind: 'wait'; readonly for: () => Promise<void> }
    /** Signs another message than it was given. */
    | { readonly kind: 'change' };

/** A page with the test wallet. */
export class Visitor {
    /** Transactions that the wallet was asked to sign. */
    readonly asked: string[] = [];
    /** Complaints of the browser: violations of the policy, and errors of the script. */
    readonly complaints: string[] = [];
    twist: Twist | null = null;

    private constructor(
        readonly page: Page,
        private readonly localnet: Localnet,
        private readonly sends: boolean,
    ) {}

    static async open(
        browser: Browser,
        server: Server,
        localnet: Localnet,
        { sends = false, ...options }: BrowserContextOptions & { sends?: boolean } = {},
    ): Promise<Visitor> {
        const context = await browser.newContext(options);
        const page = await context.newPage();
        page.setDefaultTimeout(LONG);
        const visitor = new Visitor(page, localnet, sends);
        page.on('console', message => {
            if (message.type() === 'error') visitor.complaints.push(message.text());
        });
        page.on('pageerror', error => visitor.complaints.push(error.message));
        await page.exposeFunction('testWalletSign', (transaction: string) => visitor.sign(transaction));
        const { address } = localnet.wallet;
        await page.addInitScript(`window.testWallet = ${JSON.stringify({ address, sends })};\n${readFileSync(WALLET, 'utf8')}`);
        await page.goto(server.url);
        return visitor;
    }

    private async sign(transaction: string): Promise<string> {
        this.asked.push(transaction);
        const { twist, localnet } = this;
        if (twist?.kind === 'refuse') throw new Error('User rejected the request');
        if (twist?.kind === 'wait') await twist.for();
        const decoded = getTransactionDecoder().decode(getBase64Encoder().encode(transaction));
        const message = new Uint8Array(decoded.messageBytes);
        if (twist?.kind === 'change') message[message.length - 1]! ^= 1;
        const signature = await signBytes(localnet.wallet.keyPair.privateKey, message);
        const signatures = { [localnet.wallet.address]: signature };
        const signed = getTransactionEncoder().encode({ ...decoded, messageBytes: message as never, signatures });
        const wire = getBase64Decoder().decode(signed);
        if (!this.sends) return wire;
        await localnet.rpc.sendTransaction(wire as never, { encoding: 'base64', skipPreflight: true }).send();
        return getBase64Decoder().decode(signature);
    }

    async connect(): Promise<void> {
        await this.page.getByRole('button', { name: 'Connect Test Wallet' }).click();
        await this.page.getByText('It has').waitFor();
    }

    form(trade: 'stake' | 'unstake') {
        return this.page.locator(`form[data-trade=${trade}]`);
    }

    result(name: 'stake' | 'unstake' | 'ticket') {
        return this.page.locator(`[data-result=${name}]`);
    }

    /** Fills a form, and asks for the quote. */
    async ask(trade: 'stake' | 'unstake', amount: string, way?: 'unstake' | 'unstake-stake' | 'ticket'): Promise<void> {
        const form = this.form(trade);
        if (way) await form.locator(`input[value=${way}]`).check();
        await form.getByRole('textbox').fill(amount);
        await form.getByRole('button').click();
    }

    /** The button that opens the wallet. */
    async signs(name: 'stake' | 'unstake' | 'ticket'): Promise<void> {
        await this.result(name).locator('[data-sign]').click();
    }

    /** The outcome of a sent transaction, and its text. */
    async outcome(name: 'stake' | 'unstake' | 'ticket'): Promise<[kind: string, text: string]> {
        const found = this.result(name).locator('[data-outcome], [data-error]');
        await found.waitFor();
        const kind = (await found.getAttribute('data-outcome')) ?? (await found.getAttribute('data-error'));
        return [kind ?? '', (await found.textContent()) ?? ''];
    }

    /** A row of the quote that is shown. */
    async row(name: 'stake' | 'unstake', row: string): Promise<string> {
        const value = this.result(name).locator('dl div', { has: this.page.getByText(row, { exact: true }) }).locator('dd');
        return (await value.first().textContent()) ?? '';
    }

    close(): Promise<void> {
        return this.page.context().close();
    }
}

/** Debian's Chromium, or the one that `CHROMIUM` names. */
export const launch = (): Promise<Browser> =>
    chromium.launch({
        executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
        // Root has no sandbox; containers have a small /dev/shm.
        args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    });

/** SOL or pool tokens in a text, in smallest units. */
export function units(text: string): bigint {
    const [, whole = '0', part = ''] = /([0-9]+)(?:\.([0-9]+))?/.exec(text) ?? [];
    return BigInt(whole) * 1_000_000_000n + BigInt(part.padEnd(9, '0'));
}

export type { Address };
