//! Which file names what of which other file, and the circles among them.
//!
//! A name is followed as the compiler follows it: through `use`, re-exports, `super`, `self` and `crate`, to the file
//! that defines the item. Two files whose items name each other, directly or by way of others, are one file that was
//! cut at the wrong place.
//!
//! Two things are no circle. A module and its parts: what `mod.rs` defines is there for the files in its folder, and it
//! names them as their owner. And the methods of one type in several files: a file with an `impl` of a type is a part of
//! the type and not a user of it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

use super::{files, is_test, source};

/// One module of the crate: what it defines, and what its names stand for.
#[derive(Default)]
struct Module {
    /// Index of the file.
    file: usize,
    items: BTreeSet<String>,
    /// What is imported under a name, as absolute or relative path.
    uses: BTreeMap<String, Vec<String>>,
    globs: Vec<Vec<String>>,
    /// Every path that is written in it.
    named: BTreeSet<Vec<String>>,
    /// Types that have methods here.
    extends: BTreeSet<Vec<String>>,
}

/// One file: its name, and the module that it is.
struct File {
    name: String,
    module: Vec<String>,
}

/// The modules by their path from the root of the crate, and the files.
#[derive(Default)]
pub struct Source {
    modules: BTreeMap<Vec<String>, Module>,
    files: Vec<File>,
}

/// Reads the items of a file into the modules.
struct Reader<'a> {
    source: &'a mut Source,
    module: Vec<String>,
    file: usize,
}

fn names(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

impl Reader<'_> {
    fn here(&mut self) -> &mut Module {
        let module = self.source.modules.entry(self.module.clone()).or_default();
        module.file = self.file;
        module
    }

    fn define(&mut self, name: &syn::Ident) {
        self.here().items.insert(name.to_string());
    }

    fn import(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.import(&path.tree, &with(&path.ident)),
            syn::UseTree::Group(group) => group.items.iter().for_each(|item| self.import(item, before)),
            syn::UseTree::Glob(_) => self.here().globs.push(before.to_vec()),
            syn::UseTree::Name(name) => {
                let whole = if name.ident == "self" { before.to_vec() } else { with(&name.ident) };
                let last = whole.last().cloned().unwrap_or_default();
                self.here().uses.insert(last, whole.clone());
                self.here().named.insert(whole);
            }
            syn::UseTree::Rename(rename) => {
                let whole = with(&rename.ident);
                self.here().uses.insert(rename.rename.to_string(), whole.clone());
                self.here().named.insert(whole);
            }
        }
    }
}

/// What attributes say of an item.
fn attributes(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if is_test(attributes(item)) {
            return;
        }
        match item {
            syn::Item::Const(item) => self.define(&item.ident),
            syn::Item::Enum(item) => self.define(&item.ident),
            syn::Item::Fn(item) => self.define(&item.sig.ident),
            syn::Item::Static(item) => self.define(&item.ident),
            syn::Item::Struct(item) => self.define(&item.ident),
            syn::Item::Trait(item) => self.define(&item.ident),
            syn::Item::Type(item) => self.define(&item.ident),
            syn::Item::Macro(item) => item.ident.iter().for_each(|name| self.define(name)),
            syn::Item::Use(item) => self.import(&item.tree, &[]),
            syn::Item::Mod(item) if item.content.is_some() => {
                self.module.push(item.ident.to_string());
                self.here();
                visit::visit_item_mod(self, item);
                self.module.pop();
                return;
            }
            syn::Item::Impl(item) if item.trait_.is_none() => {
                if let syn::Type::Path(of) = &*item.self_ty {
                    self.here().extends.insert(names(&of.path));
                }
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !is_test(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let path_names = names(path);
        self.here().named.insert(path_names);
        visit::visit_path(self, path);
    }

    /// What stands in a macro is not parsed: its paths are found among its tokens.
    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let tokens = item.tokens.to_string().replace("::", " :: ");
        let parts = tokens.split(|c: char| c.is_whitespace() || "()[]{},;&!.".contains(c));
        let mut words = parts.filter(|word| !word.is_empty()).peekable();
        let mut path = Vec::new();
        while let Some(word) = words.next() {
            if word.chars().all(|c| c.is_alphanumeric() || c == '_') {
                path.push(word.to_owned());
                if words.next_if_eq(&"::").is_none() {
                    self.here().named.insert(std::mem::take(&mut path));
                }
            } else {
                path.clear();
            }
        }
        visit::visit_macro(self, item);
    }
}

impl Source {
    /// The program as it is.
    pub fn of_the_program() -> Self {
        let inner = |path: &Path| path.strip_prefix(source()).expect("a file of the source").to_path_buf();
        // What `lib.rs` says again of the engine is no other name for a room.
        let files = files().into_iter().filter(|(room, _)| !["main", "lib"].contains(&room.as_str()));
        Self::of(files.map(|(_, path)| (inner(&path), std::fs::read_to_string(&path).expect("a file"))))
    }

    /// Files by their path below `src`, with what stands in them.
    pub fn of(files: impl IntoIterator<Item = (PathBuf, String)>) -> Self {
        let mut source = Self::default();
        for (path, text) in files {
            let file = syn::parse_file(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            let mut module: Vec<String> =
                path.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
            module.pop_if(|last| ["mod", "lib", "engine"].contains(&last.as_str()));
            let index = source.files.len();
            source.files.push(File { name: path.display().to_string(), module: module.clone() });
            let mut reader = Reader { source: &mut source, module, file: index };
            reader.here();
            reader.visit_file(&file);
        }
        source
    }

    /// The file that defines what a path names in a module, and the item; `None` for what is not of this crate.
    fn definition(&self, module: &[String], path: &[String], depth: usize) -> Option<(usize, String)> {
        let (first, rest) = path.split_first()?;
        let depth = depth.checked_sub(1)?;
        let own = self.modules.get(module)?;
        let below = [module, std::slice::from_ref(first)].concat();
        match first.as_str() {
            "crate" => self.definition(&[], rest, depth),
            "self" => self.definition(module, rest, depth),
            "super" => self.definition(module.split_last()?.1, rest, depth),
            name if own.items.contains(name) => Some((own.file, first.clone())),
            name if own.uses.get(name).is_some_and(|target| target != path) => {
                self.definition(module, &[&own.uses[name][..], rest].concat(), depth)
            }
            _ if self.modules.contains_key(&below) => self.definition(&below, rest, depth),
            _ => own.globs.iter().find_map(|glob| self.definition(module, &[glob, path].concat(), depth)),
        }
    }

    /// For every file the files that it names items of, with the items.
    fn imports(&self) -> BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>> {
        let mut imports: BTreeMap<usize, BTreeMap<usize, BTreeSet<String>>> = BTreeMap::new();
        let follow = |at: &[String], path: &[String]| self.definition(at, path, 32);
        let mut own = BTreeSet::new();
        for (at, module) in &self.modules {
            own.extend(module.extends.iter().filter_map(|path| Some((module.file, follow(at, path)?))));
        }
        for (at, module) in &self.modules {
            let definitions = module.named.iter().filter_map(|path| follow(at, path));
            for (file, item) in definitions.filter(|(file, _)| !at.starts_with(&self.files[*file].module)) {
                if !own.contains(&(module.file, (file, item.clone()))) {
                    imports.entry(module.file).or_default().entry(file).or_default().insert(item);
                }
            }
        }
        imports
    }

    /// The circles: every set of files each of which reaches all others, one line for each import within it.
    pub fn circles(&self) -> Vec<String> {
        let imports = self.imports();
        let reached = |from: usize| {
            let (mut found, mut open) = (BTreeSet::new(), vec![from]);
            while let Some(file) = open.pop() {
                let next = imports.get(&file).into_iter().flat_map(|to| to.keys());
                open.extend(next.filter(|to| found.insert(**to)));
            }
            found
        };
        let reach: Vec<BTreeSet<usize>> = (0..self.files.len()).map(reached).collect();
        let mut lines = Vec::new();
        for (from, to) in &imports {
            for (to, items) in to.iter().filter(|(to, _)| reach[**to].contains(from)) {
                lines.push(format!("{} names {items:?} of {}", self.files[*from].name, self.files[*to].name));
            }
        }
        lines
    }
}
