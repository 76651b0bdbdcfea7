//! MD5 of several streams at once. Each step of MD5 needs the result of the one before, so one stream leaves much of a
//! processor idle. Steps of other streams fill the gaps: a second stream costs about a quarter of what it would alone.

use crate::Error;
use crate::codec::{Decoder, Encoder};

/// Bytes of a block.
pub(super) const BLOCK: usize = 64;

/// RFC 1321, section 3.4: the integer parts of 2^32 times the absolute sines of 1 to 64.
const SINES: [u32; 64] = [
    0xd76a_a478,
    0xe8c7_b756,
    0x2420_70db,
    0xc1bd_ceee,
    0xf57c_0faf,
    0x4787_c62a,
    0xa830_4613,
    0xfd46_9501,
    0x6980_98d8,
    0x8b44_f7af,
    0xffff_5bb1,
    0x895c_d7be,
    0x6b90_1122,
    0xfd98_7193,
    0xa679_438e,
    0x49b4_0821,
    0xf61e_2562,
    0xc040_b340,
    0x265e_5a51,
    0xe9b6_c7aa,
    0xd62f_105d,
    0x0244_1453,
    0xd8a1_e681,
    0xe7d3_fbc8,
    0x21e1_cde6,
    0xc337_07d6,
    0xf4d5_0d87,
    0x455a_14ed,
    0xa9e3_e905,
    0xfcef_a3f8,
    0x676f_02d9,
    0x8d2a_4c8a,
    0xfffa_3942,
    0x8771_f681,
    0x6d9d_6122,
    0xfde5_380c,
    0xa4be_ea44,
    0x4bde_cfa9,
    0xf6bb_4b60,
    0xbebf_bc70,
    0x289b_7ec6,
    0xeaa1_27fa,
    0xd4ef_3085,
    0x0488_1d05,
    0xd9d4_d039,
    0xe6db_99e5,
    0x1fa2_7cf8,
    0xc4ac_5665,
    0xf429_2244,
    0x432a_ff97,
    0xab94_23a7,
    0xfc93_a039,
    0x655b_59c3,
    0x8f0c_cc92,
    0xffef_f47d,
    0x8584_5dd1,
    0x6fa8_7e4f,
    0xfe2c_e6e0,
    0xa301_4314,
    0x4e08_11a1,
    0xf753_7e82,
    0xbd3a_f235,
    0x2ad7_d2bb,
    0xeb86_d391,
];

/// How far each of four steps rotates, by round.
const SHIFTS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];

/// The MD5 of what has come so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Md5State {
    words: [u32; 4],
    /// The beginning of a block that is not whole yet.
    rest: [u8; BLOCK],
    rest_length: usize,
    /// Bytes so far.
    length: u64,
}

/// The MD5 of bytes that are all at hand.
pub(super) fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut state = Md5State::new();
    state.take(bytes);
    state.finish()
}

impl Md5State {
    pub(crate) fn new() -> Self {
        let words = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];
        Self { words, rest: [0; BLOCK], rest_length: 0, length: 0 }
    }

    /// Takes bytes that are all at hand.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let taken = self.take_edge(bytes);
            bytes = bytes.get(taken..).unwrap_or_default();
            let (blocks, rest) = bytes.as_chunks();
            if !blocks.is_empty() {
                take_blocks([(&mut *self, blocks)]);
                bytes = rest;
            }
        }
    }

    pub(crate) fn encode(&self, out: &mut Encoder) {
        for word in self.words {
            out.u32(word);
        }
        out.u64(self.length);
        out.raw(self.rest.get(..self.rest_length).unwrap_or_default());
    }

    pub(crate) fn decode(from: &mut Decoder<'_>) -> Result<Self, Error> {
        let words = [from.u32()?, from.u32()?, from.u32()?, from.u32()?];
        let length = from.u64()?;
        let mut state = Self { words, length, ..Self::new() };
        let rest = usize::try_from(length % BLOCK as u64).unwrap_or_default();
        for (to, byte) in state.rest.iter_mut().zip(from.raw(rest)?) {
            *to = *byte;
        }
        state.rest_length = rest;
        Ok(state)
    }

    /// Takes what has to come before whole blocks can be taken from `bytes`, or all of it where there are none; tells
    /// how much that was.
    pub(super) fn take_edge(&mut self, bytes: &[u8]) -> usize {
        let wanted = if self.rest_length > 0 {
            (BLOCK - self.rest_length).min(bytes.len())
        } else if bytes.len() < BLOCK {
            bytes.len()
        } else {
            0
        };
        let (from, to) =
            (bytes.get(..wanted), self.rest.get_mut(self.rest_length..self.rest_length + wanted));
        if let (Some(from), Some(to)) = (from, to) {
            to.copy_from_slice(from);
        }
        self.rest_length += wanted;
        self.length += wanted as u64;
        if self.rest_length == BLOCK {
            compress([&mut self.words], [&[self.rest]]);
            self.rest_length = 0;
        }
        wanted
    }

    /// The hash.
    pub(crate) fn finish(mut self) -> [u8; 16] {
        let bits = self.length.wrapping_mul(8);
        // One byte 0x80 and as many zeroes as leave eight bytes of the last block for the length.
        let mut zeroes = (2 * BLOCK - 9 - self.rest_length) % BLOCK;
        self.take_edge(&[0x80]);
        while zeroes > 0 {
            zeroes -= self.take_edge([0; BLOCK - 1].get(..zeroes).unwrap_or_default());
        }
        self.take_edge(&bits.to_le_bytes());
        let mut hash = [0; 16];
        for (out, word) in hash.chunks_exact_mut(4).zip(self.words) {
            out.copy_from_slice(&word.to_le_bytes());
        }
        hash
    }
}

/// Takes the same number of whole blocks of every stream, the fewest that any of them has, and tells how many. No stream
/// may be in the middle of a block.
pub(super) fn take_blocks<const N: usize>(streams: [(&mut Md5State, &[[u8; BLOCK]]); N]) -> usize {
    let blocks = streams.each_ref().map(|(_, blocks)| *blocks);
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    let words = streams.map(|(state, _)| {
        debug_assert_eq!(state.rest_length, 0, "the blocks of a stream begin where its last one ended");
        state.length += (count * BLOCK) as u64;
        &mut state.words
    });
    compress(words, blocks);
    count
}

/// RFC 1321, section 3.4, over as many blocks as every stream has.
#[expect(
    clippy::indexing_slicing,
    reason = "all indices are below the lengths of arrays, which the compiler sees"
)]
#[expect(clippy::needless_range_loop, reason = "the index runs through several arrays")]
fn compress<const N: usize>(states: [&mut [u32; 4]; N], blocks: [&[[u8; BLOCK]]; N]) {
    let count = blocks.iter().map(|blocks| blocks.len()).min().unwrap_or(0);
    let blocks = blocks.map(|blocks| &blocks[..count]);
    let column = |at: usize| std::array::from_fn::<u32, N, _>(|lane| states[lane][at]);
    let (mut a, mut b, mut c, mut d) = (column(0), column(1), column(2), column(3));
    // If the compiler knew the sines, it would add them last, to the very sum that the next step waits for.
    let sines = std::hint::black_box(&SINES);
    for at in 0..count {
        let block: [&[u8; BLOCK]; N] = std::array::from_fn(|lane| &blocks[lane][at]);
        let before = [a, b, c, d];
        macro_rules! step {
            ($f:expr, $a:ident, $b:ident, $c:ident, $d:ident, $step:expr, $word:expr, $shift:expr) => {
                for lane in 0..N {
                    const AT: usize = $word % 16 * 4;
                    let from = block[lane];
                    let word = u32::from_le_bytes([from[AT], from[AT + 1], from[AT + 2], from[AT + 3]]);
                    let f: fn(u32, u32, u32) -> u32 = $f;
                    let sum = $a[lane].wrapping_add(word.wrapping_add(sines[$step]));
                    let sum = sum.wrapping_add(f($b[lane], $c[lane], $d[lane]));
                    $a[lane] = sum.rotate_left($shift).wrapping_add($b[lane]);
                }
            };
        }
        macro_rules! four_steps {
            ($f:expr, $round:expr, $step:expr, $stride:expr, $start:expr) => {
                step!($f, a, b, c, d, $step, $step * $stride + $start, SHIFTS[$round][0]);
                step!($f, d, a, b, c, $step + 1, ($step + 1) * $stride + $start, SHIFTS[$round][1]);
                step!($f, c, d, a, b, $step + 2, ($step + 2) * $stride + $start, SHIFTS[$round][2]);
                step!($f, b, c, d, a, $step + 3, ($step + 3) * $stride + $start, SHIFTS[$round][3]);
            };
        }
        macro_rules! round {
            ($f:expr, $round:expr, $stride:expr, $start:expr) => {
                four_steps!($f, $round, $round * 16, $stride, $start);
                four_steps!($f, $round, $round * 16 + 4, $stride, $start);
                four_steps!($f, $round, $round * 16 + 8, $stride, $start);
                four_steps!($f, $round, $round * 16 + 12, $stride, $start);
            };
        }
        round!(|x, y, z| z ^ (x & (y ^ z)), 0, 1, 0);
        // The two halves share no bit, so adding them is the same as joining them and can begin earlier.
        round!(|x, y, z| (z & x).wrapping_add(!z & y), 1, 5, 1);
        round!(|x, y, z| x ^ y ^ z, 2, 3, 5);
        round!(|x, y, z| y ^ (x | !z), 3, 7, 0);
        for (now, before) in [&mut a, &mut b, &mut c, &mut d].into_iter().zip(before) {
            for (now, before) in now.iter_mut().zip(before) {
                *now = now.wrapping_add(before);
            }
        }
    }
    for (lane, state) in states.into_iter().enumerate() {
        *state = [a[lane], b[lane], c[lane], d[lane]];
    }
}

#[cfg(test)]
mod tests {
    use md5::{Digest as _, Md5};

    use super::*;

    fn whole(bytes: &[u8]) -> [u8; 16] {
        let mut state = Md5State::new();
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = &rest[state.take_edge(rest)..];
            if rest.len() >= BLOCK {
                let (blocks, after) = rest.as_chunks();
                assert_eq!(take_blocks([(&mut state, blocks)]), blocks.len());
                rest = after;
            }
        }
        state.finish()
    }

    fn noise(length: usize, seed: u8) -> Vec<u8> {
        (0..length)
            .map(|at| (at.wrapping_mul(at).wrapping_add(at >> 7) as u8).wrapping_mul(31) ^ seed)
            .collect()
    }

    #[test]
    fn the_test_suite_of_rfc_1321() {
        let check = |text: &str, expected: &str| {
            let hash: String = whole(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, expected, "{text}");
        };
        check("", "d41d8cd98f00b204e9800998ecf8427e");
        check("a", "0cc175b9c0f1b6a831c399e269772661");
        check("abc", "900150983cd24fb0d6963f7d28e17f72");
        check("message digest", "f96b697d7cb7938d525a2f31aaf161d0");
        check("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b");
        check(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
            "d174ab98d277d9f5a5611c2c9f419d9f",
        );
        check(&"1234567890".repeat(8), "57edf4a22be3c955ac49da2e2107b67a");
    }

    #[test]
    fn every_length_around_blocks() {
        for length in 0..300 {
            let bytes = noise(length, 7);
            let known = <[u8; 16]>::from(Md5::digest(&bytes));
            assert_eq!(whole(&bytes), known, "{length} bytes in pieces");
            assert_eq!(digest(&bytes), known, "{length} bytes at once");
        }
    }

    #[test]
    fn a_state_goes_on_after_it_was_stored() {
        for (first, second) in [(0, 0), (0, 100), (1, 63), (64, 64), (100, 0), (129, 1000)] {
            let bytes = noise(first + second, 3);
            let mut state = Md5State::new();
            state.take(&bytes[..first]);
            let mut out = Encoder::with_capacity(0);
            state.encode(&mut out);
            let row = out.into_vec();
            let mut from = Decoder::new(&row, "a state");
            let mut state = Md5State::decode(&mut from).unwrap();
            from.end().unwrap();
            state.take(&bytes[first..]);
            assert_eq!(state.finish(), <[u8; 16]>::from(Md5::digest(&bytes)), "{first} and {second}");
        }
    }

    #[test]
    fn streams_side_by_side_do_not_mix() {
        let streams: Vec<Vec<u8>> = (0..4).map(|seed| noise(BLOCK * (5 + usize::from(seed)), seed)).collect();
        let blocks: Vec<&[[u8; BLOCK]]> = streams.iter().map(|stream| stream.as_chunks().0).collect();
        let mut states: [Md5State; 4] = std::array::from_fn(|_| Md5State::new());
        let [first, second, third, fourth] = &mut states;
        let taken =
            take_blocks([(first, blocks[0]), (second, blocks[1]), (third, blocks[2]), (fourth, blocks[3])]);
        assert_eq!(taken, 5);
        for (state, stream) in states.into_iter().zip(&streams) {
            // All went as far as the shortest.
            assert_eq!(state.finish(), <[u8; 16]>::from(Md5::digest(&stream[..BLOCK * 5])));
        }
    }
}
