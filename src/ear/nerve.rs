//! From the motion of the membrane to spikes: hair cells, nerve fibres, bushy cells.
//!
//! Eight channels are computed side by side, with vector instructions; each has its own random stream and none looks at another.

use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution as _, Exp1};
use wide::f32x8;

use super::STEPS_PER_SECOND;

/// Channels computed together.
pub(super) const LANES: usize = 8;
/// One number per channel.
type AlignedVec = f32x8;

/// Length of a step in seconds.
const DT: f32 = 1.0 / STEPS_PER_SECOND as f32;

/// Rates of the hair cell in 1/s, except A and B (Meddis 1986 and 1988, with the values of
/// Cramer et al. 2020).
mod rate {
    /// y: replenishment of the free pool.
    pub(super) const REPLENISH: f32 = 5.05;
    /// g: largest release.
    pub(super) const RELEASE: f32 = 2000.0;
    /// l: loss from the cleft.
    pub(super) const LOSS: f32 = 2500.0;
    /// r: return from the cleft.
    pub(super) const RETURN: f32 = 6580.0;
    /// x: reprocessing.
    pub(super) const REPROCESS: f32 = 66.3;
    /// h: fibre spikes per content of the cleft.
    pub(super) const FIRE: f32 = 50_000.0;
    /// A and B: motion at which release begins, and how fast it saturates.
    pub(super) const A: f32 = 5.0;
    pub(super) const B: f32 = 300.0;
}

/// Inner hair cells with their three pools of transmitter.
#[derive(Debug, Clone)]
struct HairCells {
    /// q: free transmitter, at most M = 1.
    free: AlignedVec,
    /// c: transmitter in the cleft.
    cleft: AlignedVec,
    /// w: transmitter that is being reprocessed.
    reprocessing: AlignedVec,
}

impl HairCells {
    /// At rest, as after a long silence: Meddis 1988 with s = 0 and all derivatives 0.
    fn at_rest() -> Self {
        use rate::{A, B, LOSS, RELEASE, REPLENISH, REPROCESS, RETURN};
        let k = RELEASE * A / (A + B);
        let cleft = REPLENISH * k / (LOSS * k + REPLENISH * (LOSS + RETURN));
        Self {
            free: f32x8::splat(cleft * (LOSS + RETURN) / k),
            cleft: f32x8::splat(cleft),
            reprocessing: f32x8::splat(cleft * RETURN / REPROCESS),
        }
    }

    /// One Euler step with the motion `s`; the probability that a fibre which is ready fires in it.
    ///
    /// dq/dt = y(1 − q) − kq + xw, dc/dt = kq − (l + r)c, dw/dt = rc − xw, k = g(s + A)/(s + A + B).
    #[inline]
    fn step(&mut self, s: AlignedVec) -> AlignedVec {
        use rate::{A, B, FIRE, LOSS, RELEASE, REPLENISH, REPROCESS, RETURN};
        let (q, c, w) = (self.free, self.cleft, self.reprocessing);
        let push = positive(s + A);
        let ejected = RELEASE * DT * push / (push + B) * q;
        let returned = RETURN * DT * c;
        let reprocessed = REPROCESS * DT * w;
        let replenished = positive(REPLENISH * DT * (1.0 - q));
        self.free = positive(q + replenished - ejected + reprocessed);
        self.cleft = positive(c + ejected - LOSS * DT * c - returned);
        self.reprocessing = positive(w + returned - reprocessed);
        FIRE * DT * self.cleft
    }
}

/// x or 0.
#[inline]
fn positive(x: AlignedVec) -> AlignedVec {
    x.fast_max(f32x8::ZERO)
}

/// Nerve fibres per channel.
const FIBRES: f32 = 40.0;
/// Steps in 1 ms: refractory time of fibres and of bushy cells.
const REFRACTORY: usize = STEPS_PER_SECOND / 1000;
/// A larger probability is taken for this one, which keeps the logarithm finite.
const MOST_PROBABLE: f32 = 0.999;

/// 40 fibres per channel, each of which fires with the same probability unless it is refractory.
///
/// All ready fibres of a channel are alike, so it is enough to count them. Walking through them one
/// after the other, the number that stays silent before the next spike is geometric: the integer part
/// of an exponential variate divided by the hazard −ln(1 − p). The rest of the variate is exponential
/// again, and carries over into the next step, whatever p is there. This is exact, and needs one
/// random number per spike and not one per fibre and step.
#[derive(Debug, Clone)]
struct Fibres {
    ready: AlignedVec,
    /// What is left of the exponential variate, as hazard.
    budget: AlignedVec,
    /// How many fired in each of the last steps.
    history: [AlignedVec; REFRACTORY],
    at: usize,
}

impl Fibres {
    fn new(rngs: &mut [ChaCha8Rng; LANES]) -> Self {
        let budget = rngs.each_mut().map(|rng| Exp1.sample(rng));
        Self { ready: f32x8::splat(FIBRES), budget: f32x8::new(budget), history: [f32x8::ZERO; REFRACTORY], at: 0 }
    }

    /// How many fibres of each channel fire in this step.
    #[inline]
    fn step(&mut self, probability: AlignedVec, rngs: &mut [ChaCha8Rng; LANES]) -> AlignedVec {
        let hazard = hazard(probability);
        self.ready += self.history[self.at];
        let budget = self.budget - self.ready * hazard;
        let mut firing = budget.simd_lt(f32x8::ZERO).to_bitmask();
        let mut fired = f32x8::ZERO;
        if firing == 0 {
            self.budget = budget;
        } else {
            let (before, ready, hazard) = (self.budget.to_array(), self.ready.to_array(), hazard.to_array());
            let (mut after, mut counts) = (budget.to_array(), [0.0; LANES]);
            while firing != 0 {
                let lane = firing.trailing_zeros() as usize;
                firing &= firing - 1;
                (counts[lane], after[lane]) = draw(ready[lane], hazard[lane], before[lane], &mut rngs[lane]);
            }
            self.budget = f32x8::new(after);
            fired = f32x8::new(counts);
            self.ready -= fired;
        }
        self.history[self.at] = fired;
        self.at = if self.at + 1 < REFRACTORY { self.at + 1 } else { 0 };
        fired
    }
}

/// −ln(1 − p), by its series where that is exact to single precision.
#[inline]
fn hazard(p: AlignedVec) -> AlignedVec {
    let series = p * (1.0 + p * (0.5 + p * (1.0 / 3.0 + p * (0.25 + p * 0.2))));
    if p.simd_gt(f32x8::splat(0.05)).any() {
        let exact = |(p, series): (f32, f32)| if p > 0.05 { -(-p.min(MOST_PROBABLE)).ln_1p() } else { series };
        let (p, series) = (p.to_array(), series.to_array());
        f32x8::new(std::array::from_fn(|lane| exact((p[lane], series[lane]))))
    } else {
        series
    }
}

/// Walks through the ready fibres of one channel and counts those that fire.
fn draw(ready: f32, hazard: f32, budget: f32, rng: &mut ChaCha8Rng) -> (f32, f32) {
    let (mut left, mut fired, mut budget) = (ready, 0.0, budget);
    while left > 0.0 {
        // Most variates outlast the step.
        if budget >= left * hazard {
            budget -= left * hazard;
            break;
        }
        // Cut off, which is quicker than `floor` and the same from 0 on.
        left -= (budget / hazard) as u32 as f32 + 1.0;
        fired += 1.0;
        budget = Exp1.sample(rng);
    }
    (fired, budget)
}

/// Time constants of the bushy cells in seconds, and the weight of a fibre (Cramer et al. 2020).
const TAU_MEM: f32 = 1e-3;
const TAU_SYN: f32 = 0.5e-3;
const WEIGHT: f32 = 13_000.0 / FIBRES;

/// Bushy cells: leaky integrate-and-fire neurons that fire when many fibres agree within a millisecond.
#[derive(Debug, Clone)]
struct BushyCells {
    current: AlignedVec,
    membrane: AlignedVec,
    /// Steps for which the membrane is still held at reset.
    held: AlignedVec,
    decay_mem: f32,
    decay_syn: f32,
}

impl BushyCells {
    fn new() -> Self {
        Self {
            current: f32x8::ZERO,
            membrane: f32x8::ZERO,
            held: f32x8::ZERO,
            decay_mem: (-DT / TAU_MEM).exp(),
            decay_syn: (-DT / TAU_SYN).exp(),
        }
    }

    /// Which cells fire, given how many of their fibres did: one bit per channel.
    #[inline]
    fn step(&mut self, fired: AlignedVec) -> u32 {
        self.current = self.current * self.decay_syn + fired;
        let v = self.membrane * self.decay_mem + self.current * (WEIGHT * DT);
        let v = self.held.simd_gt(f32x8::ZERO).select(f32x8::ZERO, v);
        let spikes = v.simd_gt(f32x8::ONE);
        self.membrane = spikes.select(f32x8::ZERO, v);
        self.held = spikes.select(f32x8::splat(REFRACTORY as f32 - 1.0), positive(self.held - 1.0));
        spikes.to_bitmask()
    }
}

/// Eight channels from the hair cell to the bushy cell.
#[derive(Debug, Clone)]
pub(super) struct Nerve {
    hair_cells: HairCells,
    fibres: Fibres,
    bushy_cells: BushyCells,
    rngs: [ChaCha8Rng; LANES],
}

impl Nerve {
    /// At rest; every channel draws from its own stream.
    pub(super) fn new(mut rngs: [ChaCha8Rng; LANES]) -> Self {
        let fibres = Fibres::new(&mut rngs);
        Self { hair_cells: HairCells::at_rest(), fibres, bushy_cells: BushyCells::new(), rngs }
    }

    /// One step of 1/24,000 s with the motion of the membrane; which channels spike, one bit each.
    #[inline]
    pub(super) fn step(&mut self, motion: [f32; LANES]) -> u32 {
        let probability = self.hair_cells.step(f32x8::new(motion));
        let fired = self.fibres.step(probability, &mut self.rngs);
        self.bushy_cells.step(fired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng;

    fn rngs(seed: u64) -> [ChaCha8Rng; LANES] {
        std::array::from_fn(|lane| rng::stream(seed, &format!("ear {lane}")))
    }

    #[test]
    fn hair_cells_at_rest_stay_at_rest() {
        let rest = HairCells::at_rest();
        let mut cells = rest.clone();
        let mut p = f32x8::ZERO;
        for _ in 0..5 * STEPS_PER_SECOND {
            p = cells.step(f32x8::ZERO);
        }
        for (pool, resting) in
            [(cells.free, rest.free), (cells.cleft, rest.cleft), (cells.reprocessing, rest.reprocessing)]
        {
            let (pool, resting) = (pool.to_array()[0], resting.to_array()[0]);
            assert!((pool / resting - 1.0).abs() < 1e-3, "{pool} instead of {resting}");
        }
        // k₀ = gA/(A+B) = 32.787/s, c₀ = yk₀/(lk₀ + y(l+r)) = 1.29507e-3: 64.75 spikes/s per fibre.
        let rate = p.to_array()[0] * STEPS_PER_SECOND as f32;
        assert!((rate - 64.75).abs() < 0.1, "{rate}");
    }

    #[test]
    fn hair_cells_under_constant_push_reach_the_closed_form_of_their_pools() {
        // All derivatives 0 with s = 45, k = g(s + A)/(s + A + B): the same algebra as at rest.
        let k = 2000.0 * 50.0 / 350.0;
        let cleft = 5.05 * k / (2500.0 * k + 5.05 * (2500.0 + 6580.0));
        let mut cells = HairCells::at_rest();
        for _ in 0..5 * STEPS_PER_SECOND {
            cells.step(f32x8::splat(45.0));
        }
        let expected =
            [(cells.cleft, cleft), (cells.free, cleft * 9080.0 / k), (cells.reprocessing, cleft * 6580.0 / 66.3)];
        for (pool, expected) in expected {
            assert!((f64::from(pool.to_array()[0]) / expected - 1.0).abs() < 1e-3, "{pool:?} instead of {expected}");
        }
    }

    #[test]
    fn fibres_fire_as_often_as_forty_coins_with_a_dead_time() {
        // A renewal process: mean interval 1/p + 23 steps, for each of 40 fibres.
        for p in [0.003f32, 0.04, 0.3] {
            let mut rngs = rngs(5);
            let mut fibres = Fibres::new(&mut rngs);
            let steps = 200_000;
            let mut total = 0.0f64;
            for _ in 0..steps {
                total += f64::from(fibres.step(f32x8::splat(p), &mut rngs).reduce_add());
            }
            let expected = 40.0 * LANES as f64 * f64::from(steps) / (1.0 / f64::from(p) + 23.0);
            // Poisson is the widest such a count can be: five standard errors.
            assert!((total - expected).abs() < 5.0 * expected.sqrt(), "p = {p}: {total} instead of {expected}");
        }
    }

    #[test]
    fn the_first_step_of_the_fibres_is_binomial() {
        let (n, p) = (4000, 0.05f64);
        let mut counts = [0usize; 41];
        for seed in 0..n / LANES as u64 {
            let mut rngs = rngs(seed);
            let mut fibres = Fibres::new(&mut rngs);
            for fired in fibres.step(f32x8::splat(p as f32), &mut rngs).to_array() {
                counts[fired as usize] += 1;
            }
        }
        // Binomial(40, 0.05): chi-squared over 0…5 and the rest; 6 degrees of freedom, 22.5 at one in a thousand.
        let mut probability = 0.95f64.powi(40);
        let (mut chi, mut rest) = (0.0, 1.0);
        for (k, &count) in counts.iter().enumerate().take(6) {
            let expected = n as f64 * probability;
            chi += (count as f64 - expected).powi(2) / expected;
            rest -= probability;
            probability *= (40 - k) as f64 / (k + 1) as f64 * p / (1.0 - p);
        }
        let tail = counts[6..].iter().sum::<usize>() as f64;
        chi += (tail - n as f64 * rest).powi(2) / (n as f64 * rest);
        assert!(chi < 22.5, "chi-squared {chi}: {counts:?}");
    }

    #[test]
    fn a_bushy_cell_answers_when_enough_fibres_agree() {
        // After n fibres at once v = n·325/s·(e^(−t/τm) − e^(−t/τs))/(1/τs − 1/τm), with its peak n·0.0813 at
        // τm ln 2: 12.3 are needed, and about 4 % fewer in steps of 1/24 ms.
        let fires = |n: f32| {
            let mut cells = BushyCells::new();
            (0..200).filter(|&t| cells.step(f32x8::splat(if t == 0 { n } else { 0.0 })) & 8 != 0).count()
        };
        assert_eq!((fires(11.0), fires(13.0)), (0, 1));
    }

    #[test]
    fn a_bushy_cell_is_held_for_a_millisecond_after_a_spike() {
        let mut cells = BushyCells::new();
        let times: Vec<usize> = (0..240).filter(|_| cells.step(f32x8::splat(40.0)) & 1 != 0).collect();
        assert!(times.len() > 5);
        assert!(times.windows(2).all(|w| w[1] - w[0] >= REFRACTORY), "{times:?}");
    }
}
