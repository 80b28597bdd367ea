/**
 * Checks an unsigned transaction before a wallet is asked to sign it: the server that built it may be wrong, or lie. Every instruction
 * has to be one that the trade needs, with the accounts of this pool and of the holder, the amounts that the holder has agreed to, and a
 * minimum amount out. Everything else is rejected; nothing is ignored.
 */
import {
    type Address,
    type Instruction,
    address,
    createAddressWithSeed,
    createNoopSigner,
} from '@solana/kit';

import { STAKE_PROGRAM, SYSTEM_PROGRAM } from '../../clients/js/src/addresses.js';
import {
    getCancelExitInstruction,
    getClaimExitInstruction,
    getDepositSolWithSlippageInstruction,
    getDepositSolWithSlippageInstructionDataDecoder,
    getRequestExitInstruction,
    getRequestExitInstructionDataDecoder,
    getWithdrawSolWithSlippageInstruction,
    getWithdrawSolWithSlippageInstructionDataDecoder,
    getWithdrawStakeWithSlippageInstruction,
    getWithdrawStakeWithSlippageInstructionDataDecoder,
} from '../../clients/js/src/generated/instructions/index.js';
import { findTicketPda } from '../../clients/js/src/generated/pdas/index.js';
import {
    cancelExitSentence,
    claimExitSentence,
    depositSolWithSlippageSentence,
    requestExitSentence,
    type Sentence,
    withdrawSolWithSlippageSentence,
    withdrawStakeWithSlippageSentence,
} from '../../clients/js/src/generated/sentences.js';
import { sol, tokens } from './amounts.js';
import { describe } from './describe.js';
import { type Facts, tokenAccount } from './facts.js';
import { type Found, Rejected, equal, read, readCreation } from './message.js';

const ASSOCIATED_TOKEN_PROGRAM = address('ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL');
const CLOCK = address('SysvarC1ock11111111111111111111111111111111');
const STAKE_HISTORY = address('SysvarStakeHistory1111111111111111111111111');

/** Largest rent of a new stake account in lamports: three times that of today, which is 2,282,880. */
const MAX_STAKE_RENT = 7_000_000n;

const STAKE_ACCOUNT_SPACE = 200;

/** What the holder has agreed to. */
export type Agreed =
    | { readonly kind: 'stake'; readonly lamports: bigint; readonly minimumPoolTokens: bigint }
    | { readonly kind: 'unstake'; readonly poolTokens: bigint; readonly minimumLamports: bigint }
    | { readonly kind: 'ticket'; readonly poolTokens: bigint; readonly minimumLamports: bigint }
    | {
          readonly kind: 'unstake-stake';
          /** Pool tokens of all new stake accounts together. */
          readonly poolTokens: bigint;
          /** Lamports of stake of all new stake accounts together, at least. */
          readonly minimumLamports: bigint;
          readonly stakeAccounts: number;
          /** Rent of all new stake accounts together, at most. */
          readonly rentLamports: bigint;
      }
    | AgreedTicket;

/** A ticket that exists. */
export interface AgreedTicket {
    readonly kind: 'claim-ticket' | 'cancel-ticket';
    readonly id: bigint;
    readonly recipient: Address;
}

const isOfTicket = (agreed: Agreed): agreed is AgreedTicket =>
    agreed.kind === 'claim-ticket' || agreed.kind === 'cancel-ticket';

/** A transaction that does what was agreed. */
export interface Checked {
    /** The message that the wallet signs. */
    readonly message: Uint8Array;
    /** What each instruction does, for the person who signs. */
    readonly sentences: readonly string[];
    /** Transaction fee in lamports. */
    readonly fee: bigint;
    /** The minimum amount out, in the unit of the output; `null` for tickets that exist. */
    readonly minimum: bigint | null;
    /** New stake accounts. */
    readonly stakeAccounts: readonly Address[];
}

/** The minimum amount out is below the agreed one: the pool has changed since the quote. */
export class QuoteChanged extends Error {
    override readonly name = 'QuoteChanged';

    constructor() {
        super('the pool has changed since the quote: look at the new one, then sign again');
    }
}

/**
 * Checks a transaction of `wallet`.
 *
 * @throws {Rejected} if it does anything else than agreed.
 * @throws {QuoteChanged} if it differs in the minimum amount out alone.
 */
export async function check(
    bytes: Uint8Array,
    facts: Facts,
    wallet: Address,
    agreed: Agreed,
): Promise<Checked> {
    const { bytes: message, instructions, fee } = read(bytes, wallet);
    const checker = await Checker.of(facts, wallet, agreed);
    for (const found of instructions) await checker.take(found);
    return { message, fee, ...checker.close() };
}

/** The creation of an associated token account: `1` is the idempotent one. */
interface TokenAccount {
    readonly account: Address;
    readonly owner: Address;
    readonly name: string;
}

/** Takes the instructions of a transaction one by one, and says at the end whether they are complete. */
class Checker {
    private readonly sentences: string[] = [];
    /** New stake accounts that no withdrawal fills yet, and those that are filled. */
    private readonly created = new Set<Address>();
    private readonly filled: Address[] = [];
    private poolTokens = 0n;
    private minimum = 0n;
    private rent = 0n;
    private trades = 0;
    private creations = 0;

    private constructor(
        private readonly facts: Facts,
        private readonly wallet: Address,
        private readonly agreed: Agreed,
        private readonly own: Address,
        private readonly ticket: Address | null,
        private readonly named: ReadonlyMap<string, string>,
    ) {}

    static async of(facts: Facts, wallet: Address, agreed: Agreed): Promise<Checker> {
        const own = await tokenAccount(facts, wallet);
        const ticket = isOfTicket(agreed)
            ? (await findTicketPda({ pool: facts.pool, id: agreed.id }, { programAddress: facts.program }))[0]
            : null;
        const named = new Map<string, string>([
            [wallet, 'your wallet'],
            [own, 'your token account'],
            [facts.pool, `${facts.pool} of this page`],
        ]);
        if (isOfTicket(agreed)) named.set(ticket!, `${agreed.id}`);
        return new Checker(facts, wallet, agreed, own, ticket, named);
    }

    async take(found: Found): Promise<void> {
        if (found.program === this.facts.program) return this.takeTrade(found);
        if (found.program === ASSOCIATED_TOKEN_PROGRAM) return this.takeTokenAccount(found);
        if (found.program === SYSTEM_PROGRAM) return this.takeStakeAccount(found);
        throw new Rejected(`it calls the program ${found.program}`);
    }

    /** The result, if nothing is missing. */
    close(): Pick<Checked, 'sentences' | 'minimum' | 'stakeAccounts'> {
        const { agreed } = this;
        const trades = agreed.kind === 'unstake-stake' ? agreed.stakeAccounts : 1;
        if (this.trades !== trades || this.created.size > 0) throw new Rejected('an instruction is missing');
        if (isOfTicket(agreed)) {
            return { sentences: this.sentences, minimum: null, stakeAccounts: [] };
        }
        if (agreed.kind !== 'stake' && this.poolTokens !== agreed.poolTokens) {
            throw new Rejected(`it gives ${tokens(this.poolTokens)}`);
        }
        if (agreed.kind === 'unstake-stake' && this.rent > agreed.rentLamports) {
            throw new Rejected(`its new stake accounts take ${sol(this.rent)} of rent`);
        }
        const least = agreed.kind === 'stake' ? agreed.minimumPoolTokens : agreed.minimumLamports;
        if (this.minimum < least) throw new QuoteChanged();
        return { sentences: this.sentences, minimum: this.minimum, stakeAccounts: this.filled };
    }

    private takeTrade(found: Found): void {
        this.trades += 1;
        const { facts, wallet, own, agreed } = this;
        const pool = {
            pool: facts.pool,
            withdrawAuthority: facts.withdrawAuthority,
            managerFeeAccount: facts.managerFee,
            poolMint: facts.mint,
            tokenProgram: facts.tokenProgram,
        };
        const signer = createNoopSigner(wallet);
        const config = { programAddress: facts.program };
        const decode = <T>(decoder: { decode(bytes: Uint8Array): T }): T => {
            try {
                return decoder.decode(found.data);
            } catch {
                throw new Rejected('an instruction is malformed');
            }
        };
        // The instruction as it has to be, around the amounts that were found.
        const same = (expected: Instruction, sentence: Sentence, data: Readonly<Record<string, unknown>> = {}): void => {
            if (!equal(expected.data ?? [], found.data)) throw new Rejected('it has another instruction of the pool');
            this.sameAccounts(expected.accounts?.map(account => account.address) ?? [], found, sentence);
            this.sentences.push(describe(sentence, data, found.accounts, this.named));
        };
        switch (agreed.kind) {
            case 'stake': {
                const data = decode(getDepositSolWithSlippageInstructionDataDecoder());
                const accounts = {
                    ...{ reserveStake: facts.reserve, lamportsFrom: signer, poolTokensTo: own, referrerFeeAccount: own },
                };
                same(
                    getDepositSolWithSlippageInstruction({ ...pool, ...accounts, ...data }, config),
                    depositSolWithSlippageSentence,
                    data,
                );
                if (data.lamportsIn !== agreed.lamports) throw new Rejected(`it deposits ${sol(data.lamportsIn)}`);
                this.minimum = data.minimumPoolTokensOut;
                return;
            }
            case 'unstake': {
                const data = decode(getWithdrawSolWithSlippageInstructionDataDecoder());
                const accounts = {
                    ...{ userTransferAuthority: signer, poolTokensFrom: own, reserveStake: facts.reserve },
                    ...{ lamportsTo: wallet, clock: CLOCK, stakeHistory: STAKE_HISTORY, stakeProgram: STAKE_PROGRAM },
                };
                same(
                    getWithdrawSolWithSlippageInstruction({ ...pool, ...accounts, ...data }, config),
                    withdrawSolWithSlippageSentence,
                    data,
                );
                [this.poolTokens, this.minimum] = [data.poolTokensIn, data.minimumLamportsOut];
                return;
            }
            case 'ticket': {
                const data = decode(getRequestExitInstructionDataDecoder());
                // The ticket's address follows from its number, which the program checks.
                const ticket = found.accounts[5] ?? facts.pool;
                const accounts = {
                    ...{ owner: signer, poolTokensFrom: own, escrow: facts.escrow, ticket },
                    ...{ recipient: wallet, payer: signer },
                };
                same(getRequestExitInstruction({ ...pool, ...accounts, ...data }, config), requestExitSentence, data);
                [this.poolTokens, this.minimum] = [data.poolTokens, data.minimumLamports];
                return;
            }
            case 'unstake-stake': {
                const data = decode(getWithdrawStakeWithSlippageInstructionDataDecoder());
                // The program takes stake accounts of this pool only.
                const [, , , splitFrom = facts.pool, splitTo = facts.pool] = found.accounts;
                const accounts = {
                    ...{ validatorList: facts.validatorList, splitFrom, splitTo, userStakeAuthority: wallet },
                    ...{ userTransferAuthority: signer, poolTokensFrom: own, clock: CLOCK, stakeProgram: STAKE_PROGRAM },
                };
                same(
                    getWithdrawStakeWithSlippageInstruction({ ...pool, ...accounts, ...data }, config),
                    withdrawStakeWithSlippageSentence,
                    data,
                );
                if (!this.created.delete(splitTo)) throw new Rejected(`it fills the stake account ${splitTo}`);
                if (splitFrom === wallet || splitFrom === own) throw new Rejected('it splits an account of yours');
                this.filled.push(splitTo);
                this.poolTokens += data.poolTokensIn;
                this.minimum += data.minimumLamportsOut;
                return;
            }
            case 'claim-ticket': {
                const accounts = {
                    ...{ ticket: this.ticket!, ticketOwner: wallet, recipient: agreed.recipient, escrow: facts.escrow },
                    ...{ reserveStake: facts.reserve, clock: CLOCK, stakeHistory: STAKE_HISTORY, stakeProgram: STAKE_PROGRAM },
                };
                return same(getClaimExitInstruction({ ...pool, ...accounts }, config), claimExitSentence);
            }
            case 'cancel-ticket': {
                const accounts = { ticket: this.ticket!, ticketOwner: signer, poolTokensTo: own, escrow: facts.escrow };
                return same(getCancelExitInstruction({ ...pool, ...accounts }, config), cancelExitSentence);
            }
        }
    }

    private sameAccounts(expected: readonly Address[], found: Found, sentence: Sentence): void {
        const wrong = expected.findIndex((address, at) => found.accounts[at] !== address);
        if (wrong >= 0) throw new Rejected(`its ${words(sentence.accounts[wrong] ?? 'account')} is ${found.accounts[wrong]}`);
        if (found.accounts.length !== expected.length) throw new Rejected('an instruction has another number of accounts');
    }

    /** The holder's token account, or for the pool's first ticket the escrow: both by the idempotent instruction. */
    private takeTokenAccount({ accounts, data }: Found): void {
        const { facts, wallet, own, agreed } = this;
        const created: TokenAccount | null =
            agreed.kind === 'stake' || agreed.kind === 'cancel-ticket'
                ? { account: own, owner: wallet, name: 'your token account' }
                : agreed.kind === 'ticket'
                  ? { account: facts.escrow, owner: facts.withdrawAuthority, name: "the pool's account for tickets" }
                  : null;
        const expected = created && [wallet, created.account, created.owner, facts.mint, SYSTEM_PROGRAM, facts.tokenProgram];
        this.creations += 1;
        const isSame = expected && equal(data, [1]) && `${expected}` === `${accounts}` && this.creations === 1;
        if (!isSame) throw new Rejected('it creates another token account');
        this.sentences.push(`Create ${created.name} if it does not exist, with rent from your wallet`);
    }

    /** A new stake account at an address derived from the wallet's: `CreateAccountWithSeed`. */
    private async takeStakeAccount({ accounts, data }: Found): Promise<void> {
        const { wallet, agreed } = this;
        const reject = (): never => {
            throw new Rejected('it has an instruction of the system program');
        };
        if (agreed.kind !== 'unstake-stake') return reject();
        const seeded = readCreation(data);
        if (!seeded || accounts[0] !== wallet || accounts.length > 3 || accounts.some((one, at) => at > 1 && one !== wallet)) {
            return reject();
        }
        const { base, seed, lamports, space, owner } = seeded;
        if (base !== wallet || owner !== STAKE_PROGRAM || space !== STAKE_ACCOUNT_SPACE) return reject();
        const derived = await createAddressWithSeed({ baseAddress: wallet, programAddress: STAKE_PROGRAM, seed });
        if (accounts[1] !== derived || this.created.has(derived) || this.filled.includes(derived)) return reject();
        if (lamports > MAX_STAKE_RENT) throw new Rejected(`a new stake account takes ${sol(lamports)} of rent`);
        this.created.add(derived);
        this.rent += lamports;
        this.sentences.push(`Create the stake account ${derived}, with ${sol(lamports)} of rent from your wallet`);
    }
}

/** `poolTokensTo` as "pool tokens to". */
const words = (name: string): string => name.replace(/[A-Z]/g, letter => ` ${letter.toLowerCase()}`);
