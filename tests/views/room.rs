//! No words are cut off, and none lie on top of others, in tiles of the sizes that the window has them in.

use egui_kittest::kittest::Queryable as _;
use misfit::batch::{Axis, Grid, Table};
use std::sync::Arc;

use misfit::params::Lane;
use misfit::session::messages::{BatchesView, Fall, Scores, Snapshot};
use misfit::text::{EN, Text, ZH};
use misfit::views::ViewKind;

use crate::stage::{normal, plane, still, sweep, with_sample};
use crate::words::{self, Words, words};

/// A quarter of the window of 1280 × 800, the same for an audience, a column, and a large tile, in points.
const SIZES: [[f32; 2]; 4] = [[420.0, 260.0], [390.0, 200.0], [520.0, 330.0], [1240.0, 660.0]];
/// Tables are wider than a small tile and can be scrolled.
fn scrolls(kind: ViewKind) -> bool {
    matches!(kind, ViewKind::Culprits | ViewKind::Runs | ViewKind::Studies)
}

fn each(mut look: impl FnMut(&str, ViewKind, &[Words])) {
    let named: [(&str, Snapshot); 2] = [("digits", normal()), ("plane", plane())];
    for (text, size) in [&EN, &ZH].into_iter().flat_map(|text: &'static Text| SIZES.map(|size| (text, size))) {
        for (name, snapshot) in &named {
            for kind in ViewKind::ALL {
                let mut harness = still(text, kind, snapshot, egui::Theme::Dark, size);
                harness.run_steps(4);
                let at = format!("{kind:?} of {name}, {} × {}, {:?}", size[0], size[1], text.language);
                look(&at, kind, &words(&harness.output().shapes));
            }
        }
    }
}

#[test]
fn no_words_are_cut_at_their_sides() {
    let mut cut = Vec::new();
    each(|at, kind, words| {
        let beyond = words::cut(words).filter(|(_, beyond)| !(scrolls(kind) && *beyond < 400.0));
        cut.extend(beyond.map(|(what, beyond)| format!("{at}: {what:?} by {beyond:.0}")));
    });
    assert!(cut.is_empty(), "{cut:#?}");
}

#[test]
fn no_words_lie_on_top_of_others() {
    let mut over = Vec::new();
    each(|at, _, words| {
        let on_top = words::on_top(words);
        over.extend(on_top.iter().map(|(what, other, size)| format!("{at}: {what:?} on {other:?} by {size:.0?}")));
    });
    assert!(over.is_empty(), "{over:#?}");
}

/// The words of the lowest line, from left to right.
fn lowest_line(words: &[Words], counts: impl Fn(&str) -> bool) -> Vec<&str> {
    let mut fit: Vec<_> = words.iter().filter(|(what, ..)| counts(what)).collect();
    let lowest = fit.iter().map(|(_, place, _)| place.center().y).fold(f32::NEG_INFINITY, f32::max);
    fit.retain(|(_, place, _)| (place.center().y - lowest).abs() < 4.0);
    fit.sort_by(|a, b| a.1.left().total_cmp(&b.1.left()));
    fit.into_iter().map(|(what, ..)| what.as_str()).collect()
}

/// As on a small screen, with three stacks above one another and a notice below them.
#[test]
fn classes_keep_their_names_below_the_bars_however_low_the_task_is() {
    for size in [[260.0, 125.0], [270.0, 150.0], [420.0, 180.0], [420.0, 260.0]] {
        let digits: Vec<String> = (0..10).map(|k| k.to_string()).collect();
        let named = with_sample(normal(), |sample| {
            sample.class_names.clone_from(&digits);
            for lane in &mut sample.lanes {
                lane.scores = (0..10u8).map(f32::from).collect();
            }
        });
        let mut harness = still(&EN, ViewKind::Task, &named, egui::Theme::Dark, size);
        harness.run_steps(4);
        assert_eq!(lowest_line(&words(&harness.output().shapes), |_| true), digits, "{size:?}");
    }
}

#[test]
fn a_legend_that_does_not_fit_is_behind_a_button_and_not_lost() {
    let mut harness = still(&EN, ViewKind::Raster, &normal(), egui::Theme::Dark, [250.0, 120.0]);
    harness.run_steps(4);
    assert!(harness.query_by_label(EN.peak).is_none());
    harness.get_by_label("…").click();
    harness.run_steps(4);
    harness.get_by_label(EN.peak);
}

/// One strength of the faults and nothing else: the axis goes from a little below it to a little above.
#[test]
fn a_curve_of_a_single_point_has_an_axis_around_it() {
    let mut shown = (*sweep(1, 0.9)).clone();
    let axes = vec![Axis::range("sigma", 20.0, 20.0, 1, false, "test").expect("a value")];
    let plan = Grid { axes, ..Grid::around(misfit::params::Params::default()) }.plan().expect("a plan");
    let mut table = Table::empty(&plan);
    table.cells[0] = shown.progress.table.cells[0].clone();
    shown.progress.table = Arc::new(table);
    shown.plan = Arc::new(plan);
    let batches = BatchesView { sweep: Some(Arc::new(shown)), study: None };
    let mut harness = still(&EN, ViewKind::Sweep, batches, egui::Theme::Dark, [640.0, 420.0]);
    harness.run_steps(2);
    harness.get_by_label(EN.sweep.pictures[1]).click();
    harness.run_steps(4);
    let words = words(&harness.output().shapes);
    let across = lowest_line(&words, |what| what.parse::<f64>().is_ok());
    let numbers: Vec<f64> = across.iter().filter_map(|what| what.parse().ok()).collect();
    assert!(numbers.len() > 2 && numbers.iter().all(|x| (10.0..=30.0).contains(x)), "{across:?}");
}

/// 0.4 after a change, from 0.9 before: the fall is told where it is drawn.
#[test]
fn a_fall_is_told_on_the_plot_with_its_way_back_and_taken_away_as_numbers() {
    let mut harness = still(&EN, ViewKind::Learning, &normal(), egui::Theme::Dark, SIZES[3]);
    harness.run_steps(3);
    let said = words(&harness.output().shapes);
    let told = said.iter().any(|(what, ..)| what.contains("−50 points") && what.contains('3'));
    assert!(told, "{said:?}");
    let stage = harness.state();
    let csv = stage
        .views
        .figure(ViewKind::Learning, &stage.snapshot, &stage.runs, &stage.batches, &EN)
        .expect("a figure")
        .csv("");
    assert!(csv.contains("right after changes"), "{csv}");
}

/// Wherever the chip was changed: in every corner of the plot, and between them.
#[test]
fn the_legend_of_a_plot_hides_neither_a_fall_nor_what_is_told_of_it() {
    for (epochs, accuracy) in [(0.3, 0.05), (0.3, 0.9), (4.7, 0.05), (4.7, 0.9), (3.5, 0.3), (4.0, 0.5), (2.0, 0.2)] {
        let mut shown = normal();
        let scores = Lane::ALL.map(|lane| (lane, Scores { loss: 2.0, accuracy, hidden_spikes: 40.0 }));
        shown.falls = Arc::new(vec![Fall { epochs, scores: scores.to_vec() }]);
        for size in SIZES {
            let mut harness = still(&EN, ViewKind::Learning, &shown, egui::Theme::Dark, size);
            harness.run_steps(4);
            let words = words(&harness.output().shapes);
            let (_, told, _) = words.iter().find(|(what, ..)| what.contains("points")).expect("what is told of it");
            // The hollow mark is at the upper left corner of the words.
            let told = told.expand(8.0);
            let over = words.iter().filter(|(what, place, _)| {
                let lane = Lane::ALL.iter().any(|lane| EN.lane(*lane).name == what);
                (lane || what == "…" || what.starts_with(EN.chance)) && place.intersects(told)
            });
            assert_eq!(over.count(), 0, "{epochs} {accuracy} {size:?}");
        }
    }
}

/// For an audience there is no room for the unit, and the name is said in full.
#[test]
fn bars_of_colours_are_named_without_a_cut() {
    for size in SIZES {
        let mut harness = still(&EN, ViewKind::Confusion, &normal(), egui::Theme::Dark, size);
        harness.run_steps(4);
        let words = words(&harness.output().shapes);
        for name in [EN.right, EN.wrong] {
            assert!(words.iter().any(|(what, ..)| what.starts_with(name) && !what.contains('…')), "{name} {size:?}");
        }
    }
}
