//! What can go wrong, and what to do about it.
//!
//! Variants are situations, not sources. Every text names the place, what was
//! expected and what to do; the offending input comes last.

use std::path::PathBuf;

/// Shorthand for results of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A situation the user can do something about.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// A key that no parameter has.
    #[error(
        "{place}: there is no parameter `{key}`{hint}; `misfit params` lists them all",
        hint = suggestion.map(|s| format!(", did you mean `{s}`?")).unwrap_or_default()
    )]
    UnknownParameter {
        /// Where the key was written: a file with line and column, or the command line.
        place: String,
        /// The key as written.
        key: String,
        /// The nearest key that exists.
        suggestion: Option<&'static str>,
    },
    /// A change that a run in progress cannot make.
    #[error("{place} cannot change {keys}, which takes effect on restart only; `misfit params` says which do")]
    NeedsRestart {
        /// Where it was asked for.
        place: String,
        /// The keys, separated by commas.
        keys: String,
    },
    /// No lane has a chip that could be calibrated.
    #[error("there is nothing to calibrate: no lane uses the chip")]
    NothingToCalibrate,
    /// A value that the parameter cannot take.
    #[error("{place}: `{key}` wants {expected}, got {got}")]
    BadValue {
        /// Where the value was written.
        place: String,
        /// The parameter.
        key: String,
        /// What would have been right, with range and unit.
        expected: String,
        /// The value as written.
        got: String,
    },
    /// Values that are each fine but contradict one another.
    #[error("`{keys}` do not go together: {why}")]
    Inconsistent {
        /// The parameters concerned, comma separated.
        keys: String,
        /// The rule that is broken, with the values.
        why: String,
    },
    /// `--set` without an equals sign.
    #[error("--set wants key=value, such as --set sigma=30, got {got}")]
    NotAnAssignment {
        /// The text as written.
        got: String,
    },
    /// A file that could not be read or written.
    #[error("cannot {action} {path}: {why}", path = path.display())]
    File {
        /// "read", "write", "create the folder of".
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// What kind of reason it is.
        kind: std::io::ErrorKind,
        /// The reason in the words of the operating system.
        why: String,
    },
    /// A file that was read but does not make sense.
    #[error("{path}{place}: {why}", path = path.display(), place = place.as_ref().map(|p| format!(", {p}")).unwrap_or_default())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Line and column, byte offset, or record.
        place: Option<String>,
        /// What was expected and what stands there.
        why: String,
    },
    /// A network that the chip has no room for.
    #[error("the network does not fit on the chip: {why}")]
    DoesNotFit {
        /// What is too large, by how much, and what to shrink.
        why: String,
    },
    /// Training produced a number that is not finite.
    #[error(
        "training of the lane `{lane}` diverged in epoch {epoch}: {quantity} is not finite; lower `learning_rate` or start again"
    )]
    Diverged {
        /// The lane that diverged.
        lane: &'static str,
        /// Epoch, counted from 1.
        epoch: usize,
        /// The quantity that is not finite.
        quantity: &'static str,
    },
    /// A run that another program adds to.
    #[error(
        "run {run} is in the hands of another Misfit{process}, and only one can add to it; end it there first",
        process = process.map(|id| format!(" (process {id})")).unwrap_or_default()
    )]
    InUse {
        /// The run.
        run: String,
        /// The process that holds it, if that can be read.
        process: Option<u32>,
    },
    /// The folder of a run, or a file in it, was moved or deleted while the run was being written.
    #[error(
        "{path} was moved or deleted while its run was being learnt; the next checkpoint writes the whole run there",
        path = path.display()
    )]
    RunGone {
        /// What is gone.
        path: PathBuf,
    },
    /// The program of a chip went wrong, or is not what the protocol asks for.
    #[error("the chip `{program}`: {why}{last}", last = last_words(said))]
    Chip {
        /// The command that starts it.
        program: String,
        /// What went wrong, and what to do.
        why: String,
        /// The last lines of its error output.
        said: String,
    },
    /// A question to the inside of a chip that Misfit did not make.
    #[error("the chip of the lane `{lane}` shows nothing of its inside: it is not Misfit's own")]
    ShowsNothing {
        /// The lane.
        lane: &'static str,
    },
    /// What a chip was computing is not waited for any longer.
    #[error("the chip was interrupted")]
    Interrupted,
    /// The user stopped the loading of data.
    #[error("loading was stopped")]
    LoadingStopped,
    /// A checkpoint could not be saved because an earlier one is still being written.
    #[error("the disk is busy; save again in a moment")]
    DiskBusy,
    /// No earlier run is left to bring back.
    #[error("no run was put away")]
    NothingToTakeBack,
    /// Something of the machine is missing: threads, a display.
    #[error("{0}")]
    System(String),
}

fn last_words(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!("; its last words:\n{said}") }
}

/// A line for a terminal: what a file name or a foreign file may hold to steer it is replaced.
pub fn printable(line: &str) -> String {
    line.replace(|c: char| c.is_control() && !matches!(c, '\n' | '\t'), "\u{fffd}")
}

impl Error {
    /// Wraps an I/O error with what was being done and to which file.
    pub fn file(action: &'static str, path: impl Into<PathBuf>, why: &std::io::Error) -> Self {
        Self::File { action, path: path.into(), kind: why.kind(), why: why.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_steer_the_terminal() {
        let error = Error::file("read", "\u{1b}]0;owned\u{7}\u{9b}31mü.toml", &std::io::ErrorKind::NotFound.into());
        let line = printable(&error.to_string());
        assert!(line.contains("ü.toml") && !line.chars().any(char::is_control), "{line:?}");
    }
}
