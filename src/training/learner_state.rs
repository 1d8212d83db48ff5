//! What a lane has to keep so that its next batch has the same bits elsewhere.

use super::metrics::Recovery;
use crate::chip::plasticity;
use crate::host::HostState;
use crate::params::Lane;
use crate::recording::{Codes, Trims};

/// What a teacher has learnt, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub enum TeacherState {
    /// Weights and optimiser of a host.
    Host(Box<HostState>),
    /// Weights and shift registers of a chip that teaches itself.
    OnChip(plasticity::State),
}

impl TeacherState {
    /// Updates and epochs so far.
    pub fn progress(&self) -> (u32, u32) {
        match self {
            Self::Host(host) => (host.steps, host.epoch),
            Self::OnChip(state) => (state.updates, state.epoch),
        }
    }

    /// Memory that it takes, about, bytes.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Host(host) => {
                let weights = [&host.network.input, &host.network.recurrent, &host.network.readout];
                3 * 4 * weights.iter().map(|w| w.len()).sum::<usize>()
            }
            Self::OnChip(state) => 2 * (state.input.len() + state.readout.len() + state.registers.len()),
        }
    }
}

/// The chip of one lane and what teaches it.
#[derive(Debug, Clone, PartialEq)]
pub struct LearnerState {
    /// The lane.
    pub lane: Lane,
    /// What teaches it.
    pub teacher: TeacherState,
    /// Codes on the chip.
    pub codes: Codes,
    /// Codes before the first batch.
    pub first_codes: Codes,
    /// Trims of all neurons, hidden first.
    pub trims: Vec<Trims>,
    /// Hidden neurons broken (true) or mended (false) by hand.
    pub overrides: Vec<Option<bool>>,
    /// Batches since the chip was new.
    pub age: f64,
    /// Time spent in the epoch in progress, s.
    pub seconds: f64,
    /// Test accuracy after the last epoch.
    pub last_accuracy: Option<f64>,
    /// How it recovers from the last disturbance.
    pub recovery: Option<Recovery>,
}
