//! `BucketCallbackPolicy`: the named callbacks of a bucket, both what `PutBucketCallbackPolicy` is sent and
//! what `GetBucketCallbackPolicy` answers.
//!
//! The base64 texts are kept as they are. They are checked when an upload names the policy, as in OSS.

use crate::inputs::Fate::Honoured;
use crate::inputs::Input;
use crate::xml::Document;
use crate::xml::reader::Element;
use crate::xml::writer::document;
use crate::{Error, ErrorCode};

/// The callback policies of a bucket, in the order they were given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BucketCallbackPolicy {
    items: Vec<CallbackPolicyItem>,
}

/// A named callback.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CallbackPolicyItem {
    /// The name that uploads give.
    pub name: String,
    /// The callback parameters, base64.
    pub callback: String,
    /// The custom variables, base64; empty if there are none.
    pub callback_var: String,
}

impl BucketCallbackPolicy {
    /// Returns the policies, in order.
    #[must_use]
    pub fn items(&self) -> &[CallbackPolicyItem] {
        &self.items
    }

    /// Returns the first policy called `name`.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&CallbackPolicyItem> {
        self.items.iter().find(|item| item.name == name)
    }
}

impl Document for BucketCallbackPolicy {
    const MAX_BODY: usize = 1024 * 1024;

    const ELEMENTS: &'static [Input] = &[
        Input::element("BucketCallbackPolicy/PolicyItem/PolicyName", Honoured),
        Input::element("BucketCallbackPolicy/PolicyItem/Callback", Honoured),
        Input::element("BucketCallbackPolicy/PolicyItem/CallbackVar", Honoured),
    ];

    /// Reads the document. One without items is valid, an item without a name or a callback is not.
    fn parse(body: &[u8]) -> Result<Self, Error> {
        let root = Element::parse(body, "BucketCallbackPolicy", Self::MAX_BODY)?;
        let items = root.children("PolicyItem").map(|item| {
            Ok(CallbackPolicyItem {
                name: item.required("PolicyName")?.to_owned(),
                callback: item.required("Callback")?.to_owned(),
                callback_var: item.optional("CallbackVar")?.unwrap_or_default().to_owned(),
            })
        });
        Ok(Self { items: items.collect::<Result<_, Error>>()? })
    }

    fn unset() -> Result<Self, ErrorCode> {
        Err(ErrorCode::BucketCallbackPolicyNotExist)
    }

    fn to_xml(&self) -> String {
        document("BucketCallbackPolicy", 256 + self.items.len() * 512, |c| {
            for item in &self.items {
                c.nested("PolicyItem", |c| {
                    c.text("PolicyName", &item.name);
                    c.text("Callback", &item.callback);
                    c.text("CallbackVar", &item.callback_var);
                });
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::BucketCallbackPolicy;
    use crate::ErrorCode;
    use crate::xml::Document;

    // Python and Java SDKs, tests of bucket callback policies: the shape and the order are theirs.
    const TWO: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BucketCallbackPolicy><PolicyItem>\
        <PolicyName>first</PolicyName><Callback>eyJjYWxsYmFja1VybCI6Ind3dy5hYmMuY29tL2NhbGxiYWNrIn0=\
        </Callback>\
        <CallbackVar>eyJ4OnZhcjEiOiJ2YWx1ZTEifQ==</CallbackVar></PolicyItem><PolicyItem>\
        <PolicyName>second</PolicyName><Callback>e30=</Callback><CallbackVar></CallbackVar></PolicyItem>\
        </BucketCallbackPolicy>";

    #[test]
    fn keeps_text_and_order() {
        let policy = BucketCallbackPolicy::parse(TWO.as_bytes()).expect("a policy");
        assert_eq!(policy.to_xml(), TWO);
        assert_eq!(policy.items().len(), 2);
        assert_eq!(policy.find("first").expect("it").callback_var, "eyJ4OnZhcjEiOiJ2YWx1ZTEifQ==");
        assert_eq!(policy.find("second").expect("it").callback_var, "");
        assert!(policy.find("third").is_none());
    }

    #[test]
    fn an_empty_policy_is_valid() {
        for body in ["<BucketCallbackPolicy/>", "<BucketCallbackPolicy></BucketCallbackPolicy>"] {
            assert!(BucketCallbackPolicy::parse(body.as_bytes()).expect(body).items().is_empty());
        }
    }

    #[test]
    fn refuses_incomplete_items() {
        for inside in [
            "<PolicyItem/>",
            "<PolicyItem><PolicyName>a</PolicyName></PolicyItem>",
            "<PolicyItem><Callback>e30=</Callback></PolicyItem>",
            "<PolicyItem><PolicyName>a</PolicyName><PolicyName>b</PolicyName><Callback>e30=</Callback>\
             </PolicyItem>",
        ] {
            let body = format!("<BucketCallbackPolicy>{inside}</BucketCallbackPolicy>");
            let error = BucketCallbackPolicy::parse(body.as_bytes()).expect_err(inside);
            assert_eq!(error.code(), ErrorCode::MalformedXML);
        }
    }
}
