//! Tags: the first byte of an instruction's data.

/// `Initialize`.
pub const INITIALIZE: u8 = 0;
/// `AddValidatorToPool`.
pub const ADD_VALIDATOR_TO_POOL: u8 = 1;
/// `RemoveValidatorFromPool`.
pub const REMOVE_VALIDATOR_FROM_POOL: u8 = 2;
/// `DecreaseValidatorStake`.
pub const DECREASE_VALIDATOR_STAKE: u8 = 3;
/// `IncreaseValidatorStake`.
pub const INCREASE_VALIDATOR_STAKE: u8 = 4;
/// `SetPreferredValidator`.
pub const SET_PREFERRED_VALIDATOR: u8 = 5;
/// `UpdateValidatorListBalance`.
pub const UPDATE_VALIDATOR_LIST_BALANCE: u8 = 6;
/// `UpdateStakePoolBalance`.
pub const UPDATE_STAKE_POOL_BALANCE: u8 = 7;
/// `CleanupRemovedValidatorEntries`.
pub const CLEANUP_REMOVED_VALIDATOR_ENTRIES: u8 = 8;
/// `DepositStake`.
pub const DEPOSIT_STAKE: u8 = 9;
/// `WithdrawStake`.
pub const WITHDRAW_STAKE: u8 = 10;
/// `SetManager`.
pub const SET_MANAGER: u8 = 11;
/// `SetFee`.
pub const SET_FEE: u8 = 12;
/// `SetStaker`.
pub const SET_STAKER: u8 = 13;
/// `DepositSol`.
pub const DEPOSIT_SOL: u8 = 14;
/// `SetFundingAuthority`.
pub const SET_FUNDING_AUTHORITY: u8 = 15;
/// `WithdrawSol`.
pub const WITHDRAW_SOL: u8 = 16;
/// `CreateTokenMetadata`.
pub const CREATE_TOKEN_METADATA: u8 = 17;
/// `UpdateTokenMetadata`.
pub const UPDATE_TOKEN_METADATA: u8 = 18;
/// `IncreaseAdditionalValidatorStake`.
pub const INCREASE_ADDITIONAL_VALIDATOR_STAKE: u8 = 19;
/// `DecreaseAdditionalValidatorStake`.
pub const DECREASE_ADDITIONAL_VALIDATOR_STAKE: u8 = 20;
/// `DecreaseValidatorStakeWithReserve`.
pub const DECREASE_VALIDATOR_STAKE_WITH_RESERVE: u8 = 21;
/// `Redelegate`.
pub const REDELEGATE: u8 = 22;
/// `DepositStakeWithSlippage`.
pub const DEPOSIT_STAKE_WITH_SLIPPAGE: u8 = 23;
/// `WithdrawStakeWithSlippage`.
pub const WITHDRAW_STAKE_WITH_SLIPPAGE: u8 = 24;
/// `DepositSolWithSlippage`.
pub const DEPOSIT_SOL_WITH_SLIPPAGE: u8 = 25;
/// `WithdrawSolWithSlippage`.
pub const WITHDRAW_SOL_WITH_SLIPPAGE: u8 = 26;

/// `ExtendPool`, the lowest tag of the extension.
pub const EXTEND_POOL: u8 = 64;
/// `SetRebalancePolicy`.
pub const SET_REBALANCE_POLICY: u8 = 65;
/// `SetValidatorWeights`.
pub const SET_VALIDATOR_WEIGHTS: u8 = 66;
/// `UpdateValidators`.
pub const UPDATE_VALIDATORS: u8 = 67;
/// `Rebalance`.
pub const REBALANCE: u8 = 68;
/// `SetLimits`.
pub const SET_LIMITS: u8 = 69;
/// `CancelAnnouncement`.
pub const CANCEL_ANNOUNCEMENT: u8 = 70;
/// `SetDemotionPolicy`.
pub const SET_DEMOTION_POLICY: u8 = 71;
/// `DemoteValidator`.
pub const DEMOTE_VALIDATOR: u8 = 72;
/// `RequestExit`.
pub const REQUEST_EXIT: u8 = 73;
/// `ClaimExit`.
pub const CLAIM_EXIT: u8 = 74;
/// `CancelExit`.
pub const CANCEL_EXIT: u8 = 75;
