//! The handbook of terms: concepts by hand, and parameters, lanes and presets from what exists.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::params::{Lane, PARAMS};
use crate::protocol::PRESETS;
use crate::text::{Language, Text};

/// One text in both languages.
pub type Both = [String; Language::ALL.len()];

/// What kind of thing an entry explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// A word of the field.
    Concept,
    /// A parameter.
    Parameter,
    /// A lane.
    Lane,
    /// A preset.
    Preset,
    /// A view.
    View,
    /// Something that can be done.
    Action,
}

/// One entry of the handbook.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is called in links and as an anchor: `spike`, `param.sigma`, `card.ideal`.
    pub id: String,
    /// What it explains.
    pub about: About,
    /// Its symbol, if it has one.
    pub symbol: String,
    /// Its name.
    pub name: Both,
    /// One sentence.
    pub short: Both,
    /// What it is, where it is on the screen, one number.
    pub long: Both,
    /// Entries to read next.
    pub see: Vec<String>,
    /// The lesson that shows it.
    pub lesson: String,
    /// Where it comes from.
    pub source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerms {
    term: Vec<RawTerm>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTerm {
    id: String,
    #[serde(default)]
    symbol: String,
    name: RawBoth,
    short: RawBoth,
    #[serde(default)]
    long: RawBoth,
    #[serde(default)]
    see: Vec<String>,
    #[serde(default)]
    lesson: String,
    #[serde(default)]
    source: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RawBoth {
    #[serde(default)]
    en: String,
    #[serde(default)]
    zh: String,
}

impl From<RawBoth> for Both {
    fn from(raw: RawBoth) -> Self {
        [raw.en, raw.zh]
    }
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    // A test reads the file, so it never fails here.
    let raw: RawTerms =
        toml::from_str(include_str!("../../assets/terms.toml")).unwrap_or(RawTerms { term: Vec::new() });
    let by_hand = raw.term.into_iter().map(|term| Entry {
        id: term.id,
        about: About::Concept,
        symbol: term.symbol,
        name: term.name.into(),
        short: term.short.into(),
        long: term.long.into(),
        see: term.see,
        lesson: term.lesson,
        source: term.source,
    });
    let both = |word: &dyn Fn(&'static Text) -> &'static str| Language::ALL.map(|l| word(l.text()).to_owned());
    let parameters = PARAMS.iter().map(|spec| Entry {
        id: format!("param.{}", spec.key),
        about: About::Parameter,
        symbol: spec.symbol.to_owned(),
        name: both(&|text| text.param(spec).label),
        short: both(&|text| text.param(spec).help),
        long: Both::default(),
        see: Vec::new(),
        lesson: String::new(),
        source: spec.source.to_owned(),
    });
    let lanes = Lane::ALL.into_iter().map(|lane| Entry {
        id: format!("card.{}", lane.name()),
        about: About::Lane,
        symbol: String::new(),
        name: both(&|text| text.lane(lane).name),
        short: both(&|text| text.lane(lane).meaning),
        long: Both::default(),
        see: vec![lane.name().to_owned()],
        lesson: String::new(),
        source: String::new(),
    });
    let presets = PRESETS.iter().map(|preset| Entry {
        id: format!("preset.{}", preset.key),
        about: About::Preset,
        symbol: String::new(),
        name: both(&|text| text.preset(preset).label),
        short: both(&|text| text.preset(preset).help),
        long: Both::default(),
        see: Vec::new(),
        lesson: String::new(),
        source: String::new(),
    });
    by_hand.chain(lanes).chain(parameters).chain(presets).collect()
});

/// Concepts, then lanes, parameters and presets.
pub fn entries() -> &'static [Entry] {
    &ENTRIES
}

/// Finds an entry by its id, its symbol, or its name in either language.
pub fn find(word: &str) -> Option<&'static Entry> {
    let lower = word.to_lowercase();
    let is = |e: &&Entry| e.id == word || e.symbol == word || e.name.iter().any(|name| name.to_lowercase() == lower);
    ENTRIES.iter().find(|e| e.id == word).or_else(|| ENTRIES.iter().find(is))
}

/// Whether the handbook explains a word.
pub fn is_term(word: &str) -> bool {
    find(word).is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::lesson::words::length;

    #[test]
    fn every_concept_is_short_in_both_languages_and_every_link_leads_somewhere() {
        let file: RawTerms = toml::from_str(include_str!("../../assets/terms.toml")).unwrap();
        assert!(file.term.len() >= 45, "{} concepts", file.term.len());
        let mut ids = BTreeSet::new();
        for entry in entries() {
            assert!(ids.insert(&entry.id), "{} is there twice", entry.id);
            for language in Language::ALL {
                let own = |both: &Both| both[language as usize].clone();
                assert!(
                    !own(&entry.name).is_empty() && !own(&entry.short).is_empty(),
                    "{} lacks {language:?}",
                    entry.id
                );
                if entry.about == About::Concept {
                    let most = [(20, 80), (48, 160)][language as usize];
                    let long = length(&own(&entry.short), language);
                    assert!(long <= most.0, "{} is {long} long in {language:?}", entry.id);
                    assert!(length(&own(&entry.long), language) <= most.1, "{}", entry.id);
                }
            }
            for see in &entry.see {
                assert!(entries().iter().any(|e| e.id == *see), "{} sees {see}", entry.id);
            }
        }
    }
}
