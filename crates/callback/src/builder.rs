//! Asking for a callback: the parameters of an upload, and signed forms and URLs for uploads from browsers and apps.

mod callback;
mod post_policy;
mod presigned_put;
mod signing;

pub use callback::Callback;
pub use post_policy::{PostPolicy, SignedForm};
pub use presigned_put::{PresignedPut, SignedPut};
pub use signing::Credentials;
