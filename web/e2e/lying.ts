/** Servers and wallets that do other things than they say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Answer, LIES } from './lies.js';
import { calm, later, trade, visit } from './stage.js';

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
