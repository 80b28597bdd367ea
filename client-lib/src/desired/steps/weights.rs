//! Weights.

use {
    super::{Maker, State, StepKind, Wait, is_cap_too_low},
    crate::{
        actions::{self, WeightChange, weights::Unlisted},
        announcement::Effect,
        desired::{Fault, Part},
        error::PlanError,
    },
    solana_address::Address,
};

/// What the weights are to be.
#[derive(Default)]
struct Wanted {
    /// Weights to set.
    weights: Vec<(Address, u16)>,
    /// Validators whose demotion forbids a weight until an epoch.
    demoted: Vec<(Address, u64)>,
}

impl Maker<'_> {
    pub(super) fn weights(&mut self) -> Result<(), Fault> {
        let staker = self.staker_key();
        let Wanted { weights: wanted, demoted } = self.wanted_weights();
        for (vote, epoch) in demoted {
            let why = format!("validator {vote} is demoted, and its cooldown ends then");
            let state = State::Waits(Wait::Epoch { epoch, why });
            self.push(StepKind::Weights, vec![Part::Validator(vote)], &[staker], state);
        }
        if wanted.is_empty() {
            return self.end_pause();
        }
        let parts: Vec<_> = wanted.iter().map(|(vote, _)| Part::Validator(*vote)).collect();
        let state = match self.plan_weights(&wanted) {
            Ok(state) => state,
            Err(error) if is_cap_too_low(&error) && self.wanted_policy()?.is_some() => {
                // Each of the two needs the other first.
                if !self.is_ready(StepKind::Policy) && self.policy_waits_for_weights() {
                    return Err(Fault::new(parts[0], error));
                }
                State::Waits(Wait::Steps { why: "the new weights need the new cap on one validator first" })
            }
            Err(error) => return Err(Fault::new(parts[0], error)),
        };
        self.push(StepKind::Weights, parts, &[staker], state);
        Ok(())
    }

    fn plan_weights(&self, wanted: &[(Address, u16)]) -> Result<State, PlanError> {
        let snapshot = &self.live.snapshot;
        let changes = actions::weights::changes(snapshot, wanted, Unlisted::Keep);
        if self.is_ready(StepKind::AddValidators) || self.is_ready(StepKind::RemoveValidators) || self.is_list_unready()
        {
            // Weights that are invalid by themselves are refused at once.
            if let Err(error) = changes
                && !is_cap_too_low(&error)
                && !matches!(error, PlanError::Weights(_))
            {
                return Err(error);
            }
            return Ok(State::Waits(Wait::Steps {
                why: "weights are set once validators have been added and removed",
            }));
        }
        let changes: Vec<WeightChange> = changes?;
        let plan = actions::set_validator_weights(snapshot, &changes)?;
        Ok(State::Ready { plan, effect: Effect::Makes })
    }

    /// Whether the list is to change as soon as the pool is updated, the rewards have been paid, or the policy is set.
    fn is_list_unready(&self) -> bool {
        self.steps.iter().any(|step| {
            matches!(step.kind, StepKind::AddValidators | StepKind::RemoveValidators)
                && matches!(step.state, State::Waits(Wait::Update | Wait::Rewards | Wait::Steps { .. }))
        })
    }

    fn policy_waits_for_weights(&self) -> bool {
        let mut policies = self.steps.iter().filter(|step| step.kind == StepKind::Policy);
        policies.any(|step| matches!(step.state, State::Waits(Wait::Steps { .. })))
    }

    /// Weights of new validators are among them once these are in the list.
    fn wanted_weights(&self) -> Wanted {
        let snapshot = &self.live.snapshot;
        let mut wanted = Wanted::default();
        for (vote, before, after) in self.validators() {
            let Some(record) = snapshot.validator_record(&vote).filter(|_| before.is_some()) else { continue };
            // Without a weight no stake is sent to a validator that is to be removed.
            let weight = match after {
                Some(weight) => weight,
                None if self.is_removed_now(&vote) => continue,
                None => 0,
            };
            let until = snapshot.demotion_of(record).map_or(0, |demotion| demotion.reinstatable_from_epoch);
            if weight > 0 && snapshot.epoch() < until {
                wanted.demoted.push((vote, until));
            } else if record.extension.weight() != weight {
                wanted.weights.push((vote, weight));
            }
        }
        wanted
    }

    fn is_removed_now(&self, vote: &Address) -> bool {
        let mut removals = self.steps.iter().filter(|step| step.kind == StepKind::RemoveValidators);
        removals.any(|step| {
            let is_later = matches!(step.state, State::Waits(Wait::Epoch { .. }));
            !is_later && step.parts.contains(&Part::Validator(*vote))
        })
    }

    /// A plan of weights that landed partly has left rebalancing paused.
    fn end_pause(&mut self) -> Result<(), Fault> {
        if !self.live.ends_pause || !self.live.snapshot.is_paused() {
            return Ok(());
        }
        let part = Part::Validator(Address::default());
        let plan = actions::set_validator_weights(&self.live.snapshot, &[]).map_err(|error| Fault::new(part, error))?;
        if !plan.is_empty() {
            let state = State::Ready { plan, effect: Effect::Makes };
            self.push(StepKind::EndPause, vec![], &[self.staker_key()], state);
        }
        Ok(())
    }
}
