//! `misfit hear`: one sound as spikes; `misfit ear`: a folder of sounds as one file of spikes.

use std::io::Write as _;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;
use indicatif::ProgressBar;

use super::progress::to_the_end;
use super::{ExperimentArgs, say};
use crate::base::error::Result;
use crate::ear::{Ear, N_POSITIONS, Sound, every_tenth_position, frequency};
use crate::params::TaskKind;
use crate::run::Run;
use crate::spikes::SpikeTrain;
use crate::task::{speech, wav};
use crate::training::argmax;

/// Arguments of `misfit hear`.
#[derive(Debug, Args)]
pub struct HearArgs {
    /// The sound: WAV of any rate and depth, at most a minute.
    #[arg(value_name = "FILE.wav")]
    file: PathBuf,
    /// Listen at all 700 places of the inner ear and not at every tenth.
    #[arg(long)]
    all: bool,
    /// Seed of the noise of the nerve.
    #[arg(long, value_name = "N", default_value_t = 1)]
    nerve_seed: u64,
    /// Train a network on words and say what it makes of the sound: the embedded words, or --task speech --data DIR.
    #[arg(long)]
    answer: bool,
    /// The network to train.
    #[command(flatten)]
    pub(super) experiment: ExperimentArgs,
}

/// Arguments of `misfit ear`.
#[derive(Debug, Args)]
pub struct EarArgs {
    /// Folder of class_speaker_number.wav, or with a sub-folder per class.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The file to write.
    #[arg(long, value_name = "FILE.bin")]
    out: PathBuf,
    /// Comma-separated speakers to keep for the test.
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    held_out: Vec<String>,
    /// Seed of the noise of the nerve.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Resolution of the times in steps of 1/24,000 s.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=2400))]
    steps_per_tick: u16,
}

pub(super) fn run(args: &HearArgs) -> Result<()> {
    let sound = wav::read(&args.file, Sound::LONGEST)?;
    let positions = if args.all { (0..N_POSITIONS as u16).collect() } else { every_tenth_position() };
    let ear = Ear::new(&positions)?;
    let start = Instant::now();
    let spikes = ear.listen(&sound, args.nerve_seed);
    let seconds = start.elapsed().as_secs_f64();
    say(&format!(
        "{}: {:.2} s of sound at {} samples/s; {} spikes in {} channels; heard in {:.3} s, {:.0} times faster than it lasts",
        args.file.display(),
        sound.seconds(),
        sound.rate(),
        spikes.len(),
        positions.len(),
        seconds,
        sound.seconds() / seconds
    ));
    for line in raster(&spikes, sound.seconds()) {
        say(&line);
    }
    if args.answer { answer(args, &spikes) } else { Ok(()) }
}

/// Trains a network on words and shows it the sound.
fn answer(args: &HearArgs, heard: &SpikeTrain) -> Result<()> {
    let mut protocol = args.experiment.protocol()?;
    if !protocol.params.task.kind.is_speech() {
        protocol.params.adopt_task(TaskKind::Spoken);
    }
    let mut run = Run::begin(protocol)?;
    to_the_end(&mut run)?;
    let (experiment, params) = (run.experiment(), run.params().clone());
    let Some(input) = experiment.data().sound(&params, heard) else { return Ok(()) };
    for &lane in &params.learning.lanes {
        let Some(scores) = experiment.classify(lane, &[&input]).and_then(|mut scores| scores.pop()) else { continue };
        let names = &experiment.data().class_names;
        let best = argmax(&scores);
        // The same softmax that the loss is made of.
        let exp = |s: &f32| (params.learning.readout_scale * f64::from(s - scores[best])).exp();
        let sure = 1.0 / scores.iter().map(exp).sum::<f64>();
        let accuracy = experiment.evaluate(lane).unwrap_or_default().accuracy;
        say(&format!(
            "{:<12} hears \"{}\" ({:.0} % sure; right on {:.1} % of the test words)",
            lane.name(),
            names[best],
            100.0 * sure,
            100.0 * accuracy
        ));
    }
    Ok(())
}

/// Size of the picture in characters.
const COLUMNS: usize = 72;
const ROWS: usize = 23;
/// From no spike to many.
const SHADES: [char; 5] = [' ', '░', '▒', '▓', '█'];

/// Spikes over time (to the right) and place (high tones on top), as shades, with axes.
fn raster(spikes: &SpikeTrain, seconds: f64) -> Vec<String> {
    let mut counts = [[0usize; COLUMNS]; ROWS];
    for (time, unit) in spikes.iter() {
        let column = (f64::from(time) / seconds * COLUMNS as f64) as usize;
        counts[usize::from(unit) * ROWS / N_POSITIONS][column.min(COLUMNS - 1)] += 1;
    }
    // The 98th percentile is full black, so that one loud moment does not pale the rest.
    let mut sorted: Vec<usize> = counts.iter().flatten().copied().filter(|&n| n > 0).collect();
    sorted.sort_unstable();
    let full = sorted.get(sorted.len() * 98 / 100).copied().unwrap_or(1);
    let shade =
        |n: usize| if n == 0 { SHADES[0] } else { SHADES[(1 + n * (SHADES.len() - 2) / full).min(SHADES.len() - 1)] };
    let mut lines: Vec<String> = counts
        .iter()
        .enumerate()
        .map(|(row, counts)| {
            let hertz = frequency((row * N_POSITIONS + N_POSITIONS / 2) / ROWS);
            let label = if row % 3 == 0 { format!("{hertz:>6.0} Hz") } else { " ".repeat(9) };
            format!("{label} │{}", counts.iter().map(|&n| shade(n)).collect::<String>())
        })
        .collect();
    lines.push(format!("{:9} └{}", "", "─".repeat(COLUMNS)));
    lines.push(format!("{:11}0{:>width$}", "", format!("{:.0} ms", 1e3 * seconds), width = COLUMNS - 1));
    lines
}

pub(super) fn convert(args: &EarArgs) -> Result<()> {
    let recordings = speech::scan(&args.folder, &args.held_out)?;
    let bar = ProgressBar::new(recordings.files.len() as u64);
    let words = speech::hear_all(&recordings, speech::ear()?, args.seed, &|done, _| {
        bar.set_position(done as u64);
        ControlFlow::Continue(())
    })?;
    bar.finish_and_clear();
    // Nobody stops it: Ctrl-C ends the program.
    let Some(words) = words else { return Ok(()) };
    words.save(&args.out, args.steps_per_tick)?;
    let spikes: usize = words.samples.iter().map(SpikeTrain::len).sum();
    let tested = words.is_test.iter().filter(|x| **x).count();
    let line = format!(
        "{} words ({tested} for the test) of {} classes by {} speakers, {spikes} spikes: {}",
        words.samples.len(),
        words.class_names.len(),
        words.speaker_names.len(),
        args.out.display()
    );
    drop(writeln!(std::io::stderr(), "{line}"));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_shows_a_spike_where_it_happened() {
        let spikes = SpikeTrain { times: vec![0.0, 0.999], units: vec![0, 699] };
        let lines = raster(&spikes, 1.0);
        assert_eq!(lines.len(), ROWS + 2);
        let picture = |row: usize| lines[row].split('│').nth(1).unwrap().chars().collect::<Vec<_>>();
        assert_eq!((picture(0)[0], picture(ROWS - 1)[COLUMNS - 1]), ('█', '█'));
        let drawn: usize = (0..ROWS).map(|row| picture(row).iter().filter(|c| **c != ' ').count()).sum();
        assert_eq!(drawn, 2);
        // √(S/m)/2π: 22.5 kHz at the base, 110 Hz at the apex; rows are 15 mm apart at most.
        assert!(lines[0].starts_with(" 2") && lines[0].contains(" Hz"), "{}", lines[0]);
        assert!(lines[ROWS + 1].ends_with("1000 ms"));
    }
}
