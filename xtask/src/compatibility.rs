//! `cargo xtask compatibility`: the table of `docs/compatibility.md`, made from the cases that have passed.
//!
//! A suite's case is called `SDK/v1/PutObject/title` or `v1/object_put_get`. The table is checked by `cargo xtask test`, so
//! that it says what the last complete run has proved and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, bail};

use crate::report::Outcome;
use crate::workspace;

const PAGE: &str = "docs/compatibility.md";
const BEGIN: &str = "<!-- Made by `cargo xtask compatibility` from here on; do not edit. -->\n";

/// An SDK: its title, the suite that runs it, and its name in that suite's cases when there are several.
const SDKS: [(&str, &str, &str); 6] = [
    ("Python `oss2`", "python", "oss2"),
    ("Python `alibabacloud-oss-v2`", "python", "alibabacloud-oss-v2"),
    ("Node.js `ali-oss`", "node", ""),
    ("Java `aliyun-sdk-oss`", "java", ""),
    ("Go V1", "go-v1", ""),
    ("Go V2", "go-v2", ""),
];

/// The clients of STS that are packages of their own, each beside the SDK of its generation. Their cases are called
/// `sts/CLIENT/title`.
const STS_CLIENTS: [(&str, &str); 2] =
    [("aliyun-python-sdk-sts", "oss2"), ("alibabacloud-sts20150401", "alibabacloud-oss-v2")];

/// The rows of the table, and the beginnings of the case names that belong to each; the longest that fits decides.
const ROWS: [(&str, &[&str]); 43] = [
    ("ListBuckets", &["ListBuckets", "bucket_list"]),
    ("PutBucket", &["PutBucket", "bucket_create"]),
    ("DeleteBucket", &["DeleteBucket", "bucket_delete"]),
    ("GetBucketInfo", &["GetBucketInfo", "bucket_info"]),
    ("GetBucketLocation", &["GetBucketLocation", "bucket_location"]),
    ("GetBucketStat", &["GetBucketStat", "bucket_stat"]),
    ("PutBucketAcl, GetBucketAcl", &["PutBucketAcl", "GetBucketAcl", "bucket_acl"]),
    ("PutBucketCors, GetBucketCors, DeleteBucketCors", &["PutBucketCors", "bucket_cors"]),
    ("OptionObject", &["OptionObject", "preflight"]),
    ("PutPublicAccessBlock and its GET and DELETE", &["PutPublicAccessBlock"]),
    ("PutBucketPublicAccessBlock and its GET and DELETE", &["PutBucketPublicAccessBlock"]),
    ("GetBucketVersioning", &["GetBucketVersioning"]),
    ("PutBucketCallbackPolicy and its GET and DELETE", &["PutBucketCallbackPolicy", "callback_policy"]),
    ("PutObject", &["PutObject", "object_"]),
    ("PutObject with a callback", &["callback_", "error_callback", "direct_upload_presigned_put"]),
    ("PostObject", &["PostObject", "form_", "direct_upload_form"]),
    ("GetObject", &["GetObject", "object_ranges", "object_conditions", "object_response", "object_download"]),
    ("HeadObject", &["HeadObject", "object_head"]),
    ("GetObjectMeta", &["GetObjectMeta", "object_meta"]),
    ("PutObjectAcl, GetObjectAcl", &["PutObjectAcl", "GetObjectAcl", "object_acl"]),
    ("CopyObject", &["CopyObject", "object_copy"]),
    ("AppendObject", &["AppendObject", "object_append"]),
    ("DeleteObject", &["DeleteObject", "object_delete"]),
    ("DeleteMultipleObjects", &["DeleteMultipleObjects", "object_delete_multiple"]),
    ("ListObjects", &["ListObjects", "list_"]),
    ("ListObjectsV2", &["ListObjectsV2", "list_v2"]),
    ("ListObjectVersions", &["ListObjectVersions"]),
    ("InitiateMultipartUpload, UploadPart", &["InitiateMultipartUpload", "UploadPart", "multipart_errors"]),
    ("UploadPartCopy", &["UploadPartCopy", "multipart_part_copy"]),
    ("CompleteMultipartUpload", &["CompleteMultipartUpload", "multipart"]),
    ("CompleteMultipartUpload with a callback", &["callback_complete", "callback_upload"]),
    ("AbortMultipartUpload", &["AbortMultipartUpload", "multipart_abort"]),
    ("ListParts", &["ListParts", "multipart_list_parts"]),
    ("ListMultipartUploads", &["ListMultipartUploads", "multipart_list"]),
    ("Trigger a callback (ProcessObject)", &["ProcessObject", "callback_trigger"]),
    ("Presigned URLs", &["presigned", "presign"]),
    ("AssumeRole, GetCallerIdentity", &["sts"]),
    ("Temporary credentials", &["temporary", "direct_upload_temporary"]),
    ("Keys and addresses", &["addressing", "key_"]),
    ("Anonymous access", &["anonymous"]),
    ("Errors", &["errors", "error_"]),
    ("The console's page", &["console"]),
    ("Cloudreve's requests", &["cloudreve"]),
];

/// A case that has passed.
#[derive(Debug, PartialEq, Eq)]
struct Case {
    sdk: usize,
    row: usize,
    /// `V1` or `V4`, when the case says.
    signature: Option<&'static str>,
    title: String,
}

/// Takes down which cases of a suite have passed; an incomplete run leaves none.
pub(crate) fn record(folder: &str, passed: Option<&[String]>) -> anyhow::Result<()> {
    let path = record_of(folder);
    match passed {
        Some(cases) => {
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            std::fs::write(&path, cases.join("\n")).with_context(|| format!("writing {}", path.display()))
        }
        None if path.exists() => {
            std::fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))
        }
        None => Ok(()),
    }
}

/// Writes the page anew.
pub(crate) fn run() -> anyhow::Result<bool> {
    let (path, written, made) = page()?;
    if written != made {
        std::fs::write(&path, made).with_context(|| format!("writing {PAGE}"))?;
        println!("{PAGE} written");
    }
    Ok(true)
}

/// Checks the page as a step of a larger run.
pub(crate) fn outcome() -> anyhow::Result<Outcome> {
    let (_, written, made) = page()?;
    Ok(Outcome::of_step(
        written == made,
        "docs/compatibility.md is not what was proved: run `cargo xtask compatibility`",
    ))
}

fn page() -> anyhow::Result<(PathBuf, String, String)> {
    let path = workspace::root().join(PAGE);
    let written = std::fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
    let (by_hand, _) = written.split_once(BEGIN).with_context(|| format!("{PAGE} has lost its mark"))?;
    let mut cases = Vec::new();
    for folder in folders() {
        let Ok(names) = std::fs::read_to_string(record_of(folder)) else {
            bail!("the suite {folder} has not passed: run `cargo xtask conformance`");
        };
        for name in names.lines() {
            cases.extend(parse(folder, name)?);
        }
    }
    let made = format!("{by_hand}{BEGIN}{}", render(&cases));
    Ok((path, written, made))
}

fn folders() -> BTreeSet<&'static str> {
    SDKS.iter().map(|(_, folder, _)| *folder).collect()
}

fn record_of(folder: &str) -> PathBuf {
    workspace::target_dir().join("conformance").join(format!("{folder}.cases"))
}

/// Parses a case's name; `None` for one that is not about an SDK: a suite may check its own application server
/// first.
fn parse(folder: &str, name: &str) -> anyhow::Result<Option<Case>> {
    if name.starts_with("application/") {
        return Ok(None);
    }
    let parts: Vec<&str> = name.split('/').collect();
    let at = parts.iter().position(|part| signature(part).is_some());
    let (before, after) = match at {
        Some(at) => (parts.get(..at).unwrap_or_default(), parts.get(at + 1..).unwrap_or_default()),
        None => (&[][..], parts.as_slice()),
    };
    let of_sts = STS_CLIENTS.iter().find(|(client, _)| parts.starts_with(&["sts", client]));
    let package = of_sts.map_or_else(|| before.join("/"), |(_, sdk)| (*sdk).to_owned());
    let of_suite = || SDKS.iter().enumerate().filter(|(_, (_, suite, _))| *suite == folder);
    let sdk = of_suite()
        .find(|(_, (_, _, sdk))| *sdk == package)
        .or_else(|| of_suite().find(|(_, (_, _, sdk))| sdk.is_empty()));
    let (sdk, _) = sdk.with_context(|| format!("{folder}: {name}: of which SDK?"))?;
    let rest = after.join("/");
    let (row, operation) = row_of(&rest)
        .with_context(|| format!("{folder}: {name}: no row of xtask/src/compatibility.rs takes this case"))?;
    let title =
        rest.strip_prefix(operation).and_then(|rest| rest.strip_prefix('/')).unwrap_or(&rest).to_owned();
    Ok(Some(Case { sdk, row, signature: at.and_then(|at| signature(parts.get(at)?)), title }))
}

/// Returns the row whose beginning fits best, and that beginning. An upload's case that speaks of a callback is
/// about that.
fn row_of(case: &str) -> Option<(usize, &'static str)> {
    let upload = ["PutObject", "CompleteMultipartUpload"].into_iter().find(|upload| fits(case, upload));
    if let Some(upload) = upload.filter(|_| case.contains("callback")) {
        let row = ROWS.iter().position(|(name, _)| *name == format!("{upload} with a callback"))?;
        return Some((row, upload));
    }
    let beginnings = ROWS
        .iter()
        .enumerate()
        .flat_map(|(row, (_, beginnings))| beginnings.iter().map(move |text| (row, *text)));
    beginnings.filter(|(_, text)| fits(case, text)).max_by_key(|(_, text)| text.len())
}

/// Returns whether a case begins with a whole operation, or with the beginning of a name in small letters.
fn fits(case: &str, beginning: &str) -> bool {
    let Some(rest) = case.strip_prefix(beginning) else { return false };
    let is_operation = beginning.starts_with(char::is_uppercase);
    !is_operation || rest.is_empty() || rest.starts_with('/')
}

fn signature(part: &str) -> Option<&'static str> {
    match part.to_ascii_lowercase().as_str() {
        "v1" => Some("V1"),
        "v2" => Some("V2"),
        "v4" => Some("V4"),
        _ => None,
    }
}

fn render(cases: &[Case]) -> String {
    let mut out =
        String::from("\n## What is proved\n\nThe signature versions with which each SDK does it.\n\n| |");
    SDKS.iter().for_each(|(title, _, _)| out += &format!(" {title} |"));
    out += "\n| --- |";
    SDKS.iter().for_each(|_| out += " --- |");
    for (row, (name, _)) in
        ROWS.iter().enumerate().filter(|(row, _)| cases.iter().any(|case| case.row == *row))
    {
        out += &format!("\n| {name} |");
        (0..SDKS.len()).for_each(|sdk| out += &format!(" {} |", cell(cases, row, sdk)));
    }
    out += "\n\n## By which test\n";
    for (row, (name, _)) in ROWS.iter().enumerate() {
        let mut tests: BTreeMap<usize, BTreeSet<&str>> = BTreeMap::new();
        for case in cases.iter().filter(|case| case.row == row) {
            tests.entry(case.sdk).or_default().insert(&case.title);
        }
        if !tests.is_empty() {
            out += &format!("\n### {name}\n\n");
        }
        for (sdk, titles) in tests {
            let (sdk, folder, _) = SDKS.get(sdk).copied().unwrap_or_default();
            let titles: Vec<String> = titles
                .iter()
                .map(|title| format!("`{}`", title.replace('|', "\\|").replace('`', "'")))
                .collect();
            out += &format!("- {sdk} (`{folder}`): {}\n", titles.join("; "));
        }
    }
    out
}

fn cell(cases: &[Case], row: usize, sdk: usize) -> String {
    let here: Vec<&Case> = cases.iter().filter(|case| case.row == row && case.sdk == sdk).collect();
    let signatures: BTreeSet<&str> = here.iter().filter_map(|case| case.signature).collect();
    match (here.is_empty(), signatures.is_empty()) {
        (true, _) => String::new(),
        (false, true) => "yes".to_owned(),
        (false, false) => signatures.into_iter().collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_find_their_row_and_sdk() {
        let check = |folder: &str, name: &str, expected: Option<(&str, &str, Option<&str>, &str)>| {
            let found = parse(folder, name).ok().flatten();
            let found = found
                .as_ref()
                .map(|case| (SDKS[case.sdk].0, ROWS[case.row].0, case.signature, case.title.as_str()));
            assert_eq!(found, expected, "{folder}: {name}");
        };
        check(
            "python",
            "oss2/v1/PutObject/empty body",
            Some(("Python `oss2`", "PutObject", Some("V1"), "empty body")),
        );
        check(
            "python",
            "alibabacloud-oss-v2/v4/ListObjectsV2/a/b",
            Some(("Python `alibabacloud-oss-v2`", "ListObjectsV2", Some("V4"), "a/b")),
        );
        check(
            "node",
            "v4/PutObject/failing callback",
            Some((SDKS[2].0, "PutObject with a callback", Some("V4"), "failing callback")),
        );
        check(
            "python",
            "oss2/v1/PutBucketCors/x",
            Some(("Python `oss2`", "PutBucketCors, GetBucketCors, DeleteBucketCors", Some("V1"), "x")),
        );
        check(
            "go-v2",
            "v4/object_delete_multiple",
            Some(("Go V2", "DeleteMultipleObjects", Some("V4"), "object_delete_multiple")),
        );
        check("go-v1", "v2/key_emoji", Some(("Go V1", "Keys and addresses", Some("V2"), "key_emoji")));
        check("go-v1", "v1/object_put_get", Some(("Go V1", "PutObject", Some("V1"), "object_put_get")));
        check("go-v2", "cloudreve_file", Some(("Go V2", "Cloudreve's requests", None, "cloudreve_file")));
        check(
            "java",
            "v4/callback_complete_json",
            Some((
                SDKS[3].0,
                "CompleteMultipartUpload with a callback",
                Some("V4"),
                "callback_complete_json",
            )),
        );
        check(
            "python",
            "sts/alibabacloud-sts20150401/AssumeRole/refused",
            Some((
                "Python `alibabacloud-oss-v2`",
                "AssumeRole, GetCallerIdentity",
                None,
                "alibabacloud-sts20150401/AssumeRole/refused",
            )),
        );
        check(
            "java",
            "sts/assume_role",
            Some((SDKS[3].0, "AssumeRole, GetCallerIdentity", None, "assume_role")),
        );
        check(
            "node",
            "ali-oss/ip/v4/temporary credentials/a presigned URL",
            Some((SDKS[2].0, "Temporary credentials", Some("V4"), "temporary credentials/a presigned URL")),
        );
        check("python", "application/verification/captured", None);
        check("node", "v1/Unheard/of", None);
        check("python", "unknown-sdk/v1/PutObject/x", None);
    }

    #[test]
    fn the_table_shows_only_what_passed() {
        let cases: Vec<Case> =
            [("go-v1", "v1/bucket_list"), ("go-v1", "v4/bucket_list"), ("java", "v1/bucket_list")]
                .iter()
                .filter_map(|(folder, name)| parse(folder, name).unwrap())
                .collect();
        let page = render(&cases);
        assert!(page.contains("| ListBuckets |  |  |  | V1 | V1, V4 |  |\n"), "{page}");
        assert!(!page.contains("PutBucket"), "{page}");
    }
}
