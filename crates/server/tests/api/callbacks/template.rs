//! The body that is made of the template: every variable, both body types, the corners.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{callback, completion, encode, put};
use crate::harness::checksum::{content_md5, crc64, md5_hex};
use crate::harness::form::{Form, Policy};
use crate::harness::{Application, Bucket, Setup};

/// Every variable there is, in a JSON template.
const EVERY: &str = "{\"bucket\":${bucket},\"object\":${object},\"etag\":${etag},\"size\":${size},\"mimeType\":${mimeType},\
    \"height\":${imageInfo.height},\"width\":${imageInfo.width},\"format\":${imageInfo.format},\"crc64\":${crc64},\
    \"contentMd5\":${contentMd5},\"vpcId\":${vpcId},\"clientIp\":${clientIp},\"reqId\":${reqId},\
    \"operation\":${operation},\"var\":${x:var}}";

fn json_callback(url: &str, body: &str) -> Value {
    json!({"callbackUrl": url, "callbackBody": body, "callbackBodyType": "application/json"})
}

/// A picture in the format, as far as its header goes.
fn picture(format: &str) -> Vec<u8> {
    match format {
        "png" => [
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(),
            &810_u32.to_be_bytes(),
            &539_u32.to_be_bytes(),
            &[8, 2, 0, 0, 0],
            &[0; 100],
        ]
        .concat(),
        "gif" => [b"GIF89a".as_slice(), &810_u16.to_le_bytes(), &539_u16.to_le_bytes(), &[0; 100]].concat(),
        "bmp" => {
            let mut bytes = b"BM".to_vec();
            bytes.extend([0; 12]);
            bytes.extend(40_u32.to_le_bytes());
            bytes.extend(810_u32.to_le_bytes());
            bytes.extend(539_u32.to_le_bytes());
            bytes.extend([0; 100]);
            bytes
        }
        "jpg" => {
            // An APP0 segment, then the frame header with height and width.
            let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
            bytes.extend(b"\xff\xc0\0\x11\x08");
            bytes.extend(539_u16.to_be_bytes());
            bytes.extend(810_u16.to_be_bytes());
            bytes.extend([3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1]);
            bytes.extend([0; 100]);
            bytes
        }
        _ => panic!("{format}"),
    }
}

#[test]
fn every_variable_of_put_object() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let content = picture("png");
    let request = bucket
        .key("PUT", "dir/图片 \"1\".png")
        .header("x-oss-callback", &encode(&json_callback(&application.url("/"), EVERY)));
    let request = request.header("x-oss-callback-var", &encode(&json!({"x:var": "a\"b\\c\n中"})));
    let answer = request.body(&content).send().expect(200);
    let crc: u64 = crc64(&content).parse().unwrap();
    let expected = json!({
        "bucket": bucket.name, "object": "dir/图片 \"1\".png", "etag": md5_hex(&content), "size": content.len(),
        "mimeType": "image/png", "height": 539, "width": 810, "format": "png", "crc64": crc,
        "contentMd5": content_md5(&content), "vpcId": "", "clientIp": "127.0.0.1",
        "reqId": answer.must("x-oss-request-id"), "operation": "PutObject", "var": "a\"b\\c\n中",
    });
    let request = application.only();
    assert_eq!(request.header("Content-Type"), "application/json");
    assert_eq!(request.as_json(), expected);
    assert_eq!(answer.must("x-oss-hash-crc64ecma"), crc64(&content));
    assert_eq!(answer.must("ETag"), format!("\"{}\"", md5_hex(&content)));
}

#[test]
fn every_variable_of_complete_multipart_upload() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let value = encode(&json_callback(&application.url("/"), EVERY));
    let answer = completion(&bucket, "k.txt").header("x-oss-callback", &value).send().expect(200);
    let crc: u64 = crc64(b"Hello OSS!").parse().unwrap();
    let expected = json!({
        "bucket": bucket.name, "object": "k.txt", "etag": answer.must("ETag").trim_matches('"'), "size": 10,
        "mimeType": "text/plain", "height": null, "width": null, "format": "", "crc64": crc,
        "contentMd5": "", "vpcId": "", "clientIp": "127.0.0.1",
        "reqId": answer.must("x-oss-request-id"), "operation": "CompleteMultipartUpload", "var": "",
    });
    assert_eq!(application.only().as_json(), expected);
}

#[test]
fn every_variable_of_post_object() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let content = picture("gif");
    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    let form = Form::new().field("key", "up/${filename}").fields(policy.v4()).field("x:var", "v & w");
    let form = form.field("callback", &encode(&json_callback(&application.url("/"), EVERY)));
    let answer =
        form.typed_file("a.gif", "image/gif", &content).onto(bucket.root("POST", "")).send().expect(200);
    let crc: u64 = crc64(&content).parse().unwrap();
    let expected = json!({
        "bucket": bucket.name, "object": "up/a.gif", "etag": md5_hex(&content), "size": content.len(),
        "mimeType": "image/gif", "height": 539, "width": 810, "format": "gif", "crc64": crc,
        "contentMd5": content_md5(&content), "vpcId": "", "clientIp": "127.0.0.1",
        "reqId": answer.must("x-oss-request-id"), "operation": "PostObject", "var": "v & w",
    });
    assert_eq!(application.only().as_json(), expected);
}

#[test]
fn pictures() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    // The template of a captured request.
    let template = "{\"pic_info\":\"${imageInfo.width},${imageInfo.height}\",\"format\":${imageInfo.format}}";
    let value = encode(&json_callback(&application.url("/"), template));
    for format in ["png", "gif", "bmp", "jpg"] {
        bucket.key("PUT", "p").header("x-oss-callback", &value).body(picture(format)).send().expect(200);
        let expected = json!({"pic_info": "810,539", "format": format});
        assert_eq!(application.requests().last().unwrap().as_json(), expected);
    }
    // A broken picture is no failure, whatever its type says.
    for broken in
        [b"\x89PNG\r\n\x1a\n".as_slice(), b"\xff\xd8\xff\xff\xff\xff", b"GIF89a", b"", &[0xff; 300_000]]
    {
        let request =
            bucket.key("PUT", "p.png").header("Content-Type", "image/png").header("x-oss-callback", &value);
        request.body(broken).send().expect(200);
        assert_eq!(application.requests().last().unwrap().as_json(), json!({"pic_info": ",", "format": ""}));
    }
}

/// A JPEG whose frame header stands behind a megabyte of what cameras and editors write.
fn late_jpeg() -> Vec<u8> {
    let mut file = vec![0xff, 0xd8];
    for marker in (0..18).map(|number| if number % 2 == 0 { 0xe1 } else { 0xe2 }) {
        file.extend([0xff, marker, 0xff, 0xff]);
        file.resize(file.len() + 65_533, 0x55);
    }
    file.extend([0xff, 0xc2, 0, 17, 8, 2, 27, 3, 42]);
    file.resize(file.len() + 2_000_000, 0x33);
    file
}

/// A TIFF whose directory comes last, as most programs write them.
fn late_tiff(is_little: bool) -> Vec<u8> {
    let number = |value: u32, length: usize| match is_little {
        true => value.to_le_bytes()[..length].to_vec(),
        false => value.to_be_bytes()[4 - length..].to_vec(),
    };
    let mut file =
        [if is_little { b"II" } else { b"MM" }.to_vec(), number(42, 2), number(900_008, 4)].concat();
    file.resize(900_008, 0x77);
    let entry = |tag, value| [number(tag, 2), number(4, 2), number(1, 4), number(value, 4)].concat();
    file.extend([number(2, 2), entry(256, 810), entry(257, 539), number(0, 4)].concat());
    file
}

#[test]
fn pictures_whose_size_stands_far_from_the_beginning() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let body = "${imageInfo.width} ${imageInfo.height} ${imageInfo.format} ${size}";
    let value = encode(&callback(&application.url("/"), body));
    let policy = Policy::new().condition(&format!("{{\"bucket\":\"{}\"}}", bucket.name));
    for (file, format) in [(late_jpeg(), "jpg"), (late_tiff(true), "tiff"), (late_tiff(false), "tiff")] {
        let expected = format!("810 539 {format} {}", file.len());
        let told = || application.requests().pop().unwrap().text().to_owned();
        bucket.key("PUT", "put").header("x-oss-callback", &value).body(&file).send().expect(200);
        assert_eq!(told(), expected);
        let form = Form::new().field("key", "post").fields(policy.v4()).field("callback", &value);
        form.file("f", &file).onto(bucket.root("POST", "")).send().expect(200);
        assert_eq!(told(), expected);
        // Many parts, so that the object has a manifest; the header's bytes lie across two of them.
        let upload = bucket.initiate("parts");
        let parts = file.chunks(110_001).zip(1..);
        let parts: Vec<_> =
            parts.map(|(part, number)| (number, bucket.part("parts", &upload, number, part))).collect();
        assert!(parts.len() > 8);
        let complete = bucket.complete("parts", &upload, &parts);
        complete.header("x-oss-callback", &value).send().expect(200);
        assert_eq!(told(), expected);
        assert!(bucket.get("parts") == file);
        let process = format!("x-oss-process=trigger/callback,callback_{value}");
        bucket.at("POST", "parts?x-oss-process").body(process).send().expect(200);
        assert_eq!(told(), expected);
    }
}

#[test]
fn sizes_that_cannot_be_believed_are_empty() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let body = "w=${imageInfo.width}&h=${imageInfo.height}&f=${imageInfo.format}";
    let value = encode(&callback(&application.url("/"), body));
    let png = |chunk: &[u8], width: u32, height: u32| {
        let sides = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [b"\x89PNG\r\n\x1a\n", chunk, b"\0\0\0\rIHDR", &sides, &[8, 2, 0, 0, 0]].concat()
    };
    let apple = b"\0\0\0\x04CgBI\x50\0\x20\x02\x2b\xd5\xb3\x7f";
    for (file, expected) in [
        (png(b"", 810, 0), "w=&h=&f="),
        (png(b"", 4_000_000_000, 539), "w=&h=&f="),
        // What Apple's tools make of a PNG.
        (png(apple, 810, 539), "w=810&h=539&f=png"),
        (b"BMW, a text that begins like a bitmap".to_vec(), "w=&h=&f="),
    ] {
        bucket.key("PUT", "k").header("x-oss-callback", &value).body(file).send().expect(200);
        assert_eq!(application.requests().pop().unwrap().text(), expected);
    }
}

#[test]
fn forms_encode_values_and_nothing_else() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let key = "目 录/a+b&c=d?e#f%g~-._";
    let encoded = "%E7%9B%AE%20%E5%BD%95%2Fa%2Bb%26c%3Dd%3Fe%23f%25g~-._";
    let rows = [
        (
            "object=${object}&h=${imageInfo.height}&w=${imageInfo.width}&f=${imageInfo.format}",
            format!("object={encoded}&h=&w=&f="),
        ),
        ("${object}", encoded.to_owned()),
        ("a constant, with {braces} & 中文 + %2F", "a constant, with {braces} & 中文 + %2F".to_owned()),
        ("{\"json\":\"in a form\",\"s\":${size}}", "{\"json\":\"in a form\",\"s\":10}".to_owned()),
        ("op=${operation}}&v=${vpcId}&none=${x:none}", "op=PutObject}&v=&none=".to_owned()),
        ("%24%7Bbucket%7D", "%24%7Bbucket%7D".to_owned()),
        ("${x:a}${x:A}", "lower%20caseUpper".to_owned()),
    ];
    let variables = encode(&json!({"x:a": "lower case", "x:A": "Upper"}));
    for (template, expected) in rows {
        let request = put(&bucket, key, &callback(&application.url("/"), template));
        request.header("x-oss-callback-var", &variables).send().expect(200);
        let received = application.requests().pop().unwrap();
        assert_eq!(received.text(), expected);
        assert_eq!(received.header("Content-Type"), "application/x-www-form-urlencoded");
        assert_eq!(received.header("Content-Length"), expected.len().to_string());
    }
}

#[test]
fn json_brings_its_quotes() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    let crc = crc64(b"Hello OSS!");
    let rows = [
        ("{\"a\":${mimeType},\"b\":${size}}", "{\"a\":\"application/octet-stream\",\"b\":10}".to_owned()),
        // The commonest mistake is kept as it is.
        ("{\"a\":\"${x:var}\"}", "{\"a\":\"\"v\"\"}".to_owned()),
        ("{\"a\":${crc64},\"b\":\"${crc64}\"}", format!("{{\"a\":{crc},\"b\":\"{crc}\"}}")),
        ("{\"a\":${imageInfo.width},\"b\":\"${imageInfo.width}\"}", "{\"a\":null,\"b\":\"\"}".to_owned()),
        ("{\"a\":${x:none}}", "{\"a\":\"\"}".to_owned()),
        ("bucket=${size}&not json", "bucket=10&not json".to_owned()),
        ("{\"a\":\"\\\"${size}\"}", "{\"a\":\"\\\"10\"}".to_owned()),
    ];
    for (template, expected) in rows {
        let request = put(&bucket, "k", &json_callback(&application.url("/"), template));
        request.header("x-oss-callback-var", &encode(&json!({"x:var": "v"}))).send().expect(200);
        assert_eq!(application.requests().pop().unwrap().text(), expected);
    }
}

#[test]
fn what_is_doubtful_is_told_to_the_operator() {
    let (bucket, application) = (Bucket::new(), Application::json("{}"));
    for (template, told) in [
        ("{\"a\":\"${x:var}\"}", "quotes"),
        ("{\"a\":%24%7Bbucket%7D}", "percent-encoded"),
        ("{\"a\":${x:undefined}}", "x:undefined"),
    ] {
        let answer = put(&bucket, "k", &json_callback(&application.url("/"), template)).send().expect(200);
        let record = bucket.server.delivery(&answer);
        assert!(record["template_findings"].to_string().contains(told), "{record}");
        bucket.server.wait_for_log(told);
    }
}

#[test]
fn the_client_behind_a_trusted_proxy_and_the_network_that_the_operator_names() {
    let setup = Setup::new().set("OSSICLE_SERVER_TRUSTED_PROXIES", "127.0.0.0/8,10.0.0.0/8");
    let server = Arc::new(setup.set("OSSICLE_CALLBACK_VPC_ID", "vpc-1").start());
    let (bucket, application) = (Bucket::on(&server), Application::json("{}"));
    let rows = [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7, 10.1.2.3", "203.0.113.7"),
        // What the client itself wrote in front is not believed.
        ("1.2.3.4, 203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("nonsense", "127.0.0.1"),
        ("203.0.113.7, nonsense", "127.0.0.1"),
    ];
    for (forwarded, expected) in rows {
        let request = put(&bucket, "k", &callback(&application.url("/"), "ip=${clientIp}&vpc=${vpcId}"));
        request.header("X-Forwarded-For", forwarded).send().expect(200);
        let expected = format!("ip={}&vpc=vpc-1", expected.replace(':', "%3A"));
        assert_eq!(application.requests().pop().unwrap().text(), expected, "{forwarded}");
    }
    // Nobody is trusted unless named.
    let bucket = Bucket::new();
    let request = put(&bucket, "k", &callback(&application.url("/"), "ip=${clientIp}"));
    request.header("X-Forwarded-For", "203.0.113.7").send().expect(200);
    assert_eq!(application.requests().pop().unwrap().text(), "ip=127.0.0.1");
}
