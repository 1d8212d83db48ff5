//! How fast the engine could be on this machine at most: the operations that a sample needs over the operations
//! that the processor can do (Williams, Waterman & Patterson 2009, doi:10.1145/1498765.1498785, with the arithmetic
//! roof alone, because a sample stays in the cache).
//!
//! The operations are counted in the kernels, by hand, as additions, products, comparisons, shifts and so on of one
//! lane of a vector; loads, stores, addresses and everything outside the kernels are left out, so the roof is kind.

use std::hint::black_box;
use std::time::Instant;

use pulp::{Arch, Simd, WithSimd};

use super::workload::{INPUT_UNTIL, Workload};
use crate::simd::isa::operations_of_a_byte_sum;
use crate::simd::padded;

/// Of a membrane in a chip step (`chip/step.rs`), noise aside: three products with addition.
const FLOW: f64 = 3.0;
/// Of the next two words of noise (`rng/noise.rs`), half of what makes four: four exclusive sums, two of them of three
/// words, a shift, a turn.
const WORDS: f64 = 3.0;
/// Of what becomes of a random number: one product with addition.
const NOISE: f64 = 1.0;
/// Of its threshold: two comparisons, a selection, a sum that is stored where somebody fires.
const THRESHOLD: f64 = 4.0;
/// Of the currents: their decay, what is done besides in a step with events, and for each event; the first of a step
/// has nothing to be added to.
const DECAY: f64 = 2.0;
const SETTLE: f64 = 3.0;
const EVENT: f64 = 3.0;
const FIRST_EVENT: f64 = 1.0;
/// Of a conversion, noise aside: gain, rounding, narrowing.
const CONVERSION: f64 = 3.0;
/// Of the adjoints of a neuron in a step (`host/backward/feedforward.rs`): surrogate derivative, four of which share
/// a division and thirteen products, and the way back.
const ADJOINTS: f64 = 3.0 + 14.0 / 4.0 + 6.0;

/// Operations of a sample: chip alone, and a whole step of the training.
pub fn operations(w: &Workload, input_events: f64, spikes: f64) -> [f64; 2] {
    let (hidden, readout, steps) = (padded(w.hidden) as f64, padded(w.readout) as f64, w.steps as f64);
    let each = FLOW + DECAY + CONVERSION + WORDS + 2.0 * (operations_of_a_byte_sum() + NOISE);
    let mut forward = steps * (hidden * (each + THRESHOLD) + readout * (each + SETTLE));
    let mut settled = busy_steps(input_events, steps * INPUT_UNTIL);
    if w.recurrent {
        settled = (settled + busy_steps(spikes, steps)).min(steps);
    }
    forward += SETTLE * settled * hidden;
    let first = busy_steps(input_events, steps * INPUT_UNTIL);
    forward += (FIRST_EVENT - EVENT) * first * hidden;
    forward += EVENT * (input_events * hidden + spikes * readout);
    let mut backward = steps * hidden * ADJOINTS + input_events * hidden + spikes * readout;
    if w.recurrent {
        forward += EVENT * spikes * hidden;
        // Every neuron hears in every step back what its spikes did to all others: a product of matrices.
        backward += steps * hidden * w.hidden as f64 + spikes * hidden;
    }
    [forward, forward + backward]
}

/// How many of so many steps have at least one of the events that are strewn over them.
fn busy_steps(events: f64, steps: f64) -> f64 {
    -steps * (-events / steps).exp_m1()
}

/// Products with addition per second that all threads of the pool do together when nothing keeps them.
pub fn peak(pool: &rayon::ThreadPool) -> f64 {
    let best = || {
        let rates = (0..20).map(|_| {
            let start = Instant::now();
            let done = Arch::new().dispatch(Products(200_000));
            done / start.elapsed().as_secs_f64()
        });
        rates.fold(0.0, f64::max)
    };
    pool.broadcast(|_| best()).into_iter().sum()
}

/// So many times a product with addition in as many registers as hide how long one takes.
struct Products(usize);

impl WithSimd for Products {
    type Output = f64;

    #[inline(always)]
    fn with_simd<S: Simd>(self, s: S) -> f64 {
        let (shrink, add) = (s.splat_f32s(black_box(0.999)), s.splat_f32s(black_box(0.001)));
        let mut sums = [s.splat_f32s(black_box(1.0)); 12];
        for _ in 0..self.0 {
            for sum in &mut sums {
                *sum = s.mul_add_f32s(*sum, shrink, add);
            }
        }
        black_box(sums.map(|sum| s.reduce_sum_f32s(sum)));
        (self.0 * sums.len() * S::F32_LANES) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::super::workload::chosen;
    use super::*;

    #[test]
    fn hardly_a_step_is_without_one_of_many_events_and_few_events_are_alone_in_theirs() {
        assert!((busy_steps(1000.0, 100.0) - 100.0).abs() < 0.01);
        assert!((busy_steps(1.0, 10_000.0) - 1.0).abs() < 1e-4);
    }

    #[test]
    fn a_recurrent_network_is_bound_by_its_product_of_matrices() {
        let s = &chosen("S").unwrap()[0];
        let [forward, training] = operations(s, 70.0, 27.0);
        // 200 steps × 186 × 192 (padded) products with addition.
        assert!(training - forward > 200.0 * 186.0 * 192.0);
        assert!(training - forward < 1.2 * 200.0 * 186.0 * 192.0);
    }

    #[test]
    fn any_machine_does_ten_million_products_a_second() {
        let one = peak(&rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap());
        // Any machine of this century does a hundred million, unoptimised too.
        assert!(one > 1e7, "{one}");
    }
}
