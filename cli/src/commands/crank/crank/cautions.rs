//! Validators of a pool that earn little or nothing.

use {
    crate::{context::Context, error::CliError, view::votes::Cautioned},
    solana_address::Address,
    tidepool_client::{cluster::Cluster, vote::ValidatorSurvey},
};

pub async fn cautions<C: Cluster>(context: &Context<'_, C>, pool: &Address) -> Result<Vec<Cautioned>, CliError> {
    let snapshot = context.look_at_stakes(pool).await?;
    let survey = ValidatorSurvey::of_pool(context.cluster, &snapshot).await?;
    Ok(Cautioned::of_pool(&survey, &snapshot))
}
