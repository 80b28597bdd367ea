//! Announced changes: what a manager wants to change, and from when on the change can be made.

use {
    super::{I64, Limits, U64},
    crate::schema::{Body, Defined, Described, Shape, UnixTime},
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
};

numbered! {
    /// Kind of a change that has to be announced. One change of each kind can be announced at a time.
    #[derive(Hash, Ord, PartialOrd)]
    pub enum AnnouncementKind {
        /// `SetManager`: the new manager and its fee account.
        Manager,
        /// `SetStaker` by the manager: the new staker.
        Staker,
        /// `SetFundingAuthority`: the stake deposit authority.
        StakeDepositAuthority,
        /// `SetFundingAuthority`: the SOL deposit authority.
        SolDepositAuthority,
        /// `SetFundingAuthority`: the SOL withdraw authority.
        SolWithdrawAuthority,
        /// `SetFee`: a higher SOL deposit fee.
        SolDepositFee,
        /// `SetFee`: a higher stake deposit fee.
        StakeDepositFee,
        /// `SetRebalancePolicy`.
        RebalancePolicy,
        /// `SetDemotionPolicy`.
        DemotionPolicy,
    }
}

impl AnnouncementKind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 9] = [
        Self::Manager,
        Self::Staker,
        Self::StakeDepositAuthority,
        Self::SolDepositAuthority,
        Self::SolWithdrawAuthority,
        Self::SolDepositFee,
        Self::StakeDepositFee,
        Self::RebalancePolicy,
        Self::DemotionPolicy,
    ];

    /// The kind with this number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }
}

/// Bytes of an announced value: two addresses, the longest.
pub const ANNOUNCED_VALUE_LENGTH: usize = 64;

layout! {
    /// A change that was announced, or none.
    pub struct Announcement {
        /// The first epoch in which the change can be made; 0 for no announcement.
        pub from_epoch: U64,
        /// Unix time in seconds from which the change can be made.
        pub from_timestamp: I64 as UnixTime,
        /// The arguments of the change, padded with zeros: addresses (zero for none), a fee, or a policy, as in account data.
        pub value: [u8; ANNOUNCED_VALUE_LENGTH],
    }
}

const _: () = assert!(size_of::<Announcement>() == 80 && align_of::<Announcement>() == 1);

impl Announcement {
    /// No announcement.
    pub const NONE: Self =
        Self { from_epoch: U64::new(0), from_timestamp: I64::new(0), value: [0; ANNOUNCED_VALUE_LENGTH] };

    /// A change to `value` that is announced now, under the notice of `limits`.
    pub fn new(limits: &Limits, epoch: u64, timestamp: i64, value: [u8; ANNOUNCED_VALUE_LENGTH]) -> Self {
        // Never 0, which is no announcement: epoch 0 has no time for a notice either.
        let from_epoch = epoch.saturating_add(u64::from(limits.notice_epochs.get())).max(1);
        let from_timestamp = timestamp.saturating_add(i64::from(limits.notice_seconds.get()));
        Self { from_epoch: from_epoch.into(), from_timestamp: from_timestamp.into(), value }
    }

    /// Whether a change is announced.
    #[inline]
    pub const fn is_pending(&self) -> bool {
        self.from_epoch.get() > 0
    }

    /// Whether the notice is over.
    #[inline]
    pub const fn is_due(&self, epoch: u64, timestamp: i64) -> bool {
        epoch >= self.from_epoch.get() && timestamp >= self.from_timestamp.get()
    }
}

/// The announcements of a pool, one place for each kind.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Announcements([Announcement; AnnouncementKind::ALL.len()]);

impl Described for Announcements {
    const SHAPE: Shape = Shape::Named(&Defined {
        name: "Announcements",
        docs: &["The announcements of a pool, one place for each kind."],
        body: Body::Alias(Shape::Array(&Announcement::SHAPE, AnnouncementKind::ALL.len())),
    });
}

impl Announcements {
    /// No announcements.
    pub const NONE: Self = Self([Announcement::NONE; AnnouncementKind::ALL.len()]);

    /// The place of a kind.
    pub const fn get(&self, kind: AnnouncementKind) -> &Announcement {
        &self.0[kind as usize]
    }

    /// The place of a kind, mutable.
    pub const fn get_mut(&mut self, kind: AnnouncementKind) -> &mut Announcement {
        &mut self.0[kind as usize]
    }

    /// The announced changes, by kind.
    pub fn pending(&self) -> impl Iterator<Item = (AnnouncementKind, &Announcement)> {
        AnnouncementKind::ALL.into_iter().zip(&self.0).filter(|(_, announcement)| announcement.is_pending())
    }
}
