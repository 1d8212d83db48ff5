//! One input into some circuits of a chip: what copies of the same circuit make of the same spikes.

use ndarray::Array2;

use crate::chip::{Chip, XRay};
use crate::params::ChipSetup;
use crate::recording::Codes;
use crate::spikes::SpikeTrain;
use crate::training::Experiment;

/// How long is looked, at least, s.
const DURATION: f64 = 40e-6;
/// And so many membrane time constants.
const TIME_CONSTANTS: f64 = 6.0;
/// The chip is computed in steps of at most that, so that curves are smooth and spikes can be moved finely, s.
const STEP: f64 = 0.1e-6;

/// What is done to the circuits.
#[derive(Debug, Clone, PartialEq)]
pub struct Stimulus {
    /// How many circuits, from the first one of the chip on.
    pub circuits: usize,
    /// When the input spikes come, s.
    pub times: Vec<f64>,
    /// How strong each of them is: the weight, in which 1 lifts a nominal membrane to [`crate::neuron::psp_peak`].
    pub weight: f64,
    /// Which run: another one has other noise.
    pub trial: u32,
}

impl Default for Stimulus {
    fn default() -> Self {
        Self { circuits: 10, times: vec![5e-6], weight: 1.0, trial: 0 }
    }
}

/// One thing that is set on the bench.
#[derive(Debug, Clone, PartialEq)]
pub enum Setting {
    /// How many circuits.
    Circuits(usize),
    /// How strong the input spikes are.
    Weight(f64),
    /// When they come, s.
    Spikes(Vec<f64>),
    /// The same once more, with other noise.
    Again,
}

impl Stimulus {
    /// Circuits that are looked at together, at most.
    pub const MOST_CIRCUITS: usize = 10;
    /// Input spikes at most.
    pub const MOST_SPIKES: usize = 20;

    /// Sets one thing.
    pub fn set(&mut self, setting: Setting) {
        match setting {
            Setting::Circuits(n) => self.circuits = n,
            Setting::Weight(weight) => self.weight = weight,
            Setting::Spikes(times) => self.times = times,
            Setting::Again => self.trial = self.trial.wrapping_add(1),
        }
    }

    /// The same with as many circuits and spikes as are allowed, at times within `duration`.
    #[must_use]
    fn sane(&self, duration: f64) -> Self {
        let mut times: Vec<f64> = self.times.iter().copied().filter(|t| (0.0..duration).contains(t)).collect();
        times.truncate(Self::MOST_SPIKES);
        let weight = if self.weight.is_finite() { self.weight } else { 0.0 };
        Self { circuits: self.circuits.clamp(1, Self::MOST_CIRCUITS), times, weight, trial: self.trial }
    }
}

/// What one circuit made of it. Voltages in membrane units (leak 0, threshold 1 nominally).
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Circuit {
    /// The membrane at the end of every step.
    pub v: Vec<f32>,
    /// When it fired, s.
    pub spikes: Vec<f64>,
    /// Its own threshold.
    pub threshold: f64,
}

/// What the circuits made of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bench {
    /// What was done.
    pub stimulus: Stimulus,
    /// Length of a step, s.
    pub dt: f64,
    /// How long was looked, s.
    pub duration: f64,
    /// The largest weight that the synapses have.
    pub full_scale: f64,
    /// A circuit as it was asked for, without noise.
    pub nominal: Circuit,
    /// Those of the chip.
    pub circuits: Vec<Circuit>,
}

impl Bench {
    /// Circuits that fired.
    pub fn firing(&self) -> usize {
        self.circuits.iter().filter(|circuit| !circuit.spikes.is_empty()).count()
    }
}

impl Experiment {
    /// Sends spikes through one input into some circuits of the chip, one beside the other, as they are now: with their
    /// mismatch, trims, noise and damage. `None` when the chip shows nothing of its inside.
    pub fn bench(&self, stimulus: &Stimulus) -> Option<Bench> {
        let chip = self.chip()?;
        let mut setup = chip.setup().clone();
        let network = &mut setup.network;
        network.duration = DURATION.max(TIME_CONSTANTS * network.tau_mem);
        network.substeps = (network.cadc_interval / STEP).ceil().clamp(1.0, 64.0) as u32;
        setup.readout_spikes = false;
        let grid = network.grid();
        let (duration, full_scale) = (grid.duration(), network.weight_full_scale);
        let stimulus = stimulus.sane(duration);
        let mut bench = chip.test_bench(&setup);
        bench.restore(&with_first(chip.trims()), &hands(chip, &bench), chip.age());
        let twin = ChipSetup { chip: setup.chip.ideal(), ..setup };
        let n = stimulus.circuits;
        let circuits = looked(bench, &stimulus);
        let nominal =
            looked(chip.test_bench(&twin), &Stimulus { circuits: 1, ..stimulus.clone() }).into_iter().next()?;
        let circuits = circuits.into_iter().take(n).collect();
        Some(Bench { stimulus, dt: grid.dt_chip, duration, full_scale, nominal, circuits })
    }
}

/// One for each circuit of a test bench, whose readout is its first circuit once more.
fn with_first<T: Copy>(own: &[T]) -> Vec<T> {
    own.iter().chain(own.first()).copied().collect()
}

/// What was broken and mended by hand; the readout of the network stands behind its hidden neurons.
fn hands(chip: &Chip, bench: &Chip) -> Vec<Option<bool>> {
    let mut hands = bench.overrides().to_vec();
    hands.iter_mut().zip(chip.overrides()).for_each(|(to, from)| *to = *from);
    hands
}

/// Runs the stimulus on a test bench.
fn looked(mut bench: Chip, stimulus: &Stimulus) -> Vec<Circuit> {
    let network = &bench.setup().network;
    let max = f64::from(network.code_max());
    let code = (stimulus.weight / network.weight_full_scale * max).round().clamp(-max, max) as i8;
    let (grid, n) = (network.grid(), bench.codes().input.ncols());
    let none = |rows, columns| Array2::zeros((rows, columns));
    bench.write_weights(&Codes { input: Array2::from_elem((1, n), code), recurrent: none(0, n), readout: none(n, 1) });
    let input = SpikeTrain::from_events(stimulus.times.iter().map(|t| (*t as f32, 0)).collect());
    let XRay { v_hidden, recording, .. } = bench.xray(&input, u64::from(stimulus.trial), 0);
    let mut circuits: Vec<Circuit> = v_hidden
        .columns()
        .into_iter()
        .zip(bench.actual().0)
        .map(|(v, actual)| Circuit { v: v.to_vec(), spikes: Vec::new(), threshold: actual.v_threshold })
        .collect();
    for spike in recording.hidden_spikes.iter().flatten() {
        if let Some(circuit) = circuits.get_mut(usize::from(spike.neuron)) {
            circuit.spikes.push(grid.time_of(usize::from(spike.step)));
        }
    }
    circuits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    fn bench(sigma: f64, stimulus: &Stimulus) -> Bench {
        let params = Params::default().with(|p| {
            (p.network.hidden, p.learning.threads, p.chip.sigma) = (20, 1, sigma);
            (p.chip.noise_membrane, p.chip.noise_readout, p.chip.noise_threshold) = (0.0, 0.0, 0.0);
        });
        Experiment::new(&params).expect("an experiment").bench(stimulus).expect("a simulated chip")
    }

    /// With τ_mem = τ_syn = τ the response to one spike of weight w is w·(t/τ)·exp(−t/τ), whose peak is w/e after τ.
    #[test]
    fn a_nominal_circuit_answers_one_spike_with_the_alpha_function() {
        let bench = bench(0.0, &Stimulus { times: vec![5e-6], ..Stimulus::default() });
        for (k, v) in bench.nominal.v.iter().enumerate() {
            let t = ((k as f64 + 1.0) * bench.dt - 5e-6) / 6e-6;
            let expected = if t > 0.0 { t * (-t).exp() } else { 0.0 };
            // A spike acts at the beginning of the step that is nearest: half a step of 0.1 µs is 0.9 % of τ.
            assert!((f64::from(*v) - expected).abs() < 0.01, "after {t} τ: {v} instead of {expected}");
        }
        let peak = bench.nominal.v.iter().copied().fold(0.0, f32::max);
        assert!((f64::from(peak) - (-1f64).exp()).abs() < 1e-3, "{peak}");
        assert!(bench.circuits.iter().all(|own| own.v == bench.nominal.v && own.spikes.is_empty()), "all are alike");
    }

    /// Three at once lift it by 3/e = 1.10, two by 0.74 only.
    #[test]
    fn three_spikes_at_once_make_it_fire_and_two_do_not_and_three_apart_do_not_either() {
        let fired = |times: Vec<f64>| bench(0.0, &Stimulus { times, ..Stimulus::default() }).firing();
        assert_eq!([2, 3].map(|n| fired(vec![5e-6; n])), [0, 10]);
        assert_eq!(fired(vec![5e-6, 15e-6, 25e-6]), 0);
    }

    #[test]
    fn copies_differ_from_one_another_and_each_of_them_always_in_the_same_way() {
        let stimulus = Stimulus { times: vec![5e-6; 3], ..Stimulus::default() };
        let (first, again) = (bench(0.2, &stimulus), bench(0.2, &Stimulus { trial: 1, ..stimulus }));
        assert_eq!(first.circuits, again.circuits, "without noise another run is the same");
        let [one, other] = [&first.circuits[0], &first.circuits[1]];
        assert!(one.v != other.v && (one.threshold - other.threshold).abs() > 1e-3);
        assert!((1..10).contains(&first.firing()), "{} of 10", first.firing());
    }

    #[test]
    fn what_nobody_can_send_is_left_out() {
        let times = vec![f64::NAN, -1.0, 5e-6, 1.0];
        let bench = bench(0.0, &Stimulus { circuits: 99, times, weight: f64::INFINITY, trial: 0 });
        assert_eq!((bench.circuits.len(), bench.stimulus.times.as_slice()), (10, &[5e-6][..]));
        assert!(bench.circuits.iter().all(|own| own.v.iter().all(|v| *v == 0.0)));
    }
}
