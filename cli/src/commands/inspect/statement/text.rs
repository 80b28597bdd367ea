//! A statement for a person.

use {
    super::{Balance, Output, signed},
    crate::{
        output::write_fields,
        units::{sol, tokens},
    },
    std::fmt,
};

const HEAD: [&str; 7] = ["TIME (UTC)", "EPOCH", "TYPE", "POOL TOKENS", "SOL", "BALANCE", "VALUE (SOL)"];

pub(super) fn write(f: &mut fmt::Formatter<'_>, statement: &Output) -> fmt::Result {
    writeln!(f, "Statement of wallet {}, pool {}", statement.wallet, statement.pool)?;
    let rows: Vec<_> = statement.rows.iter().map(super::Row::cells).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].len()).chain([HEAD[column].len()]).max().unwrap_or(0);
    let widths: Vec<_> = (0..HEAD.len()).map(width).collect();
    for row in [HEAD.map(str::to_owned)].iter().chain(&rows) {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:>width$}")).collect();
        writeln!(f, "  {}", cells.join("  "))?;
    }
    let totals = &statement.totals;
    let known = |lamports: Option<u64>| lamports.map_or("unknown".into(), sol);
    let gain =
        |lamports: Option<i64>| lamports.map_or("unknown".into(), |lamports| format!("{} SOL", signed(lamports)));
    let mut fields = vec![
        ("opening balance", balance(&statement.opening)),
        ("deposited", known(totals.deposited_lamports)),
        ("withdrawn", known(totals.withdrawn_lamports)),
        ("received", tokens(totals.received_pool_tokens)),
        ("sent", tokens(totals.sent_pool_tokens)),
        ("rewards", gain(Some(totals.accrued_lamports))),
        ("gain of what left, FIFO", gain(totals.first_in_gain_lamports)),
        ("gain of what left, average", gain(totals.average_gain_lamports)),
        ("closing balance", balance(&statement.closing)),
        ("its cost, FIFO", known(statement.closing.first_in_cost_lamports)),
        ("its cost, average", known(statement.closing.average_cost_lamports)),
    ];
    if statement.closing.owed_lamports != Some(0) {
        fields.push(("open exit tickets", format!("{} of what was withdrawn", known(statement.closing.owed_lamports))));
    }
    write_fields(f, &fields)?;
    for gap in &statement.gaps {
        writeln!(f, "  gap: {gap}")?;
    }
    Ok(())
}

fn balance(balance: &Balance) -> String {
    let value = balance.lamports.map_or("of unknown value".into(), |lamports| format!("= {}", sol(lamports)));
    format!("{} {value}", tokens(balance.pool_tokens))
}
