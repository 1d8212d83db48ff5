//! What is said about figures, pictures and recordings that are taken away.

use super::Named;

/// Names of what is written to files.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct TakeText {
    pub figure_png: Named,
    pub record: Named,
    pub not_written: &'static str,
    pub score_axis: &'static str,
    pub pixel_row: &'static str,
    pub pixel_column: &'static str,
    pub grey: &'static str,
    pub x: &'static str,
    pub y: &'static str,
    pub channel: &'static str,
    pub events: &'static str,
    pub step: &'static str,
    pub time_axis: &'static str,
    pub run: &'static str,
    pub row_of_chip: &'static str,
    pub neurons: &'static str,
    pub harm_axis: &'static str,
    /// Units of spike counts, times of first spikes and mean voltages.
    pub repeated: [&'static str; 3],
}

/// English.
pub const EN: TakeText = TakeText {
    figure_png: Named {
        name: "PNG",
        meaning: "Write a picture of a view as it stands in the window, with all settings and seeds",
    },
    record: Named {
        name: "Record as NPZ…",
        meaning: "Write a batch of the lane in the loop for NumPy: weights, faults, spikes, voltages, codes, loss and gradient, as `misfit record` does",
    },
    not_written: "Not written",
    score_axis: "score, threshold 1",
    pixel_row: "row, pixels from the top",
    pixel_column: "column, pixels",
    grey: "grey level, 0 to 1",
    x: "x, of 0 to 1",
    y: "y, of 0 to 1",
    channel: "input, channels",
    events: "events in this cell",
    step: "step of the round",
    time_axis: "time on this machine, ms",
    run: "run",
    row_of_chip: "row of circuits",
    neurons: "number of neurons",
    harm_axis: "change of the loss without the neuron, nats",
    repeated: ["spikes", "µs", "threshold 1"],
};

/// Simplified Chinese.
pub const ZH: TakeText = TakeText {
    figure_png: Named {
        name: "PNG 图片", meaning: "把一个视图照窗口中的样子写成图片，附全部设置和种子"
    },
    record: Named {
        name: "记录为 NPZ…",
        meaning: "为 NumPy 写出在环通道的一个批次：权重、缺陷、脉冲、电压、码值、损失和梯度，与 `misfit record` 相同",
    },
    not_written: "没有写入",
    score_axis: "得分，阈值为 1",
    pixel_row: "行，从上数的像素",
    pixel_column: "列，像素",
    grey: "灰度，0 到 1",
    x: "x，0 到 1",
    y: "y，0 到 1",
    channel: "输入，通道",
    events: "这一格中的事件数",
    step: "一个来回中的步骤",
    time_axis: "在这台机器上的时间，ms",
    run: "运行",
    row_of_chip: "电路的行",
    neurons: "神经元个数",
    harm_axis: "没有这个神经元时损失的变化，nat",
    repeated: ["个脉冲", "µs", "阈值为 1"],
};
