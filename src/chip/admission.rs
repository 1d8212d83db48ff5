//! Input events on their way onto the chip: jitter, dead rows, and the bandwidth of the link.

use super::Chip;
use crate::rng;
use crate::rng::noise::draw;
use crate::spikes::SpikeTrain;

/// The events that reach the chip, in order of chip steps.
#[derive(Debug, Clone, Default)]
pub(super) struct Admitted {
    /// Channels, those of the first step first; within a step in the order in which they were sent.
    units: Vec<u16>,
    /// Where the events of each step begin in `units`, and where the last ends.
    bounds: Vec<u32>,
    /// Where the next event of each step goes.
    next: Vec<u32>,
    /// Chip step of every event sent; the number of steps for those that get nowhere.
    steps: Vec<u32>,
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

impl Chip {
    /// Puts the input events on the chip's grid, with jitter and within the bandwidth of the link;
    /// returns how many were lost there.
    #[inline(always)]
    pub(super) fn admit(&self, input: &SpikeTrain, seed: u64, admitted: &mut Admitted) -> u32 {
        let (n, n_steps) = (input.len(), self.grid.n_chip());
        let Admitted { units, bounds, next, steps } = admitted;
        steps.clear();
        steps.resize(n, 0);
        let jitter = self.params.jitter_input;
        let far = n_steps as f64;
        for (k, (step, &time)) in steps.iter_mut().zip(&input.times).enumerate() {
            let late = jitter * f64::from(draw(rng::mix(seed, k as u64)));
            let arrives = f64::from(time) + late;
            let nearest = self.grid.nearest_step(if arrives < 0.0 { 0.0 } else { arrives });
            // What is no number and what is too late gets nowhere.
            *step = if nearest < far { nearest as u32 } else { n_steps as u32 };
        }
        bounds.clear();
        bounds.resize(n_steps + 2, 0);
        for (step, &unit) in steps.iter_mut().zip(&input.units) {
            // Channels beyond the network and those with a dead row driver send nothing.
            if self.damage.dead_inputs.get(usize::from(unit)) != Some(&false) {
                *step = n_steps as u32;
            }
            bounds[*step as usize + 1] += 1;
        }
        bounds.truncate(n_steps + 1);
        let most = u32::try_from(self.events_per_step).unwrap_or(u32::MAX);
        let (mut total, mut lost) = (0, 0);
        for bound in &mut *bounds {
            lost += bound.saturating_sub(most);
            total += (*bound).min(most);
            *bound = total;
        }
        units.clear();
        units.resize(total as usize, 0);
        next.clone_from(bounds);
        for (&step, &unit) in steps.iter().zip(&input.units) {
            let step = step as usize;
            if step < n_steps && next[step] < bounds[step + 1] {
                units[next[step] as usize] = unit;
                next[step] += 1;
            }
        }
        lost
    }
}
