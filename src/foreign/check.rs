//! Whether a program keeps to the protocol: what is asked of it, and what is wrong with the answers.
//!
//! The checks go from the first word to the last. One that cannot be made because the conversation broke off ends
//! them; all others go on, so that one call finds as much as it can.

use std::time::Duration;

use ndarray::Array2;

use super::link::Link;
use super::messages::{self, Ability, Hello, Setup};
use super::wire::{Array, Message};
use crate::base::error::{Error, Result};
use crate::chip::layout::Shape;
use crate::params::NetworkParams;
use crate::recording::{Codes, Recording};
use crate::spikes::SpikeTrain;

/// How long a program may take to end after its input is closed.
const TO_END: Duration = Duration::from_secs(2);
/// Mean difference of codes, LSB, that noise may make between two runs of a chip that is not deterministic.
const NOISE: f64 = 8.0;

/// What came of one check.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The name of the check.
    pub name: &'static str,
    /// What is wrong and what was expected; `None` when all is well.
    pub problem: Option<String>,
}

/// Checks the chip of a command; each answer may take as long as `patience`.
pub fn check(command: &str, patience: Duration, tell: &mut dyn FnMut(&Finding)) -> Vec<Finding> {
    let mut checks = Checks { link: Link::new(command, Vec::new(), patience), findings: Vec::new(), tell };
    if let Err(error) = checks.all() {
        let problem = match error {
            Error::Chip { why, said, .. } if said.is_empty() => why,
            Error::Chip { why, said, .. } => format!("{why}; its last words:\n{said}"),
            other => other.to_string(),
        };
        checks.found("conversation", Some(problem));
    }
    checks.findings
}

struct Checks<'a> {
    link: Link,
    findings: Vec<Finding>,
    tell: &'a mut dyn FnMut(&Finding),
}

/// The network that is checked.
fn network(hello: &Hello) -> Setup {
    let mut network = NetworkParams { hidden: 6, ..NetworkParams::default() };
    if let Some(dt) = hello.dt {
        network.cadc_interval = dt * f64::from(network.substeps);
        network.duration = 24.0 * network.cadc_interval;
    }
    while network.weight_bits > 1 && (hello.weights[1] < network.code_max() || hello.weights[0] > -network.code_max()) {
        network.weight_bits -= 1;
    }
    let shape = Shape { n_inputs: 4, n_hidden: 6, n_readout: 3, recurrent: false };
    Setup { network, shape }
}

/// All weights of one size.
fn codes(shape: Shape, input: i8, readout: i8) -> Codes {
    Codes {
        input: Array2::from_elem((shape.n_inputs, shape.n_hidden), input),
        recurrent: Array2::zeros((0, shape.n_hidden)),
        readout: Array2::from_elem((shape.n_hidden, shape.n_readout), readout),
    }
}

/// Every channel spikes at some times, s.
fn volley(shape: Shape, times: &[f64]) -> SpikeTrain {
    let events = times.iter().flat_map(|&t| (0..shape.n_inputs as u16).map(move |unit| (t as f32, unit)));
    SpikeTrain::from_events(events.collect())
}

/// Mean difference of the codes of two samples, LSB.
fn difference(a: &[u8], b: &[u8]) -> f64 {
    let sum: f64 = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    sum / a.len().max(1) as f64
}

impl Checks<'_> {
    fn found(&mut self, name: &'static str, problem: Option<String>) {
        let finding = Finding { name, problem };
        (self.tell)(&finding);
        self.findings.push(finding);
    }

    /// Takes note that something is as it should be, or of what is wrong.
    fn expect(&mut self, name: &'static str, is_right: bool, otherwise: impl Into<String>) {
        self.found(name, (!is_right).then(|| otherwise.into()));
    }

    fn all(&mut self) -> Result<()> {
        self.link.start(&|| false)?;
        let Some(hello) = self.link.hello().cloned() else { return Ok(()) };
        self.found("hello", None);
        let setup = network(&hello);
        if let Err(why) = hello.fits(&setup) {
            self.found("size", Some(format!("a network of 4-6-3 neurons with weights of 1 bit does not fit: {why}")));
            return Ok(());
        }
        self.ask(&setup.message(), "ready")?;
        self.found("setup", None);
        self.recordings(&hello, &setup)?;
        self.responses(&hello, &setup)?;
        self.state(&hello, &setup)?;
        self.abilities(&hello, &setup)?;
        self.refusals(&hello, &setup)?;
        let ends = self.link.close(TO_END);
        self.expect("end", ends, format!("it did not end within {} s of its input being closed", TO_END.as_secs()));
        Ok(())
    }

    fn ask(&mut self, request: &Message<'_>, kind: &str) -> Result<Message<'static>> {
        self.link.ask(request, kind, 1 << 20, &|| false)
    }

    fn write(&mut self, setup: &Setup, input: i8, readout: i8) -> Result<()> {
        self.ask(&messages::weights(&codes(setup.shape, input, readout)), "ready").map(drop)
    }

    fn run(&mut self, hello: &Hello, setup: &Setup, inputs: &[&SpikeTrain], trial: u64) -> Result<Recording> {
        self.run_dropping(hello, setup, inputs, trial, &[])
    }

    fn run_dropping(
        &mut self,
        hello: &Hello,
        setup: &Setup,
        inputs: &[&SpikeTrain],
        trial: u64,
        dropped: &[Vec<u16>],
    ) -> Result<Recording> {
        let request = messages::run(inputs, trial, dropped);
        let most = messages::most_of_recording(inputs.len(), setup);
        let answer = self.link.ask(&request, "recording", most, &|| false)?;
        let mut recording = Recording::new(setup.network.grid(), setup.shape.n_hidden, setup.shape.n_readout);
        recording.resize(inputs.len());
        messages::parse_recording(answer, hello.reads, &mut recording)
            .map_err(|why| self.link.fail(format!("its recording is wrong: {why}")))?;
        Ok(recording)
    }

    /// Recordings have the right form, whatever the number of samples.
    fn recordings(&mut self, hello: &Hello, setup: &Setup) -> Result<()> {
        let max = setup.network.code_max() as i8;
        self.write(setup, max, max)?;
        self.found("weights", None);
        let (strong, none) = (volley(setup.shape, &[4e-6, 8e-6, 12e-6]), SpikeTrain::default());
        for n in [1, 3, 256] {
            let inputs: Vec<&SpikeTrain> = (0..n).map(|k| if k % 2 == 0 { &strong } else { &none }).collect();
            self.run(hello, setup, &inputs, 1)?;
        }
        self.found("recording", None);
        Ok(())
    }

    /// Input, weights and time act as they should.
    fn responses(&mut self, hello: &Hello, setup: &Setup) -> Result<()> {
        let max = setup.network.code_max() as i8;
        let shape = setup.shape;
        let (strong, none) = (volley(shape, &[4e-6, 8e-6, 12e-6, 16e-6]), SpikeTrain::default());
        self.write(setup, max, max)?;
        let up = self.run(hello, setup, &[&strong, &none], 2)?;
        let spikes = up.hidden_spikes[0].len();
        let silent = up.hidden_spikes[1].len();
        self.expect(
            "input",
            spikes > silent,
            format!("strong input gives {spikes} spikes and no input {silent}: input spikes do not excite"),
        );
        self.write(setup, -max, max)?;
        let down = self.run(hello, setup, &[&strong, &none], 2)?.hidden_spikes[0].len();
        self.expect(
            "sign",
            down < spikes.max(1),
            format!("negative weights give {down} spikes and positive ones {spikes}: the sign is not heeded"),
        );
        self.write(setup, 0, max)?;
        let zero = self.run(hello, setup, &[&strong, &none], 2)?;
        let far = difference(up.readout_of(0), zero.readout_of(0))
            .max(f64::from(u8::from(spikes != zero.hidden_spikes[0].len())));
        self.expect("written", far > 0.0, "weights of zero give what the largest give: written weights do not act");
        self.write(setup, max, -max)?;
        let low = self.run(hello, setup, &[&strong, &none], 2)?;
        let mean = |r: &Recording| r.readout_of(0).iter().map(|c| f64::from(*c)).sum::<f64>();
        self.expect(
            "readout",
            spikes == 0 || mean(&low) < mean(&up),
            "negative readout weights do not lower the readout codes below those of positive ones",
        );
        self.causality(hello, setup)
    }

    /// What comes late does not act early, and times are in seconds.
    fn causality(&mut self, hello: &Hello, setup: &Setup) -> Result<()> {
        let max = setup.network.code_max() as i8;
        let grid = setup.network.grid();
        let half = grid.duration() / 2.0;
        let late = volley(setup.shape, &[half, half + 2e-6]);
        self.write(setup, max, max)?;
        let (with, without) =
            (self.run(hello, setup, &[&late], 3)?, self.run(hello, setup, &[&SpikeTrain::default()], 3)?);
        let early =
            |r: &Recording| r.hidden_spikes[0].iter().filter(|s| grid.time_of(usize::from(s.step)) < half).count();
        let steps = grid.n_host / 2 - 1;
        let head = |r: &Recording| r.readout_of(0)[..steps * setup.shape.n_readout].to_vec();
        let off = difference(&head(&with), &head(&without));
        let allowed = if hello.deterministic || !hello.noise { 0.0 } else { NOISE };
        self.expect(
            "causal",
            off <= allowed && (allowed > 0.0 || early(&with) == early(&without)),
            format!("input at {:.1} µs changes what comes before it: are times taken in seconds?", half * 1e6),
        );
        let (after, before) = (with.hidden_spikes[0].len(), without.hidden_spikes[0].len());
        self.expect(
            "time",
            after > before,
            format!("input in the middle of a sample gives {after} spikes, none gives {before}: is time in seconds?"),
        );
        Ok(())
    }

    /// What was before does not matter.
    fn state(&mut self, hello: &Hello, setup: &Setup) -> Result<()> {
        let max = setup.network.code_max() as i8;
        let (strong, none) = (volley(setup.shape, &[4e-6, 8e-6]), SpikeTrain::default());
        let exact = hello.deterministic || !hello.noise;
        self.write(setup, max, max)?;
        let first = self.run(hello, setup, &[&strong, &none], 5)?;
        let second = self.run(hello, setup, &[&strong, &none], 5)?;
        if hello.deterministic {
            self.expect("repeats", first == second, "it says `deterministic`, but the same run gives other bits");
        }
        let other = self.run(hello, setup, &[&strong, &none], 6)?;
        if !hello.noise {
            let same = other.hidden_spikes == first.hidden_spikes && other.readout_cadc == first.readout_cadc;
            self.expect("noise", same, "it says that it has no noise, but two runs of the same input differ");
        }
        let after_nothing = self.run(hello, setup, &[&none, &none], 5)?;
        let off = difference(first.readout_of(1), after_nothing.readout_of(1));
        let hidden = difference(first.hidden_of(1), after_nothing.hidden_of(1));
        self.expect(
            "rest",
            off.max(hidden) <= if exact { 0.0 } else { NOISE },
            "a sample depends on the one before it: every sample begins at rest",
        );
        self.write(setup, 0, 0)?;
        self.write(setup, max, max)?;
        let again = self.run(hello, setup, &[&strong, &none], 5)?;
        if exact {
            self.expect(
                "rewritten",
                again == first,
                "weights that are written again do not give what they gave before",
            );
        }
        self.ask(&setup.message(), "ready")?;
        let fresh = self.run(hello, setup, &[&strong, &none], 5)?;
        let spikes = [&fresh, &first].map(|r| r.hidden_spikes[0].len());
        self.expect(
            "anew",
            spikes[0] < spikes[1].max(1),
            "after `setup` the weights are still there: a chip that is set up is as new, with all weights zero",
        );
        Ok(())
    }

    /// What it says it can do, it can.
    fn abilities(&mut self, hello: &Hello, setup: &Setup) -> Result<()> {
        let max = setup.network.code_max() as i8;
        let strong = volley(setup.shape, &[4e-6, 8e-6, 12e-6]);
        let neurons = setup.shape.n_hidden + setup.shape.n_readout;
        self.write(setup, max, max)?;
        let of_two = |r: &Recording| r.hidden_spikes[0].iter().filter(|spike| spike.neuron == 2).count();
        if hello.can(Ability::Dropout) {
            let recording = self.run_dropping(hello, setup, &[&strong], 7, &[vec![2]])?;
            self.expect("dropout", of_two(&recording) == 0, "a neuron that is to be ignored is recorded");
        }
        if hello.can(Ability::Damage) {
            self.ask(&messages::silence(&[2]), "ready")?;
            let recording = self.run(hello, setup, &[&strong], 7)?;
            self.ask(&messages::silence(&[]), "ready")?;
            self.expect("damage", of_two(&recording) == 0, "a neuron that is silenced spikes");
        }
        if hello.can(Ability::Calibrate) {
            let answer = self.ask(&Message::new("calibrate").with("seed", 1), "trims")?;
            let trims = messages::parse_trims(&answer, neurons);
            if let Ok(trims) = &trims {
                self.ask(&messages::trims(trims), "ready")?;
            }
            self.found("calibrate", trims.err());
        }
        if hello.can(Ability::Faults) {
            let answer = self.ask(&Message::new("faults"), "faults")?;
            self.found("faults", messages::parse_faults(&answer, neurons).err());
        }
        Ok(())
    }

    /// What it cannot do, it refuses, and goes on.
    fn refusals(&mut self, hello: &Hello, setup: &Setup) -> Result<()> {
        let mut large = setup.clone();
        large.shape.n_inputs = hello.inputs + 1;
        let unknown = Message::new("sing").and("song", Array::line([1u8]));
        for (name, request, what) in [
            ("refuses", large.message(), "a network that is too large"),
            ("unknown", unknown, "a request that it does not know"),
        ] {
            let answer = self.link.ask_anything(&request, 0, &|| false)?;
            let kind = answer.kind().to_owned();
            self.expect(name, kind == "error", format!("it answers {what} with {kind:?} instead of `error`"));
        }
        self.ask(&Hello::request(), "hello")?;
        Ok(())
    }
}
