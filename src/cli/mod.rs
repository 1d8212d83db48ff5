//! The command line: one file per subcommand, no window.

mod bench;
mod hear;
mod keep;
mod nir;
mod params;
mod presets;
mod record;
mod reproduce;
mod runs;
mod sweep;
mod train;

pub use keep::StoreArgs;
pub use params::markdown as parameter_table;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Parser, Subcommand};

use crate::base::error::{Error, Result};
use crate::experiment_file;
use crate::params::{PARAMS, PRESETS, Params, parse_assignment, preset};

/// Watch a mismatched analog spiking network learn to fit.
///
/// Without a subcommand the window opens. Without a display the same experiment runs in the terminal.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do; the window opens if nothing is given.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The experiment the window starts with.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// How the window is drawn.
    #[command(flatten)]
    pub window: WindowArgs,
    /// Where runs are kept.
    #[command(flatten)]
    pub store: StoreArgs,
}

/// How the window is drawn.
#[derive(Debug, Clone, Args)]
pub struct WindowArgs {
    /// Renderer to use; without it the first one that works.
    #[arg(long, value_name = "NAME", value_parser = ["glow", "wgpu"])]
    pub renderer: Option<String>,
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train in the terminal.
    Train(Box<train::TrainArgs>),
    /// Record one batch for other programs, as a NumPy archive.
    Record(Box<record::RecordArgs>),
    /// Networks to and from snnTorch, Norse and other simulators, as NIR files.
    Nir(nir::NirArgs),
    /// Ask one of the questions of the paper: a series of runs, and a table.
    Reproduce(Box<reproduce::ReproduceArgs>),
    /// Sweep: the same experiment at every point of a grid of parameters, with several seeds.
    Sweep(sweep::SweepArgs),
    /// List, show, compare, mark, delete, export and import the runs that are kept.
    Runs(runs::RunsArgs),
    /// Hear a WAV file: its spikes as a picture in the terminal.
    Hear(Box<hear::HearArgs>),
    /// Turn a folder of recordings into one file of spikes, as the embedded words were made.
    #[command(hide = true)]
    Ear(hear::EarArgs),
    /// Measure how fast the engine is on this machine.
    Bench(bench::BenchArgs),
    /// List the presets: sets of imperfections, and experiments that are worth seeing.
    Presets,
    /// List every parameter with range, unit, default and meaning.
    Params(params::ParamsArgs),
}

/// Everything that decides what is computed.
#[derive(Debug, Clone, Default, Args)]
pub struct ExperimentArgs {
    /// The task to learn: digits, yin_yang, spoken; with --data also mnist, fashion_mnist, shd, speech.
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Folder with your own data.
    #[arg(long, value_name = "DIR")]
    data: Option<String>,
    /// An experiment file to start from.
    #[arg(long, value_name = "FILE.toml")]
    experiment: Option<PathBuf>,
    /// A named setting of `misfit presets`: a set of imperfections such as stress_50, or an experiment such as story_loop.
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Set any parameter of `misfit params`, in the unit shown there; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Passes through the training data.
    #[arg(long, value_name = "N")]
    epochs: Option<String>,
    /// Seed of weights, split, order and noise.
    #[arg(long, value_name = "N")]
    seed: Option<String>,
    /// Serial number of the chip.
    #[arg(long, value_name = "N")]
    chip: Option<String>,
    /// Comma-separated list of ideal, transferred, in_the_loop.
    #[arg(long, value_name = "LIST")]
    lanes: Option<String>,
    /// Threads of the engine, 0 for all.
    #[arg(long, value_name = "N")]
    threads: Option<String>,
}

impl ExperimentArgs {
    /// What the preset changes while it runs, in the form of `--at`.
    fn later(&self) -> Vec<String> {
        let preset = self.preset.as_deref().and_then(preset);
        preset.map_or(&[][..], |p| p.later).iter().map(|(epoch, key, value)| format!("{epoch}:{key}={value}")).collect()
    }

    /// The parameters: defaults, then the file, then flags and `--set`.
    ///
    /// # Errors
    /// Names the key, the range and the place.
    pub fn params(&self) -> Result<Params> {
        let mut params = match &self.experiment {
            Some(path) => experiment_file::load(path)?,
            None => Params::default(),
        };
        if let Some(name) = &self.preset {
            let known = || PRESETS.iter().map(|p| p.key).collect::<Vec<_>>().join(", ");
            let preset = preset(name).ok_or_else(|| Error::BadValue {
                place: "--preset".into(),
                key: "preset".into(),
                expected: format!("one of {}", known()),
                got: name.clone(),
            })?;
            preset.apply(&mut params);
        }
        experiment_file::apply_assignments(&mut params, &self.assignments()?)?;
        Ok(params)
    }

    /// What was set by single flags and `--set`, when nothing else may be given with `flag`.
    fn assignments_alone(&self, flag: &str) -> Result<Vec<(String, String, String)>> {
        let given = [
            ("--experiment", self.experiment.is_some()),
            ("--preset", self.preset.is_some()),
            ("--task", self.task.is_some()),
        ];
        if let Some((other, _)) = given.iter().find(|(_, given)| *given) {
            return Err(Error::System(format!(
                "{flag} goes on with the experiment it finds; {other} cannot go with it"
            )));
        }
        self.assignments()
    }

    /// Key, value and place of everything that was set by flags of its own and by `--set`.
    fn assignments(&self) -> Result<Vec<(String, String, String)>> {
        let mut assignments = Vec::new();
        for (key, value) in [
            ("task", &self.task),
            ("data", &self.data),
            ("epochs", &self.epochs),
            ("seed", &self.seed),
            ("chip", &self.chip),
            ("lanes", &self.lanes),
            ("threads", &self.threads),
        ] {
            if let Some(value) = value {
                assignments.push((key.to_owned(), value.clone(), format!("--{key}")));
            }
        }
        for text in &self.set {
            let (key, value) = parse_assignment(text)?;
            assignments.push((key.to_owned(), value.to_owned(), "--set".to_owned()));
        }
        Ok(assignments)
    }
}

/// The command that runs these parameters in the terminal: what differs from the defaults of the task, in the
/// units of the edge.
pub fn command_line(params: &Params) -> String {
    let defaults = Params::for_task(params.task.kind);
    let mut words = vec![format!("misfit train --task {}", params.task.kind.name())];
    for spec in PARAMS {
        let value = (spec.get)(params);
        if value != (spec.get)(&defaults) {
            let text = format!("{}={}", spec.key, spec.format(&value));
            let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "=_-+.,:/".contains(c));
            // In single quotes a shell takes everything literally but the quote itself.
            let quoted = if plain { text } else { format!("'{}'", text.replace('\'', "'\\''")) };
            words.push(format!("--set {quoted}"));
        }
    }
    words.join(" ")
}

/// Runs a subcommand.
///
/// # Errors
/// Whatever stopped it, in words for the user.
pub fn run(command: Command) -> Result<()> {
    match command {
        Command::Train(args) => train::run(&args),
        Command::Record(args) => record::run(&args),
        Command::Nir(args) => nir::run(&args),
        Command::Reproduce(args) => reproduce::run(&args),
        Command::Sweep(args) => sweep::run_command(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Hear(args) => hear::run(&args),
        Command::Ear(args) => hear::convert(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Presets => {
            presets::run();
            Ok(())
        }
        Command::Params(args) => {
            params::run(&args);
            Ok(())
        }
    }
}

/// Runs an experiment in the terminal, as `misfit train` does.
///
/// # Errors
/// Whatever stopped it, in words for the user.
pub fn train_in_terminal(experiment: &ExperimentArgs, store: &StoreArgs) -> Result<()> {
    let (experiment, store) = (experiment.clone(), store.clone());
    train::run(&train::TrainArgs { experiment, store, ..Default::default() })
}

/// Whoever waits for all runs must not go on with some of them.
fn unfinished(missing: usize) -> Result<()> {
    if missing == 0 {
        return Ok(());
    }
    Err(Error::System(format!("stopped: {missing} runs are missing; the same command goes on from here")))
}

/// The first Ctrl-C sets `stop`, the second takes the hard way.
fn stop_on_signal(stop: &Arc<AtomicBool>) {
    let on_signal = Arc::clone(stop);
    let handler = move || {
        if on_signal.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
    };
    if let Err(why) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl-C will not stop cleanly: {why}");
    }
}

/// Writes a line to stdout; a closed pipe (`misfit params | head`) ends the program quietly.
fn say(line: &str) {
    use std::io::Write as _;
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TaskKind;

    #[test]
    fn the_command_line_of_an_experiment_gives_the_same_experiment() {
        for task in TaskKind::ALL {
            let mut params = Params::for_task(task)
                .with(|p| (p.chip.number, p.chip.sigma_leak, p.network.tau_mem) = (7, Some(0.3), 7.5e-6));
            params.task.data = "it's a folder".into();
            let line = command_line(&params);
            // The shell's part: quotes off.
            let words: Vec<String> = line
                .replace("'\\''", "\u{1}")
                .split('\'')
                .enumerate()
                .flat_map(|(k, part)| {
                    let part = part.replace('\u{1}', "'");
                    if k % 2 == 1 { vec![part] } else { part.split_whitespace().map(str::to_owned).collect() }
                })
                .collect();
            let Some(Command::Train(args)) = Cli::parse_from(words).command else { panic!("{line}") };
            assert_eq!(args.experiment.params().expect("parameters"), params, "{line}");
        }
    }
}
