//! Watches that place their movements within the epoch. Slots follow tokio's clock, which is paused: it moves only while every
//! task sleeps, so that nothing depends on how fast the machine is.

use {
    super::{
        crank::{snapshot, weighted_pool},
        harness::{SOL, Stage},
        hooked::Hooked,
    },
    solana_signer::Signer as _,
    std::{
        cell::RefCell,
        future::Future,
        sync::atomic::{AtomicBool, Ordering::Relaxed},
        time::Duration,
    },
    tidepool_client::{
        cluster::ClusterError,
        crank::{Crank, CrankOptions, CrankReport, NextRebalance, Observer, RebalanceAt},
        plan::{self, RebalanceOptions},
        pool::PoolSnapshot,
        send::Stop,
    },
    tidepool_embedded::EmbeddedCluster,
    tidepool_interface::state::ValidatorStakeInfo,
    tokio::{
        join,
        time::{Instant, sleep_until},
    },
};

/// Slots that pass with tokio's clock.
struct Slots<'a> {
    cluster: &'a EmbeddedCluster,
    slot_time: Duration,
    began: (Instant, u64),
}

impl<'a> Slots<'a> {
    fn new(cluster: &'a EmbeddedCluster, milliseconds: u64) -> Self {
        Self { cluster, slot_time: Duration::from_millis(milliseconds), began: (Instant::now(), cluster.slot()) }
    }

    fn first_of(&self, epoch: u64) -> u64 {
        self.cluster.bank().epoch_schedule().get_first_slot_in_epoch(epoch)
    }

    /// Moves the cluster to the slot of this moment.
    fn pass(&self) {
        let passed = self.began.0.elapsed().as_millis() / self.slot_time.as_millis();
        let slot = self.began.1 + u64::try_from(passed).unwrap();
        while slot > self.cluster.slot() {
            if slot >= self.first_of(self.cluster.epoch() + 1) {
                self.cluster.begin_epoch().unwrap();
                self.cluster.finish_rewards();
            } else {
                self.cluster.skip_to_slot(slot).unwrap();
            }
        }
    }

    /// Waits for a slot of an epoch, counted from its first one.
    async fn until(&self, epoch: u64, index: u64) {
        let slots = u32::try_from(self.first_of(epoch) + index - self.began.1).unwrap();
        sleep_until(self.began.0 + self.slot_time * slots).await;
        self.pass();
    }
}

/// A movement: in which epoch and slot of it, to or from how many validators.
type Moved = (u64, u64, usize);

/// What a watch has moved, and when it says that it rebalances next.
#[derive(Default)]
struct Log {
    moved: RefCell<Vec<Moved>>,
    next: RefCell<Vec<Option<NextRebalance>>>,
}

impl Observer for Log {
    fn finished(&self, report: &CrankReport) {
        let clock = &report.snapshot.environment().clock;
        if !report.movements.is_empty() {
            self.moved.borrow_mut().push((clock.epoch, clock.slot, report.movements.len()));
        }
        self.next.borrow_mut().push(report.next_rebalance);
    }
}

/// Watches a pool for as long as `life` takes.
async fn watch(stage: &Stage, pool: &str, slots: &Slots<'_>, at: RebalanceAt, life: impl Future<Output = ()>) -> Log {
    watch_through(stage, pool, slots, at, &AtomicBool::new(true), life).await
}

/// The same, through an endpoint that can be shut off.
async fn watch_through(
    stage: &Stage,
    pool: &str,
    slots: &Slots<'_>,
    at: RebalanceAt,
    is_up: &AtomicBool,
    life: impl Future<Output = ()>,
) -> Log {
    let cluster = Hooked {
        cluster: &stage.cluster,
        before: |_| {
            slots.pass();
            if is_up.load(Relaxed) { Ok(()) } else { Err(ClusterError::Unreachable { detail: "shut off".into() }) }
        },
    };
    let (log, stop) = (Log::default(), Stop::default());
    let options = CrankOptions { rebalance_at: at, watch_interval: Duration::from_secs(10), ..CrankOptions::default() };
    let crank = Crank::new(&cluster, &stage.wallet).options(options).observer(&log).stop(&stop);
    let address = pool.parse().unwrap();
    let life = async {
        life.await;
        stop.request();
    };
    let (watched, ()) = join!(crank.watch(&address), life);
    watched.unwrap();
    log
}

fn activating(snapshot: &PoolSnapshot) -> usize {
    snapshot.records().iter().filter(|record| record.transient_stake_lamports.get() > 0).count()
}

/// Validators whose stake a rebalance would move now.
fn off_target(snapshot: &PoolSnapshot) -> usize {
    plan::rebalance(snapshot, &RebalanceOptions::default()).unwrap().movements.len()
}

/// A cluster whose epochs have this number of slots, and a pool on target in it, at the beginning of an epoch.
async fn balanced(slots: u64) -> (Stage, String) {
    let stage = Stage::with_epochs_of(slots);
    let pool = weighted_pool(&stage).await;
    stage.must(&format!("crank {pool}")).await;
    stage.cluster.advance_epoch().unwrap();
    stage.must(&format!("crank {pool}")).await;
    let snapshot = snapshot(&stage, &pool).await;
    assert_eq!((activating(&snapshot), off_target(&snapshot)), (0, 0));
    (stage, pool)
}

/// Deposits SOL, which leaves validators below target.
async fn deposit(stage: &Stage, pool: &str, sol: u64) {
    stage.must(&format!("deposit-sol {pool} {sol}")).await;
    assert!(off_target(&snapshot(stage, pool).await) > 0);
}

const NINETY: RebalanceAt = RebalanceAt::Share(9_000);

#[tokio::test(start_paused = true)]
async fn rebalances_late_in_the_epoch_and_corrects_what_others_did_before() {
    for (length, milliseconds) in [(32, 400), (750, 400), (750, 200), (8_192, 50)] {
        let (stage, pool) = balanced(length).await;
        let slots = Slots::new(&stage.cluster, milliseconds);
        let epoch = stage.cluster.epoch();
        let life = async {
            for epoch in epoch..epoch + 3 {
                slots.until(epoch, length / 2).await;
                deposit(&stage, &pool, 40).await;
                slots.until(epoch, length * 85 / 100).await;
                assert_eq!(activating(&snapshot(&stage, &pool).await), 0, "{length}: it is too early");
                slots.until(epoch, length - 1).await;
                let end = snapshot(&stage, &pool).await;
                assert_eq!((activating(&end), off_target(&end)), (4, 0), "{length}: the epoch ends on target");
            }
            slots.until(epoch + 3, length / 4).await;
        };
        let log = watch(&stage, &pool, &slots, NINETY, life).await;
        let moved = log.moved.borrow();
        assert_eq!(moved.iter().map(|(epoch, ..)| *epoch).collect::<Vec<_>>(), [epoch, epoch + 1, epoch + 2]);
        for (epoch, slot, _) in moved.iter() {
            let index = slot - slots.first_of(*epoch);
            // In epochs of 32 slots twice the margin is before 90 %.
            assert!(index >= length * 87 / 100 && index < length - 1, "{length}: at slot {index}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_rebalance_just_before_the_end_has_the_last_word() {
    let (stage, pool) = balanced(750).await;
    let slots = Slots::new(&stage.cluster, 400);
    let epoch = stage.cluster.epoch();
    let life = async {
        // The first one, at slot 658, has nothing to do.
        slots.until(epoch, 690).await;
        deposit(&stage, &pool, 40).await;
        slots.until(epoch, 700).await;
        assert_eq!(activating(&snapshot(&stage, &pool).await), 0);
        slots.until(epoch, 749).await;
        let end = snapshot(&stage, &pool).await;
        assert_eq!((activating(&end), off_target(&end)), (4, 0));
    };
    let log = watch(&stage, &pool, &slots, NINETY, life).await;
    assert_eq!(log.moved.borrow().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_late_start_rebalances_at_once() {
    let (stage, pool) = balanced(750).await;
    let slots = Slots::new(&stage.cluster, 400);
    let epoch = stage.cluster.epoch();
    deposit(&stage, &pool, 40).await;
    slots.until(epoch, 680).await;
    let life = async {
        slots.until(epoch, 690).await;
        assert_eq!(activating(&snapshot(&stage, &pool).await), 4);
    };
    watch(&stage, &pool, &slots, NINETY, life).await;
}

#[tokio::test(start_paused = true)]
async fn an_epoch_without_a_rebalance_is_made_up_for_in_the_next() {
    let (stage, pool) = balanced(750).await;
    let slots = Slots::new(&stage.cluster, 400);
    let epoch = stage.cluster.epoch();
    let is_up = AtomicBool::new(true);
    let life = async {
        slots.until(epoch, 300).await;
        deposit(&stage, &pool, 40).await;
        slots.until(epoch, 500).await;
        is_up.store(false, Relaxed);
        slots.until(epoch + 1, 20).await;
        is_up.store(true, Relaxed);
        slots.until(epoch + 1, 300).await;
        assert_eq!(activating(&snapshot(&stage, &pool).await), 4);
    };
    let log = watch_through(&stage, &pool, &slots, NINETY, &is_up, life).await;
    assert_eq!(log.moved.borrow().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn only_the_reserve_is_filled_up_early() {
    let (stage, pool) = balanced(750).await;
    let slots = Slots::new(&stage.cluster, 400);
    let epoch = stage.cluster.epoch();
    let life = async {
        slots.until(epoch, 100).await;
        stage.must(&format!("set-policy {pool} --reserve-share 20%")).await;
        // Off target, too: but that can wait.
        stage.must(&format!("set-weights {pool} --set {}=30000", stage.vote(0))).await;
        slots.until(epoch, 200).await;
        let early = snapshot(&stage, &pool).await;
        let leaving = early.records().iter().filter(|record| record.transient_stake_lamports.get() > 0);
        let is_leaving = |record: &ValidatorStakeInfo| record.extension.is_deactivating();
        assert!(leaving.clone().all(is_leaving), "nothing is increased early");
        let leaving: u64 = leaving.map(|record| record.transient_stake_lamports.get()).sum();
        let missing = early.rate().total_lamports.get() / 5 - early.withdrawable_reserve_lamports();
        assert!(
            leaving.abs_diff(missing) < 12 * SOL,
            "{leaving} lamports are deactivated, of {missing} that are missing"
        );
        slots.until(epoch, 740).await;
        assert_eq!(off_target(&snapshot(&stage, &pool).await), 0);
    };
    watch(&stage, &pool, &slots, NINETY, life).await;
}

#[tokio::test(start_paused = true)]
async fn says_when_it_rebalances_next() {
    let (stage, pool) = balanced(750).await;
    let slots = Slots::new(&stage.cluster, 400);
    let epoch = stage.cluster.epoch();
    let first = slots.first_of(epoch);
    for (at, points) in [
        (RebalanceAt::BeforeEnd(Duration::from_secs(100)), [500, 704, 750 + 500]),
        (RebalanceAt::Share(5_000), [375, 704, 750 + 375]),
        // Longer than an epoch.
        (RebalanceAt::BeforeEnd(Duration::from_secs(7_200)), [0, 704, 750]),
    ] {
        let at_epoch = stage.cluster.epoch();
        let begun = slots.first_of(at_epoch) - first;
        let life = async { slots.until(at_epoch + 1, 5).await };
        let log = watch(&stage, &pool, &slots, at, life).await;
        let mut said: Vec<u64> = log.next.borrow().iter().map(|next| next.unwrap().slot - first - begun).collect();
        said.dedup();
        let wanted: Vec<u64> = points.into_iter().filter(|point| *point > 0).collect();
        let is_near = |said: u64, wanted: u64| said.abs_diff(wanted) <= 8;
        assert!(wanted.iter().all(|wanted| said.iter().any(|said| is_near(*said, *wanted))), "{at}: {said:?}");
    }
    let log =
        watch(&stage, &pool, &slots, RebalanceAt::Now, async { slots.until(stage.cluster.epoch(), 740).await }).await;
    assert!(log.next.borrow().iter().all(Option::is_none));
    assert!(stage.cluster.lamports(&stage.wallet.pubkey()) > 0);
}
