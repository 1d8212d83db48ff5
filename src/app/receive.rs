//! What the threads report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::App;
use super::notices::Notice;
use crate::session::messages::{Event, ViewRequest};

/// The sample on display changes that often while learning.
const ADVANCE_EVERY: Duration = Duration::from_secs(3);

impl App {
    /// Takes what the threads have to say.
    pub(super) fn receive(&mut self) {
        let (snapshot, events) = self.threads.session.take();
        if let Some(snapshot) = snapshot {
            self.snapshot = snapshot;
            self.draft.follow(&self.snapshot.params, self.snapshot.calibrated);
        }
        for event in events {
            self.receive_event(event);
        }
        let (batches, refused) = self.threads.batch.take();
        self.batches = batches.unwrap_or_else(|| Arc::clone(&self.batches));
        for error in refused {
            self.notify(Notice::Wrong(error));
        }
        self.receive_runs();
        if self.snapshot.running && self.views.advances() && self.advanced.elapsed() >= ADVANCE_EVERY {
            self.advanced = Instant::now();
            if let Some(sample) = &self.snapshot.sample {
                self.commands.push(ViewRequest::ShowSample(sample.index + 1));
            }
        }
    }

    fn receive_event(&mut self, event: Event) {
        let notice = match event {
            Event::Finished { epochs } => Notice::Finished { epochs },
            Event::Changed(params, timed) => {
                self.draft.planned(&params, &timed.change);
                Notice::Planned(timed)
            }
            Event::Trapped { lane, flat } => Notice::Trapped { lane, percent: (100.0 * flat).round() as u32 },
            Event::Silent(lane) => Notice::Silent(lane),
            Event::Calibrated(spreads, mute) => Notice::Calibrated(spreads, mute),
            Event::Saved(path) => Notice::saved(path),
            Event::Loaded { params, notes } => {
                self.begin_run(&params, false);
                Notice::Loaded(notes)
            }
            Event::NotSaved(error) => Notice::NotSaved(error),
            Event::Failed(error) => Notice::Failed(error),
            Event::WentBack { params, calibrated } => return self.draft.went_back(&params, calibrated),
            Event::Refused(error) => {
                let s = &self.snapshot;
                self.draft.refused(&s.params, s.calibrated, s.generation);
                Notice::Refused(error)
            }
        };
        self.notify(notice);
    }
}
