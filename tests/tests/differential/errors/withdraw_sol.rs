//! SOL is withdrawn from the reserve.

use {
    super::{
        Case,
        Expected::{Error, Fails, Success},
        MISSING_ACCOUNT, Spoiler, pool,
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError::PrivilegeEscalation,
    tidepool_core::maths::Fee,
    tidepool_interface::{StakePoolError::*, instruction::StakePoolInstruction as Ix},
};

const PLAIN: &[&str] = &["WithdrawSol"];
const BOUND: &[&str] = &["WithdrawSolWithSlippage"];
const SIGNED: &[&str] = &["WithdrawSol with an authority"];
const STAKE: &[&str] = &["WithdrawStake"];
const BOTH: &[&str] = &["WithdrawSol", "WithdrawSolWithSlippage"];
const ALL: &[&str] = &["WithdrawSol", "WithdrawSolWithSlippage", "WithdrawStake", "WithdrawStakeWithSlippage"];

/// Value of 5 pool tokens less 1 %.
const LAMPORTS: u64 = 5_500_000_000;

fn ask(s: &mut Spoiler, minimum_lamports_out: u64) {
    s.arguments(Ix::WithdrawSolWithSlippage { pool_tokens_in: 5_000_000_000, minimum_lamports_out });
}

fn withdraw(s: &mut Spoiler, pool_tokens: u64) {
    s.arguments(Ix::WithdrawSol { pool_tokens });
}

/// Leaves in the reserve the withdrawn lamports, its rent, and `extra`.
fn leave(s: &mut Spoiler, extra: i64) {
    let needed = s.rent() + LAMPORTS;
    s.lamports(s.reserve(), needed.checked_add_signed(extra).expect("lamports"));
}

fn all_fee(s: &mut Spoiler) {
    s.set_terms(|terms| (terms.sol_withdrawal_fee, terms.stake_withdrawal_fee) = (Fee::new(1, 1), Fee::new(1, 1)));
}

pub const CASES: &[Case] = &[
    ("fee account frozen", ALL, |s| s.write(s.fee_account(), 108, &[2]), Success),
    ("fee account closed", ALL, |s| s.edit(s.fee_account(), |a| *a = Account::default()), Success),
    ("fee account of another mint", ALL, |s| s.write(s.fee_account(), 0, &[9; 32]), Success),
    ("other fee account", ALL, |s| s.copy(s.fee_account()), pool(InvalidFeeAccount)),
    ("all of it a fee", BOTH, all_fee, pool(WithdrawalTooSmall)),
    ("nothing", PLAIN, |s| withdraw(s, 0), pool(WithdrawalTooSmall)),
    ("a token, all of it the fee", PLAIN, |s| withdraw(s, 1), pool(WithdrawalTooSmall)),
    ("two tokens", PLAIN, |s| withdraw(s, 2), Success),
    (
        "token value below a lamport",
        PLAIN,
        |s| {
            s.set_head(|head| head.total_lamports = 1.into());
            withdraw(s, 2);
        },
        pool(WithdrawalTooSmall),
    ),
    ("pool without tokens", PLAIN, |s| s.set_head(|head| head.pool_token_supply = 0.into()), pool(WithdrawalTooSmall)),
    ("more tokens than there are", PLAIN, |s| withdraw(s, u64::MAX), Fails),
    ("more tokens than the holder has", PLAIN, |s| s.write(s.at(3), 64, &1u64.to_le_bytes()), Fails),
    ("reserve that suffices", BOTH, |s| leave(s, 0), Success),
    ("reserve with a lamport more", BOTH, |s| leave(s, 1), Success),
    ("reserve one lamport short", BOTH, |s| leave(s, -1), pool(SolWithdrawalTooLarge)),
    ("bound as it comes", BOUND, |s| ask(s, LAMPORTS), Success),
    ("bound a lamport lower", BOUND, |s| ask(s, LAMPORTS - 1), Success),
    ("bound a lamport higher", BOUND, |s| ask(s, LAMPORTS + 1), pool(ExceededSlippage)),
    (
        "bound before reserve",
        BOUND,
        |s| {
            leave(s, -1);
            ask(s, LAMPORTS + 1);
        },
        pool(ExceededSlippage),
    ),
    (
        "too small before bound",
        BOUND,
        |s| {
            all_fee(s);
            ask(s, LAMPORTS + 1);
        },
        pool(WithdrawalTooSmall),
    ),
    ("authority missing", SIGNED, |s| s.ix.accounts.truncate(12), MISSING_ACCOUNT),
    ("other authority", SIGNED, |s| s.replace(s.at(12)), pool(InvalidSolWithdrawAuthority)),
    ("authority does not sign", SIGNED, |s| s.unsign(s.at(12)), pool(SignatureMissing)),
    (
        "other authority, which does not sign",
        SIGNED,
        |s| {
            s.unsign(s.at(12));
            s.replace(s.at(12));
        },
        pool(InvalidSolWithdrawAuthority),
    ),
    (
        "authority before mint",
        SIGNED,
        |s| {
            s.replace(s.at(12));
            s.copy(s.mint());
        },
        pool(InvalidSolWithdrawAuthority),
    ),
    ("authority that none asked for", BOTH, |s| s.append(Address::new_unique(), false), Success),
    ("holder does not sign", BOTH, |s| s.unsign(s.at(2)), Error(PrivilegeEscalation)),
    (
        "fee account before epoch",
        BOTH,
        |s| {
            s.stale();
            s.copy(s.fee_account());
        },
        pool(InvalidFeeAccount),
    ),
    (
        "other validator preferred",
        STAKE,
        |s| {
            let vote = s.vote(1);
            s.set_terms(|terms| terms.preferred_withdraw_validator_vote_address = Some(vote));
        },
        pool(IncorrectWithdrawVoteAddress),
    ),
    (
        "from the reserve while validators have stake",
        STAKE,
        |s| s.replace_with(s.stake(0), s.reserve()),
        pool(StakeLamportsNotEqualToMinimum),
    ),
];

#[test]
fn sol_is_withdrawn() {
    super::run(CASES);
}
