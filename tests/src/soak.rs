//! Long runs of random histories, in several threads.

use std::thread;

/// Seeds that lie between those of two threads.
const SEEDS_PER_THREAD: u64 = 1 << 48;

/// Runs so much of something in `threads` threads, which begin with seeds far from each other: `run` gets the first seed and the
/// thread's share of `amount`, rounded up. What the threads return, or nothing where one was lost, whose panic says why.
pub fn in_threads<T: Send + 'static>(
    threads: u64,
    amount: u64,
    seed: u64,
    run: impl Fn(u64, u64) -> T + Clone + Send + 'static,
) -> Option<Vec<T>> {
    let threads = threads.max(1);
    let share = amount.div_ceil(threads);
    let running: Vec<_> = (0..threads)
        .map(|number| {
            let (run, seed) = (run.clone(), seed.wrapping_add(number.wrapping_mul(SEEDS_PER_THREAD)));
            thread::spawn(move || run(seed, share))
        })
        .collect();
    running.into_iter().map(|thread| thread.join().ok()).collect()
}
