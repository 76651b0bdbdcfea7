//! The boundary between the parts of a form, from the `Content-Type` of the request.

use super::parameters;
use crate::{Error, ErrorCode};

/// The longest boundary. RFC 2046 allows 70 characters.
const LONGEST: usize = 256;

/// What stands between the parts of a form, without its leading hyphens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary(Vec<u8>);

impl Boundary {
    /// Reads `multipart/form-data; boundary=...`.
    ///
    /// # Errors
    /// `RequestIsNotMultiPartContent` for another type and where no boundary is given.
    pub fn parse(content_type: &[u8]) -> Result<Self, Error> {
        let none = || Error::new(ErrorCode::RequestIsNotMultiPartContent);
        let (kind, mut parameters) = parameters::split(content_type);
        if !kind.eq_ignore_ascii_case(b"multipart/form-data") {
            return Err(none());
        }
        let boundary = parameters.find(|parameter| parameter.is("boundary")).ok_or_else(none)?.value();
        let boundary = boundary.trim_ascii_end();
        if boundary.is_empty() || boundary.len() > LONGEST || boundary.iter().any(u8::is_ascii_control) {
            return Err(none());
        }
        Ok(Self(boundary.to_vec()))
    }

    /// Returns the boundary as it was given.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Boundary, LONGEST};

    #[test]
    fn boundaries_of_content_types() {
        let check = |content_type: &str, expected: Option<&str>| {
            let boundary = Boundary::parse(content_type.as_bytes()).ok();
            let told = boundary.as_ref().map(|boundary| std::str::from_utf8(boundary.as_bytes()).unwrap());
            assert_eq!(told, expected, "{content_type}");
        };
        check("multipart/form-data; boundary=9431149156168", Some("9431149156168"));
        check("multipart/form-data;boundary=----WebKitFormBoundaryW0DE", Some("----WebKitFormBoundaryW0DE"));
        check("Multipart/Form-Data; charset=utf-8; BOUNDARY=\"a b=c;d\"", Some("a b=c;d"));
        check("multipart/form-data; boundary=a=b; charset=utf-8", Some("a=b"));
        check("multipart/form-data; boundary=a;", Some("a"));
        check(&format!("multipart/form-data; boundary={}", "b".repeat(LONGEST)), Some(&"b".repeat(LONGEST)));
        check(&format!("multipart/form-data; boundary={}", "b".repeat(LONGEST + 1)), None);
        for none in [
            "",
            "text/plain",
            "multipart/form-data",
            "multipart/form-data;",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=\"\"",
            "multipart/form-data; boundary=\"a\tb\"",
            "multipart/mixed; boundary=a",
            "application/x-www-form-urlencoded; boundary=a",
            "boundary=a",
        ] {
            check(none, None);
        }
    }
}
