//! The record of a node.

use bytes::Bytes;

use super::{VERSION, expect_version};
use crate::codec::{Decoder, Encoder};
use crate::{Error, Node};

pub(crate) fn encode_node(node: &Node) -> Bytes {
    let mut out = Encoder::with_capacity(96);
    out.u8(VERSION);
    out.text(&node.address);
    out.text(&node.version);
    out.i64(node.started_ms);
    out.i64(node.seen_ms);
    out.u64(node.in_flight);
    out.u64(node.requests_per_second);
    out.finish()
}

/// Reads a node. Nodes of several versions see each other while a cluster is upgraded, so what a newer one adds at the end is
/// left alone.
pub(crate) fn decode_node(id: &str, row: &[u8]) -> Result<Node, Error> {
    let mut from = Decoder::new(row, "a node");
    expect_version(&mut from)?;
    Ok(Node {
        id: id.to_owned(),
        address: from.text()?,
        version: from.text()?,
        started_ms: from.i64()?,
        seen_ms: from.i64()?,
        in_flight: from.u64()?,
        requests_per_second: from.u64()?,
    })
}
