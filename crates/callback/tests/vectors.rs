//! Captured callbacks of the real service: what it signed must verify, and the template must render to what
//! arrived.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ossicle_callback::{
    CustomVariables, Image, KeyError, Requested, SignatureError, SigningKey, Variables, VerifyingKey,
    parse_callback_json, string_to_sign,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    oss_public_key_v1: String,
    valid: Vec<Captured>,
    invalid: Vec<Captured>,
}

#[derive(Deserialize)]
struct Captured {
    request_target: String,
    body: String,
    template: Option<String>,
    authorization: String,
}

#[expect(clippy::expect_used, reason = "test data")]
fn vectors() -> Vectors {
    serde_json::from_str(include_str!("vectors/callbacks.json")).expect("the vectors are JSON")
}

#[test]
fn captured_signatures_verify() {
    let vectors = vectors();
    let key = VerifyingKey::from_pem(&vectors.oss_public_key_v1).unwrap();
    assert!(!vectors.valid.is_empty() && !vectors.invalid.is_empty());
    for case in &vectors.valid {
        let result = key.verify(&case.request_target, case.body.as_bytes(), &case.authorization);
        assert_eq!(result, Ok(()), "{}", case.request_target);
    }
    for case in &vectors.invalid {
        let result = key.verify(&case.request_target, case.body.as_bytes(), &case.authorization);
        assert_eq!(result, Err(SignatureError::Mismatch), "{}", case.request_target);
    }
}

#[test]
fn any_change_breaks_a_captured_signature() {
    let vectors = vectors();
    let key = VerifyingKey::from_pem(&vectors.oss_public_key_v1).unwrap();
    let case = &vectors.valid[0];
    let verify = |target: &str, body: &str, signature: &str| key.verify(target, body.as_bytes(), signature);
    assert!(verify(&case.request_target, "bucket=yonghu-tesT", &case.authorization).is_err());
    assert!(verify("/index.php", &case.body, &case.authorization).is_err());
    let other = &vectors.valid[1].authorization;
    assert_eq!(verify(&case.request_target, &case.body, other), Err(SignatureError::Mismatch));
    assert_eq!(verify(&case.request_target, &case.body, "!"), Err(SignatureError::NotBase64));
    assert_eq!(verify(&case.request_target, &case.body, ""), Err(SignatureError::Mismatch));
    let mut bytes = STANDARD.decode(&case.authorization).unwrap();
    bytes.insert(0, 0);
    assert!(
        verify(&case.request_target, &case.body, &STANDARD.encode(bytes)).is_err(),
        "a leading zero is a forgery"
    );
}

#[test]
fn captured_template_renders_to_what_arrived() {
    let vectors = vectors();
    let case = vectors.valid.iter().find(|case| case.template.is_some()).unwrap();
    let json = serde_json::json!({
        "callbackUrl": "http://app.example.com/", "callbackBodyType": "application/json", "callbackBody": case.template,
    });
    let Ok(Some(Requested::Callback(callback))) = parse_callback_json(json.to_string().as_bytes()) else {
        panic!()
    };
    let mut custom = CustomVariables::default();
    custom.insert("x:fname", "2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg");
    let variables = Variables {
        bucket: "b",
        object: "1/1_hFRtDLgM_2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg",
        etag: "",
        size: 114_020,
        mime_type: "image/jpeg",
        image: Some(Image { width: 810, height: 539, format: "jpg" }),
        crc64: 0,
        content_md5: None,
        vpc_id: "",
        client_ip: "",
        request_id: "",
        operation: "PutObject",
    };
    assert!(callback.needs_image());
    let rendered = callback.render(&variables, &custom).unwrap();
    assert_eq!(String::from_utf8(rendered.body).unwrap(), case.body);
    assert_eq!(rendered.findings, []);
}

#[test]
fn the_path_is_decoded_and_the_query_is_not() {
    for (target, body, expected) in [
        ("/index.php?id=1&index=2", "b", "/index.php?id=1&index=2\nb"),
        ("/a%2Fb%20c+d?x=%2F+", "", "/a/b c+d?x=%2F+\n"),
        ("", "b", "/\nb"),
        ("?q", "b", "/?q\nb"),
        ("/p?", "b", "/p\nb"),
        ("/100%?a%", "b", "/100%?a%\nb"),
        ("/%zz%4", "b", "/%zz%4\nb"),
        ("/%e4%b8%ad?a?b", "b", "/中?a?b\nb"),
        // A decoded question mark is part of the path.
        ("/a%3Fb", "b", "/a?b\nb"),
    ] {
        assert_eq!(String::from_utf8(string_to_sign(target, body.as_bytes())).unwrap(), expected, "{target}");
    }
    assert_eq!(string_to_sign("/%ff", b"\x00"), b"/\xff\n\x00");
}

#[test]
fn keys_survive_pem_and_sign() {
    let key = SigningKey::generate_rsa_2048().unwrap();
    let again = SigningKey::from_pem(&key.to_pem().unwrap()).unwrap();
    let public = VerifyingKey::from_pem(&key.public_pem().unwrap()).unwrap();
    assert_eq!(again.verifying_key(), public);
    for body in ["", "a=b", "中"] {
        let signature = key.sign("/x?y", body.as_bytes()).unwrap();
        assert_eq!(
            signature,
            again.sign("/x?y", body.as_bytes()).unwrap(),
            "the scheme has one signature for a text"
        );
        assert_eq!(STANDARD.decode(&signature).unwrap().len(), 256);
        assert_eq!(public.verify("/x?y", body.as_bytes(), &signature), Ok(()));
        assert!(public.verify("/x?z", body.as_bytes(), &signature).is_err());
    }
    assert_eq!(format!("{key:?}"), "SigningKey { bits: 2048, .. }");
    for pem in ["", "nonsense", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"] {
        assert_eq!(VerifyingKey::from_pem(pem), Err(KeyError::Malformed));
        assert!(SigningKey::from_pem(pem).is_err());
    }
}
