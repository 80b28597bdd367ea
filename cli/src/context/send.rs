//! How a command packs, signs and sends a plan, or holds it back.

use {
    super::Context,
    crate::{
        error::CliError,
        keys::Key,
        output::Landed,
        terminal::Bar,
        unsent::{Halt, Unsent},
    },
    solana_address::Address,
    solana_signer::{Signer, null_signer::NullSigner},
    tidepool_client::{
        cluster::Cluster,
        pack::{self, PackOptions, TransactionFormat},
        plan::Plan,
        send::{DurableNonce, Lifetime, Outgoing, SendOptions, Sender},
    },
};

impl<C: Cluster> Context<'_, C> {
    /// Sends a plan, paid by the fee payer and signed by `keys` where they have to, and waits until it is done.
    pub async fn send(&self, plan: &Plan, keys: &[Key], program_id: Address) -> Result<Vec<Landed>, Halt> {
        self.send_with(plan, keys, program_id, &self.format().await?).await
    }

    /// As [`Self::send`], for what happens again where it is signed again: an endpoint that hides what has landed could have it done
    /// as often as the sender tries. It is signed once, and the user decides about a second time.
    pub async fn send_once(&self, plan: &Plan, keys: &[Key], program_id: Address) -> Result<Vec<Landed>, Halt> {
        let options = SendOptions { attempts: 1, ..self.send_options(program_id)? };
        self.send_by(plan, keys, options, &self.format().await?).await
    }

    /// As [`Self::send`], in this format.
    pub async fn send_with(
        &self,
        plan: &Plan,
        keys: &[Key],
        program_id: Address,
        format: &TransactionFormat,
    ) -> Result<Vec<Landed>, Halt> {
        self.send_by(plan, keys, self.send_options(program_id)?, format).await
    }

    async fn send_by(
        &self,
        plan: &Plan,
        keys: &[Key],
        options: SendOptions,
        format: &TransactionFormat,
    ) -> Result<Vec<Landed>, Halt> {
        match self.vault {
            Some(vault) => Err(self.propose(plan, vault, options).await),
            None => self.send_now(plan, keys, options, format).await,
        }
    }

    /// As [`Self::send`], also where changes are proposed to a multisig: for the proposal itself, and its votes.
    pub async fn send_now(
        &self,
        plan: &Plan,
        keys: &[Key],
        options: SendOptions,
        format: &TransactionFormat,
    ) -> Result<Vec<Landed>, Halt> {
        let (payer, program_id) = (self.own_fee_payer()?, options.pool_program);
        let mut keys = keys.to_vec();
        let (lifetime, stages) = self.packed_for(plan, &mut keys, format, payer.pubkey()).await?;
        let bar = Bar::spinner(&self.terminal, "Sending");
        let watched = self.watched(&bar);
        // A dump of the message alone contains no signature.
        let null_signer = NullSigner::new(&payer.pubkey());
        let signs = self.global.transactions.signs();
        let payer: &dyn Signer = if signs { payer.as_ref() } else { &null_signer };
        keys.retain(|_| signs);
        let sender = Sender::new(self.cluster, payer)
            .signers(keys.iter().map(AsRef::as_ref))
            .options(SendOptions { lifetime, ..options })
            .stop(&self.interrupt.stop)
            .progress(&watched);
        if !self.global.transactions.sends() {
            return Err(self.hold(&sender, &stages, program_id.unwrap_or_default()).await);
        }
        let _winding_down = self.interrupt.wind_down();
        let summary = bar.during(Box::pin(sender.send_stages(&stages))).await;
        // From here on the summary tells.
        self.interrupt.forget();
        if summary.is_success() { Ok(Landed::of(&summary)) } else { Err(CliError::NotLanded(summary).into()) }
    }

    /// The transactions of a plan, in stages, and what they are to be signed with. The key of a nonce's authority joins `keys`.
    pub(crate) async fn packed(
        &self,
        plan: &Plan,
        keys: &mut Vec<Key>,
        format: &TransactionFormat,
    ) -> Result<(Lifetime, Vec<Vec<Outgoing>>), CliError> {
        self.packed_for(plan, keys, format, self.fee_payer()?.pubkey()).await
    }

    async fn packed_for(
        &self,
        plan: &Plan,
        keys: &mut Vec<Key>,
        format: &TransactionFormat,
        payer: Address,
    ) -> Result<(Lifetime, Vec<Vec<Outgoing>>), CliError> {
        let lifetime = self.lifetime(keys).await?;
        let mut packing = PackOptions::new(payer).in_format(format.clone());
        if matches!(lifetime, Lifetime::Nonce(_)) {
            packing = packing.leaving_room_for_nonce();
        }
        let stages = pack::pack_plan(plan, &packing)?;
        check_lifetime(&lifetime, &stages)?;
        Ok((lifetime, stages))
    }

    pub fn send_options(&self, program_id: Address) -> Result<SendOptions, CliError> {
        Ok(SendOptions {
            confirmation: self.global.confirmation(self.config)?,
            compute_unit_price: self.global.transactions.price(),
            poll_every: self.poll_every,
            pool_program: Some(program_id),
            ..SendOptions::default()
        })
    }

    /// What to sign with. The key of a nonce's authority joins `keys`.
    async fn lifetime(&self, keys: &mut Vec<Key>) -> Result<Lifetime, CliError> {
        let asked = &self.global.transactions;
        let Some(account) = &asked.nonce else {
            if asked.sign_only && asked.blockhash.is_none() {
                return Err(CliError::usage(
                    "--sign-only needs a blockhash: specify a recent one with --blockhash, or a nonce account with --nonce",
                ));
            }
            return Ok(asked.blockhash.map_or(Lifetime::Latest, Lifetime::Blockhash));
        };
        let read = DurableNonce::read(self.cluster, account).await?;
        let role = "the nonce's authority";
        let source = asked.nonce_authority.as_ref();
        let authority = self.own_authority(role, "--nonce-authority", source, read.authority)?;
        keys.push(authority);
        Ok(Lifetime::Nonce(DurableNonce { hash: asked.blockhash.unwrap_or(read.hash), ..read }))
    }

    /// What the command answers instead of sending.
    async fn hold(&self, sender: &Sender<'_, C>, stages: &[Vec<Outgoing>], program_id: Address) -> Halt {
        let asked = &self.global.transactions;
        let unsent = if asked.dry_run {
            Unsent::rehearsed(sender, stages, program_id).await
        } else {
            Unsent::signed(sender, stages, asked.dump_transaction_message).await
        };
        match unsent {
            Ok(unsent) => Halt::Unsent(Box::new(unsent)),
            Err(reason) => reason.into(),
        }
    }
}

/// Checks that a hash of the user's own serves for all of it.
fn check_lifetime(lifetime: &Lifetime, stages: &[Vec<Outgoing>]) -> Result<(), CliError> {
    let transactions: usize = stages.iter().map(Vec::len).sum();
    if matches!(lifetime, Lifetime::Nonce(_)) && transactions > 1 {
        return Err(CliError::usage(format!(
            "a nonce is valid for one transaction, and this takes {transactions}: use smaller steps, or omit --nonce"
        )));
    }
    Ok(())
}
