//! Ctrl-C, SIGTERM and SIGHUP.

use {
    super::error::LocalnetError,
    std::{
        io,
        sync::{
            Arc,
            atomic::{AtomicBool, Ordering},
        },
        thread,
        time::Duration,
    },
};

const PAUSE: Duration = Duration::from_millis(50);

/// Whether the user asked for the end.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for signals.
    ///
    /// # Errors
    /// [`LocalnetError::System`].
    pub fn on_signals() -> Result<Self, LocalnetError> {
        let stop = Self::default();
        let requested = Arc::clone(&stop.0);
        ctrlc::set_handler(move || requested.store(true, Ordering::Relaxed))
            .map_err(|error| LocalnetError::System { what: "listen for Ctrl-C", source: io::Error::other(error) })?;
        Ok(stop)
    }

    /// Pauses for a moment.
    ///
    /// # Errors
    /// [`LocalnetError::Interrupted`] after a signal.
    pub fn sleep(&self) -> Result<(), LocalnetError> {
        if self.0.load(Ordering::Relaxed) {
            return Err(LocalnetError::Interrupted);
        }
        thread::sleep(PAUSE);
        Ok(())
    }

    /// Waits until `look` finds something.
    ///
    /// # Errors
    /// [`LocalnetError::Interrupted`] after a signal, and those of `look`.
    pub fn wait_for<T>(&self, mut look: impl FnMut() -> Result<Option<T>, LocalnetError>) -> Result<T, LocalnetError> {
        loop {
            if let Some(found) = look()? {
                return Ok(found);
            }
            self.sleep()?;
        }
    }
}
