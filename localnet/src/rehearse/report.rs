//! The rehearsal's output.

use {
    super::made::Made,
    crate::{
        run::{EpochFee, Ledger, PoolRewards, StageCost, Trade},
        terminal::{Percent, Rate, Sol, Tokens, count, counted, write_table},
    },
    console::style,
    solana_address::Address,
    solana_clock::Clock,
    std::{
        fmt::Display,
        io,
        io::Write,
        path::{Path, PathBuf},
        time::Duration,
    },
    tidepool_client::{pool::PoolSnapshot, quote},
    tidepool_core::maths::{ExchangeRate, Fee},
};

/// Width of the names of figures.
const NAME_WIDTH: usize = 22;

/// Writes the saved pool, and the cluster's epoch if it is known.
pub fn write_saved(out: &mut dyn Write, snapshot: &PoolSnapshot, clock: Option<&Clock>) -> io::Result<()> {
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    let epoch = head.last_update_epoch.get();
    writeln!(out, "{}", style("Rehearsal with a live pool's accounts, on a cluster in this process").bold())?;
    heading(out, &format!("Pool {} as saved, last updated in epoch {epoch}", snapshot.address()))?;
    if let Some(clock) = clock {
        figure(out, "read in", format!("epoch {}, slot {}", clock.epoch, count(clock.slot)))?;
    }
    figure(out, "program", snapshot.program_id())?;
    figure(out, "pool account", format!("{} bytes", snapshot.accounts().pool.data.len()))?;
    figure(out, "total", format!("{} SOL", Sol(head.total_lamports.get())))?;
    figure(out, "pool tokens", Tokens(head.pool_token_supply.get()))?;
    figure(out, "rate", format!("{} SOL per pool token", Rate(snapshot.rate())))?;
    figure(out, "reserve", format!("{} SOL", Sol(snapshot.reserve_lamports())))?;
    write_stake(out, snapshot)?;
    figure(out, "manager", head.manager)?;
    figure(out, "staker", head.staker)?;
    figure(out, "fee on rewards", percent(&head.epoch_fee.get()))?;
    figure(out, "deposit fees", fees(&terms.sol_deposit_fee, &terms.stake_deposit_fee))?;
    figure(out, "withdrawal fees", fees(&terms.sol_withdrawal_fee, &terms.stake_withdrawal_fee))?;
    let (recorded, total) = (quote::recorded_total(snapshot).unwrap_or(0), head.total_lamports.get());
    if recorded != total {
        let than = if recorded > total { "more" } else { "less" };
        let difference = Sol(recorded.abs_diff(total));
        figure(out, "not booked yet", format!("{difference} SOL {than} in the accounts than the total says"))?;
    }
    Ok(())
}

fn write_stake(out: &mut dyn Write, snapshot: &PoolSnapshot) -> io::Result<()> {
    let records = snapshot.records();
    let number = |count_of: usize| count(count_of as u64);
    let leaving = records.iter().filter(|record| !record.is_active()).count();
    let empty = records.iter().filter(|record| record.active_stake_lamports.get() == 0).count();
    let (room, all) = (count(u64::from(snapshot.max_validators())), number(records.len()));
    figure(
        out,
        "validators",
        format!("{all} of {room}, {} being removed, {} without stake", number(leaving), number(empty)),
    )?;
    let active: u64 = records.iter().map(|record| record.active_stake_lamports.get()).sum();
    let moving: u64 = records.iter().map(|record| record.transient_stake_lamports.get()).sum();
    figure(out, "stake", format!("{} SOL, and {} SOL in motion", Sol(active), Sol(moving)))
}

/// Writes which accounts are the cluster's own, and which ones were generated.
pub fn write_made(out: &mut dyn Write, others: usize, made: &Made) -> io::Result<()> {
    if others > 0 {
        figure(out, "stake and votes read", counted(others, "account"))?;
    }
    if made.missing_votes > 0 {
        figure(out, "closed", format!("{}: their stake earns nothing", counted(made.missing_votes, "vote account")))?;
    }
    let mut parts = vec![
        counted(made.validator_stakes, "validator stake account"),
        counted(made.transient_stakes, "transient stake account"),
        counted(made.votes, "vote account"),
    ];
    if made.fee_account {
        parts.push("the manager's fee account".into());
    }
    if made.accounts.is_empty() {
        return Ok(());
    }
    figure(out, "made from the records", parts.join(", "))
}

/// Writes the saved accounts that do not belong to the pool.
pub fn write_strangers(out: &mut dyn Write, strangers: &[(Address, PathBuf)]) -> io::Result<()> {
    for (address, path) in strangers {
        let name = path.file_name().unwrap_or_default().display();
        figure(out, "not used", format!("{name}: the pool does not name account {address}"))?;
    }
    Ok(())
}

/// Writes the rewards and the cost of the update.
pub fn write_update(
    out: &mut dyn Write,
    before: &PoolSnapshot,
    updated: &PoolSnapshot,
    rewards: &PoolRewards,
    stages: &[StageCost],
) -> io::Result<()> {
    heading(out, &format!("Update into epoch {}", rewards.epoch))?;
    write_costs(out, stages)?;
    let (was, is) = (before.records().len() as u64, updated.records().len() as u64);
    figure(out, "records updated", format!("{} of {}, {} removed", count(is), count(is), count(was - is)))?;
    let accounts = counted(rewards.accounts, "stake account");
    figure(out, "rewards", format!("{} SOL, paid to {accounts}", Sol(rewards.total)))
}

/// Writes the cost of stages, and their sum.
pub fn write_costs(out: &mut dyn Write, stages: &[StageCost]) -> io::Result<()> {
    let all = StageCost::sum("all", stages);
    let rows = stages.iter().chain([&all]).map(cost_row);
    write_table(out, ["stage", "transactions", "compute units", "most in one"], 1, rows)
}

fn cost_row(cost: &StageCost) -> [String; 4] {
    [cost.label.clone(), count(cost.transactions as u64), count(cost.units), count(cost.most_units)]
}

/// Writes the exchange rate before and after, and the manager's fee.
pub fn write_rate(
    out: &mut dyn Write,
    was: ExchangeRate,
    is: ExchangeRate,
    reward: u64,
    fee: &EpochFee,
) -> io::Result<()> {
    figure(out, "booked as reward", format!("{} SOL", Sol(reward)))?;
    let (lamports, tokens) = (Sol(fee.lamports), Tokens(fee.pool_tokens));
    figure(out, "manager's fee", format!("{lamports} SOL, as {tokens} pool tokens"))?;
    figure(out, "rate before", format!("{} SOL per pool token", Rate(was)))?;
    figure(out, "rate after", style(format!("{} SOL per pool token", Rate(is))).green())
}

/// Writes a deposit or a withdrawal.
pub fn write_trade(out: &mut dyn Write, name: &str, trade: &Trade) -> io::Result<()> {
    let mut text = format!("{} SOL, {} pool tokens", Sol(trade.lamports), Tokens(trade.pool_tokens));
    if !trade.stake_accounts.is_empty() {
        text += &format!(", {}", counted(trade.stake_accounts.len(), "stake account"));
    }
    figure(out, name, format!("{text}; {} compute units", count(trade.units)))
}

/// Writes the steps that were left out.
pub fn write_left_out(out: &mut dyn Write, what: &str, authority: &Address) -> io::Result<()> {
    figure(out, "left out", format!("{what}, which {authority} has to sign"))
}

/// Writes the books, and the pool at the end.
pub fn write_books(out: &mut dyn Write, last: &PoolSnapshot, ledger: &Ledger) -> io::Result<()> {
    heading(out, "Every lamport")?;
    ledger.write(out)?;
    figure(out, "total at the end", format!("{} SOL", Sol(last.rate().total_lamports.get())))?;
    figure(out, "rate at the end", format!("{} SOL per pool token", Rate(last.rate())))
}

/// Writes where the accounts were saved.
pub fn write_copy(out: &mut dyn Write, accounts: usize, folder: &Path) -> io::Result<()> {
    figure(out, "saved", format!("{} in {}", counted(accounts, "account"), folder.display()))
}

/// Writes the duration.
pub fn write_time(out: &mut dyn Write, taken: Duration) -> io::Result<()> {
    writeln!(out, "\nRehearsed in {:.1} s.", taken.as_secs_f64())
}

fn fees(sol: &Fee, stake: &Fee) -> String {
    format!("SOL {}, stake {}", percent(sol), percent(stake))
}

fn percent(fee: &Fee) -> String {
    if fee.denominator == 0 || fee.numerator == 0 {
        return "none".into();
    }
    Percent { part: fee.numerator, whole: fee.denominator }.to_string()
}

pub fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{}", style(text).bold())
}

pub fn figure(out: &mut dyn Write, name: &str, value: impl Display) -> io::Result<()> {
    writeln!(out, "  {name:<NAME_WIDTH$} {value}")
}
