//! What a command works with: a cluster, keys, a terminal.

use {
    crate::{
        args::GlobalArgs,
        config::Config,
        error::CliError,
        keys::{Key, KeySource, Keyring},
        output::Landed,
        progress::Bar,
        terminal::Terminal,
    },
    solana_address::Address,
    solana_message::AddressLookupTableAccount,
    std::{future::Future, time::Duration},
    tidepool_client::{
        cluster::Cluster,
        pack::{self, PackOptions},
        plan::Plan,
        send::{Outgoing, SendOptions, Sender},
    },
};

/// What a command works with.
pub struct Context<'a, C> {
    /// The cluster.
    pub cluster: &'a C,
    /// What every command accepts.
    pub global: &'a GlobalArgs,
    /// Who is there.
    pub terminal: Terminal,
    /// Time between two looks at a cluster that is expected to change.
    pub poll_every: Duration,
    config: &'a Config,
    keyring: Keyring,
}

impl<'a, C: Cluster> Context<'a, C> {
    /// A context for one command.
    pub fn new(cluster: &'a C, global: &'a GlobalArgs, config: &'a Config, terminal: Terminal) -> Self {
        Self {
            cluster,
            global,
            terminal,
            poll_every: SendOptions::default().poll_every,
            config,
            keyring: Keyring::default(),
        }
    }

    /// The user's own key.
    ///
    /// # Errors
    /// [`CliError::Key`]; [`CliError::Usage`] where the configuration names no source of a key.
    pub fn wallet(&self) -> Result<Key, CliError> {
        let source = self.config.keypair(self.global.keypair.as_deref());
        let source: KeySource = source.parse().map_err(CliError::Usage)?;
        self.keyring.open("your wallet (--keypair)", &source)
    }

    /// The key that pays.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    pub fn fee_payer(&self) -> Result<Key, CliError> {
        match &self.global.fee_payer {
            Some(source) => self.keyring.open("the fee payer (--fee-payer)", source),
            None => self.wallet(),
        }
    }

    /// The key from `source`, or else the user's own, in the part that `role` names.
    ///
    /// # Errors
    /// As [`Self::wallet`].
    pub fn key_or_wallet(&self, role: &'static str, source: Option<&KeySource>) -> Result<Key, CliError> {
        match source {
            Some(source) => self.keyring.open(role, source),
            None => self.wallet(),
        }
    }

    /// The key of an authority of the pool: the one from `source`, or else the user's own, provided that it is the right
    /// one. `option` is what the user gives another one with.
    ///
    /// # Errors
    /// [`CliError::WrongKey`]; as [`Self::wallet`].
    pub fn authority(
        &self,
        role: &'static str,
        option: &'static str,
        source: Option<&KeySource>,
        expected: Address,
    ) -> Result<Key, CliError> {
        let key = self.key_or_wallet(role, source)?;
        let given = key.pubkey();
        if given == expected { Ok(key) } else { Err(CliError::WrongKey { role, expected, given, option }) }
    }

    /// Waits for `work`, and shows on a terminal that it goes on.
    pub async fn watch<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        Bar::spinner(&self.terminal, what).during(Box::pin(work)).await
    }

    /// Sends a plan, paid by the fee payer and signed by `keys` where they have to, and waits until it is done.
    ///
    /// # Errors
    /// [`CliError::NotLanded`] where not all of it has landed; [`CliError::Pack`]; as [`Self::wallet`].
    pub async fn send(&self, plan: &Plan, keys: &[Key], program_id: Address) -> Result<Vec<Landed>, CliError> {
        self.send_with(plan, keys, program_id, &[]).await
    }

    /// As [`Self::send`], with lookup tables.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_with(
        &self,
        plan: &Plan,
        keys: &[Key],
        program_id: Address,
        lookup_tables: &[AddressLookupTableAccount],
    ) -> Result<Vec<Landed>, CliError> {
        let payer = self.fee_payer()?;
        let lookup_tables = lookup_tables.to_vec();
        let packed = pack::pack_plan(plan, &PackOptions { lookup_tables, ..PackOptions::new(payer.pubkey()) })?;
        let stages: Vec<Vec<Outgoing>> =
            packed.into_iter().map(|stage| stage.into_iter().map(Outgoing::from).collect()).collect();
        let options = SendOptions {
            confirmation: self.global.confirmation(self.config),
            compute_unit_price: self.global.compute_unit_price,
            poll_every: self.poll_every,
            pool_program: Some(program_id),
            ..SendOptions::default()
        };
        let bar = Bar::spinner(&self.terminal, "Sending");
        let sender = Sender::new(self.cluster, payer.as_ref())
            .signers(keys.iter().map(AsRef::as_ref))
            .options(options)
            .progress(&bar);
        let summary = bar.during(Box::pin(sender.send_stages(&stages))).await;
        if summary.is_success() { Ok(Landed::of(&summary)) } else { Err(CliError::NotLanded(summary)) }
    }
}
