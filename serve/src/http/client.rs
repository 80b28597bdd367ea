//! Who asks, as far as limits need to know it.

use {
    super::Shared,
    axum::{
        extract::FromRequestParts,
        http::{HeaderMap, request::Parts},
    },
    std::{
        convert::Infallible,
        net::{IpAddr, Ipv6Addr, SocketAddr},
    },
};

/// The client of a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Peer(pub IpAddr);

impl Peer {
    /// The address that limits apply to: a client has a whole /64 of IPv6.
    pub fn group(&self) -> IpAddr {
        match self.0.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
            }
            address => address,
        }
    }
}

impl FromRequestParts<Shared> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Self::Rejection> {
        let connected = parts.extensions.get::<SocketAddr>().map(SocketAddr::ip);
        let forwarded = shared.behind_proxy.then(|| forwarded(&parts.headers)).flatten();
        Ok(Self(forwarded.or(connected).unwrap_or(Ipv6Addr::UNSPECIFIED.into())))
    }
}

/// The address that the last proxy has added. Those before it are the client's words.
fn forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_address_is_from_the_proxy() {
        let headers =
            |value: &str| HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), value.parse().unwrap())]);
        assert_eq!(forwarded(&headers("1.1.1.1, 203.0.113.7")), Some("203.0.113.7".parse().unwrap()));
        assert_eq!(forwarded(&headers("1.1.1.1, unknown")), None);
        assert_eq!(forwarded(&HeaderMap::new()), None);
    }

    #[test]
    fn networks_count_as_one_client() {
        let group = |text: &str| Peer(text.parse().unwrap()).group();
        assert_eq!(group("2001:db8::1"), group("2001:db8::ffff:0:1"));
        assert_ne!(group("2001:db8::1"), group("2001:db8:0:1::1"));
        assert_eq!(group("::ffff:203.0.113.7"), group("203.0.113.7"));
    }
}
