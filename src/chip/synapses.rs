//! A projection: the synapses between two populations, and the analog weights that codes become there.

use std::ops::Range;
use std::sync::OnceLock;

use ndarray::{Array2, Zip};
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use super::damage;
use super::layout::Site;
use super::mismatch::{Draws, Sigmas};
use crate::params::ChipSetup;
use crate::simd::{AlignedMatrix, CHUNK, CHUNKS};

/// Strength of every synapse of a projection relative to nominal, `[pre, post]`, one for each sign.
#[derive(Debug, Clone, Default)]
pub(super) struct Synapses {
    exc: Array2<f32>,
    inh: Array2<f32>,
    /// What stuck synapses add, in codes times strength; `None` when all work.
    stuck: Option<Array2<f32>>,
    /// Effective analog weights, `[pre, post]`: code, synapse, driver and gain together, as events find them.
    rows: AlignedMatrix,
    /// The same, once somebody has asked for them.
    weights: OnceLock<Array2<f32>>,
}

impl Synapses {
    /// The synapses that take the signed inputs `inputs` of the neurons at `sites`.
    pub(super) fn new(params: &ChipSetup, draws: &Draws, inputs: &Range<usize>, sites: &[Site]) -> Self {
        let sigma = Sigmas::new(&params.chip);
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
                Zip::from(&mut sum).and(strength).and(&held).for_each(|sum, strength, &held| {
                    if !held.is_nan() {
                        *sum += sign * held * *strength;
                        *strength = 0.0;
                    }
                });
            }
            sum
        });
        let rows = AlignedMatrix::zeros(inputs.len(), sites.len());
        Self { exc, inh, stuck, rows, weights: OnceLock::new() }
    }

    /// What [`Self::new`] reads of the parameters: equal values make equal synapses.
    pub(super) fn depend_on(params: &ChipSetup) -> impl PartialEq + use<> {
        let (chip, sigma) = (&params.chip, Sigmas::new(&params.chip));
        let spreads = [sigma.gain, sigma.gain_inh, sigma.weight, sigma.driver];
        (Draws::depend_on(chip), chip.distribution, spreads, chip.stuck_synapses, params.network.code_max())
    }

    /// Makes analog weights from codes, `per_code` each on a nominal synapse.
    pub(super) fn weigh(&mut self, codes: &Array2<i8>, per_code: f32) {
        let Self { exc, inh, stuck, rows, weights } = self;
        weights.take();
        let n = exc.ncols();
        if n == 0 {
            return;
        }
        // A few rows at a time.
        let n_rows = CHUNK.div_ceil(n);
        let exc = exc.as_slice().expect("standard layout").par_chunks(n_rows * n);
        let inh = inh.as_slice().expect("standard layout").par_chunks(n_rows * n);
        let codes = codes.as_standard_layout();
        let codes = codes.as_slice().expect("standard layout").par_chunks(n_rows * n);
        let stride = rows.stride();
        let stuck = stuck.as_ref().map(|stuck| stuck.as_slice().expect("standard layout"));
        let work = rows.par_rows_mut(n_rows).zip(exc.zip(inh)).zip(codes).enumerate().with_min_len(CHUNKS);
        work.for_each(|(chunk, ((rows, (exc, inh)), codes))| {
            let stuck = stuck.map(|stuck| &stuck[chunk * n_rows * n..][..codes.len()]);
            Arch::new().dispatch(Weigh { rows, stride, n, codes, exc, inh, stuck, per_code });
        });
    }

    /// As [`Self::weigh`], one row.
    pub(super) fn weigh_row(&mut self, row: usize, codes: &[i8], per_code: f32) {
        let Self { exc, inh, stuck, rows, weights } = self;
        weights.take();
        let n = exc.ncols();
        let from = row * n..(row + 1) * n;
        let exc = &exc.as_slice().expect("standard layout")[from.clone()];
        let inh = &inh.as_slice().expect("standard layout")[from.clone()];
        let stuck = stuck.as_ref().map(|stuck| &stuck.as_slice().expect("standard layout")[from]);
        let (stride, rows) = (n, rows.row_mut(row));
        Arch::new().dispatch(Weigh { rows, stride, n, codes, exc, inh, stuck, per_code });
    }

    /// Effective analog weights, `[pre, post]`.
    pub(super) fn weights(&self) -> &Array2<f32> {
        self.weights.get_or_init(|| {
            let mut weights = Array2::zeros(self.exc.dim());
            for (row, mut to) in weights.outer_iter_mut().enumerate() {
                to.as_slice_mut().expect("standard layout").copy_from_slice(self.rows.row(row));
            }
            weights
        })
    }

    /// The same, as events find them.
    pub(super) fn rows(&self) -> &AlignedMatrix {
        &self.rows
    }
}

/// Makes a few rows of weights from codes; compiled once for every set of vector instructions.
struct Weigh<'a> {
    rows: &'a mut [f32],
    /// Entries from one row to the next, and of a row: the others have no padding.
    stride: usize,
    n: usize,
    codes: &'a [i8],
    exc: &'a [f32],
    inh: &'a [f32],
    stuck: Option<&'a [f32]>,
    per_code: f32,
}

impl NullaryFnOnce for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { rows, stride, n, codes, exc, inh, stuck, per_code } = self;
        for (row, weights) in rows.chunks_exact_mut(stride).enumerate() {
            let from = row * n..(row + 1) * n;
            let weights = &mut weights[..n];
            let (codes, exc, inh) = (&codes[from.clone()], &exc[from.clone()], &inh[from.clone()]);
            for k in 0..n {
                // Either sign has a synapse of its own; one of the two gets code 0.
                let code = f32::from(codes[k]);
                weights[k] = per_code * (code.max(0.0) * exc[k] + code.min(0.0) * inh[k]);
            }
            if let Some(stuck) = stuck {
                let stuck = &stuck[from];
                for k in 0..n {
                    weights[k] += per_code * stuck[k];
                }
            }
        }
    }
}
