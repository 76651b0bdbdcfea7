//! The page's files, compiled in.

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode, header};
use md5::{Digest as _, Md5};

/// Name, media type and content.
type Asset = (&'static str, &'static str, &'static [u8]);

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const PAGE: Asset = ("index.html", HTML, include_bytes!("../../../../console/index.html"));

const FILES: &[Asset] = &[
    ("console.css", CSS, include_bytes!("../../../../console/console.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("../../../../console/icon.svg")),
    ("access-keys.js", SCRIPT, include_bytes!("../../../../console/access-keys.js")),
    ("api.js", SCRIPT, include_bytes!("../../../../console/api.js")),
    ("callback-fields.js", SCRIPT, include_bytes!("../../../../console/callback-fields.js")),
    ("chart.js", SCRIPT, include_bytes!("../../../../console/chart.js")),
    ("dom.js", SCRIPT, include_bytes!("../../../../console/dom.js")),
    ("format.js", SCRIPT, include_bytes!("../../../../console/format.js")),
    ("live.js", SCRIPT, include_bytes!("../../../../console/live.js")),
    ("main.js", SCRIPT, include_bytes!("../../../../console/main.js")),
    ("multipart.js", SCRIPT, include_bytes!("../../../../console/multipart.js")),
    ("parts.js", SCRIPT, include_bytes!("../../../../console/parts.js")),
    ("policy-editor.js", SCRIPT, include_bytes!("../../../../console/policy-editor.js")),
    ("router.js", SCRIPT, include_bytes!("../../../../console/router.js")),
    ("selection.js", SCRIPT, include_bytes!("../../../../console/selection.js")),
    ("settings.js", SCRIPT, include_bytes!("../../../../console/settings.js")),
    ("upload.js", SCRIPT, include_bytes!("../../../../console/upload.js")),
    ("view-access.js", SCRIPT, include_bytes!("../../../../console/view-access.js")),
    ("view-bucket-access.js", SCRIPT, include_bytes!("../../../../console/view-bucket-access.js")),
    ("view-buckets.js", SCRIPT, include_bytes!("../../../../console/view-buckets.js")),
    ("view-callbacks.js", SCRIPT, include_bytes!("../../../../console/view-callbacks.js")),
    ("view-delivery.js", SCRIPT, include_bytes!("../../../../console/view-delivery.js")),
    ("view-identity.js", SCRIPT, include_bytes!("../../../../console/view-identity.js")),
    ("view-log-in.js", SCRIPT, include_bytes!("../../../../console/view-log-in.js")),
    ("view-nodes.js", SCRIPT, include_bytes!("../../../../console/view-nodes.js")),
    ("view-object.js", SCRIPT, include_bytes!("../../../../console/view-object.js")),
    ("view-objects.js", SCRIPT, include_bytes!("../../../../console/view-objects.js")),
    ("view-settings.js", SCRIPT, include_bytes!("../../../../console/view-settings.js")),
    ("view-upload.js", SCRIPT, include_bytes!("../../../../console/view-upload.js")),
    ("who-can-access.js", SCRIPT, include_bytes!("../../../../console/who-can-access.js")),
];

/// Handles `GET /`: the page.
pub(super) async fn page(headers: HeaderMap) -> Response {
    answer(&PAGE, &headers)
}

/// Handles `GET /assets/{file}`: a file of the page.
pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match FILES.iter().find(|(known, _, _)| *known == name) {
        Some(asset) => answer(asset, &headers),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Answers with the file, unless the browser has it. Browsers ask each time, so that a new version of the server never
/// meets an old page.
fn answer((_, media_type, content): &Asset, headers: &HeaderMap) -> Response {
    let etag =
        format!("\"{}\"", Md5::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let described = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, "no-cache")];
    if known {
        return (StatusCode::NOT_MODIFIED, described).into_response();
    }
    (described, [(header::CONTENT_TYPE, *media_type)], *content).into_response()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../console");
        let there: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let served = FILES.iter().chain([&PAGE]).map(|(name, _, _)| (*name).to_owned());
        assert_eq!(served.collect::<BTreeSet<String>>(), there);
    }

    /// Checks the page against its policy, which forbids scripts, styles and markup that come from anywhere but these
    /// files.
    #[test]
    fn nothing_in_the_page_needs_what_its_policy_forbids() {
        for (name, _, content) in FILES.iter().chain([&PAGE]) {
            let text = std::str::from_utf8(content).unwrap();
            let html = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write"];
            for forbidden in html.into_iter().chain(["eval(", " style=", "<style", "onclick=\"", "<script>"])
            {
                assert!(!text.contains(forbidden), "{name} has {forbidden}");
            }
        }
    }
}
