/** What the page looks like, how it is reached, what it transfers; and its Actions. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { type Typed, complaints } from './actions.js';
import { LONG } from './network.js';
import { browser, calm, network, visit } from './stage.js';

/** Height of a part of a picture, in pixels. */
const PART = 1_500;

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

test('a report is readable on a phone and a screen, without violations by axe', async () => {
    // A trade, and a second update for the charts.
    const epoch = await calm();
    await network.epochAfter(epoch);
    await calm();
    const folder = mkdtempSync(path.join(tmpdir(), 'tidepool-report-'));
    try {
        const file = path.join(folder, 'report.html');
        await network.tidepool('report', '--events', '--out', file);
        const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
        for (const width of [390, 1_440]) {
            for (const colorScheme of ['light', 'dark'] as const) {
                const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
                const page = await context.newPage();
                const complaints: string[] = [];
                page.on('console', message => void complaints.push(message.text()));
                page.on('pageerror', error => void complaints.push(error.message));
                page.on('request', request => {
                    if (!/^(file|data):/.test(request.url())) complaints.push(request.url());
                });
                await page.goto(pathToFileURL(file).href);
                await page.getByRole('img', { name: /^The exchange rate: / }).waitFor();
                await page.getByRole('region', { name: 'Deposits and withdrawals' }).waitFor();
                const picture = process.env['PICTURES'];
                if (picture) await page.screenshot({ path: `${picture}/report-${width}-${colorScheme}.png`, fullPage: true });
                const scroll = await page.evaluate(() => document.documentElement.scrollWidth);
                assert.ok(scroll <= width, `the report is ${scroll} pixels wide on ${width}`);
                await page.addScriptTag({ content: axe });
                const found = await page.evaluate(async () => {
                    const { violations } = await (window as never as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe.run();
                    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join('; ')}`);
                });
                assert.deepEqual(found, [], `${width}, ${colorScheme}`);
                assert.deepEqual(complaints, []);
                await context.close();
            }
        }
    } finally {
        rmSync(folder, { recursive: true });
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

test('answers of Solana Actions have the published types', async () => {
    await calm();
    const { url } = network;
    const get = async (route: string) => (await fetch(`${url}${route}`)).json();
    const post = async (route: string) =>
        (await fetch(`${url}${route}`, { method: 'POST', body: JSON.stringify({ account: network.wallet.address }) })).json();
    const answers: Typed[] = [['ActionsJson', await get('/actions.json')]];
    for (const action of ['stake', 'unstake', 'unstake-stake', 'ticket']) {
        answers.push(['ActionGetResponse', await get(`/actions/${action}`)]);
        answers.push(['ActionGetResponse', await get(`/actions/${action}?amount=1`)]);
        answers.push(['ActionPostResponse', await post(`/actions/${action}?amount=1`)]);
    }
    answers.push(['ActionError', await post('/actions/stake?amount=0')]);
    assert.equal(await complaints(answers), '');
    const [, offer] = answers[1]!;
    const wrong = [{ ...offer, type: 'offer' }, { ...offer, title: 1 }, { ...offer, unknown: 1 }];
    for (const answer of wrong) assert.match(await complaints([['ActionGetResponse', answer]]), /error TS/);
});
