//! What a crank has done.

use {
    crate::{
        output::{Landed, Report, Text, to_json, write_fields, write_signatures},
        units::{now, sol, tokens},
        view::{
            demotion::{Demotion, demoted_validators},
            limits::Announced,
            tickets::{PaidTicket, TicketTotals},
            votes::Cautioned,
        },
    },
    serde::Serialize,
    solana_address::Address,
    std::{fmt, time::Duration},
    tidepool_client::{
        crank::{Backlog, CrankReport, NextRebalance, deviating_validators, missing_reserve_rent},
        words::{duration, in_motion, lamports_per_whole_pool_token},
    },
};

#[derive(Debug, Serialize)]
pub struct Output {
    pub(super) pools: Vec<Round>,
    /// Whether it went on until it was told to stop; `pools` has the last epoch then.
    pub(super) stopped: bool,
}

/// What was done with a pool until nothing was left to do.
#[derive(Debug, Serialize)]
pub struct Round {
    pool: Text<Address>,
    epoch: u64,
    /// How often something was sent.
    rounds: u32,
    /// From the first look to the last.
    milliseconds: u128,
    total_lamports: u64,
    pool_token_supply: u64,
    /// Rounded down; `null` without a supply.
    lamports_per_whole_pool_token: Option<u64>,
    reserve_lamports: u64,
    /// On their way between the reserve and validators, rent included.
    in_motion_lamports: u64,
    moved_validators: usize,
    moved_lamports: u64,
    /// Validators whose idle lamports (tips, block revenue) were moved to the reserve.
    swept_validators: usize,
    swept_lamports: u64,
    /// Idle lamports that stay beside the delegations of validators; `null` where the stake accounts were not read.
    idle_lamports: Option<u64>,
    validators: usize,
    /// Validators that are not up to date.
    validators_behind: usize,
    /// Validators with stake that an update can merge now.
    validators_mergeable: usize,
    /// Validators that this crank demoted.
    demotions: Vec<Demotion>,
    /// Validators that could be demoted, but not within the bounds of the epoch.
    postponed_demotions: Vec<Demotion>,
    /// Active validators that are demoted.
    demoted_validators: usize,
    /// Exit tickets that this crank paid.
    paid_tickets: Vec<PaidTicket>,
    #[serde(flatten)]
    tickets: TicketTotals,
    /// Validators that are off their target by more than the threshold, and stay there in this epoch, or until a watch rebalances;
    /// `null` where that was not looked at.
    validators_off_target: Option<usize>,
    /// Lamports that the reserve needs to lend a decrease the rent of its account.
    reserve_missing_rent_lamports: u64,
    /// Lamports that were sent to the reserve for that.
    reserve_top_up_lamports: u64,
    #[serde(skip)]
    reserve: Address,
    /// Transactions that were sent, or were to be sent, and did not land.
    not_landed: usize,
    /// By how much the payer has become poorer; `null` where that is not known.
    spent_lamports: Option<u64>,
    /// Unix time in seconds at which a watch rebalances next, an estimate; `null` where every look rebalances, and without a watch.
    next_rebalance_at: Option<u64>,
    next_rebalance_seconds: Option<u64>,
    /// Changes that the manager has announced.
    announcements: Vec<Announced>,
    /// The first epoch in which deposits and SOL withdrawals go on, if the rate guard has halted them.
    halted_until_epoch: Option<u64>,
    /// Validators with cautions; `null` with --watch, and where they could not be read.
    pub(super) cautions: Option<Vec<Cautioned>>,
    transactions: Vec<Landed>,
}

impl Round {
    pub fn new(report: &CrankReport, took: Duration, spent_lamports: Option<u64>) -> Self {
        let snapshot = &report.snapshot;
        let (rate, backlog) = (snapshot.rate(), Backlog::of(snapshot));
        let moved = report.movements.iter().map(|movement| movement.lamports);
        Self {
            pool: Text(snapshot.address()),
            epoch: snapshot.epoch(),
            rounds: report.rounds,
            milliseconds: took.as_millis(),
            total_lamports: rate.total_lamports.get(),
            pool_token_supply: rate.pool_token_supply.get(),
            lamports_per_whole_pool_token: lamports_per_whole_pool_token(snapshot),
            reserve_lamports: snapshot.reserve_lamports(),
            in_motion_lamports: in_motion(snapshot),
            moved_validators: report.movements.len(),
            moved_lamports: moved.fold(0, u64::saturating_add),
            swept_validators: report.swept_validators,
            swept_lamports: report.swept_lamports,
            idle_lamports: report.idle_lamports,
            validators: snapshot.records().len(),
            validators_behind: backlog.stale_validators,
            validators_mergeable: backlog.validators_mergeable,
            demotions: report.demotions.iter().map(Demotion::from).collect(),
            postponed_demotions: report.postponed_demotions.iter().map(Demotion::from).collect(),
            demoted_validators: demoted_validators(snapshot),
            paid_tickets: report.claims.iter().map(PaidTicket::from).collect(),
            tickets: TicketTotals::of(snapshot),
            validators_off_target: report.rest.as_ref().map(deviating_validators),
            reserve_missing_rent_lamports: missing_reserve_rent(snapshot),
            reserve_top_up_lamports: report.top_up_lamports,
            reserve: snapshot.pool().head.reserve_stake,
            not_landed: report.sent.problems().count(),
            spent_lamports,
            next_rebalance_at: report.next_rebalance.as_ref().and_then(timestamp),
            next_rebalance_seconds: report
                .next_rebalance
                .as_ref()
                .and_then(|next| next.within)
                .map(|within| within.as_secs()),
            announcements: Announced::of(snapshot),
            halted_until_epoch: snapshot.halted_until_epoch(),
            cautions: None,
            transactions: Landed::of(&report.sent),
        }
    }

    pub const fn has_transactions(&self) -> bool {
        self.rounds > 0
    }

    pub const fn is_of_same_epoch(&self, other: &Self) -> bool {
        self.epoch == other.epoch
    }

    pub fn json_line(&self) -> String {
        to_json(self).to_string()
    }

    /// Whether all stake is where the weights want it, activating and deactivating stake counted, and known to earn there.
    fn is_on_target(&self) -> bool {
        let earns = |cautions: &Vec<Cautioned>| !cautions.iter().any(Cautioned::is_deactivated);
        self.validators_off_target == Some(0) && self.cautions.as_ref().is_some_and(earns)
    }

    fn write_in_full(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = if self.is_on_target() { "up to date, and no stake has to move," } else { "up to date" };
        writeln!(f, "Pool {} is {state} in epoch {}", self.pool, self.epoch)?;
        let mut fields = vec![
            (
                "total stake",
                format!("{}; {} of it in the reserve", sol(self.total_lamports), sol(self.reserve_lamports)),
            ),
            ("supply", tokens(self.pool_token_supply)),
        ];
        if self.moved_validators > 0 {
            fields.push(("moved", format!("{} with {} validators", sol(self.moved_lamports), self.moved_validators)));
        }
        if self.swept_validators > 0 {
            let (swept, count) = (sol(self.swept_lamports), self.swept_validators);
            fields.push(("swept", format!("{swept} of tips and other idle lamports of {count} validators")));
        }
        if let Some(idle) = self.idle_lamports.filter(|idle| *idle > 0) {
            fields
                .push(("idle", format!("{} beside the delegations of validators: too little to sweep now", sol(idle))));
        }
        fields.extend(self.demotions.iter().map(|demotion| ("demoted", demotion.line())));
        fields.extend(self.postponed_demotions.iter().map(|demotion| ("not demoted", postponed(demotion))));
        fields.extend(self.paid_tickets.iter().map(|paid| ("paid", paid.line())));
        fields.extend(self.tickets.line().map(|tickets| ("exit tickets", tickets)));
        if let Some(off) = self.validators_off_target.filter(|off| *off > 0) {
            fields.push(("deviating", format!("{off} of {} validators, by more than the threshold", self.validators)));
        }
        if self.in_motion_lamports > 0 {
            fields.push(("transient", format!("{} activating or deactivating", sol(self.in_motion_lamports))));
        }
        fields.extend(self.announcements.iter().map(|announced| ("announced", announced.line())));
        fields.extend(self.halt().map(|halt| ("HALTED", halt)));
        fields.extend(self.cautions.iter().flatten().flat_map(Cautioned::lines));
        fields.extend(self.top_up().map(|top_up| ("reserve", top_up)));
        if self.has_transactions() {
            fields.push(("transactions", self.transactions_in_words()));
        }
        write_fields(f, &fields)
    }

    /// What the reserve got or needs for the rent of a decrease.
    fn top_up(&self) -> Option<String> {
        let (sent, missing) = (self.reserve_top_up_lamports, self.reserve_missing_rent_lamports);
        if missing > 0 {
            return Some(format!(
                "cannot lend the rent of a decrease, so no stake can be decreased: send {} to {}, deposit SOL, or omit \
                 --no-top-up",
                sol(missing),
                self.reserve
            ));
        }
        (sent > 0).then(|| format!("received {} from the fee payer, the rent of a decrease", sol(sent)))
    }

    /// What the rate guard has halted.
    fn halt(&self) -> Option<String> {
        let until = self.halted_until_epoch?;
        Some(format!("the rate guard has halted deposits and SOL withdrawals until epoch {until}"))
    }

    fn transactions_in_words(&self) -> String {
        let not_landed = if self.not_landed > 0 { format!(", {} did not", self.not_landed) } else { String::new() };
        let spent =
            self.spent_lamports.map_or(String::new(), |spent| format!(", and the fee payer has {} less", sol(spent)));
        let (landed, seconds) = (self.transactions.len(), self.milliseconds / 1_000);
        format!("{landed} landed{not_landed}, in {seconds}.{} s{spent}", self.milliseconds % 1_000 / 100)
    }
}

/// A demotion that has to wait, for a person.
fn postponed(demotion: &Demotion) -> String {
    format!("{}; the bounds of the epoch are reached", demotion.line())
}

/// Unix time in seconds of a rebalance to come; `None` if the slot time is not measured yet.
pub fn timestamp(next: &NextRebalance) -> Option<u64> {
    next.within.map(|within| now().saturating_add(within).as_secs())
}

/// Says when a watch rebalances next, and why not before.
pub fn explain(next: &NextRebalance) -> String {
    let within = match next.within {
        Some(within) => format!("in about {}", duration(within.as_secs())),
        None => format!("at slot {}", next.slot),
    };
    format!(
        "Rebalances {}, and again just before the end of the epoch; next {within}. Moved stake takes effect at the end of the \
         epoch, so waiting costs nothing, and movements of others can be corrected",
        next.at
    )
}

impl fmt::Display for Round {
    /// The round on one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (epoch, pool) = (self.epoch, self.pool);
        let holds = sol(self.total_lamports);
        let what = if self.has_transactions() { self.transactions_in_words() } else { "nothing to do".into() };
        write!(f, "epoch {epoch}  {pool}  up to date  holds {holds}  {what}")?;
        if self.moved_validators > 0 {
            write!(f, "  moved {} with {} validators", sol(self.moved_lamports), self.moved_validators)?;
        }
        if self.swept_validators > 0 {
            write!(f, "  swept {} of {} validators", sol(self.swept_lamports), self.swept_validators)?;
        }
        self.demotions.iter().try_for_each(|demotion| write!(f, "  DEMOTED {}", demotion.line()))?;
        if !self.paid_tickets.is_empty() {
            write!(f, "  paid {} exit tickets", self.paid_tickets.len())?;
        }
        if let Some(tickets) = self.tickets.line() {
            write!(f, "  exit tickets {tickets}")?;
        }
        if let Some(off) = self.validators_off_target.filter(|off| *off > 0) {
            write!(f, "  deviating {off} of {} validators", self.validators)?;
        }
        if let Some(top_up) = self.top_up() {
            write!(f, "  reserve {top_up}")?;
        }
        self.announcements.iter().try_for_each(|announced| write!(f, "  ANNOUNCED {}", announced.line()))?;
        if let Some(halt) = self.halt() {
            write!(f, "  HALTED {halt}")?;
        }
        self.next_rebalance_seconds.map_or(Ok(()), |seconds| write!(f, "  rebalances in about {}", duration(seconds)))
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        if self.stopped {
            writeln!(f, "Stopped")?;
        } else {
            self.pools.iter().try_for_each(|round| round.write_in_full(f))?;
        }
        let shown = if verbose { &self.pools[..] } else { &[] };
        shown.iter().try_for_each(|round| write_signatures(f, &round.transactions))
    }
}
