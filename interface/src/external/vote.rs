//! Vote accounts, read in place. Layouts: `solana-vote-interface` and SIMD-0185.
//!
//! The number of credits means nothing here: since Alpenglow (SIMD-0326) the entries count lamports, and an entry of all ones separates
//! the eras. Only whether an epoch has an entry that grew is used.

use {
    crate::state::U64,
    bytemuck::{Pod, Zeroable},
    core::mem::size_of,
    solana_address::Address,
    tidepool_core::rebalance::BASIS_POINTS,
};

/// Credits of a validator at the end of an epoch, or at present.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct EpochCredits {
    /// The epoch.
    pub epoch: U64,
    /// Credits since the account was created.
    pub credits: U64,
    /// The same, at the beginning of the epoch.
    pub previous: U64,
}

/// What the pool reads of a vote account.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct VoteState<'a> {
    /// The validator's part of the inflation rewards, in basis points, 10,000 at most.
    pub inflation_commission_bps: u16,
    /// The validator's part of the block revenue, in basis points, 10,000 at most; `None` before version 4.
    pub block_commission_bps: Option<u16>,
    /// Whether the validator has a BLS key.
    pub has_bls_key: bool,
    credits: &'a [EpochCredits],
}

/// Tags of the versions: 1.14.11, 3 and 4.
const VERSION_1: u32 = 1;
const VERSION_3: u32 = 2;
const VERSION_4: u32 = 3;

/// Bytes of the ring of prior voters, in versions before 4.
const PRIOR_VOTERS: usize = 32 * (size_of::<Address>() + 2 * size_of::<u64>()) + size_of::<u64>() + 1;
/// Bytes of an authorized voter and its epoch.
const AUTHORIZED_VOTER: usize = size_of::<u64>() + size_of::<Address>();
/// Bytes of a vote: slot and confirmations; from version 3 on with its latency.
const VOTE: usize = size_of::<u64>() + size_of::<u32>();

/// Reads fields one after the other.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    /// Basis points; more than 10,000 count as 10,000.
    fn commission(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.array()?).min(BASIS_POINTS))
    }

    fn option(&mut self, length: usize) -> Option<bool> {
        match self.array()? {
            [0] => Some(false),
            [1] => self.bytes(length).map(|_| true),
            _ => None,
        }
    }

    fn list(&mut self, item: usize) -> Option<&'a [u8]> {
        let count = usize::try_from(u64::from_le_bytes(self.array()?)).ok()?;
        self.bytes(count.checked_mul(item)?)
    }
}

impl<'a> VoteState<'a> {
    /// The state in the data of a vote account; `None` without one, as after closing, or for an unknown version.
    pub fn decode(data: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(data);
        let version = u32::from_le_bytes(reader.array()?);
        // Node and authorized withdrawer.
        reader.bytes(2 * size_of::<Address>())?;
        let (inflation_commission_bps, block_commission_bps, has_bls_key) = match version {
            VERSION_1 | VERSION_3 => {
                let [percent] = reader.array()?;
                ((percent as u16).wrapping_mul(100).min(BASIS_POINTS), None, false)
            }
            VERSION_4 => {
                // The collectors.
                reader.bytes(2 * size_of::<Address>())?;
                let commissions = (reader.commission()?, Some(reader.commission()?));
                reader.bytes(size_of::<u64>())?;
                (commissions.0, commissions.1, reader.option(48)?)
            }
            _ => return None,
        };
        reader.list(if version == VERSION_1 { VOTE } else { VOTE + 1 })?;
        reader.option(size_of::<u64>())?;
        let voters = reader.list(AUTHORIZED_VOTER)?;
        if version != VERSION_4 {
            // A closed account of these versions is a default state, which has no voter.
            if voters.is_empty() {
                return None;
            }
            reader.bytes(PRIOR_VOTERS)?;
        }
        let credits = bytemuck::try_cast_slice(reader.list(size_of::<EpochCredits>())?).ok()?;
        Some(Self { inflation_commission_bps, block_commission_bps, has_bls_key, credits })
    }

    /// Whether the validator earned credits in `epoch`, as far as the account keeps them: about 64 epochs.
    pub fn earned_in(&self, epoch: u64) -> bool {
        // The entry between the eras has equal numbers, so it never counts.
        self.credits.iter().any(|entry| entry.epoch.get() == epoch && entry.credits.get() > entry.previous.get())
    }
}
