//! Deliberate differences from SPL behaviour in an extended pool: its records count stake and rent
//! only, its reserve is open to withdrawals of stake where SOL is not, and so is the stake of removed validators; with weights, the
//! rents of decreases stay in its reserve.

use {
    super::kept::ExtendedPool,
    crate::vm::{Outcome, Vm},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{Instruction, error::InstructionError},
    std::mem::offset_of,
    tidepool_interface::{
        StakePoolError::{
            InvalidStakeAccountAddress, SolWithdrawalTooLarge, StakeLamportsNotEqualToMinimum, ValidatorNotFound,
        },
        address::{STAKE_PROGRAM_ID, find_transient_stake, find_validator_stake, find_withdraw_authority},
        external::stake::{Delegation, StakeState},
        instruction::{StakePoolInstruction as Ix, tag},
        state::{
            PoolExtension, StakePool, VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH, ValidatorStakeInfo,
            split_validator_list,
        },
    },
};

/// Place of the first validator's accounts in `UpdateValidatorListBalance`, and of the reserve.
const UPDATED: usize = 7;
const UPDATED_RESERVE: usize = 3;

/// Place of the account that is split in `WithdrawStake`.
const SPLIT_FROM: usize = 3;

/// Lamports that an update sweeps in an extended pool, and SPL's update does not.
#[derive(Debug, Default)]
pub struct Sweep {
    /// The accounts as they were before.
    accounts: Vec<(Address, Account)>,
    /// Whether all of them may be written.
    is_possible: bool,
}

impl Sweep {
    /// Sweeps transient accounts of the records that `instruction` updates: SPL's update of the result equals Tidepool's update of the
    /// original.
    pub fn apply(pool: &ExtendedPool, instruction: &Instruction, vm: &mut Vm) -> Self {
        let mut sweep = Self { accounts: vec![], is_possible: true };
        let Ok(Ix::UpdateValidatorListBalance { start_index, .. }) = Ix::decode(&instruction.data) else {
            return sweep;
        };
        let Some((head, stakes)) = instruction.accounts.split_at_checked(UPDATED) else { return sweep };
        let reserve = &head[UPDATED_RESERVE];
        let records = pool.records.iter().skip(start_index as usize);
        for (record, pair) in records.zip(stakes.as_chunks::<2>().0) {
            let [validator, transient] = pair;
            let is_right =
                validator.pubkey == pool.stake_of(record, vm) && transient.pubkey == pool.transient_of(record, vm);
            let idle = vm.accounts.get(&transient.pubkey).map_or(0, |account| pool.idle_lamports(account, vm));
            if record.transient_stake_lamports.get() == 0 || !is_right || idle == 0 {
                continue;
            }
            for (meta, change) in [(transient, -i128::from(idle)), (reserve, i128::from(idle))] {
                sweep.is_possible &= meta.is_writable;
                let Some(account) = vm.accounts.get_mut(&meta.pubkey) else { continue };
                sweep.accounts.push((meta.pubkey, account.clone()));
                account.lamports = u64::try_from(i128::from(account.lamports) + change).expect("lamports");
            }
        }
        sweep
    }

    /// Whether the instruction can do what this has done.
    pub const fn is_possible(&self) -> bool {
        self.is_possible
    }

    /// Undoes it.
    pub fn restore(self, vm: &mut Vm) {
        vm.accounts.extend(self.accounts.into_iter().rev());
    }
}

impl ExtendedPool {
    fn stake_of(&self, record: &ValidatorStakeInfo, vm: &Vm) -> Address {
        let (vote, seed) = (&record.vote_account_address, record.validator_seed_suffix.get());
        find_validator_stake(&vm.program_id, vote, &self.pool, seed).0
    }

    fn transient_of(&self, record: &ValidatorStakeInfo, vm: &Vm) -> Address {
        let (vote, seed) = (&record.vote_account_address, record.transient_seed_suffix.get());
        find_transient_stake(&vm.program_id, vote, &self.pool, seed).0
    }

    fn delegation(&self, account: &Account, vm: &Vm) -> Option<Delegation> {
        let authority = find_withdraw_authority(&vm.program_id, &self.pool).0;
        let (meta, delegation) = StakeState::decode_delegated(&account.data).ok()?;
        let is_usable = account.owner == STAKE_PROGRAM_ID && meta.is_usable_by_pool(&authority, &self.lockup);
        is_usable.then_some(*delegation)
    }

    /// Lamports of a stake account beyond its rent and what it delegates.
    fn idle_lamports(&self, account: &Account, vm: &Vm) -> u64 {
        let rent = vm.mollusk.sysvars.rent.minimum_balance(account.data.len());
        self.delegation(account, vm)
            .map_or(0, |delegation| account.lamports.saturating_sub(delegation.stake.get()).saturating_sub(rent))
    }

    /// Offsets in the list from which eight bytes each may differ from the reference: after a deposit or a decrease SPL
    /// counts all lamports of the account, and Tidepool no more than rent and delegation, no less than the latter.
    pub fn counted_otherwise(&self, instruction: &Instruction, [ours, theirs]: [&Outcome; 2], vm: &Vm) -> Vec<usize> {
        let tags = [
            tag::DEPOSIT_STAKE,
            tag::DEPOSIT_STAKE_WITH_SLIPPAGE,
            tag::DECREASE_VALIDATOR_STAKE,
            tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE,
            tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE,
        ];
        if !tags.contains(&instruction.data[0]) || !ours.is_ok() || !theirs.is_ok() {
            return vec![];
        }
        let list = |outcome: &Outcome| -> Vec<ValidatorStakeInfo> {
            let accounts = &outcome.result.resulting_accounts;
            let list = accounts.iter().find(|(address, _)| *address == self.list).map(|(_, account)| &account.data[..]);
            split_validator_list(list.unwrap_or_default()).map_or(vec![], |(_, records)| records.to_vec())
        };
        let is_otherwise = |address: &Address, ours: u64, theirs: u64| {
            let account = ours_account(address, vm);
            let delegated = self.delegation(&account, vm).map_or(u64::MAX, |delegation| delegation.stake.get());
            theirs == account.lamports && (delegated..theirs).contains(&ours)
        };
        let mut offsets = vec![];
        for (index, (ours, theirs)) in list(ours).iter().zip(&list(theirs)).enumerate() {
            let start = VALIDATOR_LIST_HEADER_LENGTH + index * VALIDATOR_STAKE_INFO_LENGTH;
            let (active, transient) = (ours.active_stake_lamports, ours.transient_stake_lamports);
            if is_otherwise(&self.stake_of(ours, vm), active.get(), theirs.active_stake_lamports.get()) {
                offsets.push(start + offset_of!(ValidatorStakeInfo, active_stake_lamports));
            }
            if is_otherwise(&self.transient_of(ours, vm), transient.get(), theirs.transient_stake_lamports.get()) {
                offsets.push(start + offset_of!(ValidatorStakeInfo, transient_stake_lamports));
            }
        }
        offsets
    }

    /// Whether SPL rejected a split that this pool allows: the reserve where holders cannot have SOL by their own
    /// signature, or the stake of a removed validator.
    pub fn opens_exit(&self, instruction: &Instruction, theirs: &Outcome, vm: &Vm) -> bool {
        let is_withdrawal = [tag::WITHDRAW_STAKE, tag::WITHDRAW_STAKE_WITH_SLIPPAGE].contains(&instruction.data[0]);
        let Some(source) = instruction.accounts.get(SPLIT_FROM).filter(|_| is_withdrawal) else { return false };
        let Ok(pool) = StakePool::decode(&ours_account(&self.pool, vm).data) else { return false };
        let is_of = |record: &&ValidatorStakeInfo| {
            [self.stake_of(record, vm), self.transient_of(record, vm)].contains(&source.pubkey)
        };
        match theirs.custom_error() {
            Some(code) if code == StakeLamportsNotEqualToMinimum as u32 => {
                pool.terms.sol_withdraw_authority.is_some() && source.pubkey == pool.head.reserve_stake
            }
            // SPL first checks for the account that it would split if the validator were active.
            Some(code) if [ValidatorNotFound as u32, InvalidStakeAccountAddress as u32].contains(&code) => {
                self.records.iter().find(is_of).is_some_and(|record| !record.is_active())
            }
            _ => false,
        }
    }

    /// Whether Tidepool rejected what would take the rents of decreases from the reserve.
    pub fn keeps_rents(&self, ours: &Outcome, theirs: &Outcome, vm: &Vm) -> bool {
        let is_rejected = ours.custom_error() == Some(SolWithdrawalTooLarge as u32)
            || ours.result.raw_result == Err(InstructionError::InsufficientFunds);
        let data = ours_account(&self.pool, vm).data;
        let (Ok(pool), Some(extension)) = (StakePool::decode(&data), PoolExtension::find(&data)) else { return false };
        let rent = vm.stake_rent();
        let kept = extension.working_lamports(rent);
        if !is_rejected || kept == 0 {
            return false;
        }
        let mut accounts = theirs.result.resulting_accounts.iter();
        match accounts.find(|(address, _)| *address == pool.head.reserve_stake) {
            Some((_, reserve)) if theirs.is_ok() => reserve.lamports < rent + kept,
            // SPL fails later, for a reason of its own.
            _ => !theirs.is_ok() && ours.logs.iter().any(|line| line.contains("the rents of decreases stay")),
        }
    }
}

fn ours_account(address: &Address, vm: &Vm) -> Account {
    vm.accounts.get(address).cloned().unwrap_or_default()
}
