//! The hand-written gradient against central differences of a smooth model.

use super::*;

const STEPS: usize = 24;

/// The model of `backward.rs` in double precision, with the smooth primitive of the surrogate for spikes.
struct Smooth<'a> {
    params: &'a Params,
    propagators: Propagators,
    x: &'a [(u16, u16)],
    label: usize,
    recurrent: bool,
    /// Hidden neurons that nobody hears.
    dropped: &'a [u16],
}

/// What the smooth model computed.
struct Trace {
    v: Vec<f64>,
    z: Vec<f64>,
    u: Vec<f64>,
}

impl Smooth<'_> {
    /// `weights` holds the input, the recurrent and the readout weights in a row.
    fn run(&self, weights: &[f64]) -> Trace {
        let (input, rest) = weights.split_at(N_IN * N_HIDDEN);
        let (recurrent, readout) = rest.split_at(if self.recurrent { N_HIDDEN * N_HIDDEN } else { 0 });
        let p = self.propagators;
        let beta = self.params.learning.surrogate_slope;
        let (mut i, mut v) = (vec![0.0; N_HIDDEN], vec![0.0; N_HIDDEN]);
        let (mut j, mut u, mut z) = (vec![0.0; N_OUT], vec![0.0; N_OUT], vec![0.0; N_HIDDEN]);
        let mut trace = Trace { v: Vec::new(), z: Vec::new(), u: Vec::new() };
        for step in 0..STEPS {
            for o in 0..N_OUT {
                let arriving: f64 = (0..N_HIDDEN).map(|h| readout[h * N_OUT + o] * z[h]).sum();
                j[o] = p.current * j[o] + arriving;
                u[o] = p.membrane * u[o] + p.membrane_from_current * j[o];
            }
            let before = z.clone();
            for h in 0..N_HIDDEN {
                let events = self.x.iter().filter(|e| usize::from(e.0) == step);
                let from_hidden = recurrent.chunks_exact(N_HIDDEN).zip(&before).map(|(row, z)| row[h] * z);
                i[h] = p.current * i[h]
                    + events.map(|e| input[usize::from(e.1) * N_HIDDEN + h]).sum::<f64>()
                    + from_hidden.sum::<f64>();
                v[h] = p.membrane * v[h] + p.membrane_from_current * i[h];
                let distance = v[h] - 1.0;
                let heard = !self.dropped.contains(&(h as u16));
                z[h] = if heard { distance / (beta * distance.abs() + 1.0) } else { 0.0 };
            }
            trace.v.extend(&v);
            trace.z.extend(&z);
            trace.u.extend(&u);
        }
        trace
    }

    /// Share of the neurons that is heard, 1 − p.
    fn heard(&self) -> f64 {
        1.0 - self.dropped.len() as f64 / N_HIDDEN as f64
    }

    fn scores(&self, trace: &Trace, peak: &[usize]) -> Vec<f64> {
        let decoded = |o: usize| match self.params.learning.decoding {
            Decoding::Max | Decoding::FirstSpike => trace.u[peak[o] * N_OUT + o],
            Decoding::Mean => (0..STEPS).map(|n| trace.u[n * N_OUT + o]).sum::<f64>() / STEPS as f64,
        };
        (0..N_OUT).map(|o| decoded(o) / self.heard()).collect()
    }

    /// `−log softmax(s u) + ρ_a mean u² + ρ_b/N_h Σ c² + ρ_r max(0, Σ c − θ_r)²`: Cramer et al. 2022, Methods.
    fn loss(&self, trace: &Trace, peak: &[usize]) -> f64 {
        let (p, scores) = (self.params, self.scores(trace, peak));
        let total: f64 = scores.iter().map(|u| (p.learning.readout_scale * u).exp()).sum();
        let amplitude = scores.iter().map(|u| u * u).sum::<f64>() / N_OUT as f64;
        let counts = (0..N_HIDDEN).map(|h| (0..STEPS).map(|n| trace.z[n * N_HIDDEN + h]).sum::<f64>());
        let bursts = counts.map(|c| c * c).sum::<f64>() / N_HIDDEN as f64;
        let excess = (trace.z.iter().sum::<f64>() - p.learning.activity_limit).max(0.0);
        total.ln() - p.learning.readout_scale * scores[self.label]
            + p.learning.readout_penalty * amplitude
            + p.learning.burst_penalty * bursts
            + p.learning.activity_penalty * excess * excess
    }

    /// Derivative of the loss with respect to the decoded voltages.
    fn error(&self, trace: &Trace, peak: &[usize]) -> Vec<f32> {
        let (s, scores) = (self.params.learning.readout_scale, self.scores(trace, peak));
        let total: f64 = scores.iter().map(|u| (s * u).exp()).sum();
        (0..N_OUT)
            .map(|o| {
                let target = f64::from(u8::from(o == self.label));
                let penalty = 2.0 * self.params.learning.readout_penalty * scores[o] / N_OUT as f64;
                ((s * ((s * scores[o]).exp() / total - target) + penalty) / self.heard()) as f32
            })
            .collect()
    }
}

/// Hand-written gradient and central finite differences of the smooth model, all weights in a row.
fn both(params: &Params, mut network: Network, dropped: &[u16], seed: u64) -> (Vec<f64>, Vec<f64>) {
    let propagators = Propagators::new(1.7e-6, params.network.tau_mem, params.network.tau_syn, params.network.tau_mem);
    // A sure network has a vanishing error, and differences of its loss would be lost in rounding.
    network.readout *= 0.2;
    let mut rng = rng::stream(seed, "test input");
    let mut x: Vec<(u16, u16)> =
        (0..30).map(|_| (rng.random_range(0..STEPS as u16 - 4), rng.random_range(0..N_IN as u16))).collect();
    x.sort_unstable();
    let recurrent = !network.recurrent.is_empty();
    let smooth = Smooth { params, propagators, x: &x, label: 1, recurrent, dropped };
    let mut weights = flat(&network.input, &network.recurrent, &network.readout);
    let trace = smooth.run(&weights);
    // Where each readout is largest stays fixed: the maximum selects, it does not flow.
    let peak: Vec<usize> = (0..N_OUT)
        .map(|o| (0..STEPS).max_by(|a, b| trace.u[a * N_OUT + o].total_cmp(&trace.u[b * N_OUT + o])).unwrap())
        .collect();
    let evaluation = Evaluation {
        v: trace.v.iter().map(|v| *v as f32).collect(),
        z: (0..STEPS * N_HIDDEN)
            .map(|k| ((k / N_HIDDEN) as u16, (k % N_HIDDEN) as u16, trace.z[k] as f32))
            .filter(|spike| !dropped.contains(&spike.1))
            .collect(),
        x: x.clone(),
        dropped: dropped.to_vec(),
    };
    let error = SampleError {
        error: &smooth.error(&trace, &peak),
        peak: &peak.iter().map(|n| *n as u16).collect::<Vec<_>>(),
        decoding: params.learning.decoding,
    };
    let told = params.for_host();
    let graph = Graph::new(&told, propagators, &network);
    let gradients = graph.gradient_of(&evaluation, &error, &Penalties::new(&params.for_host(), 1));

    let step = 1e-5;
    let mut differences = Vec::new();
    for k in 0..weights.len() {
        let mut at = |shift: f64| {
            let before = weights[k];
            weights[k] += shift;
            let loss = smooth.loss(&smooth.run(&weights), &peak);
            weights[k] = before;
            loss
        };
        differences.push((at(step) - at(-step)) / (2.0 * step));
    }
    (flat(&gradients.input, &gradients.recurrent, &gradients.readout), differences)
}

fn compare(place: &str, (by_hand, differences): &(Vec<f64>, Vec<f64>)) {
    let (relative, cosine) = distance(by_hand, differences);
    assert!(relative < 1e-3 && cosine > 0.99999, "{place}: distance {relative}, cosine {cosine}");
    assert!(differences.iter().map(|d| d * d).sum::<f64>() > 1e-4, "{place}: nothing to compare");
    let largest = differences.iter().fold(0.0f64, |a, d| a.max(d.abs()));
    for (k, (hand, difference)) in by_hand.iter().zip(differences).enumerate() {
        let bound = 2e-3 * difference.abs() + 1e-4 * largest;
        assert!((hand - difference).abs() < bound, "{place}, weight {k}: {hand} {difference}");
    }
}

#[test]
fn the_gradient_is_the_finite_difference_of_the_smooth_model() {
    for decoding in Decoding::OF_VOLTAGES {
        for (tau_mem, tau_syn) in [(6e-6, 6e-6), (10e-6, 4e-6), (3e-6, 12e-6)] {
            for (surrogate_slope, readout_penalty, burst_penalty) in
                [(5.0, 0.0, 0.0), (5.0, 0.3, 0.0), (1.0, 0.05, 0.2), (25.0, 0.0, 0.05)]
            {
                let params = Params::default().with(|p| {
                    p.learning.decoding = decoding;
                    p.network.tau_mem = tau_mem;
                    p.network.tau_syn = tau_syn;
                    p.learning.surrogate_slope = surrogate_slope;
                    p.learning.readout_penalty = readout_penalty;
                    p.learning.burst_penalty = burst_penalty;
                    p.learning.readout_scale = 1.5;
                });
                for seed in 1..4 {
                    let place = format!(
                        "{decoding:?} τ {tau_mem} {tau_syn} β {surrogate_slope} ρ_b {burst_penalty} seed {seed}"
                    );
                    compare(&place, &both(&params, random_network(seed, 1.5), &[], seed));
                }
            }
        }
    }
}

#[test]
fn the_gradient_is_the_finite_difference_with_recurrence_dropout_and_all_penalties() {
    for decoding in Decoding::OF_VOLTAGES {
        // Limits far below the activity of smooth spikes, which is negative, and far above it.
        for (surrogate_slope, burst_penalty, activity_penalty, activity_limit) in
            [(5.0, 0.0, 0.0, 0.0), (5.0, 0.1, 0.01, -60.0), (1.0, 0.0, 1e-3, -250.0), (5.0, 0.0, 0.1, 1000.0)]
        {
            let params = Params::default().with(|p| {
                p.learning.decoding = decoding;
                p.learning.surrogate_slope = surrogate_slope;
                p.learning.burst_penalty = burst_penalty;
                p.learning.activity_penalty = activity_penalty;
                p.learning.activity_limit = activity_limit;
                p.learning.readout_penalty = 0.05;
                p.learning.readout_scale = 1.5;
            });
            for dropped in [&[][..], &[0, 4, 7]] {
                for seed in 1..4 {
                    let place =
                        format!("{decoding:?} β {surrogate_slope} ρ_r {activity_penalty} {dropped:?} seed {seed}");
                    let recurrent = random_recurrent_network(seed, 1.5);
                    let pair = both(&params, recurrent, dropped, seed);
                    compare(&place, &pair);
                    // The recurrent part on its own: not zero but for the rows and columns of dropped neurons.
                    let rows = N_IN * N_HIDDEN..(N_IN + N_HIDDEN) * N_HIDDEN;
                    compare(&place, &(pair.0[rows.clone()].to_vec(), pair.1[rows.clone()].to_vec()));
                    let silent = pair.0[rows].iter().filter(|g| **g == 0.0).count();
                    let heard = N_HIDDEN - dropped.len();
                    assert_eq!(silent, N_HIDDEN * N_HIDDEN - heard * heard, "{place}");
                    compare(&place, &both(&params, random_network(seed, 1.5), dropped, seed));
                }
            }
        }
    }
}
