//! Icons: a subset of Phosphor, by their places in its private range.

use egui::{Response, Ui, WidgetInfo};

use crate::text::Named;

/// Names places of the font.
macro_rules! icons {
    ($($name:ident $place:literal)+) => {$(
        #[doc = concat!("The sign of ", stringify!($name))]
        pub const $name: &str = $place;
    )+};
}

icons! {
    BELL "\u{e0ce}"
    CHECK "\u{e182}"
    CHIP "\u{e610}"
    CLOSE "\u{e4f6}"
    DICE "\u{e422}"
    FALL "\u{e4ac}"
    FIND "\u{e30c}"
    GEAR "\u{e272}"
    LINK "\u{e2e6}"
    MENU "\u{e2f0}"
    PAUSE "\u{e39e}"
    PLAY "\u{e3d0}"
    RESET "\u{e038}"
    STEP "\u{e5a6}"
}

/// What stands on a button: an icon and its name, or the icon alone where there is no room for words.
pub fn label(icon: &str, name: &str, with_words: bool) -> String {
    if with_words { format!("{icon} {name}") } else { icon.to_owned() }
}

/// Calls a button by its name, whatever stands on it, and tells what it does.
pub fn named(ui: &Ui, response: Response, named: Named, with_words: bool) -> Response {
    response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, ui.is_enabled(), named.name));
    match (with_words, named.meaning) {
        (true, meaning) => response.on_hover_text(meaning),
        (false, "") => response.on_hover_text(named.name),
        (false, meaning) => response.on_hover_text(format!("{}\n{meaning}", named.name)),
    }
}

/// A button with an icon.
pub fn button(ui: &mut Ui, icon: &str, meaning: Named, with_words: bool) -> Response {
    let response = ui.button(label(icon, meaning.name, with_words));
    named(ui, response, meaning, with_words)
}
