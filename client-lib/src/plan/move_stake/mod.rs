//! Moves stake from one pool to another, without cool-down and without an epoch of lost rewards.
//!
//! Each part is one transaction: it withdraws a stake account from the first pool straight into the hands of the second pool's
//! deposit authority, and deposits it. All of it takes effect, or nothing: no stake account of a part is ever left between the
//! pools, and an interrupted move is resumed by a new plan for the pool tokens that are left.

mod accepted;
mod build;
mod types;

pub use types::{
    MoveAccount, MoveObstacle, MoveRemainder, MoveRemainderReason, MoveValue, MovedSol, MovedStake, PoolMove,
    PoolMovePlan, UnmovableStake,
};

use {
    super::withdraw::{Draft, Withdrawal, WithdrawalOrder, draft_accepted},
    crate::{
        actions::{TokenSource, associated_token_account},
        checks::{check_no_rewards, check_not_halted, check_up_to_date},
        error::PlanError,
        plan::RemainderReason,
        pool::PoolSnapshot,
        quote::{self, WithdrawFrom, WithdrawalState},
    },
    accepted::{Acceptance, split},
    build::Builder,
    tidepool_core::{
        maths::{ExchangeRate, Lamports, PoolTokens},
        quote::DepositQuote,
    },
    tidepool_interface::StakePoolError,
};

/// Plans a move of stake from the pool `from` to the pool `to`. `new_account` supplies the stake account of the part with the
/// given number, from 0, and of the source with the given index. With `rest_as_sol` its throw-away keys also sign for SOL, one
/// for each withdrawal and one for the deposit.
///
/// Only fully active stake of validators that both pools have is moved: of the first pool's preferred validator first, then of
/// the largest ones; and of the second pool's preferred validator only, if there is one. The snapshot of the first pool must
/// hold all stake accounts, that of the second one those of the validators that both pools have.
///
/// The parts are sent one after the other, so that each yields its quote to the lamport, while neither pool changes
/// otherwise.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals `StakeListAndPoolOutOfDate`, `RateGuardHalt` of the second pool,
/// `SupplyBelowFloor`, `CalculationFailure`; [`PlanError::StakeAccountsNotRead`]; [`PlanError::Invalid`] if both pools are the
/// same, or if one of them has an authority for SOL and `rest_as_sol` is set; errors of `new_account`.
pub fn move_stake(
    from: &PoolSnapshot,
    to: &PoolSnapshot,
    request: &PoolMove,
    new_account: impl FnMut(usize, usize) -> Result<MoveAccount, PlanError>,
) -> Result<PoolMovePlan, PlanError> {
    check_pools(from, to, request)?;
    let Some((first, _)) = request.sources.first() else {
        return Err(PlanError::invalid("a move needs a token account of the first pool: specify one"));
    };
    let mut state = WithdrawalState::new(from, &first.account)?;
    let acceptance = Acceptance::of(from, to, &state)?;
    let accepts = |vote: &_| acceptance.movable.contains_key(vote);
    let withdrawals: Vec<Withdrawal> =
        request.sources.iter().map(|(source, pool_tokens)| withdrawal(request, source, *pool_tokens)).collect();
    let mut builder = Builder::new(from, to, request, new_account);
    let mut left = vec![];
    for (number, withdrawal) in withdrawals.iter().enumerate() {
        let (draft, after) = draft_accepted(from, state.spending(&withdrawal.tokens.account), withdrawal, &accepts)?;
        state = after;
        let Draft { pieces, sol, remainder } = draft;
        for found in pieces {
            builder.add_stake(number, &found.quote)?;
        }
        if let Some(sol) = sol {
            builder.add_withdrawn_sol(number, sol);
        }
        left.extend(remainder);
    }
    let remainder = left.first().map(|first| MoveRemainder {
        pool_tokens: left.iter().fold(0, |sum, left| sum.saturating_add(left.pool_tokens)),
        lamports: left.iter().fold(0, |sum, left| sum.saturating_add(left.lamports)),
        reason: reason(from, &acceptance, first.reason),
    });
    builder.finish(remainder, acceptance.unmovable)
}

fn check_pools(from: &PoolSnapshot, to: &PoolSnapshot, request: &PoolMove) -> Result<(), PlanError> {
    if from.address() == to.address() {
        let pool = from.address();
        return Err(PlanError::invalid(format!("both pools are {pool}: specify two different pools")));
    }
    check_no_rewards(to)?;
    for pool in [from, to] {
        check_up_to_date(pool).map_err(|error| of_pool(pool, error))?;
    }
    check_not_halted(to).map_err(|error| of_pool(to, error))?;
    if request.rest_as_sol.is_none() {
        return Ok(());
    }
    let (withdraws, deposits) = (from.pool().terms.sol_withdraw_authority, to.pool().terms.sol_deposit_authority);
    for (pool, authority, what) in [(from, withdraws, "withdrawals"), (to, deposits, "deposits")] {
        if let Some(authority) = authority {
            return Err(PlanError::invalid(format!(
                "SOL {what} of pool {} need the signature of {authority}: move stake only",
                pool.address()
            )));
        }
    }
    Ok(())
}

/// Adds the pool to a refusal.
fn of_pool(pool: &PoolSnapshot, error: PlanError) -> PlanError {
    match error {
        PlanError::Refused(refusal) => {
            PlanError::refused(refusal.cause, format!("pool {}: {}", pool.address(), refusal.context))
        }
        error => error,
    }
}

fn withdrawal(request: &PoolMove, source: &TokenSource, pool_tokens: u64) -> Withdrawal {
    Withdrawal {
        tokens: *source,
        pool_tokens,
        stake_authority: source.authority,
        payer: request.payer,
        slippage_bps: None,
        take_whole_accounts: false,
        order: request.rest_as_sol.map_or(WithdrawalOrder::StakeOnly, WithdrawalOrder::SolLast),
        wrap: false,
    }
}

/// Why pool tokens stay, where a withdrawal without regard to the second pool leaves them for `reason`.
fn reason(from: &PoolSnapshot, acceptance: &Acceptance, reason: RemainderReason) -> MoveRemainderReason {
    use RemainderReason::{BelowMinimum, NothingToSplit, PreferredBeingRemoved, WholeAccountsOnly, Worthless};
    let preferred = from.pool().terms.preferred_withdraw_validator_vote_address;
    match (reason, preferred.and_then(|preferred| Some((preferred, acceptance.obstacle(&preferred)?.clone())))) {
        (Worthless { .. } | PreferredBeingRemoved { .. }, _) => MoveRemainderReason::Withdrawal(reason),
        (_, Some((preferred, obstacle))) => MoveRemainderReason::Preferred { preferred, obstacle },
        (BelowMinimum { .. }, None) => MoveRemainderReason::Withdrawal(reason),
        (WholeAccountsOnly { .. } | NothingToSplit, None) => MoveRemainderReason::NoMovableStake {
            validators: acceptance.movable.len(),
            lamports: acceptance.movable.values().fold(0, |sum, lamports| sum.saturating_add(*lamports)),
        },
    }
}
