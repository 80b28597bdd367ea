//! `tidepool withdraw`

mod output;
mod request;
mod ticket;

use {
    crate::{
        args::{Bound, UpdateFirst},
        context::{Context, Spending},
        error::CliError,
        keys::{Key, KeySource},
        trade::{Amounts, Done, Receipt, Trade},
        units::{Amount, Units, address, positive},
        unsent::Halt,
        wallet::{
            Holding, SourceArgs,
            signers::{Given, check_can_sign},
            wrapped::Wrapping,
        },
        withdrawal::{accounts, landed::send, withdrawn::Withdrawn},
    },
    output::Output,
    request::Request,
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        cluster::Cluster,
        plan::WithdrawalOrder,
        pool::{PoolSnapshot, StakeSelection},
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool withdraw 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 250
  tidepool withdraw 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA ALL --yes
  tidepool withdraw 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --worth 100 --as stake
  tidepool withdraw 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA 250 --as ticket";

/// Withdraw any amount: SOL from the reserve, stake accounts for the rest
///
/// Stake comes from the preferred validator, then from stake that earns nothing, then from the largest validators; you pay the
/// rent of the stake accounts. Shows a quote, the activation state of the stake, how it becomes SOL, and the remainder that
/// cannot be withdrawn now, and asks for confirmation. A part that would yield less than its share of --minimum, or less than
/// the quote by more than --max-slippage, fails. With --as ticket, an extended pool takes all pool tokens now for an exit ticket,
/// whose SOL is fixed now and paid by cranks as soon as the reserve has it (`tidepool tickets`, `tidepool cancel-exit`).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Pool tokens to withdraw, or ALL
    #[arg(value_name = "POOL_TOKENS", required_unless_present = "worth", conflicts_with = "worth")]
    amount: Option<Amount>,

    /// Withdraw the fewest pool tokens that yield this amount of SOL, stake included
    #[arg(long, value_name = "SOL", value_parser = positive)]
    worth: Option<Units>,

    /// What to receive: any (SOL, and stake for the rest), sol (SOL only), stake (stake only), or ticket (SOL later, for any amount)
    #[arg(long = "as", value_name = "WHAT", value_enum, hide_possible_values = true, default_value_t)]
    form: Form,

    /// Wallet that receives the SOL and the stake accounts [default: the owner of the pool tokens]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    to: Option<Address>,

    /// Receive wrapped SOL in the receiver's associated token account, created if needed
    #[arg(long)]
    wrap: bool,

    /// Withdraw whole accounts if they cannot be split, which removes their validators
    #[arg(long)]
    whole_accounts: bool,

    #[command(flatten)]
    source: SourceArgs,

    #[command(flatten)]
    bound: Bound,

    /// Keypair of the pool's SOL withdraw authority, for a pool that has one
    #[arg(long, value_name = "KEYPAIR")]
    sol_withdraw_authority: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

/// What a holder wants for the pool tokens.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Form {
    /// SOL as far as the reserve goes, and stake for the rest
    #[default]
    Any,
    /// SOL only
    Sol,
    /// Stake only
    Stake,
    /// SOL that is fixed now and paid when the reserve has it
    Ticket,
}

/// What a withdrawal answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    Withdrawn(Box<Output>),
    Ticket(Box<ticket::Output>),
}

impl Trade for Answer {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_> {
        match self {
            Self::Withdrawn(output) => output.receipt(amounts),
            Self::Ticket(output) => output.receipt(amounts),
        }
    }
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Done<Answer>, Halt> {
        context.terminal.check_consent()?;
        if self.wrap && self.form == Form::Stake {
            return Err(CliError::usage("--as stake yields no SOL to wrap: omit --wrap, or use --as any").into());
        }
        if self.form == Form::Ticket && (self.wrap || self.whole_accounts) {
            return Err(CliError::usage("--as ticket pays SOL: omit --wrap and --whole-accounts").into());
        }
        let owner = self.source.owner(context)?;
        if self.form == Form::Ticket {
            let fresh = context.fresh(&self.pool, StakeSelection::None, self.update_first).await?;
            let Done(output) = ticket::request(self, context, &fresh, owner).await?;
            return Ok(Done(Answer::Ticket(Box::new(output))));
        }
        let stakes = if self.form == Form::Stake { StakeSelection::All } else { StakeSelection::None };
        let mut fresh = context.fresh(&self.pool, stakes, self.update_first).await?;
        if let Some(address) = self.to.filter(|to| *to != owner.pubkey()) {
            let otherwise = ", or a wrapped SOL account with `tidepool withdraw-sol`";
            let given = Given { address, option: "--to", role: "the receiver of SOL and stake", otherwise };
            check_can_sign(context, &fresh.snapshot.parts(), given).await?;
        }
        let mut holding = Holding::find(context, &fresh.snapshot, &self.source, &owner).await?;
        let (order, authority) = self.order(context, &fresh.snapshot, &owner)?;
        let mut keys: Vec<Key> = [owner.clone()].into_iter().chain(authority).collect();
        let throwaway = holding.approve_to_throwaway(context, &keys)?;
        keys.extend(throwaway);
        let mut request = Request::new(self, context, &holding, order)?;
        let mut draft = request.draft(&fresh.snapshot)?;
        if self.form == Form::Any && !draft.pieces.is_empty() {
            // The records tell what the reserve cannot pay; what can be split, to the lamport, only the accounts do.
            fresh.snapshot = fresh.snapshot.read_again(context.cluster, StakeSelection::All).await?;
            draft = request.draft(&fresh.snapshot)?;
        }
        let snapshot = &fresh.snapshot;
        request.accounts = accounts::unused(context, &owner.pubkey(), draft.pieces.len()).await?;
        let (planned, totals) = request.bounded(snapshot, &draft)?;
        let wrapping = Wrapping::of_plan(context, snapshot, &request.terms, &planned).await?;
        let rent = wrapping.rent_lamports.saturating_add(planned.rent_lamports);
        context.check_funds(&planned.plan, &keys, &[Spending::new(request.terms.payer, rent)]).await?;
        let quote = request.quote(context, snapshot, &planned, totals).await?;
        let quote = quote.add(wrapping.lines()).add(context.fee_line(&planned.plan, &keys).await?);
        quote.confirm(context, &format!("Withdraw from pool {}", self.pool))?;
        let sent = send(context, &planned, &keys, snapshot.program_id()).await?;
        let hint = planned.remainder.map(|left| request.why(&left, snapshot));
        let terms = &request.terms;
        let withdrawn = Withdrawn::new(terms, &planned, totals, wrapping, snapshot.epoch(), fresh.and(sent));
        let output = Output::new(self.pool, terms.stake_authority, withdrawn, planned.remainder, hint);
        Ok(Done(Answer::Withdrawn(Box::new(output))))
    }

    /// Whether SOL takes the signature of an authority whose key is not given.
    fn needs_sol_authority(&self, snapshot: &PoolSnapshot) -> bool {
        snapshot.pool().terms.sol_withdraw_authority.is_some() && self.sol_withdraw_authority.is_none()
    }

    /// What comes as SOL, and whose key that takes beside the owner's.
    fn order<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        owner: &Key,
    ) -> Result<(WithdrawalOrder, Option<Key>), CliError> {
        let to = self.to.unwrap_or(owner.pubkey());
        let source = self.sol_withdraw_authority.as_ref();
        let authority = || context.sol_withdraw_authority(source, snapshot);
        Ok(match self.form {
            Form::Stake | Form::Ticket => (WithdrawalOrder::StakeOnly, None),
            Form::Any if self.needs_sol_authority(snapshot) => (WithdrawalOrder::ReserveFirst, None),
            Form::Any => (WithdrawalOrder::SolFirst(to), authority()?),
            Form::Sol => (WithdrawalOrder::SolOnly(to), authority()?),
        })
    }
}
