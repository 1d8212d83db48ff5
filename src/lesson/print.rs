//! A lesson on paper: one HTML file with pictures, for pupils or for teachers, in either language.

use std::fmt::Write as _;

use super::words::{Piece, Words};
use super::{Guess, Lesson, Rehearsed, Step};
use crate::params::Lane;
use crate::protocol::command_line;
use crate::text::Language;

/// For which readers it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// Questions, room for predictions and axes to sketch on; no answers.
    Pupil,
    /// Answers, notes, numbers and minutes.
    Teacher,
}

/// Black and white are told apart by the dashes that the lanes have on screen.
const STYLE: &str = "body{font:11pt/1.45 sans-serif;max-width:46em;margin:2em auto;color:#000}\
h1{font-size:18pt}h2{font-size:13pt;margin:1.4em 0 .3em}svg{width:100%;max-width:30em}\
.box{border:1px solid #000;min-height:3em;margin:.4em 0}.room{border-bottom:1px solid #888;height:1.6em}\
ul{list-style:none;padding-left:1em}.note{border-left:3px solid #888;padding-left:.7em}\
table{border-collapse:collapse}td{border:1px solid #888;padding:.2em .6em}@media print{h2,svg{break-inside:avoid}}";

/// The lesson as one file, with what a rehearsal reached.
pub fn html(lesson: &Lesson, language: Language, reader: Reader, reached: &Rehearsed) -> String {
    let text = &language.text().lessons;
    let title = escaped(&lesson.title.said(language, None));
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{}\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style></head>\
         <body>\n<h1>{title}</h1>\n<p>{}</p>\n<p>{} {}</p>\n",
        language.code(),
        marked(&lesson.goal, language),
        lesson.minutes,
        text.minutes,
    );
    for (k, step) in lesson.steps.iter().enumerate() {
        step_html(&mut page, (k + 1, step), language, reader);
        if reader == Reader::Teacher
            && let Some(line) = reached.lines.get(k)
        {
            let numbers = line.split_once(": ").map_or("", |(_, numbers)| numbers);
            let _ = writeln!(page, "<p class=\"note\">{}: {}</p>", text.expected, escaped(numbers));
        }
    }
    let curves: &[_] = if reader == Reader::Teacher { &reached.curves } else { &[] };
    let _ = writeln!(page, "<h2>{}</h2>\n{}", text.what_i_saw, axes(curves, language));
    if reader == Reader::Pupil {
        for heading in text.report {
            let _ = writeln!(page, "<h2>{heading}</h2>\n<div class=\"room\"></div><div class=\"room\"></div>");
        }
    }
    if let Some(start) = lesson.steps.first().and_then(|step| step.start.as_ref()) {
        let _ = writeln!(page, "<p><code>{}</code></p>", escaped(&command_line(&start.protocol)));
    }
    page.push_str("</body></html>\n");
    page
}

fn step_html(page: &mut String, (number, step): (usize, &Step), language: Language, reader: Reader) {
    let text = &language.text().lessons;
    let title = step.title.said(language, None);
    let _ = writeln!(page, "<h2>{number} {}</h2>\n<p>{}</p>", escaped(&title), marked(&step.text, language));
    if let Some(ask) = &step.ask {
        let _ = writeln!(page, "<p><b>{}</b></p>", marked(&ask.question, language));
        match &ask.answer {
            Guess::Choice(options) => {
                page.push_str("<ul>\n");
                for option in options {
                    let sign = if reader == Reader::Teacher && option.right { "☒" } else { "☐" };
                    let _ = write!(page, "<li>{sign} {}", marked(&option.text, language));
                    if reader == Reader::Teacher {
                        let _ = write!(page, "<br><i>{}</i>", marked(&option.because, language));
                    }
                    page.push_str("</li>\n");
                }
                page.push_str("</ul>\n");
            }
            Guess::Number(_) => {
                let _ = writeln!(page, "<p>{}</p><div class=\"box\"></div>", text.my_guess);
            }
        }
    }
    if reader == Reader::Teacher {
        for words in [&step.why, &step.notes].into_iter().filter(|words| !words.is_empty()) {
            let _ = writeln!(page, "<p class=\"note\">{}</p>", marked(words, language));
        }
    }
}

/// A text with its bold words; what is measured is left blank, for the reader to fill in.
fn marked(words: &Words, language: Language) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Plain(text) => escaped(text),
        Piece::Bold(text) => format!("<b>{}</b>", escaped(text)),
        Piece::Term(text) => format!("<i>{}</i>", escaped(text)),
        Piece::Live(_) => "____".to_owned(),
    };
    words.pieces(language).0.iter().map(piece).collect()
}

/// Axes of accuracy over epochs, with the curves of the lanes or without, to sketch on.
fn axes(curves: &[(Lane, Vec<[f64; 2]>)], language: Language) -> String {
    let text = language.text();
    let last = curves.iter().flat_map(|curve| &curve.1).map(|p| p[0]).fold(10.0, f64::max);
    let place =
        |[epoch, accuracy]: [f64; 2]| format!("{:.1},{:.1}", 40.0 + 340.0 * epoch / last, 180.0 - 1.7 * accuracy);
    let mut svg = format!(
        "<svg viewBox=\"0 0 480 210\" role=\"img\" aria-label=\"{}\"><g fill=\"none\" stroke=\"#000\">\
         <path d=\"M40 10V180H380\"/>",
        escaped(text.learning.title)
    );
    for (lane, points) in curves {
        let dashes = match lane {
            Lane::Ideal => "8 3",
            Lane::Transferred => "2 3",
            Lane::InTheLoop => "none",
            Lane::OnChip => "12 4 2 4",
        };
        let points = points.iter().map(|p| place(*p)).collect::<Vec<_>>().join(" ");
        let _ = write!(svg, "<polyline stroke-width=\"2\" stroke-dasharray=\"{dashes}\" points=\"{points}\"/>");
    }
    svg.push_str("</g><g font-size=\"11\">");
    for (x, y, words) in [(8.0, 16.0, "100"), (14.0, 166.0, "10"), (340.0, 198.0, text.epochs_axis)] {
        let _ = write!(svg, "<text x=\"{x}\" y=\"{y}\">{}</text>", escaped(words));
    }
    for (lane, points) in curves {
        let Some([_, accuracy]) = points.last() else { continue };
        let _ = write!(
            svg,
            "<text x=\"384\" y=\"{:.1}\">{}</text>",
            184.0 - 1.7 * accuracy,
            escaped(text.lane(*lane).name)
        );
    }
    svg.push_str("</g></svg>");
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
