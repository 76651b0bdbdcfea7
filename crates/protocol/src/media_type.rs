//! Media types by file name extension, for objects that are uploaded without a `Content-Type`.
//!
//! The table is in `media_type.txt`: a media type and its extensions a line. Where the OSS SDKs have an
//! opinion it is theirs, so that an object gets the same type whether the client or the server guesses; the
//! rest is what IANA says.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What OSS stores when nothing better is known.
const UNKNOWN: &str = "application/octet-stream";

static BY_EXTENSION: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    include_str!("media_type.txt")
        .lines()
        .filter_map(|line| line.split_once(' '))
        .flat_map(|(media_type, extensions)| {
            extensions.split(' ').map(move |extension| (extension, media_type))
        })
        .collect()
});

/// Returns the media type that the extension of `key` suggests, `application/octet-stream` if it suggests none.
#[must_use]
pub fn media_type_for(key: &str) -> &'static str {
    let name = key.rsplit_once('/').map_or(key, |(_, name)| name);
    let Some((_, extension)) = name.rsplit_once('.') else {
        return UNKNOWN;
    };
    BY_EXTENSION.get(extension.to_ascii_lowercase().as_str()).copied().unwrap_or(UNKNOWN)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{BY_EXTENSION, media_type_for};

    #[test]
    fn guesses_by_extension() {
        let check = |key: &str, expected: &str| assert_eq!(media_type_for(key), expected, "{key:?}");
        // Tables of the Go and Java SDKs.
        check("a/b/photo.jpg", "image/jpeg");
        check("PHOTO.JPEG", "image/jpeg");
        check("index.html", "text/html");
        check("report.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet");
        check("app.apk", "application/vnd.android.package-archive");
        check("script.js", "application/x-javascript");
        check("notes.txt", "text/plain");
        check("clip.mp4", "video/mp4");
        check("slides.pot", "application/vnd.ms-powerpoint");
        // IANA.
        check("module.wasm", "application/wasm");
        check("photo.avif", "image/avif");
        // Only the last extension of the last path segment counts.
        check("archive.tar.gz", "application/x-gzip");
        check("v1.html/data", "application/octet-stream");
        check(".gif", "image/gif");
        // Nothing to go by.
        check("README", "application/octet-stream");
        check("file.", "application/octet-stream");
        check("file.unknown", "application/octet-stream");
        check("dir.png/", "application/octet-stream");
        check("", "application/octet-stream");
        check("键.键", "application/octet-stream");
    }

    #[test]
    fn table_is_sound() {
        let mut seen = HashSet::new();
        for line in include_str!("media_type.txt").lines() {
            let mut words = line.split(' ');
            let media_type = words.next().expect("a media type");
            assert!(media_type.split('/').all(|half| !half.is_empty()), "{line:?}");
            assert_eq!(media_type.split('/').count(), 2, "{line:?}");
            for extension in words {
                assert!(!extension.is_empty() && extension == extension.to_ascii_lowercase(), "{line:?}");
                assert!(seen.insert(extension), "{extension} is listed twice");
            }
        }
        assert_eq!(seen.len(), BY_EXTENSION.len());
    }
}
