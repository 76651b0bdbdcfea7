//! Asking for a callback: the parameters of an upload, and signed forms for uploads from browsers and apps.

mod callback;
mod post_policy;

pub use callback::Callback;
pub use post_policy::{Credentials, PostPolicy, SignedForm};
