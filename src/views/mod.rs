//! What a person sees. One file, one struct, one `ui` per view.
//!
//! A view turns a [`Snapshot`] into shapes and clicks into commands of an [`Outbox`]; it never computes
//! what the worker should, and never looks at chip or host.

mod answers;
mod axes;
mod batch;
mod chip_map;
mod chips;
mod compensation;
mod confusion;
mod detail;
mod draw;
mod faults;
pub mod figure;
mod learning;
mod legend;
mod mismatch;
mod neuron_importance;
mod oscilloscope;
pub mod param_ui;
mod raster;
mod readout;
mod repeats;
mod rounds;
mod runs;
mod selection;
mod studies;
mod sweep;
mod task;
pub mod theme;
mod ticks;
mod traces;
mod weights;

use serde::{Deserialize, Serialize};

use crate::params::Lane;
use crate::text::{Text, ViewText};
use crate::worker::messages::{Outbox, RunsView, SampleView, Snapshot};
use figure::Figure;
use selection::Selection;

/// All views, in the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum ViewKind {
    /// Accuracy of all lanes.
    Learning,
    /// Loss of all lanes.
    Loss,
    /// Hidden membranes.
    Membranes,
    /// Readout membranes.
    Readout,
    /// Spikes.
    Raster,
    /// Nominal against actual parameters.
    Faults,
    /// The sample and the answers.
    Task,
    /// The floor plan.
    ChipMap,
    /// The codes on the chip.
    Weights,
    /// One parameter on all neurons.
    Mismatch,
    /// How learning answers the faults.
    Compensation,
    /// One round of the loop with its numbers.
    Rounds,
    /// What is taken for what.
    Confusion,
    /// A picture of one's own.
    Draw,
    /// Neurons by the harm they do.
    Culprits,
    /// The same weights on many chips.
    Chips,
    /// One sample many times.
    Repeats,
    /// The runs that are kept.
    Runs,
    /// Many runs over a grid of parameters.
    Sweep,
    /// The questions of the paper.
    Studies,
}

impl ViewKind {
    /// All views.
    pub const ALL: [Self; 20] = [
        Self::Learning,
        Self::Loss,
        Self::Membranes,
        Self::Readout,
        Self::Raster,
        Self::Faults,
        Self::Task,
        Self::ChipMap,
        Self::Weights,
        Self::Mismatch,
        Self::Compensation,
        Self::Rounds,
        Self::Confusion,
        Self::Draw,
        Self::Culprits,
        Self::Chips,
        Self::Repeats,
        Self::Runs,
        Self::Sweep,
        Self::Studies,
    ];

    /// Title and help.
    pub fn text(self, text: &Text) -> ViewText {
        match self {
            Self::Learning => text.learning,
            Self::Loss => text.loss,
            Self::Membranes => text.membranes,
            Self::Readout => text.readout,
            Self::Raster => text.raster,
            Self::Faults => text.faults,
            Self::Task => text.task,
            Self::ChipMap => text.device.chip_map,
            Self::Weights => text.device.weights,
            Self::Mismatch => text.device.mismatch,
            Self::Compensation => text.device.compensation,
            Self::Rounds => text.device.rounds,
            Self::Confusion => text.device.confusion,
            Self::Draw => text.device.draw,
            Self::Culprits => text.device.culprits,
            Self::Chips => text.probes.chips,
            Self::Repeats => text.probes.repeats,
            Self::Runs => text.runs.view,
            Self::Sweep => text.sweep.view,
            Self::Studies => text.studies.view,
        }
    }

    /// Whether it is a plot that can be panned and zoomed.
    pub fn is_plot(self) -> bool {
        use ViewKind::{ChipMap, Confusion, Culprits, Draw, Rounds, Runs, Studies, Sweep, Task};
        !matches!(self, Task | ChipMap | Rounds | Confusion | Draw | Culprits | Runs | Sweep | Studies)
    }
}

/// The state of all views.
#[derive(Default)]
pub struct Views {
    selection: Selection,
    learning: learning::Curves,
    traces: traces::TraceView,
    raster: raster::RasterView,
    task: task::TaskView,
    chip_map: chip_map::ChipMap,
    weights: weights::WeightsPane,
    mismatch: mismatch::MismatchView,
    compensation: compensation::CompensationView,
    draw: draw::DrawView,
    neuron_importance: neuron_importance::NeuronImportanceView,
    chips: chips::ChipsPane,
    repeats: repeats::RepeatsPane,
    runs: runs::RunsPane,
    sweep: sweep::SweepView,
    studies: studies::StudiesPane,
}

/// What every view is given.
pub struct ViewContext<'a> {
    /// What to draw.
    pub snapshot: &'a Snapshot,
    /// The runs that are kept.
    pub runs: &'a RunsView,
    /// Words.
    pub text: &'a Text,
    /// Where clicks go.
    pub commands: &'a mut Outbox,
}

impl Views {
    /// Draws one view.
    pub fn ui(&mut self, kind: ViewKind, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        let selection = &mut self.selection;
        selection.begin(ui.ctx().cumulative_frame_nr());
        if context.snapshot.chip.n_hidden > 0 {
            selection.keep_below(context.snapshot.chip.n_hidden);
        }
        match kind {
            ViewKind::Learning => self.learning.accuracy_ui(ui, context),
            ViewKind::Loss => self.learning.loss_ui(ui, context),
            ViewKind::Membranes => self.traces.membranes_ui(ui, context, selection),
            ViewKind::Readout => readout::ui(ui, context, selection),
            ViewKind::Raster => self.raster.ui(ui, context, selection),
            ViewKind::Faults => faults::ui(ui, context, selection),
            ViewKind::Task => self.task.ui(ui, context),
            ViewKind::ChipMap => self.chip_map.ui(ui, context, selection),
            ViewKind::Weights => self.weights.ui(ui, context, selection),
            ViewKind::Mismatch => self.mismatch.ui(ui, context, selection),
            ViewKind::Compensation => self.compensation.ui(ui, context, selection),
            ViewKind::Rounds => rounds::ui(ui, context),
            ViewKind::Confusion => confusion::ui(ui, context, selection),
            ViewKind::Draw => self.draw.ui(ui, context),
            ViewKind::Culprits => self.neuron_importance.ui(ui, context, selection),
            ViewKind::Chips => self.chips.ui(ui, context, selection),
            ViewKind::Repeats => self.repeats.ui(ui, context, selection),
            ViewKind::Runs => self.runs.ui(ui, context),
            ViewKind::Sweep => self.sweep.ui(ui, context),
            ViewKind::Studies => self.studies.ui(ui, context),
        }
    }

    /// The numbers of a view, as they are shown; `None` where there is nothing to take away.
    pub fn figure(&self, kind: ViewKind, snapshot: &Snapshot, runs: &RunsView, text: &Text) -> Option<Figure> {
        let selection = &self.selection;
        let figure = match kind {
            ViewKind::Learning => self.learning.figure(snapshot, runs, text),
            ViewKind::Loss => self.learning.loss_figure(snapshot, runs, text),
            ViewKind::Membranes => self.traces.membranes_figure(snapshot, text, selection)?,
            ViewKind::Readout => readout::figure(snapshot, text, selection)?,
            ViewKind::Raster => self.raster.figure(snapshot, text, selection)?,
            ViewKind::Faults => faults::figure(snapshot, text),
            ViewKind::ChipMap => self.chip_map.figure(snapshot, text, selection)?,
            ViewKind::Weights => self.weights.figure(snapshot, text, selection)?,
            ViewKind::Mismatch => self.mismatch.figure(snapshot, text)?,
            ViewKind::Compensation => self.compensation.figure(snapshot, text)?,
            ViewKind::Confusion => confusion::figure(snapshot, text, selection)?,
            ViewKind::Culprits => neuron_importance::figure(snapshot, text)?,
            ViewKind::Sweep => sweep::figure(snapshot, text)?,
            ViewKind::Studies => self.studies.figure(snapshot, text)?,
            ViewKind::Chips => self.chips.figure(snapshot, text)?,
            ViewKind::Repeats => self.repeats.figure(snapshot, text)?,
            ViewKind::Task => task::figure(snapshot, text)?,
            ViewKind::Rounds => rounds::figure(snapshot, text)?,
            ViewKind::Draw => draw::figure(snapshot, text)?,
            ViewKind::Runs => self.runs.figure(runs, text),
        };
        (!figure.is_empty()).then_some(figure)
    }

    /// Whether the sample on display changes by itself while learning.
    pub fn advances(&self) -> bool {
        self.task.advance
    }

    /// Keeps the sample on display until told otherwise.
    pub fn hold_sample(&mut self) {
        self.task.advance = false;
    }

    /// Adds a hidden neuron to the selection, or takes it away.
    pub fn select(&mut self, neuron: usize) {
        self.selection.select(neuron, true);
    }

    /// Selects nothing.
    pub fn clear_selection(&mut self) {
        self.selection.clear();
    }
}

/// A choice of the lane that all views of a single lane show.
fn lane_ui(ui: &mut egui::Ui, text: &Text, selection: &mut Selection, lanes: &[Lane]) {
    combo_ui(ui, "lane", text.lane, 90.0, text.lane(selection.lane).name, |ui| {
        for &lane in lanes {
            let named = text.lane(lane);
            ui.selectable_value(&mut selection.lane, lane, named.name).on_hover_text(named.meaning);
        }
    });
}

/// A choice of that width with its name beside it; in a narrow view the name, which would be broken in two, stands in
/// the tooltip alone.
fn combo_ui(ui: &mut egui::Ui, id: &str, name: &str, width: f32, chosen: &str, add: impl FnOnce(&mut egui::Ui)) {
    let narrow = ui.clip_rect().width() < NAMED;
    let combo = if narrow { egui::ComboBox::from_id_salt(id) } else { egui::ComboBox::new(id, name) };
    let response = combo.width(width).selected_text(chosen).show_ui(ui, add).response;
    if narrow {
        response.widget_info(|| {
            let mut info = egui::WidgetInfo::labeled(egui::Role::ComboBox, true, name);
            info.current_text_value = Some(chosen.to_owned());
            info
        });
    }
    response.on_hover_text(name);
}

/// Narrower views have no names beside their choices, in points.
const NAMED: f32 = 330.0;

/// Whether a click adds to the selection instead of replacing it.
fn adds(ui: &egui::Ui) -> bool {
    ui.input(|i| i.modifiers.command || i.modifiers.shift)
}

/// Shown in a view that has nothing to draw.
fn nothing_ui(ui: &mut egui::Ui, text: &Text) {
    centered_ui(ui, text.no_data);
}

/// As [`nothing_ui`], with what to do about it.
fn nothing_until_ui(ui: &mut egui::Ui, text: &Text, button: crate::text::Named) {
    centered_ui(ui, &format!("{}\n{}: {}", text.no_data, button.name, button.meaning));
}

/// Words in the middle of what is left of a view, in lines that are not stretched to its width.
fn centered_ui(ui: &mut egui::Ui, words: &str) {
    let area = ui.available_rect_before_wrap();
    let color = ui.visuals().weak_text_color();
    let font = egui::TextStyle::Body.resolve(ui.style());
    let mut job = egui::text::LayoutJob::simple(words.to_owned(), font, color, (area.width() - 16.0).max(1.0));
    job.halign = egui::Align::Center;
    let shown = ui.painter().layout_job(job);
    let top = area.center().y - shown.size().y / 2.0;
    ui.painter_at(area).galley(egui::pos2(area.center().x, top.max(area.top())), shown, color);
    let response = ui.allocate_rect(area, egui::Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
}

/// The head of a view: as many lines as it needs, but one line that can be scrolled where the view is low.
fn head_ui<R>(ui: &mut egui::Ui, id: &'static str, add: impl FnOnce(&mut egui::Ui) -> R) -> R {
    if ui.available_height() >= LOW {
        return ui.horizontal_wrapped(add).inner;
    }
    let hidden = egui::scroll_area::ScrollBarVisibility::AlwaysHidden;
    let area = egui::ScrollArea::horizontal().id_salt(id).scroll_bar_visibility(hidden);
    area.show(ui, |ui| ui.horizontal(add).inner).inner
}

/// Views that are lower have heads of one line, in points.
const LOW: f32 = 160.0;

/// A plot that fills its view but for room for half of the last number below it, follows the data until the user pans
/// or zooms, and leaves the wheel to them.
fn plot<'a>(ui: &egui::Ui, id: &'static str, generation: u64) -> egui_plot::Plot<'a> {
    let [x_apart, y_apart] = [axes::apart_across(ui), axes::apart_upward(ui)];
    egui_plot::Plot::new(id)
        .width((ui.available_width() - LAST_NUMBER).max(1.0))
        .id(plot_id(id, generation))
        .allow_boxed_zoom(true)
        // A plain turn of the wheel must not push the data out of sight.
        .allow_scroll([true, false])
        .set_margin_fraction(egui::vec2(0.01, 0.05))
        .auto_bounds(true)
        .min_size(egui::Vec2::splat(SMALLEST))
        .grid_spacing(egui::Rangef::new(axes::GRID, 300.0))
        .x_grid_spacer(move |input| axes::one_two_five(&input, x_apart))
        .y_grid_spacer(move |input| axes::one_two_five(&input, y_apart))
}

/// Width and height of the smallest plot, in points.
const SMALLEST: f32 = 16.0;
/// Room on the right of a plot, in points.
const LAST_NUMBER: f32 = 12.0;

/// As it was, with room on both sides of points that all lie above one another or side by side: egui_plot would take the
/// other axis for the measure.
fn with_room<'a>(plot: egui_plot::Plot<'a>, points: &[[f64; 2]]) -> egui_plot::Plot<'a> {
    let only = |axis: usize| {
        let mut all = points.iter().map(|p| p[axis]).filter(|v| v.is_finite());
        let first = all.next()?;
        all.all(|v| (v - first).abs() <= 1e-9 * first.abs()).then_some(first)
    };
    let room = |v: f64| if v == 0.0 { 1.0 } else { 0.2 * v.abs() };
    let plot = match only(0) {
        Some(x) => plot.include_x(x - room(x)).include_x(x + room(x)),
        None => plot,
    };
    match only(1) {
        Some(y) => plot.include_y(y - room(y)).include_y(y + room(y)),
        None => plot,
    }
}

/// The id of a plot of that experiment.
fn plot_id(id: &'static str, generation: u64) -> egui::Id {
    egui::Id::unique((id, generation))
}

/// Offers to follow the data again, in the corner of a plot that was panned or zoomed.
fn live_ui(ui: &mut egui::Ui, text: &Text, id: egui::Id, plot: egui::Rect) {
    let Some(mut memory) = egui_plot::PlotMemory::load(ui.ctx(), id) else { return };
    if memory.auto_bounds.all() || plot.width() < 80.0 {
        return;
    }
    let live = text.shell.live;
    let corner = egui::Rect::from_min_size(plot.right_top() + egui::vec2(-64.0, 4.0), egui::vec2(60.0, 20.0));
    let button = ui.put(corner, egui::Button::new(live.name).small());
    if button.on_hover_text(live.meaning).clicked() {
        memory.auto_bounds = egui::Vec2b::TRUE;
        memory.store(ui.ctx(), id);
    }
}

/// Words in one line, cut where there is no more room.
fn elided(
    painter: &egui::Painter,
    words: &str,
    font: egui::FontId,
    color: egui::Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(words.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(1.0));
    painter.layout_job(job)
}

/// Words that go to the next line as a whole.
fn whole_ui(ui: &mut egui::Ui, words: impl Into<egui::WidgetText>) -> egui::Response {
    ui.add(egui::Label::new(words).extend())
}

/// The name of class `k`.
fn class_name(sample: &SampleView, k: usize) -> &str {
    sample.class_names.get(k).map_or("?", String::as_str)
}

/// Where the pointer is, or the data point next to it.
fn pointed(at: &egui_plot::HoverPosition<'_>) -> egui_plot::PlotPoint {
    match at {
        egui_plot::HoverPosition::NearDataPoint { position, .. } | egui_plot::HoverPosition::Elsewhere { position } => {
            *position
        }
    }
}

/// The name of the curve that the pointer is at, as the first line of a tooltip.
fn pointed_name(at: &egui_plot::HoverPosition<'_>) -> String {
    match at {
        egui_plot::HoverPosition::NearDataPoint { plot_name, .. } if !plot_name.is_empty() => format!("{plot_name}\n"),
        _ => String::new(),
    }
}

/// Points that egui may plot: finite ones only.
fn finite(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    points.iter().copied().filter(|p| p[0].is_finite() && p[1].is_finite()).collect()
}
