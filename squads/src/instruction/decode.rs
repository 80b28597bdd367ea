//! Decoding instructions, to explain a transaction.

use {
    super::*,
    crate::{bytes::Reader, state::ConfigAction},
};

/// An instruction of the program. Others than these are not decoded.
#[derive(Clone, Debug, Eq, PartialEq)]
#[expect(missing_docs, reason = "fields are those of the instructions above")]
pub enum SquadsInstruction {
    /// A new multisig.
    MultisigCreate { config_authority: Option<Address>, threshold: u16, members: Vec<Member>, time_lock: u32 },
    /// A new vault transaction.
    VaultTransactionCreate { vault_index: u8, derived_signers: u8, message: VaultMessage, memo: Option<String> },
    /// Its execution.
    VaultTransactionExecute,
    /// A new proposal.
    ProposalCreate { index: u64, is_draft: bool },
    /// A draft that is put to the vote.
    ProposalActivate,
    /// An approval.
    ProposalApprove { memo: Option<String> },
    /// A rejection.
    ProposalReject { memo: Option<String> },
    /// A cancellation.
    ProposalCancel { memo: Option<String> },
    /// A new batch.
    BatchCreate { vault_index: u8, memo: Option<String> },
    /// A transaction for a batch.
    BatchAddTransaction { derived_signers: u8, message: VaultMessage },
    /// The execution of one of its transactions.
    BatchExecuteTransaction,
    /// A new change of the multisig.
    ConfigTransactionCreate { actions: Vec<ConfigAction>, memo: Option<String> },
    /// Its execution.
    ConfigTransactionExecute,
}

impl SquadsInstruction {
    /// Decodes instruction data; `Ok(None)` for an instruction that is not in the list.
    ///
    /// # Errors
    /// [`Error::Invalid`] if bytes are missing, invalid or left over.
    pub fn decode(data: &[u8]) -> Result<Option<Self>, Error> {
        let mut reader = Reader::new(data);
        let reader = &mut reader;
        let memo = |reader: &mut Reader| reader.option("memo", |reader| reader.text("memo").map(str::to_owned));
        let message = |reader: &mut Reader| VaultMessage::decode(reader.bytes(Length::U32, "message")?);
        let decoded = match reader.array::<8>("instruction")? {
            MULTISIG_CREATE_V2 => {
                let decoded = Self::MultisigCreate {
                    config_authority: reader.option("config authority", |reader| reader.address("config authority"))?,
                    threshold: reader.u16("threshold")?,
                    members: reader.list(Length::U32, 33, "members", Member::read)?,
                    time_lock: reader.u32("time lock")?,
                };
                reader.option("rent collector", |reader| reader.address("rent collector"))?;
                memo(reader)?;
                decoded
            }
            VAULT_TRANSACTION_CREATE => Self::VaultTransactionCreate {
                vault_index: reader.u8("vault")?,
                derived_signers: reader.u8("derived signers")?,
                message: message(reader)?,
                memo: memo(reader)?,
            },
            VAULT_TRANSACTION_EXECUTE => Self::VaultTransactionExecute,
            PROPOSAL_CREATE => Self::ProposalCreate { index: reader.u64("index")?, is_draft: reader.bool("draft")? },
            PROPOSAL_ACTIVATE => Self::ProposalActivate,
            PROPOSAL_APPROVE => Self::ProposalApprove { memo: memo(reader)? },
            PROPOSAL_REJECT => Self::ProposalReject { memo: memo(reader)? },
            PROPOSAL_CANCEL => Self::ProposalCancel { memo: memo(reader)? },
            BATCH_CREATE => Self::BatchCreate { vault_index: reader.u8("vault")?, memo: memo(reader)? },
            BATCH_ADD_TRANSACTION => {
                Self::BatchAddTransaction { derived_signers: reader.u8("derived signers")?, message: message(reader)? }
            }
            BATCH_EXECUTE_TRANSACTION => Self::BatchExecuteTransaction,
            CONFIG_TRANSACTION_CREATE => Self::ConfigTransactionCreate {
                actions: reader.list(Length::U32, 2, "actions", ConfigAction::read)?,
                memo: memo(reader)?,
            },
            CONFIG_TRANSACTION_EXECUTE => Self::ConfigTransactionExecute,
            _ => return Ok(None),
        };
        if reader.is_empty() { Ok(Some(decoded)) } else { Err(Error::Invalid { what: "end", at: data.len() }) }
    }
}
