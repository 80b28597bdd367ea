//! A list of objects with a vote account, or an object of objects by vote account.

use {
    super::{Raw, RawValue, Rows, fact_name, is_vote, vote},
    crate::place::{Place, Problem},
    serde::{
        Deserialize, Deserializer,
        de::{MapAccess, SeqAccess, Visitor},
    },
    serde_json::value::RawValue as Slice,
    std::{collections::BTreeMap, fmt},
};

const SHAPE: &str = "expected [{\"vote\": \"…\", \"score\": 1}, …] or {\"VOTE\": {\"score\": 1}, …}";

pub fn parse(text: &str) -> Result<Rows, Problem> {
    let mut cursor = Cursor { text, offset: 0, place: Place { line: 1, column: 1 } };
    let Outer(entries) = serde_json::from_str(text).map_err(|error| problem(&error, Place { line: 1, column: 1 }))?;
    let mut names: BTreeMap<String, Place> = BTreeMap::new();
    let mut rows = vec![];
    for (key, slice) in entries {
        let place = cursor.place(key.unwrap_or_else(|| slice.get()));
        let start = cursor.place(slice.get());
        let Object(fields) = serde_json::from_str(slice.get()).map_err(|error| problem(&error, start))?;
        let (mut id, mut values) = (key.map(|key| (unquote(key), place)), BTreeMap::new());
        for (name, slice) in fields {
            let at = cursor.place(slice.get());
            if is_vote(&name) && key.is_none() && id.is_none() {
                id = Some((unquote(slice.get()), at));
                continue;
            }
            let fact = fact_name(&name);
            let Some(value) = scalar(slice.get()).filter(|_| !fact.is_empty()) else { continue };
            names.entry(fact.clone()).or_insert(at);
            if values.insert(fact, Raw { value, place: at }).is_some() {
                return Err(Problem::at(at, format!("duplicate field {name}: remove one")));
            }
        }
        let Some((id, at)) = id else {
            return Err(Problem::at(place, format!("an entry without the field vote or vote_account: {SHAPE}")));
        };
        rows.push((vote(&id, at)?, at, values));
    }
    let rows = rows
        .into_iter()
        .map(|(id, place, mut values)| (id, place, names.keys().map(|name| values.remove(name)).collect()))
        .collect();
    Ok(Rows { columns: names.into_iter().collect(), rows })
}

fn problem(error: &serde_json::Error, start: Place) -> Problem {
    let message = error.to_string();
    let what = message.rsplit_once(" at line ").map_or(message.as_str(), |(what, _)| what);
    let (line, column) = (error.line().max(1), error.column().max(1));
    let column = if line == 1 { start.column + column - 1 } else { column };
    Problem::new(start.line + line - 1, column, format!("{what}: {SHAPE}"))
}

/// Finds places of parts in the order in which the text has them: a file may be one long line.
struct Cursor<'a> {
    text: &'a str,
    offset: usize,
    place: Place,
}

impl Cursor<'_> {
    /// The place of a part of the text.
    fn place(&mut self, part: &str) -> Place {
        let offset = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        let Some(passed) = self.text.get(self.offset..offset) else { return Place::of(self.text, offset) };
        let Place { line, column } = Place::of(passed, passed.len());
        self.place = Place {
            line: self.place.line + line - 1,
            column: if line == 1 { self.place.column + column - 1 } else { column },
        };
        self.offset = offset;
        self.place
    }
}

fn unquote(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// A number, a text or a truth; `None` for null, an empty text, lists and objects.
fn scalar(json: &str) -> Option<RawValue> {
    match json.as_bytes().first()? {
        b't' => Some(RawValue::Truth(true)),
        b'f' => Some(RawValue::Truth(false)),
        b'n' | b'[' | b'{' => None,
        _ => Some(unquote(json))
            .filter(|text| json.starts_with('"') && !text.is_empty())
            .map(RawValue::Plain)
            .or_else(|| (!json.starts_with('"')).then(|| RawValue::Plain(json.to_owned()))),
    }
}

/// The entries: a key and an object, or an object alone.
struct Outer<'a>(Vec<(Option<&'a str>, &'a Slice)>);

impl<'de> Deserialize<'de> for Outer<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OuterVisitor)
    }
}

struct OuterVisitor;

impl<'de> Visitor<'de> for OuterVisitor {
    type Value = Outer<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("validators")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Outer<'de>, A::Error> {
        let mut entries = vec![];
        while let Some(key) = map.next_key::<&'de str>()? {
            entries.push((Some(key), map.next_value()?));
        }
        Ok(Outer(entries))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Outer<'de>, A::Error> {
        let mut entries = vec![];
        while let Some(slice) = list.next_element()? {
            entries.push((None, slice));
        }
        Ok(Outer(entries))
    }
}

/// The fields of an object, those that come twice included.
struct Object<'a>(Vec<(String, &'a Slice)>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with facts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
        let mut fields = vec![];
        while let Some(name) = map.next_key()? {
            fields.push((name, map.next_value()?));
        }
        Ok(Object(fields))
    }
}
