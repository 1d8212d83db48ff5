//! Words of the time machine, of many chips, of repeats, and of the scope.

use super::{Named, ViewText};

/// What the newer instruments say. Names are those of the things they stand for.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the strings document themselves")]
pub struct LabText {
    pub moment: Named,
    pub looking_at: &'static str,
    pub live: Named,
    pub branch: Named,
    pub sparser: &'static str,
    pub branched: &'static str,
    pub left: &'static str,
    pub earlier: &'static str,
    pub later: &'static str,
    pub put_away: &'static str,
    pub take_back: Named,
    pub chips: ViewText,
    pub try_chips: Named,
    pub n_chips: Named,
    pub target: Named,
    pub fan: Named,
    pub against_sigma: Named,
    pub sigma_axis: &'static str,
    pub share_axis: &'static str,
    pub chip_axis: &'static str,
    pub yield_name: Named,
    pub here: Named,
    pub mean_of_chips: &'static str,
    pub each_chip: &'static str,
    pub lowest: &'static str,
    pub frozen_at: &'static str,
    pub accuracy: Named,
    pub gradient: Named,
    pub spikes: Named,
    pub cosine_axis: &'static str,
    pub spikes_axis: &'static str,
    pub gradient_alignment: Named,
    pub repeats: ViewText,
    pub repeat: Named,
    pub n_repeats: &'static str,
    pub between_neurons: Named,
    pub between_trials: Named,
    pub spike_count: &'static str,
    pub first_spike: &'static str,
    pub mean_voltage: &'static str,
    pub mean_axis: &'static str,
    pub trial_sd_axis: &'static str,
    pub trigger: Named,
    pub no_stimulus: &'static str,
}

/// English.
pub const EN: LabText = LabText {
    moment: Named {
        name: "Moment",
        meaning: "Drag back to see every view as it was at the end of an epoch; learning goes on meanwhile",
    },
    looking_at: "Looking at epoch",
    live: Named { name: "Back to live", meaning: "All views show the present again" },
    branch: Named {
        name: "Learn on from here",
        meaning: "Forget what came after, and learn on with the weights, the optimiser and the settings of that moment",
    },
    sparser: "Recent epochs are all kept; when memory is full, older ones get sparser",
    branched: "Learnt on from here; epochs before that",
    left: "left behind",
    earlier: "Earlier moment",
    later: "Later moment",
    put_away: "Began anew; epochs of the run before",
    take_back: Named {
        name: "Take back",
        meaning: "Bring the run before back, paused; the present one is put away instead",
    },
    chips: ViewText {
        title: "Many chips",
        help: "The same weights on many chips: how many of them are good enough, and how that depends on the strength \
               of the faults. Press Try chips; learning goes on meanwhile.",
    },
    try_chips: Named {
        name: "Try chips",
        meaning: "Loads a frozen copy of the weights onto other chips, without training there, in the background",
    },
    n_chips: Named { name: "Chips", meaning: "How many chips, with the numbers from 1" },
    target: Named { name: "Target, %", meaning: "A chip with at least this test accuracy counts as good" },
    fan: Named { name: "Chip by chip", meaning: "Test accuracy on every chip at the present strength of faults" },
    against_sigma: Named {
        name: "Against σ",
        meaning: "Accuracy and yield as the global mismatch grows; the same chips at every point",
    },
    sigma_axis: "Global mismatch, %",
    share_axis: "accuracy and yield, %",
    chip_axis: "Chip number",
    yield_name: Named { name: "Yield", meaning: "Share of the chips that reach the target" },
    here: Named { name: "You are here", meaning: "Strength of the faults and chip in use" },
    mean_of_chips: "Mean",
    each_chip: "Each chip",
    lowest: "lowest",
    frozen_at: "weights of epoch",
    accuracy: Named { name: "Accuracy", meaning: "Share of right answers, on the test split and on each batch" },
    gradient: Named {
        name: "Gradient",
        meaning: "How well the gradient of the nominal model points where one that knows every fault would point",
    },
    spikes: Named { name: "Spikes", meaning: "Spikes of the hidden neurons per test sample" },
    cosine_axis: "Cosine of the angle",
    spikes_axis: "Hidden spikes per sample",
    gradient_alignment: Named {
        name: "Nominal against informed",
        meaning: "On one batch an epoch: 1 when both gradients agree, 0 when they have nothing in common. \
                  The host never sees the informed one",
    },
    repeats: ViewText {
        title: "Repeats",
        help: "The same sample again and again: differences between neurons stay, differences between runs are noise. \
               Raise the noise and see which spread grows.",
    },
    repeat: Named {
        name: "Repeat",
        meaning: "Runs the sample on display again and again on the chip, with fresh noise",
    },
    n_repeats: "runs",
    between_neurons: Named {
        name: "Neuron to neuron",
        meaning: "Standard deviation over the neurons of the mean over the runs: what is frozen in chip and weights",
    },
    between_trials: Named {
        name: "Run to run",
        meaning: "Root mean square over the neurons of the standard deviation over the runs: noise",
    },
    spike_count: "Spikes",
    first_spike: "First spike, µs",
    mean_voltage: "Mean voltage, threshold 1",
    mean_axis: "Mean over the runs",
    trial_sd_axis: "SD over the runs",
    trigger: Named { name: "Trigger", meaning: "Time zero is the first input spike of the sample" },
    no_stimulus: "no input spike",
};

/// Simplified Chinese.
pub const ZH: LabText = LabText {
    moment: Named {
        name: "时刻", meaning: "向回拖动，查看每个视图在某一轮结束时的样子；学习同时继续"
    },
    looking_at: "正在查看第几轮：",
    live: Named { name: "回到现在", meaning: "所有视图重新显示现在" },
    branch: Named {
        name: "从这里继续学习", meaning: "忘掉之后的一切，用那一时刻的权重、优化器和设置继续学习"
    },
    sparser: "最近的轮次全部保留；内存满后，较早的逐渐变稀",
    branched: "从这里重新学习；之前的轮数",
    left: "被放弃的部分",
    earlier: "较早的时刻",
    later: "较晚的时刻",
    put_away: "已重新开始；之前运行的轮数",
    take_back: Named { name: "取回", meaning: "取回之前的运行并暂停；现在的运行被收起" },
    chips: ViewText {
        title: "多块芯片",
        help: "同样的权重放在许多芯片上：有多少块足够好，又如何随缺陷强度变化。按“试芯片”；学习同时继续。",
    },
    try_chips: Named {
        name: "试芯片", meaning: "在后台把权重的固定副本放到其他芯片上，不在那里训练"
    },
    n_chips: Named { name: "芯片数", meaning: "多少块芯片，编号从 1 开始" },
    target: Named { name: "目标，%", meaning: "测试准确率至少达到这个值的芯片算好" },
    fan: Named { name: "逐块芯片", meaning: "在现在的缺陷强度下，每块芯片的测试准确率" },
    against_sigma: Named {
        name: "随 σ 变化", meaning: "准确率和良率随总体失配的变化；每一点用同样的芯片"
    },
    sigma_axis: "总体失配，%",
    share_axis: "准确率和良率，%",
    chip_axis: "芯片编号",
    yield_name: Named { name: "良率", meaning: "达到目标的芯片所占的比例" },
    here: Named { name: "你在这里", meaning: "现在的缺陷强度和所用的芯片" },
    mean_of_chips: "平均",
    each_chip: "每块芯片",
    lowest: "最低",
    frozen_at: "权重取自轮次",
    accuracy: Named { name: "准确率", meaning: "正确回答的比例，在测试集上和每个批次上" },
    gradient: Named {
        name: "梯度", meaning: "标称模型的梯度与知道所有缺陷的梯度方向有多一致"
    },
    spikes: Named { name: "脉冲", meaning: "每个测试样本中隐藏神经元的脉冲数" },
    cosine_axis: "夹角的余弦",
    spikes_axis: "每个样本的隐藏脉冲数",
    gradient_alignment: Named {
        name: "标称与知情",
        meaning: "每轮在一个批次上：两个梯度一致时为 1，毫无共同之处时为 0。主机从不看到知情的梯度",
    },
    repeats: ViewText {
        title: "重复",
        help: "同一个样本一遍又一遍：神经元之间的差别不变，各次运行之间的差别是噪声。加大噪声，看哪种离散变大。",
    },
    repeat: Named {
        name: "重复运行", meaning: "在芯片上一遍又一遍运行所显示的样本，每次噪声不同"
    },
    n_repeats: "次运行",
    between_neurons: Named {
        name: "神经元之间",
        meaning: "各次运行平均值在神经元之间的标准差：芯片和权重中固定的部分",
    },
    between_trials: Named {
        name: "各次运行之间", meaning: "各次运行标准差在神经元上的均方根：噪声"
    },
    spike_count: "脉冲数",
    first_spike: "第一个脉冲，µs",
    mean_voltage: "平均电压，阈值为 1",
    mean_axis: "各次运行的平均",
    trial_sd_axis: "各次运行的标准差",
    trigger: Named { name: "触发", meaning: "样本的第一个输入脉冲为时间零点" },
    no_stimulus: "没有输入脉冲",
};
