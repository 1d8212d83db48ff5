//! A chip that teaches itself: the rule that its own processor runs, one sample after the other, in whole numbers.
//!
//! In a feed-forward network the gradient of the loss is a three-factor rule, an identity (see the tests): with
//! ε_j the response of a nominal membrane to input j, ψ the surrogate derivative and δz the error of the spikes,
//! `∂L/∂W_ji = Σ_n ψ(V_i[n]) δz_i[n] ε_j[n]`. When classes are decided by the *mean* over time, δz changes only
//! within the last few microseconds; taken as constant it is one number a neuron, the learning signal L_i. This is
//! e-prop (Bellec et al. 2020, doi:10.1038/s41467-020-17236-y) without its low-pass filter, which the mean makes
//! unnecessary. The rule then needs what a BrainScaleS-2 processor can read:
//!
//! ```text
//! S_o   = Σ_n (V_o[n] − V_o[0])                               readout codes of one sample, LSB
//! p_o   = softmax(s · S_o / (T · D))                          s: score scale, D: leak to threshold, LSB
//! err_o = round(127 (p_o − [o = label]))                      8 bit; all zero: no update
//! L_i   = sat8(Σ_o U_io err_o / 2^k + β c_i)                  U: codes; c_i: spikes of the neuron
//! ψ_i   = max(0, 127 − |V_i − V_i[0] − D| · 127 / D)          around the *nominal* threshold
//! ε_j   = max(0, V_j − V_j[0] − 4)                            trace circuit of input j, 8 bit
//! ΔW_ji = −η_h Σ_n ε_j ψ_i L_i        ΔU_io = −η_o err_o min(c_i, 3)
//! ```
//!
//! Weights are whole numbers of 2^−f LSB: six bits and the sign in the synapses that compute, f more in synapses of
//! idle rows. Updates are rounded by a 16-bit shift register for every column.
//!
//! Only two numbers are nominal: D and the scale of a trace. No weight exists as a fraction anywhere else, and
//! nothing leaves the chip. A [`Recording`] is filled for the person who watches; the rule reads the same codes.
//!
//! Placement in columns, idle rows and memory is in [`placement`] and [`cost`]. None of it has been shown on
//! silicon: it uses documented paths of access only.

pub mod cost;
pub mod placement;
mod rule;
mod shift_register;
mod traces;

use ndarray::Array2;

use super::Chip;
use super::layout::Shape;
use crate::base::error::Result;
use crate::base::rng;
use crate::params::{Feedback, SelfTaughtSetup, Trace};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use placement::{Plan, plan};
use rule::{Numbers, Sample};
use traces::Traces;

/// What the rule has learnt, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Input weights in steps of 2^−f LSB, `[input, hidden]`.
    pub input: Array2<i16>,
    /// Readout weights in steps of 2^−f LSB, `[hidden, readout]`.
    pub readout: Array2<i16>,
    /// Shift registers of the columns of hidden neurons, then of the readout.
    pub registers: Vec<u16>,
    /// Samples that changed a weight so far.
    pub updates: u32,
    /// Epochs so far, for the decay of the rates.
    pub epoch: u32,
}

/// What happened while a batch was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Learnt {
    /// Samples shown.
    pub samples: usize,
    /// Samples that changed a weight: the others were right with an error below half of 1/127.
    pub updates: usize,
    /// Codes that changed, each time that they did.
    pub flips: usize,
    /// Input spikes that came down.
    pub input_events: usize,
    /// Rows of input weights and rows of readout weights that were gone through.
    pub rows: [usize; 2],
}

/// A chip whose own processor learns. It is built from the chip and the settings of the rule alone.
#[derive(Debug, Clone)]
pub struct SelfTaught {
    setup: SelfTaughtSetup,
    chip: Chip,
    traces: Traces,
    /// Circuits of the traces, and rows of the synapses.
    plan: Plan,
    numbers: Numbers,
    /// Random weights that errors go back through, `[hidden, readout]`, codes.
    feedback: Array2<i8>,
    state: State,
    sample: Sample,
}

impl SelfTaught {
    /// A chip with first weights drawn from the seed.
    ///
    /// # Errors
    /// [`crate::Error::DoesNotFit`] when circuits, rows or the memory of the processors do not suffice.
    ///
    /// # Panics
    /// Never: there is a draw for every weight.
    pub fn new(setup: &SelfTaughtSetup, shape: Shape) -> Result<Self> {
        let plan = plan(setup, shape)?;
        let chip = Chip::placed(&setup.chip, shape, plan.network.clone(), super::layout::CIRCUITS);
        let traces = Traces::new(setup, shape, &plan);
        let numbers = Numbers::new(setup, 0);
        let draw = |name: &str, dim: (usize, usize), init: f64, full_scale: f64, unit: i32| {
            let sd = init / (dim.0.max(1) as f64).sqrt() * f64::from(numbers.max_code) / full_scale * f64::from(unit);
            let most = f64::from(numbers.max_code * unit);
            let draws = rng::normals(u64::from(setup.seed), name, dim.0 * dim.1);
            let whole = draws.iter().map(|z| (f64::from(*z) * sd).round().clamp(-most, most) as i16).collect();
            Array2::from_shape_vec(dim, whole).expect("one draw a weight")
        };
        let (network, unit) = (&setup.chip.network, 1 << numbers.fraction);
        let (into, out) = ((shape.n_inputs, shape.n_hidden), (shape.n_hidden, shape.n_readout));
        let state = State {
            input: draw("on chip: input", into, setup.init[0], network.weight_full_scale, unit),
            readout: draw("on chip: readout", out, setup.init[1], network.readout_full_scale, unit),
            registers: shift_register::seeded(u64::from(setup.seed), shape.n_hidden + shape.n_readout),
            updates: 0,
            epoch: 0,
        };
        // As strong as the first readout weights, and with no fraction: they never change.
        let feedback = draw("on chip: feedback", out, setup.init[1], network.readout_full_scale, 1).mapv(|b| b as i8);
        let mut own = Self {
            setup: setup.clone(),
            sample: Sample::new(shape, chip.grid().n_host),
            chip,
            traces,
            plan,
            numbers,
            feedback,
            state: state.clone(),
        };
        own.restore(&state);
        Ok(own)
    }

    /// The chip with the weights of now.
    pub fn chip(&self) -> &Chip {
        &self.chip
    }

    /// The same, to calibrate it or let it grow older.
    pub fn chip_mut(&mut self) -> &mut Chip {
        &mut self.chip
    }

    /// What it is made from.
    pub fn setup(&self) -> &SelfTaughtSetup {
        &self.setup
    }

    /// Changes faults of the chip and settings of the rule that act at once; the weights stay. With another number of
    /// bits they are other codes.
    pub fn set_setup(&mut self, setup: &SelfTaughtSetup) {
        let before = self.numbers.max_code;
        if setup.chip != self.setup.chip {
            self.chip.set_params(&setup.chip);
            self.traces.set_params(setup);
        }
        self.setup = setup.clone();
        self.numbers = Numbers::new(setup, self.state.epoch);
        let now = self.numbers.max_code;
        if now != before {
            let rescaled = |w: &i16| (f64::from(*w) * f64::from(now) / f64::from(before)).round() as i16;
            let State { input, readout, .. } = &self.state;
            let state = State { input: input.map(rescaled), readout: readout.map(rescaled), ..self.state.clone() };
            self.restore(&state);
        }
    }

    /// An epoch of so many batches is over: the rates decay, and the circuits grow older.
    pub fn end_epoch(&mut self, batches: f64) {
        self.chip.grow_older(batches);
        self.state.epoch += 1;
        self.numbers = Numbers::new(&self.setup, self.state.epoch);
    }

    /// What has been learnt, and where it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Goes on from a state of the same shape.
    pub fn restore(&mut self, state: &State) {
        self.state = state.clone();
        self.numbers = Numbers::new(&self.setup, state.epoch);
        let code = |w: &i16| self.numbers.code(*w);
        let codes = Codes {
            input: state.input.map(code),
            recurrent: Array2::zeros((0, state.input.ncols())),
            readout: state.readout.map(code),
        };
        self.chip.write_weights(&codes);
    }

    /// Starts again from the weights of these codes.
    pub fn load(&mut self, codes: &Codes) {
        let whole = |code: &i8| i16::from(*code) << self.numbers.fraction;
        let state = State { input: codes.input.map(whole), readout: codes.readout.map(whole), ..self.state.clone() };
        self.restore(&state);
    }

    /// Random weights that errors can go back through, `[hidden, readout]`, codes.
    pub fn feedback(&self) -> &Array2<i8> {
        &self.feedback
    }

    /// Cosine of the angle between the weights that errors go back through and the readout weights: 1 when the
    /// feedback is symmetric, and about 0 at first when it is random. NaN when all weights of one are zero.
    pub fn alignment(&self) -> f64 {
        let readout = &self.chip.codes().readout;
        let back = match self.setup.plasticity.feedback {
            Feedback::Symmetric => readout,
            Feedback::Random => &self.feedback,
        };
        let product = |a: &Array2<i8>, b: &Array2<i8>| -> f64 {
            a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        product(back, readout) / (product(back, back) * product(readout, readout)).sqrt()
    }

    /// Where the network, its traces and its fractions sit.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Which trace circuits have a dead channel, in the order of [`Plan::traces`].
    pub fn dead_traces(&self) -> &[bool] {
        self.traces.dead()
    }

    /// What the idle rows hold of the input weights, in steps of 2^−f LSB, `[input, hidden]`; within half a code.
    pub fn fractions(&self) -> Array2<i8> {
        let numbers = &self.numbers;
        self.state.input.map(|w| (*w - (i16::from(numbers.code(*w)) << numbers.fraction)) as i8)
    }

    /// The traces of the last sample that changed a weight, `[processor, input, host step]`. For exports and tests.
    pub fn traces(&self) -> &[i16] {
        self.sample.traces()
    }

    /// Learns from samples, one after the other. Input spikes and labels come in; nothing goes out.
    ///
    /// `trial` numbers the batch and decides its noise. `seen` is for the person who watches.
    ///
    /// # Panics
    /// When there is not one label a sample.
    pub fn learn(&mut self, inputs: &[&SpikeTrain], labels: &[u16], trial: u64, seen: &mut Recording) -> Learnt {
        assert_eq!(inputs.len(), labels.len(), "one label a sample");
        seen.resize(inputs.len());
        seen.drop_neurons(0.0, trial);
        self.traces.grow_to(self.chip.age());
        let shift = self.chip.threshold_shift(trial);
        let mut learnt = Learnt { samples: inputs.len(), ..Learnt::default() };
        for (k, (input, &label)) in inputs.iter().zip(labels).enumerate() {
            let numbers = [trial, k as u64];
            self.chip.run_sample(input, numbers, &shift, seen, k);
            self.sample.read(seen, k);
            learnt.input_events += input.len();
            if !self.sample.judge(&self.numbers, usize::from(label)) {
                continue;
            }
            self.traces.read(input, numbers, seen, k, &mut self.sample);
            self.update(&mut learnt);
            learnt.updates += 1;
        }
        self.state.updates = self.state.updates.wrapping_add(learnt.updates as u32);
        learnt
    }

    /// Changes weights after a sample that called for it.
    fn update(&mut self, learnt: &mut Learnt) {
        let Self { chip, numbers, feedback, state, sample, traces, setup, .. } = self;
        let (of_hidden, of_readout) = state.registers.split_at_mut(state.input.ncols());
        let back = match setup.plasticity.feedback {
            Feedback::Symmetric => &chip.codes().readout,
            Feedback::Random => &*feedback,
        };
        sample.signal(numbers, back);
        if numbers.rate_hidden > 0 {
            let is_paired = setup.plasticity.trace == Trace::Correlation;
            if !is_paired {
                sample.modulate(numbers);
            }
            for input in 0..state.input.nrows() {
                let Some(sums) = (if is_paired { traces.pairs(input, sample) } else { sample.products(input) }) else {
                    continue;
                };
                let weights = state.input.row_mut(input).into_slice().expect("standard layout");
                let rate = numbers.rate_hidden;
                learnt.flips += chip.rewrite_input(input, |codes| numbers.step(weights, sums, rate, of_hidden, codes));
            }
        }
        for hidden in 0..state.readout.nrows() {
            if let Some(sums) = sample.blame(hidden) {
                let weights = state.readout.row_mut(hidden).into_slice().expect("standard layout");
                let rate = numbers.rate_readout;
                learnt.flips +=
                    chip.rewrite_readout(hidden, |codes| numbers.step(weights, sums, rate, of_readout, codes));
            }
        }
    }

    /// Time that the processors need for a batch, s: an estimate, see [`cost`].
    pub fn estimated_time(&self, learnt: &Learnt) -> f64 {
        cost::batch_time(&self.setup, self.sample.shape(), learnt)
    }

    /// What a processor holds of its [`cost::MEMORY`] bytes.
    pub fn memory(&self) -> Vec<cost::Part> {
        cost::memory(&self.setup, self.sample.shape())
    }
}

#[cfg(test)]
mod tests;
