//! A fair opponent: the conventional network of the same shape on this machine.
//!
//! One hidden layer of rectified linear units (ReLU), trained on the same samples with Adam and the cross entropy, and
//! run with the float products of `ndarray` on one thread. It sees pictures as they are, a pixel an input. Of anything
//! else it sees when and how often each channel spoke: the sum of `1 − t/T` over the events of a sample of duration T.
//! Of words it hears nothing of their order, and it has no recurrence.

use std::time::Instant;

use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rand::seq::SliceRandom as _;
use rand_distr::{Distribution as _, StandardNormal};

use super::meter::cpu_seconds;
use crate::base::rng;
use crate::task::{Dataset, Sample};
use crate::training::argmax;

/// Samples that training sees in all, in as many epochs as that makes.
const SHOWN: usize = 600_000;
/// Fewest and most epochs.
const EPOCHS: [usize; 2] = [10, 60];
/// Samples between two updates.
const BATCH: usize = 64;
/// Adam with its usual constants (Kingma & Ba 2015).
const RATE: f32 = 1e-3;
const BETA: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;
/// Shortest processor time over which a batch size is timed, s.
const TIMED: f64 = 0.25;

/// Weights and biases of one layer, and what Adam knows of them.
#[derive(Debug, Clone)]
struct Layer {
    weights: Array2<f32>,
    bias: Array1<f32>,
    moments: [Array2<f32>; 2],
    bias_moments: [Array1<f32>; 2],
}

impl Layer {
    /// Normal weights of variance 2 / inputs (He et al. 2015).
    fn new(inputs: usize, outputs: usize, random: &mut rand_chacha::ChaCha8Rng) -> Self {
        let sd = (2.0 / inputs.max(1) as f32).sqrt();
        let mut draw = || -> f32 { StandardNormal.sample(&mut *random) };
        Self {
            weights: Array2::from_shape_simple_fn((inputs, outputs), || sd * draw()),
            bias: Array1::zeros(outputs),
            moments: [Array2::zeros((inputs, outputs)), Array2::zeros((inputs, outputs))],
            bias_moments: [Array1::zeros(outputs), Array1::zeros(outputs)],
        }
    }

    fn forward(&self, x: &ArrayView2<'_, f32>) -> Array2<f32> {
        x.dot(&self.weights) + &self.bias
    }

    /// One step of Adam, number `step` from 1.
    fn update(&mut self, x: &ArrayView2<'_, f32>, gradient: &Array2<f32>, step: i32) {
        let rate = RATE * (1.0 - BETA[1].powi(step)).sqrt() / (1.0 - BETA[0].powi(step));
        let adam = |w: &mut f32, m: &mut f32, v: &mut f32, g: f32| {
            *m = BETA[0] * *m + (1.0 - BETA[0]) * g;
            *v = BETA[1] * *v + (1.0 - BETA[1]) * g * g;
            *w -= rate * *m / (v.sqrt() + EPSILON);
        };
        let [m, v] = &mut self.moments;
        let weights = x.t().dot(gradient);
        ndarray::Zip::from(&mut self.weights).and(m).and(v).and(&weights).for_each(|w, m, v, g| adam(w, m, v, *g));
        let [m, v] = &mut self.bias_moments;
        let bias = gradient.sum_axis(Axis(0));
        ndarray::Zip::from(&mut self.bias).and(m).and(v).and(&bias).for_each(|w, m, v, g| adam(w, m, v, *g));
    }
}

/// The trained network.
#[derive(Debug, Clone)]
pub struct Twin {
    layers: [Layer; 2],
}

/// What the network needs on one thread of this machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Samples that are computed together.
    pub batch: usize,
    /// Processor time of a sample, s.
    pub seconds: f64,
}

impl Twin {
    /// The batch sizes that are timed: one sample after the other, and as many as use the processor well.
    pub const BATCHES: [usize; 2] = [1, 256];

    /// Trains a network with `hidden` units on data whose samples last `duration`, s. `keep_going` is asked after every
    /// epoch, with how many are done of how many; `None` where it says no.
    pub fn train(
        data: &Dataset,
        hidden: usize,
        duration: f64,
        seed: u64,
        keep_going: &dyn Fn(usize, usize) -> bool,
    ) -> Option<Self> {
        let mut random = rng::stream(seed, "relu twin");
        let mut twin = Self {
            layers: [Layer::new(data.n_inputs, hidden, &mut random), Layer::new(hidden, data.n_classes(), &mut random)],
        };
        let (x, labels) = (features(&data.train, data.n_inputs, duration), labels(&data.train));
        let mut order: Vec<usize> = (0..labels.len()).collect();
        let epochs = (SHOWN / labels.len().max(1)).clamp(EPOCHS[0], EPOCHS[1]);
        let mut step = 0;
        for epoch in 1..=epochs {
            order.shuffle(&mut random);
            for chosen in order.chunks(BATCH) {
                step += 1;
                twin.learn(&x.select(Axis(0), chosen).view(), chosen.iter().map(|&k| labels[k]), step);
            }
            if !keep_going(epoch, epochs) {
                return None;
            }
        }
        Some(twin)
    }

    fn learn(&mut self, x: &ArrayView2<'_, f32>, labels: impl Iterator<Item = usize>, step: i32) {
        let hidden = self.layers[0].forward(x).mapv_into(|v| v.max(0.0));
        let mut error = self.layers[1].forward(&hidden.view());
        let n = error.nrows() as f32;
        for (mut row, label) in error.rows_mut().into_iter().zip(labels) {
            let most = row.fold(f32::NEG_INFINITY, |a, b| a.max(*b));
            row.mapv_inplace(|v| (v - most).exp());
            let sum = row.sum();
            row /= sum;
            row[label] -= 1.0;
            row /= n;
        }
        let mut back = error.dot(&self.layers[1].weights.t());
        ndarray::Zip::from(&mut back).and(&hidden).for_each(|b, h| {
            if *h <= 0.0 {
                *b = 0.0;
            }
        });
        self.layers[1].update(&hidden.view(), &error, step);
        self.layers[0].update(x, &back, step);
    }

    /// Scores of some samples, `[sample, class]`.
    fn scores(&self, x: &ArrayView2<'_, f32>) -> Array2<f32> {
        let hidden = self.layers[0].forward(x).mapv_into(|v| v.max(0.0));
        self.layers[1].forward(&hidden.view())
    }

    /// Share of the test samples that it gets right.
    pub fn accuracy(&self, data: &Dataset, duration: f64) -> f64 {
        let scores = self.scores(&features(&data.test, data.n_inputs, duration).view());
        let right = scores
            .rows()
            .into_iter()
            .zip(labels(&data.test))
            .filter(|(row, label)| argmax(row.as_slice().unwrap_or_default()) == *label);
        right.count() as f64 / data.test.len().max(1) as f64
    }

    /// Times the network on the thread of the caller, over test samples of `data`, with each of [`Self::BATCHES`].
    pub fn time(&self, data: &Dataset, duration: f64) -> [Timing; 2] {
        let samples = &data.test[..data.test.len().min(Self::BATCHES[1])];
        let x = features(samples, data.n_inputs, duration);
        Self::BATCHES.map(|batch| {
            let batch = batch.min(samples.len()).max(1);
            let (start, begin) = (Instant::now(), cpu_seconds(0.0));
            let (mut done, mut spent) = (0usize, 0.0);
            while spent < TIMED {
                for k in (0..x.nrows()).step_by(batch) {
                    let part = x.slice(s![k..(k + batch).min(x.nrows()), ..]);
                    std::hint::black_box(self.scores(std::hint::black_box(&part)));
                    done += part.nrows();
                }
                if done == 0 {
                    break;
                }
                let wall = start.elapsed().as_secs_f64();
                spent = cpu_seconds(begin + wall) - begin;
            }
            Timing { batch, seconds: spent / done.max(1) as f64 }
        })
    }
}

/// Pixels, or when and how often each channel spoke, `[sample, channel]`.
fn features(samples: &[Sample], n_inputs: usize, duration: f64) -> Array2<f32> {
    let mut x = Array2::zeros((samples.len(), n_inputs));
    for (mut row, sample) in x.rows_mut().into_iter().zip(samples) {
        if sample.picture.len() == n_inputs {
            row.assign(&ndarray::aview1(&sample.picture));
            continue;
        }
        for (time, unit) in sample.spikes.iter() {
            if let Some(value) = row.get_mut(usize::from(unit)) {
                *value += (1.0 - time / duration as f32).max(0.0);
            }
        }
    }
    x
}

fn labels(samples: &[Sample]) -> Vec<usize> {
    samples.iter().map(|sample| usize::from(sample.label)).collect()
}
