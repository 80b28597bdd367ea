//! The pool that the tables of `WithdrawStake` work on, what they do to it, and how a row is judged.

use {
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    solana_stake_interface::state::StakeStateV2,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        StakePoolError::StakeLamportsNotEqualToMinimum,
        address::{STAKE_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        state::StakeStatus,
    },
    tidepool_tests::{
        SOL,
        accounts::{add_empty_stake, add_wallet},
        extension::PoolKind,
        instructions::Holder,
        pool::{PoolFixture, PoolSpec, ValidatorSpec},
        scenario::EPOCH,
        stake::{edit_delegation, set_state},
        vm::Vm,
    },
};

/// What the pool itself wants to stay delegated in an account.
const POOL_MINIMUM: u64 = 1_000_000;

/// Where a token account states its amount.
pub const AMOUNT: std::ops::Range<usize> = 64..72;

/// `GetMinimumDelegation` of the stake program.
const GET_MINIMUM_DELEGATION: [u8; 4] = [13, 0, 0, 0];

/// A pool of one lamport per token, with two validators of 100 and 10 SOL, and a withdrawal of 5 SOL from the first.
pub struct Harness {
    pub vm: Vm,
    pub pool: PoolFixture,
    pub holder: Holder,
    pub split_from: Address,
    pub split_to: Address,
    pub tokens: u64,
    pub minimum: Option<u64>,
    /// Changes of the instruction, made last.
    pub edits: Vec<fn(&mut Instruction)>,
    minimum_delegation: u64,
}

impl Harness {
    pub fn new(mut vm: Vm, token_program: Address, kind: PoolKind) -> Self {
        vm.accounts.clear();
        vm.set_epoch(EPOCH);
        let validator = ValidatorSpec::active(100 * SOL, 10 * SOL);
        let spec = PoolSpec {
            token_program,
            total_lamports: 1_000 * SOL,
            supply: 1_000 * SOL,
            reserve: 500 * SOL,
            validators: vec![validator; 2],
            last_update_epoch: EPOCH,
            kind,
            ..PoolSpec::default()
        };
        let pool = PoolFixture::install(&spec, &mut vm);
        let wallet = add_wallet(SOL, &mut vm);
        let tokens = pool.add_token_account(wallet, 900 * SOL, &mut vm);
        let query = Instruction::new_with_bytes(STAKE_PROGRAM_ID, &GET_MINIMUM_DELEGATION, vec![]);
        let answer = vm.simulate(&query).result.return_data;
        Self {
            split_from: pool.validators[0].stake,
            split_to: add_empty_stake(&mut vm),
            minimum_delegation: u64::from_le_bytes(answer.try_into().expect("eight bytes")),
            holder: Holder { wallet, tokens },
            tokens: 5 * SOL,
            minimum: None,
            edits: vec![],
            pool,
            vm,
        }
    }

    pub fn data(&mut self, address: Address) -> &mut Vec<u8> {
        &mut self.vm.accounts.get_mut(&address).expect("an account").data
    }

    pub fn disown(&mut self, address: Address) {
        self.vm.accounts.get_mut(&address).expect("an account").owner = Address::new_from_array([9; 32]);
    }

    pub fn lamports(&self, address: Address) -> u64 {
        self.vm.account(&address).lamports
    }

    pub fn rent(&self) -> u64 {
        self.vm.stake_rent()
    }

    pub fn minimum_delegation(&self) -> u64 {
        self.minimum_delegation
    }

    /// What must stay in an account.
    pub fn required(&self) -> u64 {
        self.rent() + self.minimum_delegation.max(POOL_MINIMUM)
    }

    /// Value of a token, rounded up.
    pub fn tolerance(&self) -> u64 {
        let head = self.pool.state.head;
        head.total_lamports.get().div_ceil(head.pool_token_supply.get())
    }

    /// SPL's T: stake of more than this can be withdrawn.
    pub fn threshold(&self) -> u64 {
        self.required() + self.minimum_delegation + self.tolerance()
    }

    /// States another exchange rate.
    pub fn price(&mut self, total: u64, supply: u64) {
        let head = &mut self.pool.state.head;
        (head.total_lamports, head.pool_token_supply) = (total.into(), supply.into());
        self.pool.write_pool(&mut self.vm);
    }

    pub fn fee(&mut self, numerator: u64, denominator: u64) {
        self.pool.state.terms.stake_withdrawal_fee = Fee::new(numerator, denominator);
        self.pool.write_pool(&mut self.vm);
    }

    pub fn prefer(&mut self, deposit: Option<Address>, withdraw: Option<Address>) {
        let terms = &mut self.pool.state.terms;
        terms.preferred_deposit_validator_vote_address = deposit;
        terms.preferred_withdraw_validator_vote_address = withdraw;
        self.pool.write_pool(&mut self.vm);
    }

    pub fn vote(&self, index: usize) -> Address {
        self.pool.validators[index].vote
    }

    fn fill(&mut self, address: Address, lamports: u64) {
        let delegated = lamports.saturating_sub(self.rent());
        self.vm.accounts.get_mut(&address).expect("an account").lamports = lamports;
        edit_delegation(self.data(address), |delegation| delegation.stake = delegated);
    }

    /// Puts lamports into the validator account, and only them into its record.
    pub fn hold(&mut self, index: usize, lamports: u64) {
        self.fill(self.pool.validators[index].stake, lamports);
        self.record_active(index, lamports);
    }

    pub fn hold_transient(&mut self, index: usize, lamports: u64) {
        self.fill(self.pool.validators[index].transient, lamports);
        self.record_transient(index, lamports);
    }

    pub fn record_active(&mut self, index: usize, lamports: u64) {
        let vm = &mut self.vm;
        self.pool.edit_record(index, vm, |record| record.active_stake_lamports = lamports.into());
    }

    pub fn record_transient(&mut self, index: usize, lamports: u64) {
        let vm = &mut self.vm;
        self.pool.edit_record(index, vm, |record| record.transient_stake_lamports = lamports.into());
    }

    pub fn status(&mut self, index: usize, status: StakeStatus) {
        self.pool.edit_record(index, &mut self.vm, |record| record.status = status as u8);
    }

    /// Leaves only transient stake to withdraw, and withdraws from the first validator's.
    pub fn only_transient(&mut self) {
        let threshold = self.threshold();
        self.hold(0, threshold);
        self.hold(1, threshold);
        self.split_from = self.pool.validators[0].transient;
    }

    /// Leaves the validators just so much that nothing can be withdrawn, and no transient stake.
    pub fn exhaust(&mut self) {
        let threshold = self.threshold();
        for index in [0, 1] {
            self.hold(index, threshold);
            self.record_transient(index, 0);
        }
    }

    /// Withdraws from the reserve, which the validators allow.
    pub fn use_reserve(&mut self) {
        self.exhaust();
        self.split_from = self.pool.state.head.reserve_stake;
    }

    /// Withdraws the first validator's whole account of `lamports`.
    pub fn remove(&mut self, lamports: u64) {
        self.exhaust();
        self.hold(0, lamports);
        self.tokens = lamports;
    }

    /// Withdraws a whole account at 1000 lamports per token: for `tokens` more than its value, with `lamports` more in it.
    pub fn remove_at_thousand(&mut self, tokens: u64, lamports: i64) {
        self.price(1_000 * SOL, SOL);
        let account = self.required().next_multiple_of(1_000);
        self.remove(account.saturating_add_signed(lamports));
        self.tokens = account / 1_000 + tokens;
    }

    pub fn set_source(&mut self, state: &StakeStateV2) {
        let source = self.split_from;
        set_state(self.data(source), state);
    }

    pub fn fee_account(&mut self) -> &mut Vec<u8> {
        self.data(self.pool.state.head.manager_fee_account)
    }

    /// Whether the manager's fee and the drop of the supply are these.
    pub fn took(&self, fee: u64) -> bool {
        let state = self.pool.read_state(&self.vm);
        let burnt = self.pool.state.head.pool_token_supply.get() - state.head.pool_token_supply.get();
        let fee_account = self.vm.account(&self.pool.state.head.manager_fee_account).data;
        // Some rows leave the account without data, or as one that has no amount.
        let paid =
            fee_account.get(AMOUNT).map_or(0, |bytes| u64::from_le_bytes(bytes.try_into().expect("eight bytes")));
        burnt == self.tokens - fee && paid == fee
    }

    pub fn removed(&self) -> bool {
        let record = self.pool.record(0, &self.vm);
        record.status == StakeStatus::ReadyForRemoval as u8
            && record.active_stake_lamports.get() == 0
            && self.lamports(self.split_from) == 0
    }

    pub fn preferences(&self) -> [Option<Address>; 2] {
        let terms = self.pool.read_state(&self.vm).terms;
        [terms.preferred_deposit_validator_vote_address, terms.preferred_withdraw_validator_vote_address]
    }

    fn process(&mut self) -> Result<Result<(), InstructionError>, String> {
        let mut instruction =
            self.pool.withdraw_stake(self.holder, self.split_from, self.split_to, self.tokens, self.minimum);
        for edit in &self.edits {
            edit(&mut instruction);
        }
        Ok(self.vm.compare(&instruction)?.result.raw_result)
    }
}

/// How a row ends.
pub enum Expected {
    Success,
    /// With success, and this is so.
    And(fn(&Harness) -> bool),
    Error(InstructionError),
}

pub struct Row {
    pub name: &'static str,
    pub set: fn(&mut Harness),
    pub expected: Expected,
}

const BOTH: &[Address] = &[TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID];

/// Pools whose holders get out alike.
const KINDS: [PoolKind; 2] = [PoolKind::Littered, PoolKind::EXTENDED];

/// Runs the rows one by one, with both token programs.
pub fn check(rows: &[Row]) {
    check_with(rows, BOTH);
}

/// Runs the rows one by one, with these token programs.
pub fn check_with(rows: &[Row], token_programs: &[Address]) {
    let each = rows.iter().map(|row| (row.name, std::slice::from_ref(row)));
    check_cases(each, token_programs);
}

/// Runs each row alone, and with all that come after it, the last first: the first one answers.
pub fn check_order(rows: &[Row]) {
    check(rows);
    check_cases((0..rows.len()).map(|index| (rows[index].name, &rows[index..])), BOTH);
}

fn check_cases<'a>(cases: impl Iterator<Item = (&'a str, &'a [Row])>, token_programs: &[Address]) {
    let mut vm = Vm::beside_reference();
    let mut failures = vec![];
    for (name, rows) in cases {
        for (token_program, kind) in token_programs.iter().flat_map(|program| KINDS.map(|kind| (program, kind))) {
            let mut h = Harness::new(vm, *token_program, kind);
            for row in rows.iter().rev() {
                (row.set)(&mut h);
            }
            let result = h.process();
            // A pool with the extension gives stake of a removed validator, but no whole account.
            let is_refused_otherwise = kind.policy().is_some()
                && rows[0].name == "whole, removed"
                && result == Ok(Err(InstructionError::Custom(StakeLamportsNotEqualToMinimum as u32)));
            let as_expected = match (&result, &rows[0].expected) {
                _ if is_refused_otherwise => true,
                (Ok(Ok(())), Expected::Success) => true,
                (Ok(Ok(())), Expected::And(so)) => so(&h),
                (Ok(Err(error)), Expected::Error(expected)) => error == expected,
                _ => false,
            };
            if !as_expected {
                failures.push(format!("{name}, {} rows, {token_program}, {kind:?}: {result:?}", rows.len()));
            }
            vm = h.vm;
        }
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}
