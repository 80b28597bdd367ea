//! Every instruction of SPL and of the extension on a pool whose books are right, beside another pool of the same
//! program and a stranger: what attacks on accounts start from.

mod extension;
pub mod judge;
mod metadata;
mod spl;
mod stranger;

pub use stranger::{Stranger, idle_program};

use {
    crate::{
        SOL,
        accounts::add_account,
        extension::PoolKind,
        fixtures,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::{self, EPOCH},
        vm::{Outcome, Vm},
    },
    judge::Position,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    std::collections::HashMap,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        address::{METADATA_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        state::{AccountType, PoolHead, PoolTerms},
    },
};

/// Accounts by their addresses.
pub type Accounts = HashMap<Address, Account>;

/// An instruction that succeeds, and the accounts that it does so on.
#[derive(Clone)]
pub struct AttackScenario {
    /// The instruction's name, and its special case.
    pub name: &'static str,
    /// The pool that the instruction is for.
    pub pool: PoolFixture,
    /// Another pool of the same program, with stake and reserve of its own.
    pub other: PoolFixture,
    /// A user who is neither pool's manager, staker or holder.
    pub stranger: Stranger,
    pub instruction: Instruction,
    /// All accounts but programs and sysvars.
    pub accounts: Accounts,
}

/// A machine with all programs that an instruction calls, at the start of [`EPOCH`].
pub fn machine() -> Vm {
    let mut vm = Vm::of_tidepool();
    vm.replace_program(&METADATA_PROGRAM_ID, &fixtures::read(fixtures::METADATA_PROGRAM));
    vm.set_epoch(EPOCH);
    vm
}

/// All scenarios with the SPL Token program and the extension, and all with Token-2022 and without it.
pub fn everywhere(vm: &mut Vm) -> Vec<AttackScenario> {
    let mut scenarios = all(TOKEN_PROGRAM_ID, PoolKind::EXTENDED, vm);
    scenarios.extend(all(TOKEN_2022_PROGRAM_ID, PoolKind::Plain, vm));
    scenarios
}

/// All scenarios. Those of the extension's instructions are on a pool with the extension, whatever the `kind`.
pub fn all(token_program: Address, kind: PoolKind, vm: &mut Vm) -> Vec<AttackScenario> {
    let mut scenarios = vec![];
    for name in scenario::names() {
        let scenario = scenario::make(name, token_program, kind, vm);
        scenarios.push(AttackScenario::finish(name, scenario.pool, scenario.instruction, vm));
    }
    for (name, make) in spl::SCENARIOS.iter().chain(extension::SCENARIOS) {
        vm.accounts.clear();
        let (pool, instruction) = make(token_program, kind, vm);
        scenarios.push(AttackScenario::finish(name, pool, instruction, vm));
    }
    // The metadata program of the published crate knows the SPL Token program only.
    if token_program == TOKEN_PROGRAM_ID {
        for (name, make) in metadata::SCENARIOS {
            vm.accounts.clear();
            let (pool, instruction) = make(token_program, kind, vm);
            scenarios.push(AttackScenario::finish(name, pool, instruction, vm));
        }
    }
    for scenario in &scenarios {
        let outcome = scenario.run(vm);
        assert!(outcome.is_ok(), "{}: {:#?}", scenario.name, outcome.logs);
        scenario.judge(&scenario.instruction, &scenario.accounts, vm).expect("a valid instruction harms no user");
    }
    scenarios
}

/// Offset of the total lamports in a pool's account.
const TOTAL_LAMPORTS_OFFSET: usize = std::mem::offset_of!(PoolHead, total_lamports);

/// Lamports that a scenario whose name says so has earned since the last update.
const REWARD: u64 = 3 * SOL;

impl AttackScenario {
    fn finish(name: &'static str, pool: PoolFixture, instruction: Instruction, vm: &mut Vm) -> Self {
        let other = PoolFixture::install(&spec(pool.state.head.token_program_id, PoolKind::EXTENDED, EPOCH), vm);
        let stranger = Stranger::add(&pool, vm);
        // A pool's account that is there and not in use, which any user can have.
        add_account(vec![0; pool.pool_length], vm.program_id, vm);
        for each in [&pool, &other] {
            let is_late = name.ends_with("with a reward") && each.pool == pool.pool;
            balance_books(each, if is_late { REWARD } else { 0 }, vm);
        }
        Self { name, pool, other, stranger, instruction, accounts: vm.accounts.clone() }
    }

    /// Runs the scenario as it is, and keeps what it did in the machine.
    pub fn run(&self, vm: &mut Vm) -> Outcome {
        self.run_with(&self.instruction, vm)
    }

    /// Runs an instruction on the scenario's accounts, and keeps what it did in the machine.
    pub fn run_with(&self, instruction: &Instruction, vm: &mut Vm) -> Outcome {
        self.reset(vm);
        vm.process(instruction)
    }

    /// Puts the scenario's accounts into the machine.
    pub fn reset(&self, vm: &mut Vm) {
        vm.accounts.clone_from(&self.accounts);
    }

    /// The instruction with another account at `index`, which signs and can be written if the one before did and could.
    pub fn replacing(&self, index: usize, address: Address) -> Instruction {
        let mut instruction = self.instruction.clone();
        instruction.accounts[index].pubkey = address;
        instruction
    }

    /// The instruction's account at `index`.
    pub fn meta(&self, index: usize) -> &AccountMeta {
        &self.instruction.accounts[index]
    }

    /// Number of the instruction's accounts.
    pub fn slots(&self) -> usize {
        self.instruction.accounts.len()
    }

    /// The instruction's tag.
    pub fn tag(&self) -> u8 {
        self.instruction.data[0]
    }

    /// Runs an instruction on the scenario's accounts; its error, if it has one.
    pub fn attack(&self, instruction: &Instruction, vm: &mut Vm) -> Result<Option<InstructionError>, String> {
        match self.run_with(instruction, vm).result.raw_result {
            Err(error) => Ok(Some(error)),
            Ok(()) => self.judge(instruction, &self.accounts, vm).map(|()| None),
        }
    }

    /// The addresses of all accounts, in the same order each time.
    pub fn addresses(&self) -> Vec<Address> {
        let mut addresses: Vec<_> = self.accounts.keys().copied().collect();
        addresses.sort_unstable();
        addresses
    }

    /// The validator list of the scenario's pool.
    pub fn list(&self) -> Address {
        self.pool.state.head.validator_list
    }

    /// Checks what the machine's accounts have become since `before`: that neither pool's holders have lost anything, nor has
    /// any user else who did not sign.
    pub fn judge(&self, instruction: &Instruction, before: &Accounts, vm: &Vm) -> Result<(), String> {
        judge::judge(self, instruction, before, vm)
    }
}

/// A pool with two validators, one with activating stake.
fn spec(token_program: Address, kind: PoolKind, last_update_epoch: u64) -> PoolSpec {
    let fee = Fee::new(1, 100);
    let validator = |transient| ValidatorSpec::active(100 * SOL, transient);
    PoolSpec {
        token_program,
        supply: 900 * SOL,
        reserve: 500 * SOL,
        epoch_fee: fee,
        terms: PoolTerms {
            stake_deposit_fee: fee,
            stake_withdrawal_fee: fee,
            sol_deposit_fee: fee,
            sol_withdrawal_fee: fee,
            last_epoch_total_lamports: 700 * SOL,
            ..PoolTerms::default()
        },
        validators: vec![validator(0), validator(10 * SOL)],
        last_update_epoch,
        kind,
        ..PoolSpec::default()
    }
}

/// Writes what the pool has into its account, but for what it is to find at its next update.
fn balance_books(pool: &PoolFixture, unbooked: u64, vm: &mut Vm) {
    let total = Position::of(pool, &vm.accounts, &vm.mollusk.sysvars.rent).counted;
    let total = u64::try_from(total).expect("lamports") - unbooked;
    let account = vm.accounts.get_mut(&pool.pool).expect("a pool");
    if account.data[0] == AccountType::StakePool as u8 {
        account.data[TOTAL_LAMPORTS_OFFSET..][..8].copy_from_slice(&total.to_le_bytes());
    }
}
