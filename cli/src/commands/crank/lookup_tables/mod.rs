//! `tidepool lookup-tables`

mod output;

use {
    crate::{
        context::{Context, Spending},
        error::CliError,
        keys::Key,
        units::{address, sol},
        unsent::Halt,
    },
    clap::ArgGroup,
    output::{Output, seconds, wait},
    solana_account::Account,
    solana_address::Address,
    solana_slot_hashes::SlotHashes,
    tidepool_client::{
        cluster::{Cluster, SlotTime},
        lookup::{self, LookupPlan, LookupTable, TableOwner},
        plan::{self, LookupContent},
        pool::PoolSnapshot,
    },
    tidepool_interface::address::SYSTEM_PROGRAM_ID,
    tokio::time::sleep,
};

const EXAMPLE: &str = "\
Example:
  tidepool lookup-tables 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool lookup-tables 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --make
  tidepool lookup-tables 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --close --wait";

/// How often tables are read again after they were changed. The endpoint that is asked may be behind.
const LOOKS: u32 = 20;

/// Looks at a transaction's status to one look at the tables that cool down.
const SELDOM: u32 = 20;

/// List, create or close address lookup tables for a pool's updates
///
/// With lookup tables an update of 2,000 validators takes about 45 transactions instead of 182. The fee payer owns the tables
/// and pays their rent, which is refunded when they are closed. Use them with `--lookup-tables auto`.
/// A cluster that takes v1 transactions needs none.
///
/// --make adds missing addresses, replaces inefficient tables, and closes tables replaced earlier. --close deactivates all
/// tables, and closes them 512 blocks (a few minutes) later.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("action"))]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Create the tables, or bring them up to date
    #[arg(long, group = "action")]
    make: bool,

    /// Close the tables and reclaim their rent
    #[arg(long, group = "action")]
    close: bool,

    /// Wait until all tables are closed
    #[arg(long, requires = "close")]
    wait: bool,

    /// Addresses of the tables, if the endpoint cannot search for them
    #[arg(long, value_name = "ADDRESS,...", value_delimiter = ',', value_parser = address)]
    tables: Vec<Address>,
}

/// What all three have in common.
struct Shelf<'a, 'c, C> {
    context: &'a Context<'c, C>,
    snapshot: PoolSnapshot,
    payer: Key,
    named: &'a [Address],
    /// Addresses that updates and rebalances of the pool name, in the order of their use.
    wanted: Vec<Address>,
    /// For times until tables can be closed.
    slot_time: Option<SlotTime>,
}

impl Args {
    /// Whether it shows what it is about to do, and asks.
    pub const fn asks(&self) -> bool {
        self.make || self.close
    }

    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, Halt> {
        if self.make || self.close {
            context.terminal.check_consent()?;
        }
        let payer = context.fee_payer()?;
        let snapshot = context.look_at(&self.pool).await?;
        // The compact update of an extended pool names transient accounts only with transient stake; a rebalance names votes.
        let is_extended = snapshot.is_extended();
        let content = LookupContent { votes: is_extended, transients: !is_extended };
        let wanted = plan::lookup_addresses(&snapshot, content);
        if self.wait && !context.global.transactions.sends() {
            return Err(CliError::usage(
                "--wait cannot be combined with --dry-run, --sign-only or --dump-transaction-message: omit --wait to see the \
                 transactions that can be sent now",
            ).into());
        }
        let schedule = context.cluster.epoch_schedule().await?;
        let slot_time = context.cluster.slot_time(&snapshot.environment().clock, &schedule).await;
        let shelf = Shelf { context, snapshot, payer, named: &self.tables, wanted, slot_time };
        if self.make {
            shelf.make().await
        } else if self.close {
            shelf.close(self.wait).await
        } else {
            Ok(shelf.output("list", &shelf.tables().await?).await?)
        }
    }
}

impl<C: Cluster> Shelf<'_, '_, C> {
    fn keeper(&self) -> TableOwner {
        let payer = self.payer.pubkey();
        TableOwner { pool: self.snapshot.address(), authority: payer, payer }
    }

    async fn tables(&self) -> Result<Vec<LookupTable>, CliError> {
        let TableOwner { pool, authority, .. } = self.keeper();
        let cluster = self.context.cluster;
        if !self.named.is_empty() {
            // Those that have been closed meanwhile are gone, even where lamports have arrived since.
            let exist = cluster.accounts(self.named).await?;
            let exists = |account: &Account| account.owner != SYSTEM_PROGRAM_ID;
            let there = self.named.iter().zip(exist).filter(|(_, account)| account.as_ref().is_some_and(exists));
            let there: Vec<Address> = there.map(|(address, _)| *address).collect();
            return Ok(lookup::load(cluster, &there).await?);
        }
        let search = lookup::find(cluster, &authority, &pool);
        Ok(self.context.watch("Searching for lookup tables", search).await?)
    }

    /// The tables as soon as they are not as `before`.
    async fn changed(&self, before: &[LookupTable]) -> Result<Vec<LookupTable>, CliError> {
        let mut tables = self.tables().await?;
        for _ in 0..LOOKS {
            if tables != before {
                break;
            }
            sleep(self.context.poll_every).await;
            tables = self.tables().await?;
        }
        Ok(tables)
    }

    async fn slot_hashes(&self) -> Result<SlotHashes, CliError> {
        Ok(self.context.cluster.slot_hashes().await?)
    }

    async fn output(&self, action: &'static str, tables: &[LookupTable]) -> Result<Output, CliError> {
        let keeper = self.keeper();
        Ok(Output::new(action, &keeper, tables, &self.wanted, &self.slot_hashes().await?, self.slot_time))
    }

    async fn make(&self) -> Result<Output, Halt> {
        let keeper = self.keeper();
        let existing = self.tables().await?;
        let upkeep = self.upkeep(&existing).await?;
        let replaced: Vec<_> = existing.iter().filter(|table| !table.is_active()).cloned().collect();
        let closing = lookup::close(&replaced, &keeper.authority, &keeper.payer, &self.slot_hashes().await?)?;
        let rent = upkeep.rent(&self.snapshot.environment().rent);
        let mut plan = upkeep.plan.clone().then(closing.plan.clone());
        if plan.is_empty() {
            return Ok(self.output("make", &existing).await?);
        }
        self.context.check_funds(&plan, &[], &[Spending::new(keeper.payer, rent)]).await?;
        let new = upkeep.changes.iter().filter(|change| change.is_new()).count();
        let mut lines = vec![
            ("tables", format!("{new} new, {} extended", upkeep.changes.len() - new)),
            ("rent", format!("{}, refunded by --close", sol(rent))),
        ];
        if !upkeep.replaced.is_empty() {
            lines.push(("replaced", format!("{}: --close or the next --make closes them", upkeep.replaced.len())));
        }
        if closing.refund() > 0 {
            lines.push(("refund", format!("{} from tables that were replaced", sol(closing.refund()))));
        }
        self.context.confirm(&format!("Create lookup tables for pool {}", keeper.pool), &lines)?;
        // The addresses of new tables depend on recent slots, which may be too old by now.
        plan = self.upkeep(&existing).await?.plan.then(closing.plan.clone());
        let sent = self.context.send(&plan, &[], self.snapshot.program_id()).await?;
        let mut output = self.output("make", &self.changed(&existing).await?).await?;
        output.rent_lamports = rent;
        output.refund_lamports = closing.refund();
        output.transactions = sent;
        Ok(output)
    }

    async fn upkeep(&self, existing: &[LookupTable]) -> Result<LookupPlan, CliError> {
        let keeper = self.keeper();
        let slots = lookup::free_slots(self.context.cluster, &keeper.authority, self.wanted.len()).await?;
        Ok(lookup::plan(existing, &self.wanted, &keeper, &slots)?)
    }

    async fn close(&self, wait: bool) -> Result<Output, Halt> {
        let keeper = self.keeper();
        let mut tables = self.tables().await?;
        self.confirm_closing(&tables, wait).await?;
        let (mut refund, mut transactions) = (0, vec![]);
        loop {
            let closing = lookup::close(&tables, &keeper.authority, &keeper.payer, &self.slot_hashes().await?)?;
            if !closing.plan.is_empty() {
                let sent = self.context.send(&closing.plan, &[], self.snapshot.program_id()).await?;
                transactions.extend(sent);
                refund += closing.refund();
                tables = self.changed(&tables).await?;
            }
            if tables.is_empty() || !wait {
                break;
            }
            let pause = sleep(self.context.poll_every * SELDOM);
            self.context.watch("Waiting until the tables can be closed", pause).await;
            tables = self.tables().await?;
        }
        let mut output = self.output("close", &tables).await?;
        output.refund_lamports = refund;
        output.transactions = transactions;
        Ok(output)
    }

    async fn confirm_closing(&self, tables: &[LookupTable], waits: bool) -> Result<(), CliError> {
        if tables.is_empty() {
            return Ok(());
        }
        let keeper = self.keeper();
        let closing = lookup::close(tables, &keeper.authority, &keeper.payer, &self.slot_hashes().await?)?;
        let blocks = lookup_wait(&closing);
        let mut lines = vec![("tables", tables.len().to_string())];
        if closing.refund() > 0 {
            lines.push(("refund", sol(closing.refund())));
        }
        if closing.later_refund() > 0 {
            let how = if waits { "this command waits" } else { "repeat the command" };
            let when = wait(blocks, seconds(blocks, self.slot_time));
            lines.push(("later", format!("{}, in {when}: {how}", sol(closing.later_refund()))));
        }
        self.context.confirm(&format!("Close the lookup tables of pool {}", keeper.pool), &lines)
    }
}

/// Blocks until all can be closed; 512 for those that have to be deactivated first.
fn lookup_wait(closing: &lookup::ClosePlan) -> u64 {
    const COOLING_BLOCKS: u64 = 512;
    let has_active = closing.tables.iter().any(|table| table.state == lookup::TableState::Active);
    if has_active { COOLING_BLOCKS } else { closing.wait().unwrap_or(0) }
}
