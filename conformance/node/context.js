/** What a case works with: clients of one signature version and one way of addressing. */

import OSS from 'ali-oss';

import * as checks from './checks.js';

/** How a client says which bucket it means. */
export const ADDRESSING = {
  host: (settings) => ({ endpoint: `http://localhost:${settings.port}` }),
  ip: (settings) => ({ endpoint: settings.endpoint }),
  path: (settings) => ({ endpoint: `http://localhost:${settings.port}`, sldEnable: true }),
  region: (settings) => ({ endpoint: `http://oss-${settings.region}.aliyuncs.com:${settings.port}` }),
  'ip-and-path': (settings) => ({ endpoint: settings.endpoint, sldEnable: true }),
};

/** One variant of the SDK. */
export class Context {
  #numbers = 0;

  constructor(settings, version, addressing, application) {
    this.settings = settings;
    this.version = version;
    this.addressing = addressing;
    this.application = application;
    this.name = `ali-oss/${addressing}/${version}`;
    this.bucket = this.bucketName('main');
  }

  /** A client for a bucket; further options overrule. */
  client(bucket = this.bucket, options = {}) {
    return new OSS({
      accessKeyId: this.settings.accessKeyId,
      accessKeySecret: this.settings.accessKeySecret,
      region: `oss-${this.settings.region}`,
      bucket,
      authorizationV4: this.version === 'v4',
      ...ADDRESSING[this.addressing](this.settings),
      ...options,
    });
  }

  /** A client with a host name: the SDK lists no buckets and presigns nothing when the endpoint is an IP. */
  named(bucket = undefined, options = {}) {
    return this.client(bucket, { ...ADDRESSING.host(this.settings), ...options });
  }

  /** A bucket name of this variant's own. */
  bucketName(purpose) {
    return `${this.settings.bucketPrefix}-n${this.version}${this.addressing}-${purpose}`;
  }

  /** Makes a bucket and returns a client for it. */
  async makeBucket(purpose, options = {}) {
    const name = this.bucketName(purpose);
    const client = this.client(name);
    checks.equal((await client.putBucket(name, options)).res.status, 200);
    return client;
  }

  /** An object key no other case uses. */
  key(suffix = '') {
    this.#numbers += 1;
    return `case-${this.#numbers}${suffix}`;
  }

  /** The path-style URL of a bucket or of an already encoded key. */
  url(bucket, path = '') {
    return `${this.settings.endpoint}/${bucket}/${path}`;
  }
}

/** A callback parameter: JSON, then base64. */
export function encode(value) {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64');
}

/** Percent-encodes everything but unreserved characters. */
export function quote(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
