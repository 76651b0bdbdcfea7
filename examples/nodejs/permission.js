/** What one user may upload: the checks before anything is signed, and the object and the callback that it is signed for. */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

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
  if (!/^[A-Za-z0-9_-]{2,64}$/.test(user)) {
    throw new Refused(401, 'nobody is logged in: user must be 2 to 64 letters, digits, - and _');
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

/** Where a user's uploads are; who has temporary credentials can upload nowhere else. */
export function folderOf(user) {
  return `users/${user}`;
}

/** Shows that this application asked for the callback of this object, or of all objects of a folder `users/.../`. */
export function proof(secret, bucket, name) {
  return createHmac('sha256', secret).update(`${bucket}/${name}`).digest('hex');
}

/** Whether the proof that came with a callback is that of the object that the callback names, or of its user's folder. */
export function isProved(secret, given, fields) {
  const [bucket, name] = [fields.get('bucket'), fields.get('object')];
  if (!bucket || !name) return false;
  const [folder, user] = /^users\/([A-Za-z0-9_-]+)\//.exec(name) ?? [];
  // Who has temporary credentials words his callbacks himself.
  if (folder && (fields.get('user') ?? user) !== user) return false;
  return [name, folder].some((each) => each && isSame(given, proof(secret, bucket, each)));
}

function isSame(given, expected) {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)];
  // timingSafeEqual throws for different lengths; the length is no secret.
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What a callback is to say: all about the object, and these custom variables. */
export function callbackBody(names) {
  return `{${BODY}${names.map((name) => `,"${name}":\${x:${name}}`).join('')}}`;
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
  return {
    key,
    contentType,
    callback: {
      callbackUrl: callbackUrl + query,
      callbackBody: callbackBody(Object.keys(variables)),
      callbackBodyType: 'application/json',
    },
    variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [`x:${name}`, value])),
  };
}
