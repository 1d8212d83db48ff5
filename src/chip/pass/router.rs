//! The way of spikes from neuron to synapse: when each arrives, and in which order.

use crate::base::rng;
use crate::base::rng::noise::{draw, fill};
use crate::simd;
use crate::spikes::GridSpike;

/// Lets jitter carry the spikes of `n_steps` steps to later ones. `late` is a buffer.
#[inline(always)]
pub(super) fn postpone(spikes: &mut Vec<GridSpike>, late: &mut Vec<f32>, jitter: f64, seed: u64, n_steps: usize) {
    late.clear();
    late.resize(spikes.len(), 0.0);
    fill(seed, late);
    // Spikes of the last step reach nobody but are still observed; those that jitter carries
    // beyond the end of the sample are not.
    let last = n_steps as u32 - 1;
    for (spike, &late) in spikes.iter_mut().zip(&*late) {
        let arrives = u32::from(spike.step) + steps_late(jitter, late);
        let seen = if arrives < last { arrives } else { last + 1 };
        spike.step = if u32::from(spike.step) == last { last } else { seen } as u16;
    }
    settle(spikes);
    let seen = spikes.partition_point(|spike| u32::from(spike.step) <= last);
    spikes.truncate(seen);
}

/// Chip steps by which jitter delays a spike, `jitter` of them the standard deviation.
#[inline(always)]
fn steps_late(jitter: f64, deviations: f32) -> u32 {
    simd::word((jitter * f64::from(deviations.abs()) + 0.5).min(f64::from(u16::MAX)).floor())
}

/// Sorts the spikes of `n_steps` steps by steps, those of a step in the order in which they are, however much they
/// are out of order. The other two are buffers.
#[inline(always)]
pub(super) fn group_by_step(
    spikes: &mut Vec<GridSpike>,
    n_steps: usize,
    bounds: &mut Vec<u32>,
    sorted: &mut Vec<GridSpike>,
) {
    // Where each step begins; that moves to where it ends, which is where the next begins.
    bounds.clear();
    bounds.resize(n_steps + 1, 0);
    for spike in &*spikes {
        bounds[usize::from(spike.step) + 1] += 1;
    }
    for step in 0..n_steps {
        bounds[step + 1] += bounds[step];
    }
    sorted.clear();
    sorted.resize(spikes.len(), GridSpike { step: 0, neuron: 0 });
    for &spike in &*spikes {
        let place = &mut bounds[usize::from(spike.step)];
        sorted[*place as usize] = spike;
        *place += 1;
    }
    std::mem::swap(spikes, sorted);
}

/// Sorts spikes by steps, those of a step in the order in which they are. Quick when few are out of order.
#[inline(always)]
pub(super) fn settle(spikes: &mut [GridSpike]) {
    for k in 1..spikes.len() {
        let spike = spikes[k];
        let mut place = k;
        while place > 0 && spikes[place - 1].step > spike.step {
            spikes[place] = spikes[place - 1];
            place -= 1;
        }
        spikes[place] = spike;
    }
}

/// Puts the spikes of the last step with those on their way, and takes out those that arrive in this one.
#[inline(always)]
pub(super) fn delay(
    step: usize,
    spiking: &[u16],
    delayed: &mut Vec<(usize, u16)>,
    arriving: &mut Vec<u16>,
    jitter: f64,
    seed: u64,
) {
    // Plain loops: closures are not compiled for the instructions of the machine.
    for &neuron in spiking {
        // Those of the step before.
        let emitted = (step as u64).wrapping_sub(1);
        let late = steps_late(jitter, draw(rng::mix(seed, emitted << 16 | u64::from(neuron))));
        delayed.push((step + late as usize, neuron));
    }
    arriving.clear();
    let mut waiting = 0;
    for k in 0..delayed.len() {
        if delayed[k].0 == step {
            arriving.push(delayed[k].1);
        } else {
            delayed[waiting] = delayed[k];
            waiting += 1;
        }
    }
    delayed.truncate(waiting);
}
