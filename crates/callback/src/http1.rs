//! The little of HTTP/1.1 that a callback and a key need: one request over one connection, one answer.
//!
//! A general client is not used on purpose. The signature covers the request target byte for byte, header names
//! have a fixed spelling, the address that was judged must be the one that is connected to, and the record of a
//! delivery holds what really stood on the wire.

#[cfg_attr(
    not(feature = "delivery"),
    expect(dead_code, reason = "fetching a key looks at less of an answer")
)]
mod answer;
mod stream;
#[cfg(feature = "https")]
#[cfg_attr(
    not(feature = "delivery"),
    expect(dead_code, reason = "fetching a key does not explain its failures")
)]
mod tls;

pub(crate) use answer::{Answer, Length};
#[cfg(feature = "delivery")]
pub(crate) use answer::{Head, ReadError};
pub(crate) use stream::Stream;
#[cfg(feature = "https")]
pub(crate) use tls::Roots;
#[cfg(feature = "delivery")]
pub(crate) use tls::TlsErrorKind;
