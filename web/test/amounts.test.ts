import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatAmount, minimumOut, parseAmount, percent, sol, tokens } from '../src/amounts.js';
import { type PoolState, type Quote, readQuote } from '../src/api.js';
import { isPlausible } from '../src/plausible.js';

test('amounts are read and written exactly', () => {
    for (const [text, amount] of [
        ['1', 1_000_000_000n],
        ['1.5', 1_500_000_000n],
        ['.000000001', 1n],
        [' 2. ', 2_000_000_000n],
        ['18446744073.709551615', (1n << 64n) - 1n],
    ] as const) {
        assert.equal(parseAmount(text), amount, text);
    }
    for (const text of ['', '.', '0', '0.0', '-1', '1e3', '1,5', '1.0000000001', '18446744073.709551616', 'x']) {
        assert.equal(parseAmount(text), null, text);
    }
    for (const amount of [1n, 10n, 1_500_000_000n, (1n << 64n) - 1n]) assert.equal(parseAmount(formatAmount(amount)), amount);
    assert.deepEqual([sol(1_500_000_000n), tokens(1_000_000_000n), percent(10)], ['1.5 SOL', '1 pool token', '0.1 %']);
});

test('minimum is rounded down and at least 1', () => {
    assert.deepEqual([minimumOut(10_000n, 10), minimumOut(9_999n, 10), minimumOut(1n, 500)], [9_990n, 9_989n, 1n]);
});

const QUOTE: Quote = {
    ...{ action: 'stake', lamports: 1_000_000n, poolTokens: 899_000n, feePoolTokens: 1_000n, growthChargeLamports: 0n, minimum: 1n },
    ...{ slippage: 10, rentLamports: 0n, stakeAccounts: 0, remainingPoolTokens: 0n, payableFromEpoch: null },
};
const STATE: PoolState = { pool: '', program: '', epoch: 1, totalLamports: 10_000_000_000n, poolTokenSupply: 9_000_000_000n };

test('quotes follow from the rate', () => {
    assert.ok(isPlausible(QUOTE, STATE));
    assert.ok(!isPlausible({ ...QUOTE, poolTokens: 898_000n }, STATE), 'a thousandth less than rate and fee yield');
    assert.ok(!isPlausible({ ...QUOTE, feePoolTokens: 2_000n }, STATE));
    assert.ok(!isPlausible({ ...QUOTE, poolTokens: 900_000n }, STATE), 'more than the program would give');
    assert.ok(isPlausible({ ...QUOTE, poolTokens: 449_000n, growthChargeLamports: 500_000n }, STATE));
    const out: Quote = { ...QUOTE, action: 'unstake', poolTokens: 901_000n, lamports: 1_000_000n };
    assert.ok(isPlausible(out, STATE));
    assert.ok(!isPlausible({ ...out, lamports: 990_000n }, STATE));
    assert.ok(isPlausible({ ...out, poolTokens: 902_000n, remainingPoolTokens: 1_000n }, STATE));
    assert.ok(!isPlausible({ ...out, feePoolTokens: 901_001n, lamports: 0n }, STATE), 'a fee above the amount');
    assert.ok(isPlausible({ ...QUOTE, poolTokens: 999_000n }, { ...STATE, totalLamports: 0n, poolTokenSupply: 0n }));
});

test('answers of the server are checked for their types', () => {
    const json = {
        ...{ action: 'stake', lamports: '1', pool_tokens: '2', fee_pool_tokens: '0', growth_charge_lamports: '0' },
        ...{ minimum_pool_tokens: '1', minimum_lamports: null, slippage_basis_points: 10, rent_lamports: '0' },
        ...{ stake_accounts: 0, remaining_pool_tokens: '0', payable_from_epoch: null },
    };
    assert.equal(readQuote(json).poolTokens, 2n);
    for (const wrong of [{ lamports: 1 }, { lamports: '-1' }, { lamports: '1e9' }, { minimum_pool_tokens: null }, { stake_accounts: '1' }]) {
        assert.throws(() => readQuote({ ...json, ...wrong }), /no valid/);
    }
    assert.throws(() => readQuote(null), /no valid quote/);
});
