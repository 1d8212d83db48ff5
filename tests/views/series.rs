//! Studies, sweeps and repeats: what many runs came to.

use crate::stage::*;

use std::sync::Arc;

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use misfit::batch::paper::STUDIES;
use misfit::batch::{Progress, Table};
use misfit::session::messages::{BatchCommand, BatchView, BatchesView, Repeated};
use misfit::text::{EN, ZH};
use misfit::views::{ViewContext, ViewKind};

fn of_study(study: &Arc<BatchView>) -> BatchesView {
    BatchesView { study: Some(Arc::clone(study)), sweep: None }
}

fn of_sweep(sweep: Arc<BatchView>) -> BatchesView {
    BatchesView { sweep: Some(sweep), study: None }
}

/// Two spreads of the textbook: means 2, 4, 9 and two runs each, one apart.
#[test]
fn the_spread_between_neurons_and_that_between_runs_are_told_apart() {
    let values = ndarray::array![[1.5, 3.5, 8.5, f64::NAN], [2.5, 4.5, 9.5, 1.0]];
    let repeated = Repeated::new(&values);
    assert_eq!(repeated.mean[..3], [2.0, 4.0, 9.0]);
    // (x − mean)² = 1/4 twice, over n − 1 = 1.
    assert!((repeated.between_runs() - 0.5f64.sqrt()).abs() < 1e-12, "a single run has no spread");
    // Means 2, 4, 9 and 1: their mean is 4, squares 4 + 0 + 25 + 9, over 3.
    assert!((repeated.between_neurons() - (38.0f64 / 3.0).sqrt()).abs() < 1e-12);
}

/// Every study, answered in full, hardly, not at all, and with numbers that are none.
#[test]
fn every_study_is_drawn_as_table_and_curves_whatever_came_of_it() {
    for (name, question) in STUDIES {
        let place = STUDIES.iter().position(|(known, _)| known == name).expect("itself");
        assert_eq!(EN.studies.studies[place].meaning.to_lowercase(), question.to_lowercase());
        assert_ne!(ZH.studies.studies[place].meaning, EN.studies.studies[place].meaning);
        let answers = [
            answer(name, 3, |k| 0.9 - 0.002 * k as f64),
            answer(name, 1, |_| 0.5),
            answer(name, 2, |_| f64::NAN),
            answer(name, 2, |k| if k == 1 { f64::INFINITY } else { 0.3 }),
            Arc::new(BatchView {
                progress: nothing(&answer(name, 1, |_| 0.5)),
                error: Some(misfit::base::error::Error::System("no room left".into())),
                ..(*answer(name, 1, |_| 0.5)).clone()
            }),
        ];
        for (k, study) in answers.into_iter().enumerate() {
            for (theme, size) in [(egui::Theme::Dark, LARGE), (egui::Theme::Light, SMALL)] {
                let harness = draw(ViewKind::Studies, of_study(&study), theme, size);
                let stage = harness.state();
                let figure = stage.views.figure(ViewKind::Studies, &stage.snapshot, &stage.runs, &stage.batches, &EN);
                // A table that is full of dashes has nothing to take away, and neither has an empty one.
                assert!(figure.is_some() || k == 2 || k == 4, "{name}, answer {k}");
                assert!(figure.is_none_or(|f| !f.csv("").contains("NaN") && !f.svg("").contains("NaN")));
            }
        }
    }
}

/// Cramer et al. 2022, table 1: MNIST in software 97.5 ± 0.1 %, on the chip 97.2 ± 0.1 %.
#[test]
fn published_figures_stand_beside_those_of_table_1() {
    let harness = draw(ViewKind::Studies, of_study(&answer("table1", 3, |_| 0.9)), egui::Theme::Dark, [1400.0, 600.0]);
    harness.get_by_label("97.5 ± 0.1");
    harness.get_by_label("97.2 ± 0.1");
    assert!(harness.query_all_by_label("90.00 ± 0.00").next().is_some(), "mean and deviation of equal values");
}

#[test]
fn what_is_chosen_is_what_is_started() {
    let stage = TestView::from(BatchesView::default());
    let sent = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let taken = std::rc::Rc::clone(&sent);
    let mut harness = Harness::builder().with_size([1200.0, 600.0]).build_ui_state(
        move |ui, stage: &mut TestView| {
            let mut commands = misfit::session::messages::Outbox::default();
            let TestView { views, snapshot, runs, batches } = stage;
            let mut context = ViewContext { snapshot, runs, batches, text: &EN, commands: &mut commands };
            views.ui(ViewKind::Studies, ui, &mut context);
            taken.borrow_mut().append(&mut commands.commands);
        },
        stage,
    );
    harness.get_by_label(EN.studies.study).click();
    harness.run_steps(3);
    harness.get_by_label(EN.studies.studies[5].name).click();
    harness.run_steps(3);
    harness.get_by_label(EN.sweep.start.name).click();
    harness.run_steps(3);
    let sent = sent.borrow();
    let [misfit::session::messages::Command::Batch(BatchCommand::Start { plan, folder })] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!((plan.name.as_str(), plan.seeds.as_slice()), ("weight-bits", &[1, 2, 3][..]));
    assert_eq!(*folder, std::path::Path::new("results").join("weight-bits"));
    let in_force = harness.state().snapshot.params.clone();
    let bits = plan.cells[0].protocol.params.network.weight_bits;
    let expected = (*in_force).clone().with(|p| p.network.weight_bits = bits);
    assert_eq!(plan.cells[0].protocol.params, expected, "around the settings in force");
}

/// How far it is before anything is done.
fn nothing(of: &BatchView) -> Progress {
    Progress { table: Arc::new(Table::empty(&of.plan)), ..Progress::default() }
}

/// While one plan is computed, the other view says so instead of starting a second one.
#[test]
fn a_sweep_cannot_be_started_beside_a_study() {
    let mut study = (*answer("sparsity", 1, |_| 0.5)).clone();
    for running in [true, false] {
        study.running = running;
        let harness = still(&EN, ViewKind::Sweep, of_study(&Arc::new(study.clone())), egui::Theme::Dark, LARGE);
        assert_eq!(harness.get_by_label(EN.sweep.start.name).accesskit_node().is_disabled(), running);
    }
}

#[test]
fn sweeps_of_one_and_three_parameters_and_one_without_any_result() {
    for axes in [1, 3] {
        for size in [LARGE, SMALL] {
            draw(ViewKind::Sweep, of_sweep(sweep(axes, 0.7)), egui::Theme::Dark, size);
        }
    }
    let mut empty = (*sweep(2, 0.5)).clone();
    empty.progress = nothing(&empty);
    draw(ViewKind::Sweep, of_sweep(Arc::new(empty)), egui::Theme::Light, LARGE);
}
