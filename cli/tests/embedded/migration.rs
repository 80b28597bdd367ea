//! A cluster that migrates to Alpenglow: it takes transactions and drops them, and produces no blocks for a while.

use {
    crate::{
        crank::{is_fresh, quickly, snapshot, weighted_pool},
        harness::{Stage, said},
    },
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    solana_signature::Signature,
    solana_signer::Signer as _,
    solana_transaction::versioned::VersionedTransaction,
    std::{
        cell::Cell,
        sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
        time::Duration,
    },
    tidepool_client::{
        cluster::{
            Blockhash, BytesAt, Cluster, ClusterError, ClusterValidator, Execution, Simulation, TransactionStatus,
        },
        crank::{Crank, CrankError, CrankOptions, CrankReport, Observer, Wait},
        send::{SendOptions, Stop},
    },
    tidepool_embedded::EmbeddedCluster,
    tokio::{time::sleep, try_join},
};

/// The embedded cluster while it migrates, and after it.
struct Migrating<'a> {
    cluster: &'a EmbeddedCluster,
    migrates: AtomicBool,
    dropped: AtomicUsize,
}

impl<'a> Migrating<'a> {
    const fn new(cluster: &'a EmbeddedCluster) -> Self {
        Self { cluster, migrates: AtomicBool::new(true), dropped: AtomicUsize::new(0) }
    }

    fn finish(&self) {
        self.migrates.store(false, Relaxed);
        self.cluster.advance_blocks(1);
    }
}

impl Cluster for Migrating<'_> {
    async fn accounts(&self, addresses: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        self.cluster.accounts(addresses).await
    }

    async fn program_accounts(
        &self,
        program: &Address,
        filters: &[BytesAt],
    ) -> Result<Vec<(Address, Account)>, ClusterError> {
        self.cluster.program_accounts(program, filters).await
    }

    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        Cluster::latest_blockhash(self.cluster).await
    }

    async fn block_height(&self) -> Result<u64, ClusterError> {
        Cluster::block_height(self.cluster).await
    }

    async fn simulate(&self, transaction: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        Cluster::simulate(self.cluster, transaction).await
    }

    async fn send(&self, transaction: &VersionedTransaction) -> Result<Signature, ClusterError> {
        if self.migrates.load(Relaxed) {
            self.dropped.fetch_add(1, Relaxed);
            return Ok(transaction.signatures[0]);
        }
        Cluster::send(self.cluster, transaction).await
    }

    async fn statuses(&self, signatures: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        Cluster::statuses(self.cluster, signatures).await
    }

    async fn execution(&self, signature: &Signature) -> Result<Option<Execution>, ClusterError> {
        Cluster::execution(self.cluster, signature).await
    }

    async fn validator_set(&self) -> Result<Option<Vec<ClusterValidator>>, ClusterError> {
        self.cluster.validator_set().await
    }
}

/// How often the crank waited for blocks.
#[derive(Default)]
struct Log {
    waits: Cell<usize>,
    finished: Cell<usize>,
}

impl Observer for Log {
    fn waiting(&self, wait: Wait, _: Duration) {
        if wait == Wait::Blocks {
            self.waits.set(self.waits.get() + 1);
        }
    }

    fn finished(&self, _: &CrankReport) {
        self.finished.set(self.finished.get() + 1);
    }
}

impl Log {
    async fn wait_for_waits(&self, count: usize) {
        while self.waits.get() < count {
            sleep(Duration::from_millis(1)).await;
        }
    }
}

/// Rounds without progress that end a crank otherwise.
const ROUNDS: usize = 3;

/// Options of a crank that notes a standstill soon.
fn options() -> (CrankOptions, SendOptions) {
    let (crank, send) = quickly();
    (crank, SendOptions { stall_timeout: Duration::from_millis(20), ..send })
}

#[tokio::test]
async fn a_crank_waits_through_a_migration_and_continues() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let address: Address = pool.parse().unwrap();
    stage.cluster.advance_epoch().unwrap();
    let before = stage.cluster.lamports(&stage.wallet.pubkey());
    let (cluster, log, (crank, send)) = (Migrating::new(&stage.cluster), Log::default(), options());
    let crank = Crank::new(&cluster, &stage.wallet).options(crank).send_options(send).observer(&log);
    let life = async {
        log.wait_for_waits(4 * ROUNDS).await;
        assert!(!is_fresh(&stage, &pool).await);
        cluster.finish();
        Ok(())
    };
    let (report, ()) = try_join!(crank.run_once(&address), life).unwrap();
    assert!(is_fresh(&stage, &pool).await && !report.movements.is_empty());
    assert!(cluster.dropped.load(Relaxed) > 0);
    // Only the fees of what landed are paid.
    let paid = before - stage.cluster.lamports(&stage.wallet.pubkey());
    assert!(paid < 100_000, "{paid} lamports for {} transactions", report.sent.landed());
    let pool = snapshot(&stage, &pool).await;
    assert_eq!(pool.pool().head.total_lamports, report.snapshot.pool().head.total_lamports);
}

#[tokio::test(start_paused = true)]
async fn the_command_says_once_that_it_waits() {
    const SENTENCE: &str = "Waiting until the cluster produces blocks";
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let cluster = Migrating::new(&stage.cluster);
    let told = || said().iter().filter(|line| line.starts_with(SENTENCE)).count();
    let life = async {
        while told() == 0 {
            sleep(Duration::from_secs(1)).await;
        }
        // Longer than four rounds without blocks.
        sleep(Duration::from_secs(1_800)).await;
        cluster.finish();
        Ok(())
    };
    let line = format!("crank {pool}");
    let (cranked, ()) = try_join!(stage.run_on(&cluster, "wallet", &line), life).unwrap();
    assert_eq!((&cranked["pools"][0]["validators_behind"], told()), (&json!(0), 1));
    assert_eq!(stage.exit.get() as u8, 0);
    assert!(is_fresh(&stage, &pool).await);
}

#[tokio::test]
async fn a_watch_waits_through_a_migration_and_continues() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let address: Address = pool.parse().unwrap();
    stage.cluster.advance_epoch().unwrap();
    let (cluster, log, (crank, send), stop) =
        (Migrating::new(&stage.cluster), Log::default(), options(), Stop::default());
    let crank = Crank::new(&cluster, &stage.wallet).options(crank).send_options(send).observer(&log).stop(&stop);
    let life = async {
        log.wait_for_waits(4 * ROUNDS).await;
        cluster.finish();
        while log.finished.get() == 0 {
            sleep(Duration::from_millis(1)).await;
        }
        stop.request();
        Ok(())
    };
    try_join!(crank.watch(&address), life).unwrap();
    assert!(is_fresh(&stage, &pool).await);
}

#[tokio::test]
async fn a_cluster_that_stays_halted_ends_a_crank_with_the_reason() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let (cluster, (crank, send)) = (Migrating::new(&stage.cluster), options());
    let crank = CrankOptions { block_timeout: Duration::from_millis(20), ..crank };
    let crank = Crank::new(&cluster, &stage.wallet).options(crank).send_options(send);
    let error = crank.run_once(&pool.parse().unwrap()).await.unwrap_err();
    assert!(matches!(error, CrankError::NotLanded(_)), "{error}");
    assert!(error.to_string().contains("the cluster produces no blocks"), "{error}");
}

/// The transfer of a rent may still land after the migration: it is not repeated.
#[tokio::test]
async fn a_top_up_of_unknown_outcome_is_not_repeated() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let address: Address = pool.parse().unwrap();
    stage.run(&format!("crank {pool} --no-rebalance")).await.unwrap();
    let reserve = snapshot(&stage, &pool).await.pool().head.reserve_stake;
    let mut account = stage.cluster.account(&reserve).unwrap();
    account.lamports = stage.cluster.rent().minimum_balance(account.data.len());
    stage.cluster.set_account(&reserve, account);
    let (cluster, log, (crank, send), stop) =
        (Migrating::new(&stage.cluster), Log::default(), options(), Stop::default());
    let crank = CrankOptions { top_up: true, rebalance: false, ..crank };
    let crank = Crank::new(&cluster, &stage.wallet).options(crank).send_options(send).observer(&log).stop(&stop);
    let before = stage.cluster.lamports(&reserve);
    let life = async {
        log.wait_for_waits(1).await;
        cluster.finish();
        // The run of the transfer, and two more.
        while log.finished.get() < 3 {
            sleep(Duration::from_millis(1)).await;
        }
        stop.request();
        Ok(())
    };
    try_join!(crank.watch(&address), life).unwrap();
    assert!(cluster.dropped.load(Relaxed) > 0, "the transfer was sent");
    assert_eq!(stage.cluster.lamports(&reserve), before);
}
