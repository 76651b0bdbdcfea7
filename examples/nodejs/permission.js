/** What one user may upload: the checks before anything is signed, and the object and the callback that it is signed for. */

import { createHmac, randomBytes } from 'node:crypto';

import { Refused } from './verification.js';

export const LARGEST_FILE = 10 * 1024 * 1024;
// What a browser would run, such as text/html, is not among them.
const CONTENT_TYPES = [
  'application/pdf', 'image/gif', 'image/jpeg', 'image/png', 'image/webp', 'text/plain', 'video/mp4', 'video/quicktime',
];

// String variables bring their own quotes; numbers have none.
const BODY =
  '"bucket":${bucket},"object":${object},"size":${size},"etag":${etag},"mimeType":${mimeType},"reqId":${reqId}';

/** Stands for your login: take the user from a session that you have verified, and not from the query. */
export function userOf(query) {
  const user = query.get('user') ?? '';
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(user)) {
    throw new Refused(401, 'nobody is logged in: user must be 1 to 64 letters, digits, - and _');
  }
  return user;
}

/** What the file is called on the user's machine. */
export function checkedName(name) {
  if (typeof name !== 'string' || name.length < 1 || name.length > 255) {
    throw new Refused(400, 'the name must be a text of 1 to 255 characters');
  }
  return name;
}

/** A content type that this application takes. */
export function checkedType(query) {
  const type = query.get('type') ?? '';
  if (!CONTENT_TYPES.includes(type)) throw new Refused(400, `the type must be one of ${CONTENT_TYPES.join(', ')}`);
  return type;
}

/** The length of the file in bytes. */
export function checkedSize(query) {
  const text = query.get('size') ?? '';
  const size = /^[0-9]{1,12}$/.test(text) ? Number(text) : 0;
  if (size < 1 || size > LARGEST_FILE) throw new Refused(400, `the size must be 1 to ${LARGEST_FILE} bytes`);
  return size;
}

/** Shows that this application asked for the callback of this object. */
export function proof(secret, bucket, name) {
  return createHmac('sha256', secret).update(`${bucket}/${name}`).digest('hex');
}

/**
 * One upload that the application permits: whatever is signed pins all of it. A content type that is not given is left to
 * the uploader.
 *
 * What the file was called travels as a custom variable; so does the user, whom nobody can tell from the object's name.
 */
export function permittedUpload(bucket, callbackUrl, callbackSecret, folder, variables, contentType) {
  const extension = /\.[A-Za-z0-9]{1,8}$/.exec(variables.name)?.[0].toLowerCase() ?? '';
  const key = `${folder}/${randomBytes(16).toString('hex')}${extension}`;
  const query = callbackSecret ? `?proof=${proof(callbackSecret, bucket, key)}` : '';
  const custom = Object.keys(variables).map((name) => `,"${name}":\${x:${name}}`);
  return {
    key,
    contentType,
    callback: {
      callbackUrl: callbackUrl + query,
      callbackBody: `{${BODY}${custom.join('')}}`,
      callbackBodyType: 'application/json',
    },
    variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [`x:${name}`, value])),
  };
}
