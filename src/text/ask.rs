//! What the window asks before it acts: where a file is, whether another may go, whether to close.

use super::Named;

/// Questions and their answers.
#[derive(Debug, Clone, Copy)]
#[expect(missing_docs, reason = "the fields are named after what they say")]
pub struct AskText {
    pub no_dialog: &'static str,
    pub open: &'static str,
    pub save: &'static str,
    pub cancel: &'static str,
    pub exists: &'static str,
    pub replace: Named,
    pub lost: &'static str,
    pub quit: Named,
    pub stay: &'static str,
    pub in_use: &'static str,
    pub score: &'static str,
}

/// English.
pub const EN: AskText = AskText {
    no_dialog: "No file dialog can be opened on this system. Type the path:",
    open: "Open",
    save: "Save",
    cancel: "Cancel",
    exists: "There is a file of that name already",
    replace: Named { name: "Replace", meaning: "Write over the file; what stands in it now is lost" },
    lost: "This run is not kept. What it has learnt is lost when the window closes",
    quit: Named { name: "Close without saving", meaning: "Close the window; the run is lost" },
    stay: "Stay",
    in_use: "The view that was opened or clicked last",
    score: "Test accuracy, measured anew all the time, each time with another draw of the noise from trial to trial. \
            Curves and the list of runs have what was measured at the end of an epoch, and so differ a little.",
};

/// Simplified Chinese.
pub const ZH: AskText = AskText {
    no_dialog: "这个系统打不开文件对话框。请输入路径：",
    open: "打开",
    save: "保存",
    cancel: "取消",
    exists: "已经有同名的文件",
    replace: Named { name: "替换", meaning: "覆盖这个文件；其中现有的内容会丢失" },
    lost: "这次运行没有保存。关闭窗口后，学到的内容会丢失",
    quit: Named { name: "不保存就关闭", meaning: "关闭窗口；这次运行会丢失" },
    stay: "留下",
    in_use: "最近打开或点击的视图",
    score: "测试准确率，不断重新测量，每次都是试次间噪声的另一次抽取。曲线和运行列表中的是每轮结束时测得的值，因此略有不同。",
};
