//! Where keys come from. A key is opened when a command first needs it, and no other is.

mod device;
mod directory;

pub use directory::KeyDirectory;

use {
    crate::{error::CliError, input},
    bip39::{Language, Mnemonic},
    device::Device,
    solana_address::Address,
    solana_derivation_path::DerivationPath,
    solana_keypair::{Keypair, read_keypair, seed_derivable::keypair_from_seed_and_derivation_path},
    solana_presigner::Presigner,
    solana_signature::Signature,
    solana_signer::{Signer, null_signer::NullSigner},
    std::{cell::RefCell, io, rc::Rc, str::FromStr},
};

pub type Key = Rc<dyn Signer>;

/// Languages in which a seed phrase may be written, as in Solana's own tools.
const LANGUAGES: [Language; 8] = [
    Language::English,
    Language::SimplifiedChinese,
    Language::TraditionalChinese,
    Language::Japanese,
    Language::Spanish,
    Language::Korean,
    Language::French,
    Language::Italian,
];

/// Where a key comes from, in the notation of Solana's own tools.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum KeySource {
    /// A keypair file: 64 numbers in JSON.
    File(String),
    /// The same numbers on standard input: `-` or `stdin:`.
    Stdin,
    /// A seed phrase that the user types: `prompt:`, or `prompt:?key=0/0` for another derivation path than
    /// `m/44'/501'`. It is not shown.
    Prompt(DerivationPath),
    /// A hardware wallet: `usb://ledger` or `usb://trezor`, and `usb://ledger/ADDRESS?key=0/0` for one of several devices and
    /// another derivation path than `m/44'/501'`.
    Device(Device),
    /// The address of a signer on another machine.
    Address(Address),
    /// Something that may be a secret, or hold one. It is forgotten as it is read, so that no error can show it, and refused
    /// when it is to be opened.
    Secret,
}

/// What to do instead of giving a secret.
const SECRET: &str = "invalid keypair: the value may be a secret, which the shell history keeps: expected the path of a \
                      keypair file, - for standard input, or prompt: (prompt:?key=0/0) for a seed phrase";

impl FromStr for KeySource {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "-" || text == "stdin:" {
            return Ok(Self::Stdin);
        }
        if let Some(query) = text.strip_prefix("prompt:") {
            return Ok(derivation_path(query).map_or(Self::Secret, Self::Prompt));
        }
        if text.starts_with("usb:") {
            return text.parse().map(Self::Device);
        }
        if let Ok(address) = text.parse() {
            return Ok(Self::Address(address));
        }
        let path = text.strip_prefix("file:").unwrap_or(text);
        if is_secret(path) {
            return Ok(Self::Secret);
        }
        Ok(Self::File(path.to_owned()))
    }
}

fn derivation_path(query: &str) -> Option<DerivationPath> {
    match query.strip_prefix("?key=") {
        None => query.is_empty().then(DerivationPath::default),
        Some(key) => DerivationPath::from_key_str(key).ok(),
    }
}

/// Whether it looks like what a keypair file holds, like a secret key as wallets export it (64 bytes, which take at least as many
/// characters in base 58 and in hex), or like a seed phrase.
fn is_secret(text: &str) -> bool {
    const SHORTEST_KEY: usize = 64;
    const SHORTEST_PHRASE: usize = 12;
    let text = text.trim();
    let is_key = text.len() >= SHORTEST_KEY && text.chars().all(|letter| letter.is_ascii_alphanumeric());
    is_key || text.starts_with('[') || text.split_whitespace().count() >= SHORTEST_PHRASE
}

/// Opened keypairs, so that each prompt appears once.
#[derive(Default)]
pub struct Keyring {
    open: RefCell<Vec<(KeySource, Key)>>,
    presigned: Vec<(Address, Signature)>,
    may_be_absent: bool,
    /// A vault, for which a multisig's program signs.
    vault: Option<Address>,
}

impl Keyring {
    /// A keyring with signatures that were made elsewhere. Where keys `may_be_absent`, an address is enough.
    pub const fn new(presigned: Vec<(Address, Signature)>, may_be_absent: bool) -> Self {
        Self { open: RefCell::new(vec![]), presigned, may_be_absent, vault: None }
    }

    /// The keyring with a vault: its address is enough, since a multisig's program signs for it later.
    pub fn with_vault(self, vault: Option<Address>) -> Self {
        Self { vault, ..self }
    }

    /// Whether a key with this address was opened: the user has it, now and later.
    pub fn has_opened(&self, address: &Address) -> bool {
        self.open.borrow().iter().any(|(_, key)| key.pubkey() == *address)
    }

    /// Opens the key from `source`, which `role` (such as `the fee payer`) is needed for.
    pub fn open(&self, role: &'static str, source: &KeySource) -> Result<Key, CliError> {
        if let Some((_, key)) = self.open.borrow().iter().find(|(known, _)| known == source) {
            return Ok(Rc::clone(key));
        }
        let opened: Result<Key, String> = match source {
            KeySource::File(path) => from_file(path).map(shared),
            KeySource::Stdin => input::stdin()
                .ok()
                .and_then(|mut stdin| keypair(&mut stdin))
                .map(shared)
                .ok_or_else(|| "invalid keypair on standard input: expected a JSON array of 64 numbers".into()),
            KeySource::Prompt(path) => from_prompt(role, path).map(shared),
            KeySource::Device(device) => device.open(role),
            KeySource::Address(address) => self.elsewhere(address),
            KeySource::Secret => Err(SECRET.into()),
        };
        let key = opened.map_err(|detail| CliError::Key { role, detail })?;
        self.open.borrow_mut().push((source.clone(), Rc::clone(&key)));
        Ok(key)
    }
}

impl Keyring {
    /// All signatures that were made elsewhere.
    pub fn presigned(&self) -> Vec<Key> {
        let keys = self.presigned.iter();
        keys.map(|(address, signature)| Rc::new(Presigner::new(address, signature)) as Key).collect()
    }

    /// Who signs, or has signed, elsewhere.
    fn elsewhere(&self, address: &Address) -> Result<Key, String> {
        match self.presigned.iter().find(|(signer, _)| signer == address) {
            Some((_, signature)) => Ok(Rc::new(Presigner::new(address, signature))),
            None if self.may_be_absent || self.vault == Some(*address) => Ok(Rc::new(NullSigner::new(address))),
            None => Err(format!(
                "missing signature of {address}: specify its keypair, or its signature with --signer {address}=SIGNATURE"
            )),
        }
    }
}

fn shared(keypair: Keypair) -> Key {
    Rc::new(keypair)
}

/// A generated keypair for a new account.
pub fn new_key() -> Key {
    Rc::new(Keypair::new())
}

/// Reads what a keypair file holds; `None` where that is no keypair. What is wrong with it stays unsaid: the reader's own error may
/// quote it.
pub fn keypair(file: &mut impl io::Read) -> Option<Keypair> {
    read_keypair(file).ok()
}

fn from_file(path: &str) -> Result<Keypair, String> {
    let mut file = input::open(path).map_err(|error| format!("cannot read the keypair file {path} ({error})"))?;
    keypair(&mut file).ok_or_else(|| format!("invalid keypair file {path}: expected a JSON array of 64 numbers"))
}

fn from_prompt(role: &str, path: &DerivationPath) -> Result<Keypair, String> {
    let ask = |what: &str| {
        rpassword::prompt_password(format!("{what} of {role}: "))
            .map_err(|error| format!("cannot ask for the {} ({error})", what.to_lowercase()))
    };
    let phrase = ask("Seed phrase")?.split_whitespace().collect::<Vec<_>>().join(" ");
    let mnemonic = LANGUAGES
        .iter()
        .find_map(|language| Mnemonic::parse_in(*language, &phrase).ok())
        .ok_or("invalid seed phrase: wrong words or checksum")?;
    let passphrase = ask("Passphrase (press ENTER for none)")?;
    keypair_from_seed_and_derivation_path(&mnemonic.to_seed(passphrase), Some(path.clone()))
        .map_err(|_| "cannot derive a key from this seed phrase".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_written_as_in_the_solana_tools() {
        assert_eq!("-".parse(), Ok(KeySource::Stdin));
        assert_eq!("stdin:".parse(), Ok(KeySource::Stdin));
        assert_eq!("id.json".parse(), Ok(KeySource::File("id.json".into())));
        assert_eq!("file:id.json".parse(), Ok(KeySource::File("id.json".into())));
        assert_eq!("prompt:".parse(), Ok(KeySource::Prompt(DerivationPath::default())));
        let other = DerivationPath::from_key_str("0/1").unwrap();
        assert_eq!("prompt:?key=0/1".parse(), Ok(KeySource::Prompt(other)));
        let address = Address::new_from_array([7; 32]);
        assert_eq!(address.to_string().parse(), Ok(KeySource::Address(address)));
    }

    #[test]
    fn a_secret_in_place_of_a_source_is_forgotten() {
        let exported = Keypair::new().to_base58_string();
        let phrase = ["abandon"; 12].join(" ");
        for secret in ["prompt:x", "prompt:?key=abandon ability", "[12,34", " [1]", "file:[1", &exported, &phrase] {
            let source: KeySource = secret.parse().unwrap();
            assert_eq!(source, KeySource::Secret, "{secret}");
            let refused = Keyring::default().open("the manager", &source).err().unwrap();
            assert_eq!(refused.exit(), crate::exit::Exit::Usage);
            assert!(refused.to_string().contains("prompt:?key=0/0"), "{refused}");
        }
    }

    #[test]
    fn an_address_needs_a_signature_unless_it_may_be_absent() {
        let keypair = Keypair::new();
        let source = KeySource::Address(keypair.pubkey());
        let refused = Keyring::default().open("the manager", &source).err().unwrap().to_string();
        assert!(refused.contains("--signer"), "{refused}");
        let absent = Keyring::new(vec![], true).open("the manager", &source).unwrap();
        assert_eq!(absent.sign_message(b"it"), Signature::default());
        let signature = keypair.sign_message(b"it");
        let signed = Keyring::new(vec![(keypair.pubkey(), signature)], false).open("the manager", &source).unwrap();
        assert_eq!(signed.sign_message(b"it"), signature);
        assert!(signed.try_sign_message(b"something else").is_err());
    }

    #[test]
    fn a_missing_file_is_named() {
        let source = KeySource::File("no/such/key.json".into());
        let error = Keyring::default().open("the fee payer", &source).err().unwrap();
        assert!(error.to_string().contains("no/such/key.json"), "{error}");
        assert!(error.to_string().contains("the fee payer"), "{error}");
    }

    #[test]
    fn a_malformed_file_is_not_quoted() {
        let path = std::env::temp_dir().join(format!("tidepool-no-key-{}.json", std::process::id()));
        std::fs::write(&path, "[1, 2, 250, 31337]").unwrap();
        let source = KeySource::File(path.display().to_string());
        let error = Keyring::default().open("the staker", &source).err().unwrap().to_string();
        std::fs::remove_file(&path).unwrap();
        assert!(!error.contains("31337"), "{error}");
    }
}
