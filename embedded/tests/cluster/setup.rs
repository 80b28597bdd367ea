//! Parameters, programs, and errors of the builder.

use {
    crate::{SOL, cluster_of},
    solana_account::ReadableAccount,
    solana_address::Address,
    solana_instruction::Instruction,
    solana_keypair::Keypair,
    solana_rent::Rent,
    solana_signer::Signer,
    solana_system_interface::instruction as system_instruction,
    solana_transaction_error::TransactionError,
    std::{
        fs,
        path::{Path, PathBuf},
    },
    tidepool_embedded::{EmbeddedCluster, EmbeddedError, ValidatorSpec},
};

const MEMO: Address = Address::from_str_const("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
const TOKEN: Address = spl_generic_token::token::ID;

#[test]
fn parameters_are_those_of_mainnet() {
    let cluster = cluster_of([ValidatorSpec::default()]);
    assert_eq!(cluster.rent().minimum_balance(200), 2_282_880);
    let to = Keypair::new();
    let from = cluster.funded_keypair(SOL);
    let transfer = [system_instruction::transfer(&from.pubkey(), &to.pubkey(), SOL / 2)];
    let report = cluster.process(&transfer, &from, &[&from]).unwrap();
    assert_eq!(report.fee, 5_000);
    assert_eq!(cluster.lamports(&to.pubkey()), SOL / 2);
    assert_eq!(cluster.lamports(&from.pubkey()), SOL / 2 - 5_000);
}

#[test]
fn set_up_mistakes_are_named() {
    let none = EmbeddedCluster::builder().validators(0).start().err().unwrap();
    assert!(matches!(none, EmbeddedError::NoValidators));
    let short = EmbeddedCluster::builder().slots_per_epoch(4).start().err().unwrap();
    assert!(short.to_string().contains("at least 32"));
    let missing = EmbeddedCluster::builder().program(Address::new_unique(), "no/such/file.so").start().err().unwrap();
    assert!(missing.to_string().contains("no/such/file.so"));
}

/// Writes a program of the bank's own set to a file and returns its path.
fn elf_file(program_id: &Address, name: &str) -> PathBuf {
    let rent = Rent::default();
    let accounts = solana_program_binaries::by_id(program_id, &rent).expect("the bank ships it");
    let data = accounts.last().expect("a program has an account").1.data().to_vec();
    let start = data.windows(4).position(|bytes| bytes == b"\x7fELF").expect("it holds an ELF");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, &data[start..]).expect("the target folder can be written");
    path
}

#[test]
fn programs_are_loaded_and_replaced() {
    let memo = elf_file(&MEMO, "memo.so");
    let token = elf_file(&TOKEN, "token.so");
    let program_id = Address::new_unique();
    let cluster = EmbeddedCluster::builder().validators(1).program(program_id, &memo).start().unwrap();
    let wallet = cluster.funded_keypair(SOL);
    let hello = [Instruction::new_with_bytes(program_id, b"hello", vec![])];

    let report = cluster.process(&hello, &wallet, &[]).unwrap();
    assert!(report.logs.iter().any(|line| line.contains("hello")));
    assert!(report.units_consumed > 0);

    cluster.replace_program(&program_id, &token).unwrap();
    let refused = cluster.process(&hello, &wallet, &[]).unwrap_err();
    assert!(matches!(refused.error, TransactionError::InstructionError(0, _)));
    cluster.replace_program(&program_id, &memo).unwrap();
    cluster.process(&hello, &wallet, &[]).unwrap();
}
