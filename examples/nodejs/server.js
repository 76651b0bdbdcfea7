/**
 * An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.
 *
 *     POST /callback[/...]   callbacks; what it answers is what the uploader gets
 *     POST /upload-form      permission for a browser to upload one file, see upload-form.js
 *     GET  /                 a page that uploads with such a form
 */

import { timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { fromEnvironment } from './settings.js';
import { proof, sign } from './upload-form.js';
import { fieldsOf, identity, Uploads } from './uploads.js';
import { Refused, Verifier } from './verification.js';

const LONGEST_BODY = 1024 * 1024;
const PAGE = new URL('../upload.html', import.meta.url);

class Application {
  constructor(settings) {
    this.settings = settings;
    this.verifier = new Verifier(settings.trustedKeyUrls, settings.pinnedKeys);
    this.uploads = new Uploads(settings.database);
  }

  /** Answers one request. */
  async handle(request, response) {
    try {
      if (request.method === 'GET' && request.url === '/') {
        this.#uploadTarget();
        answer(response, 200, 'text/html; charset=utf-8', readFileSync(PAGE));
      } else {
        answerJson(response, 200, await this.#post(request));
      }
    } catch (error) {
      if (!(error instanceof Refused)) console.error(error);
      // A failure is not 200, so that the store notes the callback as failed and may send it again.
      const status = error instanceof Refused ? error.status : 500;
      const reason = error instanceof Refused ? error.message : 'the upload could not be recorded';
      // What was not read of the request would be taken for the next one.
      if (!request.complete) response.setHeader('Connection', 'close');
      answerJson(response, status, { error: reason });
    }
  }

  #post(request) {
    const path = request.url.split('?', 1)[0];
    if (request.method !== 'POST') throw new Refused(404, 'not found');
    if (path === '/upload-form') return this.#uploadForm(request);
    if (`${path}/`.startsWith(`${this.settings.callbackPath}/`)) return this.#callback(request);
    throw new Refused(404, 'not found');
  }

  async #callback(request) {
    const { headers, url: target } = request;
    const body = await readBody(request);
    await this.verifier.verify(target, headers.authorization, headers['x-oss-pub-key-url'], body);
    const fields = fieldsOf(headers['content-type'] ?? '', body);
    this.#checkProof(target, fields);
    const id = identity(fields, headers);
    this.uploads.record(id, fields);
    return { Status: 'OK', id };
  }

  /** OSS signs for all its customers with one key: each could have it sign a body that names your bucket. */
  #checkProof(target, fields) {
    const secret = this.settings.callbackSecret;
    if (secret === undefined) return;
    const query = target.includes('?') ? target.slice(target.indexOf('?')) : '';
    const given = Buffer.from(new URLSearchParams(query).get('proof') ?? '');
    const [bucket, name] = [fields.get('bucket'), fields.get('object')];
    const askedFor = Buffer.from(bucket && name ? proof(secret, bucket, name) : '');
    // timingSafeEqual throws for different lengths; the length is no secret.
    if (askedFor.length === 0 || given.length !== askedFor.length || !timingSafeEqual(given, askedFor)) {
      throw new Refused(403, 'this application did not ask for this callback');
    }
  }

  async #uploadForm(request) {
    const target = this.#uploadTarget();
    const body = await readBody(request);
    let name;
    try {
      ({ name } = JSON.parse(body));
    } catch {
      // What it is instead does not matter.
    }
    if (typeof name !== 'string' || name.length < 1 || name.length > 255) {
      throw new Refused(400, 'the body must be {"name": "what the file is called"}, 1 to 255 characters');
    }
    // Right when the store runs on this machine.
    const ownUrl = `http://${request.socket.localAddress}:${request.socket.localPort}${this.settings.callbackPath}`;
    return sign(target, target.callbackUrl ?? ownUrl, this.settings.callbackSecret, name);
  }

  #uploadTarget() {
    if (this.settings.upload === undefined) {
      throw new Refused(404, 'upload forms are not configured: set OSS_UPLOAD_URL and the rest');
    }
    return this.settings.upload;
  }
}

async function readBody(request) {
  if (request.headers['content-length'] === undefined) throw new Refused(411, 'a Content-Length is required');
  if (Number(request.headers['content-length']) > LONGEST_BODY) throw new Refused(413, 'the body is too long');
  const pieces = [];
  try {
    for await (const piece of request) pieces.push(piece);
  } catch {
    throw new Refused(400, 'the body is shorter than its Content-Length');
  }
  return Buffer.concat(pieces);
}

function answerJson(response, status, value) {
  answer(response, status, 'application/json', Buffer.from(JSON.stringify(value)));
}

function answer(response, status, contentType, body) {
  response.writeHead(status, { 'Content-Type': contentType, 'Content-Length': body.length });
  response.end(body);
}

function main() {
  let application;
  try {
    application = new Application(fromEnvironment());
  } catch (error) {
    console.error(`cannot start: ${error.message}`);
    process.exit(1);
  }
  const { settings } = application;
  if (settings.callbackSecret === undefined) {
    console.error('CALLBACK_SECRET is not set: callbacks that any customer of a trusted store asked for count');
  }
  // A client that sends nothing must not stay.
  const limits = { requestTimeout: 10_000, headersTimeout: 10_000 };
  const server = createServer(limits, (request, response) => application.handle(request, response));
  server.on('error', (error) => {
    console.error(`cannot start: ${error.message}`);
    process.exit(1);
  });
  server.listen(settings.port, settings.host, () => {
    console.log(`listening on http://${settings.host}:${server.address().port}`);
  });
  process.on('SIGTERM', () => {
    server.close(() => application.uploads.close());
    server.closeIdleConnections();
  });
}

main();
