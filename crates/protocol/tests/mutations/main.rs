//! Signed requests of every operation, altered at random. Whatever still verifies must mean what was signed: the same
//! method, bucket, key and operation, the same parameters and headers as far as the version covers them.
//!
//! `OSSICLE_MUTATIONS` says how many are tried, `OSSICLE_MUTATION_SEED` where the random numbers begin; `cargo xtask mutate`
//! sets both.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod alter;
mod meaning;
mod random;
mod requests;
mod signing;

use std::collections::BTreeMap;

use ossicle_protocol::Operation;

use crate::meaning::Meaning;
use crate::random::Random;
use crate::signing::Way;

/// Tried where nobody says how many.
const USUAL_COUNT: u64 = 20_000;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

#[test]
fn what_still_verifies_means_what_was_signed() {
    let count = number("OSSICLE_MUTATIONS", USUAL_COUNT);
    let mut random = Random::new(number("OSSICLE_MUTATION_SEED", 1));
    let mut verified: BTreeMap<&str, u64> = BTreeMap::new();
    for turn in 0..count {
        let way = Way::ALL[usize::try_from(turn).unwrap() % Way::ALL.len()];
        let plain = requests::random(&mut random, way);
        let signed = signing::sign(&plain, way, &mut random);
        let meant = Meaning::of(&signed, way)
            .unwrap_or_else(|refusal| panic!("the request itself does not verify: {refusal}\n{signed}"));
        let (altered, how) = alter::some(&signed, &mut random);
        let Ok(means) = Meaning::of(&altered, way) else { continue };
        assert_eq!(means, meant, "turn {turn}, {way:?}, {how:?}\nsigned:\n{signed}\nverified as:\n{altered}");
        *verified.entry(way.name()).or_default() += 1;
    }
    println!("{count} altered requests; still verified, with the same meaning: {verified:?}");
    // A generator that only breaks signatures would prove nothing.
    assert!(verified.len() == Way::ALL.len() && verified.values().sum::<u64>() > count / 100, "{verified:?}");
}

#[test]
fn every_operation_is_among_the_requests() {
    let missing: Vec<_> = Operation::ALL.into_iter().filter(|op| !requests::covers(*op)).collect();
    assert!(missing.is_empty(), "no request for {missing:?}");
}
