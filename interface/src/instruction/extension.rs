//! Instructions that Tidepool adds to the contract: tags 64 to 68.

use {
    super::tag,
    crate::state::{RebalancePolicy, U16, U32, ValidatorStakeInfo},
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Lowest tag of an instruction that the contract does not have.
pub const EXTENSION_TAG_MIN: u8 = tag::EXTEND_POOL;

/// Most validators that one [`ExtensionInstruction::Rebalance`] may name. The runtime runs 64 instructions for a transaction, of
/// which a movement takes four or five: twelve movements or so are the most that it carries out.
pub const REBALANCED_VALIDATORS_MAX: usize = crate::rebalance::PASSED_OVER_MAX;

/// Slots for which `Rebalance` moves nothing after an [`ExtensionInstruction::SetValidatorWeights`] that more weights follow: an
/// hour of slots of 400 ms.
pub const WEIGHTS_PAUSE_SLOTS: u64 = 9_000;

/// A weight to set, with enough of the validator's address to tell whether the entry is still the one that was meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct WeightEntry {
    /// Index in the validator list.
    pub index: U32,
    /// First bytes of the vote account's address.
    pub vote_prefix: [u8; 8],
    /// The weight; 0 for none.
    pub weight: U16,
}

impl WeightEntry {
    /// The weight `weight` for the validator `vote` at `index`.
    pub fn new(index: u32, vote: &Address, weight: u16) -> Self {
        let mut vote_prefix = [0; 8];
        vote_prefix.copy_from_slice(&vote.as_array()[..8]);
        Self { index: index.into(), vote_prefix, weight: weight.into() }
    }

    /// Whether `record` is the validator that was meant.
    pub fn is_for(&self, record: &ValidatorStakeInfo) -> bool {
        record.vote_account_address.as_array().starts_with(&self.vote_prefix)
    }
}

/// An instruction's tag and arguments, for pools with the extension.
///
/// The accounts of each are in the struct of the same name with `Accounts` at its end. All fail with
/// [`ExtensionError::NotExtended`](crate::ExtensionError::NotExtended) where the pool has no extension, but for the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionInstruction<'a> {
    /// Tag 64: adds the tail to the pool account, with the default policy; the manager signs, and a payer pays the rent.
    /// See [`ExtendPoolAccounts`](super::ExtendPoolAccounts).
    ///
    /// It clears the four bytes of each record that SPL leaves unused: no cached bump and no weight comes from before the
    /// extension. A pool that has a tail keeps tail and bytes, and is rejected, whatever the tail's version.
    ExtendPool,
    /// Tag 65: sets the policy; the manager signs. See [`SetRebalancePolicyAccounts`](super::SetRebalancePolicyAccounts).
    SetRebalancePolicy {
        /// The policy.
        policy: RebalancePolicy,
    },
    /// Tag 66: sets weights; the staker signs. All are set or, where an entry is not the validator that was meant, none.
    /// See [`SetValidatorWeightsAccounts`](super::SetValidatorWeightsAccounts).
    ///
    /// Where more weights follow in other transactions, `Rebalance` moves nothing until they are set: stake must not move by a
    /// mixture of old and new weights. The pause ends with an instruction that no more follow, or after
    /// [`WEIGHTS_PAUSE_SLOTS`], so that a lost key cannot stop the pool.
    SetValidatorWeights {
        /// Whether more weights follow.
        more: bool,
        /// At least one weight.
        weights: &'a [WeightEntry],
    },
    /// Tag 67: updates records as `UpdateValidatorListBalance` does, with one account for a validator without transient
    /// stake, and merges only what the stake program would merge. See
    /// [`UpdateValidatorsAccounts`](super::UpdateValidatorsAccounts).
    ///
    /// For each record from the first on, its validator stake account follows, and its transient stake account if the
    /// record has transient stake. A record whose accounts are not the next ones is left as it is, and an account that is
    /// no record's is passed over: a transient stake account that somebody else's update has merged, for example.
    UpdateValidators {
        /// Index of the first record.
        start_index: u32,
    },
    /// Tag 68: moves the stake of the validators named towards their targets; nobody has to sign. See
    /// [`RebalanceAccounts`](super::RebalanceAccounts); a vote, a validator stake and a transient stake account for each
    /// validator follow, the last under the seed after the record's. Where nothing is to be moved it succeeds, and says why.
    ///
    /// A validator that cannot be staked with any more loses its weight: one that lacks stake and whose vote account is gone, or
    /// whose stake somebody has deactivated because it does not vote. So it neither draws stake from the others nor holds
    /// them up, until the staker has decided about it.
    ///
    /// It stands at the top of its transaction, beside no instructions but those of the compute budget and system programs and
    /// of this one, and no deposit or withdrawal: SOL that is lent for the time of a transaction must not decide where stake
    /// goes.
    Rebalance {
        /// Indices in the validator list: [`REBALANCED_VALIDATORS_MAX`] at most.
        indices: &'a [U32],
    },
}

impl<'a> ExtensionInstruction<'a> {
    /// Decodes instruction data, all of it.
    ///
    /// # Errors
    /// `BorshIoError` for an unknown tag, and for missing or excess bytes.
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let (tag, arguments) = data.split_first().ok_or(ProgramError::BorshIoError)?;
        match *tag {
            tag::EXTEND_POOL if arguments.is_empty() => Ok(Self::ExtendPool),
            tag::SET_REBALANCE_POLICY if arguments.len() == size_of::<RebalancePolicy>() => {
                Ok(Self::SetRebalancePolicy { policy: *bytemuck::from_bytes(arguments) })
            }
            tag::SET_VALIDATOR_WEIGHTS => match arguments.split_first() {
                Some((&more @ (0 | 1), weights)) => {
                    Ok(Self::SetValidatorWeights { more: more == 1, weights: slice(weights)? })
                }
                _ => Err(ProgramError::BorshIoError),
            },
            tag::UPDATE_VALIDATORS => {
                let index = arguments.try_into().map_err(|_| ProgramError::BorshIoError)?;
                Ok(Self::UpdateValidators { start_index: u32::from_le_bytes(index) })
            }
            tag::REBALANCE => Ok(Self::Rebalance { indices: slice(arguments)? }),
            _ => Err(ProgramError::BorshIoError),
        }
    }

    /// The instruction's tag, the first byte of its data.
    pub const fn tag(&self) -> u8 {
        match self {
            Self::ExtendPool => tag::EXTEND_POOL,
            Self::SetRebalancePolicy { .. } => tag::SET_REBALANCE_POLICY,
            Self::SetValidatorWeights { .. } => tag::SET_VALIDATOR_WEIGHTS,
            Self::UpdateValidators { .. } => tag::UPDATE_VALIDATORS,
            Self::Rebalance { .. } => tag::REBALANCE,
        }
    }

    /// The instruction's data.
    #[cfg(feature = "client")]
    pub fn to_vec(&self) -> std::vec::Vec<u8> {
        let mut data = std::vec![self.tag()];
        match self {
            Self::ExtendPool => {}
            Self::SetRebalancePolicy { policy } => data.extend_from_slice(bytemuck::bytes_of(policy)),
            Self::SetValidatorWeights { more, weights } => {
                data.push(u8::from(*more));
                data.extend_from_slice(bytemuck::cast_slice(weights));
            }
            Self::UpdateValidators { start_index } => data.extend_from_slice(&start_index.to_le_bytes()),
            Self::Rebalance { indices } => data.extend_from_slice(bytemuck::cast_slice(indices)),
        }
        data
    }

    /// The instruction with its accounts, as the `metas` of its account struct and, where it wants them, those that follow.
    #[cfg(feature = "client")]
    pub fn with_accounts(
        &self,
        program_id: &Address,
        accounts: std::vec::Vec<solana_instruction::AccountMeta>,
    ) -> solana_instruction::Instruction {
        solana_instruction::Instruction { program_id: *program_id, accounts, data: self.to_vec() }
    }
}

/// A list that is as long as the data, and not empty.
fn slice<T: Pod>(bytes: &[u8]) -> Result<&[T], ProgramError> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(items) if !bytes.is_empty() => Ok(items),
        _ => Err(ProgramError::BorshIoError),
    }
}
