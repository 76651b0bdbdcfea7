/** An application server as users write it: it verifies every request, then answers what the case wants. */

import { createHash } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';

import * as checks from './checks.js';
import * as signature from './signature.js';

export const FORM = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';
export const OK = '{"Status":"OK"}';

/** One callback URL of one case. */
class Target {
  #arrived = [];
  #waiting = null;

  constructor(url, reply) {
    this.url = url;
    this.reply = { status: 200, body: OK, headers: {}, delay: 0, ...reply };
  }

  /** Hands a request over to the case. */
  put(received) {
    this.#arrived.push(received);
    this.#waiting?.();
  }

  /** The next callback, which must be verified. */
  async take() {
    if (this.#arrived.length === 0) {
      await new Promise((resolve, reject) => {
        this.#waiting = resolve;
        setTimeout(() => reject(new checks.Failed(`no callback arrived at ${this.url}`)), 10000).unref();
      });
    }
    const received = this.#arrived.shift();
    checks.equal(received.refused, undefined, 'verification by the application server');
    return received;
  }

  /** Fails when another callback arrived. */
  nothingMore() {
    checks.equal(this.#arrived.length, 0, `unexpected callbacks at ${this.url}`);
  }
}

/** Listens on the loopback interface; every case gets URLs of its own. */
export class ApplicationServer {
  #keys;
  #targets = new Map();
  #server = http.createServer((request, response) => this.#handle(request, response));

  constructor(settings) {
    this.#keys = new signature.Keys(settings.trustedKeyUrls);
  }

  /** Starts listening on a free port. */
  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.authority = `127.0.0.1:${this.#server.address().port}`;
    return this;
  }

  /** Stops listening. */
  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** A fresh callback URL; `rest` is appended to its path, query included. */
  target(reply = {}, rest = '') {
    const number = String(this.#targets.size + 1);
    const target = new Target(`http://${this.authority}/callback/${number}${rest}`, reply);
    this.#targets.set(number, target);
    return target;
  }

  async #handle(request, response) {
    const pieces = [];
    for await (const piece of request) pieces.push(piece);
    const received = {
      method: request.method,
      target: request.url,
      version: request.httpVersion,
      rawHeaders: request.rawHeaders,
      headers: request.headers,
      body: Buffer.concat(pieces),
    };
    try {
      const pem = await this.#keys.fetch(request.headers['x-oss-pub-key-url'] ?? '');
      signature.verify(pem, received.target, received.body, request.headers.authorization ?? '');
    } catch (error) {
      received.refused = error.message;
    }
    const found = this.#targets.get(request.url.split('?')[0].split('/')[2]);
    found?.put(received);
    if (found === undefined) answer(response, { status: 404, body: '{}', headers: {} });
    else if (received.refused)
      answer(response, { status: 403, body: '{"error":"not verified"}', headers: {} });
    else setTimeout(() => answer(response, found.reply), found.reply.delay);
  }
}

/** A URL on a port nobody listens on. */
export async function refusedUrl() {
  const probe = net.createServer();
  await new Promise((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return `http://127.0.0.1:${port}/`;
}

/** Every header of a callback request, and its body to the byte unless `body` is null. */
export function check(received, expected, application) {
  checks.equal([received.method, received.version], ['POST', '1.1'], 'request line');
  if (expected.target !== undefined) checks.equal(received.target, expected.target, 'request target');
  if (expected.body !== null) checks.equal(received.body.toString(), expected.body, 'callback body');
  const exact = {
    host: expected.host ?? application.authority,
    'content-type': expected.contentType ?? FORM,
    'content-length': String(received.body.length),
    'content-md5': createHash('md5').update(received.body).digest('base64'),
    'user-agent': 'aliyun-oss-callback',
    'x-oss-bucket': expected.bucket,
    'x-oss-request-id': expected.requestId,
    'x-oss-signature-version': '1.0',
    'x-oss-tag': 'CALLBACK',
  };
  for (const [name, value] of Object.entries(exact)) {
    checks.equal(only(received, name), value, `callback header ${name}`);
  }
  for (const name of ['x-oss-requester', 'x-oss-owner']) {
    checks.truthy(only(received, name), `callback header ${name} is missing or empty`);
  }
  const distance = Math.abs(Date.now() - Date.parse(only(received, 'date')));
  checks.truthy(distance < 120000, 'callback header Date is not now');
}

function only(received, name) {
  const values = received.rawHeaders.filter(
    (_, index, all) => index % 2 === 1 && all[index - 1].toLowerCase() === name,
  );
  checks.truthy(values.length <= 1, `header ${name} came ${values.length} times`);
  return values[0];
}

function answer(response, reply) {
  if (reply.raw !== undefined) {
    response.socket.end(reply.raw);
    return;
  }
  const body = Buffer.from(reply.body);
  response.writeHead(reply.status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': body.length,
    ...reply.headers,
  });
  response.end(body);
}
