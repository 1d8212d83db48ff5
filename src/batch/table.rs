//! What the records of a plan say, cell by cell.

use std::path::Path;

use super::Plan;
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::energy::MEASURES;
use crate::params::{Gradient, Lane, TaskKind};
use crate::store::{State, Summary};
use crate::training::StepStats;
use crate::training::metrics::EpochReport;

/// The cost that is energy.
const CHIP_ENERGY: &str = MEASURES[0];
/// Costs that stand in tables for people; files have all of them.
const SHOWN: [&str; 2] = [CHIP_ENERGY, "effective_acs"];
/// Tag of a record that the median rule stopped.
pub const STOPPED_EARLY: &str = "stopped_early";

/// The result of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its seed.
    pub seed: u32,
    /// Epochs done.
    pub epochs: usize,
    /// One entry a lane; none when it failed.
    pub lanes: Vec<LaneOutcome>,
    /// Whether the median rule stopped it.
    pub stopped_early: bool,
    /// Why it failed.
    pub failed: Option<String>,
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
    /// Mean loss on the test split.
    pub test_loss: f64,
    /// Hidden spikes per test sample.
    pub hidden_spikes: f64,
    /// What the probe found, by name, such as `8.5 µs`; accuracies 0…1.
    pub probed: Vec<(String, f64)>,
    /// What it costs, in the order of [`MEASURES`]; none of a run that was kept by an earlier version.
    pub cost: Option<[f64; MEASURES.len()]>,
}

impl LaneOutcome {
    fn new(last: &EpochReport, run: &Summary) -> Self {
        let of_lane = |(name, value): (&String, &f64)| {
            let name = name.strip_prefix(last.lane.name())?.strip_prefix(' ')?;
            Some((name.to_owned(), *value))
        };
        let mut probed: Vec<(String, f64)> = run.measures.iter().filter_map(of_lane).collect();
        let cost = MEASURES.map(|name| probed.iter().find(|(known, _)| known == name).map(|(_, x)| *x));
        let cost = cost.iter().all(Option::is_some).then(|| cost.map(Option::unwrap_or_default));
        probed.retain(|(name, _)| !MEASURES.contains(&name.as_str()));
        // What is about many speakers stands before single ones, and numbers stand in their order.
        let place = |name: &str| (!name.starts_with("speakers "), leading_number(name).unwrap_or(0.0));
        probed.sort_by(|(a, _), (b, _)| place(a).partial_cmp(&place(b)).unwrap_or(std::cmp::Ordering::Equal));
        Self {
            lane: last.lane,
            train_accuracy: last.train_accuracy,
            test_accuracy: last.test_accuracy,
            test_loss: last.test_loss,
            hidden_spikes: last.hidden_spikes,
            probed,
            cost,
        }
    }
}

impl Outcome {
    /// The result that a record holds; `None` while it is not over.
    pub fn of(run: &Summary, seed: u32) -> Option<Self> {
        let stopped_early = run.tags.contains_key(STOPPED_EARLY);
        let over = matches!(run.state, State::Finished | State::Failed) || stopped_early;
        let lanes = run.last.iter().filter(|_| run.state != State::Failed).map(|last| LaneOutcome::new(last, run));
        over.then(|| Self {
            seed,
            epochs: run.epochs,
            lanes: lanes.collect(),
            stopped_early,
            failed: run.error.clone(),
        })
    }

    /// The result of a lane.
    pub fn lane(&self, lane: Lane) -> Option<&LaneOutcome> {
        self.lanes.iter().find(|own| own.lane == lane)
    }
}

/// Several seeds in one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Statistic {
    /// Mean.
    pub mean: f64,
    /// Standard deviation of the sample (n − 1); 0 for a single value.
    pub sd: f64,
    /// Number of values.
    pub n: usize,
}

impl Statistic {
    /// Of the given values; `None` when there are none.
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let spread: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let sd = if n > 1 { (spread / (n - 1) as f64).sqrt() } else { 0.0 };
        (n > 0).then_some(Self { mean, sd, n })
    }
}

/// A fraction in %: `97.20 ± 0.10`; a single value has no deviation, and what is none is a dash.
pub fn percent(value: Option<Statistic>) -> String {
    match value {
        Some(s) if s.mean.is_finite() && s.n > 1 => format!("{:.2} ± {:.2}", 100.0 * s.mean, 100.0 * s.sd),
        Some(s) if s.mean.is_finite() => format!("{:.2}", 100.0 * s.mean),
        _ => "–".into(),
    }
}

/// A column of the table; accuracies in %, mean and standard deviation over the seeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The values of that name in [`super::Cell::at`].
    At(&'static str),
    /// Runs that have a result.
    Runs,
    /// Accuracy of a lane over the last epoch of training.
    Train(Lane),
    /// Accuracy of a lane on the test split.
    Test(Lane),
    /// Hidden spikes per test sample in the last lane.
    HiddenSpikes,
    /// What one answer costs in the last lane: that of [`MEASURES`].
    Cost(&'static str),
    /// Bytes that the last lane sends up to a host for each sample.
    BytesUp,
    /// Published accuracy in software and on the chip.
    Published(usize),
}

/// All cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// What is done of each cell of the plan so far, in the order of the seeds.
    pub cells: Vec<Vec<Outcome>>,
}

impl Table {
    /// A table in which nothing is done.
    pub fn empty(plan: &Plan) -> Self {
        Self { cells: vec![Vec::new(); plan.cells.len()] }
    }

    /// Enters the result of a run; results of one cell stay in the order of the seeds.
    pub fn enter(&mut self, plan: &Plan, run: usize, outcome: Outcome) {
        let cell = &mut self.cells[run % plan.cells.len()];
        cell.retain(|o| o.seed != outcome.seed);
        cell.push(outcome);
        cell.sort_by_key(|o| plan.seeds.iter().position(|seed| *seed == o.seed));
    }

    /// The lanes that ran.
    pub fn lanes(&self) -> Vec<Lane> {
        let ran = |lane: &Lane| self.cells.iter().flatten().any(|o| o.lane(*lane).is_some());
        Lane::ALL.into_iter().filter(ran).collect()
    }

    /// A quantity of a lane of a cell over the seeds.
    pub fn over_seeds(&self, cell: usize, lane: Lane, of: impl Fn(&LaneOutcome) -> Option<f64>) -> Option<Statistic> {
        Statistic::of(&self.cells.get(cell)?.iter().filter_map(|o| of(o.lane(lane)?)).collect::<Vec<_>>())
    }

    /// Test accuracy of a lane of a cell, 0…1.
    pub fn accuracy(&self, cell: usize, lane: Lane) -> Option<Statistic> {
        self.over_seeds(cell, lane, |l| Some(l.test_accuracy))
    }

    /// Names of what was probed in a cell.
    pub fn probes(&self, cell: usize) -> Vec<&str> {
        let mut lanes = self.cells[cell].iter().flat_map(|o| &o.lanes);
        let probed = lanes.find(|l| !l.probed.is_empty()).map_or(&[][..], |l| &l.probed);
        probed.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// What was probed in a lane of a cell under that name, 0…1.
    pub fn probed(&self, cell: usize, lane: Lane, name: &str) -> Option<Statistic> {
        self.over_seeds(cell, lane, |l| l.probed.iter().find(|(known, _)| known == name).map(|(_, a)| *a))
    }

    /// What one answer of a lane of a cell costs: that of [`MEASURES`].
    pub fn cost(&self, cell: usize, lane: Lane, name: &str) -> Option<Statistic> {
        let place = MEASURES.iter().position(|known| *known == name)?;
        self.over_seeds(cell, lane, |l| l.cost.map(|cost| cost[place]))
    }

    /// What failed, and why: `sigma 30, seed 2: …`.
    pub fn failures<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = String> + 'a {
        plan.cells.iter().zip(&self.cells).flat_map(|(cell, done)| {
            let failed = done.iter().filter_map(|o| Some((o.seed, o.failed.as_ref()?)));
            failed.map(|(seed, why)| format!("{}, seed {seed}: {why}", cell.title()))
        })
    }

    /// The columns that there are.
    pub fn columns(&self, plan: &Plan) -> Vec<Column> {
        let at = plan.cells.first().into_iter().flat_map(|cell| &cell.at).map(|(name, _)| Column::At(name));
        let lanes = self.lanes().into_iter().flat_map(|lane| [Column::Train(lane), Column::Test(lane)]);
        let published = if plan.cells.iter().any(|cell| cell.published.is_some()) { 0..2 } else { 0..0 };
        let published = published.map(Column::Published);
        let costs = self.cells.iter().flatten().flat_map(|o| &o.lanes).any(|lane| lane.cost.is_some());
        let costs = SHOWN.map(Column::Cost).into_iter().filter(move |_| costs);
        let reads_less = plan.cells.iter().any(|cell| cell.protocol.params.learning.gradient == Gradient::EventProp);
        let shown = [Column::HiddenSpikes].into_iter().chain(reads_less.then_some(Column::BytesUp)).chain(costs);
        at.chain([Column::Runs]).chain(lanes).chain(shown).chain(published).collect()
    }

    /// What stands in a column for a cell.
    pub fn value(&self, plan: &Plan, cell: usize, column: Column) -> String {
        let dash = || "–".to_owned();
        match column {
            Column::At(name) => plan.cells[cell].value(name).unwrap_or_default().to_owned(),
            Column::Runs => self.cells[cell].iter().filter(|o| o.failed.is_none()).count().to_string(),
            Column::Train(lane) => percent(self.over_seeds(cell, lane, |l| Some(l.train_accuracy))),
            Column::Test(lane) => percent(self.accuracy(cell, lane)),
            Column::HiddenSpikes => self.last_spikes(cell).map_or_else(dash, |(_, spikes)| format!("{spikes:.1}")),
            Column::BytesUp => {
                let bytes = self
                    .last_spikes(cell)
                    .and_then(|(lane, spikes)| StepStats::bytes_up_of(&plan.cells[cell].protocol.params, lane, spikes));
                bytes.map_or_else(dash, |bytes| format!("{bytes:.0}"))
            }
            Column::Cost(name) => {
                let of_lane = |lane: &Lane| self.cost(cell, *lane, name);
                let cost = Lane::ALL.iter().rev().find_map(of_lane);
                let energy = name == CHIP_ENERGY;
                cost.map_or_else(
                    dash,
                    |s| if energy { format!("{:.1}", 1e6 * s.mean) } else { format!("{:.0}", s.mean) },
                )
            }
            Column::Published(k) => {
                plan.cells[cell].published.map_or_else(dash, |p| format!("{:.1} ± {:.1}", p[k].0, p[k].1))
            }
        }
    }

    /// The last lane that ran, and its hidden spikes per test sample.
    fn last_spikes(&self, cell: usize) -> Option<(Lane, f64)> {
        let of_lane = |&lane: &Lane| Some((lane, self.over_seeds(cell, lane, |l| Some(l.hidden_spikes))?.mean));
        Lane::ALL.iter().rev().find_map(of_lane).filter(|(_, spikes)| spikes.is_finite())
    }

    /// As Markdown, which reads as well in a terminal: a row a cell, and below it what was probed.
    pub fn markdown(&self, plan: &Plan) -> String {
        let header = |column: &Column| match column {
            Column::Cost(name) if *name == CHIP_ENERGY => "chip energy, µJ".into(),
            Column::At(name) | Column::Cost(name) => (*name).to_owned(),
            Column::Runs => "runs".into(),
            Column::Train(lane) => format!("{} train", lane.name()),
            Column::Test(lane) => format!("{} test", lane.name()),
            Column::HiddenSpikes => "hidden spikes".into(),
            Column::BytesUp => "bytes up".into(),
            Column::Published(k) => ["software, published", "chip, published"][*k].into(),
        };
        let columns = self.columns(plan);
        let row = |cell: usize| columns.iter().map(|column| self.value(plan, cell, *column)).collect();
        let cells = 0..self.cells.len();
        let mut text = aligned(columns.iter().map(header).collect(), cells.clone().map(row).collect());
        if plan.cells.iter().any(|cell| cell.published.is_some() && cell.protocol.params.task.kind == TaskKind::Shd) {
            text.push_str("\nPublished figures for shd are about the Spiking Heidelberg Digits; other files of that format cannot be compared.\n");
        }
        for cell in cells.filter(|&cell| !self.probes(cell).is_empty()) {
            let lanes = self.lanes();
            let header = [plan.cells[cell].title()].into_iter().chain(lanes.iter().map(|lane| lane.name().to_owned()));
            let row = |name: &&str| {
                let of_lanes = lanes.iter().map(|lane| percent(self.probed(cell, *lane, name)));
                [(*name).to_owned()].into_iter().chain(of_lanes).collect()
            };
            text.push('\n');
            text.push_str(&aligned(header.collect(), self.probes(cell).iter().map(row).collect()));
        }
        text
    }

    /// As CSV, one row a run and lane; accuracies 0…1 with all their digits.
    ///
    /// # Errors
    /// When a number cannot be written, which memory alone decides.
    pub fn csv(&self, plan: &Plan) -> Result<Vec<u8>> {
        let fail = |why: csv::Error| Error::System(format!("cannot write the table: {why}"));
        let mut probes: Vec<&str> = Vec::new();
        for name in (0..self.cells.len()).flat_map(|cell| self.probes(cell)) {
            if !probes.contains(&name) {
                probes.push(name);
            }
        }
        let mut header: Vec<&str> =
            plan.cells.first().map(|cell| cell.at.iter().map(|(name, _)| *name).collect()).unwrap_or_default();
        header.extend(["seed", "lane", "epochs", STOPPED_EARLY]);
        header.extend(["train_accuracy", "test_accuracy", "test_loss", "hidden_spikes"]);
        let costs = self.cells.iter().flatten().flat_map(|o| &o.lanes).any(|lane| lane.cost.is_some());
        header.extend(MEASURES.iter().filter(|_| costs));
        header.extend(&probes);
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&header).map_err(fail)?;
        for (cell, done) in plan.cells.iter().zip(&self.cells) {
            for (o, l) in done.iter().flat_map(|o| o.lanes.iter().map(move |l| (o, l))) {
                let mut row: Vec<String> = cell.at.iter().map(|(_, value)| value.clone()).collect();
                row.extend([o.seed.to_string(), l.lane.name().into(), o.epochs.to_string()]);
                row.push(o.stopped_early.to_string());
                row.extend([l.train_accuracy, l.test_accuracy, l.test_loss, l.hidden_spikes].map(|x| x.to_string()));
                let cost = |k: usize| l.cost.map(|cost| cost[k].to_string()).unwrap_or_default();
                row.extend((0..MEASURES.len()).filter(|_| costs).map(cost));
                let probed = |name: &&str| l.probed.iter().find(|(known, _)| known == name).map(|(_, a)| a.to_string());
                row.extend(probes.iter().map(|name| probed(name).unwrap_or_default()));
                writer.write_record(&row).map_err(fail)?;
            }
        }
        writer.into_inner().map_err(|why| Error::System(format!("cannot write the table: {why}")))
    }

    /// Writes `NAME.md` and `NAME.csv` into the folder.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, plan: &Plan, folder: &Path) -> Result<()> {
        let file = |extension: &str| folder.join(format!("{}.{extension}", plan.name));
        write_atomically(&file("md"), self.markdown(plan).as_bytes())?;
        write_atomically(&file("csv"), &self.csv(plan)?)
    }
}

/// A Markdown table with columns as wide as their widest cell.
fn aligned(header: Vec<String>, rows: Vec<Vec<String>>) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::ASCII_MARKDOWN).set_header(header).add_rows(rows);
    format!("{table}\n")
}

/// The number that a value such as `30 %` begins with.
pub(super) fn leading_number(value: &str) -> Option<f64> {
    value.split_whitespace().next()?.parse().ok()
}
