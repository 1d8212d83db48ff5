//! What the window asks before it acts: where a file is, whether another may go, whether to close.

use super::Named;

texts! {
    /// Questions and their answers.
    pub struct DialogText;

    no_dialog: str {
        en: "No file dialog can be opened on this system. Type the path:";
        zh: "这个系统打不开文件对话框。请输入路径："
    },
    open: str { en: "Open"; zh: "打开" },
    save: str { en: "Save"; zh: "保存" },
    cancel: str { en: "Cancel"; zh: "取消" },
    exists: str { en: "There is a file of that name already"; zh: "已经有同名的文件" },
    replace: Named {
        en: "Replace", "Write over the file; what stands in it now is lost";
        zh: "替换", "覆盖这个文件；其中现有的内容会丢失"
    },
    lost: str {
        en: "This run is not kept. What it has learnt is lost when the window closes";
        zh: "这次运行没有保存。关闭窗口后，学到的内容会丢失"
    },
    quit: Named {
        en: "Close without saving", "Close the window; the run is lost";
        zh: "不保存就关闭", "关闭窗口；这次运行会丢失"
    },
    stay: str { en: "Stay"; zh: "留下" },
    in_use: str { en: "The view that was opened or clicked last"; zh: "最近打开或点击的视图" },
    score: str {
        en: "Test accuracy at the end of the last epoch: the point at which the curve ends, and the number of the list of \
             runs. After a change the test samples are measured anew, which is marked beside it.";
        zh: "最近一轮结束时的测试准确率：曲线的终点，也是运行列表中的数值。改动之后会重新测量测试样本，并在旁边标出。"
    },
}
