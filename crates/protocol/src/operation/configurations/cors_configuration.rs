//! `CORSConfiguration`: the cross-origin rules of a bucket, both what `PutBucketCors` is sent and what
//! `GetBucketCors` answers.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::document;
use crate::{CorsRule, CorsRules, Error, ErrorCode};

impl Document for CorsRules {
    /// As in OSS.
    const MAX_BODY: usize = 16 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("CORSConfiguration/CORSRule/AllowedOrigin", Honoured),
        Input::element("CORSConfiguration/CORSRule/AllowedMethod", Honoured),
        Input::element("CORSConfiguration/CORSRule/AllowedHeader", Honoured),
        Input::element("CORSConfiguration/CORSRule/ExposeHeader", Honoured),
        Input::element("CORSConfiguration/CORSRule/MaxAgeSeconds", Honoured),
        Input::element("CORSConfiguration/ResponseVary", Honoured),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "CORSConfiguration", Self::MAX_BODY)?;
        let rules = root.children("CORSRule").map(rule).collect::<Result<_, Error>>()?;
        Self::new(rules, root.flag("ResponseVary")?)
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::NoSuchCORSConfiguration)
    }

    fn to_xml(&self) -> String {
        document("CORSConfiguration", 256 + self.rules().len() * 256, |c| {
            for rule in self.rules() {
                c.nested("CORSRule", |c| {
                    for origin in rule.allowed_origins() {
                        c.text("AllowedOrigin", origin);
                    }
                    for method in rule.allowed_methods() {
                        c.text("AllowedMethod", method);
                    }
                    for header in rule.allowed_headers() {
                        c.text("AllowedHeader", header);
                    }
                    for header in rule.expose_headers() {
                        c.text("ExposeHeader", header);
                    }
                    if let Some(seconds) = rule.max_age_seconds() {
                        c.number("MaxAgeSeconds", seconds.into());
                    }
                });
            }
            c.flag("ResponseVary", self.response_vary());
        })
    }
}

fn rule(element: &Element) -> Result<CorsRule, Error> {
    let all = |name| -> Vec<String> {
        element.children(name).map(|child| child.text().trim().to_owned()).collect()
    };
    let max_age = element.optional("MaxAgeSeconds")?.map(str::trim).filter(|text| !text.is_empty());
    CorsRule::new(
        all("AllowedOrigin"),
        all("AllowedMethod"),
        &all("AllowedHeader"),
        all("ExposeHeader"),
        max_age.map(seconds).transpose()?,
    )
}

fn seconds(text: &str) -> Result<u32, Error> {
    text.parse().map_err(|_| {
        Error::invalid_argument("MaxAgeSeconds is a number of seconds, 0 or more.", "MaxAgeSeconds", text)
    })
}

#[cfg(test)]
mod tests {
    use crate::xml::Document;
    use crate::{CorsRules, ErrorCode};

    #[test]
    fn reads_and_writes_the_document() {
        let check = |body: &str, expected: &str| {
            let rules = CorsRules::parse(body.as_bytes()).expect(body);
            assert_eq!(
                rules.to_xml(),
                format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CORSConfiguration>{expected}\
                     </CORSConfiguration>"
                )
            );
            assert_eq!(CorsRules::parse(rules.to_xml().as_bytes()).expect("its own document"), rules);
        };
        // OSS manual, PutBucketCors, with its stray spaces; allowed headers come back in lower case.
        check(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CORSConfiguration>\n<CORSRule>\n\
             <AllowedOrigin>*</AllowedOrigin>\n<AllowedMethod>PUT</AllowedMethod>\n<AllowedMethod>GET\
             </AllowedMethod>\n\
             <AllowedHeader>Authorization</AllowedHeader>\n</CORSRule>\n<CORSRule>\n\
             <AllowedOrigin>http://www.a.com</AllowedOrigin>\n<AllowedOrigin>http://www.b.com\
             </AllowedOrigin>\n\
             <AllowedMethod>GET</AllowedMethod>\n<AllowedHeader> Authorization</AllowedHeader>\n\
             <ExposeHeader>x-oss-test</ExposeHeader>\n<ExposeHeader>x-oss-test1</ExposeHeader>\n\
             <MaxAgeSeconds>100</MaxAgeSeconds>\n</CORSRule>\n<ResponseVary>false</ResponseVary>\n\
             </CORSConfiguration >",
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>\
             <AllowedMethod>GET</AllowedMethod><AllowedHeader>authorization</AllowedHeader></CORSRule>\
             <CORSRule><AllowedOrigin>http://www.a.com</AllowedOrigin>\
             <AllowedOrigin>http://www.b.com</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
             <AllowedHeader>authorization</AllowedHeader><ExposeHeader>x-oss-test</ExposeHeader>\
             <ExposeHeader>x-oss-test1</ExposeHeader><MaxAgeSeconds>100</MaxAgeSeconds></CORSRule>\
             <ResponseVary>false</ResponseVary>",
        );
        check(
            "<CORSConfiguration><ResponseVary>true</ResponseVary><CORSRule><AllowedMethod>HEAD\
             </AllowedMethod>\
             <AllowedOrigin>*</AllowedOrigin><MaxAgeSeconds/></CORSRule></CORSConfiguration>",
            "<CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>HEAD</AllowedMethod></CORSRule>\
             <ResponseVary>true</ResponseVary>",
        );
    }

    #[test]
    fn refuses_bad_documents() {
        let good = "<AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>";
        let check = |inside: &str| {
            let body = format!("<CORSConfiguration>{inside}</CORSConfiguration>");
            let error = CorsRules::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        };
        check("");
        check("<CORSRule/>");
        check("<CORSRule><AllowedOrigin>*</AllowedOrigin></CORSRule>");
        check(&format!("<CORSRule>{good}</CORSRule><ResponseVary>yes</ResponseVary>"));
        check(&format!("<CORSRule>{good}</CORSRule>").repeat(11));
        check(&format!("<CORSRule>{good}</CORSRule><!--{}-->", "x".repeat(CorsRules::MAX_BODY)));
    }

    #[test]
    fn ages_are_seconds() {
        // Python SDK, test_bucket.py, test_invalid_argument: the error names the element and its value.
        for age in ["-1", "soon", "1.5", "99999999999"] {
            let body = format!(
                "<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod>\
                 <MaxAgeSeconds>{age}</MaxAgeSeconds></CORSRule></CORSConfiguration>"
            );
            let error = CorsRules::parse(body.as_bytes()).expect_err(age);
            assert_eq!(error.code(), ErrorCode::InvalidArgument);
            let named: Vec<_> = error.details().collect();
            assert_eq!(named, [("ArgumentName", "MaxAgeSeconds"), ("ArgumentValue", age)]);
        }
    }
}
