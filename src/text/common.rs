//! What belongs to the run in progress or to several views.

use super::{
    CircuitsText, CostText, DeviceText, DialogText, ExportText, Language, LessonsText, Named, Plurals, ProbesText,
    RunsText, ShellText, StudiesText, SweepText, Tables, TimeMachineText,
};
use crate::params::Lane;

texts! {
    /// All strings of the window in one language.
    pub struct Text;

    language: Language { en: Language::English; zh: Language::Chinese },
    tables: Tables { en: Tables::EN; zh: Tables::ZH },
    shell: ShellText { en: ShellText::EN; zh: ShellText::ZH },
    device: DeviceText { en: DeviceText::EN; zh: DeviceText::ZH },
    time_machine: TimeMachineText { en: TimeMachineText::EN; zh: TimeMachineText::ZH },
    cost: CostText { en: CostText::EN; zh: CostText::ZH },
    circuits: CircuitsText { en: CircuitsText::EN; zh: CircuitsText::ZH },
    probes: ProbesText { en: ProbesText::EN; zh: ProbesText::ZH },
    export: ExportText { en: ExportText::EN; zh: ExportText::ZH },
    lessons: LessonsText { en: LessonsText::EN; zh: LessonsText::ZH },
    dialogs: DialogText { en: DialogText::EN; zh: DialogText::ZH },
    plurals: Plurals { en: Plurals::EN; zh: Plurals::ZH },
    runs: RunsText { en: RunsText::EN; zh: RunsText::ZH },
    sweep: SweepText { en: SweepText::EN; zh: SweepText::ZH },
    studies: StudiesText { en: StudiesText::EN; zh: StudiesText::ZH },
    run: Named { en: "Run", "Learn on (Space)"; zh: "运行", "继续学习（空格键）" },
    try_again: Named {
        en: "Try again", "Start the program of the chip again and learn on from where it failed";
        zh: "重试", "重新启动芯片程序，从出错的地方继续学习"
    },
    pause: Named {
        en: "Pause", "Stop learning; every slider still acts on what is shown (Space)";
        zh: "暂停", "停止学习；每个滑块仍然作用于所显示的内容（空格键）"
    },
    step: Named {
        en: "Step", "Learn from one batch, then pause (right arrow)";
        zh: "单步", "学习一个批次，然后暂停（右方向键）"
    },
    reset: Named {
        en: "Reset", "Begin anew with the same seed and the same chip: the same run, to the last bit (R)";
        zh: "重置", "以相同的种子和相同的芯片重新开始：每一位都相同的同一次运行（R）"
    },
    new_chip: Named {
        en: "New chip",
            "Put the same weights on the next chip: other faults, nothing else changes, and the loop has to heal again";
        zh: "换芯片", "把同样的权重放到下一块芯片上：缺陷不同，其余不变，在环训练必须重新恢复"
    },
    new_weights: Named {
        en: "New weights", "Begin anew with the next seed: other first weights, other order of the data";
        zh: "换权重", "以下一个种子重新开始：不同的初始权重，不同的数据顺序"
    },
    calibrate: Named {
        en: "Calibrate",
            "Measure every neuron through the readout and set its trims, as one does on the real chip; a new chip \
             comes without trims";
        zh: "校准", "通过读出测量每个神经元并设置其微调，与真实芯片上的做法相同；新芯片没有微调"
    },
    calibrated: str { en: "Calibrated, σ before → after, without the outer 5 %"; zh: "已校准，去掉外侧 5 % 的 σ，前 → 后" },
    is_calibrated: str { en: "calibrated"; zh: "已校准" },
    calibrated_chip: str { en: "This chip, calibrated"; zh: "本芯片，已校准" },
    uncalibrate: Named {
        en: "Take the calibration back", "Set all trims back to neutral: the chip is as it was made";
        zh: "撤销校准", "把所有微调恢复为中性值：芯片又和校准前一样"
    },
    presets: Named { en: "Preset", "Named sets of imperfections"; zh: "预设", "有名称的非理想性组合" },
    no_preset: str { en: "own settings"; zh: "自定义设置" },
    heal: Named { en: "Heal", "Undo all damage"; zh: "修复", "撤销所有损坏" },
    open: Named {
        en: "Open…", "Begin anew with an experiment file; one can also be dropped on the window";
        zh: "打开…", "用实验文件重新开始；也可以把文件拖到窗口上"
    },
    open_data: Named {
        en: "Open data…",
            "Begin anew with your own data: a folder with IDX images, HDF5 spikes or WAV words; one can also be \
             dropped on the window, and a single WAV file is heard at once";
        zh: "打开数据…", "用自己的数据重新开始：IDX 图像、HDF5 脉冲或 WAV 语音的文件夹；也可以拖到窗口上"
    },
    save: Named {
        en: "Save…", "Write all settings and seeds to a file that reproduces this run";
        zh: "保存…", "把所有设置和种子写入文件，可重现本次运行"
    },
    stop: Named {
        en: "Stop", "Stop loading; the experiment that was running goes on";
        zh: "停止", "停止读取；实验继续"
    },
    path: Named {
        en: "Experiment file", "The path of an experiment file, for where there is no file dialog";
        zh: "实验文件", "实验文件的路径，用于没有文件对话框的地方"
    },
    open_path: str { en: "Open this path"; zh: "打开此路径" },
    save_path: str { en: "Save to this path"; zh: "保存到此路径" },
    saved: str { en: "Saved"; zh: "已保存" },
    experiment_files: str { en: "Misfit experiments"; zh: "Misfit 实验" },
    lost_events: Named {
        en: "events lost", "Input events of the last batch that the link between host and chip could not carry";
        zh: "个事件丢失", "上一批次中主机与芯片之间的链路未能传送的输入事件"
    },
    recovering: Named {
        en: "on the way back to", "Test accuracy of the lane in the loop before its chip was disturbed";
        zh: "正在恢复到", "芯片受扰动之前，在环网络的测试准确率"
    },
    recovered: Named {
        en: "recovered in",
            "Epochs until the lane in the loop was within a point of what it had before its chip was disturbed";
        zh: "恢复用了", "在环网络回到扰动前水平一个百分点以内所用的轮数"
    },
    start_again: str { en: "Start again"; zh: "重新开始" },
    speed: Named {
        en: "Speed", "How many batches are learnt per second, at most; this is not the time step of the chip";
        zh: "速度", "每秒最多学习多少批次；这不是芯片的时间步长"
    },
    full_speed: str { en: "full speed"; zh: "全速" },
    batches_per_second: str { en: "batches/s"; zh: "批次/秒" },
    theme: str { en: "Theme"; zh: "主题" },
    epoch: str { en: "epoch"; zh: "轮次" },
    of: str { en: "of"; zh: "/" },
    batch: str { en: "batch"; zh: "批次" },
    chip: str { en: "chip"; zh: "芯片" },
    loading: str { en: "Building the experiment…"; zh: "正在建立实验…" },
    finished: str {
        en: "All planned epochs are done; learning goes on, and the learning rate stays as it is now";
        zh: "计划的轮次已全部完成；学习继续，学习率保持现值"
    },
    plan_done: str { en: "end of the plan"; zh: "计划的终点" },
    paused: str { en: "paused"; zh: "已暂停" },
    refused: str { en: "Not adopted"; zh: "未采用" },
    failed: str { en: "The run has stopped"; zh: "运行已停止" },
    dismiss: str { en: "Dismiss"; zh: "知道了" },
    needs_restart: Named {
        en: "Restart needed for",
            "These settings build network or data anew; the run goes on with the old ones until you restart";
        zh: "需要重新开始", "这些设置要重建网络或数据；在重新开始之前，运行仍使用旧设置"
    },
    apply_restart: str { en: "Apply and restart"; zh: "应用并重新开始" },
    discard: str { en: "Discard"; zh: "放弃" },
    takes_restart: str { en: "takes effect on restart"; zh: "重新开始后生效" },
    auto: Named {
        en: "auto", "Follow the global mismatch in the measured proportion";
        zh: "自动", "按实测比例跟随总体失配"
    },
    double_click: str { en: "double-click for the default"; zh: "双击恢复默认值" },
    range: str { en: "range"; zh: "范围" },
    /// Between a word and what it is, and between two words.
    colon: str { en: ": "; zh: "：" },
    comma: str { en: ", "; zh: "，" },
    semicolon: str { en: "; "; zh: "；" },
    /// Round what is added to a word.
    brackets: [&'static str; 2] { en: [" (", ")"]; zh: ["（", "）"] },
    source: str { en: "source"; zh: "来源（英文）" },
    lanes: [Named; Lane::ALL.len()] {
        en: [
            Named::new("Ideal", "trained and tested in software, on a chip without faults"),
            Named::new("Transferred", "the ideal weights, loaded onto the faulty chip"),
            Named::new("In the loop", "trained through the faulty chip, tested on it"),
            Named::new("On chip", "trained by the faulty chip itself, without a host"),
        ];
        zh: [
            Named::new("理想", "在软件中、在没有缺陷的芯片上训练和测试"),
            Named::new("移植", "把理想权重装载到有缺陷的芯片上"),
            Named::new("在环", "通过有缺陷的芯片训练，并在其上测试"),
            Named::new("片上", "由有缺陷的芯片自己训练，没有主机"),
        ]
    },
    /// What the lanes are, where there is little room.
    lanes_short: [str; Lane::ALL.len()] {
        en: ["in software, without faults", "ideal weights, faulty chip", "trained through the faulty chip", "the chip trains itself"];
        zh: ["在软件中训练和测试", "理想权重，有缺陷的芯片", "通过有缺陷的芯片训练", "芯片自己训练"]
    },
    gestures: str {
        en: "Drag to pan, Ctrl and wheel to zoom, right-drag to zoom into a box, double-click to see everything again.";
        zh: "拖动平移，Ctrl 加滚轮缩放，右键拖动放大选框，双击恢复全貌。"
    },
    shows_nothing: str {
        en: "This chip shows nothing of its inside: it is not Misfit's own";
        zh: "这块芯片不显示其内部：它不是 Misfit 自己的芯片"
    },
    no_data: str { en: "Nothing to show yet"; zh: "暂无内容" },
    after_changes: str { en: "right after changes"; zh: "刚改变之后" },
    chance: str { en: "chance"; zh: "随机猜测" },
    beyond: str { en: "beyond"; zh: "超出" },
    points: str { en: "points"; zh: "个百分点" },
    remeasured: Named {
        en: "now", "Measured anew, because the chip, or how it is read, was changed after the last epoch; otherwise the last point of the curve";
        zh: "此刻", "芯片或其读出方式在上一轮之后被改变，因此重新测量；否则就是曲线的最后一点"
    },
    now: str { en: "test accuracy"; zh: "测试准确率" },
    points_against_ideal: str { en: "points against ideal"; zh: "个百分点（相对理想）" },
    learning: View {
        en: "Accuracy",
            "Share of right answers of each lane: bold on the test split after every epoch, thin on the batches while \
             learning. Move the global mismatch and watch the lanes part and the loop catch up.";
        zh: "准确率",
            "每个方案回答正确的比例：粗线为每轮之后的测试集，细线为学习中的批次。调节总体失配，看各方案分开，而在环网络追上来。"
    },
    loss: View {
        en: "Loss",
            "Cross entropy of each lane: bold on the test split, thin on the batches while learning. Raise the \
             learning rate until the curves jump, then lower it again.";
        zh: "损失", "每个方案的交叉熵：粗线为测试集，细线为学习中的批次。提高学习率直到曲线跳动，再降回来。"
    },
    membranes: View {
        en: "Membranes",
            "Voltages of hidden neurons in the sample on display: solid the analog chip, the first neuron at 30 \
             MSample/s, dots what the host reads after taking off the baseline, dashed the ideal twin with the same \
             weights. The sample is run anew for this view, with noise of its own. Change the mismatch of the thresholds and \
             see spikes come and go.";
        zh: "膜电位",
            "所示样本中隐藏神经元的电压：实线为模拟芯片（第一个神经元以 30 MSample/s 采样），圆点为主机扣除基线后读到的值，虚线为权重相同的理想孪生。样本为此视图单独运行，噪声也是单独的。改变阈值的失配，看脉冲出现和消失。"
    },
    readout: View {
        en: "Readout",
            "Voltages of the readout neurons in the sample on display; the highest one is the answer, the bold one \
             would be right. Compare the lanes on the same sample.";
        zh: "读出", "所示样本中读出神经元的电压；最高者即为回答，粗线者才是正确答案。在同一样本上比较各方案。"
    },
    raster: View {
        en: "Spikes",
            "Every spike of the sample on display: inputs below, hidden neurons above, and at the top when each \
             readout was highest. Colours tell which ones the ideal twin with the same weights emits too, and which \
             are shifted, extra or missed. The sample is run anew for this view, with noise of its own; click a row to select \
             its neuron.";
        zh: "脉冲",
            "所示样本的全部脉冲：下方为输入，上方为隐藏神经元，顶部为各读出达到最高的时刻。与权重相同的理想孪生相比，颜色标出被移动、多出和缺失的脉冲。样本为此视图单独运行，噪声也是单独的。"
    },
    faults: View {
        en: "Faults of the chip",
            "How far every circuit is from what was asked for, one dot a neuron and one row a parameter; potentials \
             in % of the leak-to-threshold distance. Drag the global mismatch: the same faults grow and shrink.";
        zh: "芯片缺陷",
            "每个电路偏离要求多远，一点一个神经元，一行一个参数；电位以泄漏到阈值距离的百分比表示。拖动总体失配：同样的缺陷变大变小。"
    },
    task: View {
        en: "Task",
            "The sample on display and what each lane answers, with the score of every class. The strip beside an \
             answer shows what it would have been at any earlier time; look for samples that only the transferred \
             network gets wrong.";
        zh: "任务",
            "所示样本以及各方案的回答，附每一类的得分。回答旁的色带显示更早读出会得到什么；找出只有移植网络答错的样本。"
    },
    test: str { en: "test split"; zh: "测试集" },
    batches: str { en: "batches"; zh: "批次" },
    epochs_axis: str { en: "epochs"; zh: "轮次" },
    accuracy_axis: str { en: "accuracy, %"; zh: "准确率，%" },
    loss_axis: str { en: "loss, nats"; zh: "损失，nat" },
    voltage_axis: str { en: "voltage, × threshold"; zh: "电压，× 阈值" },
    time_axis: str { en: "hardware time, µs"; zh: "硬件时间，µs" },
    deviation_axis: str { en: "deviation from nominal, %"; zh: "与标称值的偏差，%" },
    logarithmic: Named {
        en: "Logarithmic", "Show the loss on a logarithmic axis";
        zh: "对数", "在对数轴上显示损失"
    },
    lane: str { en: "Lane"; zh: "方案" },
    neuron: str { en: "neuron"; zh: "神经元" },
    first_neuron: Named {
        en: "First neuron", "The first of the hidden neurons shown";
        zh: "首个神经元", "所示隐藏神经元中的第一个"
    },
    most_different: Named {
        en: "Most off", "Show the hidden neurons that differ most from the ideal twin in this sample";
        zh: "差别最大", "显示在此样本中与理想孪生差别最大的隐藏神经元"
    },
    twin: str { en: "ideal twin"; zh: "理想孪生" },
    threshold: str { en: "threshold"; zh: "阈值" },
    analog: str { en: "analog voltage"; zh: "模拟电压" },
    madc: str { en: "analog voltage, MADC"; zh: "模拟电压，MADC" },
    samples: str { en: "read by the host"; zh: "主机读到的" },
    samples_on_chip: str { en: "read by the chip's processor"; zh: "芯片处理器读到的" },
    spikes: str { en: "spikes"; zh: "脉冲" },
    inputs: str { en: "inputs"; zh: "输入" },
    hidden: str { en: "hidden"; zh: "隐藏" },
    readout_rows: str { en: "readout"; zh: "读出" },
    peak: str { en: "readout maximum"; zh: "读出最大值" },
    class: str { en: "class"; zh: "类别" },
    label: str { en: "label"; zh: "标签" },
    previous: str { en: "Previous"; zh: "上一个" },
    next: str { en: "Next"; zh: "下一个" },
    auto_advance: Named {
        en: "Advance", "Show another sample every three seconds while learning";
        zh: "自动换样本", "学习时每三秒显示另一个样本"
    },
    sample: str { en: "sample"; zh: "样本" },
    right: str { en: "right"; zh: "正确" },
    wrong: str { en: "wrong"; zh: "错误" },
    nominal: str { en: "nominal"; zh: "标称" },
}
