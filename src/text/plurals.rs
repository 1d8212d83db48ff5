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

const fn both(one: &'static str, many: &'static str) -> Counted {
    Counted { one, many }
}

/// Chinese words have one form.
const fn single(word: &'static str) -> Counted {
    both(word, word)
}

texts! {
    /// Everything that the window counts.
    pub struct Plurals;

    epochs: Counted { en: both("epoch", "epochs"); zh: single("轮") },
    moments: Counted { en: both("moment kept", "moments kept"); zh: single("个时刻已保留") },
    runs: Counted { en: both("run", "runs"); zh: single("次运行") },
    samples: Counted { en: both("sample", "samples"); zh: single("个样本") },
    samples_a_batch: Counted { en: both("sample a batch", "samples a batch"); zh: single("个样本/批次") },
    own_spreads: Counted {
        en: both("spread has a value of its own —", "spreads have values of their own —"); zh: single("个离散度有自己的值 —")
    },
    mute: Counted {
        en: both("neuron that never spikes keeps its threshold", "neurons that never spike keep their thresholds");
        zh: single("个从不发放的神经元保留原阈值")
    },
    events_lost: Counted { en: both("event lost", "events lost"); zh: single("个事件丢失") },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular_none_and_many_are_plural_and_chinese_knows_no_difference() {
        assert_eq!([0, 1, 2].map(|n| Plurals::EN.epochs.of(n)), ["0 epochs", "1 epoch", "2 epochs"]);
        assert_eq!([1, 21].map(|n| Plurals::ZH.epochs.of(n)), ["1 轮", "21 轮"]);
    }
}
