//! Sending callbacks: what is sent, what comes back, and the record of every attempt.

mod attempt;
mod attempt_error;
mod client;
mod config;
mod judge;
mod message;
mod pool;
mod record;
mod request;
mod resolve;

pub use client::{ClientError, DeliveryClient};
pub use config::ClientConfig;
pub use message::Message;
pub use record::{Attempt, Delivery, Failure, Timings};
