//! Responses as an endpoint encodes them, with the used fields only. Proxies alter unused fields, such as a `rentEpoch`
//! that JavaScript rounds to 18446744073709552000.

use {
    crate::cluster::{
        BytesAt, ClusterError, Confirmation, Execution, ReturnData, Simulation, TransactionStatus,
        sysvars::MAX_ACCOUNT_BYTES,
    },
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde::{
        Deserialize, Deserializer,
        de::{DeserializeOwned, Error as _},
    },
    serde_json::Value,
    solana_account::Account,
    solana_address::Address,
    solana_transaction_status_client_types::UiTransactionError,
};

/// A value, with its slot.
#[derive(Deserialize)]
#[serde(expecting = "a value with its context")]
pub(super) struct Answered<T> {
    #[serde(default, deserialize_with = "lenient")]
    context: Option<Context>,
    pub value: T,
}

#[derive(Deserialize)]
struct Context {
    slot: u64,
}

impl<T> Answered<T> {
    /// The slot, if the endpoint reports it.
    pub fn slot(&self) -> Option<u64> {
        self.context.as_ref().map(|context| context.slot)
    }
}

/// An optional field: `None` if it is missing or malformed.
pub(super) fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(field: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(field)?).ok())
}

/// A field that can be null, but not missing: without an `err` field, a transaction would count as successful.
pub(super) fn required<'de, D: Deserializer<'de>, T: DeserializeOwned>(field: D) -> Result<Option<T>, D::Error> {
    serde_json::from_value(Value::deserialize(field)?).map_err(D::Error::custom)
}

/// An account in base64, the only encoding that is requested. Others would have to be decompressed, to any length.
#[derive(Deserialize)]
#[serde(expecting = "an account")]
pub(super) struct WireAccount {
    lamports: u64,
    /// The data, and the name of its encoding.
    data: (String, String),
    owner: String,
    /// Matters for programs only. Missing counts as false.
    #[serde(default, deserialize_with = "lenient")]
    executable: Option<bool>,
}

impl WireAccount {
    /// Decodes the account at `address`. Its rent epoch is ignored.
    pub fn decode(self, address: &Address) -> Result<Account, ClusterError> {
        let (data, form) = &self.data;
        let data = BASE64_STANDARD.decode(data).ok();
        let data = data.filter(|data| form == "base64" && data.len() <= MAX_ACCOUNT_BYTES);
        let (Some(data), Ok(owner)) = (data, self.owner.parse()) else {
            return Err(ClusterError::UnexpectedAnswer {
                detail: format!("the account {address} has no owner, or invalid base64 data"),
            });
        };
        let executable = self.executable.unwrap_or_default();
        Ok(Account { lamports: self.lamports, data, owner, executable, ..Account::default() })
    }
}

/// An account found by a search.
#[derive(Deserialize)]
#[serde(expecting = "an account with its address")]
pub(super) struct FoundAccount {
    pubkey: String,
    account: WireAccount,
}

impl FoundAccount {
    /// The account with its address.
    pub fn decode(self) -> Result<(Address, Account), ClusterError> {
        let address = self
            .pubkey
            .parse()
            .map_err(|_| ClusterError::UnexpectedAnswer { detail: "an account has an invalid address".into() })?;
        Ok((address, self.account.decode(&address)?))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a blockhash")]
pub(super) struct WireBlockhash {
    pub blockhash: String,
    pub last_valid_block_height: u64,
}

/// Prioritization fee of a recent block.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a prioritization fee")]
pub(super) struct WirePrice {
    pub prioritization_fee: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a status")]
pub(super) struct WireStatus {
    slot: u64,
    #[serde(deserialize_with = "required")]
    err: Option<UiTransactionError>,
    confirmation_status: WireConfirmation,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
enum WireConfirmation {
    Processed,
    Confirmed,
    Finalized,
}

impl From<WireStatus> for TransactionStatus {
    fn from(status: WireStatus) -> Self {
        Self {
            slot: status.slot,
            error: status.err.map(Into::into),
            confirmation: match status.confirmation_status {
                WireConfirmation::Processed => Confirmation::Processed,
                WireConfirmation::Confirmed => Confirmation::Confirmed,
                WireConfirmation::Finalized => Confirmation::Finalized,
            },
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "a simulation")]
pub(super) struct WireSimulation {
    #[serde(deserialize_with = "required")]
    err: Option<UiTransactionError>,
    #[serde(default, deserialize_with = "lenient")]
    logs: Option<Vec<String>>,
    units_consumed: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    loaded_accounts_data_size: Option<u32>,
    return_data: Option<WireReturnData>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "return data")]
struct WireReturnData {
    program_id: String,
    /// The data, and the name of its encoding.
    data: (String, String),
}

impl WireSimulation {
    pub fn decode(self) -> Result<Simulation, ClusterError> {
        if self.err.is_none() && self.units_consumed.is_none() {
            // All fields of a simulation can be null, so that any object could pass for a success.
            return Err(ClusterError::UnexpectedAnswer { detail: "a simulation that used no compute units".into() });
        }
        Ok(Simulation {
            error: self.err.map(Into::into),
            logs: self.logs.unwrap_or_default(),
            units_consumed: self.units_consumed.unwrap_or_default(),
            // Every transaction loads its fee payer.
            loaded_bytes: self.loaded_accounts_data_size.filter(|bytes| *bytes > 0),
            return_data: self.return_data.map(WireReturnData::decode).transpose()?,
        })
    }
}

impl WireReturnData {
    fn decode(self) -> Result<ReturnData, ClusterError> {
        let (data, form) = &self.data;
        let data = BASE64_STANDARD.decode(data).ok().filter(|_| form == "base64");
        let (Some(data), Ok(program_id)) = (data, self.program_id.parse()) else {
            let detail = "return data that is not base64, or of no program".into();
            return Err(ClusterError::UnexpectedAnswer { detail });
        };
        Ok(ReturnData { program_id, data })
    }
}

/// A transaction that has landed. Its metadata is optional.
#[derive(Deserialize)]
#[serde(expecting = "a transaction")]
pub(super) struct WireTransaction {
    #[serde(default, deserialize_with = "lenient")]
    meta: Option<WireMeta>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireMeta {
    #[serde(default, deserialize_with = "lenient")]
    log_messages: Option<Vec<String>>,
    #[serde(default, deserialize_with = "lenient")]
    compute_units_consumed: Option<u64>,
}

impl WireTransaction {
    pub fn execution(self) -> Option<Execution> {
        self.meta.map(|meta| Execution {
            logs: meta.log_messages.unwrap_or_default(),
            units_consumed: meta.compute_units_consumed,
        })
    }
}

/// Decodes accounts, which have to be those that were requested.
pub(super) fn check_requested(
    found: Vec<FoundAccount>,
    program: &Address,
    filters: &[BytesAt],
) -> Result<Vec<(Address, Account)>, ClusterError> {
    let found = found.into_iter().map(FoundAccount::decode).collect::<Result<Vec<_>, _>>()?;
    let is_asked_for =
        |account: &Account| account.owner == *program && filters.iter().all(|filter| filter.matches(&account.data));
    if found.iter().all(|(_, account)| is_asked_for(account)) {
        return Ok(found);
    }
    Err(ClusterError::UnexpectedAnswer { detail: "it contains accounts that were not requested".into() })
}
