//! What a newcomer wants, and with how many clicks it is reached from the first screen.

use egui_kittest::kittest::NodeT as _;

use super::lessons::{click_at, first_screen};
use super::*;

/// A pointer that counts.
struct Pointer {
    window: Window,
    clicks: u32,
}

impl Pointer {
    fn new() -> Self {
        let window = first_screen(Language::English, [1280.0, 800.0]);
        Self { window, clicks: 0 }
    }

    /// Where something is that can be clicked, by what a screen reader would say.
    fn place(&self, name: &str) -> egui::Pos2 {
        let named = |node: &egui_kittest::Node<'_>| {
            let own = node.accesskit_node();
            let roles = [Role::Button, Role::ListItem, Role::RadioButton, Role::MenuItem];
            // Entries of a menu have their key behind their name.
            let called = |label: String| label == name || label.starts_with(&format!("{name} "));
            roles.contains(&own.role()) && own.label().or_else(|| own.value()).is_some_and(called)
        };
        let node = self.window.root().children_recursive().find(named);
        node.unwrap_or_else(|| panic!("nothing is called {name}")).rect().center()
    }

    /// One click on something, with the frames in which it opens what it opens.
    fn click(&mut self, name: &str) {
        let at = self.place(name);
        self.click_at(at);
    }

    fn click_at(&mut self, at: egui::Pos2) {
        click_at(&mut self.window, at);
        self.window.run_steps(4);
        self.clicks += 1;
    }

    fn says(&self, words: &str) -> bool {
        self.window.query_all_by_label_contains(words).next().is_some()
    }
}

#[test]
fn another_chip_is_one_click_away() {
    let mut pointer = Pointer::new();
    let before = pointer.window.state().params().chip.number;
    pointer.click(EN.new_chip.name);
    assert_eq!((pointer.window.state().params().chip.number, pointer.clicks), (before + 1, 1));
}

#[test]
fn half_of_the_neurons_break_with_one_click_and_more_than_a_tenth_is_asked_for() {
    let mut pointer = Pointer::new();
    pointer.click(EN.lessons.break_some.name);
    until(&mut pointer.window, "neurons are silent", |app| {
        let silent = &app.snapshot().chip.silent;
        10 * silent.iter().filter(|s| **s).count() >= silent.len().max(1)
    });
    assert!(pointer.clicks <= 2);
}

#[test]
fn what_a_word_on_the_screen_means_is_two_clicks_away() {
    let mut pointer = Pointer::new();
    // Shift+F1 is a key; with the pointer alone a click with the right button asks.
    let at = pointer.place(EN.new_chip.name);
    for pressed in [true, false] {
        pointer.window.event(egui::Event::PointerMoved(at));
        pointer.window.event(egui::Event::PointerButton {
            pos: at,
            button: egui::PointerButton::Secondary,
            pressed,
            modifiers: egui::Modifiers::NONE,
        });
        pointer.window.step();
    }
    pointer.clicks += 1;
    pointer.window.run_steps(3);
    assert!(pointer.says(EN.new_chip.meaning.split('.').next().unwrap_or_default()) && pointer.clicks <= 2);
}

#[test]
fn the_third_lesson_begins_with_the_second_click() {
    let mut pointer = Pointer::new();
    pointer.click(EN.lessons.lessons.name);
    pointer.click("The loop heals");
    assert!(pointer.says("1 / 6") && pointer.clicks <= 2);
}

#[test]
fn everything_there_is_is_one_click_away_and_stays_the_same_run() {
    let mut pointer = Pointer::new();
    let generation = pointer.window.state().snapshot().generation;
    pointer.click(EN.lessons.instrument.name);
    assert!(pointer.says(EN.new_weights.name) && pointer.clicks == 1);
    assert_eq!(pointer.window.state().snapshot().generation, generation);
}

#[test]
fn chinese_and_letters_for_an_audience_are_a_menu_and_a_choice_away() {
    for (choice, says) in [(Language::Chinese.own_name(), ZH.lessons.instrument.name), (EN.shell.projector.name, "")] {
        let mut pointer = Pointer::new();
        let zoom = pointer.window.ctx.pixels_per_point();
        pointer.click(EN.shell.menu.name);
        // Columns of the menu open where the pointer rests.
        let column = pointer.place(EN.shell.appearance);
        pointer.window.hover_at(column);
        pointer.window.run_steps(12);
        if pointer.window.query_all_by_label_contains(choice).next().is_none() {
            pointer.click(EN.shell.appearance);
        }
        pointer.click(choice);
        pointer.window.run_steps(4);
        let done = if says.is_empty() { pointer.window.ctx.pixels_per_point() > zoom } else { pointer.says(says) };
        assert!(done, "{choice} does nothing");
        assert!(pointer.clicks <= 2, "{choice} takes {} clicks", pointer.clicks);
    }
}
