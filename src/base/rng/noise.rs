//! Noise in every time step: xoshiro generators side by side, advanced together in vector instructions.

use pulp::Simd;

use super::mix;
use crate::simd::isa::{BYTE_SUM_FACTOR, BYTE_SUM_ZERO, Isa};
use crate::simd::{AlignedVec, BLOCK};

/// Noise of a number of neurons: every step makes two words for each, one for each [`Of`].
///
/// The generator is xoshiro128 (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47(4), 36, with their constants
/// 9 and 11 for words of 32 bits; period 2¹²⁸ − 1), and the four words of its state are what is drawn from: two for
/// one neuron and two for another, a block of neurons further. A draw is the sum of the four bytes of a word, shifted
/// to mean 0 and scaled to variance 1: bell-shaped, bounded at ±3.45, excess kurtosis −0.3. A membrane integrates
/// many of them, so its noise is Gaussian to within what a trace can show.
///
/// [`BLOCK`] generators, side by side in a vector, serve as many neurons, and then, if they are shared, the next:
/// in every step they go through all of theirs in order.
#[derive(Debug, Clone, Default)]
pub struct NoiseLanes {
    generators: Vec<Words<BLOCK>>,
    /// Blocks of neurons that each serves.
    sharers: usize,
    /// Both words of this step, one a neuron.
    words: [AlignedVec<u32>; 2],
}

/// The words of `N` generators: what is drawn from for the neurons of one block, then for those of the next.
pub type Words<const N: usize> = [[u32; N]; 2 * PAIR];

/// Blocks of neurons for which the words of a generator last.
pub const PAIR: usize = 2;
/// Blocks of neurons that share generators, where they are shared.
pub const SHARERS: usize = 16;

/// What a draw is for: either of the two words of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// The membrane, and whatever needs one draw only.
    Membrane = 0,
    /// The conversion of its voltage.
    Conversion = 1,
}

/// Constants of the generator.
const SHIFT: u32 = 9;
const TURN: u32 = 11;

/// Of the sum of four bytes with their signs: the mean, and 1 over the standard deviation; the variance of one byte
/// is (256² − 1) / 12.
const MEAN: f64 = -2.0;
const PER_SD: f64 = 0.006_765_914;

/// Strength of noise in the form that kernels need it: `z · gain + zero` has mean `mean` and standard deviation
/// `scale` when `z` is what [`Isa::byte_sums`] makes of a random word.
///
/// That is some 226 standard deviations from 0, and what is lost where `zero` is rounded would move the mean. So of
/// the gains around the exact one, all within a millionth of it, the one is taken with which least is lost.
pub fn gain_and_zero(scale: f32, mean: f64) -> (f32, f32) {
    /// Steps of an `f32` to either side of the exact gain.
    const AROUND: i32 = 8;
    let factor = f64::from(BYTE_SUM_FACTOR);
    let exact = (f64::from(scale) * PER_SD / factor) as f32;
    if exact < f32::MIN_POSITIVE {
        return (0.0, mean as f32);
    }
    let zero = |gain: f32| mean - f64::from(gain) * (f64::from(BYTE_SUM_ZERO) + MEAN * factor);
    let lost = |gain: f32| (f64::from(zero(gain) as f32) - zero(gain)).abs();
    let around = (-AROUND..=AROUND).map(|k| f32::from_bits(exact.to_bits().saturating_add_signed(k)));
    let gain = around.min_by(|a, b| lost(*a).total_cmp(&lost(*b))).unwrap_or(exact);
    (gain, zero(gain) as f32)
}

/// The next words.
#[inline(always)]
fn next([a, b, c, d]: [u32; 4]) -> [u32; 4] {
    [a ^ b ^ d, a ^ b ^ c, a ^ c ^ (b << SHIFT), (b ^ d).rotate_left(TURN)]
}

/// The number of mean 0 and standard deviation 1 that a word stands for.
#[inline(always)]
fn number(word: u32) -> f32 {
    // By hand: closures are not compiled for the instructions of the machine.
    let [a, b, c, d] = word.to_le_bytes();
    let sum = i32::from(a as i8) + i32::from(b as i8) + i32::from(c as i8) + i32::from(d as i8);
    (sum - MEAN as i32) as f32 * PER_SD as f32
}

/// The next words, for a vector of lanes.
#[inline(always)]
pub fn next_words<S: Simd>(s: S, isa: impl Isa<S>, [a, b, c, d]: [S::u32s; 4]) -> [S::u32s; 4] {
    let other = s.xor_u32s(b, d);
    let (left, right) = (s.splat_u32s(TURN), s.splat_u32s(u32::BITS - TURN));
    let turned = s.or_u32s(s.wrapping_dyn_shl_u32s(other, left), s.wrapping_dyn_shr_u32s(other, right));
    let shifted = s.wrapping_dyn_shl_u32s(b, s.splat_u32s(SHIFT));
    [s.xor_u32s(a, other), isa.xor_of_three(s, a, b, c), isa.xor_of_three(s, a, c, shifted), turned]
}

/// What words make of a gain and a zero of [`gain_and_zero`].
#[inline(always)]
pub fn drawn<S: Simd>(s: S, isa: impl Isa<S>, words: S::u32s, [gain, zero]: [S::f32s; 2]) -> S::f32s {
    s.mul_add_f32s(isa.byte_sums(s, words), gain, zero)
}

/// With what [`BLOCK`] generators begin, number `first` and those behind it.
#[inline(always)]
pub fn seeded(seed: u64, first: usize) -> Words<BLOCK> {
    let mut words = [[0; BLOCK]; 2 * PAIR];
    for lane in 0..BLOCK {
        let number = 2 * (first + lane) as u64;
        let (ab, cd) = (mix(seed, number), mix(seed, number + 1));
        // Nothing comes from nothing: the words must not all be 0.
        let own = [ab as u32, (ab >> 32) as u32, cd as u32, (cd >> 32) as u32 | 1];
        for (words, word) in words.iter_mut().zip(own) {
            words[lane] = word;
        }
    }
    words
}

/// Fills a list with draws of mean 0 and standard deviation 1; a shorter one begins as a longer one does.
#[inline(always)]
pub fn fill(seed: u64, draws: &mut [f32]) {
    let mut words = seeded(seed, 0);
    for draws in draws.chunks_mut(2 * PAIR * BLOCK) {
        advance(&mut words);
        for (draws, words) in draws.chunks_mut(BLOCK).zip(&words) {
            for (draw, &word) in draws.iter_mut().zip(words) {
                *draw = number(word);
            }
        }
    }
}

/// A number of mean 0 and standard deviation 1, the same for the same seed: for what happens once.
#[inline(always)]
pub fn draw(seed: u64) -> f32 {
    number(seed as u32)
}

/// Takes generators further.
#[inline(always)]
fn advance([a, b, c, d]: &mut Words<BLOCK>) {
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        [*a, *b, *c, *d] = next([*a, *b, *c, *d]);
    }
}

impl NoiseLanes {
    /// Starts the noise of `n` neurons anew from `seed`, with generators of their own.
    pub fn reseed(&mut self, n: usize, seed: u64) {
        self.start(n, seed, 1);
    }

    /// As [`Self::reseed`], with generators that [`SHARERS`] blocks share.
    pub fn reseed_shared(&mut self, n: usize, seed: u64) {
        self.start(n, seed, SHARERS);
    }

    fn start(&mut self, n: usize, seed: u64, sharers: usize) {
        let generators = 0..n.div_ceil(BLOCK * sharers);
        self.generators.clear();
        self.generators.extend(generators.map(|k| seeded(seed, k * BLOCK)));
        self.sharers = sharers;
        for words in &mut self.words {
            words.reset(n);
        }
    }

    /// Goes one step further.
    pub fn step(&mut self) {
        let share = self.sharers.max(1) * BLOCK;
        let [a, b] = &mut self.words;
        let shares = a.whole_mut().chunks_mut(share).zip(b.whole_mut().chunks_mut(share));
        for (generators, (a, b)) in self.generators.iter_mut().zip(shares) {
            for (a, b) in a.chunks_mut(PAIR * BLOCK).zip(b.chunks_mut(PAIR * BLOCK)) {
                advance(generators);
                let of_blocks = a.chunks_mut(BLOCK).zip(b.chunks_mut(BLOCK));
                for ((a, b), words) in of_blocks.zip(generators.chunks_exact(2)) {
                    a.copy_from_slice(&words[0]);
                    b.copy_from_slice(&words[1]);
                }
            }
        }
    }

    /// The words of this step.
    pub fn words(&self, of: Of) -> &AlignedVec<u32> {
        &self.words[of as usize]
    }

    /// Adds `scale[i]` times a draw of this step to every `out[i]`.
    pub fn add_scaled(&self, of: Of, out: &mut [f32], scale: &[f32]) {
        for ((out, &scale), &word) in out.iter_mut().zip(scale).zip(&**self.words(of)) {
            *out += number(word) * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use pulp::bytemuck;

    use super::*;
    use crate::simd::isa::{Kernel, OnPortable, dispatch};

    /// From the authors' xoshiro128plus.c (prng.di.unimi.it), which adds the first word and the last: what it gives
    /// first for the state 1, 2, 3, 4.
    #[test]
    fn the_generator_is_xoshiro128() {
        let given = [5u32, 12_295, 25_178_119, 27_286_542, 39_879_690, 1_140_358_681, 3_276_312_097, 4_110_231_701];
        let mut words = [1u32, 2, 3, 4];
        for given in given {
            assert_eq!(words[0].wrapping_add(words[3]), given);
            words = next(words);
        }
    }

    /// `steps` draws of both kinds from each of 500 lanes.
    fn draws(steps: usize) -> Vec<[Vec<f32>; 2]> {
        let mut lanes = NoiseLanes::default();
        lanes.reseed_shared(500, 3);
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
    fn neither_draws_nor_their_squares_know_of_each_other_or_of_what_their_generator_gave_before() {
        let draws = draws(400);
        for (first, second) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
            // Later steps of a neuron, and in the same step neurons that come later to the same generator.
            for (lag, blocks) in [(0, 0), (1, 0), (2, 0), (3, 0), (0, 1), (0, 2), (0, 3), (1, 1)] {
                if lag == 0 && blocks == 0 && first == second {
                    continue;
                }
                let (mut plain, mut squares, mut n) = (0.0f64, 0.0f64, 0.0f64);
                for (early, late) in draws.iter().zip(&draws[lag..]) {
                    for (&x, &y) in early[first].iter().zip(&late[second][blocks * BLOCK..]) {
                        plain += f64::from(x * y);
                        squares += f64::from((x * x - 1.0) * (y * y - 1.0));
                        n += 1.0;
                    }
                }
                // Five standard errors; the variance of a square is 1.7.
                let name = format!("{first} {second}, {lag} steps, {blocks} blocks");
                assert!((plain / n).abs() < 5.0 / n.sqrt(), "{name}: {}", plain / n);
                assert!((squares / n).abs() < 5.0 * 1.7 / n.sqrt(), "{name}: {}", squares / n);
            }
        }
    }

    #[test]
    fn a_kernel_draws_what_one_lane_after_the_other_draws() {
        struct Draw<'a>(&'a mut Words<BLOCK>, [&'a mut AlignedVec<f32>; 2]);
        impl Kernel for Draw<'_> {
            fn run<S: Simd, M: Isa<S>>(self, s: S, isa: M) {
                let (gain, zero) = gain_and_zero(1.0, 0.0);
                let strength = [gain, zero].map(|x| s.splat_f32s(x));
                let words: &mut [S::u32s] = bytemuck::cast_slice_mut(self.0);
                let per_block = BLOCK / S::F32_LANES;
                for k in 0..per_block {
                    let next = next_words(s, isa, std::array::from_fn(|word| words[word * per_block + k]));
                    for (word, next) in next.into_iter().enumerate() {
                        words[word * per_block + k] = next;
                        let out = self.1[word % 2].vectors_mut::<S::f32s>();
                        out[word / 2 * per_block + k] = drawn(s, isa, next, strength);
                    }
                }
            }
        }
        let mut lanes = NoiseLanes::default();
        lanes.reseed_shared(PAIR * BLOCK, 3);
        let mut words = seeded(3, 0);
        for _ in 0..100 {
            let mut vector = [AlignedVec::zeros(PAIR * BLOCK), AlignedVec::zeros(PAIR * BLOCK)];
            dispatch(Draw(&mut words, vector.each_mut()));
            lanes.step();
            for (of, vector) in [Of::Membrane, Of::Conversion].into_iter().zip(vector) {
                let mut one_by_one = [0.0; PAIR * BLOCK];
                lanes.add_scaled(of, &mut one_by_one, &[1.0; PAIR * BLOCK]);
                for (a, b) in vector.iter().zip(one_by_one) {
                    assert!((a - b).abs() < 1e-5, "{a} {b}");
                }
            }
        }
    }

    #[test]
    fn every_machine_adds_up_the_same_bytes() {
        struct Sums<'a>(&'a [u32], &'a mut Vec<f32>);
        impl Kernel for Sums<'_> {
            fn run<S: Simd, M: Isa<S>>(self, s: S, isa: M) {
                for words in self.0.chunks_exact(S::F32_LANES) {
                    let sums = isa.byte_sums(s, s.partial_load_u32s(words));
                    self.1.extend_from_slice(bytemuck::cast_slice(std::slice::from_ref(&sums)));
                }
            }
        }
        let mut words = vec![0, u32::MAX, 0x8080_8080, 0x7f7f_7f7f, 0x0000_0080, 0x8000_0000, 0x0102_0304, 0xff00_00ff];
        words.extend((0..120).map(|k| mix(1, k) as u32));
        let expected = words.iter().map(|word| {
            let sum: i32 = word.to_le_bytes().into_iter().map(|byte| i32::from(byte.cast_signed())).sum();
            BYTE_SUM_ZERO + (sum * BYTE_SUM_FACTOR as i32) as f32
        });
        let expected: Vec<f32> = expected.collect();
        let (mut best, mut any) = (Vec::new(), Vec::new());
        dispatch(Sums(&words, &mut best));
        pulp::Arch::new().dispatch(OnPortable(Sums(&words, &mut any)));
        assert_eq!((&best, &any), (&expected, &expected));
    }

    #[test]
    fn the_mean_of_noise_is_where_it_should_be_though_a_draw_is_far_from_0() {
        for (scale, mean) in [(0.02f32, 0.0), (0.0213, 0.37), (1.19, 80.7), (7.0, 55.5), (0.0, 0.3)] {
            let (gain, zero) = gain_and_zero(scale, mean);
            let sd = f64::from(gain) * 255.0 / 0.006_765_914;
            assert!((sd - f64::from(scale)).abs() <= 2e-6 * f64::from(scale), "{scale}: {sd}");
            // 131072 + 2²³, and the mean of the sum of four bytes with their signs.
            let got = f64::from(gain) * (8_388_608.0 + 131_072.0 - 2.0 * 255.0) + f64::from(zero);
            // Rounded as it is, `zero` would be off by up to half a step of an `f32` 226 times as large.
            let half_a_step = f64::from(scale) * 226.0 * f64::from(f32::EPSILON) / 2.0;
            assert!((got - mean).abs() <= 0.3 * half_a_step + mean * f64::from(f32::EPSILON), "{scale}, {mean}: {got}");
        }
    }

    #[test]
    fn generators_that_are_shared_go_through_their_blocks_in_order() {
        let n = (SHARERS + 2) * BLOCK - 3;
        let mut lanes = NoiseLanes::default();
        lanes.reseed_shared(n, 5);
        let mut first = seeded(5, 0);
        let mut second = seeded(5, BLOCK);
        for _ in 0..3 {
            lanes.step();
            for (k, words) in lanes.words(Of::Conversion).chunks(BLOCK).enumerate() {
                let generators = if k < SHARERS { &mut first } else { &mut second };
                let in_pair = k % PAIR;
                if in_pair == 0 {
                    advance(generators);
                }
                assert_eq!(words, &generators[2 * in_pair + 1][..words.len()]);
            }
        }
    }
}
