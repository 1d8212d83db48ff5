//! Who may import whom, read from the source itself.
//!
//! The table is that of `design.md`, section 2, which lives on in `src/lib.rs`.
//! "The host cannot see the chip" is the scientific claim of this program; it holds
//! because `host` never imports `chip`, and this test is what makes that stick.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// Modules that everything may stand on.
const FOUNDATIONS: &[&str] =
    &["error", "units", "rng", "time", "spikes", "params", "neuron", "recording", "lanes", "threads"];

/// Modules that may import from the crate, with what they may import; a module may always import itself.
/// `"foundations"` stands for all of [`FOUNDATIONS`]; `a::b` allows only that part of `a`.
const ALLOWED: &[(&str, &[&str])] = &[
    ("error", &[]),
    ("units", &["error"]),
    ("lanes", &[]),
    ("rng", &["error", "lanes"]),
    ("time", &["error"]),
    ("spikes", &["error"]),
    ("neuron", &["error", "units", "rng", "time", "spikes"]),
    ("params", &["error", "units", "rng", "time", "spikes"]),
    ("recording", &["error", "rng", "spikes", "time"]),
    ("text", &["error", "units", "params"]),
    ("experiment_file", &["error", "params"]),
    ("ear", &["error", "units", "rng", "spikes"]),
    ("task", &["ear", "experiment_file", "foundations"]),
    ("chip", &["foundations"]),
    ("host", &["foundations"]),
    ("training", &["task", "chip", "host", "foundations"]),
    ("store", &["training", "host", "experiment_file", "foundations"]),
    (
        "worker",
        &[
            "store",
            "sweep",
            "study",
            "nir",
            "export",
            "training",
            "task",
            "chip",
            "host",
            "experiment_file",
            "text",
            "foundations",
        ],
    ),
    ("study", &["training", "export", "experiment_file", "foundations"]),
    ("sweep", &["store", "training", "experiment_file", "foundations"]),
    ("nir", &["training", "chip", "host", "experiment_file", "foundations"]),
    ("export", &["training", "experiment_file", "text", "foundations"]),
    ("views", &["worker", "params", "units", "time", "text"]),
    ("app", &["views", "worker", "store", "export", "nir", "experiment_file", "text", "cli", "foundations"]),
    (
        "cli",
        &[
            "worker",
            "store",
            "study",
            "nir",
            "sweep",
            "training",
            "task",
            "ear",
            "chip",
            "host",
            "experiment_file",
            "export",
            "text",
            "foundations",
        ],
    ),
];

/// External crates that only some places may use.
const TOOLKITS: &[(&[&str], &[&str])] =
    &[(&["egui", "eframe", "egui_plot", "egui_tiles"], &["views", "app", "main"]), (&["rfd"], &["app::dialogs"])];

/// A reference in the source: where, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reference {
    line: usize,
    /// `crate::…` without `crate::`, or `::name` for an external crate.
    path: String,
}

/// Blanks comments, strings and `#[cfg(test)]` items; line breaks stay where they are.
fn code_only(source: &str) -> String {
    let text: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len());
    let mut k = 0;
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    let starts = |k: usize, word: &str| word.chars().enumerate().all(|(n, c)| text.get(k + n) == Some(&c));
    while k < text.len() {
        let end = if starts(k, "//") {
            (k..text.len()).find(|&n| text[n] == '\n').unwrap_or(text.len())
        } else if starts(k, "/*") {
            (k + 2..text.len()).find(|&n| starts(n, "*/")).map_or(text.len(), |n| n + 2)
        } else if starts(k, "r#\"") {
            (k + 3..text.len()).find(|&n| starts(n, "\"#")).map_or(text.len(), |n| n + 2)
        } else if text[k] == '"' {
            let mut n = k + 1;
            while n < text.len() && text[n] != '"' {
                n += if text[n] == '\\' { 2 } else { 1 };
            }
            (n + 1).min(text.len())
        } else if starts(k, "'\"'") {
            k + 3
        } else if starts(k, "'\\\"'") || starts(k, "'{'") || starts(k, "'}'") || starts(k, "';'") {
            k + if text[k + 1] == '\\' { 4 } else { 3 }
        } else {
            out.push(text[k]);
            k += 1;
            continue;
        };
        out.extend(text[k..end].iter().map(|&c| blank(c)));
        k = end;
    }
    without_tests(&out)
}

/// Blanks the item that follows each `#[cfg(test)]`: up to the closing brace, or the semicolon.
fn without_tests(source: &str) -> String {
    let mut text: Vec<u8> = source.bytes().collect();
    let mut from = 0;
    while let Some(found) = source[from..].find("#[cfg(test)]") {
        let start = from + found;
        let (mut depth, mut end) = (0usize, text.len());
        for (k, byte) in source.bytes().enumerate().skip(start) {
            match byte {
                b'{' => depth += 1,
                b'}' => depth -= 1,
                _ => {}
            }
            if (byte == b'}' || byte == b';') && depth == 0 {
                end = k + 1;
                break;
            }
        }
        text[start..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        from = end;
    }
    String::from_utf8(text).expect("only whole items were blanked")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// All `crate::…` paths (with `{a, b}` lists opened), `super::` resolved, and uses of the toolkits.
fn references(source: &str, module: &str) -> Vec<Reference> {
    let code = code_only(source);
    let mut found = Vec::new();
    let roots = ["crate", "super", "misfit"];
    let toolkits: Vec<&str> = TOOLKITS.iter().flat_map(|(crates, _)| crates.iter().copied()).collect();
    for (at, _) in code.match_indices("::") {
        let head: String = code[..at].chars().rev().take_while(|c| is_word(*c)).collect();
        let head: String = head.chars().rev().collect();
        let before = code[..at - head.len()].trim_end();
        if before.ends_with("::") {
            continue;
        }
        let line = code[..at].matches('\n').count() + 1;
        if toolkits.contains(&head.as_str()) {
            found.push(Reference { line, path: format!("::{head}") });
        }
        if !roots.contains(&head.as_str()) {
            continue;
        }
        for (offset, tail) in open_lists(&code[at + 2..]) {
            let line = code[..at + 2 + offset].matches('\n').count() + 1;
            let path = if head == "super" { resolve_super(module, &tail) } else { Some(tail) };
            found.extend(path.map(|path| Reference { line, path }));
        }
    }
    // `use egui as e;` and `extern crate egui;` have no `::`.
    for (number, text) in code.lines().enumerate() {
        let words: Vec<&str> = text.split(|c| !is_word(c)).filter(|w| !w.is_empty()).collect();
        let named = match words.as_slice() {
            ["use", name, ..] | ["pub", "use", name, ..] | ["extern", "crate", name, ..] => Some(*name),
            _ => None,
        };
        if let Some(name) = named.filter(|name| toolkits.contains(name)) {
            found.push(Reference { line: number + 1, path: format!("::{name}") });
        }
    }
    found
}

/// The paths that begin here: `a::b` gives one, `{a, b::{c, d}}` gives `a`, `b::c`, `b::d`; with byte offsets.
fn open_lists(text: &str) -> Vec<(usize, String)> {
    let lead = text.len() - text.trim_start().len();
    let rest = &text[lead..];
    if let Some(list) = rest.strip_prefix('{') {
        let mut paths = Vec::new();
        let (mut depth, mut start) = (0, 0);
        for (k, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    let item = &list[start..k];
                    if !item.trim().is_empty() {
                        paths.extend(open_lists(item).into_iter().map(|(o, p)| (lead + 1 + start + o, p)));
                    }
                    start = k + 1;
                    if c == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
        return paths;
    }
    let word: String = rest.chars().take_while(|c| is_word(*c)).collect();
    if let Some(tail) = rest[word.len()..].strip_prefix("::") {
        let skipped = lead + word.len() + 2;
        return open_lists(tail).into_iter().map(|(o, p)| (skipped + o, format!("{word}::{p}"))).collect();
    }
    vec![(lead, word)]
}

/// `super::x` seen from `a::b` is `a::x`; from `a` it is `x`.
fn resolve_super(module: &str, tail: &str) -> Option<String> {
    let mut here: Vec<&str> = module.split("::").collect();
    let mut tail = tail;
    here.pop();
    while let Some(rest) = tail.strip_prefix("super::") {
        here.pop();
        tail = rest;
    }
    (!tail.is_empty()).then(|| here.into_iter().chain([tail]).collect::<Vec<_>>().join("::"))
}

/// Every breach of the table in one source text, as `line: what`.
fn breaches(module: &str, source: &str) -> Vec<(usize, String)> {
    let top = module.split("::").next().unwrap_or(module);
    let mut wrong = Vec::new();
    for Reference { line, path } in references(source, module) {
        if let Some(toolkit) = path.strip_prefix("::") {
            let homes = TOOLKITS.iter().find(|(crates, _)| crates.contains(&toolkit)).map_or(&[][..], |t| t.1);
            if !homes.iter().any(|home| module == *home || module.starts_with(&format!("{home}::"))) {
                wrong.push((line, format!("`{toolkit}` may only be used in {}", homes.join(", "))));
            }
            continue;
        }
        let target = path.split("::").next().unwrap_or_default();
        // main.rs and lib.rs tie everything together; names at the root of the crate are re-exports of `error`.
        if top == "main" || top == "lib" || target == top || target.starts_with(|c: char| !c.is_lowercase()) {
            continue;
        }
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == top) else {
            wrong.push((line, format!("module `{top}` has no entry in the import table")));
            continue;
        };
        let fine = allowed.iter().any(|a| {
            (*a == "foundations" && FOUNDATIONS.contains(&target)) || path == *a || path.starts_with(&format!("{a}::"))
        });
        if !fine {
            wrong.push((line, format!("`{top}` may not import `{path}`")));
        }
    }
    wrong
}

/// All source files with their module paths: `src/chip/mod.rs` is `chip`, `src/host/loss.rs` is `host::loss`.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let path = entry.path();
            if path.is_dir() {
                walk(&path, files);
            } else if path.extension().is_some_and(|e| e == "rs") {
                files.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    files
        .into_iter()
        .filter(|path| path.file_stem().is_some_and(|stem| stem != "tests"))
        .map(|path| {
            let relative = path.strip_prefix(&root).unwrap().with_extension("");
            let mut parts: Vec<&str> = relative.iter().map(|p| p.to_str().unwrap()).collect();
            if parts.len() > 1 && parts.last() == Some(&"mod") {
                parts.pop();
            }
            let module = parts.join("::");
            (path, module)
        })
        .collect()
}

#[test]
fn every_module_imports_only_what_the_table_allows() {
    let sources = sources();
    for module in ["chip", "host", "host::backward", "training", "params::table", "main", "cli::train"] {
        assert!(sources.iter().any(|(_, m)| m == module), "{module} was not read");
    }
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (path, module) in &sources {
        let source = fs::read_to_string(path).unwrap();
        seen += references(&source, module).len();
        wrong.extend(
            breaches(module, &source).into_iter().map(|(line, what)| format!("{}:{line}: {what}", path.display())),
        );
    }
    assert!(seen > 60, "only {seen} references found: the scanner is blind");
    assert!(wrong.is_empty(), "the import table of design.md is broken:\n{}", wrong.join("\n"));
}

#[test]
fn the_table_itself_keeps_the_promises() {
    let allowed = |name: &str| ALLOWED.iter().find(|(n, _)| *n == name).unwrap().1;
    for forbidden in ["chip", "task", "training", "worker"] {
        assert!(!allowed("host").contains(&forbidden), "host must not see {forbidden}");
    }
    for forbidden in ["chip", "host", "training"] {
        assert!(!allowed("views").contains(&forbidden), "views must not see {forbidden}");
    }
    assert!(!FOUNDATIONS.contains(&"chip") && !FOUNDATIONS.contains(&"host"));
}

#[test]
fn the_scanner_finds_every_way_of_importing_what_is_forbidden() {
    for (module, source, line) in [
        ("host", "use crate::chip::Chip;", 1),
        ("host::loss", "//! words\n\nuse crate::{params::Params, chip::{self, Chip}};", 3),
        ("host::backward", "fn f() {\n    let c = crate::chip::Chip::new();\n}", 2),
        ("host", "use super::chip::Chip;", 1),
        ("host::loss", "use super::super::training;", 1),
        ("host", "use crate::{\n    params::Params,\n    task::Dataset,\n};", 3),
        ("host", "pub(crate) use crate::training::Experiment;", 1),
        ("host", "let text = \"// not a comment\"; use crate::chip::Chip;", 1),
        ("host", "#[cfg(test)]\nmod tests { use crate::chip::Chip; }\nuse crate::chip::Chip;", 3),
        ("chip", "use crate::host::Host;", 1),
        ("views::raster", "use crate::training::Experiment;", 1),
        ("worker", "fn wake(ctx: &egui::Context) {}", 1),
        ("worker", "use eframe as frame;", 1),
        ("app", "let file = rfd::FileDialog::new();", 1),
        ("export::csv", "use egui_plot::Line;", 1),
        ("params", "use crate::chip::mismatch;", 1),
        ("unknown", "use crate::base::error::Error;", 1),
    ] {
        let found = breaches(module, source);
        assert_eq!(found.len().min(1), 1, "nothing found in {module}: {source}");
        assert!(found.iter().all(|(l, _)| *l == line), "{module}: {source}: {found:?}");
    }
}

#[test]
fn the_scanner_lets_pass_what_is_allowed() {
    for (module, source) in [
        ("host", "use crate::params::Params;\nuse super::recording::Recording;"),
        ("host::loss", "use super::network::Network;\nuse crate::host::volts_from_codes;"),
        ("host", "// use crate::chip::Chip;\n/* crate::chip */\n/// [`crate::chip`]\nfn f() {}"),
        ("host", "#[cfg(test)]\nmod tests {\n    use crate::chip::Chip;\n    fn f() { { } }\n}"),
        ("host", "#[cfg(test)]\nmod tests;\nuse crate::Error;"),
        ("host", "let text = \"use crate::chip::Chip;\";"),
        ("training", "use crate::{chip::Chip, host::Host, task};"),
        ("views::raster", "use egui::Ui;\nuse crate::worker::messages::Snapshot;"),
        ("app::dialogs", "rfd::FileDialog::new();"),
        ("main", "use misfit::cli;\nfn main() { eframe::run_native(); }"),
        ("chip::mismatch", "use super::layout::Site;"),
    ] {
        assert_eq!(breaches(module, source), [], "{module}: {source}");
    }
}
