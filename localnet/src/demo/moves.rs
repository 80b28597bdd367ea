//! What the holders and the staker do.

use {
    super::{
        KEEP_IN_RESERVE,
        stage::{Holder, Stage},
    },
    crate::{
        run::{RunError, Side},
        terminal::{Sol, Tokens, short_address},
    },
    solana_address::Address,
    solana_signer::Signer,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup},
    },
    tidepool_client::{
        actions::{self, DepositSol, DepositStake, NewStakeAccount, TokenReceiver, TokenSource, WithdrawSol},
        compute,
        plan::{self, InstructionGroup, Plan, Rest, StakeWithdrawal},
        quote,
    },
};

/// A new stake account of `owner`, delegated to `vote`.
pub fn delegate(owner: &Address, stake_account: &Address, vote: &Address, lamports: u64) -> Plan {
    let instructions = stake::create_account_and_delegate_stake(
        owner,
        stake_account,
        vote,
        &Authorized::auto(owner),
        &Lockup::default(),
        lamports,
    );
    let group = InstructionGroup {
        label: "delegate".into(),
        compute_units: compute::FOREIGN * instructions.len() as u32,
        instructions,
    };
    Plan::one("delegate", group)
}

impl Stage<'_> {
    /// Somebody deposits SOL, and gets what was quoted.
    pub async fn deposit_sol(&mut self, who: impl Fn(&Self) -> &Holder, lamports: u64) -> Result<(), RunError> {
        let (name, wallet) = (who(self).name, who(self).address());
        let quote = quote::quote_deposit_sol(self.snapshot(), lamports, None)?;
        let deposit = DepositSol {
            from: wallet,
            lamports,
            to: TokenReceiver::Wallet(wallet),
            referrer: None,
            minimum_pool_tokens: Some(quote.to_depositor),
        };
        let group = actions::deposit_sol(self.snapshot(), &deposit);
        let (sol, tokens) = (self.cluster().lamports(&wallet), self.tokens_of(&wallet));
        self.driver.send("Depositing", &Plan::one("deposit SOL", group), &[&who(self).key]).await?;
        self.refresh().await?;
        let rent = self.cluster().lamports(&self.token_account(&wallet));
        let spent = sol - self.cluster().lamports(&wallet) - rent;
        let received = self.tokens_of(&wallet) - tokens;
        RunError::check("the deposit, in lamports,", lamports, spent)?;
        RunError::check("what the depositor gets, in pool tokens,", quote.to_depositor, received)?;
        self.ledger.book(Side::Entered, format!("{name} deposits SOL"), spent);
        self.event(format!(
            "{name} deposits {} SOL for {} pool tokens",
            Sol(spent),
            Tokens(received)
        ));
        Ok(())
    }

    /// Cleo deposits her stake account.
    pub async fn deposit_stake(&mut self) -> Result<(), RunError> {
        let (address, owner) = (self.cleos_stake.pubkey(), self.cleo.address());
        let account = self.cluster().account(&address).unwrap_or_default();
        let deposit = DepositStake {
            address,
            account: &account,
            withdrawer: owner,
            payer: self.driver.payer(),
            to: TokenReceiver::Wallet(owner),
            referrer: None,
            minimum_pool_tokens: None,
        };
        let (group, quote) = actions::deposit_stake(self.snapshot(), &deposit)?;
        self.driver.send("Depositing", &Plan::one("deposit stake", group), &[&self.cleo.key]).await?;
        self.refresh().await?;
        let entered = account.lamports - self.cluster().lamports(&address);
        let received = self.tokens_of(&owner);
        RunError::check(
            "what the depositor gets, in pool tokens,",
            quote.pool_tokens.to_depositor,
            received,
        )?;
        let name = self.cleo.name;
        self.ledger
            .book(Side::Entered, format!("{name} deposits a stake account"), entered);
        self.event(format!(
            "{name} deposits her stake account of {} SOL for {} pool tokens",
            Sol(entered),
            Tokens(received)
        ));
        Ok(())
    }

    /// Deactivates as much stake as Ada's withdrawal will need in the next epoch, the same from every validator.
    pub async fn fill_reserve(&mut self) -> Result<(), RunError> {
        let snapshot = self.snapshot();
        let tokens = self.tokens_of(&self.ada.address());
        let worth = snapshot.rate().lamports_for_withdrawal(tokens).unwrap_or(0);
        // By then the pool token is worth more: a hundredth is far more than an epoch pays.
        let needed = (worth + worth / 100 + KEEP_IN_RESERVE).saturating_sub(snapshot.withdrawable_reserve_lamports());
        let part = needed.div_ceil(snapshot.records().len() as u64);
        let groups: Result<Vec<_>, _> = snapshot
            .records()
            .iter()
            .map(|record| actions::decrease_validator_stake(snapshot, &record.vote_account_address, part))
            .collect();
        let mut plan = Plan::default();
        plan.push("deactivate stake", groups?);
        let (name, count) = (self.ada.name, snapshot.records().len() as u64);
        self.driver.send("Deactivating stake", &plan, &[&self.manager]).await?;
        self.refresh().await?;
        self.event(format!(
            "{} SOL of stake deactivated, for {name} wants to leave in SOL",
            Sol(part * count)
        ));
        Ok(())
    }

    /// Ada leaves with SOL.
    pub async fn withdraw_sol(&mut self) -> Result<(), RunError> {
        let wallet = self.ada.address();
        let pool_tokens = self.tokens_of(&wallet);
        let withdrawal = WithdrawSol {
            tokens: TokenSource::wallet(self.snapshot(), &wallet),
            pool_tokens,
            to: wallet,
            minimum_lamports: None,
        };
        let (group, quote) = actions::withdraw_sol(self.snapshot(), &withdrawal)?;
        let before = self.cluster().lamports(&wallet);
        self.driver.send("Withdrawing", &Plan::one("withdraw SOL", group), &[&self.ada.key]).await?;
        self.refresh().await?;
        let received = self.cluster().lamports(&wallet) - before;
        RunError::check("the withdrawal, in lamports,", quote.lamports, received)?;
        let name = self.ada.name;
        self.ledger.book(Side::Left, format!("{name} withdraws SOL"), received);
        self.event(format!(
            "{name} leaves with {} SOL for {} pool tokens, of which {} are the manager's fee",
            Sol(received),
            Tokens(pool_tokens),
            Tokens(quote.fee)
        ));
        Ok(())
    }

    /// Cleo leaves with stake.
    pub async fn withdraw_stake(&mut self) -> Result<(), RunError> {
        let owner = self.cleo.address();
        let withdrawal = StakeWithdrawal {
            tokens: TokenSource::wallet(self.snapshot(), &owner),
            pool_tokens: self.tokens_of(&owner),
            stake_authority: owner,
            payer: owner,
            slippage_bps: None,
            take_whole_accounts: false,
            rest: Rest::Keep,
        };
        let planned = plan::withdraw_stake(self.snapshot(), &withdrawal, |piece| {
            NewStakeAccount::with_seed(owner, &format!("demo {piece}"))
        })?;
        let wallet = self.cluster().lamports(&owner);
        self.driver.send("Withdrawing", &planned.plan, &[&self.cleo.key]).await?;
        self.refresh().await?;
        let rent = wallet - self.cluster().lamports(&owner);
        let pieces = planned.pieces.iter();
        let stake: u64 = pieces.map(|piece| self.cluster().lamports(&piece.to.address)).sum();
        let quoted: u64 = planned.pieces.iter().map(|piece| piece.quote.yields.lamports).sum();
        RunError::check("the withdrawn stake, in lamports,", quoted, stake - rent)?;
        let name = self.cleo.name;
        self.ledger
            .book(Side::Left, format!("{name} withdraws stake"), stake - rent);
        let accounts: Vec<_> = planned
            .pieces
            .iter()
            .map(|piece| short_address(&piece.to.address))
            .collect();
        self.event(format!(
            "{name} leaves with {} SOL of active stake in account {}",
            Sol(stake - rent),
            accounts.join(", ")
        ));
        Ok(())
    }
}
