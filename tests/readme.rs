//! README and handbook say what the program says, and their links lead somewhere.
//! `UPDATE_TABLES=1 cargo test --test readme` rewrites the generated tables.

use std::fs;
use std::path::{Path, PathBuf};

/// The lines that a newcomer is asked to read.
const MOST_LINES: usize = 200;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The README, the pages of the handbook, and the pages beside the programs that make the figures.
fn pages() -> Vec<PathBuf> {
    let others = ["README.md", "assets/README.md", "assets/speech/README.md"];
    let beside = ["tests/benches/README.md", "tests/peers/README.md", "tests/fuzz/README.md"];
    let mut pages: Vec<PathBuf> = others.iter().chain(&beside).map(|name| root().join(name)).collect();
    pages.extend(handbook());
    pages
}

fn handbook() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("assets/handbook")).expect("the handbook");
    // The drawings that they show stand in a folder beside them.
    let paths = folder.map(|entry| entry.expect("an entry").path());
    let mut pages: Vec<PathBuf> = paths.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    pages.sort();
    assert!(pages.len() > 10, "only {} pages found", pages.len());
    pages
}

/// The lines of a page without those of its code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Where a line ends as a definition, `[name]: target`: the name and the target.
fn definition(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix('[')?.split_once("]: ")
}

/// The targets of a page: of `[text](target)` and of `[name]: target`.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in prose(text) {
        found.extend(definition(line).map(|(_, target)| target));
        found.extend(line.split("](").skip(1).filter_map(|rest| rest.split(')').next()));
    }
    found
}

/// The anchor that GitHub and rustdoc give a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

fn anchors(text: &str) -> Vec<String> {
    prose(text).filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}

/// Why a target of a page leads nowhere.
fn broken(page: &Path, text: &str, target: &str) -> Option<String> {
    if target.starts_with("http") {
        return None;
    }
    let (file, fragment) = target.split_once('#').map_or((target, None), |(file, part)| (file, Some(part)));
    let path = page.parent().expect("a folder").join(file);
    if !file.is_empty() && !path.exists() {
        return Some(format!("{}: {target} does not exist", page.display()));
    }
    let there = if file.is_empty() { text.to_owned() } else { fragment.map_or(String::new(), |_| read(&path)) };
    let missing = fragment.filter(|part| !anchors(&there).iter().any(|known| known == part))?;
    Some(format!("{}: {target} has no heading {missing}", page.display()))
}

/// The part of a page between `<!-- name -->` and `<!-- /name -->` must equal `expected`.
fn check(name: &str, expected: &str) {
    let path = root().join(format!("assets/handbook/{name}.md"));
    let page = read(&path);
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = page.split_once(&start).expect("the start mark");
    let (part, after) = rest.split_once(&end).expect("the end mark");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        let text = format!("{before}{start}{}\n{end}{after}", expected.trim());
        return fs::write(path, text).expect("the page can be written");
    }
    for (written, generated) in part.trim().lines().zip(expected.trim().lines()) {
        assert_eq!(written, generated, "run `UPDATE_TABLES=1 cargo test --test readme`");
    }
    assert_eq!(part.trim().lines().count(), expected.trim().lines().count());
}

#[test]
fn the_table_of_parameters_is_up_to_date() {
    check("parameters", &misfit::cli::parameter_table());
}

#[test]
fn the_table_of_arrays_is_up_to_date() {
    check("arrays", &misfit::exchange::npz::markdown());
}

#[test]
fn the_table_of_figures_is_up_to_date() {
    check("cost", &misfit::energy::table::markdown());
}

#[test]
fn the_readme_is_short_enough_for_a_newcomer() {
    let lines = read(&root().join("README.md")).lines().count();
    assert!(lines <= MOST_LINES, "the README has {lines} lines; details belong into assets/handbook");
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let mut seen = 0;
    let mut wrong = Vec::new();
    for page in pages() {
        let text = read(&page);
        let all = targets(&text);
        seen += all.len();
        wrong.extend(all.into_iter().filter_map(|target| broken(&page, &text, target)));
    }
    assert!(seen > 50, "only {seen} links found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_link_by_name_has_a_definition() {
    for page in pages() {
        let text = read(&page);
        let defined: Vec<&str> = prose(&text).filter_map(definition).map(|(name, _)| name).collect();
        for name in prose(&text).flat_map(|line| line.split("][").skip(1)).filter_map(|rest| rest.split(']').next()) {
            assert!(defined.contains(&name), "{}: no line [{name}]: …", page.display());
        }
    }
}

#[test]
fn every_page_of_the_handbook_stands_in_its_index() {
    let index = read(&root().join("assets/handbook/README.md"));
    let listed = targets(&index);
    for page in handbook() {
        let name = page.file_name().and_then(|name| name.to_str()).expect("a name");
        assert!(name == "README.md" || listed.contains(&name), "{name} is not in the index");
    }
}

#[test]
fn a_link_to_nowhere_is_noticed() {
    let page = root().join("assets/handbook/README.md");
    let text = "# One two, three\n[a](nowhere.md) [b][c]\n```sh\n[d](code.md)\n```\n[c]: runs.md#no-such-heading\n";
    let found: Vec<Option<String>> = targets(text).into_iter().map(|target| broken(&page, text, target)).collect();
    assert_eq!(targets(text), ["nowhere.md", "runs.md#no-such-heading"]);
    assert!(found[0].as_ref().is_some_and(|why| why.contains("does not exist")), "{found:?}");
    assert!(found[1].as_ref().is_some_and(|why| why.contains("no heading no-such-heading")), "{found:?}");
    assert_eq!(broken(&page, text, "#one-two-three"), None);
}
