//! Host-side costs of the client: decoding, planning and quoting, compared with the decoders of the published crate.
//!
//! ```sh
//! cargo bench -p tidepool-client --no-default-features
//! ```

mod pool;

use {
    criterion::{Criterion, Throughput, criterion_group, criterion_main},
    pool::{Pool, REBALANCED, VALIDATORS},
    solana_borsh::v1::try_from_slice_unchecked,
    std::hint::black_box,
    tidepool_client::{
        pack::{self, PackOptions},
        plan::{self, RebalanceOptions, UpdateOptions},
        quote,
    },
    tidepool_interface::state::split_validator_list,
};

/// Lamports of the quoted deposit.
const DEPOSIT: u64 = 1_234_567_890;

fn decode(criterion: &mut Criterion) {
    let pool = Pool::of(VALIDATORS);
    let list = &pool.accounts.validator_list.data;
    let mut group = criterion.benchmark_group("decode the records");
    group.throughput(Throughput::Elements(u64::from(VALIDATORS)));
    group.bench_function("Tidepool, in place", |bencher| {
        bencher.iter(|| {
            let (_, records) = split_validator_list(black_box(list)).expect("a list");
            records.iter().map(|record| record.active_stake_lamports.get()).fold(0, u64::wrapping_add)
        });
    });
    group.bench_function("Tidepool, a snapshot of the pool", |bencher| {
        bencher.iter(|| pool.snapshot());
    });
    group.bench_function("spl-stake-pool", |bencher| {
        bencher.iter(|| {
            let list: spl_stake_pool::state::ValidatorList = try_from_slice_unchecked(black_box(list)).expect("a list");
            list.validators.iter().map(|record| u64::from(record.active_stake_lamports)).fold(0, u64::wrapping_add)
        });
    });
    group.finish();
}

fn plan(criterion: &mut Criterion) {
    let stale = Pool::of(VALIDATORS).stale();
    let fresh = Pool::of(REBALANCED);
    let mut group = criterion.benchmark_group("plan");
    group.sample_size(10);
    group.bench_function("an update of 20,000 validators", |bencher| {
        bencher.iter(|| {
            let plan = plan::update(&stale.snapshot(), &UpdateOptions::default()).expect("a plan");
            pack::pack_plan(&plan, &PackOptions::default()).expect("transactions that fit").len()
        });
    });
    group.bench_function("a rebalance of 10,000 validators", |bencher| {
        bencher.iter(|| {
            let planned = plan::rebalance(&fresh.snapshot(), &RebalanceOptions::default()).expect("a plan");
            pack::pack_plan(&planned.plan, &PackOptions::default()).expect("transactions that fit").len()
        });
    });
    group.finish();
}

fn quotes(criterion: &mut Criterion) {
    let snapshot = Pool::of(VALIDATORS).snapshot();
    let tokens = snapshot.pool().head.pool_mint;
    let mut group = criterion.benchmark_group("quote");
    group.throughput(Throughput::Elements(1));
    group.bench_function("a deposit of SOL", |bencher| {
        bencher.iter(|| quote::quote_deposit_sol(&snapshot, black_box(DEPOSIT), None).expect("a quote"));
    });
    group.bench_function("a withdrawal of SOL", |bencher| {
        bencher.iter(|| quote::quote_withdraw_sol(&snapshot, &tokens, black_box(DEPOSIT), None).expect("a quote"));
    });
    group.finish();
}

criterion_group!(benches, decode, plan, quotes);
criterion_main!(benches);
