//! Steps in words and in JSON: what changes, from when on, and what it means for stake.

use {
    crate::{
        output::{Line, Text},
        settings::instead,
        units::{local_time, sol},
        view::fees::PendingFee,
    },
    serde::Serialize,
    solana_address::Address,
    std::collections::BTreeSet,
    tidepool_client::{
        announcement::Effect,
        desired::{Difference, Live, Outlook, Part, Setting, State, Step, StepKind, Value, Wait},
        words::epochs,
    },
    tidepool_core::maths::FutureEpoch,
};

/// Validators that are named without --verbose.
const NAMED: usize = 10;

/// A part that changes.
#[derive(Debug, Serialize)]
pub struct ChangedPart {
    part: String,
    before: String,
    after: String,
}

impl From<&Difference> for ChangedPart {
    fn from(difference: &Difference) -> Self {
        let kind = difference.part.kind();
        let (before, after) = (difference.before.written(kind), difference.after.written(kind));
        Self { part: difference.part.to_string(), before, after }
    }
}

/// A step, for programs.
#[derive(Debug, Serialize)]
pub struct PlannedStep {
    step: &'static str,
    parts: Vec<String>,
    /// Who signs, besides the fee payer.
    signers: Vec<Text<Address>>,
    /// `ready`, `announces` or `waits`.
    state: &'static str,
    /// The first epoch in which the change can be made, or a fee can be in force.
    from_epoch: Option<u64>,
    from_timestamp: Option<i64>,
    /// What it waits for.
    reason: Option<String>,
    /// Upper bound of what the fee payer pays besides fees.
    payer_lamports: u64,
}

impl PlannedStep {
    pub fn new(live: &Live, differences: &[Difference], step: &Step) -> Self {
        let (state, reason) = match &step.state {
            State::Ready { effect: Effect::Makes, .. } => ("ready", None),
            State::Ready { .. } => ("announces", None),
            State::Waits(wait) => ("waits", Some(reason(wait))),
        };
        let (from_epoch, from_timestamp) = match &step.state {
            State::Ready { effect: Effect::Announces { from_epoch, from_timestamp }, .. }
            | State::Waits(Wait::Notice { from_epoch, from_timestamp }) => (Some(*from_epoch), Some(*from_timestamp)),
            State::Waits(Wait::Epoch { epoch, .. }) => (Some(*epoch), None),
            _ => (in_force_from(live, differences, step), None),
        };
        Self {
            step: name(step.kind),
            parts: step.parts.iter().map(ToString::to_string).collect(),
            signers: step.signers.iter().copied().map(Text).collect(),
            state,
            from_epoch,
            from_timestamp,
            reason,
            payer_lamports: step.payer_lamports,
        }
    }
}

const fn name(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Fee(_) => "fee",
        StepKind::FundingAuthority(_) => "funding_authority",
        StepKind::Metadata => "metadata",
        StepKind::DemotionPolicy => "demotion_policy",
        StepKind::Policy => "policy",
        StepKind::AddValidators => "add_validators",
        StepKind::RemoveValidators => "remove_validators",
        StepKind::Decrease => "decrease",
        StepKind::Weights => "weights",
        StepKind::EndPause => "end_pause",
        StepKind::Preferred(_) => "preferred_validator",
        StepKind::Limits => "limits",
        StepKind::Guardian => "guardian",
        StepKind::Staker => "staker",
        StepKind::Manager => "manager",
    }
}

/// The first epoch in which a fee with a delay can be in force.
fn in_force_from(live: &Live, differences: &[Difference], step: &Step) -> Option<u64> {
    let StepKind::Fee(Setting::EpochFee | Setting::StakeWithdrawalFee | Setting::SolWithdrawalFee) = step.kind else {
        return None;
    };
    let fee = differences.iter().find(|difference| step.parts.contains(&difference.part)).map(|found| &found.after);
    let Some(Value::Fee(fee)) = fee else { return None };
    PendingFee::new(&live.snapshot, &FutureEpoch::Two(*fee)).map(|pending| pending.from_epoch)
}

/// All steps in lines, by who signs them.
pub fn lines(live: &Live, differences: &[Difference], steps: &[&Step], verbose: bool) -> Vec<Line> {
    let mut lines = vec![];
    let mut signers: Option<&BTreeSet<Address>> = None;
    let mut ordered = steps.to_vec();
    ordered.sort_by_key(|step| (step.signers.clone(), step.kind.turn()));
    for step in ordered {
        if signers != Some(&step.signers) {
            lines.push(("signed by", who(live, step)));
            signers = Some(&step.signers);
        }
        lines.extend(of_step(live, differences, step, verbose));
    }
    lines
}

/// Who signs a step.
pub fn who(live: &Live, step: &Step) -> String {
    let head = &live.snapshot.pool().head;
    let limits = live.snapshot.limits();
    let role = |address: &Address| {
        if *address == head.manager {
            "the manager"
        } else if *address == head.staker {
            "the staker"
        } else if limits.guardian() == Some(address) {
            "the guardian"
        } else {
            "the new manager"
        }
    };
    step.signers.iter().map(|address| format!("{} {address}", role(address))).collect::<Vec<_>>().join(" and ")
}

fn of_step(live: &Live, differences: &[Difference], step: &Step, verbose: bool) -> Vec<Line> {
    let when = when(live, differences, step);
    let votes: Vec<Address> = step
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Validator(vote) => Some(*vote),
            Part::Setting(_) => None,
        })
        .collect();
    let epoch = live.snapshot.epoch();
    match step.kind {
        StepKind::AddValidators => {
            let each = sol(live.snapshot.environment().minimum_stake_lamports());
            let earns = match step.state {
                State::Waits(Wait::Epoch { .. } | Wait::Reserve { .. }) => String::new(),
                _ => format!(", which earns from epoch {} on", epoch.saturating_add(1)),
            };
            let each = if votes.len() == 1 { each } else { format!("{each} each") };
            let text = format!("{}, with {each} from the reserve{earns}{when}", count(votes.len()));
            [vec![("add", text)], named("add", differences, step, verbose)].concat()
        }
        StepKind::RemoveValidators => {
            let stake = votes.iter().filter_map(|vote| live.snapshot.validator_record(vote)?.stake_lamports().ok());
            let text = format!(
                "{} with {}: it earns to the end of the epoch in which it is deactivated, is in the reserve with the next epoch's \
                 update, and earns again one epoch after that{when}",
                count(votes.len()),
                sol(stake.fold(0, u64::saturating_add))
            );
            [vec![("remove", text)], named("remove", differences, step, verbose)].concat()
        }
        StepKind::Decrease => {
            let text =
                "stake of a validator that is to be removed, within the turnover budget of this epoch".to_owned();
            vec![("decrease", format!("{text}{when}"))]
        }
        StepKind::EndPause => {
            vec![("weights", "the pause of rebalances ends, which an unfinished change of weights has begun".into())]
        }
        StepKind::Weights => {
            let text =
                format!("{} of {}{when}", if votes.len() == 1 { "weight" } else { "weights" }, count(votes.len()));
            [vec![("weights", text)], named("weights", differences, step, verbose)].concat()
        }
        _ => {
            let settings: Vec<&Difference> =
                differences.iter().filter(|difference| step.parts.contains(&difference.part)).collect();
            let mut lines: Vec<Line> = settings
                .iter()
                .filter_map(|difference| match difference.part {
                    Part::Setting(setting) => {
                        Some((setting.section(), format!("{}: {}", setting.key(), change(difference))))
                    }
                    Part::Validator(_) => None,
                })
                .collect();
            if let Some((_, last)) = lines.last_mut() {
                last.push_str(&when);
            }
            if step.kind == StepKind::Limits {
                lines.push(("warning", "limits cannot be undone: a limit can only be tightened".into()));
            }
            if step.payer_lamports > 0 {
                lines.push(("cost", format!("up to {} for accounts, from the fee payer", sol(step.payer_lamports))));
            }
            lines
        }
    }
}

fn change(difference: &Difference) -> String {
    let kind = difference.part.kind();
    instead(difference.before.shown(kind), difference.after.shown(kind))
}

/// The validators of a step, with their weights.
fn named(label: &'static str, differences: &[Difference], step: &Step, verbose: bool) -> Vec<Line> {
    let most = if verbose { usize::MAX } else { NAMED };
    let of_step = differences.iter().filter(|difference| step.parts.contains(&difference.part));
    let named = of_step.take(most).filter_map(|difference| match (difference.part, &difference.after) {
        (Part::Validator(vote), Value::Weight(None)) if step.kind == StepKind::Weights => {
            Some((label, format!("{vote}: 0 until it is removed")))
        }
        (Part::Validator(vote), Value::Weight(None)) => Some((label, vote.to_string())),
        (Part::Validator(vote), _) if difference.before == Value::Weight(None) => {
            Some((label, format!("{vote}: {} then", difference.after.shown(difference.part.kind()))))
        }
        (Part::Validator(vote), _) => Some((label, format!("{vote}: {}", change(difference)))),
        (Part::Setting(_), _) => None,
    });
    named.chain(more(label, step.parts.len(), most)).collect()
}

fn more(label: &'static str, all: usize, most: usize) -> Option<Line> {
    let more = all.saturating_sub(most);
    (more > 0).then(|| (label, format!("… and {more} more: --verbose shows them all")))
}

fn count(validators: usize) -> String {
    if validators == 1 { "1 validator".into() } else { format!("{validators} validators") }
}

/// From when on a step counts, after a comma; empty for one that counts at once.
fn when(live: &Live, differences: &[Difference], step: &Step) -> String {
    match &step.state {
        State::Ready { effect: Effect::Announces { from_epoch, from_timestamp }, .. } => {
            let time = local_time(*from_timestamp);
            format!("; only announced now: apply the plan again from epoch {from_epoch} and {time} on")
        }
        State::Ready { .. } => in_force_from(live, differences, step)
            .map_or(String::new(), |epoch| format!(", from epoch {epoch} on if every epoch until then has an update")),
        State::Waits(wait) => format!("; {}", reason(wait)),
    }
}

/// What a step waits for.
pub fn reason(wait: &Wait) -> String {
    match wait {
        Wait::Notice { from_epoch, from_timestamp } => {
            let time = local_time(*from_timestamp);
            format!("announced, and can be made from epoch {from_epoch} and {time} on: apply the plan again then")
        }
        Wait::Update => "after an update of the pool, which `tidepool apply` sends first".into(),
        Wait::Rewards => "after the distribution of epoch rewards: apply the plan again then".into(),
        Wait::Epoch { epoch, why } => format!("from the update in epoch {epoch} on: {why}; apply the plan again then"),
        Wait::Steps { why } => (*why).to_owned(),
        Wait::Reserve { missing } => {
            format!(
                "the reserve needs {} more, and their share goes to the other validators until then: deposit SOL, or raise the \
                 reserve floor so that returning stake stays, and apply the plan again",
                sol(*missing)
            )
        }
    }
}

/// The way of the stake, for programs.
#[derive(Debug, Serialize)]
pub struct PlannedStake {
    added_validators: usize,
    added_lamports: u64,
    removed_validators: usize,
    removed_lamports: u64,
    /// Above target, beyond the threshold.
    validators_above: usize,
    above_lamports: u64,
    validators_below: usize,
    below_lamports: u64,
    /// Lamports that can be deactivated in an epoch; `null` without a bound.
    turnover_budget_lamports: Option<u64>,
    /// The fewest epochs in which the stake can be deactivated.
    turnover_epochs: u64,
}

impl From<&Outlook> for PlannedStake {
    fn from(outlook: &Outlook) -> Self {
        Self {
            added_validators: outlook.added,
            added_lamports: outlook.added_lamports,
            removed_validators: outlook.removed,
            removed_lamports: outlook.removed_lamports,
            validators_above: outlook.above,
            above_lamports: outlook.above_lamports,
            validators_below: outlook.below,
            below_lamports: outlook.below_lamports,
            turnover_budget_lamports: outlook.budget,
            turnover_epochs: outlook.epochs,
        }
    }
}

/// What rebalances do after the steps, in lines.
pub fn outlook_lines(outlook: &Outlook) -> Vec<Line> {
    let mut lines = vec![];
    if outlook.above > 0 {
        lines.push((
            "then",
            format!(
                "rebalances deactivate {} of {} above target; it earns to the end of that epoch, and again from the epoch after the \
                 next on",
                sol(outlook.above_lamports),
                count(outlook.above)
            ),
        ));
    }
    if outlook.below > 0 {
        lines.push((
            "then",
            format!(
                "rebalances delegate {} to {} below target, as far as the reserve has it; it earns from the next epoch on",
                sol(outlook.below_lamports),
                count(outlook.below)
            ),
        ));
    }
    if let (Some(budget), 1..) = (outlook.budget, outlook.epochs) {
        let text =
            format!("{} an epoch may be deactivated: this takes {} at least", sol(budget), epochs(outlook.epochs));
        lines.push(("turnover", text));
    }
    lines
}
