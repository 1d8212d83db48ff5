//! Where the circuits are on the screen.

use egui::{Color32, FontId, Painter, Pos2, Rect, Stroke, StrokeKind, pos2, vec2};

use super::{QUADRANT, ROW, SYNAPSES};
use crate::text::Text;
use crate::views::theme;

/// Width from which on a circuit can be hit, in points: the circuits of a quadrant are folded into lines until they are
/// as wide.
const HIT: f32 = 8.0;
/// Height of a line of circuits.
const LINE: std::ops::RangeInclusive<f32> = 7.0..=22.0;
/// Share of the height that the neurons may take.
const NEURONS: f32 = 0.5;
/// Room between quadrants.
const GAP: f32 = 4.0;

/// Where things are on the screen: two halves, each with its neurons at the middle of the chip. The neurons of a quadrant
/// stand in several lines, one after the other from the left and from the top.
pub(super) struct Plan {
    synapses: [Rect; 2],
    neurons: [Rect; 2],
    /// Lines of circuits of a quadrant.
    lines: usize,
    /// Synapse rows that are shown of each half, those next to the neurons.
    rows: [usize; 2],
}

impl Plan {
    /// A map that fills `area` with so many rows of synapses in each half.
    pub(super) fn new(area: Rect, rows: [usize; 2]) -> Self {
        let half = (area.height() - GAP) / 2.0;
        let quadrant = (area.width() - GAP) / 2.0;
        let most = NEURONS * half;
        let folded = |lines: &usize| quadrant * *lines as f32 / QUADRANT as f32 >= HIT;
        let fits = |lines: &usize| *lines == 1 || *lines as f32 * LINE.start() <= most;
        let lines = [1, 2, 4, 8, 16].into_iter().take_while(fits);
        let lines = lines.clone().find(folded).or(lines.last()).unwrap_or(1);
        let strip = (most / lines as f32).clamp(*LINE.start(), *LINE.end()) * lines as f32;
        let strip = strip.min(0.8 * half);
        let row = |top: f32, height: f32| Rect::from_min_size(pos2(area.left(), top), vec2(area.width(), height));
        let middle = area.top() + half;
        Self {
            synapses: [row(area.top(), half - strip), row(middle + GAP + strip, half - strip)],
            neurons: [row(middle - strip, strip), row(middle + GAP, strip)],
            lines,
            rows: rows.map(|n| n.clamp(1, SYNAPSES)),
        }
    }

    /// Width of a quadrant and circuits in one of its lines.
    fn quadrant(&self) -> (f32, usize) {
        ((self.neurons[0].width() - GAP) / 2.0, QUADRANT / self.lines)
    }

    /// The left or the right part of a half.
    fn part(half: Rect, right: bool) -> Rect {
        let width = (half.width() - GAP) / 2.0;
        if right { half.with_min_x(half.right() - width) } else { half.with_max_x(half.left() + width) }
    }

    /// The strips that hold the neurons of the quadrants.
    pub(super) fn strips(&self) -> impl Iterator<Item = Rect> {
        self.neurons.into_iter().flat_map(|half| [false, true].map(|right| Self::part(half, right)))
    }

    /// Where the synapses of the quadrants are drawn, and which part of their picture is.
    pub(super) fn images(&self) -> impl Iterator<Item = (Rect, Rect)> {
        let [upper, lower] = self.rows.map(|rows| 0.5 * rows as f32 / SYNAPSES as f32);
        let shown = [(0.5 - upper, upper), (0.5, lower)];
        self.synapses.into_iter().zip(shown).flat_map(move |(half, (top, shown))| {
            [(false, 0.0), (true, 0.5)]
                .map(|(right, left)| (Self::part(half, right), Rect::from_min_size(pos2(left, top), vec2(0.5, shown))))
        })
    }

    /// The box of a circuit.
    fn circuit(&self, circuit: usize) -> Rect {
        let (width, in_line) = self.quadrant();
        let strip = Self::part(self.neurons[(circuit / ROW).min(1)], circuit % ROW >= QUADRANT);
        let (line, column) = ((circuit % QUADRANT) / in_line, (circuit % QUADRANT) % in_line);
        let size = vec2(width / in_line as f32, strip.height() / self.lines as f32);
        Rect::from_min_size(strip.min + vec2(column as f32, line as f32) * size, size)
    }

    /// The boxes of a neuron, one for every line that its circuits are in.
    pub(super) fn site(&self, (first, merged): (u16, u16)) -> impl Iterator<Item = Rect> {
        let circuits: Vec<usize> = (usize::from(first)..usize::from(first) + usize::from(merged.max(1))).collect();
        let (_, in_line) = self.quadrant();
        let boxes: Vec<Rect> = circuits
            .chunk_by(|a, b| a / in_line == b / in_line)
            .map(|run| {
                let all = self.circuit(run[0]).union(self.circuit(run[run.len() - 1]));
                // Neighbours stay apart.
                let gap = (0.15 * all.width()).min(1.0);
                Rect::from_min_max(all.min, all.max - vec2(gap, if self.lines > 1 { 1.0 } else { 0.0 }))
            })
            .collect();
        boxes.into_iter()
    }

    /// A frame around a neuron and around the column of its synapses.
    pub(super) fn point_at(&self, painter: &Painter, site: (u16, u16), color: Color32) {
        let stroke = Stroke::new(1.0, color);
        for rect in self.site(site) {
            painter.rect_stroke(rect, 0.0, stroke, StrokeKind::Outside);
        }
        let (first, merged) = (usize::from(site.0), f32::from(site.1.max(1)));
        let half = Self::part(self.synapses[(first / ROW).min(1)], first % ROW >= QUADRANT);
        let width = half.width() / QUADRANT as f32;
        let left = half.left() + (first % QUADRANT) as f32 * width;
        let column = Rect::from_x_y_ranges(left..=left + merged * width, half.y_range());
        painter.rect_stroke(column, 0.0, stroke, StrokeKind::Outside);
    }

    /// The number of each quadrant and of its circuits, in its outer corner, and how many rows of synapses are left out.
    pub(super) fn names_ui(&self, painter: &Painter, text: &Text, visuals: &egui::Visuals) {
        let font = FontId::proportional(theme::SMALL);
        for (half, synapses) in self.synapses.into_iter().enumerate() {
            for right in [false, true] {
                let place = Self::part(synapses, right);
                let k = 2 * half + usize::from(right);
                let circuits = format!("{} {}–{}", text.device.circuits, k * QUADRANT, (k + 1) * QUADRANT - 1);
                let rows = format!("{} 0–{}", text.device.rows, self.rows[half] - 1);
                let full = format!("{} {k}{comma}{circuits}{comma}{rows}", text.device.quadrant, comma = text.comma);
                let brief = format!("{} {k}{}{circuits}", text.device.quadrant, text.comma);
                let layout = |words: String| painter.layout_no_wrap(words, font.clone(), visuals.text_color());
                let words = [full, brief, format!("{} {k}", text.device.quadrant)].map(layout);
                let Some(words) = words.into_iter().find(|w| w.size().x + 8.0 < place.width()) else { continue };
                if words.size().y + 4.0 > place.height() {
                    continue;
                }
                let outer =
                    if half == 0 { place.left_top() } else { place.left_bottom() - vec2(0.0, words.size().y + 2.0) };
                let rect = Rect::from_min_size(outer, words.size() + vec2(8.0, 2.0));
                painter.rect_filled(rect, 0.0, visuals.panel_fill.gamma_multiply(0.85));
                painter.galley(rect.min + vec2(4.0, 1.0), words, visuals.text_color());
            }
        }
    }

    /// The circuit under the pointer: its neuron, or one of its synapses.
    pub(super) fn circuit_at(&self, at: Pos2) -> Option<usize> {
        let (_, in_line) = self.quadrant();
        let quadrants = (0..2).flat_map(|half| [(half, false), (half, true)]);
        quadrants.into_iter().find_map(|(half, right)| {
            let first = half * ROW + if right { QUADRANT } else { 0 };
            let (neurons, synapses) = (Self::part(self.neurons[half], right), Self::part(self.synapses[half], right));
            let place = |rect: Rect, n: usize| {
                let part = ((at - rect.min) / rect.size()).clamp(egui::Vec2::ZERO, egui::Vec2::splat(0.999_999));
                ((part.x * n as f32) as usize, part.y)
            };
            if neurons.contains(at) {
                let (column, y) = place(neurons, in_line);
                return Some(first + (y * self.lines as f32) as usize * in_line + column);
            }
            synapses.contains(at).then(|| first + place(synapses, QUADRANT).0)
        })
    }

    /// The row of the synapse under the pointer, counted from the neurons.
    pub(super) fn row_at(&self, at: Pos2) -> Option<usize> {
        let half = self.synapses.iter().position(|half| half.contains(at))?;
        let part = (at.y - self.synapses[half].top()) / self.synapses[half].height();
        let part = if half == 0 { 1.0 - part } else { part };
        Some(((part * self.rows[half] as f32) as usize).min(self.rows[half] - 1))
    }

    /// The circuits below a path, in its order, none of them twice in a row.
    pub(super) fn circuits_along(&self, path: &[Pos2]) -> Vec<usize> {
        let width = self.circuit(0).width();
        let step = if self.neurons.iter().any(|half| path.iter().any(|at| half.y_range().contains(at.y))) {
            width / 2.0
        } else {
            width / 2.0 / self.lines as f32
        };
        let step = step.max(0.25);
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

    fn plan(width: f32, height: f32) -> Plan {
        Plan::new(Rect::from_min_size(pos2(10.0, 20.0), vec2(width, height)), [SYNAPSES; 2])
    }

    #[test]
    fn a_stroke_in_one_leap_passes_over_every_circuit_between_its_ends() {
        let plan = plan(2100.0, 600.0);
        let row = plan.neurons[0];
        let ends = [pos2(row.left() + 0.1, row.center().y), pos2(row.right() - 0.1, row.center().y)];
        assert_eq!(plan.lines, 1, "there is room for all of them side by side");
        assert!(plan.circuits_along(&ends).into_iter().eq(0..ROW));
        assert!(plan.circuits_along(&[ends[1], ends[0]]).into_iter().eq((0..ROW).rev()));
        assert_eq!(plan.circuits_along(&[ends[0], ends[0]]), [0]);
        assert!(plan.circuits_along(&[pos2(-9.0, -9.0)]).is_empty() && plan.circuits_along(&[]).is_empty());
    }

    #[test]
    fn where_circuits_are_folded_a_stroke_passes_over_one_line_of_both_quadrants() {
        let plan = plan(512.0, 314.0);
        assert!(plan.lines > 1);
        let line = QUADRANT / plan.lines;
        let first = plan.circuit(0).center();
        let last = plan.circuit(QUADRANT + line - 1).center();
        assert!((first.y - last.y).abs() < 0.01);
        let both = (0..line).chain(QUADRANT..QUADRANT + line);
        assert!(plan.circuits_along(&[first, last]).into_iter().eq(both));
    }

    #[test]
    fn circuits_can_be_hit_wherever_there_is_room_for_it() {
        for [width, height] in [[512.0, 314.0], [800.0, 500.0], [360.0, 260.0], [1500.0, 900.0]] {
            let circuit = plan(width, height).circuit(3).size();
            assert!(circuit.x >= 7.5 && circuit.y >= 7.0, "{circuit:?} of {width} × {height}");
        }
        let small = plan(60.0, 40.0);
        assert!(small.circuit(0).height() > 0.0 && small.synapses[0].height() > 0.0);
    }

    #[test]
    fn every_circuit_is_found_under_the_pointer_where_it_is_drawn() {
        for [width, height] in [[777.0, 333.0], [2100.0, 600.0], [300.0, 200.0], [60.0, 40.0]] {
            let plan = plan(width, height);
            for circuit in 0..2 * ROW {
                assert_eq!(plan.circuit_at(plan.circuit(circuit).center()), Some(circuit));
            }
            assert_eq!(plan.circuit_at(pos2(0.0, 0.0)), None);
        }
    }

    #[test]
    fn a_neuron_of_several_circuits_has_a_box_in_every_line_that_it_is_in() {
        let plan = plan(512.0, 314.0);
        assert_eq!(plan.site((30, 4)).count(), 2, "circuits 30, 31 and 32, 33 are in different lines");
        assert_eq!(plan.site((0, 2)).count(), 1);
    }

    #[test]
    fn synapses_are_counted_from_their_neurons_in_both_halves() {
        let plan = Plan::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(512.0, 400.0)), [128, 256]);
        let [upper, lower] = plan.synapses;
        assert_eq!(plan.row_at(pos2(9.0, upper.bottom() - 0.1)), Some(0));
        assert_eq!(plan.row_at(pos2(9.0, upper.top() + 0.1)), Some(127), "only rows in use are shown");
        assert_eq!(plan.row_at(pos2(9.0, lower.top() + 0.1)), Some(0));
        assert_eq!(plan.row_at(plan.neurons[0].center()), None);
    }
}
