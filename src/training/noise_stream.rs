//! The random streams of evaluations, one for each kind of question.

/// What an evaluation draws its noise for. Equal questions see equal noise, different ones independent noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoiseStream {
    /// A batch of the test split, by its number.
    Batch(usize),
    /// Inputs that are classified.
    Classified,
    /// The sample on display: spikes, membranes, MADC.
    Sample,
    /// The same input many times.
    Repeats,
    /// The same weights on many chips.
    MonteCarlo,
    /// The gradient beside the oracle's.
    GradientAlignment,
    /// A batch written for other programs.
    Recording,
    /// Neurons silenced one by one.
    Ablation,
}

impl NoiseStream {
    /// The number of the stream; batches count from 0 and never reach the others.
    pub(crate) const fn number(self) -> u64 {
        match self {
            Self::Batch(k) => k as u64,
            Self::Repeats => u64::MAX >> 36,
            Self::MonteCarlo => u64::MAX >> 37,
            Self::GradientAlignment => u64::MAX >> 38,
            Self::Recording => u64::MAX >> 39,
            Self::Classified => u64::MAX >> 40,
            Self::Sample => u64::MAX >> 41,
            Self::Ablation => u64::MAX >> 42,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_differ_and_stay_below_the_bits_of_the_epoch() {
        use NoiseStream::{Ablation, Batch, Classified, GradientAlignment, MonteCarlo, Recording, Repeats, Sample};
        // A million test samples in batches of one.
        let all = [Batch(1_000_000), Ablation, Sample, Classified, Recording, GradientAlignment, MonteCarlo, Repeats];
        let numbers = all.map(NoiseStream::number);
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        assert!(numbers[7] < 1 << 32);
    }
}
