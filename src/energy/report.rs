//! Everything that is known of what a lane costs, put side by side.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::account::{self, Account, Boundary, Mode, Part};
use super::row::{AUTOENCODER_MACS, About, Evidence, Row, Share};
use super::table::about;
use super::{Band, MOST_SAMPLES, Missing, Network, NeuroBench, Price, Timing};
use crate::params::Lane;
use crate::training::{Experiment, StepStats};

/// The conventional network of the same shape, on this machine.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Opponent {
    /// Share of the test samples that it gets right.
    pub accuracy: f64,
    /// One sample after the other, and many together.
    pub timings: [Timing; 2],
}

/// What a lane costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The lane.
    pub lane: Lane,
    /// Whether samples are words.
    pub is_speech: bool,
    /// Share of the test samples that it gets right, where that is known.
    pub accuracy: Option<f64>,
    /// What was counted.
    pub network: Network,
    /// What NeuroBench says.
    pub metrics: NeuroBench,
    /// What processor time costs here.
    pub price: Price,
    /// What the last round took on this machine.
    pub round: Option<StepStats>,
    /// Threads of the engine.
    pub threads: usize,
    /// The opponent, once it is trained.
    pub opponent: Option<Opponent>,
}

/// Who an energy belongs to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Who {
    /// A published system.
    Published(&'static Row),
    /// A published system, scaled from another network by its number of products.
    ScaledFrom(&'static Row),
    /// This network within a boundary.
    Own(Boundary),
    /// The simulation of this network on this machine.
    Simulation,
    /// The conventional network on this machine, that many samples together.
    Opponent(usize),
}

/// How an energy is known: what its mark on the axis says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Measured, everything counted.
    Measured,
    /// Measured, and the source does not say whether everything is counted.
    Unclear,
    /// Without what is drawn at rest.
    Dynamic,
    /// A design before there was hardware.
    Simulated,
    /// Scaled by us, or worked out from published figures.
    Scaled,
    /// A band of assumptions.
    Estimated,
}

/// One entry of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Compared {
    /// Who.
    pub who: Who,
    /// J a sample.
    pub energy: Band,
    /// How it is known.
    pub known: Known,
    /// Accuracy, %.
    pub accuracy: Option<f64>,
}

impl Row {
    /// What its mark says.
    pub fn known(&self) -> Known {
        match (self.evidence, self.share) {
            (Evidence::Simulated, _) => Known::Simulated,
            (Evidence::Scaled, _) => Known::Scaled,
            (Evidence::Estimated | Evidence::Specified, _) => Known::Estimated,
            (Evidence::Measured, Share::Total) => Known::Measured,
            (Evidence::Measured, Share::Dynamic) => Known::Dynamic,
            (Evidence::Measured, Share::Unknown) => Known::Unclear,
        }
    }
}

/// The names of what is kept of every run that is done, in the order in which it is shown.
pub const MEASURES: [&str; 10] = {
    let mut names = ["chip_energy"; 10];
    let mut k = 0;
    while k < NeuroBench::NAMES.len() {
        names[k + 1] = NeuroBench::NAMES[k];
        k += 1;
    }
    names
};

/// What is kept of a run that is done, by lane and name: chip energy of one answer, J, and the metrics of NeuroBench.
pub fn measures(experiment: &Experiment) -> BTreeMap<String, f64> {
    let mut measures = BTreeMap::new();
    for &lane in &experiment.params().learning.lanes {
        let Some(report) = Report::new(experiment, lane, Price::assumed(Missing::None), MOST_SAMPLES) else { continue };
        let chip = report.account(Mode::Inference).total(Boundary::Chip).low;
        let values = std::iter::once(chip).chain(report.metrics.values());
        measures.extend(MEASURES.into_iter().zip(values).map(|(name, x)| (format!("{} {name}", lane.name()), x)));
    }
    measures
}

impl Report {
    /// Counts a lane as it stands, over at most `most` test samples.
    pub fn new(experiment: &Experiment, lane: Lane, price: Price, most: usize) -> Option<Self> {
        let (network, metrics) = Network::of(experiment, lane, most)?;
        Some(Self {
            lane,
            is_speech: experiment.params().task.kind.is_speech(),
            accuracy: None,
            network,
            metrics,
            price,
            round: experiment.round(lane.source()),
            threads: experiment.threads(),
            opponent: None,
        })
    }

    /// Processor time of a sample in those of the five steps of a round, s.
    fn seconds(&self, steps: std::ops::Range<usize>) -> Option<Band> {
        let round = self.round.filter(|round| round.samples > 0)?;
        let wall = round.seconds[steps].iter().sum::<f64>() / round.samples as f64;
        let cores = self.price.cores.map_or(Band { low: 1.0, high: self.threads as f64 }, Band::exactly);
        Some(cores.times(wall))
    }

    /// The account of a sample. Where the chip teaches itself there is no host in training.
    pub fn account(&self, mode: Mode) -> Account {
        let steps = match mode {
            Mode::Inference => 1..2,
            Mode::Training => 1..5,
        };
        let seconds = self.seconds(steps).unwrap_or(Band::exactly(0.0));
        let is_estimate = self.price.method.is_estimate();
        account::account(&self.network, mode, seconds, self.price.core_second, is_estimate)
    }

    /// Energy of processor time on this machine, J.
    fn energy(&self, seconds: Band) -> Band {
        let price = self.price.core_second;
        Band { low: seconds.low * price.low, high: seconds.high * price.high }
    }

    /// The simulation of the network on this machine, J a sample.
    pub fn simulation(&self) -> Option<Band> {
        self.seconds(0..1).map(|seconds| self.energy(seconds))
    }

    /// The opponent on this machine with each batch size, J a sample.
    pub fn opponent(&self) -> Option<[Band; 2]> {
        self.opponent.map(|opponent| opponent.timings.map(|timing| self.energy(Band::exactly(timing.seconds))))
    }

    /// This network, this machine and published systems, from the least energy to the most.
    pub fn compared(&self, mode: Mode) -> Vec<Compared> {
        let account = self.account(mode);
        let accuracy = self.accuracy.map(|share| 100.0 * share);
        let own = Boundary::ALL.map(|boundary| {
            let known = if boundary == Boundary::Chip { Known::Scaled } else { Known::Estimated };
            Compared { who: Who::Own(boundary), energy: account.total(boundary), known, accuracy }
        });
        let mut all = own.to_vec();
        let published = match (mode, self.is_speech) {
            (Mode::Training, _) => About::Training,
            (Mode::Inference, true) => About::Word,
            (Mode::Inference, false) => About::Image,
        };
        all.extend(about(published).map(|row| Compared {
            who: Who::Published(row),
            energy: row.value,
            known: row.known(),
            accuracy: row.accuracy,
        }));
        if mode == Mode::Inference {
            let known = if self.price.method.is_estimate() { Known::Estimated } else { Known::Measured };
            let here = |who, energy, accuracy| Compared { who, energy, known, accuracy };
            all.extend(self.simulation().map(|energy| here(Who::Simulation, energy, accuracy)));
            if let (Some(opponent), Some(energies)) = (self.opponent, self.opponent()) {
                let accuracy = Some(100.0 * opponent.accuracy);
                let both = opponent.timings.into_iter().zip(energies);
                all.extend(both.map(|(timing, energy)| here(Who::Opponent(timing.batch), energy, accuracy)));
            }
            if !self.is_speech {
                let scale = self.network.macs() / AUTOENCODER_MACS;
                all.extend(about(About::Autoencoder).map(|row| Compared {
                    who: Who::ScaledFrom(row),
                    energy: row.value.times(scale),
                    known: Known::Scaled,
                    accuracy: None,
                }));
            }
        }
        all.sort_by(|a, b| a.energy.middle().total_cmp(&b.energy.middle()));
        all
    }

    /// As written into files.
    pub fn json(&self) -> Json {
        let band = |b: Band| if b.is_exact() { json!(b.low) } else { json!([b.low, b.high]) };
        let account = |mode: Mode| {
            let account = self.account(mode);
            let line = |line: &account::Line| (Part::NAMES[line.part as usize].to_owned(), band(line.energy));
            let total = |b: Boundary| (Boundary::NAMES[b as usize].to_owned(), band(account.total(b)));
            json!({
                "parts_joule": account.lines.iter().map(line).collect::<serde_json::Map<_, _>>(),
                "within_joule": Boundary::ALL.map(total).into_iter().collect::<serde_json::Map<_, _>>(),
                "emulated_seconds": account.emulated, "wall_seconds": band(account.wall), "bytes": band(account.bytes),
            })
        };
        json!({
            "lane": self.lane.name(), "network": self.network.shape(), "recurrent": self.network.recurrent,
            "input_events": self.network.input_events, "hidden_spikes": self.network.hidden_spikes,
            "inference": account(Mode::Inference), "training": account(Mode::Training),
            "neurobench": self.metrics.json(),
            "meter": {
                "method": self.price.method.name(), "joule_a_core_second": band(self.price.core_second),
                "net": self.price.net, "watt_at_rest": self.price.rest, "own_share": self.price.own,
            },
            "simulation_joule": self.simulation().map(band),
            "relu_twin": self.opponent.zip(self.opponent()).map(|(opponent, energies)| json!({
                "accuracy": opponent.accuracy, "macs": self.network.macs(),
                "batch": opponent.timings.map(|timing| timing.batch), "joule": energies.map(band),
            })),
        })
    }
}
