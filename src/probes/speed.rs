//! How fast the engine is on this machine.
//!
//! Fixed synthetic workloads, so that figures of different machines and versions can be
//! compared. Nothing is switched off: the chip has all its imperfections, every membrane is
//! noisy and every one is sampled by the CADC.

pub mod roofline;
pub mod workload;

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::base::error::Result;
use crate::base::threads::awake;
use crate::chip::Chip;
use crate::host::{Host, HostState};
use crate::recording::Recording;
use crate::spikes::SpikeTrain;
use crate::training::device::{Device, device};
use workload::Workload;

/// What was measured.
#[derive(Debug, Clone)]
pub struct Figures {
    /// Samples per second, chip alone.
    pub forward: f64,
    /// Samples per second, the whole loop.
    pub training: f64,
    /// Processor time of all threads per sample, s: forward and training; `None` where the system does not tell.
    pub cpu: [Option<f64>; 2],
    /// Input events per sample.
    pub input_events: f64,
    /// Hidden spikes per sample.
    pub spikes: f64,
    /// Time to draw and configure the chip, s.
    pub build: f64,
    /// Host steps of a sample.
    pub steps: usize,
    /// Largest memory of the process so far, bytes; `None` where the system does not tell.
    pub peak: Option<u64>,
}

/// A workload ready to run.
pub struct Bench<'a> {
    chip: Box<dyn Device>,
    host: Host,
    batches: Vec<(Vec<&'a SpikeTrain>, Vec<u16>)>,
    recording: Recording,
    trial: usize,
    /// The host as it began.
    first: HostState,
}

/// Steps of the training after which the network begins anew. The labels are random: to learn them by heart it
/// would spike more and more, and the work would depend on how long it is measured.
const STEPS_OF_A_NETWORK: usize = 10;

impl<'a> Bench<'a> {
    /// A workload on Misfit's own chip, or on the chip of a program.
    ///
    /// # Errors
    ///
    /// If the chip cannot be built.
    pub fn new(w: &Workload, samples: &'a [(SpikeTrain, u16)], program: &str) -> Result<Self> {
        let params = w.params().with(|p| p.chip.chip_program = program.into());
        let mut chip: Box<dyn Device> = if program.is_empty() {
            Box::new(Chip::with_circuits(&params.for_chip(), w.shape(), w.circuits())?)
        } else {
            device(&params, w.shape(), true)?
        };
        let host = Host::new(&params.for_host(), w.inputs, w.readout);
        chip.write_weights(&host.codes());
        let batches =
            samples.chunks(w.batch).map(|batch| batch.iter().map(|(input, label)| (input, *label)).unzip()).collect();
        let recording = chip.recording();
        let first = host.state();
        Ok(Self { chip, host, batches, recording, trial: 0, first })
    }

    /// One batch through the chip.
    ///
    /// # Errors
    ///
    /// If the chip fails.
    pub fn forward(&mut self) -> Result<()> {
        let (inputs, _) = &self.batches[self.trial % self.batches.len()];
        self.chip.run_dropping(inputs, self.trial as u64, 0.0, &mut self.recording)?;
        self.trial += 1;
        black_box(&self.recording);
        Ok(())
    }

    /// One round of the loop.
    ///
    /// # Errors
    ///
    /// If the chip fails.
    pub fn train(&mut self) -> Result<()> {
        if self.trial.is_multiple_of(STEPS_OF_A_NETWORK) {
            self.host.restore(&self.first);
            self.chip.write_weights(&self.host.codes());
        }
        let (inputs, labels) = &self.batches[self.trial % self.batches.len()];
        self.chip.run_dropping(inputs, self.trial as u64, 0.0, &mut self.recording)?;
        let loss = self.host.loss(&self.recording, labels);
        let gradients = self.host.backward(inputs, &self.recording, &loss);
        self.host.apply(&gradients);
        self.chip.write_weights(&self.host.codes());
        self.trial += 1;
        Ok(())
    }
}

/// Measures a workload within the threads of a pool, for that long or longer, on Misfit's own chip or on that of a
/// program.
///
/// # Errors
///
/// If the chip cannot be built, or fails.
pub fn measure(w: &Workload, at_least: Duration, program: &str, pool: &rayon::ThreadPool) -> Result<Figures> {
    let samples = w.samples();
    let params = w.params();
    let (build, _) = median_seconds(Duration::ZERO, &mut || {
        black_box(Chip::with_circuits(&params.for_chip(), w.shape(), w.circuits())).map(drop)
    })?;
    let mut bench = Bench::new(w, &samples, program)?;
    let (forward, forward_cpu) = median_seconds(at_least, &mut || awake(pool, || bench.forward()))?;
    let spikes = bench.recording.spikes_per_sample();
    let (training, training_cpu) = median_seconds(at_least, &mut || awake(pool, || bench.train()))?;
    Ok(Figures {
        forward: w.batch as f64 / forward,
        training: w.batch as f64 / training,
        cpu: [forward_cpu, training_cpu].map(|cpu| cpu.map(|seconds| seconds / w.batch as f64)),
        input_events: samples.iter().map(|(input, _)| input.len() as f64).sum::<f64>() / samples.len() as f64,
        spikes,
        build,
        steps: bench.chip.grid().n_host,
        peak: peak_bytes(),
    })
}

/// Median of the time that one call takes after a few to warm up, and the mean of its processor time, s.
fn median_seconds(at_least: Duration, call: &mut dyn FnMut() -> Result<()>) -> Result<(f64, Option<f64>)> {
    const WARM_UP: usize = 3;
    const FEWEST: usize = 5;
    (0..WARM_UP).try_for_each(|_| call())?;
    let (begin, mut times) = (Instant::now(), Vec::new());
    let cpu = cpu_seconds();
    while times.len() < FEWEST || begin.elapsed() < at_least {
        let start = Instant::now();
        call()?;
        times.push(start.elapsed().as_secs_f64());
    }
    let cpu = cpu.zip(cpu_seconds()).map(|(before, after)| (after - before) / times.len() as f64);
    times.sort_by(f64::total_cmp);
    Ok((times[times.len() / 2], cpu))
}

/// Processor time of all threads of this process so far, s, as Linux counts it. On a machine shared
/// with others it says more than the clock on the wall.
fn cpu_seconds() -> Option<f64> {
    let mut nanoseconds = 0u64;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let text = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
        nanoseconds += text.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(nanoseconds as f64 * 1e-9)
}

/// High-water mark of the memory of this process, as Linux counts it.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(1024 * kilobytes)
}
