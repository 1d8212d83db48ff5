//! A NIR graph in memory.

/// A dense array of numbers, row by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Length along every axis; empty for a single number.
    pub shape: Vec<usize>,
    /// All numbers.
    pub data: Vec<f64>,
}

impl Array {
    /// One number a neuron.
    pub fn vector(data: Vec<f64>) -> Self {
        Self { shape: vec![data.len()], data }
    }

    /// The same number for `n` neurons.
    pub fn constant(n: usize, value: f64) -> Self {
        Self::vector(vec![value; n])
    }

    /// The number that all entries share to within a relative `tolerance`; `None` when they differ.
    pub fn shared(&self, tolerance: f64) -> Option<f64> {
        let first = *self.data.first()?;
        let same = |x: &f64| {
            (x - first).abs() <= tolerance * first.abs().max(f64::MIN_POSITIVE) || x.to_bits() == first.to_bits()
        };
        self.data.iter().all(same).then_some(first)
    }

    /// Entry `k`; a single number stands for all.
    pub fn at(&self, k: usize) -> f64 {
        if self.data.len() == 1 { self.data[0] } else { self.data[k] }
    }
}

/// What makes a neuron spike: `z = (v > v_threshold)`, then `v = v_reset`.
#[derive(Debug, Clone, PartialEq)]
pub struct Spiking {
    /// Thresholds.
    pub v_threshold: Array,
    /// Reset potentials.
    pub v_reset: Array,
}

/// A node, named after the class of the Python package.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// Where spikes come in.
    Input {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// Where the result goes out.
    Output {
        /// Its shape.
        shape: Vec<usize>,
    },
    /// `Linear`, or `Affine` with a bias: `y = W x + b`.
    Weights {
        /// `[post, pre]`.
        weight: Array,
        /// `[post]`; `None` for `Linear`.
        bias: Option<Array>,
    },
    /// `CubaLIF`, or `CubaLI` when it cannot spike: a membrane behind an exponential synapse.
    Cuba {
        /// Membrane time constants, s.
        tau_mem: Array,
        /// Synaptic time constants, s.
        tau_syn: Array,
        /// Resistances.
        r: Array,
        /// Leak potentials.
        v_leak: Array,
        /// Weights of the synaptic input.
        w_in: Array,
        /// What makes it spike.
        spiking: Option<Spiking>,
    },
    /// `LIF`, or `LI` when it cannot spike: a membrane that takes currents.
    Leaky {
        /// Membrane time constants, s.
        tau: Array,
        /// Resistances.
        r: Array,
        /// Leak potentials.
        v_leak: Array,
        /// What makes it spike.
        spiking: Option<Spiking>,
    },
    /// Anything else, by the name of its type.
    Other(String),
}

impl Node {
    /// The name of its class in the Python package.
    pub fn kind(&self) -> &str {
        match self {
            Self::Input { .. } => "Input",
            Self::Output { .. } => "Output",
            Self::Weights { bias: None, .. } => "Linear",
            Self::Weights { .. } => "Affine",
            Self::Cuba { spiking: Some(_), .. } => "CubaLIF",
            Self::Cuba { .. } => "CubaLI",
            Self::Leaky { spiking: Some(_), .. } => "LIF",
            Self::Leaky { .. } => "LI",
            Self::Other(kind) => kind,
        }
    }

    /// Its arrays with the names that they have in a file.
    pub fn arrays(&self) -> Vec<(&'static str, &Array)> {
        let mut all = match self {
            Self::Input { .. } | Self::Output { .. } | Self::Other(_) => Vec::new(),
            Self::Weights { weight, bias } => {
                let mut all = vec![("weight", weight)];
                all.extend(bias.as_ref().map(|bias| ("bias", bias)));
                all
            }
            Self::Cuba { tau_mem, tau_syn, r, v_leak, w_in, .. } => {
                vec![("tau_mem", tau_mem), ("tau_syn", tau_syn), ("r", r), ("v_leak", v_leak), ("w_in", w_in)]
            }
            Self::Leaky { tau, r, v_leak, .. } => vec![("tau", tau), ("r", r), ("v_leak", v_leak)],
        };
        if let Self::Cuba { spiking: Some(spiking), .. } | Self::Leaky { spiking: Some(spiking), .. } = self {
            all.extend([("v_threshold", &spiking.v_threshold), ("v_reset", &spiking.v_reset)]);
        }
        all
    }
}

/// A value of the metadata.
#[derive(Debug, Clone, PartialEq)]
pub enum Meta {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// One number a neuron.
    Numbers(Vec<f64>),
}

/// Named nodes and the edges between them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Graph {
    /// Nodes with their names; a file keeps no order, a graph that was read is sorted by name.
    pub nodes: Vec<(String, Node)>,
    /// From node to node, by name.
    pub edges: Vec<(String, String)>,
    /// What the writer says about the graph.
    pub metadata: Vec<(String, Meta)>,
}

impl Graph {
    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|(known, _)| known == name).map(|(_, node)| node)
    }

    /// A number in the metadata.
    ///
    /// # Errors
    /// Says what stands there in its place.
    pub fn number(&self, key: &str) -> Result<Option<f64>, String> {
        match self.metadata.iter().find(|(known, _)| known == key).map(|(_, value)| value) {
            None => Ok(None),
            Some(Meta::Number(x)) => Ok(Some(*x)),
            Some(Meta::Numbers(all)) => Err(format!("`{key}` is a list of {}; expected one number", all.len())),
            Some(Meta::Text(text)) => {
                Err(format!("`{key}` is the text {:?}; expected a number", text.chars().take(60).collect::<String>()))
            }
        }
    }

    /// A text in the metadata.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.metadata.iter().find_map(|(known, value)| match value {
            Meta::Text(text) if known == key => Some(text.as_str()),
            _ => None,
        })
    }

    /// Puts a graph in the place of the node `name`: what led to it leads to what follows its Input, and what leads to
    /// its Output leads on. Its nodes are called `name/…`.
    ///
    /// # Errors
    /// When it has not one Input and one Output, or there would be more than so many edges.
    pub(super) fn lay_open(&mut self, name: &str, inner: Self, most_edges: usize) -> Result<(), String> {
        let only = |kind: &str| {
            let mut all = inner.nodes.iter().filter(|(_, node)| node.kind() == kind).map(|(name, _)| name.as_str());
            all.next().filter(|_| all.next().is_none()).ok_or_else(|| format!("expected one {kind} in this graph"))
        };
        let (input, output) = (only("Input")?, only("Output")?);
        let within = |node: &str| format!("{name}/{node}");
        let (mut edges, mut entries, mut exits) = (Vec::new(), Vec::new(), Vec::new());
        for (from, to) in &inner.edges {
            match (from == input, to == output) {
                (true, true) => return Err("its Input leads straight to its Output".into()),
                (true, false) => entries.push(within(to)),
                (false, true) => exits.push(within(from)),
                (false, false) => edges.push((within(from), within(to))),
            }
        }
        for (from, to) in std::mem::take(&mut self.edges) {
            let from = if from == name { &exits[..] } else { &[from] };
            let to = if to == name { &entries[..] } else { &[to] };
            if edges.len() + from.len() * to.len() > most_edges {
                return Err(format!("expected at most {most_edges} edges, got more"));
            }
            edges.extend(from.iter().flat_map(|from| to.iter().map(move |to| (from.clone(), to.clone()))));
        }
        self.edges = edges;
        let own = inner.nodes.iter().filter(|(node, _)| node != input && node != output);
        self.nodes.extend(own.map(|(node, content)| (within(node), content.clone())));
        let new = inner.metadata.into_iter().filter(|(key, _)| self.metadata.iter().all(|(known, _)| known != key));
        let new: Vec<_> = new.collect();
        self.metadata.extend(new);
        Ok(())
    }

    /// Adds a node.
    pub(super) fn put(&mut self, name: &str, node: Node) {
        self.nodes.push((name.to_owned(), node));
    }

    /// Adds an edge.
    pub(super) fn join(&mut self, from: &str, to: &str) {
        self.edges.push((from.to_owned(), to.to_owned()));
    }
}
