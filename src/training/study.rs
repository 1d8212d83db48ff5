//! Looking closer at an experiment: who spikes, who does harm, what a round costs.

use std::time::Instant;

use ndarray::Array2;

use super::Experiment;
use super::metrics::Scores;
use super::noise_stream::NoiseStream;
use crate::chip::Chip;
use crate::host::decoder::Decoder;
use crate::params::Lane;
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;

/// Test samples on which the harm of a neuron is measured.
const HARM_SAMPLES: usize = 128;

/// What a lane does on the test split.
#[derive(Debug, Clone, PartialEq)]
pub struct Examination {
    /// The lane.
    pub lane: Lane,
    /// Loss, accuracy and spikes.
    pub scores: Scores,
    /// Samples by right class and answer, `[class, answer]`.
    pub confusion: Array2<u32>,
    /// Spikes per test sample of each hidden neuron.
    pub rates: Vec<f32>,
}

/// What one round of the loop took and moved.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Round {
    /// Time of run, loss, gradient, update and write, s.
    pub seconds: [f64; 5],
    /// Samples in the batch.
    pub samples: usize,
    /// Weight codes written.
    pub codes: usize,
    /// Input events sent.
    pub input_events: usize,
    /// Voltage samples read.
    pub voltages: usize,
    /// Hidden spikes read.
    pub spikes: usize,
    /// Labels sent to the chip.
    pub labels: usize,
    /// Hardware time of one sample, s.
    pub duration: f64,
    /// Samples that changed a weight, and codes that changed, where the chip teaches itself.
    pub updates: Option<usize>,
    /// Codes that changed, each time that they did, where the chip teaches itself.
    pub flips: Option<usize>,
}

impl Round {
    /// Bytes of an event on the link: 16 bits of address and 8 of time (libhaldls, `SpikeFromChip`).
    pub const EVENT: usize = 3;
    /// Bytes of a signed weight: two synapses, one of each sign.
    pub const WEIGHT: usize = 2;
    /// Bytes of a voltage sample, and of a label.
    pub const BYTE: usize = 1;

    /// Payload that went up from the chip, bytes.
    pub fn bytes_up(&self) -> usize {
        self.voltages * Self::BYTE + self.spikes * Self::EVENT
    }

    /// Payload that went down to the chip, bytes.
    pub fn bytes_down(&self) -> usize {
        self.codes * Self::WEIGHT + self.input_events * Self::EVENT + self.labels * Self::BYTE
    }

    pub(super) fn new(inputs: &[&SpikeTrain], recording: &Recording, codes: &Codes, clock: &Stopwatch) -> Self {
        Self {
            seconds: clock.laps,
            samples: inputs.len(),
            codes: codes.input.len() + codes.recurrent.len() + codes.readout.len(),
            input_events: inputs.iter().map(|train| train.len()).sum(),
            voltages: recording.hidden_cadc.len() + recording.readout_cadc.len(),
            spikes: recording.hidden_spikes.iter().map(Vec::len).sum(),
            duration: recording.grid.duration(),
            ..Self::default()
        }
    }
}

/// Times the five steps of a round.
pub(super) struct Stopwatch {
    last: Instant,
    lap: usize,
    laps: [f64; 5],
}

impl Stopwatch {
    pub(super) fn start() -> Self {
        Self { last: Instant::now(), lap: 0, laps: [0.0; 5] }
    }

    pub(super) fn lap(&mut self) {
        let now = Instant::now();
        if let Some(lap) = self.laps.get_mut(self.lap) {
            *lap = now.duration_since(self.last).as_secs_f64();
        }
        (self.last, self.lap) = (now, self.lap + 1);
    }
}

impl Experiment {
    /// What the last round of a lane took and moved; `None` before the first one, and for lanes that do not learn.
    pub fn round(&self, lane: Lane) -> Option<Round> {
        self.lane(lane)?.round
    }

    /// The same of all lanes that learn, in display order.
    pub fn rounds(&self) -> Vec<(Lane, Round)> {
        let shown = self.params.learning.lanes.iter();
        shown.filter_map(|&lane| Some((lane, self.round(lane)?))).collect()
    }

    /// The codes that a lane began with.
    pub fn first_codes(&self, lane: Lane) -> Option<&Codes> {
        self.lane(lane).map(|lane| &lane.first_codes)
    }

    /// Breaks or mends one hidden neuron of the chip under test by hand.
    /// It becomes a parameter like any other.
    pub fn damage(&mut self, neuron: usize, kill: bool) {
        let mut params = self.params().clone();
        params.chip.override_neuron(u32::try_from(neuron).unwrap_or(u32::MAX), kill);
        let adopted = self.set_params(&params);
        debug_assert!(adopted.is_ok(), "no neuron can be in both lists");
    }

    /// Measures the next neuron of a study, on the threads of the experiment.
    pub fn advance(&self, study: &mut HarmStudy) {
        self.pool.install(|| study.step());
    }

    /// A copy of a lane on which neurons are silenced one by one; learning may go on meanwhile.
    pub fn harm_study(&self, lane: Lane) -> Option<HarmStudy> {
        let own = self.lane(lane)?;
        let samples = &self.data.test[..HARM_SAMPLES.min(self.data.test.len())];
        Some(HarmStudy {
            lane,
            chip: own.chip().clone(),
            decoder: own.decoder.clone(),
            inputs: samples.iter().map(|s| s.spikes.clone()).collect(),
            labels: samples.iter().map(|s| s.label).collect(),
            trial: self.evaluation_trial(NoiseStream::Ablation),
            baseline: None,
            harms: Vec::new(),
            n: self.params.network.hidden as usize,
        })
    }
}

/// What changes on some test samples when a neuron is silent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Harm {
    /// Loss without the neuron minus loss with it; negative when it does harm.
    pub loss: f64,
    /// Accuracy without the neuron minus accuracy with it, 0…1.
    pub accuracy: f64,
}

/// A study of all hidden neurons of one lane, done in small portions.
pub struct HarmStudy {
    lane: Lane,
    chip: Chip,
    decoder: Decoder,
    inputs: Vec<SpikeTrain>,
    labels: Vec<u16>,
    trial: u64,
    baseline: Option<Harm>,
    harms: Vec<Harm>,
    n: usize,
}

impl HarmStudy {
    /// The lane under study.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Loss and accuracy with all neurons, once they are measured.
    pub fn baseline(&self) -> Option<Harm> {
        self.baseline
    }

    /// The results so far, in order of the neurons.
    pub fn harms(&self) -> &[Harm] {
        &self.harms
    }

    /// Hidden neurons in all.
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there is no neuron to study.
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Test samples in use.
    pub fn samples(&self) -> usize {
        self.labels.len()
    }

    /// Whether every neuron has been silenced once.
    pub fn is_done(&self) -> bool {
        self.harms.len() >= self.n
    }

    /// Measures the next neuron.
    fn step(&mut self) {
        let baseline = *self
            .baseline
            .get_or_insert_with(|| measure(&self.chip, &self.decoder, &self.inputs, &self.labels, self.trial));
        if self.is_done() {
            return;
        }
        let neuron = self.harms.len();
        let was = self.chip.damage().silent.get(neuron).copied().unwrap_or(false);
        self.chip.silence(neuron, Some(true));
        let without = measure(&self.chip, &self.decoder, &self.inputs, &self.labels, self.trial);
        self.chip.silence(neuron, Some(was));
        self.harms.push(Harm { loss: without.loss - baseline.loss, accuracy: without.accuracy - baseline.accuracy });
    }
}

fn measure(chip: &Chip, decoder: &Decoder, inputs: &[SpikeTrain], labels: &[u16], trial: u64) -> Harm {
    let inputs: Vec<&SpikeTrain> = inputs.iter().collect();
    let loss = decoder.loss(&chip.run(&inputs, trial), labels);
    Harm { loss: loss.mean, accuracy: loss.accuracy() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

    fn small() -> Experiment {
        let params = Params::default().with(|p| (p.network.hidden, p.learning.threads) = (12, 1));
        Experiment::new(&params).expect("an experiment")
    }

    #[test]
    fn an_examination_counts_every_test_sample_once_and_agrees_with_the_scores() {
        let mut experiment = small();
        for _ in 0..10 {
            experiment.step().expect("a step");
        }
        for lane in Lane::WITH_HOST {
            let seen = experiment.examine(lane).expect("a lane");
            assert_eq!(seen.confusion.sum() as usize, experiment.data().test.len());
            let right: u32 = (0..10).map(|k| seen.confusion[[k, k]]).sum();
            let accuracy = f64::from(right) / experiment.data().test.len() as f64;
            assert!((accuracy - seen.scores.accuracy).abs() < 1e-9);
            let spikes: f32 = seen.rates.iter().sum();
            assert!((f64::from(spikes) - seen.scores.hidden_spikes).abs() < 1e-3);
            // Rows are the right classes: their sums do not depend on what was answered.
            for class in 0..10u16 {
                let n = experiment.data().test.iter().filter(|s| s.label == class).count();
                assert_eq!(seen.confusion.row(usize::from(class)).sum() as usize, n);
            }
        }
    }

    #[test]
    fn a_round_counts_what_crosses_between_host_and_chip() {
        let mut experiment = small();
        assert_eq!(experiment.round(Lane::InTheLoop), None);
        experiment.step().expect("a step");
        let round = experiment.round(Lane::InTheLoop).expect("a round");
        let grid = experiment.chip().expect("a chip").grid();
        assert_eq!(round.samples, 64);
        assert_eq!(round.codes, 64 * 12 + 12 * 10);
        assert_eq!(round.voltages, 64 * grid.n_host * (12 + 10));
        assert!(round.seconds.iter().all(|s| *s >= 0.0) && round.seconds.iter().sum::<f64>() > 0.0);
        assert!(round.input_events > 64 && (round.duration - grid.duration()).abs() < 1e-15);
        assert_eq!(experiment.round(Lane::Transferred), None, "that lane does not learn");
    }

    #[test]
    fn a_neuron_broken_by_hand_falls_silent_on_the_chip_and_not_on_the_ideal_twin_until_it_is_mended() {
        let mut experiment = small();
        for _ in 0..5 {
            experiment.step().expect("a step");
        }
        let rates = |e: &Experiment, lane| e.examine(lane).expect("a lane").rates;
        let before = rates(&experiment, Lane::InTheLoop);
        let busy = (0..12).max_by(|&a, &b| before[a].total_cmp(&before[b])).expect("a neuron");
        assert!(before[busy] > 0.0);
        let ideal = rates(&experiment, Lane::Ideal);
        experiment.damage(busy, true);
        let broken = rates(&experiment, Lane::InTheLoop);
        assert!(broken[busy].abs() < f32::EPSILON, "silent");
        assert!(rates(&experiment, Lane::Transferred)[busy].abs() < f32::EPSILON, "the same chip");
        assert_eq!(rates(&experiment, Lane::Ideal), ideal);
        experiment.damage(busy, false);
        assert_eq!(rates(&experiment, Lane::InTheLoop), before);
        experiment.damage(busy, true);
        experiment.damage(999, true);
        assert_eq!(experiment.params().chip.silenced, [busy as u32, 999]);
        let broken_again = Experiment::new(&small().params().clone().with(|p| p.chip.silenced = vec![busy as u32]));
        let mut broken_again = broken_again.expect("an experiment");
        for _ in 0..5 {
            broken_again.step().expect("a step");
        }
        assert!(rates(&broken_again, Lane::InTheLoop)[busy].abs() < f32::EPSILON, "silent from the start");
        // Another chip comes without the damage of the old one, and the old one is whole when it comes back.
        let chip = experiment.params().chip.number;
        for number in [chip + 1, chip] {
            let mut params = experiment.params().clone();
            params.chip.number = number;
            experiment.set_params(&params).expect("another chip");
            assert!(experiment.params().chip.silenced.is_empty());
        }
        assert_eq!(rates(&experiment, Lane::InTheLoop), before);
    }

    #[test]
    fn a_study_of_harm_leaves_the_experiment_alone_and_finds_no_harm_in_a_neuron_that_is_silent_already() {
        let mut experiment = small();
        for _ in 0..5 {
            experiment.step().expect("a step");
        }
        experiment.damage(3, true);
        let before = experiment.examine(Lane::InTheLoop);
        let mut study = experiment.harm_study(Lane::InTheLoop).expect("a lane");
        while !study.is_done() {
            experiment.advance(&mut study);
        }
        assert_eq!(study.harms().len(), 12);
        assert_eq!(study.harms()[3], Harm::default(), "it was silent before");
        assert!(study.harms().iter().any(|h| h.loss.abs() > 1e-6));
        assert_eq!(experiment.examine(Lane::InTheLoop), before);
        // Against silencing by hand and evaluating the same samples anew.
        let again = experiment.harm_study(Lane::InTheLoop).map(|mut s| {
            s.step();
            s.baseline()
        });
        assert_eq!(again, Some(study.baseline()));
    }
}
