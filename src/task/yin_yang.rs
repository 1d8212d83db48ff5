//! The Yin-Yang data set (Kriener, Göltz & Petrovici 2021, arXiv:2102.08211).
//!
//! Three classes in a circle of radius 0.5 around (0.5, 0.5): the two halves of
//! the symbol and its two dots. The points are those of the published data set:
//! same generator (NumPy's legacy `RandomState`, an MT19937), same seeds, same
//! order of draws. Labels follow the integers of the original: 0 and 1 for the
//! halves, 2 for the dots; its list of names says "yin" for 0.

use rand_mt::Mt;

use super::augment::Originals;
use super::{Dataset, Picture, Sample};
use crate::params::{Params, TaskKind};
use crate::spikes::SpikeTrain;

const R_BIG: f64 = 0.5;
const R_SMALL: f64 = 0.1;
const DOT: u16 = 2;
/// Size and seed of the published training and test sets.
const TRAIN: (usize, u32) = (5000, 42);
const TEST: (usize, u32) = (1000, 40);

/// The published data, latency coded.
pub(super) fn dataset(params: &Params) -> Dataset {
    let samples = |(size, seed)| {
        points(size, seed)
            .into_iter()
            .map(|(x, y, label)| Sample {
                spikes: encode(params, x, y),
                label,
                picture: vec![x as f32, y as f32],
                speaker: None,
            })
            .collect()
    };
    Dataset {
        task: TaskKind::YinYang,
        n_inputs: 5 * params.task.input_repeat as usize,
        class_names: ["yin", "yang", "dot"].map(String::from).to_vec(),
        picture: Picture::Plane,
        train: samples(TRAIN),
        test: samples(TEST),
        speaker_names: Vec::new(),
        notes: Vec::new(),
        originals: Originals::None,
    }
}

/// Spikes of the four coordinates x, y, 1 − x, 1 − y at `t_early + value · (t_late − t_early)`
/// and of a bias at `t_early`, each repeated on `input_repeat` channels (hxtorch `yinyang.py`).
pub(super) fn encode(params: &Params, x: f64, y: f64) -> SpikeTrain {
    let span = params.task.encoding_late - params.task.encoding_early;
    let times = [x, y, 1.0 - x, 1.0 - y, 0.0].map(|value| (params.task.encoding_early + value * span) as f32);
    let repeat = params.task.input_repeat as usize;
    let events = times.iter().enumerate().flat_map(|(k, &t)| (0..repeat).map(move |r| (t, (k * repeat + r) as u16)));
    SpikeTrain::from_events(events.collect())
}

/// `size` points `(x, y, label)`, balanced by drawing the class first.
fn points(size: usize, seed: u32) -> Vec<(f64, f64, u16)> {
    let mut rng = Mt::new(seed);
    (0..size)
        .map(|_| {
            let goal = numpy_randint_3(&mut rng);
            loop {
                let (x, y) = (numpy_rand(&mut rng) * 2.0 * R_BIG, numpy_rand(&mut rng) * 2.0 * R_BIG);
                let inside = (x - R_BIG).hypot(y - R_BIG) <= R_BIG;
                if inside && which_class(x, y) == goal {
                    return (x, y, goal);
                }
            }
        })
        .collect()
}

/// NumPy's legacy `randint(3)`: the low two bits of a word, redrawn while they are 3.
fn numpy_randint_3(rng: &mut Mt) -> u16 {
    loop {
        let word = rng.next_u32() & 3;
        if word < 3 {
            return word as u16;
        }
    }
}

/// NumPy's legacy `rand()`: 53 bits from two words.
fn numpy_rand(rng: &mut Mt) -> f64 {
    let (a, b) = (rng.next_u32() >> 5, rng.next_u32() >> 6);
    (f64::from(a) * 67_108_864.0 + f64::from(b)) / 9_007_199_254_740_992.0
}

/// The class of a point inside the circle.
fn which_class(x: f64, y: f64) -> u16 {
    let d_right = (x - 1.5 * R_BIG).hypot(y - R_BIG);
    let d_left = (x - 0.5 * R_BIG).hypot(y - R_BIG);
    if d_right < R_SMALL || d_left < R_SMALL {
        return DOT;
    }
    let is_yin =
        d_right <= R_SMALL || (d_left > R_SMALL && d_left <= 0.5 * R_BIG) || (y > R_BIG && d_right > 0.5 * R_BIG);
    u16::from(is_yin)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Class counts of the arrays that the authors publish beside their generator.
    #[test]
    fn the_points_are_the_published_ones() {
        let counts = |(size, seed)| {
            let points = points(size, seed);
            [0, 1, 2].map(|class| points.iter().filter(|p| p.2 == class).count())
        };
        assert_eq!(counts(TRAIN), [1681, 1702, 1617]);
        assert_eq!(counts((1000, 41)), [316, 336, 348]);
        assert_eq!(counts(TEST), [350, 316, 334]);
    }

    /// hxtorch `tests/sw/test_spiking_yinyangdataset.py`.
    #[test]
    fn the_geometry_is_the_published_one() {
        assert!(((0.4f64 - 0.75).hypot(0.1 - 0.5) - 0.531_507).abs() < 1e-6);
        for (x, y) in [(0.26, 0.52), (0.74, 0.48)] {
            assert_eq!(which_class(x, y), DOT);
        }
    }

    #[test]
    fn coordinates_become_spike_times_between_early_and_late() {
        let params = Params::default();
        let train = encode(&params, 0.25, 1.0);
        assert_eq!(train.len(), 25);
        let time_of = |unit: u16| f64::from(train.iter().find(|e| e.1 == unit).unwrap().0);
        for (unit, expected) in [(0, 8e-6), (5, 26e-6), (10, 20e-6), (15, 2e-6), (20, 2e-6)] {
            assert!((time_of(unit) - expected).abs() < 1e-11, "input {unit}");
        }
    }
}
