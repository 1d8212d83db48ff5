//! The way of a few samples through the chip: hidden population, spikes on their way, readout.

use std::ops::Range;

use pulp::Simd;

use super::Chip;
use super::admission::Admitted;
use super::firing::Firing;
use super::membrane::{Before, State};
use super::readout::Watched;
use super::run::{Observer, Output, Which};
use crate::lanes::{self, BLOCK};
use crate::rng;
use crate::rng::dispatch::NoisyKernel;
use crate::rng::noise::{ByteSums, NoiseLanes, VectorDraw};
use crate::spikes::{GridSpike, SpikeTrain};

/// Names of the streams of noise of a sample.
mod stream {
    pub const MEMBRANES: [u64; 2] = [1, 2];
    pub const CONVERSIONS: [u64; 2] = [3, 4];
    pub const INPUT: u64 = 5;
    pub const SPIKES: u64 = 6;
}

/// Buffers of one worker thread.
#[derive(Default)]
pub(super) struct Workspace {
    hidden: State,
    /// Input events of every sample.
    events: Vec<Admitted>,
    firing: Firing,
    /// Hidden neurons that spiked in the last step, and those whose spikes arrive in this one.
    spiking: Vec<u16>,
    arriving: Vec<u16>,
    /// Delayed hidden spikes as `(chip step of delivery, neuron)`, unsorted.
    delayed: Vec<(usize, u16)>,
    /// Spikes as they were emitted, and where the next of each step goes when they are sorted.
    emitted: Vec<GridSpike>,
    places: Vec<u32>,
    cadc_noise: NoiseLanes,
    spike_noise: NoiseLanes,
    readout_noise: [NoiseLanes; 2],
    watched: Watched,
}

/// A few samples on their way through the chip; the body is compiled once for every set of vector instructions.
pub(super) struct Pass<'a, 'o> {
    pub(super) chip: &'a Chip,
    pub(super) space: &'a mut Workspace,
    pub(super) inputs: &'a [&'a SpikeTrain],
    /// Number of the run and of the first sample: what decides their noise.
    pub(super) numbers: [u64; 2],
    /// Of every hidden threshold, what this run adds to it.
    pub(super) shift: &'a [f32],
    /// So many blocks of hidden neurons go through all samples before the next.
    pub(super) tile: usize,
    pub(super) out: &'a mut Output<'o>,
    pub(super) observer: Option<&'a mut dyn Observer>,
}

impl NoisyKernel for Pass<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, B: ByteSums<S>>(mut self, simd: S, sums: B) {
        let draw = &VectorDraw::new(simd, sums);
        let n_samples = self.inputs.len();
        lanes::first(&mut self.space.events, n_samples);
        for sample in 0..n_samples {
            let seed = rng::mix(self.seed(sample), stream::INPUT);
            self.out.lost[sample] = self.chip.admit(self.inputs[sample], seed, &mut self.space.events[sample]);
            self.out.spikes[sample].clear();
        }
        let blocks = self.chip.shape.n_hidden.div_ceil(BLOCK);
        let mut first = 0;
        while first < blocks {
            let tile = first..(first + self.tile).min(blocks);
            for sample in 0..n_samples {
                if self.chip.shape.recurrent {
                    self.hidden::<S, B, true>(simd, draw, sample, &tile);
                } else {
                    self.hidden::<S, B, false>(simd, draw, sample, &tile);
                }
            }
            first = tile.end;
        }
        for sample in 0..n_samples {
            if !self.chip.shape.recurrent {
                self.deliver(sample);
            }
            self.readout(simd, draw, sample);
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
    #[inline(always)]
    fn hidden<S: Simd, B: ByteSums<S>, const RECURRENT: bool>(
        &mut self,
        simd: S,
        draw: &VectorDraw<S, B>,
        sample: usize,
        tile: &Range<usize>,
    ) {
        let seed = self.seed(sample);
        let Self { chip, space, shift, out, observer, .. } = self;
        let Workspace { hidden, events, firing, spiking, arriving, delayed, cadc_noise, spike_noise, .. } =
            &mut **space;
        let (events, spikes, dropped) = (&events[sample], &mut out.spikes[sample], &out.dropped[sample]);
        let n = chip.shape.n_hidden;
        let (n_steps, substeps, n_host) = (chip.grid.n_chip(), chip.grid.substeps, chip.grid.n_host);
        let codes = &mut out.hidden_cadc[sample * n_host * n..][..n_host * n];
        let (membranes, cadc) = (&chip.hidden.membranes, &chip.hidden.cadc);
        membranes.rest(hidden, tile, shift, rng::mix(seed, stream::MEMBRANES[0]));
        let lanes = tile.start * BLOCK..tile.end * BLOCK;
        if cadc.is_noisy() {
            cadc_noise.reseed_some(n, &lanes, rng::mix(seed, stream::CONVERSIONS[0]));
        }
        let jitter = chip.params.jitter_spike / chip.grid.dt_chip;
        if RECURRENT && jitter > 0.0 {
            spike_noise.reseed(n, rng::mix(seed, stream::SPIKES));
        }
        firing.start(tile, n_steps, dropped);
        spiking.clear();
        delayed.clear();
        // What the padding leaves in the codes of the next step is overwritten then, unless they are there already.
        let spill = if lanes.len() < n { 0 } else { BLOCK };
        for step in 0..n_steps {
            membranes.receive(simd, hidden, tile, chip.to_hidden.rows(), events.of_step(step));
            if RECURRENT {
                if jitter > 0.0 {
                    delay(step, spiking, delayed, arriving, jitter, spike_noise);
                } else {
                    std::mem::swap(spiking, arriving);
                }
                membranes.receive(simd, hidden, tile, chip.among_hidden.rows(), arriving);
                let emitted = (step as u16).wrapping_sub(1);
                for &neuron in &*arriving {
                    spikes.push(GridSpike { step: emitted, neuron });
                }
            }
            if let Some(observer) = observer {
                observer.before_flow(Which::Hidden, step, &hidden.before_flow());
            }
            membranes.advance(simd, draw, hidden, tile, step, firing.of_step_mut(step));
            if RECURRENT {
                firing.list_step(step, spiking);
            }
            if (step + 1).is_multiple_of(substeps) {
                let host = step / substeps;
                let last = (host * n + lanes.end.min(n) + spill).min(codes.len());
                let codes = &mut codes[host * n + lanes.start..last];
                cadc.sample_with(simd, draw, &hidden.v, tile, codes, cadc_noise);
            }
            if let Some(observer) = observer {
                observer.after_step(Which::Hidden, step, &hidden.v);
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
        let Workspace { emitted, places, spike_noise, .. } = &mut *self.space;
        let spikes = &mut self.out.spikes[sample];
        let (n, n_steps) = (chip.shape.n_hidden, chip.grid.n_chip());
        let jitter = chip.params.jitter_spike / chip.grid.dt_chip;
        if jitter <= 0.0 && self.tile * BLOCK >= n {
            return;
        }
        std::mem::swap(spikes, emitted);
        places.clear();
        places.resize(n_steps + 2, 0);
        if jitter > 0.0 {
            spike_noise.reseed(n, rng::mix(seed, stream::SPIKES));
        }
        for spike in &mut *emitted {
            let mut step = usize::from(spike.step);
            // Spikes of the last step reach nobody but are still observed; those that jitter carries
            // beyond the end of the sample are not.
            if jitter > 0.0 && step + 1 < n_steps {
                step += steps_late(jitter, spike_noise, spike.neuron);
                step = if step + 1 < n_steps { step } else { n_steps };
            }
            spike.step = step as u16;
            places[step + 1] += 1;
        }
        for step in 0..n_steps {
            places[step + 1] += places[step];
        }
        spikes.clear();
        spikes.resize(places[n_steps] as usize, GridSpike { step: 0, neuron: 0 });
        for &spike in &*emitted {
            let step = usize::from(spike.step);
            if step < n_steps {
                spikes[places[step] as usize] = spike;
                places[step] += 1;
            }
        }
    }

    /// Carries the readout through a sample.
    #[inline(always)]
    fn readout<S: Simd, B: ByteSums<S>>(&mut self, simd: S, draw: &VectorDraw<S, B>, sample: usize) {
        let seed = self.seed(sample);
        let chip = self.chip;
        let Workspace { readout_noise: noise, watched, .. } = &mut *self.space;
        let (n, n_host, n_steps) = (chip.shape.n_readout, chip.grid.n_host, chip.grid.n_chip());
        if chip.readout.membranes.is_noisy() {
            noise[0].reseed(n, rng::mix(seed, stream::MEMBRANES[1]));
        }
        if chip.readout.cadc.is_noisy() {
            noise[1].reseed(n, rng::mix(seed, stream::CONVERSIONS[1]));
        }
        let codes = &mut self.out.readout_cadc[sample * n_host * n..][..n_host * n];
        let spikes = &self.out.spikes[sample];
        let steps = [n_steps, chip.grid.substeps];
        let rows = chip.to_readout.rows();
        let Some(observer) = &mut self.observer else {
            return chip.readout.integrate(simd, draw, rows, spikes, steps, noise, codes, None);
        };
        chip.readout.integrate(simd, draw, rows, spikes, steps, noise, codes, Some(watched));
        for step in 0..n_steps {
            let [v, exc, inh, after] = watched.of_step(step);
            observer.before_flow(Which::Readout, step, &Before { v, exc, inh, until: &[] });
            observer.after_step(Which::Readout, step, after);
        }
    }
}

/// Chip steps by which jitter delays the next spike of that neuron.
#[inline(always)]
fn steps_late(jitter: f64, noise: &mut NoiseLanes, neuron: u16) -> usize {
    (jitter * f64::from(noise.next(usize::from(neuron)).abs()) + 0.5) as u32 as usize
}

/// Puts the spikes of the last step with those on their way, and takes out those that arrive in this one.
#[inline(always)]
fn delay(
    step: usize,
    spiking: &[u16],
    delayed: &mut Vec<(usize, u16)>,
    arriving: &mut Vec<u16>,
    jitter: f64,
    noise: &mut NoiseLanes,
) {
    // Plain loops: closures are not compiled for the instructions of the machine.
    for &neuron in spiking {
        delayed.push((step + steps_late(jitter, noise, neuron), neuron));
    }
    arriving.clear();
    let mut waiting = 0;
    for k in 0..delayed.len() {
        if delayed[k].0 == step {
            arriving.push(delayed[k].1);
        } else {
            delayed[waiting] = delayed[k];
            waiting += 1;
        }
    }
    delayed.truncate(waiting);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chip::layout::Shape;
    use crate::host::Host;
    use crate::params::{Params, Recurrence};
    use crate::recording::Recording;
    use crate::rng::dispatch::{WithPairs, dispatch};

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
        let params = Params {
            recurrence: Recurrence::Trained,
            jitter_input: 0.3e-6,
            jitter_spike: 0.3e-6,
            synaptic_saturation: 20.0,
            ..Params::default()
        };
        let shape = Shape { n_inputs: 12, n_hidden: 37, n_readout: 5, recurrent: true };
        let mut chip = Chip::new(&params, shape).unwrap();
        let strong = Params { hidden: 37, init_hidden: 6.0, init_recurrent: 2.0, ..params };
        chip.write_weights(&Host::new(&strong, 12, 5).codes());
        let input = SpikeTrain::from_events((0..60).map(|k| (k as f32 * 0.5e-6, (k * 7 % 12) as u16)).collect());
        let plain = with(&chip, &input, |pass| pulp::Scalar::new().vectorize(WithPairs(pass)));
        assert!(plain.hidden_spikes[0].len() > 20, "something happens");
        assert_eq!(with(&chip, &input, |pass| dispatch(pass)), plain, "what this machine is best at");
        #[cfg(target_arch = "x86_64")]
        {
            let (v3, v4) = (pulp::x86::V3::try_new(), pulp::x86::V4::try_new());
            let v3 = v3.map(|simd| with(&chip, &input, |pass| Simd::vectorize(simd, WithPairs(pass))));
            let v4 = v4.map(|simd| with(&chip, &input, |pass| Simd::vectorize(simd, WithPairs(pass))));
            for (name, vectors) in [("AVX2", v3), ("AVX-512", v4)] {
                match vectors {
                    Some(recording) => assert_eq!(recording, plain, "{name}"),
                    None => println!("{name} is not there to be tested"),
                }
            }
        }
        #[cfg(target_arch = "aarch64")]
        if let Some(simd) = pulp::aarch64::Neon::try_new() {
            let neon = with(&chip, &input, |pass| Simd::vectorize(simd, WithPairs(pass)));
            assert_eq!(neon, plain, "NEON");
        }
    }
}
