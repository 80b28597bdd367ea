mod validators;

use {
    super::*,
    crate::{
        announcement::{AnnouncedChange, Effect},
        pool::fixture::*,
        vote::{VoteAccount, VoteState},
    },
    solana_address::Address,
    std::collections::{BTreeSet, HashMap},
    tidepool_core::maths::{Fee, FutureEpoch},
    tidepool_interface::state::{Ceiling, FeeCeilings, Limits, RebalancePolicy, StakeStatus},
};

const NEW: Address = Address::new_from_array([200; 32]);
const PAYER: Address = Address::new_from_array([201; 32]);

fn live(fixture: &Fixture) -> Live {
    let state = VoteState {
        version: 4,
        node: PAYER,
        inflation_commission_bps: 0,
        block_revenue_commission_bps: None,
        has_bls_key: true,
        spare_lamports: 0,
        last_epoch_with_credits: None,
        credits: vec![],
    };
    let votes = (50..60).map(|index| (vote(index), VoteAccount::Open(state.clone())));
    Live {
        snapshot: fixture.snapshot(),
        metadata: LiveMetadata::NoProgram,
        ends_pause: true,
        votes: votes.collect(),
        seeds: HashMap::new(),
        fee_account: None,
    }
}

fn settings(wanted: &[(Setting, &str)]) -> Desired {
    let settings = wanted.iter().map(|(setting, text)| (*setting, Value::parse(setting.kind(), text).unwrap()));
    Desired { settings: settings.collect(), ..Desired::default() }
}

fn validators(weights: &[(usize, Option<u16>)]) -> Desired {
    let validators = weights.iter().map(|(index, weight)| (vote(*index), *weight)).collect();
    Desired { validators, ..Desired::default() }
}

fn planned(live: &Live, desired: &Desired) -> Result<Vec<Step>, Fault> {
    steps(live, &differences(live, desired)?, &PAYER, &[])
}

/// The kinds of the steps, and whether they can be sent.
fn kinds(steps: &[Step]) -> Vec<(StepKind, bool)> {
    steps.iter().map(|step| (step.kind, matches!(step.state, State::Ready { .. }))).collect()
}

fn three() -> Fixture {
    let validator = |weight| FixtureValidator::new(100 * SOL).with_weight(weight);
    Fixture { reserve: 50 * SOL, ..Fixture::extended(vec![validator(1), validator(2), validator(3)]) }
}

/// All that a pool has, as it is.
fn exported(live: &Live) -> Desired {
    let settings = Setting::ALL.iter().filter_map(|setting| Some((*setting, live.value(Part::Setting(*setting))?)));
    let validators =
        live.members().map(|record| (record.vote_account_address, Some(record.extension.weight()))).collect();
    Desired { settings: settings.collect(), validators, removes_others: true, ends_pause: false }
}

#[test]
fn a_pool_differs_in_nothing_from_itself() {
    let mut fixture = three();
    fixture.terms.next_epoch_fee = FutureEpoch::Two(Fee::new(2, 40));
    fixture.validators.push(FixtureValidator::new(SOL).with_status(StakeStatus::DeactivatingValidator));
    let live = live(&fixture);
    let desired = exported(&live);
    assert_eq!(desired.settings[&Setting::EpochFee], Value::Fee(Fee::new(1, 20)), "the pending one");
    assert_eq!(desired.validators.len(), 3, "without the one that leaves");
    assert_eq!(differences(&live, &desired), Ok(vec![]));
    let plain = self::live(&Fixture::of(vec![FixtureValidator::new(SOL)]));
    assert_eq!(differences(&plain, &exported(&plain)), Ok(vec![]));
}

#[test]
fn settings_become_steps_of_their_signers() {
    let live = live(&three());
    let desired = settings(&[
        (Setting::EpochFee, "8%"),
        (Setting::SolReferralFee, "50%"),
        (Setting::SolDepositAuthority, &NEW.to_string()),
        (Setting::TurnoverBudget, "10%"),
        (Setting::MaxCommission, "7%"),
        (Setting::NoticeEpochs, "2"),
        (Setting::Staker, &NEW.to_string()),
        (Setting::PreferredWithdraw, &vote(1).to_string()),
    ]);
    let steps = planned(&live, &desired).unwrap();
    assert_eq!(
        kinds(&steps),
        [
            (StepKind::Fee(Setting::EpochFee), true),
            (StepKind::Fee(Setting::SolReferralFee), true),
            (StepKind::FundingAuthority(Setting::SolDepositAuthority), true),
            (StepKind::DemotionPolicy, true),
            (StepKind::Policy, true),
            (StepKind::Preferred(Setting::PreferredWithdraw), true),
            (StepKind::Limits, true),
            (StepKind::Staker, true),
        ]
    );
    for step in &steps {
        let signer = if matches!(step.kind, StepKind::Preferred(_)) { STAKER } else { MANAGER };
        assert_eq!(step.signers, BTreeSet::from([signer]), "{:?}", step.kind);
        let State::Ready { plan, effect } = &step.state else { panic!("{:?}", step.kind) };
        assert_eq!(*effect, Effect::Makes);
        assert!(plan.groups().all(|group| group.signers() == step.signers), "{:?}", step.kind);
    }
    // The staker needs no notice.
    let differences = differences(&live, &desired).unwrap();
    let steps = super::steps(&live, &differences, &PAYER, &[STAKER]).unwrap();
    assert_eq!(steps.last().unwrap().signers, BTreeSet::from([STAKER]));
}

#[test]
fn changes_with_a_notice_are_announced_and_then_wait() {
    let mut fixture = three();
    fixture.limits = Limits { notice_epochs: 2.into(), ..Limits::NONE };
    let desired = settings(&[(Setting::Staker, &NEW.to_string()), (Setting::Threshold, "5")]);
    let steps = planned(&live(&fixture), &desired).unwrap();
    let announces = Effect::Announces { from_epoch: EPOCH + 2, from_timestamp: 0 };
    for step in &steps {
        assert!(matches!(&step.state, State::Ready { effect, .. } if *effect == announces), "{step:?}");
    }
    fixture.announce(&AnnouncedChange::Staker(NEW), EPOCH + 1, 60);
    let policy = RebalancePolicy { threshold: (5 * SOL).into(), ..RebalancePolicy::DEFAULT };
    fixture.announce(&AnnouncedChange::RebalancePolicy(policy), EPOCH, 0);
    let steps = planned(&live(&fixture), &desired).unwrap();
    assert!(matches!(&steps[0].state, State::Ready { effect: Effect::Makes, .. }), "its notice is over");
    assert_eq!(steps[1].state, State::Waits(Wait::Notice { from_epoch: EPOCH + 1, from_timestamp: 60 }));
}

#[test]
fn a_stale_pool_is_updated_first() {
    let fixture = Fixture { last_update_epoch: EPOCH - 1, ..three() };
    let live = live(&fixture);
    let mut desired = validators(&[(0, Some(9)), (1, None), (50, Some(1))]);
    desired.settings = settings(&[(Setting::EpochFee, "8%"), (Setting::SolDepositFee, "1%")]).settings;
    let steps = planned(&live, &desired).unwrap();
    let waits: Vec<_> = steps.iter().map(|step| step.state == State::Waits(Wait::Update)).collect();
    assert_eq!(
        kinds(&steps).into_iter().zip(waits).collect::<Vec<_>>(),
        [
            ((StepKind::Fee(Setting::EpochFee), false), true),
            ((StepKind::Fee(Setting::SolDepositFee), true), false),
            ((StepKind::AddValidators, false), true),
            ((StepKind::RemoveValidators, false), true),
            // It comes after those.
            ((StepKind::Weights, false), false),
        ]
    );
}

#[test]
fn a_fee_that_rises_too_much_is_refused_though_the_pool_is_stale() {
    let mut fixture = three();
    fixture.terms.sol_withdrawal_fee = Fee::new(1, 1_000);
    fixture.last_update_epoch = EPOCH - 1;
    let desired = settings(&[(Setting::SolWithdrawalFee, "2%")]);
    let fault = planned(&live(&fixture), &desired).unwrap_err();
    assert!(fault.to_string().contains("is 0.1 % and cannot become 2 %"), "{fault}");
    // An update brings another fee into force.
    fixture.terms.next_sol_withdrawal_fee = FutureEpoch::One(Fee::new(15, 1_000));
    assert_eq!(planned(&live(&fixture), &desired).unwrap()[0].state, State::Waits(Wait::Update));
}

#[test]
fn ceilings_wait_for_lower_fees() {
    let mut fixture = three();
    let ceiling = (Setting::MaxEpochFee, "8%");
    let steps = planned(&live(&fixture), &settings(&[(Setting::EpochFee, "5%"), ceiling])).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Fee(Setting::EpochFee), true), (StepKind::Limits, false)]);
    // It is pending: the ceiling waits for the epoch.
    fixture.terms.next_epoch_fee = FutureEpoch::Two(Fee::new(5, 100));
    let steps = planned(&live(&fixture), &settings(&[(Setting::EpochFee, "5%"), ceiling])).unwrap();
    assert!(
        matches!(&steps[..], [Step { state: State::Waits(Wait::Epoch { epoch, .. }), .. }] if *epoch == EPOCH + 2),
        "{steps:?}"
    );
    // No fee falls.
    fixture.terms.next_epoch_fee = FutureEpoch::None;
    let fault = planned(&live(&fixture), &settings(&[ceiling])).unwrap_err();
    assert_eq!(fault.part, Part::Setting(Setting::MaxEpochFee));
    assert!(fault.to_string().contains("while a fee of 1/10 is in force"), "{fault}");
}

#[test]
fn a_guardian_hands_over_its_place_itself() {
    let mut fixture = three();
    fixture.limits = Limits { guardian: NEW, ..Limits::NONE };
    let guardian = PAYER.to_string();
    let desired = settings(&[(Setting::Guardian, &guardian), (Setting::SupplyFloor, "5")]);
    let steps = planned(&live(&fixture), &desired).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Limits, true), (StepKind::Guardian, true)]);
    assert_eq!((&steps[0].signers, &steps[1].signers), (&BTreeSet::from([MANAGER]), &BTreeSet::from([NEW])));
    fixture.limits = Limits::NONE;
    let steps = planned(&live(&fixture), &desired).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Limits, true)]);
}

#[test]
fn impossible_settings_are_refused_with_their_part() {
    let mut fixture = three();
    fixture.limits = Limits {
        ceilings: FeeCeilings { epoch: Ceiling::new(1_500), ..FeeCeilings::default() },
        supply_floor: SOL.into(),
        ..Limits::NONE
    };
    let extended = live(&fixture);
    let plain = live(&Fixture::of(vec![]));
    for (live, setting, text, part) in [
        (&extended, Setting::EpochFee, "16%", "its ceiling is 1500 basis points"),
        (&extended, Setting::SolWithdrawalFee, "5%", "may rise by half of itself"),
        (&extended, Setting::MaxEpochFee, "none", "cannot be unset"),
        (&extended, Setting::SupplyFloor, "0.5", "cannot be lowered"),
        (&extended, Setting::ReserveShare, "51%", "use at most 5000"),
        (&extended, Setting::PreferredDeposit, &vote(9).to_string(), "not in the pool"),
        (&extended, Setting::FeeAccount, &NEW.to_string(), "does not exist"),
        (&extended, Setting::TokenName, "Tide", "metadata program"),
        (&plain, Setting::Threshold, "5", "no extension"),
    ] {
        let fault = planned(live, &settings(&[(setting, text)])).expect_err(text);
        assert_eq!(fault.part, Part::Setting(setting));
        assert!(fault.to_string().contains(part), "{fault}");
    }
    let mut desired = validators(&[(1, None)]);
    desired.settings = settings(&[(Setting::PreferredDeposit, &vote(1).to_string())]).settings;
    let fault = differences(&extended, &desired).unwrap_err();
    assert!(fault.to_string().contains("is to be removed"), "{fault}");
    let fault = planned(&extended, &validators(&[(77, Some(1))])).unwrap_err();
    assert_eq!(fault.part, Part::Validator(vote(77)));
}

#[test]
fn a_new_manager_signs_too_and_gets_an_account_for_fees() {
    let live = live(&three());
    let steps = planned(&live, &settings(&[(Setting::Manager, &NEW.to_string())])).unwrap();
    let [step] = steps.as_slice() else { panic!("{steps:?}") };
    assert_eq!(step.signers, BTreeSet::from([MANAGER, NEW]));
    assert_eq!(step.parts, [Setting::Manager, Setting::FeeAccount].map(Part::Setting));
    assert!(step.payer_lamports > 0);
}

#[test]
fn demoted_validators_wait_for_the_end_of_the_cooldown() {
    let mut fixture = three();
    fixture.demotion.cooldown_epochs = 3.into();
    fixture.validators[1] = FixtureValidator::new(100 * SOL).demoted_in(EPOCH - 1);
    let steps = planned(&live(&fixture), &validators(&[(0, Some(5)), (1, Some(2))])).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Weights, false), (StepKind::Weights, true)]);
    assert!(matches!(&steps[0].state, State::Waits(Wait::Epoch { epoch, .. }) if *epoch == EPOCH + 2));
}

#[test]
fn outlook_counts_what_moves() {
    let mut fixture = three();
    fixture.policy = Some(RebalancePolicy { turnover_budget: 1_000.into(), ..RebalancePolicy::DEFAULT });
    fixture.terms.last_epoch_total_lamports = 350 * SOL;
    let live = live(&fixture);
    let desired = validators(&[(0, Some(3)), (1, None), (50, Some(3))]);
    let outlook = outlook(&live, &differences(&live, &desired).unwrap()).unwrap();
    let each = live.snapshot.environment().minimum_stake_lamports();
    assert_eq!((outlook.added, outlook.added_lamports, outlook.removed), (1, each, 1));
    assert_eq!(outlook.removed_lamports, 100 * SOL + rent());
    // The new one gets about a third of 350 SOL, and the other two keep theirs.
    assert_eq!((outlook.above, outlook.below), (0, 3));
    assert!(outlook.below_lamports > 140 * SOL && outlook.below_lamports < 160 * SOL, "{outlook:?}");
    assert_eq!(outlook.budget, Some((350 * SOL + 3 * rent()) / 10));
    assert_eq!(outlook.epochs, 3);
    assert_eq!(super::outlook(&live, &[]), None);
}

#[test]
fn validators_pass_through_weight_0() {
    let difference = |before, after| Difference {
        part: Part::Validator(NEW),
        before: Value::Weight(before),
        after: Value::Weight(after),
    };
    let zero = Value::Weight(Some(0));
    assert!(difference(None, Some(3)).passes_through(&zero));
    assert!(difference(Some(3), None).passes_through(&zero));
    assert!(!difference(Some(3), Some(4)).passes_through(&zero), "it was demoted");
    for (before, after) in [(None, Some(3)), (Some(3), Some(4))] {
        let difference = difference(before, after);
        assert!(difference.passes_through(&difference.before) && difference.passes_through(&difference.after));
        assert!(!difference.passes_through(&Value::Weight(Some(9))));
    }
    let preferred = |index| Value::Choice(Some(vote(index)));
    let part = Part::Setting(Setting::PreferredDeposit);
    let difference = Difference { part, before: preferred(1), after: preferred(2) };
    assert!(difference.passes_through(&Value::Choice(None)), "the removal of the first unsets it");
    assert!(!difference.passes_through(&preferred(3)));
}

#[test]
fn a_pause_that_is_left_ends() {
    let paused = live(&Fixture { paused_until_slot: 100, ..three() });
    let same = validators(&[(0, Some(1)), (1, Some(2))]);
    let steps = planned(&paused, &same).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::EndPause, true)]);
    assert_eq!(steps[0].signers, BTreeSet::from([STAKER]));
    // Weights end it by themselves.
    let steps = planned(&paused, &validators(&[(0, Some(9))])).unwrap();
    assert_eq!(kinds(&steps), [(StepKind::Weights, true)]);
    assert_eq!(planned(&Live { ends_pause: false, ..paused }, &same), Ok(vec![]));
    assert_eq!(planned(&live(&three()), &same), Ok(vec![]));
}
