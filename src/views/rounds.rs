//! One round of the loop: what crosses between host and chip, and how long each step takes.

mod roads;

use egui::{Align2, Painter, Rect, RichText, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

use super::figure::{self, Figure};
use super::selection::Selection;
use super::{Seen, View, ViewContext, elided, nothing_ui, theme, whole_ui};
use crate::params::Lane;
use crate::session::messages::energy::row;
use crate::session::messages::{Processor, Snapshot, StepStats};
use crate::text::{Text, ViewText};
use roads::roads_ui;

/// Narrower views leave more room between chip and host, in points.
const NARROW: f32 = 360.0;
/// Height of the line of a lane in the list of what crosses, in points.
const LANE: f32 = 18.0;
/// Lower views have no room for that list, in points.
const LOW: f32 = 220.0;

/// One round of the loop with its numbers.
#[derive(Default)]
pub(super) struct Rounds;

impl View for Rounds {
    fn text(text: &Text) -> ViewText {
        text.device.rounds
    }

    fn is_plot() -> bool {
        false
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, _: &mut Selection) {
        let (text, device) = (context.text, &context.text.device);
        let rounds = &context.snapshot.rounds;
        let Some((lane, round)) = looped(context.snapshot) else { return nothing_ui(ui, text) };
        let visuals = ui.visuals().clone();
        head_ui(ui, &round, text);
        if ui.available_height() > LOW {
            let list = egui::Panel::bottom(ui.scope_id().with("traffic")).show_separator_line(false);
            list.show(ui, |ui| traffic_ui(ui, rounds, text));
        }
        let area = ui.available_rect_before_wrap().shrink(2.0);
        if area.width() < 60.0 || area.height() < 40.0 {
            return;
        }
        let (_, response) = ui.allocate_exact_size(area.size(), Sense::hover());
        let painter = ui.painter_at(area);
        let color = theme::lane_color(lane, &visuals);
        let small = egui::TextStyle::Small.resolve(ui.style());
        // Chip on the left, host on the right, the two roads between them.
        let width = area.width() * if area.width() < NARROW { 0.27 } else { 0.3 };
        let chip = Rect::from_min_size(area.min, vec2(width, area.height()));
        let host = Rect::from_min_max(pos2(area.right() - width, area.top()), area.max);
        let longest = round.seconds.iter().copied().fold(1e-12, f64::max);
        let at_work = at_work(ui, context.snapshot);
        for (rect, name, steps) in [(chip, text.chip, &[0usize][..]), (host, device.host, &[1, 2, 3, 4][..])] {
            painter.rect(
                rect,
                4.0,
                theme::unused(&visuals),
                Stroke::new(1.0, theme::ghost(&visuals)),
                StrokeKind::Inside,
            );
            painter.text(
                rect.center_top() + vec2(0.0, 4.0),
                Align2::CENTER_TOP,
                name,
                small.clone(),
                visuals.text_color(),
            );
            let room = Rect::from_min_max(rect.min + vec2(6.0, 22.0), rect.max - vec2(6.0, 6.0));
            let height = room.height() / steps.len() as f32;
            for (k, &step) in steps.iter().enumerate() {
                let place =
                    Rect::from_min_size(room.min + vec2(0.0, k as f32 * height), vec2(room.width(), height - 3.0));
                let taken = round.seconds[step];
                let share = (taken / longest).clamp(0.0, 1.0) as f32;
                let bar = Rect::from_min_max(place.min, pos2(place.left() + share * place.width(), place.bottom()));
                painter.rect_filled(bar, 2.0, color.gamma_multiply(0.35));
                let width = if at_work == Some(step) { 3.0 } else { 1.0 };
                painter.rect_stroke(place, 2.0, Stroke::new(width, color), StrokeKind::Inside);
                let words = format!("{} {}", step + 1, device.steps[step].name);
                step_ui(&painter, ui, place, &words, seconds(taken));
                if response.hover_pos().is_some_and(|at| place.contains(at)) {
                    let tip = format!(
                        "{}{colon}{}\n{}",
                        device.steps[step].name,
                        seconds(taken),
                        device.steps[step].meaning,
                        colon = text.colon
                    );
                    response.clone().on_hover_text_at_pointer(tip);
                }
            }
        }
        let between = Rect::from_min_max(pos2(chip.right() + 6.0, area.top()), pos2(host.left() - 6.0, area.bottom()));
        roads_ui(&painter, ui, between, &round, text, at_work);
        // What a screen reader says.
        let said: Vec<String> =
            device.steps.iter().zip(round.seconds).map(|(s, t)| format!("{} {}", s.name, seconds(t))).collect();
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, said.join(", ")));
    }

    /// How long each step took, what crossed, and what the real chip would have needed.
    fn figure(&self, &Seen { snapshot, text, visuals, .. }: &Seen<'_>) -> Option<Figure> {
        let (lane, round) = looped(snapshot)?;
        let (device, export) = (&text.device, &text.export);
        let mut figure = Figure::new(device.rounds.title, export.step, export.time_axis);
        let x = &mut figure.last().x;
        x.words = device.steps.iter().enumerate().map(|(k, step)| (k as f64, step.name.into())).collect();
        x.named = true;
        let points: Vec<[f64; 2]> = round.seconds.iter().enumerate().map(|(k, s)| [k as f64, milli(*s)]).collect();
        figure.add(text.lane(lane).name, theme::lane_color(lane, visuals), figure::Shape::Bars(0.8), points);
        figure.tell(text.plurals.samples_a_batch.word(round.samples), &round.samples, "");
        for (name, count, size) in [
            (device.samples_up, round.voltages, StepStats::BYTE),
            (device.spikes_up, round.spikes, StepStats::EVENT),
            (device.weight_codes, round.codes, StepStats::WEIGHT),
            (device.input_events, round.input_events, StepStats::EVENT),
        ] {
            figure.tell(name, &count, "");
            figure.tell(name, &(count * size), "B");
        }
        let Hardware { time, wall, joule } = hardware(&round);
        for (named, value, unit) in [
            (device.this_machine, milli(round.seconds.iter().sum()), "ms"),
            (device.real_chip, milli(time), "ms"),
            (device.chip_and_link, milli(wall), "ms"),
            (device.energy, milli(joule), "mJ"),
        ] {
            if value.is_finite() {
                figure.tell(named.name, &value, unit);
            }
        }
        Some(figure)
    }
}

/// What a batch takes here, on the real chip, and with its link.
fn head_ui(ui: &mut Ui, round: &StepStats, text: &Text) {
    let device = &text.device;
    let total: f64 = round.seconds.iter().sum();
    let Hardware { time, wall, joule } = hardware(round);
    let area_width = ui.available_width();
    ui.horizontal_wrapped(|ui| {
        let size = |words: String| {
            let words = RichText::new(words);
            if area_width < NARROW { words.small() } else { words }
        };
        whole_ui(ui, size(text.plurals.samples_a_batch.of(round.samples)));
        for (named, shown) in [
            (device.this_machine, seconds(total)),
            (device.real_chip, seconds(time)),
            (device.chip_and_link, format!("~{}", seconds(wall))),
            (device.energy, energy(joule)),
        ] {
            whole_ui(ui, size(format!("{}{colon}{shown}", named.name, colon = text.colon)))
                .on_hover_text(named.meaning);
        }
    });
}

/// The round that is drawn, and whose: that of the loop, if there is one.
fn looped(snapshot: &Snapshot) -> Option<(Lane, StepStats)> {
    let rounds = snapshot.rounds.iter();
    rounds.min_by_key(|(lane, _)| *lane != Lane::InTheLoop).copied()
}

/// What crosses for every lane that learns, by the sample.
fn traffic_ui(ui: &mut Ui, rounds: &[(Lane, StepStats)], text: &Text) {
    let device = &text.device;
    for (lane, round) in rounds.iter().filter(|(lane, _)| lane.learns_on_the_chip()) {
        ui.horizontal(|ui| {
            ui.set_height(LANE);
            ui.colored_label(theme::lane_color(*lane, ui.visuals()), RichText::new(text.lane(*lane).name).strong());
            let each = |bytes: usize| size(bytes.div_ceil(round.samples.max(1)));
            let (up, down) = (each(round.bytes_up()), each(round.bytes_down()));
            let mut words = format!("{up} {}{comma}{down} {}", device.up_short, device.down_short, comma = text.comma);
            if let (Some(updates), Some(flips)) = (round.updates, round.flips) {
                let share = 100 * updates / round.samples.max(1);
                words = format!("{words}  ·  {share} % {}  ·  {} {}", device.updates, grouped(flips), device.flips);
            }
            ui.add(egui::Label::new(RichText::new(words).small()).truncate()).on_hover_text(device.traffic);
        });
        let Some(Processor { memory: [used, all], seconds: each, band: [least, most] }) = round.processor else {
            continue;
        };
        ui.horizontal(|ui| {
            ui.set_height(LANE);
            let share = used as f32 / all.max(1) as f32;
            let bar = egui::ProgressBar::new(share).desired_width(80.0).desired_height(8.0).corner_radius(2.0);
            ui.add(bar).on_hover_text(device.processor_memory.meaning);
            let words = format!(
                "{} {} / {}  ·  ~{} {} ({} … {})",
                device.processor_memory.name,
                size(used),
                size(all),
                seconds(each),
                device.processor_time.name,
                seconds(least * each),
                seconds(most * each),
            );
            let label = egui::Label::new(RichText::new(words).small()).truncate();
            ui.add(label).on_hover_text(device.processor_time.meaning);
        });
    }
}

/// How many steps of the round one second of the animation shows: the real ones are over in a blink.
const STEPS_PER_SECOND: f64 = 1.25;

/// How far the animation is, in steps.
fn phase(ui: &Ui) -> f64 {
    ui.input(|i| i.time) * STEPS_PER_SECOND
}

/// The step that is lit: one after the other while the network learns, none while it is paused or in the past.
fn at_work(ui: &Ui, snapshot: &Snapshot) -> Option<usize> {
    // New snapshots keep the frames coming, so this asks for none.
    (snapshot.running && snapshot.looking_at.is_none()).then(|| phase(ui) as usize % 5)
}

/// Name and time of a step: side by side, below each other, or the name alone, whichever fits.
fn step_ui(painter: &Painter, ui: &Ui, place: Rect, words: &str, number: String) {
    let (font, small) = (egui::TextStyle::Body.resolve(ui.style()), egui::TextStyle::Small.resolve(ui.style()));
    // In low views the steps stay apart in smaller letters.
    let small = egui::FontId { size: small.size.min(0.75 * place.height()).max(1.0), ..small };
    let (strong, plain) = (ui.visuals().strong_text_color(), ui.visuals().text_color());
    let inner = place.shrink2(vec2(5.0, 1.0));
    let number = painter.layout_no_wrap(number, small.clone(), plain);
    let mut name = painter.layout_no_wrap(words.to_owned(), font, strong);
    if name.size().x > inner.width() || name.size().y > inner.height() {
        name = elided(painter, words, small, strong, inner.width());
    }
    let middle = inner.center().y;
    let upright = |galley: &egui::Galley| middle - galley.size().y / 2.0;
    if name.size().x + number.size().x + 6.0 <= inner.width() {
        let right = pos2(inner.right() - number.size().x, upright(&number));
        painter.galley(right, number, plain);
        painter.galley(pos2(inner.left(), upright(&name)), name, strong);
    } else if name.size().y + number.size().y <= inner.height() {
        painter.galley(pos2(inner.left(), middle), number, plain);
        painter.galley(pos2(inner.left(), middle - name.size().y), name, strong);
    } else {
        painter.galley(pos2(inner.left(), upright(&name)), name, strong);
    }
}

/// In thousandths of the unit, to six digits behind the point: without the dust that the multiplication leaves.
fn milli(x: f64) -> f64 {
    (1e9 * x).round() / 1e6
}

/// A time with three digits and a unit that fits.
fn seconds(s: f64) -> String {
    match s {
        s if !s.is_finite() => "–".into(),
        s if s < 1e-3 => format!("{:.0} µs", 1e6 * s),
        s if s < 1.0 => format!("{:.2} ms", 1e3 * s),
        s => format!("{s:.2} s"),
    }
}

fn energy(joule: f64) -> String {
    match joule {
        e if !e.is_finite() => "–".into(),
        e if e < 1e-3 => format!("{:.0} µJ", 1e6 * e),
        e => format!("{:.2} mJ", 1e3 * e),
    }
}

/// Bytes in binary units.
fn size(bytes: usize) -> String {
    let b = bytes as f64;
    match bytes {
        0..=1023 => format!("{bytes} B"),
        1024..=1_048_575 => format!("{:.1} KiB", b / 1024.0),
        _ => format!("{:.1} MiB", b / 1_048_576.0),
    }
}

/// A whole number with its thousands apart.
pub(super) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// What the real chip would have needed for a round.
struct Hardware {
    /// Emulated time, s.
    time: f64,
    /// The same with the pauses between samples, or the payload on the link where that takes longer, s.
    wall: f64,
    /// Energy of the chip in emulated time, J.
    joule: f64,
}

fn hardware(round: &StepStats) -> Hardware {
    let of = |id: &str| row(id).value.low;
    let (samples, bytes) = (round.samples as f64, (round.bytes_up() + round.bytes_down()) as f64);
    let time = samples * round.duration;
    let wall = (time + samples * of("wait")).max(8.0 * bytes / of("link"));
    Hardware { time, wall, joule: time * of("chip_power") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_units_that_fit() {
        assert_eq!(
            ["0.000012", "0.0125", "3.5"].map(|s| seconds(s.parse().expect("a number"))),
            ["12 µs", "12.50 ms", "3.50 s"]
        );
        assert_eq!([999, 1000, 1_234_567].map(grouped), ["999", "1,000", "1,234,567"]);
        assert_eq!([7, 2048, 3 << 20].map(size), ["7 B", "2.0 KiB", "3.0 MiB"]);
        assert_eq!(seconds(f64::NAN), "–");
    }

    /// Cramer et al. 2022: 200 mW at one image every 11.8 µs are 2.4 µJ an image.
    #[test]
    fn the_energy_of_an_image_is_the_published_one_at_the_published_rate() {
        let round = StepStats { samples: 1000, duration: 11.8e-6, ..StepStats::default() };
        let Hardware { time, wall, joule } = hardware(&round);
        // 50 µs between samples, and nothing that would keep the link busy.
        assert!((wall - 61.8e-3).abs() < 1e-12, "{wall}");
        assert!((time - 11.8e-3).abs() < 1e-12);
        assert!((joule / 1000.0 - 2.4e-6).abs() < 0.05e-6, "{joule}");
    }
}
