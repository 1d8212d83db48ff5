//! Who may import whom: the table in `src/lib.rs` is read and checked against the source.
//!
//! "The host cannot see the chip" is the scientific claim of this program. The types make it true; this test keeps
//! the rooms apart that the types live in.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod circles;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syn::visit::{self, Visit};

type Table = Vec<(String, BTreeSet<String>)>;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The names in backquotes.
fn quoted(text: &str) -> impl Iterator<Item = String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// The table in the documentation of the crate: every room, and the rooms that it may import.
fn table() -> Table {
    let text = std::fs::read_to_string(source().join("lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let table: Table = rows
        .map(|row| {
            let (room, allowed) = row.split_once("` |").unwrap();
            (room.to_owned(), quoted(allowed).collect())
        })
        .collect();
    assert!(table.len() > 10, "the table in lib.rs was not found");
    table
}

/// What one file names of the crate outside its tests.
#[derive(Default)]
struct Imports {
    rooms: BTreeSet<String>,
    toolkits: BTreeSet<String>,
    unnamed: bool,
}

impl Imports {
    fn enter(&mut self, first: &str, second: Option<String>) {
        match (first, second) {
            ("crate", Some(room)) => drop(self.rooms.insert(room)),
            ("crate", None) => self.unnamed = true,
            ("egui" | "eframe" | "egui_plot" | "egui_tiles", _) => drop(self.toolkits.insert(first.to_owned())),
            _ => {}
        }
    }

    fn tree(&mut self, tree: &syn::UseTree) {
        match tree {
            syn::UseTree::Path(path) => {
                let first = path.ident.to_string();
                for second in second_names(&path.tree) {
                    self.enter(&first, second);
                }
            }
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.tree(item)),
            _ => {}
        }
    }
}

/// The names after `crate::`, one for every branch; `None` for a glob.
fn second_names(tree: &syn::UseTree) -> Vec<Option<String>> {
    match tree {
        syn::UseTree::Path(path) => vec![Some(path.ident.to_string())],
        syn::UseTree::Name(name) => vec![Some(name.ident.to_string())],
        syn::UseTree::Rename(rename) => vec![Some(rename.ident.to_string())],
        syn::UseTree::Group(group) => group.items.iter().flat_map(second_names).collect(),
        syn::UseTree::Glob(_) => vec![None],
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes
        .iter()
        .any(|a| a.path().is_ident("cfg") && matches!(&a.meta, syn::Meta::List(l) if l.tokens.to_string() == "test"))
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !is_test(&item.attrs) {
            self.tree(&item.tree);
        }
    }

    /// What stands in a macro is not parsed: its paths are found among its tokens.
    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let tokens = item.tokens.to_string();
        let words: Vec<&str> = tokens.split_whitespace().collect();
        for three in words.windows(3).filter(|three| three[0].ends_with("crate") && three[1] == "::") {
            self.enter("crate", Some(three[2].to_owned()));
        }
        visit::visit_macro(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
        if let (Some(first), second) = (names.next(), names.next())
            && (path.segments.len() > 1)
        {
            self.enter(&first, second);
        }
        visit::visit_path(self, path);
    }
}

/// Every file of the program, without those that belong to tests, with its room.
fn files() -> Vec<(String, PathBuf)> {
    let mut found = Vec::new();
    let mut folders = vec![source()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                if name != "tests" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| e == "rs")
                && !["tests", "long_run", "test_data"].contains(&&*name)
            {
                let inner = path.strip_prefix(source()).unwrap();
                let room = inner.components().next().unwrap().as_os_str().to_string_lossy();
                found.push((room.trim_end_matches(".rs").to_owned(), path));
            }
        }
    }
    found.sort();
    found
}

/// Rooms and what they import; read once for all tests.
fn imports() -> &'static BTreeMap<String, Imports> {
    static IMPORTS: LazyLock<BTreeMap<String, Imports>> = LazyLock::new(read_imports);
    &IMPORTS
}

fn read_imports() -> BTreeMap<String, Imports> {
    let mut rooms: BTreeMap<String, Imports> = BTreeMap::new();
    for (room, path) in files().into_iter().filter(|(room, _)| !["main", "lib", "engine"].contains(&room.as_str())) {
        let text = std::fs::read_to_string(&path).unwrap();
        let file = syn::parse_file(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let mut of_file = Imports::default();
        of_file.visit_file(&file);
        assert!(!of_file.unnamed, "{}: a glob of the whole crate hides what is imported", path.display());
        let own = rooms.entry(room).or_default();
        own.rooms.extend(of_file.rooms);
        own.toolkits.extend(of_file.toolkits);
    }
    rooms
}

#[test]
fn every_room_imports_only_what_the_table_in_lib_rs_allows() {
    let table = table();
    for (room, imports) in imports() {
        let (_, allowed) =
            table.iter().find(|(name, _)| name == room).unwrap_or_else(|| panic!("{room} is not in the table"));
        for other in imports.rooms.iter().filter(|other| *other != room) {
            // `Error` and `Result` stand at the top for everybody.
            let known = ["Error", "Result"].contains(&other.as_str()) || allowed.contains(other);
            assert!(known, "{room} imports {other}, which the table in src/lib.rs does not allow");
        }
    }
}

#[test]
fn the_table_names_what_exists_and_what_is_used_and_nothing_else() {
    let (table, imports) = (table(), imports());
    for (room, allowed) in &table {
        let used = &imports.get(room).unwrap_or_else(|| panic!("there is no room {room}")).rooms;
        for other in allowed.iter().filter(|name| !name.starts_with("egui")) {
            assert!(used.contains(other), "{room} does not import {other}, although the table in src/lib.rs says so");
        }
    }
}

#[test]
fn nothing_is_imported_upwards() {
    let table = table();
    for (k, (room, allowed)) in table.iter().enumerate() {
        for other in allowed.iter().filter(|name| !name.starts_with("egui")) {
            let below = table[..k].iter().any(|(name, _)| name == other);
            assert!(below, "{room} stands above only what comes before it in the table, and {other} does not");
        }
    }
}

#[test]
fn no_room_below_the_views_knows_the_toolkit() {
    for (room, imports) in imports() {
        let may = ["views", "app"].contains(&room.as_str());
        assert!(may || imports.toolkits.is_empty(), "{room} imports {:?}", imports.toolkits);
    }
}

#[test]
fn the_engine_is_the_rooms_of_the_table_up_to_the_session() {
    let text = std::fs::read_to_string(source().join("engine.rs")).unwrap();
    let engine: BTreeSet<&str> =
        text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    let table = table();
    let below = table.iter().position(|(room, _)| room == "session").unwrap() + 1;
    assert_eq!(engine, table[..below].iter().map(|(room, _)| room.as_str()).collect());
}

#[test]
fn the_host_never_names_the_chip_nor_a_fault_of_it() {
    let files = files();
    for (_, path) in files.iter().filter(|(room, _)| room == "host") {
        let text = std::fs::read_to_string(path).unwrap();
        for word in ["ChipParams", "ChipSetup", "crate::chip", "sigma"] {
            let lines = text
                .lines()
                .take_while(|line| !line.contains("mod tests {"))
                .filter(|l| !l.trim_start().starts_with("//"));
            assert!(lines.clone().all(|line| !line.contains(word)), "{}: {word}", path.display());
        }
    }
}

/// Without the tests at its end.
const MOST_LINES: usize = 400;

#[test]
fn a_longer_file_says_in_its_head_why_it_is_one() {
    for (_, path) in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = text.lines().take_while(|line| !line.starts_with("mod tests {")).count();
        let mut head = text.lines().take_while(|line| line.starts_with("//!"));
        let has_reason = head.any(|line| line.starts_with("//! Longer than "));
        let path = path.display();
        assert!(
            lines <= MOST_LINES || has_reason,
            "{path} has {lines} lines: cut it at a seam, or begin a line of its head with \"Longer than other files:\""
        );
        assert!(lines > MOST_LINES || !has_reason, "{path} is not longer than other files, although it says so");
    }
}

#[test]
fn no_files_name_each_other_in_a_circle() {
    let circles = circles::Source::of_the_program().circles();
    assert!(circles.is_empty(), "files in a circle:\n{}", circles.join("\n"));
}

#[test]
fn a_circle_is_found_through_re_exports_and_macros_and_a_type_in_two_files_is_none() {
    let circles = |x: &str, y: &str| {
        let head = "mod x; mod y; pub use x::X; pub struct Head(y::Y);";
        let files = [("lib.rs", "mod room;"), ("room/mod.rs", head), ("room/x.rs", x), ("room/y.rs", y)];
        circles::Source::of(files.map(|(path, text)| (PathBuf::from(path), text.to_owned()))).circles()
    };
    let names_y = "use super::{Head, y::Y}; pub struct X(Y); impl X { fn new(_: Head) {} }";
    assert_eq!(
        circles(names_y, "pub struct Y; fn f(_: &super::X) {}"),
        [r#"room/x.rs names {"Y"} of room/y.rs"#, r#"room/y.rs names {"X"} of room/x.rs"#]
    );
    assert_eq!(circles(names_y, "pub struct Y; fn f() { vec![crate::room::X::new()]; }").len(), 2);
    assert_eq!(circles(names_y, "pub struct Y; use super::X; impl X { fn more(&self) {} }"), [""; 0]);
    assert_eq!(circles(names_y, "pub struct Y; #[cfg(test)] mod tests { use super::super::X; }"), [""; 0]);
}
