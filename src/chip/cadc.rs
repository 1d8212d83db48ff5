//! The columnar ADC: all membranes, every host step, 8 bit.

use std::ops::Range;

use pulp::{Simd, bytemuck};

use super::mismatch::ActualNeuron;
use crate::lanes::{BLOCK, Lanes};
use crate::params::Params;
use crate::rng::dispatch::{NoisyKernel, dispatch};
use crate::rng::noise::{ByteSums, NoiseLanes, VectorDraw, gain_and_shift};

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
        impl NoisyKernel for Sample<'_> {
            #[inline(always)]
            fn run<S: Simd, B: ByteSums<S>>(self, simd: S, sums: B) {
                let blocks = 0..self.1.len().div_ceil(BLOCK);
                self.0.sample_with(simd, &VectorDraw::new(simd, sums), self.1, &blocks, self.2, self.3);
            }
        }
        dispatch(Sample(self, v, codes, noise));
    }

    /// As [`Self::sample`], within a kernel, some blocks of channels; the first of `codes` is that of the first
    /// of them. What lies in `codes` behind those of the channels may be overwritten.
    #[inline(always)]
    pub(super) fn sample_with<S: Simd, B: ByteSums<S>>(
        &self,
        s: S,
        draw: &VectorDraw<S, B>,
        v: &Lanes<f32>,
        blocks: &Range<usize>,
        codes: &mut [u8],
        noise: &mut NoiseLanes,
    ) {
        if self.noisy {
            self.sample_vectors::<S, B, true>(s, draw, v, blocks, codes, noise);
        } else {
            self.sample_vectors::<S, B, false>(s, draw, v, blocks, codes, noise);
        }
    }

    #[inline(always)]
    fn sample_vectors<S: Simd, B: ByteSums<S>, const NOISY: bool>(
        &self,
        s: S,
        draw: &VectorDraw<S, B>,
        v: &Lanes<f32>,
        blocks: &Range<usize>,
        codes: &mut [u8],
        noise: &mut NoiseLanes,
    ) {
        let per_block = BLOCK / S::F32_LANES;
        let (first, n) = (blocks.start * per_block, blocks.len() * per_block);
        let v = &v.vectors::<S::f32s>()[first..][..n];
        let per_unit = &self.per_unit.vectors::<S::f32s>()[first..][..n];
        let zero = &self.zero.vectors::<S::f32s>()[first..][..n];
        let gain = &self.noise_gain.vectors::<S::f32s>()[first..][..n];
        let noise: &mut [S::u32s] = if NOISY { &mut noise.vectors_mut()[first..][..n] } else { &mut [] };
        let range = self.range(s);
        // To the end of the padding where there is room: whole vectors are quicker than the right number one by one.
        for (k, codes) in codes.chunks_mut(S::F32_LANES).take(n).enumerate() {
            let mut x = s.mul_add_f32s(v[k], per_unit[k], zero[k]);
            if NOISY {
                x = s.mul_add_f32s(draw.draw(&mut noise[k]), gain[k], x);
            }
            range.store(s, x, codes);
        }
        if self.coarseness > 1 {
            // What lies behind the channels may overflow.
            for code in codes {
                *code = code.wrapping_mul(self.coarseness as u8);
            }
        }
    }

    /// The codes there are.
    #[inline(always)]
    pub(super) fn range<S: Simd>(&self, s: S) -> CodeRange<S> {
        let [zero, top, round] = [0.0, f32::from(256 / self.coarseness - 1), TWO_TO_23].map(|x| s.splat_f32s(x));
        CodeRange { zero, top, round }
    }

    /// Vector number `k` of the channels.
    #[inline(always)]
    pub(super) fn channel<S: Simd>(&self, k: usize) -> Channel<S> {
        Channel {
            per_unit: self.per_unit.vectors()[k],
            zero: self.zero.vectors()[k],
            noise_gain: self.noise_gain.vectors()[k],
        }
    }

    /// LSB of 8 bit per step.
    pub(super) fn coarseness(&self) -> u8 {
        self.coarseness as u8
    }
}

/// A vector of channels, in registers.
pub(super) struct Channel<S: Simd> {
    /// Steps of the converter per membrane unit.
    pub(super) per_unit: S::f32s,
    /// Steps at voltage 0.
    pub(super) zero: S::f32s,
    /// Factor on the noise.
    pub(super) noise_gain: S::f32s,
}

/// The codes from the lowest to the highest, in registers.
pub(super) struct CodeRange<S: Simd> {
    zero: S::f32s,
    top: S::f32s,
    round: S::f32s,
}

impl<S: Simd> CodeRange<S> {
    /// Clips and rounds a vector of voltages in steps of the converter, to as many `codes` as there is room for.
    #[inline(always)]
    pub(super) fn store(&self, s: S, x: S::f32s, codes: &mut [u8]) {
        // A sum with 2²³ has no bits left for fractions: it is rounded, and the whole number stands in its low bits.
        let x = s.add_f32s(s.min_f32s(s.max_f32s(x, self.zero), self.top), self.round);
        let x: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&x));
        if codes.len() == S::F32_LANES {
            // A number of turns that the compiler knows makes whole vectors.
            for k in 0..S::F32_LANES {
                codes[k] = x[k] as u8;
            }
        } else {
            for (code, x) in codes.iter_mut().zip(x) {
                *code = *x as u8;
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
