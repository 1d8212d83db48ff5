//! What a lesson can do: a closed list, so that a stranger's lesson can do no harm. None writes, opens or deletes.

use std::fmt;

use super::names;
use crate::base::units::Unit;
use crate::params::{Kind, Lane, PARAMS, ParamSpec, Params, TakesEffect, Value, find};
use crate::probes::bench::{Setting, Stimulus};
use crate::protocol::{Change, PRESETS};

/// How fast batches are learnt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speed {
    /// That many batches a second at most.
    BatchesPerSecond(f32),
    /// As fast as the machine can.
    Full,
}

impl Speed {
    /// Reads `20` or `full`.
    pub fn parse(text: &str) -> Option<Self> {
        if text == "full" {
            return Some(Self::Full);
        }
        let rate = text.parse().ok().filter(|rate| (1.0..=1000.0).contains(rate))?;
        Some(Self::BatchesPerSecond(rate))
    }
}

/// One thing that a lesson, or a person in the palette, asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// Learn on.
    Run,
    /// Stop learning.
    Pause,
    /// Learn one batch.
    Step,
    /// Begin anew, paused.
    Restart,
    /// Learn until that many epochs are done, then pause.
    RunTo(usize),
    /// Give a parameter a value.
    Set(&'static ParamSpec, Value),
    /// Move a parameter from one value to another within so many seconds, in the unit of the edge.
    Animate {
        /// The parameter.
        spec: &'static ParamSpec,
        /// Where it begins.
        from: f64,
        /// Where it ends.
        to: f64,
        /// How long it takes, s.
        seconds: f64,
    },
    /// Apply a preset; a whole experiment begins anew, paused.
    Preset(&'static str),
    /// Put the weights on the chip of that number.
    Chip(u32),
    /// Put the weights on the next chip.
    NewChip,
    /// Begin anew with the next seed, paused.
    NewWeights,
    /// Calibrate the chip.
    Calibrate,
    /// Take the calibration back.
    Uncalibrate,
    /// Silence hidden neurons.
    Silence(Vec<u32>),
    /// Silence that share of the hidden neurons, 0…1.
    SilenceShare(f64),
    /// Mend everything that is broken.
    Heal,
    /// Show a test sample.
    Sample(usize),
    /// Show the next test sample.
    NextSample,
    /// Select hidden neurons.
    Select(Vec<usize>),
    /// Select nothing.
    ClearSelection,
    /// Let the views of a single lane show that one.
    Lane(Lane),
    /// Bring a view to the front, by its key.
    Show(&'static str),
    /// Arrange the views, by the key of the layout.
    Layout(&'static str),
    /// Run the sample on display that often.
    Repeat(Lane, usize),
    /// Try the weights of a lane on that many chips.
    TryChips(Lane, usize),
    /// Measure what every neuron is worth.
    StudyHarm(Lane),
    /// Look at the end of an earlier epoch.
    LookAt(usize),
    /// Look at the present again.
    Live,
    /// Learn on from the moment on display.
    Branch,
    /// Learn that fast.
    Speed(Speed),
    /// Set something on the bench.
    Bench(Setting),
}

/// Runs of one sample, or chips, that a verb may ask for.
const MOST_TRIED: usize = 64;
/// Epochs that a verb may ask for.
const MOST_EPOCHS: usize = 1000;

impl Verb {
    /// All words that begin a verb.
    pub const WORDS: [&'static str; 31] = [
        "run",
        "pause",
        "step",
        "restart",
        "run_to",
        "set",
        "animate",
        "preset",
        "chip",
        "new_chip",
        "new_weights",
        "calibrate",
        "uncalibrate",
        "silence",
        "silence_share",
        "heal",
        "sample",
        "next_sample",
        "select",
        "clear_selection",
        "lane",
        "show",
        "layout",
        "repeat",
        "try_chips",
        "study_harm",
        "look_at",
        "live",
        "branch",
        "speed",
        "bench",
    ];

    /// Reads a verb with what belongs to it, in the units of the edge.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let first = words.next().unwrap_or_default();
        let rest: Vec<&str> = words.collect();
        let expected = |what: &str| Err(format!("`{first}` wants {what}, got `{text}`"));
        if let Some(plain) = Self::plain(first) {
            return if rest.is_empty() { Ok(plain) } else { expected("nothing else") };
        }
        let count = |word: &str| word.parse::<usize>().ok();
        let read = match (first, rest.as_slice()) {
            ("run_to", [n]) => count(n).filter(|n| *n <= MOST_EPOCHS).map(Self::RunTo),
            ("set", [key, value @ ..]) if !value.is_empty() => {
                let (spec, value) = assigned(key, &value.join(" "))?;
                Some(Self::Set(spec, value))
            }
            ("animate", [key, from, to, seconds]) => return animated(key, [from, to, seconds]),
            ("preset", [key]) => PRESETS.iter().find(|p| p.key == *key).map(|p| Self::Preset(p.key)),
            ("chip", [n]) => n.parse().ok().map(Self::Chip),
            ("silence", numbers) if !numbers.is_empty() => all(numbers).map(Self::Silence),
            ("silence_share", [share]) => {
                share.parse().ok().filter(|p| (0.0..=100.0).contains(p)).map(|p: f64| Self::SilenceShare(p / 100.0))
            }
            ("sample", [n]) => count(n).map(Self::Sample),
            ("select", numbers) if !numbers.is_empty() => all(numbers).map(Self::Select),
            ("lane", [lane]) => Lane::from_name(lane).map(Self::Lane),
            ("show", [view]) => names::known(names::VIEWS, view).map(Self::Show),
            ("layout", [layout]) => names::known(names::LAYOUTS, layout).map(Self::Layout),
            ("repeat" | "try_chips", [lane, n]) => {
                let lane = Lane::from_name(lane);
                let n = count(n).filter(|n| (1..=MOST_TRIED).contains(n));
                let verb = if first == "repeat" { Self::Repeat } else { Self::TryChips };
                lane.zip(n).map(|(lane, n)| verb(lane, n))
            }
            ("study_harm", [lane]) => Lane::from_name(lane).map(Self::StudyHarm),
            ("look_at", [n]) => count(n).map(Self::LookAt),
            ("bench", [what, rest @ ..]) => on_bench(what, rest).map(Self::Bench),
            ("speed", [speed]) => Speed::parse(speed).map(Self::Speed),
            _ if !Self::WORDS.contains(&first) => {
                return Err(format!("there is no verb `{first}`; those known are {}", Self::WORDS.join(", ")));
            }
            _ => None,
        };
        read.map_or_else(|| expected(arguments(first)), Ok)
    }

    /// The verb of one word.
    fn plain(word: &str) -> Option<Self> {
        Some(match word {
            "run" => Self::Run,
            "pause" => Self::Pause,
            "step" => Self::Step,
            "restart" => Self::Restart,
            "new_chip" => Self::NewChip,
            "new_weights" => Self::NewWeights,
            "calibrate" => Self::Calibrate,
            "uncalibrate" => Self::Uncalibrate,
            "heal" => Self::Heal,
            "next_sample" => Self::NextSample,
            "clear_selection" => Self::ClearSelection,
            "live" => Self::Live,
            "branch" => Self::Branch,
            _ => return None,
        })
    }

    /// Its first word, as conditions count it.
    pub fn word(&self) -> &'static str {
        let text = self.to_string();
        let first = text.split(' ').next().unwrap_or_default();
        names::known(&Self::WORDS, first).unwrap_or_default()
    }

    /// The changes of parameters that it makes; `None` if it is none of them.
    pub fn changes(&self, params: &Params) -> Option<Vec<Change>> {
        let set = |key: &'static str, value| vec![Change::Set { key, value }];
        Some(match self {
            Self::Set(spec, value) => set(spec.key, value.clone()),
            Self::Animate { spec, to, .. } => set(spec.key, Value::Number(spec.unit.si_from_shown(*to))),
            Self::Chip(n) => set("chip", Value::Number(f64::from(*n))),
            Self::NewChip => set("chip", Value::Number(f64::from(params.chip.number.wrapping_add(1)))),
            Self::Silence(neurons) => neurons.iter().map(|&neuron| Change::Neuron { neuron, silent: true }).collect(),
            Self::SilenceShare(share) => set("silent_neurons", Value::Number(*share)),
            Self::Heal => {
                let damage = PARAMS.iter().filter(|spec| spec.group == "Damage");
                damage.map(|spec| Change::Set { key: spec.key, value: spec.default_value() }).collect()
            }
            _ => return None,
        })
    }
}

/// What a verb wants after its first word.
fn arguments(verb: &str) -> &'static str {
    match verb {
        "run_to" => "a number of epochs up to 1000",
        "set" => "a parameter and a value",
        "animate" => "a parameter, two values and seconds",
        "preset" => "the key of a preset",
        "chip" => "a chip number",
        "silence" | "select" => "numbers of neurons",
        "silence_share" => "a share in %",
        "sample" => "a number of a sample",
        "lane" | "study_harm" => "a lane",
        "show" => "the key of a view",
        "layout" => "the key of a layout",
        "repeat" | "try_chips" => "a lane and a number from 1 to 64",
        "look_at" => "a number of epochs",
        "speed" => "batches a second or `full`",
        "bench" => "`circuits N`, `weight W`, `spikes` with times in µs, or `again`",
        _ => "nothing else",
    }
}

/// What is set on the bench.
fn on_bench(what: &str, rest: &[&str]) -> Option<Setting> {
    match (what, rest) {
        ("circuits", [n]) => {
            n.parse().ok().filter(|n| (1..=Stimulus::MOST_CIRCUITS).contains(n)).map(Setting::Circuits)
        }
        ("weight", [weight]) => weight.parse().ok().filter(|w: &f64| w.is_finite()).map(Setting::Weight),
        ("spikes", times) if times.len() <= Stimulus::MOST_SPIKES => {
            let times: Vec<f64> = all(times)?;
            let can_come = times.iter().all(|t| t.is_finite() && *t >= 0.0);
            can_come.then(|| Setting::Spikes(times.iter().map(|t| Unit::Microseconds.si_from_shown(*t)).collect()))
        }
        ("again", []) => Some(Setting::Again),
        _ => None,
    }
}

fn all<T: std::str::FromStr>(words: &[&str]) -> Option<Vec<T>> {
    words.iter().map(|word| word.parse().ok()).collect()
}

/// Parameters that no lesson sets: where data lie, and how much of the machine is used.
pub(super) const NOT_FOR_LESSONS: [&str; 2] = ["data", "threads"];

/// A parameter and its value as typed.
pub(super) fn assigned(key: &str, typed: &str) -> Result<(&'static ParamSpec, Value), String> {
    let spec = lesson_parameter(key)?;
    let value = spec.parse(typed, key).map_err(|error| error.to_string())?;
    Ok((spec, value))
}

pub(super) fn lesson_parameter(key: &str) -> Result<&'static ParamSpec, String> {
    let spec = find(key).ok_or_else(|| format!("there is no parameter `{key}`"))?;
    if NOT_FOR_LESSONS.contains(&spec.key) { Err(format!("no lesson sets `{key}`")) } else { Ok(spec) }
}

fn animated(key: &str, numbers: [&&str; 3]) -> Result<Verb, String> {
    let spec = lesson_parameter(key)?;
    let is_number = matches!(spec.kind, Kind::Number { .. } | Kind::Spread { .. });
    let [from, to, seconds] = numbers.map(|n| n.parse::<f64>().ok());
    match (from, to, seconds) {
        (Some(from), Some(to), Some(seconds))
            if is_number && spec.takes_effect == TakesEffect::AtOnce && (0.0..=60.0).contains(&seconds) =>
        {
            for end in [from, to] {
                let value = Value::Number(spec.unit.si_from_shown(end));
                spec.check(&value, key).map_err(|error| error.to_string())?;
            }
            Ok(Verb::Animate { spec, from, to, seconds })
        }
        _ => Err(format!("`animate` wants a number that acts at once, two values and at most 60 s, got `{key}`")),
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn joined<T: ToString>(numbers: &[T]) -> String {
            numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        }
        match self {
            Self::Run => f.write_str("run"),
            Self::Pause => f.write_str("pause"),
            Self::Step => f.write_str("step"),
            Self::Restart => f.write_str("restart"),
            Self::RunTo(n) => write!(f, "run_to {n}"),
            Self::Set(spec, value) => write!(f, "set {} {}", spec.key, spec.format(value)),
            Self::Animate { spec, from, to, seconds } => write!(f, "animate {} {from} {to} {seconds}", spec.key),
            Self::Preset(key) => write!(f, "preset {key}"),
            Self::Chip(n) => write!(f, "chip {n}"),
            Self::NewChip => f.write_str("new_chip"),
            Self::NewWeights => f.write_str("new_weights"),
            Self::Calibrate => f.write_str("calibrate"),
            Self::Uncalibrate => f.write_str("uncalibrate"),
            Self::Silence(neurons) => write!(f, "silence {}", joined(neurons)),
            Self::SilenceShare(share) => write!(f, "silence_share {}", 100.0 * share),
            Self::Heal => f.write_str("heal"),
            Self::Sample(n) => write!(f, "sample {n}"),
            Self::NextSample => f.write_str("next_sample"),
            Self::Select(neurons) => write!(f, "select {}", joined(neurons)),
            Self::ClearSelection => f.write_str("clear_selection"),
            Self::Lane(lane) => write!(f, "lane {}", lane.name()),
            Self::Show(view) => write!(f, "show {view}"),
            Self::Layout(layout) => write!(f, "layout {layout}"),
            Self::Repeat(lane, n) => write!(f, "repeat {} {n}", lane.name()),
            Self::TryChips(lane, n) => write!(f, "try_chips {} {n}", lane.name()),
            Self::StudyHarm(lane) => write!(f, "study_harm {}", lane.name()),
            Self::LookAt(n) => write!(f, "look_at {n}"),
            Self::Live => f.write_str("live"),
            Self::Branch => f.write_str("branch"),
            Self::Bench(Setting::Circuits(n)) => write!(f, "bench circuits {n}"),
            Self::Bench(Setting::Weight(weight)) => write!(f, "bench weight {weight}"),
            Self::Bench(Setting::Spikes(times)) => {
                // Back from seconds, without the last bits that that costs.
                let shown = |t: &f64| (1e6 * Unit::Microseconds.shown_from_si(*t)).round() / 1e6;
                let times: Vec<String> = times.iter().map(|t| format!(" {}", shown(t))).collect();
                write!(f, "bench spikes{}", times.concat())
            }
            Self::Bench(Setting::Again) => f.write_str("bench again"),
            Self::Speed(Speed::Full) => f.write_str("speed full"),
            Self::Speed(Speed::BatchesPerSecond(rate)) => write!(f, "speed {rate}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_is_read_as_it_is_written() {
        for text in [
            "run",
            "pause",
            "step",
            "restart",
            "run_to 10",
            "set sigma 20",
            "animate sigma 0 50 6",
            "preset stress_50",
            "chip 2",
            "new_chip",
            "new_weights",
            "calibrate",
            "uncalibrate",
            "silence 3 17",
            "silence_share 70",
            "heal",
            "sample 4",
            "next_sample",
            "select 17",
            "clear_selection",
            "lane transferred",
            "show learning",
            "layout demo",
            "repeat in_the_loop 32",
            "try_chips ideal 8",
            "study_harm in_the_loop",
            "look_at 3",
            "live",
            "branch",
            "bench circuits 10",
            "bench weight 1.5",
            "bench spikes",
            "bench spikes 5 8.3 11.6",
            "bench again",
            "speed 20",
            "speed full",
        ] {
            let verb = Verb::parse(text).unwrap();
            assert_eq!(verb.to_string(), text);
            assert_eq!(Some(verb.word()), text.split(' ').next());
        }
    }

    #[test]
    fn what_no_lesson_may_do_and_what_makes_no_sense_is_refused_with_what_was_expected() {
        for (text, why) in [
            ("open /etc/passwd", "no verb `open`"),
            ("set data /etc", "no lesson sets `data`"),
            ("set threads 64", "no lesson sets `threads`"),
            ("run_to ten", "a number of epochs"),
            ("run_to 1000000", "a number of epochs"),
            ("silence_share 101", "a share in %"),
            ("set sigma 1e9", "sigma"),
            ("show nothing", "the key of a view"),
            ("run 3", "nothing else"),
            ("animate task 0 1 2", "a number that acts at once"),
            ("repeat ideal 1000000", "from 1 to 64"),
            ("bench circuits 11", "`circuits N`"),
            ("bench spikes 5 -1", "times in µs"),
            ("bench weight NaN", "`weight W`"),
            ("", "no verb"),
        ] {
            let error = Verb::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
