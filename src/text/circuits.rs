//! The bench with some circuits on it, and the slope that a spike lacks.

use super::Named;

texts! {
    /// What the views Bench and Slope say.
    pub struct CircuitsText;

    bench: View {
        en: "Bench",
            "The same input spikes into circuits of this chip, one beside the other, and in front what was asked for. \
             Click into the plot to add an input spike, drag its mark, click it with the right button to remove it; \
             change the mismatch and see the copies part.";
        zh: "试验台",
            "同样的输入脉冲送进这块芯片的几个电路，最前面是所要求的样子。在图中点击可加一个输入脉冲，拖动标记可移动它，右键点击可去掉它；改变失配，看这些副本如何分开。"
    },
    circuits: Named {
        en: "circuits", "How many circuits of the chip, from the first one on";
        zh: "个电路", "芯片的几个电路，从第一个算起"
    },
    inputs: Named {
        en: "input spikes", "How many input spikes; a click into the plot adds one where it is";
        zh: "个输入脉冲", "有多少个输入脉冲；在图中点击可在该处加一个"
    },
    apart: Named {
        en: "µs apart", "Time from one input spike to the next; 0 sends all of them at once";
        zh: "µs 间隔", "相邻输入脉冲之间的时间；0 表示同时到达"
    },
    weight: Named {
        en: "weight", "How strong an input spike is: 1 lifts a nominal membrane by 0.37 of the way to the threshold";
        zh: "权重", "一个输入脉冲有多强：1 使标称的膜电位升到阈值的 0.37"
    },
    again: Named {
        en: "Once more", "The same run with other noise; what stays as it was is mismatch";
        zh: "再来一次", "同样的运行，噪声不同；不变的就是失配"
    },
    asked_for: Named {
        en: "as asked for", "A circuit without mismatch and noise";
        zh: "所要求的", "没有失配和噪声的电路"
    },
    input: str { en: "input spike"; zh: "输入脉冲" },
    own_threshold: str { en: "own threshold"; zh: "自己的阈值" },
    fired: (fn(usize, usize) -> String) {
        en: |fired, all| format!("{fired} of {all} fire");
        zh: |fired, all| format!("{all} 个中有 {fired} 个发放")
    },
    slope: View {
        en: "Slope",
            "Above, what the chip does: below the threshold no spike, beyond it one, and nowhere a slope to learn by. \
             Below, what the host takes instead: the surrogate, steeper with a larger β. Each dot is a hidden neuron in \
             this sample, at the voltage that the host read nearest to the threshold.";
        zh: "斜率",
            "上面是芯片所做的：阈值以下没有脉冲，以上有一个，没有任何可供学习的斜率。下面是主机用来代替的替代函数，β 越大越陡。每个点是这个样本中的一个隐藏神经元，位于主机读到的最接近阈值的电压处。"
    },
    voltage: Named {
        en: "voltage", "A voltage to try: what the chip and the host make of it";
        zh: "电压", "试一个电压：芯片和主机各如何看待它"
    },
    step_axis: str { en: "spikes, 0 or 1"; zh: "脉冲，0 或 1" },
    learns_axis: str { en: "slope, share of its peak"; zh: "斜率，占峰值的比例" },
    step: str { en: "the chip: a step"; zh: "芯片：一级台阶" },
    surrogate: str { en: "the host: a surrogate"; zh: "主机：替代函数" },
    dots: [str; 2] {
        en: ["hidden neurons in this sample", "how much each may learn"];
        zh: ["这个样本中的隐藏神经元", "各自能学多少"]
    },
    spike: [str; 2] { en: ["no spike", "a spike"]; zh: ["没有脉冲", "有脉冲"] },
    true_slope: str { en: "true slope 0"; zh: "真正的斜率 0" },
    surrogate_slope: str { en: "surrogate slope"; zh: "替代斜率" },
    may_learn: Named {
        en: "may learn more than a tenth", "Hidden neurons whose slope in this sample is above a tenth of the peak";
        zh: "能学到十分之一以上", "这个样本中斜率高于峰值十分之一的隐藏神经元"
    },
    exact: str {
        en: "EventProp learns from spike times and takes no surrogate.";
        zh: "EventProp 从脉冲时刻学习，不用替代函数。"
    },
}
