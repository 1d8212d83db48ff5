//! Named, seeded random streams.
//!
//! A stream is a function of a seed and a name, never of the order in which
//! other streams were drawn. So a new imperfection does not re-roll the others,
//! and chip 7 has the same τ spread whatever else changes.
//!
//! Two ways to draw: [`stream`] (ChaCha8, for whatever a chip or a task is made of) and
//! [`noise`] (xoshiro side by side, for what is drawn in every time step, in vector instructions).

pub mod noise;

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
}
