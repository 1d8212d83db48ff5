//! Where one is in a lesson.

use std::collections::BTreeMap;

use super::condition::Facts;
use super::verbs::Verb;
use super::{Arrangement, Kind, Lesson, Start, Step};

/// A condition that is met by chance for a moment does not count, s.
const HOLDS_FOR: f64 = 0.5;

/// What was answered to a question.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given {
    /// An option, by its place.
    Choice(usize),
    /// A number.
    Number(f64),
    /// That one does not know.
    Unknown,
}

/// Something that a step does on entering.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// Begin anew, paused.
    Begin(Box<Start>),
    /// Do something; `skipped` steps do it as fast as the machine can.
    Do {
        /// What.
        verb: Verb,
        /// Whether it belongs to a step that is passed over.
        skipped: bool,
    },
}

/// A lesson, and where one is in it.
#[derive(Debug, Clone)]
pub struct Player {
    /// The lesson.
    pub lesson: Lesson,
    /// What was answered in each step.
    given: Vec<Option<Given>>,
    /// How often each verb was done in this step.
    did: BTreeMap<&'static str, u32>,
    step: usize,
    entered: f64,
    /// Since when the condition holds, s.
    holds_since: Option<f64>,
    done_at: Option<f64>,
}

impl Player {
    /// Before the first step; [`Self::go`] enters it.
    pub fn new(lesson: Lesson) -> Self {
        Self {
            given: vec![None; lesson.steps.len()],
            lesson,
            did: BTreeMap::new(),
            step: 0,
            entered: 0.0,
            holds_since: None,
            done_at: None,
        }
    }

    /// The place of the step.
    pub fn place(&self) -> usize {
        self.step
    }

    /// The step.
    pub fn step(&self) -> &Step {
        &self.lesson.steps[self.step]
    }

    /// Enters a step at the time `now`, s, and says what is to be done for that. The next step goes on from this one;
    /// for any other one everything since the last beginning is done again, so that it is the same as walking there.
    pub fn go(&mut self, to: usize, now: f64) -> Vec<Deed> {
        let to = to.min(self.lesson.steps.len() - 1);
        let first = if self.entered > 0.0 && to == self.step + 1 { to } else { self.beginning(to) };
        (self.step, self.entered) = (to, now.max(f64::MIN_POSITIVE));
        (self.holds_since, self.done_at) = (None, None);
        self.did.clear();
        let mut deeds = Vec::new();
        for (k, step) in self.lesson.steps.iter().enumerate().take(to + 1).skip(first) {
            deeds.extend(step.start.clone().map(|start| Deed::Begin(Box::new(start))));
            deeds.extend(step.before.iter().map(|verb| Deed::Do { verb: verb.clone(), skipped: true }));
            deeds.extend(step.verbs.iter().map(|verb| Deed::Do { verb: verb.clone(), skipped: k < to }));
        }
        deeds
    }

    /// The last step up to `to` that begins anew.
    fn beginning(&self, to: usize) -> usize {
        (0..=to).rev().find(|&k| self.lesson.steps[k].start.is_some()).unwrap_or(0)
    }

    /// The views of this step, which may be those of a step before.
    pub fn views(&self) -> Option<&Arrangement> {
        self.lesson.steps[..=self.step].iter().rev().find_map(|step| step.views.as_ref())
    }

    /// Takes note that the person in front of the window did something.
    pub fn did(&mut self, verb: &'static str) {
        *self.did.entry(verb).or_default() += 1;
    }

    /// Answers the question of this step; the first answer counts.
    pub fn answer(&mut self, given: Given) {
        self.given[self.step].get_or_insert(given);
    }

    /// What was answered in this step.
    pub fn given(&self) -> Option<Given> {
        self.given[self.step]
    }

    /// Completes what is known of a moment by what is known of the step.
    pub fn complete(&self, facts: &mut Facts, now: f64) {
        facts.did.clone_from(&self.did);
        facts.answered = self.given().is_some();
        facts.seconds = now - self.entered;
    }

    /// Whether the question waits for an answer.
    pub fn is_asking(&self) -> bool {
        self.step().ask.is_some() && self.given().is_none()
    }

    /// Looks whether the step is done now; says so once.
    pub fn observe(&mut self, facts: &Facts, now: f64) -> bool {
        if self.done_at.is_some() || (self.is_asking() && self.lesson.kind != Kind::Story) {
            return false;
        }
        let Some(condition) = &self.step().done else {
            self.done_at = Some(now);
            return true;
        };
        if !condition.holds(facts) {
            self.holds_since = None;
            return false;
        }
        let held = now - *self.holds_since.get_or_insert(now);
        if held >= HOLDS_FOR {
            self.done_at = Some(now);
        }
        self.done_at.is_some()
    }

    /// Whether the step is done.
    pub fn is_done(&self) -> bool {
        self.done_at.is_some()
    }

    /// Whether help is to be shown.
    pub fn shows_hint(&self, now: f64) -> bool {
        !self.is_done() && !self.step().hint.is_empty() && now - self.entered >= self.step().hint_after
    }

    /// Whether a story goes on to its next step now.
    pub fn goes_on(&self, now: f64) -> bool {
        self.lesson.kind == Kind::Story && self.is_done() && now - self.entered >= self.step().seconds
    }

    /// Whether this is the last step.
    pub fn is_last(&self) -> bool {
        self.step + 1 == self.lesson.steps.len()
    }

    /// How long until something happens by time alone, s.
    pub fn waits(&self, now: f64) -> Option<f64> {
        let holds = self.holds_since.filter(|_| !self.is_done()).map(|since| since + HOLDS_FOR);
        let step = self.step();
        let hint = (!self.is_done() && !step.hint.is_empty()).then_some(self.entered + step.hint_after);
        let story = self.lesson.kind == Kind::Story && !self.is_last();
        let next = story.then_some(self.entered + step.seconds);
        let times = [holds, hint, next].into_iter().flatten().filter(|at| *at > now).map(|at| at - now);
        times.min_by(f64::total_cmp)
    }

    /// Puts another version of the lesson in place; the step stays, by its id.
    pub fn replace(&mut self, lesson: Lesson) {
        let place = lesson.place(&self.step().id).unwrap_or_else(|| self.step.min(lesson.steps.len() - 1));
        let mut given = vec![None; lesson.steps.len()];
        for (step, answer) in self.lesson.steps.iter().zip(&self.given) {
            if let Some(k) = lesson.place(&step.id) {
                given[k] = *answer;
            }
        }
        (self.lesson, self.given, self.step) = (lesson, given, place);
    }
}
