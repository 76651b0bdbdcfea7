"""Permission for an app or a page to PUT one file straight to the store: a URL that is signed with version 4."""

from urllib.parse import quote

from permission import Upload
from signature import ALGORITHM, encoded, scope, sign, string_to_sign


def signed(target, upload: Upload, size: int, now) -> dict:
    """The URL, and the headers to send with exactly these values.

    All that the store must hold the uploader to is signed: the callback as a part of the query, the type as a header, the
    length because `x-oss-additional-headers` names it. A header `x-oss-...` that somebody adds breaks the signature.
    """
    moment, signed_scope = f"{now:%Y%m%dT%H%M%SZ}", scope(target.region, now)
    query = {
        "callback": encoded(upload.callback),
        "callback-var": encoded(upload.variables),
        "x-oss-additional-headers": "content-length",
        "x-oss-credential": f"{target.access_key_id}/{signed_scope}",
        "x-oss-date": moment,
        "x-oss-expires": str(target.lifetime),
        "x-oss-signature-version": ALGORITHM,
    }
    # Sorted by name, which the names above are.
    canonical_query = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    canonical_request = "\n".join((
        "PUT",
        f"/{target.bucket}/{quote(upload.key)}",
        canonical_query,
        f"content-length:{size}",
        f"content-type:{upload.content_type}",
        "",
        "content-length",
        "UNSIGNED-PAYLOAD",
    ))
    signature = sign(target.access_key_secret, signed_scope, string_to_sign(moment, signed_scope, canonical_request))
    url = f"{target.url.rstrip('/')}/{quote(upload.key)}?{canonical_query}&x-oss-signature={signature}"
    return {"method": "PUT", "url": url, "headers": {"Content-Type": upload.content_type}, "key": upload.key}
