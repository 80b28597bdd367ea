//! Plans: pure functions from a snapshot to a [`Plan`].

mod addresses;
mod claims;
mod demotions;
mod deposit_stakes;
mod explain;
mod move_stake;
mod rebalance;
mod split_reserve;
mod update;
mod withdraw;

#[cfg(test)]
mod tests;

pub use crate::transaction::{InstructionGroup, Plan, Stage, Step};
pub use {
    addresses::{LookupContent, lookup_addresses, update_addresses},
    claims::{Claim, ClaimPlan, claims},
    demotions::{DemotionPlan, VoteAccounts, demotion_grounds, demotion_of, demotions, judged_votes},
    deposit_stakes::{SkippedStake, StakeDeposit, StakeDepositPlan, StakeDeposits, deposit_stakes},
    explain::{NextStep, StakeExplanation, TransientStake, explain_stake},
    move_stake::{
        MoveAccount, MoveObstacle, MoveRemainder, MoveRemainderReason, MoveValue, MovedSol, MovedStake, PoolMove,
        PoolMovePlan, UnmovableStake, move_stake,
    },
    rebalance::{
        Direction, IdleStake, Obstacle, RebalanceOptions, RebalancePlan, StakeMovement, Unmoved, UnmovedReason, held,
        rebalance,
    },
    split_reserve::{Shares, SplitReservePlan, split_reserve},
    update::{Sweep, UpdateOptions, compact_chunk, idle_lamports, list_chunk, mergeable, sweepable, update},
    withdraw::{
        Piece, Remainder, RemainderReason, Withdrawal, WithdrawalOrder, WithdrawalPlan, better_withdrawal,
        pool_tokens_for_lamports, withdraw,
    },
};
