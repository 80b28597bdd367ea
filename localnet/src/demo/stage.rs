//! The demo's pool, holders and books.

use {
    super::{
        KEEP_IN_RESERVE, Options, PROGRAM_ID,
        demotion::Raised,
        exits::Ticket,
        limits::{EPOCH_FEE, WITHDRAWAL_FEE},
        report,
        yields::Growth,
    },
    crate::{
        run::{Driver, Ledger, RunError, Side, tokens_in, under_management},
        terminal::{Sol, counted},
    },
    console::style,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_signer::Signer,
    std::{collections::HashMap, io::Write},
    tidepool_client::{
        actions::{self, CreatePool},
        plan::Plan,
        pool::{PoolSnapshot, StakeSelection},
    },
    tidepool_core::minimum_stake_lamports,
    tidepool_embedded::{EmbeddedCluster, Validator},
};

/// Initial lamports of each wallet, more than the demo uses.
const WALLET_LAMPORTS: u64 = 20_000 * LAMPORTS_PER_SOL;

/// Lamports of the deposits of the first two wallets, and of the third wallet's delegation.
const DEPOSIT_LAMPORTS: [u64; 3] =
    [5_000 * LAMPORTS_PER_SOL, 9_500 * LAMPORTS_PER_SOL + 123_456_789, 3_000 * LAMPORTS_PER_SOL];

/// Validators per plan that adds validators. A longer list costs more compute units than a simulation before the plan shows.
const ADDED_AT_ONCE: usize = 32;

/// A wallet of the demo.
pub struct Holder {
    pub name: &'static str,
    pub key: Keypair,
}

impl Holder {
    fn new(name: &'static str, cluster: &EmbeddedCluster) -> Self {
        Self { name, key: cluster.funded_keypair(WALLET_LAMPORTS) }
    }

    pub fn address(&self) -> Address {
        self.key.pubkey()
    }
}

/// The pool, its holders and its books.
pub struct Stage<'c> {
    pub driver: Driver<'c>,
    pub manager: Keypair,
    pub pool: Address,
    /// Requests a small exit ticket, and withdraws SOL.
    pub ada: Holder,
    /// Requests an exit ticket for a third of the pool.
    pub ben: Holder,
    /// Deposits and withdraws stake.
    pub cleo: Holder,
    pub cleos_stake: Keypair,
    pub ledger: Ledger,
    /// Rewards of each validator's stake in lamports, by vote account.
    pub rewards: HashMap<Address, u64>,
    /// The commission that was raised.
    pub raised: Option<Raised>,
    pub tickets: Vec<Ticket>,
    /// Causes of the growth of the exchange rate.
    pub growth: Growth,
    snapshot: PoolSnapshot,
    events: Vec<String>,
}

impl<'c> Stage<'c> {
    /// Creates the pool with its validators and weights, and discards the staker's key.
    pub async fn set_up(cluster: &'c EmbeddedCluster, options: &Options) -> Result<Self, RunError> {
        let driver = Driver::new(cluster, PROGRAM_ID, 1_000 * LAMPORTS_PER_SOL);
        let manager = cluster.funded_keypair(WALLET_LAMPORTS);
        let staker = Keypair::new();
        let new_accounts = [(); 4].map(|()| Keypair::new());
        let addresses = new_accounts.each_ref().map(Signer::pubkey);
        let rent = cluster.rent();
        let stake_rent = rent.minimum_balance(tidepool_interface::STAKE_ACCOUNT_SPACE);
        let minimum = minimum_stake_lamports(stake_rent, client_minimum(&driver).await?);
        let create = CreatePool {
            staker: staker.pubkey(),
            epoch_fee: EPOCH_FEE,
            withdrawal_fee: WITHDRAWAL_FEE,
            initial_reserve_lamports: minimum * u64::from(options.validators) + KEEP_IN_RESERVE,
            ..CreatePool::new(PROGRAM_ID, manager.pubkey(), options.validators + 8, addresses)
        };
        let before = cluster.lamports(&manager.pubkey());
        let signers: Vec<&Keypair> = new_accounts.iter().chain([&manager]).collect();
        driver.send("Creating the pool", &actions::create_pool(&create, &rent)?, &signers).await?;
        let paid = before - cluster.lamports(&manager.pubkey());

        let mut ledger = Ledger::default();
        let reserve = cluster.lamports(&create.reserve_stake);
        ledger.book(Side::Entered, "manager: rent and first SOL of the reserve", reserve);
        ledger.book(Side::Entered, "manager: rent of pool, list, mint and fee account", paid - reserve);
        let snapshot = driver.read(&create.pool, PROGRAM_ID).await?;
        let mut stage = Self {
            manager,
            pool: create.pool,
            ada: Holder::new("Ada", cluster),
            ben: Holder::new("Ben", cluster),
            cleo: Holder::new("Cleo", cluster),
            cleos_stake: Keypair::new(),
            ledger,
            rewards: HashMap::new(),
            raised: None,
            tickets: vec![],
            growth: Growth::default(),
            snapshot,
            events: vec![],
            driver,
        };
        let reserve = Sol(stage.snapshot.reserve_lamports());
        stage.event(format!("pool {} created, reserve {reserve} SOL", stage.pool));
        stage.add_validators(&staker).await?;
        stage.set_weights(&staker).await?;
        stage.set_policy(stage.policy(), "the manager sets the policy").await?;
        stage.set_demotion_policy().await?;
        stage.set_limits().await?;
        Ok(stage)
    }

    /// The first epoch: deposits and the first rebalance.
    pub async fn open(&mut self, out: &mut dyn Write) -> Result<(), RunError> {
        let [ada, ben, cleo] = DEPOSIT_LAMPORTS;
        self.deposit_sol(|stage| &stage.ada, ada).await?;
        self.deposit_sol(|stage| &stage.ben, ben).await?;
        self.delegate(cleo).await?;
        self.rebalance().await?;
        let epoch = self.cluster().epoch();
        writeln!(out, "\n{}", style(format!("Epoch {epoch}")).bold())?;
        report::write_events(out, &self.take_events())?;
        Ok(())
    }

    pub const fn cluster(&self) -> &'c EmbeddedCluster {
        self.driver.cluster()
    }

    /// The last snapshot of the pool.
    pub const fn snapshot(&self) -> &PoolSnapshot {
        &self.snapshot
    }

    pub fn set_snapshot(&mut self, snapshot: PoolSnapshot) {
        self.snapshot = snapshot;
    }

    /// Reads the pool again, with all stake accounts.
    pub async fn refresh(&mut self) -> Result<(), RunError> {
        self.snapshot = self.snapshot.read_again(self.cluster(), StakeSelection::All).await?;
        Ok(())
    }

    /// Adds an event below the line of the epoch.
    pub fn event(&mut self, text: String) {
        self.events.push(text);
    }

    pub fn take_events(&mut self) -> Vec<String> {
        std::mem::take(&mut self.events)
    }

    /// The cluster's validator with this vote account.
    pub fn validator(&self, vote: &Address) -> Option<&'c Validator> {
        self.cluster().validators().iter().find(|validator| validator.vote == *vote)
    }

    /// Pool tokens in the token account of `owner`; 0 without an account.
    pub fn tokens_of(&self, owner: &Address) -> u64 {
        tokens_in(&self.driver, &actions::associated_token_account(&self.snapshot, owner))
    }

    async fn add_validators(&mut self, staker: &Keypair) -> Result<(), RunError> {
        for votes in self.cluster().votes().chunks(ADDED_AT_ONCE) {
            let groups: Result<Vec<_>, _> =
                votes.iter().map(|vote| actions::add_validator(&self.snapshot, vote, 0)).collect();
            let mut plan = Plan::default();
            plan.push("add validators", groups?);
            self.driver.send("Adding validators", &plan, &[staker]).await?;
            self.refresh().await?;
        }
        let added = counted(self.snapshot.records().len(), "validator");
        self.event(format!("{added} added, each with the minimum stake"));
        Ok(())
    }

    /// Books the pool's balances, checks its totals, and returns the books.
    pub async fn close(&mut self) -> Result<Ledger, RunError> {
        self.refresh().await?;
        let cluster = self.cluster();
        let head = self.snapshot.pool().head;
        let mut ledger = std::mem::take(&mut self.ledger);
        ledger.book(Side::Held, "reserve", cluster.lamports(&head.reserve_stake));
        let (mut active, mut transient) = (0, 0);
        for addresses in self.snapshot.stake_addresses() {
            active += cluster.lamports(&addresses.validator);
            transient += cluster.lamports(&addresses.transient);
        }
        ledger.book(Side::Held, "validator stake accounts", active);
        ledger.book(Side::Held, "transient stake accounts", transient);
        let own = [self.pool, head.validator_list, head.pool_mint, head.manager_fee_account];
        let rent = own.iter().map(|address| cluster.lamports(address)).sum();
        ledger.book(Side::Held, "pool, list, mint and fee account", rent);
        ledger.book(Side::Held, "escrow account", self.escrow_lamports());

        RunError::check(
            "the pool's total, in lamports,",
            under_management(&self.driver, &self.snapshot),
            head.total_lamports.get(),
        )?;
        let held: u64 = self.token_holders().iter().map(|(_, tokens)| tokens).sum();
        RunError::check("the supply, in pool tokens,", held, self.snapshot.mint_supply())?;
        RunError::check("the pool's supply, in pool tokens,", held, head.pool_token_supply.get())?;
        Ok(ledger)
    }

    /// All holders and their pool tokens.
    pub fn token_holders(&self) -> Vec<(&'static str, u64)> {
        let people = [&self.ada, &self.ben, &self.cleo].map(|holder| (holder.name, holder.address()));
        people
            .into_iter()
            .chain([("manager", self.manager.pubkey())])
            .map(|(name, owner)| (name, self.tokens_of(&owner)))
            .collect()
    }
}

async fn client_minimum(driver: &Driver<'_>) -> Result<u64, RunError> {
    use tidepool_client::cluster::Cluster as _;
    Ok(driver.cluster().minimum_delegation(&driver.payer()).await?)
}
