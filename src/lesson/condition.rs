//! Conditions on what is to be seen: `accuracy.in_the_loop > 90 and did.new_chip >= 1`.
//!
//! `and`, `or`, `not`, brackets and comparisons with numbers; no arithmetic, no loops, at most 200 characters. Units
//! are those of the screen. A comparison with something that has no value is false.

pub use super::facts::{Facts, Key, Quantity};

/// Longer conditions are refused, and with them deeper ones.
const MOST_CHARACTERS: usize = 200;

/// A condition, as it was written and as it is understood.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// As written.
    pub text: String,
    expression: Expression,
}

#[derive(Debug, Clone, PartialEq)]
enum Expression {
    Is(Key),
    Compare(Key, Comparison, Operand),
    Not(Box<Self>),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    Number(f64),
    Key(Key),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    More,
    AtLeast,
    Equal,
    Unequal,
}

impl Condition {
    /// Reads a condition; `controls` are the ids of the lesson's own.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(text: &str, controls: &[String]) -> Result<Self, String> {
        if text.chars().count() > MOST_CHARACTERS {
            return Err(format!("a condition has at most {MOST_CHARACTERS} characters"));
        }
        let mut reader = Reader { tokens: tokens(text)?, at: 0, controls };
        let expression = reader.any()?;
        match reader.next() {
            None => Ok(Self { text: text.to_owned(), expression }),
            Some(token) => Err(format!("`{token}` is one too many in `{text}`")),
        }
    }

    /// Whether it holds.
    pub fn holds(&self, facts: &Facts) -> bool {
        self.expression.holds(facts)
    }

    /// Everything it looks at.
    pub fn keys(&self) -> Vec<&Key> {
        let mut keys = Vec::new();
        self.expression.keys(&mut keys);
        keys
    }
}

impl Expression {
    fn holds(&self, facts: &Facts) -> bool {
        match self {
            Self::Is(key) => facts.value(key).is_some_and(|x| x > 0.0),
            Self::Compare(key, comparison, operand) => {
                let right = match operand {
                    Operand::Number(x) => Some(*x),
                    Operand::Key(key) => facts.value(key),
                };
                facts.value(key).zip(right).is_some_and(|(left, right)| comparison.holds(left, right))
            }
            Self::Not(inner) => !inner.holds(facts),
            Self::And(a, b) => a.holds(facts) && b.holds(facts),
            Self::Or(a, b) => a.holds(facts) || b.holds(facts),
        }
    }

    fn keys<'a>(&'a self, keys: &mut Vec<&'a Key>) {
        match self {
            Self::Is(key) | Self::Compare(key, _, Operand::Number(_)) => keys.push(key),
            Self::Compare(key, _, Operand::Key(other)) => keys.extend([key, other]),
            Self::Not(inner) => inner.keys(keys),
            Self::And(a, b) | Self::Or(a, b) => {
                a.keys(keys);
                b.keys(keys);
            }
        }
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::AtMost => left <= right,
            Self::More => left > right,
            Self::AtLeast => left >= right,
            Self::Equal => (left - right).abs() < 1e-9,
            Self::Unequal => (left - right).abs() >= 1e-9,
        }
    }

    fn parse(token: &str) -> Option<Self> {
        Some(match token {
            "<" => Self::Less,
            "<=" => Self::AtMost,
            ">" => Self::More,
            ">=" => Self::AtLeast,
            "==" => Self::Equal,
            "!=" => Self::Unequal,
            _ => return None,
        })
    }
}

/// Words, numbers, comparisons and brackets.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let (mut found, mut rest) = (Vec::new(), text.trim_start());
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
        let length = match first {
            '(' | ')' => 1,
            '<' | '>' | '=' | '!' => rest.find(|c| !matches!(c, '<' | '>' | '=' | '!')).unwrap_or(rest.len()),
            c if is_word(c) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            c => return Err(format!("`{c}` has no meaning in a condition")),
        };
        found.push(rest[..length].to_owned());
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// Reads tokens from the left to the right; it is as deep as brackets are, which the length of the text limits.
struct Reader<'a> {
    tokens: Vec<String>,
    at: usize,
    controls: &'a [String],
}

impl Reader<'_> {
    fn next(&mut self) -> Option<String> {
        self.at += 1;
        self.tokens.get(self.at - 1).cloned()
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|token| token == word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Expression, String> {
        let mut left = self.all()?;
        while self.takes("or") {
            left = Expression::Or(Box::new(left), Box::new(self.all()?));
        }
        Ok(left)
    }

    fn all(&mut self) -> Result<Expression, String> {
        let mut left = self.one()?;
        while self.takes("and") {
            left = Expression::And(Box::new(left), Box::new(self.one()?));
        }
        Ok(left)
    }

    fn one(&mut self) -> Result<Expression, String> {
        if self.takes("not") {
            return Ok(Expression::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let inner = self.any()?;
            return if self.takes(")") { Ok(inner) } else { Err("a bracket is not closed".into()) };
        }
        let key = self.key()?;
        let Some(comparison) = self.tokens.get(self.at).and_then(|token| Comparison::parse(token)) else {
            return Ok(Expression::Is(key));
        };
        self.at += 1;
        let right = self.tokens.get(self.at).and_then(|token| token.parse::<f64>().ok()).filter(|x| x.is_finite());
        let operand = match right {
            Some(x) => {
                self.at += 1;
                Operand::Number(x)
            }
            None => Operand::Key(self.key()?),
        };
        Ok(Expression::Compare(key, comparison, operand))
    }

    fn key(&mut self) -> Result<Key, String> {
        let word = self.next().ok_or("something is missing at the end")?;
        Key::parse(&word, self.controls).ok_or_else(|| format!("`{word}` is nothing that has a value"))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::params::Lane;

    fn holds(text: &str, facts: &Facts) -> bool {
        Condition::parse(text, &["detune".to_owned()]).unwrap().holds(facts)
    }

    #[test]
    fn conditions_are_read_as_they_are_meant() {
        let facts = Facts {
            lanes: vec![(Lane::Ideal, [96.0, 0.1, 70.0]), (Lane::InTheLoop, [92.5, 0.3, 71.0])],
            epochs: 10.0,
            batches_per_epoch: 23,
            did: BTreeMap::from([("new_chip", 1)]),
            changed: vec!["detune".into()],
            views: vec!["learning"],
            ..Facts::default()
        };
        for yes in [
            "accuracy.in_the_loop > 90",
            "gap.in_the_loop > -5 and gap.in_the_loop < -3",
            "epochs >= 10 and batches == 230",
            "did.new_chip >= 1 and changed.detune",
            "not running",
            "view.learning or running",
            // `and` binds more tightly than `or`.
            "view.learning or running and running",
            "not (running or view.loss)",
            "accuracy.in_the_loop < accuracy.ideal",
            "param.sigma == 20",
            // Nothing was disturbed: there is no recovery to compare with.
            "not recovery.epochs <= 8",
        ] {
            assert!(holds(yes, &facts), "{yes}");
        }
        for no in ["running", "recovery.epochs <= 8", "recovery.epochs > 8", "accuracy.transferred < 30", "did.heal"] {
            assert!(!holds(no, &facts), "{no}");
        }
    }

    #[test]
    fn what_is_no_condition_is_refused_with_a_reason() {
        for (text, why) in [
            ("accuracy.in_the_lop > 90", "accuracy.in_the_lop"),
            ("epochs > ", "missing"),
            ("(epochs > 1", "bracket"),
            ("epochs > 1 )", "one too many"),
            ("epochs + 1 > 2", "no meaning"),
            ("epochs > inf", "inf"),
            ("changed.data", "changed.data"),
            (&"(".repeat(300), "200"),
        ] {
            let error = Condition::parse(text, &[]).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
