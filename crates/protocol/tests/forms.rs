//! Forms in pieces of any size: what browsers and SDKs send, what is refused, and the same reading as another parser.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use ossicle_protocol::form::{
    Boundary, FIELD_COUNT_LIMIT, FIELDS_LIMIT, FileHead, FormPiece, FormReader, HEAD_LINE_LIMIT, NAME_LIMIT,
    PREAMBLE_LIMIT, VALUE_LIMIT,
};
use ossicle_protocol::{Error, ErrorCode};
use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_assert_eq, prop_assume, prop_oneof, proptest};
use proptest::sample::select;

const BOUNDARY: &str = "b0-x";

/// A form that was read to its end.
#[derive(Debug, Default, PartialEq, Eq)]
struct Form {
    fields: Vec<(String, String)>,
    head: FileHead,
    file: Vec<u8>,
}

fn boundary() -> Boundary {
    Boundary::parse(format!("multipart/form-data; boundary={BOUNDARY}").as_bytes()).unwrap()
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Result<Form, Error> {
    let (mut reader, mut form) = (FormReader::new(&boundary()), Form::default());
    for piece in pieces {
        let mut input = Bytes::copy_from_slice(piece);
        while let Some(piece) = reader.next(&mut input)? {
            match piece {
                FormPiece::Field { name, value } => form.fields.push((name, value)),
                FormPiece::File(head) => form.head = head,
                FormPiece::Data(data) => {
                    assert!(!data.is_empty());
                    form.file.extend_from_slice(&data);
                }
                FormPiece::End => {}
            }
        }
    }
    reader.finish()?;
    let held: usize = form.fields.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert_eq!(reader.held(), held);
    Ok(form)
}

/// A body of these parts, each a head with its empty line and content.
fn body(parts: &[&str]) -> Vec<u8> {
    let mut body = Vec::new();
    for part in parts {
        body.extend_from_slice(format!("--{BOUNDARY}\r\n{part}\r\n").as_bytes());
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

fn field(name: &str, value: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
}

const FILE: &str = "Content-Disposition: form-data; name=\"file\"; filename=\"f.txt\"\r\nContent-Type: text/plain\r\n\r\nHello";

#[test]
fn a_form_in_pieces_of_every_size() {
    let body = body(&[&field("key", "a\r\n--b0-\r\nb"), &field("Empty", ""), FILE, &field("late", "1")]);
    let expected = Form {
        fields: vec![("key".into(), "a\r\n--b0-\r\nb".into()), ("Empty".into(), String::new())],
        head: FileHead { file_name: Some(b"f.txt".to_vec()), content_type: Some("text/plain".into()) },
        file: b"Hello".to_vec(),
    };
    for size in 1..body.len() {
        assert_eq!(read(body.chunks(size)).unwrap(), expected, "{size}");
        let (first, second) = body.split_at(size);
        assert_eq!(read([first, second]).unwrap(), expected, "{size}");
    }
}

#[test]
fn heads_as_clients_write_them() {
    let check = |head: &str, file_name: Option<&str>, content_type: Option<&str>| {
        let form = read([body(&[&format!("{head}\r\n\r\nx")]).as_slice()]).unwrap();
        let expected = FileHead {
            file_name: file_name.map(|name| name.as_bytes().to_vec()),
            content_type: content_type.map(str::to_owned),
        };
        assert_eq!((form.head, form.file), (expected, b"x".to_vec()), "{head}");
    };
    // Browsers.
    check(
        "Content-Disposition: form-data; name=\"file\"; filename=\"a;b.txt\"\r\nContent-Type: image/png",
        Some("a;b.txt"),
        Some("image/png"),
    );
    check(
        "Content-Disposition: form-data; name=\"file\"; filename=\"\"\r\nContent-Type: application/octet-stream",
        Some(""),
        Some("application/octet-stream"),
    );
    check(r#"Content-Disposition: form-data; name="file"; filename="C:\d\a.txt""#, Some(r"C:\d\a.txt"), None);
    check("Content-Disposition: form-data; name=\"file\"", None, None);
    // .NET: the type first, names unquoted, and the file name a second time.
    check(
        "Content-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name=file; filename=a.txt; filename*=utf-8''%E6%96%87.txt",
        Some("文.txt"),
        Some("text/plain; charset=utf-8"),
    );
    // An encoding that is not known leaves the plain name.
    check("Content-Disposition: form-data; name=file; filename=a; filename*=gbk''%CE%C4", Some("a"), None);
    // OkHttp tells a length; curl's own test suite folds nothing but writes names in any case.
    check(
        "content-disposition:form-data; NAME=\"FILE\"; FileName=a\r\nContent-Length: 1\r\ncontent-type:",
        Some("a"),
        None,
    );
}

#[test]
fn delimiters_as_clients_write_them() {
    let part = field("a", "1");
    let check = |body: String| {
        let form = read([body.as_bytes()]).unwrap_or_else(|error| panic!("{body:?}: {error}"));
        assert_eq!((form.fields, form.file), (vec![("a".into(), "1".into())], b"Hello".to_vec()), "{body:?}");
    };
    let b = BOUNDARY;
    check(format!("--{b}\r\n{part}\r\n--{b}\r\n{FILE}\r\n--{b}--"));
    check(format!("\r\n--{b}\r\n{part}\r\n--{b}\r\n{FILE}\r\n--{b}--\r\n"));
    check(format!("A preamble\r\n--b0-y\r\n--{b}\r\n{part}\r\n--{b}\r\n{FILE}\r\n--{b}--\r\nan epilogue"));
    check(format!("--{b} \t\r\n{part}\r\n--{b}  \r\n{FILE}\r\n--{b}--\r\n"));
    // What follows the file is not read, not even the end of its delimiter's line.
    check(format!("--{b}\r\n{part}\r\n--{b}\r\n{FILE}\r\n--{b}"));
    check(format!("--{b}\r\n{part}\r\n--{b}\r\n{FILE}\r\n--{b}\r\n{part}"));
}

#[test]
fn forms_that_are_none() {
    let check = |body: &[u8], code: ErrorCode, ec: &str| {
        for size in [1, 7, body.len().max(1)] {
            let error = read(body.chunks(size)).unwrap_err();
            assert_eq!((error.code(), error.ec()), (code, ec), "{:?}", String::from_utf8_lossy(body));
        }
    };
    let (malformed, incomplete, head) = (ErrorCode::MalformedPOSTRequest, "0006-00000104", "0006-00000109");
    let whole = body(&[&field("key", "k"), FILE]);
    for cut in [
        "",
        "--b0-x",
        "--b0-x\r\n",
        "--b0-x\r\nContent-Disposition: form-data; name=key\r\n",
        "--b0-x\r\nContent-Disposition: form-data; name=key\r\n\r\nk",
    ] {
        check(cut.as_bytes(), malformed, incomplete);
    }
    check(&whole[..whole.len() - 9], malformed, incomplete);
    check(b"not a form at all", malformed, incomplete);
    check(b"--b0-xy\r\n", malformed, incomplete);
    check(b"--b0-x-\r\n", malformed, incomplete);
    check(b"--b0-x\n", malformed, incomplete);
    check(b"--b0-x\rx", malformed, incomplete);
    check(&[b"--b0-x".as_slice(), &[b' '; 1000]].concat(), malformed, incomplete);
    check(&body(&[&field("key", "k")]), ErrorCode::IncorrectNumberOfFilesInPOSTRequest, incomplete);
    check(b"--b0-x--\r\n", ErrorCode::IncorrectNumberOfFilesInPOSTRequest, incomplete);
    for bad in [
        "no header\r\n\r\nx",
        "\r\nx",
        "Content-Type: text/plain\r\n\r\nx",
        "Content: form-data; name=\"key\"\r\n\r\nx",
        "Content-Disposition: form-data\r\n\r\nx",
        "Content-Disposition: form-data; filename=\"x\"\r\n\r\nx",
        ": form-data; name=\"key\"\r\n\r\nx",
        "Content Disposition: form-data; name=\"key\"\r\n\r\nx",
        "Content-Disposition: form-data;\r\n name=\"key\"\r\n\r\nx",
        "Content-Disposition: form-data; name=\"k\0\"\r\n\r\nx",
    ] {
        check(&body(&[bad]), malformed, head);
    }
    for bytes in [
        b"--b0-x\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\nx\r\n--b0-x".as_slice(),
        b"--b0-x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\xff\r\n--b0-x",
        b"--b0-x\r\nContent-Disposition: form-data; name=\"file\"\r\nContent-Type: \xff\r\n\r\n",
    ] {
        check(bytes, ErrorCode::InvalidArgument, "");
    }
}

#[test]
fn every_element_has_a_bound() {
    let check = |body: &[u8], expected: Option<(ErrorCode, &str)>| {
        let told = read([body]).err().map(|error| (error.code(), error.ec().to_owned()));
        assert_eq!(told, expected.map(|(code, ec)| (code, ec.to_owned())));
        let told_in_pieces = read(body.chunks(1000)).err().map(|error| error.code());
        assert_eq!(told_in_pieces, expected.map(|(code, _)| code));
    };
    let name = |length: usize| body(&[&field(&"n".repeat(length), ""), FILE]);
    check(&name(NAME_LIMIT), None);
    check(&name(NAME_LIMIT + 1), Some((ErrorCode::FieldItemTooLong, "0006-00000110")));
    check(&name(1 << 20), Some((ErrorCode::FieldItemTooLong, "0006-00000110")));
    let value = |length: usize| body(&[&field("v", &"v".repeat(length)), FILE]);
    check(&value(VALUE_LIMIT), None);
    check(&value(VALUE_LIMIT + 1), Some((ErrorCode::FieldItemTooLong, "0006-00000111")));
    assert_eq!(FIELDS_LIMIT, 4 * VALUE_LIMIT);
    let full = field("", &"v".repeat(VALUE_LIMIT));
    let sum = |last: &str| body(&[&full, &full, &full, &full, &field("", last), FILE]);
    let too_much = Some((ErrorCode::MaxPOSTPreDataLengthExceededError, "0006-00000112"));
    check(&sum(""), None);
    check(&sum("v"), too_much);
    let fields = |count: usize| {
        let field = field("", "");
        let mut parts = vec![field.as_str(); count];
        parts.push(FILE);
        body(&parts)
    };
    check(&fields(FIELD_COUNT_LIMIT), None);
    check(&fields(FIELD_COUNT_LIMIT + 1), too_much);
    let lines = |count: usize| body(&[&format!("{}{FILE}", "a: b\r\n".repeat(count))]);
    let bad_head = Some((ErrorCode::MalformedPOSTRequest, "0006-00000109"));
    check(&lines(HEAD_LINE_LIMIT - 2), None);
    check(&lines(HEAD_LINE_LIMIT - 1), bad_head);
    check(&body(&[&format!("a: {}\r\n{FILE}", "b".repeat(1 << 20))]), bad_head);
    let preamble = |length: usize| [vec![b'p'; length], b"\r\n".to_vec(), body(&[FILE])].concat();
    check(&preamble(PREAMBLE_LIMIT - 2), None);
    check(&preamble(PREAMBLE_LIMIT + 1), Some((ErrorCode::MalformedPOSTRequest, "0006-00000104")));
}

/// Reads with another parser.
fn read_elsewhere(pieces: &[Vec<u8>]) -> Result<Form, multer::Error> {
    let pieces: Vec<_> = pieces.iter().map(|piece| Ok::<_, std::io::Error>(piece.clone())).collect();
    let work = async {
        let mut multipart = multer::Multipart::new(stream::iter(pieces), BOUNDARY);
        let mut form = Form::default();
        while let Some(part) = multipart.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                form.head.file_name = part.file_name().map(|name| name.as_bytes().to_vec());
                let content_type = part.headers().get("content-type");
                form.head.content_type = content_type.map(|value| value.to_str().unwrap().to_owned());
                form.file = part.bytes().await?.to_vec();
                break;
            }
            form.fields.push((name, part.text().await?));
        }
        Ok(form)
    };
    work.now_or_never().unwrap()
}

/// Texts that look like delimiters more often than chance has it.
fn text() -> impl Strategy<Value = String> {
    let bits = prop_oneof![
        select(vec!["\r\n--b0-", "\r\n--", "\r\n", "\r", "\n", "-", "b0-x", "x", "\r\r\n--b0-", "--b0-x"])
            .prop_map(str::to_owned),
        "\\PC{0,12}",
    ];
    vec(bits, 0..12).prop_map(|bits| bits.concat())
}

fn disposition(name: &str, file_name: Option<&str>, style: u8) -> String {
    let header = if style & 1 == 0 { "Content-Disposition: " } else { "content-disposition:" };
    let quote = if style & 2 == 0 { "\"" } else { "" };
    let separator = if style & 4 == 0 { "; " } else { ";" };
    let file_name =
        file_name.map(|name| format!("{separator}filename={quote}{name}{quote}")).unwrap_or_default();
    let name = format!("{separator}name={quote}{name}{quote}");
    let both = if style & 8 == 0 { [name, file_name] } else { [file_name, name] };
    format!("{header}form-data{}\r\n", both.concat())
}

proptest! {
    #[test]
    fn well_formed_forms_are_read_as_another_parser_reads_them(
        fields in vec(("[a-zA-Z0-9:_-]{1,9}", text(), any::<u8>()), 0..6),
        file in prop_oneof![text().prop_map(String::into_bytes), vec(any::<u8>(), 0..600)],
        file_name in proptest::option::of("[a-zA-Z0-9.文_-]{0,9}"),
        content_type in proptest::option::of("[a-z]{1,5}/[a-z0-9.+-]{1,9}"),
        style in any::<u8>(),
        preamble in select(vec!["", "\r\n", "a preamble\r\n", "--b0-\r\n"]),
        padding in select(vec!["", " ", " \t "]),
        splits in vec(1_usize..90, 1..40),
    ) {
        let delimiter = format!("\r\n--{BOUNDARY}");
        let clean = |data: &[u8]| !data.windows(delimiter.len()).any(|window| window == delimiter.as_bytes());
        prop_assume!(clean(&file) && fields.iter().all(|(name, value, _)| clean(value.as_bytes()) && name != "file"));
        let mut body = preamble.as_bytes().to_vec();
        for (name, value, style) in &fields {
            body.extend_from_slice(format!("--{BOUNDARY}{padding}\r\n{}\r\n{value}\r\n", disposition(name, None, *style)).as_bytes());
        }
        let content_type = content_type.map(|kind| format!("Content-Type: {kind}\r\n")).unwrap_or_default();
        let named = disposition("file", file_name.as_deref(), style);
        let head = if style & 16 == 0 { [named, content_type] } else { [content_type, named] };
        body.extend_from_slice(format!("--{BOUNDARY}{padding}\r\n{}\r\n", head.concat()).as_bytes());
        body.extend_from_slice(&file);
        body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let mut pieces = Vec::new();
        let mut rest = body.as_slice();
        for size in splits.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece.to_vec());
            rest = after;
        }
        let form = read(pieces.iter().map(Vec::as_slice)).unwrap();
        prop_assert_eq!(&form.file, &file);
        prop_assert_eq!(form, read_elsewhere(&pieces).unwrap());
    }

    #[test]
    fn any_bytes_are_read_or_refused_alike_in_any_pieces(
        bits in vec(prop_oneof![
            select(vec!["--b0-x", "\r\n", "\r\n--b0-x\r\n", "Content-Disposition: form-data; name=\"file\"\r\n", "Content-Disposition: form-data; name=a\r\n", "\r\n\r\n", "--", "\n"]).prop_map(|bit| bit.as_bytes().to_vec()),
            vec(any::<u8>(), 0..5),
            Just(Vec::new()),
        ], 0..20),
        size in 1_usize..9,
    ) {
        let body = bits.concat();
        let told = |outcome: Result<Form, Error>| outcome.map_err(|error| (error.code(), error.ec().to_owned()));
        prop_assert_eq!(told(read([body.as_slice()])), told(read(body.chunks(size))));
    }
}
