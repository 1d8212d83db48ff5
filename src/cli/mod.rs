//! The command line: one file per subcommand, no window.

mod batch;
mod bench;
mod chip;
mod cost;
mod desktop;
mod hear;
mod keep;
mod lessons;
mod nir;
mod params;
mod presets;
mod progress;
mod record;
mod reproduce;
mod runs;
mod sweep;
mod train;

pub use keep::StoreArgs;
pub use params::markdown as parameter_table;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::{Args, Parser, Subcommand};

use crate::base::error::{Error, Result, printable};
use crate::params::parse_assignment;
use crate::protocol::{PRESETS, Protocol, Timed, When, file, preset};

/// Watch a mismatched analog spiking network learn to fit.
///
/// Without a subcommand the window opens. Without a display the same experiment runs in the terminal.
#[derive(Debug, Parser)]
#[command(version = desktop::version(), args_conflicts_with_subcommands = true)]
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
    /// How the views are arranged; story is the first screen.
    #[arg(long, value_name = "NAME", value_parser = ["story", "demo", "explore", "train"])]
    pub layout: Option<String>,
    /// Open a lesson file.
    #[arg(long, value_name = "FILE.toml")]
    pub lesson: Option<PathBuf>,
    /// Tell the story again and again, for open days.
    #[arg(long)]
    pub kiosk: bool,
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
    /// List, show, compare, mark, delete, check, export and import the runs that are kept.
    Runs(runs::RunsArgs),
    /// Hear a WAV file: its spikes as a picture in the terminal.
    Hear(Box<hear::HearArgs>),
    /// Turn a folder of recordings into one file of spikes, as the embedded words were made.
    #[command(hide = true)]
    Ear(hear::EarArgs),
    /// Tell what a network costs, within which boundary, beside published systems and this machine.
    Cost(Box<cost::CostArgs>),
    /// Measure how fast the engine is on this machine.
    Bench(bench::BenchArgs),
    /// Chips of somebody else: check a program that is one, or serve Misfit's own to others.
    Chip(chip::ChipArgs),
    /// List lessons, check a file of your own, play one without a window, or print it.
    Lessons(lessons::LessonsArgs),
    /// List the presets: sets of imperfections, and experiments that are worth seeing.
    Presets,
    /// List every parameter with range, unit, default and meaning.
    Params(params::ParamsArgs),
    /// Completions for a shell, or the man page.
    Desktop(desktop::DesktopArgs),
}

/// Everything that decides what is computed.
#[derive(Debug, Clone, Default, Args)]
pub struct ExperimentArgs {
    /// The task to learn: digits, yin_yang, spoken; with --data also mnist, fashion_mnist, shd, speech.
    #[arg(long, value_name = "NAME")]
    task: Option<String>,
    /// Folder with your own data.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
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
    /// Calibrate the chip through its readout before training.
    #[arg(long)]
    calibrate: bool,
    /// Do something after an epoch, as a hand would: set a parameter (20:silent_neurons=30), calibrate, uncalibrate, silence=NEURON or revive=NEURON. EPOCH+BATCH counts batches of the next epoch too. May be repeated.
    #[arg(long, value_name = "EPOCH:KEY=VALUE")]
    at: Vec<String>,
}

impl ExperimentArgs {
    /// The protocol: defaults, then the file, the preset, flags and `--set`; `--calibrate` and `--at` come on top.
    ///
    /// # Errors
    /// Names the key, the range and the place.
    pub fn protocol(&self) -> Result<Protocol> {
        let mut protocol = match &self.experiment {
            Some(path) => file::load(path)?,
            None => Protocol::default(),
        };
        if let Some(name) = &self.preset {
            let known = || PRESETS.iter().map(|p| p.key).collect::<Vec<_>>().join(", ");
            let preset = preset(name).ok_or_else(|| Error::BadValue {
                place: "--preset".into(),
                key: "preset".into(),
                expected: format!("one of {}", known()),
                got: name.clone(),
            })?;
            protocol = preset.on(protocol)?;
        }
        file::apply_assignments(&mut protocol.params, &self.assignments()?)?;
        if self.calibrate {
            protocol = protocol.calibrated_first();
        }
        for Timed { when, change } in self.planned()? {
            protocol.add(when, change);
        }
        protocol.check()?;
        let epochs = protocol.params.learning.epochs as usize;
        for timed in protocol.planned_after(When::after(epochs)) {
            log::warn!("--at {timed} is after the last epoch, {epochs}: it waits for a run that goes on from this one");
        }
        Ok(protocol)
    }

    /// What `--at` plans.
    ///
    /// # Errors
    /// Names what was expected.
    fn planned(&self) -> Result<Vec<Timed>> {
        self.at.iter().map(|text| Timed::parse(text, "--at")).collect()
    }

    /// Whether anything is said about the experiment at all.
    pub fn is_named(&self) -> bool {
        !self.words().is_empty()
    }

    /// The flags that name the same experiment, whatever folder they are given in.
    fn words(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut give = |flag: &str, value: Option<String>| {
            words.extend(value.into_iter().flat_map(|value| [format!("--{flag}"), value]));
        };
        give("experiment", self.experiment.as_deref().map(batch::absolute));
        give("preset", self.preset.clone());
        give("data", self.data.as_deref().map(batch::absolute));
        for (flag, value) in [
            ("task", &self.task),
            ("epochs", &self.epochs),
            ("seed", &self.seed),
            ("chip", &self.chip),
            ("lanes", &self.lanes),
            ("threads", &self.threads),
        ] {
            give(flag, value.clone());
        }
        for text in &self.set {
            let folder = text.strip_prefix("data=").map(|folder| format!("data={}", batch::absolute(folder.as_ref())));
            give("set", Some(folder.unwrap_or_else(|| text.clone())));
        }
        self.at.iter().for_each(|text| give("at", Some(text.clone())));
        words.extend(self.calibrate.then(|| "--calibrate".to_owned()));
        words
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
        let data = self.data.as_deref().map(in_utf8).transpose()?;
        for (key, value) in [
            ("task", &self.task),
            ("data", &data),
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
        Command::Sweep(args) => sweep::run(&args),
        Command::Runs(args) => runs::run(&args),
        Command::Hear(args) => hear::run(&args),
        Command::Ear(args) => hear::convert(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Chip(args) => chip::run(&args),
        Command::Lessons(args) => lessons::run(&args),
        Command::Presets => {
            presets::run();
            Ok(())
        }
        Command::Desktop(args) => desktop::run(&args),
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

/// Something could not be written to stdout.
static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// A number of things.
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// Writes a line to stdout; a closed pipe (`misfit params | head`) ends the program quietly.
fn say(line: &str) {
    report_output(writeln!(std::io::stdout(), "{}", printable(line)));
}

/// What came of writing to stdout. A full disk is told once, and whatever is under way goes on; [`is_output_whole`] then
/// says no.
pub fn report_output(written: std::io::Result<()>) {
    let Err(why) = written else { return };
    if why.kind() == std::io::ErrorKind::BrokenPipe {
        std::process::exit(0);
    }
    if !UNWRITTEN.swap(true, Ordering::Relaxed) {
        log::error!("cannot write to the standard output: {why}");
    }
}

/// Whether everything that was to be written to stdout is there.
pub fn is_output_whole() -> bool {
    !UNWRITTEN.load(Ordering::Relaxed)
}

/// A folder as it can stand in an experiment file.
fn in_utf8(folder: &Path) -> Result<String> {
    folder.to_str().map(str::to_owned).ok_or_else(|| Error::BadValue {
        place: "--data".into(),
        key: "data".into(),
        expected: "a path in UTF-8, as experiment files are; rename the folder, or link to it with `ln -s`".into(),
        got: folder.display().to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Params, TaskKind};

    #[test]
    fn the_command_line_of_an_experiment_gives_the_same_experiment() {
        for task in TaskKind::ALL {
            let mut params = Params::for_task(task)
                .with(|p| (p.chip.number, p.chip.sigma_leak, p.network.tau_mem) = (7, Some(0.3), 7.5e-6));
            params.task.data = "it's a folder".into();
            let line = crate::protocol::command_line(&Protocol::new(params.clone()));
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
            assert_eq!(args.experiment.protocol().expect("a protocol").params, params, "{line}");
        }
    }

    #[test]
    fn every_way_in_takes_the_schedule_of_a_preset_and_what_is_planned_beside_it() {
        let of = |words: &[&str]| match Cli::parse_from(words) {
            Cli { command: None, experiment, .. } => experiment,
            Cli { command: Some(Command::Train(args)), .. } => args.experiment,
            Cli { command: Some(Command::Reproduce(args)), .. } => args.experiment,
            Cli { command: Some(Command::Record(args)), .. } => args.experiment,
            Cli { command: Some(Command::Hear(args)), .. } => args.experiment,
            other => panic!("{other:?}"),
        };
        for way in [
            &["misfit"][..],
            &["misfit", "train"],
            &["misfit", "reproduce", "table1"],
            &["misfit", "record", "--samples", "3", "--out", "x.npz"],
            &["misfit", "hear", "x.wav"],
        ] {
            let more = ["--preset", "story_damage", "--calibrate", "--at", "2+1:silence=3"];
            let words: Vec<&str> = way.iter().chain(&more).copied().collect();
            let protocol = of(&words).protocol().expect("a protocol");
            let said: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
            assert_eq!(said, ["0:calibrate", "2+1:silence=3", "10:silent_neurons=80"], "{way:?}");
        }
    }
}
