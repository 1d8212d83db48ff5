//! What the lanes of a run fell to when its chip was changed.

use serde::{Deserialize, Serialize};

use crate::params::Lane;
use crate::training::metrics::{Scores, lane_name, lane_of_name};

/// What the lanes reached right after the chip was changed, before anything was learnt; the first one, after no epochs,
/// is where the curves begin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Fall {
    /// Epochs learnt by then.
    pub epochs: f64,
    /// What each lane reached on the test split.
    pub scores: Vec<(Lane, Scores)>,
}

/// Falls kept of a run; older ones go first.
const MOST_FALLS: usize = 300;

/// Adds a fall to those before it. Several changes at one moment are one fall.
pub fn add_fall(falls: &mut Vec<Fall>, fall: Fall) {
    falls.retain(|earlier| earlier.epochs < fall.epochs);
    falls.push(fall);
    if falls.len() > MOST_FALLS {
        falls.remove(0);
    }
}

/// As it is written: an object a lane, with the names that epochs have.
#[derive(Serialize, Deserialize)]
struct Written {
    epochs: f64,
    lanes: Vec<Reached>,
}

#[derive(Serialize, Deserialize)]
struct Reached {
    #[serde(serialize_with = "lane_name", deserialize_with = "lane_of_name")]
    lane: Lane,
    #[serde(flatten)]
    scores: Scores,
}

impl From<Written> for Fall {
    fn from(Written { epochs, lanes }: Written) -> Self {
        Self { epochs, scores: lanes.into_iter().map(|own| (own.lane, own.scores)).collect() }
    }
}

impl From<Fall> for Written {
    fn from(Fall { epochs, scores }: Fall) -> Self {
        Self { epochs, lanes: scores.into_iter().map(|(lane, scores)| Reached { lane, scores }).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fall_is_written_and_read_to_the_last_bit_and_a_loss_that_is_none_stays_so() {
        let scores = Scores { loss: f64::NAN, accuracy: 0.1 + 0.2, hidden_spikes: 1.0 / 3.0 };
        let fall = Fall { epochs: 2.0 + 5.0 / 7.0, scores: vec![(Lane::Transferred, scores)] };
        let text = serde_json::to_string(&fall).expect("text");
        assert!(text.contains(r#""lane":"transferred""#) && text.contains(r#""loss":null"#), "{text}");
        let read: Fall = serde_json::from_str(&text).expect("a fall");
        assert_eq!((read.epochs.to_bits(), read.scores[0].0), (fall.epochs.to_bits(), Lane::Transferred));
        let of = |s: Scores| [s.accuracy, s.hidden_spikes].map(f64::to_bits);
        assert!(read.scores[0].1.loss.is_nan() && of(read.scores[0].1) == of(scores));
    }

    #[test]
    fn the_last_fall_of_a_moment_counts_and_those_of_a_long_run_are_bounded() {
        let mut falls = Vec::new();
        for (epochs, lanes) in [(0.0, 1), (1.5, 2), (1.5, 3), (2.0, 4)] {
            add_fall(&mut falls, Fall { epochs, scores: vec![(Lane::Ideal, Scores::default()); lanes] });
        }
        let kept: Vec<_> = falls.iter().map(|fall| (fall.epochs, fall.scores.len())).collect();
        assert_eq!(kept, [(0.0, 1), (1.5, 3), (2.0, 4)]);
        (3..1_000).for_each(|k| add_fall(&mut falls, Fall { epochs: f64::from(k), scores: Vec::new() }));
        assert_eq!((falls.len(), falls[0].epochs), (MOST_FALLS, 700.0));
    }
}
