//! `misfit nir`: trained networks to and from other simulators.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::keep::StoreArgs;
use super::progress::to_the_end;
use super::record::check_writable;
use super::train::kept;
use super::{ExperimentArgs, say};
use crate::base::error::{Error, Result};
use crate::exchange::nir::{self, Form, Wanted, file, samples};
use crate::params::Lane;
use crate::run::{Run, Stop};
use crate::training::Experiment;

/// Arguments of `misfit nir`.
#[derive(Debug, Args)]
pub struct NirArgs {
    /// What to do.
    #[command(subcommand)]
    command: NirCommand,
}

/// Both directions.
#[derive(Debug, Subcommand)]
enum NirCommand {
    /// Train a lane, or take one that was kept, and write its network, for snnTorch, Norse and others that read NIR.
    Export(Box<ExportArgs>),
    /// Read a network that fits the chip, test it on ideal and faulty chip, and train on from there if asked to.
    Import(Box<ImportArgs>),
}

/// Arguments of `misfit nir export`.
#[derive(Debug, Args)]
struct ExportArgs {
    /// What is computed.
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// The file to write.
    #[arg(long, value_name = "FILE.nir")]
    out: PathBuf,
    /// Write the network of a checkpoint file, or of the last checkpoint of a run of `misfit runs`, and train nothing.
    #[arg(long, value_name = "FILE|RUN", conflicts_with_all = ["calibrate", "untrained"])]
    from: Option<String>,
    /// Where the run is kept.
    #[command(flatten)]
    store: StoreArgs,
    /// The lane to train and to write, ideal if not given; only this one is computed. With --from a lane of the run, the one in the loop if it has that.
    #[arg(long, value_name = "NAME", value_parser = Lane::NAMES.to_vec())]
    lane: Option<String>,
    /// Nominal neurons and weights, or those that the chip actually has.
    #[arg(long, value_name = "NAME", default_value = "nominal", value_parser = Form::NAMES.to_vec())]
    form: String,
    /// Chip steps per readout interval that the file is made for; without it those of the experiment.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    steps: Option<u16>,
    /// Also write the test samples, with spikes and answers of Misfit without noise, for comparison.
    #[arg(long, value_name = "FILE.npz")]
    samples: Option<PathBuf>,
    /// How many test samples; without it all of them.
    #[arg(long, value_name = "N", requires = "samples")]
    count: Option<usize>,
    /// Write the first weights, without training.
    #[arg(long)]
    untrained: bool,
}

/// Arguments of `misfit nir import`.
#[derive(Debug, Args)]
struct ImportArgs {
    /// The file to read.
    file: PathBuf,
    /// The settings that the file does not bring.
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// Step in seconds, in the time of the file, during which a 1 stands for a spike; else the file's own, or 1e-4.
    #[arg(long, value_name = "SECONDS")]
    dt: Option<f64>,
    /// How many times faster than the file the chip runs; else 1 where that fits, or 1000.
    #[arg(long, value_name = "FACTOR")]
    time_scale: Option<f64>,
    /// Train on from these weights, for the epochs of the experiment.
    #[arg(long)]
    train: bool,
}

pub(super) fn run(args: &NirArgs) -> Result<()> {
    match &args.command {
        NirCommand::Export(args) => export(args),
        NirCommand::Import(args) => import(args),
    }
}

fn export(args: &ExportArgs) -> Result<()> {
    let form = Form::ALL[Form::NAMES.iter().position(|name| *name == args.form).unwrap_or(0)];
    // What would be refused after the training is refused before it.
    check_writable(&args.out)?;
    args.samples.as_deref().map_or(Ok(()), check_writable)?;
    let (experiment, lane) = trained(args)?;
    let steps = args.steps.map(usize::from);
    let graph = nir::export(&experiment, lane, form, steps)?;
    file::write(&graph, &args.out)?;
    say(&format!("wrote the {} network of the lane {} to {}", form.name(), lane.name(), args.out.display()));
    if let Some(path) = &args.samples {
        let samples = samples::run(&experiment, lane, form, steps, args.count)?;
        let right = samples.labels.iter().zip(&samples.answers).filter(|(label, answer)| label == answer).count();
        samples::write(&samples, path)?;
        say(&format!(
            "wrote {} test samples to {}; without noise {:.2} % are answered right",
            samples.labels.len(),
            path.display(),
            100.0 * right as f64 / samples.labels.len().max(1) as f64
        ));
    }
    Ok(())
}

/// What is to be written: a network as it was kept, or one that is trained now.
fn trained(args: &ExportArgs) -> Result<(Experiment, Lane)> {
    let wanted = args.lane.as_deref().and_then(Lane::from_name);
    if let Some(word) = &args.from {
        let assignments = args.experiment.assignments_alone("--from")?;
        let experiment = kept(word, &args.store, &assignments, "--from")?.1;
        let lanes = &experiment.params().learning.lanes;
        let usual = if lanes.contains(&Lane::InTheLoop) { Some(&Lane::InTheLoop) } else { lanes.first() };
        let lane = wanted.or(usual.copied()).unwrap_or(Lane::InTheLoop);
        return Ok((experiment, lane));
    }
    let lane = wanted.unwrap_or(Lane::Ideal);
    let mut protocol = args.experiment.protocol()?;
    protocol.params.learning.lanes = vec![lane];
    let mut run = Run::begin(protocol)?;
    run.start(&Stop::default(), &mut [])?;
    if !args.untrained {
        to_the_end(&mut run)?;
    }
    Ok((run.into_experiment(), lane))
}

fn import(args: &ImportArgs) -> Result<()> {
    let mut protocol = args.experiment.protocol()?;
    let positive = |key: &str, value: Option<f64>| match value {
        Some(x) if !(x.is_finite() && x > 0.0) => Err(Error::BadValue {
            place: format!("--{key}"),
            key: key.into(),
            expected: "a number above 0".into(),
            got: x.to_string(),
        }),
        value => Ok(value),
    };
    let wanted = Wanted { dt: positive("dt", args.dt)?, speed_up: positive("time-scale", args.time_scale)? };
    let imported = nir::import(&args.file, &protocol.params, wanted)?;
    protocol.params = imported.params.clone();
    let mut run = Run::begin(protocol)?;
    run.experiment_mut().load_weights(&imported.network)?;
    let (p, network) = (&imported.params, &imported.network);
    say(&format!(
        "{}: {}-{}-{} neurons{}, tau_mem {} µs, tau_syn {} µs",
        args.file.display(),
        network.input.nrows(),
        p.network.hidden,
        network.readout.ncols(),
        if network.recurrent.is_empty() { "" } else { " with recurrence" },
        1e6 * p.network.tau_mem,
        1e6 * p.network.tau_syn
    ));
    for note in &imported.notes {
        say(note);
    }
    tell_scores(run.experiment(), "as read");
    if args.train {
        to_the_end(&mut run)?;
        tell_scores(run.experiment(), "after training");
    }
    Ok(())
}

fn tell_scores(experiment: &Experiment, when: &str) {
    for lane in &experiment.params().learning.lanes {
        if let Some(scores) = experiment.evaluate(*lane) {
            let (name, accuracy) = (lane.name(), 100.0 * scores.accuracy);
            say(&format!("{when}: {name:<12} {accuracy:>6.2} %, {:.1} hidden spikes a sample", scores.hidden_spikes));
        }
    }
}
