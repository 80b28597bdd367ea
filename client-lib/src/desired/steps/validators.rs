//! Steps of the staker that change the list: additions and removals.

use {
    super::{Maker, State, Step, StepKind, Wait},
    crate::{
        actions,
        announcement::Effect,
        desired::{Fault, Part},
        error::{PlanError, Sol},
        plan::{InstructionGroup, Plan},
        pool::Validator,
        vote::VoteAccount,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_core::rebalance::{removal_turnover, turnover_left},
    tidepool_interface::external::stake::Delegation,
};

/// Groups that are sent together, if there are any.
fn together(label: String, groups: Vec<InstructionGroup>) -> State {
    let mut plan = Plan::default();
    plan.push(label, groups);
    State::Ready { plan, effect: Effect::Makes }
}

fn count(validators: usize) -> String {
    if validators == 1 { "1 validator".into() } else { format!("{validators} validators") }
}

fn parts(votes: &[Address]) -> Vec<Part> {
    votes.iter().copied().map(Part::Validator).collect()
}

impl Maker<'_> {
    pub(super) fn additions(&mut self) -> Result<(), Fault> {
        let added = self.validators().filter(|(_, before, after)| before.is_none() && after.is_some());
        let new: Vec<Address> = added.map(|(vote, ..)| vote).collect();
        let (mut ready, mut leaving, mut unpaid) = (vec![], vec![], vec![]);
        let snapshot = &self.live.snapshot;
        let each = snapshot.environment().minimum_stake_lamports();
        let mut available = snapshot.withdrawable_reserve_lamports();
        let mut room = (snapshot.max_validators() as usize).saturating_sub(snapshot.records().len());
        let has_leaving = snapshot.records().iter().any(|record| !record.is_active());
        let mut groups = vec![];
        for vote in new.iter().copied() {
            let part = Part::Validator(vote);
            self.check_vote_account(part, &vote)?;
            if snapshot.validator_record(&vote).is_some() || (room == 0 && has_leaving) {
                leaving.push(vote);
                continue;
            }
            if available < each {
                unpaid.push(vote);
                continue;
            }
            let seed = self.live.seeds.get(&vote).copied().unwrap_or(0);
            match actions::add_validator(snapshot, &vote, seed) {
                Ok(_) if room == 0 => {
                    let what = format!(
                        "the validator list of pool {} has room for {} validators: remove others first",
                        snapshot.address(),
                        snapshot.max_validators()
                    );
                    return Err(Fault::new(part, PlanError::refused(InstructionError::AccountDataTooSmall, what)));
                }
                Ok(group) => {
                    ready.push(vote);
                    groups.push(group);
                    (available, room) = (available - each, room - 1);
                }
                Err(error) => {
                    let State::Waits(wait) = self.waits(&[part], error)? else { continue };
                    // Staleness and rewards concern all of them.
                    self.push(StepKind::AddValidators, parts(&new), &[self.staker_key()], State::Waits(wait));
                    return Ok(());
                }
            }
        }
        let staker = self.staker_key();
        if !ready.is_empty() {
            let label = format!("add {}", count(ready.len()));
            self.push(StepKind::AddValidators, parts(&ready), &[staker], together(label, groups));
        }
        if !leaving.is_empty() {
            let epoch = snapshot.epoch().saturating_add(1);
            let why = "a validator that is being removed leaves the list with an update, and can be added then".into();
            self.push(StepKind::AddValidators, parts(&leaving), &[staker], State::Waits(Wait::Epoch { epoch, why }));
        }
        if !unpaid.is_empty() {
            let missing = each.saturating_mul(unpaid.len() as u64).saturating_sub(available);
            self.push(StepKind::AddValidators, parts(&unpaid), &[staker], State::Waits(Wait::Reserve { missing }));
        }
        Ok(())
    }

    fn check_vote_account(&self, part: Part, vote: &Address) -> Result<(), Fault> {
        match self.live.votes.get(vote) {
            Some(VoteAccount::Open(_)) => Ok(()),
            other => {
                let found = other.unwrap_or(&VoteAccount::Missing);
                let what = format!("account {vote} is {found}: use a vote account listed by `solana validators`");
                Err(Fault::new(part, PlanError::invalid(what)))
            }
        }
    }

    pub(super) fn removals(&mut self) -> Result<(), Fault> {
        let removed = self.validators().filter(|(_, before, after)| before.is_some() && after.is_none());
        let gone: Vec<Address> = removed.map(|(vote, ..)| vote).collect();
        let snapshot = &self.live.snapshot;
        let mut turnovers: Vec<(u64, Address)> =
            gone.iter().filter_map(|vote| Some((self.turnover(&snapshot.validator(vote)?), *vote))).collect();
        // The smallest first: most of them leave in this epoch.
        turnovers.sort_unstable();
        // The order in which a policy and a removal land must not matter: a lower budget counts already, and a larger one is waited for.
        let [now, then] = self.turnover_left()?;
        let (mut left, mut more) = (now.min(then), then.saturating_sub(now));
        let (mut ready, mut waiting, mut later, mut groups) = (vec![], vec![], vec![], vec![]);
        for (turnover, vote) in turnovers {
            if turnover > left {
                let beyond = turnover - left;
                if beyond <= more {
                    (left, more) = (0, more - beyond);
                    waiting.push(vote);
                } else {
                    later.push((turnover, vote));
                }
                continue;
            }
            match actions::remove_validator(snapshot, &vote) {
                Ok(group) => {
                    left = left.saturating_sub(turnover);
                    ready.push(vote);
                    groups.push(group);
                }
                Err(error) => {
                    let State::Waits(wait) = self.waits(&[Part::Validator(vote)], error)? else { continue };
                    self.push(StepKind::RemoveValidators, parts(&gone), &[self.staker_key()], State::Waits(wait));
                    return Ok(());
                }
            }
        }
        let staker = self.staker_key();
        if !ready.is_empty() {
            let label = format!("remove {}", count(ready.len()));
            self.push(StepKind::RemoveValidators, parts(&ready), &[staker], together(label, groups));
        }
        if !waiting.is_empty() {
            let wait = Wait::Steps { why: "the new turnover budget comes first" };
            self.push(StepKind::RemoveValidators, parts(&waiting), &[staker], State::Waits(wait));
        }
        self.removals_over_budget(&later, left);
        Ok(())
    }

    /// Removals that exceed the remaining turnover budget, which goes to the first of them.
    fn removals_over_budget(&mut self, later: &[(u64, Address)], left: u64) {
        let (Some((turnover, first)), staker) = (later.first(), self.staker_key()) else { return };
        let snapshot = &self.live.snapshot;
        let spare = snapshot.validator_record(first).map_or(0, |record| {
            record.active_stake_lamports.get().saturating_sub(snapshot.environment().minimum_stake_lamports())
        });
        let lamports = left.min(spare);
        if let Ok(group) = actions::decrease_validator_stake(snapshot, first, lamports) {
            self.push(StepKind::Decrease, vec![], &[staker], super::ready(group));
        }
        let why = format!(
            "a removal deactivates {} of validator {first}, and the turnover budget of this epoch has {} left",
            Sol(*turnover),
            Sol(left)
        );
        let votes: Vec<Address> = later.iter().map(|(_, vote)| *vote).collect();
        let epoch = snapshot.epoch().saturating_add(1);
        self.push(StepKind::RemoveValidators, parts(&votes), &[staker], State::Waits(Wait::Epoch { epoch, why }));
    }

    /// Lamports that a removal deactivates. Stake of an unread account counts as delegated.
    fn turnover(&self, validator: &Validator) -> u64 {
        let is_delegated =
            |found: Option<(_, &Delegation)>| found.is_none_or(|(_, delegation)| delegation.is_delegated());
        let delegated = [is_delegated(validator.delegation()), is_delegated(validator.transient_delegation())];
        removal_turnover(validator.record, delegated, self.live.snapshot.environment().stake_rent())
    }

    /// Lamports that the staker can deactivate in this epoch, by the policy in force, and by the one that the manager can set now;
    /// `u64::MAX` without a bound.
    fn turnover_left(&self) -> Result<[u64; 2], Fault> {
        let snapshot = &self.live.snapshot;
        let makes = |step: &Step| matches!(step.state, State::Ready { effect: Effect::Makes, .. });
        let is_made = self.steps.iter().any(|step| step.kind == StepKind::Policy && makes(step));
        let wanted = self.wanted_policy()?.filter(|_| is_made);
        Ok(snapshot.rebalance_inputs().map_or([u64::MAX; 2], |inputs| {
            let base = snapshot.rate().total_lamports.get().min(inputs.last_epoch_total_lamports);
            [inputs.policy, wanted.map_or(inputs.policy, |policy| policy.get())].map(|policy| {
                turnover_left(snapshot.records(), &policy, base, inputs.stake_rent, inputs.minimum_delegation)
            })
        }))
    }
}
