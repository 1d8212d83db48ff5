//! How the views are arranged.

use egui_tiles::{Behavior, Container, Linear, LinearDir, TileId, Tiles as TileSet, Tree, UiResponse};

use crate::views::{Scene, ViewKind, Views};

/// Shows, without a click, that the chip is faulty, that the loop is learning, and how far it is.
pub(super) fn default_tree() -> Tree<ViewKind> {
    let mut tiles = TileSet::default();
    let tabs = |tiles: &mut TileSet<ViewKind>, kinds: &[ViewKind]| {
        let panes = kinds.iter().map(|&kind| tiles.insert_pane(kind)).collect();
        tiles.insert_tab_tile(panes)
    };
    let learning = tabs(&mut tiles, &[ViewKind::Learning, ViewKind::Loss]);
    let traces = tabs(&mut tiles, &[ViewKind::Membranes, ViewKind::Readout]);
    let task = tabs(&mut tiles, &[ViewKind::Task]);
    let raster = tabs(&mut tiles, &[ViewKind::Raster]);
    let faults = tabs(&mut tiles, &[ViewKind::Faults]);
    let left = linear(&mut tiles, LinearDir::Vertical, &[(learning, 0.9), (traces, 1.1)]);
    let right = linear(&mut tiles, LinearDir::Vertical, &[(task, 1.0), (raster, 1.0), (faults, 1.1)]);
    let root = linear(&mut tiles, LinearDir::Horizontal, &[(left, 1.2), (right, 1.0)]);
    Tree::new(egui::Id::unique("views"), root, tiles)
}

fn linear(tiles: &mut TileSet<ViewKind>, dir: LinearDir, children: &[(TileId, f32)]) -> TileId {
    let mut container = Linear::new(dir, children.iter().map(|c| c.0).collect());
    for &(child, share) in children {
        container.shares.set_share(child, share);
    }
    tiles.insert_container(Container::Linear(container))
}

/// Lends the views to the tiles for one frame.
pub(super) struct Tiles<'a> {
    pub(super) views: &'a mut Views,
    pub(super) scene: Scene<'a>,
}

impl Behavior<ViewKind> for Tiles<'_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, kind: &mut ViewKind) -> UiResponse {
        egui::Frame::new().inner_margin(4).show(ui, |ui| self.views.ui(*kind, ui, &mut self.scene));
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, kind: &ViewKind) -> egui::WidgetText {
        kind.text(self.scene.text).title.into()
    }

    fn on_tab_button(&mut self, tiles: &mut TileSet<ViewKind>, tile: TileId, button: egui::Response) -> egui::Response {
        match tiles.get_pane(&tile) {
            Some(kind) => button.on_hover_ui(|ui| {
                ui.set_max_width(420.0);
                ui.label(kind.text(self.scene.text).help);
                if *kind != ViewKind::Task {
                    ui.weak(self.scene.text.gestures);
                }
            }),
            None => button,
        }
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        // Every view keeps its tab, because that is where its title and help are.
        egui_tiles::SimplificationOptions { all_panes_must_have_tabs: true, ..Default::default() }
    }
}
