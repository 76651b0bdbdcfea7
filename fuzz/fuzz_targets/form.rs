//! Forms: any bytes in any pieces are read or refused, alike whatever the pieces, and never more is held than the bounds say.
#![no_main]

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use ossicle_protocol::ErrorCode;
use ossicle_protocol::form::{Boundary, FIELDS_LIMIT, FormPiece, FormReader};

/// What was read: fields, the file, and what refused the form.
type Outcome = (Vec<(String, String)>, Vec<u8>, Result<(), ErrorCode>);

fn read<'a>(boundary: &Boundary, pieces: impl Iterator<Item = &'a [u8]>) -> Outcome {
    let (mut reader, mut fields, mut file) = (FormReader::new(boundary), Vec::new(), Vec::new());
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        loop {
            match reader.next(&mut input) {
                Ok(None) => break,
                Ok(Some(FormPiece::Field { name, value })) => fields.push((name, value)),
                Ok(Some(FormPiece::Data(data))) => file.extend_from_slice(&data),
                Ok(Some(FormPiece::File(_) | FormPiece::End)) => {}
                Err(error) => return (fields, file, Err(error.code())),
            }
            assert!(reader.held() <= FIELDS_LIMIT);
        }
    }
    (fields, file, reader.finish().map_err(|error| error.code()))
}

fuzz_target!(|input: (&[u8], &[u8], u8)| {
    let (content_type, body, size) = input;
    let _ = Boundary::parse(content_type);
    let Ok(boundary) = Boundary::parse(b"multipart/form-data; boundary=b") else { return };
    let whole = read(&boundary, std::iter::once(body));
    let pieces = read(&boundary, body.chunks(usize::from(size).max(1)));
    assert_eq!(whole, pieces);
});
