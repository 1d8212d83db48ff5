//! What a gradient is, and how the parts of it that samples give are added up.

use std::ops::Range;

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use super::network::Network;
use crate::params::HostParams;
use crate::simd::{AlignedMatrix, CHUNK, all_finite};

/// About so many samples share one partial sum. It must not depend on the number of threads, because the order of
/// additions decides the last bits.
const SAMPLES_PER_PARTIAL: usize = 16;

/// The samples of each partial sum of `n`.
pub(super) fn shares(n: usize, is_recurrent: bool) -> Vec<Range<usize>> {
    if is_recurrent {
        // The product of matrices likes whole blocks of samples.
        let begin = (0..n.max(1)).step_by(SAMPLES_PER_PARTIAL);
        begin.map(|begin| begin..(begin + SAMPLES_PER_PARTIAL).min(n)).collect()
    } else {
        // Of all about as many, so that no thread waits long for another.
        let count = ((n + SAMPLES_PER_PARTIAL / 2) / SAMPLES_PER_PARTIAL).max(1);
        (0..count).map(|k| k * n / count..(k + 1) * n / count).collect()
    }
}

/// Derivatives of the mean loss with respect to all weights, `[pre, post]`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Gradients {
    /// Input to hidden.
    pub input: Array2<f32>,
    /// Hidden to hidden; no rows without recurrence.
    pub recurrent: Array2<f32>,
    /// Hidden to readout.
    pub readout: Array2<f32>,
}

impl Gradients {
    /// Zeros in the shape of `network`.
    pub fn zeros(network: &Network) -> Self {
        let [input, recurrent, readout] =
            [&network.input, &network.recurrent, &network.readout].map(|weights| Array2::zeros(weights.dim()));
        Self { input, recurrent, readout }
    }

    /// Whether all entries are finite.
    pub fn is_finite(&self) -> bool {
        [&self.input, &self.recurrent, &self.readout].into_iter().all(|g| g.as_slice().is_some_and(all_finite))
    }
}

/// The sum over a few samples, with rows as kernels like them.
#[derive(Debug, Clone, Default)]
pub(super) struct Partial {
    pub(super) input: AlignedMatrix,
    pub(super) recurrent: AlignedMatrix,
    pub(super) readout: AlignedMatrix,
}

impl Partial {
    pub(super) fn reset(&mut self, network: &Network) {
        for (rows, weights) in [
            (&mut self.input, &network.input),
            (&mut self.recurrent, &network.recurrent),
            (&mut self.readout, &network.readout),
        ] {
            rows.reset(weights.nrows(), weights.ncols());
        }
    }
}

/// Adds up one projection of all partial sums, always in the same order.
fn sum(partials: &[Partial], of: impl Fn(&Partial) -> &AlignedMatrix + Sync) -> Array2<f32> {
    let (n_rows, n_columns) = of(&partials[0]).dim();
    let mut total = Array2::zeros((n_rows, n_columns));
    if n_rows * n_columns > 0 {
        let rows_each = CHUNK.div_ceil(n_columns);
        let chunks = total.as_slice_mut().expect("standard layout").par_chunks_mut(rows_each * n_columns);
        chunks.enumerate().for_each(|(k, total)| {
            for partial in partials {
                let rows = of(partial);
                for (row, total) in (k * rows_each..).zip(total.chunks_exact_mut(n_columns)) {
                    Arch::new().dispatch(Add(total, rows.row(row)));
                }
            }
        });
    }
    total
}

/// Adds numbers to others; compiled once for every set of vector instructions.
struct Add<'a>(&'a mut [f32], &'a [f32]);

impl NullaryFnOnce for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (sum, x) in self.0.iter_mut().zip(self.1) {
            *sum += x;
        }
    }
}

/// Buffers that live from batch to batch.
#[derive(Debug, Clone, Default)]
pub struct Workspaces {
    pub(super) partials: Vec<Partial>,
}

/// How much the penalties on hidden spikes of one sample weigh in the loss of the batch.
#[derive(Debug, Clone, Copy, Default)]
pub struct Penalties {
    /// ρ_b over the batch size.
    pub burst: f32,
    /// ρ_r over the batch size.
    pub activity: f32,
    /// θ_r, spikes.
    pub limit: f32,
}

impl Penalties {
    pub(super) fn new(params: &HostParams, batch: usize) -> Self {
        Self {
            burst: (params.learning.burst_penalty / batch as f64) as f32,
            activity: (params.learning.activity_penalty / batch as f64) as f32,
            limit: params.learning.activity_limit as f32,
        }
    }

    /// Adds the derivative with respect to any spike of each neuron to `each`, for the spikes of one sample: their
    /// neurons and amplitudes.
    #[inline(always)]
    pub(super) fn add(&self, spikes: impl Iterator<Item = (u16, f32)> + Clone, each: &mut [f32]) {
        if self.burst > 0.0 {
            let share = 2.0 * self.burst / each.len() as f32;
            for (neuron, amplitude) in spikes.clone() {
                each[usize::from(neuron)] += share * amplitude;
            }
        }
        if self.activity > 0.0 {
            let count: f32 = spikes.map(|(_, amplitude)| amplitude).sum();
            let share = 2.0 * self.activity * (count - self.limit).max(0.0);
            for p in each.iter_mut() {
                *p += share;
            }
        }
    }
}

/// The sum of all partial sums.
pub(super) fn gradients(partials: &[Partial]) -> Gradients {
    // All at once: what one thread does alone the others wait for.
    let (input, (recurrent, readout)) = rayon::join(
        || sum(partials, |p| &p.input),
        || rayon::join(|| sum(partials, |p| &p.recurrent), || sum(partials, |p| &p.readout)),
    );
    Gradients { input, recurrent, readout }
}
