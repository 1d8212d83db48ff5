//! Everything that crosses between chip and host: codes go down, a recording comes up.

use ndarray::Array2;

use crate::base::rng;
use crate::base::time::TimeGrid;
use crate::spikes::GridSpike;

/// Signed weight codes as written to the chip, `[pre, post]`: one row is what one presynaptic event reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codes {
    /// Input to hidden, `[n_inputs, n_hidden]`.
    pub input: Array2<i8>,
    /// Hidden to hidden, `[n_hidden, n_hidden]`; `[0, n_hidden]` without recurrence.
    pub recurrent: Array2<i8>,
    /// Hidden to readout, `[n_hidden, n_readout]`.
    pub readout: Array2<i8>,
}

/// Trims of one neuron: 10-bit codes that move its analog parameters a little. 512 leaves them alone.
///
/// Potentials move by up to [`Trims::POTENTIAL_RANGE`] leak-to-threshold distances either way,
/// time constants by a factor of up to `exp(`[`Trims::TAU_RANGE`]`)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trims {
    /// Leak potential.
    pub leak: u16,
    /// Reset potential.
    pub reset: u16,
    /// Threshold.
    pub threshold: u16,
    /// Membrane time constant.
    pub tau_mem: u16,
    /// Excitatory synaptic time constant.
    pub tau_syn_exc: u16,
    /// Inhibitory synaptic time constant.
    pub tau_syn_inh: u16,
    /// Digital correction of the readout channel, LSB added to every code.
    pub cadc_offset: i16,
}

impl Trims {
    /// The code that changes nothing.
    pub const NEUTRAL: u16 = 512;
    /// Largest code.
    pub const MAX: u16 = 1023;
    /// Leak-to-threshold distances from the neutral code to the end of the range.
    pub const POTENTIAL_RANGE: f64 = 2.5;
    /// Logarithm of the factor from the neutral code to the end of the range.
    pub const TAU_RANGE: f64 = 1.2;

    /// How far a potential moves at that code, in leak-to-threshold distances.
    pub fn potential(code: u16) -> f64 {
        Self::POTENTIAL_RANGE * (f64::from(code) - f64::from(Self::NEUTRAL)) / f64::from(Self::NEUTRAL)
    }

    /// The factor on a time constant at that code.
    pub fn tau(code: u16) -> f64 {
        (Self::TAU_RANGE * (f64::from(code) - f64::from(Self::NEUTRAL)) / f64::from(Self::NEUTRAL)).exp()
    }

    /// The code that moves a potential from where `code` puts it by `by` more; clipped to the range.
    #[must_use]
    pub fn shifted(code: u16, by: f64) -> u16 {
        clip(f64::from(code) + by / Self::POTENTIAL_RANGE * f64::from(Self::NEUTRAL))
    }

    /// The code that multiplies a time constant by `factor` more; clipped to the range.
    #[must_use]
    pub fn scaled(code: u16, factor: f64) -> u16 {
        clip(f64::from(code) + factor.ln() / Self::TAU_RANGE * f64::from(Self::NEUTRAL))
    }
}

fn clip(code: f64) -> u16 {
    code.round().clamp(0.0, f64::from(Trims::MAX)) as u16
}

impl Default for Trims {
    fn default() -> Self {
        Self {
            leak: Self::NEUTRAL,
            reset: Self::NEUTRAL,
            threshold: Self::NEUTRAL,
            tau_mem: Self::NEUTRAL,
            tau_syn_exc: Self::NEUTRAL,
            tau_syn_inh: Self::NEUTRAL,
            cadc_offset: 0,
        }
    }
}

/// What leaves the chip after a batch: spikes and digitised voltages, nothing else.
///
/// Voltages are codes of the CADC in sample-major order, `[sample, host step, neuron]`;
/// host step `n` was sampled at time `(n + 1) · dt_host`.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The clocks of chip and host.
    pub grid: TimeGrid,
    /// Number of samples.
    pub n_samples: usize,
    /// Size of the hidden population.
    pub n_hidden: usize,
    /// Size of the readout population.
    pub n_readout: usize,
    /// Codes of the hidden membranes.
    pub hidden_cadc: Vec<u8>,
    /// Codes of the readout membranes.
    pub readout_cadc: Vec<u8>,
    /// Spikes of the hidden population, one list a sample, in order of time.
    pub hidden_spikes: Vec<Vec<GridSpike>>,
    /// Spikes of the readout population where it spikes, one list a sample, in order of time.
    pub readout_spikes: Vec<Vec<GridSpike>>,
    /// Input events that the link could not carry, one count a sample.
    pub lost_events: Vec<u32>,
    /// Share of the hidden neurons that the event router was told to ignore: 0 outside training.
    pub dropout: f64,
    /// The hidden neurons ignored in each sample, ascending. Their spikes reach nobody and are not recorded.
    pub dropped: Vec<Vec<u16>>,
}

impl Recording {
    /// An empty recording of that shape.
    pub fn new(grid: TimeGrid, n_hidden: usize, n_readout: usize) -> Self {
        Self {
            grid,
            n_samples: 0,
            n_hidden,
            n_readout,
            hidden_cadc: Vec::new(),
            readout_cadc: Vec::new(),
            hidden_spikes: Vec::new(),
            readout_spikes: Vec::new(),
            lost_events: Vec::new(),
            dropout: 0.0,
            dropped: Vec::new(),
        }
    }

    /// Makes room for `n_samples`, keeping allocations from earlier batches.
    pub fn resize(&mut self, n_samples: usize) {
        self.n_samples = n_samples;
        self.hidden_cadc.resize(n_samples * self.grid.n_host * self.n_hidden, 0);
        self.readout_cadc.resize(n_samples * self.grid.n_host * self.n_readout, 0);
        self.hidden_spikes.resize_with(n_samples, Vec::new);
        self.readout_spikes.resize_with(n_samples, Vec::new);
        self.lost_events.resize(n_samples, 0);
        self.dropped.resize_with(n_samples, Vec::new);
    }

    /// Takes over the only sample of `other`, a recording of the same shape, as sample number `sample`.
    ///
    /// # Panics
    /// When there is no such sample.
    pub fn take_sample(&mut self, sample: usize, other: &Self) {
        let (hidden, readout) = (other.hidden_of(0), other.readout_of(0));
        self.hidden_cadc[sample * hidden.len()..][..hidden.len()].copy_from_slice(hidden);
        self.readout_cadc[sample * readout.len()..][..readout.len()].copy_from_slice(readout);
        self.hidden_spikes[sample].clone_from(&other.hidden_spikes[0]);
        self.readout_spikes[sample].clone_from(&other.readout_spikes[0]);
        self.lost_events[sample] = other.lost_events[0];
        self.dropped[sample].clone_from(&other.dropped[0]);
    }

    /// Decides which hidden neurons the event router ignores in each sample: each with probability
    /// `share`, whatever the others do. Number `trial` of the run and the sample decide the draw.
    pub fn drop_neurons(&mut self, share: f64, trial: u64) {
        self.dropout = share;
        for (sample, dropped) in self.dropped.iter_mut().enumerate() {
            dropped.clear();
            if share > 0.0 {
                let draws = rng::uniforms(rng::mix(trial, sample as u64), "dropout", self.n_hidden);
                dropped.extend((0..).zip(draws).filter(|(_, u)| f64::from(*u) < share).map(|(neuron, _)| neuron));
            }
        }
    }

    /// Hidden codes of one sample, `[host step, neuron]` row by row.
    pub fn hidden_of(&self, sample: usize) -> &[u8] {
        let size = self.grid.n_host * self.n_hidden;
        &self.hidden_cadc[sample * size..][..size]
    }

    /// Readout codes of one sample, `[host step, neuron]` row by row.
    pub fn readout_of(&self, sample: usize) -> &[u8] {
        let size = self.grid.n_host * self.n_readout;
        &self.readout_cadc[sample * size..][..size]
    }

    /// The chip step of the first spike of each readout neuron in a sample; `None` where there is none.
    pub fn first_spikes(&self, sample: usize) -> Vec<Option<u16>> {
        first_spikes(&self.readout_spikes[sample], self.n_readout)
    }

    /// Mean number of hidden spikes per sample.
    pub fn spikes_per_sample(&self) -> f64 {
        let spikes: usize = self.hidden_spikes.iter().map(Vec::len).sum();
        spikes as f64 / self.n_samples.max(1) as f64
    }
}

/// The chip step of the first spike of each of `n` neurons, from all their spikes in order of time.
pub fn first_spikes(spikes: &[GridSpike], n: usize) -> Vec<Option<u16>> {
    let mut first = vec![None; n];
    for spike in spikes {
        first[usize::from(spike.neuron)].get_or_insert(spike.step);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dropped_neurons_have_the_share_asked_for_and_differ_between_samples_and_runs() {
        let mut recording = Recording::new(TimeGrid::new(4e-6, 1e-6, 1), 500, 2);
        recording.resize(40);
        recording.drop_neurons(0.4, 7);
        let first = recording.dropped.clone();
        let share = first.iter().map(Vec::len).sum::<usize>() as f64 / 20_000.0;
        // Five standard errors of a binomial share.
        assert!((share - 0.4).abs() < 5.0 * (0.24f64 / 20_000.0).sqrt(), "{share}");
        assert!(first.iter().all(|sample| sample.is_sorted() && sample.iter().all(|k| *k < 500)));
        assert_ne!(first[0], first[1]);
        recording.drop_neurons(0.4, 8);
        assert_ne!(recording.dropped, first);
        recording.drop_neurons(0.4, 7);
        assert_eq!(recording.dropped, first);
        recording.drop_neurons(0.0, 7);
        assert!(recording.dropped.iter().all(Vec::is_empty));
    }
}
