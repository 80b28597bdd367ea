//! A progress bar for what takes long.

use {
    indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle},
    std::time::{Duration, Instant},
    tidepool_client::send::{Outcome, Outgoing, Progress},
};

/// What is done sooner than this needs no bar.
const PATIENCE: Duration = Duration::from_secs(2);

/// A bar on the terminal's error output, hidden until its work has taken two seconds. In a pipe it stays hidden.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    began: Instant,
}

impl Bar {
    /// A bar for work that is called `message`; its length is told by [`Progress::started`] or [`Self::begin`].
    pub fn new(message: &'static str) -> Self {
        let style = ProgressStyle::with_template("  {msg} {bar:40} {pos}/{len} {elapsed}");
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(message);
        Self { bar, began: Instant::now() }
    }

    /// Work of so many steps begins.
    pub fn begin(&self, steps: usize) {
        self.bar.set_length(steps as u64);
    }

    /// A step is done.
    pub fn step(&self) {
        if self.bar.is_hidden() && self.began.elapsed() >= PATIENCE {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(1);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn started(&self, transactions: usize) {
        self.begin(transactions);
    }

    fn finished(&self, _transaction: &Outgoing, _outcome: &Outcome) {
        self.step();
    }
}
