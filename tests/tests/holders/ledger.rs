//! The ledger equals what an observer has recorded.

use {
    crate::pools::{extended, next_epoch, pass_epoch, pay_rewards, sol},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        instruction::FeeType,
        state::{LEDGER_ENTRIES, LedgerEntry},
    },
    tidepool_tests::harness::Harness,
};

/// Entries as an observer of the pool's updates writes them, oldest first.
#[derive(Default)]
struct Observer {
    entries: Vec<LedgerEntry>,
    last: i64,
    rewards: u64,
    fees: u64,
}

impl Observer {
    /// Updates the pool and records what it came to.
    fn update(&mut self, h: &mut Harness) {
        let before = h.rate();
        let fee_account = h.pool.state.head.manager_fee_account;
        let fees = |h: &Harness| tidepool_tests::accounts::token_balance(&fee_account, &h.vm);
        let fees_before = fees(h);
        h.crank();
        let (clock, rate) = (h.vm.mollusk.sysvars.clock.clone(), h.rate());
        self.rewards += rate.total_lamports.get().saturating_sub(before.total_lamports.get());
        self.fees += fees(h) - fees_before;
        let is_repeated = self.entries.last().is_some_and(|entry| u64::from(entry.epoch.get()) == clock.epoch);
        let mut seconds =
            if self.entries.is_empty() { 0 } else { u32::try_from(clock.unix_timestamp - self.last).unwrap() };
        if is_repeated {
            let replaced = self.entries.pop().unwrap();
            seconds = if self.entries.is_empty() { 0 } else { seconds + replaced.seconds.get() };
        }
        self.entries.push(LedgerEntry {
            epoch: u32::try_from(clock.epoch).unwrap().into(),
            seconds: seconds.into(),
            total_lamports: rate.total_lamports.get().into(),
            pool_token_supply: rate.pool_token_supply.get().into(),
        });
        self.last = clock.unix_timestamp;
    }

    fn check(&self, h: &Harness) {
        let ledger = h.extension().ledger;
        let newest_first: Vec<_> = ledger.newest_first().copied().collect();
        let expected: Vec<_> = self.entries.iter().rev().take(LEDGER_ENTRIES).copied().collect();
        assert_eq!(newest_first, expected);
        assert_eq!((ledger.rewards.get(), ledger.fees.get()), (self.rewards, self.fees));
        assert_eq!(ledger.last_timestamp(), Some(self.last));
    }
}

fn observed() -> (Harness, Observer) {
    let mut h = extended();
    h.edit_extension(|extension| extension.ledger = bytemuck::Zeroable::zeroed());
    let mut observer = Observer::default();
    observer.update(&mut h);
    (h, observer)
}

#[test]
fn a_year_of_updates_deposits_and_gaps() {
    let mut random = fastrand::Rng::with_seed(18);
    let (mut h, mut observer) = observed();
    for _ in 0..LEDGER_ENTRIES + 40 {
        for _ in 0..if random.u8(..6) == 0 { 3 } else { 1 } {
            pass_epoch(&mut h);
        }
        pay_rewards(&mut h, random.u64(..900));
        observer.update(&mut h);
        if random.u8(..3) == 0 {
            let lamports = sol(1) + random.u64(..sol(5));
            h.succeed(&h.pool.deposit_sol(h.holder.wallet, h.to, None, lamports, None));
        }
        if random.u8(..4) == 0 {
            h.succeed(&h.pool.withdraw_sol(h.holder, None, random.u64(..sol(2)) + 1_000, None));
        }
        if random.u8(..4) == 0 {
            h.vm.mollusk.sysvars.clock.unix_timestamp += 1_000;
            observer.update(&mut h);
        }
    }
    observer.check(&h);
}

#[test]
fn the_fee_on_rewards_adds_up() {
    let (mut h, mut observer) = observed();
    h.succeed(&h.pool.set_fee(FeeType::Epoch(Fee::new(1, 10))));
    for _ in 0..4 {
        pass_epoch(&mut h);
        pay_rewards(&mut h, 500);
        observer.update(&mut h);
    }
    assert!(observer.fees > 0);
    observer.check(&h);
}

/// A clock that is set back, or stands still, is no time that passed.
#[test]
fn time_never_runs_backwards() {
    let mut h = extended();
    next_epoch(&mut h, 0);
    h.vm.mollusk.sysvars.clock.unix_timestamp -= 500;
    h.turn_epoch();
    h.crank();
    let ledger = h.extension().ledger;
    let [newest, before, ..] = ledger.newest_first().take(2).collect::<Vec<_>>()[..] else { panic!("two entries") };
    assert_eq!((newest.seconds.get(), before.seconds.get()), (0, 172_800));
    h.vm.mollusk.sysvars.clock.unix_timestamp += 600;
    h.turn_epoch();
    h.crank();
    assert_eq!(h.extension().ledger.newest_first().next().unwrap().seconds.get(), 100);
}
