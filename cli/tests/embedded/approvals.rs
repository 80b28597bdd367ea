//! Delegates, CPI guards, and token accounts that have lamports before they exist.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, number, said, text},
        receivers::tokens,
        withdrawals::staked_pool,
    },
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    spl_associated_token_account_interface::address::get_associated_token_address_with_program_id,
    spl_token_2022_interface::{
        extension::{ExtensionType, cpi_guard::instruction::enable_cpi_guard},
        instruction as token,
    },
    tidepool_client::cluster::Cluster as _,
    tidepool_interface::{
        address::{TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        external::token::TokenAccount,
    },
};

/// Rent of a token account of SPL Token.
const TOKEN_ACCOUNT_RENT: u64 = 2_039_280;

/// The wallet's account of the pool's token.
async fn wallets_tokens(stage: &Stage, pool: &str) -> Address {
    associated(stage, pool, &stage.wallet.pubkey()).await
}

/// A wallet's associated account of the pool's token.
async fn associated(stage: &Stage, pool: &str, wallet: &Address) -> Address {
    let accounts = stage.must(&format!("show {pool}")).await["accounts"].clone();
    let [mint, program] = ["pool_mint", "token_program"].map(|name| text(&accounts[name]).parse::<Address>().unwrap());
    get_associated_token_address_with_program_id(wallet, &mint, &program)
}

fn approve(stage: &Stage, program: Address, account: &Address, delegate: &Address, amount: u64) {
    let owner = stage.wallet.pubkey();
    let approve = token::approve(&program, account, delegate, &owner, &[], amount).unwrap();
    stage.cluster.process(&[approve], &stage.wallet, &[]).unwrap();
}

#[tokio::test]
async fn all_of_a_delegate_is_what_is_approved() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let account = wallets_tokens(&stage, &pool).await;
    let (delegate, file) = stage.another_wallet("delegate", SOL);
    let from = format!("--owner {file} --from {account}");
    for line in ["withdraw-sol POOL ALL", "withdraw-stake POOL ALL", "withdraw POOL ALL", "withdraw POOL ALL --as sol"]
    {
        approve(&stage, TOKEN_PROGRAM_ID, &account, &delegate, 3 * SOL);
        let line = format!("{} {from}", line.replace("POOL", &pool));
        let withdrawn = stage.must(&line).await;
        let given = number(&withdrawn["pool_tokens"]);
        assert!((3 * SOL - 5..=3 * SOL).contains(&given), "{line}: {withdrawn}");
    }
}

#[tokio::test]
async fn rejects_more_than_is_approved() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let account = wallets_tokens(&stage, &pool).await;
    let (delegate, file) = stage.another_wallet("delegate", SOL);
    let (owner, from) = (stage.wallet.pubkey().to_string(), format!("--owner {file} --from {account}"));
    let (address, delegate_address) = (account.to_string(), delegate.to_string());
    approve(&stage, TOKEN_PROGRAM_ID, &account, &delegate, 3 * SOL);
    for line in ["withdraw-sol POOL 4", "withdraw-stake POOL 4", "withdraw POOL 4"] {
        let line = format!("{} {from}", line.replace("POOL", &pool));
        let parts = [delegate_address.as_str(), "is approved for 3 pool tokens", &address, "4 pool tokens", &owner];
        assert_fails(&stage, &line, REFUSED, &parts).await;
    }
    let line = format!("withdraw {pool} --worth 4 {from}");
    assert_fails(&stage, &line, REFUSED, &[&address, "3 pool tokens approved to", &delegate_address]).await;
    // A key that is neither owner nor delegate is told who these are.
    let (other, file) = stage.another_wallet("other", SOL);
    let line = format!("withdraw-sol {pool} 1 --owner {file} --from {account}");
    let other = other.to_string();
    let parts = [other.as_str(), &address, &owner, &delegate_address, "3 pool tokens", "--owner"];
    assert_fails(&stage, &line, USAGE, &parts).await;
}

/// The token programs look at the approval before the owner.
#[tokio::test]
async fn an_owner_that_is_its_own_delegate_is_bound_by_the_approval() {
    for token_program in ["spl-token", "token-2022"] {
        let stage = Stage::new();
        let pool = staked_pool(&stage, &format!("--token-program {token_program}")).await;
        let (account, wallet) = (wallets_tokens(&stage, &pool).await, stage.wallet.pubkey());
        let held = stage.cluster.account(&account).unwrap();
        approve(&stage, held.owner, &account, &wallet, 3 * SOL);
        let mint = TokenAccount::decode(&held.data).unwrap().mint;
        let burn = token::burn(&held.owner, &account, mint, &wallet, &[], 4 * SOL).unwrap();
        stage.cluster.process(&[burn], &stage.wallet, &[]).unwrap_err();
        let line = format!("withdraw-sol {pool} 4");
        assert_fails(&stage, &line, REFUSED, &[&wallet.to_string(), "is approved for 3 pool tokens"]).await;
        let withdrawn = stage.must(&format!("withdraw-sol {pool} ALL")).await;
        assert_eq!(number(&withdrawn["pool_tokens"]), 3 * SOL);
    }
}

/// A pool of Token-2022, and the wallet's token account in it with the CPI guard on.
async fn guarded(stage: &Stage) -> (String, Address) {
    let pool = staked_pool(stage, "--token-program token-2022").await;
    let (account, wallet) = (wallets_tokens(stage, &pool).await, stage.wallet.pubkey());
    let program = TOKEN_2022_PROGRAM_ID;
    let grow = [ExtensionType::CpiGuard];
    let room = token::reallocate(&program, &account, &wallet, &wallet, &[], &grow).unwrap();
    let guard = enable_cpi_guard(&program, &account, &wallet, &[]).unwrap();
    stage.cluster.process(&[room, guard], &stage.wallet, &[]).unwrap();
    (pool, account)
}

#[tokio::test]
async fn a_guarded_account_gives_through_a_delegate() {
    let stage = Stage::new();
    let (pool, account) = guarded(&stage).await;
    for line in ["withdraw-sol POOL 1", "withdraw-stake POOL 2", "withdraw POOL 1"] {
        stage.must(&line.replace("POOL", &pool)).await;
    }
    // The owner's own signature would be rejected by the token program: it is said what to do before anything is signed.
    let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
    let elsewhere = format!("--sign-only --blockhash {hash}");
    for how in ["--dump-transaction-message", &elsewhere, &format!("--blockhash {hash}")] {
        for line in ["withdraw-sol POOL 1", "withdraw-stake POOL 2", "withdraw POOL 1"] {
            let line = format!("{} {how}", line.replace("POOL", &pool));
            let parts = [account.to_string(), "CPI guard".into(), "spl-token disable-cpi-guard".into()];
            let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
            assert_fails(&stage, &line, USAGE, &parts).await;
        }
    }
    let (delegate, file) = stage.another_wallet("delegate", SOL);
    approve(&stage, TOKEN_2022_PROGRAM_ID, &account, &delegate, 3 * SOL);
    let line = format!("withdraw-sol {pool} 1");
    let parts = [account.to_string(), delegate.to_string(), "CPI guard".into(), "spl-token revoke".into()];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_fails(&stage, &line, USAGE, &parts).await;
    stage.must(&format!("withdraw-sol {pool} 1 --owner {file} --from {account}")).await;
}

/// Lamports at the address of a token account to come lower its rent, and do not replace it.
#[tokio::test]
async fn a_lamport_does_not_hide_the_rent_of_a_token_account() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let withdrawn = stage.must(&format!("withdraw-stake {pool} 2")).await;
    let stake = text(&withdrawn["stake_accounts"][0]["address"]);
    for line in ["deposit-sol POOL 1", "deposit-stake POOL STAKE"] {
        let line = line.replace("POOL", &pool).replace("STAKE", &stake);
        let receiver = Address::new_unique();
        stage.cluster.airdrop(&associated(&stage, &pool, &receiver).await, 1);
        stage.denies.set(true);
        let line = format!("{line} --to {receiver}");
        let _ = stage.run_as("wallet", &format!("{line} --output display")).await;
        stage.denies.set(false);
        let quote = said().join("\n");
        assert!(quote.contains("0.002039279 SOL, for a new token account"), "{line}: {quote}");
    }
    // The balance check counts it as well.
    let (poor, file) = stage.another_wallet("poor", SOL + TOKEN_ACCOUNT_RENT - 2);
    let account = associated(&stage, &pool, &poor).await;
    stage.cluster.airdrop(&account, 1);
    let line = format!("deposit-sol {pool} 1 --from {file}");
    assert_fails(&stage, &line, REFUSED, &[&poor.to_string(), "1.002039278", "1.002039279"]).await;
    let (new, manager) = stage.another_wallet("manager", SOL);
    stage.cluster.airdrop(&associated(&stage, &pool, &new).await, 1);
    let set = stage.must(&format!("set-manager {pool} {manager}")).await;
    assert_eq!(number(&set["rent_lamports"]), TOKEN_ACCOUNT_RENT - 1);
}

/// What is given with --from is named, and a frozen account as well.
#[tokio::test]
async fn rejects_sources_that_hold_no_pool_tokens() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let account = wallets_tokens(&stage, &pool).await;
    let (wallet, vote) = (stage.wallet.pubkey(), stage.vote(0));
    let address = account.to_string();
    for command in ["withdraw-sol", "withdraw-stake", "withdraw"] {
        for (from, parts) in [
            (wallet, ["is a wallet", address.as_str()]),
            (vote, ["is a validator's vote account", "specify a token account of mint"]),
            (Address::new_unique(), ["does not exist", "specify a token account of mint"]),
        ] {
            let line = format!("{command} {pool} 1 --from {from}");
            assert_fails(&stage, &line, USAGE, &[&from.to_string(), "--from", parts[0], parts[1]]).await;
        }
        let mut frozen = stage.cluster.account(&account).unwrap();
        frozen.data[108] = 2;
        stage.cluster.set_account(&account, frozen.clone());
        assert_fails(&stage, &format!("{command} {pool} 1"), REFUSED, &[&address, "is frozen"]).await;
        frozen.data[108] = 1;
        stage.cluster.set_account(&account, frozen);
    }
}

#[tokio::test]
async fn rejects_a_stake_keypair_whose_account_exists() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let key = Keypair::new();
    let file = stage.keypair_file("stake", &key);
    stage.cluster.airdrop(&key.pubkey(), 1);
    let line = format!("withdraw-stake {pool} 2 --stake-keypair {file}");
    assert_fails(&stage, &line, USAGE, &[&key.pubkey().to_string(), "--stake-keypair", "exists"]).await;
}

/// The owner of an associated token account can have given it away.
#[tokio::test]
async fn rejects_an_associated_account_of_another_owner() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let mint = text(&stage.must(&format!("show {pool}")).await["accounts"]["pool_mint"]).parse().unwrap();
    let (wallet, thief) = (Address::new_unique(), Address::new_unique());
    let account = associated(&stage, &pool, &wallet).await;
    let line = format!("deposit-sol {pool} 1 --to {wallet}");
    // It is given away after the command has looked.
    let taken = tokens(mint, thief);
    let endpoint = TestEndpoint::with_competing_change(&stage.cluster, || stage.cluster.set_account(&account, taken));
    let error = stage.run_on(&endpoint, "wallet", &format!("{line} --yes")).await.unwrap_err().to_string();
    assert!(error.contains("associated token account") && error.contains("InvalidOwner"), "{error}");
    assert!(error.contains("owned by another wallet"), "{error}");
    let parts = [account.to_string(), thief.to_string(), wallet.to_string(), "--token-account".into()];
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    assert_fails(&stage, &line, USAGE, &parts).await;
}
