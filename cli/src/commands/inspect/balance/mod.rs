//! `tidepool balance`

mod text;

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::address,
        view::tickets::OpenTicket,
        withdrawal::activation,
    },
    serde::Serialize,
    solana_account::Account,
    solana_address::Address,
    spl_associated_token_account_interface::address::get_associated_token_address_with_program_id,
    std::{collections::BTreeSet, fmt},
    tidepool_client::{
        cluster::Cluster,
        holdings::{self, HeldStake, HeldTokens},
        pool::{AccountKind, list_pools, read_pool_and_tickets},
        quote::StakeActivation,
        tickets::read_tickets,
        words::lamports_per_whole_token,
    },
    tidepool_core::maths::{Lamports, PoolTokens},
    tidepool_interface::state::StakePool,
};

const EXAMPLE: &str = "\
Example:
  tidepool balance --pool 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool balance 5rLbJz6YGQLk6LtBrFwn9WqmWpFHKxZnPqmw5eSYcuGR \\
      --program-id SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy
  tidepool balance --all --no-stake --output json";

/// Show a wallet's pool tokens, their value in SOL, and its stake accounts
///
/// Reads the pool of --pool or the default pool; with --program-id or --all, all pools of the program whose pool token the
/// wallet holds. Counts all token accounts of the wallet, associated or not. Values pool tokens at the exchange rate of the
/// pool's last update, before fees. Lists the wallet's open exit tickets in one pool, and the stake accounts whose withdraw
/// authority is the wallet. Sends nothing; needs no keypair if WALLET is given.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the wallet [default: your wallet]
    #[arg(value_name = "WALLET", value_parser = address)]
    wallet: Option<Address>,

    /// Address of the pool [default: TIDEPOOL_POOL, or the configuration file's]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pool: Option<Address>,

    /// Show all pools of the program: --program-id, TIDEPOOL_PROGRAM_ID, or the configuration file's
    #[arg(long, conflicts_with = "pool")]
    all: bool,

    /// Omit stake accounts; not all endpoints can search for them
    #[arg(long)]
    no_stake: bool,
}

#[derive(Debug, Serialize)]
pub struct Output {
    wallet: Text<Address>,
    /// The epoch of the cluster.
    epoch: u64,
    wallet_lamports: u64,
    pools: Vec<Holding>,
    /// `null` with --no-stake.
    stake: Option<Stake>,
    #[serde(skip)]
    pool_origin: Option<String>,
}

#[derive(Debug, Serialize)]
struct Holding {
    pool: Text<Address>,
    pool_mint: Text<Address>,
    pool_tokens: u64,
    /// What they are worth by the exchange rate, rounded down; `null` where that exceeds 64 bits.
    lamports: Option<u64>,
    lamports_per_whole_pool_token: Option<u64>,
    last_update_epoch: u64,
    stale: bool,
    token_accounts: Vec<TokenAccount>,
    /// The wallet's open exit tickets, the newest first; `null` where several pools are shown.
    tickets: Option<Vec<OpenTicket>>,
}

#[derive(Debug, Serialize)]
struct TokenAccount {
    address: Text<Address>,
    pool_tokens: u64,
    /// Whether it is the wallet's associated account.
    associated: bool,
    frozen: bool,
}

#[derive(Debug, Default, Serialize)]
struct Stake {
    /// By address.
    accounts: Vec<StakeAccount>,
    /// In all accounts, rent included.
    lamports: u64,
    /// In accounts whose stake is deactivating.
    deactivating_lamports: u64,
    /// That can be withdrawn now.
    withdrawable_lamports: u64,
}

#[derive(Debug, Serialize)]
struct StakeAccount {
    address: Text<Address>,
    /// `activating`, `active`, `deactivating` or `inactive`.
    state: &'static str,
    /// The validator that it is or was delegated to.
    vote: Option<Text<Address>>,
    /// Rent included.
    lamports: u64,
    withdrawable_lamports: u64,
    /// Whether a lockup keeps it from being withdrawn.
    locked: bool,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let wallet = match self.wallet {
            Some(wallet) => wallet,
            None => context.wallet()?.pubkey(),
        };
        let account = context.cluster.account(&wallet).await?;
        check_wallet(&wallet, account.as_ref())?;
        let Found { pools, origin: pool_origin, open_tickets } = self.pools(context).await?;
        let clock = context.cluster.clock().await?;
        let programs: BTreeSet<Address> = pools.iter().map(|(_, pool)| pool.head.token_program_id).collect();
        let searching = holdings::token_accounts(context.cluster, &wallet, &programs);
        let held = context.search("token accounts", searching, "").await?;
        let is_one = pools.len() == 1;
        let holdings = pools.iter().map(|(address, pool)| Holding::new(address, pool, &wallet, &held, clock.epoch));
        // Of many pools only those count of which there is something.
        let holdings = holdings.filter(|holding| is_one || !holding.token_accounts.is_empty());
        let mut holdings: Vec<Holding> = holdings.collect();
        if let (Some(open), [holding]) = (open_tickets, holdings.as_mut_slice()) {
            holding.tickets = Some(if open > 0 { tickets(context, &holding.pool.0, &wallet).await? } else { vec![] });
        }
        let stake = if self.no_stake {
            None
        } else {
            let history = context.cluster.stake_history().await?;
            let searching = holdings::stake_accounts(context.cluster, &wallet);
            let otherwise = ", or omit stake accounts with --no-stake";
            let found = context.search("stake accounts", searching, otherwise).await?;
            let held = found
                .iter()
                .filter_map(|(address, account)| HeldStake::of(account, &clock, &history).map(|held| (*address, held)));
            Some(Stake::of(held))
        };
        Ok(Output {
            wallet: Text(wallet),
            epoch: clock.epoch,
            wallet_lamports: account.map_or(0, |account| account.lamports),
            pools: holdings,
            stake,
            pool_origin,
        })
    }

    async fn pools<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Found, CliError> {
        let program_id = context.global.program_id;
        let default = context.global.defaults.pool.as_ref().filter(|_| !self.all && program_id.is_none());
        let one = match (self.pool, default) {
            (Some(pool), _) => Some((pool, None)),
            (None, Some(default)) => Some((default.address, Some(default.origin.clone()))),
            (None, None) => None,
        };
        if let Some((address, origin)) = one {
            let (pool, totals) = read_pool_and_tickets(context.cluster, &address, program_id).await?;
            return Ok(Found { pools: vec![(address, pool)], origin, open_tickets: Some(totals.open.get()) });
        }
        let program_id = context.program("; or specify one pool with --pool or TIDEPOOL_POOL")?;
        let listing = context.search("pools", list_pools(context.cluster, &program_id), "").await?;
        let pools = listing.pools.iter().map(|listed| (listed.address, listed.pool)).collect();
        Ok(Found { pools, origin: None, open_tickets: None })
    }
}

/// The pools that the command shows.
struct Found {
    pools: Vec<(Address, StakePool)>,
    /// Where the only one was set, if the command line leaves it out.
    origin: Option<String>,
    /// Number of open exit tickets, of all owners, in the only pool.
    open_tickets: Option<u64>,
}

/// The wallet's open tickets in a pool.
async fn tickets<C: Cluster>(
    context: &Context<'_, C>,
    pool: &Address,
    wallet: &Address,
) -> Result<Vec<OpenTicket>, CliError> {
    let snapshot = context.look_at(pool).await?;
    let all = context.watch("Reading exit tickets", read_tickets(context.cluster, &snapshot, &[])).await?;
    Ok(OpenTicket::of(&snapshot, &all, Some(*wallet)))
}

/// Checks that `wallet` is not the address of something that a wallet owns.
fn check_wallet(wallet: &Address, account: Option<&Account>) -> Result<(), CliError> {
    match account.map(AccountKind::of) {
        None | Some(AccountKind::Wallet | AccountKind::Other { .. }) => Ok(()),
        Some(kind) => Err(CliError::usage(format!("account {wallet} is {kind}: expected the address of a wallet"))),
    }
}

impl Holding {
    fn new(address: &Address, pool: &StakePool, wallet: &Address, held: &[HeldTokens], epoch: u64) -> Self {
        let head = &pool.head;
        let associated = get_associated_token_address_with_program_id(wallet, &head.pool_mint, &head.token_program_id);
        let own: Vec<&HeldTokens> = held.iter().filter(|tokens| tokens.mint == head.pool_mint).collect();
        let pool_tokens = own.iter().fold(0, |sum: u64, tokens| sum.saturating_add(tokens.amount));
        let rate = head.exchange_rate();
        Self {
            pool: Text(*address),
            pool_mint: Text(head.pool_mint),
            pool_tokens,
            lamports: rate.lamports_for_withdrawal(PoolTokens::new(pool_tokens)).map(Lamports::get),
            lamports_per_whole_pool_token: lamports_per_whole_token(&rate),
            last_update_epoch: head.last_update_epoch.get(),
            stale: head.is_stale(epoch),
            token_accounts: own
                .into_iter()
                .map(|tokens| TokenAccount {
                    address: Text(tokens.address),
                    pool_tokens: tokens.amount,
                    associated: tokens.address == associated,
                    frozen: tokens.is_frozen,
                })
                .collect(),
            tickets: None,
        }
    }
}

impl Stake {
    fn of(held: impl Iterator<Item = (Address, HeldStake)>) -> Self {
        let mut stake = Self::default();
        for (address, held) in held {
            let add = |sum: &mut u64, lamports: u64| *sum = sum.saturating_add(lamports);
            add(&mut stake.lamports, held.lamports);
            add(&mut stake.withdrawable_lamports, held.withdrawable);
            if held.activation == StakeActivation::Deactivating {
                add(&mut stake.deactivating_lamports, held.lamports);
            }
            stake.accounts.push(StakeAccount {
                address: Text(address),
                state: activation::name(held.activation),
                vote: held.vote.map(Text),
                lamports: held.lamports,
                withdrawable_lamports: held.withdrawable,
                locked: held.is_locked,
            });
        }
        stake
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        text::write(f, self)
    }
}
