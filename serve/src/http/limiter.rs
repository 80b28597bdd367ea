//! Limits of each client and of all together: buckets that refill with time. Memory is bounded.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

/// Cost of a request that is answered from memory, and of one that asks the cluster.
pub const QUOTE: u32 = 1;
pub const JOB: u32 = 5;

/// What a client can spend at once, and what comes back in a second: 10 quotes or 2 transactions.
const CLIENT: Rate = Rate { burst: 60.0, per_second: 10.0 };

/// The same for all clients together: it bounds the requests to the cluster.
const ALL: Rate = Rate { burst: 500.0, per_second: 200.0 };

/// Clients that are remembered.
const CLIENTS: usize = 20_000;

/// Clients that do not fit share one bucket.
const OTHERS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

#[derive(Clone, Copy, Debug)]
struct Rate {
    burst: f64,
    per_second: f64,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn refill(&mut self, rate: Rate, now: Instant) {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * rate.per_second;
        *self = Self { left: (self.left + gained).min(rate.burst), at: now };
    }
}

/// The buckets.
#[derive(Debug, Default)]
pub struct Limiter {
    clients: HashMap<IpAddr, Bucket>,
    all: Option<Bucket>,
}

impl Limiter {
    /// Takes `cost` from the buckets of a client and of all, or from none of them: then the time until the client can try again.
    pub fn take(&mut self, client: IpAddr, cost: u32, now: Instant) -> Result<(), Duration> {
        let cost = f64::from(cost);
        if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) {
            self.forget(now);
        }
        let client = if self.clients.len() >= CLIENTS && !self.clients.contains_key(&client) { OTHERS } else { client };
        let own = self.clients.entry(client).or_insert(Bucket { left: CLIENT.burst, at: now });
        let all = self.all.get_or_insert(Bucket { left: ALL.burst, at: now });
        own.refill(CLIENT, now);
        all.refill(ALL, now);
        for (bucket, rate) in [(&*own, CLIENT), (&*all, ALL)] {
            if bucket.left < cost {
                return Err(Duration::from_secs_f64((cost - bucket.left) / rate.per_second));
            }
        }
        own.left -= cost;
        all.left -= cost;
        Ok(())
    }

    /// Forgets clients whose bucket is full again: they have no limit to remember.
    fn forget(&mut self, now: Instant) {
        self.clients.retain(|_, bucket| {
            bucket.refill(CLIENT, now);
            bucket.left < CLIENT.burst
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> IpAddr {
        IpAddr::from(number.to_be_bytes())
    }

    #[test]
    fn buckets_refill() {
        let (mut limiter, start) = (Limiter::default(), Instant::now());
        let mut jobs = |after: u64| {
            let now = start + Duration::from_secs(after);
            (0..100).take_while(|_| limiter.take(client(1), JOB, now).is_ok()).count()
        };
        assert_eq!([jobs(0), jobs(0), jobs(1), jobs(1_000)], [12, 0, 2, 12]);
        let wait = limiter.take(client(1), JOB, start + Duration::from_secs(1_000)).unwrap_err();
        assert_eq!(wait, Duration::from_millis(500));
    }

    #[test]
    fn all_clients_together_are_bounded() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        let admitted = (0..10_000).filter(|number| limiter.take(client(*number), JOB, now).is_ok()).count();
        assert_eq!(admitted, 100);
    }

    #[test]
    fn memory_is_bounded() {
        let (mut limiter, now) = (Limiter::default(), Instant::now());
        for number in 0..2 * CLIENTS as u32 {
            let _ = limiter.take(client(number), QUOTE, now);
        }
        assert!(limiter.clients.len() <= CLIENTS + 1);
        let later = now + Duration::from_secs(100);
        assert!(limiter.take(client(7), QUOTE, later).is_ok());
        limiter.forget(later + Duration::from_secs(100));
        assert!(limiter.clients.is_empty());
    }
}
