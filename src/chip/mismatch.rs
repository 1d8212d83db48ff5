//! Fixed-pattern faults: a frozen standard-normal draw per circuit, scaled by σ.
//!
//! The chip number alone decides the draws `z`; the parameters decide how far
//! they reach. So moving σ grows the same faults, and a new number is a new chip.
//!
//! ```text
//! positive quantities   nominal · exp(σ z)             lognormal: σ is the sd of the logarithm
//!                       nominal · max(1 + σ z, 0.2)    normal, as in Cramer et al. 2022
//! potentials            nominal + σ z                  in leak-to-threshold distances
//! ```
//!
//! Correlations between the parameters of a circuit are those of the codes that
//! the 512 neurons of one real chip needed to be calibrated (fastAndDeep,
//! `w66_BB.npz`): leak–reset 0.68, leak–threshold 0.44, reset–threshold 0.43;
//! gains exc–inh 0.76; τ_syn exc–inh 0.13. Gains have a component common to a quadrant
//! (10.3 % in all, 6 % within a quadrant). The parameter `correlation` scales them down to none.

use super::damage;
use super::layout::{CIRCUITS_PER_QUADRANT, SYNAPSE_ROWS, Site};
use crate::base::rng;
use crate::params::{ChipParams, ChipSetup, Distribution, share};
use crate::recording::Trims;

/// Correlation of the potentials of one circuit: leak with reset, leak with threshold, reset with threshold.
pub const POTENTIAL_CORRELATIONS: [f32; 3] = [0.68, 0.44, 0.43];
/// Correlation of excitatory and inhibitory gain.
pub const GAIN_CORRELATION: f32 = 0.76;
/// Correlation of excitatory and inhibitory synaptic time constant.
pub const TAU_SYN_CORRELATION: f32 = 0.13;
/// Share of the standard deviation of the gains that lies within a quadrant: 6.0 of 10.3 %.
pub const GAIN_WITHIN_QUADRANT: f32 = 0.58;

/// The frozen faults of one chip: standard-normal draws, one a circuit unless said otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    tau_mem: Vec<f32>,
    tau_syn_exc: Vec<f32>,
    tau_syn_inh: Vec<f32>,
    leak: Vec<f32>,
    reset: Vec<f32>,
    threshold: Vec<f32>,
    refractory: Vec<f32>,
    gain_exc: Vec<f32>,
    gain_inh: Vec<f32>,
    cadc_offset: Vec<f32>,
    cadc_gain: Vec<f32>,
    /// One a synapse row.
    driver: Vec<f32>,
    /// One a synapse, `[circuit][row]`.
    synapse: Vec<f32>,
    /// The way each circuit wanders with age.
    drift_tau: Vec<f32>,
    drift_leak: Vec<f32>,
    drift_threshold: Vec<f32>,
}

impl Draws {
    /// The faults of a chip with that many circuits: its number and how correlated they are decide them.
    pub fn new(chip: &ChipParams, circuits: usize) -> Self {
        let (number, correlation) = (chip.number, chip.correlation as f32);
        let z = |name: &str| rng::normals(u64::from(number), name, circuits);
        let (leak, reset, threshold) = (z("leak"), z("reset"), z("threshold"));
        // Cholesky factor of the correlation matrix of (leak, reset, threshold).
        let [lr, lt, rt] = POTENTIAL_CORRELATIONS.map(|r| correlation * r);
        let reset_own = (1.0 - lr * lr).sqrt();
        let threshold_reset = (rt - lr * lt) / reset_own;
        let threshold_own = (1.0 - lt * lt - threshold_reset * threshold_reset).sqrt();
        let correlated_threshold =
            (0..circuits).map(|c| lt * leak[c] + threshold_reset * reset[c] + threshold_own * threshold[c]).collect();
        let quadrants = |name: &str| {
            let common = rng::normals(u64::from(number), name, circuits.div_ceil(CIRCUITS_PER_QUADRANT));
            (0..circuits).map(|c| common[c / CIRCUITS_PER_QUADRANT]).collect::<Vec<_>>()
        };
        let common_exc = quadrants("gain quadrant exc");
        let common_inh = correlate(&common_exc, &quadrants("gain quadrant inh"), correlation * GAIN_CORRELATION);
        let own_exc = z("gain exc");
        let own_inh = correlate(&own_exc, &z("gain inh"), correlation * GAIN_CORRELATION);
        let tau_syn_exc = z("tau_syn exc");
        Self {
            tau_mem: z("tau_mem"),
            tau_syn_inh: correlate(&tau_syn_exc, &z("tau_syn inh"), correlation * TAU_SYN_CORRELATION),
            tau_syn_exc,
            reset: correlate(&leak, &reset, lr),
            threshold: correlated_threshold,
            leak,
            refractory: z("refractory"),
            gain_exc: correlate(&common_exc, &own_exc, (1.0 - GAIN_WITHIN_QUADRANT.powi(2)).sqrt()),
            gain_inh: correlate(&common_inh, &own_inh, (1.0 - GAIN_WITHIN_QUADRANT.powi(2)).sqrt()),
            cadc_offset: z("cadc offset"),
            cadc_gain: z("cadc gain"),
            driver: rng::normals(u64::from(number), "driver", SYNAPSE_ROWS),
            synapse: rng::normals(u64::from(number), "synapse", circuits * SYNAPSE_ROWS),
            drift_tau: z("drift tau"),
            drift_leak: z("drift leak"),
            drift_threshold: z("drift threshold"),
        }
    }

    /// What decides the draws.
    pub(super) fn depend_on(chip: &ChipParams) -> (u32, f64) {
        (chip.number, chip.correlation)
    }

    /// What the neuron at `site` really is on a chip that has run `age` batches. Merged circuits average their faults.
    pub fn neuron(&self, params: &ChipSetup, sigma: &Sigmas, site: Site, age: f64) -> ActualNeuron {
        let z = |draws: &[f32]| {
            let sum: f32 = site.circuits().map(|c| draws[c]).sum();
            f64::from(sum / f32::from(site.merged))
        };
        let positive = |nominal: f64, sigma: f64, z: f64| nominal * factor(params.chip.distribution, sigma, z);
        let channel = usize::from(site.first);
        let warmth = damage::TEMPERATURE_COEFFICIENT * params.chip.temperature;
        let drift = params.chip.drift * age / damage::DRIFT_BATCHES;
        let stretch = (warmth + drift * z(&self.drift_tau)).exp();
        ActualNeuron {
            tau_mem: stretch * positive(params.network.tau_mem, sigma.tau_mem, z(&self.tau_mem)),
            tau_syn_exc: stretch * positive(params.network.tau_syn, sigma.tau_syn, z(&self.tau_syn_exc)),
            tau_syn_inh: stretch * positive(params.network.tau_syn, sigma.tau_syn_inh, z(&self.tau_syn_inh)),
            v_leak: sigma.leak * z(&self.leak) + drift * z(&self.drift_leak),
            v_reset: params.network.reset_in_units() + sigma.reset * z(&self.reset),
            v_threshold: 1.0 + sigma.threshold * z(&self.threshold) + warmth + drift * z(&self.drift_threshold),
            refractory: positive(params.network.refractory, sigma.refractory, z(&self.refractory)),
            gain_exc: positive(1.0, sigma.gain, z(&self.gain_exc)),
            gain_inh: positive(1.0, sigma.gain_inh, z(&self.gain_inh)),
            cadc_offset: sigma.cadc_offset * params.network.lsb_per_unit() * f64::from(self.cadc_offset[channel]),
            cadc_gain: positive(1.0, sigma.cadc_gain, f64::from(self.cadc_gain[channel])),
        }
    }

    /// Strength of the synapse in `row` of `circuit`, relative to nominal: synapse, driver and gain together.
    pub fn synapse(&self, params: &ChipSetup, sigma: &Sigmas, circuit: usize, row: usize) -> f32 {
        let excitatory = row.is_multiple_of(2);
        let gain = if excitatory { self.gain_exc[circuit] } else { self.gain_inh[circuit] };
        let gain_sigma = if excitatory { sigma.gain } else { sigma.gain_inh };
        let shape = params.chip.distribution;
        (factor(shape, sigma.weight, f64::from(self.synapse[circuit * SYNAPSE_ROWS + row]))
            * factor(shape, sigma.driver, f64::from(self.driver[row]))
            * factor(shape, gain_sigma, f64::from(gain))) as f32
    }
}

/// `r a + √(1 − r²) b`: standard normal, correlated with `a` by `r`.
fn correlate(a: &[f32], b: &[f32], r: f32) -> Vec<f32> {
    let rest = (1.0 - r * r).sqrt();
    a.iter().zip(b).map(|(a, b)| r * a + rest * b).collect()
}

/// A draw turned into a positive factor.
fn factor(distribution: Distribution, sigma: f64, z: f64) -> f64 {
    match distribution {
        Distribution::Lognormal => (sigma * z).exp(),
        Distribution::Normal => (1.0 + sigma * z).max(0.2),
    }
}

/// The σ of every parameter after "auto" has been resolved, as fractions.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the names are those of the parameters")]
pub struct Sigmas {
    pub tau_mem: f64,
    pub tau_syn: f64,
    pub tau_syn_inh: f64,
    pub threshold: f64,
    pub leak: f64,
    pub reset: f64,
    pub gain: f64,
    pub gain_inh: f64,
    pub weight: f64,
    pub refractory: f64,
    pub driver: f64,
    pub cadc_offset: f64,
    pub cadc_gain: f64,
}

impl Sigmas {
    /// Resolves "auto" to its share of the global σ, or to the spread that it inherits.
    pub fn new(p: &ChipParams) -> Self {
        let of = |own: Option<f64>, share: f64| own.unwrap_or(share * p.sigma);
        Self {
            tau_mem: of(p.sigma_tau_mem, share::TAU_MEM),
            tau_syn: of(p.sigma_tau_syn, share::TAU_SYN),
            tau_syn_inh: of(p.sigma_tau_syn_inh.or(p.sigma_tau_syn), share::TAU_SYN),
            threshold: of(p.sigma_threshold, share::THRESHOLD),
            leak: of(p.sigma_leak, share::LEAK),
            reset: of(p.sigma_reset, share::RESET),
            gain: of(p.sigma_gain, share::GAIN),
            gain_inh: of(p.sigma_gain_inh.or(p.sigma_gain), share::GAIN),
            weight: of(p.sigma_weight, share::WEIGHT),
            refractory: of(p.sigma_refractory, share::REFRACTORY),
            driver: of(p.sigma_driver, share::DRIVER),
            cadc_offset: of(p.sigma_cadc_offset, share::CADC_OFFSET),
            cadc_gain: of(p.sigma_cadc_gain, share::CADC_GAIN),
        }
    }
}

/// What one neuron really got. Seconds; potentials in membrane units (nominal leak 0, threshold 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ActualNeuron {
    /// Membrane time constant, s.
    pub tau_mem: f64,
    /// Excitatory synaptic time constant, s.
    pub tau_syn_exc: f64,
    /// Inhibitory synaptic time constant, s.
    pub tau_syn_inh: f64,
    /// Leak potential.
    pub v_leak: f64,
    /// Reset potential.
    pub v_reset: f64,
    /// Threshold.
    pub v_threshold: f64,
    /// Refractory time, s.
    pub refractory: f64,
    /// Gain of the excitatory input, relative to nominal (mean of merged circuits).
    pub gain_exc: f64,
    /// Gain of the inhibitory input, relative to nominal (mean of merged circuits).
    pub gain_inh: f64,
    /// Zero point of the readout channel, LSB.
    pub cadc_offset: f64,
    /// Gain of the readout channel, relative to nominal.
    pub cadc_gain: f64,
}

impl ActualNeuron {
    /// The same neuron with its trims applied.
    #[must_use]
    pub fn trimmed(self, trims: &Trims) -> Self {
        Self {
            tau_mem: self.tau_mem * Trims::tau(trims.tau_mem),
            tau_syn_exc: self.tau_syn_exc * Trims::tau(trims.tau_syn_exc),
            tau_syn_inh: self.tau_syn_inh * Trims::tau(trims.tau_syn_inh),
            v_leak: self.v_leak + Trims::potential(trims.leak),
            v_reset: self.v_reset + Trims::potential(trims.reset),
            v_threshold: self.v_threshold + Trims::potential(trims.threshold),
            cadc_offset: self.cadc_offset + f64::from(trims.cadc_offset),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::layout::CIRCUITS;
    use crate::params::Params;

    const SITE: Site = Site { first: 17, merged: 1 };

    fn chip(number: u32, correlation: f64) -> ChipParams {
        ChipParams { number, correlation, ..ChipParams::default() }
    }

    fn moments(xs: &[f32]) -> (f64, f64) {
        let n = xs.len() as f64;
        let mean = xs.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
        (mean, (xs.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt())
    }

    fn correlation(a: &[f32], b: &[f32]) -> f64 {
        let ((ma, sa), (mb, sb)) = (moments(a), moments(b));
        let cov: f64 = a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - ma) * (f64::from(b) - mb)).sum();
        cov / (a.len() as f64 - 1.0) / sa / sb
    }

    #[test]
    fn without_correlation_no_part_of_a_circuit_tells_anything_about_another() {
        type Part = fn(&Draws) -> &Vec<f32>;
        let chips: Vec<Draws> = (0..40).map(|number| Draws::new(&chip(number, 0.0), CIRCUITS)).collect();
        let pool = |f: Part| chips.iter().flat_map(|d| f(d).clone()).collect::<Vec<f32>>();
        let pairs: [[Part; 2]; 4] = [
            [|d| &d.leak, |d| &d.reset],
            [|d| &d.leak, |d| &d.threshold],
            [|d| &d.reset, |d| &d.threshold],
            [|d| &d.tau_syn_exc, |d| &d.tau_syn_inh],
        ];
        for (k, [a, b]) in pairs.into_iter().enumerate() {
            let r = correlation(&pool(a), &pool(b));
            assert!(r.abs() < 0.035, "pair {k}: {r}");
        }
    }

    #[test]
    fn draws_are_standard_normal_with_the_measured_correlations() {
        // 40 chips of 512 circuits: the standard error of a mean is 0.007, of a correlation below 0.007.
        let chips: Vec<Draws> = (0..40).map(|number| Draws::new(&chip(number, 1.0), CIRCUITS)).collect();
        let pool = |f: fn(&Draws) -> &Vec<f32>| chips.iter().flat_map(|d| f(d).clone()).collect::<Vec<f32>>();
        let all = [pool(|d| &d.leak), pool(|d| &d.reset), pool(|d| &d.threshold), pool(|d| &d.tau_mem)];
        for xs in &all {
            let (mean, sd) = moments(xs);
            assert!(mean.abs() < 0.035 && (sd - 1.0).abs() < 0.025, "mean {mean} sd {sd}");
        }
        for (a, b, expected) in [(0, 1, 0.68), (0, 2, 0.44), (1, 2, 0.43), (0, 3, 0.0)] {
            let r = correlation(&all[a], &all[b]);
            assert!((r - expected).abs() < 0.035, "{a} {b}: {r}");
        }
        let gains = correlation(&pool(|d| &d.gain_exc), &pool(|d| &d.gain_inh));
        assert!((gains - 0.76).abs() < 0.12, "few quadrants, wide bound: {gains}");
        let tau = correlation(&pool(|d| &d.tau_syn_exc), &pool(|d| &d.tau_syn_inh));
        assert!((tau - 0.13).abs() < 0.035, "{tau}");
    }

    /// Skewness of a lognormal distribution: `(exp(s²) + 2) √(exp(s²) − 1)`; 0 for a normal one.
    #[test]
    fn lognormal_spreads_are_as_skewed_as_the_closed_form_and_normal_ones_are_not() {
        let skewness = |distribution| {
            let params = Params::default()
                .with(|p| (p.chip.sigma, p.chip.sigma_tau_mem, p.chip.distribution) = (0.0, Some(0.3), distribution));
            let sigma = Sigmas::new(&params.chip);
            let taus: Vec<f64> = (0..40)
                .flat_map(|number| {
                    let draws = Draws::new(&chip(number, 1.0), CIRCUITS);
                    let site = |c| Site { first: c, merged: 1 };
                    (0..CIRCUITS as u16)
                        .map(|c| draws.neuron(&params.for_chip(), &sigma, site(c), 0.0).tau_mem)
                        .collect::<Vec<_>>()
                })
                .collect();
            let n = taus.len() as f64;
            let mean = taus.iter().sum::<f64>() / n;
            let moment = |k: i32| taus.iter().map(|t| (t - mean).powi(k)).sum::<f64>() / n;
            moment(3) / moment(2).powf(1.5)
        };
        let s2 = 0.09f64.exp();
        let expected = (s2 + 2.0) * (s2 - 1.0).sqrt();
        // 20,480 draws: the standard error of a skewness is √(6/n) = 0.017, more for a skewed distribution.
        let lognormal = skewness(Distribution::Lognormal);
        assert!((lognormal - expected).abs() < 0.12, "{lognormal} against {expected}");
        let normal = skewness(Distribution::Normal);
        assert!(normal.abs() < 0.09, "{normal}");
    }

    #[test]
    fn gains_differ_between_quadrants_more_than_within() {
        let within: f64 = (0..40)
            .map(|number| {
                moments(&Draws::new(&chip(number, 1.0), CIRCUITS).gain_exc[..CIRCUITS_PER_QUADRANT]).1.powi(2)
            })
            .sum::<f64>()
            / 40.0;
        assert!((within.sqrt() - f64::from(GAIN_WITHIN_QUADRANT)).abs() < 0.03, "{}", within.sqrt());
    }

    #[test]
    fn moving_sigma_scales_the_same_faults() {
        let draws = Draws::new(&chip(5, 1.0), CIRCUITS);
        let at = |sigma: f64| {
            let params = Params::default().with(|p| p.chip.sigma = sigma);
            draws.neuron(&params.for_chip(), &Sigmas::new(&params.chip), SITE, 0.0)
        };
        let (small, large) = (at(0.1), at(0.3));
        assert!((large.v_leak / small.v_leak - 3.0).abs() < 1e-9);
        assert!((large.v_threshold - 1.0 - 3.0 * (small.v_threshold - 1.0)).abs() < 1e-9);
        assert!(((large.tau_mem / 6e-6).ln() / (small.tau_mem / 6e-6).ln() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn without_sigma_every_neuron_is_nominal() {
        let params = Params::default().ideal_twin();
        let n = Draws::new(&chip(5, 1.0), CIRCUITS).neuron(&params.for_chip(), &Sigmas::new(&params.chip), SITE, 0.0);
        assert_eq!((n.tau_mem, n.tau_syn_exc, n.tau_syn_inh), (6e-6, 6e-6, 6e-6));
        assert_eq!((n.v_leak, n.v_reset, n.v_threshold), (0.0, 0.0, 1.0));
        assert_eq!((n.gain_exc, n.gain_inh, n.cadc_offset, n.cadc_gain), (1.0, 1.0, 0.0, 1.0));
    }

    #[test]
    fn a_sigma_of_its_own_overrides_the_share_of_the_global_one() {
        let params = Params::default().with(|p| (p.chip.sigma, p.chip.sigma_tau_mem) = (0.0, Some(0.3)));
        let follower = Sigmas::new(&Params::default().with(|p| p.chip.sigma_tau_syn = Some(0.3)).chip);
        assert!((follower.tau_syn_inh - 0.3).abs() < 1e-12, "inhibition follows excitation");
        let own = Params::default().with(|p| (p.chip.sigma_tau_syn, p.chip.sigma_tau_syn_inh) = (Some(0.3), Some(0.1)));
        assert!((Sigmas::new(&own.chip).tau_syn_inh - 0.1).abs() < 1e-12);
        let s = Sigmas::new(&params.chip);
        assert_eq!((s.tau_mem, s.tau_syn, s.leak), (0.3, 0.0, 0.0));
        // The shares make 20 % the uncalibrated chip: τ_mem 13 %, τ_syn 22 %, gain 10 %.
        let s = Sigmas::new(&Params::default().chip);
        assert!((s.tau_mem - 0.13).abs() < 1e-12 && (s.tau_syn - 0.22).abs() < 1e-12 && (s.gain - 0.10).abs() < 1e-12);
    }
}
