//! `misfit reproduce`: the studies of the paper, in the terminal.

use clap::Args;

use super::batch::{BatchArgs, absolute, carry_out};
use super::{ExperimentArgs, say};
use crate::base::error::{Error, Result};
use crate::batch::paper::{self, Request, STUDIES};
use crate::params::TaskKind;
use crate::protocol::Protocol;

/// Arguments of `misfit reproduce`.
#[derive(Debug, Args)]
pub struct ReproduceArgs {
    /// The study; without it they are listed.
    pub name: Option<String>,
    /// What every run starts from.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// A task for table1 with its folder, such as mnist=DIR; may be repeated. Without it, the task of the other arguments, or those that Misfit brings.
    #[arg(long, value_name = "TASK[=DIR]")]
    pub with: Vec<String>,
    /// Seeds, from 1 on.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub seeds: u32,
    /// How it is computed.
    #[command(flatten)]
    pub batch: BatchArgs,
}

pub(super) fn run(args: &ReproduceArgs) -> Result<()> {
    let Some(name) = &args.name else {
        for (name, question) in STUDIES {
            say(&format!("{name:<18} {question}"));
        }
        return Ok(());
    };
    let plan = paper::plan(name, &request(name, args)?)?;
    if let Some((_, question)) = STUDIES.iter().find(|(known, _)| known == name) {
        say(question);
    }
    carry_out(&plan, &args.batch, |_| {
        let mut words = vec!["reproduce".to_owned(), name.clone()];
        words.extend(args.experiment.words());
        for text in &args.with {
            let folder = text.split_once('=').map(|(task, folder)| format!("{task}={}", absolute(folder.as_ref())));
            words.extend(["--with".into(), folder.unwrap_or_else(|| text.clone())]);
        }
        words.extend(["--seeds".into(), args.seeds.to_string()]);
        Ok(words)
    })
}

/// What the study is made of. No flag is left aside: what cannot be taken is refused.
fn request(name: &str, args: &ReproduceArgs) -> Result<Request> {
    let base = args.experiment.protocol()?;
    let given = |key: &str| Ok::<_, Error>(args.experiment.assignments()?.iter().any(|(known, ..)| known == key));
    let refused = |why: &str| Err(Error::System(why.into()));
    if given("seed")? {
        return refused("a study has the seeds from 1 on; --seeds says how many, and --seed cannot go with it");
    }
    let names_task = given("task")? || given("data")? || args.experiment.experiment.is_some();
    if !args.with.is_empty() && name != "table1" {
        return refused("--with is for table1; other studies are about one task, which --task names");
    }
    if !args.with.is_empty() && names_task {
        return refused("--with names the tasks of table1; --task, --data and --experiment cannot go with it");
    }
    let of = |task: TaskKind, folder: &str| {
        let mut experiment = args.experiment.clone();
        experiment.task = Some(task.name().into());
        experiment.data = (!folder.is_empty()).then(|| folder.into());
        experiment.protocol()
    };
    let tasks: Vec<Protocol> = if !args.with.is_empty() {
        args.with.iter().map(|text| named(text).and_then(|(task, folder)| of(task, folder))).collect::<Result<_>>()?
    } else if names_task || base.params.task.kind != TaskKind::Digits {
        vec![base.clone()]
    } else {
        TaskKind::ALL.into_iter().filter(|task| !task.needs_data()).map(|task| of(task, "")).collect::<Result<_>>()?
    };
    Ok(Request { base, tasks, seeds: args.seeds })
}

/// A task and its folder, as `--with` has them.
fn named(text: &str) -> Result<(TaskKind, &str)> {
    let (name, folder) = text.split_once('=').unwrap_or((text, ""));
    let known = TaskKind::NAMES.iter().position(|n| *n == name).ok_or_else(|| Error::BadValue {
        place: "--with".into(),
        key: "with".into(),
        expected: format!("TASK or TASK=DIR with one of {}", TaskKind::NAMES.join(", ")),
        got: text.into(),
    })?;
    Ok((TaskKind::ALL[known], folder))
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::super::{Cli, Command};
    use super::*;

    fn asked(words: &str) -> Result<Request> {
        let parsed = Cli::parse_from(["misfit", "reproduce"].into_iter().chain(words.split(' ')));
        let Some(Command::Reproduce(args)) = parsed.command else { panic!("{words}") };
        request(args.name.as_deref().unwrap(), &args)
    }

    /// Task, epochs, hidden neurons and chip of every task.
    fn told(words: &str) -> Vec<(&'static str, u32, u32, u32)> {
        let of = |p: &Protocol| {
            let p = &p.params;
            (p.task.kind.name(), p.learning.epochs, p.network.hidden, p.chip.number)
        };
        asked(words).unwrap().tasks.iter().map(of).collect()
    }

    #[test]
    fn table_1_takes_every_flag_for_every_task() {
        assert_eq!(told("table1 --task yin_yang --epochs 1 --set hidden=7"), [("yin_yang", 1, 7, 1)]);
        let all = told("table1 --epochs 2 --set hidden=7 --chip 3");
        assert_eq!(all, [("digits", 2, 7, 3), ("yin_yang", 2, 7, 3), ("spoken", 2, 7, 3)]);
        let with = "table1 --with digits --with mnist=somewhere --set hidden=7 --at 1:calibrate";
        assert_eq!(told(with).iter().map(|t| (t.0, t.2)).collect::<Vec<_>>(), [("digits", 7), ("mnist", 7)]);
        let tasks = asked(with).unwrap().tasks;
        assert_eq!((tasks[1].params.task.data.as_str(), tasks[1].schedule().len()), ("somewhere", 1));
        // What nothing is said about is that of the task.
        let plain = told("table1 --with digits --with yin_yang");
        for ((_, epochs, hidden, _), task) in plain.iter().zip([TaskKind::Digits, TaskKind::YinYang]) {
            let own = crate::params::Params::for_task(task);
            assert_eq!((*epochs, *hidden), (own.learning.epochs, own.network.hidden));
        }
    }

    #[test]
    fn what_a_study_cannot_take_is_refused_with_the_reason() {
        for (words, expected) in [
            ("table1 --with digits --task yin_yang", "--task"),
            ("weight-bits --with mnist=somewhere", "--with is for table1"),
            ("sparsity --seed 4", "--seeds says how many"),
            ("sparsity --set seed=4", "--seeds says how many"),
            ("table1 --with words", "one of digits"),
        ] {
            let why = asked(words).map(|_| ()).unwrap_err().to_string();
            assert!(why.contains(expected), "{words}: {why}");
        }
    }

    #[test]
    fn the_flags_that_are_emitted_give_the_same_experiment() {
        let words = "table1 --preset story_damage --epochs 12 --set hidden=7 --set data=x --lanes ideal --at 2:sigma=3";
        let parsed = |words: Vec<String>| {
            let parsed = Cli::parse_from(["misfit".to_owned(), "reproduce".to_owned()].into_iter().chain(words));
            let Some(Command::Reproduce(args)) = parsed.command else { panic!() };
            args
        };
        let first = parsed(words.split(' ').map(str::to_owned).collect());
        let mut again = vec!["table1".to_owned()];
        again.extend(first.experiment.words());
        let (first, again) = (first.experiment.protocol().unwrap(), parsed(again).experiment.protocol().unwrap());
        assert_eq!(again.schedule(), first.schedule());
        let data = std::path::absolute("x").unwrap().display().to_string();
        assert_eq!(again.params, first.params.clone().with(|p| p.task.data = data));
    }
}
