//! Without recurrence: every hidden neuron goes back through the whole sample by itself.
//!
//! A few vectors of neurons at a time, with their adjoints in registers. What is kept is λi of every step and
//! sample, for as many neurons as the cache of a core holds; the gradient of a channel is then the sum over its
//! events, in registers too. Samples come in order and each backward in time, as everywhere, so tiles change no bit.

mod measured;

use std::ops::Range;

use pulp::{Simd, bytemuck};

use super::events::{Events, centre};
use super::{Evidence, Model, Partial, SampleError, Voltages};
use crate::host::surrogate;
use crate::params::Decoding;
use crate::simd::{self, AlignedMatrix, AlignedVec, padded};
use measured::load;

/// What is kept of λi at once may take so many bytes.
const KEPT: usize = 1 << 19;
/// Vectors of neurons that go back side by side.
const ABREAST: usize = 4;

/// Buffers of one worker thread.
#[derive(Debug, Clone, Default)]
pub(super) struct Sweep {
    samples: Vec<Constants>,
    /// λi of a tile of neurons, `[sample, host step, neuron]`.
    kept: AlignedVec<f32>,
    /// Surrogate derivatives of the neurons on their way back, `[host step, neuron]`.
    derivatives: AlignedVec<f32>,
    /// `sample × host steps + host step` of every input event, by channel, and where each channel begins.
    of_channel: Vec<u32>,
    bounds: Vec<u32>,
}

/// What does not change while a sample goes back.
#[derive(Debug, Clone, Default)]
struct Constants {
    /// κ times the derivative of the penalties with respect to any spike of each neuron.
    penalty: AlignedVec<f32>,
    /// 0 for neurons that dropout ignores in this sample, κ for all others.
    heard: AlignedVec<f32>,
    /// β (v − θ) where the code is 0, with β the slope of the surrogate.
    offset: AlignedVec<f32>,
    /// `∂L/∂u_o` that enters in every step, and `κ Σ_o U_ho ∂L/∂u_o`.
    error: AlignedVec<f32>,
    drive: AlignedVec<f32>,
    /// Readouts whose error enters in one step only: host step and number, latest first.
    peaks: Vec<(u16, u16)>,
    /// λj of a vector of readouts in every host step and the one after the last.
    lambda: AlignedMatrix,
    /// Host steps before the end in which nothing is to be sent back yet.
    silent: usize,
}

impl Sweep {
    /// Adds up the gradients of a few samples.
    #[inline(always)]
    pub(super) fn group<S: Simd>(
        &mut self,
        simd: S,
        model: &Model<'_>,
        evidence: &[Evidence<'_>],
        events: &[Events],
        partial: &mut Partial,
    ) {
        let network = model.graph.network;
        let (n_hidden, n_readout) = network.readout.dim();
        partial.recurrent.reset(0, n_hidden);
        partial.readout.reset(n_hidden, n_readout);
        partial.input.reshape(network.input.nrows(), n_hidden);
        let samples = simd::first(&mut self.samples, evidence.len());
        for ((constants, evidence), events) in samples.iter_mut().zip(evidence).zip(events) {
            constants.start(model, evidence, events);
            constants.readout(simd, model, evidence, events, partial);
        }
        self.sort(model, events);
        let n_vectors = padded(n_hidden) / S::F32_LANES;
        let per_sample = model.n_steps * size_of::<S::f32s>();
        let tile = (KEPT / (evidence.len() * per_sample).max(1) / ABREAST * ABREAST).max(ABREAST);
        for first in (0..n_vectors).step_by(tile) {
            let vectors = first..(first + tile).min(n_vectors);
            self.tile(simd, model, evidence, &vectors);
            self.add_up(simd, &vectors, partial);
        }
    }

    /// Sorts the input events of all samples by channel: samples in order, each backward in time.
    #[inline(always)]
    fn sort(&mut self, model: &Model<'_>, events: &[Events]) {
        let Self { of_channel, bounds, .. } = self;
        let n_channels = model.graph.network.input.nrows();
        bounds.clear();
        bounds.resize(n_channels + 2, 0);
        for events in events {
            for &unit in &events.input_units {
                bounds[usize::from(unit) + 2] += 1;
            }
        }
        for channel in 2..n_channels + 2 {
            bounds[channel] += bounds[channel - 1];
        }
        of_channel.clear();
        of_channel.resize(bounds[n_channels + 1] as usize, 0);
        // Where a channel begins moves to where it ends, which is where the next begins.
        for (sample, events) in events.iter().enumerate() {
            for (&step, &unit) in events.input_steps.iter().zip(&events.input_units).rev() {
                let place = &mut bounds[usize::from(unit) + 1];
                of_channel[*place as usize] = (sample * model.n_steps) as u32 + step;
                *place += 1;
            }
        }
    }

    /// λi of some vectors of neurons in all steps of all samples.
    #[inline(always)]
    fn tile<S: Simd>(&mut self, simd: S, model: &Model<'_>, evidence: &[Evidence<'_>], vectors: &Range<usize>) {
        let Self { samples, kept, derivatives, .. } = self;
        let n_derivatives = model.n_steps * ABREAST * S::F32_LANES;
        if derivatives.len() < n_derivatives {
            derivatives.reset(n_derivatives);
        }
        let derivatives: &mut [S::f32s] = derivatives.vectors_mut();
        let n_kept = evidence.len() * model.n_steps * vectors.len() * S::F32_LANES;
        if kept.len() < n_kept {
            kept.reset(n_kept);
        }
        let kept: &mut [S::f32s] = &mut kept.vectors_mut()[..n_kept / S::F32_LANES];
        let of_samples = kept.chunks_exact_mut(model.n_steps * vectors.len());
        for ((constants, evidence), kept) in samples.iter().zip(evidence).zip(of_samples) {
            let mut first = vectors.start;
            while first + ABREAST <= vectors.end {
                let column = first - vectors.start;
                let kept = &mut Columns { rows: &mut *kept, n: vectors.len(), first: column };
                constants.back::<S, ABREAST>(simd, model, evidence, first, derivatives, kept);
                first += ABREAST;
            }
            for first in first..vectors.end {
                let column = first - vectors.start;
                let kept = &mut Columns { rows: &mut *kept, n: vectors.len(), first: column };
                constants.back::<S, 1>(simd, model, evidence, first, derivatives, kept);
            }
        }
    }

    /// Writes the gradients of the weights from all channels to some vectors of neurons.
    #[inline(always)]
    fn add_up<S: Simd>(&self, simd: S, vectors: &Range<usize>, partial: &mut Partial) {
        let mut first = 0;
        while first + 8 <= vectors.len() {
            self.add_up_some::<S, 8>(simd, vectors, first, partial);
            first += 8;
        }
        while first + 4 <= vectors.len() {
            self.add_up_some::<S, 4>(simd, vectors, first, partial);
            first += 4;
        }
        while first < vectors.len() {
            self.add_up_some::<S, 1>(simd, vectors, first, partial);
            first += 1;
        }
    }

    /// As [`Self::add_up`], `N` vectors of the tile from number `first` on.
    #[inline(always)]
    fn add_up_some<S: Simd, const N: usize>(&self, s: S, vectors: &Range<usize>, first: usize, partial: &mut Partial) {
        let kept: &[S::f32s] = self.kept.vectors();
        let n = vectors.len();
        for (channel, bounds) in self.bounds.windows(2).take(partial.input.dim().0).enumerate() {
            let mut sums = [s.splat_f32s(0.0); N];
            for &event in &self.of_channel[bounds[0] as usize..bounds[1] as usize] {
                let row = &kept[event as usize * n + first..][..N];
                for (sum, &x) in sums.iter_mut().zip(row) {
                    *sum = s.add_f32s(*sum, x);
                }
            }
            let row = &mut partial.input.vectors_mut::<S::f32s>(channel)[vectors.start + first..][..N];
            row.copy_from_slice(&sums);
        }
    }
}

impl Constants {
    #[inline(always)]
    fn start(&mut self, model: &Model<'_>, evidence: &Evidence<'_>, events: &Events) {
        let (n_hidden, n_readout) = model.graph.network.readout.dim();
        for (buffer, n) in [
            (&mut self.penalty, n_hidden),
            (&mut self.heard, n_hidden),
            (&mut self.offset, n_hidden),
            (&mut self.drive, n_hidden),
            (&mut self.error, n_readout),
        ] {
            buffer.reset(n);
        }
        events.penalise(&model.penalties, &mut self.penalty, &mut self.heard);
        let [_, _, kappa] = model.propagators;
        scale(&mut self.penalty, kappa);
        scale(&mut self.heard, kappa);
        centre(model.graph.params, &evidence.voltages, &mut self.offset);
        let SampleError { error, peak, decoding } = evidence.error;
        self.peaks.clear();
        self.silent = 0;
        match decoding {
            Decoding::Mean => {
                let share = 1.0 / model.n_steps as f32;
                for (o, error) in error.iter().enumerate() {
                    let error = error * share;
                    self.error[o] = error;
                    for (drive, &u) in self.drive.iter_mut().zip(model.to_readout.row(o)) {
                        *drive += u * error;
                    }
                }
                scale(&mut self.drive, kappa);
            }
            Decoding::Max | Decoding::FirstSpike => {
                self.peaks.extend(peak.iter().zip(0..).map(|(&peak, o)| (peak, o)));
                // Of one step the readouts in order.
                self.peaks.sort_unstable_by_key(|&(peak, o)| (std::cmp::Reverse(peak), o));
                let is_penalised = model.penalties.burst > 0.0 || model.penalties.activity > 0.0;
                if let Some(&(latest, _)) = self.peaks.first()
                    && !is_penalised
                {
                    self.silent = model.n_steps - 1 - usize::from(latest);
                }
            }
        }
    }

    /// Carries the error back through the readout, and adds what hidden spikes did there to the gradients of the
    /// weights they went through.
    #[inline(always)]
    fn readout<S: Simd>(
        &mut self,
        s: S,
        model: &Model<'_>,
        evidence: &Evidence<'_>,
        events: &Events,
        partial: &mut Partial,
    ) {
        let [alpha, beta, kappa] = model.propagators.map(|x| s.splat_f32s(x));
        let n_readouts = self.error.vectors::<S::f32s>().len();
        self.lambda.reshape(model.n_steps + 1, S::F32_LANES);
        for k in 0..n_readouts {
            let always = self.error.vectors::<S::f32s>()[k];
            let (mut lambda_v, mut lambda_i) = (s.splat_f32s(0.0), s.splat_f32s(0.0));
            let mut peaks = self.peaks.as_slice();
            self.lambda.vectors_mut(model.n_steps)[0] = lambda_i;
            for host in (0..model.n_steps).rev() {
                let mut enters = always;
                while let Some((&(peak, o), rest)) = peaks.split_first()
                    && usize::from(peak) == host
                {
                    peaks = rest;
                    if usize::from(o) / S::F32_LANES == k {
                        let enters: &mut [f32] = bytemuck::cast_slice_mut(std::slice::from_mut(&mut enters));
                        enters[usize::from(o) % S::F32_LANES] = evidence.error.error[usize::from(o)];
                    }
                }
                lambda_v = s.add_f32s(s.mul_f32s(alpha, lambda_v), enters);
                lambda_i = s.mul_add_f32s(beta, lambda_i, s.mul_f32s(kappa, lambda_v));
                self.lambda.vectors_mut(host)[0] = lambda_i;
            }
            // Spikes arrive in the step after their own.
            for &(step, neuron, amplitude) in events.spikes.iter().rev() {
                let lambda_i = self.lambda.vectors::<S::f32s>(step as usize + 1)[0];
                let to = &mut partial.readout.vectors_mut::<S::f32s>(usize::from(neuron))[k];
                *to = s.mul_add_f32s(s.splat_f32s(amplitude), lambda_i, *to);
            }
        }
    }

    /// Carries `N` vectors of hidden neurons, number `first` and those behind it, back through the sample, and puts
    /// their λi of every step into `kept`. `derivatives` is a buffer.
    #[inline(always)]
    fn back<S: Simd, const N: usize>(
        &self,
        s: S,
        model: &Model<'_>,
        evidence: &Evidence<'_>,
        first: usize,
        derivatives: &mut [S::f32s],
        kept: &mut Columns<'_, S::f32s>,
    ) {
        let n_active = model.n_steps - self.silent;
        let derivatives = &mut derivatives[..n_active * N];
        let n = model.graph.network.readout.nrows();
        match evidence.voltages {
            Voltages::Codes(codes) => load::<S, N, u8>(codes, n, first, derivatives),
            Voltages::Exact(v) => load::<S, N, f32>(v, n, first, derivatives),
        }
        self.derive::<S, N>(s, evidence.voltages.scale(model.graph.params), first, derivatives);
        self.back_with::<S, N>(s, model, evidence, first, derivatives, kept);
    }

    /// Makes surrogate derivatives of what was measured.
    #[inline(always)]
    fn derive<S: Simd, const N: usize>(&self, s: S, scale: f32, first: usize, measured: &mut [S::f32s]) {
        let scale = s.splat_f32s(scale);
        let offset = self.offset.vectors::<S::f32s>()[first..].first_chunk::<N>().expect("vectors of neurons");
        let (steps, _) = measured.as_chunks_mut::<N>();
        let (fours, rest) = steps.as_chunks_mut::<4>();
        for four in fours {
            for j in 0..N {
                let mut scaled = [scale; 4];
                for k in 0..4 {
                    scaled[k] = s.mul_add_f32s(four[k][j], scale, offset[j]);
                }
                let derivatives = surrogate::four_derivatives_at(s, scaled);
                for k in 0..4 {
                    four[k][j] = derivatives[k];
                }
            }
        }
        for step in rest {
            for j in 0..N {
                step[j] = surrogate::derivatives_at(s, s.mul_add_f32s(step[j], scale, offset[j]));
            }
        }
    }

    #[inline(always)]
    fn back_with<S: Simd, const N: usize>(
        &self,
        s: S,
        model: &Model<'_>,
        evidence: &Evidence<'_>,
        first: usize,
        derivatives: &[S::f32s],
        kept: &mut Columns<'_, S::f32s>,
    ) {
        let zero = s.splat_f32s(0.0);
        let [alpha, beta, kappa] = model.propagators;
        let (alpha, beta) = (s.splat_f32s(alpha), s.splat_f32s(beta));
        let of = |lanes: &AlignedVec<f32>| -> [S::f32s; N] { std::array::from_fn(|j| lanes.vectors()[first + j]) };
        let (penalty, heard, always) = (of(&self.penalty), of(&self.heard), of(&self.drive));
        // With κ λv in the place of λv no step has to multiply by it.
        let [mut projected_v, mut projected_i, mut hidden_v, mut hidden_i] = [[zero; N]; 4];
        let mut peaks = self.peaks.as_slice();
        let (derivatives, _) = derivatives.as_chunks::<N>();
        let (active, silent) = kept.rows.split_at_mut(derivatives.len() * kept.n);
        for row in silent.chunks_exact_mut(kept.n) {
            row[kept.first..kept.first + N].fill(zero);
        }
        for ((host, derivatives), row) in derivatives.iter().enumerate().zip(active.chunks_exact_mut(kept.n)).rev() {
            let mut drive = always;
            while let Some((&(peak, o), rest)) = peaks.split_first()
                && usize::from(peak) == host
            {
                peaks = rest;
                let o = usize::from(o);
                let error = s.splat_f32s(kappa * evidence.error.error[o]);
                let weights = &model.to_readout.vectors::<S::f32s>(o)[first..][..N];
                for j in 0..N {
                    drive[j] = s.add_f32s(drive[j], s.mul_f32s(weights[j], error));
                }
            }
            let row = &mut row[kept.first..kept.first + N];
            for j in 0..N {
                let delta = s.mul_add_f32s(projected_i[j], heard[j], penalty[j]);
                hidden_v[j] = s.mul_add_f32s(alpha, hidden_v[j], s.mul_f32s(derivatives[j], delta));
                hidden_i[j] = s.mul_add_f32s(beta, hidden_i[j], hidden_v[j]);
                projected_v[j] = s.mul_add_f32s(alpha, projected_v[j], drive[j]);
                projected_i[j] = s.mul_add_f32s(beta, projected_i[j], projected_v[j]);
                row[j] = hidden_i[j];
            }
        }
    }
}

#[inline(always)]
fn scale(numbers: &mut AlignedVec<f32>, factor: f32) {
    for x in numbers.whole_mut() {
        *x *= factor;
    }
}

/// Some columns, from number `first` on, of a matrix of vectors with `n` columns.
struct Columns<'a, V> {
    rows: &'a mut [V],
    n: usize,
    first: usize,
}
