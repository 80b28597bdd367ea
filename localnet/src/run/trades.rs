//! Deposits and withdrawals of a wallet, checked against their quotes.

use {
    super::{Driver, Receipt, RunError, tokens_in},
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer,
    tidepool_client::{
        actions::{self, DepositSol, DepositStake, NewStakeAccount, TokenReceiver, TokenSource, WithdrawSol, Wrap},
        plan::{self, Plan, Withdrawal, WithdrawalOrder},
        pool::PoolSnapshot,
        quote,
    },
};

/// Amounts of a deposit or a withdrawal, from the balances of the wallet.
#[derive(Clone, Debug, Default)]
pub struct Trade {
    pub lamports: u64,
    pub pool_tokens: u64,
    /// Pool tokens of the manager's fee.
    pub fee: u64,
    /// The stake accounts received.
    pub stake_accounts: Vec<Address>,
    /// Compute units of all its transactions.
    pub units: u64,
}

/// Deposits SOL.
///
/// # Errors
/// [`RunError::Mismatch`]; as [`quote::quote_deposit_sol`] and [`Driver::send`].
pub async fn deposit_sol(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    wallet: &Keypair,
    lamports: u64,
) -> Result<Trade, RunError> {
    let owner = wallet.pubkey();
    let tokens = actions::associated_token_account(snapshot, &owner);
    let quote = quote::quote_deposit_sol(snapshot, lamports, None)?.pool_tokens;
    let deposit = DepositSol {
        from: owner,
        lamports,
        to: TokenReceiver::Wallet(owner),
        referrer: None,
        minimum_pool_tokens: Some(quote.to_depositor.get()),
        throwaway: None,
        unwrap: None,
    };
    let plan = Plan::one("deposit SOL", actions::deposit_sol(snapshot, &deposit));
    // The wallet pays the rent of its token account, too.
    let balances =
        || (driver.cluster().lamports(&owner) + driver.cluster().lamports(&tokens), tokens_in(driver, &tokens));
    let before = balances();
    let receipts = driver.send("Depositing", &plan, &[wallet]).await?;
    let after = balances();
    let trade = Trade {
        lamports: before.0 - after.0,
        pool_tokens: after.1 - before.1,
        fee: quote.to_manager.get(),
        units: units(&receipts),
        ..Trade::default()
    };
    RunError::check("the deposit, in lamports,", lamports, trade.lamports)?;
    // The depositor is its own referrer.
    let quoted = quote.to_depositor.get() + quote.to_referrer.get();
    RunError::check("what the depositor gets, in pool tokens,", quoted, trade.pool_tokens)?;
    Ok(trade)
}

/// Deposits a stake account of the wallet. The snapshot must have the accounts of its validator.
///
/// # Errors
/// [`RunError::Mismatch`]; as [`actions::deposit_stake`] and [`Driver::send`].
pub async fn deposit_stake(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    wallet: &Keypair,
    address: Address,
) -> Result<Trade, RunError> {
    let owner = wallet.pubkey();
    let account: Account = driver.cluster().account(&address).unwrap_or_default();
    let deposit = DepositStake {
        address,
        account: &account,
        withdrawer: owner,
        payer: driver.payer(),
        to: TokenReceiver::Wallet(owner),
        referrer: None,
        minimum_pool_tokens: None,
    };
    let (group, quote) = actions::deposit_stake(snapshot, &deposit)?;
    let tokens = actions::associated_token_account(snapshot, &owner);
    let before = tokens_in(driver, &tokens);
    let receipts = driver.send("Depositing", &Plan::one("deposit stake", group), &[wallet]).await?;
    let trade = Trade {
        lamports: account.lamports - driver.cluster().lamports(&address),
        pool_tokens: tokens_in(driver, &tokens) - before,
        fee: quote.pool_tokens.to_manager.get(),
        units: units(&receipts),
        ..Trade::default()
    };
    RunError::check("the deposit, in lamports,", quote.total_lamports, trade.lamports)?;
    let quoted = quote.pool_tokens.to_depositor.get() + quote.pool_tokens.to_referrer.get();
    RunError::check("what the depositor gets, in pool tokens,", quoted, trade.pool_tokens)?;
    Ok(trade)
}

/// Withdraws SOL from the reserve.
///
/// # Errors
/// [`RunError::Mismatch`]; as [`actions::withdraw_sol`] and [`Driver::send`].
pub async fn withdraw_sol(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    wallet: &Keypair,
    pool_tokens: u64,
) -> Result<Trade, RunError> {
    let owner = wallet.pubkey();
    let tokens = TokenSource::wallet(snapshot, &owner);
    let withdrawal =
        WithdrawSol { tokens, pool_tokens, to: owner, wrap: Wrap::No, payer: owner, minimum_lamports: None };
    let (group, quote) = actions::withdraw_sol(snapshot, &withdrawal)?;
    let (lamports, held) = (driver.cluster().lamports(&owner), tokens_in(driver, &tokens.account));
    let receipts = driver.send("Withdrawing", &Plan::one("withdraw SOL", group), &[wallet]).await?;
    let trade = Trade {
        lamports: driver.cluster().lamports(&owner) - lamports,
        pool_tokens: held - tokens_in(driver, &tokens.account),
        fee: quote.fee.get(),
        units: units(&receipts),
        ..Trade::default()
    };
    RunError::check("the withdrawal, in lamports,", quote.lamports.get(), trade.lamports)?;
    RunError::check("the withdrawal, in pool tokens,", pool_tokens, trade.pool_tokens)?;
    Ok(trade)
}

/// Withdraws stake accounts from one or more validators.
///
/// # Errors
/// [`RunError::Mismatch`]; as [`plan::withdraw`] and [`Driver::send`].
pub async fn withdraw_stake(
    driver: &Driver<'_>,
    snapshot: &PoolSnapshot,
    wallet: &Keypair,
    pool_tokens: u64,
) -> Result<Trade, RunError> {
    let owner = wallet.pubkey();
    let tokens = TokenSource::wallet(snapshot, &owner);
    let withdrawal = Withdrawal {
        tokens,
        pool_tokens,
        stake_authority: owner,
        payer: owner,
        slippage_bps: None,
        take_whole_accounts: false,
        order: WithdrawalOrder::StakeOnly,
        wrap: false,
    };
    let planned = plan::withdraw(snapshot, &withdrawal, |piece| {
        NewStakeAccount::with_seed(owner, &format!("withdrawn {piece}"))
    })?;
    let (lamports, held) = (driver.cluster().lamports(&owner), tokens_in(driver, &tokens.account));
    let receipts = driver.send("Withdrawing", &planned.plan, &[wallet]).await?;
    let rent = lamports - driver.cluster().lamports(&owner);
    let pieces: Vec<Address> = planned.pieces.iter().map(|piece| piece.to.address).collect();
    let stake: u64 = pieces.iter().map(|address| driver.cluster().lamports(address)).sum();
    let trade = Trade {
        lamports: stake - rent,
        pool_tokens: held - tokens_in(driver, &tokens.account),
        fee: planned.pieces.iter().map(|piece| piece.quote.yields.fee.get()).sum(),
        stake_accounts: pieces,
        units: units(&receipts),
    };
    let quoted: u64 = planned.pieces.iter().map(|piece| piece.quote.yields.lamports.get()).sum();
    RunError::check("the withdrawn stake, in lamports,", quoted, trade.lamports)?;
    Ok(trade)
}

fn units(receipts: &[Receipt]) -> u64 {
    receipts.iter().map(|receipt| receipt.units).sum()
}
