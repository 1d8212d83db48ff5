//! The gradient of a feed-forward network as a rule with three factors, forward in time: what a chip that teaches
//! itself starts from. Eligibility propagation without recurrence (Bellec et al. 2020, doi:10.1038/s41467-020-17236-y).

use super::*;

/// `Σ_m ψ(V_i[m]) δz_i[m] ε_j[m]`, with ε the response of a nominal membrane to an input and δz the error of a spike,
/// every sum written out in double precision.
fn three_factors(
    params: &Params,
    network: &Network,
    inputs: &[SpikeTrain],
    recording: &Recording,
    loss: &Loss,
) -> Vec<f64> {
    let grid = recording.grid;
    let p = Propagators::new(grid.dt_host(), params.network.tau_mem, params.network.tau_syn, params.network.tau_mem);
    let n = grid.n_host;
    // Response to an event: first step κ, then the double exponential.
    let (mut v, mut i, mut kernel) = (0.0, 1.0, Vec::new());
    for _ in 0..n {
        v = p.membrane * v + p.membrane_from_current * i;
        i *= p.current;
        kernel.push(v);
    }
    let mut gradient = vec![0.0; N_IN * N_HIDDEN];
    for (sample, input) in inputs.iter().enumerate() {
        let codes = recording.hidden_of(sample);
        for m in 0..n {
            let mut trace = [0.0; N_IN];
            for (time, unit) in input.iter() {
                let step = (f64::from(time) / grid.dt_chip).round() as usize;
                if step < grid.n_chip() && step / grid.substeps <= m {
                    trace[usize::from(unit)] += kernel[m - step / grid.substeps];
                }
            }
            // With the mean over time every later step carries the same error.
            let later: f64 = kernel[..n - 1 - m].iter().sum();
            for h in 0..N_HIDDEN {
                let volts = (f64::from(codes[m * N_HIDDEN + h]) - f64::from(codes[h])) / 70.0;
                let closeness = 1.0 / (params.learning.surrogate_slope * (volts - 1.0).abs() + 1.0).powi(2);
                let errors = (0..N_OUT)
                    .map(|o| f64::from(network.readout[[h, o]]) * f64::from(loss.error[sample * N_OUT + o]) / n as f64);
                let signal = later * errors.sum::<f64>();
                for (j, trace) in trace.iter().enumerate() {
                    gradient[j * N_HIDDEN + h] += closeness * signal * trace;
                }
            }
        }
    }
    gradient
}

#[test]
fn with_the_mean_over_time_the_gradient_is_a_rule_with_three_factors() {
    for seed in 0..4 {
        let params = Params::default().with(|p| p.learning.decoding = Decoding::Mean);
        let (inputs, recording, labels) = arbitrary_recording(&params, seed, 5);
        let network = random_network(seed, 1.0);
        let mut host = Host::with_network(&params.for_host(), network.clone());
        let loss = host.loss(&recording, &labels);
        let trains: Vec<&SpikeTrain> = inputs.iter().collect();
        let got = wide(&host.backward(&trains, &recording, &loss).input);
        let (relative, cosine) = distance(&got, &three_factors(&params, &network, &inputs, &recording, &loss));
        assert!(relative < 1e-5 && cosine > 1.0 - 1e-9, "{relative} {cosine}");
    }
}
