//! What a command works with: a cluster, keys, a terminal.

mod fee;
mod format;
mod freshness;
mod funds;
mod lookup;
mod propose;
mod search;
mod send;

pub use {
    freshness::Fresh,
    funds::Spending,
    propose::{check_permission, read_multisig, too_large},
};

use {
    crate::{
        args::{GlobalArgs, Vault},
        config::Config,
        defaults::{DefaultPool, Named},
        error::CliError,
        keys::{Key, KeyDirectory, KeySource, Keyring, new_key},
        output::Line,
        terminal::{Bar, Interrupt, Terminal, Warnings, Watched},
    },
    solana_address::Address,
    solana_keypair::Keypair,
    solana_signer::Signer,
    std::{future::Future, path::PathBuf, time::Duration},
    tidepool_client::{cluster::Cluster, pool::PoolSnapshot, send::SendOptions},
    tidepool_interface::state::StakePool,
};

pub struct Context<'a, C> {
    pub cluster: &'a C,
    pub global: &'a GlobalArgs,
    pub terminal: Terminal,
    /// Time between two looks at a cluster that is expected to change.
    pub poll_every: Duration,
    pub interrupt: Interrupt,
    pub warnings: Warnings,
    /// Where directories for generated keys are made.
    pub directory: PathBuf,
    /// The vault that takes the place of the wallet.
    vault: Option<Vault>,
    config: &'a Config,
    keyring: Keyring,
}

impl<'a, C: Cluster> Context<'a, C> {
    pub fn new(cluster: &'a C, global: &'a GlobalArgs, config: &'a Config, terminal: Terminal) -> Self {
        let vault = global.transactions.squads.vault();
        let keyring = Keyring::new(global.transactions.signers.clone(), !global.transactions.sends());
        Self {
            cluster,
            global,
            terminal,
            poll_every: SendOptions::default().poll_every,
            interrupt: Interrupt::default(),
            warnings: Warnings::default(),
            directory: PathBuf::from("."),
            vault,
            config,
            keyring: keyring.with_vault(vault.map(|vault| vault.address)),
        }
    }

    /// Checks the default pool, where the command line leaves the pool out, and says which it is unless [`Self::confirm`] will.
    pub async fn check_default_pool(&self, asks: bool) -> Result<(), CliError> {
        let Some(default) = &self.global.default_pool else { return Ok(()) };
        if let Some(first) = default.first {
            let account = self.cluster.account(&first).await?;
            if account.is_some_and(|account| StakePool::decode_initialized(&account.data).is_ok()) {
                return Err(CliError::usage(format!(
                    "missing arguments after the pool {first}: add them, or specify the pool with --pool"
                )));
            }
        }
        if !asks {
            self.terminal.note(&format!("pool: {}", described(default)));
        }
        Ok(())
    }

    /// Shows what is about to happen, with the pool where the command line leaves it out, and asks whether it shall.
    pub fn confirm(&self, what: &str, quote: &[Line]) -> Result<(), CliError> {
        let default = self.global.default_pool.as_ref().map(|default| ("pool", described(default)));
        let lines: Vec<_> = default.into_iter().chain(quote.iter().cloned()).collect();
        self.terminal.confirm(what, &lines)
    }

    /// The user's wallet: the vault, where a change is proposed to a multisig.
    pub fn wallet(&self) -> Result<Key, CliError> {
        match self.vault {
            Some(vault) => self.keyring.open("the vault (--squads)", &KeySource::Address(vault.address)),
            None => self.own_wallet(),
        }
    }

    /// The key of the user, who is a member of the multisig where a change is proposed to one.
    pub fn own_wallet(&self) -> Result<Key, CliError> {
        let source = self.config.keypair(self.global.keypair.as_deref());
        let source: KeySource = source.parse().map_err(CliError::Usage)?;
        self.keyring.open("your wallet (--keypair)", &source)
    }

    /// Who pays for what a command does: the vault, where it is proposed to a multisig.
    pub fn fee_payer(&self) -> Result<Key, CliError> {
        if self.vault.is_some() { self.wallet() } else { self.own_fee_payer() }
    }

    /// Who pays the fees of transactions that are sent now.
    pub fn own_fee_payer(&self) -> Result<Key, CliError> {
        match &self.global.fee_payer {
            Some(source) => self.keyring.open("the fee payer (--fee-payer)", source),
            None => self.own_wallet(),
        }
    }

    /// All signatures that were made elsewhere, and the keys that the command line names.
    pub fn presigned_and_given(&self) -> Result<Vec<Key>, CliError> {
        let mut keys = self.keyring.presigned();
        if self.global.keypair.is_some() {
            keys.push(self.wallet()?);
        }
        if self.global.fee_payer.is_some() {
            keys.push(self.fee_payer()?);
        }
        Ok(keys)
    }

    /// Whether the command line names a keypair that can sign, not only an address.
    pub fn is_given_a_key(&self) -> bool {
        let wallet = self.global.keypair.as_deref().map(|source| source.parse::<KeySource>());
        // What is no source of a key at all is refused later.
        let wallet = wallet.is_some_and(|source| !matches!(source, Ok(KeySource::Address(_))));
        wallet || self.global.fee_payer.as_ref().is_some_and(|source| !matches!(source, KeySource::Address(_)))
    }

    /// The key from `source`, or else the user's own, in the part that `role` names.
    pub fn key_or_wallet(&self, role: &'static str, source: Option<&KeySource>) -> Result<Key, CliError> {
        match source {
            Some(source) => self.keyring.open(role, source),
            None => self.wallet(),
        }
    }

    /// The key of a new account: from `source`, from the file `name` of `directory`, or else `generated`.
    pub fn new_account_key(
        &self,
        role: &'static str,
        source: Option<&KeySource>,
        (directory, name): (&KeyDirectory, &str),
        generated: Keypair,
    ) -> Result<Key, CliError> {
        match source {
            Some(source) => self.keyring.open(role, source),
            None => directory.open_or(&self.keyring, role, name, generated),
        }
    }

    /// The key of an authority of the pool: the one from `source`, or else the user's own, provided that it is the right
    /// one. `option` is what the user gives another one with.
    pub fn authority(
        &self,
        role: &'static str,
        option: &'static str,
        source: Option<&KeySource>,
        expected: Address,
    ) -> Result<Key, CliError> {
        checked(self.key_or_wallet(role, source)?, role, option, expected)
    }

    /// As [`Self::authority`], of an account of the user's own, also where a change is proposed to a multisig.
    pub fn own_authority(
        &self,
        role: &'static str,
        option: &'static str,
        source: Option<&KeySource>,
        expected: Address,
    ) -> Result<Key, CliError> {
        let key = source.map_or_else(|| self.own_wallet(), |source| self.keyring.open(role, source));
        checked(key?, role, option, expected)
    }

    /// The key of the pool's manager, as [`Self::authority`].
    pub fn manager(&self, source: Option<&KeySource>, snapshot: &PoolSnapshot) -> Result<Key, CliError> {
        self.authority("the pool's manager", "--manager", source, snapshot.pool().head.manager)
    }

    /// The key of the pool's staker, as [`Self::authority`].
    pub fn staker(&self, source: Option<&KeySource>, snapshot: &PoolSnapshot) -> Result<Key, CliError> {
        self.authority("the pool's staker", "--staker", source, snapshot.pool().head.staker)
    }

    /// The key of the pool's guardian, as [`Self::authority`].
    pub fn guardian(
        &self,
        option: &'static str,
        source: Option<&KeySource>,
        snapshot: &PoolSnapshot,
    ) -> Result<Key, CliError> {
        let Some(guardian) = snapshot.limits().guardian().copied() else {
            return Err(CliError::usage(format!("pool {} has no guardian: omit {option}", snapshot.address())));
        };
        self.authority("the pool's guardian", option, source, guardian)
    }

    /// The key of the authority that the pool names for deposits or withdrawals, if it names one. The program is passed its
    /// signature, and a pool can name any wallet: it is never the user's own by default.
    pub fn funding_authority(
        &self,
        role: &'static str,
        option: &'static str,
        source: Option<&KeySource>,
        expected: Option<Address>,
    ) -> Result<Option<Key>, CliError> {
        let Some(expected) = expected else { return Ok(None) };
        if source.is_none() {
            let what = format!(
                "missing keypair of {role}, {expected}, which signs for the pool's program: specify it with {option}"
            );
            return Err(CliError::usage(what));
        }
        self.authority(role, option, source, expected).map(Some)
    }

    /// The key of the pool's SOL withdraw authority, without which the reserve gives no SOL, if the pool names one.
    pub fn sol_withdraw_authority(
        &self,
        source: Option<&KeySource>,
        snapshot: &PoolSnapshot,
    ) -> Result<Option<Key>, CliError> {
        let expected = snapshot.pool().terms.sol_withdraw_authority;
        self.funding_authority("the pool's SOL withdraw authority", "--sol-withdraw-authority", source, expected)
    }

    /// A throw-away key for one trade, which signs for the stake pool program in place of `keys`. `None` where the transaction is
    /// signed elsewhere too, since it has to be the same there, and for a hardware wallet.
    pub fn throwaway(&self, keys: &[Key]) -> Result<Option<Key>, CliError> {
        let asks = self.fee_payer()?.is_interactive() || keys.iter().any(|key| key.is_interactive());
        Ok((!asks && !self.global.transactions.signs_elsewhere()).then(new_key))
    }

    /// Shows the progress of a sender on `bar`.
    pub fn watched<'w>(&'w self, bar: &'w Bar) -> Watched<'w> {
        Watched { bar, interrupt: &self.interrupt, terminal: &self.terminal, warnings: &self.warnings }
    }

    /// Waits for `work`, and shows on a terminal that it goes on.
    pub async fn watch<T>(&self, what: &str, work: impl Future<Output = T>) -> T {
        Bar::spinner(&self.terminal, what).during(Box::pin(work)).await
    }
}

/// A key, provided that it is the right one.
fn checked(key: Key, role: &'static str, option: &'static str, expected: Address) -> Result<Key, CliError> {
    let given = key.pubkey();
    if given == expected { Ok(key) } else { Err(CliError::WrongKey { role, expected, given, option }) }
}

fn described(default: &DefaultPool) -> String {
    let Named { address, origin } = &default.named;
    format!("{address} (from {origin})")
}
