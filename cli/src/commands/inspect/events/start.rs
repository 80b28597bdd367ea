//! What to read, and where to begin.

use {
    crate::error::CliError,
    solana_address::Address,
    solana_signature::Signature,
    tidepool_client::{
        cluster::Cluster,
        events::{Cursor, EventKey, Start},
    },
};

/// What has events.
#[derive(Clone, Debug)]
pub enum Subject {
    Pool(Address),
    Transaction(Signature),
}

pub fn subject(text: &str) -> Result<Subject, String> {
    let pool = text.parse().map(Subject::Pool);
    pool.or_else(|_| text.parse().map(Subject::Transaction)).map_err(|_| {
        format!("invalid address \"{text}\": expected a base58 public key, or the signature of a transaction")
    })
}

/// Where to begin.
#[derive(Clone, Debug)]
pub enum From {
    Key(EventKey),
    Transaction(Signature),
    Slot(u64),
}

pub fn from(text: &str) -> Result<From, String> {
    let slot = text.parse().map(From::Slot);
    let signature = || text.parse().map(From::Transaction);
    let key = || text.parse().map(From::Key);
    slot.or_else(|_| signature()).or_else(|_| key()).map_err(|()| {
        format!("invalid beginning \"{text}\": expected the key of an event, the signature of a transaction, or a slot")
    })
}

impl From {
    pub async fn start<C: Cluster>(&self, cluster: &C) -> Result<Start, CliError> {
        let signature = match self {
            Self::Slot(slot) => return Ok(Start::Slot(*slot)),
            Self::Transaction(signature) => *signature,
            Self::Key(key) => key.signature,
        };
        let status = cluster.statuses_in_history(&[signature]).await?.pop().flatten();
        let slot = status.map(|status| status.slot).ok_or_else(|| {
            CliError::usage(format!(
                "the endpoint has no transaction {signature}: use --from with the slot of the last event, which names a gap"
            ))
        })?;
        Ok(match self {
            Self::Key(key) => Start::After(Cursor { key: *key, slot, unfinal: vec![] }),
            _ => Start::Transaction { signature, slot },
        })
    }
}
