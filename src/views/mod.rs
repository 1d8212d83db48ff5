//! What a person sees. One file and one `View` each, all in the list below.
//!
//! A view turns a [`Snapshot`] into shapes and clicks into commands of an [`Outbox`]; it never computes
//! what the session should, and never looks at chip or host.

pub mod anchors;
mod answers;
mod axes;
mod batch;
mod bench;
mod chip_map;
mod chips;
mod compensation;
mod confusion;
mod detail;
mod draw;
mod energy;
mod faults;
pub mod figure;
mod learning;
mod legend;
mod mismatch;
mod neuron_importance;
mod oscilloscope;
pub mod param_ui;
mod parts;
mod plots;
mod raster;
mod readout;
mod repeats;
mod rounds;
mod runs;
mod scaling;
mod selection;
mod slope;
mod studies;
mod sweep;
mod task;
pub mod theme;
mod ticks;
mod traces;
pub(crate) mod voltage;
mod weights;

use serde::{Deserialize, Serialize};

use crate::params::Lane;
use crate::session::messages::{BatchesView, ChipView, Outbox, RunsView, Snapshot};
use crate::text::{Text, ViewText};
use figure::Figure;
use parts::{
    adds, centered_ui, class_name, combo_ui, elided, head_ui, is_low, lane_ui, nothing_ui, nothing_until_ui,
    options_ui, whole_ui,
};
use plots::finite;
use selection::Selection;

/// One view: what it is called, how it is drawn, and what can be taken away of it.
trait View {
    /// Title and help.
    fn text(text: &Text) -> ViewText
    where
        Self: Sized;

    /// Whether it is a plot that can be panned and zoomed.
    fn is_plot() -> bool
    where
        Self: Sized,
    {
        true
    }

    /// Draws it.
    fn ui(&mut self, ui: &mut egui::Ui, context: &mut ViewContext<'_>, selection: &mut Selection);

    /// What it shows, for window, drawing, picture and table; `None` where there is nothing.
    fn figure(&self, seen: &Seen<'_>) -> Option<Figure>;
}

/// Makes the list of views. The names are those in files of settings.
macro_rules! views {
    ($($(#[$doc:meta])* $kind:ident: $view:ty,)+) => {
        /// All views, in the order in which they are offered.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ViewKind {
            $($(#[$doc])* $kind,)+
        }

        impl ViewKind {
            /// All views.
            pub const ALL: [Self; [$(Self::$kind),+].len()] = [$(Self::$kind),+];

            /// What it is called in lessons and on the command line.
            pub fn key(self) -> &'static str {
                crate::lesson::names::VIEWS[self as usize]
            }

            /// The view of that key.
            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|kind| kind.key() == key)
            }

            /// Title and help.
            pub fn text(self, text: &Text) -> ViewText {
                match self {
                    $(Self::$kind => <$view>::text(text),)+
                }
            }

            /// Whether it is a plot that can be panned and zoomed.
            pub fn is_plot(self) -> bool {
                match self {
                    $(Self::$kind => <$view>::is_plot(),)+
                }
            }

            fn view(self) -> Box<dyn View> {
                match self {
                    $(Self::$kind => Box::<$view>::default(),)+
                }
            }
        }
    };
}

views! {
    /// Accuracy of all lanes.
    Learning: learning::Accuracy,
    /// Loss of all lanes.
    Loss: learning::Loss,
    /// Hidden membranes.
    Membranes: traces::TraceView,
    /// Readout membranes.
    Readout: readout::Readout,
    /// Spikes.
    Raster: raster::RasterView,
    /// Nominal against actual parameters.
    Faults: faults::Faults,
    /// The sample and the answers.
    Task: task::TaskView,
    /// The floor plan.
    ChipMap: chip_map::ChipMap,
    /// The codes on the chip.
    Weights: weights::WeightsPane,
    /// One parameter on all neurons.
    Mismatch: mismatch::MismatchView,
    /// How learning answers the faults.
    Compensation: compensation::CompensationView,
    /// One round of the loop with its numbers.
    Rounds: rounds::Rounds,
    /// What is taken for what.
    Confusion: confusion::Confusion,
    /// A picture of one's own.
    Draw: draw::DrawView,
    /// Neurons by the harm they do.
    Culprits: neuron_importance::NeuronImportanceView,
    /// The same weights on many chips.
    Chips: chips::ChipsPane,
    /// One sample many times.
    Repeats: repeats::RepeatsPane,
    /// One input into some circuits of the chip.
    Bench: bench::BenchPane,
    /// The step of a spike, and the slope that the host puts in its place.
    Slope: slope::SlopePane,
    /// The runs that are kept.
    Runs: runs::RunsPane,
    /// Many runs over a grid of parameters.
    Sweep: sweep::SweepView,
    /// The questions of the paper.
    Studies: studies::StudiesPane,
    /// What a sample costs.
    Energy: energy::EnergyPane,
    /// What must cross, and how fast, at other sizes.
    Scaling: scaling::ScalingPane,
}

/// Whether a chip shows what a view looks at. A chip that Misfit did not make may tell what its neurons are, but not
/// where they sit, and copies of it cannot be made.
fn is_shown_by(chip: &ChipView, kind: ViewKind) -> bool {
    use ViewKind as K;
    match kind {
        K::ChipMap | K::Culprits | K::Bench => !chip.is_foreign,
        K::Faults | K::Mismatch | K::Compensation => !chip.is_foreign || !chip.spreads.is_empty(),
        _ => true,
    }
}

/// What every view is given to draw.
pub struct ViewContext<'a> {
    /// What to draw.
    pub snapshot: &'a Snapshot,
    /// The runs that are kept.
    pub runs: &'a RunsView,
    /// What is computed beside the run.
    pub batches: &'a BatchesView,
    /// Words.
    pub text: &'a Text,
    /// Where clicks go.
    pub commands: &'a mut Outbox,
}

/// What the numbers of a view are taken from.
struct Seen<'a> {
    snapshot: &'a Snapshot,
    runs: &'a RunsView,
    batches: &'a BatchesView,
    text: &'a Text,
    selection: &'a Selection,
    /// The theme that it is drawn in: that of the window, or white paper.
    visuals: &'a egui::Visuals,
}

impl ViewContext<'_> {
    /// What is seen in the window.
    fn seen<'a>(&'a self, selection: &'a Selection, visuals: &'a egui::Visuals) -> Seen<'a> {
        let Self { snapshot, runs, batches, text, .. } = *self;
        Seen { snapshot, runs, batches, text, selection, visuals }
    }
}

/// The state of all views.
pub struct Views {
    selection: Selection,
    /// In the order of [`ViewKind::ALL`].
    views: [Box<dyn View>; ViewKind::ALL.len()],
}

impl Default for Views {
    fn default() -> Self {
        Self { selection: Selection::default(), views: ViewKind::ALL.map(ViewKind::view) }
    }
}

impl Views {
    /// Draws one view.
    pub fn ui(&mut self, kind: ViewKind, ui: &mut egui::Ui, context: &mut ViewContext<'_>) {
        self.selection.begin(ui.ctx().cumulative_frame_nr());
        if context.snapshot.chip.n_hidden > 0 {
            self.selection.keep_below(context.snapshot.chip.n_hidden);
        }
        if !is_shown_by(&context.snapshot.chip, kind) {
            return centered_ui(ui, context.text.shows_nothing);
        }
        self.views[kind as usize].ui(ui, context, &mut self.selection);
    }

    /// The numbers of a view, as they are shown; `None` where there is nothing to take away.
    pub fn figure(
        &self,
        kind: ViewKind,
        snapshot: &Snapshot,
        runs: &RunsView,
        batches: &BatchesView,
        text: &Text,
    ) -> Option<Figure> {
        let seen = Seen { snapshot, runs, batches, text, selection: &self.selection, visuals: &theme::paper() };
        self.views[kind as usize].figure(&seen).filter(|figure| !figure.is_empty())
    }

    /// The lane that the views of a single lane show.
    pub fn lane(&self) -> Lane {
        self.selection.lane
    }

    /// Lets the views of a single lane show that one.
    pub fn show_lane(&mut self, lane: Lane) {
        self.selection.lane = lane;
    }

    /// The hidden neurons that are selected.
    pub fn selected(&self) -> &[usize] {
        self.selection.neurons()
    }

    /// Whether the sample on display changes by itself while learning.
    pub fn advances(&self) -> bool {
        self.selection.advance
    }

    /// Keeps the sample on display until told otherwise.
    pub fn hold_sample(&mut self) {
        self.selection.advance = false;
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

#[cfg(test)]
mod tests {
    use super::ViewKind;
    use crate::lesson::names::{VIEWS, key_of};

    #[test]
    fn lessons_know_every_view_by_the_name_that_it_has_in_the_source() {
        assert_eq!(ViewKind::ALL.map(key_of).as_slice(), VIEWS);
    }
}
