//! The errors of the new instructions, each with one line in the log that says what to do.

use {
    crate::harness::{self, MOVING, UNBALANCED},
    ExtensionError::{
        AlreadyExtended, ContradictoryPolicy, EntryMoved, NoReserveRents, NotExtended, ReserveShareTooHigh,
        ShareOverWhole, TooManyValidators, UnknownExtensionVersion, WeightOfRemovedValidator,
    },
    StakePoolError::{
        EpochRewardDistributionInProgress, InvalidProgramAddress, InvalidState, InvalidValidatorStakeList,
        SignatureMissing, StakeListAndPoolOutOfDate, WrongManager, WrongStaker,
    },
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    std::collections::BTreeSet,
    tidepool_core::rebalance::RESERVE_SHARE_MAX,
    tidepool_interface::{
        ExtensionError, StakePoolError,
        address::INSTRUCTIONS_ID,
        instruction::WeightEntry,
        state::{POOL_MAX_LENGTH, RebalancePolicy, StakeStatus},
    },
    tidepool_tests::{SOL, extension::PoolKind, harness::Harness, scenario::EPOCH, vm::Vm},
};

/// An instruction that succeeds, to be spoilt.
pub struct Spoiler {
    pub h: Harness,
    pub ix: Instruction,
}

impl Spoiler {
    fn disown(&mut self, address: Address) {
        self.h.vm.accounts.get_mut(&address).expect("an account").owner = Address::new_from_array([9; 32]);
    }

    fn disown_pool(&mut self) {
        self.disown(self.h.pool.pool);
    }

    fn disown_list(&mut self) {
        self.disown(self.h.pool.state.head.validator_list);
    }

    fn other(&mut self, index: usize) {
        self.ix.accounts[index].pubkey = Address::new_unique();
    }

    /// Makes the pool's account one of another type, or with another extension.
    fn pool_byte(&mut self, offset: usize) {
        let pool = self.h.pool.pool;
        self.h.edit_data(&pool, |data| data[offset] = 2);
    }

    /// Extends the pool, and makes its extension one of another version.
    fn extend_as(&mut self, version: u8) {
        let instruction = self.ix.clone();
        self.h.succeed(&instruction);
        let pool = self.h.pool.pool;
        self.h.edit_data(&pool, |data| data[POOL_MAX_LENGTH + 8] = version);
    }

    fn list_byte(&mut self, offset: usize, value: u8) {
        let list = self.h.pool.state.head.validator_list;
        self.h.edit_data(&list, |data| data[offset] = value);
    }

    fn not_extended(&mut self) {
        self.h.pool.extension = None;
        self.h.pool.write_pool(&mut self.h.vm);
    }

    fn policy(&mut self, change: fn(&mut RebalancePolicy)) {
        let mut policy = RebalancePolicy::DEFAULT;
        change(&mut policy);
        self.ix = self.h.pool.set_policy(policy);
    }

    fn weight(&mut self, index: u32, of: usize, weight: u16) {
        let vote = self.h.records()[of].vote_account_address;
        self.ix = self.h.pool.set_weights(&[WeightEntry::new(index, &vote, weight)]);
    }
}

/// What an instruction ends in.
#[derive(Clone, Debug, PartialEq)]
enum Expected {
    Ours(ExtensionError),
    Contracts(StakePoolError),
    Other(InstructionError),
}
use Expected::{Contracts, Other, Ours};

type Case = (&'static str, fn(&mut Spoiler), Expected);

#[expect(deprecated, reason = "the error's new name stands for another number")]
const MISSING: Expected = Other(InstructionError::NotEnoughAccountKeys);
const BORSH: Expected = Other(InstructionError::BorshIoError);
const PROGRAM: Expected = Other(InstructionError::IncorrectProgramId);
const ARGUMENT: Expected = Other(InstructionError::InvalidArgument);

fn extend(vm: Vm) -> Spoiler {
    let h = harness::install(vm, PoolKind::Plain, UNBALANCED, EPOCH);
    Spoiler { ix: h.pool.extend(h.holder.wallet), h }
}

const EXTEND: &[Case] = &[
    ("system program", |s| s.other(4), PROGRAM),
    ("pool owner", Spoiler::disown_pool, PROGRAM),
    ("pool type", |s| s.pool_byte(0), Contracts(InvalidState)),
    ("list", |s| s.other(3), Contracts(InvalidValidatorStakeList)),
    ("list owner", Spoiler::disown_list, PROGRAM),
    ("list type", |s| s.list_byte(0, 1), Contracts(InvalidState)),
    ("list of more than it holds", |s| s.list_byte(5, 200), Other(InstructionError::AccountDataTooSmall)),
    ("manager", |s| s.other(1), Contracts(WrongManager)),
    ("manager unsigned", |s| s.ix.accounts[1].is_signer = false, Contracts(SignatureMissing)),
    ("payer unsigned", |s| s.ix.accounts[2].is_signer = false, Contracts(SignatureMissing)),
    (
        "extended",
        |s| {
            let instruction = s.ix.clone();
            s.h.succeed(&instruction);
        },
        Ours(AlreadyExtended),
    ),
    ("another version", |s| s.extend_as(2), Ours(UnknownExtensionVersion)),
    ("an older version", |s| s.extend_as(0), Ours(UnknownExtensionVersion)),
    ("account missing", |s| s.ix.accounts.truncate(4), MISSING),
    ("more data", |s| s.ix.data.push(0), BORSH),
];

fn set_policy(vm: Vm) -> Spoiler {
    let h = harness::fresh(vm, UNBALANCED);
    Spoiler { ix: h.pool.set_policy(RebalancePolicy::DEFAULT), h }
}

const POLICY: &[Case] = &[
    ("pool owner", Spoiler::disown_pool, PROGRAM),
    ("pool type", |s| s.pool_byte(0), Contracts(InvalidState)),
    ("no extension", Spoiler::not_extended, Ours(NotExtended)),
    ("another version", |s| s.pool_byte(619), Ours(NotExtended)),
    ("manager", |s| s.other(1), Contracts(WrongManager)),
    ("manager unsigned", |s| s.ix.accounts[1].is_signer = false, Contracts(SignatureMissing)),
    ("reserve over 100 %", |s| s.policy(|p| p.reserve_share = 10_001.into()), Ours(ShareOverWhole)),
    ("budget over 100 %", |s| s.policy(|p| p.turnover_budget = 10_001.into()), Ours(ShareOverWhole)),
    ("cap over 100 %", |s| s.policy(|p| p.validator_cap = u16::MAX.into()), Ours(ShareOverWhole)),
    (
        "reserve over 50 %",
        |s| s.policy(|p| p.reserve_share = (RESERVE_SHARE_MAX + 1).into()),
        Ours(ReserveShareTooHigh),
    ),
    ("cap of 0", |s| s.policy(|p| p.validator_cap = 0.into()), Ours(ContradictoryPolicy)),
    ("no rent in the reserve", |s| s.policy(|p| p.reserve_rents = 0), Ours(NoReserveRents)),
    ("account missing", |s| s.ix.accounts.truncate(1), MISSING),
    ("more data", |s| s.ix.data.push(0), BORSH),
    ("less data", |s| s.ix.data.truncate(10), BORSH),
];

fn set_weights(vm: Vm) -> Spoiler {
    let mut spoiler =
        Spoiler { h: harness::fresh(vm, UNBALANCED), ix: Instruction::new_with_bytes(Address::default(), &[], vec![]) };
    spoiler.weight(1, 1, 9);
    spoiler
}

const WEIGHTS: &[Case] = &[
    ("pool owner", Spoiler::disown_pool, PROGRAM),
    ("no extension", Spoiler::not_extended, Ours(NotExtended)),
    ("staker", |s| s.other(1), Contracts(WrongStaker)),
    ("staker unsigned", |s| s.ix.accounts[1].is_signer = false, Contracts(SignatureMissing)),
    ("list", |s| s.other(2), Contracts(InvalidValidatorStakeList)),
    ("list owner", Spoiler::disown_list, PROGRAM),
    ("list type", |s| s.list_byte(0, 1), Contracts(InvalidState)),
    ("entry of another", |s| s.weight(1, 2, 9), Ours(EntryMoved)),
    ("behind the list", |s| s.weight(4, 1, 9), Ours(EntryMoved)),
    ("far behind the list", |s| s.weight(u32::MAX, 1, 9), Ours(EntryMoved)),
    (
        "removed",
        |s| s.h.edit_record(1, |r| r.status = StakeStatus::DeactivatingAll as u8),
        Ours(WeightOfRemovedValidator),
    ),
    ("nothing", |s| s.ix.data.truncate(1), BORSH),
    ("no weights", |s| s.ix.data.truncate(2), BORSH),
    ("half a weight", |s| s.ix.data.truncate(10), BORSH),
    ("neither more nor all", |s| s.ix.data[1] = 2, BORSH),
    ("account missing", |s| s.ix.accounts.truncate(2), MISSING),
];

fn update(vm: Vm) -> Spoiler {
    let h = harness::stale(vm, MOVING);
    Spoiler { ix: h.update_compactly(), h }
}

const UPDATE: &[Case] = &[
    ("clock", |s| s.other(4), ARGUMENT),
    ("pool owner", Spoiler::disown_pool, PROGRAM),
    ("pool type", |s| s.pool_byte(0), Contracts(InvalidState)),
    ("no extension", Spoiler::not_extended, Ours(NotExtended)),
    ("list", |s| s.other(2), Contracts(InvalidValidatorStakeList)),
    ("withdraw authority", |s| s.other(1), Contracts(InvalidProgramAddress)),
    ("reserve", |s| s.other(3), Contracts(InvalidProgramAddress)),
    ("stake history", |s| s.other(5), ARGUMENT),
    ("stake program", |s| s.other(6), PROGRAM),
    ("epoch rewards", |s| s.h.vm.set_epoch_rewards_active(true), Contracts(EpochRewardDistributionInProgress)),
    ("list owner", Spoiler::disown_list, PROGRAM),
    ("list type", |s| s.list_byte(0, 1), Contracts(InvalidState)),
    ("list of more than it holds", |s| s.list_byte(5, 200), Other(InstructionError::AccountDataTooSmall)),
    ("behind the list", |s| s.ix.data[1] = 4, Other(InstructionError::AccountDataTooSmall)),
    ("account missing", |s| s.ix.accounts.truncate(6), MISSING),
    ("more data", |s| s.ix.data.push(0), BORSH),
];

fn rebalance(vm: Vm) -> Spoiler {
    let h = harness::fresh(vm, UNBALANCED);
    Spoiler { ix: h.rebalance(&[0, 1, 2, 3]), h }
}

const REBALANCE: &[Case] = &[
    ("clock", |s| s.other(4), ARGUMENT),
    ("system program", |s| s.other(7), PROGRAM),
    ("stake program", |s| s.other(8), PROGRAM),
    ("stake history", |s| s.other(5), ARGUMENT),
    ("pool owner", Spoiler::disown_pool, PROGRAM),
    ("no extension", Spoiler::not_extended, Ours(NotExtended)),
    ("list", |s| s.other(2), Contracts(InvalidValidatorStakeList)),
    ("list owner", Spoiler::disown_list, PROGRAM),
    ("list type", |s| s.list_byte(0, 1), Contracts(InvalidState)),
    ("reserve", |s| s.other(3), Contracts(InvalidProgramAddress)),
    ("withdraw authority", |s| s.other(1), Contracts(InvalidProgramAddress)),
    ("epoch rewards", |s| s.h.vm.set_epoch_rewards_active(true), Contracts(EpochRewardDistributionInProgress)),
    ("stale", |s| s.h.vm.set_epoch(EPOCH + 1), Contracts(StakeListAndPoolOutOfDate)),
    ("33 validators", |s| s.ix = s.h.rebalance(&[0; 33]), Ours(TooManyValidators)),
    ("an account of a validator missing", |s| s.ix.accounts.truncate(21), MISSING),
    ("a validator missing", |s| s.ix.accounts.truncate(19), MISSING),
    ("a validator too many", |s| s.ix.data.truncate(13), MISSING),
    ("instructions", |s| s.other(9), ARGUMENT),
    ("account missing", |s| s.ix.accounts.truncate(8), MISSING),
    ("entry of another", |s| s.ix.data[1] = 1, Ours(EntryMoved)),
    ("behind the list", |s| s.ix.data[1] = 4, Ours(EntryMoved)),
    ("no validators", |s| s.ix.data.truncate(1), BORSH),
    ("half an index", |s| s.ix.data.truncate(3), BORSH),
];

fn check(make: fn(Vm) -> Spoiler, cases: &[Case]) {
    let mut vm = Vm::beside_reference();
    let mut failures = vec![];
    let spoiler = make(vm);
    let Spoiler { mut h, ix } = spoiler;
    h.succeed(&ix);
    vm = h.vm;
    for (name, spoil, expected) in cases {
        let mut spoiler = make(vm);
        spoil(&mut spoiler);
        let before = spoiler.h.vm.accounts.clone();
        let outcome = spoiler.h.vm.process(&spoiler.ix);
        let got = match &outcome.result.raw_result {
            Err(InstructionError::Custom(code)) => match ExtensionError::from_code(*code) {
                Some(error) => Some((Ours(error), Some(error.message()))),
                None => StakePoolError::from_code(*code).map(|error| (Contracts(error), Some(error.message()))),
            },
            Err(error) => Some((Other(error.clone()), None)),
            Ok(()) => None,
        };
        // The stake program says which instruction of its own it runs.
        let lines = outcome.logs.iter().filter_map(|line| line.strip_prefix("Program log: "));
        let said: Vec<_> = lines.filter(|line| !line.starts_with("Instruction: ")).collect();
        let is_said =
            got.as_ref().is_some_and(|(_, message)| said.len() == 1 && message.is_none_or(|text| said[0] == text));
        if got.as_ref().map(|(error, _)| error) != Some(expected) || !is_said {
            failures.push(format!("{name}: {:?}, {said:?}", outcome.result.raw_result));
        }
        assert!(before == spoiler.h.vm.accounts, "{name}");
        vm = spoiler.h.vm;
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn a_pool_that_cannot_be_extended() {
    check(extend, EXTEND);
}

#[test]
fn a_policy_that_cannot_be_set() {
    check(set_policy, POLICY);
}

#[test]
fn weights_that_cannot_be_set() {
    check(set_weights, WEIGHTS);
}

#[test]
fn an_update_that_is_refused() {
    check(update, UPDATE);
}

#[test]
fn a_rebalance_that_is_refused() {
    check(rebalance, REBALANCE);
}

/// A decrease's code is in `turnover`; that of a transaction with other instructions is below.
#[test]
fn each_code_is_provoked() {
    let tables = [EXTEND, POLICY, WEIGHTS, UPDATE, REBALANCE];
    let codes: BTreeSet<u32> = tables
        .iter()
        .flat_map(|table| table.iter())
        .filter_map(|(_, _, expected)| if let Ours(error) = expected { Some(*error as u32) } else { None })
        .chain([ExtensionError::TurnoverBudgetExceeded as u32, ExtensionError::NotAlone as u32])
        .collect();
    // The others, of limits, demotion and tickets, are in the suite `holders`.
    assert_eq!(codes, (1_000..=1_011).collect());
    assert_eq!(ExtensionError::from_code(1_030), None);
}

/// Runs a rebalance in one transaction with another instruction, before it or after it.
fn beside(h: &Harness, other: Instruction, is_before: bool) -> Result<(), String> {
    let rebalance = h.rebalance(&[0, 1, 2, 3]);
    let instructions = if is_before { [other, rebalance] } else { [rebalance, other] };
    let vm = &h.vm;
    // The machine itself makes the sysvar that tells of the transaction.
    let named = instructions.iter().flat_map(|instruction| &instruction.accounts).map(|meta| meta.pubkey);
    let given = named.filter(|address| *address != INSTRUCTIONS_ID);
    let accounts: Vec<_> = given.map(|address| (address, vm.resolve(&address))).collect();
    let result = vm.mollusk.process_transaction_instructions(&instructions, &accounts, Some(&h.holder.wallet));
    result.raw_result.map_err(|error| format!("{error:?}"))
}

/// Flash-loaned SOL would decide what moves.
#[test]
fn a_rebalance_beside_a_deposit_or_a_withdrawal_is_refused_and_one_beside_an_update_is_not() {
    let h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let is_refused = |result: Result<(), String>| result.is_err_and(|error| error.ends_with("Custom(1008))"));
    let deposit = h.pool.deposit_sol(h.holder.wallet, h.to, None, SOL, None);
    let withdrawal = h.pool.withdraw_sol(h.holder, None, SOL, None);
    for is_before in [true, false] {
        assert!(is_refused(beside(&h, deposit.clone(), is_before)));
        assert!(is_refused(beside(&h, withdrawal.clone(), is_before)));
        assert_eq!(beside(&h, h.pool.update_pool(), is_before), Ok(()));
        assert_eq!(beside(&h, h.update_compactly(), is_before), Ok(()));
    }
}

/// Between signing and landing a cleanup has moved the entries: nothing is set, not even what still fits.
#[test]
fn weights_for_entries_that_moved_are_refused_and_nothing_is_half_set() {
    let mut h = harness::fresh(Vm::beside_reference(), UNBALANCED);
    let records = h.records();
    // Both indices are still those of entries; the second one is another's.
    let weights: Vec<_> =
        [0, 2].map(|index: usize| WeightEntry::new(index as u32, &records[index].vote_account_address, 50)).to_vec();
    let signed = h.pool.set_weights(&weights);
    h.both(&h.pool.remove_validator(h.stake(1), h.transient(1))).expect("a removal");
    h.next_epoch_by_spl();
    assert_eq!(h.records().len(), 3);
    let before = h.records();
    assert_eq!(h.ours(&signed).custom_error(), Some(EntryMoved as u32));
    assert_eq!(h.records(), before);
    assert!(before.iter().all(|record| record.extension.weight() == 1));
}
