//! What is taken away of every view.

use crate::stage::*;
use crate::words::words;

use misfit::params::{Lane, Params};
use misfit::session::messages::{BatchesView, Picture, RunsView, Snapshot};
use misfit::text::{EN, ZH};
use misfit::views::{ViewKind, Views};

/// What is counted, or has no unit by its nature; everything else on an axis or in a table needs one.
const WITHOUT_UNIT: &[&str] = &[
    // Places and numbers of things.
    "series",
    "matrix",
    "mark",
    "note",
    "quantity",
    "value",
    "unit",
    "row",
    "weights",
    "chip",
    "parameter",
    "place between smallest and largest, 0 to 1",
    "epochs",
    "neuron",
    "number of neurons",
    "class",
    "answer",
    "right class",
    "samples",
    "circuit",
    "row of circuits",
    "colours",
    "from",
    "to",
    "hidden",
    "inputs",
    "readout",
    "code",
    "run",
    "step of the round",
    "setting",
    "Hidden neurons",
    "Parameter",
    "Chip number",
    "events in this cell",
    "system",
    "hidden neurons",
];

/// A table: its headings and its rows.
type Table = (Vec<String>, Vec<Vec<String>>);

/// The tables of a CSV file without its notes.
fn tables(csv: &str) -> Vec<Table> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let mut tables: Vec<Table> = Vec::new();
    for row in reader.records() {
        let row: Vec<String> = row.expect("a row").iter().map(str::to_owned).collect();
        match (row[0].as_str(), tables.last_mut()) {
            ("series" | "mark" | "matrix" | "colours" | "quantity" | "table", _) => tables.push((row, Vec::new())),
            (_, Some((_, rows))) => rows.push(row),
            (_, None) => panic!("a row before any heading: {row:?}"),
        }
    }
    tables
}

/// A drawing that a reader of XML accepts, in which every place and size is a number.
fn is_well_formed(svg: &str, title: &str) {
    let drawing = roxmltree::Document::parse(svg).expect("XML");
    let root = drawing.root_element();
    assert_eq!((root.tag_name().name(), root.tag_name().namespace()), ("svg", Some("http://www.w3.org/2000/svg")));
    let text_of = |tag: &str| root.children().find(|n| n.has_tag_name(tag)).and_then(|n| n.text()).map(str::to_owned);
    assert_eq!(text_of("title").or_else(|| text_of("{http://www.w3.org/2000/svg}title")).as_deref(), Some(title));
    for node in root.descendants() {
        for attribute in node.attributes() {
            if ["x", "y", "width", "height", "cx", "cy", "r"].contains(&attribute.name()) && attribute.value() != "100%"
            {
                let value: f64 = attribute.value().parse().expect("a number");
                assert!(value.is_finite(), "{title}: {} of {:?}", attribute.name(), node.tag_name());
                let size = ["width", "height", "r"].contains(&attribute.name());
                assert!(!size || value >= 0.0, "{title}: {} is {value}", attribute.name());
            }
        }
    }
}

/// There is no view without something to take away; one that came to be would have to be named here.
#[test]
fn every_view_is_taken_away_as_a_drawing_and_as_a_table_with_units() {
    let views = Views::default();
    for (kind, text) in ViewKind::ALL.into_iter().flat_map(|kind| [(kind, &EN), (kind, &ZH)]) {
        let nothing = views.figure(
            kind,
            &Snapshot::empty(&Params::default()),
            &RunsView::default(),
            &BatchesView::default(),
            text,
        );
        assert_eq!(nothing, None, "{kind:?}");
        let figure = views.figure(kind, &normal(), &runs(), &batches(), text);
        let figure = figure.unwrap_or_else(|| panic!("{kind:?} has nothing to take away"));
        let (csv, svg) = (figure.csv("seed = 1"), figure.svg("seed = 1"));
        is_well_formed(&svg, &figure.title);
        assert!(svg.contains("seed = 1") && svg.matches('<').count() > 15, "{kind:?}");
        assert!(csv.contains("# seed = 1"), "{kind:?}");
        let tables = tables(&csv);
        assert!(!tables.is_empty(), "{kind:?}");
        for (heading, rows) in &tables {
            assert!(!rows.is_empty(), "{kind:?} has a table {heading:?} without rows");
            assert!(rows.iter().all(|row| row.len() == heading.len()), "{kind:?} has ragged rows below {heading:?}");
            assert!(heading.iter().all(|name| !name.is_empty()), "{kind:?}: {heading:?}");
            let numbers = ["series", "matrix"].contains(&heading[0].as_str()) && kind != ViewKind::Faults;
            let last = heading.len() - 1;
            assert!(!numbers || rows.iter().all(|r| r[last].parse::<f64>().is_ok()), "{kind:?}: {heading:?}");
            if text.language == EN.language && heading[0] != "table" {
                let with_unit = |name: &String| WITHOUT_UNIT.contains(&name.as_str()) || name.contains(", ");
                assert!(heading.iter().all(with_unit), "{kind:?} has an axis without a unit: {heading:?}");
            }
        }
    }
}

/// The words of a drawing of some class, and the names of what is drawn with how many marks each.
fn drawn(svg: &str, class: &str) -> (Vec<String>, Vec<(String, usize)>) {
    let drawing = roxmltree::Document::parse(svg).expect("XML");
    let said = drawing.descendants().filter(|n| n.attribute("class") == Some(class));
    let said = said.filter_map(|n| n.text().map(str::to_owned)).collect();
    let groups = drawing.descendants().filter(|n| n.has_tag_name(("http://www.w3.org/2000/svg", "title")));
    let marks = groups.skip(1).map(|title| {
        let parent = title.parent().expect("a parent");
        let children = parent.children().filter(roxmltree::Node::is_element).count() - 1;
        let corners = parent
            .descendants()
            .find_map(|n| n.attribute("points").filter(|_| n.has_tag_name(("http://www.w3.org/2000/svg", "polyline"))));
        (title.text().unwrap_or_default().to_owned(), corners.map_or(children, |p| p.split(' ').count()))
    });
    (said, marks.collect())
}

/// One description, four drawings: names of axes, curves, thresholds and changes, and the number of marks, are found in
/// the window, the drawing and the table alike.
#[test]
fn window_drawing_and_table_of_every_view_tell_the_same_facts() {
    for (kind, text) in ViewKind::ALL.into_iter().flat_map(|kind| [(kind, &EN), (kind, &ZH)]) {
        let mut harness = still(text, kind, &normal(), egui::Theme::Dark, [1600.0, 900.0]);
        harness.run_steps(4);
        let on_screen = words(&harness.output().shapes);
        let says = |what: &str| on_screen.iter().any(|(said, ..)| said == what);
        let stage = harness.state();
        let figure = stage.views.figure(kind, &stage.snapshot, &stage.runs, &stage.batches, text).expect("a figure");
        let (csv, svg) = (figure.csv(""), figure.svg(""));
        let ((axes, marks), (legend, _)) = (drawn(&svg, "axis"), drawn(&svg, "legend"));
        for (heading, rows) in tables(&csv) {
            let place = heading.len() - 2..;
            match heading[0].as_str() {
                "series" => {
                    for axis in &heading[place] {
                        assert!(axes.contains(axis), "{kind:?}: {axis} is no axis of the drawing: {axes:?}");
                    }
                    let mut names: Vec<&String> = rows.iter().map(|row| &row[0]).collect();
                    names.dedup();
                    for name in names {
                        let rows = rows.iter().filter(|row| row[0] == *name).count();
                        let drawn: usize = marks.iter().filter(|(drawn, _)| drawn == name).map(|(_, n)| n).sum();
                        assert_eq!(rows, drawn, "{kind:?}: marks of {name} in the table and in the drawing");
                    }
                }
                "mark" => {
                    for row in &rows {
                        let told =
                            marks.iter().any(|(title, _)| title.starts_with(&row[0]) && title.ends_with(&row[2]));
                        assert!(told, "{kind:?}: {row:?} is not in the drawing: {marks:?}");
                    }
                }
                _ => {}
            }
        }
        if kind.is_plot() {
            assert!(axes.iter().any(|axis| says(axis)), "{kind:?}: no axis of {axes:?} is on the screen");
            for name in &legend {
                assert!(says(name), "{kind:?}: {name} is in the legend of the drawing and not on the screen");
            }
        }
    }
}

/// Every value goes through the table and comes back to the last bit.
#[test]
fn the_table_holds_raw_values_with_the_numbers_of_their_neurons() {
    let (views, snapshot) = (Views::default(), normal());
    let of = |kind, first: &str| {
        let csv = views.figure(kind, &snapshot, &runs(), &batches(), &EN).expect("a figure").csv("");
        tables(&csv).into_iter().find(|(heading, _)| heading[0] == first).expect("the table")
    };
    let number = |cell: &String| cell.parse::<f64>().expect("a number");
    let same = |cell: &String, value: f64| number(cell).to_bits() == value.to_bits();
    let sample = snapshot.sample.as_ref().expect("a sample");
    let trace = sample.lanes.iter().find(|l| l.lane == Lane::InTheLoop).expect("a lane");

    let (heading, rows) = of(ViewKind::Membranes, "series");
    let voltage = format!("{} (70 LSB)", EN.voltage_axis);
    assert_eq!(heading, ["series", EN.neuron, EN.time_axis, &voltage]);
    let analog: Vec<_> = rows.iter().filter(|row| row[0].ends_with(EN.analog)).collect();
    assert_eq!(analog.len(), 4 * trace.v_hidden.nrows(), "four neurons in full");
    for (k, row) in analog.iter().enumerate() {
        let (neuron, step) = (row[1].parse::<usize>().expect("a neuron"), k % trace.v_hidden.nrows());
        let same = same(&row[3], f64::from(trace.v_hidden[[step, neuron]]));
        assert!(same, "{row:?} is moved or cut");
    }
    let threshold = rows.iter().find(|row| row[0].ends_with(EN.threshold)).expect("a threshold");
    assert!(same(&threshold[3], 1.0));

    let (_, rows) = of(ViewKind::Raster, "series");
    let hidden: usize = rows.iter().filter(|row| ![EN.inputs, EN.peak].contains(&row[0].as_str())).count();
    assert_eq!(hidden, trace.spikes.len());
    assert!(rows.iter().filter(|row| row[0] == EN.inputs).all(|row| row[1] == row[3]), "an input is its row");

    let (_, rows) = of(ViewKind::Faults, "table");
    for (k, row) in rows.iter().enumerate() {
        let spread = &snapshot.chip.spreads[k / 23];
        let neuron: usize = row[1].parse().expect("a neuron");
        assert_eq!((neuron, number(&row[4]), number(&row[3])), (k % 23, spread.actual[neuron], spread.nominal));
    }
    let (heading, rows) = of(ViewKind::ChipMap, "table");
    assert_eq!(rows.len(), snapshot.chip.sites.len());
    let tau = heading.iter().position(|head| head.starts_with("τ_mem, µs")).expect("a parameter");
    assert!(rows.iter().enumerate().all(|(k, row)| same(&row[tau], snapshot.chip.spreads[0].actual[k])));
    assert_eq!(rows[7][3], "1", "the silent neuron");

    let (_, rows) = of(ViewKind::Weights, "matrix");
    let codes = &snapshot.weights.as_ref().expect("weights").lanes[Lane::InTheLoop as usize].now.input;
    assert!(rows.iter().zip(codes).all(|(row, code)| same(&row[3], f64::from(*code))));
    assert_eq!(rows.len(), codes.len());

    let (_, rows) = of(ViewKind::Learning, "series");
    let name = format!("{}, {}", EN.lane(Lane::Ideal).name, EN.batches);
    let curve: Vec<[f64; 2]> =
        rows.iter().filter(|row| row[0] == name).map(|row| [number(&row[1]), number(&row[2])]).collect();
    assert_eq!(curve, *snapshot.curves[0].batch_accuracy);
    let (_, rows) = of(ViewKind::Compensation, "series");
    assert_eq!(rows.iter().filter(|row| row[0] == EN.hidden).map(|row| row[1].as_str()).next_back(), Some("19"));
}

/// A picture of 2.5 times the size of the drawing, on white paper, with the settings in it.
#[test]
fn a_picture_is_large_and_light_and_tells_its_settings_and_its_letters_are_those_of_the_window() {
    let figure = Views::default().figure(ViewKind::Learning, &normal(), &runs(), &batches(), &ZH).expect("a figure");
    let svg = figure.svg("seed = 1");
    let bytes = misfit::views::figure::picture(&svg, "seed = 1").expect("a picture");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a header");
    assert_eq!(reader.info().width, 2000);
    assert_eq!(reader.info().utf8_text[0].get_text().expect("text"), "seed = 1");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    reader.next_frame(&mut pixels).expect("a frame");
    let light = pixels.iter().filter(|p| **p > 240).count() as f64 / pixels.len() as f64;
    assert!(light > 0.7, "{light}");
    // The title stands in the first forty points; without letters there would be none but white pixels.
    let title = pixels[..2000 * 3 * 70].iter().filter(|p| **p < 128).count();
    assert!(title > 300, "{title} dark values in the title");
}

/// Whoever goes back from the table to the snapshot finds the same numbers.
#[test]
fn what_is_taken_away_of_task_drawing_and_loop_is_what_the_snapshot_holds() {
    let (views, snapshot) = (Views::default(), normal());
    let table = |kind, first: &str| {
        let csv = views.figure(kind, &snapshot, &runs(), &batches(), &EN).expect("a figure").csv("");
        let found = tables(&csv).into_iter().find(|(heading, _)| heading[0] == first);
        found.map(|(_, rows)| rows).unwrap_or_default()
    };
    let sample = snapshot.sample.as_ref().expect("a sample");
    let scores = table(ViewKind::Task, "series");
    let own: Vec<&Vec<String>> = scores.iter().filter(|r| r[0] == EN.lane(Lane::InTheLoop).name).collect();
    let trace = sample.lanes.iter().find(|l| l.lane == Lane::InTheLoop).expect("a lane");
    assert_eq!(own.iter().map(|r| r[1].as_str()).collect::<Vec<_>>(), ["yin", "yang", "dot"]);
    assert_eq!(own.iter().map(|r| r[2].parse().expect("a number")).collect::<Vec<f32>>(), trace.scores);
    let pixels: Vec<f32> =
        table(ViewKind::Task, "matrix").iter().map(|r| r[3].parse::<f32>().expect("a grey level")).collect();
    assert_eq!(pixels, sample.pixels);
    let drawn: Vec<f32> = table(ViewKind::Draw, "matrix").iter().map(|r| r[3].parse().expect("a grey level")).collect();
    assert_eq!(drawn, snapshot.drawing.as_ref().expect("a drawing").pixels);
    let steps = table(ViewKind::Rounds, "series");
    assert_eq!((steps[0][1].as_str(), steps[0][2].as_str()), (EN.device.steps[0].name, "3"), "3e-3 s in ms");
    let told = table(ViewKind::Rounds, "quantity");
    // 64 samples of 40 µs are 2.56 ms of hardware time; at 200 mW that is 0.512 mJ.
    let value =
        |name: &str| told.iter().find(|r| r[0] == name).map(|r| (r[1].parse::<f64>().expect("a number"), &r[2]));
    let (time, unit) = value(EN.device.real_chip.name).expect("a time");
    assert!((time - 2.56).abs() < 1e-9 && unit == "ms");
    let (energy, unit) = value(EN.device.energy.name).expect("an energy");
    assert!((energy - 0.512).abs() < 1e-9 && unit == "mJ");
}

#[test]
fn points_of_the_plane_and_sounds_are_taken_away_too() {
    let views = Views::default();
    let figure = |snapshot: &Snapshot| {
        let figure = views
            .figure(ViewKind::Task, snapshot, &RunsView::default(), &BatchesView::default(), &EN)
            .expect("a figure");
        is_well_formed(&figure.svg(""), &figure.title);
        figure
    };
    let map = figure(&plane());
    assert_eq!((map.panels.len(), map.panels[0].cells[0].values.len()), (5, 256), "four lanes and their scores");
    let classes = &plane().decision_map.expect("a map").lanes[0].1;
    assert!(map.panels[0].cells[0].values.iter().eq(classes.iter().map(|c| f64::from(*c)).collect::<Vec<_>>().iter()));
    let sound = figure(&with_sample(normal(), |sample| sample.picture = Picture::Sound));
    assert_eq!(sound.panels[0].cells[0].values.iter().sum::<f64>() as usize, 40, "every event is in one cell");
}

/// An axis that ended at the 50 % that was tried would cut the line in two.
#[test]
fn many_chips_say_on_which_samples_and_mark_the_strength_in_force_within_the_axis() {
    let mut shown = normal();
    std::sync::Arc::make_mut(&mut shown.params).chip.sigma = 0.53;
    let stage = TestView::from(&shown);
    let figure =
        stage.views.figure(ViewKind::Chips, &stage.snapshot, &stage.runs, &stage.batches, &EN).expect("a figure");
    assert!(figure.title.contains("σ 20 %, the first 100 test samples: yield"), "{}", figure.title);
    assert!(figure.title.contains("mean of 12 chips"), "{}", figure.title);
    let panel = &figure.panels[0];
    let rule = panel.rules.iter().find(|rule| rule.name == "σ in force, 53 %").expect("the strength in force");
    assert!(panel.x.reach.iter().any(|end| *end > rule.at + 1.0));
    assert!(panel.series.iter().any(|series| series.name == "yield at a target of 90 %"));
}

#[test]
fn repeats_tell_their_spreads_with_units() {
    let mut harness = still(&EN, ViewKind::Repeats, &normal(), egui::Theme::Dark, LARGE);
    harness.run_steps(4);
    let said = words(&harness.output().shapes);
    let spread = said.iter().find(|(what, ..)| what.starts_with("Neuron to neuron σ")).expect("a spread");
    assert!(spread.0.ends_with(" × threshold"), "{}", spread.0);
}

/// In a wide view in full, in a narrow one as far as it fits.
#[test]
fn membranes_and_spikes_say_that_their_run_is_their_own() {
    for (kind, title) in [(ViewKind::Membranes, "Membranes"), (ViewKind::Raster, "Spikes")] {
        for (size, whole) in [(LARGE, true), ([390.0, 200.0], false)] {
            let mut harness = still(&EN, kind, &normal(), egui::Theme::Dark, size);
            harness.run_steps(4);
            let said = words(&harness.output().shapes);
            let own = EN.probes.own_run;
            assert!(
                said.iter().any(|(what, ..)| if whole { what == own } else { what.starts_with("a run of") }),
                "{kind:?}"
            );
        }
        let stage = TestView::from(&normal());
        let figure = stage.views.figure(kind, &stage.snapshot, &stage.runs, &stage.batches, &EN).expect("a figure");
        assert!(figure.title.starts_with(title) && figure.title.contains(EN.probes.own_run), "{}", figure.title);
    }
}
