//! What is computed: cells, each with every seed.

use std::collections::BTreeMap;

use crate::base::error::Result;
use crate::params::Lane;
use crate::protocol::Protocol;
use crate::training::Experiment;

/// Many runs. Run `k` is cell `k % cells` with seed `k / cells`, so that a plan that is stopped early has every cell.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// What it is called: tag of its records and name of its tables.
    pub name: String,
    /// The parameters of which the cells are the grid, the last one runs fastest; none for a study.
    pub axes: Vec<Axis>,
    /// The settings, in order.
    pub cells: Vec<Cell>,
    /// Every cell is run with each of them.
    pub seeds: Vec<u32>,
    /// The lane that is shown of a sweep, and by which runs are stopped early.
    pub lane: Lane,
    /// Whether hopeless runs are stopped early by the median rule.
    pub stop_early: bool,
}

/// One parameter and the values that it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// Key of the parameter.
    pub key: &'static str,
    /// Its values as typed at the edge.
    pub values: Vec<String>,
}

/// One setting of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    /// Where it stands: names and values. All cells of a plan have the same names.
    pub at: Vec<(&'static str, String)>,
    /// What is carried out, but for the seed.
    pub protocol: Protocol,
    /// What is measured after training.
    pub probe: Probe,
    /// What was published for it.
    pub published: Option<[Published; 2]>,
}

impl Cell {
    /// Where it stands, in one line: `sigma 30, hidden 64`.
    pub fn title(&self) -> String {
        self.at.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
    }

    /// Its value of that name.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.at.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

impl Plan {
    /// `sweep` or `study`: origin of its records, and the tag that has its name.
    pub fn origin(&self) -> &'static str {
        if self.axes.is_empty() { "study" } else { "sweep" }
    }

    /// Number of runs.
    pub fn runs(&self) -> usize {
        self.cells.len() * self.seeds.len()
    }

    /// The cell of a run.
    pub fn cell(&self, run: usize) -> &Cell {
        &self.cells[run % self.cells.len()]
    }

    /// The seed of a run.
    pub fn seed(&self, run: usize) -> u32 {
        self.seeds[run / self.cells.len()]
    }

    /// What is carried out in a run.
    pub fn protocol(&self, run: usize) -> Protocol {
        let mut protocol = self.cell(run).protocol.clone();
        protocol.params.learning.seed = self.seed(run);
        protocol
    }

    /// Where a run stands, in one line.
    pub fn title(&self, run: usize) -> String {
        format!("{}, seed {}", self.cell(run).title(), self.seed(run))
    }

    /// By what the record of a run is recognised, beside its experiment.
    pub fn tags(&self, run: usize) -> BTreeMap<String, String> {
        let own = [(self.origin().to_owned(), self.name.clone())];
        let at = self.cell(run).at.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        own.into_iter().chain(at).collect()
    }

    /// Which value of axis `axis` cell `cell` has.
    pub fn place(&self, cell: usize, axis: usize) -> usize {
        let inner: usize = self.axes.iter().skip(axis + 1).map(|axis| axis.values.len()).product();
        self.axes.get(axis).map_or(0, |axis| cell / inner % axis.values.len())
    }
}

/// A published accuracy: mean and standard deviation over seeds, in %.
pub type Published = (f64, f64);

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

impl Probe {
    /// What a trained experiment shows, by lane and name: `in_the_loop 8.5 µs`, 0…1.
    ///
    /// # Errors
    /// When the experiment cannot be changed as the probe has to.
    pub fn measure(self, experiment: &mut Experiment) -> Result<BTreeMap<String, f64>> {
        let mut measures = BTreeMap::new();
        let lanes = experiment.params().learning.lanes.clone();
        let mut note = |lane: Lane, name: String, accuracy: f64| {
            measures.insert(format!("{} {name}", lane.name()), accuracy);
        };
        match self {
            Self::Nothing => {}
            Self::Silence(shares) => {
                let trained = experiment.params().clone();
                for &share in shares {
                    experiment.set_params(&trained.clone().with(|p| p.chip.silent_neurons = share))?;
                    for &lane in &lanes {
                        let scores = experiment.evaluate(lane).unwrap_or_default();
                        note(lane, format!("{:.0} % silent", 100.0 * share), scores.accuracy);
                    }
                }
            }
            Self::DecisionTime => {
                for &lane in &lanes {
                    for (time, accuracy) in experiment.accuracy_against_time(lane).unwrap_or_default() {
                        note(lane, format!("{:.1} µs", 1e6 * time), accuracy);
                    }
                }
            }
            Self::Speakers => {
                for &lane in &lanes {
                    for (name, accuracy) in experiment.accuracy_by_speaker(lane).unwrap_or_default() {
                        note(lane, name, accuracy);
                    }
                }
            }
        }
        Ok(measures)
    }
}
