//! Files of every kind, made byte by byte as their formats' standards have them.

use proptest::collection::vec;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};
use proptest::sample::select;

use super::{ImageProbe, MAX_BYTES, MAX_STRETCHES, Probed, STRETCH};

/// Width, height and format, or nothing.
type Expected = Option<(u64, u64, &'static str)>;

/// Looks at a file of which the first bytes are known.
fn look(file: &[u8], head: usize) -> Expected {
    let mut probe = ImageProbe::new(file.len() as u64, &file[..head.min(file.len())]);
    let (mut stretches, mut bytes) = (0, 0);
    loop {
        match probe.look() {
            Probed::Found(image) => return Some((image.width, image.height, image.format)),
            Probed::NoImage => return None,
            Probed::Needs(range) => {
                let range = usize::try_from(range.start).unwrap()..usize::try_from(range.end).unwrap();
                (stretches, bytes) = (stretches + 1, bytes + range.len());
                assert!(stretches <= MAX_STRETCHES && bytes <= MAX_BYTES && !range.is_empty());
                probe.add(range.start as u64, &file[range]);
            }
        }
    }
}

#[track_caller]
fn check_whole(file: &[u8], expected: Expected) {
    for head in [0, 12, 40, 600, STRETCH, 64 * 1024, file.len()] {
        assert_eq!(look(file, head), expected, "{head} of {}", file.len());
    }
}

#[track_caller]
fn check(file: &[u8], expected: Expected) {
    check_whole(file, expected);
    // A file that breaks off is none, or is what its head says.
    for length in (0..file.len().min(200)).chain([file.len() - 1]) {
        let told = look(&file[..length], 16);
        assert!(told.is_none() || told == expected, "{length}: {told:?}");
    }
}

fn be16(value: u16) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

fn be32(value: u32) -> Vec<u8> {
    value.to_be_bytes().to_vec()
}

fn png_chunk(kind: &[u8], content: &[u8]) -> Vec<u8> {
    [&be32(u32::try_from(content.len()).unwrap()), kind, content, &[1, 2, 3, 4]].concat()
}

fn png(before: &[u8], width: u32, height: u32) -> Vec<u8> {
    let header = [be32(width), be32(height), vec![8, 6, 0, 0, 0]].concat();
    [b"\x89PNG\r\n\x1a\n", before, &png_chunk(b"IHDR", &header), &png_chunk(b"IDAT", &[0; 50])].concat()
}

#[test]
fn pngs() {
    check(&png(b"", 810, 539), Some((810, 539, "png")));
    // What Xcode makes of them: https://iphonedev.wiki/CgBI_file_format
    check(&png(&png_chunk(b"CgBI", &[0x50, 0, 0x20, 2]), 810, 539), Some((810, 539, "png")));
    check(&png(&png_chunk(b"tEXt", b"x"), 810, 539), None);
    check(&png(b"", 0, 539), None);
    check(&png(b"", 810, 0), None);
    check(&png(b"", 2_147_483_647, 539), None);
    check(&png(b"", 1_000_000, 1), Some((1_000_000, 1, "png")));
    check(b"\x89PNG is not enough", None);
}

#[test]
fn gifs() {
    for version in ["GIF87a", "GIF89a"] {
        check(&[version.as_bytes(), &[0x2a, 3, 1, 2], &[0; 20]].concat(), Some((810, 513, "gif")));
    }
    check(b"GIF89a\0\0\x01\x00..........", None);
    check(b"GIF88a\x2a\x03\x01\x02......", None);
}

#[test]
fn bitmaps() {
    let bitmap = |information: &[u8]| {
        let mut file = [b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", information].concat();
        file.resize(200, 7);
        file
    };
    let windows = |length: u32, width: i32, height: i32| {
        bitmap(&[length.to_le_bytes(), width.to_le_bytes(), height.to_le_bytes()].concat())
    };
    for length in [16, 40, 52, 56, 64, 108, 124] {
        check(&windows(length, 810, 539), Some((810, 539, "bmp")));
    }
    check(&windows(40, 810, -539), Some((810, 539, "bmp")));
    check(&windows(40, -810, 539), None);
    check(&windows(40, 810, i32::MIN), None);
    // OS/2.
    check(&bitmap(&[12, 0, 0, 0, 0x2a, 3, 0x1b, 2, 1, 0, 24, 0]), Some((810, 539, "bmp")));
    check(b"BMW and other makers of cars, in a text that is none of an image", None);
}

#[test]
fn webps_of_all_kinds() {
    let webp = |kind: &[u8], content: &[u8]| {
        [b"RIFF\x40\0\0\0WEBP", kind, &[32, 0, 0, 0], content, &[0; 32]].concat()
    };
    // The two bits above the sides are a scale for showing.
    let lossy = [0x10, 0x20, 0, 0x9d, 1, 0x2a, 0x2a, 0x43, 0x1b, 0xc2];
    check(&webp(b"VP8 ", &lossy), Some((810, 539, "webp")));
    let bits = (810_u32 - 1) | (539 - 1) << 14 | 1 << 28;
    check(&webp(b"VP8L", &[&[0x2f][..], &bits.to_le_bytes()].concat()), Some((810, 539, "webp")));
    check(&webp(b"VP8X", &[0x12, 0, 0, 0, 0x29, 3, 0, 0x1a, 2, 0]), Some((810, 539, "webp")));
    check(&webp(b"VP8X", &[0x12, 0, 0, 0, 0xff, 0xff, 0xff, 0, 0, 0]), None);
    check(&webp(b"ALPH", &lossy), None);
    check(&webp(b"VP8 ", &[0x11, 0x20, 0, 0x9d, 1, 0x2a, 0x2a, 3, 0x1b, 2]), None);
    check(&webp(b"VP8 ", &[0; 10]), None);
    check(&webp(b"VP8L", &[0; 10]), None);
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap();
    [&[0xff, marker][..], &length.to_be_bytes(), content].concat()
}

fn frame(marker: u8, width: u16, height: u16) -> Vec<u8> {
    segment(
        marker,
        &[&[8][..], &be16(height), &be16(width), &[3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]].concat(),
    )
}

fn jpeg(segments: &[Vec<u8>]) -> Vec<u8> {
    let scan = segment(0xda, &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    [&[0xff, 0xd8][..], &segments.concat(), &scan, &[0x12, 0xff, 0, 0x34, 0xff, 0xd0, 0x56, 0xff, 0xd9]]
        .concat()
}

#[test]
fn jpegs() {
    let (app0, tables) = (segment(0xe0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"), segment(0xc4, &[0; 30]));
    let found = Some((810, 539, "jpg"));
    // Every process: baseline, extended, progressive, lossless, differential, arithmetic.
    for marker in [0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf] {
        check(&jpeg(&[app0.clone(), tables.clone(), frame(marker, 810, 539)]), found);
    }
    // Conditioning of arithmetic coding and reserved markers are no frames.
    check(&jpeg(&[segment(0xcc, &[0; 2]), segment(0xc8, &[0; 20]), frame(0xc9, 810, 539)]), found);
    // A hierarchy says first how large it is in all.
    check(&jpeg(&[frame(0xde, 810, 539), frame(0xc1, 405, 270)]), found);
    // Any marker may have any number of bytes FF before it; some stand alone.
    check(
        &jpeg(&[vec![0xff; 500], app0.clone(), vec![0xff, 0x01, 0xff, 0xff, 0xff], frame(0xc0, 810, 539)]),
        found,
    );
    // Decoders skip what stands between segments.
    check(&jpeg(&[app0.clone(), b"\0\0stray".to_vec(), frame(0xc0, 810, 539)]), found);
    // A thumbnail within EXIF is no frame of this image.
    check(&jpeg(&[segment(0xe1, &jpeg(&[frame(0xc0, 160, 120)])), frame(0xc0, 810, 539)]), found);
    check(&jpeg(&[app0]), None);
    check(&jpeg(&[frame(0xc0, 0, 539)]), None);
    check(&[&[0xff, 0xd8, 0xff, 0xe0, 0, 1][..], &[0; 50]].concat(), None);
    check(&[&[0xff, 0xd8, 0xff][..], &[0; 9000]].concat(), None);
}

#[test]
fn a_jpeg_frame_behind_hundreds_of_kilobytes() {
    let full = segment(0xe2, &[0x55; 65_533]);
    for count in [1, 2, 12, 80] {
        let mut segments = vec![full.clone(); count];
        segments.push(frame(0xc2, 810, 539));
        check(&jpeg(&segments), Some((810, 539, "jpg")));
    }
    // There is an end to what is read.
    let mut segments = vec![segment(0xe2, &[0x55; 100]); 200_000];
    segments.push(frame(0xc2, 810, 539));
    assert_eq!(look(&jpeg(&segments), 16), None);
}

#[test]
fn a_jpeg_whose_number_of_lines_comes_last() {
    let scan = segment(0xda, &[3, 1, 0, 2, 0x11, 3, 0x11, 0, 63, 0]);
    let lines = |after: &[u8]| {
        let data = [0x12, 0xff, 0, 0x34, 0xff, 0xd1].repeat(50_000);
        [&[0xff, 0xd8][..], &frame(0xc0, 810, 0), &scan, &data, after, &[0xff, 0xd9]].concat()
    };
    check(&lines(&segment(0xdc, &be16(539))), Some((810, 539, "jpg")));
    check(&lines(&segment(0xdc, &be16(0))), None);
    check(&lines(&segment(0xc4, &[0; 5])), None);
    check(&lines(&[]), None);
}

/// A TIFF under construction.
struct Tiff {
    is_little: bool,
    is_big: bool,
    bytes: Vec<u8>,
}

impl Tiff {
    /// Writes the header, and what follows it before the first directory.
    fn new(is_little: bool, is_big: bool, data: &[u8]) -> Self {
        let mut tiff =
            Self { is_little, is_big, bytes: if is_little { b"II".to_vec() } else { b"MM".to_vec() } };
        tiff.push(if is_big { 43 } else { 42 }, 2);
        if is_big {
            tiff.push(8, 2);
            tiff.push(0, 2);
        }
        let header = if is_big { 16 } else { 8 };
        tiff.push((header + data.len()) as u64, if is_big { 8 } else { 4 });
        tiff.bytes.extend_from_slice(data);
        tiff
    }

    fn push(&mut self, value: u64, length: usize) {
        if self.is_little {
            self.bytes.extend_from_slice(&value.to_le_bytes()[..length]);
        } else {
            self.bytes.extend_from_slice(&value.to_be_bytes()[8 - length..]);
        }
    }

    /// Writes a directory of these entries: tag, type and value.
    fn directory(mut self, entries: &[(u64, u64, u64)], is_last: bool) -> Self {
        let (count, word) = if self.is_big { (8, 8) } else { (2, 4) };
        self.push(entries.len() as u64, count);
        for (tag, kind, value) in entries {
            self.push(*tag, 2);
            self.push(*kind, 2);
            self.push(1, word);
            let length = match kind {
                3 => 2,
                4 => 4,
                16 => 8,
                _ => 1,
            };
            self.push(*value, length);
            self.bytes.resize(self.bytes.len() + word - length, 0xee);
        }
        let next = if is_last { 0 } else { self.bytes.len() + word };
        self.push(next as u64, word);
        self
    }
}

#[test]
fn tiffs_in_both_orders_and_sizes() {
    let entries = |kind: u64| [(254, 4, 0), (256, kind, 810), (257, kind, 539), (258, 3, 8)];
    let found = Some((810, 539, "tiff"));
    for is_little in [true, false] {
        for is_big in [true, false] {
            for data in [0, 10, 100_000, 1_500_000] {
                let tiff = || Tiff::new(is_little, is_big, &vec![0x77; data]);
                check(&tiff().directory(&entries(3), true).bytes, found);
                check(&tiff().directory(&entries(4), true).bytes, found);
                // A reduced image first, as cameras write them.
                let reduced = [(254, 4, 1), (256, 4, 160), (257, 4, 120)];
                check_whole(&tiff().directory(&reduced, false).directory(&entries(4), true).bytes, found);
                check(&tiff().directory(&reduced, true).bytes, Some((160, 120, "tiff")));
                check(&tiff().directory(&[(256, 4, 810)], true).bytes, None);
                check(&tiff().directory(&[(256, 4, 0), (257, 4, 539)], true).bytes, None);
            }
        }
        let big = Tiff::new(is_little, true, &[]).directory(&entries(16), true).bytes;
        check(&big, found);
        // Types of eight bytes are BigTIFF's alone.
        check(&Tiff::new(is_little, false, &[]).directory(&[(256, 16, 810), (257, 3, 1)], true).bytes, None);
    }
    check(b"II*\0\0\0\0\0........", None);
    check(b"II*\0\xff\xff\xff\xff........", None);
    check(b"II+\0\x08\0\0\0\xf8\xff\xff\xff\xff\xff\xff\xff........", None);
    // A directory that is its own successor.
    check(&[&b"II*\0\x08\0\0\0\0\0\x08\0\0\0"[..], &[0; 20]].concat(), None);
}

fn part(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    [&be32(u32::try_from(content.len() + 8).unwrap()), &kind[..], content].concat()
}

fn ispe(width: u32, height: u32) -> Vec<u8> {
    part(b"ispe", &[be32(0), be32(width), be32(height)].concat())
}

/// Writes properties of which the primary item, number 2, has those of these numbers.
fn meta(properties: &[Vec<u8>], own: &[u8]) -> Vec<u8> {
    let primary = part(b"pitm", &[&be32(0)[..], &be16(2)].concat());
    let other = [&be16(1)[..], &[1, 0x81]].concat();
    let own = [&be16(2)[..], &[u8::try_from(own.len()).unwrap()], own].concat();
    let associations = part(b"ipma", &[be32(0), be32(2), other, own].concat());
    let list = part(b"iprp", &[part(b"ipco", &properties.concat()), associations].concat());
    let handler = part(b"hdlr", &[0; 24]);
    part(b"meta", &[be32(0), handler, primary, list].concat())
}

fn heif(brands: &[u8], parts: &[Vec<u8>]) -> Vec<u8> {
    let (major, compatible) = brands.split_at(4);
    [part(b"ftyp", &[major, &[0; 4], compatible].concat()), parts.concat()].concat()
}

#[test]
fn heics_and_avifs() {
    let data = part(b"mdat", &vec![0; 300_000]);
    let properties =
        [ispe(512, 512), part(b"hvcC", &[0; 20]), ispe(4032, 3024), part(b"irot", &[1]), ispe(320, 240)];
    let plain = meta(&properties, &[0x82, 0x83]);
    let turned = meta(&properties, &[0x82, 0x83, 0x84]);
    for (brands, format) in [
        ("heicmif1heic", "heic"),
        ("mif1mif1heic", "heic"),
        ("heixmif1", "heic"),
        ("avifavifmif1miaf", "avif"),
        ("mif1miafMA1Bavif", "avif"),
        ("avisavif", "avif"),
    ] {
        let file = |meta: &[u8]| heif(brands.as_bytes(), &[meta.to_vec(), data.clone()]);
        check(&file(&plain), Some((4032, 3024, format)));
        check(&file(&turned), Some((3024, 4032, format)));
        // The data may come first.
        check(&heif(brands.as_bytes(), &[data.clone(), plain.clone()]), Some((4032, 3024, format)));
    }
    let aperture = |values: [u32; 4]| part(b"clap", &[values.map(be32).concat(), vec![0; 16]].concat());
    let cut = |values| {
        heif(b"heicheic", &[meta(&[ispe(512, 512), ispe(4032, 3024), aperture(values)], &[0x82, 3])])
    };
    check(&cut([4000, 1, 6000, 2]), Some((4000, 3000, "heic")));
    check(&cut([4000, 0, 9000, 1]), Some((4032, 3024, "heic")));
    // Without a primary item the largest counts.
    let list = part(b"iprp", &part(b"ipco", &[ispe(160, 120), ispe(810, 539)].concat()));
    check(&heif(b"heicheic", &[part(b"meta", &[be32(0), list].concat())]), Some((810, 539, "heic")));
    // Films have the same beginning.
    check(&heif(b"isomiso2mp41", &[plain]), None);
    check(&heif(b"heicheic", &[data]), None);
    check(&heif(b"heicheic", &[meta(&[ispe(0, 0)], &[0x81])]), None);
}

#[test]
fn what_is_no_image() {
    for text in ["", "a", "Hello OSS!", "<svg width=\"1\"/>", "%PDF-1.7 and more", "RIFF....WAVEfmt "] {
        check(&[text.as_bytes(), b" "].concat(), None);
    }
}

proptest! {
    #[test]
    fn any_file_is_read_within_the_bounds(
        start in select(vec![
            &b"\xff\xd8\xff"[..], b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0\x08\0\0\0", b"MM\0*\0\0\0\x08",
            b"II+\0\x08\0\0\0", b"RIFF....WEBPVP8 ", b"\0\0\0\x18ftypheic\0\0\0\0heicheic", b"\0\0\0\x0cftypavif",
        ]),
        rest in vec(any::<u8>(), 0..600),
        small in any::<bool>(),
        head in 0_usize..64,
    ) {
        let rest: Vec<u8> = if small { rest.iter().map(|byte| byte & 15).collect() } else { rest };
        let file = [start, &rest].concat();
        let told = look(&file, head);
        prop_assert_eq!(told, look(&file, file.len()));
        if let Some((width, height, _)) = told {
            prop_assert!((1..=1_000_000).contains(&width) && (1..=1_000_000).contains(&height));
        }
    }
}
