//! Finds validators that can be demoted, with the proof that the program accepts.

use {
    super::{InstructionGroup, Plan},
    crate::{
        actions::{self, Demotion},
        checks::{check_up_to_date, require_extension},
        error::{PlanError, Sol},
        pool::PoolSnapshot,
    },
    solana_account::Account,
    solana_address::Address,
    std::{
        cmp::Reverse,
        collections::{HashMap, HashSet},
        ops::Range,
    },
    tidepool_interface::{
        ExtensionError,
        address::VOTE_PROGRAM_ID,
        external::vote::VoteState,
        state::{DemotionGround, DemotionPolicy, ValidatorStakeInfo},
    },
};

/// Accounts at the addresses of vote accounts; `None` for a missing one.
pub type VoteAccounts = HashMap<Address, Option<Account>>;

/// Demotions of an epoch.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct DemotionPlan {
    /// Transactions.
    pub plan: Plan,
    /// Validators that are demoted.
    pub demotions: Vec<Demotion>,
    /// Validators that could be demoted but for the bounds of the epoch, or because another demotion needs their credits
    /// as a proof.
    pub postponed: Vec<Demotion>,
}

/// The vote accounts that [`demotions`] judges: those of active validators that are not demoted. Empty if the policy demotes
/// no validator.
pub fn judged_votes(snapshot: &PoolSnapshot) -> Vec<Address> {
    let can_demote = |policy: &DemotionPolicy| policy.max_validators.get() > 0 && policy.max_stake.get() > 0;
    if !snapshot.extension().is_some_and(|extension| can_demote(&extension.demotion)) {
        return Vec::new();
    }
    candidates(snapshot).map(|(_, record)| record.vote_account_address).collect()
}

fn candidates(snapshot: &PoolSnapshot) -> impl Iterator<Item = (usize, &ValidatorStakeInfo)> {
    let records = snapshot.records().iter().enumerate();
    records.filter(|(_, record)| record.is_active() && !record.extension.is_demoted())
}

/// Plans the demotions that the policy allows in this epoch: validators that earn nothing first, then those with the
/// most stake. Validators whose vote account is not in `votes` are not judged. Permissionless.
///
/// # Errors
/// Refusals: `NotExtended`, `StakeListAndPoolOutOfDate`.
pub fn demotions(snapshot: &PoolSnapshot, votes: &VoteAccounts) -> Result<DemotionPlan, PlanError> {
    let extension = require_extension(snapshot)?;
    check_up_to_date(snapshot)?;
    let policy = &extension.demotion;
    let judge = Judge::new(snapshot, policy, votes);
    let mut found: Vec<Demotion> = candidates(snapshot).filter_map(|(index, record)| judge.of(index, record)).collect();
    found.sort_by_key(|demotion| (rank(demotion.ground), Reverse(demotion.lamports), demotion.index));

    let (mut count, total) = (extension.demotions, snapshot.rate().total_lamports.get());
    let mut peers: HashSet<Address> = HashSet::new();
    let mut planned = DemotionPlan::default();
    for demotion in found {
        let is_proof = peers.contains(&demotion.vote);
        if is_proof || count.add(policy, snapshot.epoch(), demotion.lamports, total).is_err() {
            planned.postponed.push(demotion);
            continue;
        }
        peers.extend(demotion.peer.map(|(_, vote)| vote));
        planned.demotions.push(demotion);
    }
    let groups: Vec<InstructionGroup> =
        planned.demotions.iter().map(|demotion| actions::demote_validator(snapshot, demotion)).collect();
    planned.plan.push("demote validators", groups);
    Ok(planned)
}

/// The demotion of the validator `vote`, by the worst ground. For [`DemotionGround::NoCredits`], `votes` must hold other
/// validators' vote accounts too.
///
/// # Errors
/// Refusals: `NotExtended`, `StakeListAndPoolOutOfDate`, `ValidatorNotFound`, `ValidatorDemoted`, `NoGroundForDemotion`,
/// `DemotionBoundReached`.
pub fn demotion_of(
    snapshot: &PoolSnapshot,
    votes: &VoteAccounts,
    vote: &Address,
) -> Result<(InstructionGroup, Demotion), PlanError> {
    let extension = require_extension(snapshot)?;
    check_up_to_date(snapshot)?;
    let validator = actions::active_validator(snapshot, vote)?;
    if let Some(demotion) = snapshot.demotion_of(validator.record) {
        let context = format!("validator {vote} was demoted in epoch {} already", demotion.epoch);
        return Err(PlanError::refused(ExtensionError::ValidatorDemoted, context));
    }
    let policy = &extension.demotion;
    if policy.max_validators.get() == 0 || policy.max_stake.get() == 0 {
        let context =
            "the policy of the pool demotes no validator: its manager can set one with `tidepool set-demotion-policy`";
        return Err(PlanError::refused(ExtensionError::DemotionBoundReached, context));
    }
    let judge = Judge::new(snapshot, policy, votes);
    let Some(demotion) = judge.of(validator.index, validator.record) else {
        let context = format!("the vote account of validator {vote} proves no ground of the pool's demotion policy");
        return Err(PlanError::refused(ExtensionError::NoGroundForDemotion, context));
    };
    let (mut count, total) = (extension.demotions, snapshot.rate().total_lamports.get());
    count.add(policy, snapshot.epoch(), demotion.lamports, total).map_err(|error| {
        PlanError::refused(
            error,
            format!(
                "validator {vote} has {} of the pool, which is more than the policy allows to demote in this epoch: retry in the \
                 next epoch, or have the manager raise the bounds",
                Sol(demotion.lamports)
            ),
        )
    })?;
    Ok((actions::demote_validator(snapshot, &demotion), demotion))
}

/// Grounds in the order of urgency: without stake that earns, there is nothing to lose.
const fn rank(ground: DemotionGround) -> u8 {
    match ground {
        DemotionGround::Closed => 0,
        DemotionGround::NoCredits => 1,
        DemotionGround::InflationCommission => 2,
        DemotionGround::BlockCommission => 3,
        DemotionGround::NoBlsKey => 4,
    }
}

/// The state in a vote account, as the program reads it; `None` for another account.
fn state(account: Option<&Account>) -> Option<VoteState<'_>> {
    account.filter(|account| account.owner == VOTE_PROGRAM_ID).and_then(|account| VoteState::decode(&account.data))
}

/// The grounds that an account at the address of a vote account proves in `epoch`, the worst first. For
/// [`DemotionGround::NoCredits`] the program needs another validator with credits too.
pub fn demotion_grounds(policy: &DemotionPolicy, account: Option<&Account>, epoch: u64) -> Vec<DemotionGround> {
    let Some(state) = state(account) else { return vec![DemotionGround::Closed] };
    let is_above = |commission: u16, most: Option<u16>| most.is_some_and(|most| commission > most);
    let holds = |ground: &DemotionGround| match ground {
        DemotionGround::Closed => false,
        DemotionGround::NoCredits => {
            judged_epochs(policy, epoch).is_some_and(|mut epochs| epochs.all(|epoch| !state.earned_in(epoch)))
        }
        DemotionGround::InflationCommission => {
            is_above(state.inflation_commission_bps, policy.inflation_commission.get())
        }
        DemotionGround::BlockCommission => {
            state.block_commission_bps.is_some_and(|commission| is_above(commission, policy.block_commission.get()))
        }
        DemotionGround::NoBlsKey => policy.requires_bls_key == 1 && !state.has_bls_key,
    };
    let mut grounds: Vec<_> = DemotionGround::ALL.into_iter().filter(holds).collect();
    grounds.sort_by_key(|ground| rank(*ground));
    grounds
}

/// The complete epochs without credits that demote; `None` without such a rule.
fn judged_epochs(policy: &DemotionPolicy, epoch: u64) -> Option<Range<u64>> {
    let count = u64::from(policy.epochs_without_credits);
    epoch.checked_sub(count).filter(|_| count > 0).map(|first| first..epoch)
}

struct Judge<'a> {
    policy: &'a DemotionPolicy,
    votes: &'a VoteAccounts,
    epoch: u64,
    /// Validators with credits in each judged epoch, those without any ground first.
    peers: Vec<(usize, Address)>,
}

impl<'a> Judge<'a> {
    fn new(snapshot: &PoolSnapshot, policy: &'a DemotionPolicy, votes: &'a VoteAccounts) -> Self {
        let epoch = snapshot.epoch();
        let account = |vote: &Address| votes.get(vote).and_then(Option::as_ref);
        let earned = |vote: &Address| {
            let epochs = judged_epochs(policy, epoch);
            let state = state(account(vote));
            epochs.zip(state).is_some_and(|(mut epochs, state)| epochs.all(|epoch| state.earned_in(epoch)))
        };
        let mut peers: Vec<_> = candidates(snapshot)
            .map(|(index, record)| (index, record.vote_account_address))
            .filter(|(_, vote)| earned(vote))
            .collect();
        peers.sort_by_key(|(_, vote)| !demotion_grounds(policy, account(vote), epoch).is_empty());
        Self { policy, votes, epoch, peers }
    }

    fn of(&self, index: usize, record: &ValidatorStakeInfo) -> Option<Demotion> {
        let vote = record.vote_account_address;
        let account = self.votes.get(&vote)?.as_ref();
        // A validator without credits is no peer.
        let peer = self.peers.first().copied();
        let grounds = demotion_grounds(self.policy, account, self.epoch);
        let ground = grounds.into_iter().find(|ground| *ground != DemotionGround::NoCredits || peer.is_some())?;
        Some(Demotion {
            index,
            vote,
            ground,
            peer: peer.filter(|_| ground == DemotionGround::NoCredits),
            lamports: record.stake_lamports().ok()?,
        })
    }
}
