//! Alterations of a request on its way: everything that a proxy, a clumsy client or an attacker may do to its text.

use crate::meaning::ACTING;
use crate::random::Random;
use crate::signing::{DOMAIN, Wire};

/// White space, and what some reader somewhere takes for it.
const BLANKS: [&str; 13] = [
    "%20",
    "+",
    "%09",
    "%0A",
    "%0D",
    "%0B",
    "%0C",
    "%00",
    "%C2%A0",
    "%E3%80%80",
    "%E2%80%83",
    "%E2%80%8B",
    "%EF%BB%BF",
];

type Alteration = (&'static str, fn(&mut Wire, &mut Random));

const ALTERATIONS: &[Alteration] = &[
    ("blank around a name or value", blank_in_query),
    ("blank inside a name or value", blank_inside),
    ("repeat a parameter", repeat_parameter),
    ("repeat with another value", repeat_with_other_value),
    ("swap two parameters", swap_parameters),
    ("shuffle the parameters", shuffle_parameters),
    ("drop a parameter", drop_parameter),
    ("another case", change_case_of_parameter),
    ("another value", change_value_of_parameter),
    ("toggle the equals sign", toggle_equals),
    ("encode a letter of a parameter", encode_letter),
    ("encode twice", encode_twice),
    ("add a selector", add_selector),
    ("add an unknown parameter", add_unknown),
    ("add an empty piece", add_empty_piece),
    ("join two parameters", join_parameters),
    ("split a parameter", split_parameter),
    ("parameter into the path", parameter_into_path),
    ("path into a parameter", path_into_parameter),
    ("add an empty header", add_empty_header),
    ("add a header", add_header),
    ("repeat a header", repeat_header),
    ("split a header at a comma", split_header),
    ("join headers of a name", join_headers),
    ("drop a header", drop_header),
    ("another header value", change_header),
    ("blank in a header", blank_in_header),
    ("swap two headers", swap_headers),
    ("encode a letter of the path", encode_path),
    ("slashes in the path", slashes_in_path),
    ("dots in the path", dots_in_path),
    ("end of the path", end_of_path),
    ("another host", change_host),
    ("another method", change_method),
    ("blank in the authorization", blank_in_authorization),
];

/// Alters a request in one to three ways, and tells in which.
pub(crate) fn some(signed: &Wire, random: &mut Random) -> (Wire, Vec<&'static str>) {
    let (mut wire, mut how) = (signed.clone(), Vec::new());
    for _ in 0..=random.below(3) {
        if wire.headers.is_empty() {
            break;
        }
        let (name, alter) = random.one(ALTERATIONS);
        alter(&mut wire, random);
        how.push(*name);
    }
    (wire, how)
}

/// Rewrites one piece of the query.
fn piece(wire: &mut Wire, random: &mut Random, rewrite: impl FnOnce(&mut Random, &str) -> String) {
    if wire.query.is_empty() {
        return;
    }
    let at = random.below(wire.query.len());
    wire.query[at] = rewrite(random, &wire.query[at]);
}

/// Rewrites the name or the value of one piece of the query.
fn name_or_value(wire: &mut Wire, random: &mut Random, rewrite: impl FnOnce(&mut Random, &str) -> String) {
    piece(wire, random, |random, piece| match piece.split_once('=') {
        Some((name, value)) if random.once_in(2) => format!("{name}={}", rewrite(random, value)),
        Some((name, value)) => format!("{}={value}", rewrite(random, name)),
        None => rewrite(random, piece),
    });
}

/// Rewrites the value of one header.
fn header(wire: &mut Wire, random: &mut Random, rewrite: impl FnOnce(&mut Random, &str) -> String) {
    if wire.headers.is_empty() {
        return;
    }
    let at = random.below(wire.headers.len());
    wire.headers[at].1 = rewrite(random, &wire.headers[at].1);
}

/// Puts something at a random place between two characters, but not into an escape.
fn inserted(random: &mut Random, into: &str, what: &str) -> String {
    let places: Vec<usize> = (0..=into.len())
        .filter(|at| into.is_char_boundary(*at) && !into[..*at].ends_with('%'))
        .filter(|at| *at == 0 || !into[..*at - 1].ends_with('%'))
        .collect();
    let at = *random.one(&places);
    format!("{}{what}{}", &into[..at], &into[at..])
}

fn blank_in_query(wire: &mut Wire, random: &mut Random) {
    let blank = *random.one(&BLANKS);
    name_or_value(wire, random, |random, text| match random.below(3) {
        0 => format!("{blank}{text}"),
        1 => format!("{text}{blank}"),
        _ => format!("{blank}{text}{blank}"),
    });
}

fn blank_inside(wire: &mut Wire, random: &mut Random) {
    let blank = *random.one(&BLANKS);
    name_or_value(wire, random, |random, text| inserted(random, text, blank));
}

fn insert_piece(wire: &mut Wire, random: &mut Random, piece: String) {
    let at = random.below(wire.query.len() + 1);
    wire.query.insert(at, piece);
}

fn repeat_parameter(wire: &mut Wire, random: &mut Random) {
    if !wire.query.is_empty() {
        let piece = random.one(&wire.query).clone();
        insert_piece(wire, random, piece);
    }
}

fn repeat_with_other_value(wire: &mut Wire, random: &mut Random) {
    if !wire.query.is_empty() {
        let piece = random.one(&wire.query).clone();
        let name = piece.split('=').next().unwrap_or_default();
        let value = *random.one(&["", "=", "=0", "=zzz", "=1", "=%20"]);
        insert_piece(wire, random, format!("{name}{value}"));
    }
}

fn swap_parameters(wire: &mut Wire, random: &mut Random) {
    if !wire.query.is_empty() {
        let (a, b) = (random.below(wire.query.len()), random.below(wire.query.len()));
        wire.query.swap(a, b);
    }
}

fn shuffle_parameters(wire: &mut Wire, random: &mut Random) {
    for _ in 0..wire.query.len() {
        swap_parameters(wire, random);
    }
}

fn drop_parameter(wire: &mut Wire, random: &mut Random) {
    if !wire.query.is_empty() {
        let at = random.below(wire.query.len());
        wire.query.remove(at);
    }
}

fn change_case_of_parameter(wire: &mut Wire, random: &mut Random) {
    name_or_value(wire, random, |random, text| match random.below(2) {
        0 => text.to_uppercase(),
        _ => text.to_lowercase(),
    });
}

fn change_value_of_parameter(wire: &mut Wire, random: &mut Random) {
    let value = *random.one(&["", "0", "1", "x", "%00", "private", "public-read-write"]);
    piece(wire, random, |_, piece| format!("{}={value}", piece.split('=').next().unwrap_or_default()));
}

fn toggle_equals(wire: &mut Wire, random: &mut Random) {
    piece(wire, random, |_, piece| match piece.strip_suffix('=') {
        Some(bare) => bare.to_owned(),
        None => format!("{piece}="),
    });
}

/// Writes one plain letter as an escape.
fn escaped(random: &mut Random, text: &str) -> String {
    let plain: Vec<usize> = text
        .char_indices()
        .filter(|(at, c)| c.is_ascii_alphanumeric() && !text[..*at].ends_with('%'))
        .filter(|(at, _)| *at == 0 || !text[..*at - 1].ends_with('%'))
        .map(|(at, _)| at)
        .collect();
    if plain.is_empty() {
        return text.to_owned();
    }
    let at = *random.one(&plain);
    let case = if random.once_in(2) {
        format!("%{:02x}", text.as_bytes()[at])
    } else {
        format!("%{:02X}", text.as_bytes()[at])
    };
    format!("{}{case}{}", &text[..at], &text[at + 1..])
}

fn encode_letter(wire: &mut Wire, random: &mut Random) {
    name_or_value(wire, random, escaped);
}

fn encode_twice(wire: &mut Wire, random: &mut Random) {
    name_or_value(wire, random, |_, text| text.replace('%', "%25"));
}

fn add_selector(wire: &mut Wire, random: &mut Random) {
    let name = *random.one(&ACTING);
    let value = *random.one(&["", "=", "=1", "=0004B9894A22E5B1888A1E29F8236E2D", "=callback", "=e30%3D"]);
    insert_piece(wire, random, format!("{name}{value}"));
}

fn add_unknown(wire: &mut Wire, random: &mut Random) {
    let piece =
        *random.one(&["unheard-of=2", "x-oss-unheard-of", "a=0", "B=1", "prefix=q", "x-oss-signature=AAAA"]);
    insert_piece(wire, random, piece.to_owned());
}

fn add_empty_piece(wire: &mut Wire, random: &mut Random) {
    let piece = *random.one(&["", "=", "=x", ";", "%26", "%3D"]);
    insert_piece(wire, random, piece.to_owned());
}

fn join_parameters(wire: &mut Wire, random: &mut Random) {
    if wire.query.len() > 1 {
        let last = wire.query.pop().unwrap();
        let glue = *random.one(&["%26", ";", "%3B", ","]);
        piece(wire, random, |_, piece| format!("{piece}{glue}{}", last.replace('=', "%3D")));
    }
}

fn split_parameter(wire: &mut Wire, random: &mut Random) {
    if wire.query.is_empty() {
        return;
    }
    let at = random.below(wire.query.len());
    let whole = wire.query.remove(at).replace("%26", "&").replace("%3D", "=");
    for part in whole.split('&').rev() {
        wire.query.insert(at, part.to_owned());
    }
}

fn parameter_into_path(wire: &mut Wire, random: &mut Random) {
    if !wire.query.is_empty() {
        let at = random.below(wire.query.len());
        let piece = wire.query.remove(at);
        wire.path = format!("{}%3F{}", wire.path, piece.replace('%', "%25").replace("%25", "%"));
    }
}

fn path_into_parameter(wire: &mut Wire, _: &mut Random) {
    if let Some((path, query)) = wire.path.clone().split_once("%3F") {
        wire.path = path.to_owned();
        wire.query.splice(0..0, query.replace("%26", "&").split('&').map(str::to_owned));
    }
}

const HEADERS: [&str; 16] = [
    "x-oss-meta-a",
    "x-oss-meta-added",
    "x-oss-object-acl",
    "x-oss-acl",
    "x-oss-callback",
    "x-oss-callback-var",
    "x-oss-copy-source",
    "x-oss-forbid-overwrite",
    "x-oss-storage-class",
    "x-oss-traffic-limit",
    "x-oss-date",
    "x-oss-content-sha256",
    "content-md5",
    "content-type",
    "cache-control",
    "range",
];

fn insert_header(wire: &mut Wire, random: &mut Random, name: &str, value: &str) {
    let at = random.below(wire.headers.len() + 1);
    wire.headers.insert(at, (name.to_owned(), value.to_owned()));
}

fn add_empty_header(wire: &mut Wire, random: &mut Random) {
    let name = *random.one(&HEADERS);
    insert_header(wire, random, name, "");
}

fn add_header(wire: &mut Wire, random: &mut Random) {
    let name = *random.one(&HEADERS);
    let value = *random.one(&["1", "true", "public-read-write", "/other/source", "e30=", "UNSIGNED-PAYLOAD"]);
    insert_header(wire, random, name, value);
}

fn repeat_header(wire: &mut Wire, random: &mut Random) {
    let (name, value) = random.one(&wire.headers).clone();
    let value = if random.once_in(2) { value } else { "other".to_owned() };
    insert_header(wire, random, &name, &value);
}

fn split_header(wire: &mut Wire, random: &mut Random) {
    let commas: Vec<usize> = (0..wire.headers.len()).filter(|at| wire.headers[*at].1.contains(',')).collect();
    if commas.is_empty() {
        return;
    }
    let at = *random.one(&commas);
    let (name, value) = wire.headers.remove(at);
    for part in value.split(',').rev() {
        wire.headers.insert(at, (name.clone(), part.to_owned()));
    }
}

fn join_headers(wire: &mut Wire, random: &mut Random) {
    let (name, _) = random.one(&wire.headers).clone();
    let values: Vec<String> =
        wire.headers.iter().filter(|(n, _)| *n == name).map(|(_, value)| value.clone()).collect();
    wire.headers.retain(|(n, _)| *n != name);
    wire.headers.push((name, values.join(",")));
}

fn drop_header(wire: &mut Wire, random: &mut Random) {
    let at = random.below(wire.headers.len());
    wire.headers.remove(at);
}

fn change_header(wire: &mut Wire, random: &mut Random) {
    let value = *random.one(&["", "0", "private", "public-read-write", "/other/another", "text/html"]);
    header(wire, random, |_, _| value.to_owned());
}

fn blank_in_header(wire: &mut Wire, random: &mut Random) {
    let blank = *random.one(&[" ", "\t", "  "]);
    header(wire, random, |random, value| match random.below(3) {
        0 => format!("{blank}{value}"),
        1 => format!("{value}{blank}"),
        _ => inserted(random, value, blank),
    });
}

fn swap_headers(wire: &mut Wire, random: &mut Random) {
    let (a, b) = (random.below(wire.headers.len()), random.below(wire.headers.len()));
    wire.headers.swap(a, b);
}

fn encode_path(wire: &mut Wire, random: &mut Random) {
    wire.path = match random.below(4) {
        0 => wire.path.replacen("%20", "+", 1),
        1 => wire.path.replace('%', "%25"),
        2 => format!("/{}", wire.path.trim_start_matches('/').replacen('/', "%2F", 1)),
        _ => escaped(random, &wire.path),
    };
}

fn slashes_in_path(wire: &mut Wire, random: &mut Random) {
    wire.path = match random.below(4) {
        0 => format!("/{}", wire.path),
        1 => format!("{}/", wire.path),
        2 => wire.path.trim_end_matches('/').to_owned(),
        _ => wire.path.replacen('/', "//", 2),
    };
}

fn dots_in_path(wire: &mut Wire, random: &mut Random) {
    let dots = *random.one(&["/.", "/..", "/%2e%2e", "/./", "/../bucket"]);
    wire.path = inserted(random, &wire.path, dots);
}

fn end_of_path(wire: &mut Wire, random: &mut Random) {
    let end = *random.one(&["%3F", "%3Facl", "%23", ";acl", "%00", "%20", "x", "%3Fuploads%26acl", "%0A"]);
    wire.path.push_str(end);
}

fn change_host(wire: &mut Wire, random: &mut Random) {
    let hosts =
        ["127.0.0.1", "", "bucket.localhost", "other.localhost", "bucket.oss-cn-beijing.aliyuncs.com"];
    let host = match random.below(hosts.len() + 2) {
        0 => DOMAIN.to_owned(),
        1 => format!("bucket.{DOMAIN}:80"),
        at => hosts[at - 2].to_owned(),
    };
    wire.headers.retain(|(name, _)| name != "host");
    wire.headers.push(("host".to_owned(), host));
}

fn change_method(wire: &mut Wire, random: &mut Random) {
    let method = *random.one(&["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "get"]);
    wire.method = method.to_owned();
}

fn blank_in_authorization(wire: &mut Wire, random: &mut Random) {
    if let Some((_, value)) = wire.headers.iter_mut().find(|(name, _)| name == "authorization") {
        *value = match random.below(3) {
            0 => value.replace(',', ", "),
            1 => value.replacen(' ', "  ", 1),
            _ => inserted(random, value, " "),
        };
    }
}
