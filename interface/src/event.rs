//! Events: what an instruction changed, with the values before and after.
//!
//! A pool with the extension emits one for each instruction that changes its totals, a record, a fee, an authority, its
//! weights or its policy. An event is the data of a `Program data:` log line: an 8-byte tag and a fixed little-endian struct.
//! The instructions' events add up: the sum of the changes of each balance is the change of that balance, but for lamports
//! that somebody sends to an account without any instruction of the program.

use {
    crate::state::{PodFee, RebalancePolicy, U32, U64},
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_address::Address,
};

/// A value that changed, or did not.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Change {
    /// Before the instruction.
    pub old: U64,
    /// After it.
    pub new: U64,
}

impl Change {
    /// New value less old one.
    pub const fn difference(&self) -> i128 {
        (self.new.get() as i128).wrapping_sub(self.old.get() as i128)
    }
}

/// Status in [`FundsEvent`] where the instruction is about no validator in particular.
pub const NO_STATUS: u8 = u8::MAX;

/// Tag `TPfunds1`: balances of the pool, as its accounts say.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct FundsEvent {
    /// The pool.
    pub pool: Address,
    /// The vote account of the validator that the instruction is about; zero where it is about none, or several.
    pub vote: Address,
    /// The current epoch.
    pub epoch: U64,
    /// Records that the stake below is summed up over.
    pub records: U32,
    /// Tag of the instruction; that of the plain one where it has a bound on slippage.
    pub instruction: u8,
    /// Status of the validator before, or [`NO_STATUS`].
    pub old_status: u8,
    /// Status of the validator after; [`NO_STATUS`] where there is none any more.
    pub new_status: u8,
    /// Zero.
    pub reserved: u8,
    /// Total lamports of the pool.
    pub total_lamports: Change,
    /// Supply of the pool token, in its smallest unit.
    pub pool_token_supply: Change,
    /// Lamports in the reserve, rent included; 0 before and after where the instruction does not touch it.
    pub reserve_lamports: Change,
    /// Lamports in validator stake accounts, as the records touched say.
    pub active_stake_lamports: Change,
    /// Lamports in transient stake accounts, as the records touched say.
    pub transient_stake_lamports: Change,
}

/// Tag `TPfees_1`: a fee that `SetFee` set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct FeeEvent {
    /// The pool.
    pub pool: Address,
    /// The current epoch.
    pub epoch: U64,
    /// Kind of the fee, as `SetFee` encodes it: 0 SOL referral, 1 stake referral, 2 rewards, 3 stake withdrawal,
    /// 4 SOL deposit, 5 stake deposit, 6 SOL withdrawal.
    pub kind: u8,
    /// Whether it comes into force after two updates in new epochs; at once otherwise.
    pub is_delayed: u8,
    /// Zero.
    pub reserved: [u8; 6],
    /// The fee in force before. A percentage has the denominator 100.
    pub old: PodFee,
    /// The fee that was set.
    pub new: PodFee,
}

/// An authority of the pool, in [`AuthorityEvent`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u8)]
pub enum Authority {
    /// The manager.
    Manager,
    /// The staker.
    Staker,
    /// The token account that receives the manager's fees.
    ManagerFeeAccount,
    /// Who must authorize stake deposits.
    StakeDeposit,
    /// Who must sign SOL deposits.
    SolDeposit,
    /// Who must sign SOL withdrawals.
    SolWithdraw,
}

/// Tag `TPauth_1`: an authority that was set. Setting the manager sets the fee account too, which has an event of its own.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct AuthorityEvent {
    /// The pool.
    pub pool: Address,
    /// The current epoch.
    pub epoch: U64,
    /// [`Authority`].
    pub authority: u8,
    /// Zero.
    pub reserved: [u8; 7],
    /// Before; zero for none.
    pub old: Address,
    /// After; zero for none.
    pub new: Address,
}

/// Tag `TPweigh1`: weights that were set.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct WeightsEvent {
    /// The pool.
    pub pool: Address,
    /// The current epoch.
    pub epoch: U64,
    /// Weights that were set.
    pub records: U64,
    /// Sum of these validators' weights.
    pub weights: Change,
}

/// Tag `TPpolic1`: the policy that was set. `ExtendPool` sets the default one, in the place of none: all zero.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct PolicyEvent {
    /// The pool.
    pub pool: Address,
    /// The current epoch.
    pub epoch: U64,
    /// Before.
    pub old: RebalancePolicy,
    /// After.
    pub new: RebalancePolicy,
}

/// A struct that follows a tag in a log line.
pub trait EventData: Pod {
    /// The tag.
    const TAG: [u8; 8];
}

macro_rules! events {
    ($($kind:ident($data:ident) = $tag:literal,)*) => {
        /// An event, decoded.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Event {
            $(#[doc = concat!("[`", stringify!($data), "`].")] $kind($data),)*
        }

        impl Event {
            /// Decodes the data of a log line; `None` where it is no event of this program.
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                let (tag, data) = bytes.split_first_chunk()?;
                match *tag {
                    $($data::TAG => read(data).map(Self::$kind),)*
                    _ => None,
                }
            }
        }

        $(impl EventData for $data {
            const TAG: [u8; 8] = *$tag;
        })*
    };
}

events! {
    Funds(FundsEvent) = b"TPfunds1",
    Fee(FeeEvent) = b"TPfees_1",
    Authority(AuthorityEvent) = b"TPauth_1",
    Weights(WeightsEvent) = b"TPweigh1",
    Policy(PolicyEvent) = b"TPpolic1",
}

fn read<T: Pod>(bytes: &[u8]) -> Option<T> {
    (bytes.len() == size_of::<T>()).then(|| bytemuck::pod_read_unaligned(bytes))
}
