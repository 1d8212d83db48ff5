//! The same network at other sizes, run on this machine.

use std::hint::black_box;
use std::time::Instant;

use crate::base::error::{Error, Result};
use crate::chip::Chip;
use crate::host::Host;
use crate::params::Params;
use crate::recording::Recording;
use crate::spikes::SpikeTrain;
use crate::task::Dataset;
use crate::training::shape;

/// Hidden neurons of the sizes that are run; the largest is as many as the circuits of eight chips.
pub const SIZES: [usize; 5] = [256, 512, 1024, 2048, 4096];
/// Each size is run for so long, and at least twice, s.
const SECONDS: f64 = 0.5;

/// One size that was run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ran {
    /// Hidden neurons.
    pub hidden: usize,
    /// Emulated time in a second of this machine, s.
    pub speed: f64,
    /// Hidden spikes in a sample.
    pub spikes: f64,
}

/// Runs the first batch of the training samples forward on a chip with room for `hidden` neurons and with their first weights.
/// It is run again and again, and the quickest time counts: other programs only make it slower.
///
/// # Errors
/// When the system refuses threads, or the network does not fit on a chip of any size.
pub fn run(params: &Params, data: &Dataset, hidden: usize, threads: usize) -> Result<Ran> {
    let params = params.clone().with(|p| p.network.hidden = hidden as u32);
    let shape = shape(&params, data);
    let mut chip = Chip::with_circuits(&params.for_chip(), shape, shape.circuits())?;
    chip.write_weights(&Host::new(&params.for_host(), shape.n_inputs, shape.n_readout).codes());
    let batch = (params.learning.batch as usize).clamp(1, data.train.len());
    let inputs: Vec<&SpikeTrain> = data.train[..batch].iter().map(|sample| &sample.spikes).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    let pool = pool.map_err(|why| Error::System(format!("cannot start threads to run another size: {why}")))?;
    let mut recording = Recording::new(chip.grid(), shape.n_hidden, shape.n_readout);
    let (begun, mut quickest, mut trial) = (Instant::now(), f64::INFINITY, 0);
    while trial < 2 || begun.elapsed().as_secs_f64() < SECONDS {
        let one = Instant::now();
        pool.install(|| chip.run_into(&inputs, trial, &mut recording));
        black_box(&recording);
        quickest = quickest.min(one.elapsed().as_secs_f64());
        trial += 1;
    }
    let spikes: usize = recording.hidden_spikes.iter().map(Vec::len).sum();
    Ok(Ran { hidden, speed: batch as f64 * chip.grid().duration() / quickest, spikes: spikes as f64 / batch as f64 })
}
