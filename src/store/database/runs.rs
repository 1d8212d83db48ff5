//! What can be done with the runs in a store.

use redb::{Database, ReadableTable as _};

use super::{CACHE, CHECKPOINT, CHECKPOINTS, EPOCHS, Imported, RUNS, Store, Trouble, Update};
use crate::base::error::{Error, Result};
use crate::store::Checkpoint;
use crate::store::clock::Millis;
use crate::store::record::{Record, State, Summary, is_kept, stride};
use crate::store::session::{self, Session};

impl Store {
    /// All runs, deleted ones too, in order of time. A run that makes no sense is left out, and told to the log.
    ///
    /// # Errors
    /// When the store cannot be read; names the file.
    pub fn list(&self) -> Result<Vec<Summary>> {
        self.read(|txn| {
            let mut all = Vec::new();
            for entry in txn.open_table(RUNS)?.iter()? {
                let (id, bytes) = entry?;
                match serde_json::from_slice(bytes.value()) {
                    Ok(summary) => all.push(summary),
                    Err(why) => log::warn!("{}: run {}: {why}", self.file().display(), id.value()),
                }
            }
            Ok(all)
        })
    }

    /// One run without its curves; `None` when there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read; names the file.
    pub fn summary(&self, id: &str) -> Result<Option<Summary>> {
        self.read(|txn| {
            let bytes = txn.open_table(RUNS)?.get(id)?;
            bytes.map(|b| self.parse(b.value(), id)).transpose()
        })
    }

    /// Takes a run in hand for a program: no other can add to it until it is over, released, or the program gone,
    /// however that ended. Returns the run as it is then.
    ///
    /// # Errors
    /// [`Error::InUse`] when another program that is alive has it, when there is no such run, or when the store cannot
    /// be written.
    pub fn claim(&self, id: &str, session: &Session) -> Result<Summary> {
        self.write(|txn| {
            let mut runs = txn.open_table(RUNS)?;
            let before = runs.get(id)?.map(|b| self.parse(b.value(), id)).transpose()?;
            let mut summary: Summary = before.ok_or_else(|| Trouble::Ours(no_such_run(id)))?;
            self.refuse_others(&summary, Some(session.name()))?;
            summary.session = Some(session.name().to_owned());
            runs.insert(id, json(&summary).as_slice())?;
            Ok(summary)
        })
    }

    /// Lets a run go that was claimed; whoever has none of it changes nothing.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn release(&self, id: &str, session: &str) -> Result<()> {
        let ours = |run: &Summary| run.session.as_deref() == Some(session);
        if !self.summary(id)?.is_some_and(|run| ours(&run)) {
            return Ok(());
        }
        self.edit(id, |run| {
            if ours(run) {
                run.session = None;
            }
        })
        .map(drop)
    }

    /// Whoever is not named here may not add to a run that a living program has in hand.
    fn refuse_others(&self, run: &Summary, by: Option<&str>) -> Result<(), Trouble> {
        match run.session.as_deref() {
            Some(owner) if Some(owner) != by && session::is_alive(&self.folder, owner) => {
                let process = session::process(&self.folder, owner);
                Err(Trouble::Ours(Error::InUse { run: run.id.clone(), process }))
            }
            _ => Ok(()),
        }
    }

    /// One run with its curves; `None` when there is no such run.
    ///
    /// # Errors
    /// When the store cannot be read; names the file.
    pub fn get(&self, id: &str) -> Result<Option<Record>> {
        self.read(|txn| {
            let Some(bytes) = txn.open_table(RUNS)?.get(id)? else { return Ok(None) };
            let summary = self.parse(bytes.value(), id)?;
            let mut epochs = Vec::new();
            for entry in txn.open_table(EPOCHS)?.range((id, 0)..=(id, u64::MAX))? {
                epochs.push(self.parse(entry?.1.value(), id)?);
            }
            Ok(Some(Record { summary, epochs }))
        })
    }

    /// The last checkpoint of a run that is whole; `None` when there is none. What is wrong with a later one is told.
    ///
    /// # Errors
    /// When the store cannot be read, or when no checkpoint of the run is whole.
    pub fn checkpoint(&self, id: &str) -> Result<Option<(Checkpoint, Option<Error>)>> {
        let found: Vec<Vec<u8>> = self.read(|txn| {
            let table = txn.open_table(CHECKPOINT)?;
            let entries = table.range((id, 0)..=(id, u64::MAX))?.rev();
            entries.map(|entry| Ok(entry?.1.value().to_vec())).collect()
        })?;
        let mut damage = None;
        let place = self.file().join(format!("checkpoint of {id}"));
        for bytes in &found {
            match Checkpoint::decode(bytes, &place) {
                Ok(checkpoint) => return Ok(Some((checkpoint, damage))),
                Err(error) => damage = damage.or(Some(error)),
            }
        }
        damage.map_or(Ok(None), Err)
    }

    /// Adds to a run, or begins it; all of it is on the disk when this returns, or nothing.
    ///
    /// # Errors
    /// When the disk is full, the folder read-only, or the file taken or damaged; names the file.
    pub fn put(&self, id: &str, update: &Update) -> Result<()> {
        self.write(|txn| {
            let mut runs = txn.open_table(RUNS)?;
            let before: Option<Summary> = runs.get(id)?.map(|b| self.parse(b.value(), id)).transpose()?;
            let Some(mut summary) = update.summary.clone().or_else(|| before.clone()) else {
                return Err(Trouble::Ours(no_such_run(id)));
            };
            if let Some(before) = before {
                self.refuse_others(&before, update.by.as_deref())?;
                // Those belong to the user, who may have changed them meanwhile.
                summary.starred = before.starred;
                summary.deleted = before.deleted;
                summary.name = before.name;
                summary.note = before.note;
                summary.checkpoint = before.checkpoint;
            }
            let mut epochs = txn.open_table(EPOCHS)?;
            if let Some(first) = update.epochs.first() {
                let later: Vec<u64> = epochs
                    .range((id, first.epoch as u64)..=(id, u64::MAX))?
                    .map(|entry| Ok(entry?.0.value().1))
                    .collect::<Result<_, redb::StorageError>>()?;
                for epoch in later {
                    epochs.remove((id, epoch))?;
                }
            }
            let before = epochs.range((id, 0)..=(id, u64::MAX))?.next_back().transpose()?.map(|(key, _)| key.value().1);
            let (before, now) = (before.unwrap_or(0) as usize, update.epochs.last().map(|e| e.epoch));
            for epoch in &update.epochs {
                if now.is_some_and(|now| is_kept(epoch.epoch, now)) {
                    epochs.insert((id, epoch.epoch as u64), json(epoch).as_slice())?;
                }
                if update.summary.is_none() {
                    (summary.epochs, summary.last) = (epoch.epoch, epoch.lanes.clone());
                }
            }
            // The last one before was kept for being the last, and long runs are thinned out.
            if let Some(now) = now {
                let from = if stride(before) == stride(now) { before } else { 0 };
                epochs.retain_in((id, from as u64)..=(id, u64::MAX), |(_, epoch), _| is_kept(epoch as usize, now))?;
            }
            let mut checkpoints = txn.open_table(CHECKPOINT)?;
            if let Some((at, bytes)) = &update.checkpoint {
                let last = checkpoints.range((id, 0)..=(id, u64::MAX))?.next_back().transpose()?;
                let next = last.map_or(0, |(key, _)| key.value().1 + 1);
                checkpoints.insert((id, next), bytes.as_slice())?;
                let keep = if summary.state == State::Finished { 1 } else { CHECKPOINTS };
                let old: Vec<u64> = checkpoints
                    .range((id, 0)..(id, (next + 1).saturating_sub(keep)))?
                    .map(|entry| Ok(entry?.0.value().1))
                    .collect::<Result<_, redb::StorageError>>()?;
                for count in old {
                    checkpoints.remove((id, count))?;
                }
                summary.checkpoint = Some(*at);
            }
            runs.insert(id, json(&summary).as_slice())?;
            Ok(())
        })
    }

    /// Changes what belongs to the user: name, note, star; returns the run as it is then.
    ///
    /// # Errors
    /// When there is no such run, or the store cannot be written.
    pub fn edit(&self, id: &str, change: impl FnOnce(&mut Summary)) -> Result<Summary> {
        self.write(|txn| {
            let mut runs = txn.open_table(RUNS)?;
            let before = runs.get(id)?.map(|b| self.parse(b.value(), id)).transpose()?;
            let mut summary: Summary = before.ok_or_else(|| Trouble::Ours(no_such_run(id)))?;
            change(&mut summary);
            id.clone_into(&mut summary.id);
            runs.insert(id, json(&summary).as_slice())?;
            Ok(summary)
        })
    }

    /// Adds runs that were computed elsewhere. Those that are there already are replaced only by one that knows more.
    ///
    /// # Errors
    /// When the store cannot be written; nothing has then been added.
    pub fn import(&self, records: &[Record]) -> Result<Imported> {
        self.write(|txn| {
            let mut imported = Imported::default();
            let (mut runs, mut epochs) = (txn.open_table(RUNS)?, txn.open_table(EPOCHS)?);
            for record in records {
                let mut summary = record.summary.clone();
                let id = summary.id.clone();
                let before: Option<Summary> = runs.get(id.as_str())?.map(|b| self.parse(b.value(), &id)).transpose()?;
                if let Some(before) = before {
                    let more =
                        (summary.epochs, summary.finished.is_some()) > (before.epochs, before.finished.is_some());
                    if !more {
                        imported.known += 1;
                        continue;
                    }
                    imported.updated += 1;
                    summary = Summary {
                        name: before.name,
                        note: before.note,
                        starred: before.starred,
                        deleted: before.deleted,
                        checkpoint: before.checkpoint,
                        ..summary
                    };
                } else {
                    imported.new += 1;
                }
                for epoch in &record.epochs {
                    epochs.insert((id.as_str(), epoch.epoch as u64), json(epoch).as_slice())?;
                }
                runs.insert(id.as_str(), json(&summary).as_slice())?;
            }
            Ok(imported)
        })
    }

    /// Takes runs that were deleted before `before` off the disk for good; returns how many.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn purge(&self, before: Millis) -> Result<usize> {
        let gone: Vec<String> = self
            .list()?
            .into_iter()
            .filter(|run| run.deleted.is_some_and(|at| at < before))
            .map(|run| run.id)
            .collect();
        if gone.is_empty() {
            return Ok(0);
        }
        self.write(|txn| {
            let (mut runs, mut epochs) = (txn.open_table(RUNS)?, txn.open_table(EPOCHS)?);
            let mut checkpoints = txn.open_table(CHECKPOINT)?;
            for id in &gone {
                let id = id.as_str();
                runs.remove(id)?;
                epochs.retain_in((id, 0)..=(id, u64::MAX), |_, _| false)?;
                checkpoints.retain_in((id, 0)..=(id, u64::MAX), |_, _| false)?;
            }
            Ok(())
        })?;
        let file = self.file();
        self.guarded(|| {
            let mut database = Self::patiently(|| Database::builder().set_cache_size(CACHE).open(&file))?;
            database.compact().map_err(redb::Error::from)?;
            Ok(())
        })?;
        Ok(gone.len())
    }

    /// Marks runs as interrupted whose programs are gone without a word, also when those had them in hand but had not
    /// learnt yet; returns them, the latest last.
    ///
    /// # Errors
    /// When the store cannot be read or written.
    pub fn abandoned(&self) -> Result<Vec<Summary>> {
        let alone = |run: &Summary| !run.session.as_deref().is_some_and(|name| session::is_alive(&self.folder, name));
        let cut_off = |run: &Summary| match run.state {
            State::Running => alone(run),
            State::Interrupted => run.session.is_some() && alone(run),
            _ => false,
        };
        let found: Vec<Summary> = self.list()?.into_iter().filter(cut_off).collect();
        found
            .iter()
            .map(|run| {
                self.edit(&run.id, |run| {
                    // Whoever has gone on with it meanwhile keeps it.
                    if cut_off(run) {
                        run.state = State::Interrupted;
                        run.session = None;
                    }
                })
            })
            .collect()
    }

    /// Whether a program that is alive has this run in hand.
    pub fn is_live(&self, run: &Summary) -> bool {
        run.state == State::Running && run.session.as_deref().is_some_and(|name| session::is_alive(&self.folder, name))
    }

    /// The run that is meant: by its id, the beginning or the end of it, or its name.
    ///
    /// # Errors
    /// When there is none, or more than one.
    pub fn resolve(&self, word: &str) -> Result<Summary> {
        let mut all = self.list()?;
        if let Some(k) = all.iter().position(|run| run.id == word) {
            return Ok(all.swap_remove(k));
        }
        let matches = |run: &Summary| {
            run.name == word || (word.len() >= 3 && (run.id.starts_with(word) || run.id.ends_with(word)))
        };
        let mut found: Vec<Summary> = all.into_iter().filter(matches).collect();
        // A run that was deleted is meant only if no other is.
        if found.iter().any(|run| run.deleted.is_none()) {
            found.retain(|run| run.deleted.is_none());
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => Err(no_such_run(word)),
            n => Err(Error::System(format!("{n} runs are called or begin with `{word}`; give the whole id"))),
        }
    }
}

fn no_such_run(word: &str) -> Error {
    Error::System(format!("there is no run `{word}`; `misfit runs` lists them all"))
}

fn json(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("maps with text keys")
}
