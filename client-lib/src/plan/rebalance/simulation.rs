//! Simulates the program's rebalance, step by step.

use {
    super::{Direction, Obstacle, StakeMovement, UnmovedReason, held},
    crate::{error::PlanError, pool::PoolSnapshot},
    std::cmp::Reverse,
    tidepool_core::rebalance::{Inputs, Reason, Rebalance, Verdict},
    tidepool_interface::{
        ExtensionError,
        external::{stake::Delegation, stake_history::StakeHistory},
        state::ValidatorStakeInfo,
    },
};

/// Any cached bump has the same effect here; without one, stake counts as deactivating.
const SOME_BUMP: u8 = u8::MAX;

pub(in crate::plan) struct Simulation<'a> {
    snapshot: &'a PoolSnapshot,
    /// Records as the program leaves them.
    records: Vec<ValidatorStakeInfo>,
    inputs: Inputs,
    /// Data of the stake history sysvar.
    history: Vec<u8>,
    rebalance: Rebalance,
    movements: Vec<StakeMovement>,
    /// Whether the stake of each record has moved.
    has_moved: Vec<bool>,
    /// Validators that the program skips, in the order in which they were found.
    obstacles: Vec<(usize, Obstacle)>,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(snapshot: &'a PoolSnapshot) -> Result<Self, PlanError> {
        let records = snapshot.records().to_vec();
        let inputs = snapshot.rebalance_inputs().ok_or(ExtensionError::NotExtended)?;
        Ok(Self {
            rebalance: Rebalance::survey(&records, &inputs),
            has_moved: vec![false; records.len()],
            history: bincode::serialize(&snapshot.environment().stake_history).unwrap_or_default(),
            snapshot,
            records,
            inputs,
            movements: Vec::new(),
            obstacles: Vec::new(),
        })
    }

    pub(in crate::plan) const fn rebalance(&self) -> &Rebalance {
        &self.rebalance
    }

    pub(super) fn records(&self) -> &[ValidatorStakeInfo] {
        &self.records
    }

    pub(super) fn movements(&self) -> &[StakeMovement] {
        &self.movements
    }

    pub(super) fn into_movements(self) -> Vec<StakeMovement> {
        self.movements
    }

    pub(super) fn has_moved(&self, index: usize) -> bool {
        self.has_moved[index]
    }

    /// Begins another instruction: the program keeps no knowledge of skipped validators.
    pub(super) fn begin_instruction(&mut self) {
        self.inputs.reserve_lamports = self.rebalance.reserve_lamports();
        self.rebalance = Rebalance::survey(&self.records, &self.inputs);
    }

    /// The program's decision on a validator: a movement, or the reason for none.
    pub(in crate::plan) fn look(&mut self, index: usize) -> Result<(Verdict, StakeMovement), UnmovedReason> {
        let verdict = self.rebalance.verdict(&self.records, index);
        if let Verdict::Nothing(reason) = verdict {
            return Err(UnmovedReason::Rule(reason));
        }
        match self.obstacle(index, verdict) {
            None => Ok((verdict, self.movement(index, verdict))),
            Some(obstacle) => Err(UnmovedReason::Obstacle(obstacle)),
        }
    }

    /// Activating or deactivating lamports.
    fn moving(&self, index: usize) -> u64 {
        self.records[index].transient_stake_lamports.get().saturating_sub(self.inputs.stake_rent)
    }

    /// The movement of a verdict, without stake that is activating or deactivating already.
    pub(super) fn movement(&self, index: usize, verdict: Verdict) -> StakeMovement {
        let (record, moving) = (&self.records[index], self.moving(index));
        let (direction, lamports) = match verdict {
            Verdict::Increase(lamports) if lamports >= moving => (Direction::Increase, lamports - moving),
            Verdict::Increase(lamports) => (Direction::Recall, moving - lamports),
            Verdict::Decrease(lamports) if lamports >= moving => (Direction::Decrease, lamports - moving),
            Verdict::Decrease(lamports) => (Direction::Keep, moving - lamports),
            Verdict::Recall if record.extension.is_deactivating() => (Direction::Keep, moving),
            Verdict::Recall => (Direction::Recall, moving),
            Verdict::Nothing(_) => (Direction::Increase, 0),
        };
        StakeMovement {
            index,
            vote: record.vote_account_address,
            direction,
            lamports,
            rent: if record.transient_stake_lamports.get() == 0 { self.inputs.stake_rent } else { 0 },
            // A demoted validator keeps the minimum.
            target: self.target(index).unwrap_or(self.inputs.stake_rent.saturating_add(self.inputs.minimum_delegation)),
            held: held(record, self.inputs.stake_rent),
        }
    }

    /// Why the validator's stake does not move at the end.
    pub(super) fn unmoved_reason(&mut self, index: usize) -> UnmovedReason {
        if let Some((_, obstacle)) = self.obstacles.iter().find(|(passed, _)| *passed == index) {
            return UnmovedReason::Obstacle(*obstacle);
        }
        // No stake moves any more, unless there is no room for validators that must be skipped first.
        self.look(index).err().unwrap_or(UnmovedReason::Rule(Reason::OthersFurtherBelow))
    }

    pub(super) fn carry_out(&mut self, index: usize, verdict: Verdict) {
        let movement = self.movement(index, verdict);
        let before = self.records[index];
        let record = &mut self.records[index];
        let (active, transient) = (before.active_stake_lamports.get(), before.transient_stake_lamports.get());
        let direction = movement.direction;
        record.active_stake_lamports.set(match direction {
            Direction::Decrease => active.saturating_sub(movement.lamports),
            Direction::Keep => active.saturating_add(movement.lamports),
            Direction::Increase | Direction::Recall => active,
        });
        record.transient_stake_lamports.set(match direction {
            // The account is closed, and its rent returns too.
            _ if verdict == Verdict::Recall => 0,
            Direction::Recall | Direction::Keep => transient.saturating_sub(movement.lamports),
            Direction::Increase | Direction::Decrease => {
                transient.saturating_add(movement.lamports).saturating_add(movement.rent)
            }
        });
        record.transient_seed_suffix.set(before.rebalance_seed());
        let is_deactivating = matches!(direction, Direction::Decrease | Direction::Keep);
        record.extension.set_transient_bump(SOME_BUMP, is_deactivating);
        self.rebalance.record_movement(&before, verdict);
        self.has_moved[index] = true;
        self.movements.push(movement);
    }

    /// Why a validator loses its weight when it is named: stake cannot be delegated to it.
    pub(super) fn weight_loss_reason(&self, index: usize) -> Option<Obstacle> {
        // Only the few unusable validators need a verdict.
        let obstacle = self.not_stakeable(index).err()?;
        // The program skips a demoted validator: it has no weight to lose.
        if self.is_demoted(index) {
            return None;
        }
        let verdict = self.rebalance.clone().verdict(&self.records, index);
        let takes_part = !matches!(verdict, Verdict::Nothing(reason) if reason.excludes_validator());
        takes_part.then_some(obstacle)
    }

    pub(super) fn clear_weight(&mut self, index: usize, obstacle: Obstacle) {
        self.records[index].extension.set_weight(0);
        self.rebalance.renew(&self.records);
        self.obstacles.push((index, obstacle));
    }

    /// Skips a validator whose stake cannot be moved.
    pub(super) fn skip(&mut self, index: usize, obstacle: Obstacle) {
        self.rebalance.pass_over(&self.records, index);
        if !self.obstacles.iter().any(|(passed, _)| *passed == index) {
            self.obstacles.push((index, obstacle));
        }
    }

    pub(super) fn skipped(&self) -> Vec<usize> {
        self.obstacles.iter().map(|(index, _)| *index).collect()
    }

    /// Demoted validators in the list's order, then those with a target, in the order in which a limited budget applies: those below
    /// target first, largest deviation first, then those above. Ties are in the list's order.
    pub(super) fn order(&self) -> Vec<usize> {
        let is_moved = |index: &usize| self.is_demoted(*index) || self.target(*index).is_some();
        let mut order: Vec<usize> = (0..self.records.len()).filter(is_moved).collect();
        order.sort_by_cached_key(|index| {
            let is_demoted = self.is_demoted(*index);
            let priority = if is_demoted { (false, false, 0) } else { self.priority(*index) };
            Reverse((is_demoted, priority, Reverse(*index)))
        });
        order
    }

    /// Whether stake of the validator returns to the reserve because it is demoted.
    fn is_demoted(&self, index: usize) -> bool {
        let record = &self.records[index];
        record.is_active() && record.extension.is_demoted()
    }

    /// Whether any validator is demoted.
    pub(super) fn has_demoted(&self) -> bool {
        (0..self.records.len()).any(|index| self.is_demoted(index))
    }

    fn target(&self, index: usize) -> Option<u64> {
        self.rebalance.target(&self.records[index])
    }

    /// Sort key, larger first. Validators beyond the tolerance come before those within it.
    fn priority(&self, index: usize) -> (bool, bool, u64) {
        let inputs = &self.inputs;
        let active = self.records[index].active_stake_lamports.get();
        let target = self.target(index).unwrap_or(active);
        if active < target {
            return (true, true, target - active);
        }
        let surplus = active - target;
        let spare = active.saturating_sub(inputs.stake_rent.saturating_add(inputs.minimum_delegation));
        let tolerance = inputs.policy.threshold.max(inputs.minimum_delegation);
        (false, surplus > tolerance, surplus.min(spare))
    }

    /// Lamports by which the reserve is below its target, with deactivating stake counted; 0 within the tolerance.
    pub(super) fn reserve_shortfall(&self) -> u64 {
        let leaving = self.records.iter().filter(|record| record.extension.is_deactivating());
        let leaving = leaving.map(|record| record.transient_stake_lamports.get()).fold(0, u64::saturating_add);
        let has = self.rebalance.reserve_lamports().saturating_add(leaving);
        let shortfall = self.rebalance.reserve_target().saturating_sub(has);
        let tolerance = self.inputs.policy.threshold.max(self.inputs.minimum_delegation);
        if shortfall < tolerance { 0 } else { shortfall }
    }

    /// The validator's delegation, if its stake accounts were read; an error if the snapshot shows that it is unusable.
    fn not_stakeable(&self, index: usize) -> Result<Option<Delegation>, Obstacle> {
        let Some(validator) = self.snapshot.validator_at(index) else { return Ok(None) };
        let vote = validator.vote();
        let is_lacking =
            self.target(index).is_some_and(|target| self.records[index].active_stake_lamports.get() < target);
        if is_lacking && self.snapshot.vote_account_exists(&vote) == Some(false) {
            return Err(Obstacle::VoteAccountClosed);
        }
        let (authority, lockup) = (self.snapshot.withdraw_authority(), &self.snapshot.pool().head.lockup);
        match (validator.accounts, validator.delegation()) {
            (None, _) => Ok(None),
            (Some(_), Some((meta, delegation)))
                if delegation.voter == vote
                    && delegation.is_delegated()
                    && meta.is_usable_by_pool(&authority, lockup) =>
            {
                Ok(Some(*delegation))
            }
            (Some(_), _) => Err(Obstacle::NotDelegated),
        }
    }

    /// The obstacle to a verdict, as far as the snapshot shows.
    fn obstacle(&self, index: usize, verdict: Verdict) -> Option<Obstacle> {
        let delegation = match self.not_stakeable(index) {
            Ok(delegation) => delegation?,
            Err(obstacle) => return Some(obstacle),
        };
        if self.moving(index) > 0 && !self.is_correctable(index, &delegation, verdict) {
            return Some(Obstacle::TransientSinceEarlierEpoch);
        }
        let Verdict::Decrease(lamports) = verdict else { return None };
        let lamports = lamports.saturating_sub(self.moving(index));
        let held = self.snapshot.validator_at(index)?.validator_stake()?.lamports;
        let (stake, rent, minimum) = (delegation.stake.get(), self.inputs.stake_rent, self.inputs.minimum_delegation);
        let keeps_enough = held.saturating_sub(lamports) >= rent.saturating_add(minimum)
            && stake.saturating_sub(lamports) >= minimum
            && held.saturating_sub(stake) >= rent;
        (!keeps_enough).then_some(Obstacle::TooLittleStake)
    }

    /// Whether transient stake of this epoch can be corrected by the stake program, as far as the snapshot shows.
    fn is_correctable(&self, index: usize, validator: &Delegation, verdict: Verdict) -> bool {
        let (epoch, is_deactivating) = (self.snapshot.epoch(), self.records[index].extension.is_deactivating());
        let vote = self.records[index].vote_account_address;
        if (is_deactivating || verdict != Verdict::Recall) && self.snapshot.vote_account_exists(&vote) == Some(false) {
            return false;
        }
        if self.has_moved[index] {
            // Movements of this plan belong to this epoch.
            return true;
        }
        let transient = self.snapshot.validator_at(index).and_then(|validator| validator.transient_delegation());
        let Some((_, transient)) = transient else { return true };
        let stake = transient.stake.get();
        if !is_deactivating {
            return transient.is_delegated()
                && transient.activation_epoch.get() == epoch
                && stake >= self.moving(index);
        }
        let is_effective = StakeHistory::decode(&self.history).is_ok_and(|history| {
            [transient, validator]
                .iter()
                .all(|stake| stake.activation_epoch.get() < epoch && history.is_warmed_up(stake, epoch))
        });
        transient.deactivation_epoch.get() == epoch && stake == self.moving(index) && is_effective
    }
}
