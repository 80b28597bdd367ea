//! The state that operations work on.

use {
    super::{
        Tally,
        operation::{Amount, Operation},
    },
    crate::{
        SOL,
        extension::{
            PoolKind,
            events::{self, Balances},
        },
        instructions::{Holder, Receiver},
        pool::{
            PoolFixture, PoolSpec, UserStake, ValidatorSpec, add_empty_stake, add_vote_account, add_wallet,
            token_balance,
        },
        random::fee_of_kind,
        stake,
        vm::Vm,
    },
    fastrand::Rng,
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_core::maths::{Fee, mul_div_floor},
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        instruction::{EXTENSION_TAG_MIN, FundingType, PreferredValidatorType},
        state::{POOL_MAX_LENGTH, POOL_MIN_LENGTH, PoolTerms, StakeStatus, ValidatorStakeInfo, split_validator_list},
    },
};

/// The epoch in which histories begin.
const FIRST_EPOCH: u64 = 500;

/// Records that one update takes.
const UPDATE_CHUNK: usize = 5;

/// What a history begins with.
#[derive(Clone, Debug)]
pub struct WorldSpec {
    /// The pool.
    pub pool: PoolSpec,
    /// Effective stake of the cluster in lamports, and what of it warms up (and cools down) in each epoch: the more, the
    /// slower the pool's stake follows.
    pub cluster: (u64, u64),
}

impl WorldSpec {
    /// Draws a pool of up to 30 validators, mostly few.
    pub fn draw(random: &mut Rng) -> Self {
        let fee = |random: &mut Rng| match random.u8(0..4) {
            0 => Fee::default(),
            1 => Fee::new(random.u64(0..=100), 100),
            _ => Fee::new(random.u64(0..=50), 1_000),
        };
        let count = if random.u8(0..10) == 0 { random.usize(0..=30) } else { random.usize(0..=5) };
        let validators: Vec<_> = (0..count)
            .map(|_| ValidatorSpec {
                delegated: if random.bool() { SOL } else { random.u64(SOL..500 * SOL) },
                transient: if random.u8(0..4) == 0 { random.u64(SOL..50 * SOL) } else { 0 },
                status: StakeStatus::Active,
            })
            .collect();
        let reserve = random.u64(0..300 * SOL);
        let stake: u64 = validators.iter().map(|each| each.delegated + each.transient).sum();
        let total_lamports = stake + reserve;
        let pool = PoolSpec {
            token_program: if random.bool() { TOKEN_PROGRAM_ID } else { TOKEN_2022_PROGRAM_ID },
            total_lamports,
            supply: mul_div_floor(total_lamports, random.u64(700..=1_000), 1_000).unwrap_or(0),
            reserve,
            epoch_fee: fee(random),
            terms: PoolTerms {
                stake_deposit_fee: fee(random),
                stake_withdrawal_fee: fee(random),
                stake_referral_fee: random.u8(0..=100),
                sol_deposit_fee: fee(random),
                sol_referral_fee: random.u8(0..=100),
                sol_withdrawal_fee: fee(random),
                ..PoolTerms::default()
            },
            validators,
            last_update_epoch: FIRST_EPOCH,
            fee_account_frozen: false,
            // Those that clients make, those that live pools have, and one that no option fits into.
            pool_length: [POOL_MAX_LENGTH, POOL_MAX_LENGTH, 529, 499, POOL_MIN_LENGTH, 700][random.usize(0..6)],
            kind: match random.u8(0..8) {
                0..=2 => PoolKind::EXTENDED,
                3 => PoolKind::Extended(super::extension::policy(random)),
                4 | 5 => PoolKind::Littered,
                _ => PoolKind::Plain,
            },
        };
        let cluster = if random.u8(0..4) == 0 { (10_000 * SOL, 5_000 * SOL) } else { (400_000_000 * SOL, 1) };
        Self { pool, cluster }
    }
}

/// A pool in both machines, and who acts on it.
pub struct World<'a> {
    pub(super) vm: &'a mut Vm,
    pub(super) pool: PoolFixture,
    pub(super) epoch: u64,
    pub(super) holder: Holder,
    to: Receiver,
    /// May become each of the pool's optional authorities.
    pub(super) signer: Address,
    votes: Vec<Address>,
    sabotage: Option<(u8, usize, usize)>,
}

impl<'a> World<'a> {
    /// Makes the pool in both machines.
    pub fn new(spec: &WorldSpec, vm: &'a mut Vm) -> Self {
        vm.accounts.clear();
        vm.set_cluster_stake(spec.cluster.0, spec.cluster.1);
        vm.set_epoch(FIRST_EPOCH);
        vm.set_epoch_rewards_active(false);
        let pool = PoolFixture::install(&spec.pool, vm);
        let wallet = add_wallet(1_000_000 * SOL, vm);
        let tokens = pool.add_token_account(wallet, spec.pool.supply, vm);
        let referrer = pool.add_token_account(Address::new_unique(), 0, vm);
        let mut votes: Vec<_> = pool.validators.iter().map(|each| each.vote).collect();
        votes.extend((0..4).map(|_| add_vote_account(vm)));
        let holder = Holder { wallet, tokens };
        let to = Receiver { tokens, referrer };
        let signer = add_wallet(SOL, vm);
        Self { vm, pool, epoch: FIRST_EPOCH, holder, to, signer, votes, sabotage: None }
    }

    pub(super) fn records(&self) -> Vec<ValidatorStakeInfo> {
        let data = self.vm.account(&self.pool.state.head.validator_list).data;
        split_validator_list(&data).expect("a validator list").1.to_vec()
    }

    /// The record that an index means, if there is any.
    pub(super) fn record(&self, index: usize) -> Option<ValidatorStakeInfo> {
        let records = self.records();
        if records.is_empty() { None } else { Some(records[index % records.len()]) }
    }

    pub(super) fn stake_of(&self, record: &ValidatorStakeInfo) -> Address {
        self.pool.validator_stake(&record.vote_account_address, record.validator_seed_suffix.get())
    }

    pub(super) fn transient_of(&self, record: &ValidatorStakeInfo) -> Address {
        self.pool.transient(&record.vote_account_address, record.transient_seed_suffix.get())
    }

    /// Runs an instruction: in both machines, if both programs have it.
    fn run(&mut self, mut instruction: Instruction, tally: &mut Tally) -> Result<(), String> {
        let sabotage = self.sabotage.take();
        if let Some((how, first, second)) = sabotage {
            let count = instruction.accounts.len();
            match how {
                0 => instruction.accounts[first % count].is_signer = false,
                1 => instruction.accounts[first % count].is_writable = false,
                2 => instruction.accounts.swap(first % count, second % count),
                _ => instruction.accounts.truncate(first % count),
            }
        }
        let before = Balances::read(&self.pool, self.vm);
        let is_extension = instruction.data[0] >= EXTENSION_TAG_MIN;
        let outcome =
            if is_extension { self.vm.process_extension(&instruction) } else { self.vm.compare(&instruction) }?;
        tally.instructions += 1;
        tally.succeeded += u64::from(outcome.is_ok());
        if outcome.is_ok() {
            let after = Balances::read(&self.pool, self.vm);
            before.explain(&after, instruction.data[0], &outcome.logs)?;
            tally.count_extension(instruction.data[0], !events::funds(&outcome.logs).is_empty());
        } else if is_extension && sabotage.is_none() {
            super::extension::check_error(&outcome)?;
        }
        Ok(())
    }

    /// Does what the operation says.
    ///
    /// # Errors
    /// What differs between the programs.
    pub fn apply(&mut self, operation: &Operation, tally: &mut Tally) -> Result<(), String> {
        match *operation {
            Operation::Crank { no_merge } => return self.crank(no_merge, tally),
            Operation::TurnEpoch { epochs, reward_permille } => self.turn_epoch(epochs, reward_permille),
            Operation::EpochRewards { active } => self.vm.set_epoch_rewards_active(active),
            Operation::Donate { to, validator, lamports } => self.donate(to, validator, lamports),
            Operation::Deactivate { validator } => self.edit_stake(validator, stake::deactivate),
            Operation::Destake { validator } => self.edit_stake(validator, |data, _| stake::undelegate(data)),
            Operation::Freeze { frozen } => self.freeze(frozen),
            Operation::Burn { permille } => self.burn(permille),
            Operation::Sabotage { how, first, second } => self.sabotage = Some((how, first, second)),
            Operation::Extension(operation) => {
                if let Some(instruction) = self.extension(operation) {
                    return self.run(instruction, tally);
                }
            }
            _ => {
                if let Some(instruction) = self.instruction(operation) {
                    return self.run(instruction, tally);
                }
            }
        }
        Ok(())
    }

    /// The instruction that an operation stands for; none where it needs a validator and there is none.
    fn instruction(&mut self, operation: &Operation) -> Option<Instruction> {
        Some(match *operation {
            Operation::DepositSol { lamports, minimum, to_fee_account } => {
                let fee_account = self.pool.state.head.manager_fee_account;
                let to = if to_fee_account { Receiver { tokens: fee_account, ..self.to } } else { self.to };
                let authority = self.pool.read_state(self.vm).terms.sol_deposit_authority;
                self.pool.deposit_sol(self.holder.wallet, to, authority, lamports, minimum)
            }
            Operation::DepositStake { validator, delegated, idle, age, minimum } => {
                let authority = self.pool.read_state(self.vm).head.stake_deposit_authority;
                let record = self.record(validator)?;
                let activation_epoch = self.epoch.saturating_sub(age);
                let vote = record.vote_account_address;
                let user = UserStake { authority, vote, delegated, idle, activation_epoch };
                let deposit = user.add(self.vm);
                let validator_stake = self.stake_of(&record);
                self.pool.deposit_stake(authority, deposit, validator_stake, self.to, minimum)
            }
            Operation::WithdrawSol { amount, minimum, from_fee_account } => {
                let holder = if from_fee_account { self.manager() } else { self.holder };
                let authority = self.pool.read_state(self.vm).terms.sol_withdraw_authority;
                let tokens = self.tokens(amount, holder, None);
                self.pool.withdraw_sol(holder, authority, tokens, minimum)
            }
            Operation::WithdrawStake { validator, account, amount, minimum } => {
                let record = self.record(validator);
                let split_from = match (account, &record) {
                    (0, Some(record)) => self.stake_of(record),
                    (1, Some(record)) => self.transient_of(record),
                    _ => self.pool.state.head.reserve_stake,
                };
                let tokens = self.tokens(amount, self.holder, record.as_ref());
                let split_to = add_empty_stake(self.vm);
                self.pool.withdraw_stake(self.holder, split_from, split_to, tokens, minimum)
            }
            Operation::AddValidator { vote, seed } => {
                self.pool.add_validator(self.votes[vote % self.votes.len()], seed)
            }
            Operation::RemoveValidator { validator } => {
                let record = self.record(validator)?;
                self.pool.remove_validator(self.stake_of(&record), self.transient_of(&record))
            }
            Operation::Increase { .. } | Operation::Decrease { .. } => return self.movement(operation),
            Operation::UpdateList { start, count, no_merge } => self.update_list(start, count, no_merge),
            Operation::UpdatePool => self.pool.update_pool(),
            Operation::Cleanup { writable } => {
                let mut instruction = self.pool.cleanup();
                instruction.accounts[0].is_writable = writable;
                instruction
            }
            _ => return self.setting(operation),
        })
    }

    fn movement(&mut self, operation: &Operation) -> Option<Instruction> {
        Some(match *operation {
            Operation::Increase { validator, lamports, seed, ephemeral } => {
                let record = self.record(validator)?;
                let seed = seed.unwrap_or(record.transient_seed_suffix.get());
                let (vote, stake) = (record.vote_account_address, self.stake_of(&record));
                match ephemeral {
                    None => self.pool.increase(vote, stake, lamports, seed),
                    Some(ephemeral) => self.pool.increase_additional(vote, stake, lamports, seed, ephemeral),
                }
            }
            Operation::Decrease { validator, lamports, seed, variant } => {
                let record = self.record(validator)?;
                let seed = seed.unwrap_or(record.transient_seed_suffix.get());
                let (vote, stake) = (record.vote_account_address, self.stake_of(&record));
                match variant {
                    0 => self.pool.decrease(&vote, stake, lamports, seed),
                    1 => self.pool.decrease_with_reserve(&vote, stake, lamports, seed),
                    _ => self.pool.decrease_additional(&vote, stake, lamports, seed, seed),
                }
            }
            _ => return None,
        })
    }

    fn setting(&mut self, operation: &Operation) -> Option<Instruction> {
        Some(match *operation {
            Operation::SetPreferred { withdraw, validator } => {
                let kind = if withdraw { PreferredValidatorType::Withdraw } else { PreferredValidatorType::Deposit };
                let vote = validator.and_then(|index| self.record(index)).map(|record| record.vote_account_address);
                self.pool.set_preferred(kind, vote)
            }
            Operation::SetFee { kind, fee } => self.pool.set_fee(fee_of_kind(kind, fee)),
            Operation::SetFunding { kind, set } => {
                let kind =
                    [FundingType::StakeDeposit, FundingType::SolDeposit, FundingType::SolWithdraw][usize::from(kind)];
                self.pool.set_funding(kind, set.then_some(self.signer))
            }
            _ => return None,
        })
    }

    fn manager(&self) -> Holder {
        Holder { wallet: self.pool.state.head.manager, tokens: self.pool.state.head.manager_fee_account }
    }

    pub(super) fn tokens(&self, amount: Amount, holder: Holder, record: Option<&ValidatorStakeInfo>) -> u64 {
        let balance = token_balance(&holder.tokens, self.vm);
        match amount {
            Amount::Tokens(tokens) => tokens,
            Amount::Share(permille) => mul_div_floor(balance, permille, 1_000).unwrap_or(balance),
            Amount::Whole(more) => {
                let rate = self.pool.read_state(self.vm).head.exchange_rate();
                let lamports = record.map_or(0, |record| self.vm.account(&self.stake_of(record)).lamports);
                rate.pool_tokens_for_deposit(lamports).unwrap_or(0).saturating_add(more)
            }
        }
    }

    fn update_list(&self, start: usize, count: usize, no_merge: bool) -> Instruction {
        let records = self.records();
        let stakes: Vec<_> = (start..start + count)
            .map(|index| match records.get(index) {
                Some(record) => (self.stake_of(record), self.transient_of(record)),
                None => (self.signer, self.signer),
            })
            .collect();
        self.pool.update_list(u32::try_from(start).expect("a small index"), no_merge, &stakes)
    }

    fn crank(&mut self, no_merge: bool, tally: &mut Tally) -> Result<(), String> {
        let count = self.records().len();
        for start in (0..count).step_by(UPDATE_CHUNK) {
            let instruction = self.update_list(start, UPDATE_CHUNK.min(count - start), no_merge);
            self.run(instruction, tally)?;
        }
        self.run(self.pool.update_pool(), tally)?;
        self.run(self.pool.cleanup(), tally)
    }
}
