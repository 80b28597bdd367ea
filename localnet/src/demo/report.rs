//! The demo's output.

use {
    super::{EpochFigures, Options, stage::Stage, weights, weights::Weighed},
    crate::{
        run::{Ledger, RunError},
        terminal::{Align, Column, Percent, Rate, Sol, Table, Tokens, chart, counted, short_address},
    },
    console::{Term, style},
    std::{io, io::Write},
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

/// The table of epochs.
pub fn epoch_table() -> Table {
    Table::new([
        Column::wide("epoch", Align::Right, 5),
        Column::wide("SOL per token", Align::Right, 13),
        Column::wide("rewards (SOL)", Align::Right, 14),
        Column::wide("fee (SOL)", Align::Right, 12),
        Column::wide("fee (tokens)", Align::Right, 12),
        Column::wide("reserve (SOL)", Align::Right, 16),
        Column::wide("transient (SOL)", Align::Right, 16),
    ])
}

pub fn epoch_row(figures: &EpochFigures) -> Vec<String> {
    vec![
        figures.epoch.to_string(),
        style(Rate(figures.rate)).green().to_string(),
        Sol(figures.rewards).to_string(),
        Sol(figures.fee_lamports).to_string(),
        Tokens(figures.fee_tokens).to_string(),
        Sol(figures.reserve).to_string(),
        Sol(figures.in_motion).to_string(),
    ]
}

/// Writes the table of validators.
pub fn write_validators(out: &mut dyn Write, stage: &Stage<'_>, weighed: &[Weighed]) -> Result<(), RunError> {
    let term = Term::stdout();
    let shorten = term.is_term() && term.size().1 < WIDE_TERMINAL;
    let snapshot = stage.snapshot();
    let mut table = Table::new([
        Column::new("vote account", Align::Left),
        Column::new("commission", Align::Right),
        Column::new("credits", Align::Right),
        Column::new("weight", Align::Right),
        Column::new("target (SOL)", Align::Right),
        Column::new("stake (SOL)", Align::Right),
        Column::new("rewards (SOL)", Align::Right),
    ]);
    for (record, weighed) in snapshot.records().iter().zip(weighed) {
        let vote = record.vote_account_address;
        let spec = stage.validator(&vote).map(|validator| &validator.spec);
        let (commission, performance) = spec.map_or((0, 0), |spec| (spec.commission_bps, spec.performance_permille));
        table.push([
            if shorten { short_address(&vote) } else { vote.to_string() },
            Percent { part: u64::from(commission), whole: 10_000 }.to_string(),
            format!("{}.{} %", performance / 10, performance % 10),
            weighed.weight.to_string(),
            Sol(weighed.target).to_string(),
            Sol(weighed.held).to_string(),
            Sol(stage.rewards.get(&vote).copied().unwrap_or(0)).to_string(),
        ]);
    }
    let heading = format!(
        "{}, each on its target within {} SOL",
        counted(snapshot.records().len(), "validator"),
        Sol(weights::tolerance(snapshot))
    );
    write_heading(out, &heading)?;
    table.write(out)?;
    Ok(())
}

pub fn write_chart(out: &mut dyn Write, epochs: &[EpochFigures]) -> io::Result<()> {
    let points: Vec<(u64, u64)> =
        epochs.iter().filter_map(|figures| Some((figures.epoch, Rate(figures.rate).nanos()?))).collect();
    write_heading(out, "SOL per pool token")?;
    chart(out, &points, |nanos| Sol(nanos).to_string())
}

/// Writes the books of lamports, and the holders of pool tokens.
pub async fn write_books(out: &mut dyn Write, stage: &Stage<'_>, ledger: &Ledger) -> Result<(), RunError> {
    write_heading(out, "Every lamport")?;
    ledger.write(out)?;
    write_heading(out, "Every pool token")?;
    let rate = stage.snapshot().rate();
    let mut table = Table::new([
        Column::new("holder", Align::Left),
        Column::new("pool tokens", Align::Right),
        Column::new("value (SOL)", Align::Right),
    ]);
    for (name, tokens) in stage.token_holders() {
        let worth = rate.lamports_for_withdrawal(tokens).unwrap_or(0);
        table.push([name.to_owned(), Tokens(tokens).to_string(), Sol(worth).to_string()]);
    }
    table.push(["supply".to_owned(), Tokens(rate.pool_token_supply).to_string(), Sol(rate.total_lamports).to_string()]);
    table.write(out)?;
    Ok(())
}

fn write_heading(out: &mut dyn Write, heading: &str) -> io::Result<()> {
    writeln!(out, "\n{}", style(heading).bold())
}
