//! Numbers of things, in the singular where there is one.

/// What is counted.
#[derive(Debug, Clone, Copy)]
pub struct Counted {
    one: &'static str,
    many: &'static str,
}

impl Counted {
    /// The number and what it counts.
    pub fn of(self, n: usize) -> String {
        format!("{n} {}", self.word(n))
    }

    /// What is counted, without the number.
    pub fn word(self, n: usize) -> &'static str {
        if n == 1 { self.one } else { self.many }
    }
}

/// Everything that the window counts.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they count")]
pub struct Counts {
    pub epochs: Counted,
    pub moments: Counted,
    pub runs: Counted,
    pub samples: Counted,
    pub samples_a_batch: Counted,
    pub neurons: Counted,
    pub events_lost: Counted,
}

const fn both(one: &'static str, many: &'static str) -> Counted {
    Counted { one, many }
}

/// Chinese words have one form.
const fn single(word: &'static str) -> Counted {
    both(word, word)
}

/// English.
pub const EN: Counts = Counts {
    epochs: both("epoch", "epochs"),
    moments: both("moment kept", "moments kept"),
    runs: both("run", "runs"),
    samples: both("sample", "samples"),
    samples_a_batch: both("sample a batch", "samples a batch"),
    neurons: both("neuron", "neurons"),
    events_lost: both("event lost", "events lost"),
};

/// Simplified Chinese.
pub const ZH: Counts = Counts {
    epochs: single("轮"),
    moments: single("个时刻已保留"),
    runs: single("次运行"),
    samples: single("个样本"),
    samples_a_batch: single("个样本/批次"),
    neurons: single("个神经元"),
    events_lost: single("个事件丢失"),
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_none_and_many_are_plural_and_chinese_knows_no_difference() {
        assert_eq!([0, 1, 2].map(|n| EN.epochs.of(n)), ["0 epochs", "1 epoch", "2 epochs"]);
        assert_eq!([1, 21].map(|n| ZH.epochs.of(n)), ["1 轮", "21 轮"]);
    }
}
