//! The texts of a lesson: both languages side by side, bold words, terms of the handbook, live values.

use super::condition::{Facts, Key};
use crate::text::Language;

/// One text in both languages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Words([Vec<Piece>; Language::ALL.len()]);

/// A part of a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// As it stands.
    Plain(String),
    /// To be seen first.
    Bold(String),
    /// A word that the handbook explains.
    Term(String),
    /// Something that is measured at the moment.
    Live(Key),
}

impl Words {
    /// Both texts as they are written; `controls` are the ids of the lesson's own, and `is_term` knows the handbook.
    ///
    /// # Errors
    /// Which language, and what is wrong.
    pub fn parse(
        [en, zh]: [&str; 2],
        controls: &[String],
        is_term: &dyn Fn(&str) -> bool,
    ) -> Result<Self, (Language, String)> {
        let read = |text, language| pieces(text, controls, is_term).map_err(|why| (language, why));
        Ok(Self([read(en, Language::English)?, read(zh, Language::Chinese)?]))
    }

    /// The same text in both languages, without any marks.
    pub fn plain(text: &str) -> Self {
        Self([(); Language::ALL.len()].map(|()| vec![Piece::Plain(text.to_owned())]))
    }

    /// The parts in that language, or in the other one if there is none; and whether it is the other one.
    pub fn pieces(&self, language: Language) -> (&[Piece], bool) {
        let own = &self.0[language as usize];
        let other = &self.0[1 - language as usize];
        if own.is_empty() { (other, !other.is_empty()) } else { (own, false) }
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(Vec::is_empty)
    }

    /// Whether there is a text in that language.
    pub fn has(&self, language: Language) -> bool {
        !self.0[language as usize].is_empty()
    }

    /// In plain letters, with what is measured.
    pub fn said(&self, language: Language, facts: Option<&Facts>) -> String {
        let say = |piece: &Piece| match piece {
            Piece::Plain(text) | Piece::Bold(text) | Piece::Term(text) => text.clone(),
            Piece::Live(key) => key.shown(facts.and_then(|facts| facts.value(key))),
        };
        self.pieces(language).0.iter().map(say).collect()
    }
}

/// Reads `**bold**`, `[[term]]` and `{accuracy.in_the_loop}`.
fn pieces(text: &str, controls: &[String], is_term: &dyn Fn(&str) -> bool) -> Result<Vec<Piece>, String> {
    const MARKS: [(&str, &str); 3] = [("**", "**"), ("[[", "]]"), ("{", "}")];
    let (mut found, mut rest) = (Vec::new(), text);
    while !rest.is_empty() {
        let first = MARKS.iter().filter_map(|mark| Some((rest.find(mark.0)?, mark))).min_by_key(|(at, _)| *at);
        let Some((at, (open, close))) = first else {
            found.push(Piece::Plain(rest.to_owned()));
            break;
        };
        if at > 0 {
            found.push(Piece::Plain(rest[..at].to_owned()));
        }
        let inner = &rest[at + open.len()..];
        let end = inner.find(close).ok_or_else(|| format!("`{open}` is not closed"))?;
        let word = &inner[..end];
        found.push(match *open {
            "**" => Piece::Bold(word.to_owned()),
            "[[" if is_term(word) => Piece::Term(word.to_owned()),
            "[[" => return Err(format!("the handbook has no term `{word}`")),
            _ => {
                Piece::Live(Key::parse(word, controls).ok_or_else(|| format!("`{word}` is nothing that has a value"))?)
            }
        });
        rest = &inner[end + close.len()..];
    }
    Ok(found)
}

/// How long a text is: words in English, characters in Chinese.
pub fn length(text: &str, language: Language) -> usize {
    match language {
        Language::English => text.split_whitespace().count(),
        Language::Chinese => text.chars().filter(|c| !c.is_whitespace()).count(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::Lane;

    fn words(en: &str, zh: &str) -> Result<Words, (Language, String)> {
        Words::parse([en, zh], &[], &|term| term == "twin")
    }

    #[test]
    fn a_text_holds_bold_words_terms_and_live_values_and_falls_back_to_the_other_language() {
        let text = words("**Ideal** {accuracy.ideal}, its [[twin]].", "").unwrap();
        let facts = Facts { lanes: vec![(Lane::Ideal, [96.25, 0.1, 70.0])], ..Facts::default() };
        assert_eq!(text.said(Language::English, Some(&facts)), "Ideal 96.2 %, its twin.");
        assert_eq!(text.said(Language::Chinese, None), "Ideal –, its twin.");
        assert!(text.pieces(Language::Chinese).1, "it is the other language");
    }

    #[test]
    fn marks_that_are_not_closed_and_words_that_nothing_explains_are_refused() {
        for (text, why) in [
            ("**bold", "not closed"),
            ("[[twin", "not closed"),
            ("[[owl]]", "no term `owl`"),
            ("{accuracy.owl}", "`accuracy.owl` is nothing"),
        ] {
            assert!(words(text, "").unwrap_err().1.contains(why), "{text}");
        }
    }
}
