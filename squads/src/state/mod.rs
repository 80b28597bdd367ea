//! Accounts of the program.

mod transaction;

pub use transaction::{
    Batch, BatchTransaction, ConfigAction, ConfigTransaction, SpendingLimit, Transaction, VaultTransaction,
};

use {
    crate::{
        Error,
        bytes::{Length, Reader},
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
