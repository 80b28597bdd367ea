//! p-token takes several instructions in one call, and the SPL Token that it replaced does not. They have the same address; which of
//! them is there shows in the loader that the program belongs to.

use {
    solana_account::Account,
    tidepool_interface::address::TOKEN_PROGRAM_ID,
    tidepool_tests::{
        extension::PoolKind,
        scenario::{self, EPOCH},
        vm::Vm,
    },
};

/// Calls of the token program: one for each mint, burn or transfer, or one for all.
const CALLS: [(&str, usize); 6] = [
    ("DepositSol", 3),
    ("DepositSolWithSlippage", 3),
    ("DepositStake", 3),
    ("WithdrawSol", 2),
    ("WithdrawSol with an authority", 2),
    ("WithdrawStake", 2),
];

fn token_calls(name: &str, loader: solana_address::Address) -> usize {
    let mut vm = Vm::beside_reference();
    vm.set_epoch(EPOCH);
    let scenario = scenario::make(name, TOKEN_PROGRAM_ID, PoolKind::Plain, &mut vm);
    let program = vm.resolve(&TOKEN_PROGRAM_ID);
    vm.accounts.insert(TOKEN_PROGRAM_ID, Account { owner: loader, ..program });
    let outcome = vm.compare(&scenario.instruction).unwrap_or_else(|difference| panic!("{name}: {difference}"));
    assert!(outcome.is_ok(), "{name}: {:#?}", outcome.logs);
    let call = format!("Program {TOKEN_PROGRAM_ID} invoke [2]");
    outcome.logs.iter().filter(|line| **line == call).count()
}

#[test]
fn a_token_program_under_the_loader_of_p_token_is_called_once() {
    for (name, _) in CALLS {
        assert_eq!(token_calls(name, solana_sdk_ids::bpf_loader_upgradeable::ID), 1, "{name}");
    }
}

#[test]
fn a_token_program_under_the_older_loader_is_called_for_each_instruction() {
    for (name, calls) in CALLS {
        assert_eq!(token_calls(name, solana_sdk_ids::bpf_loader::ID), calls, "{name}");
    }
}
