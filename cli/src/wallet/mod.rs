//! What deposits and withdrawals share: who gives, who gets, and what a wallet can spend.

pub mod receivers;
pub mod wrapped;

use {
    crate::{
        context::Context,
        error::CliError,
        keys::{Key, KeySource, new_key},
        output::Line,
        trade::Quote,
        units::{Amount, address, sol, tokens},
        warnings,
    },
    clap::ArgGroup,
    receivers::{Given, check_can_sign, check_token_account, token_account},
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::{TokenHolding, TokenReceiver},
        cluster::Cluster,
        error::PlanError,
        pool::PoolSnapshot,
    },
    tidepool_core::quote::DepositQuote,
    tidepool_interface::{
        address::{SYSTEM_PROGRAM_ID, TOKEN_2022_PROGRAM_ID},
        external::token::TOKEN_ACCOUNT_LENGTH,
    },
};

/// Lamports that ALL leaves in a wallet which pays for transactions: enough for some thousand of them, and for its rent.
pub const LEFT_FOR_FEES: u64 = 10_000_000;

/// Who gets pool tokens.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("receiver"))]
pub struct ReceiverArgs {
    /// Wallet whose associated token account receives the pool tokens, created if needed [default: your wallet]
    #[arg(long, value_name = "ADDRESS", value_parser = address, group = "receiver")]
    to: Option<Address>,

    /// Token account that receives the pool tokens
    #[arg(long, value_name = "ADDRESS", value_parser = address, group = "receiver")]
    token_account: Option<Address>,

    /// Token account that receives the referral share of the fee [default: the receiver's]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub referrer: Option<Address>,
}

impl ReceiverArgs {
    /// Who gets pool tokens; `own` is the depositor.
    pub fn receiver(&self, own: Address) -> TokenReceiver {
        match self.token_account {
            Some(account) => TokenReceiver::Account(account),
            None => TokenReceiver::Wallet(self.to.unwrap_or(own)),
        }
    }

    /// Checks that the addresses given can use what they get.
    ///
    /// # Errors
    /// [`CliError::Usage`]; [`CliError::Plan`] for a frozen account; [`CliError::Cluster`].
    pub async fn check<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        own: Address,
    ) -> Result<(), CliError> {
        if let Some(address) = self.to.filter(|to| *to != own) {
            let otherwise = ", or a token account with --token-account";
            let given = Given { address, option: "--to", role: "the owner of pool tokens", otherwise };
            check_can_sign(context, &snapshot.parts(), given).await?;
        }
        for (account, option) in [(self.token_account, "--token-account"), (self.referrer, "--referrer")] {
            if let Some(account) = account {
                check_token_account(context, snapshot, account, option).await?;
            }
        }
        Ok(())
    }

    /// Shows the quote of a deposit with who gets the pool tokens, the warnings and the rate, and asks.
    pub fn confirm<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        quote: Quote,
        own: Address,
        rent: u64,
    ) -> Result<(), CliError> {
        let quote = quote.add(self.lines(own, snapshot, rent)).add(warnings::freeze_authority(snapshot));
        let quote = quote.add(warnings::program(context, snapshot)).rate(&snapshot.rate());
        quote.confirm(context, &format!("Deposit into pool {}", snapshot.address()))
    }

    /// What a quote says of who gets pool tokens, where that is not the depositor `own` alone, and of `rent`, the lamports
    /// for a new token account.
    fn lines(&self, own: Address, snapshot: &PoolSnapshot, rent: u64) -> Vec<Line> {
        let account = self.receiver(own).address(snapshot);
        let elsewhere = match (self.token_account, self.to) {
            (Some(account), _) if account != TokenReceiver::Wallet(own).address(snapshot) => {
                Some(format!("token account {account}"))
            }
            (None, Some(to)) if to != own => Some(format!("{to}, token account {account}")),
            _ => None,
        };
        let referrer = self.referrer.filter(|referrer| *referrer != account);
        let rent = (rent > 0).then(|| ("rent", format!("{}, for a new token account", sol(rent))));
        let elsewhere = elsewhere.map(|elsewhere| ("goes to", elsewhere));
        let referrer = referrer.map(|referrer| ("referrer", format!("{referrer}, referral fee")));
        elsewhere.into_iter().chain(referrer).chain(rent).collect()
    }
}

/// What a depositor ends up with.
#[derive(Clone, Copy, Debug)]
pub struct Deposited {
    /// Pool tokens that the receiver's account gets, a referrer's share included where it is the receiver's own.
    pub got: u64,
    /// Pool tokens paid to other accounts: the manager's fee, another referrer's share.
    pub fee: u64,
}

impl Deposited {
    /// What `quote` comes to for the token account `receiver`.
    pub fn of(quote: &DepositQuote, receiver: Address, referrer: Option<Address>) -> Self {
        let own = if referrer.is_none_or(|referrer| referrer == receiver) { quote.to_referrer } else { 0 };
        let got = quote.to_depositor.saturating_add(own);
        Self { got, fee: quote.minted.saturating_sub(got) }
    }
}

/// Lamports of a wallet; 0 where it does not exist.
///
/// # Errors
/// [`CliError::Cluster`].
pub async fn balance<C: Cluster>(context: &Context<'_, C>, wallet: &Address) -> Result<u64, CliError> {
    let account = context.cluster.account(wallet).await?;
    Ok(account.map_or(0, |account| account.lamports))
}

/// Lamports of rent for the token account of `receiver`, if it has to be created.
///
/// # Errors
/// As [`associated_account_rent`].
pub async fn token_account_rent<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    receiver: &TokenReceiver,
) -> Result<u64, CliError> {
    match receiver {
        TokenReceiver::Account(_) => Ok(0),
        TokenReceiver::Wallet(wallet) => associated_account_rent(context, snapshot, wallet, "--token-account").await,
    }
}

/// Lamports of rent for the associated account of `wallet`, if it has to be created; `option` gives another account instead.
///
/// # Errors
/// [`CliError::Usage`] where the account belongs to another owner; [`CliError::Cluster`].
pub async fn associated_account_rent<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    wallet: &Address,
    option: &str,
) -> Result<u64, CliError> {
    let address = actions::associated_token_account(snapshot, wallet);
    let account = context.cluster.account(&address).await?;
    let Some(account) = account.as_ref().filter(|account| account.owner != SYSTEM_PROGRAM_ID) else {
        return Ok(missing_token_account_rent(snapshot, account.as_ref()));
    };
    let owner = TokenHolding::of(account).map_or(account.owner, |tokens| tokens.owner);
    if owner == *wallet {
        return Ok(0);
    }
    Err(CliError::usage(format!(
        "the associated token account {address} of wallet {wallet} is now owned by {owner}: specify another account with \
         {option}"
    )))
}

/// Lamports of rent for a new associated token account at an address where there is `account`, a system account, if any: what is
/// there counts.
fn missing_token_account_rent(snapshot: &PoolSnapshot, account: Option<&Account>) -> u64 {
    // Token-2022 marks associated accounts as bound to their owner.
    let mark = if snapshot.pool().head.token_program_id == TOKEN_2022_PROGRAM_ID { 5 } else { 0 };
    let rent = snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH + mark);
    rent.saturating_sub(account.map_or(0, |account| account.lamports))
}

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
    pub fn owner<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Key, CliError> {
        context.key_or_wallet("the owner of the pool tokens (--owner)", self.owner.as_ref())
    }
}

/// Pool tokens to give: from which account, and how many there are.
pub struct Holding {
    /// The token account, and who signs for it.
    pub source: actions::TokenSource,
    /// Pool tokens in it that the signer can spend.
    pub held: u64,
    account: TokenHolding,
}

impl Holding {
    /// The pool tokens that `args` name, of `owner`, who signs.
    ///
    /// # Errors
    /// [`CliError::Usage`] where that is no account of the pool's token, or not the signer's to spend; [`CliError::Cluster`].
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
    ///
    /// # Errors
    /// [`CliError::Usage`] for an account with a CPI guard, where there can be no such key; as [`Context::throwaway`].
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
    ///
    /// # Errors
    /// [`CliError::InsufficientFunds`], or [`CliError::Plan`] for a delegate, where there are not as many.
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
