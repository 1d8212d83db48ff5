//! Named sets of imperfections, each with what it contains and where the numbers come from.

use super::{Distribution, PARAMS, Params};

/// A named set of imperfections. Applying one replaces all imperfections and nothing else.
pub struct Preset {
    /// The name as typed after `--preset`.
    pub key: &'static str,
    /// The name on screen.
    pub label: &'static str,
    /// What it contains, why it is worth seeing, and where the numbers come from.
    pub help: &'static str,
    set: fn(&mut Params),
}

impl Preset {
    /// Replaces all imperfections of `params`; chip number, task and learning stay.
    pub fn apply(&self, params: &mut Params) {
        let ideal = params.ideal_twin();
        for spec in PARAMS.iter().filter(|s| s.is_imperfection()) {
            (spec.set)(params, (spec.get)(&ideal));
        }
        params.distribution = Distribution::Lognormal;
        (self.set)(params);
    }
}

/// The preset with that key.
pub fn preset(key: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|p| p.key == key)
}

/// Trial-to-trial noise of the real chip, common to all presets modelled on it.
fn noise(p: &mut Params) {
    let default = Params::default();
    p.noise_membrane = default.noise_membrane;
    p.noise_readout = default.noise_readout;
    p.noise_threshold = default.noise_threshold;
}

/// The calibrated chip, on which the stress tests of the paper are built.
fn calibrated(p: &mut Params) {
    noise(p);
    p.sigma = 0.05;
    p.sigma_tau_mem = Some(0.05);
    p.sigma_tau_syn = Some(0.05);
    p.sigma_threshold = Some(0.04);
    p.sigma_leak = Some(0.03);
    p.sigma_reset = Some(0.03);
    p.sigma_gain = Some(0.03);
    p.sigma_cadc_offset = Some(0.043);
}

/// Time constants and thresholds off by `sigma` on purpose, drawn from normal distributions.
fn stress(p: &mut Params, sigma: f64) {
    calibrated(p);
    p.distribution = Distribution::Normal;
    p.sigma_tau_mem = Some(sigma);
    p.sigma_tau_syn = Some(sigma);
    p.sigma_threshold = Some(sigma);
}

/// All presets, from none to most.
pub const PRESETS: &[Preset] = &[
    Preset {
        key: "ideal",
        label: "Ideal",
        help: "No mismatch and no noise: all lanes are the same network",
        set: |_| {},
    },
    Preset {
        key: "calibrated",
        label: "Calibrated BrainScaleS-2",
        help: "What calibration leaves: time constants 5 % (below 5 % reported for a prototype by Wunderlich et al. 2019), \
               thresholds 4 %, leak, reset and gain 3 %, readout offsets 3 LSB (limits of calix), with the chip's noise",
        set: calibrated,
    },
    Preset {
        key: "uncalibrated",
        label: "Uncalibrated BrainScaleS-2",
        help: "Spread of the calibration codes that the 512 neurons of one real chip needed (fastAndDeep w66_BB.npz): \
               τ_syn 22 %, τ_mem 13 %, gain 10 %, leak 23 %, reset 21 %, threshold 12 % of the leak-to-threshold distance, with the chip's noise",
        set: |p| {
            noise(p);
            p.sigma = 0.20;
        },
    },
    Preset {
        key: "stress_30",
        label: "Stress 30 %",
        help: "A calibrated chip put out of tune on purpose: time constants and thresholds 30 %, normally distributed; \
               Cramer et al. 2022 find the loop hardly affected up to here",
        set: |p| stress(p, 0.30),
    },
    Preset {
        key: "stress_50",
        label: "Stress 50 %",
        help: "As before with 50 %, the end of the published range: some neurons have a leak above threshold and fire by themselves",
        set: |p| stress(p, 0.50),
    },
    Preset {
        key: "dynap_se",
        label: "DYNAP-SE-like 20 %",
        help: "20 % on time constants, thresholds and all weights, independent and normal, the mismatch model of \
               Büchel et al. 2021; no noise from trial to trial",
        set: |p| {
            p.distribution = Distribution::Normal;
            p.sigma_tau_mem = Some(0.20);
            p.sigma_tau_syn = Some(0.20);
            p.sigma_threshold = Some(0.20);
            p.sigma_weight = Some(0.20);
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_touch_imperfections_only_and_stay_in_range() {
        for preset in PRESETS {
            let before = Params { hidden: 17, chip: 99, learning_rate: 0.02, ..Params::default() };
            let mut after = before.clone();
            preset.apply(&mut after);
            after.check().unwrap();
            for spec in PARAMS {
                let value = (spec.get)(&after);
                spec.check(&value, preset.key).unwrap();
                if !spec.is_imperfection() && spec.key != "distribution" {
                    assert_eq!(value, (spec.get)(&before), "{} changes {}", preset.key, spec.key);
                }
            }
        }
    }

    #[test]
    fn the_uncalibrated_preset_is_the_default_and_the_ideal_one_the_twin() {
        let mut params = Params { sigma_leak: Some(0.4), jitter_spike: 1e-6, ..Params::default() };
        preset("uncalibrated").unwrap().apply(&mut params);
        assert_eq!(params, Params::default());
        preset("ideal").unwrap().apply(&mut params);
        assert_eq!(params, Params::default().ideal_twin());
    }
}
