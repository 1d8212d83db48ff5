//! The random numbers of the processor: a shift register for every synapse column.
//!
//! BrainScaleS-2 has one 16-bit linear-feedback shift register a column, which its vector unit reads eight bits at
//! a time and which moves on by one bit a draw (libnux, `parallel_rng.h`). Which polynomial each has is not published;
//! here all have x¹⁶ + x¹⁴ + x¹³ + x¹¹ + 1, whose period is 2¹⁶ − 1, and start at different places.

use crate::base::rng;

/// Taps of the polynomial in Galois form.
pub(super) const TAPS: u16 = 0xb400;

/// Different states for `n` columns, none of them 0, in which a register would stay.
pub(super) fn seeded(seed: u64, n: usize) -> Vec<u16> {
    (0..n as u64).map(|column| 1 + (rng::mix(seed ^ 0x1f5e, column) % 0xffff) as u16).collect()
}

/// Moves a register on by one bit and gives its low eight.
#[inline(always)]
pub(super) fn draw(state: &mut u16) -> i32 {
    let feedback = (*state & 1).wrapping_neg() & TAPS;
    *state = (*state >> 1) ^ feedback;
    i32::from(*state & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ward & Molteno, "Table of Linear Feedback Shift Registers" (2007): 16, 14, 13, 11 is of maximal length.
    #[test]
    fn a_register_passes_through_every_state_but_zero() {
        let mut state = 0xace1;
        let mut period = 0u32;
        loop {
            draw(&mut state);
            period += 1;
            assert_ne!(state, 0);
            if state == 0xace1 {
                break;
            }
        }
        assert_eq!(period, 65_535);
    }

    /// The first states computed by hand from the polynomial: 0xace1 is odd, so it shifts to 0x5670 and takes the taps.
    #[test]
    fn the_first_states_follow_from_the_polynomial() {
        let mut state = 0xace1;
        let mut next = || {
            draw(&mut state);
            state
        };
        assert_eq!([next(), next(), next()], [0xe270, 0x7138, 0x389c]);
    }

    #[test]
    fn columns_start_at_different_places() {
        let mut states = seeded(1, 266);
        assert!(states.iter().all(|state| *state != 0));
        states.sort_unstable();
        states.dedup();
        assert!(states.len() > 260, "{} of 266", states.len());
    }
}
