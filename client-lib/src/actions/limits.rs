//! Limits of a pool, and announcements. The manager signs, or the guardian.

use {
    super::accounts::accounts,
    crate::{
        checks::require_extension,
        compute,
        error::{PlanError, Tokens},
        pool::PoolSnapshot,
        transaction::InstructionGroup,
    },
    solana_address::Address,
    tidepool_core::{
        maths::{Fee, FutureEpoch},
        rebalance::BASIS_POINTS,
    },
    tidepool_interface::{
        ExtensionError, StakePoolError,
        instruction::{CancelAnnouncementAccounts, ExtensionInstruction, SetLimitsAccounts},
        state::{
            AnnouncementKind, Ceiling, FeeCeilings, GROWTH_CHARGE_MAX, GUARD_EPOCHS_MAX, Limits, NOTICE_EPOCHS_MAX,
            NOTICE_SECONDS_MAX, RATE_GUARD_MIN, SUPPLY_FLOOR_MAX,
        },
    },
};

/// Limits to set; `None` keeps a limit. Shares are in basis points.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LimitChanges {
    /// Ceiling of the fee on rewards.
    pub epoch_fee: Option<u16>,
    /// Ceiling of the fee on SOL deposits.
    pub sol_deposit_fee: Option<u16>,
    /// Ceiling of the fee on stake deposits.
    pub stake_deposit_fee: Option<u16>,
    /// Ceiling of the fee on SOL withdrawals.
    pub sol_withdrawal_fee: Option<u16>,
    /// Ceiling of the fee on stake withdrawals.
    pub stake_withdrawal_fee: Option<u16>,
    /// [`Limits::supply_floor`].
    pub supply_floor: Option<u64>,
    /// [`Limits::notice_epochs`].
    pub notice_epochs: Option<u16>,
    /// [`Limits::notice_seconds`].
    pub notice_seconds: Option<u32>,
    /// [`Limits::growth_charge`].
    pub growth_charge: Option<u16>,
    /// [`Limits::rate_guard_up`].
    pub rate_guard_up: Option<u16>,
    /// [`Limits::rate_guard_down`].
    pub rate_guard_down: Option<u16>,
    /// [`Limits::guard_epochs`].
    pub guard_epochs: Option<u8>,
    /// [`Limits::closing_needs_no_notice`].
    pub closing_needs_no_notice: Option<bool>,
    /// [`Limits::guardian`]; the zero address for none.
    pub guardian: Option<Address>,
}

impl LimitChanges {
    /// `limits` with the changes.
    pub fn applied_to(&self, limits: &Limits) -> Limits {
        let ceiling = |asked: Option<u16>, present: Ceiling| asked.map_or(present, Ceiling::new);
        let ceilings = &limits.ceilings;
        Limits {
            ceilings: FeeCeilings {
                epoch: ceiling(self.epoch_fee, ceilings.epoch),
                sol_deposit: ceiling(self.sol_deposit_fee, ceilings.sol_deposit),
                stake_deposit: ceiling(self.stake_deposit_fee, ceilings.stake_deposit),
                sol_withdrawal: ceiling(self.sol_withdrawal_fee, ceilings.sol_withdrawal),
                stake_withdrawal: ceiling(self.stake_withdrawal_fee, ceilings.stake_withdrawal),
            },
            supply_floor: self.supply_floor.map_or(limits.supply_floor, Into::into),
            notice_epochs: self.notice_epochs.map_or(limits.notice_epochs, Into::into),
            notice_seconds: self.notice_seconds.map_or(limits.notice_seconds, Into::into),
            growth_charge: self.growth_charge.map_or(limits.growth_charge, Into::into),
            rate_guard_up: self.rate_guard_up.map_or(limits.rate_guard_up, Into::into),
            rate_guard_down: self.rate_guard_down.map_or(limits.rate_guard_down, Into::into),
            guard_epochs: self.guard_epochs.unwrap_or(limits.guard_epochs),
            closing_needs_no_notice: self.closing_needs_no_notice.map_or(limits.closing_needs_no_notice, u8::from),
            guardian: self.guardian.unwrap_or(limits.guardian),
        }
    }
}

/// Tightens limits of a pool. `signer` is the manager, or the guardian, which can only hand over its own place. This cannot be
/// undone: no limit can be loosened later.
///
/// # Errors
/// Refusals: `NotExtended`; `WrongManager`; `WrongGuardian` if the manager replaces a guardian; `LimitLoosened` and
/// `InvalidLimit` with the limit, its present value and the one asked; `FeeAboveCeiling` if a ceiling is below a fee in
/// force or pending.
pub fn set_limits(
    snapshot: &PoolSnapshot,
    signer: &Address,
    changes: &LimitChanges,
) -> Result<InstructionGroup, PlanError> {
    let old = require_extension(snapshot)?.limits;
    let new = changes.applied_to(&old);
    check_signer(snapshot, signer, &old, &new)?;
    check_range(&new)?;
    check_tightened(&old, &new)?;
    check_fees(snapshot, &new.ceilings)?;
    let accounts = accounts! { snapshot => SetLimitsAccounts { pool, manager_or_guardian: *signer } };
    Ok(InstructionGroup::one(
        "set the limits",
        ExtensionInstruction::SetLimits { limits: new }.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::EXTENSION,
    ))
}

fn check_signer(snapshot: &PoolSnapshot, signer: &Address, old: &Limits, new: &Limits) -> Result<(), PlanError> {
    let manager = snapshot.pool().head.manager;
    let is_guardian = old.guardian() == Some(signer);
    match old.guardian() {
        Some(guardian) if *signer == manager && !is_guardian && new.guardian != old.guardian => {
            Err(PlanError::refused(
                ExtensionError::WrongGuardian,
                format!("the guardian {guardian} hands over its place itself: sign as the guardian"),
            ))
        }
        _ if *signer == manager => Ok(()),
        Some(_) if is_guardian && (Limits { guardian: new.guardian, ..*old }) == *new => Ok(()),
        Some(_) if is_guardian => Err(PlanError::refused(
            ExtensionError::LimitLoosened,
            format!("the guardian {signer} can only hand over its place: the manager {manager} sets the other limits"),
        )),
        _ => Err(PlanError::refused(
            StakePoolError::WrongManager,
            format!("only the manager {manager} can set limits, not {signer}: sign as the manager"),
        )),
    }
}

/// [`Limits::check`], with the name of the limit and its range.
fn check_range(limits: &Limits) -> Result<(), PlanError> {
    limits.check().map_err(|error| {
        let context = out_of_range(limits).unwrap_or_else(|| error.message().to_owned());
        PlanError::refused(error, context)
    })
}

fn out_of_range(limits: &Limits) -> Option<String> {
    let most = |name: &str, asked: u64, most: u64, unit: &str| {
        (asked > most).then(|| format!("the {name} is {asked} {unit}: use at most {most}"))
    };
    let guards =
        [("rate guard (rise)", limits.rate_guard_up.get()), ("rate guard (fall)", limits.rate_guard_down.get())];
    let guard = guards.into_iter().find(|(_, bound)| *bound > 0 && !(RATE_GUARD_MIN..=BASIS_POINTS).contains(bound));
    let has_guard = guards.iter().any(|(_, bound)| *bound > 0);
    let names = CEILINGS.into_iter().zip(limits.ceilings.as_array());
    names
        .filter_map(|(name, ceiling)| Some((name, ceiling.get()?)))
        .find_map(|(name, asked)| most(name, asked.into(), BASIS_POINTS.into(), "basis points"))
        .or_else(|| {
            let floor = limits.supply_floor.get();
            let text = format!("the supply floor is {}: use at most {}", Tokens(floor), Tokens(SUPPLY_FLOOR_MAX));
            (floor > SUPPLY_FLOOR_MAX).then_some(text)
        })
        .or_else(|| most("notice", limits.notice_epochs.get().into(), NOTICE_EPOCHS_MAX.into(), "epochs"))
        .or_else(|| most("notice", limits.notice_seconds.get().into(), NOTICE_SECONDS_MAX.into(), "seconds"))
        .or_else(|| {
            most("growth charge", limits.growth_charge.get().into(), GROWTH_CHARGE_MAX.into(), "hundredths of an epoch")
        })
        .or_else(|| {
            guard.map(|(name, asked)| {
                format!("the {name} is {asked} basis points: use {RATE_GUARD_MIN} to {BASIS_POINTS}, or 0 for no bound")
            })
        })
        .or_else(|| most("halt by the rate guard", limits.guard_epochs.into(), GUARD_EPOCHS_MAX.into(), "epochs"))
        .or_else(|| match (has_guard, limits.guard_epochs) {
            (true, 0) => Some(format!("the rate guard has no length: halt for 1 to {GUARD_EPOCHS_MAX} epochs")),
            (false, 1..) => Some("the rate guard has a length and no bound: set the highest rise or fall".into()),
            _ => None,
        })
}

/// Names of the ceilings, in the order of [`FeeCeilings::as_array`].
const CEILINGS: [&str; 5] = [
    "ceiling of the fee on rewards",
    "ceiling of the fee on SOL deposits",
    "ceiling of the fee on stake deposits",
    "ceiling of the fee on SOL withdrawals",
    "ceiling of the fee on stake withdrawals",
];

/// [`Limits::check_tightened`], with the name of the first limit that is looser.
fn check_tightened(old: &Limits, new: &Limits) -> Result<(), PlanError> {
    old.check_tightened(new).map_err(|error| {
        let context = loosened(old, new).unwrap_or_else(|| error.message().to_owned());
        PlanError::refused(error, context)
    })
}

fn loosened(old: &Limits, new: &Limits) -> Option<String> {
    let bound = |points: Option<u16>| points.map_or("none".into(), |points| format!("{points} basis points"));
    let set = |points: u16| bound((points > 0).then_some(points));
    let ceilings = CEILINGS.into_iter().zip(old.ceilings.as_array().into_iter().zip(new.ceilings.as_array()));
    let ceilings =
        ceilings.map(|(name, (old, new))| (name, "raised", old.allows(&new), bound(old.get()), bound(new.get())));
    let guard = |name, old: u16, new: u16| (name, "raised", old == 0 || (1..=old).contains(&new), set(old), set(new));
    let least = |name, old: u64, new: u64, unit: &str| {
        (name, "lowered", new >= old, format!("{old} {unit}"), format!("{new} {unit}"))
    };
    let (supply, asked_supply) = (old.supply_floor.get(), new.supply_floor.get());
    let others = [
        (
            "supply floor",
            "lowered",
            asked_supply >= supply,
            Tokens(supply).to_string(),
            Tokens(asked_supply).to_string(),
        ),
        least("notice", old.notice_epochs.get().into(), new.notice_epochs.get().into(), "epochs"),
        least("notice", old.notice_seconds.get().into(), new.notice_seconds.get().into(), "seconds"),
        least(
            "growth charge",
            old.growth_charge.get().into(),
            new.growth_charge.get().into(),
            "hundredths of an epoch",
        ),
        guard("rate guard (rise)", old.rate_guard_up.get(), new.rate_guard_up.get()),
        guard("rate guard (fall)", old.rate_guard_down.get(), new.rate_guard_down.get()),
        least("halt by the rate guard", old.guard_epochs.into(), new.guard_epochs.into(), "epochs"),
    ];
    if let Some((name, verb, _, present, asked)) = ceilings.chain(others).find(|(_, _, is_tighter, ..)| !is_tighter) {
        return Some(format!("the {name} is {present} and cannot be {verb} to {asked}: a limit can only be tightened"));
    }
    (new.closing_needs_no_notice > old.closing_needs_no_notice).then(|| {
        "closing deposits needs a notice and cannot be freed of it: this is possible only while the pool has no notice".into()
    })
}

/// Checks that no fee in force or pending is above its ceiling.
fn check_fees(snapshot: &PoolSnapshot, ceilings: &FeeCeilings) -> Result<(), PlanError> {
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    let pending = |fee: FutureEpoch<Fee>| fee.pending().map_or(Fee::default(), |(fee, _)| fee);
    let fees = [
        [head.epoch_fee.get(), pending(terms.next_epoch_fee)],
        [terms.sol_deposit_fee, Fee::default()],
        [terms.stake_deposit_fee, Fee::default()],
        [terms.sol_withdrawal_fee, pending(terms.next_sol_withdrawal_fee)],
        [terms.stake_withdrawal_fee, pending(terms.next_stake_withdrawal_fee)],
    ];
    for (name, (ceiling, fees)) in CEILINGS.into_iter().zip(ceilings.as_array().into_iter().zip(fees)) {
        if let (Some(most), Some(fee)) = (ceiling.get(), fees.into_iter().find(|fee| !ceiling.holds_for(fee))) {
            return Err(PlanError::refused(
                ExtensionError::FeeAboveCeiling,
                format!(
                    "the {name} cannot be {most} basis points while a fee of {}/{} is in force or pending: use a higher \
                     ceiling, or lower the fee first",
                    fee.numerator, fee.denominator
                ),
            ));
        }
    }
    Ok(())
}

/// Withdraws the announced change of `kind`. `signer` is the manager or the guardian.
///
/// # Errors
/// Refusals: `NotExtended`, `WrongGuardian`, `NoAnnouncement`.
pub fn cancel_announcement(
    snapshot: &PoolSnapshot,
    signer: &Address,
    kind: AnnouncementKind,
) -> Result<InstructionGroup, PlanError> {
    let extension = require_extension(snapshot)?;
    let (manager, guardian) = (snapshot.pool().head.manager, extension.limits.guardian());
    if *signer != manager && guardian != Some(signer) {
        let guardian = guardian.map_or(String::new(), |guardian| format!(" and the guardian {guardian}"));
        return Err(PlanError::refused(
            ExtensionError::WrongGuardian,
            format!("only the manager {manager}{guardian} can withdraw an announcement, not {signer}"),
        ));
    }
    if !extension.announcements.get(kind).is_pending() {
        return Err(PlanError::refused(
            ExtensionError::NoAnnouncement,
            format!("pool {} has no announced change of this kind: see its announcements", snapshot.address()),
        ));
    }
    let accounts = accounts! { snapshot => CancelAnnouncementAccounts { pool, manager_or_guardian: *signer } };
    Ok(InstructionGroup::one(
        "withdraw an announcement",
        ExtensionInstruction::CancelAnnouncement { kind }.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::EXTENSION,
    ))
}
