//! The words of deposits and withdrawals, the same in all of them: the quote before, and the answer afterwards.

use {
    crate::{
        args::Bound,
        context::Context,
        error::CliError,
        output::{Landed, Line, Report, write_fields, write_signatures},
        units::{sol, tokens},
    },
    serde::Serialize,
    std::fmt,
    tidepool_client::cluster::Cluster,
    tidepool_core::maths::{ExchangeRate, Lamports, PoolTokens},
};

/// How amounts are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Amounts {
    Short,
    Full,
}

impl Amounts {
    const fn of(verbose: bool) -> Self {
        if verbose { Self::Full } else { Self::Short }
    }

    /// Lamports as a person reads them: `1.5 SOL`, in full `1.5 SOL (1500000000 lamports)`.
    pub fn sol(self, lamports: u64) -> String {
        match self {
            Self::Short => sol(lamports),
            Self::Full => format!("{} ({lamports} lamports)", sol(lamports)),
        }
    }
}

/// What a deposit or a withdrawal costs and yields, as it is shown before anything is sent: what you pay, what you get, the
/// fee, the bound, the rate, and what else there is to know.
#[derive(Clone, Debug)]
pub struct Quote {
    amounts: Amounts,
    lines: Vec<Line>,
}

impl Quote {
    pub fn new<C: Cluster>(context: &Context<'_, C>) -> Self {
        Self::of(Amounts::of(context.global.verbose))
    }

    pub(super) const fn of(amounts: Amounts) -> Self {
        Self { amounts, lines: Vec::new() }
    }

    #[cfg(test)]
    pub(super) fn as_lines(&self) -> &[Line] {
        &self.lines
    }

    pub const fn amounts(&self) -> Amounts {
        self.amounts
    }

    #[must_use]
    pub fn pay(self, what: String) -> Self {
        self.line("you pay", what)
    }

    /// What comes of it, or a part of that.
    #[must_use]
    pub fn get(self, what: String) -> Self {
        self.line("you get", what)
    }

    /// Pool tokens, in smallest units, that others get of what is paid.
    #[must_use]
    pub fn fee(self, units: u64) -> Self {
        let fee = if units == 0 { "none".into() } else { format!("{}, already deducted", tokens(units)) };
        self.line("fee", fee)
    }

    /// The least that it yields, if there is a minimum, and where that comes from.
    #[must_use]
    pub fn at_least(self, least: Option<String>, bound: &Bound) -> Self {
        self.bounded(least, |least| format!("{least} ({}), or the transaction fails", reason(bound)))
    }

    /// The same for what has several parts, which are bounded one by one: some may happen while others do not.
    #[must_use]
    pub fn at_least_each(self, least: Option<String>, bound: &Bound) -> Self {
        let each = "each part fails below its share of it";
        self.bounded(least, |least| format!("{least} in all ({}); {each}", reason(bound)))
    }

    fn bounded(self, least: Option<String>, text: impl Fn(String) -> String) -> Self {
        self.line("at least", least.map_or("no minimum: any rate is accepted".into(), text))
    }

    /// The exchange rate that it was computed at.
    #[must_use]
    pub fn rate(self, rate: &ExchangeRate) -> Self {
        const WHOLE: u64 = 1_000_000_000;
        // An empty pool trades one for one.
        let price = rate
            .lamports_for_withdrawal(PoolTokens::new(WHOLE))
            .map(Lamports::get)
            .filter(|_| rate.pool_token_supply.get() > 0)
            .unwrap_or(WHOLE);
        self.line("rate", format!("1 pool token = {}", sol(price)))
    }

    #[must_use]
    pub fn line(mut self, name: &'static str, value: String) -> Self {
        self.lines.push((name, value));
        self
    }

    #[must_use]
    pub fn add(mut self, lines: impl IntoIterator<Item = Line>) -> Self {
        self.lines.extend(lines);
        self
    }

    pub fn confirm<C: Cluster>(&self, context: &Context<'_, C>, what: &str) -> Result<(), CliError> {
        context.confirm(what, &self.lines)
    }
}

/// Where a bound comes from.
fn reason(bound: &Bound) -> String {
    match bound.minimum {
        Some(_) => "as specified".into(),
        None => format!("{} below the quote", bound.max_slippage),
    }
}

/// The least that a trade had to yield, for a person who wants to know everything.
pub fn minimum(least: Option<u64>, text: impl Fn(u64) -> String) -> Line {
    ("minimum", least.map_or("none".into(), text))
}

/// What has been done, for a person.
pub struct Receipt<'a> {
    pub headline: String,
    /// Fields that are always shown.
    pub lines: Vec<Line>,
    /// Fields that `--verbose` adds.
    pub more: Vec<Line>,
    pub transactions: &'a [Landed],
}

/// The answer of a deposit or a withdrawal. Its fields are its JSON.
pub trait Trade: Serialize {
    fn receipt(&self, amounts: Amounts) -> Receipt<'_>;
}

/// A deposit or a withdrawal that is done, as a command's answer.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub struct Done<T>(pub T);

impl<T: Trade> Report for Done<T> {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        let Receipt { headline, mut lines, more, transactions } = self.0.receipt(Amounts::of(verbose));
        if verbose {
            lines.extend(more);
        }
        writeln!(f, "{headline}")?;
        write_fields(f, &lines)?;
        write_signatures(f, transactions)
    }
}

#[cfg(test)]
mod tests {
    use {super::*, crate::units::Units};

    fn quote() -> Quote {
        Quote::of(Amounts::Short)
    }

    #[test]
    fn quote_lines_are_stable() {
        let bound = Bound { minimum: None, max_slippage: "0.1%".parse().unwrap() };
        let rate = ExchangeRate { total_lamports: Lamports::new(3_000), pool_token_supply: PoolTokens::new(2_000) };
        let quote = quote()
            .pay(tokens(2_000_000_000))
            .get(sol(3_000_000_000))
            .fee(1)
            .at_least(Some("2.997 SOL".into()), &bound)
            .rate(&rate);
        let lines: Vec<_> = quote.lines.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            lines,
            [
                "you pay: 2 pool tokens",
                "you get: 3 SOL",
                "fee: 0.000000001 pool tokens, already deducted",
                "at least: 2.997 SOL (0.10 % below the quote), or the transaction fails",
                "rate: 1 pool token = 1.5 SOL",
            ]
        );
    }

    #[test]
    fn empty_pool_trades_one_for_one_and_names_a_specified_minimum() {
        let bound = Bound { minimum: Some(Units(1)), max_slippage: "0.1%".parse().unwrap() };
        let quote = quote().fee(0).at_least(Some("1 SOL".into()), &bound).rate(&ExchangeRate::default());
        let values: Vec<_> = quote.lines.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(values, ["none", "1 SOL (as specified), or the transaction fails", "1 pool token = 1 SOL"]);
    }

    #[test]
    fn lamports_are_shown_in_full() {
        assert_eq!(Amounts::Short.sol(1_500_000_000), "1.5 SOL");
        assert_eq!(Amounts::Full.sol(1_500_000_000), "1.5 SOL (1500000000 lamports)");
    }
}
