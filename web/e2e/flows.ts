/** Stake, unstake in each way, and tickets; and what a holder does and sees when something goes wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { TIDEPOOL_PROGRAM_ADDRESS } from '../../clients/js/src/generated/programs/tidepool.js';
import { units } from './browser.js';
import { type Answer, setMinimum } from './lies.js';
import { until } from './network.js';
import { calm, later, network, tokens, trade, visit } from './stage.js';

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
        // SOL for it, deposited by another holder.
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
        await visitor.signs('stake');
        await visitor.page.locator('[data-outcome=confirmed]').waitFor();
        assert.ok((await network.tokens(tokens)) > before);
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
        // The blockhash can expire with the epoch, whose slots are short here: either way nothing is traded.
        assert.ok(kind === 'failed' || kind === 'expired', text);
        assert.match(text, kind === 'failed' ? /only its fee was paid.*update/s : /Nothing was traded/);
        assert.equal(await network.tokens(tokens), before);
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
