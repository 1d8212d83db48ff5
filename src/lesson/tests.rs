//! The lessons that are built in, and one that a stranger would write.

use std::path::Path;

use super::*;
use crate::text::Language;

/// What the page of the handbook on lessons tells a teacher to write.
const FOUR_STEPS: &str = include_str!("../../tests/fixtures/four_steps.toml");

fn read(text: &str) -> Result<Lesson> {
    file::parse(text, Path::new("own.toml"))
}

#[test]
fn every_lesson_is_whole_in_both_languages_and_within_its_limits() {
    for listed in &Library::built_in().lessons {
        let lesson = listed.lesson.as_ref().unwrap();
        assert_eq!(lesson.warnings, Vec::<String>::new());
        let whole = Library::built_in().whole(&lesson.id).unwrap();
        for step in &whole.steps {
            for language in Language::ALL {
                assert!(step.text.has(language), "{} {}", lesson.id, step.id);
                for words in [&step.hint, &step.why, &step.notes] {
                    assert!(words.is_empty() || words.has(language), "{} {} lacks {language:?}", lesson.id, step.id);
                }
            }
        }
    }
}

#[test]
fn a_lesson_of_four_steps_as_the_handbook_describes_it_is_read_without_a_warning_and_can_be_finished() {
    let lesson = read(FOUR_STEPS).unwrap();
    assert_eq!((lesson.steps.len(), lesson.warnings.len()), (4, 0), "{:?}", lesson.warnings);
    let rehearsed = rehearse(&lesson, 1).unwrap();
    assert_eq!(rehearsed.failures, Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_line_and_column() {
    for (from, to, place, why) in [
        ("minutes = 3", "minuets = 3", "line 5, column 1", "minuets"),
        ("done = \"epochs >= 3\"", "done = \"epoch >= 3\"", "line 22, column 8", "`epoch` is nothing"),
        ("do = [\"run_to 3\"]", "do = [\"fly_to 3\"]", "line 21, column 7", "no verb `fly_to`"),
        ("format = 1", "format = 2", "line 1, column 10", "newer Misfit"),
        ("preset = \"story_loop\"", "preset = \"owl\"", "line 10, column 10", "no preset `owl`"),
        ("views = [[\"learning\"]]", "views = [[\"owl\"]]", "line 19, column 11", "no view `owl`"),
    ] {
        assert!(FOUR_STEPS.contains(from), "{from}");
        let error = read(&FOUR_STEPS.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(place) && error.contains(why), "{from}: {error}");
    }
}

#[test]
fn jumping_to_a_step_does_the_same_as_walking_to_it() {
    let lesson = Library::built_in().whole("loop").unwrap();
    for to in 1..lesson.steps.len() {
        let deeds = |steps: &[usize]| {
            let mut player = Player::new(lesson.clone());
            let all = steps.iter().flat_map(|&k| player.go(k, 1.0)).map(|deed| match deed {
                Deed::Begin(start) => format!("{:?}", start.protocol),
                Deed::Do { verb, .. } => verb.to_string(),
            });
            all.collect::<Vec<_>>()
        };
        let walked: Vec<usize> = (0..=to).collect();
        assert_eq!(deeds(&[to]), deeds(&walked), "step {to}");
        // The second step goes on from the first one; for any other everything is done again.
        let from = if to == 1 { 0 } else { deeds(&[0]).len() };
        assert_eq!(deeds(&[to]), deeds(&[0, to]).split_off(from), "from the first step");
    }
}

#[test]
fn a_print_for_pupils_holds_no_answer_and_one_for_teachers_holds_them_all() {
    let lesson = Library::built_in().whole("transfer").unwrap();
    let reached = Rehearsed { lines: vec!["learn: ideal 95.0 %".into()], ..Rehearsed::default() };
    for language in Language::ALL {
        let [pupil, teacher] = [Reader::Pupil, Reader::Teacher].map(|reader| html(&lesson, language, reader, &reached));
        let Guess::Choice(options) = &lesson.steps[1].ask.as_ref().unwrap().answer else { panic!("a choice") };
        for option in options {
            let because = option.because.said(language, None);
            assert!(!pupil.contains(&because) && teacher.contains(&because));
            assert!(pupil.contains(&option.text.said(language, None)));
        }
        assert!(!pupil.contains("95.0 %") && teacher.contains("95.0 %") && pupil.contains("<svg"));
    }
}
