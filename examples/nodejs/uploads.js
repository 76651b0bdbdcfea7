/** What a verified callback says, and the row that it becomes. */

import { Refused } from './verification.js';

// Node.js has SQLite of its own from version 22.13; libsql understands the few calls below in the same way.
const Database = await import('node:sqlite').then(
  (sqlite) => sqlite.DatabaseSync,
  async () => (await import('libsql')).default,
);

const SCHEMA = `
CREATE TABLE IF NOT EXISTS uploads (
    id          TEXT PRIMARY KEY,            -- the request id of the upload, the same in every delivery of its callback
    bucket      TEXT,
    object      TEXT,
    size        INTEGER,
    etag        TEXT,
    mime_type   TEXT,
    fields      TEXT NOT NULL,               -- all that the callback said, as a JSON object of texts
    deliveries  INTEGER NOT NULL DEFAULT 1,  -- how often the callback came
    received_at TEXT NOT NULL                -- when it came last, UTC
)`;

// A callback may come again: after an answer that was lost, by a replay, or because somebody recorded it.
// An uploader with a key words the body, and so the id: it must not reach the row of another object.
const UPSERT = `
INSERT INTO uploads (id, bucket, object, size, etag, mime_type, fields, received_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    bucket = excluded.bucket, object = excluded.object, size = excluded.size, etag = excluded.etag,
    mime_type = excluded.mime_type, fields = excluded.fields, received_at = excluded.received_at,
    deliveries = deliveries + 1
WHERE uploads.bucket IS excluded.bucket AND uploads.object IS excluded.object`;

/** The members of the form or of the JSON object, as texts. */
export function fieldsOf(contentType, body) {
  const mediaType = contentType.split(';', 1)[0].trim().toLowerCase();
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    if (mediaType === 'application/json') return jsonFields(text);
    if (mediaType === 'application/x-www-form-urlencoded') return formFields(text);
  } catch (error) {
    throw new Refused(400, `the body is not ${mediaType}: ${error.message}`);
  }
  throw new Refused(400, 'the body is neither a form nor JSON');
}

function jsonFields(text) {
  const members = parseExactly(text);
  if (typeof members !== 'object' || members === null || Array.isArray(members)) throw new Error('it is no object');
  const fields = new Map();
  for (const [name, value] of Object.entries(members)) {
    // A number without a value, such as the width of a text file, arrives as null.
    if (value !== null) fields.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return fields;
}

/** JSON.parse rounds long numbers, and ${crc64} is one; so they are read as texts. */
function parseExactly(text) {
  JSON.parse(text); // throws for what is no JSON, before quotes could make JSON of it
  const quoted = (token) => (/^-?\d{16,}$/.test(token) ? `"${token}"` : token);
  return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, quoted));
}

function formFields(text) {
  const pairs = text.split('&').map((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) throw new Error(`${pair} has no value`);
    const plain = (part) => decodeURIComponent(part.replaceAll('+', ' '));
    return [plain(pair.slice(0, equals)), plain(pair.slice(equals + 1))];
  });
  return new Map(pairs);
}

/** The same for every delivery of one callback. Only the body is signed, so what it says goes first. */
export function identity(fields, headers) {
  const found = fields.get('reqId') || headers['x-ossicle-delivery-id'] || headers['x-oss-request-id'];
  if (!found) throw new Refused(400, 'neither reqId in the body nor x-oss-request-id tells which upload this is');
  return found;
}

/** The table `uploads` of a SQLite database. */
export class Uploads {
  #database;
  #upsert;

  constructor(path) {
    this.#database = new Database(path);
    // Waits less for another process than the sender does for the answer.
    this.#database.exec('PRAGMA busy_timeout = 2000');
    this.#database.exec(SCHEMA);
    this.#upsert = this.#database.prepare(UPSERT);
  }

  /** Inserts the row of this upload or updates it. On disk when this returns: the sender is told 200 after it. */
  record(id, fields) {
    const column = (name) => fields.get(name) ?? null;
    const now = new Date().toISOString();
    const all = JSON.stringify(Object.fromEntries(fields));
    const size = number(fields.get('size'));
    const row = [id, column('bucket'), column('object'), size, column('etag'), column('mimeType'), all, now];
    if (Number(this.#upsert.run(...row).changes) === 0) throw new Refused(400, "another object's upload has this id");
  }

  close() {
    this.#database.close();
  }
}

function number(text) {
  if (!text) return null;
  // Up to 15 digits are exact in a JavaScript number, and far more than a file has bytes.
  if (!/^[0-9]{1,15}$/.test(text)) throw new Refused(400, 'size is not a number');
  return Number(text);
}
