//! Spikes as events; a dense raster is only a way to draw them.

/// The spikes of one sample, in order of time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SpikeTrain {
    /// Spike times in seconds of hardware time, ascending.
    pub times: Vec<f32>,
    /// The unit (input channel or neuron) of each spike.
    pub units: Vec<u16>,
}

impl SpikeTrain {
    /// Sorts events by time, then by unit. Events that are not finite are dropped.
    pub fn from_events(mut events: Vec<(f32, u16)>) -> Self {
        events.retain(|(t, _)| t.is_finite());
        events.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let (times, units) = events.into_iter().unzip();
        Self { times, units }
    }

    /// Number of spikes.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether there is no spike at all.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// `(time in seconds, unit)` in order of time.
    pub fn iter(&self) -> impl Iterator<Item = (f32, u16)> + '_ {
        self.times.iter().copied().zip(self.units.iter().copied())
    }
}

/// A spike on a grid: the step at whose end it was emitted, and the neuron.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct GridSpike {
    /// Chip step; the spike happened at time `(step + 1) · dt_chip`.
    pub step: u16,
    /// Neuron within its population.
    pub neuron: u16,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_out_sorted_and_finite() {
        let train = SpikeTrain::from_events(vec![(3e-6, 1), (f32::NAN, 0), (1e-6, 5), (1e-6, 2)]);
        assert_eq!(train.iter().collect::<Vec<_>>(), [(1e-6, 2), (1e-6, 5), (3e-6, 1)]);
        assert_eq!(train.len(), 3);
    }
}
