//! A pool as a market of Jupiter's trait.

use {
    super::{EPOCH, PoolBytes, SOL},
    jupiter_amm_interface::{AccountMap, Amm, AmmContext, KeyedAccount},
    solana_account::Account,
    solana_pubkey::Pubkey,
    std::sync::atomic::Ordering,
    tidepool_amm::jupiter::StakePoolAmm,
    tidepool_interface::{
        Address,
        address::{EPOCH_REWARDS_ID, RENT_ID, STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID},
    },
};

pub const MINT: Address = Address::new_from_array([4; 32]);

pub fn key(address: &Address) -> Pubkey {
    Pubkey::new_from_array(address.to_bytes())
}

fn account(lamports: u64, owner: &Address, data: &[u8]) -> Account {
    Account { lamports, owner: owner.to_bytes().into(), data: data.to_vec(), executable: false, rent_epoch: 0 }
}

/// The accounts that the market asks for.
pub fn accounts(bytes: &PoolBytes) -> AccountMap {
    let head = &bytes.state.head;
    let mut rent = [0; 17];
    rent[..8].copy_from_slice(&6_960u64.to_le_bytes());
    rent[8..16].copy_from_slice(&1f64.to_le_bytes());
    let owner = Address::default();
    [
        (bytes.addresses.pool, account(SOL, &bytes.addresses.program_id, &bytes.pool)),
        (head.reserve_stake, account(bytes.reserve_lamports, &STAKE_PROGRAM_ID, &[0; 200])),
        (head.manager_fee_account, account(SOL, &TOKEN_PROGRAM_ID, &bytes.fee_account)),
        (RENT_ID, account(SOL, &owner, &rent)),
        (EPOCH_REWARDS_ID, account(SOL, &owner, &[0; 81])),
    ]
    .map(|(address, account)| (key(&address), account))
    .into_iter()
    .collect()
}

/// The market before its first update.
pub fn new_market(bytes: &PoolBytes) -> (StakePoolAmm, AmmContext) {
    let context = AmmContext::default();
    context.clock_ref.epoch.store(EPOCH, Ordering::Relaxed);
    let pool = key(&bytes.addresses.pool);
    let keyed = KeyedAccount { key: pool, account: accounts(bytes)[&pool].clone(), params: None };
    (StakePoolAmm::from_keyed_account(&keyed, &context).unwrap(), context)
}

/// The market, updated.
pub fn market(bytes: &PoolBytes) -> StakePoolAmm {
    let (mut market, _) = new_market(bytes);
    market.update(&accounts(bytes)).unwrap();
    market
}
