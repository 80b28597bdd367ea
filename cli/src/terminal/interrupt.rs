//! Ctrl-C.
//!
//! Before anything is sent it ends the program at once. While transactions are under way it asks for an end in good order:
//! nothing more is sent, and what has been sent is followed for a while. A second time, it ends the program all the same.

use {
    super::{Terminal, Warnings, progress::Bar},
    crate::{
        error::CliError,
        output::{Format, streams},
    },
    solana_signature::Signature,
    std::{
        process,
        sync::{
            Arc, Mutex, MutexGuard, PoisonError,
            atomic::{AtomicUsize, Ordering},
        },
    },
    tidepool_client::{
        cluster::ClusterError,
        send::{Outcome, Outgoing, Progress, Stop},
    },
};

/// What Ctrl-C means at the moment. Clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    /// Asks for an end in good order.
    pub stop: Stop,
    /// How many there are who end by themselves.
    winding_down: Arc<AtomicUsize>,
    /// Transactions of which it is not known what became.
    under_way: Arc<Mutex<Vec<Signature>>>,
}

/// While it lives, what runs ends by itself in good order once it is told to stop.
pub struct WindingDown<'a>(&'a AtomicUsize);

impl Drop for WindingDown<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Interrupt {
    /// From now on Ctrl-C asks for an end, until the result is dropped, and others of them are.
    pub fn wind_down(&self) -> WindingDown<'_> {
        self.winding_down.fetch_add(1, Ordering::Relaxed);
        WindingDown(&self.winding_down)
    }

    /// Listens for Ctrl-C and for requests to terminate.
    pub fn listen(&self, format: Format) -> Result<(), CliError> {
        let here = self.clone();
        ctrlc::set_handler(move || here.interrupted(format)).map_err(|error| CliError::Io(std::io::Error::other(error)))
    }

    /// Forgets what was under way: it is known what became of it, or reported otherwise.
    pub fn forget(&self) {
        self.under_way().clear();
    }

    fn under_way(&self) -> MutexGuard<'_, Vec<Signature>> {
        // No holder of the lock panics, and a list of signatures is changed in one step.
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn interrupted(&self, format: Format) {
        if self.winding_down.load(Ordering::Relaxed) == 0 {
            leave(&CliError::Interrupted, format);
        }
        if self.stop.is_requested() {
            let under_way = self.under_way().clone();
            let error = if under_way.is_empty() { CliError::Interrupted } else { CliError::InFlight(under_way) };
            leave(&error, format);
        }
        self.stop.request();
        if !format.is_json() {
            let text = "Stopping: no new transactions; waiting for transactions in flight. Press Ctrl-C again to exit at once.";
            streams::report(text, format);
        }
    }
}

/// Remembers what is under way, beside showing it.
pub struct Watched<'a> {
    pub bar: &'a Bar,
    pub interrupt: &'a Interrupt,
    pub terminal: &'a Terminal,
    pub warnings: &'a Warnings,
}

impl Progress for Watched<'_> {
    fn started(&self, transactions: usize) {
        self.bar.started(transactions);
    }

    fn sent(&self, transaction: &Outgoing, attempt: u32, signature: &Signature) {
        let mut under_way = self.interrupt.under_way();
        if !under_way.contains(signature) {
            under_way.push(*signature);
        }
        self.bar.sent(transaction, attempt, signature);
    }

    fn finished(&self, transaction: &Outgoing, outcome: &Outcome) {
        if !matches!(outcome, Outcome::Unknown { .. }) {
            self.interrupt.under_way().retain(|signature| Some(*signature) != outcome.signature());
        }
        self.bar.finished(transaction, outcome);
    }

    fn no_recent_prices(&self, error: &ClusterError) {
        self.warnings.no_recent_prices(self.terminal, error);
    }
}

fn leave(error: &CliError, format: Format) -> ! {
    error.report(format);
    process::exit(error.exit() as i32)
}
