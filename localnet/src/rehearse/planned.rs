//! A plan on the extended pool: in each epoch the steps that need not wait, as `tidepool apply` sends them, then a rebalance. Transactions
//! are executed as if the manager, the staker and others had signed.

use {
    super::{
        DryRun,
        epochs::{self, EpochFigures},
        extended::{extend, into_first_epoch, make_tables, read_again},
        report,
    },
    crate::{
        run::{Driver, Receipt, RunError, StageCost, under_management},
        terminal::{Rate, Sol, count, counted},
    },
    solana_address::Address,
    std::{collections::HashMap, io::Write},
    tidepool_cli::{
        desired::{Signable, Survey, WantedFile, words},
        error::CliError,
    },
    tidepool_client::{
        desired::{Part, State, Step, StepKind},
        pool::PoolSnapshot,
    },
};

/// Result of the rehearsal of a plan.
#[derive(Clone, Debug)]
pub struct Planned {
    /// One-time cost of the extension, by stage.
    pub set_up: Vec<StageCost>,
    /// What was done in each epoch.
    pub epochs: Vec<PlannedEpoch>,
    /// Figures of the epochs after the first of these.
    pub figures: Vec<EpochFigures>,
    /// Steps that still wait: none if a second plan is empty.
    pub left: Vec<Step>,
    /// The pool at the end.
    pub last: PoolSnapshot,
}

/// What a plan did in an epoch.
#[derive(Clone, Debug)]
pub struct PlannedEpoch {
    pub epoch: u64,
    /// The steps, in the order in which they were sent.
    pub steps: Vec<StepKind>,
    /// Lamports that they delegated: of validators that were added.
    pub delegated: u64,
    /// Lamports that they deactivated: of validators that were removed, or are to be.
    pub deactivated: u64,
    pub cost: StageCost,
    /// Steps that wait for a later epoch.
    pub waiting: usize,
}

/// Checks, on a cluster that is not needed afterwards, that the pool takes the plan: that its parts are as they were when it was made, and
/// can become what it wants.
///
/// # Errors
/// [`RunError::File`], with line and column.
pub async fn check(driver: &Driver<'_>, saved: &PoolSnapshot, file: &WantedFile) -> Result<(), RunError> {
    let mut snapshot = driver.read(&saved.address(), saved.program_id()).await?;
    extend(driver, &mut snapshot).await?;
    Plan { driver, file, verbose: false }.survey(snapshot).await?;
    Ok(())
}

/// Extends the pool if it has no extension, carries it into the next epoch, and carries out the plan, as many epochs as `spl` has.
/// `verbose` names all validators of a step.
///
/// # Errors
/// [`RunError::File`] for a step that the pool does not take, with the place in the file; [`RunError`].
pub async fn rehearse(
    mut driver: Driver<'_>,
    saved: &PoolSnapshot,
    spl: &DryRun,
    file: &WantedFile,
    verbose: bool,
    out: &mut dyn Write,
) -> Result<Planned, RunError> {
    let mut snapshot = driver.read(&saved.address(), saved.program_id()).await?;
    report::heading(out, "With the extension and the plan, from the same accounts")?;
    report::figure(out, "plan", file.path().display())?;
    let mut set_up: Vec<StageCost> = extend(&driver, &mut snapshot).await?.into_iter().collect();
    set_up.push(make_tables(&mut driver, &snapshot).await?);
    report::write_costs(out, &set_up)?;
    snapshot = into_first_epoch(&driver, &snapshot, spl, out).await?.snapshot;

    let plan = Plan { driver: &driver, file, verbose };
    let (mut epochs, mut figures) = (vec![], vec![]);
    for _ in 0..=spl.epochs.len() {
        let (done, survey) = plan.carry_out(snapshot, out).await?;
        epochs.push(done);
        snapshot = read_again(&driver, &survey.live.snapshot).await?;
        let next;
        (next, snapshot) = next_epoch(&driver, &snapshot, out).await?;
        figures.push(next);
    }
    let (done, survey) = plan.carry_out(snapshot, out).await?;
    epochs.push(done);
    epochs::write_rebalanced(out, &figures)?;
    write_end(out, &survey, verbose)?;
    let last = read_again(&driver, &survey.live.snapshot).await?;
    RunError::check(
        "the pool's total, in lamports,",
        under_management(&driver, &last),
        last.rate().total_lamports.get(),
    )?;
    Ok(Planned { set_up, epochs, figures, left: survey.steps, last })
}

/// A plan, and the pool that it is carried out on.
struct Plan<'p> {
    driver: &'p Driver<'p>,
    file: &'p WantedFile,
    /// Whether all validators of a step are named.
    verbose: bool,
}

impl Plan<'_> {
    /// The steps from `snapshot` on. Refuses a pool in which the plan's parts have changed.
    async fn survey(&self, snapshot: PoolSnapshot) -> Result<Survey, CliError> {
        let (driver, blame) = (self.driver, |fault| self.file.fault(fault));
        let survey =
            Survey::read(driver.cluster(), Some(driver.payer()), snapshot, &self.file.desired(), &[], blame).await?;
        self.file.check(&survey.live, &survey.steps)?;
        Ok(survey)
    }

    /// Executes and writes the steps that are ready, until none is.
    async fn carry_out(&self, before: PoolSnapshot, out: &mut dyn Write) -> Result<(PlannedEpoch, Survey), RunError> {
        let epoch = before.epoch();
        report::heading(out, &format!("The plan in epoch {epoch}"))?;
        let stake_before = stake(&before);
        let mut survey = self.survey(before).await?;
        let (mut steps, mut receipts): (Vec<StepKind>, Vec<Receipt>) = (vec![], vec![]);
        while let Some(group) = first_group(&survey.steps) {
            receipts.extend(self.driver.send_unsigned(&Signable::of(&group, &signers(&group), None).plan())?);
            let done: Vec<&Step> = group.iter().collect();
            for (name, text) in words::lines(&survey.live, &survey.differences, &done, self.verbose) {
                report::figure(out, name, text)?;
            }
            steps.extend(group.iter().map(|step| step.kind));
            let after = read_again(self.driver, &survey.live.snapshot).await?;
            survey = self.survey(after).await?;
            let is_unchanged = first_group(&survey.steps).is_some_and(|next| parts(&next) == parts(&group));
            RunError::check("whether steps are ready again that were sent", false, is_unchanged)?;
        }
        let (delegated, deactivated) = moved(&stake_before, &stake(&survey.live.snapshot));
        let cost = StageCost::of("the plan's steps", &receipts);
        let waiting = survey.steps.len();
        let done = PlannedEpoch { epoch, steps, delegated, deactivated, cost, waiting };
        write_done(out, &done)?;
        Ok((done, survey))
    }
}

/// The ready steps of the first turn that has some, and of the first of its signers: the manager and the staker send one after the other,
/// so that the steps of one are made from the results of the other's.
fn first_group(steps: &[Step]) -> Option<Vec<Step>> {
    let key = |step: &Step| (step.kind.turn(), step.signers.clone());
    let ready = || steps.iter().filter(|step| matches!(step.state, State::Ready { .. }));
    let first = ready().map(key).min()?;
    Some(ready().filter(|step| key(step) == first).cloned().collect())
}

fn parts(steps: &[Step]) -> Vec<(StepKind, &[Part])> {
    steps.iter().map(|step| (step.kind, step.parts.as_slice())).collect()
}

fn signers(steps: &[Step]) -> Vec<Address> {
    steps.iter().flat_map(|step| &step.signers).copied().collect()
}

/// Rebalances, and carries the pool into the next epoch. A pool without weights is not rebalanced.
async fn next_epoch(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    out: &mut dyn Write,
) -> Result<(EpochFigures, PoolSnapshot), RunError> {
    let (figures, after) = if snapshot.weighted().next().is_some() {
        epochs::next_after_rebalance(driver, snapshot).await?
    } else {
        epochs::next(driver, snapshot).await?
    };
    if let Some(rebalance) = &figures.rebalance {
        let (delegated, deactivated) = (Sol(rebalance.delegated), Sol(rebalance.deactivated));
        report::figure(out, "rebalance", format!("{delegated} SOL delegated, {deactivated} SOL deactivated"))?;
    }
    let (rate, epoch) = (Rate(figures.rate), figures.epoch);
    report::figure(out, "rate", format!("{rate} SOL per pool token after the update in epoch {epoch}"))?;
    Ok((figures, after))
}

/// Lamports of active stake by validator (vote account), without validators that are being removed.
fn stake(snapshot: &PoolSnapshot) -> HashMap<Address, u64> {
    let active = snapshot.records().iter().filter(|record| record.is_active());
    active.map(|record| (record.vote_account_address, record.active_stake_lamports.get())).collect()
}

/// Lamports that validators have more, and those that they have less.
fn moved(before: &HashMap<Address, u64>, after: &HashMap<Address, u64>) -> (u64, u64) {
    let more = |from: &HashMap<Address, u64>, to: &HashMap<Address, u64>| {
        to.iter().map(|(vote, lamports)| lamports.saturating_sub(from.get(vote).copied().unwrap_or(0))).sum()
    };
    (more(before, after), more(after, before))
}

fn write_done(out: &mut dyn Write, done: &PlannedEpoch) -> Result<(), RunError> {
    if done.steps.is_empty() {
        report::figure(out, "steps", "none")?;
    } else {
        let (delegated, deactivated) = (Sol(done.delegated), Sol(done.deactivated));
        report::figure(out, "stake", format!("{delegated} SOL delegated, {deactivated} SOL deactivated"))?;
        let transactions = counted(done.cost.transactions, "transaction");
        report::figure(out, "cost", format!("{transactions}, {} compute units", count(done.cost.units)))?;
    }
    if done.waiting > 0 {
        report::figure(out, "waiting", counted(done.waiting, "step"))?;
    }
    Ok(())
}

/// Writes which steps still wait, and until when.
fn write_end(out: &mut dyn Write, survey: &Survey, verbose: bool) -> Result<(), RunError> {
    let epoch = survey.live.snapshot.epoch();
    report::heading(out, &format!("The plan at the end, in epoch {epoch}"))?;
    if survey.steps.is_empty() {
        report::figure(out, "complete", "the pool is as the plan wants it: a second plan is empty")?;
        return Ok(());
    }
    let left: Vec<&Step> = survey.steps.iter().collect();
    for (name, text) in words::lines(&survey.live, &survey.differences, &left, verbose) {
        report::figure(out, name, text)?;
    }
    report::figure(out, "waiting", format!("{}: rehearse more epochs with --epochs", counted(left.len(), "step")))?;
    Ok(())
}
