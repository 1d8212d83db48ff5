//! The plot of curves over epochs with its legend, which is also behind the gear with what else can be chosen.

use egui::Ui;

use super::feet_ui;
use crate::views::figure::Figure;
use crate::views::figure::screen::{Plot, legend_inside_ui};
use crate::views::legend::list_ui;
use crate::views::selection::Curves;
use crate::views::{ViewContext, nothing_ui, runs, theme};

impl Curves {
    /// Shows or hides the lane of that entry.
    fn toggle(&mut self, context: &ViewContext<'_>, entry: Option<usize>) {
        if let Some(curves) = entry.and_then(|k| context.snapshot.curves.get(k))
            && !self.hidden.remove(&curves.lane)
        {
            self.hidden.insert(curves.lane);
        }
    }

    /// What is behind the gear.
    pub(super) fn options_ui(&mut self, ui: &mut Ui, context: &ViewContext<'_>, figure: Option<&Figure>, pinned: bool) {
        if !context.snapshot.changes.is_empty() {
            let named = context.text.device.changes;
            ui.checkbox(&mut self.changes, named.name).on_hover_text(named.meaning);
        }
        if pinned {
            runs::pinned_lane_ui(ui, context, &mut self.pinned);
        }
        ui.spacing_mut().item_spacing.y = 0.5 * theme::UNIT;
        let keys = figure.map(|figure| figure.panels[0].keys()).unwrap_or_default();
        let clicked = ui.vertical(|ui| list_ui(ui, &keys)).inner;
        self.toggle(context, clicked);
    }

    /// The plot with a foot for every change, and the legend where the fewest points are.
    pub(super) fn plot_ui(
        &mut self,
        ui: &mut Ui,
        context: &ViewContext<'_>,
        id: &'static str,
        figure: Option<Figure>,
        hover: Option<impl Fn(f64, f64) -> Option<String>>,
    ) {
        let Some(figure) = figure.filter(|figure| !figure.is_empty()) else { return nothing_ui(ui, context.text) };
        let panel = &figure.panels[0];
        let plot = Plot::new(panel, id, context.snapshot);
        let plot = if let Some(hover) = hover { plot.hover(hover) } else { plot };
        let shown = plot.show(ui, context.text, |_| {});
        feet_ui(ui, panel, &shown);
        let clicked = legend_inside_ui(ui, panel, &shown);
        self.toggle(context, clicked);
    }
}
