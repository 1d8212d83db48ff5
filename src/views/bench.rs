//! One input into circuits of the chip: what was asked for in front, and behind it what the copies make of it.

use egui::{PointerButton, Ui};
use egui_plot::PlotResponse;

use super::figure::screen::Plot;
use super::figure::{Figure, Key, Panel, Shape};
use super::legend::legend_ui;
use super::oscilloscope::us;
use super::selection::Selection;
use super::{Seen, View, ViewContext, head_ui, nothing_ui, theme, whole_ui};
use crate::base::units::Unit;
use crate::session::messages::{Bench, BenchSetting, Circuit, Stimulus, ViewRequest};
use crate::text::{Text, ViewText};

/// The marks of input spikes stand that far below everything else, in membrane units.
const BELOW: f64 = 0.12;
/// A mark is grabbed from that near, in points.
const REACH: f32 = 9.0;
/// The threshold of each circuit is drawn over that part of the time.
const MARKED: f64 = 0.04;

/// What is set here, ahead of what the session has seen of it.
pub(super) struct BenchPane {
    own: Stimulus,
    /// What the session said last.
    seen: Option<Stimulus>,
    /// Time between two input spikes that are set by their number, µs.
    apart: f64,
    /// The input spike that the pointer holds.
    held: Option<usize>,
    /// The run of which the session was asked.
    asked: Option<u64>,
}

impl Default for BenchPane {
    fn default() -> Self {
        Self { own: Stimulus::default(), seen: None, apart: 0.0, held: None, asked: None }
    }
}

impl View for BenchPane {
    fn text(text: &Text) -> ViewText {
        text.circuits.bench
    }

    fn ui(&mut self, ui: &mut Ui, context: &mut ViewContext<'_>, selection: &mut Selection) {
        let (text, generation) = (context.text, context.snapshot.generation);
        if self.asked != Some(generation) {
            self.asked = Some(generation);
            context.commands.push(ViewRequest::Bench(None));
        }
        let Some(bench) = context.snapshot.bench.clone() else { return nothing_ui(ui, text) };
        self.adopt(&bench.stimulus, ui);
        let mut set = Vec::new();
        head_ui(ui, "bench head", |ui| self.head_ui(ui, text, &bench, &mut set));
        let Some(figure) = self.figure(&context.seen(selection, ui.visuals())) else { return nothing_ui(ui, text) };
        let panel = &figure.panels[0];
        head_ui(ui, "bench legend", |ui| {
            whole_ui(ui, theme::strong((text.circuits.fired)(bench.firing(), bench.circuits.len())));
            legend_ui(ui, &panel.keys())
        });
        let plot = Plot::new(panel, "bench", context.snapshot).still().show(ui, text, |_| {});
        self.point(&plot, &bench, &mut set);
        for setting in set {
            self.own.set(setting.clone());
            context.commands.push(ViewRequest::Bench(Some(setting)));
        }
    }

    fn figure(&self, seen: &Seen<'_>) -> Option<Figure> {
        let (text, bench) = (seen.text, seen.snapshot.bench.as_ref()?);
        let words = &text.circuits;
        let title = format!("{}: {} {}", words.bench.title, text.probes.chip_axis, seen.snapshot.chip.number);
        let mut figure = Figure::new(&title, text.time_axis, text.voltage_axis);
        let panel = figure.last();
        let (front, end) = (seen.visuals.strong_text_color(), us(bench.duration));
        let ghost = theme::ghost(seen.visuals);
        let foot = foot(bench);
        (panel.of, panel.x.reach, panel.y.reach) = (text.device.circuit.into(), vec![0.0, end], vec![foot, 1.1]);
        panel.legend = vec![
            Key::new(Shape::Line(3.0), words.asked_for.name, front),
            Key::new(Shape::Line(1.2), text.device.circuit, theme::class_color(1, seen.visuals)),
            Key::new(Shape::Triangles(5.0), text.spikes, theme::class_color(1, seen.visuals)),
            Key::new(Shape::Dotted(1.0), text.threshold, ghost),
            Key::new(Shape::Diamonds(5.0), words.input, theme::muted(seen.visuals)),
        ];
        panel.rule(text.threshold, 1.0, true, ghost, Shape::Dotted(1.0));
        for (k, circuit) in bench.circuits.iter().enumerate() {
            let (color, name) = (theme::class_color(k, seen.visuals), format!("{} {k}", text.device.circuit));
            panel.add(name.clone(), color, Shape::Line(1.2), curve(circuit, bench)).of(k);
            let level = [(1.0 - MARKED) * end, end].map(|t| [t, circuit.threshold]).to_vec();
            panel.add(format!("{name}, {}", words.own_threshold), color, Shape::Line(2.0), level).of(k).quiet();
            fired(panel, (format!("{name}, {}", text.spikes), color), circuit).of(k);
        }
        panel.add(words.asked_for.name, front, Shape::Line(3.0), curve(&bench.nominal, bench));
        fired(panel, (format!("{}, {}", words.asked_for.name, text.spikes), front), &bench.nominal);
        let inputs: Vec<[f64; 2]> = self.shown(&bench.stimulus).iter().map(|t| [us(*t), foot]).collect();
        panel.add(words.input, theme::muted(seen.visuals), Shape::Diamonds(5.0), inputs).quiet();
        figure.tell(words.weight.name, &format!("{:.2}", bench.stimulus.weight), "");
        figure.tell(text.spikes, &(words.fired)(bench.firing(), bench.circuits.len()), "");
        Some(figure)
    }
}

/// Where the marks of input spikes stand.
fn foot(bench: &Bench) -> f64 {
    let all = bench.circuits.iter().chain([&bench.nominal]).flat_map(|circuit| &circuit.v);
    f64::from(all.copied().filter(|v| v.is_finite()).fold(0.0, f32::min)) - BELOW
}

/// The membrane of a circuit over µs, from rest on.
fn curve(circuit: &Circuit, bench: &Bench) -> Vec<[f64; 2]> {
    let at = |(k, v): (usize, &f32)| [us((k as f64 + 1.0) * bench.dt), f64::from(*v)];
    circuit.v.iter().enumerate().map(at).filter(|p| p[1].is_finite()).collect()
}

/// Marks where it fires: there its voltage reaches its own threshold.
fn fired<'a>(
    panel: &'a mut Panel,
    (name, color): (String, egui::Color32),
    circuit: &Circuit,
) -> &'a mut super::figure::Series {
    let marks: Vec<[f64; 2]> = circuit.spikes.iter().map(|t| [us(*t), circuit.threshold]).collect();
    panel.add(name, color, Shape::Triangles(5.0), marks).raised(0.06, f64::NEG_INFINITY, f64::INFINITY)
}

impl BenchPane {
    /// Takes over what somebody else has set, but not while something is set here.
    fn adopt(&mut self, said: &Stimulus, ui: &Ui) {
        let busy = ui.input(|i| i.pointer.any_down()) || ui.ctx().text_edit_focused();
        if self.seen.as_ref() != Some(said) && !busy {
            self.own.clone_from(said);
            if let [first, second, ..] = said.times[..] {
                self.apart = us(second - first).max(0.0);
            }
        }
        self.seen = Some(said.clone());
    }

    /// The input spikes as they are drawn: those of the pointer are ahead of the session.
    fn shown<'a>(&'a self, said: &'a Stimulus) -> &'a [f64] {
        if self.held.is_some() { &self.own.times } else { &said.times }
    }

    fn head_ui(&mut self, ui: &mut Ui, text: &Text, bench: &Bench, set: &mut Vec<BenchSetting>) {
        let words = &text.circuits;
        let mut circuits = self.own.circuits;
        let drag = egui::DragValue::new(&mut circuits).range(1..=Stimulus::MOST_CIRCUITS).speed(0.05);
        let drag = drag.suffix(format!(" {}", words.circuits.name));
        if ui.add(drag).on_hover_text(words.circuits.meaning).changed() {
            set.push(BenchSetting::Circuits(circuits));
        }
        let mut count = self.own.times.len();
        let drag = egui::DragValue::new(&mut count).range(0..=Stimulus::MOST_SPIKES).speed(0.05);
        let counted = ui.add(drag.suffix(format!(" {}", words.inputs.name))).on_hover_text(words.inputs.meaning);
        let drag = egui::DragValue::new(&mut self.apart).range(0.0..=us(bench.duration)).speed(0.05).max_decimals(1);
        let apart = ui.add(drag.suffix(format!(" {}", words.apart.name))).on_hover_text(words.apart.meaning);
        if counted.changed() || apart.changed() {
            set.push(BenchSetting::Spikes(self.spaced(count, apart.changed())));
        }
        let mut weight = self.own.weight;
        let drag = egui::DragValue::new(&mut weight).range(0.0..=bench.full_scale).speed(0.02).max_decimals(2);
        let drag = drag.prefix(format!("{} ", words.weight.name));
        if ui.add(drag).on_hover_text(words.weight.meaning).changed() {
            set.push(BenchSetting::Weight(weight));
        }
        if ui.button(words.again.name).on_hover_text(words.again.meaning).clicked() {
            set.push(BenchSetting::Again);
        }
    }

    /// So many input spikes: those there are, or all of them anew, each that far behind the one before.
    fn spaced(&self, count: usize, anew: bool) -> Vec<f64> {
        let first = self.own.times.first().copied().unwrap_or(Stimulus::default().times[0]);
        let apart = Unit::Microseconds.si_from_shown(self.apart);
        let mut times = if anew { Vec::new() } else { self.own.times.clone() };
        times.truncate(count);
        while times.len() < count {
            times.push(times.last().map_or(first, |last| last + apart));
        }
        times
    }

    /// A click adds an input spike, a drag moves the one below the pointer, a click with the other button removes it.
    fn point(&mut self, plot: &PlotResponse<()>, bench: &Bench, set: &mut Vec<BenchSetting>) {
        let (response, transform) = (&plot.response, &plot.transform);
        if !response.dragged() {
            self.held = None;
        }
        let Some(at) = response.interact_pointer_pos() else { return };
        let (end, foot) = (us(bench.duration), foot(bench));
        // A duration that is no number has no times.
        let time = transform.value_from_position(at).x.max(0.0).min(end);
        let place = |t: f64| transform.position_from_point(&egui_plot::PlotPoint::new(us(t), foot));
        let at_a_mark = |at: egui::Pos2, times: &[f64]| {
            let distances = times.iter().map(|t| place(*t).distance(at)).enumerate();
            distances.filter(|(_, far)| *far < REACH).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(k, _)| k)
        };
        let near = at_a_mark(at, &self.own.times);
        let mut times = self.own.times.clone();
        if response.drag_started_by(PointerButton::Primary) {
            // A drag is known as one when the pointer has already left the place that it began at.
            let origin = response.ctx.input(|i| i.pointer.press_origin()).unwrap_or(at);
            self.held = at_a_mark(origin, &self.own.times);
        }
        if let Some(held) = self.held.filter(|held| *held < times.len()) {
            times[held] = Unit::Microseconds.si_from_shown(time);
        } else if response.secondary_clicked()
            && let Some(near) = near
        {
            times.remove(near);
        } else if response.clicked() && near.is_none() && times.len() < Stimulus::MOST_SPIKES {
            times.push(Unit::Microseconds.si_from_shown(time));
            times.sort_by(f64::total_cmp);
        }
        if times != self.own.times {
            set.push(BenchSetting::Spikes(times));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_spikes_follow_the_last_one_and_another_distance_moves_all_but_the_first() {
        let mut pane = BenchPane { apart: 3.0, ..BenchPane::default() };
        let shown = |times: Vec<f64>| times.into_iter().map(|t| (10.0 * us(t)).round() / 10.0).collect::<Vec<_>>();
        assert_eq!(shown(pane.spaced(3, false)), [5.0, 8.0, 11.0]);
        pane.own.times = vec![5e-6, 20e-6, 21e-6];
        assert_eq!(shown(pane.spaced(2, false)), [5.0, 20.0]);
        assert_eq!(shown(pane.spaced(4, false)), [5.0, 20.0, 21.0, 24.0]);
        assert_eq!(shown(pane.spaced(3, true)), [5.0, 8.0, 11.0]);
        assert!(pane.spaced(0, false).is_empty());
    }
}
