//! The check of versions of objects: the rows of versions, and those that tell which of them is the null version.

use std::collections::HashMap;

use super::Checker;
use crate::check::FindingKind;
use crate::key::{self, Tag};
use crate::record::{StoredVersion, decode_null_version, encode_null_version};
use crate::{BucketStat, Error};

impl Checker<'_> {
    pub(super) async fn check_versions(&mut self) -> Result<(), Error> {
        // The numbers of null versions, by bucket and key.
        let mut nulls = HashMap::new();
        self.each(Tag::Version, |this, key, row| {
            let (bucket, name) = key::split(key, Tag::Version, key::VERSION_SUFFIX)?;
            let number = key::number_of_version(key)?;
            let version = StoredVersion::decode(&bucket, &name, number, row)?;
            if version.version_id().is_none()
                && nulls.insert((bucket.clone(), name.clone()), number).is_some()
            {
                this.add(FindingKind::DamagedRow, format!("{bucket}/{name} has two null versions"));
            }
            if let StoredVersion::Object(object) = &version {
                this.survey.report.versions += 1;
                this.refer(&object.data, object.size, &format!("a version of {bucket}/{name}"));
            }
            match this.stats.get_mut(&bucket) {
                Some(stat) => count(stat, &version),
                None => {
                    this.add(FindingKind::DamagedRow, format!("a version of {bucket}/{name} is in no bucket"))
                }
            }
            Ok(())
        })
        .await?;
        self.each(Tag::NullVersion, |this, key, row| {
            let of = key::split(key, Tag::NullVersion, 0)?;
            let said = decode_null_version(row)?;
            let found = nulls.remove(&of);
            if found != Some(said) {
                this.add(
                    FindingKind::DanglingRow,
                    format!("the null version of {}/{} is another", of.0, of.1),
                );
                this.rewrite(key.clone(), found.map(encode_null_version));
            }
            Ok(())
        })
        .await?;
        for ((bucket, name), number) in nulls {
            let what = format!("the null version of {bucket}/{name} is not said to be that");
            self.add(FindingKind::DanglingRow, what);
            self.rewrite(key::null_version(&bucket, &name), Some(encode_null_version(number)));
        }
        self.check_hidden().await
    }

    /// Finds keys without a current object though their newest version is one.
    async fn check_hidden(&mut self) -> Result<(), Error> {
        let mut pages = self.rows_of(Tag::Version);
        let mut last = None;
        loop {
            let rows = pages.next().await?;
            if rows.is_empty() {
                return Ok(());
            }
            for (key, row) in &rows {
                let Ok((bucket, name)) = key::split(key, Tag::Version, key::VERSION_SUFFIX) else { continue };
                let of = Some((bucket, name));
                if of == last {
                    continue;
                }
                last = of;
                let Some((bucket, name)) = &last else { continue };
                let newest = key::number_of_version(key)
                    .and_then(|number| StoredVersion::decode(bucket, name, number, row));
                if matches!(newest, Ok(StoredVersion::Object(_)))
                    && self.rows.get(&key::object(bucket, name)).await?.is_none()
                {
                    let what =
                        format!("{bucket}/{name} has versions, and none of them is the current object");
                    self.add(FindingKind::DamagedRow, what);
                }
            }
        }
    }
}

pub(in crate::check) fn count(stat: &mut BucketStat, version: &StoredVersion) {
    match version {
        StoredVersion::Object(object) => {
            stat.add(object.kind, &object.attributes.storage_class, object.size, false);
        }
        StoredVersion::DeleteMarker(_) => stat.delete_markers += 1,
    }
}
