//! What an instruction must leave of the extension.

use {
    crate::vm::Vm,
    bytemuck::Zeroable,
    solana_address::Address,
    solana_instruction::Instruction,
    std::{fmt::Write as _, mem::offset_of, ops::Range},
    tidepool_interface::{
        address::{find_transient_stake, find_validator_stake, find_withdraw_authority},
        external::stake::StakeState,
        instruction::{ExtensionInstruction, tag},
        state::{
            AccountType, EntryExtension, POOL_MAX_LENGTH, PodLockup, PoolExtension, PoolHead, StakePool,
            VALIDATOR_LIST_HEADER_LENGTH, VALIDATOR_STAKE_INFO_LENGTH, ValidatorStakeInfo, split_validator_list,
        },
    },
};

/// Whether a byte of the validator list is one of those four of a record that SPL leaves unused.
pub const fn is_extension_byte(offset: usize) -> bool {
    let Some(offset) = offset.checked_sub(VALIDATOR_LIST_HEADER_LENGTH) else { return false };
    let offset = offset % VALIDATOR_STAKE_INFO_LENGTH;
    let start = offset_of!(ValidatorStakeInfo, extension);
    offset >= start && offset < start + size_of::<EntryExtension>()
}

/// A pool with the extension, as it was before an instruction.
pub struct ExtendedPool {
    pub(crate) pool: Address,
    /// Its validator list.
    pub list: Address,
    pub(super) lockup: PodLockup,
    tail: Vec<u8>,
    pub(super) records: Vec<ValidatorStakeInfo>,
}

fn records(list: &Address, vm: &Vm) -> Vec<ValidatorStakeInfo> {
    let data = vm.account(list).data;
    split_validator_list(&data).map_or(vec![], |(_, records)| records.to_vec())
}

fn tail(pool: &Address, vm: &Vm) -> Vec<u8> {
    vm.account(pool).data.get(POOL_MAX_LENGTH..).map_or(vec![], <[u8]>::to_vec)
}

impl ExtendedPool {
    /// The pool with the extension among an instruction's accounts, if there is any.
    pub fn find(instruction: &Instruction, vm: &Vm) -> Option<Self> {
        let pool = instruction.accounts.iter().map(|meta| meta.pubkey).find(|address| {
            vm.accounts.get(address).is_some_and(|account| {
                account.owner == vm.program_id
                    && account.data.first() == Some(&(AccountType::StakePool as u8))
                    && PoolExtension::find(&account.data).is_some()
            })
        })?;
        let PoolHead { validator_list: list, lockup, .. } = StakePool::decode(&vm.account(&pool).data).ok()?.head;
        Some(Self { pool, list, lockup, tail: tail(&pool, vm), records: records(&list, vm) })
    }

    fn before(&self, vote: &Address) -> Option<&ValidatorStakeInfo> {
        self.records.iter().find(|record| record.vote_account_address == *vote)
    }

    /// Checks what an instruction has left of the extension.
    pub fn check(&self, instruction: &Instruction, vm: &Vm) -> Result<(), String> {
        let mut text = String::new();
        let records = records(&self.list, vm);
        let mut expected = self.tail.clone();
        // The first weight above 0 is noted.
        if let Ok(ExtensionInstruction::SetValidatorWeights { weights, .. }) =
            ExtensionInstruction::decode(&instruction.data)
            && weights.iter().any(|entry| entry.weight.get() > 0)
        {
            expected[offset_of!(PoolExtension, had_weights)] = 1;
        }
        let after = tail(&self.pool, vm);
        if !after.is_empty() {
            for range in written_by(instruction.data[0]) {
                expected[range.clone()].copy_from_slice(&after[range]);
            }
        }
        if after != expected {
            let _ = writeln!(text, "the pool's extension changed");
        }
        for (index, record) in records.iter().enumerate() {
            let before = self.before(&record.vote_account_address);
            if !is_weight_right(instruction.data[0], before, record) {
                let _ = writeln!(text, "record {index}: weight of {before:?} became that of {record:?}");
            }
            if before != Some(record) {
                self.check_caches(&mut text, instruction.data[0], index, before, record, vm);
            }
        }
        if text.is_empty() { Ok(()) } else { Err(text) }
    }

    /// A cached bump is the one that the search finds. A direction, where it is known, is that of the account.
    fn check_caches(
        &self,
        text: &mut String,
        instruction: u8,
        index: usize,
        before: Option<&ValidatorStakeInfo>,
        record: &ValidatorStakeInfo,
        vm: &Vm,
    ) {
        let (vote, entry) = (record.vote_account_address, record.extension);
        let (_, bump) = find_validator_stake(&vm.program_id, &vote, &self.pool, record.validator_seed_suffix.get());
        if entry.validator_bump().is_some_and(|cached| cached != bump) {
            let _ = writeln!(text, "record {index}: {entry:?}, but the validator stake account's bump is {bump}");
        }
        let Some(cached) = entry.transient_bump() else { return };
        let seed = record.transient_seed_suffix.get();
        let (address, bump) = find_transient_stake(&vm.program_id, &vote, &self.pool, seed);
        if cached != bump {
            let _ = writeln!(text, "record {index}: {entry:?}, but the transient stake account's bump is {bump}");
        }
        if record.transient_stake_lamports.get() == 0 {
            return;
        }
        // Where nothing was cached when stake was activating or deactivating already, as in a list that SPL tools made, it is taken to leave
        // until an update.
        let is_guess = entry.is_deactivating()
            && ![tag::UPDATE_VALIDATOR_LIST_BALANCE, tag::UPDATE_VALIDATORS].contains(&instruction)
            && before
                .is_some_and(|before| before.transient_stake_lamports.get() > 0 && before.extension.is_deactivating());
        let (withdraw_authority, _) = find_withdraw_authority(&vm.program_id, &self.pool);
        if let Ok(StakeState::Stake(meta, delegation)) = StakeState::decode(&vm.account(&address).data)
            && meta.staker == withdraw_authority
            && delegation.is_delegated() == entry.is_deactivating()
            && !is_guess
        {
            let _ = writeln!(text, "record {index}: {entry:?} has the wrong direction, {before:?} became {record:?}");
        }
    }
}

/// Bytes of the pool's extension that an instruction may write.
fn written_by(instruction: u8) -> Vec<Range<usize>> {
    macro_rules! field {
        ($name:ident) => {{
            let start = offset_of!(PoolExtension, $name);
            start..start + size_of_val(&PoolExtension::zeroed().$name)
        }};
    }
    match instruction {
        tag::UPDATE_STAKE_POOL_BALANCE => vec![field!(ledger), field!(halted_until_epoch)],
        tag::SET_REBALANCE_POLICY => vec![field!(policy), field!(announcements)],
        tag::SET_DEMOTION_POLICY => vec![field!(demotion), field!(announcements)],
        tag::SET_MANAGER | tag::SET_STAKER | tag::SET_FEE | tag::SET_FUNDING_AUTHORITY | tag::CANCEL_ANNOUNCEMENT => {
            vec![field!(announcements)]
        }
        tag::SET_LIMITS => vec![field!(limits)],
        tag::DEMOTE_VALIDATOR => vec![field!(demotions)],
        tag::REQUEST_EXIT | tag::CLAIM_EXIT | tag::CANCEL_EXIT => vec![field!(tickets)],
        _ => Vec::new(),
    }
}

/// Weights stay with their validators, but for those of a validator that is removed, demoted, or that a rebalance cannot stake with.
fn is_weight_right(instruction: u8, before: Option<&ValidatorStakeInfo>, after: &ValidatorStakeInfo) -> bool {
    let of = |record: &ValidatorStakeInfo| (record.extension.weight(), record.extension.is_demoted());
    match before {
        _ if instruction == tag::SET_VALIDATOR_WEIGHTS => true,
        Some(before) if instruction == tag::REMOVE_VALIDATOR_FROM_POOL && before.status != after.status => {
            of(after) == (0, false)
        }
        Some(before) if instruction == tag::DEMOTE_VALIDATOR && of(after) == (0, true) => {
            !before.extension.is_demoted()
        }
        Some(before) if instruction == tag::REBALANCE && of(after) == (0, false) => !before.extension.is_demoted(),
        Some(before) => of(after) == of(before),
        None => of(after) == (0, false),
    }
}
