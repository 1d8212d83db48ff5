//! How good the host's gradient is: the angle to the gradient of somebody who knows every fault.
//!
//! The host goes backward through the *nominal* model. Here the same recording is followed backward through the
//! model that the chip really is: every neuron with its own time constants, gains, threshold and readout channel,
//! every synapse with its own strength, excitation and inhibition apart. With the notation of
//! [`crate::host::backward`], and `±` for the sign of the synapse:
//!
//! ```text
//! i±[n] = β± i±[n−1] + inputs of that sign                v[n] = α v[n−1] + κ+ i+[n] + κ− i−[n]
//! λv[n] = σ'(v[n] − θ + 1) δz[n] + α λv[n+1]              λ±[n] = κ± λv[n] + β± λ±[n+1]
//! ∂L/∂W_j = s_j Σ_n x_j[n] λ±[n]                          s: strength of the synapse relative to nominal
//! ```
//!
//! The host can never have this gradient, and nobody learns from it; it is for looking at.

use ndarray::Array2;

use crate::chip::Chip;
use crate::chip::mismatch::ActualNeuron;
use crate::host::Host;
use crate::host::gradients::Gradients;
use crate::host::loss::Loss;
use crate::neuron::Propagators;
use crate::params::{Decoding, Gradient, Lane, Params, Recurrence};
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;
use crate::training::lane::params_of;
use crate::training::noise_stream::NoiseStream;
use crate::training::{Batch, Experiment};

/// Training samples on which both gradients are compared.
const SAMPLES: usize = 32;

/// Cosines of the angles between the nominal and the informed gradient: 1 where they agree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradientAlignment {
    /// Of all weights into hidden neurons, inputs and recurrent ones; `None` when one of the two is zero.
    pub hidden: Option<f64>,
    /// Of the weights into readout neurons.
    pub readout: Option<f64>,
}

impl Experiment {
    /// Compares both gradients on the first training samples with the weights of now; nothing is learnt. `None` where
    /// no host computes a surrogate gradient.
    pub fn gradient_alignment(&self, lane: Lane) -> Option<GradientAlignment> {
        if self.params.learning.gradient != Gradient::Surrogate {
            return None;
        }
        let own = self.lane(lane)?;
        let (chip, mut host) = (own.chip()?, own.teacher.host()?.clone());
        let batch = Batch::new(self.data.train.iter().take(SAMPLES));
        let trial = self.evaluation_trial(NoiseStream::GradientAlignment);
        let params = params_of(lane, &self.params);
        let (nominal, informed) = self.pool.install(|| {
            let recording = chip.run(&batch.inputs, trial);
            let loss = host.loss(&recording, &batch.labels);
            let nominal = host.backward(&batch.inputs, &recording, &loss);
            (nominal, informed_gradient(&params, chip, &host, &batch.inputs, &recording, &loss))
        });
        let plastic = self.params.network.recurrence == Recurrence::Trained;
        Some(compare(&nominal, &informed, plastic))
    }
}

/// The cosines between two gradients.
fn compare(nominal: &Gradients, informed: &Gradients, plastic: bool) -> GradientAlignment {
    let recurrent = if plastic { Some((&nominal.recurrent, &informed.recurrent)) } else { None };
    GradientAlignment {
        hidden: cosine([(&nominal.input, &informed.input)].into_iter().chain(recurrent)),
        readout: cosine([(&nominal.readout, &informed.readout)].into_iter()),
    }
}

fn cosine<'a>(pairs: impl Iterator<Item = (&'a Array2<f32>, &'a Array2<f32>)>) -> Option<f64> {
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in pairs.flat_map(|(a, b)| a.iter().zip(b)) {
        let (a, b) = (f64::from(*a), f64::from(*b));
        ab += a * b;
        aa += a * a;
        bb += b * b;
    }
    Some(ab / (aa * bb).sqrt()).filter(|cosine| cosine.is_finite())
}

/// One neuron as it really is, on the grid of the host; pairs are excitatory and inhibitory.
struct Circuit {
    alpha: f64,
    beta: [f64; 2],
    kappa: [f64; 2],
    threshold: f64,
    cadc_gain: f64,
    /// LSB at the leak potential of a nominal neuron.
    cadc_zero: f64,
}

impl Circuit {
    fn new(params: &Params, dt: f64, n: &ActualNeuron) -> Self {
        let [exc, inh] =
            [n.tau_syn_exc, n.tau_syn_inh].map(|tau| Propagators::new(dt, n.tau_mem, tau, params.network.tau_mem));
        Self {
            alpha: exc.membrane,
            beta: [exc.current, inh.current],
            kappa: [exc.membrane_from_current, inh.membrane_from_current],
            threshold: n.v_threshold,
            cadc_gain: n.cadc_gain,
            cadc_zero: params.network.leak * n.cadc_gain + n.cadc_offset,
        }
    }
}

/// A projection: what each weight does on the chip, and how much of a change of the host's weight arrives there.
struct Projection {
    effective: Array2<f32>,
    strength: Array2<f32>,
    inhibitory: Array2<bool>,
}

/// The three projections, from the outside: codes −1, 0 and 1 are written to a copy of the chip.
fn projections(params: &Params, chip: &Chip, host: &Host) -> [Projection; 3] {
    let codes = chip.codes();
    let effective = |chip: &Chip| {
        let (input, readout) = chip.effective_weights();
        [input.clone(), chip.effective_recurrent().clone(), readout.clone()]
    };
    let mut probe = chip.clone();
    let [minus, zero, plus] = [-1i8, 0, 1].map(|code| {
        probe.write_weights(&Codes {
            input: Array2::from_elem(codes.input.dim(), code),
            recurrent: Array2::from_elem(codes.recurrent.dim(), code),
            readout: Array2::from_elem(codes.readout.dim(), code),
        });
        effective(&probe)
    });
    let network = host.network();
    let weights = [&network.input, &network.recurrent, &network.readout];
    let codes = [&codes.input, &codes.recurrent, &codes.readout];
    let scale = [params.network.weight_full_scale, params.network.weight_full_scale, params.network.readout_full_scale];
    let now = effective(chip);
    std::array::from_fn(|p| {
        let per_code = (scale[p] / f64::from(params.network.code_max())) as f32;
        let inhibitory =
            Array2::from_shape_fn(codes[p].dim(), |at| codes[p][at] < 0 || (codes[p][at] == 0 && weights[p][at] < 0.0));
        let strength = Array2::from_shape_fn(codes[p].dim(), |at| {
            let change = if inhibitory[at] { zero[p][at] - minus[p][at] } else { plus[p][at] - zero[p][at] };
            change / per_code
        });
        Projection { effective: now[p].clone(), strength, inhibitory }
    })
}

/// The gradient of the loss of a recording with respect to the host's weights, by somebody who knows the chip.
fn informed_gradient(
    params: &Params,
    chip: &Chip,
    host: &Host,
    inputs: &[&SpikeTrain],
    recording: &Recording,
    loss: &Loss,
) -> Gradients {
    let dt = recording.grid.dt_host();
    let (hidden, readout) = chip.actual();
    let circuits = |neurons: &[ActualNeuron]| neurons.iter().map(|n| Circuit::new(params, dt, n)).collect();
    let model = Model {
        params,
        hidden: circuits(hidden),
        readout: circuits(readout),
        projections: projections(params, chip, host),
        silent: &chip.damage().silent,
        dead_inputs: &chip.damage().dead_inputs,
    };
    let mut sums: [Array2<f64>; 3] = std::array::from_fn(|p| Array2::zeros(model.projections[p].effective.dim()));
    for (sample, input) in inputs.iter().enumerate() {
        model.add(sample, input, recording, loss, &mut sums);
    }
    let [input, recurrent, readout] = std::array::from_fn(|p| {
        let strength = &model.projections[p].strength;
        Array2::from_shape_fn(sums[p].dim(), |at| (sums[p][at] * f64::from(strength[at])) as f32)
    });
    Gradients { input, recurrent, readout }
}

/// The chip as its own graph.
struct Model<'a> {
    params: &'a Params,
    hidden: Vec<Circuit>,
    readout: Vec<Circuit>,
    /// Input, recurrent, readout.
    projections: [Projection; 3],
    silent: &'a [bool],
    dead_inputs: &'a [bool],
}

/// Adjoint variables of a population: of the membranes, and of the excitatory and the inhibitory currents.
struct Adjoint {
    v: Vec<f64>,
    i: Vec<[f64; 2]>,
}

impl Adjoint {
    fn new(n: usize) -> Self {
        Self { v: vec![0.0; n], i: vec![[0.0; 2]; n] }
    }

    /// One step back for neuron `k`, into whose membrane `drive` enters.
    fn step(&mut self, k: usize, circuit: &Circuit, drive: f64) {
        self.v[k] = circuit.alpha * self.v[k] + drive;
        for sign in 0..2 {
            self.i[k][sign] = circuit.kappa[sign] * self.v[k] + circuit.beta[sign] * self.i[k][sign];
        }
    }
}

impl Model<'_> {
    /// Adds the derivatives with respect to the effective weights of one sample.
    fn add(&self, sample: usize, input: &SpikeTrain, recording: &Recording, loss: &Loss, sums: &mut [Array2<f64>; 3]) {
        let (n_hidden, n_readout) = (self.hidden.len(), self.readout.len());
        let (grid, n_steps) = (&recording.grid, recording.grid.n_host);
        let codes = recording.hidden_of(sample);
        let (error, peak) = (&loss.error[sample * n_readout..][..n_readout], &loss.peak[sample * n_readout..]);
        let mut spikes: Vec<Vec<usize>> = vec![Vec::new(); n_steps];
        let mut counts = vec![0.0; n_hidden];
        for spike in &recording.hidden_spikes[sample] {
            spikes[grid.host_step(usize::from(spike.step))].push(usize::from(spike.neuron));
            counts[usize::from(spike.neuron)] += 1.0;
        }
        let mut events: Vec<Vec<usize>> = vec![Vec::new(); n_steps];
        for (time, unit) in input.iter().filter(|(_, unit)| usize::from(*unit) < sums[0].nrows()) {
            if let Some(step) = grid.chip_step(f64::from(time))
                && !self.dead_inputs.get(usize::from(unit)).is_some_and(|dead| *dead)
            {
                events[grid.host_step(step)].push(usize::from(unit));
            }
        }
        let penalty = self.penalties(&counts, recording.n_samples);
        let [input_w, recurrent_w, readout_w] = &self.projections;
        let slope = self.params.learning.surrogate_slope;
        let (mut upper, mut lower) = (Adjoint::new(n_readout), Adjoint::new(n_hidden));
        let reached = |adjoint: &Adjoint, w: &Projection, pre: usize| -> f64 {
            (0..adjoint.i.len())
                .map(|k| f64::from(w.effective[[pre, k]]) * adjoint.i[k][usize::from(w.inhibitory[[pre, k]])])
                .sum()
        };
        let gather = |adjoint: &Adjoint, w: &Projection, pre: usize, sum: &mut Array2<f64>| {
            for k in 0..adjoint.i.len() {
                sum[[pre, k]] += adjoint.i[k][usize::from(w.inhibitory[[pre, k]])];
            }
        };
        for step in (0..n_steps).rev() {
            // All adjoints still belong to step + 1, where spikes of this step arrive.
            for &h in &spikes[step] {
                gather(&upper, readout_w, h, &mut sums[2]);
                if !recurrent_w.effective.is_empty() {
                    gather(&lower, recurrent_w, h, &mut sums[1]);
                }
            }
            let drives: Vec<f64> = (0..n_hidden)
                .map(|h| {
                    if self.silent.get(h).is_some_and(|silent| *silent) {
                        return 0.0;
                    }
                    let mut delta = penalty[h] + reached(&upper, readout_w, h);
                    if !recurrent_w.effective.is_empty() {
                        delta += reached(&lower, recurrent_w, h);
                    }
                    let circuit = &self.hidden[h];
                    let analog = (f64::from(codes[step * n_hidden + h]) - circuit.cadc_zero)
                        / (circuit.cadc_gain * self.params.network.lsb_per_unit());
                    delta / (slope * (analog - circuit.threshold).abs() + 1.0).powi(2)
                })
                .collect();
            for (h, drive) in drives.into_iter().enumerate() {
                lower.step(h, &self.hidden[h], drive);
            }
            for &channel in &events[step] {
                gather(&lower, input_w, channel, &mut sums[0]);
            }
            for (o, circuit) in self.readout.iter().enumerate() {
                let share = match loss.decoding {
                    Decoding::Mean => 1.0 / n_steps as f64,
                    Decoding::Max | Decoding::FirstSpike => f64::from(u8::from(usize::from(peak[o]) == step)),
                };
                upper.step(o, circuit, f64::from(error[o]) * share * circuit.cadc_gain);
            }
        }
    }

    /// Derivatives of the penalties on hidden spikes with respect to every spike; those of the host.
    fn penalties(&self, counts: &[f64], batch: usize) -> Vec<f64> {
        let p = self.params;
        let excess = (counts.iter().sum::<f64>() - p.learning.activity_limit).max(0.0);
        let shared = 2.0 * p.learning.activity_penalty / batch as f64 * excess;
        let each = 2.0 * p.learning.burst_penalty / batch as f64 / counts.len() as f64;
        counts.iter().map(|count| each * count + shared).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::TaskKind;

    /// An experiment with faults of strength `sigma` and weights that codes express without an error.
    fn small(sigma: f64, change: impl FnOnce(&mut Params)) -> Experiment {
        let mut params = Params::for_task(TaskKind::YinYang).with(|p| {
            p.network.hidden = 24;
            p.learning.batch = 50;
            p.network.substeps = 1;
            p.learning.threads = 1;
            p.chip.sigma = sigma;
        });
        change(&mut params);
        let mut experiment = Experiment::new(&params).unwrap();
        (0..10).for_each(|_| drop(experiment.step().unwrap()));
        let host = experiment.host(Lane::InTheLoop);
        let (codes, p) = (host.codes(), &experiment.params);
        let mut network = host.network().clone();
        for (weights, codes, full_scale) in [
            (&mut network.input, &codes.input, p.network.weight_full_scale),
            (&mut network.recurrent, &codes.recurrent, p.network.weight_full_scale),
            (&mut network.readout, &codes.readout, p.network.readout_full_scale),
        ] {
            *weights = codes.mapv(|c| (f64::from(c) * full_scale / f64::from(p.network.code_max())) as f32);
        }
        let host = Host::with_network(&experiment.params.for_host(), network);
        let teacher = &mut experiment.lane_mut(Lane::InTheLoop).unwrap().teacher;
        *teacher.host_mut().unwrap() = host;
        teacher.device_mut().write_weights(&codes);
        experiment
    }

    /// Both gradients, and the loss they belong to.
    fn gradients(experiment: &Experiment) -> (Gradients, Gradients, Loss) {
        let batch = Batch::new(experiment.data.train.iter().take(20));
        let chip = experiment.chip_of(Lane::InTheLoop).unwrap();
        let mut host = experiment.host(Lane::InTheLoop).clone();
        let recording = chip.run(&batch.inputs, 5);
        let loss = host.loss(&recording, &batch.labels);
        let nominal = host.backward(&batch.inputs, &recording, &loss);
        let informed = informed_gradient(&experiment.params, chip, &host, &batch.inputs, &recording, &loss);
        (nominal, informed, loss)
    }

    fn relative(a: &Array2<f32>, b: &Array2<f32>) -> f64 {
        let norm = |x: &Array2<f32>| x.iter().map(|x| f64::from(*x).powi(2)).sum::<f64>().sqrt();
        norm(&(a - b)) / norm(a).max(f64::MIN_POSITIVE)
    }

    #[test]
    fn without_faults_both_gradients_are_the_same() {
        for decoding in [Decoding::Max, Decoding::Mean] {
            for recurrence in [Recurrence::None, Recurrence::Trained] {
                let ideal = |p: &mut Params| {
                    *p = p.ideal_twin().with(|p| p.network.hidden = 24);
                    (p.learning.decoding, p.network.recurrence) = (decoding, recurrence);
                    (p.learning.burst_penalty, p.learning.activity_penalty, p.learning.activity_limit) =
                        (0.1, 1e-3, 5.0);
                };
                let (nominal, informed, _) = gradients(&small(0.0, ideal));
                for (a, b) in [
                    (&nominal.input, &informed.input),
                    (&nominal.recurrent, &informed.recurrent),
                    (&nominal.readout, &informed.readout),
                ] {
                    assert!(relative(a, b) < 1e-4, "{decoding:?} {recurrence:?}: {}", relative(a, b));
                }
                let both = compare(&nominal, &informed, recurrence == Recurrence::Trained);
                assert!(both.hidden.unwrap() > 1.0 - 1e-8 && both.readout.unwrap() > 1.0 - 1e-8, "{both:?}");
            }
        }
    }

    /// The readout is linear: a code more or less on the chip itself moves the mean analog voltage by a known
    /// amount, and the informed gradient has to say that amount times the error, faults and all.
    #[test]
    fn with_faults_the_informed_gradient_is_the_finite_difference_of_the_chip_and_the_nominal_one_is_not() {
        let experiment = small(0.4, |p| p.learning.decoding = Decoding::Mean);
        let (nominal, informed, loss) = gradients(&experiment);
        let p = &experiment.params;
        let (chip, host) = (experiment.chip_of(Lane::InTheLoop).unwrap(), experiment.host(Lane::InTheLoop));
        let per_code = p.network.readout_full_scale / f64::from(p.network.code_max());
        let batch = Batch::new(experiment.data.train.iter().take(20));
        let mean = |codes: &Codes, o: usize| -> Vec<f64> {
            let mut chip = chip.clone();
            chip.write_weights(codes);
            let seen = batch.inputs.iter().enumerate().map(|(k, input)| chip.xray(input, 5, k).v_readout);
            seen.map(|v| f64::from(v.column(o).mean().unwrap())).collect()
        };
        let (mut worst, mut worst_nominal, mut tried) = (0.0f64, 0.0f64, 0);
        for h in (0..24).step_by(5) {
            for o in 0..3 {
                let codes = host.codes();
                let code = codes.readout[[h, o]];
                // Codes of both signs around it must be on the same synapse.
                if code.abs() < 2 || code.abs() >= 62 || informed.readout[[h, o]].abs() < 1e-6 {
                    continue;
                }
                let with = |code: i8| {
                    let mut codes = codes.clone();
                    codes.readout[[h, o]] = code;
                    mean(&codes, o)
                };
                let gain = chip.actual().1[o].cadc_gain;
                let difference: f64 = with(code + 1)
                    .iter()
                    .zip(with(code - 1))
                    .enumerate()
                    .map(|(k, (up, down))| f64::from(loss.error[k * 3 + o]) * gain * (up - down) / (2.0 * per_code))
                    .sum();
                let scale = difference.abs().max(1e-5);
                worst = worst.max((f64::from(informed.readout[[h, o]]) - difference).abs() / scale);
                worst_nominal = worst_nominal.max((f64::from(nominal.readout[[h, o]]) - difference).abs() / scale);
                tried += 1;
            }
        }
        assert!(tried >= 5, "{tried}");
        assert!(worst < 0.01, "{worst}");
        assert!(worst_nominal > 0.05, "with such faults the nominal gradient must be off, by {worst_nominal}");
    }

    #[test]
    fn the_angle_opens_with_the_faults() {
        let at = |sigma| small(sigma, |_| {}).gradient_alignment(Lane::InTheLoop).unwrap();
        let (small, large) = (at(0.02), at(0.5));
        assert!(small.hidden.unwrap() > large.hidden.unwrap() && small.readout.unwrap() > large.readout.unwrap());
        assert!(large.readout.unwrap() < 0.999 && small.readout.unwrap() <= 1.0 + 1e-12, "{small:?} {large:?}");
    }
}
