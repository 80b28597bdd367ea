//! A pool as its accounts have it, to hold the binary's JSON against.

use {
    crate::harness::{cluster::Cluster, user::User},
    serde_json::Value,
    solana_account::Account,
    solana_address::Address,
    spl_associated_token_account_interface::address::get_associated_token_address_with_program_id,
    tidepool_core::maths::Fee,
    tidepool_interface::{
        STAKE_ACCOUNT_SPACE,
        address::{find_transient_stake, find_validator_stake},
        external::token::{Mint, TokenAccount},
        state::{StakePool, StakeStatus, ValidatorStakeInfo, split_validator_list},
    },
};

/// A pool's accounts, decoded.
pub struct OnChain {
    /// The pool.
    pub pool: StakePool,
    /// Its validators.
    pub records: Vec<ValidatorStakeInfo>,
    /// Supply of the mint, in the smallest units.
    pub mint_supply: u64,
    /// Lamports of the reserve.
    pub reserve: u64,
}

/// An account that has to exist.
fn account(cluster: &Cluster, address: &Address) -> Account {
    cluster.rpc.account(address).unwrap_or_else(|| panic!("there is no account {address}"))
}

/// Pool tokens in a token account, in the smallest units; 0 where there is no account.
pub fn tokens(cluster: &Cluster, address: &str) -> u64 {
    let account = cluster.rpc.account(&address.parse().expect("an address"));
    account.map_or(0, |account| TokenAccount::decode(&account.data).expect("a token account").amount)
}

/// Where a wallet has its pool tokens.
pub fn associated_account(wallet: &Address, mint: &Address, token_program: &Address) -> String {
    get_associated_token_address_with_program_id(wallet, mint, token_program).to_string()
}

impl OnChain {
    /// Reads a pool.
    pub fn read(cluster: &Cluster, pool: &str) -> Self {
        let pool = account(cluster, &pool.parse().expect("an address"));
        assert_eq!(pool.owner, cluster.program_id);
        let pool = StakePool::decode_initialized(&pool.data).expect("a pool");
        let list = account(cluster, &pool.head.validator_list);
        let mint = account(cluster, &pool.head.pool_mint);
        assert_eq!(mint.owner, pool.head.token_program_id);
        Self {
            records: split_validator_list(&list.data).expect("a validator list").1.to_vec(),
            mint_supply: Mint::decode(&mint.data).expect("a mint").supply,
            reserve: account(cluster, &pool.head.reserve_stake).lamports,
            pool,
        }
    }

    /// Whether the value of a pool token is more than it was.
    pub fn has_more_value_than(&self, before: &Self) -> bool {
        let value = |pool: &StakePool| {
            (u128::from(pool.head.total_lamports.get()), u128::from(pool.head.pool_token_supply.get()))
        };
        let ((lamports, tokens), (lamports_before, tokens_before)) = (value(&self.pool), value(&before.pool));
        lamports * tokens_before > lamports_before * tokens
    }
}

/// Checks that `show` and `list` say what the accounts say, and returns the accounts. No other user may touch the pool.
pub fn check(cluster: &Cluster, user: &User, pool: &str) -> OnChain {
    let (shown, listed) = (user.must(&format!("show {pool}")), user.must(&format!("list {pool}")));
    let chain = OnChain::read(cluster, pool);
    let head = &chain.pool.head;
    assert_eq!(shown["address"], pool);
    assert_eq!(shown["program_id"], cluster.program_id.to_string());
    assert_eq!(shown["total_lamports"], head.total_lamports.get());
    assert_eq!(shown["pool_token_supply"], head.pool_token_supply.get());
    assert_eq!(shown["last_update_epoch"], head.last_update_epoch.get());
    assert_eq!(shown["stake"]["reserve_lamports"], chain.reserve);
    assert_eq!(shown["validators"]["count"], chain.records.len());
    assert_eq!(shown["authorities"]["manager"], head.manager.to_string());
    assert_eq!(shown["accounts"]["pool_mint"], head.pool_mint.to_string());
    assert_eq!(shown["accounts"]["token_program"], head.token_program_id.to_string());
    assert_fee(&shown["fees"]["epoch"], head.epoch_fee.get());
    assert_fee(&shown["fees"]["sol_deposit"], chain.pool.terms.sol_deposit_fee);
    assert_fee(&shown["fees"]["stake_withdrawal"], chain.pool.terms.stake_withdrawal_fee);
    let rows = listed["validators"].as_array().expect("validators");
    assert_eq!(rows.len(), chain.records.len());
    for (row, record) in rows.iter().zip(&chain.records) {
        check_row(cluster, pool, row, record);
    }
    chain
}

fn assert_fee(shown: &Value, fee: Fee) {
    assert_eq!((&shown["numerator"], &shown["denominator"]), (&fee.numerator.into(), &fee.denominator.into()));
}

/// Checks a row of `list` against its record, and the record against the stake accounts.
fn check_row(cluster: &Cluster, pool: &str, row: &Value, record: &ValidatorStakeInfo) {
    let vote = record.vote_account_address;
    let pool = pool.parse().expect("an address");
    let (stake, _) = find_validator_stake(&cluster.program_id, &vote, &pool, record.validator_seed_suffix.get());
    let (transient, _) = find_transient_stake(&cluster.program_id, &vote, &pool, record.transient_seed_suffix.get());
    assert_eq!(row["vote"], vote.to_string());
    assert_eq!(row["validator_stake"], stake.to_string());
    assert_eq!(row["transient_stake"], transient.to_string());
    assert_eq!(row["active_lamports"], record.active_stake_lamports.get());
    assert_eq!(row["transient_lamports"], record.transient_stake_lamports.get());
    assert_eq!(row["weight"], record.extension.weight());
    assert_eq!(row["status"] == "active", record.stake_status() == Ok(StakeStatus::Active));
    // Rewards come first to the accounts, and with an update to the record.
    assert!(cluster.rpc.lamports(&stake) >= record.active_stake_lamports.get());
    assert_eq!(cluster.rpc.lamports(&transient), record.transient_stake_lamports.get());
}

/// Checks that a pool's total is what its accounts hold, beyond the rent of the reserve. The pool has to be up to date.
pub fn check_total(cluster: &Cluster, chain: &OnChain) {
    let rent = crate::stake::rent(cluster, STAKE_ACCOUNT_SPACE);
    let stakes = chain.records.iter().map(|record| record.stake_lamports().expect("less than all lamports"));
    assert_eq!(chain.pool.head.total_lamports.get(), chain.reserve - rent + stakes.sum::<u64>());
    assert_eq!(chain.pool.head.pool_token_supply.get(), chain.mint_supply);
}
