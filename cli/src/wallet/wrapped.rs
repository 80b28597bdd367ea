//! Wrapped SOL that a deposit takes, or a withdrawal brings.

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Line, Text},
        units::{Amount, sol},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions::{NATIVE_MINT_ID, Unwrap, wrapped_sol_account},
        cluster::{Cluster, ClusterError},
        plan::{Withdrawal, WithdrawalPlan},
        pool::PoolSnapshot,
    },
    tidepool_interface::external::token::{TOKEN_ACCOUNT_LENGTH, TokenAccount},
};

/// Addresses that are tried for the account through which SOL is unwrapped.
const TEMPORARY_ACCOUNTS: u32 = 32;

pub struct Wrapped {
    pub unwrap: Unwrap,
    held: u64,
}

impl Wrapped {
    /// The wrapped SOL in the associated account of `owner`.
    pub async fn find<C: Cluster>(context: &Context<'_, C>, owner: &Address) -> Result<Self, CliError> {
        let account = wrapped_sol_account(owner);
        let candidates: Vec<_> =
            (0..TEMPORARY_ACCOUNTS).map(|number| Unwrap::temporary_account(owner, number)).collect();
        let addresses: Vec<_> = [account].into_iter().chain(candidates).collect();
        let mut found = context.cluster.accounts(&addresses).await?.into_iter();
        let held = found.next().flatten();
        let held = held.as_ref().and_then(|held| TokenAccount::decode(&held.data).ok());
        let held = held.filter(|held| *held.mint == NATIVE_MINT_ID && held.owner == owner).map(|held| held.amount);
        let held = held.ok_or_else(|| CliError::InsufficientFunds {
            holder: account,
            held: "no wrapped SOL".into(),
            needed: "wrapped SOL (or omit --from-wrapped)".into(),
        })?;
        let number =
            (0..TEMPORARY_ACCOUNTS).zip(found).find(|(_, existing)| existing.is_none()).map(|(number, _)| number);
        let number = number.ok_or_else(|| ClusterError::UnexpectedAnswer {
            detail: format!(
                "all {TEMPORARY_ACCOUNTS} temporary account addresses of {owner} for unwrapping SOL are in use"
            ),
        })?;
        Ok(Self { unwrap: Unwrap { account, number }, held })
    }

    /// Lamports that `amount` stands for.
    pub fn take(&self, amount: Amount) -> Result<u64, CliError> {
        let insufficient = |needed| CliError::InsufficientFunds {
            holder: self.unwrap.account,
            held: format!("{} wrapped", sol(self.held)),
            needed,
        };
        match amount {
            Amount::Exact(lamports) if lamports > self.held => Err(insufficient(sol(lamports))),
            Amount::Exact(lamports) => Ok(lamports),
            Amount::All if self.held == 0 => Err(insufficient("some".into())),
            Amount::All => Ok(self.held),
        }
    }

    /// Lamports of rent that the wallet lends while SOL is unwrapped.
    pub fn lent(snapshot: &PoolSnapshot) -> u64 {
        snapshot.environment().rent.minimum_balance(TOKEN_ACCOUNT_LENGTH)
    }

    /// What a quote says of it.
    pub fn line(&self) -> Line {
        ("from", format!("wrapped SOL in token account {}, which keeps the rest", self.unwrap.account))
    }
}

/// The wrapped-SOL account that a withdrawal pays into, if it brings wrapped SOL.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Wrapping {
    /// The receiver's associated account; `null` without --wrap.
    #[serde(rename = "wrapped_account")]
    account: Option<Text<Address>>,
    /// Lamports of rent that the fee payer pays for it; 0 where it exists.
    #[serde(rename = "wrapped_rent_lamports")]
    pub rent_lamports: u64,
}

impl Wrapping {
    /// The account of the wallet `to`; `None` for a withdrawal without wrapped SOL.
    pub async fn new<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        to: Option<Address>,
    ) -> Result<Self, CliError> {
        let Some(account) = to.as_ref().map(wrapped_sol_account) else { return Ok(Self::default()) };
        let exists = context.cluster.account(&account).await?.is_some();
        let rent_lamports = if exists { 0 } else { Wrapped::lent(snapshot) };
        Ok(Self { account: Some(Text(account)), rent_lamports })
    }

    /// The account that the SOL of a planned withdrawal goes to, as [`Self::new`].
    pub async fn of_plan<C: Cluster>(
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        terms: &Withdrawal,
        planned: &WithdrawalPlan,
    ) -> Result<Self, CliError> {
        let to = terms.order.sol_to().filter(|_| terms.wrap && planned.sol.is_some());
        Self::new(context, snapshot, to).await
    }

    /// What an answer says of it.
    pub fn done(&self) -> Option<Line> {
        self.account.map(|account| ("wrapped in", account.to_string()))
    }

    /// What a quote says of it.
    pub fn lines(&self) -> impl Iterator<Item = Line> {
        let rent = (self.rent_lamports > 0)
            .then(|| ("rent", format!("{}, for a new wrapped SOL account", sol(self.rent_lamports))));
        let account = self.account.map(|account| ("goes to", format!("wrapped SOL in token account {account}")));
        account.into_iter().chain(rent)
    }
}
