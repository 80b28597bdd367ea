//! Whole numbers that readers of JSON lose digits of.

use serde_json::{Map, Value};

/// The largest whole number below which a double, and with it a number of JavaScript, holds every other.
const MOST_EXACT: u64 = (1 << 53) - 1;

/// Suffix of the field that holds the digits as a string.
const SUFFIX: &str = "_string";

/// Adds a string copy beside each field that holds a whole number beyond 2^53 - 1: `lamports_string` beside `lamports`. A list with
/// such a number gets a list of strings.
pub fn with_string_copies(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let copies =
                fields.iter().filter_map(|(name, value)| Some((format!("{name}{SUFFIX}"), string_copy(value)?)));
            let fields: Map<_, _> =
                fields.iter().map(|(name, value)| (name.clone(), with_string_copies(value))).chain(copies).collect();
            Value::Object(fields)
        }
        Value::Array(values) => Value::Array(values.iter().map(with_string_copies).collect()),
        value => value.clone(),
    }
}

/// The string copy of a field; `None` where the field needs none.
fn string_copy(value: &Value) -> Option<Value> {
    match value {
        Value::Number(number) if is_large(value) => Some(Value::String(number.to_string())),
        Value::Array(values) if values.iter().any(is_large) => {
            let text = |value: &Value| if value.is_number() { Value::String(value.to_string()) } else { value.clone() };
            Some(Value::Array(values.iter().map(text).collect()))
        }
        _ => None,
    }
}

fn is_large(value: &Value) -> bool {
    value.as_u64().or_else(|| value.as_i64().map(i64::unsigned_abs)).is_some_and(|number| number > MOST_EXACT)
}

#[cfg(test)]
mod tests {
    use {super::*, serde_json::json};

    #[test]
    fn only_large_whole_numbers_have_a_string_copy() {
        let exact = json!({ "lamports": MOST_EXACT, "share": 1e30, "list": [1, -2, "x"], "none": null });
        assert_eq!(with_string_copies(&exact), exact);
        let large = json!({ "stake": [{ "lamports": u64::MAX, "off": -9_007_199_254_740_992_i64 }], "all": [1, MOST_EXACT + 1] });
        assert_eq!(
            with_string_copies(&large),
            json!({
                "stake": [{
                    "lamports": u64::MAX,
                    "lamports_string": "18446744073709551615",
                    "off": -9_007_199_254_740_992_i64,
                    "off_string": "-9007199254740992",
                }],
                "all": [1, 9_007_199_254_740_992_u64],
                "all_string": ["1", "9007199254740992"],
            })
        );
    }
}
