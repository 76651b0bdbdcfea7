//! Tags: pairs of key and value on an object or a bucket, in a header, in a query or in a document, within the bounds of the
//! manual.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::query::decode_form;
use crate::xml::{Document, Tagging};
use crate::{Error, ErrorCode, percent_encode};

/// Tags with keys that differ, in the order in which they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<(String, String)>);

/// What tags may be on objects or on buckets.
struct Bounds {
    most: usize,
    key: fn(&str) -> Result<(), Error>,
    value: fn(&str) -> Result<(), Error>,
}

/// The manual of PutObjectTagging.
const OBJECT: Bounds = Bounds { most: 10, key: object_key, value: object_value };
/// The manual of PutBucketTags.
const BUCKET: Bounds = Bounds { most: 20, key: bucket_key, value: bucket_value };

const LONGEST_OBJECT_KEY: usize = 128;
const LONGEST_OBJECT_VALUE: usize = 256;
const LONGEST_BUCKET_KEY: usize = 64;
const LONGEST_BUCKET_VALUE: usize = 128;
/// How keys of a bucket's tags must not begin.
const RESERVED: [&str; 3] = ["http://", "https://", "Aliyun"];

impl Tags {
    /// Longest document that is read.
    pub const MAX_BODY: usize = Tagging::MAX_BODY;

    /// The header that carries an object's tags, and under which they are stored.
    pub const HEADER: &str = "x-oss-tagging";

    /// Reads the value of an `x-oss-tagging` header: `key=value` or `key`, joined by `&`, both percent-encoded.
    ///
    /// # Errors
    /// `InvalidTag`.
    pub fn from_header(text: &str) -> Result<Self, Error> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            if value.contains('=') {
                return Err(invalid("0010-00000219", "A tag must be written as key=value.", pair));
            }
            Ok((decode_form(key)?, decode_form(value)?))
        });
        Self(pairs.collect::<Result<_, Error>>()?).within(&OBJECT)
    }

    /// Reads the document of `PutObjectTagging`.
    ///
    /// # Errors
    /// `MalformedXML`, `InvalidTag`.
    pub fn of_object(body: &[u8]) -> Result<Self, Error> {
        Self(Tagging::parse(body)?).within(&OBJECT)
    }

    /// Returns the value of a header that carries these tags.
    #[must_use]
    pub fn to_header(&self) -> String {
        let pairs = self.0.iter().map(|(key, value)| {
            let key = percent_encode(key);
            if value.is_empty() { key } else { format!("{key}={}", percent_encode(value)) }
        });
        pairs.collect::<Vec<_>>().join("&")
    }

    /// Writes the document that answers `GetObjectTagging` and `GetBucketTags`.
    #[must_use]
    pub fn to_xml(&self) -> String {
        Tagging::to_xml(&self.0)
    }

    /// Returns how many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of the tag with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str())
    }

    /// Removes the tags of these keys.
    #[must_use]
    pub fn without(mut self, keys: &[&str]) -> Self {
        self.0.retain(|(key, _)| !keys.contains(&key.as_str()));
        self
    }

    fn within(self, bounds: &Bounds) -> Result<Self, Error> {
        if self.0.len() > bounds.most {
            let message = format!("There must not be more than {} tags.", bounds.most);
            return Err(Error::new(ErrorCode::InvalidTag).with_ec("0010-00000218").with_message(message));
        }
        for (at, (key, value)) in self.0.iter().enumerate() {
            (bounds.key)(key)?;
            (bounds.value)(value)?;
            if self.0.iter().take(at).any(|(earlier, _)| earlier == key) {
                return Err(invalid("0010-00000210", "Two tags have the same key.", key));
            }
        }
        Ok(self)
    }
}

/// The tags of a bucket, which may be other ones than those of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketTags(pub Tags);

impl Document for BucketTags {
    const MAX_BODY: usize = Tagging::MAX_BODY;

    const ELEMENTS: &'static [Input] = &[
        Input::element("Tagging/TagSet/Tag/Key", Honoured),
        Input::element("Tagging/TagSet/Tag/Value", Honoured),
    ];

    fn parse(body: &[u8]) -> Result<Self, Error> {
        Ok(Self(Tags(Tagging::parse(body)?).within(&BUCKET)?))
    }

    fn to_xml(&self) -> String {
        self.0.to_xml()
    }

    fn unset() -> Result<Self, ErrorCode> {
        Ok(Self::default())
    }
}

fn object_key(key: &str) -> Result<(), Error> {
    if key.chars().count() > LONGEST_OBJECT_KEY {
        return Err(invalid("0010-00000209", "The key of a tag must not exceed 128 characters.", key));
    }
    if key.is_empty() || !key.chars().all(is_allowed_on_objects) {
        return Err(invalid("0010-00000212", "The key of a tag has characters that are not allowed.", key));
    }
    Ok(())
}

fn object_value(value: &str) -> Result<(), Error> {
    if value.chars().count() > LONGEST_OBJECT_VALUE || !value.chars().all(is_allowed_on_objects) {
        let message = "The value of a tag exceeds 256 characters, or has some that are not allowed.";
        return Err(invalid("0010-00000217", message, value));
    }
    Ok(())
}

/// Accepts letters of any script: the suite of oss2 has Chinese tags.
pub(crate) fn is_allowed_on_objects(character: char) -> bool {
    character.is_alphanumeric() || " +-=._:/".contains(character)
}

fn bucket_key(key: &str) -> Result<(), Error> {
    if RESERVED.iter().any(|prefix| key.starts_with(prefix)) {
        let message = "The key of a bucket's tag must not begin with http://, https:// or Aliyun.";
        return Err(invalid("0010-00000207", message, key));
    }
    if key.is_empty() || key.len() > LONGEST_BUCKET_KEY {
        return Err(invalid("0010-00000219", "The key of a bucket's tag must have 1 to 64 bytes.", key));
    }
    Ok(())
}

fn bucket_value(value: &str) -> Result<(), Error> {
    if value.len() > LONGEST_BUCKET_VALUE {
        let message = "The value of a bucket's tag must not exceed 128 bytes.";
        return Err(invalid("0010-00000219", message, value));
    }
    Ok(())
}

fn invalid(ec: &'static str, message: &'static str, what: &str) -> Error {
    Error::new(ErrorCode::InvalidTag).with_ec(ec).with_message(message).with_detail("Tag", what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(tags: &[(&str, &str)]) -> Vec<u8> {
        let tags =
            tags.iter().map(|(key, value)| format!("<Tag><Key>{key}</Key><Value>{value}</Value></Tag>"));
        format!("<Tagging><TagSet>{}</TagSet></Tagging>", tags.collect::<String>()).into_bytes()
    }

    #[test]
    fn headers() {
        let check = |text: &str, expected: &[(&str, &str)]| {
            let tags = Tags::from_header(text).expect(text);
            let pairs: Vec<_> = tags.0.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
            assert_eq!(pairs, expected, "{text}");
            assert_eq!(Tags::from_header(&tags.to_header()).unwrap(), tags, "{text}");
        };
        check("k1=v1&k2=v2", &[("k1", "v1"), ("k2", "v2")]);
        check("k", &[("k", "")]);
        check("a=&b=c", &[("a", ""), ("b", "c")]);
        // oss2 writes a blank as %20, the Go SDK as +.
        check("%20%2B/%20=%E4%B8%AD%E6%96%87", &[(" +/ ", "中文")]);
        check("a+b=c+d", &[("a b", "c d")]);
        check("%2B-/=%3A%2B%3A", &[("+-/", ":+:")]);
    }

    #[test]
    fn tags_that_are_refused() {
        let long = |length: usize| "a".repeat(length);
        let check = |outcome: Result<Tags, Error>, ec: &str| {
            let error = outcome.expect_err(ec);
            assert_eq!((error.code(), error.ec()), (ErrorCode::InvalidTag, ec));
        };
        check(Tags::from_header("aa=bb=cc"), "0010-00000219");
        check(Tags::from_header("=a&b=a"), "0010-00000212");
        check(Tags::from_header(&format!("{}=b", long(129))), "0010-00000209");
        check(Tags::from_header(&format!("b={}", long(257))), "0010-00000217");
        check(Tags::from_header("a%40=b"), "0010-00000212");
        check(Tags::from_header("a=%25"), "0010-00000217");
        check(Tags::from_header("a=1&a=2"), "0010-00000210");
        check(Tags::from_header("a&b&c&d&e&f&g&h&i&j&k"), "0010-00000218");
        check(Tags::of_object(&document(&[("a", "1"), ("a", "2")])), "0010-00000210");
        let of_bucket =
            |tags: &[(&str, &str)]| BucketTags::parse(&document(tags)).map(|BucketTags(tags)| tags);
        check(of_bucket(&[("Aliyun-a", "1")]), "0010-00000207");
        check(of_bucket(&[("http://a", "1")]), "0010-00000207");
        check(of_bucket(&[(&long(65), "1")]), "0010-00000219");
        check(of_bucket(&[("a", &long(129))]), "0010-00000219");
    }

    #[test]
    fn the_longest_that_are_allowed() {
        let long = |length: usize| "中".repeat(length);
        assert_eq!(Tags::of_object(&document(&[(&long(128), &long(256))])).unwrap().len(), 1);
        let (key, value) = ("k".repeat(64), "v".repeat(128));
        let BucketTags(tags) = BucketTags::parse(&document(&[(&key, &value), ("a@b", "?")])).unwrap();
        assert_eq!((tags.get("a@b"), tags.get("c")), (Some("?"), None));
    }
}
