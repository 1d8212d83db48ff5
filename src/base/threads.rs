//! Threads of an engine that stay awake while there is work.

use std::cell::Cell;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, Yield};

/// So long a thread that finds nothing to do stays awake.
const MAX_IDLE: Duration = Duration::from_micros(100);
/// So long a thread stays awake at all before it must be asked again.
const MAX_SPIN: Duration = Duration::from_millis(20);

thread_local! {
    /// Whether this thread stays awake already.
    static IS_AWAKE: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` on a pool whose other threads do not fall asleep at once when there is nothing for them to do.
///
/// A step of the training has half a dozen parts of some hundred microseconds. A thread that finds nothing to do
/// between two of them, or between two steps, would fall asleep within twenty and take fifty to wake up.
pub fn awake<R: Send>(pool: &ThreadPool, work: impl FnOnce() -> R + Send) -> R {
    if pool.current_num_threads() < 2 {
        return pool.install(work);
    }
    pool.install(|| {
        // Who works comes by here while it waits for others, and must go on as soon as they are done.
        let own = pool.current_thread_index();
        // Nobody waits for these. Each may begin on top of a part that its thread has not finished yet, while that
        // waits for others: so none may wait for anything without end.
        pool.spawn_broadcast(move |context| {
            if Some(context.index()) != own && !IS_AWAKE.replace(true) {
                stay_awake();
                IS_AWAKE.set(false);
            }
        });
        work()
    })
}

/// Does what there is to do on the pool of this thread, until there is nothing for a while.
fn stay_awake() {
    let begin = Instant::now();
    let mut idle_since = begin;
    loop {
        let did_something = rayon::yield_now() == Some(Yield::Executed);
        let now = Instant::now();
        if did_something {
            idle_since = now;
        } else {
            std::hint::spin_loop();
        }
        if now - idle_since >= MAX_IDLE || now - begin >= MAX_SPIN {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    fn pool(threads: usize) -> ThreadPool {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
    }

    #[test]
    fn work_in_many_small_parts_is_done_on_any_number_of_threads() {
        for threads in [1, 2, 5] {
            let pool = pool(threads);
            for n in 0..200u64 {
                let sum =
                    awake(&pool, || (0..5).map(|_| (0..n).into_par_iter().map(|k| k * k).sum::<u64>()).sum::<u64>());
                // The sum of the squares below n.
                assert_eq!(sum, 5 * (n.max(1) - 1) * n * (2 * n.max(1) - 1) / 6, "{threads} threads, {n}");
            }
        }
    }

    #[test]
    fn several_callers_share_a_pool_and_none_waits_for_ever() {
        for threads in [2, 4] {
            let pool = pool(threads);
            std::thread::scope(|scope| {
                for _ in 0..4 {
                    scope.spawn(|| {
                        for _ in 0..300 {
                            let sum = awake(&pool, || (1..101u32).into_par_iter().with_max_len(7).sum::<u32>());
                            assert_eq!(sum, 5050);
                        }
                    });
                }
            });
        }
    }

    #[test]
    fn a_panic_goes_through_and_leaves_the_pool_fit_for_work() {
        let pool = pool(3);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| awake(&pool, || panic!("on purpose"))));
        assert!(failed.is_err());
        assert_eq!(awake(&pool, || (0..10).into_par_iter().count()), 10);
    }
}
