//! The workloads: shapes and synthetic data.

use rand::RngExt as _;

use crate::base::rng;
use crate::chip::layout::{CIRCUITS, SIGNED_INPUTS, Shape};
use crate::params::{Decoding, Params, Recurrence};
use crate::spikes::SpikeTrain;

/// One network with data.
#[derive(Debug, Clone)]
pub struct Workload {
    /// The name as typed.
    pub name: &'static str,
    /// Input channels.
    pub inputs: usize,
    /// Hidden neurons.
    pub hidden: usize,
    /// Whether they reach each other.
    pub recurrent: bool,
    /// Readout neurons.
    pub readout: usize,
    /// Host steps, one chip step each.
    pub steps: usize,
    /// Samples per batch.
    pub batch: usize,
    /// Samples in all.
    pub samples: usize,
}

const P: Workload = Workload {
    name: "P",
    inputs: 256,
    hidden: 246,
    recurrent: false,
    readout: 10,
    steps: 100,
    batch: 100,
    samples: 1000,
};

/// Images, speech, speech on all channels, Yin-Yang.
pub fn all() -> Vec<Workload> {
    let s = Workload { name: "S", inputs: 70, hidden: 186, recurrent: true, readout: 20, steps: 200, ..P };
    let s700 = Workload { name: "S700", inputs: 700, hidden: 256, steps: 250, batch: 256, samples: 512, ..s.clone() };
    let y = Workload { name: "Y", inputs: 5, hidden: 120, readout: 3, samples: 5000, ..P };
    vec![P, s, s700, y]
}

/// The workload of that name; `W` is `P` grown in width and in time.
pub fn chosen(name: &str) -> Option<Vec<Workload>> {
    if name == "W" {
        let small = Workload { name: "W", samples: 200, ..P };
        let wide = [512, 1024, 2048, 4096].map(|hidden| Workload { hidden, ..small.clone() });
        let long = [100, 200, 400, 800].map(|steps| Workload { steps, ..small.clone() });
        return Some(wide.into_iter().chain(long).collect());
    }
    all().into_iter().find(|w| w.name == name).map(|w| vec![w])
}

/// Share of a sample in which its input comes.
pub const INPUT_UNTIL: f64 = 2.0 / 3.0;

/// Host step of all workloads, s.
const DT: f64 = 1e-6;

impl Workload {
    /// Sizes.
    pub fn shape(&self) -> Shape {
        Shape { n_inputs: self.inputs, n_hidden: self.hidden, n_readout: self.readout, recurrent: self.recurrent }
    }

    /// The uncalibrated chip of the defaults, with the imperfections that are off by default switched on too.
    pub fn params(&self) -> Params {
        Params::default().with(|p| {
            p.network.hidden = self.hidden as u32;
            p.network.duration = self.steps as f64 * DT;
            p.network.cadc_interval = DT;
            p.network.substeps = 1;
            p.network.recurrence = if self.recurrent { Recurrence::Trained } else { Recurrence::None };
            p.learning.decoding = if self.recurrent { Decoding::Mean } else { Decoding::Max };
            p.chip.jitter_input = 0.2e-6;
            p.chip.jitter_spike = 0.2e-6;
            p.chip.synaptic_saturation = 50.0;
            p.chip.event_rate_limit = 125e6;
            p.chip.silent_neurons = 0.01;
            p.chip.stuck_synapses = 0.01;
            p.chip.dead_inputs = 0.01;
            p.chip.dead_channels = 0.01;
            p.chip.temperature = 5.0;
        })
    }

    /// Neuron circuits of a chip on which it fits; the real one has [`CIRCUITS`].
    pub fn circuits(&self) -> usize {
        let fan_in = self.inputs + if self.recurrent { self.hidden } else { 0 };
        let needed = self.hidden * fan_in.div_ceil(SIGNED_INPUTS) + self.readout * self.hidden.div_ceil(SIGNED_INPUTS);
        needed.max(CIRCUITS)
    }

    /// Labelled samples with one spike per input, at times drawn from the first two thirds.
    pub fn samples(&self) -> Vec<(SpikeTrain, u16)> {
        let mut random = rng::stream(1, "bench");
        let until = self.steps as f64 * DT * INPUT_UNTIL;
        (0..self.samples)
            .map(|_| {
                let events = (0..self.inputs).map(|unit| ((random.random::<f64>() * until) as f32, unit as u16));
                let train = SpikeTrain::from_events(events.collect());
                (train, random.random_range(0..self.readout) as u16)
            })
            .collect()
    }
}
