//! From a recording to voltages, scores and a loss: what an observer of a chip reads from it.

use ndarray::Array2;

use super::loss::{self, Loss};
use super::volts_from_codes;
use crate::params::{Decoding, HostParams};
use crate::recording::Recording;

/// Reads recordings with nominal parameters; it holds no weights and learns nothing.
#[derive(Debug, Clone)]
pub struct Decoder {
    params: HostParams,
}

impl Decoder {
    /// A decoder with the decoding, the scale and the units of `params`.
    pub fn new(params: &HostParams) -> Self {
        Self { params: params.clone() }
    }

    /// Class scores and loss of a recording, from digitised readout voltages alone.
    ///
    /// # Panics
    /// When there is not one label a sample.
    pub fn loss(&self, recording: &Recording, labels: &[u16]) -> Loss {
        loss::loss(&self.params, recording, labels)
    }

    /// Digitised voltages of one sample in membrane units, `[host step, neuron]`: hidden and readout.
    ///
    /// # Panics
    /// When there is no such sample.
    pub fn voltages(&self, recording: &Recording, sample: usize) -> (Array2<f32>, Array2<f32>) {
        let convert = |codes: &[u8], n: usize| {
            let mut v = vec![0.0; codes.len()];
            volts_from_codes(&self.params, codes, n, &mut v);
            Array2::from_shape_vec((recording.grid.n_host, n), v).expect("one code a step and neuron")
        };
        (
            convert(recording.hidden_of(sample), recording.n_hidden),
            convert(recording.readout_of(sample), recording.n_readout),
        )
    }

    /// Class scores of one sample of a recording.
    ///
    /// # Panics
    /// When there is no such sample.
    pub fn scores(&self, recording: &Recording, sample: usize) -> Vec<f32> {
        let n = recording.n_readout;
        let (mut scores, mut peak) = (vec![0.0; n], vec![0; n]);
        loss::score(&self.params, recording, sample, &mut Vec::new(), &mut scores, &mut peak);
        scores
    }

    /// The answer to one sample if its readout ended after each host step.
    ///
    /// # Panics
    /// When there is no such sample.
    pub fn answers_over_time(&self, recording: &Recording, sample: usize) -> Vec<usize> {
        if self.params.learning.decoding == Decoding::FirstSpike {
            let answers = loss::first_answers(&recording.first_spikes(sample), &recording.grid);
            return answers.into_iter().map(Option::unwrap_or_default).collect();
        }
        let start = loss::first_informed_step(recording, sample);
        let (_, readout) = self.voltages(recording, sample);
        loss::answers_over_time(self.params.learning.decoding, rows(&readout), recording.n_readout, start)
    }
}

fn rows(array: &Array2<f32>) -> &[f32] {
    array.as_slice().expect("voltages are built in standard layout")
}
