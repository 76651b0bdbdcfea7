//! A look into XML answers, as plain as the documents are: elements without attributes.

/// Returns the text of the first element `name`.
pub fn first(xml: &str, name: &str) -> Option<String> {
    all(xml, name).into_iter().next()
}

/// Returns the texts of all elements `name`, in order. What stands inside an element is returned as it is, less
/// the escapes.
pub fn all(xml: &str, name: &str) -> Vec<String> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut found = Vec::new();
    let mut rest = xml;
    while let Some(start) = rest.find(&open) {
        let inside = &rest[start + open.len()..];
        let end = inside.find(&close).unwrap_or_else(|| panic!("<{name}> has no end: {xml}"));
        found.push(unescape(&inside[..end]));
        rest = &inside[end + close.len()..];
    }
    found
}

fn unescape(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let end = rest[start..].find(';').expect("an escape has an end") + start;
        match &rest[start + 1..end] {
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "amp" => out.push('&'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            code => {
                let number = match code.strip_prefix("#x") {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => code.trim_start_matches('#').parse(),
                };
                out.push(char::from_u32(number.unwrap()).unwrap());
            }
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}
