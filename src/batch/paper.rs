//! The studies: what Cramer et al. 2022 asked, and questions of our own.

use super::plan::{Cell, Plan, Probe, Published};
use crate::base::error::{Error, Result};
use crate::base::units::Unit;
use crate::params::{Decoding, Feedback, Gradient, Lane, Params, Rounding, TaskKind};
use crate::protocol::{Protocol, preset};

/// Name and question of every study.
pub const STUDIES: &[(&str, &str)] = &[
    ("table1", "how accurate is the chip in the loop, beside software, on each task?"),
    ("self-calibration", "how much mismatch does training in the loop absorb?"),
    ("neuron-death", "what does a trained network lose when hidden neurons fall silent?"),
    ("sparsity", "how few hidden spikes are enough?"),
    ("decision-time", "how early can the answer be read?"),
    ("weight-bits", "how coarse may weights be?"),
    ("readout-noise", "how noisy may the readout be?"),
    ("no-host", "does a chip that teaches itself learn around mismatch as well as the loop does?"),
    ("rounding", "how many bits, and which rounding, does a chip need that teaches itself?"),
    ("feedback", "must errors go back through the weights that caused them?"),
    ("traffic", "what does accuracy cost in bytes that the chip sends up for each sample?"),
    ("first-spike", "what do imperfections cost where the first spike of a readout decides, as in DelGrad?"),
    ("decide-earlier", "what does an earlier answer save, and what do fewer spikes?"),
];

/// What the studies are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What every run does; studies change only what they ask about.
    pub base: Protocol,
    /// Tasks of `table1`, each with its data folder.
    pub tasks: Vec<Protocol>,
    /// Seeds, 1 to this number.
    pub seeds: u32,
}

impl Request {
    /// A question about one run.
    pub fn around(base: impl Into<Protocol>, seeds: u32) -> Self {
        let base = base.into();
        Self { tasks: vec![base.clone()], base, seeds }
    }
}

/// Shares of silent neurons.
const SILENT: &[f64] = &[0.0, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40];
/// Dropout that Cramer et al. 2022 trained with before silencing neurons.
const DROPOUT: f64 = 0.4;

/// The study of that name.
///
/// # Errors
/// [`Error::BadValue`] lists the names; or a setting contradicts itself.
pub fn plan(name: &str, request: &Request) -> Result<Plan> {
    if !STUDIES.iter().any(|(known, _)| *known == name) {
        return Err(Error::BadValue {
            place: "reproduce".into(),
            key: "name".into(),
            expected: format!("one of {}", STUDIES.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ")),
            got: name.into(),
        });
    }
    let base = &request.base;
    let all = match name {
        "table1" => request.tasks.iter().flat_map(table1).collect(),
        "self-calibration" => self_calibration(base),
        "neuron-death" => neuron_death(base),
        "sparsity" => sparsity(base),
        "decide-earlier" => decide_earlier(base),
        "decision-time" => {
            let cell = cell(vec![("task", task(base))], base, in_the_loop);
            vec![Cell { probe: Probe::DecisionTime, ..cell }]
        }
        "weight-bits" => weight_bits(base),
        "no-host" => no_host(base),
        "rounding" => rounding(base),
        "feedback" => feedback(base),
        "traffic" => traffic(base),
        "first-spike" => first_spike(base),
        _ => readout_noise(base),
    };
    let mut cells: Vec<Cell> = Vec::new();
    for cell in all {
        cell.protocol.check()?;
        // Two ways to the same experiment are one run.
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    let (axes, seeds) = (Vec::new(), (1..=request.seeds).collect());
    let is_alone = cells.iter().all(|cell| cell.protocol.params.learning.lanes == [Lane::OnChip]);
    let lane = if is_alone { Lane::OnChip } else { Lane::InTheLoop };
    Ok(Plan { name: name.into(), axes, cells, seeds, lane, stop_early: false })
}

fn cell(at: Vec<(&'static str, String)>, base: &Protocol, change: impl FnOnce(&mut Params)) -> Cell {
    let mut protocol = base.clone();
    change(&mut protocol.params);
    Cell { at, protocol, probe: Probe::Nothing, published: None }
}

fn task(base: &Protocol) -> String {
    base.params.task.kind.name().to_owned()
}

/// Software beside the chip; weights carried over are not asked for.
fn in_the_loop(params: &mut Params) {
    params.learning.lanes = vec![Lane::Ideal, Lane::InTheLoop];
}

/// A task as it is, and with the augmentation of the paper where it had one.
fn table1(base: &Protocol) -> Vec<Cell> {
    let kind = base.params.task.kind;
    let probe = if kind.is_speech() { Probe::Speakers } else { Probe::Nothing };
    let of = |augmentation: &str, change: fn(&mut Params)| {
        let cell = cell(vec![("task", task(base)), ("augmentation", augmentation.into())], base, change);
        Cell { probe, published: published(kind.name(), augmentation), ..cell }
    };
    let mut cells = vec![of("none", |_| {})];
    match kind {
        TaskKind::Digits | TaskKind::YinYang => {}
        TaskKind::Mnist | TaskKind::FashionMnist => cells.push(of("rotation and dropout", Params::augment)),
        TaskKind::Spoken | TaskKind::Shd | TaskKind::Speech => {
            cells.push(of("jitter, shift and tempo", Params::augment));
        }
    }
    cells
}

/// What calibration leaves of the spread of time constants (5 %) and thresholds (4 %); see the preset `calibrated`.
const CALIBRATED_TAU: f64 = 0.05;
const CALIBRATED_THRESHOLD: f64 = 0.04;

/// Cramer et al. 2022, fig. 4: a calibrated chip, decalibrated on purpose.
fn self_calibration(base: &Protocol) -> Vec<Cell> {
    let variants = [("time constants", true, false), ("thresholds", false, true), ("both", true, true)];
    let undisturbed = (0.0, ("none", false, false));
    let disturbed = [0.1, 0.2, 0.3, 0.4, 0.5].into_iter().flat_map(|sigma| variants.map(|variant| (sigma, variant)));
    let one = |(sigma, (variant, tau, threshold)): (f64, (&str, bool, bool))| {
        let at = vec![("sigma", format!("{:.0} %", 100.0 * sigma)), ("variant", variant.to_owned())];
        cell(at, base, |p| {
            p.learning.lanes = vec![Lane::Ideal, Lane::Transferred, Lane::InTheLoop];
            if let Some(stress) = preset("stress_30") {
                stress.apply(p);
            }
            // What is not asked about keeps the spread of a calibrated chip, as in the preset `calibrated`.
            let of = |on: bool, rest: f64| Some(if on { f64::max(sigma, rest) } else { rest });
            p.chip.sigma_tau_mem = of(tau, CALIBRATED_TAU);
            p.chip.sigma_tau_syn = of(tau, CALIBRATED_TAU);
            p.chip.sigma_threshold = of(threshold, CALIBRATED_THRESHOLD);
        })
    };
    std::iter::once(undisturbed).chain(disturbed).map(one).collect()
}

fn neuron_death(base: &Protocol) -> Vec<Cell> {
    let one = |dropout: f64| {
        let cell = cell(vec![("dropout", format!("{:.0} %", 100.0 * dropout))], base, |p| {
            in_the_loop(p);
            p.learning.dropout = dropout;
        });
        Cell { probe: Probe::Silence(SILENT), ..cell }
    };
    [0.0, DROPOUT].map(one).into()
}

fn sparsity(base: &Protocol) -> Vec<Cell> {
    let one = |penalty: f64| {
        cell(vec![("burst_penalty", penalty.to_string())], base, |p| {
            in_the_loop(p);
            p.learning.burst_penalty = penalty;
        })
    };
    [0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3].map(one).into()
}

/// Shorter samples, and as many spikes as the network likes; then the whole duration, and fewer spikes.
fn decide_earlier(base: &Protocol) -> Vec<Cell> {
    let whole = base.params.network.duration;
    let one = |(knob, part, penalty): (&str, f64, f64)| {
        let (time, at) = (part * whole, Unit::Microseconds.shown_from_si(part * whole));
        let at = vec![("duration", at.to_string()), ("knob", knob.to_owned()), ("burst_penalty", penalty.to_string())];
        cell(at, base, |p| {
            in_the_loop(p);
            (p.network.duration, p.learning.burst_penalty) = (time, penalty);
        })
    };
    let earlier = [0.2, 0.3, 0.4, 0.5, 0.625, 0.75, 1.0].map(|part| one(("time", part, 0.0)));
    let fewer = [1e-3, 1e-2, 3e-2, 0.1].map(|penalty| one(("spikes", 1.0, penalty)));
    earlier.into_iter().chain(fewer).collect()
}

fn weight_bits(base: &Protocol) -> Vec<Cell> {
    let at = |bits: u32| vec![("weight_bits", format!("{bits} and a sign"))];
    (1..=6).rev().map(|bits| cell(at(bits), base, |p| p.network.weight_bits = bits)).collect()
}

fn readout_noise(base: &Protocol) -> Vec<Cell> {
    let one = |noise: f64, bits: u32| {
        let at = vec![("noise_readout", format!("{:.1} %", 100.0 * noise)), ("cadc_bits", bits.to_string())];
        cell(at, base, |p| {
            p.learning.lanes = vec![Lane::InTheLoop];
            (p.chip.noise_readout, p.network.cadc_bits) = (noise, bits);
        })
    };
    let (noise, bits) = (base.params.chip.noise_readout, base.params.network.cadc_bits);
    let noises = [0.0, 0.017, 0.05, 0.1, 0.2, 0.3].map(|noise| one(noise, bits));
    noises.into_iter().chain([6, 5, 4, 3, 2].map(|bits| one(noise, bits))).collect()
}

/// All lanes side by side over the global mismatch.
fn no_host(base: &Protocol) -> Vec<Cell> {
    let one = |sigma: f64| {
        cell(vec![("sigma", format!("{:.0} %", 100.0 * sigma))], base, |p| {
            (p.learning.lanes, p.chip.sigma) = (Lane::ALL.to_vec(), sigma);
        })
    };
    [0.0, 0.1, 0.2, 0.3, 0.4, 0.5].map(one).into()
}

fn rounding(base: &Protocol) -> Vec<Cell> {
    let one = |(rounding, bits): (Rounding, u32)| {
        let at = vec![
            ("on_chip_fraction_bits", bits.to_string()),
            ("on_chip_rounding", Rounding::NAMES[rounding as usize].to_owned()),
        ];
        cell(at, base, |p| {
            p.learning.lanes = vec![Lane::OnChip];
            (p.plasticity.rounding, p.plasticity.fraction_bits) = (rounding, bits);
        })
    };
    Rounding::ALL.into_iter().flat_map(|rounding| [6, 3, 0].map(|bits| one((rounding, bits)))).collect()
}

/// Through the readout weights or through fixed random ones, each with and without the term that holds spikes back.
fn feedback(base: &Protocol) -> Vec<Cell> {
    let one = |(feedback, activity): (Feedback, f64)| {
        let way = Feedback::NAMES[feedback as usize].to_owned();
        cell(vec![("on_chip_activity", activity.to_string()), ("on_chip_feedback", way)], base, |p| {
            p.learning.lanes = vec![Lane::OnChip];
            (p.plasticity.feedback, p.plasticity.activity) = (feedback, activity);
        })
    };
    Feedback::ALL.into_iter().flat_map(|feedback| [0.0, 0.01, 0.02].map(|activity| one((feedback, activity)))).collect()
}

/// The loop with each gradient, over what the converter sends up, and the chip that teaches itself.
fn traffic(base: &Protocol) -> Vec<Cell> {
    let network = &base.params.network;
    let one = |learner: &str, interval: f64, bits: u32, change: &dyn Fn(&mut Params)| {
        let interval_shown = format!("{:.2} µs", 1e6 * interval);
        let at =
            vec![("learner", learner.to_owned()), ("cadc_interval", interval_shown), ("cadc_bits", bits.to_string())];
        cell(at, base, |p| {
            (p.network.cadc_interval, p.network.cadc_bits) = (interval, bits);
            // The grid on which the chip looks for spikes stays as it is.
            let steps = f64::from(network.substeps) * interval / network.cadc_interval;
            p.network.substeps = (steps.round() as u32).max(1);
            change(p);
        })
    };
    let (interval, bits) = (network.cadc_interval, network.cadc_bits);
    let sweep = [0.5, 1.0, 2.0, 4.0].map(|factor| (factor * interval, bits)).into_iter();
    let sweep: Vec<_> = sweep.chain([6, 5, 4, 3].map(|bits| (interval, bits))).collect();
    let learners = Gradient::ALL.into_iter().flat_map(|gradient| {
        let name = Gradient::NAMES[gradient as usize];
        let in_the_loop = move |p: &mut Params| {
            (p.learning.lanes, p.learning.gradient) = (vec![Lane::InTheLoop], gradient);
        };
        sweep.iter().map(|&(interval, bits)| one(name, interval, bits, &in_the_loop)).collect::<Vec<_>>()
    });
    let alone = one(Lane::OnChip.name(), interval, bits, &|p| p.learning.lanes = vec![Lane::OnChip]);
    learners.chain([alone]).collect()
}

/// Yin-Yang with the hidden neurons of DelGrad (Göltz et al. 2025): decided by the first spike, with EventProp, and
/// beside it by the largest voltage with the gradient of `base`, without imperfections, with those of its model of a calibrated chip, with those of a calibrated
/// BrainScaleS-2, on which it was measured, and with those of `base`.
fn first_spike(base: &Protocol) -> Vec<Cell> {
    let one = |(imperfections, decoding): (&str, Decoding)| {
        let rule = Decoding::NAMES[decoding as usize].to_owned();
        let cell = cell(vec![("imperfections", imperfections.to_owned()), ("decoding", rule)], base, |p| {
            p.adopt_task(TaskKind::YinYang);
            p.network.hidden = 30;
            p.decide_by(decoding);
            in_the_loop(p);
            match imperfections {
                UNCALIBRATED => {}
                CALIBRATED => preset("calibrated").into_iter().for_each(|chip| chip.apply(p)),
                _ => p.chip = p.chip.ideal(),
            }
            if imperfections == DELGRAD_MODEL {
                (p.chip.sigma_threshold, p.chip.noise_threshold, p.chip.jitter_spike) = DELGRAD;
            }
        });
        let chip = match imperfections {
            DELGRAD_MODEL => Some((88.8, 1.6)),
            CALIBRATED => Some((85.5, 1.4)),
            _ => None,
        };
        let chip = chip.filter(|_| decoding == Decoding::FirstSpike);
        Cell { published: chip.map(|chip| [(97.0, 0.4), chip]), ..cell }
    };
    let rules = [Decoding::FirstSpike, Decoding::Max];
    let all = ["none", DELGRAD_MODEL, CALIBRATED, UNCALIBRATED].into_iter();
    all.flat_map(|name| rules.map(|rule| one((name, rule)))).collect()
}

const DELGRAD_MODEL: &str = "DelGrad's model of a chip";
const CALIBRATED: &str = "calibrated chip";
const UNCALIBRATED: &str = "uncalibrated chip";
/// Spread of thresholds, that from run to run, both in leak-to-threshold distances, and jitter of spikes, s: 0.08 and
/// 0.04 of a threshold of 2.6, and 0.01 τ (fastAndDeep, `yin_yang_hwAware.yaml`).
const DELGRAD: (Option<f64>, f64, f64) = (Some(0.031), 0.015, 0.06e-6);

/// Test accuracy in % that Cramer et al. 2022, table 1, report for software and for the chip in the loop.
pub fn published(task: &str, augmentation: &str) -> Option<[Published; 2]> {
    Some(match (task, augmentation) {
        ("mnist", "none") => [(97.5, 0.1), (97.2, 0.1)],
        ("mnist", _) => [(98.0, 0.0), (97.6, 0.1)],
        ("fashion_mnist", "none") => [(85.5, 0.1), (84.2, 0.2)],
        ("shd", "none") => [(71.2, 0.3), (76.2, 1.3)],
        ("shd", _) => [(79.9, 0.7), (80.6, 1.0)],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> Request {
        let tasks = vec![Protocol::default(), Params::for_task(TaskKind::YinYang).into()];
        Request { base: Protocol::default(), tasks, seeds: 2 }
    }

    #[test]
    fn every_study_has_runs_that_are_fit_to_run_and_differ_from_one_another() {
        for (name, _) in STUDIES {
            let plan = plan(name, &request()).unwrap();
            assert_eq!(
                (plan.cells.is_empty(), plan.seeds.as_slice(), plan.axes.len()),
                (false, &[1, 2][..], 0),
                "{name}"
            );
            for (k, cell) in plan.cells.iter().enumerate() {
                cell.protocol.check().unwrap();
                assert!(!plan.cells[..k].contains(cell), "{name}: {} is there twice", cell.title());
            }
        }
    }

    #[test]
    fn an_unknown_study_is_answered_with_the_names() {
        let text = plan("table2", &request()).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains("table1") && text.contains("readout-noise"), "{text}");
    }

    /// Undisturbed, the chip is the calibrated one; at 30 %, variant "both", it is the preset `stress_30`.
    #[test]
    fn the_stress_of_self_calibration_is_that_of_the_presets() {
        let plan = plan("self-calibration", &request()).unwrap();
        let at = |sigma: &str, variant: &str| {
            let wanted = vec![("sigma", sigma.to_owned()), ("variant", variant.to_owned())];
            plan.cells.iter().find(|cell| cell.at == wanted).unwrap().protocol.params.clone()
        };
        for (sigma, variant, name) in [("30 %", "both", "stress_30"), ("50 %", "both", "stress_50")] {
            let mut expected = Params::default();
            preset(name).unwrap().apply(&mut expected);
            assert_eq!(at(sigma, variant), expected, "{name}");
        }
        let calibrated = at("0 %", "none");
        assert_eq!((calibrated.chip.sigma_tau_mem, calibrated.chip.sigma_threshold), (Some(0.05), Some(0.04)));
        assert_eq!(plan.runs(), 2 * 16);
    }
}
