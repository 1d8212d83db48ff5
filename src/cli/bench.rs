//! `misfit bench`: how fast the engine is on this machine.

use std::time::Duration;

use clap::Args;
use serde_json::json;

use super::say;
use crate::base::error::{Error, Result};
use crate::probes::speed::workload::{Workload, all, chosen};
use crate::probes::speed::{Bench, Figures, measure, roofline};

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
    let at_least = Duration::from_secs_f64(args.seconds);
    for workload in workloads {
        let figures = pool.install(|| measure(&workload, at_least, &args.chip_program, &pool))?;
        // Beside the figures it bounds: a shared machine is not the same a minute later.
        let peak = args.roofline.then(|| roofline::peak(&pool));
        tell(&figures, &workload, pool.current_num_threads(), peak, args.json);
    }
    Ok(())
}

fn tell(figures: &Figures, w: &Workload, threads: usize, peak: Option<f64>, as_json: bool) {
    let neurons = w.hidden + w.readout;
    let per_neuron_step = 1e9 / (figures.forward * (neurons * figures.steps) as f64);
    let operations = roofline::operations(w, figures.input_events, figures.spikes);
    let bounds = peak.map(|peak| operations.map(|operations| peak / operations));
    if as_json {
        say(&json!({
            "workload": w.name, "threads": threads,
            "inputs": w.inputs, "hidden": w.hidden, "recurrent": w.recurrent, "readout": w.readout,
            "steps": figures.steps, "batch": w.batch,
            "forward_samples_per_s": figures.forward, "training_samples_per_s": figures.training,
            "forward_cpu_s_per_sample": figures.cpu[0], "training_cpu_s_per_sample": figures.cpu[1],
            "ns_per_neuron_step": per_neuron_step, "hidden_spikes_per_sample": figures.spikes,
            "chip_build_s": figures.build, "peak_bytes": figures.peak,
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
        figures.steps,
        w.batch
    );
    let memory = figures.peak.map_or_else(|| "unknown".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6));
    say(&format!(
        "{shape:<42} {:>10.0} {:>11.0} {:>8} {:>9} {per_neuron_step:>15.3} {:>14.1} {memory:>12} {:>11.1} ms",
        figures.forward,
        figures.training,
        microseconds(figures.cpu[0]),
        microseconds(figures.cpu[1]),
        figures.spikes,
        1e3 * figures.build
    ));
    if let Some((peak, [forward, training])) = peak.zip(bounds) {
        let share = |rate: f64, bound: f64| 100.0 * rate / bound;
        say(&format!(
            "    {:.0}·10⁹ operations/s at most; {:.2}·10⁶ a sample forward, {:.2}·10⁶ training: no more than {forward:.0} and {training:.0} samples/s; reached {:.0} and {:.0} %",
            1e-9 * peak,
            1e-6 * operations[0],
            1e-6 * operations[1],
            share(figures.forward, forward),
            share(figures.training, training)
        ));
    }
}

fn microseconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "–".to_owned(), |s| format!("{:.1}", 1e6 * s))
}
