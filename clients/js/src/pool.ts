import {
    type Address,
    type GetMultipleAccountsApi,
    type GetProgramAccountsApi,
    type GetStakeMinimumDelegationApi,
    type Rpc,
    address,
    getBase58Decoder,
    getBase64Encoder,
    unwrapOption,
} from '@solana/kit';

import { findStakeAddresses, type StakeAddresses } from './addresses.js';
import { invalid } from './errors.js';
import {
    type ExitTicket,
    type PoolExtension,
    type StakePool,
    type ValidatorStakeInfo,
    findWithdrawAuthorityPda,
    getExitTicketDecoder,
    getExitTicketSize,
    getPoolExtensionDecoder,
    getStakePoolDecoder,
    getValidatorListDecoder,
} from './generated/index.js';
import { type Quotes, loadQuotes } from './wasm/instance.js';
import { type MaybeAccount, type RawAccount, type SnapshotAccounts } from './wasm/snapshot.js';

export type { MaybeAccount, RawAccount, SnapshotAccounts } from './wasm/snapshot.js';

const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
const RENT = address('SysvarRent111111111111111111111111111111111');
const EPOCH_REWARDS = address('SysvarEpochRewards1111111111111111111111111');
const STAKE_HISTORY = address('SysvarStakeHistory1111111111111111111111111');

/** Offset of the extension, and its first bytes with the version that this client knows. */
const EXTENSION_OFFSET = 611;
const EXTENSION_HEADER = [...new TextEncoder().encode('TIDEPOOL'), 1, 0];

/** Accounts of one request. */
const ACCOUNTS_PER_REQUEST = 100;

/** The cluster's clock. */
export interface Clock {
    readonly slot: bigint;
    readonly epoch: bigint;
    /** Unix time in seconds. */
    readonly unixTimestamp: bigint;
}

/** The stake accounts of a validator; `null` for one that does not exist. */
export interface StakeAccounts {
    readonly validator: RawAccount | null;
    readonly transient: RawAccount | null;
}

/** A validator of the pool. */
export interface Validator {
    /** Index of its record in the list. */
    readonly index: number;
    readonly record: ValidatorStakeInfo;
    /** Its stake accounts, if they were read. */
    readonly accounts: StakeAccounts | undefined;
}

/** A snapshot of a pool. Quotes and plans are computed from it, without further requests. */
export interface Pool {
    readonly address: Address;
    /** The pool's program: the owner of its account. */
    readonly programAddress: Address;
    readonly data: StakePool;
    /** The extension; `null` for a pool of the SPL program. */
    readonly extension: PoolExtension | null;
    readonly withdrawAuthority: Address;
    readonly validators: readonly Validator[];
    readonly maxValidators: number;
    readonly clock: Clock;
    /** The stake program's minimum delegation in lamports. */
    readonly minimumDelegation: bigint;
    readonly accounts: SnapshotAccounts;
    readonly quotes: Quotes;
}

/** The methods that reading a pool takes. */
export type PoolRpc = Rpc<GetMultipleAccountsApi & GetStakeMinimumDelegationApi>;

/** Reads accounts of one state of the cluster, in requests of up to 100. */
export async function fetchAccounts(
    rpc: Rpc<GetMultipleAccountsApi>,
    addresses: readonly Address[],
): Promise<(RawAccount | null)[]> {
    const chunks: Address[][] = [];
    for (let at = 0; at < addresses.length; at += ACCOUNTS_PER_REQUEST) {
        chunks.push(addresses.slice(at, at + ACCOUNTS_PER_REQUEST));
    }
    const read = async (chunk: Address[]): Promise<(RawAccount | null)[]> => {
        const { value } = await rpc.getMultipleAccounts(chunk, { encoding: 'base64' }).send();
        return value.map((account, index) =>
            account === null
                ? null
                : {
                      address: chunk[index]!,
                      owner: account.owner,
                      lamports: account.lamports,
                      data: new Uint8Array(getBase64Encoder().encode(account.data[0])),
                  },
        );
    };
    return (await Promise.all(chunks.map(read))).flat();
}

/**
 * Reads a pool of Tidepool or of the SPL stake pool program, in two requests for accounts. It takes a third for the minimum
 * delegation, unless that is given.
 */
export async function fetchPool(
    rpc: PoolRpc,
    pool: Address,
    options: { readonly minimumDelegation?: bigint } = {},
): Promise<Pool> {
    const [first] = await fetchAccounts(rpc, [pool]);
    if (!first) throw invalid('NotAPool', `account ${pool} does not exist`, 'check the address and the cluster');
    const data = decodePool(first);
    const addresses = [pool, data.validatorList, data.reserveStake, data.poolMint, data.managerFeeAccount];
    const sysvars = [CLOCK, RENT, EPOCH_REWARDS, STAKE_HISTORY];
    const [accounts, minimumDelegation] = await Promise.all([
        fetchAccounts(rpc, [...addresses, ...sysvars]),
        options.minimumDelegation ?? fetchMinimumDelegation(rpc),
    ]);
    const [account, validatorList, reserve, mint, managerFee, clock, rent, epochRewards, stakeHistory] = accounts;
    const need = (account: MaybeAccount, what: string): RawAccount => {
        if (!account) throw invalid('MissingAccount', `the ${what} of pool ${pool} does not exist`, 'check the address');
        return account;
    };
    return createPool(
        {
            pool: need(account, 'account'),
            validatorList: need(validatorList, 'validator list'),
            reserve: need(reserve, 'reserve'),
            mint: need(mint, 'mint'),
            managerFee,
            clock: need(clock, 'clock'),
            rent: need(rent, 'rent sysvar'),
            epochRewards,
            stakeHistory,
        },
        minimumDelegation,
    );
}

async function fetchMinimumDelegation(rpc: Rpc<GetStakeMinimumDelegationApi>): Promise<bigint> {
    return (await rpc.getStakeMinimumDelegation().send()).value;
}

/** Makes a pool of raw accounts, for example of recorded ones. */
export async function createPool(accounts: SnapshotAccounts, minimumDelegation: bigint): Promise<Pool> {
    const { address, owner: programAddress, data: bytes } = accounts.pool;
    const data = decodePool(accounts.pool);
    const extension = EXTENSION_HEADER.every((byte, at) => bytes[EXTENSION_OFFSET + at] === byte)
        ? getPoolExtensionDecoder().decode(bytes, EXTENSION_OFFSET)
        : null;
    const list = getValidatorListDecoder().decode(accounts.validatorList.data);
    const [[withdrawAuthority], quotes] = await Promise.all([
        findWithdrawAuthorityPda({ pool: address }, { programAddress }),
        loadQuotes(),
    ]);
    const validators = list.validators.map((record, index): Validator => ({ index, record, accounts: undefined }));
    return {
        address,
        programAddress,
        data,
        extension,
        withdrawAuthority,
        validators,
        maxValidators: list.maxValidators,
        clock: decodeClock(accounts.clock.data),
        minimumDelegation,
        accounts,
        quotes,
    };
}

function decodePool(account: RawAccount): StakePool {
    if (account.data[0] !== 1) {
        throw invalid('NotAPool', `account ${account.address} is not an initialized stake pool`, 'check its address');
    }
    return getStakePoolDecoder().decode(account.data);
}

function decodeClock(data: Uint8Array): Clock {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    return {
        slot: view.getBigUint64(0, true),
        epoch: view.getBigUint64(16, true),
        unixTimestamp: view.getBigInt64(32, true),
    };
}

/** The validators whose stake accounts are read: all, those with transient stake and removed ones, or these vote accounts. */
export type StakeSelection = 'all' | 'transient' | readonly Address[];

/** Reads the stake accounts of validators. Quotes of stake need those of their validator; updates are cheaper with them. */
export async function fetchStakes(
    rpc: Rpc<GetMultipleAccountsApi>,
    pool: Pool,
    selection: StakeSelection,
): Promise<Pool> {
    const isSelected = ({ record }: Validator): boolean => {
        if (selection === 'all') return true;
        if (selection === 'transient') return record.transientStakeLamports > 0n || record.status !== 0;
        return selection.includes(record.voteAccountAddress);
    };
    const selected = pool.validators.filter(isSelected);
    const addresses = await Promise.all(selected.map(validator => stakeAddresses(pool, validator)));
    const accounts = await fetchAccounts(
        rpc,
        addresses.flatMap(({ validator, transient }) => [validator, transient]),
    );
    const found = new Map(
        selected.map(({ index }, at) => [
            index,
            { validator: accounts[2 * at] ?? null, transient: accounts[2 * at + 1] ?? null },
        ]),
    );
    return withStakes(pool, found);
}

const derived = new WeakMap<ValidatorStakeInfo, Promise<StakeAddresses>>();

/** The addresses of a validator's stake accounts, derived once: a plain pool of 2,000 validators takes seconds for all. */
export function stakeAddresses(pool: Pool, { record }: Validator): Promise<StakeAddresses> {
    const { programAddress, address, extension } = pool;
    const found = derived.get(record) ?? findStakeAddresses(programAddress, address, record, extension !== null);
    derived.set(record, found);
    return found;
}

/** The pool with stake accounts by index of the record. */
export function withStakes(pool: Pool, accounts: ReadonlyMap<number, StakeAccounts>): Pool {
    const validators = pool.validators.map(validator => ({
        ...validator,
        accounts: accounts.get(validator.index) ?? validator.accounts,
    }));
    return { ...pool, validators };
}

/** The validator with a vote account. */
export function findValidator(pool: Pool, vote: Address): Validator | undefined {
    return pool.validators.find(({ record }) => record.voteAccountAddress === vote);
}

/** Whether the pool must be updated before deposits and withdrawals. */
export function isStale(pool: Pool): boolean {
    return pool.data.lastUpdateEpoch < pool.clock.epoch;
}

/** Lamports per pool token. For display only: amounts come from quotes. */
export function exchangeRate(pool: Pool): number {
    return Number(pool.data.totalLamports) / Number(pool.data.poolTokenSupply);
}

/** An exit ticket and its account. */
export interface Ticket {
    readonly account: RawAccount;
    readonly data: ExitTicket;
}

const TICKET_POOL_OFFSET = 8n;

/** The open exit tickets of a pool, oldest first; those of one owner if that is given. */
export async function fetchTickets(
    rpc: Rpc<GetProgramAccountsApi>,
    pool: Pool,
    owner?: Address,
): Promise<Ticket[]> {
    const at = (offset: bigint, bytes: Address) =>
        ({ memcmp: { offset, bytes: bytes as never, encoding: 'base58' } }) as const;
    const found = await rpc
        .getProgramAccounts(pool.programAddress, {
            encoding: 'base64',
            filters: [
                { dataSize: BigInt(getExitTicketSize()) },
                at(TICKET_POOL_OFFSET, pool.address),
                ...(owner ? [at(TICKET_POOL_OFFSET + 32n, owner)] : []),
            ],
        })
        .send();
    const tickets = found.map(({ pubkey, account }) =>
        decodeTicket({
            address: pubkey,
            owner: account.owner,
            lamports: account.lamports,
            data: new Uint8Array(getBase64Encoder().encode(account.data[0])),
        }),
    );
    return tickets.sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
}

/** Decodes the account of an exit ticket. */
export function decodeTicket(account: RawAccount): Ticket {
    return { account, data: getExitTicketDecoder().decode(account.data) };
}

/** The vote account of a stake account with a current or past delegation. */
export function voteOfStake(stake: RawAccount): Address | undefined {
    const [DELEGATED, VOTE] = [2, 124] as const;
    if (stake.data[0] !== DELEGATED || stake.data.length < VOTE + 32) return undefined;
    return getBase58Decoder().decode(stake.data.subarray(VOTE, VOTE + 32)) as Address;
}

/** The signer of SOL deposits or withdrawals that the pool requires, if any. */
export function requiredAuthority(pool: Pool, which: 'solDeposit' | 'solWithdraw'): Address | null {
    const { solDepositAuthority, solWithdrawAuthority } = pool.data;
    return unwrapOption(which === 'solDeposit' ? solDepositAuthority : solWithdrawAuthority);
}
