//! The extension, the policy and the weights of a pool: what is set, and what is refused.

use {
    super::{
        harness::{REFUSED, SIGNATURE, SOL, Stage, USAGE, assert_fails, number, text},
        hooked::{Call, Hooked},
    },
    serde_json::{Value, json},
    solana_address::Address,
    solana_signer::Signer as _,
    solana_transaction_error::TransactionError,
    std::sync::atomic::{AtomicUsize, Ordering},
    tidepool_client::{
        actions::{self, RebalancedValidator},
        cluster::ClusterError,
        pool::{PoolSnapshot, ReadOptions},
    },
};

/// A pool with the first `count` validators.
async fn pool_of(stage: &Stage, count: usize, options: &str) -> String {
    let pool = stage.pool(options).await;
    stage.add_validators(&pool, 0..count).await;
    pool
}

/// The changes: index of the validator, weight before, weight.
fn changes(stage: &Stage, answer: &Value) -> Vec<(usize, u64, u64)> {
    let votes = stage.cluster.votes();
    let change = |change: &Value| {
        let index = votes.iter().position(|vote| change["vote"] == vote.to_string()).unwrap();
        (index, number(&change["weight_before"]), number(&change["weight"]))
    };
    answer["changes"].as_array().unwrap().iter().map(change).collect()
}

#[tokio::test]
async fn a_pool_is_extended_for_its_rent() {
    let (stage, pool) = Stage::with_pool("--without-extension").await;
    assert_fails(&stage, &format!("set-weights {pool} --equal"), REFUSED, &["has no extension", "extend-pool"]).await;
    let line = format!("set-policy {pool} --reserve-share 1%");
    assert_fails(&stage, &line, REFUSED, &["has no extension", "extend-pool"]).await;
    let (other, file) = stage.another_wallet("other", SOL);
    let line = format!("extend-pool {pool} --manager {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's manager", &other.to_string(), "--manager"]).await;

    let wallet = stage.wallet.pubkey();
    let (before, held) = (stage.cluster.lamports(&wallet), stage.lamports(&json!(pool)));
    let extended = stage.must(&format!("extend-pool {pool}")).await;
    assert_eq!((&extended["account_bytes_before"], &extended["account_bytes"]), (&json!(611), &json!(5_987)));
    let rent = number(&extended["rent_lamports"]);
    assert_eq!(rent, 5_376 * 6_960, "what a byte costs in two years");
    assert_eq!(stage.cluster.lamports(&wallet), before - rent - SIGNATURE);
    assert_eq!(stage.lamports(&json!(pool)), held + rent);
    assert!(stage.text.borrow()[0].contains("until weights are set"));
    let line = format!("extend-pool {pool}");
    assert_fails(&stage, &line, REFUSED, &["already has the extension"]).await;
}

#[tokio::test]
async fn a_policy_keeps_what_is_not_given() {
    let (stage, pool) = Stage::with_pool("").await;
    let set =
        stage.must(&format!("set-policy {pool} --reserve-share 1.5% --threshold 2.5 --validator-cap 4000bps")).await;
    assert_eq!(set["changed"], true);
    assert_eq!(
        set["policy"],
        json!({
            "reserve_share_basis_points": 150,
            "reserve_floor_lamports": 0,
            "reserve_rents": 4,
            "threshold_lamports": 2_500_000_000u64,
            "turnover_budget_basis_points": 10_000,
            "validator_cap_basis_points": 4_000,
        })
    );
    assert!(stage.text.borrow()[0].contains("1.50 % (before: 0 %)"), "{}", stage.text.borrow()[0]);
    let again = stage.must(&format!("set-policy {pool} --turnover-budget 10% --reserve-floor 3")).await;
    assert_eq!(again["policy_before"], set["policy"]);
    assert_eq!(again["policy"]["reserve_share_basis_points"], 150);
    assert_eq!(again["policy"]["turnover_budget_basis_points"], 1_000);
    assert_eq!(again["policy"]["reserve_floor_lamports"], 3 * SOL);
    let same = stage.must(&format!("set-policy {pool} --turnover-budget 1/10")).await;
    assert_eq!((&same["changed"], &same["transactions"]), (&json!(false), &json!([])));
}

#[tokio::test]
async fn a_policy_that_contradicts_itself_is_refused() {
    let stage = Stage::new();
    let pool = pool_of(&stage, 3, "").await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    for (option, parts) in [
        ("--validator-cap 0", ["invalid validator cap 0", "above 0"]),
        ("--reserve-share 100%", ["the reserve share is 10000", "use at most 5000 (50 %)"]),
        ("--validator-cap 30%", ["3 validators with a weight, capped at 3000", "raise the cap"]),
    ] {
        assert_fails(&stage, &format!("set-policy {pool} {option}"), REFUSED, &parts).await;
    }
    stage.must(&format!("set-policy {pool} --validator-cap 30% --reserve-share 11%")).await;
    let line = format!("set-weights {pool} --set {}=0", stage.vote(0));
    assert_fails(&stage, &line, REFUSED, &["2 validators with a weight", "raise the cap"]).await;
}

#[tokio::test]
async fn weights_come_from_every_source() {
    let stage = Stage::new();
    let pool = pool_of(&stage, 3, "").await;
    let [a, b, c] = [0, 1, 2].map(|index| stage.vote(index));
    let set = stage.must(&format!("set-weights {pool} --equal")).await;
    assert_eq!(changes(&stage, &set), [(0, 0, 1), (1, 0, 1), (2, 0, 1)]);
    assert_eq!((&set["weighted"], &set["unchanged"]), (&json!(3), &json!(0)));
    let share = number(&set["changes"][0]["target_share_basis_points"]);
    assert_eq!(share, 3_330, "a third of what the rents of decreases leave");
    assert_eq!(number(&set["changes"][0]["lamports"]), SOL + 2_282_880);
    let same = stage.must(&format!("set-weights {pool} --equal")).await;
    assert_eq!((changes(&stage, &same), &same["transactions"]), (vec![], &json!([])));
    assert!(stage.text.borrow()[0].contains("nothing was sent"));

    // The others keep theirs, unless they are to lose it.
    let set = stage.must(&format!("set-weights {pool} --set {a}=30 --set {b}=10")).await;
    assert_eq!(changes(&stage, &set), [(0, 1, 30), (1, 1, 10)]);
    let set = stage.must(&format!("set-weights {pool} --set {a}=0.3 --set {b}=0.1 --others-zero")).await;
    assert_eq!(changes(&stage, &set), [(0, 30, 3), (1, 10, 1), (2, 1, 0)]);
    assert_eq!(set["changes"][2]["target_lamports"], json!(null));
    assert_eq!(set["weighted"], 2);

    // A file is the whole list, unless it is said not to be.
    let csv = stage.file("weights.csv", format!("# March\nvote,weight\n{c},40\n\n{a},60\n"));
    let set = stage.must(&format!("set-weights {pool} --file {csv}")).await;
    assert_eq!(changes(&stage, &set), [(0, 3, 60), (1, 1, 0), (2, 0, 40)]);
    let json = stage.file("weights.json", format!("{{\"{b}\": 5}}"));
    let set = stage.must(&format!("set-weights {pool} --file {json} --others-keep")).await;
    assert_eq!(changes(&stage, &set), [(1, 0, 5)]);
    let list = format!("[{{\"vote\":\"{a}\",\"weight\":0.5}},{{\"vote\":\"{b}\",\"weight\":0.25}}]");
    let set = stage.must(&format!("set-weights {pool} --file {}", stage.file("list.json", list))).await;
    assert_eq!(changes(&stage, &set), [(0, 60, 2), (1, 5, 1), (2, 40, 0)]);

    let set = stage.must(&format!("set-weights {pool} --by-stake")).await;
    assert_eq!(changes(&stage, &set), [(0, 2, 1), (2, 0, 1)]);
    let row = format!("{a:44}       2       1");
    let [plain, verbose] = &*stage.text.borrow();
    assert!(verbose.contains(&row.replace("       2", &format!("  {:>6}", 2))), "{verbose}");
    assert!(!plain.contains("WEIGHT"), "{plain}");
}

#[tokio::test]
async fn files_that_are_wrong_are_refused_with_the_place() {
    let stage = Stage::new();
    let pool = pool_of(&stage, 2, "").await;
    let [a, b] = [0, 1].map(|index| stage.vote(index));
    let unknown = stage.vote(2);
    let column = a.to_string().len() + 2;
    for (name, content, exit, parts) in [
        ("1.csv", format!("{a},1\nnobody,2\n"), USAGE, vec!["1.csv, line 2, column 1", "invalid address \"nobody\""]),
        ("2.csv", format!("{a},lots\n"), USAGE, vec![&*format!("2.csv, line 1, column {column}"), "invalid weight"]),
        ("3.csv", format!("{a},1\n{a},2\n"), USAGE, vec!["3.csv, line 2, column 1", "first in line 1"]),
        ("4.csv", String::new(), USAGE, vec!["4.csv, line 1", "holds no weights"]),
        ("5.csv", format!("{a},0\n{b},0\n"), REFUSED, vec!["no validator has a weight"]),
        (
            "6.csv",
            format!("{a},1\n{unknown},1\n"),
            REFUSED,
            vec!["6.csv", &unknown.to_string(), "(line 2)", "not in the pool"],
        ),
        ("7.csv", format!("{a},1e9\n{b},1\n"), REFUSED, vec![&b.to_string(), "rounded to 0"]),
        ("8.json", format!("{{\"{a}\": }}"), USAGE, vec!["8.json, line 1", "expected value"]),
    ] {
        let line = format!("set-weights {pool} --file {}", stage.file(name, content));
        assert_fails(&stage, &line, exit, &parts).await;
    }
    let line = format!("set-weights {pool} --file {}", stage.missing_file());
    assert_fails(&stage, &line, USAGE, &["missing.json", "--file"]).await;
}

#[tokio::test]
async fn weights_that_make_no_sense_are_refused() {
    let stage = Stage::new();
    let pool = pool_of(&stage, 3, "").await;
    let [a, b, c] = [0, 1, 2].map(|index| stage.vote(index));
    let strangers = [Address::new_unique(), Address::new_unique()];
    let line = format!("set-weights {pool} --set {}=1 --set {}=1", strangers[0], strangers[1]);
    let parts = ["validators", &strangers[0].to_string(), " and ", &strangers[1].to_string(), "are not in the pool"];
    assert_fails(&stage, &line, REFUSED, &parts).await;
    let line = format!("set-weights {pool} --set {a}=1 --set {a}=2");
    assert_fails(&stage, &line, USAGE, &[&a.to_string(), "two weights"]).await;
    assert_fails(&stage, &format!("set-weights {pool} --set {a}=0"), REFUSED, &["no validator has a weight"]).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    for weight in ["0.5", "65536"] {
        let line = format!("set-weights {pool} --set {a}={weight}");
        assert_fails(&stage, &line, USAGE, &[weight, "2 other validators keep", "up to 32767"]).await;
    }
    let (other, file) = stage.another_wallet("other", SOL);
    let line = format!("set-weights {pool} --set {a}=2 --staker {file}");
    assert_fails(&stage, &line, USAGE, &["the pool's staker", &other.to_string(), "--staker"]).await;
    stage.must(&format!("remove-validator {pool} {c}")).await;
    let line = format!("set-weights {pool} --set {c}=3");
    assert_fails(&stage, &line, REFUSED, &[&c.to_string(), "is being removed"]).await;
    let error = stage.run(&line).await.unwrap_err();
    assert_eq!(error.json()["error"]["cause"], "WeightOfRemovedValidator");
    // One that leaves may be named with 0, and the rest goes on.
    let set = stage.must(&format!("set-weights {pool} --set {b}=4 --set {c}=0")).await;
    assert!(changes(&stage, &set).contains(&(1, 1, 4)));
    assert_eq!(text(&set["pool"]), pool);
}

/// The scale of equal weights changes in two transactions. Before each of them, an adversary rebalances all validators: by the
/// first alone, the validators of the second would be deactivated.
#[tokio::test]
async fn rebalances_between_two_parts_move_nothing() {
    const VALIDATORS: usize = 64;
    let stage = Stage::of(VALIDATORS);
    let pool = pool_of(&stage, VALIDATORS, &format!("--initial-deposit {}", 2 * VALIDATORS)).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("deposit-sol {pool} {}", 4 * VALIDATORS)).await;
    stage.must(&format!("rebalance {pool}")).await;
    stage.cluster.advance_epoch().unwrap();
    stage.must(&format!("crank {pool}")).await;
    let snapshot = PoolSnapshot::read(&stage.cluster, &pool.parse().unwrap(), &ReadOptions::default()).await.unwrap();
    let all: Vec<_> = (0..VALIDATORS).map(|index| RebalancedValidator::at(&snapshot, index).unwrap()).collect();
    let rebalances: Vec<_> = all.chunks(6).map(|some| actions::rebalance_instruction(&snapshot, some)).collect();
    let (adversary, sends) = (stage.cluster.funded_keypair(SOL), AtomicUsize::new(0));
    let before = |call| {
        if call == Call::Send {
            sends.fetch_add(1, Ordering::Relaxed);
            for rebalance in &rebalances {
                stage.cluster.process(std::slice::from_ref(rebalance), &adversary, &[]).unwrap();
            }
        }
        Ok(())
    };
    let csv: String = (0..VALIDATORS).map(|index| format!("{},30000\n", stage.vote(index))).collect();
    let file = stage.file("weights.csv", csv);
    let hooked = Hooked { cluster: &stage.cluster, before };
    let set = stage.run_on(&hooked, "wallet", &format!("set-weights {pool} --file {file} --yes")).await.unwrap();
    assert_eq!(set["transactions"].as_array().unwrap().len(), 2);
    assert!(sends.load(Ordering::Relaxed) >= 2);
    let stake = stage.must(&format!("show {pool}")).await["stake"].clone();
    assert_eq!((&stake["deactivating_lamports"], &stake["activating_lamports"]), (&json!(0), &json!(0)), "{stake:#}");
    let moved = stage.must(&format!("rebalance {pool}")).await;
    assert_eq!(moved["movements"], json!([]), "equal weights are equal on every scale");
}

/// Only the first of two parts has landed. The same command sends the second, and stake moves again.
#[tokio::test]
async fn a_pause_ends_with_the_command_that_is_repeated() {
    let stage = Stage::of(64);
    let pool = pool_of(&stage, 64, "--initial-deposit 128").await;
    stage.must(&format!("deposit-sol {pool} 128")).await;
    let sends = AtomicUsize::new(0);
    let before = |call| match call {
        Call::Send if sends.fetch_add(1, Ordering::Relaxed) > 0 => {
            Err(ClusterError::TransactionRefused { error: TransactionError::AccountInUse })
        }
        _ => Ok(()),
    };
    let hooked = Hooked { cluster: &stage.cluster, before };
    let line = format!("set-weights {pool} --equal");
    let failed = stage.run_on(&hooked, "wallet", &format!("{line} --yes")).await.unwrap_err();
    assert!(failed.to_string().contains("1 of 2 transactions landed"), "{failed}");
    let paused = stage.must(&format!("rebalance {pool}")).await;
    assert_eq!((&paused["movements"], &paused["why_nothing_moves"]), (&json!([]), &json!("weights are being set")));
    stage.must(&line).await;
    assert_ne!(stage.must(&format!("rebalance {pool}")).await["movements"], json!([]));
}

#[tokio::test]
async fn weights_and_policy_are_shown() {
    let (stage, plain) = Stage::with_pool("--without-extension").await;
    assert_eq!(stage.must(&format!("show {plain}")).await["extension"], json!(null));
    assert_eq!(stage.must(&format!("list {plain}")).await["extended"], false);
    let pool = pool_of(&stage, 2, "").await;
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!((&shown["extension"]["weighted"], &shown["extension"]["weights"]), (&json!(0), &json!(0)));
    assert!(stage.text.borrow()[0].contains("set them with `tidepool set-weights`"));
    stage.must(&format!("list {pool}")).await;
    assert!(!stage.text.borrow()[0].contains("WEIGHT"));

    stage.must(&format!("set-weights {pool} --set {}=7", stage.vote(1))).await;
    stage.must(&format!("set-policy {pool} --reserve-floor 2")).await;
    let shown = stage.must(&format!("show {pool}")).await;
    assert_eq!((&shown["extension"]["weighted"], &shown["extension"]["weights"]), (&json!(1), &json!(7)));
    assert_eq!(shown["extension"]["policy"]["reserve_floor_lamports"], 2 * SOL);
    assert!(stage.text.borrow()[0].contains("reserve floor"));
    let listed = stage.must(&format!("list {pool}")).await;
    let entries = listed["validators"].as_array().unwrap();
    assert_eq!((&entries[0]["weight"], &entries[0]["target_lamports"]), (&json!(0), &json!(null)));
    // What the pool has, without the floor and what the first holds.
    let total = number(&shown["total_lamports"]);
    let target = total - 2 * SOL - number(&entries[0]["active_lamports"]);
    assert_eq!((&entries[1]["weight"], &entries[1]["target_lamports"]), (&json!(7), &json!(target)));
    assert!(stage.text.borrow()[0].contains("TARGET SOL"));
}

#[tokio::test]
async fn membership_reminds_of_weights() {
    let (stage, pool) = Stage::with_pool("").await;
    let add = async |index| {
        let added = stage.must(&format!("add-validator {pool} {}", stage.vote(index))).await;
        added["hint"].clone()
    };
    assert_eq!(add(0).await, json!(null), "no validator has a weight yet");
    assert_eq!(add(1).await, json!(null));
    stage.must(&format!("set-weights {pool} --equal")).await;
    assert!(text(&add(2).await).contains(&format!("--set {}=WEIGHT", stage.vote(2))));
    assert!(stage.text.borrow()[0].contains("Note: "));
    stage.must(&format!("set-policy {pool} --validator-cap 60%")).await;
    stage.must(&format!("deposit-sol {pool} 20")).await;
    let remove = async |index| {
        let removed = stage.must(&format!("remove-validator {pool} {}", stage.vote(index))).await;
        removed["hint"].clone()
    };
    assert_eq!(remove(2).await, json!(null), "it had no weight");
    assert!(text(&remove(0).await).contains("are capped at 60 % of the pool each"));
    assert!(text(&remove(1).await).contains("no validator has a weight"));
}
