import { rebalanceUnits } from '../compute.js';
import { findTransientStake } from '../addresses.js';
import { getRebalanceInstruction } from '../generated/index.js';
import { type Pool, stakeAddresses } from '../pool.js';
import { type Movement, type RebalanceQuote, quoteRebalance } from '../quotes.js';
import { type InstructionGroup, type Plan, type TransactionFormat, fits } from '../transactions.js';
import { readonly, writable } from './foreign.js';
import { accountsOf } from './trades.js';
import { withAccounts } from './update.js';

export interface RebalancePlan {
    readonly quote: RebalanceQuote;
    /** Movements of the plan. */
    readonly movements: readonly Movement[];
    readonly plan: Plan;
}

const LOG_BYTES = { base: 455 + 335, increase: 100 + 2 * 253, decrease: 100 + 3 * 253 };
const TRACE = { base: 2, increase: 3, decrease: 4 };

/** Stake that returns to where it came from. */
const isTakenBack = ({ direction }: Movement): boolean => direction === 'recall' || direction === 'keep';

const ORDER = { recall: 0, keep: 0, increase: 1, decrease: 2 } as const;

/**
 * Moves stake of an extended pool towards the weights. Permissionless.
 *
 * Recalls come in a stage of their own: their lamports may allow further increases. Send the plan, read the pool, and plan again,
 * until nothing moves. The result depends neither on the order nor on who sends.
 */
export async function planRebalance(pool: Pool, format: TransactionFormat = {}): Promise<RebalancePlan> {
    const quote = quoteRebalance(pool);
    const movements = quote.movements
        .filter(({ direction }) => direction !== undefined)
        .sort((a, b) => ORDER[a.direction!] - ORDER[b.direction!] || (a.lamports < b.lamports ? 1 : -1));
    const stages = [movements.filter(isTakenBack), movements.filter(movement => !isTakenBack(movement))];
    const plan: { name: string; groups: InstructionGroup[] }[] = [];
    for (const stage of stages) {
        const groups: InstructionGroup[] = [];
        let open: Movement[] = [];
        for (const movement of stage) {
            const larger = [...open, movement];
            if (open.length > 0 && !fits(await rebalanceGroup(pool, larger, quote), format)) {
                groups.push(await rebalanceGroup(pool, open, quote));
                open = [movement];
            } else {
                open = larger;
            }
        }
        if (open.length > 0) groups.push(await rebalanceGroup(pool, open, quote));
        if (groups.length > 0) plan.push({ name: 'rebalance', groups });
    }
    return { quote, movements, plan };
}

async function rebalanceGroup(
    pool: Pool,
    movements: readonly Movement[],
    quote: RebalanceQuote,
): Promise<InstructionGroup> {
    const { programAddress, address } = pool;
    const metas = movements.map(async ({ validator }) => {
        const { voteAccountAddress: vote, transientStakeLamports, transientSeedSuffix } = validator.record;
        // Present transient stake keeps its seed; new stake takes the next one.
        const isPresent = transientStakeLamports > 0n;
        const addresses = await stakeAddresses(pool, validator);
        const transient = isPresent
            ? addresses.transient
            : await findTransientStake(programAddress, address, vote, BigInt.asUintN(64, transientSeedSuffix + 1n));
        return [readonly(vote), writable(addresses.validator), writable(transient)];
    });
    const instruction = getRebalanceInstruction(
        { ...accountsOf(pool), indices: movements.map(({ validator }) => validator.index), validators: [] },
        { programAddress },
    );
    const increases = movements.filter(({ direction }) => direction === 'increase').length;
    const decreases = movements.length - increases;
    const count = movements.length;
    return {
        label: `rebalance ${count} validator${count === 1 ? '' : 's'}`,
        instructions: [withAccounts(instruction, (await Promise.all(metas)).flat())],
        computeUnits: rebalanceUnits(pool, count, quote.selections),
        logBytes: LOG_BYTES.base + LOG_BYTES.increase * increases + LOG_BYTES.decrease * decreases,
        trace: TRACE.base + TRACE.increase * increases + TRACE.decrease * decreases,
        isAlone: true,
    };
}
