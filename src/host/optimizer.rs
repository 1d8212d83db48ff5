//! Adam (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1).

use ndarray::Array2;
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use super::gradients::Gradients;
use super::network::Network;
use crate::simd::{CHUNK, CHUNKS};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f32 = 1e-8;

/// Running moments of the gradient of every weight.
#[derive(Debug, Clone)]
pub struct Adam {
    first: Gradients,
    second: Gradients,
    steps: i32,
}

impl Adam {
    /// Moments at zero for the given network.
    pub fn new(network: &Network) -> Self {
        let zeros = || Gradients::zeros(network);
        Self { first: zeros(), second: zeros(), steps: 0 }
    }

    /// Both moments and the number of updates, to go on from.
    pub fn state(&self) -> (Network, Network, u32) {
        let network = |g: &Gradients| Network {
            input: g.input.clone(),
            recurrent: g.recurrent.clone(),
            readout: g.readout.clone(),
        };
        (network(&self.first), network(&self.second), self.steps.unsigned_abs())
    }

    /// From what [`Self::state`] gave.
    pub fn from_state(first: &Network, second: &Network, steps: u32) -> Self {
        let moments = |n: &Network| Gradients {
            input: n.input.clone(),
            recurrent: n.recurrent.clone(),
            readout: n.readout.clone(),
        };
        Self { first: moments(first), second: moments(second), steps: i32::try_from(steps).unwrap_or(i32::MAX) }
    }

    /// One update of all weights; of recurrent ones only if they are `plastic`.
    ///
    /// # Panics
    /// When shapes differ or an array is not in standard layout.
    pub fn step(&mut self, network: &mut Network, gradients: &Gradients, learning_rate: f64, plastic: bool) {
        self.steps = self.steps.saturating_add(1);
        let first_bias = 1.0 - BETA_1.powi(self.steps);
        let second_bias = 1.0 - BETA_2.powi(self.steps);
        let rate = (learning_rate / first_bias) as f32;
        let second_scale = (1.0 / second_bias) as f32;
        let update = |w: &mut Array2<f32>, g: &Array2<f32>, m: &mut Array2<f32>, v: &mut Array2<f32>| {
            let [w, m, v] = [w, m, v].map(|array| array.as_slice_mut().expect("standard layout").par_chunks_mut(CHUNK));
            let g = g.as_slice().expect("standard layout").par_chunks(CHUNK);
            w.zip(m).zip(v).zip(g).with_min_len(CHUNKS).for_each(|(((w, m), v), g)| {
                Arch::new().dispatch(Update { w, m, v, g, rate, second_scale });
            });
        };
        update(&mut network.input, &gradients.input, &mut self.first.input, &mut self.second.input);
        if plastic {
            let (first, second) = (&mut self.first.recurrent, &mut self.second.recurrent);
            update(&mut network.recurrent, &gradients.recurrent, first, second);
        }
        update(&mut network.readout, &gradients.readout, &mut self.first.readout, &mut self.second.readout);
    }
}

/// One update of a few weights; compiled once for every set of vector instructions.
struct Update<'a> {
    w: &'a mut [f32],
    m: &'a mut [f32],
    v: &'a mut [f32],
    g: &'a [f32],
    rate: f32,
    second_scale: f32,
}

impl NullaryFnOnce for Update<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (keep_1, keep_2) = (BETA_1 as f32, BETA_2 as f32);
        let n = self.g.len();
        let (w, m, v) = (&mut self.w[..n], &mut self.m[..n], &mut self.v[..n]);
        for k in 0..n {
            m[k] = keep_1 * m[k] + (1.0 - keep_1) * self.g[k];
            v[k] = keep_2 * v[k] + (1.0 - keep_2) * self.g[k] * self.g[k];
            w[k] -= self.rate * m[k] / ((v[k] * self.second_scale).sqrt() + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    /// Hand calculation of algorithm 1 in double precision for two steps with gradients 0.1 and −0.3.
    #[test]
    fn two_steps_equal_the_hand_calculation() {
        let mut network = Network { input: array![[1.0]], recurrent: array![[2.0]], readout: array![[0.0]] };
        let mut adam = Adam::new(&network);
        let gradient = |g: f32| Gradients { input: array![[g]], recurrent: array![[g]], readout: array![[0.0]] };
        adam.step(&mut network, &gradient(0.1), 0.01, false);
        // m̂ = 0.1, v̂ = 0.01: the first step is the learning rate itself.
        assert!((network.input[[0, 0]] - 0.99).abs() < 1e-6);
        adam.step(&mut network, &gradient(-0.3), 0.01, true);
        // m = 0.09·0.1 − 0.03 = −0.021, m̂ = −0.021/0.19; v = 0.999e-5 + 9e-5, v̂ = v/0.001999.
        let expected = 0.99 + 0.01 * (0.021 / 0.19) / ((0.999e-5f64 + 9e-5) / 0.001_999).sqrt();
        assert!((f64::from(network.input[[0, 0]]) - expected).abs() < 1e-6);
        assert!(network.readout[[0, 0]].abs() < 1e-12);
        // Recurrent weights stood still in the first step. In the second m = −0.03, v = 9e-5, with the same bias.
        let expected = 2.0 + 0.01 * (0.03 / 0.19) / (9e-5f64 / 0.001_999).sqrt();
        assert!((f64::from(network.recurrent[[0, 0]]) - expected).abs() < 1e-6);
    }
}
