//! Undo and redo: of every setting, and of beginning anew.

use egui::util::undoer::Undoer;

use super::App;
use crate::params::{PARAMS, Params};
use crate::worker::messages::EngineCommand;

/// What undo takes back: everything that was set, nothing that was computed.
#[derive(Clone, PartialEq)]
pub(super) struct Undoable {
    params: Params,
    theme: egui::ThemePreference,
    batches_per_second: f32,
    language: String,
    projector: bool,
    /// The run that is learnt, by its number in [`Runs`].
    run: u32,
}

impl Undoable {
    /// Whether a double click made this from `before`: what differs has its default now.
    fn is_default_where_it_differs_from(&self, before: &Self) -> bool {
        let usual = Params::for_task(self.params.task.kind);
        let differs = |of: &Params| PARAMS.iter().filter(|s| (s.get)(of) != (s.get)(&self.params)).collect::<Vec<_>>();
        let (changed, unusual) = (differs(&before.params), differs(&usual));
        let same_shell = Self { params: self.params.clone(), ..before.clone() } == *self;
        same_shell && !changed.is_empty() && changed.iter().all(|spec| unusual.iter().all(|u| u.key != spec.key))
    }
}

/// The steps that can be taken back.
#[derive(Default)]
pub(super) struct History {
    steps: Undoer<Undoable>,
    /// The newest step.
    newest: Option<Undoable>,
    /// When it was made; `None` if it is not the work of the pointer but undo or redo.
    made: Option<f64>,
    runs: Runs,
    /// What the controls show since something was refused: the snapshot of then may have been too old to know
    /// everything that was in force.
    unsure: Option<Params>,
    /// What the controls are to show when the run that was asked for is back.
    wanted: Option<Params>,
}

/// Which run is learnt and which one is put away, by numbers that count how often one was begun.
#[derive(Default)]
struct Runs {
    begun: u32,
    current: u32,
    /// The run that [`EngineCommand::TakeBack`] brings back.
    away: Option<u32>,
    /// How it was before a run was begun that may yet be refused, and the generation of snapshots of then.
    before: Option<(u64, u32, Option<u32>)>,
}

impl Runs {
    /// A run is begun; the one before is put away if it has `learnt` anything.
    fn begin(&mut self, generation: u64, learnt: bool) {
        self.before = Some((generation, self.current, self.away));
        if learnt {
            self.away = Some(self.current);
        }
        self.begun += 1;
        self.current = self.begun;
    }

    /// Goes to a run by its number; says whether it has to be taken back for that.
    fn go_to(&mut self, run: u32) -> bool {
        let put_away = self.away == Some(run) && run != self.current;
        if put_away {
            self.away = Some(self.current);
        }
        self.current = run;
        put_away
    }
}

impl App {
    fn undoable(&self) -> Undoable {
        Undoable {
            params: self.params.clone(),
            theme: self.settings.theme,
            batches_per_second: self.settings.batches_per_second,
            language: self.settings.language.clone(),
            projector: self.settings.projector,
            run: self.history.runs.current,
        }
    }

    /// Keeps what undo needs.
    pub(super) fn record(&mut self, ctx: &egui::Context) {
        // A drag or a number that is being typed is one change, made when it ends.
        if ctx.input(|i| i.pointer.any_down()) || ctx.text_edit_focused() {
            return;
        }
        let (now, time) = (self.undoable(), ctx.input(|i| i.time));
        if self.history.newest.as_ref() == Some(&now) {
            return;
        }
        // The first click of a double click has moved the slider; that is no step of its own.
        let double = ctx.input(|i| i.pointer.button_double_clicked(egui::PointerButton::Primary));
        let delay = ctx.options(|o| o.input_options.max_double_click_delay);
        let by_first_click = double && self.history.made.is_some_and(|made| time - made <= delay);
        if let Some(first) = self.history.newest.take()
            && by_first_click
            && now.is_default_where_it_differs_from(&first)
            && self.history.steps.undo(&first).is_some()
        {
            // What was taken back here is not to be made again.
            self.history.steps.feed_state(time, &first);
        }
        self.history.steps.feed_state(time, &now);
        self.history.steps.add_undo(&now);
        (self.history.newest, self.history.made) = (Some(now), Some(time));
    }

    /// A run begins; the one before can be taken back if it has learnt anything.
    pub(super) fn begin_run(&mut self) {
        let s = &self.snapshot;
        // Until the run that was begun last is there, what is seen is the one before it.
        let is_seen = self.history.runs.before.is_none_or(|(generation, ..)| s.generation > generation);
        let learnt = is_seen && (s.epoch > 1 || s.batch > 0);
        self.history.runs.begin(s.generation, learnt);
    }

    /// What was set is not adopted: the controls go back to what is in force, so that they never lie, and there is
    /// nothing to take back.
    pub(super) fn go_back_to_what_is_in_force(&mut self) {
        let refused = self.undoable();
        self.params = (*self.snapshot.params).clone();
        self.sent = self.params.clone();
        self.history.wanted = None;
        self.history.unsure = Some(self.params.clone());
        self.run_refused();
        if self.history.newest.as_ref() == Some(&refused) && self.history.steps.undo(&refused).is_some() {
            // Nor is there anything to make again.
            self.history.steps.feed_state(0.0, &refused);
            self.history.newest = None;
        }
    }

    /// After a refusal, the first snapshot that knows more is followed, unless somebody has set something since.
    pub(super) fn follow_what_is_in_force(&mut self) {
        self.history.unsure.take_if(|shown| *shown != self.params);
        if let Some(shown) = &self.history.unsure
            && *shown != *self.snapshot.params
        {
            self.params = (*self.snapshot.params).clone();
            self.sent = self.params.clone();
            self.history.unsure = None;
        }
    }

    /// The run that was begun last could not be built: the one before goes on.
    fn run_refused(&mut self) {
        if let Some((generation, current, away)) = self.history.runs.before.take()
            && self.snapshot.generation == generation
        {
            (self.history.runs.current, self.history.runs.away) = (current, away);
        }
    }

    /// The run that was put away is brought back, by its button.
    pub(super) fn take_back(&mut self) {
        if self.snapshot.put_away.is_none() {
            return;
        }
        if let Some(away) = self.history.runs.away {
            self.history.runs.go_to(away);
        }
        self.commands.push(EngineCommand::TakeBack);
    }

    /// A run is back with these settings, or goes on from its past.
    pub(super) fn went_back(&mut self, params: Params) {
        self.sent = params;
        // What waited for a restart then waits for it again.
        self.params = self.history.wanted.take().unwrap_or_else(|| self.sent.clone());
    }

    pub(super) fn undo(&mut self, ctx: &egui::Context) {
        let mut now = self.undoable();
        while let Some(before) = self.history.steps.undo(&now).cloned() {
            if self.adopt(before, ctx) {
                break;
            }
            now = self.undoable();
        }
        (self.history.newest, self.history.made) = (Some(self.undoable()), None);
    }

    pub(super) fn redo(&mut self, ctx: &egui::Context) {
        let mut now = self.undoable();
        while let Some(after) = self.history.steps.redo(&now).cloned() {
            if self.adopt(after, ctx) {
                break;
            }
            now = self.undoable();
        }
        (self.history.newest, self.history.made) = (Some(self.undoable()), None);
    }

    /// Makes everything as it was; says whether that changed anything. It does not when a run was begun with the
    /// same settings and the one before it is gone: then there is nothing to take back, and the step is passed over.
    fn adopt(&mut self, state: Undoable, ctx: &egui::Context) -> bool {
        let back = self.history.runs.go_to(state.run);
        let changed = back || self.undoable() != state;
        self.project(state.projector);
        if state.batches_per_second.to_bits() != self.settings.batches_per_second.to_bits() {
            self.settings.batches_per_second = state.batches_per_second;
            self.commands.push(EngineCommand::SetPace(self.settings.pace()));
        }
        self.settings.theme = state.theme;
        self.settings.language = state.language;
        self.params = state.params;
        if back {
            self.sent = self.params.clone();
            self.history.wanted = Some(self.params.clone());
            self.commands.push(EngineCommand::TakeBack);
        }
        self.dress(ctx);
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::Runs;

    #[test]
    fn a_run_that_was_put_away_is_taken_back_and_an_older_one_is_gone() {
        let mut runs = Runs::default();
        runs.begin(1, true);
        runs.begin(2, true);
        assert_eq!((runs.current, runs.away), (2, Some(1)));
        assert!(runs.go_to(1), "the last one is there");
        assert_eq!((runs.current, runs.away), (1, Some(2)));
        assert!(!runs.go_to(0), "the first one is gone");
        assert!(!runs.go_to(1));
        assert!(runs.go_to(2), "and forth again");
        assert_eq!((runs.current, runs.away), (2, Some(1)));
    }

    #[test]
    fn a_run_that_learnt_nothing_is_not_put_away() {
        let mut runs = Runs::default();
        runs.begin(1, true);
        runs.begin(2, false);
        assert_eq!((runs.current, runs.away), (2, Some(0)));
        assert!(!runs.go_to(1) && runs.go_to(0));
    }
}
