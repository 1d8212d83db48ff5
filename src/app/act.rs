//! What a lesson does, or a person types as a verb in the palette.

use super::App;
use super::actions::Action;
use super::notices::Notice;
use crate::lesson::verbs::{Speed, Verb};
use crate::protocol::{Protocol, preset};
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
