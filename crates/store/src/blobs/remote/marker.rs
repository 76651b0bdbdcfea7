//! Whether a place can be used, and by this store: a marker in it names the one whose content it holds.

use opendal::{ErrorKind, Operator};

use super::{PROBE, failure};
use crate::{Error, OpenError};

/// The name of the marker, which no blob has.
const MARKER: &str = "ossicle-cluster";

/// The first line of the marker.
const FORMAT: &str = "ossicle content 1";

/// A marker is no longer than this.
const LONGEST: u64 = 256;

/// Checks that the place belongs to the store of this id, taking it for it if it belongs to none, and that what is
/// written there can be read and removed.
pub(super) async fn check_in(operator: &Operator, id: &str) -> Result<(), OpenError> {
    let found = match read(operator).await? {
        Some(found) => found,
        None => {
            claim(operator, id).await?;
            read(operator).await?.unwrap_or_default()
        }
    };
    match found.strip_prefix(FORMAT).map(str::trim) {
        Some(owner) if owner == id => probe(operator).await,
        Some(owner) if !owner.is_empty() => Err(wrong(format!(
            "it holds the content of the store {owner}, and this is the store {id}; give this one a bucket, prefix or \
             folder of its own, or use the database that belongs to the content"
        ))),
        _ => Err(wrong(format!("its `{MARKER}` is not a marker that this version can read"))),
    }
}

/// Checks that the place belongs to nobody and can be used, and leaves nothing there.
pub(super) async fn admit_new_store(operator: &Operator) -> Result<(), OpenError> {
    let Some(found) = read(operator).await? else { return probe(operator).await };
    let owner = found.strip_prefix(FORMAT).map(str::trim).unwrap_or_default();
    Err(wrong(format!(
        "it holds the content of the store {owner}, and the database is empty; use the database that belongs to the content, or \
         give this cluster a bucket, prefix or folder of its own"
    )))
}

/// Asks the place for its marker. It has none when a folder is not mounted.
pub(super) async fn reach(operator: &Operator) -> Result<(), Error> {
    operator
        .stat(MARKER)
        .await
        .map(drop)
        .map_err(|error| failure::of("finding the marker of the content", &error))
}

/// Reads the marker, if there is one.
async fn read(operator: &Operator) -> Result<Option<String>, OpenError> {
    let about = match operator.stat(MARKER).await {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        about => about.map_err(|error| failed("reading its marker", &error))?,
    };
    if about.content_length() > LONGEST {
        return Ok(Some(String::new()));
    }
    let marker = operator.read(MARKER).await.map_err(|error| failed("reading its marker", &error))?;
    Ok(Some(String::from_utf8_lossy(&marker.to_bytes()).into_owned()))
}

/// Writes the marker. Where two do so at once, one of them finds the other's.
async fn claim(operator: &Operator, id: &str) -> Result<(), OpenError> {
    let can_tell = operator.info().capability().write_with_if_not_exists;
    let marker = format!("{FORMAT}\n{id}\n");
    match operator.write_with(MARKER, marker).if_not_exists(can_tell).await {
        Err(error) if !matches!(error.kind(), ErrorKind::ConditionNotMatch | ErrorKind::AlreadyExists) => {
            Err(failed("writing its marker", &error))
        }
        _ => Ok(()),
    }
}

async fn probe(operator: &Operator) -> Result<(), OpenError> {
    let content = format!("{:032x}", rand::random::<u128>());
    let name = format!("{PROBE}{content}");
    operator.write(&name, content.clone()).await.map_err(|error| failed("writing to it", &error))?;
    let read = operator.read(&name).await.map_err(|error| failed("reading from it", &error))?;
    operator.delete(&name).await.map_err(|error| failed("removing from it", &error))?;
    if read.to_bytes() == content.as_bytes() {
        Ok(())
    } else {
        Err(wrong("it does not return what was written".to_owned()))
    }
}

fn wrong(what: String) -> OpenError {
    OpenError::Place { what }
}

fn failed(what: &str, error: &opendal::Error) -> OpenError {
    wrong(failure::of(what, error).to_string())
}
