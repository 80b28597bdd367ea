//! Instructions of the extension that work on many validators at once: a call that would fail for one of them is not made, and all others
//! get what they would have got.

use {
    crate::bank::Bank,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_stake_interface::state::Delegation,
    tidepool_interface::state::{ValidatorStakeInfo, split_validator_list},
    tidepool_tests::{
        SOL,
        attack::{self, Accounts},
        extension::PoolKind,
        instructions::Triple,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        stake::{edit_delegation, edit_meta, undelegate},
        vm::Vm,
    },
};

const COUNT: usize = 5;

/// The one that something is wrong of.
const MIDDLE: usize = 2;

/// The stake program's MergeTransientStake and MergeMismatch.
const MERGE_TRANSIENT: InstructionError = InstructionError::Custom(5);
const MERGE_MISMATCH: InstructionError = InstructionError::Custom(6);

const STRANGER: Address = Address::new_from_array([9; 32]);

/// A pool, and its accounts before anything is done.
struct Harness {
    pool: PoolFixture,
    accounts: Accounts,
}

impl Harness {
    fn new(delegated: [u64; COUNT], transient: u64, last_update_epoch: u64, vm: &mut Vm) -> Self {
        vm.accounts.clear();
        let validators = delegated.map(|delegated| ValidatorSpec::active(delegated * SOL, transient));
        let spec = PoolSpec {
            reserve: 300 * SOL,
            total_lamports: 800 * SOL,
            supply: 800 * SOL,
            validators: validators.to_vec(),
            last_update_epoch,
            kind: PoolKind::EXTENDED,
            ..PoolSpec::default()
        };
        let pool = PoolFixture::install(&spec, vm);
        for index in 0..COUNT {
            pool.edit_record(index, vm, |record| record.extension.set_weight(1));
        }
        Self { pool, accounts: vm.accounts.clone() }
    }

    fn records(&self, bank: &Bank) -> Vec<ValidatorStakeInfo> {
        let list = bank.cluster.account(&self.pool.state.head.validator_list).expect("a list");
        split_validator_list(&list.data).expect("a list").1.to_vec()
    }

    /// What a validator has: its record, and its stake accounts, the transient one under `seed`.
    fn validator(&self, index: usize, seed: u64, bank: &Bank) -> (ValidatorStakeInfo, [Option<Account>; 2]) {
        let validator = self.pool.validators[index];
        let transient = self.pool.transient(&validator.vote, seed);
        (self.records(bank)[index], [validator.stake, transient].map(|address| bank.cluster.account(&address)))
    }

    /// Puts the pool into the bank, spoilt or not.
    fn put(&self, spoil: impl FnOnce(&mut Accounts, &PoolFixture), bank: &Bank) {
        for validator in &self.pool.validators {
            for address in [validator.transient, self.pool.transient(&validator.vote, 1)] {
                bank.cluster.set_account(&address, Account::default());
            }
        }
        let mut accounts = self.accounts.clone();
        spoil(&mut accounts, &self.pool);
        bank.put(&accounts);
    }
}

fn lamports(accounts: &[Option<Account>; 2]) -> u64 {
    accounts.iter().flatten().map(|account| account.lamports).sum()
}

fn edit(accounts: &mut Accounts, address: Address, change: impl FnOnce(&mut Account)) {
    change(accounts.entry(address).or_default());
}

fn transient(accounts: &mut Accounts, pool: &PoolFixture, change: fn(&mut Delegation)) {
    edit(accounts, pool.validators[MIDDLE].transient, |account| edit_delegation(&mut account.data, change));
}

fn stake(accounts: &mut Accounts, pool: &PoolFixture, change: fn(&mut Delegation)) {
    edit(accounts, pool.validators[MIDDLE].stake, |account| edit_delegation(&mut account.data, change));
}

type Spoil = fn(&mut Accounts, &PoolFixture);

/// Why the stake program would not merge the middle one's stake, and what it says.
const UNMERGEABLE: &[(&str, Spoil, InstructionError)] = &[
    (
        "its transient stake is another validator's",
        |accounts, pool| transient(accounts, pool, |stake| stake.voter_pubkey = STRANGER),
        MERGE_MISMATCH,
    ),
    (
        "its transient stake was stopped now",
        |accounts, pool| transient(accounts, pool, |stake| stake.deactivation_epoch = EPOCH),
        MERGE_TRANSIENT,
    ),
    (
        "it was deactivated now",
        |accounts, pool| stake(accounts, pool, |stake| stake.deactivation_epoch = EPOCH),
        MERGE_TRANSIENT,
    ),
    (
        "it was deactivated before",
        |accounts, pool| stake(accounts, pool, |stake| stake.deactivation_epoch = EPOCH - 2),
        MERGE_MISMATCH,
    ),
];

#[test]
fn an_update_goes_on_without_the_one_whose_stake_cannot_be_merged() {
    let mut vm = attack::machine();
    let bank = Bank::new(&vm);
    let h = Harness::new([100; COUNT], 10 * SOL, EPOCH - 1, &mut vm);
    let all: Vec<_> = h.pool.validators.iter().map(|each| (each.stake, each.transient)).collect();
    let compact = h.pool.update_validators(0, all.iter().flat_map(|(stake, transient)| [*stake, *transient]));
    h.put(|_, _| {}, &bank);
    bank.run(&compact).expect("an update");
    let usual: Vec<_> = (0..COUNT).map(|index| h.validator(index, 0, &bank)).collect();
    assert!(usual.iter().all(|(record, _)| record.transient_stake_lamports.get() == 0), "all are merged");

    for (reason, spoil, error) in UNMERGEABLE {
        h.put(spoil, &bank);
        let before: Vec<_> = (0..COUNT).map(|index| h.validator(index, 0, &bank)).collect();
        let contracts = bank.run(&h.pool.update_list(0, false, &all)).expect_err(reason);
        assert_eq!(&contracts.error, error, "{reason}: {:#?}", contracts.logs);
        let after: Vec<_> = (0..COUNT).map(|index| h.validator(index, 0, &bank)).collect();
        assert!(before == after, "{reason}: something was kept");

        bank.run(&compact).unwrap_or_else(|failure| panic!("{reason}: {failure:#?}"));
        for index in (0..COUNT).filter(|index| *index != MIDDLE) {
            assert!(h.validator(index, 0, &bank) == usual[index], "{reason}: validator {index} has something else");
        }
        let (record, accounts) = h.validator(MIDDLE, 0, &bank);
        assert_eq!(record.last_update_epoch.get(), EPOCH, "{reason}");
        let counted = record.active_stake_lamports.get() + record.transient_stake_lamports.get();
        assert_eq!(counted, lamports(&accounts), "{reason}");
        assert_eq!(counted, lamports(&before[MIDDLE].1), "{reason}");
    }
}

/// A restart of the cluster has taken the middle one's delegation away: its lamports go to the reserve.
#[test]
fn an_update_goes_on_without_the_one_whose_stake_is_gone() {
    let mut vm = attack::machine();
    let bank = Bank::new(&vm);
    let h = Harness::new([100; COUNT], 10 * SOL, EPOCH - 1, &mut vm);
    let stakes: Vec<_> = h.pool.validators.iter().flat_map(|each| [each.stake, each.transient]).collect();
    let compact = h.pool.update_validators(0, stakes);
    h.put(|_, _| {}, &bank);
    bank.run(&compact).expect("an update");
    let usual: Vec<_> = (0..COUNT).map(|index| h.validator(index, 0, &bank)).collect();
    let reserve = bank.cluster.lamports(&h.pool.state.head.reserve_stake);

    let undelegated = h.pool.validators[MIDDLE].stake;
    h.put(|accounts, _| edit(accounts, undelegated, |account| undelegate(&mut account.data)), &bank);
    bank.run(&compact).expect("an update");
    for index in (0..COUNT).filter(|index| *index != MIDDLE) {
        assert!(h.validator(index, 0, &bank) == usual[index], "validator {index} has something else");
    }
    let (record, [stake, transient]) = h.validator(MIDDLE, 0, &bank);
    assert_eq!((stake, record.active_stake_lamports.get()), (None, 0));
    assert_eq!(record.transient_stake_lamports.get(), transient.map_or(0, |account| account.lamports));
    assert!(bank.cluster.lamports(&h.pool.state.head.reserve_stake) > reserve);
}

/// Why stake of the middle one cannot be moved.
const UNMOVABLE: &[(&str, Spoil)] = &[
    ("its new account's address is in use", |accounts, pool| {
        let address = pool.transient(&pool.validators[MIDDLE].vote, 1);
        edit(accounts, address, |account| (account.lamports, account.data) = (SOL, vec![1; 8]));
    }),
    ("its vote account is empty", |accounts, pool| {
        edit(accounts, pool.validators[MIDDLE].vote, |account| account.data.fill(0));
    }),
    ("its vote account is another program's", |accounts, pool| {
        edit(accounts, pool.validators[MIDDLE].vote, |account| account.owner = STRANGER);
    }),
    ("it was deactivated", |accounts, pool| stake(accounts, pool, |stake| stake.deactivation_epoch = EPOCH)),
    ("its stake is another user's", |accounts, pool| {
        edit(accounts, pool.validators[MIDDLE].stake, |account| {
            edit_meta(&mut account.data, |meta| meta.authorized.staker = STRANGER);
        });
    }),
];

/// With `delegated` SOL, where the middle one is to get or to give like others.
fn rebalances_without_the_middle_one(delegated: [u64; COUNT]) -> usize {
    let mut vm = attack::machine();
    let bank = Bank::new(&vm);
    let h = Harness::new(delegated, 0, EPOCH, &mut vm);
    let triples: Vec<_> = (0..COUNT)
        .map(|index| {
            let validator = h.pool.validators[index];
            let transient = h.pool.transient(&validator.vote, 1);
            Triple { index: index as u32, vote: validator.vote, stake: validator.stake, transient }
        })
        .collect();
    let rebalance = h.pool.rebalance(&triples);
    h.put(|_, _| {}, &bank);
    let untouched: Vec<_> = (0..COUNT).map(|index| h.validator(index, 1, &bank)).collect();
    bank.run(&rebalance).expect("a rebalance");
    let usual: Vec<_> = (0..COUNT).map(|index| h.validator(index, 1, &bank)).collect();
    assert_ne!(usual[MIDDLE].0.transient_stake_lamports.get(), 0, "the middle one takes part");
    let takes_part = |index: &usize| *index != MIDDLE && usual[*index] != untouched[*index];

    let mut isolated = 0;
    for (reason, spoil) in UNMOVABLE {
        h.put(spoil, &bank);
        let (_, before) = h.validator(MIDDLE, 1, &bank);
        bank.run(&rebalance).unwrap_or_else(|failure| panic!("{reason}: {failure:#?}"));
        let (record, after) = h.validator(MIDDLE, 1, &bank);
        // The vote account does not matter where stake is taken away.
        if record.transient_stake_lamports.get() > 0 {
            assert!(reason.contains("vote account"), "{reason}: stake moved");
            continue;
        }
        isolated += 1;
        assert!(before == after, "{reason}: its accounts changed");
        for index in (0..COUNT).filter(takes_part) {
            let (record, [_, transient]) = h.validator(index, 1, &bank);
            let moved = record.transient_stake_lamports.get();
            assert!(moved > 0, "{reason}: validator {index} has to wait");
            assert_eq!(transient.map(|account| account.lamports), Some(moved), "{reason}: validator {index}");
        }
    }
    isolated
}

#[test]
fn a_rebalance_goes_on_without_the_one_that_stake_cannot_be_sent_to() {
    assert_eq!(rebalances_without_the_middle_one([100; COUNT]), UNMOVABLE.len());
}

#[test]
fn a_rebalance_goes_on_without_the_one_that_stake_cannot_be_taken_from() {
    assert_eq!(rebalances_without_the_middle_one([10, 10, 300, 300, 10]), UNMOVABLE.len() - 2);
}
