//! NIR files: HDF5 as the Python package `nir` writes and reads it.
//!
//! ```text
//! version                       text
//! node/type                     "NIRGraph"
//! node/nodes/NAME/type          "CubaLIF", "Linear", …
//! node/nodes/NAME/…             one data set a parameter, or `shape` of Input and Output
//! node/edges                    [n, 2] text
//! node/metadata/KEY             numbers and texts, may be missing
//! ```
//!
//! A node may itself be a NIRGraph, with `nodes` and `edges` of its own; it is read as what it holds.

use std::cell::Cell;
use std::io::Read as _;
use std::path::Path;

use hdf5_pure::{Dataset, FileBuilder, Group};

use super::graph::{Array, Graph, Meta, Node, Spiking};
use crate::base::error::{Error, Result};
use crate::base::files::write_atomically;
use crate::base::hdf5::{Foreign, is_hdf5};

/// Version of the Python package whose format is written.
pub const VERSION: &str = "1.0.8";
/// Larger files are something else.
const LARGEST_FILE: u64 = 256 << 20;
/// A network that fits on a chip has a handful of nodes.
const MOST_NODES: usize = 1000;
const MOST_EDGES: usize = 10_000;
/// Bytes of the name of a node.
const LONGEST_NAME: usize = 1000;
/// Graphs within graphs.
const DEEPEST: usize = 8;

/// Reads a file.
///
/// # Errors
/// Names the file and the node: when the file cannot be read, is not HDF5, is cut off or damaged, or lacks
/// something that the node needs.
pub fn read(path: &Path) -> Result<Graph> {
    let failed = |why: std::io::Error| Error::file("read", path, &why);
    let opened = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    // Memory grows with what arrives, never with what somebody promised.
    opened.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_FILE {
        let why = format!("expected a network of at most {} MiB, got more", LARGEST_FILE >> 20);
        return Err(Error::Malformed { path: path.into(), place: None, why });
    }
    parse(bytes, path)
}

/// Reads the content of a file; `path` is for messages.
///
/// # Errors
/// As [`read`].
pub fn parse(bytes: Vec<u8>, path: &Path) -> Result<Graph> {
    let malformed = |why: String| Error::Malformed { path: path.into(), place: None, why };
    if !is_hdf5(&bytes) {
        return Err(malformed("expected a NIR file, which is HDF5; this is something else".into()));
    }
    let foreign = Foreign::open(bytes).map_err(malformed)?;
    Source { foreign: &foreign, path, nodes: Cell::new(0) }.root()
}

/// Writes a graph, so that the file is either the old or the new one.
///
/// # Errors
/// Names the file and the reason.
pub fn write(graph: &Graph, path: &Path) -> Result<()> {
    let bytes = bytes(graph).map_err(|why| Error::System(format!("cannot write {}: {why}", path.display())))?;
    write_atomically(path, &bytes)
}

/// The file in memory.
fn bytes(graph: &Graph) -> std::result::Result<Vec<u8>, hdf5_pure::Error> {
    let mut file = FileBuilder::new();
    file.create_dataset("version").with_vlen_strings(&[VERSION]).with_shape(&[]);
    let mut root = file.create_group("node");
    root.create_dataset("type").with_vlen_strings(&["NIRGraph"]).with_shape(&[]);
    let names: Vec<&str> = graph.edges.iter().flat_map(|(from, to)| [from.as_str(), to.as_str()]).collect();
    root.create_dataset("edges").with_vlen_strings(&names).with_shape(&[graph.edges.len() as u64, 2]);
    if !graph.metadata.is_empty() {
        let mut metadata = root.create_group("metadata");
        for (key, value) in &graph.metadata {
            match value {
                Meta::Text(text) => metadata.create_dataset(key).with_vlen_strings(&[text]).with_shape(&[]),
                Meta::Number(x) => metadata.create_dataset(key).with_f64_data(&[*x]).with_shape(&[]),
                Meta::Numbers(all) => metadata.create_dataset(key).with_f64_data(all).with_shape(&[all.len() as u64]),
            };
        }
        root.add_group(metadata.finish());
    }
    let mut nodes = root.create_group("nodes");
    for (name, node) in &graph.nodes {
        let mut group = nodes.create_group(name);
        group.create_dataset("type").with_vlen_strings(&[node.kind()]).with_shape(&[]);
        if let Node::Input { shape } | Node::Output { shape } = node {
            let sides: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
            group.create_dataset("shape").with_i64_data(&sides).with_shape(&[sides.len() as u64]);
        }
        for (key, array) in node.arrays() {
            let shape: Vec<u64> = array.shape.iter().map(|&side| side as u64).collect();
            let data = group.create_dataset(key);
            if matches!(node, Node::Weights { .. }) {
                // Weights are single precision on the chip; what is stored is what it computes with.
                let single: Vec<f32> = array.data.iter().map(|&x| x as f32).collect();
                data.with_f32_data(&single).with_shape(&shape);
                if !single.is_empty() {
                    data.with_chunks(&shape).with_deflate(4);
                }
            } else {
                data.with_f64_data(&array.data).with_shape(&shape);
            }
        }
        nodes.add_group(group.finish());
    }
    root.add_group(nodes.finish());
    file.add_group(root.finish());
    file.finish()
}

/// An open file with its name, and how many nodes were found in it.
struct Source<'a> {
    foreign: &'a Foreign,
    path: &'a Path,
    nodes: Cell<usize>,
}

impl Source<'_> {
    fn wrong(&self, place: &str, why: impl Into<String>) -> Error {
        Error::Malformed { path: self.path.into(), place: Some(place.to_owned()), why: why.into() }
    }

    fn damaged(&self, place: &str, why: &hdf5_pure::Error) -> Error {
        self.wrong(place, format!("cannot be read ({why}); the file is damaged or cut off"))
    }

    fn root(&self) -> Result<Graph> {
        let root = self.foreign.file().group("node").map_err(|_| {
            self.wrong("node", "this group is missing: expected the graph of a NIR file, got some other HDF5 file")
        })?;
        let kind = self.text(&root, "type", "node")?;
        if kind != "NIRGraph" {
            let why = format!("expected a NIRGraph as the root, got the single node {kind}; wrap it in a graph");
            return Err(self.wrong("node", why));
        }
        self.graph(&root, "node", 0)
    }

    /// A graph, with the graphs in it laid open.
    fn graph(&self, root: &Group, place: &str, depth: usize) -> Result<Graph> {
        if depth > DEEPEST {
            return Err(self.wrong(place, format!("graphs lie within graphs more than {DEEPEST} deep")));
        }
        let group =
            root.group("nodes").map_err(|_| self.wrong(place, "the group `nodes` is missing: the graph is empty"))?;
        let mut names = group.groups().map_err(|why| self.damaged(place, &why))?;
        self.nodes.set(self.nodes.get() + names.len());
        if self.nodes.get() > MOST_NODES || names.iter().any(|name| name.len() > LONGEST_NAME) {
            let why =
                format!("expected at most {MOST_NODES} nodes with names of at most {LONGEST_NAME} bytes, got more");
            return Err(self.wrong(place, why));
        }
        names.sort();
        let (mut graph, mut inner) = (Graph::default(), Vec::new());
        for name in names {
            let place = node_place(&name);
            let node = group.group(&name).map_err(|why| self.damaged(&place, &why))?;
            match self.text(&node, "type", &place)?.as_str() {
                "NIRGraph" => inner.push((self.graph(&node, &place, depth + 1)?, name)),
                kind => {
                    let node = self.node(&node, kind, &place)?;
                    graph.nodes.push((name, node));
                }
            }
        }
        graph.edges = self.edges(root)?;
        if let Ok(metadata) = root.group("metadata") {
            graph.metadata = self.metadata(&metadata)?;
        }
        for (inner, name) in inner {
            graph.lay_open(&name, inner, MOST_EDGES).map_err(|why| self.wrong(&node_place(&name), why))?;
        }
        Ok(graph)
    }

    fn node(&self, group: &Group, kind: &str, place: &str) -> Result<Node> {
        let array = |key| self.array(group, key, place);
        let or = |key, instead: Array| Ok(self.optional(group, key, place)?.unwrap_or(instead));
        Ok(match kind {
            "Input" => Node::Input { shape: self.shape(group, place)? },
            "Output" => Node::Output { shape: self.shape(group, place)? },
            "Linear" => Node::Weights { weight: array("weight")?, bias: None },
            "Affine" => Node::Weights { weight: array("weight")?, bias: Some(array("bias")?) },
            "CubaLIF" | "CubaLI" => Node::Cuba {
                tau_mem: array("tau_mem")?,
                tau_syn: array("tau_syn")?,
                r: array("r")?,
                v_leak: array("v_leak")?,
                w_in: or("w_in", Array { shape: Vec::new(), data: vec![1.0] })?,
                spiking: self.spiking(group, place, kind == "CubaLIF")?,
            },
            "LIF" | "LI" => Node::Leaky {
                tau: array("tau")?,
                r: array("r")?,
                v_leak: array("v_leak")?,
                spiking: self.spiking(group, place, kind == "LIF")?,
            },
            _ => Node::Other(kind.to_owned()),
        })
    }

    fn spiking(&self, group: &Group, place: &str, spikes: bool) -> Result<Option<Spiking>> {
        if !spikes {
            return Ok(None);
        }
        let v_threshold = self.array(group, "v_threshold", place)?;
        // Versions before 1.0.5 had no reset potential; the package reads that as zero.
        let zero = Array { shape: v_threshold.shape.clone(), data: vec![0.0; v_threshold.data.len()] };
        let v_reset = self.optional(group, "v_reset", place)?.unwrap_or(zero);
        Ok(Some(Spiking { v_threshold, v_reset }))
    }

    fn shape(&self, group: &Group, place: &str) -> Result<Vec<usize>> {
        let array = self.array(group, "shape", place)?;
        let sides = array.data.iter().map(|&x| {
            let whole = x.fract() == 0.0 && (0.0..=1e9).contains(&x);
            whole.then_some(x as usize).ok_or_else(|| self.wrong(place, format!("`shape` holds {x}")))
        });
        sides.collect()
    }

    fn array(&self, group: &Group, key: &str, place: &str) -> Result<Array> {
        self.optional(group, key, place)?.ok_or_else(|| self.wrong(place, format!("`{key}` is missing")))
    }

    /// An array of finite numbers; infinity is allowed for thresholds, which then are never reached.
    fn optional(&self, group: &Group, key: &str, place: &str) -> Result<Option<Array>> {
        let Ok(data) = group.dataset(key) else { return Ok(None) };
        let named = |why: String| self.wrong(place, format!("`{key}` {why}"));
        let numbers = self.foreign.numbers(&data).map_err(named)?;
        let shape = Foreign::shape(&data).map_err(named)?;
        let fits = |x: &f64| x.is_finite() || (key == "v_threshold" && *x == f64::INFINITY);
        if let Some(bad) = numbers.iter().find(|x| !fits(x)) {
            return Err(self.wrong(place, format!("`{key}` holds {bad}; expected finite numbers")));
        }
        Ok(Some(Array { shape, data: numbers }))
    }

    fn text(&self, group: &Group, key: &str, place: &str) -> Result<String> {
        let data = group.dataset(key).map_err(|_| self.wrong(place, format!("`{key}` is missing")))?;
        let mut texts = self.texts(&data, key, place)?;
        let one = texts.pop().filter(|_| texts.is_empty());
        one.ok_or_else(|| self.wrong(place, format!("`{key}` should be one text")))
    }

    fn texts(&self, data: &Dataset, key: &str, place: &str) -> Result<Vec<String>> {
        self.foreign.texts(data).map_err(|why| self.wrong(place, format!("`{key}` {why}")))
    }

    fn edges(&self, root: &Group) -> Result<Vec<(String, String)>> {
        let place = "edges";
        let data = root.dataset("edges").map_err(|_| self.wrong(place, "this data set is missing"))?;
        let shape = Foreign::shape(&data).map_err(|why| self.wrong(place, why))?;
        match shape[..] {
            [0, ..] | [_, 0] => return Ok(Vec::new()),
            [1..=MOST_EDGES, 2] => {}
            _ => {
                let why = format!("expected at most {MOST_EDGES} pairs of names, got the shape {shape:?}");
                return Err(self.wrong(place, why));
            }
        }
        let names = self.texts(&data, "edges", place)?;
        if names.len() != 2 * shape[0] {
            return Err(self.wrong(place, format!("expected {} names, got {}", 2 * shape[0], names.len())));
        }
        Ok(names.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect())
    }

    /// Numbers and texts; anything else that a writer may have put there is of no use here.
    fn metadata(&self, group: &Group) -> Result<Vec<(String, Meta)>> {
        let mut keys = group.datasets().map_err(|why| self.damaged("metadata", &why))?;
        keys.sort();
        let mut all = Vec::new();
        for key in keys {
            let Ok(data) = group.dataset(&key) else { continue };
            if let Ok(mut numbers) = self.foreign.numbers(&data) {
                let meta = if numbers.len() == 1 { Meta::Number(numbers.remove(0)) } else { Meta::Numbers(numbers) };
                all.push((key, meta));
            } else if let Ok(texts) = self.foreign.texts(&data) {
                all.push((key, Meta::Text(texts.join("\n"))));
            }
        }
        Ok(all)
    }
}

/// How a node is named in messages.
pub(super) fn node_place(name: &str) -> String {
    // A name can be anything; a huge one should not flood the terminal.
    format!("node `{}`", name.chars().take(60).collect::<String>())
}
