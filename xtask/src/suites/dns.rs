//! A name server for the tests' namespace: the names of the service lead to the server under test, a few others to a
//! host that stands in for an application server, and everything else does not exist.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};

use anyhow::Context;

/// Where the server under test listens.
pub(super) const SERVER: Ipv4Addr = Ipv4Addr::LOCALHOST;
/// Where the host listens that stands in for the internet.
pub(super) const STAND_IN: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// The endpoints that lead to the server, as does `<bucket>.<endpoint>`: those of the region under test, and that of
/// another one which some tests of oss2 write out.
const ENDPOINTS: [&str; 3] =
    ["oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com", "oss-cn-shanghai.aliyuncs.com"];
/// The names of the Security Token Service, which the server answers to as well.
const STS: [&str; 2] = ["sts.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com"];
/// Hosts that tests name as receivers of callbacks.
const RECEIVERS: [&str; 3] = ["www.aliyun.com", "www.aliyuncs.com", "www.bbc.com"];

const HEAD: usize = 12;
const TYPE_A: u16 = 1;
const NO_ERROR: u8 = 0;
const NO_SUCH_NAME: u8 = 3;

/// Answers on port 53 of 127.0.0.1 for as long as the process lives.
pub(super) fn serve() -> anyhow::Result<()> {
    let socket = UdpSocket::bind(SocketAddr::from((SERVER, 53))).context("no port for the name server")?;
    std::thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut buffer) {
            if let Some(reply) = buffer.get(..length).and_then(answer) {
                // A client that does not get an answer asks again.
                let _ = socket.send_to(&reply, peer);
            }
        }
    });
    Ok(())
}

/// Returns the answer to a query of one question (RFC 1035, section 4); `None` for what is no query.
fn answer(query: &[u8]) -> Option<Vec<u8>> {
    let (name, kind, end) = question(query)?;
    let address = resolve(&name);
    let code = if address.is_some() { NO_ERROR } else { NO_SUCH_NAME };
    let address = address.filter(|_| kind == TYPE_A);
    let mut reply = query.get(..2)?.to_vec();
    // An authoritative answer (0x84), recursion available (0x80).
    reply.extend([0x84, 0x80 | code, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    reply.extend(query.get(HEAD..end)?);
    if let Some(address) = address {
        // The name is the one at offset 12; class IN, 60 s, four bytes.
        reply.extend([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4]);
        reply.extend(address.octets());
    }
    Some(reply)
}

/// Returns the first question's name in lower case, its type, and where it ends.
fn question(query: &[u8]) -> Option<(String, u16, usize)> {
    let mut labels = Vec::new();
    let mut at = HEAD;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            break;
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
    let kind = u16::from_be_bytes([*query.get(at)?, *query.get(at + 1)?]);
    query.get(at + 2..at + 4)?;
    Some((labels.join("."), kind, at + 4))
}

fn resolve(name: &str) -> Option<Ipv4Addr> {
    let of_service = |endpoint: &str| {
        name.strip_suffix(endpoint).is_some_and(|bucket| bucket.is_empty() || bucket.ends_with('.'))
    };
    if name == "localhost" || STS.contains(&name) || ENDPOINTS.iter().any(|endpoint| of_service(endpoint)) {
        Some(SERVER)
    } else {
        RECEIVERS.contains(&name).then_some(STAND_IN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u16) -> Vec<u8> {
        let mut query = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            query.push(u8::try_from(label.len()).unwrap());
            query.extend(label.as_bytes());
        }
        query.push(0);
        query.extend(kind.to_be_bytes());
        query.extend([0, 1]);
        query
    }

    #[test]
    fn names_of_the_service_lead_to_the_server_and_unknown_ones_nowhere() {
        let check = |name: &str, expected: Option<[u8; 4]>| {
            let reply = answer(&query(name, TYPE_A)).unwrap();
            assert_eq!(reply[..2], [0xab, 0xcd], "{name}");
            assert_eq!(reply[3] & 0xf, if expected.is_some() { NO_ERROR } else { NO_SUCH_NAME }, "{name}");
            let address = (reply[7] == 1).then(|| reply[reply.len() - 4..].try_into().unwrap());
            assert_eq!(address, expected, "{name}");
        };
        check("oss-cn-hangzhou.aliyuncs.com", Some([127, 0, 0, 1]));
        check("bucket.OSS-cn-hangzhou.aliyuncs.com", Some([127, 0, 0, 1]));
        check("bucket.oss-cn-hangzhou-internal.aliyuncs.com", Some([127, 0, 0, 1]));
        check("www.aliyun.com", Some([127, 0, 0, 2]));
        check("evil-oss-cn-hangzhou.aliyuncs.com", None);
        check("sts.aliyuncs.com", Some([127, 0, 0, 1]));
        check("bucket.sts.aliyuncs.com", None);
        check("kms.cn-hangzhou.aliyuncs.com", None);
    }

    #[test]
    fn a_name_without_an_ipv6_address_exists_all_the_same() {
        let reply = answer(&query("oss-cn-hangzhou.aliyuncs.com", 28)).unwrap();
        assert_eq!((reply[3] & 0xf, reply[7]), (NO_ERROR, 0));
    }

    #[test]
    fn what_is_no_query_gets_no_answer() {
        assert_eq!(answer(b""), None);
        assert_eq!(answer(&query("a.b", TYPE_A)[..15]), None);
    }
}
