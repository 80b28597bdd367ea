import { type Address, type TransactionSigner } from '@solana/kit';

import { CANCEL_EXIT, CLAIM_EXIT, CREATE_TOKEN_ACCOUNT, REQUEST_EXIT } from '../compute.js';
import { errorOfCode, invalid } from '../errors.js';
import {
    type PoolExtension,
    findEscrowPda,
    findTicketPda,
    getCancelExitInstruction,
    getClaimExitInstruction,
    getRequestExitInstruction,
} from '../generated/index.js';
import { type Pool, type Ticket } from '../pool.js';
import {
    type CancellationQuote,
    type ExitQuote,
    condition,
    minimumOut,
    quoteCancellation,
    quoteClaim,
    quoteExit,
} from '../quotes.js';
import { type Plan, group } from '../transactions.js';
import { createTokenAccount } from './foreign.js';
import { type Slippage, type TokenReceiver, type Trade, accountsOf, receiver, source } from './trades.js';

export function extensionOf(pool: Pool): PoolExtension {
    if (!pool.extension) {
        const remedy = 'its manager can add it with `tidepool extend-pool`';
        throw invalid('NotExtended', `pool ${pool.address} has no extension`, remedy);
    }
    return pool.extension;
}

/** The token account that holds the pool tokens of open tickets. */
async function escrowOf(pool: Pool): Promise<Address> {
    const { tickets } = extensionOf(pool);
    if (tickets.nextId > 0n) return tickets.escrow;
    const { withdrawAuthority, tokenProgram, poolMint } = accountsOf(pool);
    const [escrow] = await findEscrowPda({ withdrawAuthority, tokenProgram, poolMint });
    return escrow;
}

async function ticketAddress(pool: Pool, id: bigint): Promise<Address> {
    const [ticket] = await findTicketPda({ pool: pool.address, id }, { programAddress: pool.programAddress });
    return ticket;
}

export interface RequestExitInput extends Slippage {
    /** Owns the pool tokens, and the ticket. */
    readonly owner: TransactionSigner;
    readonly poolTokens: bigint;
    /** The token account; the associated one of the owner by default. */
    readonly from?: Address;
    /** Receives the lamports; the owner by default. */
    readonly recipient?: Address;
    /** Pays the rent of the ticket, which its owner gets back; the owner by default. */
    readonly payer?: TransactionSigner;
}

/** A request of a ticket. */
export interface ExitRequest extends Trade<ExitQuote> {
    /** Id and address of the ticket. If another request lands first, the program rejects this one with `WrongTicket`. */
    readonly id: bigint;
    readonly ticket: Address;
}

/** Requests an exit ticket, which is paid in SOL as soon as the reserve can. */
export async function planRequestExit(pool: Pool, input: RequestExitInput): Promise<ExitRequest> {
    const { owner, poolTokens, payer = owner } = input;
    const id = extensionOf(pool).tickets.nextId;
    const from = await source(pool, input);
    const quote = quoteExit(pool, { poolTokens, from });
    const minimum = minimumOut(quote.lamports, input.maxSlippageBps ?? 10);
    const [escrow, ticket] = await Promise.all([escrowOf(pool), ticketAddress(pool, id)]);
    const instruction = getRequestExitInstruction(
        {
            ...accountsOf(pool),
            owner,
            poolTokensFrom: from,
            escrow,
            ticket,
            recipient: input.recipient ?? owner.address,
            payer,
            poolTokens,
            minimumLamports: minimum ?? 0n,
        },
        { programAddress: pool.programAddress },
    );
    const { poolMint: mint, tokenProgram } = accountsOf(pool);
    const creation = createTokenAccount({ payer, account: escrow, owner: pool.withdrawAuthority, mint, tokenProgram });
    const instructions = id === 0n ? [creation, instruction] : [instruction];
    const units = REQUEST_EXIT + (id === 0n ? CREATE_TOKEN_ACCOUNT : 0);
    const groups = [group(pool, `request exit ticket ${id}`, instructions, units)];
    return { quote, minimum, id, ticket, plan: [{ name: 'request', groups }] };
}

/** A payment of a ticket. */
export interface Claim {
    readonly ticket: Ticket;
    /** Lamports that it pays now. */
    readonly lamports: bigint;
}

/** Payments of tickets. */
export interface ClaimPlan {
    readonly plan: Plan;
    /** Tickets that are paid, smallest first. */
    readonly claims: readonly Claim[];
    /** Tickets that the reserve cannot pay yet. */
    readonly waiting: readonly Claim[];
}

const STALE = 17;

/** Pays as many of the tickets as the reserve can: the smallest first, the oldest of equal ones. Permissionless. */
export async function planClaims(pool: Pool, tickets: readonly Ticket[]): Promise<ClaimPlan> {
    extensionOf(pool);
    const state = condition(pool);
    if (state.rewardsAreBeingPaid) throw errorOfCode(-5);
    if (state.isStale) throw errorOfCode(STALE);
    const all = tickets.map(ticket => ({ ticket, lamports: quoteClaim(pool, ticket) }));
    const order = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);
    all.sort((a, b) => order(a.lamports, b.lamports) || order(a.ticket.data.id, b.ticket.data.id));
    let [reserve, total] = [state.reserveLamports, pool.data.totalLamports];
    const [claims, waiting]: [Claim[], Claim[]] = [[], []];
    for (const claim of all) {
        // Without stake, no decrease can need the rents that stay in the reserve.
        const kept = total > reserve ? state.workingLamports : 0n;
        if (claim.lamports + kept > reserve) {
            waiting.push(claim);
            continue;
        }
        [reserve, total] = [reserve - claim.lamports, total - claim.lamports];
        claims.push(claim);
    }
    const escrow = await escrowOf(pool);
    const groups = claims.map(({ ticket: { account, data } }) => ({
        ...group(
            pool,
            `pay exit ticket ${data.id}`,
            [
                getClaimExitInstruction(
                    {
                        ...accountsOf(pool),
                        ticket: account.address,
                        ticketOwner: data.owner,
                        recipient: data.recipient,
                        escrow,
                    },
                    { programAddress: pool.programAddress },
                ),
            ],
            CLAIM_EXIT,
        ),
        // A recipient that cannot receive lamports fails no other claim.
        isAlone: true,
    }));
    return { plan: groups.length > 0 ? [{ name: 'pay exit tickets', groups }] : [], claims, waiting };
}

export interface CancelExitInput {
    readonly ticket: Ticket;
    readonly owner: TransactionSigner;
    /** Receives the pool tokens; the owner by default. */
    readonly to?: TokenReceiver;
}

/** Cancels a ticket, from the epoch after its request on. */
export async function planCancelExit(
    pool: Pool,
    input: CancelExitInput,
): Promise<{ readonly quote: CancellationQuote; readonly plan: Plan }> {
    const { ticket, owner } = input;
    const quote = quoteCancellation(pool, ticket);
    const { account, creation } = await receiver(pool, input.to ?? { wallet: owner.address }, owner);
    const instruction = getCancelExitInstruction(
        {
            ...accountsOf(pool),
            ticket: ticket.account.address,
            ticketOwner: owner,
            poolTokensTo: account,
            escrow: await escrowOf(pool),
        },
        { programAddress: pool.programAddress },
    );
    const units = CANCEL_EXIT + CREATE_TOKEN_ACCOUNT;
    const groups = [group(pool, `cancel exit ticket ${ticket.data.id}`, [...creation, instruction], units)];
    return { quote, plan: [{ name: 'cancel', groups }] };
}
