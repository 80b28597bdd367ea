//! The pool token's name in wallets.

use {
    super::spec,
    crate::{SOL, accounts::add_wallet, extension::PoolKind, pool::PoolFixture, scenario::EPOCH, vm::Vm},
    solana_address::Address,
    solana_instruction::Instruction,
};

pub(super) const SCENARIOS: &[(&str, super::spl::Make)] =
    &[("CreateTokenMetadata", create), ("UpdateTokenMetadata", update)];

fn create(token_program: Address, kind: PoolKind, vm: &mut Vm) -> (PoolFixture, Instruction) {
    let pool = PoolFixture::install(&spec(token_program, kind, EPOCH), vm);
    let instruction = pool.create_metadata(add_wallet(SOL, vm));
    (pool, instruction)
}

fn update(token_program: Address, kind: PoolKind, vm: &mut Vm) -> (PoolFixture, Instruction) {
    let (pool, instruction) = create(token_program, kind, vm);
    let outcome = vm.process(&instruction);
    assert!(outcome.is_ok(), "{:#?}", outcome.logs);
    let instruction = pool.update_metadata();
    (pool, instruction)
}
