//! Over 400 lines: one history, its operations and the checks after each.
//!
//! What holds after every instruction of random histories, by all parties, in any order.
//!
//! Each history has a pool with random limits. Its operations are those of holders, operators, thieves of the manager's key, and the
//! passing of epochs. A run of 2,000 histories is in the tests; `TIDEPOOL_CASES_FACTOR` multiplies them.

use {
    crate::{
        pools::{demotion, extended_with, pass_epoch, pay_rewards, sol},
        tickets::check_totals,
    },
    fastrand::Rng,
    std::collections::BTreeMap,
    tidepool_core::maths::{ExchangeRate, Fee},
    tidepool_interface::{
        instruction::{FeeType, FundingType, WeightEntry},
        state::{
            AnnouncementKind, Ceiling, DemotionGround, DemotionPolicy, LedgerEntry, Limits, PoolExtension,
            RebalancePolicy, StakePool,
        },
    },
    tidepool_tests::{
        accounts::{add_empty_stake, add_wallet},
        extension::PoolKind,
        harness::Harness,
        instructions::Holder,
        random::CASES_FACTOR,
    },
};

/// Histories of a test run.
const HISTORIES: u64 = 2_000;

/// Operations of a history.
const OPERATIONS: usize = 30;

/// A pool, who acts on it, and what an observer has noted.
struct History {
    h: Harness,
    random: Rng,
    guardian: solana_address::Address,
    /// Announcements that an observer has seen, with the first epoch and time of the change.
    announced: BTreeMap<u8, (u64, i64, [u8; 64])>,
    /// Epochs of demotions that no weight has ended since.
    demoted: BTreeMap<solana_address::Address, u64>,
    entries: Vec<LedgerEntry>,
}

/// The pool, before or after an instruction.
struct State {
    pool: StakePool,
    extension: PoolExtension,
    rate: ExchangeRate,
    demoted: Vec<(solana_address::Address, bool)>,
}

fn state(h: &Harness) -> State {
    State {
        pool: h.state(),
        extension: h.extension(),
        rate: h.rate(),
        demoted: h
            .records()
            .iter()
            .map(|record| (record.vote_account_address, record.extension.is_demoted()))
            .collect(),
    }
}

/// Random limits that leave room to act.
fn random_limits(random: &mut Rng) -> Limits {
    let mut limits = Limits::NONE;
    let mut ceiling = || match random.u8(..3) {
        0 => Ceiling::UNSET,
        _ => Ceiling::new(random.u16(..2_000)),
    };
    let c = &mut limits.ceilings;
    (c.epoch, c.sol_deposit, c.stake_deposit) = (ceiling(), ceiling(), ceiling());
    (c.sol_withdrawal, c.stake_withdrawal) = (ceiling(), ceiling());
    limits.notice_epochs = random.u16(..4).into();
    limits.notice_seconds = random.u32(..400_000).into();
    limits.growth_charge = random.u16(..=300).into();
    if random.bool() {
        (limits.rate_guard_up, limits.guard_epochs) = (random.u16(100..1_000).into(), random.u8(1..=5));
    }
    limits.supply_floor = random.u64(..sol(300)).into();
    limits.closing_needs_no_notice = random.u8(..2);
    limits
}

fn random_policy(random: &mut Rng) -> DemotionPolicy {
    demotion(|policy| {
        policy.inflation_commission = if random.bool() { Ceiling::UNSET } else { Ceiling::new(random.u16(..1_000)) };
        policy.block_commission = if random.bool() { Ceiling::UNSET } else { Ceiling::new(random.u16(..1_000)) };
        policy.epochs_without_credits = random.u8(..4);
        policy.requires_bls_key = random.u8(..2);
        policy.cooldown_epochs = random.u16(..4).into();
        policy.max_validators = random.u16(1..4).into();
        policy.max_stake = random.u16(2_000..=10_000).into();
    })
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = Rng::with_seed(seed);
        let policy = RebalancePolicy {
            reserve_share: random.u16(..3_000).into(),
            turnover_budget: if random.bool() { 10_000 } else { random.u16(100..5_000) }.into(),
            threshold: if random.bool() { 0 } else { random.u64(..sol(20)) }.into(),
            ..RebalancePolicy::DEFAULT
        };
        let mut h = extended_with(|spec| {
            spec.kind = PoolKind::Extended(policy);
            spec.reserve = random.u64(sol(1)..sol(200));
            spec.epoch_fee = Fee::new(random.u64(..100), 1_000);
            spec.terms.sol_withdrawal_fee = Fee::new(random.u64(..10), 1_000);
        });
        h.pool.add_escrow(&mut h.vm);
        let guardian = add_wallet(sol(1), &mut h.vm);
        let mut limits = random_limits(&mut random);
        limits.guardian = guardian;
        // Refused where a ceiling is below a fee in force: such a pool has no limits.
        let manager = h.pool.state.head.manager;
        let _ = h.vm.process(&h.pool.set_limits(manager, limits));
        let entries = h.extension().ledger.newest_first().copied().collect();
        Self { h, random, guardian, announced: BTreeMap::new(), demoted: BTreeMap::new(), entries }
    }

    /// One random instruction, or the passing of an epoch.
    fn step(&mut self) {
        let before = state(&self.h);
        let kind = self.random.u8(..20);
        let (h, random) = (&mut self.h, &mut self.random);
        let holder = if random.bool() { h.holder } else { h.attacker };
        // Authorities may have changed.
        h.pool.state = before.pool;
        let manager = before.pool.head.manager;
        let pool = h.pool.clone();
        let tickets = before.extension.tickets;
        let id = random.u64(..tickets.next_id.get().max(1));
        let index = random.usize(..3);
        let tokens = random.u64(..h.tokens(holder) / 4 + 2);
        let instruction = match kind {
            0..=2 => {
                self.pass(before);
                return;
            }
            3 => pool.deposit_sol(holder.wallet, h.receiver(holder), None, random.u64(1..sol(60)), None),
            4 => pool.withdraw_sol(holder, None, tokens, None),
            5 => {
                let to = add_empty_stake(&mut h.vm);
                pool.withdraw_stake(holder, h.stake(index), to, tokens, None)
            }
            6..=8 => pool.request_exit(holder, (tickets.next_id.get(), holder.wallet), tokens, 0),
            9 | 10 => match h.ticket(id) {
                Some(ticket) => pool.claim_exit(&ticket),
                None => return,
            },
            11 => match h.ticket(id) {
                Some(ticket) => {
                    let owner = if ticket.owner == h.holder.wallet { h.holder } else { h.attacker };
                    pool.cancel_exit(owner, id)
                }
                None => return,
            },
            12 | 13 => {
                let mut indices = [0, 1, 2];
                random.shuffle(&mut indices);
                h.rebalance(&indices[..random.usize(1..=3)])
            }
            14 => {
                let peer = (index + 1) % 3;
                let of = |index: usize| (index as u32, h.vote(index));
                pool.demote(of(index), DemotionGround::ALL[random.usize(..5)], Some(of(peer)))
            }
            15 => pool.set_weights(&[WeightEntry::new(index as u32, &h.vote(index), random.u16(..10))]),
            16 => {
                let epochs = h.epoch();
                let bps = random.u16(..1_200);
                let earns = random.bool();
                let key = random.bool().then_some([1; 48]);
                h.edit_vote(index, |state| {
                    state.inflation_rewards_commission_bps = bps;
                    state.block_revenue_commission_bps = bps / 2;
                    state.bls_pubkey_compressed = key;
                    state.epoch_credits =
                        if earns { (epochs - 5..epochs).map(|epoch| (epoch, 9, 4)).collect() } else { vec![] };
                });
                return;
            }
            17 => match random.u8(..3) {
                0 => pool.cancel_announcement(self.guardian, AnnouncementKind::ALL[random.usize(..9)]),
                1 => pool.set_limits(
                    manager,
                    Limits { guardian: before.extension.limits.guardian, ..random_limits(random) },
                ),
                _ => pool.set_limits(self.guardian, random_limits(random)),
            },
            _ => Self::managers(h, random, manager),
        };
        let outcome = h.vm.process(&instruction);
        h.purge();
        if outcome.is_ok() {
            self.check(&before, instruction.data[0]);
        }
    }

    /// An instruction of the manager, whose values come again: a repeat makes what was announced.
    fn managers(
        h: &mut Harness,
        random: &mut Rng,
        manager: solana_address::Address,
    ) -> solana_instruction::Instruction {
        let pool = &h.pool;
        let fee = Fee::new(random.u64(..3) * 20, 1_000);
        let share = random.u16(..2) * 500;
        match random.u8(..9) {
            0 => pool.set_fee(FeeType::SolDeposit(fee)),
            1 => pool.set_fee(FeeType::StakeDeposit(fee)),
            2 => pool.set_fee(FeeType::Epoch(fee)),
            3 => pool.set_fee(FeeType::SolWithdrawal(Fee::new(random.u64(..2), 1_000))),
            4 => pool.set_staker(manager, h.attacker.wallet),
            5 => pool.set_funding(FundingType::SolWithdraw, random.bool().then_some(h.attacker.wallet)),
            6 => pool.set_manager(h.attacker.wallet, h.attacker.tokens),
            7 => pool.set_policy(RebalancePolicy { reserve_share: share.into(), ..RebalancePolicy::DEFAULT }),
            _ => pool.set_demotion_policy(random_policy(&mut Rng::with_seed(random.u64(..2)))),
        }
    }

    /// An epoch passes, with rewards or losses, and a crank updates the pool.
    fn pass(&mut self, before: State) {
        let (h, random) = (&mut self.h, &mut self.random);
        for _ in 0..if random.u8(..5) == 0 { 3 } else { 1 } {
            pass_epoch(h);
        }
        let millionths = if random.u8(..8) == 0 { 30_000 } else { random.u64(..900) };
        pay_rewards(h, millionths);
        let last = before.extension.ledger.last_timestamp();
        h.crank();
        let clock = h.vm.mollusk.sysvars.clock.clone();
        let rate = h.rate();
        self.entries.insert(
            0,
            LedgerEntry {
                epoch: u32::try_from(clock.epoch).unwrap().into(),
                seconds: last.map_or(0, |last| u32::try_from(clock.unix_timestamp - last).unwrap()).into(),
                total_lamports: rate.total_lamports.get().into(),
                pool_token_supply: rate.pool_token_supply.get().into(),
            },
        );
        let noted: Vec<_> = h.extension().ledger.newest_first().copied().collect();
        assert_eq!(noted, self.entries, "the ledger");
        self.check(&before, tidepool_interface::instruction::tag::UPDATE_STAKE_POOL_BALANCE);
    }

    fn check(&mut self, before: &State, instruction: u8) {
        let after = state(&self.h);
        check_totals(&self.h);
        self.check_rate(before, &after, instruction);
        Self::check_ceilings(&after);
        self.check_notice(before, &after);
        self.check_demotions(before, &after, instruction);
        // A limit is never loosened. What the guardian hands over is no limit.
        let limits = Limits { guardian: before.extension.limits.guardian, ..after.extension.limits };
        before.extension.limits.check_tightened(&limits).expect("a limit was loosened");
    }

    /// The value of a pool token falls in an update alone, and the pool's total is what its accounts hold.
    fn check_rate(&self, before: &State, after: &State, instruction: u8) {
        let is_update = instruction == tidepool_interface::instruction::tag::UPDATE_STAKE_POOL_BALANCE;
        let has_rates = before.rate.has_amounts() && after.rate.has_amounts();
        assert!(
            is_update || !has_rates || !before.rate.is_above(&after.rate),
            "instruction {instruction} lowered the rate"
        );
        let rent = self.h.rent();
        let held = self.h.lamports(&self.h.reserve()) - rent + self.h.pools_counted();
        assert_eq!(held, after.rate.total_lamports.get(), "instruction {instruction}: the total");
    }

    fn check_ceilings(after: &State) {
        let (c, terms) = (after.extension.limits.ceilings, &after.pool.terms);
        let pending = |fee: tidepool_core::maths::FutureEpoch<Fee>| fee.pending().map_or(Fee::default(), |fee| fee.0);
        for (ceiling, fee) in [
            (c.epoch, after.pool.head.epoch_fee.get()),
            (c.epoch, pending(terms.next_epoch_fee)),
            (c.sol_deposit, terms.sol_deposit_fee),
            (c.stake_deposit, terms.stake_deposit_fee),
            (c.sol_withdrawal, terms.sol_withdrawal_fee),
            (c.sol_withdrawal, pending(terms.next_sol_withdrawal_fee)),
            (c.stake_withdrawal, terms.stake_withdrawal_fee),
            (c.stake_withdrawal, pending(terms.next_stake_withdrawal_fee)),
        ] {
            let share =
                |fee: Fee| if fee.denominator == 0 { 0.0 } else { fee.numerator as f64 / fee.denominator as f64 };
            assert!(ceiling.get().is_none_or(|most| share(fee) <= f64::from(most) / 10_000.0 + 1e-12), "{fee:?}");
        }
    }

    /// What needs a notice changes only if an observer has seen the announcement, and its time has come.
    fn check_notice(&mut self, before: &State, after: &State) {
        let clock = &self.h.vm.mollusk.sysvars.clock;
        let has_notice = before.extension.limits.has_notice();
        let mut made = vec![];
        let (old, new) = (&before.pool, &after.pool);
        let mut differs = |kind: AnnouncementKind, differs: bool| {
            if differs {
                made.push(kind as u8);
            }
        };
        use AnnouncementKind as Kind;
        differs(Kind::Manager, old.head.manager != new.head.manager);
        differs(Kind::Staker, old.head.staker != new.head.staker);
        differs(Kind::SolWithdrawAuthority, old.terms.sol_withdraw_authority != new.terms.sol_withdraw_authority);
        differs(Kind::SolDepositFee, new.terms.sol_deposit_fee.is_above(&old.terms.sol_deposit_fee));
        differs(Kind::StakeDepositFee, new.terms.stake_deposit_fee.is_above(&old.terms.stake_deposit_fee));
        differs(Kind::RebalancePolicy, before.extension.policy != after.extension.policy);
        differs(Kind::DemotionPolicy, before.extension.demotion != after.extension.demotion);
        for kind in made.into_iter().filter(|_| has_notice) {
            let Some((epoch, timestamp, _)) = self.announced.get(&kind) else {
                panic!("kind {kind} was changed, and no one had announced it");
            };
            assert!(clock.epoch >= *epoch && clock.unix_timestamp >= *timestamp, "kind {kind} was changed too early");
        }
        let limits = &before.extension.limits;
        self.announced.retain(|kind, _| {
            AnnouncementKind::from_number(*kind)
                .is_some_and(|kind| after.extension.announcements.get(kind).is_pending())
        });
        for (kind, announcement) in after.extension.announcements.pending() {
            let known = self.announced.get(&(kind as u8));
            if known.is_none_or(|known| known.2 != announcement.value) {
                let from = clock.epoch + u64::from(limits.notice_epochs.get());
                let time = clock.unix_timestamp + i64::from(limits.notice_seconds.get());
                self.announced.insert(kind as u8, (from, time, announcement.value));
            }
        }
    }

    /// No demotion without proof, beyond the bounds, or again within the cooldown.
    fn check_demotions(&mut self, before: &State, after: &State, instruction: u8) {
        use tidepool_interface::instruction::tag;
        let policy = before.extension.demotion;
        for ((vote, was), (_, is)) in before.demoted.iter().zip(&after.demoted) {
            if *is && !*was {
                assert_eq!(instruction, tag::DEMOTE_VALIDATOR);
                let data = self.h.vm.account(vote).data;
                let state = solana_vote_interface::state::VoteStateV4::deserialize(&data, vote).expect("a vote state");
                let above = |bps: u16, most: Ceiling| most.get().is_some_and(|most| bps > most);
                let epoch = self.h.epoch();
                let none = u64::from(policy.epochs_without_credits);
                let earned = |epoch: u64| state.epoch_credits.iter().any(|credits| credits.0 == epoch);
                let is_proven = above(state.inflation_rewards_commission_bps, policy.inflation_commission)
                    || above(state.block_revenue_commission_bps, policy.block_commission)
                    || policy.requires_bls_key == 1 && state.bls_pubkey_compressed.is_none()
                    || none > 0 && !(epoch - none..epoch).any(earned);
                assert!(is_proven, "a demotion without proof");
                assert!(after.extension.demotions.validators.get() <= policy.max_validators.get());
                self.demoted.insert(*vote, epoch);
            }
            if *was && !*is {
                assert_eq!(instruction, tag::SET_VALIDATOR_WEIGHTS, "a demotion ended without the staker");
                let since = self.demoted.remove(vote).expect("a demotion that was seen");
                assert!(self.h.epoch() - since >= u64::from(policy.cooldown_epochs.get()), "within the cooldown");
            }
        }
    }

    /// Whatever has happened, each ticket is paid or returned, and a holder leaves with stake.
    fn finish(mut self) {
        let h = &mut self.h;
        h.pool.state = h.state();
        for epoch in 0..40 {
            pass_epoch(h);
            h.crank();
            let open: Vec<_> = (0..h.extension().tickets.next_id.get()).filter_map(|id| h.ticket(id)).collect();
            if open.is_empty() {
                break;
            }
            for ticket in open {
                let outcome = h.vm.process(&h.pool.claim_exit(&ticket));
                if !outcome.is_ok() && epoch == 39 {
                    let owner = if ticket.owner == h.holder.wallet { h.holder } else { h.attacker };
                    let cancel = h.pool.cancel_exit(owner, ticket.id.get());
                    h.succeed(&cancel);
                }
                h.purge();
            }
            check_totals(h);
            h.succeed(&h.rebalance(&[0, 1, 2]));
        }
        assert_eq!(h.extension().tickets.open.get(), 0);
        let largest = (0..3).max_by_key(|index| h.records()[*index].active_stake_lamports.get()).expect("validators");
        let holder: Holder = if h.tokens(h.holder) > 0 { h.holder } else { h.attacker };
        let (tokens, rate) = (h.tokens(holder), h.rate());
        let stake = h.records()[largest].active_stake_lamports.get();
        if tokens > sol(3) && stake > sol(5) {
            let to = add_empty_stake(&mut h.vm);
            let tokens = tokens.min(sol(3));
            assert!(rate.has_amounts());
            h.succeed(&h.pool.withdraw_stake(holder, h.stake(largest), to, tokens, None));
        }
    }
}

/// Runs histories of these seeds.
fn keeps_every_promise(seeds: std::ops::Range<u64>) {
    let (mut requests, count) = (0, seeds.end - seeds.start);
    for seed in seeds {
        let mut history = History::new(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..OPERATIONS {
                history.step();
            }
            let requested = history.h.extension().tickets.next_id.get();
            history.finish();
            requested
        }));
        requests += outcome.unwrap_or_else(|_| panic!("history {seed}"));
    }
    assert!(requests > count, "too few tickets were requested: {requests}");
}

/// Histories of each of the two tests, which run at the same time.
fn histories() -> u64 {
    let factor: u64 = std::env::var(CASES_FACTOR).map_or(1, |text| text.parse().expect("a number"));
    HISTORIES / 2 * factor
}

#[test]
fn random_histories_keep_every_promise() {
    keeps_every_promise(0..histories());
}

#[test]
fn more_random_histories_keep_every_promise() {
    keeps_every_promise(1_000_000..1_000_000 + histories());
}
