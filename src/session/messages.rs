//! What the window and the session say to each other.

mod answers;
mod batches;
mod chip;
mod compared;
mod runs;
mod sample;
mod session;
mod showing;

use std::sync::Arc;

use ndarray::Array2;

use crate::base::error::Error;
pub use crate::batch::paper::{Request as StudyRequest, STUDIES, plan as study_of};
pub use crate::batch::{
    Axis as SweepAxis, Chart, ChartAxis, Column, Curve, Grid, Plan, Statistic, Table, Variant, percent,
};
pub use crate::energy;
use crate::energy::sizes::Ran;
pub use crate::exchange::nir::Form;
use crate::params::{Lane, ParamSpec, Params, find};
pub use crate::probes::bench::{Bench, Circuit, Setting as BenchSetting, Stimulus};
pub use crate::probes::{Importance, surrogate};
use crate::protocol::Protocol;
pub use crate::recording::Codes;
pub use crate::spikes::GridSpike;
pub use crate::store::Fall;
pub use crate::task::Picture;
pub use crate::training::calibration::TrimmedSpread;
pub use crate::training::metrics::{EpochReport, RECOVERED_WITHIN, Recovery, Scores};
pub use crate::training::{Evaluation, Processor, StepStats};
pub use batches::{BatchCommand, BatchView, BatchesView};
pub use chip::{ChipView, ChipsView, ImportanceView, MEASURED, Processors, Spread, yield_of};
pub use compared::Compared;
pub use runs::{
    CHANGES, Checkpoint, Current, Entry, MOST_PINNED, Opened, PinnedCurves, PinnedGroup, RunCommand, RunEdit, RunEvent,
    RunsView, Sort, State, Summary, utc,
};
pub use sample::{DecisionMap, Drawing, LaneTrace, MadcTrace, Repeated, RepeatsView, SampleView};
pub use session::{EngineCommand, Event, Pace, SessionCommand, ViewRequest};

/// One hidden neuron of the chip that the pointer silences or revives in a view: a setting like any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByHand {
    /// Which one.
    pub neuron: u32,
    /// Silence it, or else revive it.
    pub silent: bool,
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

/// What was asked for in one frame, in its order.
#[derive(Debug, Default)]
pub struct Outbox {
    /// For the threads.
    pub commands: Vec<Command>,
    /// For the controls.
    pub by_hand: Vec<ByHand>,
}

impl Outbox {
    /// Adds a command for whichever recipient it is.
    pub fn push(&mut self, command: impl Into<Command>) {
        self.commands.push(command.into());
    }
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
    /// Whether the session is learning.
    pub running: bool,
    /// Why there is no experiment.
    pub failure: Option<Error>,
    /// The chip of the run has failed, and can be tried again.
    pub chip_failed: bool,
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
    /// Input events that the link lost in the last batch of the lane in the loop.
    pub lost_events: u64,
    /// What became of the lane in the loop since its chip was last disturbed.
    pub recovery: Option<Recovery>,
    /// Whether the chip that learns now is calibrated.
    pub calibrated: bool,
    /// The circuits of the chip.
    pub chip: Arc<ChipView>,
    /// The sample on display.
    pub sample: Option<Arc<SampleView>>,
    /// Yin-Yang only: what every lane answers where.
    pub decision_map: Option<Arc<DecisionMap>>,
    /// The weights of every lane, now and at the start.
    pub weights: Option<Arc<WeightsView>>,
    /// What every lane does on the test split: at the end of the last epoch, after a change since, or at the moment on
    /// display.
    pub examined: Arc<Vec<Evaluation>>,
    /// The last round of every lane that learns.
    pub rounds: Vec<(Lane, StepStats)>,
    /// What every lane makes of the picture that was drawn.
    pub drawing: Option<Arc<Drawing>>,
    /// What a lane costs, once a view has asked.
    pub cost: Option<Arc<CostView>>,
    /// The harm of the hidden neurons, as far as it is measured.
    pub importance: Option<Arc<ImportanceView>>,
    /// What the user changed, and when.
    pub changes: Arc<Vec<Change>>,
    /// What the lanes reached right after changes of the chip or of how it is read; the first one is that of the first
    /// weights.
    pub falls: Arc<Vec<Fall>>,
    /// The same weights on many chips, as far as they are tried.
    pub chips: Option<Arc<ChipsView>>,
    /// One sample many times.
    pub repeats: Option<Arc<RepeatsView>>,
    /// One input into some circuits, once a view has asked.
    pub bench: Option<Arc<Bench>>,
    /// Cosine of the angle between the gradient of the lane in the loop and the informed one over the epochs:
    /// weights into hidden and into readout neurons.
    pub gradient: [Arc<Vec<[f64; 2]>>; 2],
    /// The moments that can be looked at.
    pub timeline: Arc<Timeline>,
    /// All views show the end of this epoch; `None` when they are live.
    pub looking_at: Option<usize>,
    /// Epochs of the run that a restart has put away and that can be taken back.
    pub put_away: Option<usize>,
    /// The run as it is recorded; `None` where it is not.
    pub record: Option<Current>,
}

impl Snapshot {
    /// Whether the scores of a lane are not those with which its curve ends, but were measured since.
    pub fn is_remeasured(&self, lane: Lane) -> bool {
        let curve = self.curves.iter().find(|curve| curve.lane == lane);
        // Before the first epoch ends, a curve is the point at which it begins.
        let begins = || self.falls.first().filter(|fall| fall.epochs == 0.0)?.scores.iter().find(|own| own.0 == lane);
        let end = curve.and_then(|curve| curve.test_loss.last()).map(|point| point[1]);
        let end = end.or_else(|| Some(begins()?.1.loss));
        self.looking_at.is_none() && self.examination(lane).is_some_and(|seen| end != Some(seen.scores.loss))
    }

    /// A snapshot of nothing, for the moment before the first one arrives.
    pub fn empty(params: &Params) -> Self {
        Self {
            generation: 0,
            params: Arc::new(params.clone()),
            protocol: Arc::new(params.clone().into()),
            running: false,
            failure: None,
            chip_failed: false,
            epoch: 1,
            batch: 0,
            batches: 0,
            batches_per_second: 0.0,
            curves: Vec::new(),
            lost_events: 0,
            recovery: None,
            calibrated: false,
            chip: Arc::default(),
            sample: None,
            decision_map: None,
            weights: None,
            examined: Arc::default(),
            rounds: Vec::new(),
            drawing: None,
            cost: None,
            importance: None,
            changes: Arc::default(),
            falls: Arc::default(),
            chips: None,
            repeats: None,
            bench: None,
            gradient: Default::default(),
            timeline: Arc::default(),
            looking_at: None,
            put_away: None,
            record: None,
        }
    }

    /// What a lane does on the test split.
    pub fn examination(&self, lane: Lane) -> Option<&Evaluation> {
        self.examined.iter().find(|e| e.lane == lane)
    }

    /// Test accuracy of a lane at this moment, 0…1.
    pub fn accuracy(&self, lane: Lane) -> Option<f64> {
        self.examination(lane).map(|seen| seen.scores.accuracy)
    }
}

/// What a lane costs, and what is under way to know it better.
#[derive(Debug, Clone, PartialEq)]
pub struct CostView {
    /// All that is known.
    pub report: energy::Report,
    /// Epochs that the opponent has been trained, of how many.
    pub training: (usize, usize),
    /// Whether the machine can be measured at rest.
    pub can_rest: bool,
    /// Whether that is under way.
    pub resting: bool,
    /// Other sizes that were run here.
    pub sizes: Vec<Ran>,
    /// Whether some are under way.
    pub sizing: bool,
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
    /// Share of the samples of every batch that changed a weight, where the chip teaches itself.
    pub updates: Arc<Vec<[f64; 2]>>,
    /// Cosine between the weights that errors go back through and the readout weights, after every batch, there.
    pub alignment: Arc<Vec<[f64; 2]>>,
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
    /// What idle rows hold of the input weights of a chip that teaches itself, in parts of a code, `[input, hidden]`.
    pub fractions: Option<Array2<i8>>,
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

impl What {
    /// Whether it makes another chip, from which a network may have to recover.
    pub fn disturbs(&self) -> bool {
        self.is_of(ParamSpec::disturbs)
    }

    /// Whether it changes what the same weights reach.
    pub fn changes_scores(&self) -> bool {
        self.is_of(ParamSpec::changes_scores)
    }

    fn is_of(&self, parameter: fn(&ParamSpec) -> bool) -> bool {
        match self {
            Self::Parameter { key, .. } => find(key).is_some_and(parameter),
            Self::Calibrated | Self::Uncalibrated | Self::Killed(_) | Self::Healed(_) => true,
            Self::PlanDone | Self::Branched(_) => false,
        }
    }
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
    /// The calibration was taken back.
    Uncalibrated,
    /// A neuron was broken by hand.
    Killed(usize),
    /// A neuron was mended by hand.
    Healed(usize),
    /// All planned epochs were done.
    PlanDone,
    /// The run went on from here a second time, after it had been this many epochs long.
    Branched(usize),
}
