//! Pools that are cranked: over epochs, beside others who do the same, and through an endpoint that fails.

use {
    super::{
        harness::{SIGNATURE, SOL, Stage, number},
        hooked::{Call, Hooked},
    },
    serde_json::json,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_transaction::TransactionError,
    std::{
        cell::Cell,
        sync::atomic::{AtomicU64, Ordering::Relaxed},
        time::Duration,
    },
    tidepool_client::{
        cluster::ClusterError,
        crank::{Crank, CrankError, CrankOptions, CrankReport, Observer, RebalanceAt},
        plan::{self, UpdateOptions},
        pool::{PoolError, PoolSnapshot, ReadOptions, StakeSelection},
        send::{SendOptions, Stop},
    },
    tokio::{join, time::sleep},
};

/// A pool of four validators with equal weights and 110 SOL.
pub async fn weighted_pool(stage: &Stage) -> String {
    let pool = stage.pool("").await;
    stage.add_validators(&pool, 0..4).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("deposit-sol {pool} 100")).await;
    pool
}

pub async fn snapshot(stage: &Stage, pool: &str) -> PoolSnapshot {
    let options = ReadOptions { stakes: StakeSelection::All, ..ReadOptions::default() };
    PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &options).await.unwrap()
}

pub async fn is_fresh(stage: &Stage, pool: &str) -> bool {
    let shown = stage.run_without_key(&format!("show {pool}")).await.unwrap();
    shown["stale"] == false
}

fn unreachable() -> ClusterError {
    ClusterError::Unreachable { detail: "every third request is lost".into() }
}

#[tokio::test]
async fn a_pool_is_kept_up_to_date_and_in_balance() {
    let stage = Stage::new();
    let pools = [weighted_pool(&stage).await, stage.pool("--without-extension").await];
    let wallet = stage.wallet.pubkey();
    for epoch in 1..4 {
        stage.cluster.advance_epoch().unwrap();
        let before = stage.cluster.lamports(&wallet);
        let cranked = stage.must(&format!("crank {} {}", pools[0], pools[1])).await;
        assert_eq!(cranked["stopped"], false);
        let [weighted, plain] = [&cranked["pools"][0], &cranked["pools"][1]];
        for (pool, round) in pools.iter().zip([weighted, plain]) {
            assert!(is_fresh(&stage, pool).await);
            assert_eq!((&round["pool"], number(&round["epoch"])), (&json!(pool), epoch));
            assert_eq!((&round["validators_behind"], &round["not_landed"]), (&json!(0), &json!(0)));
        }
        assert_eq!(plain["validators_off_target"], json!(null));
        assert_eq!((&weighted["validators"], &weighted["validators_off_target"]), (&json!(4), &json!(0)));
        let sent = [weighted, plain].map(|round| round["transactions"].as_array().unwrap().len() as u64);
        let spent = sent.map(|sent| sent * SIGNATURE);
        assert_eq!([number(&weighted["spent_lamports"]), number(&plain["spent_lamports"])], spent);
        assert_eq!(stage.cluster.lamports(&wallet), before - spent[0] - spent[1]);

        stage.must(&format!("deposit-sol {} 10 --dry-run", pools[0])).await;
        let again = stage.must(&format!("crank {}", pools[0])).await;
        assert_eq!((&again["pools"][0]["rounds"], &again["pools"][0]["transactions"]), (&json!(0), &json!([])));
    }
    assert!(
        stage.text.borrow()[0].contains("is up to date, and no stake has to move, in epoch 3"),
        "{}",
        stage.text.borrow()[0]
    );
}

#[tokio::test]
async fn stake_moves_unless_that_is_not_wanted() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let still = stage.must(&format!("crank {pool} --no-rebalance")).await;
    assert_eq!((&still["pools"][0]["rounds"], &still["pools"][0]["validators_off_target"]), (&json!(0), &json!(null)));
    let moved = stage.must(&format!("crank {pool}")).await;
    assert_eq!(moved["pools"][0]["moved_validators"], 4);
    assert!(number(&moved["pools"][0]["moved_lamports"]) > 90 * SOL);
    assert!(number(&moved["pools"][0]["in_motion_lamports"]) > 90 * SOL);
}

#[tokio::test]
async fn the_end_of_epoch_rewards_is_waited_for() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.begin_epoch().unwrap();
    let (code, message) = stage.fails(&format!("update {pool}")).await;
    assert!(code == 5 && message.contains("rewards"), "{message}");

    let reads = AtomicU64::new(0);
    let cluster = Hooked {
        cluster: &stage.cluster,
        before: |call| {
            if call == Call::Read && reads.fetch_add(1, Relaxed) == 12 {
                stage.cluster.finish_rewards();
            }
            assert!(call != Call::Send || !stage.cluster.epoch_rewards().active, "the stake program would refuse");
            Ok(())
        },
    };
    let cranked = stage.run_on(&cluster, "wallet", &format!("crank {pool}")).await.unwrap();
    assert!(reads.into_inner() > 12);
    assert_eq!(cranked["pools"][0]["not_landed"], 0);
    assert!(is_fresh(&stage, &pool).await);
}

#[tokio::test]
async fn somebody_who_cranks_at_the_same_time_does_no_harm() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let before = snapshot(&stage, &pool).await;
    let update = plan::update(&before, &UpdateOptions::default()).unwrap();
    let other = stage.cluster.funded_keypair(SOL);
    let sends = AtomicU64::new(0);
    let cluster = Hooked {
        cluster: &stage.cluster,
        before: |call| {
            // Planned, simulated and signed, and then overtaken.
            if call == Call::Send && sends.fetch_add(1, Relaxed) == 0 {
                for group in update.groups() {
                    stage.cluster.process(&group.instructions, &other, &[]).unwrap();
                }
            }
            Ok(())
        },
    };
    let cranked = stage.run_on(&cluster, "wallet", &format!("crank {pool}")).await.unwrap();
    assert_eq!(cranked["pools"][0]["validators_behind"], 0);
    assert!(is_fresh(&stage, &pool).await);
}

#[tokio::test]
async fn two_cranks_side_by_side_share_the_work() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let address: Address = pool.parse().unwrap();
    let payers = [stage.cluster.funded_keypair(SOL), stage.cluster.funded_keypair(SOL)];
    for _ in 0..3 {
        stage.cluster.advance_epoch().unwrap();
        stage.must(&format!("crank {pool} --no-rebalance")).await;
        stage.must(&format!("deposit-sol {pool} 20")).await;
        stage.cluster.advance_epoch().unwrap();
        let [one, other] = payers.each_ref().map(|payer| {
            let (crank, send) = quickly();
            Crank::new(&stage.cluster, payer).options(crank).send_options(send)
        });
        let (one, other) = join!(one.run_once(&address), other.run_once(&address));
        for report in [one.unwrap(), other.unwrap()] {
            assert!(!report.snapshot.is_stale());
            assert!(report.rest.is_some_and(|rest| rest.is_empty()));
        }
        let again = stage.must(&format!("crank {pool}")).await;
        assert_eq!(again["pools"][0]["rounds"], 0, "nothing is left, and nothing was done twice");
    }
}

#[tokio::test]
async fn what_never_lands_ends_it_with_the_reason() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let sends = AtomicU64::new(0);
    let cluster = Hooked {
        cluster: &stage.cluster,
        before: |call| {
            if call == Call::Send {
                sends.fetch_add(1, Relaxed);
                return Err(ClusterError::TransactionRefused { error: TransactionError::ClusterMaintenance });
            }
            Ok(())
        },
    };
    let error = stage.run_on(&cluster, "wallet", &format!("crank {pool}")).await.unwrap_err();
    assert!(error.exit() as u8 == 3 && error.to_string().contains("update validators 0 to 3"), "{error}");
    assert_eq!(sends.into_inner(), 4, "once, and three times more");
}

#[tokio::test]
async fn a_stop_ends_the_waiting_and_sends_nothing_more() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let address: Address = pool.parse().unwrap();
    stage.cluster.begin_epoch().unwrap();
    let stop = Stop::default();
    // It would wait for an hour.
    let options = CrankOptions { poll_every: Duration::from_secs(3_600), ..CrankOptions::default() };
    let crank = Crank::new(&stage.cluster, &stage.wallet).options(options).stop(&stop);
    let request = async {
        sleep(Duration::from_millis(20)).await;
        stop.request();
    };
    let (once, watched, ()) = join!(crank.run_once(&address), crank.watch(&address), request);
    assert!(matches!(once, Err(CrankError::Stopped(summary)) if summary.transactions.is_empty()));
    watched.unwrap();
    stage.cluster.finish_rewards();
    let error = crank.run_once(&address).await.unwrap_err();
    assert!(matches!(error, CrankError::Stopped(_)), "{error}");
    assert!(!is_fresh(&stage, &pool).await);
}

#[tokio::test]
async fn an_endpoint_that_loses_every_third_request_is_no_obstacle() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    stage.cluster.advance_epoch().unwrap();
    let (calls, lost) = (AtomicU64::new(0), AtomicU64::new(0));
    let cluster = Hooked {
        cluster: &stage.cluster,
        before: |_| {
            let call = calls.fetch_add(1, Relaxed);
            // The first is answered: a command that cannot reach the cluster at all should say so at once.
            if call > 0 && call % 3 == 0 {
                lost.fetch_add(1, Relaxed);
                return Err(unreachable());
            }
            Ok(())
        },
    };
    let cranked = stage.run_on(&cluster, "wallet", &format!("crank {pool}")).await.unwrap();
    assert!(lost.into_inner() > 5);
    assert_eq!(cranked["pools"][0]["moved_validators"], 4);
    assert!(is_fresh(&stage, &pool).await);

    let cluster = Hooked { cluster: &stage.cluster, before: |_| Err(unreachable()) };
    let error = stage.run_on(&cluster, "wallet", &format!("crank {pool}")).await.unwrap_err();
    assert_eq!(error.exit() as u8, 4, "{error}");
}

#[tokio::test]
async fn an_epoch_that_ends_in_the_middle_is_followed_by_the_next() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    // Before the first transaction, between the list and the pool, and before stake moves.
    for at in 0..3 {
        stage.cluster.advance_epoch().unwrap();
        stage.must(&format!("crank {pool} --no-rebalance")).await;
        stage.must(&format!("deposit-sol {pool} 20")).await;
        stage.cluster.advance_epoch().unwrap();
        let epoch = stage.cluster.epoch();
        let sends = AtomicU64::new(0);
        let cluster = Hooked {
            cluster: &stage.cluster,
            before: |call| {
                if call == Call::Send && sends.fetch_add(1, Relaxed) == at {
                    stage.cluster.advance_epoch().unwrap();
                }
                Ok(())
            },
        };
        let cranked = stage.run_on(&cluster, "wallet", &format!("crank {pool}")).await.unwrap();
        assert!(sends.into_inner() > at, "the epoch has to end");
        assert_eq!(number(&cranked["pools"][0]["epoch"]), epoch + 1, "send {at}");
        assert_eq!(cranked["pools"][0]["validators_behind"], 0, "send {at}");
        assert!(is_fresh(&stage, &pool).await, "send {at}");
    }
}

#[tokio::test]
async fn what_cannot_be_cranked_is_refused() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let nowhere = Address::new_unique();
    for options in ["", "--watch"] {
        let (code, message) = stage.fails(&format!("crank {nowhere} {options}")).await;
        assert!(code == 3 && message.contains("does not exist"), "{message}");
    }
    let (code, message) = stage.fails(&format!("crank {pool} --watch --dry-run")).await;
    assert!(code == 2 && message.contains("--watch"), "{message}");
    stage.cluster.advance_epoch().unwrap();
    stage.another_wallet("poor", 0);
    let error = stage.run_as("poor", &format!("crank {pool}")).await.unwrap_err();
    assert!(error.exit() as u8 == 3 && error.to_string().contains("has no SOL on this cluster"), "{error}");
    assert!(!is_fresh(&stage, &pool).await);
}

/// What a watch has done so far, and how it fared.
#[derive(Default)]
struct Log {
    epochs: Cell<u64>,
    failures: Cell<u64>,
}

impl Observer for Log {
    fn finished(&self, report: &CrankReport) {
        self.epochs.set(report.snapshot.epoch());
    }

    fn failed(&self, _: &dyn std::error::Error, _: bool) {
        self.failures.set(self.failures.get() + 1);
    }
}

/// Options with short pauses.
pub fn quickly() -> (CrankOptions, SendOptions) {
    let moment = Duration::from_millis(2);
    let crank = CrankOptions {
        poll_every: moment,
        initial_backoff: moment,
        max_backoff: 4 * moment,
        rewards_every: moment,
        watch_interval: 10 * moment,
        rebalance_at: RebalanceAt::Now,
        ..CrankOptions::default()
    };
    let send =
        SendOptions { poll_every: moment, resend_every: 2 * moment, settle: 2 * moment, ..SendOptions::default() };
    (crank, send)
}

#[tokio::test]
async fn a_watch_goes_on_over_epochs_and_failures_until_it_is_stopped() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    let calls = AtomicU64::new(0);
    let cluster = Hooked {
        cluster: &stage.cluster,
        before: |_| if calls.fetch_add(1, Relaxed) % 3 == 2 { Err(unreachable()) } else { Ok(()) },
    };
    let (log, stop, (crank, send)) = (Log::default(), Stop::default(), quickly());
    let address: Address = pool.parse().unwrap();
    // It has nothing at first, and is given something later.
    let payer = Keypair::new();
    let crank = Crank::new(&cluster, &payer).options(crank).send_options(send).observer(&log).stop(&stop);
    let life = async {
        stage.cluster.advance_epoch().unwrap();
        sleep(Duration::from_millis(200)).await;
        assert!(!is_fresh(&stage, &pool).await && log.failures.get() > 3, "no fee payer has funds");
        stage.cluster.airdrop(&payer.pubkey(), SOL);
        for epoch in 1..4 {
            while log.epochs.get() < epoch {
                sleep(Duration::from_millis(5)).await;
            }
            assert!(is_fresh(&stage, &pool).await);
            stage.cluster.advance_epoch().unwrap();
        }
        stop.request();
    };
    let (watched, ()) = join!(crank.watch(&address), life);
    watched.unwrap();

    let nowhere = crank.watch(&Address::new_unique()).await;
    assert!(nowhere.is_ok(), "it was told to stop: {nowhere:?}");
    let crank = Crank::new(&cluster, &payer).options(quickly().0);
    let error = crank.watch(&Address::new_unique()).await.unwrap_err();
    assert!(matches!(error, CrankError::Pool(PoolError::NotFound { .. })), "{error}");
}
