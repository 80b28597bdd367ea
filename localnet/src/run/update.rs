//! Updating a pool, and checking what that brought against figures of the demo's own.

use {
    super::{Driver, EpochFee, Receipt, RunError, epoch_fee},
    solana_address::Address,
    tidepool_client::{
        plan::{self, Plan, UpdateOptions},
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_interface::{external::token::TokenAccount, maths::ExchangeRate},
};

/// What a stage of an update cost.
#[derive(Clone, Debug, Default)]
pub struct StageCost {
    /// What the stage did.
    pub label: String,
    /// Transactions.
    pub transactions: usize,
    /// Compute units of all of them.
    pub units: u64,
    /// Compute units of the one that used most.
    pub most_units: u64,
}

impl StageCost {
    /// What the transactions of `receipts` cost together.
    pub fn of(label: impl Into<String>, receipts: &[Receipt]) -> Self {
        let units = receipts.iter().map(|receipt| receipt.units);
        Self {
            label: label.into(),
            transactions: receipts.len(),
            most_units: units.clone().max().unwrap_or(0),
            units: units.sum(),
        }
    }

    /// What several stages cost together.
    pub fn sum<'a>(label: impl Into<String>, stages: impl IntoIterator<Item = &'a Self>) -> Self {
        stages.into_iter().fold(Self { label: label.into(), ..Self::default() }, |all, stage| Self {
            transactions: all.transactions + stage.transactions,
            units: all.units + stage.units,
            most_units: all.most_units.max(stage.most_units),
            ..all
        })
    }
}

/// An update that went through.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The pool afterwards, with all its stake.
    pub snapshot: PoolSnapshot,
    /// Lamports that the pool has gained since its last update.
    pub reward: u64,
    /// The manager's fee on them.
    pub fee: EpochFee,
    /// What it cost, by stage.
    pub stages: Vec<StageCost>,
}

/// Updates a pool into the present epoch.
///
/// # Errors
/// [`RunError::Mismatch`] where a record stays stale, where the pool's total is not what its accounts hold, where the manager's
/// fee is not what the contract says, or where rewards do not raise the rate; as [`Driver::send`].
pub async fn update(driver: &Driver<'_>, before: &PoolSnapshot) -> Result<Updated, RunError> {
    let fee_account = before.pool().head.manager_fee_account;
    let managers_tokens = tokens_in(driver, &fee_account);
    let held = under_management(driver, before);
    let options = UpdateOptions { lookup_tables: driver.lookup_tables().to_vec(), ..UpdateOptions::default() };
    let stages = run_stages(driver, &plan::update(before, &options)?).await?;
    let after = before.read_again(driver.cluster(), StakeSelection::All).await?;

    let epoch = driver.cluster().epoch();
    let is_stale = |epochs: &u64| *epochs != epoch;
    let updated = after.records().iter().map(|record| record.last_update_epoch.get());
    let stale = updated.chain([after.pool().head.last_update_epoch.get()]).filter(is_stale);
    RunError::check("the number of records that were not updated", 0, stale.count())?;
    RunError::check("the pool's total, in lamports,", held, after.rate().total_lamports)?;

    let (was, is) = (before.rate(), after.rate());
    let reward = is.total_lamports.saturating_sub(was.total_lamports);
    let fee = managers_fee(before, reward);
    let minted = tokens_in(driver, &fee_account) - managers_tokens;
    RunError::check("the manager's fee, in pool tokens,", fee.pool_tokens, minted)?;
    RunError::check("the supply, in pool tokens,", before.mint_supply() + minted, is.pool_token_supply)?;
    check_rise(&was, &is, reward)?;
    Ok(Updated { snapshot: after, reward, fee, stages })
}

/// Lamports that the pool's accounts hold, the reserve's rent aside.
pub fn under_management(driver: &Driver<'_>, snapshot: &PoolSnapshot) -> u64 {
    let cluster = driver.cluster();
    let reserve = cluster.lamports(&snapshot.pool().head.reserve_stake);
    let stakes = snapshot.stake_addresses().iter();
    let stakes = stakes.flat_map(|addresses| [addresses.validator, addresses.transient]);
    reserve - snapshot.reserve_rent() + stakes.map(|address| cluster.lamports(&address)).sum::<u64>()
}

/// Pool tokens in a token account; 0 where there is none.
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
    epoch_fee(reward, fee.numerator.get(), fee.denominator.get(), was.total_lamports, was.pool_token_supply)
}

/// Rewards have to raise the rate: the manager gets only a part of them, unless the fee is 100 %.
fn check_rise(was: &ExchangeRate, is: &ExchangeRate, reward: u64) -> Result<(), RunError> {
    let now = u128::from(is.total_lamports) * u128::from(was.pool_token_supply);
    let then = u128::from(was.total_lamports) * u128::from(is.pool_token_supply);
    if reward > 0 && now <= then {
        return Err(RunError::Mismatch {
            what: "the exchange rate after rewards".into(),
            expected: "higher".into(),
            found: "not higher".into(),
        });
    }
    Ok(())
}
