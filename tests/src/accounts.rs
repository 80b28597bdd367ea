//! Raw accounts: of wallets, stake, votes and tokens.

use {
    crate::vm::Vm,
    solana_account::Account,
    solana_address::Address,
    solana_program_pack::Pack as _,
    solana_stake_interface::{
        stake_flags::StakeFlags,
        state::{Authorized, Delegation, Lockup, Meta, Stake, StakeStateV2},
    },
    solana_vote_interface::state::{VoteInit, VoteStateV4, VoteStateVersions},
    spl_token_interface::state::{Account as TokenAccount, AccountState},
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID},
    },
};

/// A stake account of a wallet.
#[derive(Clone, Copy, Debug)]
pub struct UserStake {
    /// Staker and withdrawer.
    pub authority: Address,
    /// The validator.
    pub vote: Address,
    /// Delegated lamports.
    pub delegated: u64,
    /// Lamports that are neither rent nor delegated.
    pub idle: u64,
    /// Since when the stake is delegated.
    pub activation_epoch: u64,
}

impl UserStake {
    /// Makes the account in the machine.
    pub fn add(&self, vm: &mut Vm) -> Address {
        let rent = vm.stake_rent();
        let meta = stake_meta(&self.authority, rent);
        let address = vm.new_address();
        let lamports = rent.saturating_add(self.delegated).saturating_add(self.idle);
        let state = delegated_stake(meta, self.vote, self.delegated, self.activation_epoch);
        vm.accounts.insert(address, stake_account(lamports, &state));
        address
    }
}

/// Pool tokens in a token account, or the zero of an account that is not there.
pub fn token_balance(address: &Address, vm: &Vm) -> u64 {
    TokenAccount::unpack_unchecked(&vm.account(address).data).map_or(0, |account| account.amount)
}

/// A vote account, to which stake can be delegated.
pub fn add_vote_account(vm: &mut Vm) -> Address {
    let vote = vm.new_address();
    write_vote_account(vote, vm);
    vote
}

pub(crate) fn write_vote_account(vote: Address, vm: &mut Vm) {
    let node = vm.new_address();
    let init = VoteInit { node_pubkey: node, authorized_voter: node, authorized_withdrawer: node, commission: 0 };
    let state = VoteStateV4::new_with_defaults(&vote, &init, &solana_clock::Clock::default());
    let mut data = vec![0; VoteStateV4::size_of()];
    VoteStateV4::serialize(&VoteStateVersions::new_v4(state), &mut data).expect("room for a vote state");
    vm.accounts.insert(vote, owned_account(data, solana_sdk_ids::vote::ID, vm));
}

/// A wallet with `lamports`.
pub fn add_wallet(lamports: u64, vm: &mut Vm) -> Address {
    let address = vm.new_address();
    vm.accounts.insert(address, Account { lamports, owner: SYSTEM_PROGRAM_ID, ..Account::default() });
    address
}

/// An uninitialized stake account that holds its rent, as a withdrawal wants it.
pub fn add_empty_stake(vm: &mut Vm) -> Address {
    let address = vm.new_address();
    let lamports = vm.stake_rent();
    vm.accounts.insert(address, stake_account(lamports, &StakeStateV2::Uninitialized));
    address
}

#[expect(deprecated, reason = "the stake program still writes the rent of the day into new accounts")]
pub(crate) fn stake_meta(authority: &Address, rent: u64) -> Meta {
    Meta { rent_exempt_reserve: rent, authorized: Authorized::auto(authority), lockup: Lockup::default() }
}

pub(crate) fn delegated_stake(meta: Meta, vote: Address, delegated: u64, activation_epoch: u64) -> StakeStateV2 {
    let delegation = Delegation { voter_pubkey: vote, stake: delegated, activation_epoch, ..Delegation::default() };
    StakeStateV2::Stake(meta, Stake { delegation, credits_observed: 0 }, StakeFlags::empty())
}

/// Makes an account of these data with its rent, owned by `owner`.
pub fn add_account(data: Vec<u8>, owner: Address, vm: &mut Vm) -> Address {
    let address = vm.new_address();
    vm.accounts.insert(address, owned_account(data, owner, vm));
    address
}

pub(crate) fn stake_account(lamports: u64, state: &StakeStateV2) -> Account {
    let mut data = vec![0; STAKE_ACCOUNT_SPACE];
    bincode::serialize_into(&mut data[..], state).expect("a stake state fits its account");
    Account { lamports, data, owner: STAKE_PROGRAM_ID, ..Account::default() }
}

pub(crate) fn token_account(mint: Address, owner: Address, amount: u64, state: AccountState) -> Vec<u8> {
    let account = TokenAccount { mint, owner, amount, state, ..TokenAccount::default() };
    let mut data = vec![0; TokenAccount::LEN];
    account.pack_into_slice(&mut data);
    data
}

pub(crate) fn owned_account(data: Vec<u8>, owner: Address, vm: &Vm) -> Account {
    Account { lamports: vm.mollusk.sysvars.rent.minimum_balance(data.len()), data, owner, ..Account::default() }
}
