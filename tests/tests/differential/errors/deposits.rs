//! Stake and SOL are deposited.

use {
    super::{
        Case,
        Expected::{Error, Fails, Success},
        MISSING_ACCOUNT, Spoiler, pool,
        spoiler::stake_offset,
    },
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError::{self, BorshIoError, MissingRequiredSignature},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        StakePoolError::*, address::STAKE_PROGRAM_ID, instruction::StakePoolInstruction as Ix, state::StakeStatus,
    },
};

const STAKE: &[&str] = &["DepositStake", "DepositStakeWithSlippage"];
const STAKE_BOUND: &[&str] = &["DepositStakeWithSlippage"];
const SOL_BOUND: &[&str] = &["DepositSolWithSlippage"];
const SOL: &[&str] = &["DepositSol", "DepositSolWithSlippage"];
const SOL_SIGNED: &[&str] = &["DepositSol with an authority"];
const BOTH: &[&str] = &["DepositStake", "DepositStakeWithSlippage", "DepositSol", "DepositSolWithSlippage"];

/// What the scenario's depositor of 10 SOL gets: 9 pool tokens less 1 %.
const SOL_TOKENS: u64 = 8_910_000_000;

/// Asks for at least this many pool tokens.
fn ask(s: &mut Spoiler, minimum_pool_tokens_out: u64) {
    s.arguments(Ix::DepositSolWithSlippage { lamports_in: 10_000_000_000, minimum_pool_tokens_out });
}

fn ask_stake(s: &mut Spoiler, minimum_pool_tokens_out: u64) {
    s.arguments(Ix::DepositStakeWithSlippage { minimum_pool_tokens_out });
}

/// What the depositor of 5.1 SOL in stake and the account's rent gets.
fn stake_tokens(s: &Spoiler) -> u64 {
    let (stake, idle) = (5_000_000_000u64, 100_000_000 + s.rent());
    let tokens = (stake + idle) * 9 / 10;
    let (stake, idle) = (stake * 9 / 10, tokens - stake * 9 / 10);
    tokens - stake.div_ceil(100) - idle.div_ceil(100)
}

fn without_fees(s: &mut Spoiler) {
    let none = Fee::new(0, 0);
    s.set_terms(|terms| (terms.sol_deposit_fee, terms.stake_deposit_fee) = (none, none));
}

fn deposit(s: &mut Spoiler, lamports: u64) {
    s.arguments(Ix::DepositSol { lamports });
}

fn status(s: &mut Spoiler) {
    s.record(0, |record| record.status = StakeStatus::DeactivatingValidator as u8);
}

fn all_fee(s: &mut Spoiler) {
    let all = Fee::new(1, 1);
    s.set_terms(|terms| (terms.sol_deposit_fee, terms.stake_deposit_fee) = (all, all));
}

pub const CASES: &[Case] = &[
    ("fee account frozen", BOTH, |s| s.write(s.fee_account(), 108, &[2]), Fails),
    ("fee account closed", BOTH, |s| s.edit(s.fee_account(), |a| *a = Account::default()), Fails),
    ("fee account of another mint", BOTH, |s| s.write(s.fee_account(), 0, &[9; 32]), Fails),
    (
        "fee account frozen, without fees",
        BOTH,
        |s| {
            without_fees(s);
            s.write(s.fee_account(), 108, &[2]);
        },
        Success,
    ),
    (
        "fee account closed, without fees",
        BOTH,
        |s| {
            without_fees(s);
            s.edit(s.fee_account(), |a| *a = Account::default());
        },
        Success,
    ),
    ("all of it a fee", BOTH, all_fee, pool(DepositTooSmall)),
    ("value of a token before the fee", &["DepositSol"], |s| deposit(s, 2), pool(DepositTooSmall)),
    ("value of a token after the fee", &["DepositSol"], |s| deposit(s, 3), Success),
    ("nothing", &["DepositSol"], |s| deposit(s, 0), pool(DepositTooSmall)),
    (
        "value of less than a token",
        &["DepositSol"],
        |s| {
            without_fees(s);
            deposit(s, 1);
        },
        pool(DepositTooSmall),
    ),
    (
        "value of a token",
        &["DepositSol"],
        |s| {
            without_fees(s);
            deposit(s, 2);
        },
        Success,
    ),
    ("more than all wallets", &["DepositSol"], |s| deposit(s, u64::MAX / 2), Fails),
    (
        "too many tokens",
        &["DepositSol"],
        |s| {
            s.set_head(|head| head.total_lamports = 1.into());
            deposit(s, u64::MAX);
        },
        pool(CalculationFailure),
    ),
    ("bound as it comes", SOL_BOUND, |s| ask(s, SOL_TOKENS), Success),
    ("bound a token lower", SOL_BOUND, |s| ask(s, SOL_TOKENS - 1), Success),
    ("bound a token higher", SOL_BOUND, |s| ask(s, SOL_TOKENS + 1), pool(ExceededSlippage)),
    ("bound as it comes", STAKE_BOUND, |s| ask_stake(s, stake_tokens(s)), Success),
    ("bound a token lower", STAKE_BOUND, |s| ask_stake(s, stake_tokens(s) - 1), Success),
    ("bound a token higher", STAKE_BOUND, |s| ask_stake(s, stake_tokens(s) + 1), pool(ExceededSlippage)),
    (
        "no value, and a bound",
        SOL_BOUND,
        |s| {
            all_fee(s);
            ask(s, SOL_TOKENS);
        },
        pool(DepositTooSmall),
    ),
    ("authority missing", SOL_SIGNED, |s| s.ix.accounts.truncate(10), MISSING_ACCOUNT),
    ("other authority", SOL_SIGNED, |s| s.replace(s.at(10)), pool(InvalidSolDepositAuthority)),
    ("authority does not sign", SOL_SIGNED, |s| s.unsign(s.at(10)), pool(SignatureMissing)),
    (
        "other authority, which does not sign",
        SOL_SIGNED,
        |s| {
            s.unsign(s.at(10));
            s.replace(s.at(10));
        },
        pool(InvalidSolDepositAuthority),
    ),
    (
        "authority before mint",
        SOL_SIGNED,
        |s| {
            s.replace(s.at(10));
            s.copy(s.mint());
        },
        pool(InvalidSolDepositAuthority),
    ),
    ("authority that none asked for", SOL, |s| s.append(Address::new_unique(), false), Success),
    ("wallet does not sign", SOL, |s| s.unsign(s.at(3)), Error(InstructionError::PrivilegeEscalation)),
    ("other deposit authority", STAKE, |s| s.replace(s.at(2)), pool(InvalidStakeDepositAuthority)),
    (
        "own deposit authority, which does not sign",
        STAKE,
        |s| {
            let (authority, old) = (Address::new_unique(), s.at(2));
            s.set_head(|head| head.stake_deposit_authority = authority);
            for offset in [stake_offset::STAKER, stake_offset::WITHDRAWER] {
                s.write(s.at(4), offset, authority.as_ref());
            }
            s.replace_with(old, authority);
        },
        Error(InstructionError::PrivilegeEscalation),
    ),
    ("stake of another staker", STAKE, |s| s.write(s.at(4), stake_offset::STAKER, &[9; 32]), Success),
    (
        "stake of another withdrawer",
        STAKE,
        |s| s.write(s.at(4), stake_offset::WITHDRAWER, &[9; 32]),
        Error(MissingRequiredSignature),
    ),
    (
        "other validator preferred",
        STAKE,
        |s| {
            let vote = s.vote(1);
            s.set_terms(|terms| terms.preferred_deposit_validator_vote_address = Some(vote));
        },
        pool(IncorrectDepositVoteAddress),
    ),
    (
        "this validator preferred",
        STAKE,
        |s| {
            let vote = s.vote(0);
            s.set_terms(|terms| terms.preferred_deposit_validator_vote_address = Some(vote));
        },
        Success,
    ),
    (
        "preferred before unknown validator",
        STAKE,
        |s| {
            let vote = s.vote(1);
            s.set_terms(|terms| terms.preferred_deposit_validator_vote_address = Some(vote));
            s.record(0, |record| record.vote_account_address = Address::default());
        },
        pool(IncorrectDepositVoteAddress),
    ),
    (
        "unknown validator",
        STAKE,
        |s| s.record(0, |r| r.vote_account_address = Address::default()),
        pool(ValidatorNotFound),
    ),
    ("other validator stake", STAKE, |s| s.copy(s.stake(0)), pool(InvalidStakeAccountAddress)),
    ("validator removed", STAKE, status, pool(ValidatorNotFound)),
    (
        "address before status",
        STAKE,
        |s| {
            status(s);
            s.copy(s.stake(0));
        },
        pool(InvalidStakeAccountAddress),
    ),
    ("validator stake without data", STAKE, |s| s.edit(s.stake(0), |a| a.data.clear()), Error(BorshIoError)),
    ("validator stake not delegated", STAKE, |s| s.write(s.stake(0), 0, &[1]), pool(WrongStakeStake)),
    (
        "stake of another validator",
        STAKE,
        |s| {
            let vote = s.vote(1);
            s.write(s.at(4), stake_offset::VOTER, vote.as_ref());
        },
        Fails,
    ),
    ("stake under a lockup", STAKE, |s| s.write(s.at(4), stake_offset::LOCKUP_EPOCH, &1_000u64.to_le_bytes()), Fails),
    (
        "stake being activated",
        STAKE,
        |s| s.write(s.at(4), stake_offset::ACTIVATION_EPOCH, &500u64.to_le_bytes()),
        Fails,
    ),
    (
        "stake being deactivated",
        STAKE,
        |s| s.write(s.at(4), stake_offset::DEACTIVATION_EPOCH, &500u64.to_le_bytes()),
        Fails,
    ),
    ("stake not delegated", STAKE, |s| s.write(s.at(4), 0, &[1]), Fails),
    (
        "deposit authority before mint",
        STAKE,
        |s| {
            s.replace(s.at(2));
            s.copy(s.mint());
        },
        pool(InvalidStakeDepositAuthority),
    ),
    (
        "mint before list",
        STAKE,
        |s| {
            s.copy(s.list());
            s.copy(s.mint());
        },
        pool(WrongPoolMint),
    ),
    (
        "list before reserve",
        STAKE,
        |s| {
            s.copy(s.list());
            s.copy(s.reserve());
        },
        pool(InvalidValidatorStakeList),
    ),
    (
        "fee account before epoch",
        BOTH,
        |s| {
            s.copy(s.fee_account());
            s.stale();
        },
        pool(InvalidFeeAccount),
    ),
    (
        "stake program's id as token program",
        BOTH,
        |s| s.replace_with(s.head().token_program_id, STAKE_PROGRAM_ID),
        Error(InstructionError::IncorrectProgramId),
    ),
];

#[test]
fn deposits() {
    super::run(CASES);
}
