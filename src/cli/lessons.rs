//! `misfit lessons`: list, check, rehearse and print lessons.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};

use super::say;
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::lesson::{self, Kind, Lesson, Library, Reader, file, rehearse};
use crate::text::Language;

/// Arguments of `misfit lessons`.
#[derive(Debug, Args)]
pub struct LessonsArgs {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all lessons; this is also done without a subcommand.
    List,
    /// Read lesson files and say what is wrong with them.
    Check {
        /// The files.
        #[arg(required = true, value_name = "FILE.toml")]
        files: Vec<PathBuf>,
    },
    /// Play lessons without a window as fast as the machine can, and check that what they say is still so.
    Rehearse {
        /// A file, or the id of a lesson that is built in.
        #[arg(required_unless_present = "all", value_name = "LESSON")]
        lessons: Vec<String>,
        /// All that are built in.
        #[arg(long)]
        all: bool,
        /// Threads of the engine, 0 for all.
        #[arg(long, value_name = "N", default_value_t = 0)]
        threads: u32,
    },
    /// Write a lesson as one HTML file with pictures, to be printed.
    Print {
        /// A file, or the id of a lesson that is built in.
        #[arg(value_name = "LESSON")]
        lesson: String,
        /// The language: en or zh.
        #[arg(long, value_name = "LANGUAGE", default_value = "en")]
        lang: String,
        /// The readers.
        #[arg(long = "for", value_enum, default_value_t = For::Pupil)]
        reader: For,
        /// Where to.
        #[arg(long, value_name = "FILE.html")]
        out: PathBuf,
    },
}

/// The readers of a print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum For {
    /// Questions and room for answers.
    Pupil,
    /// Answers, notes and numbers.
    Teacher,
}

pub(super) fn run(args: &LessonsArgs) -> Result<()> {
    match args.command.as_ref().unwrap_or(&Command::List) {
        Command::List => {
            list();
            Ok(())
        }
        Command::Check { files } => check(files),
        Command::Rehearse { lessons, all, threads } => {
            let all =
                if *all { Library::built_in().lessons.iter().map(lesson::Listed::id).collect() } else { Vec::new() };
            rehearse_all(lessons.iter().chain(&all), *threads)
        }
        Command::Print { lesson, lang, reader, out } => print(lesson, lang, *reader, out),
    }
}

fn list() {
    for listed in Library::built_in().lessons {
        let Ok(lesson) = listed.lesson else { continue };
        let kind = match lesson.kind {
            Kind::Lesson => "",
            Kind::Course => " (course)",
            Kind::Story => " (story)",
        };
        let title = Language::ALL.map(|language| lesson.title.said(language, None)).join("  ");
        say(&format!("  {:<10} {:>2.0} min  {title}{kind}", lesson.id, lesson.minutes));
        say(&format!("  {:<10}         {}", "", lesson.goal.said(Language::English, None)));
    }
}

fn check(files: &[PathBuf]) -> Result<()> {
    for path in files {
        let lesson = file::load(path)?;
        for warning in &lesson.warnings {
            say(&format!("warning: {warning}"));
        }
        let steps = if lesson.kind == Kind::Course {
            Library::built_in().with_folder(path.parent().unwrap_or(Path::new("."))).whole(&lesson.id)?.steps.len()
        } else {
            lesson.steps.len()
        };
        say(&format!("{}: {} steps, {} warnings", path.display(), steps, lesson.warnings.len()));
    }
    Ok(())
}

/// The lesson of a file, or the built-in one of that id.
fn find(name: &str) -> Result<Lesson> {
    let path = Path::new(name);
    if path.extension().is_none() {
        return Library::built_in().whole(name);
    }
    let (mut library, lesson) = (Library::built_in(), file::load(path)?);
    let id = lesson.id.clone();
    library.add(lesson::Listed { lesson: Ok(lesson), path: Some(path.to_path_buf()) });
    library.whole(&id)
}

fn rehearse_all<'a>(names: impl Iterator<Item = &'a String>, threads: u32) -> Result<()> {
    let mut failures = 0;
    for name in names {
        let start = std::time::Instant::now();
        let rehearsed = rehearse(&find(name)?, threads)?;
        say(&format!("{name}, {:.1} s", start.elapsed().as_secs_f64()));
        rehearsed.lines.iter().for_each(|line| say(&format!("  {line}")));
        rehearsed.failures.iter().for_each(|failure| say(&format!("  FAILED {failure}")));
        failures += rehearsed.failures.len();
    }
    if failures == 0 { Ok(()) } else { Err(Error::System(format!("{failures} things are not as the lessons say"))) }
}

fn print(name: &str, language: &str, reader: For, out: &Path) -> Result<()> {
    let language =
        Language::ALL.into_iter().find(|l| l.code() == language || l.code().split('-').next() == Some(language));
    let language = language.ok_or_else(|| Error::BadValue {
        place: "--lang".into(),
        key: "lang".into(),
        expected: "en or zh".into(),
        got: name.into(),
    })?;
    let lesson = find(name)?;
    let reader = if reader == For::Teacher { Reader::Teacher } else { Reader::Pupil };
    let reached = if reader == Reader::Teacher { rehearse(&lesson, 0)? } else { lesson::Rehearsed::default() };
    write_atomically(out, lesson::html(&lesson, language, reader, &reached).as_bytes())
}
