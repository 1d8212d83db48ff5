//! Threads of an engine that stay awake while there is work.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::{ThreadPool, Yield};

/// So often a thread looks for work before it lets others have its core for a moment.
const LOOKS: u32 = 64;

/// Runs `work` on a pool whose other threads meanwhile look for their share of it without falling asleep.
///
/// A step of the training has half a dozen parts of some hundred microseconds. A thread that has nothing to do
/// between two of them falls asleep at once and takes fifty of those to wake up.
pub fn awake<R: Send>(pool: &ThreadPool, work: impl FnOnce() -> R + Send) -> R {
    if pool.current_num_threads() < 2 {
        return pool.install(work);
    }
    pool.install(|| {
        let done = AtomicBool::new(false);
        let own = pool.current_thread_index();
        rayon::in_place_scope(|scope| {
            let _until = Until(&done);
            scope.spawn_broadcast(|_, context| {
                // Who works must not wait for its own end, though it may come by here while it waits for others.
                let is_own = Some(context.index()) == own;
                let mut looks = 0;
                while !is_own && !done.load(Ordering::Acquire) {
                    looks = if rayon::yield_now() == Some(Yield::Executed) { 0 } else { looks + 1 };
                    if looks < LOOKS {
                        std::hint::spin_loop();
                    } else {
                        looks = 0;
                        std::thread::yield_now();
                    }
                }
            });
            work()
        })
    })
}

/// Tells that the work is done, if it ends by a panic too.
struct Until<'a>(&'a AtomicBool);

impl Drop for Until<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
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
    fn several_callers_share_a_pool() {
        let pool = pool(2);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..100 {
                        let sum = awake(&pool, || (1..101u32).into_par_iter().with_max_len(7).sum::<u32>());
                        assert_eq!(sum, 5050);
                    }
                });
            }
        });
    }

    #[test]
    fn a_panic_goes_through_and_leaves_the_pool_fit_for_work() {
        let pool = pool(3);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| awake(&pool, || panic!("on purpose"))));
        assert!(failed.is_err());
        assert_eq!(awake(&pool, || (0..10).into_par_iter().count()), 10);
    }
}
