/** Permission for a browser to upload one file straight to the store: a POST policy, signed with version 4. */

import { createHmac, randomBytes } from 'node:crypto';

const LIFETIME = 5 * 60_000;
const LARGEST_FILE = 10 * 1024 * 1024;

// String variables bring their own quotes; numbers have none.
const BODY =
  '{"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},' +
  '"reqId":${reqId},"name":${x:name}}';

/** Shows that this application asked for the callback of this object. */
export function proof(secret, bucket, name) {
  return hmac(secret, `${bucket}/${name}`).toString('hex');
}

/**
 * The URL to post to and the form's fields, in the order to send them; the file comes last.
 *
 * The application names the object; what the file was called travels as a custom variable.
 */
export function sign(target, callbackUrl, callbackSecret, fileName, now = new Date()) {
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(fileName)?.[0].toLowerCase() ?? '';
  const key = `uploads/${randomBytes(16).toString('hex')}${extension}`;
  const query = callbackSecret ? `?proof=${proof(callbackSecret, target.bucket, key)}` : '';
  const callback = { callbackUrl: callbackUrl + query, callbackBody: BODY, callbackBodyType: 'application/json' };
  const moment = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const scope = [moment.slice(0, 8), target.region, 'oss', 'aliyun_v4_request'];
  const fields = {
    key,
    callback: base64(callback),
    'x:name': fileName,
    'x-oss-signature-version': 'OSS4-HMAC-SHA256',
    'x-oss-credential': [target.accessKeyId, ...scope].join('/'),
    'x-oss-date': moment,
  };
  // Every field is pinned: without its condition the browser could drop the callback or send it elsewhere.
  const policy = base64({
    expiration: new Date(now.getTime() + LIFETIME).toISOString(),
    conditions: [
      { bucket: target.bucket },
      ['content-length-range', 1, LARGEST_FILE],
      ...Object.entries(fields).map(([name, value]) => ['eq', `$${name}`, value.replaceAll('$', '\\$')]),
    ],
  });
  const signingKey = scope.reduce(hmac, `aliyun_v4${target.accessKeySecret}`);
  const signature = hmac(signingKey, policy).toString('hex');
  return { url: target.url, fields: { ...fields, policy, 'x-oss-signature': signature } };
}

function hmac(key, text) {
  return createHmac('sha256', key).update(text).digest();
}

function base64(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}
