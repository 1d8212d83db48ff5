//! The analog chip: it computes with all its faults and lets nobody look inside.
//!
//! [`Chip::run`] is the only way to use it and a [`Recording`](crate::recording::Recording) the only thing that
//! comes out. [`Chip::xray`] and [`Chip::actual`] look at the analog truth; they are
//! for views and tests, and the host cannot reach them because it does not import
//! this module.
//!
//! One chip step, in this order: events that arrive act on the synaptic currents;
//! membranes follow their exact flow; those above threshold spike and are reset;
//! every `substeps` steps the CADC samples all of them. A hidden spike reaches the
//! readout, and in a recurrent network the hidden neurons, at the beginning of the next step.

mod admission;
pub mod cadc;
mod configure;
pub mod damage;
mod firing;
pub mod layout;
pub mod madc;
pub mod membrane;
pub mod mismatch;
mod output;
mod pass;
pub mod plasticity;
mod readout;
pub mod replay;
mod run;
mod step;
mod synapses;

pub use run::XRay;

use std::sync::Arc;

use ndarray::Array2;

use crate::base::error::Result;
use crate::base::rng::noise::NoiseLanes;
use crate::base::time::TimeGrid;
use crate::params::ChipSetup;
use crate::recording::{Codes, Trims};
use crate::simd::AlignedVec;
use cadc::Cadc;
use damage::Damage;
use layout::{CIRCUITS, Placement, Shape};
use membrane::Membranes;
use mismatch::{ActualNeuron, Draws};
use synapses::Synapses;

/// One chip with its serial number, its faults and the weights written to it.
#[derive(Debug, Clone)]
pub struct Chip {
    params: ChipSetup,
    grid: TimeGrid,
    shape: Shape,
    placement: Placement,
    draws: Arc<Draws>,
    damage: Damage,
    /// Hidden neurons broken (true) or mended (false) by hand.
    overrides: Vec<Option<bool>>,
    /// Batches since the chip was new.
    age: f64,
    hidden_actual: Vec<ActualNeuron>,
    readout_actual: Vec<ActualNeuron>,
    hidden: Population,
    readout: Population,
    codes: Codes,
    /// Trims of all neurons, hidden first; they belong to the circuits of one chip number.
    trims: Vec<Trims>,
    to_hidden: Synapses,
    among_hidden: Synapses,
    to_readout: Synapses,
    /// Input events per chip step that the link carries; the parts of an event add up from step to step.
    events_per_step: f64,
    /// Whether the hidden circuits are trace circuits, which never spike.
    is_traces: bool,
}

/// Membranes and their readout channels.
#[derive(Debug, Clone, Default)]
struct Population {
    membranes: Membranes,
    cadc: Cadc,
}

impl Population {
    /// Whether membranes or conversions draw noise.
    fn is_noisy(&self) -> bool {
        self.membranes.is_noisy() || self.cadc.is_noisy()
    }
}

impl Chip {
    /// A chip with the serial number and the imperfections of `params`, and all weights zero.
    ///
    /// # Errors
    /// [`crate::Error::DoesNotFit`] when the network is larger than the chip.
    pub fn new(params: &ChipSetup, shape: Shape) -> Result<Self> {
        Self::with_circuits(params, shape, CIRCUITS)
    }

    /// As [`Self::new`], on a chip with any number of circuits.
    ///
    /// # Errors
    /// [`crate::Error::DoesNotFit`] when the network is larger than the chip.
    pub fn with_circuits(params: &ChipSetup, shape: Shape, circuits: usize) -> Result<Self> {
        let placement = Placement::new(shape, circuits)?;
        Ok(Self::placed(params, shape, placement, circuits))
    }

    fn placed(params: &ChipSetup, shape: Shape, placement: Placement, circuits: usize) -> Self {
        let mut chip = Self {
            params: params.clone(),
            grid: params.network.grid(),
            shape,
            placement,
            draws: Arc::new(Draws::new(&params.chip, circuits)),
            damage: Damage::default(),
            overrides: damage::hands(params, shape.n_hidden),
            trims: vec![Trims::default(); shape.n_hidden + shape.n_readout],
            age: 0.0,
            hidden_actual: Vec::new(),
            readout_actual: Vec::new(),
            hidden: Population::default(),
            readout: Population::default(),
            codes: Codes {
                input: Array2::zeros((shape.n_inputs, shape.n_hidden)),
                recurrent: Array2::zeros((shape.n_recurrent(), shape.n_hidden)),
                readout: Array2::zeros((shape.n_hidden, shape.n_readout)),
            },
            to_hidden: Synapses::default(),
            among_hidden: Synapses::default(),
            to_readout: Synapses::default(),
            events_per_step: f64::from(u32::MAX),
            is_traces: false,
        };
        chip.configure();
        chip
    }

    /// Circuits of a chip that follow its inputs and never spike, as hidden neurons of a chip of their own: it has the
    /// same faults at the same places, and noise of its own.
    fn trace_circuits(params: &ChipSetup, shape: Shape, placement: Placement) -> Self {
        let mut chip = Self { is_traces: true, ..Self::placed(params, shape, placement, CIRCUITS) };
        chip.configure_neurons();
        chip
    }

    /// The same circuits wired for measuring them: every neuron of the network, readout included,
    /// may spike and has one input channel. `params` may differ in timing and noise.
    pub(crate) fn test_bench(&self, params: &ChipSetup) -> Self {
        let hidden: Vec<_> = self.placement.hidden.iter().chain(&self.placement.readout).copied().collect();
        let readout = hidden[..1].to_vec();
        let shape = Shape { n_inputs: 1, n_hidden: hidden.len(), n_readout: 1, recurrent: false };
        let placement = Placement { hidden, readout, used: self.placement.used };
        Self::placed(params, shape, placement, self.circuits())
    }

    /// The same network with the same codes on the same circuits of another chip, which is new: without trims,
    /// neurons broken by hand, or age.
    #[must_use]
    pub fn as_new(&self, params: &ChipSetup) -> Self {
        let mut chip = Self::placed(params, self.shape, self.placement.clone(), self.circuits());
        chip.write_weights(&self.codes);
        chip
    }

    /// Writes trims, one a neuron, hidden first.
    ///
    /// # Panics
    /// When there is not one for every neuron.
    pub fn write_trims(&mut self, trims: &[Trims]) {
        assert_eq!(trims.len(), self.trims.len(), "one set of trims a neuron");
        self.trims = trims.to_vec();
        self.configure_neurons();
    }

    /// The trims in force, one a neuron, hidden first.
    pub fn trims(&self) -> &[Trims] {
        &self.trims
    }

    /// Whether a trim is not neutral.
    pub fn is_trimmed(&self) -> bool {
        self.trims.iter().any(|trims| *trims != Trims::default())
    }

    /// The same chip with all trims neutral.
    #[must_use]
    pub fn untrimmed(&self) -> Self {
        let mut chip = self.clone();
        chip.write_trims(&vec![Trims::default(); self.trims.len()]);
        chip
    }

    /// Hidden neurons broken (true) or mended (false) by hand.
    pub fn overrides(&self) -> &[Option<bool>] {
        &self.overrides
    }

    /// Batches since the chip was new.
    pub fn age(&self) -> f64 {
        self.age
    }

    /// The codes that were written last.
    pub fn codes(&self) -> &Codes {
        &self.codes
    }

    /// Becomes what a chip of the same parameters was: trims, hand-made damage and age.
    ///
    /// # Panics
    /// When there is not one entry for every neuron.
    pub fn restore(&mut self, trims: &[Trims], overrides: &[Option<bool>], age: f64) {
        assert_eq!((trims.len(), overrides.len()), (self.trims.len(), self.overrides.len()), "one entry a neuron");
        self.trims = trims.to_vec();
        self.overrides = overrides.to_vec();
        self.age = age;
        self.configure_neurons();
    }

    /// Connects all hidden readout channels to one known voltage instead of the membranes and
    /// converts it once. This is how a host calibrates the converters themselves.
    pub fn read_reference(&self, v: f32, trial: u64) -> Vec<u8> {
        let n = self.shape.n_hidden;
        let mut codes = vec![0; n];
        let mut noise = NoiseLanes::default();
        noise.reseed(n, trial);
        self.hidden.cadc.sample(&AlignedVec::new(&vec![v; n]), &mut codes, &mut noise);
        codes
    }

    /// What this chip is made from.
    pub fn setup(&self) -> &ChipSetup {
        &self.params
    }

    /// Changes imperfections, nominal parameters or the chip number; the codes written to it stay.
    pub fn set_params(&mut self, params: &ChipSetup) {
        if params.chip.number != self.params.chip.number {
            // Trims were made for the circuits of the old chip; the new one comes untrimmed.
            self.trims.fill(Trims::default());
        }
        if Draws::depend_on(&params.chip) != Draws::depend_on(&self.params.chip) {
            self.draws = Arc::new(Draws::new(&params.chip, self.circuits()));
        }
        let before = std::mem::replace(&mut self.params, params.clone());
        self.overrides = damage::hands(params, self.shape.n_hidden);
        self.configure_neurons();
        if Synapses::depend_on(&before) != Synapses::depend_on(params) {
            self.configure_synapses();
        }
        self.rewrite_weights();
    }

    /// The same chip without anything random, looking for threshold crossings `substeps` times in a readout
    /// interval; if `ideal`, its twin without faults, too. For exports and tests.
    #[must_use]
    pub fn quiet(&self, substeps: usize, ideal: bool) -> Self {
        let mut chip = self.clone();
        let p = &mut chip.params;
        if ideal {
            p.chip = p.chip.ideal();
            chip.trims.fill(Trims::default());
            chip.overrides.fill(None);
            chip.age = 0.0;
        }
        (p.chip.noise_membrane, p.chip.noise_readout, p.chip.noise_threshold) = (0.0, 0.0, 0.0);
        (p.chip.jitter_input, p.chip.jitter_spike, p.chip.event_rate_limit) = (0.0, 0.0, 0.0);
        p.network.substeps = substeps as u32;
        chip.grid = p.network.grid();
        chip.configure();
        chip
    }

    /// The clocks.
    pub fn grid(&self) -> TimeGrid {
        self.grid
    }

    /// What the hidden and the readout neurons really got. For views and tests.
    pub fn actual(&self) -> (&[ActualNeuron], &[ActualNeuron]) {
        (&self.hidden_actual, &self.readout_actual)
    }

    /// The effective analog weights into hidden and readout neurons, `[pre, post]`. For views and tests.
    pub fn effective_weights(&self) -> (&Array2<f32>, &Array2<f32>) {
        (self.to_hidden.weights(), self.to_readout.weights())
    }

    /// The effective analog weights among hidden neurons, `[pre, post]`; no rows without recurrence. For views and tests.
    pub fn effective_recurrent(&self) -> &Array2<f32> {
        self.among_hidden.weights()
    }

    /// Chip steps for which hidden and readout neurons are held at reset after a spike. For exports and tests.
    pub fn refractory_steps(&self) -> (&[f32], &[f32]) {
        (self.hidden.membranes.refractory_steps(), self.readout.membranes.refractory_steps())
    }

    /// Which parts are broken. For exports and tests.
    pub fn damage(&self) -> &Damage {
        &self.damage
    }

    /// Where the neurons sit.
    pub fn placement(&self) -> &Placement {
        &self.placement
    }
}

#[cfg(test)]
mod tests;
