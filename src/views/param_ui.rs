//! A control for any parameter, made from its description.

use egui::{Response, Ui};

use crate::params::{Kind, ParamSpec, Params, Scale, TakesEffect, Value};
use crate::text::Text;

/// Draws the control of one parameter and writes what the user chose. Returns whether it changed.
pub fn param_ui(ui: &mut Ui, spec: &ParamSpec, params: &mut Params, text: &Text) -> bool {
    let before = (spec.get)(params);
    let mut value = before.clone();
    // The many σ are told apart by their symbols; their names stand in the tooltip.
    let name = text.param(spec).label;
    let label = match (spec.symbol, spec.kind) {
        ("", _) => name.to_owned(),
        (symbol, Kind::Spread { .. }) => text.word(symbol).to_owned(),
        (symbol, _) => format!("{name}, {}", text.word(symbol)),
    };
    let response = match (&mut value, spec.kind) {
        (Value::Number(si), Kind::Number { min, max }) => number_ui(ui, spec, si, [min, max], &label, text),
        (value, Kind::Spread { max, .. }) => {
            let automatic = spec.automatic(params).unwrap_or_default();
            spread_ui(ui, spec, value, [max, automatic], &label, text)
        }
        (Value::Number(n), Kind::Integer { min, max }) => integer_ui(ui, spec, n, min, max, &label),
        (Value::Flag(flag), Kind::Flag) => ui.checkbox(flag, label),
        (Value::Word(word), Kind::Choice(words)) => {
            let inner = ui.horizontal(|ui| {
                let combo = egui::ComboBox::from_id_salt(spec.key).selected_text(text.word(word)).show_ui(ui, |ui| {
                    for option in words {
                        ui.selectable_value(word, option, text.word(option));
                    }
                });
                combo.response.labelled_by(ui.label(label).id)
            });
            inner.inner
        }
        (Value::Words(chosen), Kind::Choices(words)) => {
            let inner = ui.horizontal_wrapped(|ui| {
                ui.label(label);
                for word in words {
                    let mut on = chosen.contains(word);
                    if ui.checkbox(&mut on, text.word(word)).changed() {
                        if on { chosen.push(word) } else { chosen.retain(|c| c != word) }
                    }
                }
            });
            inner.response
        }
        (value @ Value::Integers(_), Kind::Integers { .. }) => {
            let name = ui.label(label);
            // What is typed makes no list until it is complete, so it is kept as text as long as somebody types.
            let id = ui.scope_id().with(spec.key);
            let kept = ui.data(|data| data.get_temp::<String>(id));
            let mut typed = kept.unwrap_or_else(|| spec.format(value));
            let field = ui.text_edit_singleline(&mut typed).labelled_by(name.id);
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
            let name = ui.label(label);
            ui.text_edit_singleline(content).labelled_by(name.id)
        }
        _ => ui.label(label),
    };
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
    ui.strong(words.label);
    ui.label(words.help);
    let default = spec.format(default);
    if let Some(range) = range(spec, text) {
        ui.weak(format!("{}: {range}", text.range));
    }
    ui.weak(format!("{}: {default}{}", text.double_click, text.word(spec.unit.suffix())));
    ui.weak(format!("{}: {}", text.source, spec.source));
    if spec.takes_effect == TakesEffect::OnRestart {
        ui.strong(text.takes_restart);
    }
    ui.monospace(spec.key);
}

/// From where to where a number may go, in the unit of the edge.
fn range(spec: &ParamSpec, text: &Text) -> Option<String> {
    let shown = |si: f64| spec.unit.shown_from_si(si);
    let suffix = text.word(spec.unit.suffix());
    match spec.kind {
        Kind::Number { min, max } => Some(format!("{} … {}{suffix}", shown(min), shown(max))),
        Kind::Spread { max, .. } => Some(format!("{}, 0 … {}{suffix}", text.auto.name, shown(max))),
        Kind::Integer { min, max } => Some(format!("{min} … {max}")),
        Kind::Integers { max } => Some(format!("0 … {max}")),
        Kind::Flag | Kind::Choice(_) | Kind::Choices(_) | Kind::Text => None,
    }
}

fn number_ui(ui: &mut Ui, spec: &ParamSpec, si: &mut f64, [min, max]: [f64; 2], label: &str, text: &Text) -> Response {
    let unit = spec.unit;
    let mut shown = unit.shown_from_si(*si);
    let range = unit.shown_from_si(min)..=unit.shown_from_si(max);
    let logarithmic = spec.scale == Scale::Logarithmic;
    let slider = egui::Slider::new(&mut shown, range)
        .logarithmic(logarithmic)
        .smallest_positive(if logarithmic { unit.shown_from_si(max) * 1e-6 } else { 1e-6 })
        .max_decimals(6)
        .custom_formatter(|x, decimals| {
            // A logarithmic slider would write zero with all six decimals.
            if x == 0.0 { "0".into() } else { egui::emath::format_with_decimals_in_range(x, decimals) }
        })
        .suffix(text.word(unit.suffix()))
        .text(label);
    let response = ui.add(slider);
    if response.changed() {
        *si = unit.si_from_shown(shown).clamp(min, max);
    }
    response
}

fn integer_ui(ui: &mut Ui, spec: &ParamSpec, n: &mut f64, min: u32, max: u32, label: &str) -> Response {
    let mut shown = *n as u32;
    let response = if max > 5000 {
        ui.horizontal(|ui| {
            let response = ui.add(egui::DragValue::new(&mut shown).range(min..=max));
            let name = ui.label(label);
            response.labelled_by(name.id)
        })
        .inner
    } else {
        ui.add(egui::Slider::new(&mut shown, min..=max).logarithmic(spec.scale == Scale::Logarithmic).text(label))
    };
    *n = f64::from(shown);
    response
}

/// A slider that moves with the global σ until it is given a value of its own.
fn spread_ui(
    ui: &mut Ui,
    spec: &ParamSpec,
    value: &mut Value,
    [max, automatic]: [f64; 2],
    label: &str,
    text: &Text,
) -> Response {
    ui.horizontal(|ui| {
        let mut auto = *value == Value::Auto;
        let mut si = if let Value::Number(si) = value { *si } else { automatic.min(max) };
        let toggle = ui.checkbox(&mut auto, text.auto.name).on_hover_text(text.auto.meaning);
        let response = number_ui(ui, spec, &mut si, [0.0, max], label, text);
        if response.changed() {
            auto = false;
        }
        if toggle.changed() || response.changed() {
            *value = if auto { Value::Auto } else { Value::Number(si) };
        }
        response
    })
    .inner
}
