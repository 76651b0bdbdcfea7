//! `WebsiteConfiguration`: the pages and redirects of a bucket that is a website, both what `PutBucketWebsite` is sent and what
//! `GetBucketWebsite` answers.

use crate::inputs::Fate::{Honoured, Ignored};
use crate::inputs::{Input, NOT_IMPLEMENTED, Place, refuse_value};
use crate::xml::Document;
use crate::xml::reader::{Element, malformed};
use crate::xml::writer::{Content, document};
use crate::{Error, ErrorCode, ObjectKey, Operation};

/// A website has no more redirects than this.
const MAX_RULES: usize = 20;

/// A redirect asks for no more headers than this.
const MAX_HEADERS: usize = 10;

/// Longest text that a redirect compares or sends.
const MAX_TEXT: usize = 1024;

const OF_MIRRORS: &str = "it belongs to rules that mirror another site, which are refused";

/// The pages and redirects of a website.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebsiteConfiguration {
    /// The page of a folder.
    pub index: Option<IndexDocument>,
    /// The page in the place of a missing object.
    pub error: Option<ErrorDocument>,
    /// The redirects, in the order of their numbers.
    pub rules: Vec<RoutingRule>,
}

/// The page of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IndexDocument {
    /// Its name.
    pub suffix: String,
    /// Whether each folder has its own, and not that of the root.
    pub support_sub_dir: Option<bool>,
    /// What is done about a folder that was named without its slash.
    pub without_slash: Option<WithoutSlash>,
}

/// What is done about a key that is missing, but is that of a folder without its slash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WithoutSlash {
    /// 0: the client is redirected to the folder.
    #[default]
    Redirect,
    /// 1: nothing.
    Nothing,
    /// 2: the page of the folder is sent.
    Page,
}

/// The page in the place of a missing object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDocument {
    /// Its key.
    pub key: String,
    /// The status that it is sent with, 404 unless it is said.
    pub status: Option<u16>,
}

/// A redirect and when it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutingRule {
    /// Rules with lower numbers come first.
    pub number: u32,
    /// What keys begin with.
    pub prefix: Option<String>,
    /// What keys end with.
    pub suffix: Option<String>,
    /// The status that the request would be answered with otherwise.
    pub status: Option<u16>,
    /// Names and values of headers that the request has.
    pub headers: Vec<(String, String)>,
    /// Where to.
    pub redirect: Redirect,
}

/// Where a client is redirected to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// Whether the network for content delivery is meant to follow it.
    pub is_for_cdn: bool,
    /// `http` or `https`.
    pub protocol: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The key, in which `${key}` stands for that of the request.
    pub key: Option<String>,
    /// What takes the place of the prefix of the rule.
    pub key_prefix: Option<String>,
    /// Whether the prefix of the rule is replaced.
    pub replaces_prefix: Option<bool>,
    /// Whether the parameters of the request go along.
    pub passes_query: Option<bool>,
    /// 301, 302 or 307.
    pub status: Option<u16>,
}

impl RoutingRule {
    /// Returns whether the rule is about a request for the key that is answered with `status` otherwise and has the headers that
    /// `header` finds.
    pub fn fits<'a>(&self, key: &str, status: u16, header: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.prefix.as_deref().is_none_or(|prefix| key.starts_with(prefix))
            && self.suffix.as_deref().is_none_or(|suffix| key.ends_with(suffix))
            && self.status.is_none_or(|wanted| wanted == status)
            && self.headers.iter().all(|(name, value)| header(name) == Some(value))
    }

    /// Returns the key that the client is redirected to.
    #[must_use]
    pub fn key_for(&self, key: &str) -> String {
        let redirect = &self.redirect;
        if let Some(template) = &redirect.key {
            return template.replace("${key}", key);
        }
        if redirect.replaces_prefix.unwrap_or(redirect.key_prefix.is_some()) {
            let rest = key.strip_prefix(self.prefix.as_deref().unwrap_or("")).unwrap_or(key);
            return format!("{}{rest}", redirect.key_prefix.as_deref().unwrap_or(""));
        }
        key.to_owned()
    }

    fn read(rule: &Element) -> Result<Self, Error> {
        refuse(rule, "LuaConfig", "LuaConfig/Script", |lua| lua.optional("Script"))?;
        let number = rule.required("RuleNumber")?.trim();
        let number = number.parse().ok().filter(|number| *number > 0);
        let condition = rule.child("Condition")?;
        let headers: Vec<_> =
            condition.iter().flat_map(|condition| condition.children("IncludeHeader")).collect();
        if headers.len() > MAX_HEADERS {
            return Err(malformed("A rule has more than 10 headers."));
        }
        let of_condition = |name| condition.map_or(Ok(None), |condition| text(condition, name));
        Ok(Self {
            number: number.ok_or_else(|| malformed("RuleNumber must be a positive number."))?,
            prefix: of_condition("KeyPrefixEquals")?,
            suffix: of_condition("KeySuffixEquals")?,
            status: condition.map_or(Ok(None), |it| status(it, "HttpErrorCodeReturnedEquals", |_| true))?,
            headers: headers.into_iter().map(read_header).collect::<Result<_, _>>()?,
            redirect: Redirect::read(rule.only("Redirect")?)?,
        })
    }

    fn write(&self, c: &mut Content) {
        c.number("RuleNumber", self.number.into());
        c.nested("Condition", |c| {
            c.optional("KeyPrefixEquals", self.prefix.as_deref());
            c.optional("KeySuffixEquals", self.suffix.as_deref());
            write_number(c, "HttpErrorCodeReturnedEquals", self.status);
            for (key, value) in &self.headers {
                c.nested("IncludeHeader", |c| {
                    c.text("Key", key);
                    c.text("Equals", value);
                });
            }
        });
        c.nested("Redirect", |c| self.redirect.write(c));
    }
}

impl Redirect {
    fn read(redirect: &Element) -> Result<Self, Error> {
        let kind = redirect.required("RedirectType")?.trim();
        let name = "WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/RedirectType";
        if kind == "Mirror" {
            refuse_value(Operation::PutBucketWebsite, Place::Element, name, kind)?;
        }
        if !matches!(kind, "External" | "AliCDN") {
            return Err(malformed("RedirectType must be External, AliCDN or Mirror."));
        }
        let protocol = text(redirect, "Protocol")?;
        if protocol.as_deref().is_some_and(|protocol| !matches!(protocol, "http" | "https")) {
            return Err(malformed("Protocol must be http or https."));
        }
        let host = text(redirect, "HostName")?;
        let is_of_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':');
        if host.as_deref().is_some_and(|host| !host.bytes().all(is_of_host)) {
            return Err(malformed("HostName must be the name of a host."));
        }
        let made = Self {
            is_for_cdn: kind == "AliCDN",
            protocol,
            host,
            key: text(redirect, "ReplaceKeyWith")?,
            key_prefix: text(redirect, "ReplaceKeyPrefixWith")?,
            replaces_prefix: flag(redirect, "EnableReplacePrefix")?,
            passes_query: flag(redirect, "PassQueryString")?,
            status: status(redirect, "HttpRedirectCode", |code| matches!(code, 301 | 302 | 307))?,
        };
        if made.key.is_some() && (made.key_prefix.is_some() || made.replaces_prefix == Some(true)) {
            return Err(malformed("A rule replaces the key or its prefix, not both."));
        }
        Ok(made)
    }

    fn write(&self, c: &mut Content) {
        c.text("RedirectType", if self.is_for_cdn { "AliCDN" } else { "External" });
        write_flag(c, "PassQueryString", self.passes_query);
        c.optional("Protocol", self.protocol.as_deref());
        c.optional("HostName", self.host.as_deref());
        c.optional("ReplaceKeyWith", self.key.as_deref());
        c.optional("ReplaceKeyPrefixWith", self.key_prefix.as_deref());
        write_flag(c, "EnableReplacePrefix", self.replaces_prefix);
        write_number(c, "HttpRedirectCode", self.status);
    }
}

impl IndexDocument {
    fn read(root: &Element) -> Result<Option<Self>, Error> {
        let Some(index) = root.child("IndexDocument")? else { return Ok(None) };
        // SDKs send an empty one for none.
        let Some(suffix) = text(index, "Suffix")? else { return Ok(None) };
        if suffix.contains('/') {
            return Err(Error::invalid_argument("The suffix must not have a slash.", "Suffix", suffix));
        }
        let without_slash = match text(index, "Type")?.as_deref() {
            None => None,
            Some("0") => Some(WithoutSlash::Redirect),
            Some("1") => Some(WithoutSlash::Nothing),
            Some("2") => Some(WithoutSlash::Page),
            Some(_) => return Err(malformed("Type must be 0, 1 or 2.")),
        };
        let support_sub_dir = flag(index, "SupportSubDir")?;
        Ok(Some(Self { suffix: page(suffix, "Suffix")?, support_sub_dir, without_slash }))
    }

    fn write(&self, c: &mut Content) {
        c.text("Suffix", &self.suffix);
        write_flag(c, "SupportSubDir", self.support_sub_dir);
        let kind = self.without_slash.map(|kind| match kind {
            WithoutSlash::Redirect => "0",
            WithoutSlash::Nothing => "1",
            WithoutSlash::Page => "2",
        });
        c.optional("Type", kind);
    }
}

impl ErrorDocument {
    fn read(root: &Element) -> Result<Option<Self>, Error> {
        let Some(error) = root.child("ErrorDocument")? else { return Ok(None) };
        let Some(key) = text(error, "Key")? else { return Ok(None) };
        let status = status(error, "HttpStatus", |code| matches!(code, 200 | 404))?;
        Ok(Some(Self { key: page(key, "Key")?, status }))
    }

    fn write(&self, c: &mut Content) {
        c.text("Key", &self.key);
        write_number(c, "HttpStatus", self.status);
    }
}

impl Document for WebsiteConfiguration {
    const MAX_BODY: usize = 256 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("WebsiteConfiguration/IndexDocument/Suffix", Honoured),
        Input::element("WebsiteConfiguration/IndexDocument/SupportSubDir", Honoured),
        Input::element("WebsiteConfiguration/IndexDocument/Type", Honoured),
        Input::element("WebsiteConfiguration/ErrorDocument/Key", Honoured),
        Input::element("WebsiteConfiguration/ErrorDocument/HttpStatus", Honoured),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/RuleNumber", Honoured),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Condition/*", Honoured),
        Input::element(
            "WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/RedirectType",
            crate::inputs::Fate::Refused { code: ErrorCode::NotImplemented, unless: &["External", "AliCDN"] },
        ),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/Mirror*", Ignored(OF_MIRRORS)),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/Protocol", Honoured),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/HostName", Honoured),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/PassQueryString", Honoured),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/ReplaceKeyWith", Honoured),
        Input::element(
            "WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/ReplaceKeyPrefixWith",
            Honoured,
        ),
        Input::element(
            "WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/EnableReplacePrefix",
            Honoured,
        ),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/Redirect/HttpRedirectCode", Honoured),
        Input::element("WebsiteConfiguration/RoutingRules/RoutingRule/LuaConfig/Script", NOT_IMPLEMENTED),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "WebsiteConfiguration", Self::MAX_BODY)?;
        let (index, error) = (IndexDocument::read(&root)?, ErrorDocument::read(&root)?);
        let rules =
            root.child("RoutingRules")?.map(|rules| rules.children("RoutingRule").collect::<Vec<_>>());
        let rules = rules.unwrap_or_default();
        if rules.len() > MAX_RULES {
            return Err(malformed("There are more than 20 rules."));
        }
        let mut rules: Vec<_> = rules.into_iter().map(RoutingRule::read).collect::<Result<_, _>>()?;
        rules.sort_by_key(|rule| rule.number);
        if rules.windows(2).any(|pair| matches!(pair, [one, next] if one.number == next.number)) {
            return Err(malformed("Two rules have the same RuleNumber."));
        }
        if index.is_none() && error.is_none() && rules.is_empty() {
            return Err(malformed("There is no IndexDocument, ErrorDocument or RoutingRule."));
        }
        Ok(Self { index, error, rules })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::NoSuchWebsiteConfiguration)
    }

    fn to_xml(&self) -> String {
        document("WebsiteConfiguration", 384 + 768 * self.rules.len(), |c| {
            if let Some(index) = &self.index {
                c.nested("IndexDocument", |c| index.write(c));
            }
            if let Some(error) = &self.error {
                c.nested("ErrorDocument", |c| error.write(c));
            }
            if !self.rules.is_empty() {
                c.nested("RoutingRules", |c| {
                    for rule in &self.rules {
                        c.nested("RoutingRule", |c| rule.write(c));
                    }
                });
            }
        })
    }
}

/// Refuses an element of a rule that holds something.
fn refuse<'a>(
    rule: &'a Element,
    container: &'static str,
    name: &str,
    value: impl Fn(&'a Element) -> Result<Option<&'a str>, Error>,
) -> Result<(), Error> {
    let Some(found) = rule.child(container)? else { return Ok(()) };
    let path = format!("WebsiteConfiguration/RoutingRules/RoutingRule/{name}");
    refuse_value(Operation::PutBucketWebsite, Place::Element, &path, value(found)?.unwrap_or(""))
}

fn read_header(header: &Element) -> Result<(String, String), Error> {
    let key = text(header, "Key")?.ok_or_else(|| malformed("IncludeHeader has no Key."))?;
    Ok((key.to_ascii_lowercase(), text(header, "Equals")?.unwrap_or_default()))
}

/// Reads a text; an empty one counts as none.
fn text(of: &Element, name: &'static str) -> Result<Option<String>, Error> {
    let text = of.optional(name)?.map(str::trim).filter(|text| !text.is_empty());
    if text.is_some_and(|text| text.len() > MAX_TEXT || text.contains(char::is_control)) {
        return Err(malformed(format!("{name} must be a text of up to {MAX_TEXT} bytes.")));
    }
    Ok(text.map(str::to_owned))
}

fn flag(of: &Element, name: &'static str) -> Result<Option<bool>, Error> {
    text(of, name)?.map(|_| of.flag(name)).transpose()
}

/// Reads a status of HTTP that is `allowed`.
fn status(of: &Element, name: &'static str, allowed: fn(u16) -> bool) -> Result<Option<u16>, Error> {
    let Some(code) = text(of, name)? else { return Ok(None) };
    let code = code.parse().ok().filter(|code| (200..600).contains(code) && allowed(*code));
    code.map(Some).ok_or_else(|| malformed(format!("{name} is no status that is allowed.")))
}

/// Refuses a page that cannot be an object.
fn page(key: String, name: &'static str) -> Result<String, Error> {
    ObjectKey::parse(&key)
        .and_then(|key| key.check_storable())
        .map_err(|_| Error::invalid_argument("The page must be the key of an object.", name, key.clone()))?;
    Ok(key)
}

fn write_flag(c: &mut Content, name: &'static str, flag: Option<bool>) {
    if let Some(flag) = flag {
        c.flag(name, flag);
    }
}

fn write_number(c: &mut Content, name: &'static str, number: Option<u16>) {
    if let Some(number) = number {
        c.number(name, number.into());
    }
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::{Strategy, any, prop, proptest};

    use super::{ErrorDocument, IndexDocument, Redirect, RoutingRule, WebsiteConfiguration, WithoutSlash};
    use crate::ErrorCode;
    use crate::xml::Document;

    fn text() -> impl Strategy<Value = Option<String>> {
        option::of("[a-z&<>\"\u{4e2d}]{1,12}")
    }

    fn redirect() -> impl Strategy<Value = Redirect> {
        let flags = (any::<bool>(), option::of(any::<bool>()), option::of(any::<bool>()));
        let texts = (option::of("https?"), option::of("[a-z]{1,9}\\.example"), text(), text());
        (flags, texts, option::of(prop::sample::select(vec![301, 302, 307]))).prop_map(
            |((is_for_cdn, replaces, passes_query), (protocol, host, key, prefix), status)| {
                let both = key.is_some();
                Redirect {
                    is_for_cdn,
                    protocol,
                    host,
                    key,
                    key_prefix: prefix.filter(|_| !both),
                    replaces_prefix: replaces.map(|replaces| replaces && !both),
                    passes_query,
                    status,
                }
            },
        )
    }

    fn rule() -> impl Strategy<Value = RoutingRule> {
        let headers = prop::collection::vec(("[a-z-]{1,9}", "[a-z]([a-z ]{0,5}[a-z])?"), 0..3);
        (text(), text(), option::of(400_u16..600), headers, redirect()).prop_map(
            |(prefix, suffix, status, headers, redirect)| RoutingRule {
                number: 0,
                prefix,
                suffix,
                status,
                headers,
                redirect,
            },
        )
    }

    proptest! {
        #[test]
        fn reads_what_it_writes(
            suffix in "[a-z&\u{4e2d}]{1,12}\\.html",
            support_sub_dir in option::of(any::<bool>()),
            kind in option::of(0..3),
            status in option::of(prop::sample::select(vec![200_u16, 404])),
            rules in prop::collection::vec(rule(), 0..5),
        ) {
            let without_slash = kind.map(|kind| match kind {
                0 => WithoutSlash::Redirect,
                1 => WithoutSlash::Nothing,
                _ => WithoutSlash::Page,
            });
            let error = Some(ErrorDocument { key: suffix.clone(), status });
            let numbered = |(number, rule): (u32, RoutingRule)| RoutingRule { number, ..rule };
            let website = WebsiteConfiguration {
                index: Some(IndexDocument { suffix, support_sub_dir, without_slash }),
                error,
                rules: (1..).zip(rules).map(numbered).collect(),
            };
            assert_eq!(WebsiteConfiguration::parse(website.to_xml().as_bytes()), Ok(website));
        }
    }

    fn rules(inside: &str) -> Result<WebsiteConfiguration, crate::Error> {
        let body =
            format!("<WebsiteConfiguration><RoutingRules>{inside}</RoutingRules></WebsiteConfiguration>");
        WebsiteConfiguration::parse(body.as_bytes())
    }

    #[test]
    fn keys_of_redirects_as_in_the_manual() {
        let check = |prefix: &str, redirect: &str, key: &str, expected: &str| {
            let read = rules(&format!(
                "<RoutingRule><RuleNumber>1</RuleNumber><Condition><KeyPrefixEquals>{prefix}</KeyPrefixEquals></Condition>\
                 <Redirect><RedirectType>External</RedirectType>{redirect}</Redirect></RoutingRule>"
            ));
            assert_eq!(read.expect(redirect).rules[0].key_for(key), expected, "{redirect}");
        };
        // OSS manual, PutBucketWebsite.
        check("", "<ReplaceKeyWith>prefix/${key}.suffix</ReplaceKeyWith>", "test", "prefix/test.suffix");
        let replaced = "<ReplaceKeyPrefixWith>def/</ReplaceKeyPrefixWith>";
        check("abc/", replaced, "abc/test.txt", "def/test.txt");
        check("", replaced, "test.txt", "def/test.txt");
        check("abc/", "<EnableReplacePrefix>true</EnableReplacePrefix>", "abc/test.txt", "test.txt");
        check(
            "abc/",
            &format!("{replaced}<EnableReplacePrefix>false</EnableReplacePrefix>"),
            "abc/a",
            "abc/a",
        );
        check("abc/", "", "abc/test.txt", "abc/test.txt");
    }

    #[test]
    fn refuses_bad_documents() {
        let check = |body: &str, code: ErrorCode| {
            assert_eq!(WebsiteConfiguration::parse(body.as_bytes()).expect_err(body).code(), code, "{body}");
        };
        let website = |inside: &str| format!("<WebsiteConfiguration>{inside}</WebsiteConfiguration>");
        let index =
            |inside: &str| website(&format!("<IndexDocument><Suffix>i</Suffix>{inside}</IndexDocument>"));
        use ErrorCode::{InvalidArgument, MalformedXML, NotImplemented};
        check("", MalformedXML);
        check(&website(""), MalformedXML);
        check(&website("<IndexDocument><Suffix/></IndexDocument>"), MalformedXML);
        check(&website("<IndexDocument><Suffix>a/b</Suffix></IndexDocument>"), InvalidArgument);
        check(&index("<Type>3</Type>"), MalformedXML);
        check(&index("<SupportSubDir>perhaps</SupportSubDir>"), MalformedXML);
        check(
            &website("<ErrorDocument><Key>e</Key><HttpStatus>500</HttpStatus></ErrorDocument>"),
            MalformedXML,
        );
        let long = "x".repeat(1025);
        check(&website(&format!("<ErrorDocument><Key>{long}</Key></ErrorDocument>")), MalformedXML);
        let rule = |number: &str, redirect: &str| {
            format!(
                "<RoutingRule><RuleNumber>{number}</RuleNumber><Redirect>{redirect}</Redirect></RoutingRule>"
            )
        };
        let external = |more: &str| rule("1", &format!("<RedirectType>External</RedirectType>{more}"));
        assert!(rules(&external("")).is_ok());
        let check = |inside: &str, code: ErrorCode| {
            assert_eq!(rules(inside).expect_err(inside).code(), code, "{inside}");
        };
        check(&external("").repeat(2), MalformedXML);
        check(&rule("0", "<RedirectType>External</RedirectType>"), MalformedXML);
        check(&rule("1", ""), MalformedXML);
        check(&rule("1", "<RedirectType>Elsewhere</RedirectType>"), MalformedXML);
        check(&rule("1", "<RedirectType>Mirror</RedirectType>"), NotImplemented);
        check(&external("<HttpRedirectCode>303</HttpRedirectCode>"), MalformedXML);
        check(&external("<Protocol>ftp</Protocol>"), MalformedXML);
        check(&external("<HostName>a.example/b</HostName>"), MalformedXML);
        let both = "<ReplaceKeyWith>a</ReplaceKeyWith><ReplaceKeyPrefixWith>b</ReplaceKeyPrefixWith>";
        check(&external(both), MalformedXML);
        let many: String = (1..=21)
            .map(|number| rule(&number.to_string(), "<RedirectType>External</RedirectType>"))
            .collect();
        check(&many, MalformedXML);
        let lua =
            external("").replace("<Redirect>", "<LuaConfig><Script>a.lua</Script></LuaConfig><Redirect>");
        check(&lua, NotImplemented);
    }
}
