//! A day of training: a million small, fast epochs in the session must not take more memory than a few thousand.

use std::time::{Duration, Instant};

use misfit::params::{Lane, Params, TaskKind};
use misfit::session::SessionThread;

/// Resident memory of this process, bytes (Linux: /proc/self/statm counts pages of 4 KiB).
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split_whitespace().nth(1)?.parse::<usize>().ok()? * 4096)
}

/// `MISFIT_DAY_EPOCHS` says how many epochs; with the default it takes a minute or two. Curves and moments have long
/// been thinned by then, and the second half must not grow.
#[test]
#[ignore = "takes minutes; for a whole day set MISFIT_DAY_EPOCHS=1000000"]
fn memory_stays_flat_over_a_day_of_training() {
    let epochs = std::env::var("MISFIT_DAY_EPOCHS").ok().and_then(|n| n.parse().ok()).unwrap_or(6_000usize);
    if resident().is_none() {
        println!("SKIPPED: no /proc/self/statm on this system");
        return;
    }
    let params = Params::for_task(TaskKind::YinYang).with(|p| {
        p.network.hidden = 4;
        p.learning.batch = 64;
        p.task.train_samples = 64;
        p.network.substeps = 1;
        p.network.cadc_interval = 4e-6;
        p.learning.epochs = 100_000_000;
        p.learning.threads = 1;
        p.learning.lanes = vec![Lane::InTheLoop];
    });
    let session = SessionThread::start(params, true, || {}).unwrap();
    let (start, mut half, mut epoch) = (Instant::now(), None, 0);
    while epoch < epochs {
        if let (Some(snapshot), _) = session.take() {
            assert!(snapshot.failure.is_none(), "{:?}", snapshot.failure);
            assert!(snapshot.timeline.epochs.len() <= 1000 && snapshot.timeline.bytes <= snapshot.timeline.most_bytes);
            assert!(snapshot.curves.iter().all(|c| c.batch_loss.len() < 4096 && c.test_loss.len() < 4096));
            assert!(snapshot.gradient.iter().all(|c| c.len() < 4096));
            epoch = snapshot.epoch;
        }
        if half.is_none() && epoch > epochs / 2 {
            half = resident();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let (before, after, took) = (half.unwrap(), resident().unwrap(), start.elapsed().as_secs_f64());
    let per_second = epoch as f64 / took;
    let grown = after as f64 - before as f64;
    println!(
        "{epoch} epochs, {per_second:.0} a second (a million: {:.1} h); {:.1} MiB at half, {:.1} MiB at the end",
        1e6 / per_second / 3600.0,
        before as f64 / f64::from(1 << 20),
        after as f64 / f64::from(1 << 20),
    );
    assert!(grown < 4e6, "the second half of the epochs took {:.1} MB more", grown / 1e6);
}
