//! Instructions of the extension: tags 64 to 75.

use {
    super::tag,
    crate::state::{
        AnnouncementKind, DemotionGround, DemotionPolicy, Limits, RebalancePolicy, U16, U32, U64, ValidatorStakeInfo,
    },
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
};

/// Lowest tag of an instruction of the extension.
pub const EXTENSION_TAG_MIN: u8 = tag::EXTEND_POOL;

/// Maximum number of validators in one [`ExtensionInstruction::Rebalance`]. It exceeds the movements that fit a transaction: the
/// runtime limits a transaction to 64 instructions, and a movement takes four or five of them.
pub const REBALANCED_VALIDATORS_MAX: usize = tidepool_core::rebalance::PASSED_OVER_MAX;

/// Slots for which `Rebalance` is paused after an [`ExtensionInstruction::SetValidatorWeights`] with `more`: an hour of slots of 400 ms, half an
/// hour of slots of 200 ms.
pub const WEIGHTS_PAUSE_SLOTS: u64 = 9_000;

/// A weight to set. The prefix of the vote account's address detects entries that have moved in the list.
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

    /// Whether `record` belongs to the named validator.
    pub fn is_for(&self, record: &ValidatorStakeInfo) -> bool {
        record.vote_account_address.as_array().starts_with(&self.vote_prefix)
    }
}

/// An instruction's tag and arguments, for pools with the extension.
///
/// The accounts of each are in the struct of the same name with the suffix `Accounts`. All except [`Self::ExtendPool`] fail with
/// [`ExtensionError::NotExtended`](crate::ExtensionError::NotExtended) for a pool without the extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExtensionInstruction<'a> {
    /// Tag 64: adds the extension to the pool account, with the default policy. The manager signs, and a payer pays the rent. See
    /// [`ExtendPoolAccounts`](super::ExtendPoolAccounts).
    ///
    /// It clears the four bytes of each record that the SPL layout leaves unused, because earlier bytes are neither bumps nor
    /// weights. A pool with an extension of any version is rejected and stays unchanged.
    ExtendPool,
    /// Tag 65: sets the policy; the manager signs. See [`SetRebalancePolicyAccounts`](super::SetRebalancePolicyAccounts).
    SetRebalancePolicy {
        /// The policy.
        policy: RebalancePolicy,
    },
    /// Tag 66: sets weights; the staker signs. If an entry belongs to another validator, no weight is set. See
    /// [`SetValidatorWeightsAccounts`](super::SetValidatorWeightsAccounts).
    ///
    /// With `more`, `Rebalance` is paused, because stake must not move by a mixture of old and new weights. The pause ends with an
    /// instruction without `more`, or after [`WEIGHTS_PAUSE_SLOTS`], so that a lost key cannot stop the pool.
    SetValidatorWeights {
        /// Whether more weights follow in other transactions.
        more: bool,
        /// At least one weight.
        weights: &'a [WeightEntry],
    },
    /// Tag 67: permissionless. Updates records as `UpdateValidatorListBalance` does, with one account for a validator without
    /// transient stake. Merges only stake that the stake program will merge. See
    /// [`UpdateValidatorsAccounts`](super::UpdateValidatorsAccounts).
    ///
    /// A record is skipped if its accounts are not the next ones. An account is skipped if it belongs to no record, for example a
    /// transient stake account that another update has merged.
    UpdateValidators {
        /// Index of the first record.
        start_index: u32,
    },
    /// Tag 68: permissionless. Moves stake of the named validators towards their targets. See
    /// [`RebalanceAccounts`](super::RebalanceAccounts). The seed of a transient stake account is that of present transient stake, or
    /// else the next one ([`ValidatorStakeInfo::rebalance_seed`]). Without a movement it succeeds and logs the reason.
    ///
    /// The weight of a validator is cleared if stake can no longer be delegated to it: its vote account is closed while it is below
    /// target, or its stake was deactivated as delinquent. Its share then goes to the other validators, until the staker sets a
    /// weight again.
    ///
    /// A rebalance must be a top-level instruction. Its transaction may have neither deposits and withdrawals nor instructions of other
    /// programs that name the pool, which could make some: SOL borrowed for one transaction must not direct stake. A wallet's
    /// assertions are allowed.
    Rebalance {
        /// Indices in the validator list: [`REBALANCED_VALIDATORS_MAX`] at most.
        indices: &'a [U32],
    },
    /// Tag 69: tightens the pool's limits; the manager signs. The guardian can hand over its own place. See
    /// [`SetLimitsAccounts`](super::SetLimitsAccounts).
    SetLimits {
        /// All limits, those that stay too.
        limits: Limits,
    },
    /// Tag 70: withdraws an announcement; the manager or the guardian signs. See
    /// [`CancelAnnouncementAccounts`](super::CancelAnnouncementAccounts).
    CancelAnnouncement {
        /// Which one.
        kind: AnnouncementKind,
    },
    /// Tag 71: sets when a validator can be demoted; the manager signs. See
    /// [`SetDemotionPolicyAccounts`](super::SetDemotionPolicyAccounts).
    SetDemotionPolicy {
        /// The policy.
        policy: DemotionPolicy,
    },
    /// Tag 72: permissionless. Takes a validator out of the targets of rebalances, if its vote account proves `ground`. The rebalances
    /// that follow take its stake down to the minimum. See [`DemoteValidatorAccounts`](super::DemoteValidatorAccounts).
    DemoteValidator {
        /// Index of the validator in the list.
        index: u32,
        /// Index of another validator, which earned credits meanwhile; only for [`DemotionGround::NoCredits`].
        peer_index: u32,
        /// Why.
        ground: DemotionGround,
    },
    /// Tag 73: gives pool tokens into escrow for a ticket, which is paid in SOL as soon as the reserve can; the holder signs. The
    /// lamports are fixed now, less the SOL withdrawal fee. See [`RequestExitAccounts`](super::RequestExitAccounts).
    RequestExit {
        /// Pool tokens, the fee included.
        pool_tokens: u64,
        /// Fewest lamports that the ticket may be for.
        minimum_lamports: u64,
    },
    /// Tag 74: permissionless. Pays a ticket from the reserve, at its lamports or at the exchange rate of now if that is lower. See
    /// [`ClaimExitAccounts`](super::ClaimExitAccounts).
    ClaimExit,
    /// Tag 75: returns the pool tokens that a ticket's lamports buy now, and burns the others; its owner signs. From the epoch after the
    /// request on. See [`CancelExitAccounts`](super::CancelExitAccounts).
    CancelExit,
}

impl<'a> ExtensionInstruction<'a> {
    /// Decodes all of an instruction's data.
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
            tag::SET_LIMITS => Ok(Self::SetLimits { limits: whole(arguments)? }),
            tag::CANCEL_ANNOUNCEMENT => {
                let [kind] = whole(arguments)?;
                let kind = AnnouncementKind::from_number(kind).ok_or(ProgramError::BorshIoError)?;
                Ok(Self::CancelAnnouncement { kind })
            }
            tag::SET_DEMOTION_POLICY => Ok(Self::SetDemotionPolicy { policy: whole(arguments)? }),
            tag::DEMOTE_VALIDATOR => {
                let DemotionArguments { index, peer_index, ground } = whole(arguments)?;
                let ground = DemotionGround::from_number(ground).ok_or(ProgramError::BorshIoError)?;
                Ok(Self::DemoteValidator { index: index.get(), peer_index: peer_index.get(), ground })
            }
            tag::REQUEST_EXIT => {
                let [pool_tokens, minimum_lamports]: [U64; 2] = whole(arguments)?;
                Ok(Self::RequestExit { pool_tokens: pool_tokens.get(), minimum_lamports: minimum_lamports.get() })
            }
            tag::CLAIM_EXIT if arguments.is_empty() => Ok(Self::ClaimExit),
            tag::CANCEL_EXIT if arguments.is_empty() => Ok(Self::CancelExit),
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
            Self::SetLimits { .. } => tag::SET_LIMITS,
            Self::CancelAnnouncement { .. } => tag::CANCEL_ANNOUNCEMENT,
            Self::SetDemotionPolicy { .. } => tag::SET_DEMOTION_POLICY,
            Self::DemoteValidator { .. } => tag::DEMOTE_VALIDATOR,
            Self::RequestExit { .. } => tag::REQUEST_EXIT,
            Self::ClaimExit => tag::CLAIM_EXIT,
            Self::CancelExit => tag::CANCEL_EXIT,
        }
    }

    /// The instruction's data.
    #[cfg(feature = "client")]
    pub fn to_vec(&self) -> std::vec::Vec<u8> {
        let mut data = std::vec![self.tag()];
        match self {
            Self::ExtendPool | Self::ClaimExit | Self::CancelExit => {}
            Self::SetLimits { limits } => data.extend_from_slice(bytemuck::bytes_of(limits)),
            Self::CancelAnnouncement { kind } => data.push(*kind as u8),
            Self::SetDemotionPolicy { policy } => data.extend_from_slice(bytemuck::bytes_of(policy)),
            Self::DemoteValidator { index, peer_index, ground } => {
                let (index, peer_index) = ((*index).into(), (*peer_index).into());
                let arguments = DemotionArguments { index, peer_index, ground: *ground as u8 };
                data.extend_from_slice(bytemuck::bytes_of(&arguments));
            }
            Self::RequestExit { pool_tokens, minimum_lamports } => {
                data.extend_from_slice(&pool_tokens.to_le_bytes());
                data.extend_from_slice(&minimum_lamports.to_le_bytes());
            }
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

    /// Builds the instruction. `accounts` are the `metas` of its account struct, then those of the validators, if any.
    #[cfg(feature = "client")]
    pub fn with_accounts(
        &self,
        program_id: &Address,
        accounts: std::vec::Vec<solana_instruction::AccountMeta>,
    ) -> solana_instruction::Instruction {
        solana_instruction::Instruction { program_id: *program_id, accounts, data: self.to_vec() }
    }
}

/// Arguments of [`ExtensionInstruction::DemoteValidator`].
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct DemotionArguments {
    index: U32,
    peer_index: U32,
    ground: u8,
}

/// A value of the data's full length.
fn whole<T: Pod>(bytes: &[u8]) -> Result<T, ProgramError> {
    bytemuck::try_pod_read_unaligned(bytes).map_err(|_| ProgramError::BorshIoError)
}

/// A list of the data's full length, not empty.
fn slice<T: Pod>(bytes: &[u8]) -> Result<&[T], ProgramError> {
    match bytemuck::try_cast_slice(bytes) {
        Ok(items) if !bytes.is_empty() => Ok(items),
        _ => Err(ProgramError::BorshIoError),
    }
}
