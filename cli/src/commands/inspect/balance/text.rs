//! What a wallet holds, for people.

use {
    super::{Holding, Output, Stake},
    crate::units::{Units, sol, tokens},
    std::fmt,
};

pub fn write(f: &mut fmt::Formatter<'_>, output: &Output) -> fmt::Result {
    writeln!(f, "Wallet {}: {}", output.wallet, sol(output.wallet_lamports))?;
    if output.pools.is_empty() {
        writeln!(f, "No pool tokens of this program")?;
    }
    output.pools.iter().try_for_each(|holding| write_holding(f, holding, output.pool_origin.as_deref()))?;
    output.stake.as_ref().map_or(Ok(()), |stake| write_stake(f, stake))
}

fn write_holding(f: &mut fmt::Formatter<'_>, holding: &Holding, origin: Option<&str>) -> fmt::Result {
    let origin = origin.map_or(String::new(), |origin| format!(" (from {origin})"));
    let stale = if holding.stale { ", stale" } else { "" };
    writeln!(f, "Pool {}{origin}", holding.pool)?;
    writeln!(
        f,
        "  {}, value {} at the exchange rate of epoch {}{stale}",
        tokens(holding.pool_tokens),
        holding.lamports.map_or("more than all SOL".into(), sol),
        holding.last_update_epoch,
    )?;
    for account in &holding.token_accounts {
        let kind = if account.associated { "associated " } else { "" };
        let frozen = if account.frozen { ", frozen" } else { "" };
        writeln!(f, "  {kind}token account {}: {}{frozen}", account.address, tokens(account.pool_tokens))?;
    }
    let tickets = holding.tickets.as_deref().unwrap_or_default();
    if !tickets.is_empty() {
        let lamports = tickets.iter().fold(0, |sum: u64, open| sum.saturating_add(open.ticket.claimable_lamports));
        let plural = if tickets.len() == 1 { "" } else { "s" };
        writeln!(f, "  {} open exit ticket{plural}, for {}", tickets.len(), sol(lamports))?;
    }
    tickets.iter().try_for_each(|open| writeln!(f, "  ticket {}", open.line(false)))
}

fn write_stake(f: &mut fmt::Formatter<'_>, stake: &Stake) -> fmt::Result {
    if stake.accounts.is_empty() {
        return writeln!(f, "No stake accounts");
    }
    let [account, lamports, withdrawable] = ["STAKE ACCOUNT", "SOL", "WITHDRAWABLE SOL"];
    writeln!(f, "{account:44}  {lamports:>20}  {withdrawable:>20}  {:12}  VALIDATOR", "STATE")?;
    for account in &stake.accounts {
        let [lamports, withdrawable] =
            [account.lamports, account.withdrawable_lamports].map(|lamports| Units(lamports).to_string());
        let vote = account.vote.map_or("-".into(), |vote| vote.to_string());
        let locked = if account.locked { ", locked" } else { "" };
        let address = account.address.to_string();
        writeln!(f, "{address:44}  {lamports:>20}  {withdrawable:>20}  {:12}  {vote}{locked}", account.state)?;
    }
    writeln!(
        f,
        "{} in stake accounts: {} deactivating, {} withdrawable now",
        sol(stake.lamports),
        sol(stake.deactivating_lamports),
        sol(stake.withdrawable_lamports),
    )
}
