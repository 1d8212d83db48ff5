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

pub mod cadc;
pub mod damage;
pub mod layout;
pub mod madc;
pub mod membrane;
pub mod mismatch;
pub mod replay;
mod run;

pub use run::XRay;

use std::ops::Range;
use std::sync::Arc;

use ndarray::Array2;

use crate::error::Result;
use crate::params::Params;
use crate::recording::{Codes, Trims};
use crate::rng::NoiseLanes;
use crate::time::TimeGrid;
use cadc::Cadc;
use damage::Damage;
use layout::{CIRCUITS, Placement, Shape};
use membrane::Membranes;
use mismatch::{ActualNeuron, Draws, Sigmas};

/// One chip with its serial number, its faults and the weights written to it.
#[derive(Debug, Clone)]
pub struct Chip {
    params: Params,
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
    synapses_input: Synapses,
    synapses_recurrent: Synapses,
    synapses_readout: Synapses,
    /// Effective analog weights, `[pre, post]`: code, synapse, driver and gain together.
    w_input: Array2<f32>,
    w_recurrent: Array2<f32>,
    w_readout: Array2<f32>,
    /// Input events per chip step that the link carries.
    events_per_step: usize,
}

/// Strength of every synapse of a projection relative to nominal, `[pre, post]`, one for each sign.
#[derive(Debug, Clone, Default)]
struct Synapses {
    exc: Array2<f32>,
    inh: Array2<f32>,
    /// What stuck synapses add, in codes times strength; `None` when all work.
    stuck: Option<Array2<f32>>,
}

impl Synapses {
    /// The synapses that take the signed inputs `inputs` of the neurons at `sites`.
    fn new(params: &Params, draws: &Draws, inputs: &Range<usize>, sites: &[layout::Site]) -> Self {
        let sigma = Sigmas::new(params);
        let of_sign = |inhibitory: usize| {
            Array2::from_shape_fn((inputs.len(), sites.len()), |(pre, post)| {
                let (circuit, row) = sites[post].synapse(inputs.start + pre);
                draws.synapse(params, &sigma, circuit, row + inhibitory)
            })
        };
        let (mut exc, mut inh) = (of_sign(0), of_sign(1));
        let stuck = damage::stuck_codes(params, inputs, sites).map(|[held_exc, held_inh]| {
            let mut sum = Array2::zeros(exc.dim());
            for (strength, held, sign) in [(&mut exc, held_exc, 1.0), (&mut inh, held_inh, -1.0)] {
                ndarray::Zip::from(&mut sum).and(strength).and(&held).for_each(|sum, strength, &held| {
                    if !held.is_nan() {
                        *sum += sign * held * *strength;
                        *strength = 0.0;
                    }
                });
            }
            sum
        });
        Self { exc, inh, stuck }
    }

    /// Analog weights from codes, `per_code` each on a nominal synapse.
    fn weigh(&self, codes: &Array2<i8>, per_code: f32, out: &mut Array2<f32>) {
        ndarray::Zip::from(&mut *out).and(codes).and(&self.exc).and(&self.inh).for_each(|w, &code, &exc, &inh| {
            *w = f32::from(code) * per_code * if code < 0 { inh } else { exc };
        });
        if let Some(stuck) = &self.stuck {
            out.scaled_add(per_code, stuck);
        }
    }
}

/// Membranes and their readout channels.
#[derive(Debug, Clone, Default)]
struct Population {
    membranes: Membranes,
    cadc: Cadc,
}

impl Chip {
    /// A chip with the serial number and the imperfections of `params`, and all weights zero.
    ///
    /// # Errors
    /// [`crate::Error::DoesNotFit`] when the network is larger than the chip.
    pub fn new(params: &Params, shape: Shape) -> Result<Self> {
        Self::with_circuits(params, shape, CIRCUITS)
    }

    /// As [`Self::new`], on a chip with any number of circuits.
    ///
    /// # Errors
    /// [`crate::Error::DoesNotFit`] when the network is larger than the chip.
    pub fn with_circuits(params: &Params, shape: Shape, circuits: usize) -> Result<Self> {
        let placement = Placement::new(shape, circuits)?;
        Ok(Self::placed(params, shape, placement, circuits))
    }

    fn placed(params: &Params, shape: Shape, placement: Placement, circuits: usize) -> Self {
        let mut chip = Self {
            params: params.clone(),
            grid: TimeGrid::new(params.duration, params.cadc_interval, params.substeps as usize),
            shape,
            placement,
            draws: Arc::new(Draws::new(params.chip, circuits)),
            damage: Damage::default(),
            overrides: vec![None; shape.n_hidden],
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
            synapses_input: Synapses::default(),
            synapses_recurrent: Synapses::default(),
            synapses_readout: Synapses::default(),
            w_input: Array2::zeros((shape.n_inputs, shape.n_hidden)),
            w_recurrent: Array2::zeros((shape.n_recurrent(), shape.n_hidden)),
            w_readout: Array2::zeros((shape.n_hidden, shape.n_readout)),
            events_per_step: usize::MAX,
        };
        chip.configure();
        chip
    }

    /// The same circuits wired for measuring them: every neuron of the network, readout included,
    /// may spike and has one input channel. `params` may differ in timing and noise.
    pub(crate) fn test_bench(&self, params: &Params) -> Self {
        let hidden: Vec<_> = self.placement.hidden.iter().chain(&self.placement.readout).copied().collect();
        let readout = hidden[..1].to_vec();
        let shape = Shape { n_inputs: 1, n_hidden: hidden.len(), n_readout: 1, recurrent: false };
        let placement = Placement { hidden, readout, used: self.placement.used };
        Self::placed(params, shape, placement, self.circuits())
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
        self.hidden.cadc.sample(&vec![v; n], &mut codes, &mut Vec::new(), &mut noise);
        codes
    }

    /// Changes imperfections, nominal parameters or the chip number; the codes written to it stay.
    pub fn set_params(&mut self, params: &Params) {
        if params.chip != self.params.chip {
            // Trims were made for the circuits of the old chip; the new one comes untrimmed.
            self.trims.fill(Trims::default());
            // Nor has anybody laid hands on it.
            self.overrides.fill(None);
            self.draws = Arc::new(Draws::new(params.chip, self.circuits()));
        }
        self.params = params.clone();
        self.configure();
    }

    fn circuits(&self) -> usize {
        CIRCUITS.max(self.placement.used)
    }

    /// Lets the chip grow older by some batches; it wanders if it has a drift.
    pub fn grow_older(&mut self, batches: f64) {
        self.age += batches;
        if self.params.drift > 0.0 {
            self.configure_neurons();
        }
    }

    /// Derives everything from parameters and draws.
    fn configure(&mut self) {
        self.configure_neurons();
        let p = &self.params;
        self.events_per_step = if p.event_rate_limit > 0.0 {
            ((p.event_rate_limit * self.grid.dt_chip).floor() as usize).max(1)
        } else {
            usize::MAX
        };
        let (hidden, readout) = (&self.placement.hidden, &self.placement.readout);
        let recurrent = self.shape.n_inputs..self.shape.n_inputs + self.shape.n_recurrent();
        self.synapses_input = Synapses::new(p, &self.draws, &(0..recurrent.start), hidden);
        self.synapses_recurrent = Synapses::new(p, &self.draws, &recurrent, hidden);
        self.synapses_readout = Synapses::new(p, &self.draws, &(0..self.shape.n_hidden), readout);
        let codes = std::mem::take(&mut self.codes);
        self.write_weights(&codes);
    }

    fn configure_neurons(&mut self) {
        let p = &self.params;
        let sigma = Sigmas::new(p);
        self.damage = Damage::new(p, self.shape.n_inputs, &self.placement.hidden);
        self.damage.override_silent(&self.overrides);
        let actual = |sites: &[layout::Site], trims: &[Trims]| {
            let neurons = sites.iter().map(|&site| self.draws.neuron(p, &sigma, site, self.age));
            neurons.zip(trims).map(|(neuron, trims)| neuron.trimmed(trims)).collect()
        };
        let (hidden, readout) = self.trims.split_at(self.shape.n_hidden);
        self.hidden_actual = actual(&self.placement.hidden, hidden);
        self.readout_actual = actual(&self.placement.readout, readout);
        let population = |neurons: &[ActualNeuron]| Population {
            membranes: Membranes::new(neurons, self.grid.dt_chip, p.tau_mem, p.noise_membrane, p.synaptic_saturation),
            cadc: Cadc::new(neurons, p),
        };
        self.hidden = population(&self.hidden_actual);
        self.readout = population(&self.readout_actual);
        self.hidden.membranes.silence(&self.damage.silent);
        self.hidden.cadc.deafen(&self.damage.deaf);
    }

    /// Breaks (true) or mends (false) one hidden neuron by hand, or leaves it to the share again (`None`).
    /// A neuron that does not exist is ignored.
    pub fn silence(&mut self, neuron: usize, silent: Option<bool>) {
        if let Some(own) = self.overrides.get_mut(neuron) {
            *own = silent;
            self.configure_neurons();
        }
    }

    /// Leaves all neurons to the share again.
    pub fn forget_silenced(&mut self) {
        self.overrides.fill(None);
        self.configure_neurons();
    }

    /// Writes weight codes; the analog weights that result are nobody's business but the chip's.
    ///
    /// # Panics
    /// When the codes do not have the shape of the network.
    pub fn write_weights(&mut self, codes: &Codes) {
        assert_eq!(codes.input.dim(), (self.shape.n_inputs, self.shape.n_hidden), "input codes");
        assert_eq!(codes.recurrent.dim(), (self.shape.n_recurrent(), self.shape.n_hidden), "recurrent codes");
        assert_eq!(codes.readout.dim(), (self.shape.n_hidden, self.shape.n_readout), "readout codes");
        let max = self.params.code_max() as f32;
        let per_code = |full_scale: f64| full_scale as f32 / max;
        // One synapse bias serves all rows of a neuron: input and recurrent weights have the same full scale.
        self.synapses_input.weigh(&codes.input, per_code(self.params.weight_full_scale), &mut self.w_input);
        let per_recurrent = per_code(self.params.weight_full_scale);
        self.synapses_recurrent.weigh(&codes.recurrent, per_recurrent, &mut self.w_recurrent);
        self.synapses_readout.weigh(&codes.readout, per_code(self.params.readout_full_scale), &mut self.w_readout);
        self.codes = codes.clone();
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
        (&self.w_input, &self.w_readout)
    }

    /// The effective analog weights among hidden neurons, `[pre, post]`; no rows without recurrence. For views and tests.
    pub fn effective_recurrent(&self) -> &Array2<f32> {
        &self.w_recurrent
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
