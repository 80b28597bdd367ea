//! Reads a live pool from a cluster.

use {
    super::{super::made::snapshot, FetchError, SavedPool},
    crate::terminal::{Bar, spinner},
    solana_account::Account,
    solana_address::Address,
    solana_rent::Rent,
    std::{collections::BTreeMap, time::Duration},
    tidepool_cli::desired::{WantedFile, check_cluster},
    tidepool_client::{
        cluster::{Cluster, ClusterError, retrying},
        pool::{MinimumDelegation, PoolError, PoolSnapshot, ReadOptions, StakeSelection},
    },
};

/// Attempts to read all accounts while the pool does not change.
const ATTEMPTS: u32 = 5;

/// Time for which a request is repeated.
const RETRIED_FOR: Duration = Duration::from_secs(8);

/// Accounts between two steps of the progress bar. The client splits them into requests, and sends several at a time.
const STEP: usize = 400;

/// Reads the pool at `address`, with `stake_accounts` the stake and vote accounts of its validators, and the accounts that a plan names.
/// Requests that fail for a reason that passes are repeated.
///
/// # Errors
/// [`FetchError`]; [`FetchError::File`] for a plan for another cluster.
pub async fn fetch<C: Cluster>(
    cluster: &C,
    address: &Address,
    stake_accounts: bool,
    plan: Option<&WantedFile>,
) -> Result<SavedPool, FetchError> {
    let cluster = &retrying(cluster, RETRIED_FOR);
    if let Some(plan) = plan {
        let found = cluster.genesis_hash().await.map_err(PoolError::from)?;
        check_cluster(plan.path(), plan.head(), found)?;
    }
    let mut saved = fetch_pool(cluster, address, stake_accounts).await?;
    if let Some(plan) = plan {
        let snapshot = snapshot(&saved, &Rent::default())?;
        let named = plan.desired().other_accounts(&snapshot);
        let accounts = cluster.accounts(&named).await.map_err(PoolError::from)?;
        let found = named.into_iter().zip(accounts).filter_map(|(address, account)| Some((address, account?)));
        saved.others.extend(found);
    }
    Ok(saved)
}

async fn fetch_pool<C: Cluster>(cluster: &C, address: &Address, stake_accounts: bool) -> Result<SavedPool, FetchError> {
    let mut snapshot = read(cluster, address).await?;
    if !stake_accounts {
        return Ok(saved(&snapshot, None));
    }
    for _ in 0..ATTEMPTS {
        let environment = snapshot.environment();
        if environment.rewards_are_being_paid() {
            return Err(FetchError::Rewards { epoch: environment.epoch().saturating_sub(1) });
        }
        let others = stakes_and_votes(cluster, &snapshot).await.map_err(FetchError::Accounts)?;
        let again = read(cluster, address).await?;
        if is_unchanged(&snapshot, &again) {
            return Ok(saved(&again, Some(others)));
        }
        snapshot = again;
    }
    Err(PoolError::KeepsChanging { attempts: ATTEMPTS }.into())
}

async fn read<C: Cluster>(cluster: &C, address: &Address) -> Result<PoolSnapshot, PoolError> {
    let options = ReadOptions {
        stakes: StakeSelection::None,
        // The rehearsal's own cluster has its own.
        minimum_delegation: MinimumDelegation::Known(0),
        program_id: None,
    };
    let _spinner = spinner("Reading the pool");
    PoolSnapshot::read(cluster, address, &options).await
}

/// The stake and vote accounts of all validators, as far as they exist.
async fn stakes_and_votes<C: Cluster>(
    cluster: &C,
    snapshot: &PoolSnapshot,
) -> Result<BTreeMap<Address, Account>, ClusterError> {
    let of_validator = |validator: tidepool_client::pool::Validator<'_>| {
        [validator.vote(), validator.addresses.validator, validator.addresses.transient]
    };
    let wanted: Vec<Address> = snapshot.validators().flat_map(of_validator).collect();
    let bar = Bar::new("Reading stake and vote accounts");
    bar.begin(wanted.len());
    let mut found = BTreeMap::new();
    for part in wanted.chunks(STEP) {
        let accounts = cluster.accounts(part).await?;
        found.extend(part.iter().zip(accounts).filter_map(|(address, account)| Some((*address, account?))));
        bar.advance(part.len());
    }
    Ok(found)
}

fn is_unchanged(before: &PoolSnapshot, after: &PoolSnapshot) -> bool {
    let (was, is) = (before.accounts(), after.accounts());
    was.pool.data == is.pool.data
        && was.validator_list.data == is.validator_list.data
        && was.pool_mint.data == is.pool_mint.data
        && before.epoch() == after.epoch()
}

fn saved(snapshot: &PoolSnapshot, others: Option<BTreeMap<Address, Account>>) -> SavedPool {
    SavedPool {
        address: snapshot.address(),
        accounts: snapshot.accounts().clone(),
        clock: Some(snapshot.environment().clock.clone()),
        is_complete: others.is_some(),
        others: others.unwrap_or_default(),
        files: BTreeMap::new(),
    }
}
