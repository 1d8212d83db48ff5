//! The columnar ADC: all membranes, every host step, 8 bit.

use std::ops::Range;

use pulp::Simd;
use pulp::bytemuck::{self, Pod};
use wide::f32x16;

use super::mismatch::ActualNeuron;
use crate::base::rng::noise::{NoiseLanes, Of, drawn, gain_and_zero};
use crate::params::ChipSetup;
use crate::simd::isa::{Isa, Kernel, dispatch, saturating_pack_one};
use crate::simd::{AlignedVec, BLOCK};

/// Converts the membrane voltages of one population into codes.
///
/// `code = clip(round((V_leak + lsb_per_unit · v) · gain + offset + noise), 0, 255)`; fewer bits
/// keep the range and coarsen the step.
#[derive(Debug, Clone, Default)]
pub struct Cadc {
    /// Of the first [`BLOCK`] channels steps of the converter per membrane unit, steps at voltage 0 with what
    /// centres the noise, and the factor on the noise in the form of [`gain_and_zero`]; then of the next.
    channels: Vec<[f32x16; 3]>,
    /// Standard deviation of the noise, LSB of 8 bit.
    noise: Vec<f32>,
    noisy: bool,
    /// LSB of 8 bit per step of the converter: 1 for 8 bit, 16 for 4 bit.
    coarseness: u16,
}

impl Cadc {
    /// The channels of the given neurons.
    pub fn new(neurons: &[ActualNeuron], params: &ChipSetup) -> Self {
        let coarseness = 1u16 << (8 - params.network.cadc_bits);
        let (lsb, step) = (params.network.lsb_per_unit(), f64::from(coarseness));
        let noise = (params.chip.noise_readout * lsb) as f32;
        let at_zero = |n: &ActualNeuron| (params.network.leak * n.cadc_gain + n.cadc_offset) / step;
        let block = |neurons: &[ActualNeuron]| {
            let mut block = [[0.0; BLOCK]; 3];
            for (k, n) in neurons.iter().enumerate() {
                block[0][k] = (lsb * n.cadc_gain / step) as f32;
                (block[2][k], block[1][k]) = gain_and_zero(noise / step as f32, at_zero(n));
            }
            block.map(f32x16::from)
        };
        Self {
            channels: neurons.chunks(BLOCK).map(block).collect(),
            noise: vec![noise; neurons.len()],
            noisy: params.chip.noise_readout > 0.0,
            coarseness,
        }
    }

    /// Standard deviation of the noise of one conversion, one a neuron, LSB.
    pub fn noise(&self) -> &[f32] {
        &self.noise
    }

    /// Makes channels read 0 whatever the membrane does.
    pub fn disable(&mut self, dead_adc: &[bool]) {
        for (k, _) in dead_adc.iter().enumerate().filter(|(_, deaf)| **deaf) {
            let block: &mut [f32] = bytemuck::cast_slice_mut(&mut self.channels[k / BLOCK]);
            block.iter_mut().skip(k % BLOCK).step_by(BLOCK).for_each(|constant| *constant = 0.0);
            self.noise[k] = 0.0;
        }
    }

    /// Whether conversions draw noise.
    pub fn is_noisy(&self) -> bool {
        self.noisy
    }

    /// Converts all voltages `v` into `codes`, one a channel, with the noise of one step more.
    ///
    /// # Panics
    /// When there is not one voltage for each channel.
    pub fn sample(&self, v: &AlignedVec<f32>, codes: &mut [u8], noise: &mut NoiseLanes) {
        struct Sample<'a>(&'a Cadc, &'a AlignedVec<f32>, &'a mut [u8], &'a mut NoiseLanes);
        impl Kernel for Sample<'_> {
            #[inline(always)]
            fn run<S: Simd, M: Isa<S>>(self, s: S, isa: M) {
                let Self(cadc, v, codes, lanes) = self;
                lanes.step();
                let words = lanes.words(Of::Conversion).vectors();
                let channels = cadc.vectors(0..cadc.channels.len());
                for (k, codes) in codes.chunks_mut(S::F32_LANES).enumerate() {
                    let channel = Channel::<S>::of(channels, k);
                    let zero = drawn(s, isa, words[k], [channel.noise, channel.zero]);
                    saturating_pack_one(s, channel.convert(s, v.vectors()[k], zero), cadc.top(s), codes);
                }
                for code in codes {
                    *code *= cadc.coarseness as u8;
                }
            }
        }
        assert_eq!(v.len(), codes.len(), "one voltage a channel");
        dispatch(Sample(self, v, codes, noise));
    }

    /// The highest code, if it is not 255.
    #[inline(always)]
    pub(super) fn top<S: Simd>(&self, s: S) -> Option<S::f32s> {
        if self.coarseness > 1 { Some(s.splat_f32s(f32::from(256 / self.coarseness - 1))) } else { None }
    }

    /// Some blocks of channels, for [`Channel::of`].
    #[inline(always)]
    pub(super) fn vectors<V: Pod>(&self, blocks: Range<usize>) -> &[V] {
        bytemuck::cast_slice(&self.channels[blocks])
    }

    /// LSB of 8 bit per step.
    pub(super) fn coarseness(&self) -> u8 {
        self.coarseness as u8
    }
}

/// A vector of channels, in registers.
pub(super) struct Channel<S: Simd> {
    /// Steps of the converter per membrane unit.
    per_unit: S::f32s,
    /// Steps at voltage 0, with what centres the noise.
    pub(super) zero: S::f32s,
    /// Factor on the noise.
    pub(super) noise: S::f32s,
}

impl<S: Simd> Channel<S> {
    /// Vector number `k` of some blocks.
    #[inline(always)]
    pub(super) fn of(blocks: &[S::f32s], k: usize) -> Self {
        let per_block = BLOCK / S::F32_LANES;
        let first = k / per_block * 3 * per_block + k % per_block;
        Self { per_unit: blocks[first], zero: blocks[first + per_block], noise: blocks[first + 2 * per_block] }
    }

    /// Voltages in steps of the converter, with what voltage 0 is there.
    #[inline(always)]
    pub(super) fn convert(&self, s: S, v: S::f32s, zero: S::f32s) -> S::f32s {
        s.mul_add_f32s(v, self.per_unit, zero)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Params;

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
        let cadc = Cadc::new(&vec![neuron; v.len()], &params.for_chip());
        let mut out = vec![0; v.len()];
        let mut noise = NoiseLanes::default();
        noise.reseed(v.len(), 1);
        cadc.sample(&AlignedVec::new(v), &mut out, &mut noise);
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
        let p = Params::default().ideal_twin().with(|p| p.network.cadc_bits = 4);
        assert_eq!(codes(&p, IDEAL, &[0.0, 1.0, 10.0]), [80, 144, 240]);
    }

    #[test]
    fn readout_noise_has_the_strength_asked_for() {
        let p = Params::default().ideal_twin().with(|p| p.chip.noise_readout = 0.05);
        let xs: Vec<f64> = codes(&p, IDEAL, &vec![0.5; 20_000]).into_iter().map(f64::from).collect();
        let mean = xs.iter().sum::<f64>() / 20_000.0;
        let sd = (xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 20_000.0).sqrt();
        // 5 % of 70 LSB, and rounding adds a variance of 1/12.
        assert!((sd - (3.5f64 * 3.5 + 1.0 / 12.0).sqrt()).abs() < 0.1, "{sd}");
        assert!((mean - 115.0).abs() < 0.15, "{mean}");
    }
}
