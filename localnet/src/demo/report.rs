//! The demo's output.

use {
    super::{EpochFigures, Options, stage::Stage, weights, weights::Weighed, yields::Yields},
    crate::{
        run::Ledger,
        terminal::{Percent, Rate, Sol, Tokens, chart, counted, short_address, write_table},
    },
    console::{Term, style},
    std::{io, io::Write},
    tidepool_core::maths::{Lamports, PoolTokens},
};

/// Minimum width of a terminal for full addresses.
const WIDE_TERMINAL: u16 = 125;

pub fn write_title(out: &mut dyn Write, options: &Options) -> io::Result<()> {
    let title = format!(
        "Tidepool: a stake pool of {} over {} epochs, on a cluster in this process",
        counted(options.validators as usize, "validator"),
        options.epochs
    );
    writeln!(out, "{}", style(title).bold())
}

pub fn write_events(out: &mut dyn Write, events: &[String]) -> io::Result<()> {
    events.iter().try_for_each(|event| writeln!(out, "  {} {event}", style("·").cyan()))
}

/// Writes the headings of the rows of epochs.
pub fn write_epoch_heading(out: &mut dyn Write) -> io::Result<()> {
    let line = format!(
        "  {:>5}  {:>13}  {:>14}  {:>12}  {:>12}  {:>16}  {:>16}",
        "epoch", "SOL per token", "rewards (SOL)", "fee (SOL)", "fee (tokens)", "reserve (SOL)", "transient (SOL)"
    );
    writeln!(out, "\n{}", style(line).bold())
}

/// Writes the row of an epoch.
pub fn write_epoch(out: &mut dyn Write, figures: &EpochFigures) -> io::Result<()> {
    writeln!(
        out,
        "  {:>5}  {:>13}  {:>14}  {:>12}  {:>12}  {:>16}  {:>16}",
        figures.epoch,
        style(Rate(figures.rate)).green(),
        Sol(figures.rewards),
        Sol(figures.fee_lamports),
        Tokens(figures.fee_tokens),
        Sol(figures.reserve),
        Sol(figures.in_motion),
    )
}

/// Writes the table of validators.
pub fn write_validators(out: &mut dyn Write, stage: &Stage<'_>, weighed: &[Weighed]) -> io::Result<()> {
    let term = Term::stdout();
    let shorten = term.is_term() && term.size().1 < WIDE_TERMINAL;
    let snapshot = stage.snapshot();
    let rows = snapshot.records().iter().zip(weighed).map(|(record, weighed)| {
        let vote = record.vote_account_address;
        let spec = stage.validator(&vote).map(|validator| &validator.spec);
        let (commission, performance) = spec.map_or((0, 0), |spec| (spec.commission_bps, spec.performance_permille));
        [
            if shorten { short_address(&vote) } else { vote.to_string() },
            Percent { part: u64::from(commission), whole: 10_000 }.to_string(),
            format!("{}.{} %", performance / 10, performance % 10),
            weighed.weight.to_string(),
            Sol(weighed.target).to_string(),
            Sol(weighed.held).to_string(),
            Sol(stage.rewards.get(&vote).copied().unwrap_or(0)).to_string(),
        ]
    });
    let heading = format!(
        "{}, each on its target within {} SOL",
        counted(snapshot.records().len(), "validator"),
        Sol(weights::tolerance(snapshot))
    );
    write_heading(out, &heading)?;
    let headings = ["vote account", "commission", "credits", "weight", "target (SOL)", "stake (SOL)", "rewards (SOL)"];
    write_table(out, headings, 1, rows)
}

/// Writes what a raised commission has taken from the pool.
pub fn write_raised_commission(out: &mut dyn Write, stage: &Stage<'_>) -> io::Result<()> {
    let Some(raised) = stage.raised else { return Ok(()) };
    let (vote, lost, exposed) = (short_address(&raised.vote), Sol(raised.lost), Sol(raised.exposed));
    writeln!(out, "  {vote} has raised its commission in epoch {}, and was demoted in the same epoch.", raised.epoch)?;
    writeln!(
        out,
        "  The new one has taken {lost} SOL, the rewards of the minimum stake of {exposed} SOL that stays with it."
    )
}

/// Writes the yield by the ledger, and its causes.
pub fn write_yields(out: &mut dyn Write, yields: &Yields) -> io::Result<()> {
    let epochs = yields.ledger.interval.epochs();
    write_heading(out, &format!("Growth of a pool token over {epochs} epochs, and the yield of a year"))?;
    let percent = |share: f64, decimals: usize| format!("{:.decimals$} %", share * 100.0);
    let row = |name: &str, growth: f64, annual: Option<f64>| {
        [name.to_owned(), percent(growth, 9), annual.map_or_else(String::new, |annual| percent(annual, 3))]
    };
    let both = (1.0 + yields.by_inflation) * (1.0 + yields.by_tickets) - 1.0;
    let rows = [
        row("inflation, by the bank's points, commissions and the fee", yields.by_inflation, None),
        row("exit tickets, paid as fixed at their requests", yields.by_tickets, None),
        row("both", both, Some(yields.annual)),
        row("the pool's ledger", yields.ledger.growth, Some(yields.ledger.annual)),
    ];
    write_table(out, ["", "growth", "a year"], 1, rows)
}

pub fn write_chart(out: &mut dyn Write, epochs: &[EpochFigures]) -> io::Result<()> {
    let points: Vec<(u64, u64)> =
        epochs.iter().filter_map(|figures| Some((figures.epoch, Rate(figures.rate).nanos()?))).collect();
    write_heading(out, "SOL per pool token")?;
    chart(out, &points, |nanos| Sol(nanos).to_string())
}

/// Writes the books of lamports, and the holders of pool tokens.
pub fn write_books(out: &mut dyn Write, stage: &Stage<'_>, ledger: &Ledger) -> io::Result<()> {
    write_heading(out, "Every lamport")?;
    ledger.write(out)?;
    write_heading(out, "Every pool token")?;
    let rate = stage.snapshot().rate();
    let holders = stage.token_holders().into_iter().map(|(name, tokens)| {
        let lamports = rate.lamports_for_withdrawal(PoolTokens::new(tokens)).map_or(0, Lamports::get);
        [name.to_owned(), Tokens(tokens).to_string(), Sol(lamports).to_string()]
    });
    let supply = [
        "supply".to_owned(),
        Tokens(rate.pool_token_supply.get()).to_string(),
        Sol(rate.total_lamports.get()).to_string(),
    ];
    write_table(out, ["holder", "pool tokens", "value (SOL)"], 1, holders.chain([supply]))
}

fn write_heading(out: &mut dyn Write, heading: &str) -> io::Result<()> {
    writeln!(out, "\n{}", style(heading).bold())
}
