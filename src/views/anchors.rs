//! Where things are on the screen, by names that spotlight, handbook and tests share: `param.sigma`, `action.run`,
//! `view.learning`, `card.ideal`.

use egui::{Context, Id, Rect, Ui};

/// What was drawn in a frame.
#[derive(Debug, Clone, Default)]
struct Anchors {
    frame: u64,
    places: Vec<(String, Rect)>,
    /// What has to be in sight.
    wanted: Vec<String>,
}

fn with<R>(ctx: &Context, read: impl FnOnce(&mut Anchors) -> R) -> R {
    let frame = ctx.cumulative_frame_nr();
    ctx.data_mut(|data| {
        let anchors = data.get_temp_mut_or_default::<Anchors>(Id::unique("anchors"));
        if anchors.frame != frame {
            anchors.frame = frame;
            anchors.places.clear();
        }
        read(anchors)
    })
}

/// Says where something is in this frame. What is pointed at and has been scrolled away is scrolled to.
pub fn mark(ui: &Ui, name: impl Into<String>, rect: Rect) {
    let (name, clip) = (name.into(), ui.clip_rect());
    let seen = rect.intersect(clip);
    let hidden = !seen.is_positive();
    let wanted = with(ui.ctx(), |anchors| {
        let wanted = anchors.wanted.contains(&name);
        if !hidden {
            anchors.places.push((name, seen));
        }
        wanted
    });
    if wanted && hidden && rect.is_finite() {
        ui.scroll_to_rect(rect, None);
        ui.ctx().request_repaint();
    }
}

/// Where something is, if it has been drawn in this frame.
pub fn place(ctx: &Context, name: &str) -> Option<Rect> {
    with(ctx, |anchors| anchors.places.iter().rev().find(|place| place.0 == name).map(|place| place.1))
}

/// Everything that has been drawn in this frame.
pub fn all(ctx: &Context) -> Vec<(String, Rect)> {
    with(ctx, |anchors| anchors.places.clone())
}

/// What has to be in sight from now on.
pub fn want(ctx: &Context, names: &[String]) {
    with(ctx, |anchors| anchors.wanted = names.to_vec());
}
