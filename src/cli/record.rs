//! `misfit record`: one batch as a NumPy archive, with all that is needed to compute it again elsewhere.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{ExperimentArgs, say};
use crate::base::error::{Error, Result};
use crate::export::npz;
use crate::params::LaneKind;
use crate::training::Experiment;

/// Arguments of `misfit record`.
#[derive(Debug, Args)]
#[command(after_long_help = npz::help())]
pub struct RecordArgs {
    /// What is computed.
    #[command(flatten)]
    experiment: ExperimentArgs,
    /// How many samples: the first of the training data, as one batch.
    #[arg(long, value_name = "K")]
    samples: usize,
    /// The archive to write.
    #[arg(long, value_name = "FILE.npz")]
    out: PathBuf,
    /// The lane to train and to record; only this one is computed.
    #[arg(long, value_name = "NAME", default_value = "in_the_loop", value_parser = LaneKind::NAMES.to_vec())]
    lane: String,
    /// Calibrate the chip through its readout before training.
    #[arg(long)]
    calibrate: bool,
    /// Record the first weights, without training.
    #[arg(long)]
    untrained: bool,
}

pub(super) fn run(args: &RecordArgs) -> Result<()> {
    let mut params = args.experiment.params()?;
    let lane = LaneKind::from_name(&args.lane).unwrap_or(LaneKind::InTheLoop);
    params.learning.lanes = vec![lane];
    // What would be refused after the training is refused before it.
    check_writable(&args.out)?;
    let mut experiment = Experiment::new(&params)?;
    experiment.check_take(lane, args.samples)?;
    if args.calibrate && experiment.calibrate(&|| true).is_none() {
        return Err(Error::System("there is nothing to calibrate: the lane does not use the chip".into()));
    }
    if !args.untrained {
        train(&mut experiment, lane)?;
    }
    npz::write(&experiment, lane, args.samples, &args.out)?;
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

/// Trains to the end and tells stderr how far it is.
fn train(experiment: &mut Experiment, lane: LaneKind) -> Result<()> {
    let epochs = experiment.params().learning.epochs;
    tell(&format!("training the lane {} for {epochs} epochs; --untrained skips this", lane.name()));
    while !experiment.is_finished() {
        let step = experiment.step()?;
        for report in step.epoch_done.iter().flatten() {
            tell(&format!("epoch {} of {epochs}: test accuracy {:.1} %", report.epoch, 100.0 * report.test_accuracy));
        }
    }
    Ok(())
}

/// Writes a line to stderr; if that is closed there is nobody to tell.
fn tell(line: &str) {
    drop(writeln!(std::io::stderr(), "{line}"));
}
