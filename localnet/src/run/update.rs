//! Updates a pool, and checks the result against independent figures.

use {
    super::{Driver, EpochFee, Receipt, RunError, epoch_fee},
    solana_address::Address,
    tidepool_client::{
        plan::{self, Plan, UpdateOptions},
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_core::maths::ExchangeRate,
    tidepool_interface::external::token::TokenAccount,
};

/// Cost of a stage of an update.
#[derive(Clone, Debug, Default)]
pub struct StageCost {
    /// Label of the stage.
    pub label: String,
    /// Number of transactions.
    pub transactions: usize,
    /// Compute units of all of them.
    pub units: u64,
    /// Maximum compute units of one transaction.
    pub most_units: u64,
}

impl StageCost {
    /// Total cost of the transactions of `receipts`.
    pub fn of(label: impl Into<String>, receipts: &[Receipt]) -> Self {
        let units = receipts.iter().map(|receipt| receipt.units);
        Self {
            label: label.into(),
            transactions: receipts.len(),
            most_units: units.clone().max().unwrap_or(0),
            units: units.sum(),
        }
    }

    /// Total cost of several stages.
    pub fn sum<'a>(label: impl Into<String>, stages: impl IntoIterator<Item = &'a Self>) -> Self {
        stages.into_iter().fold(Self { label: label.into(), ..Self::default() }, |all, stage| Self {
            transactions: all.transactions + stage.transactions,
            units: all.units + stage.units,
            most_units: all.most_units.max(stage.most_units),
            ..all
        })
    }
}

/// A completed update.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The pool after the update, with all stake accounts.
    pub snapshot: PoolSnapshot,
    /// Lamports that the pool has gained since its last update.
    pub reward: u64,
    /// The manager's fee on them.
    pub fee: EpochFee,
    /// Cost by stage.
    pub stages: Vec<StageCost>,
}

/// Updates a pool into the present epoch.
///
/// # Errors
/// [`RunError::Mismatch`] if a record stays stale, if the pool's total differs from its accounts' lamports, if the manager's fee differs
/// from the SPL formula, or if rewards do not raise the rate; as [`Driver::send`].
pub async fn update(driver: &Driver<'_>, before: &PoolSnapshot) -> Result<Updated, RunError> {
    let fee_account = before.pool().head.manager_fee_account;
    let managers_tokens = tokens_in(driver, &fee_account);
    let held = under_management(driver, before);
    let options = UpdateOptions { format: driver.format().clone(), ..UpdateOptions::default() };
    let stages = run_stages(driver, &plan::update(before, &options)?).await?;
    let after = before.read_again(driver.cluster(), StakeSelection::All).await?;

    let epoch = driver.cluster().epoch();
    let is_stale = |epochs: &u64| *epochs != epoch;
    let updated = after.records().iter().map(|record| record.last_update_epoch.get());
    let stale = updated.chain([after.pool().head.last_update_epoch.get()]).filter(is_stale);
    RunError::check("the number of records that were not updated", 0, stale.count())?;
    RunError::check("the pool's total, in lamports,", held, after.rate().total_lamports.get())?;

    let (was, is) = (before.rate(), after.rate());
    let reward = is.total_lamports.get().saturating_sub(was.total_lamports.get());
    let fee = managers_fee(before, reward);
    let minted = tokens_in(driver, &fee_account) - managers_tokens;
    RunError::check("the manager's fee, in pool tokens,", fee.pool_tokens, minted)?;
    RunError::check("the supply, in pool tokens,", before.mint_supply() + minted, is.pool_token_supply.get())?;
    check_rise(&was, &is, reward)?;
    Ok(Updated { snapshot: after, reward, fee, stages })
}

/// Lamports in the pool's accounts, without the reserve's rent.
pub fn under_management(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> u64 {
    let cluster = driver.cluster();
    let reserve = cluster.lamports(&snapshot.pool().head.reserve_stake);
    let stakes = snapshot.stake_addresses().iter();
    let stakes = stakes.flat_map(|addresses| [addresses.validator, addresses.transient]);
    reserve - snapshot.reserve_rent() + stakes.map(|address| cluster.lamports(&address)).sum::<u64>()
}

/// Pool tokens in a token account; 0 without an account.
pub fn tokens_in(driver: &Driver<'_>, account: &Address) -> u64 {
    let account = driver.cluster().account(account).unwrap_or_default();
    TokenAccount::decode(&account.data).map_or(0, |tokens| tokens.amount)
}

async fn run_stages(driver: &Driver<'_>, plan: &Plan) -> Result<Vec<StageCost>, RunError> {
    let mut costs = Vec::new();
    for stage in &plan.stages {
        let mut part = Plan::default();
        part.push(stage.label.clone(), stage.groups.clone());
        let receipts = driver.send("Updating the pool", &part, &[]).await?;
        costs.push(StageCost::of(stage.label.clone(), &receipts));
    }
    Ok(costs)
}

fn managers_fee(before: &PoolSnapshot, reward: u64) -> EpochFee {
    if !before.manager_fee_account_is_valid() {
        return EpochFee::default();
    }
    let fee = before.pool().head.epoch_fee;
    let was = before.rate();
    epoch_fee(reward, fee.numerator.get(), fee.denominator.get(), was.total_lamports.get(), was.pool_token_supply.get())
}

/// Checks that rewards have raised the rate: the manager's fee is only a part of them, unless it is 100 %.
fn check_rise(was: &ExchangeRate, is: &ExchangeRate, reward: u64) -> Result<(), RunError> {
    let now = u128::from(is.total_lamports.get()) * u128::from(was.pool_token_supply.get());
    let then = u128::from(was.total_lamports.get()) * u128::from(is.pool_token_supply.get());
    if reward > 0 && now <= then {
        return Err(RunError::Mismatch {
            what: "the exchange rate after rewards".into(),
            expected: "higher".into(),
            found: "not higher".into(),
        });
    }
    Ok(())
}
