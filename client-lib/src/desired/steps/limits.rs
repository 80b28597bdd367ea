//! Limits, and the place of the guardian.

use {
    super::{
        Maker, State, StepKind, Wait,
        settings::{narrow, narrow_byte, too_large},
    },
    crate::{
        actions::{self, LimitChanges},
        desired::{Fault, Part, Setting, Value},
    },
    tidepool_interface::{ExtensionError, state::FeeCeilings},
};

/// The fee that each ceiling of [`FeeCeilings::as_array`] bounds.
const BOUNDED: [Setting; 5] = [
    Setting::EpochFee,
    Setting::SolDepositFee,
    Setting::StakeDepositFee,
    Setting::SolWithdrawalFee,
    Setting::StakeWithdrawalFee,
];

impl Maker<'_> {
    pub(super) fn limits(&mut self) -> Result<(), Fault> {
        let changed = self.of_section(Setting::MaxEpochFee.section());
        let guardian =
            changed.iter().find(|(setting, _)| *setting == Setting::Guardian).map(|(_, value)| (*value).clone());
        let present = self.live.snapshot.limits().guardian().copied();
        let mut changes = LimitChanges::default();
        let mut parts = vec![];
        for (setting, value) in changed {
            // A guardian hands over its place itself.
            if setting == Setting::Guardian && present.is_some() {
                continue;
            }
            apply(&mut changes, setting, value)?;
            parts.push(Part::Setting(setting));
        }
        if !parts.is_empty() {
            self.manager_limits(parts, &changes)?;
        }
        if let (Some(Value::Choice(new)), Some(present)) = (guardian, present) {
            let changes = LimitChanges { guardian: Some(new.unwrap_or_default()), ..LimitChanges::default() };
            let planned = actions::set_limits(&self.live.snapshot, &present, &changes);
            self.add(StepKind::Guardian, vec![Part::Setting(Setting::Guardian)], &[present], planned)?;
        }
        Ok(())
    }

    fn manager_limits(&mut self, parts: Vec<Part>, changes: &LimitChanges) -> Result<(), Fault> {
        let manager = self.manager_key();
        let planned = actions::set_limits(&self.live.snapshot, &manager, changes);
        let ceilings = changes.applied_to(&self.live.snapshot.limits()).ceilings;
        let is_above =
            planned.as_ref().is_err_and(|error| error.extension_error() == Some(ExtensionError::FeeAboveCeiling));
        match planned {
            Err(_) if is_above && self.fees_will_hold(&ceilings) => {
                let state = State::Waits(self.until_fees_hold());
                self.push(StepKind::Limits, parts, &[manager], state);
                Ok(())
            }
            planned => self.add(StepKind::Limits, parts, &[manager], planned),
        }
    }

    /// Whether the fees are within the ceilings once all of them are in force.
    fn fees_will_hold(&self, ceilings: &FeeCeilings) -> bool {
        BOUNDED.into_iter().zip(ceilings.as_array()).all(|(setting, ceiling)| {
            let wanted = self.of(setting).map(|found| found.after.clone());
            match wanted.or_else(|| self.live.value(Part::Setting(setting))) {
                Some(Value::Fee(fee)) => ceiling.holds_for(&fee),
                _ => true,
            }
        })
    }

    /// When lower fees are in force: those that have been set, or are to be.
    fn until_fees_hold(&self) -> Wait {
        let terms = &self.live.snapshot.pool().terms;
        let pending = [terms.next_epoch_fee, terms.next_stake_withdrawal_fee, terms.next_sol_withdrawal_fee];
        let epochs = pending.iter().filter_map(|next| self.live.snapshot.pending_fee(next));
        let epoch = epochs.map(|(_, epoch)| epoch).max();
        match epoch.filter(|_| !BOUNDED.into_iter().any(|setting| self.of(setting).is_some())) {
            Some(epoch) => Wait::Epoch { epoch, why: "a fee above its new ceiling is in force until then".into() },
            None => Wait::Steps { why: "a fee above its new ceiling has to fall first" },
        }
    }
}

fn apply(changes: &mut LimitChanges, setting: Setting, value: &Value) -> Result<(), Fault> {
    match (setting, value) {
        // It differs, so there is a ceiling.
        (_, Value::Bound(None)) => return Err(unset(setting)),
        (Setting::MaxEpochFee, Value::Bound(points)) => changes.epoch_fee = *points,
        (Setting::MaxSolDepositFee, Value::Bound(points)) => changes.sol_deposit_fee = *points,
        (Setting::MaxStakeDepositFee, Value::Bound(points)) => changes.stake_deposit_fee = *points,
        (Setting::MaxSolWithdrawalFee, Value::Bound(points)) => changes.sol_withdrawal_fee = *points,
        (Setting::MaxStakeWithdrawalFee, Value::Bound(points)) => changes.stake_withdrawal_fee = *points,
        (Setting::SupplyFloor, Value::Number(number)) => changes.supply_floor = Some(*number),
        (Setting::NoticeEpochs, Value::Number(number)) => changes.notice_epochs = Some(narrow(setting, *number)?),
        (Setting::NoticeTime, Value::Number(number)) => {
            let seconds = u32::try_from(*number).map_err(|_| too_large(setting, *number, u32::MAX.into()))?;
            changes.notice_seconds = Some(seconds);
        }
        (Setting::GrowthCharge, Value::Number(number)) => changes.growth_charge = Some(narrow(setting, *number)?),
        (Setting::MaxRise, Value::Number(number)) => changes.rate_guard_up = Some(narrow(setting, *number)?),
        (Setting::MaxFall, Value::Number(number)) => changes.rate_guard_down = Some(narrow(setting, *number)?),
        (Setting::HaltEpochs, Value::Number(number)) => changes.guard_epochs = Some(narrow_byte(setting, *number)?),
        (Setting::CloseWithoutNotice, Value::Flag(flag)) => changes.closing_needs_no_notice = Some(*flag),
        (Setting::Guardian, Value::Choice(guardian)) => changes.guardian = Some(guardian.unwrap_or_default()),
        _ => {}
    }
    Ok(())
}

fn unset(setting: Setting) -> Fault {
    let part = Part::Setting(setting);
    let what = format!("the {} is set and cannot be unset: a limit can only be tightened", setting.about());
    Fault::new(part, crate::error::PlanError::refused(ExtensionError::LimitLoosened, what))
}
