//! Exponential backoff with jitter.

/// Returns the pause after the attempt of this number: doubled each time, and between half and the whole of that at
/// random, so that deliveries which failed together do not come back together.
pub(super) fn pause_ms(first_ms: u64, max_ms: u64, attempt: u32, random: u32) -> i64 {
    let doubled = first_ms.saturating_mul(1_u64.checked_shl(attempt.saturating_sub(1)).unwrap_or(u64::MAX));
    let whole = doubled.min(max_ms).max(1);
    let jitter = (u128::from(whole / 2) * u128::from(random)) >> 32;
    i64::try_from(u128::from(whole - whole / 2) + jitter).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_with_half_of_it_at_random() {
        let cases = [
            (1, 0, 500),
            (1, u32::MAX, 999),
            (2, 0, 1000),
            (4, 0, 4000),
            (10, 0, 30_000),
            (63, u32::MAX, 59_999),
            (u32::MAX, 0, 30_000),
        ];
        for (attempt, random, expected) in cases {
            assert_eq!(pause_ms(1000, 60_000, attempt, random), expected, "attempt {attempt}");
        }
    }
}
