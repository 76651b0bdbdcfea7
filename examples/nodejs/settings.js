/** What the environment says: ../README.md lists the variables. */

import { readFileSync } from 'node:fs';

const OSS_KEY_URLS = ['http://gosspublic.alicdn.com/', 'https://gosspublic.alicdn.com/'];

/** A setting that the server must not start with. */
export class Wrong extends Error {}

/** Reads and checks every variable, so that a mistake shows at the start and not at the first upload. */
export function fromEnvironment(environment = process.env) {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(environment.LISTEN ?? '127.0.0.1:8080') ?? [];
  if (host === undefined || Number(port) > 65535) throw new Wrong('LISTEN must be HOST:PORT');
  const words = (name) => (environment[name] ?? '').split(/\s+/).filter(Boolean);
  return {
    host,
    port: Number(port),
    database: environment.DATABASE ?? 'uploads.db',
    callbackPath: (environment.CALLBACK_PATH ?? '/callback').replace(/\/+$/, ''),
    trustedKeyUrls: [...OSS_KEY_URLS, ...words('TRUSTED_KEY_URLS').map(prefix)],
    pinnedKeys: words('PINNED_KEYS').map(pinnedKey),
    callbackSecret: environment.CALLBACK_SECRET || undefined,
    upload: uploadTarget(environment),
  };
}

function prefix(text) {
  // Without the slash, http://oss.example would trust http://oss.example.attacker.example as well.
  if (!/^https?:\/\/[^/?#@]+\/(.*\/)?$/.test(text)) {
    throw new Wrong(`TRUSTED_KEY_URLS: ${text} must start with http:// or https:// and end with /`);
  }
  return text;
}

function pinnedKey(text) {
  const equals = text.indexOf('=');
  try {
    return [text.slice(0, equals), readFileSync(text.slice(equals + 1))];
  } catch (error) {
    throw new Wrong(`PINNED_KEYS: ${text} must be URL=FILE: ${error.message}`);
  }
}

function uploadTarget(environment) {
  const names = ['OSS_UPLOAD_URL', 'OSS_BUCKET', 'OSS_REGION', 'OSS_ACCESS_KEY_ID', 'OSS_ACCESS_KEY_SECRET'];
  const [url, bucket, region, accessKeyId, accessKeySecret] = names.map((name) => environment[name]);
  const given = names.filter((name) => environment[name]).length;
  if (given === 0) return undefined;
  if (given < names.length) throw new Wrong(`upload forms need all of ${names.join(', ')}`);
  const seconds = environment.PERMISSION_SECONDS || '300';
  const lifetime = /^[0-9]{1,4}$/.test(seconds) ? Number(seconds) : 0;
  if (lifetime < 1 || lifetime > 3600) throw new Wrong('PERMISSION_SECONDS must be 1 to 3600');
  const callbackUrl = environment.CALLBACK_URL || undefined;
  return { url, bucket, region, accessKeyId, accessKeySecret, callbackUrl, lifetime };
}
