//! What holds for all values of the parameters: they survive every way of writing, and no run with them panics, calls a
//! number that is none a success, or depends on the number of threads.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::path::Path;

use misfit::Error;
use misfit::params::{Kind, PARAMS, ParamSpec, Params, Value, assign, find, parse_assignment, set_checked};
use misfit::protocol::file;
use misfit::training::Experiment;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Any value in the range of a parameter, its limits among them.
fn value(spec: &'static ParamSpec) -> BoxedStrategy<Value> {
    let number =
        |min: f64, max: f64| prop_oneof![8 => min..=max, 1 => Just(min), 1 => Just(max)].prop_map(Value::Number);
    match spec.kind {
        // Decades are as likely as the rest: many ranges are logarithmic.
        Kind::Number { min, max } if min > 0.0 => {
            let decades = (min.ln()..=max.ln()).prop_map(move |x| Value::Number(x.exp().clamp(min, max)));
            prop_oneof![number(min, max), decades].boxed()
        }
        Kind::Number { min, max } => number(min, max).boxed(),
        Kind::Spread { max, .. } => prop_oneof![Just(Value::Auto), number(0.0, max)].boxed(),
        Kind::Integer { min, max } => (min..=max).prop_map(|n| Value::Number(f64::from(n))).boxed(),
        Kind::Flag => any::<bool>().prop_map(Value::Flag).boxed(),
        Kind::Choice(words) => select(words).prop_map(Value::Word).boxed(),
        Kind::Choices(words) => subsequence(words, 1..=words.len()).prop_map(Value::Words).boxed(),
        Kind::Integers { max } => {
            let list = prop::collection::btree_set(0..=max, 0..8);
            list.prop_map(|list| Value::Integers(list.into_iter().collect())).boxed()
        }
        Kind::Text => any::<String>().prop_map(Value::Text).boxed(),
    }
}

fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    // The same cases every time.
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[1; 32]))
}

/// Of which a parameter in a text gives the same bits again.
#[track_caller]
fn assert_same(spec: &ParamSpec, value: &Value, again: &Value, way: &str) {
    match (value, again) {
        (Value::Number(a), Value::Number(b)) => assert_eq!(a.to_bits(), b.to_bits(), "{} {way}: {a} {b}", spec.key),
        _ => assert_eq!(value, again, "{} {way}", spec.key),
    }
}

/// Numbers that a person can type: those that are written with the digits that a double has.
fn typed(spec: &ParamSpec, value: &Value) -> Value {
    spec.parse(&spec.format(value), "test").unwrap()
}

#[test]
fn a_parameter_is_the_same_whether_parsed_printed_filed_or_typed_on_a_command_line() {
    for spec in PARAMS {
        let value = value(spec).prop_map(|value| typed(spec, &value));
        let outcome = runner(64).run(&value, |value| {
            assert_same(spec, &value, &spec.parse(&spec.format(&value), "test").unwrap(), "printed and parsed");
            let assignment = format!("{}={}", spec.key, spec.format(&value));
            let (key, text) = parse_assignment(&assignment).unwrap();
            let mut params = Params::default();
            assign(&mut params, key, text, "--set").unwrap();
            assert_same(spec, &value, &(spec.get)(&params), "on the command line");
            let mut params = Params::default();
            set_checked(&mut params, spec, &value, "test").unwrap();
            // One value alone may contradict the defaults; that is refused, and nothing is written.
            if params.check().is_ok() {
                let read = file::parse(&file::format(&(&params).into()), Path::new("e.toml")).unwrap();
                assert_same(spec, &value, &(spec.get)(&read.params), "in a file");
                assert_eq!(read.params, params);
            }
            Ok(())
        });
        outcome.unwrap_or_else(|why| panic!("{}: {why}", spec.key));
    }
}

/// Ranges that keep a run tiny.
const TINY: [(&str, f64, f64); 8] = [
    ("hidden", 1.0, 24.0),
    ("train_samples", 1.0, 24.0),
    ("epochs", 1.0, 2.0),
    ("duration", 5e-6, 60e-6),
    ("cadc_interval", 0.8e-6, 4e-6),
    ("substeps", 1.0, 4.0),
    ("input_repeat", 1.0, 6.0),
    ("batch", 1.0, 64.0),
];

/// A tiny experiment in which about half of the other parameters have any value of their range.
fn experiment() -> BoxedStrategy<Params> {
    let field = |spec: &'static ParamSpec| -> BoxedStrategy<Option<Value>> {
        let tiny = TINY.iter().find(|(key, ..)| *key == spec.key);
        match (spec.key, tiny) {
            ("task", _) => select(&["digits", "yin_yang"][..]).prop_map(|word| Some(Value::Word(word))).boxed(),
            ("data" | "threads" | "chip_program", _) => Just(None).boxed(),
            (_, Some(&(_, min, max))) if matches!(spec.kind, Kind::Integer { .. }) => {
                (min as u32..=max as u32).prop_map(|n| Some(Value::Number(f64::from(n)))).boxed()
            }
            (_, Some(&(_, min, max))) => (min..=max).prop_map(|x| Some(Value::Number(x))).boxed(),
            _ => prop::option::of(value(spec)).boxed(),
        }
    };
    let fields: Vec<_> = PARAMS.iter().map(field).collect();
    let params = fields.prop_map(|values| {
        let mut params = Params::default();
        for (spec, value) in PARAMS.iter().zip(values) {
            if let Some(value) = value {
                (spec.set)(&mut params, value);
            }
        }
        let hidden = params.network.hidden;
        params.chip.silenced.retain(|n| *n < hidden);
        let silenced = params.chip.silenced.clone();
        params.chip.mended.retain(|n| *n < hidden && !silenced.contains(n));
        params
    });
    params.prop_filter("values that go together", |params| params.check().is_ok()).boxed()
}

/// Everything that a run says, as text with all digits; `None` when it said why it did not end.
fn outcome(params: &Params, threads: u32) -> Option<String> {
    let params = params.clone().with(|p| p.learning.threads = threads);
    let mut experiment = match Experiment::new(&params) {
        Ok(experiment) => experiment,
        Err(Error::DoesNotFit { .. } | Error::Inconsistent { .. }) => return None,
        Err(why) => panic!("{why}"),
    };
    let mut said = String::new();
    while !experiment.is_finished() {
        match experiment.step() {
            Ok(step) => {
                for mut report in step.epoch_done.into_iter().flatten() {
                    report.seconds = 0.0;
                    let numbers = [report.train_loss, report.test_loss, report.test_accuracy, report.hidden_spikes];
                    assert!(numbers.iter().all(|x| x.is_finite()), "called a success: {report:?}");
                    writeln!(said, "{report:?}").unwrap();
                }
            }
            Err(Error::Diverged { lane, epoch, quantity }) => return Some(format!("{said}{lane} {epoch} {quantity}")),
            Err(why) => panic!("{why}"),
        }
    }
    for &lane in &params.learning.lanes {
        writeln!(said, "{:?}", experiment.codes(lane)).unwrap();
    }
    Some(said)
}

fn random_experiments(cases: u32) {
    let (mut ran, mut refused) = (0, 0);
    let config = Config { max_global_rejects: 1_000_000, max_local_rejects: 1_000_000, ..Config::default() };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 40, ..config };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[2; 32]));
    let strategy = experiment();
    for _ in 0..cases {
        let params = strategy.new_tree(&mut runner).unwrap().current();
        let changed: Vec<String> = PARAMS
            .iter()
            .filter(|spec| (spec.get)(&params) != spec.default_value())
            .map(|spec| format!("--set {}={}", spec.key, spec.format(&(spec.get)(&params))))
            .collect();
        let result = std::panic::catch_unwind(|| (outcome(&params, 1), outcome(&params, 2)));
        let (one, two) = result.unwrap_or_else(|_| panic!("misfit train {}", changed.join(" ")));
        assert_eq!(one, two, "1 and 2 threads differ: misfit train {}", changed.join(" "));
        *(if one.is_some() { &mut ran } else { &mut refused }) += 1;
    }
    assert!(ran > refused, "{ran} ran, {refused} were refused");
}

#[test]
fn some_random_experiments_neither_panic_nor_lie_nor_depend_on_threads() {
    random_experiments(30);
}

#[test]
#[ignore = "takes minutes: a thousand experiments"]
fn a_thousand_random_experiments_neither_panic_nor_lie_nor_depend_on_threads() {
    random_experiments(1_000);
}

#[test]
fn the_tiny_ranges_are_within_those_of_the_parameters() {
    for (key, min, max) in TINY {
        let spec = find(key).unwrap();
        for x in [min, max] {
            spec.check(&Value::Number(x), "test").unwrap();
        }
    }
}
