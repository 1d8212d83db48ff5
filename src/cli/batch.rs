//! Plans of many runs: in the terminal, or as commands for many machines.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use indicatif::HumanDuration;

use super::progress::bar;
use super::say;
use crate::base::error::{Error, Result};
use crate::base::files::{create_folder, write_atomically};
use crate::batch::{Outcome, Plan, run, run_one};
use crate::protocol::{file, quoted};
use crate::run::Stop;

/// How a plan is computed.
#[derive(Debug, Clone, Args)]
pub struct BatchArgs {
    /// Folder for the records of the runs and the table; what was stopped goes on from what is there. Without it, results/NAME.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Runs side by side, 0 for one a processor core.
    #[arg(long, value_name = "N", default_value_t = 0)]
    jobs: usize,
    /// Compute nothing: write an experiment file for every run, commands.txt with one command a line for GNU parallel, array.slurm for Slurm and jobs.sub for HTCondor.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["jobs", "run", "out"])]
    emit: Option<PathBuf>,
    /// Compute only this run, counted from 1.
    #[arg(long, value_name = "K", conflicts_with = "jobs")]
    run: Option<usize>,
}

/// Computes or emits a plan. `again` puts what the plan was made from into a folder, and returns the subcommand that
/// makes the plan from there, without the arguments of this module.
pub(super) fn carry_out(plan: &Plan, args: &BatchArgs, again: impl FnOnce(&Path) -> Result<Vec<String>>) -> Result<()> {
    if let Some(folder) = &args.emit {
        return emit(plan, folder, again);
    }
    let out = args.out.clone().unwrap_or_else(|| Path::new("results").join(&plan.name));
    let stop = Stop::on_signal();
    if let Some(number) = args.run {
        let outcome = run_one(plan, number, &out, &stop)?;
        say(&told(&plan.title(number - 1), &outcome));
        return outcome.failed.map_or(Ok(()), |why| Err(Error::System(why)));
    }
    let at_once = if args.jobs > 0 { args.jobs } else { std::thread::available_parallelism().map_or(1, usize::from) };
    say(&format!("{}: {} runs, records in {}", plan.name, plan.runs(), out.display()));
    let bar = bar(plan.runs() as u64, false, "{bar:30} {pos}/{len}  {elapsed} elapsed{msg}");
    let progress = run(plan, &out, at_once, &stop, &|progress, finished| {
        bar.set_position(progress.done as u64);
        let to_go = progress.to_go.map_or_else(String::new, |time| format!("  {} to go", HumanDuration(time)));
        bar.set_message(to_go.clone());
        if let Some(outcome) = finished {
            let line = format!("{}/{}  {}", progress.done, progress.total, told(&progress.last, outcome));
            if bar.is_hidden() { say(&format!("{line}{to_go}")) } else { bar.println(line) }
        }
    })?;
    bar.finish_and_clear();
    say("");
    say(progress.table.markdown(plan).trim_end());
    progress.table.failures(plan).for_each(|failure| say(&failure));
    match progress.total - progress.done {
        0 => Ok(()),
        // A script that waits for all runs must not go on with some of them.
        missing => Err(Error::System(format!("{missing} runs are missing; the same command goes on from here"))),
    }
}

/// A run and its accuracies in one line.
fn told(title: &str, outcome: &Outcome) -> String {
    let lanes = outcome.lanes.iter().map(|l| format!("  {} {:.2} %", l.lane.name(), 100.0 * l.test_accuracy));
    format!("{title}:{}", if outcome.failed.is_some() { "  failed".into() } else { lanes.collect::<String>() })
}

/// Writes what other machines need: what the plan was made from, an experiment file a run, and a command a run.
fn emit(plan: &Plan, folder: &Path, again: impl FnOnce(&Path) -> Result<Vec<String>>) -> Result<()> {
    let experiments = folder.join("experiments");
    create_folder(&experiments)?;
    let program = std::env::current_exe().map_or_else(|_| "misfit".into(), |path| path.display().to_string());
    let (words, out) = (again(folder)?, ["--out".into(), absolute(&folder.join("results"))]);
    let shell = |words: &[String]| words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
    let mut commands = String::new();
    for run in 0..plan.runs() {
        file::save(&plan.protocol(run), &experiments.join(format!("{:06}.toml", run + 1)))?;
        let _ = writeln!(commands, "{} {} --run {} {}", quoted(&program), shell(&words), run + 1, shell(&out));
    }
    write_atomically(&folder.join("commands.txt"), commands.as_bytes())?;
    write_atomically(&folder.join("array.slurm"), slurm(plan.runs(), &absolute(folder)).as_bytes())?;
    let run = ["--run".to_owned(), "$(run)".to_owned()];
    let htcondor = htcondor(plan.runs(), &program, &[&words[..], &run, &out].concat());
    write_atomically(&folder.join("jobs.sub"), htcondor.as_bytes())?;
    say(&format!(
        "{} runs: commands in {}, experiments in {}; afterwards `misfit {} {}` makes the table",
        plan.runs(),
        folder.join("commands.txt").display(),
        experiments.display(),
        shell(&words),
        shell(&out)
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
fn htcondor(runs: usize, program: &str, words: &[String]) -> String {
    // HTCondor counts from 0, runs count from 1. Within single quotes both kinds of quotes are doubled.
    let quoted = |word: &String| format!("'{}'", word.replace('\'', "''").replace('"', "\"\""));
    let arguments = words.iter().map(quoted).collect::<Vec<_>>().join(" ");
    format!(
        "executable = {program}\narguments = \"{arguments}\"\n\
         run = $INT(number)\nnumber = $(Process) + 1\ngetenv = True\nrequest_cpus = 1\nqueue {runs}\n"
    )
}

/// The path from the root, so that it is right in any folder.
pub(super) fn absolute(path: &Path) -> String {
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
        let words = ["sweep", "/a b/it's \"s\".toml", "--run", "$(run)"].map(str::to_owned);
        let text = htcondor(5, "misfit", &words);
        assert!(text.contains("number = $(Process) + 1") && text.ends_with("queue 5\n"), "{text}");
        let expected = "arguments = \"'sweep' '/a b/it''s \"\"s\"\".toml' '--run' '$(run)'\"";
        assert!(text.contains(expected), "{text}");
    }
}
