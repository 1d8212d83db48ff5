//! Type: one family in two weights, Latin and Chinese, in three sizes.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontId, RichText};

use super::surfaces;

/// Height of units, captions and the numbers of axes, in points.
pub const SMALL: f32 = 11.5;
/// Height of everything else, in points.
pub const BODY: f32 = 13.0;
/// Height of scores, in points.
pub const SCORE: f32 = 30.0;

/// The cuts that are shipped, by name: Latin with figures of one width, common Chinese characters, and icons.
static CUTS: [(&str, &[u8]); 5] = [
    ("Misfit Sans", include_bytes!("../../../assets/fonts/MisfitSans.otf")),
    ("Misfit Sans SC", include_bytes!("../../../assets/fonts/MisfitSansSC.otf")),
    ("Misfit Sans Strong", include_bytes!("../../../assets/fonts/MisfitSansStrong.otf")),
    ("Misfit Sans Strong SC", include_bytes!("../../../assets/fonts/MisfitSansStrongSC.otf")),
    ("Misfit Icons", include_bytes!("../../../assets/fonts/MisfitIcons.ttf")),
];

/// The cuts of running text and of titles, for drawings outside the window.
pub(in crate::views) fn letters() -> [&'static [u8]; 5] {
    CUTS.map(|(_, bytes)| bytes)
}

/// The family of titles and scores.
fn strong_family() -> FontFamily {
    FontFamily::Name("strong".into())
}

/// The strong weight in that size.
pub fn strong_font(size: f32) -> FontId {
    FontId::new(size, strong_family())
}

/// Text in the strong weight.
pub fn strong(text: impl Into<RichText>) -> RichText {
    text.into().family(strong_family()).strong()
}

/// The families of the window; egui's own fonts stand in for what they lack.
fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in CUTS {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
    }
    let [regular, chinese, strong, strong_chinese, icons] = CUTS.map(|(name, _)| name.to_owned());
    let others = fonts.families.remove(&FontFamily::Proportional).unwrap_or_default();
    let family = |cuts: [String; 2]| cuts.into_iter().chain([icons.clone()]).chain(others.clone()).collect();
    fonts.families.insert(strong_family(), family([strong, strong_chinese]));
    fonts.families.entry(FontFamily::Monospace).or_default().extend([regular.clone(), chinese.clone()]);
    fonts.families.insert(FontFamily::Proportional, family([regular, chinese]));
    fonts
}

/// Fonts, sizes and distances that hold in both themes.
pub fn set_up(ctx: &egui::Context) {
    ctx.set_fonts(fonts());
    ctx.set_visuals_of(egui::Theme::Dark, surfaces::dark());
    ctx.set_visuals_of(egui::Theme::Light, surfaces::light());
    ctx.all_styles_mut(|style| {
        use egui::TextStyle::{Body, Button, Heading, Monospace, Small};
        let plain = FontId::proportional;
        let fonts = [(Small, plain(SMALL)), (Body, plain(BODY)), (Button, plain(BODY)), (Heading, strong_font(BODY))];
        style.text_styles.extend(fonts);
        style.text_styles.insert(Monospace, FontId::monospace(SMALL));
        surfaces::spacing(style);
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::PARAMS;
    use crate::protocol::PRESETS;
    use crate::text::Language;

    /// Everything that the window says in any language.
    fn said() -> String {
        let mut said = String::new();
        for language in Language::ALL {
            let text = language.text();
            said.extend([format!("{text:?}"), language.own_name().into()]);
            for spec in PARAMS {
                let words = text.param(spec);
                said.extend([words.label, words.help, spec.symbol, spec.source]);
                said += spec.unit.suffix();
            }
            said.extend(PRESETS.iter().map(|preset| text.preset(preset).help));
        }
        said.extend(crate::lesson::sources());
        said
    }

    #[test]
    fn every_character_of_every_language_has_a_glyph_in_both_weights_that_are_shipped() {
        let ctx = egui::Context::default();
        set_up(&ctx);
        let mut missing = std::collections::BTreeSet::new();
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                for family in [FontFamily::Proportional, strong_family()] {
                    let font = egui::FontId::new(14.0, family);
                    missing.extend(said().chars().filter(|c| !c.is_control() && !fonts.has_glyph(&font, *c)));
                }
            });
        });
        output.textures_delta.clear();
        let missing: String = missing.into_iter().collect();
        assert!(missing.is_empty(), "run assets/fonts/subset.py, or use other words for: {missing}");
        let bytes: usize = CUTS.iter().map(|(_, bytes)| bytes.len()).sum();
        assert!(bytes < 2_000_000, "{bytes} bytes");
    }

    #[test]
    fn figures_are_of_one_width_in_both_weights() {
        let ctx = egui::Context::default();
        set_up(&ctx);
        let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
            ui.fonts_mut(|fonts| {
                for family in [FontFamily::Proportional, strong_family()] {
                    let font = egui::FontId::new(100.0, family);
                    let widths = ('0'..='9').map(|c| fonts.glyph_width(&font, c)).collect::<Vec<_>>();
                    assert!(widths.iter().all(|width| (width - widths[0]).abs() < 0.2), "{widths:?}");
                }
            });
        });
        output.textures_delta.clear();
    }
}
