//! Events: the values that an instruction changed, before and after.
//!
//! The program emits an event for each instruction that changes an extended pool: its totals, a record, a fee, an authority, the
//! weights or the policy. An event is the data of a `Program data:` log line: an 8-byte tag and a fixed little-endian struct.
//!
//! Events add up: the sum of all changes of a balance is the change of that balance. Direct transfers to the pool's accounts are the
//! exception, because no instruction of the program runs for them.

use {
    crate::{
        schema::{self, Described as _},
        state::{
            Announcement, AnnouncementKind, DemotionGround, DemotionPolicy, ExitTicket, Limits, PodFee,
            RebalancePolicy, U16, U32, U64,
        },
    },
    bytemuck::Pod,
    core::mem::size_of,
    solana_address::Address,
    tidepool_core::maths::{Lamports, PoolTokens},
};

layout! {
    /// A value before and after an instruction.
    #[derive(Default)]
    pub struct Change {
        /// Before the instruction.
        pub old: U64,
        /// After it.
        pub new: U64,
    }
}

impl Change {
    /// New value less old one.
    pub const fn difference(&self) -> i128 {
        (self.new.get() as i128).wrapping_sub(self.old.get() as i128)
    }
}

/// Status in [`FundsEvent`] for instructions without a single validator.
pub const NO_STATUS: u8 = u8::MAX;

layout! {
    /// Tag `TPfunds1`: balances of the pool, from its accounts.
    pub struct FundsEvent {
        /// The pool.
        pub pool: Address,
        /// The vote account of the instruction's validator; zero for none, or for several.
        pub vote: Address,
        /// The current epoch.
        pub epoch: U64,
        /// Number of records in the sums of stake below.
        pub records: U32,
        /// Tag of the instruction. A variant with a slippage bound has the tag of the plain variant.
        pub instruction: u8,
        /// Status of the validator before, or [`NO_STATUS`].
        pub old_status: u8,
        /// Status of the validator after; [`NO_STATUS`] if its record is gone.
        pub new_status: u8,
        /// Zero.
        pub reserved: u8,
        /// Total lamports of the pool.
        pub total_lamports: Change,
        /// Supply of the pool token, in its smallest unit.
        pub pool_token_supply: Change,
        /// Lamports in the reserve, rent included; 0 before and after if the instruction does not change the reserve.
        pub reserve_lamports: Change,
        /// Lamports in validator stake accounts, from the changed records.
        pub active_stake_lamports: Change,
        /// Lamports in transient stake accounts, from the changed records.
        pub transient_stake_lamports: Change,
    }
}

layout! {
    /// Tag `TPfees_1`: a fee that `SetFee` set.
    pub struct FeeEvent {
        /// The pool.
        pub pool: Address,
        /// The current epoch.
        pub epoch: U64,
        /// Kind of the fee, as `SetFee` encodes it: 0 SOL referral, 1 stake referral, 2 rewards, 3 stake withdrawal,
        /// 4 SOL deposit, 5 stake deposit, 6 SOL withdrawal.
        pub kind: u8,
        /// 1 if the fee takes effect after two updates in new epochs, 0 if at once.
        pub is_delayed: u8,
        /// Zero.
        pub reserved: [u8; 6],
        /// The fee in force before. A percentage has the denominator 100.
        pub old: PodFee,
        /// The fee that was set.
        pub new: PodFee,
    }
}

numbered! {
    /// An authority of the pool, in [`AuthorityEvent`].
    pub enum Authority {
        /// The manager.
        Manager,
        /// The staker.
        Staker,
        /// The token account that receives the manager's fees.
        ManagerFeeAccount,
        /// The stake deposit authority.
        StakeDeposit,
        /// The SOL deposit authority.
        SolDeposit,
        /// The SOL withdraw authority.
        SolWithdraw,
    }
}

layout! {
    /// Tag `TPauth_1`: an authority that was set. `SetManager` emits a second event for the fee account.
    pub struct AuthorityEvent {
        /// The pool.
        pub pool: Address,
        /// The current epoch.
        pub epoch: U64,
        /// [`Authority`].
        pub authority: u8 as Authority,
        /// Zero.
        pub reserved: [u8; 7],
        /// Before; zero for none.
        pub old: Address,
        /// After; zero for none.
        pub new: Address,
    }
}

layout! {
    /// Tag `TPweigh1`: weights that were set.
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
}

layout! {
    /// Tag `TPpolic1`: the policy that was set. `ExtendPool` sets the default policy; the policy before is then all zero.
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
}

layout! {
    /// Tag `TPlimit1`: the limits that were set.
    pub struct LimitsEvent {
        /// The pool.
        pub pool: Address,
        /// The current epoch.
        pub epoch: U64,
        /// Before.
        pub old: Limits,
        /// After.
        pub new: Limits,
    }
}

numbered! {
    /// A step of an announcement, in [`AnnouncementEvent`].
    pub enum AnnouncementStep {
        /// The change was announced.
        Announced,
        /// The announced change was made.
        Made,
        /// The announcement was withdrawn.
        Cancelled,
    }
}

layout! {
    /// Tag `TPannou1`: a change that was announced, made or withdrawn.
    pub struct AnnouncementEvent {
        /// The pool.
        pub pool: Address,
        /// The current epoch.
        pub epoch: U64,
        /// [`AnnouncementKind`].
        pub kind: u8 as AnnouncementKind,
        /// [`AnnouncementStep`].
        pub step: u8 as AnnouncementStep,
        /// Zero.
        pub reserved: [u8; 6],
        /// The announced change.
        pub announcement: Announcement,
    }
}

layout! {
    /// Tag `TPdempo1`: the demotion policy that was set.
    pub struct DemotionPolicyEvent {
        /// The pool.
        pub pool: Address,
        /// The current epoch.
        pub epoch: U64,
        /// Before.
        pub old: DemotionPolicy,
        /// After.
        pub new: DemotionPolicy,
    }
}

layout! {
    /// Tag `TPdemot1`: a validator that was demoted.
    pub struct DemotionEvent {
        /// The pool.
        pub pool: Address,
        /// The validator's vote account.
        pub vote: Address,
        /// The current epoch.
        pub epoch: U64,
        /// Lamports of the pool with the validator, rents included.
        pub lamports: U64 as Lamports,
        /// Its weight before.
        pub old_weight: U16,
        /// [`DemotionGround`].
        pub ground: u8 as DemotionGround,
        /// Zero.
        pub reserved: [u8; 5],
    }
}

numbered! {
    /// A step of an exit ticket, in [`ExitEvent`].
    pub enum ExitStep {
        /// The ticket was requested.
        Requested,
        /// The ticket was paid.
        Claimed,
        /// The ticket was given back.
        Cancelled,
    }
}

layout! {
    /// Tag `TPexit_1`: an exit ticket that was requested, paid or given back.
    pub struct ExitEvent {
        /// The pool.
        pub pool: Address,
        /// The ticket's owner.
        pub owner: Address,
        /// The current epoch.
        pub epoch: U64,
        /// The ticket's id.
        pub id: U64,
        /// Lamports that were fixed at the request.
        pub lamports: U64 as Lamports,
        /// Lamports paid by a claim.
        pub paid_lamports: U64 as Lamports,
        /// Pool tokens in escrow for it.
        pub pool_tokens: U64 as PoolTokens,
        /// Pool tokens that were burnt.
        pub burnt_pool_tokens: U64 as PoolTokens,
        /// [`ExitStep`].
        pub step: u8 as ExitStep,
        /// Zero.
        pub reserved: [u8; 7],
    }
}

impl ExitEvent {
    /// The event of a step of `ticket` in `epoch`.
    pub fn new(ticket: &ExitTicket, epoch: u64, step: ExitStep, paid: Lamports, burnt: PoolTokens) -> Self {
        Self {
            pool: ticket.pool,
            owner: ticket.owner,
            epoch: epoch.into(),
            id: ticket.id,
            lamports: ticket.lamports,
            paid_lamports: paid.get().into(),
            pool_tokens: ticket.pool_tokens,
            burnt_pool_tokens: burnt.get().into(),
            step: step as u8,
            reserved: [0; 7],
        }
    }
}

/// Data of an event: a struct that follows a tag in a log line.
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
            /// All events, described.
            pub const SCHEMA: &'static [schema::Event] = &[$(schema::Event {
                tag: $data::TAG,
                data: schema::defined($data::SHAPE),
            },)*];

            /// Decodes the data of a log line; `None` for other data.
            pub fn decode(bytes: &[u8]) -> Option<Self> {
                let (tag, data) = bytes.split_first_chunk()?;
                match *tag {
                    $($data::TAG => read(data).map(Self::$kind),)*
                    _ => None,
                }
            }

            /// The pool.
            pub const fn pool(&self) -> &Address {
                match self {
                    $(Self::$kind(event) => &event.pool,)*
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
    Limits(LimitsEvent) = b"TPlimit1",
    Announcement(AnnouncementEvent) = b"TPannou1",
    DemotionPolicy(DemotionPolicyEvent) = b"TPdempo1",
    Demotion(DemotionEvent) = b"TPdemot1",
    Exit(ExitEvent) = b"TPexit_1",
}

fn read<T: Pod>(bytes: &[u8]) -> Option<T> {
    (bytes.len() == size_of::<T>()).then(|| bytemuck::pod_read_unaligned(bytes))
}
