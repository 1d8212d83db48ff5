use super::*;
use crate::params::{TaskKind, Value, find};

fn timed(text: &str) -> Timed {
    Timed::parse(text, "test").unwrap()
}

#[test]
fn a_change_is_written_as_it_is_read() {
    for text in [
        "10:silent_neurons=70",
        "0:calibrate",
        "3+7:sigma=35.5",
        "4:silence=17",
        "4:revive=17",
        "2:branch=12",
        "5:uncalibrate",
    ] {
        assert_eq!(timed(text).to_string(), text);
    }
    let set = timed(" 20 : sigma_leak = auto ");
    assert_eq!((set.when, set.change), (When::after(20), Change::Set { key: "sigma_leak", value: Value::Auto }));
}

#[test]
fn a_change_that_makes_no_sense_is_refused_with_its_place() {
    for (text, word) in [
        ("silent_neurons=70", "EPOCH"),
        ("x:sigma=3", "EPOCH"),
        ("-1:sigma=3", "EPOCH"),
        ("1:nonsense=3", "nonsense"),
        ("1:sigma=300", "sigma"),
        ("1:hidden=30", "hidden"),
        ("1:silence=first", "silence"),
        ("1:calibrated", "calibrate"),
    ] {
        let said = Timed::parse(text, "--at").unwrap_err().to_string();
        assert!(said.contains("--at") && said.contains(word), "{text}: {said}");
    }
}

#[test]
fn changes_happen_in_the_order_of_their_moments_and_of_their_adding() {
    let mut protocol = Protocol::default();
    for text in ["10:sigma=1", "2+3:sigma=2", "10:chip=4", "2:sigma=3"] {
        let Timed { when, change } = timed(text);
        protocol.add(when, change);
    }
    let order: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
    assert_eq!(order, ["2:sigma=3", "2+3:sigma=2", "10:sigma=1", "10:chip=4"]);
    assert_eq!(protocol.planned_after(When { epoch: 2, batch: 3 }).len(), 2);
    protocol.forget_after(When::after(2));
    assert_eq!(protocol.schedule().len(), 1);
}

#[test]
fn of_a_slider_dragged_at_one_moment_the_last_value_counts() {
    let mut protocol = Protocol::default();
    let when = When { epoch: 1, batch: 5 };
    for text in ["1:sigma=10", "1:learning_rate=0.01", "1:sigma=20", "1:calibrate", "1:sigma=30", "1:sigma=40"] {
        protocol.record(when, timed(text).change);
    }
    let order: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
    // What was set before a calibration stays before it.
    assert_eq!(order, ["1+5:sigma=20", "1+5:learning_rate=0.01", "1+5:calibrate", "1+5:sigma=40"]);
}

#[test]
fn a_chip_is_calibrated_first_if_nothing_takes_that_back_at_once() {
    for (texts, expected) in [
        (&["0:calibrate"][..], true),
        (&["0:calibrate", "0:sigma=10", "1:uncalibrate"], true),
        (&["0:calibrate", "0:uncalibrate"], false),
        (&["0:calibrate", "0:chip=2"], false),
        (&["1:calibrate"], false),
    ] {
        let mut protocol = Protocol::default();
        for text in texts {
            protocol.add(timed(text).when, timed(text).change);
        }
        assert_eq!(protocol.calibrates_first(), expected, "{texts:?}");
    }
}

#[test]
fn values_of_all_tasks_and_presets_are_what_their_texts_give_to_the_last_bit() {
    let mut all: Vec<Params> = TaskKind::ALL.into_iter().map(Params::for_task).collect();
    for preset in PRESETS {
        let mut params = Params::default();
        preset.apply(&mut params);
        all.push(params);
    }
    for params in all {
        for spec in PARAMS {
            let value = (spec.get)(&params);
            assert_eq!(spec.as_typed(&value), value, "{}", spec.key);
        }
    }
    // Any number comes out as one that its text gives.
    let spec = find("tau_mem").unwrap();
    let typed = spec.as_typed(&Value::Number(1e-5 / 3.0));
    assert_eq!(spec.as_typed(&typed), typed);
}
