//! Facts about validators, as a cluster reports them.

use {
    crate::{
        digest::{Digest, digest},
        expression::{Kind, Value},
        place::{Problem, decode},
    },
    serde::{Deserialize, Serialize},
    solana_address::Address,
    std::collections::BTreeMap,
};

/// Version of the file that [`Facts::to_file`] writes.
pub const FACTS_FORMAT: u32 = 1;

const LAMPORTS_PER_SOL: f64 = 1e9;

/// Part of the block revenue that a validator keeps before version 4 of the vote account, in basis points.
const ALL_BLOCK_REVENUE: u16 = 10_000;

/// What was read of a cluster and of a pool.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// [`FACTS_FORMAT`].
    pub format: u32,
    /// The epoch in which they were read.
    pub epoch: u64,
    /// The pool, if one was named.
    #[serde(with = "text::option")]
    pub pool: Option<Address>,
    /// The validators. [`Facts::sort`] gives them their order.
    pub validators: Vec<Validator>,
}

/// The facts of a validator. `None`: the cluster does not report it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Validator {
    /// Its vote account.
    #[serde(with = "text")]
    pub vote: Address,
    /// What the account is, if stake cannot be delegated to it; after "its account is".
    pub not_delegable: Option<String>,
    /// Its identity.
    #[serde(with = "text::option")]
    pub identity: Option<Address>,
    /// Its part of the inflation rewards, in basis points.
    pub commission_bps: Option<u16>,
    /// Its part of the block revenue, in basis points; `None` before version 4 of the vote account.
    pub block_commission_bps: Option<u16>,
    /// Whether it has a BLS key.
    pub bls_key: Option<bool>,
    /// Whether it is in the validator set of the epoch.
    pub admitted: Option<bool>,
    /// Whether it votes.
    pub voting: Option<bool>,
    /// Lamports delegated to it, by all.
    pub stake_lamports: Option<u64>,
    /// Version of its software, from gossip.
    pub version: Option<String>,
    /// Credits that it earned, by epoch. Epochs without any may be left out.
    pub credits: Vec<EpochCredits>,
    /// Its place in the pool, if it has one.
    pub in_pool: Option<InPool>,
}

/// Credits of an epoch.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct EpochCredits(pub u64, pub u64);

/// A validator's place in a pool.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct InPool {
    /// Its weight.
    pub weight: u16,
    /// Lamports of the pool with it, transient stake included.
    pub stake_lamports: u64,
    /// The epoch of its demotion, if it is demoted.
    pub demoted_in_epoch: Option<u64>,
    /// Whether it is being removed from the pool.
    pub leaving: bool,
}

/// Addresses in base58.
mod text {
    use {
        serde::{Deserialize, Deserializer, Serializer, de::Error},
        solana_address::Address,
    };

    pub fn serialize<S: Serializer>(address: &Address, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(address)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| D::Error::custom(format!("invalid address \"{text}\"")))
    }

    pub mod option {
        use super::{Address, Deserialize as _, Deserializer, Error as _, Serializer};

        pub fn serialize<S: Serializer>(address: &Option<Address>, serializer: S) -> Result<S::Ok, S::Error> {
            match address {
                Some(address) => serializer.collect_str(address),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Address>, D::Error> {
            let text = Option::<String>::deserialize(deserializer)?;
            let parse =
                |text: String| text.parse().map_err(|_| D::Error::custom(format!("invalid address \"{text}\"")));
            text.map(parse).transpose()
        }
    }
}

impl Facts {
    /// Sorts validators by vote account and credits by epoch: the order in which the source lists them has no effect.
    pub fn sort(&mut self) {
        self.validators.sort_by_cached_key(|validator| validator.vote.to_string());
        for validator in &mut self.validators {
            validator.credits.sort_unstable_by_key(|credits| credits.0);
        }
    }

    /// The bytes of a file, with a line for each validator.
    pub fn to_file(&self) -> String {
        let line = |validator| serde_json::to_string(validator).expect("facts have string keys");
        let pool = self.pool.map_or("null".to_owned(), |pool| format!("\"{pool}\""));
        let validators: Vec<_> = self.validators.iter().map(line).collect();
        format!(
            "{{\"format\":{},\"epoch\":{},\"pool\":{pool},\"validators\":[\n{}\n]}}\n",
            self.format,
            self.epoch,
            validators.join(",\n")
        )
    }

    /// Reads the bytes of such a file.
    ///
    /// # Errors
    /// Another shape or version, and duplicate validators.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let text = decode(bytes)?;
        let mut facts: Self = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
            let what = format!("{what}: expected a file that `tidepool select --save-facts` wrote");
            Problem::new(error.line().max(1), error.column().max(1), what)
        })?;
        if facts.format != FACTS_FORMAT {
            let what = format!("facts of format {}: this version reads format {FACTS_FORMAT}", facts.format);
            return Err(Problem::new(1, 1, what));
        }
        facts.sort();
        if let Some(pair) = facts.validators.windows(2).find(|pair| pair[0].vote == pair[1].vote) {
            let vote = pair[0].vote.to_string();
            let offset = text.match_indices(&vote).nth(1).map_or(0, |(offset, _)| offset);
            let place = crate::place::Place::of(text, offset);
            return Err(Problem::at(place, format!("duplicate validator {vote}: remove one of its lines")));
        }
        Ok(facts)
    }

    /// The digest of the file with these facts.
    pub fn digest(&self) -> Digest {
        digest(self.to_file().as_bytes())
    }

    /// Whether any validator of the pool has a weight. Without one, every validator of the pool counts as chosen.
    pub(crate) fn has_weights(&self) -> bool {
        self.validators.iter().filter_map(|validator| validator.in_pool).any(|place| place.weight > 0)
    }
}

/// The facts that expressions name, and their kinds.
pub(crate) const NAMES: [(&str, Kind); 19] = [
    ("vote", Kind::Text),
    ("identity", Kind::Text),
    ("commission_bps", Kind::Number),
    ("block_commission_bps", Kind::Number),
    ("bls_key", Kind::Truth),
    ("admitted", Kind::Truth),
    ("voting", Kind::Truth),
    ("stake_sol", Kind::Number),
    ("stake_share", Kind::Number),
    ("version", Kind::Text),
    ("in_gossip", Kind::Truth),
    ("credits_of_best", Kind::Number),
    ("credits_of_mean", Kind::Number),
    ("epochs_with_credits", Kind::Number),
    ("in_pool", Kind::Truth),
    ("pool_weight", Kind::Number),
    ("pool_stake_sol", Kind::Number),
    ("pool_share", Kind::Number),
    ("demoted", Kind::Truth),
];

/// Sums and bests over all validators.
pub(crate) struct Whole {
    stake: f64,
    pool_stake: f64,
    /// Credits of the last completed epochs with credits: epoch, best, mean of those with credits.
    epochs: Vec<(u64, f64, f64)>,
}

impl Whole {
    pub fn of(facts: &Facts, credits_epochs: u64) -> Self {
        let mut credits: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for EpochCredits(epoch, earned) in facts.validators.iter().flat_map(|validator| &validator.credits) {
            if *epoch < facts.epoch && *epoch >= facts.epoch.saturating_sub(credits_epochs) && *earned > 0 {
                credits.entry(*epoch).or_default().push(*earned);
            }
        }
        let summary = |(epoch, earned): (u64, Vec<u64>)| {
            let best = earned.iter().max().map_or(0.0, |best| *best as f64);
            let sum: u128 = earned.iter().map(|earned| u128::from(*earned)).sum();
            (epoch, best, sum as f64 / earned.len() as f64)
        };
        let sol = |lamports: u128| lamports as f64 / LAMPORTS_PER_SOL;
        let stake = facts.validators.iter().filter_map(|validator| validator.stake_lamports);
        let pool_stake = facts.validators.iter().filter_map(|validator| validator.in_pool);
        Self {
            stake: sol(stake.map(u128::from).sum()),
            pool_stake: sol(pool_stake.map(|place| u128::from(place.stake_lamports)).sum()),
            epochs: credits.into_iter().map(summary).collect(),
        }
    }
}

impl Validator {
    /// Its values, in the order of [`NAMES`].
    pub(crate) fn values(&self, whole: &Whole) -> Vec<Option<Value>> {
        let truth = |value: Option<bool>| value.map(Value::Truth);
        let number = |value: Option<f64>| value.map(Value::Number);
        let text = |value: Option<String>| value.map(Value::Text);
        let sol = |lamports: u64| lamports as f64 / LAMPORTS_PER_SOL;
        let share = |part: f64, of: f64| (of > 0.0).then(|| part / of);
        let is_open = self.not_delegable.is_none();
        let block_commission = self.block_commission_bps.unwrap_or(ALL_BLOCK_REVENUE);
        let place = self.in_pool.filter(|place| !place.leaving);
        let stake = self.stake_lamports.map(sol);
        let pool_stake = self.in_pool.map_or(0.0, |place| sol(place.stake_lamports));
        vec![
            text(Some(self.vote.to_string())),
            text(self.identity.map(|identity| identity.to_string())),
            number(self.commission_bps.map(f64::from)),
            number(is_open.then(|| f64::from(block_commission))),
            truth(self.bls_key),
            truth(self.admitted),
            truth(self.voting),
            number(stake),
            number(stake.and_then(|stake| share(stake, whole.stake))),
            text(self.version.clone()),
            truth(Some(self.version.is_some())),
            number(self.relative_credits(whole, |(_, best, _)| *best)),
            number(self.relative_credits(whole, |(_, _, mean)| *mean)),
            number(Some(whole.epochs.iter().filter(|(epoch, ..)| self.credits_in(*epoch) > 0).count() as f64)),
            truth(Some(place.is_some())),
            number(Some(place.map_or(0.0, |place| f64::from(place.weight)))),
            number(Some(pool_stake)),
            number(Some(share(pool_stake, whole.pool_stake).unwrap_or(0.0))),
            truth(Some(place.is_some_and(|place| place.demoted_in_epoch.is_some()))),
        ]
    }

    /// An epoch can have two entries where the unit of credits changes: the later one counts.
    fn credits_in(&self, epoch: u64) -> u64 {
        self.credits.iter().rev().find(|credits| credits.0 == epoch).map_or(0, |credits| credits.1)
    }

    /// Mean over the epochs of its credits as a part of others'. Only credits of one epoch are compared: their unit can change.
    fn relative_credits(&self, whole: &Whole, other: fn(&(u64, f64, f64)) -> f64) -> Option<f64> {
        let parts = whole.epochs.iter().map(|summary| self.credits_in(summary.0) as f64 / other(summary));
        (!whole.epochs.is_empty()).then(|| parts.sum::<f64>() / whole.epochs.len() as f64)
    }
}
