//! Headers of the form `value; name=value; name="value"`: `Content-Disposition` of a part and `Content-Type` of the form.

/// The parameters of a header, in order, as they came.
pub(super) struct Parameters<'a> {
    rest: &'a [u8],
}

/// One parameter.
pub(super) struct Parameter<'a> {
    pub(super) name: &'a [u8],
    value: &'a [u8],
    is_quoted: bool,
}

/// Splits a header into what stands before the first semicolon and its parameters.
pub(super) fn split(header: &[u8]) -> (&[u8], Parameters<'_>) {
    let end = memchr::memchr(b';', header).unwrap_or(header.len());
    let (value, rest) = header.split_at_checked(end).unwrap_or_default();
    (value.trim_ascii(), Parameters { rest })
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let rest = self.rest.trim_ascii_start();
            let Some(rest) = rest.strip_prefix(b";") else {
                // Something between a value and the next semicolon, which belongs to no parameter.
                let next = memchr::memchr(b';', rest)?;
                self.rest = rest.get(next..)?;
                continue;
            };
            let end = memchr::memchr2(b';', b'=', rest).unwrap_or(rest.len());
            let (name, rest) = rest.split_at_checked(end)?;
            let Some(rest) = rest.strip_prefix(b"=") else {
                if rest.is_empty() {
                    return None;
                }
                self.rest = rest;
                continue;
            };
            let (value, is_quoted, rest) = value(rest.trim_ascii_start());
            self.rest = rest;
            return Some(Parameter { name: name.trim_ascii(), value, is_quoted });
        }
    }
}

impl Parameter<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Returns the value without its quotes. Of the escapes only `\"` is undone: browsers of old sent whole
    /// paths as file names, whose backslashes are no escapes.
    pub(super) fn value(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(self.value.len());
        let mut rest = self.value;
        while self.is_quoted
            && let Some(place) = memchr::memmem::find(rest, br#"\""#)
        {
            let (before, after) = rest.split_at_checked(place).unwrap_or_default();
            value.extend_from_slice(before);
            value.push(b'"');
            rest = after.get(2..).unwrap_or_default();
        }
        value.extend_from_slice(rest);
        value
    }
}

/// Splits off a value up to its closing quote or the next semicolon, whether it is quoted, and what follows.
fn value(text: &[u8]) -> (&[u8], bool, &[u8]) {
    if let Some(quoted) = text.strip_prefix(b"\"")
        && let Some(end) = closing_quote(quoted)
    {
        let (value, rest) = quoted.split_at_checked(end).unwrap_or_default();
        return (value, true, rest.get(1..).unwrap_or_default());
    }
    let end = memchr::memchr(b';', text).unwrap_or(text.len());
    let (value, rest) = text.split_at_checked(end).unwrap_or_default();
    (value.trim_ascii(), false, rest)
}

fn closing_quote(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'"', text).find(|place| {
        let before = place.checked_sub(1).and_then(|before| text.get(before));
        before != Some(&b'\\')
    })
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn parameters_of_headers() {
        let check = |header: &str, value: &str, expected: &[(&str, &str)]| {
            let (first, parameters) = split(header.as_bytes());
            assert_eq!(first, value.as_bytes(), "{header}");
            let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
            let told: Vec<_> = parameters.map(|one| (text(one.name), text(&one.value()))).collect();
            let expected: Vec<_> =
                expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(told, expected, "{header}");
        };
        check("form-data", "form-data", &[]);
        check("form-data; name=\"key\"", "form-data", &[("name", "key")]);
        check(
            "form-data;name=key;filename=a b.txt",
            "form-data",
            &[("name", "key"), ("filename", "a b.txt")],
        );
        check("form-data ; NAME = \"a;b\" ; x", "form-data", &[("NAME", "a;b")]);
        check("form-data; x; name=a", "form-data", &[("name", "a")]);
        check("form-data; name=; filename=\"\"", "form-data", &[("name", ""), ("filename", "")]);
        check(
            r#"form-data; filename="a; name=b"; name="c""#,
            "form-data",
            &[("filename", "a; name=b"), ("name", "c")],
        );
        check(r#"form-data; name="a\"b\"""#, "form-data", &[("name", "a\"b\"")]);
        check(r#"form-data; filename="C:\dir\f.txt""#, "form-data", &[("filename", r"C:\dir\f.txt")]);
        check("form-data; name=\"a\" stray; b=c", "form-data", &[("name", "a"), ("b", "c")]);
        // A quote that is never closed is part of the value.
        check("form-data; name=\"a; b=c", "form-data", &[("name", "\"a"), ("b", "c")]);
        check("", "", &[]);
        check(";;=;a=", "", &[("", ""), ("a", "")]);
    }
}
