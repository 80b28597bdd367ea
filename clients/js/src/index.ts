/**
 * A client of stake pools for `@solana/kit`: read a pool, quote to the lamport, plan, send.
 *
 * @packageDocumentation
 */
export * from './addresses.js';
export * from './errors.js';
export * as generated from './generated/index.js';
export * as sentences from './generated/sentences.js';
export * from './plans/rebalance.js';
export {
    type Claim,
    type ClaimPlan,
    type CancelExitInput,
    type ExitRequest,
    type RequestExitInput,
    planCancelExit,
    planClaims,
    planRequestExit,
} from './plans/tickets.js';
export {
    type DepositSolInput,
    type DepositStakeInput,
    type Slippage,
    type TokenReceiver,
    type Trade,
    type WithdrawSolInput,
    type WithdrawStakeInput,
    planDepositSol,
    planDepositStake,
    planWithdrawSol,
    planWithdrawStake,
} from './plans/trades.js';
export { type UpdateOptions, planUpdate } from './plans/update.js';
export * from './pool.js';
export * from './quotes.js';
export * from './send.js';
export { type InstructionGroup, type PackOptions, type PackedTransaction, type Plan, type Stage, type TransactionFormat, packPlan } from './transactions.js';
