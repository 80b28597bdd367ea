import { type Address, AccountRole, type Instruction, createNoopSigner, getTransactionDecoder, getTransactionEncoder } from '@solana/kit';
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { SYSTEM_PROGRAM } from '../../clients/js/src/addresses.js';
import { type Agreed, QuoteChanged, check } from '../src/check.js';
import { Rejected } from '../src/message.js';
import * as made from './transactions.js';
import { FACTS, OWN, RENT, THIEF, TICKET, WALLET, numbered, transactionOf } from './transactions.js';

// Every lie that a server could build into a transaction is rejected, and honest transactions of each kind are not.

const STAKE: Agreed = { kind: 'stake', lamports: 1_000n, minimumPoolTokens: 900n };
const UNSTAKE: Agreed = { kind: 'unstake', poolTokens: 1_000n, minimumLamports: 900n };
const EXIT: Agreed = { kind: 'ticket', poolTokens: 1_000n, minimumLamports: 900n };
const CLAIM: Agreed = { kind: 'claim-ticket', id: TICKET, recipient: WALLET };
const CANCEL: Agreed = { kind: 'cancel-ticket', id: TICKET, recipient: WALLET };
const AS_STAKE = (stakeAccounts: number): Agreed => ({
    kind: 'unstake-stake',
    poolTokens: 1_000n * BigInt(stakeAccounts),
    minimumLamports: 900n * BigInt(stakeAccounts),
    stakeAccounts,
    rentLamports: RENT * BigInt(stakeAccounts),
});

const LIMITS = [made.units(200_000), made.loaded(65_536)];
const SEED = 'tidepool 0';
const NEW = await made.stakeAccount(SEED);
const CREATION = made.createStakeAccount({ account: NEW, seed: SEED });
const OTHER_SIGNER = createNoopSigner(THIEF);

const checked = (agreed: Agreed, instructions: readonly Instruction[], facts = FACTS) =>
    check(transactionOf(instructions), facts, WALLET, agreed);

const rejects = (what: string, agreed: Agreed, instructions: readonly Instruction[], expected = /./) =>
    assert.rejects(checked(agreed, instructions), error => {
        assert.ok(error instanceof Rejected, `${what}: ${error}`);
        assert.match(error.message, expected, what);
        return true;
    });

test('accepts honest transactions, and says what they do', async () => {
    const stake = await checked(STAKE, [...LIMITS, made.createTokenAccount(OWN, WALLET), made.deposit()]);
    assert.deepEqual(stake.sentences, [
        'Create your token account if it does not exist, with rent from your wallet',
        `Deposit 0.000001 SOL into the pool ${FACTS.pool} of this page for at least 0.0000009 pool tokens to your token account`,
    ]);
    assert.deepEqual([stake.fee, stake.minimum], [5_000n, 900n]);
    const unstake = await checked(UNSTAKE, [made.withdraw(), ...LIMITS, made.price(10_000n)]);
    assert.match(unstake.sentences[0]!, /^Withdraw at least 0.0000009 SOL .* for 0.000001 pool tokens to your wallet$/);
    assert.equal(unstake.fee, 7_000n, '200,000 units at 0.01 lamports');
    const first = made.createTokenAccount(FACTS.escrow, FACTS.withdrawAuthority);
    assert.equal((await checked(EXIT, [first, made.requestExit()])).sentences.length, 2);
    assert.match((await checked(CLAIM, [await made.claim()])).sentences[0]!, /^Pay the exit ticket 7 .* to your wallet$/);
    assert.match((await checked(CANCEL, [await made.cancel()])).sentences[0]!, /^Cancel the exit ticket 7 /);
    const next = await made.stakeAccount('tidepool 1');
    const two = [CREATION, made.withdrawStake(NEW), made.createStakeAccount({ account: next, seed: 'tidepool 1' }), made.withdrawStake(next)];
    assert.deepEqual((await checked(AS_STAKE(2), [...two, ...LIMITS])).stakeAccounts, [NEW, next]);
});

test('accepts a minimum above the agreed one, and asks again below it', async () => {
    assert.equal((await checked(STAKE, [made.deposit({ minimumPoolTokensOut: 901n })])).minimum, 901n);
    const lower: [Agreed, Instruction[]][] = [
        [STAKE, [made.deposit({ minimumPoolTokensOut: 899n })]],
        [STAKE, [made.deposit({ minimumPoolTokensOut: 0n })]],
        [UNSTAKE, [made.withdraw({ minimumLamportsOut: 899n })]],
        [EXIT, [made.requestExit({ minimumLamports: 899n })]],
        [AS_STAKE(1), [CREATION, made.withdrawStake(NEW, { minimumLamportsOut: 899n })]],
    ];
    for (const [agreed, instructions] of lower) await assert.rejects(checked(agreed, instructions), QuoteChanged, agreed.kind);
});

test('rejects other amounts', async () => {
    await rejects('a larger deposit', STAKE, [made.deposit({ lamportsIn: 1_001n })], /deposits 0.000001001 SOL/);
    await rejects('a smaller deposit', STAKE, [made.deposit({ lamportsIn: 999n })]);
    await rejects('more pool tokens', UNSTAKE, [made.withdraw({ poolTokensIn: 1_001n })], /gives 0.000001001 pool tokens/);
    await rejects('more pool tokens for a ticket', EXIT, [made.requestExit({ poolTokens: 2_000n })]);
    await rejects('more pool tokens for stake', AS_STAKE(1), [CREATION, made.withdrawStake(NEW, { poolTokensIn: 1_001n })]);
    const rent = made.createStakeAccount({ account: NEW, seed: SEED, lamports: RENT + 1n });
    await rejects('more rent than quoted', AS_STAKE(1), [rent, made.withdrawStake(NEW)], /of rent/);
    const huge = { ...AS_STAKE(1), rentLamports: 1n << 60n } as Agreed;
    const million = made.createStakeAccount({ account: NEW, seed: SEED, lamports: 1_000_000_000n });
    await rejects('a rent that is no rent, also if quoted', huge, [million, made.withdrawStake(NEW)], /of rent/);
});

test('rejects another account in each place of each instruction', async () => {
    const kinds: [Agreed, Instruction[], number, readonly number[]][] = [
        [STAKE, [made.deposit()], 0, []],
        [UNSTAKE, [made.withdraw()], 0, []],
        // The program derives the ticket from the pool's next number.
        [EXIT, [made.requestExit()], 0, [5]],
        // The program takes stake of the pool only; another new account has to be created.
        [AS_STAKE(1), [CREATION, made.withdrawStake(NEW)], 1, [3]],
        [CLAIM, [await made.claim()], 0, []],
        [CANCEL, [await made.cancel()], 0, []],
    ];
    for (const [agreed, instructions, at, free] of kinds) {
        const { accounts = [] } = instructions[at]!;
        assert.ok(accounts.length > 6, agreed.kind);
        for (const place of accounts.keys()) {
            const replaced = accounts.map((account, index) =>
                index === place ? { ...account, address: numbered(77), role: AccountRole.WRITABLE } : account,
            );
            const changed = instructions.map((one, index) => (index === at ? { ...one, accounts: replaced } : one));
            if (free.includes(place)) await checked(agreed, changed);
            else await rejects(`${agreed.kind}: account ${place}`, agreed, changed);
        }
        for (const other of [accounts.slice(0, -1), [...accounts, { address: THIEF, role: AccountRole.READONLY }]]) {
            const changed = instructions.map((one, index) => (index === at ? { ...one, accounts: other } : one));
            await rejects(`${agreed.kind}: ${other.length} accounts`, agreed, changed);
        }
    }
    await rejects('stake from an account of the holder', AS_STAKE(1), [CREATION, made.withdrawStake(NEW, { splitFrom: OWN })]);
});

test('names the account that differs', async () => {
    await rejects('tokens to a thief', STAKE, [made.deposit({ poolTokensTo: THIEF })], new RegExp(`its pool tokens to is ${THIEF}`));
    await rejects('lamports to a thief', UNSTAKE, [made.withdraw({ lamportsTo: THIEF })], /its lamports to is/);
    await rejects('another recipient', EXIT, [made.requestExit({ recipient: THIEF })], /its recipient is/);
    await rejects('stake of a thief', AS_STAKE(1), [CREATION, made.withdrawStake(NEW, { userStakeAuthority: THIEF })], /its user stake authority is/);
});

test('rejects other instructions, and more or fewer of them', async () => {
    await rejects('a transfer', STAKE, [made.deposit(), made.transfer(WALLET, THIEF, 1n)], /system program/);
    await rejects('a transfer before a withdrawal', AS_STAKE(1), [made.transfer(WALLET, THIEF, 1n), CREATION, made.withdrawStake(NEW)]);
    await rejects('another program', STAKE, [made.deposit(), { programAddress: THIEF, accounts: [], data: new Uint8Array() }], /calls the program/);
    await rejects('a pool of another program', STAKE, [made.deposit({}, { ...FACTS, program: THIEF })], /calls the program/);
    await rejects('a withdrawal in place of a deposit', STAKE, [made.withdraw()]);
    await rejects('a ticket in place of SOL', UNSTAKE, [made.requestExit()]);
    await rejects('two deposits', STAKE, [made.deposit(), made.deposit()], /missing/);
    await rejects('none', STAKE, LIMITS, /missing/);
    await rejects('another ticket', CLAIM, [await made.claim({ ticket: await made.ticketAddress(8n) })], /its ticket is/);
    const approve: Instruction = {
        programAddress: FACTS.tokenProgram,
        accounts: [
            { address: OWN, role: AccountRole.WRITABLE },
            { address: THIEF, role: AccountRole.READONLY },
            { address: WALLET, role: AccountRole.READONLY_SIGNER },
        ],
        data: Uint8Array.from([4, ...made.u64(1_000n)]),
    };
    await rejects('an approval of tokens', UNSTAKE, [approve, made.withdraw()], /calls the program/);
    const longer = { ...made.deposit(), data: Uint8Array.from([...made.deposit().data!, 0]) };
    await rejects('bytes after the arguments', STAKE, [longer]);
    const plain = { ...made.deposit(), data: Uint8Array.from([14, ...made.u64(1_000n)]) };
    await rejects('a deposit without a minimum', STAKE, [plain]);
});

test('rejects other new accounts', async () => {
    await rejects('a token account of a thief', STAKE, [made.createTokenAccount(OWN, THIEF), made.deposit()], /token account/);
    await rejects('another token account', STAKE, [made.createTokenAccount(numbered(5), WALLET), made.deposit()]);
    await rejects('not the idempotent creation', STAKE, [made.createTokenAccount(OWN, WALLET, 0), made.deposit()]);
    await rejects('two token accounts', STAKE, [made.createTokenAccount(OWN, WALLET), made.createTokenAccount(OWN, WALLET), made.deposit()]);
    await rejects('a token account for a withdrawal', UNSTAKE, [made.createTokenAccount(OWN, WALLET), made.withdraw()]);
    const stake = (changed: Partial<made.Creation>) => [
        made.createStakeAccount({ account: NEW, seed: SEED, ...changed }),
        made.withdrawStake(changed.account ?? NEW),
    ];
    await rejects('another base', AS_STAKE(1), stake({ base: THIEF }));
    await rejects('another owner', AS_STAKE(1), stake({ owner: SYSTEM_PROGRAM }));
    await rejects('another length', AS_STAKE(1), stake({ space: 10_000n }));
    await rejects('an address of another seed', AS_STAKE(1), stake({ seed: 'other' }));
    await rejects('an account that exists', AS_STAKE(1), [made.withdrawStake(NEW)], /fills the stake account/);
    await rejects('an account that stays empty', AS_STAKE(1), [CREATION, CREATION, made.withdrawStake(NEW)]);
    await rejects('one account filled twice', AS_STAKE(2), [CREATION, made.withdrawStake(NEW), made.withdrawStake(NEW)]);
    const unused = made.createStakeAccount({ account: await made.stakeAccount('x'), seed: 'x' });
    await rejects('one account more', AS_STAKE(1), [CREATION, made.withdrawStake(NEW), unused]);
    await rejects('a stake account for a deposit', STAKE, [CREATION, made.deposit()]);
});

test('rejects other fees', async () => {
    await rejects('a high price', STAKE, [made.deposit(), made.units(1_400_000), made.price(10_000_000n)], /priority fee/);
    await rejects('a price without a limit', STAKE, [made.deposit(), made.price(1n)]);
    await rejects('a limit twice', STAKE, [made.deposit(), made.units(1), made.units(2)]);
    await rejects('an unknown limit', STAKE, [made.deposit(), made.budget([0, 0, 0, 0, 0])]);
    await rejects('a limit with accounts', STAKE, [
        made.deposit(),
        { ...made.units(1), accounts: [{ address: THIEF, role: AccountRole.WRITABLE }] },
    ]);
    const most = await checked(STAKE, [made.deposit(), made.units(1_000_000), made.price(5_000_000n)]);
    assert.equal(most.fee, 5_005_000n);
});

test('rejects other signers, lookup tables, signatures and bytes', async () => {
    const malformed = (bytes: Uint8Array, expected: RegExp) => assert.rejects(check(bytes, FACTS, WALLET, STAKE), expected);
    await malformed(transactionOf([made.deposit()], THIEF), /another wallet pays|another signature/);
    await malformed(transactionOf([made.deposit({ lamportsFrom: OTHER_SIGNER })]), /another signature/);
    const honest = transactionOf([made.deposit()]);
    await malformed(Uint8Array.from([...honest, 0]), /malformed/);
    await malformed(honest.slice(0, -1), /malformed/);
    await malformed(new Uint8Array(), /malformed/);
    const decoded = getTransactionDecoder().decode(honest);
    const signed = { ...decoded, signatures: { [WALLET]: new Uint8Array(64).fill(1) } };
    await malformed(new Uint8Array(getTransactionEncoder().encode(signed as never)), /is signed/);
    // Version 0 is accepted without lookup tables only.
    const later = transactionOf([made.deposit()], WALLET, 0);
    await check(later, FACTS, WALLET, STAKE);
    assert.equal(later.at(-1), 0, 'the number of lookup tables comes last');
    const table = [...new Uint8Array(32).fill(9), 0, 1, 0];
    await malformed(Uint8Array.from([...later.slice(0, -1), 1, ...table]), /lookup table/);
});

test('rejects accounts of another pool on the same program', async () => {
    for (const name of ['pool', 'mint', 'reserve', 'managerFee'] as const) {
        const other = { ...FACTS, [name]: numbered(66) as Address };
        await assert.rejects(checked(STAKE, [made.deposit()], other), Rejected, name);
    }
});
