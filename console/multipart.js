// Sends a large file in parts, some at once, by signed requests straight to the API. A part that fails is sent again; whoever
// cancels leaves nothing behind.

import { post } from './api.js';

/** Files larger than this go in parts. */
export const IN_PARTS_ABOVE = 16 * 1024 * 1024;

const MIB = 1024 * 1024;
const LEAST_PART = 8 * MIB;
const MOST_PARTS = 10_000;
const AT_ONCE = 3;
const ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;

/** How large each part is: a whole number of MiB, so that there are not too many parts. */
export function partSize(size) {
  return Math.max(LEAST_PART, Math.ceil(size / MOST_PARTS / MIB) * MIB);
}

/** Sends a file; `item` shows how it goes. Resolves to the answer of the request that completes the upload. */
export async function sendInParts({ file, bucket, key, callback, item }) {
  const upload = new Upload({ file, bucket, key, callback, item });
  item.cancel = () => upload.cancel();
  try {
    return await upload.run();
  } catch (problem) {
    await upload.abort();
    throw problem;
  }
}

class Upload {
  constructor({ file, bucket, key, callback, item }) {
    Object.assign(this, { file, bucket, key, callback, item });
    this.id = null;
    this.cancelled = false;
    this.requests = new Set();
    this.size = partSize(file.size);
    this.count = Math.ceil(file.size / this.size);
    this.sent = new Array(this.count).fill(0);
    this.shown = 0;
    this.next = 0;
    this.parts = new Array(this.count);
  }

  async run() {
    this.item.say('Signing…');
    const begun = await this.step({ step: 'begin', content_type: this.file.type, callback: this.callback });
    this.id = new DOMParser().parseFromString(begun.text, 'application/xml').querySelector('UploadId')?.textContent;
    if (!this.id) throw new Error('The server did not begin the upload.');
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, this.count) }, () => this.work()));
    this.stopIfCancelled();
    this.item.final();
    const list = this.parts.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`);
    const document = `<CompleteMultipartUpload>${list.join('')}</CompleteMultipartUpload>`;
    // A text would get a content type from the browser, which is not signed.
    const body = new Blob([document]);
    const answer = await this.step({ step: 'complete', upload_id: this.id, callback: this.callback }, body, { wanted: () => true });
    if (answer.status < 300) this.id = null;
    return answer;
  }

  /** Sends one part after the other until there are none left. */
  async work() {
    while (this.next < this.count) {
      const index = this.next;
      this.next += 1;
      await this.part(index);
    }
  }

  async part(index) {
    const body = this.file.slice(index * this.size, Math.min((index + 1) * this.size, this.file.size));
    for (let attempt = 1; ; attempt += 1) {
      this.stopIfCancelled();
      try {
        const progress = (sent) => { this.sent[index] = sent; this.show(); };
        const answer = await this.step({ step: 'part', upload_id: this.id, number: index + 1 }, body, { progress });
        this.parts[index] = answer.etag;
        this.sent[index] = body.size;
        this.show();
        return;
      } catch (problem) {
        this.stopIfCancelled();
        this.sent[index] = 0;
        // What the server refuses once it refuses again.
        if (attempt === ATTEMPTS || (problem.status >= 400 && problem.status < 500)) throw problem;
        this.item.say(`Part ${index + 1} of ${this.count} failed and is sent again…`);
        await new Promise((resolve) => setTimeout(resolve, FIRST_PAUSE_MS * 2 ** (attempt - 1)));
      }
    }
  }

  /** Has a request signed and sends it. */
  async step(what, body, { progress, wanted = (status) => status >= 200 && status < 300 } = {}) {
    const signed = await post('/api/upload-parts', { bucket: this.bucket, key: this.key, ...what });
    if (what.step !== 'abort') this.stopIfCancelled();
    const answer = await this.send(signed, body, progress);
    if (wanted(answer.status)) return answer;
    const told = new DOMParser().parseFromString(answer.text, 'application/xml').querySelector('Message')?.textContent;
    throw Object.assign(new Error(told || `The API answered with status ${answer.status}.`), { status: answer.status });
  }

  send({ method, url, content_type: type }, body, progress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      if (progress) {
        // Only parts are broken off: whether an upload was begun has to be known to end it.
        this.requests.add(request);
        request.addEventListener('loadend', () => this.requests.delete(request));
        request.upload.addEventListener('progress', (event) => progress(event.loaded));
      }
      request.addEventListener('load', () => resolve({
        status: request.status,
        text: request.responseText,
        id: request.getResponseHeader('x-oss-request-id'),
        etag: request.getResponseHeader('ETag'),
      }));
      request.addEventListener('abort', () => reject(new Error('Cancelled. Nothing was stored.')));
      request.addEventListener('error', () => reject(new Error(
        `The API at ${new URL(url).origin} could not be reached, or broke off. Check that this browser can reach that address; `
        + 'server.public_url names another one.')));
      request.open(method, url);
      if (type) request.setRequestHeader('Content-Type', type);
      request.send(body);
    });
  }

  /** Shows what is sent. A part that is sent again does not take the bar back. */
  show() {
    const sent = this.sent.reduce((sum, part) => sum + part, 0);
    this.shown = Math.max(this.shown, Math.min(sent, this.file.size));
    if (!this.cancelled) this.item.progress(this.shown, this.file.size);
  }

  stopIfCancelled() {
    if (this.cancelled) throw new Error('Cancelled. Nothing was stored.');
  }

  cancel() {
    this.cancelled = true;
    for (const request of this.requests) request.abort();
  }

  /** Has the server forget the parts. */
  async abort() {
    for (const request of this.requests) request.abort();
    // Workers that still run come to their end by this.
    this.cancelled = true;
    if (!this.id) return;
    try {
      await this.step({ step: 'abort', upload_id: this.id }, undefined, { wanted: (status) => status === 204 || status === 404 });
    } catch {
      this.item.say('The parts that were sent could not be removed: the server does not answer.');
    }
  }
}
