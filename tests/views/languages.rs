//! What the views say in another language.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use misfit::energy::ROWS;
use misfit::params::{Kind, PARAMS};
use misfit::session::messages::MEASURED;
use misfit::text::{EN, ZH};
use misfit::views::ViewKind;

use crate::stage::{LARGE, draw_in, normal, plane, still};
use crate::words::words;

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

/// Chinese characters and signs as wide as they are.
fn is_wide(c: char) -> bool {
    ('\u{3000}'..='\u{9fff}').contains(&c) || ('\u{ff00}'..='\u{ffef}').contains(&c)
}

/// Narrow commas, colons, semicolons, question marks and brackets beside a Chinese character.
fn narrow_signs(said: &str) -> bool {
    // A symbol of a quantity is a formula: its brackets are those of mathematics.
    let said = said.replace("σ(", "").replace(") ", " ").trim_end_matches(')').to_owned();
    let letters: Vec<char> = said.chars().collect();
    letters.iter().enumerate().any(|(k, sign)| {
        let beside = |k: Option<usize>| k.and_then(|k| letters.get(k)).copied();
        let after = beside(Some(k + 1)).filter(|c| *c != ' ').or_else(|| beside(Some(k + 2)));
        let wide = |c: Option<char>| c.is_some_and(is_wide);
        let before = wide(beside(k.checked_sub(1)));
        match sign {
            ',' | ';' | ':' | '?' | '!' => before || (wide(after) && *sign != ':'),
            '(' | ')' => before && wide(after),
            _ => false,
        }
    })
}

#[test]
fn narrow_signs_are_found_beside_chinese_and_not_in_formulas_or_english() {
    for wrong in ["样本 4, 标签 4: 对", "范围: 0 … 100 %", "电压(毫伏)高", "失配,噪声", "对吗?"] {
        assert!(narrow_signs(wrong), "{wrong}");
    }
    for right in
        ["范围：0 … 100 %", "σ(增益)", "Cramer et al. 2022, doi:10.1073", "1/(β|V − θ| + 1)² 的陡度", "总体失配，σ"]
    {
        assert!(!narrow_signs(right), "{right}");
    }
}

#[test]
fn signs_in_chinese_texts_are_as_wide_as_the_characters() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut left = Vec::new();
    for folder in ["src/text", "assets", "assets/lessons"] {
        for entry in std::fs::read_dir(root.join(folder)).expect("a folder") {
            let path = entry.expect("a file").path();
            if path.extension().is_none_or(|e| e != "rs" && e != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("a text");
            let said = text.split('"').skip(1).step_by(2).filter(|said| narrow_signs(said));
            left.extend(said.map(|said| format!("{}: {said}", path.display())));
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn signs_that_views_put_between_chinese_words_are_as_wide_as_the_characters() {
    let mut left = Vec::new();
    for snapshot in [normal(), plane()] {
        for kind in ViewKind::ALL {
            let mut harness = still(&ZH, kind, &snapshot, egui::Theme::Dark, LARGE);
            harness.run_steps(4);
            let said = words(&harness.output().shapes).into_iter().map(|(said, ..)| said);
            left.extend(said.filter(|said| narrow_signs(said)).map(|said| format!("{kind:?}: {said}")));
        }
    }
    left.sort();
    left.dedup();
    assert!(left.is_empty(), "{left:#?}");
}
