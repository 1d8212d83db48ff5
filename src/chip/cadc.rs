//! The columnar ADC: all membranes, every host step, 8 bit.

use std::ops::Range;

use pulp::{Simd, bytemuck};
use wide::f32x16;

use super::mismatch::ActualNeuron;
use crate::lanes::{BLOCK, Lanes};
use crate::params::Params;
use crate::rng::dispatch::{NoisyKernel, dispatch};
use crate::rng::noise::{ByteSums, NoiseLanes, VectorDraw, gain_and_shift};

/// From here on an `f32` has no bits left for fractions.
const TWO_TO_23: f32 = 8_388_608.0;

/// What a conversion needs to know of its channel, by its place in [`Cadc::constants`].
mod constant {
    /// Steps of the converter per membrane unit.
    pub const PER_UNIT: usize = 0;
    /// Steps at voltage 0, with what centres the noise.
    pub const ZERO: usize = 1;
    /// Factor on the noise, in the form of `gain_and_shift`, steps.
    pub const NOISE_GAIN: usize = 2;
    /// How many there are.
    pub const N: usize = 3;
}

/// Converts the membrane voltages of one population into codes.
///
/// `code = clip(round((V_leak + lsb_per_unit · v) · gain + offset + noise), 0, 255)`; fewer bits
/// keep the range and coarsen the step.
#[derive(Debug, Clone, Default)]
pub struct Cadc {
    /// All [`constant`]s of the first [`BLOCK`] channels, one array each, then those of the next.
    constants: Vec<[f32x16; constant::N]>,
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
        let constants: [&dyn Fn(&ActualNeuron) -> f64; constant::N] =
            [&|n| lsb * n.cadc_gain / step, &zero, &|_| f64::from(gain)];
        let block = |neurons: &[ActualNeuron]| {
            constants.map(|of| {
                let mut values = [0.0; BLOCK];
                values.iter_mut().zip(neurons).for_each(|(value, neuron)| *value = of(neuron) as f32);
                f32x16::from(values)
            })
        };
        Self {
            constants: neurons.chunks(BLOCK).map(block).collect(),
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
            self.noise[k] = 0.0;
            for constant in &mut self.constants[k / BLOCK] {
                constant.as_mut_array()[k % BLOCK] = 0.0;
            }
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
            type Output = ();

            #[inline(always)]
            fn run<S: Simd, B: ByteSums<S>>(self, s: S, sums: B) {
                let Self(cadc, v, codes, noise) = self;
                let draw = VectorDraw::new(s, sums);
                let per_block = BLOCK / S::F32_LANES;
                let mut conversions = cadc.conversions(s, &(0..cadc.constants.len()), codes);
                for block in 0..cadc.constants.len() {
                    let mut codes = [0; BLOCK];
                    for part in 0..per_block {
                        let k = block * per_block + part;
                        let random = &mut noise.vectors_mut::<S::u32s>()[k];
                        conversions.read(s, &draw, [block, part], v.vectors()[k], random, &mut codes);
                    }
                    conversions.store(block, codes);
                }
                cadc.coarsen(codes);
            }
        }
        dispatch(Sample(self, v, codes, noise));
    }

    /// Conversions of the channels of some blocks; the first of `codes` is that of the first of them.
    /// What lies in `codes` behind those of the channels may be overwritten.
    #[inline(always)]
    pub(super) fn conversions<'a, S: Simd>(
        &'a self,
        s: S,
        blocks: &Range<usize>,
        codes: &'a mut [u8],
    ) -> Conversions<'a, S> {
        Conversions { range: self.range(s), constants: &self.constants[blocks.clone()], noisy: self.noisy, codes }
    }

    /// Gives codes the size of the steps of the converter.
    #[inline(always)]
    pub(super) fn coarsen(&self, codes: &mut [u8]) {
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
        let per_block = BLOCK / S::F32_LANES;
        Channel::new(&self.constants[k / per_block], k % per_block)
    }
}

/// What reads membranes at the end of a chip step.
pub(super) trait Reader<S: Simd> {
    /// Converts the voltages of a part of a block of neurons.
    fn read<B: ByteSums<S>>(
        &mut self,
        simd: S,
        draw: &VectorDraw<S, B>,
        block_and_part: [usize; 2],
        v: S::f32s,
        random: &mut S::u32s,
        codes: &mut [u8; BLOCK],
    );

    /// Keeps the codes of a block.
    fn store(&mut self, block: usize, codes: [u8; BLOCK]);
}

/// Nobody reads.
pub(super) struct Unread;

impl<S: Simd> Reader<S> for Unread {
    #[inline(always)]
    fn read<B: ByteSums<S>>(
        &mut self,
        _simd: S,
        _draw: &VectorDraw<S, B>,
        _block_and_part: [usize; 2],
        _v: S::f32s,
        _random: &mut S::u32s,
        _codes: &mut [u8; BLOCK],
    ) {
    }

    #[inline(always)]
    fn store(&mut self, _block: usize, _codes: [u8; BLOCK]) {}
}

/// The conversions of one moment, a block of channels after the other.
pub(super) struct Conversions<'a, S: Simd> {
    range: CodeRange<S>,
    constants: &'a [[f32x16; constant::N]],
    noisy: bool,
    codes: &'a mut [u8],
}

impl<S: Simd> Reader<S> for Conversions<'_, S> {
    #[inline(always)]
    fn read<B: ByteSums<S>>(
        &mut self,
        s: S,
        draw: &VectorDraw<S, B>,
        [block, part]: [usize; 2],
        v: S::f32s,
        random: &mut S::u32s,
        codes: &mut [u8; BLOCK],
    ) {
        let channel = Channel::<S>::new(&self.constants[block], part);
        let mut x = s.mul_add_f32s(v, channel.per_unit, channel.zero);
        if self.noisy {
            x = s.mul_add_f32s(draw.draw(random), channel.noise_gain, x);
        }
        self.range.store(s, x, &mut codes[part * S::F32_LANES..][..S::F32_LANES]);
    }

    #[inline(always)]
    fn store(&mut self, block: usize, codes: [u8; BLOCK]) {
        // To the end of the padding where there is room: whole vectors are quicker than the right number one by one.
        let to = &mut self.codes[block * BLOCK..];
        if let Some(to) = to.first_chunk_mut() {
            *to = codes;
        } else {
            to.iter_mut().zip(codes).for_each(|(to, code)| *to = code);
        }
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

impl<S: Simd> Channel<S> {
    #[inline(always)]
    fn new(block: &[f32x16; constant::N], part: usize) -> Self {
        let (block, per_block) = (bytemuck::cast_slice::<_, S::f32s>(block), BLOCK / S::F32_LANES);
        Self {
            per_unit: block[constant::PER_UNIT * per_block + part],
            zero: block[constant::ZERO * per_block + part],
            noise_gain: block[constant::NOISE_GAIN * per_block + part],
        }
    }
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
