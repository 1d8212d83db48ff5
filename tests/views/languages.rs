//! What the views say in another language.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use misfit::energy::ROWS;
use misfit::params::{Kind, PARAMS};
use misfit::session::messages::MEASURED;
use misfit::text::{EN, ZH};
use misfit::views::ViewKind;

use crate::stage::{LARGE, draw_in, normal, plane};

/// Names that are the same in both languages: signs of formulas, units, makers, and what programs are called.
const SAME: &[&str] = &[
    "min",
    "EventProp",
    "mem",
    "syn",
    "leak",
    "reset",
    "ref",
    "LSB",
    "CADC",
    "ADC",
    "MADC",
    "BrainScaleS",
    "MNIST",
    "KiB",
    "MiB",
    "UTC",
    "nat",
    "Misfit",
];

/// Names of systems, metrics and units of what it costs.
const OF_COST: &[&str] = &[
    "DNN",
    "Engine",
    "SPOON",
    "TrueNorth",
    "Loihi",
    "Chen",
    "ltz",
    "ODIN",
    "SpiNNaker",
    "GAP",
    "STM",
    "Silicon",
    "Labs",
    "ReLU",
    "NeuroBench",
    "MAC",
    "bit",
    "kbit",
    "Mbit",
    "Gbit",
    "GbE",
    "PCIe",
    "FPGA",
    "ndarray",
    // A press quotation and what was measured later.
    "Wunderlich",
    "NEST",
    "Jetson",
    "Orin",
    "Nano",
    "arXiv",
];

/// What the snapshot of the tests calls its classes, runs and folders.
const OF_THE_TEST: &[&str] = &["yin", "yang", "dot", "run", "misfit", "sweep", "results", "diverged", "such"];

/// Words of three letters and more that are neither Chinese nor in a list.
fn foreign<'a>(said: &'a str, known: &[&[&str]]) -> Vec<&'a str> {
    let words = said.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| word.len() > 2);
    words.filter(|word| !known.iter().any(|list| list.contains(word))).collect()
}

#[test]
fn every_name_symbol_unit_and_word_of_a_parameter_is_chinese_unless_it_is_the_same_in_both() {
    let mut left = Vec::new();
    for spec in PARAMS {
        let words = ZH.param(spec);
        left.extend(foreign(words.label, &[SAME, &["SHD"]]));
        for english in [spec.symbol, spec.unit.suffix(), spec.group] {
            left.extend(foreign(ZH.word(english), &[SAME]));
        }
        if let Kind::Choice(words) | Kind::Choices(words) = spec.kind {
            for word in words {
                left.extend(foreign(ZH.word(word), &[SAME, &["Fashion", "SHD"]]));
            }
        }
    }
    for (_, symbol, name) in MEASURED {
        left.extend(foreign(ZH.word(symbol), &[SAME]));
        left.extend(foreign(ZH.word(name), &[SAME]));
        assert_ne!(ZH.word(name), EN.word(name));
    }
    assert!(left.is_empty(), "still English: {left:?}");
}

#[test]
fn no_view_says_an_english_word_in_chinese() {
    let mut left = Vec::new();
    // Sources are quoted as they are, the longest first: some begin like others.
    let mut sources: Vec<&str> = ROWS.iter().map(|row| row.source).collect();
    sources.sort_by_key(|source| std::cmp::Reverse(source.len()));
    for snapshot in [normal(), plane()] {
        for kind in ViewKind::ALL {
            let harness = draw_in(&ZH, kind, &snapshot, egui::Theme::Dark, LARGE);
            for node in harness.query_all_by(|_| true) {
                for said in [node.accesskit_node().label(), node.accesskit_node().value()].into_iter().flatten() {
                    let said = sources.iter().fold(said, |said, source| said.replace(source, ""));
                    left.extend(
                        foreign(&said, &[SAME, OF_COST, OF_THE_TEST])
                            .into_iter()
                            .map(|w| format!("{kind:?}: {w}, {said}")),
                    );
                }
            }
        }
    }
    left.sort();
    left.dedup();
    assert!(left.is_empty(), "still English: {left:#?}");
}
