//! `tidepool squads`

mod execute;
mod explain;
mod reading;

use {
    crate::{
        context::{Context, check_permission, too_large},
        error::CliError,
        keys::{Key, KeySource},
        message::member,
        output::{Landed, Line, Report, Text, write_fields, write_signatures},
        units::address,
        unsent::{Halt, approvals},
    },
    explain::{Depth, Explained},
    reading::{Content, Found, Reading},
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        pack::TransactionFormat,
        plan::{InstructionGroup, Plan},
    },
    tidepool_squads::{
        address::vault,
        instruction::proposal_approve,
        state::{Permissions, Status},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool squads list 6vj2USUSVUYxpLjtcwuoVVxvXcJpTDVvyRgtRRUHnXYE
  tidepool squads show 6vj2USUSVUYxpLjtcwuoVVxvXcJpTDVvyRgtRRUHnXYE 12
  tidepool squads approve 6vj2USUSVUYxpLjtcwuoVVxvXcJpTDVvyRgtRRUHnXYE 12";

/// Compute units of a vote.
const VOTE: u32 = 20_000;

/// Explain, approve and execute proposals of a Squads multisig
///
/// Any command that a manager, staker or holder signs proposes its change with --squads MULTISIG. `list` shows pending proposals, and
/// `show` explains one: each instruction in words, the state of the pool that it changes, and a simulation. `approve` and `execute` show
/// the same before they ask. Name your pool's program with --program-id: instructions of unknown programs are not trusted.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// What to do
    #[arg(value_name = "ACTION", value_enum)]
    action: Action,

    /// Address of the multisig account, not of its vault
    #[arg(value_name = "MULTISIG", value_parser = address)]
    multisig: Address,

    /// Number of the proposal; required except by list
    #[arg(value_name = "INDEX")]
    index: Option<u64>,

    /// Number of transactions that list looks at, newest first
    #[arg(long, value_name = "NUMBER", default_value_t = 100)]
    limit: u64,

    /// Keypair that signs the execution too, such as that of a manager who hands a pool over; repeat for several
    #[arg(long = "co-signer", value_name = "KEYPAIR")]
    co_signers: Vec<KeySource>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
enum Action {
    /// Show the multisig and its pending proposals
    List,
    /// Explain a proposal, and check that it can still be executed
    Show,
    /// Approve a proposal
    Approve,
    /// Execute an approved proposal
    Execute,
}

#[derive(Debug, Serialize)]
pub struct Output {
    multisig: Described,
    /// The first transaction that a list looked at.
    listed_from: Option<u64>,
    proposals: Vec<Explained>,
    transactions: Vec<Landed>,
    #[serde(skip)]
    headline: Option<String>,
}

/// A multisig in words.
#[derive(Debug, Serialize)]
struct Described {
    address: Text<Address>,
    /// Its vault 0.
    default_vault: Text<Address>,
    threshold: u16,
    time_lock_seconds: u32,
    /// Who can change it without a vote.
    config_authority: Option<Text<Address>>,
    members: Vec<MemberRow>,
    transaction_index: u64,
    stale_transaction_index: u64,
}

#[derive(Debug, Serialize)]
struct MemberRow {
    address: Text<Address>,
    may_propose: bool,
    may_vote: bool,
    may_execute: bool,
    #[serde(skip)]
    text: String,
}

impl Args {
    /// Whether it shows what it is about to do, and asks.
    pub const fn asks(&self) -> bool {
        matches!(self.action, Action::Approve | Action::Execute)
    }

    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        if self.asks() {
            context.terminal.check_consent()?;
        }
        let reading = context.watch("Reading the multisig", Reading::of(context.cluster, self.multisig)).await?;
        if self.action == Action::List {
            return Ok(self.list(context, reading).await?);
        }
        let found = self.found(context, &reading).await?;
        let (transactions, done) = match self.action {
            Action::Approve => (self.approve(context, &reading, &found).await?, "Approved"),
            Action::Execute => (self.carry_out(context, &reading, &found).await?, "Executed"),
            Action::List | Action::Show => (vec![], ""),
        };
        let (reading, found) = if transactions.is_empty() {
            (reading, found)
        } else {
            let reading = Reading::of(context.cluster, self.multisig).await?;
            let found = self.found(context, &reading).await?;
            (reading, found)
        };
        let explained = Explained::new(context, &reading, &found, Depth::Checks).await?;
        let headline = format!("{done} proposal {} of multisig {}", found.index, self.multisig);
        Ok(Output {
            multisig: Described::new(&reading),
            listed_from: None,
            proposals: vec![explained],
            headline: (!transactions.is_empty()).then_some(headline),
            transactions,
        })
    }

    async fn found<C: Cluster>(&self, context: &Context<'_, C>, reading: &Reading) -> Result<Found, CliError> {
        let missing = || {
            let multisig = self.multisig;
            CliError::usage(format!(
                "missing number of the proposal: add it, see `tidepool squads list {multisig}` for pending ones"
            ))
        };
        let index = self.index.ok_or_else(missing)?;
        context.watch("Reading the proposal", reading.proposal(context.cluster, index)).await
    }

    async fn list<C: Cluster>(&self, context: &Context<'_, C>, reading: Reading) -> Result<Output, CliError> {
        if self.index.is_some() {
            return Err(CliError::usage("list shows all pending proposals: omit the number, or use show"));
        }
        let last = reading.multisig.transaction_index;
        let first = last.saturating_sub(self.limit.saturating_sub(1)).max(1);
        let mut proposals = vec![];
        for index in (first..=last).rev() {
            let found = reading.proposal(context.cluster, index).await?;
            let explained = Explained::new(context, &reading, &found, Depth::Words).await?;
            if explained.is_pending() {
                proposals.push(explained);
            }
        }
        Ok(Output {
            multisig: Described::new(&reading),
            listed_from: Some(first),
            proposals,
            transactions: vec![],
            headline: None,
        })
    }

    async fn approve<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        reading: &Reading,
        found: &Found,
    ) -> Result<Vec<Landed>, Halt> {
        let member = context.own_wallet()?;
        check_permission(&reading.multisig, &self.multisig, &member.pubkey(), Permissions::VOTE)?;
        self.check_votable(reading, found, &member.pubkey())?;
        let explained = Explained::new(context, reading, found, Depth::Checks).await?;
        context.confirm(&self.question("Approve", found), &explained.lines())?;
        let approve = proposal_approve(&self.multisig, found.index, &member.pubkey(), None).map_err(too_large)?;
        let label = format!("approve proposal {}", found.index);
        let plan = Plan::one(label.clone(), InstructionGroup::one(label, approve, VOTE));
        let options = context.send_options(context.global.program_id.unwrap_or_default())?;
        context.send_now(&plan, &[member], options, &TransactionFormat::Legacy).await
    }

    /// Checks that a member can approve a proposal, and that it can be explained.
    fn check_votable(&self, reading: &Reading, found: &Found, member: &Address) -> Result<(), CliError> {
        let (multisig, index) = (self.multisig, found.index);
        let proposal = found.proposal.as_ref().filter(|proposal| matches!(proposal.status, Status::Active(_)));
        let Some(proposal) = proposal else {
            return Err(CliError::usage(format!(
                "proposal {index} is not to be voted on: see `tidepool squads show {multisig} {index}`"
            )));
        };
        if reading.multisig.is_stale(index) {
            return Err(CliError::usage(format!(
                "proposal {index} is stale, since the multisig has changed: propose the change again"
            )));
        }
        if proposal.approved.contains(member) {
            return Err(CliError::usage(format!("{member} has already approved proposal {index}: nothing was sent")));
        }
        match found.content {
            Content::Closed | Content::Unreadable(_) => Err(CliError::usage(format!(
                "the transaction of proposal {index} cannot be explained: see `tidepool squads show {multisig} {index}`"
            ))),
            Content::Config(_) | Content::Messages(_) => Ok(()),
        }
    }

    async fn carry_out<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        reading: &Reading,
        found: &Found,
    ) -> Result<Vec<Landed>, Halt> {
        let messages = execute::executable(reading, found)?;
        let mut keys: Vec<Key> = vec![context.own_wallet()?];
        check_permission(&reading.multisig, &self.multisig, &keys[0].pubkey(), Permissions::EXECUTE)?;
        for source in &self.co_signers {
            keys.push(context.key_or_wallet("a co-signer (--co-signer)", Some(source))?);
        }
        let explained = Explained::new(context, reading, found, Depth::Checks).await?;
        context.confirm(&self.question("Execute", found), &explained.lines())?;
        execute::execute(context, reading, found, messages, &keys).await
    }

    fn question(&self, verb: &str, found: &Found) -> String {
        format!("{verb} proposal {} of multisig {}", found.index, self.multisig)
    }
}

impl Described {
    fn new(reading: &Reading) -> Self {
        let multisig = &reading.multisig;
        let authority = Some(multisig.config_authority).filter(|authority| *authority != Address::default());
        let members = multisig.members.iter().map(|one| MemberRow {
            address: Text(one.key),
            may_propose: one.permissions.include(Permissions::PROPOSE),
            may_vote: one.permissions.include(Permissions::VOTE),
            may_execute: one.permissions.include(Permissions::EXECUTE),
            text: member(one),
        });
        Self {
            address: Text(reading.address),
            default_vault: Text(vault(&reading.address, 0)),
            threshold: multisig.threshold,
            time_lock_seconds: multisig.time_lock,
            config_authority: authority.map(Text),
            members: members.collect(),
            transaction_index: multisig.transaction_index,
            stale_transaction_index: multisig.stale_transaction_index,
        }
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = vec![
            ("default vault", self.default_vault.to_string()),
            ("needs", approvals(self.threshold, self.time_lock_seconds)),
        ];
        lines.extend(self.members.iter().map(|member| ("member", member.text.clone())));
        if let Some(authority) = self.config_authority {
            let caution = format!("{authority} can change members, threshold and time lock without a vote");
            lines.push(("caution", caution));
        }
        lines
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        if let Some(headline) = &self.headline {
            writeln!(f, "{headline}")?;
        }
        if self.listed_from.is_some() || verbose {
            writeln!(f, "Multisig {}", self.multisig.address)?;
            write_fields(f, &self.multisig.lines())?;
        }
        for proposal in &self.proposals {
            writeln!(f, "Proposal {}", proposal.index)?;
            write_fields(f, &proposal.lines())?;
        }
        if let Some(first) = self.listed_from {
            let last = self.multisig.transaction_index;
            match (self.proposals.len(), last) {
                (_, 0) => writeln!(f, "No proposals yet")?,
                (0, _) => writeln!(f, "No pending proposals among transactions {first} to {last}")?,
                _ => writeln!(f, "Pending among transactions {first} to {last}; `tidepool squads show` checks one")?,
            }
        }
        write_signatures(f, &self.transactions)
    }
}
