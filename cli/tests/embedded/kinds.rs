//! A pool with one validator of each kind: what commands say about it.

use {
    super::harness::{SOL, Stage, assert_fails, said, text},
    serde_json::{Value, json},
    solana_account::Account,
    solana_address::Address,
    tidepool_client::gates,
    tidepool_embedded::{EmbeddedCluster, ValidatorSpec, vote_account},
};

const GOOD: usize = 0;
const WITHOUT_BLS_KEY: usize = 1;
const GREEDY: usize = 2;
const SILENT: usize = 3;
const NEVER_VOTED: usize = 4;
const CLOSED: usize = 5;
const DEACTIVATED: usize = 6;
/// Validators of the cluster. One that is not admitted comes on top.
const COUNT: usize = 7;

/// Offset of the deactivation epoch in a stake account.
const DEACTIVATION_EPOCH: usize = 172;

/// A cluster that admits validators by BLS key, in epoch 3, without a pool; and a vote account without stake.
fn stage_of_each_kind() -> (Stage, Address) {
    let spec = |index| ValidatorSpec {
        commission_bps: if index == GREEDY { 10_000 } else { 500 },
        performance_permille: if index == NEVER_VOTED { 0 } else { 1_000 },
        ..ValidatorSpec::default()
    };
    let stage = Stage::on(EmbeddedCluster::builder().validator_specs((0..COUNT).map(spec)));
    let cluster = &stage.cluster;
    cluster.advance_epoch().unwrap();
    cluster.set_performance(&stage.vote(SILENT), 0).unwrap();
    cluster.advance_epochs(2).unwrap();
    let not_admitted = Address::new_unique();
    cluster.set_account(&not_admitted, vote_account(&not_admitted, &Address::new_unique(), 500, &cluster.rent()));
    for vote in (0..COUNT).filter(|index| *index != WITHOUT_BLS_KEY).map(|index| stage.vote(index)) {
        cluster.set_bls_key(&vote).unwrap();
    }
    cluster.set_bls_key(&not_admitted).unwrap();
    let gate = gates::known().iter().find(|gate| gate.simd == Some("0357")).unwrap();
    let active = Account {
        lamports: 1,
        data: [&[1][..], &[0; 8]].concat(),
        owner: solana_sdk_ids::feature::ID,
        ..Account::default()
    };
    cluster.set_account(&gate.address, active);
    (stage, not_admitted)
}

/// What speaks against each kind before it is in a pool: its vote account, its cautions and a part of the sentence.
fn suspects(stage: &Stage, not_admitted: Address) -> [(Address, Vec<&'static str>, &'static str); 5] {
    [
        (stage.vote(WITHOUT_BLS_KEY), vec!["no_bls_key"], "it has no BLS key"),
        (stage.vote(GREEDY), vec!["full_commission"], "its commission is 100 %"),
        (stage.vote(SILENT), vec!["not_voting"], "it has not voted since epoch 0"),
        (stage.vote(NEVER_VOTED), vec!["never_voted"], "it has never voted"),
        (not_admitted, vec!["never_voted", "not_admitted"], "it has never voted"),
    ]
}

fn close(stage: &Stage, index: usize) {
    stage.cluster.set_performance(&stage.vote(index), 0).unwrap();
    stage.cluster.set_account(&stage.vote(index), Account::default());
}

fn listed(list: &Value, vote: Address) -> &Value {
    let is_meant = |entry: &&Value| entry["vote"] == vote.to_string();
    list["validators"].as_array().unwrap().iter().find(is_meant).expect("a validator of the pool")
}

#[tokio::test]
async fn add_validator_says_what_each_is() {
    let (stage, not_admitted) = stage_of_each_kind();
    let pool = stage.pool("").await;
    stage.must(&format!("deposit-sol {pool} 100")).await;
    stage.must(&format!("add-validator {pool} {}", stage.vote(GOOD))).await;
    assert!(!said().iter().any(|line| line.contains("beware")));
    for (vote, _, sentence) in suspects(&stage, not_admitted) {
        let line = format!("add-validator {pool} {vote}");
        assert_fails(&stage, &line, 2, &[&vote.to_string(), sentence, "--accept"]).await;
        // A person is asked, and says no here.
        stage.denies.set(true);
        let denied = stage.run_as("wallet", &line).await.unwrap_err().to_string();
        stage.denies.set(false);
        assert!(said().iter().any(|line| line.contains(sentence)), "{denied}: {:?}", said());
        stage.must(&format!("{line} --accept")).await;
        assert!(said().iter().any(|line| line.contains("beware") && line.contains(sentence)), "{:?}", said());
    }
    close(&stage, CLOSED);
    let wallet = Address::new_unique();
    stage.cluster.airdrop(&wallet, SOL);
    let zeros = Address::new_unique();
    let empty = vote_account(&zeros, &zeros, 0, &stage.cluster.rent());
    stage.cluster.set_account(&zeros, Account { data: vec![0; empty.data.len()], ..empty.clone() });
    let unknown = Address::new_unique();
    stage.cluster.set_account(&unknown, Account { data: [&[9][..], &empty.data[1..]].concat(), ..empty.clone() });
    let cut = Address::new_unique();
    stage.cluster.set_account(&cut, Account { data: empty.data[..40].to_vec(), ..empty });
    for (vote, reason) in [
        (stage.vote(CLOSED), "missing: the vote account was closed"),
        (wallet, "a wallet, not a validator's vote account"),
        (zeros, "a vote account without a state: it was closed or never initialized"),
        (unknown, "a vote account of 3762 bytes with the unknown or damaged layout 9"),
        (cut, "a vote account of 40 bytes with the unknown or damaged layout 3"),
    ] {
        let parts = [&vote.to_string()[..], reason, "use a vote account listed by `solana validators`"];
        assert_fails(&stage, &format!("add-validator {pool} {vote} --accept"), 2, &parts).await;
    }
}

/// A pool with all of them and weights, after one was closed and the stake with another was deactivated.
async fn pool_of_each_kind(stage: &Stage, not_admitted: Address) -> String {
    let pool = stage.pool("").await;
    stage.must(&format!("deposit-sol {pool} 100")).await;
    let votes = (0..COUNT).map(|index| stage.vote(index)).chain([not_admitted]);
    for vote in votes {
        stage.must(&format!("add-validator {pool} {vote} --accept")).await;
    }
    let others = (1..COUNT).map(|index| stage.vote(index));
    let set: Vec<_> = others.chain([not_admitted]).map(|vote| format!("--set {vote}=1")).collect();
    let set = set.join(" ");
    assert_fails(stage, &format!("set-weights {pool} {set}"), 2, &["(5 more cautions)", "--accept"]).await;
    stage.must(&format!("set-weights {pool} {set} --accept")).await;
    close(stage, CLOSED);
    let list = stage.must(&format!("list {pool}")).await;
    let address = text(&listed(&list, stage.vote(DEACTIVATED))["validator_stake"]).parse().unwrap();
    let mut stake = stage.cluster.account(&address).unwrap();
    stake.data[DEACTIVATION_EPOCH..DEACTIVATION_EPOCH + 8].copy_from_slice(&stage.cluster.epoch().to_le_bytes());
    stage.cluster.set_account(&address, stake);
    pool
}

#[tokio::test]
async fn list_show_and_crank_say_what_each_is() {
    let (stage, not_admitted) = stage_of_each_kind();
    let pool = pool_of_each_kind(&stage, not_admitted).await;
    let in_pool = [
        (stage.vote(GOOD), vec!["no_weight"], "it has no weight"),
        (stage.vote(CLOSED), vec!["not_delegable"], "no stake can be delegated to it: its account is missing"),
        (stage.vote(DEACTIVATED), vec!["deactivated"], "others deactivated the pool's stake with it in epoch 3"),
    ];
    let expected: Vec<_> = suspects(&stage, not_admitted).into_iter().chain(in_pool).collect();

    stage.run_as("wallet", &format!("crank {pool} --dry-run --yes")).await.unwrap();
    for (vote, _, sentence) in &expected {
        let says = |line: &String| line.contains(&vote.to_string()) && line.contains(sentence);
        assert!(said().iter().any(says), "{sentence}: {:?}", said());
    }

    let shown = stage.must(&format!("show {pool}")).await;
    let cautioned = shown["validators"]["cautions"].as_array().unwrap();
    assert_eq!(cautioned.len(), expected.len());
    assert!(stage.text.borrow()[0].contains("3 more validators with cautions: see `tidepool list`"));
    let list = stage.must(&format!("list {pool}")).await;
    for (vote, cautions, _) in &expected {
        assert_eq!(listed(&list, *vote)["cautions"], json!(cautions));
        let entry = cautioned.iter().find(|entry| entry["vote"] == vote.to_string()).unwrap();
        assert_eq!(entry["cautions"], json!(cautions));
    }
    let good = listed(&list, stage.vote(GOOD));
    assert_eq!((&good["inflation_commission_basis_points"], &good["bls_key"]), (&json!(500), &json!(true)));
    assert_eq!((&good["last_epoch_with_credits"], &good["admitted"]), (&json!(2), &json!(true)));
    let plain = stage.text.borrow()[0].clone();
    let line = |index| plain.lines().find(|line| line.contains(&stage.vote(index).to_string())).unwrap();
    assert!(line(WITHOUT_BLS_KEY).ends_with("active, no bls key"), "{plain}");
    assert!(line(CLOSED).ends_with("active, not delegable"), "{plain}");

    let explained = stage.must(&format!("explain-stake {pool} {}", stage.vote(GREEDY))).await;
    assert_eq!(explained["cautions"], json!(["full_commission"]));
    assert!(stage.text.borrow()[0].contains("100 % of inflation rewards"), "{}", stage.text.borrow()[0]);
}

#[tokio::test]
async fn pool_with_closed_validator_is_not_on_target() {
    let (stage, not_admitted) = stage_of_each_kind();
    let pool = pool_of_each_kind(&stage, not_admitted).await;
    let cranked = stage.must(&format!("crank {pool}")).await;
    let cautions = cranked["pools"][0]["cautions"].as_array().unwrap();
    let names =
        |vote: Address| cautions.iter().find(|entry| entry["vote"] == vote.to_string()).unwrap()["cautions"].clone();
    assert!(names(stage.vote(CLOSED)).as_array().unwrap().contains(&json!("not_delegable")));
    let plain = stage.text.borrow()[0].clone();
    assert!(plain.contains("is up to date in epoch 3") && !plain.contains("on target"), "{plain}");
}

#[tokio::test]
async fn preferred_validator_needs_acceptance_for_deposits() {
    let (stage, not_admitted) = stage_of_each_kind();
    let pool = pool_of_each_kind(&stage, not_admitted).await;
    let greedy = stage.vote(GREEDY);
    let line = format!("set-preferred-validator {pool} deposit {greedy}");
    assert_fails(&stage, &line, 2, &["its commission is 100 %", "--accept"]).await;
    assert_eq!(stage.must(&format!("{line} --accept")).await["changed"], true);
    stage.must(&format!("set-preferred-validator {pool} withdraw {greedy}")).await;
    stage.must(&format!("set-preferred-validator {pool} deposit {}", stage.vote(GOOD))).await;
}
