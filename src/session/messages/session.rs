//! What the window and the thread that learns say to each other.

use std::path::PathBuf;
use std::time::Duration;

use super::{BenchSetting, Form, Opened, TrimmedSpread};
use crate::base::error::Error;
use crate::params::{Lane, Params};
use crate::protocol::{Protocol, Timed};

/// For the run in progress.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineCommand {
    /// Learn until told otherwise.
    Run,
    /// Stop learning; settings still act on what is shown.
    Pause,
    /// Learn until that many epochs are done, then pause; nothing if they are.
    RunTo(usize),
    /// Learn one batch, then pause.
    StepBatch,
    /// Adopt everything that takes effect at once. A slider drag sends the latest settings, not deltas.
    SetParams(Box<Params>),
    /// Begin anew with this protocol; the same protocol gives the same run.
    Restart(Box<Protocol>),
    /// As [`EngineCommand::Restart`], but nothing is learnt yet.
    Prepare(Box<Protocol>),
    /// Keep the run in hand with its past for [`EngineCommand::BringBack`], and be without one. What is learnt
    /// meanwhile is not recorded.
    SetAside,
    /// Go on with the run that was set aside as if nothing had been done since.
    BringBack,
    /// Measure all neurons through the readout and set their trims.
    Calibrate,
    /// Set all trims back to neutral.
    Uncalibrate,
    /// How fast to learn.
    SetPace(Pace),
    /// Write the network of a lane as a NIR file.
    ExportNir {
        /// Where to.
        path: PathBuf,
        /// Which one.
        lane: Lane,
        /// Nominal, or with the faults of the chip.
        form: Form,
    },
    /// Write a batch of a lane as a NumPy archive, with the weights that the views show.
    Record {
        /// Where to.
        path: PathBuf,
        /// Which one.
        lane: Lane,
    },
    /// Begin anew with the network in a NIR file and these settings for what it does not bring.
    LoadNir {
        /// The file.
        path: PathBuf,
        /// The settings.
        params: Box<Params>,
    },
    /// Forget what came after the moment on display and learn on from there.
    Branch,
    /// Bring back the run that the last [`EngineCommand::Restart`] put away; the present one is put away instead.
    TakeBack,
    /// Do nothing for that long, as a batch that takes forever would; for tests of the window.
    #[doc(hidden)]
    Stall(Duration),
    /// Begin where a checkpoint left off, paused.
    Resume(Box<Opened>),
    /// Write everything that the next batch depends on to a file.
    SaveCheckpoint(PathBuf),
}

/// What a view wants to see of it.
#[derive(Debug, Clone, PartialEq)]
pub enum ViewRequest {
    /// Compare this lane with its ideal twin in the sample on display.
    Twin(Lane),
    /// Record this neuron with the MADC in the sample on display.
    Madc(usize),
    /// Show this test sample (modulo their number) in the sample views.
    ShowSample(usize),
    /// Show this WAV file in the sample views, as the ear hears it, until a test sample is asked for.
    Hear(PathBuf),
    /// Let every lane classify this picture, as long as it is shown; empty for no more.
    Classify(Vec<f32>),
    /// Measure the harm of every hidden neuron of a lane in the background.
    StudyHarm(Lane),
    /// Show every view as it was at the end of this epoch, or as near as a moment was kept; `None` is live.
    LookAt(Option<usize>),
    /// Load the weights of a lane onto that many chips, at several strengths of their faults, in the background.
    TryChips(Lane, usize),
    /// Stop that.
    StopChips,
    /// Run the sample on display that often on the chip of a lane.
    Repeat(Lane, usize),
    /// Send one input into some circuits of the chip from now on, with this set otherwise.
    Bench(Option<BenchSetting>),
    /// Keep an account of what a lane costs.
    Cost(Lane),
    /// Measure what the machine draws while nothing is learnt.
    MeasureRest,
    /// Run the network at other sizes in the background, while nothing is learnt.
    RunSizes,
}

/// What the session thread is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionCommand {
    /// For the run in progress.
    Engine(EngineCommand),
    /// What a view wants to see of it.
    View(ViewRequest),
}

impl From<EngineCommand> for SessionCommand {
    fn from(command: EngineCommand) -> Self {
        Self::Engine(command)
    }
}

impl From<ViewRequest> for SessionCommand {
    fn from(request: ViewRequest) -> Self {
        Self::View(request)
    }
}

/// How fast to learn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// As fast as the machine can.
    Full,
    /// That many batches per second at most.
    BatchesPerSecond(f32),
}

/// From the session to the window: what must not be lost.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// All planned epochs are done; learning goes on.
    Finished {
        /// Epochs done.
        epochs: usize,
    },
    /// The readout of a lane that learns has stopped to rise: no gradient tells how to go on.
    Trapped {
        /// The lane.
        lane: Lane,
        /// Share of the test samples in which no readout rises above where it began, 0…1.
        flat: f64,
    },
    /// No hidden neuron of a lane that learns spikes for any test sample; said once.
    Silent(Lane),
    /// The experiment could not be built or went wrong; the session waits for [`EngineCommand::Restart`].
    Failed(Error),
    /// The run made a change that its protocol planned; these parameters are in force.
    Changed(Box<Params>, Timed),
    /// The chip has been calibrated; so many hidden neurons never spiked, and their thresholds are as they were.
    Calibrated(Vec<TrimmedSpread>, usize),
    /// A file has been written.
    Saved(PathBuf),
    /// A file has not been written, and why.
    NotSaved(Error),
    /// A network was loaded: the settings that it brought, and what changed on the way.
    Loaded {
        /// The settings in force.
        params: Box<Params>,
        /// In sentences.
        notes: Vec<String>,
    },
    /// Settings that were not adopted, and why; the run goes on with the old ones.
    Refused(Error),
    /// The run goes on from the past, or a run that was put away is back, with these settings.
    WentBack {
        /// The settings in force.
        params: Box<Params>,
        /// Whether its chip is calibrated.
        calibrated: bool,
    },
}
