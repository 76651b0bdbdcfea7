//! `RefererConfiguration`: the pages that may use a bucket's objects, both what `PutBucketReferer` is sent and what
//! `GetBucketReferer` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::{Content, document};
use crate::{Error, ErrorCode, RefererConfiguration};

impl Document for RefererConfiguration {
    const MAX_BODY: usize = 64 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("RefererConfiguration/AllowEmptyReferer", Honoured),
        Input::element("RefererConfiguration/AllowTruncateQueryString", Honoured),
        Input::element("RefererConfiguration/TruncatePath", Honoured),
        Input::element("RefererConfiguration/RefererList/Referer", Honoured),
        Input::element("RefererConfiguration/RefererBlacklist/Referer", Honoured),
    ];

    /// Reads the document. A referer may be any text; empty ones, which some SDKs send for no list, do not count.
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "RefererConfiguration", Self::MAX_BODY)?;
        let unset = Self::default();
        Ok(Self {
            allow_empty_referer: flag(&root, "AllowEmptyReferer", unset.allow_empty_referer)?,
            allow_truncate_query_string: flag(
                &root,
                "AllowTruncateQueryString",
                unset.allow_truncate_query_string,
            )?,
            truncate_path: flag(&root, "TruncatePath", unset.truncate_path)?,
            whitelist: list(&root, "RefererList")?,
            blacklist: list(&root, "RefererBlacklist")?,
        })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }

    fn to_xml(&self) -> String {
        let capacity = 384 + (self.whitelist.len() + self.blacklist.len()) * 64;
        document("RefererConfiguration", capacity, |c| {
            c.flag("AllowEmptyReferer", self.allow_empty_referer);
            c.flag("AllowTruncateQueryString", self.allow_truncate_query_string);
            c.flag("TruncatePath", self.truncate_path);
            c.nested("RefererList", |c| referers(c, &self.whitelist));
            // An SDK takes an empty blacklist for one that was set.
            if !self.blacklist.is_empty() {
                c.nested("RefererBlacklist", |c| referers(c, &self.blacklist));
            }
        })
    }
}

fn flag(root: &Element, name: &'static str, unset: bool) -> Result<bool, Error> {
    match root.optional(name)? {
        None => Ok(unset),
        Some(_) => root.flag(name),
    }
}

fn list(root: &Element, name: &'static str) -> Result<Vec<String>, Error> {
    let Some(list) = root.child(name)? else { return Ok(Vec::new()) };
    let referers = list.children("Referer").map(|referer| referer.text().trim());
    Ok(referers.filter(|referer| !referer.is_empty()).map(str::to_owned).collect())
}

fn referers(c: &mut Content, referers: &[String]) {
    for referer in referers {
        c.text("Referer", referer);
    }
}

#[cfg(test)]
mod tests {
    use crate::xml::Document;
    use crate::{ErrorCode, RefererConfiguration};

    #[test]
    fn reads_and_writes_the_document() {
        let check = |inside: &str, expected: &str| {
            let body = format!("<RefererConfiguration>{inside}</RefererConfiguration>");
            let read = RefererConfiguration::parse(body.as_bytes()).expect(inside);
            assert_eq!(
                read.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<RefererConfiguration>{expected}\
                     </RefererConfiguration>"
                )
            );
            assert_eq!(
                RefererConfiguration::parse(read.to_xml().as_bytes()).expect("its own document"),
                read
            );
        };
        let flags = |empty: bool, query: bool, path: bool| {
            format!(
                "<AllowEmptyReferer>{empty}</AllowEmptyReferer><AllowTruncateQueryString>{query}\
                 </AllowTruncateQueryString><TruncatePath>{path}</TruncatePath>"
            )
        };
        // OSS manual, PutBucketReferer.
        let lists = "<RefererList><Referer>http://www.aliyun.com</Referer><Referer>https://www.?.aliyuncs.com</Referer>\
                     </RefererList><RefererBlacklist><Referer>https://*.hack.com</Referer></RefererBlacklist>";
        check(
            &format!("{}{lists}", flags(false, true, true)),
            &format!("{}{lists}", flags(false, true, true)),
        );
        // The same, in an older edition, with its stray spaces.
        check(
            "<AllowEmptyReferer>true</AllowEmptyReferer >\n<RefererList>\n<Referer> http://www.*.com</Referer>\n\
             </RefererList>",
            &format!(
                "{}<RefererList><Referer>http://www.*.com</Referer></RefererList>",
                flags(true, true, false)
            ),
        );
        // Python SDK, test_bucket.py, test_black_referer: any text, and the query is left out unless it is said.
        check(
            "<AllowEmptyReferer>false</AllowEmptyReferer><RefererList><Referer>mibrowser:home</Referer>\
             <Referer>\u{4e2d}+referer</Referer><Referer>\u{4e2d}+referer</Referer></RefererList>",
            &format!(
                "{}<RefererList><Referer>mibrowser:home</Referer><Referer>\u{4e2d}+referer</Referer>\
                 <Referer>\u{4e2d}+referer</Referer></RefererList>",
                flags(false, true, false)
            ),
        );
        // C++ SDK, BucketRefersSettingsTest: empty ones are none.
        check(
            "<AllowEmptyReferer>true</AllowEmptyReferer><RefererList><Referer></Referer><Referer/></RefererList>",
            &format!("{}<RefererList></RefererList>", flags(true, true, false)),
        );
        check("", &format!("{}<RefererList></RefererList>", flags(true, true, false)));
    }

    #[test]
    fn refuses_bad_documents() {
        let check = |body: &str| {
            let error = RefererConfiguration::parse(body.as_bytes()).expect_err(body);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        };
        check("");
        check("<Referer/>");
        check("<RefererConfiguration><AllowEmptyReferer>perhaps</AllowEmptyReferer></RefererConfiguration>");
        check("<RefererConfiguration><RefererList/><RefererList/></RefererConfiguration>");
        let long = "x".repeat(RefererConfiguration::MAX_BODY);
        check(&format!(
            "<RefererConfiguration><RefererList><Referer>{long}</Referer></RefererList></RefererConfiguration>"
        ));
    }
}
