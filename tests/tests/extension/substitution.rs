//! Each account of each new instruction replaced, in every way that a caller could: an error, or an outcome that is written
//! down here. In no case do lamports move to or from an account that is not the pool's.

use {
    crate::harness::{self, MOVING, UNBALANCED},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::{HashMap, HashSet},
    tidepool_interface::{
        address::{CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        instruction::{WeightEntry, tag},
        state::{RebalancePolicy, ValidatorStakeInfo, split_validator_list},
    },
    tidepool_tests::{
        SOL,
        extension::PoolKind,
        harness::Harness,
        scenario::EPOCH,
        substitution::{Substitution, apply, substitutions},
        vm::Vm,
    },
};

type Accounts = HashMap<Address, Account>;

/// An instruction of the extension, on a pool on which it succeeds.
type Make = fn(Vm) -> (Harness, Instruction);

fn extend(vm: Vm) -> (Harness, Instruction) {
    // With something to clear: a read-only list is rejected then, under all feature gates.
    let h = harness::install(vm, PoolKind::Littered, UNBALANCED, EPOCH);
    let instruction = h.pool.extend(h.holder.wallet);
    (h, instruction)
}

fn set_policy(vm: Vm) -> (Harness, Instruction) {
    let h = harness::fresh(vm, UNBALANCED);
    let policy = RebalancePolicy { reserve_floor: SOL.into(), ..RebalancePolicy::DEFAULT };
    let instruction = h.pool.set_policy(policy);
    (h, instruction)
}

fn set_weights(vm: Vm) -> (Harness, Instruction) {
    let h = harness::fresh(vm, UNBALANCED);
    let vote = h.records()[1].vote_account_address;
    let instruction = h.pool.set_weights(&[WeightEntry::new(1, &vote, 7)]);
    (h, instruction)
}

/// Transient stake, none, transient stake.
fn update(vm: Vm) -> (Harness, Instruction) {
    let h = harness::stale(vm, MOVING);
    let instruction = h.update_compactly();
    (h, instruction)
}

/// Two validators give and two are given.
fn rebalance(vm: Vm) -> (Harness, Instruction) {
    let h = harness::fresh(vm, UNBALANCED);
    let instruction = h.rebalance(&[0, 1, 2, 3]);
    (h, instruction)
}

/// What the outcome of a substitution is to be, by the account's place in the list.
type Expected = fn(usize, Substitution) -> Option<Harmless>;

/// What became of a substitution that was no error.
#[derive(Debug, PartialEq)]
enum Harmless {
    /// All is as without it.
    Same,
    /// These records are as they were before; the others are as without it.
    Unchanged(Vec<usize>),
    /// Something else.
    Other,
}

/// Addresses whose lamports the pool commands.
fn pools_own(h: &Harness) -> HashSet<Address> {
    let head = h.pool.state.head;
    let mut own = HashSet::from([h.pool.pool, head.validator_list, head.reserve_stake]);
    for index in 0..h.records().len() {
        own.extend([h.stake(index), h.transient(index), h.triple(index).transient]);
    }
    own
}

/// Accounts that are not the pool's own, and that changed; and by how many lamports the pool's own changed together.
fn strangers(own: &HashSet<Address>, before: &Accounts, after: &Accounts) -> (Vec<Address>, i128) {
    let nothing = Account::default();
    // The machine keeps writable accounts, and makes programs and sysvars anew: they cannot change.
    let is_made =
        |address: &Address| [CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID].contains(address);
    let changed = after
        .iter()
        .filter(|(address, account)| *account != before.get(address).unwrap_or(&nothing) && !is_made(address));
    let (ours, others): (Vec<_>, Vec<_>) = changed.partition(|(address, _)| own.contains(address));
    let difference = ours.iter().map(|(address, account)| {
        i128::from(account.lamports) - i128::from(before.get(address).map_or(0, |account| account.lamports))
    });
    (others.iter().map(|(address, _)| **address).collect(), difference.sum())
}

/// What a substitution came to, next to what comes of the instruction as it should be.
fn judge(h: &Harness, before: &Accounts, usual: &Accounts) -> Harmless {
    let after = &h.vm.accounts;
    let list = h.pool.state.head.validator_list;
    let records = |accounts: &Accounts| split_validator_list(&accounts[&list].data).expect("a list").1.to_vec();
    let own = pools_own(h);
    if own.iter().all(|address| after.get(address) == usual.get(address)) {
        return Harmless::Same;
    }
    let (old, new, usual) = (records(before), records(after), records(usual));
    let balances = |record: &ValidatorStakeInfo| {
        (record.last_update_epoch, record.active_stake_lamports, record.transient_stake_lamports, record.status)
    };
    let unchanged: Vec<_> = (0..old.len()).filter(|index| balances(&old[*index]) == balances(&new[*index])).collect();
    let others_are_usual = (0..old.len())
        .filter(|index| !unchanged.contains(index))
        .all(|index| balances(&new[index]) == balances(&usual[index]));
    if others_are_usual { Harmless::Unchanged(unchanged) } else { Harmless::Other }
}

/// Runs all substitutions; those whose outcome is not the one that `expected` says, `None` for an error.
fn surprises(make: Make, expected: Expected, vm: Vm) -> (Vm, Vec<String>) {
    let (mut h, instruction) = make(vm);
    let before = h.vm.accounts.clone();
    h.succeed(&instruction);
    let usual = h.vm.accounts.clone();
    let own = pools_own(&h);
    let mut surprises = vec![];
    for index in 0..instruction.accounts.len() {
        for substitution in substitutions(&instruction, index) {
            h.vm.accounts.clone_from(&before);
            let mut instruction = instruction.clone();
            if !apply(substitution, index, &mut instruction, &mut h.vm) {
                continue;
            }
            let outcome = run(&mut h, &instruction, index, &own, &usual);
            if outcome != expected(index, substitution) {
                surprises.push(format!("account {index}, {substitution:?}: {outcome:?}"));
            }
        }
    }
    (h.vm, surprises)
}

/// Runs a substitution in the account at `index`, and checks that no stranger's lamports move.
fn run(
    h: &mut Harness,
    instruction: &Instruction,
    index: usize,
    own: &HashSet<Address>,
    usual: &Accounts,
) -> Option<Harmless> {
    let before = h.vm.accounts.clone();
    // The bumps that are cached are not those of a copy of the pool.
    let is_other_pool = instruction.accounts.first().is_some_and(|meta| meta.pubkey != h.pool.pool);
    let outcome = if is_other_pool { h.vm.process(instruction) } else { h.ours(instruction) };
    if !outcome.is_ok() {
        assert!(before == h.vm.accounts, "an error changes nothing");
        return None;
    }
    // A copy of a pool is a pool, with the same manager: only the program can make one.
    let mut own = own.clone();
    own.extend((index == 0).then_some(instruction.accounts[0].pubkey));
    let (strangers, difference) = strangers(&own, &before, &h.vm.accounts);
    // Who signs as the payer pays.
    let payer = instruction.accounts.get(PAYER).map(|meta| meta.pubkey).filter(|_| is_extend(instruction));
    let is_payment = payer.is_some_and(|payer| strangers == [payer] && is_paid(h, &before, payer, difference));
    assert!(
        is_payment || (strangers.is_empty() && difference == 0),
        "account {index}: {strangers:?} changed, {difference} lamports"
    );
    Some(judge(h, &before, usual))
}

/// Place of the payer in `ExtendPool`.
const PAYER: usize = 2;

/// Place of the validator list in `ExtendPool`.
const LIST: usize = 3;

fn is_extend(instruction: &Instruction) -> bool {
    instruction.data == [tag::EXTEND_POOL]
}

/// Whether the payer's lamports, and nothing else of it, are what the pool got.
fn is_paid(h: &Harness, before: &Accounts, payer: Address, difference: i128) -> bool {
    let mut expected = before[&payer].clone();
    expected.lamports -= u64::try_from(difference).expect("a payment");
    h.vm.account(&payer) == expected
}

/// Whether a substitution changes the state of an account, which a caller cannot: only the account's program can.
const fn is_state(substitution: Substitution) -> bool {
    matches!(substitution, Substitution::Owner | Substitution::Empty | Substitution::Truncated | Substitution::Zeroed)
}

fn unchanged(records: impl IntoIterator<Item = usize>) -> Option<Harmless> {
    Some(Harmless::Unchanged(records.into_iter().collect()))
}

fn check(make: Make, expected: Expected) {
    let (_, surprises) = surprises(make, expected, Vm::beside_reference());
    assert!(surprises.is_empty(), "{} surprises:\n{}", surprises.len(), surprises.join("\n"));
}

#[test]
fn a_pool_is_extended_with_these_accounts_alone() {
    check(extend, |index, substitution| match (index, substitution) {
        // Another pool of the same manager, and a longer or shorter account.
        (0, Substitution::Copy) => unchanged(0..4),
        (0, Substitution::Truncated) => Some(Harmless::Same),
        // Another payer who signs.
        (PAYER, Substitution::Copy) => Some(Harmless::Same),
        // The records in use fit, and hold nothing to clear.
        (LIST, Substitution::Truncated) => unchanged(0..4),
        _ => None,
    });
}

#[test]
fn a_policy_is_set_with_these_accounts_alone() {
    check(set_policy, |index, substitution| match (index, substitution) {
        (0, Substitution::Copy) => unchanged(0..4),
        _ => None,
    });
}

#[test]
fn weights_are_set_with_these_accounts_alone() {
    check(set_weights, |index, substitution| match (index, substitution) {
        // A pool that names the same list and staker: the program makes no two.
        // The first weight is noted in the pool.
        (0, Substitution::Copy) => unchanged(0..4),
        (2, Substitution::Truncated) => unchanged(0..4),
        _ => None,
    });
}

#[test]
fn an_update_leaves_records_stale_whose_accounts_are_others() {
    use Substitution::{Copy, Duplicate, Empty, Missing, Nothing, Owner, ReadOnly, Truncated, Zeroed};
    check(update, |index, substitution| match (index, substitution) {
        // Nothing is merged into the reserve here, so that its state plays no part.
        (2, Truncated) | (3, _) if is_state(substitution) => unchanged([]),
        // Another user's account in the place of one of record 0 (7 and 8), 1 (9) or 2 (10 and 11).
        (9, Duplicate(10)) => unchanged([1, 2]),
        (7..=11, Nothing | Copy | Duplicate(_)) => unchanged([[0, 0, 1, 2, 2][index - 7]]),
        (7..=11, Missing) => unchanged([0, 0, 1, 2, 2][index - 7]..3),
        // As in SPL: stake of other authorities counts nothing.
        (7..=11, Empty | Zeroed) => Some(Harmless::Other),
        // A shorter account has less rent, and the rest goes to the reserve.
        (7 | 9 | 10, Truncated) => Some(Harmless::Other),
        (9, Owner) => unchanged([]),
        (8 | 11, Truncated) | (9, ReadOnly) => Some(Harmless::Same),
        // Counted, and not merged.
        (7 | 8 | 10 | 11, ReadOnly) => Some(Harmless::Other),
        _ => None,
    });
}

#[test]
fn a_rebalance_takes_the_weight_of_validators_whose_stake_cannot_be_moved() {
    use Substitution::{Empty, Owner, ReadOnly, Truncated, Zeroed};
    const FIRST: usize = 10;
    check(rebalance, |index, substitution| {
        let is_increase = (FIRST + 3..FIRST + 9).contains(&index);
        match (index, substitution) {
            (2, Truncated) => unchanged([]),
            // A shorter account has less rent: there is more to share out.
            (3, Truncated) => Some(Harmless::Other),
            // The vote account matters where stake is delegated to it. The others share what there is without this one.
            (10 | 13 | 16 | 19, Owner | Empty | Zeroed) if is_increase => Some(Harmless::Other),
            (10 | 13 | 16 | 19, _) if is_state(substitution) => Some(Harmless::Same),
            // The stake account.
            (11 | 14 | 17, Owner | Empty | Zeroed) => Some(Harmless::Other),
            // The last one, when the others have been served.
            (20, Owner | Empty | Zeroed) => unchanged([3]),
            (11 | 14 | 17 | 20, Truncated) => unchanged([]),
            (14 | 17, ReadOnly) => Some(Harmless::Same),
            _ => None,
        }
    });
}
