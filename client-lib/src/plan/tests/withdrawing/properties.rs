//! Plans of any withdrawal from any pool follow the program's rules.

use super::*;

fn validators() -> impl Strategy<Value = Vec<FixtureValidator>> {
    let stake = prop_oneof![Just(SOL), SOL..3 * SOL, SOL..1_000 * SOL];
    let validator =
        (stake, prop_oneof![3 => Just(0), 1 => SOL..50 * SOL], 0..10u8).prop_map(|(stake, transient, status)| {
            match status {
                0 => FixtureValidator::new(stake).with_status(StakeStatus::DeactivatingValidator),
                1 => FixtureValidator::new(stake).decreasing(transient),
                2 => FixtureValidator::new(stake).deactivated_in(EPOCH),
                3 => FixtureValidator::new(stake).increasing(transient).deactivated_in(EPOCH - 1),
                _ => FixtureValidator::new(stake).increasing(transient),
            }
        });
    prop::collection::vec(validator, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Executed in order, each piece passes the program's rules, and the pieces sum up to the request.
    #[test]
    fn pieces_sum_up_and_follow_rules(
        validators in validators(),
        share in 1..1_000u64,
        rate in 500..2_000u64,
        fee in 0..20u64,
        preferred in prop::option::of(0..12usize),
        with_stakes: bool,
    ) {
        let mut fixture = Fixture { with_stakes, ..Fixture::of(validators) };
        fixture.terms = PoolTerms {
            stake_withdrawal_fee: Fee::new(fee, 1_000),
            preferred_withdraw_validator_vote_address: preferred.map(vote),
            ..PoolTerms::default()
        };
        fixture.supply = fixture.snapshot().rate().total_lamports.get() / 1_000 * rate;
        let pool_tokens = fixture.supply / 1_000 * share;
        let snapshot = fixture.snapshot();
        let planned = withdraw(&snapshot, &request(pool_tokens), new_account).unwrap();

        let given: u64 = planned.pieces.iter().map(|piece| piece.quote.pool_tokens).sum();
        prop_assert_eq!(given + planned.remaining_pool_tokens(), pool_tokens);
        let mut state = WithdrawalState::new(&snapshot, &USER).unwrap();
        let mut seen = BTreeMap::new();
        for piece in &planned.pieces {
            let quote = state.quote(piece.quote.from, piece.quote.pool_tokens, None);
            prop_assert_eq!(quote.as_ref(), Ok(&piece.quote));
            state.apply(&piece.quote).unwrap();
            prop_assert!(piece.quote.yields.lamports.get() >= SOL);
            *seen.entry((piece.quote.split_from, piece.quote.source == Some(StakeSource::ValidatorRemoval))).or_insert(0) += 1;
        }
        // The parts of one stage can be executed in any order. The price of a whole account depends on earlier pieces.
        let mut backwards = WithdrawalState::new(&snapshot, &USER).unwrap();
        let is_part = |piece: &&Piece| piece.quote.source != Some(StakeSource::ValidatorRemoval);
        let parts: Vec<_> = planned.pieces.iter().take_while(is_part).collect();
        for stage in parts.chunk_by(|one, next| one.quote.source == next.quote.source) {
            for piece in stage.iter().rev().filter(|_| preferred.is_none()) {
                let quote = backwards.quote(piece.quote.from, piece.quote.pool_tokens, None);
                prop_assert!(quote.is_ok(), "{quote:?}");
                backwards.apply(&quote.unwrap()).unwrap();
            }
        }
        prop_assert!(seen.values().all(|times| *times == 1), "no account is split twice, though a remnant may be taken whole");
        // The splittable stake or the remaining tokens are too small for a piece.
        if planned.remaining_pool_tokens() > 0 && planned.pieces.is_empty() {
            for validator in snapshot.validators() {
                let from = WithdrawFrom::Validator(validator.vote());
                prop_assert!(state.quote(from, planned.remaining_pool_tokens(), None).is_err());
            }
        }
    }

    /// With SOL as well: nothing is lost, the reserve keeps its rent, and the remainder is unavailable.
    #[test]
    fn withdraws_any_amount_within_limits(
        validators in validators(),
        share in 1..1_000u64,
        rate in 500..2_000u64,
        fees in (0..20u64, 0..20u64),
        reserve in prop_oneof![Just(0), 0..SOL, 0..100 * SOL],
        preferred in prop::option::of(0..12usize),
        last: bool,
    ) {
        let mut fixture = Fixture { reserve, ..Fixture::of(validators) };
        fixture.terms = PoolTerms {
            stake_withdrawal_fee: Fee::new(fees.0, 1_000),
            sol_withdrawal_fee: Fee::new(fees.1, 1_000),
            preferred_withdraw_validator_vote_address: preferred.map(vote),
            ..PoolTerms::default()
        };
        fixture.supply = fixture.snapshot().rate().total_lamports.get() / 1_000 * rate;
        let pool_tokens = fixture.supply / 1_000 * share;
        let order = if last { WithdrawalOrder::SolLast(USER) } else { WithdrawalOrder::SolFirst(USER) };
        let snapshot = fixture.snapshot();
        let request = Withdrawal { order, take_whole_accounts: false, ..request(pool_tokens) };
        let planned = withdraw(&snapshot, &request, new_account).unwrap();
        let given: u64 = planned.quotes().map(|quote| quote.burnt.get() + quote.fee.get()).sum();
        prop_assert_eq!(given + planned.remaining_pool_tokens(), pool_tokens);
        prop_assert!(planned.sol.is_none_or(|sol| sol.lamports.get() <= reserve));
        prop_assert!(planned.pieces.iter().all(|piece| piece.quote.yields.lamports.get() >= SOL));
        if planned.remainder.is_some_and(|left| !matches!(left.reason, RemainderReason::Worthless { .. })) {
            let unused = reserve - planned.sol.map_or(0, |sol| sol.lamports.get());
            prop_assert!(unused <= 4, "{unused} lamports of the reserve could be had, and {:?} is left", planned.remainder);
        }
        if let Some(Remainder { reason: RemainderReason::BelowMinimum { minimum_pool_tokens, .. }, pool_tokens, .. }) = planned.remainder {
            prop_assert!(pool_tokens < minimum_pool_tokens);
        }
    }

    /// No choice of validators needs fewer accounts than the plan.
    #[test]
    fn uses_fewest_pieces(
        stakes in prop::collection::vec(prop_oneof![SOL..5 * SOL, SOL..300 * SOL], 1..10),
        share in 1..1_000u64,
        reserve in prop_oneof![Just(0), 0..50 * SOL],
    ) {
        let mut fixture = at_par(&stakes);
        fixture.reserve = reserve;
        fixture.supply = fixture.snapshot().rate().total_lamports.get();
        let pool_tokens = fixture.supply / 1_000 * share;
        let request = Withdrawal { order: WithdrawalOrder::SolFirst(USER), take_whole_accounts: false, ..request(pool_tokens) };
        let planned = withdraw(&fixture.snapshot(), &request, new_account).unwrap();
        if planned.remainder.is_some() {
            return Ok(());
        }
        // At par, each validator allows its stake above the minimum; the sum of the largest is an upper bound.
        let mut gives: Vec<u64> = stakes.iter().map(|stake| stake - SOL).filter(|stake| *stake >= SOL).collect();
        gives.sort_unstable_by(|a, b| b.cmp(a));
        let most = |count: usize| gives[..count].iter().sum::<u64>() + reserve;
        let fewest = (0..=gives.len()).find(|count| most(*count) >= pool_tokens).unwrap();
        // The plan leaves a lamport in the reserve and with each validator, for rounding.
        let is_tight = most(fewest) - pool_tokens <= fewest as u64 + 1;
        prop_assert!(planned.pieces.len() <= fewest + usize::from(is_tight), "{} pieces", planned.pieces.len());
    }

    /// Finds the fewest pool tokens that yield an amount.
    #[test]
    fn inverse_is_exact(
        validators in validators(),
        wanted in SOL / 1_000..200 * SOL,
        rate in 500..2_000u64,
        fees in (0..200u64, 0..200u64),
        first: bool,
    ) {
        let mut fixture = Fixture::of(validators);
        fixture.terms = PoolTerms {
            stake_withdrawal_fee: Fee::new(fees.0, 1_000),
            sol_withdrawal_fee: Fee::new(fees.1, 1_000),
            ..PoolTerms::default()
        };
        fixture.supply = fixture.snapshot().rate().total_lamports.get() / 1_000 * rate;
        let snapshot = fixture.snapshot();
        let order = if first { WithdrawalOrder::SolFirst(USER) } else { WithdrawalOrder::StakeOnly };
        let all = Withdrawal { order, take_whole_accounts: false, ..request(fixture.supply) };
        let worth = |pool_tokens| withdraw(&snapshot, &Withdrawal { pool_tokens, ..all }, new_account).map_or(0, |plan| plan.lamports());
        match pool_tokens_for_lamports(&snapshot, &all, wanted).unwrap() {
            Some(tokens) => {
                prop_assert!(worth(tokens) >= wanted);
                prop_assert!(worth(tokens - 1) < wanted);
            }
            None => prop_assert!(worth(fixture.supply) < wanted),
        }
    }
}
