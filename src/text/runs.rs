//! Runs that are kept.

use super::Named;

texts! {
    /// What is said about runs that are kept.
    pub struct RunsText;

    view: View {
        en: "Runs",
            "Every run that was kept, with what came out. Pin up to eight to see their curves in the accuracy view \
             and the settings in which they differ here.";
        zh: "运行记录", "所有保存的运行及其结果。最多可固定八次运行：准确率视图中显示其曲线，这里列出它们不同的设置。"
    },
    filter: Named {
        en: "Filter",
            "Parts of name, note, task or state, or key=value of a parameter, such as sigma=30; all words must match";
        zh: "筛选", "名称、备注、任务或状态的一部分，或参数的 key=value，例如 sigma=30；所有词都必须符合"
    },
    starred: Named { en: "Starred", "Only runs with a star"; zh: "带星号", "只显示带星号的运行" },
    deleted: Named {
        en: "Deleted", "Deleted runs; they can be had back for 30 days";
        zh: "已删除", "已删除的运行；30 天内可以恢复"
    },
    pin: Named {
        en: "Pin", "Show the curve in the accuracy view; eight runs at most";
        zh: "固定", "在准确率视图中显示曲线；最多八次运行"
    },
    star: Named { en: "Star", "Mark this run"; zh: "星号", "标记此运行" },
    name: str { en: "Name"; zh: "名称" },
    note: str { en: "Note"; zh: "备注" },
    task: str { en: "Task"; zh: "任务" },
    state: str { en: "State"; zh: "状态" },
    epochs: Named {
        en: "Epochs",
            "Epochs learnt; of a run longer than 10,000 every second one is kept, of one twice as long every fourth, \
             and so on";
        zh: "轮数", "学习的轮数；超过 10,000 轮的运行每两轮保留一轮，再长一倍则每四轮保留一轮，依此类推"
    },
    accuracy: Named {
        en: "Accuracy",
            "On the test split after the last epoch, %: in the loop, or else transferred, or else ideal. After a change \
             the scores on top are measured anew, which is marked there";
        zh: "准确率",
            "最后一轮之后测试集上的准确率，%：在环，否则移植，否则理想。改动之后，上方的分数会重新测量，并有标记"
    },
    started: Named { en: "Started", "Date and time in UTC"; zh: "开始", "日期和时间（UTC）" },
    /// Running, finished, stopped, interrupted, failed.
    states: [str; 5] {
        en: ["running", "finished", "stopped", "interrupted", "failed"];
        zh: ["正在运行", "已完成", "已停止", "已中断", "已失败"]
    },
    this_one: str { en: "this one"; zh: "本次" },
    open: Named {
        en: "Open", "Go on where the last checkpoint of this run left off, with the same bits; paused at first";
        zh: "打开", "从此运行最后的检查点继续，每一位都相同；先暂停"
    },
    delete: Named { en: "Delete", "Can be undone for 30 days"; zh: "删除", "30 天内可以撤销" },
    undelete: str { en: "Undo delete"; zh: "撤销删除" },
    was_deleted: str { en: "Deleted"; zh: "已删除" },
    unpin: Named { en: "Unpin all", "Show no pinned run any more"; zh: "全部取消固定", "不再显示固定的运行" },
    differences: Named {
        en: "Differences of pinned runs",
            "Exactly the settings that are not the same in all of them, and what was changed on the way where that is \
             not the same; runs that share a letter differ in seed, chip or epochs only";
        zh: "固定的运行之间的不同",
            "只列出并非都相同的设置，以及途中的不同更改；字母相同的运行只有种子、芯片或轮数不同"
    },
    no_difference: str { en: "no setting differs"; zh: "没有不同的设置" },
    other_task: str {
        en: "not drawn, because the run on screen is on another task";
        zh: "屏幕上的运行是另一任务，因此不绘制"
    },
    most_pinned: str { en: "eight runs are pinned already"; zh: "已固定八次运行" },
    median: str { en: "median"; zh: "中位数" },
    pinned_lane: Named {
        en: "Pinned",
            "The lane of the pinned runs that is shown; seeds of one setting are thin lines, their median is thick";
        zh: "固定的运行", "显示固定的运行的哪个方案；同一设置的各个种子为细线，中位数为粗线"
    },
    none_kept: str {
        en: "Runs are not kept: MISFIT_STORE or --no-store says so";
        zh: "运行不会保存：MISFIT_STORE 或 --no-store 如此设置"
    },
    not_kept: str { en: "Learning goes on, but runs are not kept now"; zh: "学习继续，但运行现在不会保存" },
    recovered: str { en: "Recovered run"; zh: "已恢复的运行" },
    save_checkpoint: Named {
        en: "Save checkpoint…",
            "Write weights, optimiser, trims and position to a file that goes on with the same bits; Open… reads it";
        zh: "保存检查点…", "把权重、优化器、微调和位置写入文件，可从此继续，每一位都相同；用“打开…”读取"
    },
    checkpoint_files: str { en: "Misfit checkpoints"; zh: "Misfit 检查点" },
}
