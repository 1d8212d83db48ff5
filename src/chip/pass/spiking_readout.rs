//! A readout whose neurons have thresholds like hidden ones.

use pulp::Simd;

use super::{Pass, Workspace, postpone, stream};
use crate::base::rng;
use crate::chip::membrane::{Before, cell};
use crate::chip::output::Which;
use crate::chip::step::Step;
use crate::simd::BLOCK;
use crate::simd::isa::Isa;

impl Pass<'_, '_> {
    /// Carries a readout with thresholds through a sample.
    #[inline(always)]
    pub(super) fn spiking_readout<S: Simd, M: Isa<S>>(&mut self, simd: S, isa: M, sample: usize) {
        let seed = rng::mix(self.seed(sample), stream::READOUT);
        let Self { chip, space, shift, out, observer, .. } = self;
        let Workspace { output, firing, arriving, seen, line, late, .. } = &mut **space;
        let (n, n_host, n_steps) = (chip.shape.n_readout, chip.grid.n_host, chip.grid.n_chip());
        let codes = &mut out.readout_cadc[sample * n_host * n..][..n_host * n];
        let mut spikes = out.spikes[sample].as_slice();
        let blocks = 0..n.div_ceil(BLOCK);
        chip.readout.membranes.rest(output, &blocks, &shift[chip.shape.n_hidden..], seed);
        firing.start(&blocks, n_steps, &[]);
        line.resize(blocks.len() * BLOCK, 0);
        for step in 0..n_steps {
            arriving.clear();
            while let Some((spike, rest)) = spikes.split_first()
                && usize::from(spike.step) < step
            {
                arriving.push(spike.neuron);
                spikes = rest;
            }
            let [v, exc, inh, until, after] = &mut *seen;
            if observer.is_some() {
                for (seen, cell) in [(&mut *v, cell::V), (until, cell::UNTIL)] {
                    seen.reset(n);
                    output.copy(cell, seen);
                }
            }
            let is_read = (step + 1).is_multiple_of(chip.grid.substeps);
            let rows = chip.to_readout.rows();
            let now = Step {
                blocks: &blocks,
                now: step,
                arrivals: [(rows, &arriving[..]), (rows, &[])],
                firing: firing.of_step_mut(step),
                codes: if is_read { Some(&mut line[..]) } else { None },
            };
            chip.readout.step(simd, isa, output, now);
            if is_read {
                codes[step / chip.grid.substeps * n..][..n].copy_from_slice(&line[..n]);
            }
            if let Some(observer) = observer {
                for (seen, cell) in [(exc, cell::EXC), (inh, cell::INH), (after, cell::V)] {
                    seen.reset(n);
                    output.copy(cell, seen);
                }
                let [v, exc, inh, until, after] = &*seen;
                observer.before_flow(Which::Readout, step, &Before { v, exc, inh, until });
                observer.after_step(Which::Readout, step, after);
            }
        }
        let spikes = &mut out.readout_spikes[sample];
        firing.list_all(spikes);
        let jitter = chip.params.chip.jitter_spike / chip.grid.dt_chip;
        if jitter > 0.0 {
            postpone(spikes, late, jitter, rng::mix(seed, stream::SPIKES), n_steps);
        }
    }
}
