//! The upload callbacks of Alibaba Cloud OSS, both sides of them.
//!
//! A client uploads an object and asks, in the `callback` parameter, that the store tell an application server
//! about it. The store sends a signed request, and what the application server answers is what the client gets.
//! This crate has every part of that protocol and nothing of a store:
//!
//! - what an uploader asks for: [`parse_callback`], [`parse_callback_var`] and the body template behind
//!   [`CallbackParameters::render`];
//! - the signature: [`string_to_sign`], [`SigningKey`], [`VerifyingKey`];
//! - where a callback may go: [`CallbackUrl`], [`AddressGuard`];
//! - sending it (feature `delivery`): [`DeliveryClient`];
//! - receiving it (feature `receiver`, on by default): `receiver::Verifier`, with an axum extractor and a tower
//!   layer behind the features of those names;
//! - asking for it (feature `builder`, on by default): `builder::Callback`, `builder::PostPolicy` and
//!   `builder::PresignedPut`.
//!
//! The minimum supported Rust version is 1.95. `unsafe` is forbidden.
#![forbid(unsafe_code)]

mod additional_headers;
mod base64_json;
mod body_type;
#[cfg(feature = "builder")]
pub mod builder;
#[cfg(feature = "delivery")]
mod delivery;
mod finding;
mod guard;
#[cfg(any(feature = "receiver", feature = "delivery"))]
mod http1;
mod image;
mod parameter_error;
mod parameters;
mod pem;
#[cfg(feature = "receiver")]
pub mod receiver;
mod signature;
#[cfg(any(feature = "receiver", feature = "delivery"))]
mod sync;
mod template;
mod url;
mod variables;

pub use body_type::BodyType;
#[cfg(feature = "delivery")]
pub use delivery::{Attempt, ClientConfig, ClientError, Delivery, DeliveryClient, Failure, Message, Timings};
pub use finding::{Finding, FindingKind};
pub use guard::{AddressClass, AddressGuard, Refused};
pub use image::{ImageProbe, Probed};
pub use parameter_error::ParameterError;
pub use parameters::{CallbackParameters, Requested, parse_callback, parse_callback_json};
pub use signature::{KeyError, SignatureError, SigningKey, VerifyingKey, string_to_sign};
pub use template::Rendered;
pub use url::{CallbackUrl, Scheme, UrlError};
pub use variables::{CustomVariables, Image, Variables, parse_callback_var};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
