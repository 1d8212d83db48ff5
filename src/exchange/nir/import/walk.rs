//! The way through a NIR graph: which nodes follow which, and what they are in the terms of the file.

use std::collections::BTreeSet;
use std::path::Path;

use ndarray::Array2;

use super::SAME;
use crate::base::error::{Error, Result};
use crate::exchange::nir::file::node_place;
use crate::exchange::nir::graph::{Array, Graph, Node, Spiking};

/// A population of neurons in the terms of the file.
pub(super) struct Population<'a> {
    pub(super) name: &'a str,
    pub(super) n: usize,
    pub(super) tau_mem: f64,
    pub(super) tau_syn: Option<f64>,
    /// What a weight is multiplied by, one a neuron, before time and unit of voltage are considered.
    pub(super) drive: Vec<f64>,
    pub(super) v_leak: &'a Array,
    pub(super) spiking: Option<&'a Spiking>,
}

/// The graph as it is walked.
pub(super) struct Walk<'a> {
    pub(super) graph: &'a Graph,
    pub(super) path: &'a Path,
}

impl<'a> Walk<'a> {
    pub(super) fn wrong(&self, place: &str, why: impl Into<String>) -> Error {
        Error::Malformed { path: self.path.into(), place: Some(place.to_owned()), why: why.into() }
    }

    /// An error at a node.
    pub(super) fn at(&self, name: &str, why: impl Into<String>) -> Error {
        self.wrong(&node_place(name), why)
    }

    pub(super) fn kind(&self, name: &str) -> &str {
        self.graph.node(name).map_or("nothing", Node::kind)
    }

    pub(super) fn after(&self, name: &str) -> Vec<&'a str> {
        self.graph.edges.iter().filter(|(from, _)| from == name).map(|(_, to)| to.as_str()).collect()
    }

    fn before(&self, name: &str) -> Vec<&'a str> {
        self.graph.edges.iter().filter(|(_, to)| to == name).map(|(from, _)| from.as_str()).collect()
    }

    /// Every edge leads from one node to another, and only once.
    pub(super) fn check_edges(&self) -> Result<()> {
        let mut seen = BTreeSet::new();
        for (from, to) in &self.graph.edges {
            for name in [from, to] {
                if self.graph.node(name).is_none() {
                    return Err(self.wrong("edges", format!("`{from}` to `{to}`: there is no node `{name}`")));
                }
            }
            if !seen.insert((from, to)) {
                return Err(self.wrong("edges", format!("`{from}` to `{to}` is there twice")));
            }
        }
        for (name, node) in &self.graph.nodes {
            if let Node::Other(kind) = node {
                let why = format!(
                    "{kind} has no equal on the chip, which knows Linear, Affine without bias, CubaLIF, CubaLI, LIF and LI"
                );
                return Err(self.at(name, why));
            }
        }
        self.check_cycles()
    }

    /// The only cycle allowed is a neuron that reaches itself through one set of weights.
    fn check_cycles(&self) -> Result<()> {
        let is_weights = |name: &str| matches!(self.graph.node(name), Some(Node::Weights { .. }));
        let allowed = |from: &str, to: &str| {
            (is_weights(from) && self.before(from) == [to]) || (is_weights(to) && self.after(to) == [from])
        };
        let mut edges: Vec<(&str, &str)> = self
            .graph
            .edges
            .iter()
            .map(|(from, to)| (from.as_str(), to.as_str()))
            .filter(|(from, to)| {
                let back = self.graph.edges.iter().any(|(f, t)| f == to && t == from);
                !(back && from != to && allowed(from, to))
            })
            .collect();
        // An edge from where nothing leads to, or to where nothing leads on, is on no cycle; take such edges away.
        loop {
            let reached: BTreeSet<&str> = edges.iter().map(|(_, to)| *to).collect();
            let left: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
            let before = edges.len();
            edges.retain(|(from, to)| reached.contains(from) && left.contains(to));
            if edges.len() == before {
                break;
            }
        }
        let around: BTreeSet<&str> = edges.iter().map(|(from, _)| *from).collect();
        let Some(first) = around.first() else { return Ok(()) };
        let names: Vec<String> = around.iter().take(8).map(|name| format!("`{name}`")).collect();
        let why = format!(
            "there is a cycle through {}; the chip knows one: hidden neurons that reach each other through one Linear",
            names.join(", ")
        );
        Err(self.at(first, why))
    }

    /// The only node of a kind.
    pub(super) fn only(&self, kind: &str) -> Result<&'a str> {
        let all: Vec<&str> =
            self.graph.nodes.iter().filter(|(_, node)| node.kind() == kind).map(|(name, _)| name.as_str()).collect();
        match all[..] {
            [name] => Ok(name),
            [] => Err(self.wrong("nodes", format!("there is no {kind}"))),
            [_, second, ..] => Err(self.at(second, format!("a second {kind}; expected one"))),
        }
    }

    /// The weights after a node and the population that they lead to.
    pub(super) fn projection(&self, from: &'a str) -> Result<(&'a str, &'a str)> {
        match self.after(from)[..] {
            [weights] => self.projection_from(from, weights),
            [] => Err(self.at(from, "leads nowhere")),
            [_, second, ..] => Err(self.at(second, format!("a second way on from `{from}`; expected one"))),
        }
    }

    pub(super) fn projection_from(&self, from: &'a str, weights: &'a str) -> Result<(&'a str, &'a str)> {
        if !matches!(self.graph.node(weights), Some(Node::Weights { .. })) {
            let why =
                format!("expected Linear or Affine between `{from}` and the next neurons, got {}", self.kind(weights));
            return Err(self.at(weights, why));
        }
        match self.after(weights)[..] {
            [to] if matches!(self.graph.node(to), Some(Node::Cuba { .. } | Node::Leaky { .. })) => Ok((weights, to)),
            [to] => Err(self.at(to, format!("expected neurons after `{weights}`, got {}", self.kind(to)))),
            [] => Err(self.at(weights, "leads nowhere")),
            [_, second, ..] => Err(self.at(second, format!("a second way on from `{weights}`; expected one"))),
        }
    }

    pub(super) fn check_all_used(&self, used: &[&str], recurrent: Option<&str>) -> Result<()> {
        let spare = self.graph.nodes.iter().find(|(name, _)| !used.contains(&name.as_str()) && recurrent != Some(name));
        if let Some((name, node)) = spare {
            let why = format!("{} is on no way from the input through hidden neurons to the output", node.kind());
            return Err(self.at(name, why));
        }
        let edges = used.len() - 1 + 2 * usize::from(recurrent.is_some());
        if self.graph.edges.len() != edges {
            let why = format!(
                "expected {edges}, got {}: there is a short cut that the chip does not have",
                self.graph.edges.len()
            );
            return Err(self.wrong("edges", why));
        }
        Ok(())
    }

    /// A matrix `[post, pre]` with the numbers of neurons that it connects.
    pub(super) fn weights(&self, name: &str, n_pre: Option<usize>, n_post: usize) -> Result<Array2<f64>> {
        let Some(Node::Weights { weight, bias }) = self.graph.node(name) else {
            return Err(self.at(name, "is not a set of weights"));
        };
        let fits = weight.shape.len() == 2 && weight.shape[0] == n_post && n_pre.is_none_or(|n| weight.shape[1] == n);
        if !fits || weight.shape[1] == 0 {
            let pre = n_pre.map_or("inputs".to_owned(), |n| n.to_string());
            let why = format!("`weight` has the shape {:?}; expected [{n_post}, {pre}]", weight.shape);
            return Err(self.at(name, why));
        }
        if let Some(bias) = bias {
            if bias.data.len() != n_post {
                return Err(self.at(name, format!("`bias` has the shape {:?}; expected [{n_post}]", bias.shape)));
            }
            if bias.data.iter().any(|b| *b != 0.0) {
                return Err(self.at(name, "`bias` is not zero; the chip has no bias, train without"));
            }
        }
        Array2::from_shape_vec((weight.shape[0], weight.shape[1]), weight.data.clone())
            .map_err(|why| self.at(name, format!("`weight` makes no matrix: {why}")))
    }

    pub(super) fn check_shape(&self, name: &str, n: usize) -> Result<()> {
        match self.graph.node(name) {
            Some(Node::Input { shape } | Node::Output { shape }) if *shape != [n] => {
                Err(self.at(name, format!("the shape is {shape:?}, but what it is joined to has [{n}]")))
            }
            _ => Ok(()),
        }
    }

    /// Neurons with one set of time constants.
    pub(super) fn population(&self, name: &'a str, weights: &str, dt: f64) -> Result<Population<'a>> {
        let Some(node) = self.graph.node(name) else { return Err(self.at(name, "is not there")) };
        // A single number stands for all neurons; how many there are then only the weights say.
        let n = node.arrays().iter().map(|(_, array)| array.data.len()).max().unwrap_or(0);
        let n = match self.graph.node(weights) {
            Some(Node::Weights { weight, .. }) if n == 1 => weight.shape.first().copied().unwrap_or(n),
            _ => n,
        };
        for (key, array) in node.arrays() {
            let fits = array.shape == [n] || (array.data.len() == 1 && array.shape.len() <= 1);
            if !fits {
                return Err(self.at(name, format!("`{key}` has the shape {:?}; expected [{n}]", array.shape)));
            }
        }
        let one = |key: &str, array: &Array| {
            let value = array.shared(SAME).ok_or_else(|| {
                let (lo, hi) = array.data.iter().fold((f64::MAX, f64::MIN), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
                self.at(
                    name,
                    format!("`{key}` differs between neurons ({lo:e} to {hi:e} s); the chip is asked for one value"),
                )
            })?;
            if value > 0.0 {
                Ok(value)
            } else {
                Err(self.at(name, format!("`{key}` is {value} s; expected more than 0")))
            }
        };
        Ok(match node {
            Node::Cuba { tau_mem, tau_syn, r, v_leak, w_in, spiking } => {
                let syn = one("tau_syn", tau_syn)?;
                let drive = (0..n).map(|k| w_in.at(k) * dt / syn * r.at(k)).collect();
                let tau_mem = one("tau_mem", tau_mem)?;
                Population { name, n, tau_mem, tau_syn: Some(syn), drive, v_leak, spiking: spiking.as_ref() }
            }
            Node::Leaky { tau, r, v_leak, spiking } => {
                let tau_mem = one("tau", tau)?;
                let drive = (0..n).map(|k| r.at(k) * dt / tau_mem).collect();
                Population { name, n, tau_mem, tau_syn: None, drive, v_leak, spiking: spiking.as_ref() }
            }
            _ => return Err(self.at(name, "is not a population of neurons")),
        })
    }
}
