//! The run in hand, how far it is learnt, and how fast.

use std::time::{Duration, Instant};

use super::super::messages::Pace;
use crate::base::error::Error;
use crate::params::Params;
use crate::protocol::{Protocol, When};
use crate::run::Run;
use crate::training::Experiment;

/// Time constant of the displayed speed, s.
const SPEED_MEMORY: f64 = 1.0;

/// The run in hand.
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of the run that no other says")]
pub(super) struct Engine {
    /// The settings in force; without a run those of the next one.
    pub(super) params: Params,
    pub(super) run: Option<Run>,
    /// The protocol of a run that went wrong.
    pub(super) failed: Option<Protocol>,
    /// Why there is no run.
    pub(super) failure: Option<Error>,
    /// Why the chip of the run cannot be used, as the window was told.
    pub(super) chip_failure: Option<Error>,
    /// A chip that Misfit did not make was asked what its neurons are.
    pub(super) introduced: bool,
    /// Counts runs.
    pub(super) generation: u64,
    pub(super) running: bool,
    pub(super) single_step: bool,
    /// Learning pauses when this epoch is done, although more are planned.
    pub(super) pause_after: Option<usize>,
    pub(super) position: Position,
    /// Input events that the link lost in the last batch of the lane in the loop.
    pub(super) lost_events: u64,
    /// A lane that learns had no gradient in the last epoch, because its readout hardly ever rose or no hidden neuron
    /// spiked; the window knows of it.
    pub(super) is_stuck: bool,
    pub(super) pacer: Pacer,
}

impl Engine {
    pub(super) fn new(params: Params, running: bool) -> Self {
        Self {
            params,
            run: None,
            failed: None,
            failure: None,
            chip_failure: None,
            introduced: false,
            generation: 0,
            running,
            single_step: false,
            pause_after: None,
            position: Position::START,
            lost_events: 0,
            is_stuck: false,
            pacer: Pacer::default(),
        }
    }

    /// The experiment in progress.
    pub(super) fn experiment(&self) -> Option<&Experiment> {
        self.run.as_ref().map(Run::experiment)
    }

    /// How long until the next batch; `None` if nothing is learnt.
    pub(super) fn wait(&self, now: Instant) -> Option<Duration> {
        let learns = (self.running || self.single_step) && self.run.is_some();
        learns.then(|| self.pacer.next.saturating_duration_since(now))
    }

    /// Whether the run rests where all planned epochs are done, as one that was opened does.
    pub(super) fn is_at_the_end(&self) -> bool {
        !self.running && self.position.whole() == self.params.learning.epochs as usize
    }

    /// Tries a chip again that has failed; says whether one had.
    pub(super) fn try_the_chip_again(&mut self) -> bool {
        if let Some(experiment) = self.experiment() {
            experiment.revive();
        }
        self.chip_failure.take().is_some()
    }

    /// Learns until told otherwise.
    pub(super) fn go_on(&mut self) {
        (self.running, self.pause_after) = (self.run.is_some(), None);
        self.pacer.next = Instant::now();
    }

    /// Learns until that many epochs are done.
    pub(super) fn run_to(&mut self, epoch: usize) {
        if self.position.whole() < epoch {
            self.go_on();
            self.pause_after = Some(epoch);
        }
    }

    /// Learns one batch.
    pub(super) fn step(&mut self) {
        self.running = false;
        self.single_step = self.run.is_some();
        self.pacer.next = Instant::now();
    }
}

/// How far a run is learnt.
#[derive(Debug, Clone, Copy)]
pub(super) struct Position {
    /// Epoch in progress, counted from 1.
    pub(super) epoch: usize,
    /// Batches done in it.
    pub(super) batch: usize,
    /// Batches per epoch.
    pub(super) batches: usize,
}

impl Position {
    /// Nothing is learnt, and no data are known.
    pub(super) const START: Self = Self { epoch: 1, batch: 0, batches: 0 };

    /// After so many whole epochs.
    pub(super) fn after(epochs: usize, batches: usize) -> Self {
        if epochs == 0 { Self { batches, ..Self::START } } else { Self { epoch: epochs, batch: batches, batches } }
    }

    /// Epochs learnt, with the part of the one in progress.
    pub(super) fn epochs(self) -> f64 {
        When { epoch: self.epoch - 1, batch: self.batch }.epochs(self.batches)
    }

    /// Whole epochs learnt.
    pub(super) fn whole(self) -> usize {
        self.epoch - usize::from(self.batch < self.batches.max(1))
    }
}

/// When the next batch is learnt.
pub(super) struct Pacer {
    pace: Pace,
    next: Instant,
    last: Option<Instant>,
    /// Batches per second, lately.
    pub(super) speed: f64,
}

impl Default for Pacer {
    fn default() -> Self {
        Self { pace: Pace::Full, next: Instant::now(), last: None, speed: 0.0 }
    }
}

impl Pacer {
    pub(super) fn set(&mut self, pace: Pace) {
        (self.pace, self.next) = (pace, Instant::now());
    }

    /// A batch has been learnt.
    pub(super) fn stepped(&mut self) {
        let now = Instant::now();
        if let Some(last) = self.last.replace(now) {
            let interval = now.duration_since(last).as_secs_f64();
            let keep = (-interval / SPEED_MEMORY).exp();
            self.speed = keep * self.speed + (1.0 - keep) / interval.max(1e-6);
        }
        if let Pace::BatchesPerSecond(rate) = self.pace {
            let interval = Duration::from_secs_f64(1.0 / f64::from(rate.max(0.1)));
            // Keep the rhythm, but never try to catch up after a pause.
            self.next = (self.next + interval).max(now);
        }
    }
}
