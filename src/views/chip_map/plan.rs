//! Where the circuits are on the screen.

use egui::{Pos2, Rect, pos2, vec2};

use super::{QUADRANT, ROW};

/// Share of the height that the neurons take.
const NEURONS: f32 = 0.24;
/// Room between halves and around the map.
const GAP: f32 = 3.0;

/// Where things are on the screen.
pub(super) struct Plan {
    pub(super) synapses: [Rect; 2],
    pub(super) neurons: [Rect; 2],
}

impl Plan {
    pub(super) fn new(area: Rect) -> Self {
        let height = (area.height() - GAP) / 2.0;
        let strip = (height * NEURONS * 0.5).max(6.0);
        let half = |top: f32| Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
        let (upper, lower) = (half(area.top()), half(area.top() + height + GAP));
        Self {
            synapses: [
                Rect::from_min_max(upper.min, pos2(upper.right(), upper.bottom() - strip)),
                Rect::from_min_max(pos2(lower.left(), lower.top() + strip), lower.max),
            ],
            neurons: [
                Rect::from_min_max(pos2(upper.left(), upper.bottom() - strip), upper.max),
                Rect::from_min_max(lower.min, pos2(lower.right(), lower.top() + strip)),
            ],
        }
    }

    pub(super) fn site(&self, (first, merged): (u16, u16)) -> Rect {
        let (first, merged) = (usize::from(first), f32::from(merged));
        let strip = self.neurons[(first / ROW).min(1)];
        let width = strip.width() / ROW as f32;
        let left = strip.left() + (first % ROW) as f32 * width;
        let gap = (0.15 * width).min(0.5);
        Rect::from_min_max(pos2(left, strip.top()), pos2(left + merged * width - gap, strip.bottom()))
    }

    pub(super) fn quadrants(&self) -> Vec<Rect> {
        let half = |strip: Rect, synapses: Rect| {
            let both = strip.union(synapses);
            let middle = both.left() + both.width() * QUADRANT as f32 / ROW as f32;
            [
                Rect::from_min_max(both.min, pos2(middle - 1.0, both.bottom())),
                Rect::from_min_max(pos2(middle + 1.0, both.top()), both.max),
            ]
        };
        (0..2).flat_map(|k| half(self.neurons[k], self.synapses[k])).collect()
    }

    /// The circuit under the pointer: its neuron, or one of its synapses.
    pub(super) fn circuit_at(&self, at: Pos2) -> Option<usize> {
        (0..2).find_map(|half| {
            let column = self.neurons[half].union(self.synapses[half]);
            let place = (at.x - column.left()) / column.width() * ROW as f32;
            column.contains(at).then(|| half * ROW + (place as usize).min(ROW - 1))
        })
    }

    /// The circuits below a path, in its order, none of them twice in a row.
    pub(super) fn circuits_along(&self, path: &[Pos2]) -> Vec<usize> {
        let step = (self.neurons[0].width() / ROW as f32 / 2.0).max(0.25);
        let mut found: Vec<usize> = path.first().and_then(|at| self.circuit_at(*at)).into_iter().collect();
        for ends in path.windows(2) {
            let way = ends[1] - ends[0];
            let steps = (way.length() / step).ceil().clamp(1.0, 1e5) as usize;
            for k in 1..=steps {
                let circuit = self.circuit_at(ends[0] + way * (k as f32 / steps as f32));
                found.extend(circuit.filter(|c| found.last() != Some(c)));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stroke_in_one_leap_passes_over_every_circuit_between_its_ends() {
        let plan = Plan::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(900.0, 600.0)));
        let row = plan.neurons[0];
        let ends = [pos2(row.left() + 0.1, row.center().y), pos2(row.right() - 0.1, row.center().y)];
        assert!(plan.circuits_along(&ends).into_iter().eq(0..ROW));
        assert!(plan.circuits_along(&[ends[1], ends[0]]).into_iter().eq((0..ROW).rev()));
        assert_eq!(plan.circuits_along(&[ends[0], ends[0]]), [0]);
        assert!(plan.circuits_along(&[pos2(-9.0, -9.0)]).is_empty() && plan.circuits_along(&[]).is_empty());
    }

    #[test]
    fn every_circuit_is_found_under_the_pointer_where_it_is_drawn() {
        let plan = Plan::new(Rect::from_min_size(pos2(10.0, 20.0), vec2(777.0, 333.0)));
        for circuit in 0..2 * ROW {
            assert_eq!(plan.circuit_at(plan.site((circuit as u16, 1)).center()), Some(circuit));
        }
        assert_eq!(plan.circuit_at(pos2(0.0, 0.0)), None);
    }
}
