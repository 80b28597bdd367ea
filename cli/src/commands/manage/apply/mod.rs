//! `tidepool apply`

mod output;

use {
    super::plan::delegated,
    crate::{
        accept::Accept,
        args::UpdateFirst,
        context::{Context, Spending},
        desired::{PlanFile, Signable, Survey, check_cluster, check_program, words},
        error::CliError,
        keys::{Key, KeySource},
        output::{Landed, Line},
        unsent::Halt,
        warnings,
    },
    output::Output,
    solana_address::Address,
    std::path::PathBuf,
    tidepool_client::{
        cluster::Cluster,
        desired::{self, Part, State, StepKind, Wait},
        plan::Plan,
        pool::{PoolSnapshot, StakeSelection},
    },
    tokio::time::sleep,
};

const EXAMPLE: &str = "\
Example:
  tidepool apply plan.toml
  tidepool apply plan.toml --staker staker.json --dry-run";

/// How often the pool is read until it shows what has landed, and how often steps are sent again that have not.
const ATTEMPTS: usize = 10;

/// Carry out a plan of `tidepool plan`
///
/// Sends the steps that the given keypairs can sign, and names the steps left for other keypairs: the manager and the staker can run it one
/// after the other. Refuses the plan if a part of it has changed since it was made. A step that is done is not repeated, so after
/// an interruption run it again. Changes that need a notice are announced; run it again after the notice, as it says.
///
/// Asks before it sends. A script must specify --accept if the plan delegates stake to a validator that earns little or nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Plan, as `tidepool plan --out` writes it
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// Keypair of the pool's manager [default: your wallet, in all its roles]
    #[arg(long, value_name = "KEYPAIR")]
    manager: Option<KeySource>,

    /// Keypair of the pool's staker
    #[arg(long, value_name = "KEYPAIR")]
    staker: Option<KeySource>,

    /// Keypair of the new manager, who signs a change of the manager, too
    #[arg(long, value_name = "KEYPAIR")]
    new_manager: Option<KeySource>,

    /// Keypair of the pool's guardian, who hands over its place
    #[arg(long, value_name = "KEYPAIR")]
    guardian: Option<KeySource>,

    #[command(flatten)]
    accept: Accept,
}

/// A plan that is carried out.
struct Run<'c, 'a, C> {
    context: &'c Context<'a, C>,
    plan: PlanFile,
    keys: Vec<Key>,
    addresses: Vec<Address>,
    transactions: Vec<Landed>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        context.terminal.check_consent()?;
        // A file that is wrong needs no cluster to be refused.
        let plan = PlanFile::read(&self.file)?;
        check_cluster(&plan.path, &plan.head, context.cluster.genesis_hash().await?)?;
        let keys = self.keys(context)?;
        let snapshot = context.read_for_planning(&plan.head.pool, StakeSelection::None).await?;
        check_program(&plan.path, &plan.head, &snapshot.program_id())?;
        let addresses = keys.iter().map(|key| key.pubkey()).collect();
        let mut run = Run { context, plan, keys, addresses, transactions: vec![] };
        let mut survey = run.survey(snapshot).await?;
        survey = run.updated(survey).await?;
        let signable = run.signable(&survey);
        if signable.is_none_ready() {
            run.check_keys(&survey)?;
        } else {
            run.confirm(&survey, self.accept).await?;
            survey = run.send_all(survey).await?;
        }
        Ok(Output::new(&survey, &run.signable(&survey), run.plan.count(), run.transactions))
    }

    /// The given keys, and the user's own.
    fn keys<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Vec<Key>, CliError> {
        let given = [
            ("the pool's manager (--manager)", &self.manager),
            ("the pool's staker (--staker)", &self.staker),
            ("the new manager (--new-manager)", &self.new_manager),
            ("the pool's guardian (--guardian)", &self.guardian),
        ];
        let given = given.into_iter().filter_map(|(role, source)| Some((role, source.as_ref()?)));
        let mut keys =
            given.map(|(role, source)| context.key_or_wallet(role, Some(source))).collect::<Result<Vec<_>, _>>()?;
        // A wallet is not needed beside other keys, unless it was asked for.
        match context.wallet() {
            Ok(wallet) => keys.push(wallet),
            Err(error) if context.global.keypair.is_some() => return Err(error),
            Err(_) => {}
        }
        let mut unique: Vec<Key> = vec![];
        for key in keys {
            if unique.iter().all(|other| other.pubkey() != key.pubkey()) {
                unique.push(key);
            }
        }
        Ok(unique)
    }
}

impl<'c, C: Cluster> Run<'c, '_, C> {
    async fn survey(&self, snapshot: PoolSnapshot) -> Result<Survey, CliError> {
        let blame = |fault: desired::Fault| self.plan.error(fault.part, fault.error.into());
        let desired = self.plan.desired();
        let cluster = self.context.cluster;
        let survey = Survey::read(cluster, self.payer(), snapshot, &desired, &self.addresses, blame).await?;
        self.plan.check(&survey.live)?;
        self.plan.check_announcements(&survey.live, &survey.steps)?;
        Ok(survey)
    }

    fn signable<'s>(&self, survey: &'s Survey) -> Signable<'s> {
        Signable::of(&survey.steps, &self.addresses, self.payer())
    }

    fn payer(&self) -> Option<Address> {
        self.context.fee_payer().ok().map(|key| key.pubkey())
    }

    /// The pool up to date, if a step that can be signed needs that.
    async fn updated(&mut self, survey: Survey) -> Result<Survey, Halt> {
        let waits = |step: &&desired::Step| matches!(step.state, State::Waits(Wait::Update));
        if !self.signable(&survey).steps().any(|step| waits(&step)) {
            return Ok(survey);
        }
        let pool = survey.live.snapshot.address();
        let fresh = self.context.fresh(&pool, StakeSelection::None, UpdateFirst::default()).await?;
        self.transactions.extend(fresh.transactions);
        Ok(self.survey(fresh.snapshot).await?)
    }

    /// Refuses keys that sign no step at all, where another key could sign one now.
    fn check_keys(&self, survey: &Survey) -> Result<(), CliError> {
        if self.signable(survey).steps().next().is_some() {
            return Ok(());
        }
        let unsigned: Vec<_> = survey.steps.iter().filter(|step| matches!(step.state, State::Ready { .. })).collect();
        let Some(first) = unsigned.first() else { return Ok(()) };
        let others = unsigned.iter().any(|step| step.signers != first.signers);
        let others = if others { ", and other steps by others" } else { "" };
        let who = words::who(&survey.live, first);
        Err(CliError::usage(format!(
            "no step of the plan can be signed with the given keypairs: the next one is signed by {who}{others}; specify \
             --manager, --staker, --new-manager or --guardian"
        )))
    }

    /// Shows the steps that will be sent, those that follow or wait, and those of others, and asks.
    async fn confirm(&self, survey: &Survey, accept: Accept) -> Result<(), Halt> {
        let Survey { live, differences, .. } = survey;
        let (context, signable) = (self.context, self.signable(survey));
        let own: Vec<_> = signable.steps().collect();
        let verbose = context.global.verbose;
        let mut lines = words::lines(live, differences, &own, verbose);
        let touched: Vec<_> = differences
            .iter()
            .filter(|difference| own.iter().any(|step| step.parts.contains(&difference.part)))
            .cloned()
            .collect();
        lines.extend(desired::outlook(live, &touched).iter().flat_map(words::outlook_lines));
        let others: Vec<_> = signable.others().collect();
        if !others.is_empty() {
            lines.push(("left", "the following steps, which other keypairs sign".into()));
            lines.extend(words::lines(live, differences, &others, verbose));
        }
        lines.extend(accept.cautions(context, &delegated(&touched)).await?);
        lines.extend(warnings::program(context, &live.snapshot));
        let done = self.plan.check(live)?;
        if done > 0 {
            lines.push(("done", format!("{done} of {} parts already", self.plan.count())));
        }
        let lines: Vec<Line> = lines;
        self.check_funds(&signable).await?;
        let pool = live.snapshot.address();
        Ok(context.confirm(&format!("Apply plan {} to pool {pool}", self.plan.path.display()), &lines)?)
    }

    async fn check_funds(&self, signable: &Signable<'_>) -> Result<(), CliError> {
        let lamports = signable.steps().map(|step| step.payer_lamports).fold(0, u64::saturating_add);
        if lamports == 0 {
            return Ok(());
        }
        let payer = self.context.fee_payer()?.pubkey();
        self.context.check_funds(&signable.plan(), &self.keys, &[Spending::new(payer, lamports)]).await
    }

    /// Sends the ready steps, reads the pool again, and goes on until no step is ready.
    async fn send_all(&mut self, mut survey: Survey) -> Result<Survey, Halt> {
        let mut attempts = ATTEMPTS;
        loop {
            survey = self.updated(survey).await?;
            let signable = self.signable(&survey);
            if signable.is_none_ready() {
                return Ok(survey);
            }
            let plan: Plan = signable.plan();
            let sent = signable.ready_parts();
            let program = survey.live.snapshot.program_id();
            let failed = match self.context.send(&plan, &self.keys, program).await {
                Ok(landed) => {
                    self.transactions.extend(landed);
                    None
                }
                Err(Halt::Failed(CliError::NotLanded(summary))) if !summary.is_stopped() => {
                    self.transactions.extend(Landed::of(&summary));
                    Some(CliError::NotLanded(summary))
                }
                Err(other) => return Err(self.unfinished(other)),
            };
            survey = self.after(survey, &sent).await?;
            let is_unchanged = self.signable(&survey).ready_parts() == sent;
            match failed {
                // Transactions of an earlier run can land meanwhile, and fail these: then there is progress.
                Some(error) if is_unchanged || attempts == 0 => return Err(self.unfinished(Halt::Failed(error))),
                None if is_unchanged => {
                    let what = "the endpoint does not show what has landed: apply the plan again later".to_owned();
                    return Err(CliError::usage(what).into());
                }
                _ => attempts -= usize::from(attempts > 0 && failed.is_some()),
            }
        }
    }

    /// The pool once it shows what has landed: an endpoint may be behind.
    async fn after(&self, survey: Survey, sent: &[(StepKind, Vec<Part>)]) -> Result<Survey, Halt> {
        let mut survey = survey;
        for _ in 0..ATTEMPTS {
            let snapshot = survey.live.snapshot.read_again(self.context.cluster, StakeSelection::None).await;
            survey = self.survey(snapshot.map_err(CliError::from)?).await?;
            if self.signable(&survey).ready_parts() != sent {
                break;
            }
            sleep(self.context.poll_every).await;
        }
        Ok(survey)
    }

    fn unfinished(&self, error: Halt) -> Halt {
        match error {
            Halt::Failed(error) => {
                let plan = self.plan.path.display();
                let advice = format!("run `tidepool apply {plan}` again: it goes on with the steps that are left");
                Halt::Failed(CliError::Unfinished { error: Box::new(error), advice })
            }
            unsent @ Halt::Unsent(_) => unsent,
        }
    }
}
