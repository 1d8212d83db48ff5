//! How the window is dressed: theme, size and motion, and all of them at once for an audience.

use super::App;
use super::layout::{self, Layout};
use crate::params::find;
use crate::text::Language;
use crate::views::param_ui::param_ui;
use crate::views::theme;

/// Height of the window in projector mode as it is laid out, in points: larger windows have larger letters.
const PROJECTED: f32 = 540.0;
/// How much larger everything is in projector mode, whatever the window.
const PROJECTOR_ZOOM: std::ops::RangeInclusive<f32> = 1.2..=3.0;

/// What a story needs of the settings, at the size of an audience.
const STORY: [&str; 2] = ["sigma", "silent_neurons"];

impl App {
    /// Puts theme, size and language of the settings into force.
    pub(super) fn dress(&mut self, ctx: &egui::Context) {
        let theme = if self.settings.projector { egui::ThemePreference::Light } else { self.settings.theme };
        ctx.set_theme(theme);
        ctx.set_zoom_factor(self.settings.zoom);
        let moves = if self.settings.reduce_motion { 0.0 } else { theme::MOTION };
        ctx.all_styles_mut(|style| style.animation_time = moves);
        // The keys of the size are those of any other command, so that the usual one is that of the mode.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        self.text = self.settings.language().text();
    }

    /// Turns projector mode on or off, and puts theme and size into force: everything larger, so the controls make
    /// room, and the demo has an arrangement in two rows. The keys bring the controls back at any time.
    pub(super) fn project(&mut self, on: bool, ctx: &egui::Context) {
        if on != self.settings.projector {
            self.settings.projector = on;
            self.settings.zoom = self.own_zoom(ctx);
            self.settings.controls = !on;
            if self.settings.layout == Layout::Demo {
                let next =
                    self.arranged.unprojected.take().filter(|_| !on).unwrap_or_else(|| self.settings.usual_tree());
                let before = std::mem::replace(&mut self.arranged.tree, next);
                if on {
                    layout::keep_open(&mut self.arranged.tree, &before, &Layout::Demo.tree());
                    self.arranged.unprojected = Some(before);
                }
            }
        }
        self.dress(ctx);
    }

    /// Dresses it for other readers without a click, which would end the story, for pictures.
    #[doc(hidden)]
    pub fn dress_for(&mut self, language: Language, theme: egui::Theme, projector: bool, ctx: &egui::Context) {
        language.code().clone_into(&mut self.settings.language);
        self.settings.theme = theme.into();
        self.project(projector, ctx);
    }

    /// The size of letters that the mode has by itself.
    pub(super) fn own_zoom(&self, ctx: &egui::Context) -> f32 {
        if !self.settings.projector {
            return 1.0;
        }
        let height = ctx.content_rect().height() * ctx.zoom_factor();
        // In steps, or every pixel of a resize would need new letters.
        let zoom = (20.0 * height / PROJECTED).round() / 20.0;
        zoom.clamp(*PROJECTOR_ZOOM.start(), *PROJECTOR_ZOOM.end())
    }

    /// Follows the height of the window in projector mode, until letters are made larger or smaller by hand.
    pub(super) fn follow_height(&mut self, ctx: &egui::Context) {
        let own = self.settings.projector.then(|| self.own_zoom(ctx));
        if own != self.followed {
            self.followed = own;
            if let Some(zoom) = own {
                ctx.set_zoom_factor(zoom);
            }
        }
    }

    /// The two sliders that break the chip, in one row across the window.
    pub(super) fn story_sliders_ui(&mut self, ui: &mut egui::Ui) {
        ui.columns(STORY.len(), |columns| {
            for (ui, spec) in columns.iter_mut().zip(STORY.iter().filter_map(|key| find(key))) {
                param_ui(ui, spec, &mut self.draft.params, self.text);
            }
        });
    }
}
