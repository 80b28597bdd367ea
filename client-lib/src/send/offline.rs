//! Offline signing, and sending of signed transactions.

use {
    super::{
        NotSent, Outcome, Outgoing, Sender, Summary,
        prepare::{check_size, signature_of},
    },
    crate::cluster::{Blockhash, Cluster},
    solana_address::Address,
    solana_message::VersionedMessage,
    solana_signature::Signature,
    solana_transaction::versioned::VersionedTransaction,
};

/// A partially signed transaction.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartiallySigned {
    /// Its label.
    pub label: String,
    /// The signed message.
    pub message: VersionedMessage,
    /// The signers in the message's order, the fee payer first; `None` for a missing signature.
    pub signatures: Vec<(Address, Option<Signature>)>,
}

/// A transaction that a wallet elsewhere signs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ForWallet {
    /// The transaction, with an empty signature for each signer.
    pub transaction: VersionedTransaction,
    /// The last block height, in blocks, at which it can land.
    pub last_valid_block_height: u64,
}

impl PartiallySigned {
    /// Signs a message with those of `signers` that it names.
    ///
    /// # Errors
    /// [`NotSent::CouldNotSign`].
    pub fn sign<'s>(
        label: impl Into<String>,
        message: VersionedMessage,
        signers: impl IntoIterator<Item = &'s dyn solana_signer::Signer>,
    ) -> Result<Self, NotSent> {
        let signers: Vec<_> = signers.into_iter().collect();
        let required = usize::from(message.header().num_required_signatures);
        let bytes = message.serialize();
        let signatures = message.static_account_keys().iter().take(required).map(|address| {
            let signed = match signers.iter().find(|signer| signer.pubkey() == *address) {
                Some(signer) => signature_of(*signer, address, &bytes)?,
                None => None,
            };
            Ok((*address, signed))
        });
        let signatures = signatures.collect::<Result<_, NotSent>>()?;
        Ok(Self { label: label.into(), message, signatures })
    }

    /// Signers whose signature is missing.
    pub fn missing_signers(&self) -> impl Iterator<Item = Address> {
        self.signatures.iter().filter(|(_, signature)| signature.is_none()).map(|(address, _)| *address)
    }

    /// The complete transaction.
    ///
    /// # Errors
    /// [`NotSent::MissingSigner`], [`NotSent::TooLarge`].
    pub fn complete(&self) -> Result<VersionedTransaction, NotSent> {
        if let Some(signer) = self.missing_signers().next() {
            return Err(NotSent::MissingSigner { signer });
        }
        let signatures = self.signatures.iter().filter_map(|(_, signature)| *signature).collect();
        let transaction = VersionedTransaction { signatures, message: self.message.clone() };
        check_size(&transaction)?;
        Ok(transaction)
    }
}

impl<C: Cluster> Sender<'_, C> {
    /// Signs transactions with the available keys, and sends none. Limits are estimates and bounds, so that every
    /// host builds the same transaction.
    ///
    /// # Errors
    /// [`NotSent`].
    pub async fn sign_only(&self, transactions: &[Outgoing]) -> Result<Vec<PartiallySigned>, NotSent> {
        let Blockhash { hash, .. } = self.blockhash().await?;
        let price = self.price(transactions).await?;
        let signers: Vec<_> = std::iter::once(self.payer).chain(self.signers.iter().copied()).collect();
        let sign = |outgoing: &Outgoing| {
            let instructions = self.bound(outgoing, price).append_to(&outgoing.instructions);
            let message = self.message(&instructions, outgoing, hash)?;
            PartiallySigned::sign(outgoing.label.clone(), message, signers.iter().copied())
        };
        transactions.iter().map(sign).collect()
    }

    /// A transaction for a wallet elsewhere: without signatures, with the limits of its simulation and the latest blockhash.
    ///
    /// # Errors
    /// The outcome of a transaction that is not worth a signature: [`Outcome::WouldFail`], or [`Outcome::NotSent`].
    pub async fn for_wallet(&self, outgoing: &Outgoing) -> Result<ForWallet, Outcome> {
        let price = self.price(std::slice::from_ref(outgoing)).await.map_err(|error| Outcome::NotSent(error.into()))?;
        let instructions = self.prepare(outgoing, price).await?;
        let Blockhash { hash, last_valid_block_height } =
            self.blockhash().await.map_err(|error| Outcome::NotSent(error.into()))?;
        let mut transaction = self.unsigned(&instructions, outgoing).map_err(Outcome::NotSent)?;
        transaction.message.set_recent_blockhash(hash);
        Ok(ForWallet { transaction, last_valid_block_height })
    }

    /// Sends a signed transaction and follows it. It is never signed again.
    ///
    /// The sender's [`Lifetime`](super::Lifetime) must be that of the transaction.
    pub async fn submit(&self, label: &str, transaction: VersionedTransaction) -> Summary {
        let outgoing = [Outgoing::new(label, vec![])];
        self.progress.started(outgoing.len());
        self.run_signed(&outgoing, vec![transaction]).await
    }
}
