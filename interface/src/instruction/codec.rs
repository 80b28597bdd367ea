//! Instruction data, in Borsh's encoding.

use {
    super::{FeeType, FundingType, PreferredValidatorType, StakePoolInstruction},
    crate::{
        bytes::{Reader, Writer},
        error::StakePoolError,
        maths::Fee,
    },
    solana_program_error::ProgramError,
};

/// Longest encoding in bytes of an instruction without text.
pub const INSTRUCTION_MAX_LENGTH: usize = 64;

/// What a [`FeeType`] carries.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum SetFeeValue {
    /// A ratio.
    Ratio(Fee),
    /// A percentage.
    Percent(u8),
}

impl FeeType {
    /// The fee, whatever its kind.
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

    /// Whether the fee takes effect only after two updates in new epochs, and may be set only while the pool is up to date.
    pub const fn is_delayed(&self) -> bool {
        matches!(self, Self::Epoch(_) | Self::StakeWithdrawal(_) | Self::SolWithdrawal(_))
    }

    /// # Errors
    /// [`StakePoolError::FeeTooHigh`] where the fee is over 100 %.
    pub const fn check_too_high(&self) -> Result<(), StakePoolError> {
        let too_high = match self.value() {
            SetFeeValue::Ratio(fee) => fee.is_too_high(),
            SetFeeValue::Percent(percent) => percent > 100,
        };
        if too_high { Err(StakePoolError::FeeTooHigh) } else { Ok(()) }
    }

    const fn tag(&self) -> u8 {
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

    fn read(reader: &mut Reader) -> Result<Self, ProgramError> {
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

    fn write(&self, writer: &mut Writer) -> Result<(), ProgramError> {
        writer.u8(self.tag())?;
        match self.value() {
            SetFeeValue::Ratio(fee) => writer.fee(&fee),
            SetFeeValue::Percent(percent) => writer.u8(percent),
        }
    }
}

fn read_funding_type(reader: &mut Reader) -> Result<FundingType, ProgramError> {
    Ok(match reader.u8()? {
        0 => FundingType::StakeDeposit,
        1 => FundingType::SolDeposit,
        2 => FundingType::SolWithdraw,
        _ => return Err(ProgramError::BorshIoError),
    })
}

fn read_preferred_type(reader: &mut Reader) -> Result<PreferredValidatorType, ProgramError> {
    Ok(match reader.u8()? {
        0 => PreferredValidatorType::Deposit,
        1 => PreferredValidatorType::Withdraw,
        _ => return Err(ProgramError::BorshIoError),
    })
}

impl<'a> StakePoolInstruction<'a> {
    /// Decodes instruction data, all of it.
    ///
    /// # Errors
    /// `BorshIoError` for an unknown tag and for missing, excess or malformed bytes.
    #[inline]
    pub fn decode(data: &'a [u8]) -> Result<Self, ProgramError> {
        let mut reader = Reader::new(data);
        let instruction = Self::read(&mut reader)?;
        if reader.is_empty() { Ok(instruction) } else { Err(ProgramError::BorshIoError) }
    }

    #[inline]
    fn read(reader: &mut Reader<'a>) -> Result<Self, ProgramError> {
        Ok(match reader.u8()? {
            0 => Self::Initialize {
                fee: reader.fee()?,
                withdrawal_fee: reader.fee()?,
                deposit_fee: reader.fee()?,
                referral_fee: reader.u8()?,
                max_validators: reader.u32()?,
            },
            1 => Self::AddValidatorToPool { seed: reader.u32()? },
            2 => Self::RemoveValidatorFromPool,
            3 => Self::DecreaseValidatorStake { lamports: reader.u64()?, transient_stake_seed: reader.u64()? },
            4 => Self::IncreaseValidatorStake { lamports: reader.u64()?, transient_stake_seed: reader.u64()? },
            5 => Self::SetPreferredValidator {
                validator_type: read_preferred_type(reader)?,
                vote_account: reader.option_address()?,
            },
            6 => Self::UpdateValidatorListBalance { start_index: reader.u32()?, no_merge: reader.bool()? },
            7 => Self::UpdateStakePoolBalance,
            8 => Self::CleanupRemovedValidatorEntries,
            9 => Self::DepositStake,
            10 => Self::WithdrawStake { pool_tokens: reader.u64()? },
            11 => Self::SetManager,
            12 => Self::SetFee { fee: FeeType::read(reader)? },
            13 => Self::SetStaker,
            14 => Self::DepositSol { lamports: reader.u64()? },
            15 => Self::SetFundingAuthority { funding_type: read_funding_type(reader)? },
            16 => Self::WithdrawSol { pool_tokens: reader.u64()? },
            17 => Self::CreateTokenMetadata { name: reader.string()?, symbol: reader.string()?, uri: reader.string()? },
            18 => Self::UpdateTokenMetadata { name: reader.string()?, symbol: reader.string()?, uri: reader.string()? },
            19 => Self::IncreaseAdditionalValidatorStake {
                lamports: reader.u64()?,
                transient_stake_seed: reader.u64()?,
                ephemeral_stake_seed: reader.u64()?,
            },
            20 => Self::DecreaseAdditionalValidatorStake {
                lamports: reader.u64()?,
                transient_stake_seed: reader.u64()?,
                ephemeral_stake_seed: reader.u64()?,
            },
            21 => {
                Self::DecreaseValidatorStakeWithReserve { lamports: reader.u64()?, transient_stake_seed: reader.u64()? }
            }
            22 => Self::Redelegate {
                lamports: reader.u64()?,
                source_transient_stake_seed: reader.u64()?,
                ephemeral_stake_seed: reader.u64()?,
                destination_transient_stake_seed: reader.u64()?,
            },
            23 => Self::DepositStakeWithSlippage { minimum_pool_tokens_out: reader.u64()? },
            24 => {
                Self::WithdrawStakeWithSlippage { pool_tokens_in: reader.u64()?, minimum_lamports_out: reader.u64()? }
            }
            25 => Self::DepositSolWithSlippage { lamports_in: reader.u64()?, minimum_pool_tokens_out: reader.u64()? },
            26 => Self::WithdrawSolWithSlippage { pool_tokens_in: reader.u64()?, minimum_lamports_out: reader.u64()? },
            _ => return Err(ProgramError::BorshIoError),
        })
    }

    /// The instruction's tag, the first byte of its data.
    pub const fn tag(&self) -> u8 {
        match self {
            Self::Initialize { .. } => 0,
            Self::AddValidatorToPool { .. } => 1,
            Self::RemoveValidatorFromPool => 2,
            Self::DecreaseValidatorStake { .. } => 3,
            Self::IncreaseValidatorStake { .. } => 4,
            Self::SetPreferredValidator { .. } => 5,
            Self::UpdateValidatorListBalance { .. } => 6,
            Self::UpdateStakePoolBalance => 7,
            Self::CleanupRemovedValidatorEntries => 8,
            Self::DepositStake => 9,
            Self::WithdrawStake { .. } => 10,
            Self::SetManager => 11,
            Self::SetFee { .. } => 12,
            Self::SetStaker => 13,
            Self::DepositSol { .. } => 14,
            Self::SetFundingAuthority { .. } => 15,
            Self::WithdrawSol { .. } => 16,
            Self::CreateTokenMetadata { .. } => 17,
            Self::UpdateTokenMetadata { .. } => 18,
            Self::IncreaseAdditionalValidatorStake { .. } => 19,
            Self::DecreaseAdditionalValidatorStake { .. } => 20,
            Self::DecreaseValidatorStakeWithReserve { .. } => 21,
            Self::Redelegate { .. } => 22,
            Self::DepositStakeWithSlippage { .. } => 23,
            Self::WithdrawStakeWithSlippage { .. } => 24,
            Self::DepositSolWithSlippage { .. } => 25,
            Self::WithdrawSolWithSlippage { .. } => 26,
        }
    }

    /// Writes the instruction data to the start of `bytes` and returns its length in bytes:
    /// [`INSTRUCTION_MAX_LENGTH`] at most, and the text's length on top where there is text.
    ///
    /// # Errors
    /// `BorshIoError` where the bytes are too few.
    pub fn encode(&self, bytes: &mut [u8]) -> Result<usize, ProgramError> {
        let mut writer = Writer::new(bytes);
        writer.u8(self.tag())?;
        self.write_arguments(&mut writer)?;
        Ok(writer.written())
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
