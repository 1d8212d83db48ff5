//! The two roads between chip and host, with what crosses on them.

use egui::{Color32, Painter, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::{grouped, phase, size};
use crate::params::Lane;
use crate::session::messages::StepStats;
use crate::text::Text;
use crate::views::{elided, theme};

/// Height of a line of small letters, in points.
const LINE: f32 = 15.0;
/// Where the road down to the chip is, in parts of the height.
const DOWN: f32 = 0.66;

/// What crosses in each direction, in the room between chip and host.
pub(super) fn roads_ui(
    painter: &Painter,
    ui: &Ui,
    between: Rect,
    round: &StepStats,
    text: &Text,
    at_work: Option<usize>,
) {
    let (device, comma) = (&text.device, text.comma);
    let (visuals, small) = (ui.visuals(), egui::TextStyle::Small.resolve(ui.style()));
    let line = |count, name, bytes| line(count, name, bytes, comma);
    let roads = [
        (
            0.2,
            true,
            device.up,
            vec![
                line(round.voltages, device.samples_up, round.voltages * StepStats::BYTE),
                line(round.spikes, device.spikes_up, round.spikes * StepStats::EVENT),
            ],
        ),
        (
            DOWN,
            false,
            device.down,
            vec![
                line(round.codes, device.weight_codes, round.codes * StepStats::WEIGHT),
                line(round.input_events, device.input_events, round.input_events * StepStats::EVENT),
            ],
        ),
    ];
    let mut road = between.top() - 2.0;
    for (place, up, name, lines) in roads {
        // Below each road there is room for as many lines as fit until the words above the next one, or until the end.
        let end = if up { DOWN * between.height() - 8.0 - LINE } else { between.height() };
        let most = ((end - place * between.height() - 6.0) / LINE).floor().max(0.0) as usize;
        // The words above the first road have room, however low the view is.
        let y = between.top() + (place * between.height()).max(LINE + 8.0);
        let ends = [pos2(between.left(), y), pos2(between.right(), y)];
        let way = if up { ends } else { [ends[1], ends[0]] };
        arrow(painter, way, theme::muted(visuals));
        // What the chip has measured goes up before the host begins, and codes go down when it writes.
        if at_work == Some(if up { 0 } else { 4 }) {
            let color = theme::lane_color(Lane::InTheLoop, visuals);
            let along = phase(ui).fract();
            for k in 0..4u8 {
                let part = (along + f64::from(k) / 4.0).fract() as f32;
                painter.circle_filled(way[0] + (way[1] - way[0]) * part, 3.5, color);
            }
        }
        let clipped = painter.with_clip_rect(between.expand(5.0));
        let above = pos2(between.center().x, y - 6.0);
        let words = elided(&clipped, name, small.clone(), visuals.strong_text_color(), between.width());
        let above = above - vec2(words.size().x / 2.0, words.size().y);
        // In low views the other road is where the words would be.
        if above.y >= road {
            clipped.galley(above, words, visuals.strong_text_color());
        }
        road = y;
        let fits = |words: &String| {
            painter.layout_no_wrap(words.clone(), small.clone(), Color32::WHITE).size().x <= between.width()
        };
        // Number and size below each other, or the number alone.
        let below: Vec<String> = lines.iter().flat_map(|line| line.split(comma)).map(str::to_owned).collect();
        let lines = if lines.iter().all(fits) {
            lines
        } else if below.len() <= most {
            below
        } else {
            below.into_iter().step_by(2).collect()
        };
        for (k, words) in lines.into_iter().take(most).enumerate() {
            let at = pos2(between.center().x, y + 6.0 + LINE * k as f32);
            let words = elided(&clipped, &words, small.clone(), visuals.text_color(), between.width());
            clipped.galley(at - vec2(words.size().x / 2.0, 0.0), words, visuals.text_color());
        }
    }
}

fn line(count: usize, name: &str, bytes: usize, comma: &str) -> String {
    format!("{} {name}{comma}{}", grouped(count), size(bytes))
}

fn arrow(painter: &Painter, [from, to]: [Pos2; 2], color: Color32) {
    let way = (to - from).normalized();
    let side = way.rot90();
    painter.line_segment([from, to - 6.0 * way], Stroke::new(2.0, color));
    let head = vec![to, to - 10.0 * way + 5.0 * side, to - 10.0 * way - 5.0 * side];
    painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
}
