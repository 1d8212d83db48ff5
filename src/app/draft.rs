//! Settings as a person set them, with the steps that can be taken back. Knows neither window nor session.

use egui::util::undoer::Undoer;

use crate::params::{PARAMS, ParamSpec, Params, TakesEffect};
use crate::protocol::{Change, Protocol};

/// What the controls show, what of it the session was told, and what undo goes back to.
///
/// The session may refuse what it is told, and the run changes parameters by itself as planned. The draft follows both,
/// and keeps what was set meanwhile.
pub(super) struct Draft {
    /// What the controls show.
    pub(super) params: Params,
    /// Whether the chip is calibrated, or is to be.
    pub(super) calibrated: bool,
    /// What the session was last told; the task is that of the run.
    told: Params,
    /// The same of the calibration.
    told_calibrated: bool,
    steps: Undoer<Step>,
    /// The newest step.
    newest: Option<Step>,
    /// When it was made, s; `None` if it is not the work of the pointer but undo or redo.
    made: Option<f64>,
    runs: Runs,
    awaits: Awaits,
}

/// A state that undo goes back to: everything that was set of the experiment, nothing that was computed.
#[derive(Clone, PartialEq)]
struct Step {
    params: Params,
    calibrated: bool,
    /// The run that is learnt, by its number in [`Runs`].
    run: u32,
}

impl Step {
    /// Whether a double click made this from `before`: what differs has its default now.
    fn is_default_where_it_differs_from(&self, before: &Self) -> bool {
        let usual = Params::for_task(self.params.task.kind);
        let differs = |of: &Params| PARAMS.iter().filter(|s| (s.get)(of) != (s.get)(&self.params)).collect::<Vec<_>>();
        let (changed, unusual) = (differs(&before.params), differs(&usual));
        let same_run = self.run == before.run;
        same_run && !changed.is_empty() && changed.iter().all(|spec| unusual.iter().all(|u| u.key != spec.key))
    }
}

/// What the next word of the session on its parameters means for the controls.
#[derive(PartialEq)]
enum Awaits {
    Nothing,
    /// Something was refused, and what was known then may be too old: the first snapshot that knows more is followed.
    Truth,
    /// Undo asked for a run: the controls keep what they show when it is back.
    Run,
}

/// Which run is learnt and which one is put away, by numbers that count how often one was begun.
#[derive(Default)]
struct Runs {
    begun: u32,
    current: u32,
    /// The run that can be taken back.
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

    /// The run that was begun last could not be built: the one before goes on.
    fn refused(&mut self, generation: u64) {
        if let Some((then, current, away)) = self.before.take()
            && then == generation
        {
            (self.current, self.away) = (current, away);
        }
    }
}

/// Undo or redo.
type Way = for<'a> fn(&'a mut Undoer<Step>, &Step) -> Option<&'a Step>;

impl Draft {
    /// Settings that the session knows.
    pub(super) fn new(protocol: impl Into<Protocol>) -> Self {
        let protocol = protocol.into();
        let calibrated = protocol.calibrates_first();
        Self {
            told: protocol.params.clone(),
            params: protocol.params,
            told_calibrated: calibrated,
            calibrated,
            steps: Undoer::default(),
            newest: None,
            made: None,
            runs: Runs::default(),
            awaits: Awaits::Nothing,
        }
    }

    /// What the session has to be told, if anything; from then on it counts as told.
    pub(super) fn changes(&mut self) -> Option<Params> {
        self.params.chip.change_number(&self.told.chip);
        if self.is_of_another_chip() {
            // It comes without trims, unless undo says otherwise.
            self.calibrated &= !std::mem::take(&mut self.told_calibrated);
        }
        let acting = self.acting();
        if acting == self.told {
            return None;
        }
        self.no_longer_awaits_truth();
        self.told = acting;
        Some(self.told.clone())
    }

    /// Whether the session has to calibrate the chip, or to take that back; from then on it counts as told.
    pub(super) fn calibration(&mut self) -> Option<bool> {
        if self.calibrated == self.told_calibrated {
            return None;
        }
        self.no_longer_awaits_truth();
        self.told_calibrated = self.calibrated;
        Some(self.calibrated)
    }

    fn no_longer_awaits_truth(&mut self) {
        if self.awaits == Awaits::Truth {
            self.awaits = Awaits::Nothing;
        }
    }

    /// Calibrates the chip, also one that is calibrated.
    pub(super) fn calibrate(&mut self) {
        (self.calibrated, self.told_calibrated) = (true, false);
    }

    /// What acts on the run in progress: while another task waits, everything but the chip waits with it.
    fn acting(&self) -> Params {
        if self.params.task.kind == self.told.task.kind { self.params.clone() } else { self.in_use() }
    }

    /// What the session was told, with the chip of the controls.
    fn in_use(&self) -> Params {
        Params { chip: self.params.chip.clone(), ..self.told.clone() }
    }

    /// A task was chosen: it brings its own settings, or those in force if it is the task of the run.
    pub(super) fn adopt_task(&mut self) {
        let task = self.params.task.kind;
        if task == self.told.task.kind { self.params = self.in_use() } else { self.params.adopt_task(task) }
    }

    /// The run that would begin: a chip that is calibrated is so from the start.
    pub(super) fn protocol(&self) -> Protocol {
        let protocol = Protocol::new(self.params.clone());
        let has_chip = self.params.learning.lanes.iter().any(|lane| !lane.is_on_ideal_twin());
        if self.calibrated && has_chip { protocol.calibrated_first() } else { protocol }
    }

    /// Whether the chip has a number that the session does not know yet.
    pub(super) fn is_of_another_chip(&self) -> bool {
        self.params.chip.number != self.told.chip.number
    }

    /// Parameters that wait for a restart.
    pub(super) fn waiting<'a>(&'a self, in_force: &'a Params) -> impl Iterator<Item = &'static ParamSpec> + 'a {
        let acting = self.acting();
        PARAMS.iter().filter(move |s| {
            let set = (s.get)(&self.params);
            let waits = s.takes_effect == TakesEffect::OnRestart || set != (s.get)(&acting);
            waits && set != (s.get)(in_force)
        })
    }

    /// Whether it is what the run in progress was told, and nothing waits for a restart.
    pub(super) fn is_of_run(&self, in_force: &Params) -> bool {
        let told = self.told == self.params && self.told_calibrated == self.calibrated;
        told && self.waiting(in_force).next().is_none()
    }

    /// Shows what the session knows already.
    fn show(&mut self, params: &Params, calibrated: bool) {
        self.params.clone_from(params);
        self.told.clone_from(params);
        (self.calibrated, self.told_calibrated) = (calibrated, calibrated);
    }

    /// A run begins with these settings. The one before, which snapshots of that `generation` show, can be taken back
    /// if it has `learnt` anything.
    pub(super) fn begin(&mut self, params: &Params, calibrated: bool, generation: u64, learnt: bool) {
        // Until the run that was begun last is there, what is seen is the one before it.
        let is_seen = self.runs.before.is_none_or(|(then, ..)| generation > then);
        self.runs.begin(generation, is_seen && learnt);
        self.show(params, calibrated);
    }

    /// What was set is not adopted: the controls go back to what is in force, so that they never lie, and there is
    /// nothing to take back.
    pub(super) fn refused(&mut self, in_force: &Params, calibrated: bool, generation: u64) {
        let refused = self.step();
        self.show(in_force, calibrated);
        self.awaits = Awaits::Truth;
        self.runs.refused(generation);
        if self.newest.as_ref() == Some(&refused) && self.steps.undo(&refused).is_some() {
            // Nor is there anything to make again.
            self.steps.feed_state(0.0, &refused);
            self.newest = None;
        }
    }

    /// Follows what is in force after a refusal, unless something was set since.
    pub(super) fn follow(&mut self, in_force: &Params, calibrated: bool) {
        if self.awaits == Awaits::Truth && (&self.params, self.calibrated) != (in_force, calibrated) {
            self.show(in_force, calibrated);
            self.awaits = Awaits::Nothing;
        }
    }

    /// The run has changed parameters or trims as planned: they are shown, and what was set meanwhile is kept.
    pub(super) fn planned(&mut self, in_force: &Params, change: &Change) {
        if let Some(calibrated) = change.leaves_calibrated() {
            if self.calibrated == self.told_calibrated {
                self.calibrated = calibrated;
            }
            self.told_calibrated = calibrated;
        }
        for spec in PARAMS.iter().filter(|spec| spec.takes_effect == TakesEffect::AtOnce) {
            let (before, now) = ((spec.get)(&self.told), (spec.get)(in_force));
            if before != now && (spec.get)(&self.params) == before {
                (spec.set)(&mut self.params, now.clone());
            }
            (spec.set)(&mut self.told, now);
        }
    }

    /// A run is back with these settings, or goes on from its past.
    pub(super) fn went_back(&mut self, in_force: &Params, calibrated: bool) {
        self.told.clone_from(in_force);
        self.told_calibrated = calibrated;
        // What waited for a restart then waits for it again.
        if std::mem::replace(&mut self.awaits, Awaits::Nothing) != Awaits::Run {
            self.params.clone_from(in_force);
            self.calibrated = calibrated;
        }
    }

    /// The run that was put away is asked for.
    pub(super) fn take_back(&mut self) {
        if let Some(away) = self.runs.away {
            self.runs.go_to(away);
        }
    }

    fn step(&self) -> Step {
        Step { params: self.params.clone(), calibrated: self.calibrated, run: self.runs.current }
    }

    /// Keeps what undo needs, at that time, s. The second click of a double click says how long ago the first one was
    /// at most.
    pub(super) fn record(&mut self, time: f64, double_click: Option<f64>) {
        let now = self.step();
        if self.newest.as_ref() == Some(&now) {
            return;
        }
        // The first click of a double click has moved the slider; that is no step of its own.
        let by_first_click = double_click.zip(self.made).is_some_and(|(delay, made)| time - made <= delay);
        if let Some(first) = self.newest.take()
            && by_first_click
            && now.is_default_where_it_differs_from(&first)
            && self.steps.undo(&first).is_some()
        {
            // What was taken back here is not to be made again.
            self.steps.feed_state(time, &first);
        }
        self.steps.feed_state(time, &now);
        self.steps.add_undo(&now);
        (self.newest, self.made) = (Some(now), Some(time));
    }

    /// Takes the last step back; says whether the run that was put away is to be brought back.
    pub(super) fn undo(&mut self) -> bool {
        self.go(Undoer::undo)
    }

    /// Makes the step again that was taken back last; says the same.
    pub(super) fn redo(&mut self) -> bool {
        self.go(Undoer::redo)
    }

    /// Goes to the next state that differs. One does not when a run was begun with the same settings and the one before
    /// it is gone: then there is nothing to take back, and the step is passed over.
    fn go(&mut self, way: Way) -> bool {
        let mut back = false;
        let mut now = self.step();
        while let Some(next) = way(&mut self.steps, &now).cloned() {
            back = self.runs.go_to(next.run);
            let changed = back || (&self.params, self.calibrated) != (&next.params, next.calibrated);
            (self.params, self.calibrated) = (next.params, next.calibrated);
            if changed {
                break;
            }
            now = self.step();
        }
        if back {
            self.told.clone_from(&self.params);
            self.told_calibrated = self.calibrated;
            self.awaits = Awaits::Run;
        }
        (self.newest, self.made) = (Some(self.step()), None);
        back
    }
}

#[cfg(test)]
mod tests;
