//! Searches, which not all endpoints serve, and the program whose pools are searched.

use {
    super::Context,
    crate::error::CliError,
    solana_address::Address,
    std::future::Future,
    tidepool_client::cluster::{Cluster, ClusterError},
    tidepool_interface::address::SPL_STAKE_POOL_PROGRAM_ID,
};

impl<C: Cluster> Context<'_, C> {
    /// The program of a command about all pools of one. `otherwise` is what else an error advises, after a semicolon.
    pub fn program(&self, otherwise: &str) -> Result<Address, CliError> {
        let default = || self.global.defaults.program_id.as_ref().map(|named| named.address);
        self.global.program_id.or_else(default).ok_or_else(|| {
            CliError::usage(format!(
                "missing program: specify it with --program-id (the SPL stake pool is {SPL_STAKE_POOL_PROGRAM_ID}), \
                 TIDEPOOL_PROGRAM_ID or `program_id` in ~/.config/tidepool/config.yml{otherwise}"
            ))
        })
    }

    /// Waits for a search for `what`. Where the endpoint refuses it, the error advises another one, or `otherwise`.
    pub async fn search<T>(
        &self,
        what: &str,
        search: impl Future<Output = Result<T, ClusterError>>,
        otherwise: &str,
    ) -> Result<T, CliError> {
        self.watch(&format!("Searching for {what}"), search).await.map_err(|error| match error {
            ClusterError::Refused { detail } => {
                let detail = format!("cannot search accounts ({detail}): use another endpoint with --url{otherwise}");
                ClusterError::Refused { detail }.into()
            }
            error => error.into(),
        })
    }
}
