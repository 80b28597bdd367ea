use super::*;
use {
    crate::{
        actions::{self, RequestExit, TokenReceiver},
        quote::{quote_cancellation, quote_exit},
    },
    tidepool_interface::{
        ExtensionError,
        address::{find_escrow, find_exit_ticket, find_withdraw_authority},
        instruction::ExtensionInstruction,
        state::{EXIT_TICKET_TYPE, ExitTicket, RebalancePolicy, TicketTotals},
    },
};

fn ticket(id: u64, pool_tokens: u64, lamports: u64) -> ExitTicket {
    ExitTicket {
        account_type: EXIT_TICKET_TYPE,
        bump: 0,
        reserved: [0; 6],
        pool: POOL,
        owner: USER,
        recipient: USER,
        id: id.into(),
        pool_tokens: pool_tokens.into(),
        lamports: lamports.into(),
        epoch: (EPOCH - 1).into(),
    }
}

/// A pool at a rate of 1 SOL per pool token, with `reserve` above the rent, and open tickets for `lamports`.
fn pool(stake: u64, reserve: u64, lamports: u64) -> Fixture {
    let validators = if stake > 0 { vec![FixtureValidator::new(stake - rent()).with_weight(1)] } else { Vec::new() };
    let mut fixture = Fixture { reserve, supply: stake + reserve, ..Fixture::extended(validators) };
    fixture.had_weights = stake > 0;
    fixture.terms.last_epoch_total_lamports = stake + reserve;
    let open = u64::from(lamports > 0);
    fixture.tickets =
        TicketTotals { next_id: open.into(), open: open.into(), lamports: lamports.into(), ..TicketTotals::NONE };
    fixture
}

fn paid(plan: &ClaimPlan) -> Vec<u64> {
    plan.claims.iter().map(|claim| claim.ticket.id.get()).collect()
}

#[test]
fn pays_as_many_tickets_as_possible() {
    let snapshot = pool(100 * SOL, 10 * SOL, 20 * SOL).snapshot();
    let of = |id, sol: u64| ticket(id, sol * SOL, sol * SOL);
    let tickets = [of(7, 3), of(6, 9), of(5, 2), of(4, 3), of(3, 2)];
    let plan = claims(&snapshot, &tickets).unwrap();
    // The oldest of equal ones first; 10 SOL would leave nothing for the rents of decreases.
    assert_eq!(paid(&plan), [3, 5, 4]);
    assert_eq!(plan.waiting.iter().map(|claim| claim.ticket.id.get()).collect::<Vec<_>>(), [7, 6]);
    // Each in a transaction of its own.
    let packed = pack_plan(&plan.plan, &PackOptions::new(USER)).unwrap();
    assert_eq!(packed.iter().map(Vec::len).collect::<Vec<_>>(), [3]);
    let data: Vec<_> = plan.plan.groups().map(|group| group.instructions[0].data.clone()).collect();
    assert!(data.iter().all(|data| *data == ExtensionInstruction::ClaimExit.to_vec()));
}

#[test]
fn leaves_working_lamports_while_there_is_stake() {
    let whole = |lamports: u64| [ticket(0, lamports, lamports)];
    let snapshot = pool(100 * SOL, 10 * SOL, 10 * SOL).snapshot();
    let kept = snapshot.working_lamports();
    assert_eq!(paid(&claims(&snapshot, &whole(10 * SOL - kept)).unwrap()), [0]);
    assert!(kept > 0);
    assert!(claims(&snapshot, &whole(10 * SOL - kept + 1)).unwrap().claims.is_empty());
    let empty = pool(0, 10 * SOL, 10 * SOL).snapshot();
    assert_eq!(paid(&claims(&empty, &whole(10 * SOL)).unwrap()), [0]);
}

#[test]
fn pays_the_lower_value_after_a_loss() {
    let mut fixture = pool(100 * SOL, 10 * SOL, 2 * SOL);
    fixture.supply *= 2;
    let plan = claims(&fixture.snapshot(), &[ticket(0, 2 * SOL, 2 * SOL)]).unwrap();
    assert_eq!(plan.claims[0].lamports, SOL);
    fixture.supply /= 4;
    let plan = claims(&fixture.snapshot(), &[ticket(0, 2 * SOL, 2 * SOL)]).unwrap();
    assert_eq!(plan.claims[0].lamports, 2 * SOL);
}

#[test]
fn first_request_creates_the_escrow() {
    let fixture = pool(100 * SOL, 10 * SOL, 0);
    let snapshot = fixture.snapshot();
    let tokens = TokenSource::wallet(&snapshot, &USER);
    let request = RequestExit {
        tokens,
        pool_tokens: 30 * SOL,
        recipient: vote(9),
        payer: MANAGER,
        minimum_lamports: Some(30 * SOL),
    };
    let (group, quote) = actions::request_exit(&snapshot, &request).unwrap();
    assert_eq!((quote.terms.lamports.get(), quote.terms.fee.get()), (30 * SOL, 0));
    assert_eq!(quote.reserve_lamports, snapshot.withdrawable_reserve_lamports());
    assert_eq!(quote.payable_from_epoch, Some(EPOCH + 1));
    assert_eq!(group.instructions.len(), 2);
    assert_eq!(group.signers(), BTreeSet::from([USER, MANAGER]));
    let authority = find_withdraw_authority(&PROGRAM, &POOL).0;
    let escrow = find_escrow(&authority, &snapshot.pool().head.token_program_id, &MINT).0;
    let accounts: Vec<_> = group.instructions[1].accounts.iter().map(|meta| meta.pubkey).collect();
    assert_eq!(accounts[4..7], [escrow, find_exit_ticket(&PROGRAM, &POOL, 0).0, vote(9)]);
    let second = pool(100 * SOL, 10 * SOL, SOL).snapshot();
    let (group, _) = actions::request_exit(&second, &request).unwrap();
    assert_eq!(group.instructions.len(), 1);
    assert_eq!(group.instructions[0].accounts[5].pubkey, find_exit_ticket(&PROGRAM, &POOL, 1).0);
}

#[test]
fn tells_when_the_reserve_can_pay() {
    let when = |fixture: &Fixture, sol: u64| {
        quote_exit(&fixture.snapshot(), &USER, sol * SOL, None).unwrap().payable_from_epoch
    };
    let fixture = pool(100 * SOL, 10 * SOL, 0);
    assert_eq!(when(&fixture, 9), Some(EPOCH));
    let with_budget = |points: u16| {
        let policy = RebalancePolicy { turnover_budget: points.into(), ..RebalancePolicy::DEFAULT };
        Fixture { policy: Some(policy), ..pool(100 * SOL, 10 * SOL, 0) }
    };
    assert_eq!(when(&with_budget(10_000), 60), Some(EPOCH + 1));
    // About 50 SOL of 110 SOL at 11 SOL an epoch.
    assert_eq!(when(&with_budget(1_000), 60), Some(EPOCH + 5));
    assert_eq!(when(&with_budget(0), 60), None);
    let mut unweighted = fixture;
    unweighted.validators[0].weight = 0;
    assert_eq!(when(&unweighted, 60), None);
}

#[test]
fn refuses_exits_with_the_reason() {
    let fixture = pool(100 * SOL, 10 * SOL, 0);
    let refused = |fixture: &Fixture, tokens: u64, minimum: Option<u64>| {
        quote_exit(&fixture.snapshot(), &USER, tokens, minimum).unwrap_err()
    };
    let error = refused(&fixture, 1_000, None);
    assert_eq!(error.extension_error(), Some(ExtensionError::ExitTooSmall));
    assert!(error.to_string().contains("below the rent of a wallet"), "{error}");
    assert_eq!(refused(&fixture, SOL, Some(SOL + 1)).stake_pool_error(), Some(StakePoolError::ExceededSlippage));
    let terms = PoolTerms { sol_withdraw_authority: Some(USER), ..PoolTerms::default() };
    let guarded = Fixture { terms, ..fixture.clone() };
    assert_eq!(refused(&guarded, SOL, None).extension_error(), Some(ExtensionError::ExitsNeedAuthority));
    let plain = Fixture { policy: None, ..fixture };
    assert_eq!(refused(&plain, SOL, None).extension_error(), Some(ExtensionError::NotExtended));
}

#[test]
fn cancellation_returns_what_the_lamports_buy() {
    let mut fixture = pool(100 * SOL, 10 * SOL, 2 * SOL);
    let of = |fixture: &Fixture| {
        let quote = quote_cancellation(&fixture.snapshot(), &ticket(0, 2 * SOL, 2 * SOL)).unwrap();
        (quote.returned.get(), quote.burnt.get())
    };
    assert_eq!(of(&fixture), (2 * SOL, 0));
    fixture.supply /= 2;
    assert_eq!(of(&fixture), (SOL, SOL));
    fixture.supply *= 4;
    assert_eq!(of(&fixture), (2 * SOL, 0));
    let snapshot = fixture.snapshot();
    let young = ExitTicket { epoch: EPOCH.into(), ..ticket(3, SOL, SOL) };
    let error = quote_cancellation(&snapshot, &young).unwrap_err();
    assert_eq!(error.extension_error(), Some(ExtensionError::ExitTooEarly));
    let (group, _) =
        actions::cancel_exit(&snapshot, &ticket(3, SOL, SOL), &TokenReceiver::Wallet(USER), &MANAGER).unwrap();
    assert_eq!(group.instructions.len(), 2);
    assert_eq!(group.signers(), BTreeSet::from([USER, MANAGER]));
}
