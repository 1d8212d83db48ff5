//! What a published figure says, and what kind of evidence it is.

use super::Band;

/// How a figure is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tag {
    /// It stands in the source.
    Read,
    /// It stands in code that the authors have published.
    Code,
    /// It stands in a file of results that was published.
    Data,
    /// It is arithmetic on figures of the other kinds.
    Derived,
}

/// Whether a figure counts everything that was drawn from the supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    Total,
    /// Without what is drawn at rest.
    Dynamic,
    /// The source does not say.
    Unknown,
}

/// What kind of evidence a figure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Hardware was measured.
    Measured,
    /// A design was simulated before there was hardware.
    Simulated,
    /// Scaled from a measurement of something else.
    Scaled,
    /// An assumption, or a band within which it should lie.
    Estimated,
    /// A standard or a specification says so.
    Specified,
}

/// What a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// What accounts are made with.
    Constant,
    /// Energy of one image, handwritten digits or a task like it.
    Image,
    /// Energy of one word.
    Word,
    /// Energy of one training sample.
    Training,
    /// Energy of one run of a dense network of `AUTOENCODER_MACS` products, from which others are scaled.
    Autoencoder,
    /// Rate of a link.
    Link,
    /// Neurons of a system.
    Neurons,
}

/// Products in the dense autoencoder of MLPerf Tiny, 640-128-128-128-128-8-128-128-128-128-640.
pub const AUTOENCODER_MACS: f64 = 264_192.0;

/// One published figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// Its name in files.
    pub id: &'static str,
    /// What it is about.
    pub about: About,
    /// Its name on screen.
    pub name: &'static str,
    /// The figure in SI units; both ends are the same where it is one number.
    pub value: Band,
    /// Its SI unit.
    pub unit: &'static str,
    /// Process node, nm, where the source names it.
    pub node: Option<u16>,
    /// Accuracy on the task, %.
    pub accuracy: Option<f64>,
    /// What is inside the boundary, and what to bear in mind.
    pub inside: &'static str,
    /// Total or dynamic.
    pub share: Share,
    /// What kind of evidence it is.
    pub evidence: Evidence,
    /// How it is known.
    pub tag: Tag,
    /// Where it stands.
    pub source: &'static str,
}

impl Row {
    pub(super) const fn new(
        about: About,
        id: &'static str,
        name: &'static str,
        low: f64,
        high: f64,
        unit: &'static str,
    ) -> Self {
        Self {
            id,
            about,
            name,
            value: Band { low, high },
            unit,
            node: None,
            accuracy: None,
            inside: "",
            share: Share::Total,
            evidence: Evidence::Measured,
            tag: Tag::Read,
            source: "",
        }
    }

    pub(super) const fn constant(
        id: &'static str,
        name: &'static str,
        [low, high]: [f64; 2],
        unit: &'static str,
    ) -> Self {
        Self::new(About::Constant, id, name, low, high, unit)
    }

    pub(super) const fn energy(about: About, id: &'static str, name: &'static str, joule: f64) -> Self {
        Self::new(about, id, name, joule, joule, "J")
    }

    pub(super) const fn nm(mut self, node: u16) -> Self {
        self.node = Some(node);
        self
    }

    pub(super) const fn right(mut self, percent: f64) -> Self {
        self.accuracy = Some(percent);
        self
    }

    pub(super) const fn of(mut self, inside: &'static str) -> Self {
        self.inside = inside;
        self
    }

    pub(super) const fn share(mut self, share: Share) -> Self {
        self.share = share;
        self
    }

    pub(super) const fn is(mut self, evidence: Evidence) -> Self {
        self.evidence = evidence;
        self
    }

    pub(super) const fn from(mut self, tag: Tag, source: &'static str) -> Self {
        (self.tag, self.source) = (tag, source);
        self
    }
}

impl Tag {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Read => "read in the source",
            Self::Code => "in code of the authors",
            Self::Data => "in published data",
            Self::Derived => "worked out from the source",
        }
    }
}

impl Share {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Total => "total",
            Self::Dynamic => "dynamic only",
            Self::Unknown => "total or dynamic: not stated",
        }
    }
}

impl Evidence {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Simulated => "simulated",
            Self::Scaled => "scaled by us",
            Self::Estimated => "estimate",
            Self::Specified => "specified",
        }
    }
}
