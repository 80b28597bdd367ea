//! A spinner for long operations.

use {
    indicatif::{ProgressBar, ProgressDrawTarget},
    std::{
        sync::mpsc::{self, RecvTimeoutError, Sender},
        thread::{self, JoinHandle},
        time::Duration,
    },
};

/// Delay before a spinner appears.
const DELAY: Duration = Duration::from_secs(2);

const REDRAW_EVERY: Duration = Duration::from_millis(100);

/// A spinner until it is dropped. It appears after two seconds, and only on a terminal.
pub(super) struct Spinner {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Spinner {
    pub fn new(message: &'static str) -> Self {
        let (done, wait) = mpsc::channel();
        let thread = thread::spawn(move || {
            if wait.recv_timeout(DELAY) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_message(message);
            bar.enable_steady_tick(REDRAW_EVERY);
            let _ = wait.recv();
            bar.finish_and_clear();
        });
        Self { done: Some(done), thread: Some(thread) }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        // Closing the channel wakes the thread.
        self.done.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
