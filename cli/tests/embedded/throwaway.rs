//! Trades, and the signatures that the stake pool program is passed.
//!
//! A program can use the signature of each address that it is passed and that has signed the transaction. A malicious program under
//! `--program-id` is passed a throw-away key alone, which holds the lamports of the deposit, or an approval of the pool tokens.

use {
    super::{
        endpoints::TestEndpoint,
        harness::{SIGNATURE, SOL, Stage, USAGE, assert_fails, number, text},
        withdrawals::staked_pool,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde_json::{Value, json},
    solana_address::Address,
    solana_message::VersionedMessage,
    solana_signer::Signer as _,
    std::collections::BTreeSet,
    tidepool_client::cluster::Cluster as _,
    tidepool_interface::{address::TOKEN_PROGRAM_ID, external::token::TokenAccount},
};

/// Rent of a token account of SPL Token.
pub const TOKEN_ACCOUNT_RENT: u64 = 2_039_280;

/// The signers of a transaction that its instructions for the stake pool program pass to it.
fn passed(stage: &Stage, message: &VersionedMessage) -> BTreeSet<Address> {
    let (keys, signers) = (message.static_account_keys(), usize::from(message.header().num_required_signatures));
    let pools = message.instructions().iter();
    let pools = pools.filter(|instruction| keys[usize::from(instruction.program_id_index)] == stage.program_id);
    let indices = pools.flat_map(|instruction| &instruction.accounts).map(|index| usize::from(*index));
    indices.filter(|index| *index < signers).map(|index| keys[index]).collect()
}

/// Trades, and checks that of all signers the program was passed the throw-away key alone, which has nothing left.
pub async fn trade(stage: &Stage, line: &str) -> Value {
    let endpoint = TestEndpoint::new(&stage.cluster);
    let answer = stage
        .run_on(&endpoint, "wallet", &format!("{line} --yes"))
        .await
        .unwrap_or_else(|error| panic!("{line}: {error}"));
    let sent = endpoint.sent();
    assert!(!sent.is_empty(), "{line}");
    for transaction in sent {
        let passed = passed(stage, &transaction.message);
        assert_eq!(passed.len(), 1, "{line}: {passed:?}");
        for key in passed {
            assert_ne!(key, stage.wallet.pubkey(), "{line}");
            assert_ne!(key, transaction.message.static_account_keys()[0], "{line}");
            assert!(stage.cluster.account(&key).is_none(), "{line}: something is left in {key}");
        }
    }
    answer
}

fn has_delegate(stage: &Stage, account: &Value) -> bool {
    let data = stage.cluster.account(&text(account).parse().unwrap()).unwrap().data;
    TokenAccount::decode(&data).unwrap().has_delegate
}

#[tokio::test]
async fn move_passes_a_key_of_each_part_alone() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let other = staked_pool(&stage, "").await;
    stage.must(&format!("update {pool}")).await;
    let moved = trade(&stage, &format!("move {pool} {other} 25")).await;
    assert_eq!(moved["parts"].as_array().unwrap().len(), 2);
    assert!(!has_delegate(&stage, &moved["sources"][0]));
}

#[tokio::test]
async fn the_program_is_passed_a_throwaway_key_alone() {
    for token_program in ["spl-token", "token-2022"] {
        let (stage, pool) = Stage::with_pool(&format!("--token-program {token_program}")).await;
        let (wallet, (payer, file)) = (stage.wallet.pubkey(), stage.another_wallet("payer", SOL));
        let lamports = |address: &Address| stage.cluster.lamports(address);
        for line in ["5".to_owned(), "0.000001".into(), format!("1 --to {payer}"), format!("1 --fee-payer {file}")] {
            let (before, of_payer) = (lamports(&wallet), lamports(&payer));
            let deposited = trade(&stage, &format!("deposit-sol {pool} {line}")).await;
            let spent = before + of_payer - lamports(&wallet) - lamports(&payer);
            let signatures = if line.contains("--fee-payer") { 3 } else { 2 };
            let rent = if line.contains("--to") { stage.lamports(&deposited["token_account"]) } else { 0 };
            assert_eq!(spent, number(&deposited["lamports"]) + rent + signatures * SIGNATURE, "{line}");
        }
        // The smallest brings less than the rent of the account through which it goes.
        let to_payer = format!("--to {payer}");
        for options in ["5", "0.001", &format!("1 {to_payer}"), "1 --fee-payer", &format!("1 {to_payer} --fee-payer")] {
            let options = options.replace("--fee-payer", &format!("--fee-payer {file}"));
            let before = lamports(&wallet) + lamports(&payer);
            let withdrawn = trade(&stage, &format!("withdraw-sol {pool} {options}")).await;
            let signatures = if options.contains("--fee-payer") { 3 } else { 2 };
            let after = lamports(&wallet) + lamports(&payer);
            assert_eq!(after + signatures * SIGNATURE, before + number(&withdrawn["lamports"]), "{options}");
            assert!(!has_delegate(&stage, &withdrawn["token_account"]), "{options}");
        }
    }
}

#[tokio::test]
async fn stake_and_sol_come_by_a_throwaway_key() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let wallet = stage.wallet.pubkey();
    let (other, file) = stage.another_wallet("other", SOL);
    let lines = [
        "withdraw-stake POOL 2".to_owned(),
        format!("withdraw-stake POOL 2 --stake-authority {other}"),
        format!("withdraw-stake POOL 2 --stake-authority {other} --fee-payer {file}"),
        "withdraw POOL 40".into(),
    ];
    for line in lines {
        let withdrawn = trade(&stage, &line.replace("POOL", &pool)).await;
        let owner = if line.contains("--stake-authority") { other } else { wallet };
        for account in withdrawn["stake_accounts"].as_array().unwrap() {
            let address = text(&account["address"]).parse().unwrap();
            let data = stage.cluster.account(&address).unwrap().data;
            let Ok(solana_stake_interface::state::StakeStateV2::Stake(meta, ..)) = bincode::deserialize(&data) else {
                panic!("{address} is not delegated");
            };
            assert_eq!((meta.authorized.staker, meta.authorized.withdrawer), (owner, owner), "{line}");
        }
        assert!(!has_delegate(&stage, &withdrawn["token_account"]), "{line}");
    }
}

/// A wallet with fewer lamports than a token account's rent can withdraw.
#[tokio::test]
async fn a_poor_wallet_lends_no_rent() {
    let (stage, pool) = Stage::with_pool("").await;
    let (holder, file) = stage.another_wallet("holder", TOKEN_ACCOUNT_RENT / 2);
    stage.must(&format!("deposit-sol {pool} 2 --to {holder}")).await;
    trade(&stage, &format!("withdraw-sol {pool} 1 --owner {file} --fee-payer {file}")).await;
    assert_eq!(stage.cluster.lamports(&holder), TOKEN_ACCOUNT_RENT / 2 + SOL - 2 * SIGNATURE);
}

/// A pool can name any wallet as an authority, whose signature its program would be passed: the user has to give that key.
#[tokio::test]
async fn a_pool_that_names_the_wallet_gets_no_signature_by_default() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.must(&format!("deposit-sol {pool} 5")).await;
    let (wallet, file) = (stage.wallet.pubkey(), stage.folder_file("wallet"));
    for (kind, line, option) in [
        ("sol-deposit", "deposit-sol POOL 1", "--sol-deposit-authority"),
        ("sol-withdraw", "withdraw-sol POOL 1", "--sol-withdraw-authority"),
        ("sol-withdraw", "withdraw POOL 1 --as sol", "--sol-withdraw-authority"),
    ] {
        stage.must(&format!("set-funding-authority {pool} {kind} {wallet}")).await;
        let line = line.replace("POOL", &pool);
        assert_fails(&stage, &line, USAGE, &[&wallet.to_string(), "signs for the pool's program", option]).await;
        stage.must(&format!("{line} {option} {file}")).await;
    }
}

/// The wallet signs alone where the transaction is signed elsewhere too, and where an approval is not possible or replaces another.
#[tokio::test]
async fn the_wallet_alone_signs_where_others_sign_too() {
    let (stage, pool) = Stage::with_pool("").await;
    let deposited = stage.must(&format!("deposit-sol {pool} 5")).await;
    let wallet = stage.wallet.pubkey();
    let hash = stage.cluster.latest_blockhash().await.unwrap().hash;
    for command in ["deposit-sol", "withdraw-sol"] {
        for how in ["--dump-transaction-message".to_owned(), format!("--sign-only --blockhash {hash}")] {
            let held = stage.must(&format!("{command} {pool} 1 {how}")).await;
            let message = BASE64_STANDARD.decode(text(&held["transactions"][0]["message"])).unwrap();
            let message: VersionedMessage = bincode::deserialize(&message).unwrap();
            assert_eq!(message.header().num_required_signatures, 1, "{command} {how}");
        }
        let sent = TestEndpoint::new(&stage.cluster);
        stage.run_on(&sent, "wallet", &format!("{command} {pool} 1 --blockhash {hash} --yes")).await.unwrap();
        assert_eq!(passed(&stage, &sent.sent()[0].message), BTreeSet::from([wallet]));
    }
    let account: Address = text(&deposited["token_account"]).parse().unwrap();
    let (delegate, file) = stage.another_wallet("delegate", SOL);
    let approve = |amount| {
        spl_token_2022_interface::instruction::approve(&TOKEN_PROGRAM_ID, &account, &delegate, &wallet, &[], amount)
            .unwrap()
    };
    stage.cluster.process(&[approve(3 * SOL)], &stage.wallet, &[]).unwrap();
    for (owner, signer) in [(String::new(), wallet), (format!("--owner {file} --from {account}"), delegate)] {
        let endpoint = TestEndpoint::new(&stage.cluster);
        stage.run_on(&endpoint, "wallet", &format!("withdraw-sol {pool} 1 {owner} --yes")).await.unwrap();
        assert!(passed(&stage, &endpoint.sent()[0].message).contains(&signer));
        assert!(has_delegate(&stage, &json!(account.to_string())), "the earlier approval stays");
    }
}
