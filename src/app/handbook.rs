//! The handbook in the window: search, one entry at a time, and *What is this?* for anything on the screen.

use egui::{Context, Id, Key, LayerId, Modifiers, Order, Painter, Rect, RichText, Stroke, StrokeKind, Ui};

use super::App;
use super::actions::Action;
use super::lesson::term_ui;
use crate::lesson::terms::{About, Both, Entry, entries};
use crate::text::{Language, Text};
use crate::views::{ViewKind, anchors, theme};

/// Entries listed at once.
const MOST_LISTED: usize = 40;

/// What the handbook shows.
#[derive(Default)]
pub(super) struct Handbook {
    pub(super) open: bool,
    typed: String,
    /// The id of the entry.
    entry: Option<String>,
    /// The next click asks what something is.
    pub(super) asks: bool,
    /// What is pointed at, by its anchor, until the next click.
    pointed: Option<String>,
}

impl Handbook {
    /// Opens the entry of a word.
    pub(super) fn show(&mut self, word: &str) {
        let found = find(word);
        if let Some(entry) = found {
            (self.open, self.entry) = (true, Some(entry.id));
        }
    }
}

/// Everything that the handbook has: what lessons know, and views and commands.
pub(super) fn all() -> impl Iterator<Item = Entry> {
    let both = |word: &dyn Fn(&'static Text) -> String| Language::ALL.map(|language| word(language.text()));
    let plain = move |id: String, about, name: Both, short: Both| Entry {
        id,
        about,
        symbol: String::new(),
        name,
        short,
        long: Both::default(),
        see: Vec::new(),
        lesson: String::new(),
        source: String::new(),
    };
    let views = ViewKind::ALL.into_iter().map(move |kind| {
        let name = both(&|text| kind.text(text).title.to_owned());
        plain(format!("view.{}", kind.key()), About::View, name, both(&|text| kind.text(text).help.to_owned()))
    });
    let is_view = |action: &Action| matches!(action, Action::Show(_) | Action::Preset(_));
    let actions = Action::all().into_iter().filter(move |action| !is_view(action)).map(move |action| {
        let short = both(&|text| {
            let meaning = action.meaning(text);
            if meaning.is_empty() { action.name(text) } else { meaning.to_owned() }
        });
        plain(format!("action.{}", action.key()), About::Action, both(&|text| action.name(text)), short)
    });
    entries().iter().cloned().chain(views).chain(actions)
}

/// The entry of a word, an id, or an anchor; a part of something is explained by the whole.
pub(super) fn find(word: &str) -> Option<Entry> {
    let of_id = |id: &str| all().find(|entry| entry.id == id);
    let whole = |id: &str| id.rsplit_once('.').and_then(|(whole, _)| of_id(whole));
    of_id(word).or_else(|| crate::lesson::terms::find(word).cloned()).or_else(|| match word {
        "speed" | "timeline" | "menu" => of_id(&format!("screen.{word}")),
        "story.break" => of_id("damage"),
        _ => whole(word),
    })
}

impl App {
    /// The handbook, and what *What is this?* outlines; on top of everything.
    pub(super) fn handbook_ui(&mut self, ctx: &Context) {
        ctx.data_mut(|data| data.insert_temp(Id::unique("language"), self.text.language));
        self.what_is_this(ctx);
        if let Some(name) = &self.handbook.pointed {
            match anchors::place(ctx, name) {
                Some(place) => outline(ctx, place, 3.0),
                None => self.handbook.pointed = None,
            }
            if ctx.input(|i| i.pointer.any_pressed()) {
                self.handbook.pointed = None;
            }
        }
        if !self.handbook.open {
            return;
        }
        let (text, mut open) = (self.text, true);
        let width = ctx.content_rect().width();
        let shown = egui::Window::new(text.lessons.handbook.name)
            .id(Id::unique("handbook"))
            .open(&mut open)
            .collapsible(false)
            .vscroll(true)
            .default_size(egui::vec2(360.0, 420.0))
            .default_pos(egui::pos2((width - 400.0).max(20.0), 80.0))
            .show(ctx, |ui| self.entries_ui(ui));
        self.handbook.open = open;
        if let Some(Some(lesson)) = shown.and_then(|shown| shown.inner) {
            self.open_lesson(&lesson, ctx);
        }
    }

    /// Returns the lesson that is to be opened.
    fn entries_ui(&mut self, ui: &mut Ui) -> Option<String> {
        let text = self.text;
        let field = egui::TextEdit::singleline(&mut self.handbook.typed).hint_text(text.lessons.search);
        let field = ui.add(field.desired_width(f32::INFINITY));
        field.widget_info(|| {
            let mut info = egui::WidgetInfo::text_edit(true, "", self.handbook.typed.clone(), text.lessons.search);
            info.label = Some(text.lessons.search.to_owned());
            info
        });
        if field.changed() {
            self.handbook.entry = None;
        }
        if let Some(entry) = self.handbook.entry.as_deref().and_then(find) {
            return self.entry_ui(ui, &entry);
        }
        let found = search(&self.handbook.typed);
        if found.is_empty() {
            ui.weak(text.lessons.nothing_found);
        }
        for entry in found {
            let name = &entry.name[text.language as usize];
            let about = text.lessons.about[entry.about as usize];
            if ui.button(name).on_hover_text(about).clicked() {
                self.handbook.entry = Some(entry.id);
            }
        }
        None
    }

    fn entry_ui(&mut self, ui: &mut Ui, entry: &Entry) -> Option<String> {
        let text = self.text;
        let (own, other) = (text.language as usize, 1 - text.language as usize);
        ui.add_space(6.0);
        ui.horizontal_wrapped(|ui| {
            ui.heading(&entry.name[own]);
            if !entry.symbol.is_empty() {
                ui.strong(&entry.symbol);
            }
            ui.weak(RichText::new(&entry.name[other]).small());
        });
        ui.label(&entry.short[own]);
        if !entry.long[own].is_empty() {
            ui.add_space(4.0);
            ui.label(&entry.long[own]);
        }
        if !entry.source.is_empty() {
            ui.weak(format!("{}{colon}{}", text.source, entry.source, colon = text.colon));
        }
        ui.add_space(4.0);
        let mut lesson = None;
        ui.horizontal_wrapped(|ui| {
            if anchors::place(ui.ctx(), &entry.id).is_some() && ui.button(text.lessons.show_me).clicked() {
                self.handbook.pointed = Some(entry.id.clone());
            }
            let has = |id: &String| self.library.lessons.iter().any(|listed| listed.id() == *id);
            if has(&entry.lesson) && ui.button(text.lessons.lesson).clicked() {
                lesson = Some(entry.lesson.clone());
            }
        });
        if !entry.see.is_empty() {
            ui.horizontal_wrapped(|ui| {
                ui.weak(text.lessons.see_also);
                for id in &entry.see {
                    let Some(next) = find(id) else { continue };
                    if term_ui(ui, &next.name[own]).clicked() {
                        self.handbook.entry = Some(next.id);
                    }
                }
            });
        }
        lesson
    }

    /// While it asks, everything that can be asked is outlined, and a click opens its entry; a right click on a control
    /// does so at any time.
    fn what_is_this(&mut self, ctx: &Context) {
        let at = ctx.input(|i| i.pointer.interact_pos());
        let (left, right) = ctx.input(|i| (i.pointer.primary_clicked(), i.pointer.secondary_clicked()));
        let asks = self.handbook.asks;
        if asks && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape)) {
            self.handbook.asks = false;
        }
        if !asks && !right {
            return;
        }
        let under = |at| {
            let places = anchors::all(ctx).into_iter().filter(|(_, place)| place.contains(at));
            // Views and plots have uses of their own for the right button.
            let places = places.filter(|(name, _)| asks || !name.starts_with("view."));
            places.min_by(|a, b| a.1.area().total_cmp(&b.1.area()))
        };
        let under = at.and_then(under);
        if asks {
            for (_, place) in anchors::all(ctx) {
                outline(ctx, place, 1.0);
            }
            if let Some((_, place)) = &under {
                outline(ctx, *place, 3.0);
            }
            ctx.set_cursor_icon(egui::CursorIcon::Help);
            // Nothing else takes the click.
            egui::Area::new(Id::unique("what is this")).order(Order::Tooltip).fixed_pos(egui::Pos2::ZERO).show(
                ctx,
                |ui| {
                    ui.allocate_rect(ctx.content_rect(), egui::Sense::click());
                },
            );
        }
        if let Some((name, _)) = under
            && (right || (asks && left))
        {
            self.handbook.show(&name);
            self.handbook.asks = false;
        }
    }
}

fn outline(ctx: &Context, place: Rect, width: f32) {
    let painter = Painter::new(ctx.clone(), LayerId::new(Order::Tooltip, Id::unique("outline")), ctx.content_rect());
    painter.rect_stroke(place.expand(1.0), 3.0, Stroke::new(width, theme::spot()), StrokeKind::Outside);
}

/// The entries that hold every word that was typed, those whose names begin with it first.
fn search(typed: &str) -> Vec<Entry> {
    let typed = typed.trim().to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    let place = |entry: Entry| {
        let names = format!("{} {} {}", entry.name.join(" "), entry.symbol, entry.id).to_lowercase();
        let begins = entry.name.iter().any(|name| name.to_lowercase().starts_with(&typed));
        words.iter().all(|word| names.contains(word)).then_some((!begins, entry))
    };
    let mut found: Vec<(bool, Entry)> = all().filter_map(place).collect();
    found.sort_by_key(|(later, entry)| (*later, entry.about as usize));
    found.into_iter().map(|(_, entry)| entry).take(MOST_LISTED).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_either_language_and_concepts_come_first() {
        assert_eq!(search("cadc").first().map(|e| e.id.as_str()), Some("cadc"));
        assert_eq!(search("脉冲").first().map(|e| e.id.as_str()), Some("spike"));
        assert!(search("no such thing").is_empty());
        assert_eq!(find("param.sigma").map(|e| e.about), Some(About::Parameter));
        assert_eq!(find("view.learning.transferred").map(|e| e.id), Some("view.learning".into()), "a part of a view");
    }

    #[test]
    fn every_parameter_view_lane_preset_and_command_has_an_entry_in_both_languages() {
        let mut ids: Vec<String> = crate::params::PARAMS.iter().map(|spec| format!("param.{}", spec.key)).collect();
        ids.extend(ViewKind::ALL.map(|kind| format!("view.{}", kind.key())));
        ids.extend(crate::params::Lane::ALL.map(|lane| format!("card.{}", lane.name())));
        ids.extend(crate::protocol::PRESETS.iter().map(|preset| format!("preset.{}", preset.key)));
        let actions = Action::all().into_iter().filter(|a| !matches!(a, Action::Show(_) | Action::Preset(_)));
        ids.extend(actions.map(|action| format!("action.{}", action.key())));
        for id in ids {
            let entry = find(&id).unwrap_or_else(|| panic!("{id} has no entry"));
            assert_eq!(entry.id, id);
            assert!(entry.name.iter().chain(&entry.short).all(|words| !words.trim().is_empty()), "{id}");
        }
    }

    /// File formats and data sets, which explain themselves where they stand.
    const FORMATS: [&str; 15] =
        ["CSV", "SVG", "PNG", "NIR", "TOML", "WAV", "MNIST", "SHD", "HDF5", "IDX", "NPZ", "MB", "DOI", "CC", "BY"];

    #[test]
    fn no_short_text_uses_an_abbreviation_that_the_handbook_does_not_explain() {
        for entry in all().filter(|entry| !matches!(entry.about, About::Preset | About::Action)) {
            for short in &entry.short {
                let words = short.split(|c: char| !c.is_ascii_alphanumeric());
                let is_short_for = |word: &&str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
                for word in words.filter(is_short_for).filter(|word| !FORMATS.contains(word)) {
                    assert!(find(word).is_some(), "{word} in {}: {short}", entry.id);
                }
            }
        }
    }
}
