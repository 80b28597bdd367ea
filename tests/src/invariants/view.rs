//! What there is at one moment.

use {
    crate::{extension::events::Balances, history::World},
    solana_address::Address,
    solana_program_pack::Pack as _,
    spl_token_interface::state::{Account as TokenAccount, AccountState, Mint},
    std::collections::BTreeMap,
    tidepool_core::maths::Fee,
    tidepool_interface::state::PoolTerms,
};

/// All that the invariants look at.
#[derive(Debug)]
pub struct View {
    /// Lamports that the pool states.
    pub total: u64,
    /// Pool tokens that the pool states.
    pub supply: u64,
    /// Epoch in which the pool was last updated.
    pub last_update_epoch: u64,
    /// Epoch that it is.
    pub epoch: u64,
    /// Pool tokens that the mint states.
    pub mint: u64,
    /// Pool tokens of each token account.
    pub tokens: BTreeMap<Address, u64>,
    /// Lamports of all accounts together.
    pub everywhere: u128,
    /// Lamports that are the pool's.
    pub held: u64,
    /// Lamports of the reserve, its rent included.
    pub reserve: u64,
    /// Rent of the reserve, as of now.
    pub rent: u64,
    /// Fee on rewards.
    pub epoch_fee: Fee,
    /// The other fees.
    pub terms: PoolTerms,
    /// The account of the manager's fees.
    pub fee_account: Address,
    /// Whether it can be paid.
    pub can_pay_fee: bool,
    /// What events tell of.
    pub balances: Balances,
}

impl View {
    /// Looks at the world.
    pub fn of(world: &World) -> Self {
        let (pool, accounts) = (&world.pool, &world.vm.accounts);
        let state = pool.read_state(world.vm);
        let head = state.head;
        let tokens = accounts.iter().filter(|(_, account)| account.owner == head.token_program_id);
        let tokens: BTreeMap<_, _> = tokens
            .filter_map(|(address, account)| {
                let token = TokenAccount::unpack(account.data.get(..TokenAccount::LEN)?).ok()?;
                (token.mint == head.pool_mint).then_some((*address, token))
            })
            .collect();
        let fee_account = tokens.get(&head.manager_fee_account);
        let mint = &accounts[&head.pool_mint].data[..Mint::LEN];
        Self {
            total: head.total_lamports.get(),
            supply: head.pool_token_supply.get(),
            last_update_epoch: head.last_update_epoch.get(),
            epoch: world.book.epoch,
            mint: Mint::unpack(mint).expect("the mint").supply,
            can_pay_fee: fee_account.is_some_and(|account| account.state == AccountState::Initialized),
            tokens: tokens.into_iter().map(|(address, account)| (address, account.amount)).collect(),
            everywhere: accounts.values().map(|account| u128::from(account.lamports)).sum(),
            held: world.pool_lamports(),
            reserve: world.lamports(&head.reserve_stake),
            rent: world.stake_rent,
            epoch_fee: head.epoch_fee.get(),
            terms: state.terms,
            fee_account: head.manager_fee_account,
            balances: Balances::read(pool, world.vm),
        }
    }

    /// Value of this many pool tokens at the stated rate, in lamports, rounded down; 0 without a supply.
    pub fn value(&self, tokens: u64) -> u128 {
        (u128::from(tokens) * u128::from(self.total)).checked_div(u128::from(self.supply)).unwrap_or(0)
    }

    /// Lamports of the reserve that are no one's: its rent, or what there is of it.
    pub fn reserve_rent(&self) -> u64 {
        self.rent.min(self.reserve)
    }

    /// Pool tokens of an account.
    pub fn tokens_of(&self, address: &Address) -> u64 {
        self.tokens.get(address).copied().unwrap_or(0)
    }
}

/// A fee on an amount, rounded up.
pub fn fee_on(fee: &Fee, amount: u64) -> u128 {
    if fee.numerator == 0 || fee.denominator == 0 {
        return 0;
    }
    (u128::from(amount) * u128::from(fee.numerator)).div_ceil(u128::from(fee.denominator))
}
