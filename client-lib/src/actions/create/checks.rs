//! Checks of existing accounts of a new pool.

use {
    super::{
        CreatePool,
        part::{ExistingAccount, Part},
    },
    solana_account::Account,
    solana_address::Address,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        POOL_MINT_DECIMALS,
        address::find_deposit_authority,
        external::{
            stake::StakeState,
            token::{Mint, TokenAccount},
        },
        state::{AccountType, PodLockup, PoolExtension, RebalancePolicy, StakePool, split_validator_list},
    },
};

fn optional(address: &Option<Address>) -> String {
    address.map_or_else(|| "none".into(), |address| address.to_string())
}

pub(super) fn check_reserve(
    part: &Part,
    account: &Account,
    withdraw_authority: &Address,
) -> Result<(), ExistingAccount> {
    let Ok(StakeState::Initialized(meta)) = StakeState::decode(&account.data) else {
        return Err(part.wrong("state", "initialized and not delegated", "another one"));
    };
    part.check("stake authority", *withdraw_authority, meta.staker, Address::to_string)?;
    part.check("withdraw authority", *withdraw_authority, meta.withdrawer, Address::to_string)?;
    let has_lockup = meta.lockup != PodLockup::default();
    part.check("lockup", false, has_lockup, |has_lockup| if *has_lockup { "one" } else { "none" }.into())
}

pub(super) fn check_mint(part: &Part, account: &Account, withdraw_authority: &Address) -> Result<(), ExistingAccount> {
    let Ok(mint) = Mint::decode(&account.data) else {
        return Err(part.wrong("content", "a mint", "something else"));
    };
    part.check("mint authority", Some(*withdraw_authority), mint.mint_authority.copied(), optional)?;
    part.check("freeze authority", None, mint.freeze_authority.copied(), optional)?;
    part.check("decimals", POOL_MINT_DECIMALS, mint.decimals, u8::to_string)?;
    part.check("supply", 0, mint.supply, u64::to_string)
}

pub(super) fn check_fee_account(part: &Part, account: &Account, new: &CreatePool) -> Result<(), ExistingAccount> {
    let Ok(found) = TokenAccount::decode(&account.data) else {
        return Err(part.wrong("content", "a token account", "something else"));
    };
    part.check("mint", new.pool_mint, *found.mint, Address::to_string)?;
    if new.manager_fee_account.is_none() {
        part.check("token owner", new.manager, *found.owner, Address::to_string)?;
    }
    Ok(())
}

/// Checks an initialized validator list; returns the number of its validators.
pub(super) fn check_list(part: &Part, new: &CreatePool) -> Result<usize, ExistingAccount> {
    let list = part.account.and_then(|account| split_validator_list(&account.data).ok());
    let (room, validators) = list.map_or((0, 0), |(header, records)| (header.max_validators.get(), records.len()));
    let wrong = || part.wrong("room for validators", new.max_validators, room);
    if room == new.max_validators { Ok(validators) } else { Err(ExistingAccount { is_setting: true, ..wrong() }) }
}

/// Checks an initialized pool; returns whether it has the extension.
pub(super) fn check_pool(part: &Part, account: &Account, new: &CreatePool) -> Result<bool, ExistingAccount> {
    let decoded = StakePool::decode(&account.data);
    let Some(pool) = decoded.ok().filter(|pool| pool.head.account_type == AccountType::StakePool as u8) else {
        return Err(part.wrong("content", "a stake pool", "something else"));
    };
    let (head, terms) = (&pool.head, &pool.terms);
    let setting = |what, expected: String, found: String| {
        let wrong = || ExistingAccount { is_setting: true, ..part.wrong(what, &expected, &found) };
        if expected == found { Ok(()) } else { Err(wrong()) }
    };
    for (what, expected, found) in [
        ("manager", new.manager, head.manager),
        ("staker", new.staker, head.staker),
        ("validator list", new.validator_list, head.validator_list),
        ("reserve", new.reserve_stake, head.reserve_stake),
        ("mint", new.pool_mint, head.pool_mint),
        ("token program", new.token_program, head.token_program_id),
        ("manager's fee account", new.fee_account(), head.manager_fee_account),
    ] {
        setting(what, expected.to_string(), found.to_string())?;
    }
    let own_authority = find_deposit_authority(&new.program_id, &new.pool).0;
    let authority = new.deposit_authority.unwrap_or(own_authority);
    setting("stake deposit authority", authority.to_string(), head.stake_deposit_authority.to_string())?;
    setting("SOL deposit authority", optional(&new.deposit_authority), optional(&terms.sol_deposit_authority))?;
    let fee = |fee: Fee| if fee.numerator == 0 { "0".into() } else { format!("{}/{}", fee.numerator, fee.denominator) };
    for (what, expected, found) in [
        ("epoch fee", new.epoch_fee, head.epoch_fee.get()),
        ("stake withdrawal fee", new.withdrawal_fee, terms.stake_withdrawal_fee),
        ("SOL withdrawal fee", new.withdrawal_fee, terms.sol_withdrawal_fee),
        ("stake deposit fee", new.deposit_fee, terms.stake_deposit_fee),
        ("SOL deposit fee", new.deposit_fee, terms.sol_deposit_fee),
    ] {
        setting(what, fee(expected), fee(found))?;
    }
    for (what, found) in
        [("stake referral fee", terms.stake_referral_fee), ("SOL referral fee", terms.sol_referral_fee)]
    {
        setting(what, format!("{} %", new.referral_fee), format!("{found} %"))?;
    }
    let extension = PoolExtension::find(&account.data);
    match (new.policy, extension) {
        (None, None) => {}
        (None, Some(_)) => setting("extension", "none".into(), "one".into())?,
        (Some(_), None) if PoolExtension::is_present(&account.data) => {
            setting("extension", "the version of this tool".into(), "an unknown version".into())?;
        }
        (Some(_), None) => return Ok(false),
        (Some(expected), Some(extension)) => {
            let points = |share: tidepool_interface::state::U16| format!("{} basis points", share.get());
            let policy: &RebalancePolicy = &extension.policy;
            setting("turnover budget", points(expected.turnover_budget), points(policy.turnover_budget))?;
            setting("rebalance policy", format!("{expected:?}"), format!("{policy:?}"))?;
        }
    }
    Ok(extension.is_some())
}
