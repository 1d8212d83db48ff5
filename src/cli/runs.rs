//! `misfit runs`: the runs that are kept.

mod list;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::{Value as Json, json};

use super::keep::StoreArgs;
use super::{counted, say};
use crate::base::error::{Error, Result};
use crate::params::Lane;
use crate::store::query::{Entry, differing};
use crate::store::{Checked, Damage, Store, Summary, now, purge_before, utc};
use crate::training::metrics::Scores;
use list::{ListArgs, list};

/// Arguments of `misfit runs`.
#[derive(Debug, Args)]
pub struct RunsArgs {
    /// What to do; without it the runs are listed.
    #[command(subcommand)]
    command: Option<RunsCommand>,
    /// What is listed.
    #[command(flatten)]
    list: ListArgs,
    /// Folder in which runs are kept; without it the one that the environment variable MISFIT_STORE names, or the user's data folder.
    #[arg(long, value_name = "DIR", global = true)]
    store: Option<PathBuf>,
    /// JSON instead of text: one object a line.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum RunsCommand {
    /// List the runs.
    List(ListArgs),
    /// Show one run: how it stands, its epochs, its experiment.
    Show {
        /// Id, its beginning or end, or the name.
        run: String,
    },
    /// Show in which settings runs differ, and what came out.
    Compare {
        /// Ids, their beginnings or ends, or names.
        #[arg(required = true, num_args = 2..)]
        runs: Vec<String>,
    },
    /// Give a run a name.
    Rename {
        /// Which run.
        run: String,
        /// The new name; empty for none.
        name: String,
    },
    /// Write something about a run.
    Note {
        /// Which run.
        run: String,
        /// The text; empty for none.
        text: String,
    },
    /// Mark a run.
    Star {
        /// Which run.
        run: String,
        /// Take the mark away.
        #[arg(long)]
        off: bool,
    },
    /// Delete runs; `undelete` brings them back for 30 days at least.
    Delete {
        /// Which runs.
        #[arg(required = true)]
        runs: Vec<String>,
    },
    /// Bring deleted runs back.
    Undelete {
        /// Which runs.
        #[arg(required = true)]
        runs: Vec<String>,
    },
    /// Take runs that were deleted more than 30 days ago off the disk.
    Purge {
        /// Those too that were deleted just now.
        #[arg(long)]
        all: bool,
    },
    /// Look for damaged runs; fails when there are any.
    Check {
        /// Save what can be read of them; damaged files are set aside as `….damaged.…`.
        #[arg(long)]
        repair: bool,
    },
    /// Copy the folder of a run: summary, epochs, experiment, last checkpoint.
    Export {
        /// Which run.
        run: String,
        /// Where to; the working directory if not given.
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
    /// Collect the runs that are written in a folder and the folders in it.
    Import {
        /// The folder.
        folder: PathBuf,
    },
}

pub(super) fn run(args: &RunsArgs) -> Result<()> {
    // Only runs that are collected may be the first of a store.
    let begins = matches!(args.command, Some(RunsCommand::Import { .. }));
    if let Some(file) = args.store.as_deref()
        && !begins
        && !file.is_dir()
    {
        let why = std::io::Error::new(std::io::ErrorKind::NotFound, "no runs are kept in this folder");
        return Err(Error::file("open", file, &why));
    }
    let store = StoreArgs { store: args.store.clone(), no_store: false }.must_open()?;
    let json = args.json;
    match &args.command {
        None => list(&store, &args.list, json),
        Some(RunsCommand::List(own)) => list(&store, own, json),
        Some(RunsCommand::Show { run }) => show(&store, run, json),
        Some(RunsCommand::Compare { runs }) => compare(&store, runs, json),
        Some(RunsCommand::Rename { run, name }) => edit(&store, &[run], json, |s| s.name.clone_from(name)),
        Some(RunsCommand::Note { run, text }) => edit(&store, &[run], json, |s| s.note.clone_from(text)),
        Some(RunsCommand::Star { run, off }) => edit(&store, &[run], json, |s| s.starred = !off),
        Some(RunsCommand::Delete { runs }) => {
            let at = Some(now());
            edit(&store, runs, json, |s| s.deleted = s.deleted.or(at))
        }
        Some(RunsCommand::Undelete { runs }) => edit(&store, runs, json, |s| s.deleted = None),
        Some(RunsCommand::Purge { all }) => {
            let n = store.purge(if *all { u64::MAX } else { purge_before() })?;
            say(&if json { json!({"purged": n}).to_string() } else { format!("{n} runs are gone for good") });
            Ok(())
        }
        Some(RunsCommand::Check { repair }) => check(&store, *repair, json),
        Some(RunsCommand::Export { run, out }) => export(&store, run, out, json),
        Some(RunsCommand::Import { folder }) => import(&store, folder, json),
    }
}

/// The state as it is shown: the program of a run that says it is running may be gone.
fn state(store: &Store, run: &Summary) -> &'static str {
    let running = run.state == crate::store::State::Running;
    if running && !store.is_live(run) { "interrupted" } else { run.state.name() }
}

/// Text of the user's, so that it cannot break a table.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn summary_json(store: &Store, entry: &Entry) -> Json {
    let mut value = json!(entry.summary);
    value["state"] = state(store, &entry.summary).into();
    value["task"] = entry.task().into();
    value["started_utc"] = utc(entry.summary.started).into();
    value
}

fn show(store: &Store, word: &str, json: bool) -> Result<()> {
    let summary = store.resolve(word)?;
    let gone = || Error::System(format!("run {} has just been purged", summary.id));
    let record = store.get(&summary.id)?.ok_or_else(gone)?;
    let entry = Entry::new(record.summary.clone());
    if json {
        let mut value = summary_json(store, &entry);
        value["curves"] = json!(record.epochs);
        say(&value.to_string());
        return Ok(());
    }
    let s = &record.summary;
    let mut lines = vec![format!("run       {}", s.id)];
    let mut add = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(format!("{name:<9} {}", one_line(&value)));
        }
    };
    add("name", s.name.clone());
    add("note", s.note.clone());
    add("star", if s.starred { "yes".into() } else { String::new() });
    add("origin", s.origin.clone());
    add("state", state(store, s).into());
    add("error", s.error.clone().unwrap_or_default());
    add("started", format!("{} UTC", utc(s.started)));
    add("finished", s.finished.map(|at| format!("{} UTC", utc(at))).unwrap_or_default());
    add("deleted", s.deleted.map(|at| format!("{} UTC", utc(at))).unwrap_or_default());
    add(
        "saved",
        s.checkpoint.map(|at| format!("after {at:.2} epochs; `misfit train --resume {}`", s.id)).unwrap_or_default(),
    );
    for (key, value) in &s.tags {
        add("label", format!("{key}={value}"));
    }
    for (key, value) in &s.measures {
        add("measured", format!("{key} {value}"));
    }
    for change in &s.changes {
        add("changed", format!("epoch {:.2}: {}", change.epochs, change.what));
    }
    for fall in &s.falls {
        let reached = |(lane, scores): &(Lane, Scores)| format!("{} {:.2} %", lane.name(), 100.0 * scores.accuracy);
        let lanes: Vec<String> = fall.scores.iter().map(reached).collect();
        add("reached", format!("epoch {:.2}: {}", fall.epochs, lanes.join(", ")));
    }
    for line in &lines {
        say(line);
    }
    say("");
    say("epoch  lane          train loss  train acc.  test loss  test acc.  hidden spikes  s/epoch");
    for epoch in &record.epochs {
        for l in &epoch.lanes {
            say(&format!(
                "{:>5}  {:<12}  {:>10.4}  {:>8.2} %  {:>9.4}  {:>7.2} %  {:>13.1}  {:>7.3}",
                epoch.epoch,
                l.lane.name(),
                l.train_loss,
                100.0 * l.train_accuracy,
                l.test_loss,
                100.0 * l.test_accuracy,
                l.hidden_spikes,
                l.seconds
            ));
        }
    }
    say("");
    say(record.summary.experiment.trim_end());
    Ok(())
}

fn compare(store: &Store, words: &[String], json: bool) -> Result<()> {
    let entries: Vec<Entry> = store.resolve_all(words)?.into_iter().map(Entry::new).collect();
    let params: Vec<_> = entries.iter().map(|e| e.params.as_ref()).collect();
    let mut rows: Vec<(String, Vec<String>)> =
        differing(&params).into_iter().map(|(spec, values)| (spec.key.to_owned(), values)).collect();
    if json {
        let of = |k: usize| -> serde_json::Map<String, Json> {
            rows.iter().map(|(key, values)| (key.clone(), values[k].clone().into())).collect()
        };
        for (k, e) in entries.iter().enumerate() {
            say(&json!({"id": e.summary.id, "name": e.summary.name, "settings": of(k), "last": e.summary.last})
                .to_string());
        }
        return Ok(());
    }
    for lane in Lane::ALL {
        let percent =
            |e: &Entry| e.summary.accuracy(lane).map_or_else(|| "–".into(), |a| format!("{:.2} %", 100.0 * a));
        if entries.iter().any(|e| e.summary.accuracy(lane).is_some()) {
            rows.push((format!("{} (test)", lane.name()), entries.iter().map(percent).collect()));
        }
    }
    let head: Vec<String> = entries
        .iter()
        .map(|e| one_line(if e.summary.name.is_empty() { &e.summary.id } else { &e.summary.name }))
        .collect();
    let widths: Vec<usize> = (0..head.len())
        .map(|k| rows.iter().map(|r| r.1[k].chars().count()).chain([head[k].chars().count()]).max().unwrap_or(0))
        .collect();
    let first = rows.iter().map(|r| r.0.chars().count()).max().unwrap_or(0);
    let line = |name: &str, values: &[String]| {
        let cells: Vec<String> = values.iter().zip(&widths).map(|(v, w)| format!("{v:>w$}")).collect();
        format!("{name:<first$}  {}", cells.join("  "))
    };
    say(&line("", &head));
    for (name, values) in &rows {
        say(&line(name, values));
    }
    Ok(())
}

/// Changes runs, all or, when one of them is not there, none.
fn edit(store: &Store, words: &[impl AsRef<str>], json: bool, change: impl Fn(&mut Summary)) -> Result<()> {
    for run in store.resolve_all(words)? {
        let after = store.edit(&run.id, &change)?;
        if json {
            say(&summary_json(store, &Entry::new(after)).to_string());
            continue;
        }
        let deleted = if after.deleted.is_some() { ", deleted" } else { "" };
        let star = if after.starred { ", starred" } else { "" };
        say(format!("{}{star}{deleted}  {}", after.id, one_line(&after.name)).trim_end());
    }
    Ok(())
}

fn check(store: &Store, repair: bool, json: bool) -> Result<()> {
    let checked = store.check(repair)?;
    let mut left = 0;
    for Checked { run, damage, is_in_use } in &checked {
        left += damage.iter().filter(|damage| !repair || damage.remedy.is_none()).count();
        if json {
            let damage: Vec<Json> =
                damage.iter().map(|Damage { what, remedy }| json!({"what": what, "remedy": remedy})).collect();
            say(&json!({"id": run, "in_use": is_in_use, "damage": damage, "repaired": repair}).to_string());
            continue;
        }
        if *is_in_use {
            say(&format!("{run}  another Misfit adds to it now; it was not looked at"));
        }
        for Damage { what, remedy } in damage {
            say(&format!("{run}  {}", one_line(what)));
            let (verb, remedy) = match remedy {
                Some(remedy) if repair => ("repaired", remedy.as_str()),
                Some(remedy) => ("--repair", remedy.as_str()),
                None => ("left", "there is nothing to repair it from"),
            };
            say(&format!("    {verb}: {remedy}"));
        }
    }
    let damaged = checked.iter().filter(|run| !run.damage.is_empty()).count();
    if !json {
        say(&format!("{} runs, {damaged} of them damaged", checked.len()));
    }
    if left == 0 {
        return Ok(());
    }
    let advice = if repair { "" } else { "; `misfit runs check --repair` saves what can be read" };
    Err(Error::System(format!("{left} damages are left{advice}")))
}

fn export(store: &Store, word: &str, out: &Path, json: bool) -> Result<()> {
    let summary = store.resolve(word)?;
    let folder = store.export(&summary.id, out)?;
    say(&if json { json!({"folder": folder}).to_string() } else { folder.display().to_string() });
    Ok(())
}

fn import(store: &Store, folder: &Path, json: bool) -> Result<()> {
    let (n, errors) = store.import(folder)?;
    for error in errors.iter().skip(1) {
        log::warn!("left out: {error}");
    }
    if json {
        say(&json!({"new": n.new, "updated": n.updated, "known": n.known, "left_out": errors.len()}).to_string());
    } else {
        say(&format!(
            "{} {} new, {} have grown, {} were there already, {} could not be read",
            counted(n.new, "run"),
            if n.new == 1 { "is" } else { "are" },
            n.updated,
            n.known,
            errors.len()
        ));
    }
    errors.into_iter().next().map_or(Ok(()), Err)
}
