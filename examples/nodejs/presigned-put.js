/** Permission for an app or a page to PUT one file straight to the store: a URL that is signed with version 4. */

import { ALGORITHM, encoded, scopeOf, sign, stringToSign } from './signature.js';

/**
 * The URL, and the headers to send with exactly these values.
 *
 * All that the store must hold the uploader to is signed: the callback as a part of the query, the type as a header, the
 * length because `x-oss-additional-headers` names it. A header `x-oss-...` that somebody adds breaks the signature.
 */
export function signedPut(target, upload, size, now = new Date()) {
  const { moment, scope } = scopeOf(target.region, now);
  const query = {
    callback: encoded(upload.callback),
    'callback-var': encoded(upload.variables),
    'x-oss-additional-headers': 'content-length',
    'x-oss-credential': `${target.accessKeyId}/${scope}`,
    'x-oss-date': moment,
    'x-oss-expires': String(target.lifetime),
    'x-oss-signature-version': ALGORITHM,
  };
  // Sorted by name, which the names above are. The values have none of the characters that encodeURIComponent leaves.
  const canonicalQuery = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
  const canonicalRequest = [
    'PUT',
    `/${target.bucket}/${upload.key}`,
    canonicalQuery,
    `content-length:${size}`,
    `content-type:${upload.contentType}`,
    '',
    'content-length',
    'UNSIGNED-PAYLOAD',
  ].join('\n');
  const signature = sign(target.accessKeySecret, scope, stringToSign(moment, scope, canonicalRequest));
  const url = `${target.url.replace(/\/$/, '')}/${upload.key}?${canonicalQuery}&x-oss-signature=${signature}`;
  return { method: 'PUT', url, headers: { 'Content-Type': upload.contentType }, key: upload.key };
}
