//! What a run does: parameters, and what happens when.
//!
//! Every way in (window, terminal, sweep, study, experiment file, preset) makes a [`Protocol`], and a
//! [`Run`](crate::run::Run) carries it out. A slider that is moved, a neuron that is silenced, a calibration and a
//! planned change are all a [`Change`] at a [`When`].

mod change;
mod command_line;
pub mod file;
mod found;
mod presets;

use std::fmt;
use std::str::FromStr;

use crate::base::error::{Error, Result};
use crate::params::{PARAMS, Params, TakesEffect};
pub use change::Change;
pub use command_line::command_line;
pub use command_line::quoted;
pub use found::{Found, recognise};
pub use presets::{PRESETS, Preset, PresetKind, preset};

/// A moment of a run, between two batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct When {
    /// Whole epochs learnt.
    pub epoch: usize,
    /// Batches learnt in the epoch after those.
    pub batch: usize,
}

impl When {
    /// Before anything is learnt.
    pub const START: Self = Self { epoch: 0, batch: 0 };

    /// The end of that epoch.
    pub const fn after(epoch: usize) -> Self {
        Self { epoch, batch: 0 }
    }

    /// Epochs learnt, with the part of the one in progress, which has that many batches.
    pub fn epochs(self, batches: usize) -> f64 {
        self.epoch as f64 + self.batch as f64 / batches.max(1) as f64
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.batch {
            0 => write!(f, "{}", self.epoch),
            batch => write!(f, "{}+{batch}", self.epoch),
        }
    }
}

/// A change and its moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed {
    /// When it happens.
    pub when: When,
    /// What happens.
    pub change: Change,
}

impl Timed {
    /// Reads `EPOCH:CHANGE` or `EPOCH+BATCH:CHANGE`.
    ///
    /// # Errors
    /// Names the place and what was expected.
    pub fn parse(text: &str, place: &str) -> Result<Self> {
        let bad = || Error::BadValue {
            place: place.into(),
            key: "at".into(),
            expected: "EPOCH:KEY=VALUE or EPOCH+BATCH:KEY=VALUE, such as 20:silent_neurons=30 or 0:calibrate".into(),
            got: text.into(),
        };
        let (when, change) = text.split_once(':').ok_or_else(bad)?;
        let (epoch, batch) = when.split_once('+').unwrap_or((when, "0"));
        let number = |text: &str| text.trim().parse::<usize>().map_err(|_| bad());
        let when = When { epoch: number(epoch)?, batch: number(batch)? };
        Ok(Self { when, change: Change::parse(change, place)? })
    }
}

impl fmt::Display for Timed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.when, self.change)
    }
}

impl FromStr for Timed {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, "--at")
    }
}

/// Parameters, and what happens when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Protocol {
    /// What the run starts from.
    pub params: Params,
    /// In the order in which it happens.
    schedule: Vec<Timed>,
}

impl Protocol {
    /// A run in which nothing happens but learning.
    pub fn new(params: Params) -> Self {
        Self { params, schedule: Vec::new() }
    }

    /// What happens, in order.
    pub fn schedule(&self) -> &[Timed] {
        &self.schedule
    }

    /// Adds a change after all that happen at the same moment.
    pub fn add(&mut self, when: When, change: Change) {
        let place = self.schedule.partition_point(|timed| timed.when <= when);
        self.schedule.insert(place, Timed { when, change });
    }

    /// As [`Self::add`]; the chip is calibrated before anything is learnt.
    #[must_use]
    pub fn calibrated_first(mut self) -> Self {
        self.add(When::START, Change::Calibrate);
        self
    }

    /// Whether the chip is calibrated before anything is learnt.
    pub fn calibrates_first(&self) -> bool {
        let first = self.schedule.iter().take_while(|timed| timed.when == When::START);
        first.filter_map(|timed| timed.change.leaves_calibrated()).last() == Some(true)
    }

    /// Changes that come after a moment; those of the moment itself have happened.
    pub fn planned_after(&self, when: When) -> &[Timed] {
        &self.schedule[self.schedule.partition_point(|timed| timed.when <= when)..]
    }

    /// Forgets everything that happens.
    pub fn forget_planned(&mut self) {
        self.schedule.clear();
    }

    /// Forgets what comes after a moment.
    pub fn forget_after(&mut self, when: When) {
        self.schedule.retain(|timed| timed.when <= when);
    }

    /// Puts a change that happened by hand at the moment `when`; at one moment the last value of a parameter counts.
    pub fn record(&mut self, when: When, change: Change) {
        let same = |timed: &Timed| timed.when == when && change.replaces(&timed.change);
        // A calibration depends on what was set before it, so nothing is moved across one.
        let last_calibration = self.schedule.iter().rposition(|t| t.when == when && t.change.sets_trims());
        let found = self.schedule.iter().rposition(same).filter(|&k| last_calibration.is_none_or(|c| c < k));
        match found {
            Some(k) => self.schedule[k].change = change,
            None => self.add(when, change),
        }
    }

    /// Checks parameters and schedule.
    ///
    /// # Errors
    /// When parameters contradict one another, or a change acts on restart only.
    pub fn check(&self) -> Result<()> {
        self.params.check()?;
        for timed in &self.schedule {
            if let Change::Set { key, .. } = &timed.change
                && PARAMS.iter().any(|spec| spec.key == *key && spec.takes_effect == TakesEffect::OnRestart)
            {
                return Err(Error::NeedsRestart { place: timed.to_string(), keys: (*key).into() });
            }
        }
        Ok(())
    }
}

impl From<&Params> for Protocol {
    fn from(params: &Params) -> Self {
        Self::new(params.clone())
    }
}

impl From<&Self> for Protocol {
    fn from(protocol: &Self) -> Self {
        protocol.clone()
    }
}

impl From<Params> for Protocol {
    fn from(params: Params) -> Self {
        Self::new(params)
    }
}

#[cfg(test)]
mod tests;
