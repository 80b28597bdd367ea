//! `examples/vault-by-cpi`, a program that calls a pool with `tidepool-cpi`, in the virtual machine: with Tidepool and with the SPL
//! stake pool in the pool program's place.

mod attacks;

use {
    solana_account::Account,
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_core::{
        maths::{Fee, Lamports, PoolTokens},
        quote,
    },
    tidepool_interface::{
        address::{SPL_STAKE_POOL_PROGRAM_ID, SYSTEM_PROGRAM_ID},
        external::token::TokenAccount,
        state::{ExitTicket, PoolTerms},
    },
    tidepool_tests::{
        SOL,
        accounts::{add_wallet, token_balance},
        extension::PoolKind,
        instructions::{Holder, Receiver},
        pool::{PoolFixture, PoolSpec},
        vm::{Elf, Outcome, Vm, read_elf},
    },
};

const EPOCH: u64 = 500;
const VAULT_PROGRAM: Address = Address::new_from_array([77; 32]);
/// The programs that the vault is tested with.
const POOL_PROGRAMS: [Elf; 2] = [Elf::Tidepool, Elf::Reference];
/// Compute units of a deposit by the vault beside those of the pool's program: 5,242 when this was written, of them 1,500 for the check
/// of the vault's address and 808 for reading and checking the rate.
const OVERHEAD_MAX: u64 = 6_000;

const DEPOSIT: u8 = 0;
const WITHDRAW: u8 = 1;
const REQUEST_EXIT: u8 = 2;
const VALUE: u8 = 3;

/// A user with a vault, which holds a half of the pool tokens.
struct Harness {
    vm: Vm,
    pool: PoolFixture,
    user: Address,
    vault: Holder,
    bump: u8,
}

impl Harness {
    fn new(pool_program: Elf, kind: PoolKind) -> Self {
        let mut vm = Vm::new(SPL_STAKE_POOL_PROGRAM_ID, &read_elf(pool_program));
        vm.steady_addresses();
        vm.replace_program(&VAULT_PROGRAM, &read_elf(Elf::Vault));
        vm.set_epoch(EPOCH);
        let fee = Fee::new(1, 1_000);
        let terms = PoolTerms {
            sol_deposit_fee: fee,
            sol_withdrawal_fee: fee,
            sol_referral_fee: 50,
            last_epoch_total_lamports: 1_099 * SOL,
            last_epoch_pool_token_supply: 1_000 * SOL,
            ..PoolTerms::default()
        };
        let spec = PoolSpec {
            total_lamports: 1_100 * SOL,
            supply: 1_000 * SOL,
            reserve: 300 * SOL,
            terms,
            last_update_epoch: EPOCH,
            kind,
            ..PoolSpec::default()
        };
        let pool = PoolFixture::install(&spec, &mut vm);
        let user = add_wallet(100 * SOL, &mut vm);
        let seeds = [b"vault", user.as_ref(), pool.pool.as_ref()];
        let (wallet, bump) = Address::find_program_address(&seeds, &VAULT_PROGRAM);
        let tokens = pool.add_token_account(wallet, 500 * SOL, &mut vm);
        Self { vm, pool, user, vault: Holder { wallet, tokens }, bump }
    }

    /// An instruction of the vault program: an account of its own, the pool's program, and the accounts of the pool's instruction. The
    /// vault cannot sign.
    fn wrap(&self, tag: u8, first: AccountMeta, inner: &Instruction, amount: u64, minimum: u64) -> Instruction {
        let mut accounts = vec![first, AccountMeta::new_readonly(self.pool.program_id, false)];
        accounts.extend(inner.accounts.iter().cloned());
        for meta in &mut accounts {
            meta.is_signer &= meta.pubkey != self.vault.wallet;
        }
        let mut data = vec![tag, self.bump];
        data.extend_from_slice(&amount.to_le_bytes());
        data.extend_from_slice(&minimum.to_le_bytes());
        Instruction { program_id: VAULT_PROGRAM, accounts, data }
    }

    fn pool_deposit(&self, lamports: u64) -> Instruction {
        let to = Receiver { tokens: self.vault.tokens, referrer: self.pool.state.head.manager_fee_account };
        self.pool.deposit_sol(self.user, to, None, lamports, Some(1))
    }

    fn deposit(&self, lamports: u64, minimum: u64) -> Instruction {
        let vault = AccountMeta::new_readonly(self.vault.wallet, false);
        self.wrap(DEPOSIT, vault, &self.pool_deposit(lamports), lamports, minimum)
    }

    fn withdraw(&self, pool_tokens: u64, minimum: u64) -> Instruction {
        let mut inner = self.pool.withdraw_sol(self.vault, None, pool_tokens, None);
        // The lamports go to the user.
        inner.accounts[5].pubkey = self.user;
        self.wrap(WITHDRAW, AccountMeta::new_readonly(self.user, true), &inner, pool_tokens, minimum)
    }

    fn request_exit(&self, pool_tokens: u64, minimum: u64) -> Instruction {
        let mut inner = self.pool.request_exit(self.vault, (0, self.user), pool_tokens, minimum);
        // The user pays the ticket's rent.
        inner.accounts[9].pubkey = self.user;
        let mut instruction =
            self.wrap(REQUEST_EXIT, AccountMeta::new_readonly(self.user, true), &inner, pool_tokens, minimum);
        instruction.accounts[11].is_signer = true;
        instruction
    }

    fn value(&self, pool_tokens: u64) -> Instruction {
        let pool = AccountMeta::new_readonly(self.pool.pool, false);
        let none = Instruction { program_id: VAULT_PROGRAM, accounts: vec![], data: vec![] };
        self.wrap(VALUE, pool, &none, pool_tokens, 0)
    }

    fn tokens(&self) -> u64 {
        token_balance(&self.vault.tokens, &self.vm)
    }

    fn lamports(&self) -> u64 {
        self.vm.account(&self.user).lamports
    }
}

fn check_success(outcome: &Outcome) {
    assert!(outcome.is_ok(), "{:?} {:#?}", outcome.result.raw_result, outcome.logs);
}

#[test]
fn a_vault_deposits_and_withdraws_what_the_pool_quotes() {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::Plain);
        let (rate, terms) = (h.pool.state.head.exchange_rate(), h.pool.state.terms);
        let deposit = quote::sol_deposit(&rate, &terms.sol_deposit_fee, 50, Lamports::new(7 * SOL)).unwrap();
        let (tokens, minimum) = (h.tokens(), deposit.to_depositor.get());
        let outcome = h.vm.process(&h.deposit(7 * SOL, minimum));
        check_success(&outcome);
        assert_eq!((h.tokens() - tokens, h.lamports()), (minimum, 93 * SOL));

        let rate = h.pool.read_state(&h.vm).head.exchange_rate();
        let fee = Some(&terms.sol_withdrawal_fee);
        let withdrawal = quote::withdrawal(&rate, fee, PoolTokens::new(5 * SOL)).unwrap();
        let (tokens, lamports, minimum) = (h.tokens(), h.lamports(), withdrawal.lamports.get());
        let outcome = h.vm.process(&h.withdraw(5 * SOL, minimum));
        check_success(&outcome);
        assert_eq!((tokens - h.tokens(), h.lamports() - lamports), (5 * SOL, minimum));
    }
}

#[test]
fn the_slippage_bound_holds_through_the_call() {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::Plain);
        for instruction in [h.deposit(7 * SOL, 7 * SOL), h.withdraw(5 * SOL, 6 * SOL)] {
            assert_eq!(h.vm.process(&instruction).custom_error(), Some(39));
        }
    }
}

#[test]
fn a_call_costs_little_beside_the_pool() {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::Plain);
        let direct = h.vm.simulate(&h.pool_deposit(7 * SOL));
        check_success(&direct);
        let called = h.vm.simulate(&h.deposit(7 * SOL, 1));
        check_success(&called);
        let (direct, called) = (direct.result.compute_units_consumed, called.result.compute_units_consumed);
        println!("{pool_program:?}: {called} compute units, {direct} of them in the pool's program");
        assert!(called - direct <= OVERHEAD_MAX, "{}", called - direct);
    }
}

#[test]
fn a_vault_requests_an_exit_ticket() {
    let mut h = Harness::new(Elf::Tidepool, PoolKind::EXTENDED);
    h.pool.add_escrow(&mut h.vm);
    let tokens = h.tokens();
    let outcome = h.vm.process(&h.request_exit(5 * SOL, 5 * SOL));
    check_success(&outcome);
    assert_eq!(tokens - h.tokens(), 5 * SOL);
    let account = h.vm.account(&h.pool.ticket(0));
    let ticket = ExitTicket::decode(&account.data).unwrap();
    assert_eq!((ticket.owner, ticket.recipient), (h.vault.wallet, h.user));
    let escrow = h.vm.account(&h.pool.escrow());
    assert_eq!(TokenAccount::decode(&escrow.data).unwrap().amount, ticket.pool_tokens.get());
}

#[test]
fn a_value_is_that_of_the_rate() {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::EXTENDED);
        let outcome = h.vm.process(&h.value(10 * SOL));
        check_success(&outcome);
        assert_eq!(outcome.result.return_data, (11 * SOL).to_le_bytes());
        println!("{pool_program:?}: {} compute units", outcome.result.compute_units_consumed);
    }
}

/// An account that no program owns.
fn empty_account() -> Account {
    Account { lamports: SOL, owner: SYSTEM_PROGRAM_ID, ..Account::default() }
}
