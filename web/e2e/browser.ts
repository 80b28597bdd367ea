/** A browser with the test wallet. */
import {
    getBase64Decoder,
    getBase64Encoder,
    getTransactionDecoder,
    getTransactionEncoder,
    signBytes,
} from '@solana/kit';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, type BrowserContextOptions, type Page, chromium } from 'playwright-core';

import { LONG, type Network } from './network.js';

const WALLET = path.join(path.dirname(fileURLToPath(import.meta.url)), 'wallet.js');

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
        private readonly network: Network,
        private readonly sends: boolean,
    ) {}

    static async open(
        browser: Browser,
        network: Network,
        { sends = false, ...options }: BrowserContextOptions & { sends?: boolean } = {},
    ): Promise<Visitor> {
        const context = await browser.newContext(options);
        const page = await context.newPage();
        page.setDefaultTimeout(LONG);
        const visitor = new Visitor(page, network, sends);
        page.on('console', message => {
            if (message.type() === 'error') visitor.complaints.push(message.text());
        });
        page.on('pageerror', error => visitor.complaints.push(error.message));
        await page.exposeFunction('testWalletSign', (transaction: string) => visitor.sign(transaction));
        const { address } = network.wallet;
        await page.addInitScript(`window.testWallet = ${JSON.stringify({ address, sends })};\n${readFileSync(WALLET, 'utf8')}`);
        // The example `page` may have been built with an earlier script.
        const script = process.env['E2E_SCRIPT'];
        if (script) await page.route('**/assets/wallet-*.js', route => route.fulfill({ path: script }));
        await page.goto(network.url);
        return visitor;
    }

    private async sign(transaction: string): Promise<string> {
        this.asked.push(transaction);
        const { twist, network } = this;
        if (twist?.kind === 'refuse') throw new Error('User rejected the request');
        if (twist?.kind === 'wait') await twist.for();
        const decoded = getTransactionDecoder().decode(getBase64Encoder().encode(transaction));
        const message = new Uint8Array(decoded.messageBytes);
        if (twist?.kind === 'change') message[message.length - 1]! ^= 1;
        const signature = await signBytes(network.wallet.keyPair.privateKey, message);
        const signatures = { [network.wallet.address]: signature };
        const signed = getTransactionEncoder().encode({ ...decoded, messageBytes: message as never, signatures });
        const wire = getBase64Decoder().decode(signed);
        if (!this.sends) return wire;
        await network.send(wire);
        return getBase64Decoder().decode(signature);
    }

    async connect(): Promise<void> {
        await this.page.getByRole('button', { name: 'Connect Test Wallet' }).click();
        await this.balances();
    }

    /** Waits for the balances of the wallet. */
    async balances(): Promise<string> {
        const found = this.page.locator('[data-balances] strong');
        await found.waitFor();
        return (await found.textContent()) ?? '';
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

    /** Waits for the button that opens the wallet. */
    async offered(name: 'stake' | 'unstake' | 'ticket') {
        const refused = this.page.locator(`[data-result=${name}] > [data-error]`);
        const found = this.result(name).locator('[data-sign]').or(refused);
        await found.waitFor();
        assert.equal(await found.getAttribute('data-error'), null, (await found.textContent()) ?? '');
        return found;
    }

    /** Opens the wallet. */
    async signs(name: 'stake' | 'unstake' | 'ticket'): Promise<void> {
        await (await this.offered(name)).click();
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
