//! Named, seeded random streams.
//!
//! A stream is a function of a seed and a name, never of the order in which
//! other streams were drawn. So a new imperfection does not re-roll the others,
//! and chip 7 has the same τ spread whatever else changes.
//!
//! Two generators: [`stream`] (ChaCha8, for everything that happens once) and
//! [`NoiseLanes`] (one xorshift per neuron, for noise in every time step, which
//! the compiler turns into vector instructions).

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

/// The random stream `name` of `seed`.
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(hash(name));
    rng
}

/// `n` standard-normal draws of the stream `name` of `seed`.
pub fn normals(seed: u64, name: &str, n: usize) -> Vec<f32> {
    let mut rng = stream(seed, name);
    (0..n).map(|_| StandardNormal.sample(&mut rng)).collect()
}

/// `n` draws from [0, 1) of the stream `name` of `seed`.
pub fn uniforms(seed: u64, name: &str, n: usize) -> Vec<f32> {
    let mut rng = stream(seed, name);
    (0..n).map(|_| rng.random()).collect()
}

/// One standard-normal draw.
pub fn normal(rng: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(rng)
}

/// FNV-1a: a fixed, documented hash, so that streams are the same for ever.
pub fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3))
}

/// Mixes two words into one seed (the finaliser of SplitMix64).
pub fn mix(a: u64, b: u64) -> u64 {
    let mut z = a.wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// One independent noise generator per neuron, advanced together.
///
/// Each draw is the sum of the four bytes of a 32-bit xorshift word, shifted to
/// mean 0 and scaled to variance 1: bell-shaped, bounded at ±3.45, excess
/// kurtosis −0.3. A membrane integrates many of them, so its noise is Gaussian
/// to within what a trace can show.
#[derive(Debug, Clone, Default)]
pub struct NoiseLanes {
    states: Vec<u32>,
}

/// Mean of the sum of four bytes.
const BYTES_MEAN: f32 = 510.0;
/// 1 / sd of the sum of four bytes; the variance of one is (256² − 1) / 12.
const BYTES_INV_SD: f32 = 0.006_765_914;

impl NoiseLanes {
    /// Starts `n` lanes anew from `seed`.
    pub fn reseed(&mut self, n: usize, seed: u64) {
        self.states.clear();
        self.states.extend((0..n as u64).map(|lane| (mix(seed, lane) >> 32) as u32 | 1));
    }

    /// Adds `scale[i]` times a fresh draw to every `out[i]`.
    #[inline(always)]
    pub fn add_scaled(&mut self, out: &mut [f32], scale: &[f32]) {
        for ((out, &scale), state) in out.iter_mut().zip(scale).zip(&mut self.states) {
            let mut x = *state;
            x ^= x << 13;
            x ^= x >> 17;
            x ^= x << 5;
            *state = x;
            let sum = (x & 0xff) + ((x >> 8) & 0xff) + ((x >> 16) & 0xff) + (x >> 24);
            *out += scale * ((sum as i32 as f32 - BYTES_MEAN) * BYTES_INV_SD);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_with_other_names_or_seeds_differ_and_repeat_exactly() {
        let a = normals(7, "tau_mem", 8);
        assert_eq!(a, normals(7, "tau_mem", 8));
        assert_ne!(a, normals(7, "tau_syn", 8));
        assert_ne!(a, normals(8, "tau_mem", 8));
        // A longer draw begins with the shorter one: growing a network keeps the faults it had.
        assert_eq!(a, normals(7, "tau_mem", 16)[..8]);
    }

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
}
