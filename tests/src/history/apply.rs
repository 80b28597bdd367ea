//! What the operations of a history do.

use {
    super::{
        crank::deal,
        draw::EPHEMERAL_SEED,
        operation::{Amount, Chosen, Operation, Seed},
        world::{Finding, World},
    },
    crate::{
        accounts::{UserStake, add_empty_stake, token_balance},
        instructions::{Holder, Receiver},
        invariants::exit,
        random::fee_of_kind,
        stake,
        vm::Outcome,
    },
    solana_instruction::Instruction,
    tidepool_core::maths::{Lamports, PoolTokens, mul_div_floor},
    tidepool_interface::{
        instruction::{FundingType, PreferredValidatorType, WeightEntry},
        state::ValidatorStakeInfo,
    },
};

impl World<'_> {
    /// Does what the operation says.
    pub fn apply(&mut self, operation: &Operation) -> Result<(), Finding> {
        match *operation {
            Operation::Crank => self.crank()?,
            Operation::CrankBySpl { no_merge } => self.crank_by_spl(no_merge)?,
            Operation::SplUpdates { no_merge } => self.spl_updates(no_merge),
            Operation::Rebalance { chosen: Chosen::Share { permille, seed } } => self.rebalance_some(permille, seed)?,
            Operation::TurnEpoch { epochs, reward_permille, crank } => {
                self.turn_epoch(epochs, reward_permille);
                if crank {
                    self.crank()?;
                }
            }
            Operation::StepRent { reward_permille, crank } => {
                self.step_rent(reward_permille);
                if crank {
                    self.crank()?;
                }
            }
            Operation::Exit { holder } => exit::try_one(self, self.holder(holder))?,
            _ if self.happens(operation) => {}
            _ => {
                if let Some(instruction) = self.instruction(operation) {
                    self.run_operation(instruction);
                }
            }
        }
        self.take_finding()
    }

    /// Runs an instruction, which is sabotaged if that was drawn before.
    pub(super) fn run_operation(&mut self, mut instruction: Instruction) -> Outcome {
        if let Some(sabotage) = self.book.sabotage.take() {
            sabotage_instruction(&mut instruction, sabotage);
            self.book.is_sabotaged = true;
        }
        let outcome = self.run(&instruction);
        self.book.is_sabotaged = false;
        outcome
    }

    /// Does what the operation says, if it is not an instruction of the program.
    fn happens(&mut self, operation: &Operation) -> bool {
        match *operation {
            Operation::Deactivate { validator, transient } => self.tamper(validator, transient, stake::deactivate),
            Operation::Destake { validator } => self.tamper(validator, false, |data, _| stake::undelegate(data)),
            Operation::CloseVote { validator } => self.toggle_vote(validator),
            Operation::Donate { to, validator, lamports } => self.donate(to, validator, lamports),
            Operation::Burn { holder, permille } => self.burn(holder, permille),
            Operation::ChangeFeeAccount { state } => self.change_fee_account(state),
            Operation::Slash { validator, transient, permille } => self.slash(validator, transient, permille),
            Operation::SetRent { percent } => self.set_rent(percent),
            Operation::EpochRewards { is_active } => self.pay_rewards(is_active),
            Operation::Sabotage { how, first, second } => self.book.sabotage = Some((how, first, second)),
            _ => return false,
        }
        true
    }

    /// The instruction of an operation; none where it needs a validator and there is none.
    fn instruction(&mut self, operation: &Operation) -> Option<Instruction> {
        Some(match *operation {
            Operation::Increase { validator, lamports, seed, ephemeral } => {
                self.increase(validator, lamports, seed, ephemeral)?
            }
            Operation::IncreaseAll { validator, rents, ephemeral } => {
                let reserve = self.lamports(&self.pool.state.head.reserve_stake);
                let lamports = reserve.saturating_sub(rents * self.stake_rent);
                self.increase(validator, lamports, Seed::Fitting, ephemeral)?
            }
            Operation::Decrease { validator, lamports, seed, variant } => {
                self.decrease(validator, lamports, seed, variant)?
            }
            Operation::AddValidator { vote, seed } => {
                self.pool.add_validator(self.votes[vote % self.votes.len()], seed)
            }
            Operation::RemoveValidator { validator } => {
                let record = self.record(validator)?.1;
                self.pool.remove_validator(self.stake_of(&record).0, self.transient_of(&record).0)
            }
            Operation::Cleanup { writable } => {
                let mut instruction = self.pool.cleanup();
                instruction.accounts[0].is_writable = writable;
                instruction
            }
            Operation::UpdateSome { start, count, spl, landed } => self.update_some(start, count, spl, landed),
            Operation::CountSome { start, count } => self.count_some(start, count),
            Operation::Rebalance { chosen: Chosen::From { first, count } } => {
                let records = self.records();
                let first = first.checked_rem(records.len())?;
                let indices = (first..first + count.min(records.len())).map(|index| index % records.len());
                let validators: Vec<_> = indices.map(|index| self.rebalanced(index, &records[index])).collect();
                self.pool.rebalance(&validators)
            }
            Operation::UpdatePool => self.pool.update_pool(),
            _ => match self.setting(operation) {
                Some(instruction) => instruction,
                None => self.holders(operation)?,
            },
        })
    }

    fn increase(&self, validator: usize, lamports: u64, seed: Seed, ephemeral: Option<u64>) -> Option<Instruction> {
        let record = self.record(validator)?.1;
        let (vote, stake) = (record.vote_account_address, self.stake_of(&record).0);
        let seed = seed.of(&record, ephemeral.is_some());
        Some(match ephemeral {
            None => self.pool.increase(vote, stake, lamports, seed),
            Some(ephemeral) => self.pool.increase_additional(vote, stake, lamports, seed, ephemeral),
        })
    }

    fn decrease(&mut self, validator: usize, lamports: u64, choice: Seed, variant: u8) -> Option<Instruction> {
        let record = self.record(validator)?.1;
        let (vote, stake) = (record.vote_account_address, self.stake_of(&record).0);
        let seed = choice.of(&record, variant == 2);
        let is_fitting = matches!(choice, Seed::Fitting);
        // This variant expects the account's rent to be there.
        if variant == 0 && is_fitting && record.transient_stake_lamports.get() == 0 {
            self.send(self.transient_under(&vote, seed).0, self.stake_rent);
        }
        Some(match variant {
            0 => self.pool.decrease(&vote, stake, lamports, seed),
            1 => self.pool.decrease_with_reserve(&vote, stake, lamports, seed),
            _ => {
                let ephemeral = if is_fitting { EPHEMERAL_SEED } else { seed };
                self.pool.decrease_additional(&vote, stake, lamports, seed, ephemeral)
            }
        })
    }

    fn setting(&mut self, operation: &Operation) -> Option<Instruction> {
        Some(match *operation {
            Operation::SetPreferred { withdraw, validator } => {
                let kind = if withdraw { PreferredValidatorType::Withdraw } else { PreferredValidatorType::Deposit };
                let vote =
                    validator.and_then(|index| self.record(index)).map(|(_, record)| record.vote_account_address);
                self.pool.set_preferred(kind, vote)
            }
            Operation::SetFee { kind, fee } => self.pool.set_fee(fee_of_kind(kind, fee)),
            Operation::SetFunding { kind, set } => {
                let kinds = [FundingType::StakeDeposit, FundingType::SolDeposit, FundingType::SolWithdraw];
                self.pool.set_funding(kinds[usize::from(kind) % kinds.len()], set.then_some(self.signer))
            }
            Operation::Extend => {
                if !self.is_extended() {
                    self.book.tampered.extend(self.votes_with_transient_stake());
                }
                self.pool.extend(self.holders[0].wallet)
            }
            Operation::SetWeights { validator, first, second } => {
                let (index, _) = self.record(validator)?;
                let records = self.records();
                let chosen = records.iter().enumerate().skip(index).zip(std::iter::once(first).chain(second));
                let entries: Vec<_> = chosen
                    .map(|((index, record), weight)| {
                        let index = u32::try_from(index).expect("an index of the list");
                        WeightEntry::new(index, &record.vote_account_address, weight)
                    })
                    .collect();
                self.pool.set_weights(&entries)
            }
            Operation::SetPolicy { policy } => self.pool.set_policy(policy),
            _ => return None,
        })
    }

    fn holders(&mut self, operation: &Operation) -> Option<Instruction> {
        let terms = self.pool.read_state(self.vm).terms;
        Some(match *operation {
            Operation::DepositSol { holder, lamports, minimum, referral } => {
                let holder = self.holder(holder);
                let to = self.referred(holder, referral);
                self.pool.deposit_sol(holder.wallet, to, terms.sol_deposit_authority, lamports, minimum)
            }
            Operation::WithdrawSol { holder, amount, minimum } => {
                let holder = self.holder(holder);
                let tokens = self.tokens(holder, amount, None);
                self.pool.withdraw_sol(holder, terms.sol_withdraw_authority, tokens, minimum)
            }
            Operation::WithdrawStake { holder, validator, source, amount, minimum } => {
                let (holder, record) = (self.holder(holder), self.record(validator));
                let split_from = match (source, &record) {
                    (0, Some((_, record))) => self.stake_of(record).0,
                    (1, Some((_, record))) => self.transient_of(record).0,
                    _ => self.pool.state.head.reserve_stake,
                };
                let tokens = self.tokens(holder, amount, record.as_ref().map(|(_, record)| record));
                let split_to = add_empty_stake(self.vm);
                self.pool.withdraw_stake(holder, split_from, split_to, tokens, minimum)
            }
            Operation::DepositStake { holder, validator, lamports, idle, age, minimum, referral } => {
                let (holder, record) = (self.holder(holder), self.record(validator)?.1);
                let authority = self.pool.read_state(self.vm).head.stake_deposit_authority;
                let user = UserStake {
                    authority,
                    vote: record.vote_account_address,
                    delegated: lamports,
                    idle,
                    activation_epoch: self.book.epoch.saturating_sub(age),
                };
                let deposit = user.add(self.vm);
                let to = self.referred(holder, referral);
                self.pool.deposit_stake(authority, deposit, self.stake_of(&record).0, to, minimum)
            }
            _ => return None,
        })
    }

    /// Receiver of the tokens of a deposit that was referred by the holder (1), the manager (2) or a third party.
    fn referred(&self, holder: Holder, referral: u8) -> Receiver {
        let receiver = self.receiver(holder);
        match referral {
            1 => Receiver { referrer: holder.tokens, ..receiver },
            2 => Receiver { referrer: self.pool.state.head.manager_fee_account, ..receiver },
            _ => receiver,
        }
    }

    pub(super) fn holder(&self, index: usize) -> Holder {
        self.holders[index % self.holders.len()]
    }

    fn tokens(&self, holder: Holder, amount: Amount, record: Option<&ValidatorStakeInfo>) -> u64 {
        let balance = token_balance(&holder.tokens, self.vm);
        match amount {
            Amount::Share(permille) => mul_div_floor(balance, permille, 1_000).unwrap_or(balance),
            Amount::Exactly(tokens) => tokens,
            Amount::Whole(more) => {
                let rate = self.pool.read_state(self.vm).head.exchange_rate();
                let lamports = record.map_or(0, |record| self.lamports(&self.stake_of(record).0));
                rate.pool_tokens_for_deposit(Lamports::new(lamports)).map_or(0, PoolTokens::get).saturating_add(more)
            }
        }
    }

    fn rebalance_some(&mut self, permille: usize, seed: u64) -> Result<(), Finding> {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut indices = self.all();
        random.shuffle(&mut indices);
        indices.truncate((indices.len() * permille).div_ceil(1_000));
        deal(indices, &mut random).iter().try_for_each(|call| self.rebalance(call).map(|_| ()))
    }
}

impl Seed {
    const fn of(self, record: &ValidatorStakeInfo, is_additional: bool) -> u64 {
        let seed = record.transient_seed_suffix.get();
        match self {
            Self::Exactly(seed) => seed,
            Self::OfRecord => seed,
            Self::Fitting if is_additional && record.transient_stake_lamports.get() > 0 => seed,
            Self::Fitting => seed + 1,
        }
    }
}

/// Removes a signature or a writable flag, swaps two accounts, or cuts the accounts short.
fn sabotage_instruction(instruction: &mut Instruction, (how, first, second): (u8, usize, usize)) {
    let count = instruction.accounts.len();
    match how {
        0 => instruction.accounts[first % count].is_signer = false,
        1 => instruction.accounts[first % count].is_writable = false,
        2 => instruction.accounts.swap(first % count, second % count),
        _ => instruction.accounts.truncate(first % count),
    }
}
