//! Images: any file is read within bounds, alike whatever is known of it at first.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ossicle_callback::{Image, ImageProbe, Probed};

fn look(file: &[u8], head: usize) -> Option<Image> {
    let mut probe = ImageProbe::new(file.len() as u64, &file[..head.min(file.len())]);
    for _ in 0..1000 {
        match probe.look() {
            Probed::Needs(range) => {
                let bytes = &file[range.start as usize..range.end as usize];
                assert!(!bytes.is_empty());
                probe.add(range.start, bytes);
            }
            Probed::Found(image) => return Some(image),
            Probed::NoImage => return None,
        }
    }
    panic!("a search without end");
}

fuzz_target!(|input: (u8, &[u8])| {
    let (head, file) = input;
    let told = look(file, head.into());
    assert_eq!(told, look(file, file.len()));
    if let Some(image) = told {
        assert!((1..=1_000_000).contains(&image.width) && (1..=1_000_000).contains(&image.height));
    }
});
