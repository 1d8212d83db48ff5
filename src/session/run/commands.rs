//! What the window asks for.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::Shared;
use super::super::looks::chip_view;
use super::super::messages::{EngineCommand, Event, SessionCommand, TrimmedSpread, ViewRequest};
use super::Session;
use super::changes::{changed, trims};
use super::chips::ChipsJob;
use crate::base::error::Result;
use crate::exchange::nir::{self, Wanted};
use crate::params::Params;
use crate::protocol::Change;
use crate::run::{self, Flow, Observer, Run};

impl Session<'_> {
    /// Does what the window asks for.
    pub(super) fn obey(&mut self, command: SessionCommand) {
        match command {
            SessionCommand::Engine(command) => self.control(command),
            SessionCommand::View(request) => self.inspect(request),
        }
        self.publisher.due.mark();
    }

    fn control(&mut self, command: EngineCommand) {
        use EngineCommand as C;
        if matches!(command, C::SetParams(_) | C::Calibrate | C::Uncalibrate | C::StepBatch) {
            // What is done to the chip is to be seen at once.
            self.show_live();
        }
        if matches!(command, C::Run | C::StepBatch) && self.engine.try_the_chip_again() {
            self.all_stale();
        }
        match command {
            C::Run => self.engine.go_on(),
            C::Pause => self.pause(),
            C::RunTo(epoch) => self.engine.run_to(epoch),
            C::StepBatch => self.engine.step(),
            C::SetParams(params) => self.set_params(*params),
            C::Restart(protocol) => {
                self.engine.running = true;
                self.restart(*protocol);
            }
            C::Prepare(protocol) => {
                self.engine.running = false;
                self.restart(*protocol);
            }
            C::SetAside => self.set_aside(),
            C::BringBack => self.bring_back(),
            C::Calibrate => self.set_trims(&Change::Calibrate),
            C::Uncalibrate => self.set_trims(&Change::Uncalibrate),
            C::SetPace(pace) => self.engine.pacer.set(pace),
            C::ExportNir { path, lane, form } => self.export(path, lane, form),
            C::Record { path, lane } => self.record(path, lane),
            C::LoadNir { path, params } => match nir::import(&path, &params, Wanted::default()) {
                Ok(imported) => self.load(imported),
                Err(error) => self.tell(Event::Refused(error)),
            },
            C::Branch => self.branch(),
            C::TakeBack => self.take_back(),
            C::Stall(time) => stall(time, self.publisher.shared),
            C::Resume(opened) => self.resume(*opened),
            C::SaveCheckpoint(path) => self.save_checkpoint(path),
        }
    }

    fn inspect(&mut self, request: ViewRequest) {
        let epochs = self.shown_epochs();
        let (inspector, shown) = (&mut self.inspector, self.history.shown(self.engine.run.as_ref()));
        let mut done = Ok(());
        match request {
            ViewRequest::Twin(lane) => inspector.twin = Some(lane),
            ViewRequest::Madc(neuron) => inspector.madc = neuron,
            ViewRequest::ShowSample(index) => (inspector.sample, inspector.heard) = (index, None),
            ViewRequest::Hear(path) => done = inspector.hear(self.engine.experiment(), &path),
            ViewRequest::Classify(pixels) => inspector.classify(shown, pixels),
            ViewRequest::StudyHarm(lane) => inspector.begin_study(shown, lane, epochs),
            ViewRequest::TryChips(lane, n) => {
                done = shown.map_or(Ok(()), |experiment| inspector.try_chips(experiment, lane, n, epochs));
            }
            ViewRequest::StopChips => inspector.chips.iter().for_each(ChipsJob::stop),
            ViewRequest::Repeat(lane, n) => inspector.repeat(shown, lane, n, epochs),
            ViewRequest::Bench(setting) => inspector.put_on_bench(setting),
            ViewRequest::Cost(lane) => inspector.costs.ask(lane),
            ViewRequest::MeasureRest | ViewRequest::RunSizes if self.engine.running => {}
            ViewRequest::MeasureRest => inspector.costs.measure_rest(),
            ViewRequest::RunSizes => done = shown.map_or(Ok(()), |experiment| inspector.costs.run_sizes(experiment)),
            ViewRequest::LookAt(Some(epoch)) => self.history.requested = Some(epoch),
            ViewRequest::LookAt(None) => self.show_live(),
        }
        if let Err(error) = done {
            self.tell(Event::Refused(error));
        }
    }

    /// Adopts settings that act at once. Without a run they wait for the next one.
    fn set_params(&mut self, params: Params) {
        let Some(run) = &mut self.engine.run else {
            self.engine.params = params;
            return;
        };
        let changes = Change::between(run.params(), &params);
        if let Err(error) = run.change(&changes, &self.publisher.shared.stop, &mut [&mut self.recorder]) {
            return self.tell(Event::Refused(error));
        }
        let now = run.params().clone();
        self.inspector.chip = Arc::new(chip_view(run.experiment()));
        let before = std::mem::replace(&mut self.engine.params, now);
        for what in changed(&before, &self.engine.params) {
            self.note(what);
        }
        self.all_stale();
    }

    /// Calibrates the chip, or takes the calibration back, and shows its spreads before and after.
    fn set_trims(&mut self, change: &Change) {
        let Some(run) = &mut self.engine.run else { return };
        let mut spreads = Spreads::default();
        let observers: &mut [&mut dyn Observer] = &mut [&mut spreads, &mut self.recorder];
        if let Err(error) = run.change(std::slice::from_ref(change), &self.publisher.shared.stop, observers) {
            return self.tell(Event::Refused(error));
        }
        self.inspector.chip = Arc::new(chip_view(run.experiment()));
        self.all_stale();
        if let Some(what) = trims(change) {
            self.note(what);
        }
        if let Some((spreads, mute)) = spreads.0 {
            self.tell(Event::Calibrated(spreads, mute));
        }
    }
}

/// Does nothing for a while, as a batch that takes forever would; for tests of the window.
fn stall(time: Duration, shared: &Shared) {
    let end = Instant::now() + time;
    while Instant::now() < end && !shared.stop.is_requested() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The spreads before and after a calibration, and how many neurons never spiked.
#[derive(Default)]
struct Spreads(Option<(Vec<TrimmedSpread>, usize)>);

impl Observer for Spreads {
    fn on(&mut self, _: &Run, event: &run::Event<'_>) -> Result<Flow> {
        if let run::Event::Calibrated(calibration) = event {
            self.0 = Some((calibration.spreads.clone(), calibration.mute));
        }
        Ok(Flow::GoOn)
    }
}
