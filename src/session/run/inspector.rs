//! What the views ask to see, computed when it is due.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::looks::{decision_map, drawing, weights_view};
use super::super::messages::{
    Bench, BenchSetting, ChipView, DecisionMap, Drawing, Evaluation, ImportanceView, Repeated, RepeatsView, SampleView,
    Stimulus, WeightsView,
};
use super::chips::{ChipsJob, MOST_CHIPS};
use super::costs::Costs;
use super::due::Due;
use crate::base::error::{Error, Result};
use crate::base::units::Unit;
use crate::params::Lane;
use crate::probes::Ablation;
use crate::spikes::SpikeTrain;
use crate::task::{speech, wav};
use crate::training::Experiment;

/// Shortest time between two evaluations of the test split outside epoch ends.
const EVALUATE_EVERY: Duration = Duration::from_millis(250);
/// Shortest time between two looks at what the lanes answer to points and to a picture that was drawn.
const ANSWERS_EVERY: Duration = Duration::from_millis(500);
/// Shortest time between two looks at all weights.
const WEIGHTS_EVERY: Duration = Duration::from_millis(200);
/// Shortest time between two looks at the circuits on the bench while the network learns.
const BENCH_EVERY: Duration = Duration::from_millis(200);
/// Time between two looks at the chips that are tried in the background.
const CHIPS_EVERY: Duration = Duration::from_millis(100);

/// A look at a chip that Misfit did not make is followed by so many times its duration without one.
pub(super) const SHARE_OF_LOOKS: u32 = 5;

/// The last look at a sample on a chip that Misfit did not make.
pub(super) struct Looked {
    /// Run, moment, sample, and the name of a sound in its place.
    pub(super) asked: (u64, Option<usize>, usize, Option<String>),
    /// Whether the chip is another since.
    pub(super) stale: bool,
    /// When the next one is due.
    pub(super) next: Instant,
    pub(super) view: Option<Arc<SampleView>>,
}

/// What the views ask for, and what came of it.
pub(super) struct Inspector {
    pub(super) looked: Option<Looked>,
    /// What every lane of the run in hand reaches on the test split: at the end of the last epoch, or after a change since.
    pub(super) examined: Arc<Vec<Evaluation>>,
    pub(super) chip: Arc<ChipView>,
    pub(super) map: Option<Arc<DecisionMap>>,
    pub(super) weights: Option<Arc<WeightsView>>,
    /// The place of the test sample on display.
    pub(super) sample: usize,
    /// A sound of the user's, shown in place of a test sample: its name and the input it makes.
    pub(super) heard: Option<(String, SpikeTrain)>,
    /// The lane that is compared with its ideal twin; without one it is the lane that learns on the chip.
    pub(super) twin: Option<Lane>,
    /// The neuron that the MADC records.
    pub(super) madc: usize,
    /// The picture that was drawn.
    picture: Vec<f32>,
    pub(super) drawing: Option<Arc<Drawing>>,
    /// The study of neurons that is under way, and the epochs learnt when it began.
    study: Option<(Ablation, f64)>,
    pub(super) importance: Option<Arc<ImportanceView>>,
    /// The weights on many chips, under way or done.
    pub(super) chips: Option<ChipsJob>,
    pub(super) repeats: Option<Arc<RepeatsView>>,
    /// What is sent into the circuits on the bench, once a view has asked.
    stimulus: Option<Stimulus>,
    pub(super) bench: Option<Arc<Bench>>,
    /// What a lane costs.
    pub(super) costs: Costs,
    /// The chip was changed, or how it is read, and what the lanes reach now is not known yet.
    pub(super) is_disturbed: bool,
    scores_due: Due,
    answers_due: Due,
    weights_due: Due,
    bench_due: Due,
}

/// After a look at a chip that Misfit did not make, so long without one.
fn rest(experiment: &Experiment, begun: Instant) -> Duration {
    if experiment.is_on_a_foreign_chip() { SHARE_OF_LOOKS * begun.elapsed() } else { Duration::ZERO }
}

impl Default for Inspector {
    fn default() -> Self {
        Self {
            looked: None,
            examined: Arc::default(),
            chip: Arc::default(),
            map: None,
            weights: None,
            sample: 0,
            heard: None,
            twin: None,
            madc: 0,
            picture: Vec::new(),
            drawing: None,
            study: None,
            importance: None,
            chips: None,
            repeats: None,
            stimulus: None,
            bench: None,
            costs: Costs::default(),
            is_disturbed: false,
            scores_due: Due::every(EVALUATE_EVERY),
            answers_due: Due::every(ANSWERS_EVERY),
            weights_due: Due::every(WEIGHTS_EVERY),
            bench_due: Due::every(BENCH_EVERY),
        }
    }
}

impl Inspector {
    /// Forgets what it knows of the run before; what the views show stays chosen.
    pub(super) fn begin(&mut self) {
        let before = std::mem::take(self);
        (self.sample, self.twin, self.madc) = (before.sample, before.twin, before.madc);
        (self.picture, self.chip, self.costs) = (before.picture, before.chip, before.costs);
        self.stimulus = before.stimulus;
        self.costs.begin();
    }

    /// Everything is out of date.
    pub(super) fn all_stale(&mut self) {
        if let Some(looked) = &mut self.looked {
            looked.stale = true;
        }
        for due in [&mut self.scores_due, &mut self.answers_due, &mut self.weights_due, &mut self.bench_due] {
            due.mark();
        }
        self.costs.mark();
    }

    /// Another moment is shown: everything is made before anything else is.
    pub(super) fn all_at_once(&mut self) {
        self.study = None;
        for due in [&mut self.answers_due, &mut self.weights_due, &mut self.bench_due] {
            due.at_once();
        }
        self.costs.mark();
    }

    /// What the lanes do on the test split now.
    pub(super) fn examined(&mut self, examined: Vec<Evaluation>) {
        self.examined = Arc::new(examined);
        self.scores_due.made();
    }

    /// How long until there is something to do for the views.
    pub(super) fn wait(&self, now: Instant, live: Option<&Experiment>, shown: Option<&Experiment>) -> Option<Duration> {
        let scores = self.scores_due.wait(now).filter(|_| live.is_some_and(|live| self.can_evaluate(live)));
        if self.study.is_some() {
            return Some(Duration::ZERO);
        }
        // Chips are tried elsewhere; here it is only looked how far that is.
        let chips = self.chips.as_ref().is_some_and(ChipsJob::is_running).then_some(CHIPS_EVERY);
        let Some(experiment) = shown else { return [chips, scores].into_iter().flatten().min() };
        let has_map = experiment.data().point(experiment.params(), 0.5, 0.5).is_some();
        let answers = self.answers_due.wait(now).filter(|_| has_map || !self.picture.is_empty());
        let bench = self.bench_due.wait(now).filter(|_| self.stimulus.is_some());
        [chips, answers, scores, self.weights_due.wait(now), bench, self.costs.wait(now)].into_iter().flatten().min()
    }

    /// In the middle of an epoch lanes are not evaluated, save right after a change of what they reach: what a view says
    /// of them is a point of the curve.
    fn can_evaluate(&self, live: &Experiment) -> bool {
        self.examined.is_empty() || live.batches_done() == 0
    }

    /// Evaluates the run in hand when that is due and nothing else has done so; says whether it did.
    pub(super) fn evaluate(&mut self, live: Option<&Experiment>) -> bool {
        let due = self.scores_due.is_due(Instant::now());
        let Some(live) = live.filter(|live| due && self.can_evaluate(live)) else { return false };
        let begun = Instant::now();
        self.examined(live.examine_all());
        self.scores_due.made_and_rests(rest(live, begun));
        if live.chip_failure().is_none() && !live.are_all(&self.examined) {
            // A command interrupted a chip that computes.
            self.scores_due.mark();
        }
        true
    }

    /// Tries the weights of a lane on the first `n` chips in the background.
    pub(super) fn try_chips(&mut self, experiment: &Experiment, lane: Lane, n: usize, epochs: f64) -> Result<()> {
        if let Some(started) = ChipsJob::start(experiment, lane, n, epochs)? {
            self.chips = Some(started);
        }
        Ok(())
    }

    /// Makes what is due of the experiment on display, of which this is known on the test split; says whether there is
    /// anything new.
    pub(super) fn refresh(&mut self, experiment: Option<&Experiment>, examined: &[Evaluation]) -> bool {
        let mut news = self.chips.as_mut().is_some_and(ChipsJob::has_news);
        let (now, Some(experiment)) = (Instant::now(), experiment) else { return news };
        news |= self.advance(experiment);
        let begun = Instant::now();
        if self.answers_due.is_due(now) {
            self.map = decision_map(experiment).map(Arc::new);
            self.draw(experiment);
            self.answers_due.made_and_rests(rest(experiment, begun));
            news = true;
        }
        if self.weights_due.is_due(now) {
            self.weights = Some(Arc::new(weights_view(experiment)));
            self.weights_due.made();
            news = true;
        }
        if let Some(stimulus) = self.stimulus.as_ref().filter(|_| self.bench_due.is_due(now)) {
            self.bench = experiment.bench(stimulus).map(Arc::new);
            self.bench_due.made();
            news = true;
        }
        news | self.costs.refresh(experiment, examined)
    }

    /// Studies the neurons of a lane, after so many epochs.
    pub(super) fn begin_study(&mut self, experiment: Option<&Experiment>, lane: Lane, epochs: f64) {
        self.study = experiment.and_then(|e| e.ablation(lane)).map(|study| (study, epochs));
    }

    /// One neuron of a study that is under way; says whether there is one.
    fn advance(&mut self, experiment: &Experiment) -> bool {
        let Some((study, epochs)) = &mut self.study else { return false };
        experiment.advance(study);
        self.importance = study.baseline().map(|baseline| {
            Arc::new(ImportanceView {
                lane: study.lane(),
                baseline,
                importances: study.importances().to_vec(),
                n: study.len(),
                samples: study.samples(),
                epochs: *epochs,
            })
        });
        if study.is_done() {
            self.study = None;
        }
        true
    }

    /// Classifies a picture as long as it is shown.
    pub(super) fn classify(&mut self, experiment: Option<&Experiment>, pixels: Vec<f32>) {
        self.picture = pixels;
        self.drawing = None;
        if let Some(experiment) = experiment {
            self.draw(experiment);
        }
    }

    fn draw(&mut self, experiment: &Experiment) {
        self.drawing = drawing(experiment, &self.picture).map(Arc::new);
    }

    /// Runs the sample on display `n` times, after so many epochs.
    pub(super) fn repeat(&mut self, experiment: Option<&Experiment>, lane: Lane, n: usize, epochs: f64) {
        let Some(experiment) = experiment else { return };
        let data = experiment.data();
        let place = self.sample % data.test.len().max(1);
        let Some(sample) = data.test.get(place) else { return };
        let input = self.heard.as_ref().map_or(&sample.spikes, |(_, input)| input);
        let repeats = experiment.repeat(lane, input, n.clamp(2, MOST_CHIPS));
        self.repeats = repeats.map(|seen| {
            let first = seen.first.mapv(|t| Unit::Microseconds.shown_from_si(t));
            let quantities = [&seen.spikes, &first, &seen.voltage].map(Repeated::new);
            let sample = self.heard.as_ref().map_or(Ok(place), |(name, _)| Err(name.clone()));
            Arc::new(RepeatsView { lane: seen.lane, runs: seen.spikes.nrows(), epochs, sample, quantities })
        });
    }

    /// Sets one thing on the bench, which is looked at from now on.
    pub(super) fn put_on_bench(&mut self, setting: Option<BenchSetting>) {
        let stimulus = self.stimulus.get_or_insert_default();
        if let Some(setting) = setting {
            stimulus.set(setting);
        }
        self.bench_due.at_once();
    }

    /// Shows a sound of the user's as the task's own words are heard.
    pub(super) fn hear(&mut self, experiment: Option<&Experiment>, path: &Path) -> Result<()> {
        let spikes = speech::ear()?.listen(&wav::read(path, wav::LONGEST_WORD)?, 1);
        let input = experiment.and_then(|e| e.data().sound(e.params(), &spikes));
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        let Some(input) = input else {
            return Err(Error::System(format!("{name} is a sound: choose a task of spoken words to hear it")));
        };
        self.heard = Some((name, input));
        Ok(())
    }
}
