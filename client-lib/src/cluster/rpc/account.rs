//! Accounts as an endpoint writes them.

use {
    crate::cluster::{ClusterError, sysvars::MOST_ACCOUNT_BYTES},
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde::Deserialize,
    solana_account::Account,
    solana_address::Address,
};

/// An account in base64, the only form that is asked for: others may have to be unpacked, to whatever length.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WireAccount {
    lamports: u64,
    /// The data, and the name of its form.
    data: (String, String),
    owner: String,
    executable: bool,
    rent_epoch: u64,
}

impl WireAccount {
    /// The account, which is that at `address`.
    pub fn decode(self, address: &Address) -> Result<Account, ClusterError> {
        let (data, form) = &self.data;
        let data = BASE64_STANDARD.decode(data).ok();
        let data = data.filter(|data| form == "base64" && data.len() <= MOST_ACCOUNT_BYTES);
        let (Some(data), Ok(owner)) = (data, self.owner.parse()) else {
            return Err(ClusterError::UnexpectedAnswer {
                detail: format!(
                    "the account at {address} has no owner, or not as much data in base64 as an account can have"
                ),
            });
        };
        Ok(Account { lamports: self.lamports, data, owner, executable: self.executable, rent_epoch: self.rent_epoch })
    }
}

/// An account that was searched for.
#[derive(Deserialize)]
pub(super) struct FoundAccount {
    pubkey: String,
    account: WireAccount,
}

impl FoundAccount {
    /// The account with its address.
    pub fn decode(self) -> Result<(Address, Account), ClusterError> {
        let address = self.pubkey.parse().map_err(|_| ClusterError::UnexpectedAnswer {
            detail: "an account was found whose address is none".into(),
        })?;
        Ok((address, self.account.decode(&address)?))
    }
}
