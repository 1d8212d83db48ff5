//! The studies: what Cramer et al. 2022 asked, and two questions of our own.

use super::{Job, Probe, Study};
use crate::base::error::{Error, Result};
use crate::params::{Lane, Params, TaskKind};
use crate::protocol::{Timed, preset};

/// Name and question of every study.
pub const STUDIES: &[(&str, &str)] = &[
    ("table1", "how accurate is the chip in the loop, beside software, on each task?"),
    ("self-calibration", "how much mismatch does training in the loop absorb?"),
    ("neuron-death", "what does a trained network lose when hidden neurons fall silent?"),
    ("sparsity", "how few hidden spikes are enough?"),
    ("decision-time", "how early can the answer be read?"),
    ("weight-bits", "how coarse may weights be?"),
    ("readout-noise", "how noisy may the readout be?"),
];

/// What the studies are made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The base of every run; studies change only what they ask about.
    pub base: Params,
    /// Tasks of `table1`, each with its data folder.
    pub tasks: Vec<Params>,
    /// Seeds, 1 to this number.
    pub seeds: u32,
    /// What happens in every run, and when.
    pub schedule: Vec<Timed>,
}

/// Shares of silent neurons.
const SILENT: &[f64] = &[0.0, 0.05, 0.10, 0.15, 0.20, 0.30, 0.40];
/// Dropout that Cramer et al. 2022 trained with before silencing neurons.
const DROPOUT: f64 = 0.4;

/// The study of that name.
///
/// # Errors
/// [`Error::BadValue`] lists the names.
pub fn study(name: &str, request: &Request) -> Result<Study> {
    let Some(&(name, question)) = STUDIES.iter().find(|(known, _)| *known == name) else {
        return Err(Error::BadValue {
            place: "reproduce".into(),
            key: "name".into(),
            expected: format!("one of {}", STUDIES.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ")),
            got: name.into(),
        });
    };
    let base = &request.base;
    let mut jobs = match name {
        "table1" => table1(&request.tasks),
        "self-calibration" => self_calibration(base),
        "neuron-death" => neuron_death(base),
        "sparsity" => sparsity(base),
        "decision-time" => vec![job(vec![("task", task(base))], in_the_loop(base), Probe::DecisionTime)],
        "weight-bits" => (1..=6)
            .rev()
            .map(|bits| {
                let at = vec![("weight_bits", format!("{bits} and a sign"))];
                job(at, base.clone().with(|p| p.network.weight_bits = bits), Probe::Nothing)
            })
            .collect(),
        _ => readout_noise(base),
    };
    // All settings of the first seed, then all of the second: a study that is stopped early is still one.
    let mut of_one_seed: Vec<Job> = Vec::new();
    for job in std::mem::take(&mut jobs) {
        // Two ways to the same experiment are one run.
        if !of_one_seed.contains(&job) {
            of_one_seed.push(job);
        }
    }
    for seed in 1..=request.seeds {
        jobs.extend(of_one_seed.iter().cloned().map(|mut job| {
            job.params.learning.seed = seed;
            job.schedule.clone_from(&request.schedule);
            job
        }));
    }
    Ok(Study { name, question, jobs })
}

fn job(at: Vec<(&'static str, String)>, params: Params, probe: Probe) -> Job {
    Job { at, params, schedule: Vec::new(), probe }
}

fn task(params: &Params) -> String {
    params.task.kind.name().to_owned()
}

/// Software beside the chip; weights carried over are not asked for.
fn in_the_loop(base: &Params) -> Params {
    base.clone().with(|p| p.learning.lanes = vec![Lane::Ideal, Lane::InTheLoop])
}

fn table1(tasks: &[Params]) -> Vec<Job> {
    let mut jobs = Vec::new();
    for base in tasks {
        let probe = if base.task.kind.is_speech() { Probe::Speakers } else { Probe::Nothing };
        let params = base.clone();
        let at = |augmentation: &str| vec![("task", task(base)), ("augmentation", augmentation.to_owned())];
        jobs.push(job(at("none"), params.clone(), probe));
        if let Some((name, augmented)) = augmented(params) {
            jobs.push(job(at(name), augmented, probe));
        }
    }
    jobs
}

/// The same with the augmentation of the paper, for tasks that it had one for.
fn augmented(mut params: Params) -> Option<(&'static str, Params)> {
    params.augment();
    match params.task.kind {
        TaskKind::Digits | TaskKind::YinYang => None,
        TaskKind::Mnist | TaskKind::FashionMnist => Some(("rotation and dropout", params)),
        TaskKind::Spoken | TaskKind::Shd | TaskKind::Speech => Some(("jitter, shift and tempo", params)),
    }
}

/// Cramer et al. 2022, fig. 4: a calibrated chip, decalibrated on purpose.
fn self_calibration(base: &Params) -> Vec<Job> {
    let mut calibrated = base.clone().with(|p| p.learning.lanes = Lane::WITH_HOST.to_vec());
    if let Some(stress) = preset("stress_30") {
        stress.apply(&mut calibrated);
    }
    let mut jobs = Vec::new();
    for sigma in [0.0, 0.1, 0.2, 0.3, 0.4, 0.5] {
        for (variant, tau, threshold) in
            [("time constants", true, false), ("thresholds", false, true), ("both", true, true)]
        {
            let mut params = calibrated.clone();
            // What is not asked about keeps the spread of a calibrated chip, as in the preset `calibrated`.
            let of = |on: bool, rest: f64| Some(if on { f64::max(sigma, rest) } else { rest });
            params.chip.sigma_tau_mem = of(tau, CALIBRATED_TAU);
            params.chip.sigma_tau_syn = of(tau, CALIBRATED_TAU);
            params.chip.sigma_threshold = of(threshold, CALIBRATED_THRESHOLD);
            let at = vec![("sigma", format!("{:.0} %", 100.0 * sigma)), ("variant", variant.to_owned())];
            jobs.push(job(at, params, Probe::Nothing));
        }
    }
    // At σ = 0 the three variants are one.
    let mut first = jobs.split_off(1);
    first.drain(..2);
    jobs[0].at[1].1 = "none".into();
    jobs.extend(first);
    jobs
}

/// What calibration leaves of the spread of time constants (5 %) and thresholds (4 %); see the preset `calibrated`.
const CALIBRATED_TAU: f64 = 0.05;
const CALIBRATED_THRESHOLD: f64 = 0.04;

fn neuron_death(base: &Params) -> Vec<Job> {
    [0.0, DROPOUT]
        .into_iter()
        .map(|dropout| {
            let at = vec![("dropout", format!("{:.0} %", 100.0 * dropout))];
            job(at, in_the_loop(base).with(|p| p.learning.dropout = dropout), Probe::Silence(SILENT))
        })
        .collect()
}

fn sparsity(base: &Params) -> Vec<Job> {
    [0.0, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3]
        .into_iter()
        .map(|penalty| {
            let at = vec![("burst_penalty", penalty.to_string())];
            job(at, in_the_loop(base).with(|p| p.learning.burst_penalty = penalty), Probe::Nothing)
        })
        .collect()
}

fn readout_noise(base: &Params) -> Vec<Job> {
    let lane = base.clone().with(|p| p.learning.lanes = vec![Lane::InTheLoop]);
    let noise = [0.0, 0.017, 0.05, 0.1, 0.2, 0.3].into_iter().map(|noise| {
        let at = vec![
            ("noise_readout", format!("{:.1} %", 100.0 * noise)),
            ("cadc_bits", lane.network.cadc_bits.to_string()),
        ];
        job(at, lane.clone().with(|p| p.chip.noise_readout = noise), Probe::Nothing)
    });
    let bits = [6, 5, 4, 3, 2].into_iter().map(|bits| {
        let noise = format!("{:.1} %", 100.0 * lane.chip.noise_readout);
        let at = vec![("noise_readout", noise), ("cadc_bits", bits.to_string())];
        job(at, lane.clone().with(|p| p.network.cadc_bits = bits), Probe::Nothing)
    });
    noise.chain(bits).collect()
}

/// A published accuracy: mean and standard deviation over seeds, in %.
pub type Published = (f64, f64);

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
        Request {
            base: Params::default(),
            tasks: vec![Params::default(), Params::for_task(TaskKind::YinYang)],
            seeds: 2,
            schedule: Vec::new(),
        }
    }

    #[test]
    fn every_study_has_runs_that_are_fit_to_run_and_differ_from_one_another() {
        for (name, _) in STUDIES {
            let study = study(name, &request()).unwrap();
            assert!(!study.jobs.is_empty(), "{name}");
            for (k, job) in study.jobs.iter().enumerate() {
                job.params.check().unwrap();
                let twins = study.jobs[..k].iter().filter(|other| other.at == job.at && other.params == job.params);
                assert_eq!(twins.count(), 0, "{name}: {} is there twice", job.title());
            }
        }
    }

    #[test]
    fn an_unknown_study_is_answered_with_the_names() {
        let text = study("table2", &request()).map(|_| ()).unwrap_err().to_string();
        assert!(text.contains("table1") && text.contains("readout-noise"), "{text}");
    }

    /// Undisturbed, the chip is the calibrated one; at 30 %, variant "both", it is the preset `stress_30`.
    #[test]
    fn the_stress_of_self_calibration_is_that_of_the_presets() {
        let study = study("self-calibration", &request()).unwrap();
        let at = |sigma: &str, variant: &str| {
            let wanted = vec![("sigma", sigma.to_owned()), ("variant", variant.to_owned())];
            study.jobs.iter().find(|job| job.at == wanted).unwrap().params.clone()
        };
        for (sigma, variant, name) in [("30 %", "both", "stress_30"), ("50 %", "both", "stress_50")] {
            let mut expected = Params::default();
            preset(name).unwrap().apply(&mut expected);
            assert_eq!(at(sigma, variant), expected, "{name}");
        }
        let calibrated = at("0 %", "none");
        assert_eq!((calibrated.chip.sigma_tau_mem, calibrated.chip.sigma_threshold), (Some(0.05), Some(0.04)));
        assert_eq!(study.jobs.len(), 2 * 16);
    }
}
