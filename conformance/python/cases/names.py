"""Object keys in every spelling a client may choose."""

from urllib.parse import quote

import checks
import wire
from suite import case

KEYS = (
    "plain",
    "folder/file.txt",
    "trailing/",
    "two//slashes///three",
    "a b c",
    "a+b",
    "100%",
    "%41%2F%2f",
    "what?is=this&that",
    "#fragment",
    "a#b",
    "中文/杭州.jpg",
    "😀.png",
    "é è ê",
    ".hidden",
    "..two-dots",
    "...",
    "a/.b/..c",
    "~tilde_-.!*'()",
    "a;b:c@d=e,f$g",
    '"quoted" <and> [bracketed] {braced} |piped| \\back ^caret `tick`',
    "tab\tand\x01control",
    "line\nbreak",
    " leading and trailing ",
    "x" * 1023,
    "杭" * 341,
)
LONGER = ("x" * 1024, "杭" * 342)


@case("PutObject", "key spellings: put, get, head, list, delete")
def spellings(context):
    """Each key comes back as it was, from each operation."""
    sdk, name = context.sdk, context.bucket_name("names")
    sdk.create_bucket(name)
    for key in KEYS:
        data = key.encode()
        sdk.put(name, key, data)
        checks.equal(sdk.get(name, key).body, data, f"GET {key!r}")
        checks.equal(sdk.head(name, key).headers["Content-Length"], str(len(data)), f"HEAD {key!r}")
        checks.contains(sdk.list(name, max_keys=100).keys, key, "ListObjects")
        checks.contains(sdk.list_v2(name, max_keys=100).keys, key, "ListObjectsV2")
    ordered = sorted(KEYS, key=lambda key: key.encode())
    checks.equal(sdk.list(name, max_keys=1000).keys, ordered, "all keys in byte order")
    for key in KEYS:
        checks.equal(sdk.delete(name, key), 204, f"DELETE {key!r}")
    checks.equal(sdk.list(name).keys, [])


@case("PutObject", "keys that are too long")
def too_long(context):
    """1,023 bytes are the limit, whatever the characters."""
    for key in LONGER:
        message = "The Length of Object name must be less than 1024."
        checks.fails(
            lambda key=key: context.sdk.put(context.bucket, key, b"x"),
            400,
            "InvalidObjectName",
            message=message,
        )


@case("PutObject", "keys that start with a backslash")
def backslash(context):
    """OSS refuses them."""
    checks.fails(lambda: context.sdk.put(context.bucket, "\\key", b"x"), 400, "InvalidObjectName")


@case("GetObject", "the same key in other encodings")
def other_encodings(context):
    """Encoded and raw slashes, over-encoded letters and lower-case hex name the same object."""
    sdk, name = context.sdk, context.bucket_name("encodings")
    sdk.create_bucket(name, "public-read")
    key = "dir/b c~杭.txt"
    sdk.put(name, key, b"x")
    exact = quote(key, safe="/~")
    spellings_of_it = (
        exact,
        exact.replace("/", "%2F"),
        exact.replace("%E6%9D%AD", "%e6%9d%ad"),
        exact.replace("dir", "%64ir"),
        exact.replace("~", "%7E"),
    )
    for path in spellings_of_it:
        checks.equal(wire.exchange("GET", context.url(name, path)).status, 200, path)
    joined = wire.exchange("GET", f"{context.settings.endpoint}/{name}%2F{exact}")
    checks.equal(joined.status, 200, "an encoded slash between bucket and key")


@case("PutObject", "nothing leaves its bucket")
def traversal(context):
    """Dot segments are part of the key, not of a path."""
    sdk = context.sdk
    name, other = context.bucket_name("dots"), context.bucket_name("dots2")
    sdk.create_bucket(name, "public-read-write")
    sdk.create_bucket(other)
    for path in ("..%2f" + other + "%2fkey", "a/%2e%2e/%2e%2e/" + other + "/key", "../" + other + "/key"):
        status = wire.exchange("PUT", context.url(name, path), body=b"x").status
        checks.true(status in (200, 400), f"{path}: {status}")
    checks.equal(sdk.list(other).keys, [], "keys in the other bucket")
