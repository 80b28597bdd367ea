//! The commands, one file each: the arguments, and an `execute` that does what they say.

mod add_validator;
mod balance;
mod caution;
mod completions;
mod crank;
mod create_pool;
mod decrease;
mod deposit_sol;
mod deposit_stake;
mod explain_stake;
mod extend_pool;
mod fees;
mod figures;
mod gates;
mod increase;
mod list;
mod list_pools;
mod lookup_tables;
mod message;
mod policy;
mod rebalance;
mod receivers;
mod remove_validator;
mod set_fee;
mod set_funding_authority;
mod set_manager;
mod set_metadata;
mod set_policy;
mod set_preferred_validator;
mod set_staker;
mod set_weights;
mod settings;
mod show;
mod sign;
mod submit;
mod trade;
mod update;
mod validator;
mod wallet;
mod withdraw;
mod withdraw_sol;
mod withdraw_stake;
mod wrapped;

pub use message::{Message, program_name};

/// Files with weights, without the command that reads them.
pub mod weights_file {
    pub use super::set_weights::{Entry, Place, Problem, parse};
}

use {
    crate::{context::Context, error::CliError, output::CommandOutput},
    tidepool_client::cluster::Cluster,
};

/// What to do.
#[expect(missing_docs, reason = "the help of a command is the documentation of its arguments")]
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    Show(show::Args),
    List(list::Args),
    ListPools(list_pools::Args),
    Balance(balance::Args),
    DepositSol(deposit_sol::Args),
    DepositStake(deposit_stake::Args),
    Withdraw(withdraw::Args),
    WithdrawSol(withdraw_sol::Args),
    WithdrawStake(withdraw_stake::Args),
    Crank(crank::Args),
    Update(update::Args),
    CreatePool(Box<create_pool::Args>),
    AddValidator(add_validator::Args),
    RemoveValidator(remove_validator::Args),
    Increase(increase::Args),
    Decrease(decrease::Args),
    ExtendPool(extend_pool::Args),
    SetFee(set_fee::Args),
    SetPreferredValidator(set_preferred_validator::Args),
    SetFundingAuthority(set_funding_authority::Args),
    SetMetadata(set_metadata::Args),
    SetManager(set_manager::Args),
    SetStaker(set_staker::Args),
    SetPolicy(set_policy::Args),
    SetWeights(set_weights::Args),
    Rebalance(rebalance::Args),
    ExplainStake(explain_stake::Args),
    LookupTables(lookup_tables::Args),
    Sign(sign::Args),
    Submit(submit::Args),
    Completions(completions::Args),
}

impl Command {
    /// Whether it shows what it is about to do, and asks.
    const fn asks(&self) -> bool {
        match self {
            Self::LookupTables(args) => args.asks(),
            Self::Show(_)
            | Self::List(_)
            | Self::Crank(_)
            | Self::Update(_)
            | Self::Rebalance(_)
            | Self::ExplainStake(_)
            | Self::AddValidator(_)
            | Self::RemoveValidator(_)
            | Self::Increase(_)
            | Self::Decrease(_)
            | Self::Completions(_) => false,
            _ => true,
        }
    }

    /// Runs a command that reads neither a configuration nor a cluster; `None` for the others.
    ///
    /// # Errors
    /// [`CliError`].
    pub fn execute_alone(&self) -> Option<Result<Box<dyn CommandOutput>, CliError>> {
        match self {
            Self::Completions(args) => Some(args.execute().map(|output| Box::new(output) as Box<dyn CommandOutput>)),
            _ => None,
        }
    }

    /// Does it. The work is on the heap: that of all commands together would take much of a thread's stack.
    ///
    /// # Errors
    /// [`CliError`].
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Box<dyn CommandOutput>, CliError> {
        context.check_default_pool(self.asks()).await?;
        Ok(match self {
            Self::Show(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::List(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::ListPools(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Balance(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::DepositSol(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::DepositStake(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Withdraw(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::WithdrawSol(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::WithdrawStake(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Crank(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Update(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::CreatePool(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::AddValidator(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::RemoveValidator(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Increase(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Decrease(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::ExtendPool(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetFee(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetPreferredValidator(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetFundingAuthority(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetMetadata(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetManager(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetStaker(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetPolicy(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::SetWeights(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Rebalance(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::ExplainStake(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::LookupTables(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Sign(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Submit(args) => Box::new(Box::pin(args.execute(context)).await?),
            Self::Completions(args) => Box::new(args.execute()?),
        })
    }
}
