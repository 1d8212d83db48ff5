//! The README says what the program says.

#[test]
fn the_parameter_table_is_the_generated_one() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("<!-- parameters -->\n").expect("the start mark");
    let (table, _) = rest.split_once("<!-- /parameters -->").expect("the end mark");
    let generated = misfit::cli::parameter_table();
    for (written, expected) in table.lines().zip(generated.lines()) {
        assert_eq!(written, expected, "run `misfit params --markdown` and paste its output");
    }
    assert_eq!(table.lines().count(), generated.lines().count());
}

#[test]
fn every_picture_and_every_asset_that_is_named_exists() {
    let readme = include_str!("../README.md");
    for part in readme.split("](").skip(1) {
        let target = part.split(')').next().unwrap_or_default();
        if !target.starts_with("http") {
            assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(), "{target} is missing");
        }
    }
}
