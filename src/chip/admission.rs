//! Input events on their way onto the chip: jitter, dead rows, and the bandwidth of the link.

use super::Chip;
use crate::base::rng::noise::fill;
use crate::simd;
use crate::spikes::SpikeTrain;

/// The events that reach the chip, in order of chip steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Admitted {
    /// Channels, those of the first step first; within a step in the order in which they were sent.
    units: Vec<u16>,
    /// Where the events of each step begin in `units`, and where the last ends.
    bounds: Vec<u32>,
    /// Number of events of each step, and of those that get nowhere.
    counts: Vec<u32>,
    /// Of every event sent: how late it is in standard deviations, its chip step, and how many of that step come
    /// before it.
    late: Vec<f32>,
    steps: Vec<u32>,
    ranks: Vec<u32>,
}

impl Admitted {
    /// Channels with an event in that chip step.
    #[inline(always)]
    pub(super) fn of_step(&self, step: usize) -> &[u16] {
        &self.units[self.bounds[step] as usize..self.bounds[step + 1] as usize]
    }

    /// `(chip step, channel)` of all events.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        (0..self.bounds.len().saturating_sub(1))
            .flat_map(|step| self.of_step(step).iter().map(move |&unit| (step as u32, unit)))
    }
}

/// Of an event, what sums of its parts may be off.
const ROUNDING: f64 = 1e-9;

impl Chip {
    /// Puts the input events on the chip's grid, with jitter and within the bandwidth of the link;
    /// returns how many were lost there.
    #[inline(always)]
    pub(super) fn admit(&self, input: &SpikeTrain, seed: u64, admitted: &mut Admitted) -> u32 {
        let (n, n_steps) = (input.len(), self.grid.n_chip());
        let Admitted { units, bounds, counts, late, steps, ranks } = admitted;
        // With a place behind the others for what gets nowhere: nobody can guess what does.
        units.resize(n + 1, 0);
        bounds.resize(n_steps + 1, 0);
        let (units, bounds) = (units.as_mut_slice(), bounds.as_mut_slice());
        for list in [&mut *steps, ranks, counts] {
            list.clear();
        }
        steps.resize(n, 0);
        ranks.resize(n, 0);
        counts.resize(n_steps + 1, 0);
        late.clear();
        late.resize(n, 0.0);
        let (steps, ranks, counts) = (steps.as_mut_slice(), ranks.as_mut_slice(), counts.as_mut_slice());
        let jitter = self.params.chip.jitter_input;
        if jitter > 0.0 {
            fill(seed, late);
        }
        let far = n_steps as f64;
        for ((step, &time), &late) in steps.iter_mut().zip(&input.times).zip(&*late) {
            let arrives = f64::from(time) + jitter * f64::from(late);
            let nearest = self.grid.nearest_step(if arrives < 0.0 { 0.0 } else { arrives });
            // What is no number and what is too late gets nowhere.
            *step = simd::word(if nearest < far { nearest } else { far });
        }
        for ((step, rank), &unit) in steps.iter_mut().zip(&mut *ranks).zip(&input.units) {
            // Channels beyond the network and those with a dead row driver send nothing.
            if self.damage.dead_inputs.get(usize::from(unit)) != Some(&false) {
                *step = n_steps as u32;
            }
            let count = &mut counts[*step as usize];
            *rank = *count;
            *count += 1;
        }
        let (mut total, mut lost) = (0, 0);
        // A link that was idle is free for one event at once; other time that nothing used is not made up for.
        let (each, ready) = (self.events_per_step, (1.0 - self.events_per_step).max(0.0));
        let mut free = ready;
        for (bound, &count) in bounds.iter_mut().zip(&counts[..n_steps]) {
            *bound = total;
            let room = free + each;
            let most = (room + ROUNDING) as u32;
            let carried = count.min(most);
            (lost, total) = (lost + count - carried, total + carried);
            // Parts of an event add up to whole ones.
            let rest = room - f64::from(most);
            free = if carried < most { rest.max(ready) } else { rest };
        }
        bounds[n_steps] = total;
        for ((&step, &rank), &unit) in steps.iter().zip(&*ranks).zip(&input.units) {
            // In the step behind the last, and beyond what the link carries, there is no place.
            let place = bounds[step as usize] + rank;
            let arrives = bounds.get(step as usize + 1).is_some_and(|end| place < *end);
            units[if arrives { place as usize } else { n }] = unit;
        }
        lost
    }
}
