//! Who gets pool tokens of a deposit, and the rent of new token accounts.

use {
    super::signers::{Given, check_can_sign, check_token_account},
    crate::{
        context::Context,
        error::CliError,
        output::Line,
        trade::Quote,
        units::{address, sol},
        warnings,
    },
    clap::ArgGroup,
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::{TokenHolding, TokenReceiver},
        cluster::Cluster,
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
        let own = if referrer.is_none_or(|referrer| referrer == receiver) { quote.to_referrer.get() } else { 0 };
        let got = quote.to_depositor.get().saturating_add(own);
        Self { got, fee: quote.minted.get().saturating_sub(got) }
    }
}

/// Lamports of a wallet; 0 where it does not exist.
pub async fn balance<C: Cluster>(context: &Context<'_, C>, wallet: &Address) -> Result<u64, CliError> {
    let account = context.cluster.account(wallet).await?;
    Ok(account.map_or(0, |account| account.lamports))
}

/// Lamports of rent for the token account of `receiver`, if it has to be created.
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
