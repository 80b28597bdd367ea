//! Keys of events.

use {
    super::Place,
    solana_signature::Signature,
    std::{fmt, str::FromStr},
};

/// What identifies an event, in any run and at any endpoint: its transaction and its place there. Written
/// `SIGNATURE:INSTRUCTION.CALL.EVENT`.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct EventKey {
    /// The transaction's first signature.
    pub signature: Signature,
    /// Where in the transaction it was emitted.
    pub place: Place,
}

impl fmt::Display for EventKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.signature, self.place)
    }
}

impl FromStr for EventKey {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (signature, place) = text.split_once(':').ok_or(())?;
        Ok(Self { signature: signature.parse().map_err(|_| ())?, place: place.parse()? })
    }
}
