import type { Address } from '@solana/kit';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';

import { findTokenAccount } from '../../clients/js/src/addresses.js';
import { TIDEPOOL_PROGRAM_ADDRESS } from '../../clients/js/src/generated/programs/tidepool.js';
import { Visitor, launch, units } from './browser.js';
import { type Answer, LIES, setMinimum } from './lies.js';
import { LONG, type Network, start, until } from './network.js';

// The page in a real browser, in front of a real validator. The wallet is one of the Wallet Standard that signs as the test says.

/** Height of a part of a picture, in pixels. */
const PART = 1_500;

let network: Network;
let browser: Browser;
/** The wallet's pool tokens. */
let tokens: Address;

before(async () => {
    [network, browser] = await Promise.all([start(), launch()]);
    const { accounts } = await network.tidepool('show');
    tokens = await findTokenAccount(network.wallet.address, accounts.pool_mint, accounts.token_program);
});

after(async () => {
    await browser?.close();
    await network?.stop();
});

const calm = (): Promise<bigint> => network.calm();

/** A page, closed at the end; the browser must not have complained. */
async function visit(
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
const later = (visitor: Visitor): Promise<void> =>
    visitor.page.evaluate(() => {
        const { now } = Date;
        Date.now = () => now() + 60_000;
    });

/** Asks for a trade, signs it, and expects its confirmation. */
async function trade(visitor: Visitor, ...wanted: Parameters<Visitor['ask']>): Promise<string> {
    await visitor.ask(...wanted);
    await visitor.signs(wanted[0]);
    const [kind, text] = await visitor.outcome(wanted[0]);
    assert.equal(kind, 'confirmed', text);
    return text;
}

test('SOL is staked as quoted, and the page says what is signed', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.ask('stake', '12.5');
        // Without a wallet there is a quote, and advice.
        await visitor.result('stake').getByText('connect a wallet above').waitFor();
        await visitor.connect();
        const before = await network.tokens(tokens);
        await visitor.ask('stake', '12.5');
        await visitor.offered('stake');
        const quoted = units(await visitor.row('stake', 'You get'));
        const sentences = await visitor.result('stake').locator('li').allTextContents();
        const deposit = sentences.find(sentence => sentence.startsWith('Deposit 12.5 SOL into the pool'));
        assert.match(deposit ?? '', /for at least [0-9.]+ pool tokens to your token account$/, `${sentences}`);
        const { program_id: program } = await (await fetch(`${network.url}/api/pool`)).json();
        const isCautious = ((await visitor.result('stake').textContent()) ?? '').includes('This page does not know it');
        assert.equal(isCautious, program !== TIDEPOOL_PROGRAM_ADDRESS);
        await visitor.signs('stake');
        const [kind, text] = await visitor.outcome('stake');
        assert.equal(kind, 'confirmed', text);
        assert.equal((await network.tokens(tokens)) - before, quoted);
        assert.equal(visitor.asked.length, 1);
    });
});

test('a wallet that sends by itself is followed too', async () => {
    await calm();
    await visit(
        async visitor => {
            await visitor.connect();
            const before = await network.tokens(tokens);
            assert.match(await trade(visitor, 'stake', '0.25'), /Confirmed. Your wallet has/);
            assert.ok((await network.tokens(tokens)) > before);
        },
        { sends: true },
    );
});

test('pool tokens are unstaked as SOL', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        await visitor.ask('unstake', '0.5', 'unstake');
        await visitor.offered('unstake');
        const [get, fee] = [units(await visitor.row('unstake', 'You get')), units(await visitor.row('unstake', 'Transaction fee'))];
        const before = await network.lamports(network.wallet.address);
        await visitor.signs('unstake');
        assert.equal((await visitor.outcome('unstake'))[0], 'confirmed');
        assert.equal((await network.lamports(network.wallet.address)) - before, get - fee);
    });
});

test('pool tokens are unstaked as a stake account of the wallet', async () => {
    // Stake that is active, to be split.
    let epoch = await calm();
    await network.tidepool('rebalance', '--yes');
    await network.epochAfter(epoch);
    epoch = await calm();
    await visit(async visitor => {
        await visitor.connect();
        const text = await trade(visitor, 'unstake', '2', 'unstake-stake');
        const [, account] = /withdraw it:([1-9A-HJ-NP-Za-km-z]{32,44})Signature/.exec(text) ?? [];
        assert.ok(account, text);
        const found = await network.tidepool('balance', network.wallet.address);
        const addresses = found.stake.accounts.map((stake: { address: string }) => stake.address);
        assert.ok(addresses.includes(account), `${account}: ${JSON.stringify(found.stake)}`);
    });
});

test('a ticket is requested, shown and paid', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        await trade(visitor, 'unstake', '1', 'ticket');
        const ticket = visitor.page.locator('[data-ticket]');
        await ticket.waitFor();
        assert.match((await ticket.textContent()) ?? '', /^Ticket \d+: [0-9.]+ SOL, requested in epoch \d+\./);
        // SOL for it, which anyone can deposit.
        await network.tidepool('deposit-sol', '20', '--yes');
        await calm();
        const claim = ticket.getByRole('button', { name: 'Have it paid' });
        await claim.waitFor();
        const before = await network.lamports(network.wallet.address);
        await claim.click();
        await visitor.result('ticket').getByText('Pay the exit ticket').waitFor();
        await visitor.signs('ticket');
        const [kind, text] = await visitor.outcome('ticket');
        assert.equal(kind, 'confirmed', text);
        assert.ok((await network.lamports(network.wallet.address)) > before);
        await ticket.waitFor({ state: 'detached' });
    });
});

test('a ticket is cancelled in a later epoch', async () => {
    const epoch = await calm();
    await visit(async visitor => {
        await visitor.connect();
        await trade(visitor, 'unstake', '1', 'ticket');
        await network.epochAfter(epoch);
        await calm();
        const before = await network.tokens(tokens);
        await visitor.page.locator('[data-ticket]').getByRole('button', { name: 'Cancel it' }).click();
        await visitor.signs('ticket');
        const [kind, text] = await visitor.outcome('ticket');
        assert.equal(kind, 'confirmed', text);
        assert.ok((await network.tokens(tokens)) > before);
    });
});

test('a refused signature sends nothing, and can be given later', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        visitor.twist = { kind: 'refuse' };
        const before = await network.tokens(tokens);
        await visitor.ask('stake', '1');
        await visitor.signs('stake');
        const [kind, text] = await visitor.outcome('stake');
        assert.equal(kind, 'WalletError');
        assert.match(text, /has not signed \(User rejected the request\)\. Nothing was sent/);
        assert.equal(await network.tokens(tokens), before);
        visitor.twist = null;
        await calm();
        await trade(visitor, 'stake', '1');
    });
});

test('a transaction that the wallet has changed is not sent', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        visitor.twist = { kind: 'change' };
        await visitor.ask('stake', '1');
        await visitor.signs('stake');
        const [kind, text] = await visitor.outcome('stake');
        assert.equal(kind, 'WalletError');
        assert.match(text, /has changed the transaction, so it was not sent/);
    });
});

test('a stale pool is told, with advice, and trades go on after its update', async () => {
    const epoch = await calm();
    await network.epochAfter(epoch);
    await until(network.url, pool => pool.stale);
    await visit(
        async visitor => {
            await visitor.page.getByText('The pool was not updated in epoch').waitFor();
            await visitor.connect();
            await visitor.ask('stake', '1');
            const [kind, text] = await visitor.outcome('stake');
            assert.equal(kind, 'ServerError');
            assert.match(text, /update/);
            assert.equal(visitor.asked.length, 0);
            await calm();
            await trade(visitor, 'stake', '1');
        },
        // The browser reports the refusal as a failed request.
        { complains: true },
    );
});

test('an epoch that begins while the wallet is open fails the transaction alone', async () => {
    const epoch = await calm();
    await visit(async visitor => {
        await visitor.connect();
        visitor.twist = { kind: 'wait', for: () => network.epochAfter(epoch) };
        const before = await network.tokens(tokens);
        await visitor.ask('stake', '1');
        await visitor.signs('stake');
        const [kind, text] = await visitor.outcome('stake');
        assert.equal(kind, 'failed', text);
        assert.match(text, /only its fee was paid.*update/s);
        assert.equal(await network.tokens(tokens), before);
    });
});

test('a lying server is found out before the wallet is asked', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        let lie = (_: Answer): void => undefined;
        await visitor.page.route('**/api/transaction', async route => {
            const response = await route.fetch();
            const answer = (await response.json()) as Answer;
            lie(answer);
            await route.fulfill({ response, json: answer });
        });
        for (const [what, change] of Object.entries(LIES)) {
            await calm();
            lie = change;
            await visitor.ask('stake', '1');
            const [kind, text] = await visitor.outcome('stake');
            assert.equal(kind, 'Rejected', `${what}: ${text}`);
            // Within the limits of the server.
            await new Promise(resolve => setTimeout(resolve, 700));
        }
        assert.equal(visitor.asked.length, 0, 'the wallet was asked');
        lie = () => undefined;
        await trade(visitor, 'stake', '1');
    });
});

test('a lie between quote and signature is found out too', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        await visitor.ask('stake', '1');
        await visitor.offered('stake');
        await visitor.page.route('**/api/transaction', async route => {
            const response = await route.fetch();
            const answer = (await response.json()) as Answer;
            LIES['pool tokens go to a thief']!(answer);
            await route.fulfill({ response, json: answer });
        });
        await later(visitor);
        await visitor.signs('stake');
        assert.equal((await visitor.outcome('stake'))[0], 'Rejected');
        assert.equal(visitor.asked.length, 0);
    });
});

test('a quote that has changed is shown again before the wallet opens', async () => {
    await calm();
    await visit(async visitor => {
        await visitor.connect();
        await visitor.ask('stake', '1');
        await visitor.offered('stake');
        const before = units(await visitor.row('stake', 'You get'));
        // The rate has risen by 0.2 %, more than the bound: state, quote and transaction say so.
        const lower = (text: unknown): string => `${(BigInt(text as string) * 998n) / 1_000n}`;
        await visitor.page.route('**/api/pool', async route => {
            const response = await route.fetch();
            const pool = await response.json();
            await route.fulfill({ response, json: { ...pool, pool_token_supply: lower(pool.pool_token_supply) } });
        });
        await visitor.page.route('**/api/transaction', async route => {
            const response = await route.fetch();
            const answer = (await response.json()) as Answer;
            const quote = answer.quote!;
            for (const name of ['pool_tokens', 'minimum_pool_tokens']) quote[name] = lower(quote[name]);
            setMinimum(answer, BigInt(quote['minimum_pool_tokens']!));
            await route.fulfill({ response, json: answer });
        });
        await later(visitor);
        await visitor.signs('stake');
        await visitor.result('stake').getByText('the pool has changed since the quote').waitFor();
        assert.equal(visitor.asked.length, 0);
        assert.ok(units(await visitor.row('stake', 'You get')) < before);
        await visitor.page.unrouteAll();
        await later(visitor);
        await visitor.signs('stake');
        const [kind, text] = await visitor.outcome('stake');
        assert.equal(kind, 'confirmed', text);
    });
});

test('the page has no violations by axe, and nothing moves while it loads', async () => {
    await calm();
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const width of [390, 1_440]) {
        for (const colorScheme of ['light', 'dark'] as const) {
            await visit(
                async visitor => {
                    const { page } = visitor;
                    const name = `${width}-${colorScheme}`;
                    const picture = async (part: string): Promise<void> => {
                        const folder = process.env['PICTURES'];
                        if (!folder) return;
                        // In parts that can be looked at.
                        const tall = await page.evaluate(() => document.documentElement.scrollHeight);
                        for (let [y, number] = [0, 0]; y < tall; [y, number] = [y + PART, number + 1]) {
                            const clip = { x: 0, y, width, height: Math.min(PART, tall - y) };
                            await page.screenshot({ path: `${folder}/${name}-${part}-${number}.png`, fullPage: true, clip });
                        }
                    };
                    const check = async (part: string): Promise<void> => {
                        await picture(part);
                        const { violations } = await page.evaluate(
                            async source => {
                                // The policy of the page forbids inline scripts: this is evaluated by the debugger.
                                if (!('axe' in window)) (0, eval)(source);
                                return (window as never as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run();
                            },
                            axe,
                        );
                        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join('; ')}`);
                        assert.deepEqual(found, [], `${name}, ${part}`);
                    };
                    await page.getByRole('button', { name: 'Connect Test Wallet' }).waitFor();
                    const shift = await page.evaluate(
                        () =>
                            new Promise<number>(resolve => {
                                let sum = 0;
                                new PerformanceObserver(list => {
                                    for (const entry of list.getEntries()) sum += (entry as never as { value: number }).value;
                                }).observe({ type: 'layout-shift', buffered: true });
                                setTimeout(() => resolve(sum), 500);
                            }),
                    );
                    assert.equal(shift, 0, `${name}: layout shift`);
                    const scroll = await page.evaluate(() => document.documentElement.scrollWidth);
                    assert.ok(scroll <= width, `${name}: the page is ${scroll} pixels wide`);
                    await check('read');
                    await visitor.connect();
                    await visitor.ask('stake', '1');
                    await visitor.ask('unstake', '1', 'ticket');
                    for (const form of ['stake', 'unstake'] as const) await visitor.offered(form);
                    await check('quoted');
                    visitor.twist = { kind: 'refuse' };
                    await visitor.signs('stake');
                    await visitor.outcome('stake');
                    await check('refused');
                },
                { viewport: { width, height: 900 }, colorScheme, bypassCSP: true },
            );
        }
    }
});

test('the page is used with the keyboard alone', async () => {
    await calm();
    await visit(async visitor => {
        const { page } = visitor;
        const press = async (until: string): Promise<void> => {
            for (let count = 0; count < 60; count += 1) {
                await page.keyboard.press('Tab');
                const text = await page.evaluate(() => document.activeElement?.textContent ?? '');
                const id = await page.evaluate(() => document.activeElement?.id ?? '');
                if (text.includes(until) || id === until) return;
            }
            assert.fail(`no way to ${until} by Tab`);
        };
        await page.getByRole('button', { name: 'Connect Test Wallet' }).waitFor();
        await press('Skip to the content');
        await press('Connect Test Wallet');
        await page.keyboard.press('Enter');
        await visitor.balances();
        await press('stake-amount');
        await page.keyboard.type('1');
        await page.keyboard.press('Enter');
        await visitor.offered('stake');
        await press('Sign with Test Wallet');
        await page.keyboard.press('Enter');
        const [kind, text] = await visitor.outcome('stake');
        assert.equal(kind, 'confirmed', text);
    });
});

test('first paint takes less than 100 kB, without requests to others', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let [first, all] = [0, 0];
    const script = new Set<string>();
    session.on('Network.requestWillBeSent', ({ requestId, request, type }) => {
        assert.ok(request.url.startsWith(network.url) || request.url.startsWith('data:'), request.url);
        if (type === 'Script') script.add(requestId);
    });
    session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
        all += encodedDataLength;
        if (!script.has(requestId)) first += encodedDataLength;
    });
    await page.goto(network.url, { waitUntil: 'networkidle', timeout: LONG });
    console.log(`transferred: ${first} bytes for the first paint, ${all} with the script`);
    assert.ok(first > 5_000 && first < 100_000, `${first} bytes`);
    assert.ok(all < 100_000, `${all} bytes with the script`);
    assert.equal(script.size, 1);
    await context.close();
});

test('the page works without scripts', async () => {
    await calm();
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(network.url);
    await page.locator('#stake-amount').fill('1.5');
    await page.locator('form[data-trade=stake] button').click();
    await page.getByText('Exact while the pool does not change').waitFor();
    assert.match((await page.textContent('main')) ?? '', /You pay1.5 SOL/);
    assert.equal(await page.locator('svg.qr').count(), 1);
    await context.close();
});
