//! Instructions of the extension: tags 64 to 75.

use {
    crate::{
        bytes::{Wire, Writer},
        state::{
            AnnouncementKind, DemotionGround, DemotionPolicy, Limits, RebalancePolicy, U16, U32, ValidatorStakeInfo,
        },
    },
    solana_address::Address,
    solana_program_error::ProgramError,
    tidepool_core::maths::{Lamports, PoolTokens},
};

/// Lowest tag of an instruction of the extension.
pub const EXTENSION_TAG_MIN: u8 = tag::EXTEND_POOL;

/// Maximum number of validators in one [`ExtensionInstruction::Rebalance`]. It exceeds the movements that fit a transaction: the
/// runtime limits a transaction to 64 instructions, and a movement takes four or five of them.
pub const REBALANCED_VALIDATORS_MAX: usize = tidepool_core::rebalance::PASSED_OVER_MAX;

/// Slots for which `Rebalance` is paused after an [`ExtensionInstruction::SetValidatorWeights`] with `more`: an hour of slots of 400 ms, half an
/// hour of slots of 200 ms.
pub const WEIGHTS_PAUSE_SLOTS: u64 = 9_000;

layout! {
    /// A weight to set. The prefix of the vote account's address detects entries that have moved in the list.
    pub struct WeightEntry {
        /// Index in the validator list.
        pub index: U32,
        /// First bytes of the vote account's address.
        pub vote_prefix: [u8; 8],
        /// The weight; 0 for none.
        pub weight: U16,
    }
}

impl WeightEntry {
    /// The weight `weight` for the validator `vote` at `index`.
    pub fn new(index: u32, vote: &Address, weight: u16) -> Self {
        let mut vote_prefix = [0; 8];
        vote_prefix.copy_from_slice(&vote.as_array()[..8]);
        Self { index: index.into(), vote_prefix, weight: weight.into() }
    }

    /// Whether `record` belongs to the named validator.
    pub fn is_for(&self, record: &ValidatorStakeInfo) -> bool {
        record.vote_account_address.as_array().starts_with(&self.vote_prefix)
    }
}

instructions! {
    /// An instruction's tag and arguments, for pools with the extension.
    ///
    /// The accounts of each are in the struct of the same name with the suffix `Accounts`. All except [`Self::ExtendPool`] fail with
    /// [`ExtensionError::NotExtended`](crate::ExtensionError::NotExtended) for a pool without the extension.
    pub enum ExtensionInstruction<'a> {
        /// Adds the extension to the pool account, with the default policy. The manager signs, and a payer pays the rent.
        ///
        /// It clears the four bytes of each record that the SPL layout leaves unused, because earlier bytes are neither bumps nor
        /// weights. A pool with an extension of any version is rejected and stays unchanged.
        ExtendPool [64 EXTEND_POOL ExtendPoolAccounts]
            "Add the extension to the pool {pool}, with rent from {payer}",
        /// Sets the policy; the manager signs.
        SetRebalancePolicy [65 SET_REBALANCE_POLICY SetRebalancePolicyAccounts]
            "Set the rebalance policy of the pool {pool}: {policy}" {
            /// The policy.
            policy: RebalancePolicy,
        },
        /// Sets weights; the staker signs. If an entry belongs to another validator, no weight is set.
        ///
        /// With `more`, `Rebalance` is paused, because stake must not move by a mixture of old and new weights. The pause ends with an
        /// instruction without `more`, or after [`WEIGHTS_PAUSE_SLOTS`], so that a lost key cannot stop the pool.
        SetValidatorWeights [66 SET_VALIDATOR_WEIGHTS SetValidatorWeightsAccounts]
            "Set weights of validators of the pool {pool}: {weights}" {
            /// Whether more weights follow in other transactions.
            more: bool,
            /// At least one weight.
            weights: &'a [WeightEntry],
        },
        /// Permissionless. Updates records as `UpdateValidatorListBalance` does, with one account for a validator without transient
        /// stake. Merges only stake that the stake program will merge.
        ///
        /// A record is skipped if its accounts are not the next ones. An account is skipped if it belongs to no record, for example a
        /// transient stake account that another update has merged.
        UpdateValidators [67 UPDATE_VALIDATORS UpdateValidatorsAccounts]
            "Update the records of the pool {pool} from index {start_index} on" {
            /// Index of the first record.
            start_index: u32,
        },
        /// Permissionless. Moves stake of the named validators towards their targets. The seed of a transient stake account is that of
        /// present transient stake, or else the next one ([`ValidatorStakeInfo::rebalance_seed`]). Without a movement it succeeds and
        /// logs the reason.
        ///
        /// The weight of a validator is cleared if stake can no longer be delegated to it: its vote account is closed while it is below
        /// target, or its stake was deactivated as delinquent. Its share then goes to the other validators, until the staker sets a
        /// weight again.
        ///
        /// A rebalance must be a top-level instruction. Its transaction may have neither deposits and withdrawals nor instructions of
        /// other programs that name the pool, which could make some: SOL borrowed for one transaction must not direct stake. A wallet's
        /// assertions are allowed.
        Rebalance [68 REBALANCE RebalanceAccounts]
            "Rebalance stake of the pool {pool} between the validators at the indices {indices}" {
            /// Indices in the validator list: [`REBALANCED_VALIDATORS_MAX`] at most.
            indices: &'a [U32],
        },
        /// Tightens the pool's limits; the manager signs. The guardian can hand over its own place.
        SetLimits [69 SET_LIMITS SetLimitsAccounts]
            "Tighten the limits of the pool {pool}: {limits}" {
            /// All limits, those that stay too.
            limits: Limits,
        },
        /// Withdraws an announcement; the manager or the guardian signs.
        CancelAnnouncement [70 CANCEL_ANNOUNCEMENT CancelAnnouncementAccounts]
            "Withdraw the announcement of the pool {pool} about: {kind}" {
            /// Which one.
            kind: AnnouncementKind,
        },
        /// Sets when a validator can be demoted; the manager signs.
        SetDemotionPolicy [71 SET_DEMOTION_POLICY SetDemotionPolicyAccounts]
            "Set the demotion policy of the pool {pool}: {policy}" {
            /// The policy.
            policy: DemotionPolicy,
        },
        /// Permissionless. Takes a validator out of the targets of rebalances, if its vote account proves `ground`. The rebalances that
        /// follow take its stake down to the minimum.
        DemoteValidator [72 DEMOTE_VALIDATOR DemoteValidatorAccounts]
            "Demote the validator {vote} of the pool {pool}: {ground}" {
            /// Index of the validator in the list.
            index: u32,
            /// Index of another validator, which earned credits meanwhile; only for [`DemotionGround::NoCredits`].
            peer_index: u32,
            /// Why.
            ground: DemotionGround,
        },
        /// Gives pool tokens into escrow for a ticket, which is paid in SOL as soon as the reserve can; the holder signs. The lamports
        /// are fixed now, less the SOL withdrawal fee.
        RequestExit [73 REQUEST_EXIT RequestExitAccounts]
            "Request an exit ticket of the pool {pool} for {pool_tokens}: at least {minimum_lamports} to {recipient}" {
            /// Pool tokens, the fee included.
            pool_tokens: u64 as PoolTokens,
            /// Fewest lamports that the ticket may be for.
            minimum_lamports: u64 as Lamports,
        },
        /// Permissionless. Pays a ticket from the reserve, at its lamports or at the exchange rate of now if that is lower.
        ClaimExit [74 CLAIM_EXIT ClaimExitAccounts]
            "Pay the exit ticket {ticket} of the pool {pool} to {recipient}",
        /// Returns the pool tokens that a ticket's lamports buy now, and burns the others; its owner signs. From the epoch after the
        /// request on.
        CancelExit [75 CANCEL_EXIT CancelExitAccounts]
            "Cancel the exit ticket {ticket} of the pool {pool}, and return pool tokens to {pool_tokens_to}",
    }
}
