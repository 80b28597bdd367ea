//! Over 400 lines: one harness for all suites.
//!
//! A pool that tests act on: who holds its tokens, what they do, and what it came to, to the lamport.

use {
    crate::{
        SOL,
        accounts::{add_wallet, token_balance},
        extension::PoolKind,
        instructions::{Holder, Receiver, Triple},
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        vm::{Outcome, Vm},
    },
    mollusk_svm::result::types::TransactionProgramResult,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    solana_program_error::ProgramError,
    solana_stake_interface::{
        instruction as stake_instruction,
        state::{Authorized, Lockup},
    },
    solana_vote_interface::state::{VoteStateV4, VoteStateVersions},
    std::collections::{BTreeMap, BTreeSet},
    tidepool_core::maths::ExchangeRate,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{INSTRUCTIONS_ID, STAKE_PROGRAM_ID},
        state::{EntryExtension, ExitTicket, PoolExtension, StakePool, ValidatorStakeInfo},
    },
};

/// Bytes that rent adds to each account's data length.
const ACCOUNT_STORAGE_OVERHEAD: u64 = 128;

/// What the stake program demands of a delegation, in lamports.
pub const MINIMUM_DELEGATION: u64 = SOL;

/// Pool tokens of the attacker.
pub const ATTACKERS_TOKENS: u64 = 50 * SOL;

/// A pool in a machine, an honest holder and an attacker.
pub struct Harness {
    pub vm: Vm,
    pub pool: PoolFixture,
    /// Holds all pool tokens that are not the attacker's.
    pub holder: Holder,
    pub attacker: Holder,
    /// Of the holder's deposits.
    pub to: Receiver,
}

/// Lamports and pool tokens of all accounts.
#[derive(Clone, Debug)]
pub struct Ledger {
    lamports: BTreeMap<Address, u64>,
    tokens: BTreeMap<Address, u64>,
}

/// Three validators of 100 SOL and as much in the reserve, all of it counted: the value of a pool token is a lamport.
pub fn usual(kind: PoolKind) -> PoolSpec {
    let validator = ValidatorSpec::active(100 * SOL, 0);
    PoolSpec {
        reserve: 100 * SOL,
        validators: vec![validator; 3],
        last_update_epoch: EPOCH,
        kind,
        ..PoolSpec::default()
    }
}

impl Harness {
    /// The usual pool, without the extension.
    pub fn usual() -> Self {
        Self::with(usual(PoolKind::Plain))
    }

    /// A pool that holds what its validators and its reserve hold, and as many pool tokens.
    pub fn with(spec: PoolSpec) -> Self {
        Self::with_price(spec, 1)
    }

    /// As [`Self::with`], with a pool token (its smallest unit) of `price` lamports. The reserve is made to fit that.
    pub fn with_price(mut spec: PoolSpec, price: u64) -> Self {
        let vm = Vm::of_tidepool();
        let rent = vm.stake_rent();
        let held = |lamports: u64| if lamports > 0 { lamports + rent } else { 0 };
        let in_stake: u64 = spec.validators.iter().map(|each| each.delegated + rent + held(each.transient)).sum();
        spec.total_lamports = (spec.reserve + in_stake).next_multiple_of(price);
        spec.reserve = spec.total_lamports - in_stake;
        spec.supply = spec.total_lamports / price;
        spec.terms.last_epoch_total_lamports = spec.total_lamports;
        Self::install(vm, &spec, spec.last_update_epoch, ATTACKERS_TOKENS / price)
    }

    /// A raw pool at the start of an epoch. The attacker has this many of its tokens.
    pub fn install(mut vm: Vm, spec: &PoolSpec, epoch: u64, attackers_tokens: u64) -> Self {
        vm.accounts.clear();
        vm.set_cluster_stake(400_000_000 * SOL, 1);
        vm.set_epoch(epoch);
        vm.set_epoch_rewards_active(false);
        let pool = PoolFixture::install(spec, &mut vm);
        let mut user = |tokens| {
            let wallet = add_wallet(10_000 * SOL, &mut vm);
            Holder { wallet, tokens: pool.add_token_account(wallet, tokens, &mut vm) }
        };
        let (attacker, holder) = (user(attackers_tokens), user(spec.supply - attackers_tokens));
        let referrer = pool.add_token_account(Address::new_unique(), 0, &mut vm);
        Self { vm, pool, holder, attacker, to: Receiver { tokens: holder.tokens, referrer } }
    }

    /// Puts another rent in force, in lamports per byte.
    pub fn set_rent(&mut self, lamports_per_byte: u64) {
        self.vm.set_rent(lamports_per_byte);
    }

    /// Rent-exempt lamports of a stake account today.
    pub fn rent(&self) -> u64 {
        self.vm.stake_rent()
    }

    /// Rent-exempt lamports of a stake account at this rent, in lamports per byte.
    pub const fn stake_rent_at(lamports_per_byte: u64) -> u64 {
        (ACCOUNT_STORAGE_OVERHEAD + STAKE_ACCOUNT_SPACE as u64) * lamports_per_byte
    }

    pub fn receiver(&self, holder: Holder) -> Receiver {
        Receiver { tokens: holder.tokens, ..self.to }
    }

    pub fn state(&self) -> StakePool {
        self.pool.read_state(&self.vm)
    }

    pub fn rate(&self) -> ExchangeRate {
        self.state().head.exchange_rate()
    }

    /// The lamports that the pool says it has.
    pub fn total(&self) -> u64 {
        self.rate().total_lamports.get()
    }

    pub fn records(&self) -> Vec<ValidatorStakeInfo> {
        self.pool.records(&self.vm)
    }

    /// Lamports that the records count.
    pub fn pools_counted(&self) -> u64 {
        self.records().iter().map(|record| record.stake_lamports().expect("few lamports")).sum()
    }

    pub fn lamports(&self, address: &Address) -> u64 {
        self.vm.account(address).lamports
    }

    pub fn tokens(&self, holder: Holder) -> u64 {
        token_balance(&holder.tokens, &self.vm)
    }

    pub fn reserve(&self) -> Address {
        self.pool.state.head.reserve_stake
    }

    pub fn vote(&self, index: usize) -> Address {
        self.records()[index].vote_account_address
    }

    /// The validator stake account of the record at `index`.
    pub fn stake(&self, index: usize) -> Address {
        let record = self.records()[index];
        self.pool.validator_stake(&record.vote_account_address, record.validator_seed_suffix.get())
    }

    /// The transient stake account of the record at `index`.
    pub fn transient(&self, index: usize) -> Address {
        let record = self.records()[index];
        self.pool.transient(&record.vote_account_address, record.transient_seed_suffix.get())
    }

    pub fn edit(&mut self, address: &Address, change: impl FnOnce(&mut Account)) {
        change(self.vm.accounts.get_mut(address).expect("an account"));
    }

    pub fn edit_record(&mut self, index: usize, change: impl FnOnce(&mut ValidatorStakeInfo)) {
        self.pool.edit_record(index, &mut self.vm, change);
    }

    /// Puts weights into the records.
    pub fn set_weights(&mut self, weights: &[u16]) {
        for (index, weight) in weights.iter().enumerate() {
            self.edit_record(index, |record| record.extension.set_weight(*weight));
        }
    }

    pub fn entry(&self, index: usize) -> EntryExtension {
        self.records()[index].extension
    }

    /// The pool's extension.
    pub fn extension(&self) -> PoolExtension {
        *PoolExtension::find(&self.vm.account(&self.pool.pool).data).expect("an extended pool")
    }

    /// Changes the pool's extension.
    pub fn edit_extension(&mut self, change: impl FnOnce(&mut PoolExtension)) {
        let pool = self.pool.pool;
        self.edit_data(&pool, |data| change(PoolExtension::find_mut(data).expect("an extended pool")));
    }

    /// An open exit ticket.
    pub fn ticket(&self, id: u64) -> Option<ExitTicket> {
        ExitTicket::decode(&self.vm.account(&self.pool.ticket(id)).data).ok().copied()
    }

    /// Changes the vote account of the validator at `index`.
    pub fn edit_vote(&mut self, index: usize, change: impl FnOnce(&mut VoteStateV4)) {
        let vote = self.vote(index);
        self.edit_data(&vote, |data| {
            let mut state = VoteStateV4::deserialize(data, &Address::default()).expect("a vote state");
            change(&mut state);
            VoteStateV4::serialize(&VoteStateVersions::new_v4(state), data).expect("room for a vote state");
        });
    }

    pub fn edit_data(&mut self, address: &Address, change: impl FnOnce(&mut [u8])) {
        self.edit(address, |account| change(&mut account.data));
    }

    /// Runs instructions as one transaction, which the attacker pays for: where one fails all is as before, and what has no
    /// lamports is gone at the end, not before.
    pub fn transaction(&mut self, instructions: &[Instruction]) -> Result<(), (usize, ProgramError)> {
        let mut metas: Vec<_> = instructions.iter().flat_map(|instruction| instruction.accounts.clone()).collect();
        metas.push(AccountMeta::new(self.attacker.wallet, true));
        let addresses: BTreeSet<_> =
            metas.iter().map(|meta| meta.pubkey).filter(|key| *key != INSTRUCTIONS_ID).collect();
        let accounts: Vec<_> = addresses.into_iter().map(|address| (address, self.vm.resolve(&address))).collect();
        let payer = Some(&self.attacker.wallet);
        let result = self.vm.mollusk.process_transaction_instructions(instructions, &accounts, payer);
        match result.program_result {
            TransactionProgramResult::Success => {}
            TransactionProgramResult::Failure(index, error) => return Err((index, error)),
            TransactionProgramResult::UnknownError(index, error) => panic!("instruction {index}: {error:?}"),
        }
        let is_writable = |address| metas.iter().any(|meta| meta.pubkey == address && meta.is_writable);
        let changed = result.resulting_accounts.into_iter().filter(|(address, _)| is_writable(*address));
        self.vm.accounts.extend(changed);
        self.purge();
        Ok(())
    }

    /// Runs an instruction that succeeds. Beside the reference, the extension is checked and emptied accounts stay for comparison;
    /// otherwise they are dropped.
    #[track_caller]
    pub fn succeed(&mut self, instruction: &Instruction) -> Outcome {
        let is_compared = self.vm.has_reference();
        let outcome = if is_compared { self.ours(instruction) } else { self.vm.process(instruction) };
        assert!(outcome.is_ok(), "{:?}: {:#?}", outcome.result.raw_result, outcome.logs);
        if !is_compared {
            self.purge();
        }
        outcome
    }

    /// Runs an instruction that would succeed, and keeps nothing of it.
    #[track_caller]
    pub fn succeed_in_trial(&mut self, instruction: &Instruction) {
        let outcome = self.vm.simulate(instruction);
        assert!(outcome.is_ok(), "{:?}: {:#?}", outcome.result.raw_result, outcome.logs);
    }

    /// Runs an instruction of the extension.
    #[track_caller]
    pub fn ours(&mut self, instruction: &Instruction) -> Outcome {
        self.vm.process_extension(instruction).expect("the extension is as it should be")
    }

    /// Runs an SPL instruction in both programs.
    #[track_caller]
    pub fn both(&mut self, instruction: &Instruction) -> Result<(), InstructionError> {
        self.vm.compare(instruction).expect("no difference").result.raw_result
    }

    /// Drops accounts without lamports, as the bank does.
    pub fn purge(&mut self) {
        self.vm.accounts.retain(|_, account| account.lamports > 0);
    }

    /// Runs an instruction that the pool's program refuses with the error of this code, or another with one of its own.
    #[track_caller]
    pub fn refused(&mut self, instruction: &Instruction, error: impl Into<u32>) {
        self.fails(instruction, InstructionError::Custom(error.into()));
    }

    /// Runs an instruction that fails, and changes nothing.
    #[track_caller]
    pub fn fails(&mut self, instruction: &Instruction, error: InstructionError) {
        let outcome = self.vm.process(instruction);
        assert_eq!(outcome.result.raw_result, Err(error), "{:#?}", outcome.logs);
    }

    /// SPL's update of the whole list.
    pub fn update_list(&self) -> Instruction {
        let stakes: Vec<_> =
            (0..self.records().len()).map(|index| (self.stake(index), self.transient(index))).collect();
        self.pool.update_list(0, false, &stakes)
    }

    /// The accounts of a compact update of the whole list.
    pub fn compact_accounts(&self) -> Vec<Address> {
        self.pool.compact_accounts(&self.records())
    }

    pub fn update_compactly(&self) -> Instruction {
        self.pool.update_validators(0, self.compact_accounts())
    }

    /// The list's update: the compact one where the pool has the extension.
    pub fn any_update(&self) -> Instruction {
        if self.pool.extension.is_some() { self.update_compactly() } else { self.update_list() }
    }

    /// The accounts of a validator in a rebalance.
    pub fn triple(&self, index: usize) -> Triple {
        let record = self.records()[index];
        let (vote, seed) = (record.vote_account_address, record.rebalance_seed());
        Triple { index: index as u32, vote, stake: self.stake(index), transient: self.pool.transient(&vote, seed) }
    }

    pub fn rebalance(&self, indices: &[usize]) -> Instruction {
        let triples: Vec<_> = indices.iter().map(|index| self.triple(*index)).collect();
        self.pool.rebalance(&triples)
    }

    /// Brings the pool up to date, as a crank does.
    #[track_caller]
    pub fn crank(&mut self) {
        for instruction in [self.any_update(), self.pool.update_pool(), self.pool.cleanup()] {
            self.succeed(&instruction);
        }
    }

    pub fn epoch(&self) -> u64 {
        self.vm.epoch()
    }

    /// Passes an epoch.
    pub fn turn_epoch(&mut self) {
        let epoch = self.epoch() + 1;
        self.vm.set_epoch(epoch);
    }

    /// Passes an epoch and brings the pool up to date.
    #[track_caller]
    pub fn next_epoch(&mut self) {
        self.turn_epoch();
        self.crank();
    }

    /// Passes an epoch and brings the pool up to date by SPL instructions, in both programs.
    #[track_caller]
    pub fn next_epoch_by_spl(&mut self) {
        self.turn_epoch();
        for instruction in [self.update_list(), self.pool.update_pool(), self.pool.cleanup()] {
            self.both(&instruction).expect("an update");
        }
        self.purge();
    }

    /// Adds a validator to the pool.
    pub fn add_validator(&mut self) -> Instruction {
        let vote = self.pool.add_vote_account(0, &mut self.vm);
        self.pool.add_validator(vote, 0)
    }

    /// The attacker sends lamports to an address.
    pub fn send(&self, to: Address, lamports: u64) -> Instruction {
        solana_system_interface::instruction::transfer(&self.attacker.wallet, &to, lamports)
    }

    /// Initialises a stake account at an address, for this authority.
    pub fn initialise_stake(&self, stake: Address, authority: Address, lockup: Lockup) -> Instruction {
        stake_instruction::initialize(&stake, &Authorized::auto(&authority), &lockup)
    }

    /// All balances now.
    pub fn ledger(&self) -> Ledger {
        let lamports = self.vm.accounts.iter().map(|(address, account)| (*address, account.lamports)).collect();
        let is_token = |account: &Account| account.owner == self.pool.state.head.token_program_id;
        let tokens = self.vm.accounts.iter().filter(|(_, account)| is_token(account));
        Ledger { lamports, tokens: tokens.map(|(address, _)| (*address, token_balance(address, &self.vm))).collect() }
    }

    /// Lamports of all stake accounts that the pool commands. What others initialised there is not the pool's.
    pub fn pools_lamports(&self) -> u64 {
        let authority = self.pool.withdraw_authority;
        let is_pools = |account: &&Account| {
            account.owner == STAKE_PROGRAM_ID
                && account.data.get(12..44).is_some_and(|staker| staker == authority.as_ref())
        };
        self.vm.accounts.values().filter(is_pools).map(|account| account.lamports).sum()
    }
}

fn changes(before: &BTreeMap<Address, u64>, after: &BTreeMap<Address, u64>) -> BTreeMap<Address, i128> {
    let addresses: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let amount = |of: &BTreeMap<Address, u64>, address| of.get(address).copied().map_or(0, i128::from);
    addresses
        .into_iter()
        .map(|address| (*address, amount(after, address) - amount(before, address)))
        .filter(|(_, change)| *change != 0)
        .collect()
}

impl Ledger {
    /// Checks that since then these lamports and these pool tokens have changed hands, and none besides.
    #[track_caller]
    pub fn check(&self, h: &Harness, lamports: &[(Address, i128)], tokens: &[(Address, i128)]) {
        let now = h.ledger();
        let expected = |expected: &[(Address, i128)]| -> BTreeMap<_, _> {
            expected.iter().copied().filter(|(_, change)| *change != 0).collect()
        };
        assert_eq!(changes(&self.lamports, &now.lamports), expected(lamports), "lamports");
        assert_eq!(changes(&self.tokens, &now.tokens), expected(tokens), "pool tokens");
    }
}
