//! The views on circuits, weights and the loop.

use super::Named;

texts! {
    /// What the views on circuits, weights and the loop say.
    pub struct DeviceText;

    chip_map: View {
        en: "Chip map",
            "The floor plan: two rows of 256 circuits in four quadrants, each with its column of 256 synapses whose \
             colour is the 6-bit weight. Choose what colours the neurons, click one to select it, and switch the \
             pointer to damage or heal.";
        zh: "芯片地图",
            "平面图：两行各 256 个电路，分四个象限，每个电路带一列 256 个突触，颜色为 6 位权重。选择神经元按什么着色，单击选中，并可把指针切换为损坏或修复。"
    },
    weights: View {
        en: "Weights",
            "The codes that were written to the chip, one row an input and one column a neuron, and how often each \
             code occurs; framed are those at the end of the range. Switch to the change since the start and see \
             where learning took place.";
        zh: "权重",
            "写到芯片上的码值，一行一个输入，一列一个神经元，以及每个码值出现的次数；加框者已到范围尽头。切换到相对开始时的变化，看学习发生在哪里。"
    },
    mismatch: View {
        en: "Mismatch",
            "How one parameter is distributed over the neurons, with the value asked for as a line. Calibrate and \
             compare with what it was before.";
        zh: "失配", "一个参数在各神经元上的分布，竖线为所要求的值。校准，然后与之前比较。"
    },
    compensation: View {
        en: "Compensation",
            "How learning answers the faults: across, how far each hidden neuron is off; up, how its learnt weights \
             differ from those of the ideal network. A slope says that the loop has learnt around this fault without \
             ever measuring it.";
        zh: "补偿",
            "学习如何回应缺陷：横轴为每个隐藏神经元偏离多远，纵轴为其学得的权重与理想网络的差别。有斜率，说明在环训练从未测量这一缺陷，却学会了绕开它。"
    },
    rounds: View {
        en: "Loop",
            "The five steps of one round in the loop with the numbers of the last batch: what crosses between host \
             and chip, and how long each step took here. Change batch size or hidden neurons and see where the time \
             goes.";
        zh: "环路",
            "在环训练一个回合的五个步骤，附上一批次的数字：主机与芯片之间传送了什么，每一步在这里用了多久。改变批次大小或隐藏神经元数，看时间花在哪里。"
    },
    confusion: View {
        en: "Confusion",
            "Which class is taken for which: one row a right class, one column an answer, over the whole test split. \
             Compare the transferred network with the one in the loop.";
        zh: "混淆矩阵", "哪一类被当成哪一类：一行一个正确类别，一列一个回答，针对整个测试集。比较移植网络与在环网络。"
    },
    draw: View {
        en: "Draw",
            "Draw with the mouse; the strokes are centred, scaled and reduced to the pixels of the task, and every \
             lane answers at once. Look for a shape on which the transferred network fails.";
        zh: "手绘", "用鼠标绘制；笔画经居中、缩放并缩减到任务的像素，每个方案立即回答。找一个移植网络认不出的形状。"
    },
    culprits: View {
        en: "Culprits",
            "Hidden neurons by the harm they do: how loss and accuracy on some test samples change when the neuron is \
             silenced. Measure, silence a neuron that does harm, and watch the accuracy.";
        zh: "有害神经元",
            "按危害排列的隐藏神经元：让该神经元静默时，部分测试样本上的损失和准确率如何变化。先测量，再让有害者静默，看准确率的变化。"
    },
    colour: str { en: "Colour"; zh: "颜色" },
    z_score: Named {
        en: "z-score", "Deviation from what was asked for, in units of its root mean square over the chip before \
                        calibration";
        zh: "z 分数", "与所要求值的偏差，以其在校准前整块芯片上的均方根为单位"
    },
    as_it_is: str { en: "as it is"; zh: "实际值" },
    rate: Named {
        en: "firing rate", "Spikes of the neuron per test sample of the lane";
        zh: "发放率", "该方案每个测试样本中该神经元的脉冲数"
    },
    weight_norm: Named {
        en: "weight norm", "Root of the sum of the squared codes into the neuron";
        zh: "权重范数", "进入该神经元的码值平方和的平方根"
    },
    weight_change: Named {
        en: "change by learning", "Root of the sum of the squared changes of the codes into the neuron since the start";
        zh: "学习带来的变化", "自开始以来进入该神经元的码值变化的平方和的平方根"
    },
    no_colour: str { en: "nothing measured yet"; zh: "尚无测量" },
    per_neuron: str { en: "of the neuron"; zh: "神经元的" },
    circuit: str { en: "circuit"; zh: "电路" },
    circuits: str { en: "circuits"; zh: "电路" },
    quadrant: str { en: "Quadrant"; zh: "象限" },
    signed_input: str { en: "input"; zh: "输入" },
    without_value: str { en: "without this value"; zh: "没有此数值" },
    rows: str { en: "rows"; zh: "行" },
    unused: str { en: "not in use"; zh: "未使用" },
    trace_circuit: str { en: "trace of input"; zh: "输入的迹电路" },
    dead_trace: str { en: ", dead"; zh: "，失效" },
    flashes: Named {
        en: "flipped since the last picture", "Codes that have changed since the picture before; they light up";
        zh: "个自上一幅图以来翻转", "自上一幅图以来改变的码值，以亮色显示"
    },
    readout_neuron: str { en: "readout"; zh: "读出" },
    silent: str { en: "silent"; zh: "静默" },
    select: Named {
        en: "Select", "Click selects a neuron for all views; with Ctrl up to eight";
        zh: "选择", "单击为所有视图选中一个神经元；按住 Ctrl 最多选八个"
    },
    kill: Named {
        en: "Silence", "Break neurons, so that they never spike: click, or drag over several";
        zh: "静默", "弄坏神经元，使其不再发放：单击，或拖过多个"
    },
    heal: Named {
        en: "Heal", "Let silenced neurons spike again: click, or drag over several";
        zh: "修好", "让静默的神经元重新发放：单击，或拖过多个"
    },
    clear_selection: Named {
        en: "Clear selection", "Show the neurons again that the views choose themselves";
        zh: "清除选择", "重新显示视图自己挑选的神经元"
    },
    none_selected: str { en: "Select a neuron to see how far it is off"; zh: "选择一个神经元，看它偏离多远" },
    selected: str { en: "selected"; zh: "已选" },
    regression: str { en: "line of least squares"; zh: "最小二乘线" },
    input_weights: str { en: "input to hidden"; zh: "输入到隐藏" },
    recurrent_weights: str { en: "hidden to hidden"; zh: "隐藏到隐藏" },
    readout_weights: str { en: "hidden to readout"; zh: "隐藏到读出" },
    codes: Named { en: "Codes", "The weights as they stand on the chip"; zh: "码值", "芯片上现有的权重" },
    change: Named { en: "Change", "The codes minus those at the start"; zh: "变化", "码值减去开始时的码值" },
    saturated: Named {
        en: "at the end of the range", "Weights that cannot grow any further";
        zh: "已到范围尽头", "无法再增大的权重"
    },
    code_axis: str { en: "code"; zh: "码值" },
    count_axis: str { en: "weights"; zh: "权重个数" },
    quantity: str { en: "Parameter"; zh: "参数" },
    actual: str { en: "actual"; zh: "实际" },
    before_calibration: str { en: "before calibration"; zh: "校准前" },
    spread: str { en: "standard deviation"; zh: "标准差" },
    mean: str { en: "mean"; zh: "平均" },
    response: str { en: "Answer"; zh: "回应" },
    mean_input: Named {
        en: "mean input weight", "Mean of the codes into the neuron, in the loop minus ideal";
        zh: "平均输入权重", "进入该神经元的码值平均，在环减去理想"
    },
    size_input: Named {
        en: "size of input weights", "Mean absolute code into the neuron, in the loop minus ideal";
        zh: "输入权重大小", "进入该神经元的码值绝对值平均，在环减去理想"
    },
    size_output: Named {
        en: "size of output weights", "Mean absolute code out of the neuron, in the loop minus ideal";
        zh: "输出权重大小", "离开该神经元的码值绝对值平均，在环减去理想"
    },
    response_axis: str { en: "in the loop minus ideal, codes"; zh: "在环减去理想，码值" },
    correlation: Named {
        en: "correlation",
            "Pearson's r over all hidden neurons, with its 95 % interval after Fisher; an interval without 0 is more \
             than chance";
        zh: "相关系数", "全部隐藏神经元的皮尔逊 r，附费希尔变换的 95 % 区间；区间不含 0 则不只是偶然"
    },
    needs_two_lanes: str {
        en: "This view compares the lane in the loop with the ideal one; switch both on under Experiment";
        zh: "此视图比较在环方案与理想方案；请在“实验”中同时打开两者"
    },
    steps: [Named; 5] {
        en: [
            Named::new("Run", "The chip computes the batch with all its faults"),
            Named::new("Loss", "The host scores what it has read"),
            Named::new("Gradient", "The host goes backward through its ideal model with a surrogate"),
            Named::new("Update", "The optimiser changes the float weights"),
            Named::new("Write", "Weights become 6-bit codes on the chip"),
        ];
        zh: [
            Named::new("运行", "芯片带着全部缺陷计算这一批次"),
            Named::new("损失", "主机为读到的内容评分"),
            Named::new("梯度", "主机用替代梯度沿自己的理想模型反向计算"),
            Named::new("更新", "优化器更改浮点权重"),
            Named::new("写入", "权重成为芯片上的 6 位码值"),
        ]
    },
    host: str { en: "host"; zh: "主机" },
    down: str { en: "down to the chip"; zh: "下传到芯片" },
    up: str { en: "up to the host"; zh: "上传到主机" },
    weight_codes: str { en: "weight codes"; zh: "权重码值" },
    input_events: str { en: "input events"; zh: "输入事件" },
    samples_up: str { en: "voltage samples"; zh: "电压采样" },
    spikes_up: str { en: "spikes"; zh: "脉冲" },
    up_short: str { en: "up"; zh: "上传" },
    down_short: str { en: "down"; zh: "下传" },
    updates: str { en: "of the samples changed a weight"; zh: "的样本改变了权重" },
    flips: str { en: "codes flipped"; zh: "个码值翻转" },
    traffic: str {
        en: "What crosses a sample, up to the host and down to the chip, in the last batch: 3 bytes an event, 1 a voltage, 2 a \
             signed weight, 1 a label. Of the lane On chip nothing goes up";
        zh: "最近一批中每个样本往来的数据，上传到主机和下传到芯片：每个事件 3 字节，每个电压 1 字节，每个带符号权重 2 字节，每个标签 1 字节。片上方案什么也不上传"
    },
    processor_memory: Named {
        en: "memory", "What the rule holds in the memory of one of the two processors of the chip: voltages of a \
                                 sample, readout weights, program";
        zh: "存储", "规则在芯片两个处理器之一的存储器中所占的部分：一个样本的电压、读出权重和程序"
    },
    processor_time: Named {
        en: "a sample", "Time that the processors would need for a sample of the last batch. An estimate from published \
                         cycle counts, with the band in which it may lie; compiled code may take ten times as long";
        zh: "每个样本", "处理器处理最近一批中一个样本所需的时间。根据已发表的周期数估计，并给出可能的范围；编译的代码可能要十倍时间"
    },
    this_machine: Named {
        en: "this machine", "Time of the last round on this computer";
        zh: "本机", "上一回合在这台计算机上所用的时间"
    },
    real_chip: Named {
        en: "chip only",
            "Samples times their duration in hardware time, as if BrainScaleS-2 ran the batch; without pauses and transfer";
        zh: "仅芯片", "样本数乘以其硬件时长，如同由 BrainScaleS-2 运行该批次；不含停顿和传输"
    },
    chip_and_link: Named {
        en: "with pauses and link",
            "With 50 µs between two samples, or the payload over one Gigabit Ethernet where that takes longer; on the \
             wire it may be twice as much. The loop of the paper read every 1.7 µs, the preset values of MNIST read \
             every 1 µs";
        zh: "含停顿和链路",
            "样本之间各 50 µs，若有效数据经一条千兆以太网更慢，则以此为准；线上的数据可能有两倍。论文的环路每 1.7 µs 读出一次，MNIST 的默认设置每 1 µs 一次"
    },
    energy: Named {
        en: "energy, chip only",
            "Emulated time at the 200 mW that Cramer et al. 2022 measured for the whole chip; pauses, board and host are not \
             counted. The view Energy has them";
        zh: "能量，仅芯片", "芯片内时间乘以 Cramer 等 2022 年对整块芯片实测的 200 mW；不含停顿、电路板和主机。它们在“能量”视图中"
    },
    rows_right: str { en: "right class"; zh: "正确类别" },
    columns_answer: str { en: "answer"; zh: "回答" },
    taken_for: str { en: "taken for"; zh: "被当成" },
    count: str { en: "samples"; zh: "个样本" },
    share: str { en: "of the row"; zh: "（占该行）" },
    draw_here: str { en: "Draw here"; zh: "在此绘制" },
    network_sees: str { en: "What the network sees"; zh: "网络看到的" },
    answers_here: str {
        en: "Every lane answers here as soon as there is a stroke";
        zh: "一有笔画，每个方案就在这里回答"
    },
    answer_so_far: str { en: "Answer if it were read here"; zh: "若此刻读出，回答为" },
    clear: str { en: "Clear"; zh: "清除" },
    no_picture: str {
        en: "This task has no pictures to draw; choose the digits under Experiment";
        zh: "此任务没有可绘制的图像；请在“实验”中选择数字任务"
    },
    measure: Named {
        en: "Measure", "Silence every hidden neuron in turn, on a frozen copy of the network, while learning goes on";
        zh: "测量", "在网络的冻结副本上逐个让隐藏神经元静默，学习照常进行"
    },
    measuring: str { en: "measuring"; zh: "正在测量" },
    harm_columns: [str; 2] {
        en: ["Δ loss, nats", "Δ accuracy, points"];
        zh: ["Δ 损失，nat", "Δ 准确率，百分点"]
    },
    harm_loss: Named {
        en: "loss without it", "Change of the loss when the neuron is silent; below zero it does harm";
        zh: "去掉后的损失变化", "该神经元静默时损失的变化；低于零说明它有害"
    },
    harm_accuracy: Named {
        en: "accuracy without it",
            "Change of the accuracy in points when the neuron is silent; above zero it does harm. Red is a gain of more than \
             two standard errors on so few samples";
        zh: "去掉后的准确率变化", "该神经元静默时准确率变化的百分点；高于零说明它有害。红色表示提高超过这些样本的两个标准误"
    },
    worst_fault: Named {
        en: "largest fault", "The parameter with the largest z-score";
        zh: "最大缺陷", "z 分数最大的参数"
    },
    /// Loss, accuracy in % and samples.
    baseline: (fn(f64, f64, &str) -> String) {
        en: |loss, percent, samples| {
            format!("all neurons: loss {loss:.3} nats, {percent:.1} % of {samples}, with a noise of its own")
        };
        zh: |loss, percent, samples| format!("全部神经元：损失 {loss:.3} nat，{samples}的准确率 {percent:.1} %，噪声单独")
    },
    rate_unit: str { en: "spikes per sample"; zh: "脉冲/样本" },
    sort: str { en: "Order"; zh: "排序" },
    by_number: str { en: "by number"; zh: "按编号" },
    by_rate: str { en: "by rate"; zh: "按发放率" },
    by_first_spike: str { en: "by first spike"; zh: "按首个脉冲" },
    by_parameter: str { en: "by threshold"; zh: "按阈值" },
    matched: Named {
        en: "same", "Spikes that the ideal twin emits within one readout interval";
        zh: "相同", "理想孪生在一个读出间隔之内也发放的脉冲"
    },
    shifted: Named {
        en: "shifted", "Spikes that the ideal twin emits too, but up to one membrane time constant apart";
        zh: "移动", "理想孪生也发放、但相差不超过一个膜时间常数的脉冲"
    },
    extra: Named {
        en: "extra", "Spikes that the ideal twin does not emit";
        zh: "多出", "理想孪生没有发放的脉冲"
    },
    missed: Named {
        en: "missed", "Spikes of the ideal twin that the chip does not emit";
        zh: "缺失", "理想孪生发放而芯片没有发放的脉冲"
    },
    cursor: Named {
        en: "Cursor",
            "Point at any time axis to move it in all views; click to set the first mark and measure from there";
        zh: "游标", "指向任一时间轴，它在所有视图中移动；单击设置第一个标记，由此测量"
    },
    changes: Named {
        en: "Changes", "A line for each change of a setting; point at its foot to read it";
        zh: "更改", "每次设置更改一条线；指向其底部可读内容"
    },
    smooth: str { en: "smoothed"; zh: "平滑" },
    damage_done: str { en: "silenced neuron"; zh: "已静默神经元" },
    healed: str { en: "healed neuron"; zh: "已修复神经元" },
}
