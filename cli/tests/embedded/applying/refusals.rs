//! Files and plans that are refused.

use {
    super::{edited, place, planned},
    crate::{
        harness::{REFUSED, SOL, Stage, USAGE, assert_fails, number, said, text},
        settings::shown,
    },
    serde_json::json,
    solana_address::Address,
    solana_signer::Signer as _,
    std::fs,
};

#[tokio::test]
async fn a_pool_that_has_changed_is_refused() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.add_validators(&pool, 0..3).await;
    stage.must(&format!("set-weights {pool} --equal")).await;
    let vote = |index| stage.vote(index).to_string();
    let edits = [
        ("sol_deposit = \"0\"", "sol_deposit = \"1%\""),
        ("stake_deposit = \"0\"", "stake_deposit = \"2%\""),
        (&*format!("{} = 1", vote(0)), &*format!("{} = 5", vote(0))),
    ];
    let file = edited(&stage, &pool, "pool.toml", &edits).await;
    let (plan, _) = planned(&stage, &file).await;
    // What the plan does not touch may change.
    stage.must(&format!("set-policy {pool} --threshold 3")).await;
    stage.must(&format!("set-weights {pool} --set {}=8", vote(1))).await;
    // A part of it that another person has applied is done.
    stage.must(&format!("set-fee {pool} sol-deposit 1%")).await;
    let sent = stage.must(&format!("set-fee {pool} stake-deposit 0.5%")).await;
    assert_eq!(sent["changed"], true);
    let parts = [
        &*place(&plan, "\"fees.stake_deposit\""),
        "fees.stake_deposit was \"none\"",
        "is \"0.5 %\" now",
        "make the plan again",
    ];
    assert_fails(&stage, &format!("apply {plan}"), REFUSED, &parts).await;
    stage.must(&format!("set-fee {pool} stake-deposit 0")).await;
    stage.must(&format!("set-weights {pool} --set {}=2", vote(0))).await;
    let named = format!("\"validators.{}\"", vote(0));
    assert_fails(
        &stage,
        &format!("apply {plan}"),
        REFUSED,
        &[&place(&plan, &named), "was \"weight 1\"", "is \"weight 2\""],
    )
    .await;
    stage.must(&format!("set-weights {pool} --set {}=1", vote(0))).await;
    stage.agrees.set(true);
    let applied = stage.run_as("wallet", &format!("apply {plan}")).await.unwrap();
    assert!(said().iter().any(|line| line.contains("1 of 3 parts already")), "{:?}", said());
    assert_eq!((&applied["complete"], number(&applied["parts_done"])), (&json!(true), 3));
    stage.agrees.set(false);
    stage.denies.set(true);
    let file = edited(&stage, &pool, "more.toml", &[("threshold = 3", "threshold = 7")]).await;
    let (plan, _) = planned(&stage, &file).await;
    let error = stage.run_as("wallet", &format!("apply {plan}")).await.unwrap_err();
    assert!(error.to_string().contains("not confirmed"), "{error}");
    assert_eq!(shown(&stage, &pool).await["extension"]["policy"]["threshold_lamports"], 3 * SOL);
}

#[tokio::test]
async fn files_that_are_wrong_are_refused_with_the_place() {
    let (stage, pool) = Stage::with_pool("").await;
    stage.add_validators(&pool, 0..2).await;
    let vote = |index| stage.vote(index).to_string();
    let (a, b) = (format!("{} = 0", vote(0)), format!("{} = 0", vote(1)));
    let stranger = Address::new_unique().to_string();
    let mint = text(&shown(&stage, &pool).await["accounts"]["pool_mint"]);
    for (from, to, exit, at, parts) in [
        ("epoch = \"0\"", "epoch = 5", USAGE, "5  ", vec!["invalid fee \"5\""]),
        ("epoch = \"0\"", "epoch = \"101%\"", USAGE, "\"101%\"", vec!["more than 100 %"]),
        ("epoch = \"0\"", "epoch = \"100%\"", REFUSED, "\"100%\"", vec!["a fee of 100 % leaves nothing"]),
        ("epoch = \"0\"", "epok = \"1%\"", USAGE, "epok", vec!["unknown key \"epok\" in section fees", "epoch, "]),
        ("[fees]", "[fee]", USAGE, "fee]", vec!["unknown key \"fee\"", "validators"]),
        ("threshold = 0", "threshold = \"lots\"", USAGE, "\"lots\"", vec!["decimal number"]),
        ("threshold = 0", "threshold = [0]", USAGE, "[0]", vec!["expected a single value"]),
        ("threshold = 0", "threshold = 0 0", USAGE, "", vec!["line "]),
        ("reserve_share = \"0%\"", "reserve_share = \"60%\"", REFUSED, "\"60%\"", vec!["ReserveShareTooHigh", "50 %"]),
        ("sol_withdrawal = \"0\"", "sol_withdrawal = \"5%\"", REFUSED, "\"5%\"", vec!["use 0.15 % or less"]),
        (
            "sol_withdraw = \"none\"",
            &format!("sol_withdraw = \"{mint}\""),
            USAGE,
            &format!("\"{mint}\""),
            vec!["cannot sign"],
        ),
        (&a, &format!("{a}\n{a}"), USAGE, "", vec!["duplicate validator", &vote(0)]),
        (&a, "Alice = 3", USAGE, "Alice", vec!["invalid address \"Alice\""]),
        (&a, &format!("{} = \"60%\"", vote(0)), USAGE, "0\n", vec!["0 is a number"]),
        (&a, &format!("{stranger} = 3"), REFUSED, "3\n", vec![&stranger, "solana validators"]),
        ("format = 1", "format = 2", USAGE, "2\n", vec!["unknown format 2"]),
        ("format = 1", "", USAGE, "", vec!["missing format"]),
        (&format!("pool = \"{pool}\""), "", USAGE, "", vec!["missing pool"]),
        (&format!("pool = \"{pool}\""), "pool = \"x\"", USAGE, "\"x\"", vec!["invalid value \"x\""]),
    ] {
        let file = edited(&stage, &pool, "wrong.toml", &[(from, to)]).await;
        let place = if at.is_empty() { String::new() } else { place(&file, at).replace(": ", "") };
        let out = format!("{file}.plan");
        let line = format!("plan {file} --out {out}");
        let mut all = vec!["wrong.toml, line ", &place];
        all.extend(parts);
        assert_fails(&stage, &line, exit, &all).await;
        assert!(!fs::exists(&out).unwrap(), "{line} has written a plan");
    }
    let shares = [(&*a, &*format!("{} = \"60%\"", vote(0))), (&*b, &*format!("{} = \"40.5%\"", vote(1)))];
    let file = edited(&stage, &pool, "shares.toml", &shares).await;
    let (over, under) = (place(&file, "\"40.5%\""), fs::read_to_string(&file).unwrap().replace("40.5%", "30%"));
    let result = stage.run(&format!("plan {file}")).await;
    // The order in the file is that of addresses.
    let error = result.unwrap_err().to_string();
    assert!(error.contains("are more than 100 % together (100.5000 %)"), "{error}");
    assert!(error.contains(&over) || error.contains(&place(&file, "\"60%\"")), "{error}");
    fs::write(&file, under).unwrap();
    assert_fails(&stage, &format!("plan {file}"), USAGE, &[&place(&file, "validators]"), "they have to be 100 %"])
        .await;
}

#[tokio::test]
async fn plans_for_something_else_are_refused() {
    let (stage, pool) = Stage::with_pool("").await;
    let file = edited(&stage, &pool, "pool.toml", &[("epoch = \"0\"", "epoch = \"5%\"")]).await;
    let (plan, _) = planned(&stage, &file).await;
    let original = fs::read_to_string(&plan).unwrap();
    let paid = stage.cluster.lamports(&stage.wallet.pubkey());
    let hash = original.lines().find(|line| line.starts_with("cluster = ")).unwrap().to_owned();
    let program = format!("program = \"{}\"", stage.program_id);
    let other = Address::new_unique().to_string();
    for (from, to, exit, at, parts) in [
        (&*hash, &*format!("cluster = \"{other}\""), USAGE, &*format!("\"{other}\""), vec!["genesis hash", "--url"]),
        (&*program, &*format!("program = \"{other}\""), USAGE, &*format!("\"{other}\""), vec!["a pool of program"]),
        (&*format!("pool = \"{pool}\""), &*format!("pool = \"{other}\""), REFUSED, "", vec![&*other]),
        ("part = \"fees.epoch\"", "part = \"fees.epok\"", USAGE, "\"fees.epok\"", vec!["unknown part"]),
        ("before = \"0\"", "previous = \"0\"", USAGE, "previous", vec!["unknown key \"previous\""]),
        ("before = \"0\"\n", "", USAGE, "[[change]]", vec!["missing key \"before\""]),
        ("before = \"0\"", "before = \"lots\"", USAGE, "\"lots\"", vec!["invalid fee"]),
        ("before = \"0\"", "before = \"1%\"", REFUSED, "\"fees.epoch\"", vec!["the pool has changed"]),
        ("[[change]]", "[[changes]]", USAGE, "changes]]", vec!["unknown key \"changes\""]),
    ] {
        assert_eq!(original.matches(from).count(), 1, "{from}");
        let changed = original.replace(from, to);
        fs::write(&plan, &changed).unwrap();
        let place = if at.is_empty() { String::new() } else { place(&plan, at).replace(": ", "") };
        let mut all = vec![&*place];
        all.extend(parts);
        assert_fails(&stage, &format!("apply {plan}"), exit, &all).await;
    }
    let twice = original.find("[[change]]").map(|at| format!("{original}\n{}", &original[at..])).unwrap();
    fs::write(&plan, twice).unwrap();
    assert_fails(&stage, &format!("apply {plan}"), USAGE, &["duplicate change of fees.epoch"]).await;
    assert_eq!(stage.cluster.lamports(&stage.wallet.pubkey()), paid, "nothing was sent");
    // The file of a pool itself is no plan.
    assert_fails(&stage, &format!("apply {file}"), USAGE, &["unknown key"]).await;
}
