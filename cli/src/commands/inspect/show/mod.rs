//! `tidepool show`

mod text;

use {
    crate::{
        context::Context,
        error::CliError,
        output::{Report, Text},
        units::address,
        view::{
            demotion::{DemotionPolicy, demoted_validators},
            fees::{DelayedFee, Ratio},
            limits::{Announced, Limits},
            metadata::Metadata,
            policy::Policy,
            tickets::TicketTotals,
            votes::Cautioned,
        },
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        actions::{StoredMetadata, token_metadata_address},
        cluster::Cluster,
        crank::Backlog,
        gates,
        pool::{NoYield, PoolSnapshot, StakeTotals, YieldEstimate},
        vote::ValidatorSurvey,
        words::lamports_per_whole_pool_token,
    },
    tidepool_core::maths::Fee,
    tidepool_interface::state::{self, RebalancePolicy},
};

const EXAMPLE: &str = "\
Example:
  tidepool show 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA
  tidepool show 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --output json";

/// Show a pool's exchange rate, stake, policy, fees and authorities
///
/// --verbose shows all addresses. Sends nothing; needs no keypair.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE)]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,
}

#[derive(Debug, Serialize)]
pub struct Output {
    pub(super) address: Text<Address>,
    pub(super) program_id: Text<Address>,
    /// Length of the pool account in bytes.
    pub(super) account_bytes: usize,
    /// The epoch of the cluster.
    pub(super) epoch: u64,
    pub(super) last_update_epoch: u64,
    /// Whether it has to be updated before it takes deposits and withdrawals.
    pub(super) stale: bool,
    /// Whether the rewards of the last epoch are being paid, so that nothing can be done with stake.
    pub(super) epoch_rewards_active: bool,
    pub(super) total_lamports: u64,
    pub(super) pool_token_supply: u64,
    /// What the token is called; `null` where it has no Metaplex metadata.
    pub(super) metadata: Option<Metadata>,
    /// Lamports that a whole pool token (10^9 smallest units) is worth, rounded down; `null` without a supply.
    pub(super) lamports_per_whole_pool_token: Option<u64>,
    /// Growth of the price between the last two updates over a year, in percent: an estimate for display.
    pub(super) estimated_annual_yield_percent: Option<f64>,
    /// Epochs between the last two updates, and the seconds.
    pub(super) yield_epochs: Option<u64>,
    pub(super) yield_seconds: Option<u64>,
    /// Why there is no estimate.
    pub(super) no_yield_estimate: Option<&'static str>,
    #[serde(skip)]
    pub(super) yield_estimate: Result<YieldEstimate, NoYield>,
    /// From the ledger of an extended pool; empty without one.
    pub(super) yields: Vec<Yield>,
    pub(super) stake: Stake,
    pub(super) validators: Validators,
    /// `null` for a pool without weights and a policy.
    pub(super) extension: Option<Extension>,
    pub(super) fees: Fees,
    pub(super) authorities: Authorities,
    pub(super) accounts: Accounts,
    /// With --verbose: feature gates that are pending on the cluster and unknown to this build; `null` without it, or if the
    /// endpoint does not list them.
    pub(super) unknown_pending_gates: Option<Vec<Text<Address>>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Stake {
    /// In the reserve, rent included.
    pub(super) reserve_lamports: u64,
    /// In the reserve, free to leave it.
    pub(super) withdrawable_reserve_lamports: u64,
    /// In validator stake accounts, rent included, by the pool's records.
    pub(super) active_lamports: u64,
    /// On the way to validators, rent included.
    pub(super) activating_lamports: u64,
    /// On the way to the reserve, rent included.
    pub(super) deactivating_lamports: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Validators {
    pub(super) count: usize,
    pub(super) maximum: u32,
    pub(super) leaving: usize,
    /// Those with stake that an update can merge now.
    pub(super) mergeable: usize,
    pub(super) preferred_deposit: Option<Text<Address>>,
    pub(super) preferred_withdraw: Option<Text<Address>>,
    /// Those with cautions.
    pub(super) cautions: Vec<Cautioned>,
}

/// The yield over a number of epochs.
#[derive(Debug, Serialize)]
pub(super) struct Yield {
    /// The number of epochs that is asked for.
    pub(super) over_epochs: u64,
    /// Growth of the exchange rate over a year, in percent; `null` if it is not meaningful.
    pub(super) annual_yield_percent: Option<f64>,
    /// Growth of the exchange rate in that time, in percent.
    pub(super) growth_percent: Option<f64>,
    /// The epochs and seconds that it is from: fewer epochs if the ledger is shorter, more where epochs had no update.
    pub(super) yield_epochs: Option<u64>,
    pub(super) yield_seconds: Option<u64>,
    /// Why there is no figure.
    pub(super) no_yield_estimate: Option<&'static str>,
}

#[derive(Debug, Serialize)]
pub(super) struct Extension {
    pub(super) policy: Policy,
    pub(super) limits: Limits,
    pub(super) announcements: Vec<Announced>,
    pub(super) demotion_policy: DemotionPolicy,
    /// Active validators that are demoted.
    pub(super) demoted_validators: usize,
    #[serde(flatten)]
    pub(super) tickets: TicketTotals,
    /// The first epoch in which deposits and SOL withdrawals go on, if the rate guard has halted them.
    pub(super) halted_until_epoch: Option<u64>,
    /// Active validators that have a weight.
    pub(super) weighted: usize,
    /// Sum of their weights.
    pub(super) weights: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct Fees {
    pub(super) epoch: DelayedFee,
    pub(super) sol_deposit: Ratio,
    pub(super) stake_deposit: Ratio,
    pub(super) sol_withdrawal: DelayedFee,
    pub(super) stake_withdrawal: DelayedFee,
    /// Share of the deposit fee that referrers get, in percent.
    pub(super) sol_referral_percent: u8,
    pub(super) stake_referral_percent: u8,
    /// Whether the manager's fee account can take fees; while it cannot, withdrawals and rewards are free.
    pub(super) collected: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Authorities {
    pub(super) manager: Text<Address>,
    pub(super) staker: Text<Address>,
    pub(super) withdraw: Text<Address>,
    pub(super) stake_deposit: Text<Address>,
    /// Whether stake deposits are permissionless.
    pub(super) stake_deposit_is_open: bool,
    /// `null` if SOL deposits are permissionless.
    pub(super) sol_deposit: Option<Text<Address>>,
    /// `null` if SOL withdrawals are permissionless.
    pub(super) sol_withdraw: Option<Text<Address>>,
    /// Freeze authority of the pool mint; `null` if none.
    pub(super) freeze: Option<Text<Address>>,
}

#[derive(Debug, Serialize)]
pub(super) struct Accounts {
    pub(super) validator_list: Text<Address>,
    pub(super) reserve_stake: Text<Address>,
    pub(super) pool_mint: Text<Address>,
    pub(super) token_program: Text<Address>,
    pub(super) manager_fee: Text<Address>,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Output, CliError> {
        let snapshot = context.look_at_stakes(&self.pool).await?;
        let survey = ValidatorSurvey::of_pool(context.cluster, &snapshot).await?;
        let mut output = Output::read(context.cluster, &snapshot, &survey).await?;
        if context.global.verbose {
            let unknown = gates::unknown_pending(context.cluster).await.ok();
            output.unknown_pending_gates = unknown.map(|gates| gates.into_iter().map(Text).collect());
        }
        Ok(output)
    }
}

impl Output {
    /// What the stake accounts and vote accounts that were read say, and the token's metadata and the yield, which are read here.
    pub(super) async fn read<C: Cluster>(
        cluster: &C,
        snapshot: &PoolSnapshot,
        survey: &ValidatorSurvey,
    ) -> Result<Self, CliError> {
        let metadata = cluster.account(&token_metadata_address(snapshot)).await?;
        // Metadata of a kind that is not known here is none that could be shown.
        let metadata = StoredMetadata::read(metadata.as_ref()).ok().flatten();
        let mut output = describe(snapshot, metadata.as_ref().map(Metadata::from), snapshot.read_yield(cluster).await);
        output.validators.cautions = Cautioned::of_pool(survey, snapshot);
        Ok(output)
    }
}

fn describe(
    snapshot: &PoolSnapshot,
    metadata: Option<Metadata>,
    yield_estimate: Result<YieldEstimate, NoYield>,
) -> Output {
    let head = &snapshot.pool().head;
    let rate = snapshot.rate();
    Output {
        address: Text(snapshot.address()),
        program_id: Text(snapshot.program_id()),
        account_bytes: snapshot.accounts().pool.data.len(),
        epoch: snapshot.epoch(),
        last_update_epoch: head.last_update_epoch.get(),
        stale: snapshot.is_stale(),
        epoch_rewards_active: snapshot.environment().rewards_are_being_paid(),
        total_lamports: rate.total_lamports.get(),
        pool_token_supply: rate.pool_token_supply.get(),
        metadata,
        lamports_per_whole_pool_token: lamports_per_whole_pool_token(snapshot),
        estimated_annual_yield_percent: yield_estimate.ok().map(|estimate| estimate.annual * 100.0),
        yield_epochs: yield_estimate.ok().map(|estimate| estimate.interval.epochs()),
        yield_seconds: yield_estimate.ok().map(|estimate| estimate.interval.seconds),
        no_yield_estimate: yield_estimate.err().map(|why| why.name()),
        yield_estimate,
        yields: snapshot.yields(yield_estimate).into_iter().map(|(over, figure)| Yield::new(over, figure)).collect(),
        stake: stake(snapshot),
        validators: validators(snapshot),
        extension: snapshot.policy().map(|policy| extension(snapshot, policy)),
        fees: fees(snapshot),
        authorities: authorities(snapshot),
        accounts: Accounts {
            validator_list: Text(head.validator_list),
            reserve_stake: Text(head.reserve_stake),
            pool_mint: Text(head.pool_mint),
            token_program: Text(head.token_program_id),
            manager_fee: Text(head.manager_fee_account),
        },
        unknown_pending_gates: None,
    }
}

impl Yield {
    fn new(over_epochs: u64, figure: Result<YieldEstimate, NoYield>) -> Self {
        let (found, reason) = (figure.ok(), figure.err());
        Self {
            over_epochs,
            annual_yield_percent: found.map(|found| found.annual * 100.0),
            growth_percent: found.map(|found| found.growth * 100.0),
            yield_epochs: found.map(|found| found.interval.epochs()),
            yield_seconds: found.map(|found| found.interval.seconds),
            no_yield_estimate: reason.map(|reason| reason.name()),
        }
    }
}

fn stake(snapshot: &PoolSnapshot) -> Stake {
    let StakeTotals { active, activating, deactivating } = snapshot.stake_totals();
    Stake {
        reserve_lamports: snapshot.reserve_lamports(),
        withdrawable_reserve_lamports: snapshot.withdrawable_reserve_lamports(),
        active_lamports: active,
        activating_lamports: activating,
        deactivating_lamports: deactivating,
    }
}

fn validators(snapshot: &PoolSnapshot) -> Validators {
    let terms = &snapshot.pool().terms;
    let records = snapshot.records();
    Validators {
        count: records.len(),
        maximum: snapshot.max_validators(),
        leaving: records.iter().filter(|record| !record.is_active()).count(),
        mergeable: Backlog::of(snapshot).validators_mergeable,
        preferred_deposit: terms.preferred_deposit_validator_vote_address.map(Text),
        preferred_withdraw: terms.preferred_withdraw_validator_vote_address.map(Text),
        cautions: vec![],
    }
}

fn extension(snapshot: &PoolSnapshot, policy: &RebalancePolicy) -> Extension {
    let active = snapshot.records().iter().filter(|record| record.is_active());
    let weights: Vec<u64> =
        active.map(|record| u64::from(record.extension.weight())).filter(|weight| *weight > 0).collect();
    let demotion = snapshot.extension().map_or(state::DemotionPolicy::NONE, |extension| extension.demotion);
    Extension {
        policy: Policy::from(policy),
        limits: Limits::from(&snapshot.limits()),
        announcements: Announced::of(snapshot),
        demotion_policy: DemotionPolicy::from(&demotion),
        demoted_validators: demoted_validators(snapshot),
        tickets: TicketTotals::of(snapshot),
        halted_until_epoch: snapshot.halted_until_epoch(),
        weighted: weights.len(),
        weights: weights.iter().sum(),
    }
}

fn fees(snapshot: &PoolSnapshot) -> Fees {
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    let delayed = |fee: Fee, next| DelayedFee::new(snapshot, fee, next);
    Fees {
        epoch: delayed(head.epoch_fee.get(), &terms.next_epoch_fee),
        sol_deposit: terms.sol_deposit_fee.into(),
        stake_deposit: terms.stake_deposit_fee.into(),
        sol_withdrawal: delayed(terms.sol_withdrawal_fee, &terms.next_sol_withdrawal_fee),
        stake_withdrawal: delayed(terms.stake_withdrawal_fee, &terms.next_stake_withdrawal_fee),
        sol_referral_percent: terms.sol_referral_fee,
        stake_referral_percent: terms.stake_referral_fee,
        collected: snapshot.manager_fee_account_is_valid(),
    }
}

fn authorities(snapshot: &PoolSnapshot) -> Authorities {
    let (head, terms) = (&snapshot.pool().head, &snapshot.pool().terms);
    Authorities {
        manager: Text(head.manager),
        staker: Text(head.staker),
        withdraw: Text(snapshot.withdraw_authority()),
        stake_deposit: Text(head.stake_deposit_authority),
        stake_deposit_is_open: !snapshot.has_custom_deposit_authority(),
        sol_deposit: terms.sol_deposit_authority.map(Text),
        sol_withdraw: terms.sol_withdraw_authority.map(Text),
        freeze: snapshot.freeze_authority().map(Text),
    }
}

impl Report for Output {
    fn write(&self, f: &mut fmt::Formatter<'_>, verbose: bool) -> fmt::Result {
        text::write(f, self)?;
        if verbose {
            text::write_addresses(f, self)?;
            text::write_gates(f, self)?;
        }
        Ok(())
    }
}
