//! Settings and their values in the palette: `learning rate 0.003` sets, `learning rate` leads to the slider.

use super::fit::{Fit, Found};
use super::{Chosen, Line};
use crate::params::{Kind, PARAMS, ParamSpec, Params, Value};
use crate::text::{Language, Text};

/// Settings to which what was typed leads, each with the value in force.
pub(super) fn jumps(typed: &str, params: &Params, text: &Text) -> Found {
    let line = |spec: &'static ParamSpec| {
        let fit = fit(typed, spec, text)?;
        let aside = shown(spec, &(spec.get)(params), text);
        let words = text.param(spec);
        Some((fit, Line { chosen: Chosen::Jump(spec), name: words.label.into(), aside, meaning: words.help.into() }))
    };
    PARAMS.iter().filter_map(line).collect()
}

/// Settings with a value after their name. Where the value is none, the setting says what it takes.
pub(super) fn sets(typed: &str, params: &Params, text: &Text) -> Found {
    let typed = spaced(typed);
    let words: Vec<&str> = typed.split_whitespace().collect();
    let mut found = Found::new();
    for spec in PARAMS.iter().filter(|spec| !matches!(spec.kind, Kind::Text)) {
        // The longest name first, or a value may be taken for a part of it.
        let set = (1..words.len()).rev().find_map(|n| {
            let fit = fit(&words[..n].join(" "), spec, text)?;
            Some((fit, read(spec, &words[n..].join(" "))))
        });
        let Some((fit, value)) = set else { continue };
        let label = text.param(spec).label;
        let meaning = text.param(spec).help.to_owned();
        match value {
            Some(value) => {
                let name = format!("{label} → {}", shown(spec, &value, text));
                let aside = shown(spec, &(spec.get)(params), text);
                found.push((fit, Line { chosen: Chosen::Set(spec, value), name, aside, meaning }));
            }
            // A value that the setting cannot take is better than no answer, and worse than any other.
            None if fit < Fit::Nearly && words.last().is_some_and(|w| w.starts_with(|c: char| c.is_ascii_digit())) => {
                let aside = crate::views::param_ui::range(spec, text).unwrap_or_default();
                found.push((Fit::Nearly, Line { chosen: Chosen::Jump(spec), name: label.into(), aside, meaning }));
            }
            None => {}
        }
    }
    found
}

/// Every choice of every setting by its own name: tasks, gradients, decodings.
pub(super) fn values(typed: &str, params: &Params, text: &Text) -> Found {
    let mut found = Found::new();
    for spec in PARAMS {
        let Kind::Choice(words) = spec.kind else { continue };
        for &word in words {
            let name = format!("{}{}{}", text.param(spec).label, text.colon, text.word(word));
            let said = Language::ALL.map(|l| format!("{} {}", l.text().param(spec).label, l.text().word(word)));
            let known = format!("{} {word} {}", said.join(" "), word.replace('_', " "));
            let known = format!("{known} {}", word.replace('_', "-"));
            if let Some(fit) = Fit::of(typed, &name, &known) {
                let aside = shown(spec, &(spec.get)(params), text);
                let chosen = Chosen::Set(spec, Value::Word(word));
                found.push((fit, Line { chosen, name, aside, meaning: text.param(spec).help.into() }));
            }
        }
    }
    found
}

/// How well the name of a setting fits, in any language, as a symbol or as a key.
fn fit(typed: &str, spec: &ParamSpec, text: &Text) -> Option<Fit> {
    let labels = Language::ALL.map(|language| language.text().param(spec).label).join(" ");
    Fit::of(typed, text.param(spec).label, &format!("{labels} {} {}", spec.key, spec.symbol))
}

/// A sign of equality, and a number right after Chinese, end a name.
fn spaced(typed: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in typed.chars() {
        if matches!(c, '=' | '＝' | '→') {
            out.push(' ');
        } else {
            if c.is_ascii_digit() && before.is_alphabetic() && !before.is_ascii() {
                out.push(' ');
            }
            out.push(c);
        }
        before = c;
    }
    out
}

/// Reads a value as a person types it: with or without its unit, a word in any language.
fn read(spec: &ParamSpec, typed: &str) -> Option<Value> {
    let typed = typed.trim();
    let bare = Language::ALL.iter().find_map(|language| {
        let unit = language.text().word(spec.unit.suffix()).trim();
        typed.strip_suffix(unit).filter(|_| !unit.is_empty())
    });
    let typed = bare.or_else(|| typed.strip_suffix("us")).unwrap_or(typed).trim();
    let said = |word: &'static str| {
        let own = typed.to_lowercase().replace(['-', ' '], "_");
        word == own || Language::ALL.iter().any(|language| language.text().word(word) == typed)
    };
    match spec.kind {
        Kind::Flag if matches!(typed, "on" | "yes" | "开" | "是") => Some(Value::Flag(true)),
        Kind::Flag if matches!(typed, "off" | "no" | "关" | "否") => Some(Value::Flag(false)),
        Kind::Choice(words) => words.iter().copied().find(|word| said(word)).map(Value::Word),
        _ => spec.parse(typed, spec.key).ok(),
    }
}

/// A value with its unit, a word in the language of the screen.
fn shown(spec: &ParamSpec, value: &Value, text: &Text) -> String {
    match value {
        Value::Word(word) => text.word(word).to_owned(),
        Value::Words(words) => words.iter().map(|word| text.word(word)).collect::<Vec<_>>().join(text.comma),
        Value::Number(_) => format!("{}{}", spec.format(value), text.word(spec.unit.suffix())),
        Value::Auto => text.auto.name.to_owned(),
        _ => spec.format(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{EN, ZH};

    /// What a line with a value sets.
    fn set(typed: &str, text: &Text) -> Option<(&'static str, Value)> {
        let mut found = sets(typed, &Params::default(), text);
        found.sort_by_key(|(fit, _)| *fit);
        match &found.first()?.1.chosen {
            Chosen::Set(spec, value) => Some((spec.key, value.clone())),
            _ => None,
        }
    }

    #[test]
    fn a_name_with_a_value_after_it_sets_the_setting_in_the_unit_of_the_edge() {
        for (typed, text, key, value) in [
            ("learning rate 0.003", &EN, "learning_rate", Value::Number(0.003)),
            ("learning_rate=0.003", &EN, "learning_rate", Value::Number(0.003)),
            ("lerning rate 0.003", &EN, "learning_rate", Value::Number(0.003)),
            ("学习率 0.003", &ZH, "learning_rate", Value::Number(0.003)),
            ("学习率0.003", &EN, "learning_rate", Value::Number(0.003)),
            ("global mismatch 35 %", &EN, "sigma", Value::Number(0.35)),
            ("global mismatch 35%", &ZH, "sigma", Value::Number(0.35)),
            ("task yin-yang", &EN, "task", Value::Word("yin_yang")),
            ("任务 阴阳", &ZH, "task", Value::Word("yin_yang")),
            ("sigma_leak auto", &EN, "sigma_leak", Value::Auto),
            ("validation on", &EN, "validation", Value::Flag(true)),
        ] {
            assert_eq!(set(typed, text), Some((key, value)), "{typed}");
        }
    }

    #[test]
    fn a_value_out_of_range_sets_nothing_and_the_setting_says_its_range() {
        assert_eq!(set("learning rate 5", &EN), None);
        let found = sets("learning rate 5", &Params::default(), &EN);
        let line =
            found.iter().find(|(_, line)| line.chosen == Chosen::Jump(crate::params::find("learning_rate").unwrap()));
        assert_eq!(line.unwrap().1.aside, "0.000001 … 1");
        assert_eq!(set("learning rate", &EN), None, "no value");
        assert_eq!(set("chip map", &EN), None, "the name of a view");
    }

    #[test]
    fn every_setting_is_reached_by_its_name_in_both_languages_and_by_its_key() {
        let reached = |typed: &str, text: &Text, key: &str| {
            jumps(typed, &Params::default(), text)
                .iter()
                .any(|(_, line)| matches!(line.chosen, Chosen::Jump(s) if s.key == key))
        };
        for spec in PARAMS {
            for text in [&EN, &ZH] {
                for typed in [EN.param(spec).label, ZH.param(spec).label, spec.key] {
                    assert!(reached(typed, text, spec.key), "{typed}");
                }
            }
        }
    }

    #[test]
    fn every_task_is_found_by_its_name_alone() {
        let task = crate::params::find("task").unwrap();
        let Kind::Choice(words) = task.kind else { panic!("a choice") };
        for word in words {
            for typed in [word, ZH.word(word)] {
                let found = values(typed, &Params::default(), &EN);
                assert!(found.iter().any(|(_, line)| line.chosen == Chosen::Set(task, Value::Word(word))), "{typed}");
            }
        }
    }
}
