//! `misfit record`: one batch as a NumPy archive, with all that is needed to compute it again elsewhere.

use std::path::{Path, PathBuf};

use clap::Args;

use super::progress::to_the_end;
use super::{ExperimentArgs, say};
use crate::base::error::{Error, Result};
use crate::exchange::npz;
use crate::params::Lane;
use crate::run::{Run, Stop};

/// Arguments of `misfit record`.
#[derive(Debug, Args)]
#[command(after_long_help = npz::help())]
pub struct RecordArgs {
    /// What is computed.
    #[command(flatten)]
    pub(super) experiment: ExperimentArgs,
    /// How many samples: the first of the training data, as one batch.
    #[arg(long, value_name = "K")]
    samples: usize,
    /// The archive to write.
    #[arg(long, value_name = "FILE.npz")]
    out: PathBuf,
    /// The lane to train and to record; only this one is computed.
    #[arg(long, value_name = "NAME", default_value = "in_the_loop", value_parser = Lane::NAMES.to_vec())]
    lane: String,
    /// Record the first weights, without training.
    #[arg(long)]
    untrained: bool,
}

pub(super) fn run(args: &RecordArgs) -> Result<()> {
    let mut protocol = args.experiment.protocol()?;
    let lane = Lane::from_name(&args.lane).unwrap_or(Lane::InTheLoop);
    protocol.params.learning.lanes = vec![lane];
    // What would be refused after the training is refused before it.
    check_writable(&args.out)?;
    let mut run = Run::begin(protocol)?;
    run.experiment().check_dump(lane, args.samples)?;
    run.start(&Stop::default(), &mut [])?;
    if !args.untrained {
        to_the_end(&mut run)?;
    }
    npz::write(run.experiment(), lane, args.samples, &args.out)?;
    say(&format!(
        "wrote {} samples of the lane {} to {}; `misfit record --help` describes the arrays",
        args.samples,
        lane.name(),
        args.out.display()
    ));
    Ok(())
}

/// Whether a file can be made there; none is.
pub(super) fn check_writable(path: &Path) -> Result<()> {
    let failed = |why: std::io::Error| Error::file("write", path, &why);
    if path.is_dir() || path.file_name().is_none() {
        return Err(failed(std::io::ErrorKind::IsADirectory.into()));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    tempfile::tempfile_in(folder).map(drop).map_err(failed)
}
