//! From instructions to a signed transaction.

use {
    super::{FailureReport, Lifetime, NotSent, Outcome, Outgoing, Sender},
    crate::{
        cluster::{self, Cluster},
        error,
        pack::MAX_TRANSACTION_BYTES,
    },
    solana_address::Address,
    solana_hash::Hash,
    solana_instruction::Instruction,
    solana_message::{AddressLookupTableAccount, Message, VersionedMessage, v0},
    solana_signature::Signature,
    solana_signer::{Signer, SignerError},
    solana_transaction::versioned::VersionedTransaction,
    solana_transaction_error::TransactionError,
};

/// An address without a program. The default address is the system program's.
const NO_PROGRAM: Address = Address::new_from_array([u8::MAX; 32]);

impl<C: Cluster> Sender<'_, C> {
    /// The instructions to sign, with limits from a simulation if the options ask for it. An error is the outcome of a
    /// transaction that is not sent.
    pub(super) async fn prepare(&self, outgoing: &Outgoing, price: u64) -> Result<Vec<Instruction>, Outcome> {
        if !self.options.simulate {
            return Ok(self.bound(outgoing, price).append_to(&outgoing.instructions));
        }
        let widest = self.widest(outgoing, price).append_to(&outgoing.instructions);
        let transaction = self.unsigned(&widest, outgoing).map_err(Outcome::NotSent)?;
        let simulation =
            self.retrying().simulate(&transaction).await.map_err(|error| Outcome::NotSent(error.into()))?;
        if let Some(error) = simulation.error {
            return Err(Outcome::WouldFail(self.report(outgoing, &transaction.message, error, simulation.logs).await));
        }
        // A message that was signed elsewhere has a limit that was not simulated.
        let needed = simulation.units_consumed;
        let too_low = outgoing.compute_units.filter(|limit| needed > u64::from(*limit));
        match too_low.filter(|_| self.options.lifetime != Lifetime::Latest) {
            Some(limit) => Err(Outcome::NotSent(NotSent::TooFewComputeUnits { needed, limit })),
            None => Ok(self.simulated(outgoing, price, &simulation).append_to(&outgoing.instructions)),
        }
    }

    pub(super) fn sign(
        &self,
        instructions: &[Instruction],
        outgoing: &Outgoing,
        blockhash: Hash,
    ) -> Result<VersionedTransaction, NotSent> {
        let message = self.message(instructions, outgoing, blockhash)?;
        let required = usize::from(message.header().num_required_signatures);
        let bytes = message.serialize();
        let signatures = message.static_account_keys()[..required]
            .iter()
            .map(|address| self.signature(address, &bytes))
            .collect::<Result<_, _>>()?;
        let transaction = VersionedTransaction { signatures, message };
        check_size(&transaction)?;
        Ok(transaction)
    }

    pub(super) async fn report(
        &self,
        outgoing: &Outgoing,
        message: &VersionedMessage,
        error: TransactionError,
        logs: Vec<String>,
    ) -> FailureReport {
        let below_rent = match error {
            TransactionError::InsufficientFundsForRent { account_index } => {
                match address_at(message, &outgoing.lookup_tables, usize::from(account_index)) {
                    Some(account) => Some(cluster::below_rent(self.cluster, account).await),
                    None => None,
                }
            }
            _ => None,
        };
        let programs: Vec<_> = outgoing.instructions.iter().map(|instruction| instruction.program_id).collect();
        let explanation = error::explain(&error::Failure {
            error: &error,
            programs: &programs,
            logs: &logs,
            stake_pool_program: self.options.pool_program.unwrap_or(NO_PROGRAM),
            payer: message.static_account_keys().first().copied(),
            below_rent,
        });
        FailureReport { error, explanation, logs }
    }

    /// The message for these instructions: legacy, or v0 if the transaction has lookup tables.
    pub(super) fn message(
        &self,
        instructions: &[Instruction],
        outgoing: &Outgoing,
        blockhash: Hash,
    ) -> Result<VersionedMessage, NotSent> {
        let payer = self.payer.pubkey();
        let instructions = &self.options.lifetime.prepend_to(instructions);
        if outgoing.lookup_tables.is_empty() {
            let message = Message::new_with_blockhash(instructions, Some(&payer), &blockhash);
            return Ok(VersionedMessage::Legacy(message));
        }
        v0::Message::try_compile(&payer, instructions, &outgoing.lookup_tables, blockhash)
            .map(VersionedMessage::V0)
            .map_err(|error| NotSent::Malformed { detail: error.to_string() })
    }

    fn signature(&self, address: &Address, message: &[u8]) -> Result<Signature, NotSent> {
        let signer = std::iter::once(&self.payer).chain(&self.signers).find(|signer| signer.pubkey() == *address);
        let signed = signer.map(|signer| signature_of(*signer, address, message)).transpose()?;
        signed.flatten().ok_or(NotSent::MissingSigner { signer: *address })
    }
}

/// The account at an index of a message whose lookup tables are known: static keys, then writable, then read-only
/// addresses of tables.
fn address_at(message: &VersionedMessage, tables: &[AddressLookupTableAccount], index: usize) -> Option<Address> {
    let lookups = message.address_table_lookups().unwrap_or_default();
    let writable = lookups.iter().flat_map(|lookup| {
        let table = tables.iter().find(|table| table.key == lookup.account_key);
        lookup.writable_indexes.iter().map(move |index| table?.addresses.get(usize::from(*index)))
    });
    message.static_account_keys().iter().map(Some).chain(writable).nth(index).flatten().copied()
}

/// The signature of `signer` at this address; `None` if there is only an address without a key.
pub(super) fn signature_of(
    signer: &dyn Signer,
    address: &Address,
    message: &[u8],
) -> Result<Option<Signature>, NotSent> {
    let signature = signer.try_sign_message(message).map_err(|error| match error {
        SignerError::PresignerError(_) => NotSent::SignatureOfAnother { signer: *address },
        error => NotSent::CouldNotSign { signer: *address, detail: error.to_string() },
    })?;
    Ok((signature != Signature::default()).then_some(signature))
}

pub(super) fn check_size(transaction: &VersionedTransaction) -> Result<(), NotSent> {
    let bytes = bincode::serialized_size(transaction)
        .map_err(|error| NotSent::Malformed { detail: error.to_string() })? as usize;
    if bytes > MAX_TRANSACTION_BYTES {
        return Err(NotSent::TooLarge { bytes, limit: MAX_TRANSACTION_BYTES });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_instruction::AccountMeta;

    #[test]
    fn finds_account_by_index() {
        let [payer, program, own, looked_up, read_only] =
            [1, 2, 3, 4, 5].map(|byte| Address::new_from_array([byte; 32]));
        let metas = vec![
            AccountMeta::new(own, true),
            AccountMeta::new(looked_up, false),
            AccountMeta::new_readonly(read_only, false),
        ];
        let instructions = [Instruction::new_with_bytes(program, &[], metas)];
        let table =
            AddressLookupTableAccount { key: Address::new_from_array([9; 32]), addresses: vec![read_only, looked_up] };
        let message = v0::Message::try_compile(&payer, &instructions, std::slice::from_ref(&table), Hash::default());
        let message = VersionedMessage::V0(message.unwrap());
        let named =
            |tables: &[AddressLookupTableAccount]| [0, 1, 2, 3].map(|index| address_at(&message, tables, index));
        assert_eq!(named(&[table]), [payer, own, program, looked_up].map(Some));
        assert_eq!(named(&[]), [Some(payer), Some(own), Some(program), None]);
    }
}
