import base64, json, oss2

callback = {
    "callbackUrl": "@callback_url@",
    "callbackBody": "bucket=${bucket}&object=${object}&size=${size}&user=${x:user}",
}
variables = {"x:user": "python"}
encode = lambda value: base64.b64encode(json.dumps(value).encode()).decode()

auth = oss2.Auth("@access_key_id@", "@access_key_secret@")
bucket = oss2.Bucket(auth, "@endpoint@", "@bucket@")
result = bucket.put_object(
    "from-python.txt",
    b"Hello from Python",
    headers={"x-oss-callback": encode(callback), "x-oss-callback-var": encode(variables)},
)
print(result.status, result.resp.read().decode())
