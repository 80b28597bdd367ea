import {
    type Address,
    type TransactionSigner,
    SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM,
    generateKeyPairSigner,
    isSolanaError,
} from '@solana/kit';
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import {
    type Plan,
    type Pool,
    type Ticket,
    condition,
    errorOfTransaction,
    fetchAccounts,
    fetchFreshPool,
    fetchPool,
    fetchTickets,
    findTokenAccount,
    growthOver,
    isStale,
    planCancelExit,
    planClaims,
    planDepositSol,
    planDepositStake,
    planRebalance,
    planRequestExit,
    planWithdrawSol,
    planWithdrawStake,
    quoteDepositSol,
    quoteDepositStake,
    quoteExit,
    quoteWithdrawSol,
    quoteWithdrawStake,
    sendPlan,
    stakeAddresses,
    yieldOver,
} from '../src/index.js';
import { type Json, Localnet } from './localnet.js';

// The client beside the Rust client, on the same pool of a real validator: every figure of one is that of the other.

const SOL = 1_000_000_000n;

let localnet: Localnet;
let wallet: TransactionSigner;
let pool: Address;
/** The wallet's pool tokens. */
let tokens: Address;

before(async () => {
    // Some 20 seconds an epoch.
    localnet = await Localnet.start(['--validators', '3', '--slots-per-epoch', '320']);
    ({ wallet, pool } = localnet);
    const { data } = await fetchPool(localnet.rpc, pool);
    tokens = await findTokenAccount(wallet.address, data.poolMint, data.tokenProgramId);
});

after(() => localnet?.stop());

const read = (address: Address = pool): Promise<Pool> => fetchPool(localnet.rpc, address);

const send = (plan: Plan, version: 'legacy' | 0 | 1 = 'legacy') =>
    sendPlan(localnet.connection, plan, { feePayer: wallet, version });

/** A pool that is up to date, by this client. */
const fresh = (address: Address = pool): Promise<Pool> =>
    fetchFreshPool(localnet.connection, address, { feePayer: wallet });

/** The same pool as both clients see it: no epoch ended in between. */
async function both(...command: readonly string[]): Promise<{ mine: Pool; theirs: Json }> {
    for (;;) {
        const mine = await fresh();
        const theirs = await localnet.tidepool(...command);
        const after = await read();
        const same = [mine, after].map(({ clock, data }) => [clock.epoch, data.totalLamports, data.poolTokenSupply]);
        if (`${same[0]}` === `${same[1]}`) return { mine, theirs };
    }
}

/** A quote of this client, and what the Rust client does next with the same pool. */
async function quoted<T>(quote: (pool: Pool) => T, ...command: readonly string[]): Promise<{ mine: T; theirs: Json }> {
    for (;;) {
        const found = await fresh();
        const mine = quote(found);
        const theirs = await localnet.tidepool(...command, '--yes');
        if ((await localnet.epoch()) === found.clock.epoch) return { mine, theirs };
    }
}

/** Runs until no epoch ends within. */
async function inOneEpoch<T>(run: (pool: Pool) => Promise<T>): Promise<T> {
    for (;;) {
        const found = await fresh();
        try {
            return await run(found);
        } catch (error) {
            if ((await localnet.epoch()) === found.clock.epoch) throw error;
        }
    }
}

const big = (number: number | string): bigint => BigInt(number);

test('a pool is read as the Rust client reads it', async () => {
    const { mine, theirs } = await both('show');
    const { data, extension } = mine;
    const state = condition(mine);
    assert.ok(extension);
    assert.equal(mine.programAddress, theirs.program_id);
    assert.equal(mine.clock.epoch, big(theirs.epoch));
    assert.equal(data.lastUpdateEpoch, big(theirs.last_update_epoch));
    assert.equal(isStale(mine), theirs.stale);
    assert.equal(state.rewardsAreBeingPaid, theirs.epoch_rewards_active);
    assert.equal(data.totalLamports, big(theirs.total_lamports));
    assert.equal(data.poolTokenSupply, big(theirs.pool_token_supply));
    assert.equal((data.totalLamports * SOL) / data.poolTokenSupply, big(theirs.lamports_per_whole_pool_token));
    assert.equal(mine.accounts.reserve.lamports, big(theirs.stake.reserve_lamports));
    assert.equal(state.withdrawableReserveLamports, big(theirs.stake.withdrawable_reserve_lamports));
    assert.equal(mine.validators.length, theirs.validators.count);
    assert.equal(mine.maxValidators, theirs.validators.maximum);
    assert.equal(extension.tickets.open, big(theirs.extension.open_tickets));
    assert.equal(extension.tickets.lamports, big(theirs.extension.open_ticket_lamports));
    assert.equal(extension.policy.turnoverBudget, theirs.extension.policy.turnover_budget_basis_points);
    assert.equal(extension.policy.reserveShare, theirs.extension.policy.reserve_share_basis_points);
    const { accounts, authorities, fees } = theirs;
    assert.deepEqual(
        [data.validatorList, data.reserveStake, data.poolMint, data.tokenProgramId, data.managerFeeAccount],
        [accounts.validator_list, accounts.reserve_stake, accounts.pool_mint, accounts.token_program, accounts.manager_fee],
    );
    assert.deepEqual(
        [data.manager, data.staker, mine.withdrawAuthority, data.stakeDepositAuthority],
        [authorities.manager, authorities.staker, authorities.withdraw, authorities.stake_deposit],
    );
    for (const [fee, theirFee] of [
        [data.epochFee, fees.epoch],
        [data.solDepositFee, fees.sol_deposit],
        [data.stakeDepositFee, fees.stake_deposit],
        [data.solWithdrawalFee, fees.sol_withdrawal],
        [data.stakeWithdrawalFee, fees.stake_withdrawal],
    ]) {
        assert.deepEqual([fee.numerator, fee.denominator], [big(theirFee.numerator), big(theirFee.denominator)]);
    }
});

test('validators are those of the Rust client, with their targets', async () => {
    const { mine, theirs } = await both('list');
    const { movements } = await planRebalance(mine).then(({ quote }) => quote);
    assert.equal(mine.validators.length, theirs.validators.length);
    for (const row of theirs.validators) {
        const validator = mine.validators[row.index]!;
        const { record } = validator;
        assert.equal(record.voteAccountAddress, row.vote);
        assert.equal(record.activeStakeLamports, big(row.active_lamports));
        assert.equal(record.transientStakeLamports, big(row.transient_lamports));
        assert.equal(record.extension.weight, row.weight);
        const expected = { validator: row.validator_stake, transient: row.transient_stake };
        assert.deepEqual(await stakeAddresses(mine, validator), expected);
        assert.equal(movements[row.index]!.target, big(row.target_lamports));
    }
});

test('a deposit of SOL is quoted and carried out to the lamport', async () => {
    const lamports = 7n * SOL + 1n;
    const { mine: quote, theirs } = await quoted(
        before => quoteDepositSol(before, { lamports }),
        ...['deposit-sol', '7.000000001'],
    );
    assert.equal(quote.toDepositor, big(theirs.pool_tokens));
    assert.equal(quote.minted - quote.toDepositor, big(theirs.fee_pool_tokens));
    assert.equal(quote.growthCharge, big(theirs.growth_charge_lamports));
    await inOneEpoch(async before => {
        const held = await localnet.tokens(tokens);
        const trade = await planDepositSol(before, { from: wallet, lamports });
        assert.equal(trade.minimum, (trade.quote.toDepositor * 9_990n) / 10_000n);
        await send(trade.plan);
        const after = await read();
        assert.equal((await localnet.tokens(tokens)) - held, trade.quote.toDepositor);
        assert.equal(after.data.poolTokenSupply - before.data.poolTokenSupply, trade.quote.minted);
        assert.equal(after.data.totalLamports - before.data.totalLamports, lamports);
    });
});

test('transactions of versions 0 and 1 deposit, too', async () => {
    for (const version of [0, 1] as const) {
        await inOneEpoch(async before => {
            const held = await localnet.tokens(tokens);
            const trade = await planDepositSol(before, { from: wallet, lamports: SOL });
            await send(trade.plan, version);
            assert.equal((await localnet.tokens(tokens)) - held, trade.quote.toDepositor);
        });
    }
});

test('a withdrawal of SOL is quoted and carried out to the lamport', async () => {
    const poolTokens = 2n * SOL;
    const { mine: quote, theirs } = await quoted(
        before => quoteWithdrawSol(before, { poolTokens, from: tokens }),
        ...['withdraw-sol', '2'],
    );
    assert.equal(quote.lamports, big(theirs.lamports));
    assert.equal(quote.fee, big(theirs.fee_pool_tokens));
    const { address: to } = await generateKeyPairSigner();
    await inOneEpoch(async before => {
        const trade = await planWithdrawSol(before, { owner: wallet, poolTokens, to });
        await send(trade.plan);
        assert.equal(await localnet.lamports(to), trade.quote.lamports);
    });
});

test('an update and a rebalance do what the Rust client plans', async () => {
    await localnet.epochAfter((await read()).clock.epoch);
    const { mine, theirs } = await both('rebalance', '--dry-run', '--yes');
    const { movements, quote, plan } = await planRebalance(mine);
    assert.ok(movements.length > 0, 'nothing moves: the test needs another deposit');
    const isUp = (movement: Json): boolean => movement.to !== 'reserve' && movement.from === 'reserve';
    const rows = new Map<string, Json>(theirs.movements.map((row: Json) => [row.vote, row]));
    assert.equal(rows.size, movements.length);
    for (const { validator, direction, lamports, target } of movements) {
        const row = rows.get(validator.record.voteAccountAddress);
        assert.equal(lamports, big(row.lamports));
        assert.equal(target, big(row.target_lamports));
        assert.equal(direction === 'increase', isUp(row));
    }
    assert.equal(quote.reserveTarget, big(theirs.reserve_target_lamports));
    assert.equal(quote.turnoverLeft ?? null, theirs.turnover_left_lamports && big(theirs.turnover_left_lamports));
    if (mine.clock.epoch === (await localnet.epoch())) await send(plan);
    const done = await both('rebalance', '--dry-run', '--yes');
    assert.deepEqual((await planRebalance(done.mine)).movements.length, done.theirs.movements.length);
});

test('stake is withdrawn and deposited to the lamport', async () => {
    const poolTokens = 5n * SOL;
    // The validator with the most stake; its stake is active an epoch after it was delegated.
    await localnet.epochAfter((await read()).clock.epoch);
    const { mine: before, theirs } = await quoted(before => before, 'withdraw-stake', '5');
    const [account] = theirs.stake_accounts;
    const vote = account.vote as Address;
    const quote = quoteWithdrawStake(before, { vote, poolTokens: big(account.pool_tokens), from: tokens });
    assert.equal(quote.lamports, big(account.lamports));
    assert.equal(quote.activation, account.stake_state);
    assert.equal(quote.withdrawableFromEpoch, big(account.withdrawable_from_epoch));
    const stakeAccount = await generateKeyPairSigner();
    await inOneEpoch(async before => {
        const trade = await planWithdrawStake(before, { owner: wallet, poolTokens, vote, stakeAccount });
        await send(trade.plan);
        const rent = condition(before).stakeRent;
        assert.equal(await localnet.lamports(stakeAccount.address), trade.quote.lamports + rent);
    });
    // Both go back into the pool, each by the other client.
    await inOneEpoch(async before => {
        const [stake] = await fetchAccounts(localnet.rpc, [account.address]);
        const held = await localnet.tokens(tokens);
        const trade = await planDepositStake(before, { stake: stake!, withdrawer: wallet });
        await send(trade.plan);
        assert.equal((await localnet.tokens(tokens)) - held, trade.quote.toDepositor);
    });
    const [stake] = await fetchAccounts(localnet.rpc, [stakeAccount.address]);
    const deposit = await quoted(
        before => quoteDepositStake(before, { stake: stake! }),
        ...['deposit-stake', stakeAccount.address],
    );
    assert.equal(deposit.mine.toDepositor, big(deposit.theirs.pool_tokens));
    assert.equal(deposit.mine.minted - deposit.mine.toDepositor, big(deposit.theirs.fee_pool_tokens));
    assert.equal(deposit.mine.stakeLamports, big(deposit.theirs.stake_lamports));
    assert.equal(deposit.mine.totalLamports, big(deposit.theirs.lamports));
});

async function ticketsOf(mine: Pool): Promise<Ticket[]> {
    return fetchTickets(localnet.rpc, mine, wallet.address);
}

test('a ticket is requested, claimed and cancelled to the lamport', async () => {
    const poolTokens = 3n * SOL;
    const { mine, theirs } = await quoted(before => before, 'withdraw', '3', '--as', 'ticket');
    const quote = quoteExit(mine, { poolTokens, from: tokens });
    assert.equal(quote.lamports, big(theirs.lamports));
    assert.equal(quote.fee, big(theirs.fee_pool_tokens));
    assert.equal(quote.payableFromEpoch ?? null, theirs.payable_from_epoch && big(theirs.payable_from_epoch));
    assert.equal(condition(mine).ticketRent, big(theirs.rent_lamports));
    const { address: recipient } = await generateKeyPairSigner();
    for (const to of [recipient, wallet.address]) {
        await inOneEpoch(async before => {
            const request = await planRequestExit(before, { owner: wallet, poolTokens, recipient: to });
            await send(request.plan);
            const ticket = (await ticketsOf(before)).find(({ data }) => data.id === request.id)!;
            assert.equal(ticket.account.address, request.ticket);
            assert.equal(ticket.data.lamports, request.quote.lamports);
        });
    }
    const listed = await both('tickets');
    const tickets = await ticketsOf(listed.mine);
    assert.deepEqual(
        tickets.map(({ data }) => [data.id, data.owner, data.recipient, data.poolTokens, data.lamports]),
        listed.theirs.tickets
            .toReversed()
            .map((row: Json) => [big(row.id), row.owner, row.recipient, big(row.pool_tokens), big(row.lamports)]),
    );
    // The reserve gets what the tickets need.
    await inOneEpoch(async before => {
        const { plan } = await planDepositSol(before, { from: wallet, lamports: 20n * SOL });
        await send(plan);
    });
    await inOneEpoch(async before => {
        const open = (await ticketsOf(before)).filter(({ data }) => data.recipient === recipient);
        const claims = await planClaims(before, open);
        assert.equal(claims.claims.length, 1, `waiting: ${claims.waiting.length}`);
        await send(claims.plan);
        assert.equal(await localnet.lamports(recipient), claims.claims[0]!.lamports);
    });
    const left = await ticketsOf(await read());
    assert.ok(left.length >= 2);
    await localnet.epochAfter(left.at(-1)!.data.epoch);
    for (const ticket of left) {
        await inOneEpoch(async before => {
            const held = await localnet.tokens(tokens);
            const { plan, quote } = await planCancelExit(before, { ticket, owner: wallet });
            await send(plan);
            assert.equal((await localnet.tokens(tokens)) - held, quote.returned);
        });
    }
    assert.deepEqual(await ticketsOf(await read()), []);
});

test('the yield is that of the Rust client', async () => {
    const { mine, theirs } = await both('history');
    const entries: Json[] = theirs.entries;
    const [first, newest, before] = [entries[0], entries.at(-1), entries.at(-2)];
    assert.ok(before, 'the ledger has updates of two epochs');
    const last = growthOver(mine, 1n);
    assert.deepEqual([last.since, last.until], [big(before.epoch), big(newest.epoch)]);
    assert.equal(last.seconds, big(newest.seconds));
    assert.ok(Math.abs(last.growth * 100 - newest.growth_percent) < 1e-9);
    const all = growthOver(mine, 180n);
    assert.equal(all.since, big(first.epoch));
    assert.equal(all.seconds, big(newest.timestamp) - big(first.timestamp));
    const [now, then] = [newest, first].map(entry => entry.total_lamports / entry.pool_token_supply);
    assert.ok(Math.abs(all.growth - (now! / then! - 1)) < 1e-12);
    // Epochs of this cluster are too short for a figure for a year: so say both.
    const { theirs: shown } = await both('show');
    assert.equal(shown.yields.at(-1).no_yield_estimate, 'short_epochs');
    assert.throws(() => yieldOver(mine, 180n), { kind: 'ShortEpochs' });
});

test("README's example deposits, requests a ticket and reads the yield", async () => {
    const command = 'node dist/examples/stake.js';
    const readme = readFileSync(new URL('../../../../README.md', import.meta.url), 'utf8');
    assert.ok(readme.includes(command));
    const script = fileURLToPath(new URL('../examples/stake.js', import.meta.url));
    const env = { ...process.env, LOCALNET_FOLDER: localnet.folder };
    const { stdout } = await promisify(execFile)('node', [script], { env });
    assert.match(stdout, /^deposited 5 SOL for \S+ pool tokens\nticket \d+ for \S+ SOL, payable from epoch \d+\n/);
    assert.match(stdout, /\nthe exchange rate grew by \S+ % from epoch \d+ to \d+\n$/);
});

test('the error of a stale pool is typed, before and after sending', async () => {
    const old = await fresh();
    const { plan } = await planDepositSol(old, { from: wallet, lamports: SOL });
    await localnet.epochAfter(old.clock.epoch);
    const expected = { kind: 'StakeListAndPoolOutOfDate', code: 17 };
    const stale = await read();
    await assert.rejects(planDepositSol(stale, { from: wallet, lamports: SOL }), expected);
    await assert.rejects(send(plan), error => {
        const found = errorOfTransaction(error);
        assert.equal(found?.kind, expected.kind, `${error}`);
        assert.ok(found!.remedy.includes('update'));
        return !isSolanaError(error, SOLANA_ERROR__INSTRUCTION_ERROR__CUSTOM) || error.context.code === expected.code;
    });
});

test('a pool without the extension is updated, deposited into and withdrawn from', async () => {
    const { program_id: program } = await localnet.tidepool('show');
    const keys = `${localnet.folder}/plain-keys`;
    const created = await localnet.tidepool(
        ...['create-pool', '--program-id', program, '--max-validators', '10', '--initial-deposit', '10'],
        ...['--without-extension', '--key-directory', keys, '--yes'],
    );
    const plain = created.pool as Address;
    const { validators } = await localnet.tidepool('list');
    await localnet.tidepool('add-validator', plain, validators[0].vote, '--yes');
    await localnet.epochAfter((await read(plain)).clock.epoch);
    const before = await fresh(plain);
    assert.equal(before.extension, null);
    assert.equal(before.validators.length, 1);
    const account = await findTokenAccount(wallet.address, before.data.poolMint, before.data.tokenProgramId);
    const held = await localnet.tokens(account);
    const trade = await planDepositSol(before, { from: wallet, lamports: SOL });
    await send(trade.plan);
    assert.equal((await localnet.tokens(account)) - held, trade.quote.toDepositor);
    const { address: to } = await generateKeyPairSigner();
    const current = await fresh(plain);
    const withdrawal = await planWithdrawSol(current, { owner: wallet, poolTokens: SOL, to });
    await send(withdrawal.plan);
    assert.equal(await localnet.lamports(to), withdrawal.quote.lamports);
    await assert.rejects(planRebalance(current), { kind: 'NotExtended' });
    await assert.rejects(planRequestExit(current, { owner: wallet, poolTokens: SOL }), { kind: 'NotExtended' });
});
