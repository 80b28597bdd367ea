//! One wallet and one pool: read, deposit, withdraw, request and claim exit tickets, crank.
//!
//! A [`PoolClient`] puts the layers of this crate together with safe defaults: it updates a stale pool first, bounds the
//! slippage, signs each trade once, and keeps the wallet's signature from the pool's program (see
//! [throw-away keys](crate::actions#throw-away-keys)). The layers below it stay public for everything else.
//!
//! All amounts are `u64`: lamports, or pool tokens in their smallest unit (10⁻⁹ of a token).
//!
//! ```no_run
//! # use tidepool_client::{client::PoolClient, cluster::RpcCluster};
//! # async fn example(pool: solana_address::Address, wallet: &dyn solana_signer::Signer) -> Result<(), Box<dyn std::error::Error>> {
//! let cluster = RpcCluster::new("http://localhost:8899");
//! let client = PoolClient::new(&cluster, pool, wallet);
//!
//! let deposit = client.deposit_sol(1_500_000_000).await?; // 1.5 SOL
//! println!("{} pool tokens, at least {:?}", deposit.quote.pool_tokens.to_depositor, deposit.minimum);
//!
//! // Quote first, execute what the user accepts.
//! let trade = client.quote_withdraw_sol(500_000_000).await?; // 0.5 pool tokens
//! if trade.quote.lamports.get() > 400_000_000 {
//!     client.execute(trade).await?;
//! }
//! # Ok(())
//! # }
//! ```

mod accounts;
mod error;
mod exit;
mod trade;

pub use {
    accounts::unused_stake_accounts,
    error::ClientError,
    exit::TicketQuote,
    trade::{Receipt, StakeWithdrawal, Trade},
};

use {
    crate::{
        cluster::Cluster,
        crank::{Backlog, Crank, CrankOptions, CrankReport, Observer, WalletSender},
        pool::{MinimumDelegation, PoolSnapshot, ReadOptions, StakeSelection},
        send::{SendOptions, Stop, Summary},
    },
    solana_address::Address,
    solana_signer::Signer,
};

/// Options of a [`PoolClient`].
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// Slippage bound of each trade, in basis points of its quote: the program rejects a worse rate. `None` accepts any
    /// amount. 10 (0.1 %) by default.
    pub slippage_bps: Option<u16>,
    /// Whether a trade updates a stale pool first, and merges the stake that can be merged. Otherwise a trade with a
    /// stale pool is refused.
    pub update_first: bool,
    /// Whether trades use [throw-away keys](crate::actions#throw-away-keys). A wallet that asks its user for each
    /// signature uses none in any case. Set it to `false` for a plan that is signed elsewhere.
    pub throwaway_keys: bool,
    /// Token account for the referral fee of deposits, which is a part of the deposit fee; the wallet's own if `None`.
    pub referrer: Option<Address>,
    /// The program that must own the pool, if set.
    pub program_id: Option<Address>,
    /// Options for sending. Trades are signed once, whatever [`SendOptions::attempts`] says.
    pub send: SendOptions,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            slippage_bps: Some(10),
            update_first: true,
            throwaway_keys: true,
            referrer: None,
            program_id: None,
            send: SendOptions::default(),
        }
    }
}

/// A wallet's access to one pool. See the [module](self).
pub struct PoolClient<'a, C> {
    cluster: &'a C,
    pool: Address,
    wallet: &'a dyn Signer,
    signers: Vec<&'a dyn Signer>,
    options: ClientOptions,
    observer: &'a dyn Observer,
    stop: Stop,
}

impl<'a, C: Cluster> PoolClient<'a, C> {
    /// A client for the pool at `pool`. `wallet` pays for everything, holds the pool tokens in its associated token
    /// account, and is staker and withdrawer of its stake accounts.
    pub fn new(cluster: &'a C, pool: Address, wallet: &'a dyn Signer) -> Self {
        Self {
            cluster,
            pool,
            wallet,
            signers: vec![],
            options: ClientOptions::default(),
            observer: &(),
            stop: Stop::default(),
        }
    }

    /// Replaces the options.
    #[must_use]
    pub fn options(mut self, options: ClientOptions) -> Self {
        self.options = options;
        self
    }

    /// Adds signers, for a pool that names a deposit or withdraw authority.
    #[must_use]
    pub fn signers(mut self, signers: impl IntoIterator<Item = &'a dyn Signer>) -> Self {
        self.signers.extend(signers);
        self
    }

    /// Reports updates and cranks to `observer`.
    #[must_use]
    pub fn observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = observer;
        self
    }

    /// Ends early when `stop` is requested.
    #[must_use]
    pub fn stop(mut self, stop: &Stop) -> Self {
        self.stop = stop.clone();
        self
    }

    /// Reads the pool as it is, without any stake account. The wallet needs lamports, for a simulation that costs
    /// nothing.
    ///
    /// # Errors
    /// [`ClientError::Pool`].
    pub async fn read(&self) -> Result<PoolSnapshot, ClientError> {
        self.read_with(StakeSelection::None).await
    }

    /// Updates the pool if it is stale, or if stake can be merged. Permissionless.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn update(&self) -> Result<CrankReport, ClientError> {
        Ok(self.crank_with(false).run_once(&self.pool).await?)
    }

    /// Updates the pool, and moves stake towards the weights. Permissionless. It does the work that is due now, and waits
    /// for the end of epoch rewards if they are being paid.
    ///
    /// # Errors
    /// [`ClientError`].
    pub async fn crank(&self) -> Result<CrankReport, ClientError> {
        Ok(self.crank_with(true).run_once(&self.pool).await?)
    }

    /// Cranks in every epoch, until a stop is requested ([`Self::stop`]).
    ///
    /// # Errors
    /// [`ClientError`] if a retry cannot help.
    pub async fn watch(&self) -> Result<(), ClientError> {
        Ok(self.crank_with(true).watch(&self.pool).await?)
    }

    async fn read_with(&self, stakes: StakeSelection) -> Result<PoolSnapshot, ClientError> {
        let minimum_delegation = MinimumDelegation::AskAs(self.wallet.pubkey());
        let options = ReadOptions { stakes, minimum_delegation, program_id: self.options.program_id };
        Ok(PoolSnapshot::read(self.cluster, &self.pool, &options).await?)
    }

    /// The pool with the stake accounts `stakes`, up to date if the options say so, and the transactions that it took.
    async fn fresh(&self, stakes: StakeSelection) -> Result<(PoolSnapshot, Summary), ClientError> {
        if !self.options.update_first {
            return Ok((self.read_with(stakes).await?, Summary::default()));
        }
        let snapshot = self.read_with(StakeSelection::Transient).await?;
        let has_work = snapshot.is_stale() || Backlog::of(&snapshot).validators_mergeable > 0;
        let (snapshot, update) = if !has_work {
            (snapshot, Summary::default())
        } else {
            let report = self.crank_with(false).run_from(snapshot).await?;
            (report.snapshot, report.sent)
        };
        match stakes {
            StakeSelection::None => Ok((snapshot, update)),
            stakes => Ok((snapshot.read_again(self.cluster, stakes).await?, update)),
        }
    }

    fn crank_with(&self, rebalance: bool) -> Crank<'a, C, WalletSender<'a, C>> {
        // An update is followed by a trade, which epoch rewards forbid too: the error says when they end.
        let options = CrankOptions {
            rebalance,
            wait_for_rewards: rebalance,
            program_id: self.options.program_id,
            ..CrankOptions::default()
        };
        let crank = Crank::new(self.cluster, self.wallet).send_options(self.options.send.clone());
        crank.options(options).observer(self.observer).stop(&self.stop)
    }
}
