//! Parses the command line; opens the window, or runs without one.

use std::io::Write as _;
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use clap::Parser as _;
use misfit::app::{App, Memory};
use misfit::base::error::printable;
use misfit::cli::{self, Cli, StoreArgs, WindowArgs};
use misfit::protocol::Protocol;
use misfit::{Error, Result};

fn main() -> ExitCode {
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("error,misfit=warn"))
        // For people: where in the program a warning comes from is of no use to them.
        .format(|to, record| writeln!(to, "misfit: {}", printable(&record.args().to_string())))
        .init();
    if let Ok(own) = std::env::current_exe() {
        misfit::foreign::program::launch_with(own);
    }
    let done = match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(error) if error.use_stderr() => error.exit(),
        // What `--help` and `--version` say.
        Err(text) => {
            cli::report_output(text.print());
            Ok(())
        }
    };
    match done {
        Ok(()) if cli::is_output_whole() => ExitCode::SUCCESS,
        Ok(()) => ExitCode::FAILURE,
        Err(error) => {
            say(&format!("misfit: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> Result<()> {
    if let Some(command) = cli.command {
        return cli::run(command);
    }
    let protocol = cli.experiment.protocol()?;
    #[cfg(all(unix, not(target_os = "macos")))]
    leave_dead_wayland();
    if let Some(why) = no_display() {
        say(&format!("misfit: {why}; running the experiment in the terminal instead of a window"));
        return cli::train_in_terminal(&cli.experiment, &cli.store);
    }
    match open_window(&protocol, cli.experiment.is_named(), &cli.store, &cli.window)? {
        Opened::AndClosed => Ok(()),
        Opened::NoDisplay(why) => {
            say(&format!("misfit: {why}; running the experiment in the terminal instead of a window"));
            cli::train_in_terminal(&cli.experiment, &cli.store)
        }
    }
}

/// What came of trying to open a window.
enum Opened {
    /// The user closed it.
    AndClosed,
    /// The display that was named does not answer.
    NoDisplay(String),
}

/// Why there can be no window, if that is certain before trying.
fn no_display() -> Option<&'static str> {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let unix = cfg!(all(unix, not(target_os = "macos")));
    (unix && !set("DISPLAY") && !set("WAYLAND_DISPLAY") && !set("WAYLAND_SOCKET"))
        .then_some("there is no display (DISPLAY and WAYLAND_DISPLAY are not set)")
}

/// Begins anew without the Wayland display when nothing answers there but an X display is named.
///
/// winit takes the first display that is named, whether it answers or not, and makes one event loop in a process.
#[cfg(all(unix, not(target_os = "macos")))]
fn leave_dead_wayland() {
    use std::os::unix::process::CommandExt as _;

    let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let folder = std::path::PathBuf::from(var("XDG_RUNTIME_DIR").unwrap_or_default());
    let answers = match (var("WAYLAND_SOCKET"), var("WAYLAND_DISPLAY")) {
        (Some(descriptor), _) => std::path::Path::new("/proc/self/fd").join(descriptor).exists(),
        (None, Some(name)) => std::os::unix::net::UnixStream::connect(folder.join(name)).is_ok(),
        (None, None) => return,
    };
    if let (false, Some(_), Ok(program)) = (answers, var("DISPLAY"), std::env::current_exe()) {
        log::warn!("the Wayland display does not answer; going on with DISPLAY");
        let mut again = std::process::Command::new(program);
        again.args(std::env::args_os().skip(1)).env_remove("WAYLAND_DISPLAY").env_remove("WAYLAND_SOCKET");
        // Returns only if it fails.
        log::warn!("{}", again.exec());
    }
}

fn open_window(protocol: &Protocol, named: bool, store: &StoreArgs, window: &WindowArgs) -> Result<Opened> {
    let renderers = renderers(window.renderer.as_deref())?;
    let mut problems = Vec::new();
    for (name, renderer) in renderers {
        let (memory, mut settings) = Memory::of_user();
        settings.begin_with(window.layout.as_deref(), named || window.lesson.is_some(), window.kiosk);
        let options = eframe::NativeOptions {
            renderer,
            viewport: egui::ViewportBuilder::default()
                .with_title("Misfit")
                .with_app_id("misfit")
                .with_icon(icon())
                .with_inner_size(settings.window)
                .with_min_inner_size([900.0, 600.0]),
            ..Default::default()
        };
        let (protocol, store) = (protocol.clone(), store.clone());
        let (lesson, kiosk) = (window.lesson.clone(), window.kiosk);
        let is_open = Arc::new(AtomicBool::new(false));
        let opened = is_open.clone();
        let creator: eframe::AppCreator<'_> = Box::new(move |cc| {
            opened.store(true, Ordering::Relaxed);
            close_on_signal(&cc.egui_ctx);
            let open = move || store.open();
            let mut app = App::with_store(&cc.egui_ctx, protocol, settings, memory, open)?;
            if let Some(lesson) = lesson {
                app.open_lesson_file(&lesson, &cc.egui_ctx);
            }
            app.set_kiosk(kiosk);
            Ok(Box::new(app))
        });
        let run = AssertUnwindSafe(|| eframe::run_native("misfit", options, creator));
        let result = match without_a_word(&is_open, || panic::catch_unwind(run)) {
            Ok(result) => result,
            Err(why) if is_open.load(Ordering::Relaxed) => panic::resume_unwind(why),
            Err(why) => {
                let why = why.downcast_ref::<String>().cloned().or(why.downcast_ref::<&str>().map(|&w| w.to_owned()));
                let why = why.unwrap_or_default();
                let reason = why.lines().next().unwrap_or_default();
                return Ok(Opened::NoDisplay(format!("the display has not what a window needs ({reason})")));
            }
        };
        match result {
            Ok(()) => return Ok(Opened::AndClosed),
            Err(error) => {
                // What winit says begins with the place in its own source; the reason comes last.
                let text = error.to_string();
                let reason = text.rsplit(": ").next().unwrap_or_default().to_owned();
                // winit cannot make a second event loop in one process, so there is nothing left to try.
                if matches!(error, eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_)) {
                    return Ok(Opened::NoDisplay(format!("the display does not answer ({reason})")));
                }
                problems.push(format!("{name}: {reason}"));
            }
        }
    }
    Err(Error::System(format!(
        "no window could be opened ({}); `misfit train` runs the same experiment in the terminal",
        problems.join("; ")
    )))
}

/// The picture of the program in bars and lists of windows.
fn icon() -> egui::IconData {
    eframe::icon_data::from_png_bytes(include_bytes!("../assets/desktop/misfit-128.png")).unwrap_or_default()
}

/// Lets winit panic without a word until the window is open: some X servers have not all that it asks for.
fn without_a_word<T>(is_open: &Arc<AtomicBool>, body: impl FnOnce() -> T) -> T {
    let (usual, is_open) = (Arc::new(panic::take_hook()), is_open.clone());
    let hook = usual.clone();
    panic::set_hook(Box::new(move |about| {
        if is_open.load(Ordering::Relaxed) {
            hook(about);
        }
    }));
    let result = body();
    panic::set_hook(Box::new(move |about| usual(about)));
    result
}

/// The first Ctrl-C or SIGTERM closes the window as a click would, so that the run is kept to its last batch; the
/// second takes the hard way.
fn close_on_signal(ctx: &egui::Context) {
    let (ctx, closing) = (ctx.clone(), AtomicBool::new(false));
    let handler = move || {
        if closing.swap(true, Ordering::Relaxed) {
            std::process::exit(130);
        }
        misfit::app::close_without_asking(&ctx);
    };
    if let Err(why) = ctrlc::set_handler(handler) {
        log::warn!("Ctrl-C will not close the window cleanly: {why}");
    }
}

/// The renderers of this build in the order in which they are tried.
fn renderers(wanted: Option<&str>) -> Result<Vec<(&'static str, eframe::Renderer)>> {
    let all = [
        ("glow", eframe::Renderer::Glow),
        #[cfg(feature = "wgpu")]
        ("wgpu", eframe::Renderer::Wgpu),
    ];
    let chosen: Vec<_> = all.into_iter().filter(|(name, _)| wanted.is_none_or(|w| w == *name)).collect();
    if chosen.is_empty() {
        return Err(Error::System(
            "this build has no wgpu renderer; build it with `cargo build --release --features wgpu`".into(),
        ));
    }
    Ok(chosen)
}

/// Writes a line to stderr; if that is closed there is nobody to tell.
fn say(line: &str) {
    drop(writeln!(std::io::stderr(), "{}", printable(line)));
}
