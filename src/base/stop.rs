//! Ending a run early.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that ends what it is handed to, at the next batch. Clones are the same flag.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for the end.
    pub fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether the end was asked for.
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes the request back, before something new begins.
    pub fn clear(&self) {
        self.0.store(false, Ordering::Relaxed);
    }

    /// The first Ctrl-C or SIGTERM asks for the end; the second ends the program at once.
    pub fn on_signal() -> Self {
        let stop = Self::default();
        let flag = Arc::clone(&stop.0);
        let handler = move || {
            if flag.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        };
        if let Err(why) = ctrlc::set_handler(handler) {
            log::warn!("Ctrl-C will not stop cleanly: {why}");
        }
        stop
    }
}
