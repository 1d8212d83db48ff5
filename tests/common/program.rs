//! The real binary on a small network, and what it says.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// A network that learns some hundred epochs a second.
pub const SMALL: [&str; 8] =
    ["--threads", "1", "--set", "hidden=5", "--set", "substeps=1", "--set", "train_samples=128"];

/// The program with its runs in a folder.
pub fn command(store: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_misfit"));
    command.args(arguments).env("MISFIT_STORE", store).stdin(Stdio::null());
    command
}

/// What it said; it must have done its work.
pub fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// What it said, one object a line.
pub fn events(output: &Output) -> Vec<Value> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The numbers of an epoch, without the time it took.
pub fn of_epoch(events: &[Value], epoch: u64) -> Vec<Value> {
    let of = |e: &&Value| e["event"] == "epoch" && e["epoch"] == epoch;
    let mut lines: Vec<Value> = events.iter().filter(of).cloned().collect();
    for line in &mut lines {
        line["seconds"] = Value::Null;
    }
    assert_eq!(lines.len(), 3, "one line a lane");
    lines
}
