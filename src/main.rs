//! Parses the command line; opens the window, or runs without one.

use std::process::ExitCode;

use clap::Parser as _;
use misfit::cli;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    let result = match cli.command {
        Some(command) => cli::run(command),
        None => cli::train_in_terminal(&cli.experiment),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
