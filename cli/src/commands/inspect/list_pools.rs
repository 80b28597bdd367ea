//! `tidepool list-pools`

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::{Units, sol},
        view::fees::Ratio,
    },
    serde::Serialize,
    solana_address::Address,
    std::{cmp::Reverse, fmt},
    tidepool_client::{
        cluster::Cluster,
        pool::{ListedPool, list_pools},
        words::lamports_per_whole_token,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool list-pools --program-id SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy
  tidepool list-pools --sort rate --reverse --verbose";

/// List all pools of a program, with their stake, rate and fees
///
/// The program is --program-id, TIDEPOOL_PROGRAM_ID, or `program_id` in ~/.config/tidepool/config.yml. The largest pool comes
/// first. Amounts are those of each pool's last update. --verbose adds all fees and the mints. Not all endpoints can search a
/// program's accounts. Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Sort order: stake, supply, rate, fee (on rewards) or validators (largest first); address (ascending)
    #[arg(long, value_name = "KEY", value_enum, hide_possible_values = true, default_value_t)]
    sort: Sort,

    /// Reverse the sort order
    #[arg(short, long)]
    reverse: bool,
}

/// What pools are sorted by. Those that have equal keys stay in the order of their addresses.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, clap::ValueEnum)]
enum Sort {
    /// Lamports under management
    #[default]
    Stake,
    /// Pool tokens
    Supply,
    /// Lamports per pool token; pools without supply come last
    Rate,
    /// Fee on rewards
    Fee,
    /// Number of validators
    Validators,
    /// Address
    Address,
}

impl Sort {
    fn sort(self, pools: &mut [Pool]) {
        match self {
            Self::Stake => pools.sort_by_key(|pool| Reverse(pool.total_lamports)),
            Self::Supply => pools.sort_by_key(|pool| Reverse(pool.pool_token_supply)),
            Self::Rate => pools.sort_by_key(|pool| Reverse(pool.lamports_per_whole_pool_token)),
            Self::Fee => pools.sort_by(|one, other| other.fees.epoch.compare(&one.fees.epoch)),
            Self::Validators => pools.sort_by_key(|pool| Reverse(pool.validators)),
            Self::Address => pools.sort_by_key(|pool| pool.address.to_string()),
        }
    }
}

#[derive(Debug, Serialize)]
pub struct Output {
    program_id: Text<Address>,
    /// The epoch of the cluster.
    epoch: u64,
    /// In the order that was asked for.
    pools: Vec<Pool>,
    /// Accounts of the program that begin like a pool and do not hold one.
    malformed: Vec<Text<Address>>,
}

#[derive(Debug, Serialize)]
struct Pool {
    address: Text<Address>,
    pool_mint: Text<Address>,
    manager: Text<Address>,
    total_lamports: u64,
    pool_token_supply: u64,
    /// Lamports that a whole pool token is worth, rounded down; `null` without a supply.
    lamports_per_whole_pool_token: Option<u64>,
    /// Validators in the list; `null` where the pool's list cannot be read.
    validators: Option<u32>,
    max_validators: Option<u32>,
    /// Whether validators can have weights.
    extended: bool,
    last_update_epoch: u64,
    stale: bool,
    fees: Fees,
}

#[derive(Debug, Serialize)]
struct Fees {
    epoch: Ratio,
    sol_deposit: Ratio,
    stake_deposit: Ratio,
    sol_withdrawal: Ratio,
    stake_withdrawal: Ratio,
}

impl Pool {
    fn new(listed: &ListedPool, epoch: u64) -> Self {
        let (head, terms) = (&listed.pool.head, &listed.pool.terms);
        let rate = head.exchange_rate();
        Self {
            address: Text(listed.address),
            pool_mint: Text(head.pool_mint),
            manager: Text(head.manager),
            total_lamports: rate.total_lamports.get(),
            pool_token_supply: rate.pool_token_supply.get(),
            lamports_per_whole_pool_token: lamports_per_whole_token(&rate),
            validators: listed.list.map(|list| list.length.get()),
            max_validators: listed.list.map(|list| list.max_validators.get()),
            extended: listed.is_extended,
            last_update_epoch: head.last_update_epoch.get(),
            stale: head.is_stale(epoch),
            fees: Fees {
                epoch: head.epoch_fee.get().into(),
                sol_deposit: terms.sol_deposit_fee.into(),
                stake_deposit: terms.stake_deposit_fee.into(),
                sol_withdrawal: terms.sol_withdrawal_fee.into(),
                stake_withdrawal: terms.stake_withdrawal_fee.into(),
            },
        }
    }
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let program_id = context.program("")?;
        let epoch = context.cluster.clock().await?.epoch;
        let listing = context.search("pools", list_pools(context.cluster, &program_id), "").await?;
        let mut pools: Vec<_> = listing.pools.iter().map(|listed| Pool::new(listed, epoch)).collect();
        self.sort.sort(&mut pools);
        if self.reverse {
            pools.reverse();
        }
        let malformed = listing.malformed.into_iter().map(Text).collect();
        Ok(Output { program_id: Text(program_id), epoch, pools, malformed })
    }
}

impl Output {
    fn write_pools(&self, f: &mut fmt::Formatter<'_>, with_details: bool) -> fmt::Result {
        let [pool, stake, supply, rate] = ["POOL", "TOTAL SOL", "POOL TOKENS", "SOL PER TOKEN"];
        let [validators, fee, epoch] = ["VALIDATORS", "EPOCH FEE", "UPDATED"];
        writeln!(
            f,
            "{pool:44}  {stake:>20}  {supply:>20}  {rate:>13}  {validators:>10}  {fee:>9}  {epoch:>7}  EXTENDED"
        )?;
        for pool in &self.pools {
            let [stake, supply] = [pool.total_lamports, pool.pool_token_supply].map(|units| Units(units).to_string());
            let rate = pool.lamports_per_whole_pool_token.map_or("-".into(), |lamports| Units(lamports).to_string());
            let validators = pool.validators.map_or("?".into(), |count| count.to_string());
            writeln!(
                f,
                "{:44}  {stake:>20}  {supply:>20}  {rate:>13}  {validators:>10}  {:>9}  {:>7}  {}{}",
                pool.address.to_string(),
                pool.fees.epoch.percent(),
                pool.last_update_epoch,
                if pool.extended { "yes" } else { "no" },
                if pool.stale { ", stale" } else { "" },
            )?;
            if with_details {
                let fees = &pool.fees;
                writeln!(f, "  mint     {}", pool.pool_mint)?;
                writeln!(f, "  manager  {}", pool.manager)?;
                writeln!(
                    f,
                    "  fees     SOL deposit {}, stake deposit {}, SOL withdrawal {}, stake withdrawal {}",
                    fees.sol_deposit.percent(),
                    fees.stake_deposit.percent(),
                    fees.sol_withdrawal.percent(),
                    fees.stake_withdrawal.percent(),
                )?;
            }
        }
        let total = self.pools.iter().map(|pool| pool.total_lamports).fold(0, u64::saturating_add);
        writeln!(f, "{} pools with {} in all", self.pools.len(), sol(total))
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, with_details: bool) -> fmt::Result {
        if self.pools.is_empty() {
            writeln!(f, "Program {} has no pools", self.program_id)?;
        } else {
            self.write_pools(f, with_details)?;
        }
        let malformed = self.malformed.iter();
        malformed.into_iter().try_for_each(|address| writeln!(f, "Malformed pool account: {address}"))
    }
}
