//! Each call of each instruction, failing for a reason that callers meet: the transaction fails with that program's error, and
//! nothing of what came before the call is kept.

mod table;

use {
    crate::bank::{Bank, calls_done},
    solana_account::Account,
    solana_instruction::error::InstructionError,
    std::collections::BTreeSet,
    table::FAULTS,
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::MINT_LENGTH,
    },
    tidepool_tests::{
        SOL,
        attack::{self, AttackScenario},
        extension::PoolKind,
    },
};

/// Why a call fails.
pub struct Fault {
    /// The scenario's name.
    pub scenario: &'static str,
    /// The fault.
    pub reason: &'static str,
    /// Makes it so.
    pub spoil: fn(&mut Spoiler),
    /// Calls that succeed before, where the token program takes one instruction a call.
    pub after: usize,
    /// What the callee says, or the runtime of the call.
    pub error: InstructionError,
}

/// A scenario to be spoilt.
pub struct Spoiler(AttackScenario);

/// Offsets in mints and token accounts.
const AMOUNT: usize = 64;
const STATE: usize = 108;
const SUPPLY: usize = 36;
const FROZEN: u8 = 2;

impl Spoiler {
    /// Changes the account at `index`, whether or not there is one.
    pub fn edit(&mut self, index: usize, change: impl FnOnce(&mut Account)) {
        change(self.0.accounts.entry(self.0.instruction.accounts[index].pubkey).or_default());
    }

    /// Makes the account read-only at `index`.
    pub fn read_only(&mut self, index: usize) {
        self.0.instruction.accounts[index].is_writable = false;
    }

    /// Freezes the token account at `index`.
    pub fn freeze(&mut self, index: usize) {
        self.edit(index, |account| account.data[STATE] = FROZEN);
    }

    /// Leaves this many tokens in the account at `index`.
    pub fn leave_tokens(&mut self, index: usize, amount: u64) {
        self.edit(index, |account| account.data[AMOUNT..AMOUNT + 8].copy_from_slice(&amount.to_le_bytes()));
    }

    /// Takes the authority of the mint at `index` away for good.
    pub fn fix_supply(&mut self, index: usize) {
        self.edit(index, |account| account.data[..4].fill(0));
    }

    /// Issues as many tokens as there can be.
    pub fn exhaust_supply(&mut self, index: usize) {
        self.edit(index, |account| {
            assert_eq!(account.data.len(), MINT_LENGTH);
            account.data[SUPPLY..SUPPLY + 8].fill(u8::MAX);
        });
    }

    /// Has another program use the address at `index`.
    pub fn occupy(&mut self, index: usize) {
        // What has no lamports the bank takes for nothing.
        self.edit(index, |account| (account.data, account.lamports) = (vec![1; 8], SOL));
    }

    /// Changes who commands the stake at `index`, or until when it is locked.
    pub fn meta(&mut self, index: usize, change: fn(&mut solana_stake_interface::state::Meta)) {
        self.edit(index, |account| tidepool_tests::stake::edit_meta(&mut account.data, change));
    }

    /// Changes what the stake at `index` is delegated to, and since when.
    pub fn delegation(&mut self, index: usize, change: fn(&mut solana_stake_interface::state::Delegation)) {
        self.edit(index, |account| tidepool_tests::stake::edit_delegation(&mut account.data, change));
    }

    /// Changes the amount that the instruction is told first.
    pub fn amount(&mut self, amount: u64) {
        self.0.instruction.data[1..9].copy_from_slice(&amount.to_le_bytes());
    }
}

/// The finding of a fault, if any.
fn try_fault(fault: &Fault, scenario: &AttackScenario, takes_batches: bool, bank: &Bank) -> Option<String> {
    let mut spoiler = Spoiler(scenario.clone());
    (fault.spoil)(&mut spoiler);
    let scenario = spoiler.0;
    bank.put_scenario(&scenario);
    let before = bank.read(&scenario);
    let what = format!("{}, {}", fault.scenario, fault.reason);
    let failure = match bank.run(&scenario.instruction) {
        Ok(report) => return Some(format!("{what}: it succeeds, {:#?}", report.logs)),
        Err(failure) => failure,
    };
    if bank.read(&scenario) != before {
        return Some(format!("{what}: something was kept"));
    }
    let done = calls_done(&scenario, &failure.logs);
    let is_after = if takes_batches { done <= fault.after } else { done == fault.after };
    let is_right = failure.error == fault.error && is_after;
    (!is_right).then(|| format!("{what}: {:?} after {done} calls, {:#?}", failure.error, failure.logs))
}

#[test]
fn a_call_that_fails_takes_everything_before_it_along() {
    let mut vm = attack::machine();
    let bank = Bank::new(&vm);
    let (mut found, mut tried) = (vec![], 0);
    for (token_program, takes_batches) in [(TOKEN_PROGRAM_ID, true), (TOKEN_2022_PROGRAM_ID, false)] {
        let scenarios = attack::all(token_program, PoolKind::EXTENDED, &mut vm);
        for fault in FAULTS {
            let scenario =
                scenarios.iter().find(|scenario| scenario.name == fault.scenario).expect("a scenario of that name");
            tried += 1;
            found.extend(try_fault(fault, scenario, takes_batches, &bank));
        }
    }
    assert!(found.is_empty(), "{} of {tried}:\n{}", found.len(), found.join("\n"));
    assert_eq!(tried, 2 * FAULTS.len());
}

/// How the names of instructions without calls begin.
const WITHOUT_CALLS: [&str; 2] = ["Set", "CleanupRemovedValidatorEntries"];

/// All instructions that call another program have a fault, but for the pool token's name: that is one call, to a program that is
/// not the bank's.
#[test]
fn each_instruction_that_calls_another_program_has_faults() {
    let mut vm = attack::machine();
    let scenarios = attack::all(TOKEN_2022_PROGRAM_ID, PoolKind::EXTENDED, &mut vm);
    let tag_of = |name: &str| {
        scenarios.iter().find(|scenario| scenario.name == name).map(AttackScenario::tag).expect("a scenario")
    };
    let tried: BTreeSet<u8> = FAULTS.iter().map(|fault| tag_of(fault.scenario)).collect();
    for scenario in &scenarios {
        let is_quiet = WITHOUT_CALLS.iter().any(|name| scenario.name.starts_with(name));
        // Variants that differ in a limit of what comes out.
        let is_limited = scenario.name.ends_with("WithSlippage");
        assert_eq!(tried.contains(&scenario.tag()), !is_quiet && !is_limited, "{}", scenario.name);
    }
}
