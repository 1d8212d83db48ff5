//! Everything that crosses between chip and host: codes go down, a recording comes up.

use ndarray::Array2;

use crate::spikes::GridSpike;
use crate::time::TimeGrid;

/// Signed weight codes as written to the chip, `[pre, post]`: one row is what one presynaptic event reaches.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Codes {
    /// Input to hidden, `[n_inputs, n_hidden]`.
    pub input: Array2<i8>,
    /// Hidden to readout, `[n_hidden, n_readout]`.
    pub readout: Array2<i8>,
}

/// What leaves the chip after a batch: spikes and digitised voltages, nothing else.
///
/// Voltages are codes of the CADC in sample-major order, `[sample, host step, neuron]`;
/// host step `n` was sampled at time `(n + 1) · dt_host`.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// The clocks of chip and host.
    pub grid: TimeGrid,
    /// Number of samples.
    pub n_samples: usize,
    /// Size of the hidden population.
    pub n_hidden: usize,
    /// Size of the readout population.
    pub n_readout: usize,
    /// Codes of the hidden membranes.
    pub hidden_cadc: Vec<u8>,
    /// Codes of the readout membranes.
    pub readout_cadc: Vec<u8>,
    /// Spikes of the hidden population, one list a sample, in order of time.
    pub hidden_spikes: Vec<Vec<GridSpike>>,
    /// Input events that the link could not carry, one count a sample.
    pub lost_events: Vec<u32>,
}

impl Recording {
    /// An empty recording of that shape.
    pub fn new(grid: TimeGrid, n_hidden: usize, n_readout: usize) -> Self {
        Self {
            grid,
            n_samples: 0,
            n_hidden,
            n_readout,
            hidden_cadc: Vec::new(),
            readout_cadc: Vec::new(),
            hidden_spikes: Vec::new(),
            lost_events: Vec::new(),
        }
    }

    /// Makes room for `n_samples`, keeping allocations from earlier batches.
    pub fn resize(&mut self, n_samples: usize) {
        self.n_samples = n_samples;
        self.hidden_cadc.resize(n_samples * self.grid.n_host * self.n_hidden, 0);
        self.readout_cadc.resize(n_samples * self.grid.n_host * self.n_readout, 0);
        self.hidden_spikes.resize_with(n_samples, Vec::new);
        self.lost_events.resize(n_samples, 0);
    }

    /// Hidden codes of one sample, `[host step, neuron]` row by row.
    pub fn hidden_of(&self, sample: usize) -> &[u8] {
        let size = self.grid.n_host * self.n_hidden;
        &self.hidden_cadc[sample * size..][..size]
    }

    /// Readout codes of one sample, `[host step, neuron]` row by row.
    pub fn readout_of(&self, sample: usize) -> &[u8] {
        let size = self.grid.n_host * self.n_readout;
        &self.readout_cadc[sample * size..][..size]
    }

    /// Mean number of hidden spikes per sample.
    pub fn spikes_per_sample(&self) -> f64 {
        let spikes: usize = self.hidden_spikes.iter().map(Vec::len).sum();
        spikes as f64 / self.n_samples.max(1) as f64
    }
}
