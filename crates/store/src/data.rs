//! The bytes of objects on their way in and out.

mod at_hand;
mod hashing;
mod md5;
mod new_data;
mod reader;
mod sealed;
mod upload;

pub(crate) use at_hand::AtHand;
pub(crate) use hashing::Hashers;
pub(crate) use md5::Md5State;
pub(crate) use new_data::{Content, NewData};
pub use reader::Reader;
pub(crate) use reader::{ReadPlan, Source};
pub(crate) use sealed::{Keys, cipher_from_u8, cipher_to_u8, sealed_length};
pub(crate) use upload::DataPath;
pub use upload::{StoredData, Upload};
