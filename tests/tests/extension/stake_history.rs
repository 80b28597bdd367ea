//! What the program takes for warmed up and cooled down, against the stake program itself.

use {
    crate::harness,
    fastrand::Rng,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    solana_stake_history::{StakeHistory as History, StakeHistoryEntry},
    tidepool_interface::{
        address::{CLOCK_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID},
        external::{
            stake::{Delegation, StakeState},
            stake_history::StakeHistory,
        },
    },
    tidepool_tests::{
        SOL,
        accounts::{UserStake, add_vote_account, add_wallet},
        scenario::EPOCH,
        stake::{edit_delegation, undelegate},
        vm::Vm,
    },
};

/// Cases of each property.
const CASES: u64 = 3_000;

/// `Merge` of the stake program.
const MERGE: [u8; 4] = [7, 0, 0, 0];

/// Epochs of the history.
const EPOCHS: u64 = 10;

fn amount(random: &mut Rng) -> u64 {
    match random.u8(0..8) {
        0 => 0,
        1 => random.u64(1..100),
        2..=4 => random.u64(SOL..1_000 * SOL),
        _ => random.u64(1_000 * SOL..1_000_000 * SOL),
    }
}

/// A history whose transient stake is anything from nothing to all of it, often about what moves in an epoch. It has no gaps:
/// the stake program panics at one.
fn draw_history(random: &mut Rng) -> History {
    let mut history = History::default();
    for epoch in EPOCH - EPOCHS..EPOCH {
        let effective = amount(random);
        let mut moving = || match random.u8(0..5) {
            0 => 0,
            1 => amount(random),
            // Around the 9 % that can move, and the 8.99 % that is taken for it.
            _ => (u128::from(effective) * u128::from(random.u64(8_900..9_100)) / 100_000) as u64 + random.u64(0..3),
        };
        let (activating, deactivating) = (moving(), moving());
        history.add(epoch, StakeHistoryEntry { effective, activating, deactivating });
    }
    history
}

fn draw_epochs(random: &mut Rng) -> (u64, u64) {
    let since = EPOCH - EPOCHS - 3;
    let activation = random.u64(since..EPOCH);
    (activation, random.u64(activation..EPOCH))
}

/// One stake account to be merged into another one, and what the program says of it beforehand.
struct Case {
    vm: Vm,
    authority: Address,
    vote: Address,
}

impl Case {
    fn new() -> Self {
        let mut vm = Vm::of_tidepool();
        vm.set_epoch(EPOCH);
        let (authority, vote) = (add_wallet(SOL, &mut vm), add_vote_account(&mut vm));
        Self { vm, authority, vote }
    }

    fn stake(&mut self, delegated: u64, activation_epoch: u64, deactivation_epoch: u64) -> Address {
        let stake = UserStake { authority: self.authority, vote: self.vote, delegated, idle: 0, activation_epoch };
        let address = stake.add(&mut self.vm);
        let account = self.vm.accounts.get_mut(&address).expect("a stake account");
        edit_delegation(&mut account.data, |delegation| delegation.deactivation_epoch = deactivation_epoch);
        address
    }

    fn says(&self, stake: &Address, what: impl Fn(&StakeHistory, &Delegation, u64) -> bool) -> bool {
        let (_, sysvar) = self.vm.mollusk.sysvars.keyed_account_for_stake_history_sysvar();
        let history = StakeHistory::decode(&sysvar.data).expect("a history");
        let data = self.vm.account(stake).data;
        let (_, delegation) = StakeState::decode_delegated(&data).expect("delegated");
        what(&history, delegation, EPOCH)
    }

    fn is_merged(&mut self, from: Address, to: Address) -> bool {
        let accounts = vec![
            AccountMeta::new(to, false),
            AccountMeta::new(from, false),
            AccountMeta::new_readonly(CLOCK_ID, false),
            AccountMeta::new_readonly(STAKE_HISTORY_ID, false),
            AccountMeta::new_readonly(self.authority, true),
        ];
        let is_merged = self.vm.process(&Instruction::new_with_bytes(STAKE_PROGRAM_ID, &MERGE, accounts)).is_ok();
        self.vm.accounts.remove(&from);
        self.vm.accounts.remove(&to);
        is_merged
    }
}

/// How often the program says yes, and how often it waits although the stake program would not refuse.
#[derive(Debug, Default)]
struct Answers {
    yes: u64,
    no: u64,
    late: u64,
}

impl Answers {
    fn add(&mut self, says: bool, is_merged: bool, seed: u64) {
        assert!(!says || is_merged, "seed {seed}: the stake program refuses");
        match (says, is_merged) {
            (true, _) => self.yes += 1,
            (false, false) => self.no += 1,
            (false, true) => self.late += 1,
        }
    }
}

#[test]
fn stake_is_never_taken_for_warmed_up_too_early() {
    let (mut case, mut answers) = (Case::new(), Answers::default());
    for seed in 0..CASES {
        let random = &mut Rng::with_seed(seed);
        case.vm.mollusk.sysvars.stake_history = draw_history(random);
        let (from, to) =
            (case.stake(amount(random).max(1), draw_epochs(random).0, u64::MAX), case.stake(SOL, 0, u64::MAX));
        let says = case.says(&from, |history, delegation, epoch| history.is_warmed_up(delegation, epoch));
        answers.add(says, case.is_merged(from, to), seed);
    }
    println!("{answers:?}");
    assert!(answers.yes > CASES / 4 && answers.no > CASES / 10 && answers.late < CASES / 3, "{answers:?}");
}

#[test]
fn stake_is_never_taken_for_cooled_down_too_early() {
    let (mut case, mut answers) = (Case::new(), Answers::default());
    for seed in 0..CASES {
        let random = &mut Rng::with_seed(seed);
        case.vm.mollusk.sysvars.stake_history = draw_history(random);
        let (activation, deactivation) = draw_epochs(random);
        let from = case.stake(amount(random).max(1), activation, deactivation);
        let to = case.stake(SOL, 0, u64::MAX);
        undelegate(&mut case.vm.accounts.get_mut(&to).expect("a stake account").data);
        let says = case.says(&from, |history, delegation, epoch| history.is_cooled_down(delegation, epoch));
        answers.add(says, case.is_merged(from, to), seed);
    }
    println!("{answers:?}");
    assert!(answers.yes > CASES / 4 && answers.no > CASES / 10 && answers.late < CASES / 3, "{answers:?}");
}

/// In a cluster that is large and moves as much as it can in an epoch at the most, a single epoch is enough.
#[test]
fn stake_waits_for_no_more_than_an_epoch_in_a_large_cluster() {
    let mut case = Case::new();
    for seed in 0..100 {
        let random = &mut Rng::with_seed(seed);
        let mut history = History::default();
        for epoch in EPOCH - EPOCHS..EPOCH {
            let effective = random.u64(100_000_000 * SOL..400_000_000 * SOL);
            let mut moving = || random.u64(1..effective / 10_000 * 899);
            let (activating, deactivating) = (moving(), moving());
            history.add(epoch, StakeHistoryEntry { effective, activating, deactivating });
        }
        case.vm.mollusk.sysvars.stake_history = history;
        let (activation, deactivation) = draw_epochs(random);
        let moving = case.stake(amount(random).max(1), activation, deactivation);
        assert!(
            case.says(&moving, |history, delegation, epoch| history.is_warmed_up(delegation, epoch)),
            "seed {seed}"
        );
        assert!(
            case.says(&moving, |history, delegation, epoch| history.is_cooled_down(delegation, epoch)),
            "seed {seed}"
        );
    }
}

/// The whole instruction under any history: it never fails, whatever the stake program makes of the accounts.
#[test]
fn a_compact_update_never_fails_for_the_state_of_a_stake_account() {
    let mut vm = Vm::beside_reference();
    for seed in 0..300 {
        let random = &mut Rng::with_seed(seed);
        let mut h = harness::stale(vm, &[(100, 10); 4]);
        h.vm.mollusk.sysvars.stake_history = draw_history(random);
        for index in 0..4 {
            if random.u8(0..4) == 0 {
                h.edit_record(index, |record| record.status = [1, 3, 4][index % 3]);
            }
            for address in [h.stake(index), h.transient(index)] {
                let (activation, deactivation) = draw_epochs(random);
                let epochs = match random.u8(0..4) {
                    0 => (activation, deactivation),
                    1 => (EPOCH, u64::MAX),
                    2 => (activation, EPOCH),
                    _ => (activation, u64::MAX),
                };
                h.edit_data(&address, |data| {
                    edit_delegation(data, |delegation| {
                        (delegation.activation_epoch, delegation.deactivation_epoch) = epochs;
                    });
                });
            }
        }
        let outcome = h.ours(&h.update_compactly());
        assert!(outcome.is_ok(), "seed {seed}: {:#?}", outcome.logs);
        vm = h.vm;
    }
}
