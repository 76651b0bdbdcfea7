//! The private operation of RSA for keys of 2048 bits, several times faster than the general one.
//!
//! Signing is what a callback costs: everything else about a delivery is a small fraction of it. The `rsa` crate
//! works for every size of key, allocates every number, and blinds every step; this file works on arrays of a
//! fixed size, and takes no branch and no index that depends on a secret, so that there is nothing to blind.
//! A result is used only after the public operation has confirmed it: a disturbed computation that got out
//! would give the key away. Keys of other sizes take the general way.

use std::hint::black_box;
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, OnceLock};

use rsa::PrivateKey;
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use zeroize::Zeroizing;

/// Words of a prime and of the modulus.
const HALF: usize = 16;
const FULL: usize = 32;
/// Bits of the exponent that are worked off at a time, and the powers that this takes.
const WINDOW: usize = 4;
const POWERS: usize = 1 << WINDOW;

/// A private key of 2048 bits, prepared.
pub(crate) struct PrivateOperation {
    p: Prime,
    q: Arc<Prime>,
    /// The inverse of q modulo p, in Montgomery form.
    q_inverse: Zeroizing<[u64; HALF]>,
    modulus: Modulus<FULL>,
    public_exponent: u64,
    running: AtomicUsize,
    assistant: OnceLock<Option<Assistant>>,
}

/// A number modulo one of the primes.
type Residue = Zeroizing<[u64; HALF]>;

struct Prime {
    modulus: Modulus<HALF>,
    exponent: Zeroizing<[u64; HALF]>,
}

/// An odd modulus with what Montgomery multiplication needs. Numbers are least significant word first.
struct Modulus<const N: usize> {
    value: Zeroizing<[u64; N]>,
    /// -1 / value modulo 2^64.
    negative_inverse: u64,
    /// R^2 and R^3 modulo value, where R is 2^(64 N).
    r2: Zeroizing<[u64; N]>,
    r3: Zeroizing<[u64; N]>,
}

impl PrivateOperation {
    /// Prepares a key, `None` when it is not one of two primes of 1024 bits each.
    pub(crate) fn new(key: &PrivateKey) -> Option<Self> {
        let [p, q] = key.primes() else { return None };
        let p = Prime::new(&p.to_be_bytes(), &key.dp()?.to_be_bytes())?;
        let q = Prime::new(&q.to_be_bytes(), &key.dq()?.to_be_bytes())?;
        let inverse = words::<HALF>(&key.crt_coefficient()?.to_be_bytes())?;
        let q_inverse = p.modulus.multiply(&inverse, &p.modulus.r2);
        let exponent = words::<1>(&key.e_bytes())?;
        Some(Self {
            modulus: Modulus::new(words(&key.n_bytes())?)?,
            public_exponent: exponent.first().copied()?,
            q_inverse: Zeroizing::new(q_inverse),
            p,
            q: Arc::new(q),
            running: AtomicUsize::new(0),
            assistant: OnceLock::new(),
        })
    }

    /// Raises a message of 256 bytes, most significant first, to the private exponent; `None` when the message
    /// is no number below the modulus or the result was found wrong.
    pub(crate) fn apply(&self, message: &[u8]) -> Option<Vec<u8>> {
        let message = words::<FULL>(message)?;
        if !is_less(&message, &self.modulus.value) {
            return None;
        }
        let (at_p, at_q) = self.both_halves(&message);
        // A number modulo q may exceed p, but not by p or more: both have their top bit set.
        let at_q_mod_p = self.p.modulus.reduce_once(&at_q, 0);
        let difference = self.p.modulus.subtract(&at_p, &at_q_mod_p);
        let height = Zeroizing::new(self.p.modulus.multiply(&difference, &self.q_inverse));
        let result = multiply_add(&height, &self.q.modulus.value, &at_q);
        (self.modulus.power_public(&result, self.public_exponent) == *message).then(|| bytes(&result))
    }

    /// The message to the two private exponents. A signature that is alone uses a second processor if one is idle:
    /// then it is the time of this one that an uploader waits for. Among others it uses one, because then it is
    /// throughput that counts.
    fn both_halves(&self, message: &[u64; FULL]) -> (Residue, Residue) {
        let alone = self.running.fetch_add(1, Ordering::Relaxed) == 0;
        let offer = if alone { self.offer(message) } else { None };
        let at_p = self.p.power(message);
        let at_q = offer.and_then(Offer::take).unwrap_or_else(|| self.q.power(message));
        self.running.fetch_sub(1, Ordering::Relaxed);
        (at_p, at_q)
    }

    fn offer(&self, message: &[u64; FULL]) -> Option<Offer> {
        let assistant = self.assistant.get_or_init(Assistant::hire).as_ref()?;
        let claimed = Arc::new(AtomicBool::new(false));
        let (answer, result) = sync_channel(1);
        let job =
            Job { prime: Arc::clone(&self.q), message: *message, claimed: Arc::clone(&claimed), answer };
        assistant.jobs.try_send(job).ok().map(|()| Offer { claimed, result })
    }
}

/// A thread that computes halves for whoever signs alone.
struct Assistant {
    jobs: SyncSender<Job>,
}

struct Job {
    prime: Arc<Prime>,
    message: [u64; FULL],
    claimed: Arc<AtomicBool>,
    answer: SyncSender<Residue>,
}

/// A half that the assistant may or may not have begun.
struct Offer {
    claimed: Arc<AtomicBool>,
    result: Receiver<Residue>,
}

impl Assistant {
    /// Starts the thread, which ends with the key; `None` where there is no second processor.
    fn hire() -> Option<Self> {
        if std::thread::available_parallelism().map_or(1, NonZero::get) < 2 {
            return None;
        }
        let (jobs, offered) = sync_channel::<Job>(1);
        let work = move || {
            for job in offered {
                if !job.claimed.swap(true, Ordering::AcqRel) {
                    // Nobody listens when the signer is gone, which is its own business.
                    let _ = job.answer.send(job.prime.power(&job.message));
                }
            }
        };
        let thread = std::thread::Builder::new().name("callback-sign".to_owned());
        thread.spawn(work).ok().map(|_| Self { jobs })
    }
}

impl Offer {
    /// The result, unless the assistant has not begun: on a busy machine it is quicker not to wait for it.
    fn take(self) -> Option<Residue> {
        if self.claimed.swap(true, Ordering::AcqRel) { self.result.recv().ok() } else { None }
    }
}

impl Prime {
    fn new(prime: &[u8], exponent: &[u8]) -> Option<Self> {
        let value = words::<HALF>(prime)?;
        if value.last()? >> 63 == 0 {
            return None;
        }
        Some(Self { modulus: Modulus::new(value)?, exponent: words(exponent)? })
    }

    /// The message to the private exponent, modulo this prime.
    fn power(&self, message: &[u64; FULL]) -> Residue {
        let base = self.modulus.multiply(&self.modulus.reduce(message), &self.modulus.r3);
        let power = self.modulus.power_secret(&base, &self.exponent);
        let mut one = [0; HALF];
        if let Some(word) = one.first_mut() {
            *word = 1;
        }
        Zeroizing::new(self.modulus.multiply(&power, &one))
    }
}

#[expect(clippy::indexing_slicing, reason = "arrays of fixed size, indexed by loops that stay within it")]
#[expect(
    clippy::needless_range_loop,
    reason = "the index is the weight of a word, which these loops are about"
)]
impl<const N: usize> Modulus<N> {
    fn new(value: Zeroizing<[u64; N]>) -> Option<Self> {
        let lowest = value.first().copied()?;
        if lowest & 1 == 0 {
            return None;
        }
        // Newton's iteration doubles the bits that are right; an odd number is its own inverse modulo 8.
        let mut inverse = lowest;
        for _ in 0..5 {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(lowest.wrapping_mul(inverse)));
        }
        let none = Zeroizing::new([0; N]);
        let mut modulus =
            Self { value, negative_inverse: inverse.wrapping_neg(), r2: none.clone(), r3: none };
        let mut doubled = [0; N];
        doubled[0] = 1;
        for _ in 0..2 * 64 * N {
            doubled = modulus.double(&doubled);
        }
        *modulus.r2 = doubled;
        *modulus.r3 = modulus.multiply(&doubled, &doubled);
        Some(modulus)
    }

    /// a b / R modulo value: Montgomery's product, operand scanning, for a b < R value.
    #[inline]
    fn multiply(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let mut sum = [0; N];
        let mut top = 0_u64;
        for &word in a {
            let mut carry = 0;
            for j in 0..N {
                (sum[j], carry) = multiply_word(word, b[j], sum[j], carry);
            }
            let (above, overflow) = top.overflowing_add(carry);
            let factor = sum[0].wrapping_mul(self.negative_inverse);
            let (_, mut carry) = multiply_word(factor, self.value[0], sum[0], 0);
            for j in 1..N {
                (sum[j - 1], carry) = multiply_word(factor, self.value[j], sum[j], carry);
            }
            let (above, again) = above.overflowing_add(carry);
            sum[N - 1] = above;
            top = u64::from(overflow) + u64::from(again);
        }
        self.reduce_once(&sum, top)
    }

    /// Subtracts the modulus once if the number, with `top` above it, is not below it.
    #[inline]
    fn reduce_once(&self, number: &[u64; N], top: u64) -> [u64; N] {
        let mut reduced = [0; N];
        let mut borrow = 0;
        for j in 0..N {
            (reduced[j], borrow) = subtract_word(number[j], self.value[j], borrow);
        }
        // All ones when the subtraction went below zero; the compiler must not see that it is one of two values.
        let keep = black_box(0_u64.wrapping_sub(borrow & (top ^ 1)));
        for j in 0..N {
            reduced[j] = (number[j] & keep) | (reduced[j] & !keep);
        }
        reduced
    }

    fn double(&self, number: &[u64; N]) -> [u64; N] {
        let mut doubled = [0; N];
        let mut top = 0;
        for j in 0..N {
            doubled[j] = (number[j] << 1) | top;
            top = number[j] >> 63;
        }
        self.reduce_once(&doubled, top)
    }

    /// a - b modulo value, for both below it.
    fn subtract(&self, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
        let mut difference = [0; N];
        let mut borrow = 0;
        for j in 0..N {
            (difference[j], borrow) = subtract_word(a[j], b[j], borrow);
        }
        let add = black_box(0_u64.wrapping_sub(borrow));
        let mut carry = 0;
        for j in 0..N {
            (difference[j], carry) = multiply_word(1, self.value[j] & add, difference[j], carry);
        }
        difference
    }

    /// number / R modulo value, for a number below R value.
    fn reduce(&self, number: &[u64; FULL]) -> [u64; N] {
        let mut wide = Zeroizing::new(*number);
        let mut top = 0_u64;
        for i in 0..N {
            let factor = wide[i].wrapping_mul(self.negative_inverse);
            let mut carry = 0;
            for j in 0..N {
                (wide[i + j], carry) = multiply_word(factor, self.value[j], wide[i + j], carry);
            }
            (wide[i + N], top) = multiply_word(1, carry, wide[i + N], top);
        }
        let mut upper = [0; N];
        upper.copy_from_slice(&wide[N..2 * N]);
        self.reduce_once(&upper, top)
    }

    /// base^exponent, all in Montgomery form but the exponent, which is a secret.
    fn power_secret(&self, base: &[u64; N], exponent: &[u64; N]) -> [u64; N] {
        let mut powers = Zeroizing::new([[0_u64; N]; POWERS]);
        let mut one = [0; N];
        one[0] = 1;
        powers[0] = self.multiply(&one, &self.r2);
        for number in 1..POWERS {
            powers[number] = self.multiply(&powers[number - 1], base);
        }
        let mut power = powers[0];
        for word in exponent.iter().rev() {
            for shift in (0..64).step_by(WINDOW).rev() {
                for _ in 0..WINDOW {
                    power = self.multiply(&power, &power);
                }
                let digit = (word >> shift) & (POWERS as u64 - 1);
                power = self.multiply(&power, &select(&powers, digit));
            }
        }
        power
    }

    /// base^exponent for a public exponent.
    fn power_public(&self, base: &[u64; N], exponent: u64) -> [u64; N] {
        let base = self.multiply(base, &self.r2);
        let mut power = base;
        for bit in (0..63 - exponent.leading_zeros().min(63)).rev() {
            power = self.multiply(&power, &power);
            if (exponent >> bit) & 1 == 1 {
                power = self.multiply(&power, &base);
            }
        }
        let mut one = [0; N];
        one[0] = 1;
        self.multiply(&power, &one)
    }
}

/// The entry with this number, found by touching all of them, so that the caches learn nothing.
#[inline]
fn select<const N: usize>(powers: &[[u64; N]; POWERS], number: u64) -> [u64; N] {
    let mut selected = [0; N];
    for (index, power) in (0_u64..).zip(powers) {
        let difference = index ^ number;
        // All ones for a difference of zero, without a comparison.
        let mask = black_box(((difference | difference.wrapping_neg()) >> 63).wrapping_sub(1));
        for (word, value) in selected.iter_mut().zip(power) {
            *word |= value & mask;
        }
    }
    selected
}

/// a b + c, as 2048 bits.
#[expect(clippy::indexing_slicing, reason = "arrays of fixed size, indexed by loops that stay within it")]
fn multiply_add(a: &[u64; HALF], b: &[u64; HALF], c: &[u64; HALF]) -> [u64; FULL] {
    let mut product = [0; FULL];
    product[..HALF].copy_from_slice(c);
    for i in 0..HALF {
        let mut carry = 0;
        for j in 0..HALF {
            (product[i + j], carry) = multiply_word(a[i], b[j], product[i + j], carry);
        }
        let mut above = i + HALF;
        while above < FULL {
            (product[above], carry) = multiply_word(1, carry, product[above], 0);
            above += 1;
        }
    }
    product
}

/// a b + c + d, low word and high word; the sum always fits.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "the two words of the result are taken apart")]
fn multiply_word(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum = u128::from(a) * u128::from(b) + u128::from(c) + u128::from(d);
    (sum as u64, (sum >> 64) as u64)
}

/// a - b - borrow, and the next borrow.
#[inline(always)]
fn subtract_word(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(borrow);
    (difference, u64::from(first) | u64::from(second))
}

/// Whether a public number is below another.
fn is_less<const N: usize>(a: &[u64; N], b: &[u64; N]) -> bool {
    a.iter().rev().cmp(b.iter().rev()).is_lt()
}

/// Words from bytes, most significant byte first; `None` when the number does not fit.
fn words<const N: usize>(bytes: &[u8]) -> Option<Zeroizing<[u64; N]>> {
    let mut words = Zeroizing::new([0_u64; N]);
    let mut chunks = bytes.rchunks(8);
    for (word, chunk) in words.iter_mut().zip(&mut chunks) {
        *word = chunk.iter().fold(0, |word, byte| (word << 8) | u64::from(*byte));
    }
    chunks.all(|chunk| chunk.iter().all(|byte| *byte == 0)).then_some(words)
}

fn bytes(words: &[u64; FULL]) -> Vec<u8> {
    words.iter().rev().flat_map(|word| word.to_be_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use md5::{Digest, Md5};
    use rsa::Pkcs1v15Sign;

    use super::*;
    use crate::signature::encode_md5;

    #[test]
    fn agrees_with_the_general_way() {
        for _ in 0..6 {
            let key = PrivateKey::new(&mut rand::rng(), 2048).unwrap();
            let fast = PrivateOperation::new(&key).expect("a key of 2048 bits is prepared");
            for number in 0..20_u32 {
                let digest = Md5::digest(number.to_be_bytes());
                let general = key.sign(Pkcs1v15Sign::new::<Md5>(), &digest).unwrap();
                assert_eq!(fast.apply(&encode_md5(256, &digest).unwrap()).unwrap(), general);
            }
        }
    }

    #[test]
    fn the_corners_of_the_range_are_right() {
        let key = PrivateKey::new(&mut rand::rng(), 2048).unwrap();
        let fast = PrivateOperation::new(&key).unwrap();
        let apply = |words: &[u64; FULL]| fast.apply(&bytes(words));
        let mut number = [0; FULL];
        assert_eq!(apply(&number), Some(vec![0; 256]));
        number[0] = 1;
        assert_eq!(apply(&number).unwrap(), bytes(&number));
        // n - 1 to an odd exponent is n - 1; n and above are no messages.
        number = *fast.modulus.value;
        assert_eq!(apply(&number), None);
        number[0] -= 1;
        assert_eq!(apply(&number).unwrap(), bytes(&number));
        assert_eq!(apply(&[u64::MAX; FULL]), None);
        assert_eq!(fast.apply(&[1; 257]), None);
        // Multiples of a prime have no inverse, but a power all the same.
        let mut multiple = [0; FULL];
        multiple[..HALF].copy_from_slice(&*fast.p.modulus.value);
        assert!(apply(&multiple).is_some());
    }

    #[test]
    fn a_disturbed_computation_gives_nothing() {
        let key = PrivateKey::new(&mut rand::rng(), 2048).unwrap();
        let message = encode_md5(256, &[7; 16]).unwrap();
        let mut fast = PrivateOperation::new(&key).unwrap();
        Arc::get_mut(&mut fast.q).unwrap().exponent[3] ^= 1 << 17;
        assert_eq!(fast.apply(&message), None);
        let mut fast = PrivateOperation::new(&key).unwrap();
        fast.q_inverse[0] ^= 1;
        assert_eq!(fast.apply(&message), None);
    }

    #[test]
    fn signers_do_not_disturb_each_other() {
        let key = PrivateKey::new(&mut rand::rng(), 2048).unwrap();
        let fast = PrivateOperation::new(&key).unwrap();
        let expected: Vec<_> =
            (0..8).map(|seed| fast.apply(&encode_md5(256, &[seed; 16]).unwrap())).collect();
        std::thread::scope(|scope| {
            for (seed, expected) in (0..8).zip(&expected) {
                let fast = &fast;
                scope.spawn(move || {
                    for _ in 0..30 {
                        assert_eq!(&fast.apply(&encode_md5(256, &[seed; 16]).unwrap()), expected);
                    }
                });
            }
        });
        assert!(expected.iter().all(Option::is_some));
        assert_eq!(fast.running.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn other_keys_take_the_general_way() {
        let key = PrivateKey::new(&mut rand::rng(), 1024).unwrap();
        assert!(PrivateOperation::new(&key).is_none());
    }
}
