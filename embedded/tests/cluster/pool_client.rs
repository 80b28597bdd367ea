//! A pool client against the program: each quote is what the wallet gets.

use {
    crate::SOL,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::{Signer, null_signer::NullSigner},
    solana_stake_interface::{
        instruction::create_account_and_delegate_stake,
        state::{Authorized, Lockup, StakeStateV2},
    },
    std::cell::RefCell,
    tidepool_client::{
        actions::{self, CreatePool, TokenHolding, weights},
        client::{ClientError, ClientOptions, PoolClient},
        crank::Observer,
        pack::{PackOptions, pack_plan},
        plan::Plan,
        send::{NotSent, Outcome, Sender, Summary},
    },
    tidepool_embedded::EmbeddedCluster,
    tidepool_interface::StakePoolError,
};

/// A pool of two validators with equal weights, and its manager.
pub struct Market {
    pub cluster: EmbeddedCluster,
    pub manager: Keypair,
    pub pool: Address,
}

impl Market {
    pub async fn open() -> Self {
        let program_id = Address::new_unique();
        let cluster = EmbeddedCluster::builder().validators(2).tidepool(program_id).start().unwrap();
        let manager = cluster.funded_keypair(1_000 * SOL);
        let new = [(); 4].map(|()| Keypair::new());
        let create = CreatePool {
            initial_reserve_lamports: 10 * SOL,
            ..CreatePool::new(program_id, manager.pubkey(), 2, new.each_ref().map(Signer::pubkey))
        };
        let market = Self { cluster, manager, pool: create.pool };
        let signers: Vec<_> = new.iter().collect();
        market.send(&actions::create_pool(&create, &market.cluster.rent()).unwrap(), &signers).await;
        for vote in market.cluster.votes() {
            let snapshot = market.client(&market.manager).read().await.unwrap();
            market.send(&Plan::one("add", actions::add_validator(&snapshot, &vote, 0).unwrap()), &[]).await;
        }
        market
    }

    pub async fn send(&self, plan: &Plan, signers: &[&Keypair]) {
        let stages = pack_plan(plan, &PackOptions::new(self.manager.pubkey())).unwrap();
        let signers = signers.iter().map(|key| *key as &dyn Signer);
        let summary = Sender::new(&self.cluster, &self.manager).signers(signers).send_stages(&stages).await;
        assert!(summary.is_success(), "{summary:?}");
    }

    pub fn client<'a>(&'a self, wallet: &'a dyn Signer) -> PoolClient<'a, EmbeddedCluster> {
        PoolClient::new(&self.cluster, self.pool, wallet)
    }

    /// Pool tokens of a wallet.
    pub async fn tokens(&self, wallet: &Keypair) -> u64 {
        let snapshot = self.client(&self.manager).read().await.unwrap();
        let account = self.cluster.account(&actions::associated_token_account(&snapshot, &wallet.pubkey()));
        account.map_or(0, |account| TokenHolding::of(&account).unwrap().amount)
    }
}

#[tokio::test]
async fn trades_yield_their_quotes() {
    let market = Market::open().await;
    let wallet = market.cluster.funded_keypair(100 * SOL);
    let client = market.client(&wallet);

    let deposit = client.deposit_sol(20 * SOL).await.unwrap();
    assert_eq!(market.tokens(&wallet).await, deposit.quote.pool_tokens.to_depositor.get());
    assert_eq!(deposit.minimum, Some(deposit.quote.pool_tokens.to_depositor.get() / 1_000 * 999));
    assert!(deposit.update.transactions.is_empty(), "the pool is up to date");
    assert_eq!(deposit.sent.landed(), 1);

    let before = market.cluster.lamports(&wallet.pubkey());
    let trade = client.quote_withdraw_sol(3 * SOL).await.unwrap();
    assert_eq!(market.cluster.lamports(&wallet.pubkey()), before, "a quote sends nothing");
    let withdrawal = client.execute(trade).await.unwrap();
    let fees = withdrawal.sent.landed() as u64 * 2 * 5_000;
    assert_eq!(market.cluster.lamports(&wallet.pubkey()), before + withdrawal.quote.lamports.get() - fees);
    assert_eq!(market.tokens(&wallet).await, deposit.quote.pool_tokens.to_depositor.get() - 3 * SOL);
}

#[tokio::test]
async fn stake_goes_in_and_comes_out() {
    let market = Market::open().await;
    let wallet = market.cluster.funded_keypair(100 * SOL);
    let client = market.client(&wallet);
    let stake = Keypair::new();
    let owner = wallet.pubkey();
    let (authorized, lockup) = (Authorized::auto(&owner), Lockup::default());
    let vote = market.cluster.votes()[0];
    let delegation = create_account_and_delegate_stake(&owner, &stake.pubkey(), &vote, &authorized, &lockup, 10 * SOL);
    market.cluster.process(&delegation, &wallet, &[&stake]).unwrap();
    market.cluster.advance_epoch().unwrap();

    let deposit = client.deposit_stake(&stake.pubkey()).await.unwrap();
    assert!(deposit.update.is_success() && deposit.update.landed() > 0, "the epoch made the pool stale");
    assert_eq!(market.tokens(&wallet).await, deposit.quote.pool_tokens.to_depositor.get());

    let third = deposit.quote.pool_tokens.to_depositor.get() / 3;
    for _ in 0..2 {
        let withdrawal = client.withdraw_stake(third).await.unwrap();
        let quote = &withdrawal.quote;
        assert_eq!((quote.pieces.len(), quote.remainder), (1, None));
        let account = market.cluster.account(&quote.pieces[0].to.address).unwrap();
        assert_eq!(account.lamports, quote.lamports() + quote.rent_lamports);
        let state: StakeStateV2 = bincode::deserialize(&account.data).unwrap();
        assert_eq!(state.authorized().unwrap().withdrawer, wallet.pubkey());
        assert!(withdrawal.minimum < Some(quote.lamports()));
    }
    let error = client.withdraw_stake(1_000).await.unwrap_err();
    assert!(matches!(error, ClientError::NothingToWithdraw(remainder) if remainder.pool_tokens == 1_000), "{error}");
}

/// Labels of the plans that a crank sends.
#[derive(Default)]
struct Log(RefCell<Vec<String>>);

impl Observer for Log {
    fn sending(&self, plan: &Plan) {
        self.0.borrow_mut().extend(plan.stages.iter().map(|stage| stage.label.clone()));
    }
}

#[tokio::test]
async fn updates_stale_pool_first_and_says_so() {
    let market = Market::open().await;
    let wallet = market.cluster.funded_keypair(100 * SOL);
    market.cluster.advance_epoch().unwrap();
    let is_stale = |error: &ClientError| {
        let ClientError::Plan(error) = error else { return false };
        error.stake_pool_error() == Some(StakePoolError::StakeListAndPoolOutOfDate)
    };
    let error = market.client(&wallet).quote_deposit_sol(SOL).await.unwrap_err();
    assert!(is_stale(&error), "a quote sends no update: {error}");
    let careful = ClientOptions { update_first: false, ..ClientOptions::default() };
    let error = market.client(&wallet).options(careful).deposit_sol(SOL).await.unwrap_err();
    assert!(is_stale(&error), "{error}");

    let log = Log::default();
    let deposit = market.client(&wallet).observer(&log).deposit_sol(SOL).await.unwrap();
    assert_eq!(deposit.update.landed(), deposit.update.transactions.len());
    assert!(deposit.update.landed() > 0 && !log.0.borrow().is_empty());
    assert!(!market.client(&wallet).read().await.unwrap().is_stale());
}

#[tokio::test]
async fn cranks_towards_weights() {
    let market = Market::open().await;
    let client = market.client(&market.manager);
    client.deposit_sol(50 * SOL).await.unwrap();
    let votes = market.cluster.votes();
    let snapshot = client.read().await.unwrap();
    let weights: Vec<_> = votes.iter().map(|vote| (*vote, 1)).collect();
    let changes = weights::changes(&snapshot, &weights, weights::Unlisted::Keep).unwrap();
    market.send(&actions::set_validator_weights(&snapshot, &changes).unwrap(), &[]).await;

    let report = client.crank().await.unwrap();
    assert_eq!(report.movements.len(), 2, "{report:?}");
    assert_eq!(client.crank().await.unwrap().rounds, 0, "nothing is left to do");
    market.cluster.advance_epoch().unwrap();
    assert!(client.update().await.unwrap().rounds > 0);
}

#[tokio::test]
async fn slippage_bound_is_kept() {
    let market = Market::open().await;
    let wallet = market.cluster.funded_keypair(100 * SOL);
    let bound = |bps| ClientOptions { slippage_bps: bps, ..ClientOptions::default() };
    let exact = market.client(&wallet).options(bound(Some(0))).quote_deposit_sol(SOL).await.unwrap();
    assert_eq!(exact.minimum, Some(exact.quote.pool_tokens.to_depositor.get()));
    let open = market.client(&wallet).options(bound(None)).quote_deposit_sol(SOL).await.unwrap();
    assert_eq!(open.minimum, None);

    // Rewards raise the rate until the exact trade is executed. Its quote is of an earlier epoch.
    market.cluster.advance_epoch().unwrap();
    market.cluster.advance_epoch().unwrap();
    market.client(&market.manager).update().await.unwrap();
    let error = market.client(&wallet).execute(exact).await.unwrap_err();
    let ClientError::NotLanded(summary) = &error else { panic!("{error}") };
    let Outcome::WouldFail(failure) = &summary.transactions[0].outcome else { panic!("{error}") };
    assert!(failure.explanation.to_string().contains("ExceededSlippage"), "{error}");
    assert_eq!(market.tokens(&wallet).await, 0);
    market.client(&wallet).execute(open).await.unwrap();
}

#[tokio::test]
async fn wallet_can_sign_elsewhere() {
    let market = Market::open().await;
    let wallet = market.cluster.funded_keypair(100 * SOL);
    let address = NullSigner::new(&wallet.pubkey());
    let options = ClientOptions { throwaway_keys: false, ..ClientOptions::default() };
    let trade = market.client(&address).options(options).quote_deposit_sol(SOL).await.unwrap();
    let group = trade.plan.groups().next().unwrap();
    assert_eq!(group.signers().into_iter().collect::<Vec<_>>(), [wallet.pubkey()], "no other key signs");
    market.cluster.process(&group.instructions, &wallet, &[]).unwrap();
    assert_eq!(market.tokens(&wallet).await, trade.quote.pool_tokens.to_depositor.get());

    let error = market.client(&address).deposit_sol(SOL).await.unwrap_err();
    let is_unsigned = |summary: &Summary| matches!(&summary.transactions[0].outcome, Outcome::NotSent(NotSent::MissingSigner { signer }) if *signer == wallet.pubkey());
    assert!(matches!(&error, ClientError::NotLanded(summary) if is_unsigned(summary)), "{error}");
}
