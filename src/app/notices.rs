//! What the user has to know until it is dismissed, or is no longer true: cards over the lower right corner, which
//! move nothing, and a list of what was said.
//!
//! Notices are kept as what they are about and put into words when they are drawn, in the language of that moment.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::App;
use crate::base::error::Error;
use crate::params::{Lane, ParamSpec, Value, find};
use crate::protocol::{Change, Timed};
use crate::session::messages::{Command, EngineCommand, MEASURED, SessionCommand, TrimmedSpread};
use crate::text::Text;
use crate::views::ViewKind;
use crate::views::theme::{self, icons};

/// Notices kept until dismissed; older ones go first.
const MOST_NOTICES: usize = 5;
/// Notices that the list of what was said goes back.
const MOST_SAID: usize = 50;
/// For how long it is said that something went well.
const GOOD_NEWS: Duration = Duration::from_secs(12);
/// Width of a card, and its distance from the corner above the timeline, in points.
const CARD: f32 = 400.0;
const CORNER: egui::Vec2 = egui::vec2(-12.0, -44.0);

/// The notices that are shown, and those that were.
#[derive(Default)]
pub(super) struct Notices {
    shown: Vec<(Notice, Instant)>,
    said: VecDeque<Notice>,
}

impl Notices {
    fn push(&mut self, notice: Notice) {
        self.shown.retain(|(known, _)| !known.is_replaced_by(&notice));
        self.said.push_front(notice.clone());
        self.said.truncate(MOST_SAID);
        self.shown.push((notice, Instant::now()));
        if self.shown.len() > MOST_NOTICES {
            self.shown.remove(0);
        }
    }

    /// Shows only those that pass.
    pub(super) fn retain(&mut self, keep: impl Fn(&Notice) -> bool) {
        self.shown.retain(|(notice, _)| keep(notice));
    }

    /// Shows none.
    pub(super) fn clear(&mut self) {
        self.shown.clear();
    }

    /// Ends what went well long enough ago; returns how long to wait for the next end.
    fn expire(&mut self) -> Option<Duration> {
        self.shown.retain(|(notice, since)| notice.is_alarming() || since.elapsed() < GOOD_NEWS);
        let left = |(_, since): &(Notice, Instant)| GOOD_NEWS.saturating_sub(since.elapsed());
        self.shown.iter().filter(|(notice, _)| !notice.is_alarming()).map(left).min()
    }
}

/// Something the user has to know.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Notice {
    /// All planned epochs are done.
    Finished { epochs: usize },
    /// The readout of a lane hardly ever rises.
    Trapped { lane: Lane, percent: u32 },
    /// No hidden neuron of a lane spikes.
    Silent(Lane),
    /// How far a calibration shrank the spreads.
    Calibrated(Vec<TrimmedSpread>, usize),
    /// A file was written.
    Saved(PathBuf),
    /// A file was not written, and why.
    NotSaved(Error),
    /// A network was loaded, and what changed on the way, in sentences.
    Loaded(Vec<String>),
    /// Settings were not adopted, and why.
    Refused(Error),
    /// The run has stopped, and why.
    Failed(Error),
    /// Runs are not kept, and why.
    NotKept(Error),
    /// Anything else that went wrong.
    Wrong(Error),
    /// The run made a change that was planned.
    Planned(Timed),
    /// A command line was copied.
    Copied(String),
    /// Views have nothing to take away.
    NothingIn(Vec<ViewKind>),
    /// The settings of the window make no sense, and are kept in that file.
    SettingsBroken(PathBuf),
    /// The settings of the window are those of a newer program.
    SettingsNewer,
}

impl Notice {
    /// That a file was written, by its whole path.
    pub(super) fn saved(path: PathBuf) -> Self {
        Self::Saved(std::path::absolute(&path).unwrap_or(path))
    }

    /// In words.
    fn words(&self, text: &Text) -> String {
        match self {
            Self::Finished { epochs } => format!("{} {epochs}{colon}{}", text.epoch, text.finished, colon = text.colon),
            Self::Trapped { lane, percent } => {
                format!("{}{colon}{} ({percent} %)", text.lane(*lane).name, text.shell.trapped, colon = text.colon)
            }
            Self::Silent(lane) => format!("{}{colon}{}", text.lane(*lane).name, text.shell.silent, colon = text.colon),
            Self::Calibrated(spreads, mute) => {
                let name =
                    |s: &TrimmedSpread| MEASURED.iter().find(|m| m.0 == s.name).map_or(s.name, |m| text.word(m.2));
                let part = |s: &TrimmedSpread| format!("{} {:.1} → {:.1} %", name(s), s.before, s.after);
                let left = (*mute > 0).then(|| text.plurals.mute.of(*mute));
                let parts: Vec<String> = spreads.iter().map(part).chain(left).collect();
                format!("{}{colon}{}", text.calibrated, parts.join(text.semicolon), colon = text.colon)
            }
            Self::Saved(path) => format!("{} {}", text.saved, path.display()),
            Self::NotSaved(error) => {
                format!("{}{colon}{}", text.export.not_written, text.error(error), colon = text.colon)
            }
            Self::Loaded(notes) => format!("{}. {}", text.shell.loaded, notes.join("; ")),
            Self::Refused(error) => format!("{}{colon}{}", text.refused, text.error(error), colon = text.colon),
            Self::Failed(error) => format!("{}{colon}{}", text.failed, text.error(error), colon = text.colon),
            Self::NotKept(error) => format!("{}{colon}{}", text.runs.not_kept, text.error(error), colon = text.colon),
            Self::Wrong(error) => text.error(error),
            Self::Planned(timed) => {
                format!("{} {}{colon}{}", text.epoch, timed.when, done(&timed.change, text), colon = text.colon)
            }
            Self::Copied(command) => format!("{}{colon}{command}", text.shell.copied, colon = text.colon),
            Self::NothingIn(kinds) => {
                let titles: Vec<&str> = kinds.iter().map(|kind| kind.text(text).title).collect();
                format!("{}{colon}{}", titles.join(text.comma), text.no_data, colon = text.colon)
            }
            Self::SettingsBroken(aside) => {
                format!("{}{colon}{}", text.shell.settings_broken, aside.display(), colon = text.colon)
            }
            Self::SettingsNewer => text.shell.settings_newer.into(),
        }
    }

    /// Whether it stays until it is dismissed; what went well needs no more than one line.
    fn is_alarming(&self) -> bool {
        match self {
            Self::Trapped { .. }
            | Self::Silent(_)
            | Self::NotSaved(_)
            | Self::Refused(_)
            | Self::Failed(_)
            | Self::NotKept(_)
            | Self::Wrong(_)
            | Self::SettingsBroken(_) => true,
            Self::Finished { .. }
            | Self::Calibrated(..)
            | Self::Saved(_)
            | Self::Loaded(_)
            | Self::Planned(_)
            | Self::Copied(_)
            | Self::NothingIn(_)
            | Self::SettingsNewer => false,
        }
    }

    /// Whether it is no longer true, or no longer of interest, once this command is carried out.
    fn ends_with(&self, command: &Command) -> bool {
        let Command::Session(SessionCommand::Engine(command)) = command else { return false };
        let other_run = matches!(
            command,
            EngineCommand::Restart(_)
                | EngineCommand::Resume(_)
                | EngineCommand::TakeBack
                | EngineCommand::LoadNir { .. }
                | EngineCommand::Branch
        );
        match self {
            Self::Finished { .. } => other_run || matches!(command, EngineCommand::Run | EngineCommand::StepBatch),
            Self::Refused(_) => other_run || matches!(command, EngineCommand::SetParams(_)),
            Self::Calibrated(..) => {
                other_run || matches!(command, EngineCommand::Calibrate | EngineCommand::Uncalibrate)
            }
            Self::Failed(Error::Chip { .. }) => {
                other_run || matches!(command, EngineCommand::Run | EngineCommand::StepBatch)
            }
            Self::Trapped { .. } | Self::Silent(_) | Self::Failed(_) | Self::Loaded(_) | Self::Planned(_) => other_run,
            _ => false,
        }
    }

    /// Whether `news` takes the place of it.
    fn is_replaced_by(&self, news: &Self) -> bool {
        let same_file = match (self, news) {
            (Self::NotSaved(Error::File { path, .. }) | Self::Wrong(Error::File { path, .. }), Self::Saved(saved)) => {
                path == saved
            }
            _ => false,
        };
        self == news || same_file || !(self.is_alarming() || news.is_alarming())
    }
}

impl App {
    pub(super) fn notify(&mut self, notice: Notice) {
        self.notices.push(notice);
    }

    /// Forgets what the commands of this frame make untrue.
    pub(super) fn forget_what_ends(&mut self, another_chip: bool) {
        let commands = &self.commands;
        self.notices.retain(|notice| {
            let of_another_chip = another_chip && matches!(notice, Notice::Calibrated(..));
            !of_another_chip && commands.commands.iter().all(|command| !notice.ends_with(command))
        });
    }

    /// The cards, above one another.
    pub(super) fn notices_ui(&mut self, ctx: &egui::Context) {
        if let Some(wait) = self.notices.expire() {
            ctx.request_repaint_after(wait);
        }
        let area = egui::Area::new(egui::Id::unique("notices")).anchor(egui::Align2::RIGHT_BOTTOM, CORNER);
        area.show(ctx, |ui| {
            ui.set_width(CARD.min(ctx.content_rect().width() - 24.0));
            self.recovered_ui(ui);
            self.waiting_ui(ui);
            let text = self.text;
            let mut dismissed = None;
            for (k, (notice, _)) in self.notices.shown.iter().enumerate() {
                let color = notice.is_alarming().then(|| theme::alarm(ui.visuals()));
                card_ui(ui, color, |ui| {
                    if dismiss_ui(ui, text) {
                        dismissed = Some(k);
                    }
                    ui.label(notice.words(text));
                });
            }
            if let Some(k) = dismissed {
                self.notices.shown.remove(k);
            }
        });
    }

    /// Settings that wait for a restart.
    fn waiting_ui(&mut self, ui: &mut egui::Ui) {
        let text = self.text;
        let waiting = self.draft.waiting(&self.snapshot.params);
        let pending: Vec<&'static str> = waiting.map(|spec| text.param(spec).label).collect();
        if pending.is_empty() {
            return;
        }
        let at_a_control = self.offer_at().is_some();
        let accent = ui.visuals().selection.bg_fill;
        card_ui(ui, Some(accent), |ui| {
            ui.label(theme::strong(text.needs_restart.name)).on_hover_text(text.needs_restart.meaning);
            ui.label(pending.join(", "));
            if !at_a_control {
                ui.horizontal(|ui| self.restart_offer_ui(ui));
            }
        });
    }

    /// What was said, the newest first.
    pub(super) fn said_ui(&mut self, ctx: &egui::Context) {
        let text = self.text;
        egui::Window::new(text.shell.notices.name)
            .id(egui::Id::unique("said"))
            .open(&mut self.windows.said)
            .collapsible(false)
            .vscroll(true)
            .default_size(egui::vec2(440.0, 320.0))
            .show(ctx, |ui| {
                if self.notices.said.is_empty() {
                    ui.weak(text.shell.no_notices);
                }
                for notice in &self.notices.said {
                    let words = egui::RichText::new(notice.words(text));
                    let alarm = notice.is_alarming();
                    ui.label(if alarm { words.color(theme::alarm(ui.visuals())) } else { words });
                }
            });
    }

    /// The control below which a restart is offered, if one that is shown waits for it: the task before all others.
    pub(super) fn offer_at(&self) -> Option<&'static ParamSpec> {
        let settings = &self.settings;
        let in_panel = |spec: &ParamSpec| {
            if settings.simple {
                super::controls::SIMPLE.contains(&spec.key)
            } else {
                settings.open_groups.iter().any(|g| g == spec.group)
            }
        };
        let is_shown = |spec: &&ParamSpec| settings.controls && self.filter.trim().is_empty() && in_panel(spec);
        self.draft.waiting(&self.snapshot.params).filter(is_shown).min_by_key(|spec| spec.key != "task")
    }

    /// Restart with everything that waits, or not.
    pub(super) fn restart_offer_ui(&mut self, ui: &mut egui::Ui) {
        if ui.button(self.text.apply_restart).clicked() {
            self.restart();
        }
        if ui.button(self.text.discard).clicked() {
            self.draft.params = (*self.snapshot.params).clone();
        }
    }
}

/// A card with a bar of that colour.
pub(super) fn card_ui(ui: &mut egui::Ui, color: Option<egui::Color32>, add: impl FnOnce(&mut egui::Ui)) {
    let margin = egui::Margin { left: 14, right: 8, top: 6, bottom: 6 };
    let frame = egui::Frame::popup(ui.style()).inner_margin(margin);
    let card = frame.show(ui, |ui| {
        let width = ui.available_width();
        add(ui);
        ui.set_min_width(width);
    });
    let rect = card.response.rect;
    let bar = egui::Rect::from_min_size(rect.min, egui::vec2(0.5 * theme::UNIT, rect.height()));
    let color = color.unwrap_or_else(|| ui.visuals().weak_text_color());
    ui.painter().rect_filled(bar, theme::RADIUS, color);
}

/// A cross in the corner of a card; whether it was clicked.
pub(super) fn dismiss_ui(ui: &mut egui::Ui, text: &Text) -> bool {
    let side = egui::Vec2::splat(18.0);
    let corner = egui::Rect::from_min_size(egui::pos2(ui.max_rect().right() - side.x, ui.cursor().top()), side);
    let cross = ui.place(corner, egui::Button::new(icons::CLOSE).frame(false));
    // Words end before the cross.
    ui.set_max_width(ui.available_width() - side.x - ui.spacing().item_spacing.x);
    let named = crate::text::Named { name: text.dismiss, meaning: "" };
    icons::named(ui, cross, named, false).clicked()
}

/// What is done to a run, in words.
fn done(change: &Change, text: &Text) -> String {
    match change {
        Change::Set { key, value } => {
            let Some(spec) = find(key) else { return change.to_string() };
            let value = match value {
                Value::Word(word) => text.word(word).to_owned(),
                other => format!("{}{}", spec.format(other), text.word(spec.unit.suffix())),
            };
            format!("{} {value}", text.param(spec).label)
        }
        Change::Calibrate => text.calibrate.name.to_owned(),
        Change::Uncalibrate => text.uncalibrate.name.to_owned(),
        Change::Neuron { neuron, silent: true } => format!("{} {neuron}", text.device.damage_done),
        Change::Neuron { neuron, silent: false } => format!("{} {neuron}", text.device.healed),
        Change::Branch { .. } => text.time_machine.branch.name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{EN, ZH};

    fn unwritten(path: &str) -> Notice {
        Notice::NotSaved(Error::file("write", path, &std::io::ErrorKind::StorageFull.into()))
    }

    #[test]
    fn a_notice_is_said_in_the_language_of_the_moment() {
        let notices = [
            Notice::Finished { epochs: 3 },
            Notice::SettingsBroken("/c".into()),
            unwritten("/a"),
            Notice::Saved("/b".into()),
        ];
        for notice in notices {
            let (english, chinese) = (notice.words(&EN), notice.words(&ZH));
            assert!(english.is_ascii() || english.contains('…'), "{english}");
            assert!(chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{chinese}");
        }
    }

    #[test]
    fn a_calibration_is_told_in_the_words_of_the_parameters() {
        let names = ["leak", "reset", "threshold", "tau_mem", "tau_syn_exc", "tau_syn_inh", "cadc_offset"];
        let spread = |name| TrimmedSpread { name, before: 18.46, after: 0.41, limit: 0.3 };
        let notice = Notice::Calibrated(names.map(spread).to_vec(), 0);
        let (english, chinese) = (notice.words(&EN), notice.words(&ZH));
        assert!(english.contains("Leak potential 18.5 → 0.4 %"), "{english}");
        assert!(chinese.contains(&format!("{} 18.5 → 0.4 %", ZH.word("Membrane time constant"))), "{chinese}");
        for words in [english, chinese] {
            assert!(!words.contains('_') && !words.contains('…'), "{words}");
        }
    }

    #[test]
    fn a_notice_ends_with_what_it_is_about() {
        let failed = Notice::Failed(Error::System("no".into()));
        let refused = Notice::Refused(Error::System("no".into()));
        let restart = Command::from(EngineCommand::Restart(Box::default()));
        let change = Command::from(EngineCommand::SetParams(Box::default()));
        let finished = Notice::Finished { epochs: 40 };
        assert!(finished.ends_with(&EngineCommand::Run.into()) && finished.ends_with(&EngineCommand::TakeBack.into()));
        assert!(!finished.ends_with(&change) && !finished.ends_with(&EngineCommand::Pause.into()));
        assert!(
            refused.ends_with(&change) && refused.ends_with(&restart) && !refused.ends_with(&EngineCommand::Run.into())
        );
        assert!(failed.ends_with(&restart) && !failed.ends_with(&change));
        assert!(!unwritten("/a").ends_with(&restart), "the file is still not written");
    }

    #[test]
    fn a_file_that_could_be_written_at_last_takes_its_complaint_away_and_no_other() {
        let at_last = Notice::Saved("/a".into());
        assert!(unwritten("/a").is_replaced_by(&at_last));
        assert!(!unwritten("/b").is_replaced_by(&at_last));
        assert!(Notice::Copied("x".into()).is_replaced_by(&at_last), "one line for what went well");
    }
}
