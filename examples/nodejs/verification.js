/** Who sent this callback? Where its key may come from, and whether that key signed the request. */

import { constants, createPublicKey, verify as verifyWithKey } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';

const KEY_LIFETIME = 24 * 3600_000;
// A store that was set up anew has another key under the same URL; a forger must not make us fetch it all the time.
const REFETCH_AFTER = 30_000;
// The sender waits five seconds for the whole answer.
const FETCH_TIMEOUT = 2_000;
const MOST_KEYS = 16;
const LONGEST_KEY = 16 * 1024;

/** An answer other than 200, and why. */
export class Refused extends Error {
  constructor(status, reason) {
    super(reason);
    this.status = status;
  }
}

/**
 * `percent_decoded(path) + query + "\n" + body`: the query keeps its `?` and its encoding, a `+` stays a `+`.
 *
 * `target` is what stood in the request line; a path that a framework or a proxy has tidied does not verify.
 */
export function signedText(target, body) {
  const mark = target.indexOf('?');
  const path = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  // Byte by byte, because decodeURIComponent throws for escapes that are not UTF-8.
  const decoded = path.replace(/%([0-9a-f]{2})/gi, (_, digits) => String.fromCharCode(parseInt(digits, 16)));
  return Buffer.concat([Buffer.from(`${decoded}${query}\n`, 'latin1'), body]);
}

/** Verifies callbacks with keys that it fetches from trusted places and keeps. */
export class Verifier {
  #trusted;
  #pinned;
  #fetched = new Map();

  constructor(trustedPrefixes, pinnedKeys) {
    this.#trusted = trustedPrefixes;
    this.#pinned = new Map(pinnedKeys.map(([url, pem]) => [url, parse(pem)]));
  }

  /** Throws `Refused` unless a trusted store sent exactly this. */
  async verify(target, authorization, keyUrl, body) {
    if (!authorization || !keyUrl) throw new Refused(400, 'authorization and x-oss-pub-key-url are required');
    const url = this.#trustedUrl(keyUrl);
    const signature = decode(authorization);
    if (signature === undefined) throw new Refused(403, 'the signature is not base64');
    const text = signedText(target, body);
    if (matches(await this.#key(url, KEY_LIFETIME), signature, text)) return;
    if (!matches(await this.#key(url, REFETCH_AFTER), signature, text)) {
      throw new Refused(403, 'the signature does not verify');
    }
  }

  /** Whoever sends the request chooses this URL: fetch another's key, and he can sign anything. */
  #trustedUrl(encoded) {
    const url = decode(encoded)?.toString('latin1');
    if (url === undefined || !/^[\x20-\x7e]+$/.test(url)) {
      throw new Refused(400, 'x-oss-pub-key-url is not a URL in base64');
    }
    if (this.#pinned.has(url)) return url;
    const climbs = /\.\.|%2e|\\| /i.test(url);
    if (climbs || !this.#trusted.some((prefix) => url.startsWith(prefix))) {
      throw new Refused(403, 'the key URL is not trusted');
    }
    return url;
  }

  async #key(url, lifetime) {
    if (this.#pinned.has(url)) return this.#pinned.get(url);
    const known = this.#fetched.get(url);
    if (known && performance.now() - known.at < lifetime) return known.key;
    let key;
    try {
      key = parse(await fetchKey(url));
    } catch (error) {
      if (known) return known.key;
      throw new Refused(503, `the key cannot be had: ${error.message}`);
    }
    this.#fetched.delete(url);
    while (this.#fetched.size >= MOST_KEYS) this.#fetched.delete(this.#fetched.keys().next().value);
    this.#fetched.set(url, { key, at: performance.now() });
    return key;
  }
}

function matches(key, signature, text) {
  try {
    return verifyWithKey('RSA-MD5', text, { key, padding: constants.RSA_PKCS1_PADDING }, signature);
  } catch {
    // Some misshapen signatures are errors of the library and not a mere no.
    return false;
  }
}

/** Buffer.from skips what is not base64; a signature that is not what was sent must not pass. */
function decode(text) {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

function parse(pem) {
  const key = createPublicKey({ key: pem, format: 'pem', type: 'spki' });
  if (key.asymmetricKeyType !== 'rsa') throw new Error('it is not an RSA key');
  return key;
}

/** Not `fetch`, which follows redirects away from the trusted place unless told, and knows no limit. */
function fetchKey(url) {
  return new Promise((resolve, reject) => {
    const get = url.startsWith('https:') ? https.get : http.get;
    const request = get(url, { signal: AbortSignal.timeout(FETCH_TIMEOUT), agent: false }, (response) => {
      if (response.statusCode !== 200) {
        request.destroy(new Error(`status ${response.statusCode}`));
        return;
      }
      let pem = '';
      response.setEncoding('latin1');
      response.on('data', (piece) => {
        pem += piece;
        if (pem.length > LONGEST_KEY) request.destroy(new Error('too long for a key'));
      });
      response.on('end', () => resolve(pem));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
}
