//! The list of lessons: what each asks, how long it takes, and a tick when it is done.

use egui::RichText;

use super::super::App;
use crate::lesson::{Kind, Lesson};
use crate::params::Lane;
use crate::views::ViewKind;

impl App {
    /// The window with all lessons.
    pub(in crate::app) fn lessons_ui(&mut self, ctx: &egui::Context) {
        let (text, mut open) = (self.text, self.windows.lessons);
        let mut chosen = None;
        let height = (ctx.content_rect().height() - 160.0).max(200.0);
        egui::Window::new(text.lessons.lessons.name)
            .id(egui::Id::unique("lessons"))
            .open(&mut open)
            .collapsible(false)
            .vscroll(true)
            .default_size(egui::vec2(460.0, height.min(620.0)))
            .default_pos(egui::pos2(420.0, 60.0))
            .show(ctx, |ui| {
                ui.label(text.lessons.lessons.meaning);
                for listed in &self.library.lessons {
                    let id = listed.id();
                    let Ok(lesson) = &listed.lesson else {
                        if let Err(error) = &listed.lesson {
                            ui.colored_label(crate::views::theme::alarm(ui.visuals()), text.error(error));
                        }
                        continue;
                    };
                    if lesson.kind == Kind::Story {
                        continue;
                    }
                    let missing = missing(lesson);
                    ui.add_space(6.0);
                    ui.horizontal(|ui| {
                        let title = RichText::new(lesson.title.said(text.language, None)).strong();
                        let button = ui.add_enabled(missing.is_none(), egui::Button::new(title));
                        if button.on_hover_text(text.lessons.begin).clicked() {
                            chosen = Some(id.clone());
                        }
                        ui.weak(format!("{:.0} {}", lesson.minutes, text.lessons.minutes));
                        if self.settings.lessons_done.contains(&id) {
                            ui.label(text.lessons.done);
                        }
                        if listed.path.is_some() {
                            ui.weak(text.lessons.own);
                        }
                    });
                    ui.label(lesson.goal.said(text.language, None));
                    if let Some(missing) = missing {
                        ui.weak(format!("{} {missing}", text.lessons.needs));
                    }
                }
            });
        self.windows.lessons = open;
        if let Some(id) = chosen {
            self.open_lesson(&id, ctx);
        }
    }
}

/// What a lesson needs and this program does not have.
fn missing(lesson: &Lesson) -> Option<&str> {
    let is_there = |need: &str| match need.split_once('.') {
        Some(("lane", lane)) => Lane::from_name(lane).is_some(),
        Some(("view", view)) => ViewKind::from_key(view).is_some(),
        _ => false,
    };
    lesson.needs.iter().map(String::as_str).find(|need| !is_there(need))
}
