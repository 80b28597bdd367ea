//! The parts of a withdrawal that has several: what they come to, how each is bounded, and what is left over.

use {
    crate::{
        args::Bound,
        commands::trade::{Amounts, Line, Quote},
        error::CliError,
        output::Text,
        units::{Slippage, Units, sol, tokens},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        error::PlanError,
        plan::{Left, Piece, WhyLeft, WithdrawalPlan},
        quote::WithdrawFrom,
    },
    tidepool_interface::StakePoolError,
};

/// A stake account that was withdrawn.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StakeAccount {
    /// The account.
    pub address: Text<Address>,
    /// The vote account of its validator; `null` for one from the reserve.
    pub vote: Option<Text<Address>>,
    /// Lamports of stake in it, by the quote; its rent is not among them.
    pub lamports: u64,
    /// Pool tokens given for it.
    pub pool_tokens: u64,
}

impl StakeAccount {
    /// All of a plan, in its order.
    pub fn all(planned: &WithdrawalPlan) -> Vec<Self> {
        planned.pieces.iter().map(Self::from).collect()
    }

    /// The account in a line.
    pub fn line(&self, amounts: Amounts) -> Line {
        let with = self.vote.map_or("not delegated".into(), |vote| format!("with validator {vote}"));
        ("stake account", format!("{}: {}, {with}", self.address, amounts.sol(self.lamports)))
    }
}

impl From<&Piece> for StakeAccount {
    fn from(piece: &Piece) -> Self {
        Self {
            address: Text(piece.to.address),
            vote: match piece.quote.from {
                WithdrawFrom::Validator(vote) => Some(Text(vote)),
                WithdrawFrom::Reserve => None,
            },
            lamports: piece.quote.yields.lamports,
            pool_tokens: piece.quote.pool_tokens,
        }
    }
}

/// All pieces together.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    /// Lamports that they yield.
    pub lamports: u64,
    /// Lamports that they yield at least.
    pub minimum: u64,
    /// Pool tokens given.
    pub pool_tokens: u64,
    /// Of these, pool tokens that go to the manager.
    pub fee: u64,
}

impl Totals {
    /// Those of a plan whose every piece is bounded by `slippage`.
    pub fn of(planned: &WithdrawalPlan, slippage: Slippage) -> Self {
        planned.quotes().fold(Self::default(), |totals, quote| Self {
            lamports: totals.lamports.saturating_add(quote.lamports),
            minimum: totals.minimum.saturating_add(slippage.minimum_of(quote.lamports)),
            pool_tokens: totals.pool_tokens.saturating_add(quote.burnt).saturating_add(quote.fee),
            fee: totals.fee.saturating_add(quote.fee),
        })
    }
}

/// The bound for each piece of what yields `quoted` lamports in all.
///
/// # Errors
/// Refusal `ExceededSlippage` where that is less than demanded.
pub fn slippage_of(bound: &Bound, quoted: u64) -> Result<Slippage, CliError> {
    match bound.minimum {
        None => Ok(bound.max_slippage),
        Some(Units(minimum)) if quoted < minimum => {
            let what = format!(
                "the holder gets {}, less than the {} demanded: lower the bound, or give more pool tokens",
                sol(quoted),
                sol(minimum)
            );
            Err(PlanError::refused(StakePoolError::ExceededSlippage, what).into())
        }
        // Each piece is rounded down, so one basis point too many might cost the last lamports of the minimum.
        Some(Units(minimum)) => Ok(Slippage::between(minimum, quoted).tighter()),
    }
}

/// Adds to a quote what the pieces cost and yield; `to` gets the SOL.
#[must_use]
pub fn quote_pieces(quote: Quote, planned: &WithdrawalPlan, totals: &Totals, bound: &Bound, to: &Address) -> Quote {
    let amounts = quote.amounts();
    let mut quote = quote.pay(tokens(totals.pool_tokens));
    if let Some(got) = planned.sol {
        quote = quote.get(format!("{} as SOL at once, to {to}", amounts.sol(got.lamports)));
    }
    for account in StakeAccount::all(planned) {
        let from = account.vote.map_or("of the reserve".into(), |vote| format!("of validator {vote}"));
        quote = quote.get(format!("{} as stake {from}, in {}", amounts.sol(account.lamports), account.address));
    }
    if planned.quotes().count() > 1 {
        quote = quote.line("in all", amounts.sol(totals.lamports));
    }
    quote = quote.fee(totals.fee).at_least(&amounts.sol(totals.minimum), bound);
    if planned.rent_lamports > 0 {
        let rent = amounts.sol(planned.rent_lamports);
        quote = quote.line("rent", format!("{rent} more from the fee payer, which stays in the stake accounts"));
    }
    quote
}

/// What is left over, in a line.
pub fn left_over(left: &Left, amounts: Amounts) -> String {
    format!("{}, worth {}, which you keep", tokens(left.pool_tokens), amounts.sol(left.lamports))
}

/// Why something cannot be withdrawn, and what to do about it. `otherwise` is what else the user may ask for, such as
/// "use --rest-as-sol".
pub fn why_left(left: &Left, otherwise: Option<&str>) -> String {
    let (why, advice) = match left.why {
        WhyLeft::Worthless => ("after the fee they are worth no lamport".into(), "give more, or wait for a lower fee"),
        WhyLeft::BelowMinimum { minimum_lamports, minimum_pool_tokens } => (
            format!("a stake account holds at least {}, for {}", sol(minimum_lamports), tokens(minimum_pool_tokens)),
            "give as much, or wait until the reserve has SOL for them",
        ),
        WhyLeft::Barred { preferred } => (
            format!("the preferred validator {preferred} is being removed, and bars all others until it is gone"),
            "try again in the next epoch",
        ),
        WhyLeft::WholeAccountsOnly { smallest_lamports } => (
            format!("validators' stake can only be had in whole accounts, the smallest of {}", sol(smallest_lamports)),
            "use --whole-accounts, or wait until the reserve has SOL",
        ),
        WhyLeft::NothingToSplit => (
            "no validator has stake to give beyond what has to stay".into(),
            "try again in the next epoch, when stake in motion has arrived",
        ),
    };
    let otherwise = otherwise.map_or(String::new(), |otherwise| format!(", or {otherwise}"));
    format!("{why}: {advice}{otherwise}")
}

/// The name of the reason in JSON.
pub const fn reason_name(why: &WhyLeft) -> &'static str {
    match why {
        WhyLeft::Worthless => "worthless",
        WhyLeft::BelowMinimum { .. } => "below_minimum",
        WhyLeft::Barred { .. } => "preferred_validator_leaves",
        WhyLeft::WholeAccountsOnly { .. } => "whole_accounts_only",
        WhyLeft::NothingToSplit => "nothing_to_split",
    }
}

/// The refusal of a withdrawal of which nothing can be had.
pub fn refusal(left: &Left, otherwise: Option<&str>) -> CliError {
    let cause = match left.why {
        WhyLeft::Worthless => StakePoolError::WithdrawalTooSmall,
        WhyLeft::Barred { .. } => StakePoolError::IncorrectWithdrawVoteAddress,
        _ => StakePoolError::StakeLamportsNotEqualToMinimum,
    };
    let what = format!("{} cannot be withdrawn as stake", tokens(left.pool_tokens));
    PlanError::refused(cause, format!("{what}, since {}", why_left(left, otherwise))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOL: u64 = 1_000_000_000;

    fn left(why: WhyLeft) -> Left {
        Left { pool_tokens: SOL / 2, lamports: SOL, why }
    }

    #[test]
    fn every_reason_comes_with_what_to_do() {
        let below = left(WhyLeft::BelowMinimum { minimum_lamports: SOL, minimum_pool_tokens: 2 * SOL });
        assert_eq!(
            refusal(&below, Some("use --rest-as-sol")).to_string(),
            "0.5 pool tokens cannot be withdrawn as stake, since a stake account holds at least 1 SOL, for 2 pool tokens: give as much, \
             or wait until the reserve has SOL for them, or use --rest-as-sol (stake pool error 15 StakeLamportsNotEqualToMinimum)"
        );
        for (why, part) in [
            (WhyLeft::Worthless, "no lamport: give more"),
            (WhyLeft::Barred { preferred: Address::default() }, "next epoch"),
            (WhyLeft::WholeAccountsOnly { smallest_lamports: SOL }, "the smallest of 1 SOL: use --whole-accounts"),
            (WhyLeft::NothingToSplit, "next epoch"),
        ] {
            assert!(why_left(&left(why), None).contains(part), "{}", why_left(&left(why), None));
        }
        assert_eq!(left_over(&below, Amounts::Short), "0.5 pool tokens, worth 1 SOL, which you keep");
    }

    #[test]
    fn a_minimum_bounds_each_piece_and_is_refused_where_it_is_too_much() {
        let bound = |minimum| Bound { minimum: Some(Units(minimum)), max_slippage: "0.1%".parse().unwrap() };
        let slippage = slippage_of(&bound(990), 1_000).unwrap();
        assert!([500, 300, 200].map(|piece| slippage.minimum_of(piece)).iter().sum::<u64>() >= 990);
        let error = slippage_of(&bound(1_001), 1_000).unwrap_err();
        assert!(error.to_string().contains("less than the 0.000001001 SOL demanded"), "{error}");
        let usual = Bound { minimum: None, max_slippage: "5bps".parse().unwrap() };
        assert_eq!(slippage_of(&usual, 1_000).unwrap(), usual.max_slippage);
    }
}
