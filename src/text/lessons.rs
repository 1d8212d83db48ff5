//! What the player of lessons, the first screen and the handbook say.

use super::Named;
use crate::params::Lane;

texts! {
    /// Lessons, the first screen, the handbook.
    pub struct LessonsText;

    lessons: Named {
        en: "Lessons", "Short experiments, each with a question; your run waits meanwhile and comes back";
        zh: "课程", "带问题的小实验；您的运行会等待，之后恢复原样"
    },
    begin: str { en: "Begin this lesson"; zh: "开始这一课" },
    minutes: str { en: "minutes"; zh: "分钟" },
    done: str { en: "done"; zh: "已完成" },
    own: str { en: "own file"; zh: "自己的文件" },
    needs: str { en: "needs"; zh: "需要" },
    expected: str { en: "What comes out"; zh: "结果" },
    what_i_saw: str { en: "What I saw"; zh: "我看到的" },
    my_guess: str { en: "My guess"; zh: "我的猜测" },
    report: [str; 4] {
        en: ["Question", "Settings", "Outcome", "Conclusion"];
        zh: ["问题", "设置", "结果", "结论"]
    },
    back: str { en: "Back"; zh: "返回" },
    next: str { en: "Next"; zh: "继续" },
    finish: str { en: "Finish"; zh: "完成" },
    leave: Named {
        en: "Leave", "Go back to your own run, with settings and layout as they were";
        zh: "离开", "回到您自己的运行，设置和布局都和原来一样"
    },
    not_yet: str { en: "Not done yet; Next goes on all the same"; zh: "还没完成；也可以直接继续" },
    answer_first: str { en: "Answer first"; zh: "请先回答" },
    do_not_know: str { en: "I don't know"; zh: "不知道" },
    right: str { en: "Right."; zh: "正确。" },
    wrong: str { en: "No."; zh: "不对。" },
    not_quite: str { en: "Not quite."; zh: "不完全对。" },
    you_said: str { en: "You said:"; zh: "您的回答：" },
    it_is: str { en: "It is"; zh: "实际是" },
    learning: str { en: "learning"; zh: "正在学习" },
    story: Named {
        en: "Story", "The first screen: three networks, one chip, a few controls; the same run";
        zh: "故事", "第一屏：三个网络、一块芯片、几个控件；同一次运行"
    },
    instrument: Named {
        en: "Instrument", "Everything there is, for the same run";
        zh: "完整仪器", "同一次运行的全部内容"
    },
    start_over: str { en: "Start over"; zh: "重新开始" },
    how_wrong: str { en: "How wrong is the chip?"; zh: "芯片偏差多大？" },
    as_made: str { en: "as made"; zh: "刚制成" },
    break_some: Named {
        en: "Break half", "Half of the neurons fall silent; press again to mend them";
        zh: "弄坏一半", "一半神经元沉默；再按一次即修好"
    },
    mend: str { en: "Mend"; zh: "修好" },
    test_digit: str { en: "Test digit"; zh: "测试数字" },
    right_answers: str { en: "Right answers on unseen digits, %"; zh: "对没见过的数字，答对的百分比" },
    rounds: str { en: "rounds"; zh: "轮数" },
    guessing: str { en: "guessing"; zh: "乱猜" },
    simulated_chip: str { en: "Simulated chip"; zh: "模拟的芯片" },
    size_is: str { en: "Larger: further off, for good. Lit: fires."; zh: "越大偏差越大，不会改变；亮的正在发放。" },
    /// The lanes in plain words.
    plain: [str; Lane::ALL.len()] {
        en: ["In software", "Copied to the chip", "Taught on the chip", "Taught by the chip"];
        zh: ["在软件里", "照抄到芯片上", "在芯片上教会", "由芯片自己教会"]
    },
    /// The same where there is little room.
    plain_short: [str; Lane::ALL.len()] {
        en: ["Software", "Copied", "Taught", "Itself"];
        zh: ["软件", "照抄", "教会", "自学"]
    },
    again: str { en: "Space plays it again"; zh: "按空格键重播" },
    what_is_this: Named {
        en: "What is this?", "Click on anything to read what it is; Esc ends it (Shift+F1)";
        zh: "这是什么？", "点击任何东西，看它是什么；Esc 结束（Shift+F1）"
    },
    handbook: Named {
        en: "Handbook", "What every word on the screen means";
        zh: "手册", "屏幕上每个词的意思"
    },
    search: str { en: "Search"; zh: "搜索" },
    nothing_found: str { en: "Nothing found"; zh: "没有找到" },
    show_me: str { en: "Show me"; zh: "指给我看" },
    lesson: str { en: "Lesson"; zh: "课程" },
    see_also: str { en: "See also"; zh: "另见" },
    /// What an entry of the handbook is about, in the order of `lesson::terms::About`.
    about: [str; 6] {
        en: ["concept", "parameter", "lane", "preset", "view", "command"];
        zh: ["概念", "参数", "方案", "预设", "视图", "命令"]
    },
    presenter: Named {
        en: "Presenter", "Notes of the lesson in a window of their own; keys 1 to 5 count hands; the last command is shown";
        zh: "讲解者", "课程备注在单独的窗口里；按 1 到 5 统计举手；显示最近的命令"
    },
    vote_again: Named {
        en: "Vote again", "Keep the first vote and count anew, after the talk with a neighbour (V)";
        zh: "再次投票", "保留第一次投票，与邻座讨论之后重新计数（V）"
    },
    votes: [str; 2] { en: ["first", "then"]; zh: ["第一次", "第二次"] },
    discuss: str {
        en: "right: from 35 to 70 % let them discuss, then vote again";
        zh: "答对：35 到 70 % 时先让他们讨论，再次投票"
    },
    own_slider: Named {
        en: "Own slider", "A slider that moves several parameters at once, in the panel of settings; it is remembered";
        zh: "自制滑块", "一个同时移动几个参数的滑块，放在设置面板里；会被记住"
    },
    slider_name: str { en: "Name"; zh: "名称" },
    needs_name: str { en: "It needs a name."; zh: "需要一个名称。" },
    moves: str { en: "Moves"; zh: "移动" },
    add_parameter: str { en: "Add a parameter"; zh: "添加参数" },
    from: str { en: "From"; zh: "从" },
    to: str { en: "To"; zh: "到" },
    make: str { en: "Make"; zh: "制作" },
    remove: str { en: "Remove"; zh: "移除" },
    needs_range: str {
        en: "It needs parameters, and a range from a smaller to a larger value that all of them can take; \
             a logarithmic one begins above 0.";
        zh: "需要参数，以及从小到大、所有参数都能取的范围；对数的要从大于 0 开始。"
    },
    hands: str { en: "hands"; zh: "人举手" },
    copy_step: Named {
        en: "Copy as lesson step", "Copy the settings and views in force as a step of a lesson file";
        zh: "复制为课程步骤", "把当前设置和视图复制成课程文件的一个步骤"
    },
}
