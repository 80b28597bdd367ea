//! `tidepool set-manager`

use {
    crate::{
        context::Context,
        error::CliError,
        keys::KeySource,
        output::Text,
        settings::{self, Answer, Change, ManagerArgs, instead},
        units::{address, sol},
        unsent::Halt,
        wallet::{associated_account_rent, signers::check_token_account},
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions,
        actions::{TokenReceiver, check_fee_account},
        cluster::Cluster,
        pool::PoolSnapshot,
    },
};

const EXAMPLE: &str = "\
Example:
  tidepool set-manager 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA new-manager.json \\
      --manager manager.json";

/// Change the manager, who receives the pool's fees
///
/// The new manager can change fees, authorities and the manager; this cannot be undone by the old manager. Fees go to the new
/// manager's associated token account, created if needed, or to --fee-account. With your own keypair as NEW_MANAGER_KEYPAIR
/// only the fee account changes. The staker stays. Signed by both managers.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    #[command(flatten)]
    manager: ManagerArgs,

    /// Keypair of the new manager
    #[arg(value_name = "NEW_MANAGER_KEYPAIR")]
    new_manager: KeySource,

    /// Token account that receives the fees [default: the new manager's associated token account]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    fee_account: Option<Address>,
}

#[derive(Debug, Serialize)]
pub struct Manager {
    manager_before: Text<Address>,
    manager: Text<Address>,
    manager_fee_account_before: Text<Address>,
    manager_fee_account: Text<Address>,
    /// Whose tokens the fees become.
    fee_owner: Text<Address>,
    /// Lamports of rent for the fee account.
    rent_lamports: u64,
    #[serde(skip)]
    staker: Address,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<Manager>, Halt> {
        let fresh = self.manager.read(context).await?;
        let snapshot = &fresh.snapshot;
        let new = context.key_or_wallet("the new manager (NEW_MANAGER_KEYPAIR)", Some(&self.new_manager))?;
        let fees_to = match self.fee_account {
            Some(account) => TokenReceiver::Account(account),
            None => TokenReceiver::Wallet(new.pubkey()),
        };
        let (fee_owner, rent_lamports) = match self.fee_account {
            Some(address) => (self.fee_owner(context, snapshot, address).await?, 0),
            None => (new.pubkey(), self.rent(context, snapshot, &new.pubkey()).await?),
        };
        let payer = context.fee_payer()?.pubkey();
        let head = &snapshot.pool().head;
        let setting = Manager {
            manager_before: Text(head.manager),
            manager: Text(new.pubkey()),
            manager_fee_account_before: Text(head.manager_fee_account),
            manager_fee_account: Text(fees_to.address(snapshot)),
            fee_owner: Text(fee_owner),
            rent_lamports,
            staker: head.staker,
        };
        let group = actions::set_manager(snapshot, &payer, &new.pubkey(), &fees_to)?;
        let change = setting.change();
        settings::set(context, &fresh, (setting, change), group, || Ok(vec![self.manager.key(context, snapshot)?, new]))
            .await
    }

    /// Whose tokens the fees become in the account that is given for them, which is checked.
    async fn fee_owner<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        address: Address,
    ) -> Result<Address, CliError> {
        let owner = check_token_account(context, snapshot, address, "--fee-account").await?;
        check_fee_account(snapshot, &address, context.cluster.account(&address).await?.as_ref())?;
        Ok(owner)
    }

    /// Lamports of rent for the new manager's associated token account, if it has to be created; else it is checked.
    async fn rent<C: Cluster>(
        &self,
        context: &Context<'_, C>,
        snapshot: &PoolSnapshot,
        manager: &Address,
    ) -> Result<u64, CliError> {
        let rent = associated_account_rent(context, snapshot, manager, "--fee-account").await?;
        if rent == 0 {
            let address = TokenReceiver::Wallet(*manager).address(snapshot);
            check_fee_account(snapshot, &address, context.cluster.account(&address).await?.as_ref())?;
        }
        Ok(rent)
    }
}

impl Manager {
    fn change(&self) -> Change {
        let is_handed_over = self.manager_before != self.manager;
        let mut lines = vec![
            ("manager", instead(self.manager_before, self.manager)),
            ("fees go to", instead(self.manager_fee_account_before, self.manager_fee_account)),
        ];
        if self.fee_owner != self.manager {
            lines.push(("owned by", self.fee_owner.to_string()));
        }
        if self.rent_lamports > 0 {
            lines.push(("rent", format!("{}, for that account", sol(self.rent_lamports))));
        }
        if is_handed_over && self.staker == self.manager_before.0 {
            lines.push(("staker", "stays the old manager, until changed with `tidepool set-staker`".into()));
        }
        let is_changed = is_handed_over || self.manager_fee_account_before != self.manager_fee_account;
        Change { paid_lamports: self.rent_lamports, ..Change::new("the manager", is_changed, lines) }
    }
}
