//! The steps from a pool as it is to a pool as it is to be.

mod limits;
mod settings;
mod validators;
mod weights;

use {
    super::{Difference, Fault, Live, Part, Setting, Value, live::announcement_kind},
    crate::{
        announcement::Effect,
        error::{PlanError, WeightsError},
        plan::{InstructionGroup, Plan},
    },
    solana_address::Address,
    std::collections::BTreeSet,
    tidepool_interface::{ExtensionError, StakePoolError, instruction::PreferredValidatorType},
};

/// A step: instructions that change some parts, or the reason why they have to wait.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// What it does.
    pub kind: StepKind,
    /// The parts that it changes.
    pub parts: Vec<Part>,
    /// Who signs, besides the fee payer.
    pub signers: BTreeSet<Address>,
    /// Upper bound of the lamports that the fee payer pays besides fees, for rent and charges.
    pub payer_lamports: u64,
    /// Whether it can be sent.
    pub state: State,
}

/// What a step does. The order is that in which steps are sent.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum StepKind {
    /// Sets a fee or a referral share.
    Fee(Setting),
    /// Sets an authority of deposits or withdrawals.
    FundingAuthority(Setting),
    /// Creates or updates the metadata of the pool token.
    Metadata,
    /// Sets the demotion policy.
    DemotionPolicy,
    /// Sets the rebalance policy.
    Policy,
    /// Adds validators, each with the minimum stake from the reserve.
    AddValidators,
    /// Removes validators: their stake deactivates.
    RemoveValidators,
    /// Decreases the stake of a validator that is to be removed, within the turnover budget.
    Decrease,
    /// Sets weights.
    Weights,
    /// Ends the pause of rebalances that setting weights has begun.
    EndPause,
    /// Sets or unsets a preferred validator.
    Preferred(Setting),
    /// Tightens limits.
    Limits,
    /// Hands over the place of the guardian.
    Guardian,
    /// Sets the staker.
    Staker,
    /// Sets the manager and its fee account.
    Manager,
}

impl StepKind {
    /// The turn of steps of this kind. Those of one turn are independent; limits come after the changes that they would hinder,
    /// and authorities last.
    pub const fn turn(self) -> u8 {
        match self {
            Self::Fee(_)
            | Self::FundingAuthority(_)
            | Self::Metadata
            | Self::DemotionPolicy
            | Self::Policy
            | Self::AddValidators
            | Self::RemoveValidators
            | Self::Decrease => 0,
            Self::Weights | Self::EndPause => 1,
            Self::Preferred(_) => 2,
            Self::Limits | Self::Guardian => 3,
            Self::Staker => 4,
            Self::Manager => 5,
        }
    }
}

/// Whether a step can be sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum State {
    /// Now.
    Ready {
        /// Its transactions.
        plan: Plan,
        /// Whether it makes the change, or only announces it.
        effect: Effect,
    },
    /// Later.
    Waits(Wait),
}

/// What a step waits for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Wait {
    /// The end of the notice of an announced change.
    Notice {
        /// The first epoch in which it can be made.
        from_epoch: u64,
        /// Unix time in seconds, from which on it can be made.
        from_timestamp: i64,
    },
    /// An update of the pool, which is stale.
    Update,
    /// The end of the distribution of epoch rewards.
    Rewards,
    /// An update in this epoch.
    Epoch {
        /// The epoch.
        epoch: u64,
        /// The reason, which begins in lower case.
        why: String,
    },
    /// Other steps.
    Steps {
        /// The reason, which begins in lower case.
        why: &'static str,
    },
    /// Lamports in the reserve.
    Reserve {
        /// Lamports that it needs above those that it can spare.
        missing: u64,
    },
}

/// What steps are made from.
struct Maker<'a> {
    live: &'a Live,
    differences: &'a [Difference],
    payer: Address,
    /// Keys at hand, for a step that one of several can sign.
    keys: &'a [Address],
    steps: Vec<Step>,
}

/// Plans the steps that settle `differences`, in the order in which they can be sent. `payer` pays the fees. Of two keys that can
/// sign a step, one of `keys` does.
///
/// Steps of one [turn](StepKind::turn) are independent. A step can need the result of others: it [waits](State::Waits) until the pool is
/// read again.
///
/// # Errors
/// A [`Fault`] if a part can never become what it is to be: the planner's refusal.
pub fn steps(live: &Live, differences: &[Difference], payer: &Address, keys: &[Address]) -> Result<Vec<Step>, Fault> {
    let mut maker = Maker { live, differences, payer: *payer, keys, steps: vec![] };
    maker.fees()?;
    maker.funding_authorities()?;
    maker.metadata()?;
    maker.demotion_policy()?;
    maker.policy()?;
    maker.additions()?;
    maker.removals()?;
    maker.weights()?;
    maker.preferred()?;
    maker.limits()?;
    maker.staker()?;
    maker.manager()?;
    let mut steps = maker.steps;
    steps.sort_by_key(|step| step.kind.turn());
    Ok(steps)
}

impl<'a> Maker<'a> {
    fn manager_key(&self) -> Address {
        self.live.snapshot.pool().head.manager
    }

    fn staker_key(&self) -> Address {
        self.live.snapshot.pool().head.staker
    }

    /// The difference of a setting.
    fn of(&self, setting: Setting) -> Option<&'a Difference> {
        self.differences.iter().find(|difference| difference.part == Part::Setting(setting))
    }

    /// The settings of a section that differ.
    fn of_section(&self, section: &str) -> Vec<(Setting, &'a Value)> {
        let settings = self.differences.iter().filter_map(|difference| match difference.part {
            Part::Setting(setting) if setting.section() == section => Some((setting, &difference.after)),
            _ => None,
        });
        settings.collect()
    }

    /// Validators that differ, with their weights before and after.
    fn validators(&self) -> impl Iterator<Item = (Address, Option<u16>, Option<u16>)> + use<'a> {
        self.differences.iter().filter_map(|difference| {
            match (difference.part, &difference.before, &difference.after) {
                (Part::Validator(vote), Value::Weight(before), Value::Weight(after)) => Some((vote, *before, *after)),
                _ => None,
            }
        })
    }

    /// Whether a step of that kind can be sent now.
    fn is_ready(&self, kind: StepKind) -> bool {
        self.steps.iter().any(|step| step.kind == kind && matches!(step.state, State::Ready { .. }))
    }

    /// Adds a step that `signers` sign, from what the planner answers.
    fn add(
        &mut self,
        kind: StepKind,
        parts: Vec<Part>,
        signers: &[Address],
        planned: Result<InstructionGroup, PlanError>,
    ) -> Result<(), Fault> {
        let state = match planned {
            Ok(group) => ready(group),
            Err(error) => self.waits(&parts, error)?,
        };
        self.push(kind, parts, signers, state);
        Ok(())
    }

    fn push(&mut self, kind: StepKind, parts: Vec<Part>, signers: &[Address], state: State) {
        let signers = signers.iter().copied().collect();
        self.steps.push(Step { kind, parts, signers, payer_lamports: 0, state });
    }

    /// What a refused step waits for, if waiting helps.
    fn waits(&self, parts: &[Part], error: PlanError) -> Result<State, Fault> {
        if matches!(error, PlanError::EpochRewardsActive { .. }) {
            return Ok(State::Waits(Wait::Rewards));
        }
        if error.stake_pool_error() == Some(StakePoolError::StakeListAndPoolOutOfDate) {
            return Ok(State::Waits(Wait::Update));
        }
        let first = parts.first().copied();
        let notice = first.and_then(|part| match part {
            Part::Setting(setting) => announcement_kind(setting),
            Part::Validator(_) => None,
        });
        if let (Some(ExtensionError::NoticeNotOver), Some(kind)) = (error.extension_error(), notice)
            && let Some((_, found)) = self.live.snapshot.announcements().find(|(announced, _)| *announced == kind)
        {
            return Ok(State::Waits(Wait::Notice {
                from_epoch: found.from_epoch.get(),
                from_timestamp: found.from_timestamp.get(),
            }));
        }
        Err(Fault::new(first.unwrap_or(Part::Setting(Setting::Manager)), error))
    }
}

fn ready(group: InstructionGroup) -> State {
    let effect = group.effect();
    State::Ready { plan: Plan::one(group.label.clone(), group), effect }
}

fn is_cap_too_low(error: &PlanError) -> bool {
    matches!(error, PlanError::Weights(WeightsError::CapTooLow { .. }))
}

const fn preference(setting: Setting) -> PreferredValidatorType {
    match setting {
        Setting::PreferredDeposit => PreferredValidatorType::Deposit,
        _ => PreferredValidatorType::Withdraw,
    }
}
