use super::*;
use crate::announcement::{AnnouncedChange, Effect};
use tidepool_interface::{
    ExtensionError,
    instruction::ExtensionInstruction,
    state::{AnnouncementKind, Ceiling, FeeCeilings, Limits, RebalancePolicy},
};

const GUARDIAN: Address = Address::new_from_array([212; 32]);

fn limited() -> Fixture {
    let limits = Limits {
        ceilings: FeeCeilings { epoch: Ceiling::new(1_500), sol_deposit: Ceiling::new(100), ..FeeCeilings::default() },
        supply_floor: SOL.into(),
        notice_epochs: 2.into(),
        notice_seconds: 3_600.into(),
        growth_charge: 100.into(),
        rate_guard_up: 500.into(),
        guard_epochs: 2,
        guardian: GUARDIAN,
        ..Limits::NONE
    };
    Fixture { limits, ..Fixture::extended(vec![]) }
}

fn refused<T: std::fmt::Debug>(result: Result<T, PlanError>, error: ExtensionError, part: &str) {
    let found = result.unwrap_err();
    assert_eq!(found.extension_error(), Some(error), "{found}");
    assert!(found.to_string().contains(part), "{found} does not say {part}");
}

#[test]
fn limits_that_are_not_named_stay() {
    let snapshot = limited().snapshot();
    let changes = LimitChanges { supply_floor: Some(2 * SOL), sol_withdrawal_fee: Some(0), ..LimitChanges::default() };
    let group = set_limits(&snapshot, &MANAGER, &changes).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([MANAGER]));
    let old = snapshot.limits();
    let ceilings = FeeCeilings { sol_withdrawal: Ceiling::new(0), ..old.ceilings };
    let limits = Limits { ceilings, supply_floor: (2 * SOL).into(), ..old };
    let decoded = ExtensionInstruction::decode(&group.instructions[0].data);
    assert_eq!(decoded, Ok(ExtensionInstruction::SetLimits { limits }));
    refused(set_limits(&one_validator().snapshot(), &MANAGER, &changes), ExtensionError::NotExtended, "no extension");
}

#[test]
fn looser_limit_is_named_with_both_values() {
    let snapshot = limited().snapshot();
    let keep = LimitChanges::default();
    for (changes, part) in [
        (
            LimitChanges { epoch_fee: Some(1_501), ..keep },
            "ceiling of the fee on rewards is 1500 basis points and cannot be raised to 1501 basis points",
        ),
        (
            LimitChanges { supply_floor: Some(0), ..keep },
            "supply floor is 1.000000000 pool tokens and cannot be lowered to 0.000000000 pool tokens",
        ),
        (LimitChanges { notice_epochs: Some(1), ..keep }, "notice is 2 epochs and cannot be lowered to 1 epochs"),
        (LimitChanges { notice_seconds: Some(1), ..keep }, "notice is 3600 seconds and cannot be lowered to 1 seconds"),
        (LimitChanges { growth_charge: Some(99), ..keep }, "growth charge is 100 hundredths"),
        (LimitChanges { rate_guard_up: Some(501), ..keep }, "rate guard (rise) is 500 basis points"),
        (LimitChanges { guard_epochs: Some(1), ..keep }, "halt by the rate guard is 2 epochs"),
        (LimitChanges { closing_needs_no_notice: Some(true), ..keep }, "only while the pool has no notice"),
    ] {
        refused(set_limits(&snapshot, &MANAGER, &changes), ExtensionError::LimitLoosened, part);
    }
    // The other way, each of them is accepted.
    let tighter = LimitChanges {
        epoch_fee: Some(1_000),
        supply_floor: Some(2 * SOL),
        notice_epochs: Some(3),
        notice_seconds: Some(7_200),
        growth_charge: Some(200),
        rate_guard_up: Some(100),
        rate_guard_down: Some(100),
        guard_epochs: Some(5),
        closing_needs_no_notice: Some(false),
        ..keep
    };
    assert!(set_limits(&snapshot, &MANAGER, &tighter).is_ok());
}

#[test]
fn limit_out_of_range_is_named_with_its_range() {
    let mut fixture = limited();
    fixture.limits = Limits::NONE;
    let snapshot = fixture.snapshot();
    let keep = LimitChanges::default();
    for (changes, part) in [
        (
            LimitChanges { stake_deposit_fee: Some(10_001), ..keep },
            "stake deposits is 10001 basis points: use at most 10000",
        ),
        (LimitChanges { supply_floor: Some(1_001 * SOL), ..keep }, "use at most 1000.000000000 pool tokens"),
        (LimitChanges { notice_epochs: Some(61), ..keep }, "notice is 61 epochs: use at most 60"),
        (LimitChanges { notice_seconds: Some(7_776_001), ..keep }, "7776001 seconds: use at most 7776000"),
        (LimitChanges { growth_charge: Some(1_001), ..keep }, "use at most 1000"),
        (
            LimitChanges { rate_guard_down: Some(99), guard_epochs: Some(1), ..keep },
            "rate guard (fall) is 99 basis points",
        ),
        (LimitChanges { rate_guard_down: Some(100), guard_epochs: Some(6), ..keep }, "6 epochs: use at most 5"),
        (LimitChanges { rate_guard_up: Some(100), ..keep }, "no length: halt for 1 to 5 epochs"),
        (LimitChanges { guard_epochs: Some(1), ..keep }, "a length and no bound"),
    ] {
        refused(set_limits(&snapshot, &MANAGER, &changes), ExtensionError::InvalidLimit, part);
    }
}

#[test]
fn ceiling_below_a_fee_is_rejected() {
    let mut fixture = limited();
    fixture.limits = Limits::NONE;
    fixture.terms.next_sol_withdrawal_fee = tidepool_core::maths::FutureEpoch::Two(Fee::new(2, 100));
    let snapshot = fixture.snapshot();
    let above = ExtensionError::FeeAboveCeiling;
    let set = |changes| set_limits(&snapshot, &MANAGER, &changes);
    // The fixture's fee on rewards is 10 %.
    refused(
        set(LimitChanges { epoch_fee: Some(999), ..LimitChanges::default() }),
        above,
        "999 basis points while a fee of 1/10",
    );
    assert!(set(LimitChanges { epoch_fee: Some(1_000), ..LimitChanges::default() }).is_ok());
    refused(
        set(LimitChanges { sol_withdrawal_fee: Some(199), ..LimitChanges::default() }),
        above,
        "2/100 is in force or pending",
    );
}

#[test]
fn guardian_hands_over_its_place_and_nothing_else() {
    let snapshot = limited().snapshot();
    let hand_over = LimitChanges { guardian: Some(OTHER), ..LimitChanges::default() };
    let group = set_limits(&snapshot, &GUARDIAN, &hand_over).unwrap();
    assert_eq!(signers(&group), BTreeSet::from([GUARDIAN]));
    refused(set_limits(&snapshot, &MANAGER, &hand_over), ExtensionError::WrongGuardian, "sign as the guardian");
    let more = LimitChanges { supply_floor: Some(2 * SOL), ..hand_over };
    refused(set_limits(&snapshot, &GUARDIAN, &more), ExtensionError::LimitLoosened, "can only hand over its place");
    assert_eq!(code(set_limits(&snapshot, &USER, &hand_over)), StakePoolError::WrongManager);
    let mut unguarded = limited();
    unguarded.limits.guardian = Address::default();
    assert!(set_limits(&unguarded.snapshot(), &MANAGER, &hand_over).is_ok());
}

#[test]
fn changes_are_announced_under_a_notice() {
    let mut fixture = limited();
    let announces = Effect::Announces { from_epoch: EPOCH + 2, from_timestamp: 3_600 };
    let fees_to = TokenReceiver::Account(FEE_ACCOUNT);
    let fee = FeeType::SolDeposit(Fee::new(1, 1_000));
    let policy = RebalancePolicy { reserve_share: 100.into(), ..RebalancePolicy::DEFAULT };
    let calls = |snapshot: &PoolSnapshot| {
        [
            set_manager(snapshot, &USER, &OTHER, &fees_to),
            set_staker(snapshot, &MANAGER, &OTHER),
            set_funding_authority(snapshot, FundingType::StakeDeposit, Some(OTHER)),
            set_funding_authority(snapshot, FundingType::SolDeposit, Some(OTHER)),
            set_funding_authority(snapshot, FundingType::SolWithdraw, Some(OTHER)),
            set_fee(snapshot, fee),
            set_fee(snapshot, FeeType::StakeDeposit(Fee::new(1, 1_000))),
            set_rebalance_policy(snapshot, &policy),
        ]
    };
    for group in calls(&fixture.snapshot()) {
        let group = group.unwrap();
        assert_eq!(group.effect(), announces, "{}", group.label);
        assert!(group.label.starts_with("announce: "), "{}", group.label);
    }
    for change in [
        AnnouncedChange::Manager { manager: OTHER, fee_account: FEE_ACCOUNT },
        AnnouncedChange::Staker(OTHER),
        AnnouncedChange::FundingAuthority(FundingType::StakeDeposit, Some(OTHER)),
        AnnouncedChange::FundingAuthority(FundingType::SolDeposit, Some(OTHER)),
        AnnouncedChange::FundingAuthority(FundingType::SolWithdraw, Some(OTHER)),
        AnnouncedChange::SolDepositFee(Fee::new(1, 1_000)),
        AnnouncedChange::StakeDepositFee(Fee::new(1, 1_000)),
        AnnouncedChange::RebalancePolicy(policy),
    ] {
        fixture.announce(&change, EPOCH + 2, 3_600);
    }
    for group in calls(&fixture.snapshot()) {
        refused(group, ExtensionError::NoticeNotOver, "2 epochs and 1 h 0 min from now");
    }
    let mut later = fixture.snapshot();
    let clock = &mut later.environment_mut().clock;
    (clock.epoch, clock.unix_timestamp) = (EPOCH + 2, 3_600);
    for group in calls(&later) {
        assert_eq!(group.unwrap().effect(), Effect::Makes);
    }
}

#[test]
fn changes_that_harm_no_holder_need_no_announcement() {
    let mut fixture = limited();
    fixture.terms.sol_deposit_fee = Fee::new(1, 100);
    let snapshot = fixture.snapshot();
    for group in [
        set_staker(&snapshot, &STAKER, &OTHER),
        set_fee(&snapshot, FeeType::SolDeposit(Fee::new(1, 200))),
        set_fee(&snapshot, FeeType::Epoch(Fee::new(11, 100))),
        set_fee(&snapshot, FeeType::SolReferral(50)),
        set_rebalance_policy(&snapshot, &RebalancePolicy::DEFAULT),
    ] {
        assert_eq!(group.unwrap().effect(), Effect::Makes);
    }
    let close = |fixture: &Fixture, funding, authority| {
        set_funding_authority(&fixture.snapshot(), funding, authority).unwrap().effect() == Effect::Makes
    };
    assert!(!close(&fixture, FundingType::SolDeposit, Some(OTHER)));
    fixture.limits.closing_needs_no_notice = 1;
    assert!(
        close(&fixture, FundingType::SolDeposit, Some(OTHER))
            && close(&fixture, FundingType::StakeDeposit, Some(OTHER))
    );
    // To open them again, or to close withdrawals, takes the notice.
    assert!(!close(&fixture, FundingType::SolDeposit, None) && !close(&fixture, FundingType::SolWithdraw, Some(OTHER)));
}

#[test]
fn fee_above_ceiling_is_rejected_with_the_ceiling() {
    let snapshot = limited().snapshot();
    let set = |fee| set_fee(&snapshot, fee);
    let above = ExtensionError::FeeAboveCeiling;
    refused(set(FeeType::Epoch(Fee::new(16, 100))), above, "fee on rewards cannot become 16/100: its ceiling is 1500");
    refused(set(FeeType::SolDeposit(Fee::new(2, 100))), above, "its ceiling is 100 basis points");
    assert!(set(FeeType::Epoch(Fee::new(15, 100))).is_ok());
    assert!(set(FeeType::StakeDeposit(Fee::new(50, 100))).is_ok(), "it has no ceiling");
}

#[test]
fn announcement_is_withdrawn_by_manager_or_guardian() {
    let mut fixture = limited();
    let kind = AnnouncementKind::Staker;
    refused(
        cancel_announcement(&fixture.snapshot(), &MANAGER, kind),
        ExtensionError::NoAnnouncement,
        "no announced change",
    );
    fixture.announce(&AnnouncedChange::Staker(OTHER), EPOCH + 2, 0);
    let snapshot = fixture.snapshot();
    for signer in [MANAGER, GUARDIAN] {
        let group = cancel_announcement(&snapshot, &signer, kind).unwrap();
        assert_eq!(signers(&group), BTreeSet::from([signer]));
        let decoded = ExtensionInstruction::decode(&group.instructions[0].data);
        assert_eq!(decoded, Ok(ExtensionInstruction::CancelAnnouncement { kind }));
    }
    refused(cancel_announcement(&snapshot, &STAKER, kind), ExtensionError::WrongGuardian, &GUARDIAN.to_string());
    let other = cancel_announcement(&snapshot, &MANAGER, AnnouncementKind::Manager);
    refused(other, ExtensionError::NoAnnouncement, "no announced change");
    assert!(snapshot.announcements().map(|(kind, _)| kind).eq([kind]));
}
