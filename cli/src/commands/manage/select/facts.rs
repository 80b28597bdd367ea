//! Facts about validators, from the cluster and the pool.

use {
    crate::{context::Context, error::CliError},
    solana_address::Address,
    std::collections::HashMap,
    tidepool_client::{cluster::Cluster, pool::PoolSnapshot, vote::ValidatorSurvey},
    tidepool_interface::state::ValidatorStakeInfo,
    tidepool_selection::{EpochCredits, FACTS_FORMAT, Facts, InPool, Validator},
};

/// Facts about all validators that the cluster reports, and about those of the pool.
pub async fn read<C: Cluster>(context: &Context<'_, C>, pool: &Address) -> Result<Facts, CliError> {
    let snapshot = context.look_at(pool).await?;
    let in_pool: HashMap<Address, InPool> =
        snapshot.records().iter().map(|record| (record.vote_account_address, place(&snapshot, record))).collect();
    let votes: Vec<Address> = in_pool.keys().copied().collect();
    let reading = ValidatorSurvey::of_cluster(context.cluster, &votes);
    let survey = context.watch("Reading validators", reading).await?;
    let mut facts = Facts {
        format: FACTS_FORMAT,
        epoch: survey.epoch(),
        pool: Some(*pool),
        validators: survey.votes().map(|vote| validator(&survey, vote, in_pool.get(vote).copied())).collect(),
    };
    facts.sort();
    Ok(facts)
}

fn place(snapshot: &PoolSnapshot, record: &ValidatorStakeInfo) -> InPool {
    InPool {
        weight: record.extension.weight(),
        stake_lamports: record.active_stake_lamports.get().saturating_add(record.transient_stake_lamports.get()),
        demoted_in_epoch: snapshot.demotion_of(record).map(|demotion| demotion.epoch),
        leaving: !record.is_active(),
    }
}

fn validator(survey: &ValidatorSurvey, vote: &Address, in_pool: Option<InPool>) -> Validator {
    let (account, reported) = (survey.account(vote), survey.reported(vote));
    let state = account.state();
    let credits = state.map_or(&[][..], |state| &state.credits);
    Validator {
        vote: *vote,
        not_delegable: state.is_none().then(|| account.to_string()),
        identity: state.map(|state| state.node),
        commission_bps: state.map(|state| state.inflation_commission_bps),
        block_commission_bps: state.and_then(|state| state.block_revenue_commission_bps),
        bls_key: state.map(|state| state.has_bls_key),
        admitted: reported.map(|reported| reported.is_admitted),
        voting: reported.map(|reported| reported.is_voting),
        stake_lamports: reported.map(|reported| reported.activated_stake),
        version: state.and_then(|state| survey.version(&state.node)).map(str::to_owned),
        credits: credits.iter().map(|(epoch, earned)| EpochCredits(*epoch, *earned)).collect(),
        in_pool,
    }
}
