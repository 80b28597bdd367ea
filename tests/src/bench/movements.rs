//! Validators whose stake one transaction can move, by the format of transactions.

use {
    super::update::{Cache, set_caches},
    crate::{
        SOL,
        extension::PoolKind,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        vm::Vm,
    },
    serde_json::{Value, json},
    solana_instruction::Instruction,
    solana_message::AddressLookupTableAccount,
    std::fmt::Write as _,
    tidepool_client::{
        pack::{self, PackOptions, TransactionFormat},
        plan::{self, LookupContent, RebalanceOptions},
        pool::PoolSnapshot,
    },
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::{
        instruction::ExtensionInstruction,
        state::{RebalancePolicy, ValidatorListMut},
    },
};

/// Validators of the pool: more than any transaction can move.
const VALIDATORS: u32 = 40;

/// The most movements that one transaction holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Movements {
    /// The direction of the stake, and the format.
    pub name: String,
    /// Validators of the pool.
    pub validators: u32,
    /// Validators whose stake the transaction moves.
    pub movements: usize,
    /// Compute units of the transaction, without the compute budget instructions.
    pub compute_units: u64,
}

impl Movements {
    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "name": self.name,
            "validators": self.validators,
            "movements": self.movements,
            "compute_units": self.compute_units,
        })
    }

    /// For people.
    pub fn text(all: &[Self]) -> String {
        let mut text = format!("{:58} {:>6} {:>6} {:>12}\n", "movements in a transaction", "valid.", "moved", "CU");
        for Self { name, validators, movements, compute_units } in all {
            let _ = writeln!(text, "{name:58} {validators:6} {movements:6} {compute_units:12}");
        }
        text
    }
}

/// Increases and decreases, in every format.
pub(super) fn measure(vm: &mut Vm) -> Vec<Movements> {
    let directions = [("increases", 20 * SOL, 0), ("decreases", SOL / 10, BASIS_POINTS / 5)];
    let cases =
        directions.into_iter().flat_map(|direction| ["legacy", "v0, lookup tables", "v1"].map(|f| (direction, f)));
    cases
        .map(|((direction, reserve_each, reserve_share), format)| {
            let (pool, snapshot) = install(reserve_each, reserve_share, vm);
            let instructions = first_transaction(
                &snapshot,
                match format {
                    "legacy" => TransactionFormat::Legacy,
                    "v1" => TransactionFormat::V1,
                    _ => TransactionFormat::V0(vec![table(&snapshot)]),
                },
            );
            let moved = |vm: &Vm| {
                pool.snapshot(vm).records().iter().filter(|record| record.transient_stake_lamports.get() > 0).count()
            };
            let mut compute_units = 0;
            for instruction in &instructions {
                assert!(matches!(
                    ExtensionInstruction::decode(&instruction.data),
                    Ok(ExtensionInstruction::Rebalance { .. })
                ));
                let outcome = vm.process(instruction);
                assert!(outcome.is_ok(), "{direction}, {format}: {:#?}", outcome.logs);
                compute_units += outcome.result.compute_units_consumed;
            }
            Movements {
                name: format!("{direction}, {format}"),
                validators: VALIDATORS,
                movements: moved(vm),
                compute_units,
            }
        })
        .collect()
}

/// A pool whose validators all have to be moved, with equal weights.
fn install(reserve_each: u64, reserve_share: u16, vm: &mut Vm) -> (PoolFixture, PoolSnapshot) {
    vm.accounts.clear();
    vm.steady_addresses();
    vm.set_epoch(EPOCH);
    let mut policy = RebalancePolicy::DEFAULT;
    policy.reserve_share.set(reserve_share);
    let kind = PoolKind::Extended(policy);
    let spec = PoolSpec {
        reserve: u64::from(VALIDATORS) * reserve_each,
        validators: vec![ValidatorSpec::active(100 * SOL, 0); VALIDATORS as usize],
        last_update_epoch: EPOCH,
        kind,
        ..PoolSpec::default()
    };
    let pool = PoolFixture::install(&spec, vm);
    set_caches(&pool, Cache::Warm, kind, vm);
    let list = vm.accounts.get_mut(&pool.state.head.validator_list).expect("a list");
    for record in ValidatorListMut::decode(&mut list.data).expect("a list").records() {
        record.extension.set_weight(100);
    }
    let snapshot = pool.snapshot(vm);
    (pool, snapshot)
}

fn first_transaction(snapshot: &PoolSnapshot, format: TransactionFormat) -> Vec<Instruction> {
    let options = RebalanceOptions { format: format.clone(), ..RebalanceOptions::default() };
    let plan = plan::rebalance(snapshot, &options).expect("a pool that can be rebalanced");
    let packed = pack::pack_plan(&plan.plan, &PackOptions::default().in_format(format)).expect("transactions that fit");
    packed.into_iter().flatten().next().expect("stake that moves").instructions
}

/// A lookup table with all addresses of the pool.
fn table(snapshot: &PoolSnapshot) -> AddressLookupTableAccount {
    let addresses = plan::lookup_addresses(snapshot, LookupContent { votes: true, ..LookupContent::default() });
    AddressLookupTableAccount { key: [9; 32].into(), addresses }
}
