//! Demotion of validators. The manager sets the policy; a demotion is permissionless.

use {
    super::accounts::accounts,
    crate::{
        announcement::AnnouncedChange,
        checks::require_extension,
        compute,
        error::PlanError,
        pool::PoolSnapshot,
        transaction::{InstructionGroup, Step},
    },
    solana_address::Address,
    tidepool_core::rebalance::BASIS_POINTS,
    tidepool_interface::{
        instruction::{DemoteValidatorAccounts, ExtensionInstruction, SetDemotionPolicyAccounts},
        state::{COOLDOWN_EPOCHS_MAX, Ceiling, DemotionGround, DemotionPolicy, EPOCHS_WITHOUT_CREDITS_MAX},
    },
};

/// Sets the demotion policy, or announces it ([`InstructionGroup::effect`]). The manager signs.
///
/// # Errors
/// Refusals: `NotExtended`, `InvalidDemotionPolicy`, `NoticeNotOver`.
pub fn set_demotion_policy(snapshot: &PoolSnapshot, policy: &DemotionPolicy) -> Result<InstructionGroup, PlanError> {
    let old = require_extension(snapshot)?.demotion;
    check_range(policy)?;
    let accounts = accounts! { snapshot => SetDemotionPolicyAccounts { pool, manager } };
    let instruction = ExtensionInstruction::SetDemotionPolicy { policy: *policy };
    let group = InstructionGroup::one(
        "set the demotion policy",
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::EXTENSION,
    );
    if *policy == old { Ok(group) } else { snapshot.announcing(&AnnouncedChange::DemotionPolicy(*policy), group) }
}

/// [`DemotionPolicy::check`], with the name of the invalid value and its range.
fn check_range(policy: &DemotionPolicy) -> Result<(), PlanError> {
    policy.check().map_err(|error| {
        let most = |name: &str, asked: u64, most: u64, unit: &str| {
            (asked > most).then(|| format!("the {name} is {asked} {unit}: use at most {most}"))
        };
        let points = |ceiling: Ceiling| ceiling.get().unwrap_or(0).into();
        let whole = BASIS_POINTS.into();
        let context =
            most("commission on inflation rewards", points(policy.inflation_commission), whole, "basis points")
                .or_else(|| most("commission on block revenue", points(policy.block_commission), whole, "basis points"))
                .or_else(|| {
                    let idle = policy.epochs_without_credits.into();
                    most("time without vote credits", idle, EPOCHS_WITHOUT_CREDITS_MAX.into(), "epochs")
                })
                .or_else(|| most("cooldown", policy.cooldown_epochs.get().into(), COOLDOWN_EPOCHS_MAX.into(), "epochs"))
                .or_else(|| most("stake in an epoch", policy.max_stake.get().into(), whole, "basis points"));
        PlanError::refused(error, context.unwrap_or_else(|| error.message().to_owned()))
    })
}

/// A validator that can be demoted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Demotion {
    /// Index of its record in the list.
    pub index: usize,
    /// Its vote account.
    pub vote: Address,
    /// The ground; the worst one if there are several.
    pub ground: DemotionGround,
    /// Index and vote account of another validator, which earned credits meanwhile. Only for
    /// [`DemotionGround::NoCredits`].
    pub peer: Option<(usize, Address)>,
    /// Lamports of the pool with the validator, rents included.
    pub lamports: u64,
}

/// Demotes a validator. [`crate::plan::demotions`] finds those that can be demoted; this function checks nothing.
pub fn demote_validator(snapshot: &PoolSnapshot, demotion: &Demotion) -> InstructionGroup {
    let Demotion { index, vote, ground, peer, .. } = *demotion;
    let accounts = accounts! { snapshot => DemoteValidatorAccounts {
        pool, validator_list, vote: vote, peer_vote: peer.map(|(_, vote)| vote),
    } };
    // A list has fewer than 2^32 records.
    let peer_index = peer.map_or(0, |(index, _)| index as u32);
    let instruction = ExtensionInstruction::DemoteValidator { index: index as u32, peer_index, ground };
    let epochs = snapshot.extension().map_or(0, |extension| extension.demotion.epochs_without_credits);
    InstructionGroup::one(
        format!("demote validator {vote}"),
        instruction.with_accounts(&snapshot.program_id(), accounts.metas()),
        compute::demote_validator(if peer.is_some() { epochs } else { 0 }),
    )
    .step(Step::Demote { vote, ground })
}
