//! What the worker and the store thread report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::App;
use super::notices::Notice;
use crate::params::{PARAMS, Params, TakesEffect};
use crate::worker::messages::{Event, Snapshot, ViewRequest};

/// The sample on display changes that often while learning.
const ADVANCE_EVERY: Duration = Duration::from_secs(3);

impl App {
    /// Takes what the worker has to say.
    pub(super) fn receive(&mut self) {
        let (snapshot, events) = self.worker.take();
        if let Some(snapshot) = snapshot {
            self.snapshot = snapshot;
            self.follow_what_is_in_force();
        }
        let sweep = self.worker.sweep();
        if let Some(sweep) = sweep
            && self.snapshot.sweep.as_ref().is_none_or(|shown| !Arc::ptr_eq(shown, &sweep))
        {
            self.snapshot = Arc::new(Snapshot { sweep: Some(sweep), ..(*self.snapshot).clone() });
        }
        if let Some(study) = self.worker.study()
            && self.snapshot.study.as_ref().is_none_or(|shown| !Arc::ptr_eq(shown, &study))
        {
            self.snapshot = Arc::new(Snapshot { study: Some(study), ..(*self.snapshot).clone() });
        }
        for event in events {
            self.receive_event(event);
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
                self.adopt_planned(&params);
                Notice::Planned(timed)
            }
            Event::Calibrated(spreads) => Notice::Calibrated(spreads),
            Event::Saved(path) => Notice::saved(path),
            Event::Loaded { params, notes } => {
                self.begin_run();
                self.params = *params;
                self.sent = self.params.clone();
                Notice::Loaded(notes)
            }
            Event::NotSaved(error) => Notice::NotSaved(error),
            Event::Failed(error) => Notice::Failed(error),
            Event::WentBack(params) => return self.went_back(*params),
            Event::Refused(error) => {
                self.go_back_to_what_is_in_force();
                Notice::Refused(error)
            }
        };
        self.notify(notice);
    }

    /// The run has changed parameters as planned: the controls show them, and keep what was set meanwhile.
    fn adopt_planned(&mut self, in_force: &Params) {
        for spec in PARAMS.iter().filter(|spec| spec.takes_effect == TakesEffect::AtOnce) {
            let (before, now) = ((spec.get)(&self.sent), (spec.get)(in_force));
            if before != now && (spec.get)(&self.params) == before {
                (spec.set)(&mut self.params, now.clone());
            }
            (spec.set)(&mut self.sent, now);
        }
    }
}
