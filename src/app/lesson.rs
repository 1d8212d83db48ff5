//! A lesson in the window: what it does, step by step, while the run that was in hand waits.

mod card;
mod copy;
mod facts;
mod list;
mod presenter;
mod reload;
mod spotlight;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use egui_tiles::{Container, Linear, LinearDir, Tile, Tiles, Tree};

use super::App;
use super::draft::Draft;
use super::notices::Notice;
use crate::lesson::verbs::{Speed, Verb};
use crate::lesson::{Arrangement, Deed, Lesson, Library, Listed, Player, Shown, file};
use crate::params::{Lane, Params, Value};
use crate::protocol::Change;
use crate::session::messages::{EngineCommand, Pace, Snapshot};
use crate::views::{ViewKind, Views};
pub(super) use card::term_ui;
pub(super) use facts::epochs;
pub(super) use presenter::Presenter;
use reload::Watch;

/// Batches a second where a lesson does not say how fast.
const USUAL_SPEED: Speed = Speed::BatchesPerSecond(20.0);

/// A lesson that is open.
pub(super) struct Running {
    pub(super) player: Player,
    /// What is to be done before anything else, in order.
    queue: VecDeque<Deed>,
    wait: Wait,
    speed: Speed,
    /// What the parameters were when the step had done its part.
    entered_with: Params,
    animation: Option<Animation>,
    /// What all that the lesson changed was before; `None` for the first screen, which changes nothing of that.
    before: Option<Box<Before>>,
    /// Looks whether the file has changed.
    watch: Option<Watch>,
    /// Why the newest version of the file is not used.
    broken: Option<String>,
    /// Nothing is pointed at any more.
    spot_is_off: bool,
    /// The screen is blank.
    blank: bool,
    /// The snapshot with the lanes that are drawn, and what it was made from.
    drawn: Option<(Arc<Snapshot>, Vec<Lane>, Arc<Snapshot>)>,
    /// The number that is being typed as an answer.
    guess: f64,
    /// What screen readers were told last.
    spoken: card::Spoken,
}

/// What a lesson gives back when it is left.
struct Before {
    draft: Draft,
    tree: Tree<ViewKind>,
    unprojected: Option<Tree<ViewKind>>,
    views: Views,
    twin: Lane,
}

/// What the next thing to do waits for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wait {
    Nothing,
    /// The session has what was set in this frame.
    Frame,
    /// Another experiment than that of this generation.
    Run(u64),
    /// So many epochs.
    Epoch(usize),
}

/// A parameter on its way.
struct Animation {
    verb: Verb,
    began: f64,
}

impl Running {
    pub(super) fn new(lesson: Lesson, params: &Params) -> Self {
        Self {
            player: Player::new(lesson),
            queue: VecDeque::new(),
            wait: Wait::Nothing,
            speed: USUAL_SPEED,
            entered_with: params.clone(),
            animation: None,
            before: None,
            watch: None,
            broken: None,
            spot_is_off: false,
            blank: false,
            drawn: None,
            guess: 0.0,
            spoken: card::Spoken::default(),
        }
    }

    /// The epoch that the lesson lets the network learn to, if it is on its way there.
    pub(super) fn learns_to(&self) -> Option<usize> {
        if let Wait::Epoch(epoch) = self.wait { Some(epoch) } else { None }
    }
}

/// Time for lessons, s; never 0.
fn now(ctx: &egui::Context) -> f64 {
    1.0 + ctx.input(|i| i.time)
}

impl App {
    /// Whether a lesson is open that is not the first screen.
    pub(super) fn is_in_lesson(&self) -> bool {
        self.lesson.as_ref().is_some_and(|lesson| lesson.before.is_some())
    }

    /// Opens a lesson by its id.
    pub(super) fn open_lesson(&mut self, id: &str, ctx: &egui::Context) {
        match self.library.whole(id) {
            Ok(lesson) => {
                let path = self.library.lessons.iter().find(|l| l.id() == id).and_then(|l| l.path.clone());
                self.enter_lesson(lesson, path, ctx);
            }
            Err(error) => self.notify(Notice::Wrong(error)),
        }
    }

    /// Opens the lesson in a file and offers it from then on.
    pub fn open_lesson_file(&mut self, path: &Path, ctx: &egui::Context) {
        let lesson = file::load(path);
        let listed = Listed { lesson, path: Some(path.to_path_buf()) };
        let id = listed.id();
        self.library.add(listed);
        self.open_lesson(&id, ctx);
    }

    fn enter_lesson(&mut self, lesson: Lesson, path: Option<PathBuf>, ctx: &egui::Context) {
        let kept = self.lesson.take().and_then(|lesson| lesson.before);
        let before = kept.unwrap_or_else(|| {
            self.commands.push(EngineCommand::SetAside);
            let fresh = Draft::new(&self.draft.params);
            Box::new(Before {
                draft: std::mem::replace(&mut self.draft, fresh),
                tree: self.arranged.tree.clone(),
                unprojected: self.arranged.unprojected.take(),
                views: std::mem::take(&mut self.views),
                twin: self.twin,
            })
        });
        let mut running = Running::new(lesson, &self.draft.params);
        running.before = Some(before);
        running.watch = path.and_then(|path| Watch::start(path, ctx).ok());
        self.lesson = Some(Box::new(running));
        self.windows.lessons = false;
        self.go_to_step(0, ctx);
    }

    /// Gives back what the lesson found.
    pub(super) fn leave_lesson(&mut self) {
        let Some(lesson) = self.lesson.take() else { return };
        if lesson.player.is_last() {
            self.settings.finish_lesson(&lesson.player.lesson.id);
        }
        let Some(before) = lesson.before else { return };
        let Before { draft, tree, unprojected, views, twin } = *before;
        (self.draft, self.arranged.tree, self.arranged.unprojected, self.views, self.twin) =
            (draft, tree, unprojected, views, twin);
        self.notices.clear();
        self.commands.push(EngineCommand::BringBack);
        self.commands.push(EngineCommand::SetPace(self.settings.pace()));
    }

    /// Enters a step.
    pub(super) fn go_to_step(&mut self, to: usize, ctx: &egui::Context) {
        let now = now(ctx);
        let Some(lesson) = &mut self.lesson else { return };
        let deeds = lesson.player.go(to, now);
        lesson.queue.extend(deeds);
        (lesson.spot_is_off, lesson.animation, lesson.guess) = (false, None, 0.0);
        if lesson.before.is_some()
            && let Some(tree) = lesson.player.views().and_then(tree_of)
            && (lesson.player.step().views.is_some() || to == 0)
        {
            self.arranged.tree = tree;
        }
        self.notices.clear();
        ctx.request_repaint();
    }

    /// What the open lesson does in this frame.
    pub(super) fn lesson_tick(&mut self, ctx: &egui::Context) {
        let now = now(ctx);
        if let Some(path) = self.dropped_lesson.take() {
            self.open_lesson_file(&path, ctx);
        }
        if self.lesson.is_none() {
            return;
        }
        self.reload_lesson();
        self.work_off(ctx, now);
        self.animate(ctx, now);
        let facts = self.facts(now);
        let Some(lesson) = &mut self.lesson else { return };
        let busy = !lesson.queue.is_empty() || lesson.wait != Wait::Nothing;
        if !busy && lesson.player.observe(&facts, now) {
            ctx.request_repaint();
        }
        if lesson.player.goes_on(now) && !lesson.player.is_last() {
            let next = lesson.player.place() + 1;
            return self.go_to_step(next, ctx);
        }
        if let Some(wait) = lesson.player.waits(now) {
            ctx.request_repaint_after(Duration::from_secs_f64(wait + 0.01));
        }
    }

    /// Does what is due, as far as nothing has to be waited for.
    fn work_off(&mut self, ctx: &egui::Context, now: f64) {
        loop {
            let s = &self.snapshot;
            let learnt = s.epoch.saturating_sub(usize::from(s.batch < s.batches || s.batches == 0));
            let Some(lesson) = &mut self.lesson else { return };
            let is_over = match lesson.wait {
                Wait::Nothing | Wait::Frame => true,
                Wait::Run(generation) => s.generation > generation,
                Wait::Epoch(epoch) => learnt >= epoch,
            };
            if !is_over {
                return;
            }
            if matches!(lesson.wait, Wait::Epoch(_)) {
                self.commands.push(EngineCommand::SetPace(lesson.speed.into()));
            }
            lesson.wait = Wait::Nothing;
            let Some(deed) = lesson.queue.pop_front() else {
                return;
            };
            if self.do_deed(deed, ctx, now) {
                ctx.request_repaint();
                return;
            }
        }
    }

    /// Does one thing; says whether the next one waits at least for the next frame.
    fn do_deed(&mut self, deed: Deed, ctx: &egui::Context, now: f64) -> bool {
        let generation = self.snapshot.generation;
        let (verb, skipped) = match deed {
            Deed::Begin(start) => {
                if let Some(lesson) = &mut self.lesson {
                    lesson.speed = start.speed.unwrap_or(USUAL_SPEED);
                    self.commands.push(EngineCommand::SetPace(lesson.speed.into()));
                    lesson.wait = Wait::Run(generation);
                    lesson.entered_with.clone_from(&start.protocol.params);
                }
                let mut protocol = start.protocol;
                protocol.params.learning.threads = self.draft.params.learning.threads;
                self.prepare(protocol);
                return true;
            }
            Deed::Do { verb, skipped } => (verb, skipped),
        };
        let Some(lesson) = &mut self.lesson else { return false };
        match &verb {
            Verb::Speed(speed) => lesson.speed = *speed,
            Verb::RunTo(epoch) => {
                lesson.wait = Wait::Epoch(*epoch);
                if skipped {
                    self.commands.push(EngineCommand::SetPace(Pace::Full));
                }
            }
            Verb::Restart | Verb::NewWeights | Verb::Preset(_) => lesson.wait = Wait::Run(generation),
            Verb::Animate { .. } if !skipped => {
                lesson.animation = Some(Animation { verb, began: now });
                return false;
            }
            _ => {}
        }
        let changes_parameters = verb.changes(&self.draft.params).is_some();
        self.do_verb(&verb, ctx);
        if let Some(lesson) = &mut self.lesson {
            if let Verb::Preset(key) = verb
                && crate::protocol::preset(key).is_none_or(|preset| !preset.is_experiment())
            {
                lesson.wait = Wait::Frame;
            }
            lesson.entered_with.clone_from(&self.draft.params);
            if changes_parameters {
                // The session is told at the end of the frame; what comes next comes after that.
                lesson.wait = Wait::Frame;
            }
            return lesson.wait != Wait::Nothing;
        }
        false
    }

    fn animate(&mut self, ctx: &egui::Context, now: f64) {
        let Some(lesson) = &mut self.lesson else { return };
        let Some(Animation { verb: Verb::Animate { spec, from, to, seconds }, began }) = &lesson.animation else {
            return;
        };
        let share = if *seconds > 0.0 { ((now - began) / seconds).clamp(0.0, 1.0) } else { 1.0 };
        let value = Value::Number(spec.unit.si_from_shown(from + share * (to - from)));
        Change::Set { key: spec.key, value }.apply(&mut self.draft.params);
        if share < 1.0 {
            ctx.request_repaint();
        } else {
            lesson.animation = None;
            lesson.entered_with.clone_from(&self.draft.params);
        }
    }

    /// Puts a new version of the file in place, or says why it is not.
    fn reload_lesson(&mut self) {
        let Some(lesson) = &mut self.lesson else { return };
        let Some(read) = lesson.watch.as_ref().and_then(Watch::take) else { return };
        match read {
            Ok(new) if !new.steps.is_empty() => {
                lesson.broken = None;
                lesson.player.replace(new);
                if let Some(tree) = lesson.player.views().and_then(tree_of) {
                    self.arranged.tree = tree;
                }
            }
            Ok(_) => {}
            Err(error) => lesson.broken = Some(error.to_string()),
        }
    }

    /// Takes note of what the person in front of the window did.
    pub(super) fn did(&mut self, key: &str) {
        if let (Some(lesson), Some(verb)) = (&mut self.lesson, crate::lesson::names::known(&Verb::WORDS, key)) {
            lesson.player.did(verb);
        }
    }

    /// What is drawn: everything, or what the step holds back left out.
    pub(super) fn drawn(&mut self) -> Arc<Snapshot> {
        let snapshot = &self.snapshot;
        let lanes = self.lesson.as_ref().and_then(|lesson| lesson.player.step().lanes.clone());
        let (Some(lanes), Some(lesson)) = (lanes, &mut self.lesson) else { return Arc::clone(snapshot) };
        if let Some((source, drawn_lanes, drawn)) = &lesson.drawn
            && Arc::ptr_eq(source, snapshot)
            && *drawn_lanes == lanes
        {
            return Arc::clone(drawn);
        }
        let drawn = Arc::new(snapshot.showing(&lanes));
        lesson.drawn = Some((Arc::clone(snapshot), lanes, Arc::clone(&drawn)));
        drawn
    }

    /// Whether the whole instrument is shown.
    pub(super) fn shows_instrument(&self) -> bool {
        self.lesson.as_ref().is_none_or(|lesson| lesson.before.is_some() && lesson.player.step().shown == Shown::All)
    }

    /// Lessons of the user's own, from the folder beside the settings of the window.
    pub(super) fn library_with(folder: Option<PathBuf>) -> Library {
        let library = Library::built_in();
        folder.map_or(library.clone(), |folder| library.with_folder(&folder))
    }
}

/// Views as columns of stacks of tabs.
fn tree_of(arrangement: &Arrangement) -> Option<Tree<ViewKind>> {
    let mut tiles = Tiles::default();
    let linear = |tiles: &mut Tiles<ViewKind>, dir, children| {
        tiles.insert_new(Tile::Container(Container::Linear(Linear::new(dir, children))))
    };
    let mut columns = Vec::new();
    for column in arrangement {
        let mut stacks = Vec::new();
        for stack in column {
            let kinds = stack.iter().filter_map(|key| ViewKind::from_key(key));
            let panes = kinds.map(|kind| tiles.insert_pane(kind)).collect();
            stacks.push(tiles.insert_tab_tile(panes));
        }
        columns.push(linear(&mut tiles, LinearDir::Vertical, stacks));
    }
    if columns.is_empty() {
        return None;
    }
    let root = linear(&mut tiles, LinearDir::Horizontal, columns);
    Some(Tree::new(egui::Id::unique("views"), root, tiles))
}
