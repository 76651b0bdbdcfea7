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
    role: role(environment),
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
  const lifetime = seconds(environment, 'PERMISSION_SECONDS', 300, 1, 3600);
  const callbackUrl = environment.CALLBACK_URL || undefined;
  const endpoint = endpointOf(url, bucket);
  return { url, endpoint, bucket, region, accessKeyId, accessKeySecret, callbackUrl, lifetime };
}

/** What SDKs are told: the URL without the bucket, be that in its path or in its host name. */
function endpointOf(url, bucket) {
  const [, scheme, authority] = /^(https?:\/\/)([^/]*)/.exec(url) ?? [];
  if (scheme === undefined) throw new Wrong(`OSS_UPLOAD_URL: ${url} must start with http:// or https://`);
  return scheme + (authority.startsWith(`${bucket}.`) ? authority.slice(bucket.length + 1) : authority);
}

/** The role whose temporary credentials apps get, and where STS gives them. */
function role(environment) {
  const arn = environment.STS_ROLE_ARN;
  if (!arn) return undefined;
  // Who has temporary credentials words his callbacks himself; only the proof ties them to his own folder.
  if (!environment.CALLBACK_SECRET || !environment.OSS_UPLOAD_URL) {
    throw new Wrong('STS_ROLE_ARN needs CALLBACK_SECRET, OSS_UPLOAD_URL and the rest');
  }
  const endpoint = environment.STS_ENDPOINT || 'http://127.0.0.1:9003';
  if (!/^https?:\/\/[^/?#@\s]+\/?$/.test(endpoint)) {
    throw new Wrong(`STS_ENDPOINT: ${endpoint} must start with http:// or https:// and have no path`);
  }
  return { arn, endpoint, seconds: seconds(environment, 'STS_SECONDS', 3600, 900, 43200) };
}

function seconds(environment, name, otherwise, least, most) {
  const text = environment[name] || String(otherwise);
  const count = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (count < least || count > most) throw new Wrong(`${name} must be ${least} to ${most}`);
  return count;
}
