//! What the records of a sweep say, cell by cell.

use std::fmt::Write as _;

use super::{Plan, Point};
use crate::params::Lane;
use crate::store::{Record, State};

/// Tag of a record: the sweep it belongs to.
pub const TAG: &str = "sweep";
/// Tag of a record that the median rule stopped.
pub const STOPPED_EARLY: &str = "stopped_early";

/// The result of one run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its seed.
    pub seed: u32,
    /// Epochs done.
    pub epochs: usize,
    /// Test accuracy after the last epoch, 0…1, one entry a lane.
    pub accuracy: Vec<(Lane, f64)>,
    /// Test loss after the last epoch, one entry a lane.
    pub loss: Vec<(Lane, f64)>,
    /// Whether the median rule stopped it.
    pub stopped_early: bool,
    /// Why it failed.
    pub failed: Option<String>,
}

impl Outcome {
    /// The result that a record holds; `None` while it is not over.
    pub fn of(record: &Record, seed: u32) -> Option<Self> {
        let s = &record.summary;
        let stopped_early = s.tags.contains_key(STOPPED_EARLY);
        let over = matches!(s.state, State::Finished | State::Failed) || stopped_early;
        over.then(|| Self {
            seed,
            epochs: s.epochs,
            accuracy: s.last.iter().map(|l| (l.lane, l.test_accuracy)).collect(),
            loss: s.last.iter().map(|l| (l.lane, l.test_loss)).collect(),
            stopped_early,
            failed: s.error.clone(),
        })
    }

    /// Test accuracy of a lane, 0…1.
    pub fn of_lane(&self, lane: Lane) -> Option<f64> {
        self.accuracy.iter().find(|(own, _)| *own == lane).map(|(_, accuracy)| *accuracy)
    }
}

/// One value of each axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// Which value of each axis.
    pub at: Vec<usize>,
    /// What is done so far, in the order of the seeds.
    pub outcomes: Vec<Outcome>,
}

impl Cell {
    /// Mean, smallest and largest test accuracy over the seeds done, 0…1.
    pub fn accuracy(&self, lane: Lane) -> Option<[f64; 3]> {
        let all: Vec<f64> = self.outcomes.iter().filter_map(|o| o.of_lane(lane)).collect();
        let n = all.len() as f64;
        (!all.is_empty()).then(|| {
            let (lo, hi) = all.iter().fold((f64::MAX, f64::MIN), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
            [all.iter().sum::<f64>() / n, lo, hi]
        })
    }
}

/// All cells.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// In the order of [`Plan::cell`].
    pub cells: Vec<Cell>,
}

impl Table {
    /// A table in which nothing is done.
    pub fn empty(plan: &Plan) -> Self {
        Self { cells: (0..plan.cells()).map(|k| Cell { at: plan.cell(k), outcomes: Vec::new() }).collect() }
    }

    /// Enters the result of a run; results of one cell stay in the order of the seeds.
    pub fn enter(&mut self, plan: &Plan, point: &Point, outcome: Outcome) {
        if let Some(cell) = self.cells.iter_mut().find(|cell| cell.at == point.at) {
            cell.outcomes.retain(|o| o.seed != outcome.seed);
            cell.outcomes.push(outcome);
            cell.outcomes.sort_by_key(|o| plan.seeds.iter().position(|seed| *seed == o.seed));
        }
    }

    /// As Markdown, one row a cell: mean and range over the seeds, in %.
    pub fn markdown(&self, plan: &Plan) -> String {
        let keys: Vec<&str> = plan.axes.iter().map(|axis| axis.key).collect();
        let mut text = format!("| {} | {} | lowest | highest | runs |\n", keys.join(" | "), plan.lane.name());
        text.push_str(&"|---".repeat(keys.len() + 4));
        text.push_str("|\n");
        for cell in &self.cells {
            let at: Vec<&str> = plan.axes.iter().zip(&cell.at).map(|(axis, &k)| axis.values[k].as_str()).collect();
            let shown = cell.accuracy(plan.lane).map_or_else(
                || "– | – | –".to_owned(),
                |numbers| numbers.map(|x| format!("{:.2} %", 100.0 * x)).join(" | "),
            );
            let _ = writeln!(text, "| {} | {shown} | {} |", at.join(" | "), cell.outcomes.len());
        }
        text
    }

    /// As CSV, one row a run and lane; accuracies 0…1 with all their digits.
    pub fn csv(&self, plan: &Plan) -> String {
        let keys: Vec<&str> = plan.axes.iter().map(|axis| axis.key).collect();
        let mut text = format!("{},seed,lane,test_accuracy,test_loss,epochs,stopped_early\n", keys.join(","));
        for cell in &self.cells {
            let at: Vec<&str> = plan.axes.iter().zip(&cell.at).map(|(axis, &k)| axis.values[k].as_str()).collect();
            for o in &cell.outcomes {
                for ((lane, accuracy), (_, loss)) in o.accuracy.iter().zip(&o.loss) {
                    let (at, lane) = (at.join(","), lane.name());
                    let _ = writeln!(text, "{at},{},{lane},{accuracy},{loss},{},{}", o.seed, o.epochs, o.stopped_early);
                }
            }
        }
        text
    }
}
