//! The parameters that listings share: how many entries, under which prefix, split at which delimiter, how encoded. Each
//! listing says what it allows and which detail codes OSS has for the rest.

use ossicle_protocol::Error;
use ossicle_protocol::xml::KeyEncoding;

use crate::oss::call::Call;

/// The most entries of a page.
pub(crate) const MAX_KEYS: u32 = 1000;

/// Prefixes and markers are shorter than this, in bytes; keys are too.
const TEXT_LIMIT: usize = 1024;

/// What a listing allows its parameters to be.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The parameter for the number of entries.
    pub(crate) max_name: &'static str,
    /// The number of entries unless the client says otherwise.
    pub(crate) default_max: u32,
    pub(crate) delimiter: Delimiter,
    /// OSS's detail codes for wrong values of parameters, as far as it publishes them.
    pub(crate) codes: &'static [(&'static str, &'static str)],
}

/// What a delimiter may be, besides empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delimiter {
    /// Any text of the length of a key.
    Any,
    /// One character.
    Character,
    /// A slash.
    Slash,
}

/// `ListObjects` and `ListObjectsV2`.
pub(crate) const OBJECTS: Rules = Rules {
    max_name: "max-keys",
    default_max: 100,
    delimiter: Delimiter::Character,
    codes: &[
        ("max-keys", "0015-00000402"),
        ("prefix", "0015-00000403"),
        ("marker", "0015-00000405"),
        ("delimiter", "0015-00000406"),
    ],
};

/// `ListObjectVersions`.
pub(crate) const VERSIONS: Rules = Rules {
    max_name: "max-keys",
    default_max: 100,
    delimiter: Delimiter::Slash,
    codes: &[
        ("max-keys", "0012-00000102"),
        ("key-marker", "0012-00000104"),
        ("version-id-marker", "0012-00000105"),
        ("delimiter", "0012-00000107"),
    ],
};

/// `ListMultipartUploads`.
pub(crate) const UPLOADS: Rules =
    Rules { max_name: "max-uploads", default_max: MAX_KEYS, delimiter: Delimiter::Any, codes: &[] };

/// `ListParts`.
pub(crate) const PARTS: Rules =
    Rules { max_name: "max-parts", default_max: MAX_KEYS, delimiter: Delimiter::Any, codes: &[] };

/// `ListBuckets`.
pub(crate) const BUCKETS: Rules = Rules {
    max_name: "max-keys",
    default_max: 100,
    delimiter: Delimiter::Any,
    codes: &[("max-keys", "0017-00000289")],
};

/// `ListLiveChannel`.
pub(crate) const LIVE_CHANNELS: Rules = Rules {
    max_name: "max-keys",
    default_max: 100,
    delimiter: Delimiter::Any,
    codes: &[("max-keys", "0044-00000101")],
};

/// What a listing of keys asks for.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) prefix: String,
    pub(crate) delimiter: String,
    pub(crate) max: u32,
    pub(crate) encoding: KeyEncoding,
}

impl Page {
    /// Reads `prefix`, `delimiter`, `encoding-type` and the number of entries.
    pub(crate) fn of(call: &Call, rules: &Rules) -> Result<Self, Error> {
        Ok(Self {
            prefix: rules.text(call, "prefix")?.to_owned(),
            delimiter: rules.delimiter(call)?.to_owned(),
            max: rules.max(call)?,
            encoding: KeyEncoding::from_query(&call.query)?,
        })
    }
}

impl Rules {
    /// Reads a parameter that may be as long as a key; absent means empty.
    pub(crate) fn text<'a>(&self, call: &'a Call, name: &'static str) -> Result<&'a str, Error> {
        let text = call.query.get(name).unwrap_or("");
        if text.len() < TEXT_LIMIT {
            return Ok(text);
        }
        Err(self.invalid(format!("The length of {name} must be less than {TEXT_LIMIT} bytes."), name, text))
    }

    /// Reads the number of entries, from 1 to 1000.
    pub(crate) fn max(&self, call: &Call) -> Result<u32, Error> {
        let name = self.max_name;
        match call.query.get(name) {
            None | Some("") => Ok(self.default_max),
            Some(text) => text.parse().ok().filter(|count| (1..=MAX_KEYS).contains(count)).ok_or_else(|| {
                self.invalid(format!("{name} must be an integer from 1 to {MAX_KEYS}."), name, text)
            }),
        }
    }

    fn delimiter<'a>(&self, call: &'a Call) -> Result<&'a str, Error> {
        let text = self.text(call, "delimiter")?;
        let refused = match self.delimiter {
            Delimiter::Any => return Ok(text),
            Delimiter::Character => text.chars().nth(1).map(|_| "The delimiter must be one character."),
            Delimiter::Slash => (!matches!(text, "" | "/")).then_some("The delimiter must be a slash."),
        };
        refused.map_or(Ok(text), |message| Err(self.invalid(message.to_owned(), "delimiter", text)))
    }

    /// Refuses the value of a parameter.
    pub(crate) fn invalid(&self, message: String, name: &'static str, value: &str) -> Error {
        let error = Error::invalid_argument(message, name, value);
        match self.codes.iter().find(|(parameter, _)| *parameter == name) {
            Some((_, ec)) => error.with_ec(*ec),
            None => error,
        }
    }
}
