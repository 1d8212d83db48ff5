//! What is opened, saved and taken away.

use super::*;

#[test]
fn a_figure_is_written_with_the_settings_that_made_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let figures = folder.path().display().to_string();
    let mut window = open_with(small(), Settings { figures, ..Settings::default() }, [1280.0, 800.0]);
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1);
    command(&mut window, "csv: accuracy");
    command(&mut window, "svg: spikes");
    let written = |name: &str| folder.path().join(name).exists();
    until(&mut window, "the figures", |_| written("misfit-accuracy.csv") && written("misfit-spikes.svg"));
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect(name);
    let csv = read("misfit-accuracy.csv");
    assert!(csv.contains("# hidden = 20") && csv.contains("# seed = 1"), "{csv}");
    let numbers = csv.lines().filter(|l| l.contains(EN.lanes[0].name)).count();
    assert!(numbers > 5, "{csv}");
    assert!(read("misfit-spikes.svg").contains("hidden = 20"));
}

#[test]
fn an_experiment_is_saved_and_opened_by_a_typed_path_and_nonsense_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let mut window = open_with_size(small(), [1280.0, 3200.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::TextInput, EN.path.name).focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, EN.path.name).type_text(&path.display().to_string());
    window.run_steps(3);
    window.get_by_label(EN.save_path).click();
    window.run_steps(3);
    let saved = misfit::protocol::file::load(&path).expect("the file that was saved");
    assert_eq!(saved.params.network.hidden, small().network.hidden);

    let other = misfit::protocol::file::format(&small().with(|p| p.network.hidden = 21).into());
    std::fs::write(&path, other).expect("the file");
    window.get_by_label(EN.open_path).click();
    until(&mut window, "the other experiment", |app| app.snapshot().params.network.hidden == 21);

    std::fs::write(&path, "sigma = 10\nhidden = many").expect("the file");
    window.get_by_label(EN.open_path).click();
    window.run_steps(3);
    assert!(window.query_all_by_label_contains("line 2").next().is_some(), "the place of the mistake is shown");
    assert_eq!(window.state().params().network.hidden, 21, "the running experiment goes on");
}

/// A file as the system hands it over when it is dropped on the window.
#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|why| why.to_string())
    }
}

#[test]
fn a_file_that_is_dropped_on_the_window_is_opened_as_what_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join(name), text).expect("a file");
        folder.path().join(name)
    };
    let drop_file = |window: &mut Window, path: std::path::PathBuf| {
        window.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path)));
        window.run_steps(3);
    };
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let experiment = misfit::protocol::file::format(&small().with(|p| p.network.hidden = 21).into());
    drop_file(&mut window, write("mine.toml", &experiment));
    until(&mut window, "the experiment", |app| app.snapshot().params.network.hidden == 21);
    drop_file(&mut window, write("broken.toml", "sigma = 10\nhidden = many"));
    assert!(window.query_all_by_label_contains("line 2").next().is_some(), "the place of the mistake is shown");
    drop_file(&mut window, write("own.toml", include_str!("../fixtures/four_steps.toml")));
    window.get_by_label("1 / 4");
    click(&mut window, EN.lessons.leave.name);
    until(&mut window, "the experiment again", |app| app.snapshot().params.network.hidden == 21);
}

#[test]
fn a_recording_is_written_by_a_typed_path_and_a_place_that_cannot_be_written_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = folder.path().join("batch.npz");
    // Nobody can make a folder inside of a file.
    let bad = good.join("batch.npz");
    let mut window = open_with_size(small(), [1280.0, 3200.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    pause(&mut window);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    let lines = |window: &Window, words: &str| window.query_all_by_label_contains(words).count();
    for (path, says) in [(&good, EN.saved), (&bad, EN.export.not_written)] {
        let typed = window.get_by_role_and_label(Role::TextInput, EN.path.name).value().unwrap_or_default();
        window.get_by_role_and_label(Role::TextInput, EN.path.name).focus();
        window.step();
        for _ in typed.chars() {
            window.key_press(egui::Key::Backspace);
        }
        window.run_steps(3);
        window.get_by_role_and_label(Role::TextInput, EN.path.name).type_text(&path.display().to_string());
        window.run_steps(3);
        window.get_by_label(EN.save_path).click();
        let start = Instant::now();
        while lines(&window, says) == 0 {
            assert!(start.elapsed() < Duration::from_mins(1), "nothing was said about {}", path.display());
            window.step();
            std::thread::sleep(Duration::from_millis(4));
        }
    }
    let bytes = std::fs::read(&good).expect("the recording");
    assert_eq!(&bytes[..2], b"PK", "an archive");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing else is left behind");
    assert_eq!(window.state().params().network.hidden, 20, "the controls are as they were");
}

/// Replaces what stands in the field of a question.
fn type_path(window: &mut Window, path: &std::path::Path) {
    press(window, (egui::Modifiers::COMMAND, egui::Key::A));
    window.event(egui::Event::Text(path.display().to_string()));
    window.run_steps(2);
}

fn says(window: &Window, words: &str) -> bool {
    window.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn where_there_is_no_file_dialog_the_path_is_asked_for_and_no_file_is_replaced_unasked() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let mut window = open(small());
    window.state_mut().without_file_dialogs();
    until(&mut window, "learning", |app| app.snapshot().batch > 0);

    let save = (egui::Modifiers::COMMAND, egui::Key::S);
    press(&mut window, save);
    window.run_steps(2);
    assert!(says(&window, EN.dialogs.no_dialog), "it is said why a path is asked for");
    let batch = position(window.state());
    until(&mut window, "learning goes on", |app| position(app) > batch);
    // Escape changes nothing, and keys are typed, not obeyed.
    type_path(&mut window, &path);
    press(&mut window, (egui::Modifiers::NONE, egui::Key::R));
    assert_eq!(window.state().snapshot().generation, 1);
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Escape));
    assert!(!says(&window, EN.dialogs.no_dialog) && !path.exists());

    press(&mut window, save);
    window.run_steps(2);
    // The ending may be left out.
    type_path(&mut window, &folder.path().join("mine"));
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Enter));
    window.run_steps(2);
    assert!(says(&window, &format!("{} {}", EN.saved, path.display())), "the whole path is told");
    assert_eq!(misfit::protocol::file::load(&path).expect("the file").params.network.hidden, small().network.hidden);

    std::fs::write(&path, "precious").expect("the file");
    for (answer, left) in [(EN.dialogs.cancel, "precious"), (EN.dialogs.replace.name, "hidden = 20")] {
        press(&mut window, save);
        window.run_steps(2);
        type_path(&mut window, &path);
        press(&mut window, (egui::Modifiers::NONE, egui::Key::Enter));
        window.run_steps(2);
        assert!(says(&window, EN.dialogs.exists) && std::fs::read_to_string(&path).expect("the file") == "precious");
        click(&mut window, answer);
        window.run_steps(2);
        assert!(std::fs::read_to_string(&path).expect("the file").contains(left), "{answer}");
        assert_eq!(says(&window, EN.dialogs.no_dialog), answer == EN.dialogs.cancel, "the path can be mended");
        press(&mut window, (egui::Modifiers::NONE, egui::Key::Escape));
    }

    let other = misfit::protocol::file::format(&small().with(|p| p.network.hidden = 21).into());
    std::fs::write(&path, other).expect("the file");
    press(&mut window, (egui::Modifiers::COMMAND, egui::Key::O));
    window.run_steps(2);
    type_path(&mut window, &path);
    click(&mut window, EN.dialogs.open);
    until(&mut window, "the other experiment", |app| app.snapshot().params.network.hidden == 21);
}

#[test]
fn a_typed_path_beside_the_settings_replaces_no_file_unasked_either() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    std::fs::write(&path, "precious").expect("the file");
    let mut window = open_with_size(small(), [1280.0, 3200.0]);
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    window.get_by_label("Experiment").click();
    window.run_steps(3);
    window.get_by_role_and_label(Role::TextInput, EN.path.name).focus();
    window.step();
    window.get_by_role_and_label(Role::TextInput, EN.path.name).type_text(&path.display().to_string());
    window.run_steps(3);
    click(&mut window, EN.save_path);
    window.run_steps(2);
    assert!(says(&window, EN.dialogs.exists));
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Escape));
    assert!(!says(&window, EN.dialogs.exists));
    assert_eq!(std::fs::read_to_string(&path).expect("the file"), "precious");
    click(&mut window, EN.save_path);
    window.run_steps(2);
    click(&mut window, EN.dialogs.replace.name);
    assert!(std::fs::read_to_string(&path).expect("the file").contains("hidden = 20"));
}

#[test]
fn everything_to_take_away_stands_in_rows_that_stay_where_they_are() {
    let folder = tempfile::tempdir().expect("a folder");
    let figures = folder.path().display().to_string();
    let mut window = open_with(small(), Settings { figures, ..Settings::default() }, [1280.0, 800.0]);
    until(&mut window, "second epoch", |app| app.snapshot().epoch > 1);
    command(&mut window, "views: spikes");
    press(&mut window, (egui::Modifiers::NONE, egui::Key::F7));
    window.run_steps(3);
    let rect = |form: &str, title: &str| window.get_by_role_and_label(Role::Button, &format!("{form}: {title}")).rect();
    let (svg, csv) = (EN.shell.figure_svg.name, EN.shell.figure_csv.name);
    let first = rect(svg, EN.learning.title);
    for title in [EN.loss.title, EN.membranes.title, EN.raster.title] {
        assert!(rect(svg, title).top() > first.bottom(), "{title} stands below the first view");
        for form in [svg, csv] {
            let (this, other) = (rect(form, title), rect(form, EN.learning.title));
            assert!((this.left() - other.left()).abs() < 0.5, "{form} of {title} is not in its column");
        }
    }
    let button = format!("{csv}: {}", EN.learning.title);
    // The row, and a tab if it were open.
    let named = |window: &Window, title: &str| window.query_all_by_label(title).count();
    let tabs = named(&window, EN.device.weights.title);
    click(&mut window, &format!("{svg}: {}", EN.device.weights.title));
    until(&mut window, "the drawing", |_| folder.path().join("misfit-weights.svg").exists());
    for (form, ending) in [(csv, "csv"), (svg, "svg")] {
        click(&mut window, &format!("{form}: {}", EN.learning.title));
        let file = folder.path().join(format!("misfit-accuracy.{ending}"));
        until(&mut window, "the figure", |_| file.exists());
        window.run_steps(4);
        assert!(says(&window, &file.display().to_string()));
    }
    assert_eq!(window.get_by_role_and_label(Role::Button, &format!("{svg}: {}", EN.learning.title)).rect(), first);
    assert_eq!(named(&window, EN.device.weights.title), tabs, "what is taken away opens no view");
    click(&mut window, EN.export.all_figures.name);
    let all = folder.path().join("misfit-figures");
    until(&mut window, "all figures", |_| all.join("misfit-runs.csv").exists() || all.join("misfit-task.csv").exists());
    assert!(all.join("misfit-task.svg").exists() && all.join("misfit-accuracy.csv").exists());
    press(&mut window, (egui::Modifiers::NONE, egui::Key::Escape));
    assert!(window.query_by_role_and_label(Role::Button, &button).is_none());
}

/// Closes the window as its cross does; whether it stays open.
fn stays_open_when_closed(window: &mut Window) -> bool {
    let viewport = window.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
    viewport.events.push(egui::ViewportEvent::Close);
    window.step();
    let output = &window.output().viewport_output[&egui::ViewportId::ROOT];
    output.commands.contains(&egui::ViewportCommand::CancelClose)
}

#[test]
fn a_run_that_is_not_kept_is_not_lost_without_a_question() {
    let mut window = open(small());
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    assert!(!stays_open_when_closed(&mut window), "who wants no store is not asked");

    let mut window: Window = Harness::builder().with_size([1280.0, 800.0]).build_eframe(|cc| {
        let broken = || Err(misfit::Error::System("the disk is gone".into()));
        App::with_store(&cc.egui_ctx, small(), Settings::default(), Memory::none(), broken).expect("a session")
    });
    until(&mut window, "learning", |app| app.snapshot().batch > 0);
    let start = Instant::now();
    while !says(&window, EN.runs.not_kept) {
        assert!(start.elapsed() < Duration::from_mins(1), "it is never told that runs are not kept");
        window.step();
    }
    assert!(stays_open_when_closed(&mut window));
    window.run_steps(2);
    assert!(says(&window, EN.dialogs.lost));
    click(&mut window, EN.dialogs.stay);
    assert!(!says(&window, EN.dialogs.lost));
    assert!(stays_open_when_closed(&mut window), "asked again the next time");
    window.run_steps(2);
    window.get_by_role_and_label(Role::Button, EN.dialogs.quit.name).click();
    window.step();
    window.step();
    assert!(!stays_open_when_closed(&mut window), "the answer is obeyed");

    let ctx = window.ctx.clone();
    misfit::app::close_without_asking(&ctx);
    assert!(!stays_open_when_closed(&mut window), "a signal waits for nobody");
}
