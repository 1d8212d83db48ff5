//! A control for any parameter, made from its description.

use egui::{Response, Ui};

use super::theme::{self, icons};
use crate::params::{Kind, ParamSpec, Params, Scale, TakesEffect, Value};
use crate::text::Text;

/// Share of a row that its name takes.
const NAME: f32 = 0.4;
/// Width of the numbers, and of the link before them, in points.
const NUMBER: f32 = 60.0;
const LINK: f32 = 16.0;
/// Digits that a number is shown with.
const DIGITS: f64 = 3.0;

/// Draws the control of one parameter in three columns, name, slider and number, and writes what the user chose.
/// Returns whether it changed.
pub fn param_ui(ui: &mut Ui, spec: &ParamSpec, params: &mut Params, text: &Text) -> bool {
    let before = (spec.get)(params);
    let mut value = before.clone();
    // The many σ are told apart by their symbols; their names stand in the tooltip.
    let name = text.param(spec).label;
    let label = match (spec.symbol, spec.kind) {
        ("", _) => name.to_owned(),
        (symbol, Kind::Spread { .. }) => text.word(symbol).to_owned(),
        (symbol, _) => format!("{name}{}{}", text.comma, text.word(symbol)),
    };
    let automatic = spec.automatic(params).unwrap_or_default();
    let row = ui.horizontal(|ui| {
        let width = NAME * ui.available_width();
        let height = ui.spacing().interact_size.y;
        // A switch has its name beside it, in the column of the sliders.
        let shown = if matches!(spec.kind, Kind::Flag) { "" } else { label.as_str() };
        let layout = egui::Layout::left_to_right(egui::Align::Center);
        let column = |ui: &mut Ui| {
            ui.set_min_width(width);
            ui.add(egui::Label::new(shown).truncate())
        };
        let name = ui.allocate_ui_with_layout(egui::vec2(width, height), layout, column).inner;
        control_ui(ui, spec, &mut value, automatic, (&name, &label), text)
    });
    let response = row.inner | row.response;
    super::anchors::mark(ui, format!("param.{}", spec.key), response.rect);
    // Some defaults belong to the task.
    let default = (spec.get)(&Params::for_task(params.task.kind));
    let response = response.on_hover_ui(|ui| tooltip_ui(ui, spec, &default, text));
    if double_clicked(ui, &response) {
        value = default;
    }
    if value == before || spec.check(&value, spec.key).is_err() {
        return false;
    }
    (spec.set)(params, value);
    true
}

/// Whether a control was double-clicked. A slider only listens to drags, so egui does not tell; and two clicks into
/// the number of a slider are for typing.
pub fn double_clicked(ui: &Ui, response: &Response) -> bool {
    let pointer = || ui.input(|i| i.pointer.button_double_clicked(egui::PointerButton::Primary));
    response.double_clicked() || (response.contains_pointer() && pointer() && !ui.ctx().text_edit_focused())
}

/// What it does, in which unit, how far it goes, where it comes from.
fn tooltip_ui(ui: &mut Ui, spec: &ParamSpec, default: &Value, text: &Text) {
    ui.set_max_width(340.0);
    let words = text.param(spec);
    ui.label(theme::strong(words.label));
    ui.label(words.help);
    let default = spec.format(default);
    if let Some(range) = range(spec, text) {
        ui.weak(format!("{}{}{range}", text.range, text.colon));
    }
    ui.weak(format!("{}{}{default}{}", text.double_click, text.colon, text.word(spec.unit.suffix())));
    ui.weak(format!("{}{}{}", text.source, text.colon, spec.source));
    if spec.takes_effect == TakesEffect::OnRestart {
        ui.strong(text.takes_restart);
    }
    ui.monospace(spec.key);
}

/// From where to where a number may go, in the unit of the edge.
pub fn range(spec: &ParamSpec, text: &Text) -> Option<String> {
    let shown = |si: f64| spec.unit.shown_from_si(si);
    let suffix = text.word(spec.unit.suffix());
    match spec.kind {
        Kind::Number { min, max } => Some(format!("{} … {}{suffix}", shown(min), shown(max))),
        Kind::Spread { max, .. } => Some(format!("{}{}0 … {}{suffix}", text.auto.name, text.comma, shown(max))),
        Kind::Integer { min, max } => Some(format!("{min} … {max}")),
        Kind::Integers { max } => Some(format!("0 … {max}")),
        Kind::Flag | Kind::Choice(_) | Kind::Choices(_) | Kind::Text => None,
    }
}

/// The control itself, for whatever kind of value it is.
fn control_ui(
    ui: &mut Ui,
    spec: &ParamSpec,
    value: &mut Value,
    automatic: f64,
    (name, label): (&Response, &str),
    text: &Text,
) -> Response {
    let narrowed = |ui: &mut Ui| ui.spacing_mut().combo_width = (ui.available_width() - 8.0).max(40.0);
    match (value, spec.kind) {
        (Value::Number(si), Kind::Number { min, max }) => number_ui(ui, spec, si, [min, max], name, text, |_| {}),
        (value, Kind::Spread { max, .. }) => spread_ui(ui, spec, value, [max, automatic], name, text),
        (Value::Number(n), Kind::Integer { min, max }) => integer_ui(ui, spec, n, [min, max], name),
        (Value::Flag(flag), Kind::Flag) => ui.checkbox(flag, label),
        (Value::Word(word), Kind::Choice(words)) => {
            narrowed(ui);
            let combo = egui::ComboBox::from_id_salt(spec.key).selected_text(text.word(word)).truncate();
            let combo = combo.show_ui(ui, |ui| {
                for option in words {
                    ui.selectable_value(word, option, text.word(option));
                }
            });
            combo.response.labelled_by(name.id)
        }
        (Value::Words(chosen), Kind::Choices(words)) => {
            let column = ui.vertical(|ui| {
                for word in words {
                    let mut on = chosen.contains(word);
                    if ui.checkbox(&mut on, text.word(word)).changed() {
                        if on { chosen.push(word) } else { chosen.retain(|c| c != word) }
                    }
                }
            });
            column.response
        }
        (value @ Value::Integers(_), Kind::Integers { .. }) => {
            // What is typed makes no list until it is complete, so it is kept as text as long as it is typed.
            let id = ui.scope_id().with(spec.key);
            let kept = ui.data(|data| data.get_temp::<String>(id));
            let mut typed = kept.unwrap_or_else(|| spec.format(value));
            let field = ui.add(egui::TextEdit::singleline(&mut typed).desired_width(f32::INFINITY));
            let field = field.labelled_by(name.id);
            if let Ok(read) = spec.parse(&typed, spec.key)
                && field.changed()
            {
                *value = read;
            }
            if field.has_focus() {
                ui.data_mut(|data| data.insert_temp(id, typed));
            } else {
                ui.data_mut(|data| data.remove::<String>(id));
            }
            field
        }
        (Value::Text(content), Kind::Text) => {
            ui.add(egui::TextEdit::singleline(content).desired_width(f32::INFINITY)).labelled_by(name.id)
        }
        _ => name.clone(),
    }
}

/// Three significant digits without zeros at the end, and no fewer than an integer has.
fn significant(x: f64) -> String {
    if x == 0.0 || !x.is_finite() {
        return "0".into();
    }
    let decimals = (DIGITS - 1.0 - x.abs().log10().floor()).clamp(0.0, 9.0) as usize;
    let shown = format!("{x:.decimals$}");
    if shown.contains('.') { shown.trim_end_matches('0').trim_end_matches('.').to_owned() } else { shown }
}

/// A slider over the middle column and its number at the right; `between` has a small place before the number.
fn number_ui(
    ui: &mut Ui,
    spec: &ParamSpec,
    si: &mut f64,
    [min, max]: [f64; 2],
    name: &Response,
    text: &Text,
    between: impl FnOnce(&mut Ui),
) -> Response {
    let unit = spec.unit;
    let mut shown = unit.shown_from_si(*si);
    let range = unit.shown_from_si(min)..=unit.shown_from_si(max);
    let logarithmic = spec.scale == Scale::Logarithmic;
    let slider = egui::Slider::new(&mut shown, range.clone())
        .logarithmic(logarithmic)
        .smallest_positive(if logarithmic { unit.shown_from_si(max) * 1e-6 } else { 1e-6 })
        .show_value(false);
    ui.spacing_mut().slider_width =
        (ui.available_width() - NUMBER - LINK - 2.0 * ui.spacing().item_spacing.x).max(24.0);
    let slider = ui.add(slider).labelled_by(name.id);
    let place = ui.allocate_exact_size(egui::vec2(LINK, ui.spacing().interact_size.y), egui::Sense::hover()).0;
    between(&mut ui.new_child(egui::UiBuilder::new().max_rect(place)));
    let speed = if logarithmic { 0.01 * shown.abs().max(1e-6) } else { (range.end() - range.start()) / 400.0 };
    let number = egui::DragValue::new(&mut shown)
        .range(range)
        .speed(speed)
        .max_decimals(9)
        .custom_formatter(|x, _| significant(x))
        .suffix(text.word(unit.suffix()));
    let number = number_cell(ui, number).labelled_by(name.id);
    let response = slider | number;
    if response.changed() {
        *si = unit.si_from_shown(shown).clamp(min, max);
    }
    response
}

/// A number that stands at the right of its column.
fn number_cell(ui: &mut Ui, number: egui::DragValue<'_>) -> Response {
    let size = egui::vec2(ui.available_width().max(NUMBER), ui.spacing().interact_size.y);
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| ui.add(number)).inner
}

fn integer_ui(ui: &mut Ui, spec: &ParamSpec, n: &mut f64, [min, max]: [u32; 2], name: &Response) -> Response {
    let mut shown = *n as u32;
    let number = |shown: &mut u32, ui: &mut Ui| {
        number_cell(ui, egui::DragValue::new(shown).range(min..=max)).labelled_by(name.id)
    };
    let response = if max > 5000 {
        number(&mut shown, ui)
    } else {
        ui.spacing_mut().slider_width =
            (ui.available_width() - NUMBER - LINK - 2.0 * ui.spacing().item_spacing.x).max(24.0);
        let slider = egui::Slider::new(&mut shown, min..=max).logarithmic(spec.scale == Scale::Logarithmic);
        let slider = ui.add(slider.show_value(false)).labelled_by(name.id);
        ui.add_space(LINK + ui.spacing().item_spacing.x);
        slider | number(&mut shown, ui)
    };
    *n = f64::from(shown);
    response
}

/// A slider that moves with the global σ until it is given a value of its own; then a link lets it follow again.
fn spread_ui(
    ui: &mut Ui,
    spec: &ParamSpec,
    value: &mut Value,
    [max, automatic]: [f64; 2],
    name: &Response,
    text: &Text,
) -> Response {
    let own = if let Value::Number(si) = value { Some(*si) } else { None };
    let mut si = own.unwrap_or(automatic.min(max));
    let mut follows = false;
    let response = number_ui(ui, spec, &mut si, [0.0, max], name, text, |ui| {
        if own.is_some() {
            let link = ui.add(egui::Button::new(icons::LINK).frame(false));
            follows = icons::named(ui, link, text.auto, false).clicked();
        }
    });
    if follows {
        *value = Value::Auto;
    } else if response.changed() {
        *value = Value::Number(si);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_significant_digits_and_no_needless_zeros() {
        let cases = [
            (20.0, "20"),
            (34.449, "34.4"),
            (0.005, "0.005"),
            (0.012_34, "0.0123"),
            (1234.5, "1234"),
            (0.0, "0"),
            (-2.0, "-2"),
        ];
        for (x, shown) in cases {
            assert_eq!(significant(x), shown);
        }
    }
}
