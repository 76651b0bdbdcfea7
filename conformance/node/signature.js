/** The application server's side of a signature: a trusted key, and whether it signed this request. */

import { constants, createPublicKey, verify as verifyWithKey } from 'node:crypto';

import { exchange } from './wire.js';

/** The request does not come from a server whose key is trusted. */
export class Refused extends Error {}

/** `url_decode(path) + query + "\n" + body`; the query keeps its question mark and its encoding. */
export function signedText(target, body) {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  return Buffer.concat([Buffer.from(`${decodeURIComponent(path)}${query}\n`), body]);
}

/** Throws `Refused` unless the signature was made with the key's other half. */
export function verify(pem, target, body, authorization) {
  const key = { key: createPublicKey(pem), padding: constants.RSA_PKCS1_PADDING };
  if (!verifyWithKey('RSA-MD5', signedText(target, body), key, Buffer.from(authorization, 'base64'))) {
    throw new Refused('the signature does not verify');
  }
}

/** Public keys by URL, fetched once, only from trusted places. */
export class Keys {
  #trusted;
  #known = new Map();

  constructor(trustedPrefixes) {
    this.#trusted = trustedPrefixes;
  }

  /** The key that `x-oss-pub-key-url` names. */
  async fetch(encodedUrl) {
    const url = Buffer.from(encodedUrl, 'base64').toString();
    if (!this.#trusted.some((prefix) => url.startsWith(prefix))) {
      throw new Refused(`the key URL ${url} does not start with one of ${this.#trusted}`);
    }
    if (!this.#known.has(url)) {
      const answer = await exchange('GET', url);
      if (answer.status !== 200) throw new Refused(`the key URL ${url} answered ${answer.status}`);
      this.#known.set(url, answer.body);
    }
    return this.#known.get(url);
  }
}
