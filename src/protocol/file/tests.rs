use super::*;
use crate::params::Lane;

fn read(text: &str) -> Result<Params> {
    parse(text, Path::new("e.toml")).map(|protocol| protocol.params)
}

#[test]
fn every_experiment_survives_writing_and_reading() {
    let mut params = Params::for_task(TaskKind::YinYang);
    params.chip.sigma_tau_mem = Some(0.3);
    params.learning.lanes = vec![Lane::InTheLoop];
    params.task.data = "a \"quoted\" \\ folder".into();
    params.network.tau_mem = 7.3e-6;
    (params.chip.silenced, params.chip.mended) = (vec![3, 17], vec![4]);
    let again = read(&format(&(&params).into())).unwrap();
    for spec in PARAMS {
        match ((spec.get)(&again), (spec.get)(&params)) {
            (Value::Number(a), Value::Number(b)) => assert!((a - b).abs() <= 1e-11 * b.abs(), "{}", spec.key),
            (a, b) => assert_eq!(a, b, "{}", spec.key),
        }
    }
}

#[test]
fn a_written_file_read_back_writes_the_same_text() {
    let text = format(&Protocol::default());
    assert_eq!(format(&read(&text).unwrap().into()), text);
}

#[test]
fn mistakes_are_named_with_line_and_column() {
    for (text, expected) in [
        ("sigma = 30\nsigmatau = 3", "line 2, column 1"),
        ("sigma = 30\n\n  tau_mem = -3", "line 3, column 13"),
        ("sigma = \"much\"", "`sigma` wants"),
        ("sigma = nan", "`sigma` wants"),
        ("sigma = inf", "`sigma` wants"),
        ("sigma = ", "line 1"),
        ("sigma = 1e400", "line 1, column 9"),
        ("hidden = \"200\"", "`hidden` wants a whole number"),
        ("hidden = [1, 2]", "`hidden` wants a whole number"),
        ("lanes = []", "`lanes` wants"),
        ("lanes = [1]", "`lanes` wants"),
        ("task = 3", "`task` wants"),
        ("format = 99", "newer Misfit"),
        ("format = 0", "line 1, column 10: `format` wants a whole number from 1 to 3"),
        ("hidden = [5]", "`hidden` wants a whole number"),
        ("batch = 5\nsilenced = 3", "line 2, column 12: `silenced` wants a list"),
        ("silenced = \"3\"", "`silenced` wants a list"),
        ("silenced = [3, 4.5]", "`silenced` wants a list"),
        ("silenced = [512]", "from 0 to 511"),
        ("silenced = [[1]]", "`silenced` wants a list"),
        ("silenced = [3]\nmended = [3]", "neuron 3"),
        ("format = \"one\"", "`format` wants"),
        ("sigma = 1\nsigma = 2", "line 2"),
        ("[tables]\nsigma = 1", "no parameter `tables`"),
        ("\u{0}", "line 1"),
        ("threshold = 60", "must lie"),
        ("at = 3", "line 1, column 6"),
        ("[[at]]\nsigma = 3", "wants `epoch`"),
        ("[[at]]\nepoch = 3", "not what happens"),
        ("[[at]]\nepoch = -3\nsigma = 3", "line 2, column 9"),
        ("[[at]]\nepoch = 1\nbatch = 1.5\nsigma = 3", "line 3, column 9"),
        ("[[at]]\nepoch = 1\nhidden = 30", "line 3, column 1"),
        ("[[at]]\nepoch = 1\nsigmas = 30", "`sigmas`"),
        ("[[at]]\nepoch = 1\nsigma = 300", "line 3, column 9: `sigma` wants"),
        ("[[at]]\nepoch = 1\ncalibrate = false", "`calibrate` wants true"),
        ("[[at]]\nepoch = 1\nuncalibrate = 3", "`uncalibrate` wants true"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text:?}: {error}");
    }
}

#[test]
fn the_task_brings_its_defaults_wherever_it_stands() {
    let params = read("hidden = 33\ntask = \"yin_yang\"").unwrap();
    assert_eq!((params.task.kind, params.network.hidden, params.learning.batch), (TaskKind::YinYang, 33, 50));
}

#[test]
fn a_failed_write_names_the_file_and_leaves_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("e.toml");
    let error = save(&Protocol::default(), &path).unwrap_err().to_string();
    assert!(error.contains("e.toml") && error.contains("write"), "{error}");
    let path = folder.path().join("e.toml");
    save(&Protocol::default(), &path).unwrap();
    assert_eq!(load(&path).unwrap(), Protocol::default());
}

/// Written by Misfit at version 1, in its first commit with experiments, for Yin-Yang on chip 7.
const GENUINE: &str = include_str!("../../../tests/fixtures/experiment-1.toml");

#[test]
fn a_genuine_file_of_version_1_gives_the_experiment_that_it_gave_then() {
    assert!(GENUINE.contains("format = 1") && !GENUINE.contains("silenced"));
    let params = read(GENUINE).unwrap();
    assert_eq!((params.task.kind, params.learning.seed, params.chip.number), (TaskKind::YinYang, 3, 7));
    assert_eq!((params.chip.sigma_tau_mem, params.network.tau_mem), (Some(0.3), 7.5e-6));
    assert!(params.chip.silenced.is_empty() && params.chip.mended.is_empty());
    // Every key of then still stands in it with the same value when it is written today.
    let today = format(&(&params).into());
    for line in GENUINE.lines().filter(|l| !l.starts_with('#') && l.contains(" = ") && !l.starts_with("format")) {
        let assignment = line.split(" # ").next().unwrap();
        assert!(today.contains(assignment), "{assignment} is not in\n{today}");
    }
    assert!(today.contains("format = 3") && today.contains("silenced = []"));
    assert_eq!(read(&today).unwrap(), params);
}

#[test]
fn what_happens_when_is_read_in_order_and_written_as_it_was() {
    let text = "[[at]]\nepoch = 10\nsilent_neurons = 70\nsigma_leak = \"auto\"\n\n[[at]]\nepoch = 2\nbatch = 7\n\
                silence = 17\n[[at]]\nepoch = 0\ncalibrate = true\n[[at]]\nepoch = 12\nuncalibrate = true";
    let protocol = parse(text, Path::new("e.toml")).unwrap();
    let said: Vec<String> = protocol.schedule().iter().map(ToString::to_string).collect();
    assert_eq!(said, ["0:calibrate", "2+7:silence=17", "10:silent_neurons=70", "10:sigma_leak=auto", "12:uncalibrate"]);
    assert_eq!(parse(&format(&protocol), Path::new("e.toml")).unwrap(), protocol);
}

/// The values that TOML 1.0, "Integer", gives these spellings.
#[test]
fn numbers_of_other_bases_mean_what_toml_says_everywhere() {
    for (text, expected) in [
        ("0x10", 16),
        ("0o17", 15),
        ("0b101", 5),
        ("0xFF", 255),
        ("0xdead_beef", 0xdead_beef),
        ("1_000", 1000),
        ("+7", 7),
    ] {
        assert_eq!(read(&format!("seed = {text}")).unwrap().learning.seed, expected, "{text}");
    }
    assert_eq!(read("silenced = [0b11, 0x1F]").unwrap().chip.silenced, [3, 31]);
    let planned = "format = 0x3\n[[at]]\nepoch = 0x10\nbatch = 0b11\nsilence = 0o17";
    let protocol = parse(planned, Path::new("e.toml")).unwrap();
    assert_eq!(protocol.schedule()[0].when, When { epoch: 16, batch: 3 });
    assert_eq!(protocol.schedule()[0].change, Change::Neuron { neuron: 15, silent: true });
    let refused = read("seed = 0x1_0000_0000").unwrap_err().to_string();
    assert!(refused.contains("line 1, column 8") && refused.contains("got 4294967296"), "{refused}");
    let huge = read(&format!("seed = 0x{}", "f".repeat(40))).unwrap_err().to_string();
    assert!(huge.contains("`seed` wants") && huge.contains("0xfff"), "{huge}");
}

#[test]
fn what_was_typed_is_told_back_with_all_its_digits() {
    let error = read("hidden = 199.99999999999").unwrap_err().to_string();
    assert!(error.contains("got 199.99999999999"), "{error}");
}
