//! The views on what it costs.

use super::Named;

texts! {
    /// What the views on energy and scaling say.
    pub struct CostText;

    energy: View {
        en: "Energy",
            "What this network takes for a sample: on the left where the energy goes, within the boundary that is \
             chosen; on the right published systems and this machine on one logarithmic axis. Point at any number for \
             its source and what it contains. Change the duration and see chip energy follow; change spikes and see \
             that it does not.";
        zh: "能量",
            "这个网络处理一个样本所需的能量：左边是在所选边界之内能量去了哪里；右边是已发表的系统和本机，画在同一个对数轴上。指向任一数字可看其来源和所含部分。改变时长，芯片能量随之变化；改变脉冲数，则不变。"
    },
    scaling: View {
        en: "Scaling",
            "What must cross between chip and host against the number of hidden neurons, from the numbers of this run. \
             Dots were run here, dashes are carried on. Switch between one link for all and a link for every chip, or \
             compare the speed of the chip with that of this machine.";
        zh: "规模",
            "芯片与主机之间必须传送的数据随隐藏神经元数的变化，数字取自本次运行。圆点是在这里运行过的，虚线是推算。可切换为共用一条链路或每块芯片一条链路，也可比较芯片与本机的速度。"
    },
    modes: [Named; 2] {
        en: [
            Named::new("Inference", "What one answer takes"),
            Named::new("Training", "What one sample of training takes"),
        ];
        zh: [Named::new("推理", "得出一个回答所需"), Named::new("训练", "一个训练样本所需")]
    },
    boundaries: [Named; 3] {
        en: [
            Named::new("chip", "The chip while it computes; no board, no link, no host"),
            Named::new("system", "And the chip while it waits, and the board as long as chip or link are busy; no host"),
            Named::new("with host", "And the processor time of the host on this machine"),
        ];
        zh: [
            Named::new("芯片", "计算中的芯片；不含电路板、链路和主机"),
            Named::new("系统", "再加上等待中的芯片，以及芯片或链路忙碌时的电路板；不含主机"),
            Named::new("含主机", "再加上主机在本机上的处理器时间"),
        ]
    },
    parts: [Named; 5] {
        en: [
            Named::new("chip at work", "Power of the chip times emulated time. Spikes do not change it"),
            Named::new("chip waiting", "The same power while the chip waits for the pause between samples, or for the link"),
            Named::new("board", "Power of FPGA and board as long as chip or link are busy; that of a mobile system in another mode"),
            Named::new("link", "Energy of an Ethernet adapter for the bits that cross. It may be within the power of the board and is not added"),
            Named::new("host", "Processor time of loss, gradient, update and write on this machine"),
        ];
        zh: [
            Named::new("芯片工作", "芯片功率乘以芯片内时间。脉冲数不改变它"),
            Named::new("芯片等待", "芯片等待样本间停顿或链路时的同一功率"),
            Named::new("电路板", "芯片或链路忙碌时 FPGA 和电路板的功率；取自另一模式的移动系统"),
            Named::new("链路", "以太网适配器传送这些数据的能量。可能已含在电路板功率中，不计入总和"),
            Named::new("主机", "损失、梯度、更新和写入在本机上的处理器时间"),
        ]
    },
    total: str { en: "within the boundary"; zh: "边界之内" },
    not_added: str { en: "not added"; zh: "不计入" },
    estimate: str { en: "estimate"; zh: "估计" },
    no_time: Named {
        en: "not timed yet", "No round was learnt yet: the time of this machine is not known";
        zh: "尚未计时", "还没有学习过一个回合：本机时间未知"
    },
    claim: Named {
        en: "“1000 times less energy”",
            "Quoted from press and talks; it has no number of its own in the paper. Each line names both sides: the \
             energy of another one, divided by that of this chip alone while it computes";
        zh: "“能耗低一千倍”",
            "引自媒体和报告；论文中没有这个数字。每一行都写明双方：对方的能量除以本芯片计算时自身的能量"
    },
    quoted: Named {
        en: "quoted: a small network in a general simulator",
            "Wunderlich et al. 2019: a chip of 57 mW against NEST on a processor, three orders of magnitude. Later the \
             person who is quoted measured 200 to 250 times, Loihi 2 against a Jetson Orin Nano (arXiv:2503.04341, \
             2510.13757)";
        zh: "引用：通用仿真器中的小网络",
            "Wunderlich 等 2019：57 mW 的芯片与处理器上的 NEST 相比，三个数量级。被引用者后来测得 200 至 250 倍，Loihi 2 对 Jetson Orin Nano（arXiv:2503.04341、2510.13757）"
    },
    simulation: Named {
        en: "this simulation, this machine", "The run step of the last round, all faults of the chip included";
        zh: "本机上的这个仿真", "最近一个回合的运行步骤，含芯片的全部缺陷"
    },
    opponent: Named {
        en: "ReLU network, this machine",
            "A network of the same shape with rectified linear units, trained on the same samples in the background. \
             32-bit products of ndarray on one thread. Of words it hears no order";
        zh: "本机上的 ReLU 网络", "同样规模、使用修正线性单元的网络，在后台用同样的样本训练。ndarray 的 32 位乘法，单线程。它听不到单词中的先后"
    },
    in_training: str { en: "in training"; zh: "训练中" },
    batch: str { en: "batch"; zh: "批次" },
    right: str { en: "right"; zh: "正确" },
    digital: str { en: "DNN Engine, digital, measured, 28 nm"; zh: "DNN Engine，数字，实测，28 nm" },
    this_network: str { en: "this network"; zh: "这个网络" },
    scaled_to: str { en: "scaled to"; zh: "换算到" },
    other_data: str {
        en: "Published: MNIST or a task like it; samples, nodes and accuracies differ";
        zh: "已发表：MNIST 或类似任务；样本、工艺和准确率各不相同"
    },
    other_words: str {
        en: "Published: 12 words or one key word, 20 in the paper; data sets differ";
        zh: "已发表：12 个单词或一个关键词，论文为 20 个；数据集不同"
    },
    other_training: str {
        en: "Published: training on the chip, handwritten digits";
        zh: "已发表：片上训练，手写数字"
    },
    known: [Named; 6] {
        en: [
            Named::new("measured", "Hardware was measured, everything counted"),
            Named::new("boundary not stated", "Measured; the source's table does not say whether everything is counted"),
            Named::new("dynamic only", "Without what is drawn at rest"),
            Named::new("simulated", "A design before there was hardware"),
            Named::new("scaled by us", "Worked out by us from published figures of something else"),
            Named::new("estimate", "A band of assumptions"),
        ];
        zh: [
            Named::new("实测", "测量了硬件，全部计入"),
            Named::new("边界未说明", "实测；来源的表格没有说明是否全部计入"),
            Named::new("仅动态", "不含静止时的消耗"),
            Named::new("仿真", "尚无硬件的设计"),
            Named::new("由我们换算", "由我们根据其他已发表的数字算出"),
            Named::new("估计", "由假设得出的范围"),
        ]
    },
    methods: [Named; 5] {
        en: [
            Named::new("measured: processor packages", "Counters of the processor packages, by the share of this program in all processor time. Memory, board and screen are not inside"),
            Named::new("measured: battery", "The battery while it discharges: the whole laptop, screen included"),
            Named::new("estimate: no counter here", "Nothing can be read here, as in a virtual machine: a busy core is taken to draw 2 to 10 W"),
            Named::new("estimate: counter needs an administrator", "The counters are there, but only an administrator may read them. `chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj` opens them to all programs, which lets these spy on one another (PLATYPUS, CVE-2020-8694)"),
            Named::new("estimate: not measured yet", "A counter is there; it is read while something is learnt"),
        ];
        zh: [
            Named::new("实测：处理器封装", "处理器封装的计数器，按本程序占全部处理器时间的比例。不含内存、主板和屏幕"),
            Named::new("实测：电池", "放电中的电池：整台笔记本，含屏幕"),
            Named::new("估计：此处没有计数器", "这里无法读取任何计数器，例如在虚拟机中：假设一个忙碌的核心消耗 2 至 10 W"),
            Named::new("估计：计数器需要管理员", "有计数器，但只有管理员可以读取。`chmod a+r /sys/class/powercap/intel-rapl:*/energy_uj` 可对所有程序开放，但程序之间会因此能互相窥探（PLATYPUS，CVE-2020-8694）"),
            Named::new("估计：尚未测量", "有计数器；学习时会读取"),
        ]
    },
    others_busy: str { en: "other programs were busy"; zh: "其他程序也在忙碌" },
    per_core: str { en: "a core"; zh: "每核心" },
    net: str { en: "without rest"; zh: "扣除静止" },
    account_heads: [str; 4] {
        en: ["least, µJ", "most, µJ", "known how", "sources and what is inside"];
        zh: ["最少，µJ", "最多，µJ", "如何得知", "来源与范围"]
    },
    other_sizes: Named {
        en: "Run other sizes", "Run this network forward with 256 to 4,096 hidden neurons on this machine, half a second each; more neurons have the weights of these once more; pause first";
        zh: "运行其他规模", "在本机上以 256 至 4,096 个隐藏神经元运行这个网络的前向计算，各半秒，多出的神经元重复使用现有权重；请先暂停"
    },
    rest: Named {
        en: "Measure at rest", "Measure for three seconds what the machine draws while nothing is learnt; pause first";
        zh: "测量静止功耗", "用三秒测量不学习时本机的消耗；请先暂停"
    },
    metrics: Named {
        en: "NeuroBench",
            "The metrics of the package of that name, counted as it counts them. They belong to the number of steps: \
             the same spikes in other steps give another sparsity";
        zh: "NeuroBench", "同名软件包的指标，按其方式计数。指标取决于步数：同样的脉冲，步数不同则稀疏度不同"
    },
    /// In the order of the metrics.
    metric_names: [&'static str; 9] {
        en: ["footprint, B", "zero weights", "activation sparsity", "dense", "ACs", "MACs", "membrane updates", "steps", "steps a second"];
        zh: ["存储，B", "零权重", "激活稀疏度", "稠密", "AC", "MAC", "膜更新", "步数", "每秒步数"]
    },
    energy_axis: str { en: "energy of a sample, µJ"; zh: "一个样本的能量，µJ" },
    node: str { en: "process node"; zh: "工艺" },
    system: str { en: "system"; zh: "系统" },
    /// What crosses, by how the network learns.
    sent: [Named; 4] {
        en: [
            Named::new("voltages", "8 bits for every hidden neuron at every reading, as a surrogate gradient needs them"),
            Named::new("spikes", "24 bits for every hidden spike, as an event-based gradient needs them"),
            Named::new("weights", "Two synapses of a byte for each signed weight, at most 256 inputs a neuron, after every batch"),
            Named::new("on-chip learning", "Input events and labels alone. The voltages still move, on millimetres of wire"),
        ];
        zh: [
            Named::new("电压", "每次读出时每个隐藏神经元 8 位，替代梯度需要它们"),
            Named::new("脉冲", "每个隐藏脉冲 24 位，基于事件的梯度需要它们"),
            Named::new("权重", "每个带符号权重两个突触，各一字节，每个神经元至多 256 个输入，每批次之后"),
            Named::new("片上学习", "只有输入事件和标签。电压仍在移动，只是在几毫米的导线上"),
        ]
    },
    one_link: Named { en: "one link", "All chips share one link to the host"; zh: "一条链路", "所有芯片共用一条到主机的链路" },
    link_per_chip: Named {
        en: "a link per chip",
            "Every chip has a link of its own, as in the rack: what crosses it stays constant, and the host has to swallow \
             the sum";
        zh: "每芯片一条", "每块芯片有自己的链路，如机架中那样：每条链路上的数据不变，而主机必须接收总和"
    },
    speed: Named {
        en: "speed", "Emulated seconds in a second of the clock: the chip's and this machine's";
        zh: "速度", "时钟一秒内的芯片内秒数：芯片与本机"
    },
    traffic: Named { en: "traffic", "Bits that cross in a second of emulated time"; zh: "数据量", "芯片内时间一秒中传送的位数" },
    neurons_axis: str { en: "hidden neurons"; zh: "隐藏神经元" },
    traffic_axis: str { en: "traffic, Gbit/s of emulated time"; zh: "数据量，Gbit/s，按芯片内时间" },
    speed_axis: str { en: "speed, emulated s in a second"; zh: "速度，每秒的芯片内秒数" },
    chip_alone: str { en: "chip, emulated time"; zh: "芯片，芯片内时间" },
    chip_by_clock: str { en: "chip, by the clock"; zh: "芯片，按时钟" },
    machine: str { en: "this machine"; zh: "本机" },
    fills: (fn(&str, &str) -> String) {
        en: |neurons, link| format!("The voltages of {neurons} neurons fill {link}");
        zh: |neurons, link| format!("{neurons} 个神经元的电压占满 {link}")
    },
    overtakes: (fn(&str, &str) -> String) {
        en: |alone, clock| format!("The chip overtakes this machine from ~{alone} neurons on; by the clock, from ~{clock}");
        zh: |alone, clock| format!("神经元超过约 {alone} 个时芯片快于本机；按时钟计，超过约 {clock} 个")
    },
    biology: (fn(&str) -> String) {
        en: |clock| format!("1000 times faster than biology holds for emulated time; by the clock it is ~{clock} times");
        zh: |clock| format!("比生物快 1000 倍指芯片内时间；按时钟计约为 {clock} 倍")
    },
    /// English and translated words of figures: what is inside, and how it is known.
    words: (&'static [(&'static str, &'static str)]) {
        en: &[];
        zh: &[
            ("BrainScaleS-2, paper", "BrainScaleS-2，论文"),
            ("BrainScaleS-2, system", "BrainScaleS-2，系统"),
            ("TrueNorth, 1 core", "TrueNorth，1 核"),
            ("TrueNorth, 64 networks", "TrueNorth，64 个网络"),
            ("ODIN, one layer", "ODIN，一层"),
            ("processor of a workstation", "工作站处理器"),
            ("graphics card", "显卡"),
            ("Loihi, backpropagation", "Loihi，反向传播"),
            ("1 chip", "1 块芯片"),
            ("24 chips", "24 块芯片"),
            ("wafer", "晶圆"),
            ("chip to chip", "芯片之间"),
            ("time of one image in the paper", "论文中一幅图像的时间"),
            ("85,000 images a second; emulated time", "每秒 85,000 幅图像；芯片内时间"),
            ("wall clock of one image, published", "已发表的一幅图像的时钟时间"),
            ("10,000 images in 1.09 s, transfer included", "1.09 s 处理 10,000 幅图像，含传输"),
            ("read in the source", "见于来源原文"),
            ("in code of the authors", "见于作者的代码"),
            ("in published data", "见于已发表的数据"),
            ("worked out from the source", "由来源算出"),
            ("total", "全部"),
            ("dynamic only", "仅动态"),
            ("total or dynamic: not stated", "全部或动态：未说明"),
            ("measured", "实测"),
            ("simulated", "仿真"),
            ("scaled by us", "由我们换算"),
            ("estimate", "估计"),
            ("specified", "规格"),
            ("whole chip; no FPGA, board or host", "整块芯片；不含 FPGA、电路板和主机"),
            ("5.6 W of the mobile system times 11.8 µs; no pauses, no host", "移动系统的 5.6 W 乘以 11.8 µs；不含停顿和主机"),
            ("digital accelerator alone, not spiking", "仅数字加速器，非脉冲"),
            ("event-driven convolutional network, chip alone", "事件驱动卷积网络，仅芯片"),
            ("the source's table does not say what is inside", "来源的表格没有说明包含什么"),
            ("one layer only", "只有一层"),
            ("learns on the chip", "片上学习"),
            ("one sample after the other; one key word", "逐个样本；一个关键词"),
            ("supply of the chip, measured by the runner of MLCommons; 12 words", "芯片供电，由 MLCommons 的测试程序测量；12 个单词"),
            ("supply of the chip, measured by the runner of MLCommons; a dense autoencoder", "芯片供电，由 MLCommons 的测试程序测量；稠密自编码器"),
            ("12 words, a network of its own", "12 个单词，自有网络"),
            ("digital spiking chip, one key word", "数字脉冲芯片，一个关键词"),
            ("0.2 W times 0.5 to 0.7 ms of a word; whole chip, 20 words", "0.2 W 乘以一个单词的 0.5 至 0.7 ms；整块芯片，20 个单词"),
            ("host and FPGA of one chip", "一块芯片的主机与 FPGA"),
            ("one link between two chips of a rack", "机架中两块芯片之间的一条链路"),
            ("one link", "一条链路"),
            ("16 lanes of 32 GT/s, 128 of 130 bits are payload", "16 条 32 GT/s 通道，130 位中 128 位为有效数据"),
            ("512 circuits; a neuron with 256 signed inputs takes two", "512 个电路；带 256 个带符号输入的神经元占两个"),
            ("one case of a rack, two circuits a neuron", "机架的一个机箱，每个神经元两个电路"),
            ("BrainScaleS-1, circuits", "BrainScaleS-1，电路"),
            ("power of the chip", "芯片功率"),
            ("power of chip, FPGA and board", "芯片、FPGA 和电路板的功率"),
            ("mobile system, another mode of the chip; no host", "移动系统，芯片的另一模式；不含主机"),
            ("pause between two samples", "两个样本之间的停顿"),
            ("what the tutorial on handwritten digits asks for; the chip and the board stay on", "手写数字教程所要求；芯片和电路板保持开启"),
            ("payload of Gigabit Ethernet", "千兆以太网的有效速率"),
            ("one link between host and FPGA; 1448 of the 1538 bytes of a frame", "主机与 FPGA 之间的一条链路；一帧 1538 字节中的 1448 字节"),
            ("Ethernet adapter", "以太网适配器"),
            ("adapter of a laptop, 3.4 W at full rate; may be within the power of the board", "笔记本的适配器，全速时 3.4 W；可能已含在电路板功率中"),
            ("power of a busy core of a processor", "处理器一个忙碌核心的功率"),
            ("an assumption for common processors, where no counter can be read", "无法读取计数器时对常见处理器的假设"),
        ]
    },
}

impl CostText {
    /// A word of the table of figures.
    pub fn word(&self, english: &'static str) -> &'static str {
        self.words.iter().find(|(known, _)| *known == english).map_or(english, |(_, word)| word)
    }
}
