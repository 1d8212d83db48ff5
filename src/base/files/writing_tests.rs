use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};

use super::*;

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).expect("a text")
}

#[test]
fn links_are_followed_to_the_end_and_stay_links_also_where_the_file_is_not_there_yet() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("deep")).expect("a folder");
    std::fs::write(at("deep/real"), "old").expect("a file");
    for (link, to) in [("deep/link", "real"), ("first", "deep/link"), ("dangling", "deep/new")] {
        symlink(to, at(link)).expect("a link");
    }
    write_atomically(&at("first"), b"one").expect("written");
    write_atomically(&at("dangling"), b"two").expect("written");
    assert_eq!((text(&at("deep/real")), text(&at("deep/new"))), ("one".to_owned(), "two".to_owned()));
    for link in ["first", "deep/link", "dangling"] {
        assert!(at(link).is_symlink(), "{link}");
    }
    symlink("circle", at("circle")).expect("a link");
    let why = write_atomically(&at("circle"), b"").expect_err("a circle").to_string();
    assert!(why.contains("circle") && why.contains("links"), "{why}");
}

#[test]
fn a_pipe_is_written_into_and_a_read_only_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = {
        let pipe = pipe.clone();
        std::thread::Builder::new().spawn(move || text(&pipe)).expect("a thread")
    };
    write_atomically(&pipe, b"through").expect("written");
    assert_eq!(reader.join().expect("a reader"), "through");
    assert!(std::fs::symlink_metadata(&pipe).expect("it is there").file_type().is_fifo());
    write_atomically(Path::new("/dev/null"), b"gone").expect("written");

    let file = folder.path().join("file");
    std::fs::write(&file, "mine").expect("a file");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o444)).expect("read-only");
    let why = write_atomically(&file, b"theirs").expect_err("read-only").to_string();
    assert!(why.contains("file") && why.contains("read-only"), "{why}");
    assert_eq!(text(&file), "mine");
}

#[test]
fn what_a_killed_program_has_left_is_removed_a_day_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = |name: &str, hours: u64| {
        let path = folder.path().join(name);
        let file = File::create(&path).expect("a file");
        let then = std::time::SystemTime::now() - Duration::from_hours(hours);
        file.set_modified(then).expect("a time");
        path
    };
    let litter = old(".tmp-misfit-1", 25);
    let others = [old(".tmp-misfit-2", 23), old(".tmpother", 100), old("data", 100)];
    write_atomically(&folder.path().join("new"), b"").expect("written");
    assert!(!litter.exists() && others.iter().all(|path| path.exists()));
}
