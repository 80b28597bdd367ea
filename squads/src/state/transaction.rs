//! Accounts of transactions.

use {
    super::Member,
    crate::{
        Error,
        bytes::{Length, Reader},
        message::VaultMessage,
    },
    solana_address::Address,
};

/// What a proposal is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transaction {
    /// One message.
    Vault(VaultTransaction),
    /// Several messages, one after the other.
    Batch(Batch),
    /// A change of the multisig itself.
    Config(ConfigTransaction),
}

impl Transaction {
    /// Decodes account data of any of the three types.
    ///
    /// # Errors
    /// As [`Multisig::decode`](super::Multisig::decode).
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        match data.get(..8) {
            Some(kind) if kind == VaultTransaction::DISCRIMINATOR => VaultTransaction::decode(data).map(Self::Vault),
            Some(kind) if kind == Batch::DISCRIMINATOR => Batch::decode(data).map(Self::Batch),
            Some(kind) if kind == ConfigTransaction::DISCRIMINATOR => ConfigTransaction::decode(data).map(Self::Config),
            _ => Err(Error::WrongAccount { expected: "transaction" }),
        }
    }

    /// The multisig, and the index that the transaction has there.
    pub const fn place(&self) -> (Address, u64) {
        match self {
            Self::Vault(transaction) => (transaction.multisig, transaction.index),
            Self::Batch(batch) => (batch.multisig, batch.index),
            Self::Config(transaction) => (transaction.multisig, transaction.index),
        }
    }

    /// The member that created it.
    pub const fn creator(&self) -> Address {
        match self {
            Self::Vault(transaction) => transaction.creator,
            Self::Batch(batch) => batch.creator,
            Self::Config(transaction) => transaction.creator,
        }
    }
}

/// A transaction of a vault.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct VaultTransaction {
    /// The multisig.
    pub multisig: Address,
    /// The member that created it.
    pub creator: Address,
    /// Its index.
    pub index: u64,
    /// Bump of the address.
    pub bump: u8,
    /// The vault that signs.
    pub vault_index: u8,
    /// Bump of the vault's address.
    pub vault_bump: u8,
    /// Bumps of derived signers, one for each.
    pub ephemeral_bumps: Vec<u8>,
    /// What it does.
    pub message: VaultMessage,
}

impl VaultTransaction {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0xa8, 0xfa, 0xa2, 0x64, 0x51, 0x0e, 0xa2, 0xcf];

    /// Decodes account data.
    ///
    /// # Errors
    /// As [`Multisig::decode`](super::Multisig::decode).
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of_account(data, &Self::DISCRIMINATOR, "vault transaction")?;
        Ok(Self {
            multisig: reader.address("multisig")?,
            creator: reader.address("creator")?,
            index: reader.u64("transaction index")?,
            bump: reader.u8("bump")?,
            vault_index: reader.u8("vault")?,
            vault_bump: reader.u8("vault bump")?,
            ephemeral_bumps: reader.bytes(Length::U32, "derived signers")?.to_vec(),
            message: VaultMessage::read_borsh(&mut reader)?,
        })
    }
}

/// A batch of transactions of a vault.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Batch {
    /// The multisig.
    pub multisig: Address,
    /// The member that created it.
    pub creator: Address,
    /// Its index.
    pub index: u64,
    /// Bump of the address.
    pub bump: u8,
    /// The vault that signs.
    pub vault_index: u8,
    /// Bump of the vault's address.
    pub vault_bump: u8,
    /// Number of transactions.
    pub size: u32,
    /// Number of the last executed transaction; 0 before the first.
    pub executed: u32,
}

impl Batch {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0x9c, 0xc2, 0x46, 0x2c, 0x16, 0x58, 0x89, 0x2c];

    /// Decodes account data.
    ///
    /// # Errors
    /// As [`Multisig::decode`](super::Multisig::decode).
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of_account(data, &Self::DISCRIMINATOR, "batch")?;
        Ok(Self {
            multisig: reader.address("multisig")?,
            creator: reader.address("creator")?,
            index: reader.u64("transaction index")?,
            bump: reader.u8("bump")?,
            vault_index: reader.u8("vault")?,
            vault_bump: reader.u8("vault bump")?,
            size: reader.u32("size")?,
            executed: reader.u32("executed transactions")?,
        })
    }
}

/// A transaction of a batch.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BatchTransaction {
    /// Bump of the address.
    pub bump: u8,
    /// Bumps of derived signers, one for each.
    pub ephemeral_bumps: Vec<u8>,
    /// What it does.
    pub message: VaultMessage,
}

impl BatchTransaction {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0xc4, 0x79, 0x2e, 0x24, 0x0c, 0x13, 0xfc, 0x07];

    /// Decodes account data.
    ///
    /// # Errors
    /// As [`Multisig::decode`](super::Multisig::decode).
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of_account(data, &Self::DISCRIMINATOR, "transaction of a batch")?;
        Ok(Self {
            bump: reader.u8("bump")?,
            ephemeral_bumps: reader.bytes(Length::U32, "derived signers")?.to_vec(),
            message: VaultMessage::read_borsh(&mut reader)?,
        })
    }
}

/// A change of a multisig by a vote of its members.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConfigTransaction {
    /// The multisig.
    pub multisig: Address,
    /// The member that created it.
    pub creator: Address,
    /// Its index.
    pub index: u64,
    /// Bump of the address.
    pub bump: u8,
    /// The changes, in order.
    pub actions: Vec<ConfigAction>,
}

/// A change of a multisig.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ConfigAction {
    /// A new member.
    AddMember(Member),
    /// A member less.
    RemoveMember(Address),
    /// Another threshold.
    ChangeThreshold(u16),
    /// Another time lock, in seconds.
    SetTimeLock(u32),
    /// Members may spend from a vault without a vote.
    AddSpendingLimit(SpendingLimit),
    /// The end of such a limit.
    RemoveSpendingLimit(Address),
    /// Another receiver of rent, or none.
    SetRentCollector(Option<Address>),
}

/// What members may spend from a vault without a vote.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SpendingLimit {
    /// The key that its address is derived from.
    pub create_key: Address,
    /// The vault.
    pub vault_index: u8,
    /// The mint; the default address for SOL.
    pub mint: Address,
    /// Most that is spent in a period, in smallest units.
    pub amount: u64,
    /// The period: 0 once, 1 day, 2 week, 3 month.
    pub period: u8,
    /// Who may spend.
    pub members: Vec<Address>,
    /// Who may receive; any address if it is empty.
    pub destinations: Vec<Address>,
}

impl ConfigTransaction {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0x5e, 0x08, 0x04, 0x23, 0x71, 0x8b, 0x8b, 0x70];

    /// Decodes account data.
    ///
    /// # Errors
    /// As [`Multisig::decode`](super::Multisig::decode).
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of_account(data, &Self::DISCRIMINATOR, "config transaction")?;
        Ok(Self {
            multisig: reader.address("multisig")?,
            creator: reader.address("creator")?,
            index: reader.u64("transaction index")?,
            bump: reader.u8("bump")?,
            actions: reader.list(Length::U32, 2, "actions", ConfigAction::read)?,
        })
    }
}

impl ConfigAction {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(match reader.u8("action")? {
            0 => Self::AddMember(Member::read(reader)?),
            1 => Self::RemoveMember(reader.address("member")?),
            2 => Self::ChangeThreshold(reader.u16("threshold")?),
            3 => Self::SetTimeLock(reader.u32("time lock")?),
            4 => Self::AddSpendingLimit(SpendingLimit {
                create_key: reader.address("create key")?,
                vault_index: reader.u8("vault")?,
                mint: reader.address("mint")?,
                amount: reader.u64("amount")?,
                period: reader.u8("period")?,
                members: reader.addresses(Length::U32, "members of a spending limit")?,
                destinations: reader.addresses(Length::U32, "destinations of a spending limit")?,
            }),
            5 => Self::RemoveSpendingLimit(reader.address("spending limit")?),
            6 => Self::SetRentCollector(reader.option("rent collector", |reader| reader.address("rent collector"))?),
            _ => return Err(Error::Invalid { what: "action", at: 0 }),
        })
    }
}
