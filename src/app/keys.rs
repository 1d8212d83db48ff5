//! Which keys do what, and how they are called.

use egui::{Id, Key, KeyboardShortcut, LayerId, Modifiers, Order};

use super::App;
use super::actions::Action;
use super::layout::Layout;

const fn plain(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::NONE, key)
}

const fn command(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND, key)
}

const fn command_shift(key: Key) -> KeyboardShortcut {
    KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key)
}

/// The keys in words, as they stand on a keyboard: `?` and not `Questionmark`.
fn shown(key: KeyboardShortcut, ctx: &egui::Context) -> String {
    let name = ctx.format_shortcut(&key);
    let (long, short) = (key.logical_key.name(), key.logical_key.symbol_or_name());
    // Arrows and other pictures are not in every font.
    let symbol = short.chars().all(|c| c.is_ascii_punctuation() || c == '−');
    match name.strip_suffix(long) {
        Some(modifiers) if symbol => format!("{modifiers}{short}"),
        _ => name,
    }
}

impl Action {
    /// The keys that do it.
    pub(super) fn keys(self) -> &'static [KeyboardShortcut] {
        use egui::gui_zoom::kb_shortcuts::{ZOOM_IN, ZOOM_OUT, ZOOM_RESET};
        match self {
            Self::RunOrPause => const { &[plain(Key::Space)] },
            Self::Step => const { &[plain(Key::ArrowRight)] },
            Self::Reset => const { &[plain(Key::R)] },
            Self::NewChip => const { &[plain(Key::N)] },
            Self::NewWeights => const { &[plain(Key::W)] },
            Self::Calibrate => const { &[plain(Key::C)] },
            Self::Heal => const { &[plain(Key::H)] },
            Self::Undo => const { &[command(Key::Z)] },
            Self::Redo => const { &[command_shift(Key::Z), command(Key::Y)] },
            Self::PreviousSample => const { &[plain(Key::Comma)] },
            Self::NextSample => const { &[plain(Key::Period)] },
            Self::EarlierMoment => const { &[plain(Key::OpenBracket)] },
            Self::LaterMoment => const { &[plain(Key::CloseBracket)] },
            Self::Live => const { &[plain(Key::L)] },
            Self::Open => const { &[command(Key::O)] },
            Self::Save => const { &[command(Key::S)] },
            Self::SaveCheckpoint => const { &[command_shift(Key::S)] },
            Self::CopyCommand => const { &[command_shift(Key::C)] },
            Self::WindowPng => const { &[plain(Key::F12)] },
            Self::Layout(Layout::Demo) => const { &[plain(Key::F2)] },
            Self::Layout(Layout::Explore) => const { &[plain(Key::F3)] },
            Self::Layout(Layout::Train) => const { &[plain(Key::F4)] },
            Self::ResetLayout => const { &[plain(Key::F5)] },
            Self::Controls => const { &[command(Key::B)] },
            Self::Projector => const { &[plain(Key::F9)] },
            Self::FullScreen => const { &[plain(Key::F11)] },
            Self::ZoomIn => const { &[ZOOM_IN] },
            Self::ZoomOut => const { &[ZOOM_OUT] },
            Self::ZoomReset => const { &[ZOOM_RESET] },
            Self::ClearSelection => const { &[plain(Key::Escape)] },
            Self::Palette => const { &[command(Key::P), command(Key::K)] },
            Self::Gallery => const { &[plain(Key::F6)] },
            Self::TakeAway => const { &[plain(Key::F7)] },
            Self::Keys => const { &[plain(Key::Questionmark)] },
            Self::Lessons => const { &[plain(Key::F8)] },
            Self::Handbook => const { &[plain(Key::F1)] },
            Self::WhatIsThis => const { &[KeyboardShortcut::new(Modifiers::SHIFT, Key::F1)] },
            _ => &[],
        }
    }

    /// Whether a field to type into opens.
    fn asks(self) -> bool {
        matches!(self, Self::Palette | Self::Open | Self::Save | Self::SaveCheckpoint)
    }

    /// The keys in words.
    pub(super) fn keys_shown(self, ctx: &egui::Context) -> String {
        self.keys().iter().map(|&key| shown(key, ctx)).collect::<Vec<_>>().join("  ")
    }
}

impl App {
    /// Does what the keys say; while somebody is typing, only the command palette opens.
    pub(super) fn keyboard(&mut self, ctx: &egui::Context) {
        if self.escape(ctx) || self.palette.is_some() || self.questions.is_open() {
            return;
        }
        let typing = ctx.text_edit_focused();
        let focused = ctx.egui_wants_keyboard_input();
        let mut bound: Vec<(KeyboardShortcut, Action)> =
            Action::all().into_iter().flat_map(|action| action.keys().iter().map(move |&key| (key, action))).collect();
        // Ctrl+Shift+Z would also be taken for Ctrl+Z.
        bound.sort_by_key(|(key, action)| (!action.asks(), std::cmp::Reverse(u8::from(key.modifiers.shift))));
        for (key, action) in bound.into_iter().filter(|(_, action)| !typing || *action == Action::Palette) {
            // A slider or button that has the focus has its own use for plain keys.
            let for_the_widget = focused && !key.modifiers.any() && !is_function_key(key.logical_key);
            if !for_the_widget && ctx.input_mut(|i| i.consume_shortcut(&key)) {
                self.perform(action, ctx);
                if action.asks() {
                    // What was pressed since, within one slow frame, was meant for the field that opens.
                    break;
                }
            }
        }
    }

    /// Closes what lies on top, if Escape was pressed; says whether there was anything.
    fn escape(&mut self, ctx: &egui::Context) -> bool {
        if !ctx.input(|i| i.key_pressed(Key::Escape)) {
            return false;
        }
        // Menus and lists close themselves.
        if egui::Popup::is_any_open(ctx) {
            return true;
        }
        let take = || ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape));
        if self.questions.is_open() {
            self.cancel_question();
            return take();
        }
        if self.palette.take().is_some() {
            return take();
        }
        // A field that is typed into is left first.
        if ctx.text_edit_focused() {
            return true;
        }
        let mut windows = [
            ("keys", &mut self.windows.keys),
            ("gallery", &mut self.windows.gallery),
            ("take away", &mut self.windows.take_away),
            ("said", &mut self.windows.said),
            ("lessons", &mut self.windows.lessons),
            ("handbook", &mut self.handbook.open),
        ];
        let layers: Vec<LayerId> = ctx.memory(|memory| memory.layer_ids().collect());
        let height = |name: &str| layers.iter().position(|l| *l == LayerId::new(Order::Middle, Id::unique(name)));
        let open = windows.iter_mut().filter(|(_, open)| **open);
        let Some((_, top)) = open.max_by_key(|(name, _)| height(name)) else { return false };
        **top = false;
        take()
    }
}

fn is_function_key(key: Key) -> bool {
    key >= Key::F1 && key <= Key::F35
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_commands_share_a_key() {
        let keys: Vec<KeyboardShortcut> = Action::all().into_iter().flat_map(|a| a.keys().to_vec()).collect();
        for (k, key) in keys.iter().enumerate() {
            assert!(!keys[k + 1..].contains(key), "{key:?} is given twice");
        }
    }

    #[test]
    fn keys_are_called_as_they_are_printed_on_a_keyboard() {
        let ctx = egui::Context::default();
        ctx.set_os(egui::os::OperatingSystem::Nix);
        let expected = [
            (Action::Keys, "?"),
            (Action::EarlierMoment, "["),
            (Action::LaterMoment, "]"),
            (Action::PreviousSample, ","),
            (Action::NextSample, "."),
            (Action::Step, "Right"),
            (Action::RunOrPause, "Space"),
            (Action::Redo, "Ctrl+Shift+Z  Ctrl+Y"),
        ];
        for (action, keys) in expected {
            assert_eq!(action.keys_shown(&ctx), keys);
        }
        for action in Action::all() {
            let words = action.keys_shown(&ctx);
            let spelt_out = ["Questionmark", "Bracket", "Comma", "Period", "Minus", "Plus", "Equals"];
            assert!(spelt_out.iter().all(|name| !words.contains(name)), "{words}");
        }
    }
}
