//! `misfit sweep`: the same experiment at every point of a grid, in the terminal or on many machines.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{say, unfinished};
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::protocol::quoted;
use crate::run::Stop;
use crate::sweep::runner::{Progress, run, run_one};
use crate::sweep::{Plan, file};

/// Arguments of `misfit sweep`.
#[derive(Debug, Args)]
#[command(after_long_help = FORMAT)]
pub struct SweepArgs {
    /// The file that says which parameters take which values.
    file: PathBuf,
    /// Folder for the records of the runs; a sweep that was stopped goes on from what is there. Without it, results/NAME.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs side by side, 0 for one a processor core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Compute nothing: write an experiment file for every run, commands.txt with one command a line for GNU parallel, array.slurm for Slurm and jobs.sub for HTCondor.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["jobs", "run"])]
    emit: Option<PathBuf>,
    /// Compute only this run, counted from 1.
    #[arg(long, value_name = "K", conflicts_with = "jobs")]
    run: Option<usize>,
}

const FORMAT: &str = "The file of a sweep (TOML):

  [sweep]
  name = \"mismatch\"          # tag of the records; without it the name of the file
  seeds = 3                  # 1 to 3, or a list
  lane = \"in_the_loop\"       # the lane that counts
  stop_early = true          # by the median rule (Golovin et al. 2017); false unless said
  preset = \"stress_30\"       # as with --preset

  [axes]                     # one to three, in the units of `misfit params`
  sigma = { from = 0, to = 50, steps = 6 }
  learning_rate = { from = 0.001, to = 0.1, steps = 3, logarithmic = true }
  weight_bits = [1, 2, 4, 6]

  [experiment]               # any parameters of `misfit params`
  epochs = 10

Records are files of `misfit runs import`. On many machines:

  misfit sweep FILE.toml --emit jobs && parallel -j 8 < jobs/commands.txt
  sbatch jobs/array.slurm
  condor_submit jobs/jobs.sub
  misfit sweep jobs/FILE.toml --out jobs/results      # the table, when all are done";

pub(super) fn run_command(args: &SweepArgs) -> Result<()> {
    let plan = file::load(&args.file)?;
    if let Some(folder) = &args.emit {
        return emit(&plan, &args.file, folder);
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("results").join(&plan.name));
    let stop = Stop::on_signal();
    if let Some(index) = args.run {
        let outcome = run_one(&plan, index, &out, &stop)?;
        let accuracy: Vec<String> =
            outcome.accuracy.iter().map(|(lane, a)| format!("{} {:.2} %", lane.name(), 100.0 * a)).collect();
        let point = &plan.points()?[index - 1];
        say(&format!("{}, seed {}: {}", plan.title(&point.at), outcome.seed, accuracy.join("  ")));
        return outcome.failed.map_or(Ok(()), |why| Err(Error::System(why)));
    }
    let at_once = if args.jobs > 0 { args.jobs } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let total = plan.cells() * plan.seeds.len();
    say(&format!("{}: {total} runs, records in {}", plan.name, out.display()));
    let bar = bar(total as u64);
    let done = std::sync::Mutex::new(usize::MAX);
    let progress = run(&plan, &out, at_once, &stop, &|p: &Progress| {
        bar.set_position(p.done as u64);
        if let Some(to_go) = p.to_go {
            bar.set_message(format!("{} to go", HumanDuration(to_go)));
        }
        let Ok(mut before) = done.lock() else { return };
        if *before != p.done && !p.last.is_empty() {
            let line = format!("{}/{}  {}", p.done, p.total, p.last);
            if bar.is_hidden() { say(&line) } else { bar.println(line) }
        }
        *before = p.done;
    })?;
    bar.finish_and_clear();
    say("");
    say(progress.table.markdown(&plan).trim_end());
    write_atomically(&out.join("table.csv"), progress.table.csv(&plan).as_bytes())?;
    for cell in &progress.table.cells {
        for (outcome, why) in cell.outcomes.iter().filter_map(|o| Some((o, o.failed.as_ref()?))) {
            say(&format!("{}, seed {}: {why}", plan.title(&cell.at), outcome.seed));
        }
    }
    unfinished(progress.total - progress.done)
}

fn bar(runs: u64) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(Some(runs), ProgressDrawTarget::hidden());
    }
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len}  {elapsed} elapsed  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(runs).with_style(style)
}

/// Writes what other machines need: the file of the sweep, an experiment file a run, and a command a run.
fn emit(plan: &Plan, source: &Path, folder: &Path) -> Result<()> {
    let experiments = folder.join("experiments");
    std::fs::create_dir_all(&experiments).map_err(|why| Error::file("create the folder", &experiments, &why))?;
    let text = std::fs::read(source).map_err(|why| Error::file("read", source, &why))?;
    // Under the same name, because that may be the name of the sweep.
    let copy = folder.join(source.file_name().unwrap_or_else(|| "sweep.toml".as_ref()));
    write_atomically(&copy, &text)?;
    let program = std::env::current_exe().map_or_else(|_| "misfit".into(), |path| path.display().to_string());
    let (copy, results) = (absolute(&copy), absolute(&folder.join("results")));
    let mut commands = String::new();
    let points = plan.points()?;
    for (k, point) in points.iter().enumerate() {
        crate::protocol::file::save(&point.params.clone().into(), &experiments.join(format!("{:06}.toml", k + 1)))?;
        let words = [quoted(&program), "sweep".into(), quoted(&copy)];
        let _ = writeln!(commands, "{} --run {} --out {}", words.join(" "), k + 1, quoted(&results));
    }
    write_atomically(&folder.join("commands.txt"), commands.as_bytes())?;
    let (program, folder_text) = (quoted(&program), absolute(folder));
    write_atomically(&folder.join("array.slurm"), slurm(points.len(), &folder_text).as_bytes())?;
    let htcondor = htcondor(points.len(), &program, &copy, &results);
    write_atomically(&folder.join("jobs.sub"), htcondor.as_bytes())?;
    say(&format!(
        "{} runs: commands in {}, experiments in {}; afterwards `misfit sweep {copy} --out {results}` makes the table",
        points.len(),
        folder.join("commands.txt").display(),
        experiments.display()
    ));
    Ok(())
}

/// A job array for Slurm: `sbatch array.slurm` runs every line of the commands once.
fn slurm(runs: usize, folder: &str) -> String {
    let commands = quoted(&format!("{folder}/commands.txt"));
    format!(
        "#!/bin/sh\n#SBATCH --job-name=misfit\n#SBATCH --array=1-{runs}\n#SBATCH --cpus-per-task=1\n\
         eval \"$(sed -n \"${{SLURM_ARRAY_TASK_ID}}p\" {commands})\"\n"
    )
}

/// A submit file for HTCondor: `condor_submit jobs.sub` runs every run once.
fn htcondor(runs: usize, program: &str, copy: &str, results: &str) -> String {
    // HTCondor counts from 0, runs count from 1.
    format!(
        "executable = {program}\narguments = \"sweep '{copy}' --run $(run) --out '{results}'\"\n\
         run = $INT(number)\nnumber = $(Process) + 1\ngetenv = True\nrequest_cpus = 1\nqueue {runs}\n"
    )
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf()).display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_task_of_the_slurm_array_runs_its_own_line_of_the_commands() {
        let folder = tempfile::Builder::new().prefix("with a blank").tempdir().unwrap();
        std::fs::write(folder.path().join("commands.txt"), "echo one\necho 'number two'\necho three\n").unwrap();
        let script = slurm(3, folder.path().to_str().unwrap());
        assert!(script.contains("#SBATCH --array=1-3\n"), "{script}");
        let output =
            std::process::Command::new("sh").args(["-c", &script]).env("SLURM_ARRAY_TASK_ID", "2").output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "number two\n");
    }

    #[test]
    fn htcondor_queues_every_run_once_counted_from_one() {
        let text = htcondor(5, "misfit", "/a b/s.toml", "/a b/results");
        assert!(text.contains("number = $(Process) + 1") && text.ends_with("queue 5\n"), "{text}");
        assert!(text.contains("arguments = \"sweep '/a b/s.toml' --run $(run) --out '/a b/results'\""), "{text}");
    }
}
