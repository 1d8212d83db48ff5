//! Experiments in series: the questions of the paper, each as a list of runs.
//!
//! A [`Study`] names its runs, [`runner::run`] computes them on all cores and keeps
//! every finished one in a file, so that a study that was stopped goes on where it
//! was. [`table`] takes means over seeds, and [`report`] writes them.
//!
//! Runs are independent and every one of them is deterministic, so neither the
//! number of threads nor an interruption changes a digit.

pub mod catalogue;
pub mod report;
pub mod runner;
pub mod table;

use serde_json::{Value as Json, json};

use crate::base::error::{Error, Result};
use crate::export::experiment_json;
use crate::params::{Lane, Params};
use crate::protocol::{Protocol, Timed};
use crate::training::Experiment;
use crate::training::metrics::EpochReport;

/// One question.
pub struct Study {
    /// The name as typed.
    pub name: &'static str,
    /// What is asked, in a sentence.
    pub question: &'static str,
    /// The runs that answer it.
    pub jobs: Vec<Job>,
}

/// One run of a study.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Where it stands in the study: names and values, without the seed.
    pub at: Vec<(&'static str, String)>,
    /// What is computed.
    pub params: Params,
    /// What happens meanwhile, and when.
    pub schedule: Vec<Timed>,
    /// What is measured after training.
    pub probe: Probe,
}

impl Job {
    /// What is carried out.
    pub fn protocol(&self) -> Protocol {
        let mut protocol = Protocol::new(self.params.clone());
        for Timed { when, change } in &self.schedule {
            protocol.add(*when, change.clone());
        }
        protocol
    }

    /// The whole experiment, to recognise its result by.
    fn experiment(&self) -> Json {
        let mut experiment = experiment_json(&self.params);
        if !self.schedule.is_empty() {
            experiment["at"] = self.schedule.iter().map(ToString::to_string).collect::<Vec<_>>().into();
        }
        experiment
    }

    /// Where it stands, in one line.
    pub fn title(&self) -> String {
        let at: Vec<String> = self.at.iter().map(|(name, value)| format!("{name} {value}")).collect();
        format!("{}, seed {}", at.join(", "), self.params.learning.seed)
    }
}

/// What is measured after training, beside accuracy.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Probe {
    /// Nothing.
    Nothing,
    /// Accuracy after that share of the hidden neurons has fallen silent, without training again.
    Silence(&'static [f64]),
    /// Accuracy if the answer has to be given after so much time.
    DecisionTime,
    /// Accuracy over speakers who were and who were not heard in training.
    Speakers,
}

/// The result of one lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneOutcome {
    /// The lane.
    pub lane: Lane,
    /// Accuracy over the last epoch of training, 0…1.
    pub train_accuracy: f64,
    /// Accuracy on the test split, 0…1.
    pub test_accuracy: f64,
    /// Hidden spikes per test sample.
    pub hidden_spikes: f64,
    /// What the probe found: `(x, accuracy)`, or `(name, accuracy)` by position.
    pub probed: Vec<(String, f64)>,
}

/// The result of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Where it stands in the study.
    pub at: Vec<(String, String)>,
    /// Its seed.
    pub seed: u32,
    /// One entry a lane.
    pub lanes: Vec<LaneOutcome>,
    /// Why there is no result.
    pub failed: Option<String>,
    /// The time it took, s.
    pub seconds: f64,
    /// The whole experiment, to recognise it by.
    pub experiment: Json,
}

impl Outcome {
    /// The result of a job from the last epoch's reports and the trained experiment.
    ///
    /// # Errors
    /// When a probe cannot be made.
    pub fn measure(job: &Job, last: &[EpochReport], experiment: &mut Experiment, seconds: f64) -> Result<Self> {
        let mut lanes = Vec::new();
        for report in last {
            lanes.push(LaneOutcome {
                lane: report.lane,
                train_accuracy: report.train_accuracy,
                test_accuracy: report.test_accuracy,
                hidden_spikes: report.hidden_spikes,
                probed: Vec::new(),
            });
        }
        match job.probe {
            Probe::Nothing => {}
            Probe::Silence(shares) => {
                for &share in shares {
                    let damaged = job.params.clone().with(|p| p.chip.silent_neurons = share);
                    experiment.set_params(&damaged)?;
                    for lane in &mut lanes {
                        let scores = experiment.evaluate(lane.lane).unwrap_or_default();
                        lane.probed.push((format!("{:.0} % silent", 100.0 * share), scores.accuracy));
                    }
                }
            }
            Probe::DecisionTime => {
                for lane in &mut lanes {
                    let curve = experiment.accuracy_against_time(lane.lane).unwrap_or_default();
                    lane.probed = curve.into_iter().map(|(t, a)| (format!("{:.1} µs", 1e6 * t), a)).collect();
                }
            }
            Probe::Speakers => {
                for lane in &mut lanes {
                    lane.probed = experiment.accuracy_by_speaker(lane.lane).unwrap_or_default();
                }
            }
        }
        Ok(Self {
            at: job.at.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            seed: job.params.learning.seed,
            lanes,
            failed: None,
            seconds,
            experiment: job.experiment(),
        })
    }

    /// A job that came to nothing: its network diverged or does not fit on the chip.
    pub fn failure(job: &Job, why: &Error, seconds: f64) -> Self {
        Self {
            at: job.at.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            seed: job.params.learning.seed,
            lanes: Vec::new(),
            failed: Some(why.to_string()),
            seconds,
            experiment: job.experiment(),
        }
    }

    /// One object, as written to the file of finished runs.
    pub fn to_json(&self, study: &str) -> Json {
        let lanes = self.lanes.iter().map(|l| {
            json!({
                "lane": l.lane.name(), "train_accuracy": l.train_accuracy, "test_accuracy": l.test_accuracy,
                "hidden_spikes": l.hidden_spikes,
                "probed": l.probed.iter().map(|(x, a)| json!([x, a])).collect::<Vec<_>>(),
            })
        });
        json!({
            "study": study,
            "at": self.at.iter().map(|(name, value)| json!([name, value])).collect::<Vec<_>>(),
            "seed": self.seed, "lanes": lanes.collect::<Vec<_>>(), "failed": self.failed, "seconds": self.seconds,
            "experiment": self.experiment,
        })
    }

    /// Reads what [`Self::to_json`] wrote; `None` when something is missing.
    pub fn from_json(line: &Json) -> Option<Self> {
        let pair = |p: &Json| Some((p.get(0)?.as_str()?.to_owned(), p.get(1)?.clone()));
        let at = line.get("at")?.as_array()?.iter().map(|p| {
            let (name, value) = pair(p)?;
            Some((name, value.as_str()?.to_owned()))
        });
        let lanes = line.get("lanes")?.as_array()?.iter().map(|l| {
            let number = |key: &str| l.get(key)?.as_f64();
            let probed = l.get("probed")?.as_array()?.iter().map(|p| {
                let (name, value) = pair(p)?;
                Some((name, value.as_f64()?))
            });
            Some(LaneOutcome {
                lane: Lane::from_name(l.get("lane")?.as_str()?)?,
                train_accuracy: number("train_accuracy")?,
                test_accuracy: number("test_accuracy")?,
                hidden_spikes: number("hidden_spikes")?,
                probed: probed.collect::<Option<_>>()?,
            })
        });
        Some(Self {
            at: at.collect::<Option<_>>()?,
            seed: u32::try_from(line.get("seed")?.as_u64()?).ok()?,
            lanes: lanes.collect::<Option<_>>()?,
            failed: line.get("failed").and_then(Json::as_str).map(str::to_owned),
            seconds: line.get("seconds")?.as_f64()?,
            experiment: line.get("experiment")?.clone(),
        })
    }

    /// Whether this is the result of that job.
    pub fn answers(&self, job: &Job) -> bool {
        let same_place = self.at.iter().map(|(n, v)| (n.as_str(), v)).eq(job.at.iter().map(|(n, v)| (*n, v)));
        same_place && self.experiment == job.experiment()
    }
}

#[cfg(test)]
mod tests;
