//! `misfit bench`: how fast the engine is on this machine.
//!
//! Fixed synthetic workloads, so that figures of different machines and versions can be
//! compared. Nothing is switched off: the chip has all its imperfections, every membrane is
//! noisy and every one is sampled by the CADC.

mod roofline;
mod workload;

use std::hint::black_box;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::say;
use crate::base::error::{Error, Result};
use crate::base::threads::awake;
use crate::chip::Chip;
use crate::host::{Host, HostState};
use crate::recording::Recording;
use crate::spikes::SpikeTrain;
use crate::training::device::{Device, device};
use workload::{Workload, all, chosen};

/// Arguments of `misfit bench`.
#[derive(Debug, Args)]
pub struct BenchArgs {
    /// P, S, S700, Y or W; without it P, S, S700 and Y.
    #[arg(long, value_name = "NAME")]
    pub workload: Option<String>,
    /// Threads of the engine, 0 for all.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub threads: usize,
    /// Measure the chip of that program, as for `chip_program`, in place of Misfit's own.
    #[arg(long, value_name = "COMMAND", default_value = "")]
    pub chip_program: String,
    /// Seconds to measure each figure for, at least.
    #[arg(long, value_name = "S", default_value_t = 2.0)]
    pub seconds: f64,
    /// Run exactly that many batches forward, do nothing else and measure nothing: for instruction counters.
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "training_batches"])]
    pub forward_batches: Option<usize>,
    /// As before, with whole steps of the training.
    #[arg(long, value_name = "N", conflicts_with = "json")]
    pub training_batches: Option<usize>,
    /// Tell how fast the kernels could be at most on this machine, from a count of their operations.
    #[arg(long)]
    pub roofline: bool,
    /// One JSON object a workload on stdout.
    #[arg(long)]
    pub json: bool,
}

pub(super) fn run(args: &BenchArgs) -> Result<()> {
    let workloads = match &args.workload {
        None => all(),
        Some(name) => chosen(name).ok_or_else(|| Error::BadValue {
            place: "--workload".into(),
            key: "workload".into(),
            expected: "P, S, S700, Y or W".into(),
            got: name.clone(),
        })?,
    };
    if !args.seconds.is_finite() || !(0.0..=600.0).contains(&args.seconds) {
        return Err(Error::BadValue {
            place: "--seconds".into(),
            key: "seconds".into(),
            expected: "a number from 0 to 600".into(),
            got: args.seconds.to_string(),
        });
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(args.threads)
        .build()
        .map_err(|why| Error::System(format!("cannot start the engine's threads: {why}; set --threads lower")))?;
    if let Some((batches, train)) =
        args.forward_batches.map(|n| (n, false)).or(args.training_batches.map(|n| (n, true)))
    {
        for workload in workloads {
            let samples = workload.samples();
            let mut bench = Bench::new(&workload, &samples, &args.chip_program)?;
            let mut batch = || if train { bench.train() } else { bench.forward() };
            pool.install(|| (0..batches).try_for_each(|_| batch()))?;
        }
        return Ok(());
    }
    if !args.json {
        say(&format!("{} threads; medians; every imperfection, noise and the CADC on", pool.current_num_threads()));
        say(
            "workload                                    forward/s  training/s  CPU µs forward, training  ns/neuron-step  spikes/sample  peak memory  chip built in",
        );
    }
    for workload in workloads {
        let figures = pool.install(|| measure(&workload, args, &pool))?;
        // Beside the figures it bounds: a shared machine is not the same a minute later.
        let peak = args.roofline.then(|| roofline::peak(&pool));
        figures.tell(&workload, pool.current_num_threads(), peak, args.json);
    }
    Ok(())
}

/// What was measured.
struct Figures {
    /// Samples per second, chip alone.
    forward: f64,
    /// Samples per second, the whole loop.
    training: f64,
    /// Processor time of all threads per sample, s: forward and training; `None` where the system does not tell.
    cpu: [Option<f64>; 2],
    /// Input events and hidden spikes per sample.
    input_events: f64,
    spikes: f64,
    /// Time to draw and configure the chip, s.
    build: f64,
    /// Host steps of a sample.
    steps: usize,
    /// Largest memory of the process so far, bytes; `None` where the system does not tell.
    peak: Option<u64>,
}

impl Figures {
    fn tell(&self, w: &Workload, threads: usize, peak: Option<f64>, as_json: bool) {
        let neurons = w.hidden + w.readout;
        let per_neuron_step = 1e9 / (self.forward * (neurons * self.steps) as f64);
        let operations = roofline::operations(w, self.input_events, self.spikes);
        let bounds = peak.map(|peak| operations.map(|operations| peak / operations));
        if as_json {
            say(&json!({
                "workload": w.name, "threads": threads,
                "inputs": w.inputs, "hidden": w.hidden, "recurrent": w.recurrent, "readout": w.readout,
                "steps": self.steps, "batch": w.batch,
                "forward_samples_per_s": self.forward, "training_samples_per_s": self.training,
                "forward_cpu_s_per_sample": self.cpu[0], "training_cpu_s_per_sample": self.cpu[1],
                "ns_per_neuron_step": per_neuron_step, "hidden_spikes_per_sample": self.spikes,
                "chip_build_s": self.build, "peak_bytes": self.peak,
                "forward_operations_per_sample": operations[0], "training_operations_per_sample": operations[1],
                "peak_operations_per_s": peak,
                "forward_bound_samples_per_s": bounds.map(|b| b[0]), "training_bound_samples_per_s": bounds.map(|b| b[1]),
            })
            .to_string());
            return;
        }
        let shape = format!(
            "{} {}-{}{}-{}, T = {}, batch {}",
            w.name,
            w.inputs,
            w.hidden,
            if w.recurrent { "r" } else { "" },
            w.readout,
            self.steps,
            w.batch
        );
        let memory = self.peak.map_or_else(|| "unknown".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6));
        say(&format!(
            "{shape:<42} {:>10.0} {:>11.0} {:>8} {:>9} {per_neuron_step:>15.3} {:>14.1} {memory:>12} {:>11.1} ms",
            self.forward,
            self.training,
            microseconds(self.cpu[0]),
            microseconds(self.cpu[1]),
            self.spikes,
            1e3 * self.build
        ));
        if let Some((peak, [forward, training])) = peak.zip(bounds) {
            let share = |rate: f64, bound: f64| 100.0 * rate / bound;
            say(&format!(
                "    {:.0}·10⁹ operations/s at most; {:.2}·10⁶ a sample forward, {:.2}·10⁶ training: no more than {forward:.0} and {training:.0} samples/s; reached {:.0} and {:.0} %",
                1e-9 * peak,
                1e-6 * operations[0],
                1e-6 * operations[1],
                share(self.forward, forward),
                share(self.training, training)
            ));
        }
    }
}

/// A workload ready to run.
struct Bench<'a> {
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
    fn new(w: &Workload, samples: &'a [(SpikeTrain, u16)], program: &str) -> Result<Self> {
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
    fn forward(&mut self) -> Result<()> {
        let (inputs, _) = &self.batches[self.trial % self.batches.len()];
        self.chip.run_dropping(inputs, self.trial as u64, 0.0, &mut self.recording)?;
        self.trial += 1;
        black_box(&self.recording);
        Ok(())
    }

    /// One round of the loop.
    fn train(&mut self) -> Result<()> {
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

fn measure(w: &Workload, args: &BenchArgs, pool: &rayon::ThreadPool) -> Result<Figures> {
    let at_least = Duration::from_secs_f64(args.seconds);
    let samples = w.samples();
    let params = w.params();
    let (build, _) = median_seconds(Duration::ZERO, &mut || {
        black_box(Chip::with_circuits(&params.for_chip(), w.shape(), w.circuits())).map(drop)
    })?;
    let mut bench = Bench::new(w, &samples, &args.chip_program)?;
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

fn microseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), |s| format!("{:.1}", 1e6 * s))
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
