//! Validators: vote accounts with stake of others.

use {
    solana_account::Account,
    solana_address::Address,
    solana_native_token::LAMPORTS_PER_SOL,
    solana_program_test::ProgramTest,
    solana_rent::Rent,
    tidepool_embedded::{active_stake_account, vote_account},
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
    test.add_account(stake, active_stake_account(&vote, &node, VALIDATOR_STAKE_LAMPORTS, &rent));
    vote
}
