//! `misfit chip`: chips of somebody else, and Misfit's own chip for others.

mod serve;

use std::io::{BufReader, BufWriter};
use std::time::Duration;

use clap::{Args, Subcommand};

use super::{ExperimentArgs, say};
use crate::base::error::{Error, Result};
use crate::foreign::check::check;
use crate::foreign::program::become_program;

/// Arguments of `misfit chip`.
#[derive(Debug, Args)]
pub struct ChipArgs {
    #[command(subcommand)]
    command: ChipCommand,
}

#[derive(Debug, Subcommand)]
enum ChipCommand {
    /// Say what a program does wrong that wants to be a chip.
    Check {
        /// The command that starts it, as for `chip_program`.
        #[arg(value_name = "COMMAND")]
        command: String,
        /// Seconds that an answer may take.
        #[arg(long, value_name = "S", default_value_t = 60.0)]
        patience: f64,
    },
    /// Be a chip: Misfit's own one, on stdin and stdout. Of the experiment only the chip matters.
    Serve(Box<ExperimentArgs>),
    /// Become a program that ends when the Misfit that starts it ends.
    #[command(hide = true)]
    Exec {
        /// The process that starts it.
        parent: u32,
        /// Program and arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
}

pub(super) fn run(args: &ChipArgs) -> Result<()> {
    match &args.command {
        ChipCommand::Check { command, patience } => check_all(command, *patience),
        ChipCommand::Serve(experiment) => {
            let params = experiment.protocol()?.params;
            let threads = params.learning.threads as usize;
            // A pool that was built before is as good.
            drop(rayon::ThreadPoolBuilder::new().num_threads(threads).build_global());
            let (mut input, mut output) = (BufReader::new(std::io::stdin().lock()), std::io::stdout().lock());
            serve::serve(&params, &mut input, &mut BufWriter::new(&mut output))
        }
        ChipCommand::Exec { parent, words } => {
            let why = become_program(*parent, words);
            Err(Error::System(format!("cannot start {}: {why}", words.join(" "))))
        }
    }
}

fn check_all(command: &str, patience: f64) -> Result<()> {
    if !(0.01..=3600.0).contains(&patience) {
        return Err(Error::BadValue {
            place: "--patience".into(),
            key: "patience".into(),
            expected: "a number from 0.01 to 3600".into(),
            got: patience.to_string(),
        });
    }
    let findings = check(command, Duration::from_secs_f64(patience), &mut |finding| match &finding.problem {
        None => say(&format!("ok       {}", finding.name)),
        Some(problem) => say(&format!("PROBLEM  {}: {problem}", finding.name)),
    });
    let problems = findings.iter().filter(|finding| finding.problem.is_some()).count();
    if problems > 0 {
        return Err(Error::System(format!("{problems} of {} checks found a problem", findings.len())));
    }
    say(&format!("all {} checks passed", findings.len()));
    Ok(())
}
