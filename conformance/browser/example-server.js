// An example application server of this repository, run for one case as its users run it.

import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const SCRIPT = fileURLToPath(new URL('../../examples/nodejs/run.sh', import.meta.url));

/** Starts it for uploads into the bucket of this run; `more` are further settings of it. */
export async function startExampleServer(settings, more = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'ossicle-example-'));
  const environment = {
    LISTEN: '127.0.0.1:0',
    DATABASE: join(folder, 'uploads.db'),
    TRUSTED_KEY_URLS: `${settings.console}/ ${settings.endpoint}/`,
    OSS_UPLOAD_URL: `${settings.endpoint}/${settings.bucket}`,
    OSS_BUCKET: settings.bucket,
    OSS_REGION: 'cn-hangzhou',
    OSS_ACCESS_KEY_ID: settings.keyId,
    OSS_ACCESS_KEY_SECRET: settings.keySecret,
    ...more,
  };
  const child = spawn('bash', [SCRIPT], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'ignore'] });
  const origin = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [, url] = line.match(/^listening on (http:\S+)/) ?? [];
      if (url) resolve(url);
    });
    child.on('exit', (code) => reject(new Error(`the example server ended with ${code}`)));
  });
  const stop = async () => {
    child.removeAllListeners('exit');
    await new Promise((resolve) => {
      child.once('exit', resolve);
      child.kill('SIGTERM');
    });
    await rm(folder, { recursive: true });
  };
  return { origin, stop };
}

/** Lets pages of this origin upload into the bucket, as the READMEs of the examples tell their users to. */
export async function allowUploads(settings, origin) {
  const rules = '<CORSConfiguration><CORSRule>'
    + `<AllowedOrigin>${origin}</AllowedOrigin><AllowedMethod>POST</AllowedMethod><AllowedMethod>PUT</AllowedMethod>`
    + '<AllowedHeader>*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><ExposeHeader>x-oss-request-id</ExposeHeader>'
    + '</CORSRule></CORSConfiguration>';
  const [type, date] = ['application/xml', new Date().toUTCString()];
  const md5 = createHash('md5').update(rules).digest('base64');
  const text = ['PUT', md5, type, date, `x-oss-date:${date}`, `/${settings.bucket}/?cors`].join('\n');
  const signature = createHmac('sha1', settings.keySecret).update(text).digest('base64');
  const response = await fetch(`${settings.endpoint}/${settings.bucket}/?cors`, {
    method: 'PUT',
    headers: {
      'Content-Type': type, 'Content-MD5': md5, 'x-oss-date': date, Authorization: `OSS ${settings.keyId}:${signature}`,
    },
    body: rules,
  });
  if (response.status !== 200) throw new Error(`setting CORS gave ${response.status} ${await response.text()}`);
}
