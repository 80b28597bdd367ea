//! The ports of a validator: a block in a row.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};

/// Ports of one validator, from the first on: RPC, subscriptions, faucet, gossip, and those that it chooses itself.
pub const COUNT: u16 = 40;

/// Offset of the faucet's port.
pub const FAUCET: u16 = 2;

/// Offset of the gossip port.
pub const GOSSIP: u16 = 3;

/// Offset of the first port that the validator chooses itself.
pub const DYNAMIC: u16 = 4;

/// The first port of the block from `first` on that another program uses, by TCP or UDP.
pub fn first_taken(first: u16) -> Option<u16> {
    (first..first.saturating_add(COUNT)).find(|port| !is_free(*port))
}

/// Whether a port can be bound on the loopback interface and on all: the validator does both.
fn is_free(port: u16) -> bool {
    [Ipv4Addr::LOCALHOST, Ipv4Addr::UNSPECIFIED]
        .into_iter()
        .all(|address| TcpListener::bind((address, port)).is_ok() && UdpSocket::bind((address, port)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_taken_port() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        assert_eq!(first_taken(port), Some(port));
        // Below it in the block another program may listen, too.
        assert!(first_taken(port - COUNT + 1).is_some_and(|taken| taken <= port));
    }
}
