//! Demotion policies and demoted validators, as answers show them.

use {
    crate::{
        message::extension::{ground_id, ground_name},
        output::{Line, Text},
        units::sol,
    },
    serde::Serialize,
    solana_address::Address,
    tidepool_client::{actions, pool::PoolSnapshot, words::demotion_rows},
    tidepool_interface::state,
};

/// A demotion policy: `null` or 0 for a rule that is not set.
#[derive(Debug, Eq, PartialEq, Serialize)]
pub struct DemotionPolicy {
    max_inflation_commission_basis_points: Option<u16>,
    max_block_commission_basis_points: Option<u16>,
    /// Complete epochs in a row without vote credits that demote.
    epochs_without_credits: u8,
    requires_bls_key: bool,
    /// Epochs after a demotion in which the staker cannot reinstate the validator.
    cooldown_epochs: u16,
    /// Most demotions in one epoch; 0 for none at all.
    max_validators: u16,
    /// Most stake that can be demoted in one epoch, as a share of the pool.
    max_stake_basis_points: u16,
    #[serde(skip)]
    rows: Vec<Line>,
}

impl From<&state::DemotionPolicy> for DemotionPolicy {
    fn from(policy: &state::DemotionPolicy) -> Self {
        Self {
            max_inflation_commission_basis_points: policy.inflation_commission.get(),
            max_block_commission_basis_points: policy.block_commission.get(),
            epochs_without_credits: policy.epochs_without_credits,
            requires_bls_key: policy.requires_bls_key == 1,
            cooldown_epochs: policy.cooldown_epochs.get(),
            max_validators: policy.max_validators.get(),
            max_stake_basis_points: policy.max_stake.get(),
            rows: demotion_rows(policy),
        }
    }
}

impl DemotionPolicy {
    /// The rules that are set, for a person; none if no validator can be demoted.
    pub fn lines(&self) -> &[Line] {
        &self.rows
    }
}

/// A validator that was demoted.
#[derive(Clone, Debug, Serialize)]
pub struct Demotion {
    vote: Text<Address>,
    ground: &'static str,
    lamports: u64,
    #[serde(skip)]
    sentence: String,
}

impl From<&actions::Demotion> for Demotion {
    fn from(demotion: &actions::Demotion) -> Self {
        let (vote, lamports) = (demotion.vote, demotion.lamports);
        Self {
            vote: Text(vote),
            ground: ground_id(demotion.ground),
            lamports,
            sentence: format!("{vote} with {}: {}", sol(lamports), ground_name(demotion.ground)),
        }
    }
}

impl Demotion {
    /// Its vote account.
    pub const fn vote(&self) -> Address {
        self.vote.0
    }

    /// The validator and the ground.
    pub fn line(&self) -> String {
        self.sentence.clone()
    }
}

/// Number of active validators that are demoted.
pub fn demoted_validators(snapshot: &PoolSnapshot) -> usize {
    let records = snapshot.records().iter();
    records.filter(|record| record.is_active() && snapshot.demotion_of(record).is_some()).count()
}
