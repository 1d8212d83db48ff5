//! The columnar ADC: all membranes, every host step, 8 bit.

use super::mismatch::ActualNeuron;
use crate::params::Params;
use crate::rng::NoiseLanes;

/// From here on an `f32` has no bits left for fractions.
const TWO_TO_23: f32 = 8_388_608.0;

/// Converts the membrane voltages of one population into codes.
///
/// `code = clip(round((V_leak + lsb_per_unit · v) · gain + offset + noise), 0, 255)`; fewer bits
/// keep the range and coarsen the step.
#[derive(Debug, Clone, Default)]
pub struct Cadc {
    per_unit: Vec<f32>,
    zero: Vec<f32>,
    noise: Vec<f32>,
    noisy: bool,
    /// LSB of 8 bit per step of the converter: 1 for 8 bit, 16 for 4 bit.
    coarseness: f32,
}

impl Cadc {
    /// The channels of the given neurons.
    pub fn new(neurons: &[ActualNeuron], params: &Params) -> Self {
        let lsb = params.lsb_per_unit();
        Self {
            per_unit: neurons.iter().map(|n| (lsb * n.cadc_gain) as f32).collect(),
            zero: neurons.iter().map(|n| (params.leak * n.cadc_gain + n.cadc_offset) as f32).collect(),
            noise: vec![(params.noise_readout * lsb) as f32; neurons.len()],
            noisy: params.noise_readout > 0.0,
            coarseness: f32::from(1u16 << (8 - params.cadc_bits)),
        }
    }

    /// Standard deviation of the noise of one conversion, one a neuron, LSB.
    pub fn noise(&self) -> &[f32] {
        &self.noise
    }

    /// Makes channels read 0 whatever the membrane does.
    pub fn deafen(&mut self, deaf: &[bool]) {
        for (k, _) in deaf.iter().enumerate().filter(|(_, deaf)| **deaf) {
            (self.per_unit[k], self.zero[k], self.noise[k]) = (0.0, 0.0, 0.0);
        }
    }

    /// Whether conversions draw noise.
    pub fn is_noisy(&self) -> bool {
        self.noisy
    }

    /// Converts `v` into `codes`; `scratch` and `noise` belong to the caller's thread.
    #[inline(always)]
    pub fn sample(&self, v: &[f32], codes: &mut [u8], scratch: &mut Vec<f32>, noise: &mut NoiseLanes) {
        let n = v.len();
        scratch.resize(n, 0.0);
        let (out, per_unit, zero) = (&mut scratch[..n], &self.per_unit[..n], &self.zero[..n]);
        for k in 0..n {
            out[k] = v[k] * per_unit[k] + zero[k];
        }
        if self.noisy {
            noise.add_scaled(out, &self.noise);
        }
        let (step, inverse) = (self.coarseness, 1.0 / self.coarseness);
        let top = 256.0 / step - 1.0;
        for (code, &x) in codes.iter_mut().zip(&*out) {
            // + 0.5 makes it round half up. A whole number below 2²³ stands in the low bits of its sum
            // with 2²³, which needs no conversion that checks its range.
            let whole = (x * inverse + 0.5).clamp(0.0, top).floor() * step;
            *code = (whole + TWO_TO_23).to_bits() as u8;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDEAL: ActualNeuron = ActualNeuron {
        tau_mem: 6e-6,
        tau_syn_exc: 6e-6,
        tau_syn_inh: 6e-6,
        v_leak: 0.0,
        v_reset: 0.0,
        v_threshold: 1.0,
        refractory: 0.0,
        gain_exc: 1.0,
        gain_inh: 1.0,
        cadc_offset: 0.0,
        cadc_gain: 1.0,
    };

    fn codes(params: &Params, neuron: ActualNeuron, v: &[f32]) -> Vec<u8> {
        let cadc = Cadc::new(&vec![neuron; v.len()], params);
        let mut out = vec![0; v.len()];
        let mut noise = NoiseLanes::default();
        noise.reseed(v.len(), 1);
        cadc.sample(v, &mut out, &mut Vec::new(), &mut noise);
        out
    }

    #[test]
    fn leak_and_threshold_read_as_their_nominal_values_and_the_range_clips() {
        let p = Params::default().ideal_twin();
        assert_eq!(codes(&p, IDEAL, &[0.0, 1.0, 0.5, -10.0, 10.0]), [80, 150, 115, 0, 255]);
    }

    #[test]
    fn offset_and_gain_move_the_codes() {
        let p = Params::default().ideal_twin();
        assert_eq!(codes(&p, ActualNeuron { cadc_offset: 7.0, ..IDEAL }, &[0.0, 1.0]), [87, 157]);
        assert_eq!(codes(&p, ActualNeuron { cadc_gain: 1.1, ..IDEAL }, &[0.0, 1.0]), [88, 165]);
    }

    #[test]
    fn fewer_bits_coarsen_the_codes_over_the_same_range() {
        let p = Params { cadc_bits: 4, ..Params::default().ideal_twin() };
        assert_eq!(codes(&p, IDEAL, &[0.0, 1.0, 10.0]), [80, 144, 240]);
    }

    #[test]
    fn readout_noise_has_the_strength_asked_for() {
        let p = Params { noise_readout: 0.05, ..Params::default().ideal_twin() };
        let xs: Vec<f64> = codes(&p, IDEAL, &vec![0.5; 20_000]).into_iter().map(f64::from).collect();
        let mean = xs.iter().sum::<f64>() / 20_000.0;
        let sd = (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0).sqrt();
        // 5 % of 70 LSB, and rounding adds a variance of 1/12.
        assert!((sd - (3.5f64 * 3.5 + 1.0 / 12.0).sqrt()).abs() < 0.1, "{sd}");
        assert!((mean - 115.0).abs() < 0.15, "{mean}");
    }
}
