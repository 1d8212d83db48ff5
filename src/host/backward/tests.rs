//! The hand-written gradient against finite differences and against a dense reimplementation.

use std::ops::Range;

use ndarray::Array2;
use rand::RngExt as _;

use super::*;
use crate::base::rng;
use crate::host::Host;
use crate::params::Params;
use crate::spikes::GridSpike;

const N_IN: usize = 6;
const N_HIDDEN: usize = 9;
const N_OUT: usize = 3;

fn random_network(seed: u64, scale: f64) -> Network {
    let mut rng = rng::stream(seed, "test network");
    let mut draw = |n, m| Array2::from_shape_simple_fn((n, m), || (scale * rng::normal(&mut rng)) as f32);
    Network { input: draw(N_IN, N_HIDDEN), readout: draw(N_HIDDEN, N_OUT), recurrent: Array2::zeros((0, N_HIDDEN)) }
}

/// As [`random_network`], with every hidden neuron reaching all of them.
fn random_recurrent_network(seed: u64, scale: f64) -> Network {
    let mut rng = rng::stream(seed, "test recurrence");
    let draw = || (scale * rng::normal(&mut rng)) as f32;
    Network { recurrent: Array2::from_shape_simple_fn((N_HIDDEN, N_HIDDEN), draw), ..random_network(seed, scale) }
}

fn wide(weights: &Array2<f32>) -> Vec<f64> {
    weights.iter().map(|w| f64::from(*w)).collect()
}

/// Input, recurrent and readout weights, or their gradients, in a row.
fn flat(input: &Array2<f32>, recurrent: &Array2<f32>, readout: &Array2<f32>) -> Vec<f64> {
    [input, recurrent, readout].into_iter().flat_map(wide).collect()
}

/// How far two gradients are apart: relative distance and cosine.
fn distance(a: &[f64], b: &[f64]) -> (f64, f64) {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let difference: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    ((dot(&difference, &difference) / dot(b, b)).sqrt(), dot(a, b) / (dot(a, a) * dot(b, b)).sqrt())
}

// ---------------------------------------------------------------- injection

/// Random codes and spikes that no model would produce, for `n_samples` samples.
fn arbitrary_recording(params: &Params, seed: u64, n_samples: usize) -> (Vec<SpikeTrain>, Recording, Vec<u16>) {
    let mut rng = rng::stream(seed, "test recording");
    let grid = params.network.grid();
    let mut recording = Recording::new(grid, N_HIDDEN, N_OUT);
    recording.resize(n_samples);
    recording.hidden_cadc.iter_mut().for_each(|code| *code = rng.random_range(40..200));
    recording.readout_cadc.iter_mut().for_each(|code| *code = rng.random_range(40..200));
    for spikes in &mut recording.hidden_spikes {
        let step = |rng: &mut rand_chacha::ChaCha8Rng| rng.random_range(0..grid.n_chip() as u16);
        *spikes =
            (0..40).map(|_| GridSpike { step: step(&mut rng), neuron: rng.random_range(0..N_HIDDEN as u16) }).collect();
        spikes.sort_unstable();
    }
    let inputs = (0..n_samples)
        .map(|_| {
            let event = |rng: &mut rand_chacha::ChaCha8Rng| {
                ((rng.random::<f64>() * grid.duration()) as f32, rng.random_range(0..N_IN as u16))
            };
            SpikeTrain::from_events((0..30).map(|_| event(&mut rng)).collect())
        })
        .collect();
    let labels = (0..n_samples).map(|_| rng.random_range(0..N_OUT as u16)).collect();
    (inputs, recording, labels)
}

/// The equations at the top of `backward.rs`, every sum written out, in double precision.
fn dense(params: &Params, network: &Network, inputs: &[SpikeTrain], recording: &Recording, loss: &Loss) -> Vec<f64> {
    let grid = recording.grid;
    let p = Propagators::new(grid.dt_host(), params.network.tau_mem, params.network.tau_syn, params.network.tau_mem);
    let (alpha, beta, kappa) = (p.membrane, p.current, p.membrane_from_current);
    let (r, u) = (wide(&network.recurrent), wide(&network.readout));
    let (mut d_input, mut d_recurrent) = (vec![0.0; N_IN * N_HIDDEN], vec![0.0; r.len()]);
    let mut d_readout = vec![0.0; N_HIDDEN * N_OUT];
    let n = grid.n_host;
    for (sample, input) in inputs.iter().enumerate() {
        let codes = recording.hidden_of(sample);
        let volts = |step: usize, h: usize| {
            let zero = if params.learning.baseline_subtraction { f64::from(codes[h]) } else { 80.0 };
            (f64::from(codes[step * N_HIDDEN + h]) - zero) / 70.0
        };
        let mut z = vec![[0.0; N_HIDDEN]; n];
        for spike in &recording.hidden_spikes[sample] {
            z[usize::from(spike.step) / grid.substeps][usize::from(spike.neuron)] += 1.0;
        }
        let mut x = vec![[0.0; N_IN]; n];
        for (time, unit) in input.iter() {
            // Events that round to beyond the last chip step never reach the chip.
            let step = (f64::from(time) / grid.dt_chip).round() as usize;
            if step < grid.n_chip() {
                x[step / grid.substeps][usize::from(unit)] += 1.0;
            }
        }
        let error = |o: usize| f64::from(loss.error[sample * N_OUT + o]);
        let mut lambda_u = vec![[0.0; N_OUT]; n + 1];
        let mut lambda_j = vec![[0.0; N_OUT]; n + 1];
        let (mut lambda_v, mut lambda_i) = (vec![[0.0; N_HIDDEN]; n + 1], vec![[0.0; N_HIDDEN]; n + 1]);
        let counts: Vec<f64> = (0..N_HIDDEN).map(|h| z.iter().map(|z| z[h]).sum()).collect();
        let excess = (counts.iter().sum::<f64>() - params.learning.activity_limit).max(0.0);
        let activity = 2.0 * params.learning.activity_penalty * excess / inputs.len() as f64;
        for step in (0..n).rev() {
            for o in 0..N_OUT {
                let enters = match params.learning.decoding {
                    Decoding::Max if usize::from(loss.peak[sample * N_OUT + o]) == step => error(o),
                    Decoding::Max | Decoding::FirstSpike => 0.0,
                    Decoding::Mean => error(o) / n as f64,
                };
                lambda_u[step][o] = enters + alpha * lambda_u[step + 1][o];
                lambda_j[step][o] = kappa * lambda_u[step][o] + beta * lambda_j[step + 1][o];
            }
            for h in 0..N_HIDDEN {
                let burst = 2.0 * params.learning.burst_penalty * counts[h] / N_HIDDEN as f64 / inputs.len() as f64;
                let readout = (0..N_OUT).map(|o| u[h * N_OUT + o] * lambda_j[step + 1][o]).sum::<f64>();
                let recurrent =
                    (0..N_HIDDEN).filter(|_| !r.is_empty()).map(|k| r[h * N_HIDDEN + k] * lambda_i[step + 1][k]);
                let heard = !recording.dropped[sample].contains(&(h as u16));
                let delta = if heard { readout + recurrent.sum::<f64>() + burst + activity } else { 0.0 };
                let surrogate = 1.0 / (params.learning.surrogate_slope * (volts(step, h) - 1.0).abs() + 1.0).powi(2);
                lambda_v[step][h] = surrogate * delta + alpha * lambda_v[step + 1][h];
                lambda_i[step][h] = kappa * lambda_v[step][h] + beta * lambda_i[step + 1][h];
                for channel in 0..N_IN {
                    d_input[channel * N_HIDDEN + h] += x[step][channel] * lambda_i[step][h];
                }
                for o in 0..N_OUT {
                    d_readout[h * N_OUT + o] += z[step][h] * lambda_j[step + 1][o];
                }
                for k in (0..N_HIDDEN).filter(|_| !r.is_empty()) {
                    d_recurrent[h * N_HIDDEN + k] += z[step][h] * lambda_i[step + 1][k];
                }
            }
        }
    }
    [d_input, d_recurrent, d_readout].concat()
}

fn all(gradients: &Gradients) -> Vec<f64> {
    flat(&gradients.input, &gradients.recurrent, &gradients.readout)
}

#[test]
fn whatever_is_injected_the_gradient_is_the_written_out_formula_at_those_values() {
    for decoding in Decoding::OF_VOLTAGES {
        for baseline_subtraction in [true, false] {
            for (burst_penalty, substeps, tau_mem) in [(0.0, 1, 6e-6), (0.1, 2, 6e-6), (0.02, 4, 11e-6)] {
                for network in [random_network(7, 1.0), random_recurrent_network(7, 0.7)] {
                    for dropout in [0.0, 0.4] {
                        let activity = if tau_mem > 6e-6 { 1e-3 } else { 0.0 };
                        let params = Params::default().with(|p| {
                            p.network.substeps = substeps;
                            p.learning.decoding = decoding;
                            p.learning.burst_penalty = burst_penalty;
                            p.learning.baseline_subtraction = baseline_subtraction;
                            p.network.tau_mem = tau_mem;
                            p.learning.activity_penalty = activity;
                            p.learning.activity_limit = 20.0;
                        });
                        let (inputs, mut recording, labels) = arbitrary_recording(&params, 3, 21);
                        drop_neurons(&mut recording, dropout);
                        let mut host = Host::with_network(&params.for_host(), network.clone());
                        let loss = host.loss(&recording, &labels);
                        let trains: Vec<&SpikeTrain> = inputs.iter().collect();
                        let got = all(&host.backward(&trains, &recording, &loss));
                        let expected = dense(&params, &network, &inputs, &recording, &loss);
                        let (relative, _) = distance(&got, &expected);
                        let place = format!("{decoding:?} {baseline_subtraction} {burst_penalty} {dropout}");
                        assert!(relative < 1e-4, "{place}, {}: {relative}", network.recurrent.nrows());
                    }
                }
            }
        }
    }
}

/// Makes the event router forget neurons of an arbitrary recording.
fn drop_neurons(recording: &mut Recording, share: f64) {
    recording.drop_neurons(share, 1);
    for (spikes, dropped) in recording.hidden_spikes.iter_mut().zip(&recording.dropped) {
        spikes.retain(|spike| !dropped.contains(&spike.neuron));
    }
}

#[test]
fn with_dropout_scores_and_their_error_are_those_of_voltages_scaled_up() {
    let params =
        Params::default().with(|p| (p.learning.decoding, p.learning.baseline_subtraction) = (Decoding::Mean, false));
    let (_, mut recording, labels) = arbitrary_recording(&params, 4, 6);
    let host = Host::with_network(&params.for_host(), random_network(1, 1.0));
    let plain = host.loss(&recording, &labels);
    drop_neurons(&mut recording, 0.4);
    let scaled = host.loss(&recording, &labels);
    for (scaled, plain) in scaled.scores.iter().zip(&plain.scores) {
        assert!((scaled - plain / 0.6).abs() < 1e-5);
    }
    // The error is a derivative with respect to voltages: one LSB more at every step changes the loss by so much.
    let (sample, readout, n) = (2, 1, recording.grid.n_host * N_OUT);
    let moved = |by: i16| {
        let mut moved = recording.clone();
        moved.readout_cadc[sample * n..][..n].iter_mut().skip(readout).step_by(N_OUT).for_each(|code| {
            *code = code.saturating_add_signed(by as i8);
        });
        host.loss(&moved, &labels).mean
    };
    let slope = (moved(1) - moved(-1)) / 2.0 * 70.0;
    let expected = f64::from(scaled.error[sample * N_OUT + readout]);
    assert!((slope - expected).abs() < 2e-3 * expected.abs() && expected.abs() > 1e-3, "{slope} {expected}");
}

#[test]
fn values_come_from_the_recording_and_routes_from_the_model() {
    let params = Params::default();
    let (inputs, recording, labels) = arbitrary_recording(&params, 5, 4);
    let trains: Vec<&SpikeTrain> = inputs.iter().collect();
    let gradients = |network: &Network, recording: &Recording| {
        let mut host = Host::with_network(&params.for_host(), network.clone());
        let loss = host.loss(recording, &labels);
        host.backward(&trains, recording, &loss)
    };
    let network = random_network(1, 1.0);
    let reference = gradients(&network, &recording);
    assert!(reference.input.iter().any(|g| g.abs() > 1e-4));
    // The input weights decide voltages and spikes, and those are injected: they have no other say.
    let other = Network { input: &network.input * 3.0 + 1.0, ..network.clone() };
    assert_eq!(gradients(&other, &recording), reference);
    // The readout weights are a route: they carry the error to the hidden neurons.
    let other = Network { readout: &network.readout * -1.0, ..network.clone() };
    let turned = gradients(&other, &recording);
    assert_eq!(turned.readout, reference.readout);
    assert_eq!(turned.input, &reference.input * -1.0);
    // Hidden voltages only enter through the surrogate: they move the input gradient and nothing else.
    let mut shifted = recording.clone();
    shifted.hidden_cadc.iter_mut().enumerate().for_each(|(k, code)| *code = code.wrapping_add((k % 13) as u8));
    let moved = gradients(&network, &shifted);
    assert_eq!(moved.readout, reference.readout);
    assert_ne!(moved.input, reference.input);
}

#[test]
fn penalties_add_to_the_gradient_in_proportion_to_their_weight() {
    let (inputs, recording, labels) = arbitrary_recording(&Params::default(), 6, 5);
    let trains: Vec<&SpikeTrain> = inputs.iter().collect();
    let gradient = |readout_penalty: f64, burst_penalty: f64| {
        let params = Params::default()
            .with(|p| (p.learning.readout_penalty, p.learning.burst_penalty) = (readout_penalty, burst_penalty));
        let mut host = Host::with_network(&params.for_host(), random_network(2, 1.0));
        let loss = host.loss(&recording, &labels);
        all(&host.backward(&trains, &recording, &loss))
    };
    let none = gradient(0.0, 0.0);
    for (single, double) in [(gradient(0.2, 0.0), gradient(0.4, 0.0)), (gradient(0.0, 0.3), gradient(0.0, 0.6))] {
        let added: Vec<f64> = single.iter().zip(&none).map(|(a, b)| 2.0 * (a - b)).collect();
        let twice: Vec<f64> = double.iter().zip(&none).map(|(a, b)| a - b).collect();
        assert!(twice.iter().any(|g| g.abs() > 1e-4));
        assert!(distance(&added, &twice).0 < 1e-4);
    }
}

// ---------------------------------------------------------------- batches

#[test]
fn the_gradient_of_a_batch_is_the_mean_over_its_samples() {
    let params = Params::default().with(|p| p.learning.burst_penalty = 0.05);
    // Three partial sums, the last one short.
    let n = 37;
    let (inputs, recording, labels) = arbitrary_recording(&params, 8, n);
    for network in [random_network(3, 1.0), random_recurrent_network(3, 0.7)] {
        let mut host = Host::with_network(&params.for_host(), network);
        let trains: Vec<&SpikeTrain> = inputs.iter().collect();
        let loss = host.loss(&recording, &labels);
        let batch = all(&host.backward(&trains, &recording, &loss));
        let mut mean = vec![0.0; batch.len()];
        for sample in 0..n {
            let mut single = Recording::new(recording.grid, N_HIDDEN, N_OUT);
            single.resize(1);
            single.hidden_cadc.copy_from_slice(recording.hidden_of(sample));
            single.readout_cadc.copy_from_slice(recording.readout_of(sample));
            single.hidden_spikes[0].clone_from(&recording.hidden_spikes[sample]);
            let loss = host.loss(&single, &labels[sample..=sample]);
            let gradient = all(&host.backward(&trains[sample..=sample], &single, &loss));
            mean.iter_mut().zip(gradient).for_each(|(m, g)| *m += g / n as f64);
        }
        assert!(distance(&batch, &mean).0 < 1e-5, "{}", distance(&batch, &mean).0);
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let params = Params::default().with(|p| p.learning.burst_penalty = 0.05);
    let (inputs, recording, labels) = arbitrary_recording(&params, 9, 70);
    let trains: Vec<&SpikeTrain> = inputs.iter().collect();
    let gradients = |threads: usize, network: Network| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let mut host = Host::with_network(&params.for_host(), network);
        let loss = host.loss(&recording, &labels);
        // Twice, because the second time the buffers hold the first result.
        pool.install(|| host.backward(&trains, &recording, &loss));
        pool.install(|| host.backward(&trains, &recording, &loss))
    };
    for network in [random_network(4, 1.0), random_recurrent_network(4, 0.7)] {
        let one = gradients(1, network.clone());
        assert!(one.is_finite());
        for threads in [2, 4] {
            assert_eq!(gradients(threads, network.clone()), one, "{threads} threads");
        }
    }
}

#[test]
fn every_set_of_vector_instructions_gives_the_same_bits() {
    /// The gradient of a few samples with the given vector instructions.
    fn with<S: Simd>(simd: S, params: &Params, network: &Network) -> Gradients {
        let (inputs, mut recording, labels) = arbitrary_recording(params, 10, 5);
        drop_neurons(&mut recording, 0.2);
        let host = Host::with_network(&params.for_host(), network.clone());
        let loss = host.loss(&recording, &labels);
        let dt = recording.grid.dt_host();
        let propagators = Propagators::new(dt, params.network.tau_mem, params.network.tau_syn, params.network.tau_mem);
        let told = params.for_host();
        let graph = Graph::new(&told, propagators, network);
        let model = Model::new(graph, Penalties::new(&params.for_host(), inputs.len()), recording.grid.n_host);
        let mut space = Space::default();
        space.events.resize_with(inputs.len(), Events::default);
        for (sample, events) in space.events.iter_mut().enumerate() {
            events.observe(&model, &inputs[sample], &recording, sample);
        }
        let evidence = |sample: usize| Evidence {
            voltages: Voltages::Codes(recording.hidden_of(sample)),
            error: SampleError {
                error: &loss.error[sample * N_OUT..][..N_OUT],
                peak: &loss.peak[sample * N_OUT..][..N_OUT],
                decoding: loss.decoding,
            },
        };
        let evidence: Vec<Evidence<'_>> = (0..inputs.len()).map(evidence).collect();
        let mut partial = Partial::default();
        simd.vectorize(Group { model: &model, evidence: &evidence, space: &mut space, partial: &mut partial });
        gradients(&[partial])
    }
    for decoding in Decoding::OF_VOLTAGES {
        for network in [random_network(5, 1.0), random_recurrent_network(5, 0.7)] {
            let params = Params::default().with(|p| (p.learning.burst_penalty, p.learning.decoding) = (0.05, decoding));
            let plain = with(pulp::Scalar::new(), &params, &network);
            assert!(plain.is_finite() && plain.input.iter().any(|g| g.abs() > 1e-4));
            #[cfg(target_arch = "x86_64")]
            {
                let v3 = pulp::x86::V3::try_new().map(|simd| with(simd, &params, &network));
                let v4 = pulp::x86::V4::try_new().map(|simd| with(simd, &params, &network));
                for (name, vectors) in [("AVX2", v3), ("AVX-512", v4)] {
                    match vectors {
                        Some(gradients) => assert_eq!(gradients, plain, "{name}"),
                        None => println!("{name} is not there to be tested"),
                    }
                }
            }
            #[cfg(target_arch = "aarch64")]
            if let Some(simd) = pulp::aarch64::Neon::try_new() {
                assert_eq!(with(simd, &params, &network), plain, "NEON");
            }
        }
    }
}

mod finite_differences;
mod three_factors;
mod wide;

#[test]
fn partial_sums_share_out_every_sample_once() {
    for is_recurrent in [false, true] {
        for n in [0, 1, 7, 16, 24, 25, 100, 256, 1001] {
            let shares = shares(n, is_recurrent);
            assert_eq!(shares.iter().cloned().flatten().collect::<Vec<_>>(), (0..n).collect::<Vec<_>>());
            assert!(shares.iter().all(|share| share.len() <= 24), "{shares:?}");
            let sizes = shares.iter().map(Range::len);
            let spread = sizes.clone().max().unwrap() - sizes.min().unwrap();
            assert!(is_recurrent || spread <= 1, "{shares:?}");
        }
    }
}
