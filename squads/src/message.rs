//! The message of a vault transaction: instructions without a fee payer and without a blockhash.

use {
    crate::{
        Error,
        bytes::{Length, Reader, put_bytes, put_length},
    },
    solana_address::Address,
    solana_instruction::{AccountMeta, Instruction},
};

/// Instructions that a vault signs, with the accounts that they use.
///
/// Accounts are in this order: writable signers, read-only signers, other writable accounts, other read-only accounts. Those of lookup
/// tables follow.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct VaultMessage {
    /// Number of signers among `account_keys`, the vault and derived signers included.
    pub num_signers: u8,
    /// Number of writable signers.
    pub num_writable_signers: u8,
    /// Number of writable accounts among those that do not sign.
    pub num_writable_non_signers: u8,
    /// Accounts and programs.
    pub account_keys: Vec<Address>,
    /// The instructions.
    pub instructions: Vec<CompiledInstruction>,
    /// Accounts from lookup tables.
    pub lookups: Vec<TableLookup>,
}

/// An instruction whose accounts are indices into those of its message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CompiledInstruction {
    /// Index of the program.
    pub program_index: u8,
    /// Indices of the accounts.
    pub accounts: Vec<u8>,
    /// The data.
    pub data: Vec<u8>,
}

/// Accounts of one lookup table.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TableLookup {
    /// The table.
    pub table: Address,
    /// Places of writable accounts.
    pub writable: Vec<u8>,
    /// Places of read-only accounts.
    pub readonly: Vec<u8>,
}

/// Addresses that a lookup table had for a [`TableLookup`].
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct LoadedAddresses {
    /// Writable accounts.
    pub writable: Vec<Address>,
    /// Read-only accounts.
    pub readonly: Vec<Address>,
}

impl VaultMessage {
    /// Compiles instructions, without lookup tables.
    ///
    /// # Errors
    /// [`Error::TooMany`] for more than 255 accounts, instructions or accounts of an instruction.
    pub fn compile(instructions: &[Instruction]) -> Result<Self, Error> {
        let mut keys: Vec<(Address, bool, bool)> = vec![];
        let mut add = |key: Address, signs: bool, writes: bool| match keys.iter_mut().find(|known| known.0 == key) {
            Some(known) => {
                known.1 |= signs;
                known.2 |= writes;
            }
            None => keys.push((key, signs, writes)),
        };
        for instruction in instructions {
            for meta in &instruction.accounts {
                add(meta.pubkey, meta.is_signer, meta.is_writable);
            }
            add(instruction.program_id, false, false);
        }
        keys.sort_by_key(|(_, signs, writes)| (!signs, !writes));
        let what = "accounts";
        let short =
            |count: usize| u8::try_from(count).map_err(|_| Error::TooMany { what, count, limit: usize::from(u8::MAX) });
        short(keys.len())?;
        let index = |key: &Address| short(keys.iter().take_while(|known| known.0 != *key).count());
        let count = |counts: fn(bool, bool) -> bool| short(keys.iter().filter(|key| counts(key.1, key.2)).count());
        let compiled = instructions.iter().map(|instruction| {
            Ok(CompiledInstruction {
                program_index: index(&instruction.program_id)?,
                accounts: instruction.accounts.iter().map(|meta| index(&meta.pubkey)).collect::<Result<_, _>>()?,
                data: instruction.data.clone(),
            })
        });
        Ok(Self {
            num_signers: count(|signs, _| signs)?,
            num_writable_signers: count(|signs, writes| signs && writes)?,
            num_writable_non_signers: count(|signs, writes| !signs && writes)?,
            instructions: compiled.collect::<Result<_, Error>>()?,
            account_keys: keys.into_iter().map(|(key, ..)| key).collect(),
            lookups: vec![],
        })
    }

    /// The encoding in instructions, with short lengths. It differs from that in accounts.
    ///
    /// # Errors
    /// [`Error::TooMany`] if a list is too long for it.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        let mut bytes = vec![self.num_signers, self.num_writable_signers, self.num_writable_non_signers];
        put_length(&mut bytes, Length::U8, self.account_keys.len(), "accounts")?;
        self.account_keys.iter().for_each(|key| bytes.extend(key.as_ref()));
        put_length(&mut bytes, Length::U8, self.instructions.len(), "instructions")?;
        for instruction in &self.instructions {
            bytes.push(instruction.program_index);
            put_bytes(&mut bytes, Length::U8, &instruction.accounts, "accounts of an instruction")?;
            put_bytes(&mut bytes, Length::U16, &instruction.data, "bytes of an instruction")?;
        }
        put_length(&mut bytes, Length::U8, self.lookups.len(), "lookup tables")?;
        for lookup in &self.lookups {
            bytes.extend(lookup.table.as_ref());
            put_bytes(&mut bytes, Length::U8, &lookup.writable, "accounts of a lookup table")?;
            put_bytes(&mut bytes, Length::U8, &lookup.readonly, "accounts of a lookup table")?;
        }
        Ok(bytes)
    }

    /// Decodes what [`Self::encode`] writes.
    ///
    /// # Errors
    /// [`Error::Invalid`] if bytes are missing or left over; [`Error::NoAccount`] as [`Self::check`].
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes);
        let message = Self::read(&mut reader, Length::U8, Length::U16)?;
        if !reader.is_empty() {
            return Err(Error::Invalid { what: "end of the message", at: bytes.len() });
        }
        Ok(message)
    }

    /// Reads the encoding of accounts: Borsh.
    pub(crate) fn read_borsh(reader: &mut Reader) -> Result<Self, Error> {
        Self::read(reader, Length::U32, Length::U32)
    }

    fn read(reader: &mut Reader, short: Length, data: Length) -> Result<Self, Error> {
        let message = Self {
            num_signers: reader.u8("number of signers")?,
            num_writable_signers: reader.u8("number of writable signers")?,
            num_writable_non_signers: reader.u8("number of writable accounts")?,
            account_keys: reader.addresses(short, "accounts")?,
            instructions: reader.list(short, 3, "instructions", |reader| {
                Ok(CompiledInstruction {
                    program_index: reader.u8("program")?,
                    accounts: reader.bytes(short, "accounts of an instruction")?.to_vec(),
                    data: reader.bytes(data, "data of an instruction")?.to_vec(),
                })
            })?,
            lookups: reader.list(short, 34, "lookup tables", |reader| {
                Ok(TableLookup {
                    table: reader.address("lookup table")?,
                    writable: reader.bytes(short, "places in a lookup table")?.to_vec(),
                    readonly: reader.bytes(short, "places in a lookup table")?.to_vec(),
                })
            })?,
        };
        message.check()?;
        Ok(message)
    }

    /// Checks that counts and indices name accounts of the message.
    ///
    /// # Errors
    /// [`Error::NoAccount`] if one does not.
    pub fn check(&self) -> Result<(), Error> {
        let keys = self.account_keys.len();
        let loaded: usize = self.lookups.iter().map(|lookup| lookup.writable.len() + lookup.readonly.len()).sum();
        let (signers, others) = (usize::from(self.num_signers), usize::from(self.num_writable_non_signers));
        if signers + others > keys || self.num_writable_signers > self.num_signers {
            let index = self.num_signers.saturating_add(self.num_writable_non_signers);
            return Err(Error::NoAccount { index, accounts: keys });
        }
        let accounts = keys + loaded;
        let indices = self.instructions.iter().flat_map(|instruction| {
            instruction.accounts.iter().chain(std::iter::once(&instruction.program_index)).copied()
        });
        match indices.max().filter(|index| usize::from(*index) >= accounts) {
            Some(index) => Err(Error::NoAccount { index, accounts }),
            None => Ok(()),
        }
    }

    /// Accounts that have to sign: the vault, derived signers, and wallets that have to sign the execution too.
    pub fn signers(&self) -> &[Address] {
        self.account_keys.get(..usize::from(self.num_signers)).unwrap_or_default()
    }

    /// Whether the account at `index` of `account_keys` is writable.
    fn is_writable(&self, index: usize) -> bool {
        let signers = usize::from(self.num_signers);
        match index.checked_sub(signers) {
            None => index < usize::from(self.num_writable_signers),
            Some(place) => place < usize::from(self.num_writable_non_signers),
        }
    }

    /// The addresses of each lookup table, checked to be as many as the message names.
    fn loaded<'a>(&self, loaded: &'a [LoadedAddresses]) -> Result<&'a [LoadedAddresses], Error> {
        for (number, TableLookup { table, writable, readonly }) in self.lookups.iter().enumerate() {
            let fits = |loaded: &&LoadedAddresses| {
                (loaded.writable.len(), loaded.readonly.len()) == (writable.len(), readonly.len())
            };
            loaded.get(number).filter(fits).ok_or(Error::NotLoaded { table: *table })?;
        }
        Ok(&loaded[..self.lookups.len()])
    }

    fn own_metas(&self) -> impl Iterator<Item = AccountMeta> {
        self.account_keys.iter().enumerate().map(|(index, key)| AccountMeta {
            pubkey: *key,
            is_signer: index < usize::from(self.num_signers),
            is_writable: self.is_writable(index),
        })
    }

    /// The accounts that follow those of the program in an instruction that executes the message, in their order: lookup tables, the
    /// message's own accounts, then the accounts of one table after the other. `loaded` has the addresses of each table. `unsigned` are
    /// the signers that do not sign the execution, since the program signs for them: the vault, and
    /// [`ephemeral_signer`](crate::address::ephemeral_signer)s.
    ///
    /// # Errors
    /// [`Error::NotLoaded`] if `loaded` does not have the accounts of a table.
    pub fn accounts(&self, unsigned: &[Address], loaded: &[LoadedAddresses]) -> Result<Vec<AccountMeta>, Error> {
        let tables = self.lookups.iter().map(|lookup| AccountMeta::new_readonly(lookup.table, false));
        let own = self.own_metas().map(|meta| {
            let is_signer = meta.is_signer && !unsigned.contains(&meta.pubkey);
            AccountMeta { is_signer, ..meta }
        });
        let mut metas: Vec<_> = tables.chain(own).collect();
        for table in self.loaded(loaded)? {
            metas.extend(table.writable.iter().map(|key| AccountMeta::new(*key, false)));
            metas.extend(table.readonly.iter().map(|key| AccountMeta::new_readonly(*key, false)));
        }
        Ok(metas)
    }

    /// The instructions as they would be in a transaction that the vault itself signs.
    ///
    /// # Errors
    /// [`Error::NotLoaded`] if `loaded` does not have the accounts of a table, [`Error::NoAccount`] for an invalid index.
    pub fn instructions(&self, loaded: &[LoadedAddresses]) -> Result<Vec<Instruction>, Error> {
        let loaded = self.loaded(loaded)?;
        // Indices count the writable accounts of all tables first, as in transactions.
        let writable = loaded.iter().flat_map(|table| &table.writable).map(|key| AccountMeta::new(*key, false));
        let readonly =
            loaded.iter().flat_map(|table| &table.readonly).map(|key| AccountMeta::new_readonly(*key, false));
        let metas: Vec<_> = self.own_metas().chain(writable).chain(readonly).collect();
        let at = |index: &u8| {
            let missing = Error::NoAccount { index: *index, accounts: metas.len() };
            metas.get(usize::from(*index)).cloned().ok_or(missing)
        };
        let instructions = self.instructions.iter().map(|instruction| {
            Ok(Instruction {
                program_id: at(&instruction.program_index)?.pubkey,
                accounts: instruction.accounts.iter().map(at).collect::<Result<_, _>>()?,
                data: instruction.data.clone(),
            })
        });
        instructions.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Address {
        Address::new_from_array([byte; 32])
    }

    /// A message with two lookup tables, whose accounts are told apart.
    fn with_tables() -> (VaultMessage, [LoadedAddresses; 2]) {
        let message = VaultMessage {
            num_signers: 1,
            num_writable_signers: 1,
            num_writable_non_signers: 0,
            account_keys: vec![key(1), key(2)],
            instructions: vec![CompiledInstruction { program_index: 1, accounts: vec![0, 2, 3, 4, 5], data: vec![9] }],
            lookups: vec![
                TableLookup { table: key(10), writable: vec![7], readonly: vec![0] },
                TableLookup { table: key(20), writable: vec![3], readonly: vec![1] },
            ],
        };
        let loaded = |first| LoadedAddresses { writable: vec![key(first)], readonly: vec![key(first + 1)] };
        (message, [loaded(11), loaded(21)])
    }

    #[test]
    fn accounts_are_passed_table_by_table_and_counted_writable_first() {
        let (message, loaded) = with_tables();
        let accounts = message.accounts(&[key(1)], &loaded).unwrap();
        let passed: Vec<_> = accounts.iter().map(|meta| (meta.pubkey, meta.is_signer, meta.is_writable)).collect();
        let expected =
            [(10, false), (20, false), (1, true), (2, false), (11, true), (12, false), (21, true), (22, false)];
        assert_eq!(passed, expected.map(|(byte, writable)| (key(byte), false, writable)));
        let [instruction] = &message.instructions(&loaded).unwrap()[..] else { panic!("one instruction") };
        let used: Vec<_> = instruction.accounts.iter().map(|meta| (meta.pubkey, meta.is_writable)).collect();
        assert_eq!(used, [(1, true), (11, true), (21, true), (12, false), (22, false)].map(|(b, w)| (key(b), w)));
        assert!(instruction.accounts[0].is_signer);
    }

    #[test]
    fn names_the_table_whose_accounts_are_missing() {
        let (message, [first, second]) = with_tables();
        let missing = |loaded: &[LoadedAddresses]| message.accounts(&[], loaded).unwrap_err();
        assert_eq!(missing(&[]), Error::NotLoaded { table: key(10) });
        assert_eq!(missing(&[first, LoadedAddresses::default()]), Error::NotLoaded { table: key(20) });
        assert_eq!(message.instructions(&[second]).unwrap_err(), Error::NotLoaded { table: key(20) });
    }

    #[test]
    fn rejects_counts_and_indices_beyond_the_accounts() {
        let (message, _) = with_tables();
        assert_eq!(message.check(), Ok(()));
        for broken in [
            VaultMessage { num_signers: 3, ..message.clone() },
            VaultMessage { num_writable_signers: 2, ..message.clone() },
            VaultMessage { num_writable_non_signers: 2, ..message.clone() },
            VaultMessage { lookups: vec![], ..message.clone() },
        ] {
            assert!(matches!(broken.check(), Err(Error::NoAccount { .. })), "{broken:?}");
            assert!(VaultMessage::decode(&broken.encode().unwrap()).is_err());
        }
    }

    #[test]
    fn rejects_more_than_a_message_can_count() {
        let metas = (0..=255).map(|byte| AccountMeta::new(key(byte), false)).collect();
        let large = Instruction { program_id: key(0), accounts: metas, data: vec![] };
        assert!(VaultMessage::compile(&[large]).unwrap_err().to_string().contains("256 accounts"));
        let long = Instruction { program_id: key(0), accounts: vec![], data: vec![0; 65_536] };
        let message = VaultMessage::compile(&[long]).unwrap();
        assert!(message.encode().unwrap_err().to_string().contains("65536 bytes of an instruction"));
    }
}
