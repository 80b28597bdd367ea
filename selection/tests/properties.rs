//! What holds for every policy and every cluster.

use {
    proptest::prelude::*,
    solana_address::Address,
    std::collections::{BTreeMap, HashMap},
    tidepool_selection::{
        EpochCredits, Facts, InPool, Inputs, Policy, SelectError, Selection, Table, Validator, select, weights_file,
    },
};

/// A policy as its settings, so that tests know the limits.
#[derive(Clone, Debug)]
struct Settings {
    count: Option<usize>,
    minimum_bps: u32,
    maximum_bps: Option<u32>,
    centre_bps: u32,
    country_bps: Option<u32>,
    centre_count: Option<usize>,
    margin_bps: u32,
    formula: &'static str,
}

#[derive(Clone, Debug)]
struct Row {
    stake_sol: u32,
    commission: u16,
    centre: u8,
    country: u8,
    weight: Option<u16>,
    demoted: bool,
}

const FORMULAS: [&str; 4] =
    ["1", "stake_sol", "sqrt(stake_sol) * (1 - commission_bps / 20000)", "rank_value * rank_value"];

fn percent(bps: u32) -> String {
    format!("{}.{:02}%", bps / 100, bps % 100)
}

impl Settings {
    fn text(&self) -> String {
        let number =
            |name: &str, value: Option<usize>| value.map_or(String::new(), |value| format!("{name} = {value}\n"));
        let share =
            |name: &str, bps: Option<u32>| bps.map_or(String::new(), |bps| format!("{name} = \"{}\"\n", percent(bps)));
        let mut text =
            "[[rule]]\nname = \"commission\"\nkeep = \"commission_bps <= 800\"\nmembers = \"commission_bps <= 900\"\n"
                .to_owned();
        text += "[rank]\nformula = \"stake_sol * (1 - commission_bps / 10000)\"\n";
        text += &format!("[count]\n{}", number("maximum", self.count));
        text += &format!("[weight]\nformula = \"{}\"\n{}", self.formula, share("minimum", Some(self.minimum_bps)));
        text += &share("maximum", self.maximum_bps);
        text += &format!("[hysteresis]\nmargin = \"{}\"\n", percent(self.margin_bps));
        text += &format!("[[group]]\nname = \"centre\"\nby = \"centre\"\nmaximum = \"{}\"\n", percent(self.centre_bps));
        text += &number("maximum_count", self.centre_count);
        if let Some(bps) = self.country_bps {
            text += &format!("[[group]]\nname = \"country\"\nby = \"country\"\nmaximum = \"{}\"\n", percent(bps));
        }
        text
    }
}

fn address(index: usize) -> Address {
    let mut bytes = [9; 32];
    bytes[..8].copy_from_slice(&(index as u64 + 1).to_be_bytes());
    Address::new_from_array(bytes)
}

fn settings() -> impl Strategy<Value = Settings> {
    let count = prop::option::of(1_usize..40);
    let bounds = (0_u32..200, prop::option::of(300_u32..10_000));
    let caps = (1_000_u32..10_000, prop::option::of(1_500_u32..10_000), prop::option::of(1_usize..6));
    (count, bounds, caps, 0_u32..1_000, prop::sample::select(FORMULAS.to_vec())).prop_map(
        |(count, (minimum_bps, maximum_bps), (centre_bps, country_bps, centre_count), margin_bps, formula)| Settings {
            count,
            minimum_bps,
            maximum_bps,
            centre_bps,
            country_bps,
            centre_count,
            margin_bps,
            formula,
        },
    )
}

fn row() -> impl Strategy<Value = Row> {
    let stake = prop_oneof![1_u32..100, 1_u32..1_000_000];
    let weight = prop::option::of(prop_oneof![Just(0_u16), 1_u16..32_000]);
    (stake, 0_u16..1_000, 0_u8..20, 0_u8..6, weight, prop::bool::weighted(0.05)).prop_map(
        |(stake_sol, commission, centre, country, weight, demoted)| Row {
            stake_sol,
            commission,
            centre,
            country,
            weight,
            demoted,
        },
    )
}

fn facts(rows: &[Row]) -> Facts {
    let validator = |(index, row): (usize, &Row)| Validator {
        vote: address(index),
        commission_bps: Some(row.commission),
        stake_lamports: Some(u64::from(row.stake_sol) * 1_000_000_000),
        credits: vec![EpochCredits(4, 10)],
        in_pool: row.weight.map(|weight| InPool {
            weight,
            stake_lamports: 0,
            demoted_in_epoch: (row.demoted && weight == 0).then_some(3),
            leaving: false,
        }),
        ..Validator::default()
    };
    Facts { format: 1, epoch: 5, pool: None, validators: rows.iter().enumerate().map(validator).collect() }
}

fn table(rows: &[Row]) -> Table {
    let line = |(index, row): (usize, &Row)| format!("{},c{},{}\n", address(index), row.centre, row.country);
    let lines: String = rows.iter().enumerate().map(line).collect();
    Table::parse("data.csv", None, format!("vote,centre,country\n{lines}").as_bytes()).expect("a table")
}

fn run(settings: &Settings, facts: &Facts, rows: &[Row]) -> Result<Selection, SelectError> {
    let policy = Policy::parse(&settings.text()).unwrap_or_else(|problem| panic!("{}: {problem}", settings.text()));
    select(&Inputs { policy: &policy, policy_file: "policy.toml", facts, tables: &[table(rows)] })
}

fn row_of(vote: &Address) -> usize {
    usize::try_from(u64::from_be_bytes(vote.to_bytes()[..8].try_into().expect("eight bytes"))).expect("small") - 1
}

/// Checks every limit in whole numbers.
fn check(settings: &Settings, selection: &Selection, rows: &[Row]) {
    let sum = selection.sum_of_weights;
    let within = |weight: u64, bps: u32| weight * 10_000 <= sum * u64::from(bps);
    let mut centres: BTreeMap<u8, (u64, usize)> = BTreeMap::new();
    let mut countries: BTreeMap<u8, u64> = BTreeMap::new();
    assert_eq!(selection.chosen.iter().map(|chosen| u64::from(chosen.weight)).sum::<u64>(), sum);
    assert!(sum.is_multiple_of(10_000) && (10_000..=1_000_000).contains(&sum));
    assert!(selection.chosen.windows(2).all(|pair| pair[0].vote.to_string() < pair[1].vote.to_string()));
    assert_eq!(selection.chosen.len() + selection.excluded.len(), rows.len());
    for chosen in &selection.chosen {
        let (row, weight) = (&rows[row_of(&chosen.vote)], u64::from(chosen.weight));
        assert!((1..=32_767).contains(&weight));
        assert!(weight * 10_000 >= sum * u64::from(settings.minimum_bps));
        assert!(within(weight, settings.maximum_bps.unwrap_or(10_000)));
        assert!(!row.demoted || row.weight != Some(0));
        let centre = centres.entry(row.centre).or_default();
        *centre = (centre.0 + weight, centre.1 + 1);
        *countries.entry(row.country).or_default() += weight;
    }
    assert!(selection.chosen.len() <= settings.count.unwrap_or(usize::MAX));
    for (weight, count) in centres.values() {
        assert!(within(*weight, settings.centre_bps) && *count <= settings.centre_count.unwrap_or(usize::MAX));
    }
    assert!(countries.values().all(|weight| within(*weight, settings.country_bps.unwrap_or(10_000))));
}

/// The facts after the selection has become the pool's weights. New validators have been added.
fn applied(facts: &Facts, selection: &Selection) -> Facts {
    let weights: HashMap<Address, u16> = selection.chosen.iter().map(|chosen| (chosen.vote, chosen.weight)).collect();
    let mut after = facts.clone();
    for validator in &mut after.validators {
        match (&mut validator.in_pool, weights.get(&validator.vote)) {
            (Some(place), weight) => place.weight = weight.copied().unwrap_or(0),
            (place, Some(weight)) => *place = Some(InPool { weight: *weight, ..InPool::default() }),
            _ => {}
        }
    }
    after
}

fn chosen(selection: &Selection) -> Vec<(Address, u16)> {
    selection.chosen.iter().map(|chosen| (chosen.vote, chosen.weight)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn limits_hold_after_rounding(settings in settings(), rows in prop::collection::vec(row(), 1..60)) {
        match run(&settings, &facts(&rows), &rows) {
            Ok(selection) => check(&settings, &selection, &rows),
            Err(SelectError::NoneLeft { read, excluded }) => prop_assert!(read == rows.len() && excluded == read),
            // Too few validators for the caps, said with the place.
            Err(error) => prop_assert!(error.to_string().starts_with("policy.toml, line "), "{}", error),
        }
    }

    #[test]
    fn a_second_selection_changes_nothing(settings in settings(), rows in prop::collection::vec(row(), 1..60)) {
        let facts = facts(&rows);
        if let Ok(first) = run(&settings, &facts, &rows) {
            let second = run(&settings, &applied(&facts, &first), &rows).expect("what was possible once");
            prop_assert_eq!(chosen(&first), chosen(&second));
        }
    }

    #[test]
    fn the_order_of_inputs_has_no_effect(
        settings in settings(),
        (rows, order) in prop::collection::vec(row(), 1..40)
            .prop_flat_map(|rows| (Just(rows.clone()), Just((0..rows.len()).collect::<Vec<_>>()).prop_shuffle())),
    ) {
        let facts = facts(&rows);
        let validators = order.iter().map(|index| facts.validators[*index].clone()).collect();
        let shuffled = Facts { validators, ..facts.clone() };
        let [first, second] = [&facts, &shuffled].map(|facts| run(&settings, facts, &rows));
        prop_assert_eq!(&first, &second);
        if let (Ok(first), Ok(second)) = (first, second) {
            prop_assert_eq!(weights_file(&first), weights_file(&second));
        }
    }

    /// A member leaves for a new validator only if that one is better by more than the margin.
    #[test]
    fn the_margin_bounds_replacements(settings in settings(), rows in prop::collection::vec(row(), 2..60)) {
        let settings = Settings { centre_count: None, ..settings };
        let Ok(selection) = run(&settings, &facts(&rows), &rows) else { return Ok(()) };
        let rank = |row: &Row| f64::from(row.stake_sol) * (1.0 - f64::from(row.commission) / 10_000.0);
        let has_weights = rows.iter().any(|row| row.weight.is_some_and(|weight| weight > 0));
        let is_member = |row: &Row| row.weight.is_some_and(|weight| weight > 0 || !has_weights);
        let entered: Vec<_> =
            selection.chosen.iter().map(|chosen| &rows[row_of(&chosen.vote)]).filter(|row| !is_member(row)).collect();
        let left = selection.excluded.iter().filter(|excluded| {
            excluded.reason == tidepool_selection::Reason::Count && is_member(&rows[row_of(&excluded.vote)])
        });
        for left in left {
            let left = rank(&rows[row_of(&left.vote)]);
            for entered in &entered {
                prop_assert!(rank(entered) > left + left * f64::from(settings.margin_bps) / 10_000.0);
            }
        }
    }

    #[test]
    fn files_of_facts_keep_everything(rows in prop::collection::vec(row(), 0..20)) {
        let mut facts = facts(&rows);
        facts.sort();
        let file = facts.to_file();
        prop_assert_eq!(Facts::parse(file.as_bytes()), Ok(facts));
    }

    #[test]
    fn no_text_is_a_panic(text in "[a-z0-9 ()\\[\\].,<>=+*/'\"-]{0,60}", bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let policy = format!("[[rule]]\nname = \"x\"\nkeep = '''{}'''\n", text.replace("'''", ""));
        if let Ok(policy) = Policy::parse(&policy) {
            let _ = select(&Inputs { policy: &policy, policy_file: "p", facts: &facts(&[]), tables: &[] });
        }
        let _ = (Policy::parse_bytes(&bytes), Facts::parse(&bytes), Table::parse("t", None, &bytes));
    }
}
