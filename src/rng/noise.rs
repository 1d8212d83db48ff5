//! Noise in every time step: one xorshift per neuron, advanced together in vector instructions.

use std::ops::Range;

use pulp::Simd;
use pulp::bytemuck::Pod;

use super::mix;
use crate::lanes::{Lanes, padded};

/// One independent noise generator per neuron, advanced together.
///
/// Each draw is the sum of the four bytes of a 32-bit xorshift word (Marsaglia 2003, J. Stat. Softw. 8(14),
/// the triple 13, 17, 5), shifted to mean 0 and scaled to variance 1: bell-shaped, bounded at ±3.45, excess
/// kurtosis −0.3. A membrane integrates many of them, so its noise is Gaussian
/// to within what a trace can show.
#[derive(Debug, Clone, Default)]
pub struct NoiseLanes {
    states: Lanes<u32>,
}

/// Factor on the scale of the noise: a draw is a sum of bytes over 1024, and the variance of one byte is (256² − 1) / 12.
const PER_SD: f32 = 1024.0 * 0.006_765_914;
/// Mean of what [`draw`] makes: 1 and the mean of the sum of four bytes, 510, over 1024.
const MEAN: f32 = 1.0 + 510.0 / 1024.0;
/// Every other byte.
const EVEN_BYTES: u32 = 0x00ff_00ff;
/// Where the sum of the bytes goes: the top of the mantissa.
const MANTISSA_TOP: u32 = 0x007f_e000;
/// The lowest bit of it.
pub(super) const SUM_BEGINS: u32 = MANTISSA_TOP.trailing_zeros();
/// The bits of 1.0.
pub(super) const ONE: u32 = 0x3f80_0000;

/// Strength of noise in the form that draws need it: `z · gain + shift` has mean 0 and standard deviation `scale`
/// when `z` comes from [`NoiseLanes`].
pub fn gain_and_shift(scale: f32) -> (f32, f32) {
    let gain = scale * PER_SD;
    (gain, -gain * MEAN)
}

/// The next word, and a number in [1, 2): 1 and the sum of the bytes of the word, over 1024.
#[inline(always)]
fn draw(mut x: u32) -> (u32, f32) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    let pairs = (x & EVEN_BYTES) + ((x >> 8) & EVEN_BYTES);
    let sum = pairs.wrapping_add(pairs << 16) >> 3;
    (x, f32::from_bits(sum & MANTISSA_TOP | ONE))
}

/// [`NoiseLanes`] in the hands of a kernel.
#[derive(Debug, Clone, Copy)]
pub struct VectorDraw<S: Simd, B: ByteSums<S>> {
    simd: S,
    by: [S::u32s; 3],
    sums: B,
}

impl<S: Simd, B: ByteSums<S>> VectorDraw<S, B> {
    /// Loads what draws need, with that way to add up bytes.
    #[inline(always)]
    pub fn new(simd: S, sums: B) -> Self {
        Self { simd, by: [simd.splat_u32s(13), simd.splat_u32s(17), simd.splat_u32s(5)], sums }
    }

    /// The next words of a vector of lanes, and numbers in [1, 2): 1 and the sum of the bytes of each word, over 1024.
    #[inline(always)]
    pub fn draw(&self, state: &mut S::u32s) -> S::f32s {
        let s = self.simd;
        let [left_13, right_17, left_5] = self.by;
        let mut x = *state;
        x = s.xor_u32s(x, s.wrapping_dyn_shl_u32s(x, left_13));
        x = s.xor_u32s(x, s.wrapping_dyn_shr_u32s(x, right_17));
        x = s.xor_u32s(x, s.wrapping_dyn_shl_u32s(x, left_5));
        *state = x;
        self.sums.of(s, x)
    }
}

/// A way to add up the four bytes of every word.
pub trait ByteSums<S: Simd>: Copy {
    /// Numbers in [1, 2): 1 and the sum of the bytes of each word, over 1024.
    fn of(self, simd: S, words: S::u32s) -> S::f32s;
}

/// By pairs, with instructions that every machine has.
#[derive(Debug, Clone, Copy)]
pub struct Pairs<S: Simd> {
    by: [S::u32s; 3],
    even_bytes: S::u32s,
    mantissa_top: S::u32s,
    one: S::u32s,
}

impl<S: Simd> Pairs<S> {
    /// Loads what it needs.
    #[inline(always)]
    pub fn new(simd: S) -> Self {
        Self {
            by: [simd.splat_u32s(8), simd.splat_u32s(16), simd.splat_u32s(3)],
            even_bytes: simd.splat_u32s(EVEN_BYTES),
            mantissa_top: simd.splat_u32s(MANTISSA_TOP),
            one: simd.splat_u32s(ONE),
        }
    }
}

impl<S: Simd> ByteSums<S> for Pairs<S> {
    #[inline(always)]
    fn of(self, s: S, words: S::u32s) -> S::f32s {
        let [by_8, by_16, by_3] = self.by;
        let odd = s.and_u32s(s.wrapping_dyn_shr_u32s(words, by_8), self.even_bytes);
        let pairs = s.add_u32s(s.and_u32s(words, self.even_bytes), odd);
        let sum = s.wrapping_dyn_shr_u32s(s.add_u32s(pairs, s.wrapping_dyn_shl_u32s(pairs, by_16)), by_3);
        s.transmute_f32s_u32s(s.or_u32s(s.and_u32s(sum, self.mantissa_top), self.one))
    }
}

impl NoiseLanes {
    /// Starts `n` lanes anew from `seed`.
    #[inline(always)]
    pub fn reseed(&mut self, n: usize, seed: u64) {
        self.reseed_some(n, &(0..padded(n)), seed);
    }

    /// As [`Self::reseed`], the lanes in that range and no others.
    #[inline(always)]
    pub fn reseed_some(&mut self, n: usize, range: &Range<usize>, seed: u64) {
        if self.states.len() != n {
            self.states.reset(n);
        }
        for (lane, state) in range.clone().zip(&mut self.states.whole_mut()[range.clone()]) {
            *state = (mix(seed, lane as u64) >> 32) as u32 | 1;
        }
    }

    /// The lanes as vectors, for [`VectorDraw::draw`].
    #[inline(always)]
    pub fn vectors_mut<V: Pod>(&mut self) -> &mut [V] {
        self.states.vectors_mut()
    }

    /// A fresh draw of standard deviation 1 from one lane.
    pub fn next(&mut self, lane: usize) -> f32 {
        let (gain, shift) = gain_and_shift(1.0);
        let (next, z) = draw(self.states[lane]);
        self.states[lane] = next;
        z * gain + shift
    }

    /// Adds a fresh draw of standard deviation 1 to every `out[i]`.
    #[inline(always)]
    pub fn add_unit(&mut self, out: &mut Lanes<f32>) {
        let (gain, shift) = gain_and_shift(1.0);
        for (out, state) in out.whole_mut().iter_mut().zip(self.states.whole_mut()) {
            let (next, z) = draw(*state);
            *state = next;
            *out += z * gain + shift;
        }
    }

    /// Adds `scale[i]` times a fresh draw to every `out[i]`.
    pub fn add_scaled(&mut self, out: &mut [f32], scale: &[f32]) {
        for ((out, &scale), state) in out.iter_mut().zip(scale).zip(&mut *self.states) {
            let (gain, shift) = gain_and_shift(scale);
            let (next, z) = draw(*state);
            *state = next;
            *out += z * gain + shift;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_lanes_have_the_moments_of_a_bounded_normal() {
        let mut lanes = NoiseLanes::default();
        lanes.reseed(500, 3);
        let (mut sum, mut squares, mut cross, mut n) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        for _ in 0..400 {
            let mut out = vec![0.0f32; 500];
            lanes.add_scaled(&mut out, &[1.0; 500]);
            for w in out.windows(2) {
                cross += f64::from(w[0] * w[1]);
            }
            for x in out {
                assert!(x.abs() < 3.46);
                sum += f64::from(x);
                squares += f64::from(x * x);
                n += 1.0;
            }
        }
        // Five standard errors of 200,000 draws.
        assert!((sum / n).abs() < 5.0 / n.sqrt(), "mean {}", sum / n);
        assert!((squares / n - 1.0).abs() < 5.0 * (1.7 / n).sqrt(), "variance {}", squares / n);
        assert!((cross / n).abs() < 5.0 / n.sqrt(), "neighbours are correlated: {}", cross / n);
    }

    #[test]
    fn a_kernel_draws_what_one_lane_after_the_other_draws() {
        struct Draw<'a>(&'a mut NoiseLanes, &'a mut Lanes<f32>);
        impl pulp::WithSimd for Draw<'_> {
            type Output = ();

            fn with_simd<S: Simd>(self, simd: S) {
                let draw = VectorDraw::new(simd, Pairs::new(simd));
                let (gain, shift) = gain_and_shift(1.0);
                for (state, out) in self.0.vectors_mut().iter_mut().zip(self.1.vectors_mut::<S::f32s>()) {
                    let z = simd.mul_f32s(draw.draw(state), simd.splat_f32s(gain));
                    *out = simd.add_f32s(z, simd.splat_f32s(shift));
                }
            }
        }
        let mut lanes = NoiseLanes::default();
        lanes.reseed(50, 3);
        let mut again = lanes.clone();
        for _ in 0..10 {
            let (mut vector, mut one_by_one) = (Lanes::zeros(50), [0.0; 50]);
            pulp::Arch::new().dispatch(Draw(&mut lanes, &mut vector));
            again.add_scaled(&mut one_by_one, &[1.0; 50]);
            assert_eq!(*vector, one_by_one);
        }
    }
}
