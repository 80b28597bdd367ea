//! Plans that are applied while transactions are lost, and the program is killed.

use {
    super::{DONE, Endpoint, REFUSED, Reply, Request, random::Dice, run, run_as, wire},
    crate::{
        applying::edited,
        harness::{Stage, number},
    },
    serde_json::{Value, json},
    std::{
        fs,
        process::{Command, Stdio},
        sync::{
            Mutex,
            atomic::{AtomicUsize, Ordering},
        },
        thread::sleep,
        time::Duration,
    },
};

/// Validators of the pool.
const VALIDATORS: usize = 40;

/// Of 100 transactions, how many are lost.
const LOST: usize = 30;

/// The weight of a validator; `None` if it is not in the pool.
pub async fn weight_of(stage: &Stage, pool: &str, vote: &str) -> Option<u64> {
    let listed = stage.must(&format!("list {pool}")).await;
    let rows = listed["validators"].as_array().unwrap().clone();
    let row = rows.into_iter().find(|row| row["vote"] == vote && row["status"] == "active")?;
    Some(number(&row["weight"]))
}

/// An endpoint that loses transactions, with the answer that it took them.
fn losing(seed: u64) -> impl Fn(&Request, &dyn Fn() -> Value) -> Reply + Sync {
    let dice = Mutex::new(Dice(seed));
    move |request, honest| {
        let is_lost = || dice.lock().expect("no poisoned lock").below(100) < LOST;
        if request.method == "sendTransaction" && is_lost() {
            let signature = wire::transaction(&request.params).signatures[0].to_string();
            return Reply::Json(json!({ "id": request.id, "result": signature }));
        }
        Reply::Json(honest())
    }
}

/// A pool of a few validators, and a plan that adds many, sets weights, fees and a policy.
async fn planned() -> (Stage, String, String, String) {
    let stage = Stage::of(VALIDATORS);
    let pool = stage.pool(&format!("--initial-deposit {}", 2 * VALIDATORS)).await;
    stage.add_validators(&pool, 0..2).await;
    let edits = [
        ("epoch = \"0\"", "epoch = \"5%\""),
        ("sol_deposit = \"0\"", "sol_deposit = \"0.1%\""),
        ("turnover_budget = \"100%\"", "turnover_budget = \"10%\""),
    ];
    let file = edited(&stage, &pool, "pool.toml", &edits).await;
    let text = fs::read_to_string(&file).unwrap();
    let (head, _) = text.split_once("[validators]").unwrap();
    let list: String = (1..VALIDATORS).map(|index| format!("{} = {}\n", stage.vote(index), index + 100)).collect();
    fs::write(&file, format!("{head}[validators]\n{list}")).unwrap();
    let plan = format!("{file}.plan");
    stage.must(&format!("plan {file} --out {plan}")).await;
    (stage, pool, file, plan)
}

async fn assert_applied(stage: &Stage, pool: &str, file: &str) {
    let again = stage.must(&format!("plan {file}")).await;
    assert_eq!(again["empty"], true, "{again:#}");
    for index in [1, VALIDATORS - 1] {
        assert_eq!(weight_of(stage, pool, &stage.vote(index).to_string()).await, Some(index as u64 + 100));
    }
    assert_eq!(weight_of(stage, pool, &stage.vote(0).to_string()).await, None);
    let moved = stage.must(&format!("rebalance {pool}")).await;
    assert_ne!(moved["why_nothing_moves"], "weights are being set");
}

#[tokio::test]
async fn a_plan_is_applied_where_3_of_10_transactions_are_lost() {
    let (stage, pool, file, plan) = planned().await;
    Endpoint::serve(&stage.cluster, &losing(7), |endpoint| {
        let ran = run(&stage, endpoint, &format!("apply {plan} --accept --output json"));
        ran.ends(DONE, "");
        let answer: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(answer["complete"], true, "{answer:#}");
    });
    assert_applied(&stage, &pool, &file).await;
}

/// Killed after each number of transactions, and resumed.
#[tokio::test]
async fn a_plan_goes_on_after_the_program_was_killed() {
    let (stage, pool, file, plan) = planned().await;
    let keypair = stage.folder_file("wallet");
    let mut killed = 0;
    Endpoint::serve(&stage.cluster, &losing(11), |endpoint| {
        let begin = |line: &str| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_tidepool"));
            command.args(line.split_whitespace()).args(["--url", &endpoint.url, "--keypair", &keypair, "--yes"]);
            command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
        };
        for _ in 0..3 {
            let before = endpoint.transactions().len();
            let mut running = begin(&format!("apply {plan} --accept"));
            while running.try_wait().expect("its state is known").is_none() {
                if endpoint.transactions().len() > before + 1 {
                    running.kill().expect("it can be killed");
                    running.wait().expect("it ends");
                    killed += 1;
                    break;
                }
                sleep(Duration::from_millis(2));
            }
        }
        let ran = run(&stage, endpoint, &format!("apply {plan} --accept --output json"));
        ran.ends(DONE, "");
        let answer: Value = serde_json::from_str(&ran.out).expect("JSON");
        assert_eq!(answer["complete"], true, "{answer:#}");
    });
    assert!(killed > 0, "it ended before it could be killed");
    assert_applied(&stage, &pool, &file).await;
}

/// Before each of the reads, a transaction of an earlier run lands.
#[tokio::test]
async fn what_lands_between_two_reads_is_not_done_again() {
    let landed = AtomicUsize::new(0);
    for read in 1.. {
        let stage = Stage::of(3);
        let pool = stage.pool("--initial-deposit 10").await;
        stage.add_validators(&pool, 0..3).await;
        let (leaving, list) = (stage.vote(0), stage.must(&format!("show {pool}")).await);
        let list = list["accounts"]["validator_list"].clone();
        let file = edited(&stage, &pool, "pool.toml", &[(&format!("{leaving} = 0\n"), "")]).await;
        let plan = format!("{file}.plan");
        stage.must(&format!("plan {file} --out {plan}")).await;
        let (reads, cluster, wallet) = (AtomicUsize::new(0), &stage.cluster, stage.folder_file("wallet"));
        let removing = |request: &Request, honest: &dyn Fn() -> Value| {
            let is_read = request.params[0].as_array().is_some_and(|accounts| accounts.contains(&list));
            if is_read && reads.fetch_add(1, Ordering::SeqCst) + 1 == read {
                Endpoint::serve(cluster, &|_, honest| Reply::Json(honest()), |other| {
                    let ran = run_as(&wallet, other, &format!("remove-validator {pool} {leaving}"));
                    // It is removed already before the last reads.
                    ran.ends_either(&[(DONE, ""), (REFUSED, "ValidatorNotFound")]);
                    landed.fetch_add(usize::from(ran.code == Some(DONE)), Ordering::SeqCst);
                });
            }
            Reply::Json(honest())
        };
        Endpoint::serve(cluster, &removing, |endpoint| {
            run(&stage, endpoint, &format!("apply {plan} --accept")).ends(DONE, "");
        });
        assert_eq!(weight_of(&stage, &pool, &leaving.to_string()).await, None);
        assert_eq!(stage.must(&format!("plan {file}")).await["empty"], true);
        if reads.into_inner() < read {
            assert!(landed.into_inner() > 1, "it never landed between two reads");
            return;
        }
    }
}
