//! Files of the page, part of the program. Their names have their digest, so that clients keep them for good.

use {
    super::{Body, body::hex, pages},
    axum::{
        extract::Path,
        http::HeaderMap,
        response::{IntoResponse as _, Response},
    },
    sha2::{Digest as _, Sha256},
    std::sync::LazyLock,
};

/// How long clients keep a file.
const FOREVER: &str = "public, max-age=31536000, immutable";

/// A file of the page.
pub struct Asset {
    /// Its path.
    pub path: String,
    body: Body,
}

impl Asset {
    fn new(name: &str, ending: &str, kind: &'static str, content: &'static str) -> Self {
        let digest = hex(&Sha256::digest(content));
        Self { path: format!("/assets/{name}-{}.{ending}", &digest[..16]), body: Body::new(kind, FOREVER, content) }
    }
}

/// The style sheet.
pub static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("style", "css", "text/css; charset=utf-8", include_str!("../../assets/style.css")));

/// The wallet script. `cargo xtask web` builds it from `web`, and checks that it follows its source.
pub static SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("wallet", "js", "text/javascript; charset=utf-8", include_str!("../../assets/generated/wallet.js"))
});

/// The icon, for pages. Its path in Actions has no digest: wallets keep it for long.
static ICON: LazyLock<Body> =
    LazyLock::new(|| Body::new("image/svg+xml", "public, max-age=86400", include_str!("../../assets/icon.svg")));

/// Sends a file.
pub async fn get(Path(name): Path<String>, headers: HeaderMap) -> Response {
    if name == "icon.svg" {
        let mut response = ICON.respond(&headers);
        // Wallets on other origins show it.
        response.headers_mut().extend(super::actions::open_to_all());
        return response;
    }
    let asset = [&*STYLE, &*SCRIPT].into_iter().find(|asset| asset.path.strip_prefix("/assets/") == Some(&name));
    asset.map_or_else(|| pages::missing().into_response(), |asset| asset.body.respond(&headers))
}
