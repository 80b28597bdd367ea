//! The example policy over a cluster of 1,990 validators.

use {
    solana_address::Address,
    tidepool_selection::{EpochCredits, Facts, InPool, Inputs, Policy, Reason, Selection, Table, Validator, select},
};

const POLICY: &str = include_str!("../../cli/examples/policy.toml");
const VALIDATORS: u64 = 1_990;
const EPOCH: u64 = 900;

/// Random numbers, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn cluster() -> (Facts, Table) {
    let mut random = Random(19);
    let mut csv = "vote,score,data_centre,country,operator\n".to_owned();
    let mut validators = vec![];
    for index in 0..VALIDATORS {
        let mut bytes = [3; 32];
        bytes[..8].copy_from_slice(&(index + 1).to_be_bytes());
        let vote = Address::new_from_array(bytes);
        let skips = random.below(8);
        validators.push(Validator {
            vote,
            identity: Some(vote),
            commission_bps: Some([0, 300, 500, 600, 800, 10_000][usize::try_from(random.below(6)).unwrap()]),
            bls_key: Some(true),
            admitted: Some(true),
            voting: Some(random.below(20) > 0),
            stake_lamports: Some((1_000 + random.below(400) * random.below(400) * 10) * 1_000_000_000),
            version: (random.below(10) > 0).then(|| format!("{}.1.{}", 2 + random.below(3), random.below(9))),
            credits: (EPOCH - 12..=EPOCH)
                .map(|epoch| EpochCredits(epoch, 6_900_000 - skips * 60_000 - random.below(9)))
                .collect(),
            in_pool: (index < 400).then_some(InPool {
                weight: 100,
                stake_lamports: 5_000_000_000_000,
                demoted_in_epoch: None,
                leaving: false,
            }),
            ..Validator::default()
        });
        let centre = random.below(8) * random.below(8);
        let operator = if random.below(4) == 0 { format!("o{}", random.below(60)) } else { String::new() };
        csv += &format!("{vote},0.{},AS{centre},C{},{operator}\n", random.below(1_000), centre % 12);
    }
    (
        Facts { format: 1, epoch: EPOCH, pool: None, validators },
        Table::parse("scores.csv", None, csv.as_bytes()).unwrap(),
    )
}

fn selected(facts: &Facts, table: Table) -> Selection {
    let policy = Policy::parse(POLICY).unwrap_or_else(|problem| panic!("{problem}"));
    let inputs = Inputs { policy: &policy, policy_file: "policy.toml", facts, tables: &[table] };
    select(&inputs).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn chooses_among_all_validators_of_a_large_cluster() {
    let (facts, table) = cluster();
    let selection = selected(&facts, table);
    assert_eq!((selection.chosen.len(), selection.excluded.len()), (150, 1_840));
    assert_eq!(selection.sum_of_weights, 1_000_000);
    for reason in [Reason::Rule, Reason::Count] {
        assert!(selection.excluded.iter().any(|excluded| excluded.reason == reason), "{reason:?}");
    }
    assert!(selection.caps.iter().any(|cap| cap.limit == "data centre"), "{:?}", selection.caps);
    assert!(
        selection.excluded.iter().all(|excluded| !excluded.sentence.ends_with('.') && !excluded.sentence.is_empty())
    );
}
