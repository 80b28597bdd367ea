//! Changes that have to be announced: made only after the notice, only once, only with the announced value, and never on a holder unaware.

use {
    crate::pools::{EPOCH_SECONDS, demotion, extended, next_epoch, pass_epoch, set_limits, sol},
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError::{NoAnnouncement, NoticeNotOver, WrongGuardian},
        StakePoolError::{InvalidSolDepositAuthority, SignatureMissing},
        event::Event,
        instruction::{FeeType, FundingType},
        state::{AnnouncementKind, RebalancePolicy},
    },
    tidepool_tests::{accounts::add_wallet, harness::Harness, instructions::unsigned},
};

/// A pool with a notice of two epochs and three days.
fn with_notice() -> Harness {
    let mut h = extended();
    set_limits(&mut h, |l| (l.notice_epochs.set(2), l.notice_seconds.set(3 * 86_400)).1);
    h
}

/// What tells whether a change has been made.
type Terms = (Vec<u8>, RebalancePolicy, tidepool_interface::state::DemotionPolicy);

fn terms(h: &Harness) -> Terms {
    let extension = h.extension();
    let data = h.vm.account(&h.pool.pool).data;
    (data[..tidepool_interface::state::POOL_MAX_LENGTH].to_vec(), extension.policy, extension.demotion)
}

/// A change of each kind, and another value of the same kind.
fn changes(h: &mut Harness) -> Vec<(AnnouncementKind, Instruction, Instruction)> {
    let [one, other] = [0; 2].map(|_| add_wallet(sol(1), &mut h.vm));
    let fee_accounts = [one, other].map(|owner| h.pool.add_token_account(owner, 0, &mut h.vm));
    let policy = |share: u16| RebalancePolicy { reserve_share: share.into(), ..RebalancePolicy::DEFAULT };
    let fee = |numerator| Fee::new(numerator, 1_000);
    let funding = |kind, key: Address| h.pool.set_funding(kind, Some(key));
    let manager = h.pool.state.head.manager;
    use AnnouncementKind as Kind;
    vec![
        (Kind::Manager, h.pool.set_manager(one, fee_accounts[0]), h.pool.set_manager(one, fee_accounts[1])),
        (Kind::Staker, h.pool.set_staker(manager, one), h.pool.set_staker(manager, other)),
        (
            Kind::StakeDepositAuthority,
            funding(FundingType::StakeDeposit, one),
            funding(FundingType::StakeDeposit, other),
        ),
        (Kind::SolDepositAuthority, funding(FundingType::SolDeposit, one), funding(FundingType::SolDeposit, other)),
        (Kind::SolWithdrawAuthority, funding(FundingType::SolWithdraw, one), funding(FundingType::SolWithdraw, other)),
        (Kind::SolDepositFee, h.pool.set_fee(FeeType::SolDeposit(fee(1))), h.pool.set_fee(FeeType::SolDeposit(fee(2)))),
        (
            Kind::StakeDepositFee,
            h.pool.set_fee(FeeType::StakeDeposit(fee(1))),
            h.pool.set_fee(FeeType::StakeDeposit(fee(2))),
        ),
        (Kind::RebalancePolicy, h.pool.set_policy(policy(1)), h.pool.set_policy(policy(2))),
        (
            Kind::DemotionPolicy,
            h.pool.set_demotion_policy(demotion(|p| p.requires_bls_key = 1)),
            h.pool.set_demotion_policy(demotion(|p| p.epochs_without_credits = 2)),
        ),
    ]
}

#[test]
fn a_change_of_each_kind_waits_for_its_notice() {
    for index in 0..AnnouncementKind::ALL.len() {
        let mut h = with_notice();
        let (kind, change, _) = changes(&mut h).remove(index);
        let before = terms(&h);
        let outcome = h.succeed(&change);
        assert!(outcome.logs.iter().any(|line| line.contains("Announced, not made")), "{kind:?}: {:#?}", outcome.logs);
        assert_eq!(terms(&h), before, "{kind:?} was made at once");
        assert_eq!(h.extension().announcements.pending().map(|(kind, _)| kind).collect::<Vec<_>>(), [kind]);
        for _ in 0..2 {
            h.refused(&change, NoticeNotOver as u32);
            next_epoch(&mut h, 0);
        }
        let before = terms(&h);
        // Epochs and seconds have passed: four days.
        h.succeed(&change);
        assert_ne!(terms(&h), before, "{kind:?} was not made");
        assert_eq!(h.extension().announcements.pending().count(), 0);
    }
}

#[test]
fn both_epochs_and_seconds_have_to_pass() {
    let mut h = with_notice();
    let (_, change, _) = changes(&mut h).remove(0);
    h.succeed(&change);
    // Epochs of a day: two of them are less than three days.
    for _ in 0..2 {
        h.vm.mollusk.sysvars.clock.unix_timestamp += 86_400;
        h.turn_epoch();
        h.refused(&change, NoticeNotOver as u32);
    }
    h.vm.mollusk.sysvars.clock.unix_timestamp += 86_400 - 1;
    h.refused(&change, NoticeNotOver as u32);
    h.vm.mollusk.sysvars.clock.unix_timestamp += 1;
    h.succeed(&change);

    // Seconds alone are not enough.
    let mut h = with_notice();
    let (_, change, _) = changes(&mut h).remove(0);
    h.succeed(&change);
    h.vm.mollusk.sysvars.clock.unix_timestamp += 10 * EPOCH_SECONDS;
    h.turn_epoch();
    h.refused(&change, NoticeNotOver as u32);
}

/// A notice that was used does not serve again, and one that was given for a value does not serve another.
#[test]
fn announcement_replay() {
    for index in 0..AnnouncementKind::ALL.len() {
        let mut h = with_notice();
        let (kind, change, other) = changes(&mut h).remove(index);
        h.succeed(&change);
        next_epoch(&mut h, 0);
        // Another value takes its place, and its notice begins now.
        h.succeed(&other);
        next_epoch(&mut h, 0);
        h.refused(&other, NoticeNotOver as u32);
        let before = terms(&h);
        h.succeed(&change);
        assert_eq!(terms(&h), before, "{kind:?}: the first value's notice was given up");
        for _ in 0..2 {
            next_epoch(&mut h, 0);
        }
        h.succeed(&change);
        if kind == AnnouncementKind::Manager {
            continue;
        }
        // The same change again, and back: each is announced anew.
        let made = terms(&h);
        h.succeed(&other);
        assert_eq!(terms(&h), made, "{kind:?} was changed without a notice");
    }
}

#[test]
fn the_manager_or_the_guardian_cancels() {
    let guardian_of = |h: &mut Harness| {
        let guardian = add_wallet(sol(1), &mut h.vm);
        set_limits(h, |l| l.guardian = guardian);
        guardian
    };
    for index in 0..AnnouncementKind::ALL.len() {
        let mut h = with_notice();
        let guardian = guardian_of(&mut h);
        let (kind, change, _) = changes(&mut h).remove(index);
        let head = h.pool.state.head;
        for canceller in [guardian, head.manager] {
            h.succeed(&change);
            for stranger in [h.attacker.wallet, head.staker, h.pool.withdraw_authority] {
                h.refused(&h.pool.cancel_announcement(stranger, kind), WrongGuardian as u32);
            }
            let cancel = h.pool.cancel_announcement(canceller, kind);
            h.refused(&unsigned(&cancel, &canceller), SignatureMissing as u32);
            let other = AnnouncementKind::ALL[(index + 1) % AnnouncementKind::ALL.len()];
            h.refused(&h.pool.cancel_announcement(canceller, other), NoAnnouncement as u32);
            h.succeed(&cancel);
            h.refused(&cancel, NoAnnouncement as u32);
            for _ in 0..3 {
                next_epoch(&mut h, 0);
            }
            // As if it had never been announced.
            let before = terms(&h);
            h.succeed(&change);
            assert_eq!(terms(&h), before);
            h.succeed(&cancel);
        }
    }
}

/// A notice is a wait for what harms holders, and no lock on the rest.
#[test]
fn what_needs_no_notice_is_made_at_once() {
    let mut h = with_notice();
    let head = h.pool.state.head;
    // Lower fees on deposits, fees with a delay of their own, and the staker's own place.
    h.edit_extension(|extension| extension.limits.notice_epochs.set(0));
    h.edit_extension(|extension| extension.limits.notice_seconds.set(0));
    h.succeed(&h.pool.set_fee(FeeType::SolDeposit(Fee::new(2, 1_000))));
    h.edit_extension(|extension| extension.limits.notice_epochs.set(2));
    for fee in [
        FeeType::SolDeposit(Fee::new(1, 1_000)),
        FeeType::Epoch(Fee::new(1, 10)),
        FeeType::SolWithdrawal(Fee::new(1, 1_000)),
        FeeType::StakeWithdrawal(Fee::new(1, 1_000)),
        FeeType::SolReferral(50),
        FeeType::StakeReferral(50),
    ] {
        h.succeed(&h.pool.set_fee(fee));
    }
    assert_eq!(h.state().terms.sol_deposit_fee, Fee::new(1, 1_000));
    let staker = add_wallet(sol(1), &mut h.vm);
    h.succeed(&h.pool.set_staker(head.staker, staker));
    assert_eq!(h.state().head.staker, staker);
    assert_eq!(h.extension().announcements.pending().count(), 0);
}

/// Deposits can be stopped at once where the pool has opted for it; they are opened again, and exits are never closed, without notice.
#[test]
fn a_pool_can_opt_to_close_deposits_at_once() {
    let mut h = extended();
    set_limits(&mut h, |l| (l.closing_needs_no_notice = 1, l.notice_epochs.set(2)).1);
    let key = add_wallet(sol(1), &mut h.vm);
    h.succeed(&h.pool.set_funding(FundingType::SolDeposit, Some(key)));
    h.refused(
        &h.pool.deposit_sol(h.holder.wallet, h.to, Some(h.holder.wallet), sol(1), None),
        InvalidSolDepositAuthority as u32,
    );
    h.succeed(&h.pool.set_funding(FundingType::StakeDeposit, Some(key)));
    assert_eq!(h.state().head.stake_deposit_authority, key);
    // Opening takes the notice, and so does what closes SOL withdrawals.
    for (kind, new) in
        [(FundingType::SolDeposit, None), (FundingType::StakeDeposit, None), (FundingType::SolWithdraw, Some(key))]
    {
        let before = terms(&h);
        h.succeed(&h.pool.set_funding(kind, new));
        assert_eq!(terms(&h), before);
    }
}

/// The events tell what was announced, from when, and what became of it.
#[test]
fn events_tell_of_each_step() {
    let mut h = with_notice();
    let guardian = add_wallet(sol(1), &mut h.vm);
    set_limits(&mut h, |l| l.guardian = guardian);
    let (kind, change, _) = changes(&mut h).remove(1);
    let steps = |outcome: &tidepool_tests::vm::Outcome| {
        let events = tidepool_tests::extension::events::decode(&outcome.logs);
        events
            .into_iter()
            .filter_map(|event| match event {
                Event::Announcement(event) => Some((event.kind, event.step, event.announcement.from_epoch.get())),
                _ => None,
            })
            .collect::<Vec<_>>()
    };
    let from = h.epoch() + 2;
    assert_eq!(steps(&h.succeed(&change)), [(kind as u8, 0, from)]);
    assert_eq!(steps(&h.succeed(&h.pool.cancel_announcement(guardian, kind))), [(kind as u8, 2, from)]);
    assert_eq!(steps(&h.succeed(&change)), [(kind as u8, 0, from)]);
    for _ in 0..2 {
        pass_epoch(&mut h);
    }
    assert_eq!(steps(&h.succeed(&change)), [(kind as u8, 1, from)]);
}
