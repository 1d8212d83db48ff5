//! The README says what the program says. `UPDATE_README=1 cargo test --test readme` rewrites its generated parts.

use std::path::{Path, PathBuf};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

/// The part of the README between `<!-- name -->` and `<!-- /name -->` must equal `expected`.
fn check(name: &str, expected: &str) {
    let readme = std::fs::read_to_string(path()).expect("the README");
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = readme.split_once(&start).expect("the start mark");
    let (part, after) = rest.split_once(&end).expect("the end mark");
    if std::env::var_os("UPDATE_README").is_some() {
        let text = format!("{before}{start}{}\n{end}{after}", expected.trim());
        return std::fs::write(path(), text).expect("the README can be written");
    }
    for (written, generated) in part.trim().lines().zip(expected.trim().lines()) {
        assert_eq!(written, generated, "run `UPDATE_README=1 cargo test --test readme`");
    }
    assert_eq!(part.trim().lines().count(), expected.trim().lines().count());
}

/// One test, because both parts are written to the same file in update mode.
#[test]
fn generated_tables_are_up_to_date() {
    check("parameters", &misfit::cli::parameter_table());
    check("arrays", &misfit::export::npz::markdown());
}

#[test]
fn every_picture_and_every_file_that_is_named_exists() {
    let readme = include_str!("../README.md");
    for part in readme.split("](").skip(1) {
        let target = part.split(')').next().unwrap_or_default();
        if !target.starts_with("http") {
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(target).exists(), "{target} is missing");
        }
    }
}
