//! What went wrong and what to do, in the language of the window.
//!
//! In English an [`Error`] speaks for itself. In other languages its frame is said in that language;
//! files, places, keys and what the system says stand as they are. What can be done about files is added
//! in every language, because the window has a place to do it.

use std::io::ErrorKind;

use super::{Language, Text};
use crate::base::error::Error;
use crate::params::{Lane, find};

/// What is known about a reason why a file could not be used.
struct Reason {
    /// What to do, in English.
    remedy: &'static str,
    /// The reason in Chinese; in English the words of the system stand.
    chinese: &'static str,
    /// What to do, in Chinese.
    chinese_remedy: &'static str,
}

impl Reason {
    fn of(kind: ErrorKind) -> Option<Self> {
        let (remedy, chinese, chinese_remedy) = match kind {
            ErrorKind::NotFound => ("check the path", "没有这个文件或文件夹", "请检查路径"),
            ErrorKind::PermissionDenied => (
                "choose another place, or ask for the right to use this one",
                "没有权限",
                "请换一个位置，或取得这个位置的权限",
            ),
            ErrorKind::StorageFull => {
                ("make room on the disk, or choose another one", "磁盘已满", "请腾出磁盘空间，或换一个磁盘")
            }
            ErrorKind::IsADirectory => ("name a file in it", "这是一个文件夹", "请写出其中的一个文件名"),
            ErrorKind::NotADirectory => {
                ("check the path: one of its folders is a file", "不是文件夹", "请检查路径：其中一个文件夹其实是文件")
            }
            ErrorKind::ReadOnlyFilesystem => ("choose another place", "这里只能读", "请换一个位置"),
            _ => return None,
        };
        Some(Self { remedy, chinese, chinese_remedy })
    }
}

/// What is done with files, and how it is said in Chinese.
const ACTIONS: [(&str, &str); 7] = [
    ("read", "读取"),
    ("write", "写入"),
    ("remove", "删除"),
    ("use", "使用"),
    ("create the folder of", "建立文件夹，用于"),
    ("create the folder", "建立文件夹"),
    ("open", "打开"),
];

impl Text {
    /// What went wrong, and what to do.
    pub fn error(&self, error: &Error) -> String {
        match (self.language, error) {
            (Language::English, Error::File { kind, .. }) => match Reason::of(*kind) {
                Some(reason) => format!("{error}; {}", reason.remedy),
                None => error.to_string(),
            },
            (Language::English, _) => error.to_string(),
            (Language::Chinese, _) => self.chinese(error),
        }
    }

    fn chinese(&self, error: &Error) -> String {
        let label = |key: &str| find(key).map_or_else(String::new, |spec| format!("（{}）", self.param(spec).label));
        match error {
            Error::UnknownParameter { place, key, suggestion } => {
                let hint = suggestion.map(|s| format!("，是不是 `{s}`？")).unwrap_or_default();
                format!("{place}：没有名为 `{key}` 的参数{hint}；`misfit params` 列出全部参数")
            }
            Error::NeedsRestart { place, keys } => {
                format!("{place}：{keys} 要重新开始才起作用，运行中不能改；`misfit params` 列出哪些参数如此")
            }
            Error::NothingToCalibrate => "没有可校准的芯片：没有一个方案使用芯片".into(),
            Error::BadValue { place, key, expected, got } => {
                format!("{place}：`{key}`{} 的值不合适。应为：{expected}；写的是：{got}", label(key))
            }
            Error::Inconsistent { keys, why } => format!("`{keys}` 的值互相矛盾，请改其中一个：{why}"),
            Error::NotAnAssignment { got } => format!("--set 需要 key=value，例如 --set sigma=30；写的是：{got}"),
            Error::File { action, path, kind, why } => {
                let done = ACTIONS.iter().find(|(known, _)| known == action).map_or(*action, |(_, word)| word);
                let (said, remedy) = Reason::of(*kind)
                    .map_or((why.as_str(), "请检查路径，或换一个位置"), |r| (r.chinese, r.chinese_remedy));
                format!("无法{done} {}：{said}。{remedy}", path.display())
            }
            Error::Malformed { path, place, why } => {
                let place = place.as_ref().map(|p| format!("，{p}")).unwrap_or_default();
                format!("{}{place}：读到了文件，但内容不对，请改正或换一个文件：{why}", path.display())
            }
            Error::InUse { run, process } => {
                let process = process.map(|id| format!("（进程 {id}）")).unwrap_or_default();
                format!("运行 {run} 正由另一个 Misfit{process} 使用，同时只能有一个往里添加；请先在那边结束它")
            }
            Error::DoesNotFit { why } => format!("芯片放不下这个网络，请缩小它：{why}"),
            Error::Diverged { lane, epoch, quantity } => {
                let lane = Lane::from_name(lane).map_or(*lane, |lane| self.lane(lane).name);
                format!("方案“{lane}”的训练在第 {epoch} 轮发散（{quantity} 不是有限的数）；请降低学习率，或重新开始")
            }
            Error::RunGone { path } => {
                format!("{} 在运行中被移走或删除；下一个检查点会在那里写入整个运行", path.display())
            }
            Error::Chip { program, why, said } => {
                let last = if said.is_empty() { String::new() } else { format!("；它最后的输出：\n{said}") };
                format!("芯片 `{program}`：{why}{last}")
            }
            Error::ShowsNothing { lane } => {
                let lane = Lane::from_name(lane).map_or(*lane, |lane| self.lane(lane).name);
                format!("方案“{lane}”的芯片不显示其内部：它不是 Misfit 自己的芯片")
            }
            Error::Interrupted => "芯片的运行已中断".into(),
            Error::LoadingStopped => "加载已停止".into(),
            Error::DiskBusy => "磁盘正忙；请稍后再保存".into(),
            Error::NothingToTakeBack => "没有可以取回的运行".into(),
            Error::System(words) => words.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::params::{Params, assign};
    use crate::protocol::file;
    use crate::text::{EN, ZH};

    fn chinese(text: &str) -> bool {
        text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c))
    }

    /// Errors as they arise, not as somebody would write them down.
    fn errors(folder: &std::path::Path) -> Vec<(Error, &'static str)> {
        let mut params = Params::default();
        let bad = folder.join("bad.toml");
        std::fs::write(&bad, "sigma = [").expect("a file");
        let odd = folder.join("odd.toml");
        std::fs::write(&odd, "format = 1\nsigmaa = 3\n").expect("a file");
        vec![
            (file::load(&folder.join("none.toml")).expect_err("no file"), "none.toml"),
            (file::load(&bad).expect_err("not TOML"), "bad.toml"),
            (file::load(&odd).expect_err("no such key"), "sigma"),
            (file::save(&(&params).into(), folder).expect_err("a folder"), "/"),
            (assign(&mut params, "sigma", "lots", "--set").expect_err("not a number"), "lots"),
        ]
    }

    #[test]
    fn whatever_goes_wrong_with_files_and_settings_is_said_in_chinese_with_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        for (error, place) in errors(folder.path()) {
            let said = ZH.error(&error);
            assert!(chinese(&said) && said.contains(place), "{error:?} is said as {said}");
            assert!(EN.error(&error).starts_with(&error.to_string()), "English says what the command line says");
        }
    }

    #[test]
    fn a_missing_file_comes_with_what_to_do_in_both_languages() {
        let error = file::load(std::path::Path::new("no/such/file.toml")).expect_err("no file");
        assert!(EN.error(&error).ends_with("; check the path"), "{}", EN.error(&error));
        assert!(ZH.error(&error).ends_with("没有这个文件或文件夹。请检查路径"), "{}", ZH.error(&error));
    }

    #[test]
    fn training_that_diverges_names_the_lane_as_the_window_does() {
        let error = Error::Diverged { lane: "in_the_loop", epoch: 3, quantity: "the loss" };
        let said = ZH.error(&error);
        assert!(said.contains(ZH.lane(Lane::InTheLoop).name) && said.contains('3'), "{said}");
    }

    #[test]
    fn a_reason_is_recognised_by_its_kind_and_not_by_the_words_of_the_system() {
        let why = std::io::Error::new(ErrorKind::StorageFull, "disco pieno");
        let error = Error::file("write", "a.toml", &why);
        assert_eq!(EN.error(&error), "cannot write a.toml: disco pieno; make room on the disk, or choose another one");
        assert_eq!(ZH.error(&error), "无法写入 a.toml：磁盘已满。请腾出磁盘空间，或换一个磁盘");
    }

    #[test]
    fn what_the_window_refuses_is_said_in_both_languages() {
        let refused = [Error::LoadingStopped, Error::DiskBusy, Error::NothingToTakeBack];
        let said = refused.each_ref().map(|error| EN.error(error));
        assert_eq!(said, ["loading was stopped", "the disk is busy; save again in a moment", "no run was put away"]);
        assert!(refused.iter().all(|error| chinese(&ZH.error(error))));
    }
}
