//! `statement`: movements, rewards and costs against the bank and the ledger, to the lamport.

use {
    super::{
        harness::{SOL, Stage, USAGE, assert_fails, assert_malformed, number, text},
        hooked::Hooked,
        withdrawals::staked_pool,
    },
    serde_json::{Value, json},
    solana_address::Address,
    tidepool_client::pool::{PoolSnapshot, ReadOptions},
    tidepool_core::maths::PoolTokens,
};

fn rows<'a>(statement: &'a Value, kind: &str) -> Vec<&'a Value> {
    statement["rows"].as_array().unwrap().iter().filter(|row| row["kind"] == kind).collect()
}

fn signed(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// A holder of a pool who has deposited 50 SOL.
async fn holder(stage: &Stage, pool: &str) -> Address {
    let (address, _) = stage.another_wallet("holder", 100 * SOL);
    run(stage, &format!("deposit-sol {pool} 50")).await;
    address
}

async fn run(stage: &Stage, line: &str) -> Value {
    stage.run_as("holder", &format!("{line} --yes")).await.unwrap_or_else(|error| panic!("{line}: {error}"))
}

#[tokio::test]
async fn statement_reconciles_with_bank_and_ledger() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--epoch-fee 10% --withdrawal-fee 1%").await;
    holder(&stage, &pool).await;
    stage.next_epoch(&pool).await;
    let deposited = run(&stage, &format!("deposit-sol {pool} 7.000000007")).await;
    stage.next_epoch(&pool).await;
    let sol = run(&stage, &format!("withdraw-sol {pool} 5")).await;
    stage.next_epoch(&pool).await;
    let stake = run(&stage, &format!("withdraw-stake {pool} 11")).await;
    let found = run(&stage, &format!("statement --pool {pool}")).await;

    // What came and went is what the bank moved.
    let deposits = rows(&found, "deposit_sol");
    let paid: Vec<_> = deposits.iter().map(|row| signed(&row["change_lamports"])).collect();
    assert_eq!(paid, [50 * SOL as i64, 7_000_000_007]);
    assert_eq!(signed(&deposits[1]["change_pool_tokens"]) as u64, number(&deposited["pool_tokens"]));
    assert_eq!(number(&found["totals"]["deposited_lamports"]), 57 * SOL + 7);
    let [withdrawn] = rows(&found, "withdraw_sol")[..] else { panic!("{found:#}") };
    assert_eq!(number(&withdrawn["change_lamports"]), number(&sol["lamports"]));
    assert_eq!(signed(&withdrawn["change_pool_tokens"]), -5 * SOL as i64);
    let [split] = rows(&found, "withdraw_stake")[..] else { panic!("{found:#}") };
    assert_eq!(number(&split["change_lamports"]), number(&stake["lamports"]));

    // Rewards: the balance before each update, at the rates of the ledger.
    let snapshot = PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &ReadOptions::default()).await.unwrap();
    let mut recorded = snapshot.recorded();
    recorded.reverse();
    let accruals = rows(&found, "accrual");
    assert!(accruals.len() >= 3, "{found:#}");
    for row in &accruals {
        let held = PoolTokens::new(number(&row["balance_pool_tokens"]));
        let index = recorded.iter().position(|entry| entry.epoch == number(&row["epoch"])).unwrap();
        let value = |index: usize| recorded[index].rate.lamports_for_withdrawal(held).unwrap().get();
        assert_eq!(signed(&row["change_lamports"]), value(index) as i64 - value(index - 1) as i64);
        assert_eq!(number(&row["balance_lamports"]), value(index));
    }
    let accrued: i64 = accruals.iter().map(|row| signed(&row["change_lamports"])).sum();
    assert_eq!(signed(&found["totals"]["accrued_lamports"]), accrued);

    // The balance is the bank's, and every lamport of cost is in a disposal or in the balance.
    let balance = run(&stage, &format!("balance --pool {pool} --no-stake")).await;
    assert_eq!(found["closing"]["pool_tokens"], balance["pools"][0]["pool_tokens"]);
    assert_eq!(found["closing"]["lamports"], balance["pools"][0]["lamports"]);
    for cost in ["first_in_cost_lamports", "average_cost_lamports"] {
        let disposed: u64 = [withdrawn, split].iter().map(|row| number(&row[cost])).sum();
        assert_eq!(disposed + number(&found["closing"][cost]), 57 * SOL + 7, "{cost}");
    }
    let first = signed(&deposits[0]["change_pool_tokens"]) as u128;
    let cost = u128::from(50 * SOL) * u128::from(5 * SOL) / first;
    assert_eq!(u128::from(number(&withdrawn["first_in_cost_lamports"])), cost);
    assert_eq!(found["gaps"], json!([]));
}

#[tokio::test]
async fn pools_without_events_are_read_by_their_instructions() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--without-extension").await;
    holder(&stage, &pool).await;
    let sol = run(&stage, &format!("withdraw-sol {pool} 2")).await;
    let stake = run(&stage, &format!("withdraw-stake {pool} 3")).await;
    let found = run(&stage, &format!("statement --pool {pool}")).await;
    let [deposit] = rows(&found, "deposit_sol")[..] else { panic!("{found:#}") };
    assert_eq!((number(&deposit["change_lamports"]), &deposit["sol_basis"]), (50 * SOL, &"paid".into()));
    // The program's calls tell the SOL of a withdrawal.
    for (kind, quoted) in [("withdraw_sol", &sol), ("withdraw_stake", &stake)] {
        let [row] = rows(&found, kind)[..] else { panic!("{kind}: {found:#}") };
        assert_eq!((&row["change_lamports"], &row["sol_basis"]), (&quoted["lamports"], &"paid".into()), "{kind}");
    }
    assert!(rows(&found, "accrual").is_empty());
    let gaps = found["gaps"].as_array().unwrap();
    assert!(gaps.iter().any(|gap| text(gap).starts_with("the pool has no ledger")), "{found:#}");
}

#[tokio::test]
async fn fees_of_the_manager_count_by_the_rate() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "--epoch-fee 10%").await;
    stage.next_epoch(&pool).await;
    let found = stage.must(&format!("statement --pool {pool}")).await;
    let received = rows(&found, "received");
    let snapshot = PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &ReadOptions::default()).await.unwrap();
    // The first row are the tokens of the reserve that the pool was created with: the ledger begins after it.
    assert_eq!((&received[0]["change_lamports"], &received[0]["sol_basis"]), (&Value::Null, &Value::Null));
    let last = received.last().unwrap();
    let tokens = PoolTokens::new(number(&last["change_pool_tokens"]));
    let value = snapshot.rate().lamports_for_withdrawal(tokens).unwrap().get();
    assert_eq!((number(&last["change_lamports"]), &last["sol_basis"]), (value, &"rate".into()));
    let fees: u64 = received[1..].iter().map(|row| number(&row["change_pool_tokens"])).sum();
    assert_eq!(fees, snapshot.ledger().unwrap().fees.get());
}

#[tokio::test]
async fn periods_have_an_opening_balance_and_csv_has_plain_figures() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    stage.next_epoch(&pool).await;
    stage.must(&format!("withdraw-sol {pool} 1")).await;
    stage.next_epoch(&pool).await;
    let all = stage.must(&format!("statement --pool {pool}")).await;
    let epoch = number(&all["epoch"]);
    let last = stage.must(&format!("statement --pool {pool} --from {epoch}")).await;
    let [accrual] = last["rows"].as_array().unwrap().as_slice() else { panic!("{last:#}") };
    assert_eq!(last["opening"]["pool_tokens"], accrual["balance_pool_tokens"]);
    assert_eq!(last["closing"], all["closing"]);
    let before = stage.must(&format!("statement --pool {pool} --to {}", epoch - 1)).await;
    assert_eq!(before["closing"], last["opening"]);
    let none = stage.must(&format!("statement --pool {pool} --from 2999-01-01")).await;
    assert_eq!((&none["rows"], &none["opening"]), (&json!([]), &none["closing"]));
    assert_eq!(none["closing"], all["closing"]);

    let line = format!("statement --pool {pool} --format csv");
    assert_fails(&stage, &line, USAGE, &["--format csv cannot be combined with --output json"]).await;
    let csv = stage.displayed(&line).await;
    let lines: Vec<Vec<_>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines.len(), all["rows"].as_array().unwrap().len() + 1);
    assert!(lines.iter().all(|line| line.len() == 14), "{csv}");
    assert_eq!(lines[0][..4], ["date", "epoch", "type", "pool_tokens"]);
    let withdrawal = lines.iter().find(|line| line[2] == "withdraw_sol").unwrap();
    assert!(withdrawal[0].ends_with('Z') && withdrawal[3] == "-1" && !withdrawal[13].is_empty(), "{withdrawal:?}");
    assert_malformed(&format!("statement --pool {pool} --from 31.12.2026"), "expected a day such as 2026-01-31");
}

#[tokio::test]
async fn gaps_of_the_history_are_named() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let without = Hooked { cluster: &stage.cluster, before: |_| Ok(()) };
    let found = stage.run_on(&without, "wallet", &format!("statement --pool {pool}")).await.unwrap();
    assert_eq!(text(&found["gaps"][0]), "the endpoint keeps no history: only the present balance is known");
    assert_eq!(number(&found["closing"]["pool_tokens"]), 60 * SOL);
    assert_eq!(found["closing"]["first_in_cost_lamports"], Value::Null);
    assert!(stage.text.borrow()[0].contains("gap: the endpoint keeps no history"));
}

/// What a trade says it took and gave, beside the rows of the statement.
fn amounts(row: &Value) -> (i64, u64) {
    (signed(&row["change_pool_tokens"]), number(&row["change_lamports"]))
}

#[tokio::test]
async fn parts_of_a_withdrawal_in_one_transaction_have_a_row_each() {
    for options in ["", "--without-extension"] {
        let stage = Stage::new();
        let pool = staked_pool(&stage, options).await;
        holder(&stage, &pool).await;
        // More than the reserve has.
        stage.must(&format!("increase {pool} {} 55", stage.vote(0))).await;
        stage.next_epoch(&pool).await;
        let withdrawn = run(&stage, &format!("withdraw {pool} 40")).await;
        assert_eq!(withdrawn["transactions"].as_array().unwrap().len(), 1, "{withdrawn:#}");
        let found = run(&stage, &format!("statement --pool {pool}")).await;
        let [sol] = rows(&found, "withdraw_sol")[..] else { panic!("{options}: {found:#}") };
        let [stake] = rows(&found, "withdraw_stake")[..] else { panic!("{options}: {found:#}") };
        let (sol_tokens, sol_lamports) = amounts(sol);
        let (stake_tokens, stake_lamports) = amounts(stake);
        assert_eq!(sol_lamports, number(&withdrawn["sol_lamports"]), "{options}");
        assert_eq!(sol_lamports + stake_lamports, number(&withdrawn["lamports"]), "{options}");
        assert!(sol_tokens < 0 && stake_tokens < 0, "{found:#}");
        assert_eq!(sol_tokens + stake_tokens, -40 * SOL as i64, "{options}");
        assert_eq!(stake["balance_pool_tokens"], found["closing"]["pool_tokens"]);
        assert_eq!(sol["signature"], stake["signature"]);
        assert!(sol["first_in_gain_lamports"].is_i64() && stake["average_gain_lamports"].is_i64(), "{found:#}");
        assert_eq!(found["totals"]["withdrawn_lamports"], withdrawn["lamports"]);
        let gaps = found["gaps"].as_array().unwrap();
        assert!(!gaps.iter().any(|gap| text(gap).contains("is unknown")), "{gaps:?}");
    }
}

#[tokio::test]
async fn a_ticket_is_owed_until_its_payment_which_has_a_row() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    let holder = holder(&stage, &pool).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("crank {pool}")).await;
    stage.next_epoch(&pool).await;
    let requested = run(&stage, &format!("withdraw {pool} 30 --as ticket")).await;
    let cancelled = run(&stage, &format!("withdraw {pool} 5 --as ticket")).await;
    let owed = number(&requested["lamports"]);
    let line = format!("statement --pool {pool}");
    let open = run(&stage, &line).await;
    let [request, other] = rows(&open, "request_exit")[..] else { panic!("{open:#}") };
    assert_eq!((number(&request["change_lamports"]), &request["sol_basis"]), (owed, &"owed".into()));
    assert_eq!(other["sol_basis"], "owed");
    assert_eq!(number(&open["closing"]["owed_lamports"]), owed + number(&cancelled["lamports"]));
    assert_eq!((&open["gaps"], rows(&open, "ticket_paid").len()), (&json!([]), 0));
    assert!(stage.text.borrow()[0].contains("open exit tickets"), "{}", stage.text.borrow()[0]);
    let gain = request["first_in_gain_lamports"].clone();

    stage.next_epoch(&pool).await;
    run(&stage, &format!("cancel-exit {pool} 1")).await;
    let before = stage.cluster.lamports(&holder);
    // The crank pays, without the wallet.
    for _ in 0..2 {
        stage.must(&format!("crank {pool}")).await;
        stage.next_epoch(&pool).await;
    }
    stage.must(&format!("crank {pool}")).await;
    let arrived = stage.cluster.lamports(&holder) - before;
    let paid = run(&stage, &line).await;
    let [payment] = rows(&paid, "ticket_paid")[..] else { panic!("{paid:#}") };
    assert_eq!(amounts(payment), (0, owed));
    assert_eq!(payment["sol_basis"], "paid");
    assert!(arrived >= owed, "{arrived} includes the rent of the ticket");
    assert_eq!((&payment["first_in_gain_lamports"], &payment["average_gain_lamports"]), (&Value::Null, &Value::Null));
    // The request stays as it was, and nothing is counted twice.
    let request = rows(&paid, "request_exit")[0];
    assert_eq!((&request["sol_basis"], &request["first_in_gain_lamports"]), (&"owed".into(), &gain));
    assert_eq!(paid["totals"]["withdrawn_lamports"], open["totals"]["withdrawn_lamports"]);
    assert_eq!((&paid["closing"]["owed_lamports"], &paid["gaps"]), (&json!(0), &json!([])));
    assert_eq!(payment["balance_pool_tokens"], paid["closing"]["pool_tokens"]);
}

#[tokio::test]
async fn stake_accounts_that_are_deposited_together_are_summed_up() {
    let stage = Stage::new();
    let pool = staked_pool(&stage, "").await;
    holder(&stage, &pool).await;
    for index in [0, 1] {
        run(&stage, &format!("withdraw-stake {pool} 5 --validator {}", stage.vote(index))).await;
    }
    let before = run(&stage, &format!("statement --pool {pool}")).await;
    let deposited = run(&stage, &format!("deposit-stake {pool} --all")).await;
    let found = run(&stage, &format!("statement --pool {pool}")).await;
    let deposits = rows(&found, "deposit_stake");
    assert_eq!(deposits.len(), deposited["transactions"].as_array().unwrap().len(), "{found:#}");
    let minted: i64 = deposits.iter().map(|row| signed(&row["change_pool_tokens"])).sum();
    let held = |statement: &Value| number(&statement["closing"]["pool_tokens"]) as i64;
    assert_eq!(minted, held(&found) - held(&before));
    let paid: u64 = deposits.iter().map(|row| number(&row["change_lamports"])).sum();
    let total = |statement: &Value| number(&statement["totals"]["deposited_lamports"]);
    assert_eq!(paid, total(&found) - total(&before));
    assert!(paid > 10 * SOL, "the rents come back too: {paid}");
    assert_eq!((rows(&found, "several").len(), &found["gaps"]), (0, &json!([])));
}
