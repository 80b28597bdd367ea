//! One saved account: the output of `solana account ADDRESS --output json`.

use {
    super::InputError,
    base64::{Engine as _, prelude::BASE64_STANDARD},
    serde::Deserialize,
    solana_account::Account,
    solana_address::Address,
    std::{
        fs,
        path::{Path, PathBuf},
    },
};

/// An account and its file.
#[derive(Clone, Debug)]
pub struct SavedAccount {
    pub path: PathBuf,
    pub address: Address,
    pub account: Account,
}

#[derive(Deserialize)]
struct KeyedJson {
    pubkey: String,
    account: AccountJson,
}

#[derive(Deserialize)]
struct AccountJson {
    lamports: u64,
    /// The data and its encoding.
    data: (String, String),
    owner: String,
    #[serde(default)]
    executable: bool,
    /// Length of the data in bytes. Older versions of the tool do not print it.
    space: Option<u64>,
}

impl SavedAccount {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let text = fs::read_to_string(path).map_err(|source| InputError::File { path: path.to_owned(), source })?;
        let json: KeyedJson = serde_json::from_str(&text).map_err(|error| {
            let (path, detail) = (path.to_owned(), error.to_string());
            if error.is_data() {
                InputError::NotAnAccount { path, detail }
            } else {
                InputError::NotJson { path, detail }
            }
        })?;
        let data = decode_data(path, &json.account)?;
        Ok(Self {
            path: path.to_owned(),
            address: decode_address(path, "pubkey", &json.pubkey)?,
            account: Account {
                lamports: json.account.lamports,
                data,
                owner: decode_address(path, "owner", &json.account.owner)?,
                executable: json.account.executable,
                rent_epoch: u64::MAX,
            },
        })
    }
}

/// An account as `solana account ADDRESS --output json` prints it.
pub fn to_json(address: &Address, account: &Account) -> String {
    let json = serde_json::json!({
        "pubkey": address.to_string(),
        "account": {
            "lamports": account.lamports,
            "data": [BASE64_STANDARD.encode(&account.data), "base64"],
            "owner": account.owner.to_string(),
            "executable": account.executable,
            "rentEpoch": account.rent_epoch,
            "space": account.data.len(),
        },
    });
    format!("{json:#}\n")
}

fn decode_data(path: &Path, json: &AccountJson) -> Result<Vec<u8>, InputError> {
    let (text, encoding) = &json.data;
    let wrong = |detail| InputError::NotAnAccount { path: path.to_owned(), detail };
    if encoding != "base64" {
        return Err(wrong(format!("its data is encoded as {encoding:?}, not as \"base64\"")));
    }
    let data = BASE64_STANDARD.decode(text).map_err(|error| wrong(format!("its data is not base64: {error}")))?;
    match json.space {
        Some(expected) if expected != data.len() as u64 => {
            Err(InputError::WrongLength { path: path.to_owned(), expected, found: data.len() })
        }
        _ => Ok(data),
    }
}

fn decode_address(path: &Path, field: &str, text: &str) -> Result<Address, InputError> {
    text.parse().map_err(|_| InputError::NotAnAccount {
        path: path.to_owned(),
        detail: format!("its {field} {text:?} is no address"),
    })
}
