//! What surrounds the views: menus, layouts, keys, figures, the gallery.

use super::Named;

texts! {
    /// What the buttons, menus and dialogs around the views say.
    pub struct ShellText;

    menu: Named {
        en: "Menu", "Everything that can be done, with its keys";
        zh: "菜单", "所有可做的事及其按键"
    },
    undo: Named {
        en: "Undo", "Take back the last change of a setting; one drag is one change";
        zh: "撤销", "撤回上一次设置更改；一次拖动算一次更改"
    },
    redo: Named {
        en: "Redo", "Make the change again that was taken back";
        zh: "重做", "再次执行被撤回的更改"
    },
    views: Named {
        en: "Views", "Open a view or bring it to the front";
        zh: "视图", "打开视图，或将其移到最前"
    },
    files: str { en: "Files"; zh: "文件" },
    appearance: str { en: "Appearance"; zh: "外观" },
    notices: Named {
        en: "Messages", "What was said since the window was opened";
        zh: "消息", "窗口打开以来的所有消息"
    },
    no_notices: str { en: "No messages yet"; zh: "暂无消息" },
    reduce_motion: Named {
        en: "Reduce motion", "Nothing moves by itself but what is measured";
        zh: "减少动效", "除测量结果外，界面不再自行运动"
    },
    options: Named { en: "Options", "What this view shows"; zh: "选项", "此视图显示什么" },
    all_settings: Named {
        en: "Show all again", "Show the settings as they were before one was looked for";
        zh: "恢复显示", "像查找之前那样显示设置"
    },
    help: str { en: "Help"; zh: "帮助" },
    find_setting: str { en: "Find a setting"; zh: "查找设置" },
    simple: Named { en: "Simple", "The few settings that tell the story"; zh: "简洁", "能讲清故事的几项设置" },
    all: Named { en: "All", "Every setting, in groups"; zh: "全部", "按组列出所有设置" },
    each_spread: str { en: "Per parameter"; zh: "逐项设置" },
    follow: Named {
        en: "let them follow", "Every spread follows the global mismatch again";
        zh: "让它们跟随", "每个离散度重新跟随总体失配"
    },
    left: Named {
        en: "calibrated", "Spread that the calibration has left, without the outer 5 %";
        zh: "校准后", "校准后剩余的离散度，不计最外侧的 5 %"
    },
    layouts: str { en: "Layout"; zh: "布局" },
    demo: Named {
        en: "Demo", "What one shows to an audience: accuracy, membranes, task, spikes, faults";
        zh: "演示", "给观众看的内容：准确率、膜电位、任务、脉冲、缺陷"
    },
    explore: Named {
        en: "Explore", "Chip map, scope, weights and the neurons that do harm";
        zh: "探索", "芯片地图、示波器、权重，以及有害的神经元"
    },
    train: Named {
        en: "Train", "Curves, confusion, weights and the loop with its numbers";
        zh: "训练", "曲线、混淆矩阵、权重，以及带数字的环路"
    },
    reset_layout: Named {
        en: "Reset layout", "Put every view back where the layout has it";
        zh: "重置布局", "把每个视图放回布局中的位置"
    },
    themes: [str; 3] { en: ["System", "Light", "Dark"]; zh: ["跟随系统", "浅色", "深色"] },
    language: str { en: "Language"; zh: "语言" },
    projector: Named {
        en: "Projector mode", "Larger text that follows the height of the window, light background";
        zh: "投影模式", "文字随窗口高度变大，浅色背景"
    },
    shortcuts: Named { en: "Keys", "All keys in a list"; zh: "按键", "列出所有按键" },
    palette: Named {
        en: "Command palette", "Find any command, setting or run by its name; a value after a setting sets it";
        zh: "命令面板", "按名称查找任何命令、设置或运行；在设置后输入数值即可设定"
    },
    palette_hint: str { en: "Command, run, setting, or setting and value: learning rate 0.003"; zh: "命令、运行、设置，或设置加数值：学习率 0.003" },
    no_command: str { en: "Nothing is called that"; zh: "没有找到" },
    controls: Named {
        en: "Settings panel", "Show or hide the settings on the left";
        zh: "设置面板", "显示或隐藏左侧的设置"
    },
    full_screen: Named {
        en: "Full screen", "Fill the screen, or go back to a window";
        zh: "全屏", "占满屏幕，或回到窗口"
    },
    zoom_in: str { en: "Larger"; zh: "放大" },
    zoom_out: str { en: "Smaller"; zh: "缩小" },
    zoom_reset: str { en: "Normal size"; zh: "正常大小" },
    window_png: Named {
        en: "Window as PNG", "Write a picture of the whole window";
        zh: "窗口存为 PNG", "把整个窗口写成图片"
    },
    figure_csv: Named {
        en: "CSV", "Write the numbers of a view, with all settings and seeds";
        zh: "存为 CSV", "写出视图中的数值，附全部设置和种子"
    },
    figure_svg: Named {
        en: "SVG", "Write a view as a drawing, with all settings and seeds";
        zh: "存为 SVG", "把视图写成矢量图，附全部设置和种子"
    },
    folder: Named {
        en: "Folder for figures",
            "Where figures and pictures are written; empty for the folder that Misfit was started in";
        zh: "图的文件夹", "图和图片写到哪里；留空则为启动 Misfit 的文件夹"
    },
    copy_command: Named {
        en: "Copy as command", "Copy the command line that runs the same experiment in the terminal";
        zh: "复制为命令", "复制在终端中运行同一实验的命令行"
    },
    copied: str { en: "Copied"; zh: "已复制" },
    settings_broken: str {
        en: "Settings of the window that could not be read are the usual ones now; the old file is kept in";
        zh: "读不出的窗口设置已改用默认值；旧文件保留在"
    },
    settings_newer: str {
        en: "The settings of the window were written by a newer Misfit; they are left alone and not used";
        zh: "窗口设置由更新版本的 Misfit 写成；不使用，也不改动"
    },
    previous_sample: str { en: "Previous sample"; zh: "上一个样本" },
    next_sample: str { en: "Next sample"; zh: "下一个样本" },
    live: Named { en: "Live", "Follow the data again"; zh: "跟随", "重新跟随数据" },
    figures: Named {
        en: "Take away", "Write figures, pictures, the command line and the network";
        zh: "带走", "写出图、图片、命令行和网络"
    },
    export_nir: [Named; 2] {
        en: [
            Named::new("Network as NIR, nominal…", "Write weights and nominal neurons of the lane in the loop for snnTorch, Norse and others that read NIR"),
            Named::new("Network as NIR, actual…", "Write the same network with every neuron and synapse as this chip has it"),
        ];
        zh: [
            Named::new("标称网络存为 NIR…", "写出在环网络的权重和标称神经元，供 snnTorch、Norse 等读取 NIR 的程序使用"),
            Named::new("实际网络存为 NIR…", "写出同一个网络，每个神经元和突触都取这块芯片上的实际值"),
        ]
    },
    load_nir: Named {
        en: "Load network…",
            "Begin anew with a network from another simulator (NIR); one can also be dropped on the window";
        zh: "载入网络…", "用其他模拟器的网络（NIR）重新开始；也可以把文件拖到窗口上"
    },
    loaded: str { en: "Network loaded"; zh: "网络已载入" },
    silent: str {
        en: "no hidden neuron spikes for any test sample, so nothing reaches the readout; larger First weights or Wake-up \
             above 0 help, and so do more or healthy neurons";
        zh: "没有任何隐藏神经元对测试样本发放脉冲，因此没有信号到达读出；增大“初始权重”或使“唤醒”大于 0，或增加神经元、修复神经元"
    },
    trapped: str {
        en: "the readout lies below the range of the converter and never rises above where it began, so there is no \
             gradient; begin anew with First readout weights 0.3 (share of test samples)";
        zh: "读出低于转换器的范围，从不高于起点，因此没有梯度；请把“初始读出权重”设为 0.3 后重新开始（占测试样本的比例）"
    },
    gallery: Named {
        en: "Gallery", "Experiments that are worth seeing, each with a sentence of why";
        zh: "示例", "值得一看的实验，每个都有一句话说明原因"
    },
    gallery_start: str { en: "Begin anew with these settings"; zh: "用这些设置重新开始" },
}
