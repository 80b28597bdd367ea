//! Receivers and authorities: what is given to an address that cannot sign is lost.

use {
    crate::{context::Context, error::CliError},
    solana_account::Account,
    solana_address::Address,
    tidepool_client::{
        actions::{TokenHolding, associated_token_account},
        cluster::Cluster,
        error::PlanError,
        pool::{AccountKind, NonSigner, PoolSnapshot, Role},
    },
};

/// Addresses that belong to the pool at hand, with their parts in it.
pub type Parts = [(Address, Role)];

/// An address that the user gives, and what becomes of it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    pub address: Address,
    /// The option or argument that it is given with, such as `--to`.
    pub option: &'a str,
    /// What it becomes, such as `the staker`.
    pub role: &'a str,
    /// What else can be given, after `a wallet`; empty where nothing can.
    pub otherwise: &'a str,
}

/// Rejects an address that cannot sign as what it becomes: it has to be a wallet, an address without an account, or one that the
/// user insists on.
pub async fn check_can_sign<C: Cluster>(
    context: &Context<'_, C>,
    parts: &Parts,
    given: Given<'_>,
) -> Result<(), CliError> {
    let account = context.cluster.account(&given.address).await?;
    reject_non_signer(context, parts, given, account.as_ref())
}

/// [`check_can_sign`] for an account that has been read.
fn reject_non_signer<C: Cluster>(
    context: &Context<'_, C>,
    parts: &Parts,
    given: Given<'_>,
    account: Option<&Account>,
) -> Result<(), CliError> {
    let Given { address, option, role, otherwise } = given;
    let Some(found) = NonSigner::of(parts, &address, account) else {
        if account.is_none() && !address.is_on_curve() {
            context.terminal.note(&format!(
                "warning: {address} ({option}) is off the curve and has no account: only a program can sign for it, such as a \
                 multisig program"
            ));
        }
        return Ok(());
    };
    if context.global.allow_unsignable_address {
        return Ok(());
    }
    let by_program = match found {
        NonSigner::Account(AccountKind::Other { .. }) => ", unless its program signs for it",
        _ => "",
    };
    Err(CliError::usage(format!(
        "{address} ({option}) is {found} and cannot sign as {role}{by_program}: specify a wallet{otherwise}, or accept the \
         risk of loss with --allow-unsignable-address"
    )))
}

/// Checks a token account that is to get pool tokens: it has to be able to, and its owner to sign for them later. Returns the owner.
pub async fn check_token_account<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    address: Address,
    option: &str,
) -> Result<Address, CliError> {
    let account = context.cluster.account(&address).await?;
    let found = token_account(snapshot, &address, option, account.as_ref())?;
    check_owner(context, snapshot, &address, &found, option).await?;
    Ok(found.owner)
}

/// The account of the pool's token at `address`, which `option` gives.
pub fn token_account(
    snapshot: &PoolSnapshot,
    address: &Address,
    option: &str,
    account: Option<&Account>,
) -> Result<TokenHolding, CliError> {
    let head = &snapshot.pool().head;
    let advice = format!("specify a token account of mint {}", head.pool_mint);
    let (what, advice) = match account.and_then(TokenHolding::of) {
        Some(found) if found.mint == head.pool_mint && found.program == head.token_program_id => {
            if found.is_frozen {
                let what = format!(
                    "token account {address} ({option}) is frozen: use another account, or have the freeze \
                                    authority thaw it"
                );
                return Err(PlanError::Invalid { what }.into());
            }
            return Ok(found);
        }
        Some(found) => (format!("a token account of mint {}", found.mint), advice),
        None => match (NonSigner::of(&snapshot.parts(), address, account), account) {
            (Some(found), _) => (found.to_string(), advice),
            (None, Some(_)) => {
                let own = associated_token_account(snapshot, address);
                (AccountKind::Wallet.to_string(), format!("its associated token account is {own}"))
            }
            (None, None) => {
                return Err(CliError::usage(format!("account {address} ({option}) does not exist: {advice}")));
            }
        },
    };
    Err(CliError::usage(format!("{address} ({option}) is {what}, not a token account of the pool token: {advice}")))
}

/// [`check_can_sign`] for the owner of the token account at `address`.
async fn check_owner<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    address: &Address,
    tokens: &TokenHolding,
    option: &str,
) -> Result<(), CliError> {
    let role = format!("the owner of token account {address}");
    check_can_sign(
        context,
        &snapshot.parts(),
        Given { address: tokens.owner, option, role: &role, otherwise: ", or a token account of a wallet" },
    )
    .await
}

#[derive(Clone, Copy, Debug)]
pub struct SolReceiver {
    pub address: Address,
    /// Its token program and its owner, where it is an account of wrapped SOL.
    pub wrapped: Option<(Address, Address)>,
}

/// The receiver of SOL, once it is known that its owner can sign: a wallet, or an account of wrapped SOL.
pub async fn sol_receiver<C: Cluster>(
    context: &Context<'_, C>,
    snapshot: &PoolSnapshot,
    given: Given<'_>,
) -> Result<SolReceiver, CliError> {
    let address = given.address;
    let account = context.cluster.account(&address).await?;
    let tokens = account.as_ref().and_then(TokenHolding::of).filter(TokenHolding::is_wrapped_sol);
    if let Some(tokens) = tokens {
        check_owner(context, snapshot, &address, &tokens, given.option).await?;
        return Ok(SolReceiver { address, wrapped: Some((tokens.program, tokens.owner)) });
    }
    reject_non_signer(context, &snapshot.parts(), given, account.as_ref())?;
    Ok(SolReceiver { address, wrapped: None })
}
