//! What the views show of a sample.

use ndarray::Array2;

use super::compared::{self, Compared};
use crate::base::time::TimeGrid;
use crate::params::Lane;
use crate::spikes::{GridSpike, SpikeTrain};
use crate::task::Picture;

/// One test sample as every lane sees it.
#[derive(Debug, Clone)]
pub struct SampleView {
    /// Which test sample.
    pub index: usize,
    /// How many there are.
    pub count: usize,
    /// The right class; `None` for a sound of the user's, which has none.
    pub label: Option<usize>,
    /// Name of a sound of the user's; `None` for a test sample.
    pub name: Option<String>,
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// How to draw `pixels`.
    pub picture: Picture,
    /// The image or the point.
    pub pixels: Vec<f32>,
    /// Input spikes.
    pub input: SpikeTrain,
    /// Number of input channels.
    pub n_inputs: usize,
    /// The clocks.
    pub grid: TimeGrid,
    /// One trace a lane.
    pub lanes: Vec<LaneTrace>,
    /// The weights of one lane on the ideal twin: of the lane asked for, or else of the lane in the loop or the first.
    pub twin: Option<LaneTrace>,
    /// The spikes of that lane against those of the twin; see [`Self::compare`].
    pub compared: Option<Compared>,
    /// One neuron of that lane, recorded fast.
    pub madc: Option<MadcTrace>,
}

impl SampleView {
    /// Tells the spikes of the lane of the twin apart from those of the twin: the same within a readout interval,
    /// shifted within a membrane time constant, s. Done by whoever makes the view, or every frame would pay for it.
    pub fn compare(&mut self, tau_mem: f64) {
        let steps = |time: f64| (time / self.grid.dt_chip).round().max(1.0) as u16;
        let twin = self.twin.as_ref();
        let own = twin.and_then(|twin| self.lanes.iter().find(|lane| lane.lane == twin.lane));
        self.compared = own.zip(twin).map(|(own, twin)| {
            compared::compare(&own.spikes, &twin.spikes, steps(self.grid.dt_host()), steps(tau_mem))
        });
    }
}

/// One neuron recorded by the MADC.
#[derive(Debug, Clone)]
pub struct MadcTrace {
    /// The lane whose chip and weights it ran on.
    pub lane: Lane,
    /// The hidden neuron.
    pub neuron: usize,
    /// `[seconds, membrane units]` in order of time.
    pub samples: Vec<[f64; 2]>,
}

/// What one lane makes of one sample. Voltages in membrane units (leak 0, threshold 1 nominally).
#[derive(Debug, Clone)]
pub struct LaneTrace {
    /// The lane.
    pub lane: Lane,
    /// Analog hidden voltages, `[chip step, neuron]`.
    pub v_hidden: Array2<f32>,
    /// Analog readout voltages, `[chip step, neuron]`.
    pub v_readout: Array2<f32>,
    /// What the CADC told the host about the hidden membranes, `[host step, neuron]`.
    pub hidden_samples: Array2<f32>,
    /// What the CADC told the host about the readout, `[host step, neuron]`.
    pub readout_samples: Array2<f32>,
    /// Hidden spikes.
    pub spikes: Vec<GridSpike>,
    /// Spikes of the readout, where it spikes.
    pub readout_spikes: Vec<GridSpike>,
    /// Actual threshold of each hidden neuron.
    pub thresholds: Vec<f32>,
    /// Class scores.
    pub scores: Vec<f32>,
    /// Class with the largest score.
    pub answer: usize,
}

/// Answers on a square grid over the unit square, row by row from y = 0.
#[derive(Debug, Clone, PartialEq)]
pub struct DecisionMap {
    /// Grid points per side.
    pub side: usize,
    /// One map a lane: the class at every grid point.
    pub lanes: Vec<(Lane, Vec<u8>)>,
}

/// A picture and what every lane makes of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Grey levels, row by row from the top.
    pub pixels: Vec<f32>,
    /// Class scores and answer of each lane.
    pub lanes: Vec<(Lane, Vec<f32>, usize)>,
}

/// One quantity of every hidden neuron over several runs of the same sample.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Repeated {
    /// Mean over the runs, one a neuron; NaN where it is not defined.
    pub mean: Vec<f64>,
    /// Standard deviation over the runs.
    pub sd: Vec<f64>,
}

impl Repeated {
    /// From values `[run, neuron]`; NaN is left out, and a neuron with fewer than two values has no spread.
    pub fn new(values: &Array2<f64>) -> Self {
        let (mean, sd) = values.columns().into_iter().map(|column| spread_of(column.iter().copied())).unzip();
        Self { mean, sd }
    }

    /// Standard deviation over the neurons of their means: what is frozen.
    pub fn between_neurons(&self) -> f64 {
        spread_of(self.mean.iter().copied()).1
    }

    /// Root mean square over the neurons of their standard deviations: what changes from run to run.
    pub fn between_runs(&self) -> f64 {
        let squares = || self.sd.iter().filter(|sd| sd.is_finite()).map(|sd| sd * sd);
        (squares().sum::<f64>() / squares().count() as f64).sqrt()
    }
}

/// Mean and standard deviation (n − 1) of what is finite; NaN where they are not defined.
fn spread_of(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let finite = values.filter(|x| x.is_finite());
    let n = finite.clone().count() as f64;
    let mean = finite.clone().sum::<f64>() / n;
    let variance = finite.map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, if n >= 2.0 { variance.sqrt() } else { f64::NAN })
}

/// One sample many times on the same chip.
#[derive(Debug, Clone, PartialEq)]
pub struct RepeatsView {
    /// The lane.
    pub lane: Lane,
    /// Runs.
    pub runs: usize,
    /// Epochs learnt by then.
    pub epochs: f64,
    /// The place of the test sample, or the name of a sound.
    pub sample: std::result::Result<usize, String>,
    /// Spikes, time of the first one in µs, and mean voltage in membrane units.
    pub quantities: [Repeated; 3],
}
