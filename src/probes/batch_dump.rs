//! One batch of one lane with everything that decided it, chip and host, so that it can be computed again elsewhere.

use ndarray::{Array3, Axis};
use rayon::prelude::*;

use crate::base::error::{Error, Result};
use crate::chip::Chip;
pub use crate::chip::damage::Damage;
pub use crate::chip::mismatch::ActualNeuron;
use crate::chip::replay::Replay;
use crate::host::gradients::Gradients;
use crate::host::loss::Loss;
use crate::host::network::Network;
use crate::params::{Lane, Params};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use crate::training::lane::params_of;
use crate::training::noise_stream::NoiseStream;
use crate::training::{Batch, Experiment};

/// Most memory that a take may need, bytes.
pub const LARGEST: usize = 1 << 30;

/// The first training samples, run as one batch with the weights of one lane.
#[derive(Debug, Clone)]
pub struct BatchDump {
    /// The parameters the chip of the lane runs with: those of the experiment, or of its ideal twin.
    pub params: Params,
    /// Number of the run, which decides its noise.
    pub trial: u64,
    /// What the hidden neurons really are.
    pub hidden: Vec<ActualNeuron>,
    /// What the readout neurons really are.
    pub readout: Vec<ActualNeuron>,
    /// Added to every hidden threshold in this run, membrane units.
    pub threshold_shift: Vec<f32>,
    /// Chip steps for which hidden neurons are held at reset after a spike.
    pub refractory_steps: Vec<f32>,
    /// Which parts of the chip are broken.
    pub damage: Damage,
    /// Float weights of the host.
    pub weights: Network,
    /// Codes written to the chip.
    pub codes: Codes,
    /// Analog weights that the codes became.
    pub effective: Network,
    /// What was sent to the chip, one train a sample.
    pub inputs: Vec<SpikeTrain>,
    /// Right class of each sample.
    pub labels: Vec<u16>,
    /// Random numbers of the run, one entry a sample.
    pub replays: Vec<Replay>,
    /// Hidden membranes at the end of every chip step, `[sample, chip step, neuron]`.
    pub v_hidden: Array3<f32>,
    /// Readout membranes at the end of every chip step, `[sample, chip step, neuron]`.
    pub v_readout: Array3<f32>,
    /// What left the chip.
    pub recording: Recording,
    /// Readout voltages as the host digitised them, `[sample, host step, readout]`, membrane units.
    pub traces: Array3<f32>,
    /// Scores and loss.
    pub loss: Loss,
    /// Gradient of the mean loss of the batch.
    pub gradients: Gradients,
}

impl Experiment {
    /// Whether [`Self::dump`] would accept these, so that a training before it is not in vain.
    ///
    /// # Errors
    /// As [`Self::dump`].
    pub fn check_dump(&self, lane: Lane, samples: usize) -> Result<()> {
        let available = self.data.train.len();
        if samples == 0 || samples > available {
            return Err(refused("samples", format!("1 to {available}, the number of training samples"), samples));
        }
        let chip = self.inside(lane)?;
        let (grid, neurons) = (chip.grid(), chip.actual().0.len() + chip.actual().1.len());
        let each = bytes_per_sample(grid.n_chip(), grid.n_host, neurons);
        if each.saturating_mul(samples) > LARGEST {
            let expected = format!(
                "at most {}: a sample of this network needs about {:.1} MiB and a recording may take 1 GiB; lower \
                 `substeps`, `duration` or `hidden` for more",
                LARGEST / each,
                each as f64 / f64::from(1 << 20),
            );
            return Err(refused("samples", expected, samples));
        }
        Ok(())
    }

    /// The chip of a lane, to look inside.
    fn inside(&self, lane: Lane) -> Result<&Chip> {
        let own = self.lane(lane).ok_or_else(|| self.no_such_lane(lane))?;
        own.chip().ok_or(Error::ShowsNothing { lane: lane.name() })
    }

    pub(super) fn no_such_lane(&self, lane: Lane) -> Error {
        let names: Vec<&str> = self.params.learning.lanes.iter().map(|l| l.name()).collect();
        refused("lane", format!("one of the lanes of the experiment: {}", names.join(", ")), lane.name())
    }

    /// Runs the first `samples` training samples as one batch with the weights of `lane`, without dropout.
    /// Nothing is learned.
    ///
    /// The lane `transferred` takes the weights and the host of `ideal`.
    ///
    /// # Errors
    /// [`Error::BadValue`] names the limit when there are not that many samples, when they would
    /// need more than [`LARGEST`], or when the experiment does not run that lane.
    pub fn dump(&self, lane: Lane, samples: usize) -> Result<BatchDump> {
        self.check_dump(lane, samples)?;
        let host = self.lane(lane.source()).and_then(|source| source.teacher.host());
        let (Some(own), Some(host)) = (self.lane(lane), host) else {
            return Err(self.no_such_lane(lane));
        };
        let chip = self.inside(lane)?;
        let grid = chip.grid();
        let (n_hidden, n_readout) = host.network().readout.dim();

        // A trial of its own: neither training nor evaluation uses this one.
        let trial = self.evaluation_trial(NoiseStream::Recording);
        let batch = Batch::new(self.data.train[..samples].iter());
        let mut host = host.clone();
        let (recording, loss, gradients, seen) = self.pool.install(|| {
            let recording = chip.run(&batch.inputs, trial);
            let loss = host.loss(&recording, &batch.labels);
            let gradients = host.backward(&batch.inputs, &recording, &loss);
            let look = |(k, &input): (usize, &&SpikeTrain)| (chip.xray(input, trial, k), chip.replay(input, trial, k));
            let seen: Vec<_> = batch.inputs.par_iter().enumerate().map(look).collect();
            (recording, loss, gradients, seen)
        });
        let mut take = BatchDump {
            params: params_of(lane, &self.params),
            trial,
            hidden: chip.actual().0.to_vec(),
            readout: chip.actual().1.to_vec(),
            threshold_shift: chip.threshold_shift(trial),
            refractory_steps: chip.refractory_steps().0.to_vec(),
            damage: chip.damage().clone(),
            weights: host.network().clone(),
            codes: host.codes(),
            effective: Network {
                input: chip.effective_weights().0.clone(),
                recurrent: chip.effective_recurrent().clone(),
                readout: chip.effective_weights().1.clone(),
            },
            inputs: batch.inputs.iter().map(|&input| input.clone()).collect(),
            labels: batch.labels,
            replays: Vec::with_capacity(samples),
            v_hidden: Array3::zeros((samples, grid.n_chip(), n_hidden)),
            v_readout: Array3::zeros((samples, grid.n_chip(), n_readout)),
            traces: Array3::zeros((samples, grid.n_host, n_readout)),
            recording,
            loss,
            gradients,
        };
        for (k, (xray, replay)) in seen.into_iter().enumerate() {
            take.v_hidden.index_axis_mut(Axis(0), k).assign(&xray.v_hidden);
            take.v_readout.index_axis_mut(Axis(0), k).assign(&xray.v_readout);
            take.traces.index_axis_mut(Axis(0), k).assign(&own.decoder.voltages(&take.recording, k).1);
            take.replays.push(replay);
        }
        Ok(take)
    }
}

/// Memory that one sample takes while it is recorded and written: voltages and noise (4 bytes each) on
/// the chip's grid, codes, noise and traces on the host's, held up to three times (seen, gathered, in the file).
fn bytes_per_sample(n_chip: usize, n_host: usize, neurons: usize) -> usize {
    3 * neurons * (n_chip * (4 + 4) + n_host * (1 + 4 + 4))
}

fn refused(key: &str, expected: String, got: impl std::fmt::Display + Copy) -> Error {
    Error::BadValue { place: "recording a batch".into(), key: key.into(), expected, got: got.to_string() }
}
