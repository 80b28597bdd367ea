//! The yield by the pool's ledger, beside the yield by the bank's inflation.

use {
    super::stage::Stage, crate::run::RunError, tidepool_client::pool::YieldEstimate, tidepool_core::maths::ExchangeRate,
};

/// Largest difference of the growth of a pool token by the ledger and by the bank: trades round to a lamport, in favour of the pool.
const GROWTH_TOLERANCE: f64 = 1e-10;

/// Largest difference of the yields of a year, as a part of them: the ledger counts seconds between updates in years of 365.25 days, and
/// the bank slots in tropical years.
const ANNUAL_TOLERANCE: f64 = 1e-4;

/// Epochs of the ledger that the yield is over, at most.
const EPOCHS: u64 = 180;

/// Causes of the growth of a pool token, by epoch: factors of the exchange rate.
#[derive(Clone, Debug, Default)]
pub struct Growth {
    /// From one update to the next, by the bank's inflation.
    inflation: Vec<(u64, f64)>,
    /// By paid tickets, whose lamports were fixed at a lower rate.
    tickets: Vec<(u64, f64)>,
    /// Length of the epoch before, in years.
    years: Vec<(u64, f64)>,
}

impl Growth {
    /// Adds the inflation that was paid at the beginning of `epoch`, to a pool of `total` lamports: all but the manager's fee.
    pub fn note_inflation(&mut self, epoch: u64, rewards: u64, fee: u64, total: u64, years: f64) {
        self.inflation.push((epoch, 1.0 + (rewards - fee) as f64 / total as f64));
        self.years.push((epoch, years));
    }

    /// Adds payments of tickets after the update of `epoch`.
    pub fn note_tickets(&mut self, epoch: u64, before: &ExchangeRate, after: &ExchangeRate) {
        let price = |rate: &ExchangeRate| rate.total_lamports.get() as f64 / rate.pool_token_supply.get() as f64;
        self.tickets.push((epoch, price(after) / price(before)));
    }
}

/// Yields of the same epochs, by the ledger and by their causes.
#[derive(Clone, Copy, Debug)]
pub struct Yields {
    /// By the pool's ledger.
    pub ledger: YieldEstimate,
    /// Growth of a pool token by the bank's inflation, as a fraction.
    pub by_inflation: f64,
    /// Growth by paid tickets, as a fraction.
    pub by_tickets: f64,
    /// The yield of a year by both, as a fraction.
    pub annual: f64,
}

impl Stage<'_> {
    /// The yield by the ledger. Checks that the bank's inflation and the paid tickets explain it.
    pub fn yields(&self) -> Result<Yields, RunError> {
        let ledger = self.snapshot().yield_over(EPOCHS).map_err(|reason| RunError::Mismatch {
            what: "the yield by the ledger".into(),
            expected: "known".into(),
            found: format!("unknown: {reason}"),
        })?;
        let (since, until) = (ledger.interval.since, ledger.interval.until);
        // An update closes the growth since the one before it; tickets are paid after the update of their epoch.
        let updates = |factors: &[(u64, f64)]| -> Vec<f64> {
            factors.iter().filter(|(epoch, _)| (since + 1..=until).contains(epoch)).map(|(_, factor)| *factor).collect()
        };
        let paid = self.growth.tickets.iter().filter(|(epoch, _)| (since..until).contains(epoch));
        let inflation: f64 = updates(&self.growth.inflation).iter().product();
        let tickets: f64 = paid.map(|(_, factor)| *factor).product();
        let years: f64 = updates(&self.growth.years).iter().sum();
        let annual = (inflation * tickets).powf(1.0 / years) - 1.0;
        check_near("growth of a pool token by the ledger", inflation * tickets - 1.0, ledger.growth, GROWTH_TOLERANCE)?;
        check_near("yield of a year by the ledger", annual, ledger.annual, annual * ANNUAL_TOLERANCE)?;
        Ok(Yields { ledger, by_inflation: inflation - 1.0, by_tickets: tickets - 1.0, annual })
    }
}

fn check_near(what: &str, expected: f64, found: f64, tolerance: f64) -> Result<(), RunError> {
    if (found - expected).abs() <= tolerance {
        return Ok(());
    }
    Err(RunError::Mismatch {
        what: format!("the {what}"),
        expected: format!("{expected}, give or take {tolerance}"),
        found: found.to_string(),
    })
}
