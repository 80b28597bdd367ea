//! A validator raises its commission, and a fee payer demotes it in the same epoch.

use {
    super::stage::Stage,
    crate::{
        run::{PoolRewards, RunError, demote},
        terminal::{Percent, Sol, short_address},
    },
    solana_address::Address,
    solana_vote_interface::instruction::{CommissionKind, update_commission_bps},
    tidepool_client::{
        actions, compute,
        plan::{InstructionGroup, Plan},
    },
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::state::{Ceiling, DemotionGround, DemotionPolicy},
};

/// Highest commission on inflation rewards, in basis points.
const HIGHEST_COMMISSION: u16 = 1_000;

/// Fewest validators of a pool in which one is demoted. In a smaller one, its stake is more than rebalances take before the new
/// commission applies.
const FEWEST_VALIDATORS: usize = 3;

/// Epochs from a change of a commission to the first rewards that it applies to (SIMD-0249).
const COMMISSION_DELAY: u64 = 2;

/// A commission that was raised.
#[derive(Clone, Copy, Debug)]
pub struct Raised {
    pub vote: Address,
    /// The epoch of the change.
    pub epoch: u64,
    /// Rewards in lamports that the raised commission has taken from the pool.
    pub lost: u64,
    /// The most lamports of the pool that it has applied to.
    pub exposed: u64,
}

impl Stage<'_> {
    /// The manager sets the policy by which validators are demoted.
    pub async fn set_demotion_policy(&mut self) -> Result<(), RunError> {
        let policy = DemotionPolicy {
            inflation_commission: Ceiling::new(HIGHEST_COMMISSION),
            cooldown_epochs: 10.into(),
            max_validators: 1.into(),
            max_stake: BASIS_POINTS.into(),
            ..DemotionPolicy::NONE
        };
        let group = actions::set_demotion_policy(self.snapshot(), &policy)?;
        let plan = Plan::one("set the demotion policy", group);
        self.driver.send("Setting the demotion policy", &plan, &[&self.manager]).await?;
        self.event(format!("a commission above {} demotes a validator", percent(HIGHEST_COMMISSION)));
        self.refresh().await
    }

    /// The second validator raises its commission to 100 %, by the vote program.
    pub async fn raise_commission(&mut self) -> Result<(), RunError> {
        let records = self.snapshot().records();
        if records.len() < FEWEST_VALIDATORS {
            self.event(format!("no validator raises its commission: this takes {FEWEST_VALIDATORS} validators"));
            return Ok(());
        }
        let vote = records[1].vote_account_address;
        let Some(validator) = self.validator(&vote) else { return Ok(()) };
        let withdrawer = &validator.identity;
        let kind = CommissionKind::InflationRewards;
        let raise = update_commission_bps(&vote, &solana_signer::Signer::pubkey(withdrawer), kind, BASIS_POINTS);
        let group = InstructionGroup::one("raise the commission", raise, compute::FOREIGN);
        self.driver.send("Raising a commission", &Plan::one("raise the commission", group), &[withdrawer]).await?;
        self.raised = Some(Raised { vote, epoch: self.cluster().epoch(), lost: 0, exposed: 0 });
        let (was, is) = (percent(validator.spec.commission_bps), percent(BASIS_POINTS));
        self.event(format!("validator {} raises its commission from {was} to {is}", short_address(&vote)));
        Ok(())
    }

    /// A fee payer demotes the validators that the policy demotes: the one that has raised its commission, in that epoch.
    pub async fn demote(&mut self) -> Result<(), RunError> {
        let demotions = demote(&self.driver, self.snapshot()).await?;
        let epoch = self.cluster().epoch();
        let due = self.raised.filter(|raised| raised.epoch == epoch);
        RunError::check("the number of validators demoted", usize::from(due.is_some()), demotions.len())?;
        let (Some(raised), [demotion]) = (due, demotions.as_slice()) else { return Ok(()) };
        let vote = short_address(&raised.vote);
        RunError::check("the demoted validator", raised.vote, demotion.vote)?;
        RunError::check(
            "the ground",
            format!("{:?}", DemotionGround::InflationCommission),
            format!("{:?}", demotion.ground),
        )?;
        self.refresh().await?;
        let since = self.snapshot().validator(&raised.vote);
        let since = since.and_then(|validator| self.snapshot().demotion_of(validator.record));
        RunError::check("the epoch of the demotion", epoch, since.map_or(0, |demoted| demoted.epoch))?;
        let stake = Sol(demotion.lamports);
        self.event(format!("a cranker demotes validator {vote} in the same epoch, with its {stake} SOL"));
        Ok(())
    }

    /// The commission of a validator in basis points, for the rewards of an epoch.
    pub fn commission(&self, vote: &Address, rewarded: u64) -> u16 {
        let applies = |raised: &Raised| raised.vote == *vote && rewarded >= raised.epoch + COMMISSION_DELAY;
        if self.raised.as_ref().is_some_and(applies) { BASIS_POINTS } else { self.old_commission(vote) }
    }

    fn old_commission(&self, vote: &Address) -> u16 {
        self.validator(vote).map_or(0, |validator| validator.spec.commission_bps)
    }

    /// Adds what the raised commission has taken from the rewards of an epoch. Checks that it has applied to no more than the minimum
    /// stake, which rebalances leave with every validator.
    pub fn note_raised_commission(&mut self, rewards: &PoolRewards, stakes: &[(Address, u64)]) -> Result<(), RunError> {
        let Some(raised) = self.raised else { return Ok(()) };
        if rewards.epoch - 1 < raised.epoch + COMMISSION_DELAY {
            return Ok(());
        }
        let exposed: u64 = stakes.iter().filter(|(vote, _)| *vote == raised.vote).map(|(_, lamports)| lamports).sum();
        let minimum = self.snapshot().environment().minimum_stake_lamports();
        if exposed > minimum {
            return Err(RunError::Mismatch {
                what: "the stake that the raised commission applies to, in lamports,".into(),
                expected: format!("at most the minimum of {minimum}"),
                found: exposed.to_string(),
            });
        }
        let due = self.due_rewards(rewards, stakes, |vote| self.old_commission(vote));
        let paid = rewards.by_vote.get(&raised.vote).copied().unwrap_or(0);
        let lost = due.get(&raised.vote).copied().unwrap_or(0) - paid;
        self.raised = Some(Raised { lost: raised.lost + lost, exposed: raised.exposed.max(exposed), ..raised });
        Ok(())
    }
}

fn percent(basis_points: u16) -> Percent {
    Percent { part: basis_points.into(), whole: BASIS_POINTS.into() }
}
