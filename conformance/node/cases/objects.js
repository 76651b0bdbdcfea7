/** Put, get, head, append, copy and delete of objects, and what the SDK reads from the answers. */

import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';

import * as checks from '../checks.js';
import { define } from '../suite.js';
import { exchange } from '../wire.js';

const HELLO = Buffer.from('hello');
const HELLO_ETAG = '"5D41402ABC4B2A76B9719D911017C592"';
const CRC_OF_CHECK_STRING = '11051210869376104954';

define('PutObject', 'etag, checksums and headers of the answer', async (context) => {
  const stored = await context.client().put(context.key(), HELLO);
  checks.equal([stored.res.status, stored.res.headers.etag], [200, HELLO_ETAG]);
  checks.equal(stored.res.headers['content-md5'], createHash('md5').update(HELLO).digest('base64'));
  checks.requestId(stored.res.headers['x-oss-request-id']);
  const checked = await context.client().put(context.key(), Buffer.from('123456789'));
  checks.equal(checked.res.headers['x-oss-hash-crc64ecma'], CRC_OF_CHECK_STRING);
});

define('PutObject', 'buffers, files and streams come back whole', async (context) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'ossicle-'));
  try {
    const client = context.client();
    for (const size of [0, 1, 65536, 262145, 5 * 1024 * 1024 + 3]) {
      const data = randomBytes(size);
      const file = path.join(folder, 'data.bin');
      await writeFile(file, data);
      const sources = {
        buffer: data,
        file,
        stream: Readable.from([data.subarray(0, 100), data.subarray(100)]),
      };
      for (const [kind, source] of Object.entries(sources)) {
        const key = context.key();
        const stored = await client.put(key, source);
        const etag = `"${createHash('md5').update(data).digest('hex').toUpperCase()}"`;
        checks.equal(stored.res.headers.etag, etag, `etag of ${size} bytes from a ${kind}`);
        const { content } = await client.get(key);
        checks.truthy(Buffer.compare(content, data) === 0, `${size} bytes from a ${kind} differ`);
      }
      await client.put('to-file', data);
      await client.get('to-file', `${file}.copy`);
      checks.truthy(
        Buffer.compare(await readFile(`${file}.copy`), data) === 0,
        `${size} bytes into a file differ`,
      );
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

define('HeadObject', 'metadata and headers round trip', async (context) => {
  const client = context.client();
  const key = context.key('.txt');
  const headers = {
    'Cache-Control': 'max-age=60',
    'Content-Disposition': 'attachment; filename=a.txt',
    Expires: 'Fri, 28 Feb 2031 05:38:42 GMT',
  };
  await client.put(key, HELLO, { mime: 'text/x-special', meta: { first: 'one two', second: '2' }, headers });
  const found = await client.head(key);
  checks.equal([found.status, found.meta], [200, { first: 'one two', second: '2' }]);
  const exact = {
    'content-type': 'text/x-special',
    'content-length': '5',
    'cache-control': 'max-age=60',
    'content-disposition': 'attachment; filename=a.txt',
    expires: 'Fri, 28 Feb 2031 05:38:42 GMT',
    etag: HELLO_ETAG,
    'x-oss-object-type': 'Normal',
    'x-oss-storage-class': 'Standard',
  };
  for (const [name, value] of Object.entries(exact)) checks.equal(found.res.headers[name], value, name);
  const meta = await client.getObjectMeta(key);
  checks.equal(
    [meta.status, meta.res.headers['content-length'], meta.res.headers.etag],
    [200, '5', HELLO_ETAG],
  );
  await client.putMeta(key, { third: '3' });
  checks.equal((await client.head(key)).meta, { third: '3' }, 'after putMeta');
  checks.equal((await client.get(key)).content.toString(), 'hello');
});

define('PutObject', 'Content-Type from the key', async (context) => {
  const client = context.client();
  const rows = [
    ['.txt', 'text/plain'],
    ['.jpg', 'image/jpeg'],
    ['.json', 'application/json'],
    ['', 'application/octet-stream'],
  ];
  for (const [suffix, type] of rows) {
    const key = context.key(suffix);
    await client.put(key, HELLO);
    checks.equal((await client.head(key)).res.headers['content-type'], type, suffix);
  }
});

define('PutObject', 'Content-MD5 is checked, x-oss-forbid-overwrite is kept', async (context) => {
  const client = context.client();
  const key = context.key();
  const wrong = { 'Content-MD5': createHash('md5').update('other').digest('base64') };
  await checks.fails(() => client.put(key, HELLO, { headers: wrong }), {
    status: 400,
    code: 'InvalidDigest',
  });
  await checks.fails(() => client.head(key), { status: 404, code: 'NoSuchKey' });
  const forbid = { 'x-oss-forbid-overwrite': 'true' };
  await client.put(key, HELLO, { headers: { ...forbid } });
  const exists = { status: 409, code: 'FileAlreadyExists' };
  await checks.fails(() => client.put(key, Buffer.from('other'), { headers: { ...forbid } }), exists);
  checks.equal((await client.get(key)).content.toString(), 'hello');
});

define('AppendObject', 'positions, checksum, type', async (context) => {
  const client = context.client();
  const key = context.key();
  const first = await client.append(key, Buffer.from('12345'));
  checks.equal(first.nextAppendPosition, '5');
  const second = await client.append(key, Buffer.from('6789'), { position: '5' });
  checks.equal(second.nextAppendPosition, '9');
  checks.equal(second.res.headers['x-oss-hash-crc64ecma'], CRC_OF_CHECK_STRING);
  checks.equal((await client.head(key)).res.headers['x-oss-object-type'], 'Appendable');
  checks.equal((await client.get(key)).content.toString(), '123456789');
  const message = 'Position is not equal to file length';
  const wrong = { status: 409, code: 'PositionNotEqualToLength', message };
  await checks.fails(() => client.append(key, HELLO, { position: '4' }), wrong);
  const normal = context.key();
  await client.put(normal, HELLO);
  const not = { status: 409, code: 'ObjectNotAppendable', message: 'The object is not appendable' };
  await checks.fails(() => client.append(normal, HELLO, { position: '5' }), not);
});

define('CopyObject', 'content, metadata, conditions, another bucket', async (context) => {
  const client = context.client();
  const other = await context.makeBucket('copyto');
  for (const suffix of ['.txt', ' a+b%20&?#.txt', '/中文/杭州.txt']) {
    const source = context.key(suffix);
    await client.put(source, HELLO, { meta: { one: '1' } });
    const target = context.key('/copy');
    const copied = await client.copy(target, source);
    checks.equal([copied.res.status, copied.data.etag], [200, HELLO_ETAG]);
    checks.equal((await client.head(target)).meta, { one: '1' });
    await other.copy(target, source, context.bucket);
    checks.equal((await other.get(target)).content.toString(), 'hello', 'in the other bucket');
    await client.copy(target, source, { meta: { two: '2' } });
    checks.equal((await client.head(target)).meta, { two: '2' }, 'metadata replaced');
  }
  const source = context.key();
  await client.put(source, HELLO);
  const same = await client.copy(context.key(), source, { headers: { 'If-None-Match': HELLO_ETAG } });
  checks.equal(same.res.status, 304, 'If-None-Match of the same');
  const wrong = () => client.copy(context.key(), source, { headers: { 'If-Match': 'foo' } });
  await checks.fails(wrong, { status: 412, code: 'PreconditionFailed' });
  await checks.fails(() => client.copy('t', 'never-put'), { status: 404, code: 'NoSuchKey' });
});

define('DeleteMultipleObjects', 'with markup in names, verbose and quiet', async (context) => {
  const client = context.client();
  const start = context.key('/');
  const keys = ['b', 'a&b<c>', '中文', 'a b+c'].map((name) => start + name);
  for (const quiet of [false, true]) {
    for (const key of keys) await client.put(key, HELLO);
    const { deleted, res } = await client.deleteMulti([...keys, `${start}never-put`], { quiet });
    checks.equal(res.status, 200);
    const names = quiet ? [] : [...keys, `${start}never-put`];
    checks.equal(
      deleted.map((entry) => entry.Key),
      names,
      `quiet ${quiet}`,
    );
    checks.equal((await client.list({ prefix: start })).objects, []);
  }
  checks.equal((await client.delete('never-put')).res.status, 204);
});

define('PutObject', 'additional signed headers', async (context) => {
  const client = context.client();
  const key = context.key();
  const headers = { 'Cache-Control': 'no-cache', 'Content-Disposition': 'attachment' };
  const additionalHeaders = ['Cache-Control', 'content-disposition'];
  checks.equal((await client.put(key, HELLO, { headers, additionalHeaders })).res.status, 200);
  checks.equal((await client.head(key)).res.headers['cache-control'], 'no-cache');
});

define('PutObject', 'header names as OSS writes them', async (context) => {
  const client = await context.makeBucket('case', { acl: 'public-read-write' });
  const url = context.url(context.bucketName('case'), 'k');
  const put = await exchange('PUT', url, {}, 'hello');
  const got = await exchange('GET', url);
  checks.equal((await client.get('k')).content.toString(), 'hello');
  const rows = [
    [put, ['ETag', 'Content-MD5', 'Content-Length', 'Date', 'x-oss-request-id', 'x-oss-hash-crc64ecma']],
    [
      got,
      [
        'ETag',
        'Content-Type',
        'Content-Length',
        'Date',
        'Last-Modified',
        'x-oss-request-id',
        'x-oss-object-type',
      ],
    ],
  ];
  for (const [answer, names] of rows) {
    const sent = answer.rawHeaders.filter((_, index) => index % 2 === 0);
    for (const name of names) checks.contains(sent, name, 'header names');
  }
});
