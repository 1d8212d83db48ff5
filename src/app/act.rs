//! What is done: an action of menu, palette and keyboard; and a verb, which a lesson says or a person types.

use super::App;
use super::actions::Action;
use super::dialogs::Purpose;
use super::draft::Draft;
use super::layout::Layout;
use super::notices::Notice;
use super::palette::Palette;
use super::settings::Screen;
use crate::lesson::verbs::{Speed, Verb};
use crate::protocol::{PRESETS, Protocol, command_line, preset};
use crate::session::messages::{EngineCommand, Pace, ViewRequest};
use crate::views::ViewKind;

impl From<Speed> for Pace {
    fn from(speed: Speed) -> Self {
        match speed {
            Speed::Full => Self::Full,
            Speed::BatchesPerSecond(rate) => Self::BatchesPerSecond(rate),
        }
    }
}

fn fill_or_leave_screen(ctx: &egui::Context) {
    let full = ctx.input(|i| i.viewport().fullscreen.unwrap_or(false));
    ctx.send_viewport_cmd(egui::ViewportCommand::Fullscreen(!full));
}

impl App {
    /// Does one thing.
    pub(super) fn perform(&mut self, action: Action, ctx: &egui::Context) {
        self.did(&action.key());
        self.show_command(action);
        if matches!(action, Action::Layout(_) | Action::Show(_) | Action::ResetLayout | Action::Controls) {
            self.open_instrument();
        }
        match action {
            Action::RunOrPause if self.snapshot.running => self.commands.push(EngineCommand::Pause),
            Action::RunOrPause => self.run(),
            Action::Step => self.commands.push(EngineCommand::StepBatch),
            // In a lesson everything begins paused.
            Action::Reset if self.is_in_lesson() => self.prepare(self.draft.protocol()),
            Action::Reset => self.restart(),
            Action::NewChip => self.draft.params.chip.number = self.draft.params.chip.number.wrapping_add(1),
            Action::NewWeights => self.draw_weights(),
            Action::Calibrate => self.draft.calibrate(),
            Action::Uncalibrate => self.draft.calibrated = false,
            Action::Heal => self.heal(),
            Action::Undo => self.go(Draft::undo),
            Action::Redo => self.go(Draft::redo),
            Action::TakeBack => self.take_back(),
            Action::PreviousSample => self.move_sample(false),
            Action::NextSample => self.move_sample(true),
            Action::EarlierMoment => self.move_moment(-1),
            Action::LaterMoment => self.move_moment(1),
            Action::Live => self.commands.push(ViewRequest::LookAt(None)),
            Action::Branch => self.commands.push(EngineCommand::Branch),
            Action::Open => self.ask_for(Purpose::Open, ctx),
            Action::Save => self.ask_for(Purpose::Save, ctx),
            Action::SaveCheckpoint => self.ask_for(Purpose::Checkpoint, ctx),
            Action::CopyCommand => self.copy(command_line(&self.protocol()), ctx),
            Action::WindowPng => self.taking.picture(),
            Action::AllFigures => self.write_all_figures(ctx),
            Action::OpenFolder => ctx.open_url(egui::OpenUrl::new_tab(format!("file://{}", self.folder().display()))),
            Action::ExportNir(form) => self.ask_for(Purpose::ExportNir(form), ctx),
            Action::LoadNir => self.ask_for(Purpose::LoadNir, ctx),
            Action::Record => self.ask_for(Purpose::Record, ctx),
            Action::Figure(kind, form) => self.write_figure(kind, form, ctx),
            Action::Layout(layout) => self.arrange(layout),
            Action::ResetLayout => self.arranged.tree = self.settings.usual_tree(),
            Action::Show(kind) => self.show_view(kind),
            Action::Controls => self.settings.controls = !self.settings.controls,
            Action::Theme(theme) => {
                self.settings.theme = theme;
                self.project(false, ctx);
            }
            Action::Language(language) => {
                language.code().clone_into(&mut self.settings.language);
                self.dress(ctx);
            }
            Action::Projector => self.project(!self.settings.projector, ctx),
            Action::FullScreen => fill_or_leave_screen(ctx),
            Action::ZoomIn => egui::gui_zoom::zoom_in(ctx),
            Action::ZoomOut => egui::gui_zoom::zoom_out(ctx),
            Action::ZoomReset => ctx.set_zoom_factor(self.own_zoom(ctx)),
            Action::Preset(k) => self.choose(&PRESETS[k]),
            Action::ClearSelection => self.views.clear_selection(),
            Action::Palette => self.palette = Some(Palette::default()),
            Action::Gallery => self.windows.gallery = !self.windows.gallery,
            Action::TakeAway => self.windows.take_away = !self.windows.take_away,
            Action::Notices => self.windows.said = !self.windows.said,
            Action::ReduceMotion => {
                self.settings.reduce_motion = !self.settings.reduce_motion;
                self.dress(ctx);
            }
            Action::Keys => self.windows.keys = !self.windows.keys,
            Action::Story => {
                self.leave_lesson();
                self.settings.screen = Screen::Story;
            }
            Action::Instrument => {
                self.leave_lesson();
                self.open_instrument();
            }
            Action::Lessons => self.windows.lessons = !self.windows.lessons,
            Action::Handbook => self.handbook.open = !self.handbook.open,
            Action::WhatIsThis => self.handbook.asks = !self.handbook.asks,
            Action::Presenter => self.presenter.on = !self.presenter.on,
            Action::OwnSlider => self.maker.open = !self.maker.open,
            Action::CopyStep => self.copy(self.as_lesson_step(), ctx),
        }
        ctx.request_repaint();
    }

    /// Begins anew with the next seed.
    fn draw_weights(&mut self) {
        self.draft.params.learning.seed = self.draft.params.learning.seed.wrapping_add(1);
        self.restart();
    }

    /// Puts words on the clipboard, and says which.
    fn copy(&mut self, words: String, ctx: &egui::Context) {
        ctx.copy_text(words.clone());
        self.notify(Notice::Copied(words));
    }

    /// Arranges the views as a layout has them.
    fn arrange(&mut self, layout: Layout) {
        self.settings.layout = layout;
        self.arranged.unprojected = None;
        self.arranged.tree = self.settings.usual_tree();
    }

    /// Shows the instrument in place of the first screen.
    pub(super) fn open_instrument(&mut self) {
        self.end_story();
        self.settings.screen = Screen::Instrument;
    }

    /// Sets all damage back to none.
    fn heal(&mut self) {
        for change in Verb::Heal.changes(&self.draft.params).unwrap_or_default() {
            change.apply(&mut self.draft.params);
        }
    }

    /// Undo or redo, which may bring back the run that was put away.
    fn go(&mut self, step: fn(&mut Draft) -> bool) {
        if step(&mut self.draft) {
            self.commands.push(EngineCommand::TakeBack);
        }
    }

    /// Brings the run back that was put away.
    fn take_back(&mut self) {
        if self.snapshot.put_away.is_some() {
            self.draft.take_back();
            self.commands.push(EngineCommand::TakeBack);
        }
    }

    /// Shows the next test sample, or the one before, and keeps it.
    fn move_sample(&mut self, forth: bool) {
        let Some(sample) = &self.snapshot.sample else { return };
        let step = if forth { 1 } else { sample.count.saturating_sub(1) };
        self.commands.push(ViewRequest::ShowSample((sample.index + step) % sample.count.max(1)));
        self.views.hold_sample();
    }
}

impl App {
    /// Does what a verb says. What changes parameters goes through the controls, as by hand.
    pub(super) fn do_verb(&mut self, verb: &Verb, ctx: &egui::Context) {
        if let Some(changes) = verb.changes(&self.draft.params) {
            for change in &changes {
                change.apply(&mut self.draft.params);
            }
            return ctx.request_repaint();
        }
        match verb {
            Verb::Run => self.commands.push(EngineCommand::Run),
            Verb::Pause => self.commands.push(EngineCommand::Pause),
            Verb::Step => self.commands.push(EngineCommand::StepBatch),
            Verb::Restart => self.prepare(self.draft.protocol()),
            Verb::RunTo(epochs) => self.commands.push(EngineCommand::RunTo(*epochs)),
            Verb::NewWeights => {
                self.draft.params.learning.seed = self.draft.params.learning.seed.wrapping_add(1);
                self.prepare(self.draft.protocol());
            }
            Verb::Preset(key) => self.prepare_preset(key),
            Verb::Calibrate => self.draft.calibrate(),
            Verb::Uncalibrate => self.draft.calibrated = false,
            Verb::Sample(n) => {
                self.commands.push(ViewRequest::ShowSample(*n));
                self.views.hold_sample();
            }
            Verb::NextSample => self.perform(Action::NextSample, ctx),
            Verb::Select(neurons) => neurons.iter().for_each(|n| self.views.select(*n)),
            Verb::ClearSelection => self.views.clear_selection(),
            Verb::Lane(lane) => self.views.show_lane(*lane),
            Verb::Show(view) => ViewKind::from_key(view).into_iter().for_each(|kind| self.show_view(kind)),
            Verb::Layout(key) => {
                let layout = Action::from_key(&format!("layout {key}"));
                if let Some(action) = layout {
                    self.perform(action, ctx);
                }
            }
            Verb::Repeat(lane, n) => self.commands.push(ViewRequest::Repeat(*lane, *n)),
            Verb::TryChips(lane, n) => self.commands.push(ViewRequest::TryChips(*lane, *n)),
            Verb::StudyHarm(lane) => self.commands.push(ViewRequest::StudyHarm(*lane)),
            Verb::LookAt(epoch) => self.commands.push(ViewRequest::LookAt(Some(*epoch))),
            Verb::Live => self.commands.push(ViewRequest::LookAt(None)),
            Verb::Branch => self.commands.push(EngineCommand::Branch),
            Verb::Bench(setting) => self.commands.push(ViewRequest::Bench(Some(setting.clone()))),
            Verb::Speed(speed) => self.commands.push(EngineCommand::SetPace((*speed).into())),
            // These change parameters, which is done above.
            Verb::Set(..)
            | Verb::Animate { .. }
            | Verb::Chip(_)
            | Verb::NewChip
            | Verb::Silence(_)
            | Verb::SilenceShare(_)
            | Verb::Heal => {}
        }
        ctx.request_repaint();
    }

    /// Begins anew with a protocol, paused; the controls show its parameters.
    pub(super) fn prepare(&mut self, protocol: Protocol) {
        self.notices.clear();
        self.commands.push(EngineCommand::Prepare(Box::new(protocol)));
    }

    fn prepare_preset(&mut self, key: &str) {
        let Some(preset) = preset(key) else { return };
        match preset.on(Protocol::new(self.draft.params.clone())) {
            Ok(mut protocol) if preset.is_experiment() => {
                protocol.forget_planned();
                self.prepare(protocol);
            }
            Ok(protocol) => (self.draft.params, self.draft.calibrated) = (protocol.params, false),
            Err(error) => self.notify(Notice::Wrong(error)),
        }
    }
}
