//! What conditions and texts can name, and what it is at a moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names;
use super::verbs::Verb;
use crate::base::units::Unit;
use crate::params::{Lane, ParamSpec, Params, TakesEffect, Value, find};
use crate::probes::bench::Bench;

/// Something with a value: by its name in conditions and in texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Key {
    /// What a lane reaches.
    Lane(Quantity, Lane),
    /// Epochs learnt.
    Epochs,
    /// Batches learnt.
    Batches,
    /// Whether the network learns.
    Running,
    /// Whether all planned epochs are learnt.
    Finished,
    /// The value of a parameter, in the unit of the edge.
    Param(&'static ParamSpec),
    /// Whether a parameter or a control of the lesson was moved in this step.
    Changed(String),
    /// How often something was done in this step.
    Did(&'static str),
    /// Hidden neurons that never fire.
    Silenced,
    /// Smallest accuracy since the chip was disturbed, %.
    RecoveryWorst,
    /// Epochs that the way back took; none until it is done.
    RecoveryEpochs,
    /// The class that a lane sees in the sample on display.
    Answer(Lane),
    /// The right class of the sample on display.
    Label,
    /// The number of the sample on display.
    Sample,
    /// Neurons that are selected.
    Selected,
    /// Whether something was drawn.
    Drawn,
    /// Whether a view is in front.
    View(&'static str),
    /// Whether the question of this step is answered.
    Answered,
    /// Time spent in this step, s.
    Seconds,
    /// Something on the bench.
    Bench(OnBench),
}

/// What is set and seen on the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnBench {
    /// Input spikes.
    Inputs,
    /// Their weight.
    Weight,
    /// Spikes of the first circuit.
    Spikes,
    /// When it fires first, µs; no value if it does not.
    First,
    /// Circuits that fire.
    Firing,
}

/// What is measured of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Right answers, %.
    Accuracy,
    /// Loss, nats.
    Loss,
    /// Hidden spikes a sample.
    Spikes,
    /// Points of accuracy against the ideal lane.
    Gap,
}

impl Key {
    /// Reads a key; `controls` are the ids of the lesson's own.
    pub fn parse(text: &str, controls: &[String]) -> Option<Self> {
        let Some((first, rest)) = text.split_once('.') else {
            return Some(match text {
                "epochs" => Self::Epochs,
                "batches" => Self::Batches,
                "running" => Self::Running,
                "finished" => Self::Finished,
                "silenced" => Self::Silenced,
                "label" => Self::Label,
                "sample" => Self::Sample,
                "selected" => Self::Selected,
                "drawn" => Self::Drawn,
                "answered" => Self::Answered,
                "seconds" => Self::Seconds,
                _ => return None,
            });
        };
        let lane = |quantity| Lane::from_name(rest).map(|lane| Self::Lane(quantity, lane));
        match (first, rest) {
            ("accuracy", _) => lane(Quantity::Accuracy),
            ("loss", _) => lane(Quantity::Loss),
            ("spikes", _) => lane(Quantity::Spikes),
            ("gap", _) => lane(Quantity::Gap),
            ("param", key) => find(key).map(Self::Param),
            ("changed", id) if controls.iter().any(|c| c == id) => Some(Self::Changed(id.to_owned())),
            ("changed", key) => {
                find(key).filter(|s| s.takes_effect == TakesEffect::AtOnce).map(|s| Self::Changed(s.key.to_owned()))
            }
            ("did", verb) => names::known(&Verb::WORDS, verb).map(Self::Did),
            ("answer", lane) => Lane::from_name(lane).map(Self::Answer),
            ("view", view) => names::known(names::VIEWS, view).map(Self::View),
            ("bench", what) => Some(Self::Bench(match what {
                "inputs" => OnBench::Inputs,
                "weight" => OnBench::Weight,
                "spikes" => OnBench::Spikes,
                "first" => OnBench::First,
                "firing" => OnBench::Firing,
                _ => return None,
            })),
            ("recovery", "worst") => Some(Self::RecoveryWorst),
            ("recovery", "epochs") => Some(Self::RecoveryEpochs),
            _ => None,
        }
    }

    /// A value as a text shows it.
    pub fn shown(&self, value: Option<f64>) -> String {
        let Some(x) = value else { return "–".to_owned() };
        match self {
            Self::Lane(Quantity::Accuracy, _) | Self::RecoveryWorst => format!("{x:.1} %"),
            Self::Lane(Quantity::Gap, _) => format!("{x:+.1}").replace('-', "−"),
            Self::Lane(Quantity::Loss, _) | Self::Bench(OnBench::Weight) => format!("{x:.2}"),
            Self::Bench(OnBench::First) => format!("{x:.1} µs"),
            Self::Param(spec) => format!("{x}{}", spec.unit.suffix()),
            _ => format!("{x:.0}"),
        }
    }
}

/// What is to be seen at a moment.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Accuracy in %, loss, and hidden spikes of each lane.
    pub lanes: Vec<(Lane, [f64; 3])>,
    /// Epochs learnt.
    pub epochs: f64,
    /// Batches of an epoch.
    pub batches_per_epoch: usize,
    /// Whether the network learns.
    pub running: bool,
    /// The parameters in force.
    pub params: Params,
    /// Hidden neurons that never fire.
    pub silenced: usize,
    /// Smallest accuracy since the chip was disturbed, in %, and the epochs of the way back.
    pub recovery: Option<(f64, Option<usize>)>,
    /// What each lane sees in the sample on display.
    pub answers: Vec<(Lane, usize)>,
    /// The right class of it.
    pub label: Option<usize>,
    /// Its number.
    pub sample: usize,
    /// Neurons selected.
    pub selected: usize,
    /// Whether something was drawn.
    pub drawn: bool,
    /// The keys of the views in front.
    pub views: Vec<&'static str>,
    /// How often each verb was done in this step.
    pub did: BTreeMap<&'static str, u32>,
    /// Parameters and controls that were moved in this step.
    pub changed: Vec<String>,
    /// Whether the question is answered.
    pub answered: bool,
    /// Time spent in this step, s.
    pub seconds: f64,
    /// The circuits on the bench.
    pub bench: Option<Arc<Bench>>,
}

impl Facts {
    /// The value of something; `None` where it has none.
    pub fn value(&self, key: &Key) -> Option<f64> {
        let truth = |yes: bool| Some(f64::from(u8::from(yes)));
        let lane = |lane: Lane, k: usize| self.lanes.iter().find(|l| l.0 == lane).map(|l| l.1[k]);
        match key {
            Key::Lane(Quantity::Accuracy, l) => lane(*l, 0),
            Key::Lane(Quantity::Loss, l) => lane(*l, 1),
            Key::Lane(Quantity::Spikes, l) => lane(*l, 2),
            Key::Lane(Quantity::Gap, l) => lane(*l, 0).zip(lane(Lane::Ideal, 0)).map(|(own, ideal)| own - ideal),
            Key::Epochs => Some(self.epochs),
            Key::Batches => Some((self.epochs * self.batches_per_epoch as f64).round()),
            Key::Running => truth(self.running),
            Key::Finished => truth(self.epochs >= f64::from(self.params.learning.epochs)),
            Key::Param(spec) => match (spec.get)(&self.params) {
                Value::Number(si) => Some(spec.unit.shown_from_si(si)),
                Value::Flag(on) => truth(on),
                _ => None,
            },
            Key::Changed(id) => truth(self.changed.contains(id)),
            Key::Did(verb) => Some(f64::from(self.did.get(verb).copied().unwrap_or_default())),
            Key::Silenced => Some(self.silenced as f64),
            Key::RecoveryWorst => self.recovery.map(|r| r.0),
            Key::RecoveryEpochs => self.recovery?.1.map(|n| n as f64),
            Key::Answer(lane) => self.answers.iter().find(|a| a.0 == *lane).map(|a| a.1 as f64),
            Key::Label => self.label.map(|label| label as f64),
            Key::Sample => Some(self.sample as f64),
            Key::Selected => Some(self.selected as f64),
            Key::Drawn => truth(self.drawn),
            Key::View(view) => truth(self.views.contains(view)),
            Key::Answered => truth(self.answered),
            Key::Seconds => Some(self.seconds),
            Key::Bench(what) => {
                let bench = self.bench.as_ref()?;
                let first = bench.circuits.first()?;
                match what {
                    OnBench::Inputs => Some(bench.stimulus.times.len() as f64),
                    OnBench::Weight => Some(bench.stimulus.weight),
                    OnBench::Spikes => Some(first.spikes.len() as f64),
                    OnBench::First => first.spikes.first().map(|t| Unit::Microseconds.shown_from_si(*t)),
                    OnBench::Firing => Some(bench.firing() as f64),
                }
            }
        }
    }
}
