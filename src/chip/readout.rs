//! The readout population: membranes without a threshold, whose state nobody on the chip needs.
//!
//! So a whole sample passes through it once the hidden population is through, and what a vector of
//! neurons needs stays in registers from the first chip step to the last.

use pulp::Simd;

use super::Population;
use super::membrane::{added, flow, settled};
use crate::lanes::{Lanes, Rows, padded};
use crate::rng::noise::{ByteSums, NoiseLanes, VectorDraw};
use crate::spikes::GridSpike;

/// What was seen of the population in every chip step: voltage, both currents before the flow, voltage after it.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    lanes: Lanes<f32>,
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

impl Population {
    /// Carries the population through a sample of `n_steps` chip steps, `substeps` of them for each conversion.
    ///
    /// `spikes`, in order of steps, arrive in the step after their own. `noise` are those of membranes and
    /// conversions, freshly seeded. `codes` are `[host step, neuron]`.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "a kernel")]
    pub(super) fn integrate<S: Simd, B: ByteSums<S>>(
        &self,
        s: S,
        draw: &VectorDraw<S, B>,
        weights: &Rows,
        spikes: &[GridSpike],
        [n_steps, substeps]: [usize; 2],
        [membrane_noise, cadc_noise]: &mut [NoiseLanes; 2],
        codes: &mut [u8],
        mut watched: Option<&mut Watched>,
    ) {
        let Self { membranes, cadc } = self;
        let n = membranes.len();
        let (bounds, range) = (membranes.bounds(s), cadc.range(s));
        if let Some(watched) = &mut watched {
            watched.start(n_steps, n);
        }
        // The last vector first: what its padding leaves in the codes of the next step is overwritten later.
        for k in (0..n.div_ceil(S::F32_LANES)).rev() {
            let constants = membranes.constants::<S>(k);
            let channel = cadc.channel::<S>(k);
            let mut v = membranes.v_leak::<S>(k);
            let (mut exc, mut inh) = (s.splat_f32s(0.0), s.splat_f32s(0.0));
            let mut random = [s.splat_u32s(0); 2];
            if membranes.is_noisy() {
                random[0] = membrane_noise.vectors_mut()[k];
            }
            if cadc.is_noisy() {
                random[1] = cadc_noise.vectors_mut()[k];
            }
            let (mut next, mut host, mut until_read) = (0, 0, substeps);
            for step in 0..n_steps {
                let mut sum = [s.splat_f32s(0.0); 2];
                while let Some(spike) = spikes.get(next)
                    && usize::from(spike.step) < step
                {
                    sum = added(s, sum, weights.vectors::<S::f32s>(usize::from(spike.neuron))[k]);
                    next += 1;
                }
                [exc, inh] = settled(s, [exc, inh], sum, bounds);
                let before = [v, exc, inh];
                [v, exc, inh] = flow(s, &constants, before);
                if membranes.is_noisy() {
                    v = s.mul_add_f32s(draw.draw(&mut random[0]), constants.noise, v);
                }
                if let Some(watched) = &mut watched {
                    watched.keep::<S>(step, k, [before[0], before[1], before[2], v]);
                }
                until_read -= 1;
                if until_read == 0 {
                    until_read = substeps;
                    let mut x = s.mul_add_f32s(v, channel.per_unit, channel.zero);
                    if cadc.is_noisy() {
                        x = s.mul_add_f32s(draw.draw(&mut random[1]), channel.noise_gain, x);
                    }
                    let first = host * n + k * S::F32_LANES;
                    let last = (first + S::F32_LANES).min(codes.len());
                    range.store(s, x, &mut codes[first..last]);
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
