//! What the views are put together from: heads, choices, words.

use super::selection::Selection;
use super::theme::icons;
use crate::params::Lane;
use crate::session::messages::SampleView;
use crate::text::Text;

/// A choice of the lane that all views of a single lane show.
pub(super) fn lane_ui(ui: &mut egui::Ui, text: &Text, selection: &mut Selection, lanes: &[Lane]) {
    combo_ui(ui, "lane", text.lane, 90.0, text.lane(selection.lane).name, |ui| {
        for &lane in lanes {
            let named = text.lane(lane);
            ui.selectable_value(&mut selection.lane, lane, named.name).on_hover_text(named.meaning);
        }
    });
}

/// A choice of that width with its name beside it; in a narrow view the name, which would be broken in two, stands in
/// the tooltip alone.
pub(super) fn combo_ui(
    ui: &mut egui::Ui,
    id: &str,
    name: &str,
    width: f32,
    chosen: &str,
    add: impl FnOnce(&mut egui::Ui),
) {
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
pub(super) fn adds(ui: &egui::Ui) -> bool {
    ui.input(|i| i.modifiers.command || i.modifiers.shift)
}

/// Shown in a view that has nothing to draw.
pub(super) fn nothing_ui(ui: &mut egui::Ui, text: &Text) {
    centered_ui(ui, text.no_data);
}

/// As [`nothing_ui`], with what to do about it.
pub(super) fn nothing_until_ui(ui: &mut egui::Ui, text: &Text, button: crate::text::Named) {
    centered_ui(ui, &format!("{}\n{}{colon}{}", text.no_data, button.name, button.meaning, colon = text.colon));
}

/// Words in the middle of what is left of a view, in lines that are not stretched to its width.
pub(super) fn centered_ui(ui: &mut egui::Ui, words: &str) {
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
pub(super) fn head_ui<R>(ui: &mut egui::Ui, id: &'static str, add: impl FnOnce(&mut egui::Ui) -> R) -> R {
    if !is_low(ui) {
        return ui.horizontal_wrapped(add).inner;
    }
    let hidden = egui::scroll_area::ScrollBarVisibility::AlwaysHidden;
    let area = egui::ScrollArea::horizontal().id_salt(id).scroll_bar_visibility(hidden);
    area.show(ui, |ui| ui.horizontal(add).inner).inner
}

/// What a view can be told behind a gear at the right of its head.
pub(super) fn options_ui(ui: &mut egui::Ui, text: &Text, add: impl FnOnce(&mut egui::Ui)) {
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let menu = egui::containers::menu::MenuButton::new(icons::GEAR);
        let config = egui::containers::menu::MenuConfig::new();
        let closes = config.close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside);
        let (gear, _) = menu.config(closes).ui(ui, add);
        icons::named(ui, gear, text.shell.options, false);
    });
}

/// Whether a view has no room for more than its plot and a head of one line.
pub(super) fn is_low(ui: &egui::Ui) -> bool {
    /// In points.
    const LOW: f32 = 160.0;
    ui.available_height() < LOW
}

/// Words in one line, cut where there is no more room.
pub(super) fn elided(
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
pub(super) fn whole_ui(ui: &mut egui::Ui, words: impl Into<egui::WidgetText>) -> egui::Response {
    ui.add(egui::Label::new(words).extend())
}

/// The name of class `k`.
pub(super) fn class_name(sample: &SampleView, k: usize) -> &str {
    sample.class_names.get(k).map_or("?", String::as_str)
}
