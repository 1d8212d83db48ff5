//! An inner ear: sound in, spikes out.
//!
//! The model with which the Spiking Heidelberg Digits were made (Cramer, Stradmann, Schemmel & Zenke
//! 2020, doi:10.1109/TNNLS.2020.3044364), written from its equations:
//!
//! ```text
//! sound → loudness 0.3 → Hann window → basilar membrane → hair cell → 40 nerve fibres → bushy cell
//!         over the whole track         one place per channel, at 24 kHz
//! ```
//!
//! There are 700 places along 3.5 cm, from the base (position 0, high tones) to the apex
//! (position 699, low tones). [`Ear::new`] takes the ones to listen at; filters are computed once.
//!
//! # What differs from the published program
//!
//! - The data sets were recorded at 48 kHz. Here every sound is brought to 48 kHz first, within the
//!   Fourier transform, because the steps of the hair cell would otherwise depend on the file.
//! - The membrane is computed in blocks of one second, so that frequencies are 1 Hz apart whatever the
//!   sound. Up to a second there is one block, and what rings longer than the block wraps around, as it
//!   does in the published program with blocks as long as the sound. The frequency of bin k is k Hz,
//!   not k + 1 − 2k/f.
//! - Fibres are drawn together, in a way that is statistically the same (see `nerve.rs`).
//!
//! As in the published program the filters ring *before* the sound: its equations use e^(−iωt) and its
//! transform e^(+iωt). Low places run ahead by up to 20 ms. The data sets were made so.

mod membrane;
mod nerve;

use std::fmt::Debug;
use std::sync::{Arc, Mutex, PoisonError};

use num_complex::Complex32;
use rayon::prelude::*;
use realfft::{ComplexToReal, RealFftPlanner};

use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::spikes::SpikeTrain;
use membrane::Drive;
use nerve::{LANES, Nerve};

/// Places along the membrane.
pub const N_POSITIONS: usize = 700;
/// Raise this when the same sound gives other spikes than before.
pub const VERSION: u32 = 1;
/// Length of the membrane in cm.
const LENGTH: f64 = 3.5;
/// Loudness that every sound is brought to: root mean square over its whole length.
const LOUDNESS: f64 = 0.3;
/// Steps of hair cells, fibres and bushy cells per second: half the 48 kHz of the published data.
pub const STEPS_PER_SECOND: usize = 24_000;
/// Of a block in a longer sound this much at the beginning and at the end is only there for its
/// neighbours: the slowest filter falls by e in 19 ms, and rings backwards.
const LEAD: usize = STEPS_PER_SECOND / 20;
const TAIL: usize = STEPS_PER_SECOND / 4;
const HOP: usize = STEPS_PER_SECOND - LEAD - TAIL;

/// A sound that can be heard: checked samples of one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    samples: Vec<f32>,
    rate: u32,
}

impl Sound {
    /// Samples per second that are accepted.
    pub const RATES: std::ops::RangeInclusive<u32> = 4_000..=192_000;
    /// Shortest sound in seconds.
    pub const SHORTEST: f64 = 0.02;
    /// Longest sound in seconds.
    pub const LONGEST: f64 = 60.0;

    /// Takes samples of any scale at `rate` per second.
    ///
    /// # Errors
    /// Says which number is out of range; the caller knows the file.
    pub fn new(samples: Vec<f32>, rate: u32) -> std::result::Result<Self, String> {
        if !Self::RATES.contains(&rate) {
            let (low, high) = (Self::RATES.start(), Self::RATES.end());
            return Err(format!("expected {low} to {high} samples per second, got {rate}"));
        }
        let seconds = samples.len() as f64 / f64::from(rate);
        if !(Self::SHORTEST..=Self::LONGEST).contains(&seconds) {
            let (short, long) = (1e3 * Self::SHORTEST, Self::LONGEST);
            return Err(format!("expected a sound of {short} ms to {long} s, got {:.1} ms", 1e3 * seconds));
        }
        if let Some(bad) = samples.iter().position(|x| !x.is_finite()) {
            return Err(format!("sample {bad} is not a finite number"));
        }
        Ok(Self { samples, rate })
    }

    /// The samples.
    pub fn samples(&self) -> &[f32] {
        &self.samples
    }

    /// Samples per second.
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate)
    }

    /// Brought to the loudness of the model and faded in and out over its whole length.
    fn prepared(&self) -> Vec<f32> {
        let n = self.samples.len();
        let power = self.samples.iter().map(|&x| f64::from(x).powi(2)).sum::<f64>() / n as f64;
        // Silence stays silence.
        let gain = if power > 0.0 { LOUDNESS / power.sqrt() } else { 0.0 };
        let turn = std::f64::consts::TAU / (n - 1) as f64;
        let window = |k: usize| 0.5 - 0.5 * (turn * k as f64).cos();
        self.samples.iter().enumerate().map(|(k, &x)| (gain * f64::from(x) * window(k)) as f32).collect()
    }
}

/// Ten places apart: the 70 channels that a chip with 128 or 256 inputs has room for.
pub fn every_tenth_position() -> Vec<u16> {
    (0..N_POSITIONS as u16).step_by(10).collect()
}

/// The resonance of a position in Hz: where mass and stiffness of the membrane cancel.
pub fn frequency(position: usize) -> f64 {
    membrane::resonance(place(position))
}

/// Where a position is, in cm from the base.
fn place(position: usize) -> f64 {
    LENGTH * position as f64 / (N_POSITIONS - 1) as f64
}

/// One place of the membrane that is listened at.
struct Place {
    position: u16,
    /// What the spectrum is multiplied with, in steps of 1 Hz from 0.
    response: Vec<Complex32>,
}

/// An ear with its filters; the same ear hears any number of sounds of any rate.
pub struct Ear {
    places: Vec<Place>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    planner: Mutex<RealFftPlanner<f32>>,
}

impl Debug for Ear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ear").field("n_channels", &self.places.len()).finish_non_exhaustive()
    }
}

impl Ear {
    /// Computes the filters of the places `positions`, which ascend from 0 to at most 699.
    ///
    /// # Errors
    /// When there are no positions, or they are out of order or range.
    pub fn new(positions: &[u16]) -> Result<Self> {
        let ascending = positions.windows(2).all(|w| w[0] < w[1]);
        if !ascending || positions.last().is_none_or(|&p| usize::from(p) >= N_POSITIONS) {
            return Err(Error::BadValue {
                place: "ear".into(),
                key: "positions".into(),
                expected: format!("ascending numbers below {N_POSITIONS}"),
                got: format!("{positions:?}"),
            });
        }
        let drives: Vec<Drive> = (1..STEPS_PER_SECOND).into_par_iter().map(|hertz| Drive::new(hertz as f64)).collect();
        let places = positions
            .par_iter()
            .map(|&position| Place { position, response: membrane::response(&drives, place(position.into())) })
            .collect();
        let mut planner = RealFftPlanner::new();
        let inverse = planner.plan_fft_inverse(STEPS_PER_SECOND);
        Ok(Self { places, inverse, planner: Mutex::new(planner) })
    }

    /// The places listened at, ascending.
    pub fn positions(&self) -> impl ExactSizeIterator<Item = u16> + '_ {
        self.places.iter().map(|place| place.position)
    }

    /// The spikes of `sound`: times in seconds from its beginning, units are positions.
    ///
    /// The spikes of a position follow from the sound, the seed and the position alone.
    pub fn listen(&self, sound: &Sound, seed: u64) -> SpikeTrain {
        let steps = (sound.seconds() * STEPS_PER_SECOND as f64) as usize;
        let blocks = self.blocks(sound, steps);
        let events: Vec<Vec<(u32, u16)>> =
            self.places.par_chunks(LANES).map(|places| self.spikes(places, &blocks, steps, seed)).collect();
        let mut events: Vec<(u32, u16)> = events.into_iter().flatten().collect();
        events.sort_unstable();
        let (times, units) =
            events.into_iter().map(|(step, unit)| ((f64::from(step) / STEPS_PER_SECOND as f64) as f32, unit)).unzip();
        SpikeTrain { times, units }
    }

    /// Spectra of blocks of one second, in steps of 1 Hz, with the steps that each is good for.
    fn blocks(&self, sound: &Sound, steps: usize) -> Vec<Block> {
        let rate = sound.rate as usize;
        let samples = sound.prepared();
        let forward = self.planner.lock().unwrap_or_else(PoisonError::into_inner).plan_fft_forward(rate);
        let (lead, hop) = if steps <= STEPS_PER_SECOND { (0, STEPS_PER_SECOND) } else { (LEAD, HOP) };
        let mut input = forward.make_input_vec();
        (0..steps.div_ceil(hop))
            .map(|number| {
                // The block may begin before the sound.
                let begin = (number * hop) as f64 - lead as f64;
                let begin = (begin * rate as f64 / STEPS_PER_SECOND as f64).floor() as isize;
                for (k, x) in input.iter_mut().enumerate() {
                    let at = usize::try_from(begin + k as isize).ok();
                    *x = at.and_then(|at| samples.get(at)).copied().unwrap_or(0.0);
                }
                let mut spectrum = forward.make_output_vec();
                forward.process(&mut input, &mut spectrum).expect("lengths are those of the plan");
                // From `rate` samples to 48,000 is a factor 48,000/rate; back again from half of them, 1/24,000.
                let scale = 2.0 / rate as f32;
                spectrum.truncate(STEPS_PER_SECOND);
                for x in &mut spectrum {
                    *x *= scale;
                }
                Block { spectrum, from: lead, len: hop.min(steps - number * hop) }
            })
            .collect()
    }

    /// How the place number `channel` moves, per step of 1/24,000 s.
    #[cfg(test)]
    fn motion(&self, sound: &Sound, channel: usize) -> Vec<f32> {
        let steps = (sound.seconds() * STEPS_PER_SECOND as f64) as usize;
        let mut inverse = Inverse::new(&self.inverse);
        let blocks = self.blocks(sound, steps);
        blocks.iter().flat_map(|block| inverse.motion(block, &self.places[channel]).to_vec()).collect()
    }

    /// The spikes of up to eight places as (step, position), unsorted.
    fn spikes(&self, places: &[Place], blocks: &[Block], steps: usize, seed: u64) -> Vec<(u32, u16)> {
        let mut nerve = Nerve::new(std::array::from_fn(|lane| {
            // AlignedVec without a place compute silence that nobody hears.
            let position = places.get(lane).map_or(u16::MAX, |place| place.position);
            rng::stream(seed, &format!("ear {position}"))
        }));
        let mut motion = vec![[0.0f32; LANES]; STEPS_PER_SECOND];
        let mut inverse = Inverse::new(&self.inverse);
        let mut events = Vec::with_capacity(steps / 16);
        let mut now = 0;
        for block in blocks {
            for (lane, place) in places.iter().enumerate() {
                let steps = inverse.motion(block, place);
                steps.iter().zip(&mut motion).for_each(|(&s, motion)| motion[lane] = s);
            }
            for motion in &motion[..block.len] {
                let spikes = nerve.step(*motion);
                if spikes != 0 {
                    let spiking = places.iter().enumerate().filter(|(lane, _)| spikes & (1 << lane) != 0);
                    events.extend(spiking.map(|(_, place)| (now, place.position)));
                }
                now += 1;
            }
        }
        events
    }
}

/// The spectrum of one second of sound.
struct Block {
    spectrum: Vec<Complex32>,
    /// Steps of the block that belong to the result.
    from: usize,
    len: usize,
}

/// Room for the way back from a spectrum to motion.
struct Inverse<'a> {
    plan: &'a dyn ComplexToReal<f32>,
    spectrum: Vec<Complex32>,
    output: Vec<f32>,
    scratch: Vec<Complex32>,
}

impl<'a> Inverse<'a> {
    fn new(plan: &'a Arc<dyn ComplexToReal<f32>>) -> Self {
        let (spectrum, output) = (plan.make_input_vec(), plan.make_output_vec());
        Self { plan: plan.as_ref(), spectrum, output, scratch: plan.make_scratch_vec() }
    }

    /// How a place moves during the steps that the block is good for.
    fn motion(&mut self, block: &Block, place: &Place) -> &[f32] {
        fold(&block.spectrum, &place.response, &mut self.spectrum);
        self.plan
            .process_with_scratch(&mut self.spectrum, &mut self.output, &mut self.scratch)
            .expect("lengths are those of the plan");
        &self.output[block.from..block.from + block.len]
    }
}

/// Multiplies and folds what lies above 12 kHz, so that a real transform gives the real part at 24 kHz.
///
/// Re Σ Yₖe^(iφₖ) over the bins 0…24 kHz is the transform of the Hermitian spectrum (Yₖ + Y*₋ₖ)/2.
fn fold(sound: &[Complex32], response: &[Complex32], folded: &mut [Complex32]) {
    let middle = STEPS_PER_SECOND / 2;
    folded.fill(Complex32::ZERO);
    let (sound_low, sound_high) = sound.split_at(sound.len().min(middle + 1));
    let (response_low, response_high) = response.split_at(response.len().min(middle + 1));
    for ((out, x), v) in folded.iter_mut().zip(sound_low).zip(response_low) {
        *out = 0.5 * x * v;
    }
    if sound.len() > middle {
        let mirrored = folded[1..middle].iter_mut().rev();
        for ((out, x), v) in mirrored.zip(sound_high).zip(response_high) {
            *out += 0.5 * (x * v).conj();
        }
        // At 12 kHz the bin is its own mirror image.
        folded[middle] = (2.0 * folded[middle].re).into();
    }
}

#[cfg(test)]
mod tests;
