//! Somebody else's chip: a program that speaks the protocol of `assets/handbook/chips.md`.
//!
//! [`ForeignChip`] is what a lane holds: a network with its weights, to be run on a chip whose inside Misfit does not
//! know. All of them that name the same command share one program, as they would share one chip on a desk: before a run
//! the chip is brought into the state that the lane wants. Weights and input spikes go down, spikes and codes come up;
//! labels and gradients never leave Misfit, because nothing here can name them.

pub mod check;
mod hello;
mod link;
pub mod messages;
pub mod program;
pub mod wire;

use std::sync::{Arc, Mutex};

use ndarray::Array2;

use crate::base::error::Result;
use crate::base::stop::Stop;
use crate::base::time::TimeGrid;
use crate::chip::damage;
use crate::chip::layout::Shape;
use crate::params::ChipSetup;
use crate::recording::{Codes, Recording, Trims};
use crate::spikes::SpikeTrain;
pub use link::Identity;
use link::Link;
use messages::Setup;

/// What the chip is to be before it runs.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    setup: Setup,
    codes: Codes,
    /// One a neuron, hidden first.
    trims: Vec<Trims>,
    /// Hidden neurons silenced by hand, ascending.
    silenced: Vec<u16>,
}

/// A network on somebody else's chip.
#[derive(Debug, Clone)]
pub struct ForeignChip {
    link: Arc<Mutex<Link>>,
    wanted: Wanted,
    overrides: Vec<Option<bool>>,
    /// Whether what is learnt is read from hidden voltages.
    needs_voltages: bool,
    stops: Vec<Stop>,
}

impl ForeignChip {
    /// A network with all weights zero, on the chip of the command that `params` name. Nothing is started before the
    /// first run. `needs_voltages` says whether hidden voltages are needed.
    pub fn new(params: &ChipSetup, shape: Shape, needs_voltages: bool) -> Self {
        let codes = Codes {
            input: Array2::zeros((shape.n_inputs, shape.n_hidden)),
            recurrent: Array2::zeros((shape.n_recurrent(), shape.n_hidden)),
            readout: Array2::zeros((shape.n_hidden, shape.n_readout)),
        };
        let setup = Setup { network: params.network.clone(), shape };
        let trims = vec![Trims::default(); shape.n_hidden + shape.n_readout];
        let mut chip = Self {
            link: link::shared(&params.chip.chip_program),
            wanted: Wanted { setup, codes, trims, silenced: Vec::new() },
            overrides: Vec::new(),
            needs_voltages,
            stops: Vec::new(),
        };
        chip.override_silent(damage::hands(params, shape.n_hidden));
        chip
    }

    /// Waits for the chip no longer than until one of these asks for the end.
    pub fn heed(&mut self, stops: &[Stop]) {
        self.stops = stops.to_vec();
    }

    /// After a failure the program is started again with the next run.
    pub fn revive(&self) {
        link::lock(&self.link).failure = None;
    }

    /// Why the chip cannot be used, if that is so.
    pub fn failure(&self) -> Option<crate::Error> {
        // What holds the lock is waiting for an answer of a chip that works.
        self.link.try_lock().ok().and_then(|link| link.failure.clone())
    }

    /// What the chip said of itself, and what its program is; `None` before the first run.
    pub fn identity(&self) -> Option<Identity> {
        link::lock(&self.link).identity()
    }

    /// The clocks.
    pub fn grid(&self) -> TimeGrid {
        self.wanted.setup.network.grid()
    }

    /// The codes to be written before the next run.
    pub fn codes(&self) -> &Codes {
        &self.wanted.codes
    }

    /// Takes codes, which are written before the next run.
    pub fn write_weights(&mut self, codes: &Codes) {
        self.wanted.codes.clone_from(codes);
    }

    /// The trims in force, one a neuron, hidden first; what their numbers mean only the chip knows.
    pub fn trims(&self) -> &[Trims] {
        &self.wanted.trims
    }

    /// Takes trims, which are written before the next run.
    pub fn write_trims(&mut self, trims: &[Trims]) {
        self.wanted.trims = trims.to_vec();
    }

    /// Hidden neurons broken (true) or mended (false) by hand.
    pub fn overrides(&self) -> &[Option<bool>] {
        &self.overrides
    }

    /// Breaks (true) or mends (false) hidden neurons by hand, with the next run.
    pub fn override_silent(&mut self, overrides: Vec<Option<bool>>) {
        let silenced = (0..).zip(&overrides).filter(|(_, own)| **own == Some(true)).map(|(neuron, _)| neuron);
        self.wanted.silenced = silenced.collect();
        self.overrides = overrides;
    }

    /// Whether hidden voltages are needed from now on.
    pub fn need_voltages(&mut self, needed: bool) {
        self.needs_voltages = needed;
    }

    /// Adopts another nominal circuit, and what is broken by hand.
    pub fn set_params(&mut self, params: &ChipSetup) {
        self.wanted.setup.network.clone_from(&params.network);
        self.override_silent(damage::hands(params, self.wanted.setup.shape.n_hidden));
    }

    /// Runs a batch; see [`crate::chip::Chip::run_dropping`].
    ///
    /// # Errors
    /// When the chip goes wrong, or is not waited for; [`Self::failure`] says it again.
    pub fn run_dropping(
        &self,
        inputs: &[&SpikeTrain],
        trial: u64,
        dropout: f64,
        recording: &mut Recording,
    ) -> Result<()> {
        recording.resize(inputs.len());
        recording.drop_neurons(dropout, trial);
        self.with_link(|link, stopped| {
            link.prepare(&self.wanted, self.needs_voltages, stopped)?;
            link.run(&self.wanted.setup, inputs, trial, recording, stopped)
        })
    }

    /// Lets the chip calibrate itself and returns its trims.
    ///
    /// # Errors
    /// As [`Self::run_dropping`], and when it cannot.
    pub fn calibrate(&self, seed: u64, keep_going: &dyn Fn() -> bool) -> Result<Vec<Trims>> {
        self.with_link(|link, stopped| {
            link.prepare(&self.wanted, false, stopped)?;
            link.calibrate(&self.wanted.setup, seed, &|| stopped() || !keep_going())
        })
    }

    /// What the neurons really are, as the chip says (see [`messages::parse_faults`]); `None` when it does not say.
    /// For views: training never asks.
    pub fn faults(&self) -> Option<messages::Faults> {
        self.with_link(|link, stopped| {
            link.prepare(&self.wanted, false, stopped)?;
            link.faults(&self.wanted.setup, stopped)
        })
        .ok()
        .flatten()
    }

    fn with_link<R>(&self, work: impl FnOnce(&mut Link, &dyn Fn() -> bool) -> Result<R>) -> Result<R> {
        let stopped = || self.stops.iter().any(Stop::is_requested);
        work(&mut *link::wait_for(&self.link, &stopped)?, &stopped)
    }
}
