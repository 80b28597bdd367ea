//! The parts of a withdrawal that has several: what they come to, and how each is bounded.

use {
    super::activation,
    crate::{
        args::Bound,
        error::CliError,
        output::{Line, Text},
        trade::Amounts,
        units::{Slippage, Units},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        error::PlanError,
        plan::{Piece, WithdrawalPlan},
        quote::{StakeCondition, WithdrawFrom},
    },
    tidepool_interface::StakePoolError,
};

#[derive(Clone, Debug, Serialize)]
pub struct StakeAccount {
    pub address: Text<Address>,
    /// The vote account of its validator; `null` for one from the reserve.
    pub vote: Option<Text<Address>>,
    /// Lamports of stake in it, by the quote; its rent is not among them.
    pub lamports: u64,
    pub pool_tokens: u64,
    /// The state of its stake; `null` where that was not read.
    stake_state: Option<&'static str>,
    /// The first epoch in which it can be withdrawn as SOL, at the earliest, if `to_sol` begins now.
    withdrawable_from_epoch: Option<u64>,
    /// The commands that turn it into SOL, in order.
    to_sol: Vec<String>,
    /// The state of its stake, and when it can be withdrawn.
    #[serde(skip)]
    pub condition: Option<StakeCondition>,
}

impl StakeAccount {
    /// All of a plan, in its order; `to` becomes their owner.
    pub fn all(planned: &WithdrawalPlan, to: &Address) -> Vec<Self> {
        planned.pieces.iter().map(|piece| Self::new(piece, to)).collect()
    }

    /// What the stake of `accounts` earns and how it becomes SOL: a line for each state that occurs, least earning first.
    pub fn states(accounts: &[Self], epoch: u64) -> Vec<Line> {
        let mut conditions: Vec<StakeCondition> = accounts.iter().filter_map(|account| account.condition).collect();
        conditions.sort_by_key(|condition| (condition.activation, condition.withdrawable_from_epoch));
        conditions.dedup();
        conditions.into_iter().map(|condition| activation::line(condition, epoch)).collect()
    }

    /// The first epoch in which all of `accounts` can be withdrawn as SOL; `None` without accounts, or where the state of one is unknown.
    pub fn withdrawable_from(accounts: &[Self]) -> Option<u64> {
        let epochs: Option<Vec<u64>> = accounts
            .iter()
            .map(|account| account.condition.map(|condition| condition.withdrawable_from_epoch))
            .collect();
        epochs?.into_iter().max()
    }

    /// The account in a line.
    pub fn line(&self, amounts: Amounts) -> Line {
        let with = self.vote.map_or("not delegated".into(), |vote| format!("with validator {vote}"));
        let state = self.stake_state.map_or(String::new(), |state| format!(" of {state} stake"));
        ("stake account", format!("{}: {}{state}, {with}", self.address, amounts.sol(self.lamports)))
    }

    fn new(piece: &Piece, to: &Address) -> Self {
        let condition = piece.quote.condition;
        Self {
            address: Text(piece.to.address),
            vote: match piece.quote.from {
                WithdrawFrom::Validator(vote) => Some(Text(vote)),
                WithdrawFrom::Reserve => None,
            },
            lamports: piece.quote.yields.lamports.get(),
            pool_tokens: piece.quote.pool_tokens,
            stake_state: condition.map(|condition| activation::name(condition.activation)),
            withdrawable_from_epoch: condition.map(|condition| condition.withdrawable_from_epoch),
            to_sol: activation::commands(condition, &piece.to.address, to),
            condition,
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Totals {
    pub lamports: u64,
    /// Lamports that they yield at least; `None` without a minimum.
    pub minimum: Option<u64>,
    pub pool_tokens: u64,
    /// Of these, pool tokens that go to the manager.
    pub fee: u64,
}

impl Totals {
    /// Those of a plan whose every piece is bounded by `slippage`.
    pub fn of(planned: &WithdrawalPlan, slippage: Slippage) -> Self {
        let none = Self { minimum: (slippage != Slippage::NONE).then_some(0), ..Self::default() };
        planned.quotes().fold(none, |totals, quote| Self {
            lamports: totals.lamports.saturating_add(quote.lamports.get()),
            minimum: totals
                .minimum
                .map(|sum| sum.saturating_add(slippage.minimum_of(quote.lamports.get()).unwrap_or(0))),
            pool_tokens: totals.pool_tokens.saturating_add(quote.burnt.get()).saturating_add(quote.fee.get()),
            fee: totals.fee.saturating_add(quote.fee.get()),
        })
    }
}

/// The bound for each piece of what yields `quoted` in all, lamports or pool tokens, which `text` writes.
pub fn slippage_of(bound: &Bound, quoted: u64, text: fn(u64) -> String) -> Result<Slippage, CliError> {
    match bound.minimum {
        None => Ok(bound.max_slippage),
        Some(Units(0)) => Ok(Slippage::NONE),
        Some(Units(minimum)) if quoted < minimum => {
            let what = format!(
                "the quote of {} is below the minimum of {}: lower the minimum, or withdraw more",
                text(quoted),
                text(minimum)
            );
            Err(PlanError::refused(StakePoolError::ExceededSlippage, what).into())
        }
        // Each piece is rounded down, so one basis point too many might cost the last lamports of the minimum.
        Some(Units(minimum)) => Ok(Slippage::between(minimum, quoted).tighter()),
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::units::sol};

    #[test]
    fn a_minimum_bounds_each_piece_and_is_refused_where_it_is_too_much() {
        let bound = |minimum| Bound { minimum: Some(Units(minimum)), max_slippage: "0.1%".parse().unwrap() };
        let slippage = slippage_of(&bound(990), 1_000, sol).unwrap();
        assert!([500, 300, 200].iter().filter_map(|piece| slippage.minimum_of(*piece)).sum::<u64>() >= 990);
        assert_eq!(slippage_of(&bound(0), 1_000, sol).unwrap(), Slippage::NONE);
        let error = slippage_of(&bound(1_001), 1_000, sol).unwrap_err();
        assert!(error.to_string().contains("below the minimum of 0.000001001 SOL"), "{error}");
        let usual = Bound { minimum: None, max_slippage: "5bps".parse().unwrap() };
        assert_eq!(slippage_of(&usual, 1_000, sol).unwrap(), usual.max_slippage);
    }
}
