//! What deposits and withdrawals share: who gives, who gets, and what a wallet can spend.

use {
    super::trade::Line,
    crate::{
        args::address,
        context::Context,
        error::CliError,
        keys::{Key, KeySource},
        units::{Amount, sol, tokens},
    },
    clap::ArgGroup,
    solana_address::Address,
    tidepool_client::{
        actions::{self, TokenReceiver},
        cluster::Cluster,
        pool::PoolSnapshot,
    },
    tidepool_interface::{
        address::TOKEN_2022_PROGRAM_ID,
        external::token::{TOKEN_ACCOUNT_LENGTH, TokenAccount},
        quote::DepositQuote,
    },
};

/// Lamports that ALL leaves in a wallet which pays for transactions: enough for some thousand of them, and for its rent.
pub const LEFT_FOR_FEES: u64 = 10_000_000;

/// Who gets pool tokens.
#[derive(Clone, Debug, clap::Args)]
#[command(group = ArgGroup::new("receiver"))]
pub struct ReceiverArgs {
    /// Wallet that gets the pool tokens, in its associated token account, which is created if need be [default: your own]
    #[arg(long, value_name = "ADDRESS", value_parser = address, group = "receiver")]
    to: Option<Address>,

    /// Token account that gets the pool tokens instead
    #[arg(long, value_name = "ADDRESS", value_parser = address, group = "receiver")]
    token_account: Option<Address>,

    /// Token account that gets the referrer's share of the fee [default: the receiver's]
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

    /// What a quote says of who gets pool tokens, where that is not the depositor `own` alone, and of `rent`, the lamports
    /// for a new token account.
    pub fn lines(&self, own: Address, snapshot: &PoolSnapshot, rent: u64) -> Vec<Line> {
        let account = self.receiver(own).address(snapshot);
        let elsewhere = match (self.token_account, self.to) {
            (Some(account), _) if account != TokenReceiver::Wallet(own).address(snapshot) => {
                Some(format!("token account {account}"))
            }
            (None, Some(to)) if to != own => Some(format!("{to}, in token account {account}")),
            _ => None,
        };
        let referrer = self.referrer.filter(|referrer| *referrer != account);
        let rent = (rent > 0).then(|| ("rent", format!("{} more, for a new token account", sol(rent))));
        let elsewhere = elsewhere.map(|elsewhere| ("goes to", elsewhere));
        let referrer = referrer.map(|referrer| ("referrer", format!("{referrer}, who gets a share of the fee")));
        elsewhere.into_iter().chain(referrer).chain(rent).collect()
    }
}

/// What a depositor ends up with.
#[derive(Clone, Copy, Debug)]
pub struct Deposited {
    /// Pool tokens that the receiver's account gets, a referrer's share included where it is the receiver's own.
    pub got: u64,
    /// Pool tokens that somebody else gets: the manager, another referrer.
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
/// [`CliError::Cluster`].
pub async fn token_account_rent<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    receiver: &TokenReceiver,
) -> Result<u64, CliError> {
    match receiver {
        TokenReceiver::Account(_) => Ok(0),
        TokenReceiver::Wallet(_) => {
            let exists = context.cluster.account(&receiver.address(snapshot)).await?.is_some();
            Ok(if exists { 0 } else { new_token_account_rent(snapshot) })
        }
    }
}

/// Lamports of rent for a new associated token account.
pub fn new_token_account_rent(snapshot: &PoolSnapshot) -> u64 {
    // Token-2022 marks associated accounts as bound to their owner.
    let mark = if snapshot.pool().head.token_program_id == TOKEN_2022_PROGRAM_ID { 5 } else { 0 };
    snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH + mark)
}

/// The key of the pool's SOL withdraw authority, where it has one, without which the reserve gives no SOL.
///
/// # Errors
/// As [`Context::authority`].
pub fn sol_withdraw_authority<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    source: Option<&KeySource>,
) -> Result<Option<Key>, CliError> {
    let role = "the pool's SOL withdraw authority";
    let expected = snapshot.pool().terms.sol_withdraw_authority;
    expected.map(|expected| context.funding_authority(role, "--sol-withdraw-authority", source, expected)).transpose()
}

/// Pool tokens to give: from which account, and how many there are.
pub struct Holding {
    /// The token account, and who signs for it.
    pub source: actions::TokenSource,
    /// Pool tokens in it.
    pub held: u64,
    /// Whether the signer can approve pool tokens to a throw-away key, which replaces no delegate of the account.
    is_approvable: bool,
}

impl Holding {
    /// The pool tokens of `account`, or of the associated account of `owner`, who signs.
    ///
    /// # Errors
    /// [`CliError::Usage`] where that is no account of the pool's token; [`CliError::Cluster`].
    pub async fn find<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        account: Option<Address>,
        owner: &Key,
    ) -> Result<Self, CliError> {
        let mut source = actions::TokenSource::wallet(snapshot, &owner.pubkey());
        if let Some(account) = account {
            source.account = account;
        }
        let held = context.cluster.account(&source.account).await?;
        let token_account = held.as_ref().and_then(|held| TokenAccount::decode(&held.data).ok());
        match token_account {
            Some(found) if *found.mint == snapshot.pool().head.pool_mint => Ok(Self {
                source,
                held: found.amount,
                is_approvable: *found.owner == source.authority && !found.has_delegate,
            }),
            Some(_) => Err(CliError::usage(format!(
                "{} holds another token than the pool's: give the account of your pool tokens with --from",
                source.account
            ))),
            None if account.is_none() => {
                Err(CliError::Poor { holder: owner.pubkey(), held: "no pool tokens".into(), needed: "some".into() })
            }
            None => Err(CliError::usage(format!(
                "{} is no token account: give the account of your pool tokens with --from",
                source.account
            ))),
        }
    }
}

impl Holding {
    /// The throw-away key of a withdrawal, in place of `keys`; `None` where there is to be none
    /// ([`Context::throwaway`]) or where the signer cannot approve pool tokens to it.
    ///
    /// # Errors
    /// As [`Context::throwaway`].
    pub fn approve_to_throwaway<C: Cluster>(
        &mut self,
        context: &Context<'_, C>,
        keys: &[Key],
    ) -> Result<Option<Key>, CliError> {
        let throwaway = context.throwaway(keys)?.filter(|_| self.is_approvable);
        self.source.throwaway = throwaway.as_ref().map(|key| key.pubkey());
        Ok(throwaway)
    }

    /// Pool tokens that `amount` stands for.
    ///
    /// # Errors
    /// [`CliError::Poor`] where there are not as many.
    pub fn take(&self, amount: Amount) -> Result<u64, CliError> {
        match amount {
            Amount::Exact(wanted) if wanted > self.held => {
                Err(CliError::Poor { holder: self.source.account, held: tokens(self.held), needed: tokens(wanted) })
            }
            Amount::Exact(wanted) => Ok(wanted),
            Amount::All if self.held == 0 => {
                Err(CliError::Poor { holder: self.source.account, held: tokens(0), needed: "some".into() })
            }
            Amount::All => Ok(self.held),
        }
    }
}
