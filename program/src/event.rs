//! Events of extended pools.

use {
    crate::validation::{Pool, current_epoch},
    pinocchio::{AccountView, Address, ProgramResult},
    tidepool_interface::{
        event::{Authority, AuthorityEvent, Change, EventData, FundsEvent, NO_STATUS},
        state::{U64, ValidatorStakeInfo},
    },
};

/// A logged event: tag and data.
#[repr(C)]
pub struct Tagged<T> {
    tag: [u8; 8],
    event: T,
}

impl<T: EventData> Tagged<T> {
    #[inline(always)]
    pub const fn new(event: T) -> Self {
        Self { tag: T::TAG, event }
    }

    /// Logs the event.
    #[inline(never)]
    pub fn emit(&self) {
        const { assert!(size_of::<Self>() == size_of::<[u8; 8]>() + size_of::<T>(), "no padding") };
        // SAFETY: Tag and event are plain bytes without padding between them.
        log_data(unsafe { core::slice::from_raw_parts((&raw const *self).cast(), size_of::<Self>()) });
    }
}

/// Logs an event.
#[inline(always)]
pub fn emit<T: EventData>(event: T) {
    Tagged::new(event).emit();
}

#[cfg(any(target_os = "solana", target_arch = "bpf"))]
fn log_data(data: &[u8]) {
    let fields = [data];
    // SAFETY: The syscall reads one slice: a pointer and a length, the layout of slices in sBPF.
    unsafe { solana_define_syscall::definitions::sol_log_data(fields.as_ptr().cast(), fields.len() as u64) };
}

#[cfg(not(any(target_os = "solana", target_arch = "bpf")))]
fn log_data(data: &[u8]) {
    core::hint::black_box(data);
}

/// Emits the event of an authority that was set, for an extended pool.
///
/// # Errors
/// `UnsupportedSysvar` if the runtime has no clock.
pub fn emit_authority(pool: &Pool, authority: Authority, old: &Address, new: &Address) -> ProgramResult {
    if pool.is_extended() {
        emit(AuthorityEvent {
            pool: *pool.address(),
            epoch: current_epoch()?.into(),
            authority: authority as u8,
            reserved: [0; 7],
            old: *old,
            new: *new,
        });
    }
    Ok(())
}

/// Before or after the instruction.
#[derive(Clone, Copy)]
enum Side {
    Before,
    After,
}

/// Builder of the event of an instruction that changes balances. Empty for a pool without the extension.
pub struct Funds {
    event: Option<Tagged<FundsEvent>>,
}

impl Funds {
    /// Starts with the pool's totals before the instruction.
    #[inline(always)]
    pub fn before(pool: &Pool, epoch: u64, instruction: u8) -> Self {
        Self { event: if pool.is_extended() { Some(begin(pool, epoch, instruction)) } else { None } }
    }

    /// Adds the reserve's balance before the instruction.
    pub fn reserve_before(mut self, reserve: &AccountView) -> Self {
        if let Some(Tagged { event, .. }) = &mut self.event {
            event.reserve_lamports.old.set(reserve.lamports());
        }
        self
    }

    /// Adds the reserve's balance after the instruction.
    pub fn reserve_after(&mut self, reserve: &AccountView) {
        if let Some(Tagged { event, .. }) = &mut self.event {
            event.reserve_lamports.new.set(reserve.lamports());
        }
    }

    /// Adds a record before the instruction changes it.
    #[inline(always)]
    pub fn record_before(&mut self, record: &ValidatorStakeInfo) {
        if let Some(Tagged { event, .. }) = &mut self.event {
            add_record(event, record, Side::Before);
            event.records.set(event.records.get().wrapping_add(1));
        }
    }

    /// Adds the record after the instruction has changed it.
    #[inline(always)]
    pub fn record_after(&mut self, record: &ValidatorStakeInfo) {
        if let Some(Tagged { event, .. }) = &mut self.event {
            add_record(event, record, Side::After);
        }
    }

    /// Sets the instruction's validator, and its status before the instruction.
    pub fn validator_before(&mut self, record: &ValidatorStakeInfo) {
        self.record_before(record);
        if let Some(Tagged { event, .. }) = &mut self.event {
            event.vote = record.vote_account_address;
            event.old_status = record.status;
        }
    }

    /// Sets the instruction's validator, and its status after the instruction.
    pub fn validator_after(&mut self, record: &ValidatorStakeInfo) {
        self.record_after(record);
        if let Some(Tagged { event, .. }) = &mut self.event {
            event.vote = record.vote_account_address;
            event.new_status = record.status;
            // A new validator has no record before the instruction.
            event.records.set(event.records.get().max(1));
        }
    }

    /// Emits the event with the pool's present totals.
    pub fn emit(mut self, pool: &Pool) {
        if let Some(tagged) = &mut self.event {
            let rate = pool.rate();
            tagged.event.total_lamports.new.set(rate.total_lamports.get());
            tagged.event.pool_token_supply.new.set(rate.pool_token_supply.get());
            tagged.emit();
        }
    }
}

// Not inlined: pools without the extension would also pay for the zeroed event.
#[inline(never)]
fn begin(pool: &Pool, epoch: u64, instruction: u8) -> Tagged<FundsEvent> {
    let rate = pool.rate();
    Tagged::new(FundsEvent {
        pool: *pool.address(),
        vote: Address::default(),
        epoch: epoch.into(),
        records: 0.into(),
        instruction,
        old_status: NO_STATUS,
        new_status: NO_STATUS,
        reserved: 0,
        total_lamports: unchanged(rate.total_lamports.get()),
        pool_token_supply: unchanged(rate.pool_token_supply.get()),
        reserve_lamports: Change::default(),
        active_stake_lamports: Change::default(),
        transient_stake_lamports: Change::default(),
    })
}

fn unchanged(value: u64) -> Change {
    Change { old: value.into(), new: value.into() }
}

/// Adds a record's stake to the sums. They may wrap: all existing lamports fit 64 bits, so records that the program wrote cannot
/// overflow them.
fn add_record(event: &mut FundsEvent, record: &ValidatorStakeInfo, side: Side) {
    let add = |change: &mut Change, lamports: u64| {
        let field: &mut U64 = match side {
            Side::Before => &mut change.old,
            Side::After => &mut change.new,
        };
        field.set(field.get().wrapping_add(lamports));
    };
    add(&mut event.active_stake_lamports, record.active_stake_lamports.get());
    add(&mut event.transient_stake_lamports, record.transient_stake_lamports.get());
}
