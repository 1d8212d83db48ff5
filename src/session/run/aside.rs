//! A run that waits while another one is shown, such as that of a lesson.

use super::super::store_thread::Recorder;
use super::Session;
use super::engine::Engine;
use super::history::History;
use super::inspector::Inspector;

/// A run with its past, with what the views asked of it, and with its record.
pub(super) struct Aside {
    engine: Engine,
    history: History,
    inspector: Inspector,
    recorder: Option<Recorder>,
}

impl Session<'_> {
    /// Sets the run in hand aside; one that waits already goes on waiting.
    pub(super) fn set_aside(&mut self) {
        if self.aside.is_some() {
            return;
        }
        if let (Some(recorder), Some(run)) = (&mut self.recorder, &self.engine.run) {
            recorder.rest(run);
        }
        let mut next = Engine::new(self.engine.params.clone(), false);
        next.generation = self.engine.generation;
        self.aside = Some(Box::new(Aside {
            engine: std::mem::replace(&mut self.engine, next),
            history: std::mem::take(&mut self.history),
            inspector: std::mem::take(&mut self.inspector),
            recorder: self.recorder.take(),
        }));
    }

    /// Goes on with the run that was set aside.
    pub(super) fn bring_back(&mut self) {
        let Some(aside) = self.aside.take() else { return };
        let generation = self.engine.generation + 1;
        (self.engine, self.history) = (aside.engine, aside.history);
        (self.inspector, self.recorder) = (aside.inspector, aside.recorder);
        self.engine.generation = generation;
        self.publisher.due.at_once();
    }
}
