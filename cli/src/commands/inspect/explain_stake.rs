//! `tidepool explain-stake`

use {
    crate::{
        args::ValidatorArgs,
        context::Context,
        error::CliError,
        message::extension::{ground_id, ground_name},
        output::{Line, Report, Text, write_fields},
        units::{Share, sol},
        view::{slot_time::MeasuredSlotTime, votes::Votes},
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::{Cluster, SlotTime},
        plan::{self, Direction, NextStep, StakeExplanation, TransientStake},
        pool::StakeSelection,
        vote::ValidatorSurvey,
        words::{duration, status_name},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool explain-stake 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA \\
      FDNkPHBzqCiZybfNugS4hwYFBWwEMts639SVmedMX2ee";

/// Explain a validator's stake, its target and its next movement
///
/// Shows the validator's weight, target, cap and deviation, its activating or deactivating stake, and what the next rebalance
/// does, with the reason. --verbose adds full sentences. Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    validator: ValidatorArgs,
}

/// Why a validator has the stake that it has.
#[derive(Debug, Serialize)]
pub struct Output {
    pool: Text<Address>,
    vote: Text<Address>,
    status: &'static str,
    weight: u16,
    /// Sum of the weights of active validators.
    weights: u64,
    /// Its share of the sum of weights; `null` if no validator has a weight.
    weight_share_basis_points: Option<u64>,
    /// What it is to have, rent included; `null` without a weight.
    target_lamports: Option<u64>,
    /// What one validator may be given; `null` without a bound.
    cap_lamports: Option<u64>,
    /// Whether its weight would give it more than that.
    capped: bool,
    /// In its stake account, rent included.
    active_lamports: u64,
    /// That, and the activating stake.
    held_lamports: u64,
    in_motion: Option<Motion>,
    /// The epoch of its demotion; `null` if it is not demoted.
    demoted_in_epoch: Option<u64>,
    /// The first epoch in which the staker can reinstate it with a weight.
    reinstatable_from_epoch: Option<u64>,
    /// Grounds of the demotion policy that its vote account proves now, the worst first.
    demotion_grounds: Vec<&'static str>,
    next: Next,
    epoch: u64,
    slot: u64,
    slots_until_next_epoch: u64,
    /// An estimate, by the slot time; `null` if it is not measured.
    seconds_until_next_epoch: Option<u64>,
    slot_time: Option<MeasuredSlotTime>,
    /// Why there is no slot time: `not_measured`.
    no_slot_time: Option<&'static str>,
    sentences: Vec<String>,
    /// The grounds in words.
    #[serde(skip)]
    grounds: Vec<&'static str>,
    /// Whether the policy demotes at all.
    #[serde(skip)]
    can_be_demoted: bool,
    #[serde(flatten)]
    votes: Votes,
}

#[derive(Debug, Serialize)]
struct Motion {
    /// Rent included.
    lamports: u64,
    /// `validator` or `reserve`; `null` where it is not known.
    to: Option<&'static str>,
    /// The first epoch whose update can end the movement.
    arrives_in_epoch: Option<u64>,
}

#[derive(Debug, Serialize)]
struct Next {
    /// `increase`, `decrease`, `nothing`, `needs_update`, `rewards_being_paid` or `not_extended`.
    step: &'static str,
    lamports: Option<u64>,
    reason: Option<&'static str>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let ValidatorArgs { pool, vote } = self.validator;
        let mut snapshot = context.read_without_key(&pool, StakeSelection::one(vote)).await?;
        snapshot.read_votes(context.cluster, &[vote]).await?;
        let explanation = plan::explain_stake(&snapshot, &vote)?;
        let schedule = context.cluster.epoch_schedule().await?;
        let slot_time = context.cluster.slot_time(&snapshot.environment().clock, &schedule).await;
        let survey = ValidatorSurvey::read(context.cluster, &[vote]).await?;
        let has_weights = snapshot.weighted().next().is_some();
        let votes = snapshot.validator(&vote).map(|validator| Votes::of(&survey, &snapshot, &validator, has_weights));
        let slots = explanation.slots_until_next_epoch(&schedule);
        let grounds = match snapshot.extension() {
            Some(extension) => {
                let account = context.cluster.account(&vote).await?;
                plan::demotion_grounds(&extension.demotion, account.as_ref(), snapshot.epoch())
            }
            None => vec![],
        };
        let mut output = Output::new(pool, &explanation, slots, slot_time);
        output.votes = votes.unwrap_or_default();
        output.demotion_grounds = grounds.iter().map(|ground| ground_id(*ground)).collect();
        output.can_be_demoted = !plan::judged_votes(&snapshot).is_empty();
        output.grounds = grounds.into_iter().map(ground_name).collect();
        Ok(output)
    }
}

impl Output {
    fn new(pool: Address, explanation: &StakeExplanation, slots: u64, slot_time: Option<SlotTime>) -> Self {
        Self {
            pool: Text(pool),
            vote: Text(explanation.vote),
            status: status_name(explanation.status),
            weight: explanation.weight,
            weights: explanation.weights,
            weight_share_basis_points: explanation.share_basis_points(),
            target_lamports: explanation.target,
            cap_lamports: explanation.cap,
            capped: explanation.is_capped(),
            active_lamports: explanation.active,
            held_lamports: explanation.held,
            in_motion: explanation.transient.as_ref().map(Motion::from),
            demoted_in_epoch: explanation.demotion.map(|demotion| demotion.epoch),
            reinstatable_from_epoch: explanation.demotion.map(|demotion| demotion.reinstatable_from_epoch),
            demotion_grounds: vec![],
            next: Next::from(explanation.next),
            epoch: explanation.epoch,
            slot: explanation.slot,
            slots_until_next_epoch: slots,
            seconds_until_next_epoch: slot_time.map(|measured| measured.of(slots).as_secs()),
            slot_time: slot_time.map(MeasuredSlotTime::from),
            no_slot_time: slot_time.is_none().then_some("not_measured"),
            sentences: explanation.sentences(),
            grounds: vec![],
            can_be_demoted: false,
            votes: Votes::default(),
        }
    }

    fn fields(&self) -> Vec<Line> {
        let share = self.weight_share_basis_points.and_then(|points| u16::try_from(points).ok()).map(Share);
        let of_all = share.map_or(String::new(), |share| format!(" of {} ({share})", self.weights));
        let mut fields = vec![("weight", format!("{}{of_all}", self.weight))];
        let target = self.target_lamports.map_or("none; stake is not rebalanced".into(), |target| {
            format!("{}{}", sol(target), if self.capped { ", the cap" } else { "" })
        });
        fields.push(("target", target));
        fields.extend(self.demotion());
        fields.push(("cap", self.cap_lamports.map_or("none".into(), sol)));
        let off = match self.target_lamports {
            Some(target) if target > self.held_lamports => {
                format!(", {} below its target", sol(target - self.held_lamports))
            }
            Some(target) if target < self.held_lamports => {
                format!(", {} above its target", sol(self.held_lamports - target))
            }
            _ => String::new(),
        };
        let coming = self.held_lamports.saturating_sub(self.active_lamports);
        let coming = if coming > 0 { format!(" and {} activating", sol(coming)) } else { String::new() };
        fields.push(("stake", format!("{}{coming}{off}", sol(self.active_lamports))));
        let moving = self.in_motion.as_ref().map_or("nothing".into(), |motion| {
            let to = motion.to.map_or(String::new(), |to| format!(" to the {to}"));
            let when = motion.arrives_in_epoch.map_or(String::new(), |epoch| format!(", effective in epoch {epoch}"));
            format!("{}{to}{when}", sol(motion.lamports))
        });
        fields.push(("transient", moving));
        let (slots, next) = (self.slots_until_next_epoch, self.epoch.saturating_add(1));
        let about = self.seconds_until_next_epoch.map_or(String::new(), |time| format!(", about {}", duration(time)));
        fields.push(("epoch", format!("{}; {next} begins in {slots} slots{about}", self.epoch)));
        let slot_time = self.slot_time.map(|measured| measured.to_string());
        fields.extend(self.votes.lines());
        fields.push(("slot time", slot_time.unwrap_or_else(|| "not measured yet in this epoch".into())));
        fields
    }
}

impl Output {
    /// Why it is demoted, and what would reinstate it; or why it can be demoted.
    fn demotion(&self) -> Option<Line> {
        let grounds = self.grounds.join(", ");
        let (Some(epoch), Some(from)) = (self.demoted_in_epoch, self.reinstatable_from_epoch) else {
            let can_be = self.can_be_demoted && !self.grounds.is_empty();
            return can_be.then(|| ("demotion", format!("its vote account proves a ground: {grounds}")));
        };
        let why = match self.grounds.is_empty() {
            true => "its vote account proves no ground any more".to_owned(),
            false => format!("its vote account still proves a ground: {grounds}"),
        };
        let from = from.max(self.epoch);
        Some((
            "demotion",
            format!("in epoch {epoch}; {why}; the staker can reinstate it from epoch {from} on with a weight"),
        ))
    }
}

impl From<&TransientStake> for Motion {
    fn from(motion: &TransientStake) -> Self {
        let to = |direction| match direction {
            Direction::Increase | Direction::Keep => "validator",
            Direction::Decrease | Direction::Recall => "reserve",
        };
        Self { lamports: motion.lamports, to: motion.direction.map(to), arrives_in_epoch: motion.mergeable_from_epoch }
    }
}

impl From<NextStep> for Next {
    fn from(next: NextStep) -> Self {
        let (step, lamports, reason) = match next {
            NextStep::Moves(Direction::Increase, lamports) => ("increase", Some(lamports), None),
            NextStep::Moves(Direction::Decrease, lamports) => ("decrease", Some(lamports), None),
            NextStep::Moves(Direction::Recall, lamports) => ("recall", Some(lamports), None),
            NextStep::Moves(Direction::Keep, lamports) => ("keep", Some(lamports), None),
            NextStep::Stays(why) => ("nothing", None, Some(why.message())),
            NextStep::NeedsUpdate | NextStep::NeedsMerge => ("needs_update", None, None),
            NextStep::RewardsBeingPaid => ("rewards_being_paid", None, None),
            NextStep::NotExtended => ("not_extended", None, None),
        };
        Self { step, lamports, reason }
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        writeln!(f, "Validator {} in pool {}", self.vote, self.pool)?;
        write_fields(f, &self.fields())?;
        // The last one says what comes next; the fields say the rest.
        let skipped = if verbose { 0 } else { self.sentences.len().saturating_sub(1) };
        self.sentences.iter().skip(skipped).try_for_each(|sentence| writeln!(f, "{sentence}"))
    }
}
