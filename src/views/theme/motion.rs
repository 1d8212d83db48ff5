//! What moves goes to its place within a moment, and asks for frames only until it is there.

use egui::{Context, Id};

/// Something on its way.
#[derive(Clone, Copy)]
struct Motion {
    from: f64,
    to: f64,
    /// When it set out, s.
    since: f64,
}

/// Where something is on its way to `target`: quick at first, slow at the end. A step of no more than `least` is made at
/// once, and so is every step where motion is reduced.
pub fn eased(ctx: &Context, id: Id, target: f64, least: f64) -> f64 {
    let time = f64::from(ctx.global_style().animation_time);
    if !target.is_finite() || time <= 0.0 {
        ctx.data_mut(|data| data.remove::<Motion>(id));
        return target;
    }
    let now = ctx.input(|i| i.time);
    let part = |motion: &Motion| ((now - motion.since) / time).clamp(0.0, 1.0);
    let place = |motion: &Motion| match part(motion) {
        part if part < 1.0 => motion.from + (1.0 - (1.0 - part).powi(3)) * (motion.to - motion.from),
        _ => motion.to,
    };
    let at_rest = Motion { from: target, to: target, since: f64::NEG_INFINITY };
    let known = ctx.data(|data| data.get_temp::<Motion>(id)).unwrap_or(at_rest);
    let motion = if (target - known.to).abs() <= least {
        Motion { to: target, ..known }
    } else {
        Motion { from: place(&known), to: target, since: now }
    };
    ctx.data_mut(|data| data.insert_temp(id, motion));
    if part(&motion) < 1.0 {
        ctx.request_repaint();
    }
    place(&motion)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where it is drawn in a frame at that time, and whether another frame is asked for.
    fn frame(ctx: &Context, time: f64, target: f64, least: f64) -> (f64, bool) {
        let mut place = f64::NAN;
        let input = egui::RawInput { time: Some(time), ..egui::RawInput::default() };
        let mut output = ctx.run_ui(input, |ui| place = eased(ui.ctx(), Id::unique("thing"), target, least));
        // Nothing is drawn.
        output.textures_delta.clear();
        let wait = output.viewport_output[&egui::ViewportId::ROOT].repaint_delay;
        (place, wait == std::time::Duration::ZERO)
    }

    /// After the frames that a new context asks for by itself.
    fn context(seconds: f32) -> Context {
        let ctx = Context::default();
        ctx.all_styles_mut(|style| style.animation_time = seconds);
        for k in 0..4 {
            frame(&ctx, 0.1 * f64::from(k), 10.0, 0.0);
        }
        ctx
    }

    #[test]
    fn it_begins_at_its_place_goes_to_another_one_in_time_and_then_asks_for_no_frame() {
        let ctx = context(0.2);
        assert_eq!(frame(&ctx, 1.0, 10.0, 0.0), (10.0, false));
        let (began, asks) = frame(&ctx, 2.0, 20.0, 0.0);
        assert!((began - 10.0).abs() < 1e-9 && asks);
        let (half, asks) = frame(&ctx, 2.1, 20.0, 0.0);
        assert!((half - 18.75).abs() < 1e-6 && asks, "1 − (1/2)³ of the way: {half}");
        assert!((frame(&ctx, 2.2001, 20.0, 0.0).0 - 20.0).abs() < 1e-6);
        assert_eq!(frame(&ctx, 2.3, 20.0, 0.0), (20.0, false));
    }

    #[test]
    fn small_steps_and_all_steps_without_motion_are_made_at_once() {
        let ctx = context(0.2);
        assert_eq!(frame(&ctx, 1.0, 10.5, 1.0), (10.5, false));
        let still = context(0.0);
        assert_eq!(frame(&still, 1.0, 99.0, 0.0), (99.0, false));
        assert!(frame(&still, 1.1, f64::NAN, 0.0).0.is_nan());
    }
}
