//! `{"VOTE": WEIGHT, …}`, or a list of `{"vote": "VOTE", "weight": WEIGHT}`.

use {
    super::{Entry, vote},
    crate::commands::manage::set_weights::number::Number,
    serde::{
        Deserialize, Deserializer,
        de::{Error as _, MapAccess, SeqAccess, Visitor},
    },
    serde_json::value::RawValue,
    solana_address::Address,
    std::{collections::HashMap, fmt},
    tidepool_selection::{Place, Problem},
};

/// Reads the object or the list.
pub(super) fn parse(text: &str) -> Result<Vec<Entry>, Problem> {
    let Weights(weights) = serde_json::from_str(text).map_err(|error| {
        let message = error.to_string();
        let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
        let hint = if error.is_data() { "" } else { ": expected {\"VOTE\": WEIGHT, …}" };
        Problem::new(error.line().max(1), error.column().max(1), format!("{what}{hint}"))
    })?;
    let mut seen: HashMap<Address, usize> = HashMap::new();
    let entries = weights.into_iter().map(|(vote, weight)| {
        // An address stands nowhere else than in its entries: the place of the second entry is that of its second mention.
        let mention = seen.entry(vote).and_modify(|count| *count += 1).or_insert(0);
        let name = vote.to_string();
        let offset = text.match_indices(&name).nth(*mention).map_or(0, |(offset, _)| offset);
        Entry { vote, weight, place: Place::of(text, offset) }
    });
    Ok(entries.collect())
}

/// The weights in the order of the file, those that come twice included.
struct Weights(Vec<(Address, Number)>);

impl<'de> Deserialize<'de> for Weights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WeightsVisitor)
    }
}

struct WeightsVisitor;

impl<'de> Visitor<'de> for WeightsVisitor {
    type Value = Weights;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of weights by vote account, or a list of objects with vote and weight")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Weights, A::Error> {
        let mut weights = vec![];
        while let Some(Vote(vote)) = map.next_key()? {
            let Weight(weight) = map.next_value()?;
            weights.push((vote, weight));
        }
        Ok(Weights(weights))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Weights, A::Error> {
        let mut weights = vec![];
        while let Some(Item { vote: Vote(vote), weight: Weight(weight) }) = list.next_element()? {
            weights.push((vote, weight));
        }
        Ok(Weights(weights))
    }
}

#[derive(Deserialize)]
struct Item {
    #[serde(alias = "vote_account", alias = "validator")]
    vote: Vote,
    weight: Weight,
}

struct Vote(Address);

impl<'de> Deserialize<'de> for Vote {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        vote(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

struct Weight(Number);

impl<'de> Deserialize<'de> for Weight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The text of the number, so that it is read exactly.
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let text = raw.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(raw);
        text.parse().map(Self).map_err(D::Error::custom)
    }
}
