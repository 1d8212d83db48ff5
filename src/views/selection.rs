//! What all views look at together: a lane, some neurons, a moment.

use std::collections::BTreeSet;

use crate::params::Lane;

/// Neurons that can be selected at once.
pub(super) const MOST_SELECTED: usize = 8;

/// How curves over epochs are shown, in all views that have them.
pub(super) struct Curves {
    /// Whether changes are marked.
    pub(super) changes: bool,
    pub(super) hidden: BTreeSet<Lane>,
    /// The lane of the pinned runs that is shown.
    pub(super) pinned: Lane,
}

impl Default for Curves {
    fn default() -> Self {
        Self { changes: true, hidden: BTreeSet::new(), pinned: Lane::InTheLoop }
    }
}

/// One selection, one sample and one time cursor for all views.
pub(super) struct Selection {
    /// The lane that the views of a single lane show.
    pub(super) lane: Lane,
    /// How curves over epochs are shown.
    pub(super) curves: Curves,
    /// The sample on display changes by itself while learning.
    pub(super) advance: bool,
    /// Selected hidden neurons in the order in which they were chosen.
    neurons: Vec<usize>,
    /// Where the pointer is on a time axis, in µs of hardware time.
    cursor: Option<f64>,
    /// The same for the next frame.
    next_cursor: Option<f64>,
    /// Where measuring begins, in µs.
    pub(super) mark: Option<f64>,
    /// Time zero is the first input spike.
    pub(super) trigger: bool,
    /// The frame that `cursor` belongs to.
    frame: u64,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            lane: Lane::InTheLoop,
            curves: Curves::default(),
            advance: true,
            neurons: Vec::new(),
            cursor: None,
            next_cursor: None,
            mark: None,
            trigger: false,
            frame: u64::MAX,
        }
    }
}

impl Selection {
    /// Called by every view; the first one of a frame makes the last cursor the one that all show.
    pub(super) fn begin(&mut self, frame: u64) {
        if frame != self.frame {
            self.frame = frame;
            self.cursor = self.next_cursor.take();
        }
    }

    /// Hidden neurons that are selected.
    pub(super) fn neurons(&self) -> &[usize] {
        &self.neurons
    }

    /// Selects a neuron alone, or with `more` adds it to the others or takes it away.
    pub(super) fn select(&mut self, neuron: usize, more: bool) {
        if !more {
            self.neurons = vec![neuron];
        } else if let Some(place) = self.neurons.iter().position(|n| *n == neuron) {
            self.neurons.remove(place);
        } else {
            if self.neurons.len() >= MOST_SELECTED {
                self.neurons.remove(0);
            }
            self.neurons.push(neuron);
        }
    }

    /// Selects nothing.
    pub(super) fn clear(&mut self) {
        self.neurons.clear();
        self.mark = None;
    }

    /// Forgets neurons that the network does not have.
    pub(super) fn keep_below(&mut self, n: usize) {
        self.neurons.retain(|neuron| *neuron < n);
    }

    /// Where the pointer is on a time axis, in µs.
    pub(super) fn cursor(&self) -> Option<f64> {
        self.cursor
    }

    /// The pointer is at this time in some view.
    pub(super) fn point(&mut self, time: f64) {
        self.next_cursor = Some(time).filter(|t| t.is_finite());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selecting_replaces_adds_and_takes_away_and_never_holds_more_than_eight() {
        let mut selection = Selection::default();
        selection.select(3, false);
        selection.select(5, true);
        assert_eq!(selection.neurons(), [3, 5]);
        selection.select(3, true);
        assert_eq!(selection.neurons(), [5]);
        (10..20).for_each(|n| selection.select(n, true));
        assert_eq!(selection.neurons(), [12, 13, 14, 15, 16, 17, 18, 19], "the oldest make room");
        selection.keep_below(14);
        assert_eq!(selection.neurons(), [12, 13]);
        selection.select(1, false);
        assert_eq!(selection.neurons(), [1]);
        selection.clear();
        assert!(selection.neurons().is_empty());
    }

    #[test]
    fn the_cursor_lasts_one_frame_and_is_the_same_for_all_views_of_it() {
        let mut selection = Selection::default();
        selection.begin(1);
        selection.point(7.5);
        selection.begin(1);
        assert_eq!(selection.cursor(), None, "views of the same frame do not differ");
        selection.begin(2);
        assert_eq!(selection.cursor(), Some(7.5));
        selection.point(f64::NAN);
        selection.begin(3);
        assert_eq!(selection.cursor(), None);
    }
}
