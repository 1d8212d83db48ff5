use std::collections::HashMap;

use ndarray::{IxDyn, OwnedRepr};
use ndarray_npy::{NpzReader, ReadableElement};

use super::*;
use crate::params::{Params, Recurrence, TaskKind};

fn experiment(change: impl FnOnce(&mut Params)) -> Experiment {
    let mut params = Params::for_task(TaskKind::YinYang)
        .with(|p| (p.network.hidden, p.learning.threads, p.learning.lanes) = (20, 1, vec![Lane::InTheLoop]));
    change(&mut params);
    Experiment::new(&params).unwrap()
}

fn shape_as<T: ReadableElement>(npz: &mut NpzReader<Cursor<Vec<u8>>>, name: &str) -> Vec<usize> {
    npz.by_name::<OwnedRepr<T>, IxDyn>(name).unwrap_or_else(|why| panic!("{name}: {why}")).shape().to_vec()
}

#[test]
fn every_array_written_is_in_the_table_with_that_type_and_the_other_way_round() {
    for recurrence in Recurrence::ALL {
        let take = experiment(|p| p.network.recurrence = recurrence).dump(Lane::InTheLoop, 3).unwrap();
        let mut npz = NpzReader::new(Cursor::new(bytes(&take).unwrap())).unwrap();
        let written = npz.names().unwrap();
        assert_eq!(written, ARRAYS.iter().map(|a| a.name).collect::<Vec<_>>(), "also in the same order");
        let mut lengths = HashMap::from([
            ("sample", 3),
            ("input", 25),
            ("hidden", 20),
            ("recurrent", if recurrence == Recurrence::None { 0 } else { 20 }),
            ("readout", 3),
            ("host step", 24),
            ("chip step", 48),
            ("3", 3),
        ]);
        for array in ARRAYS {
            let shape = match array.dtype {
                "uint8" => shape_as::<u8>(&mut npz, array.name),
                "int8" => shape_as::<i8>(&mut npz, array.name),
                "int32" => shape_as::<i32>(&mut npz, array.name),
                "uint64" => shape_as::<u64>(&mut npz, array.name),
                "float32" => shape_as::<f32>(&mut npz, array.name),
                "float64" => shape_as::<f64>(&mut npz, array.name),
                other => panic!("{}: NumPy has no {other}", array.name),
            };
            assert_eq!(shape.len(), array.axes().count(), "{}", array.name);
            for (axis, n) in array.axes().zip(shape) {
                // An axis that has no length yet (bytes, events) gets that of its first array.
                assert_eq!(*lengths.entry(axis).or_insert(n), n, "axis {axis} of {}", array.name);
            }
        }
    }
}

#[test]
fn the_parameters_are_a_json_object_with_every_key() {
    let take = experiment(|p| p.chip.sigma = 0.3).dump(Lane::InTheLoop, 1).unwrap();
    let mut npz = NpzReader::new(Cursor::new(bytes(&take).unwrap())).unwrap();
    let text = npz.by_name::<OwnedRepr<u8>, ndarray::Ix1>("params_json").unwrap().to_vec();
    let json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    for spec in crate::params::PARAMS {
        assert!(json.get(spec.key).is_some(), "{} is missing", spec.key);
    }
    assert_eq!((json["sigma"].as_f64(), json["cadc_interval"].as_f64()), (Some(30.0), Some(1.7)), "edge units");
}

#[test]
fn the_help_and_the_table_of_the_handbook_name_every_array() {
    for array in ARRAYS {
        assert!(help().contains(&format!("\n  {}  {} [{}]", array.name, array.dtype, array.axes)), "{}", array.name);
        assert!(markdown().contains(&format!("| `{}` | {} |", array.name, array.dtype)), "{}", array.name);
    }
}

#[test]
fn what_cannot_be_recorded_is_refused_with_the_limit() {
    let small = experiment(|_| ());
    let refusal = |e: &Experiment, lane, samples| e.dump(lane, samples).unwrap_err().to_string();
    for samples in [0, 1_000_000] {
        let text = refusal(&small, Lane::InTheLoop, samples);
        assert!(text.contains(&format!("1 to {}", small.data().train.len())), "{text}");
        assert!(text.ends_with(&format!("got {samples}")), "{text}");
    }
    assert!(refusal(&small, Lane::Ideal, 1).contains("in_the_loop"));
    // 5 ms in steps of 0.1 µs: 3 · 23 neurons · 50,000 steps · 17 bytes are 56 MiB a sample.
    let long = experiment(|p| (p.network.duration, p.network.cadc_interval, p.network.substeps) = (5e-3, 0.1e-6, 1));
    let text = refusal(&long, Lane::InTheLoop, 20);
    assert!(text.contains("at most 18") && text.contains("1 GiB"), "{text}");
    assert!(long.dump(Lane::InTheLoop, 2).is_ok());
}

#[test]
fn recording_a_batch_changes_nothing() {
    let (mut seen, mut unseen) = (experiment(|_| ()), experiment(|_| ()));
    seen.dump(Lane::InTheLoop, 4).unwrap();
    assert_eq!(seen.step().unwrap().reports[0].loss.to_bits(), unseen.step().unwrap().reports[0].loss.to_bits());
}

#[test]
fn every_lane_is_recorded_with_the_weights_it_is_evaluated_with() {
    let mut all = experiment(|p| p.learning.lanes = Lane::WITH_HOST.to_vec());
    for _ in 0..3 {
        all.step().unwrap();
    }
    let [ideal, transferred, in_the_loop] = Lane::WITH_HOST.map(|lane| all.dump(lane, 2).unwrap());
    assert_eq!(ideal.weights, transferred.weights);
    assert_ne!(ideal.weights, in_the_loop.weights);
    assert_ne!(ideal.effective, transferred.effective);
    assert_eq!(transferred.hidden, in_the_loop.hidden, "the same chip");
    assert_eq!(ideal.params, all.params().ideal_twin());
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let text = write(&experiment(|_| ()), Lane::InTheLoop, 1, Path::new("/nonexistent/take.npz")).unwrap_err();
    assert!(text.to_string().starts_with("cannot write /nonexistent/take.npz"), "{text}");
}
