//! Metaplex metadata of a pool token, which wallets display. The manager signs.

use {
    super::accounts::accounts,
    crate::{compute, error::PlanError, pool::PoolSnapshot, transaction::InstructionGroup},
    solana_account::Account,
    solana_address::Address,
    solana_instruction::error::InstructionError,
    solana_rent::Rent,
    tidepool_interface::{
        address::{METADATA_PROGRAM_ID, find_metadata},
        instruction::{CreateTokenMetadataAccounts, StakePoolInstruction, UpdateTokenMetadataAccounts},
    },
};

/// Name, symbol and description of a pool token.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct TokenMetadata<'a> {
    /// Name, at most 32 bytes.
    pub name: &'a str,
    /// Symbol, at most 10 bytes.
    pub symbol: &'a str,
    /// URI of a description, at most 200 bytes.
    pub uri: &'a str,
}

impl TokenMetadata<'_> {
    fn check(&self) -> Result<(), PlanError> {
        for (what, text, most) in [("name", self.name, 32), ("symbol", self.symbol, 10), ("URI", self.uri, 200)] {
            if text.len() > most {
                return Err(PlanError::refused(
                    InstructionError::InvalidArgument,
                    format!("the token's {what} has {} bytes: use at most {most}", text.len()),
                ));
            }
        }
        Ok(())
    }
}

/// Creates the metadata. The manager and `payer`, who pays for the account, sign.
///
/// # Errors
/// Refusal `InvalidArgument` if a text is too long.
pub fn create_token_metadata(
    snapshot: &PoolSnapshot,
    payer: &Address,
    metadata: &TokenMetadata,
) -> Result<InstructionGroup, PlanError> {
    metadata.check()?;
    let accounts = accounts! { snapshot => CreateTokenMetadataAccounts {
        pool, manager, withdraw_authority, pool_mint, payer: *payer, metadata: token_metadata_address(snapshot),
        metadata_program: METADATA_PROGRAM_ID, system_program,
    } };
    let TokenMetadata { name, symbol, uri } = *metadata;
    let instruction = StakePoolInstruction::CreateTokenMetadata { name, symbol, uri };
    Ok(InstructionGroup::one(
        "create the token's metadata",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::METADATA,
    ))
}

/// Changes the metadata. The manager signs.
///
/// # Errors
/// Refusal `InvalidArgument` if a text is too long.
pub fn update_token_metadata(snapshot: &PoolSnapshot, metadata: &TokenMetadata) -> Result<InstructionGroup, PlanError> {
    metadata.check()?;
    let accounts = accounts! { snapshot => UpdateTokenMetadataAccounts {
        pool, manager, withdraw_authority, metadata: token_metadata_address(snapshot),
        metadata_program: METADATA_PROGRAM_ID,
    } };
    let TokenMetadata { name, symbol, uri } = *metadata;
    let instruction = StakePoolInstruction::UpdateTokenMetadata { name, symbol, uri };
    Ok(InstructionGroup::one(
        "update the token's metadata",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::METADATA,
    ))
}

/// Upper bound of the lamports that [`create_token_metadata`] costs its payer: the rent of the account (679 bytes in
/// older versions of the metadata program, fewer since) and Metaplex's charge of 0.01 SOL on mainnet-beta.
pub fn token_metadata_cost(rent: &Rent) -> u64 {
    const LONGEST: usize = 679;
    const CHARGE: u64 = 10_000_000;
    rent.minimum_balance(LONGEST).saturating_add(CHARGE)
}

/// Address of the pool token's metadata account.
pub fn token_metadata_address(snapshot: &PoolSnapshot) -> Address {
    find_metadata(&snapshot.pool().head.pool_mint).0
}

/// Metadata of a pool token, as stored on the cluster.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoredMetadata {
    /// Name.
    pub name: String,
    /// Symbol.
    pub symbol: String,
    /// URI of a description.
    pub uri: String,
    /// Authority that can change it: the pool's withdraw authority if the pool has created it.
    pub update_authority: Address,
    /// Whether it can still be changed.
    pub is_mutable: bool,
}

impl StoredMetadata {
    /// Reads the account at [`token_metadata_address`]; `None` without metadata.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] if the account holds other data.
    pub fn read(account: Option<&Account>) -> Result<Option<Self>, PlanError> {
        // An account of the system program has only received lamports.
        let Some(account) = account.filter(|account| account.owner == METADATA_PROGRAM_ID) else {
            return Ok(None);
        };
        Self::decode(&account.data).map(Some).ok_or_else(|| {
            let length = account.data.len();
            PlanError::invalid(format!(
                "the token's metadata account ({length} bytes) has an unknown format: update tidepool"
            ))
        })
    }

    /// Name, symbol and URI.
    pub fn text(&self) -> TokenMetadata<'_> {
        TokenMetadata { name: &self.name, symbol: &self.symbol, uri: &self.uri }
    }

    /// Checks that the pool can change it.
    ///
    /// # Errors
    /// [`PlanError::Invalid`].
    pub fn check_changeable(&self, snapshot: &PoolSnapshot) -> Result<(), PlanError> {
        let authority = snapshot.withdraw_authority();
        if !self.is_mutable {
            Err(PlanError::invalid("the token's metadata is immutable"))
        } else if self.update_authority == authority {
            Ok(())
        } else {
            Err(PlanError::invalid(format!(
                "the update authority of the token's metadata is {}, not the pool ({authority}): update it with its authority",
                self.update_authority
            )))
        }
    }

    fn decode(data: &[u8]) -> Option<Self> {
        /// First byte of a metadata account.
        const METADATA: u8 = 4;
        /// Bytes of a creator: address, verified flag, share in percent.
        const CREATOR_LENGTH: usize = 34;
        let mut rest = Bytes(data);
        if rest.byte()? != METADATA {
            return None;
        }
        let update_authority = Address::new_from_array(rest.take(32)?.try_into().ok()?);
        let _mint = rest.take(32)?;
        let (name, symbol, uri) = (rest.text()?, rest.text()?, rest.text()?);
        let _royalty = rest.take(2)?;
        if rest.byte()? != 0 {
            let creators = rest.length()?;
            rest.take(creators.checked_mul(CREATOR_LENGTH)?)?;
        }
        let _primary_sale_happened = rest.byte()?;
        Some(Self { name, symbol, uri, update_authority, is_mutable: rest.byte()? != 0 })
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn length(&mut self) -> Option<usize> {
        let bytes = self.take(4)?.try_into().ok()?;
        usize::try_from(u32::from_le_bytes(bytes)).ok()
    }

    /// A text without its zero padding.
    fn text(&mut self) -> Option<String> {
        let length = self.length()?;
        let text = std::str::from_utf8(self.take(length)?).ok()?;
        Some(text.trim_end_matches('\0').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The metadata of a token with this number of creators, as the metadata program writes it.
    fn account(creators: Option<u32>) -> Account {
        let mut data = vec![4];
        data.extend([[7; 32], [8; 32]].concat());
        for (text, length) in [("Tide", 32), ("TIDE", 10), ("https://example.org", 200)] {
            data.extend(u32::to_le_bytes(length));
            let mut text = text.as_bytes().to_vec();
            text.resize(length as usize, 0);
            data.extend(text);
        }
        data.extend([0, 0]);
        data.push(u8::from(creators.is_some()));
        if let Some(count) = creators {
            data.extend(count.to_le_bytes());
            data.extend(vec![9; count as usize * 34]);
        }
        data.extend([0, 1]);
        Account { data, owner: METADATA_PROGRAM_ID, ..Account::default() }
    }

    #[test]
    fn decodes_metadata_with_and_without_creators() {
        for creators in [None, Some(0), Some(2)] {
            let stored = StoredMetadata::read(Some(&account(creators))).unwrap().unwrap();
            assert_eq!(stored.text(), TokenMetadata { name: "Tide", symbol: "TIDE", uri: "https://example.org" });
            assert_eq!(stored.update_authority, Address::new_from_array([7; 32]));
            assert!(stored.is_mutable);
        }
    }

    #[test]
    fn account_without_data_has_no_metadata() {
        let sent = Account { lamports: 1, ..Account::default() };
        assert_eq!(StoredMetadata::read(Some(&sent)), Ok(None));
        assert_eq!(StoredMetadata::read(None), Ok(None));
    }

    #[test]
    fn rejects_damaged_metadata() {
        let whole = account(Some(1));
        for length in 0..whole.data.len() {
            let cut = Account { data: whole.data[..length].to_vec(), ..whole.clone() };
            assert!(StoredMetadata::read(Some(&cut)).is_err(), "{length}");
        }
        let mut endless = whole.clone();
        endless.data[65..69].fill(0xff);
        assert!(StoredMetadata::read(Some(&endless)).is_err());
        let mut other = whole;
        other.data[0] = 5;
        assert!(StoredMetadata::read(Some(&other)).is_err());
    }
}
