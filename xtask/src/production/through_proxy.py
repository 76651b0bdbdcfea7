"""The official Python SDK through a proxy: what a proxy likes to break has to arrive as it was signed."""

import base64
import hashlib
import hmac
import http.server
import json
import os
import threading

import oss2
import requests

KEYS = ["plain.txt", "a//b", "a///", "c%2Fd%20e", "ü +&?#.txt", "back\\slash", "x" * 1000]
ENDPOINT = os.environ["OSSICLE_ENDPOINT"]
KEY = (os.environ["OSSICLE_ACCESS_KEY_ID"], os.environ["OSSICLE_ACCESS_KEY_SECRET"])
heard = []


class Application(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "15")
        self.end_headers()
        self.wfile.write(b'{"Status":"OK"}')

    def log_message(self, *_):
        pass


def check(found, expected, what):
    if found != expected:
        raise SystemExit(f"{what}: {found!r} is not {expected!r}")


def encoded(document):
    return base64.b64encode(json.dumps(document).encode()).decode()


def callback(url, more=""):
    body = '{"object":${object},"size":${size},"ip":${clientIp}%s}' % more
    return encoded({"callbackUrl": url, "callbackBody": body, "callbackBodyType": "application/json"})


def objects(bucket):
    for key in KEYS:
        content = os.urandom(3000)
        bucket.put_object(key, content, headers={"x-oss-meta-under_score": "kept"})
        answer = bucket.get_object(key)
        check(answer.read(), content, f"the content of {key}")
        check(answer.headers.get("x-oss-meta-under_score"), "kept", f"a header of {key}")
    check(sorted(item.key for item in oss2.ObjectIterator(bucket)), sorted(KEYS), "the listing")
    for key in KEYS:
        check(requests.get(bucket.sign_url("GET", key, 60, slash_safe=True)).status_code, 200, f"a link to {key}")
        bucket.delete_object(key)


def uploads_with_callbacks(bucket, url):
    content = os.urandom(20 * 1024 * 1024)
    upload = bucket.init_multipart_upload("parts//large").upload_id
    size = 8 * 1024 * 1024
    pieces = [content[at : at + size] for at in range(0, len(content), size)]
    parts = [
        oss2.models.PartInfo(number, bucket.upload_part("parts//large", upload, number, piece).etag)
        for number, piece in enumerate(pieces, 1)
    ]
    bucket.complete_multipart_upload("parts//large", upload, parts, headers={"x-oss-callback": callback(url)})
    check(heard.pop(), {"object": "parts//large", "size": len(content), "ip": "127.0.0.1"}, "the callback of parts")
    check(bucket.get_object("parts//large").read() == content, True, "the content of parts")
    # Long enough for a proxy's usual bounds to refuse it.
    presigned = {"callback": callback(url, ',"more":"%s"' % ("m" * 3400))}
    link = bucket.sign_url("PUT", "presigned", 60, params=presigned, slash_safe=True)
    check(len(link) > 4000, True, "the length of a link")
    answer = requests.put(link, data=b"12345")
    check((answer.status_code, answer.text), (200, '{"Status":"OK"}'), "an upload by a long link")
    check(heard.pop()["size"], 5, "its callback")
    for key in ["parts//large", "presigned"]:
        bucket.delete_object(key)


def form(bucket, url):
    policy = encoded({"expiration": "2099-01-01T00:00:00.000Z", "conditions": [["starts-with", "$key", "form"]]})
    signature = hmac.new(KEY[1].encode(), policy.encode(), hashlib.sha1).digest()
    fields = {
        "key": "form//ä",
        "OSSAccessKeyId": KEY[0],
        "policy": policy,
        "Signature": base64.b64encode(signature).decode(),
        "callback": callback(url),
    }
    answer = requests.post(f"{ENDPOINT}/{bucket.bucket_name}/", data=fields, files={"file": ("f", b"1234567")})
    check((answer.status_code, answer.json()), (200, {"Status": "OK"}), "a form")
    check(heard.pop(), {"object": "form//ä", "size": 7, "ip": "127.0.0.1"}, "the callback of a form")
    bucket.delete_object("form//ä")


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Application)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    for version in [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4]:
        auth = oss2.make_auth(*KEY, version)
        bucket = oss2.Bucket(auth, ENDPOINT, f"through-proxy-{version}", region="cn-hangzhou", is_path_style=True)
        bucket.create_bucket()
        objects(bucket)
        uploads_with_callbacks(bucket, url)
        form(bucket, url)
        bucket.delete_bucket()
        print(f"ok through the proxy with signatures of {version}")


main()
