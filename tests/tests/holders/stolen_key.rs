//! What a thief gets with the manager's key within an epoch, on a pool with limits and a notice.

use {
    crate::pools::{extended_with, next_epoch, pass_epoch, pay_rewards, set_limits, sol},
    solana_instruction::Instruction,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        instruction::{FeeType, FundingType, WeightEntry},
        state::{AnnouncementKind, Ceiling, DemotionPolicy, Limits, RebalancePolicy},
    },
    tidepool_tests::{extension::PoolKind, harness::Harness},
};

fn protected() -> Harness {
    let policy = RebalancePolicy { reserve_floor: sol(100).into(), ..RebalancePolicy::DEFAULT };
    let mut h = extended_with(|spec| (spec.epoch_fee, spec.kind) = (Fee::new(5, 100), PoolKind::Extended(policy)));
    set_limits(&mut h, |l| {
        let c = &mut l.ceilings;
        (c.epoch, c.sol_withdrawal, c.stake_withdrawal) = (Ceiling::new(500), Ceiling::new(0), Ceiling::new(0));
        (c.sol_deposit, c.stake_deposit) = (Ceiling::new(100), Ceiling::new(100));
        (l.notice_epochs, l.notice_seconds) = (2.into(), 86_400.into());
    });
    h
}

/// All that the key can sign.
fn attempts(h: &mut Harness, random: &mut fastrand::Rng) -> Vec<Instruction> {
    let (pool, thief) = (h.pool.clone(), h.attacker.wallet);
    let manager = pool.state.head.manager;
    let fee_account = pool.add_token_account(thief, 0, &mut h.vm);
    let mut any_fee = || Fee::new(random.u64(..=10_000), 10_000);
    let fees = [
        FeeType::Epoch(any_fee()),
        FeeType::SolDeposit(any_fee()),
        FeeType::StakeDeposit(any_fee()),
        FeeType::SolWithdrawal(Fee::new(1, 1_000)),
        FeeType::StakeWithdrawal(Fee::new(1, 1_000)),
        FeeType::SolReferral(100),
        FeeType::StakeReferral(100),
    ];
    let mut all: Vec<_> = fees.into_iter().map(|fee| pool.set_fee(fee)).collect();
    let mut signed_new_manager = pool.set_manager(thief, fee_account);
    signed_new_manager.accounts[2].is_signer = true;
    all.push(signed_new_manager);
    all.push(pool.set_staker(manager, thief));
    for kind in [FundingType::StakeDeposit, FundingType::SolDeposit, FundingType::SolWithdraw] {
        all.push(pool.set_funding(kind, Some(thief)));
        all.push(pool.set_funding(kind, None));
    }
    all.push(pool.set_policy(RebalancePolicy { reserve_share: 5_000.into(), ..RebalancePolicy::DEFAULT }));
    all.push(pool.set_policy(RebalancePolicy { validator_cap: 1.into(), ..RebalancePolicy::DEFAULT }));
    all.push(pool.set_demotion_policy(DemotionPolicy {
        inflation_commission: Ceiling::new(0),
        max_validators: u16::MAX.into(),
        max_stake: 10_000.into(),
        ..DemotionPolicy::NONE
    }));
    all.push(pool.set_limits(manager, Limits::NONE));
    all.push(pool.set_limits(manager, Limits { growth_charge: 1_000.into(), ..h.extension().limits }));
    all.push(pool.cancel_announcement(manager, AnnouncementKind::ALL[random.usize(..9)]));
    all
}

/// The thief signs everything in any order, and again in the same epoch. Holders lose no lamport of the pool, and none of the epoch's
/// rewards: the pool ends like an untouched one.
#[test]
fn stolen_manager_key_for_one_epoch() {
    let mut random = fastrand::Rng::with_seed(99);
    for _ in 0..40 {
        let run = |thief: Option<&mut fastrand::Rng>| {
            let mut h = protected();
            next_epoch(&mut h, 300);
            let mut staker_is_thief = None;
            if let Some(random) = thief {
                for _ in 0..3 {
                    let mut all = attempts(&mut h, random);
                    random.shuffle(&mut all);
                    for instruction in all {
                        let _ = h.vm.process(&instruction);
                    }
                    h.succeed(&h.rebalance(&[0, 1, 2]));
                }
                staker_is_thief = Some(h.state().head.staker == h.attacker.wallet);
                // As if the key were the staker's, too.
                let weight = [WeightEntry::new(0, &h.vote(0), 30_000)];
                let mut pool = h.pool.clone();
                pool.state.head.staker = h.attacker.wallet;
                assert!(!h.vm.simulate(&pool.set_weights(&weight)).is_ok());
            } else {
                h.succeed(&h.rebalance(&[0, 1, 2]));
            }
            pass_epoch(&mut h);
            pay_rewards(&mut h, 300);
            h.crank();
            assert_ne!(staker_is_thief, Some(true));
            let head = h.state().head;
            let records: Vec<_> = h.records().iter().map(|record| record.stake_lamports().unwrap()).collect();
            let out = tidepool_tests::accounts::add_empty_stake(&mut h.vm);
            let wallet = h.lamports(&h.holder.wallet);
            h.succeed(&h.pool.withdraw_stake(h.holder, h.stake(0), out, sol(10), None));
            h.succeed(&h.pool.withdraw_sol(h.holder, None, sol(10), None));
            (
                head.total_lamports.get(),
                head.pool_token_supply.get(),
                records,
                h.lamports(&out),
                h.lamports(&h.holder.wallet) - wallet,
            )
        };
        let untouched = run(None);
        assert_eq!(run(Some(&mut random)), untouched);
    }
}

/// Without limits and notice the same key takes the next rewards and closes the exits: what the test above would miss.
#[test]
fn without_limits_the_key_takes_over() {
    let mut h = extended_with(|spec| spec.epoch_fee = Fee::new(5, 100));
    let mut random = fastrand::Rng::with_seed(1);
    for instruction in attempts(&mut h, &mut random) {
        let _ = h.vm.process(&instruction);
    }
    assert!(h.state().head.staker == h.attacker.wallet || h.state().head.manager == h.attacker.wallet);
}
