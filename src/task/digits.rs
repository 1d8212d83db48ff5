//! 1,797 handwritten digits (Alpaydin & Kaynak 1998, CC BY 4.0), embedded.

use rand::seq::SliceRandom as _;

use super::augment::Originals;
use super::{Dataset, Picture, Sample, encode};
use crate::base::error::{Error, Result};
use crate::base::rng;
use crate::params::{Params, TaskKind};

/// Header line, then `label,p00,…,p77` with pixels 0…16.
const CSV: &str = include_str!("../../assets/digits.csv");
const SIDE: usize = 8;
const BRIGHTEST: f32 = 16.0;
/// Every class gives this share of its samples to the test split.
const TEST_SHARE: f64 = 0.2;

/// The digits, latency coded, with a stratified split that depends on the seed alone.
pub(super) fn dataset(params: &Params) -> Result<Dataset> {
    let mut by_class: Vec<Vec<Sample>> = vec![Vec::new(); 10];
    for (line, text) in CSV.lines().enumerate().skip(1) {
        let malformed = || Error::Malformed {
            path: "assets/digits.csv".into(),
            place: Some(format!("line {}", line + 1)),
            why: "expected a label and 64 pixels of 0…16".into(),
        };
        let numbers: Option<Vec<f32>> = text.split(',').map(|field| field.trim().parse().ok()).collect();
        let numbers = numbers.filter(|n| n.len() == 1 + SIDE * SIDE && n[0] < 10.0).ok_or_else(malformed)?;
        let picture: Vec<f32> = numbers[1..].iter().map(|p| p / BRIGHTEST).collect();
        let spikes = encode::latency(&picture, params.task.encoding_tau, params.task.encoding_threshold);
        by_class[numbers[0] as usize].push(Sample { spikes, label: numbers[0] as u16, picture, speaker: None });
    }
    let mut rng = rng::stream(u64::from(params.learning.seed), "split");
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for mut samples in by_class {
        samples.shuffle(&mut rng);
        let n_test = (samples.len() as f64 * TEST_SHARE).round() as usize;
        train.extend(samples.split_off(n_test));
        test.extend(samples);
    }
    train.shuffle(&mut rng);
    test.shuffle(&mut rng);
    Ok(Dataset {
        task: TaskKind::Digits,
        n_inputs: SIDE * SIDE,
        class_names: (0..10).map(|d| d.to_string()).collect(),
        picture: Picture::Image { rows: SIDE, columns: SIDE },
        train,
        test,
        speaker_names: Vec::new(),
        notes: Vec::new(),
        originals: Originals::None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_split_is_stratified_complete_and_seeded() {
        let data = dataset(&Params::default()).unwrap();
        assert_eq!(data.train.len() + data.test.len(), 1797);
        // The UCI documentation lists the class counts of the test set.
        let documented = [178usize, 182, 177, 183, 181, 182, 181, 179, 174, 180];
        for (class, &n) in documented.iter().enumerate() {
            let count = |s: &[Sample]| s.iter().filter(|s| usize::from(s.label) == class).count();
            assert_eq!(count(&data.train) + count(&data.test), n);
            assert_eq!(count(&data.test), (n as f64 * 0.2).round() as usize);
        }
        assert_eq!(dataset(&Params::default()).unwrap().test, data.test);
        let other = dataset(&Params::default().with(|p| p.learning.seed = 2)).unwrap();
        assert_ne!(other.test, data.test);
    }
}
