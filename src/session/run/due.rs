//! When something shown is made anew.

use std::time::{Duration, Instant};

/// Something that is made anew when it is out of date, but not too often.
pub(super) struct Due {
    stale: bool,
    made: Option<Instant>,
    every: Duration,
}

impl Due {
    pub(super) fn every(every: Duration) -> Self {
        Self { stale: true, made: None, every }
    }

    /// It is out of date.
    pub(super) fn mark(&mut self) {
        self.stale = true;
    }

    /// It is out of date, and made before anything else is shown.
    pub(super) fn at_once(&mut self) {
        (self.stale, self.made) = (true, None);
    }

    /// It is made now, and not again before its time.
    pub(super) fn made(&mut self) {
        (self.stale, self.made) = (false, Some(Instant::now()));
    }

    /// It is made now, and not again before so much longer than its time.
    pub(super) fn made_and_rests(&mut self, rest: Duration) {
        (self.stale, self.made) = (false, Some(Instant::now() + rest));
    }

    /// How long until it is made; `None` while it is up to date.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let next = |made: Instant| (made + self.every).saturating_duration_since(now);
        self.stale.then(|| self.made.map_or(Duration::ZERO, next))
    }

    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.wait(now).is_some_and(|wait| wait.is_zero())
    }
}
