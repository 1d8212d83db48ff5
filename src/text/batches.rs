//! Runs by the dozen: sweeps and studies.

use super::Named;

texts! {
    /// What the view of sweeps says.
    pub struct SweepText;

    view: View {
        en: "Sweep",
            "The same experiment at every point of a grid of one to three parameters, computed in the background \
             while this one learns. Start one, and click a cell of the map to open its experiment.";
        zh: "扫描",
            "在一到三个参数的网格上逐点重复同一个实验，在后台计算，不影响正在学习的实验。启动一次扫描，再点击图中的格子打开对应的实验。"
    },
    none: str { en: "none"; zh: "无" },
    settings: str { en: "What is varied"; zh: "扫描设置" },
    parameter: str { en: "Parameter of the sweep"; zh: "扫描参数" },
    from: str { en: "from"; zh: "从" },
    to: str { en: "to"; zh: "到" },
    steps: str { en: "steps"; zh: "步数" },
    seeds: str { en: "seeds"; zh: "种子数" },
    seed: str { en: "seed"; zh: "种子" },
    ratios: Named {
        en: "ratios", "Steps in even ratios instead of even distances";
        zh: "等比", "各步之间等比而不是等距"
    },
    early: Named {
        en: "Stop hopeless runs",
            "End a run whose best accuracy is below the median of what the finished ones had by then (median rule of \
             Google Vizier)";
        zh: "提前结束无望的运行", "最好准确率低于已完成运行同期中位数的运行会被结束（Google Vizier 的中位数规则）"
    },
    folder: Named {
        en: "Records in", "Folder for one record a run and for the table; what was cancelled goes on from there";
        zh: "记录存于", "每次运行一个记录文件的文件夹；取消的运行从这里继续"
    },
    start: Named {
        en: "Start", "Compute all runs on the free cores, around the settings in force";
        zh: "启动", "以当前设置为中心，在空闲核心上计算全部运行"
    },
    cancel: Named {
        en: "Cancel", "Stop after the batches under way; finished runs are kept";
        zh: "取消", "当前批次之后停止；已完成的运行会保留"
    },
    busy: str { en: "Other runs are computed; cancel them first"; zh: "正在计算其他运行；请先取消" },
    to_go: str { en: "to go:"; zh: "还需" },
    pictures: [str; 3] { en: ["Map", "Lines", "Parallel"]; zh: ["热图", "折线", "平行坐标"] },
    stopped: str { en: ", stopped early"; zh: "，提前结束" },
    open: str { en: "Click to open this experiment"; zh: "点击打开这个实验" },
}

texts! {
    /// What the view of studies says.
    pub struct StudiesText;

    view: View {
        en: "Studies",
            "The questions of the paper, each answered by a series of runs in the background, with mean and standard \
             deviation over seeds. Choose a question, start it, and compare the curves of the lanes.";
        zh: "研究",
            "论文中的问题，每个问题由后台的一系列运行来回答，给出各种子的均值和标准差。选择一个问题并启动，然后比较各方案的曲线。"
    },
    study: str { en: "Study"; zh: "研究" },
    /// A name and the question, in the order in which studies are listed.
    studies: [Named; 13] {
        en: [
            Named::new("Table 1", "How accurate is the chip in the loop, beside software, on each task?"),
            Named::new("Self-calibration", "How much mismatch does training in the loop absorb?"),
            Named::new("Neuron death", "What does a trained network lose when hidden neurons fall silent?"),
            Named::new("Sparsity", "How few hidden spikes are enough?"),
            Named::new("Decision time", "How early can the answer be read?"),
            Named::new("Weight bits", "How coarse may weights be?"),
            Named::new("Readout noise", "How noisy may the readout be?"),
            Named::new("No host", "Does a chip that teaches itself learn around mismatch as well as the loop does?"),
            Named::new("Rounding", "How many bits, and which rounding, does a chip need that teaches itself?"),
            Named::new("Feedback", "Must errors go back through the weights that caused them?"),
            Named::new("Traffic", "What does accuracy cost in bytes that the chip sends up for each sample?"),
            Named::new("First spike", "What do imperfections cost where the first spike of a readout decides, as in DelGrad?"),
            Named::new("Decide earlier", "What does an earlier answer save, and what do fewer spikes?"),
        ];
        zh: [
            Named::new("表 1", "在各个任务上，在环训练的芯片与软件相比有多准确？"),
            Named::new("自校准", "在环训练能吸收多少失配？"),
            Named::new("神经元失效", "隐藏神经元沉默后，训练好的网络会损失多少？"),
            Named::new("稀疏性", "隐藏脉冲最少需要多少？"),
            Named::new("决策时间", "最早什么时候可以读出答案？"),
            Named::new("权重位数", "权重可以粗到什么程度？"),
            Named::new("读出噪声", "读出可以有多大噪声？"),
            Named::new("没有主机", "自学的芯片能像在环训练那样绕过失配学习吗？"),
            Named::new("舍入", "自学的芯片需要多少位、哪种舍入？"),
            Named::new("反馈", "误差必须经由造成它的权重返回吗？"),
            Named::new("通信量", "准确率要让芯片为每个样本上传多少字节？"),
            Named::new("首个脉冲", "由读出的首个脉冲决定时（如 DelGrad），不完美之处要付出多大代价？"),
            Named::new("更早决定", "更早给出答案能省多少能量？更少的脉冲呢？"),
        ]
    },
    table: str { en: "Table"; zh: "表格" },
    against: str { en: "against"; zh: "随" },
    train: str { en: "train"; zh: "训练" },
    test: str { en: "test"; zh: "测试" },
    accuracy_in_percent: str {
        en: "Accuracy in %, mean ± standard deviation over seeds";
        zh: "准确率（%），各种子的均值 ± 标准差"
    },
    software: str { en: "software, published"; zh: "软件，已发表" },
    chip: str { en: "chip, published"; zh: "芯片，已发表" },
    published: Named {
        en: "published: Cramer et al. 2022, table 1; first spike: data of DelGrad",
            "Figures for shd are about the Spiking Heidelberg Digits; other files of that format cannot be compared";
        zh: "已发表：Cramer et al. 2022，表 1；首个脉冲：DelGrad 的数据", "shd 的数字来自 Spiking Heidelberg Digits；同一格式的其他文件不能比较"
    },
    hidden_spikes: str { en: "hidden spikes per sample"; zh: "每个样本的隐藏脉冲数" },
    bytes_up: str { en: "bytes up per sample"; zh: "每个样本上传的字节数" },
    silent: str { en: "silent hidden neurons, %"; zh: "沉默的隐藏神经元，%" },
    chip_energy: str { en: "chip energy of an answer, µJ"; zh: "每个回答的芯片能量，µJ" },
    operations: str { en: "synaptic operations"; zh: "突触操作数" },
    decision_time: str { en: "time of the answer, µs"; zh: "给出答案的时间，µs" },
    setting: str { en: "setting"; zh: "设置" },
    /// Names and values of settings that are no parameters, as they stand in files, and as they are shown.
    words: (&'static [(&'static str, &'static str)]) {
        en: &[];
        zh: &[
            ("variant", "变化的部分"),
            ("knob", "旋钮"),
            ("time", "时间"),
            ("spikes", "脉冲"),
            ("imperfections", "不完美之处"),
            ("DelGrad's model of a chip", "DelGrad 的芯片模型"),
            ("uncalibrated chip", "未校准的芯片"),
            ("augmentation", "增强"),
            ("none", "无"),
            ("time constants", "时间常数"),
            ("thresholds", "阈值"),
            ("both", "两者"),
            ("rotation and dropout", "旋转和随机丢弃"),
            ("jitter, shift and tempo", "抖动、平移和语速"),
        ]
    },
}

impl StudiesText {
    /// A name or value of a setting.
    pub fn word<'a>(&self, written: &'a str) -> &'a str {
        self.words.iter().find(|(known, _)| *known == written).map_or(written, |(_, shown)| shown)
    }
}
