//! The link to a chip: what was said to it, what it is now, and what it still owes.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, Weak};
use std::time::{Duration, SystemTime};

use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};

use super::Wanted;
use super::messages::{self, Ability, Faults, Hello, Reads, Setup};
use super::program::{NoAnswer, Program, SLICE, words};
use super::wire::{Broken, Message};
use crate::base::error::{Error, Result};
use crate::recording::{Codes, Recording, Trims};
use crate::spikes::SpikeTrain;

/// How long an answer may take, and every pause between two messages that say that the chip is busy.
pub(super) const PATIENCE: Duration = Duration::from_mins(1);
/// Samples that are run twice to see whether a chip repeats itself.
const ASKED_TWICE: usize = 8;

/// What the chip said of itself, and what its program is.
#[derive(Debug, Clone, PartialEq)]
pub struct Identity {
    /// How it introduced itself.
    pub hello: Hello,
    /// The files that the command names, and the SHA-256 of each.
    pub files: Vec<(String, String)>,
    /// Whether the same run, asked twice, gave the same bits; `None` when that was not tried.
    pub repeats: Option<bool>,
}

impl Identity {
    /// As labels of a run.
    pub fn tags(&self) -> [(String, String); 4] {
        let files: Vec<String> = self.files.iter().map(|(path, hash)| format!("{path} {hash}")).collect();
        let repeats = match self.repeats {
            Some(true) => "yes",
            Some(false) => "no, although it says so",
            None => "not promised",
        };
        [
            ("chip".into(), self.hello.name.clone()),
            ("chip hello".into(), json!(self.hello).to_string()),
            ("chip sha256".into(), files.join(", ")),
            ("chip repeats itself".into(), repeats.into()),
        ]
    }

    /// As it stands in results.
    pub fn to_json(&self) -> Json {
        let files: Vec<Json> = self.files.iter().map(|(path, hash)| json!({"path": path, "sha256": hash})).collect();
        json!({"hello": self.hello, "program": files, "repeats": self.repeats})
    }
}

/// What the chip is now; `None` where that is not certain.
#[derive(Debug, Default)]
struct Now {
    setup: Option<Setup>,
    codes: Option<Codes>,
    trims: Option<Vec<Trims>>,
    silenced: Option<Vec<u16>>,
}

/// One chip and the conversation with it.
#[derive(Debug)]
pub struct Link {
    command: String,
    patience: Duration,
    program: Option<Program>,
    hello: Option<Hello>,
    files: Vec<(String, String)>,
    repeats: Option<bool>,
    now: Now,
    /// A request whose answer was not waited for.
    owed: Option<u64>,
    /// Why the chip cannot be used.
    pub(super) failure: Option<Error>,
}

/// The link to the chip of a command: the one that is there, as long as its files are the same.
pub(super) fn shared(command: &str) -> Arc<Mutex<Link>> {
    type Links = HashMap<(String, Vec<(String, String)>), Weak<Mutex<Link>>>;
    static LINKS: OnceLock<Mutex<Links>> = OnceLock::new();
    let files = hashes(command);
    let mut links = LINKS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    links.retain(|_, link| link.strong_count() > 0);
    let key = (command.to_owned(), files);
    if let Some(link) = links.get(&key).and_then(Weak::upgrade) {
        return link;
    }
    let link = Arc::new(Mutex::new(Link::new(command, key.1.clone(), PATIENCE)));
    links.insert(key, Arc::downgrade(&link));
    link
}

/// The files that a command names and the SHA-256 of each.
fn hashes(command: &str) -> Vec<(String, String)> {
    let words = words(command).unwrap_or_default();
    words.into_iter().filter_map(|path| hash(&path).map(|hash| (path, hash))).collect()
}

/// The SHA-256 of a file; what has the same size and was changed at the same time is not read again.
fn hash(path: &str) -> Option<String> {
    type Known = HashMap<(String, u64, SystemTime), String>;
    static KNOWN: OnceLock<Mutex<Known>> = OnceLock::new();
    let about = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let key = (path.to_owned(), about.len(), about.modified().ok()?);
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(hash) = known.get(&key) {
        return Some(hash.clone());
    }
    let digest = Sha256::digest(std::fs::read(path).ok()?);
    let hash = digest.iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    known.insert(key, hash.clone());
    Some(hash)
}

pub(super) fn lock(link: &Mutex<Link>) -> MutexGuard<'_, Link> {
    // A panic while it is held leaves an answer owed at worst.
    link.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The link once it is free.
pub(super) fn wait_for<'a>(link: &'a Mutex<Link>, stopped: &dyn Fn() -> bool) -> Result<MutexGuard<'a, Link>> {
    loop {
        match link.try_lock() {
            Ok(link) => return Ok(link),
            Err(TryLockError::Poisoned(link)) => return Ok(link.into_inner()),
            Err(TryLockError::WouldBlock) if stopped() => return Err(Error::Interrupted),
            Err(TryLockError::WouldBlock) => std::thread::sleep(SLICE),
        }
    }
}

impl Link {
    pub(super) fn new(command: &str, files: Vec<(String, String)>, patience: Duration) -> Self {
        Self {
            command: command.into(),
            patience,
            program: None,
            hello: None,
            files,
            repeats: None,
            now: Now::default(),
            owed: None,
            failure: None,
        }
    }

    pub(super) fn identity(&self) -> Option<Identity> {
        let hello = self.hello.clone()?;
        Some(Identity { hello, files: self.files.clone(), repeats: self.repeats })
    }

    /// How the chip introduced itself.
    pub(super) fn hello(&self) -> Option<&Hello> {
        self.hello.as_ref()
    }

    /// Closes the input of the program and says whether it ends by itself in time.
    pub(super) fn close(&mut self, within: Duration) -> bool {
        self.program.as_mut().is_none_or(|program| program.close(within))
    }

    /// Ends the program and remembers why.
    pub(super) fn fail(&mut self, why: impl Into<String>) -> Error {
        let program = self.program.take();
        let said = program.as_ref().map(Program::last_words).unwrap_or_default();
        let error = Error::Chip { program: self.command.clone(), why: why.into(), said };
        (self.now, self.owed) = (Now::default(), None);
        self.failure = Some(error.clone());
        error
    }

    /// What the program did instead of answering a request of that type.
    fn no_answer(&mut self, to: &str, what: NoAnswer) -> Error {
        let why = match what {
            NoAnswer::Stopped => return Error::Interrupted,
            NoAnswer::TimedOut(time) => format!(
                "it did not answer `{to}` within {} s; a chip that needs longer says `busy` from time to time",
                time.as_secs_f64()
            ),
            NoAnswer::Deaf => format!("it answered before it had read what it was sent; now it should get `{to}`"),
            NoAnswer::Broken(Broken::Ended) => match self.program.as_mut().and_then(Program::ending) {
                Some(status) => format!("it ended ({status}) instead of answering `{to}`"),
                None => format!("it closed its output instead of answering `{to}`"),
            },
            NoAnswer::Broken(Broken::Format(why) | Broken::TooMuch(why) | Broken::System(why)) => {
                format!("its answer to `{to}` cannot be read: {why}")
            }
        };
        self.fail(why)
    }

    /// Sends a request and waits for an answer of that type.
    pub(super) fn ask(
        &mut self,
        request: &Message<'_>,
        kind: &str,
        most: usize,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Message<'static>> {
        let (answer, to) = (self.ask_anything(request, most, stopped)?, request.kind());
        match answer.kind() {
            "error" => {
                let words = answer.head.get("message").and_then(Json::as_str).unwrap_or("it does not say why");
                Err(self.fail(format!("it refuses `{to}`: {words}")))
            }
            own if own == kind => Ok(answer),
            other => Err(self.fail(format!("it answered `{to}` with {other:?} instead of `{kind}`"))),
        }
    }

    /// Sends a request and waits for whatever is the answer.
    pub(super) fn ask_anything(
        &mut self,
        request: &Message<'_>,
        most: usize,
        stopped: &dyn Fn() -> bool,
    ) -> Result<Message<'static>> {
        let bytes = request.to_bytes();
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let hash = hasher.finish();
        let to = request.kind();
        // What was asked and not waited for is not asked again; another answer that is owed is thrown away.
        match self.owed {
            Some(owed) if owed == hash => {}
            owed => {
                if owed.is_some() {
                    self.wait(to, stopped)?;
                }
                let Some(program) = &mut self.program else { return Err(self.fail("it was not started")) };
                if let Err(what) = program.send(bytes, most) {
                    return Err(self.no_answer(to, what));
                }
                self.owed = Some(hash);
            }
        }
        self.wait(to, stopped)
    }

    fn wait(&mut self, to: &str, stopped: &dyn Fn() -> bool) -> Result<Message<'static>> {
        let Some(program) = &mut self.program else { return Err(self.fail("it was not started")) };
        match program.answer(self.patience, stopped) {
            Ok(answer) => {
                self.owed = None;
                Ok(answer)
            }
            Err(what) => Err(self.no_answer(to, what)),
        }
    }

    /// Starts the chip if it is not there, and brings it into the state that is wanted.
    pub(super) fn prepare(&mut self, wanted: &Wanted, voltages: bool, stopped: &dyn Fn() -> bool) -> Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.start(stopped)?;
        let Some(hello) = self.hello.clone() else { return Err(self.fail("it did not introduce itself")) };
        if voltages && hello.reads == Reads::Spikes {
            return Err(self.fail(
                "it gives only spikes, and the surrogate gradient reads the voltages of hidden neurons; set `gradient` to \
                 event_prop, which needs spikes alone",
            ));
        }
        if let Err(why) = hello.fits(&wanted.setup) {
            return Err(self.fail(why));
        }
        if self.now.setup.as_ref() != Some(&wanted.setup) {
            self.now = Now::default();
            self.ask(&wanted.setup.message(), "ready", 0, stopped)?;
            // A chip that is set up is as new.
            let trims = vec![Trims::default(); wanted.trims.len()];
            self.now =
                Now { setup: Some(wanted.setup.clone()), codes: None, trims: Some(trims), silenced: Some(Vec::new()) };
        }
        if self.now.trims.as_ref() != Some(&wanted.trims) {
            self.need(&hello, Ability::Calibrate, "it takes no trims: take the calibration back")?;
            self.now.trims = None;
            self.ask(&messages::trims(&wanted.trims), "ready", 0, stopped)?;
            self.now.trims = Some(wanted.trims.clone());
        }
        if self.now.silenced.as_ref() != Some(&wanted.silenced) {
            self.need(&hello, Ability::Damage, "its neurons cannot be silenced: empty `silenced`")?;
            self.now.silenced = None;
            self.ask(&messages::silence(&wanted.silenced), "ready", 0, stopped)?;
            self.now.silenced = Some(wanted.silenced.clone());
        }
        if self.now.codes.as_ref() != Some(&wanted.codes) {
            self.now.codes = None;
            self.ask(&messages::weights(&wanted.codes), "ready", 0, stopped)?;
            self.now.codes = Some(wanted.codes.clone());
        }
        Ok(())
    }

    /// Starts the program and lets it introduce itself.
    pub(super) fn start(&mut self, stopped: &dyn Fn() -> bool) -> Result<()> {
        if self.program.is_some() && self.hello.is_some() {
            return Ok(());
        }
        if self.program.is_none() {
            (self.hello, self.repeats) = (None, None);
            match Program::start(&self.command) {
                Ok(program) => self.program = Some(program),
                Err(why) => return Err(self.fail(why)),
            }
        }
        let answer = self.ask(&Hello::request(), "hello", 0, stopped)?;
        match Hello::parse(&answer) {
            Ok(hello) => self.hello = Some(hello),
            Err(why) => return Err(self.fail(why)),
        }
        Ok(())
    }

    fn need(&mut self, hello: &Hello, ability: Ability, otherwise: &str) -> Result<()> {
        if hello.can(ability) { Ok(()) } else { Err(self.fail(otherwise)) }
    }

    /// Runs a batch on a chip that is prepared, and fills a recording of the right size.
    pub(super) fn run(
        &mut self,
        setup: &Setup,
        inputs: &[&SpikeTrain],
        trial: u64,
        recording: &mut Recording,
        stopped: &dyn Fn() -> bool,
    ) -> Result<()> {
        let Some(hello) = self.hello.clone() else { return Err(self.fail("it did not introduce itself")) };
        if recording.dropped.iter().any(|list| !list.is_empty()) {
            self.need(&hello, Ability::Dropout, "it cannot ignore neurons in training: set `dropout` to 0")?;
        }
        let request = messages::run(inputs, trial, &recording.dropped);
        let most = messages::most_of_recording(inputs.len(), setup);
        let answer = self.ask(&request, "recording", most, stopped)?;
        if let Err(why) = messages::parse_recording(answer, hello.reads, recording) {
            return Err(self.fail(format!("its recording is wrong: {why}")));
        }
        if hello.deterministic && self.repeats.is_none() {
            self.ask_twice(setup, inputs, trial, stopped)?;
        }
        Ok(())
    }

    /// Whether the chip repeats itself, as it says.
    fn ask_twice(
        &mut self,
        setup: &Setup,
        inputs: &[&SpikeTrain],
        trial: u64,
        stopped: &dyn Fn() -> bool,
    ) -> Result<()> {
        let few = &inputs[..inputs.len().min(ASKED_TWICE)];
        let request = messages::run(few, trial, &[]);
        let most = messages::most_of_recording(few.len(), setup);
        let first = self.ask(&request, "recording", most, stopped)?;
        let second = self.ask(&request, "recording", most, stopped)?;
        self.repeats = Some(first.arrays == second.arrays);
        if self.repeats == Some(false) {
            log::warn!("the chip `{}` says that it is deterministic, but does not repeat itself", self.command);
        }
        Ok(())
    }

    /// What the neurons of a chip that is prepared really are; `None` when it does not say.
    pub(super) fn faults(&mut self, setup: &Setup, stopped: &dyn Fn() -> bool) -> Result<Option<Faults>> {
        if !self.hello.as_ref().is_some_and(|hello| hello.can(Ability::Faults)) {
            return Ok(None);
        }
        let neurons = setup.shape.n_hidden + setup.shape.n_readout;
        let most = messages::FAULTS.len() * 4 * neurons;
        let answer = self.ask(&Message::new("faults"), "faults", most, stopped)?;
        let faults = messages::parse_faults(&answer, neurons);
        faults.map(Some).map_err(|why| self.fail(format!("its faults are wrong: {why}")))
    }

    /// Lets a chip that is prepared calibrate itself.
    pub(super) fn calibrate(&mut self, setup: &Setup, seed: u64, stopped: &dyn Fn() -> bool) -> Result<Vec<Trims>> {
        let can = self.hello.as_ref().is_some_and(|hello| hello.can(Ability::Calibrate));
        if !can {
            // That is no failure: the run can go on without.
            let why = "it does not calibrate itself".to_owned();
            return Err(Error::Chip { program: self.command.clone(), why, said: String::new() });
        }
        let neurons = setup.shape.n_hidden + setup.shape.n_readout;
        self.now.trims = None;
        let request = Message::new("calibrate").with("seed", seed);
        let answer = self.ask(&request, "trims", 64 * neurons, stopped)?;
        let trims = messages::parse_trims(&answer, neurons);
        trims.map_err(|why| self.fail(format!("its trims are wrong: {why}")))
    }
}
