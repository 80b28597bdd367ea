//! The stake account that withdrawn stake is merged into.

use {
    crate::{context::Context, error::CliError},
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{cluster::Cluster, pool::AccountKind, quote::WithdrawFrom},
    tidepool_interface::external::stake::StakeState,
};

/// Reads the account, which has to be a stake account.
pub async fn read<C: Cluster>(
    context: &Context<'_, C>,
    into: Option<Address>,
) -> Result<Option<(Address, Account)>, CliError> {
    let Some(address) = into else { return Ok(None) };
    let account = context.cluster.require_account(&address).await?;
    match AccountKind::of(&account) {
        AccountKind::StakeAccount => Ok(Some((address, account))),
        other => Err(CliError::usage(format!("account {address} is {other}: specify a stake account with --into"))),
    }
}

/// The source of stake that can be merged into the account: its own validator.
pub fn source(address: &Address, account: &Account) -> Result<WithdrawFrom, CliError> {
    match StakeState::decode_delegated(&account.data) {
        Ok((_, delegation)) => Ok(WithdrawFrom::Validator(delegation.voter)),
        Err(_) => Err(CliError::usage(format!(
            "stake account {address} is not delegated: specify the source with --from-reserve or --validator"
        ))),
    }
}
