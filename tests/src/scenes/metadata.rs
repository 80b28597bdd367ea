//! The pool token's name in wallets.

use {
    super::spec,
    crate::{
        SOL,
        extension::PoolKind,
        pool::{PoolFixture, add_wallet},
        scenario::EPOCH,
        vm::Vm,
    },
    solana_address::Address,
    solana_instruction::Instruction,
    tidepool_interface::{
        address::{METADATA_PROGRAM_ID, SYSTEM_PROGRAM_ID, find_metadata},
        instruction::{CreateTokenMetadataAccounts, StakePoolInstruction as Ix, UpdateTokenMetadataAccounts},
    },
};

pub(super) const SCENES: &[(&str, super::contract::Make)] =
    &[("CreateTokenMetadata", create), ("UpdateTokenMetadata", update)];

fn create(token_program: Address, kind: PoolKind, vm: &mut Vm) -> (PoolFixture, Instruction) {
    let pool = PoolFixture::install(&spec(token_program, kind, EPOCH), vm);
    let head = pool.state.head;
    let accounts = CreateTokenMetadataAccounts {
        pool: pool.pool,
        manager: head.manager,
        withdraw_authority: pool.withdraw_authority,
        pool_mint: head.pool_mint,
        payer: add_wallet(SOL, vm),
        metadata: find_metadata(&head.pool_mint).0,
        metadata_program: METADATA_PROGRAM_ID,
        system_program: SYSTEM_PROGRAM_ID,
    };
    let instruction = Ix::CreateTokenMetadata { name: "Tide", symbol: "TIDE", uri: "https://example.org/tide.json" };
    let instruction = instruction.with_accounts(&pool.program_id, accounts.metas());
    (pool, instruction)
}

fn update(token_program: Address, kind: PoolKind, vm: &mut Vm) -> (PoolFixture, Instruction) {
    let (pool, instruction) = create(token_program, kind, vm);
    let outcome = vm.process(&instruction);
    assert!(outcome.is_ok(), "{:#?}", outcome.logs);
    let head = pool.state.head;
    let accounts = UpdateTokenMetadataAccounts {
        pool: pool.pool,
        manager: head.manager,
        withdraw_authority: pool.withdraw_authority,
        metadata: find_metadata(&head.pool_mint).0,
        metadata_program: METADATA_PROGRAM_ID,
    };
    let instruction = Ix::UpdateTokenMetadata { name: "Ebb", symbol: "EBB", uri: "" };
    let instruction = instruction.with_accounts(&pool.program_id, accounts.metas());
    (pool, instruction)
}
