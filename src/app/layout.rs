//! How the views are arranged.

use std::collections::BTreeSet;

use egui_tiles::{Behavior, Container, Linear, LinearDir, Tile, TileId, Tiles as TileSet, Tree, UiResponse};
use serde::{Deserialize, Serialize};

use crate::text::{Named, Text};
use crate::views::{ViewContext, ViewKind, Views, anchors, theme};

/// Frames until a tab is in sight: it is laid out, then scrolled to, and then there may be arrows beside it.
pub(super) const REVEALED_AFTER: u8 = 4;

/// Arrangements with a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Layout {
    /// Shows, without a click, that the chip is faulty, that the loop is learning, and how far it is.
    #[default]
    Demo,
    /// The chip and its neurons.
    Explore,
    /// Curves and numbers.
    Train,
}

/// Stacked tabs with their share of the height.
type Stack = (&'static [ViewKind], f32);
/// The stacks of the left and the right column, and how much wider the left one is.
type Columns = (&'static [Stack], &'static [Stack], f32);

impl Layout {
    /// All layouts.
    pub const ALL: [Self; 3] = [Self::Demo, Self::Explore, Self::Train];

    /// Name and purpose.
    pub(super) fn text(self, text: &Text) -> Named {
        match self {
            Self::Demo => text.shell.demo,
            Self::Explore => text.shell.explore,
            Self::Train => text.shell.train,
        }
    }

    /// Two columns: their stacks, and how much wider the first one is.
    fn columns(self) -> Columns {
        use ViewKind::{
            ChipMap, Chips, Compensation, Confusion, Culprits, Draw, Faults, Learning, Loss, Membranes, Mismatch,
            Raster, Readout, Repeats, Rounds, Runs, Task, Weights,
        };
        match self {
            Self::Demo => (
                &[(&[Learning, Loss], 1.5), (&[Membranes, Readout], 1.0)],
                &[(&[Task, Draw], 1.3), (&[Raster], 0.9), (&[Faults, ChipMap], 0.9)],
                1.2,
            ),
            Self::Explore => (
                &[(&[ChipMap], 1.5), (&[Membranes, Raster, Readout], 1.0)],
                &[(&[Culprits, Compensation, Chips], 1.0), (&[Mismatch, Repeats, Faults, Weights], 1.0)],
                1.3,
            ),
            Self::Train => (
                &[(&[Learning], 1.0), (&[Loss], 1.0)],
                &[(&[Rounds, Runs, Task], 1.0), (&[Confusion, Weights], 1.2)],
                1.1,
            ),
        }
    }

    /// The arrangement as tiles.
    pub fn tree(self) -> Tree<ViewKind> {
        Self::tree_of(self.columns())
    }

    /// As [`Self::tree`], with at most two views above each other: for letters so large that a third has no room.
    pub fn projector_tree(self) -> Tree<ViewKind> {
        use ViewKind::{ChipMap, Draw, Faults, Learning, Loss, Membranes, Raster, Readout, Task};
        match self {
            Self::Demo => Self::tree_of((
                &[(&[Learning, Loss], 1.6), (&[Raster, Membranes, Readout], 1.0)],
                &[(&[Task, Draw], 1.3), (&[Faults, ChipMap], 1.0)],
                1.2,
            )),
            Self::Explore | Self::Train => self.tree(),
        }
    }

    fn tree_of((left, right, share): Columns) -> Tree<ViewKind> {
        let mut tiles = TileSet::default();
        let left = column(&mut tiles, left);
        let right = column(&mut tiles, right);
        let root = linear(&mut tiles, LinearDir::Horizontal, &[(left, share), (right, 1.0)]);
        Tree::new(egui::Id::unique("views"), root, tiles)
    }
}

fn column(tiles: &mut TileSet<ViewKind>, stacks: &[Stack]) -> TileId {
    let children: Vec<(TileId, f32)> = stacks
        .iter()
        .map(|&(kinds, share)| {
            let panes = kinds.iter().map(|&kind| tiles.insert_pane(kind)).collect();
            (tiles.insert_tab_tile(panes), share)
        })
        .collect();
    linear(tiles, LinearDir::Vertical, &children)
}

fn linear(tiles: &mut TileSet<ViewKind>, dir: LinearDir, children: &[(TileId, f32)]) -> TileId {
    let mut container = Linear::new(dir, children.iter().map(|c| c.0).collect());
    for &(child, share) in children {
        container.shares.set_share(child, share);
    }
    tiles.insert_container(Container::Linear(container))
}

/// Brings a view to the front, and opens it if it is closed.
pub(super) fn show(tree: &mut Tree<ViewKind>, kind: ViewKind) {
    if tree.tiles.find_pane(&kind).is_none() {
        let pane = tree.tiles.insert_pane(kind);
        // The stack with the most room.
        let area = |id: TileId| tree.tiles.rect(id).map_or(0.0, |rect| rect.area());
        let mut stacks: Vec<TileId> = tree
            .tiles
            .iter()
            .filter(|(_, tile)| matches!(tile, Tile::Container(Container::Tabs(_))))
            .map(|(&id, _)| id)
            .collect();
        stacks.sort_by(|a, b| area(*b).total_cmp(&area(*a)).then(a.0.cmp(&b.0)));
        match stacks.first().and_then(|&id| tree.tiles.get_mut(id)) {
            Some(Tile::Container(Container::Tabs(tabs))) => tabs.add_child(pane),
            _ => *tree = Tree::new_tabs(egui::Id::unique("views"), vec![kind]),
        }
    }
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(shown) if *shown == kind));
}

/// Brings the views to the front that somebody opened in `before`: those in front there but not in `usual`.
pub(super) fn keep_open(tree: &mut Tree<ViewKind>, before: &Tree<ViewKind>, usual: &Tree<ViewKind>) {
    let in_front = |tree: &Tree<ViewKind>| -> Vec<ViewKind> {
        tree.active_tiles().into_iter().filter_map(|id| tree.tiles.get_pane(&id).copied()).collect()
    };
    let expected = in_front(usual);
    for kind in in_front(before).into_iter().filter(|kind| !expected.contains(kind)) {
        if tree.tiles.find_pane(&kind).is_some() {
            show(tree, kind);
        }
    }
}

/// Tiles within tiles that a person can make; the way of egui down to each is recursive.
const DEEPEST: usize = 16;

/// A tree from a file, made anew from what can be laid out: rows, columns and tabs, every tile once, each where it is
/// said to be, and no wild shares. `None` where there is anything else.
pub(super) fn restored(tree: &Tree<ViewKind>) -> Option<Tree<ViewKind>> {
    let root = tree.root()?;
    let (mut tiles, mut waiting, mut panes) = (TileSet::default(), vec![(root, 0)], BTreeSet::new());
    while let Some((id, depth)) = waiting.pop() {
        let tile = tree.tiles.get(id).filter(|_| tiles.get(id).is_none() && depth <= DEEPEST)?;
        let is_sound = match tile {
            Tile::Pane(kind) => panes.insert(*kind as usize),
            Tile::Container(Container::Tabs(tabs)) => tabs.active.is_none_or(|active| tabs.children.contains(&active)),
            Tile::Container(Container::Linear(linear)) => {
                linear.shares.iter().all(|(_, share)| (1e-6..1e6).contains(share))
            }
            Tile::Container(Container::Grid(_)) => false,
        };
        if !is_sound {
            return None;
        }
        if let Tile::Container(container) = tile {
            waiting.extend(container.children().map(|child| (*child, depth + 1)));
        }
        tiles.insert(id, tile.clone());
        tiles.set_visible(id, tree.tiles.is_visible(id));
    }
    (!panes.is_empty()).then(|| Tree::new(egui::Id::unique("views"), root, tiles))
}

/// Lends the views to the tiles for one frame.
pub(super) struct Tiles<'a> {
    pub(super) views: &'a mut Views,
    pub(super) context: ViewContext<'a>,
    /// The view whose tab has to come into sight.
    pub(super) revealed: Option<ViewKind>,
    /// The view that was pressed on or whose tab was clicked is told here.
    pub(super) in_use: &'a mut ViewKind,
    /// The tiles that are seen.
    pub(super) in_front: Vec<TileId>,
}

impl Behavior<ViewKind> for Tiles<'_> {
    fn pane_ui(&mut self, ui: &mut egui::Ui, _tile: TileId, kind: &mut ViewKind) -> UiResponse {
        let place = ui.max_rect();
        anchors::mark(ui, format!("view.{}", kind.key()), place);
        egui::Frame::new().inner_margin(4).show(ui, |ui| self.views.ui(*kind, ui, &mut self.context));
        let pressed = ui.input(|i| i.pointer.any_pressed().then(|| i.pointer.interact_pos()).flatten());
        // Not through a window or a menu that lies above.
        if pressed.is_some_and(|at| place.contains(at) && ui.ctx().layer_id_at(at) == Some(ui.layer_id())) {
            *self.in_use = *kind;
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, kind: &ViewKind) -> egui::WidgetText {
        egui::RichText::new(kind.text(self.context.text).title).family(theme::strong_font(theme::BODY).family).into()
    }

    fn is_tab_closable(&self, _tiles: &TileSet<ViewKind>, tile: TileId) -> bool {
        // A cross on every tab would be more crosses than titles.
        self.in_front.contains(&tile)
    }

    fn tab_bar_color(&self, visuals: &egui::Visuals) -> egui::Color32 {
        visuals.panel_fill
    }

    fn tab_outline_stroke(
        &self,
        _: &egui::Visuals,
        _: &TileSet<ViewKind>,
        _: TileId,
        _: &egui_tiles::TabState,
    ) -> egui::Stroke {
        egui::Stroke::NONE
    }

    fn tab_text_color(
        &self,
        visuals: &egui::Visuals,
        _: &TileSet<ViewKind>,
        _: TileId,
        state: &egui_tiles::TabState,
    ) -> egui::Color32 {
        if state.active { visuals.strong_text_color() } else { visuals.weak_text_color() }
    }

    fn on_tab_button(&mut self, tiles: &mut TileSet<ViewKind>, tile: TileId, button: egui::Response) -> egui::Response {
        let kind = tiles.get_pane(&tile);
        if kind.is_some() && kind == self.revealed.as_ref() {
            button.scroll_to_me_animation(None, egui::style::ScrollAnimation::none());
        }
        if let Some(kind) = kind.filter(|_| button.clicked()) {
            *self.in_use = *kind;
        }
        match kind {
            Some(kind) => button.on_hover_ui(|ui| {
                ui.set_max_width(420.0);
                ui.label(kind.text(self.context.text).help);
                if kind.is_plot() {
                    ui.weak(self.context.text.gestures);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn panes(tree: &Tree<ViewKind>) -> usize {
        tree.tiles.tiles().filter(|tile| matches!(tile, Tile::Pane(_))).count()
    }

    fn is_sound(tree: &Tree<ViewKind>) -> bool {
        restored(tree).is_some_and(|restored| restored == *tree)
    }

    #[test]
    fn tabs_within_tabs_are_restored_as_deep_as_a_person_makes_them() {
        for (deep, sound) in [(DEEPEST, true), (DEEPEST + 1, false), (12_000, false)] {
            let mut tiles = TileSet::default();
            let mut tile = tiles.insert_pane(ViewKind::Loss);
            for _ in 0..deep {
                tile = tiles.insert_tab_tile(vec![tile]);
            }
            assert_eq!(is_sound(&Tree::new(egui::Id::unique("views"), tile, tiles)), sound, "{deep}");
        }
    }

    #[test]
    fn every_layout_is_sound_and_every_view_can_be_opened_in_it_once() {
        for layout in Layout::ALL {
            let mut tree = layout.tree();
            assert!(is_sound(&tree) && is_sound(&layout.projector_tree()), "{layout:?}");
            for kind in ViewKind::ALL.into_iter().chain(ViewKind::ALL) {
                show(&mut tree, kind);
                let id = tree.tiles.find_pane(&kind).expect("the view");
                assert!(tree.active_tiles().contains(&id), "{kind:?} is in front");
            }
            assert_eq!(panes(&tree), ViewKind::ALL.len());
            assert!(is_sound(&tree), "{layout:?}");
        }
    }

    #[test]
    fn the_projector_keeps_the_view_that_was_opened_in_front() {
        let (mut before, mut projected) = (Layout::Demo.tree(), Layout::Demo.projector_tree());
        show(&mut before, ViewKind::Draw);
        keep_open(&mut projected, &before, &Layout::Demo.tree());
        let in_front = |kind| projected.active_tiles().contains(&projected.tiles.find_pane(&kind).expect("the view"));
        assert!(in_front(ViewKind::Draw) && in_front(ViewKind::Raster) && !in_front(ViewKind::Task));
    }

    #[test]
    fn a_view_can_be_opened_when_all_are_closed() {
        let mut tree = Tree::empty(egui::Id::unique("views"));
        show(&mut tree, ViewKind::Task);
        assert_eq!(panes(&tree), 1);
        assert!(!is_sound(&Tree::empty(egui::Id::unique("views"))));
    }
}
