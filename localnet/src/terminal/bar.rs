//! Progress of long operations.

use {
    indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle},
    std::time::{Duration, Instant},
    tidepool_client::send::{Outcome, Outgoing, Progress},
};

/// Interval between two pictures of a spinner.
const TICK: Duration = Duration::from_millis(100);

/// A spinner on the standard error output, only on a terminal, until it is dropped.
pub fn spinner(message: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(message).with_finish(ProgressFinish::AndClear);
    spinner.enable_steady_tick(TICK);
    spinner
}

/// Delay before a bar appears.
const DELAY: Duration = Duration::from_secs(2);

/// A bar on the standard error output. It appears after two seconds, and only on a terminal.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    began: Instant,
}

impl Bar {
    /// A bar with the label `message`. [`Progress::started`] or [`Self::begin`] set its length.
    pub fn new(message: &'static str) -> Self {
        let style = ProgressStyle::with_template("  {msg} {bar:40} {pos}/{len} {elapsed}");
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden())
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
            .with_message(message);
        Self { bar, began: Instant::now() }
    }

    /// Starts the bar with this number of steps.
    pub fn begin(&self, steps: usize) {
        self.bar.set_length(steps as u64);
    }

    /// Completes a step.
    pub fn step(&self) {
        self.advance(1);
    }

    /// Completes a number of steps.
    pub fn advance(&self, steps: usize) {
        if self.bar.is_hidden() && self.began.elapsed() >= DELAY {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(steps as u64);
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
