//! Noise in every time step: one xoroshiro per neuron, advanced together in vector instructions.

use pulp::Simd;
use pulp::bytemuck::Pod;

use super::mix;
use crate::lanes::machine::{EVEN_BYTES, Machine};
use crate::lanes::{BLOCK, Lanes};

/// One independent noise generator per neuron, advanced together: every step makes two words, one for each
/// [`Of`].
///
/// The generator is xoroshiro64 (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47(4), 36, with their constants
/// 26, 9, 13 for words of 32 bits; period 2⁶⁴ − 1), and the two words of its state are what is drawn from. A draw
/// is the sum of the four bytes of a word, shifted to mean 0 and scaled to variance 1: bell-shaped, bounded at
/// ±3.45, excess kurtosis −0.3. A membrane integrates many of them, so its noise is Gaussian to within what a
/// trace can show.
#[derive(Debug, Clone, Default)]
pub struct NoiseLanes {
    states: [Lanes<u32>; 2],
}

/// What a draw is for: either of the two words of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The membrane, and whatever needs one draw only.
    Membrane = 0,
    /// The conversion of its voltage.
    Conversion = 1,
}

/// Constants of the generator.
const TURN: u32 = 26;
const SHIFT: u32 = 9;
const TURN_OTHER: u32 = 13;

/// Factor on the scale of the noise: a draw is a sum of bytes over 1024, and the variance of one byte is (256² − 1) / 12.
const PER_SD: f32 = 1024.0 * 0.006_765_914;
/// Mean of what [`number`] makes: 1 and the mean of the sum of four bytes, 510, over 1024.
const MEAN: f32 = 1.0 + 510.0 / 1024.0;

/// Strength of noise in the form that draws need it: `z · gain + shift` has mean 0 and standard deviation `scale`
/// when `z` is 1 and the sum of the bytes of a random word over 1024.
pub fn gain_and_shift(scale: f32) -> (f32, f32) {
    let gain = scale * PER_SD;
    (gain, -gain * MEAN)
}

/// The words of the next step.
#[inline(always)]
fn next([a, b]: [u32; 2]) -> [u32; 2] {
    let b = a ^ b;
    [a.rotate_left(TURN) ^ b ^ (b << SHIFT), b.rotate_left(TURN_OTHER)]
}

/// A number in [1, 2): 1 and the sum of the bytes of a word, over 1024.
#[inline(always)]
fn number(word: u32) -> f32 {
    let pairs = (word & EVEN_BYTES) + ((word >> 8) & EVEN_BYTES);
    let sum = (pairs & 0xffff) + (pairs >> 16);
    // Less than 2¹⁰: exact in every step.
    1.0 + sum as f32 / 1024.0
}

/// The words of the next step, for a vector of lanes.
#[inline(always)]
pub fn next_words<S: Simd>(s: S, [a, b]: [S::u32s; 2]) -> [S::u32s; 2] {
    let b = s.xor_u32s(a, b);
    let shifted = s.wrapping_dyn_shl_u32s(b, s.splat_u32s(SHIFT));
    [s.xor_u32s(s.xor_u32s(turned(s, a, TURN), b), shifted), turned(s, b, TURN_OTHER)]
}

#[inline(always)]
fn turned<S: Simd>(s: S, x: S::u32s, by: u32) -> S::u32s {
    let (left, right) = (s.splat_u32s(by), s.splat_u32s(u32::BITS - by));
    s.or_u32s(s.wrapping_dyn_shl_u32s(x, left), s.wrapping_dyn_shr_u32s(x, right))
}

/// Adds noise to a vector of numbers: what a word makes of a `gain`, without the shift.
#[inline(always)]
pub fn add_noise<S: Simd>(s: S, machine: impl Machine<S>, words: S::u32s, gain: S::f32s, to: S::f32s) -> S::f32s {
    s.mul_add_f32s(machine.byte_sums(s, words), gain, to)
}

/// Both words with which `N` lanes begin, from number `first` on.
#[inline(always)]
pub fn words_of<const N: usize>(seed: u64, first: usize) -> [[u32; N]; 2] {
    let (mut a, mut b) = ([0; N], [0; N]);
    for (lane, (a, b)) in (first as u64..).zip(a.iter_mut().zip(&mut b)) {
        let seed = mix(seed, lane);
        // Nothing comes from nothing: the words must not both be 0.
        (*a, *b) = (seed as u32, (seed >> 32) as u32 | 1);
    }
    [a, b]
}

/// A number of mean 0 and standard deviation 1, the same for the same seed: for what happens once.
#[inline(always)]
pub fn draw(seed: u64) -> f32 {
    let (gain, shift) = gain_and_shift(1.0);
    number(seed as u32) * gain + shift
}

impl NoiseLanes {
    /// Starts `n` lanes anew from `seed`.
    #[inline(always)]
    pub fn reseed(&mut self, n: usize, seed: u64) {
        let [a, b] = &mut self.states;
        for words in [&mut *a, &mut *b] {
            if words.len() != n {
                words.reset(n);
            }
        }
        let blocks = a.whole_mut().as_chunks_mut::<BLOCK>().0.iter_mut().zip(b.whole_mut().as_chunks_mut().0);
        for (k, (a, b)) in blocks.enumerate() {
            [*a, *b] = words_of(seed, k * BLOCK);
        }
    }

    /// Both words of all lanes as vectors, for [`next_words`].
    #[inline(always)]
    pub fn vectors_mut<V: Pod>(&mut self) -> [&mut [V]; 2] {
        let [a, b] = &mut self.states;
        [a.vectors_mut(), b.vectors_mut()]
    }

    /// Goes one step further in all lanes.
    #[inline(always)]
    pub fn step(&mut self) {
        let [a, b] = &mut self.states;
        for (a, b) in a.whole_mut().iter_mut().zip(b.whole_mut()) {
            [*a, *b] = next([*a, *b]);
        }
    }

    /// Adds `scale[i]` times a draw of this step to every `out[i]`.
    pub fn add_scaled(&self, of: Of, out: &mut [f32], scale: &[f32]) {
        for ((out, &scale), &word) in out.iter_mut().zip(scale).zip(&*self.states[of as usize]) {
            let (gain, shift) = gain_and_shift(scale);
            *out += number(word) * gain + shift;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lanes::machine::{Kernel, dispatch};

    /// From the authors' xoroshiro64star.c (prng.di.unimi.it), which multiplies the first word by a constant:
    /// what it gives first for the state 1, 2.
    #[test]
    fn the_generator_is_xoroshiro64() {
        let given = [2_654_435_771u32, 327_208_753, 4_063_491_769, 4_259_754_937, 261_922_412, 168_123_673];
        let mut words = [1u32, 2];
        for given in given {
            assert_eq!(words[0].wrapping_mul(0x9e37_79bb), given);
            words = next(words);
        }
    }

    /// `steps` draws of both kinds from each of 500 lanes.
    fn draws(steps: usize) -> Vec<[Vec<f32>; 2]> {
        let mut lanes = NoiseLanes::default();
        lanes.reseed(500, 3);
        let step = |_| {
            lanes.step();
            [Of::Membrane, Of::Conversion].map(|of| {
                let mut out = vec![0.0f32; 500];
                lanes.add_scaled(of, &mut out, &[1.0; 500]);
                out
            })
        };
        (0..steps).map(step).collect()
    }

    #[test]
    fn noise_lanes_have_the_moments_of_a_bounded_normal() {
        let draws = draws(400);
        for of in 0..2 {
            let (mut sum, mut squares, mut fourth, mut cross, mut n) = (0.0f64, 0.0f64, 0.0f64, 0.0f64, 0.0f64);
            for step in &draws {
                for w in step[of].windows(2) {
                    cross += f64::from(w[0] * w[1]);
                }
                for &x in &step[of] {
                    assert!(x.abs() < 3.46);
                    sum += f64::from(x);
                    squares += f64::from(x * x);
                    fourth += f64::from(x).powi(4);
                    n += 1.0;
                }
            }
            // Five standard errors of 200,000 draws; of a sum of four bytes the fourth moment is 2.7 and the
            // variance of fourth powers 48.5.
            assert!((sum / n).abs() < 5.0 / n.sqrt(), "mean {}", sum / n);
            assert!((squares / n - 1.0).abs() < 5.0 * (1.7 / n).sqrt(), "variance {}", squares / n);
            assert!((fourth / n - 2.7).abs() < 5.0 * (48.5 / n).sqrt(), "fourth moment {}", fourth / n);
            assert!((cross / n).abs() < 5.0 / n.sqrt(), "neighbours are correlated: {}", cross / n);
        }
    }

    #[test]
    fn neither_draws_nor_their_squares_know_of_each_other_or_of_earlier_steps() {
        let draws = draws(400);
        for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            for lag in 0..4 {
                if lag == 0 && first == second {
                    continue;
                }
                let (mut plain, mut squares, mut n) = (0.0f64, 0.0f64, 0.0f64);
                for (early, late) in draws.iter().zip(&draws[lag..]) {
                    for (&x, &y) in early[first].iter().zip(&late[second]) {
                        plain += f64::from(x * y);
                        squares += f64::from((x * x - 1.0) * (y * y - 1.0));
                        n += 1.0;
                    }
                }
                // Five standard errors; the variance of a square is 1.7.
                assert!((plain / n).abs() < 5.0 / n.sqrt(), "{first} {second} {lag}: {}", plain / n);
                assert!((squares / n).abs() < 5.0 * 1.7 / n.sqrt(), "{first} {second} {lag}: {}", squares / n);
            }
        }
    }

    #[test]
    fn a_kernel_draws_what_one_lane_after_the_other_draws() {
        struct Draw<'a>(&'a mut NoiseLanes, [&'a mut Lanes<f32>; 2]);
        impl Kernel for Draw<'_> {
            fn run<S: Simd, M: Machine<S>>(self, simd: S, machine: M) {
                let (gain, shift) = gain_and_shift(1.0);
                let [a, b] = self.0.vectors_mut();
                for k in 0..a.len() {
                    [a[k], b[k]] = next_words(simd, [a[k], b[k]]);
                }
                for (words, out) in [a, b].into_iter().zip(self.1) {
                    for (&mut words, out) in words.iter_mut().zip(out.vectors_mut::<S::f32s>()) {
                        let z = simd.mul_f32s(machine.byte_sums(simd, words), simd.splat_f32s(gain));
                        *out = simd.add_f32s(z, simd.splat_f32s(shift));
                    }
                }
            }
        }
        let mut lanes = NoiseLanes::default();
        lanes.reseed(50, 3);
        let mut again = lanes.clone();
        for _ in 0..10 {
            let mut vector = [Lanes::zeros(50), Lanes::zeros(50)];
            dispatch(Draw(&mut lanes, vector.each_mut()));
            again.step();
            for (of, vector) in [Of::Membrane, Of::Conversion].into_iter().zip(vector) {
                let mut one_by_one = [0.0; 50];
                again.add_scaled(of, &mut one_by_one, &[1.0; 50]);
                assert_eq!(*vector, one_by_one);
            }
        }
    }
}
