//! Pool tokens of a wallet that a withdrawal takes.

use {
    super::signers::token_account,
    crate::{
        context::Context,
        error::CliError,
        keys::{Key, KeySource, new_key},
        units::{Amount, address, tokens},
    },
    solana_address::Address,
    tidepool_client::{actions, actions::TokenHolding, cluster::Cluster, error::PlanError, pool::PoolSnapshot},
    tidepool_interface::address::SYSTEM_PROGRAM_ID,
};

/// Whose pool tokens are given.
#[derive(Clone, Debug, clap::Args)]
pub struct SourceArgs {
    /// Token account to withdraw from [default: the owner's associated token account]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    from: Option<Address>,

    /// Keypair of the pool tokens' owner or delegate [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    owner: Option<KeySource>,
}

impl SourceArgs {
    /// Whether a token account is named.
    pub const fn names_account(&self) -> bool {
        self.from.is_some()
    }

    pub fn owner<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Key, CliError> {
        context.key_or_wallet("the owner of the pool tokens (--owner)", self.owner.as_ref())
    }
}

/// Pool tokens to give: from which account, and how many there are.
pub struct Holding {
    pub source: actions::TokenSource,
    /// Pool tokens in it that the signer can spend.
    pub held: u64,
    account: TokenHolding,
}

impl Holding {
    /// The pool tokens that `args` name, of `owner`, who signs.
    pub async fn find<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        args: &SourceArgs,
        owner: &Key,
    ) -> Result<Self, CliError> {
        let mut source = actions::TokenSource::wallet(snapshot, &owner.pubkey());
        if let Some(account) = args.from {
            source.account = account;
        }
        let found = context.cluster.account(&source.account).await?;
        // Lamports alone at the address of an associated account are no token account.
        let is_missing = found.as_ref().is_none_or(|found| found.owner == SYSTEM_PROGRAM_ID);
        if args.from.is_none() && is_missing {
            let (held, needed) = ("no pool tokens".into(), "some".into());
            return Err(CliError::InsufficientFunds { holder: owner.pubkey(), held, needed });
        }
        let account = token_account(snapshot, &source.account, "--from", found.as_ref())?;
        match account.spendable_by(&source.authority) {
            Some(held) => Ok(Self { source, held, account }),
            None => Err(not_spendable(&source, &account)),
        }
    }

    /// The pool tokens in the pool's fee account, if it is `owner`'s, has any, can send them, and is not the owner's associated
    /// account.
    pub async fn of_fee_account<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        owner: &Key,
    ) -> Result<Option<Self>, CliError> {
        let fee_account = snapshot.pool().head.manager_fee_account;
        let own = actions::TokenSource::wallet(snapshot, &owner.pubkey());
        if own.account == fee_account {
            return Ok(None);
        }
        let found = context.cluster.account(&fee_account).await?;
        let account = found.as_ref().and_then(TokenHolding::of).filter(|account| {
            account.owner == owner.pubkey() && account.mint == snapshot.pool().head.pool_mint && !account.is_frozen
        });
        let source = actions::TokenSource { account: fee_account, ..own };
        let held = |account: TokenHolding| Some((account.spendable_by(&source.authority)?, account));
        let found = account.and_then(held).filter(|(held, _)| *held > 0);
        Ok(found.map(|(held, account)| Self { source, held, account }))
    }
}

/// The refusal of a signer that is neither owner nor delegate.
fn not_spendable(source: &actions::TokenSource, account: &TokenHolding) -> CliError {
    let delegate = match account.delegate {
        Some((delegate, approved)) => {
            format!("its delegate, {delegate} (approved for {})", tokens(approved))
        }
        None => "a delegate of it".into(),
    };
    CliError::usage(format!(
        "token account {} is owned by {}, and {} is neither the owner nor {delegate}: specify another keypair with --owner",
        source.account, account.owner, source.authority
    ))
}

impl Holding {
    /// The throw-away key of a withdrawal, in place of `keys`; `None` where there is to be none
    /// ([`Context::throwaway`]) or where the signer cannot approve pool tokens to it. It replaces no delegate of the account.
    pub fn approve_to_throwaway<C: Cluster>(
        &mut self,
        context: &Context<'_, C>,
        keys: &[Key],
    ) -> Result<Option<Key>, CliError> {
        let is_delegate = self.account.delegate.is_some_and(|(delegate, _)| delegate == self.source.authority);
        let throwaway = if self.account.has_cpi_guard && !is_delegate {
            // The guard makes the token program reject the owner's own signature, so a hardware wallet approves as well.
            self.check_approvable(context.global.transactions.signs_elsewhere())?;
            Some(new_key())
        } else {
            context.throwaway(keys)?.filter(|_| self.account.delegate.is_none())
        };
        self.source.throwaway = throwaway.as_ref().map(|key| key.pubkey());
        Ok(throwaway)
    }

    /// Checks that the owner of an account with a CPI guard can approve its tokens to a throw-away key.
    fn check_approvable(&self, signs_elsewhere: bool) -> Result<(), CliError> {
        let account = self.source.account;
        let guarded = format!("the CPI guard of token account {account} blocks transfers by its owner's signature");
        match self.account.delegate {
            Some((delegate, approved)) => Err(CliError::usage(format!(
                "{guarded}, and approving a temporary key would replace the approval of {} to {delegate}: revoke it first \
                 with `spl-token revoke {account}`, or withdraw with the delegate's keypair (--owner, --from)",
                tokens(approved)
            ))),
            None if signs_elsewhere => Err(CliError::usage(format!(
                "{guarded}, and a transaction signed on several machines cannot use a temporary key: turn the guard off with \
                 `spl-token disable-cpi-guard {account}`, or approve a delegate and withdraw with its keypair (--owner, \
                 --from)"
            ))),
            None => Ok(()),
        }
    }

    /// Pool tokens that `amount` stands for.
    pub fn take(&self, amount: Amount) -> Result<u64, CliError> {
        match amount {
            Amount::Exact(wanted) if wanted > self.held => Err(self.too_few(tokens(wanted))),
            Amount::Exact(wanted) => Ok(wanted),
            Amount::All if self.held == 0 => Err(self.too_few("some".into())),
            Amount::All => Ok(self.held),
        }
    }

    /// All that the signer can spend, with the approval that bounds it.
    pub fn all(&self) -> String {
        match self.account.delegate {
            Some((delegate, _)) if delegate == self.source.authority => {
                format!("{} approved to {delegate}", tokens(self.held))
            }
            _ => tokens(self.held),
        }
    }

    /// The refusal of more than the signer can spend, where `needed` is that.
    fn too_few(&self, needed: String) -> CliError {
        let (account, held) = (self.source.account, tokens(self.account.amount));
        match self.account.delegate {
            Some((delegate, approved)) if delegate == self.source.authority && approved < self.account.amount => {
                let (approved, owner) = (tokens(approved), self.account.owner);
                let what = format!(
                    "insufficient approval: {delegate} is approved for {approved} of the {held} in token account {account}, \
                     and {needed} are needed: use a smaller amount, or have the owner {owner} approve more"
                );
                PlanError::Invalid { what }.into()
            }
            _ => CliError::InsufficientFunds { holder: account, held, needed },
        }
    }
}
