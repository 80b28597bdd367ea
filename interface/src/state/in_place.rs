//! In-place views of the pool account: reads and writes single fields.
//!
//! [`StakePool`](super::StakePool) is the same account decoded as a whole, for clients. On-chain that would copy 600 bytes for each
//! instruction, although most instructions need only a few fields.

use {
    super::{
        POOL_HEAD_LENGTH, PodFee, PoolHead, PoolLayout, PoolTerms, U64,
        layout::{FEE, NEXT_EPOCH_FEE, NUMBER},
    },
    bytemuck::Pod,
    core::mem::size_of,
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{ExchangeRate, Fee, FutureEpoch, Lamports, PoolTokens},
};

#[inline(always)]
fn pod<T: Pod>(data: &[u8], at: usize) -> &T {
    bytemuck::from_bytes(&data[at..][..size_of::<T>()])
}

/// A pool's fields, read in place.
#[derive(Clone, Copy)]
pub struct PoolView<'a> {
    data: &'a [u8],
    layout: &'a PoolLayout,
}

impl<'a> PoolView<'a> {
    /// A view of `data`. `layout` must be the layout of the same data.
    #[inline(always)]
    pub const fn new(data: &'a [u8], layout: &'a PoolLayout) -> Self {
        Self { data, layout }
    }

    /// Fields at fixed offsets.
    #[inline(always)]
    pub fn head(&self) -> &'a PoolHead {
        pod(self.data, 0)
    }

    #[inline(always)]
    fn option(&self, at: usize) -> Option<&'a Address> {
        if self.data[at] == 0 { None } else { Some(pod(self.data, at.wrapping_add(1))) }
    }

    #[inline(always)]
    fn fee(&self, at: usize) -> Fee {
        pod::<PodFee>(self.data, at).get()
    }

    /// The only validator that takes stake deposits, if set.
    #[inline(always)]
    pub fn preferred_deposit(&self) -> Option<&'a Address> {
        self.option(self.layout.preferred_deposit)
    }

    /// The validator that stake is withdrawn from first, if set.
    #[inline(always)]
    pub fn preferred_withdraw(&self) -> Option<&'a Address> {
        self.option(self.layout.preferred_withdraw)
    }

    /// Fee on stake deposits.
    #[inline(always)]
    pub fn stake_deposit_fee(&self) -> Fee {
        self.fee(self.layout.next_stake_withdrawal_fee.wrapping_sub(2 * FEE))
    }

    /// Fee on stake withdrawals.
    #[inline(always)]
    pub fn stake_withdrawal_fee(&self) -> Fee {
        self.fee(self.layout.next_stake_withdrawal_fee.wrapping_sub(FEE))
    }

    /// Share of a stake deposit's fee that the referrer gets, in percent.
    #[inline(always)]
    pub fn stake_referral_fee(&self) -> u8 {
        self.data[self.layout.sol_deposit_authority.wrapping_sub(1)]
    }

    /// Must sign each SOL deposit, if set.
    #[inline(always)]
    pub fn sol_deposit_authority(&self) -> Option<&'a Address> {
        self.option(self.layout.sol_deposit_authority)
    }

    /// Fee on SOL deposits.
    #[inline(always)]
    pub fn sol_deposit_fee(&self) -> Fee {
        self.fee(self.layout.sol_withdraw_authority.wrapping_sub(FEE + 1))
    }

    /// Share of a SOL deposit's fee that the referrer gets, in percent.
    #[inline(always)]
    pub fn sol_referral_fee(&self) -> u8 {
        self.data[self.layout.sol_withdraw_authority.wrapping_sub(1)]
    }

    /// Must sign each SOL withdrawal, if set.
    #[inline(always)]
    pub fn sol_withdraw_authority(&self) -> Option<&'a Address> {
        self.option(self.layout.sol_withdraw_authority)
    }

    /// Fee on SOL withdrawals.
    #[inline(always)]
    pub fn sol_withdrawal_fee(&self) -> Fee {
        self.fee(self.layout.next_sol_withdrawal_fee.wrapping_sub(FEE))
    }

    /// Supply in pool tokens before the last update into a new epoch.
    #[inline(always)]
    pub fn last_epoch_pool_token_supply(&self) -> u64 {
        pod::<U64>(self.data, self.layout.end.wrapping_sub(2 * NUMBER)).get()
    }

    /// Total lamports before the last update into a new epoch.
    #[inline(always)]
    pub fn last_epoch_total_lamports(&self) -> u64 {
        pod::<U64>(self.data, self.layout.end.wrapping_sub(NUMBER)).get()
    }

    /// The exchange rate before the last update into a new epoch.
    #[inline(always)]
    pub fn rate_before_epoch(&self) -> ExchangeRate {
        ExchangeRate {
            total_lamports: Lamports::new(self.last_epoch_total_lamports()),
            pool_token_supply: PoolTokens::new(self.last_epoch_pool_token_supply()),
        }
    }
}

/// A pool's fields, written in place. If a field grows or shrinks, the fields after it move. The bytes after the pool stay unchanged,
/// as they do when the pool is encoded as a whole.
pub struct PoolViewMut<'a> {
    data: &'a mut [u8],
    layout: &'a mut PoolLayout,
}

impl<'a> PoolViewMut<'a> {
    /// A view of `data`. `layout` must be the layout of the same data.
    #[inline(always)]
    pub const fn new(data: &'a mut [u8], layout: &'a mut PoolLayout) -> Self {
        Self { data, layout }
    }

    /// Fields at fixed offsets.
    #[inline(always)]
    pub fn head_mut(&mut self) -> &mut PoolHead {
        bytemuck::from_bytes_mut(&mut self.data[..POOL_HEAD_LENGTH])
    }

    /// A read-only view of the same fields.
    #[inline(always)]
    pub fn view(&self) -> PoolView<'_> {
        PoolView { data: self.data, layout: self.layout }
    }

    #[inline(always)]
    fn write(&mut self, at: usize, bytes: &[u8]) {
        self.data[at..][..bytes.len()].copy_from_slice(bytes);
    }

    #[inline(always)]
    fn set_fee(&mut self, at: usize, fee: Fee) {
        self.write(at, bytemuck::bytes_of(&PodFee::from(fee)));
    }

    /// Writes the field whose tag is at `at`: tag 0 alone, or another tag and a value.
    #[inline(always)]
    fn set_tagged<T: Pod>(&mut self, at: usize, value: Option<(u8, T)>) -> Result<(), ProgramError> {
        let was_set = self.data[at] != 0;
        if was_set != value.is_some() {
            self.resize(at.wrapping_add(1), size_of::<T>(), value.is_some())?;
        }
        match &value {
            None => self.data[at] = 0,
            Some((tag, value)) => {
                self.data[at] = *tag;
                self.write(at.wrapping_add(1), bytemuck::bytes_of(value));
            }
        }
        if was_set != value.is_some() {
            self.layout.move_behind(at, size_of::<T>(), value.is_some());
        }
        Ok(())
    }

    /// Inserts or removes `length` bytes at `at`.
    #[inline(always)]
    fn resize(&mut self, at: usize, length: usize, grows: bool) -> Result<(), ProgramError> {
        let end = self.layout.end;
        let behind = at.wrapping_add(length);
        if !grows {
            self.data.copy_within(behind..end, at);
        } else if end.wrapping_add(length) <= self.data.len() {
            self.data.copy_within(at..end, behind);
        } else {
            return Err(ProgramError::BorshIoError);
        }
        Ok(())
    }

    fn set_option(&mut self, at: usize, address: Option<&Address>) -> Result<(), ProgramError> {
        self.set_tagged(at, address.map(|address| (1, *address)))
    }

    fn set_future_fee(&mut self, at: usize, fee: FutureEpoch<Fee>) -> Result<(), ProgramError> {
        self.set_tagged(at, fee.pending().map(|(fee, updates)| (updates, PodFee::from(fee))))
    }

    /// Sets the pending fee on rewards.
    ///
    /// # Errors
    /// `BorshIoError` if the data is too short for the longer pool.
    pub fn set_next_epoch_fee(&mut self, fee: FutureEpoch<Fee>) -> Result<(), ProgramError> {
        self.set_future_fee(NEXT_EPOCH_FEE, fee)
    }

    /// Sets the pending fee on stake withdrawals.
    ///
    /// # Errors
    /// As [`Self::set_next_epoch_fee`].
    pub fn set_next_stake_withdrawal_fee(&mut self, fee: FutureEpoch<Fee>) -> Result<(), ProgramError> {
        self.set_future_fee(self.layout.next_stake_withdrawal_fee, fee)
    }

    /// Sets the pending fee on SOL withdrawals.
    ///
    /// # Errors
    /// As [`Self::set_next_epoch_fee`].
    pub fn set_next_sol_withdrawal_fee(&mut self, fee: FutureEpoch<Fee>) -> Result<(), ProgramError> {
        self.set_future_fee(self.layout.next_sol_withdrawal_fee, fee)
    }

    /// Sets the fee on stake deposits.
    pub fn set_stake_deposit_fee(&mut self, fee: Fee) {
        self.set_fee(self.layout.next_stake_withdrawal_fee.wrapping_sub(2 * FEE), fee);
    }

    /// Sets the fee on SOL deposits.
    pub fn set_sol_deposit_fee(&mut self, fee: Fee) {
        self.set_fee(self.layout.sol_withdraw_authority.wrapping_sub(FEE + 1), fee);
    }

    /// Sets the referrer's share of a stake deposit's fee, in percent.
    pub fn set_stake_referral_fee(&mut self, percent: u8) {
        self.data[self.layout.sol_deposit_authority.wrapping_sub(1)] = percent;
    }

    /// Sets the referrer's share of a SOL deposit's fee, in percent.
    pub fn set_sol_referral_fee(&mut self, percent: u8) {
        self.data[self.layout.sol_withdraw_authority.wrapping_sub(1)] = percent;
    }

    /// Sets the only validator that receives stake deposits.
    ///
    /// # Errors
    /// As [`Self::set_next_epoch_fee`].
    pub fn set_preferred_deposit(&mut self, vote: Option<&Address>) -> Result<(), ProgramError> {
        self.set_option(self.layout.preferred_deposit, vote)
    }

    /// Sets the validator that stake is withdrawn from first.
    ///
    /// # Errors
    /// As [`Self::set_next_epoch_fee`].
    pub fn set_preferred_withdraw(&mut self, vote: Option<&Address>) -> Result<(), ProgramError> {
        self.set_option(self.layout.preferred_withdraw, vote)
    }

    /// Sets the SOL deposit authority, which must sign each SOL deposit.
    ///
    /// # Errors
    /// As [`Self::set_next_epoch_fee`].
    pub fn set_sol_deposit_authority(&mut self, authority: Option<&Address>) -> Result<(), ProgramError> {
        self.set_option(self.layout.sol_deposit_authority, authority)
    }

    /// Sets the SOL withdraw authority, which must sign each SOL withdrawal.
    ///
    /// # Errors
    /// As [`Self::set_next_epoch_fee`].
    pub fn set_sol_withdraw_authority(&mut self, authority: Option<&Address>) -> Result<(), ProgramError> {
        self.set_option(self.layout.sol_withdraw_authority, authority)
    }

    /// Unsets each preferred validator for which `is_removed` returns true.
    ///
    /// # Errors
    /// `BorshIoError`, in theory only: the pool cannot become longer.
    pub fn unset_preferred(&mut self, mut is_removed: impl FnMut(&Address) -> bool) -> Result<(), ProgramError> {
        let deposit = self.view().preferred_deposit().is_some_and(&mut is_removed);
        let withdraw = self.view().preferred_withdraw().is_some_and(&mut is_removed);
        match (deposit, withdraw) {
            (false, false) => Ok(()),
            (true, false) => self.set_preferred_deposit(None),
            (false, true) => self.set_preferred_withdraw(None),
            (true, true) => self.rewrite(|terms| {
                terms.preferred_deposit_validator_vote_address = None;
                terms.preferred_withdraw_validator_vote_address = None;
            }),
        }
    }

    /// Advances the pool into `epoch`: pending fees advance by one update or take effect, and the present totals become those of
    /// the last epoch.
    ///
    /// # Errors
    /// `BorshIoError`, in theory only: the pool cannot become longer.
    pub fn advance_epoch(&mut self, epoch: u64) -> Result<(), ProgramError> {
        let pending = [NEXT_EPOCH_FEE, self.layout.next_stake_withdrawal_fee, self.layout.next_sol_withdrawal_fee];
        if pending.iter().any(|at| self.data[*at] == 1) {
            self.take_due_fees()?;
        } else {
            for at in pending {
                // 0 (none) stays 0; 2 updates to go become 1.
                self.data[at] >>= 1;
            }
        }
        let head = self.head_mut();
        head.last_update_epoch.set(epoch);
        let last_epoch = [head.pool_token_supply, head.total_lamports];
        self.write(self.layout.end.wrapping_sub(2 * NUMBER), bytemuck::bytes_of(&last_epoch));
        Ok(())
    }

    #[cold]
    #[inline(never)]
    fn take_due_fees(&mut self) -> Result<(), ProgramError> {
        let mut due = None;
        self.rewrite(|terms| {
            due = terms.next_epoch_fee.advance();
            if let Some(fee) = terms.next_stake_withdrawal_fee.advance() {
                terms.stake_withdrawal_fee = fee;
            }
            if let Some(fee) = terms.next_sol_withdrawal_fee.advance() {
                terms.sol_withdrawal_fee = fee;
            }
        })?;
        if let Some(fee) = due {
            self.head_mut().epoch_fee = fee.into();
        }
        Ok(())
    }

    /// Changes several fields at once. Shortening the pool in several steps would leave other bytes behind its end than the SPL
    /// program does.
    #[cold]
    #[inline(never)]
    fn rewrite(&mut self, change: impl FnOnce(&mut PoolTerms)) -> Result<(), ProgramError> {
        let bytes = &mut self.data[POOL_HEAD_LENGTH..];
        let mut terms = PoolTerms::decode(bytes)?;
        change(&mut terms);
        terms.encode(bytes)?;
        *self.layout = PoolLayout::of(self.data)?;
        Ok(())
    }
}
