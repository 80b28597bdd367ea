//! Changes to an instruction, to the accounts that it names, and to the time.

use {
    super::stage::Stage,
    solana_account::Account,
    solana_address::Address,
    solana_instruction::AccountMeta,
    tidepool_interface::{
        address::{STAKE_PROGRAM_ID, SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, TOKEN_PROGRAM_ID},
        state::validator_list_length,
    },
};

/// Numbers at which something may break: limits, the rent of a stake account and its neighbours, the scenarios' amounts.
const NUMBERS: [u64; 20] = [
    0,
    1,
    2,
    99,
    1_000_000,
    999_999,
    2_282_879,
    2_282_880,
    2_282_881,
    1_000_000_000,
    5_000_000_000,
    10_000_000_000,
    100_000_000_000,
    500_000_000_000,
    900_000_000_000,
    1_000_000_000_000,
    u32::MAX as u64,
    i64::MAX as u64,
    u64::MAX - 1,
    u64::MAX,
];

/// Bytes by which an account is lengthened at most.
const GROWTH_MAX: usize = 256;

/// A program that is no one's.
const STRANGER: Address = Address::new_from_array([9; 32]);

/// One change. Places are taken modulo what there is.
#[derive(Clone, Debug)]
pub enum Operation {
    /// Another byte in the instruction's data.
    DataByte { at: u8, byte: u8 },
    /// Another number in the instruction's data.
    DataNumber { at: u8, number: u64 },
    /// The data ends here.
    DataEnd(u8),
    /// More data.
    DataMore(Vec<u8>),
    /// Two accounts change places.
    Swap(u8, u8),
    /// An account in the place of another.
    Duplicate { from: u8, to: u8 },
    /// An account is left out.
    Omit(u8),
    /// An account once more, at the end.
    Repeat(u8),
    /// An account is not writable.
    ReadOnly(u8),
    /// An account does not sign.
    Unsigned(u8),
    /// An address at which there is nothing.
    Nothing(u8),
    /// Another address with the same account, which is a stranger's or, where any user could make it, the same program's.
    Copy { at: u8, is_strangers: bool },
    /// Lamports sent to an account.
    Gift { at: u8, lamports: u64 },
    /// The clock goes on.
    Epochs(u8),
    /// The instruction runs here, too.
    Run,
    /// Forged: another byte in an account.
    ForgeByte { at: u8, offset: u16, byte: u8 },
    /// Forged: another number in an account.
    ForgeNumber { at: u8, offset: u16, number: u64 },
    /// Forged: an account of this length.
    ForgeLength { at: u8, length: u16 },
    /// Forged: an account of another program.
    ForgeOwner { at: u8, owner: u8 },
    /// Forged: an account with other lamports.
    ForgeLamports { at: u8, lamports: u64 },
}

impl Operation {
    /// Reads the next operation.
    pub fn read(cursor: &mut Cursor) -> Option<Self> {
        let kind = cursor.byte()?;
        let mut byte = || cursor.byte().unwrap_or(0);
        Some(match kind % 24 {
            0 | 20 => Self::DataByte { at: byte(), byte: byte() },
            1 | 21 | 22 => Self::DataNumber { at: byte(), number: cursor.number() },
            2 => Self::DataEnd(byte()),
            3 => Self::DataMore(cursor.some()),
            4 => Self::Swap(byte(), byte()),
            5 => Self::Duplicate { from: byte(), to: byte() },
            6 => Self::Omit(byte()),
            7 => Self::Repeat(byte()),
            8 => Self::ReadOnly(byte()),
            9 => Self::Unsigned(byte()),
            10 => Self::Nothing(byte()),
            11 => Self::Copy { at: byte(), is_strangers: byte() & 1 == 1 },
            12 => Self::Gift { at: byte(), lamports: cursor.number() },
            13 => Self::Epochs(byte() % 4),
            14 | 23 => Self::Run,
            15 => Self::ForgeByte { at: byte(), offset: u16::from_le_bytes([byte(), byte()]), byte: byte() },
            16 => {
                let (at, offset) = (byte(), u16::from_le_bytes([byte(), byte()]));
                Self::ForgeNumber { at, offset, number: cursor.number() }
            }
            17 => Self::ForgeLength { at: byte(), length: u16::from_le_bytes([byte(), byte()]) },
            18 => Self::ForgeOwner { at: byte(), owner: byte() },
            _ => Self::ForgeLamports { at: byte(), lamports: cursor.number() },
        })
    }

    /// Makes the change; the stage then knows whether anything was forged.
    pub fn apply(&self, stage: &mut Stage) {
        match self {
            Self::DataByte { at, byte } => stage.edit_data(*at, &[*byte]),
            Self::DataNumber { at, number } => stage.edit_data(*at, &number.to_le_bytes()),
            Self::DataEnd(end) => stage.instruction.data.truncate(usize::from(*end)),
            Self::DataMore(bytes) => stage.instruction.data.extend_from_slice(bytes),
            Self::Run | Self::Epochs(_) => self.pass(stage),
            _ if stage.instruction.accounts.is_empty() => {}
            Self::Gift { at, lamports } => stage.give(*at, *lamports),
            Self::ForgeByte { .. }
            | Self::ForgeNumber { .. }
            | Self::ForgeLength { .. }
            | Self::ForgeOwner { .. }
            | Self::ForgeLamports { .. } => self.forge(stage),
            _ => self.rearrange(stage),
        }
    }

    fn pass(&self, stage: &mut Stage) {
        match self {
            Self::Epochs(epochs) => stage.advance(u64::from(*epochs)),
            _ => stage.run(),
        }
    }

    /// Changes which accounts the instruction names, as any caller could.
    fn rearrange(&self, stage: &mut Stage) {
        let count = stage.instruction.accounts.len();
        let place = |at: &u8| usize::from(*at) % count;
        match self {
            Self::Swap(a, b) => stage.instruction.accounts.swap(place(a), place(b)),
            Self::Duplicate { from, to } => {
                let from = stage.instruction.accounts[place(from)].clone();
                let to = &mut stage.instruction.accounts[place(to)];
                // No user signs for another.
                *to = AccountMeta { pubkey: from.pubkey, is_signer: to.is_signer && from.is_signer, ..to.clone() };
            }
            Self::Omit(at) => {
                stage.instruction.accounts.remove(place(at));
            }
            Self::Repeat(at) => {
                let meta = stage.instruction.accounts[place(at)].clone();
                stage.instruction.accounts.push(meta);
            }
            Self::ReadOnly(at) => stage.instruction.accounts[place(at)].is_writable = false,
            Self::Unsigned(at) => stage.instruction.accounts[place(at)].is_signer = false,
            Self::Nothing(at) => stage.instruction.accounts[place(at)].pubkey = stage.vm.new_address(),
            Self::Copy { at, is_strangers } => stage.copy(place(at), is_strangers.then_some(STRANGER)),
            _ => unreachable!("no rearrangement"),
        }
    }

    /// Changes an account as only a defect of its program could.
    fn forge(&self, stage: &mut Stage) {
        let write = |account: &mut Account, offset: u16, bytes: &[u8]| {
            let start = usize::from(offset) % account.data.len().max(1);
            account.data.iter_mut().skip(start).zip(bytes).for_each(|(to, from)| *to = *from);
        };
        match *self {
            Self::ForgeByte { at, offset, byte } => stage.forge(at, |account| write(account, offset, &[byte])),
            Self::ForgeNumber { at, offset, number } => {
                stage.forge(at, |account| write(account, offset, &number.to_le_bytes()));
            }
            Self::ForgeLength { at, length } => stage.forge(at, |account| {
                let most = account.data.len().saturating_add(GROWTH_MAX).min(validator_list_length(100));
                account.data.resize(usize::from(length) % most.max(1), 0);
            }),
            Self::ForgeOwner { at, owner } => {
                let program = stage.vm.program_id;
                let owners =
                    [STRANGER, SYSTEM_PROGRAM_ID, STAKE_PROGRAM_ID, TOKEN_PROGRAM_ID, TOKEN_2022_PROGRAM_ID, program];
                stage.forge(at, |account| account.owner = owners[usize::from(owner) % owners.len()]);
            }
            Self::ForgeLamports { at, lamports } => stage.forge(at, |account| account.lamports = lamports),
            _ => unreachable!("no forgery"),
        }
    }
}

/// Bytes, read one by one.
pub struct Cursor<'a> {
    bytes: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// The first of these is next.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.bytes.split_first()?;
        self.bytes = rest;
        Some(*first)
    }

    /// One of [`NUMBERS`], or any other.
    fn number(&mut self) -> u64 {
        let choice = self.byte().unwrap_or(0);
        NUMBERS.get(usize::from(choice)).copied().unwrap_or_else(|| {
            let bytes: Vec<u8> = std::iter::from_fn(|| self.byte()).take(usize::from(choice) % 8 + 1).collect();
            bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
        })
    }

    /// A few bytes, whose number comes first.
    fn some(&mut self) -> Vec<u8> {
        let count = self.byte().unwrap_or(0) % 64;
        std::iter::from_fn(|| self.byte()).take(usize::from(count)).collect()
    }
}
