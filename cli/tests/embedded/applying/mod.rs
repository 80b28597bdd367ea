//! A pool as a file: exported, changed, planned and applied.

mod refusals;

use {
    super::{
        faults::applying::weight_of,
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, fields, number, text},
        metadata::metadata_program,
        settings::{says, sets, shown},
    },
    serde_json::{Value, json},
    solana_signer::Signer as _,
    std::fs,
    tidepool_interface::address::METADATA_PROGRAM_ID,
};

/// A file of the folder, by its name.
pub fn path(stage: &Stage, name: &str) -> String {
    stage.file(name, "")
}

/// Exports a pool to a file of that name, with parts of its text replaced; returns its path.
pub async fn edited(stage: &Stage, pool: &str, name: &str, edits: &[(&str, &str)]) -> String {
    let file = path(stage, name);
    stage.must(&format!("export {pool} --out {file}")).await;
    let mut text = fs::read_to_string(&file).unwrap();
    for (from, to) in edits {
        assert_eq!(text.matches(from).count(), 1, "{from:?} in\n{text}");
        text = text.replace(from, to);
    }
    fs::write(&file, text).unwrap();
    file
}

/// Plans a file; returns the path of the plan, and the answer.
async fn planned(stage: &Stage, file: &str) -> (String, Value) {
    let plan = format!("{file}.plan");
    let answer = stage.must(&format!("plan {file} --out {plan}")).await;
    (plan, answer)
}

async fn is_empty(stage: &Stage, file: &str) -> bool {
    stage.must(&format!("plan {file}")).await["empty"] == true
}

/// The line and the column of the first occurrence of `part` in a file.
fn place(file: &str, part: &str) -> String {
    let text = fs::read_to_string(file).unwrap();
    let at = text.find(part).unwrap_or_else(|| panic!("{part:?} is not in\n{text}"));
    let line = text[..at].matches('\n').count() + 1;
    let column = at - text[..at].rfind('\n').map_or(0, |newline| newline + 1) + 1;
    format!("line {line}, column {column}: ")
}

#[tokio::test]
async fn a_plan_of_an_exported_pool_is_empty() {
    let (stage, plain) = Stage::with_pool("--without-extension").await;
    let pool = stage.pool("--deposit-fee 1/3").await;
    stage.add_validators(&pool, 0..2).await;
    stage.must(&format!("set-weights {pool} --set {}=7 --set {}=3", stage.vote(0), stage.vote(1))).await;
    stage.must(&format!("set-policy {pool} --turnover-budget 12.5% --reserve-floor 0.000000001")).await;
    sets(&stage, &format!("set-demotion-policy {pool} --max-commission 7% --max-validators 2 --max-stake 10%")).await;
    stage.must(&format!("set-fee {pool} epoch 4%")).await;
    stage.must(&format!("set-preferred-validator {pool} withdraw {}", stage.vote(1))).await;
    sets(&stage, &format!("set-limits {pool} --growth-charge 1.5 --notice-time 36h --max-fall 5% --halt-epochs 1"))
        .await;
    stage.must(&format!("set-policy {pool} --threshold 4")).await;
    stage.cluster.replace_program(&METADATA_PROGRAM_ID, metadata_program()).unwrap();
    let name = "set-metadata POOL --name Tide\u{202e} --symbol \"T --uri https://example.org/tide.json";
    stage.must(&name.replace("POOL", &pool)).await;
    for pool in [&plain, &pool] {
        let file = edited(&stage, pool, "pool.toml", &[]).await;
        let exported = stage.must(&format!("export {pool}")).await;
        assert_eq!(fields(&exported), ["file", "pool", "text"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), text(&exported["text"]));
        assert_eq!(stage.displayed(&format!("export {pool}")).await.trim_end(), text(&exported["text"]).trim_end());
        let plan = stage.must(&format!("plan {file}")).await;
        assert_eq!(fields(&plan), ["changes", "empty", "epoch", "plan_file", "pool", "stake", "steps"]);
        assert_eq!(
            (&plan["empty"], &plan["changes"], &plan["steps"]),
            (&json!(true), &json!([]), &json!([])),
            "{plan:#}"
        );
        says(&stage, "The plan is empty: pool ");
        // Without a key, too.
        stage.run_without_key(&format!("plan {file}")).await.unwrap();
        let (plan, _) = planned(&stage, &file).await;
        let applied = stage.must(&format!("apply {plan}")).await;
        assert_eq!((&applied["complete"], &applied["transactions"]), (&json!(true), &json!([])));
        says(&stage, "the plan is empty now: nothing was sent");
    }
    let text = fs::read_to_string(edited(&stage, &pool, "pool.toml", &[]).await).unwrap();
    for part in [
        "epoch = \"4%\"",
        "sol_deposit = \"1/3\"",
        "turnover_budget = \"12.50%\"",
        "reserve_floor = 0.000000001",
        "notice_time = \"36h\"",
        "growth_charge = 1.5",
        "max_fall = \"5%\"",
        "max_rise = \"none\"",
        "name = \"Tide\\U0000202E\"",
        "symbol = \"\\\"T\"",
        "until epoch",
        "announced: ",
        &format!("{} = 7", stage.vote(0)),
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
}

#[tokio::test]
async fn a_changed_file_changes_the_pool() {
    let stage = Stage::of(6);
    let pool = stage.pool("--initial-deposit 40").await;
    stage.add_validators(&pool, 0..4).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    let votes: Vec<String> = (0..6).map(|index| stage.vote(index).to_string()).collect();
    let (authority, _) = stage.another_wallet("authority", SOL);
    let file = edited(
        &stage,
        &pool,
        "pool.toml",
        &[
            ("epoch = \"0\"", "epoch = \"5%\""),
            ("sol_deposit = \"0\"", "sol_deposit = \"0.1%\""),
            ("sol_referral = \"0%\"", "sol_referral = \"50%\""),
            ("sol_withdraw = \"none\"", &format!("sol_withdraw = \"{authority}\"")),
            ("turnover_budget = \"100%\"", "turnover_budget = \"30%\""),
            ("max_commission = \"none\"", "max_commission = \"10%\""),
            ("supply_floor = 0", "supply_floor = 2.5"),
            ("\ndeposit = \"none\"", &format!("\ndeposit = \"{}\"", votes[4])),
            (&format!("{} = 1", votes[0]), &format!("{} = 5", votes[0])),
            (&format!("{} = 1\n", votes[1]), &format!("{} = 3\n{} = 2\n", votes[4], votes[5])),
        ],
    )
    .await;
    let (plan, answer) = planned(&stage, &file).await;
    assert_eq!(answer["empty"], false);
    assert_eq!(answer["changes"].as_array().unwrap().len(), 12, "{answer:#}");
    assert_eq!(
        fields(&answer["steps"][0]),
        ["from_epoch", "from_timestamp", "parts", "payer_lamports", "reason", "signers", "state", "step"]
    );
    let step = |name: &str| {
        let steps = answer["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("{name}: {answer:#}")).clone()
    };
    let epoch = number(&answer["epoch"]);
    assert_eq!((&step("fee")["from_epoch"], &step("weights")["state"]), (&json!(epoch + 2), &json!("waits")));
    assert_eq!((number(&answer["stake"]["added_validators"]), number(&answer["stake"]["removed_validators"])), (2, 1));
    for part in [
        "Plan for pool",
        "signed by",
        "the manager ",
        "epoch: 5 % (before: none), from epoch",
        "add ",
        "remove ",
        "rebalances delegate",
    ] {
        says(&stage, part);
    }
    // Nothing has been sent.
    assert!(!is_empty(&stage, &file).await);
    let applied = stage.must(&format!("apply {plan} --accept")).await;
    assert_eq!(fields(&applied), ["complete", "epoch", "left", "parts", "parts_done", "pool", "transactions"]);
    assert_eq!((&applied["complete"], &applied["left"]), (&json!(true), &json!([])), "{applied:#}");
    assert_eq!((number(&applied["parts"]), number(&applied["parts_done"])), (12, 12));
    says(&stage, "the plan is empty now");
    assert!(is_empty(&stage, &file).await);
    let pool_now = shown(&stage, &pool).await;
    assert_eq!(pool_now["fees"]["epoch"]["pending"]["numerator"], 1);
    assert_eq!(pool_now["fees"]["sol_referral_percent"], 50);
    assert_eq!(pool_now["authorities"]["sol_withdraw"], authority.to_string());
    assert_eq!(pool_now["validators"]["preferred_deposit"], votes[4]);
    assert_eq!(pool_now["extension"]["policy"]["turnover_budget_basis_points"], 3_000);
    assert_eq!(pool_now["extension"]["limits"]["supply_floor_pool_tokens"], 2_500_000_000u64);
    assert_eq!(pool_now["extension"]["demotion_policy"]["max_inflation_commission_basis_points"], 1_000);
    for (vote, weight) in [(0, 5), (2, 1), (3, 1), (4, 3), (5, 2)] {
        assert_eq!(weight_of(&stage, &pool, &votes[vote]).await, Some(weight));
    }
    assert_eq!(shown(&stage, &pool).await["validators"]["leaving"], 1);
    // Again nothing, and the removed one comes back only once it has left.
    let again = stage.must(&format!("apply {plan}")).await;
    assert_eq!(again["transactions"], json!([]));
    let back = edited(
        &stage,
        &pool,
        "back.toml",
        &[(&format!("{} = 5\n", votes[0]), &format!("{} = 5\n{} = 1\n", votes[0], votes[1]))],
    )
    .await;
    let (plan, answer) = planned(&stage, &back).await;
    assert_eq!(
        (&answer["steps"][0]["state"], &answer["steps"][0]["from_epoch"]),
        (&json!("waits"), &json!(epoch + 1)),
        "{answer:#}"
    );
    let applied = stage.must(&format!("apply {plan} --accept")).await;
    assert_eq!((&applied["complete"], &applied["transactions"]), (&json!(false), &json!([])));
    says(&stage, "from the update in epoch");
    stage.next_epoch(&pool).await;
    let applied = stage.must(&format!("apply {plan} --accept")).await;
    assert_eq!(applied["complete"], true, "{applied:#}");
    assert_eq!(weight_of(&stage, &pool, &votes[1]).await, Some(1));
}

#[tokio::test]
async fn manager_and_staker_apply_their_parts() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.add_validators(&pool, 0..2).await;
    let (staker, file) = stage.another_wallet("staker", SOL);
    stage.must(&format!("set-staker {pool} {staker}")).await;
    let edits =
        [("epoch = \"0\"", "epoch = \"5%\""), (&*format!("{} = 0", stage.vote(0)), &*format!("{} = 5", stage.vote(0)))];
    let desired = edited(&stage, &pool, "pool.toml", &edits).await;
    let (plan, _) = planned(&stage, &desired).await;
    let (_, stranger) = stage.another_wallet("stranger", SOL);
    let error = stage.run_as("stranger", &format!("apply {plan} --yes")).await.unwrap_err();
    assert_eq!(error.exit() as u8, USAGE);
    for part in ["no step of the plan can be signed", &stage.wallet.pubkey().to_string(), "and other steps by others"] {
        assert!(error.to_string().contains(part), "{error}");
    }
    drop(stranger);
    let applied = stage.must(&format!("apply {plan}")).await;
    assert_eq!((&applied["complete"], number(&applied["parts_done"])), (&json!(false), 1));
    assert_eq!(applied["left"][0]["signers"], json!([staker.to_string()]));
    says(&stage, &format!("the staker {staker}"));
    says(&stage, "Other keypairs have steps to sign");
    let applied = stage.run_as("staker", &format!("apply {plan} --yes")).await.unwrap();
    assert_eq!(applied["complete"], true);
    // Both keys at once, and a hand-over of both roles.
    let (manager, new_manager) = stage.another_wallet("manager", SOL);
    let (next, _) = stage.another_wallet("next", SOL);
    let edits = [
        (&*format!("manager = \"{}\"", stage.wallet.pubkey()), &*format!("manager = \"{manager}\"")),
        (&*format!("staker = \"{staker}\""), &*format!("staker = \"{next}\"")),
        (&*format!("{} = 0", stage.vote(1)), &*format!("{} = 9", stage.vote(1))),
    ];
    let desired = edited(&stage, &pool, "pool.toml", &edits).await;
    let text = fs::read_to_string(&desired).unwrap();
    let kept: Vec<_> = text.lines().filter(|line| !line.starts_with("fee_account")).collect();
    fs::write(&desired, kept.join("\n")).unwrap();
    let (plan, answer) = planned(&stage, &desired).await;
    assert!(number(&answer["steps"].as_array().unwrap().last().unwrap()["payer_lamports"]) > 0, "{answer:#}");
    let applied = stage.must(&format!("apply {plan} --staker {file} --new-manager {new_manager}")).await;
    assert_eq!(applied["complete"], true, "{applied:#}");
    let authorities = shown(&stage, &pool).await["authorities"].clone();
    assert_eq!(
        (&authorities["manager"], &authorities["staker"]),
        (&json!(manager.to_string()), &json!(next.to_string()))
    );
    assert!(is_empty(&stage, &desired).await);
}

#[tokio::test]
async fn changes_with_a_notice_are_announced_and_made_later() {
    let (stage, pool) = Stage::with_pool("").await;
    sets(&stage, &format!("set-limits {pool} --notice-epochs 1")).await;
    let edits = [("threshold = 0", "threshold = 5"), ("sol_deposit = \"0\"", "sol_deposit = \"1%\"")];
    let file = edited(&stage, &pool, "pool.toml", &edits).await;
    let (plan, answer) = planned(&stage, &file).await;
    let epoch = number(&answer["epoch"]);
    for step in answer["steps"].as_array().unwrap() {
        assert_eq!((&step["state"], &step["from_epoch"]), (&json!("announces"), &json!(epoch + 1)), "{answer:#}");
    }
    says(&stage, "only announced now: apply the plan again from epoch");
    let applied = stage.must(&format!("apply {plan}")).await;
    assert_eq!((&applied["complete"], number(&applied["parts_done"])), (&json!(false), 0));
    assert_eq!(applied["left"][0]["state"], "waits");
    says(&stage, &format!("announced, and can be made from epoch {}", epoch + 1));
    let again = stage.must(&format!("apply {plan}")).await;
    assert_eq!(again["transactions"], json!([]), "announced once");
    // A second plan shows the pending change.
    let second = stage.must(&format!("plan {file}")).await;
    assert_eq!((&second["empty"], &second["steps"][0]["state"]), (&json!(false), &json!("waits")));
    stage.next_epoch(&pool).await;
    let applied = stage.must(&format!("apply {plan}")).await;
    assert_eq!(applied["complete"], true, "{applied:#}");
    assert!(is_empty(&stage, &file).await);
    // Another announcement of the kind is not replaced.
    let file = edited(&stage, &pool, "other.toml", &[("threshold = 5", "threshold = 6")]).await;
    let (plan, _) = planned(&stage, &file).await;
    stage.must(&format!("set-policy {pool} --reserve-share 2%")).await;
    let place = place(&plan, "\"policy.threshold\"");
    assert_fails(
        &stage,
        &format!("apply {plan}"),
        REFUSED,
        &[&place, "another change of policy.threshold has been announced"],
    )
    .await;
    // A plan made since then replaces it.
    let (plan, _) = planned(&stage, &file).await;
    stage.must(&format!("apply {plan}")).await;
    assert_eq!(shown(&stage, &pool).await["extension"]["announcements"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_dry_run_sends_nothing() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.add_validators(&pool, 0..1).await;
    let edits =
        [("epoch = \"0\"", "epoch = \"5%\""), (&*format!("{} = 0", stage.vote(0)), &*format!("{} = 5", stage.vote(0)))];
    let file = edited(&stage, &pool, "pool.toml", &edits).await;
    let (plan, _) = planned(&stage, &file).await;
    let paid = stage.cluster.lamports(&stage.wallet.pubkey());
    let rehearsed = stage.must(&format!("apply {plan} --dry-run")).await;
    assert_eq!(
        (&rehearsed["sent"], &rehearsed["simulated"][0]["would_land"]),
        (&json!(false), &json!(true)),
        "{rehearsed:#}"
    );
    assert_eq!(rehearsed["later"].as_array().unwrap().len(), 1);
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), paid);
    let dumped = stage.must(&format!("apply {plan} --dump-transaction-message")).await;
    assert_eq!(dumped["transactions"].as_array().unwrap().len(), 2);
    assert_fails(&stage, &format!("apply {}", stage.missing_file()), USAGE, &["missing.json", "cannot read"]).await;
}

#[tokio::test]
async fn removals_follow_the_turnover_budget_over_epochs() {
    let (stage, pool) = Stage::with_pool("--initial-deposit 40 --turnover-budget 20%").await;
    stage.add_validators(&pool, 0..3).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    stage.must(&format!("rebalance {pool}")).await;
    for _ in 0..2 {
        stage.cluster.advance_epoch().unwrap();
        stage.must(&format!("update {pool}")).await;
    }
    let gone = format!("{} = 1\n", stage.vote(0));
    let file = edited(&stage, &pool, "pool.toml", &[(&gone, "")]).await;
    let (plan, answer) = planned(&stage, &file).await;
    assert!(number(&answer["stake"]["turnover_epochs"]) >= 2, "{answer:#}");
    let mut epochs = 0;
    loop {
        let applied = stage.must(&format!("apply {plan}")).await;
        if applied["complete"] == true {
            break;
        }
        assert!(!applied["transactions"].as_array().unwrap().is_empty(), "{applied:#}");
        epochs += 1;
        assert!(epochs < 6, "{applied:#}");
        stage.next_epoch(&pool).await;
    }
    assert!(epochs > 0, "it fits the budget of an epoch");
    assert!(is_empty(&stage, &file).await);
}
