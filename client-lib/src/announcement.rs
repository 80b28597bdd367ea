//! Changes that an extended pool announces before they are made, with their arguments.
//!
//! A pool with a notice makes such a change in two calls of the same instruction: the first one announces it, and the same
//! call after the notice makes it.

use {
    crate::{
        error::PlanError,
        pool::PoolSnapshot,
        transaction::{InstructionGroup, Step},
    },
    bytemuck::{Pod, bytes_of, pod_read_unaligned},
    solana_address::Address,
    std::fmt,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError,
        instruction::FundingType,
        state::{ANNOUNCED_VALUE_LENGTH, Announcement, AnnouncementKind, DemotionPolicy, PodFee, RebalancePolicy},
    },
};

/// The name of a kind of change, for people.
pub const fn kind_name(kind: AnnouncementKind) -> &'static str {
    match kind {
        AnnouncementKind::Manager => "manager",
        AnnouncementKind::Staker => "staker",
        AnnouncementKind::StakeDepositAuthority => "stake deposit authority",
        AnnouncementKind::SolDepositAuthority => "SOL deposit authority",
        AnnouncementKind::SolWithdrawAuthority => "SOL withdraw authority",
        AnnouncementKind::SolDepositFee => "fee on SOL deposits",
        AnnouncementKind::StakeDepositFee => "fee on stake deposits",
        AnnouncementKind::RebalancePolicy => "rebalance policy",
        AnnouncementKind::DemotionPolicy => "demotion policy",
    }
}

/// The name of a kind of change, for machine-readable output.
pub const fn kind_id(kind: AnnouncementKind) -> &'static str {
    match kind {
        AnnouncementKind::Manager => "manager",
        AnnouncementKind::Staker => "staker",
        AnnouncementKind::StakeDepositAuthority => "stake_deposit_authority",
        AnnouncementKind::SolDepositAuthority => "sol_deposit_authority",
        AnnouncementKind::SolWithdrawAuthority => "sol_withdraw_authority",
        AnnouncementKind::SolDepositFee => "sol_deposit_fee",
        AnnouncementKind::StakeDepositFee => "stake_deposit_fee",
        AnnouncementKind::RebalancePolicy => "rebalance_policy",
        AnnouncementKind::DemotionPolicy => "demotion_policy",
    }
}

/// A change that has to be announced in a pool with a notice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnnouncedChange {
    /// A new manager, and the token account that receives its fees.
    Manager {
        /// The manager.
        manager: Address,
        /// Its token account.
        fee_account: Address,
    },
    /// A new staker, set by the manager.
    Staker(Address),
    /// A new funding authority; `None` to make the operation permissionless.
    FundingAuthority(FundingType, Option<Address>),
    /// A higher fee on SOL deposits.
    SolDepositFee(Fee),
    /// A higher fee on stake deposits.
    StakeDepositFee(Fee),
    /// A rebalance policy.
    RebalancePolicy(RebalancePolicy),
    /// A demotion policy.
    DemotionPolicy(DemotionPolicy),
}

impl AnnouncedChange {
    /// Decodes the value of an announcement of `kind`.
    pub fn decode(kind: AnnouncementKind, value: &[u8; ANNOUNCED_VALUE_LENGTH]) -> Self {
        let authority = |funding_type| {
            let is_set = value[size_of::<Address>()] == 1;
            Self::FundingAuthority(funding_type, is_set.then(|| prefix(value)))
        };
        match kind {
            AnnouncementKind::Manager => {
                let [manager, fee_account] = prefix(value);
                Self::Manager { manager, fee_account }
            }
            AnnouncementKind::Staker => Self::Staker(prefix(value)),
            AnnouncementKind::StakeDepositAuthority => authority(FundingType::StakeDeposit),
            AnnouncementKind::SolDepositAuthority => authority(FundingType::SolDeposit),
            AnnouncementKind::SolWithdrawAuthority => authority(FundingType::SolWithdraw),
            AnnouncementKind::SolDepositFee => Self::SolDepositFee(prefix::<PodFee>(value).get()),
            AnnouncementKind::StakeDepositFee => Self::StakeDepositFee(prefix::<PodFee>(value).get()),
            AnnouncementKind::RebalancePolicy => Self::RebalancePolicy(prefix(value)),
            AnnouncementKind::DemotionPolicy => Self::DemotionPolicy(prefix(value)),
        }
    }

    /// The kind of its announcement.
    pub const fn kind(&self) -> AnnouncementKind {
        match self {
            Self::Manager { .. } => AnnouncementKind::Manager,
            Self::Staker(_) => AnnouncementKind::Staker,
            Self::FundingAuthority(FundingType::StakeDeposit, _) => AnnouncementKind::StakeDepositAuthority,
            Self::FundingAuthority(FundingType::SolDeposit, _) => AnnouncementKind::SolDepositAuthority,
            Self::FundingAuthority(FundingType::SolWithdraw, _) => AnnouncementKind::SolWithdrawAuthority,
            Self::SolDepositFee(_) => AnnouncementKind::SolDepositFee,
            Self::StakeDepositFee(_) => AnnouncementKind::StakeDepositFee,
            Self::RebalancePolicy(_) => AnnouncementKind::RebalancePolicy,
            Self::DemotionPolicy(_) => AnnouncementKind::DemotionPolicy,
        }
    }

    /// The value of its announcement, as the program stores it.
    pub fn value(&self) -> [u8; ANNOUNCED_VALUE_LENGTH] {
        match self {
            Self::Manager { manager, fee_account } => padded(&[manager.as_ref(), fee_account.as_ref()]),
            Self::Staker(staker) => padded(&[staker.as_ref()]),
            Self::FundingAuthority(_, Some(authority)) => padded(&[authority.as_ref(), &[1]]),
            Self::FundingAuthority(_, None) => [0; ANNOUNCED_VALUE_LENGTH],
            Self::SolDepositFee(fee) | Self::StakeDepositFee(fee) => padded(&[bytes_of(&PodFee::from(*fee))]),
            Self::RebalancePolicy(policy) => padded(&[bytes_of(policy)]),
            Self::DemotionPolicy(policy) => padded(&[bytes_of(policy)]),
        }
    }
}

/// What a call that changes a setting does.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Effect {
    /// It makes the change.
    Makes,
    /// It announces the change, and changes nothing else. The same call makes the change from that epoch and time on.
    Announces {
        /// The first epoch.
        from_epoch: u64,
        /// Unix time in seconds.
        from_timestamp: i64,
    },
}

impl PoolSnapshot {
    /// The effect of a call that makes `change`. Where the pool has no notice, it makes the change at once.
    ///
    /// # Errors
    /// Refusal `NoticeNotOver` if the change is announced, with the time left.
    pub fn effect_of(&self, change: &AnnouncedChange) -> Result<Effect, PlanError> {
        let Some(extension) = self.extension().filter(|extension| extension.limits.has_notice()) else {
            return Ok(Effect::Makes);
        };
        let clock = &self.environment().clock;
        let (epoch, now, value) = (clock.epoch, clock.unix_timestamp, change.value());
        let pending = extension.announcements.get(change.kind());
        if !pending.is_pending() || pending.value != value {
            let announced = Announcement::new(&extension.limits, epoch, now, value);
            return Ok(Effect::Announces {
                from_epoch: announced.from_epoch.get(),
                from_timestamp: announced.from_timestamp.get(),
            });
        }
        if pending.is_due(epoch, now) {
            return Ok(Effect::Makes);
        }
        let left = TimeLeft::of(pending, epoch, now);
        Err(PlanError::refused(
            ExtensionError::NoticeNotOver,
            format!(
                "the change of the {} is announced, and its notice is not over: repeat the call from epoch {} on, {left} from \
                 now, or withdraw the announcement",
                kind_name(change.kind()),
                pending.from_epoch.get(),
            ),
        ))
    }

    /// The group, with a [`Step::Announce`] if the call only announces `change`.
    ///
    /// # Errors
    /// As [`Self::effect_of`].
    pub(crate) fn announcing(
        &self,
        change: &AnnouncedChange,
        group: InstructionGroup,
    ) -> Result<InstructionGroup, PlanError> {
        Ok(match self.effect_of(change)? {
            Effect::Makes => group,
            Effect::Announces { from_epoch, from_timestamp } => {
                let label = format!("announce: {}", group.label);
                let step = Step::Announce { kind: change.kind(), from_epoch, from_timestamp };
                InstructionGroup { label, ..group.step(step) }
            }
        })
    }
}

impl InstructionGroup {
    /// What the group's call does.
    pub fn effect(&self) -> Effect {
        let announced = self.steps.iter().find_map(|step| match *step {
            Step::Announce { from_epoch, from_timestamp, .. } => Some(Effect::Announces { from_epoch, from_timestamp }),
            _ => None,
        });
        announced.unwrap_or(Effect::Makes)
    }
}

/// The time until a notice is over: both parts have to pass.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TimeLeft {
    /// Epochs.
    pub epochs: u64,
    /// Seconds.
    pub seconds: u64,
}

impl TimeLeft {
    /// The time until `announcement` is due, in `epoch` and at Unix time `now`.
    pub fn of(announcement: &Announcement, epoch: u64, now: i64) -> Self {
        let seconds = announcement.from_timestamp.get().saturating_sub(now);
        Self {
            epochs: announcement.from_epoch.get().saturating_sub(epoch),
            seconds: u64::try_from(seconds).unwrap_or_default(),
        }
    }
}

impl fmt::Display for TimeLeft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let epochs = match self.epochs {
            0 => None,
            1 => Some("1 epoch".to_owned()),
            epochs => Some(format!("{epochs} epochs")),
        };
        let seconds = (self.seconds > 0).then(|| match (self.seconds / 3_600, self.seconds / 60 % 60) {
            (0, 0) => format!("{} s", self.seconds),
            (0, minutes) => format!("{minutes} min"),
            (hours, minutes) => format!("{hours} h {minutes} min"),
        });
        match (epochs, seconds) {
            (Some(epochs), Some(seconds)) => write!(f, "{epochs} and {seconds}"),
            (Some(left), None) | (None, Some(left)) => f.write_str(&left),
            (None, None) => f.write_str("0 s"),
        }
    }
}

/// The first bytes of a value, as account data.
fn prefix<T: Pod>(value: &[u8; ANNOUNCED_VALUE_LENGTH]) -> T {
    pod_read_unaligned(&value[..size_of::<T>()])
}

fn padded(parts: &[&[u8]]) -> [u8; ANNOUNCED_VALUE_LENGTH] {
    let mut value = [0; ANNOUNCED_VALUE_LENGTH];
    value.iter_mut().zip(parts.iter().copied().flatten()).for_each(|(to, from)| *to = *from);
    value
}

#[cfg(test)]
mod tests {
    use {super::*, crate::pool::fixture::*};

    #[test]
    fn values_are_decoded_as_they_are_stored() {
        let [one, two] = [1, 2].map(|number| Address::new_from_array([number; 32]));
        let changes = [
            AnnouncedChange::Manager { manager: one, fee_account: two },
            AnnouncedChange::Staker(one),
            AnnouncedChange::FundingAuthority(FundingType::StakeDeposit, Some(one)),
            AnnouncedChange::FundingAuthority(FundingType::SolDeposit, None),
            AnnouncedChange::FundingAuthority(FundingType::SolWithdraw, Some(two)),
            AnnouncedChange::SolDepositFee(Fee::new(1, 100)),
            AnnouncedChange::StakeDepositFee(Fee::new(3, 1_000)),
            AnnouncedChange::RebalancePolicy(RebalancePolicy::DEFAULT),
            AnnouncedChange::DemotionPolicy(DemotionPolicy { cooldown_epochs: 5.into(), ..DemotionPolicy::NONE }),
        ];
        assert!(changes.iter().map(AnnouncedChange::kind).eq(AnnouncementKind::ALL));
        for change in changes {
            assert_eq!(AnnouncedChange::decode(change.kind(), &change.value()), change);
        }
    }

    #[test]
    fn notice_has_to_pass_in_epochs_and_in_seconds() {
        let change = AnnouncedChange::Staker(MANAGER);
        let mut fixture = Fixture::extended(vec![]);
        assert_eq!(fixture.snapshot().effect_of(&change), Ok(Effect::Makes));
        fixture.limits.notice_epochs = 2.into();
        fixture.limits.notice_seconds = 7_200.into();
        let announces = |timestamp| Effect::Announces { from_epoch: EPOCH + 2, from_timestamp: timestamp };
        assert_eq!(fixture.snapshot().effect_of(&change), Ok(announces(7_200)));
        fixture.announce(&change, EPOCH + 2, 7_200);
        let at = |epoch, now| {
            let mut snapshot = fixture.snapshot();
            let clock = &mut snapshot.environment_mut().clock;
            (clock.epoch, clock.unix_timestamp) = (epoch, now);
            snapshot.effect_of(&change)
        };
        for (epoch, now, left) in [
            (EPOCH, 0, "2 epochs and 2 h 0 min"),
            (EPOCH + 1, 7_200, "1 epoch"),
            (EPOCH + 2, 7_155, "45 s"),
            (EPOCH + 2, 7_000, "3 min"),
        ] {
            let error = at(epoch, now).unwrap_err();
            assert_eq!(error.extension_error(), Some(ExtensionError::NoticeNotOver));
            let text = format!("from epoch {} on, {left} from now", EPOCH + 2);
            assert!(error.to_string().contains(&text), "{error}");
        }
        assert_eq!(at(EPOCH + 2, 7_200), Ok(Effect::Makes));
        // Another value replaces the announced one.
        assert_eq!(fixture.snapshot().effect_of(&AnnouncedChange::Staker(STAKER)), Ok(announces(7_200)));
    }
}
