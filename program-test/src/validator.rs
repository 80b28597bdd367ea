//! Validators: vote accounts with stake of others.

use {
    solana_account::Account,
    solana_address::Address,
    solana_clock::{Clock, Epoch},
    solana_native_token::LAMPORTS_PER_SOL,
    solana_program_test::ProgramTest,
    solana_rent::Rent,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Meta, Stake, StakeStateV2},
    },
    solana_vote_interface::state::{VoteInit, VoteStateV4, VoteStateVersions},
};

/// Lamports that others delegate to each validator of [`add_validator`], active from the start: 500,000 SOL.
///
/// The inflation of an epoch is shared among all stake that earns credits. With this stake beside it, a pool earns what it
/// would on a cluster, and its stake warms up within an epoch.
pub const VALIDATOR_STAKE_LAMPORTS: u64 = 500_000 * LAMPORTS_PER_SOL;

/// Adds a vote account with a stake of [`VALIDATOR_STAKE_LAMPORTS`], and returns its address. `commission_bps` is the
/// validator's share of inflation rewards in basis points, 0 to 10,000.
///
/// Without a consensus there are no votes: [`advance_epoch`](crate::advance_epoch) credits the validators that earn rewards.
pub fn add_validator(test: &mut ProgramTest, commission_bps: u16) -> Address {
    let [vote, stake, node] = [(); 3].map(|()| Address::new_unique());
    let rent = Rent::default();
    test.add_account(node, Account::new(LAMPORTS_PER_SOL, 0, &solana_sdk_ids::system_program::ID));
    test.add_account(vote, vote_account(&vote, &node, commission_bps, &rent));
    test.add_account(stake, stake_account(&vote, &node, &rent));
    vote
}

fn vote_account(vote: &Address, node: &Address, commission_bps: u16, rent: &Rent) -> Account {
    let init = VoteInit { node_pubkey: *node, authorized_voter: *node, authorized_withdrawer: *node, commission: 0 };
    let state = VoteStateV4 {
        inflation_rewards_commission_bps: commission_bps,
        ..VoteStateV4::new_with_defaults(vote, &init, &Clock::default())
    };
    let space = VoteStateV4::size_of();
    let mut account = Account::new(rent.minimum_balance(space), space, &solana_sdk_ids::vote::ID);
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut account.data)
        .expect("a vote account has room for a vote state");
    account
}

fn stake_account(vote: &Address, authority: &Address, rent: &Rent) -> Account {
    let space = StakeStateV2::size_of();
    let reserve = rent.minimum_balance(space);
    #[expect(deprecated, reason = "the stake program reads the reserve that is in the account")]
    let meta = Meta { authorized: Authorized::auto(authority), rent_exempt_reserve: reserve, ..Meta::default() };
    // An activation epoch of MAX marks stake of the genesis: active without warm-up.
    let delegation = Delegation::new(vote, VALIDATOR_STAKE_LAMPORTS, Epoch::MAX);
    let state = StakeStateV2::Stake(meta, Stake { delegation, credits_observed: 0 }, StakeFlags::empty());
    let mut account = Account::new(reserve.saturating_add(VALIDATOR_STAKE_LAMPORTS), space, &solana_sdk_ids::stake::ID);
    bincode::serialize_into(account.data.as_mut_slice(), &state).expect("a stake account has room for a stake");
    account
}
