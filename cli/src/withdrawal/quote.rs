//! The quote of a withdrawal that may have several parts.

use {
    super::{
        activation,
        left::{left_over, why_left},
        pieces::{StakeAccount, Totals},
    },
    crate::{
        args::Bound,
        error::CliError,
        trade::{Amounts, Quote},
        units::tokens,
    },
    solana_address::Address,
    tidepool_client::{pack, pack::PackOptions, plan::WithdrawalPlan, pool::PoolSnapshot},
};

pub struct Quoted<'a> {
    pub snapshot: &'a PoolSnapshot,
    pub planned: &'a WithdrawalPlan,
    pub totals: Totals,
    /// Who becomes the owner of the stake accounts.
    pub to: Address,
    pub packing: PackOptions,
    /// What the user may ask for where something is left.
    pub otherwise: Option<&'static str>,
}

impl Quoted<'_> {
    /// Adds to a quote what is given, what comes of it and when, the rent, the rate, and what is left.
    pub fn lines(&self, quote: Quote, bound: &Bound) -> Result<Quote, CliError> {
        let Self { planned, snapshot, .. } = self;
        let accounts = StakeAccount::all(planned, &self.to);
        let mut quote = parts(quote, planned, &accounts, &self.totals, bound).rate(&snapshot.rate());
        let packed = pack::pack_plan(&planned.plan, &self.packing)?;
        quote = match packed.iter().map(Vec::len).sum() {
            1 => quote,
            count => quote.line("sends", format!("{count} transactions")),
        };
        quote = quote.add(StakeAccount::states(&accounts, snapshot.epoch()));
        if let Some(left) = planned.remainder {
            let over = left_over(&left, quote.amounts());
            quote = quote.line("remainder", over).line("because", why_left(&left, self.otherwise));
        }
        Ok(quote)
    }
}

fn parts(quote: Quote, planned: &WithdrawalPlan, accounts: &[StakeAccount], totals: &Totals, bound: &Bound) -> Quote {
    let amounts: Amounts = quote.amounts();
    let mut quote = quote.pay(tokens(totals.pool_tokens));
    if let Some(got) = planned.sol {
        quote = quote.get(format!("{} from the reserve", amounts.sol(got.lamports.get())));
    }
    for account in accounts {
        let from = account.vote.map_or("from the reserve".into(), |vote| format!("from validator {vote}"));
        let state = account.condition.map_or(String::new(), |found| format!("{} ", activation::name(found.activation)));
        let lamports = amounts.sol(account.lamports);
        quote = quote.get(format!("{lamports} as {state}stake {from}, in stake account {}", account.address));
    }
    let least = totals.minimum.map(|lamports| amounts.sol(lamports));
    quote = if planned.quotes().count() > 1 {
        quote.line("in all", amounts.sol(totals.lamports)).fee(totals.fee).at_least_each(least, bound)
    } else {
        quote.fee(totals.fee).at_least(least, bound)
    };
    match planned.rent_lamports {
        0 => quote,
        rent => quote.line("rent", format!("{}, in the stake accounts", amounts.sol(rent))),
    }
}

#[cfg(test)]
mod tests {
    use {
        super::*,
        tidepool_client::{
            actions::NewStakeAccount,
            plan::{Piece, Plan},
            quote::{StakeActivation, StakeCondition, StakeWithdrawalQuote, WithdrawFrom},
        },
        tidepool_core::{
            maths::{Lamports, PoolTokens},
            quote::WithdrawalQuote,
        },
    };

    const SOL: u64 = 1_000_000_000;

    #[test]
    fn all_parts_are_named_and_summed_up() {
        let (vote, account) = (Address::new_from_array([1; 32]), Address::new_from_array([2; 32]));
        let piece = Piece {
            quote: StakeWithdrawalQuote {
                from: WithdrawFrom::Validator(vote),
                source: None,
                split_from: Address::default(),
                pool_tokens: 2 * SOL,
                yields: WithdrawalQuote {
                    burnt: PoolTokens::new(2 * SOL - 5),
                    fee: PoolTokens::new(5),
                    lamports: Lamports::new(3 * SOL),
                },
                condition: Some(StakeCondition { activation: StakeActivation::Active, withdrawable_from_epoch: 3 }),
            },
            to: NewStakeAccount::keypair(account),
        };
        let planned = WithdrawalPlan {
            plan: Plan::default(),
            pieces: vec![piece],
            sol: Some(WithdrawalQuote {
                burnt: PoolTokens::new(SOL),
                fee: PoolTokens::default(),
                lamports: Lamports::new(SOL + 1),
            }),
            remainder: None,
            rent_lamports: 7,
        };
        let bound = Bound { minimum: None, max_slippage: "1%".parse().unwrap() };
        let totals = Totals::of(&planned, bound.max_slippage);
        let accounts = StakeAccount::all(&planned, &vote);
        let quote = parts(Quote::of(Amounts::Short), &planned, &accounts, &totals, &bound);
        let lines: Vec<_> = quote.as_lines().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            lines,
            [
                "you pay: 3 pool tokens".to_owned(),
                "you get: 1.000000001 SOL from the reserve".into(),
                format!("you get: 3 SOL as active stake from validator {vote}, in stake account {account}"),
                "in all: 4.000000001 SOL".into(),
                "fee: 0.000000005 pool tokens, already deducted".into(),
                "at least: 3.96 SOL in all (1.00 % below the quote); each part fails below its share of it".into(),
                "rent: 0.000000007 SOL, in the stake accounts".into(),
            ]
        );
    }
}
