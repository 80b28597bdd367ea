//! What the steps of a history do.

use {
    super::{
        crank::deal,
        oracle::is_active,
        step::Step,
        world::{Finding, World},
    },
    crate::{
        instructions::Holder,
        pool::{UserStake, add_empty_stake, token_balance},
        stake,
    },
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::{
        address::SYSTEM_PROGRAM_ID, instruction::WeightEntry, maths::mul_div_floor, state::ValidatorStakeInfo,
    },
};

/// Seed of all ephemeral stake accounts, which are gone with the instruction.
const EPHEMERAL_SEED: u64 = 1;

impl World<'_> {
    /// Does what the step says, and checks what must be so after every step.
    ///
    /// # Errors
    /// What is not so.
    pub fn apply(&mut self, step: &Step) -> Result<(), Finding> {
        match *step {
            Step::Crank => self.crank()?,
            Step::Rebalance { permille, seed } => self.rebalance_some(permille, seed)?,
            Step::TurnEpoch { epochs, reward_permille, crank } => {
                self.turn_epoch(epochs, reward_permille);
                if crank {
                    self.crank()?;
                }
            }
            Step::Deactivate { validator, transient } => self.tamper(validator, transient, stake::deactivate),
            Step::Destake { validator } => self.tamper(validator, false, |data, _| stake::undelegate(data)),
            Step::CloseVote { validator } => self.toggle_vote(validator),
            Step::Donate { to, validator, lamports } => self.donate(to, validator, lamports),
            Step::Decrease { validator, lamports, variant } => self.decrease(validator, lamports, variant)?,
            _ => {
                if let Some(instruction) = self.instruction(step) {
                    self.run(&instruction);
                }
                // Who holds pool tokens puts in what is theirs and takes out what is theirs, as other tests show.
                if step.is_holders() {
                    self.book.pool_lamports = self.pool_lamports();
                }
            }
        }
        self.check_conservation()?;
        self.check_entries()
    }

    /// The instruction that a step stands for; none where it needs a validator and there is none.
    fn instruction(&mut self, step: &Step) -> Option<Instruction> {
        Some(match *step {
            Step::Increase { validator, lamports, additional } => {
                let record = self.record(validator)?.1;
                let (vote, stake) = (record.vote_account_address, self.stake_of(&record).0);
                let seed = seed_for(&record, additional);
                match additional {
                    false => self.pool.increase(vote, stake, lamports, seed),
                    true => self.pool.increase_additional(vote, stake, lamports, seed, EPHEMERAL_SEED),
                }
            }
            Step::AddValidator { vote } => self.pool.add_validator(self.votes[vote % self.votes.len()], 0),
            Step::RemoveValidator { validator } => {
                let record = self.record(validator)?.1;
                self.pool.remove_validator(self.stake_of(&record).0, self.transient_of(&record).0)
            }
            Step::Cleanup => self.pool.cleanup(),
            Step::SetWeight { validator, weight } => {
                let (index, record) = self.record(validator)?;
                let index = u32::try_from(index).expect("an index of the list");
                self.pool.set_weights(&[WeightEntry::new(index, &record.vote_account_address, weight)])
            }
            Step::SetPolicy { policy } => self.pool.set_policy(policy),
            Step::UpdateSome { start, count, contract } => self.update_some(start, count, contract),
            Step::UpdatePool => self.pool.update_pool(),
            _ => return self.holders(step),
        })
    }

    fn holders(&mut self, step: &Step) -> Option<Instruction> {
        Some(match *step {
            Step::DepositSol { holder, lamports } => {
                let holder = self.holder(holder);
                self.pool.deposit_sol(holder.wallet, self.receiver(holder), None, lamports, None)
            }
            Step::WithdrawSol { holder, permille } => {
                let holder = self.holder(holder);
                self.pool.withdraw_sol(holder, None, self.tokens(holder, permille), None)
            }
            Step::WithdrawStake { holder, validator, transient, permille } => {
                let (holder, record) = (self.holder(holder), self.record(validator)?.1);
                let (split_from, _) = if transient { self.transient_of(&record) } else { self.stake_of(&record) };
                let split_to = add_empty_stake(self.vm);
                self.pool.withdraw_stake(holder, split_from, split_to, self.tokens(holder, permille), None)
            }
            Step::DepositStake { holder, validator, lamports } => {
                let (holder, record) = (self.holder(holder), self.record(validator)?.1);
                let authority = self.pool.state.head.stake_deposit_authority;
                let vote = record.vote_account_address;
                let user = UserStake { authority, vote, delegated: lamports, idle: 0, activation_epoch: 0 };
                let deposit = user.add(self.vm);
                self.pool.deposit_stake(authority, deposit, self.stake_of(&record).0, self.receiver(holder), None)
            }
            _ => return None,
        })
    }

    fn holder(&self, index: usize) -> Holder {
        self.holders[index % self.holders.len()]
    }

    fn tokens(&self, holder: Holder, permille: u64) -> u64 {
        let balance = token_balance(&holder.tokens, self.vm);
        mul_div_floor(balance, permille, 1_000).unwrap_or(balance)
    }

    fn decrease(&mut self, validator: usize, lamports: u64, variant: u8) -> Result<(), Finding> {
        let Some((_, record)) = self.record(validator) else { return Ok(()) };
        let (vote, stake) = (record.vote_account_address, self.stake_of(&record).0);
        let seed = seed_for(&record, variant == 2);
        let instruction = match variant {
            0 => {
                // This variant expects the account's rent to be there.
                let address = self.transient_under(&vote, seed).0;
                if record.transient_stake_lamports.get() == 0 {
                    self.send(address, self.stake_rent);
                }
                self.pool.decrease(&vote, stake, lamports, seed)
            }
            1 => self.pool.decrease_with_reserve(&vote, stake, lamports, seed),
            _ => self.pool.decrease_additional(&vote, stake, lamports, seed, EPHEMERAL_SEED),
        };
        // What is inactive already, and is merged within the epoch, is no turnover.
        let is_active = self.leaves(&stake) == Some(false);
        self.staker_decreases(lamports, is_active, &instruction).map(|_| ())
    }

    fn rebalance_some(&mut self, permille: usize, seed: u64) -> Result<(), Finding> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut indices = self.all();
        random.shuffle(&mut indices);
        indices.truncate((indices.len() * permille).div_ceil(1_000));
        deal(indices, &mut random).iter().try_for_each(|call| self.rebalance(call).map(|_| ()))
    }

    /// Passes epochs. Delegated stake earns this share of itself, in thousandths of a permille.
    pub fn turn_epoch(&mut self, epochs: u64, reward_permille: u64) {
        self.book.epoch += epochs;
        self.book.deactivated = 0;
        self.vm.set_epoch(self.book.epoch);
        for record in self.records() {
            for address in [self.stake_of(&record).0, self.transient_of(&record).0] {
                if let Some(account) = self.vm.accounts.get_mut(&address) {
                    let reward = stake::reward(&account.data, self.book.epoch, reward_permille);
                    stake::pay(account, reward);
                    self.book.pool_lamports += reward;
                }
            }
        }
    }

    fn tamper(&mut self, validator: usize, transient: bool, change: impl FnOnce(&mut [u8], u64)) {
        let Some((_, record)) = self.record(validator) else { return };
        let (address, _) = if transient { self.transient_of(&record) } else { self.stake_of(&record) };
        if let Some(account) = self.vm.accounts.get_mut(&address) {
            change(&mut account.data, self.book.epoch);
            self.book.tampered.insert(record.vote_account_address);
        }
    }

    /// Deactivates a validator's stake from outside, as anyone may where it does not vote.
    pub fn deactivate(&mut self, validator: usize) {
        self.tamper(validator, false, stake::deactivate);
    }

    /// Closes the vote account of a validator, or opens it again.
    pub fn toggle_vote(&mut self, validator: usize) {
        let Some((_, record)) = self.record(validator) else { return };
        let vote = record.vote_account_address;
        if let Some(account) = self.book.closed.remove(&vote) {
            self.vm.accounts.insert(vote, account);
        } else if let Some(account) = self.vm.accounts.remove(&vote) {
            self.book.closed.insert(vote, account);
        }
    }

    /// Opens the vote accounts that were closed, and delegates anew what was deactivated from outside: removes what a pool
    /// cannot recover from by itself.
    pub fn heal(&mut self) {
        for (vote, account) in std::mem::take(&mut self.book.closed) {
            self.vm.accounts.insert(vote, account);
        }
        for record in self.records().iter().filter(|record| is_active(record)) {
            let address = self.stake_of(record).0;
            if let Some(account) = self.vm.accounts.get_mut(&address) {
                // A delegation takes all there is: what was withdrawn of inactive stake is still stated as delegated.
                let lamports = account.lamports.saturating_sub(self.stake_rent);
                stake::edit_delegation(&mut account.data, |delegation| {
                    if std::mem::replace(&mut delegation.deactivation_epoch, u64::MAX) != u64::MAX {
                        delegation.stake = lamports;
                    }
                });
            }
        }
    }

    /// Takes away what was sent to addresses where no stake account is yet.
    pub fn forget_sent_ahead(&mut self) {
        for address in std::mem::take(&mut self.book.sent_ahead) {
            if self.vm.accounts.get(&address).is_some_and(|account| account.owner == SYSTEM_PROGRAM_ID) {
                self.vm.accounts.remove(&address);
            }
        }
        self.book.pool_lamports = self.pool_lamports();
    }

    fn donate(&mut self, to: u8, validator: usize, lamports: u64) {
        let address = match (to, self.record(validator)) {
            (1, Some((_, record))) => self.stake_of(&record).0,
            (2, Some((_, record))) => self.transient_of(&record).0,
            (3, Some((index, record))) => self.rebalanced(index, &record).transient,
            _ => self.pool.state.head.reserve_stake,
        };
        self.send(address, lamports);
    }

    /// Somebody sends lamports to an address of the pool.
    fn send(&mut self, address: Address, lamports: u64) {
        let before = self.pool_lamports();
        self.vm.accounts.entry(address).or_default().lamports += lamports;
        self.book.sent_ahead.insert(address);
        self.book.pool_lamports += self.pool_lamports() - before;
    }
}

impl Step {
    const fn is_holders(&self) -> bool {
        matches!(
            self,
            Self::DepositSol { .. } | Self::WithdrawSol { .. } | Self::WithdrawStake { .. } | Self::DepositStake { .. }
        )
    }
}

/// The seed of stake to be moved: that of the stake in motion, if it is to be joined.
const fn seed_for(record: &ValidatorStakeInfo, additional: bool) -> u64 {
    let seed = record.transient_seed_suffix.get();
    if additional && record.transient_stake_lamports.get() > 0 { seed } else { seed + 1 }
}
