//! Records of objects and uploads: what is written is read, what earlier versions wrote is read, and what later versions add
//! is passed on or refused, as its tag says.

use bytes::Bytes;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::test_runner::{Config, TestRunner};

use super::support::{
    Engine, append, copy, engines, get, initiate, open, put, put_of, put_part, store, stored, tables,
    until_files,
};
use crate::codec::Encoder;
use crate::command::RewriteRows;
use crate::engine::{Query, View};
use crate::extent::{DataRef, Extent, Place};
use crate::id::{DataId, UploadId};
use crate::record::{UploadRecord, decode_listed, decode_object, encode_object, hex_upper};
use crate::{
    Acl, Attributes, Cipher, CompleteUpload, CopyAttributes, CopyObject, DeleteObject, Encryption, Error,
    FindingKind, ListObjects, ObjectFields, ObjectKind, Parts, Restore, SeenObject, Store, UnknownFields,
    VersionId, VersionRef, key,
};

/// A field that no version knows and all pass on.
const IGNORABLE: &[u8] = &[0x7f, 3, b'n', b'e', b'w'];
/// A field that no version knows and none may ignore.
const REQUIRED: &[u8] = &[0xff, 3, b'n', b'e', b'w'];

fn acl() -> impl Strategy<Value = Acl> {
    prop_oneof![Just(Acl::Default), Just(Acl::Private), Just(Acl::PublicRead), Just(Acl::PublicReadWrite)]
}

/// Names and values on both sides of the length that takes more than one byte to write.
fn pairs(name: &'static str) -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let value = prop_oneof![3 => vec(any::<u8>(), 0..20), 1 => vec(any::<u8>(), 250..260)];
    vec((name, value), 0..5)
}

fn encryption() -> impl Strategy<Value = Encryption> {
    let cipher = prop_oneof![Just(Cipher::Aes256Gcm), Just(Cipher::Sm4Gcm)];
    (cipher, of("[0-9a-f-]{0,36}")).prop_map(|(cipher, kms_key)| Encryption { cipher, kms_key })
}

fn attributes() -> impl Strategy<Value = Attributes> {
    let unknown = vec((5..128_u8, vec(any::<u8>(), 0..300)), 0..3);
    (
        "[a-z/]{0,9}",
        pairs("[a-z-]{1,30}"),
        pairs("[a-z-]{0,300}"),
        "[a-z=&%]{0,300}",
        acl(),
        "[A-Z]{0,9}",
        unknown,
        of(encryption()),
    )
        .prop_map(|(content_type, headers, metadata, tags, acl, storage_class, fields, encryption)| {
            let mut unknown = UnknownFields::default();
            fields.iter().for_each(|(tag, value)| unknown.add(*tag, value));
            Attributes {
                content_type,
                headers,
                metadata,
                tags,
                acl,
                storage_class,
                encryption,
                unknown,
                ..Attributes::default()
            }
        })
}

fn data() -> impl Strategy<Value = DataRef> {
    let extent = (any::<bool>(), any::<[u8; 16]>(), any::<[u64; 3]>()).prop_map(|(small, id, numbers)| {
        let (id, [offset, length, crc64]) = (DataId::from_bytes(id), numbers);
        let place = if small { Place::Content(id) } else { Place::File(id) };
        let is_sealed = crc64 % 2 == 1;
        Extent { place, offset: if is_sealed { 0 } else { offset }, length, crc64, is_sealed }
    });
    prop_oneof![
        vec(extent, 0..3).prop_map(|extents| DataRef::Extents(extents.into())),
        any::<[u8; 16]>().prop_map(|id| DataRef::Manifest(DataId::from_bytes(id))),
    ]
}

fn object() -> impl Strategy<Value = ObjectFields> {
    let kind =
        prop_oneof![Just(ObjectKind::Normal), Just(ObjectKind::Multipart), Just(ObjectKind::Appendable)];
    let identity = (any::<Option<[u8; 16]>>(), "[A-F0-9-]{0,40}", any::<bool>(), kind);
    let numbers = (any::<[u64; 3]>(), any::<i64>(), any::<u32>(), any::<Option<u64>>());
    (identity, numbers, attributes(), data()).prop_map(|(identity, numbers, attributes, data)| {
        let ((md5, etag, is_md5, kind), ([size, crc64, generation], last_modified_ms, parts, version)) =
            (identity, numbers);
        ObjectFields {
            bucket: "b".into(),
            key: "k".into(),
            etag: md5.filter(|_| is_md5).map_or(etag, |md5| hex_upper(&md5)),
            size,
            crc64,
            md5,
            last_modified_ms,
            kind,
            attributes,
            parts,
            generation,
            version_id: version.map(VersionId::new),
            data,
        }
    })
}

/// Writes attributes as version 1 of the records has them.
fn encode_attributes_1(attributes: &Attributes, out: &mut Encoder) {
    out.u8(match attributes.acl {
        Acl::Default => 0,
        Acl::Private => 1,
        Acl::PublicRead => 2,
        Acl::PublicReadWrite => 3,
        Acl::AuthenticatedRead => 4,
    });
    out.text(&attributes.content_type);
    out.text(&attributes.storage_class);
    let Attributes { headers, metadata, tags, .. } = attributes;
    out.length(headers.len() + metadata.len() + usize::from(!tags.is_empty()));
    for (name, value) in headers {
        out.text(name);
        out.block(value);
    }
    for (name, value) in metadata {
        out.text(&format!("x-oss-meta-{name}"));
        out.block(value);
    }
    if !tags.is_empty() {
        out.text("x-oss-tagging");
        out.text(tags);
    }
}

fn encode_object_1(object: &ObjectFields) -> Bytes {
    let mut out = Encoder::default();
    out.u8(1);
    out.u8(match object.kind {
        ObjectKind::Normal | ObjectKind::Symlink => 1,
        ObjectKind::Multipart => 2,
        ObjectKind::Appendable => 3,
    });
    out.u8(u8::from(object.md5.is_some()));
    out.u64(object.size);
    out.u64(object.crc64);
    out.i64(object.last_modified_ms);
    out.u64(object.generation);
    out.u32(object.parts);
    out.raw(object.md5.as_ref().map_or(&[], |md5| &md5[..]));
    out.text(&object.etag);
    encode_attributes_1(&object.attributes, &mut out);
    object.data.encode(&mut out);
    out.finish()
}

fn encode_upload_1(upload: &UploadRecord) -> Bytes {
    let mut out = Encoder::default();
    out.u8(if upload.sequential { 2 } else { 1 });
    out.i64(upload.initiated_ms);
    encode_attributes_1(&upload.attributes, &mut out);
    out.finish()
}

fn assert_is_listed(row: &[u8], object: &ObjectFields) {
    let listed = decode_listed("b", "k", row).unwrap();
    assert_eq!((listed.key, listed.etag.as_str()), (object.key.as_str(), object.etag.as_str()));
    assert_eq!((listed.size, listed.last_modified_ms), (object.size, object.last_modified_ms));
    assert_eq!((listed.kind, listed.storage_class), (object.kind, object.attributes.storage_class.as_str()));
}

#[test]
fn records_are_read_as_they_were_written() {
    let check = |(mut object, sequential): (ObjectFields, bool)| {
        let row = encode_object(&object);
        assert_eq!(decode_object("b", "k", &row).unwrap(), object);
        assert_is_listed(&row, &object);
        let attributes = object.attributes.clone();
        let mut upload = UploadRecord { initiated_ms: object.last_modified_ms, sequential, attributes };
        assert_eq!(UploadRecord::decode(&upload.encode()).unwrap(), upload);
        for length in 0..row.len() {
            // Where an optional field ends, the rest may be missing; everything else is reported.
            if let Ok(shorter) = decode_object("b", "k", &row[..length]) {
                assert_eq!(shorter.data, object.data);
            }
        }
        // Version 1 has none of these.
        for attributes in [&mut object.attributes, &mut upload.attributes] {
            attributes.unknown = UnknownFields::default();
            attributes.encryption = None;
        }
        object.version_id = None;
        let row = encode_object_1(&object);
        assert_eq!(decode_object("b", "k", &row).unwrap(), object, "version 1");
        assert_is_listed(&row, &object);
        assert_eq!(UploadRecord::decode(&encode_upload_1(&upload)).unwrap(), upload, "version 1 or 2");
        Ok(())
    };
    TestRunner::new(Config::with_cases(300)).run(&(object(), any::<bool>()), check).unwrap();
}

/// An object without anything optional, and its record.
fn plain() -> (ObjectFields, Vec<u8>) {
    let object = ObjectFields {
        bucket: "b".into(),
        key: "k".into(),
        etag: "E".into(),
        size: 1,
        crc64: 2,
        md5: None,
        last_modified_ms: 3,
        kind: ObjectKind::Normal,
        attributes: Attributes { content_type: "t".into(), acl: Acl::Private, ..Attributes::default() },
        parts: 5,
        generation: 4,
        version_id: None,
        data: DataRef::Extents([].into()),
    };
    let number = |number: u64| number.to_le_bytes();
    let numbers = [1, 2, 3, 4].map(number).concat();
    let row = [&[2, 1, 0][..], &numbers, &[5, 0, 0, 0], &[1, b'E'], &[1, 0], &[1, 1, b't']].concat();
    (object, row)
}

#[test]
fn records_are_byte_for_byte_as_documented() {
    let (mut object, row) = plain();
    assert_eq!(encode_object(&object), row);
    object.attributes.headers = vec![("h".into(), vec![0xff]), ("i".into(), vec![])];
    object.attributes.metadata = vec![(String::new(), b"m".to_vec())];
    object.attributes.tags = "a=1".into();
    object.attributes.storage_class = "IA".into();
    object.attributes.unknown.add(0x7f, b"new");
    let headers = [1, 7, 1, b'h', 1, 0xff, 1, b'i', 0];
    let fields = [&headers[..], &[2, 3, 0, 1, b'm'], &[3, 3], b"a=1", &[4, 2], b"IA", IGNORABLE].concat();
    let whole = [row, fields.clone()].concat();
    assert_eq!(encode_object(&object), whole);
    let upload = UploadRecord { initiated_ms: 1, sequential: true, attributes: object.attributes };
    let head = [&[3, 1][..], &1_u64.to_le_bytes(), &[1, 1, b't']].concat();
    assert_eq!(upload.encode(), [head, fields].concat());
}

#[test]
fn a_symbolic_link_is_told_by_its_target() {
    let (mut object, row) = plain();
    object.kind = ObjectKind::Symlink;
    object.attributes.symlink_target = "to".into();
    let row = [row, [&[132, 2][..], b"to"].concat()].concat();
    assert_eq!(encode_object(&object), row);
    assert_eq!(decode_object("b", "k", &row).unwrap(), object);
    assert_is_listed(&row, &object);
    assert!(decode_object("b", "k", &[plain().1, vec![132, 0]].concat()).is_err());
}

#[test]
fn a_sealed_object_has_the_time_of_its_seal() {
    let (mut object, row) = plain();
    object.attributes.sealed_ms = Some(258);
    let row = [row, [&[168, 8, 2, 1][..], &[0; 6]].concat()].concat();
    assert_eq!(encode_object(&object), row);
    assert_eq!(decode_object("b", "k", &row).unwrap(), object);
    assert_is_listed(&row, &object);
    assert!(decode_object("b", "k", &[plain().1, vec![168, 1, 1]].concat()).is_err());
}

#[test]
fn a_restored_object_has_the_times_between_which_it_can_be_read() {
    let (mut object, row) = plain();
    object.attributes.restore = Some(Restore { readable_ms: 258, expires_ms: 3, urgency: 2 });
    let times = [&[2, 1][..], &[0; 6], &[3], &[0; 7]].concat();
    let row = [&row[..], &[134, 17], &times, &[2]].concat();
    assert_eq!(encode_object(&object), row);
    assert_eq!(decode_object("b", "k", &row).unwrap(), object);
    assert_is_listed(&row, &object);
    assert_eq!(decode_listed("b", "k", &row).unwrap().restore, object.attributes.restore);
    for damaged in [vec![134, 0], vec![134, 16], [&[134, 18][..], &times, &[2, 2]].concat()] {
        let row = [plain().1, damaged].concat();
        assert!(decode_object("b", "k", &row).is_err() && decode_listed("b", "k", &row).is_err());
    }
}

#[test]
fn fields_that_are_not_known_are_passed_on_or_refused() {
    let check = |fields: &[u8], expected: Result<&[u8], &str>| {
        let row = [plain().1, fields.to_vec()].concat();
        let read = decode_object("b", "k", &row);
        let listed = decode_listed("b", "k", &row);
        assert!(listed.is_ok() || listed.err() == read.as_ref().err().cloned(), "{fields:?}");
        let read = read.map(|object| object.attributes.unknown.0).map_err(|error| error.to_string());
        assert_eq!(read.as_deref().map_err(String::as_str), expected, "{fields:?}");
    };
    let corrupt = "stored data is corrupt: a record of the index: an object";
    let damaged = Err(corrupt);
    let later = "stored by a later version of Ossicle: b/k: a record of the index: an object with ";
    check(&[], Ok(&[]));
    check(IGNORABLE, Ok(IGNORABLE));
    check(&[5, 0, 0x7f, 1, 1], Ok(&[5, 0, 0x7f, 1, 1]));
    check(&[6, 1, 1, 3, 1, b'a', 5, 0], Ok(&[6, 1, 1, 5, 0]));
    check(REQUIRED, Err(&format!("{later}the required field 255")));
    check(&[5, 0, 0x80, 0], Err(&format!("{later}the required field 128")));
    check(&[0, 0], damaged);
    check(&[5], damaged);
    check(&[5, 2, 1], damaged);
    check(&[3, 1, b'a', 3, 1, b'b'], damaged);
    check(&[3, 0], damaged);
    check(&[4, 1, 0xff], damaged);
    check(&[1, 0], damaged);
    check(&[2, 1, 1], damaged);
    let mut row = plain().1;
    row[0] = 3;
    let error = decode_object("b", "k", &row).unwrap_err().to_string();
    assert_eq!(error, format!("{later}version 3"));
    row[0] = 0;
    assert_eq!(decode_object("b", "k", &row).unwrap_err().to_string(), corrupt);
    let error = UploadRecord::decode(&[4, 0]).unwrap_err().to_string();
    assert_eq!(
        error,
        "stored by a later version of Ossicle: a record of the index: an upload with version 4"
    );
}

struct RawRow(Bytes);

impl Query for RawRow {
    type Output = Vec<u8>;

    async fn run(&self, view: &View) -> Result<Vec<u8>, Error> {
        Ok(view.get(&self.0).await?.unwrap().to_vec())
    }
}

async fn row(store: &Store, key: &Bytes) -> Vec<u8> {
    store.parts().engine.query(RawRow(key.clone())).await.unwrap()
}

/// Adds a field to a record, as a later version would, and tells what the record was.
async fn add_field(store: &Store, key: Bytes, field: &[u8]) -> Vec<u8> {
    let before = row(store, &key).await;
    let with_field = Bytes::from([before.as_slice(), field].concat());
    store.parts().engine.commit(RewriteRows { rows: vec![(key, Some(with_field))] }, None).await.unwrap();
    before
}

#[tokio::test]
async fn unknown_fields_survive_whatever_rewrites_a_record() {
    for engine in engines() {
        let (dir, store) = store(engine).await;
        append(&store, "k", 0, b"appended").await.unwrap();
        let k = key::object("b", "k");
        add_field(&store, k.clone(), IGNORABLE).await;
        store.set_object_acl("b", "k", VersionRef::Current, Acl::PublicRead).await.unwrap();
        store.set_object_tags("b", "k", VersionRef::Current, "a=1".into()).await.unwrap();
        append(&store, "k", 8, b" twice").await.unwrap();
        let generation = store.object("b", "k").await.unwrap().unwrap().generation;
        let seen = vec![SeenObject { key: "k".into(), generation }];
        assert_eq!(store.set_storage_class("b", seen, "IA").await.unwrap(), [true]);
        copy(&store, "k", "copy").await.unwrap();
        copy(&store, "copy", "copy").await.unwrap();
        let upload_id = initiate(&store, "parts").await.unwrap();
        let id = UploadId::parse(&upload_id).unwrap();
        add_field(&store, key::upload("b", "parts", id), IGNORABLE).await;
        put_part(&store, "parts", &upload_id, 1, b"part").await.unwrap();
        store.complete(complete(&upload_id)).await.unwrap();
        store.close().await;
        drop(store);

        let store = open(dir.path(), engine);
        for key in ["k", "copy", "parts"] {
            assert!(row(&store, &key::object("b", key)).await.ends_with(IGNORABLE), "{engine:?}: {key}");
        }
        let object = store.object("b", "k").await.unwrap().unwrap();
        let Attributes { acl, tags, storage_class, .. } = &object.attributes;
        assert_eq!((*acl, tags.as_str(), storage_class.as_str()), (Acl::PublicRead, "a=1", "IA"));
        assert_eq!(get(&store, "k").await.unwrap(), b"appended twice");
        put(&store, "k", b"another").await;
        assert!(!row(&store, &k).await.ends_with(IGNORABLE), "another object has nothing of the one before");
        assert!(store.fsck(false).await.unwrap().findings.is_empty());
        store.close().await;
    }
}

fn complete(upload_id: &str) -> CompleteUpload {
    CompleteUpload::new("b", "parts", upload_id, Parts::All, 1000)
}

#[tokio::test]
async fn objects_with_an_unknown_required_field_are_refused_and_kept() {
    for engine in engines() {
        let (_dir, store) = store(engine).await;
        put(&store, "small", b"small").await;
        put(&store, "large", &[7; 3000]).await;
        let upload_id = initiate(&store, "parts").await.unwrap();
        let upload = key::upload("b", "parts", UploadId::parse(&upload_id).unwrap());
        let rows = [key::object("b", "small"), key::object("b", "large"), upload];
        let mut before = Vec::new();
        for row in &rows {
            before.push(add_field(&store, row.clone(), REQUIRED).await);
        }
        let refused = |key: &str| Error::LaterVersion {
            what: format!("b/{key}: a record of the index: an object with the required field 255"),
        };
        assert_eq!(store.object("b", "small").await.unwrap_err(), refused("small"));
        assert_eq!(store.open_object("b", "large").await.unwrap_err(), refused("large"));
        assert_eq!(
            store.set_object_acl("b", "small", VersionRef::Current, Acl::Private).await,
            Err(refused("small"))
        );
        assert_eq!(copy(&store, "small", "copy").await.unwrap_err(), refused("small"));
        let delete = DeleteObject { bucket: "b".into(), key: "small".into(), ..DeleteObject::default() };
        assert_eq!(store.delete_object(delete).await, Err(refused("small")));
        let data = stored(&store, b"over it").await.unwrap();
        assert_eq!(store.put_object(put_of("b", "small", data)).await.unwrap_err(), refused("small"));
        let list = ListObjects { bucket: "b".into(), max: 9, ..ListObjects::default() };
        assert_eq!(store.list_objects(&list).await.unwrap_err(), refused("large"));
        assert_eq!(store.render_objects(list, |_| ()).await.unwrap_err(), refused("large"));
        let error = store.complete(complete(&upload_id)).await.unwrap_err();
        assert!(matches!(error, Error::LaterVersion { .. }), "{error}");

        for repair in [false, true] {
            let report = store.fsck(repair).await.unwrap();
            let later = report.findings.iter().filter(|finding| finding.kind == FindingKind::LaterVersion);
            let reported: Vec<&str> = later.map(|finding| finding.what.as_str()).collect();
            let expected = [("large", "an object"), ("small", "an object"), ("parts", "an upload")].map(
                |(key, record)| {
                    format!(
                        "stored by a later version of Ossicle: b/{key}: a record of the index: {record} \
                         with the required field 255"
                    )
                },
            );
            assert_eq!(reported, expected, "{engine:?}");
            assert!(report.findings.iter().all(|finding| !finding.repaired), "{engine:?}");
        }
        let rows = rows.into_iter().zip(before).map(|(key, row)| (key, Some(Bytes::from(row)))).collect();
        store.parts().engine.commit(RewriteRows { rows }, None).await.unwrap();
        assert_eq!(get(&store, "small").await.unwrap(), b"small");
        assert_eq!(get(&store, "large").await.unwrap(), [7; 3000]);
        assert!(store.fsck(false).await.unwrap().is_sound());
        store.close().await;
    }
}

#[tokio::test]
async fn a_copy_with_attributes_of_its_own_has_no_unknown_fields() {
    let (_dir, store) = store(Engine::Memory).await;
    put(&store, "k", b"x").await;
    add_field(&store, key::object("b", "k"), IGNORABLE).await;
    let copy = CopyObject {
        source_bucket: "b".into(),
        source_key: "k".into(),
        source_generation: None,
        source_version: VersionRef::Current,
        data: None,
        bucket: "b".into(),
        key: "copy".into(),
        attributes: CopyAttributes::Replace(Box::default()),
        forbid_overwrite: false,
        now_ms: 1000,
    };
    assert_eq!(store.copy_object(copy).await.unwrap().attributes, Attributes::default());
    store.close().await;
}

/// Nothing that can be read refers to the content of a damaged object, which is all that is left of it.
#[tokio::test]
async fn fsck_removes_no_content_beside_a_damaged_object() {
    let (dir, store) = store(Engine::Lsm).await;
    put(&store, "small", b"small").await;
    put(&store, "large", &[7; 3000]).await;
    let mut whole = Vec::new();
    for name in ["small", "large"] {
        let row = key::object("b", name);
        let before = tables(&store).get_newest(&row).unwrap().unwrap();
        let damaged = before.slice(..before.len() - 3);
        let rows = vec![(row.clone(), Some(damaged))];
        store.parts().engine.commit(RewriteRows { rows }, None).await.unwrap();
        whole.push((row, Some(before)));
    }
    let report = store.fsck(true).await.unwrap();
    let damaged = report.findings.iter().filter(|finding| finding.kind == FindingKind::DamagedRow);
    assert_eq!(damaged.count(), 2, "{report:?}");
    assert!(report.findings.iter().all(|finding| !finding.repaired), "{report:?}");
    store.parts().engine.commit(RewriteRows { rows: whole }, None).await.unwrap();
    until_files(dir.path(), 1).await;
    assert_eq!(get(&store, "small").await.unwrap(), b"small");
    assert_eq!(get(&store, "large").await.unwrap(), [7; 3000]);
    store.close().await;
}
