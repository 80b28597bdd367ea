//! Carrying the pool into the next epoch, and checking what that brought.

use {
    super::{
        fee::{EpochFee, epoch_fee},
        stage::Stage,
    },
    crate::run::{RunError, Side, next_epoch},
    solana_address::Address,
    tidepool_client::plan::{self, UpdateOptions},
    tidepool_interface::{external::token::TokenAccount, maths::ExchangeRate},
};

/// An epoch of the pool.
#[derive(Clone, Copy, Debug)]
pub struct EpochFigures {
    /// The epoch.
    pub epoch: u64,
    /// The rate after the update.
    pub rate: ExchangeRate,
    /// Rewards in lamports that the bank paid to the pool's stake accounts.
    pub rewards: u64,
    /// The manager's share of the rewards in lamports.
    pub fee_lamports: u64,
    /// Pool tokens that the manager got for it.
    pub fee_tokens: u64,
    /// Lamports in the reserve at the end, beside its rent.
    pub reserve: u64,
    /// Lamports of stake that is being activated or deactivated at the end.
    pub in_motion: u64,
}

impl Stage<'_> {
    /// Lets an epoch pass, updates the pool, and checks rewards, totals, fee and rate.
    pub async fn next_epoch(&mut self) -> Result<EpochFigures, RunError> {
        let rewards = self.collect_rewards()?;
        self.refresh().await?;
        let before = self.snapshot().clone();
        let fee_account = before.pool().head.manager_fee_account;
        let fee_tokens = self.tokens_in(&fee_account);
        let plan = plan::update(&before, &UpdateOptions::default())?;
        self.driver.send("Updating the pool", &plan, &[]).await?;
        self.refresh().await?;

        let after = self.snapshot();
        let epoch = self.cluster().epoch();
        let (was, is) = (before.rate(), after.rate());
        let stale = after
            .records()
            .iter()
            .filter(|record| record.last_update_epoch.get() != epoch);
        RunError::check("the number of records that were not updated", 0, stale.count())?;
        RunError::check(
            "the pool's total, in lamports,",
            was.total_lamports + rewards,
            is.total_lamports,
        )?;
        let expected = self.expected_fee(&before, rewards);
        let minted = self.tokens_in(&fee_account) - fee_tokens;
        RunError::check("the manager's fee, in pool tokens,", expected.pool_tokens, minted)?;
        RunError::check(
            "the supply, in pool tokens,",
            was.pool_token_supply + minted,
            is.pool_token_supply,
        )?;
        check_rise(&was, &is, rewards)?;
        Ok(EpochFigures {
            epoch,
            rate: is,
            rewards,
            fee_lamports: expected.lamports,
            fee_tokens: minted,
            reserve: 0,
            in_motion: 0,
        })
    }

    /// Notes what is in the reserve and in motion once everybody has acted.
    pub async fn note_movement(&mut self, figures: &mut EpochFigures) -> Result<(), RunError> {
        self.refresh().await?;
        let snapshot = self.snapshot();
        figures.reserve = snapshot.withdrawable_reserve_lamports();
        figures.in_motion = snapshot
            .records()
            .iter()
            .map(|record| record.transient_stake_lamports.get())
            .sum();
        Ok(())
    }

    /// Ends the epoch and books what the bank pays: for each account, what it says and what has arrived must agree.
    fn collect_rewards(&mut self) -> Result<u64, RunError> {
        let cluster = self.cluster();
        let accounts: Vec<(Address, Address)> = self
            .snapshot()
            .validators()
            .flat_map(|validator| {
                let vote = validator.vote();
                [
                    (vote, validator.addresses.validator),
                    (vote, validator.addresses.transient),
                ]
            })
            .collect();
        let before: Vec<u64> = accounts.iter().map(|(_, address)| cluster.lamports(address)).collect();
        let paid = next_epoch(cluster)?;
        let mut total = 0;
        for ((vote, address), before) in accounts.iter().zip(before) {
            let arrived = cluster.lamports(address) - before;
            RunError::check(
                format!("the reward of account {address}, in lamports,"),
                paid.to(address),
                arrived,
            )?;
            *self.rewards.entry(*vote).or_default() += arrived;
            total += arrived;
        }
        if total > 0 {
            let label = format!("rewards paid in epoch {}", paid.epoch);
            self.ledger.book(Side::Entered, label, total);
        }
        Ok(total)
    }

    fn expected_fee(&self, before: &tidepool_client::pool::PoolSnapshot, rewards: u64) -> EpochFee {
        let fee = before.pool().head.epoch_fee;
        let was = before.rate();
        epoch_fee(
            rewards,
            fee.numerator.get(),
            fee.denominator.get(),
            was.total_lamports,
            was.pool_token_supply,
        )
    }

    fn tokens_in(&self, account: &Address) -> u64 {
        let account = self.cluster().account(account).unwrap_or_default();
        TokenAccount::decode(&account.data).map_or(0, |tokens| tokens.amount)
    }
}

/// Rewards have to raise the rate: the manager gets only a part of them.
fn check_rise(was: &ExchangeRate, is: &ExchangeRate, rewards: u64) -> Result<(), RunError> {
    let now = u128::from(is.total_lamports) * u128::from(was.pool_token_supply);
    let then = u128::from(was.total_lamports) * u128::from(is.pool_token_supply);
    if rewards > 0 && now <= then {
        return Err(RunError::Mismatch {
            what: "the exchange rate after rewards".into(),
            expected: "higher".into(),
            found: "not higher".into(),
        });
    }
    Ok(())
}
