//! Answers that are rendered once and served often: as they are, with gzip and with brotli.

use {
    axum::{
        body::Bytes,
        http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
        response::{IntoResponse as _, Response},
    },
    flate2::{Compression, write::GzEncoder},
    sha2::{Digest as _, Sha256},
    std::{fmt::Write as _, io::Write as _},
};

/// Brotli's quality and window: 5 takes a tenth of the time of 11, for some percent more bytes.
const QUALITY: i32 = 5;
const WINDOW: i32 = 22;

/// Minimum length in bytes for compression: a shorter body would not become smaller.
const WORTH: usize = 512;

/// An answer in all encodings, with its tag.
#[derive(Clone, Debug)]
pub struct Body {
    kind: &'static str,
    cache: &'static str,
    tag: HeaderValue,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

impl Body {
    /// An answer of this content type, which clients keep as `cache` says.
    pub fn new(kind: &'static str, cache: &'static str, content: impl Into<Bytes>) -> Self {
        let plain: Bytes = content.into();
        let is_worth_it = plain.len() >= WORTH;
        let tag = format!("W/\"{}\"", &hex(&Sha256::digest(&plain))[..32]);
        Self {
            kind,
            cache,
            tag: HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\"")),
            gzip: is_worth_it.then(|| gzip(&plain)),
            brotli: is_worth_it.then(|| brotli(&plain)),
            plain,
        }
    }

    /// The answer to a request with these headers: 304 if the client has it.
    pub fn respond(&self, request: &HeaderMap) -> Response {
        let known = request.get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok()).unwrap_or_default();
        let own = self.tag.to_str().unwrap_or_default();
        let is_known = known.split(',').map(str::trim).any(|tag| tag == own);
        let headers = [
            (header::ETAG, self.tag.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static(self.cache)),
            (header::VARY, HeaderValue::from_static("accept-encoding")),
        ];
        if is_known {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        let kind = [(header::CONTENT_TYPE, HeaderValue::from_static(self.kind))];
        let encoded = |name, bytes: &Bytes| {
            let encoding: [(HeaderName, HeaderValue); 1] = [(header::CONTENT_ENCODING, HeaderValue::from_static(name))];
            (headers.clone(), kind.clone(), encoding, bytes.clone()).into_response()
        };
        match (&self.brotli, &self.gzip) {
            (Some(bytes), _) if accepts(request, "br") => encoded("br", bytes),
            (_, Some(bytes)) if accepts(request, "gzip") => encoded("gzip", bytes),
            _ => (headers, kind, self.plain.clone()).into_response(),
        }
    }
}

/// Whether a request accepts an encoding.
fn accepts(request: &HeaderMap, encoding: &str) -> bool {
    let values = request.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|part| {
        let mut part = part.split(';').map(str::trim);
        let is_meant = part.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let is_refused = part.filter_map(|weight| weight.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0));
        is_meant && !is_refused
    })
}

fn gzip(plain: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    // Memory can be written to.
    let _ = encoder.write_all(plain);
    encoder.finish().unwrap_or_default().into()
}

fn brotli(plain: &[u8]) -> Bytes {
    let mut encoded = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: QUALITY, lgwin: WINDOW, ..Default::default() };
    let _ = brotli::BrotliCompress(&mut &plain[..], &mut encoded, &parameters);
    encoded.into()
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(name: HeaderName, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_static(value))])
    }

    #[test]
    fn encodings_are_negotiated() {
        let body = Body::new("text/html", "no-cache", "x".repeat(1_000));
        let encoding = |accepted| {
            let response = body.respond(&request(header::ACCEPT_ENCODING, accepted));
            response.headers().get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(encoding("gzip, deflate, br").as_deref(), Some("br"));
        assert_eq!(encoding("gzip;q=1.0, br;q=0").as_deref(), Some("gzip"));
        assert_eq!(encoding("identity"), None);
        assert_eq!(encoding("bread, gzipped"), None);
    }

    #[test]
    fn known_content_is_not_sent_again() {
        let body = Body::new("text/html", "no-cache", "x".repeat(1_000));
        let tag = body.tag.to_str().unwrap().to_owned();
        let again = HeaderMap::from_iter([(header::IF_NONE_MATCH, format!("W/\"other\", {tag}").parse().unwrap())]);
        assert_eq!(body.respond(&again).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(body.respond(&request(header::IF_NONE_MATCH, "W/\"other\"")).status(), StatusCode::OK);
        assert_ne!(body.tag, Body::new("text/html", "no-cache", "y").tag);
    }
}
