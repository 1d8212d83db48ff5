//! Many chips, repeats of one sample, the gradient, and the trigger of the scope.

use super::Named;

texts! {
    /// What the views on measurements beside the training say.
    pub struct ProbesText;

    chips: View {
        en: "Many chips",
            "The same weights on many chips: how many of them are good enough, and how that depends on the strength \
             of the faults. Press Try chips; learning goes on meanwhile.";
        zh: "多块芯片", "同样的权重放在许多芯片上：有多少块足够好，又如何随缺陷强度变化。按“试芯片”；学习同时继续。"
    },
    try_chips: Named {
        en: "Try chips",
            "Loads a frozen copy of the weights onto other chips, without training there, in the background";
        zh: "试芯片", "在后台把权重的固定副本放到其他芯片上，不在那里训练"
    },
    n_chips: Named {
        en: "chips", "How many chips, with the numbers from 1";
        zh: "块芯片", "多少块芯片，编号从 1 开始"
    },
    target: Named {
        en: "target", "A chip with at least this test accuracy counts as good";
        zh: "目标", "测试准确率至少达到这个值的芯片算好"
    },
    reaches_target: str { en: "chip at or above the target"; zh: "达到目标的芯片" },
    misses_target: str { en: "chip below the target"; zh: "低于目标的芯片" },
    /// The test samples that something is measured on.
    first_samples: (fn(usize) -> String) {
        en: |n| format!("the first {n} test samples");
        zh: |n| format!("前 {n} 个测试样本")
    },
    fan: Named {
        en: "Chip by chip", "Test accuracy on every chip at the present strength of faults";
        zh: "逐块芯片", "在现在的缺陷强度下，每块芯片的测试准确率"
    },
    against_sigma: Named {
        en: "Against σ", "Accuracy and yield as the global mismatch grows; the same chips at every point";
        zh: "随 σ 变化", "准确率和良率随总体失配的变化；每一点用同样的芯片"
    },
    sigma_axis: str { en: "Global mismatch, %"; zh: "总体失配，%" },
    share_axis: str { en: "accuracy and yield, %"; zh: "准确率和良率，%" },
    chip_axis: str { en: "Chip number"; zh: "芯片编号" },
    yield_name: Named {
        en: "Yield", "Share of the chips that reach the target";
        zh: "良率", "达到目标的芯片所占的比例"
    },
    yield_at: (fn(f64) -> String) {
        en: |target| format!("yield at a target of {target} %");
        zh: |target| format!("目标为 {target} % 时的良率")
    },
    sigma_in_force: (fn(f64) -> String) {
        en: |percent| format!("σ in force, {percent:.0} %");
        zh: |percent| format!("现用 σ，{percent:.0} %")
    },
    chip_in_use: (fn(u32) -> String) {
        en: |number| format!("chip in use, number {number}");
        zh: |number| format!("所用芯片，编号 {number}")
    },
    mean_of_chips: (fn(usize) -> String) {
        en: |n| format!("mean of {n} {}", if n == 1 { "chip" } else { "chips" });
        zh: |n| format!("{n} 块芯片的平均")
    },
    each_chip: str { en: "Each chip"; zh: "每块芯片" },
    lowest: str { en: "lowest"; zh: "最低" },
    frozen_at: str { en: "weights of epoch"; zh: "权重取自轮次" },
    accuracy: Named {
        en: "Accuracy", "Share of right answers, on the test split and on each batch";
        zh: "准确率", "正确回答的比例，在测试集上和每个批次上"
    },
    gradient: Named {
        en: "Gradient",
            "How well the gradient of the nominal model points where one that knows every fault would point";
        zh: "梯度", "标称模型的梯度与知道所有缺陷的梯度方向有多一致"
    },
    spikes: Named {
        en: "Spikes", "Spikes of the hidden neurons per test sample";
        zh: "脉冲", "每个测试样本中隐藏神经元的脉冲数"
    },
    rule: Named {
        en: "Own rule",
            "What the rule of the chip that teaches itself does: the share of the samples of a batch that change a \
             weight, and the cosine between the weights that errors go back through and the readout weights. Random \
             feedback begins near 0; the network turns towards it";
        zh: "自身规则", "自我教学芯片的规则所做的：批次中改变权重的样本比例，以及误差回传权重与读出权重夹角的余弦。随机反馈从 0 附近开始，网络逐渐与它一致"
    },
    rule_axis: str { en: "Share, cosine"; zh: "比例，余弦" },
    updates: str { en: "samples that change a weight"; zh: "改变权重的样本" },
    feedback: str { en: "feedback against readout"; zh: "反馈与读出" },
    cosine_axis: str { en: "Cosine of the angle"; zh: "夹角的余弦" },
    spikes_axis: str { en: "Hidden spikes per sample"; zh: "每个样本的隐藏脉冲数" },
    gradient_alignment: Named {
        en: "Nominal against informed",
            "On one batch an epoch: 1 when both gradients agree, 0 when they have nothing in common. The host never \
             sees the informed one";
        zh: "标称与知情", "每轮在一个批次上：两个梯度一致时为 1，毫无共同之处时为 0。主机从不看到知情的梯度"
    },
    repeats: View {
        en: "Repeats",
            "The same sample again and again: differences between neurons stay, differences between runs are noise. \
             Raise the noise and see which spread grows.";
        zh: "重复", "同一个样本一遍又一遍：神经元之间的差别不变，各次运行之间的差别是噪声。加大噪声，看哪种离散变大。"
    },
    repeat: Named {
        en: "Repeat", "Runs the sample on display again and again on the chip, with fresh noise";
        zh: "重复运行", "在芯片上一遍又一遍运行所显示的样本，每次噪声不同"
    },
    n_repeats: str { en: "runs"; zh: "次运行" },
    between_neurons: Named {
        en: "Neuron to neuron",
            "Standard deviation over the neurons of the mean over the runs: what is frozen in chip and weights";
        zh: "神经元之间", "各次运行平均值在神经元之间的标准差：芯片和权重中固定的部分"
    },
    between_trials: Named {
        en: "Run to run", "Root mean square over the neurons of the standard deviation over the runs: noise";
        zh: "各次运行之间", "各次运行标准差在神经元上的均方根：噪声"
    },
    spike_count: str { en: "Spikes"; zh: "脉冲数" },
    first_spike: str { en: "First spike, µs"; zh: "第一个脉冲，µs" },
    mean_voltage: str { en: "Mean voltage, × threshold"; zh: "平均电压，× 阈值" },
    mean_axis: str { en: "Mean over the runs"; zh: "各次运行的平均" },
    trial_sd_axis: str { en: "SD over the runs"; zh: "各次运行的标准差" },
    trigger: Named {
        en: "Trigger", "Time zero is the first input spike of the sample";
        zh: "触发", "样本的第一个输入脉冲为时间零点"
    },
    /// Of the sample on display, in views of its voltages and spikes.
    own_run: str { en: "a run of its own, with its own noise"; zh: "单独运行，噪声也单独" },
    no_stimulus: str { en: "no input spike"; zh: "没有输入脉冲" },
}
