//! `tidepool set-limits`

use {
    crate::{
        context::Context,
        error::CliError,
        keys::{Key, KeySource},
        output::Line,
        settings::{self, Answer, Change, Choice, instead, or_none},
        units::{Share, Units, address, hundredths, positive, seconds},
        unsent::Halt,
        view::{limits::Limits, policy::policy_of},
        wallet::signers::{Given, check_can_sign},
    },
    clap::ArgGroup,
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{
        actions::{self, LimitChanges},
        cluster::Cluster,
        pool::PoolSnapshot,
        words::all_limit_rows,
    },
    tidepool_interface::state,
};

const EXAMPLE: &str = "\
Example:
  tidepool set-limits 7ecoQaZQaZPSw5AzMynJ2Wob7kBsJfLfLDRqjJvtvbLA --max-epoch-fee 10% \\
      --notice-epochs 2 --notice-time 4d --growth-charge 1";

/// Set limits of a pool that its manager cannot loosen later
///
/// A limit can only be tightened, so this cannot be undone. Omitted limits keep their value. Shows the old and the new limits and asks
/// for confirmation. The pool needs the extension (`tidepool extend-pool`). Signed by the pool's manager; by the guardian if it
/// hands over its place.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLE, group = ArgGroup::new("limit").required(true).multiple(true), group = ArgGroup::new("signer"))]
pub struct Args {
    /// Address of the pool
    #[arg(value_name = "POOL", value_parser = address)]
    pool: Address,

    /// Ceiling of the fee on rewards
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_epoch_fee: Option<Share>,

    /// Ceiling of the fee on SOL deposits
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_sol_deposit_fee: Option<Share>,

    /// Ceiling of the fee on stake deposits
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_stake_deposit_fee: Option<Share>,

    /// Ceiling of the fee on SOL withdrawals
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_sol_withdrawal_fee: Option<Share>,

    /// Ceiling of the fee on stake withdrawals
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_stake_withdrawal_fee: Option<Share>,

    /// Pool tokens that a deposit must leave in existence, at most 1000
    #[arg(long, value_name = "POOL_TOKENS", group = "limit", value_parser = positive)]
    supply_floor: Option<Units>,

    /// Epochs between announcement and change, at most 60
    #[arg(long, value_name = "NUMBER", group = "limit")]
    notice_epochs: Option<u16>,

    /// Time between them, such as 4d or 36h, at most 90d; both parts have to pass
    #[arg(long, value_name = "TIME", group = "limit", value_parser = seconds)]
    notice_time: Option<u32>,

    /// Charge on SOL deposits for all holders, in epochs of growth, such as 1.5; at most 10
    #[arg(long, value_name = "EPOCHS", group = "limit", value_parser = hundredths)]
    growth_charge: Option<u16>,

    /// Rate guard: highest rise of the exchange rate in one epoch, at least 1%
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_rise: Option<Share>,

    /// Rate guard: highest fall of the exchange rate in one epoch, at least 1%
    #[arg(long, value_name = "PERCENT", group = "limit")]
    max_fall: Option<Share>,

    /// Rate guard: epochs for which it halts deposits and SOL withdrawals, 1 to 5
    #[arg(long, value_name = "NUMBER", group = "limit")]
    halt_epochs: Option<u8>,

    /// Whether a deposit authority can be set without notice
    #[arg(long, value_name = "BOOL", group = "limit", action = clap::ArgAction::Set)]
    close_without_notice: Option<bool>,

    /// Address that can withdraw announcements and nothing else
    #[arg(long, value_name = "ADDRESS|none", group = "limit")]
    guardian: Option<Choice>,

    /// Keypair of the pool's manager [default: your wallet]
    #[arg(long, value_name = "KEYPAIR", group = "signer", display_order = 100)]
    manager: Option<KeySource>,

    /// Keypair of the present guardian, which hands over its place
    #[arg(long, value_name = "KEYPAIR", group = "signer", display_order = 100)]
    old_guardian: Option<KeySource>,
}

#[derive(Debug, Serialize)]
pub struct LimitChange {
    limits_before: Limits,
    limits: Limits,
}

impl Args {
    pub async fn execute<C: Cluster>(&self, context: &Context<'_, C>) -> Result<Answer<LimitChange>, Halt> {
        let fresh = settings::read(context, &self.pool).await?;
        let snapshot = &fresh.snapshot;
        policy_of(snapshot)?;
        let (before, changes) = (snapshot.limits(), self.changes());
        if let Some(Choice(Some(address))) = self.guardian {
            let given = Given { address, option: "--guardian", role: "the guardian", otherwise: "" };
            check_can_sign(context, &snapshot.parts(), given).await?;
        }
        let after = changes.applied_to(&before);
        let signer = if after == before { None } else { Some(self.key(context, snapshot)?) };
        let signer_address = signer.as_ref().map_or(snapshot.pool().head.manager, |key| key.pubkey());
        let group = actions::set_limits(snapshot, &signer_address, &changes)?;
        let setting = LimitChange { limits_before: Limits::from(&before), limits: Limits::from(&after) };
        let change = Change {
            lines_when_done: lines(&before, &after),
            ..Change::new("the limits", after != before, warned(&before, &after))
        };
        settings::set(context, &fresh, (setting, change), group, || Ok(signer.into_iter().collect())).await
    }

    fn changes(&self) -> LimitChanges {
        let share = |share: Option<Share>| share.map(|Share(points)| points);
        LimitChanges {
            epoch_fee: share(self.max_epoch_fee),
            sol_deposit_fee: share(self.max_sol_deposit_fee),
            stake_deposit_fee: share(self.max_stake_deposit_fee),
            sol_withdrawal_fee: share(self.max_sol_withdrawal_fee),
            stake_withdrawal_fee: share(self.max_stake_withdrawal_fee),
            supply_floor: self.supply_floor.map(|Units(units)| units),
            notice_epochs: self.notice_epochs,
            notice_seconds: self.notice_time,
            growth_charge: self.growth_charge,
            rate_guard_up: share(self.max_rise),
            rate_guard_down: share(self.max_fall),
            guard_epochs: self.halt_epochs,
            closing_needs_no_notice: self.close_without_notice,
            guardian: self.guardian.map(|Choice(guardian)| guardian.unwrap_or_default()),
        }
    }

    fn key<C: Cluster>(&self, context: &Context<'_, C>, snapshot: &PoolSnapshot) -> Result<Key, CliError> {
        match &self.old_guardian {
            Some(guardian) => context.guardian("--old-guardian", Some(guardian), snapshot),
            None => context.manager(self.manager.as_ref(), snapshot),
        }
    }
}

/// The limits that are set before or after, each with both values.
fn lines(before: &state::Limits, after: &state::Limits) -> Vec<Line> {
    let both = all_limit_rows(before).into_iter().zip(all_limit_rows(after));
    both.filter(|((_, before), (_, after))| before.is_some() || after.is_some())
        .map(|((name, before), (_, after))| (name, instead(or_none(before), or_none(after))))
        .collect()
}

fn warned(before: &state::Limits, after: &state::Limits) -> Vec<Line> {
    let mut lines = lines(before, after);
    lines.push(("warning", "this cannot be undone: a limit can only be tightened".into()));
    lines
}
