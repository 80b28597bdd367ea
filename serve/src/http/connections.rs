//! Open connections: how many a client and all clients may have, and when a connection ends.

use {
    super::client::Peer,
    axum::Router,
    hyper::{
        body::Incoming,
        server::conn::http1,
        service::{Service as _, service_fn},
    },
    hyper_util::{
        rt::{TokioIo, TokioTimer},
        service::TowerToHyperService,
    },
    std::{
        collections::{HashMap, hash_map::Entry},
        net::{IpAddr, SocketAddr},
        pin::pin,
        sync::{Arc, Mutex, PoisonError},
        time::Duration,
    },
    tokio::{
        net::TcpStream,
        sync::watch,
        time::{sleep, timeout},
    },
};

/// Connections of a client at a time, a whole /64 of IPv6. A browser opens six.
pub const OF_A_CLIENT: usize = 64;

/// Longest time for the head of a request. It runs between requests too: an idle connection is closed.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Age at which a connection takes no further request.
const OLDEST: Duration = Duration::from_secs(60);

/// Time for the open request of a connection to finish after that, and after a stop: longer than the longest work.
pub const GRACE: Duration = Duration::from_secs(30);

/// Largest head of a request in bytes.
const HEAD_BYTES: usize = 16 * 1_024;

/// Connections by client.
#[derive(Clone, Debug, Default)]
pub struct Clients(Arc<Mutex<HashMap<IpAddr, usize>>>);

/// A connection of a client; it counts until it is dropped.
#[derive(Debug)]
pub struct Place {
    clients: Clients,
    client: IpAddr,
}

impl Clients {
    /// A place for a connection from `address`; `None` if its client has all of its places.
    pub fn enter(&self, address: SocketAddr) -> Option<Place> {
        let client = Peer(address.ip()).group();
        let mut clients = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let open = clients.entry(client).or_default();
        if *open >= OF_A_CLIENT {
            return None;
        }
        *open = open.saturating_add(1);
        Some(Place { clients: self.clone(), client })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut clients = self.clients.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut open) = clients.entry(self.client) {
            *open.get_mut() = open.get().saturating_sub(1);
            if *open.get() == 0 {
                open.remove();
            }
        }
    }
}

/// Serves a connection until the client ends it, until it is idle or too old, or until `stopped` says true. An open request is finished
/// before, for [`GRACE`].
pub async fn converse(stream: TcpStream, address: SocketAddr, router: Router, mut stopped: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(address);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // A client that disconnects or is too slow is no error.
        _ = connection.as_mut() => return,
        () = sleep(OLDEST) => {}
        _ = stopped.wait_for(|stopped| *stopped) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = timeout(GRACE, connection).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_client_are_bounded_and_returned() {
        let clients = Clients::default();
        let enter = |address: &str| clients.enter(SocketAddr::new(address.parse().unwrap(), 1));
        let mut places: Vec<_> = (0..OF_A_CLIENT).map(|_| enter("2001:db8::1").unwrap()).collect();
        assert!(enter("2001:db8::2").is_none(), "the same /64");
        assert!(enter("2001:db8:0:1::1").is_some() && enter("203.0.113.7").is_some());
        places.pop();
        places.push(enter("2001:db8::2").unwrap());
        assert!(enter("2001:db8::1").is_none());
        places.clear();
        assert!(clients.0.lock().unwrap().is_empty(), "memory is returned");
    }
}
