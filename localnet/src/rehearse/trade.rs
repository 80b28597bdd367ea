//! A deposit and two withdrawals by a new wallet.

use {
    super::report,
    crate::run::{Driver, Ledger, RunError, Side, deposit_sol, withdraw_sol, withdraw_stake},
    solana_native_token::LAMPORTS_PER_SOL,
    std::io::Write,
    tidepool_client::{
        actions,
        pool::{PoolSnapshot, StakeSelection},
        quote,
    },
};

const DEPOSIT_LAMPORTS: u64 = 1_000 * LAMPORTS_PER_SOL;

/// Initial lamports of the wallet, rent of its accounts included.
const WALLET_LAMPORTS: u64 = DEPOSIT_LAMPORTS + LAMPORTS_PER_SOL;

/// Deposits, withdraws half as SOL and half as stake, and returns the pool. Leaves out steps that need the signature of a deposit or
/// withdraw authority.
pub async fn trade(
    driver: &Driver<'_>,
    updated: &PoolSnapshot,
    ledger: &mut Ledger,
    out: &mut dyn Write,
) -> Result<PoolSnapshot, RunError> {
    let wallet = driver.cluster().funded_keypair(WALLET_LAMPORTS);
    let terms = &updated.pool().terms;
    if let Some(authority) = terms.sol_deposit_authority {
        report::write_left_out(out, "deposits and withdrawals", &authority)?;
        return Ok(updated.clone());
    }
    let deposit = deposit_sol(driver, updated, &wallet, DEPOSIT_LAMPORTS).await?;
    ledger.book(Side::Entered, "deposit of SOL", deposit.lamports);
    report::write_trade(out, "deposit of SOL", &deposit)?;
    let mut snapshot = updated.read_again(driver.cluster(), StakeSelection::All).await?;

    let half = deposit.pool_tokens / 2;
    if let Some(authority) = terms.sol_withdraw_authority {
        report::write_left_out(out, "withdrawals of SOL", &authority)?;
    } else {
        let tokens = actions::associated_token_account(&snapshot, &solana_signer::Signer::pubkey(&wallet));
        let most = quote::largest_sol_withdrawal(&snapshot, &tokens);
        let withdrawal = withdraw_sol(driver, &snapshot, &wallet, half.min(most)).await?;
        ledger.book(Side::Left, "withdrawal of SOL", withdrawal.lamports);
        report::write_trade(out, "withdrawal of SOL", &withdrawal)?;
        snapshot = snapshot.read_again(driver.cluster(), StakeSelection::All).await?;
    }

    let withdrawal = withdraw_stake(driver, &snapshot, &wallet, half).await?;
    ledger.book(Side::Left, "withdrawal of stake", withdrawal.lamports);
    report::write_trade(out, "withdrawal of stake", &withdrawal)?;
    Ok(snapshot.read_again(driver.cluster(), StakeSelection::All).await?)
}
