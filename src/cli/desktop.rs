//! What a desktop and a shell know of the program: completions, a man page, and which build it is.

use std::io::Write as _;
use std::sync::OnceLock;

use clap::{Args, CommandFactory as _, ValueEnum};
use clap_complete::Shell;

use crate::base::error::{Error, Result};
use crate::simd::isa::instruction_set;

/// Which file for the desktop.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Form {
    /// Completions for bash.
    Bash,
    /// Completions for zsh.
    Zsh,
    /// Completions for fish.
    Fish,
    /// The man page.
    Man,
}

/// A file for the desktop or the shell.
#[derive(Debug, Args)]
pub struct DesktopArgs {
    /// Which file.
    form: Form,
}

/// Writes one of the files to stdout.
pub(super) fn run(args: &DesktopArgs) -> Result<()> {
    let mut command = super::Cli::command();
    let mut out = Vec::new();
    let shell = match args.form {
        Form::Bash => Shell::Bash,
        Form::Zsh => Shell::Zsh,
        Form::Fish => Shell::Fish,
        Form::Man => {
            clap_mangen::Man::new(command).render(&mut out).map_err(|why| Error::System(why.to_string()))?;
            super::report_output(std::io::stdout().write_all(&out));
            return Ok(());
        }
    };
    clap_complete::generate(shell, &mut command, "misfit", &mut out);
    super::report_output(std::io::stdout().write_all(&out));
    Ok(())
}

/// Version, commit, and the instructions that the engine has on this machine.
pub(super) fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    let made = || format!("{} ({}, {})", env!("CARGO_PKG_VERSION"), env!("MISFIT_COMMIT"), instruction_set());
    VERSION.get_or_init(made)
}
