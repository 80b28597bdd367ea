//! Cautions about validators that a command delegates stake to.

use {
    crate::{context::Context, error::CliError, output::Line, view::votes::Cautioned},
    solana_address::Address,
    tidepool_client::{cluster::Cluster, vote::ValidatorSurvey},
};

/// Whether validators with cautions are accepted.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Accept {
    /// Accept validators that earn little or nothing; without a terminal, they are rejected otherwise
    #[arg(long)]
    accept: bool,
}

impl Accept {
    /// For a command that shows cautions, and sends nothing.
    pub const ACCEPTED: Self = Self { accept: true };

    /// The cautions about validators that stake shall be delegated to, a line each, to be shown before a confirmation.
    ///
    /// # Errors
    /// [`CliError::Usage`] if there is a caution, and the command will not ask.
    pub async fn cautions<C: Cluster>(
        self,
        context: &Context<'_, C>,
        votes: &[Address],
    ) -> Result<Vec<Line>, CliError> {
        if votes.is_empty() {
            return Ok(vec![]);
        }
        let reading = ValidatorSurvey::read(context.cluster, votes);
        let survey = context.watch("Reading vote accounts", reading).await?;
        let of = |vote: &Address| Cautioned::new(&survey, *vote, &survey.cautions(vote));
        let lines: Vec<Line> =
            votes.iter().map(of).flat_map(|validator| validator.lines().collect::<Vec<_>>()).collect();
        let Some((_, first)) = lines.first() else { return Ok(lines) };
        if self.accept || context.terminal.will_ask() || context.global.transactions.dry_run {
            return Ok(lines);
        }
        let others = match lines.len() {
            1 => String::new(),
            2 => " (1 more caution)".into(),
            count => format!(" ({} more cautions)", count - 1),
        };
        Err(CliError::usage(format!(
            "validator {first}{others}: use another validator, or repeat the command with --accept"
        )))
    }

    /// Shows the cautions about one validator, and asks, for a command that does not ask otherwise.
    pub async fn check<C: Cluster>(self, context: &Context<'_, C>, vote: Address, what: &str) -> Result<(), CliError> {
        let lines = self.cautions(context, &[vote]).await?;
        if lines.is_empty() {
            return Ok(());
        }
        if self.accept || context.global.transactions.dry_run {
            context.terminal.show(what, &lines);
            return Ok(());
        }
        context.confirm(what, &lines)
    }
}
