use {
    super::*,
    crate::{
        cluster::{
            Blockhash, BytesAt, Call, ClusterError, Execution, LandedTransaction, PastTransaction, Simulation,
            TransactionStatus,
        },
        pool::fixture::*,
    },
    solana_account::Account,
    solana_address::Address,
    solana_epoch_schedule::EpochSchedule,
    solana_signature::Signature,
    solana_stake_interface::stake_history::StakeHistoryEntry,
    solana_transaction::versioned::VersionedTransaction,
    tidepool_interface::instruction::tag,
};

const SLOTS: u64 = 432_000;
const DAY: u64 = 24 * 3_600;

/// The pool's transactions, newest first: epoch, success and tag.
type Past = Vec<(u64, bool, u8)>;

/// A cluster with a history of the validator list.
struct Historian {
    past: Option<Past>,
    seconds_per_epoch: Option<u64>,
    /// Slots at the beginning of an epoch without a block.
    skipped: u64,
    program: Address,
}

fn historian(past: &[(u64, bool, u8)]) -> Historian {
    Historian { past: Some(past.to_vec()), seconds_per_epoch: Some(2 * DAY), skipped: 0, program: PROGRAM }
}

fn signature(index: usize) -> Signature {
    let mut bytes = [0; 64];
    bytes[..8].copy_from_slice(&index.to_le_bytes());
    bytes.into()
}

fn index(signature: &Signature) -> usize {
    usize::from_le_bytes(*signature.as_ref().first_chunk().unwrap())
}

impl Cluster for Historian {
    async fn accounts(&self, _: &[Address]) -> Result<Vec<Option<Account>>, ClusterError> {
        let schedule = bincode::serialize(&EpochSchedule::custom(SLOTS, SLOTS, false)).unwrap();
        Ok(vec![Some(Account { data: schedule, ..Account::default() })])
    }

    async fn history(
        &self,
        address: &Address,
        before: Option<&Signature>,
        _: usize,
    ) -> Result<Option<Vec<PastTransaction>>, ClusterError> {
        assert_eq!(*address, LIST);
        let Some(past) = &self.past else { return Err(ClusterError::Refused { detail: "no history".into() }) };
        let newest = past.iter().enumerate().skip(before.map_or(0, |before| index(before) + 1));
        // Pages of two.
        let page = newest.take(2).map(|(index, (epoch, succeeded, _))| PastTransaction {
            signature: signature(index),
            slot: epoch * SLOTS + 5,
            succeeded: *succeeded,
        });
        Ok(Some(page.collect()))
    }

    async fn landed(&self, signature: &Signature) -> Result<Option<LandedTransaction>, ClusterError> {
        let (_, _, tag) = self.past.as_ref().unwrap()[index(signature)];
        let calls = vec![Call { program_id: self.program, accounts: vec![POOL, LIST], data: vec![tag] }];
        Ok(Some(LandedTransaction { calls, ..LandedTransaction::default() }))
    }

    async fn block_time(&self, slot: u64) -> Result<Option<i64>, ClusterError> {
        if slot % SLOTS < self.skipped {
            return Err(ClusterError::Refused { detail: "slot was skipped".into() });
        }
        Ok(self.seconds_per_epoch.map(|seconds| (slot / SLOTS * seconds) as i64))
    }

    async fn program_accounts(&self, _: &Address, _: &[BytesAt]) -> Result<Vec<(Address, Account)>, ClusterError> {
        unreachable!()
    }
    async fn latest_blockhash(&self) -> Result<Blockhash, ClusterError> {
        unreachable!()
    }
    async fn block_height(&self) -> Result<u64, ClusterError> {
        unreachable!()
    }
    async fn simulate(&self, _: &VersionedTransaction) -> Result<Simulation, ClusterError> {
        unreachable!()
    }
    async fn send(&self, _: &VersionedTransaction) -> Result<Signature, ClusterError> {
        unreachable!()
    }
    async fn statuses(&self, _: &[Signature]) -> Result<Vec<Option<TransactionStatus>>, ClusterError> {
        unreachable!()
    }
    async fn execution(&self, _: &Signature) -> Result<Option<Execution>, ClusterError> {
        unreachable!()
    }
}

/// A pool that grew by `growth` at its last update, on a cluster that pays 0.03 % per epoch.
fn pool(growth: f64) -> PoolSnapshot {
    let mut fixture = Fixture::of(vec![FixtureValidator::new(100_000 * SOL)]);
    let rate = fixture.snapshot().rate();
    fixture.terms.last_epoch_pool_token_supply = rate.pool_token_supply.get();
    fixture.terms.last_epoch_total_lamports = (rate.total_lamports.get() as f64 / (1.0 + growth)) as u64;
    let mut snapshot = fixture.snapshot();
    let environment = &mut snapshot.environment;
    environment.clock.epoch_start_timestamp = (EPOCH * 2 * DAY) as i64;
    environment.epoch_rewards.total_rewards = 3 * SOL;
    let entry = StakeHistoryEntry { effective: 10_000 * SOL, ..StakeHistoryEntry::default() };
    environment.stake_history.add(EPOCH - 1, entry);
    snapshot
}

const UPDATE: u8 = tag::UPDATE_STAKE_POOL_BALANCE;
const RECORDS: u8 = tag::UPDATE_VALIDATOR_LIST_BALANCE;

#[tokio::test]
async fn growth_counts_over_epochs_since_previous_update() {
    let (one, five) = (pool(0.000_3), pool(0.001_5));
    let expected = |growth: f64, epochs: u64| YieldEstimate {
        growth,
        annual: (1.0 + growth).powf(SECONDS_PER_YEAR / (epochs * 2 * DAY) as f64) - 1.0,
        interval: UpdateInterval { since: EPOCH - epochs, until: EPOCH, seconds: epochs * 2 * DAY },
    };
    let found = one.read_yield(&historian(&[(EPOCH, true, UPDATE), (EPOCH - 1, true, UPDATE)])).await.unwrap();
    assert_eq!(found, expected(found.growth, 1));
    assert!((found.annual - 0.056).abs() < 0.001, "{found:?}");
    // Failed updates, updates of records alone and later transactions are no updates; skipped slots have no time.
    let past = [
        (EPOCH, true, tag::DEPOSIT_STAKE),
        (EPOCH, true, UPDATE),
        (EPOCH - 1, false, UPDATE),
        (EPOCH - 2, true, RECORDS),
        (EPOCH - 3, true, tag::SET_PREFERRED_VALIDATOR),
        (EPOCH - 5, true, tag::WITHDRAW_STAKE_WITH_SLIPPAGE),
        (EPOCH - 6, true, UPDATE),
    ];
    let found = five.read_yield(&Historian { skipped: 4, ..historian(&past) }).await.unwrap();
    assert_eq!(found, expected(found.growth, 5));
    assert!((found.annual - 0.056).abs() < 0.001, "{found:?}");
}

#[tokio::test]
async fn unknown_interval_gives_no_yield() {
    let pool = pool(0.000_3);
    let updates = [(EPOCH, true, UPDATE), (EPOCH - 1, true, UPDATE)];
    let without = Historian { past: None, ..historian(&[]) };
    let pruned = historian(&updates[..1]);
    let of_other_program = Historian { program: MANAGER, ..historian(&updates) };
    let records_only = [(EPOCH - 1, true, RECORDS); EXAMINED_AT_MOST + 1];
    let too_many = historian(&[&records_only[..], &updates].concat());
    for cluster in [without, pruned, of_other_program, too_many] {
        assert_eq!(pool.read_yield(&cluster).await, Err(NoYield::NoHistory));
    }
    let no_times = Historian { seconds_per_epoch: None, ..historian(&updates) };
    let none_near = Historian { skipped: 1_000, ..historian(&updates) };
    // The earlier epoch would begin after the last one.
    let in_the_future = Historian { seconds_per_epoch: Some(3 * DAY), ..historian(&updates) };
    for cluster in [no_times, none_near, in_the_future] {
        assert_eq!(pool.read_yield(&cluster).await, Err(NoYield::NotMeasured));
    }
}

/// Transactions that are examined before the search ends.
const EXAMINED_AT_MOST: usize = 32;

#[test]
fn growth_beyond_rewards_gives_no_yield() {
    let after = |epochs: u64, seconds| UpdateInterval { since: EPOCH - epochs, until: EPOCH, seconds };
    let estimate = |growth, interval| pool(growth).yield_estimate(growth, interval);
    // Five epochs of growth in one, and a donation.
    for (growth, epochs) in [(0.001_5, 1), (0.02, 1), (0.02, 5)] {
        let found = estimate(growth, after(epochs, epochs * 2 * DAY));
        assert_eq!(found, Err(NoYield::MoreThanRewards { growth, epochs }));
    }
    // Tips may add to inflation.
    assert!(estimate(0.000_5, after(1, 2 * DAY)).is_ok());
    assert_eq!(estimate(0.000_3, after(5, 5 * 432)), Err(NoYield::ShortEpochs { seconds: 432 }));
    let mut unknown = pool(0.000_3);
    unknown.environment.epoch_rewards.total_rewards = 0;
    assert_eq!(unknown.yield_estimate(0.000_3, after(1, 2 * DAY)), Err(NoYield::RewardsUnknown));
}

#[test]
fn growth_needs_an_earlier_rate() {
    let fixture = Fixture::of(vec![FixtureValidator::new(SOL)]);
    assert_eq!(fixture.snapshot().growth(), Err(NoYield::NoEarlierRate));
    assert_eq!(pool(-0.001).growth(), Err(NoYield::NoGrowth));
    assert!((pool(0.001).growth().unwrap() - 0.001).abs() < 1e-9);
}
