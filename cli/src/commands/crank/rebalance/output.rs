//! What has moved, or would, and what it costs.

use {
    crate::{
        output::{Landed, Line, Report, Text, write_fields, write_signatures},
        units::{Units, sol},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        plan::{Direction, RebalancePlan, StakeMovement, Unmoved},
        pool::PoolSnapshot,
    },
};

const ROWS: usize = 40;

/// The reason that no stake moves if the plan has no validator.
const NO_WEIGHTS: &str = "no validator has a weight; the staker sets weights with `tidepool set-weights`";

#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    epoch: u64,
    dry_run: bool,
    /// In the order of the transactions.
    movements: Vec<Movement>,
    /// The epoch whose first update ends the movements.
    arrives_in_epoch: u64,
    idle: Idle,
    /// What the reserve is to hold above its rent.
    reserve_target_lamports: u64,
    /// What may still be taken from validators in this epoch; `null` without a bound.
    turnover_left_lamports: Option<u64>,
    /// Why nothing moves, where nothing does.
    why_nothing_moves: Option<&'static str>,
    /// Validators whose stake stays, in the pool's order.
    unmoved: Vec<Still>,
    /// Transactions of the rebalance itself: sent, or to be sent.
    rebalance_transactions: usize,
    /// All that were sent, an update included.
    pub transactions: Vec<Landed>,
}

#[derive(Debug, Serialize)]
struct Movement {
    vote: Text<Address>,
    /// `reserve` or `validator`.
    from: &'static str,
    /// `validator` or `reserve`.
    to: &'static str,
    lamports: u64,
    /// Lamports that the validator has before, without those that leave it.
    held_lamports: u64,
    target_lamports: u64,
}

#[derive(Debug, Serialize)]
struct Still {
    vote: Text<Address>,
    reason: &'static str,
}

/// What changes about lamports that earn nothing.
#[derive(Debug, Default, Serialize)]
struct Idle {
    /// Begin to earn with the next epoch.
    put_to_work_lamports: u64,
    /// Lamports that are taken from validators, and earn nothing for an epoch at least.
    lost_lamport_epochs: u64,
    /// Rent that the reserve lends until the movements end.
    lent_rent_lamports: u64,
    /// Left in the reserve above its rent.
    left_in_reserve_lamports: u64,
}

impl Output {
    pub fn new(snapshot: &PoolSnapshot, dry_run: bool) -> Self {
        Self {
            pool: Text(snapshot.address()),
            epoch: snapshot.epoch(),
            dry_run,
            movements: vec![],
            arrives_in_epoch: snapshot.epoch().saturating_add(1),
            idle: Idle::default(),
            reserve_target_lamports: 0,
            turnover_left_lamports: None,
            why_nothing_moves: None,
            unmoved: vec![],
            rebalance_transactions: 0,
            transactions: vec![],
        }
    }

    /// Adds what has moved, or would, by so many transactions.
    pub fn add(&mut self, movements: &[StakeMovement], transactions: usize) {
        self.rebalance_transactions += transactions;
        for movement in movements {
            let (from, to, sum) = match movement.direction {
                Direction::Increase => ("reserve", "validator", Some(&mut self.idle.put_to_work_lamports)),
                Direction::Decrease => ("validator", "reserve", Some(&mut self.idle.lost_lamport_epochs)),
                // It was not at work yet.
                Direction::Recall => ("validator", "reserve", None),
                // It goes on working.
                Direction::Keep => ("reserve", "validator", None),
            };
            if let Some(sum) = sum {
                *sum = sum.saturating_add(movement.lamports);
            }
            self.idle.lent_rent_lamports = self.idle.lent_rent_lamports.saturating_add(movement.rent);
            self.movements.push(Movement {
                vote: Text(movement.vote),
                from,
                to,
                lamports: movement.lamports,
                held_lamports: movement.held,
                target_lamports: movement.target,
            });
        }
    }

    /// Takes over what the last plan says of the pool.
    pub fn finish(&mut self, plan: &RebalancePlan) {
        self.reserve_target_lamports = plan.reserve_target;
        self.turnover_left_lamports = plan.turnover_left;
        self.idle.left_in_reserve_lamports = plan.idle.left_in_reserve;
        self.why_nothing_moves =
            self.movements.is_empty().then(|| plan.no_movement_reason().map_or(NO_WEIGHTS, |why| why.message()));
        let has_moved = |unmoved: &&Unmoved| !self.movements.iter().any(|movement| movement.vote.0 == unmoved.vote);
        let still = |unmoved: &Unmoved| Still { vote: Text(unmoved.vote), reason: unmoved.reason.message() };
        self.unmoved = plan.unmoved.iter().filter(has_moved).map(still).collect();
    }

    /// Why nothing moves: the reasons of all validators, with their number.
    fn write_reasons(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.unmoved.is_empty() {
            return writeln!(f, "Nothing moves in pool {}: {NO_WEIGHTS}", self.pool);
        }
        let mut reasons: Vec<(&str, usize)> = vec![];
        for still in &self.unmoved {
            match reasons.iter_mut().find(|(reason, _)| *reason == still.reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((still.reason, 1)),
            }
        }
        writeln!(f, "Nothing moves in pool {}", self.pool)?;
        reasons.iter().try_for_each(|(reason, count)| writeln!(f, "  {count:>5} × {reason}"))
    }

    fn write_movements(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        let count = self.movements.len();
        let validators = if count == 1 { "1 validator".into() } else { format!("{count} validators") };
        let what = if self.dry_run { "Would move" } else { "Moving" };
        writeln!(f, "{what} the stake of {validators} of pool {}", self.pool)?;
        let [has, moves, target] = ["STAKE SOL", "MOVES SOL", "TARGET SOL"];
        writeln!(f, "{:44}  {has:>20}  {moves:>20}  {target:>20}  FROM AND TO", "VALIDATOR")?;
        for movement in self.movements.iter().take(if verbose { usize::MAX } else { ROWS }) {
            let sign = if movement.to == "validator" { '+' } else { '-' };
            let way = format!("{} to {}", movement.from, movement.to);
            writeln!(
                f,
                "{:44}  {:>20}  {:>20}  {:>20}  {way}",
                movement.vote.to_string(),
                Units(movement.held_lamports).to_string(),
                format!("{sign}{}", Units(movement.lamports)),
                Units(movement.target_lamports).to_string(),
            )?;
        }
        if !verbose && count > ROWS {
            writeln!(f, "… and {} more: --verbose shows them all", count - ROWS)?;
        }
        write_fields(f, &self.costs())
    }

    fn costs(&self) -> Vec<Line> {
        let (idle, next) = (&self.idle, self.arrives_in_epoch);
        let mut fields = vec![];
        if idle.put_to_work_lamports > 0 {
            let earns = sol(idle.put_to_work_lamports);
            fields.push(("activating", format!("{earns}, which earn from epoch {next} on")));
        }
        if idle.lost_lamport_epochs > 0 {
            let lost = sol(idle.lost_lamport_epochs);
            let what =
                format!("{lost}, in the reserve after the first update in epoch {next}; earns nothing for one epoch");
            fields.push(("deactivating", what));
        }
        fields.push(("rent lent", sol(idle.lent_rent_lamports)));
        let (left, target) = (sol(idle.left_in_reserve_lamports), sol(self.reserve_target_lamports));
        fields.push(("left in the reserve", format!("{left}; its target is {target}")));
        if let Some(left) = self.turnover_left_lamports {
            fields.push(("remaining turnover budget", sol(left)));
        }
        if self.dry_run {
            fields.push(("transactions", format!("{} (permissionless)", self.rebalance_transactions)));
        }
        fields
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        if self.movements.is_empty() {
            self.write_reasons(f)?;
        } else {
            self.write_movements(f, verbose)?;
        }
        if verbose && !self.unmoved.is_empty() {
            writeln!(f, "Unmoved")?;
            self.unmoved
                .iter()
                .try_for_each(|still| writeln!(f, "  {:44}  {}", still.vote.to_string(), still.reason))?;
        }
        write_signatures(f, &self.transactions)
    }
}
