//! Weights as people write them.

use {
    crate::units::address,
    solana_address::Address,
    std::{fmt, str::FromStr},
    tidepool_client::{actions::weights::RelativeWeight, error::WeightsError},
};

/// A weight as it was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Number {
    text: String,
    /// The number, of whatever magnitude.
    pub relative: RelativeWeight,
    /// The same where the program can store it as it is.
    pub whole: Option<u16>,
}

impl FromStr for Number {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let relative: RelativeWeight = text.parse().map_err(|error: WeightsError| error.to_string())?;
        // `3.0` and `1e3` are whole numbers too, which show as 3 and 1000.
        let whole = relative.to_string().parse().ok();
        Ok(Self { text: text.to_owned(), relative, whole })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `VOTE=WEIGHT`.
#[derive(Clone, Debug)]
pub struct Setting {
    pub vote: Address,
    pub weight: Number,
}

impl FromStr for Setting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((vote, weight)) = text.split_once('=') else {
            return Err(format!("invalid weight \"{text}\": expected VOTE_ACCOUNT=WEIGHT"));
        };
        Ok(Self { vote: address(vote.trim())?, weight: weight.parse()? })
    }
}
