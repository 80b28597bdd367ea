//! What the example rejects.

use {
    super::{EPOCH, Harness, POOL_PROGRAMS, empty_account},
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction, error::InstructionError},
    tidepool_interface::{
        ExtensionError::RateGuardHalt,
        StakePoolError::{InvalidState, StakeListAndPoolOutOfDate},
    },
    tidepool_tests::{SOL, accounts::add_wallet, extension::PoolKind, instructions::unsigned},
};

/// Checks that deposit, withdrawal and value all fail with `expected` after `change`, for each program.
fn check_all(expected: InstructionError, change: impl Fn(&mut Harness)) {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::EXTENDED);
        for instruction in [h.deposit(SOL, 0), h.withdraw(SOL, 0), h.value(SOL)] {
            assert!(h.vm.simulate(&instruction).is_ok(), "without the change");
        }
        change(&mut h);
        for instruction in [h.deposit(SOL, 0), h.withdraw(SOL, 0), h.value(SOL)] {
            assert_eq!(h.vm.process(&instruction).result.raw_result, Err(expected.clone()), "{pool_program:?}");
        }
    }
}

#[test]
fn rejects_a_pool_of_another_program() {
    check_all(InstructionError::IncorrectProgramId, |h| {
        let pool = h.vm.accounts.get_mut(&h.pool.pool).unwrap();
        pool.owner = Address::new_unique();
    });
}

#[test]
fn rejects_a_stale_pool() {
    check_all(InstructionError::Custom(StakeListAndPoolOutOfDate as u32), |h| h.vm.set_epoch(EPOCH + 1));
}

#[test]
fn rejects_a_halted_pool() {
    check_all(InstructionError::Custom(RateGuardHalt as u32), |h| {
        h.pool.extension.as_mut().unwrap().halted_until_epoch = (EPOCH + 1).into();
        h.pool.write_pool(&mut h.vm);
    });
}

#[test]
fn rejects_a_rate_that_has_jumped() {
    // More than 5 % in an epoch: a donation, or a slashing.
    for total_before in [1_046 * SOL, 1_159 * SOL] {
        check_all(InstructionError::Custom(RateGuardHalt as u32), |h| {
            h.pool.state.terms.last_epoch_total_lamports = total_before;
            h.pool.write_pool(&mut h.vm);
        });
    }
}

#[test]
fn rejects_an_account_of_the_program_that_is_not_a_pool() {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::Plain);
        // A validator list that is long enough to be read as a pool.
        let list = h.vm.accounts.get_mut(&h.pool.state.head.validator_list).unwrap();
        list.data.resize(700, 0);
        let mut instruction = h.value(SOL);
        instruction.accounts[0].pubkey = h.pool.state.head.validator_list;
        assert_eq!(h.vm.process(&instruction).custom_error(), Some(InvalidState as u32));
    }
}

#[test]
fn calls_no_program_but_the_known_one() {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::Plain);
        let attacker = h.vm.new_address();
        h.vm.accounts.insert(attacker, empty_account());
        for mut instruction in [h.deposit(SOL, 0), h.withdraw(SOL, 0)] {
            instruction.accounts[1].pubkey = attacker;
            assert_eq!(h.vm.process(&instruction).result.raw_result, Err(InstructionError::MissingAccount));
        }
    }
}

/// Checks that `instruction` succeeds, and fails with `expected` after `change` of it.
fn check_changed(
    expected: InstructionError,
    build: impl Fn(&Harness) -> Instruction,
    change: impl Fn(&mut Instruction, &mut Harness),
) {
    for pool_program in POOL_PROGRAMS {
        let mut h = Harness::new(pool_program, PoolKind::Plain);
        let mut instruction = build(&h);
        assert!(h.vm.simulate(&instruction).is_ok(), "without the change");
        change(&mut instruction, &mut h);
        assert_eq!(h.vm.process(&instruction).result.raw_result, Err(expected.clone()), "{pool_program:?}");
    }
}

#[test]
fn rejects_a_withdrawal_without_the_user_s_signature() {
    let withdraw = |h: &Harness| h.withdraw(SOL, 0);
    check_changed(InstructionError::MissingRequiredSignature, withdraw, |instruction, h| {
        *instruction = unsigned(instruction, &h.user);
    });
}

#[test]
fn rejects_another_user_s_vault() {
    let withdraw = |h: &Harness| h.withdraw(SOL, 0);
    check_changed(InstructionError::InvalidSeeds, withdraw, |instruction, h| {
        let thief = add_wallet(SOL, &mut h.vm);
        instruction.accounts[0] = AccountMeta::new_readonly(thief, true);
        // The receiver of the lamports.
        instruction.accounts[7].pubkey = thief;
    });
}

#[test]
fn rejects_another_receiver() {
    let withdraw = |h: &Harness| h.withdraw(SOL, 0);
    check_changed(InstructionError::IllegalOwner, withdraw, |instruction, h| {
        instruction.accounts[7].pubkey = add_wallet(SOL, &mut h.vm);
    });
}

#[test]
fn rejects_a_deposit_into_the_tokens_of_another() {
    let deposit = |h: &Harness| h.deposit(SOL, 0);
    check_changed(InstructionError::IllegalOwner, deposit, |instruction, h| {
        let thief = h.vm.new_address();
        // The receiver of the pool tokens.
        instruction.accounts[6].pubkey = h.pool.add_token_account(thief, 0, &mut h.vm);
    });
}
