//! `Amm` of Jupiter's aggregator: SOL against the pool token, both ways.
//!
//! Jupiter executes such a swap through Sanctum's router program, which wraps SOL and calls the pool. That program calls the three
//! deployments in [`ROUTED_PROGRAMS`] only, and charges a fee on withdrawals, which the quote contains. A pool of another program is
//! quoted without that fee, and its swap is an error: call the pool itself, with `tidepool_interface::instruction`.

use {
    crate::{Account, Environment, Pool, PoolAccounts, PoolAddresses, QuoteError},
    anyhow::{Context as _, Result, bail},
    jupiter_amm_interface::{
        AccountMap, Amm, AmmContext, ClockRef, KeyedAccount, Quote, QuoteParams, Swap, SwapAndAccountMetas, SwapMode,
        SwapParams,
    },
    rust_decimal::Decimal,
    solana_instruction::AccountMeta,
    solana_pubkey::Pubkey,
    std::{boxed::Box, string::String, sync::atomic::Ordering, vec, vec::Vec},
    tidepool_core::maths::Fee,
    tidepool_interface::{
        Address,
        address::{
            CLOCK_ID, EPOCH_REWARDS_ID, RENT_ID, SPL_STAKE_POOL_PROGRAM_ID, STAKE_HISTORY_ID, STAKE_PROGRAM_ID,
            SYSTEM_PROGRAM_ID, TOKEN_PROGRAM_ID,
        },
        state::StakePool,
    },
};

/// The mint of wrapped SOL.
pub const WRAPPED_SOL: Address = Address::from_str_const("So11111111111111111111111111111111111111112");
/// Sanctum's router program.
pub const ROUTER: Address = Address::from_str_const("stkitrT1Uoy18Dk1fTrgPw8W6MVzoCfYoAFT4MLsmhq");
/// The deployments that the router calls: the SPL stake pool, and Sanctum's two.
pub const ROUTED_PROGRAMS: [Address; 3] = [
    SPL_STAKE_POOL_PROGRAM_ID,
    Address::from_str_const("SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY"),
    Address::from_str_const("SPMBzsVUuoHA4Jm6KunbsotaahvVikZs1JyTW6iJvbn"),
];

const WSOL_BRIDGE_IN: Address = Address::from_str_const("7UWZDKjBT1dTvAzdjoSCYKnML3SPt9tfFkANGarEq5r3");
const SOL_BRIDGE_OUT: Address = Address::from_str_const("75jTZDE78xpBJokeB2BcimRNY5BZ7U45bWhpgUrTzWZC");
const FEE_SEED: &[u8] = b"fee";
/// The router's fee on withdrawn lamports: one basis point, rounded down, and at least a lamport.
const ROUTER_FEE_DIVISOR: u64 = 10_000;

/// Most accounts of a swap, the router program included.
const SWAP_ACCOUNTS_MAX: usize = 17;

/// A stake pool as a market.
#[derive(Clone)]
pub struct StakePoolAmm {
    addresses: PoolAddresses,
    state: StakePool,
    clock: ClockRef,
    /// After the first update.
    pool: Option<Pool>,
}

fn to_pubkey(address: &Address) -> Pubkey {
    Pubkey::new_from_array(address.to_bytes())
}

fn to_address(key: &Pubkey) -> Address {
    Address::new_from_array(key.to_bytes())
}

/// A trade: its amounts in and out, and the fee in pool tokens.
struct Trade {
    input: u64,
    output: u64,
    fee: u64,
    terms: Fee,
}

impl StakePoolAmm {
    fn mint(&self) -> &Address {
        &self.state.head.pool_mint
    }

    /// Whether SOL goes into the pool.
    fn is_deposit(&self, input: &Pubkey, output: &Pubkey) -> Result<bool, QuoteError> {
        let pair = (to_address(input), to_address(output));
        if pair == (WRAPPED_SOL, *self.mint()) {
            Ok(true)
        } else if pair == (*self.mint(), WRAPPED_SOL) {
            Ok(false)
        } else {
            Err(QuoteError::WrongMints)
        }
    }

    /// Whether the router can trade with the pool. It names one token program for wrapped SOL and the pool token.
    fn is_routed(&self) -> bool {
        ROUTED_PROGRAMS.contains(&self.addresses.program_id) && self.state.head.token_program_id == TOKEN_PROGRAM_ID
    }

    fn router_fee(&self, lamports: u64) -> u64 {
        if self.is_routed() { (lamports / ROUTER_FEE_DIVISOR).max(1) } else { 0 }
    }

    /// Lamports to withdraw so that at least `lamports` are left after the router's fee.
    fn before_router_fee(&self, lamports: u64) -> Option<u64> {
        let mut gross = lamports.checked_add(self.router_fee(lamports))?;
        // The fee of the fee: a basis point of a basis point.
        while gross - self.router_fee(gross) < lamports {
            gross = gross.checked_add(lamports - (gross - self.router_fee(gross)))?;
        }
        Some(gross)
    }

    fn trade(&self, pool: &Pool, params: &QuoteParams) -> Result<Trade, QuoteError> {
        let overflow = tidepool_core::Error::CalculationFailure;
        let is_exact_in = params.swap_mode == SwapMode::ExactIn;
        if self.is_deposit(&params.input_mint, &params.output_mint)? {
            let input = if is_exact_in { params.amount } else { pool.lamports_for_deposit(params.amount)? };
            let tokens = pool.deposit_sol(input)?.pool_tokens;
            let (output, minted) = (tokens.to_depositor.get(), tokens.minted.get());
            return Ok(Trade { input, output, fee: minted - output, terms: pool.terms().sol_deposit_fee });
        }
        let input = if is_exact_in {
            params.amount
        } else {
            pool.pool_tokens_for_withdrawal(self.before_router_fee(params.amount).ok_or(overflow)?)?
        };
        let quote = pool.withdraw_sol(input)?;
        let lamports = quote.lamports.get();
        let output = lamports - self.router_fee(lamports);
        Ok(Trade { input, output, fee: quote.fee.get(), terms: pool.terms().sol_withdrawal_fee })
    }

    fn deposit_metas(&self, params: &SwapParams) -> Vec<AccountMeta> {
        let head = &self.state.head;
        let [user, from, to] = traders(params);
        let fee_account = Address::find_program_address(&[FEE_SEED, self.mint().as_ref()], &ROUTER).0;
        vec![
            AccountMeta::new_readonly(user, false),
            AccountMeta::new(from, false),
            AccountMeta::new(to, false),
            AccountMeta::new(WSOL_BRIDGE_IN, false),
            AccountMeta::new(SOL_BRIDGE_OUT, false),
            AccountMeta::new(fee_account, false),
            AccountMeta::new(head.pool_mint, false),
            AccountMeta::new_readonly(WRAPPED_SOL, false),
            AccountMeta::new_readonly(head.token_program_id, false),
            AccountMeta::new_readonly(SYSTEM_PROGRAM_ID, false),
            AccountMeta::new_readonly(self.addresses.program_id, false),
            AccountMeta::new(self.addresses.pool, false),
            AccountMeta::new_readonly(self.addresses.withdraw_authority, false),
            AccountMeta::new(head.reserve_stake, false),
            AccountMeta::new(head.manager_fee_account, false),
        ]
    }

    fn withdrawal_metas(&self, params: &SwapParams) -> Vec<AccountMeta> {
        let head = &self.state.head;
        let [user, from, to] = traders(params);
        let fee_account = Address::find_program_address(&[FEE_SEED, WRAPPED_SOL.as_ref()], &ROUTER).0;
        vec![
            AccountMeta::new_readonly(user, false),
            AccountMeta::new(from, false),
            AccountMeta::new(to, false),
            AccountMeta::new(fee_account, false),
            AccountMeta::new(head.pool_mint, false),
            AccountMeta::new_readonly(WRAPPED_SOL, false),
            AccountMeta::new_readonly(head.token_program_id, false),
            AccountMeta::new_readonly(self.addresses.program_id, false),
            AccountMeta::new(self.addresses.pool, false),
            AccountMeta::new_readonly(self.addresses.withdraw_authority, false),
            AccountMeta::new(head.reserve_stake, false),
            AccountMeta::new(head.manager_fee_account, false),
            AccountMeta::new_readonly(CLOCK_ID, false),
            AccountMeta::new_readonly(STAKE_HISTORY_ID, false),
            AccountMeta::new_readonly(STAKE_PROGRAM_ID, false),
            AccountMeta::new_readonly(head.token_program_id, false),
        ]
    }
}

fn traders(params: &SwapParams) -> [Address; 3] {
    [&params.token_transfer_authority, &params.source_token_account, &params.destination_token_account].map(to_address)
}

impl Amm for StakePoolAmm {
    fn from_keyed_account(keyed: &KeyedAccount, context: &AmmContext) -> Result<Self> {
        let state = StakePool::decode_initialized(&keyed.account.data).map_err(|_| QuoteError::NotAPool)?;
        let program_id = Address::new_from_array(keyed.account.owner.to_bytes());
        let addresses = PoolAddresses::find(&program_id, &to_address(&keyed.key));
        Ok(Self { addresses, state, clock: context.clock_ref.clone(), pool: None })
    }

    fn label(&self) -> String {
        "Stake pool".into()
    }

    fn program_id(&self) -> Pubkey {
        to_pubkey(&self.addresses.program_id)
    }

    fn key(&self) -> Pubkey {
        to_pubkey(&self.addresses.pool)
    }

    fn get_reserve_mints(&self) -> Vec<Pubkey> {
        vec![to_pubkey(&WRAPPED_SOL), to_pubkey(self.mint())]
    }

    fn get_accounts_to_update(&self) -> Vec<Pubkey> {
        let head = &self.state.head;
        [&self.addresses.pool, &head.reserve_stake, &head.manager_fee_account, &RENT_ID, &EPOCH_REWARDS_ID]
            .map(to_pubkey)
            .into()
    }

    fn update(&mut self, accounts: &AccountMap) -> Result<()> {
        let find = |address: &Address| accounts.get(&to_pubkey(address));
        let read = |address: &Address| find(address).with_context(|| std::format!("account {address} is missing"));
        let pool = read(&self.addresses.pool)?;
        self.state = StakePool::decode_initialized(&pool.data).map_err(|_| QuoteError::NotAPool)?;
        let reserve = read(&self.state.head.reserve_stake)?;
        let fees = find(&self.state.head.manager_fee_account);
        let owners = [Some(pool), Some(reserve), fees]
            .map(|account| account.map_or_else(Address::default, |account| account.owner.to_bytes().into()));
        let environment = Environment::default()
            .with_rent_sysvar(&read(&RENT_ID)?.data)?
            .with_epoch_rewards_sysvar(&read(&EPOCH_REWARDS_ID)?.data)?;
        let [pool, reserve_stake, fees] = [Some(pool), Some(reserve), fees]
            .map(|account| account.map_or((0, &[][..]), |account| (account.lamports, &account.data[..])));
        let account = |(lamports, data), owner| Account { lamports, owner, data };
        let accounts = PoolAccounts {
            pool: account(pool, &owners[0]),
            reserve_stake: account(reserve_stake, &owners[1]),
            // Without the account, its data is empty, and receives no fee either.
            manager_fee_account: Some(account(fees, &owners[2])),
        };
        self.pool = Some(Pool::read(&self.addresses, &accounts, &environment)?);
        Ok(())
    }

    fn quote(&self, params: &QuoteParams) -> Result<Quote> {
        let pool = self.pool.as_ref().context("the accounts were not read yet: call update first")?;
        let pool = pool.in_epoch(self.clock.epoch.load(Ordering::Relaxed));
        let trade = self.trade(&pool, params)?;
        let part = |numerator: u64| Decimal::from(numerator);
        Ok(Quote {
            in_amount: trade.input,
            out_amount: trade.output,
            fee_amount: trade.fee,
            fee_mint: to_pubkey(self.mint()),
            fee_pct: part(trade.terms.numerator).checked_div(part(trade.terms.denominator)).unwrap_or_default(),
        })
    }

    fn get_swap_and_account_metas(&self, params: &SwapParams) -> Result<SwapAndAccountMetas> {
        if !self.is_routed() {
            bail!(
                "Sanctum's router does not trade with the pool {} of the program {}: call the pool itself, with \
                 tidepool_interface::instruction",
                self.addresses.pool,
                self.addresses.program_id
            );
        }
        let (swap, mut account_metas) = if self.is_deposit(&params.source_mint, &params.destination_mint)? {
            (Swap::StakeDexStakeWrappedSol, self.deposit_metas(params))
        } else {
            (Swap::StakeDexWithdrawWrappedSol, self.withdrawal_metas(params))
        };
        // It ends the accounts of a swap within a route.
        account_metas.push(params.placeholder_account_meta());
        Ok(SwapAndAccountMetas { swap, account_metas })
    }

    fn supports_exact_out(&self) -> bool {
        true
    }

    fn clone_amm(&self) -> Box<dyn Amm + Send + Sync> {
        Box::new(self.clone())
    }

    fn get_accounts_len(&self) -> usize {
        SWAP_ACCOUNTS_MAX
    }

    /// Whether a trade either way is possible now.
    fn is_active(&self) -> bool {
        self.pool.as_ref().is_none_or(|pool| {
            let terms = pool.terms();
            terms.sol_deposit_authority.is_none() || terms.sol_withdraw_authority.is_none()
        })
    }
}
