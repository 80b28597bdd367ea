//! Accounts of the program.

use {
    crate::{
        Error,
        bytes::{Length, Reader},
        message::VaultMessage,
    },
    solana_address::Address,
};

/// A multisig.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Multisig {
    /// The key that its address is derived from.
    pub create_key: Address,
    /// Who can change members, threshold and time lock without a vote. The default address for none.
    pub config_authority: Address,
    /// Approvals that a proposal needs.
    pub threshold: u16,
    /// Seconds between the last approval and the execution.
    pub time_lock: u32,
    /// Index of the last transaction; 0 before the first.
    pub transaction_index: u64,
    /// Transactions up to this index are stale: they cannot be voted on. Vault transactions and batches that were approved before can
    /// still be executed.
    pub stale_transaction_index: u64,
    /// Who receives the rent of closed accounts, if that is switched on.
    pub rent_collector: Option<Address>,
    /// Bump of the address.
    pub bump: u8,
    /// The members, by address.
    pub members: Vec<Member>,
}

/// A member of a multisig.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Member {
    /// The wallet.
    pub key: Address,
    /// What they may do.
    pub permissions: Permissions,
}

/// What a member may do.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Permissions(
    /// Bits: 1 propose, 2 vote, 4 execute.
    pub u8,
);

impl Permissions {
    /// May create transactions and proposals.
    pub const PROPOSE: Self = Self(1);
    /// May approve, reject and cancel.
    pub const VOTE: Self = Self(2);
    /// May execute approved transactions.
    pub const EXECUTE: Self = Self(4);
    /// All of these.
    pub const ALL: Self = Self(7);

    /// Whether they include all of `others`.
    pub const fn include(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }
}

impl Multisig {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0xe0, 0x74, 0x79, 0xba, 0x44, 0xa1, 0x4f, 0xec];

    /// Decodes account data.
    ///
    /// # Errors
    /// [`Error::WrongAccount`] for another type, [`Error::Invalid`] for invalid data.
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of_account(data, &Self::DISCRIMINATOR, "multisig")?;
        Ok(Self {
            create_key: reader.address("create key")?,
            config_authority: reader.address("config authority")?,
            threshold: reader.u16("threshold")?,
            time_lock: reader.u32("time lock")?,
            transaction_index: reader.u64("transaction index")?,
            stale_transaction_index: reader.u64("stale transaction index")?,
            rent_collector: reader.option("rent collector", |reader| reader.address("rent collector"))?,
            bump: reader.u8("bump")?,
            members: reader.list(Length::U32, 33, "members", Member::read)?,
        })
    }

    /// The permissions of `key`; `None` if it is not a member.
    pub fn permissions(&self, key: &Address) -> Option<Permissions> {
        self.members.iter().find(|member| member.key == *key).map(|member| member.permissions)
    }

    /// Rejections after which a proposal cannot reach the threshold any more.
    pub fn cutoff(&self) -> usize {
        let voters = self.members.iter().filter(|member| member.permissions.include(Permissions::VOTE)).count();
        voters.saturating_sub(usize::from(self.threshold)).saturating_add(1)
    }

    /// Whether transaction `index` is stale.
    pub const fn is_stale(&self, index: u64) -> bool {
        index <= self.stale_transaction_index
    }
}

impl Member {
    pub(crate) fn read(reader: &mut Reader) -> Result<Self, Error> {
        Ok(Self { key: reader.address("member")?, permissions: Permissions(reader.u8("permissions")?) })
    }
}

/// A proposal: the votes on a transaction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proposal {
    /// The multisig.
    pub multisig: Address,
    /// Index of the transaction.
    pub index: u64,
    /// The status.
    pub status: Status,
    /// Bump of the address.
    pub bump: u8,
    /// Members that have approved.
    pub approved: Vec<Address>,
    /// Members that have rejected.
    pub rejected: Vec<Address>,
    /// Members that have cancelled it after its approval.
    pub cancelled: Vec<Address>,
}

/// Status of a proposal, with the Unix time (seconds) since when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Status {
    /// Not to be voted on yet; a batch is still being added to.
    Draft(i64),
    /// To be voted on.
    Active(i64),
    /// Rejected for good.
    Rejected(i64),
    /// To be executed.
    Approved(i64),
    /// Being executed; a status of old versions of the program.
    Executing,
    /// Executed.
    Executed(i64),
    /// Cancelled after its approval.
    Cancelled(i64),
}

impl Status {
    fn read(reader: &mut Reader) -> Result<Self, Error> {
        let what = "status";
        let kind = reader.u8(what)?;
        if kind == 4 {
            return Ok(Self::Executing);
        }
        let since = reader.i64(what)?;
        Ok(match kind {
            0 => Self::Draft(since),
            1 => Self::Active(since),
            2 => Self::Rejected(since),
            3 => Self::Approved(since),
            5 => Self::Executed(since),
            6 => Self::Cancelled(since),
            _ => return Err(Error::Invalid { what, at: 48 }),
        })
    }

    /// Whether something can still come of it.
    pub const fn is_pending(self) -> bool {
        matches!(self, Self::Draft(_) | Self::Active(_) | Self::Approved(_) | Self::Executing)
    }
}

impl Proposal {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0x1a, 0x5e, 0xbd, 0xbb, 0x74, 0x88, 0x35, 0x21];

    /// Decodes account data.
    ///
    /// # Errors
    /// As [`Multisig::decode`].
    pub fn decode(data: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::of_account(data, &Self::DISCRIMINATOR, "proposal")?;
        Ok(Self {
            multisig: reader.address("multisig")?,
            index: reader.u64("transaction index")?,
            status: Status::read(&mut reader)?,
            bump: reader.u8("bump")?,
            approved: reader.addresses(Length::U32, "approvals")?,
            rejected: reader.addresses(Length::U32, "rejections")?,
            cancelled: reader.addresses(Length::U32, "cancellations")?,
        })
    }
}

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
    /// As [`Multisig::decode`].
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
    /// As [`Multisig::decode`].
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
    /// As [`Multisig::decode`].
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
    /// As [`Multisig::decode`].
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
    /// Who may receive; anyone if it is empty.
    pub destinations: Vec<Address>,
}

impl ConfigTransaction {
    /// Discriminator of the account type.
    pub const DISCRIMINATOR: [u8; 8] = [0x5e, 0x08, 0x04, 0x23, 0x71, 0x8b, 0x8b, 0x70];

    /// Decodes account data.
    ///
    /// # Errors
    /// As [`Multisig::decode`].
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
