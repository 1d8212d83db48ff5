use super::*;

fn folder(names: &[String]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in names {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
    }
    folder
}

fn fsdd(speakers: &[&str], sub: &str) -> Vec<String> {
    let mut names = vec![format!("{sub}README.md"), format!("{sub}.hidden_x_1.wav")];
    for digit in 0..11 {
        for speaker in speakers {
            names.extend((0..50).map(|k| format!("{sub}{digit}_{speaker}_{k}.wav")));
        }
    }
    names
}

#[test]
fn the_free_spoken_digits_are_split_as_published() {
    for sub in ["", "recordings/"] {
        let folder = folder(&fsdd(&["jackson", "theo", "yweweler"], sub));
        let found = scan(folder.path(), &[]).unwrap();
        assert_eq!(found.files.len(), 11 * 3 * 50);
        assert_eq!(found.class_names, (0..11).map(|d| d.to_string()).collect::<Vec<_>>(), "numbers in order");
        assert_eq!(found.speaker_names, ["jackson", "theo", "yweweler"]);
        for file in &found.files {
            let stem = file.path.file_stem().unwrap().to_str().unwrap();
            let number: u32 = stem.rsplit('_').next().unwrap().parse().unwrap();
            assert_eq!(file.is_test, stem.contains("theo") || number < 5, "{stem}");
            assert!(stem.starts_with(&format!("{}_", file.class)), "{stem} is no {}", file.class);
        }
    }
}

#[test]
fn speakers_can_be_held_out_by_name_and_then_the_others_are_all_for_learning() {
    let folder = folder(&fsdd(&["a", "b", "c"], ""));
    let found = scan(folder.path(), &["a".into(), "c".into()]).unwrap();
    assert!(found.files.iter().all(|file| file.is_test == (file.speaker != 1)));
    let last = scan(folder.path(), &[]).unwrap();
    assert!(last.files.iter().filter(|file| file.speaker == 2).all(|file| file.is_test));
    let error = scan(folder.path(), &["d".into()]).unwrap_err().to_string();
    assert!(error.contains("speaker d; there are a, b, c"), "{error}");
}

#[test]
fn a_sub_folder_per_class_works_with_and_without_speakers() {
    let names: Vec<String> = [
        "nine/anna_1.wav",
        "nine/anna_2.wav",
        "nine/x3.WAV",
        "zero/anna_1.wav",
        "zero/anna_10.wav",
        "zero/anna_9.wav",
        "zwölf/a.wav",
        "notes/todo.txt",
    ]
    .map(String::from)
    .to_vec();
    let folder = folder(&names);
    let found = scan(folder.path(), &[]).unwrap();
    assert_eq!(found.class_names, ["zero", "nine", "zwölf"], "digits come first");
    assert_eq!(found.speaker_names, ["anna", "unknown"]);
    let order: Vec<String> =
        found.files.iter().map(|f| f.path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    assert_eq!(order[..3], ["anna_1.wav", "anna_9.wav", "anna_10.wav"], "numbers count as numbers");
    assert_eq!(found.files.iter().filter(|f| f.is_test).count(), 2, "one of each several");
}

#[test]
fn folders_without_a_task_are_refused_with_what_is_missing() {
    for (names, reason) in [
        (vec![], "class_speaker_number.wav"),
        (vec!["a.wav".to_owned()], "class_speaker_number.wav"),
        (vec!["1_theo_0.wav".into(), "1_theo_1.wav".into()], "two classes, got only 1"),
        (vec!["1_a_0.wav".into(), "2_a_0.wav".into()], "no recordings to test with"),
        (vec!["1_theo_0.wav".into(), "2_theo_0.wav".into()], "no recordings to learn from"),
    ] {
        let folder = folder(&names);
        let error = scan(folder.path(), &[]).unwrap_err().to_string();
        assert!(error.contains(reason), "{error:?} does not say {reason:?}");
    }
    assert!(scan(Path::new("no/such/folder"), &[]).unwrap_err().to_string().contains("no/such/folder"));
}

fn tests_of(found: &Recordings) -> Vec<String> {
    found.files.iter().filter(|file| file.is_test).map(|file| name_of(&file.path)).collect()
}

/// Speech Commands v0.02: a folder of noise beside the words, 105,829 files by 2,618 speakers, two lists.
#[test]
fn speech_commands_are_read_as_downloaded() {
    let mut names: Vec<String> = ["_background_noise_/pink_noise.wav".into(), "LICENSE".into()].to_vec();
    for word in ["no", "up", "yes"] {
        names.extend((0..1_500).map(|k| format!("{word}/{k:08x}_nohash_0.wav")));
    }
    let folder = folder(&names);
    let test = "no/00000007_nohash_0.wav\nup/00000009_nohash_0.wav\n";
    std::fs::write(folder.path().join("testing_list.txt"), test).unwrap();
    std::fs::write(folder.path().join("validation_list.txt"), "yes/00000003_nohash_0.wav\r\n").unwrap();
    let found = scan(folder.path(), &[]).unwrap();
    assert_eq!(found.class_names, ["no", "up", "yes"]);
    assert_eq!((found.files.len(), found.speaker_names.len()), (4_499, 1_500));
    assert_eq!(tests_of(&found), ["00000007_nohash_0.wav", "00000009_nohash_0.wav"]);
    for word in ["_background_noise_", "1 words of validation_list.txt"] {
        assert!(found.notes.iter().any(|note| note.contains(word)), "{:?}", found.notes);
    }
    const { assert!(MOST_FILES > 105_829 && MOST_SPEAKERS > 2_618) };
}

#[test]
fn of_many_speakers_as_many_are_held_out_as_make_a_sixth_of_the_words() {
    let mut names = Vec::new();
    for (class, word) in ["no", "up", "yes"].into_iter().enumerate() {
        names.extend((0..60).map(|k| format!("{word}/{:08x}_nohash_0.wav", 7919 * (3 * k + class))));
    }
    let folder = folder(&names);
    let found = scan(folder.path(), &[]).unwrap();
    assert_eq!((found.files.len(), tests_of(&found).len()), (180, 30));
    for class in 0..3 {
        let of_class = |test: bool| found.files.iter().filter(|f| f.class == class && f.is_test == test).count();
        assert_eq!((of_class(false), of_class(true)), (50, 10));
    }
    assert!(found.notes.iter().any(|note| note.contains("30 of 180 are held out")), "{:?}", found.notes);
}

#[test]
fn a_speaker_with_most_of_the_words_is_not_held_out() {
    let mut names: Vec<String> = (0..90).map(|k| format!("{}_zoe_{k}.wav", k % 3)).collect();
    names.extend(
        ["ann", "bob", "cid", "dan"].iter().flat_map(|name| (0..6).map(move |k| format!("{}_{name}_{k}.wav", k % 3))),
    );
    let folder = folder(&names);
    let found = scan(folder.path(), &[]).unwrap();
    let held: BTreeSet<&str> =
        found.files.iter().filter(|file| file.is_test).map(|f| &*found.speaker_names[usize::from(f.speaker)]).collect();
    let all_of = |name: &str| {
        found.files.iter().filter(|f| found.speaker_names[usize::from(f.speaker)] == name).all(|f| f.is_test)
    };
    assert!(held.contains("zoe") && !all_of("zoe"), "some words of everybody");
    assert!(["bob", "cid", "dan"].into_iter().all(all_of), "{:?}", found.notes);
}

/// AudioMNIST: a folder per speaker with `digit_speaker_number.wav` in it.
#[test]
fn a_folder_per_speaker_gives_classes_by_the_names_of_the_files() {
    let mut names = Vec::new();
    for speaker in ["01", "02", "12"] {
        names.extend((0..10).flat_map(|digit| (0..4).map(move |k| format!("{speaker}/{digit}_{speaker}_{k}.wav"))));
    }
    let folder = folder(&names);
    let found = scan(folder.path(), &[]).unwrap();
    assert_eq!(found.class_names, (0..10).map(|digit| digit.to_string()).collect::<Vec<_>>());
    assert_eq!((found.speaker_names.join(" "), found.files.len()), ("01 02 12".into(), 120));
}

#[test]
fn stray_files_do_not_hide_the_folders_of_words_and_are_told() {
    let names = ["a_b_1.wav", "no/x_1.wav", "no/x_2.wav", "yes/x_1.wav", "yes/.x_2.wav", "yes/x_3.wav"];
    let folder = folder(&names.map(String::from));
    let found = scan(folder.path(), &[]).unwrap();
    assert_eq!((found.class_names.join(" "), found.files.len()), ("no yes".into(), 4));
    assert!(found.notes.iter().any(|note| note.contains("1 recordings beside the sub-folders")), "{:?}", found.notes);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_is_no_word() {
    use std::os::unix::net::UnixListener;
    let folder = folder(&["no/x_1.wav", "no/x_2.wav", "yes/x_1.wav"].map(String::from));
    // Opening a socket fails; opening a pipe nothing writes to never returns.
    let _socket = UnixListener::bind(folder.path().join("yes/x_2.wav")).unwrap();
    assert_eq!(scan(folder.path(), &[]).unwrap().files.len(), 3);
}
