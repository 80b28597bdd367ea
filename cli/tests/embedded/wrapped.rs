//! Deposits of wrapped SOL, and withdrawals that bring it.

use {
    super::{
        harness::{REFUSED, SIGNATURE, SOL, Stage, assert_fails, number, said, text},
        throwaway::{TOKEN_ACCOUNT_RENT, trade},
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    spl_token_2022_interface::instruction as token,
    tidepool_client::actions::{Unwrap, wrapped_sol_account},
    tidepool_interface::address::TOKEN_PROGRAM_ID,
};

/// Wraps lamports of the wallet; returns its wrapped-SOL account.
fn wrap(stage: &Stage, lamports: u64) -> Address {
    let (wallet, mint) = (stage.wallet.pubkey(), tidepool_client::actions::NATIVE_MINT_ID);
    let account = wrapped_sol_account(&wallet);
    let create = spl_associated_token_account_interface::instruction::create_associated_token_account_idempotent;
    let wrapping = [
        create(&wallet, &wallet, &mint, &TOKEN_PROGRAM_ID),
        solana_system_interface::instruction::transfer(&wallet, &account, lamports),
        token::sync_native(&TOKEN_PROGRAM_ID, &account).unwrap(),
    ];
    stage.cluster.process(&wrapping, &stage.wallet, &[]).unwrap();
    account
}

#[tokio::test]
async fn a_deposit_takes_wrapped_sol_and_leaves_the_rest_wrapped() {
    let (stage, pool) = Stage::with_pool("").await;
    let wallet = stage.wallet.pubkey();
    assert_fails(&stage, &format!("deposit-sol {pool} 1 --from-wrapped"), REFUSED, &["no wrapped SOL"]).await;
    let account = wrap(&stage, 10 * SOL);
    let tokens = || stage.tokens(&json!(account.to_string()));
    let before = stage.cluster.lamports(&wallet);
    let deposited = trade(&stage, &format!("deposit-sol {pool} 4 --from-wrapped")).await;
    assert_eq!(number(&deposited["lamports"]), 4 * SOL);
    assert_eq!(deposited["wrapped_account"], account.to_string());
    assert_eq!(tokens(), 6 * SOL);
    assert_eq!(stage.cluster.lamports(&account), 6 * SOL + TOKEN_ACCOUNT_RENT);
    assert_eq!(stage.cluster.lamports(&wallet), before - 2 * SIGNATURE, "it pays for signatures alone");
    assert!(said().iter().any(|said| said.contains("wrapped SOL in token account")), "{:?}", said());
    assert!(stage.cluster.account(&Unwrap::temporary_account(&wallet, 0)).is_none(), "nothing is left on the way");
    assert_fails(&stage, &format!("deposit-sol {pool} 7 --from-wrapped"), REFUSED, &["6 SOL wrapped", "7 SOL"]).await;

    // Lamports at the first temporary address do not block a deposit.
    let gift = solana_system_interface::instruction::transfer(&wallet, &Unwrap::temporary_account(&wallet, 0), SOL);
    stage.cluster.process(&[gift], &stage.wallet, &[]).unwrap();
    let all = trade(&stage, &format!("deposit-sol {pool} ALL --from-wrapped")).await;
    assert_eq!((number(&all["lamports"]), tokens()), (6 * SOL, 0));
    assert_fails(&stage, &format!("deposit-sol {pool} ALL --from-wrapped"), REFUSED, &["0 SOL wrapped"]).await;

    // The wallet alone signs where the transaction is signed elsewhere too.
    wrap(&stage, SOL);
    let simulated = stage.must(&format!("deposit-sol {pool} 1 --from-wrapped --dry-run")).await;
    assert_eq!(simulated["simulated"][0]["would_land"], true);
    assert_eq!(stage.must(&format!("deposit-sol {pool} 1")).await["wrapped_account"], Value::Null);
}

#[tokio::test]
async fn a_withdrawal_brings_wrapped_sol() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let wallet = stage.wallet.pubkey();
    let account = wrapped_sol_account(&wallet);
    let tokens = || stage.tokens(&json!(account.to_string()));
    let before = stage.cluster.lamports(&wallet);
    let withdrawn = trade(&stage, &format!("withdraw-sol {pool} 1 --wrap")).await;
    let got = number(&withdrawn["lamports"]);
    assert_eq!(withdrawn["wrapped_account"], account.to_string());
    assert_eq!(number(&withdrawn["wrapped_rent_lamports"]), TOKEN_ACCOUNT_RENT);
    assert_eq!(tokens(), got);
    assert_eq!(stage.cluster.lamports(&account), got + TOKEN_ACCOUNT_RENT);
    assert_eq!(stage.cluster.lamports(&wallet), before - TOKEN_ACCOUNT_RENT - 2 * SIGNATURE);
    assert!(said().iter().any(|said| said.contains("wrapped SOL in token account")), "{:?}", said());

    // The account is there already, and the lamports of a withdrawal in parts come to it, too.
    let parts = trade(&stage, &format!("withdraw {pool} 40 --wrap")).await;
    let sol = number(&parts["sol_lamports"]);
    assert!(sol > 0 && !parts["stake_accounts"].as_array().unwrap().is_empty());
    assert_eq!((tokens(), number(&parts["wrapped_rent_lamports"])), (got + sol, 0));

    // The account of another wallet, created at the fee payer's cost.
    let (other, _) = stage.another_wallet("other", SOL);
    stage.must(&format!("deposit-sol {pool} 5")).await;
    let given = trade(&stage, &format!("withdraw-sol {pool} 1 --wrap --to {other}")).await;
    assert_eq!(text(&given["wrapped_account"]), wrapped_sol_account(&other).to_string());
    assert_eq!(stage.tokens(&given["wrapped_account"]), number(&given["lamports"]));
    assert_eq!(stage.cluster.lamports(&other), SOL);
    // The rest of a withdrawal of stake, which is below the minimum delegation.
    let before = tokens();
    let rest = trade(&stage, &format!("withdraw-stake {pool} 0.5 --rest-as-sol --wrap")).await;
    assert_eq!(rest["wrapped_account"], account.to_string());
    assert_eq!(tokens(), before + number(&rest["sol_lamports"]));
    assert!(number(&rest["sol_lamports"]) > 0);
    assert_fails(&stage, &format!("withdraw {pool} 1 --as stake --wrap"), 2, &["yields no SOL to wrap"]).await;
}
