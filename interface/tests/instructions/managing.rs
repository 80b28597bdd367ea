//! Settings of managers and stakers.

use {
    crate::{
        Pair,
        common::{reference_fee, reference_fee_type},
        keys::Case,
    },
    spl_stake_pool::instruction as published,
    tidepool_interface::{address, instruction::*},
};

pub fn pairs(case: &Case) -> Vec<Pair> {
    let mut pairs = initialize(case);
    pairs.extend(authorities(case));
    pairs.extend(metadata(case));
    pairs
}

pub fn published_funding_type(funding_type: FundingType) -> published::FundingType {
    match funding_type {
        FundingType::StakeDeposit => published::FundingType::StakeDeposit,
        FundingType::SolDeposit => published::FundingType::SolDeposit,
        FundingType::SolWithdraw => published::FundingType::SolWithdraw,
    }
}

pub fn published_validator_type(validator_type: PreferredValidatorType) -> published::PreferredValidatorType {
    match validator_type {
        PreferredValidatorType::Deposit => published::PreferredValidatorType::Deposit,
        PreferredValidatorType::Withdraw => published::PreferredValidatorType::Withdraw,
    }
}

fn initialize(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let [fee, withdrawal_fee, deposit_fee] = case.fees;
    [None, Some(k.authority)]
        .into_iter()
        .map(|deposit_authority| Pair {
            ours: StakePoolInstruction::Initialize {
                fee,
                withdrawal_fee,
                deposit_fee,
                referral_fee: case.percent,
                max_validators: case.seed,
            }
            .with_accounts(
                &k.program,
                InitializeAccounts {
                    pool: k.pool,
                    manager: k.manager,
                    staker: k.staker,
                    withdraw_authority: k.withdraw_authority,
                    validator_list: k.validator_list,
                    reserve_stake: k.reserve,
                    pool_mint: k.mint,
                    manager_fee_account: k.fee_account,
                    token_program: k.token_program,
                    deposit_authority,
                }
                .metas(),
            ),
            theirs: published::initialize(
                &k.program,
                &k.pool,
                &k.manager,
                &k.staker,
                &k.withdraw_authority,
                &k.validator_list,
                &k.reserve,
                &k.mint,
                &k.fee_account,
                &k.token_program,
                deposit_authority,
                reference_fee(fee),
                reference_fee(withdrawal_fee),
                reference_fee(deposit_fee),
                case.percent,
                case.seed,
            ),
        })
        .collect()
}

fn authorities(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let mut pairs = vec![
        Pair {
            ours: StakePoolInstruction::SetManager.with_accounts(
                &k.program,
                SetManagerAccounts {
                    pool: k.pool,
                    manager: k.manager,
                    new_manager: k.user,
                    new_manager_fee_account: k.fee_account,
                }
                .metas(),
            ),
            theirs: published::set_manager(&k.program, &k.pool, &k.manager, &k.user, &k.fee_account),
        },
        Pair {
            ours: StakePoolInstruction::SetFee { fee: case.fee_type }
                .with_accounts(&k.program, SetFeeAccounts { pool: k.pool, manager: k.manager }.metas()),
            theirs: published::set_fee(&k.program, &k.pool, &k.manager, reference_fee_type(case.fee_type)),
        },
        Pair {
            ours: StakePoolInstruction::SetStaker.with_accounts(
                &k.program,
                SetStakerAccounts { pool: k.pool, staker_or_manager: k.manager, new_staker: k.user }.metas(),
            ),
            theirs: published::set_staker(&k.program, &k.pool, &k.manager, &k.user),
        },
        Pair {
            ours: StakePoolInstruction::SetPreferredValidator {
                validator_type: case.validator_type,
                vote_account: case.optional,
            }
            .with_accounts(
                &k.program,
                SetPreferredValidatorAccounts { pool: k.pool, staker: k.staker, validator_list: k.validator_list }
                    .metas(),
            ),
            theirs: published::set_preferred_validator(
                &k.program,
                &k.pool,
                &k.staker,
                &k.validator_list,
                published_validator_type(case.validator_type),
                case.optional,
            ),
        },
    ];
    pairs.extend([None, Some(k.authority)].into_iter().map(|new_authority| Pair {
        ours: StakePoolInstruction::SetFundingAuthority { funding_type: case.funding_type }.with_accounts(
            &k.program,
            SetFundingAuthorityAccounts { pool: k.pool, manager: k.manager, new_authority }.metas(),
        ),
        theirs: published::set_funding_authority(
            &k.program,
            &k.pool,
            &k.manager,
            new_authority.as_ref(),
            published_funding_type(case.funding_type),
        ),
    }));
    pairs
}

fn metadata(case: &Case) -> Vec<Pair> {
    let k = &case.keys;
    let [name, symbol, uri] = case.texts.each_ref().map(String::as_str);
    let (withdraw_authority, _) = address::find_withdraw_authority(&k.program, &k.pool);
    let (metadata, _) = address::find_metadata(&k.mint);
    vec![
        Pair {
            ours: StakePoolInstruction::CreateTokenMetadata { name, symbol, uri }.with_accounts(
                &k.program,
                CreateTokenMetadataAccounts {
                    pool: k.pool,
                    manager: k.manager,
                    withdraw_authority,
                    pool_mint: k.mint,
                    payer: k.payer,
                    metadata,
                    metadata_program: address::METADATA_PROGRAM_ID,
                    system_program: address::SYSTEM_PROGRAM_ID,
                }
                .metas(),
            ),
            theirs: published::create_token_metadata(
                &k.program,
                &k.pool,
                &k.manager,
                &k.mint,
                &k.payer,
                name.into(),
                symbol.into(),
                uri.into(),
            ),
        },
        Pair {
            ours: StakePoolInstruction::UpdateTokenMetadata { name, symbol, uri }.with_accounts(
                &k.program,
                UpdateTokenMetadataAccounts {
                    pool: k.pool,
                    manager: k.manager,
                    withdraw_authority,
                    metadata,
                    metadata_program: address::METADATA_PROGRAM_ID,
                }
                .metas(),
            ),
            theirs: published::update_token_metadata(
                &k.program,
                &k.pool,
                &k.manager,
                &k.mint,
                name.into(),
                symbol.into(),
                uri.into(),
            ),
        },
    ]
}
