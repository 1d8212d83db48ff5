//! Parameters that are one of a few words.

/// What the network is asked to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskKind {
    /// 1,797 handwritten digits of 8 × 8 pixels.
    Digits,
    /// The Yin-Yang data set: three classes in the plane.
    YinYang,
    /// Spoken digits in two languages by synthetic voices, heard by the model of an inner ear.
    Spoken,
    /// Handwritten digits from the user's IDX files.
    Mnist,
    /// Clothes from the user's IDX files.
    FashionMnist,
    /// Spikes of an inner ear from the user's HDF5 files.
    Shd,
    /// Sounds from the user's WAV files.
    Speech,
}

impl TaskKind {
    /// All tasks, in the order in which they are offered.
    pub const ALL: [Self; 7] =
        [Self::Digits, Self::YinYang, Self::Spoken, Self::Mnist, Self::FashionMnist, Self::Shd, Self::Speech];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] =
        &["digits", "yin_yang", "spoken", "mnist", "fashion_mnist", "shd", "speech"];

    /// The name as typed.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The task of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|task| task.name() == name)
    }

    /// Whether the data come from a folder of the user's.
    pub fn needs_data(self) -> bool {
        matches!(self, Self::Mnist | Self::FashionMnist | Self::Shd | Self::Speech)
    }

    /// Classes; `None` where the user's files decide.
    pub fn classes(self) -> Option<usize> {
        match self {
            Self::YinYang => Some(3),
            Self::Digits | Self::Mnist | Self::FashionMnist => Some(10),
            Self::Spoken | Self::Shd => Some(20),
            Self::Speech => None,
        }
    }

    /// Whether samples are sounds.
    pub fn is_speech(self) -> bool {
        matches!(self, Self::Spoken | Self::Shd | Self::Speech)
    }
}

/// Which networks run side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lane {
    /// Trained and evaluated on the ideal twin: what software promises.
    Ideal,
    /// The weights of `ideal`, evaluated on the chip: what happens without the loop.
    Transferred,
    /// Trained on the chip's recordings, evaluated on the chip: the cure.
    InTheLoop,
    /// Trained by the chip's own processor, without a host.
    OnChip,
}

impl Lane {
    /// All lanes, in display order.
    pub const ALL: [Self; 4] = [Self::Ideal, Self::Transferred, Self::InTheLoop, Self::OnChip];
    /// Those in which a host computes, in display order.
    pub const WITH_HOST: [Self; 3] = [Self::Ideal, Self::Transferred, Self::InTheLoop];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["ideal", "transferred", "in_the_loop", "on_chip"];

    /// The name as typed and exported.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Whether its chip is the ideal twin.
    pub fn is_on_ideal_twin(self) -> bool {
        self == Self::Ideal
    }

    /// Whether it learns on the chip, and so can recover from what becomes of it.
    pub fn learns_on_the_chip(self) -> bool {
        matches!(self, Self::InTheLoop | Self::OnChip)
    }

    /// The lane whose weights it runs with: its own, unless another lane learns for it.
    #[must_use]
    pub fn source(self) -> Self {
        if self == Self::Transferred { Self::Ideal } else { self }
    }

    /// The lane of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.name() == name)
    }
}

/// The shape of the spread of positive quantities; potentials are always normal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// `nominal · exp(σ z)`: never negative, slightly skewed, as measured on silicon.
    Lognormal,
    /// `nominal · max(1 + σ z, 0.2)`: as in Cramer et al. 2022.
    Normal,
}

impl Distribution {
    /// Both shapes.
    pub const ALL: [Self; 2] = [Self::Lognormal, Self::Normal];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["lognormal", "normal"];
}

/// How what the readout does in a sample becomes one score per class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoding {
    /// The largest voltage over time.
    Max,
    /// The sum of voltages over time, divided by the number of samples.
    Mean,
    /// The time that is left after the first spike: readout neurons spike like hidden ones, and who is first decides.
    FirstSpike,
}

impl Decoding {
    /// All decodings.
    pub const ALL: [Self; 3] = [Self::Max, Self::Mean, Self::FirstSpike];
    /// Those that read the voltages of a readout that integrates.
    #[cfg(test)]
    pub(crate) const OF_VOLTAGES: [Self; 2] = [Self::Max, Self::Mean];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["max_over_time", "mean_over_time", "first_spike"];
}

/// How the host finds out what a weight does to the loss.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gradient {
    /// A smooth stand-in for the threshold, evaluated at the recorded voltages of the hidden neurons.
    Surrogate,
    /// The exact derivative of the spike times, from the recorded spikes alone.
    EventProp,
}

impl Gradient {
    /// Both gradients.
    pub const ALL: [Self; 2] = [Self::Surrogate, Self::EventProp];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["surrogate", "event_prop"];
}

/// Which channels of the ear reach the chip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelChoice {
    /// Ten neighbouring channels share one input.
    Binned70,
    /// The lowest 70 are left out, and of the others every ninth is kept.
    EveryNinth,
    /// All of them.
    All,
}

impl ChannelChoice {
    /// All choices.
    pub const ALL: [Self; 3] = [Self::Binned70, Self::EveryNinth, Self::All];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["binned_70", "every_ninth", "all"];
}

/// Whether hidden neurons reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// They do not: the network is feed-forward.
    None,
    /// All to all, themselves included, and the weights learn.
    Trained,
    /// All to all with random weights that never change.
    Frozen,
}

impl Recurrence {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::None, Self::Trained, Self::Frozen];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["none", "trained", "frozen"];
}

/// The way by which the error of the scores reaches a hidden neuron when the chip teaches itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Feedback {
    /// Through the neuron's own readout weights.
    Symmetric,
    /// Through fixed random weights.
    Random,
}

impl Feedback {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Symmetric, Self::Random];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["symmetric", "random"];
}

/// How the chip's processor rounds an update to what a weight can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// Up or down by chance, so that the mean is right.
    Stochastic,
    /// To the nearest value: an update below half a step is lost.
    Nearest,
}

impl Rounding {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Stochastic, Self::Nearest];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["stochastic", "nearest"];
}

/// Where the chip's processor finds what an input did lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trace {
    /// In the membrane of a spare neuron circuit that only this input reaches.
    Circuits,
    /// In its own memory, from the times of the input spikes.
    Processor,
    /// In the correlation sensor of each synapse, which measures pairs of spikes and no voltage.
    Correlation,
}

impl Trace {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Circuits, Self::Processor, Self::Correlation];
    /// The names of [`Self::ALL`] as typed.
    pub const NAMES: &'static [&'static str] = &["circuits", "processor", "correlation"];
}
