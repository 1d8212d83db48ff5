//! How important each hidden neuron is: what changes when it alone is silent.

use crate::chip::Chip;
use crate::host::decoder::Decoder;
use crate::params::Lane;
use crate::spikes::SpikeTrain;
use crate::training::Experiment;
use crate::training::noise_stream::NoiseStream;

/// Test samples on which the harm of a neuron is measured.
const ABLATION_SAMPLES: usize = 128;

impl Experiment {
    /// Measures the next neuron of a study, on the threads of the experiment.
    pub fn advance(&self, study: &mut Ablation) {
        self.pool.install(|| study.step());
    }

    /// A copy of a lane on which neurons are silenced one by one; learning may go on meanwhile.
    pub fn ablation(&self, lane: Lane) -> Option<Ablation> {
        let own = self.lane(lane)?;
        let samples = &self.data.test[..ABLATION_SAMPLES.min(self.data.test.len())];
        Some(Ablation {
            lane,
            chip: own.chip()?.clone(),
            decoder: own.decoder.clone(),
            inputs: samples.iter().map(|s| s.spikes.clone()).collect(),
            labels: samples.iter().map(|s| s.label).collect(),
            trial: self.evaluation_trial(NoiseStream::Ablation),
            baseline: None,
            importances: Vec::new(),
            n: self.params.network.hidden as usize,
        })
    }
}

/// What changes on some test samples when a neuron is silent.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Importance {
    /// Loss without the neuron minus loss with it; negative when it does harm.
    pub loss: f64,
    /// Accuracy without the neuron minus accuracy with it, 0…1.
    pub accuracy: f64,
}

/// A study of all hidden neurons of one lane, done in small portions.
pub struct Ablation {
    lane: Lane,
    chip: Chip,
    decoder: Decoder,
    inputs: Vec<SpikeTrain>,
    labels: Vec<u16>,
    trial: u64,
    baseline: Option<Importance>,
    importances: Vec<Importance>,
    n: usize,
}

impl Ablation {
    /// The lane under study.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// Loss and accuracy with all neurons, once they are measured.
    pub fn baseline(&self) -> Option<Importance> {
        self.baseline
    }

    /// The results so far, in order of the neurons.
    pub fn importances(&self) -> &[Importance] {
        &self.importances
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
        self.importances.len() >= self.n
    }

    /// Measures the next neuron.
    fn step(&mut self) {
        let baseline = *self
            .baseline
            .get_or_insert_with(|| measure(&self.chip, &self.decoder, &self.inputs, &self.labels, self.trial));
        if self.is_done() {
            return;
        }
        let neuron = self.importances.len();
        let was = self.chip.damage().silent.get(neuron).copied().unwrap_or(false);
        self.chip.silence(neuron, Some(true));
        let without = measure(&self.chip, &self.decoder, &self.inputs, &self.labels, self.trial);
        self.chip.silence(neuron, Some(was));
        self.importances
            .push(Importance { loss: without.loss - baseline.loss, accuracy: without.accuracy - baseline.accuracy });
    }
}

fn measure(chip: &Chip, decoder: &Decoder, inputs: &[SpikeTrain], labels: &[u16], trial: u64) -> Importance {
    let inputs: Vec<&SpikeTrain> = inputs.iter().collect();
    let loss = decoder.loss(&chip.run(&inputs, trial), labels);
    Importance { loss: loss.mean, accuracy: loss.accuracy() }
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
        let mut study = experiment.ablation(Lane::InTheLoop).expect("a lane");
        while !study.is_done() {
            experiment.advance(&mut study);
        }
        assert_eq!(study.importances().len(), 12);
        assert_eq!(study.importances()[3], Importance::default(), "it was silent before");
        assert!(study.importances().iter().any(|h| h.loss.abs() > 1e-6));
        assert_eq!(experiment.examine(Lane::InTheLoop), before);
        // Against silencing by hand and evaluating the same samples anew.
        let again = experiment.ablation(Lane::InTheLoop).map(|mut s| {
            s.step();
            s.baseline()
        });
        assert_eq!(again, Some(study.baseline()));
    }
}
