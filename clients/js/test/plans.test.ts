import {
    type Address,
    type Instruction,
    type TransactionSigner,
    AccountRole,
    compileTransactionMessage,
    createNoopSigner,
    getAddressDecoder,
    getCompiledTransactionMessageDecoder,
    getCompiledTransactionMessageEncoder,
    getTransactionMessageComputeUnitLimit,
    getTransactionMessageLoadedAccountsDataSizeLimit,
    getTransactionMessageSize,
    getTransactionMessageSizeLimit,
} from '@solana/kit';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
    type InstructionGroup,
    type Plan,
    type Pool,
    type TransactionFormat,
    StakePoolError,
    condition,
    createPool,
    generated,
    packPlan,
    planClaims,
    planDepositSol,
    planRebalance,
    planRequestExit,
    planUpdate,
    planWithdrawSol,
    quoteRebalance,
    stakeAddresses,
    decodeTicket,
} from '../src/index.js';
import { cases } from './vectors.js';

const someone = (byte: number): Address => getAddressDecoder().decode(new Uint8Array(32).fill(byte));
const WALLET: TransactionSigner = createNoopSigner(someone(7));

/** Cases in which the program takes trades. */
async function open(isExtended: boolean) {
    const all = await cases();
    const found = [];
    for (const one of all) {
        if ((one.pool.extension !== null) !== isExtended || condition(one.pool).rewardsAreBeingPaid) continue;
        try {
            const trade = await planDepositSol(one.pool, { from: WALLET, lamports: 10n ** 10n });
            found.push({ ...one, trade });
        } catch (error) {
            assert.ok(error instanceof StakePoolError, `${error}`);
        }
    }
    assert.ok(found.length > 20);
    return found;
}

const instructionsOf = (plan: Plan): Instruction[] =>
    plan.flatMap(({ groups }) => groups.flatMap(({ instructions }) => instructions));

test('a deposit names the accounts of the pool, and accepts no less than its minimum', async () => {
    for (const { pool, trade } of await open(true)) {
        const [creation, instruction] = instructionsOf(trade.plan);
        assert.equal(creation!.accounts!.length, 6);
        const parsed = generated.parseDepositSolWithSlippageInstruction(instruction as never);
        assert.equal(parsed.programAddress, pool.programAddress);
        assert.equal(parsed.data.lamportsIn, 10n ** 10n);
        assert.equal(parsed.data.minimumPoolTokensOut, trade.minimum);
        assert.equal(parsed.accounts.reserveStake.address, pool.data.reserveStake);
        assert.equal(parsed.accounts.poolMint.address, pool.data.poolMint);
        assert.equal(parsed.accounts.lamportsFrom.role, AccountRole.WRITABLE_SIGNER);
    }
});

test('a slippage of 100 % is no bound', async () => {
    const { pool } = (await open(false))[0]!;
    const input = { from: WALLET, lamports: 10n ** 10n, maxSlippageBps: 10_000 };
    const { plan, minimum } = await planDepositSol(pool, input);
    assert.equal(minimum, undefined);
    const parsed = generated.parseDepositSolInstruction(instructionsOf(plan)[1] as never);
    assert.equal(parsed.data.lamports, 10n ** 10n);
});

test('trades that need an authority are rejected without it', async () => {
    const all = (await cases()).filter(({ pool }) => pool.data.solWithdrawAuthority.__option === 'Some');
    assert.ok(all.length > 10);
    const kinds = new Set<string>();
    for (const { pool } of all) {
        const plan = planWithdrawSol(pool, { owner: WALLET, poolTokens: 10n ** 9n });
        await assert.rejects(plan, (error: StakePoolError) => Boolean(kinds.add(error.kind)));
    }
    assert.ok(kinds.has('SignatureMissing'), [...kinds].join());
});

/** Checks each transaction, and returns their number. */
function check(plan: Plan, format: TransactionFormat): number {
    const packed = packPlan(plan, { ...format, feePayer: WALLET, computeUnitPrice: 1_000n }).flat();
    for (const { message } of packed) {
        assert.ok(getTransactionMessageSize(message) <= getTransactionMessageSizeLimit(message));
        assert.ok(getTransactionMessageComputeUnitLimit(message)! <= 1_400_000);
        const loaded = getTransactionMessageLoadedAccountsDataSizeLimit(message)!;
        assert.ok(loaded > 20 * 1024 * 1024 && loaded <= 64 * 1024 * 1024, `${loaded}`);
        const lifetime = { blockhash: someone(3) as never, lastValidBlockHeight: 1n };
        const compiled = compileTransactionMessage({ ...message, lifetimeConstraint: lifetime } as never);
        const bytes = getCompiledTransactionMessageEncoder().encode(compiled as never);
        assert.equal(getCompiledTransactionMessageDecoder().decode(bytes).version, format.version ?? 'legacy');
        const { staticAccounts, ...rest } = compiled as { staticAccounts: Address[]; addressTableLookups?: Lookup[] };
        const looked = (rest.addressTableLookups ?? []).flatMap(table => [
            ...table.readonlyIndexes,
            ...table.writableIndexes,
        ]);
        assert.ok(staticAccounts.length + looked.length <= 64);
    }
    return packed.length;
}

interface Lookup {
    readonly readonlyIndexes: readonly number[];
    readonly writableIndexes: readonly number[];
}

const RECORD = 73;
const HEADER = 9;

/** The pool with a list of `count` validators, stale or not. */
async function withValidators(pool: Pool, count: number, epoch: bigint): Promise<Pool> {
    const records = Array.from({ length: count }, (_, index) => ({
        ...pool.validators[index % pool.validators.length]!.record,
        voteAccountAddress: getAddressDecoder().decode(
            Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? index % 256 : at === 1 ? index >> 8 : 5)),
        ),
        lastUpdateEpoch: epoch,
        status: 0,
    }));
    const data = new Uint8Array(HEADER + RECORD * count);
    data.set(generated.getValidatorListEncoder().encode({ maxValidators: count, validators: records }));
    const { accounts, minimumDelegation } = pool;
    return createPool({ ...accounts, validatorList: { ...accounts.validatorList, data } }, minimumDelegation);
}

const isUpdate = ({ label }: InstructionGroup): boolean => label.startsWith('update validators');

test('an update names each stale record once, in transactions within all limits', async () => {
    for (const isExtended of [true, false]) {
        const found = (await open(isExtended)).find(({ pool }) => pool.validators.length > 3)!.pool;
        assert.deepEqual(await planUpdate(found), []);
        const pool = await withValidators(found, 120, found.clock.epoch - 1n);
        const addresses = await Promise.all(pool.validators.map(validator => stakeAddresses(pool, validator)));
        const tables = { [someone(8)]: addresses.flatMap(pair => Object.values(pair)) };
        const counts = await Promise.all(([{}, { version: 0, lookupTables: tables }, { version: 1 }] as TransactionFormat[]).map(
            async format => {
                const plan = await planUpdate(pool, format);
                const updates = instructionsOf(plan.map(stage => ({ ...stage, groups: stage.groups.filter(isUpdate) })));
                const named = updates.flatMap(({ accounts }) => accounts!.map(({ address }) => address));
                for (const { index, record } of pool.validators) {
                    const { validator, transient } = addresses[index]!;
                    assert.equal(named.filter(address => address === validator).length, 1);
                    const hasTransient = !isExtended || record.transientStakeLamports > 0n;
                    assert.equal(named.includes(transient), hasTransient);
                }
                const [first] = updates;
                const data = isExtended
                    ? generated.parseUpdateValidatorsInstruction(first as never).data
                    : generated.parseUpdateValidatorListBalanceInstruction(first as never).data;
                assert.equal(data.startIndex, 0);
                assert.ok(plan.some(({ name }) => name === 'update the pool'));
                return check(plan, format);
            },
        ));
        // Longer transactions are fewer.
        assert.ok(counts[1]! < counts[0]! && counts[2]! < counts[0]!, `${counts}`);
    }
});

test('a rebalance names the validators that move, recalls first', async () => {
    let moved = 0;
    for (const { pool } of await open(true)) {
        const { plan, movements } = await planRebalance(pool);
        const expected = quoteRebalance(pool).movements.filter(({ direction }) => direction !== undefined);
        assert.equal(movements.length, expected.length);
        const addresses = await Promise.all(pool.validators.map(validator => stakeAddresses(pool, validator)));
        const named = instructionsOf(plan).flatMap(instruction => {
            const { data } = generated.parseRebalanceInstruction(instruction as never);
            const more = instruction.accounts!.slice(10);
            assert.equal(more.length, 3 * data.indices.length);
            data.indices.forEach((index, at) => {
                const { record } = pool.validators[index]!;
                const [vote, validator, transient] = more.slice(3 * at);
                assert.deepEqual(vote, { address: record.voteAccountAddress, role: AccountRole.READONLY });
                assert.deepEqual(validator, { address: addresses[index]!.validator, role: AccountRole.WRITABLE });
                const isPresent = record.transientStakeLamports > 0n;
                assert.equal(transient!.address === addresses[index]!.transient, isPresent);
            });
            return data.indices;
        });
        assert.deepEqual(
            [...named].sort((a, b) => a - b),
            expected.map(({ validator }) => validator.index),
        );
        check(plan, {});
        moved += movements.length;
    }
    assert.ok(moved > 50);
});

test('claims are paid from the smallest on, as far as the reserve goes', async () => {
    let [paid, waiting] = [0, 0];
    for (const { pool, tickets } of await open(true)) {
        const decoded = tickets.filter(({ data }) => data[0] === 3).map(decodeTicket);
        const plan = await planClaims(pool, decoded);
        assert.equal(plan.claims.length + plan.waiting.length, decoded.length);
        const smallest = plan.claims.map(({ lamports }) => lamports);
        assert.deepEqual(smallest, [...smallest].sort((a, b) => (a < b ? -1 : 1)));
        assert.equal(check(plan.plan, {}), plan.claims.length);
        [paid, waiting] = [paid + plan.claims.length, waiting + plan.waiting.length];
    }
    assert.ok(paid > 5 && waiting > 5, `${paid} ${waiting}`);
});

test('a request creates the escrow account for the first ticket only', async () => {
    let requests = 0;
    for (const { pool } of await open(true)) {
        const requesting = planRequestExit(pool, { owner: WALLET, poolTokens: 10n ** 9n });
        const [{ status }] = await Promise.allSettled([requesting] as const);
        if (status === 'rejected') {
            await assert.rejects(requesting, StakePoolError);
            continue;
        }
        const request = await requesting;
        requests += 1;
        const instructions = instructionsOf(request.plan);
        assert.equal(instructions.length, pool.extension!.tickets.nextId === 0n ? 2 : 1);
        const parsed = generated.parseRequestExitInstruction(instructions.at(-1) as never);
        assert.equal(parsed.accounts.ticket.address, request.ticket);
        assert.equal(parsed.data.minimumLamports, request.minimum);
    }
    assert.ok(requests > 10);
});
