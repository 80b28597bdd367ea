//! Plans withdrawals of any amount: SOL from the reserve, stake from as few validators as possible, and the remainder
//! with its reason.

mod compare;
mod inverse;
mod search;
mod stages;
mod types;

pub use {
    compare::better_withdrawal,
    inverse::pool_tokens_for_lamports,
    types::{Piece, Remainder, RemainderReason, Withdrawal, WithdrawalOrder, WithdrawalPlan},
};

pub(super) use search::{Draft, draft_accepted};

use {
    crate::{
        actions::{NewStakeAccount, WithdrawSol, Wrap},
        error::PlanError,
        pool::PoolSnapshot,
    },
    stages::Stages,
};

/// Plans a withdrawal in few pieces and in the fewest transactions. `new_account` supplies the stake account of the
/// piece with the given number, from 0.
///
/// The program prescribes the order of sources: the preferred validator, then active stake, then transient stake, then
/// whole accounts or the reserve. Within one source, stake that earns least comes first (inactive, deactivating,
/// activating, active), then the validator with most. If SOL needs the signature of the pool's SOL withdraw authority,
/// the reserve comes last, or first ([`WithdrawalOrder::ReserveFirst`]).
///
/// Pieces of one stage are independent. In another order than quoted, each may yield a lamport more or less.
///
/// # Errors
/// [`PlanError::EpochRewardsActive`]; refusals: `StakeListAndPoolOutOfDate`, `WithdrawalTooSmall`,
/// `CalculationFailure`, and for [`WithdrawalOrder::SolOnly`] `SolWithdrawalTooLarge`; errors of `new_account`.
pub fn withdraw(
    snapshot: &PoolSnapshot,
    withdrawal: &Withdrawal,
    mut new_account: impl FnMut(usize) -> Result<NewStakeAccount, PlanError>,
) -> Result<WithdrawalPlan, PlanError> {
    let draft = search::draft(snapshot, withdrawal)?;
    let mut stages = Stages::new(snapshot, withdrawal);
    let sol = draft.sol.zip(withdrawal.order.sol_to()).map(|(quote, to)| WithdrawSol {
        tokens: withdrawal.tokens,
        pool_tokens: quote.burnt.get().saturating_add(quote.fee.get()),
        to,
        wrap: if withdrawal.wrap { Wrap::Associated } else { Wrap::No },
        payer: withdrawal.payer,
        minimum_lamports: withdrawal.minimum_of(quote.lamports.get()),
    });
    let is_last = matches!(withdrawal.order, WithdrawalOrder::SolLast(_));
    if let Some(sol) = sol.filter(|_| !is_last) {
        stages.add_sol(&sol);
    }
    let mut pieces = Vec::with_capacity(draft.pieces.len());
    for found in draft.pieces {
        let to = new_account(pieces.len())?;
        stages.add_stake(&found, &to);
        pieces.push(Piece { quote: found.quote, to });
    }
    if let Some(sol) = sol.filter(|_| is_last) {
        stages.add_sol(&sol);
    }
    let rent_lamports = snapshot.environment().stake_rent().saturating_mul(pieces.len() as u64);
    Ok(WithdrawalPlan { plan: stages.plan(), pieces, sol: draft.sol, remainder: draft.remainder, rent_lamports })
}
