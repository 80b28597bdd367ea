//! Weights in a file: numbers, or shares that are 100 % together.

use {
    solana_address::Address,
    tidepool_client::{
        actions::weights::{self, RelativeWeight},
        error::WeightsError,
    },
    tidepool_interface::state::WEIGHT_MAX,
    tidepool_selection::{Place, Problem, Share},
};

/// Millionths that shares may fall short of the whole, since they are rounded.
const ROUNDING: u64 = 1_000;

/// A validator of a file.
pub struct Entry {
    pub vote: Address,
    pub text: String,
    pub place: Place,
}

/// The weights of all validators of the list that begins at `list`.
pub fn of(entries: &[Entry], list: Place) -> Result<Vec<(Address, u16)>, Problem> {
    let is_share = |entry: &Entry| entry.text.ends_with('%');
    if entries.iter().any(is_share) {
        if let Some(other) = entries.iter().find(|entry| !is_share(entry)) {
            let what = format!(
                "the weight {} is a number, and others are shares: use percentages for all, or for none",
                other.text
            );
            return Err(Problem::at(other.place, what));
        }
        return shares(entries, list);
    }
    let numbers = entries.iter().map(|entry| {
        let number =
            entry.text.parse::<RelativeWeight>().map_err(|error| Problem::at(entry.place, error.to_string()))?;
        Ok((entry.vote, number))
    });
    let numbers = numbers.collect::<Result<Vec<_>, Problem>>()?;
    // `3.0` is a whole number, too.
    let whole = |number: &RelativeWeight| number.to_string().parse().ok().filter(|weight| *weight <= WEIGHT_MAX);
    let stored: Option<Vec<(Address, u16)>> =
        numbers.iter().map(|(vote, number)| Some((*vote, whole(number)?))).collect();
    match stored {
        Some(stored) => Ok(stored),
        None => scaled(entries, &numbers, list),
    }
}

fn shares(entries: &[Entry], list: Place) -> Result<Vec<(Address, u16)>, Problem> {
    let (mut sum, mut numbers) = (0u64, vec![]);
    for entry in entries {
        let share: Share = entry.text.parse().map_err(|what: String| Problem::at(entry.place, what))?;
        sum = sum.saturating_add(share.millionths().into());
        if sum > Share::WHOLE.into() {
            let what =
                format!("with this validator the shares are more than 100 % together ({}): lower some", percent(sum));
            return Err(Problem::at(entry.place, what));
        }
        numbers.push((entry.vote, RelativeWeight::from(u64::from(share.millionths()))));
    }
    if sum.saturating_add(ROUNDING) < Share::WHOLE.into() {
        let what = format!("the shares of all validators are {} together: they have to be 100 %", percent(sum));
        return Err(Problem::at(list, what));
    }
    scaled(entries, &numbers, list)
}

fn scaled(
    entries: &[Entry],
    numbers: &[(Address, RelativeWeight)],
    list: Place,
) -> Result<Vec<(Address, u16)>, Problem> {
    weights::relative(numbers).map_err(|error| {
        let named = match &error {
            WeightsError::RoundsToZero { vote, .. } => entries.iter().find(|entry| entry.vote == *vote),
            _ => None,
        };
        Problem::at(named.map_or(list, |entry| entry.place), error.to_string())
    })
}

fn percent(millionths: u64) -> String {
    format!("{}.{:04} %", millionths / 10_000, millionths % 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(texts: &[&str]) -> Vec<Entry> {
        let entry = |(index, text): (usize, &&str)| Entry {
            vote: Address::new_from_array([index as u8 + 1; 32]),
            text: (*text).to_owned(),
            place: Place { line: index + 2, column: 1 },
        };
        texts.iter().enumerate().map(entry).collect()
    }

    fn read(texts: &[&str]) -> Result<Vec<u16>, String> {
        let read = of(&entries(texts), Place { line: 1, column: 1 });
        read.map(|weights| weights.into_iter().map(|(_, weight)| weight).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn numbers_that_can_be_stored_stay() {
        assert_eq!(read(&["3", "0", "32767", "1e3"]), Ok(vec![3, 0, 32_767, 1_000]));
        assert_eq!(read(&["0.5", "0.25"]), Ok(vec![2, 1]));
        assert_eq!(read(&[]), Ok(vec![]));
    }

    #[test]
    fn shares_are_the_whole_together() {
        assert_eq!(read(&["75%", "25%"]), Ok(vec![3, 1]));
        assert!(read(&["33.33%", "33.33%", "33.34%"]).is_ok());
        assert!(read(&["33.33%", "33.33%", "33.33%"]).is_ok(), "rounded");
        let error = read(&["60%", "30%", "10.0001%"]).unwrap_err();
        assert!(error.starts_with("line 4, column 1: ") && error.contains("more than 100 %"), "{error}");
        let error = read(&["60%", "30%"]).unwrap_err();
        assert!(error.starts_with("line 1, column 1: ") && error.contains("90.0000 % together"), "{error}");
        let error = read(&["60%", "40"]).unwrap_err();
        assert!(error.starts_with("line 3, column 1: ") && error.contains("40 is a number"), "{error}");
    }

    #[test]
    fn weights_that_are_none_have_their_place() {
        let error = read(&["1", "lots"]).unwrap_err();
        assert!(error.starts_with("line 3, column 1: invalid weight \"lots\""), "{error}");
        let error = read(&["1", "1e9"]).unwrap_err();
        assert!(error.starts_with("line 2, column 1: ") && error.contains("rounded to 0"), "{error}");
    }
}
