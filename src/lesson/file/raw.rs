//! A lesson as it stands in its file, before anything is checked but names and forms.

use serde::Deserialize;
use toml::Spanned;

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLesson {
    pub(super) format: Spanned<i64>,
    pub(super) id: Text,
    #[serde(default)]
    pub(super) kind: Option<Text>,
    pub(super) version: String,
    pub(super) minutes: f64,
    pub(super) title: RawWords,
    #[serde(default)]
    pub(super) goal: RawWords,
    #[serde(default)]
    pub(super) by: String,
    #[serde(default)]
    pub(super) licence: String,
    #[serde(default)]
    pub(super) needs: Vec<Text>,
    #[serde(default)]
    pub(super) start: Option<RawStart>,
    #[serde(default)]
    pub(super) control: Vec<RawControl>,
    #[serde(default)]
    pub(super) step: Vec<RawStep>,
    #[serde(default)]
    pub(super) items: Vec<Text>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawWords {
    pub(super) en: Option<Text>,
    pub(super) zh: Option<Text>,
}

pub(super) type Assignments = std::collections::BTreeMap<Spanned<String>, Spanned<toml::Value>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStart {
    pub(super) preset: Option<Text>,
    #[serde(default)]
    pub(super) set: Assignments,
    pub(super) speed: Option<Spanned<toml::Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawControl {
    pub(super) id: Text,
    pub(super) label: RawWords,
    pub(super) sets: Vec<Text>,
    pub(super) from: f64,
    pub(super) to: f64,
    #[serde(default)]
    pub(super) unit: String,
    #[serde(default)]
    pub(super) marks: Vec<f64>,
    #[serde(default)]
    pub(super) logarithmic: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStep {
    pub(super) id: Text,
    #[serde(default)]
    pub(super) title: RawWords,
    pub(super) text: RawWords,
    #[serde(default)]
    pub(super) seconds: f64,
    pub(super) views: Option<Vec<Vec<Text>>>,
    pub(super) lanes: Option<Vec<Text>>,
    pub(super) show: Option<Vec<Text>>,
    #[serde(default)]
    pub(super) set: Assignments,
    #[serde(default, rename = "do")]
    pub(super) verbs: Vec<Text>,
    #[serde(default)]
    pub(super) spot: Vec<Text>,
    pub(super) ask: Option<RawAsk>,
    pub(super) done: Option<Text>,
    #[serde(default)]
    pub(super) hint: RawWords,
    pub(super) after: Option<f64>,
    #[serde(default)]
    pub(super) why: RawWords,
    #[serde(default)]
    pub(super) notes: RawWords,
    #[serde(default, rename = "try")]
    pub(super) tries: Vec<Text>,
    #[serde(default)]
    pub(super) expect: Vec<Text>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAsk {
    pub(super) question: RawWords,
    #[serde(default)]
    pub(super) option: Vec<RawOption>,
    pub(super) number: Option<RawNumber>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOption {
    pub(super) text: RawWords,
    #[serde(default)]
    pub(super) right: bool,
    pub(super) because: RawWords,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNumber {
    pub(super) of: Text,
    pub(super) within: f64,
}
