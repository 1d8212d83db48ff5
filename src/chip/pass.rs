//! The way of a few samples through the chip: hidden population, spikes on their way, readout.

mod router;
mod spiking_readout;

use std::ops::Range;

use pulp::Simd;

use super::Chip;
use super::admission::Admitted;
use super::firing::Firing;
use super::membrane::{Before, State, cell};
use super::output::{Observer, Output, Which};
use super::readout;
use super::step::Step;
use crate::base::rng;
use crate::simd::isa::{Isa, Kernel};
use crate::simd::{self, AlignedVec, BLOCK};
use crate::spikes::{GridSpike, SpikeTrain};
use router::{delay, group_by_step, postpone};

/// Codes of more neurons than these are written once a tile is through the sample: those of two steps are so far
/// apart in memory that they displace each other in the cache and need a page each.
const FAR_APART: usize = 2048;

/// Names of the streams of noise of a sample.
pub(super) mod stream {
    pub const HIDDEN: u64 = 1;
    pub const READOUT: u64 = 2;
    pub const INPUT: u64 = 3;
    pub const SPIKES: u64 = 4;
    pub const TRACES: u64 = 5;
}

/// Buffers of one worker thread.
#[derive(Default)]
pub(super) struct Workspace {
    hidden: State,
    /// Of a readout that spikes.
    output: State,
    /// Input events of every sample.
    events: Vec<Admitted>,
    firing: Firing,
    /// Hidden neurons that spiked in the last step, and those whose spikes arrive in this one.
    spiking: Vec<u16>,
    arriving: Vec<u16>,
    /// Delayed hidden spikes as `(chip step of delivery, neuron)`, unsorted.
    delayed: Vec<(usize, u16)>,
    /// Buffers of [`group_by_step`].
    bounds: Vec<u32>,
    by_step: Vec<GridSpike>,
    /// How late each spike is, in standard deviations.
    late: Vec<f32>,
    /// What an observer sees of the hidden neurons: each cell of interest, and voltages after the step.
    seen: [AlignedVec<f32>; 5],
    /// Codes of some neurons in one step, with padding.
    line: Vec<u8>,
    readout: readout::Space,
}

/// A few samples on their way through the chip; the body is compiled once for every set of vector instructions.
pub(super) struct Pass<'a, 'o> {
    pub(super) chip: &'a Chip,
    pub(super) space: &'a mut Workspace,
    pub(super) inputs: &'a [&'a SpikeTrain],
    /// Number of the run and of the first sample: what decides their noise.
    pub(super) numbers: [u64; 2],
    /// What this run adds to every threshold, hidden ones first.
    pub(super) shift: &'a [f32],
    /// So many blocks of hidden neurons go through all samples before the next.
    pub(super) tile: usize,
    pub(super) out: &'a mut Output<'o>,
    pub(super) observer: Option<&'a mut dyn Observer>,
}

impl Kernel for Pass<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, M: Isa<S>>(mut self, simd: S, isa: M) {
        let n_samples = self.inputs.len();
        simd::first(&mut self.space.events, n_samples);
        for sample in 0..n_samples {
            let seed = rng::mix(self.seed(sample), stream::INPUT);
            self.out.lost[sample] = self.chip.admit(self.inputs[sample], seed, &mut self.space.events[sample]);
            self.out.spikes[sample].clear();
            self.out.readout_spikes[sample].clear();
        }
        let blocks = self.chip.shape.n_hidden.div_ceil(BLOCK);
        let mut first = 0;
        while first < blocks {
            let tile = first..(first + self.tile).min(blocks);
            for sample in 0..n_samples {
                if self.chip.shape.recurrent {
                    self.hidden::<S, M, true>(simd, isa, sample, &tile);
                } else {
                    self.hidden::<S, M, false>(simd, isa, sample, &tile);
                }
            }
            first = tile.end;
        }
        for sample in 0..n_samples {
            if !self.chip.shape.recurrent {
                self.deliver(sample);
            }
            if self.chip.params.readout_spikes {
                self.spiking_readout(simd, isa, sample);
            } else {
                self.readout(simd, isa, sample);
            }
        }
    }
}

impl Pass<'_, '_> {
    /// What decides the noise of a sample.
    #[inline(always)]
    fn seed(&self, sample: usize) -> u64 {
        rng::mix(self.numbers[0], self.numbers[1] + sample as u64)
    }

    /// Carries a tile of hidden neurons through a sample.
    ///
    /// Its spikes are written as they were emitted; with `RECURRENT` as they arrive, one step before.
    #[expect(clippy::too_many_lines, reason = "a kernel")]
    #[inline(always)]
    fn hidden<S: Simd, M: Isa<S>, const RECURRENT: bool>(
        &mut self,
        simd: S,
        isa: M,
        sample: usize,
        tile: &Range<usize>,
    ) {
        let seed = self.seed(sample);
        let Self { chip, space, shift, out, observer, .. } = self;
        let Workspace { hidden, events, firing, spiking, arriving, delayed, seen, line, .. } = &mut **space;
        let (events, spikes, dropped) = (&events[sample], &mut out.spikes[sample], &out.dropped[sample]);
        let n = chip.shape.n_hidden;
        let (n_steps, substeps, n_host) = (chip.grid.n_chip(), chip.grid.substeps, chip.grid.n_host);
        let codes = &mut out.hidden_cadc[sample * n_host * n..][..n_host * n];
        let noise = if chip.is_traces { stream::TRACES } else { stream::HIDDEN };
        chip.hidden.membranes.rest(hidden, tile, shift, rng::mix(seed, noise));
        let lanes = tile.start * BLOCK..tile.end * BLOCK;
        let jitter = chip.params.chip.jitter_spike / chip.grid.dt_chip;
        let spike_seed = rng::mix(seed, stream::SPIKES);
        firing.start(tile, n_steps, dropped);
        spiking.clear();
        delayed.clear();
        let is_whole = lanes.len() >= n;
        let is_late = n > FAR_APART;
        line.resize(if is_late { n_host * lanes.len() } else { lanes.len() }, 0);
        // Codes of the host steps to come, and chip steps until the next of them is read.
        let (mut unread, mut until_read) = (&mut *codes, substeps);
        let mut lines = line.as_mut_slice();
        for step in 0..n_steps {
            if RECURRENT {
                if jitter > 0.0 {
                    delay(step, spiking, delayed, arriving, jitter, spike_seed);
                } else {
                    std::mem::swap(spiking, arriving);
                }
                let emitted = (step as u16).wrapping_sub(1);
                for &neuron in &*arriving {
                    spikes.push(GridSpike { step: emitted, neuron });
                }
            }
            let [v, exc, inh, until, after] = &mut *seen;
            if observer.is_some() {
                for (seen, cell) in [(&mut *v, cell::V), (until, cell::UNTIL)] {
                    seen.reset(n);
                    hidden.copy(cell, seen);
                }
            }
            until_read -= 1;
            let is_read = until_read == 0;
            let arrivals = [
                (chip.to_hidden.rows(), events.of_step(step)),
                (chip.among_hidden.rows(), if RECURRENT { &arriving[..] } else { &[] }),
            ];
            let firing_now = firing.of_step_mut(step);
            let row = if is_read { &mut *unread } else { &mut [] };
            // What the padding leaves in the codes of the next step is overwritten then.
            let is_direct = is_whole && !is_late && row.len() >= lanes.len();
            let to = if is_direct { &mut row[..lanes.len()] } else { &mut lines[..lanes.len()] };
            let now = Step {
                blocks: tile,
                now: step,
                arrivals,
                firing: firing_now,
                codes: if is_read { Some(to) } else { None },
            };
            chip.hidden.step(simd, isa, hidden, now);
            if is_read {
                if is_late {
                    lines = &mut lines[lanes.len()..];
                } else if !is_direct {
                    // All at once: a store that has to wait for memory holds up those behind it.
                    let row = &mut unread[lanes.start..lanes.end.min(n)];
                    row.copy_from_slice(&lines[..row.len()]);
                }
                (unread, until_read) = (&mut unread[n..], substeps);
            }
            if RECURRENT {
                firing.list_step(step, spiking);
            }
            if let Some(observer) = observer {
                for (seen, cell) in [(exc, cell::EXC), (inh, cell::INH), (after, cell::V)] {
                    seen.reset(n);
                    hidden.copy(cell, seen);
                }
                let [v, exc, inh, until, after] = &*seen;
                let before = Before { v, exc, inh, until };
                observer.before_flow(Which::Hidden, step, &before);
                observer.after_step(Which::Hidden, step, after);
            }
        }
        if is_late {
            for (row, line) in codes.chunks_exact_mut(n).zip(line.chunks_exact(lanes.len())) {
                let row = &mut row[lanes.start..lanes.end.min(n)];
                row.copy_from_slice(&line[..row.len()]);
            }
        }
        if RECURRENT {
            // Spikes of the last step reach nobody but are still observed; those that jitter carries
            // beyond the end of the sample are not.
            let last = (n_steps - 1) as u16;
            spikes.extend(spiking.iter().map(|&neuron| GridSpike { step: last, neuron }));
        } else {
            firing.list_all(spikes);
        }
    }

    /// Sorts the spikes of a sample by the step before they arrive.
    #[inline(always)]
    fn deliver(&mut self, sample: usize) {
        let seed = self.seed(sample);
        let chip = self.chip;
        let Workspace { late, by_step, bounds, .. } = &mut *self.space;
        let spikes = &mut self.out.spikes[sample];
        let (n, n_steps) = (chip.shape.n_hidden, chip.grid.n_chip());
        let jitter = chip.params.chip.jitter_spike / chip.grid.dt_chip;
        if self.tile * BLOCK < n {
            // One tile after the other so far.
            group_by_step(spikes, n_steps, bounds, by_step);
        }
        if jitter <= 0.0 {
            return;
        }
        postpone(spikes, late, jitter, rng::mix(seed, stream::SPIKES), n_steps);
    }

    /// Carries the readout through a sample.
    #[inline(always)]
    fn readout<S: Simd, M: Isa<S>>(&mut self, simd: S, isa: M, sample: usize) {
        let seed = rng::mix(self.seed(sample), stream::READOUT);
        let chip = self.chip;
        let space = &mut self.space.readout;
        let (n, n_host, n_steps) = (chip.shape.n_readout, chip.grid.n_host, chip.grid.n_chip());
        let codes = &mut self.out.readout_cadc[sample * n_host * n..][..n_host * n];
        let spikes = &self.out.spikes[sample];
        let steps = [n_steps, chip.grid.substeps];
        let rows = chip.to_readout.rows();
        let is_watched = self.observer.is_some();
        chip.readout.integrate(simd, isa, rows, spikes, steps, seed, space, codes, is_watched);
        if let Some(observer) = &mut self.observer {
            for step in 0..n_steps {
                let [v, exc, inh, after] = space.watched.of_step(step);
                observer.before_flow(Which::Readout, step, &Before { v, exc, inh, until: &[] });
                observer.after_step(Which::Readout, step, after);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::layout::Shape;
    use crate::host::Host;
    use crate::params::{Params, Recurrence};
    use crate::recording::Recording;
    use crate::simd::isa::{OnPortable, dispatch};

    /// One sample with every imperfection, carried through by somebody.
    fn with(chip: &Chip, input: &SpikeTrain, carry: impl FnOnce(Pass<'_, '_>)) -> Recording {
        let mut recording = Recording::new(chip.grid(), chip.shape.n_hidden, chip.shape.n_readout);
        recording.resize(1);
        recording.dropped[0] = vec![3, 7];
        let (mut space, shift) = (Workspace::default(), chip.threshold_shift(1));
        carry(Pass {
            chip,
            space: &mut space,
            inputs: &[input],
            numbers: [1, 5],
            shift: &shift,
            tile: chip.shape.n_hidden.div_ceil(BLOCK),
            out: &mut Output::all(&mut recording),
            observer: None,
        });
        recording
    }

    #[test]
    fn every_set_of_vector_instructions_gives_the_same_bits() {
        let params = Params::default().with(|p| {
            p.network.recurrence = Recurrence::Trained;
            p.chip.jitter_input = 0.3e-6;
            p.chip.jitter_spike = 0.3e-6;
            p.chip.synaptic_saturation = 20.0;
        });
        for (n_hidden, cadc_bits) in [(37, 8), (213, 8), (213, 4)] {
            // Groups of eight vectors, of four and of one, the last of which is not full.
            same_bits(&params.clone().with(|p| p.network.cadc_bits = cadc_bits), n_hidden);
        }
    }

    fn same_bits(params: &Params, n_hidden: usize) {
        let shape = Shape { n_inputs: 12, n_hidden, n_readout: 20, recurrent: true };
        let mut chip = Chip::with_circuits(&params.for_chip(), shape, 1024).unwrap();
        let init_recurrent = 12.0 / n_hidden as f64;
        let strong = params.clone().with(|p| {
            (p.network.hidden, p.learning.init_hidden, p.learning.init_recurrent) =
                (n_hidden as u32, 6.0, init_recurrent);
        });
        chip.write_weights(&Host::new(&strong.for_host(), 12, 20).codes());
        let input = SpikeTrain::from_events((0..60).map(|k| (k as f32 * 0.5e-6, (k * 7 % 12) as u16)).collect());
        let plain = with(&chip, &input, |pass| pulp::Scalar::new().vectorize(OnPortable(pass)));
        assert!(plain.hidden_spikes[0].len() > 20, "something happens");
        assert_eq!(with(&chip, &input, |pass| dispatch(pass)), plain, "what this isa is best at");
        #[cfg(target_arch = "x86_64")]
        {
            let (v3, v4) = (pulp::x86::V3::try_new(), pulp::x86::V4::try_new());
            let v3 = v3.map(|simd| with(&chip, &input, |pass| Simd::vectorize(simd, OnPortable(pass))));
            let v4 = v4.map(|simd| with(&chip, &input, |pass| Simd::vectorize(simd, OnPortable(pass))));
            for (name, vectors) in [("AVX2", v3), ("AVX-512", v4)] {
                match vectors {
                    Some(recording) => assert_eq!(recording, plain, "{name}"),
                    None => println!("{name} is not there to be tested"),
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(simd) = pulp::aarch64::Neon::try_new() {
            let neon = with(&chip, &input, |pass| Simd::vectorize(simd, OnPortable(pass)));
            assert_eq!(neon, plain, "NEON");
        }
    }
}
