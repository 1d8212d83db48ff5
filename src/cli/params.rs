//! `misfit params`: every parameter with range, unit, default and meaning.

use std::fmt::Write as _;

use clap::Args;
use serde_json::json;

use super::say;
use crate::exchange::edge_json;
use crate::params::{Kind, PARAMS, TakesEffect};
use crate::protocol::PRESETS;

/// Arguments of `misfit params`.
#[derive(Debug, Args)]
pub struct ParamsArgs {
    /// One JSON object per line instead of text.
    #[arg(long)]
    json: bool,
    /// A Markdown table, as in the handbook.
    #[arg(long, conflicts_with = "json")]
    markdown: bool,
}

pub(super) fn run(args: &ParamsArgs) {
    if args.markdown {
        say(markdown().trim_end());
        return;
    }
    let mut group = "";
    for spec in PARAMS {
        let default = spec.format(&spec.default_value());
        if args.json {
            let number = |si: f64| json!(spec.unit.shown_from_si(si));
            let (kind, min, max, options) = match spec.kind {
                Kind::Number { min, max } => ("number", number(min), number(max), json!(null)),
                Kind::Spread { max, .. } => ("number or auto", number(0.0), number(max), json!(null)),
                Kind::Integer { min, max } => ("integer", json!(min), json!(max), json!(null)),
                Kind::Flag => ("flag", json!(null), json!(null), json!(null)),
                Kind::Choice(words) => ("choice", json!(null), json!(null), json!(words)),
                Kind::Choices(words) => ("list", json!(null), json!(null), json!(words)),
                Kind::Integers { max } => ("list of integers", json!(0), json!(max), json!(null)),
                Kind::Text => ("text", json!(null), json!(null), json!(null)),
            };
            let line = json!({
                "key": spec.key, "group": spec.group, "symbol": spec.symbol, "label": spec.label, "kind": kind,
                "unit": spec.unit.words(), "min": min, "max": max, "options": options,
                "default": edge_json(spec, &spec.default_value()),
                "takes_effect": if spec.takes_effect == TakesEffect::AtOnce { "at once" } else { "on restart" },
                "help": spec.help, "source": spec.source,
            });
            say(&line.to_string());
        } else {
            if spec.group != group {
                group = spec.group;
                say(&format!("\n{group}"));
            }
            let restart = if spec.takes_effect == TakesEffect::OnRestart { "; takes effect on restart" } else { "" };
            say(&format!("  {:<22} {} [{default}]", spec.key, spec.expected()));
            say(&format!("  {:<22} {}{restart}", "", spec.help));
            say(&format!("  {:<22} source: {}", "", spec.source));
        }
    }
    if !args.json {
        say("\nPresets, for --preset");
        for preset in PRESETS {
            say(&format!("  {:<22} {}", preset.key, preset.help));
        }
    }
}

/// The parameter table of the handbook.
pub fn markdown() -> String {
    let mut text = String::from("| key | default | range | what it does |\n|---|---|---|---|\n");
    for spec in PARAMS {
        let default = spec.format(&spec.default_value());
        let default = if default.is_empty() { "(empty)".into() } else { default };
        let _ = writeln!(text, "| `{}` | {default} | {} | {} |", spec.key, spec.expected(), spec.help);
    }
    text
}
