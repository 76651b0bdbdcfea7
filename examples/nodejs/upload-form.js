/** Permission for a browser to upload one file straight to the store: a signed POST policy. */

import { createHmac } from 'node:crypto';

import { LARGEST_FILE } from './permission.js';
import { ALGORITHM, encoded, scopeOf, sign } from './signature.js';

/** The URL to post to and the form's fields, in the order to send them; the file comes last. */
export function signedForm(target, upload, version, now = new Date()) {
  const fields = { key: upload.key, callback: encoded(upload.callback), ...upload.variables };
  if (upload.contentType) fields['content-type'] = upload.contentType;
  return { url: target.url, fields: version === 'v1' ? signV1(target, fields, now) : signV4(target, fields, now) };
}

function signV4(target, given, now) {
  const { moment, scope } = scopeOf(target.region, now);
  const fields = {
    ...given,
    'x-oss-signature-version': ALGORITHM,
    'x-oss-credential': `${target.accessKeyId}/${scope}`,
    'x-oss-date': moment,
  };
  const policy = policyOf(target, fields, now);
  return { ...fields, policy, 'x-oss-signature': sign(target.accessKeySecret, scope, policy) };
}

function signV1(target, fields, now) {
  const policy = policyOf(target, fields, now);
  const signature = createHmac('sha1', target.accessKeySecret).update(policy).digest('base64');
  return { ...fields, OSSAccessKeyId: target.accessKeyId, policy, Signature: signature };
}

/** Every field is pinned: without its condition the browser could drop the callback or send it elsewhere. */
function policyOf(target, fields, now) {
  return encoded({
    expiration: new Date(now.getTime() + target.lifetime * 1000).toISOString(),
    conditions: [
      { bucket: target.bucket },
      ['content-length-range', 1, LARGEST_FILE],
      ...Object.entries(fields).map(([name, value]) => ['eq', `$${name}`, value.replaceAll('$', '\\$')]),
    ],
  });
}
