mod properties;

use {super::*, crate::pool::StakeAddresses, solana_account::Account, tidepool_interface::state::RebalancePolicy};

fn request(pool_tokens: u64) -> Withdrawal {
    Withdrawal {
        tokens: TokenSource { account: USER, authority: USER, throwaway: None },
        pool_tokens,
        stake_authority: USER,
        payer: USER,
        slippage_bps: Some(10),
        take_whole_accounts: true,
        order: WithdrawalOrder::StakeOnly,
        wrap: false,
    }
}

fn new_account(index: usize) -> Result<NewStakeAccount, PlanError> {
    NewStakeAccount::with_seed(USER, &index.to_string())
}

fn plan(fixture: &Fixture, request: &Withdrawal) -> WithdrawalPlan {
    withdraw(&fixture.snapshot(), request, new_account).unwrap()
}

fn transactions(plan: &WithdrawalPlan) -> usize {
    pack_plan(&plan.plan, &PackOptions::new(USER)).unwrap().iter().map(Vec::len).sum()
}

fn votes(plan: &WithdrawalPlan) -> Vec<Address> {
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
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    fixture
}

#[test]
fn uses_one_validator_if_sufficient() {
    let fixture = at_par(&[50 * SOL, 200 * SOL, 100 * SOL]);
    let plan = plan(&fixture, &request(150 * SOL));
    assert_eq!(votes(&plan), [vote(1)]);
    assert_eq!(plan.pieces[0].quote.yields.lamports.get(), 150 * SOL);
    assert_eq!(plan.remaining_pool_tokens(), 0);
    assert_eq!(plan.rent_lamports, rent());
}

#[test]
fn largest_come_first_without_dust() {
    let fixture = at_par(&[50 * SOL, 200 * SOL, 100 * SOL]);
    // The account of 200 SOL allows 199; the rest alone would be too small to split.
    let plan = plan(&fixture, &request(199 * SOL + SOL / 2));
    assert_eq!(votes(&plan), [vote(1), vote(2)]);
    assert_eq!(plan.remaining_pool_tokens(), 0);
    assert!(plan.pieces[1].quote.yields.lamports.get() >= SOL);
}

#[test]
fn drains_preferred_validator_first() {
    let mut fixture = at_par(&[50 * SOL, 200 * SOL, 10 * SOL]);
    fixture.terms.preferred_withdraw_validator_vote_address = Some(vote(2));
    let plan = plan(&fixture, &request(60 * SOL));
    assert_eq!(votes(&plan), [vote(2), vote(1)]);
    // Pieces after the preferred validator need it to be drained: one transaction does both in order.
    assert_eq!((plan.plan.stages.len(), transactions(&plan)), (1, 1));
}

/// What validators cannot cover comes from the reserve as stake, even below one SOL, if SOL needs another signature.
#[test]
fn reserve_comes_last_if_sol_needs_signature() {
    let mut fixture = at_par(&[50 * SOL]);
    let sum = 49 * SOL + SOL / 2;
    assert_eq!(plan(&fixture, &request(sum)).pieces.len(), 1);
    fixture.terms.sol_withdraw_authority = Some(STAKER);
    for policy in [None, Some(RebalancePolicy::DEFAULT)] {
        fixture.policy = policy;
        let plan = plan(&fixture, &request(sum));
        let from: Vec<_> = plan.pieces.iter().map(|piece| piece.quote.from).collect();
        assert_eq!(from, [WithdrawFrom::Validator(vote(0)), WithdrawFrom::Reserve]);
        assert_eq!((plan.lamports(), plan.remaining_pool_tokens()), (sum, 0));
    }
    // In an extended pool at any time: the amount is too small for a validator's stake.
    let small = plan(&fixture, &request(SOL / 2));
    assert_eq!(small.pieces.iter().map(|piece| piece.quote.from).collect::<Vec<_>>(), [WithdrawFrom::Reserve]);
    // With the authority's signature, SOL is available.
    let signed = Withdrawal { order: WithdrawalOrder::SolLast(USER), ..request(sum) };
    assert_eq!(plan(&fixture, &signed).pieces.len(), 1);
}

/// Deactivating stake of removed validators is available in an extended pool, after that of others: in a stage of its
/// own, or in one transaction with them.
#[test]
fn removed_validators_come_last() {
    let removed = || FixtureValidator::new(50 * SOL).with_status(StakeStatus::DeactivatingValidator);
    let mut fixture = Fixture::of(vec![removed(), FixtureValidator::new(10 * SOL), removed()]);
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    let sum = Withdrawal { take_whole_accounts: false, ..request(60 * SOL) };
    assert_eq!(votes(&plan(&fixture, &sum)), [vote(1)]);
    fixture.policy = Some(RebalancePolicy::DEFAULT);
    let plan = plan(&fixture, &sum);
    assert_eq!(votes(&plan), [vote(1), vote(0), vote(2)]);
    assert_eq!(plan.remaining_pool_tokens(), 0);
    assert_eq!((plan.plan.stages.len(), transactions(&plan)), (2, 2));
}

#[test]
fn a_reserve_part_below_a_fee_is_left_out() {
    let with_reserve = |lamports: u64| {
        let mut fixture = at_par(&[50 * SOL, 40 * SOL]);
        fixture.reserve = lamports;
        fixture.supply = fixture.snapshot().rate().total_lamports.get();
        fixture
    };
    let any = Withdrawal { order: WithdrawalOrder::SolFirst(USER), ..request(30 * SOL) };
    // One lamport stays in the reserve for rounding.
    for lamports in [2, 5_000] {
        let plan = plan(&with_reserve(lamports), &any);
        assert_eq!((plan.sol, plan.pieces.len(), plan.lamports()), (None, 1, 30 * SOL), "{lamports}");
        assert_eq!(plan.remaining_pool_tokens(), 0);
    }
    assert_eq!(plan(&with_reserve(5_001), &any).sol.unwrap().lamports.get(), 5_000);
    // What no stake account can take still comes from the reserve.
    let little = Withdrawal { pool_tokens: 1_000, ..any };
    assert_eq!(plan(&with_reserve(5_000), &little).sol.unwrap().lamports.get(), 1_000);
}

#[test]
fn dust_remains_or_becomes_sol() {
    let fixture = at_par(&[50 * SOL]);
    let kept = plan(&fixture, &request(SOL / 2));
    assert!(kept.pieces.is_empty() && kept.plan.is_empty());
    assert_eq!(kept.remaining_pool_tokens(), SOL / 2);
    let sol = plan(&fixture, &Withdrawal { order: WithdrawalOrder::SolLast(USER), ..request(SOL / 2) });
    assert_eq!(sol.sol.unwrap().lamports.get(), SOL / 2);
    assert_eq!(sol.remaining_pool_tokens(), 0);
}

#[test]
fn transient_stake_and_whole_accounts_come_last() {
    let mut fixture = Fixture::of(vec![FixtureValidator::new(SOL), FixtureValidator::new(SOL).decreasing(20 * SOL)]);
    fixture.reserve = 0;
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    let all = plan(&fixture, &request(fixture.supply));
    let sources: Vec<_> = all.pieces.iter().map(|piece| piece.quote.source.unwrap()).collect();
    assert_eq!(sources, [StakeSource::Transient, StakeSource::ValidatorRemoval]);
    let modest = Withdrawal { take_whole_accounts: false, ..request(fixture.supply) };
    assert_eq!(plan(&fixture, &modest).pieces.len(), 1);
}

fn ignores_donation(mut fixture: Fixture, to: impl Fn(&StakeAddresses) -> Address) {
    fixture.reserve = 0;
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    let mut snapshot = fixture.snapshot();
    let read = snapshot.clone();
    let donated = to(&read.validator_at(0).unwrap().addresses);
    let donation = Account { lamports: 500 * SOL, ..Account::default() };
    snapshot.set_stake_accounts(
        |_| true,
        |address| if *address == donated { Some(donation.clone()) } else { fixture.stake_account_at(&read, address) },
    );
    let with_donation = withdraw(&snapshot, &request(fixture.supply), new_account).unwrap();
    assert_eq!(with_donation, plan(&fixture, &request(fixture.supply)));
}

#[test]
fn ignores_lamports_at_future_transient_address() {
    let validators = vec![FixtureValidator::new(SOL), FixtureValidator::new(SOL).decreasing(20 * SOL)];
    ignores_donation(Fixture::of(validators), |addresses| addresses.transient);
}

/// A restart of the cluster took the delegation of the first validator, and an update its stake.
#[test]
fn ignores_lamports_at_former_validator_address() {
    let former = FixtureValidator::new(0).decreasing(20 * SOL).with_status(StakeStatus::DeactivatingTransient);
    ignores_donation(Fixture::extended(vec![former, FixtureValidator::new(SOL)]), |addresses| addresses.validator);
}

#[test]
fn splits_account_at_threshold() {
    // Pool tokens of some eight lamports each, and an account one lamport above the program's threshold: it blocks all
    // others.
    let fixture = Fixture { reserve: 0, ..at_par(&[2 * SOL + 9]) };
    let total = fixture.snapshot().rate().total_lamports.get();
    for supply in (total / 8 + 1..).take(50) {
        let snapshot = Fixture { supply, ..fixture.clone() }.snapshot();
        let plan = withdraw(&snapshot, &request(supply), new_account).unwrap();
        let first = plan.pieces.first().map(|piece| piece.quote.yields.lamports.get());
        assert!(first.is_some_and(|lamports| lamports >= SOL), "{supply}: {:?}", plan.remainder);
    }
}

#[test]
fn rejects_stale_pool() {
    let fixture = Fixture { last_update_epoch: EPOCH - 1, ..at_par(&[50 * SOL]) };
    let error = withdraw(&fixture.snapshot(), &request(SOL), new_account).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::StakeListAndPoolOutOfDate));
}

#[test]
fn sol_first_uses_sol_only_if_sufficient() {
    let fixture = at_par(&[50 * SOL]);
    let sol =
        |pool_tokens| plan(&fixture, &Withdrawal { order: WithdrawalOrder::SolFirst(USER), ..request(pool_tokens) });
    let all_sol = sol(10 * SOL);
    assert!(all_sol.pieces.is_empty() && all_sol.remainder.is_none());
    assert_eq!((all_sol.sol.unwrap().lamports.get(), all_sol.rent_lamports), (10 * SOL, 0));
    let mixed = sol(30 * SOL);
    // One lamport stays in the reserve, as a margin for earlier transactions.
    assert_eq!(mixed.sol.unwrap().lamports.get(), 10 * SOL - 1);
    assert_eq!(mixed.pieces[0].quote.yields.lamports.get(), 20 * SOL + 1);
    assert_eq!((mixed.plan.stages.len(), transactions(&mixed)), (1, 1));
}

#[test]
fn reserve_leaves_minimum_delegation_for_stake() {
    let fixture = at_par(&[50 * SOL]);
    let planned = plan(&fixture, &Withdrawal { order: WithdrawalOrder::SolFirst(USER), ..request(10 * SOL + SOL / 4) });
    assert_eq!(planned.remaining_pool_tokens(), 0);
    let stake = planned.pieces[0].quote.yields.lamports.get();
    assert!((SOL..=SOL + 1).contains(&stake), "{stake}");
    assert_eq!(planned.lamports(), 10 * SOL + SOL / 4);
}

#[test]
fn finds_order_with_lower_fee() {
    let mut fixture = at_par(&[50 * SOL]);
    let better = |fixture: &Fixture, order, other, pool_tokens| {
        let request = Withdrawal { order, ..request(pool_tokens) };
        better_withdrawal(&fixture.snapshot(), &request, &plan(fixture, &request), other)
    };
    let (stake, sol) = (WithdrawalOrder::StakeOnly, WithdrawalOrder::SolFirst(USER));
    assert_eq!(better(&fixture, sol, stake, 5 * SOL), None, "the same fees bring the same");
    fixture.terms.sol_withdrawal_fee = Fee::new(3, 1_000);
    fixture.terms.stake_withdrawal_fee = Fee::new(1, 1_000);
    assert_eq!(better(&fixture, sol, stake, 5 * SOL), Some(5 * SOL - 5 * SOL / 1_000));
    assert_eq!(better(&fixture, stake, sol, 5 * SOL), None);
    // The remainder is compared before the fee: half a SOL is unavailable as stake.
    assert_eq!(better(&fixture, sol, stake, SOL / 2), None);
    assert_eq!(better(&fixture, stake, sol, SOL / 2), Some(SOL / 2 - SOL * 3 / 2_000));
}

#[test]
fn rejects_sol_only_above_reserve() {
    let fixture = at_par(&[50 * SOL]);
    let only = |pool_tokens| Withdrawal { order: WithdrawalOrder::SolOnly(USER), ..request(pool_tokens) };
    assert_eq!(plan(&fixture, &only(10 * SOL)).sol.unwrap().lamports.get(), 10 * SOL);
    let error = withdraw(&fixture.snapshot(), &only(10 * SOL + 1), new_account).unwrap_err();
    assert_eq!(error.stake_pool_error(), Some(StakePoolError::SolWithdrawalTooLarge));
}

#[test]
fn remainder_has_reason() {
    let left = |fixture: &Fixture, pool_tokens| {
        let modest = Withdrawal { take_whole_accounts: false, ..request(pool_tokens) };
        plan(fixture, &modest).remainder.map(|rest| (rest.pool_tokens, rest.lamports, rest.reason))
    };
    let below = RemainderReason::BelowMinimum { minimum_lamports: SOL, minimum_pool_tokens: SOL };
    assert_eq!(left(&at_par(&[50 * SOL]), SOL / 2), Some((SOL / 2, SOL / 2, below)));
    assert_eq!(left(&at_par(&[50 * SOL]), SOL), None);
    let whole = RemainderReason::WholeAccountsOnly { smallest_lamports: SOL + rent() };
    assert_eq!(left(&at_par(&[SOL, SOL + 5]), SOL).unwrap().2, whole);
    assert_eq!(left(&at_par(&[]), SOL).unwrap().2, RemainderReason::NothingToSplit);
    let mut barred = at_par(&[50 * SOL, 20 * SOL]);
    barred.validators[1].status = StakeStatus::DeactivatingValidator;
    barred.terms.preferred_withdraw_validator_vote_address = Some(vote(1));
    assert_eq!(left(&barred, 5 * SOL).unwrap().2, RemainderReason::PreferredBeingRemoved { preferred: vote(1) });
    let mut greedy = at_par(&[50 * SOL]);
    greedy.terms.stake_withdrawal_fee = Fee::new(1, 1);
    assert_eq!(left(&greedy, 5 * SOL).unwrap().2, RemainderReason::Worthless { minimum_pool_tokens: None });
}

#[test]
fn pieces_share_transactions_with_labels() {
    let stakes: Vec<u64> = (0..9).map(|index| (20 + index) * SOL).collect();
    let mut fixture = at_par(&stakes);
    fixture.terms.preferred_withdraw_validator_vote_address = Some(vote(0));
    let planned = plan(&fixture, &Withdrawal { order: WithdrawalOrder::SolFirst(USER), ..request(150 * SOL) });
    let stakes = planned.pieces.len();
    assert_eq!(votes(&planned)[0], vote(0));
    assert!(transactions(&planned) <= stakes.div_ceil(2) + 1, "{} for {stakes} accounts", transactions(&planned));
    let labels: String = planned.plan.groups().map(|group| group.label.clone()).collect();
    assert!(planned.pieces.iter().all(|piece| labels.contains(&piece.to.address.to_string())), "{labels}");
}

#[test]
fn least_earning_stake_comes_first() {
    let mut fixture = at_par(&[90 * SOL, 50 * SOL, 30 * SOL, 20 * SOL]);
    fixture.validators[1].deactivated = EPOCH;
    fixture.validators[2].deactivated = EPOCH - 1;
    let planned = plan(&fixture, &request(100 * SOL));
    assert_eq!(votes(&planned), [vote(2), vote(1), vote(0)]);
    let activations: Vec<_> = planned.pieces.iter().map(|piece| piece.quote.condition.unwrap().activation).collect();
    let expected = [StakeActivation::Inactive, StakeActivation::Deactivating, StakeActivation::Active];
    assert_eq!(activations, expected);
    // An amount too small for a stake account is skipped.
    fixture.validators[2].active = SOL + SOL / 2;
    fixture.supply = fixture.snapshot().rate().total_lamports.get();
    assert_eq!(votes(&plan(&fixture, &request(100 * SOL))), [vote(1), vote(0)]);
    // The preferred validator comes first.
    fixture.terms.preferred_withdraw_validator_vote_address = Some(vote(0));
    assert_eq!(votes(&plan(&fixture, &request(10 * SOL))), [vote(0)]);
}
