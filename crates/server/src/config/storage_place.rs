//! Where a server keeps what it stores: a folder of its own, or the database and the place for content that the nodes of a
//! cluster share. The addresses of these may hold passwords, and are shown nowhere.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use ossicle_store::{ClusterPlaces, ContentPlace};

use super::{ConfigError, Storage};

/// The variables of the environment with the access key of the place for content.
const KEY_ID: &str = "OSSICLE_DATA_ACCESS_KEY_ID";
const KEY_SECRET: &str = "OSSICLE_DATA_ACCESS_KEY_SECRET";

/// An address that may hold a password or an access key.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretUrl(String);

/// Where a server keeps what it stores.
#[derive(Debug, Clone)]
pub(crate) enum StoragePlace {
    /// In a folder that one process uses at a time.
    Folder(PathBuf),
    /// In places that the nodes of a cluster share.
    Cluster(ClusterPlaces),
}

impl FromStr for SecretUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretUrl(..)")
    }
}

impl Storage {
    /// Tells where the server keeps what it stores; the key of the place for content may be in the environment.
    pub(crate) fn place(
        &self,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<StoragePlace, ConfigError> {
        let senseless = |text: &str| Err(ConfigError::Senseless(text.to_owned()));
        match (&self.data_dir, &self.metadata, &self.data) {
            (Some(folder), None, None) => Ok(StoragePlace::Folder(folder.clone())),
            (None, Some(metadata), Some(data)) => {
                cluster(metadata, data, environment).map(StoragePlace::Cluster)
            }
            (Some(_), _, _) => senseless(
                "a data folder goes with neither --metadata nor --data: give --data-dir (storage.data_dir) for one server, \
                 or --metadata and --data (storage.metadata, storage.data) for a node of a cluster",
            ),
            (None, None, None) => senseless(
                "no place to store anything: give --data-dir DIR (storage.data_dir), or for a node of a cluster --metadata \
                 and --data (storage.metadata, storage.data)",
            ),
            (None, _, None) => senseless(
                "storage.metadata and storage.data go together: give the place for content too, such as --data \
                 s3://BUCKET/PREFIX",
            ),
            (None, None, _) => senseless(
                "storage.metadata and storage.data go together: give the database too, in OSSICLE_STORAGE_METADATA or with \
                 --metadata postgres://USER@HOST/NAME",
            ),
        }
    }
}

fn cluster(
    SecretUrl(metadata): &SecretUrl,
    SecretUrl(data): &SecretUrl,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<ClusterPlaces, ConfigError> {
    if !metadata.starts_with("postgres://") && !metadata.starts_with("postgresql://") {
        return Err(ConfigError::Senseless(
            "storage.metadata is the address of a PostgreSQL database, such as postgres://USER:PASSWORD@HOST/NAME"
                .to_owned(),
        ));
    }
    let set = |name| environment(name).filter(|value| !value.is_empty());
    let key = match (set(KEY_ID), set(KEY_SECRET)) {
        (Some(id), Some(secret)) => Some((id, secret)),
        (None, None) => None,
        _ => {
            return Err(ConfigError::Senseless(format!(
                "{KEY_ID} and {KEY_SECRET} go together: set both or neither"
            )));
        }
    };
    let data = ContentPlace::parse(data, key)
        .map_err(|error| ConfigError::Senseless(format!("storage.data: {error}")))?;
    Ok(ClusterPlaces { metadata: metadata.clone(), data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const DATABASE: &str = "postgres://ossicle:pass-word@db.example/ossicle";
    const CONTENT: &str = "s3://bucket/prefix?access_key_id=id&secret_access_key=pass-word";

    fn place(settings: &[(&str, &str)]) -> Result<StoragePlace, String> {
        let environment: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let config = Config::load(None, environment.clone()).map_err(|error| error.to_string())?;
        assert!(!format!("{config:?}").contains("pass-word"));
        let find =
            |name: &str| environment.iter().find(|(set, _)| set == name).map(|(_, value)| value.clone());
        config.storage.place(find).map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_or_both_places_of_a_cluster() {
        let folder = place(&[("OSSICLE_STORAGE_DATA_DIR", "/srv/ossicle")]);
        assert!(matches!(folder, Ok(StoragePlace::Folder(folder)) if folder.as_os_str() == "/srv/ossicle"));
        let key = [(KEY_ID, "id"), (KEY_SECRET, "pass-word")];
        for (content, more) in [(CONTENT, &[][..]), ("s3://bucket/prefix", &key), ("fs:///srv/content", &[])]
        {
            let places = [("OSSICLE_STORAGE_METADATA", DATABASE), ("OSSICLE_STORAGE_DATA", content)];
            let place = place(&[&places, more].concat());
            assert!(
                matches!(&place, Ok(StoragePlace::Cluster(places)) if places.metadata == DATABASE),
                "{place:?}"
            );
        }
    }

    #[test]
    fn mistakes_name_their_cure_and_no_password() {
        let (metadata, data, folder) =
            ("OSSICLE_STORAGE_METADATA", "OSSICLE_STORAGE_DATA", "OSSICLE_STORAGE_DATA_DIR");
        let cases: [(&[(&str, &str)], &str); 9] = [
            (&[], "give --data-dir DIR"),
            (&[(metadata, DATABASE)], "give the place for content too"),
            (&[(data, CONTENT)], "give the database too"),
            (&[(metadata, DATABASE), (data, CONTENT), (folder, "/srv")], "a data folder goes with neither"),
            (&[(metadata, DATABASE), (folder, "/srv")], "a data folder goes with neither"),
            (&[(metadata, "mysql://u:pass-word@db/x"), (data, CONTENT)], "such as postgres://"),
            (
                &[(metadata, DATABASE), (data, "ftp://u:pass-word@host/x")],
                "storage.data: the place for content",
            ),
            (
                &[(metadata, DATABASE), (data, "s3://bucket?secret_access_key=pass-word")],
                "an id and a secret",
            ),
            (&[(metadata, DATABASE), (data, "s3://bucket"), (KEY_SECRET, "pass-word")], "go together"),
        ];
        for (settings, expected) in cases {
            let error = place(settings).unwrap_err();
            assert!(error.contains(expected) && !error.contains("pass-word"), "{settings:?} gave {error:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_toml_is_not_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ossicle.toml");
        std::fs::write(&path, "[storage]\nmetadata = \"postgres://u:pass-word@db/x\n").unwrap();
        let error = Config::load(Some(&path), []).unwrap_err().to_string();
        assert!(error.contains("line 2") && !error.contains("pass-word"), "{error}");
        std::fs::write(&path, "[storage]\nmetadata = [\"postgres://u:pass-word@db/x\"]\n").unwrap();
        let error = Config::load(Some(&path), []).unwrap_err().to_string();
        assert!(!error.contains("pass-word"), "{error}");
    }
}
