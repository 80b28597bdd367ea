//! Deposits and withdrawals of a wallet.

use {
    super::{
        ClientError, PoolClient,
        accounts::{numbered, unused_stake_accounts},
    },
    crate::{
        actions::{self, DepositSol, DepositStake, TokenReceiver, TokenSource, WithdrawSol, Wrap},
        cluster::Cluster,
        pack::{self, PackOptions},
        plan::{self, Piece, Plan, Remainder, Withdrawal, WithdrawalOrder},
        pool::{PoolSnapshot, StakeSelection},
        quote::{self, SolDepositQuote, StakeDepositQuote},
        send::{SendOptions, Sender, Summary},
    },
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer,
    tidepool_core::quote::WithdrawalQuote,
    tidepool_interface::external::stake::StakeState,
};

/// A trade with its quote `Q`, before it is sent. It is valid while the pool is up to date; the minimum holds at any
/// later rate.
#[derive(Debug)]
#[must_use = "a trade does nothing until it is executed"]
pub struct Trade<Q> {
    /// The quote, exact while the pool does not change.
    pub quote: Q,
    /// Least amount out: pool tokens of a deposit, lamports of a withdrawal or of a requested ticket. `None` without a
    /// slippage bound, and for claims and cancellations.
    pub minimum: Option<u64>,
    /// The transactions. Without [throw-away keys](super::ClientOptions::throwaway_keys) the wallet can sign them
    /// elsewhere.
    pub plan: Plan,
    program_id: Address,
    throwaway: Option<Keypair>,
}

impl<Q> Trade<Q> {
    /// A trade without a throw-away key.
    pub(super) const fn new(snapshot: &PoolSnapshot, quote: Q, minimum: Option<u64>, plan: Plan) -> Self {
        Self { quote, minimum, plan, program_id: snapshot.program_id(), throwaway: None }
    }
}

/// A trade that landed.
#[derive(Debug)]
pub struct Receipt<Q> {
    /// The quote of the trade.
    pub quote: Q,
    /// Least amount out, in the units of [`Trade::minimum`].
    pub minimum: Option<u64>,
    /// Transactions that updated the pool first; none if it was up to date.
    pub update: Summary,
    /// Transactions of the trade.
    pub sent: Summary,
}

/// Quote of a withdrawal of stake.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StakeWithdrawal {
    /// The new stake accounts with their quotes.
    pub pieces: Vec<Piece>,
    /// Pool tokens that cannot be withdrawn as stake now, with the reason. They stay with the wallet.
    pub remainder: Option<Remainder>,
    /// Lamports of rent that the wallet pays for the new accounts, where they stay.
    pub rent_lamports: u64,
}

impl StakeWithdrawal {
    /// Lamports of stake in all, without rent.
    pub fn lamports(&self) -> u64 {
        self.pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.quote.yields.lamports.get()))
    }
}

impl<C: Cluster> PoolClient<'_, C> {
    /// Deposits `lamports` of the wallet. Pool tokens arrive in its associated token account, which is created if it is
    /// missing.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deposit_sol(&self, lamports: u64) -> Result<Receipt<SolDepositQuote>, ClientError> {
        let (snapshot, update) = self.fresh(StakeSelection::None).await?;
        self.finish(update, self.sol_deposit(&snapshot, lamports)?).await
    }

    /// Quotes [`Self::deposit_sol`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`].
    pub async fn quote_deposit_sol(&self, lamports: u64) -> Result<Trade<SolDepositQuote>, ClientError> {
        self.sol_deposit(&self.read().await?, lamports)
    }

    /// Deposits the whole stake account at `address`, whose withdraw authority is the wallet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn deposit_stake(&self, address: &Address) -> Result<Receipt<StakeDepositQuote>, ClientError> {
        let account = self.cluster.require_account(address).await?;
        let (snapshot, update) = self.fresh(validator_of(&account)).await?;
        self.finish(update, self.stake_deposit(&snapshot, address, &account)?).await
    }

    /// Quotes [`Self::deposit_stake`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`].
    pub async fn quote_deposit_stake(&self, address: &Address) -> Result<Trade<StakeDepositQuote>, ClientError> {
        let account = self.cluster.require_account(address).await?;
        self.stake_deposit(&self.read_with(validator_of(&account)).await?, address, &account)
    }

    /// Withdraws `pool_tokens` (smallest unit) as SOL from the reserve, to the wallet.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn withdraw_sol(&self, pool_tokens: u64) -> Result<Receipt<WithdrawalQuote>, ClientError> {
        let (snapshot, update) = self.fresh(StakeSelection::None).await?;
        self.finish(update, self.sol_withdrawal(&snapshot, pool_tokens)?).await
    }

    /// Quotes [`Self::withdraw_sol`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`].
    pub async fn quote_withdraw_sol(&self, pool_tokens: u64) -> Result<Trade<WithdrawalQuote>, ClientError> {
        self.sol_withdrawal(&self.read().await?, pool_tokens)
    }

    /// Withdraws `pool_tokens` (smallest unit) as new stake accounts of the wallet, from as few validators as possible.
    ///
    /// # Errors
    /// [`ClientError`]; [`ClientError::NothingToWithdraw`] if no part can be withdrawn. A part that cannot is in
    /// [`StakeWithdrawal::remainder`].
    pub async fn withdraw_stake(&self, pool_tokens: u64) -> Result<Receipt<StakeWithdrawal>, ClientError> {
        let (snapshot, update) = self.fresh(StakeSelection::All).await?;
        self.finish(update, self.stake_withdrawal(&snapshot, pool_tokens).await?).await
    }

    /// Quotes [`Self::withdraw_stake`]. Nothing is sent, so the pool must be up to date.
    ///
    /// # Errors
    /// [`ClientError::Pool`], [`ClientError::Plan`], [`ClientError::NothingToWithdraw`].
    pub async fn quote_withdraw_stake(&self, pool_tokens: u64) -> Result<Trade<StakeWithdrawal>, ClientError> {
        self.stake_withdrawal(&self.read_with(StakeSelection::All).await?, pool_tokens).await
    }

    /// Signs and sends a quoted trade, and waits until it has landed. Each transaction is signed once, so that an
    /// endpoint that hides the result cannot cause a second trade.
    ///
    /// # Errors
    /// [`ClientError::Pack`], [`ClientError::NotLanded`].
    pub async fn execute<Q>(&self, trade: Trade<Q>) -> Result<Receipt<Q>, ClientError> {
        self.finish(Summary::default(), trade).await
    }

    pub(super) async fn finish<Q>(&self, update: Summary, trade: Trade<Q>) -> Result<Receipt<Q>, ClientError> {
        let stages = pack::pack_plan(&trade.plan, &PackOptions::new(self.wallet.pubkey()))?;
        let options = SendOptions { attempts: 1, pool_program: Some(trade.program_id), ..self.options.send.clone() };
        let throwaway = trade.throwaway.as_ref().map(|key| key as &dyn Signer);
        let sender = Sender::new(self.cluster, self.wallet).signers(self.signers.iter().copied().chain(throwaway));
        let sent = sender.options(options).stop(&self.stop).send_stages(&stages).await;
        if !sent.is_success() {
            return Err(ClientError::NotLanded(sent));
        }
        Ok(Receipt { quote: trade.quote, minimum: trade.minimum, update, sent })
    }

    fn sol_deposit(&self, snapshot: &PoolSnapshot, lamports: u64) -> Result<Trade<SolDepositQuote>, ClientError> {
        let wallet = self.wallet.pubkey();
        let quote = quote::quote_deposit_sol(snapshot, lamports, None)?;
        let minimum = self.minimum_of(quote.pool_tokens.to_depositor.get());
        let throwaway = self.throwaway();
        let deposit = DepositSol {
            from: wallet,
            lamports,
            to: TokenReceiver::Wallet(wallet),
            referrer: self.options.referrer,
            minimum_pool_tokens: minimum,
            throwaway: throwaway.as_ref().map(Signer::pubkey),
            unwrap: None,
        };
        let plan = Plan::one("deposit SOL", actions::deposit_sol(snapshot, &deposit));
        Ok(Trade { quote, minimum, plan, program_id: snapshot.program_id(), throwaway })
    }

    fn stake_deposit(
        &self,
        snapshot: &PoolSnapshot,
        address: &Address,
        account: &Account,
    ) -> Result<Trade<StakeDepositQuote>, ClientError> {
        let wallet = self.wallet.pubkey();
        let quote = quote::quote_deposit_stake(snapshot, account, None)?;
        let minimum = self.minimum_of(quote.pool_tokens.to_depositor.get());
        let deposit = DepositStake {
            address: *address,
            account,
            withdrawer: wallet,
            payer: wallet,
            to: TokenReceiver::Wallet(wallet),
            referrer: self.options.referrer,
            minimum_pool_tokens: minimum,
        };
        let (group, quote) = actions::deposit_stake(snapshot, &deposit)?;
        let plan = Plan::one("deposit stake", group);
        Ok(Trade::new(snapshot, quote, minimum, plan))
    }

    fn sol_withdrawal(&self, snapshot: &PoolSnapshot, pool_tokens: u64) -> Result<Trade<WithdrawalQuote>, ClientError> {
        let throwaway = self.throwaway();
        let tokens = self.tokens(snapshot, throwaway.as_ref());
        let quote = quote::quote_withdraw_sol(snapshot, &tokens.account, pool_tokens, None)?;
        let minimum = self.minimum_of(quote.lamports.get());
        let wallet = self.wallet.pubkey();
        let withdrawal =
            WithdrawSol { tokens, pool_tokens, to: wallet, wrap: Wrap::No, payer: wallet, minimum_lamports: minimum };
        let (group, quote) = actions::withdraw_sol(snapshot, &withdrawal)?;
        let plan = Plan::one("withdraw SOL", group);
        Ok(Trade { quote, minimum, plan, program_id: snapshot.program_id(), throwaway })
    }

    async fn stake_withdrawal(
        &self,
        snapshot: &PoolSnapshot,
        pool_tokens: u64,
    ) -> Result<Trade<StakeWithdrawal>, ClientError> {
        let wallet = self.wallet.pubkey();
        let throwaway = self.throwaway();
        let withdrawal = Withdrawal {
            tokens: self.tokens(snapshot, throwaway.as_ref()),
            pool_tokens,
            stake_authority: wallet,
            payer: wallet,
            slippage_bps: self.options.slippage_bps,
            take_whole_accounts: false,
            order: WithdrawalOrder::StakeOnly,
            wrap: false,
        };
        // A draft tells how many accounts it takes.
        let draft = plan::withdraw(snapshot, &withdrawal, |number| numbered(&wallet, number))?;
        if let (true, Some(remainder)) = (draft.pieces.is_empty(), draft.remainder) {
            return Err(ClientError::NothingToWithdraw(remainder));
        }
        let accounts = unused_stake_accounts(self.cluster, &wallet, draft.pieces.len()).await?;
        let planned = plan::withdraw(snapshot, &withdrawal, |number| Ok(accounts[number].clone()))?;
        let minimum = planned
            .quotes()
            .try_fold(0u64, |sum, quote| Some(sum.saturating_add(self.minimum_of(quote.lamports.get())?)));
        let (pieces, remainder, rent_lamports) = (planned.pieces, planned.remainder, planned.rent_lamports);
        let quote = StakeWithdrawal { pieces, remainder, rent_lamports };
        Ok(Trade { quote, minimum, plan: planned.plan, program_id: snapshot.program_id(), throwaway })
    }

    fn tokens(&self, snapshot: &PoolSnapshot, throwaway: Option<&Keypair>) -> TokenSource {
        let throwaway = throwaway.map(Signer::pubkey);
        TokenSource { throwaway, ..TokenSource::wallet(snapshot, &self.wallet.pubkey()) }
    }

    fn throwaway(&self) -> Option<Keypair> {
        (self.options.throwaway_keys && !self.wallet.is_interactive()).then(Keypair::new)
    }

    pub(super) fn minimum_of(&self, quoted: u64) -> Option<u64> {
        quote::minimum_out(quoted, self.options.slippage_bps?)
    }
}

/// The validator of a stake account; none if it is not delegated, which the quote explains.
fn validator_of(account: &Account) -> StakeSelection {
    match StakeState::decode_delegated(&account.data) {
        Ok((_, delegation)) => StakeSelection::one(delegation.voter),
        Err(_) => StakeSelection::None,
    }
}
