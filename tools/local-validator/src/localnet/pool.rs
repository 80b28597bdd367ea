//! The pool, made by the command line as a manager makes it.

use {
    super::{commands::Tidepool, error::LocalnetError},
    solana_address::Address,
};

/// SOL of the first deposit, so that each validator gets a stake that is easy to read.
const INITIAL_DEPOSIT: u64 = 1_000;

/// Creates the pool.
///
/// # Errors
/// Those of [`Tidepool::run`].
pub fn create(tidepool: Tidepool<'_>, program_id: &Address) -> Result<Address, LocalnetError> {
    let keys = tidepool.folder.join("pool-keys");
    let arguments = format!(
        "create-pool --program-id {program_id} --max-validators 100 --epoch-fee 5% --initial-deposit {INITIAL_DEPOSIT} \
         --key-directory"
    );
    let mut arguments: Vec<String> = arguments.split(' ').map(str::to_owned).collect();
    arguments.push(keys.display().to_string());
    let created = tidepool.run(&arguments)?;
    let address = created["pool"].as_str().and_then(|text| text.parse().ok());
    address.ok_or_else(|| LocalnetError::Command { line: arguments.join(" "), output: created.to_string() })
}

/// Adds a validator, which may never vote.
///
/// # Errors
/// Those of [`Tidepool::run`].
pub fn add_validator(tidepool: Tidepool<'_>, pool: &Address, vote: &Address) -> Result<(), LocalnetError> {
    tidepool.run(&["add-validator".into(), pool.to_string(), vote.to_string(), "--accept".into()]).map(|_| ())
}

/// Gives the validators their weights.
///
/// # Errors
/// Those of [`Tidepool::run`].
pub fn set_weights(tidepool: Tidepool<'_>, pool: &Address, votes: &[Address]) -> Result<(), LocalnetError> {
    let mut arguments = vec!["set-weights".into(), pool.to_string(), "--accept".into()];
    for (index, vote) in votes.iter().enumerate() {
        arguments.extend(["--set".into(), format!("{vote}={}", weight(index, votes.len()))]);
    }
    tidepool.run(&arguments).map(|_| ())
}

/// The weight of a validator: the first, which votes and earns rewards, has the largest.
pub const fn weight(index: usize, validators: usize) -> usize {
    validators - index
}
