"""The verifier against real OSS: without this, one that accepts anything would go unnoticed."""

import checks
import signature

OSS_PUBLIC_KEY = b"""-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGs
C0fTXv+nvlmklvkcolvpvXLTjaxUHR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==
-----END PUBLIC KEY-----
"""
TARGET = "/index.php?id=1&index=2"
BODY = b"bucket=yonghu-test"
AUTHORIZATION = "kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA=="
KEY_URL = "aHR0cDovL2dvc3NwdWJsaWMuYWxpY2RuLmNvbS9jYWxsYmFja19wdWJfa2V5X3YxLnBlbQ=="


def check_captured():
    """The captured request verifies; changed in any part it does not; a foreign key URL is refused."""
    signature.verify(OSS_PUBLIC_KEY, TARGET, BODY, AUTHORIZATION)
    altered = (
        (TARGET.replace("index=2", "index=3"), BODY, AUTHORIZATION),
        (TARGET, BODY + b" ", AUTHORIZATION),
        (TARGET, BODY, AUTHORIZATION.replace("kKQe", "kKQf")),
        (TARGET, BODY, ""),
    )
    for target, body, authorization in altered:
        checks.raises(signature.Refused, signature.verify, OSS_PUBLIC_KEY, target, body, authorization)
    checks.raises(signature.Refused, signature.Keys(("http://127.0.0.1:1/",)).fetch, KEY_URL)
    checks.equal(
        signature.signed_text("/%E6%9D%AD+a%2Fb?x=%20", b"B"), "/杭+a/b?x=%20\nB".encode(), "signed text"
    )
