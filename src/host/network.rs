//! Float weights on the host, and how they become codes.

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};
use rand_distr::{Distribution as _, Normal};
use rayon::prelude::*;

use crate::base::rng;
use crate::params::{HostParams, Recurrence};
use crate::recording::Codes;
use crate::simd::{CHUNK, CHUNKS, all_finite};

/// 2²³ and 2²²: a small number added to it is rounded, and stands in the low bits as a signed whole number.
const ROUNDS: f32 = 12_582_912.0;

/// The float weights of a network, `[pre, post]`.
///
/// A weight of 1 makes a nominal membrane peak at 1/e of the threshold per spike (equal time constants).
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Input to hidden, `[n_inputs, n_hidden]`.
    pub input: Array2<f32>,
    /// Hidden to hidden, themselves included, `[n_hidden, n_hidden]`; `[0, n_hidden]` without recurrence.
    pub recurrent: Array2<f32>,
    /// Hidden to readout, `[n_hidden, n_readout]`.
    pub readout: Array2<f32>,
}

impl Network {
    /// Normal weights with standard deviation `init / √fan-in` (Kaiming style), from the seed alone.
    ///
    /// # Panics
    /// Never for checked parameters: a standard deviation that is negative or not finite has been refused.
    pub fn new(params: &HostParams, n_inputs: usize, n_hidden: usize, n_readout: usize) -> Self {
        let draw = |name: &str, n_pre: usize, n_post: usize, mean: f64, sd: f64| {
            let root = (n_pre.max(1) as f64).sqrt();
            let mut rng = rng::stream(u64::from(params.learning.seed), name);
            let normal = Normal::new(mean / root, sd / root).expect("sd is finite and not negative");
            Array2::from_shape_simple_fn((n_pre, n_post), || normal.sample(&mut rng) as f32)
        };
        let n_recurrent = if params.network.recurrence == Recurrence::None { 0 } else { n_hidden };
        let mut network = Self {
            input: draw(
                "weights input",
                n_inputs,
                n_hidden,
                params.learning.init_hidden_mean,
                params.learning.init_hidden,
            ),
            recurrent: draw("weights recurrent", n_recurrent, n_hidden, 0.0, params.learning.init_recurrent),
            readout: draw("weights readout", n_hidden, n_readout, 0.0, params.learning.init_readout),
        };
        network.clamp(params);
        network
    }

    /// Keeps the weights within what codes can express.
    ///
    /// # Panics
    /// When an array is not in standard layout, as [`Self::new`] builds them.
    pub fn clamp(&mut self, params: &HostParams) {
        for (weights, full_scale) in [
            (&mut self.input, params.network.weight_full_scale),
            (&mut self.recurrent, params.network.weight_full_scale),
            (&mut self.readout, params.network.readout_full_scale),
        ] {
            let full_scale = full_scale as f32;
            let weights = weights.as_slice_mut().expect("weights are built in standard layout");
            weights.par_chunks_mut(CHUNK).with_min_len(CHUNKS).for_each(|weights| {
                Arch::new().dispatch(Clamp { weights, full_scale });
            });
        }
    }

    /// `code = clip(round(w · code_max / full_scale), −code_max, code_max)`, halves to the even code.
    ///
    /// # Panics
    /// When an array is not in standard layout, as [`Self::new`] builds them.
    pub fn codes(&self, params: &HostParams) -> Codes {
        let max = params.network.code_max() as f32;
        let encode = |weights: &Array2<f32>, full_scale: f64| {
            let per_weight = (f64::from(max) / full_scale) as f32;
            let mut codes = Array2::zeros(weights.dim());
            let from = weights.as_slice().expect("weights are built in standard layout").par_chunks(CHUNK);
            let to = codes.as_slice_mut().expect("standard layout").par_chunks_mut(CHUNK);
            to.zip(from).with_min_len(CHUNKS).for_each(|(to, from)| {
                Arch::new().dispatch(Encode { to, from, per_weight, max });
            });
            codes
        };
        Codes {
            input: encode(&self.input, params.network.weight_full_scale),
            recurrent: encode(&self.recurrent, params.network.weight_full_scale),
            readout: encode(&self.readout, params.network.readout_full_scale),
        }
    }

    /// Whether all weights are finite.
    pub fn is_finite(&self) -> bool {
        [&self.input, &self.recurrent, &self.readout].into_iter().all(|w| w.as_slice().is_some_and(all_finite))
    }
}

/// Makes codes of a few weights; compiled once for every set of vector instructions.
struct Encode<'a> {
    to: &'a mut [i8],
    from: &'a [f32],
    per_weight: f32,
    max: f32,
}

impl NullaryFnOnce for Encode<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (code, w) in self.to.iter_mut().zip(self.from) {
            *code = ((w * self.per_weight).clamp(-self.max, self.max) + ROUNDS).to_bits() as i8;
        }
    }
}

/// Keeps a few weights within the range of codes; compiled once for every set of vector instructions.
struct Clamp<'a> {
    weights: &'a mut [f32],
    full_scale: f32,
}

impl NullaryFnOnce for Clamp<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for w in self.weights {
            *w = w.clamp(-self.full_scale, self.full_scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    #[test]
    fn weights_become_codes_by_scaling_rounding_and_clipping() {
        let params =
            Params::default().with(|p| (p.network.weight_full_scale, p.network.readout_full_scale) = (3.0, 1.0));
        let network = Network {
            input: ndarray::array![[3.0, -3.0, 100.0, -100.0, 0.0, 0.023, 0.025, 1.5]],
            recurrent: ndarray::array![[-1.5]],
            readout: ndarray::array![[0.5]],
        };
        let codes = network.codes(&params.for_host());
        assert_eq!(codes.input.as_slice().unwrap(), [63, -63, 63, -63, 0, 0, 1, 32]);
        assert_eq!(codes.recurrent[[0, 0]], -32, "the full scale of the inputs: they share their circuits");
        assert_eq!(codes.readout[[0, 0]], 32);
        let coarse = network.codes(&params.with(|p| p.network.weight_bits = 3).for_host());
        assert_eq!(coarse.input[[0, 0]], 7);
    }

    #[test]
    fn first_weights_have_the_spread_asked_for_and_depend_on_the_seed_alone() {
        let params = Params::default().with(|p| (p.learning.init_hidden, p.network.weight_full_scale) = (7.0, 50.0));
        let a = Network::new(&params.for_host(), 64, 200, 10);
        let n = a.input.len() as f32;
        let sd = (a.input.iter().map(|w| w * w).sum::<f32>() / n).sqrt();
        assert!((sd - 7.0 / 8.0).abs() < 4.0 * sd / (2.0 * n).sqrt(), "{sd}");
        assert_eq!(a, Network::new(&params.clone().with(|p| p.chip.number = 99).for_host(), 64, 200, 10));
        assert_ne!(a, Network::new(&params.clone().with(|p| p.learning.seed = 2).for_host(), 64, 200, 10));
        // Recurrent weights come in addition and disturb nothing.
        assert_eq!(a.recurrent.dim(), (0, 200));
        let recurrent = params.with(|p| (p.network.recurrence, p.learning.init_recurrent) = (Recurrence::Trained, 3.0));
        let b = Network::new(&recurrent.for_host(), 64, 200, 10);
        assert_eq!((&a.input, &a.readout), (&b.input, &b.readout));
        let n = b.recurrent.len() as f32;
        let sd = (b.recurrent.iter().map(|w| w * w).sum::<f32>() / n).sqrt();
        assert!((sd - 3.0 / 200f32.sqrt()).abs() < 4.0 * sd / (2.0 * n).sqrt() && b.recurrent.is_square(), "{sd}");
        assert_eq!(
            b.recurrent,
            Network::new(&recurrent.with(|p| p.network.recurrence = Recurrence::Frozen).for_host(), 64, 200, 10)
                .recurrent
        );
    }
}
