//! What the steps of a history do.

use {
    super::{
        crank::deal,
        step::{Amount, Step},
        world::{Finding, World},
    },
    crate::{
        instructions::{Holder, Receiver},
        invariants::exit,
        pool::{UserStake, add_empty_stake, token_balance},
        random::fee_of_kind,
        stake,
    },
    solana_instruction::Instruction,
    tidepool_interface::{
        instruction::{FundingType, PreferredValidatorType, WeightEntry},
        maths::mul_div_floor,
        state::ValidatorStakeInfo,
    },
};

/// Seed of all ephemeral stake accounts, which are gone with the instruction.
pub(super) const EPHEMERAL_SEED: u64 = 1;

impl World<'_> {
    /// Does what the step says, and checks what must be so after every step.
    ///
    /// # Errors
    /// What is not so.
    pub fn apply(&mut self, step: &Step) -> Result<(), Finding> {
        match *step {
            Step::Crank => self.crank()?,
            Step::CrankByContract { no_merge } => self.crank_by_contract(no_merge)?,
            Step::Rebalance { permille, seed } => self.rebalance_some(permille, seed)?,
            Step::TurnEpoch { epochs, reward_permille, crank } => {
                self.turn_epoch(epochs, reward_permille);
                if crank {
                    self.crank()?;
                }
            }
            Step::Decrease { validator, lamports, variant } => self.decrease(validator, lamports, variant)?,
            Step::Exit { holder } => exit::try_one(self, self.holder(holder))?,
            _ if self.happens(step) => {}
            _ => {
                if let Some(instruction) = self.instruction(step) {
                    self.run(&instruction);
                }
            }
        }
        self.take_finding()?;
        self.check_entries()
    }

    /// Does what the step says, if it is none of an instruction.
    fn happens(&mut self, step: &Step) -> bool {
        match *step {
            Step::Deactivate { validator, transient } => self.tamper(validator, transient, stake::deactivate),
            Step::Destake { validator } => self.tamper(validator, false, |data, _| stake::undelegate(data)),
            Step::CloseVote { validator } => self.toggle_vote(validator),
            Step::Donate { to, validator, lamports } => self.donate(to, validator, lamports),
            Step::Burn { holder, permille } => self.burn(holder, permille),
            Step::ChangeFeeAccount { state } => self.change_fee_account(state),
            Step::Slash { validator, transient, permille } => self.slash(validator, transient, permille),
            Step::SetRent { percent } => self.set_rent(percent),
            Step::EpochRewards { is_active } => self.pay_rewards(is_active),
            Step::Sabotage { how, first, second } => self.book.sabotage = Some((how, first, second)),
            _ => return false,
        }
        true
    }

    /// The instruction that a step stands for; none where it needs a validator and there is none.
    fn instruction(&mut self, step: &Step) -> Option<Instruction> {
        let mut instruction = match *step {
            Step::Increase { validator, lamports, additional } => self.increase(validator, lamports, additional)?,
            Step::IncreaseAll { validator, rents, additional } => {
                let reserve = self.lamports(&self.pool.state.head.reserve_stake);
                self.increase(validator, reserve.saturating_sub(rents * self.stake_rent), additional)?
            }
            Step::AddValidator { vote, seed } => self.pool.add_validator(self.votes[vote % self.votes.len()], seed),
            Step::RemoveValidator { validator } => {
                let record = self.record(validator)?.1;
                self.pool.remove_validator(self.stake_of(&record).0, self.transient_of(&record).0)
            }
            Step::Cleanup => self.pool.cleanup(),
            Step::UpdateSome { start, count, contract } => self.update_some(start, count, contract),
            Step::CountSome { start, count } => self.count_some(start, count),
            Step::UpdatePool => self.pool.update_pool(),
            _ => match self.setting(step) {
                Some(instruction) => instruction,
                None => self.holders(step)?,
            },
        };
        if let Some(sabotage) = self.book.sabotage.take() {
            spoil(&mut instruction, sabotage);
        }
        Some(instruction)
    }

    fn increase(&self, validator: usize, lamports: u64, additional: bool) -> Option<Instruction> {
        let record = self.record(validator)?.1;
        let (vote, stake) = (record.vote_account_address, self.stake_of(&record).0);
        let seed = seed_for(&record, additional);
        Some(match additional {
            false => self.pool.increase(vote, stake, lamports, seed),
            true => self.pool.increase_additional(vote, stake, lamports, seed, EPHEMERAL_SEED),
        })
    }

    fn setting(&mut self, step: &Step) -> Option<Instruction> {
        Some(match *step {
            Step::SetPreferred { withdraw, validator } => {
                let kind = if withdraw { PreferredValidatorType::Withdraw } else { PreferredValidatorType::Deposit };
                let vote =
                    validator.and_then(|index| self.record(index)).map(|(_, record)| record.vote_account_address);
                self.pool.set_preferred(kind, vote)
            }
            Step::SetFee { kind, fee } => self.pool.set_fee(fee_of_kind(kind, fee)),
            Step::SetFunding { kind, set } => {
                let kinds = [FundingType::StakeDeposit, FundingType::SolDeposit, FundingType::SolWithdraw];
                self.pool.set_funding(kinds[usize::from(kind) % kinds.len()], set.then_some(self.signer))
            }
            Step::Extend => {
                if !self.is_extended() {
                    self.book.tampered.extend(self.votes_in_motion());
                }
                self.pool.extend(self.holders[0].wallet)
            }
            Step::SetWeight { validator, weight } => {
                let (index, record) = self.record(validator)?;
                let index = u32::try_from(index).expect("an index of the list");
                self.pool.set_weights(&[WeightEntry::new(index, &record.vote_account_address, weight)])
            }
            Step::SetPolicy { policy } => self.pool.set_policy(policy),
            _ => return None,
        })
    }

    fn holders(&mut self, step: &Step) -> Option<Instruction> {
        let terms = self.pool.read_state(self.vm).terms;
        Some(match *step {
            Step::DepositSol { holder, lamports, minimum, referral } => {
                let holder = self.holder(holder);
                let to = self.referred(holder, referral);
                self.pool.deposit_sol(holder.wallet, to, terms.sol_deposit_authority, lamports, minimum)
            }
            Step::WithdrawSol { holder, amount, minimum } => {
                let holder = self.holder(holder);
                let tokens = self.tokens(holder, amount, None);
                self.pool.withdraw_sol(holder, terms.sol_withdraw_authority, tokens, minimum)
            }
            Step::WithdrawStake { holder, validator, source, amount, minimum } => {
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
            Step::DepositStake { holder, validator, lamports, idle, age, minimum, referral } => {
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

    /// Where the tokens of a deposit go that was referred by the holder (1), the manager (2) or somebody else.
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
                rate.pool_tokens_for_deposit(lamports).unwrap_or(0).saturating_add(more)
            }
        }
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
        if self.is_wild {
            self.run(&instruction);
            return Ok(());
        }
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
}

/// The seed of stake to be moved: that of the stake in motion, if it is to be joined.
const fn seed_for(record: &ValidatorStakeInfo, additional: bool) -> u64 {
    let seed = record.transient_seed_suffix.get();
    if additional && record.transient_stake_lamports.get() > 0 { seed } else { seed + 1 }
}

/// Takes a signature or the right to write from an account, swaps two, or leaves some away.
fn spoil(instruction: &mut Instruction, (how, first, second): (u8, usize, usize)) {
    let count = instruction.accounts.len();
    match how {
        0 => instruction.accounts[first % count].is_signer = false,
        1 => instruction.accounts[first % count].is_writable = false,
        2 => instruction.accounts.swap(first % count, second % count),
        _ => instruction.accounts.truncate(first % count),
    }
}
