//! The part of the pool account with variable offsets: fees, preferred validators, authorities.

use {
    crate::{
        bytes::{Reader, Wire, Writer},
        schema::Percent,
    },
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{ExchangeRate, Fee, FutureEpoch, Lamports, PoolTokens},
};

encoded! {
    /// The terms of a pool: bytes 346 and following of its account.
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
        pub stake_referral_fee: u8 as Percent,
        /// Must sign each SOL deposit, if set.
        pub sol_deposit_authority: Option<Address>,
        /// Fee on SOL deposits.
        pub sol_deposit_fee: Fee,
        /// Share of a SOL deposit's fee that the referrer gets, in percent.
        pub sol_referral_fee: u8 as Percent,
        /// Must sign each SOL withdrawal, if set.
        pub sol_withdraw_authority: Option<Address>,
        /// Fee on SOL withdrawals.
        pub sol_withdrawal_fee: Fee,
        /// Pending fee on SOL withdrawals.
        pub next_sol_withdrawal_fee: FutureEpoch<Fee>,
        /// Supply in pool tokens before the last update into a new epoch, for yield figures.
        pub last_epoch_pool_token_supply: u64 as PoolTokens,
        /// Total lamports before the last update into a new epoch, for yield figures and the turnover budget.
        pub last_epoch_total_lamports: u64 as Lamports,
    }
}

impl PoolTerms {
    /// The exchange rate before the last update into a new epoch.
    #[inline]
    pub const fn rate_before_epoch(&self) -> ExchangeRate {
        ExchangeRate {
            total_lamports: Lamports::new(self.last_epoch_total_lamports),
            pool_token_supply: PoolTokens::new(self.last_epoch_pool_token_supply),
        }
    }
}
