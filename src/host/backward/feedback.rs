//! What recurrent spikes did to everybody in the step after: a product of matrices in every step back.
//!
//! `fed_back[sample, h] = Σ_k R[h, k] λi[sample, k]`. The recurrent matrix changes once a batch and is used in
//! every step, so it is packed once; a block of the product stays in registers. Sums run over `k` in order,
//! so the bits do not depend on the machine.

use ndarray::Array2;
use pulp::Simd;

use super::adjoints::Adjoints;
use crate::simd::{AlignedMatrix, AlignedVec, BLOCK};

/// Neurons `h` whose weights stand side by side: three vectors of the widest kind.
const PANEL: usize = 3 * BLOCK;

/// The recurrent matrix, packed: for each panel of neurons `h`, for each `k`, the weights `R[h, k]`.
#[derive(Debug, Clone)]
pub(super) struct Feedback {
    panels: AlignedVec<f32>,
    n: usize,
}

/// Which neurons of a panel a product is for.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Vectors in a row of the panel.
    per_panel: usize,
    /// The first of them.
    part: usize,
    /// The same among all neurons.
    column: usize,
}

impl Feedback {
    /// Packs `R[h, k]`: from neuron h to neuron k.
    pub(super) fn new(recurrent: &Array2<f32>) -> Self {
        let n = recurrent.nrows();
        let mut panels = AlignedVec::zeros(n.div_ceil(PANEL) * PANEL * n);
        for (h, row) in recurrent.rows().into_iter().enumerate() {
            let first = h / PANEL * PANEL * n + h % PANEL;
            row.iter().enumerate().for_each(|(k, &w)| panels[first + k * PANEL] = w);
        }
        Self { panels, n }
    }

    /// Number of neurons.
    pub(super) fn len(&self) -> usize {
        self.n
    }

    /// The product for the λi of all `samples`.
    #[inline(always)]
    pub(super) fn product<S: Simd>(&self, simd: S, samples: &[Adjoints], out: &mut AlignedMatrix) {
        // As many sums as leave registers for what is added.
        if S::REGISTER_COUNT >= 32 {
            self.product_by::<S, 8, 3>(simd, samples, out);
        } else {
            self.product_by::<S, 4, 2>(simd, samples, out);
        }
    }

    #[inline(always)]
    fn product_by<S: Simd, const N: usize, const VECTORS: usize>(
        &self,
        s: S,
        samples: &[Adjoints],
        out: &mut AlignedMatrix,
    ) {
        let per_panel = PANEL / S::F32_LANES;
        let panels: &[S::f32s] = self.panels.vectors();
        for (p, panel) in panels.chunks_exact(per_panel * self.n).enumerate() {
            for part in (0..per_panel).step_by(VECTORS) {
                let place = Place { per_panel, part, column: p * per_panel + part };
                let mut first = 0;
                while first + N <= samples.len() {
                    self.block::<S, N, VECTORS>(s, samples, first, panel, place, out);
                    first += N;
                }
                if N > 4 && first + 4 <= samples.len() {
                    self.block::<S, 4, VECTORS>(s, samples, first, panel, place, out);
                    first += 4;
                }
                while first < samples.len() {
                    self.block::<S, 1, VECTORS>(s, samples, first, panel, place, out);
                    first += 1;
                }
            }
        }
    }

    /// `N` samples from `first` on times `VECTORS` vectors of neurons.
    #[inline(always)]
    fn block<S: Simd, const N: usize, const VECTORS: usize>(
        &self,
        s: S,
        samples: &[Adjoints],
        first: usize,
        panel: &[S::f32s],
        place: Place,
        out: &mut AlignedMatrix,
    ) {
        let mut sums = [[s.splat_f32s(0.0); VECTORS]; N];
        let lambda: [&[f32]; N] = std::array::from_fn(|k| &samples[first + k].hidden_current()[..self.n]);
        // Rows of one known length: whether the part lies within them is asked once, not for every row.
        for (k, row) in panel.chunks_exact(place.per_panel).enumerate().take(self.n) {
            let Some(weights) = row.get(place.part..).and_then(|row| row.first_chunk::<VECTORS>()) else { return };
            for (sums, lambda) in sums.iter_mut().zip(lambda) {
                let l = s.splat_f32s(lambda[k]);
                for (sum, w) in sums.iter_mut().zip(weights) {
                    *sum = s.mul_add_f32s(l, *w, *sum);
                }
            }
        }
        for (k, sums) in sums.into_iter().enumerate() {
            let row: &mut [S::f32s] = out.vectors_mut(first + k);
            for (to, sum) in row.iter_mut().skip(place.column).zip(sums) {
                *to = sum;
            }
        }
    }
}
