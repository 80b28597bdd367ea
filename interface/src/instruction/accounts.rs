//! The accounts of each instruction. This one table defines both the client's account metas and the program's account loading.

use solana_program_error::ProgramError;

/// Declares the accounts of instructions. `[w]` writable, `[s]` signer, `[sw]` both; `?` optional, at the end.
macro_rules! accounts {
    ($(
        $(#[$doc:meta])*
        $name:ident {
            $($(#[$field_doc:meta])* $field:ident [$($flag:ident)?],)*
            $(? $(#[$optional_doc:meta])* $optional:ident [$($optional_flag:ident)?],)?
        }
    )*) => {
        $(
            $(#[$doc])*
            ///
            /// The fields are the accounts, in the order of the instruction.
            #[derive(Clone, Copy, Debug, Eq, PartialEq)]
            pub struct $name<T> {
                $($(#[$field_doc])* pub $field: T,)*
                $($(#[$optional_doc])* pub $optional: Option<T>,)?
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
                    #[allow(unused_mut)]
                    let mut metas = std::vec![$(meta!(self.$field, $($flag)?),)*];
                    $(metas.extend(self.$optional.map(|address| meta!(address, $($optional_flag)?)));)?
                    metas
                }
            }
        )*
    };
}

#[cfg(feature = "client")]
macro_rules! meta {
    ($address:expr, ) => {
        solana_instruction::AccountMeta::new_readonly($address, false)
    };
    ($address:expr, w) => {
        solana_instruction::AccountMeta::new($address, false)
    };
    ($address:expr, s) => {
        solana_instruction::AccountMeta::new_readonly($address, true)
    };
    ($address:expr, sw) => {
        solana_instruction::AccountMeta::new($address, true)
    };
}

accounts! {
    /// Accounts of `Initialize`. The pool and the validator list exist, are zeroed and owned by the program.
    InitializeAccounts {
        /// The pool.
        pool [w],
        /// The manager.
        manager [s],
        /// The staker.
        staker [],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [],
        /// The pool token's mint.
        pool_mint [w],
        /// The manager's token account for fees.
        manager_fee_account [w],
        /// The mint's token program.
        token_program [],
        ? /// Becomes the stake and the SOL deposit authority, if passed.
        deposit_authority [s],
    }

    /// Accounts of `AddValidatorToPool`.
    AddValidatorToPoolAccounts {
        /// The pool.
        pool [w],
        /// The staker.
        staker [s],
        /// The reserve.
        reserve_stake [w],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The validator's stake account.
        validator_stake [w],
        /// The validator's vote account.
        vote [],
        /// The rent sysvar.
        rent [],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program's retired configuration account.
        stake_config [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `RemoveValidatorFromPool`.
    RemoveValidatorFromPoolAccounts {
        /// The pool.
        pool [w],
        /// The staker.
        staker [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The validator's stake account.
        validator_stake [w],
        /// The validator's transient stake account.
        transient_stake [w],
        /// The clock sysvar.
        clock [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `DecreaseValidatorStake`.
    DecreaseValidatorStakeAccounts {
        /// The pool.
        pool [],
        /// The staker.
        staker [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The validator's stake account.
        validator_stake [w],
        /// The validator's transient stake account.
        transient_stake [w],
        /// The clock sysvar.
        clock [],
        /// The rent sysvar.
        rent [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `DecreaseAdditionalValidatorStake`.
    DecreaseAdditionalValidatorStakeAccounts {
        /// The pool.
        pool [],
        /// The staker.
        staker [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The validator's stake account.
        validator_stake [w],
        /// The ephemeral stake account.
        ephemeral_stake [w],
        /// The validator's transient stake account.
        transient_stake [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `DecreaseValidatorStakeWithReserve`.
    DecreaseValidatorStakeWithReserveAccounts {
        /// The pool.
        pool [],
        /// The staker.
        staker [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The validator's stake account.
        validator_stake [w],
        /// The validator's transient stake account.
        transient_stake [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `IncreaseValidatorStake`.
    IncreaseValidatorStakeAccounts {
        /// The pool.
        pool [],
        /// The staker.
        staker [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The validator's transient stake account.
        transient_stake [w],
        /// The validator's stake account.
        validator_stake [],
        /// The validator's vote account.
        vote [],
        /// The clock sysvar.
        clock [],
        /// The rent sysvar.
        rent [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program's retired configuration account.
        stake_config [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `IncreaseAdditionalValidatorStake`.
    IncreaseAdditionalValidatorStakeAccounts {
        /// The pool.
        pool [],
        /// The staker.
        staker [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The ephemeral stake account.
        ephemeral_stake [w],
        /// The validator's transient stake account.
        transient_stake [w],
        /// The validator's stake account.
        validator_stake [],
        /// The validator's vote account.
        vote [],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program's retired configuration account.
        stake_config [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `SetPreferredValidator`.
    SetPreferredValidatorAccounts {
        /// The pool.
        pool [w],
        /// The staker.
        staker [s],
        /// The validator list.
        validator_list [],
    }

    /// Accounts of `UpdateValidatorListBalance`. A validator stake account and a transient stake account per record follow, all writable.
    UpdateValidatorListBalanceAccounts {
        /// The pool.
        pool [],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `UpdateStakePoolBalance`.
    UpdateStakePoolBalanceAccounts {
        /// The pool.
        pool [w],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [],
        /// The manager's token account for fees.
        manager_fee_account [w],
        /// The pool token's mint.
        pool_mint [w],
        /// The mint's token program.
        token_program [],
    }

    /// Accounts of `CleanupRemovedValidatorEntries`. With a read-only pool, preferred validators stay unchanged.
    CleanupRemovedValidatorEntriesAccounts {
        /// The pool.
        pool [w],
        /// The validator list.
        validator_list [w],
    }

    /// Accounts of `DepositStake`. Also for `DepositStakeWithSlippage`.
    DepositStakeAccounts {
        /// The pool.
        pool [w],
        /// The validator list.
        validator_list [w],
        /// The stake deposit authority. Signs, except for the default authority.
        stake_deposit_authority [],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The stake account to deposit. The stake deposit authority is already its staker and withdrawer.
        deposit_stake [w],
        /// The validator's stake account.
        validator_stake [w],
        /// The reserve.
        reserve_stake [w],
        /// The depositor's pool token account.
        pool_tokens_to [w],
        /// The manager's token account for fees.
        manager_fee_account [w],
        /// The referrer's pool token account.
        referrer_fee_account [w],
        /// The pool token's mint.
        pool_mint [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The mint's token program.
        token_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `DepositSol`. Also for `DepositSolWithSlippage`.
    DepositSolAccounts {
        /// The pool.
        pool [w],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The reserve.
        reserve_stake [w],
        /// The wallet that pays the deposit.
        lamports_from [sw],
        /// The depositor's pool token account.
        pool_tokens_to [w],
        /// The manager's token account for fees.
        manager_fee_account [w],
        /// The referrer's pool token account.
        referrer_fee_account [w],
        /// The pool token's mint.
        pool_mint [w],
        /// The system program.
        system_program [],
        /// The mint's token program.
        token_program [],
        ? /// The SOL deposit authority, if the pool has one.
        sol_deposit_authority [s],
    }

    /// Accounts of `WithdrawStake`. Also for `WithdrawStakeWithSlippage`.
    WithdrawStakeAccounts {
        /// The pool.
        pool [w],
        /// The validator list.
        validator_list [w],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The stake account of the pool to split: a validator stake, a transient stake or the reserve.
        split_from [w],
        /// An uninitialized stake account that holds its rent, for the holder.
        split_to [w],
        /// Becomes staker and withdrawer of `split_to`.
        user_stake_authority [],
        /// Owner or delegate of the holder's pool token account.
        user_transfer_authority [s],
        /// The holder's pool token account.
        pool_tokens_from [w],
        /// The manager's token account for fees.
        manager_fee_account [w],
        /// The pool token's mint.
        pool_mint [w],
        /// The clock sysvar.
        clock [],
        /// The mint's token program.
        token_program [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `WithdrawSol`. Also for `WithdrawSolWithSlippage`.
    WithdrawSolAccounts {
        /// The pool.
        pool [w],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// Owner or delegate of the holder's pool token account.
        user_transfer_authority [s],
        /// The holder's pool token account.
        pool_tokens_from [w],
        /// The reserve.
        reserve_stake [w],
        /// The account that receives the lamports.
        lamports_to [w],
        /// The manager's token account for fees.
        manager_fee_account [w],
        /// The pool token's mint.
        pool_mint [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program.
        stake_program [],
        /// The mint's token program.
        token_program [],
        ? /// The SOL withdraw authority, if the pool has one.
        sol_withdraw_authority [s],
    }

    /// Accounts of `SetManager`.
    SetManagerAccounts {
        /// The pool.
        pool [w],
        /// The manager.
        manager [s],
        /// The new manager.
        new_manager [s],
        /// The new manager's token account for fees.
        new_manager_fee_account [],
    }

    /// Accounts of `SetFee`.
    SetFeeAccounts {
        /// The pool.
        pool [w],
        /// The manager.
        manager [s],
    }

    /// Accounts of `SetStaker`.
    SetStakerAccounts {
        /// The pool.
        pool [w],
        /// The staker or the manager.
        staker_or_manager [s],
        /// The new staker.
        new_staker [],
    }

    /// Accounts of `SetFundingAuthority`.
    SetFundingAuthorityAccounts {
        /// The pool.
        pool [w],
        /// The manager.
        manager [s],
        ? /// The new authority; absent to unset.
        new_authority [],
    }

    /// Accounts of `CreateTokenMetadata`.
    CreateTokenMetadataAccounts {
        /// The pool.
        pool [],
        /// The manager.
        manager [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The pool token's mint.
        pool_mint [],
        /// Pays for the metadata account.
        payer [sw],
        /// The mint's metadata account.
        metadata [w],
        /// The Metaplex token metadata program.
        metadata_program [],
        /// The system program.
        system_program [],
    }

    /// Accounts of `UpdateTokenMetadata`.
    UpdateTokenMetadataAccounts {
        /// The pool.
        pool [],
        /// The manager.
        manager [s],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The mint's metadata account.
        metadata [w],
        /// The Metaplex token metadata program.
        metadata_program [],
    }

    /// Accounts of `ExtendPool`.
    ExtendPoolAccounts {
        /// The pool.
        pool [w],
        /// The manager.
        manager [s],
        /// Pays the rent of the longer account.
        payer [sw],
        /// The validator list.
        validator_list [w],
        /// The system program.
        system_program [],
    }

    /// Accounts of `SetRebalancePolicy`.
    SetRebalancePolicyAccounts {
        /// The pool.
        pool [w],
        /// The manager.
        manager [s],
    }

    /// Accounts of `SetValidatorWeights`.
    SetValidatorWeightsAccounts {
        /// The pool.
        pool [w],
        /// The staker.
        staker [s],
        /// The validator list.
        validator_list [w],
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
        /// The pool.
        pool [],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program.
        stake_program [],
    }

    /// Accounts of `Rebalance`. Per validator follow its vote account, its stake account (writable) and its transient stake account
    /// (writable).
    RebalanceAccounts {
        /// The pool.
        pool [],
        /// The pool's withdraw authority.
        withdraw_authority [],
        /// The validator list.
        validator_list [w],
        /// The reserve.
        reserve_stake [w],
        /// The clock sysvar.
        clock [],
        /// The stake history sysvar.
        stake_history [],
        /// The stake program's retired configuration account.
        stake_config [],
        /// The system program.
        system_program [],
        /// The stake program.
        stake_program [],
        /// The instructions sysvar.
        instructions [],
    }
}
