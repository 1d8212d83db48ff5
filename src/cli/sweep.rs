//! `misfit sweep`: the same experiment at every point of a grid.

use std::path::PathBuf;

use clap::Args;

use super::batch::{BatchArgs, absolute, carry_out};
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::batch::file;

/// Arguments of `misfit sweep`.
#[derive(Debug, Args)]
#[command(after_long_help = FORMAT)]
pub struct SweepArgs {
    /// The file that says which parameters take which values.
    file: PathBuf,
    /// How it is computed.
    #[command(flatten)]
    batch: BatchArgs,
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

pub(super) fn run(args: &SweepArgs) -> Result<()> {
    let (plan, source) = (file::load(&args.file)?, &args.file);
    carry_out(&plan, &args.batch, |folder| {
        let text = std::fs::read(source).map_err(|why| Error::file("read", source, &why))?;
        // Under the same name, because that may be the name of the sweep.
        let copy = folder.join(source.file_name().unwrap_or_else(|| "sweep.toml".as_ref()));
        write_atomically(&copy, &text)?;
        Ok(vec!["sweep".into(), absolute(&copy)])
    })
}
