//! What cannot be withdrawn: why, and what to do about it.

use {
    crate::{error::CliError, trade::Amounts, units::tokens},
    tidepool_client::{
        error::PlanError,
        plan::{Remainder, RemainderReason},
    },
    tidepool_interface::StakePoolError,
};

/// The remainder, in a line.
pub fn left_over(left: &Remainder, amounts: Amounts) -> String {
    format!("{} (value {}), which you keep", tokens(left.pool_tokens), amounts.sol(left.lamports))
}

/// Why something cannot be withdrawn, and what to do about it. `otherwise` is what else the user may ask for, such as
/// "use --rest-as-sol".
pub fn why_left(left: &Remainder, otherwise: Option<&str>) -> String {
    let advice = match left.reason {
        RemainderReason::Worthless { minimum_pool_tokens: Some(_) } => "withdraw that amount, or wait for a lower fee",
        RemainderReason::Worthless { minimum_pool_tokens: None } => "wait for a lower fee",
        RemainderReason::BelowMinimum { .. } => "withdraw that amount, or wait until the reserve holds enough SOL",
        RemainderReason::PreferredBeingRemoved { .. } => "try again in the next epoch",
        RemainderReason::WholeAccountsOnly { .. } => "use --whole-accounts, or wait until the reserve holds enough SOL",
        RemainderReason::NothingToSplit => {
            "try again in the next epoch, when activating and deactivating stake is merged"
        }
    };
    let otherwise = otherwise.map_or(String::new(), |otherwise| format!(", or {otherwise}"));
    format!("{}: {advice}{otherwise}", left.reason)
}

/// The name of the reason in JSON.
pub const fn reason_name(why: &RemainderReason) -> &'static str {
    match why {
        RemainderReason::Worthless { .. } => "worthless",
        RemainderReason::BelowMinimum { .. } => "below_minimum",
        RemainderReason::PreferredBeingRemoved { .. } => "preferred_validator_leaves",
        RemainderReason::WholeAccountsOnly { .. } => "whole_accounts_only",
        RemainderReason::NothingToSplit => "nothing_to_split",
    }
}

/// The refusal of a withdrawal of which nothing can be had.
pub fn refusal(left: &Remainder, otherwise: Option<&str>) -> CliError {
    let cause = match left.reason {
        RemainderReason::Worthless { .. } => StakePoolError::WithdrawalTooSmall,
        RemainderReason::PreferredBeingRemoved { .. } => StakePoolError::IncorrectWithdrawVoteAddress,
        _ => StakePoolError::StakeLamportsNotEqualToMinimum,
    };
    let form = if matches!(left.reason, RemainderReason::Worthless { .. }) { "" } else { " as stake" };
    let what = format!("{} cannot be withdrawn{form}", tokens(left.pool_tokens));
    PlanError::refused(cause, format!("{what}, since {}", why_left(left, otherwise))).into()
}

#[cfg(test)]
mod tests {
    use {super::*, solana_address::Address};

    const SOL: u64 = 1_000_000_000;

    fn left(why: RemainderReason) -> Remainder {
        Remainder { pool_tokens: SOL / 2, lamports: SOL, reason: why }
    }

    #[test]
    fn every_reason_comes_with_what_to_do() {
        let below = left(RemainderReason::BelowMinimum { minimum_lamports: SOL, minimum_pool_tokens: 2 * SOL });
        assert_eq!(
            refusal(&below, Some("use --rest-as-sol")).to_string(),
            "0.5 pool tokens cannot be withdrawn as stake, since a stake account holds at least 1 SOL, for 2 pool tokens: withdraw that amount, \
             or wait until the reserve holds enough SOL, or use --rest-as-sol (stake pool error 23 StakeLamportsNotEqualToMinimum)"
        );
        for (why, part) in [
            (
                RemainderReason::Worthless { minimum_pool_tokens: None },
                "no amount yields a lamport after the fee: wait for a lower fee",
            ),
            (
                RemainderReason::Worthless { minimum_pool_tokens: Some(2) },
                "and 0.000000002 pool tokens do: withdraw that amount",
            ),
            (RemainderReason::PreferredBeingRemoved { preferred: Address::default() }, "next epoch"),
            (
                RemainderReason::WholeAccountsOnly { smallest_lamports: SOL },
                "the smallest of 1 SOL: use --whole-accounts",
            ),
            (RemainderReason::NothingToSplit, "next epoch"),
        ] {
            assert!(why_left(&left(why), None).contains(part), "{}", why_left(&left(why), None));
        }
        assert_eq!(left_over(&below, Amounts::Short), "0.5 pool tokens (value 1 SOL), which you keep");
    }
}
