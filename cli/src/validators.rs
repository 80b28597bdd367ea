//! What the staker's commands share.

use {
    crate::{
        args::{UpdateFirst, ValidatorArgs},
        context::{Context, Fresh},
        error::CliError,
        keys::{Key, KeySource},
        output::{Landed, Report, Text, write_signatures},
        units::{Share, sol},
        unsent::Halt,
    },
    serde::Serialize,
    solana_address::Address,
    std::fmt,
    tidepool_client::{
        cluster::Cluster,
        pool::{PoolSnapshot, StakeSelection},
        vote::VoteAccount,
    },
    tidepool_core::rebalance::BASIS_POINTS,
};

/// The pool and the validator that a staker's command is about, and the staker's key.
#[derive(Debug, clap::Args)]
pub struct StakerArgs {
    #[command(flatten)]
    validator: ValidatorArgs,

    /// Keypair of the pool's staker [default: your wallet]
    #[arg(long, value_name = "KEYPAIR")]
    staker: Option<KeySource>,

    #[command(flatten)]
    update_first: UpdateFirst,
}

impl StakerArgs {
    pub const fn vote(&self) -> Address {
        self.validator.vote
    }

    /// The pool, up to date and with the validator's stake accounts, and the staker's key.
    pub async fn prepare<C: Cluster>(&self, context: &Context<'_, C>) -> Result<(Fresh, Key), Halt> {
        let ValidatorArgs { pool, vote } = self.validator;
        let fresh = context.fresh(&pool, StakeSelection::one(vote), self.update_first).await?;
        let staker = context.staker(self.staker.as_ref(), &fresh.snapshot)?;
        Ok((fresh, staker))
    }
}

/// Checks that stake can be delegated to `vote`.
pub async fn check_vote_account<C: Cluster>(context: &Context<'_, C>, vote: &Address) -> Result<(), CliError> {
    let (account, rent) = (context.cluster.account(vote).await?, context.cluster.rent().await?);
    match VoteAccount::decode(vote, account.as_ref(), &rent) {
        VoteAccount::Open(_) => Ok(()),
        other => {
            Err(CliError::usage(format!("account {vote} is {other}: use a vote account listed by `solana validators`")))
        }
    }
}

/// What to do about weights after the validator `vote` was added, in one line; `None` where there is nothing to do.
pub fn hint_after_adding(snapshot: &PoolSnapshot, vote: &Address) -> Option<String> {
    let weighted = weighted_besides(snapshot, vote);
    (snapshot.is_extended() && weighted > 0).then(|| {
        format!(
            "{vote} has weight 0 and is not delegated stake by rebalancing: set a weight with `tidepool set-weights {} --set \
             {vote}=WEIGHT`",
            snapshot.address()
        )
    })
}

/// What to do about weights after the validator `vote` was removed, in one line; `None` where there is nothing to do.
pub fn hint_after_removing(snapshot: &PoolSnapshot, vote: &Address) -> Option<String> {
    let (policy, pool) = (snapshot.policy()?, snapshot.address());
    let weight = snapshot.validator(vote).map_or(0, |validator| validator.weight());
    if weight == 0 {
        return None;
    }
    let weighted = weighted_besides(snapshot, vote);
    let (cap, reserve) = (policy.validator_cap.get(), policy.reserve_share.get());
    if weighted == 0 {
        return Some(format!(
            "no validator has a weight, so the reserve is not delegated: set weights with `tidepool set-weights {pool} --equal`"
        ));
    }
    if weighted as u64 * u64::from(cap) < u64::from(BASIS_POINTS.saturating_sub(reserve)) {
        let left = if weighted == 1 { "the validator" } else { "the validators" };
        return Some(format!(
            "{left} left with a weight ({weighted}) are capped at {} of the pool each, and the rest stays in the reserve: set \
             more weights, or raise the cap with `tidepool set-policy {pool} --validator-cap PERCENT`",
            Share(cap)
        ));
    }
    let others = if weighted == 1 { "other that has" } else { "others that have" };
    Some(format!("its stake, by its weight of {weight}, is redistributed to the {weighted} {others} a weight"))
}

/// Validators with a weight, besides `vote`.
fn weighted_besides(snapshot: &PoolSnapshot, vote: &Address) -> usize {
    snapshot.weighted().filter(|record| record.vote_account_address != *vote).count()
}

/// A started movement of stake.
#[derive(Debug, Serialize)]
pub struct Moved {
    pool: Text<Address>,
    vote: Text<Address>,
    /// `reserve` or `validator`.
    from: &'static str,
    /// `validator` or `reserve`.
    to: &'static str,
    lamports: u64,
    /// The epoch whose first update ends the movement.
    arrives_in_epoch: u64,
    transactions: Vec<Landed>,
}

impl Moved {
    /// Stake that moves in the present epoch.
    pub fn new(
        from: &'static str,
        to: &'static str,
        fresh: &Fresh,
        vote: Address,
        lamports: u64,
        sent: Vec<Landed>,
    ) -> Self {
        Self {
            pool: Text(fresh.snapshot.address()),
            vote: Text(vote),
            from,
            to,
            lamports,
            arrives_in_epoch: fresh.snapshot.epoch().saturating_add(1),
            transactions: fresh.and(sent),
        }
    }
}

impl Report for Moved {
    fn write(&self, f: &mut fmt::Formatter<'_>, _: bool) -> fmt::Result {
        let name = |end: &str| match end {
            "reserve" => "the reserve".to_owned(),
            _ => format!("validator {}", self.vote),
        };
        writeln!(
            f,
            "Moving {} from {} to {}: effective with the first update in epoch {}",
            sol(self.lamports),
            name(self.from),
            name(self.to),
            self.arrives_in_epoch
        )?;
        write_signatures(f, &self.transactions)
    }
}
