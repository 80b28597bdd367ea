//! What SPL instructions do only now and then: merge stake, tax a reward, drop an entry, give a whole account away.

use {
    super::spec,
    crate::{
        SOL,
        accounts::{UserStake, add_empty_stake, add_wallet},
        extension::PoolKind,
        instructions::{Holder, Receiver},
        pool::{PoolFixture, PoolSpec},
        scenario::EPOCH,
        stake::deactivate,
        vm::Vm,
    },
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::state::StakeStatus,
};

/// Makes a pool's accounts, and an instruction that succeeds on them.
pub(super) type Make = fn(Address, PoolKind, &mut Vm) -> (PoolFixture, Instruction);

pub(super) const SCENARIOS: &[(&str, Make)] = &[
    ("UpdateValidatorListBalance, merging", |token_program, kind, vm| {
        let pool = stale(token_program, kind, vm);
        let instruction = update_list(&pool);
        (pool, instruction)
    }),
    ("UpdateValidatorListBalance, of removed validators", |token_program, kind, vm| {
        let pool = stale(token_program, kind, vm);
        remove_both(&pool, vm);
        let instruction = update_list(&pool);
        (pool, instruction)
    }),
    ("UpdateStakePoolBalance, with a reward", |token_program, kind, vm| {
        let pool = stale(token_program, kind, vm);
        let update = update_list(&pool);
        let outcome = vm.process(&update);
        assert!(outcome.is_ok(), "{:#?}", outcome.logs);
        let instruction = pool.update_pool();
        (pool, instruction)
    }),
    ("CleanupRemovedValidatorEntries, of one", |token_program, kind, vm| {
        let pool = PoolFixture::install(&spec(token_program, kind, EPOCH), vm);
        let gone = pool.validators[0];
        vm.accounts.remove(&gone.stake);
        pool.edit_record(0, vm, |record| {
            record.status = StakeStatus::ReadyForRemoval as u8;
            record.active_stake_lamports = 0.into();
        });
        let instruction = pool.cleanup();
        (pool, instruction)
    }),
    ("DepositStake, by an authority", |token_program, kind, vm| {
        let mut pool = PoolFixture::install(&spec(token_program, kind, EPOCH), vm);
        let authority = add_wallet(SOL, vm);
        pool.state.head.stake_deposit_authority = authority;
        pool.write_pool(vm);
        let instruction = deposit(&pool, authority, vm);
        (pool, instruction)
    }),
    ("WithdrawStake, from the reserve", |token_program, kind, vm| {
        let spec = PoolSpec { validators: vec![], ..spec(token_program, kind, EPOCH) };
        let pool = PoolFixture::install(&spec, vm);
        let from = pool.state.head.reserve_stake;
        let instruction = withdraw(&pool, from, vm);
        (pool, instruction)
    }),
    ("WithdrawStake, of transient stake", |token_program, kind, vm| {
        let mut spec = spec(token_program, kind, EPOCH);
        for validator in &mut spec.validators {
            validator.delegated = SOL;
        }
        let pool = PoolFixture::install(&spec, vm);
        let from = pool.validators[1].transient;
        let instruction = withdraw(&pool, from, vm);
        (pool, instruction)
    }),
];

pub(super) fn stale(token_program: Address, kind: PoolKind, vm: &mut Vm) -> PoolFixture {
    PoolFixture::install(&spec(token_program, kind, EPOCH - 1), vm)
}

fn update_list(pool: &PoolFixture) -> Instruction {
    pool.update_whole_list(false)
}

/// Both validators were removed in the epoch before, and all their stake is inactive by now.
pub(super) fn remove_both(pool: &PoolFixture, vm: &mut Vm) {
    for (index, validator) in pool.validators.iter().enumerate() {
        for address in [validator.stake, validator.transient] {
            if let Some(account) = vm.accounts.get_mut(&address) {
                deactivate(&mut account.data, EPOCH - 1);
            }
        }
        pool.edit_record(index, vm, |record| {
            let has_transient = record.transient_stake_lamports.get() > 0;
            let status = if has_transient { StakeStatus::DeactivatingAll } else { StakeStatus::DeactivatingValidator };
            record.status = status as u8;
        });
    }
}

/// Deposits 5 SOL of stake of the deposit authority.
fn deposit(pool: &PoolFixture, authority: Address, vm: &mut Vm) -> Instruction {
    let vote = pool.validators[0].vote;
    let stake = UserStake { authority, vote, delegated: 5 * SOL, idle: SOL, activation_epoch: 0 }.add(vm);
    let owner = vm.new_address();
    let to = Receiver { tokens: pool.add_token_account(owner, 0, vm), referrer: pool.add_token_account(owner, 0, vm) };
    let mut instruction = pool.deposit_stake(authority, stake, pool.validators[0].stake, to, None);
    let meta = instruction.accounts.iter_mut().find(|meta| meta.pubkey == authority);
    meta.expect("the deposit authority").is_signer = true;
    instruction
}

/// A holder withdraws about 5 SOL from a stake account.
fn withdraw(pool: &PoolFixture, from: Address, vm: &mut Vm) -> Instruction {
    let wallet = add_wallet(SOL, vm);
    let tokens = pool.add_token_account(wallet, 900 * SOL, vm);
    let to = add_empty_stake(vm);
    pool.withdraw_stake(Holder { wallet, tokens }, from, to, 5 * SOL, None)
}
