//! The manager's fee.

use {
    crate::harness::{Balances, CASES, EPOCH, Harness, Tally, check_refusal, check_success, machine, run},
    proptest::prelude::*,
    tidepool_client::quote::{quote_update, recorded_total},
    tidepool_tests::random::{check, pool},
};

#[test]
fn an_update_mints_the_fee_that_was_quoted() {
    let (machine, tally) = (machine(), Tally::default());
    check(CASES, pool(EPOCH, 4), |mut spec| {
        // The records must be of this epoch; the pool itself may be older.
        spec.last_update_epoch = EPOCH;
        let vm = &mut machine.borrow_mut();
        let mut h = Harness::new(&spec, vm);
        let snapshot = h.snapshot();
        let quote = recorded_total(&snapshot).and_then(|total| quote_update(&snapshot, total));
        let instruction = h.pool.update_pool();
        let (outcome, change) = run(&mut h, &instruction);
        tally.count(quote.is_ok());
        let quote = match quote {
            Err(error) => return check_refusal(&error, &outcome),
            Ok(quote) => quote,
        };
        check_success(&outcome)?;
        let expected = Balances {
            manager: quote.manager_fee.into(),
            total: i128::from(quote.total_after) - i128::from(spec.total_lamports),
            supply: i128::from(quote.supply_after) - i128::from(spec.supply),
            ..Balances::default()
        };
        prop_assert_eq!(change, expected);
        Ok(())
    });
    tally.check();
}
