//! Progress of what takes long, on a terminal.

use {
    super::Terminal,
    indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle},
    solana_signature::Signature,
    std::{future::Future, pin::pin, time::Duration},
    tidepool_client::{
        send::{Outcome, Outgoing, Progress},
        text::{Form, visible},
    },
    tokio::time::timeout,
};

/// What is over sooner needs no progress bar.
const DELAY: Duration = Duration::from_secs(2);

const TICK: Duration = Duration::from_millis(120);

/// A bar or a spinner that appears after two seconds.
pub struct Bar {
    bar: ProgressBar,
    can_draw: bool,
}

impl Bar {
    /// A spinner beside `what`.
    pub fn spinner(terminal: &Terminal, what: impl Into<String>) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden())
            .with_style(ProgressStyle::default_spinner())
            .with_message(on_one_line(&what.into()));
        Self { bar, can_draw: terminal.can_draw }
    }

    pub async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if let Ok(done) = timeout(DELAY, work.as_mut()).await {
            return done;
        }
        if self.can_draw {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
            self.bar.enable_steady_tick(TICK);
        }
        let done = work.await;
        self.bar.finish_and_clear();
        done
    }
}

impl Progress for Bar {
    fn started(&self, transactions: usize) {
        if transactions > 1 {
            let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} {wide_msg}");
            self.bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            self.bar.set_length(transactions as u64);
        }
    }

    fn sent(&self, transaction: &Outgoing, attempt: u32, _: &Signature) {
        let again = if attempt > 1 { format!(" (signed {attempt} times)") } else { String::new() };
        self.bar.set_message(on_one_line(&format!("{}{again}", transaction.label)));
    }

    fn finished(&self, _: &Outgoing, _: &Outcome) {
        self.bar.inc(1);
    }
}

/// A text beside a bar, which draws on the terminal by itself.
fn on_one_line(text: &str) -> String {
    visible(text, Form::OneLine).into_owned()
}
