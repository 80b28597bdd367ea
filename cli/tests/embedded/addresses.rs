//! Addresses of another kind than is asked for, or of accounts that are closed or too short.

use {
    super::{
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails},
        receivers::World,
        withdrawals::staked_pool,
    },
    solana_account::Account,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
};

/// Command lines with an address that is looked up, worked on or spent from.
const LOOKED_UP: [&str; 21] = [
    "withdraw POOL 1 --from ADDRESS",
    "withdraw-sol POOL 1 --from ADDRESS",
    "withdraw-stake POOL 2 --from ADDRESS",
    "withdraw-stake POOL 2 --validator ADDRESS",
    "lookup-tables POOL --tables ADDRESS",
    "rebalance POOL --lookup-tables ADDRESS",
    "show POOL --program-id ADDRESS",
    "deposit-sol POOL 1 --program-id ADDRESS",
    "create-pool --program-id ADDRESS",
    "deposit-sol POOL 1 --nonce ADDRESS",
    "show ADDRESS",
    "deposit-sol ADDRESS 1",
    "add-validator POOL ADDRESS",
    "remove-validator POOL ADDRESS",
    "explain-stake POOL ADDRESS",
    "deposit-stake POOL ADDRESS",
    "set-preferred-validator POOL deposit ADDRESS",
    "set-preferred-validator POOL withdraw ADDRESS",
    "set-weights POOL --set ADDRESS=1",
    "increase POOL ADDRESS 2",
    "decrease POOL ADDRESS 2",
];

/// An address of another kind than is asked for is in the error.
#[tokio::test]
async fn errors_name_the_wrong_address() {
    let world = World::new().await;
    let others = [(Keypair::new().pubkey(), "no account"), (world.stage.another_wallet("other", SOL).0, "a wallet")];
    for template in LOOKED_UP {
        let mut rejected = 0;
        for (address, what) in world.unsignable.iter().chain(&others) {
            let line = world.line(template).replace("ADDRESS", &address.to_string());
            if let Err(error) = world.stage.run(&format!("{line} --dry-run")).await {
                assert!(error.to_string().contains(&address.to_string()), "{line} ({what}): {error}");
                rejected += 1;
            }
        }
        assert!(rejected > world.unsignable.len() / 2, "{template}: only {rejected} are rejected");
    }
}

/// A vote account that was closed, and one that was made anew without a state.
#[tokio::test]
async fn rejects_closed_vote_accounts() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let (listed, new) = (stage.vote(0), stage.vote(2));
    let vote_program = stage.cluster.account(&new).unwrap().owner;
    let empty = Account { lamports: SOL, data: vec![0; 3_762], owner: vote_program, ..Account::default() };
    let refunded = Account { lamports: 1, ..Account::default() };
    for account in [Account::default(), empty, refunded] {
        stage.cluster.set_account(&listed, account.clone());
        stage.cluster.set_account(&new, account);
        for (line, vote) in [
            (format!("increase {pool} {listed} 2"), listed),
            (format!("set-preferred-validator {pool} deposit {listed}"), listed),
            (format!("add-validator {pool} {new}"), new),
        ] {
            assert_fails(&stage, &line, USAGE, &[&vote.to_string(), "vote account", "closed"]).await;
        }
    }
    stage.must(&format!("decrease {pool} {listed} 2")).await;
}

/// A pool account that is shorter than SPL's longest layout holds all that is set now, and not every further setting.
#[tokio::test]
async fn a_short_pool_account_is_extended_first() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--without-extension").await;
    let address: Address = pool.parse().unwrap();
    let mut account = stage.cluster.account(&address).unwrap();
    account.data.truncate(529);
    stage.cluster.set_account(&address, account);
    let who = Address::new_unique();
    for kind in ["deposit", "withdraw"] {
        stage.must(&format!("set-preferred-validator {pool} {kind} {}", stage.vote(0))).await;
    }
    let setting = format!("set-funding-authority {pool} sol-deposit {who}");
    let parts = ["529 bytes", "531", "tidepool extend-pool", &pool];
    assert_fails(&stage, &setting, REFUSED, &parts).await;
    stage.must(&format!("set-fee {pool} epoch 1%")).await;
    let fee = format!("set-fee {pool} sol-withdrawal 0.1%");
    assert_fails(&stage, &fee, REFUSED, &["529 bytes", "tidepool extend-pool"]).await;
    stage.must(&format!("extend-pool {pool}")).await;
    stage.must(&setting).await;
    stage.must(&fee).await;
}
