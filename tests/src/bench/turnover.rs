//! What it takes to bring a pool into a new epoch: transactions, compute units and fees.

use {
    super::update::{Cache, Found, set_caches},
    crate::{extension::PoolKind, pool::PoolFixture, vm::Vm},
    serde_json::{Value, json},
    solana_message::AddressLookupTableAccount,
    std::fmt::Write as _,
    tidepool_client::{
        pack::{self, PackOptions, TransactionFormat},
        plan::{self, LookupContent, Sweep, UpdateOptions},
        pool::PoolSnapshot,
    },
};

/// Sizes of pools: the largest is that of the largest live one.
pub const TURNOVER_SIZES: [u32; 4] = [20, 200, 1_000, 1_990];

/// Lamports of a signature: each of these transactions has one.
const FEE: u64 = 5_000;

/// Addresses of a lookup table.
const TABLE_LENGTH: usize = 256;

/// Validators that the SPL stake pool's own client names in a transaction.
const OF_SPL_CLIENT: usize = 4;

/// How a pool is brought into a new epoch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Turnover {
    /// The program, and the instruction.
    pub name: &'static str,
    /// Whether the program is Tidepool.
    pub is_ours: bool,
    /// Validators, all of them alike.
    pub validators: u32,
    pub transactions: u64,
    /// Compute units of all of them.
    pub compute_units: u64,
    /// Compute units of the dearest.
    pub dearest: u64,
}

impl Turnover {
    /// Lamports that the transactions cost at the base rate.
    pub const fn fees(&self) -> u64 {
        self.transactions.saturating_mul(FEE)
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "validators": self.validators,
            "transactions": self.transactions,
            "compute_units": self.compute_units,
            "dearest_transaction": self.dearest,
            "fees_lamports": self.fees(),
        })
    }

    /// For people.
    pub fn text(turnovers: &[Self]) -> String {
        let mut text = format!(
            "{:58} {:>6} {:>6} {:>12} {:>9} {:>10}\n",
            "epoch turnover", "valid.", "trans.", "CU", "dearest", "lamports"
        );
        for turnover in turnovers {
            let Self { name, validators, transactions, compute_units, dearest, .. } = turnover;
            let fees = turnover.fees();
            let _ =
                writeln!(text, "{name:58} {validators:6} {transactions:6} {compute_units:12} {dearest:9} {fees:10}");
        }
        text
    }
}

/// Tidepool's turnovers: with the extension and without.
pub(super) fn of_tidepool(sizes: &[u32], vm: &mut Vm) -> Vec<Turnover> {
    let mut turnovers = vec![];
    for &size in sizes {
        let with_tables = |sweep| {
            move |snapshot: &PoolSnapshot| UpdateOptions {
                sweep,
                format: TransactionFormat::V0(tables(snapshot)),
                ..UpdateOptions::default()
            }
        };
        for (name, found, sweep) in [
            ("Tidepool, UpdateValidators, lookup tables", Found::Quiet, Sweep::Never),
            ("Tidepool, every validator has income, counted", Found::Excess, Sweep::Never),
            ("Tidepool, every validator has income, swept", Found::Excess, Sweep::Above(0)),
        ] {
            turnovers.push(turnover(name, size, vm, (found, PoolKind::EXTENDED), with_tables(sweep)));
        }
        let quiet = |kind| (Found::Quiet, kind);
        turnovers.push(turnover("Tidepool, UpdateValidators, v1", size, vm, quiet(PoolKind::EXTENDED), |_| {
            UpdateOptions { format: TransactionFormat::V1, ..UpdateOptions::default() }
        }));
        turnovers.push(turnover("Tidepool, UpdateValidators", size, vm, quiet(PoolKind::EXTENDED), |_| {
            UpdateOptions::default()
        }));
        turnovers.push(turnover("Tidepool, pool without the extension", size, vm, quiet(PoolKind::Plain), |_| {
            UpdateOptions::default()
        }));
    }
    turnovers
}

/// The SPL stake pool's turnovers: as its own client does them, and as Tidepool's client would.
pub(super) fn of_spl_stake_pool(sizes: &[u32], vm: &mut Vm) -> Vec<Turnover> {
    let mut turnovers = vec![];
    for &size in sizes {
        turnovers.push(turnover(
            "SPL stake pool, Tidepool's client",
            size,
            vm,
            (Found::Quiet, PoolKind::Plain),
            |_| UpdateOptions::default(),
        ));
        turnovers.push(turnover("SPL stake pool, its own client", size, vm, (Found::Quiet, PoolKind::Plain), |_| {
            UpdateOptions { validators_per_instruction: Some(OF_SPL_CLIENT), ..UpdateOptions::default() }
        }));
    }
    turnovers
}

fn tables(snapshot: &PoolSnapshot) -> Vec<AddressLookupTableAccount> {
    let addresses = plan::lookup_addresses(snapshot, LookupContent::default());
    let table = |(index, addresses): (usize, &[_])| {
        let mut key = [9; 32];
        key[0] = index as u8;
        AddressLookupTableAccount { key: key.into(), addresses: addresses.to_vec() }
    };
    addresses.chunks(TABLE_LENGTH).enumerate().map(table).collect()
}

fn turnover(
    name: &'static str,
    validators: u32,
    vm: &mut Vm,
    (found, kind): (Found, PoolKind),
    options: impl Fn(&PoolSnapshot) -> UpdateOptions,
) -> Turnover {
    vm.accounts.clear();
    vm.steady_addresses();
    let pool: PoolFixture = found.install(validators, kind, vm);
    set_caches(&pool, Cache::Warm, kind, vm);
    let snapshot = pool.snapshot(vm);
    let options = options(&snapshot);
    let plan = plan::update(&snapshot, &options).expect("a pool that can be updated");
    let max_groups = options.validators_per_instruction.map_or(usize::MAX, |_| 1);
    let packing = PackOptions { max_groups, ..PackOptions::default().in_format(options.format) };
    let packed = pack::pack_plan(&plan, &packing).expect("transactions that fit");
    let mut turnover = Turnover {
        name,
        is_ours: name.starts_with("Tidepool"),
        validators,
        transactions: 0,
        compute_units: 0,
        dearest: 0,
    };
    for transaction in packed.iter().flatten() {
        let mut units = 0;
        for instruction in &transaction.instructions {
            let outcome = vm.process(instruction);
            assert!(outcome.is_ok(), "{name}, {validators} validators: {:#?}", outcome.logs);
            units += outcome.result.compute_units_consumed;
        }
        turnover.transactions += 1;
        turnover.compute_units += units;
        turnover.dearest = turnover.dearest.max(units);
    }
    assert!(!pool.snapshot(vm).is_stale(), "{name}, {validators} validators: it is still stale");
    turnover
}
