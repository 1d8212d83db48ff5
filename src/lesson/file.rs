//! Lesson files: TOML, read as experiment files are, with line and column for whatever is wrong.

mod raw;

use std::path::Path;

use toml::Spanned;

use super::condition::{Condition, Key};
use super::names;
use super::verbs::{NOT_FOR_LESSONS, Speed, Verb, lesson_parameter};
use super::words::{Words, length};
use super::{Answer, Ask, Choice, Control, Guess, Kind, Lesson, Shown, Start, Step, terms};
use crate::base::error::{Error, Result};
use crate::base::files::read_text;
use crate::params::{Lane, ParamSpec, TakesEffect};
use crate::protocol::file::line_and_column;
use crate::protocol::{Protocol, preset};
use crate::text::Language;
use raw::{Assignments, RawAsk, RawControl, RawLesson, RawOption, RawStart, RawStep, RawWords, Text};

/// Version of the format.
pub const FORMAT: u32 = 1;
/// Larger files are something else.
const LARGEST: u64 = 1 << 20;
/// A step with more words, or more Chinese characters, is not read.
const MOST_WORDS: [usize; Language::ALL.len()] = [60, 110];
/// More controls than that are too many to choose from.
const MOST_CONTROLS: usize = 7;

/// Whether a file says that it is a lesson or a course, and no experiment.
pub fn is_lesson(path: &Path) -> bool {
    let is_start = |line: &str| line.starts_with("[[step]]") || line.starts_with("items");
    read_text(path, LARGEST).is_ok_and(|text| text.lines().any(is_start))
}

/// Reads a lesson file.
///
/// # Errors
/// Names the file, line and column, and what was expected.
pub fn load(path: &Path) -> Result<Lesson> {
    parse(&read_text(path, LARGEST)?, path)
}

/// Reads the text of a lesson; `path` is for messages.
///
/// # Errors
/// Names the file, line and column, and what was expected.
pub fn parse(text: &str, path: &Path) -> Result<Lesson> {
    let raw: RawLesson = toml::from_str(text).map_err(|why| {
        let place = why.span().map(|span| line_and_column(text, span.start));
        Error::Malformed { path: path.into(), place, why: why.message().to_owned() }
    })?;
    let ids = raw.control.iter().map(|control| control.id.get_ref().clone()).collect();
    Reader { text, path, controls: ids, warnings: Vec::new() }.lesson(raw)
}

/// Checks a file as it is read.
struct Reader<'a> {
    text: &'a str,
    path: &'a Path,
    /// The ids of the lesson's own controls.
    controls: Vec<String>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn bad<T>(&self, at: usize, why: impl Into<String>) -> Result<T> {
        let place = Some(line_and_column(self.text, at));
        Err(Error::Malformed { path: self.path.into(), place, why: why.into() })
    }

    fn at<T, U>(&self, value: &Spanned<U>, read: Result<T, String>) -> Result<T> {
        read.or_else(|why| self.bad(value.span().start, why))
    }

    fn warn(&mut self, at: usize, why: impl std::fmt::Display) {
        self.warnings.push(format!("{}, {}: {why}", self.path.display(), line_and_column(self.text, at)));
    }

    fn lesson(mut self, raw: RawLesson) -> Result<Lesson> {
        let format = *raw.format.get_ref();
        if format != i64::from(FORMAT) {
            let why = if format > i64::from(FORMAT) { "; use a newer Misfit" } else { "" };
            return self.bad(raw.format.span().start, format!("this Misfit knows format {FORMAT}, not {format}{why}"));
        }
        let kind = match &raw.kind {
            None => Kind::Lesson,
            Some(kind) => match kind.get_ref().as_str() {
                "course" => Kind::Course,
                "story" => Kind::Story,
                other => return self.bad(kind.span().start, format!("`kind` is course or story, not {other}")),
            },
        };
        let at = raw.id.span().start;
        let is_id =
            |id: &str| !id.is_empty() && id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_id(raw.id.get_ref()) {
            return self.bad(at, "an id has small letters, digits and _");
        }
        for need in &raw.needs {
            let known = match need.get_ref().split_once('.') {
                Some(("lane", lane)) => Lane::from_name(lane).is_some(),
                Some(("view", _)) => true,
                _ => false,
            };
            if !known {
                return self.bad(need.span().start, "`needs` names lane.LANE or view.VIEW");
            }
        }
        let start = raw.start.as_ref().map(|start| self.start(start)).transpose()?;
        let controls = raw.control.iter().map(|control| self.control(control)).collect::<Result<_>>()?;
        let mut steps: Vec<Step> = Vec::new();
        for step in raw.step {
            if steps.iter().any(|other| other.id == *step.id.get_ref()) {
                return self.bad(step.id.span().start, format!("there are two steps `{}`", step.id.get_ref()));
            }
            let step = self.step(step, steps.last(), kind)?;
            steps.push(step);
        }
        if let Some(first) = steps.first_mut() {
            first.start = Some(start.unwrap_or_default());
        }
        let seconds: f64 = steps.iter().map(|step| step.seconds).sum();
        if kind == Kind::Lesson {
            if !(3..=8).contains(&steps.len()) {
                self.warn(at, format!("a lesson has 3 to 8 steps, not {}", steps.len()));
            }
            if (seconds / 60.0 - raw.minutes).abs() > 0.2 * raw.minutes {
                self.warn(at, format!("the steps take {:.1} minutes, not {}", seconds / 60.0, raw.minutes));
            }
        }
        if steps.is_empty() != (kind == Kind::Course) || raw.items.is_empty() == (kind == Kind::Course) {
            return self.bad(at, "a course has `items`, and everything else has steps");
        }
        let (title, goal) = (self.words(&raw.title, at)?, self.words(&raw.goal, at)?);
        Ok(Lesson {
            id: raw.id.into_inner(),
            kind,
            version: raw.version,
            minutes: raw.minutes,
            title,
            goal,
            by: raw.by,
            licence: raw.licence,
            needs: raw.needs.into_iter().map(Spanned::into_inner).collect(),
            controls,
            steps,
            items: raw.items.into_iter().map(Spanned::into_inner).collect(),
            warnings: self.warnings,
        })
    }

    fn start(&mut self, raw: &RawStart) -> Result<Start> {
        let mut protocol = Protocol::default();
        if let Some(name) = &raw.preset {
            let found = preset(name.get_ref());
            let found = self.at(name, found.ok_or_else(|| format!("there is no preset `{}`", name.get_ref())))?;
            protocol = found.on(protocol)?;
            protocol.forget_planned();
        }
        let mut assignments = self.assignments(&raw.set)?;
        // A task brings its own defaults.
        assignments.sort_by_key(|(spec, ..)| spec.key != "task");
        for (spec, value, _) in assignments {
            (spec.set)(&mut protocol.params, value);
            if spec.key == "task" {
                protocol.params.adopt_task(protocol.params.task.kind);
            }
        }
        protocol.check()?;
        let speed = match &raw.speed {
            Some(speed) => {
                let typed = typed(speed.get_ref()).unwrap_or_default();
                let read = Speed::parse(&typed).ok_or_else(|| "`speed` is batches a second or \"full\"".to_owned());
                Some(self.at(speed, read)?)
            }
            None => None,
        };
        Ok(Start { protocol, speed })
    }

    fn assignments(&self, raw: &Assignments) -> Result<Vec<(&'static ParamSpec, crate::params::Value, usize)>> {
        let read = |(key, value): (&Spanned<String>, &Spanned<toml::Value>)| {
            let spec = self.at(key, lesson_parameter(key.get_ref()))?;
            let typed = typed(value.get_ref()).unwrap_or_default();
            let place = format!("{}, {}", self.path.display(), line_and_column(self.text, value.span().start));
            Ok((spec, spec.parse(&typed, &place)?, key.span().start))
        };
        raw.iter().map(read).collect()
    }

    fn control(&mut self, raw: &RawControl) -> Result<Control> {
        let at = raw.id.span().start;
        let sets = raw.sets.iter().map(|key| self.at(key, lesson_parameter(key.get_ref())));
        let control = Control {
            id: raw.id.get_ref().clone(),
            sets: sets.collect::<Result<Vec<_>>>()?,
            label: self.words(&raw.label, at)?,
            from: raw.from,
            to: raw.to,
            unit: raw.unit.clone(),
            marks: raw.marks.clone(),
            logarithmic: raw.logarithmic,
        };
        control.check().or_else(|why| self.bad(at, format!("a control wants {why}")))?;
        Ok(control)
    }

    fn step(&mut self, raw: RawStep, before: Option<&Step>, kind: Kind) -> Result<Step> {
        let at = raw.id.span().start;
        let text = self.words(&raw.text, at)?;
        for (language, most) in Language::ALL.into_iter().zip(MOST_WORDS) {
            let long = length(&text.said(language, None), language);
            if text.has(language) && long > most {
                self.warn(at, format!("the text is {long} long in {}, more than {most}", language.own_name()));
            } else if !text.has(language) {
                self.warn(at, format!("the text is missing in {}", language.own_name()));
            }
        }
        let shown = match &raw.show {
            Some(list) => self.shown(list)?,
            None => before.map(|step| step.shown.clone()).unwrap_or_default(),
        };
        if let Shown::Some(list) = &shown
            && list.len() > MOST_CONTROLS
        {
            self.warn(at, format!("{} controls are shown, more than {MOST_CONTROLS}", list.len()));
        }
        let mut verbs = Vec::new();
        for (spec, value, key_at) in self.assignments(&raw.set)? {
            if spec.takes_effect == TakesEffect::OnRestart {
                return self.bad(key_at, format!("`{}` takes effect on restart; it belongs into [start]", spec.key));
            }
            verbs.push(Verb::Set(spec, value));
        }
        verbs.extend(self.verbs(&raw.verbs)?);
        let lanes = match &raw.lanes {
            None => before.and_then(|step| step.lanes.clone()),
            Some(lanes) => {
                let lane = |name: &Text| {
                    let lane = Lane::from_name(name.get_ref());
                    self.at(name, lane.ok_or_else(|| format!("there is no lane `{}`", name.get_ref())))
                };
                Some(lanes.iter().map(lane).collect::<Result<_>>()?)
            }
        };
        if raw.spot.len() > 2 {
            return self.bad(raw.spot[2].span().start, "at most two things are pointed at");
        }
        for anchor in &raw.spot {
            self.at(anchor, self.anchor(anchor.get_ref()))?;
        }
        if raw.ask.is_none() && raw.done.is_none() && kind == Kind::Story && raw.seconds <= 0.0 {
            return self.bad(at, "a step of a story goes on after `seconds` or once `done`");
        }
        Ok(Step {
            title: self.words(&raw.title, at)?,
            seconds: raw.seconds,
            views: raw.views.as_ref().map(|views| self.views(views)).transpose()?,
            lanes,
            shown,
            verbs,
            spot: raw.spot.into_iter().map(Spanned::into_inner).collect(),
            ask: raw.ask.map(|ask| self.ask(ask, at)).transpose()?,
            done: raw.done.as_ref().map(|done| self.condition(done)).transpose()?,
            hint: self.words(&raw.hint, at)?,
            hint_after: raw.after.unwrap_or(45.0),
            why: self.words(&raw.why, at)?,
            notes: self.words(&raw.notes, at)?,
            tries: self.verbs(&raw.tries)?,
            expect: raw.expect.iter().map(|text| self.condition(text)).collect::<Result<_>>()?,
            id: raw.id.into_inner(),
            text,
            start: None,
            before: Vec::new(),
        })
    }

    fn verbs(&self, list: &[Text]) -> Result<Vec<Verb>> {
        list.iter().map(|text| self.at(text, Verb::parse(text.get_ref()))).collect()
    }

    fn condition(&self, text: &Text) -> Result<Condition> {
        self.at(text, Condition::parse(text.get_ref(), &self.controls))
    }

    fn words(&mut self, raw: &RawWords, at: usize) -> Result<Words> {
        let [en, zh] = [&raw.en, &raw.zh].map(|text| text.as_ref().map_or("", |text| text.get_ref().as_str()));
        Words::parse([en, zh], &self.controls, &terms::is_term).or_else(|(language, why)| {
            let text = if language == Language::English { &raw.en } else { &raw.zh };
            self.bad(text.as_ref().map_or(at, |text| text.span().start), why)
        })
    }

    fn shown(&self, list: &[Text]) -> Result<Shown> {
        if list.iter().any(|item| item.get_ref() == "all") {
            return Ok(Shown::All);
        }
        for item in list {
            let key = item.get_ref();
            let own = key.strip_prefix("control.").is_some_and(|id| self.controls.iter().any(|c| c == id));
            let parameter = lesson_parameter(key).is_ok() && !NOT_FOR_LESSONS.contains(&key.as_str());
            if !own && !parameter && key != "speed" && names::known(names::ACTIONS, key).is_none() {
                return self
                    .bad(item.span().start, format!("`{key}` is no parameter, action or control that can be shown"));
            }
        }
        Ok(Shown::Some(list.iter().map(|item| item.get_ref().clone()).collect()))
    }

    fn views(&self, columns: &[Vec<Text>]) -> Result<Vec<Vec<Vec<&'static str>>>> {
        let tab = |stack: &Text, tab: &str| {
            let view = names::known(names::VIEWS, tab.trim());
            self.at(stack, view.ok_or_else(|| format!("there is no view `{tab}`")))
        };
        let stack = |stack: &Text| stack.get_ref().split('|').map(|name| tab(stack, name)).collect::<Result<_>>();
        columns.iter().map(|column| column.iter().map(stack).collect::<Result<_>>()).collect()
    }

    /// Whether something of that name can be pointed at.
    fn anchor(&self, anchor: &str) -> Result<(), String> {
        let known = match anchor.split_once('.') {
            Some(("param", key)) => crate::params::find(key).is_some(),
            Some(("action" | "story", _)) => true,
            Some(("control", id)) => self.controls.iter().any(|c| c == id),
            Some(("view", rest)) => names::known(names::VIEWS, rest.split('.').next().unwrap_or_default()).is_some(),
            Some(("card", lane)) => Lane::from_name(lane).is_some(),
            _ => matches!(anchor, "timeline" | "speed" | "menu"),
        };
        if known { Ok(()) } else { Err(format!("nothing on the screen is called `{anchor}`")) }
    }

    fn ask(&mut self, raw: RawAsk, at: usize) -> Result<Ask> {
        let question = self.words(&raw.question, at)?;
        let answer = match raw.number {
            Some(number) if raw.option.is_empty() => {
                let key = Key::parse(number.of.get_ref(), &self.controls);
                let why = || format!("`{}` is nothing that has a value", number.of.get_ref());
                Guess::Number(Answer { of: self.at(&number.of, key.ok_or_else(why))?, within: number.within })
            }
            _ => Guess::Choice(raw.option.iter().map(|option| self.option(option, at)).collect::<Result<_>>()?),
        };
        if let Guess::Choice(options) = &answer
            && (options.len() < 2 || options.len() > 4 || !options.iter().any(|option| option.right))
        {
            return self.bad(at, "a question has two to four options, of which one is right, or a number");
        }
        Ok(Ask { question, answer })
    }

    fn option(&mut self, raw: &RawOption, at: usize) -> Result<Choice> {
        let because = self.words(&raw.because, at)?;
        if because.is_empty() {
            return self.bad(at, "every option says `because`");
        }
        Ok(Choice { text: self.words(&raw.text, at)?, right: raw.right, because })
    }
}

/// A value as one would type it after `--set key=`.
fn typed(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(n) => Some(n.to_string()),
        toml::Value::Float(x) => Some(x.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        toml::Value::Array(items) => items.iter().map(typed).collect::<Option<Vec<_>>>().map(|all| all.join(",")),
        toml::Value::Datetime(_) | toml::Value::Table(_) => None,
    }
}
