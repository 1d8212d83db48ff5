//! Plays a lesson without a window, and checks that it can be finished and that what it says is still so.

use std::collections::BTreeSet;

use super::condition::{Condition, Facts};
use super::player::{Deed, Given, Player};
use super::verbs::Verb;
use super::{Guess, Lesson};
use crate::base::error::Result;
use crate::params::Lane;
use crate::probes::bench::Stimulus;
use crate::protocol::{Change, Protocol, preset};
use crate::run::{Event, Flow, Observer, Run, Stop};

/// Epochs that a step waits for its condition.
const MOST_EPOCHS: usize = 100;

/// What came of a rehearsal.
#[derive(Debug, Clone, Default)]
pub struct Rehearsed {
    /// What each step reached, in sentences.
    pub lines: Vec<String>,
    /// What was not as the lesson says.
    pub failures: Vec<String>,
    /// Accuracy of every lane after each epoch of the last run, %.
    pub curves: Vec<(Lane, Vec<[f64; 2]>)>,
}

/// Plays all steps in order, as a pupil would who does what `try` says.
///
/// # Errors
/// When an experiment cannot be built or goes wrong.
pub fn rehearse(lesson: &Lesson, threads: u32) -> Result<Rehearsed> {
    let mut player = Player::new(lesson.clone());
    let mut stage = Stage::new(threads);
    let mut found = Rehearsed::default();
    for k in 0..lesson.steps.len() {
        for deed in player.go(k, 1.0) {
            match deed {
                Deed::Begin(start) => stage.begin(start.protocol)?,
                Deed::Do { verb, .. } => stage.act(&verb)?,
            }
        }
        stage.enter();
        let step = player.step().clone();
        if let Some(ask) = &step.ask {
            player.answer(match &ask.answer {
                Guess::Choice(options) => Given::Choice(options.iter().position(|o| o.right).unwrap_or_default()),
                Guess::Number(number) => {
                    let value = stage.facts(&player).value(&number.of);
                    if value.is_none() {
                        found.failures.push(format!("{}: there is no number to be guessed", step.id));
                    }
                    value.map_or(Given::Unknown, Given::Number)
                }
            });
        }
        for verb in &step.tries {
            stage.act(verb)?;
            player.did(verb.word());
            stage.changed(verb, lesson);
        }
        if let Some(done) = &step.done {
            stage.until(done, &player)?;
        }
        let facts = stage.facts(&player);
        found.lines.push(line(&step.id, &facts));
        let all = step.done.iter().chain(&step.expect);
        for condition in all.filter(|condition| !condition.holds(&facts)) {
            let values = condition.keys().into_iter().map(|key| key.shown(facts.value(key))).collect::<Vec<_>>();
            found.failures.push(format!("{}: `{}` is not so: {}", step.id, condition.text, values.join(", ")));
        }
    }
    found.curves = stage.curves;
    Ok(found)
}

/// What a step reached.
fn line(step: &str, facts: &Facts) -> String {
    let lanes = facts.lanes.iter().map(|(lane, [accuracy, ..])| format!("{} {accuracy:.1} %", lane.name()));
    let recovery = match facts.recovery {
        Some((worst, Some(epochs))) => format!(", fell to {worst:.1} %, back after {epochs}"),
        Some((worst, None)) => format!(", fell to {worst:.1} %"),
        None => String::new(),
    };
    format!("{step}: {:.1} epochs, {}{recovery}", facts.epochs, lanes.collect::<Vec<_>>().join(", "))
}

/// A run without a window.
struct Stage {
    threads: u32,
    run: Option<Run>,
    running: bool,
    scores: Option<Vec<(Lane, [f64; 3])>>,
    curves: Vec<(Lane, Vec<[f64; 2]>)>,
    sample: usize,
    selected: BTreeSet<usize>,
    views: Vec<&'static str>,
    changed: Vec<String>,
    stimulus: Stimulus,
}

impl Stage {
    fn new(threads: u32) -> Self {
        Self {
            threads,
            run: None,
            running: false,
            scores: None,
            curves: Vec::new(),
            sample: 0,
            selected: BTreeSet::new(),
            views: Vec::new(),
            changed: Vec::new(),
            stimulus: Stimulus::default(),
        }
    }

    fn begin(&mut self, mut protocol: Protocol) -> Result<()> {
        protocol.params.learning.threads = self.threads;
        self.run = Some(Run::begin(protocol)?);
        (self.running, self.scores, self.curves) = (false, None, Vec::new());
        Ok(())
    }

    fn enter(&mut self) {
        self.changed.clear();
    }

    /// Takes note of what a pupil moved.
    fn changed(&mut self, verb: &Verb, lesson: &Lesson) {
        if let Verb::Set(spec, _) | Verb::Animate { spec, .. } = verb {
            let own = lesson.controls.iter().filter(|control| control.sets.iter().any(|s| s.key == spec.key));
            self.changed.extend(own.map(|control| control.id.clone()));
            self.changed.push(spec.key.to_owned());
        }
    }

    fn act(&mut self, verb: &Verb) -> Result<()> {
        let Some(run) = &mut self.run else { return Ok(()) };
        if let Some(changes) = verb.changes(run.params()) {
            return self.change(&changes);
        }
        match verb {
            Verb::Run => self.running = true,
            Verb::Pause => self.running = false,
            Verb::Step => drop(self.advance()?),
            Verb::RunTo(n) => {
                while self.epoch() < *n {
                    self.advance()?;
                }
                self.running = false;
            }
            Verb::Restart => {
                let protocol = Protocol::new(run.params().clone());
                self.begin(protocol)?;
            }
            Verb::NewWeights => {
                let mut protocol = Protocol::new(run.params().clone());
                protocol.params.learning.seed = protocol.params.learning.seed.wrapping_add(1);
                self.begin(protocol)?;
            }
            Verb::Preset(key) => {
                let before = Protocol::new(run.params().clone());
                if let Some(preset) = preset(key) {
                    let mut protocol = preset.on(before)?;
                    protocol.forget_planned();
                    if preset.is_experiment() {
                        self.begin(protocol)?;
                    } else {
                        let changes = Change::between(run.params(), &protocol.params);
                        self.change(&changes)?;
                    }
                }
            }
            Verb::Calibrate => self.change(&[Change::Calibrate])?,
            Verb::Uncalibrate => self.change(&[Change::Uncalibrate])?,
            Verb::Sample(n) => self.sample = *n,
            Verb::NextSample => self.sample += 1,
            Verb::Select(neurons) => self.selected.extend(neurons),
            Verb::ClearSelection => self.selected.clear(),
            Verb::Show(view) => self.views.push(view),
            Verb::Bench(setting) => self.stimulus.set(setting.clone()),
            _ => {}
        }
        Ok(())
    }

    fn change(&mut self, changes: &[Change]) -> Result<()> {
        let Some(run) = &mut self.run else { return Ok(()) };
        run.change(changes, &Stop::default(), &mut [])?;
        self.scores = None;
        if changes.iter().any(Change::disturbs) {
            run.experiment_mut().measure_fall();
        }
        Ok(())
    }

    fn epoch(&self) -> usize {
        self.run.as_ref().map_or(usize::MAX, |run| run.position().epoch)
    }

    /// Learns a batch; says whether an epoch is done.
    fn advance(&mut self) -> Result<bool> {
        let Some(run) = &mut self.run else { return Ok(false) };
        let mut news = News::default();
        run.advance(&Stop::default(), &mut [&mut news])?;
        let Some(scores) = news.0 else { return Ok(false) };
        let epoch = run.position().epoch as f64;
        for (lane, [accuracy, ..]) in &scores {
            match self.curves.iter_mut().find(|curve| curve.0 == *lane) {
                Some((_, points)) => points.push([epoch, *accuracy]),
                None => self.curves.push((*lane, vec![[epoch, *accuracy]])),
            }
        }
        self.scores = Some(scores);
        Ok(true)
    }

    /// Learns until the condition holds, if the network learns at all.
    fn until(&mut self, done: &Condition, player: &Player) -> Result<()> {
        let last = self.epoch().saturating_add(MOST_EPOCHS);
        while self.running && !done.holds(&self.facts(player)) && self.epoch() < last {
            while !self.advance()? {}
        }
        Ok(())
    }

    fn facts(&mut self, player: &Player) -> Facts {
        let Some(run) = &self.run else { return Facts::default() };
        let (experiment, params) = (run.experiment(), run.params().clone());
        let evaluated = || {
            let scores = |&lane: &Lane| {
                let s = experiment.evaluate(lane)?;
                Some((lane, [100.0 * s.accuracy, s.loss, s.hidden_spikes]))
            };
            params.learning.lanes.iter().filter_map(scores).collect()
        };
        let lanes = self.scores.get_or_insert_with(evaluated).clone();
        let test = &experiment.data().test;
        let sample = self.sample % test.len().max(1);
        let answer = |&lane: &Lane| {
            let scores = experiment.classify(lane, &[&test.get(sample)?.spikes])?;
            Some((lane, crate::training::argmax(scores.first()?)))
        };
        let silent = experiment.chip().map_or(0, |chip| chip.damage().silent.iter().filter(|s| **s).count());
        let mut facts = Facts {
            lanes,
            epochs: experiment.epochs_learnt(),
            batches_per_epoch: experiment.batches_per_epoch(),
            running: self.running,
            silenced: silent,
            recovery: params
                .learning
                .learner()
                .and_then(|lane| experiment.recovery(lane))
                .map(|r| (100.0 * r.worst, r.epochs)),
            answers: params.learning.lanes.iter().filter_map(answer).collect(),
            label: test.get(sample).map(|s| usize::from(s.label)),
            sample,
            selected: self.selected.len(),
            drawn: false,
            views: self.views.clone(),
            changed: self.changed.clone(),
            bench: experiment.bench(&self.stimulus).map(std::sync::Arc::new),
            params,
            ..Facts::default()
        };
        player.complete(&mut facts, 1.0 + player.step().seconds.max(1.0));
        facts
    }
}

/// What the lanes reached, if an epoch is done.
#[derive(Default)]
struct News(Option<Vec<(Lane, [f64; 3])>>);

impl Observer for News {
    fn on(&mut self, _: &Run, event: &Event<'_>) -> Result<Flow> {
        if let Event::Epoch(reports) = event {
            let scores = |r: &crate::training::metrics::EpochReport| {
                (r.lane, [100.0 * r.test_accuracy, r.test_loss, r.hidden_spikes])
            };
            self.0 = Some(reports.iter().map(scores).collect());
        }
        Ok(Flow::GoOn)
    }
}
