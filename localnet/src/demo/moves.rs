//! Deposits and withdrawals of the holders.

use {
    super::stage::{Holder, Stage},
    crate::{
        run::{RunError, Side, deposit_sol, deposit_stake, withdraw_sol, withdraw_stake},
        terminal::{Sol, Tokens, short_address},
    },
    solana_signer::Signer,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup},
    },
    tidepool_client::{
        compute,
        plan::{InstructionGroup, Plan},
    },
};

impl Stage<'_> {
    /// A holder deposits SOL.
    pub async fn deposit_sol(&mut self, who: impl Fn(&Self) -> &Holder, lamports: u64) -> Result<(), RunError> {
        let trade = deposit_sol(&self.driver, self.snapshot(), &who(self).key, lamports).await?;
        let name = who(self).name;
        self.ledger.book(Side::Entered, format!("{name} deposits SOL"), trade.lamports);
        self.event(format!(
            "{name} deposits {} SOL for {} pool tokens",
            Sol(trade.lamports),
            Tokens(trade.pool_tokens)
        ));
        self.refresh().await
    }

    /// Cleo delegates a stake account, to deposit it when it is active.
    pub async fn delegate(&mut self, lamports: u64) -> Result<(), RunError> {
        let vote = self.snapshot().records()[0].vote_account_address;
        let owner = self.cleo.address();
        let instructions = stake::create_account_and_delegate_stake(
            &owner,
            &self.cleos_stake.pubkey(),
            &vote,
            &Authorized::auto(&owner),
            &Lockup::default(),
            lamports,
        );
        let compute_units = compute::FOREIGN * instructions.len() as u32;
        let group = InstructionGroup::new("delegate", instructions, compute_units);
        let plan = Plan::one("delegate", group);
        self.driver.send("Delegating", &plan, &[&self.cleo.key, &self.cleos_stake]).await?;
        self.event(format!(
            "{} delegates {} SOL to validator {} herself",
            self.cleo.name,
            Sol(lamports),
            short_address(&vote)
        ));
        Ok(())
    }

    /// Cleo deposits her stake account.
    pub async fn deposit_stake(&mut self) -> Result<(), RunError> {
        let address = self.cleos_stake.pubkey();
        let trade = deposit_stake(&self.driver, self.snapshot(), &self.cleo.key, address).await?;
        let name = self.cleo.name;
        self.ledger.book(Side::Entered, format!("{name} deposits a stake account"), trade.lamports);
        self.event(format!(
            "{name} deposits her stake account of {} SOL for {} pool tokens",
            Sol(trade.lamports),
            Tokens(trade.pool_tokens)
        ));
        self.refresh().await
    }

    /// Ada withdraws SOL.
    pub async fn withdraw_sol(&mut self) -> Result<(), RunError> {
        let pool_tokens = self.tokens_of(&self.ada.address());
        let trade = withdraw_sol(&self.driver, self.snapshot(), &self.ada.key, pool_tokens).await?;
        let name = self.ada.name;
        self.ledger.book(Side::Left, format!("{name} withdraws SOL"), trade.lamports);
        self.event(format!(
            "{name} leaves with {} SOL for {} pool tokens, {} of them the manager's fee",
            Sol(trade.lamports),
            Tokens(trade.pool_tokens),
            Tokens(trade.fee)
        ));
        self.refresh().await
    }

    /// Cleo withdraws stake.
    pub async fn withdraw_stake(&mut self) -> Result<(), RunError> {
        let pool_tokens = self.tokens_of(&self.cleo.address());
        let trade = withdraw_stake(&self.driver, self.snapshot(), &self.cleo.key, pool_tokens).await?;
        let name = self.cleo.name;
        self.ledger.book(Side::Left, format!("{name} withdraws stake"), trade.lamports);
        let accounts: Vec<_> = trade.stake_accounts.iter().map(short_address).collect();
        self.event(format!(
            "{name} leaves with {} SOL of active stake in {}",
            Sol(trade.lamports),
            accounts.join(", ")
        ));
        self.refresh().await
    }
}
