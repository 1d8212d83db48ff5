//! A legend on top of a plot, where it hides least.

use egui::{Pos2, Rect, Ui};
use egui_plot::{PlotPoint, PlotResponse};

use super::items::place_of_label;
use crate::views::figure::{Panel, Shape};
use crate::views::legend;

/// Points of a curve that tell where it is.
const ENOUGH: usize = 200;
/// Words and hollow marks say what happened: each counts as much as a curve of that length, in points.
const TOLD: f32 = 1000.0;

/// The legend where it hides least of the curves, the marks and the words. Returns the place of an entry that was clicked
/// to show or hide it.
pub(in crate::views) fn legend_inside_ui(ui: &mut Ui, panel: &Panel, plot: &PlotResponse<()>) -> Option<usize> {
    let drawn = Drawn::new(ui, panel, plot);
    let hidden = |place: Rect| drawn.hidden_by(place);
    legend::legend_inside_ui(ui, *plot.transform.frame(), &panel.keys(), hidden)
}

/// What is drawn in a plot, in points of the screen.
#[derive(Default)]
struct Drawn {
    /// Pieces of curves, and how much of their colour is seen.
    pieces: Vec<([Pos2; 2], f32)>,
    /// Marks, and how much each counts.
    marks: Vec<(Pos2, f32)>,
    words: Vec<Rect>,
}

impl Drawn {
    fn new(ui: &Ui, panel: &Panel, plot: &PlotResponse<()>) -> Self {
        let on_screen =
            |[x, y]: [f64; 2]| plot.transform.position_from_point(&PlotPoint::new(panel.x.shown(x), panel.y.shown(y)));
        let mut drawn = Self::default();
        for series in &panel.series {
            let n = series.points.len();
            let step = if series.shape.is_line() { n / ENOUGH + 1 } else { 1 };
            let kept = (0..n).step_by(step).chain(n.checked_sub(1).filter(|last| last % step > 0));
            let places = kept.map(|k| on_screen(series.place(k))).filter(|at| at.is_finite());
            let seen = f32::from(series.color.a()) / 255.0;
            match series.shape {
                Shape::Rings(_) => drawn.marks.extend(places.map(|at| (at, TOLD))),
                shape if shape.is_line() => {
                    let places: Vec<Pos2> = places.collect();
                    drawn.pieces.extend(places.windows(2).map(|ends| ([ends[0], ends[1]], seen)));
                }
                Shape::Dots(radius) => drawn.marks.extend(places.map(|at| (at, 2.0 * radius * seen))),
                _ => drawn.marks.extend(places.map(|at| (at, 4.0 * seen))),
            }
        }
        let places: Vec<Pos2> = panel.labels.iter().map(|label| on_screen(label.at)).collect();
        let words = panel.labels.iter().zip(&places).filter(|(_, at)| at.is_finite());
        let frame = *plot.transform.frame();
        drawn.words = words.map(|(label, at)| place_of_label(ui.ctx(), label, *at, &places, frame).0).collect();
        drawn
    }

    /// How much a box would hide, as the length of a curve in full colour.
    fn hidden_by(&self, place: Rect) -> f32 {
        let pieces = self.pieces.iter().map(|(ends, seen)| seen * length_inside(*ends, place)).sum::<f32>();
        let marks = self.marks.iter().filter(|(at, _)| place.contains(*at)).map(|(_, counts)| counts).sum::<f32>();
        pieces + marks + TOLD * self.words.iter().filter(|words| place.intersects(**words)).count() as f32
    }
}

/// The length of the part of a straight line that is inside of a box.
fn length_inside([from, to]: [Pos2; 2], place: Rect) -> f32 {
    let way = to - from;
    let (mut enters, mut leaves) = (0.0f32, 1.0f32);
    for k in 0..2 {
        let [low, high] = [place.min[k] - from[k], place.max[k] - from[k]];
        if way[k] == 0.0 {
            if low > 0.0 || high < 0.0 {
                return 0.0;
            }
        } else {
            let ends = [low / way[k], high / way[k]];
            (enters, leaves) = (enters.max(ends[0].min(ends[1])), leaves.min(ends[0].max(ends[1])));
        }
    }
    (leaves - enters).max(0.0) * way.length()
}

#[cfg(test)]
mod tests {
    use egui::pos2;

    use super::*;

    const PLACE: Rect = Rect { min: pos2(10.0, 10.0), max: pos2(30.0, 20.0) };

    #[test]
    fn a_curve_counts_by_its_length_in_the_box_also_where_none_of_its_points_is_inside() {
        let length = |from: [f32; 2], to: [f32; 2]| length_inside([from.into(), to.into()], PLACE);
        for (got, wanted) in [
            (length([0.0, 15.0], [100.0, 15.0]), 20.0),
            (length([20.0, 100.0], [20.0, -100.0]), 10.0),
            (length([20.0, 15.0], [20.0, 0.0]), 5.0),
            (length([0.0, 25.0], [100.0, 25.0]), 0.0),
            (length([0.0, 0.0], [5.0, 5.0]), 0.0),
            (length([15.0, 15.0], [15.0, 15.0]), 0.0),
        ] {
            assert!((got - wanted).abs() < 1e-4, "{got} {wanted}");
        }
    }

    #[test]
    fn words_and_hollow_marks_count_more_than_any_curve() {
        let long = ([pos2(0.0, 15.0), pos2(100.0, 15.0)], 1.0);
        let curve = Drawn { pieces: vec![long; 9], ..Drawn::default() };
        let words = Drawn { words: vec![Rect::from_min_max(pos2(0.0, 0.0), pos2(11.0, 11.0))], ..Drawn::default() };
        let mark = Drawn { marks: vec![(pos2(12.0, 12.0), TOLD)], ..Drawn::default() };
        assert!((curve.hidden_by(PLACE) - 180.0).abs() < 1e-3);
        assert!(words.hidden_by(PLACE) > curve.hidden_by(PLACE) && mark.hidden_by(PLACE) > curve.hidden_by(PLACE));
    }
}
