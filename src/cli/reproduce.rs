//! `misfit reproduce`: the studies of the paper, in the terminal.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{ExperimentArgs, say, unfinished};
use crate::base::error::{Error, Result};
use crate::params::{Params, TaskKind};
use crate::run::Stop;
use crate::study::catalogue::{Request, STUDIES, study};
use crate::study::runner::{self, Progress};
use crate::study::{LaneOutcome, Outcome, report};

/// Arguments of `misfit reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// The study; without it they are listed.
    pub name: Option<String>,
    /// What every run starts from.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// A task for table1 with its folder, such as mnist=DIR; may be repeated. Without it, the tasks that Misfit brings.
    #[arg(long, value_name = "TASK[=DIR]")]
    pub with: Vec<String>,
    /// Seeds, from 1 on.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub seeds: u32,
    /// Runs side by side, 0 for one a processor core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub jobs: usize,
    /// Folder for results. A study that was stopped goes on from what is there.
    #[arg(long, value_name = "DIR", default_value = "results")]
    pub out: PathBuf,
}

pub(super) fn run(args: &ReproduceArgs) -> Result<()> {
    let Some(name) = &args.name else {
        for (name, question) in STUDIES {
            say(&format!("{name:<18} {question}"));
        }
        return Ok(());
    };
    let protocol = args.experiment.protocol()?;
    let (base, schedule) = (protocol.params.clone(), protocol.schedule().to_vec());
    let request = Request { tasks: tasks(args, &base)?, base, seeds: args.seeds.max(1), schedule };
    let study = study(name, &request)?;
    for job in &study.jobs {
        job.params.check()?;
    }
    let file = args.out.join(format!("{}.jsonl", study.name));
    let at_once = if args.jobs > 0 { args.jobs } else { std::thread::available_parallelism().map_or(1, usize::from) };
    say(&format!("{}: {} ({} runs, results in {})", study.name, study.question, study.jobs.len(), file.display()));
    let stop = Stop::on_signal();
    let epochs: u64 = study.jobs.iter().map(|job| u64::from(job.params.learning.epochs)).sum();
    let bar = bar(epochs);
    let results = runner::run(&study, &file, at_once, &stop, &|progress| match progress {
        Progress::Begun { .. } => {}
        Progress::Epoch { done, .. } => {
            if bar.position() == 0 && done > 1 {
                // Epochs of earlier sittings took no time today: leave them out of the estimate.
                bar.set_position(done as u64 - 1);
                bar.reset_eta();
            }
            bar.set_position(done as u64);
        }
        Progress::Finished { job, outcome, done, total } => {
            let lanes: Vec<String> = outcome.lanes.iter().map(lane).collect();
            let line = format!("{done}/{total}  {}: {}  ({:.0} s)", job.title(), lanes.join("  "), outcome.seconds);
            if bar.is_hidden() {
                let to_go = HumanDuration(bar.eta());
                say(&format!("{line}  {to_go} to go"));
            } else {
                bar.println(line);
            }
        }
    })?;
    bar.finish_and_clear();
    let missing = results.iter().filter(|r| r.is_none()).count();
    let outcomes: Vec<Outcome> = results.into_iter().flatten().collect();
    report::write(&study, &outcomes, &args.out)?;
    say("");
    say(report::markdown(&study, &outcomes).trim_end());
    unfinished(missing)
}

fn lane(l: &LaneOutcome) -> String {
    format!("{} {:.2} %", l.lane.name(), 100.0 * l.test_accuracy)
}

fn bar(epochs: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(epochs), ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {percent:>3} %  {elapsed} elapsed, {eta} to go")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(epochs).with_style(style)
}

/// The tasks of table 1: those asked for, or those that need no data.
fn tasks(args: &ReproduceArgs, base: &Params) -> Result<Vec<Params>> {
    let of = |task| Params::for_task(task).with(|p| p.learning.lanes.clone_from(&base.learning.lanes));
    if args.with.is_empty() {
        if base.task.kind.needs_data() {
            return Ok(vec![base.clone()]);
        }
        return Ok(TaskKind::ALL.into_iter().filter(|t| !t.needs_data()).map(of).collect());
    }
    let task = |text: &String| {
        let (name, folder) = text.split_once('=').unwrap_or((text, ""));
        let known = TaskKind::NAMES.iter().position(|n| *n == name).ok_or_else(|| Error::BadValue {
            place: "--with".into(),
            key: "with".into(),
            expected: format!("TASK or TASK=DIR with one of {}", TaskKind::NAMES.join(", ")),
            got: text.clone(),
        })?;
        Ok(of(TaskKind::ALL[known]).with(|p| p.task.data = folder.into()))
    };
    args.with.iter().map(task).collect()
}
