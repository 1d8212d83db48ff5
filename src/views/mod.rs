//! What a person sees. One file, one struct, one `ui` per view.
//!
//! A view turns a [`Snapshot`] into shapes and clicks into [`Command`]s; it never computes
//! what the worker should, and never looks at chip or host.

mod axes;
mod faults;
mod learning;
mod legend;
pub mod param_ui;
mod raster;
mod task;
pub mod theme;
mod traces;

use crate::text::{Text, ViewText};
use crate::worker::messages::{Command, SampleView, Snapshot};

/// All views, in the order in which they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
}

impl ViewKind {
    /// All views.
    pub const ALL: [Self; 7] =
        [Self::Learning, Self::Loss, Self::Membranes, Self::Readout, Self::Raster, Self::Faults, Self::Task];

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
        }
    }
}

/// The state of all views.
#[derive(Default)]
pub struct Views {
    loss: learning::LossView,
    traces: traces::TraceView,
    task: task::TaskView,
}

/// What every view is given.
pub struct Scene<'a> {
    /// What to draw.
    pub snapshot: &'a Snapshot,
    /// Words.
    pub text: &'a Text,
    /// Where clicks go.
    pub commands: &'a mut Vec<Command>,
}

impl Views {
    /// Draws one view.
    pub fn ui(&mut self, kind: ViewKind, ui: &mut egui::Ui, scene: &mut Scene<'_>) {
        match kind {
            ViewKind::Learning => learning::accuracy_ui(ui, scene),
            ViewKind::Loss => self.loss.ui(ui, scene),
            ViewKind::Membranes => self.traces.membranes_ui(ui, scene),
            ViewKind::Readout => self.traces.readout_ui(ui, scene),
            ViewKind::Raster => raster::ui(ui, scene, self.traces.lane),
            ViewKind::Faults => faults::ui(ui, scene),
            ViewKind::Task => self.task.ui(ui, scene),
        }
    }

    /// Whether the sample on display changes by itself while learning.
    pub fn advances(&self) -> bool {
        self.task.advance
    }
}

/// Shown in a view that has nothing to draw.
fn nothing_ui(ui: &mut egui::Ui, text: &Text) {
    ui.centered_and_justified(|ui| ui.weak(text.no_data));
}

/// A plot that fills its view, follows the data until the user pans or zooms, and leaves the wheel to them.
fn plot<'a>(id: &'static str, generation: u64) -> egui_plot::Plot<'a> {
    egui_plot::Plot::new((id, generation))
        .allow_boxed_zoom(true)
        // A plain turn of the wheel must not push the data out of sight.
        .allow_scroll([true, false])
        .set_margin_fraction(egui::vec2(0.01, 0.05))
        .auto_bounds(true)
        .x_grid_spacer(|input| axes::one_two_five(&input))
        .y_grid_spacer(|input| axes::one_two_five(&input))
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
