//! Accounts of the genesis: wallets with SOL, and vote accounts.

use {
    super::error::LocalnetError,
    solana_account::Account,
    solana_address::Address,
    solana_clock::Clock,
    solana_keypair::{Keypair, write_keypair_file},
    solana_rent::Rent,
    solana_signer::Signer as _,
    solana_vote_interface::state::{VoteInit, VoteStateV4, VoteStateVersions},
    std::{io, path::Path},
};

const LAMPORTS_PER_SOL: u64 = 1_000_000_000;

/// Commission of the vote accounts on rewards, in percent.
const COMMISSION: u8 = 5;

/// A new wallet with `sol` SOL, whose keypair is written to `path`.
///
/// # Errors
/// [`LocalnetError::File`].
pub fn wallet(path: &Path, sol: u64) -> Result<(Address, Account), LocalnetError> {
    let keypair = Keypair::new();
    write_keypair_file(&keypair, path)
        .map_err(|error| LocalnetError::file(path)(io::Error::other(error.to_string())))?;
    Ok((keypair.pubkey(), Account::new(sol * LAMPORTS_PER_SOL, 0, &solana_sdk_ids::system_program::ID)))
}

/// A vote account that never votes; `withdrawer` may change and close it.
pub fn vote_account(withdrawer: &Address) -> (Address, Account) {
    let (vote, node) = (Keypair::new().pubkey(), Keypair::new().pubkey());
    let init = VoteInit {
        node_pubkey: node,
        authorized_voter: node,
        authorized_withdrawer: *withdrawer,
        commission: COMMISSION,
    };
    let state = VoteStateV4::new_with_defaults(&vote, &init, &Clock::default());
    let size = VoteStateV4::size_of();
    let mut account = Account::new(Rent::default().minimum_balance(size), size, &solana_sdk_ids::vote::ID);
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut account.data)
        .expect("a vote account has room for a vote state");
    (vote, account)
}
