//! What stands around the views, how they are arranged, and what of it is remembered.

use super::{App, layout};
use crate::views::ViewContext;

impl App {
    /// The instrument, or within a lesson as much of it as the step shows.
    pub(super) fn instrument_ui(&mut self, ui: &mut egui::Ui) {
        let whole = self.shows_instrument();
        if whole {
            egui::Panel::top("toolbar").show(ui, |ui| self.toolbar_ui(ui));
        }
        egui::Panel::top("scores").show(ui, |ui| self.scores_ui(ui));
        if whole && self.settings.projector {
            egui::Panel::top("story sliders").show(ui, |ui| self.story_sliders_ui(ui));
        }
        if whole {
            self.timeline_ui(ui);
        }
        self.lesson_card_ui(ui);
        if whole && self.settings.controls {
            let width = self.settings.controls_width;
            let panel = egui::Panel::left("controls").default_size(width).show(ui, |ui| self.controls_ui(ui));
            self.settings.controls_width = panel.response.rect.width();
        }
        egui::CentralPanel::default().show(ui, |ui| self.tiles_ui(ui));
    }

    /// Keeps what outlives the window; what a lesson arranges does not.
    pub(super) fn remember(&mut self, ctx: &egui::Context) {
        if self.is_in_lesson() {
            return;
        }
        self.settings.zoom = ctx.zoom_factor();
        if let Some(size) = ctx.input(|i| i.viewport().inner_rect.map(|rect| rect.size() * self.settings.zoom))
            && size.min_elem() > 0.0
        {
            self.settings.window = size.into();
        }
        let usual = self.settings.usual_tree();
        let arranged = (self.arranged.tree != usual).then(|| self.arranged.tree.clone());
        if self.settings.tree != arranged {
            self.settings.tree = arranged;
        }
        if let Some(wait) = self.memory.observe(&self.settings) {
            ctx.request_repaint_after(wait);
        }
    }

    /// Brings a view and its tab into sight.
    pub(super) fn show_view(&mut self, kind: crate::views::ViewKind) {
        self.arranged.show(kind);
    }

    fn tiles_ui(&mut self, ui: &mut egui::Ui) {
        let drawn = self.drawn();
        let mut behavior = layout::Tiles {
            views: &mut self.views,
            context: ViewContext {
                snapshot: &drawn,
                runs: &self.runs,
                batches: &self.batches,
                text: self.text,
                commands: &mut self.commands,
            },
            revealed: self.arranged.revealed(),
            in_use: &mut self.arranged.in_use,
            in_front: self.arranged.tree.active_tiles(),
        };
        self.arranged.tree.ui(&mut behavior, ui);
        if self.arranged.drawn() {
            ui.ctx().request_repaint();
        }
        if self.snapshot.looking_at.is_some() {
            // Nobody may take the past for the present.
            let stroke = egui::Stroke::new(3.0, crate::views::theme::selected(ui.visuals()));
            ui.painter().rect_stroke(ui.min_rect(), 0.0, stroke, egui::StrokeKind::Inside);
        }
    }
}
