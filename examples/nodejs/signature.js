/** Version 4 of OSS's signature, as far as forms and URLs need it. */

import { createHash, createHmac } from 'node:crypto';

export const ALGORITHM = 'OSS4-HMAC-SHA256';

/** The time of a signature, and what it is good for: a day and a region. */
export function scopeOf(region, now) {
  const moment = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  return { moment, scope: `${moment.slice(0, 8)}/${region}/oss/aliyun_v4_request` };
}

/** Signs a policy, or the string to sign of a request. */
export function sign(secret, scope, text) {
  return hmac(scope.split('/').reduce(hmac, `aliyun_v4${secret}`), text).toString('hex');
}

/** Stands for a request. */
export function stringToSign(moment, scope, canonicalRequest) {
  return [ALGORITHM, moment, scope, createHash('sha256').update(canonicalRequest).digest('hex')].join('\n');
}

/** JSON in base64, as policies and callbacks travel. */
export function encoded(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

function hmac(key, text) {
  return createHmac('sha256', key).update(text).digest();
}
