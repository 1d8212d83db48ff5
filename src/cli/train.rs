//! `misfit train`: the experiment without a window.

use std::path::Path;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::cost::Metered;
use super::keep::{CheckpointArgs, Keeper, StoreArgs};
use super::progress::{Bar, Stdout, epoch_json};
use super::{ExperimentArgs, counted, say};
use crate::base::error::{Error, Result};
use crate::energy::{MOST_SAMPLES, Report};
use crate::exchange::experiment_json;
use crate::params::{Lane, Params, assign};
use crate::protocol::{Change, Timed, When};
use crate::run::{Run, Stop};
use crate::store::{Checkpoint, Ending, checkpoint};
use crate::training::Experiment;
use crate::training::metrics::{EpochReport, Recovery};

/// Arguments of `misfit train`.
#[derive(Debug, Default, Args)]
pub struct TrainArgs {
    /// What is computed.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
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
    let (mut run, resumed) = begin(args)?;
    let from = resumed.as_ref().map(|(checkpoint, same)| (checkpoint, *same));
    let mut keeper = Keeper::new(&args.store, &args.checkpoint, &run, from, args.json)?;
    let params = run.params().clone();
    let stop = Stop::on_signal();
    let start = Instant::now();
    if !args.json {
        announce(run.experiment());
        if let Some((checkpoint, _)) = &resumed {
            say(&format!("goes on after epoch {}", checkpoint.epoch()));
        }
    }
    let (mut stdout, mut bar) = (Stdout { json: args.json }, Bar::new(&run, args.json));
    if resumed.is_some() && args.experiment.calibrate {
        run.change(&[Change::Calibrate], &stop, &mut [&mut stdout, &mut keeper])?;
    }
    let mut metered = Metered::new();
    let ending = run.drive(&stop, &mut [&mut stdout, &mut bar, &mut keeper, &mut metered]);
    let seconds = start.elapsed().as_secs_f64();
    let finished = keeper.last();
    let (kept, all_kept) = keeper.kept();
    let last = run.experiment().epoch() - 1;
    let (failure, interrupted) = match ending {
        Ending::Failed(error) => (Some(error), false),
        ending => (None, ending == Ending::Stopped),
    };
    let recovered = |lane: Lane| run.experiment().recovery(lane).map(|recovery| (lane, recovery));
    let recoveries: Vec<_> = Lane::ALL.into_iter().filter_map(recovered).collect();
    if args.json {
        let counted = |&lane: &Lane| Report::new(run.experiment(), lane, metered.price(), MOST_SAMPLES);
        let cost: Vec<_> = params.learning.lanes.iter().filter_map(counted).map(|report| report.json()).collect();
        let done = json!({
            "event": "done", "epochs": last, "interrupted": interrupted,
            "error": failure.as_ref().map(ToString::to_string),
            "seconds": seconds,
            "kept": kept.as_ref().map(|run| json!({"run": run.id, "epochs": run.epochs})),
            "recovery": recoveries.first().map(|(lane, r)| json!({
                "lane": lane.name(), "epoch": r.epoch, "before": r.before, "worst": r.worst, "epochs": r.epochs,
            })),
            "cost": cost,
            "final": finished.iter().map(epoch_json).collect::<Vec<_>>(),
            "experiment": experiment_json(&params),
            "chip": run.experiment().chip_identity().map(|chip| chip.to_json()),
        });
        say(&done.to_string());
    } else {
        table(&finished, last, interrupted, seconds);
        if let Some(chip) = run.experiment().chip_identity() {
            chip.tags().iter().for_each(|(what, value)| say(&format!("{what}: {value}")));
        }
        for (lane, recovery) in &recoveries {
            tell_recovery(*lane, recovery);
        }
        if let Some(run) = kept {
            let part = if all_kept.is_ok() { String::new() } else { format!(", up to epoch {}", run.epochs) };
            say(&format!("kept as run {}{part}", run.id));
        }
    }
    failure.map_or(all_kept, Err)
}

/// The run, new or where a checkpoint left it; with the latter, whether the settings are still the same.
fn begin(args: &TrainArgs) -> Result<(Run, Option<(Checkpoint, bool)>)> {
    let Some(word) = &args.resume else { return Ok((Run::begin(args.experiment.protocol()?)?, None)) };
    let assignments = args.experiment.assignments_alone("--resume")?;
    let (checkpoint, experiment, unchanged) = kept(word, &args.store, &assignments, "--resume")?;
    let mut protocol = checkpoint.protocol.clone();
    let now = When { epoch: experiment.epoch() - 1, batch: experiment.batches_done() };
    for change in Change::between(&checkpoint.state.params, experiment.params()) {
        protocol.record(now, change);
    }
    let planned = args.experiment.planned()?;
    let same = unchanged && planned.is_empty() && !args.experiment.calibrate;
    for Timed { when, change } in planned {
        protocol.add(when, change);
    }
    Ok((Run::going_on(experiment, protocol), Some((checkpoint, same))))
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
        return Err(Error::NeedsRestart { place: place.into(), keys: restart.join(", ") });
    }
    experiment.set_params(changed)
}

fn tell_recovery(lane: Lane, r: &Recovery) {
    let outcome = match r.epochs {
        Some(epochs) => format!("back within a point after {}", counted(epochs, "epoch")),
        None => "not back within a point yet".to_owned(),
    };
    say(&format!(
        "disturbed after epoch {}: {} fell from {:.2} % to {:.2} %, {outcome}",
        r.epoch,
        lane.name(),
        100.0 * r.before,
        100.0 * r.worst
    ));
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

fn table(reports: &[EpochReport], epochs: usize, interrupted: bool, seconds: f64) {
    let why = if interrupted { " (stopped)" } else { "" };
    say(&format!("after {}{why}, {seconds:.1} s:", counted(epochs, "epoch")));
    if reports.is_empty() {
        say("no epoch was completed");
        return;
    }
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING);
    table.set_header(["lane", "train loss", "train acc.", "test loss", "test acc.", "hidden spikes", "s/epoch"]);
    for r in reports {
        let percent = |accuracy: f64| format!("{:.2} %", 100.0 * accuracy);
        table.add_row([
            r.lane.name().to_owned(),
            format!("{:.4}", r.train_loss),
            percent(r.train_accuracy),
            format!("{:.4}", r.test_loss),
            percent(r.test_accuracy),
            format!("{:.1}", r.hidden_spikes),
            format!("{:.3}", r.seconds),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(comfy_table::CellAlignment::Right);
    }
    say(&table.trim_fmt());
    for r in reports.iter().filter(|r| r.is_trapped()) {
        say(&format!(
            "{}: in {:.0} % of the test samples no readout rises above where it began, so no gradient tells how to go \
             on; begin anew with smaller first readout weights: --set init_readout=0.3",
            r.lane.name(),
            100.0 * r.flat
        ));
    }
    for r in reports.iter().filter(|r| r.is_silent()) {
        say(&format!(
            "{}: no hidden neuron spikes for any test sample, so nothing reaches the readout; larger first weights \
             (--set init_hidden=…) or wake_up above 0 help, and so do more or healthy neurons",
            r.lane.name()
        ));
    }
    for r in reports.iter().filter(|r| r.lost_events > 0) {
        say(&format!("{}: {} input events of the last epoch were lost on the link", r.lane.name(), r.lost_events));
    }
}
