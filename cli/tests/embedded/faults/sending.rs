//! Lies about what a transaction would yield, would do, and has done.

use {
    super::{
        DONE, Endpoint, NOT_NOW, REFUSED, Reply, Request, UNREACHABLE, USAGE, World, account_lie,
        accounts::{Change, bytes, owned_by, replaced, with_rate},
        run, wire,
    },
    crate::harness::{SOL, number},
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    solana_hash::Hash,
    solana_sdk_ids::sysvar,
    solana_signer::Signer as _,
    solana_transaction_error::TransactionError,
    std::sync::atomic::{AtomicU64, Ordering},
    tidepool_client::cluster::{Confirmation, TransactionStatus},
};

/// Lamports for the signatures of a trade: the wallet's, and that of a throw-away key.
const FEE: u64 = 10_000;

#[tokio::test]
async fn a_false_rate_costs_nothing() {
    let world = World::new().await;
    let pool = world.pool;
    // The quote follows from the rate that is told, and the bound from the quote; the program trades at its own.
    for (line, dearer, cheaper) in [
        (format!("deposit-sol {pool} 5"), DONE, REFUSED),
        (format!("withdraw-sol {pool} 5"), REFUSED, DONE),
        (format!("withdraw {pool} 5"), REFUSED, DONE),
    ] {
        for (factor, code) in [(10, dearer), (0, cheaper)] {
            let before = world.wealth();
            let rate = with_rate(move |total| if factor == 0 { total / 10 } else { total * factor });
            let sent = Endpoint::serve(&world.stage.cluster, &account_lie(pool, rate), |endpoint| {
                let says = if code == DONE { "rate" } else { "ExceededSlippage" };
                run(&world.stage, endpoint, &line).ends(code, says);
                endpoint.transactions().len()
            });
            let after = world.wealth();
            assert_eq!(sent, usize::from(code == DONE), "{line}");
            let lamports = i128::from(after.lamports) - i128::from(before.lamports) + i128::from(FEE) * sent as i128;
            let tokens = i128::from(after.pool_tokens) - i128::from(before.pool_tokens);
            // One for one, whatever was said.
            assert_eq!(lamports, -tokens, "{line}");
            assert_eq!(tokens.unsigned_abs(), if code == DONE { u128::from(5 * SOL) } else { 0 }, "{line}");
        }
    }
}

#[tokio::test]
async fn numbers_at_their_limits_are_no_rate() {
    let world = World::new().await;
    let before = world.wealth();
    for line in [format!("deposit-sol {} 5", world.pool), format!("withdraw {} 5", world.pool)] {
        for total in [0, 1, u64::MAX] {
            let lie = account_lie(world.pool, with_rate(move |_| total));
            Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
                run(&world.stage, endpoint, &line).ends_either(&[(DONE, "rate"), (REFUSED, "error: ")]);
            });
        }
    }
    let after = world.wealth();
    let fees = before.lamports + before.pool_tokens - after.lamports - after.pool_tokens;
    assert!(fees <= 6 * FEE, "{fees} lamports are gone");
}

#[tokio::test]
async fn a_false_simulation_costs_a_fee_at_most() {
    let world = World::new().await;
    let line = format!("deposit-sol {} 5", world.pool);
    let before = world.wealth();
    let fails = |request: &Request, honest: &dyn Fn() -> Value| {
        let mut answer = honest();
        // Before it comes the question for the minimum delegation, alone.
        if request.method == "simulateTransaction"
            && wire::transaction(&request.params).message.instructions().len() > 1
        {
            answer["result"]["value"]["err"] = json!(TransactionError::AccountInUse);
        }
        Reply::Json(answer)
    };
    Endpoint::serve(&world.stage.cluster, &fails, |endpoint| {
        run(&world.stage, endpoint, &line).ends(REFUSED, "not sent, because it would fail");
        assert_eq!(endpoint.transactions().len(), 0);
    });
    assert_eq!(world.wealth(), before);

    // The rate is false too, so that the bound is too high for the truth.
    let rate = account_lie(world.pool, with_rate(|total| total / 10));
    for units in [100_000, u64::MAX] {
        let before = world.wealth();
        let succeeds = |request: &Request, honest: &dyn Fn() -> Value| match rate(request, honest) {
            Reply::Json(mut answer) if request.method == "simulateTransaction" => {
                answer["result"]["value"]["err"] = Value::Null;
                answer["result"]["value"]["unitsConsumed"] = units.into();
                Reply::Json(answer)
            }
            reply => reply,
        };
        Endpoint::serve(&world.stage.cluster, &succeeds, |endpoint| {
            run(&world.stage, endpoint, &line).ends(REFUSED, "could not deposit SOL: failed: ");
            assert_eq!(endpoint.transactions().len(), 1);
        });
        let after = world.wealth();
        assert_eq!((after.lamports, after.pool_tokens), (before.lamports - FEE, before.pool_tokens));
    }
}

#[tokio::test]
async fn a_false_status_has_nothing_signed_again() {
    let world = World::new().await;
    let line = format!("deposit-sol {} 5", world.pool);
    let status = |error| wire::status_of(&TransactionStatus { slot: 9, error, confirmation: Confirmation::Finalized });

    // The transaction is dropped, but reported as successful; no other endpoint is available.
    let before = world.wealth();
    let success = |request: &Request, honest: &dyn Fn() -> Value| match request.method.as_str() {
        "sendTransaction" => {
            let signature = wire::transaction(&request.params).signatures[0].to_string();
            Reply::Json(json!({ "id": request.id, "result": signature }))
        }
        "getSignatureStatuses" => {
            let mut answer = honest();
            answer["result"]["value"][0] = status(None);
            Reply::Json(answer)
        }
        _ => Reply::Json(honest()),
    };
    Endpoint::serve(&world.stage.cluster, &success, |endpoint| {
        run(&world.stage, endpoint, &line).ends(DONE, "");
        assert_eq!(endpoint.transactions().len(), 1);
    });
    assert_eq!(world.wealth(), before);

    // It is done, and said to have failed.
    let failure = |request: &Request, honest: &dyn Fn() -> Value| {
        let mut answer = honest();
        if request.method == "getSignatureStatuses" {
            answer["result"]["value"][0] = status(Some(TransactionError::AccountInUse));
        }
        Reply::Json(answer)
    };
    Endpoint::serve(&world.stage.cluster, &failure, |endpoint| {
        run(&world.stage, endpoint, &line).ends(REFUSED, "could not deposit SOL: failed: ");
        assert_eq!(endpoint.transactions().len(), 1);
    });
    assert_eq!(world.wealth().pool_tokens, before.pool_tokens + 5 * SOL);
}

#[tokio::test]
async fn the_signature_of_another_transaction_does_not_confuse_it() {
    let world = World::new().await;
    let before = world.wealth();
    let lie = |request: &Request, honest: &dyn Fn() -> Value| {
        let mut answer = honest();
        if request.method == "sendTransaction" {
            answer["result"] = solana_signature::Signature::from([9; 64]).to_string().into();
        }
        Reply::Json(answer)
    };
    Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
        run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool)).ends(DONE, "");
        assert_eq!(endpoint.transactions().len(), 1);
    });
    assert_eq!(world.wealth().pool_tokens, before.pool_tokens + 5 * SOL);
}

#[tokio::test]
async fn a_deposit_that_is_hidden_is_not_made_again() {
    let world = World::new().await;
    let before = world.wealth();
    let height = AtomicU64::new(0);
    let lie = |request: &Request, honest: &dyn Fn() -> Value| {
        let mut answer = honest();
        match request.method.as_str() {
            "getSignatureStatuses" => answer["result"]["value"][0] = Value::Null,
            "getBlockHeight" => answer["result"] = (1_000_000 + height.fetch_add(1, Ordering::Relaxed)).into(),
            _ => {}
        }
        Reply::Json(answer)
    };
    Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
        let ran = run(&world.stage, endpoint, &format!("deposit-sol {} 5", world.pool));
        ran.ends(UNREACHABLE, "expired, signed once");
        assert_eq!(endpoint.transactions().len(), 1);
    });
    let after = world.wealth();
    assert_eq!((after.lamports, after.pool_tokens), (before.lamports - 5 * SOL - FEE, before.pool_tokens + 5 * SOL));
}

#[tokio::test]
async fn the_blockhash_of_no_cluster_costs_nothing() {
    let world = World::new().await;
    let before = world.wealth();
    let height = AtomicU64::new(0);
    let lie = |request: &Request, honest: &dyn Fn() -> Value| {
        let mut answer = honest();
        match request.method.as_str() {
            "getLatestBlockhash" => {
                answer["result"]["value"]["blockhash"] = Hash::new_from_array([3; 32]).to_string().into();
            }
            "getBlockHeight" => answer["result"] = (1_000_000 + height.fetch_add(1, Ordering::Relaxed)).into(),
            _ => {}
        }
        Reply::Json(answer)
    };
    Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
        let ran = run(&world.stage, endpoint, &format!("withdraw-sol {} 5", world.pool));
        ran.ends(UNREACHABLE, "expired");
        assert_eq!(endpoint.transactions().len(), 1);
    });
    assert_eq!(world.wealth(), before);
}

#[tokio::test]
async fn a_program_that_is_not_the_pools_is_shown_and_can_be_ruled_out() {
    // The one thing that the bounds cannot hold: a malicious program that would receive the wallet's signature.
    let world = World::new().await;
    let (before, thief) = (world.wealth(), Address::new_unique());
    // An address with a bump of its own, so that the lie holds together.
    let bump = Address::find_program_address(&[world.pool.as_ref(), b"withdraw"], &thief).1;
    let pool = account_lie(world.pool, move |mut account: Account| {
        account.owner = thief;
        account.data[97] = bump;
        Some(account)
    });
    let list = owned_by(thief);
    let lie = |request: &Request, honest: &dyn Fn() -> Value| {
        let first = |_: &Request, _: &dyn Fn() -> Value| pool(request, honest);
        let Reply::Json(answer) = first(request, honest) else { unreachable!("it answers in JSON") };
        account_lie(world.list, &list)(request, &|| answer.clone())
    };
    for command in ["deposit-sol", "withdraw-sol", "withdraw"] {
        let line = format!("{command} {} 5", world.pool);
        Endpoint::serve(&world.stage.cluster, &lie, |endpoint| {
            let ran = run(&world.stage, endpoint, &line);
            ran.ends(REFUSED, &format!("{thief}, which holds the pool's stake: check that it is the expected program"));
            let insists = format!("{line} --program-id {}", world.stage.program_id);
            run(&world.stage, endpoint, &insists).ends(REFUSED, "is owned by program");
            assert_eq!(endpoint.transactions().len(), 0);
        });
    }
    assert_eq!(world.wealth(), before);
    Endpoint::serve(&world.stage.cluster, &super::honest, |endpoint| {
        let ran = run(
            &world.stage,
            endpoint,
            &format!("deposit-sol {} 1 --program-id {}", world.pool, world.stage.program_id),
        );
        ran.ends(DONE, "");
        assert!(!ran.err.contains("make sure"), "{}", ran.err);
    });
}

#[tokio::test]
async fn an_authority_that_is_none_has_no_key_opened() {
    let world = World::new().await;
    let stranger = Address::new_unique();
    let line = format!("set-fee {} epoch 3%", world.pool);
    let manager = replaced(world.stage.wallet.pubkey(), stranger);
    Endpoint::serve(&world.stage.cluster, &account_lie(world.pool, manager), |endpoint| {
        run(&world.stage, endpoint, &line).ends(USAGE, "the pool's manager");
        assert_eq!(endpoint.transactions().len(), 0);
    });
}

#[tokio::test]
async fn a_crank_that_is_lied_to_does_no_harm() {
    let world = World::new().await;
    let (pool, vote) = (world.pool, world.stage.vote(0));
    let total = |shown: &Value| number(&shown["total_lamports"]);
    let before = total(&world.stage.must(&format!("show {pool}")).await);
    let lamports = world.wealth().lamports;
    let stranger = Address::new_unique();
    let other = world.account(&world.other_list);
    let lies: Vec<(Address, Change)> = vec![
        (world.list, Box::new(replaced(vote, stranger))),
        (world.list, Box::new(move |_| Some(other.clone()))),
        (world.list, Box::new(bytes(|data| data[9..25].fill(0xff)))),
        (world.list, Box::new(bytes(|data| data[5..9].fill(0)))),
        (world.pool, Box::new(replaced(world.list, world.other_list))),
        (world.pool, Box::new(replaced(world.fee_account, stranger))),
        (world.reserve, Box::new(|account| Some(Account { lamports: u64::MAX, ..account }))),
        (sysvar::clock::ID, Box::new(bytes(|data| data[16..24].fill(0xff)))),
        (sysvar::clock::ID, Box::new(bytes(|data| data[16..24].fill(0)))),
    ];
    let count = lies.len() as u64;
    for (about, change) in lies {
        world.stage.cluster.advance_epoch().expect("an epoch");
        Endpoint::serve(&world.stage.cluster, &account_lie(about, change), |endpoint| {
            let ran = run(&world.stage, endpoint, &format!("update {pool}"));
            println!(
                "{:?} after {:?}, {} sent: {}",
                ran.code,
                ran.took,
                endpoint.transactions().len(),
                ran.err.lines().last().unwrap_or_default()
            );
            ran.ends_either(&[(DONE, ""), (REFUSED, ""), (NOT_NOW, "")]);
        });
    }
    let rewards = account_lie(sysvar::epoch_rewards::ID, bytes(|data| data[80] = 1));
    world.stage.cluster.advance_epoch().expect("an epoch");
    Endpoint::serve(&world.stage.cluster, &rewards, |endpoint| {
        run(&world.stage, endpoint, &format!("update {pool}")).ends(NOT_NOW, "rewards");
        assert_eq!(endpoint.transactions().len(), 0);
    });
    Endpoint::serve(&world.stage.cluster, &super::honest, |endpoint| {
        run(&world.stage, endpoint, &format!("crank {pool}")).ends(DONE, "");
    });
    let shown = world.stage.must(&format!("show {pool}")).await;
    assert_eq!(shown["stale"], false);
    assert!(total(&shown) >= before, "{} of {before} lamports are left", total(&shown));
    let fees = lamports - world.wealth().lamports;
    assert!(fees <= (count + 2) * 10 * FEE, "{fees} lamports of fees");
}
