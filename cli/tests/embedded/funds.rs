//! Wallets that can pay for all of what is asked for, or for none of it.

use {
    super::{
        creating::{FEES, Making, assert_right, sum, wallet_minimum},
        harness::{REFUSED, SIGNATURE, SOL, Stage, assert_fails, text},
        withdrawals::staked_pool,
    },
    solana_address::Address,
    solana_signer::Signer as _,
    solana_system_interface::instruction as system,
    tidepool_client::cluster::Cluster as _,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        external::token::TOKEN_ACCOUNT_LENGTH,
        state::{EXTENDED_POOL_LENGTH, POOL_MAX_LENGTH},
    },
};

#[tokio::test]
async fn a_wallet_pays_for_a_whole_pool_or_for_nothing() {
    let stage = Stage::new();
    let minimum = wallet_minimum(&stage);
    for extra in [0, 15_000, 430_000, FEES - 1, FEES + 1, FEES + minimum - 1] {
        let making = Making::new(&stage, &format!("poor{extra}"), extra);
        let (exit, message) = making.fails(&stage, "").await;
        assert_eq!(exit, REFUSED, "{extra}: {message}");
        let wallet = making.wallet.pubkey();
        assert!(message.contains(&wallet.to_string()), "{extra}: {message}");
        for part in ["0.00003 SOL of fees", "0.00089088 SOL", "rent-exempt minimum"] {
            assert!(message.contains(part), "{extra}: {message}");
        }
        assert_eq!(making.lamports(&stage), 0, "{extra}");
        assert_eq!(stage.cluster.lamports(&wallet), sum(&stage) + extra, "{extra}: {message}");
    }
    for (extra, left) in [(FEES, 0), (FEES + minimum, minimum)] {
        let making = Making::new(&stage, &format!("exact{extra}"), extra);
        let made = stage.run_as(&making.name, &making.line).await.unwrap_or_else(|error| panic!("{extra}: {error}"));
        assert_eq!(made["transactions"].as_array().unwrap().len(), 2);
        assert_eq!(stage.cluster.lamports(&making.wallet.pubkey()), left);
        assert_eq!(making.lamports(&stage), sum(&stage));
        assert_right(&stage, &making).await;
    }
}

#[tokio::test]
async fn priority_fees_count() {
    let stage = Stage::new();
    let minimum = wallet_minimum(&stage);
    // A lamport for each compute unit.
    let price = "--compute-unit-price 1000000";
    let poor = Making::new(&stage, "poor", FEES + minimum + 100_000);
    let (exit, message) = poor.fails(&stage, price).await;
    assert_eq!(exit, REFUSED, "{message}");
    assert!(message.contains("of fees"), "{message}");
    assert_eq!(poor.lamports(&stage), 0);
    // Less than the price of the most compute units that a transaction can ask for.
    let enough = Making::new(&stage, "enough", FEES + minimum + 600_000);
    stage.run_as("enough", &format!("{} {price}", enough.line)).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(stage.cluster.lamports(&enough.wallet.pubkey()) > minimum);
    assert_right(&stage, &enough).await;
}

#[tokio::test]
async fn every_command_that_pays_rent_counts_fees_and_what_stays() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let plain = stage.pool("--without-extension").await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 3 --validator {}", stage.vote(0))).await;
    let stake_account = text(&withdrawn["stake_accounts"][0]["address"]);
    let rent = |length: usize| stage.cluster.rent().minimum_balance(length);
    let (token_account, minimum) = (rent(TOKEN_ACCOUNT_LENGTH), wallet_minimum(&stage));
    let (manager, manager_file) = stage.another_wallet("manager", 0);
    let to = Address::new_unique();
    // The command, what it takes of the fee payer besides fees, and its signatures.
    let lines = [
        (format!("deposit-sol {pool} 1 --from PAYER --to {to}"), SOL + token_account, 2),
        (format!("deposit-stake {pool} {stake_account} --to {to}"), token_account, 2),
        (format!("withdraw-stake {pool} 2 --validator {}", stage.vote(0)), rent(STAKE_ACCOUNT_SPACE), 3),
        (format!("withdraw {pool} 2 --as stake"), rent(STAKE_ACCOUNT_SPACE), 3),
        (format!("extend-pool {plain}"), rent(EXTENDED_POOL_LENGTH) - rent(POOL_MAX_LENGTH), 2),
        (format!("set-manager {plain} {manager_file}"), token_account, 3),
    ];
    for (number, (line, taken, signatures)) in lines.iter().enumerate() {
        for extra in [0, signatures * SIGNATURE - 1, 430_000] {
            let (payer, file) = stage.another_wallet(&format!("payer-{number}-{extra}"), taken + extra);
            let line = format!("{} --fee-payer {file}", line.replace("PAYER", &file));
            assert_fails(&stage, &line, REFUSED, &[&payer.to_string(), "rent-exempt minimum"]).await;
            assert_eq!(stage.cluster.lamports(&payer), taken + extra, "{line}");
        }
    }
    for (number, (line, taken, signatures)) in lines.iter().enumerate() {
        let exact = taken + signatures * SIGNATURE + minimum;
        let (payer, file) = stage.another_wallet(&format!("exact-{number}"), exact);
        let line = format!("{} --fee-payer {file}", line.replace("PAYER", &file));
        stage.must(&line).await;
        assert!(stage.cluster.lamports(&payer) >= minimum, "{line}");
    }
    assert_eq!(stage.must(&format!("show {plain}")).await["authorities"]["manager"], manager.to_string());
    // A table takes more than its first address.
    let (payer, file) = stage.another_wallet("tables", 2 * minimum);
    let line = format!("lookup-tables {pool} --make --fee-payer {file}");
    assert_fails(&stage, &line, REFUSED, &[&payer.to_string(), "SOL of fees", "rent-exempt minimum"]).await;
    assert_eq!(stage.cluster.lamports(&payer), 2 * minimum);
}

/// Where the runtime says no more than the number of an account, the error names it, and what it has to hold.
#[tokio::test]
async fn an_account_below_its_rent_is_named() {
    let (stage, pool) = Stage::with_pool("").await;
    // The first has too little for one signature, as in the question for the minimum delegation, the second for two.
    for (more, cause) in [(1_000, "0.000891880 SOL"), (7_000, "0.000897880 SOL")] {
        let held = wallet_minimum(&stage) + more;
        let (payer, file) = stage.another_wallet(&format!("payer{more}"), held);
        let line = format!("set-staker {pool} {payer} --fee-payer {file}");
        let parts = [&payer.to_string(), cause, "less than 0.000890880 SOL", "rent-exempt minimum"];
        assert_fails(&stage, &line, REFUSED, &parts).await;
        if more == 7_000 {
            assert_fails(&stage, &line, REFUSED, &["InsufficientFundsForRent"]).await;
            stage.must(&format!("{line} --dry-run")).await;
            assert!(stage.text.borrow()[0].contains(&payer.to_string()), "{}", stage.text.borrow()[0]);
        }
        assert_eq!(stage.cluster.lamports(&payer), held);
    }
    // The same where the transaction comes from elsewhere, by the account that its own message names.
    let (payer, file) = stage.another_wallet("elsewhere", SOL);
    let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
    let line = format!("set-staker {pool} {payer} --fee-payer {file} --sign-only --blockhash {hash}");
    let signed = stage.must(&line).await;
    let signed = &signed["transactions"][0];
    let spend = system::transfer(&payer, &stage.wallet.pubkey(), SOL - wallet_minimum(&stage) - 12_000);
    let payer_key = solana_keypair::read_keypair_file(&file).unwrap();
    stage.cluster.process(&[spend], &payer_key, &[]).unwrap();
    let signers: Vec<_> =
        signed["signers"].as_array().unwrap().iter().map(|signer| format!("--signer {}", text(signer))).collect();
    let line = format!("submit {} {}", text(&signed["message"]), signers.join(" "));
    let parts = [&payer.to_string(), "holds 0.000897880 SOL", "less than 0.000890880 SOL"];
    assert_fails(&stage, &line, REFUSED, &parts).await;
    // Another account than the payer: a withdrawal that would leave its receiver below the minimum.
    stage.must(&format!("deposit-sol {pool} 1")).await;
    let receiver = Address::new_unique();
    let line = format!("withdraw-sol {pool} 0.0001 --to {receiver}");
    let parts =
        [&receiver.to_string(), "holds 0.000000000 SOL", "less than 0.000890880 SOL", "InsufficientFundsForRent"];
    assert_fails(&stage, &line, REFUSED, &parts).await;
}
