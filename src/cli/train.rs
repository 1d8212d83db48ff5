//! `misfit train`: the experiment without a window.

use std::io::IsTerminal as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;

use super::keep::{CheckpointArgs, Keeper, StoreArgs};
use super::{ExperimentArgs, say, stop_on_signal};
use crate::base::error::{Error, Result};
use crate::export::experiment_json;
use crate::params::{Params, assign, describe, parse_assignment};
use crate::store::{Checkpoint, Ending, checkpoint};
use crate::training::Experiment;
use crate::training::metrics::{EpochReport, Recovery};

/// Arguments of `misfit train`.
#[derive(Debug, Default, Args)]
pub struct TrainArgs {
    /// What is computed.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Calibrate the chip through its readout before training.
    #[arg(long)]
    pub calibrate: bool,
    /// Change a parameter after an epoch, as a hand on a slider would: damage, another chip, a temperature step. May be repeated.
    #[arg(long, value_name = "EPOCH:KEY=VALUE")]
    pub at: Vec<String>,
    /// Go on from a checkpoint file, or from the last checkpoint of a run of `misfit runs`, as if the run had never
    /// stopped. Only settings that act at once, epochs, threads and the data folder can be given with it.
    #[arg(long, value_name = "FILE|RUN")]
    pub resume: Option<String>,
    /// When to write checkpoints.
    #[command(flatten)]
    pub checkpoint: CheckpointArgs,
    /// Where the run is kept.
    #[command(flatten)]
    pub store: StoreArgs,
    /// One JSON object per line on stdout: an event per epoch and lane, and the whole experiment at the end.
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &TrainArgs) -> Result<()> {
    let at: Vec<String> = args.experiment.later().into_iter().chain(args.at.iter().cloned()).collect();
    schedule(&at)?;
    let (mut experiment, resumed) = begin(args)?;
    let from = resumed.as_ref().map(|(checkpoint, same)| (checkpoint, *same));
    let mut keeper = Keeper::new(&args.store, &args.checkpoint, &experiment, from, args.json)?;
    let schedule = schedule(keeper.plan(&at))?;
    let params = experiment.params().clone();
    tell_later(&schedule, params.learning.epochs as usize);
    let stop = Arc::new(AtomicBool::new(false));
    stop_on_signal(&stop);
    let start = Instant::now();
    if !args.json {
        announce(&experiment);
        if let Some((checkpoint, _)) = &resumed {
            say(&format!("goes on after epoch {}", checkpoint.epoch()));
        }
    }
    if args.calibrate {
        calibrate(&mut experiment, args.json, &stop)?;
        keeper.changed(experiment.epochs_learnt(), "calibrated".into());
    }
    let bar = progress_bar(&params, args.json);
    let mut finished = keeper.last();
    let mut failure = None;
    let mut last = experiment.epoch() - 1;
    while !experiment.is_finished() && !stop.load(Ordering::Relaxed) {
        let step = match experiment.step() {
            Ok(step) => step,
            Err(error) => {
                failure = Some(error);
                break;
            }
        };
        let share = step.batch as f64 / step.batches as f64;
        bar.set_position(((step.epoch as f64 - 1.0 + share) * RESOLUTION) as u64);
        if let Some(reports) = step.epoch_done {
            last = step.epoch;
            for report in &reports {
                if args.json {
                    say(&epoch_json(report).to_string());
                }
            }
            bar.set_message(one_line(&reports));
            for change in schedule.iter().filter(|c| c.epoch == step.epoch) {
                let mut changed = experiment.params().clone();
                assign(&mut changed, &change.key, &change.value, "--at")?;
                adopt(&mut experiment, &changed, "--at")?;
                keeper.changed(experiment.epochs_learnt(), format!("{}={}", change.key, change.value));
            }
            // After the changes, which a resumed run does not make again.
            keeper.epoch(&experiment, &reports)?;
            finished = reports;
        }
    }
    bar.finish_and_clear();
    let interrupted = stop.load(Ordering::Relaxed);
    let seconds = start.elapsed().as_secs_f64();
    let run = keeper.id().map(str::to_owned);
    keeper.finish(
        &experiment,
        match &failure {
            Some(error) => Ending::Failed(error.clone()),
            None if interrupted => Ending::Stopped,
            None => Ending::Finished,
        },
    )?;
    if args.json {
        let done = json!({
            "event": "done", "epochs": last, "interrupted": interrupted,
            "error": failure.as_ref().map(ToString::to_string),
            "seconds": seconds,
            "recovery": experiment.recovery().map(|r| json!({
                "epoch": r.epoch, "before": r.before, "worst": r.worst, "epochs": r.epochs,
            })),
            "final": finished.iter().map(epoch_json).collect::<Vec<_>>(),
            "experiment": experiment_json(&params),
        });
        say(&done.to_string());
    } else {
        table(&finished, last, interrupted, seconds);
        if let Some(recovery) = experiment.recovery() {
            tell_recovery(&recovery);
        }
        if let Some(run) = run {
            say(&format!("kept as run {run}"));
        }
    }
    failure.map_or(Ok(()), Err)
}

/// The experiment, new or where a checkpoint left it; with the latter, whether the settings are still the same.
fn begin(args: &TrainArgs) -> Result<(Experiment, Option<(Checkpoint, bool)>)> {
    let Some(word) = &args.resume else { return Ok((Experiment::new(&args.experiment.params()?)?, None)) };
    let assignments = args.experiment.assignments_alone("--resume")?;
    let (checkpoint, experiment, unchanged) = kept(word, &args.store, &assignments, "--resume")?;
    let same = unchanged && !args.calibrate && args.at.is_empty();
    Ok((experiment, Some((checkpoint, same))))
}

/// What a checkpoint file or the last checkpoint of a run holds, with other settings where `flag` lets them be given,
/// and whether none but the number of epochs differs.
///
/// # Errors
/// When there is none, it makes no sense, or a setting would need a new experiment.
pub(super) fn kept(
    word: &str,
    store: &StoreArgs,
    assignments: &[(String, String, String)],
    flag: &str,
) -> Result<(Checkpoint, Experiment, bool)> {
    let (mut checkpoint, damage) = find_checkpoint(word, store)?;
    if let Some(error) = damage {
        log::warn!("{error}; going on from the checkpoint before it");
    }
    // Those decide where and how fast it is computed, not what comes out.
    let of_the_machine = |key: &str| matches!(key, "threads" | "data");
    for (key, value, place) in assignments.iter().filter(|a| of_the_machine(&a.0)) {
        assign(&mut checkpoint.state.params, key, value, place)?;
    }
    let mut experiment = Experiment::resume(&checkpoint.state)?;
    let mut changed = experiment.params().clone();
    for (key, value, place) in assignments {
        assign(&mut changed, key, value, place)?;
    }
    let unchanged =
        changed.clone().with(|p| p.learning.epochs = experiment.params().learning.epochs) == *experiment.params();
    adopt(&mut experiment, &changed, flag)?;
    Ok((checkpoint, experiment, unchanged))
}

/// A checkpoint by its file, or by the run in the store.
fn find_checkpoint(word: &str, store: &StoreArgs) -> Result<(Checkpoint, Option<Error>)> {
    let path = Path::new(word);
    let is_file = path.exists() || checkpoint::previous(path).exists() || path.extension().is_some();
    if is_file {
        return Checkpoint::read_or_previous(path);
    }
    let store = store.must_open()?;
    let run = store.resolve(word)?;
    let (mut checkpoint, damage) = store
        .checkpoint(&run.id)?
        .ok_or_else(|| Error::System(format!("nothing is kept of run {} to go on from", run.id)))?;
    checkpoint.run = Some(run.id);
    Ok((checkpoint, damage))
}

/// Puts changed settings into force, unless they would need a new experiment.
fn adopt(experiment: &mut Experiment, changed: &Params, place: &str) -> Result<()> {
    let restart = experiment.needs_restart(changed);
    if !restart.is_empty() {
        return Err(Error::System(format!(
            "{place} cannot change {}, which takes effect on restart only; `misfit params` says which do",
            restart.join(", ")
        )));
    }
    experiment.set_params(changed)
}

/// Calibrates and says how far the spreads shrank.
fn calibrate(experiment: &mut Experiment, json: bool, stop: &AtomicBool) -> Result<()> {
    let Some(result) = experiment.calibrate(&|| !stop.load(Ordering::Relaxed)) else {
        return Err(Error::System("there is nothing to calibrate: no lane uses the chip".into()));
    };
    if !json {
        say(
            "calibration through the readout; σ without the outer 5 %, in % of nominal or of the leak-to-threshold distance:",
        );
    }
    for s in &result.spreads {
        if json {
            let line = json!({"event": "calibration", "parameter": s.name, "before": s.before, "after": s.after});
            say(&line.to_string());
        } else {
            say(&format!("{:<12} {:>6.2} -> {:>5.2}", s.name, s.before, s.after));
        }
    }
    Ok(())
}

/// One `--at`.
struct Change {
    epoch: usize,
    key: String,
    value: String,
}

/// Reads and checks every `EPOCH:KEY=VALUE` before anything is computed.
fn schedule(texts: &[String]) -> Result<Vec<Change>> {
    let mut changes = Vec::new();
    for text in texts {
        let bad = || Error::BadValue {
            place: "--at".into(),
            key: "at".into(),
            expected: "EPOCH:KEY=VALUE, such as 20:silent_neurons=30, with an epoch from 1".into(),
            got: text.clone(),
        };
        let (epoch, assignment) = text.split_once(':').ok_or_else(bad)?;
        let epoch = epoch.trim().parse::<usize>().ok().filter(|e| *e > 0).ok_or_else(bad)?;
        let (key, value) = parse_assignment(assignment)?;
        describe(key, "--at")?.parse(value, "--at")?;
        changes.push(Change { epoch, key: key.into(), value: value.into() });
    }
    Ok(changes)
}

/// Tells which changes of the plan are for a run that goes on from this one.
fn tell_later(plan: &[Change], epochs: usize) {
    for change in plan.iter().filter(|change| change.epoch > epochs) {
        let Change { epoch, key, value } = change;
        log::warn!(
            "--at {epoch}:{key}={value} is after the last epoch, {epochs}: it waits for a run that goes on from this one"
        );
    }
}

fn tell_recovery(r: &Recovery) {
    let outcome = match r.epochs {
        Some(epochs) => format!("back within a point after {epochs} epochs"),
        None => "not back within a point yet".to_owned(),
    };
    say(&format!(
        "disturbed after epoch {}: in_the_loop fell from {:.2} % to {:.2} %, {outcome}",
        r.epoch,
        100.0 * r.before,
        100.0 * r.worst
    ));
}

/// Progress units per epoch.
const RESOLUTION: f64 = 1000.0;

fn progress_bar(params: &Params, json: bool) -> ProgressBar {
    let total = (f64::from(params.learning.epochs) * RESOLUTION) as u64;
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {elapsed} elapsed, {eta} to go  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style)
}

fn announce(experiment: &Experiment) {
    let (p, data) = (experiment.params(), experiment.data());
    say(&format!(
        "{}: {} training and {} test samples; {}-{}-{} neurons on chip {}, σ = {} %, seed {}",
        p.task.kind.name(),
        data.train.len(),
        data.test.len(),
        data.n_inputs,
        p.network.hidden,
        data.n_classes(),
        p.chip.number,
        crate::base::units::Unit::Percent.shown_from_si(p.chip.sigma),
        p.learning.seed
    ));
    data.notes.iter().for_each(|note| say(note));
}

fn one_line(reports: &[EpochReport]) -> String {
    let parts: Vec<String> =
        reports.iter().map(|r| format!("{} {:.1} %", r.lane.name(), 100.0 * r.test_accuracy)).collect();
    parts.join("  ")
}

fn table(reports: &[EpochReport], epochs: usize, interrupted: bool, seconds: f64) {
    let why = if interrupted { " (stopped)" } else { "" };
    say(&format!("after {epochs} epochs{why}, {seconds:.1} s:"));
    if reports.is_empty() {
        say("no epoch was completed");
        return;
    }
    say("lane          train loss  train acc.  test loss  test acc.  hidden spikes  s/epoch");
    for r in reports {
        say(&format!(
            "{:<12}  {:>10.4}  {:>8.2} %  {:>9.4}  {:>7.2} %  {:>13.1}  {:>7.3}",
            r.lane.name(),
            r.train_loss,
            100.0 * r.train_accuracy,
            r.test_loss,
            100.0 * r.test_accuracy,
            r.hidden_spikes,
            r.seconds
        ));
        if r.lost_events > 0 {
            say(&format!("              {} input events of this epoch were lost on the link", r.lost_events));
        }
    }
}

fn epoch_json(r: &EpochReport) -> serde_json::Value {
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
    line
}
