//! The operations of a history. Each says what it does in numbers alone, so that it means something in any state: indices are
//! taken modulo what there is.

use {tidepool_core::maths::Fee, tidepool_interface::state::RebalancePolicy};

/// How many pool tokens to withdraw.
#[derive(Clone, Copy, Debug)]
pub enum Amount {
    /// This share of the holder's, in permille.
    Share(u64),
    /// This many, whether or not the holder has them.
    Exactly(u64),
    /// The value of a whole account of the chosen validator, and this many more.
    Whole(u64),
}

/// Seed of a transient stake account.
#[derive(Clone, Copy, Debug)]
pub enum Seed {
    /// The record's where the stake joins transient stake, otherwise the next one.
    Fitting,
    /// The record's.
    OfRecord,
    /// This one.
    Exactly(u64),
}

/// What happened to an update between its signing and its landing.
#[derive(Clone, Copy, Debug)]
pub enum Landed {
    /// Nothing.
    AsSigned,
    /// A foreign account at this place.
    Extra(usize),
    /// An account missing at this place.
    Missing(usize),
    /// Foreign accounts in place of records past the end of the list.
    PastEnd,
}

/// The validators of a rebalance.
#[derive(Clone, Copy, Debug)]
pub enum Chosen {
    /// This share of all, in permille, dealt to calls at random.
    Share { permille: usize, seed: u64 },
    /// One call for this many, from this one on, around the end of the list.
    From { first: usize, count: usize },
}

/// Something that happens to a pool.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// `DepositSol`. Referred by a third party, by the depositor (1) or the manager (2).
    DepositSol {
        holder: usize,
        lamports: u64,
        minimum: Option<u64>,
        referral: u8,
    },
    /// `WithdrawSol`.
    WithdrawSol {
        holder: usize,
        amount: Amount,
        minimum: Option<u64>,
    },
    /// `WithdrawStake` from a validator's stake account (0), its transient stake account (1) or the reserve (2).
    WithdrawStake {
        holder: usize,
        validator: usize,
        source: u8,
        amount: Amount,
        minimum: Option<u64>,
    },
    /// `DepositStake` of stake that was delegated this many epochs ago.
    DepositStake {
        holder: usize,
        validator: usize,
        lamports: u64,
        idle: u64,
        age: u64,
        minimum: Option<u64>,
        referral: u8,
    },
    /// The staker's `IncreaseValidatorStake`, or with an ephemeral account `IncreaseAdditionalValidatorStake`.
    Increase {
        validator: usize,
        lamports: u64,
        seed: Seed,
        ephemeral: Option<u64>,
    },
    /// The same with the whole reserve but for the rent of this many stake accounts. It must fail with less than two: the
    /// reserve's own and the new account's.
    IncreaseAll {
        validator: usize,
        rents: u64,
        ephemeral: Option<u64>,
    },
    /// The staker's `DecreaseValidatorStake` (0), `…WithReserve` (1) or `DecreaseAdditionalValidatorStake` (2).
    Decrease {
        validator: usize,
        lamports: u64,
        seed: Seed,
        variant: u8,
    },
    /// `AddValidatorToPool`.
    AddValidator {
        vote: usize,
        seed: u32,
    },
    /// `RemoveValidatorFromPool`.
    RemoveValidator {
        validator: usize,
    },
    /// `CleanupRemovedValidatorEntries`, the pool writable or not.
    Cleanup {
        writable: bool,
    },
    /// `SetPreferredValidator`, for withdrawals or deposits.
    SetPreferred {
        withdraw: bool,
        validator: Option<usize>,
    },
    /// `SetFee` of this kind.
    SetFee {
        kind: u8,
        fee: Fee,
    },
    /// `SetFundingAuthority` of this kind, to one signer or to none.
    SetFunding {
        kind: u8,
        set: bool,
    },
    /// `ExtendPool`.
    Extend,
    /// `SetValidatorWeights` of one validator or two in a row.
    SetWeights {
        validator: usize,
        first: u16,
        second: Option<u16>,
    },
    /// `SetRebalancePolicy`.
    SetPolicy {
        policy: RebalancePolicy,
    },
    /// An update of some records: `UpdateValidators`, or `UpdateValidatorListBalance` with this `no_merge`.
    UpdateSome {
        start: usize,
        count: usize,
        spl: Option<bool>,
        landed: Landed,
    },
    /// `UpdateValidators` of some records, with read-only stake accounts.
    CountSome {
        start: usize,
        count: usize,
    },
    /// `UpdateStakePoolBalance`, whether or not the records are up to date.
    UpdatePool,
    /// All records, the pool, the clean-up.
    Crank,
    /// The same by SPL instructions, in a pool of any kind.
    CrankBySpl {
        no_merge: bool,
    },
    /// The instructions of such a crank, which may fail.
    SplUpdates {
        no_merge: bool,
    },
    Rebalance {
        chosen: Chosen,
    },
    /// Epochs pass, and stake earns rewards. The pool is cranked then, or not yet.
    TurnEpoch {
        epochs: u64,
        reward_permille: u64,
        crank: bool,
    },
    /// An epoch passes, and begins with the next of the planned rents. The pool is cranked then, or not yet.
    StepRent {
        reward_permille: u64,
        crank: bool,
    },
    /// A delinquent validator's stake, or its transient stake, is deactivated. Permissionless.
    Deactivate {
        validator: usize,
        transient: bool,
    },
    /// A cluster restart removes the delegation of a validator's stake.
    Destake {
        validator: usize,
    },
    /// A vote account is closed, or opened again.
    CloseVote {
        validator: usize,
    },
    /// A donation to the reserve (0), a validator's account (1), the transient account (2), the next transient account's address
    /// (3), the next ephemeral one's (4), that of a future validator (5), or an account of the pool without stake.
    Donate {
        to: u8,
        validator: usize,
        lamports: u64,
    },
    /// A holder burns this share of its pool tokens, in permille, without the program.
    Burn {
        holder: usize,
        permille: u64,
    },
    /// The manager's fee account is frozen (0), closed (1), or as it should be.
    ChangeFeeAccount {
        state: u8,
    },
    /// A validator loses this share of its stake, or its transient stake, in permille.
    Slash {
        validator: usize,
        transient: bool,
        permille: u64,
    },
    /// Rent becomes this share of the initial rent, in percent.
    SetRent {
        percent: u64,
    },
    /// The payment of epoch rewards begins or ends.
    EpochRewards {
        is_active: bool,
    },
    /// The next instruction misses a signature or a writable flag, has two accounts swapped, or is cut short.
    Sabotage {
        how: u8,
        first: usize,
        second: usize,
    },
    /// A holder withdraws everything as a client plans it; then the state is restored.
    Exit {
        holder: usize,
    },
}

impl Operation {
    /// What it is called.
    pub fn name(&self) -> String {
        let text = format!("{self:?}");
        text.split([' ', '{', '(']).next().unwrap_or_default().to_owned()
    }
}
