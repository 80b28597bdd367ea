import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
    type Pool,
    StakePoolError,
    condition,
    decodeTicket,
    growthOver,
    isStale,
    largestSolWithdrawal,
    minimumOut,
    quoteCancellation,
    quoteClaim,
    quoteDepositSol,
    quoteDepositStake,
    quoteExit,
    quoteRebalance,
    quoteWithdrawSol,
    quoteWithdrawStake,
    yieldOver,
} from '../src/index.js';
import { type Call, type Case, cases } from './vectors.js';

const SOURCES = ['reserve', 'validatorStake', 'transientStake', 'wholeValidatorStake'];
const ACTIVATIONS = [undefined, 'inactive', 'deactivating', 'activating', 'active'];
const DIRECTIONS = [undefined, 'increase', 'decrease', 'recall', 'keep'];
const U64_MAX = 0xffff_ffff_ffff_ffffn;

/** The quote of a call as the client gives it, next to the expected one. */
function compare({ withStakes: pool, deposits, tickets }: Case, call: Call): void {
    const [amount, minimum] = [BigInt(call.amount), BigInt(call.minimum) || undefined];
    const from = call.isFromFeeAccount ? pool.data.managerFeeAccount : undefined;
    const withdrawal = { poolTokens: amount, from, minimumLamports: minimum };
    const ticket = () => ({ account: tickets[call.index!]!, data: decodeTicket(tickets[call.index!]!).data });
    const quotes: Record<string, () => unknown> = {
        deposit_sol: () => quoteDepositSol(pool, { lamports: amount, minimumPoolTokens: minimum }),
        withdraw_sol: () => quoteWithdrawSol(pool, withdrawal),
        largest_sol_withdrawal: () => largestSolWithdrawal(pool, from),
        exit: () => quoteExit(pool, withdrawal),
        withdraw_stake: () => {
            const validator = pool.validators[call.index!];
            return quoteWithdrawStake(pool, {
                ...withdrawal,
                vote: validator?.record.voteAccountAddress ?? 'reserve',
            });
        },
        deposit_stake: () =>
            quoteDepositStake(pool, { stake: deposits[call.index!]!.account, minimumPoolTokens: minimum }),
        claimable: () => quoteClaim(pool, ticket()),
        cancellation: () => quoteCancellation(pool, ticket()),
        yield_over: () => yieldOver(pool, amount),
        condition: () => condition(pool),
        rebalance: () => quoteRebalance(pool),
    };
    const quote = quotes[call.name];
    assert.ok(quote, `no quote for ${call.name}`);
    if (call.code !== null) {
        assert.throws(quote, error => error instanceof StakePoolError && isOfCode(error, call.code!));
        return;
    }
    expectations[call.name]!(quote() as never, call.results!.map(BigInt), pool);
}

function isOfCode(error: StakePoolError, code: number): boolean {
    assert.notEqual(error.kind, 'Unknown');
    assert.ok(error.reason.length > 0 && error.message.startsWith(error.reason));
    if (code > 0) return error.source === 'stakePool' && error.code === code;
    return code <= -1000 ? error.source === 'stakeProgram' && error.code === -1000 - code : error.source === 'client';
}

const withdrawalOf = ([burnt, fee, lamports]: bigint[]) => ({ burnt, fee, lamports });
const tokensOf = ([minted, toDepositor, toManager, toReferrer]: bigint[]) => ({
    minted,
    toDepositor,
    toManager,
    toReferrer,
});

function fraction(bits: bigint): number {
    return new Float64Array(BigUint64Array.of(bits).buffer)[0]!;
}

const expectations: Record<string, (quote: never, results: bigint[], pool: Pool) => void> = {
    deposit_sol: (quote, [growthCharge, ...tokens]) =>
        assert.deepEqual(quote, { growthCharge, ...tokensOf(tokens) }),
    withdraw_sol: (quote, results) => assert.deepEqual(quote, withdrawalOf(results)),
    largest_sol_withdrawal: (quote, [most]) => assert.equal(quote, most),
    exit: (quote, [burnt, fee, lamports, reserveLamports, epoch]) => {
        const payableFromEpoch = epoch === U64_MAX ? undefined : epoch;
        assert.deepEqual(quote, { burnt, fee, lamports, reserveLamports, payableFromEpoch });
    },
    withdraw_stake: (quote, results) => {
        const activation = ACTIVATIONS[Number(results[4])];
        assert.deepEqual(quote, {
            ...withdrawalOf(results),
            source: SOURCES[Number(results[3])],
            activation,
            withdrawableFromEpoch: activation && results[5],
        });
    },
    deposit_stake: (quote, [totalLamports, stakeLamports, ...tokens]) =>
        assert.deepEqual(quote, { totalLamports, stakeLamports, ...tokensOf(tokens) }),
    claimable: (quote, [lamports]) => assert.equal(quote, lamports),
    cancellation: (quote, [returned, burnt]) => assert.deepEqual(quote, { returned, burnt }),
    yield_over: (quote: ReturnType<typeof yieldOver>, [since, until, seconds, growth, annual], pool) => {
        assert.deepEqual([quote.since, quote.until, quote.seconds], [since, until, seconds]);
        assert.equal(quote.growth, fraction(growth!));
        // Another library raises to the power of a fraction here.
        const expected = fraction(annual!);
        assert.ok(Math.abs(quote.annual - expected) <= 1e-12 * (1 + Math.abs(expected)));
        const { annual: _, ...short } = quote;
        assert.deepEqual(growthOver(pool, until! - since!), short);
    },
    condition: (quote: ReturnType<typeof condition>, results, pool) => {
        assert.deepEqual(quote, {
            isStale: results[0] === 1n,
            rewardsAreBeingPaid: results[1] === 1n,
            haltedUntilEpoch: results[2] || undefined,
            reserveLamports: results[3],
            withdrawableReserveLamports: results[4],
            workingLamports: results[5],
            stakeRent: results[6],
            ticketRent: results[7],
        });
        assert.equal(isStale(pool), quote.isStale);
    },
    rebalance: (quote: ReturnType<typeof quoteRebalance>, results, pool) => {
        assert.equal(quote.reserveTarget, results[0]);
        assert.equal(quote.turnoverLeft ?? U64_MAX, results[1]);
        assert.equal(quote.movements.length, pool.validators.length);
        quote.movements.forEach(({ direction, reason, lamports, target }, index) => {
            const [kind, expected, aim] = results.slice(4 + 3 * index);
            assert.equal(direction, DIRECTIONS[Number(kind)]);
            assert.equal(reason === undefined, direction !== undefined);
            assert.deepEqual([lamports, target ?? U64_MAX], [expected, aim]);
        });
    },
};

test('quotes of random pools equal those of the Rust client', async () => {
    const seen = new Map<string, number>();
    for (const one of await cases()) {
        for (const call of one.calls) {
            compare(one, call);
            const key = `${call.name} ${call.code === null ? 'quoted' : 'refused'}`;
            seen.set(key, (seen.get(key) ?? 0) + 1);
        }
    }
    for (const name of Object.keys(expectations)) {
        assert.ok(seen.get(`${name} quoted`)! > 20, `${name}: ${[...seen]}`);
    }
});

test('stake that was not read has no quote', async () => {
    const all = await cases();
    const missing = all.flatMap(({ pool, deposits, withStakes }) =>
        deposits
            .filter(({ account }) => {
                try {
                    return quoteDepositStake(withStakes, { stake: account }) !== undefined;
                } catch {
                    return false;
                }
            })
            .map(({ account }) => ({ pool, account })),
    );
    assert.ok(missing.length > 5);
    for (const { pool, account } of missing) {
        assert.throws(() => quoteDepositStake(pool, { stake: account }), { kind: 'MissingAccount' });
    }
});

test('a minimum is rounded down and at least 1', () => {
    assert.equal(minimumOut(10_000n, 10), 9_990n);
    assert.equal(minimumOut(9_999n, 1), 9_998n);
    assert.equal(minimumOut(1n, 5_000), 1n);
    assert.equal(minimumOut(1n, 10_000), undefined);
    assert.equal(minimumOut(0n, 10), undefined);
});
