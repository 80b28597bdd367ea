//! Encoding of instruction data: Borsh.

use {
    super::{FeeType, FundingType, PreferredValidatorType, StakePoolInstruction, tag},
    crate::{
        bytes::{Reader, Writer},
        error::StakePoolError,
    },
    solana_program_error::ProgramError,
    tidepool_core::maths::Fee,
};

/// Longest encoding in bytes of an instruction without text.
pub const INSTRUCTION_MAX_LENGTH: usize = 64;

/// Value of a [`FeeType`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetFeeValue {
    /// A ratio.
    Ratio(Fee),
    /// A percentage.
    Percent(u8),
}

impl FeeType {
    /// The value of the fee.
    pub const fn value(&self) -> SetFeeValue {
        match *self {
            Self::SolReferral(percent) | Self::StakeReferral(percent) => SetFeeValue::Percent(percent),
            Self::Epoch(fee)
            | Self::StakeWithdrawal(fee)
            | Self::SolDeposit(fee)
            | Self::StakeDeposit(fee)
            | Self::SolWithdrawal(fee) => SetFeeValue::Ratio(fee),
        }
    }

    /// Whether the fee takes effect after two updates in new epochs. Such a fee can be set only while the pool is up to date.
    pub const fn is_delayed(&self) -> bool {
        matches!(self, Self::Epoch(_) | Self::StakeWithdrawal(_) | Self::SolWithdrawal(_))
    }

    /// Checks that the fee is at most 100 %.
    ///
    /// # Errors
    /// [`StakePoolError::FeeTooHigh`] if it is more.
    pub const fn check_too_high(&self) -> Result<(), StakePoolError> {
        let too_high = match self.value() {
            SetFeeValue::Ratio(fee) => fee.is_too_high(),
            SetFeeValue::Percent(percent) => percent > 100,
        };
        if too_high { Err(StakePoolError::FeeTooHigh) } else { Ok(()) }
    }

    /// Encoding of the fee's kind.
    pub const fn kind(&self) -> u8 {
        match self {
            Self::SolReferral(_) => 0,
            Self::StakeReferral(_) => 1,
            Self::Epoch(_) => 2,
            Self::StakeWithdrawal(_) => 3,
            Self::SolDeposit(_) => 4,
            Self::StakeDeposit(_) => 5,
            Self::SolWithdrawal(_) => 6,
        }
    }

    pub(crate) fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
        Ok(match reader.u8()? {
            0 => Self::SolReferral(reader.u8()?),
            1 => Self::StakeReferral(reader.u8()?),
            2 => Self::Epoch(reader.fee()?),
            3 => Self::StakeWithdrawal(reader.fee()?),
            4 => Self::SolDeposit(reader.fee()?),
            5 => Self::StakeDeposit(reader.fee()?),
            6 => Self::SolWithdrawal(reader.fee()?),
            _ => return Err(ProgramError::BorshIoError),
        })
    }

    pub(crate) fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        writer.u8(self.kind())?;
        match self.value() {
            SetFeeValue::Ratio(fee) => writer.fee(&fee),
            SetFeeValue::Percent(percent) => writer.u8(percent),
        }
    }
}

pub(crate) fn read_funding_type(reader: &mut Reader) -> Result<FundingType, ProgramError> {
    Ok(match reader.u8()? {
        0 => FundingType::StakeDeposit,
        1 => FundingType::SolDeposit,
        2 => FundingType::SolWithdraw,
        _ => return Err(ProgramError::BorshIoError),
    })
}

pub(crate) fn read_preferred_type(reader: &mut Reader) -> Result<PreferredValidatorType, ProgramError> {
    Ok(match reader.u8()? {
        0 => PreferredValidatorType::Deposit,
        1 => PreferredValidatorType::Withdraw,
        _ => return Err(ProgramError::BorshIoError),
    })
}

impl<'a> StakePoolInstruction<'a> {
    /// Decodes all of an instruction's data.
    ///
    /// # Errors
    /// `BorshIoError` for an unknown tag and for missing, excess or malformed bytes.
    #[inline]
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let mut reader = Reader::new(data);
        let instruction = Self::read(&mut reader)?;
        if reader.is_empty() { Ok(instruction) } else { Err(ProgramError::BorshIoError) }
    }

    /// Decodes data that has the length of a tag and `N` numbers of 64 bits; `None` for other lengths. The tag is not checked.
    #[inline(always)]
    pub fn decode_numbers<const N: usize>(data: &[u8]) -> Option<(u8, [u64; N])> {
        let (tag, numbers) = data.split_first()?;
        let (numbers, rest) = numbers.as_chunks::<8>();
        let numbers: &[[u8; 8]; N] = numbers.try_into().ok()?;
        rest.is_empty().then(|| (*tag, numbers.map(u64::from_le_bytes)))
    }

    #[inline]
    pub(crate) fn read(reader: &mut Reader<'a>) -> Result<Self, ProgramError> {
        Ok(match reader.u8()? {
            tag::INITIALIZE => Self::Initialize {
                fee: reader.fee()?,
                withdrawal_fee: reader.fee()?,
                deposit_fee: reader.fee()?,
                referral_fee: reader.u8()?,
                max_validators: reader.u32()?,
            },
            tag::ADD_VALIDATOR_TO_POOL => Self::AddValidatorToPool { seed: reader.u32()? },
            tag::REMOVE_VALIDATOR_FROM_POOL => Self::RemoveValidatorFromPool,
            tag::DECREASE_VALIDATOR_STAKE => {
                Self::DecreaseValidatorStake { lamports: reader.u64()?, transient_stake_seed: reader.u64()? }
            }
            tag::INCREASE_VALIDATOR_STAKE => {
                Self::IncreaseValidatorStake { lamports: reader.u64()?, transient_stake_seed: reader.u64()? }
            }
            tag::SET_PREFERRED_VALIDATOR => Self::SetPreferredValidator {
                validator_type: read_preferred_type(reader)?,
                vote_account: reader.option_address()?,
            },
            tag::UPDATE_VALIDATOR_LIST_BALANCE => {
                Self::UpdateValidatorListBalance { start_index: reader.u32()?, no_merge: reader.bool()? }
            }
            tag::UPDATE_STAKE_POOL_BALANCE => Self::UpdateStakePoolBalance,
            tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES => Self::CleanupRemovedValidatorEntries,
            tag::DEPOSIT_STAKE => Self::DepositStake,
            tag::WITHDRAW_STAKE => Self::WithdrawStake { pool_tokens: reader.u64()? },
            tag::SET_MANAGER => Self::SetManager,
            tag::SET_FEE => Self::SetFee { fee: FeeType::read(reader)? },
            tag::SET_STAKER => Self::SetStaker,
            tag::DEPOSIT_SOL => Self::DepositSol { lamports: reader.u64()? },
            tag::SET_FUNDING_AUTHORITY => Self::SetFundingAuthority { funding_type: read_funding_type(reader)? },
            tag::WITHDRAW_SOL => Self::WithdrawSol { pool_tokens: reader.u64()? },
            tag::CREATE_TOKEN_METADATA => {
                Self::CreateTokenMetadata { name: reader.string()?, symbol: reader.string()?, uri: reader.string()? }
            }
            tag::UPDATE_TOKEN_METADATA => {
                Self::UpdateTokenMetadata { name: reader.string()?, symbol: reader.string()?, uri: reader.string()? }
            }
            tag::INCREASE_ADDITIONAL_VALIDATOR_STAKE => Self::IncreaseAdditionalValidatorStake {
                lamports: reader.u64()?,
                transient_stake_seed: reader.u64()?,
                ephemeral_stake_seed: reader.u64()?,
            },
            tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE => Self::DecreaseAdditionalValidatorStake {
                lamports: reader.u64()?,
                transient_stake_seed: reader.u64()?,
                ephemeral_stake_seed: reader.u64()?,
            },
            tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE => {
                Self::DecreaseValidatorStakeWithReserve { lamports: reader.u64()?, transient_stake_seed: reader.u64()? }
            }
            tag::REDELEGATE => Self::Redelegate {
                lamports: reader.u64()?,
                source_transient_stake_seed: reader.u64()?,
                ephemeral_stake_seed: reader.u64()?,
                destination_transient_stake_seed: reader.u64()?,
            },
            tag::DEPOSIT_STAKE_WITH_SLIPPAGE => {
                Self::DepositStakeWithSlippage { minimum_pool_tokens_out: reader.u64()? }
            }
            tag::WITHDRAW_STAKE_WITH_SLIPPAGE => {
                Self::WithdrawStakeWithSlippage { pool_tokens_in: reader.u64()?, minimum_lamports_out: reader.u64()? }
            }
            tag::DEPOSIT_SOL_WITH_SLIPPAGE => {
                Self::DepositSolWithSlippage { lamports_in: reader.u64()?, minimum_pool_tokens_out: reader.u64()? }
            }
            tag::WITHDRAW_SOL_WITH_SLIPPAGE => {
                Self::WithdrawSolWithSlippage { pool_tokens_in: reader.u64()?, minimum_lamports_out: reader.u64()? }
            }
            _ => return Err(ProgramError::BorshIoError),
        })
    }

    /// The instruction's tag, the first byte of its data.
    pub const fn tag(&self) -> u8 {
        match self {
            Self::Initialize { .. } => tag::INITIALIZE,
            Self::AddValidatorToPool { .. } => tag::ADD_VALIDATOR_TO_POOL,
            Self::RemoveValidatorFromPool => tag::REMOVE_VALIDATOR_FROM_POOL,
            Self::DecreaseValidatorStake { .. } => tag::DECREASE_VALIDATOR_STAKE,
            Self::IncreaseValidatorStake { .. } => tag::INCREASE_VALIDATOR_STAKE,
            Self::SetPreferredValidator { .. } => tag::SET_PREFERRED_VALIDATOR,
            Self::UpdateValidatorListBalance { .. } => tag::UPDATE_VALIDATOR_LIST_BALANCE,
            Self::UpdateStakePoolBalance => tag::UPDATE_STAKE_POOL_BALANCE,
            Self::CleanupRemovedValidatorEntries => tag::CLEANUP_REMOVED_VALIDATOR_ENTRIES,
            Self::DepositStake => tag::DEPOSIT_STAKE,
            Self::WithdrawStake { .. } => tag::WITHDRAW_STAKE,
            Self::SetManager => tag::SET_MANAGER,
            Self::SetFee { .. } => tag::SET_FEE,
            Self::SetStaker => tag::SET_STAKER,
            Self::DepositSol { .. } => tag::DEPOSIT_SOL,
            Self::SetFundingAuthority { .. } => tag::SET_FUNDING_AUTHORITY,
            Self::WithdrawSol { .. } => tag::WITHDRAW_SOL,
            Self::CreateTokenMetadata { .. } => tag::CREATE_TOKEN_METADATA,
            Self::UpdateTokenMetadata { .. } => tag::UPDATE_TOKEN_METADATA,
            Self::IncreaseAdditionalValidatorStake { .. } => tag::INCREASE_ADDITIONAL_VALIDATOR_STAKE,
            Self::DecreaseAdditionalValidatorStake { .. } => tag::DECREASE_ADDITIONAL_VALIDATOR_STAKE,
            Self::DecreaseValidatorStakeWithReserve { .. } => tag::DECREASE_VALIDATOR_STAKE_WITH_RESERVE,
            Self::Redelegate { .. } => tag::REDELEGATE,
            Self::DepositStakeWithSlippage { .. } => tag::DEPOSIT_STAKE_WITH_SLIPPAGE,
            Self::WithdrawStakeWithSlippage { .. } => tag::WITHDRAW_STAKE_WITH_SLIPPAGE,
            Self::DepositSolWithSlippage { .. } => tag::DEPOSIT_SOL_WITH_SLIPPAGE,
            Self::WithdrawSolWithSlippage { .. } => tag::WITHDRAW_SOL_WITH_SLIPPAGE,
        }
    }

    /// Writes the instruction data to the start of `bytes` and returns its length in bytes: at most [`INSTRUCTION_MAX_LENGTH`] plus
    /// the length of all texts.
    ///
    /// # Errors
    /// `BorshIoError` if the bytes are too few.
    pub fn encode(&self, bytes: &mut [u8]) -> Result<usize, ProgramError> {
        let mut writer = Writer::new(bytes);
        writer.u8(self.tag())?;
        self.write_arguments(&mut writer)?;
        Ok(writer.written())
    }

    /// The instruction's data.
    #[cfg(any(feature = "borsh", feature = "client"))]
    pub fn to_vec(&self) -> alloc::vec::Vec<u8> {
        let text = match self {
            Self::CreateTokenMetadata { name, symbol, uri } | Self::UpdateTokenMetadata { name, symbol, uri } => {
                name.len() + symbol.len() + uri.len()
            }
            _ => 0,
        };
        let mut data = alloc::vec![0; INSTRUCTION_MAX_LENGTH + text];
        let length = self.encode(&mut data).expect("INSTRUCTION_MAX_LENGTH bounds every encoding");
        data.truncate(length);
        data
    }

    fn write_arguments(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        match *self {
            Self::RemoveValidatorFromPool
            | Self::UpdateStakePoolBalance
            | Self::CleanupRemovedValidatorEntries
            | Self::DepositStake
            | Self::SetManager
            | Self::SetStaker => Ok(()),
            Self::Initialize { fee, withdrawal_fee, deposit_fee, referral_fee, max_validators } => {
                for fee in [fee, withdrawal_fee, deposit_fee] {
                    writer.fee(&fee)?;
                }
                writer.u8(referral_fee)?;
                writer.u32(max_validators)
            }
            Self::AddValidatorToPool { seed } => writer.u32(seed),
            Self::SetPreferredValidator { validator_type, vote_account } => {
                writer.u8(validator_type as u8)?;
                writer.option_address(&vote_account)
            }
            Self::UpdateValidatorListBalance { start_index, no_merge } => {
                writer.u32(start_index)?;
                writer.u8(u8::from(no_merge))
            }
            Self::SetFee { fee } => fee.write(writer),
            Self::SetFundingAuthority { funding_type } => writer.u8(funding_type as u8),
            Self::CreateTokenMetadata { name, symbol, uri } | Self::UpdateTokenMetadata { name, symbol, uri } => {
                writer.string(name)?;
                writer.string(symbol)?;
                writer.string(uri)
            }
            Self::WithdrawStake { pool_tokens: a }
            | Self::WithdrawSol { pool_tokens: a }
            | Self::DepositSol { lamports: a }
            | Self::DepositStakeWithSlippage { minimum_pool_tokens_out: a } => writer.u64(a),
            Self::DecreaseValidatorStake { lamports: a, transient_stake_seed: b }
            | Self::DecreaseValidatorStakeWithReserve { lamports: a, transient_stake_seed: b }
            | Self::IncreaseValidatorStake { lamports: a, transient_stake_seed: b }
            | Self::WithdrawStakeWithSlippage { pool_tokens_in: a, minimum_lamports_out: b }
            | Self::DepositSolWithSlippage { lamports_in: a, minimum_pool_tokens_out: b }
            | Self::WithdrawSolWithSlippage { pool_tokens_in: a, minimum_lamports_out: b } => {
                writer.u64(a)?;
                writer.u64(b)
            }
            Self::IncreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed }
            | Self::DecreaseAdditionalValidatorStake { lamports, transient_stake_seed, ephemeral_stake_seed } => {
                writer.u64(lamports)?;
                writer.u64(transient_stake_seed)?;
                writer.u64(ephemeral_stake_seed)
            }
            Self::Redelegate {
                lamports,
                source_transient_stake_seed,
                ephemeral_stake_seed,
                destination_transient_stake_seed,
            } => {
                writer.u64(lamports)?;
                writer.u64(source_transient_stake_seed)?;
                writer.u64(ephemeral_stake_seed)?;
                writer.u64(destination_transient_stake_seed)
            }
        }
    }
}
