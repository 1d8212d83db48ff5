//! The legend of curves over epochs: in the plot, and behind the gear with what else can be chosen.

use std::sync::Arc;

use egui::Ui;
use egui_plot::PlotResponse;

use super::Curves;
use crate::session::messages::LaneCurves;
use crate::views::legend::{Item, legend_inside_ui, list_ui};
use crate::views::{ViewContext, runs, theme};

/// Points of a curve that tell where it is.
const ENOUGH: usize = 200;

impl Curves {
    /// The lanes, how `kinds` of curves are drawn, and the pinned runs.
    pub(super) fn items(&self, ui: &Ui, context: &ViewContext<'_>, kinds: &[Item], pinned: bool) -> Vec<Item> {
        let lane_item = |curves: &LaneCurves| {
            let (lane, color) = (curves.lane, theme::lane_color(curves.lane, ui.visuals()));
            let item = Item::new(theme::lane_mark(lane), context.text.lane(lane).name, color);
            item.toggled(!self.hidden.contains(&lane))
        };
        let mut items: Vec<Item> = context.snapshot.curves.iter().map(lane_item).collect();
        items.extend_from_slice(kinds);
        if pinned {
            items.extend(runs::pinned_items(context, ui.visuals()));
        }
        items
    }

    /// Shows or hides the lane of that item.
    fn toggle(&mut self, context: &ViewContext<'_>, item: Option<usize>) {
        if let Some(curves) = item.and_then(|k| context.snapshot.curves.get(k))
            && !self.hidden.remove(&curves.lane)
        {
            self.hidden.insert(curves.lane);
        }
    }

    /// What is behind the gear.
    pub(super) fn options_ui(&mut self, ui: &mut Ui, context: &ViewContext<'_>, items: &[Item], pinned: bool) {
        self.changes_box_ui(ui, context);
        if pinned {
            runs::pinned_lane_ui(ui, context, &mut self.pinned);
        }
        ui.spacing_mut().item_spacing.y = 0.5 * theme::UNIT;
        let clicked = ui.vertical(|ui| list_ui(ui, items)).inner;
        self.toggle(context, clicked);
    }

    /// The legend, where the fewest points of these curves are.
    pub(super) fn inside_ui(
        &mut self,
        ui: &mut Ui,
        context: &ViewContext<'_>,
        plot: &PlotResponse<()>,
        items: &[Item],
        curves: impl Fn(&LaneCurves) -> [Arc<Vec<[f64; 2]>>; 2],
        height: impl Fn(f64) -> f64,
    ) {
        let lines: Vec<_> = self.shown(context.snapshot).flat_map(curves).collect();
        let some = |line: &'_ Arc<Vec<[f64; 2]>>| {
            let step = line.len() / ENOUGH + 1;
            line.iter().step_by(step).map(|p| egui_plot::PlotPoint::new(p[0], height(p[1]))).collect::<Vec<_>>()
        };
        let places = lines.iter().flat_map(some).map(|point| plot.transform.position_from_point(&point));
        // Letters of pinned runs stand at the right ends of their curves.
        let left_only = !context.runs.groups.is_empty();
        let clicked = legend_inside_ui(ui, *plot.transform.frame(), items, left_only, places);
        self.toggle(context, clicked);
    }
}
