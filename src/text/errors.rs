//! What went wrong and what to do, in the language of the window.
//!
//! In English an [`Error`] speaks for itself. In other languages its frame is said in that language;
//! files, places, keys and what the system says stand as they are. What can be done about files is added
//! in every language, because the window has a place to do it.

use super::{Language, Text};
use crate::base::error::Error;
use crate::params::{Lane, find};

/// Reasons that systems give, with what to do about them in English and Chinese and what they say in Chinese.
///
/// The beginnings are those of POSIX `strerror`, of the Windows system messages, and of Rust's `ErrorKind`.
const REASONS: [(&[&str], &str, &str, &str); 6] = [
    (
        &["No such file", "The system cannot find", "entity not found"],
        "check the path",
        "请检查路径",
        "没有这个文件或文件夹",
    ),
    (
        &["Permission denied", "Access is denied", "permission denied", "Operation not permitted"],
        "choose another place, or ask for the right to use this one",
        "请换一个位置，或取得这个位置的权限",
        "没有权限",
    ),
    (
        &["No space left", "There is not enough space", "no storage space"],
        "make room on the disk, or choose another one",
        "请腾出磁盘空间，或换一个磁盘",
        "磁盘已满",
    ),
    (&["Is a directory", "is a directory"], "name a file in it", "请写出其中的一个文件名", "这是一个文件夹"),
    (
        &["Not a directory", "not a directory"],
        "check the path: one of its folders is a file",
        "请检查路径：其中一个文件夹其实是文件",
        "不是文件夹",
    ),
    (&["Read-only file system", "read-only filesystem"], "choose another place", "请换一个位置", "这里只能读"),
];

/// What is done with files, and how it is said in Chinese.
const ACTIONS: [(&str, &str); 6] = [
    ("read", "读取"),
    ("write", "写入"),
    ("remove", "删除"),
    ("use", "使用"),
    ("create the folder of", "建立文件夹，用于"),
    ("create the folder", "建立文件夹"),
];

/// Sentences without a place in them.
const SENTENCES: [(&str, &str); 4] = [
    ("loading was stopped", "加载已停止"),
    ("the disk is busy; save again in a moment", "磁盘正忙；请稍后再保存"),
    ("no run was put away", "没有可以取回的运行"),
    ("there is nothing to calibrate: the lane does not use the chip", "没有可以校准的：这条通道不使用芯片"),
];

impl Text {
    /// What went wrong, and what to do.
    pub fn error(&self, error: &Error) -> String {
        match (self.language, error) {
            (Language::English, Error::File { why, .. }) => match reason(why) {
                Some((_, to_do, ..)) => format!("{error}; {to_do}"),
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
            Error::NothingToCalibrate => "没有可校准的芯片：没有一条通道使用芯片".into(),
            Error::BadValue { place, key, expected, got } => {
                format!("{place}：`{key}`{} 的值不合适。应为：{expected}；写的是：{got}", label(key))
            }
            Error::Inconsistent { keys, why } => format!("`{keys}` 的值互相矛盾，请改其中一个：{why}"),
            Error::NotAnAssignment { got } => format!("--set 需要 key=value，例如 --set sigma=30；写的是：{got}"),
            Error::File { action, path, why } => {
                let done = ACTIONS.iter().find(|(known, _)| known == action).map_or(*action, |(_, word)| word);
                let (said, to_do) =
                    reason(why).map_or((why.as_str(), "请检查路径，或换一个位置"), |r| (r.3, r.2));
                format!("无法{done} {}：{said}。{to_do}", path.display())
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
                format!("通道“{lane}”的训练在第 {epoch} 轮发散（{quantity} 不是有限的数）；请降低学习率，或重新开始")
            }
            Error::System(words) => SENTENCES
                .iter()
                .find(|(known, _)| known == words)
                .map_or_else(|| words.clone(), |(_, own)| (*own).into()),
        }
    }
}

/// What is known about a reason that the system gave.
fn reason(why: &str) -> Option<&'static (&'static [&'static str], &'static str, &'static str, &'static str)> {
    REASONS.iter().find(|(beginnings, ..)| beginnings.iter().any(|b| why.starts_with(b)))
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
}
