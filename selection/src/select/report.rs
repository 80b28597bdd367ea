//! Selections, in figures and sentences.

use {
    super::{Inputs, candidates::Candidate, weigh::Weighed},
    crate::{
        digest::{Digest, digest},
        facts::{Facts, Validator},
        policy::Share,
    },
    serde::{Serialize, Serializer},
    solana_address::Address,
};

/// Chosen validators with their weights, and why others were not chosen.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Selection {
    /// The epoch of the facts.
    pub epoch: u64,
    /// The pool, if the facts name one.
    #[serde(serialize_with = "as_text")]
    pub pool: Option<Address>,
    /// Digests of all inputs.
    #[serde(flatten)]
    pub digests: Digests,
    /// Validators that were read.
    pub read: usize,
    /// Sum of the weights.
    pub sum_of_weights: u64,
    /// Those chosen, by vote account.
    pub chosen: Vec<Chosen>,
    /// Caps and minimums that changed weights.
    pub caps: Vec<Cap>,
    /// Those excluded, by vote account.
    pub excluded: Vec<Excluded>,
}

/// Digests of the inputs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Digests {
    /// Of the policy file.
    pub policy_sha256: Digest,
    /// Of the facts as a file.
    pub facts_sha256: Digest,
    /// Of the data files, in the order given.
    pub data: Vec<DataDigest>,
}

/// Digest of a data file.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct DataDigest {
    /// Its name.
    pub file: String,
    /// Its digest.
    pub sha256: Digest,
}

/// A chosen validator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Chosen {
    /// Its vote account.
    #[serde(serialize_with = "address_as_text")]
    pub vote: Address,
    /// Its weight.
    pub weight: u16,
    /// Its weight in the pool at present.
    pub weight_before: u16,
    /// Whether it is in the pool. The others have to be added before they can have a weight.
    pub in_pool: bool,
    /// The value by which it ranks.
    pub rank_value: f64,
    /// Its share by the formula alone, in millionths.
    pub formula_millionths: u32,
}

/// A validator that was not chosen.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Excluded {
    /// Its vote account.
    #[serde(serialize_with = "address_as_text")]
    pub vote: Address,
    /// Its weight in the pool at present.
    pub weight_before: u16,
    /// Whether it is in the pool.
    pub in_pool: bool,
    /// The kind of the reason.
    pub reason: Reason,
    /// The reason, about "it".
    pub sentence: String,
}

/// A kind of reason for which a validator is excluded.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The policy lists it in `never`.
    Never,
    /// No stake can be delegated to it.
    NotDelegable,
    /// It is being removed from the pool.
    Leaving,
    /// It is demoted.
    Demoted,
    /// A rule.
    Rule,
    /// It has no value for a fact that an expression needs.
    MissingFact,
    /// Its weight by the formula is 0.
    NoWeight,
    /// Too many rank higher.
    Count,
    /// Too many of a group rank higher.
    GroupCount,
}

/// A limit that changed weights.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Cap {
    /// The group, `weight.maximum` or `weight.minimum`.
    pub limit: String,
    /// The value of the group, or the vote account.
    pub value: String,
    /// Validators that it holds.
    pub validators: usize,
    /// The limit, in millionths of the sum of weights.
    pub limit_millionths: u32,
    /// The share by the formula alone, in millionths.
    pub formula_millionths: u32,
    /// The share that results, in millionths.
    pub millionths: u32,
    /// The same in words.
    pub sentence: String,
}

fn address_as_text<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(address)
}

fn as_text<S: Serializer>(address: &Option<Address>, serializer: S) -> Result<S::Ok, S::Error> {
    match address {
        Some(address) => serializer.collect_str(address),
        None => serializer.serialize_none(),
    }
}

impl Digests {
    pub(super) fn of(inputs: &Inputs<'_>, facts: &Facts) -> Self {
        // Without its folder: the same file has the same name everywhere.
        let name = |file: &str| file.rsplit(['/', '\\']).next().unwrap_or(file).to_owned();
        let data = |table: &crate::data::Table| DataDigest { file: name(table.file()), sha256: table.digest() };
        Self {
            policy_sha256: digest(&inputs.policy.bytes),
            facts_sha256: facts.digest(),
            data: inputs.tables.iter().map(data).collect(),
        }
    }
}

impl Excluded {
    pub(super) fn new(validator: &Validator, reason: Reason, sentence: String) -> Self {
        let place = validator.in_pool.unwrap_or_default();
        let in_pool = validator.in_pool.is_some() && !place.leaving;
        Self { vote: validator.vote, weight_before: place.weight, in_pool, reason, sentence }
    }

    pub(super) fn of_candidate(candidate: &Candidate, reason: Reason, sentence: String) -> Self {
        let Candidate { vote, weight_before, in_pool, .. } = *candidate;
        Self { vote, weight_before, in_pool, reason, sentence }
    }
}

impl Selection {
    pub(super) fn new(
        digests: Digests,
        facts: &Facts,
        chosen: Vec<Candidate>,
        weighed: Weighed,
        mut excluded: Vec<Excluded>,
    ) -> Self {
        excluded.sort_by_cached_key(|validator| validator.vote.to_string());
        let chosen = chosen.iter().zip(&weighed.weights).zip(&weighed.formula).map(|((candidate, weight), formula)| {
            let Candidate { vote, weight_before, in_pool, rank_value, .. } = *candidate;
            let formula_millionths = millionths(*formula);
            Chosen { vote, weight: *weight, weight_before, in_pool, rank_value, formula_millionths }
        });
        Self {
            epoch: facts.epoch,
            pool: facts.pool,
            digests,
            read: facts.validators.len(),
            sum_of_weights: weighed.weights.iter().map(|weight| u64::from(*weight)).sum(),
            chosen: chosen.collect(),
            caps: weighed.caps,
            excluded,
        }
    }
}

/// A fraction in millionths, rounded.
pub(super) fn millionths(fraction: f64) -> u32 {
    // From 0 to a million.
    (fraction * f64::from(Share::WHOLE)).round().clamp(0.0, f64::from(Share::WHOLE)) as u32
}
