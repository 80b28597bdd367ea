//! Each code of SPL is provoked somewhere, or cannot be.

use {
    super::{Case, Expected},
    std::collections::BTreeSet,
    tidepool_interface::StakePoolError::{self, *},
};

/// All tables.
const TABLES: &[&[Case]] = &[
    super::balances::CASES,
    super::data::CASES,
    super::deposits::CASES,
    super::extensions::CASES,
    super::initialize::CASES,
    super::lengths::CASES,
    super::metadata::CASES,
    super::rebalance::CASES,
    super::settings::CASES,
    super::shared::CASES,
    super::validators::CASES,
    super::withdraw_sol::CASES,
];

/// Codes that no instruction returns, and why.
const NEVER_RETURNED: &[(StakePoolError, &str)] = &[
    (WrongAccountMint, "the token program checks the mint of the accounts that tokens are minted to and burnt from"),
    (UnknownValidatorStakeAccount, "a validator that is not in the list is ValidatorNotFound"),
    (InvalidMintFreezeAuthority, "deprecated: mints may have a freeze authority"),
    (
        MissingRequiredSysvar,
        "kept for its code: each instruction that reads a sysvar has it in its accounts or asks the VM",
    ),
];

#[test]
fn each_code_is_provoked_or_cannot_be() {
    let provoked: BTreeSet<u32> = TABLES
        .iter()
        .flat_map(|table| table.iter())
        .filter_map(|(_, _, _, expected)| if let Expected::Pool(error) = expected { Some(*error as u32) } else { None })
        .collect();
    let never: BTreeSet<u32> = NEVER_RETURNED.iter().map(|(error, _)| *error as u32).collect();
    assert!(provoked.is_disjoint(&never), "returned after all: {:?}", provoked.intersection(&never));
    let missing: Vec<_> =
        (0..=TooManyValidatorsInPool as u32).filter(|code| !provoked.contains(code) && !never.contains(code)).collect();
    assert!(missing.is_empty(), "no case for the codes {missing:?}");
}
