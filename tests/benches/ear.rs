//! How long the ear needs for a second of sound. With one thread the figure is per core:
//! `RAYON_NUM_THREADS=1 cargo bench --bench ear`.

use divan::Bencher;
use misfit::ear::{Ear, N_POSITIONS, Sound, every_tenth_position};

fn main() {
    divan::main();
}

/// Syllables of a hissing, buzzing voice: harmonics of 120 Hz that come and go, and noise.
fn voice(seconds: f64) -> Sound {
    let rate = 16_000;
    let mut word = 1u32;
    let samples = (0..(seconds * f64::from(rate)) as usize)
        .map(|k| {
            let t = k as f64 / f64::from(rate);
            word = word.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let hiss = f64::from(word >> 8) / f64::from(1 << 24) - 0.5;
            let buzz: f64 = (1..20).map(|n| (754.0 * f64::from(n) * t).sin() / f64::from(n)).sum();
            ((25.0 * t).sin().powi(2) * (buzz + 0.3 * hiss)) as f32
        })
        .collect();
    Sound::new(samples, rate).expect("a sound within the limits")
}

fn ear(channels: usize) -> Ear {
    let all: Vec<u16> = (0..N_POSITIONS as u16).collect();
    Ear::new(if channels == N_POSITIONS { all } else { every_tenth_position() }.as_slice()).expect("positions in order")
}

#[divan::bench(args = [70, 700], sample_count = 10)]
fn one_second(bencher: Bencher<'_, '_>, channels: usize) {
    let (ear, sound) = (ear(channels), voice(1.0));
    bencher.bench_local(|| ear.listen(&sound, 1));
}

#[divan::bench(args = [70, 700], sample_count = 10)]
fn a_word_of_400_ms(bencher: Bencher<'_, '_>, channels: usize) {
    let (ear, sound) = (ear(channels), voice(0.4));
    bencher.bench_local(|| ear.listen(&sound, 1));
}

#[divan::bench(args = [70, 700], sample_count = 3)]
fn filters(bencher: Bencher<'_, '_>, channels: usize) {
    bencher.bench_local(|| ear(channels));
}
