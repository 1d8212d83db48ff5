//! The list of runs.

use clap::Args;

use super::super::say;
use super::{one_line, state, summary_json};
use crate::base::error::Result;
use crate::params::Lane;
use crate::store::query::{Entry, Sort};
use crate::store::{Store, utc};

/// Which runs are listed, and how.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct ListArgs {
    /// Only runs that match all words: parts of name, note, id, task, state, or KEY=VALUE of a parameter or a label.
    #[arg(long, value_name = "WORDS")]
    filter: Option<String>,
    /// What they are ordered by.
    #[arg(long, value_name = "WHAT", value_parser = clap::builder::PossibleValuesParser::new(Sort::NAMES))]
    sort: Option<String>,
    /// Largest, latest or last first.
    #[arg(long)]
    reverse: bool,
    /// Only runs with a star.
    #[arg(long)]
    starred: bool,
    /// Runs that were deleted and can be had back.
    #[arg(long)]
    deleted: bool,
}

pub(super) fn list(store: &Store, args: &ListArgs, json: bool) -> Result<()> {
    let sort = args.sort.as_deref().and_then(|name| Sort::NAMES.iter().position(|n| *n == name));
    let sort = sort.map_or(Sort::default(), |k| Sort::ALL[k]);
    let mut entries: Vec<Entry> = store.list()?.into_iter().map(Entry::new).collect();
    entries.retain(|e| {
        e.summary.deleted.is_some() == args.deleted
            && (e.summary.starred || !args.starred)
            && e.matches(args.filter.as_deref().unwrap_or_default())
    });
    entries.sort_by(|a, b| a.compare(b, sort));
    if args.reverse {
        entries.reverse();
    }
    if json {
        for e in &entries {
            say(&summary_json(store, e).to_string());
        }
        return Ok(());
    }
    if entries.is_empty() {
        say(if args.filter.is_some() || args.starred || args.deleted {
            "no run is like that; `misfit runs` lists all"
        } else {
            "no runs; `misfit train` and the window keep what they compute"
        });
        return Ok(());
    }
    say(
        "  run                     started (UTC)        task        state        epochs   ideal  transf.  in loop  on chip  name",
    );
    for e in &entries {
        let s = &e.summary;
        let percent = |lane| s.accuracy(lane).map_or_else(|| "–".to_owned(), |a| format!("{:.1} %", 100.0 * a));
        let [ideal, transferred, in_the_loop, on_chip] = Lane::ALL.map(percent);
        let line = format!(
            "{} {:<22}  {}  {:<10}  {:<11}  {:>6}  {ideal:>6}  {transferred:>7}  {in_the_loop:>7}  {on_chip:>7}  {}",
            if s.starred { '*' } else { ' ' },
            s.id,
            utc(s.started),
            e.task(),
            state(store, s),
            s.epochs,
            one_line(&s.name),
        );
        say(line.trim_end());
    }
    Ok(())
}
