/** The network, the browser and the wallet's tokens that all tests share, and what they do again and again. */
import type { Address } from '@solana/kit';
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import type { Browser } from 'playwright-core';

import { findTokenAccount } from '../../clients/js/src/addresses.js';
import { Visitor, launch } from './browser.js';
import { type Network, start } from './network.js';

export let network: Network;
export let browser: Browser;
/** The wallet's token account. */
export let tokens: Address;

before(async () => {
    [network, browser] = await Promise.all([start(), launch()]);
    const { accounts } = await network.tidepool('show');
    tokens = await findTokenAccount(network.wallet.address, accounts.pool_mint, accounts.token_program);
});

after(async () => {
    await browser?.close();
    await network?.stop();
});

export const calm = (): Promise<bigint> => network.calm();

/** A page, closed at the end; the browser must not have complained. */
export async function visit(
    run: (visitor: Visitor) => Promise<void>,
    options: Parameters<typeof Visitor.open>[2] & { complains?: boolean } = {},
): Promise<void> {
    const { complains = false, ...others } = options;
    const visitor = await Visitor.open(browser, network, others);
    try {
        await run(visitor);
        if (!complains) assert.deepEqual(visitor.complaints, []);
    } finally {
        await visitor.close();
    }
}

/** Sets the page's clock forward, so that a transaction is built again before the wallet opens. */
export const later = (visitor: Visitor): Promise<void> =>
    visitor.page.evaluate(() => {
        const { now } = Date;
        Date.now = () => now() + 60_000;
    });

/** Asks for a trade, signs it, and expects its confirmation. */
export async function trade(visitor: Visitor, ...wanted: Parameters<Visitor['ask']>): Promise<string> {
    await visitor.ask(...wanted);
    await visitor.signs(wanted[0]);
    const [kind, text] = await visitor.outcome(wanted[0]);
    assert.equal(kind, 'confirmed', text);
    return text;
}
