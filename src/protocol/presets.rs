//! Named settings: sets of imperfections, and whole experiments that are worth seeing, each with what it contains,
//! why, and where the numbers come from.
//!
//! Longer than other files: one table, which is read and searched as one.

use super::{Protocol, Timed};
use crate::base::error::Result;
use crate::params::{ChannelChoice, Decoding, Distribution, Feedback, Lane, PARAMS, Params, Rounding, TaskKind};

/// How much of the settings a preset replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PresetKind {
    /// All imperfections and nothing else.
    Imperfections,
    /// Everything but the data folder and the number of threads.
    Experiment(TaskKind),
}

/// A named setting.
pub struct Preset {
    /// The name as typed after `--preset`.
    pub key: &'static str,
    /// The name on screen.
    pub label: &'static str,
    /// What it contains, why it is worth seeing, and where the numbers come from.
    pub help: &'static str,
    /// What it replaces.
    pub kind: PresetKind,
    /// What happens while it runs, as typed after `--at`.
    pub at: &'static [&'static str],
    set: fn(&mut Params),
}

impl Preset {
    /// Whether it is a whole experiment, which begins anew.
    pub fn is_experiment(&self) -> bool {
        self.kind != PresetKind::Imperfections
    }

    /// The preset upon a protocol: an experiment replaces it, a set of imperfections leaves its schedule.
    ///
    /// # Errors
    /// Never for the presets of [`PRESETS`]: a test reads them all.
    pub fn on(&self, protocol: Protocol) -> Result<Protocol> {
        let mut next = if self.is_experiment() { Protocol::new(protocol.params) } else { protocol };
        self.apply(&mut next.params);
        for text in self.at {
            let Timed { when, change } = Timed::parse(text, self.key)?;
            next.add(when, change);
        }
        Ok(next)
    }

    /// Replaces what the preset is about.
    pub fn apply(&self, params: &mut Params) {
        if let PresetKind::Experiment(task) = self.kind {
            let (data, threads) = (std::mem::take(&mut params.task.data), params.learning.threads);
            *params = Params::for_task(task);
            params.learning.threads = threads;
            if task.needs_data() {
                params.task.data = data;
            }
            (self.set)(params);
            return;
        }
        let ideal = params.ideal_twin();
        for spec in PARAMS.iter().filter(|s| s.is_imperfection()) {
            (spec.set)(params, (spec.get)(&ideal));
        }
        params.chip.distribution = Distribution::Lognormal;
        (self.set)(params);
    }
}

/// The preset with that key.
pub fn preset(key: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.key == key)
}

/// Trial-to-trial noise of the real chip, common to all presets modelled on it.
fn noise(p: &mut Params) {
    let default = Params::default();
    p.chip.noise_membrane = default.chip.noise_membrane;
    p.chip.noise_readout = default.chip.noise_readout;
    p.chip.noise_threshold = default.chip.noise_threshold;
}

/// The calibrated chip, on which the stress tests of the paper are built.
fn calibrated(p: &mut Params) {
    noise(p);
    p.chip.sigma = 0.05;
    p.chip.sigma_tau_mem = Some(0.05);
    p.chip.sigma_tau_syn = Some(0.05);
    p.chip.sigma_threshold = Some(0.04);
    p.chip.sigma_leak = Some(0.03);
    p.chip.sigma_reset = Some(0.03);
    p.chip.sigma_gain = Some(0.03);
    p.chip.sigma_cadc_offset = Some(0.043);
}

/// Time constants and thresholds off by `sigma` on purpose, drawn from normal distributions.
fn stress(p: &mut Params, sigma: f64) {
    calibrated(p);
    p.chip.distribution = Distribution::Normal;
    p.chip.sigma_tau_mem = Some(sigma);
    p.chip.sigma_tau_syn = Some(sigma);
    p.chip.sigma_threshold = Some(sigma);
}

/// Twenty epochs of a chip that teaches itself, beside the loop.
fn on_chip(p: &mut Params) {
    (p.learning.epochs, p.learning.lanes) = (20, vec![Lane::InTheLoop, Lane::OnChip]);
}

/// Puts the imperfections of another preset in.
fn with(p: &mut Params, key: &str) {
    if let Some(preset) = preset(key) {
        preset.apply(p);
    }
}

/// All presets: imperfections from none to most, then experiments.
pub const PRESETS: &[Preset] = &[
    Preset {
        key: "ideal",
        label: "Ideal",
        help: "No mismatch and no noise: all lanes are the same network",
        kind: PresetKind::Imperfections,
        at: &[],
        set: |_| {},
    },
    Preset {
        key: "calibrated",
        label: "Calibrated BrainScaleS-2",
        help: "What calibration leaves: time constants 5 % (below 5 % reported for a prototype by Wunderlich et al. 2019), \
               thresholds 4 %, leak, reset and gain 3 %, readout offsets 3 LSB (limits of calix), with the chip's noise",
        kind: PresetKind::Imperfections,
        at: &[],
        set: calibrated,
    },
    Preset {
        key: "uncalibrated",
        label: "Uncalibrated BrainScaleS-2",
        help: "Spread of the calibration codes that the 512 neurons of one real chip needed (fastAndDeep w66_BB.npz): \
               τ_syn 22 %, τ_mem 13 %, gain 10 %, leak 23 %, reset 21 %, threshold 12 % of the leak-to-threshold distance, with the chip's noise",
        kind: PresetKind::Imperfections,
        at: &[],
        set: |p| {
            noise(p);
            p.chip.sigma = 0.20;
        },
    },
    Preset {
        key: "stress_30",
        label: "Stress 30 %",
        help: "A calibrated chip put out of tune on purpose: time constants and thresholds 30 %, normally distributed; \
               Cramer et al. 2022 find the loop hardly affected up to here",
        kind: PresetKind::Imperfections,
        at: &[],
        set: |p| stress(p, 0.30),
    },
    Preset {
        key: "stress_50",
        label: "Stress 50 %",
        help: "As before with 50 %, the end of the published range: some neurons have a leak above threshold and fire by themselves",
        kind: PresetKind::Imperfections,
        at: &[],
        set: |p| stress(p, 0.50),
    },
    Preset {
        key: "dynap_se",
        label: "DYNAP-SE-like 20 %",
        help: "20 % on time constants, thresholds and all weights, independent and normal, the mismatch model of \
               Büchel et al. 2021; no noise from trial to trial",
        kind: PresetKind::Imperfections,
        at: &[],
        set: |p| {
            (p.chip.distribution, p.chip.correlation) = (Distribution::Normal, 0.0);
            p.chip.sigma_tau_mem = Some(0.20);
            p.chip.sigma_tau_syn = Some(0.20);
            p.chip.sigma_threshold = Some(0.20);
            p.chip.sigma_weight = Some(0.20);
        },
    },
    Preset {
        key: "story",
        label: "Story: the first screen",
        help: "Three networks and a chip of which every circuit is twice as far off as usual: copied weights fail on it, a network                taught through it does not. All faults follow the global mismatch, so that one slider moves them",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| p.chip.sigma = 0.4,
    },
    Preset {
        key: "story_transfer",
        label: "Story: transfer fails",
        help: "A network that is right on 9 of 10 digits in software is loaded onto a chip whose time constants and thresholds \
               are off by 50 %, and guesses; watch how far the lane Transferred stays below Ideal. Imperfections: stress_50",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            with(p, "stress_50");
            (p.learning.epochs, p.learning.lanes) = (10, vec![Lane::Ideal, Lane::Transferred]);
        },
    },
    Preset {
        key: "story_loop",
        label: "Story: the loop heals",
        help: "The same chip, and beside it a network that learns through it: nobody measures a fault, and after ten epochs \
               it answers almost like the ideal one. Imperfections: stress_50",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            with(p, "stress_50");
            p.learning.epochs = 10;
        },
    },
    Preset {
        key: "story_damage",
        label: "Story: damage and recovery",
        help: "After ten epochs eight of ten hidden neurons fall silent for good; accuracy drops at once by some 40 points, and \
               within some epochs the rest learn to do the work of all. The chip is uncalibrated, the learning rate stays",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &["10:silent_neurons=80"],
        set: |p| {
            (p.learning.epochs, p.learning.lanes) = (22, vec![Lane::Ideal, Lane::InTheLoop]);
            // A rate that has decayed heals more slowly.
            p.learning.learning_rate_decay = 1.0;
        },
    },
    Preset {
        key: "no_host",
        label: "No host: the chip teaches itself",
        help: "Beside the loop a second network learns without any host: the processor of the chip reads spikes, voltages and \
               the label and changes weights in whole numbers, sample by sample. Input spikes go in, nothing comes out; watch \
               both end alike",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            (p.learning.epochs, p.learning.lanes) = (20, vec![Lane::Transferred, Lane::InTheLoop, Lane::OnChip]);
        },
    },
    Preset {
        key: "three_ways",
        label: "Three ways, three traffics",
        help: "The loop learns from voltages and spikes; after ten epochs the host changes to EventProp and reads no hidden \
               voltage any more; beside it the chip teaches itself and sends nothing up. Compare accuracy and bytes in the view Loop",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &["10:gradient=event_prop"],
        set: |p| (p.learning.epochs, p.learning.lanes) = (20, vec![Lane::InTheLoop, Lane::OnChip]),
    },
    Preset {
        key: "first_spike",
        label: "Whoever spikes first",
        help: "Readout neurons have a threshold, and the one that spikes first is the answer. The host learns by EventProp from \
               the times of spikes alone; time is cut finer, because the answer is a matter of fractions of a microsecond",
        kind: PresetKind::Experiment(TaskKind::YinYang),
        at: &[],
        set: |p| p.decide_by(Decoding::FirstSpike),
    },
    Preset {
        key: "no_host_random",
        label: "No host: random feedback",
        help: "Errors reach hidden neurons through fixed random weights in place of the readout weights that caused them, and the \
               chip learns all the same: the readout turns towards the random weights",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            on_chip(p);
            (p.plasticity.feedback, p.plasticity.activity) = (Feedback::Random, 0.02);
        },
    },
    Preset {
        key: "no_host_nearest",
        label: "No host: rounding to the nearest",
        help: "Six-bit weights without fractions, updates rounded to the nearest step: small ones vanish, large ones stay, and \
               learning fails. Set Rounding to stochastic and it works with the same six bits",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            on_chip(p);
            (p.plasticity.fraction_bits, p.plasticity.rounding) = (0, Rounding::Nearest);
        },
    },
    Preset {
        key: "no_host_runaway",
        label: "No host: runaway and remedy",
        help: "Random feedback, six-bit weights and no activity term: hidden neurons spike more and more. After ten epochs the \
               activity term is switched on, and spikes and accuracy come back",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &["10:on_chip_activity=0.02"],
        set: |p| {
            on_chip(p);
            (p.plasticity.feedback, p.plasticity.activity) = (Feedback::Random, 0.0);
            (p.plasticity.fraction_bits, p.plasticity.decay) = (0, 1.0);
        },
    },
    Preset {
        key: "no_host_dead_traces",
        label: "No host: dead trace circuits",
        help: "One trace circuit in ten reads 0: the weights of that input never change for half of the neurons, and the others \
               learn around them",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            on_chip(p);
            p.chip.dead_traces = 0.1;
        },
    },
    Preset {
        key: "no_host_new_chip",
        label: "No host: another chip",
        help: "After ten epochs the weights are put on another chip, with other faults, which goes on teaching itself; accuracy \
               falls at once and is back within some epochs",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &["10:chip=2"],
        set: on_chip,
    },
    Preset {
        key: "decide_earlier",
        label: "Decide earlier",
        help: "The answer is read after 11.8 µs, as in the paper, in place of 40. Chip energy is power times time, so an answer takes 2.4 µJ \
               and not 8 µJ; watch what that costs in accuracy. Open the view Energy",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            (p.learning.epochs, p.learning.lanes) = (20, vec![Lane::Ideal, Lane::InTheLoop]);
            p.network.duration = 11.8e-6;
        },
    },
    Preset {
        key: "fewer_spikes",
        label: "Fewer spikes",
        help: "A penalty on bursts of hidden spikes: fewer spikes, fewer synaptic operations, and the very same chip energy, \
               because the chip draws its power whether neurons spike or not. Open the view Energy",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            (p.learning.epochs, p.learning.lanes) = (20, vec![Lane::Ideal, Lane::InTheLoop]);
            p.learning.burst_penalty = 0.03;
        },
    },
    Preset {
        key: "paper_mnist",
        label: "Paper: MNIST",
        help: "256-246-10 neurons on images of 16 × 16 for 100 epochs, as in Cramer et al. 2022, table 1: 97.2 % on the chip; \
               what the paper does not print is as Misfit has it. Needs your MNIST files",
        kind: PresetKind::Experiment(TaskKind::Mnist),
        at: &[],
        set: |p| (p.learning.epochs, p.learning.lanes) = (100, vec![Lane::Ideal, Lane::InTheLoop]),
    },
    Preset {
        key: "paper_fashion_mnist",
        label: "Paper: Fashion-MNIST",
        help: "The same network on clothes, a harder task that leaves room to see the cost of the chip: 85.5 % in software and \
               84.2 % on the chip in Cramer et al. 2022, table 1. Needs your Fashion-MNIST files",
        kind: PresetKind::Experiment(TaskKind::FashionMnist),
        at: &[],
        set: |p| (p.learning.epochs, p.learning.lanes) = (100, vec![Lane::Ideal, Lane::InTheLoop]),
    },
    Preset {
        key: "paper_shd",
        label: "Paper: Spiking Heidelberg Digits",
        help: "70 channels of the ear, 186 recurrent and 20 readout neurons, time 2000 times faster, 100 epochs, as in Cramer et \
               al. 2022, where the chip beats software (76.2 against 71.2 %). Needs your SHD files",
        kind: PresetKind::Experiment(TaskKind::Shd),
        at: &[],
        set: |p| {
            (p.learning.epochs, p.learning.lanes) = (100, vec![Lane::Ideal, Lane::InTheLoop]);
            (p.task.channels, p.task.speed_up) = (ChannelChoice::EveryNinth, 2000.0);
        },
    },
    Preset {
        key: "paper_stress",
        label: "Paper: out of tune by 30 %",
        help: "The test of self-calibration of Cramer et al. 2022, fig. 4, on the embedded digits: a calibrated chip is put out \
               of tune, transferred weights suffer, training through the chip hardly does",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| with(p, "stress_30"),
    },
    Preset {
        key: "hxtorch_yin_yang",
        label: "hxtorch: Yin-Yang",
        help: "The demonstration of BrainScaleS-2's own hxtorch: 120 hidden neurons, five inputs on five rows each, 38 µs, Adam \
               with 5e-4 and batches of 50; slower than Misfit's own settings, and a fair start for comparisons",
        kind: PresetKind::Experiment(TaskKind::YinYang),
        at: &[],
        set: |p| {
            (p.network.duration, p.network.hidden, p.task.input_repeat, p.learning.batch) = (38e-6, 120, 5, 50);
            // hxtorch halves the rate after 50 epochs.
            (p.learning.learning_rate, p.learning.learning_rate_decay, p.learning.readout_scale) =
                (5e-4, 0.5f64.powf(1.0 / 50.0), 10.0);
        },
    },
    Preset {
        key: "no_noise",
        label: "No noise",
        help: "All circuits are as different as ever, but nothing changes from run to run: what is left of the gap between the \
               lanes is mismatch alone",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            (p.chip.noise_membrane, p.chip.noise_readout, p.chip.noise_threshold) = (0.0, 0.0, 0.0);
        },
    },
    Preset {
        key: "cure_that_kills",
        label: "The cure that kills",
        help: "Synapses saturate at eight weights, which costs the transferred network nothing. The host's model is linear and \
               does not know: where it asks for more current none comes, so it asks again, until all neurons spike and the \
               loop guesses. Saturation at ten is harmless",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| {
            with(p, "ideal");
            p.chip.synaptic_saturation = 8.0;
        },
    },
    Preset {
        key: "readout_trap",
        label: "A readout in a trap",
        help: "On this chip neurons that fire by themselves pull all readouts down at once. The maximum over time is then the \
               first moment, no gradient reaches what comes later, and the loop stays near chance. Set First readout weights to \
               0.3 and restart: the same chip heals",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| (p.learning.epochs, p.chip.sigma, p.chip.number) = (10, 0.5, 9),
    },
    Preset {
        key: "wild_learning_rate",
        label: "Learning rate far too high",
        help: "A step 200 times the usual one: the loss jumps in software and on the chip alike, so this is not the chip's \
               fault; lower the learning rate while it runs and watch it calm down",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| p.learning.learning_rate = 1.0,
    },
    Preset {
        key: "too_much",
        label: "More mismatch than the loop heals",
        help: "Five times the spread of an uncalibrated chip: many neurons fire by themselves or not at all, and the loop stays \
               far below the ideal; calibrate, and most of it comes back",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| p.chip.sigma = 1.0,
    },
    Preset {
        key: "all_fire",
        label: "A start where all neurons fire",
        help: "First weights with a positive mean make every neuron fire at once; the voltages that the host reads are then far \
               from its surrogate's peak, and even the ideal network learns slowly",
        kind: PresetKind::Experiment(TaskKind::Digits),
        at: &[],
        set: |p| (p.learning.init_hidden, p.learning.init_hidden_mean) = (0.5, 3.0),
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_imperfections_touch_nothing_else_and_stay_in_range() {
        for preset in PRESETS.iter().filter(|p| !p.is_experiment()) {
            let before = Params::default()
                .with(|p| (p.network.hidden, p.chip.number, p.learning.learning_rate) = (17, 99, 0.02));
            let mut after = before.clone();
            preset.apply(&mut after);
            after.check().unwrap();
            for spec in PARAMS {
                let value = (spec.get)(&after);
                spec.check(&value, preset.key).unwrap();
                if !spec.is_imperfection() && !matches!(spec.key, "distribution" | "correlation") {
                    assert_eq!(value, (spec.get)(&before), "{} changes {}", preset.key, spec.key);
                }
            }
        }
    }

    #[test]
    fn the_uncalibrated_preset_is_the_default_and_the_ideal_one_the_twin() {
        let mut params = Params::default().with(|p| (p.chip.sigma_leak, p.chip.jitter_spike) = (Some(0.4), 1e-6));
        preset("uncalibrated").unwrap().apply(&mut params);
        assert_eq!(params, Params::default());
        preset("ideal").unwrap().apply(&mut params);
        assert_eq!(params, Params::default().ideal_twin());
    }

    #[test]
    fn experiments_are_complete_fit_to_run_and_do_not_depend_on_what_was_set_before() {
        let mut told = std::collections::BTreeSet::new();
        for preset in PRESETS {
            assert!(told.insert(preset.key) && told.insert(preset.label), "{} is there twice", preset.key);
            assert!(preset.help.len() > 50, "{} does not say why it is worth seeing", preset.key);
            assert_eq!(preset.on(Protocol::default()).unwrap().schedule().len(), preset.at.len());
            let PresetKind::Experiment(task) = preset.kind else { continue };
            let data = "a folder".to_owned();
            let mut a = Params::for_task(task).with(|p| (p.task.data, p.learning.threads) = (data.clone(), 3));
            let mut b = Params::default().with(|p| {
                p.task.data = data.clone();
                p.learning.threads = 3;
                p.network.hidden = 7;
                p.chip.number = 9;
                p.chip.sigma = 0.9;
            });
            preset.apply(&mut a);
            preset.apply(&mut b);
            assert_eq!(a, b, "{}", preset.key);
            a.check().unwrap();
            for spec in PARAMS {
                spec.check(&(spec.get)(&a), preset.key).unwrap();
            }
            assert_eq!((a.task.kind, a.learning.threads, a.task.data == data), (task, 3, task.needs_data()));
        }
    }
}
