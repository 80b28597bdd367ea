//! What is checked before a pool is paid for, and what an error advises.

use {
    crate::{context::Context, error::CliError, unsent::Halt},
    std::path::Path,
    tidepool_client::{
        actions::{CreatePool, FoundPoolError},
        cluster::Cluster,
        pool::supports_extension,
    },
};

/// Refuses a program that is none or cannot do what is asked, before the first of two transactions, which does not call it, is
/// paid for.
pub(super) async fn check_program<C: Cluster>(context: &Context<'_, C>, new: &CreatePool) -> Result<(), CliError> {
    let program_id = new.program_id;
    match context.cluster.account(&program_id).await? {
        Some(account) if account.executable => {}
        found => {
            let what = if found.is_some() { "is not a program" } else { "does not exist" };
            return Err(CliError::usage(format!("{program_id} {what}: check --program-id and --url")));
        }
    }
    if new.policy.is_some() && !supports_extension(context.cluster, &program_id, &new.payer).await? {
        return Err(CliError::usage(format!(
            "{program_id} is not Tidepool and has no extension: check --program-id, or add --without-extension"
        )));
    }
    Ok(())
}

/// Says what to do about an account that exists and is of no use.
pub(super) fn explain(error: FoundPoolError) -> CliError {
    let error = match error {
        FoundPoolError::Cluster(error) => return error.into(),
        FoundPoolError::Wrong(error) => error,
    };
    let advice = match error.role {
        _ if error.is_setting => {
            "the pool is in use: repeat the command with its settings, change them with the `set-` commands, or create \
             another pool with --pool-keypair"
        }
        "pool" => "specify another keypair with --pool-keypair",
        "validator list" => "specify another keypair with --validator-list-keypair",
        "reserve" => "specify another keypair with --reserve-keypair",
        "mint" => "specify another keypair with --mint-keypair",
        _ => "specify another mint with --mint-keypair, or another --manager",
    };
    CliError::Existing { error: Box::new(error), advice: advice.into() }
}

/// Says how a pool is completed of which a part may have been made.
pub(super) fn unfinished(halt: Halt, directory: Option<&Path>) -> Halt {
    let Halt::Failed(error @ CliError::NotLanded(_)) = halt else { return halt };
    let option = directory.map(|path| format!(" with --key-directory {}", path.display()));
    let advice = format!("to complete the pool, repeat the command{}", option.unwrap_or_default());
    CliError::Unfinished { error: Box::new(error), advice }.into()
}
