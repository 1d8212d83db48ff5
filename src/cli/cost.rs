//! `misfit cost`: what a network costs, within which boundary, beside published systems.

use std::time::Instant;

use clap::Args;
use serde_json::json;

use super::progress::Lines;
use super::{ExperimentArgs, say};
use crate::base::error::{Error, Result};
use crate::energy::format::{factor, published, quantity};
use crate::energy::{
    self, Band, Boundary, Compared, MOST_SAMPLES, Meter, Mode, NeuroBench, Opponent, Part, Price, Report, Twin, Who,
    row,
};
use crate::params::Lane;
use crate::run::{Event, Flow, Observer, Run, Stop};
use crate::store::Ending;

/// Arguments of `misfit cost`.
#[derive(Debug, Args)]
pub struct CostArgs {
    /// What is computed: the network learns as `misfit train` lets it, and is counted then.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// The lane to count; only this one is computed, and the one that it takes its weights from.
    #[arg(long, value_name = "NAME", default_value = "in_the_loop", value_parser = Lane::NAMES.to_vec())]
    lane: String,
    /// One JSON object on stdout, with every figure of the table and its source.
    #[arg(long)]
    pub json: bool,
}

/// Lets the meter read while the network learns.
pub(super) struct Metered {
    meter: Meter,
    start: Instant,
}

impl Metered {
    pub(super) fn new() -> Self {
        Self { meter: Meter::new(), start: Instant::now() }
    }

    /// What processor time costs.
    pub(super) fn price(&self) -> Price {
        self.meter.price()
    }
}

impl Observer for Metered {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> Result<Flow> {
        if matches!(event, Event::Batch(_)) {
            self.meter.learnt(self.start.elapsed().as_secs_f64());
        }
        Ok(Flow::GoOn)
    }
}

pub(super) fn run(args: &CostArgs) -> Result<()> {
    let mut protocol = args.experiment.protocol()?;
    let lane = Lane::from_name(&args.lane).unwrap_or(Lane::InTheLoop);
    protocol.params.learning.lanes = vec![lane];
    let mut run = Run::begin(protocol)?;
    let mut metered = Metered::new();
    match run.drive(&Stop::on_signal(), &mut [&mut Lines, &mut metered]) {
        Ending::Failed(error) => return Err(error),
        Ending::Finished | Ending::Stopped => {}
    }
    let experiment = run.experiment();
    let counted = Report::new(experiment, lane, metered.price(), MOST_SAMPLES);
    let mut report = counted.ok_or_else(|| Error::System(format!("there is no lane {}", lane.name())))?;
    report.accuracy = experiment.evaluate(lane).map(|scores| scores.accuracy);
    let (data, duration) = (experiment.data(), report.network.duration);
    let seed = u64::from(experiment.params().learning.seed);
    report.opponent = Twin::train(data, report.network.hidden, duration, seed, &|_, _| true)
        .map(|twin| Opponent { accuracy: twin.accuracy(data, duration), timings: twin.time(data, duration) });
    if args.json {
        let mut object = report.json();
        object["accuracy"] = json!(report.accuracy);
        object["figures"] = energy::table::json();
        say(&object.to_string());
    } else {
        tell(&report);
    }
    Ok(())
}

fn tell(report: &Report) {
    let n = &report.network;
    let percent = report.accuracy.map_or_else(String::new, |a| format!(", {:.1} % right", 100.0 * a));
    say(&format!(
        "{} in the lane {}{percent}: {:.1} µs, {:.0} input events and {:.0} hidden spikes a sample",
        n.shape(),
        report.lane.name(),
        1e6 * n.duration,
        n.input_events,
        n.hidden_spikes
    ));
    for (mode, title) in [(Mode::Inference, "one answer"), (Mode::Training, "one sample of training")] {
        say(&format!("\n{title}; ~ is an estimate"));
        let account = report.account(mode);
        let mut table = plain(["part", "energy", "how", "within"]);
        for line in &account.lines {
            let unit = if line.part == Part::Link { ["bit", "J/bit"] } else { ["s", "W"] };
            let within = line.part.boundary().map_or("not added: may be in the board", |b| Boundary::NAMES[b as usize]);
            table.add_row([
                Part::NAMES[line.part as usize].to_owned(),
                about(line.energy, line.is_estimate),
                format!("{} × {}", quantity(line.amount, unit[0]), quantity(line.of, unit[1])),
                within.to_owned(),
            ]);
        }
        say(&table.trim_fmt());
        for boundary in Boundary::ALL {
            let total = account.total(boundary);
            let name = ["chip alone, without waiting", "chip, board and link", "with the host"][boundary as usize];
            say(&format!("{name}: {}", about(total, boundary != Boundary::Chip)));
        }
        let faster = account.speed_up();
        say(&format!("faster than biology: 1000 times in emulated time, ~{} times by the clock", factor(faster)));
    }
    say(
        "\nbeside published systems, one answer; * scaled by us, ~ estimate, d dynamic only, s simulated, ? not stated",
    );
    let mut table = plain(["energy", "", "system", "right", "node", "inside", "source"]);
    for entry in report.compared(Mode::Inference) {
        table.add_row(compared_row(report, &entry));
    }
    say(&table.trim_fmt());
    claims(report);
    say("\nNeuroBench, a sample; values belong to the number of steps");
    let mut table = plain(["metric", "value"]);
    for (name, value) in NeuroBench::NAMES.into_iter().zip(report.metrics.values()) {
        table.add_row([name.to_owned(), number(value)]);
    }
    say(&table.trim_fmt());
    meter(report);
}

fn meter(report: &Report) {
    let price = report.price;
    let others = if price.others_busy() { "; other programs were busy" } else { "" };
    say(&format!(
        "\nenergy of this machine: {}, {} a core{others}",
        price.method.name(),
        quantity(price.core_second, "W")
    ));
}

/// The factors of the claim, each with both sides.
fn claims(report: &Report) {
    let chip = report.account(Mode::Inference).total(Boundary::Chip);
    say(&format!("\n“1000 times less”: times the {} of this chip, chip alone", quantity(chip, "J")));
    let times = |energy: Band| format!("× {}", factor(energy.over(chip)));
    say("  ~1000, quoted: a tiny network in a general simulator (Wunderlich et al. 2019)");
    if let Some(energy) = report.simulation() {
        say(&format!("  {}: this simulation on this machine, batch {}", times(energy), report.network.batch));
    }
    if let Some((opponent, energies)) = report.opponent.zip(report.opponent()) {
        for (timing, energy) in opponent.timings.iter().zip(energies) {
            let (times, right) = (times(energy), 100.0 * opponent.accuracy);
            say(&format!("  {times}: ReLU network on this machine, batch {}, {right:.1} % right", timing.batch));
        }
    }
    if !report.is_speech {
        say(&format!("  {}: DNN Engine, digital, measured, 28 nm, 98.36 % of MNIST", times(row("dnn_engine").value)));
    }
}

fn compared_row(report: &Report, entry: &Compared) -> [String; 7] {
    use energy::Known;
    let mark = match entry.known {
        Known::Measured => "",
        Known::Unclear => "?",
        Known::Dynamic => "d",
        Known::Simulated => "s",
        Known::Scaled => "*",
        Known::Estimated => "~",
    };
    let here = |name: String, inside: &str| (name, None, inside.to_owned(), "this run".to_owned());
    let (name, node, inside, source) = match entry.who {
        Who::Published(row) | Who::ScaledFrom(row) => {
            (row.name.to_owned(), row.node, row.inside.to_owned(), row.source.to_owned())
        }
        Who::Own(boundary) => {
            here(format!("{} here, {}", report.network.shape(), Boundary::NAMES[boundary as usize]), "see above")
        }
        Who::Simulation => here("this simulation, this machine".into(), report.price.method.name()),
        Who::Opponent(batch) => here(format!("ReLU network, this machine, batch {batch}"), report.price.method.name()),
    };
    [
        match entry.who {
            Who::Published(_) => published(entry.energy, "J"),
            _ => quantity(entry.energy, "J"),
        },
        mark.to_owned(),
        name,
        entry.accuracy.map_or_else(String::new, |a| {
            if matches!(entry.who, Who::Published(_)) { format!("{a} %") } else { format!("{a:.1} %") }
        }),
        node.map_or_else(String::new, |nm| format!("{nm} nm")),
        inside,
        source,
    ]
}

/// As [`quantity`], with a mark where it is an estimate.
fn about(energy: Band, is_estimate: bool) -> String {
    format!("{}{}", if is_estimate { "~" } else { "" }, quantity(energy, "J"))
}

/// Up to four digits behind the point, as far as they are needed.
fn number(x: f64) -> String {
    let text = format!("{x:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn plain<const N: usize>(header: [&str; N]) -> comfy_table::Table {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header(header);
    table
}
