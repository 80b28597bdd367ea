//! The published SPL stake pool, compiled by the same tools as Tidepool, works.

use {
    mollusk_svm::result::InstructionResult,
    solana_address::Address,
    tidepool_interface::{
        address::SYSTEM_PROGRAM_ID,
        instruction::{self, DepositSolAccounts},
        maths::Fee,
        state::PoolTerms,
    },
    tidepool_tests::{
        pool::{PoolFixture, PoolSpec, add_wallet, token_balance},
        vm::{Vm, program_elf, read_program_elf},
    },
};

const SOL: u64 = 1_000_000_000;

/// A pool whose tokens are worth 1.25 SOL, and which takes 1 % of a deposit, half of it for who referred it.
fn spec() -> PoolSpec {
    PoolSpec {
        total_lamports: 1_000 * SOL,
        supply: 800 * SOL,
        reserve: 1_000 * SOL,
        terms: PoolTerms { sol_deposit_fee: Fee::new(1, 100), sol_referral_fee: 50, ..PoolTerms::default() },
        ..PoolSpec::default()
    }
}

#[test]
fn a_sol_deposit_does_the_same_in_the_reference() {
    let path = program_elf().with_file_name("reference.so");
    let reference = std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}: run `cargo xtask reference` first", path.display()));
    let program_id = Address::new_unique();
    let mut ours = Vm::new(program_id, &read_program_elf());
    let pool = PoolFixture::install(&spec(), &mut ours);
    let lamports_from = add_wallet(100 * SOL, &mut ours);
    let pool_tokens_to = pool.add_token_account(lamports_from, 0, &mut ours);
    let referrer_fee_account = pool.add_token_account(Address::new_unique(), 0, &mut ours);
    // The fixture makes new addresses each time, so the second machine gets the accounts of the first.
    let mut theirs = Vm::new(program_id, &reference);
    theirs.accounts.clone_from(&ours.accounts);

    let head = &pool.state.head;
    let accounts = DepositSolAccounts {
        pool: pool.pool,
        withdraw_authority: pool.withdraw_authority,
        reserve_stake: head.reserve_stake,
        lamports_from,
        pool_tokens_to,
        manager_fee_account: head.manager_fee_account,
        referrer_fee_account,
        pool_mint: head.pool_mint,
        system_program: SYSTEM_PROGRAM_ID,
        token_program: head.token_program_id,
        sol_deposit_authority: None,
    };
    let deposit = instruction::deposit_sol(&program_id, &accounts, 50 * SOL, None);
    let [ours_did, theirs_did] = [&mut ours, &mut theirs].map(|vm| vm.process(&deposit));

    assert!(theirs_did.is_ok(), "{:?} {:#?}", theirs_did.result.raw_result, theirs_did.logs);
    assert_eq!(token_balance(&pool_tokens_to, &theirs), 39_600_000_000);
    assert_eq!(visible(&ours_did.result), visible(&theirs_did.result));
    assert_eq!(ours.accounts, theirs.accounts);
}

/// What others see of a result: not its cost.
fn visible(result: &InstructionResult) -> impl PartialEq + std::fmt::Debug {
    (result.raw_result.clone(), result.return_data.clone(), result.resulting_accounts.clone())
}
