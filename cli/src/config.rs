//! The settings that Solana's own tools keep in `~/.config/solana/cli/config.yml`, and the short names of clusters.

use {
    crate::{error::CliError, input},
    serde::Deserialize,
    std::{
        env, io,
        path::{Path, PathBuf},
    },
    tidepool_client::cluster::Confirmation,
};

/// What this program takes from the file. Everything in it is optional, and what else it holds is ignored.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
pub struct Config {
    pub json_rpc_url: Option<String>,
    /// URL at which that endpoint takes subscriptions; empty where it follows from the other.
    pub websocket_url: Option<String>,
    /// The default key: a keypair file, or one of the other sources of keys.
    pub keypair_path: Option<String>,
    pub commitment: Option<String>,
}

impl Config {
    /// Reads the file at `path`, or at the usual place, where it may be missing.
    pub fn load(path: Option<&Path>) -> Result<Self, CliError> {
        let usual = in_home(&[".config", "solana", "cli", "config.yml"]);
        let Some(file) = path.map(Path::to_owned).or(usual) else {
            return Ok(Self::default());
        };
        let problem = |detail: String| CliError::Config { path: file.clone(), detail };
        match input::open(&file).and_then(io::read_to_string) {
            Ok(text) => Self::parse(&text).map_err(problem),
            Err(error) if path.is_none() && error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(problem(error.to_string())),
        }
    }

    pub fn parse(text: &str) -> Result<Self, String> {
        let parsed = serde_yaml_ng::from_str::<Option<Self>>(text);
        parsed.map(Option::unwrap_or_default).map_err(|error| error.to_string())
    }

    /// The URL of the cluster: `given`, then the file's, then mainnet-beta's.
    pub fn url(&self, given: Option<&str>) -> String {
        let chosen = first_said([given, self.json_rpc_url.as_deref()]).unwrap_or("mainnet-beta");
        match chosen {
            "m" | "mainnet-beta" => "https://api.mainnet-beta.solana.com",
            "t" | "testnet" => "https://api.testnet.solana.com",
            "d" | "devnet" => "https://api.devnet.solana.com",
            "l" | "localhost" => "http://localhost:8899",
            url => url,
        }
        .to_owned()
    }

    /// The default commitment, in the spelling of the Solana CLI; `confirmed` where the file names none. The names that the CLI had
    /// before version 2.0, and wrote into the file, mean what they meant there.
    pub fn confirmation(&self) -> Result<Confirmation, CliError> {
        match self.commitment.as_deref().unwrap_or_default() {
            "processed" | "recent" => Ok(Confirmation::Processed),
            "" | "confirmed" | "single" | "singleGossip" => Ok(Confirmation::Confirmed),
            "finalized" | "max" | "root" => Ok(Confirmation::Finalized),
            other => Err(CliError::usage(format!(
                "invalid commitment {other:?} in the configuration file: expected processed, confirmed or finalized; correct \
                 it with `solana config set --commitment confirmed`, or specify --commitment"
            ))),
        }
    }

    /// The URL for subscriptions, if the file names one and the cluster is the file's, too: `given` is another cluster's.
    pub fn websocket_url(&self, given: Option<&str>) -> Option<&str> {
        let is_other = given.is_some_and(|url| !url.is_empty());
        self.websocket_url.as_deref().filter(|url| !url.is_empty() && !is_other)
    }

    /// The source of the default key: `given`, then the file's, then `~/.config/solana/id.json`.
    pub fn keypair(&self, given: Option<&str>) -> String {
        let usual = || in_home(&[".config", "solana", "id.json"]).map(|path| path.display().to_string());
        first_said([given, self.keypair_path.as_deref()])
            .map(str::to_owned)
            .or_else(usual)
            .unwrap_or_else(|| "id.json".into())
    }
}

/// The first that says something: an empty one does not, a variable for example that is not set.
fn first_said<const N: usize>(texts: [Option<&str>; N]) -> Option<&str> {
    texts.into_iter().flatten().find(|text| !text.is_empty())
}

/// A path in the user's home folder, if there is one.
pub(crate) fn in_home(parts: &[&str]) -> Option<PathBuf> {
    env::home_dir().map(|home| parts.iter().fold(home, |path, part| path.join(part)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_the_solana_tools_is_understood() {
        let text = "---\njson_rpc_url: \"https://api.devnet.solana.com\"\nwebsocket_url: ''\nkeypair_path: /keys/id.json\n\
                    address_labels:\n  \"11111111111111111111111111111111\": System Program\ncommitment: finalized\n";
        let config: Config = serde_yaml_ng::from_str(text).unwrap();
        assert_eq!(config.url(None), "https://api.devnet.solana.com");
        assert_eq!(config.url(Some("l")), "http://localhost:8899");
        assert_eq!(config.keypair(None), "/keys/id.json");
        assert_eq!(config.keypair(Some("-")), "-");
        assert_eq!(config.commitment.as_deref(), Some("finalized"));
        assert_eq!(config.websocket_url(None), None, "an empty one says nothing");
        assert_eq!(config.url(Some("")), config.url(None), "nor does an empty argument");
        assert_eq!(config.keypair(Some("")), "/keys/id.json");
    }

    #[test]
    fn subscriptions_go_to_the_cluster_that_is_asked() {
        let config = Config { websocket_url: Some("wss://ws.example.org".into()), ..Config::default() };
        assert_eq!(config.websocket_url(None), Some("wss://ws.example.org"));
        assert_eq!(config.websocket_url(Some("d")), None);
    }

    #[test]
    fn clusters_have_short_names() {
        let config = Config::default();
        for (names, url) in [
            (["m", "mainnet-beta"], "https://api.mainnet-beta.solana.com"),
            (["t", "testnet"], "https://api.testnet.solana.com"),
            (["d", "devnet"], "https://api.devnet.solana.com"),
            (["l", "localhost"], "http://localhost:8899"),
        ] {
            for name in names {
                assert_eq!(config.url(Some(name)), url);
            }
        }
        assert_eq!(config.url(None), "https://api.mainnet-beta.solana.com");
        assert_eq!(config.url(Some("https://rpc.example.org/key")), "https://rpc.example.org/key");
    }

    #[test]
    fn a_file_that_was_asked_for_has_to_exist() {
        let error = Config::load(Some(Path::new("no/such/config.yml"))).unwrap_err();
        assert!(error.to_string().contains("no/such/config.yml"));
    }
}
