//! Tells the program its commit. Only release builds ask: a commit would otherwise build everything anew.

use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=assets/desktop/build.rs");
    let release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if release { commit() } else { None };
    println!("cargo:rustc-env=MISFIT_COMMIT={}", commit.unwrap_or_else(|| "development".into()));
}

/// The commit that is built, with a plus sign where files differ from it; `None` outside a repository.
fn commit() -> Option<String> {
    println!("cargo:rerun-if-changed=.git/HEAD");
    println!("cargo:rerun-if-changed=.git/logs/HEAD");
    let git = |words: &[&str]| {
        let answer = Command::new("git").args(words).output().ok().filter(|answer| answer.status.success())?;
        String::from_utf8(answer.stdout).ok()
    };
    let commit = git(&["rev-parse", "--short", "HEAD"])?;
    let changed = git(&["status", "--porcelain", "--untracked-files=no"])?;
    let sign = if changed.trim().is_empty() { "" } else { "+" };
    Some(format!("{}{sign}", commit.trim()))
}
