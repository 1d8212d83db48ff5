//! The readout population: membranes without a threshold, whose state nobody on the chip needs.
//!
//! So a whole sample passes through it once the hidden population is through, and what a vector of
//! neurons needs stays in registers from the first chip step to the last.

use pulp::{Simd, bytemuck};

use super::Population;
use super::cadc::Channel;
use super::membrane::{Constants, added, within};
use crate::base::rng::noise::{PAIR, drawn, next_words, seeded};
use crate::simd::isa::{Isa, saturating_pack_one};
use crate::simd::{AlignedMatrix, AlignedVec, BLOCK, padded};
use crate::spikes::GridSpike;

/// What was seen of the population in every chip step: voltage, both currents before the flow, voltage after it.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    lanes: AlignedVec<f32>,
    n: usize,
}

impl Watched {
    const KINDS: usize = 4;

    fn start(&mut self, n_steps: usize, n: usize) {
        self.lanes.reset(n_steps * Self::KINDS * padded(n));
        self.n = n;
    }

    #[inline(always)]
    fn keep<S: Simd>(&mut self, step: usize, k: usize, seen: [S::f32s; Self::KINDS]) {
        let vectors = padded(self.n) / S::F32_LANES;
        let lanes = self.lanes.vectors_mut::<S::f32s>();
        for (kind, seen) in seen.into_iter().enumerate() {
            lanes[(step * Self::KINDS + kind) * vectors + k] = seen;
        }
    }

    /// Voltages and both currents before the flow of that step, voltages after it, one each a neuron.
    pub(super) fn of_step(&self, step: usize) -> [&[f32]; Self::KINDS] {
        let n = padded(self.n);
        std::array::from_fn(|kind| &self.lanes.whole()[(step * Self::KINDS + kind) * n..][..self.n])
    }
}

/// Buffers of the readout.
#[derive(Debug, Clone, Default)]
pub(super) struct Space {
    /// Of a vector of neurons the sums over the events of every step, positive weights and all.
    sums: AlignedVec<f32>,
    pub(super) watched: Watched,
}

impl Population {
    /// Carries the population through a sample of `n_steps` chip steps, `substeps` of them for each conversion.
    ///
    /// `spikes` arrive in the step after their own; `seed` decides the noise. `codes` are `[host step, neuron]`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a kernel")]
    pub(super) fn integrate<S: Simd, M: Isa<S>>(
        &self,
        s: S,
        isa: M,
        weights: &AlignedMatrix,
        spikes: &[GridSpike],
        [n_steps, substeps]: [usize; 2],
        seed: u64,
        space: &mut Space,
        codes: &mut [u8],
        is_watched: bool,
    ) {
        let Self { membranes, cadc } = self;
        let n = membranes.len();
        let (bounds, rails) = (membranes.bounds(s), membranes.rails(s));
        let (top, is_noisy) = (cadc.top(s), self.is_noisy());
        let Space { sums, watched } = space;
        if is_watched {
            watched.start(n_steps, n);
        }
        let blocks = 0..n.div_ceil(BLOCK);
        let (constants, channels) = (membranes.vectors(blocks.clone()), cadc.vectors(blocks));
        // The last vector first: what its padding leaves in the codes of the next step is overwritten later.
        for k in (0..n.div_ceil(S::F32_LANES)).rev() {
            sums.reset(n_steps * 2 * S::F32_LANES);
            let (sums, _) = sums.vectors_mut::<S::f32s>().as_chunks_mut::<2>();
            for spike in spikes {
                if let Some(sum) = sums.get_mut(usize::from(spike.step) + 1) {
                    *sum = added(s, *sum, weights.vectors::<S::f32s>(usize::from(spike.neuron))[k]);
                }
            }
            let (constants, channel) = (Constants::<S>::of(constants, k), Channel::<S>::of(channels, k));
            let mut v = membranes.v_leak::<S>(k);
            let mut currents = [s.splat_f32s(0.0); 2];
            let per_block = BLOCK / S::F32_LANES;
            let generators = seeded(seed, k / per_block * BLOCK);
            let generators: &[S::u32s] = bytemuck::cast_slice(&generators);
            let mut words: [S::u32s; 2 * PAIR] =
                std::array::from_fn(|word| generators[word * per_block + k % per_block]);
            let (mut host, mut until_read) = (0, substeps);
            for (step, &sum) in sums.iter().enumerate().take(n_steps) {
                currents = constants.settled(s, currents, sum, bounds);
                let mut leak = constants.drift;
                if is_noisy {
                    words = next_words(s, isa, words);
                    leak = drawn(s, isa, words[0], [constants.noise, constants.drift]);
                }
                let drive = constants.drive(s, currents, leak);
                let before = v;
                v = s.mul_add_f32s(v, constants.membrane, drive);
                if let Some(rails) = rails {
                    v = within(s, v, rails);
                }
                if is_watched {
                    watched.keep::<S>(step, k, [before, currents[0], currents[1], v]);
                }
                until_read -= 1;
                if until_read == 0 {
                    until_read = substeps;
                    let mut zero = channel.zero;
                    if is_noisy {
                        zero = drawn(s, isa, words[1], [channel.noise, channel.zero]);
                    }
                    let x = channel.convert(s, v, zero);
                    let first = host * n + k * S::F32_LANES;
                    let last = (first + S::F32_LANES).min(codes.len());
                    saturating_pack_one(s, x, top, &mut codes[first..last]);
                    host += 1;
                }
            }
        }
        if cadc.coarseness() > 1 {
            for code in codes {
                *code *= cadc.coarseness();
            }
        }
    }
}
