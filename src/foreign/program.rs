//! The program of a chip: how it is started, listened to, and ended.
//!
//! Three threads carry bytes: one writes requests, one reads answers, one keeps the last lines of the error output.
//! Each hands over one message at a time, so a chip that sends more than it is asked for waits in its own pipe.
//! Every end of Misfit closes the standard input of the program, which is the sign to end. What does not heed it is
//! killed with all processes of its group; when Misfit itself is killed, Linux kills the program (see [`launch_with`]).

use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded};

use super::wire::{Broken, Message};

/// Lines of error output that are kept, and bytes of each.
const LINES: usize = 12;
const LINE_BYTES: usize = 300;
/// How long a program may take to end after its input is closed.
const GRACE: Duration = Duration::from_millis(500);
/// How long the end and the last words of a program that closed its output are waited for, on a busy machine too.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// How often a waiting thread looks whether it is to stop.
pub(super) const SLICE: Duration = Duration::from_millis(10);

/// A program that speaks the protocol. Dropping it ends it.
#[derive(Debug)]
pub struct Program {
    child: Child,
    requests: Option<Sender<Vec<u8>>>,
    answers: Receiver<Result<Message<'static>, Broken>>,
    said: Arc<Mutex<VecDeque<String>>>,
    /// Most bytes of the arrays of the next answer.
    most: Arc<AtomicUsize>,
}

/// What came instead of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum NoAnswer {
    /// Something that is no message, or too large.
    Broken(Broken),
    /// Nothing, for so long.
    TimedOut(Duration),
    /// The caller does not wait any longer.
    Stopped,
    /// An answer came before the program had read what it was sent.
    Deaf,
}

/// The program that starts chips so that they end with it.
static LAUNCHER: OnceLock<PathBuf> = OnceLock::new();

/// From now on programs are started by `misfit chip exec`, with this path of `misfit`, so that Linux kills them when
/// Misfit is killed.
pub fn launch_with(misfit: PathBuf) {
    let _ = LAUNCHER.set(misfit);
}

/// The words of a command, as a shell splits them: blanks separate, quotes and backslashes keep together.
///
/// # Errors
/// When a quote is not closed, or there is no word.
pub fn words(command: &str) -> Result<Vec<String>, String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = command.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, _) if letter.is_whitespace() => words.extend(word.take()),
            // On Windows a backslash separates folders.
            (None | Some('"'), '\\') if cfg!(not(windows)) => word.get_or_insert_default().extend(letters.next()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    match quote {
        Some(quote) => Err(format!("the quote {quote} of the command is not closed")),
        None if words.is_empty() => Err("the command is empty".into()),
        None => Ok(words),
    }
}

/// Starts a thread that starts a program: with Linux's help a program dies with the thread that started it.
fn spawn_from_a_lasting_thread(mut command: Command) -> std::io::Result<Child> {
    type Order = (Command, Sender<std::io::Result<Child>>);
    static STARTER: OnceLock<Sender<Order>> = OnceLock::new();
    let starter = STARTER.get_or_init(|| {
        let (orders, inbox) = bounded::<Order>(0);
        let body = move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        };
        if let Err(why) = std::thread::Builder::new().name("chip starter".into()).spawn(body) {
            log::warn!("cannot start the thread that starts chips: {why}");
        }
        orders
    });
    let (answer, started) = bounded(1);
    match LAUNCHER.get() {
        None => command.spawn(),
        Some(_) => starter
            .send((command, answer))
            .ok()
            .and_then(|()| started.recv().ok())
            .unwrap_or_else(|| Err(std::io::Error::other("no thread to start it from"))),
    }
}

impl Program {
    /// Starts the program of a command.
    ///
    /// # Errors
    /// Why it does not start.
    pub fn start(command: &str) -> Result<Self, String> {
        let words = words(command)?;
        let own = std::process::id().to_string();
        let launcher =
            LAUNCHER.get().map(|misfit| [misfit.as_os_str(), "chip".as_ref(), "exec".as_ref(), own.as_ref()]);
        let words = words.iter().map(AsRef::<OsStr>::as_ref);
        let all: Vec<&OsStr> = launcher.into_iter().flatten().chain(words).collect();
        let mut started = Command::new(all[0]);
        started.args(&all[1..]);
        started.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut started, 0);
        let child = spawn_from_a_lasting_thread(started).map_err(|why| format!("cannot start it: {why}"))?;
        Self::listen(child).map_err(|why| format!("cannot listen to it: {why}"))
    }

    fn listen(mut child: Child) -> std::io::Result<Self> {
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(mut input), Some(output), Some(errors)) = pipes else {
            return Err(std::io::Error::other("it has no pipes"));
        };
        widen(&input);
        widen(&output);
        let (requests, outbox) = bounded::<Vec<u8>>(1);
        let (inbox, answers) = bounded(1);
        let said = Arc::new(Mutex::new(VecDeque::new()));
        let most = Arc::new(AtomicUsize::new(0));
        let (lines, allowed) = (Arc::clone(&said), Arc::clone(&most));
        let thread = |name: &str| std::thread::Builder::new().name(format!("chip {name}"));
        // A program that reads no more has ended or will be ended: its reader tells.
        thread("input").spawn(move || {
            for bytes in outbox {
                if input.write_all(&bytes).and_then(|()| input.flush()).is_err() {
                    return;
                }
            }
        })?;
        thread("output").spawn(move || {
            let mut output = BufReader::with_capacity(1 << 16, output);
            loop {
                let message = Message::read(&mut output, || allowed.load(Ordering::Acquire));
                let is_last = message.is_err();
                if inbox.send(message).is_err() || is_last {
                    return;
                }
            }
        })?;
        thread("errors").spawn(move || keep_last_lines(errors, &lines))?;
        Ok(Self { child, requests: Some(requests), answers, said, most })
    }

    /// Sends a request, whose answer may hold arrays of so many bytes.
    ///
    /// # Errors
    /// When something came without being asked for, or the program does not read.
    pub fn send(&mut self, bytes: Vec<u8>, most: usize) -> Result<(), NoAnswer> {
        match self.answers.try_recv() {
            Err(TryRecvError::Empty | TryRecvError::Disconnected) => {}
            Ok(Err(broken)) => return Err(NoAnswer::Broken(broken)),
            Ok(Ok(message)) => {
                let why = format!("it sent an answer of type {:?} without being asked", message.kind());
                return Err(NoAnswer::Broken(Broken::Format(why)));
            }
        }
        self.most.store(most, Ordering::Release);
        let sent = self.requests.as_ref().map(|requests| requests.try_send(bytes));
        if matches!(sent, Some(Ok(()))) { Ok(()) } else { Err(NoAnswer::Deaf) }
    }

    /// Waits for an answer. Messages of type `busy` begin the waiting anew.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn answer(&mut self, patience: Duration, stopped: &dyn Fn() -> bool) -> Result<Message<'static>, NoAnswer> {
        let mut begun = Instant::now();
        loop {
            match self.answers.recv_timeout(SLICE) {
                Ok(Ok(message)) if message.kind() == "busy" => begun = Instant::now(),
                Ok(Ok(message)) => return Ok(message),
                Ok(Err(broken)) => return Err(NoAnswer::Broken(broken)),
                Err(RecvTimeoutError::Disconnected) => return Err(NoAnswer::Broken(Broken::Ended)),
                Err(RecvTimeoutError::Timeout) if stopped() => return Err(NoAnswer::Stopped),
                Err(RecvTimeoutError::Timeout) if begun.elapsed() >= patience => {
                    return Err(NoAnswer::TimedOut(patience));
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// How a program that closed its output ended, in words; `None` while it runs.
    pub fn ending(&mut self) -> Option<String> {
        let end = Instant::now() + LAST_WORDS;
        while Instant::now() < end {
            if let Ok(Some(status)) = self.child.try_wait() {
                // Its error output may be on its way still.
                std::thread::sleep(SLICE);
                return Some(status.to_string());
            }
            std::thread::sleep(SLICE);
        }
        None
    }

    /// The last lines of its error output.
    pub fn last_words(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Closes its input and says whether it ends by itself in time.
    pub fn close(&mut self, within: Duration) -> bool {
        self.requests = None;
        let end = Instant::now() + within;
        loop {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Answers that come now are thrown away, so that a program that writes can go on to its end.
        self.answers = crossbeam_channel::never();
        let ended = self.close(GRACE);
        kill_group(&self.child);
        if !ended {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Makes room for as much as an unprivileged process may have in a pipe, 1 MiB, so that a recording of some
/// megabytes does not go over in forty pieces. It is as right without.
#[cfg(target_os = "linux")]
fn widen(pipe: &impl std::os::fd::AsFd) {
    let _ = rustix::pipe::fcntl_setpipe_size(pipe, 1 << 20);
}

/// Other systems choose the size of a pipe themselves.
#[cfg(not(target_os = "linux"))]
fn widen<T>(_: &T) {}

/// Kills what the program has started and left behind, and the program itself if it is there.
#[cfg(unix)]
fn kill_group(child: &Child) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = Pid::from_raw(child.id() as i32) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

/// Without process groups the program alone is ended.
#[cfg(not(unix))]
fn kill_group(_: &Child) {}

fn keep_last_lines(errors: impl Read, lines: &Mutex<VecDeque<String>>) {
    let mut errors = BufReader::new(errors);
    let mut line = Vec::new();
    loop {
        line.clear();
        match errors.by_ref().take(1 << 16).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES)]).trim_end().to_owned();
        log::debug!("chip: {text}");
        let mut lines = lines.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == LINES {
            lines.pop_front();
        }
        lines.push_back(text);
    }
}

/// Becomes the program of those words, to be killed when the thread of the process `parent` ends that started this one.
///
/// # Errors
/// Why it cannot; on success it does not return.
#[cfg(unix)]
pub fn become_program(parent: u32, words: &[String]) -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    #[cfg(target_os = "linux")]
    {
        let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
        // Misfit may have ended just before.
        if rustix::process::getppid().map(rustix::process::Pid::as_raw_pid) != Some(parent as i32) {
            return std::io::Error::other("Misfit is gone");
        }
    }
    match words {
        [] => std::io::Error::other("no program is named"),
        [program, arguments @ ..] => Command::new(program).args(arguments).exec(),
    }
}

/// Runs the program of those words.
#[cfg(not(unix))]
pub fn become_program(_parent: u32, words: &[String]) -> std::io::Error {
    match words {
        [] => std::io::Error::other("no program is named"),
        [program, arguments @ ..] => match Command::new(program).args(arguments).status() {
            Ok(status) => std::process::exit(status.code().unwrap_or(1)),
            Err(why) => why,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(not(windows))]
    fn a_command_is_split_as_a_shell_splits_it() {
        // As `sh -c 'printf "%s\n" …'` prints them.
        let split = |text| words(text).unwrap();
        assert_eq!(split("python3  my_chip.py --seed 3 "), ["python3", "my_chip.py", "--seed", "3"]);
        assert_eq!(split(r#"'a b'"c d" e\ f "" "g\"h""#), ["a bc d", "e f", "", "g\"h"]);
        assert!(words("python3 'my chip.py").unwrap_err().contains("not closed"));
        assert!(words("  ").unwrap_err().contains("empty"));
    }
}
