//! Messages that other clients make: with lookup tables, and with signers that the program derives.

use {
    super::Safe,
    crate::harness::{USAGE, assert_fails, text},
    serde_json::json,
    solana_account::Account,
    solana_address::Address,
    solana_address_lookup_table_interface::state::{AddressLookupTable, LookupTableMeta},
    solana_signer::Signer as _,
    solana_system_interface::instruction::create_account,
    tidepool_interface::instruction::{SetStakerAccounts, StakePoolInstruction},
    tidepool_squads::{
        address,
        instruction::{VaultTransactionCreate, proposal_create},
        message::{CompiledInstruction, TableLookup, VaultMessage},
    },
};

/// A lookup table with these addresses, which were added long ago.
fn table(safe: &Safe, addresses: &[Address]) -> Address {
    let meta = LookupTableMeta { authority: Some(safe.stage.wallet.pubkey()), ..LookupTableMeta::default() };
    let data = AddressLookupTable { meta, addresses: addresses.into() }.serialize_for_tests().unwrap();
    let (address, owner) = (Address::new_unique(), solana_address_lookup_table_interface::program::ID);
    safe.stage.cluster.set_account(&address, Account { lamports: 10_000_000, data, owner, ..Account::default() });
    address
}

/// Proposes a message as another client does.
fn propose(safe: &Safe, index: u64, message: &VaultMessage, derived_signers: u8) {
    let member = safe.stage.wallet.pubkey();
    let create = VaultTransactionCreate { vault_index: 0, message, memo: None };
    let mut create = create.instruction(&safe.multisig, index, &member, &member).unwrap();
    // Behind the discriminator and the index of the vault.
    create.data[9] = derived_signers;
    safe.process(&[create, proposal_create(&safe.multisig, index, &member, &member, false)], &[]);
}

#[tokio::test]
async fn a_proposal_with_lookup_tables_is_explained_and_executed() {
    let (safe, pool) = Safe::with_pool(0, "").await;
    let new_staker = safe.second.pubkey();
    let other = Address::new_unique();
    let pool_address: Address = pool.parse().unwrap();
    let first = table(&safe, &[other, pool_address, other]);
    let second = table(&safe, &[new_staker, pool_address]);
    let accounts = SetStakerAccounts { pool: pool_address, staker_or_manager: safe.vault, new_staker };
    let plain = StakePoolInstruction::SetStaker.with_accounts(&safe.stage.program_id, accounts.metas());
    // Places: 0 the vault, 1 the program, 2 the pool (writable, of the first table), 3 the other address (read-only, of the first),
    // 4 the new staker (read-only, of the second).
    let message = |place| VaultMessage {
        num_signers: 1,
        num_writable_signers: 0,
        num_writable_non_signers: 0,
        account_keys: vec![safe.vault, safe.stage.program_id],
        instructions: vec![CompiledInstruction { program_index: 1, accounts: vec![2, 0, 4], data: plain.data.clone() }],
        lookups: vec![
            TableLookup { table: first, writable: vec![1], readonly: vec![2] },
            TableLookup { table: second, writable: vec![], readonly: vec![place] },
        ],
    };
    propose(&safe, 2, &message(0), 0);
    let shown = safe.shown(2).await;
    let does = text(&shown["does"][0]);
    assert!(does.contains("SetStaker") && does.contains(&pool) && does.contains(&new_staker.to_string()), "{does}");
    assert_eq!((&shown["problems"], &shown["would_succeed"]), (&json!([]), &json!(true)), "{shown:#}");
    safe.passes(2).await;
    let staker = &safe.stage.must(&format!("show {pool}")).await["authorities"]["staker"];
    assert_eq!(*staker, new_staker.to_string());

    // An address that is added to a table later decides the effect of such a proposal.
    propose(&safe, 3, &message(9), 0);
    let shown = safe.shown(3).await;
    let problems = shown["problems"].to_string();
    assert!(problems.contains(&format!("lookup table {second} has no address 9 yet")), "{problems}");
    assert!(text(&shown["does"][0]).contains(&format!("address 9 of lookup table {second}")), "{shown:#}");
    assert_eq!(shown["would_succeed"], json!(null));
    safe.approve_as("wallet", 3).await;
    safe.approve_as("third", 3).await;
    assert_fails(&safe.stage, &safe.action("execute", 3), USAGE, &["has no address 9 yet"]).await;
    // A table that was closed.
    safe.stage.cluster.set_account(&first, Account::default());
    assert!(safe.shown(3).await["problems"].to_string().contains(&first.to_string()));
}

#[tokio::test]
async fn a_proposal_with_derived_signers_is_explained_and_executed() {
    let safe = Safe::new(0);
    let new = address::ephemeral_signer(&address::transaction(&safe.multisig, 1), 0);
    let create = create_account(&safe.vault, &new, 10_000_000, 10, &safe.stage.program_id);
    propose(&safe, 1, &VaultMessage::compile(&[create]).unwrap(), 1);
    let shown = safe.shown(1).await;
    assert!(shown["cautions"].to_string().contains("1 signers are derived"), "{shown:#}");
    assert_eq!((&shown["also_signed_by"], &shown["would_succeed"]), (&json!([]), &json!(true)), "{shown:#}");
    safe.passes(1).await;
    assert_eq!(safe.stage.cluster.account(&new).unwrap().data.len(), 10);
}
