use super::*;

fn tone(hertz: f64, seconds: f64, rate: u32) -> Sound {
    let n = (seconds * f64::from(rate)) as usize;
    let turn = std::f64::consts::TAU * hertz / f64::from(rate);
    Sound::new((0..n).map(|k| (turn * k as f64).sin() as f32).collect(), rate).unwrap()
}

/// Spikes per position.
fn counts(train: &SpikeTrain) -> Vec<usize> {
    let mut counts = vec![0; N_POSITIONS];
    for (_, unit) in train.iter() {
        counts[usize::from(unit)] += 1;
    }
    counts
}

#[test]
fn a_pure_tone_excites_most_the_place_of_its_frequency() {
    let ear = Ear::new(&every_tenth_position()).unwrap();
    for (hertz, rate) in [(300.0, 8_000), (700.0, 11_025), (1000.0, 16_000), (2000.0, 44_100), (5000.0, 48_000)] {
        let sound = tone(hertz, 0.1, rate);
        // A steady tone tires the hair cells, so it takes many to tell the places apart.
        let mut sums = [0usize; N_POSITIONS];
        for seed in 0..40 {
            sums.iter_mut().zip(counts(&ear.listen(&sound, seed))).for_each(|(sum, n)| *sum += n);
        }
        // √(S/m)/2π, and the wave peaks at 0.89 of the resonance (see the test in `membrane`).
        let best_place = (0..N_POSITIONS).find(|&p| frequency(p) < hertz / 0.89).unwrap();
        let best = (0..N_POSITIONS).max_by_key(|&p| sums[p]).unwrap();
        assert!(best.abs_diff(best_place) <= 40, "{hertz} Hz: most spikes at {best}, place {best_place}");
        // Beyond its place a wave dies out.
        let beyond = sums[(best_place + 100).min(690)..].iter().max().unwrap();
        assert!(beyond * 4 < sums[best], "{hertz} Hz: {} spikes at its place, {beyond} beyond", sums[best]);
    }
}

#[test]
fn the_membrane_follows_a_tone_with_the_amplitude_of_its_response() {
    // A tone of 1 kHz in the middle of a long sound: the motion is |v| times the amplitude, whatever the rate.
    let position = 400;
    let v = Drive::new(1000.0).velocity(place(position.into())).norm();
    for (rate, seconds) in [(8_000, 0.9), (44_100, 0.9), (48_000, 1.6)] {
        let ear = Ear::new(&[position]).unwrap();
        let sound = tone(1000.0, seconds, rate);
        let steps = (seconds * 24_000.0) as usize;
        let motion = ear.motion(&sound, 0);
        assert_eq!(motion.len(), steps);
        let middle = &motion[steps / 2 - 240..steps / 2 + 240];
        let peak = middle.iter().fold(0.0f32, |m, s| m.max(s.abs()));
        let expected = LOUDNESS * 2f64.sqrt() * v;
        assert!((f64::from(peak) / expected - 1.0).abs() < 0.01, "{rate}/s: {peak} instead of {expected}");
    }
}

#[test]
fn a_long_sound_in_blocks_moves_the_membrane_as_one_transform_would() {
    // 1.5 s of a rising tone, and the same at once: one transform of 3 s in double precision, 1/3 Hz apart.
    let rate = 8_000;
    let n = 24_000u32;
    let sounding = 12_000u32;
    let samples: Vec<f32> = (0..sounding)
        .map(|k| {
            let t = f64::from(k) / 8e3;
            (std::f64::consts::TAU * (100.0 + 400.0 * t) * t).sin() as f32
        })
        .collect();
    let sound = Sound::new(samples, rate).unwrap();
    for position in [200, 450, 640] {
        let ear = Ear::new(&[position]).unwrap();
        let motion = ear.motion(&sound, 0);
        let mut planner = RealFftPlanner::<f64>::new();
        let forward = planner.plan_fft_forward(n as usize);
        let mut input: Vec<f64> = sound.prepared().iter().map(|&x| f64::from(x)).collect();
        input.resize(n as usize, 0.0);
        let mut spectrum = forward.make_output_vec();
        forward.process(&mut input, &mut spectrum).unwrap();
        let c = place(position.into());
        for (k, x) in spectrum.iter_mut().enumerate() {
            let v = if k == 0 { 0.0.into() } else { Drive::new(k as f64 / 3.0).velocity(c) };
            *x *= v / f64::from(n);
        }
        let last = spectrum.len() - 1;
        spectrum[last] = 0.0.into();
        spectrum[0] = 0.0.into();
        let mut expected = vec![0.0; n as usize];
        planner.plan_fft_inverse(n as usize).process(&mut spectrum, &mut expected).unwrap();
        let largest = expected.iter().fold(0.0f64, |m, x| m.max(x.abs()));
        for (k, e) in expected[..sounding as usize].iter().enumerate() {
            // Three steps of the ear for one sample of the sound.
            let error = (f64::from(motion[3 * k]) - e).abs();
            assert!(error < 2e-3 * largest, "position {position}, sample {k}: {} instead of {e}", motion[3 * k]);
        }
    }
}

#[test]
fn the_spikes_of_a_position_do_not_depend_on_which_others_are_heard() {
    let sound = tone(700.0, 0.3, 16_000);
    let all = Ear::new(&every_tenth_position()).unwrap().listen(&sound, 9);
    let few = Ear::new(&[330, 400, 410]).unwrap().listen(&sound, 9);
    let among = |train: &SpikeTrain| train.iter().filter(|(_, u)| [330, 400, 410].contains(u)).collect::<Vec<_>>();
    assert!(few.len() > 5, "{} spikes", few.len());
    assert_eq!(among(&all), among(&few));
}

#[test]
fn the_same_seed_gives_the_same_spikes_on_one_thread_and_on_many() {
    let sound = tone(700.0, 0.3, 16_000);
    let ear = Ear::new(&every_tenth_position()).unwrap();
    let pool = |n| rayon::ThreadPoolBuilder::new().num_threads(n).build().unwrap();
    let one = pool(1).install(|| ear.listen(&sound, 9));
    assert_eq!(one, pool(3).install(|| ear.listen(&sound, 9)));
    assert_ne!(one, ear.listen(&sound, 10));
    assert!(one.times.is_sorted());
}

#[test]
fn silence_leaves_the_bushy_cells_nearly_silent() {
    // 40 fibres at 65/s give 2.6 spikes per millisecond on average; a bushy cell wants about 12 at once.
    let ear = Ear::new(&every_tenth_position()).unwrap();
    let train = ear.listen(&Sound::new(vec![0.0; 16_000], 16_000).unwrap(), 1);
    assert!(train.len() < 70, "{} spikes in a second of silence", train.len());
}

#[test]
fn loudness_does_not_matter() {
    let quiet = tone(700.0, 0.3, 16_000);
    let loud = Sound::new(quiet.samples().iter().map(|x| 4096.0 * x).collect(), 16_000).unwrap();
    let ear = Ear::new(&[300, 400]).unwrap();
    assert_eq!(ear.listen(&quiet, 1), ear.listen(&loud, 1));
}

#[test]
fn sounds_that_make_no_sense_are_refused_with_a_reason() {
    for (samples, rate, reason) in [
        (vec![], 8_000, "got 0.0 ms"),
        (vec![0.0; 100], 8_000, "got 12.5 ms"),
        (vec![0.0; 8_000], 100, "samples per second"),
        (vec![0.0; 8_000], 4_000_000, "samples per second"),
        (vec![0.0; 61 * 8_000], 8_000, "60 s"),
        (vec![f32::NAN; 8_000], 8_000, "sample 0 is not a finite number"),
    ] {
        let error = Sound::new(samples, rate).unwrap_err();
        assert!(error.contains(reason), "{error}");
    }
    for positions in [&[][..], &[700], &[3, 3], &[5, 4]] {
        assert!(Ear::new(positions).is_err(), "{positions:?}");
    }
}
