//! Times and names of runs.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::base::rng;

/// Milliseconds since 1970, UTC.
pub type Millis = u64;

/// This moment.
pub fn now() -> Millis {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_millis() as u64)
}

/// A name for a run that begins at `at`: in order of time to the millisecond, never twice from one program, and hardly
/// ever from two that start at the same moment.
pub(super) fn new_id(at: Millis) -> String {
    static COUNT: LazyLock<AtomicU64> = LazyLock::new(|| {
        let nanos = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| u64::from(t.subsec_nanos()));
        AtomicU64::new(rng::mix(nanos, std::process::id().into()))
    });
    let own = COUNT.fetch_add(1, Ordering::Relaxed) & 0xff_ffff;
    let [y, mo, d, h, mi, s] = civil(at);
    format!("{y:04}{mo:02}{d:02}-{h:02}{mi:02}{s:02}{:03}-{own:06x}", at % 1000)
}

/// `2026-11-23 03:33:47`, UTC.
pub fn utc(at: Millis) -> String {
    let [y, mo, d, h, mi, s] = civil(at);
    format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02}:{s:02}")
}

/// Year, month, day, hour, minute, second in UTC.
///
/// The calendar is Howard Hinnant's `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
fn civil(at: Millis) -> [u64; 6] {
    let seconds = at / 1000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let z = days + 719_468;
    let (era, doe) = (z / 146_097, z % 146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + 400 * era + u64::from(month <= 2);
    [year, month, day, rest / 3600, rest / 60 % 60, rest % 60]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From `date -u -d @N '+%F %T'` of GNU coreutils.
    #[test]
    fn times_are_those_of_the_calendar_leap_days_included() {
        for (seconds, expected) in [
            (0, "1970-01-01 00:00:00"),
            (951_782_400, "2000-02-29 00:00:00"),
            (1_709_251_199, "2024-02-29 23:59:59"),
            (4_107_542_400, "2100-03-01 00:00:00"),
            (1_795_404_827, "2026-11-23 03:33:47"),
        ] {
            assert_eq!(utc(seconds * 1000 + 7), expected);
        }
    }

    #[test]
    fn names_of_runs_are_unique_and_sort_by_time() {
        let names: std::collections::BTreeSet<String> = (0..100_000).map(|_| new_id(1_000_000)).collect();
        assert_eq!(names.len(), 100_000);
        for (earlier, later) in [(1_000_000, 1_000_001), (999_999, 1_000_000), (1_000_009, 1_000_010)] {
            assert!(new_id(earlier) < new_id(later));
        }
    }
}
