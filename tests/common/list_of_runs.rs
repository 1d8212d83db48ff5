//! The window with the accuracy beside the list of runs in a store.

use std::path::Path;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use misfit::app::{App, Memory, Settings};
use misfit::params::{Lane, Params};
use misfit::store::Store;
use misfit::views::ViewKind;

pub type Window = Harness<'static, App>;

/// A network that learns some hundred epochs a second.
pub fn small() -> Params {
    Params::default().with(|p| {
        p.network.hidden = 8;
        p.network.substeps = 1;
        p.task.train_samples = 128;
        p.learning.threads = 1;
        p.learning.epochs = 1000;
        p.learning.lanes = vec![Lane::InTheLoop];
    })
}

/// The window of that height on a store, with these settings beside the views.
pub fn open(store: &Path, height: f32, settings: Settings) -> Window {
    let folder = store.to_path_buf();
    let tree = egui_tiles::Tree::new_horizontal(egui::Id::unique("views"), vec![ViewKind::Learning, ViewKind::Runs]);
    let settings = Settings { tree: Some(tree), ..settings };
    Harness::builder().with_size([1500.0, height]).build_eframe(move |cc| {
        let open = move || Store::at(&folder).map(Some);
        App::with_store(&cc.egui_ctx, small(), settings, Memory::none(), open).expect("a session")
    })
}

/// Whether all these words stand in one place.
pub fn shown(window: &Window, words: &[&str]) -> bool {
    window.query_all_by_label_contains(words[0]).any(|node| {
        let node = node.accesskit_node();
        let text = node.label().or_else(|| node.value()).unwrap_or_default();
        words.iter().all(|word| text.contains(word))
    })
}

/// All that stands in the window.
pub fn said(window: &Window) -> Vec<String> {
    let all = window.query_all_by(|_| true).map(|node| node.accesskit_node());
    all.filter_map(|node| node.label().or_else(|| node.value())).collect()
}

/// Draws frames until `condition`; the time limit only ends a hanging test.
#[track_caller]
pub fn until(window: &mut Window, what: &str, condition: impl Fn(&Window) -> bool) {
    let start = Instant::now();
    while !condition(window) {
        assert!(start.elapsed() < Duration::from_mins(1), "never happened: {what}, but {:?}", said(window));
        window.step();
        std::thread::sleep(Duration::from_millis(4));
    }
}
