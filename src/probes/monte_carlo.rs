//! The same weights on many chips, and one sample many times on the same chip.

use std::sync::Arc;

use ndarray::Array2;

use crate::chip::Chip;
use crate::host::decoder::Decoder;
use crate::params::{ChipSetup, Lane, Params};
use crate::spikes::SpikeTrain;
use crate::task::Dataset;
use crate::training::noise_stream::NoiseStream;
use crate::training::{Batch, Experiment};

/// Test samples on which a chip is judged; more would only cost time.
const JUDGED: usize = 256;

/// A frozen copy of the weights of a lane, to be loaded onto other chips. Learning may go on meanwhile.
pub struct MonteCarlo {
    params: Params,
    data: Arc<Dataset>,
    chip: Chip,
    decoder: Decoder,
    trial: u64,
    pool: rayon::ThreadPool,
}

impl MonteCarlo {
    /// Test accuracy, 0…1, on the chip of that number with global mismatch `sigma` (a share): fresh and untrimmed,
    /// nothing is trained there.
    pub fn accuracy(&self, chip: u32, sigma: f64) -> f64 {
        let params = self.params.clone().with(|p| (p.chip.number, p.chip.sigma) = (chip, sigma));
        let readout_spikes = self.chip.setup().readout_spikes;
        let chip = self.chip.as_new(&ChipSetup { readout_spikes, ..params.for_chip() });
        let samples = &self.data.test[..JUDGED.min(self.data.test.len())];
        let batch = Batch::new(samples.iter());
        self.pool.install(|| self.decoder.loss(&chip.run(&batch.inputs, self.trial), &batch.labels).accuracy())
    }

    /// Test samples in use.
    pub fn samples(&self) -> usize {
        JUDGED.min(self.data.test.len())
    }
}

/// What every hidden neuron did in each of several runs of the same sample, `[run, neuron]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Repeats {
    /// The lane.
    pub lane: Lane,
    /// Spikes.
    pub spikes: Array2<f64>,
    /// Time of the first spike, s; NaN without one.
    pub first: Array2<f64>,
    /// Mean of the digitised voltage, in membrane units.
    pub voltage: Array2<f64>,
}

impl Experiment {
    /// The weights of a lane, on a thread of their own; `None` when there is no such lane.
    pub fn monte_carlo(&self, lane: Lane) -> Option<MonteCarlo> {
        let own = self.lane(lane)?;
        // One thread: learning shall hardly feel it.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).thread_name(|_| "chips".into()).build().ok()?;
        Some(MonteCarlo {
            params: self.params.clone(),
            data: Arc::clone(&self.data),
            chip: own.chip()?.clone(),
            decoder: own.decoder.clone(),
            trial: self.evaluation_trial(NoiseStream::MonteCarlo),
            pool,
        })
    }

    /// Runs one input `n` times on the chip of a lane, each time with fresh noise.
    pub fn repeat(&self, lane: Lane, input: &SpikeTrain, n: usize) -> Option<Repeats> {
        let own = self.lane(lane)?;
        let inputs = vec![input; n];
        let trial = self.evaluation_trial(NoiseStream::Repeats);
        let recording = self.pool.install(|| own.device().run(&inputs, trial)).ok()?;
        let shape = (n, recording.n_hidden);
        let mut out = Repeats {
            lane,
            spikes: Array2::zeros(shape),
            first: Array2::from_elem(shape, f64::NAN),
            voltage: Array2::zeros(shape),
        };
        for run in 0..n {
            for spike in &recording.hidden_spikes[run] {
                let at = [run, usize::from(spike.neuron)];
                if out.spikes[at] < 0.5 {
                    out.first[at] = recording.grid.time_of(spike.step as usize);
                }
                out.spikes[at] += 1.0;
            }
            let v = own.decoder.voltages(&recording, run).0;
            for (to, column) in out.voltage.row_mut(run).iter_mut().zip(v.columns()) {
                *to = column.iter().map(|v| f64::from(*v)).sum::<f64>() / column.len().max(1) as f64;
            }
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TaskKind;

    fn trained(change: impl FnOnce(&mut Params)) -> Experiment {
        let mut params = Params::for_task(TaskKind::YinYang).with(|p| (p.network.hidden, p.learning.threads) = (30, 1));
        change(&mut params);
        let mut experiment = Experiment::new(&params).unwrap();
        while experiment.epoch() < 3 {
            experiment.step().unwrap();
        }
        experiment
    }

    #[test]
    fn the_fan_holds_the_chip_in_use_is_flat_without_faults_and_spreads_with_them() {
        let experiment = trained(|_| {});
        let trials = experiment.monte_carlo(Lane::Ideal).unwrap();
        let at = |sigma| (1..9).map(|chip| trials.accuracy(chip, sigma)).collect::<Vec<_>>();
        let (flat, spread) = (at(0.0), at(1.0));
        let range = |v: &[f64]| v.iter().copied().fold(0.0, f64::max) - v.iter().copied().fold(1.0, f64::min);
        assert!(range(&flat) < range(&spread), "{flat:?} {spread:?}");
        // The transferred lane is the ideal weights on chip 1 with the mismatch in force.
        let sigma = experiment.params().chip.sigma;
        let samples = trials.samples();
        let answers = experiment.answers(Lane::Transferred).unwrap();
        let test = &experiment.data().test;
        let right = test.iter().zip(&answers).take(samples).filter(|(s, a)| s.label == **a).count();
        let expected = right as f64 / samples as f64;
        // Another draw of the noise may turn a few samples.
        assert!((trials.accuracy(experiment.params().chip.number, sigma) - expected).abs() < 0.05);
    }

    #[test]
    fn without_noise_every_run_is_the_same_and_with_noise_it_is_not() {
        let quiet = trained(|p| {
            *p = p.ideal_twin().with(|p| p.chip.sigma = 0.2).with(|p| (p.network.hidden, p.learning.threads) = (30, 1));
        });
        let input = quiet.data().test[0].spikes.clone();
        let repeats = quiet.repeat(Lane::Ideal, &input, 5).unwrap();
        assert!(repeats.spikes.sum() > 0.0);
        for run in 1..5 {
            assert_eq!(repeats.spikes.row(run), repeats.spikes.row(0));
            assert_eq!(repeats.voltage.row(run), repeats.voltage.row(0));
        }
        let noisy = trained(|p| (p.chip.noise_threshold, p.chip.noise_readout) = (0.1, 0.02));
        let repeats = noisy.repeat(Lane::InTheLoop, &input, 5).unwrap();
        assert!((1..5).any(|run| repeats.voltage.row(run) != repeats.voltage.row(0)));
        let first = repeats.first.iter().filter(|t| t.is_finite()).count();
        assert_eq!(first, repeats.spikes.iter().filter(|n| **n > 0.0).count(), "who spikes has a first spike");
    }
}
