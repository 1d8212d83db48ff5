//! How well a name fits to what was typed.

use strsim::levenshtein;

use super::Line;

/// Words of at least that many letters may have a letter wrong.
const LONG_WORD: usize = 4;

/// How well a name fits to what was typed; better ones come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The name begins with it.
    Begins,
    /// All words stand in the name.
    Named,
    /// All words stand in the name in another language, or in what it is called in files and on the command line.
    Known,
    /// All words do, if one letter of each is taken for wrong.
    Nearly,
}

impl Fit {
    /// How well a name fits, which has other names in `known`.
    pub(super) fn of(typed: &str, name: &str, known: &str) -> Option<Self> {
        let typed = typed.trim().to_lowercase();
        let words: Vec<&str> = typed.split_whitespace().collect();
        let name = name.to_lowercase();
        if name.starts_with(&typed) {
            return Some(Self::Begins);
        }
        if words.iter().all(|word| name.contains(word)) {
            return Some(Self::Named);
        }
        let known = format!("{name} {}", known.to_lowercase());
        if words.iter().all(|word| known.contains(word)) {
            return Some(Self::Known);
        }
        let nearly =
            words.iter().all(|word| known.contains(word) || known.split_whitespace().any(|k| is_near(word, k)));
        nearly.then_some(Self::Nearly)
    }
}

/// Whether a word is the beginning of another one but for one letter.
fn is_near(typed: &str, known: &str) -> bool {
    let n = typed.chars().count();
    let beginning = |n: usize| known.chars().take(n).collect::<String>();
    n >= LONG_WORD && (n - 1..=n + 1).any(|n| levenshtein(typed, &beginning(n)) <= 1)
}

/// What was found, and how well it fits.
pub(super) type Found = Vec<(Fit, Line)>;
