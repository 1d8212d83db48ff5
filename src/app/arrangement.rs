//! How the views lie in the window now.

use egui_tiles::Tree;

use super::layout::{self, REVEALED_AFTER};
use crate::views::ViewKind;

/// The tiles, and what a person does with them.
pub(super) struct Arrangement {
    pub(super) tree: Tree<ViewKind>,
    /// How the views were arranged before projector mode.
    pub(super) unprojected: Option<Tree<ViewKind>>,
    /// The view that was opened or clicked last.
    pub(super) in_use: ViewKind,
    /// A view whose tab has to come into sight, and for how many frames more.
    revealed: Option<(ViewKind, u8)>,
}

impl Arrangement {
    pub(super) fn new(tree: Tree<ViewKind>) -> Self {
        Self { tree, unprojected: None, in_use: ViewKind::Learning, revealed: None }
    }

    /// Brings a view and its tab into sight.
    pub(super) fn show(&mut self, kind: ViewKind) {
        layout::show(&mut self.tree, kind);
        self.in_use = kind;
        self.revealed = Some((kind, REVEALED_AFTER));
    }

    /// The view whose tab has to come into sight.
    pub(super) fn revealed(&self) -> Option<ViewKind> {
        self.revealed.map(|(kind, _)| kind)
    }

    /// A frame was drawn; says whether another one is needed until the tab is in sight.
    pub(super) fn drawn(&mut self) -> bool {
        self.revealed = self.revealed.and_then(|(kind, frames)| Some((kind, frames.checked_sub(1)?)));
        self.revealed.is_some()
    }
}
