//! The Metaplex token metadata program's instructions.

use {
    super::PoolAuthority,
    pinocchio::{
        AccountView, ProgramResult,
        instruction::{InstructionAccount, InstructionView},
    },
    tidepool_interface::address::{METADATA_PROGRAM_ID, SYSTEM_PROGRAM_ID},
};

/// Instruction tags of the metadata program.
mod tag {
    pub const UPDATE_V2: u8 = 15;
    pub const CREATE_V3: u8 = 33;
}

/// Description of a token: name, symbol and URI.
pub struct TokenText<'a> {
    pub name: &'a str,
    pub symbol: &'a str,
    /// URI of the off-chain metadata.
    pub uri: &'a str,
}

/// Maximum bytes of a text in the call. Longer texts are cut, which changes no outcome: the metadata program rejects far shorter
/// ones.
const TEXT_MAX_LENGTH: usize = 256;

/// Maximum instruction data: three texts with their lengths, and the fixed bytes around them.
const DATA_MAX_LENGTH: usize = 3 * (TEXT_MAX_LENGTH + 4) + 32;

/// Builder of instruction data.
struct Data {
    bytes: [u8; DATA_MAX_LENGTH],
    length: usize,
}

impl Data {
    /// Starts with `start`, the tag and the bytes before the description, then appends `text`.
    fn new(start: &[u8], text: &TokenText) -> Self {
        let mut data = Self { bytes: [0; DATA_MAX_LENGTH], length: 0 };
        data.push(start);
        for text in [text.name, text.symbol, text.uri] {
            let text = &text[..text.floor_char_boundary(TEXT_MAX_LENGTH)];
            data.push(&(text.len() as u32).to_le_bytes());
            data.push(text.as_bytes());
        }
        // No royalty (two bytes); no creators, collection or uses.
        data.push(&[0; 5]);
        data
    }

    fn push(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        self.bytes[self.length..end].copy_from_slice(bytes);
        self.length = end;
    }

    fn as_slice(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// Creates the mint's metadata, mutable by the pool.
pub fn create_metadata(
    authority: &PoolAuthority,
    metadata: &AccountView,
    mint: &AccountView,
    payer: &AccountView,
    system_program: &AccountView,
    text: &TokenText,
) -> ProgramResult {
    let mut data = Data::new(&[tag::CREATE_V3], text);
    // Mutable; no collection details.
    data.push(&[1, 0]);
    let instruction = InstructionView {
        program_id: &METADATA_PROGRAM_ID,
        data: data.as_slice(),
        accounts: &[
            InstructionAccount::writable(metadata.address()),
            InstructionAccount::readonly(mint.address()),
            InstructionAccount::readonly_signer(authority.account.address()),
            InstructionAccount::writable_signer(payer.address()),
            InstructionAccount::readonly_signer(authority.account.address()),
            InstructionAccount::readonly(&SYSTEM_PROGRAM_ID),
        ],
    };
    authority.invoke(&instruction, [metadata, mint, authority.account, payer, authority.account, system_program])
}

/// Replaces the description in the mint's metadata.
pub fn update_metadata(authority: &PoolAuthority, metadata: &AccountView, text: &TokenText) -> ProgramResult {
    // 1: the description is present.
    let mut data = Data::new(&[tag::UPDATE_V2, 1], text);
    // No new authority, no primary sale flag; mutable.
    data.push(&[0, 0, 1, 1]);
    let instruction = InstructionView {
        program_id: &METADATA_PROGRAM_ID,
        data: data.as_slice(),
        accounts: &[
            InstructionAccount::writable(metadata.address()),
            InstructionAccount::readonly_signer(authority.account.address()),
        ],
    };
    authority.invoke(&instruction, [metadata, authority.account])
}
