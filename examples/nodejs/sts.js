/** Permission for an app to upload by itself: temporary credentials from STS, good for one user's folder only. */

import { createHmac, randomUUID } from 'node:crypto';

const TIMEOUT = 5_000;
const LONGEST_ANSWER = 64 * 1024;
// Whole files and parts; no reading, listing or deleting.
const ACTIONS = ['oss:PutObject', 'oss:ListParts', 'oss:AbortMultipartUpload'];

/** STS gave no credentials. */
export class Unavailable extends Error {}

/** What is left of the role's permissions: uploads below this folder. */
export function sessionPolicy(bucket, folder) {
  const statement = { Effect: 'Allow', Action: ACTIONS, Resource: [`acs:oss:*:*:${bucket}/${folder}/*`] };
  return { Version: '1', Statement: [statement] };
}

/** AssumeRole: the members AccessKeyId, AccessKeySecret, SecurityToken and Expiration. */
export async function assumeRole(target, role, sessionName, policy) {
  const parameters = {
    AccessKeyId: target.accessKeyId,
    Action: 'AssumeRole',
    DurationSeconds: String(role.seconds),
    Format: 'JSON',
    Policy: JSON.stringify(policy),
    RoleArn: role.arn,
    RoleSessionName: sessionName,
    SignatureMethod: 'HMAC-SHA1',
    SignatureNonce: randomUUID(),
    SignatureVersion: '1.0',
    Timestamp: new Date().toISOString().replace(/\.\d{3}/, ''),
    Version: '2015-04-01',
  };
  // Sorted by name, which the names above are.
  const form = Object.entries(parameters).map(([name, value]) => `${name}=${encoded(value)}`).join('&');
  const text = `POST&%2F&${encoded(form)}`;
  const signature = createHmac('sha1', `${target.accessKeySecret}&`).update(text).digest('base64');
  const answer = await post(role.endpoint, `${form}&Signature=${encoded(signature)}`);
  try {
    const { AccessKeyId, AccessKeySecret, SecurityToken, Expiration } = JSON.parse(answer).Credentials;
    if (AccessKeyId && AccessKeySecret && SecurityToken && Expiration) {
      return { AccessKeyId, AccessKeySecret, SecurityToken, Expiration };
    }
  } catch {
    // What it is instead does not matter.
  }
  throw new Unavailable('STS answered something else than credentials');
}

async function post(endpoint, body) {
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const signal = AbortSignal.timeout(TIMEOUT);
  let response;
  let text = '';
  try {
    response = await fetch(endpoint, { method: 'POST', headers, body, signal, redirect: 'manual' });
    const decoder = new TextDecoder();
    for await (const piece of response.body) {
      text += decoder.decode(piece, { stream: true });
      if (text.length > LONGEST_ANSWER) throw new Error('it answers without end');
    }
  } catch (error) {
    throw new Unavailable(`STS cannot be reached: ${error.cause?.message ?? error.message}`);
  }
  // Such as NoPermission: for whoever runs this server, not for its users.
  if (response.status !== 200) throw new Unavailable(`STS refused: ${response.status} ${text}`);
  return text;
}

/** As encodeURIComponent, which leaves some characters that STS wants encoded. */
function encoded(text) {
  return encodeURIComponent(text).replace(/[!'()*]/g, (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`);
}
