//! Before an audience: everything is within reach of the pointer at the size of a projector.

use std::collections::BTreeMap;

use egui::Rect;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use misfit::app::{Layout, Settings};
use misfit::text::{EN, Language, Text, ZH};
use misfit::views::ViewKind;

use crate::{Window, click, open_with, small, until};

/// Lines of a column of a menu, at most.
const LONGEST: usize = 10;

/// Everything that says something, and where it is.
fn said(window: &Window) -> Vec<(String, Rect)> {
    let nodes = window.query_all_by(|_| true);
    nodes.filter_map(|node| Some((node.accesskit_node().label()?, node.rect()))).collect()
}

/// What has come to be since `before`.
fn new_since(window: &Window, before: &[(String, Rect)]) -> Vec<(String, Rect)> {
    said(window).into_iter().filter(|what| !before.contains(what)).collect()
}

/// The columns of the menu, and what stands in each.
fn columns(text: &'static Text) -> Vec<(&'static str, Vec<&'static str>)> {
    let (shell, lessons) = (&text.shell, &text.lessons);
    let layouts = Layout::ALL.map(|layout| match layout {
        Layout::Demo => shell.demo.name,
        Layout::Explore => shell.explore.name,
        Layout::Train => shell.train.name,
    });
    let mut arranged = layouts.to_vec();
    arranged.extend([shell.reset_layout.name, shell.controls.name, shell.zoom_in, shell.zoom_out, shell.zoom_reset]);
    let mut looks: Vec<&str> = Language::ALL.map(Language::own_name).to_vec();
    looks.extend(shell.themes);
    looks.extend([shell.reduce_motion.name, shell.projector.name, shell.full_screen.name]);
    let files = [text.open, shell.load_nir, text.save, text.runs.save_checkpoint, shell.figures];
    let files = files.into_iter().chain([shell.window_png, shell.copy_command]).map(|named| named.name).collect();
    let help = [lessons.handbook, lessons.what_is_this, shell.shortcuts, shell.palette, shell.notices];
    let help = help.into_iter().chain([lessons.presenter, lessons.copy_step]).map(|named| named.name).collect();
    vec![
        (shell.files, files),
        (shell.views.name, ViewKind::ALL.map(|kind| kind.text(text).title).to_vec()),
        (shell.layouts, arranged),
        (shell.appearance, looks),
        (shell.help, help),
    ]
}

/// Asserts that all of these are in sight as a whole, in columns that are not too long.
fn are_in_reach(found: &[(String, Rect)], wanted: &[&str], screen: Rect) {
    let mut lines: BTreeMap<i32, usize> = BTreeMap::new();
    for name in wanted {
        let place =
            found.iter().find(|(said, _)| said.contains(name)).unwrap_or_else(|| panic!("no {name}: {found:?}"));
        assert!(screen.expand(1.0).contains_rect(place.1), "{name} is at {:?} of {screen:?}", place.1);
        *lines.entry(place.1.left().round() as i32).or_default() += 1;
    }
    assert!(lines.values().all(|n| *n <= LONGEST), "{lines:?}");
}

#[test]
fn every_command_of_the_menu_is_in_reach_of_the_pointer_on_a_projector_of_720_lines() {
    for text in [&EN, &ZH] {
        let settings =
            Settings { language: text.language.code().into(), projector: true, controls: false, ..Settings::default() };
        let mut window = open_with(small(), settings, [1280.0, 720.0]);
        until(&mut window, "scores", |app| !app.snapshot().examined.is_empty());
        window.run_steps(4);
        let screen = window.ctx.content_rect();
        assert!(screen.height() < 560.0, "the letters are large: {screen:?}");
        let buttons = [text.step, text.reset, text.new_chip, text.new_weights].map(|named| named.name);
        are_in_reach(&said(&window), &buttons, screen);
        for (column, entries) in columns(text) {
            let closed = said(&window);
            click(&mut window, text.shell.menu.name);
            window.run_steps(3);
            let shell = &text.shell;
            let top = [text.lessons.story, text.lessons.lessons, shell.gallery, shell.undo, shell.redo];
            let mut top: Vec<&str> = top.map(|named| named.name).to_vec();
            top.extend(columns(text).iter().map(|(name, _)| *name));
            are_in_reach(&new_since(&window, &closed), &top, screen);
            let before = said(&window);
            let button = new_since(&window, &closed).into_iter().find(|(said, _)| said.starts_with(column));
            let place = button.expect("a column").1.center();
            window.hover_at(place);
            window.run_steps(2);
            window.drag_at(place);
            window.drop_at(place);
            window.run_steps(4);
            are_in_reach(&new_since(&window, &before), &entries, screen);
            window.key_press(egui::Key::Escape);
            window.run_steps(3);
            window.key_press(egui::Key::Escape);
            window.run_steps(3);
        }
    }
}
