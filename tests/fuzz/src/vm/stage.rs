//! Where a case runs: the machine with a scenario's accounts, and its instruction.

use {
    super::{Case, checks},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::Instruction,
    std::collections::HashMap,
    tidepool_interface::{
        address::{
            SPL_STAKE_POOL_PROGRAM_ID, STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID,
        },
        instruction::WeightEntry,
        state::RebalancePolicy,
    },
    tidepool_tests::{
        extension::PoolKind,
        instructions::Triple,
        pool::PoolFixture,
        scenario::{self, EPOCH},
        vm::{Elf, Vm, read_elf},
    },
};

/// Each kind of pool with each token program.
const VARIANTS: usize = PoolKind::ALL.len() * 2;

/// A policy that binds.
const POLICY: RebalancePolicy = RebalancePolicy {
    reserve_share: tidepool_interface::state::U16::new(500),
    turnover_budget: tidepool_interface::state::U16::new(1_000),
    validator_cap: tidepool_interface::state::U16::new(4_000),
    ..RebalancePolicy::DEFAULT
};

type Extended = (&'static str, fn(&PoolFixture, Address) -> Instruction);

/// Instructions that SPL does not have, for the pool of a scenario with a payer.
const EXTENDED: [Extended; 5] = [
    ("ExtendPool", |pool, payer| pool.extend(payer)),
    ("SetRebalancePolicy", |pool, _| pool.set_policy(POLICY)),
    ("SetValidatorWeights", |pool, _| {
        let weights = [5, 0].into_iter().zip(0..).zip(&pool.validators);
        let weights: Vec<_> =
            weights.map(|((weight, index), each)| WeightEntry::new(index, &each.vote, weight)).collect();
        pool.set_weights(&weights)
    }),
    ("UpdateValidators", |pool, _| {
        let [first, second] = [pool.validators[0], pool.validators[1]];
        pool.update_validators(0, [first.stake, second.stake, second.transient])
    }),
    ("Rebalance", |pool, _| {
        let triples = pool.validators.iter().zip(0..).map(|(each, index)| Triple {
            index,
            vote: each.vote,
            stake: each.stake,
            transient: pool.transient(&each.vote, 1),
        });
        pool.rebalance(&triples.collect::<Vec<_>>())
    }),
];

/// A scenario's accounts as they were made, its instruction and its pool.
#[derive(Clone)]
struct Scenario {
    accounts: HashMap<Address, Account>,
    instruction: Instruction,
    pool: PoolFixture,
}

/// The machine, and what a case has changed so far.
pub struct Stage {
    /// The machine.
    pub vm: Vm,
    /// The instruction as it is now.
    pub instruction: Instruction,
    /// The pool, as the scenario made it.
    pub pool: PoolFixture,
    /// Whether an account is one that no program could have made.
    pub is_forged: bool,
    /// The fault with what the instruction did.
    pub finding: Option<String>,
    scenarios: HashMap<(usize, usize), Scenario>,
}

impl Stage {
    /// A machine with the program.
    ///
    /// # Panics
    /// Where the program has not been built.
    pub fn new() -> Self {
        let mut vm = Vm::new(SPL_STAKE_POOL_PROGRAM_ID, &read_elf(Elf::Tidepool));
        let made = make_scenario(&mut vm, 0, 0);
        Self {
            vm,
            instruction: made.instruction,
            pool: made.pool,
            is_forged: false,
            finding: None,
            scenarios: HashMap::new(),
        }
    }

    /// Plays a case through. The fault, if anything is.
    pub fn play(&mut self, case: &Case) -> Result<(), String> {
        self.set(usize::from(case.scenario) % scenarios(), usize::from(case.variant) % VARIANTS);
        case.operations.iter().for_each(|operation| operation.apply(self));
        self.run();
        self.finding.take().map_or(Ok(()), Err)
    }

    fn set(&mut self, scenario: usize, variant: usize) {
        let Self { vm, scenarios, .. } = self;
        let made = scenarios.entry((scenario, variant)).or_insert_with(|| make_scenario(vm, scenario, variant)).clone();
        vm.set_epoch(EPOCH);
        vm.steady_addresses();
        vm.accounts = made.accounts;
        (self.instruction, self.pool) = (made.instruction, made.pool);
        (self.is_forged, self.finding) = (false, None);
    }

    /// Runs the instruction, keeps what it changed and checks it. After a finding nothing runs any more.
    pub fn run(&mut self) {
        if self.finding.is_some() {
            return;
        }
        let mut before = self.vm.accounts.clone();
        let addresses: Vec<Address> = self.instruction.accounts.iter().map(|meta| meta.pubkey).collect();
        let machines: Vec<Address> = addresses.iter().copied().filter(|address| self.is_machines(address)).collect();
        before.extend(machines.iter().map(|address| (*address, self.vm.resolve(address))));
        let outcome = self.vm.process(&self.instruction);
        // Named as writable, they would be kept as they are now.
        machines.iter().for_each(|address| drop(self.vm.accounts.remove(address)));
        self.finding = checks::check(self, &before, &outcome).err();
    }

    /// The clock goes on by this many epochs.
    pub fn advance(&mut self, epochs: u64) {
        let epoch = self.vm.epoch();
        // Not so far that numbers of slots overflow.
        self.vm.set_epoch(epoch.saturating_add(epochs));
    }

    /// Writes into the instruction's data, as far as that reaches.
    pub fn edit_data(&mut self, at: u8, bytes: &[u8]) {
        let data = &mut self.instruction.data;
        let start = usize::from(at) % data.len().max(1);
        data.iter_mut().skip(start).zip(bytes).for_each(|(to, from)| *to = *from);
    }

    fn address(&self, at: u8) -> Address {
        let accounts = &self.instruction.accounts;
        accounts[usize::from(at) % accounts.len()].pubkey
    }

    /// Sends lamports to an account, as far as there are this many.
    pub fn give(&mut self, at: u8, lamports: u64) {
        const MOST: u64 = 600_000_000_000_000_000;
        let address = self.address(at);
        if lamports <= MOST && !self.is_machines(&address) {
            let account = self.vm.accounts.entry(address).or_default();
            account.lamports = account.lamports.saturating_add(lamports).min(u64::MAX / 64);
        }
    }

    /// Changes an account as no program could.
    pub fn forge(&mut self, at: u8, change: impl FnOnce(&mut Account)) {
        let address = self.address(at);
        if let Some(account) = self.vm.accounts.get_mut(&address) {
            change(account);
            // All lamports together stay within 64 bits, as on any cluster.
            account.lamports = account.lamports.min(u64::MAX / 64);
            self.is_forged = true;
        }
    }

    /// Puts a copy of an account in its place: with another owner, or as its program would make it for any user.
    pub fn copy(&mut self, at: usize, owner: Option<Address>) {
        let address = self.instruction.accounts[at].pubkey;
        let Some(mut account) = self.vm.accounts.get(&address).cloned() else { return };
        let anybodys = [STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID];
        match owner {
            Some(owner) => account.owner = owner,
            None if anybodys.contains(&account.owner) => {}
            None => return,
        }
        let copy = self.vm.new_address();
        self.vm.accounts.insert(copy, account);
        self.instruction.accounts[at].pubkey = copy;
    }

    /// Whether the machine makes the account itself: a program's or a sysvar's.
    fn is_machines(&self, address: &Address) -> bool {
        !self.vm.accounts.contains_key(address) && self.vm.resolve(address) != Account::default()
    }
}

impl Default for Stage {
    fn default() -> Self {
        Self::new()
    }
}

fn scenarios() -> usize {
    scenario::names().count() + EXTENDED.len()
}

fn make_scenario(vm: &mut Vm, scenario: usize, variant: usize) -> Scenario {
    let token_program = [TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID][variant % 2];
    let kind = PoolKind::ALL[variant / 2];
    vm.set_epoch(EPOCH);
    vm.steady_addresses();
    let (pool, instruction) = match scenario::names().nth(scenario) {
        Some(name) => {
            let made = scenario::make(name, token_program, kind, vm);
            (made.pool, made.instruction)
        }
        None => {
            let pool = scenario::make("DepositSol", token_program, kind, vm).pool;
            let payer = tidepool_tests::accounts::add_wallet(10_000_000_000, vm);
            let (_, make) = EXTENDED[scenario - scenario::names().count()];
            let instruction = make(&pool, payer);
            (pool, instruction)
        }
    };
    Scenario { accounts: vm.accounts.clone(), instruction, pool }
}
