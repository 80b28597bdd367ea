//! The part of the pool account with variable offsets: fees, preferred validators, authorities.

use {
    crate::bytes::{Reader, Writer},
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{Fee, FutureEpoch},
};

/// The terms of a pool: bytes 346 and following of its account.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PoolTerms {
    /// Pending fee on rewards.
    pub next_epoch_fee: FutureEpoch<Fee>,
    /// The only validator that takes stake deposits, if set.
    pub preferred_deposit_validator_vote_address: Option<Address>,
    /// The validator that stake is withdrawn from first, if set.
    pub preferred_withdraw_validator_vote_address: Option<Address>,
    /// Fee on stake deposits.
    pub stake_deposit_fee: Fee,
    /// Fee on stake withdrawals.
    pub stake_withdrawal_fee: Fee,
    /// Pending fee on stake withdrawals.
    pub next_stake_withdrawal_fee: FutureEpoch<Fee>,
    /// Share of a stake deposit's fee that the referrer gets, in percent.
    pub stake_referral_fee: u8,
    /// Must sign each SOL deposit, if set.
    pub sol_deposit_authority: Option<Address>,
    /// Fee on SOL deposits.
    pub sol_deposit_fee: Fee,
    /// Share of a SOL deposit's fee that the referrer gets, in percent.
    pub sol_referral_fee: u8,
    /// Must sign each SOL withdrawal, if set.
    pub sol_withdraw_authority: Option<Address>,
    /// Fee on SOL withdrawals.
    pub sol_withdrawal_fee: Fee,
    /// Pending fee on SOL withdrawals.
    pub next_sol_withdrawal_fee: FutureEpoch<Fee>,
    /// Supply in pool tokens before the last update into a new epoch, for yield figures.
    pub last_epoch_pool_token_supply: u64,
    /// Total lamports before the last update into a new epoch, for yield figures and the turnover budget.
    pub last_epoch_total_lamports: u64,
}

impl PoolTerms {
    /// Decodes the terms from the start of `bytes`. Bytes after them are ignored.
    ///
    /// # Errors
    /// `BorshIoError` if the bytes are too few or a tag is invalid.
    pub fn decode(bytes: &[u8]) -> Result<Self, ProgramError> {
        let reader = &mut Reader::new(bytes);
        Ok(Self {
            next_epoch_fee: read_future_fee(reader)?,
            preferred_deposit_validator_vote_address: reader.option_address()?,
            preferred_withdraw_validator_vote_address: reader.option_address()?,
            stake_deposit_fee: reader.fee()?,
            stake_withdrawal_fee: reader.fee()?,
            next_stake_withdrawal_fee: read_future_fee(reader)?,
            stake_referral_fee: reader.u8()?,
            sol_deposit_authority: reader.option_address()?,
            sol_deposit_fee: reader.fee()?,
            sol_referral_fee: reader.u8()?,
            sol_withdraw_authority: reader.option_address()?,
            sol_withdrawal_fee: reader.fee()?,
            next_sol_withdrawal_fee: read_future_fee(reader)?,
            last_epoch_pool_token_supply: reader.u64()?,
            last_epoch_total_lamports: reader.u64()?,
        })
    }

    /// Writes the terms to the start of `bytes` and returns their length in bytes.
    ///
    /// # Errors
    /// `BorshIoError` if the bytes are too few.
    pub fn encode(&self, bytes: &mut [u8]) -> Result<usize, ProgramError> {
        let writer = &mut Writer::new(bytes);
        write_future_fee(writer, &self.next_epoch_fee)?;
        writer.option_address(&self.preferred_deposit_validator_vote_address)?;
        writer.option_address(&self.preferred_withdraw_validator_vote_address)?;
        writer.fee(&self.stake_deposit_fee)?;
        writer.fee(&self.stake_withdrawal_fee)?;
        write_future_fee(writer, &self.next_stake_withdrawal_fee)?;
        writer.u8(self.stake_referral_fee)?;
        writer.option_address(&self.sol_deposit_authority)?;
        writer.fee(&self.sol_deposit_fee)?;
        writer.u8(self.sol_referral_fee)?;
        writer.option_address(&self.sol_withdraw_authority)?;
        writer.fee(&self.sol_withdrawal_fee)?;
        write_future_fee(writer, &self.next_sol_withdrawal_fee)?;
        writer.u64(self.last_epoch_pool_token_supply)?;
        writer.u64(self.last_epoch_total_lamports)?;
        Ok(writer.written())
    }
}

fn read_future_fee(reader: &mut Reader) -> Result<FutureEpoch<Fee>, ProgramError> {
    match reader.u8()? {
        0 => Ok(FutureEpoch::None),
        1 => Ok(FutureEpoch::One(reader.fee()?)),
        2 => Ok(FutureEpoch::Two(reader.fee()?)),
        _ => Err(ProgramError::BorshIoError),
    }
}

fn write_future_fee(writer: &mut Writer, fee: &FutureEpoch<Fee>) -> Result<(), ProgramError> {
    match fee {
        FutureEpoch::None => writer.u8(0),
        FutureEpoch::One(fee) => {
            writer.u8(1)?;
            writer.fee(fee)
        }
        FutureEpoch::Two(fee) => {
            writer.u8(2)?;
            writer.fee(fee)
        }
    }
}
