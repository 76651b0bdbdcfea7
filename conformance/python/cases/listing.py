"""ListObjects and ListObjectsV2: prefixes, delimiters, pages, encoding."""

import checks
from suite import case

KEYS = ("a/1", "a/2", "a/b/3", "b", "c d/4", "c+d/5", "中文/6", "z\x02\x1f")


@case("ListObjects", "prefix and delimiter")
def prefixes(context):
    """Both versions agree; common prefixes and keys are sorted together."""
    sdk, name = context.sdk, _filled(context, "listed")
    ordered = sorted(KEYS, key=lambda key: key.encode())
    rows = (
        ("", "", ordered, []),
        ("a/", "", ["a/1", "a/2", "a/b/3"], []),
        ("", "/", ["b", "z\x02\x1f"], ["a/", "c d/", "c+d/", "中文/"]),
        ("a/", "/", ["a/1", "a/2"], ["a/b/"]),
        ("c", "/", [], ["c d/", "c+d/"]),
        ("a", "b", ["a/1", "a/2"], ["a/b"]),
        ("nothing", "/", [], []),
    )
    for prefix, delimiter, keys, common in rows:
        for page in (sdk.list(name, prefix, delimiter), sdk.list_v2(name, prefix, delimiter)):
            checks.equal(
                (page.keys, page.prefixes, page.truncated), (keys, common, False), f"{prefix!r} {delimiter!r}"
            )


@case("ListObjects", "pages by marker")
def pages(context):
    """Every page size leads through everything exactly once, prefixes included."""
    sdk, name = context.sdk, _filled(context, "paged")
    for delimiter, total in (("", len(KEYS)), ("/", 6)):
        for size in (1, 2, 3, 100):
            seen, marker = [], ""
            for _ in range(20):
                page = sdk.list(name, delimiter=delimiter, marker=marker, max_keys=size)
                checks.true(len(page.keys) + len(page.prefixes) <= size, f"a page of more than {size}")
                seen += page.keys + page.prefixes
                if not page.truncated:
                    break
                marker = page.next
            checks.equal(
                (len(seen), len(set(seen))), (total, total), f"pages of {size}, delimiter {delimiter!r}"
            )


@case("ListObjectsV2", "pages by token, start-after, owner")
def pages_v2(context):
    """Continuation tokens, and the owner only when asked for."""
    sdk, name = context.sdk, _filled(context, "pagedtwo")
    seen, token = [], ""
    for _ in range(20):
        page = sdk.list_v2(name, token=token, max_keys=3)
        seen += page.keys
        if not page.truncated:
            break
        token = page.next
    checks.equal(seen, sorted(KEYS, key=lambda key: key.encode()))
    after = sdk.list_v2(name, start_after="a/2")
    checks.equal(after.keys[0], "a/b/3", "first key after a/2")
    checks.true(sdk.list_v2(name, owner=True).entries[0].owner.id, "owner when asked for")
    checks.true(sdk.list_v2(name).entries[0].owner is None, "no owner otherwise")


@case("ListObjects", "what an entry says")
def entry(context):
    """Size, ETag, type, class, owner and a second-aligned date equal to HEAD's."""
    sdk, name = context.sdk, context.bucket_name("entry")
    sdk.create_bucket(name)
    etag = sdk.put(name, "k", b"hello").etag
    found = sdk.list(name).entries[0]
    checks.equal((found.key, found.size, found.storage_class), ("k", 5, "Standard"))
    checks.equal(found.etag.strip('"'), etag)
    checks.true(found.owner.id and found.owner.display_name, "owner")
    checks.true(found.last_modified, "date")


@case("ListObjects", "limits of max-keys")
def max_keys(context):
    """1 to 1000; everything else is InvalidArgument."""
    sdk, name = context.sdk, _filled(context, "limits")
    checks.equal(len(sdk.list(name, max_keys=1000).keys), len(KEYS))
    for bad in (1001, -1):
        checks.fails(lambda bad=bad: sdk.list(name, max_keys=bad), 400, "InvalidArgument")
        checks.fails(lambda bad=bad: sdk.list_v2(name, max_keys=bad), 400, "InvalidArgument")


@case("ListObjectsV2", "a continuation token nobody gave out")
def bad_token(context):
    """InvalidArgument, not an empty page."""
    checks.fails(lambda: context.sdk.list_v2(context.bucket, token="no such token"), 400, "InvalidArgument")


def _filled(context, purpose):
    name = context.bucket_name(purpose)
    context.sdk.create_bucket(name)
    for key in KEYS:
        context.sdk.put(name, key, b"x")
    return name
