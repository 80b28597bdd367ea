//! What cannot be withdrawn: why, and what to do about it.

use {
    crate::{
        commands::trade::Amounts,
        error::CliError,
        units::{sol, tokens},
    },
    tidepool_client::{
        error::PlanError,
        plan::{Left, WhyLeft},
    },
    tidepool_interface::StakePoolError,
};

/// The remainder, in a line.
pub fn left_over(left: &Left, amounts: Amounts) -> String {
    format!("{} (value {}), which you keep", tokens(left.pool_tokens), amounts.sol(left.lamports))
}

/// Why something cannot be withdrawn, and what to do about it. `otherwise` is what else the user may ask for, such as
/// "use --rest-as-sol".
pub fn why_left(left: &Left, otherwise: Option<&str>) -> String {
    let (why, advice) = match left.why {
        WhyLeft::Worthless { minimum_pool_tokens: Some(least) } => (
            format!("they yield no lamport after the fee, and {} do", tokens(least)),
            "withdraw that amount, or wait for a lower fee",
        ),
        WhyLeft::Worthless { minimum_pool_tokens: None } => {
            ("no amount yields a lamport after the fee".into(), "wait for a lower fee")
        }
        WhyLeft::BelowMinimum { minimum_lamports, minimum_pool_tokens } => (
            format!("a stake account holds at least {}, for {}", sol(minimum_lamports), tokens(minimum_pool_tokens)),
            "withdraw that amount, or wait until the reserve holds enough SOL",
        ),
        WhyLeft::Barred { preferred } => (
            format!("the preferred validator {preferred} is being removed, and the program allows no other until then"),
            "try again in the next epoch",
        ),
        WhyLeft::WholeAccountsOnly { smallest_lamports } => (
            format!("stake can only be withdrawn as whole accounts, the smallest of {}", sol(smallest_lamports)),
            "use --whole-accounts, or wait until the reserve holds enough SOL",
        ),
        WhyLeft::NothingToSplit => (
            "no validator has stake above the minimum that stays in the pool".into(),
            "try again in the next epoch, when activating and deactivating stake is merged",
        ),
    };
    let otherwise = otherwise.map_or(String::new(), |otherwise| format!(", or {otherwise}"));
    format!("{why}: {advice}{otherwise}")
}

/// The name of the reason in JSON.
pub const fn reason_name(why: &WhyLeft) -> &'static str {
    match why {
        WhyLeft::Worthless { .. } => "worthless",
        WhyLeft::BelowMinimum { .. } => "below_minimum",
        WhyLeft::Barred { .. } => "preferred_validator_leaves",
        WhyLeft::WholeAccountsOnly { .. } => "whole_accounts_only",
        WhyLeft::NothingToSplit => "nothing_to_split",
    }
}

/// The refusal of a withdrawal of which nothing can be had.
pub fn refusal(left: &Left, otherwise: Option<&str>) -> CliError {
    let cause = match left.why {
        WhyLeft::Worthless { .. } => StakePoolError::WithdrawalTooSmall,
        WhyLeft::Barred { .. } => StakePoolError::IncorrectWithdrawVoteAddress,
        _ => StakePoolError::StakeLamportsNotEqualToMinimum,
    };
    let form = if matches!(left.why, WhyLeft::Worthless { .. }) { "" } else { " as stake" };
    let what = format!("{} cannot be withdrawn{form}", tokens(left.pool_tokens));
    PlanError::refused(cause, format!("{what}, since {}", why_left(left, otherwise))).into()
}

#[cfg(test)]
mod tests {
    use {super::*, solana_address::Address};

    const SOL: u64 = 1_000_000_000;

    fn left(why: WhyLeft) -> Left {
        Left { pool_tokens: SOL / 2, lamports: SOL, why }
    }

    #[test]
    fn every_reason_comes_with_what_to_do() {
        let below = left(WhyLeft::BelowMinimum { minimum_lamports: SOL, minimum_pool_tokens: 2 * SOL });
        assert_eq!(
            refusal(&below, Some("use --rest-as-sol")).to_string(),
            "0.5 pool tokens cannot be withdrawn as stake, since a stake account holds at least 1 SOL, for 2 pool tokens: withdraw that amount, \
             or wait until the reserve holds enough SOL, or use --rest-as-sol (stake pool error 23 StakeLamportsNotEqualToMinimum)"
        );
        for (why, part) in [
            (
                WhyLeft::Worthless { minimum_pool_tokens: None },
                "no amount yields a lamport after the fee: wait for a lower fee",
            ),
            (
                WhyLeft::Worthless { minimum_pool_tokens: Some(2) },
                "and 0.000000002 pool tokens do: withdraw that amount",
            ),
            (WhyLeft::Barred { preferred: Address::default() }, "next epoch"),
            (WhyLeft::WholeAccountsOnly { smallest_lamports: SOL }, "the smallest of 1 SOL: use --whole-accounts"),
            (WhyLeft::NothingToSplit, "next epoch"),
        ] {
            assert!(why_left(&left(why), None).contains(part), "{}", why_left(&left(why), None));
        }
        assert_eq!(left_over(&below, Amounts::Short), "0.5 pool tokens (value 1 SOL), which you keep");
    }
}
