//! Lessons: what is shown, asked and done, step by step, from files that anybody can write.
//!
//! A lesson is data ([`mod@file`]): texts in both languages ([`words`]), things to do from a closed list ([`verbs`]), and
//! conditions on what is to be seen ([`condition`]). A [`Player`] goes through one; the window draws it, and
//! [`rehearse()`] plays it without a window and checks that what the texts say is still so.

pub mod condition;
mod facts;
pub mod file;
pub mod names;
mod player;
mod print;
mod rehearse;
pub mod terms;
#[cfg(test)]
mod tests;
pub mod verbs;
pub mod words;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::base::error::{Error, Result};
use crate::params::{Kind as ParamKind, Lane, ParamSpec, TakesEffect, Value};
use crate::protocol::Protocol;
use condition::{Condition, Key};
pub use player::{Deed, Given, Player};
pub use print::{Reader, html};
pub use rehearse::{Rehearsed, rehearse};
use verbs::{Speed, Verb};
use words::Words;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One question, in some steps.
    Lesson,
    /// Parts of lessons one after the other.
    Course,
    /// A lesson that goes on by itself.
    Story,
}

/// A lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// What it is called in courses and on the command line.
    pub id: String,
    /// What it is.
    pub kind: Kind,
    /// Version of the lesson.
    pub version: String,
    /// How long it takes.
    pub minutes: f64,
    /// What it is called.
    pub title: Words,
    /// What one can say afterwards.
    pub goal: Words,
    /// Its author.
    pub by: String,
    /// What others may do with it.
    pub licence: String,
    /// What it cannot do without.
    pub needs: Vec<String>,
    /// Its own controls.
    pub controls: Vec<Control>,
    /// Its steps; those of a course are filled in by [`Library::whole`].
    pub steps: Vec<Step>,
    /// What a course is made of: `lesson`, `lesson#step` or `lesson#first..last`.
    pub items: Vec<String>,
    /// What makes it harder to follow, with line and column.
    pub warnings: Vec<String>,
}

/// How a lesson begins: anew and paused.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Start {
    /// What is learnt.
    pub protocol: Protocol,
    /// How fast.
    pub speed: Option<Speed>,
}

/// A slider that a lesson, or a person, makes of several parameters.
#[derive(Debug, Clone, PartialEq)]
pub struct Control {
    /// What it is called in files.
    pub id: String,
    /// What it is called on screen.
    pub label: Words,
    /// What it moves.
    pub sets: Vec<&'static ParamSpec>,
    /// Its smallest value, in the unit of the edge.
    pub from: f64,
    /// Its largest value.
    pub to: f64,
    /// What stands behind the value.
    pub unit: String,
    /// Values that are marked.
    pub marks: Vec<f64>,
    /// Whether equal steps are equal ratios.
    pub logarithmic: bool,
}

impl Control {
    /// Whether a slider can move a parameter: a number of the experiment that acts at once.
    pub fn can_move(spec: &ParamSpec) -> bool {
        let is_number = matches!(spec.kind, ParamKind::Number { .. } | ParamKind::Spread { .. });
        is_number && spec.takes_effect != TakesEffect::OnRestart && !verbs::NOT_FOR_LESSONS.contains(&spec.key)
    }

    /// Whether all of its values are values of all that it moves.
    ///
    /// # Errors
    /// What was expected.
    pub fn check(&self) -> std::result::Result<(), String> {
        if !self.sets.iter().all(|spec| Self::can_move(spec)) {
            return Err("numbers that act at once".to_owned());
        }
        let forward = self.from < self.to;
        if self.sets.is_empty() || !forward || (self.logarithmic && self.from <= 0.0) {
            return Err(
                "parameters, and a range from a smaller to a larger value; logarithmic ones begin above 0".to_owned()
            );
        }
        // A billionth inside: a limit that went through another unit may have grown by its last bit.
        let inside = 1e-9 * (self.to - self.from);
        let ends = [self.from + inside, self.to - inside];
        for (spec, end) in self.sets.iter().flat_map(|spec| ends.map(|end| (spec, end))) {
            let value = Value::Number(spec.unit.si_from_shown(end));
            spec.check(&value, &self.id).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// The controls that are shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Shown {
    /// The whole instrument.
    #[default]
    All,
    /// Parameters, actions and own controls, by their keys.
    Some(Vec<String>),
}

/// Views as columns of stacks of tabs, by their keys.
pub type Arrangement = Vec<Vec<Vec<&'static str>>>;

/// One step.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is called in courses.
    pub id: String,
    /// Its title; empty for that of the lesson.
    pub title: Words,
    /// What it says.
    pub text: Words,
    /// How long it takes, s.
    pub seconds: f64,
    /// The views, if they change.
    pub views: Option<Arrangement>,
    /// The lanes that are drawn, if not all.
    pub lanes: Option<Vec<Lane>>,
    /// The controls.
    pub shown: Shown,
    /// What is done on entering.
    pub verbs: Vec<Verb>,
    /// What is pointed at, by the names of anchors.
    pub spot: Vec<String>,
    /// The question, which comes before everything else.
    pub ask: Option<Ask>,
    /// When the step is done; without it *Next* says so.
    pub done: Option<Condition>,
    /// Help for those who are stuck.
    pub hint: Words,
    /// How long one is stuck until it is shown, s.
    pub hint_after: f64,
    /// What was to be seen, once done.
    pub why: Words,
    /// What only a presenter sees.
    pub notes: Words,
    /// What a pupil would do.
    pub tries: Vec<Verb>,
    /// What must hold once done.
    pub expect: Vec<Condition>,
    /// Begins anew before the step; the first step of every lesson has it.
    pub start: Option<Start>,
    /// What steps that a course leaves out would have done since then.
    pub before: Vec<Verb>,
}

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// What is asked.
    pub question: Words,
    /// What is answered.
    pub answer: Guess,
}

/// What kind of answer a question wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Guess {
    /// One of some.
    Choice(Vec<Choice>),
    /// A number that is measured.
    Number(Answer),
}

/// An answer that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What it says.
    pub text: Words,
    /// Whether it is right.
    pub right: bool,
    /// Why it is, or is not.
    pub because: Words,
}

/// A number to be guessed.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// What is measured.
    pub of: Key,
    /// How far off is still right.
    pub within: f64,
}

/// The lessons that are built in: file name and text.
const BUILT_IN: [(&str, &str); 10] = [
    ("story.toml", include_str!("../../assets/lessons/story.toml")),
    ("copies.toml", include_str!("../../assets/lessons/copies.toml")),
    ("transfer.toml", include_str!("../../assets/lessons/transfer.toml")),
    ("loop.toml", include_str!("../../assets/lessons/loop.toml")),
    ("two_kinds.toml", include_str!("../../assets/lessons/two_kinds.toml")),
    ("slope.toml", include_str!("../../assets/lessons/slope.toml")),
    ("damage.toml", include_str!("../../assets/lessons/damage.toml")),
    ("speech.toml", include_str!("../../assets/lessons/speech.toml")),
    ("cost.toml", include_str!("../../assets/lessons/cost.toml")),
    ("show.toml", include_str!("../../assets/lessons/show.toml")),
];

/// What the files say that are built in, lessons and words of the handbook, for a test of the fonts.
#[cfg(test)]
pub(crate) fn sources() -> impl Iterator<Item = &'static str> {
    BUILT_IN.into_iter().map(|(_, text)| text).chain([include_str!("../../assets/terms.toml")])
}

/// A lesson and where it comes from.
#[derive(Debug, Clone, PartialEq)]
pub struct Listed {
    /// The lesson, or why it cannot be read.
    pub lesson: Result<Lesson>,
    /// Its file; `None` for one that is built in.
    pub path: Option<PathBuf>,
}

impl Listed {
    /// Its id, or the name of its file.
    pub fn id(&self) -> String {
        match &self.lesson {
            Ok(lesson) => lesson.id.clone(),
            Err(_) => self.path.as_deref().and_then(Path::file_stem).unwrap_or_default().to_string_lossy().into_owned(),
        }
    }
}

/// All lessons at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Library {
    /// In the order in which they are offered.
    pub lessons: Vec<Listed>,
}

static BUILT_IN_LESSONS: LazyLock<Vec<Listed>> = LazyLock::new(|| {
    let read = |(name, text): &(&str, &str)| Listed { lesson: file::parse(text, Path::new(name)), path: None };
    BUILT_IN.iter().map(read).collect()
});

impl Library {
    /// The lessons that are built in.
    pub fn built_in() -> Self {
        Self { lessons: BUILT_IN_LESSONS.clone() }
    }

    /// Those, and the lessons in a folder; one with the same id takes the place of the built-in one.
    #[must_use]
    pub fn with_folder(mut self, folder: &Path) -> Self {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let mut paths: Vec<PathBuf> = entries.filter(|path| path.extension().is_some_and(|e| e == "toml")).collect();
        paths.sort();
        for path in paths {
            self.add(Listed { lesson: file::load(&path), path: Some(path) });
        }
        self
    }

    /// Adds a lesson, in the place of one with the same id.
    pub fn add(&mut self, listed: Listed) {
        let id = listed.id();
        match self.lessons.iter_mut().find(|other| other.id() == id) {
            Some(place) => *place = listed,
            None => self.lessons.push(listed),
        }
    }

    /// The lesson of that id with all its steps; a course is put together from its lessons.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn whole(&self, id: &str) -> Result<Lesson> {
        let listed = self.lessons.iter().find(|listed| listed.id() == id);
        let known = || self.lessons.iter().map(Listed::id).collect::<Vec<_>>().join(", ");
        let none = || Error::BadValue {
            place: "lessons".into(),
            key: "lesson".into(),
            expected: format!("one of {}", known()),
            got: id.into(),
        };
        let mut lesson = listed.ok_or_else(none)?.lesson.clone()?;
        for item in std::mem::take(&mut lesson.items) {
            let (from, steps) = item.split_once('#').unwrap_or((&item, ""));
            let part = self.lessons.iter().filter_map(|l| l.lesson.as_ref().ok()).find(|l| l.id == from);
            let part = part.filter(|part| part.kind == Kind::Lesson);
            let range = part.and_then(|part| part.range(steps));
            let (Some(part), Some(range)) = (part, range) else {
                return Err(Error::Malformed {
                    path: format!("{id}.toml").into(),
                    place: None,
                    why: format!("there is no `{item}` among the lessons"),
                });
            };
            lesson.take_over(part, range);
        }
        Ok(lesson)
    }
}

impl Lesson {
    /// The steps that `first..last`, `one` or nothing mean.
    fn range(&self, steps: &str) -> Option<std::ops::Range<usize>> {
        let place = |id: &str| self.steps.iter().position(|step| step.id == id);
        match steps.split_once("..") {
            None if steps.is_empty() => Some(0..self.steps.len()),
            None => place(steps).map(|k| k..k + 1),
            Some((first, last)) => {
                let last = if last.is_empty() { self.steps.len() } else { place(last)? + 1 };
                Some(place(first)?..last).filter(|range| !range.is_empty())
            }
        }
    }

    /// Appends steps of another lesson, which begin as it does.
    fn take_over(&mut self, part: &Self, range: std::ops::Range<usize>) {
        let mut steps = part.steps[range.clone()].to_vec();
        if let Some(first) = steps.first_mut() {
            first.start = part.steps.first().and_then(|step| step.start.clone());
            first.before = part.steps[..range.start].iter().flat_map(|step| step.verbs.clone()).collect();
            for step in part.steps[..range.start].iter().rev() {
                first.views = first.views.take().or_else(|| step.views.clone());
            }
        }
        for step in &mut steps {
            step.id = format!("{}.{}", part.id, step.id);
            if step.title.is_empty() {
                step.title = part.title.clone();
            }
        }
        let new = part.controls.iter().filter(|c| self.controls.iter().all(|own| own.id != c.id)).cloned();
        let new: Vec<Control> = new.collect();
        self.controls.extend(new);
        self.steps.extend(steps);
    }

    /// The place of the step of that id.
    pub fn place(&self, step: &str) -> Option<usize> {
        self.steps.iter().position(|s| s.id == step)
    }
}
