//! The columnar ADC: all membranes, every host step, 8 bit.

use pulp::{Arch, Simd, WithSimd};

use super::mismatch::ActualNeuron;
use crate::lanes::Lanes;
use crate::params::Params;
use crate::rng::{NoiseLanes, VectorDraw, gain_and_shift};

/// From here on an `f32` has no bits left for fractions.
const TWO_TO_23: f32 = 8_388_608.0;

/// Converts the membrane voltages of one population into codes.
///
/// `code = clip(round((V_leak + lsb_per_unit · v) · gain + offset + noise), 0, 255)`; fewer bits
/// keep the range and coarsen the step.
#[derive(Debug, Clone, Default)]
pub struct Cadc {
    /// Steps of the converter per membrane unit.
    per_unit: Lanes<f32>,
    /// Steps at voltage 0, with what centres the noise.
    zero: Lanes<f32>,
    /// Factor on the noise, in the form of [`gain_and_shift`], steps.
    noise_gain: Lanes<f32>,
    /// Standard deviation of the noise, LSB of 8 bit.
    noise: Vec<f32>,
    noisy: bool,
    /// LSB of 8 bit per step of the converter: 1 for 8 bit, 16 for 4 bit.
    coarseness: u16,
}

impl Cadc {
    /// The channels of the given neurons.
    pub fn new(neurons: &[ActualNeuron], params: &Params) -> Self {
        let coarseness = 1u16 << (8 - params.cadc_bits);
        let (lsb, step) = (params.lsb_per_unit(), f64::from(coarseness));
        let noise = (params.noise_readout * lsb) as f32;
        let (gain, shift) = gain_and_shift(noise / step as f32);
        let zero = |n: &ActualNeuron| (params.leak * n.cadc_gain + n.cadc_offset) / step + f64::from(shift);
        let each =
            |f: &dyn Fn(&ActualNeuron) -> f64| Lanes::new(&neurons.iter().map(|n| f(n) as f32).collect::<Vec<f32>>());
        Self {
            per_unit: each(&|n| lsb * n.cadc_gain / step),
            zero: each(&zero),
            noise_gain: Lanes::new(&vec![gain; neurons.len()]),
            noise: vec![noise; neurons.len()],
            noisy: params.noise_readout > 0.0,
            coarseness,
        }
    }

    /// Standard deviation of the noise of one conversion, one a neuron, LSB.
    pub fn noise(&self) -> &[f32] {
        &self.noise
    }

    /// Makes channels read 0 whatever the membrane does.
    pub fn deafen(&mut self, deaf: &[bool]) {
        for (k, _) in deaf.iter().enumerate().filter(|(_, deaf)| **deaf) {
            (self.per_unit[k], self.zero[k], self.noise[k], self.noise_gain[k]) = (0.0, 0.0, 0.0, 0.0);
        }
    }

    /// Whether conversions draw noise.
    pub fn is_noisy(&self) -> bool {
        self.noisy
    }

    /// Converts all voltages `v` into `codes`, one a channel.
    ///
    /// # Panics
    /// When there is not one voltage for each channel.
    pub fn sample(&self, v: &Lanes<f32>, codes: &mut [u8], noise: &mut NoiseLanes) {
        struct Sample<'a>(&'a Cadc, &'a Lanes<f32>, &'a mut [u8], &'a mut NoiseLanes);
        impl WithSimd for Sample<'_> {
            type Output = ();

            #[inline(always)]
            fn with_simd<S: Simd>(self, simd: S) {
                self.0.sample_with(simd, self.1, self.2, &mut Lanes::default(), self.3);
            }
        }
        Arch::new().dispatch(Sample(self, v, codes, noise));
    }

    /// As [`Self::sample`], within a kernel. `voltages` belong to the caller's thread. What lies in `codes` behind
    /// those of the channels may be overwritten.
    #[inline(always)]
    pub(super) fn sample_with<S: Simd>(
        &self,
        s: S,
        v: &Lanes<f32>,
        codes: &mut [u8],
        voltages: &mut Lanes<f32>,
        noise: &mut NoiseLanes,
    ) {
        if voltages.len() != v.len() {
            voltages.reset(v.len());
        }
        let v: &[S::f32s] = v.vectors();
        let n = v.len();
        let out = &mut voltages.vectors_mut::<S::f32s>()[..n];
        let (per_unit, zero) = (&self.per_unit.vectors::<S::f32s>()[..n], &self.zero.vectors::<S::f32s>()[..n]);
        if self.noisy {
            let draw = VectorDraw::new(s);
            let gain = &self.noise_gain.vectors::<S::f32s>()[..n];
            let noise = &mut noise.vectors_mut::<S::u32s>()[..n];
            for k in 0..n {
                let x = s.mul_add_f32s(v[k], per_unit[k], zero[k]);
                out[k] = s.mul_add_f32s(draw.draw(&mut noise[k]), gain[k], x);
            }
        } else {
            for k in 0..n {
                out[k] = s.mul_add_f32s(v[k], per_unit[k], zero[k]);
            }
        }
        let top = f32::from(256 / self.coarseness - 1);
        // To the end of the padding where there is room: whole vectors are quicker than the right number one by one.
        for (code, &x) in codes.iter_mut().zip(voltages.whole()) {
            // A sum with 2²³ has no bits left for fractions: it is rounded, and the whole number stands in its low bits.
            *code = (x.clamp(0.0, top) + TWO_TO_23).to_bits() as u8;
        }
        if self.coarseness > 1 {
            for (code, _) in codes.iter_mut().zip(&**voltages) {
                *code *= self.coarseness as u8;
            }
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
        cadc.sample(&Lanes::new(v), &mut out, &mut noise);
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
