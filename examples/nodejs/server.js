/**
 * An application server for OSS upload callbacks: verifies them, keeps a row per upload, answers the uploader.
 *
 *     POST /callback[/...]   callbacks; what it answers is what the uploader gets
 *     GET  /permission/form  permission to upload one file with a form, see upload-form.js
 *     GET  /permission/put   permission to PUT one file, see presigned-put.js
 *     GET  /permission/sts   temporary credentials to upload with an SDK, see sts.js
 *     POST /upload-form      a form for a file whose type does not matter
 *     GET  /                 a page that uploads with such permissions
 */

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import {
  callbackBody, checkedName, checkedSize, checkedType, folderOf, isProved, permittedUpload, proof, userOf,
} from './permission.js';
import { signedPut } from './presigned-put.js';
import { fromEnvironment } from './settings.js';
import { assumeRole, sessionPolicy, Unavailable } from './sts.js';
import { signedForm } from './upload-form.js';
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
        answerJson(response, 200, await (request.method === 'GET' ? this.#get(request) : this.#post(request)));
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

  #get(request) {
    const [path, query] = request.url.split(/\?(.*)/s);
    const asked = new URLSearchParams(query);
    if (path === '/permission/form') return this.#permittedForm(request, asked);
    if (path === '/permission/put') return this.#permittedPut(request, asked);
    if (path === '/permission/sts') return this.#temporaryCredentials(request, asked);
    throw new Refused(404, 'not found');
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

  /** A store signs for all its users with one key: each could have it sign a body that names another's object. */
  #checkProof(target, fields) {
    const secret = this.settings.callbackSecret;
    if (secret === undefined) return;
    const query = target.includes('?') ? target.slice(target.indexOf('?')) : '';
    if (!isProved(secret, new URLSearchParams(query).get('proof') ?? '', fields)) {
      throw new Refused(403, 'this application did not ask for this callback');
    }
  }

  #permittedForm(request, asked) {
    const target = this.#uploadTarget();
    const version = asked.get('version') ?? 'v4';
    if (version !== 'v1' && version !== 'v4') throw new Refused(400, 'the version must be v1 or v4');
    return signedForm(target, this.#permittedUpload(request, asked), version);
  }

  #permittedPut(request, asked) {
    const target = this.#uploadTarget();
    return signedPut(target, this.#permittedUpload(request, asked), checkedSize(asked));
  }

  async #temporaryCredentials(request, asked) {
    const target = this.#uploadTarget();
    const { role, callbackSecret } = this.settings;
    if (role === undefined) throw new Refused(404, 'temporary credentials are not configured: set STS_ROLE_ARN');
    const user = userOf(asked);
    const folder = folderOf(user);
    const { endpoint, url, region, bucket } = target;
    let credentials;
    try {
      credentials = await assumeRole(target, role, user, sessionPolicy(bucket, folder));
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error;
      console.error(error.message);
      throw new Refused(502, 'there are no temporary credentials now');
    }
    const callback = {
      callbackUrl: `${this.#callbackUrl(request)}?proof=${proof(callbackSecret, bucket, `${folder}/`)}`,
      callbackBody: callbackBody(['name']),
      callbackBodyType: 'application/json',
    };
    return { StatusCode: 200, ...credentials, endpoint, url, region, bucket, prefix: `${folder}/`, callback };
  }

  #permittedUpload(request, asked) {
    const user = userOf(asked);
    return this.#upload(request, folderOf(user), { name: checkedName(asked.get('name')), user }, checkedType(asked));
  }

  async #uploadForm(request) {
    const target = this.#uploadTarget();
    const body = await readBody(request);
    let name;
    try {
      ({ name } = JSON.parse(body));
    } catch {
      throw new Refused(400, 'the body must be {"name": "what the file is called"}');
    }
    return signedForm(target, this.#upload(request, 'uploads', { name: checkedName(name) }), 'v4');
  }

  #upload(request, folder, variables, contentType) {
    const { bucket } = this.#uploadTarget();
    const secret = this.settings.callbackSecret;
    return permittedUpload(bucket, this.#callbackUrl(request), secret, folder, variables, contentType);
  }

  #callbackUrl(request) {
    const { localAddress, localPort } = request.socket;
    // The default is right when the store runs on this machine.
    return this.#uploadTarget().callbackUrl ?? `http://${localAddress}:${localPort}${this.settings.callbackPath}`;
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
  // A permission is for whoever asked, so nothing is cached.
  const headers = { 'Content-Type': contentType, 'Content-Length': body.length, 'Cache-Control': 'no-store' };
  response.writeHead(status, headers);
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
