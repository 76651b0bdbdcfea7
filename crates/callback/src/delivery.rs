//! Sending callbacks: what is sent, what comes back, and the record of every attempt.

mod attempt;
mod client;
mod config;
mod judge;
mod message;
mod pool;
mod record;
mod request;
mod resolve;
mod trouble;

pub use client::{ClientError, DeliveryClient};
pub use config::ClientConfig;
pub use message::Message;
pub use record::{Attempt, Delivery, Failure, Timings};
