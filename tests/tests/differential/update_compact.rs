//! `UpdateValidators` on every row of the tables of `UpdateValidatorListBalance`: where the SPL update succeeds it does the
//! same, byte for byte; where the stake program refuses a merge it counts the stake, and leaves the merge for later.

use {
    crate::{
        update_harness::Harness,
        update_table::{MERGE_MISMATCH, MERGE_TRANSIENT_STAKE, Row, STATUSES, TRANSIENT, VALIDATOR},
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    std::collections::HashMap,
    tidepool_interface::state::{StakeStatus, VALIDATOR_LIST_HEADER_LENGTH},
    tidepool_tests::{extension::PoolKind, scenario::EPOCH, vm::Vm},
};

/// Rows that the compact form cannot do anything about: the manager has locked up the pool's own stake, or the record means
/// nothing.
const REFUSED: &[&str] = &[
    "initialized, reserve locked up",
    "deactivated before, reserve locked up",
    "pool locked up, with a donation",
    "unknown status",
];

/// Where the byte of the cached transient bump lies in the list: the compact form does not see the transient account of a
/// record without transient stake.
const TRANSIENT_BYTE: usize = VALIDATOR_LIST_HEADER_LENGTH + 33;

type Accounts = HashMap<Address, Account>;

fn without_transient_bump(h: &Harness) -> Accounts {
    let mut accounts = h.vm.accounts.clone();
    let list = accounts.get_mut(&h.pool.state.head.validator_list).expect("a list");
    list.data[TRANSIENT_BYTE] = 0;
    accounts
}

/// Accounts after the update in one form and in the other, or its error.
type Ends = [Result<Accounts, InstructionError>; 2];

fn run_both(h: &mut Harness) -> Result<Ends, String> {
    let validator = h.pool.validators[0];
    let has_transient = h.pool.record(0, &h.vm).transient_stake_lamports.get() > 0;
    let before = h.vm.accounts.clone();
    let contracts = h.pool.update_list(0, false, &[(validator.stake, validator.transient)]);
    let outcome = h.vm.compare(&contracts)?;
    let first = outcome.result.raw_result.map(|()| without_transient_bump(h));
    h.vm.accounts = before;
    let accounts = [Some(validator.stake), has_transient.then_some(validator.transient)];
    let compact = h.pool.update_validators(0, accounts.into_iter().flatten());
    let outcome = h.vm.process_extension(&compact)?;
    let second = outcome.result.raw_result.map(|()| without_transient_bump(h));
    Ok([first, second])
}

/// Judges a row whose update the SPL update refuses because of a merge: `Err` names the fault.
fn is_isolated(h: &Harness, before: &Accounts, status: StakeStatus) -> Result<(), String> {
    let (vm, validator) = (&h.vm, h.pool.validators[0]);
    let record = h.pool.record(0, vm);
    let reserve = h.pool.state.head.reserve_stake;
    if record.last_update_epoch.get() != EPOCH || record.status != status as u8 {
        return Err(format!("{record:?}"));
    }
    let is_counted = |counted: u64, address: &Address| counted == 0 || counted == h.lamports(address);
    if !is_counted(record.active_stake_lamports.get(), &validator.stake)
        || !is_counted(record.transient_stake_lamports.get(), &validator.transient)
        || record.active_stake_lamports.get() + record.transient_stake_lamports.get() == 0
    {
        return Err(format!("not counted: {record:?}"));
    }
    let touched = [validator.stake, validator.transient, reserve];
    if touched.iter().any(|address| before[address] != vm.accounts[address]) {
        return Err("an account changed".to_owned());
    }
    Ok(())
}

fn judge(h: &mut Harness, row: &Row, status: StakeStatus) -> Result<bool, String> {
    let before = h.vm.accounts.clone();
    let [contracts, compact] = run_both(h)?;
    match (contracts, compact) {
        (Ok(contracts), Ok(compact)) if contracts == compact => Ok(false),
        (Ok(_), Ok(_)) => Err("another result".to_owned()),
        (Err(error), Err(same)) if REFUSED.contains(&row.name) && error == same => Ok(false),
        (Err(InstructionError::Custom(MERGE_TRANSIENT_STAKE | MERGE_MISMATCH)), Ok(_)) => {
            is_isolated(h, &before, status).map(|()| true)
        }
        (contracts, compact) => Err(format!("{:?} and {:?}", contracts.map(|_| ()), compact.map(|_| ()))),
    }
}

fn check(rows: &[Row], before: fn(&mut Harness)) -> usize {
    let mut vm = Vm::beside_reference();
    let (mut failures, mut isolated) = (vec![], 0);
    for (row, status) in rows.iter().flat_map(|row| STATUSES.map(|status| (row, status))) {
        let mut h = Harness::new(vm, &[status], PoolKind::EXTENDED);
        before(&mut h);
        (row.set)(&mut h);
        match judge(&mut h, row, status) {
            Ok(is_isolated) => isolated += usize::from(is_isolated),
            Err(error) => failures.push(format!("{}, {status:?}: {error}", row.name)),
        }
        vm = h.vm;
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    isolated
}

#[test]
fn each_state_of_the_transient_account_ends_as_in_spl_or_is_isolated() {
    let isolated = check(TRANSIENT, |_| ());
    assert!(isolated >= 8, "{isolated} isolated");
}

#[test]
fn each_state_of_the_validator_account_ends_as_in_spl_or_is_isolated() {
    let isolated = check(VALIDATOR, Harness::without_transient);
    assert!(isolated >= 2, "{isolated} isolated");
}
