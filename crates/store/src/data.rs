//! The bytes of objects on their way in and out.

mod hashing;
mod md5;
mod read_memory;
mod reader;
mod upload;
mod writer;

pub(crate) use hashing::Hashers;
pub(crate) use md5::Md5State;
pub(crate) use read_memory::ReadMemory;
pub use reader::Reader;
pub(crate) use reader::{AtHand, ReadPlan, Source};
pub(crate) use upload::DataPath;
pub use upload::{StoredData, Upload};
