//! Names in figures, pictures and recordings that are written to files.

use super::Named;

texts! {
    /// Names of what is written to files.
    pub struct ExportText;

    figure_png: Named {
        en: "PNG", "Write a view as a picture on white paper, with all settings and seeds";
        zh: "PNG 图片", "把一个视图写成白底图片，附全部设置和种子"
    },
    all_figures: Named {
        en: "All views", "Write every view as drawing, picture and table into one new folder";
        zh: "全部视图", "把每个视图的矢量图、图片和数值写到一个新文件夹"
    },
    open_folder: Named {
        en: "Open folder", "Show the folder of figures in the file manager";
        zh: "打开文件夹", "在文件管理器中显示图的文件夹"
    },
    record: Named {
        en: "Record as NPZ…",
            "Write a batch of the lane in the loop for NumPy: weights, faults, spikes, voltages, codes, loss and \
             gradient, as `misfit record` does";
        zh: "记录为 NPZ…",
            "为 NumPy 写出在环方案的一个批次：权重、缺陷、脉冲、电压、码值、损失和梯度，与 `misfit record` 相同"
    },
    not_written: str { en: "Not written"; zh: "没有写入" },
    score_axis: str { en: "score, × threshold"; zh: "得分，× 阈值" },
    pixel_row: str { en: "row, pixels from the top"; zh: "行，从上数的像素" },
    pixel_column: str { en: "column, pixels"; zh: "列，像素" },
    grey: str { en: "grey level, 0 to 1"; zh: "灰度，0 到 1" },
    x: str { en: "x, of 0 to 1"; zh: "x，0 到 1" },
    y: str { en: "y, of 0 to 1"; zh: "y，0 到 1" },
    channel: str { en: "input, channels"; zh: "输入，通道" },
    events: str { en: "events in this cell"; zh: "这一格中的事件数" },
    step: str { en: "step of the round"; zh: "一个来回中的步骤" },
    time_axis: str { en: "time on this machine, ms"; zh: "在这台机器上的时间，ms" },
    parameter: str { en: "parameter"; zh: "参数" },
    unit: str { en: "unit"; zh: "单位" },
    one_sd: str { en: "one standard deviation"; zh: "一个标准差" },
    synapses: str { en: "synapses"; zh: "突触" },
    share_of_range: str { en: "place between smallest and largest, 0 to 1"; zh: "在最小与最大之间的位置，0 到 1" },
    row: str { en: "row"; zh: "行" },
    run: str { en: "run"; zh: "运行" },
    row_of_chip: str { en: "row of circuits"; zh: "电路的行" },
    neurons: str { en: "number of neurons"; zh: "神经元个数" },
    harm_axis: str {
        en: "change of the loss without the neuron, nats";
        zh: "没有这个神经元时损失的变化，nat"
    },
    /// Units of spike counts, times of first spikes and mean voltages.
    repeated: [str; 3] { en: ["spikes", "µs", "× threshold"]; zh: ["个脉冲", "µs", "× 阈值"] },
}
