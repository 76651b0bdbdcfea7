//! What policies are asked about.

use crate::context::Context;
use crate::principal::Principal;
use crate::resource::Resource;

/// One action of somebody, on one resource.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Who asks.
    pub principal: Principal<'a>,
    /// The action, as `oss:GetObject`.
    pub action: &'a str,
    /// What it is done to.
    pub resource: Resource<'a>,
    /// The values of condition keys.
    pub context: &'a dyn Context,
}
