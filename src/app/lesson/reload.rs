//! Looks once a second whether a lesson file has changed, on a thread of its own; the window is woken only then.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::base::error::{Error, Result};
use crate::lesson::{Lesson, file};

/// Time between two looks.
const EVERY: Duration = Duration::from_secs(1);

/// A file that is looked at; dropping it ends that.
pub(super) struct Watch {
    news: Receiver<Result<Lesson>>,
    /// Dropped with the watch, which ends the thread.
    _stop: Sender<()>,
}

impl Watch {
    /// Begins to look at a file that has just been read.
    pub(super) fn start(path: PathBuf, ctx: &egui::Context) -> Result<Self> {
        let (sender, news) = bounded(1);
        let (stop, stopped) = bounded::<()>(0);
        let (ctx, mut seen) = (ctx.clone(), changed(&path));
        let body = move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                let now = changed(&path);
                if now == seen || now.is_none() {
                    continue;
                }
                seen = now;
                // A version that the window has not taken yet is older than this one: it waits one more second.
                if sender.try_send(file::load(&path)).is_err() {
                    seen = None;
                }
                ctx.request_repaint();
            }
        };
        let thread = std::thread::Builder::new().name("lesson file".into()).spawn(body);
        thread.map_err(|why| Error::System(format!("cannot look at the lesson file: {why}")))?;
        Ok(Self { news, _stop: stop })
    }

    /// The new version, if there is one.
    pub(super) fn take(&self) -> Option<Result<Lesson>> {
        self.news.try_recv().ok()
    }
}

/// When the file was written last, and how long it is.
fn changed(path: &Path) -> Option<(SystemTime, u64)> {
    let about = path.metadata().ok()?;
    Some((about.modified().ok()?, about.len()))
}
