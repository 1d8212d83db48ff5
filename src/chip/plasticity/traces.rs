//! What an input did lately, as the processor finds it.

use super::placement::Plan;
use super::rule::{Sample, trace};
use crate::base::rng;
use crate::chip::Chip;
use crate::chip::layout::{Placement, Shape};
use crate::neuron::Propagators;
use crate::params::{SelfTaughtSetup, Trace};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;

/// LSB that a pair of spikes at the same moment adds to a correlation sensor: 60 times the calibrated amplitude.
const SENSOR_AMPLITUDE: f64 = 32.0;
/// Relative spread of amplitude and time constant of the sensors.
const SENSOR_SPREAD: f32 = 0.3;
/// Noise of reading a sensor, LSB: that of the converter.
const SENSOR_NOISE: f32 = 1.2;

/// Where traces come from.
#[derive(Debug, Clone)]
pub(super) enum Traces {
    Circuits(Box<Circuits>),
    Processor(Kernel),
    Correlation(Sensors),
}

impl Traces {
    pub(super) fn new(setup: &SelfTaughtSetup, shape: Shape, plan: &Plan) -> Self {
        match setup.plasticity.trace {
            Trace::Circuits => Self::Circuits(Box::new(Circuits::new(setup, shape, plan))),
            Trace::Processor => Self::Processor(Kernel::new(setup)),
            Trace::Correlation => Self::Correlation(Sensors::new(setup, shape)),
        }
    }

    pub(super) fn set_params(&mut self, setup: &SelfTaughtSetup) {
        match self {
            Self::Circuits(circuits) => circuits.set_params(setup),
            Self::Processor(kernel) => *kernel = Kernel::new(setup),
            Self::Correlation(sensors) => *sensors = Sensors::new(setup, sensors.shape),
        }
    }

    /// Circuits are as old as the chip that they are part of, also when a run goes on elsewhere.
    pub(super) fn grow_to(&mut self, age: f64) {
        if let Self::Circuits(circuits) = self
            && age.to_bits() != circuits.chip.age().to_bits()
        {
            circuits.chip.grow_older(age - circuits.chip.age());
        }
    }

    /// Finds the traces of a sample that has just run.
    pub(super) fn read(
        &mut self,
        input: &SpikeTrain,
        numbers: [u64; 2],
        seen: &Recording,
        slot: usize,
        to: &mut Sample,
    ) {
        match self {
            Self::Circuits(circuits) => circuits.read(input, numbers, to),
            Self::Processor(kernel) => kernel.read(input, seen, to),
            Self::Correlation(sensors) => sensors.read(input, numbers, seen, slot),
        }
    }

    /// Which trace circuits have a dead channel, those of the first processor first; empty where there are none.
    pub(super) fn dead(&self) -> &[bool] {
        match self {
            Self::Circuits(circuits) => circuits.chip.dead_channels(),
            Self::Processor(_) | Self::Correlation(_) => &[],
        }
    }

    /// For every hidden neuron the coincidences of its spikes with those of `input`, times its learning signal;
    /// `None` without any, and where there are no sensors.
    pub(super) fn pairs<'a>(&self, input: usize, sample: &'a mut Sample) -> Option<&'a [i32]> {
        let Self::Correlation(sensors) = self else { return None };
        let n = sensors.shape.n_hidden;
        let row = &sensors.codes[input * n..][..n];
        row.iter().any(|code| *code != 0).then(|| sample.coincidences(|neuron| i32::from(row[neuron])))
    }
}

/// Spare neuron circuits, two an input, one for each processor, that never spike. They are circuits of the same chip
/// and as mismatched as all others.
#[derive(Debug, Clone)]
pub(super) struct Circuits {
    pub(super) chip: Chip,
    seen: Recording,
    n_inputs: usize,
}

impl Circuits {
    fn new(setup: &SelfTaughtSetup, shape: Shape, plan: &Plan) -> Self {
        let n = 2 * shape.n_inputs;
        let placement =
            Placement { hidden: plan.traces.clone(), readout: plan.traces[..1].to_vec(), used: plan.network.used };
        let own = Shape { n_hidden: n, n_readout: 1, ..shape };
        let mut chip = Chip::trace_circuits(&setup.chip, own, placement);
        let mut codes = Codes { readout: ndarray::Array2::zeros((n, 1)), ..chip.codes().clone() };
        for trace in 0..n {
            codes.input[[trace % shape.n_inputs, trace]] = setup.chip.network.code_max() as i8;
        }
        chip.write_weights(&codes);
        let mut seen = Recording::new(chip.grid(), n, 1);
        seen.resize(1);
        Self { chip, seen, n_inputs: shape.n_inputs }
    }

    fn set_params(&mut self, setup: &SelfTaughtSetup) {
        self.chip.set_params(&setup.chip);
    }

    fn read(&mut self, input: &SpikeTrain, numbers: [u64; 2], to: &mut Sample) {
        let shift = vec![0.0; 2 * self.n_inputs];
        self.chip.run_sample(input, numbers, &shift, &mut self.seen, 0);
        let (codes, n) = (self.seen.hidden_of(0), 2 * self.n_inputs);
        for circuit in 0..n {
            let first = i32::from(codes[circuit]);
            let own = codes[circuit..].iter().step_by(n);
            for (to, code) in to.trace_mut(circuit / self.n_inputs, circuit % self.n_inputs).iter_mut().zip(own) {
                *to = trace(i32::from(*code) - first);
            }
        }
    }
}

/// The response of a nominal membrane to the largest weight, step by step, which the processor adds up for the
/// times of the input spikes that it is told.
#[derive(Debug, Clone)]
pub(super) struct Kernel {
    /// LSB after that many host steps, in 2^−8.
    response: Vec<i32>,
}

impl Kernel {
    fn new(setup: &SelfTaughtSetup) -> Self {
        let network = &setup.chip.network;
        let grid = network.grid();
        let p = Propagators::new(grid.dt_host(), network.tau_mem, network.tau_syn, network.tau_mem);
        let (mut v, mut i) = (0.0, network.weight_full_scale);
        let response = (0..grid.n_host).map(|_| {
            v = p.membrane * v + p.membrane_from_current * i;
            i *= p.current;
            (v * network.lsb_per_unit() * 256.0).round() as i32
        });
        Self { response: response.collect() }
    }

    fn read(&self, input: &SpikeTrain, seen: &Recording, to: &mut Sample) {
        let mut sums = vec![vec![0; seen.grid.n_host]; to.n_inputs()];
        for (time, unit) in input.iter() {
            let Some(step) = seen.grid.chip_step(f64::from(time)) else { continue };
            let after = &mut sums[usize::from(unit)][step / seen.grid.substeps..];
            after.iter_mut().zip(&self.response).for_each(|(sum, response)| *sum += response);
        }
        for (unit, sums) in sums.iter().enumerate() {
            for side in 0..2 {
                for (to, sum) in to.trace_mut(side, unit).iter_mut().zip(sums) {
                    *to = trace((sum - sums[0]) >> 8);
                }
            }
        }
    }
}

/// A correlation sensor in every synapse: each spike of the neuron adds `exp(−Δt/τ)` for the latest spike of the
/// input before it. The sum is read by the converter, and then set to zero.
#[derive(Debug, Clone)]
pub(super) struct Sensors {
    shape: Shape,
    /// LSB a pair and inverse time constant in 1/s of every sensor, `[input, hidden]`.
    amplitude: Vec<f32>,
    rate: Vec<f32>,
    /// What was read of the sample, `[input, hidden]`.
    codes: Vec<i16>,
}

impl Sensors {
    fn new(setup: &SelfTaughtSetup, shape: Shape) -> Self {
        let (network, number) = (&setup.chip.network, u64::from(setup.chip.chip.number));
        let n = shape.n_inputs * shape.n_hidden;
        let tau = network.tau_mem + network.tau_syn;
        // The ideal twin has ideal sensors.
        let spread = if setup.chip.chip.sigma > 0.0 { SENSOR_SPREAD } else { 0.0 };
        let around = |name: &str, mean: f64| {
            rng::normals(number, name, n).into_iter().map(move |z| mean as f32 * (spread * z).exp()).collect()
        };
        Self {
            shape,
            amplitude: around("sensor amplitude", SENSOR_AMPLITUDE),
            rate: around("sensor time constant", 1.0 / tau),
            codes: vec![0; n],
        }
    }

    fn read(&mut self, input: &SpikeTrain, numbers: [u64; 2], seen: &Recording, slot: usize) {
        let n = self.shape.n_hidden;
        let mut sums = vec![0f32; self.shape.n_inputs * n];
        let mut latest = vec![f32::NAN; self.shape.n_inputs];
        let mut events = input.iter().peekable();
        for spike in &seen.hidden_spikes[slot] {
            let now = seen.grid.time_of(usize::from(spike.step)) as f32;
            while let Some((time, unit)) = events.next_if(|(time, _)| *time <= now) {
                latest[usize::from(unit)] = time;
            }
            for (unit, &time) in latest.iter().enumerate().filter(|(_, time)| !time.is_nan()) {
                let synapse = unit * n + usize::from(spike.neuron);
                sums[synapse] += self.amplitude[synapse] * (-(now - time) * self.rate[synapse]).exp();
            }
        }
        let seed = rng::mix(rng::mix(numbers[0], numbers[1]), 0x5e50);
        for (synapse, (code, sum)) in self.codes.iter_mut().zip(&sums).enumerate() {
            // The noise of a sensor without a pair stays within the dead zone.
            *code = if *sum > 0.0 {
                let noise = SENSOR_NOISE * rng::noise::draw(rng::mix(seed, synapse as u64));
                trace((sum + noise).round() as i32)
            } else {
                0
            };
        }
    }
}
