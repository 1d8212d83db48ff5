//! What the window and the worker say to each other.

mod answers;
mod chip;
mod compared;
mod runs;
mod sample;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::error::Error;
pub use crate::batch::paper::{Request as StudyRequest, STUDIES, plan as study_of};
pub use crate::batch::{
    Axis as SweepAxis, Chart, ChartAxis, Column, Curve, Grid, Plan, Progress as BatchProgress, Statistic, Table,
    Variant, percent,
};
pub use crate::nir::Form;
use crate::params::{Lane, Params};
use crate::protocol::{Protocol, Timed};
pub use crate::recording::Codes;
pub use crate::spikes::GridSpike;
pub use crate::task::Picture;
pub use crate::training::calibration::TrimmedSpread;
pub use crate::training::metrics::{EpochReport, RECOVERED_WITHIN, Recovery, Scores};
pub use crate::training::study::{Examination, Harm, Round};
pub use chip::{ChipView, ChipsView, HarmView, MEASURED, Spread, yield_of};
pub use compared::Compared;
pub use runs::{
    Checkpoint, Entry, MOST_PINNED, Opened, PinnedCurves, PinnedGroup, RunCommand, RunEdit, RunEvent, RunsView, Sort,
    State, Summary, utc,
};
pub use sample::{DecisionMap, Drawing, LaneTrace, MadcTrace, Repeated, RepeatsView, SampleView};

/// For the run in progress.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineCommand {
    /// Learn until told otherwise or until the planned epochs are done.
    Run,
    /// Stop learning; settings still act on what is shown.
    Pause,
    /// Learn one batch, then pause.
    StepBatch,
    /// Adopt everything that takes effect at once. A slider drag sends the latest settings, not deltas.
    SetParams(Box<Params>),
    /// Begin anew with this protocol; the same protocol gives the same run.
    Restart(Box<Protocol>),
    /// Measure all neurons through the readout and set their trims.
    Calibrate,
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
}

/// For many runs in the background.
#[derive(Debug, Clone, PartialEq)]
pub enum BatchCommand {
    /// Compute a plan in the background; what the folder has of it is not computed again. A plan that is at work
    /// already goes on instead.
    Start {
        /// What is computed.
        plan: Box<Plan>,
        /// Where its records and tables are.
        folder: PathBuf,
    },
    /// Cancel it; whole runs are kept.
    Stop,
}

/// For the controls: what the pointer does in a view is a setting like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ControlCommand {
    /// Silence or revive one hidden neuron of the chip by hand.
    Neuron {
        /// Which one.
        neuron: u32,
        /// Silence it, or else revive it.
        silent: bool,
    },
}

/// What the session thread is sent.
#[derive(Debug, Clone, PartialEq)]
pub enum SessionCommand {
    /// For the run in progress.
    Engine(EngineCommand),
    /// What a view wants to see of it.
    View(ViewRequest),
}

/// What a view or the window asks for, by its recipient.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// For the session thread.
    Session(SessionCommand),
    /// For many runs in the background.
    Batch(BatchCommand),
    /// For the thread that keeps runs.
    Store(RunCommand),
    /// For the controls.
    Control(ControlCommand),
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

impl<T: Into<SessionCommand>> From<T> for Command {
    fn from(command: T) -> Self {
        Self::Session(command.into())
    }
}

impl From<BatchCommand> for Command {
    fn from(command: BatchCommand) -> Self {
        Self::Batch(command)
    }
}

impl From<RunCommand> for Command {
    fn from(command: RunCommand) -> Self {
        Self::Store(command)
    }
}

impl From<ControlCommand> for Command {
    fn from(command: ControlCommand) -> Self {
        Self::Control(command)
    }
}

/// Commands of one frame, in their order.
#[derive(Debug, Default)]
pub struct Outbox(pub Vec<Command>);

impl Outbox {
    /// Adds a command for whichever recipient it is.
    pub fn push(&mut self, command: impl Into<Command>) {
        self.0.push(command.into());
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

/// From the worker to the window: what must not be lost.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// All planned epochs are done; learning is paused.
    Finished {
        /// Epochs done.
        epochs: usize,
    },
    /// The experiment could not be built or went wrong; the worker waits for [`EngineCommand::Restart`].
    Failed(Error),
    /// The run made a change that its protocol planned; these parameters are in force.
    Changed(Box<Params>, Timed),
    /// The chip has been calibrated.
    Calibrated(Vec<TrimmedSpread>),
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
    WentBack(Box<Params>),
}

/// Everything the views draw. Immutable, replaced as a whole.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Counts restarts, so that views forget zoom and selection of an older experiment.
    pub generation: u64,
    /// The parameters in force.
    pub params: Arc<Params>,
    /// The protocol that repeats this run as far as it is learnt, with what is planned.
    pub protocol: Arc<Protocol>,
    /// Whether the worker is learning.
    pub running: bool,
    /// Why there is no experiment.
    pub failure: Option<Error>,
    /// Epoch in progress, counted from 1.
    pub epoch: usize,
    /// Batches done in this epoch.
    pub batch: usize,
    /// Batches per epoch.
    pub batches: usize,
    /// Batches learnt per second of wall time, lately.
    pub batches_per_second: f64,
    /// One curve a lane.
    pub curves: Vec<LaneCurves>,
    /// Test split evaluated with the settings and weights of this moment, one entry a lane.
    pub now: Vec<(Lane, Scores)>,
    /// Input events that the link lost in the last batch of the lane in the loop.
    pub lost_events: u64,
    /// What became of the lane in the loop since its chip was last disturbed.
    pub recovery: Option<Recovery>,
    /// The circuits of the chip.
    pub chip: Arc<ChipView>,
    /// The sample on display.
    pub sample: Option<Arc<SampleView>>,
    /// Yin-Yang only: what every lane answers where.
    pub decision_map: Option<Arc<DecisionMap>>,
    /// The weights of every lane, now and at the start.
    pub weights: Option<Arc<WeightsView>>,
    /// What every lane does on the test split, from the last evaluation.
    pub examined: Arc<Vec<Examination>>,
    /// The last round of the lane in the loop.
    pub round: Option<Round>,
    /// What every lane makes of the picture that was drawn.
    pub drawing: Option<Arc<Drawing>>,
    /// The harm of the hidden neurons, as far as it is measured.
    pub harm: Option<Arc<HarmView>>,
    /// What the user changed, and when.
    pub changes: Arc<Vec<Change>>,
    /// The last sweep; the window puts it in.
    pub sweep: Option<Arc<BatchView>>,
    /// The last study; the window puts it in.
    pub study: Option<Arc<BatchView>>,
    /// The same weights on many chips, as far as they are tried.
    pub chips: Option<Arc<ChipsView>>,
    /// One sample many times.
    pub repeats: Option<Arc<RepeatsView>>,
    /// Cosine of the angle between the gradient of the lane in the loop and the informed one over the epochs:
    /// weights into hidden and into readout neurons.
    pub gradient: [Arc<Vec<[f64; 2]>>; 2],
    /// The moments that can be looked at.
    pub timeline: Arc<Timeline>,
    /// All views show the end of this epoch; `None` when they are live.
    pub looking_at: Option<usize>,
    /// Epochs of the run that a restart has put away and that can be taken back.
    pub put_away: Option<usize>,
}

impl Snapshot {
    /// A snapshot of nothing, for the moment before the first one arrives.
    pub fn empty(params: &Params) -> Self {
        Self {
            generation: 0,
            params: Arc::new(params.clone()),
            protocol: Arc::new(params.clone().into()),
            running: false,
            failure: None,
            epoch: 1,
            batch: 0,
            batches: 0,
            batches_per_second: 0.0,
            curves: Vec::new(),
            now: Vec::new(),
            lost_events: 0,
            recovery: None,
            chip: Arc::default(),
            sample: None,
            decision_map: None,
            weights: None,
            examined: Arc::default(),
            round: None,
            drawing: None,
            harm: None,
            changes: Arc::default(),
            sweep: None,
            study: None,
            chips: None,
            repeats: None,
            gradient: Default::default(),
            timeline: Arc::default(),
            looking_at: None,
            put_away: None,
        }
    }

    /// What a lane does on the test split.
    pub fn examination(&self, lane: Lane) -> Option<&Examination> {
        self.examined.iter().find(|e| e.lane == lane)
    }

    /// Test accuracy of a lane at this moment, 0…1.
    pub fn accuracy(&self, lane: Lane) -> Option<f64> {
        self.now.iter().find(|(l, _)| *l == lane).map(|(_, scores)| scores.accuracy)
    }
}

/// A plan in the background, as far as it is.
#[derive(Debug, Clone)]
pub struct BatchView {
    /// What is computed.
    pub plan: Arc<Plan>,
    /// Where its records and tables are.
    pub folder: PathBuf,
    /// How far it is, and what came of it so far.
    pub progress: BatchProgress,
    /// Whether it is at work.
    pub running: bool,
    /// Why it ended before its time.
    pub error: Option<Error>,
}

/// What one lane achieved over time; x is the number of epochs.
#[derive(Debug, Clone)]
pub struct LaneCurves {
    /// The lane.
    pub lane: Lane,
    /// Loss of every batch.
    pub batch_loss: Arc<Vec<[f64; 2]>>,
    /// Loss on the test split after every epoch.
    pub test_loss: Arc<Vec<[f64; 2]>>,
    /// Accuracy on the test split after every epoch, in %.
    pub test_accuracy: Arc<Vec<[f64; 2]>>,
    /// Accuracy of every batch, in %.
    pub batch_accuracy: Arc<Vec<[f64; 2]>>,
    /// Hidden spikes per test sample after every epoch.
    pub hidden_spikes: Arc<Vec<[f64; 2]>>,
    /// Test accuracy, %, that was left behind when the run went on from a moment before.
    pub left_accuracy: Arc<Vec<[f64; 2]>>,
    /// Test loss that was left behind.
    pub left_loss: Arc<Vec<[f64; 2]>>,
}

/// The weight codes of all lanes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WeightsView {
    /// One entry a lane.
    pub lanes: Vec<LaneWeights>,
    /// The largest code.
    pub code_max: i32,
}

/// The weight codes of one lane.
#[derive(Debug, Clone, PartialEq)]
pub struct LaneWeights {
    /// The lane.
    pub lane: Lane,
    /// As they stand on the chip.
    pub now: Codes,
    /// As they stood at the start.
    pub first: Codes,
}

/// The moments of the past that are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    /// Epochs learnt by then, ascending.
    pub epochs: Vec<usize>,
    /// What every lane reached at each of them.
    pub scores: Vec<Vec<(Lane, Scores)>>,
    /// Memory that they take.
    pub bytes: usize,
    /// Memory that they may take; beyond it older moments get sparser.
    pub most_bytes: usize,
}

/// Something the user changed while learning.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Epochs learnt by then.
    pub epochs: f64,
    /// What was changed.
    pub what: What,
}

/// What was changed.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// A parameter, by its key, with its new value and unit.
    Parameter {
        /// The key.
        key: &'static str,
        /// The value before, in the unit of the edge.
        from: String,
        /// The value after, with its unit.
        to: String,
    },
    /// The chip was calibrated.
    Calibrated,
    /// A neuron was broken by hand.
    Killed(usize),
    /// A neuron was mended by hand.
    Healed(usize),
    /// The run went on from here a second time, after it had been this many epochs long.
    Branched(usize),
}
