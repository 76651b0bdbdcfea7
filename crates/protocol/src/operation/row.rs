//! What a row of the table of operations says.

use http::{HeaderMap, Method};

use crate::inputs::{CONTENT_MD5, Input, USUAL, USUAL_OF_OBJECTS};
use crate::xml::Document;
use crate::{Query, Target};

/// One operation that OSS has.
pub(crate) struct Row {
    /// The name as OSS's manual and logs write it.
    pub(crate) name: &'static str,
    pub(crate) level: Level,
    pub(crate) verbs: &'static [Verb],
    /// What a request must have besides method and level, one of these.
    pub(crate) when: &'static [When],
    pub(crate) access: Access,
    pub(crate) body: Body,
    /// What becomes of its headers, parameters, fields and elements.
    inputs: &'static [&'static [Input]],
    /// The same of what it has beside those that are usual for its level.
    more: &'static [Input],
    /// The same of what belongs to the document that it sets.
    document: &'static [&'static [Input]],
}

/// What an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// The service itself, with all its buckets.
    Service,
    /// A bucket.
    Bucket,
    /// An object, or what is to become one.
    Object,
}

/// The least that a request for an operation has.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pattern {
    /// The method.
    pub method: Method,
    /// What the address names.
    pub level: Level,
    /// The parameters of the query. A sub-resource has an empty value.
    pub query: Vec<(&'static str, &'static str)>,
    /// The header that it must have, with any value.
    pub header: Option<&'static str>,
}

impl Level {
    pub(crate) const ALL: [Self; 3] = [Self::Service, Self::Bucket, Self::Object];

    pub(crate) fn of(target: &Target) -> Self {
        match target {
            Target::Service => Self::Service,
            Target::Bucket(_) => Self::Bucket,
            Target::Object(..) => Self::Object,
        }
    }

    /// Returns the name as error documents have it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Service => "Service",
            Self::Bucket => "Bucket",
            Self::Object => "Object",
        }
    }
}

/// The methods that OSS has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Get,
    Put,
    Post,
    Delete,
    Head,
    Options,
}

impl Verb {
    pub(crate) const ALL: [Self; 6] =
        [Self::Get, Self::Put, Self::Post, Self::Delete, Self::Head, Self::Options];

    pub(crate) fn of(method: &Method) -> Option<Self> {
        match *method {
            Method::GET => Some(Self::Get),
            Method::PUT => Some(Self::Put),
            Method::POST => Some(Self::Post),
            Method::DELETE => Some(Self::Delete),
            Method::HEAD => Some(Self::Head),
            Method::OPTIONS => Some(Self::Options),
            _ => None,
        }
    }

    fn method(self) -> Method {
        match self {
            Self::Get => Method::GET,
            Self::Put => Method::PUT,
            Self::Post => Method::POST,
            Self::Delete => Method::DELETE,
            Self::Head => Method::HEAD,
            Self::Options => Method::OPTIONS,
        }
    }
}

/// What a request must have besides method and level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    /// Nothing: but then no sub-resource of this level either.
    Plain,
    /// This header, under the conditions of `Plain`.
    PlainWithHeader(&'static str),
    /// This sub-resource: a query parameter with any value.
    Has(&'static str),
    /// This sub-resource and this parameter.
    HasBoth(&'static str, &'static str),
    /// This sub-resource, and `comp` with this value.
    Comp(&'static str, &'static str),
    /// A query parameter with any value that is no sub-resource: with other methods it has no effect.
    Parameter(&'static str),
    /// A query parameter with this value, which is no sub-resource either.
    Value(&'static str, &'static str),
    /// A query parameter with any value, and this header.
    ParameterWithHeader(&'static str, &'static str),
}

/// The parameter that tells operations of one sub-resource apart.
pub(crate) const COMP: &str = "comp";

impl When {
    /// Returns whether a request is one of these. `selected` says that it names a sub-resource.
    fn fits(self, query: &Query, headers: &HeaderMap, selected: bool) -> bool {
        match self {
            Self::Plain => !selected,
            Self::PlainWithHeader(header) => !selected && has_header(headers, header),
            Self::Has(name) | Self::Parameter(name) => query.contains(name),
            Self::HasBoth(name, other) => query.contains(name) && query.contains(other),
            Self::Comp(name, value) => query.get(COMP) == Some(value) && query.contains(name),
            Self::Value(name, value) => query.get(name) == Some(value),
            Self::ParameterWithHeader(name, header) => query.contains(name) && has_header(headers, header),
        }
    }

    /// Returns the sub-resource, if it takes one.
    pub(crate) fn subresource(self) -> Option<&'static str> {
        match self {
            Self::Has(name) | Self::HasBoth(name, _) | Self::Comp(name, _) => Some(name),
            Self::Plain
            | Self::PlainWithHeader(_)
            | Self::Parameter(_)
            | Self::Value(..)
            | Self::ParameterWithHeader(..) => None,
        }
    }

    /// Returns the parameters that select it, with the values that they need.
    pub(crate) fn parameters(self) -> Vec<(&'static str, &'static str)> {
        match self {
            Self::Plain | Self::PlainWithHeader(_) => Vec::new(),
            Self::Has(name) | Self::Parameter(name) | Self::ParameterWithHeader(name, _) => vec![(name, "")],
            Self::HasBoth(name, other) => vec![(name, ""), (other, "")],
            Self::Comp(name, value) => vec![(name, ""), (COMP, value)],
            Self::Value(name, value) => vec![(name, value)],
        }
    }

    fn header(self) -> Option<&'static str> {
        match self {
            Self::PlainWithHeader(header) | Self::ParameterWithHeader(_, header) => Some(header),
            _ => None,
        }
    }

    fn names(self, subresource: &str) -> bool {
        matches!(self, Self::HasBoth(_, other) if other == subresource)
            || self.subresource() == Some(subresource)
    }
}

/// Makes the row of an operation on the service. It takes no body and is the owner's unless it says otherwise.
pub(crate) const fn of_service(verbs: &'static [Verb], when: &'static [When]) -> Row {
    Row::new(Level::Service, verbs, when, Resource::Account, USUAL)
}

/// Makes the row of an operation on a bucket, likewise.
pub(crate) const fn of_bucket(verbs: &'static [Verb], when: &'static [When]) -> Row {
    Row::new(Level::Bucket, verbs, when, Resource::Bucket, USUAL)
}

/// Makes the row of an operation on an object, likewise.
pub(crate) const fn of_object(verbs: &'static [Verb], when: &'static [When]) -> Row {
    Row::new(Level::Object, verbs, when, Resource::Object, USUAL_OF_OBJECTS)
}

impl Row {
    const fn new(
        level: Level,
        verbs: &'static [Verb],
        when: &'static [When],
        resource: Resource,
        inputs: &'static [&'static [Input]],
    ) -> Self {
        let access = Access { action: "", resource, grant: Grant::Nobody };
        let body = Body::Nothing;
        Self { name: "", level, verbs, when, access, body, inputs, more: &[], document: &[] }
    }

    /// Sets its name in the table and the action, unless it has others already.
    pub(crate) const fn named(self, name: &'static str, action: &'static str) -> Self {
        let row = if self.name.is_empty() { self.called(name) } else { self };
        if row.access.action.is_empty() { row.allowed_by(action) } else { row }
    }

    /// Sets the name that OSS's logs have, where it is not that of the operation.
    pub(crate) const fn called(self, name: &'static str) -> Self {
        Self { name, ..self }
    }

    /// Sets the action, as policies name it, where it is not named like the operation.
    pub(crate) const fn allowed_by(self, action: &'static str) -> Self {
        Self { access: Access { action, ..self.access }, ..self }
    }

    /// Sets what the action is done to, where the address does not say it.
    pub(crate) const fn on(self, resource: Resource) -> Self {
        Self { access: Access { resource, ..self.access }, ..self }
    }

    /// Sets which right of an ACL allows it to everybody.
    pub(crate) const fn granted_by(self, grant: Grant) -> Self {
        Self { access: Access { grant, ..self.access }, ..self }
    }

    /// Sets that it takes a body.
    pub(crate) const fn with(self, body: Body) -> Self {
        Self { body, ..self }
    }

    /// Sets what becomes of its inputs, in place of those that are usual for its level.
    pub(crate) const fn taking(self, inputs: &'static [&'static [Input]]) -> Self {
        Self { inputs, ..self }
    }

    /// Sets what becomes of inputs that it has beside the usual ones.
    pub(crate) const fn also(self, more: &'static [Input]) -> Self {
        Self { more, ..self }
    }

    /// Sets that its body is the document of a configuration.
    pub(crate) const fn setting<D: Document>(self, body: Body) -> Self {
        Self { document: const { &[&[CONTENT_MD5], D::ELEMENTS] }, body, ..self }
    }

    /// Returns what becomes of its inputs.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = &'static Input> {
        self.inputs.iter().copied().flatten().chain(self.more).chain(self.document.iter().copied().flatten())
    }

    /// Returns the least that a request for it has.
    pub(crate) fn pattern(&self) -> Pattern {
        let when = self.when.first().copied().unwrap_or(When::Plain);
        Pattern {
            method: self.verbs.first().copied().map_or(Method::GET, Verb::method),
            level: self.level,
            query: when.parameters(),
            header: when.header(),
        }
    }

    /// Returns whether a request of this level and method asks for the operation.
    pub(crate) fn fits(&self, query: &Query, headers: &HeaderMap, selected: bool) -> bool {
        self.when.iter().any(|when| when.fits(query, headers, selected))
    }

    /// Returns whether the operation is one of a sub-resource.
    pub(crate) fn is_of(&self, subresource: &str) -> bool {
        self.when.iter().any(|when| when.names(subresource))
    }

    /// Returns the sub-resource that the operation is known by.
    pub(crate) fn subresource(&self) -> Option<&'static str> {
        self.when.iter().find_map(|when| when.subresource())
    }
}

/// What it takes to be allowed an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// The action, as policies name it.
    pub action: &'static str,
    /// What the action is done to.
    pub resource: Resource,
    /// Which right of an ACL allows it to everybody.
    pub grant: Grant,
}

/// What an action is done to, as policies name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `acs:oss:*:*:*`: everything that the account has.
    Account,
    /// `acs:oss:*:*:bucket`
    Bucket,
    /// `acs:oss:*:*:bucket/key`
    Object,
    /// The same for keys that are in the body.
    Objects,
}

/// Which right of an ACL allows an operation to everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// None: it is the owner's.
    Nobody,
    /// Listing the bucket's objects.
    ReadBucket,
    /// Reading the object: its own ACL decides, else the bucket's.
    ReadObject,
    /// Writing or deleting the object of the key, or working on an upload that is to become it: likewise.
    WriteObject,
    /// The operation learns later who calls or which keys are meant, and decides then.
    Later,
}

/// What body a request has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// None that means anything.
    Nothing,
    /// A document, which may be empty or left out.
    Optional,
    /// The operation lives on it: a request that neither has a length nor comes in chunks is refused.
    Needed,
}

/// Returns whether a header is there; clients send empty ones for what they do not set.
fn has_header(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| !value.is_empty())
}
