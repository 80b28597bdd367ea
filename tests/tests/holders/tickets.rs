//! Exit tickets: SOL for any sum, at a price that is fixed at the request, and nothing stuck.

use {
    crate::pools::{extended, extended_with, next_epoch, pass_epoch, sol},
    solana_address::Address,
    solana_instruction::error::InstructionError,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        ExtensionError::{ExitTooEarly, ExitTooSmall, ExitsNeedAuthority, NotExtended, ReserveTooSmall, WrongTicket},
        StakePoolError::{
            ExceededSlippage, SignatureMissing, SolWithdrawalTooLarge, StakeListAndPoolOutOfDate, WithdrawalTooSmall,
        },
        instruction::FundingType,
    },
    tidepool_tests::{
        accounts::{add_wallet, token_balance},
        harness::Harness,
        instructions::{Holder, unsigned},
        stake,
    },
};

fn with_escrow() -> Harness {
    let mut h = extended();
    h.pool.add_escrow(&mut h.vm);
    h
}

/// What holds of all tickets together: sum of the open ones, counters and escrow are the same.
#[track_caller]
pub fn check_totals(h: &Harness) {
    let totals = h.extension().tickets;
    let open: Vec<_> = (0..totals.next_id.get()).filter_map(|id| h.ticket(id)).collect();
    let sum = |of: fn(&tidepool_interface::state::ExitTicket) -> u64| open.iter().map(of).sum::<u64>();
    assert_eq!(totals.open.get(), open.len() as u64);
    assert_eq!(totals.lamports.get(), sum(|ticket| ticket.lamports.get()));
    assert_eq!(totals.pool_tokens.get(), sum(|ticket| ticket.pool_tokens.get()));
    assert_eq!(token_balance(&h.pool.escrow(), &h.vm), totals.pool_tokens.get());
}

fn request(h: &Harness, holder: Holder, id: u64, tokens: u64) -> solana_instruction::Instruction {
    h.pool.request_exit(holder, (id, holder.wallet), tokens, 0)
}

fn claim(h: &Harness, id: u64) -> solana_instruction::Instruction {
    h.pool.claim_exit(&h.ticket(id).expect("an open ticket"))
}

#[test]
fn a_ticket_is_paid_its_fixed_lamports() {
    let mut h = with_escrow();
    next_epoch(&mut h, 500);
    let (rate, holder) = (h.rate(), h.holder);
    let recipient = Address::new_unique();
    let tokens = sol(7) + 13;
    h.succeed(&h.pool.request_exit(holder, (0, recipient), tokens, 0));
    check_totals(&h);
    let ticket = h.ticket(0).expect("a ticket");
    let value = u128::from(tokens) * u128::from(rate.total_lamports.get()) / u128::from(rate.pool_token_supply.get());
    assert_eq!(u128::from(ticket.lamports.get()), value);
    assert_eq!((ticket.owner, ticket.recipient, ticket.epoch.get()), (holder.wallet, recipient, h.epoch()));
    assert_eq!((h.total(), h.rate()), (rate.total_lamports.get(), rate));
    // Rewards of the epochs in between are the others'.
    next_epoch(&mut h, 500);
    let (before, supply, rent) = (h.ledger(), h.rate().pool_token_supply.get(), h.lamports(&h.pool.ticket(0)));
    let total = h.total();
    h.succeed(&claim(&h, 0));
    let lamports = i128::from(ticket.lamports.get());
    before.check(
        &h,
        &[
            (h.reserve(), -lamports),
            (recipient, lamports),
            (h.pool.ticket(0), -i128::from(rent)),
            (holder.wallet, i128::from(rent)),
        ],
        &[(h.pool.escrow(), -i128::from(tokens))],
    );
    assert_eq!((h.total(), h.rate().pool_token_supply.get()), (total - ticket.lamports.get(), supply - tokens));
    assert!(h.ticket(0).is_none());
    check_totals(&h);
}

#[test]
fn the_fee_is_that_of_a_sol_withdrawal() {
    let mut h = extended_with(|spec| spec.terms.sol_withdrawal_fee = Fee::new(3, 1_000));
    h.pool.add_escrow(&mut h.vm);
    let (fee_account, tokens) = (h.pool.state.head.manager_fee_account, 1_000_000_007);
    h.succeed(&request(&h, h.holder, 0, tokens));
    let fee = (tokens * 3).div_ceil(1_000);
    assert_eq!(token_balance(&fee_account, &h.vm), fee);
    assert_eq!(h.ticket(0).expect("a ticket").pool_tokens.get(), tokens - fee);
    check_totals(&h);
}

/// If the rate has fallen, the ticket gets the value of its tokens.
#[test]
fn a_fallen_rate_lowers_the_payment() {
    let mut h = with_escrow();
    h.succeed(&request(&h, h.holder, 0, sol(10)));
    pass_epoch(&mut h);
    for index in 0..3 {
        let address = h.stake(index);
        h.edit(&address, |account| {
            stake::slash(account, 100, sol(2));
        });
    }
    h.crank();
    let (rate, ticket) = (h.rate(), h.ticket(0).expect("a ticket"));
    let value = rate.lamports_for_withdrawal(ticket.escrowed_pool_tokens()).unwrap().get();
    assert!(value < ticket.lamports.get());
    let before = h.lamports(&h.holder.wallet);
    let rent = h.lamports(&h.pool.ticket(0));
    h.succeed(&claim(&h, 0));
    assert_eq!(h.lamports(&h.holder.wallet) - before, value + rent);
    check_totals(&h);
}

#[test]
fn a_cancelled_ticket_returns_what_its_lamports_buy() {
    let mut h = with_escrow();
    next_epoch(&mut h, 500);
    let tokens = h.tokens(h.holder);
    h.succeed(&request(&h, h.holder, 0, sol(10)));
    let ticket = h.ticket(0).expect("a ticket");
    h.refused(&h.pool.cancel_exit(h.holder, 0), ExitTooEarly as u32);
    next_epoch(&mut h, 500);
    let (rate, others) = (h.rate(), h.tokens(h.attacker));
    let bought = rate.pool_tokens_for_deposit(ticket.fixed_lamports()).unwrap().get();
    assert!(bought < sol(10));
    h.refused(&h.pool.cancel_exit(h.attacker, 0), WrongTicket as u32);
    h.refused(&unsigned(&h.pool.cancel_exit(h.holder, 0), &h.holder.wallet), SignatureMissing as u32);
    h.succeed(&h.pool.cancel_exit(h.holder, 0));
    assert_eq!(h.tokens(h.holder), tokens - sol(10) + bought);
    assert_eq!(h.rate().pool_token_supply.get(), rate.pool_token_supply.get() - (sol(10) - bought));
    assert!(h.rate().is_above(&rate) && h.tokens(h.attacker) == others);
    check_totals(&h);
}

/// A griefer who asks and cancels, again and again, pays for what the pool's stake did not earn meanwhile: the others lose nothing.
#[test]
fn ticket_griefing_costs_the_griefer() {
    let run = |grief: bool| {
        let mut h = extended_with(|spec| spec.reserve = sol(1));
        h.pool.add_escrow(&mut h.vm);
        // The griefer has some 50 of 300 SOL.
        let griefer = h.attacker;
        next_epoch(&mut h, 300);
        let mut id = 0;
        for _ in 0..6 {
            if grief {
                let tokens = h.tokens(griefer);
                h.succeed(&request(&h, griefer, id, tokens));
            }
            h.succeed(&h.rebalance(&[0, 1, 2]));
            next_epoch(&mut h, 300);
            if grief {
                h.succeed(&h.pool.cancel_exit(griefer, id));
                id += 1;
            }
        }
        let rate = h.rate();
        let value = |tokens: u64| {
            u128::from(tokens) * u128::from(rate.total_lamports.get()) / u128::from(rate.pool_token_supply.get())
        };
        (value(h.tokens(griefer)), value(h.tokens(h.holder)), h.tokens(h.holder))
    };
    let ((griefer, others, tokens), (griefing, grieved, same_tokens)) = (run(false), run(true));
    assert_eq!(tokens, same_tokens);
    assert!(griefing < griefer, "{griefing} of {griefer}");
    // Holders earn as much as if the griefer's stake had not been there, within the part that left for an epoch too long.
    let lost = others.saturating_sub(grieved);
    assert!(lost <= griefer - griefing, "the others lost {lost}, the griefer {}", griefer - griefing);
}

/// 80 % of the supply asks at once. All are paid within some epochs, by fee payers alone, in whatever order.
#[test]
fn bank_run() {
    let mut h = with_escrow();
    next_epoch(&mut h, 300);
    let supply = h.rate().pool_token_supply.get();
    let (holders, each) = (8u64, supply / 10);
    let mut owners = vec![];
    for id in 0..holders {
        let wallet = add_wallet(sol(1), &mut h.vm);
        let holder = Holder { wallet, tokens: h.pool.add_token_account(wallet, 0, &mut h.vm) };
        // A transfer of tokens.
        for (tokens, change) in [(h.holder.tokens, -(each as i128)), (holder.tokens, each as i128)] {
            h.edit_data(&tokens, |data| {
                let amount = u64::from_le_bytes(data[64..72].try_into().unwrap());
                let amount = u64::try_from(i128::from(amount) + change).unwrap();
                data[64..72].copy_from_slice(&amount.to_le_bytes());
            });
        }
        h.succeed(&request(&h, holder, id, each));
        owners.push(holder);
    }
    check_totals(&h);
    let mut epochs = 0;
    while h.extension().tickets.open.get() > 0 {
        for id in (0..holders).rev() {
            if h.ticket(id).is_some() {
                let outcome = h.vm.process(&claim(&h, id));
                assert!(
                    outcome.is_ok() || outcome.custom_error() == Some(ReserveTooSmall as u32),
                    "{:?}",
                    outcome.logs
                );
                h.purge();
                check_totals(&h);
            }
        }
        h.succeed(&h.rebalance(&[0, 1, 2]));
        next_epoch(&mut h, 300);
        epochs += 1;
        assert!(epochs < 5, "tickets are still open");
    }
    for owner in owners {
        assert!(h.lamports(&owner.wallet) > sol(30));
    }
    // Those who stayed are no worse off.
    let rate = h.rate();
    assert!(rate.total_lamports.get() > rate.pool_token_supply.get());
}

/// What tickets have claimed is not for others: neither for SOL withdrawals, nor for new stake.
#[test]
fn nothing_else_takes_what_tickets_have_claimed() {
    let mut h = with_escrow();
    h.succeed(&request(&h, h.holder, 0, sol(60)));
    let working = h.rent() * 4;
    let free = h.lamports(&h.reserve()) - h.rent() - working - h.ticket(0).unwrap().lamports.get();
    h.refused(&h.pool.withdraw_sol(h.attacker, None, free + 2, None), SolWithdrawalTooLarge as u32);
    let (vote, stake) = (h.vote(0), h.stake(0));
    let increase = h.vm.process(&h.pool.increase(vote, stake, free, 5));
    assert!(!increase.is_ok());
    // A rebalance leaves it, and brings more.
    h.succeed(&h.rebalance(&[0, 1, 2]));
    assert!(h.lamports(&h.reserve()) >= h.rent() + h.ticket(0).unwrap().lamports.get());
    h.succeed(&claim(&h, 0));
    check_totals(&h);
}

#[test]
fn wrong_requests_are_refused_and_change_nothing() {
    let mut h = Harness::usual();
    h.refused(&request(&h, h.holder, 0, sol(1)), NotExtended as u32);
    let mut h = with_escrow();
    let holder = h.holder;
    for (tokens, error) in [
        (0, WithdrawalTooSmall as u32),
        (1, ExitTooSmall as u32),
        (h.vm.mollusk.sysvars.rent.minimum_balance(0) - 1, ExitTooSmall as u32),
    ] {
        h.refused(&request(&h, holder, 0, tokens), error);
    }
    let minimum = h.pool.request_exit(holder, (0, holder.wallet), sol(1), sol(1) + 1);
    h.refused(&minimum, ExceededSlippage as u32);
    // Another id than the next one, and another escrow than the pool's.
    h.refused(&request(&h, holder, 1, sol(1)), WrongTicket as u32);
    let mut other_escrow = request(&h, holder, 0, sol(1));
    other_escrow.accounts[4].pubkey = h.attacker.tokens;
    h.refused(&other_escrow, WrongTicket as u32);
    let owner = holder.wallet;
    let mut payer_signs = unsigned(&request(&h, holder, 0, sol(1)), &owner);
    payer_signs.accounts[9].pubkey = h.attacker.wallet;
    payer_signs.accounts[9].is_signer = true;
    h.refused(&payer_signs, SignatureMissing as u32);
    pass_epoch(&mut h);
    h.refused(&request(&h, holder, 0, sol(1)), StakeListAndPoolOutOfDate as u32);
    h.crank();
    h.succeed(&h.pool.set_funding(FundingType::SolWithdraw, Some(Address::new_unique())));
    h.refused(&request(&h, holder, 0, sol(1)), ExitsNeedAuthority as u32);
}

/// A ticket from before the authority is paid all the same.
#[test]
fn a_later_sol_withdraw_authority_holds_no_ticket_up() {
    let mut h = with_escrow();
    for id in 0..2 {
        h.succeed(&request(&h, h.holder, id, sol(1)));
    }
    h.succeed(&h.pool.set_funding(FundingType::SolWithdraw, Some(Address::new_unique())));
    h.succeed(&claim(&h, 0));
    next_epoch(&mut h, 0);
    h.succeed(&h.pool.cancel_exit(h.holder, 1));
    check_totals(&h);
}

#[test]
fn claims_with_accounts_that_are_not_the_tickets_are_refused() {
    let mut h = with_escrow();
    h.succeed(&request(&h, h.holder, 0, sol(1)));
    let good = claim(&h, 0);
    // Owner, recipient, escrow.
    for (place, other) in [(3, h.attacker.wallet), (4, h.attacker.wallet), (5, h.attacker.tokens)] {
        let mut spoiled = good.clone();
        spoiled.accounts[place].pubkey = other;
        h.refused(&spoiled, WrongTicket as u32);
    }
    // A ticket of another pool, and an account that is none.
    let ticket = h.pool.ticket(0);
    let whole = h.vm.accounts[&ticket].clone();
    h.edit_data(&ticket, |data| data[8] ^= 1);
    h.refused(&good, WrongTicket as u32);
    h.vm.accounts.insert(ticket, whole.clone());
    h.edit(&ticket, |account| account.owner = solana_sdk_ids::system_program::ID);
    h.fails(&good, InstructionError::IncorrectProgramId);
    h.vm.accounts.insert(ticket, whole.clone());
    h.edit_data(&ticket, |data| data[0] = 1);
    assert!(!h.vm.simulate(&good).is_ok());
    h.vm.accounts.insert(ticket, whole);
    h.succeed(&good);
    assert!(!h.vm.simulate(&good).is_ok(), "a ticket is paid once");
    check_totals(&h);
}

/// At the rate of an earlier epoch a ticket would not take part in a loss, or its owner would get tokens at an old price.
#[test]
fn a_stale_pool_pays_and_returns_no_ticket() {
    let mut h = with_escrow();
    for id in 0..2 {
        h.succeed(&request(&h, h.holder, id, sol(1)));
    }
    pass_epoch(&mut h);
    h.refused(&claim(&h, 0), StakeListAndPoolOutOfDate as u32);
    h.refused(&h.pool.cancel_exit(h.holder, 1), StakeListAndPoolOutOfDate as u32);
    h.crank();
    h.succeed(&claim(&h, 0));
    h.succeed(&h.pool.cancel_exit(h.holder, 1));
}

/// A recipient that cannot receive holds up only its own ticket, whose owner takes it back.
#[test]
fn a_recipient_that_cannot_receive_is_the_owners_own_trouble() {
    let mut h = with_escrow();
    let reserve = h.reserve();
    h.succeed(&h.pool.request_exit(h.holder, (0, reserve), sol(1), 0));
    h.succeed(&request(&h, h.attacker, 1, sol(1)));
    assert!(!h.vm.simulate(&claim(&h, 0)).is_ok());
    h.succeed(&claim(&h, 1));
    next_epoch(&mut h, 0);
    h.succeed(&h.pool.cancel_exit(h.holder, 0));
    check_totals(&h);
}

/// The last holders leave too: without stake, no rent has to stay in the reserve.
#[test]
fn the_last_ticket_of_a_pool_without_stake_is_paid() {
    let mut h = extended_with(|spec| (spec.validators, spec.reserve) = (vec![], sol(400)));
    h.pool.add_escrow(&mut h.vm);
    for (id, holder) in (0..).zip([h.attacker, h.holder]) {
        let tokens = h.tokens(holder);
        h.succeed(&request(&h, holder, id, tokens));
    }
    for id in [1, 0] {
        h.succeed(&claim(&h, id));
    }
    assert_eq!((h.total(), h.rate().pool_token_supply.get()), (0, 0));
    assert_eq!(h.lamports(&h.reserve()), h.rent());
}

/// Lamports sent to the ticket's address beforehand stop no request.
#[test]
fn a_gift_to_the_next_tickets_address_stops_nothing() {
    let mut h = with_escrow();
    let ticket = h.pool.ticket(0);
    let send = h.send(ticket, sol(1));
    h.transaction(&[send]).expect("a transfer");
    h.succeed(&request(&h, h.holder, 0, sol(1)));
    h.succeed(&claim(&h, 0));
}
