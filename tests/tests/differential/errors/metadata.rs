//! The pool token's name, by the Metaplex token metadata program itself.

use {
    super::{
        Case,
        Expected::{Error, Foreign, Success},
        MISSING_ACCOUNT, Spoiler, pool,
    },
    solana_address::Address,
    solana_instruction::error::InstructionError::{BorshIoError, IncorrectProgramId},
    tidepool_interface::{
        StakePoolError::*,
        address::{METADATA_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        instruction::StakePoolInstruction as Ix,
    },
    tidepool_tests::{
        SOL,
        accounts::add_wallet,
        extension::PoolKind,
        fixtures,
        scenario::{self, Scenario},
        vm::Vm,
    },
};

const CREATE: &[&str] = &["CreateTokenMetadata"];
const UPDATE: &[&str] = &["UpdateTokenMetadata"];
const BOTH: &[&str] = &["CreateTokenMetadata", "UpdateTokenMetadata"];

/// Codes of the metadata program.
mod code {
    pub const NAME_TOO_LONG: u32 = 11;
    pub const SYMBOL_TOO_LONG: u32 = 12;
    pub const INSTRUCTION_NOT_SUPPORTED: u32 = 0x99;
    pub const URI_TOO_LONG: u32 = 13;
}

/// Adds the metadata program.
pub fn install(vm: &mut Vm) {
    vm.replace_program(&METADATA_PROGRAM_ID, &fixtures::read(fixtures::METADATA_PROGRAM));
}

/// A pool, and one of the two instructions on it.
pub fn make(name: &str, token_program: Address, kind: PoolKind, vm: &mut Vm) -> Scenario {
    let base = scenario::make("SetStaker by the manager", token_program, kind, vm);
    let pool = base.pool;
    let instruction = pool.create_metadata(add_wallet(SOL, vm));
    if name == CREATE[0] {
        return Scenario { name: CREATE[0], pool, instruction };
    }
    let outcome = vm.compare(&instruction).expect("no difference");
    assert!(outcome.is_ok(), "{:?}", outcome.logs);
    Scenario { name: UPDATE[0], instruction: pool.update_metadata(), pool }
}

/// Sets texts of these lengths in letters.
fn text<const NAME: usize, const SYMBOL: usize, const URI: usize>(s: &mut Spoiler) {
    write(s, &"n".repeat(NAME), &"s".repeat(SYMBOL), &"u".repeat(URI));
}

/// Sets texts of these lengths in letters of three bytes.
fn wide<const NAME: usize, const SYMBOL: usize, const URI: usize>(s: &mut Spoiler) {
    write(s, &"潮".repeat(NAME), &"潮".repeat(SYMBOL), &"潮".repeat(URI));
}

fn write(s: &mut Spoiler, name: &str, symbol: &str, uri: &str) {
    s.arguments(if s.ix.data[0] == 17 {
        Ix::CreateTokenMetadata { name, symbol, uri }
    } else {
        Ix::UpdateTokenMetadata { name, symbol, uri }
    });
}

const NAME_TOO_LONG: super::Expected = Foreign(code::NAME_TOO_LONG);
const SYMBOL_TOO_LONG: super::Expected = Foreign(code::SYMBOL_TOO_LONG);
const URI_TOO_LONG: super::Expected = Foreign(code::URI_TOO_LONG);

pub const CASES: &[Case] = &[
    ("all right", BOTH, |_| {}, Success),
    ("no text", BOTH, text::<0, 0, 0>, Success),
    ("longest texts", BOTH, text::<32, 10, 200>, Success),
    ("longest texts in wide letters", BOTH, wide::<10, 3, 66>, Success),
    ("name too long", BOTH, text::<33, 10, 200>, NAME_TOO_LONG),
    ("symbol too long", BOTH, text::<32, 11, 200>, SYMBOL_TOO_LONG),
    ("uri too long", BOTH, text::<32, 10, 201>, URI_TOO_LONG),
    ("all too long", BOTH, text::<33, 11, 201>, NAME_TOO_LONG),
    ("name too long in wide letters", BOTH, wide::<11, 3, 66>, NAME_TOO_LONG),
    ("symbol too long in wide letters", BOTH, wide::<10, 4, 66>, SYMBOL_TOO_LONG),
    ("uri too long in wide letters", BOTH, wide::<10, 3, 67>, URI_TOO_LONG),
    ("name of 256 bytes", BOTH, text::<256, 1, 1>, NAME_TOO_LONG),
    ("name of 257 bytes", BOTH, text::<257, 1, 1>, NAME_TOO_LONG),
    ("symbol of 257 bytes", BOTH, text::<1, 257, 1>, SYMBOL_TOO_LONG),
    ("uri of 257 bytes", BOTH, text::<1, 1, 257>, URI_TOO_LONG),
    ("all of 300 bytes", BOTH, text::<300, 300, 300>, NAME_TOO_LONG),
    ("all of 300 bytes in wide letters", BOTH, wide::<100, 100, 100>, NAME_TOO_LONG),
    ("name of 1,000 bytes", BOTH, text::<1_000, 1, 1>, NAME_TOO_LONG),
    ("text cut", BOTH, |s| s.ix.data.truncate(s.ix.data.len() - 1), Error(BorshIoError)),
    ("text and more", BOTH, |s| s.ix.data.push(0), Error(BorshIoError)),
    ("text that is none", BOTH, |s| s.ix.data[5] = 0xff, Error(BorshIoError)),
    ("no accounts", BOTH, |s| s.ix.accounts.clear(), MISSING_ACCOUNT),
    ("one account fewer", BOTH, |s| s.ix.accounts.truncate(s.ix.accounts.len() - 1), MISSING_ACCOUNT),
    ("other manager", BOTH, |s| s.replace(s.head().manager), pool(WrongManager)),
    ("manager does not sign", BOTH, |s| s.unsign(s.head().manager), pool(SignatureMissing)),
    ("other metadata address", CREATE, |s| s.replace(s.at(5)), pool(InvalidMetadataAccount)),
    ("other metadata address", UPDATE, |s| s.replace(s.at(3)), pool(InvalidMetadataAccount)),
    ("copy of the metadata", UPDATE, |s| s.copy(s.at(3)), pool(InvalidMetadataAccount)),
    ("payer does not sign", CREATE, |s| s.unsign(s.at(4)), pool(SignatureMissing)),
    (
        "payer of another program",
        CREATE,
        |s| s.edit(s.at(4), |a| a.owner = METADATA_PROGRAM_ID),
        Error(IncorrectProgramId),
    ),
    ("payer without SOL", CREATE, |s| s.lamports(s.at(4), 1), Foreign(1)),
    ("other metadata program", BOTH, |s| s.replace(METADATA_PROGRAM_ID), Error(IncorrectProgramId)),
    ("other system program", CREATE, |s| s.replace(SYSTEM_PROGRAM_ID), Error(IncorrectProgramId)),
    ("other withdraw authority", BOTH, |s| s.replace(s.pool.withdraw_authority), pool(InvalidProgramAddress)),
    ("other mint", CREATE, |s| s.copy(s.mint()), pool(WrongPoolMint)),
    (
        "pool of another program",
        BOTH,
        |s| s.edit(s.pool.pool, |a| a.owner = SYSTEM_PROGRAM_ID),
        Error(IncorrectProgramId),
    ),
    ("pool uninitialized", BOTH, |s| s.edit(s.pool.pool, |a| a.data[0] = 0), pool(InvalidState)),
    (
        "manager before authority",
        BOTH,
        |s| {
            s.replace(s.head().manager);
            s.replace(s.pool.withdraw_authority);
        },
        pool(WrongManager),
    ),
    (
        "payer before all else",
        CREATE,
        |s| {
            s.unsign(s.at(4));
            s.replace(SYSTEM_PROGRAM_ID);
        },
        pool(SignatureMissing),
    ),
    ("stale pool", BOTH, |s| s.stale(), Success),
];

#[test]
fn the_token_gets_a_name() {
    super::run_with(&[TOKEN_PROGRAM_ID], CASES);
}

/// The metadata program of the published crate knows the SPL Token program only.
#[test]
fn a_token_2022_token_gets_none() {
    super::run_with(
        &[TOKEN_2022_PROGRAM_ID],
        &[("mint of Token-2022", CREATE, |_| {}, Foreign(code::INSTRUCTION_NOT_SUPPORTED))],
    );
}
