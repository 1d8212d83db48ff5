//! What is taken away of every view.

use crate::stage::*;

use misfit::params::{Lane, Params};
use misfit::session::messages::{Picture, RunsView, Snapshot};
use misfit::text::{EN, ZH};
use misfit::views::{ViewKind, Views};

/// What is counted, or has no unit by its nature; everything else on an axis or in a table needs one.
const WITHOUT_UNIT: &[&str] = &[
    // Places and numbers of things.
    "series",
    "matrix",
    "quantity",
    "value",
    "unit",
    "epochs",
    "neuron",
    "number of neurons",
    "class",
    "answer",
    "right class",
    "samples",
    "circuit",
    "row of circuits",
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

/// The tables of a CSV file without its notes: headings and rows.
fn tables(csv: &str) -> Vec<(Vec<String>, Vec<Vec<String>>)> {
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).has_headers(false).flexible(true).from_reader(csv.as_bytes());
    let mut tables: Vec<(Vec<String>, Vec<Vec<String>>)> = Vec::new();
    for row in reader.records() {
        let row: Vec<String> = row.expect("a row").iter().map(str::to_owned).collect();
        match (row[0].as_str(), tables.last_mut()) {
            ("series" | "matrix" | "quantity", _) => tables.push((row, Vec::new())),
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
        let nothing = views.figure(kind, &Snapshot::empty(&Params::default()), &RunsView::default(), text);
        assert_eq!(nothing, None, "{kind:?}");
        let figure = views.figure(kind, &normal(), &runs(), text);
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
            let numbers = heading[0] != "quantity";
            let last = heading.len() - 1;
            assert!(!numbers || rows.iter().all(|r| r[last].parse::<f64>().is_ok()), "{kind:?}: {heading:?}");
            if text.language == EN.language {
                let with_unit = |name: &String| WITHOUT_UNIT.contains(&name.as_str()) || name.contains(", ");
                assert!(heading.iter().all(with_unit), "{kind:?} has an axis without a unit: {heading:?}");
            }
        }
    }
}

/// Whoever goes back from the table to the snapshot finds the same numbers.
#[test]
fn what_is_taken_away_of_task_drawing_and_loop_is_what_the_snapshot_holds() {
    let (views, snapshot) = (Views::default(), normal());
    let table = |kind, first: &str| {
        let csv = views.figure(kind, &snapshot, &runs(), &EN).expect("a figure").csv("");
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
        let figure = views.figure(ViewKind::Task, snapshot, &RunsView::default(), &EN).expect("a figure");
        is_well_formed(&figure.svg(""), &figure.title);
        figure
    };
    let map = figure(&plane());
    assert_eq!((map.cells.len(), map.cells[0].values.len()), (4, 256));
    // The map is kept from below and written from above: its last row comes first.
    let rows = &plane().decision_map.expect("a map").lanes[0].1;
    assert_eq!(map.cells[0].values[..16], rows[240..].iter().map(|c| f64::from(*c)).collect::<Vec<_>>());
    let sound = figure(&with_sample(normal(), |sample| sample.picture = Picture::Sound));
    assert_eq!(sound.cells[0].values.iter().sum::<f64>() as usize, 40, "every event is in one cell");
}
