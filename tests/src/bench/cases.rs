//! Each instruction, in small pools and large ones.

use {
    super::{Case, Place, holders, rebalance, update},
    crate::{extension::PoolKind, scenario, vm::Vm},
    tidepool_interface::address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
};

/// Sizes of lists that make a difference: those of SPL's own limits.
const SIZES: [u32; 3] = [20, 3_000, 20_000];

/// Records of a scenario's pool.
const SMALL: u32 = 2;

/// The scenarios that look through the list.
const SCANNING: [&str; 14] = [
    "AddValidatorToPool",
    "RemoveValidatorFromPool",
    "DecreaseAdditionalValidatorStake",
    "DecreaseValidatorStakeWithReserve",
    "IncreaseValidatorStake",
    "IncreaseAdditionalValidatorStake",
    "SetPreferredValidator deposit",
    "SetPreferredValidator withdraw",
    "UpdateStakePoolBalance",
    "CleanupRemovedValidatorEntries",
    "DepositStake",
    "WithdrawStake",
    "WithdrawStake of more than half",
    "SetPreferredValidator none",
];

/// Of these, the one that is about a second validator.
const WITH_TWO: [&str; 1] = ["SetPreferredValidator deposit"];

pub fn cases() -> Vec<Case> {
    let mut cases = vec![];
    for (token_program, program) in [("spl", TOKEN_PROGRAM_ID), ("2022", TOKEN_2022_PROGRAM_ID)] {
        let case = |name: &'static str, others: u32, place: Place| Case {
            name: name.into(),
            validators: SMALL + others,
            place,
            token_program,
            is_extension: false,
            per: 1,
            make: Box::new(move |vm: &mut Vm| {
                vm.set_epoch(scenario::EPOCH);
                let scenario = scenario::make(name, program, PoolKind::Plain, vm);
                match place {
                    Place::Only => {}
                    Place::First => scenario.pool.surround(0, others, vm),
                    Place::Last => scenario.pool.surround(others, 0, vm),
                }
                scenario.instruction
            }),
        };
        cases.extend(scenario::names().map(|name| case(name, 0, Place::Only)));
        cases.extend(SCANNING.into_iter().filter(|name| !WITH_TWO.contains(name)).map(|name| Case {
            name: name.into(),
            validators: 1,
            place: Place::Only,
            token_program,
            is_extension: false,
            per: 1,
            make: Box::new(move |vm: &mut Vm| {
                vm.set_epoch(scenario::EPOCH);
                scenario::make_with_one_validator(name, program, PoolKind::Plain, vm).instruction
            }),
        }));
        for name in SCANNING {
            for size in SIZES {
                // A full list takes no other validator.
                let room = u32::from(name == "AddValidatorToPool");
                cases.extend([Place::First, Place::Last].map(|place| case(name, size - SMALL - room, place)));
            }
        }
    }
    cases.extend(update::cases());
    cases.extend(rebalance::cases());
    cases.extend(holders::cases());
    cases
}
