//! How far a run is, as observers of it: a bar, lines for people, lines of JSON.

use std::io::{IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value as Json, json};

use super::{counted, say};
use crate::base::error::Result;
use crate::run::{Event, Flow, Observer, Run, Stop};
use crate::store::Ending;
use crate::training::metrics::EpochReport;

/// Learns to the end or until Ctrl-C, and tells stderr how far it is.
///
/// # Errors
/// Whatever went wrong with the run.
pub(super) fn to_the_end(run: &mut Run) -> Result<()> {
    match run.drive(&Stop::on_signal(), &mut [&mut Lines]) {
        Ending::Failed(error) => Err(error),
        Ending::Finished | Ending::Stopped => Ok(()),
    }
}

/// A line on stderr for every epoch and lane.
pub(super) struct Lines;

impl Observer for Lines {
    fn on(&mut self, run: &Run, event: &Event<'_>) -> Result<Flow> {
        if let Event::Epoch(reports) = event {
            let epochs = run.params().learning.epochs;
            for r in *reports {
                let line = format!("epoch {} of {epochs}: {} {:.1} %", r.epoch, r.lane.name(), 100.0 * r.test_accuracy);
                // A closed stderr is no reason to stop.
                drop(writeln!(std::io::stderr(), "{line}"));
            }
        }
        Ok(Flow::GoOn)
    }
}

/// Progress units per epoch.
const RESOLUTION: f64 = 1000.0;

/// A bar on stderr, where that is a terminal.
pub(super) struct Bar(ProgressBar);

impl Bar {
    pub(super) fn new(run: &Run, hidden: bool) -> Self {
        let total = (f64::from(run.params().learning.epochs) * RESOLUTION) as u64;
        Self(bar(total, hidden, "{bar:30} {percent:>3} %  {elapsed} elapsed, {eta} to go  {msg}"))
    }
}

/// A bar on stderr, hidden where that is no terminal.
pub(super) fn bar(total: u64, hidden: bool, template: &str) -> ProgressBar {
    if hidden || !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

impl Observer for Bar {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> Result<Flow> {
        match event {
            Event::Batch(step) => {
                let share = step.batch as f64 / step.batches as f64;
                self.0.set_position(((step.epoch as f64 - 1.0 + share) * RESOLUTION) as u64);
            }
            Event::Epoch(reports) => {
                let lane = |r: &EpochReport| format!("{} {:.1} %", r.lane.name(), 100.0 * r.test_accuracy);
                self.0.set_message(reports.iter().map(lane).collect::<Vec<_>>().join("  "));
            }
            Event::Ended(_) => self.0.finish_and_clear(),
            Event::Changed(_) | Event::Calibrated(_) | Event::Fell(_) => {}
        }
        Ok(Flow::GoOn)
    }
}

/// What happens, on stdout: one JSON object a line, or sentences for what is not in the table at the end.
pub(super) struct Stdout {
    /// Whether lines are JSON.
    pub(super) json: bool,
}

impl Observer for Stdout {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> Result<Flow> {
        match event {
            Event::Epoch(reports) if self.json => reports.iter().for_each(|r| say(&epoch_json(r).to_string())),
            Event::Calibrated(calibration) => {
                if !self.json {
                    say(
                        "calibration through the readout; σ without the outer 5 %, in % of nominal or of the leak-to-threshold distance:",
                    );
                }
                for s in &calibration.spreads {
                    if self.json {
                        let line = json!({
                            "event": "calibration", "parameter": s.name, "before": s.before, "after": s.after,
                        });
                        say(&line.to_string());
                    } else {
                        say(&format!("{:<12} {:>6.2} -> {:>5.2}", s.name, s.before, s.after));
                    }
                }
                if calibration.mute > 0 && !self.json {
                    say(&format!("{} that never spike keep their thresholds", counted(calibration.mute, "neuron")));
                }
            }
            _ => {}
        }
        Ok(Flow::GoOn)
    }
}

/// The numbers of one epoch and lane.
pub(super) fn epoch_json(r: &EpochReport) -> Json {
    let mut line = json!({
        "event": "epoch", "epoch": r.epoch, "lane": r.lane.name(),
        "train_loss": r.train_loss, "train_accuracy": r.train_accuracy,
        "test_loss": r.test_loss, "test_accuracy": r.test_accuracy,
        "hidden_spikes": r.hidden_spikes, "seconds": r.seconds,
    });
    // Only a link with a limit can lose anything.
    if r.lost_events > 0 {
        line["lost_events"] = json!(r.lost_events);
    }
    if r.flat > 0.0 {
        line["flat_samples"] = json!(r.flat);
    }
    line
}
