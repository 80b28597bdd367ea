//! The command line as a whole: the commands, and help.

mod help;
mod pool;

pub use {
    help::{GROUPS, command, completed, spell_out},
    pool::parse,
};

use {
    crate::{
        args::GlobalArgs,
        commands::{
            crank::{claim, crank, demote, lookup_tables, rebalance, update},
            inspect::{
                announcements, balance, events, explain_stake, history, list, list_pools, report, serve, show,
                statement, tickets,
            },
            manage::{
                add_validator, apply, cancel_announcement, create_pool, decrease, export, extend_pool, increase, plan,
                remove_validator, select, set_demotion_policy, set_fee, set_funding_authority, set_limits, set_manager,
                set_metadata, set_policy, set_preferred_validator, set_staker, set_weights,
            },
            offline::{sign, squads, submit},
            setup::completions,
            stake::{cancel_exit, deposit_sol, deposit_stake, move_stake, withdraw, withdraw_sol, withdraw_stake},
        },
        config::Config,
        context::Context,
        error::CliError,
        output::CommandOutput,
        unsent::Halt,
    },
    clap::Parser,
    std::{future::Future, pin::Pin},
    tidepool_client::cluster::{Cluster, Confirmation},
};

/// Manage and use Solana stake pools
#[derive(Debug, Parser)]
#[command(name = "tidepool", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: GlobalArgs,

    #[command(subcommand)]
    pub command: Command,
}

/// An enum with a variant for each command that works with a cluster, and its dispatch.
macro_rules! commands {
    ($($name:ident($args:ty),)*) => {
        #[derive(Debug, clap::Subcommand)]
        pub enum Command {
            $($name($args),)*
            Completions(completions::Args),
        }

        impl Command {
            async fn answer<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Box<dyn CommandOutput>, Halt> {
                match self {
                    $(Self::$name(args) => boxed(|| args.execute(context)).await,)*
                    Self::Completions(args) => Ok(Box::new(execute_completions(args)?)),
                }
            }
        }
    };
}

commands! {
    Show(show::Args),
    List(list::Args),
    ListPools(list_pools::Args),
    History(history::Args),
    Report(report::Args),
    Events(events::Args),
    Announcements(announcements::Args),
    Tickets(tickets::Args),
    Balance(balance::Args),
    Statement(statement::Args),
    Serve(serve::Args),
    DepositSol(deposit_sol::Args),
    DepositStake(deposit_stake::Args),
    Withdraw(withdraw::Args),
    WithdrawSol(withdraw_sol::Args),
    WithdrawStake(withdraw_stake::Args),
    Move(move_stake::Args),
    CancelExit(cancel_exit::Args),
    Crank(crank::Args),
    Update(update::Args),
    Demote(demote::Args),
    Claim(claim::Args),
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
    SetLimits(set_limits::Args),
    SetDemotionPolicy(set_demotion_policy::Args),
    CancelAnnouncement(cancel_announcement::Args),
    Export(export::Args),
    Plan(plan::Args),
    Apply(apply::Args),
    Select(select::Args),
    SetWeights(set_weights::Args),
    Rebalance(rebalance::Args),
    ExplainStake(explain_stake::Args),
    LookupTables(lookup_tables::Args),
    Sign(sign::Args),
    Submit(submit::Args),
    Squads(squads::Args),
}

/// An answer that is computed on the heap: all commands together would take much of a thread's stack.
///
/// Each future begins in a function of its own, too: without optimization, one function has room for all its temporaries at once.
type Answering<'a> = Pin<Box<dyn Future<Output = Result<Box<dyn CommandOutput>, Halt>> + 'a>>;

fn boxed<'a, T: CommandOutput + 'static, E, F: Future<Output = Result<T, E>>>(
    begin: impl FnOnce() -> F + 'a,
) -> Answering<'a>
where
    Halt: From<E>,
{
    Box::pin(async move { Ok(Box::new(begin().await?) as Box<dyn CommandOutput>) })
}

fn execute_completions(args: &completions::Args) -> Result<completions::Output, CliError> {
    args.execute(completed, help::documented)
}

impl Command {
    /// Whether it shows what it is about to do, and asks.
    const fn asks(&self) -> bool {
        match self {
            Self::LookupTables(args) => args.asks(),
            Self::Squads(args) => args.asks(),
            Self::Show(_)
            | Self::List(_)
            | Self::History(_)
            | Self::Report(_)
            | Self::Events(_)
            | Self::Announcements(_)
            | Self::Crank(_)
            | Self::Update(_)
            | Self::Demote(_)
            | Self::Claim(_)
            | Self::Tickets(_)
            | Self::Serve(_)
            | Self::Rebalance(_)
            | Self::ExplainStake(_)
            | Self::AddValidator(_)
            | Self::RemoveValidator(_)
            | Self::Increase(_)
            | Self::Decrease(_)
            | Self::Export(_)
            | Self::Plan(_)
            | Self::Select(_)
            | Self::Completions(_) => false,
            _ => true,
        }
    }

    /// Whether a multisig can be asked for the change: the command is one of a manager, a staker or a holder.
    const fn can_be_proposed(&self) -> bool {
        matches!(
            self,
            Self::DepositSol(_)
                | Self::DepositStake(_)
                | Self::Withdraw(_)
                | Self::WithdrawSol(_)
                | Self::WithdrawStake(_)
                | Self::CancelExit(_)
                | Self::AddValidator(_)
                | Self::RemoveValidator(_)
                | Self::Increase(_)
                | Self::Decrease(_)
                | Self::ExtendPool(_)
                | Self::SetFee(_)
                | Self::SetPreferredValidator(_)
                | Self::SetFundingAuthority(_)
                | Self::SetMetadata(_)
                | Self::SetManager(_)
                | Self::SetStaker(_)
                | Self::SetPolicy(_)
                | Self::SetLimits(_)
                | Self::SetDemotionPolicy(_)
                | Self::CancelAnnouncement(_)
                | Self::SetWeights(_)
        )
    }

    /// What counts as landed. Events that a fork can drop are read only on request.
    pub fn confirmation(&self, global: &GlobalArgs, config: &Config) -> Result<Confirmation, CliError> {
        match self {
            Self::Events(_) if global.commitment.is_none() => Ok(Confirmation::Finalized),
            Self::Report(args) if args.reads_events() && global.commitment.is_none() => Ok(Confirmation::Finalized),
            _ => global.confirmation(config),
        }
    }

    /// Runs a command that reads neither a configuration nor a cluster; `None` for the others.
    pub fn execute_alone(&self) -> Option<Result<Box<dyn CommandOutput>, CliError>> {
        match self {
            Self::Completions(args) => {
                Some(execute_completions(args).map(|output| Box::new(output) as Box<dyn CommandOutput>))
            }
            _ => None,
        }
    }

    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Box<dyn CommandOutput>, CliError> {
        if context.global.transactions.squads.multisig.is_some() && !self.can_be_proposed() {
            return Err(CliError::usage(
                "--squads is for commands that a manager, a staker or a holder signs: omit it, or see `tidepool squads --help`",
            ));
        }
        context.check_multisig().await?;
        context.check_default_pool(self.asks()).await?;
        let answer: Box<dyn CommandOutput> = match self.answer(context).await {
            Ok(output) => output,
            Err(Halt::Unsent(unsent)) => unsent,
            Err(Halt::Failed(error)) => return Err(error),
        };
        Ok(context.warnings.beside(answer))
    }
}
