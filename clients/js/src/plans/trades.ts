import { type Address, type Instruction, type TransactionSigner } from '@solana/kit';

import { findTokenAccount } from '../addresses.js';
import { CREATE_TOKEN_ACCOUNT, FOREIGN, poolBounds } from '../compute.js';
import { invalid } from '../errors.js';
import {
    findDepositAuthorityPda,
    getDepositSolInstruction,
    getDepositSolWithSlippageInstruction,
    getDepositStakeInstruction,
    getDepositStakeWithSlippageInstruction,
    getWithdrawSolInstruction,
    getWithdrawSolWithSlippageInstruction,
    getWithdrawStakeInstruction,
    getWithdrawStakeWithSlippageInstruction,
} from '../generated/index.js';
import { type Pool, type RawAccount, findValidator, requiredAuthority, stakeAddresses, voteOfStake } from '../pool.js';
import {
    type SolDepositQuote,
    type StakeDepositQuote,
    type StakeWithdrawalQuote,
    type WithdrawalQuote,
    condition,
    minimumOut,
    quoteDepositSol,
    quoteDepositStake,
    quoteWithdrawSol,
    quoteWithdrawStake,
} from '../quotes.js';
import { type Plan, group } from '../transactions.js';
import { authorizeStake, createStakeAccount, createTokenAccount } from './foreign.js';

/** A quote, and the plan that carries it out. */
export interface Trade<Quote> {
    readonly quote: Quote;
    /** The minimum that the plan accepts; `undefined` for none. */
    readonly minimum: bigint | undefined;
    readonly plan: Plan;
}

/** What a trade accepts at least. */
export interface Slippage {
    /** In basis points of the quote: 10, or 0.1 %, by default. */
    readonly maxSlippageBps?: number;
}

const DEFAULT_SLIPPAGE_BPS = 10;

const accepted = (quoted: bigint, { maxSlippageBps = DEFAULT_SLIPPAGE_BPS }: Slippage): bigint | undefined =>
    minimumOut(quoted, maxSlippageBps);

/** The pool's own accounts, by the names of instructions. */
export function accountsOf(pool: Pool) {
    const { data, withdrawAuthority } = pool;
    return {
        pool: pool.address,
        withdrawAuthority,
        validatorList: data.validatorList,
        reserveStake: data.reserveStake,
        managerFeeAccount: data.managerFeeAccount,
        poolMint: data.poolMint,
        tokenProgram: data.tokenProgramId,
    };
}

/** The authority that the pool requires to sign, if any. */
function authority(
    pool: Pool,
    which: 'solDeposit' | 'solWithdraw',
    signer: TransactionSigner | undefined,
): TransactionSigner | undefined {
    const required = requiredAuthority(pool, which);
    if (required === null) return undefined;
    if (signer?.address === required) return signer;
    const what = which === 'solDeposit' ? 'deposits' : 'withdrawals';
    throw invalid('SignatureMissing', `SOL ${what} of this pool need the signature of ${required}`, 'pass it as `authority`');
}

/** Receives pool tokens: a wallet (its associated token account, created where missing) or a token account. */
export type TokenReceiver = { readonly wallet: Address } | { readonly tokenAccount: Address };

export async function receiver(
    pool: Pool,
    to: TokenReceiver,
    payer: TransactionSigner,
): Promise<{ readonly account: Address; readonly creation: readonly Instruction[] }> {
    if ('tokenAccount' in to) return { account: to.tokenAccount, creation: [] };
    const { poolMint: mint, tokenProgramId: tokenProgram } = pool.data;
    const account = await findTokenAccount(to.wallet, mint, tokenProgram);
    return { account, creation: [createTokenAccount({ payer, account, owner: to.wallet, mint, tokenProgram })] };
}

export interface DepositSolInput extends Slippage {
    /** Pays the lamports, and the rent of a new token account. */
    readonly from: TransactionSigner;
    readonly lamports: bigint;
    /** Receives the pool tokens; `from` by default. */
    readonly to?: TokenReceiver;
    /** Token account for the referral fee; that of the receiver by default. */
    readonly referrer?: Address;
    /** The pool's SOL deposit authority, where it has one. */
    readonly authority?: TransactionSigner;
}

/** Deposits SOL. */
export async function planDepositSol(pool: Pool, input: DepositSolInput): Promise<Trade<SolDepositQuote>> {
    const { from, lamports } = input;
    const quote = quoteDepositSol(pool, { lamports });
    const minimum = accepted(quote.toDepositor, input);
    const { account, creation } = await receiver(pool, input.to ?? { wallet: from.address }, from);
    const solDepositAuthority = authority(pool, 'solDeposit', input.authority);
    const accounts = {
        ...accountsOf(pool),
        lamportsFrom: from,
        poolTokensTo: account,
        referrerFeeAccount: input.referrer ?? account,
        ...(solDepositAuthority && { solDepositAuthority }),
    };
    const config = { programAddress: pool.programAddress };
    const instruction =
        minimum === undefined
            ? getDepositSolInstruction({ ...accounts, lamports }, config)
            : getDepositSolWithSlippageInstruction(
                  { ...accounts, lamportsIn: lamports, minimumPoolTokensOut: minimum },
                  config,
              );
    const units = poolBounds(pool).depositSol + CREATE_TOKEN_ACCOUNT;
    const groups = [group(pool, 'deposit SOL', [...creation, instruction], units)];
    return { quote, minimum, plan: [{ name: 'deposit', groups }] };
}

export interface WithdrawSolInput extends Slippage {
    /** Owns the pool tokens. */
    readonly owner: TransactionSigner;
    readonly poolTokens: bigint;
    /** The token account; the associated one of the owner by default. */
    readonly from?: Address;
    /** Receives the lamports; the owner by default. */
    readonly to?: Address;
    /** The pool's SOL withdraw authority, where it has one. */
    readonly authority?: TransactionSigner;
}

/** The token account that pool tokens are taken from. */
export function source(pool: Pool, input: { readonly owner: TransactionSigner; readonly from?: Address }) {
    const { poolMint, tokenProgramId } = pool.data;
    return input.from ?? findTokenAccount(input.owner.address, poolMint, tokenProgramId);
}

/** Withdraws SOL from the reserve. */
export async function planWithdrawSol(pool: Pool, input: WithdrawSolInput): Promise<Trade<WithdrawalQuote>> {
    const { owner, poolTokens } = input;
    const from = await source(pool, input);
    const quote = quoteWithdrawSol(pool, { poolTokens, from });
    const minimum = accepted(quote.lamports, input);
    const solWithdrawAuthority = authority(pool, 'solWithdraw', input.authority);
    const accounts = {
        ...accountsOf(pool),
        userTransferAuthority: owner,
        poolTokensFrom: from,
        lamportsTo: input.to ?? owner.address,
        ...(solWithdrawAuthority && { solWithdrawAuthority }),
    };
    const config = { programAddress: pool.programAddress };
    const instruction =
        minimum === undefined
            ? getWithdrawSolInstruction({ ...accounts, poolTokens }, config)
            : getWithdrawSolWithSlippageInstruction(
                  { ...accounts, poolTokensIn: poolTokens, minimumLamportsOut: minimum },
                  config,
              );
    const groups = [group(pool, 'withdraw SOL', [instruction], poolBounds(pool).withdrawSol)];
    return { quote, minimum, plan: [{ name: 'withdraw', groups }] };
}

export interface DepositStakeInput extends Slippage {
    /** The stake account. */
    readonly stake: RawAccount;
    /** Its withdraw authority. */
    readonly withdrawer: TransactionSigner;
    /** Pays the rent of a new token account; the withdrawer by default. */
    readonly payer?: TransactionSigner;
    readonly to?: TokenReceiver;
    readonly referrer?: Address;
    /** The pool's stake deposit authority, where it is not the default one. */
    readonly authority?: TransactionSigner;
}

/** Deposits a whole stake account. The pool must have been read with the stake accounts of its validator. */
export async function planDepositStake(pool: Pool, input: DepositStakeInput): Promise<Trade<StakeDepositQuote>> {
    const { stake, withdrawer } = input;
    const quote = quoteDepositStake(pool, { stake });
    const minimum = accepted(quote.toDepositor, input);
    const { validator: validatorStake } = await stakeAddresses(pool, findValidator(pool, voteOfStake(stake)!)!);
    const { account, creation } = await receiver(
        pool,
        input.to ?? { wallet: withdrawer.address },
        input.payer ?? withdrawer,
    );
    const config = { programAddress: pool.programAddress };
    const [byDefault] = await findDepositAuthorityPda({ pool: pool.address }, config);
    const named = pool.data.stakeDepositAuthority;
    if (named !== byDefault && input.authority?.address !== named) {
        const cause = `stake deposits of this pool need the signature of ${named}`;
        throw invalid('SignatureMissing', cause, 'pass it as `authority`');
    }
    const accounts = {
        ...accountsOf(pool),
        stakeDepositAuthority: named === byDefault ? named : input.authority!,
        depositStake: stake.address,
        validatorStake,
        poolTokensTo: account,
        referrerFeeAccount: input.referrer ?? account,
    };
    const instruction =
        minimum === undefined
            ? getDepositStakeInstruction(accounts, config)
            : getDepositStakeWithSlippageInstruction({ ...accounts, minimumPoolTokensOut: minimum }, config);
    const handOver = (['staker', 'withdrawer'] as const).map(which =>
        authorizeStake(stake.address, withdrawer, named, which),
    );
    const units = poolBounds(pool).depositStake + CREATE_TOKEN_ACCOUNT + 2 * FOREIGN;
    const label = `deposit stake account ${stake.address}`;
    const groups = [group(pool, label, [...creation, ...handOver, instruction], units)];
    return { quote, minimum, plan: [{ name: 'deposit', groups }] };
}

export interface WithdrawStakeInput extends Slippage {
    /** Owns the pool tokens, pays the rent of the stake account, and becomes its staker and withdrawer. */
    readonly owner: TransactionSigner;
    readonly poolTokens: bigint;
    /** The validator (its vote account), or the reserve. */
    readonly vote: Address | 'reserve';
    /** The key of the new stake account. */
    readonly stakeAccount: TransactionSigner;
    readonly from?: Address;
    /** Staker and withdrawer of the new stake account; the owner by default. */
    readonly stakeAuthority?: Address;
}

/** The account that a withdrawal splits. */
async function splitFrom(pool: Pool, vote: Address | 'reserve', quote: StakeWithdrawalQuote): Promise<Address> {
    if (vote === 'reserve') return pool.data.reserveStake;
    const { validator, transient } = await stakeAddresses(pool, findValidator(pool, vote)!);
    return quote.source === 'transientStake' ? transient : validator;
}

/** Withdraws a stake account. */
export async function planWithdrawStake(pool: Pool, input: WithdrawStakeInput): Promise<Trade<StakeWithdrawalQuote>> {
    const { owner, poolTokens, vote, stakeAccount } = input;
    const from = await source(pool, input);
    const quote = quoteWithdrawStake(pool, { vote, poolTokens, from });
    const minimum = accepted(quote.lamports, input);
    const accounts = {
        ...accountsOf(pool),
        splitFrom: await splitFrom(pool, vote, quote),
        splitTo: stakeAccount.address,
        userStakeAuthority: input.stakeAuthority ?? owner.address,
        userTransferAuthority: owner,
        poolTokensFrom: from,
    };
    const config = { programAddress: pool.programAddress };
    const instruction =
        minimum === undefined
            ? getWithdrawStakeInstruction({ ...accounts, poolTokens }, config)
            : getWithdrawStakeWithSlippageInstruction(
                  { ...accounts, poolTokensIn: poolTokens, minimumLamportsOut: minimum },
                  config,
              );
    const creation = createStakeAccount(owner, stakeAccount, condition(pool).stakeRent);
    const units = poolBounds(pool).withdrawStake + FOREIGN;
    const label = vote === 'reserve' ? 'withdraw a stake account from the reserve' : `withdraw stake from validator ${vote}`;
    const groups = [group(pool, label, [creation, instruction], units)];
    return { quote, minimum, plan: [{ name: 'withdraw', groups }] };
}
