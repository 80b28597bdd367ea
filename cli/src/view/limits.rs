//! Limits and announced changes of a pool, as answers show them.

use {
    crate::{
        output::{Line, Text},
        units::local_time,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        announcement::{AnnouncedChange, TimeLeft, kind_id, kind_name},
        pool::PoolSnapshot,
        words::{announced_value, limit_rows},
    },
    tidepool_interface::state,
};

/// Limits: `null` or 0 for none.
#[derive(Debug, Serialize)]
pub struct Limits {
    max_epoch_fee_basis_points: Option<u16>,
    max_sol_deposit_fee_basis_points: Option<u16>,
    max_stake_deposit_fee_basis_points: Option<u16>,
    max_sol_withdrawal_fee_basis_points: Option<u16>,
    max_stake_withdrawal_fee_basis_points: Option<u16>,
    /// Pool tokens that a deposit must leave in existence.
    supply_floor_pool_tokens: u64,
    notice_epochs: u16,
    notice_seconds: u32,
    /// Hundredths of the last epoch's growth.
    growth_charge_hundredths: u16,
    max_rise_basis_points: Option<u16>,
    max_fall_basis_points: Option<u16>,
    /// Epochs for which a greater change halts deposits and SOL withdrawals.
    halt_epochs: u8,
    /// Whether deposits can be closed without a notice.
    closes_without_notice: bool,
    guardian: Option<Text<Address>>,
    #[serde(skip)]
    rows: Vec<Line>,
}

impl From<&state::Limits> for Limits {
    fn from(limits: &state::Limits) -> Self {
        let [epoch, sol_deposit, stake_deposit, sol_withdrawal, stake_withdrawal] =
            limits.ceilings.as_array().map(|ceiling| ceiling.get());
        let bound = |points: u16| Some(points).filter(|points| *points > 0);
        Self {
            max_epoch_fee_basis_points: epoch,
            max_sol_deposit_fee_basis_points: sol_deposit,
            max_stake_deposit_fee_basis_points: stake_deposit,
            max_sol_withdrawal_fee_basis_points: sol_withdrawal,
            max_stake_withdrawal_fee_basis_points: stake_withdrawal,
            supply_floor_pool_tokens: limits.supply_floor.get(),
            notice_epochs: limits.notice_epochs.get(),
            notice_seconds: limits.notice_seconds.get(),
            growth_charge_hundredths: limits.growth_charge.get(),
            max_rise_basis_points: bound(limits.rate_guard_up.get()),
            max_fall_basis_points: bound(limits.rate_guard_down.get()),
            halt_epochs: limits.guard_epochs,
            closes_without_notice: limits.closing_needs_no_notice == 1,
            guardian: limits.guardian().copied().map(Text),
            rows: limit_rows(limits),
        }
    }
}

impl Limits {
    /// The limits that are set, for a person.
    pub fn lines(&self) -> &[Line] {
        &self.rows
    }
}

/// An announced change.
#[derive(Debug, Serialize)]
pub struct Announced {
    pub kind: &'static str,
    /// The new value, in words.
    pub value: String,
    pub from_epoch: u64,
    /// Unix time in seconds.
    pub from_timestamp: i64,
    /// Whether the notice is over, so that the change can be made.
    pub due: bool,
    #[serde(skip)]
    pub name: &'static str,
    #[serde(skip)]
    left: TimeLeft,
}

impl Announced {
    /// The announced changes of a pool.
    pub fn of(snapshot: &PoolSnapshot) -> Vec<Self> {
        let clock = &snapshot.environment().clock;
        let (epoch, now) = (clock.epoch, clock.unix_timestamp);
        let announced = snapshot.announcements().map(|(kind, announcement)| Self {
            kind: kind_id(kind),
            value: announced_value(&AnnouncedChange::decode(kind, &announcement.value)),
            from_epoch: announcement.from_epoch.get(),
            from_timestamp: announcement.from_timestamp.get(),
            due: announcement.is_due(epoch, now),
            name: kind_name(kind),
            left: TimeLeft::of(announcement, epoch, now),
        });
        announced.collect()
    }

    /// From when on it can be made.
    pub fn when(&self) -> String {
        if self.due {
            return "can be made now: repeat the command that announced it".into();
        }
        let (epoch, time) = (self.from_epoch, local_time(self.from_timestamp));
        format!("can be made from epoch {epoch} and {time} on ({} from now)", self.left)
    }

    /// It on one line.
    pub fn line(&self) -> String {
        format!("{} to {}, {}", self.name, self.value, self.when())
    }
}
