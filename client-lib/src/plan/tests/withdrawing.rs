use super::*;

fn request(pool_tokens: u64) -> StakeWithdrawal {
    StakeWithdrawal {
        tokens: TokenSource { account: USER, authority: USER },
        pool_tokens,
        stake_authority: USER,
        payer: USER,
        slippage_bps: Some(10),
        take_whole_accounts: true,
        rest: Rest::Keep,
    }
}

fn new_account(index: usize) -> Result<NewStakeAccount, PlanError> {
    NewStakeAccount::with_seed(USER, &index.to_string())
}

fn plan(fixture: &Fixture, request: &StakeWithdrawal) -> StakeWithdrawalPlan {
    withdraw_stake(&fixture.snapshot(), request, new_account).unwrap()
}

fn votes(plan: &StakeWithdrawalPlan) -> Vec<Address> {
    plan.pieces
        .iter()
        .map(|piece| match piece.quote.from {
            WithdrawFrom::Validator(vote) => vote,
            WithdrawFrom::Reserve => panic!("stake is taken from validators"),
        })
        .collect()
}

/// A pool with one lamport per pool token.
fn at_par(stakes: &[u64]) -> Fixture {
    let mut fixture = Fixture::of(stakes.iter().map(|stake| FixtureValidator::new(*stake)).collect());
    fixture.supply = fixture.snapshot().rate().total_lamports;
    fixture
}

#[test]
fn one_validator_is_enough_where_it_holds_the_sum() {
    let fixture = at_par(&[50 * SOL, 200 * SOL, 100 * SOL]);
    let plan = plan(&fixture, &request(150 * SOL));
    assert_eq!(votes(&plan), [vote(1)]);
    assert_eq!(plan.pieces[0].quote.yields.lamports, 150 * SOL);
    assert_eq!(plan.pool_tokens_left, 0);
    assert_eq!(plan.rent_lamports, rent());
}

#[test]
fn the_largest_come_first_and_no_dust_is_left() {
    let fixture = at_par(&[50 * SOL, 200 * SOL, 100 * SOL]);
    // 200 can give 199; the rest alone would be too little to split.
    let plan = plan(&fixture, &request(199 * SOL + SOL / 2));
    assert_eq!(votes(&plan), [vote(1), vote(2)]);
    assert_eq!(plan.pool_tokens_left, 0);
    assert!(plan.pieces[1].quote.yields.lamports >= SOL);
}

#[test]
fn the_preferred_validator_is_drained_before_others() {
    let mut fixture = at_par(&[50 * SOL, 200 * SOL, 10 * SOL]);
    fixture.terms.preferred_withdraw_validator_vote_address = Some(vote(2));
    let plan = plan(&fixture, &request(60 * SOL));
    assert_eq!(votes(&plan), [vote(2), vote(1)]);
    assert_eq!(plan.plan.stages.len(), 2);
}

#[test]
fn too_little_is_left_or_taken_as_sol() {
    let fixture = at_par(&[50 * SOL]);
    let kept = plan(&fixture, &request(SOL / 2));
    assert!(kept.pieces.is_empty() && kept.plan.is_empty());
    assert_eq!(kept.pool_tokens_left, SOL / 2);
    let sol = plan(&fixture, &StakeWithdrawal { rest: Rest::Sol(USER), ..request(SOL / 2) });
    assert_eq!(sol.sol.unwrap().lamports, SOL / 2);
    assert_eq!(sol.pool_tokens_left, 0);
}

#[test]
fn transient_stake_and_whole_accounts_come_where_nothing_else_can_be_split() {
    let mut fixture = Fixture::of(vec![FixtureValidator::new(SOL), FixtureValidator::new(SOL).decreasing(20 * SOL)]);
    fixture.reserve = 0;
    fixture.supply = fixture.snapshot().rate().total_lamports;
    let all = plan(&fixture, &request(fixture.supply));
    let sources: Vec<_> = all.pieces.iter().map(|piece| piece.quote.source.unwrap()).collect();
    assert_eq!(sources, [StakeSource::Transient, StakeSource::ValidatorRemoval]);
    let modest = StakeWithdrawal { take_whole_accounts: false, ..request(fixture.supply) };
    assert_eq!(plan(&fixture, &modest).pieces.len(), 1);
}

#[test]
fn a_stale_pool_is_refused() {
    let fixture = Fixture { last_update_epoch: EPOCH - 1, ..at_par(&[50 * SOL]) };
    let error = withdraw_stake(&fixture.snapshot(), &request(SOL), new_account).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::StakeListAndPoolOutOfDate));
}

fn validators() -> impl Strategy<Value = Vec<FixtureValidator>> {
    let stake = prop_oneof![Just(SOL), SOL..3 * SOL, SOL..1_000 * SOL];
    let validator =
        (stake, prop_oneof![3 => Just(0), 1 => SOL..50 * SOL], 0..10u8).prop_map(|(stake, transient, status)| {
            match status {
                0 => FixtureValidator::new(stake).with_status(StakeStatus::DeactivatingValidator),
                1 => FixtureValidator::new(stake).decreasing(transient),
                _ => FixtureValidator::new(stake).increasing(transient),
            }
        });
    prop::collection::vec(validator, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Executed in order, each piece passes the program's rules, and the pieces sum up to what was asked for.
    #[test]
    fn pieces_sum_up_and_obey_the_rules(
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
        fixture.supply = fixture.snapshot().rate().total_lamports / 1_000 * rate;
        let pool_tokens = fixture.supply / 1_000 * share;
        let snapshot = fixture.snapshot();
        let planned = withdraw_stake(&snapshot, &request(pool_tokens), new_account).unwrap();

        let given: u64 = planned.pieces.iter().map(|piece| piece.quote.pool_tokens).sum();
        prop_assert_eq!(given + planned.pool_tokens_left, pool_tokens);
        let mut state = WithdrawalState::new(&snapshot, &USER).unwrap();
        let mut seen = BTreeMap::new();
        for piece in &planned.pieces {
            let quote = state.quote(piece.quote.from, piece.quote.pool_tokens, None);
            prop_assert_eq!(quote.as_ref(), Ok(&piece.quote));
            state.apply(&piece.quote).unwrap();
            prop_assert!(piece.quote.yields.lamports >= SOL);
            *seen.entry((piece.quote.split_from, piece.quote.source == Some(StakeSource::ValidatorRemoval))).or_insert(0) += 1;
        }
        prop_assert!(seen.values().all(|times| *times == 1), "no account is split twice, though a remnant may be taken whole");
        // What could still be split is too little for a piece, or the tokens left are.
        if planned.pool_tokens_left > 0 && planned.pieces.is_empty() {
            for validator in snapshot.validators() {
                let from = WithdrawFrom::Validator(validator.vote());
                prop_assert!(state.quote(from, planned.pool_tokens_left, None).is_err());
            }
        }
    }
}
