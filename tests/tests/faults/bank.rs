//! A bank with the accounts of a scenario.

use {
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    solana_message::{Message, VersionedMessage},
    solana_stake_interface::state::StakeStateV2,
    solana_transaction_error::TransactionError,
    tidepool_embedded::{EmbeddedCluster, TxFailure, TxReport},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{COMPUTE_BUDGET_PROGRAM_ID, STAKE_PROGRAM_ID},
    },
    tidepool_tests::{
        SOL,
        attack::{Accounts, AttackScenario},
        scenario::EPOCH,
        stake::edit_delegation,
        vm::Vm,
    },
};

/// Most compute units that a transaction can ask for.
pub const MOST_UNITS: u32 = 1_400_000;

/// What asking for compute units costs itself.
pub const UNITS_OF_ASKING: u64 = 150;

/// The compute budget program's `SetComputeUnitLimit`.
const SET_LIMIT: u8 = 2;

/// A bank with Tidepool, and a wallet that pays the fees.
pub struct Bank {
    /// The cluster.
    pub cluster: EmbeddedCluster,
    pub payer: Address,
}

/// A transaction that failed because of the instruction.
#[derive(Debug)]
pub struct Failure {
    pub error: InstructionError,
    pub logs: Vec<String>,
}

impl Bank {
    /// A bank in the scenarios' epoch, with the program where `vm` has it.
    pub fn new(vm: &Vm) -> Self {
        Self::in_epoch(EPOCH, vm)
    }

    /// A bank that has entered the scenarios' epoch and has not paid its rewards yet.
    pub fn paying_rewards(vm: &Vm) -> Self {
        let bank = Self::in_epoch(EPOCH - 1, vm);
        bank.cluster.begin_epoch().expect("an epoch");
        assert!(bank.cluster.epoch_rewards().active, "rewards are still to be paid");
        bank
    }

    fn in_epoch(epoch: u64, vm: &Vm) -> Self {
        let payer = Address::new_unique();
        let builder = EmbeddedCluster::builder().validators(2).start_epoch(epoch).wallet(payer, 1_000 * SOL);
        let cluster = builder.tidepool(vm.program_id).start().expect("a cluster");
        Self { cluster, payer }
    }

    /// Puts accounts into the bank, whatever was there before.
    pub fn put(&self, accounts: &Accounts) {
        // The bank has programs of its own.
        for (address, account) in accounts.iter().filter(|(_, account)| !account.executable) {
            self.cluster.set_account(address, settled(account.clone()));
        }
    }

    /// Puts a scenario's accounts into the bank, whatever was there before.
    pub fn put_scenario(&self, scenario: &AttackScenario) {
        for meta in &scenario.instruction.accounts {
            if meta.is_writable && !scenario.accounts.contains_key(&meta.pubkey) {
                self.cluster.set_account(&meta.pubkey, Account::default());
            }
        }
        self.put(&scenario.accounts);
    }

    /// The accounts of a scenario and all that its instruction names, as the bank has them now.
    pub fn read(&self, scenario: &AttackScenario) -> Accounts {
        let named = scenario.instruction.accounts.iter().filter(|meta| meta.is_writable).map(|meta| meta.pubkey);
        let addresses =
            scenario.accounts.iter().filter(|(_, account)| !account.executable).map(|(address, _)| *address);
        addresses.chain(named).filter_map(|address| Some((address, self.cluster.account(&address)?))).collect()
    }

    /// Runs an instruction with all the compute units that there are.
    pub fn run(&self, instruction: &Instruction) -> Result<TxReport, Failure> {
        self.run_within(MOST_UNITS, instruction)
    }

    /// Runs an instruction in a transaction of its own that asks for this many compute units.
    pub fn run_within(&self, units: u32, instruction: &Instruction) -> Result<TxReport, Failure> {
        let data = [&[SET_LIMIT][..], &units.to_le_bytes()].concat();
        let limit = Instruction::new_with_bytes(COMPUTE_BUDGET_PROGRAM_ID, &data, Vec::<AccountMeta>::new());
        let message = Message::new(&[limit, instruction.clone()], Some(&self.payer));
        self.cluster.process_unsigned(VersionedMessage::Legacy(message)).map_err(|failure| match failure {
            TxFailure { error: TransactionError::InstructionError(1, error), logs, .. } => Failure { error, logs },
            TxFailure { error, logs, .. } => panic!("the bank does not take the transaction: {error}, {logs:#?}"),
        })
    }
}

/// An account whose stake has warmed up or cooled down by now, if it has begun to before this epoch. In its own epochs, where
/// the first is 0 and the others begin shortly before the scenarios', the bank has seen no stake move, and says that none did.
fn settled(mut account: Account) -> Account {
    if account.owner == STAKE_PROGRAM_ID {
        let move_on = |epoch: &mut u64| *epoch = if *epoch == EPOCH - 1 { EPOCH - 3 } else { (*epoch).max(1) };
        // Other accounts are left as they are.
        if bincode::deserialize::<StakeStateV2>(&account.data).is_ok() && account.data.len() >= STAKE_ACCOUNT_SPACE {
            edit_delegation(&mut account.data, |delegation| {
                move_on(&mut delegation.activation_epoch);
                move_on(&mut delegation.deactivation_epoch);
            });
        }
    }
    account
}

/// Calls to other programs that succeeded.
pub fn calls_done(scenario: &AttackScenario, logs: &[String]) -> usize {
    let program = scenario.pool.program_id.to_string();
    let done = logs.iter().filter(|line| line.starts_with("Program ") && line.ends_with(" success"));
    // That of the compute limit is none of the instruction's.
    let others = [program, COMPUTE_BUDGET_PROGRAM_ID.to_string()];
    done.filter(|line| others.iter().all(|other| !line.contains(other.as_str()))).count()
}
