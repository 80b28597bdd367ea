//! Validators whose stake can leave one pool and enter another.

use {
    super::types::{MoveObstacle, UnmovableStake},
    crate::{
        error::PlanError,
        pool::PoolSnapshot,
        quote::{self, StakeActivation, WithdrawalState},
    },
    solana_account::Account,
    solana_address::Address,
    solana_stake_interface::state::{Authorized, StakeStateV2},
    std::{cmp::Reverse, collections::BTreeMap},
    tidepool_core::withdrawal::StakeSource,
    tidepool_interface::{STAKE_ACCOUNT_SPACE, address::STAKE_PROGRAM_ID, state::StakeStatus},
};

/// The validators of the first pool with stake that can be withdrawn.
pub(super) struct Acceptance {
    /// Vote accounts of those whose stake can be moved, with these lamports.
    pub movable: BTreeMap<Address, u64>,
    /// The others, the largest first.
    pub unmovable: Vec<UnmovableStake>,
}

impl Acceptance {
    pub fn of(from: &PoolSnapshot, to: &PoolSnapshot, state: &WithdrawalState) -> Result<Self, PlanError> {
        let mut found = Self { movable: BTreeMap::new(), unmovable: vec![] };
        let limits = state.limits(None)?;
        for (index, record) in from.records().iter().enumerate() {
            let vote = record.vote_account_address;
            let lamports = state.splittable(index, StakeSource::Active, &limits);
            if lamports == 0 {
                continue;
            }
            match obstacle(from, to, state, index)? {
                None => {
                    found.movable.insert(vote, lamports);
                }
                Some(obstacle) => found.unmovable.push(UnmovableStake { vote, lamports, obstacle }),
            }
        }
        found.unmovable.sort_by_key(|stake| Reverse(stake.lamports));
        Ok(found)
    }

    /// Why the stake of `vote` cannot be moved; `None` if it can, or if it has none.
    pub fn obstacle(&self, vote: &Address) -> Option<&MoveObstacle> {
        self.unmovable.iter().find(|stake| stake.vote == *vote).map(|stake| &stake.obstacle)
    }
}

/// Why the stake of the record `index` of the first pool cannot be moved; `None` if it can.
fn obstacle(
    from: &PoolSnapshot,
    to: &PoolSnapshot,
    state: &WithdrawalState,
    index: usize,
) -> Result<Option<MoveObstacle>, PlanError> {
    let vote = from.records()[index].vote_account_address;
    let validator = from.validator_at(index).filter(|validator| validator.accounts.is_some());
    let validator = validator.ok_or(PlanError::StakeAccountsNotRead { vote })?;
    let condition = state.condition(index, StakeSource::Active);
    if condition.is_none_or(|condition| condition.activation != StakeActivation::Active) {
        return Ok(Some(MoveObstacle::NotActive));
    }
    let Some(receiving) = to.validator(&vote) else { return Ok(Some(MoveObstacle::NotInPool)) };
    if receiving.status() != Some(StakeStatus::Active) {
        return Ok(Some(MoveObstacle::BeingRemoved));
    }
    if let Some(preferred) = to.pool().terms.preferred_deposit_validator_vote_address
        && preferred != vote
    {
        return Ok(Some(MoveObstacle::NotPreferred { preferred }));
    }
    // All of the validator's stake on trial: what else the second pool refuses does not depend on the amount.
    let delegated = validator.delegation().map_or(0, |(_, delegation)| delegation.stake.get());
    let Some(account) = split(from, to, index, delegated) else { return Ok(Some(MoveObstacle::NotActive)) };
    match quote::stake_deposit_at(to, &to.rate(), &account, None) {
        Ok(_) => Ok(None),
        Err(PlanError::Refused(refusal)) => Ok(Some(MoveObstacle::Refused { why: refusal.context })),
        Err(error) => Err(error),
    }
}

/// The account that the stake program splits off the active stake of the record `index` of the first pool, with `lamports` of
/// stake and its rent, in the hands of the second pool's deposit authority; `None` if the pool's account is not delegated.
pub(super) fn split(from: &PoolSnapshot, to: &PoolSnapshot, index: usize, lamports: u64) -> Option<Account> {
    let rent = from.environment().stake_rent();
    let source = from.validator_at(index)?.validator_stake()?.clone();
    let Ok(StakeStateV2::Stake(mut meta, mut stake, flags)) = bincode::deserialize(&source.data) else { return None };
    meta.authorized = Authorized::auto(&to.pool().head.stake_deposit_authority);
    #[expect(deprecated, reason = "the stake program writes the rent of the day into new accounts")]
    {
        meta.rent_exempt_reserve = rent;
    }
    stake.delegation.stake = lamports;
    let mut data = vec![0; STAKE_ACCOUNT_SPACE];
    bincode::serialize_into(data.as_mut_slice(), &StakeStateV2::Stake(meta, stake, flags)).ok()?;
    Some(Account {
        lamports: lamports.checked_add(rent)?,
        data,
        owner: STAKE_PROGRAM_ID,
        executable: false,
        rent_epoch: u64::MAX,
    })
}
