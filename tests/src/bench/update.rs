//! What an update costs for a validator, by what it finds.

use {
    super::{Case, Place},
    crate::{
        SOL,
        extension::PoolKind,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        stake::edit_delegation,
        vm::Vm,
    },
    solana_instruction::Instruction,
    tidepool_interface::state::EntryExtension,
};

/// Validators of one instruction: as many as the SPL clients name.
const VALIDATORS: u32 = 5;

/// Validators of one compact instruction.
const COMPACT: u32 = 50;

/// What an update finds of each validator.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// Rewards at most.
    Quiet,
    /// Transient stake that has become active.
    Arriving,
    /// Transient stake that has become inactive.
    Leaving,
    /// Lamports that are not delegated.
    Excess,
}

impl Found {
    const ALL: [Self; 4] = [Self::Quiet, Self::Arriving, Self::Leaving, Self::Excess];

    const fn name(self) -> &'static str {
        match self {
            Self::Quiet => "quiet",
            Self::Arriving => "with a merge into its stake",
            Self::Leaving => "with a merge into the reserve",
            Self::Excess => "with excess lamports",
        }
    }

    /// The pool in the epoch after, with `count` such validators.
    pub(super) fn install(self, count: u32, kind: PoolKind, vm: &mut Vm) -> PoolFixture {
        let transient = if matches!(self, Self::Arriving | Self::Leaving) { 10 * SOL } else { 0 };
        let validator = ValidatorSpec::active(100 * SOL, transient);
        vm.set_epoch(EPOCH);
        let pool = PoolFixture::install(
            &PoolSpec {
                reserve: 50 * SOL,
                total_lamports: 1_000 * SOL,
                supply: 900 * SOL,
                validators: vec![validator; count as usize],
                last_update_epoch: EPOCH - 1,
                kind,
                ..PoolSpec::default()
            },
            vm,
        );
        for validator in &pool.validators {
            match self {
                Self::Quiet => {}
                Self::Arriving => edit(vm, validator.transient, 1, u64::MAX),
                Self::Leaving => edit(vm, validator.transient, 1, EPOCH - 1),
                Self::Excess => vm.accounts.get_mut(&validator.stake).expect("a stake account").lamports += SOL,
            }
        }
        pool
    }
}

fn edit(vm: &mut Vm, address: solana_address::Address, activation: u64, deactivation: u64) {
    let account = vm.accounts.get_mut(&address).expect("a transient stake account");
    edit_delegation(&mut account.data, |delegation| {
        (delegation.activation_epoch, delegation.deactivation_epoch) = (activation, deactivation);
    });
}

/// Whether the records' addresses are known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cache {
    Cold,
    Warm,
}

/// How a compact update passes stake accounts.
#[derive(Clone, Copy, Debug)]
enum Access {
    Writable,
    ReadOnly,
}

impl Access {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Writable => "",
            Self::ReadOnly => ", read-only",
        }
    }
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for found in Found::ALL {
        cases.push(case(format!("UpdateValidatorListBalance, a validator {}", found.name()), VALIDATORS, move |vm| {
            contract(found, PoolKind::Plain, Cache::Cold, vm)
        }));
        for (cache, words) in [(Cache::Cold, "unknown"), (Cache::Warm, "known")] {
            let name = format!("UpdateValidatorListBalance, extended, addresses {words}, a validator {}", found.name());
            cases.push(Case {
                is_extension: true,
                ..case(name, VALIDATORS, move |vm| contract(found, PoolKind::EXTENDED, cache, vm))
            });
        }
    }
    for (found, count, access) in [
        (Found::Quiet, COMPACT, Access::Writable),
        (Found::Arriving, VALIDATORS, Access::Writable),
        (Found::Leaving, VALIDATORS, Access::Writable),
        (Found::Excess, VALIDATORS, Access::Writable),
        (Found::Quiet, COMPACT, Access::ReadOnly),
        (Found::Arriving, VALIDATORS, Access::ReadOnly),
        (Found::Excess, COMPACT, Access::ReadOnly),
    ] {
        for (cache, words) in [(Cache::Cold, "unknown"), (Cache::Warm, "known")] {
            let name = format!("UpdateValidators, addresses {words}, a validator {}{}", found.name(), access.suffix());
            let make = move |vm: &mut Vm| compact(found, count, access, cache, vm);
            cases.push(Case { is_extension: true, ..case(name, count, make) });
        }
    }
    cases
}

fn case(name: String, validators: u32, make: impl Fn(&mut Vm) -> Instruction + 'static) -> Case {
    Case {
        name,
        validators,
        place: Place::Only,
        token_program: "spl",
        is_extension: false,
        per: validators,
        make: Box::new(make),
    }
}

fn contract(found: Found, kind: PoolKind, cache: Cache, vm: &mut Vm) -> Instruction {
    let pool = found.install(VALIDATORS, kind, vm);
    set_caches(&pool, cache, kind, vm);
    pool.update_whole_list(false)
}

/// A quiet validator takes one account, another one two.
fn compact(found: Found, count: u32, access: Access, cache: Cache, vm: &mut Vm) -> Instruction {
    let pool = found.install(count, PoolKind::EXTENDED, vm);
    set_caches(&pool, cache, PoolKind::EXTENDED, vm);
    let moves = matches!(found, Found::Arriving | Found::Leaving);
    let stakes = pool.validators.iter().flat_map(|each| {
        let transient = moves.then_some(each.transient);
        [Some(each.stake), transient].into_iter().flatten()
    });
    match access {
        Access::Writable => pool.update_validators(0, stakes),
        Access::ReadOnly => pool.count_validators(0, stakes),
    }
}

/// Every other record of an extended pool of the tests knows its addresses; here all do or none does.
pub(super) fn set_caches(pool: &PoolFixture, cache: Cache, kind: PoolKind, vm: &mut Vm) {
    if kind.policy().is_none() {
        return;
    }
    for index in 0..pool.validators.len() {
        pool.edit_record(index, vm, |record| {
            let mut entry = EntryExtension::default();
            if matches!(cache, Cache::Warm) {
                let bumps = pool.bumps(index);
                entry.set_validator_bump(bumps[0]);
                entry.set_transient_bump(bumps[1], false);
            }
            entry.set_weight(record.extension.weight());
            record.extension = entry;
        });
    }
}
