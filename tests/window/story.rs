//! The first screen at rest, and what its words are called in the handbook.

use egui_kittest::kittest::NodeT as _;

use super::lessons::{click_at, first_screen};
use super::*;

#[test]
fn the_first_screen_at_rest_asks_for_no_other_frame() {
    let mut window = first_screen(Language::English, [1280.0, 800.0]);
    // Whoever presses a key ends the story; what the session had begun arrives, and then nothing moves.
    window.key_press(egui::Key::Escape);
    window.run_steps(2);
    if window.state().snapshot().running {
        click(&mut window, EN.pause.name);
    }
    until(&mut window, "paused", |app| !app.snapshot().running);
    settle(&mut window);
    window.remove_cursor();
    // On a busy machine the session's last words come late.
    let delay = |window: &Window| window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    for _ in 0..20 {
        settle(&mut window);
        if delay(&window) == Duration::MAX {
            return;
        }
    }
    panic!("{:?}: {:?}", delay(&window), window.ctx.repaint_causes());
}

#[test]
fn every_word_of_the_first_screen_is_explained_where_it_stands_by_what_is_this() {
    let mut window = first_screen(Language::English, [1280.0, 800.0]);
    window.key_press(egui::Key::Escape);
    window.run_steps(3);
    let mut said = Vec::new();
    for node in window.root().children_recursive() {
        let own = node.accesskit_node();
        let (name, is_word) = (own.label().or_else(|| own.value()).unwrap_or_default(), own.role() != Role::Window);
        let has_letters = name.chars().any(char::is_alphabetic);
        if has_letters && is_word && own.raw_bounds().is_some() {
            said.push((name, node.rect().center()));
        }
    }
    assert!(said.len() > 12, "{said:?}");
    let mut unexplained = Vec::new();
    for (name, at) in said {
        press(&mut window, (egui::Modifiers::SHIFT, egui::Key::F1));
        click_at(&mut window, at);
        window.run_steps(2);
        // An entry stands in the window of the handbook with its name in the other language beside it.
        let explained = window.query_by_role_and_label(Role::Window, EN.lessons.handbook.name).is_some();
        if explained {
            press(&mut window, (egui::Modifiers::NONE, egui::Key::F1));
        } else {
            press(&mut window, (egui::Modifiers::NONE, egui::Key::Escape));
            unexplained.push(name);
        }
    }
    assert!(unexplained.is_empty(), "no entry of the handbook for {unexplained:?}");
}
