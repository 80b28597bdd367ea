//! Accounts that users of a pool bring along: vote accounts, and stake accounts.

use {
    crate::harness::cluster::Cluster,
    crate::harness::user::User,
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer as _,
    solana_stake_interface::{
        instruction as stake,
        state::{Authorized, Lockup, StakeStateV2},
    },
    solana_vote_interface::{
        instruction::{self as vote, CreateVoteAccountConfig},
        state::{VoteInit, VoteStateV4},
    },
};

/// Rent of an account of this many bytes, in lamports.
pub fn rent(cluster: &Cluster, length: usize) -> u64 {
    let params = serde_json::json!([length]);
    cluster.rpc.get("getMinimumBalanceForRentExemption", &params).as_u64().expect("lamports")
}

/// Makes a vote account of a validator that never votes.
pub fn create_vote_account(cluster: &Cluster, payer: &User) -> Address {
    let (account, node) = (Keypair::new(), Keypair::new());
    let (payer, node_address) = (&payer.keypair, node.pubkey());
    let init = VoteInit {
        node_pubkey: node_address,
        authorized_voter: node_address,
        authorized_withdrawer: payer.pubkey(),
        commission: 10,
    };
    let space = VoteStateV4::size_of();
    let config = CreateVoteAccountConfig { space: space as u64, ..CreateVoteAccountConfig::default() };
    let lamports = rent(cluster, space);
    let instructions = vote::create_account_with_config(&payer.pubkey(), &account.pubkey(), &init, lamports, config);
    cluster.rpc.send(&instructions, &[payer, &account, &node]);
    account.pubkey()
}

/// Makes a stake account of the user's own, which delegates this many lamports beside its rent.
pub fn delegate(cluster: &Cluster, user: &User, vote: &Address, lamports: u64) -> Address {
    let account = Keypair::new();
    let owner = user.address();
    let instructions = stake::create_account_and_delegate_stake(
        &owner,
        &account.pubkey(),
        vote,
        &Authorized::auto(&owner),
        &Lockup::default(),
        lamports + rent(cluster, StakeStateV2::size_of()),
    );
    cluster.rpc.send(&instructions, &[&user.keypair, &account]);
    account.pubkey()
}
