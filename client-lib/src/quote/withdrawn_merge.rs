//! Merges of withdrawn stake into a stake account of the holder.

use {
    super::{MergeKind, StakeCondition, StakeWithdrawalQuote, WithdrawFrom, merge_kind, merged_delegation},
    crate::{error::PlanError, pool::PoolSnapshot},
    solana_account::Account,
    solana_address::Address,
    solana_stake_interface::{
        error::StakeError,
        state::{Authorized, Lockup, StakeStateV2},
    },
    tidepool_core::withdrawal::StakeSource,
};

/// Checks that stake withdrawn by `quote` can be merged into the stake account `destination` at `address`. `authority`
/// is staker and withdrawer of the new account. Returns the condition of the merged stake.
///
/// # Errors
/// Refusals `MergeMismatch` and `MergeTransientStake` of the stake program; [`PlanError::StakeAccountsNotRead`].
pub fn check_withdrawn_merge(
    snapshot: &PoolSnapshot,
    quote: &StakeWithdrawalQuote,
    authority: &Address,
    (address, destination): (&Address, &Account),
) -> Result<StakeCondition, PlanError> {
    let environment = snapshot.environment();
    let mismatch = |what: String| {
        let advice = "withdraw into another stake account, or into a new one";
        PlanError::refused(StakeError::MergeMismatch, format!("stake account {address} {what}: {advice}"))
    };
    let source = match quote.from {
        WithdrawFrom::Reserve => &snapshot.accounts().reserve_stake,
        WithdrawFrom::Validator(vote) => {
            let missing = PlanError::StakeAccountsNotRead { vote };
            let validator = snapshot.validator(&vote).ok_or(missing.clone())?;
            let transient = validator.transient_stake().filter(|_| quote.source == Some(StakeSource::Transient));
            transient.or_else(|| validator.validator_stake()).ok_or(missing)?
        }
    };
    let state = |account: &Account| match bincode::deserialize(&account.data) {
        Ok(StakeStateV2::Initialized(meta)) => Some((meta, None)),
        Ok(StakeStateV2::Stake(meta, stake, _)) => Some((meta, Some(stake.delegation.voter_pubkey))),
        Ok(StakeStateV2::Uninitialized | StakeStateV2::RewardsPool) | Err(_) => None,
    };
    let (into, into_vote) = state(destination).ok_or_else(|| mismatch("is not initialized".into()))?;
    let (from, from_vote) = state(source).ok_or_else(|| mismatch("cannot be merged with stake of the pool".into()))?;
    if into.authorized != Authorized::auto(authority) {
        let Authorized { staker, withdrawer } = into.authorized;
        let what = format!("has staker {staker} and withdrawer {withdrawer}, and the withdrawn stake has {authority}");
        return Err(mismatch(what));
    }
    let in_force = |lockup: &Lockup| lockup.is_in_force(&environment.clock, None);
    if into.lockup != from.lockup && (in_force(&into.lockup) || in_force(&from.lockup)) {
        return Err(mismatch("has a lockup that the withdrawn stake does not have".into()));
    }
    let kind = |account, whose: &str| {
        merge_kind(account, environment).map_err(|error| {
            let what = format!("{whose} is partly activating or deactivating");
            PlanError::refused(error, format!("{what}, and cannot be merged: retry in the next epoch"))
        })
    };
    let into_kind = kind(destination, &format!("the stake of account {address}"))?;
    let from_kind = kind(source, "the withdrawn stake")?;
    merged_delegation(&into_kind, &from_kind).map_err(|_| {
        mismatch(format!("has {} stake, and the withdrawn stake is {}", into_kind.name(), from_kind.name()))
    })?;
    let is_delegated = |kind: &MergeKind| !matches!(kind, MergeKind::Inactive { .. });
    if is_delegated(&into_kind) && is_delegated(&from_kind) && into_vote != from_vote {
        let [into, from] = [into_vote, from_vote].map(Option::unwrap_or_default);
        return Err(mismatch(format!("is delegated to {into}, and the withdrawn stake to {from}")));
    }
    StakeCondition::of(destination, environment).ok_or_else(|| mismatch("is not initialized".into()))
}
