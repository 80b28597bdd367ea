//! Bytes of strangers: decoding ends with a value or an error, for any bytes, and allocates no more than they hold.

use {
    proptest::{collection::vec, prelude::*},
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
    tidepool_squads::{
        instruction::{self, SquadsInstruction, VaultTransactionCreate},
        message::{CompiledInstruction, LoadedAddresses, TableLookup, VaultMessage},
        state::{Batch, BatchTransaction, ConfigTransaction, Multisig, Proposal, Transaction, VaultTransaction},
    },
};

const ACCOUNTS: [[u8; 8]; 6] = [
    Multisig::DISCRIMINATOR,
    Proposal::DISCRIMINATOR,
    VaultTransaction::DISCRIMINATOR,
    Batch::DISCRIMINATOR,
    BatchTransaction::DISCRIMINATOR,
    ConfigTransaction::DISCRIMINATOR,
];

fn decode_all(data: &[u8]) {
    let _ = Multisig::decode(data).map(|multisig| (multisig.cutoff(), multisig.is_stale(0)));
    let _ = Proposal::decode(data);
    let _ = Transaction::decode(data).map(|transaction| (transaction.place(), transaction.creator()));
    if let Ok(transaction) = BatchTransaction::decode(data) {
        use_message(&transaction.message);
    }
    if let Ok(Transaction::Vault(transaction)) = Transaction::decode(data) {
        use_message(&transaction.message);
    }
    if let Ok(message) = VaultMessage::decode(data) {
        use_message(&message);
    }
    let _ = SquadsInstruction::decode(data);
}

/// What a client does with a message.
fn use_message(message: &VaultMessage) {
    let loaded: Vec<_> = message.lookups.iter().map(loaded).collect();
    assert!(message.instructions(&loaded).is_ok(), "indices of a decoded message are checked");
    assert!(message.accounts(message.signers(), &loaded).is_ok());
    assert!(message.instructions(&[]).is_err() || message.lookups.is_empty());
}

fn loaded(lookup: &TableLookup) -> LoadedAddresses {
    let key = |place: &u8| Address::new_from_array([*place; 32]);
    LoadedAddresses {
        writable: lookup.writable.iter().map(key).collect(),
        readonly: lookup.readonly.iter().map(key).collect(),
    }
}

fn address() -> impl Strategy<Value = Address> {
    // Few, so that instructions share accounts.
    (0..12_u8).prop_map(|byte| Address::new_from_array([byte; 32]))
}

fn change() -> impl Strategy<Value = Instruction> {
    let meta = (address(), any::<bool>(), any::<bool>());
    let metas =
        vec(meta.prop_map(|(pubkey, is_signer, is_writable)| AccountMeta { pubkey, is_signer, is_writable }), 0..9);
    (address(), metas, vec(any::<u8>(), 0..80)).prop_map(|(program_id, accounts, data)| Instruction {
        program_id,
        accounts,
        data,
    })
}

/// As an account holds it: Borsh.
fn in_account(message: &VaultMessage) -> Vec<u8> {
    let mut bytes = VaultTransaction::DISCRIMINATOR.to_vec();
    bytes.extend([1; 64]);
    bytes.extend(7_u64.to_le_bytes());
    bytes.extend([255, 0, 254, 0, 0, 0, 0]);
    bytes.extend([message.num_signers, message.num_writable_signers, message.num_writable_non_signers]);
    let length = |count: usize| u32::try_from(count).unwrap().to_le_bytes();
    bytes.extend(length(message.account_keys.len()));
    message.account_keys.iter().for_each(|key| bytes.extend(key.as_ref()));
    bytes.extend(length(message.instructions.len()));
    for CompiledInstruction { program_index, accounts, data } in &message.instructions {
        bytes.push(*program_index);
        bytes.extend(length(accounts.len()));
        bytes.extend(accounts);
        bytes.extend(length(data.len()));
        bytes.extend(data);
    }
    bytes.extend(length(0));
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_decode_or_fail(kind in 0..=ACCOUNTS.len(), bytes in vec(any::<u8>(), 0..300)) {
        let prefix: &[u8] = ACCOUNTS.get(kind).map_or(&[], |discriminator| discriminator);
        decode_all(&[prefix, &bytes].concat());
    }

    /// Most bytes of these are valid, so that errors are deep within.
    #[test]
    fn changed_bytes_decode_or_fail(changes in vec(change(), 1..5), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let message = VaultMessage::compile(&changes).unwrap();
        let create = VaultTransactionCreate { vault_index: 0, message: &message, memo: Some("m") };
        let [multisig, member] = [[1; 32], [2; 32]].map(Address::new_from_array);
        let instruction = create.instruction(&multisig, 1, &member, &member).unwrap();
        for mut bytes in [message.encode().unwrap(), in_account(&message), instruction.data] {
            let at = at.index(bytes.len());
            decode_all(&bytes[..at]);
            bytes[at] = byte;
            decode_all(&bytes);
        }
    }

    #[test]
    fn a_compiled_message_does_what_it_was_made_from(changes in vec(change(), 1..5)) {
        let message = VaultMessage::compile(&changes).unwrap();
        prop_assert_eq!(&VaultMessage::decode(&message.encode().unwrap()).unwrap(), &message);
        let stored = VaultTransaction::decode(&in_account(&message)).unwrap();
        prop_assert_eq!(&stored.message, &message);
        let used = message.instructions(&[]).unwrap();
        prop_assert_eq!(used.len(), changes.len());
        // An account that one instruction signs or writes does so in all of them, as in a transaction.
        let all: Vec<_> = changes.iter().flat_map(|change| &change.accounts).collect();
        for (used, change) in used.iter().zip(&changes) {
            prop_assert_eq!((used.program_id, &used.data), (change.program_id, &change.data));
            prop_assert_eq!(used.accounts.len(), change.accounts.len());
            for (used, meta) in used.accounts.iter().zip(&change.accounts) {
                let same = || all.iter().filter(|other| other.pubkey == meta.pubkey);
                prop_assert_eq!(used.pubkey, meta.pubkey);
                prop_assert_eq!(used.is_signer, same().any(|other| other.is_signer));
                prop_assert_eq!(used.is_writable, same().any(|other| other.is_writable));
            }
        }
    }

    #[test]
    fn instructions_decode_to_what_was_encoded(changes in vec(change(), 1..4), index in any::<u64>(), memo in "\\PC{0,20}") {
        let message = VaultMessage::compile(&changes).unwrap();
        let [multisig, member] = [[1; 32], [2; 32]].map(Address::new_from_array);
        let create = VaultTransactionCreate { vault_index: 3, message: &message, memo: Some(&memo) };
        let data = create.instruction(&multisig, index, &member, &member).unwrap().data;
        let expected = SquadsInstruction::VaultTransactionCreate {
            vault_index: 3,
            derived_signers: 0,
            message: message.clone(),
            memo: Some(memo.clone()),
        };
        prop_assert_eq!(SquadsInstruction::decode(&data).unwrap(), Some(expected));
        let approve = instruction::proposal_approve(&multisig, index, &member, None).unwrap().data;
        prop_assert_eq!(SquadsInstruction::decode(&approve).unwrap(), Some(SquadsInstruction::ProposalApprove { memo: None }));
        let add = instruction::batch_add_transaction(&multisig, (index, 1), &member, &member, &message).unwrap().data;
        prop_assert_eq!(
            SquadsInstruction::decode(&add).unwrap(),
            Some(SquadsInstruction::BatchAddTransaction { derived_signers: 0, message })
        );
    }
}

#[test]
fn a_length_beyond_the_data_allocates_nothing() {
    for kind in ACCOUNTS {
        let mut bytes = kind.to_vec();
        bytes.extend([0xff; 200]);
        decode_all(&bytes);
    }
    let mut message = vec![0, 0, 0, 255];
    message.extend([0; 100]);
    assert!(VaultMessage::decode(&message).unwrap_err().to_string().contains("accounts"));
}
