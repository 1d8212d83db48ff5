//! The arithmetic of the rule, in whole numbers, for one sample.

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};

use super::shift_register::draw;
use crate::chip::layout::Shape;
use crate::params::{Rounding, SelfTaughtSetup};
use crate::recording::Recording;

/// An error, a learning signal or a derivative of 1.
const ONE: i32 = 127;
/// LSB of a trace that stand for 1: about what one spike through the largest weight lifts a nominal membrane by.
const TRACE_ONE: f64 = 100.0;
/// LSB by which a trace must rise to count: the noise of silent inputs stays below.
const DEAD_ZONE: i32 = 4;
/// More spikes of a hidden neuron than these count as these for the readout.
const MOST_SPIKES: i32 = 3;
/// Bits of a rate behind the point.
const RATE_BITS: u32 = 15;
/// Bits of a random number.
const RANDOM_BITS: u32 = 8;
/// Bits behind the point of the finest weight: updates are computed to this step and rounded to the weight's own.
const FINEST: u32 = 6;
/// Entries of the table of the exponential function for a difference of 1.
const PER_E: f64 = 32.0;

/// What the rule is told, as whole numbers.
#[derive(Debug, Clone)]
pub(super) struct Numbers {
    /// Largest code of a weight.
    pub(super) max_code: i32,
    /// Bits of a weight below its least significant one.
    pub(super) fraction: u32,
    /// Steps of 2^−6 LSB, in 2^−15 of them, for a unit of what the hidden and the readout rule sum up.
    pub(super) rate_hidden: i32,
    pub(super) rate_readout: i32,
    is_stochastic: bool,
    /// Nominal distance from leak to threshold, LSB.
    distance: i32,
    /// 127 over that distance, in 2^−7.
    slope: i32,
    /// Steps of the table of the exponential function for 1 LSB of a summed score, in 2^−16.
    score: i32,
    /// Codes of a readout weight that stand for a membrane weight of 1, as a power of two.
    signal_shift: u32,
    /// What a spike adds to the learning signal, in 2^−4.
    activity: i32,
    /// 255 exp(−k/32).
    exponential: [u8; 256],
}

impl Numbers {
    /// From settings and the number of epochs so far.
    pub(super) fn new(setup: &SelfTaughtSetup, epoch: u32) -> Self {
        let (network, p) = (&setup.chip.network, &setup.plasticity);
        let decay = p.decay.powi(epoch as i32);
        let distance = network.lsb_per_unit();
        let n_host = network.grid().n_host as f64;
        let max_code = network.code_max();
        let one = f64::from(ONE);
        // The hidden rule sums ε · ((ψ · L) >> 7), the readout rule err · count.
        let of_rate =
            |eta: f64, unit: f64| (eta * decay * f64::from(1u32 << (FINEST + RATE_BITS)) / unit).round() as i32;
        let per_one = f64::from(max_code) / network.readout_full_scale;
        Self {
            max_code,
            fraction: p.fraction_bits,
            rate_hidden: of_rate(p.rate_hidden, TRACE_ONE * one * one / 128.0),
            rate_readout: of_rate(p.rate_readout, one),
            is_stochastic: p.rounding == Rounding::Stochastic,
            distance: distance.round() as i32,
            slope: (one * 128.0 / distance).round() as i32,
            score: (p.score_scale * PER_E * 65_536.0 / (n_host * distance)).round() as i32,
            signal_shift: per_one.log2().round().clamp(0.0, 15.0) as u32,
            activity: (p.activity * one * 16.0).round() as i32,
            exponential: std::array::from_fn(|k| (255.0 * (-(k as f64) / PER_E).exp()).round() as u8),
        }
    }

    /// The code of a weight: its nearest whole number of LSB.
    #[inline(always)]
    pub(super) fn code(&self, weight: i16) -> i8 {
        code(i32::from(weight), self.fraction) as i8
    }

    /// Moves the weights of a row by −`rate` · `sums`, rounded, and gives the number of codes that changed.
    pub(super) fn step(
        &self,
        weights: &mut [i16],
        sums: &[i32],
        rate: i32,
        columns: &mut [u16],
        codes: &mut [i8],
    ) -> usize {
        Arch::new().dispatch(Move { numbers: self, weights, sums, rate, columns, codes })
    }
}

#[inline(always)]
fn code(weight: i32, fraction: u32) -> i32 {
    (weight + ((1 << fraction) >> 1)) >> fraction
}

struct Move<'a> {
    numbers: &'a Numbers,
    weights: &'a mut [i16],
    sums: &'a [i32],
    rate: i32,
    columns: &'a mut [u16],
    codes: &'a mut [i8],
}

impl NullaryFnOnce for Move<'_> {
    type Output = usize;

    #[inline(always)]
    fn call(self) -> usize {
        let Self { numbers, weights, sums, rate, columns, codes } = self;
        let fraction = numbers.fraction;
        let most = numbers.max_code << fraction;
        // Bits to lose on the way to steps of the weight; eight of them are left for rounding.
        let shift = RATE_BITS + FINEST - fraction - RANDOM_BITS;
        let half = 1 << (shift - 1);
        let nearest = 1 << (RANDOM_BITS - 1);
        let n = weights.len();
        let (sums, columns, codes) = (&sums[..n], &mut columns[..n], &mut codes[..n]);
        let mut flips = 0;
        for k in 0..n {
            let update = sums[k].saturating_mul(rate).saturating_add(half) >> shift;
            let random = draw(&mut columns[k]);
            let rounding = if numbers.is_stochastic { random } else { nearest };
            let weight = (i32::from(weights[k]) - ((update + rounding) >> RANDOM_BITS)).clamp(-most, most);
            let new = code(weight, fraction) as i8;
            flips += usize::from(new != codes[k]);
            (weights[k], codes[k]) = (weight as i16, new);
        }
        flips
    }
}

/// What the processor holds of one sample.
#[derive(Debug, Clone)]
pub(super) struct Sample {
    shape: Shape,
    n_host: usize,
    /// Codes of the hidden neurons above their first, `[host step, hidden]`.
    hidden: Vec<i16>,
    /// Of every readout the sum of its codes above its first.
    scores: Vec<i32>,
    /// Spikes of every hidden neuron.
    pub(super) counts: Vec<i32>,
    errors: Vec<i32>,
    /// Learning signals of the hidden neurons.
    pub(super) signals: Vec<i32>,
    /// (ψ · L) >> 7, `[host step, hidden]`.
    modulated: Vec<i16>,
    /// Traces, `[side, input, host step]`: every processor has its own trace circuits.
    pub(super) traces: Vec<i16>,
    /// How many hidden neurons the first of two processors has.
    pub(super) first_side: usize,
    sums: Vec<i32>,
}

impl Sample {
    pub(super) fn new(shape: Shape, n_host: usize) -> Self {
        Self {
            hidden: vec![0; n_host * shape.n_hidden],
            scores: vec![0; shape.n_readout],
            counts: vec![0; shape.n_hidden],
            errors: vec![0; shape.n_readout],
            signals: vec![0; shape.n_hidden],
            modulated: vec![0; n_host * shape.n_hidden],
            traces: vec![0; 2 * shape.n_inputs * n_host],
            first_side: shape.n_hidden.div_ceil(2),
            sums: vec![0; shape.n_hidden.max(shape.n_readout)],
            shape,
            n_host,
        }
    }

    /// Reads what the converters and counters of the chip hold after a sample.
    pub(super) fn read(&mut self, seen: &Recording, slot: usize) {
        let (hidden, readout) = (seen.hidden_of(slot), seen.readout_of(slot));
        let n = self.shape.n_hidden;
        for (to, from) in self.hidden.chunks_exact_mut(n).zip(hidden.chunks_exact(n)) {
            for k in 0..n {
                to[k] = i16::from(from[k]) - i16::from(hidden[k]);
            }
        }
        for (o, score) in self.scores.iter_mut().enumerate() {
            let codes = readout.iter().skip(o).step_by(self.shape.n_readout);
            *score = codes.map(|code| i32::from(*code) - i32::from(readout[o])).sum();
        }
        self.counts.fill(0);
        for spike in &seen.hidden_spikes[slot] {
            self.counts[usize::from(spike.neuron)] += 1;
        }
    }

    /// The class with the largest score, the first one if several are equal.
    #[cfg(test)]
    pub(super) fn answer(&self) -> usize {
        self.scores.iter().enumerate().fold(0, |best, (o, score)| if *score > self.scores[best] { o } else { best })
    }

    /// Finds the error of every class; whether any is not zero.
    pub(super) fn judge(&mut self, numbers: &Numbers, label: usize) -> bool {
        let most = self.scores.iter().copied().max().unwrap_or(0);
        let mut total = 0;
        for (error, score) in self.errors.iter_mut().zip(&self.scores) {
            let below = (i64::from(most - score) * i64::from(numbers.score) + (1 << 15)) >> 16;
            *error = i32::from(numbers.exponential[below.min(255) as usize]);
            total += *error;
        }
        for (o, error) in self.errors.iter_mut().enumerate() {
            *error = (ONE * *error + total / 2) / total - if o == label { ONE } else { 0 };
        }
        self.errors.iter().any(|error| *error != 0)
    }

    /// Finds the learning signal of every hidden neuron.
    pub(super) fn signal(&mut self, numbers: &Numbers, back: &Array2<i8>) {
        for ((signal, row), &count) in self.signals.iter_mut().zip(back.outer_iter()).zip(&self.counts) {
            let sum: i32 = row.iter().zip(&self.errors).map(|(weight, error)| i32::from(*weight) * error).sum();
            // To the nearest: a floor would make every signal a little too small, and spikes would creep up.
            let half = (1 << numbers.signal_shift) >> 1;
            let activity = (count * numbers.activity + 8) >> 4;
            *signal = (((sum + half) >> numbers.signal_shift) + activity).clamp(-ONE, ONE);
        }
    }

    /// Multiplies each neuron's closeness to threshold, step by step, with its learning signal.
    pub(super) fn modulate(&mut self, numbers: &Numbers) {
        let Self { hidden, signals, modulated, .. } = self;
        let (distance, slope) = (numbers.distance, numbers.slope);
        Arch::new().dispatch(Modulate { hidden, signals, modulated, distance, slope });
    }

    /// For every hidden neuron the sum over time of the trace of `input` times what [`Self::modulate`] found;
    /// `None` when the trace is silent for both processors.
    pub(super) fn products(&mut self, input: usize) -> Option<&[i32]> {
        let Self { traces, modulated, sums, shape, n_host, first_side, .. } = self;
        let n = shape.n_hidden;
        let sums = &mut sums[..n];
        let mut is_silent = true;
        for (side, columns) in [0..*first_side, *first_side..n].into_iter().enumerate() {
            let trace = &traces[(side * shape.n_inputs + input) * *n_host..][..*n_host];
            let sums = &mut sums[columns.clone()];
            sums.fill(0);
            if trace.iter().any(|e| *e != 0) {
                is_silent = false;
                Arch::new().dispatch(Products { trace, modulated, n, first: columns.start, sums });
            }
        }
        (!is_silent).then_some(sums)
    }

    /// For every readout the error times the spikes of a hidden neuron, `None` when it did not spike.
    pub(super) fn blame(&mut self, hidden: usize) -> Option<&[i32]> {
        let count = self.counts[hidden].min(MOST_SPIKES);
        if count == 0 {
            return None;
        }
        let sums = &mut self.sums[..self.shape.n_readout];
        for (sum, error) in sums.iter_mut().zip(&self.errors) {
            *sum = error * count;
        }
        Some(sums)
    }

    /// Input channels.
    pub(super) fn n_inputs(&self) -> usize {
        self.shape.n_inputs
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    /// `[processor, input, host step]`.
    pub(super) fn traces(&self) -> &[i16] {
        &self.traces
    }

    /// Where the trace of an input goes that the processor of a side reads, one value a host step.
    pub(super) fn trace_mut(&mut self, side: usize, input: usize) -> &mut [i16] {
        &mut self.traces[(side * self.shape.n_inputs + input) * self.n_host..][..self.n_host]
    }

    /// For every hidden neuron its learning signal times a coincidence that `sense` gives for it.
    pub(super) fn coincidences(&mut self, sense: impl Fn(usize) -> i32) -> &[i32] {
        let sums = &mut self.sums[..self.shape.n_hidden];
        for (neuron, (sum, signal)) in sums.iter_mut().zip(&self.signals).enumerate() {
            // 32 LSB of the sensor count as much as a trace, a closeness to threshold and a step of 1.
            *sum = (sense(neuron) * signal * 25) >> 3;
        }
        sums
    }
}

/// The trace of a code above the first of its sample.
#[inline(always)]
pub(super) fn trace(code: i32) -> i16 {
    (code - DEAD_ZONE).clamp(0, 255) as i16
}

struct Modulate<'a> {
    hidden: &'a [i16],
    signals: &'a [i32],
    modulated: &'a mut [i16],
    distance: i32,
    slope: i32,
}

impl NullaryFnOnce for Modulate<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { hidden, signals, modulated, distance, slope } = self;
        let n = signals.len();
        for (to, v) in modulated.chunks_exact_mut(n).zip(hidden.chunks_exact(n)) {
            for k in 0..n {
                let away = (i32::from(v[k]) - distance).abs();
                let closeness = (ONE - ((away * slope) >> 7)).max(0);
                to[k] = ((closeness * signals[k] + 64) >> 7) as i16;
            }
        }
    }
}

struct Products<'a> {
    trace: &'a [i16],
    modulated: &'a [i16],
    n: usize,
    first: usize,
    sums: &'a mut [i32],
}

impl NullaryFnOnce for Products<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { trace, modulated, n, first, sums } = self;
        for (&e, row) in trace.iter().zip(modulated.chunks_exact(n)) {
            if e == 0 {
                continue;
            }
            let (e, row) = (i32::from(e), &row[first..][..sums.len()]);
            for k in 0..sums.len() {
                sums[k] += e * i32::from(row[k]);
            }
        }
    }
}
