//! Tips and block revenue that arrive beside the delegations of validators.

use {
    super::{
        crank::{is_fresh, snapshot, weighted_pool},
        harness::{SOL, Stage, number},
    },
    serde_json::{Value, json},
    solana_signer::Signer as _,
    solana_system_interface::instruction::transfer,
};

/// Idle lamports below the fees of a sweep.
const CRUMBS: u64 = 400_000;

async fn tip(stage: &Stage, pool: &str, tips: &[u64]) {
    let snapshot = snapshot(stage, pool).await;
    for (validator, lamports) in snapshot.validators().zip(tips) {
        let tip = transfer(&stage.wallet.pubkey(), &validator.addresses.validator, *lamports);
        stage.cluster.process(&[tip], &stage.wallet, &[]).unwrap();
    }
}

async fn crank(stage: &Stage, line: &str) -> Value {
    stage.must(&format!("crank {line} --no-rebalance")).await["pools"][0].clone()
}

fn swept(round: &Value) -> (u64, u64, u64) {
    let field = |name: &str| number(&round[name]);
    (field("swept_validators"), field("swept_lamports"), field("idle_lamports"))
}

#[tokio::test]
async fn sweeps_tips_that_are_worth_the_call() {
    let stage = Stage::new();
    let pool = weighted_pool(&stage).await;
    // Nothing is left to merge: a merge sweeps all.
    for _ in 0..2 {
        stage.must(&format!("crank {pool}")).await;
        stage.cluster.advance_epoch().unwrap();
    }
    stage.must(&format!("crank {pool} --no-rebalance")).await;
    stage.cluster.advance_epoch().unwrap();
    tip(&stage, &pool, &[SOL, CRUMBS, 0, SOL]).await;
    let stale = snapshot(&stage, &pool).await;
    let round = crank(&stage, &pool).await;
    assert_eq!(swept(&round), (2, 2 * SOL, CRUMBS), "{round:#}");
    assert!(is_fresh(&stage, &pool).await);
    // The rate counts what stays.
    let fresh = snapshot(&stage, &pool).await;
    assert!(fresh.rate().total_lamports.get() >= stale.rate().total_lamports.get() + 2 * SOL + CRUMBS);

    // In a pool that is up to date, too, and to the last lamport.
    tip(&stage, &pool, &[0, 0, 7, 0]).await;
    assert_eq!(swept(&crank(&stage, &pool).await), (0, 0, CRUMBS + 7));
    let round = crank(&stage, &format!("{pool} --sweep-above 0.0001")).await;
    assert_eq!(swept(&round), (1, CRUMBS, 7));
    assert_eq!(swept(&crank(&stage, &format!("{pool} --sweep-above 0")).await), (1, 7, 0));
    let nothing = crank(&stage, &format!("{pool} --sweep-above 0")).await;
    assert_eq!((swept(&nothing), &nothing["transactions"]), ((0, 0, 0), &json!([])));
}
