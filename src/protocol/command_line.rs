//! The command that repeats a protocol.

use super::{Change, Protocol};
use crate::params::{PARAMS, Params};

/// The command that runs this protocol in the terminal: what differs from the defaults of the task, in the units of
/// the edge, and what happens when.
pub fn command_line(protocol: &Protocol) -> String {
    let params = &protocol.params;
    let defaults = Params::for_task(params.task.kind);
    let mut words = vec![format!("misfit train --task {}", params.task.kind.name())];
    for spec in PARAMS {
        let value = (spec.get)(params);
        if value != (spec.get)(&defaults) {
            words.push(format!("--set {}", quoted(&format!("{}={}", spec.key, spec.format(&value)))));
        }
    }
    for timed in protocol.schedule().iter().filter(|timed| !matches!(timed.change, Change::Branch { .. })) {
        words.push(format!("--at {}", quoted(&timed.to_string())));
    }
    words.join(" ")
}

/// For a shell: in single quotes unless nothing in it is special.
pub fn quoted(text: &str) -> String {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "=_-+.,:/".contains(c));
    if plain { text.into() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
