//! Policies: documents with statements, of which an explicit denial wins.

use std::sync::Arc;

use crate::error::PolicyError;
use crate::found::{Document, Found};
use crate::json::Json;
use crate::key::Key;
use crate::policy_kind::PolicyKind;
use crate::request::Request;
use crate::statement::{Effect, Statement};

/// A policy has at most so many statements.
pub const MAX_STATEMENTS: usize = 256;

/// A policy, ready to be evaluated. Clones share what was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    kind: PolicyKind,
    name: Option<Arc<str>>,
    statements: Arc<[Statement]>,
}

/// What a policy says about a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision<'a> {
    /// A statement allows it, and none denies it.
    Allow(Found<'a>),
    /// A statement denies it.
    ExplicitDeny(Found<'a>),
    /// No statement is about it.
    ImplicitDeny,
}

impl Policy {
    /// Reads a document.
    ///
    /// # Errors
    /// For a document that is too long or no JSON, and for every element, operator, condition key and value that is not
    /// understood.
    pub fn parse(kind: PolicyKind, document: &str) -> Result<Self, PolicyError> {
        let limit = kind.max_characters();
        // So many bytes have more characters than that, and are not even counted.
        if document.len() > limit * 4 || document.chars().count() > limit {
            return Err(PolicyError::TooLong { limit });
        }
        let (mut version, mut statements) = (None, None);
        for (name, value) in Json::parse(document)?.members().map_err(|error| error.inside("Policy"))? {
            match name.as_str() {
                "Version" => version = Some(value.text().map_err(|error| error.inside("Version"))?),
                "Statement" => statements = Some(parse_statements(kind, value)?),
                _ => return Err(PolicyError::invalid(name, format!("no element of a {kind}"))),
            }
        }
        match version.as_deref() {
            Some("1") => {}
            Some(_) => return Err(PolicyError::invalid("Version", "must be \"1\"")),
            None => return Err(PolicyError::invalid("Version", "is missing")),
        }
        let statements = statements.ok_or_else(|| PolicyError::invalid("Statement", "is missing"))?;
        Ok(Self { kind, name: None, statements: statements.into() })
    }

    /// Makes what stands for a stored document that cannot be read: it denies everything, to everybody but the owner of a
    /// bucket, as nobody knows what the document denied.
    #[must_use]
    pub fn unreadable(kind: PolicyKind) -> Self {
        Self { kind, name: None, statements: [Statement::deny_everything(kind)].into() }
    }

    /// Gives it the name that it is attached by.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Returns what it is attached to.
    #[must_use]
    pub fn kind(&self) -> PolicyKind {
        self.kind
    }

    /// Returns the name that it is attached by.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Evaluates the policy.
    #[must_use]
    pub fn evaluate(&self, request: &Request<'_>) -> Decision<'_> {
        self.evaluate_where(request, |_| true)
    }

    /// Evaluates the policy without the statements that give everybody a right.
    #[must_use]
    pub fn evaluate_without_public(&self, request: &Request<'_>) -> Decision<'_> {
        self.evaluate_where(request, |statement| !statement.is_public())
    }

    /// Refuses a bucket policy that names another bucket.
    ///
    /// # Errors
    /// For a statement none of whose resources can be this bucket or be in it.
    pub fn check_bucket(&self, name: &str) -> Result<(), PolicyError> {
        match self.statements.iter().position(|statement| !statement.names_bucket(name)) {
            Some(index) => Err(PolicyError::invalid(
                format!("Statement {}: Resource", index + 1),
                format!("does not name the bucket {name}"),
            )),
            None => Ok(()),
        }
    }

    /// Returns whether the bucket policy gives everybody a right, by OSS's rules.
    #[must_use]
    pub fn is_public(&self) -> bool {
        self.kind == PolicyKind::Bucket && self.statements.iter().any(Statement::is_public)
    }

    /// Returns whether a condition asks for such a key, so that values that cost something are looked up where they are asked
    /// for alone.
    #[must_use]
    pub fn asks_for(&self, is_meant: impl Fn(&Key) -> bool) -> bool {
        self.statements.iter().flat_map(Statement::keys).any(is_meant)
    }

    fn evaluate_where(&self, request: &Request<'_>, counts: impl Fn(&Statement) -> bool) -> Decision<'_> {
        let action = request.action.to_ascii_lowercase();
        let mut decision = Decision::ImplicitDeny;
        for (index, statement) in self.statements.iter().enumerate() {
            let is_needed = statement.effect == Effect::Deny || decision == Decision::ImplicitDeny;
            if !is_needed || !statement.applies(request, &action) || !counts(statement) {
                continue;
            }
            match statement.effect {
                Effect::Deny => return Decision::ExplicitDeny(self.found(index, statement)),
                Effect::Allow => decision = Decision::Allow(self.found(index, statement)),
            }
        }
        decision
    }

    fn found<'a>(&'a self, index: usize, statement: &'a Statement) -> Found<'a> {
        let document = match self.kind {
            PolicyKind::Ram => Document::Ram(self.name()),
            PolicyKind::Session => Document::Session,
            PolicyKind::Trust => Document::Trust,
            PolicyKind::Bucket => Document::Bucket,
        };
        Found { document, statement: index + 1, sid: statement.sid.as_deref() }
    }
}

fn parse_statements(kind: PolicyKind, element: Json) -> Result<Vec<Statement>, PolicyError> {
    let Json::List(items) = element else { return Err(PolicyError::invalid("Statement", "must be a list")) };
    if items.is_empty() || items.len() > MAX_STATEMENTS {
        let problem = format!("must have at least one statement, and at most {MAX_STATEMENTS}");
        return Err(PolicyError::invalid("Statement", problem));
    }
    let parse = |(index, item)| {
        Statement::parse(kind, item).map_err(|error| error.inside(&format!("Statement {}", index + 1)))
    };
    items.into_iter().enumerate().map(parse).collect()
}
