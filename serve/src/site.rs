//! The served content: a reading of the pool, and the pages that are rendered from it once.

use {
    crate::{http::Body, page, read::Reading},
    std::{
        fmt,
        sync::Arc,
        time::{Duration, SystemTime},
    },
};

/// Age from which on a reading is no longer current.
const CURRENT: Duration = Duration::from_secs(120);

/// How long clients and proxies keep a page.
const BRIEFLY: &str = "public, max-age=5";

const HTML: &str = "text/html; charset=utf-8";

/// A reading of the pool, with its pages.
#[derive(Clone, Debug)]
pub struct Site {
    /// The last reading that succeeded.
    pub reading: Arc<Reading>,
    /// The URL of this server, without a slash at the end.
    pub url: Arc<str>,
    /// The cluster as CAIP-2 names it, if the endpoint says.
    pub chain: Option<Arc<str>>,
    /// The page of the pool, and that of all its validators.
    pub index: Body,
    pub validators: Body,
    /// Whether the last read failed.
    has_failed: bool,
}

impl Site {
    /// A site at `url` for the first reading.
    pub fn new(reading: Arc<Reading>, url: String, genesis: Option<impl fmt::Display>) -> Self {
        // CAIP-2 allows 32 characters.
        let chain =
            genesis.map(|hash| format!("solana:{}", hash.to_string().chars().take(32).collect::<String>()).into());
        Self::render(reading, url.into(), chain, false)
    }

    /// The site after another reading.
    pub fn with(&self, reading: Reading) -> Self {
        Self::render(Arc::new(reading), Arc::clone(&self.url), self.chain.clone(), false)
    }

    /// The site after a read that failed: the pages say how old they are.
    pub fn failed(&self) -> Self {
        Self::render(Arc::clone(&self.reading), Arc::clone(&self.url), self.chain.clone(), true)
    }

    /// Whether the last read failed.
    pub const fn is_failed(&self) -> bool {
        self.has_failed
    }

    /// Whether the reading is current.
    pub fn is_current(&self) -> bool {
        self.reading.at.elapsed().unwrap_or_default() < CURRENT
    }

    fn render(reading: Arc<Reading>, url: Arc<str>, chain: Option<Arc<str>>, has_failed: bool) -> Self {
        let age = has_failed.then(|| SystemTime::now().duration_since(reading.at).unwrap_or_default());
        let body = |page: maud::Markup| Body::new(HTML, BRIEFLY, page.into_string());
        let index = body(page::index(&reading, &url, chain.as_deref(), age));
        let validators = body(page::all_validators(&reading, age));
        Self { reading, url, chain, index, validators, has_failed }
    }
}
