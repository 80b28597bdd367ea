//! Over 400 lines: one table of all instructions.
//!
//! The accounts of each instruction. This one table defines both the client's account metas and the program's account loading.

use {
    crate::schema::{Account, Role},
    solana_program_error::ProgramError,
};

/// The documentation of an account, the same in each instruction.
macro_rules! doc {
    (pool) => {
        "The pool."
    };
    (manager) => {
        "The manager."
    };
    (staker) => {
        "The staker."
    };
    (withdraw_authority) => {
        "The pool's withdraw authority."
    };
    (validator_list) => {
        "The validator list."
    };
    (reserve_stake) => {
        "The reserve."
    };
    (pool_mint) => {
        "The pool token's mint."
    };
    (manager_fee_account) => {
        "The manager's token account for fees."
    };
    (token_program) => {
        "The mint's token program."
    };
    (deposit_authority) => {
        "Becomes the stake and the SOL deposit authority, if passed."
    };
    (validator_stake) => {
        "The validator's stake account."
    };
    (vote) => {
        "The validator's vote account."
    };
    (rent) => {
        "The rent sysvar."
    };
    (clock) => {
        "The clock sysvar."
    };
    (stake_history) => {
        "The stake history sysvar."
    };
    (stake_config) => {
        "The stake program's retired configuration account."
    };
    (system_program) => {
        "The system program."
    };
    (stake_program) => {
        "The stake program."
    };
    (transient_stake) => {
        "The validator's transient stake account."
    };
    (ephemeral_stake) => {
        "The ephemeral stake account."
    };
    (stake_deposit_authority) => {
        "The stake deposit authority. Signs, except for the default authority."
    };
    (deposit_stake) => {
        "The stake account to deposit. The stake deposit authority is already its staker and withdrawer."
    };
    (pool_tokens_to) => {
        "The depositor's pool token account, or the ticket owner's."
    };
    (referrer_fee_account) => {
        "The referrer's pool token account."
    };
    (lamports_from) => {
        "The wallet that pays the deposit."
    };
    (sol_deposit_authority) => {
        "The SOL deposit authority, if the pool has one."
    };
    (split_from) => {
        "The stake account of the pool to split: a validator stake, a transient stake or the reserve."
    };
    (split_to) => {
        "An uninitialized stake account that holds its rent, for the holder."
    };
    (user_stake_authority) => {
        "Becomes staker and withdrawer of `split_to`."
    };
    (user_transfer_authority) => {
        "Owner or delegate of the holder's pool token account."
    };
    (pool_tokens_from) => {
        "The holder's pool token account."
    };
    (lamports_to) => {
        "The account that receives the lamports."
    };
    (sol_withdraw_authority) => {
        "The SOL withdraw authority, if the pool has one."
    };
    (new_manager) => {
        "The new manager."
    };
    (new_manager_fee_account) => {
        "The new manager's token account for fees."
    };
    (staker_or_manager) => {
        "The staker or the manager."
    };
    (new_staker) => {
        "The new staker."
    };
    (new_authority) => {
        "The new authority; absent to unset."
    };
    (payer) => {
        "Pays for the new or longer account."
    };
    (metadata) => {
        "The mint's metadata account."
    };
    (metadata_program) => {
        "The Metaplex token metadata program."
    };
    (instructions) => {
        "The instructions sysvar."
    };
    (manager_or_guardian) => {
        "The manager or the guardian."
    };
    (peer_vote) => {
        "The vote account of another validator of the pool, to prove missing credits."
    };
    (owner) => {
        "The holder. It will own the ticket, and is the owner or delegate of the pool token account."
    };
    (ticket_owner) => {
        "The ticket's owner. It gets the ticket's rent."
    };
    (escrow) => {
        "The pool's escrow: a pool token account of the withdraw authority."
    };
    (ticket) => {
        "The ticket, for a request at the address of the pool's next id."
    };
    (recipient) => {
        "Receives the SOL when the ticket is paid."
    };
    (validator_and_transient_stakes) => {
        "For each record from the first index on: the validator stake account and the transient stake account."
    };
    (stakes) => {
        "For each record from the first index on: the validator stake account, then the transient stake account if the record has transient stake. All writable, or read-only to count the record only."
    };
    (validators) => {
        "For each index: the vote account (read-only), the validator stake account and the transient stake account."
    };
}

/// Declares the accounts of instructions, in their order. `[w]` writable, `[s]` signer, `[sw]` both, `[e]` either a signer or not; `?`
/// optional, at the end; `..` any number of accounts that follow, which are no field.
macro_rules! accounts {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($field:ident [$($flag:ident)?],)*
            $(? $optional:ident [$($optional_flag:ident)?],)?
            $(.. $rest:ident [$rest_flag:ident],)?
        }
    )*) => {
        $(
            $(#[$doc])*
            ///
            /// The fields are the accounts, in the order of the instruction.
            #[derive(Clone, Copy, Debug, Eq, PartialEq)]
            pub struct $name<T> {
                $(#[doc = doc!($field)] pub $field: T,)*
                $(#[doc = doc!($optional)] pub $optional: Option<T>,)?
            }

            impl $name<()> {
                /// The accounts, described.
                pub const SCHEMA: &'static [Account] = &[
                    $(account!($field [$($flag)?] Required),)*
                    $(account!($optional [$($optional_flag)?] Optional),)?
                    $(account!($rest [$rest_flag] Rest),)?
                ];
            }

            impl<T> $name<T> {
                /// Takes the accounts from the front of `accounts`.
                ///
                /// # Errors
                /// `NotEnoughAccountKeys` if a required account is missing.
                #[inline(always)]
                pub fn load(accounts: &mut impl Iterator<Item = T>) -> Result<Self, ProgramError> {
                    Ok(Self {
                        $($field: accounts.next().ok_or(ProgramError::NotEnoughAccountKeys)?,)*
                        $($optional: accounts.next(),)?
                    })
                }

                /// Converts each account, for example from a caller's account infos to addresses.
                #[inline(always)]
                pub fn map<U>(self, mut convert: impl FnMut(T) -> U) -> $name<U> {
                    $name { $($field: convert(self.$field),)* $($optional: self.$optional.map(convert),)? }
                }

                /// Passes each account, in the instruction's order, with whether it is writable and whether it signs.
                #[inline(always)]
                pub fn visit(self, mut visit: impl FnMut(T, bool, bool)) {
                    $(visit_as!(visit, self.$field, $($flag)?);)*
                    $(if let Some(account) = self.$optional {
                        visit_as!(visit, account, $($optional_flag)?);
                    })?
                }
            }

            impl<'a, T> $name<&'a T> {
                /// References to the accounts at the front of `accounts`.
                ///
                /// # Errors
                /// As [`Self::load`].
                #[inline(always)]
                pub fn of(accounts: &'a [T]) -> Result<Self, ProgramError> {
                    let [$($field,)* _rest @ ..] = accounts else { return Err(ProgramError::NotEnoughAccountKeys) };
                    Ok(Self {
                        $($field,)*
                        $($optional: _rest.first(),)?
                    })
                }

                /// Copies the accounts from their references.
                #[inline(always)]
                pub fn copied(&self) -> $name<T>
                where
                    T: Copy,
                {
                    $name { $($field: *self.$field,)* $($optional: self.$optional.copied(),)? }
                }
            }

            #[cfg(feature = "client")]
            impl $name<crate::Address> {
                /// The account metas of the instruction.
                pub fn metas(&self) -> std::vec::Vec<solana_instruction::AccountMeta> {
                    let mut metas = std::vec::Vec::new();
                    self.visit(|pubkey, is_writable, is_signer| {
                        metas.push(solana_instruction::AccountMeta { pubkey, is_signer, is_writable });
                    });
                    metas
                }
            }
        )*
    };
}

macro_rules! account {
    ($name:ident [$($flag:ident)?] $role:ident) => {
        Account {
            name: stringify!($name),
            flags: concat!($(stringify!($flag))?),
            docs: doc!($name),
            role: Role::$role,
        }
    };
}

macro_rules! visit_as {
    ($visit:ident, $account:expr, ) => {
        $visit($account, false, false)
    };
    // The builder of the instruction sets whether it signs.
    ($visit:ident, $account:expr, e) => {
        $visit($account, false, false)
    };
    ($visit:ident, $account:expr, w) => {
        $visit($account, true, false)
    };
    ($visit:ident, $account:expr, s) => {
        $visit($account, false, true)
    };
    ($visit:ident, $account:expr, sw) => {
        $visit($account, true, true)
    };
}

accounts! {
    /// Accounts of `Initialize`. The pool and the validator list exist, are zeroed and owned by the program.
    InitializeAccounts {
        pool [w], manager [s], staker [], withdraw_authority [], validator_list [w], reserve_stake [], pool_mint [w],
        manager_fee_account [w], token_program [], ? deposit_authority [s],
    }

    /// Accounts of `AddValidatorToPool`.
    AddValidatorToPoolAccounts {
        pool [w], staker [s], reserve_stake [w], withdraw_authority [], validator_list [w], validator_stake [w],
        vote [], rent [], clock [], stake_history [], stake_config [], system_program [], stake_program [],
    }

    /// Accounts of `RemoveValidatorFromPool`.
    RemoveValidatorFromPoolAccounts {
        pool [w], staker [s], withdraw_authority [], validator_list [w], validator_stake [w], transient_stake [w],
        clock [], stake_program [],
    }

    /// Accounts of `DecreaseValidatorStake`.
    DecreaseValidatorStakeAccounts {
        pool [], staker [s], withdraw_authority [], validator_list [w], validator_stake [w], transient_stake [w],
        clock [], rent [], system_program [], stake_program [],
    }

    /// Accounts of `DecreaseAdditionalValidatorStake`.
    DecreaseAdditionalValidatorStakeAccounts {
        pool [], staker [s], withdraw_authority [], validator_list [w], reserve_stake [w], validator_stake [w],
        ephemeral_stake [w], transient_stake [w], clock [], stake_history [], system_program [], stake_program [],
    }

    /// Accounts of `DecreaseValidatorStakeWithReserve`.
    DecreaseValidatorStakeWithReserveAccounts {
        pool [], staker [s], withdraw_authority [], validator_list [w], reserve_stake [w], validator_stake [w],
        transient_stake [w], clock [], stake_history [], system_program [], stake_program [],
    }

    /// Accounts of `IncreaseValidatorStake`.
    IncreaseValidatorStakeAccounts {
        pool [], staker [s], withdraw_authority [], validator_list [w], reserve_stake [w], transient_stake [w],
        validator_stake [], vote [], clock [], rent [], stake_history [], stake_config [], system_program [],
        stake_program [],
    }

    /// Accounts of `IncreaseAdditionalValidatorStake`.
    IncreaseAdditionalValidatorStakeAccounts {
        pool [], staker [s], withdraw_authority [], validator_list [w], reserve_stake [w], ephemeral_stake [w],
        transient_stake [w], validator_stake [], vote [], clock [], stake_history [], stake_config [],
        system_program [], stake_program [],
    }

    /// Accounts of `SetPreferredValidator`.
    SetPreferredValidatorAccounts {
        pool [w], staker [s], validator_list [],
    }

    /// Accounts of `UpdateValidatorListBalance`. A validator stake account and a transient stake account per record follow, all writable.
    UpdateValidatorListBalanceAccounts {
        pool [], withdraw_authority [], validator_list [w], reserve_stake [w], clock [], stake_history [],
        stake_program [], .. validator_and_transient_stakes [w],
    }

    /// Accounts of `UpdateStakePoolBalance`.
    UpdateStakePoolBalanceAccounts {
        pool [w], withdraw_authority [], validator_list [w], reserve_stake [], manager_fee_account [w], pool_mint [w],
        token_program [],
    }

    /// Accounts of `CleanupRemovedValidatorEntries`. With a read-only pool, preferred validators stay unchanged.
    CleanupRemovedValidatorEntriesAccounts {
        pool [w], validator_list [w],
    }

    /// Accounts of `DepositStake`. Also for `DepositStakeWithSlippage`.
    DepositStakeAccounts {
        pool [w], validator_list [w], stake_deposit_authority [e], withdraw_authority [], deposit_stake [w],
        validator_stake [w], reserve_stake [w], pool_tokens_to [w], manager_fee_account [w], referrer_fee_account [w],
        pool_mint [w], clock [], stake_history [], token_program [], stake_program [],
    }

    /// Accounts of `DepositSol`. Also for `DepositSolWithSlippage`.
    DepositSolAccounts {
        pool [w], withdraw_authority [], reserve_stake [w], lamports_from [sw], pool_tokens_to [w],
        manager_fee_account [w], referrer_fee_account [w], pool_mint [w], system_program [], token_program [],
        ? sol_deposit_authority [s],
    }

    /// Accounts of `WithdrawStake`. Also for `WithdrawStakeWithSlippage`.
    WithdrawStakeAccounts {
        pool [w], validator_list [w], withdraw_authority [], split_from [w], split_to [w], user_stake_authority [],
        user_transfer_authority [s], pool_tokens_from [w], manager_fee_account [w], pool_mint [w], clock [],
        token_program [], stake_program [],
    }

    /// Accounts of `WithdrawSol`. Also for `WithdrawSolWithSlippage`.
    WithdrawSolAccounts {
        pool [w], withdraw_authority [], user_transfer_authority [s], pool_tokens_from [w], reserve_stake [w],
        lamports_to [w], manager_fee_account [w], pool_mint [w], clock [], stake_history [], stake_program [],
        token_program [], ? sol_withdraw_authority [s],
    }

    /// Accounts of `SetManager`.
    SetManagerAccounts {
        pool [w], manager [s], new_manager [s], new_manager_fee_account [],
    }

    /// Accounts of `SetFee`.
    SetFeeAccounts {
        pool [w], manager [s],
    }

    /// Accounts of `SetStaker`.
    SetStakerAccounts {
        pool [w], staker_or_manager [s], new_staker [],
    }

    /// Accounts of `SetFundingAuthority`.
    SetFundingAuthorityAccounts {
        pool [w], manager [s], ? new_authority [],
    }

    /// Accounts of `CreateTokenMetadata`.
    CreateTokenMetadataAccounts {
        pool [], manager [s], withdraw_authority [], pool_mint [], payer [sw], metadata [w], metadata_program [],
        system_program [],
    }

    /// Accounts of `UpdateTokenMetadata`.
    UpdateTokenMetadataAccounts {
        pool [], manager [s], withdraw_authority [], metadata [w], metadata_program [],
    }

    /// Accounts of `ExtendPool`.
    ExtendPoolAccounts {
        pool [w], manager [s], payer [sw], validator_list [w], system_program [],
    }

    /// Accounts of `SetRebalancePolicy`.
    SetRebalancePolicyAccounts {
        pool [w], manager [s],
    }

    /// Accounts of `SetValidatorWeights`.
    SetValidatorWeightsAccounts {
        pool [w], staker [s], validator_list [w],
    }

    /// Accounts of `UpdateValidators`. Per validator follow its stake account and, if the record has transient stake, its transient
    /// stake account. Both are writable, or the record is only counted:
    ///
    /// | passed read-only | the update |
    /// |---|---|
    /// | active stake with idle lamports (tips, donations) | counts them, and leaves them where they are |
    /// | stake that could be merged or deactivated | counts it in its account |
    /// | idle lamports of transient stake or of a removed validator; stake without a delegation | skips the record: it stays as it was |
    ///
    /// A later call of the same epoch with writable accounts does the rest.
    UpdateValidatorsAccounts {
        pool [], withdraw_authority [], validator_list [w], reserve_stake [w], clock [], stake_history [],
        stake_program [], .. stakes [w],
    }

    /// Accounts of `Rebalance`. Per validator follow its vote account, its stake account (writable) and its transient stake account
    /// (writable).
    RebalanceAccounts {
        pool [], withdraw_authority [], validator_list [w], reserve_stake [w], clock [], stake_history [],
        stake_config [], system_program [], stake_program [], instructions [], .. validators [w],
    }

    /// Accounts of `SetLimits`. The guardian can only hand over its place.
    SetLimitsAccounts {
        pool [w], manager_or_guardian [s],
    }

    /// Accounts of `CancelAnnouncement`.
    CancelAnnouncementAccounts {
        pool [w], manager_or_guardian [s],
    }

    /// Accounts of `SetDemotionPolicy`.
    SetDemotionPolicyAccounts {
        pool [w], manager [s],
    }

    /// Accounts of `DemoteValidator`.
    DemoteValidatorAccounts {
        pool [w], validator_list [w], vote [], ? peer_vote [],
    }

    /// Accounts of `RequestExit`.
    RequestExitAccounts {
        pool [w], withdraw_authority [], owner [s], pool_tokens_from [w], escrow [w], ticket [w], recipient [],
        manager_fee_account [w], pool_mint [w], payer [sw], token_program [], system_program [],
    }

    /// Accounts of `ClaimExit`.
    ClaimExitAccounts {
        pool [w], withdraw_authority [], ticket [w], ticket_owner [w], recipient [w], escrow [w], pool_mint [w],
        reserve_stake [w], clock [], stake_history [], stake_program [], token_program [],
    }

    /// Accounts of `CancelExit`.
    CancelExitAccounts {
        pool [w], withdraw_authority [], ticket [w], ticket_owner [sw], pool_tokens_to [w], escrow [w], pool_mint [w],
        token_program [],
    }
}
