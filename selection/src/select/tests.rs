use {
    super::*,
    crate::facts::{EpochCredits, InPool, Validator},
    solana_address::Address,
};

const EPOCH: u64 = 900;

fn address(index: u16) -> Address {
    let [high, low] = index.to_be_bytes();
    let mut bytes = [7; 32];
    (bytes[0], bytes[1]) = (high + 1, low);
    Address::new_from_array(bytes)
}

fn validator(index: u16) -> Validator {
    Validator {
        vote: address(index),
        identity: Some(address(index)),
        commission_bps: Some(500),
        bls_key: Some(true),
        admitted: Some(true),
        voting: Some(true),
        stake_lamports: Some(1_000_000_000_000),
        credits: (895..=EPOCH).map(|epoch| EpochCredits(epoch, 1_000)).collect(),
        ..Validator::default()
    }
}

fn validators(count: u16) -> Facts {
    Facts { format: 1, epoch: EPOCH, pool: Some(address(999)), validators: (0..count).map(validator).collect() }
}

fn with_weight(weight: u16) -> Option<InPool> {
    Some(InPool { weight, stake_lamports: 5_000_000_000, ..InPool::default() })
}

fn try_select(policy: &str, facts: &Facts, tables: &[Table]) -> Result<Selection, SelectError> {
    let policy = Policy::parse(policy).unwrap_or_else(|problem| panic!("{policy}: {problem}"));
    select(&Inputs { policy: &policy, policy_file: "policy.toml", facts, tables })
}

fn selected(policy: &str, facts: &Facts) -> Selection {
    try_select(policy, facts, &[]).unwrap_or_else(|error| panic!("{policy}: {error}"))
}

fn refused(policy: &str, facts: &Facts) -> String {
    try_select(policy, facts, &[]).expect_err(policy).to_string()
}

fn weights(selection: &Selection) -> Vec<u16> {
    selection.chosen.iter().map(|chosen| chosen.weight).collect()
}

fn votes(selection: &Selection) -> Vec<Address> {
    selection.chosen.iter().map(|chosen| chosen.vote).collect()
}

fn sentence(selection: &Selection, index: u16) -> (Reason, &str) {
    let found = selection.excluded.iter().find(|excluded| excluded.vote == address(index)).expect("it is excluded");
    (found.reason, &found.sentence)
}

fn sorted(indices: &[u16]) -> Vec<Address> {
    let mut all: Vec<Address> = indices.iter().map(|index| address(*index)).collect();
    all.sort_by_key(Address::to_string);
    all
}

#[test]
fn without_rules_all_have_equal_weights() {
    let selection = selected("", &validators(40));
    assert_eq!(weights(&selection), [25_000; 40]);
    assert_eq!(selection.sum_of_weights, 1_000_000);
    assert_eq!(weights(&selected("", &validators(1))), [30_000]);
}

#[test]
fn every_exclusion_has_its_reason() {
    let mut facts = validators(8);
    facts.validators[1].commission_bps = Some(1_000);
    facts.validators[2].not_delegable = Some("a wallet".into());
    facts.validators[3].in_pool = Some(InPool { leaving: true, ..InPool::default() });
    facts.validators[4].in_pool = Some(InPool { demoted_in_epoch: Some(871), ..InPool::default() });
    facts.validators[5].version = Some("3.1.0".into());
    facts.validators[6].stake_lamports = Some(0);
    let rules = "[[rule]]\nname = \"commission\"\nkeep = \"commission_bps <= 500\"\n\
                 [[rule]]\nname = \"version\"\ndrop = \"in_gossip and version(version) < version('3.1.8')\"\n\
                 [weight]\nformula = \"stake_sol\"\n";
    let policy = format!("never = [\"{}\"]\n{rules}", address(7));
    let selection = selected(&policy, &facts);
    assert_eq!(votes(&selection), [address(0)]);
    for (index, reason, part) in [
        (1, Reason::Rule, "rule \"commission\": commission_bps is 1000"),
        (2, Reason::NotDelegable, "its account is a wallet"),
        (3, Reason::Leaving, "it is being removed from the pool"),
        (4, Reason::Demoted, "it was demoted in epoch 871; choose_demoted = true"),
        (5, Reason::Rule, "rule \"version\": in_gossip is true and version is \"3.1.0\""),
        (6, Reason::NoWeight, "its weight by the formula is 0"),
        (7, Reason::Never, "the policy lists it in never"),
    ] {
        let (found, said) = sentence(&selection, index);
        assert!(found == reason && said.contains(part), "{index}: {found:?} {said}");
    }
    let demoted = selected(&format!("choose_demoted = true\n{rules}"), &facts);
    assert!(votes(&demoted).contains(&address(4)));
}

#[test]
fn missing_facts_exclude_unless_the_policy_has_a_default() {
    let table = |text: String| Table::parse("scores.csv", None, text.as_bytes()).unwrap();
    let table = [table(format!("vote,score,country\n{},2,DE\n{},,FR\n", address(0), address(1)))];
    let facts = validators(3);
    let strict = try_select("[[rule]]\nname = \"score\"\nkeep = \"score > 1\"\n", &facts, &table).unwrap();
    assert_eq!(votes(&strict), [address(0)]);
    assert_eq!(sentence(&strict, 1), (Reason::MissingFact, "it has no score, which the rule \"score\" needs"));
    let weight = try_select("[weight]\nformula = \"score\"\n", &facts, &table).unwrap();
    assert_eq!(sentence(&weight, 2).1, "it has no score, which the formula of its weight needs");
    let lenient = try_select("[weight]\nformula = \"default(score, 1)\"\n", &facts, &table).unwrap();
    assert_eq!(lenient.chosen.len(), 3);
    let group = |unknown: &str| {
        format!("[[group]]\nname = \"c\"\nby = \"country\"\nmaximum_count = 1\nunknown = \"{unknown}\"\n")
    };
    let more = Facts { validators: (0..5).map(validator).collect(), ..validators(0) };
    for (unknown, count) in [("together", 3), ("separate", 5), ("exclude", 2)] {
        let selection = try_select(&group(unknown), &more, &table).unwrap();
        assert_eq!(selection.chosen.len(), count, "{unknown}");
    }
}

#[test]
fn credits_are_compared_within_an_epoch() {
    let mut facts = validators(3);
    facts.validators[1].credits = vec![EpochCredits(898, 500), EpochCredits(899, 1_000)];
    // Alpenglow: an epoch in another unit counts as much as the others.
    facts.validators.iter_mut().for_each(|validator| {
        validator.credits.iter_mut().for_each(|c| {
            if c.0 == 899 {
                c.1 *= 10_000
            }
        })
    });
    facts.validators[2].credits = vec![];
    let policy = |keep: &str| format!("credits_epochs = 4\n[[rule]]\nname = \"c\"\nkeep = \"{keep}\"\n");
    // (0 + 0 + 0.5 + 1) / 4
    let selection = selected(&policy("credits_of_best >= 0.376"), &facts);
    assert_eq!(sentence(&selection, 1).1, "rule \"c\": credits_of_best is 0.375");
    assert_eq!(sentence(&selection, 2).1, "rule \"c\": credits_of_best is 0");
    assert_eq!(votes(&selected(&policy("epochs_with_credits == 2"), &facts)), [address(1)]);
    assert_eq!(selected(&policy("credits_of_mean > 1"), &facts).chosen.len(), 1);
}

#[test]
fn faults_of_formulas_are_errors_with_their_place() {
    let mut facts = validators(2);
    facts.validators[1].stake_lamports = Some(0);
    let vote = address(1);
    for (formula, part) in [
        (
            "1 / stake_sol",
            format!("policy.toml, line 2, column 14: division by zero for validator {vote}: exclude such"),
        ),
        ("stake_sol - 1", format!("line 2, column 12: the weight of validator {vote} is negative: -1")),
        ("sqrt(stake_sol - 1)", "column 12: square root of a negative number".into()),
        ("voting", "the expression is true or false: expected a number".into()),
        ("stake_sl", "unknown fact stake_sl: did you mean stake_sol?".into()),
        ("rank_value", "unknown fact rank_value".into()),
    ] {
        let error = refused(&format!("[weight]\nformula = \"{formula}\"\n"), &facts);
        assert!(error.contains(&part), "{formula}: {error}");
    }
    let error = refused("[[rule]]\nname = \"x\"\ndrop = \"1 / stake_sol > 2\"\n", &facts);
    assert!(error.contains("line 3, column 11: division by zero for validator"), "{error}");
    let table = |text: String| [Table::parse("data/x.csv", None, text.as_bytes()).unwrap()];
    let error = try_select("", &facts, &table(format!("vote,a,voting\n{vote},1,2\n"))).unwrap_err().to_string();
    assert!(
        error.starts_with("data/x.csv, line 1, column 8: the column voting has the name of another fact"),
        "{error}"
    );
    let odd = table(format!("vote,score\n{vote},\"1,5\"\n{},1\n", address(0)));
    let error = try_select("[weight]\nformula = \"score\"\n", &facts, &odd).unwrap_err().to_string();
    assert!(error.contains("the expression is a text: expected a number"), "{error}");
    let error = try_select("[weight]\nformula = \"2 * score\"\n", &facts, &odd).unwrap_err().to_string();
    assert!(error.contains("not a number (\"1,5\" in line 2, column 45 is not a number: use a point"), "{error}");
}

#[test]
fn lists_come_before_rules() {
    let mut facts = validators(4);
    facts.validators[3].commission_bps = Some(10_000);
    let policy = |more: &str| {
        format!("always = [\"{}\"]\n{more}[[rule]]\nname = \"c\"\nkeep = \"commission_bps <= 500\"\n", address(3))
    };
    assert_eq!(votes(&selected(&policy("[count]\nmaximum = 2\n"), &facts)), sorted(&[3, 0]));
    facts.validators[3].in_pool = Some(InPool { demoted_in_epoch: Some(9), ..InPool::default() });
    let error = refused(&policy(""), &facts);
    assert!(error.contains("line 1, column 11: validator") && error.contains("it was demoted in epoch 9"), "{error}");
    let absent = format!("always = [\n\"{}\"]\n", address(77));
    assert!(refused(&absent, &facts).contains("line 2, column 1: the cluster reports no validator"));
    let many = format!("always = [\"{}\", \"{}\"]\n[count]\nmaximum = 1\n", address(0), address(1));
    assert!(refused(&many, &facts).contains("always names the 1 validators that count.maximum admits"));
    let never = format!("never = [\"{}\"]\n", address(0));
    let error = refused(&never, &validators(1));
    assert_eq!(error, "no validator is left: 1 were read, and the policy excludes 1");
    let error = refused("[count]\nminimum = 5\n", &facts);
    assert!(error.contains("line 2, column 11: 3 validators are left, fewer than 5"), "{error}");
}

#[test]
fn a_new_validator_has_to_be_better_by_the_margin() {
    let mut facts = validators(3);
    let stakes = [100, 104, 90];
    facts
        .validators
        .iter_mut()
        .zip(stakes)
        .for_each(|(validator, sol)| validator.stake_lamports = Some(sol * 1_000_000_000));
    facts.validators[0].in_pool = with_weight(5);
    let policy = "[rank]\nformula = \"stake_sol\"\n[count]\nmaximum = 1\n[hysteresis]\nmargin = \"5%\"\n";
    let selection = selected(policy, &facts);
    assert_eq!(votes(&selection), [address(0)]);
    let (reason, said) = sentence(&selection, 1);
    assert_eq!(reason, Reason::Count);
    assert!(said.starts_with("its rank value 104 is not more than 5 % above 100, that of"), "{said}");
    assert!(sentence(&selection, 2).1.contains("its rank value is 90, that of the last one 100"));
    // Not more than 5 % above.
    facts.validators[1].stake_lamports = Some(105_000_000_000);
    assert_eq!(votes(&selected(policy, &facts)), [address(0)]);
    facts.validators[1].stake_lamports = Some(105_000_000_001);
    assert_eq!(votes(&selected(policy, &facts)), [address(1)]);
    assert_eq!(votes(&selected(&policy.replace("5%", "0%"), &facts)), [address(1)]);
    // The same the other way round: addresses decide nothing between a member and a new validator.
    facts.validators[1].in_pool = facts.validators[0].in_pool.take();
    for (validator, sol) in facts.validators.iter_mut().zip([105, 100]) {
        validator.stake_lamports = Some(sol * 1_000_000_000);
    }
    assert_eq!(votes(&selected(policy, &facts)), [address(1)]);
}

#[test]
fn members_pass_a_looser_rule() {
    let mut facts = validators(3);
    facts.validators.iter_mut().for_each(|validator| validator.commission_bps = Some(600));
    facts.validators[0].in_pool = with_weight(5);
    facts.validators[1].in_pool = with_weight(0);
    let keep = "[[rule]]\nname = \"c\"\nkeep = \"commission_bps <= 500\"\nmembers = \"commission_bps <= 700\"\n";
    let drop = "[[rule]]\nname = \"c\"\ndrop = \"commission_bps > 500\"\nmembers = \"commission_bps > 700\"\n";
    for policy in [keep, drop] {
        assert_eq!(votes(&selected(policy, &facts)), [address(0)], "{policy}");
    }
    // A validator that passes the rule of all passes, whatever the other says: a stricter one would drop those just chosen.
    facts.validators[0].commission_bps = Some(500);
    assert_eq!(votes(&selected(&keep.replace("700", "300"), &facts)), [address(0)]);
    facts.validators[0].commission_bps = Some(600);
    // Without any weights, all of the pool's validators are members.
    facts.validators[0].in_pool = with_weight(0);
    assert_eq!(selected(keep, &facts).chosen.len(), 2);
    facts.validators[0].commission_bps = Some(800);
    let selection = selected(drop, &facts);
    assert_eq!(sentence(&selection, 0).1, "rule \"c\": commission_bps is 800, also as a validator of the pool");
}

#[test]
fn caps_hold_and_are_explained() {
    let mut facts = validators(10);
    facts.validators.iter_mut().enumerate().for_each(|(index, validator)| {
        validator.version = Some(if index < 6 { "1.0.0".into() } else { format!("2.0.{index}") });
    });
    let policy = "[[group]]\nname = \"release\"\nby = \"version\"\nmaximum = \"30%\"\n";
    let selection = selected(policy, &facts);
    assert_eq!(selection.caps.len(), 1);
    let cap = &selection.caps[0];
    assert_eq!(
        (cap.value.as_str(), cap.validators, cap.millionths, cap.formula_millionths),
        ("1.0.0", 6, 300_000, 600_000)
    );
    assert_eq!(
        cap.sentence,
        "group \"release\": 6 validators are held at 30 % with the value 1.0.0; by the formula they would have 60 %"
    );
    let alone = "[weight]\nformula = \"if(vote == 'V', 1, 1) * credits_of_best * stake_sol\"\nminimum = \"5%\"\nmaximum = \"12%\"\n";
    facts.validators[0].stake_lamports = Some(9_000_000_000_000);
    facts.validators[1].stake_lamports = Some(1_000_000_000);
    let selection = selected(alone, &facts);
    let sentences: Vec<_> = selection.caps.iter().map(|cap| cap.sentence.as_str()).collect();
    assert!(sentences[0].contains("is held at 12 %; by the formula it would have 52."), "{sentences:?}");
    assert!(sentences[1].contains("is raised to 5 %; by the formula it would have 0.005"), "{sentences:?}");
    assert_eq!(selection.sum_of_weights, 270_000);
}

#[test]
fn what_cannot_be_met_is_refused_with_its_place() {
    let mut facts = validators(10);
    let version = |index: usize| Some(format!("{}.{}.0", index % 2, index % 5));
    facts.validators.iter_mut().enumerate().for_each(|(index, validator)| validator.version = version(index));
    let group =
        |by: &str, maximum: &str| format!("[[group]]\nname = \"{by}\"\nby = \"{by}\"\nmaximum = \"{maximum}\"\n");
    for (policy, part) in [
        (
            "[weight]\nminimum = \"11%\"\n".to_owned(),
            "line 2, column 11: 10 validators with at least 11 % are 110 %: lower the minimum, or set count.maximum to 9",
        ),
        (
            "[weight]\nmaximum = \"9.5%\"\n".into(),
            "line 2, column 11: 10 validators with at most 9.5 % are 95 %, not 100 %: raise the maximum, or choose at least 11",
        ),
        (group("version", "9%"), "line 4, column 11: group \"version\": its 10 values can have 90.0000 % together"),
        (group("contains(version, '.1.')", "40%"), "its 2 values can have 80.0000 % together"),
        (
            format!("[weight]\nminimum = \"6%\"\n{}", group("contains(version, '.1.')", "90%").replace("90%", "45%")),
            "8 validators with the value false and at least 6 % are 48 %, above the maximum 45 %: set maximum_count to 7",
        ),
        (
            format!("[weight]\nmaximum = \"20%\"\n{}", group("contains(version, '.1.')", "59%")),
            "its 2 values can have 99.0000 % together",
        ),
    ] {
        let error = refused(&policy, &facts);
        assert!(error.contains(part), "{policy}: {error}");
    }
    // The one with an x can have 40 % only, the others 50 % together.
    let mut facts = validators(4);
    facts.validators.iter_mut().zip(["x1", "2", "3", "3"]).for_each(|(v, version)| v.version = Some(version.into()));
    let country = "if(contains(version, '1'), 'one', if(contains(version, '2'), 'two', 'three'))";
    let policy = format!("{}{}", group("contains(version, 'x')", "50%"), group(country, "40%"));
    let error = refused(&policy, &facts);
    assert!(
        error.contains("line 4, column 11: no weights meet the limits of the groups contains(version, 'x'), if"),
        "{error}"
    );
}
