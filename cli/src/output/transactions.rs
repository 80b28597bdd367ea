//! Transactions that have landed.

use {
    super::Text,
    serde::Serialize,
    solana_signature::Signature,
    std::fmt,
    tidepool_client::{
        plan::Step,
        send::{Outcome, Sent, Summary},
    },
};

#[derive(Clone, Debug, Serialize)]
pub struct Landed {
    pub label: String,
    pub signature: Text<Signature>,
    pub slot: u64,
    #[serde(skip)]
    pub steps: Vec<Step>,
}

impl Landed {
    /// Those of a summary that have landed.
    pub fn of(summary: &Summary) -> Vec<Self> {
        let landed = summary.transactions.iter().filter_map(|sent| match sent.outcome {
            Outcome::Landed { signature, slot, .. } => {
                Some(Self { label: sent.label.clone(), signature: Text(signature), slot, steps: sent.steps.clone() })
            }
            _ => None,
        });
        landed.collect()
    }

    /// The same as the sender has it.
    pub fn into_sent(self) -> Sent {
        let outcome = Outcome::Landed { signature: self.signature.0, slot: self.slot, units_consumed: None };
        Sent { label: self.label, steps: self.steps, outcome }
    }
}

/// The name of what became of a transaction, as JSON and metrics have it.
pub const fn state_name(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Landed { .. } => "landed",
        Outcome::Failed { .. } => "failed",
        Outcome::WouldFail(_) => "would_fail",
        Outcome::Expired { .. } => "expired",
        Outcome::Unknown { .. } => "unknown",
        Outcome::NotSent(_) => "not_sent",
    }
}

/// Writes the signatures of transactions, one a line.
pub fn write_signatures(f: &mut fmt::Formatter<'_>, transactions: &[Landed]) -> fmt::Result {
    match transactions {
        [one] => writeln!(f, "Signature: {}", one.signature),
        all => all.iter().try_for_each(|landed| writeln!(f, "Signature: {} ({})", landed.signature, landed.label)),
    }
}
