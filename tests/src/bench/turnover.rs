//! What it takes to bring a pool into a new epoch: transactions, compute units and fees.

use {
    super::{
        cost::Client,
        update::{Cache, Found, set_caches},
    },
    crate::{extension::PoolKind, pool::PoolFixture, vm::Vm},
    serde_json::{Value, json},
    solana_message::AddressLookupTableAccount,
    std::fmt::Write as _,
    tidepool_client::{
        pack::{self, PackOptions},
        plan::{self, LookupContent, Sweep, UpdateOptions},
        pool::PoolSnapshot,
    },
};

/// Sizes of pools: the largest is that of the largest live one.
pub const TURNOVER_SIZES: [u32; 4] = [20, 200, 1_000, 1_990];

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
    /// Cost units of all of them, by SIMD-0553.
    pub cost_units: u64,
    /// Lamports of all of them, today.
    pub lamports_now: u64,
    /// The same at the rate of half a lamport a cost unit.
    pub lamports_at_half: u64,
}

impl Turnover {
    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "validators": self.validators,
            "transactions": self.transactions,
            "compute_units": self.compute_units,
            "dearest_transaction": self.dearest,
            "cost_units": self.cost_units,
            "fees_lamports": self.lamports_now,
            "fees_lamports_at_half": self.lamports_at_half,
        })
    }

    /// For people.
    pub fn text(turnovers: &[Self]) -> String {
        let mut text = format!(
            "{:46} {:>6} {:>6} {:>10} {:>8} {:>10} {:>9} {:>10}\n",
            "epoch turnover", "valid.", "trans.", "CU", "dearest", "cost units", "lamports", "at 1/2"
        );
        for turnover in turnovers {
            let Self { name, validators, transactions, compute_units, dearest, .. } = turnover;
            let Self { cost_units, lamports_now, lamports_at_half, .. } = turnover;
            let _ = writeln!(
                text,
                "{name:46} {validators:6} {transactions:6} {compute_units:10} {dearest:8} {cost_units:10} \
                 {lamports_now:9} {lamports_at_half:10}"
            );
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
                lookup_tables: tables(snapshot),
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
    let packing = PackOptions { lookup_tables: options.lookup_tables, max_groups, ..PackOptions::default() };
    let packed = pack::pack_plan(&plan, &packing).expect("transactions that fit");
    let mut turnover = Turnover {
        name,
        is_ours: name.starts_with("Tidepool"),
        validators,
        transactions: 0,
        compute_units: 0,
        dearest: 0,
        cost_units: 0,
        lamports_now: 0,
        lamports_at_half: 0,
    };
    let client = options.validators_per_instruction.map_or(Client::Tidepool, |_| Client::Spl);
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
        let cost = client.cost(transaction, units, vm);
        turnover.cost_units += cost.units;
        turnover.lamports_now += cost.lamports_now;
        turnover.lamports_at_half += cost.lamports_at_half;
    }
    assert!(!pool.snapshot(vm).is_stale(), "{name}, {validators} validators: it is still stale");
    turnover
}
