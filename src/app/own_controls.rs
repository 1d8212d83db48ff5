//! Sliders of one's own: each moves several parameters, is made in the panel, and is remembered with the window.

use std::fmt::Write as _;

use egui::Ui;
use serde::{Deserialize, Serialize};

use super::App;
use crate::lesson::Control;
use crate::lesson::words::Words;
use crate::params::{Kind, PARAMS, ParamSpec, Scale, find};
use crate::text::Text;
use crate::views::theme;

/// Width of the fields of the maker, in points.
const WIDTH: f32 = 220.0;

/// A slider as it is remembered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OwnControl {
    /// What it is called.
    pub label: String,
    /// The keys of the parameters that it moves.
    pub sets: Vec<String>,
    /// Its smallest value, in the unit of the first of them.
    pub from: f64,
    /// Its largest value.
    pub to: f64,
    /// Whether equal steps are equal ratios.
    pub logarithmic: bool,
}

impl Default for OwnControl {
    fn default() -> Self {
        Self { label: String::new(), sets: Vec::new(), from: 0.0, to: 50.0, logarithmic: false }
    }
}

impl OwnControl {
    /// Sliders that are remembered, at most.
    pub(super) const MOST: usize = 12;

    /// The slider, if there can be one.
    fn control(&self, id: usize) -> Option<Control> {
        let sets: Vec<&'static ParamSpec> = self.sets.iter().map(|key| find(key)).collect::<Option<_>>()?;
        let unit = sets.first().map_or("", |spec| spec.unit.suffix()).trim().to_owned();
        let control = Control {
            id: format!("own_{}", id + 1),
            label: Words::plain(&self.label),
            sets,
            from: self.from,
            to: self.to,
            unit,
            marks: Vec::new(),
            logarithmic: self.logarithmic,
        };
        control.check().is_ok().then_some(control)
    }

    /// Moves one parameter more; the first one brings its range.
    fn add(&mut self, spec: &ParamSpec) {
        let range = match spec.kind {
            Kind::Number { min, max } => Some([min, max]),
            Kind::Spread { max, .. } => Some([0.0, max]),
            _ => None,
        };
        if let Some(range) = range.filter(|_| self.sets.is_empty()) {
            [self.from, self.to] = range.map(|end| spec.unit.shown_from_si(end));
            self.logarithmic = spec.scale == Scale::Logarithmic && self.from > 0.0;
        }
        self.sets.push(spec.key.to_owned());
    }

    /// Whether it can be shown.
    pub(super) fn is_sane(&self) -> bool {
        self.control(0).is_some()
    }
}

/// The slider that is being made.
#[derive(Default)]
pub(super) struct Maker {
    pub(super) open: bool,
    draft: OwnControl,
}

impl App {
    /// The sliders, each with a button that removes it.
    pub(super) fn own_controls_ui(&mut self, ui: &mut Ui) {
        let text = self.text;
        let mut removed = None;
        for (k, own) in self.settings.own_controls.clone().iter().enumerate() {
            let Some(control) = own.control(k) else { continue };
            ui.push_id(("own control", k), |ui| {
                self.own_control_ui(ui, &control);
                ui.horizontal_wrapped(|ui| {
                    let names = control.sets.iter().map(|spec| text.param(spec).label).collect::<Vec<_>>();
                    ui.weak(names.join(", "));
                    if ui.small_button(text.lessons.remove).clicked() {
                        removed = Some(k);
                    }
                });
            });
        }
        if let Some(k) = removed {
            self.settings.own_controls.remove(k);
        }
    }

    /// Makes another one.
    pub(super) fn own_slider_button_ui(&mut self, ui: &mut Ui) {
        let text = self.text;
        if self.settings.own_controls.len() < OwnControl::MOST {
            let named = text.lessons.own_slider;
            if ui.button(named.name).on_hover_text(named.meaning).clicked() {
                self.maker.open = true;
            }
        }
    }

    /// The window in which one is made.
    pub(super) fn maker_ui(&mut self, ctx: &egui::Context) {
        let (text, mut open) = (self.text, self.maker.open);
        let mut made = None;
        egui::Window::new(text.lessons.own_slider.name)
            .id(egui::Id::unique("own slider"))
            .open(&mut open)
            .collapsible(false)
            .resizable(false)
            .default_pos(egui::pos2(360.0, 90.0))
            .show(ctx, |ui| made = self.maker.fields_ui(ui, text));
        self.maker.open = open;
        if let Some(own) = made {
            self.settings.own_controls.push(own);
            self.settings.controls = true;
            self.maker = Maker::default();
        }
    }
}

impl Maker {
    /// Everything that it consists of; returns it when it is to be made.
    fn fields_ui(&mut self, ui: &mut Ui, text: &Text) -> Option<OwnControl> {
        let (words, own) = (&text.lessons, &mut self.draft);
        ui.label(words.own_slider.meaning);
        egui::Grid::new("own slider").num_columns(2).show(ui, |ui| {
            let name = ui.label(words.slider_name);
            ui.add(egui::TextEdit::singleline(&mut own.label).desired_width(WIDTH)).labelled_by(name.id);
            ui.end_row();
            ui.label(words.moves);
            ui.vertical(|ui| {
                own.sets.retain(|key| {
                    let label = find(key).map_or(key.as_str(), |spec| text.param(spec).label);
                    // A click takes it away again.
                    !ui.selectable_label(true, label).on_hover_text(words.remove).clicked()
                });
                egui::ComboBox::from_id_salt("moves").width(WIDTH).selected_text(words.add_parameter).show_ui(
                    ui,
                    |ui| {
                        for spec in PARAMS.iter().filter(|spec| Control::can_move(spec)) {
                            let known = own.sets.iter().any(|key| key == spec.key);
                            if !known && ui.selectable_label(false, text.param(spec).label).clicked() {
                                own.add(spec);
                            }
                        }
                    },
                );
            });
            ui.end_row();
            let unit = own.sets.first().and_then(|key| find(key)).map_or("", |spec| spec.unit.suffix());
            for (name, value) in [(words.from, &mut own.from), (words.to, &mut own.to)] {
                let name = ui.label(name);
                ui.add(egui::DragValue::new(value).speed(0.1).suffix(unit)).labelled_by(name.id);
                ui.end_row();
            }
            ui.label("");
            ui.checkbox(&mut own.logarithmic, text.logarithmic.name);
            ui.end_row();
        });
        let problem = if own.label.trim().is_empty() {
            Some(words.needs_name)
        } else {
            (!own.is_sane()).then_some(words.needs_range)
        };
        let make = ui.add_enabled(problem.is_none(), egui::Button::new(theme::strong(words.make)));
        if let Some(problem) = problem {
            ui.weak(problem);
        }
        make.clicked().then(|| own.clone())
    }
}

/// The sliders as `[[control]]` of a lesson file, and their names in `show`.
pub(super) fn as_lesson_controls(own: &[OwnControl]) -> (String, Vec<String>) {
    let (mut file, mut shown) = (String::new(), Vec::new());
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    for (k, own) in own.iter().enumerate() {
        let Some(control) = own.control(k) else { continue };
        let sets: Vec<String> = own.sets.iter().map(|key| quoted(key)).collect();
        let label = quoted(&own.label);
        let _ = writeln!(file, "[[control]]\nid = \"{}\"\nlabel.en = {label}\nlabel.zh = {label}", control.id);
        let _ = writeln!(file, "sets = [{}]\nfrom = {}\nto = {}", sets.join(", "), own.from, own.to);
        let _ = writeln!(file, "unit = {}\nlogarithmic = {}\n", quoted(&control.unit), own.logarithmic);
        shown.push(quoted(&format!("control.{}", control.id)));
    }
    (file, shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(sets: &[&str], from: f64, to: f64, logarithmic: bool) -> OwnControl {
        let sets = sets.iter().map(|key| (*key).to_owned()).collect();
        OwnControl { label: "Out of tune".into(), sets, from, to, logarithmic }
    }

    #[test]
    fn a_slider_moves_numbers_that_act_at_once_within_their_ranges_and_nothing_else() {
        assert!(own(&["sigma_tau_mem", "sigma_threshold"], 0.0, 50.0, false).is_sane());
        assert!(own(&["learning_rate"], 0.0001, 0.1, true).is_sane());
        for (wrong, why) in [
            (own(&[], 0.0, 50.0, false), "no parameter"),
            (own(&["owl"], 0.0, 50.0, false), "a parameter that there is not"),
            (own(&["hidden"], 1.0, 50.0, false), "acts after a restart"),
            (own(&["threads"], 1.0, 4.0, false), "the machine is not the experiment's"),
            (own(&["sigma"], 50.0, 0.0, false), "it runs backward"),
            (own(&["sigma"], 0.0, 1e9, false), "beyond the range of the parameter"),
            (own(&["learning_rate"], 0.0, 0.1, true), "zero has no logarithm"),
            (own(&["sigma"], f64::NAN, 1.0, false), "no number"),
        ] {
            assert!(!wrong.is_sane(), "{why}");
        }
    }

    #[test]
    fn the_first_parameter_brings_its_range_and_no_other_one_changes_it() {
        for spec in PARAMS.iter().filter(|spec| Control::can_move(spec)) {
            let mut slider = OwnControl { label: "one".into(), ..OwnControl::default() };
            slider.add(spec);
            assert!(slider.is_sane(), "{} from {} to {}", spec.key, slider.from, slider.to);
            let ends = [slider.from, slider.to];
            slider.add(find("sigma").expect("a parameter"));
            assert_eq!([slider.from, slider.to].map(f64::to_bits), ends.map(f64::to_bits));
        }
    }

    #[test]
    fn what_is_copied_for_a_lesson_is_read_by_a_lesson() {
        let (controls, shown) = as_lesson_controls(&[own(&["sigma_tau_mem", "sigma_threshold"], 0.0, 50.0, false)]);
        let shown = shown.join(", ");
        let lesson = format!(
            "format = 1\nid = \"own\"\nversion = \"1\"\nminutes = 1\ntitle.en = \"a\"\ntitle.zh = \"b\"\n\n{controls}\
             [[step]]\nid = \"step\"\ntext.en = \"a\"\ntext.zh = \"b\"\nshow = [{shown}]\n"
        );
        let lesson = crate::lesson::file::parse(&lesson, std::path::Path::new("own.toml")).expect("a lesson");
        assert_eq!((lesson.controls.len(), lesson.controls[0].sets.len()), (1, 2));
    }
}
