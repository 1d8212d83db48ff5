//! A projection: the synapses between two populations, and the analog weights that codes become there.

use std::ops::Range;

use ndarray::{Array2, Zip};
use rayon::prelude::*;

use super::damage;
use super::layout::Site;
use super::mismatch::{Draws, Sigmas};
use crate::lanes::Rows;
use crate::params::Params;

/// Strength of every synapse of a projection relative to nominal, `[pre, post]`, one for each sign.
#[derive(Debug, Clone, Default)]
pub(super) struct Synapses {
    exc: Array2<f32>,
    inh: Array2<f32>,
    /// What stuck synapses add, in codes times strength; `None` when all work.
    stuck: Option<Array2<f32>>,
    /// Effective analog weights, `[pre, post]`: code, synapse, driver and gain together.
    weights: Array2<f32>,
    /// The same, as events find them.
    rows: Rows,
}

impl Synapses {
    /// The synapses that take the signed inputs `inputs` of the neurons at `sites`.
    pub(super) fn new(params: &Params, draws: &Draws, inputs: &Range<usize>, sites: &[Site]) -> Self {
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
                Zip::from(&mut sum).and(strength).and(&held).for_each(|sum, strength, &held| {
                    if !held.is_nan() {
                        *sum += sign * held * *strength;
                        *strength = 0.0;
                    }
                });
            }
            sum
        });
        let (weights, rows) = (Array2::zeros(exc.dim()), Rows::zeros(inputs.len(), sites.len()));
        Self { exc, inh, stuck, weights, rows }
    }

    /// Makes analog weights from codes, `per_code` each on a nominal synapse.
    pub(super) fn weigh(&mut self, codes: &Array2<i8>, per_code: f32) {
        let Self { exc, inh, stuck, weights, rows } = self;
        let n = exc.ncols();
        if n == 0 {
            return;
        }
        let exc = exc.as_slice().expect("standard layout").par_chunks_exact(n);
        let inh = inh.as_slice().expect("standard layout").par_chunks_exact(n);
        let weights = weights.as_slice_mut().expect("standard layout");
        weights
            .par_chunks_exact_mut(n)
            .zip(rows.par_rows_mut())
            .zip(exc.zip(inh))
            .zip(codes.as_standard_layout().as_slice().expect("standard layout").par_chunks_exact(n))
            .enumerate()
            .for_each(|(pre, (((weights, row), (exc, inh)), codes))| {
                for k in 0..n {
                    weights[k] = f32::from(codes[k]) * per_code * if codes[k] < 0 { inh[k] } else { exc[k] };
                }
                if let Some(stuck) = &*stuck {
                    weights.iter_mut().zip(stuck.row(pre)).for_each(|(w, stuck)| *w += per_code * stuck);
                }
                row[..n].copy_from_slice(weights);
            });
    }

    /// Effective analog weights, `[pre, post]`.
    pub(super) fn weights(&self) -> &Array2<f32> {
        &self.weights
    }

    /// The same, as events find them.
    pub(super) fn rows(&self) -> &Rows {
        &self.rows
    }
}
