//! Moments of a run: looking back at them, and learning on from them.

use super::Named;

texts! {
    /// What the time machine says.
    pub struct TimeMachineText;

    moment: Named {
        en: "Moment", "Drag back to see every view as it was at the end of an epoch; learning goes on meanwhile";
        zh: "时刻", "向回拖动，查看每个视图在某一轮结束时的样子；学习同时继续"
    },
    looking_at: str { en: "Looking at epoch"; zh: "正在查看第几轮：" },
    live: Named {
        en: "Back to live", "All views show the present again";
        zh: "回到现在", "所有视图重新显示现在"
    },
    branch: Named {
        en: "Learn on from here",
            "Learn on with the weights, the optimiser and the settings of that moment; the run as it was stays in the list of runs";
        zh: "从这里继续学习", "用那一时刻的权重、优化器和设置继续学习；原来的运行保留在运行列表中"
    },
    sparser: str {
        en: "Recent epochs are all kept; when memory is full, older ones get sparser";
        zh: "最近的轮次全部保留；内存满后，较早的逐渐变稀"
    },
    none: str {
        en: "No moment yet: the first one is the end of this epoch";
        zh: "还没有时刻：第一个是本轮结束时"
    },
    branched: str { en: "Learnt on from here; epochs before that"; zh: "从这里重新学习；之前的轮数" },
    left: str { en: "left behind"; zh: "被放弃的部分" },
    earlier: str { en: "Earlier moment"; zh: "较早的时刻" },
    later: str { en: "Later moment"; zh: "较晚的时刻" },
    put_away: str { en: "The run before"; zh: "之前的运行" },
    take_back: Named {
        en: "Take back", "Bring the run before back, paused; the present one is put away instead";
        zh: "取回", "取回之前的运行并暂停；现在的运行被收起"
    },
}
