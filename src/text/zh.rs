//! Simplified Chinese.

use super::zh_params::{PARAMS, PRESETS, WORDS};
use super::{DeviceText, Language, Named, RunsText, ShellText, StudiesText, SweepText, Tables, Text, ViewText};

/// Simplified Chinese.
pub const ZH: Text = Text {
    language: Language::Chinese,
    tables: Tables { params: PARAMS, presets: PRESETS, words: WORDS },
    shell: SHELL,
    device: DEVICE,
    lab: super::lab::ZH,
    take: super::take::ZH,
    ask: super::ask::ZH,
    counts: super::counts::ZH,
    runs: RUNS,
    sweep: SWEEP,
    studies: STUDIES,
    run: Named { name: "运行", meaning: "继续学习（空格键）" },
    pause: Named {
        name: "暂停", meaning: "停止学习；每个滑块仍然作用于所显示的内容（空格键）"
    },
    step: Named { name: "单步", meaning: "学习一个批次，然后暂停（右方向键）" },
    reset: Named {
        name: "重置", meaning: "以相同的种子和相同的芯片重新开始：每一位都相同的同一次运行（R）"
    },
    new_chip: Named {
        name: "换芯片",
        meaning: "把同样的权重放到下一块芯片上：缺陷不同，其余不变，在环训练必须重新恢复",
    },
    new_weights: Named {
        name: "换权重", meaning: "以下一个种子重新开始：不同的初始权重，不同的数据顺序"
    },
    calibrate: Named {
        name: "校准",
        meaning: "通过读出测量每个神经元并设置其微调，与真实芯片上的做法相同；新芯片没有微调",
    },
    calibrated: "已校准，去掉外侧 5 % 后的 σ",
    presets: Named { name: "预设", meaning: "有名称的非理想性组合" },
    no_preset: "自定义设置",
    heal: Named { name: "修复", meaning: "撤销所有损坏" },
    open: Named { name: "打开…", meaning: "用实验文件重新开始；也可以把文件拖到窗口上" },
    open_data: Named {
        name: "打开数据…",
        meaning: "用自己的数据重新开始：IDX 图像、HDF5 脉冲或 WAV 语音的文件夹；也可以拖到窗口上",
    },
    stop: Named { name: "停止", meaning: "停止读取；实验继续" },
    save: Named { name: "保存…", meaning: "把所有设置和种子写入文件，可重现本次运行" },
    path: Named { name: "实验文件", meaning: "实验文件的路径，用于没有文件对话框的地方" },
    open_path: "打开此路径",
    save_path: "保存到此路径",
    saved: "已保存",
    experiment_files: "Misfit 实验",
    lost_events: Named {
        name: "个事件丢失", meaning: "上一批次中主机与芯片之间的链路未能传送的输入事件"
    },
    recovering: Named { name: "正在恢复到", meaning: "芯片受扰动之前，在环网络的测试准确率" },
    recovered: Named {
        name: "恢复用了", meaning: "在环网络回到扰动前水平一个百分点以内所用的轮数"
    },
    start_again: "重新开始",
    speed: Named { name: "速度", meaning: "每秒最多学习多少批次；这不是芯片的时间步长" },
    full_speed: "全速",
    batches_per_second: "批次/秒",
    theme: "主题",
    epoch: "轮次",
    of: "/",
    batch: "批次",
    chip: "芯片",
    loading: "正在建立实验…",
    finished: "计划的轮次已全部完成；按“运行”可继续",
    paused: "已暂停",
    refused: "未采用",
    failed: "运行已停止",
    dismiss: "知道了",
    needs_restart: Named {
        name: "需要重新开始",
        meaning: "这些设置要重建网络或数据；在重新开始之前，运行仍使用旧设置",
    },
    apply_restart: "应用并重新开始",
    discard: "放弃",
    takes_restart: "重新开始后生效",
    auto: Named { name: "自动", meaning: "按实测比例跟随总体失配" },
    double_click: "双击恢复默认值",
    range: "范围",
    source: "来源",
    lanes: [
        Named { name: "理想", meaning: "在软件中、在没有缺陷的芯片上训练和测试" },
        Named { name: "移植", meaning: "把理想权重装载到有缺陷的芯片上" },
        Named { name: "在环", meaning: "通过有缺陷的芯片训练，并在其上测试" },
    ],
    lanes_short: ["在软件中训练和测试", "理想权重，有缺陷的芯片", "通过有缺陷的芯片训练"],
    gestures: "拖动平移，Ctrl 加滚轮缩放，右键拖动放大选框，双击恢复全貌。",
    no_data: "暂无内容",
    now: "测试准确率",
    points_against_ideal: "个百分点（相对理想）",
    learning: ViewText {
        title: "准确率",
        help: "每条通道回答正确的比例：粗线为每轮之后的测试集，细线为学习中的批次。调节总体失配，看各通道分开，而在环网络追上来。",
    },
    loss: ViewText {
        title: "损失",
        help: "每条通道的交叉熵：粗线为测试集，细线为学习中的批次。提高学习率直到曲线跳动，再降回来。",
    },
    membranes: ViewText {
        title: "膜电位",
        help: "所示样本中隐藏神经元的电压：实线为模拟芯片（第一个神经元以 30 MSample/s 采样），圆点为主机扣除基线后读到的值，虚线为权重相同的理想孪生。改变阈值的失配，看脉冲出现和消失。",
    },
    readout: ViewText {
        title: "读出",
        help: "所示样本中读出神经元的电压；最高者即为回答，粗线者才是正确答案。在同一样本上比较各通道。",
    },
    raster: ViewText {
        title: "脉冲",
        help: "所示样本的全部脉冲：下方为输入，上方为隐藏神经元，顶部为各读出达到最高的时刻。与权重相同的理想孪生相比，颜色标出被移动、多出和缺失的脉冲。",
    },
    faults: ViewText {
        title: "芯片缺陷",
        help: "每个电路偏离要求多远，一点一个神经元，一行一个参数；电位以泄漏到阈值距离的百分比表示。拖动总体失配：同样的缺陷变大变小。",
    },
    task: ViewText {
        title: "任务",
        help: "所示样本以及各通道的回答，附每一类的得分。回答旁的色带显示更早读出会得到什么；找出只有移植网络答错的样本。",
    },
    test: "测试集",
    batches: "批次",
    epochs_axis: "轮次",
    accuracy_axis: "准确率，%",
    loss_axis: "损失，nat",
    voltage_axis: "电压，阈值为 1",
    time_axis: "硬件时间，µs",
    deviation_axis: "与标称值的偏差，%",
    logarithmic: Named { name: "对数", meaning: "在对数轴上显示损失" },
    lane: "通道",
    neuron: "神经元",
    first_neuron: Named { name: "首个神经元", meaning: "所示隐藏神经元中的第一个" },
    most_different: Named {
        name: "差别最大", meaning: "显示在此样本中与理想孪生差别最大的隐藏神经元"
    },
    twin: "理想孪生",
    threshold: "阈值",
    analog: "模拟电压",
    madc: "模拟电压，MADC",
    samples: "主机读到的",
    spikes: "脉冲",
    inputs: "输入",
    hidden: "隐藏",
    readout_rows: "读出",
    peak: "读出最大值",
    class: "类别",
    label: "标签",
    previous: "上一个",
    next: "下一个",
    auto_advance: Named { name: "自动换样本", meaning: "学习时每三秒显示另一个样本" },
    sample: "样本",
    right: "正确",
    wrong: "错误",
    nominal: "标称",
};

const SHELL: ShellText = ShellText {
    menu: Named { name: "菜单", meaning: "所有可做的事及其按键" },
    undo: Named { name: "撤销", meaning: "撤回上一次设置更改；一次拖动算一次更改" },
    redo: Named { name: "重做", meaning: "再次执行被撤回的更改" },
    views: Named { name: "视图", meaning: "打开视图，或将其移到最前" },
    layouts: "布局",
    demo: Named { name: "演示", meaning: "给观众看的内容：准确率、膜电位、任务、脉冲、缺陷" },
    explore: Named { name: "探索", meaning: "芯片地图、示波器、权重，以及有害的神经元" },
    train: Named { name: "训练", meaning: "曲线、混淆矩阵、权重，以及带数字的环路" },
    reset_layout: Named { name: "重置布局", meaning: "把每个视图放回布局中的位置" },
    themes: ["跟随系统", "浅色", "深色"],
    language: "语言",
    projector: Named { name: "投影模式", meaning: "更大的文字，更粗的线条，浅色背景" },
    shortcuts: Named { name: "按键", meaning: "列出所有按键" },
    palette: Named { name: "命令面板", meaning: "按名称查找任何命令" },
    palette_hint: "输入命令的一部分",
    no_command: "没有这样的命令",
    controls: Named { name: "设置面板", meaning: "显示或隐藏左侧的设置" },
    full_screen: Named { name: "全屏", meaning: "占满屏幕，或回到窗口" },
    zoom_in: "放大",
    zoom_out: "缩小",
    zoom_reset: "正常大小",
    window_png: Named { name: "窗口存为 PNG", meaning: "把整个窗口写成图片" },
    figure_csv: Named { name: "存为 CSV", meaning: "写出视图中的数值，附全部设置和种子" },
    figure_svg: Named { name: "存为 SVG", meaning: "把视图写成矢量图，附全部设置和种子" },
    figure_of: "图：",
    folder: Named {
        name: "图的文件夹", meaning: "图和图片写到哪里；留空则为启动 Misfit 的文件夹"
    },
    copy_command: Named { name: "复制为命令", meaning: "复制在终端中运行同一实验的命令行" },
    copied: "已复制",
    settings_broken: "无法读取窗口设置，因此以默认设置启动；旧文件保留在",
    settings_newer: "窗口设置由更新版本的 Misfit 写成；不使用，也不改动",
    close: "关闭",
    previous_sample: "上一个样本",
    next_sample: "下一个样本",
    live: Named { name: "跟随", meaning: "重新跟随数据" },
    figures: Named { name: "带走", meaning: "写出图、图片、命令行和网络" },
    export_nir: [
        Named {
            name: "标称网络存为 NIR…",
            meaning: "写出在环网络的权重和标称神经元，供 snnTorch、Norse 等读取 NIR 的程序使用",
        },
        Named {
            name: "实际网络存为 NIR…", meaning: "写出同一个网络，每个神经元和突触都取这块芯片上的实际值"
        },
    ],
    load_nir: Named {
        name: "载入网络…", meaning: "用其他模拟器的网络（NIR）重新开始；也可以把文件拖到窗口上"
    },
    loaded: "网络已载入",
    gallery: Named { name: "示例", meaning: "值得一看的实验，每个都有一句话说明原因" },
    gallery_start: "用这些设置重新开始",
};

const DEVICE: DeviceText = DeviceText {
    chip_map: ViewText {
        title: "芯片地图",
        help: "平面图：两行各 256 个电路，分四个象限，每个电路带一列 256 个突触，颜色为 6 位权重。选择神经元按什么着色，单击选中，并可把指针切换为损坏或修复。",
    },
    weights: ViewText {
        title: "权重",
        help: "写到芯片上的码值，一行一个输入，一列一个神经元，以及每个码值出现的次数；加框者已到范围尽头。切换到相对开始时的变化，看学习发生在哪里。",
    },
    mismatch: ViewText {
        title: "失配", help: "一个参数在各神经元上的分布，竖线为所要求的值。校准，然后与之前比较。"
    },
    compensation: ViewText {
        title: "补偿",
        help: "学习如何回应缺陷：横轴为每个隐藏神经元偏离多远，纵轴为其学得的权重与理想网络的差别。有斜率，说明在环训练从未测量这一缺陷，却学会了绕开它。",
    },
    rounds: ViewText {
        title: "环路",
        help: "在环训练一个回合的五个步骤，附上一批次的数字：主机与芯片之间传送了什么，每一步在这里用了多久。改变批次大小或隐藏神经元数，看时间花在哪里。",
    },
    confusion: ViewText {
        title: "混淆矩阵",
        help: "哪一类被当成哪一类：一行一个正确类别，一列一个回答，针对整个测试集。比较移植网络与在环网络。",
    },
    draw: ViewText {
        title: "手绘",
        help: "用鼠标绘制；笔画经居中、缩放并缩减到任务的像素，每条通道立即回答。找一个移植网络认不出的形状。",
    },
    culprits: ViewText {
        title: "有害神经元",
        help: "按危害排列的隐藏神经元：让该神经元静默时，部分测试样本上的损失和准确率如何变化。先测量，再让有害者静默，看准确率的变化。",
    },
    colour: "颜色",
    z_score: Named {
        name: "z 分数", meaning: "与所要求值的偏差，以其在整块芯片上的均方根为单位"
    },
    as_it_is: "实际值",
    rate: Named { name: "发放率", meaning: "该通道每个测试样本中该神经元的脉冲数" },
    weight_norm: Named { name: "权重范数", meaning: "进入该神经元的码值平方和的平方根" },
    weight_change: Named {
        name: "学习带来的变化", meaning: "自开始以来进入该神经元的码值变化的平方和的平方根"
    },
    no_colour: "尚无测量",
    per_neuron: "神经元的",
    circuit: "电路",
    unused: "未使用",
    readout_neuron: "读出",
    silent: "静默",
    select: Named {
        name: "选择", meaning: "单击为所有视图选中一个神经元；按住 Ctrl 最多选八个"
    },
    kill: Named { name: "静默", meaning: "弄坏神经元，使其不再发放：单击，或拖过多个" },
    heal: Named { name: "修好", meaning: "让静默的神经元重新发放：单击，或拖过多个" },
    clear_selection: Named { name: "清除选择", meaning: "重新显示视图自己挑选的神经元" },
    none_selected: "选择一个神经元，看它偏离多远",
    selected: "已选",
    input_weights: "输入到隐藏",
    recurrent_weights: "隐藏到隐藏",
    readout_weights: "隐藏到读出",
    codes: Named { name: "码值", meaning: "芯片上现有的权重" },
    change: Named { name: "变化", meaning: "码值减去开始时的码值" },
    saturated: Named { name: "已到范围尽头", meaning: "无法再增大的权重" },
    code_axis: "码值",
    count_axis: "权重个数",
    quantity: "参数",
    actual: "实际",
    before_calibration: "校准前",
    spread: "标准差",
    mean: "平均",
    fault: "缺陷",
    response: "回应",
    mean_input: Named { name: "平均输入权重", meaning: "进入该神经元的码值平均，在环减去理想" },
    size_input: Named {
        name: "输入权重大小", meaning: "进入该神经元的码值绝对值平均，在环减去理想"
    },
    size_output: Named {
        name: "输出权重大小", meaning: "离开该神经元的码值绝对值平均，在环减去理想"
    },
    response_axis: "在环减去理想，码值",
    correlation: Named {
        name: "相关系数",
        meaning: "全部隐藏神经元的皮尔逊 r，附费希尔变换的 95 % 区间；区间不含 0 则不只是偶然",
    },
    needs_two_lanes: "此视图比较在环通道与理想通道；请在“实验”中同时打开两者",
    steps: [
        Named { name: "运行", meaning: "芯片带着全部缺陷计算这一批次" },
        Named { name: "损失", meaning: "主机为读到的内容评分" },
        Named { name: "梯度", meaning: "主机用替代梯度沿自己的理想模型反向计算" },
        Named { name: "更新", meaning: "优化器更改浮点权重" },
        Named { name: "写入", meaning: "权重成为芯片上的 6 位码值" },
    ],
    host: "主机",
    down: "下传到芯片",
    up: "上传到主机",
    weight_codes: "权重码值",
    input_events: "输入事件",
    samples_up: "电压采样",
    spikes_up: "脉冲",
    this_machine: Named { name: "本机", meaning: "上一回合在这台计算机上所用的时间" },
    real_chip: Named {
        name: "真实芯片", meaning: "样本数乘以其硬件时长，不含传输，如同由 BrainScaleS-2 运行该批次"
    },
    energy: Named {
        name: "按 200 mW 计的能量",
        meaning: "上述时间乘以 Cramer 等 2022 年对整块芯片实测的 200 mW；不含主机和电路板",
    },
    rows_right: "正确类别",
    columns_answer: "回答",
    taken_for: "被当成",
    count: "个样本",
    share: "（占该行）",
    draw_here: "在此绘制",
    network_sees: "网络看到的",
    answers_here: "一有笔画，每条通道就在这里回答",
    answer_so_far: "若此刻读出，回答为",
    clear: "清除",
    no_picture: "此任务没有可绘制的图像；请在“实验”中选择数字任务",
    measure: Named {
        name: "测量", meaning: "在网络的冻结副本上逐个让隐藏神经元静默，学习照常进行"
    },
    measuring: "正在测量",
    harm_columns: ["Δ 损失，nat", "Δ 准确率，百分点"],
    harm_loss: Named {
        name: "去掉后的损失变化", meaning: "该神经元静默时损失的变化；低于零说明它有害"
    },
    harm_accuracy: Named {
        name: "去掉后的准确率变化", meaning: "该神经元静默时准确率变化的百分点；高于零说明它有害"
    },
    worst_fault: Named { name: "最大缺陷", meaning: "z 分数最大的参数" },
    baseline: "全部神经元",
    sort: "排序",
    by_number: "按编号",
    by_rate: "按发放率",
    by_first_spike: "按首个脉冲",
    by_parameter: "按阈值",
    matched: Named { name: "相同", meaning: "理想孪生在一个读出间隔之内也发放的脉冲" },
    shifted: Named {
        name: "移动", meaning: "理想孪生也发放、但相差不超过一个膜时间常数的脉冲"
    },
    extra: Named { name: "多出", meaning: "理想孪生没有发放的脉冲" },
    missed: Named { name: "缺失", meaning: "理想孪生发放而芯片没有发放的脉冲" },
    cursor: Named {
        name: "游标", meaning: "指向任一时间轴，它在所有视图中移动；单击设置第一个标记，由此测量"
    },
    changes: Named { name: "更改", meaning: "每次设置更改一条线；指向其底部可读内容" },
    smooth: "平滑",
    damage_done: "已静默神经元",
    healed: "已修复神经元",
};

const RUNS: RunsText = RunsText {
    view: ViewText {
        title: "运行记录",
        help: "所有保存的运行及其结果。最多可固定八次运行：准确率视图中显示其曲线，这里列出它们不同的设置。",
    },
    filter: Named {
        name: "筛选",
        meaning: "名称、备注、任务或状态的一部分，或参数的 key=value，例如 sigma=30；所有词都必须符合",
    },
    starred: Named { name: "带星号", meaning: "只显示带星号的运行" },
    deleted: Named { name: "已删除", meaning: "已删除的运行；30 天内可以恢复" },
    pin: Named { name: "固定", meaning: "在准确率视图中显示曲线；最多八次运行" },
    star: Named { name: "星号", meaning: "标记此运行" },
    name: "名称",
    note: "备注",
    task: "任务",
    state: "状态",
    epochs: Named {
        name: "轮数",
        meaning: "学习的轮数；超过 10,000 轮的运行每两轮保留一轮，再长一倍则每四轮保留一轮，依此类推",
    },
    accuracy: Named {
        name: "准确率",
        meaning: "最后一轮之后测试集上的准确率，%：在环，否则移植，否则理想。上方的数值是重新测量的，试次间噪声是另一次抽取，因此略有不同",
    },
    started: Named { name: "开始", meaning: "日期和时间（UTC）" },
    states: ["正在运行", "已完成", "已停止", "已中断", "已失败"],
    this_one: "本次",
    open: Named { name: "打开", meaning: "从此运行最后的检查点继续，每一位都相同；先暂停" },
    delete: Named { name: "删除", meaning: "30 天内可以撤销" },
    undelete: "撤销删除",
    was_deleted: "已删除",
    unpin: Named { name: "全部取消固定", meaning: "不再显示固定的运行" },
    differences: Named {
        name: "固定的运行之间的不同",
        meaning: "只列出并非都相同的设置；字母相同的运行只有种子、芯片或轮数不同",
    },
    no_difference: "没有不同的设置",
    most_pinned: "已固定八次运行",
    median: "中位数",
    pinned_lane: Named {
        name: "固定的运行",
        meaning: "显示固定的运行的哪个通道；同一设置的各个种子为细线，中位数为粗线",
    },
    none_kept: "运行不会保存：MISFIT_STORE 或 --no-store 如此设置",
    not_kept: "学习继续，但运行现在不会保存",
    recovered: "已恢复的运行",
    save_checkpoint: Named {
        name: "保存检查点…",
        meaning: "把权重、优化器、微调和位置写入文件，可从此继续，每一位都相同；用“打开…”读取",
    },
    checkpoint_files: "Misfit 检查点",
};

const SWEEP: SweepText = SweepText {
    view: ViewText {
        title: "扫描",
        help: "在一到三个参数的网格上逐点重复同一个实验，在后台计算，不影响正在学习的实验。启动一次扫描，再点击图中的格子打开对应的实验。",
    },
    none: "无",
    settings: "扫描设置",
    parameter: "扫描参数",
    from: "从",
    to: "到",
    steps: "步数",
    seeds: "种子数",
    seed: "种子",
    ratios: Named { name: "等比", meaning: "各步之间等比而不是等距" },
    early: Named {
        name: "提前结束无望的运行",
        meaning: "最好准确率低于已完成运行同期中位数的运行会被结束（Google Vizier 的中位数规则）",
    },
    folder: Named {
        name: "记录存于", meaning: "每次运行一个记录文件的文件夹；取消的扫描从这里继续"
    },
    start: Named { name: "启动", meaning: "以当前设置为中心，在空闲核心上计算全部运行" },
    cancel: Named { name: "取消", meaning: "当前批次之后停止；已完成的运行会保留" },
    runs: "次运行",
    to_go: "还需",
    pictures: ["热图", "折线", "平行坐标"],
    stopped: "，提前结束",
    open: "点击打开这个实验",
};

const STUDIES: StudiesText = StudiesText {
    view: ViewText {
        title: "研究",
        help: "论文中的问题，每个问题由后台的一系列运行来回答，给出各种子的均值和标准差。选择一个问题并启动，然后比较各通道的曲线。",
    },
    study: "研究",
    studies: [
        Named { name: "表 1", meaning: "在各个任务上，在环训练的芯片与软件相比有多准确？" },
        Named { name: "自校准", meaning: "在环训练能吸收多少失配？" },
        Named { name: "神经元失效", meaning: "隐藏神经元沉默后，训练好的网络会损失多少？" },
        Named { name: "稀疏性", meaning: "隐藏脉冲最少需要多少？" },
        Named { name: "决策时间", meaning: "最早什么时候可以读出答案？" },
        Named { name: "权重位数", meaning: "权重可以粗到什么程度？" },
        Named { name: "读出噪声", meaning: "读出可以有多大噪声？" },
    ],
    folder: Named {
        name: "结果存于",
        meaning: "存放已完成运行和表格的文件夹，与 `misfit reproduce` 相同；已有的结果不再计算",
    },
    start: Named {
        name: "启动研究", meaning: "以当前设置为基础，在空闲核心上计算缺少的运行"
    },
    cancel: Named { name: "取消研究", meaning: "当前批次之后停止；已完成的运行会保留" },
    table: "表格",
    against: "随",
    train: "训练",
    test: "测试",
    accuracy_in_percent: "准确率（%），各种子的均值 ± 标准差",
    software: "软件，已发表",
    chip: "芯片，已发表",
    published: Named {
        name: "已发表：Cramer et al. 2022，表 1",
        meaning: "shd 的数字来自 Spiking Heidelberg Digits；同一格式的其他文件不能比较",
    },
    hidden_spikes: "每个样本的隐藏脉冲数",
    silent: "沉默的隐藏神经元，%",
    decision_time: "给出答案的时间，µs",
    setting: "设置",
    words: &[
        ("variant", "变化的部分"),
        ("augmentation", "增强"),
        ("none", "无"),
        ("time constants", "时间常数"),
        ("thresholds", "阈值"),
        ("both", "两者"),
        ("rotation and dropout", "旋转和随机丢弃"),
        ("jitter, shift and tempo", "抖动、平移和语速"),
    ],
};
